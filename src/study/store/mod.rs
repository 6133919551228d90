//! Rows of study: what is known of a person, what a course's page shows, records, the own history, followers.
mod facts;
mod followed;
mod history;
mod mine;
mod records;
mod shown;

pub(super) use facts::{OwnDate, facts};
pub(super) use followed::*;
pub(super) use history::*;
pub(super) use mine::*;
pub(super) use records::*;
pub(super) use shown::*;
