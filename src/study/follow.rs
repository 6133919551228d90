//! Facts that come by themselves – watching, tests, presence – may finish a course: records are made of them without anybody
//! opening a page. Each call does a bounded amount of work; doing it twice is doing it once.
use super::finish::finish_all;
use super::progress;
use super::store::{self, Came};
use crate::clock::Timestamp;
use crate::courses;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::ids::PersonId;
use chrono::{DateTime, Duration};
use std::collections::BTreeSet;

const COMPLETIONS: &str = "study.completions";
const ATTENDANCES: &str = "study.attendances";
const ATTEMPTS_AT: &str = "study.attempts.at";
const ATTEMPTS_ID: &str = "study.attempts.id";
const SWEEP: &str = "study.sweep";
/// Rows of each kind that are followed in one call.
const FOLLOWED: i64 = 500;
/// A row may be committed behind a later one: those so young are looked at again, in seconds.
const YOUNG: i64 = 60;
/// Numbers of enrolments that are looked at in one call, whatever came: a step may ask for less, or more, of a lecture than
/// what completes it, and that leaves no row to follow.
const SWEPT: i64 = 300;

/// What one look found.
struct Found {
    /// Whose course is finished.
    ready: Vec<PersonId>,
    /// Where the followers are then.
    reached: Vec<(&'static str, i64)>,
}

/// Makes the records that facts have earned since the last time; how many.
///
/// # Errors
/// Those of the database.
pub fn catch_up(db: &Db, now: Timestamp) -> Result<usize> {
    let found = db.read_now(|conn| look(conn, now))?;
    let mut made = 0;
    for person in found.ready {
        made += db.write_now(|conn| finish_all(conn, person, now))?;
    }
    if !found.reached.is_empty() {
        db.write_now(|conn| {
            found.reached.iter().try_for_each(|(name, n)| store::set_cursor(conn, name, *n))
        })?;
    }
    Ok(made)
}

fn look(conn: &mut Conn, now: Timestamp) -> Result<Found> {
    let settled = now - Duration::seconds(YOUNG);
    let mut persons: BTreeSet<PersonId> = BTreeSet::new();
    let mut reached = vec![];
    for (name, after) in [
        (COMPLETIONS, store::completions_after as fn(&mut Conn, i64, i64) -> Result<Vec<Came>>),
        (ATTENDANCES, store::attendances_after),
    ] {
        let cursor = store::cursor(conn, name)?;
        let rows = after(conn, cursor, FOLLOWED)?;
        persons.extend(rows.iter().map(|row| row.2));
        // Numbers are given before they are committed: the cursor stays before the first young one.
        let last = rows.iter().take_while(|row| row.1 < settled).last().map(|row| row.0);
        reached.extend(last.map(|n| (name, n)));
    }
    let at =
        DateTime::from_timestamp_micros(store::cursor(conn, ATTEMPTS_AT)?).unwrap_or_default().naive_utc();
    let id = store::cursor(conn, ATTEMPTS_ID)?;
    let rows = store::attempts_after(conn, (at, id), FOLLOWED)?;
    persons.extend(rows.iter().map(|row| row.2));
    if let Some(last) = rows.iter().take_while(|row| row.1 < settled).last() {
        reached.push((ATTEMPTS_AT, last.1.and_utc().timestamp_micros()));
        reached.push((ATTEMPTS_ID, last.0));
    }
    let from = store::cursor(conn, SWEEP)?;
    let (swept, last) = store::unfinished_between(conn, (from, from + SWEPT))?;
    let next = if from + SWEPT >= last { 0 } else { from + SWEPT };
    if next != from {
        reached.push((SWEEP, next));
    }
    let mut candidates = store::with_unfinished(conn, &persons.into_iter().collect::<Vec<_>>())?;
    candidates.extend(swept);
    candidates.sort_unstable();
    candidates.dedup();
    let mut ready = vec![];
    for person in candidates {
        if is_ready(conn, person, now)? {
            ready.push(person);
        }
    }
    Ok(Found { ready, reached })
}

/// Whether a record is due to this person.
fn is_ready(conn: &mut Conn, person: PersonId, now: Timestamp) -> Result<bool> {
    for (enrolment, course) in store::unfinished_of(conn, person)? {
        let course = courses::find(conn, course)?;
        if progress(conn, person, &course, enrolment.version, now)?.is_finished() {
            return Ok(true);
        }
    }
    Ok(false)
}
