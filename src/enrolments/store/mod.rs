//! Rows of offerings, reserved seats, enrolments and their steps.
mod facts;
mod lists;
mod seats;
mod steps;

pub(super) use facts::*;
pub use lists::{Filter, Row, participant_count, participants};
pub(super) use seats::*;
pub use seats::{Enrolment, active, find, finish, of_course, of_event, of_events, offering, quotas};
pub use steps::last_text;
pub(super) use steps::*;
