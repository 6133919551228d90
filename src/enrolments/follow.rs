//! Seats follow what was recorded of attendance.
use super::State;
use super::store::{self, By};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::Result;
use chrono::Duration;

/// Rows of attendance that are followed in one transaction.
const FOLLOWED: i64 = 2_000;
/// A row may be committed behind a later one: those so young are looked at again, in seconds.
const YOUNG: i64 = 60;

/// Lets seats follow what was recorded of attendance since the last time; how many changed.
///
/// # Errors
/// Those of the database.
pub fn follow_attendance(conn: &mut Conn, now: Timestamp) -> Result<usize> {
    let cursor = store::cursor(conn)?;
    let rows = store::attendance_after(conn, cursor, FOLLOWED)?;
    let (mut reached, mut changed) = (cursor, 0);
    for (number, at, found) in rows {
        if at < now - Duration::seconds(YOUNG) {
            reached = reached.max(number);
        }
        let Some((id, person, state, status)) = found else { continue };
        let to = match status.as_str() {
            "absent" => State::NoShow,
            "void" => State::Confirmed,
            status if status.starts_with("leave_") => State::Excused,
            _ => State::Attended,
        };
        if to != state {
            let seen = store::find(conn, id)?;
            if store::pass(conn, &seen, to, now)? {
                store::step(conn, &vec![(id, person)], to, By::default(), "", now)?;
                changed += 1;
            }
        }
    }
    if reached > cursor {
        store::set_cursor(conn, reached)?;
    }
    Ok(changed)
}
