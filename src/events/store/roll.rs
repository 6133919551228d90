//! Rows of attendance: each revision, and the head that says which one holds.
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::events::{Entry, Status, Via};
use crate::ids::{AttendanceId, EventId, LectureId, PersonId};
use crate::schema::{attendance_heads, attendances};
use chrono::NaiveDate;
use diesel::prelude::*;

/// The row that holds, and what it says.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
struct Head {
    revision: i32,
    status: Status,
    minutes: i32,
    via_event: Option<EventId>,
    via_lecture: Option<LectureId>,
}

impl Head {
    fn says(&self, entry: &Entry) -> bool {
        let via = via(entry);
        (self.status, self.minutes, self.via_event, self.via_lecture)
            == (entry.status, entry.minutes, via.0, via.1)
    }
}

fn via(entry: &Entry) -> (Option<EventId>, Option<LectureId>) {
    match entry.via {
        Some(Via::Event(id)) => (Some(id), None),
        Some(Via::Lecture(id)) => (None, Some(id)),
        None => (None, None),
    }
}

/// The head of a member in an event, locked until the transaction ends.
fn head(conn: &mut Conn, event: EventId, person: PersonId) -> Result<Option<Head>> {
    let key = attendance_heads::event_id.eq(event).and(attendance_heads::person_id.eq(person));
    let chosen = attendance_heads::table.filter(key);
    // The row is locked by itself: a lock does not go with an outer table.
    let found: Option<AttendanceId> = match conn {
        Conn::Sqlite(c) => chosen.select(attendance_heads::attendance_id).first(c).optional()?,
        Conn::Postgres(c) => {
            chosen.select(attendance_heads::attendance_id).for_update().first(c).optional()?
        }
    };
    let Some(id) = found else { return Ok(None) };
    let columns = (
        attendances::revision,
        attendances::status,
        attendances::minutes,
        attendances::via_event_id,
        attendances::via_lecture_id,
    );
    Ok(Some(either!(conn, c => attendances::table.find(id).select(columns).first(c))?))
}

/// Appends a revision and makes it the one that holds. `false` if that is what holds already, or the key was used.
pub fn append(conn: &mut Conn, day: NaiveDate, entry: &Entry, now: Timestamp) -> Result<bool> {
    // Two that record the same person for the first time at once: the second one sees the first one's head the next time.
    for _ in 0..3 {
        let before = head(conn, entry.event, entry.person)?;
        if before.as_ref().is_some_and(|head| head.says(entry)) {
            return Ok(false);
        }
        let revision = before.as_ref().map_or(1, |head| head.revision + 1);
        if let Some(id) = insert(conn, day, entry, revision, now)? {
            put_head(conn, day, entry, (id, revision), before.is_some())?;
            return Ok(true);
        }
        let is_used = attendances::table.filter(attendances::key.eq(&entry.key)).count();
        let used: i64 = either!(conn, c => is_used.get_result(c))?;
        if used > 0 {
            return Ok(false);
        }
    }
    Err(Error::Busy)
}

fn insert(
    conn: &mut Conn,
    day: NaiveDate,
    entry: &Entry,
    revision: i32,
    now: Timestamp,
) -> Result<Option<AttendanceId>> {
    let via = via(entry);
    let row = (
        attendances::event_id.eq(entry.event),
        attendances::person_id.eq(entry.person),
        attendances::revision.eq(revision),
        attendances::status.eq(entry.status),
        attendances::minutes.eq(entry.minutes),
        attendances::method.eq(entry.method),
        attendances::via_event_id.eq(via.0),
        attendances::via_lecture_id.eq(via.1),
        attendances::recorded_by.eq(entry.by),
        attendances::acted_by.eq(entry.acted_by),
        attendances::day.eq(day),
        attendances::recorded_at.eq(now),
        attendances::key.eq(&entry.key),
    );
    Ok(either!(conn, c => diesel::insert_into(attendances::table)
        .values(row)
        .on_conflict_do_nothing()
        .returning(attendances::id)
        .get_result(c)
        .optional())?)
}

fn put_head(
    conn: &mut Conn,
    day: NaiveDate,
    entry: &Entry,
    (id, revision): (AttendanceId, i32),
    is_there: bool,
) -> Result<()> {
    let set = (
        attendance_heads::attendance_id.eq(id),
        attendance_heads::revision.eq(revision),
        attendance_heads::status.eq(entry.status),
        attendance_heads::minutes.eq(entry.minutes),
        attendance_heads::day.eq(day),
    );
    let key = (attendance_heads::event_id.eq(entry.event), attendance_heads::person_id.eq(entry.person));
    let rows = if is_there {
        let place = attendance_heads::table.find((entry.event, entry.person));
        let before = attendance_heads::revision.eq(revision - 1);
        either!(conn, c => diesel::update(place.filter(before)).set(set).execute(c))?
    } else {
        either!(conn, c => diesel::insert_into(attendance_heads::table).values((key, set)).execute(c))?
    };
    // The head is locked, and a first one follows the unique first revision: it cannot be another's.
    if rows == 1 { Ok(()) } else { Err(Error::Busy) }
}
