//! Study: where a member stands in a course, what is next, the record of having finished; My study.
//!
//! `progress` is the rule over facts, `finish` makes records of it, `follow` lets them come by themselves, `hours` counts the
//! year, `remind` tells what is due soon, `export` is the own history as a file.
mod export;
mod finish;
mod follow;
mod hours;
pub mod pages;
mod progress;
mod remind;
mod store;

use crate::clock::{self, Timestamp};
use crate::courses::{self, Course};
use crate::db::Conn;
use crate::error::Result;
use crate::events;
use crate::ids::PersonId;
pub use finish::{finish, state_read, withdraw_record};
pub use follow::catch_up;
pub use hours::{Hours, ONLINE_CAP};
pub use progress::{Facts, Lack, Lock, Progress, Proof, Standing, Step, judge};
pub use remind::remind;

/// Whether this kind of presence counts as having been there.
pub(crate) fn counts(status: &str) -> bool {
    events::Status::of(status).is_some_and(events::Status::counts)
}

/// Where this person stands in this version of the course.
///
/// # Errors
/// Those of the database.
pub fn progress(
    conn: &mut Conn,
    person: PersonId,
    course: &Course,
    version: i32,
    now: Timestamp,
) -> Result<Progress> {
    let items = courses::items(conn, course.id, version)?;
    let (facts, _) = store::facts(conn, person, &[(course.id, &items)])?;
    Ok(judge(course.id, items, &facts, clock::day(now)))
}
