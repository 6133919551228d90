//! What My study shows of one person, and what the hours of a year are counted from.
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::enrolments::{Enrolment, State};
use crate::error::Result;
use crate::ids::{AttemptId, CourseId, EventId, LectureId, PersonId};
use crate::schema::{
    attempts, attendance_heads, completion_reversals, completions, enrolments, events, lectures, media,
    offerings, office_terms, tests, watches,
};
use chrono::NaiveDate;
use diesel::prelude::*;

/// An event that somebody has a seat at.
#[derive(Queryable, Debug, Clone)]
pub struct OwnEvent {
    pub id: EventId,
    pub title: String,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub place: String,
}

/// A place that stands, in a course or at an event.
#[derive(Debug, Clone)]
pub struct Seat {
    pub enrolment: Enrolment,
    pub course: Option<CourseId>,
    pub event: Option<OwnEvent>,
}

/// The places of a person: in courses that are not finished, and at events that are not over. The newest first.
pub fn seats(conn: &mut Conn, person: PersonId, now: Timestamp, count: i64) -> Result<Vec<Seat>> {
    type Row = (Enrolment, Option<CourseId>, Option<OwnEvent>);
    let is_ahead = events::ends_at.nullable().gt(now).and(events::state.nullable().ne("cancelled"));
    let rows: Vec<Row> = either!(conn, c => enrolments::table
        .inner_join(offerings::table.left_join(events::table))
        .filter(enrolments::person_id.eq(person))
        .filter(enrolments::state.ne_all([State::Cancelled, State::Declined]))
        .filter(enrolments::finished_at.is_null())
        .filter(offerings::course_id.is_not_null().or(is_ahead.assume_not_null()))
        .order(enrolments::id.desc())
        .limit(count)
        .select((
            Enrolment::as_select(),
            offerings::course_id,
            (events::id, events::title, events::starts_at, events::ends_at, events::place).nullable(),
        ))
        .load(c))?;
    Ok(rows.into_iter().map(|(enrolment, course, event)| Seat { enrolment, course, event }).collect())
}

/// Tests that are running against the clock: attempt, title, end.
pub fn running(
    conn: &mut Conn,
    person: PersonId,
    now: Timestamp,
) -> Result<Vec<(AttemptId, String, Timestamp)>> {
    Ok(either!(conn, c => attempts::table
        .inner_join(tests::table)
        .filter(attempts::person_id.eq(person).and(attempts::submitted_at.is_null()))
        .filter(attempts::ends_at.gt(now))
        .order(attempts::ends_at)
        .limit(20)
        .select((attempts::id, tests::title, attempts::ends_at.assume_not_null()))
        .load(c))?)
}

/// A lecture that was left in the middle.
#[derive(Queryable, Debug, Clone)]
pub struct Half {
    pub lecture: LectureId,
    pub title: String,
    pub cover: String,
    pub duration_ms: i32,
    pub seconds: i32,
    pub length_s: i32,
    pub last_ms: i32,
}

/// The lectures that were left in the middle, the last one first.
pub fn half_watched(conn: &mut Conn, person: PersonId, count: i64) -> Result<Vec<Half>> {
    let proved = completions::table
        .left_join(completion_reversals::table)
        .filter(completions::person_id.eq(person).and(completion_reversals::completion_id.is_null()))
        .select(completions::lecture_id);
    let is_played = lectures::media_id.eq(watches::media_id.nullable());
    Ok(either!(conn, c => watches::table
        .inner_join(lectures::table)
        .inner_join(media::table)
        .filter(watches::person_id.eq(person).and(watches::completed_at.is_null()))
        .filter(watches::seconds.gt(0).and(lectures::stage.eq("published")).and(is_played))
        .filter(watches::lecture_id.ne_all(proved))
        .order(watches::last_at.desc())
        .limit(count)
        .select((
            lectures::id, lectures::title, lectures::cover, media::duration_ms, watches::seconds, watches::length_s,
            watches::last_ms,
        ))
        .load(c))?)
}

/// Whether somebody holds an office on this day.
pub fn holds_office(conn: &mut Conn, person: PersonId, day: NaiveDate) -> Result<bool> {
    let it = office_terms::table
        .filter(office_terms::person_id.eq(person).and(office_terms::valid_from.le(day)))
        .filter(office_terms::valid_to.is_null().or(office_terms::valid_to.gt(day)));
    Ok(either!(conn, c => diesel::select(diesel::dsl::exists(it)).get_result(c))?)
}

/// What was recorded of presence in a year, with the minutes.
pub fn presences(conn: &mut Conn, person: PersonId, year: i32) -> Result<Vec<(String, i32)>> {
    let (from, to) = (NaiveDate::from_ymd_opt(year, 1, 1), NaiveDate::from_ymd_opt(year + 1, 1, 1));
    let (Some(from), Some(to)) = (from, to) else { return Ok(vec![]) };
    Ok(either!(conn, c => attendance_heads::table
        .filter(attendance_heads::person_id.eq(person))
        .filter(attendance_heads::day.ge(from).and(attendance_heads::day.lt(to)))
        .select((attendance_heads::status, attendance_heads::minutes))
        .load(c))?)
}

/// The proofs of viewing that stand: lecture, when, seconds of it, what was recorded of the presence in a group.
pub type ProofRow = (LectureId, Timestamp, i32, Option<String>);

pub fn proofs(conn: &mut Conn, person: PersonId) -> Result<Vec<ProofRow>> {
    let was_there = attendance_heads::event_id
        .nullable()
        .eq(completions::event_id)
        .and(attendance_heads::person_id.eq(completions::person_id));
    Ok(either!(conn, c => completions::table
        .left_join(completion_reversals::table)
        .left_join(attendance_heads::table.on(was_there))
        .filter(completions::person_id.eq(person).and(completion_reversals::completion_id.is_null()))
        .select((
            completions::lecture_id, completions::completed_at, completions::length_s,
            attendance_heads::status.nullable(),
        ))
        .load(c))?)
}
