//! What is asked about many visits, and about what was missed.
use super::below;
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::events::{self, Status};
use crate::ids::{EventId, LectureId, PersonId};
use crate::organization::after;
use crate::schema::{attendance_heads, events as event_rows, home_visit_members, home_visits, orgs, persons};
use crate::visits::{MISSED, Standing, State};
use chrono::NaiveDate;
use diesel::prelude::*;
use std::collections::HashMap;

/// A visit in a list.
#[derive(Queryable, Debug, Clone)]
pub struct Row {
    pub id: EventId,
    pub title: String,
    pub starts_at: Timestamp,
    pub state: State,
    pub deliverer: PersonId,
    pub second: PersonId,
}

macro_rules! rows {
    () => {
        home_visits::table
            .inner_join(event_rows::table.on(event_rows::id.eq(home_visits::event_id)))
            .inner_join(orgs::table.on(orgs::id.eq(event_rows::org_id)))
    };
}

macro_rules! columns {
    () => {
        (
            event_rows::id,
            event_rows::title,
            event_rows::starts_at,
            home_visits::state,
            home_visits::deliverer_id,
            home_visits::second_id,
        )
    };
}

/// The visits of these sub-trees, the newest first.
pub fn within(conn: &mut Conn, paths: &[String], (skip, count): (i64, i64)) -> Result<Vec<Row>> {
    if paths.is_empty() {
        return Ok(vec![]);
    }
    Ok(either!(conn, c => below!(
        rows!()
            .select(columns!())
            .order((event_rows::starts_at.desc(), event_rows::id.desc()))
            .offset(skip)
            .limit(count)
            .into_boxed(),
        paths
    )
    .load(c))?)
}

/// The visits in which this person delivered or was the second, the newest first.
pub fn of_person(conn: &mut Conn, person: PersonId, (skip, count): (i64, i64)) -> Result<Vec<Row>> {
    let is_it = home_visits::deliverer_id.eq(person).or(home_visits::second_id.eq(person));
    Ok(either!(conn, c => rows!()
        .filter(is_it)
        .order((event_rows::starts_at.desc(), event_rows::id.desc()))
        .offset(skip)
        .limit(count)
        .select(columns!())
        .load(c))?)
}

/// The visits to this person, the newest first.
pub fn about(conn: &mut Conn, person: PersonId, (skip, count): (i64, i64)) -> Result<Vec<Row>> {
    Ok(either!(conn, c => home_visit_members::table
        .inner_join(home_visits::table)
        .inner_join(event_rows::table.on(event_rows::id.eq(home_visit_members::event_id)))
        .filter(home_visit_members::person_id.eq(person))
        .order(home_visit_members::event_id.desc())
        .offset(skip)
        .limit(count)
        .select(columns!())
        .load(c))?)
}

/// Who was visited, and what they said, of the visits on a page.
pub fn visited(conn: &mut Conn, ids: &[EventId]) -> Result<HashMap<EventId, Vec<(String, Standing)>>> {
    let rows: Vec<(EventId, String, Standing)> = either!(conn, c => home_visit_members::table
        .inner_join(persons::table)
        .filter(home_visit_members::event_id.eq_any(ids))
        .order((home_visit_members::event_id, home_visit_members::person_id))
        .select((home_visit_members::event_id, persons::name, home_visit_members::state))
        .load(c))?;
    let mut found: HashMap<EventId, Vec<(String, Standing)>> = HashMap::new();
    for (id, name, state) in rows {
        found.entry(id).or_default().push((name, state));
    }
    Ok(found)
}

/// Something that somebody missed.
#[derive(Queryable, Debug, Clone)]
pub struct Missed {
    pub event: EventId,
    pub title: String,
    pub day: NaiveDate,
    pub lecture: Option<LectureId>,
    pub person: PersonId,
    pub name: String,
    pub status: Status,
}

/// What was missed since this day in the events of these sub-trees, the oldest first: its time ends first.
pub fn missed_within(
    conn: &mut Conn,
    paths: &[String],
    (since, until): (NaiveDate, NaiveDate),
    (skip, count): (i64, i64),
) -> Result<Vec<Missed>> {
    if paths.is_empty() {
        return Ok(vec![]);
    }
    // Said as the partial index says it: with bound values SQLite would not use that.
    const MISSED_SQL: &str =
        "attendance_heads.status IN ('absent', 'leave_official', 'leave_sick', 'leave_private')";
    let is_it = diesel::dsl::sql::<diesel::sql_types::Bool>(MISSED_SQL)
        .and(attendance_heads::day.between(since, until))
        .and(event_rows::state.ne(events::State::Cancelled));
    Ok(either!(conn, c => below!(
        attendance_heads::table
            .inner_join(event_rows::table.inner_join(orgs::table))
            .inner_join(persons::table)
            .select((
                event_rows::id,
                event_rows::title,
                attendance_heads::day,
                event_rows::lecture_id,
                persons::id,
                persons::name,
                attendance_heads::status,
            ))
            .order((attendance_heads::day, attendance_heads::event_id, attendance_heads::person_id))
            .offset(skip)
            .limit(count)
            .into_boxed(),
        paths
    )
    .filter(is_it)
    .load(c))?)
}

/// What this person has missed since this day, the oldest first; fifty at most.
pub fn missed_of(
    conn: &mut Conn,
    person: PersonId,
    (since, until): (NaiveDate, NaiveDate),
) -> Result<Vec<Missed>> {
    let is_it = attendance_heads::person_id
        .eq(person)
        .and(attendance_heads::status.eq_any(MISSED))
        .and(attendance_heads::day.between(since, until))
        .and(event_rows::state.ne(events::State::Cancelled));
    Ok(either!(conn, c => attendance_heads::table
        .inner_join(event_rows::table)
        .inner_join(persons::table)
        .filter(is_it)
        .order((attendance_heads::day, attendance_heads::event_id))
        .limit(50)
        .select((
            event_rows::id,
            event_rows::title,
            attendance_heads::day,
            event_rows::lecture_id,
            persons::id,
            persons::name,
            attendance_heads::status,
        ))
        .load(c))?)
}
