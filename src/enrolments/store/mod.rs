//! Rows of offerings, reserved seats, enrolments and their steps.
mod facts;
mod lists;
mod seats;
mod steps;

pub(super) use facts::*;
pub use facts::{called, time_of};
pub(super) use lists::*;
pub use lists::{Filter, Row, participant_count, participants, places, standings};
pub(super) use seats::*;
pub use seats::{
    Enrolment, active, find, finish, of_course, of_event, of_events, offering, quotas, set_version,
};
pub use steps::last_text;
pub(super) use steps::{By, step};
