//! What the followers of study read: proofs, tests and presence as they come, enrolments that may be finished, what is due.
use crate::clock::Timestamp;
use crate::courses::Stage;
use crate::db::Conn;
use crate::either;
use crate::enrolments::State;
use crate::error::Result;
use crate::ids::{CourseId, EventId, OfferingId, PersonId};
use crate::schema::{
    attempts, attendances, completions, courses, cursors, enrolments, events, notices, offerings,
};
use chrono::NaiveDate;
use diesel::prelude::*;

/// How far a follower has come.
pub fn cursor(conn: &mut Conn, name: &str) -> Result<i64> {
    let n: Option<i64> =
        either!(conn, c => cursors::table.find(name).select(cursors::n).first(c).optional())?;
    Ok(n.unwrap_or(0))
}

pub fn set_cursor(conn: &mut Conn, name: &str, n: i64) -> Result<()> {
    let row = (cursors::name.eq(name), cursors::n.eq(n));
    either!(conn, c => diesel::insert_into(cursors::table)
        .values(row)
        .on_conflict(cursors::name)
        .do_update()
        .set(cursors::n.eq(n))
        .execute(c))?;
    Ok(())
}

/// A row that came: its number, when, whose.
pub type Came = (i64, Timestamp, PersonId);

pub fn completions_after(conn: &mut Conn, n: i64, count: i64) -> Result<Vec<Came>> {
    Ok(either!(conn, c => completions::table
        .filter(completions::id.gt(n))
        .order(completions::id)
        .limit(count)
        .select((completions::id, completions::completed_at, completions::person_id))
        .load(c))?)
}

pub fn attendances_after(conn: &mut Conn, n: i64, count: i64) -> Result<Vec<Came>> {
    Ok(either!(conn, c => attendances::table
        .filter(attendances::id.gt(n))
        .order(attendances::id)
        .limit(count)
        .select((attendances::id, attendances::recorded_at, attendances::person_id))
        .load(c))?)
}

/// Tests that were handed in after this moment, or at it with a greater number.
pub fn attempts_after(conn: &mut Conn, (at, n): (Timestamp, i64), count: i64) -> Result<Vec<Came>> {
    let is_later = attempts::submitted_at.gt(at).or(attempts::submitted_at.eq(at).and(attempts::id.gt(n)));
    Ok(either!(conn, c => attempts::table
        .filter(attempts::submitted_at.ge(at).and(is_later))
        .filter(attempts::submitted_at.is_not_null())
        .order((attempts::submitted_at, attempts::id))
        .limit(count)
        .select((attempts::id, attempts::submitted_at.assume_not_null(), attempts::person_id))
        .load(c))?)
}

const SEATED: [State; 4] = [State::Confirmed, State::Attended, State::NoShow, State::Excused];

/// Of these persons, those who have a place in a course and have not finished it.
pub fn with_unfinished(conn: &mut Conn, them: &[PersonId]) -> Result<Vec<PersonId>> {
    let mut found = vec![];
    for some in them.chunks(500) {
        let mut more: Vec<PersonId> = either!(conn, c => enrolments::table
            .inner_join(offerings::table)
            .filter(enrolments::person_id.eq_any(some).and(enrolments::state.eq_any(SEATED)))
            .filter(enrolments::finished_at.is_null().and(offerings::course_id.is_not_null()))
            .select(enrolments::person_id)
            .distinct()
            .load(c))?;
        found.append(&mut more);
    }
    Ok(found)
}

/// Persons with an unfinished enrolment in a course among these numbers, and the last number that there is.
pub fn unfinished_between(conn: &mut Conn, (from, to): (i64, i64)) -> Result<(Vec<PersonId>, i64)> {
    let last: Option<i64> = either!(conn, c => enrolments::table
        .select(diesel::dsl::max(enrolments::id))
        .first(c))?;
    let them = either!(conn, c => enrolments::table
        .inner_join(offerings::table)
        .filter(enrolments::id.gt(from).and(enrolments::id.le(to)))
        .filter(enrolments::state.eq_any(SEATED))
        .filter(enrolments::finished_at.is_null().and(offerings::course_id.is_not_null()))
        .select(enrolments::person_id)
        .distinct()
        .load(c))?;
    Ok((them, last.unwrap_or(0)))
}

/// A course that is due soon.
#[derive(Queryable, Debug, Clone)]
pub struct DueCourse {
    pub offering: OfferingId,
    pub course: CourseId,
    pub slug: String,
    pub title: String,
    pub due_on: NaiveDate,
}

pub fn due_courses(conn: &mut Conn, from: NaiveDate, to: NaiveDate) -> Result<Vec<DueCourse>> {
    Ok(either!(conn, c => offerings::table
        .inner_join(courses::table)
        .filter(courses::stage.eq(Stage::Published).and(courses::due_on.ge(from)).and(courses::due_on.le(to)))
        .order(offerings::id)
        .limit(1_000)
        .select((offerings::id, courses::id, courses::slug, courses::title, courses::due_on.assume_not_null()))
        .load(c))?)
}

/// An event that begins soon and has seats.
#[derive(Queryable, Debug, Clone)]
pub struct SoonEvent {
    pub offering: OfferingId,
    pub event: EventId,
    pub title: String,
    pub starts_at: Timestamp,
}

pub fn soon_events(conn: &mut Conn, from: Timestamp, to: Timestamp) -> Result<Vec<SoonEvent>> {
    Ok(either!(conn, c => offerings::table
        .inner_join(events::table)
        .filter(events::starts_at.gt(from).and(events::starts_at.le(to)).and(events::state.eq("planned")))
        .order(offerings::id)
        .limit(1_000)
        .select((offerings::id, events::id, events::title, events::starts_at))
        .load(c))?)
}

/// Who has a seat and has not finished, behind this number of the queue.
pub fn seated_after(
    conn: &mut Conn,
    offering: OfferingId,
    seq: i32,
    count: i64,
) -> Result<Vec<(i32, PersonId)>> {
    Ok(either!(conn, c => enrolments::table
        .filter(enrolments::offering_id.eq(offering).and(enrolments::state.eq(State::Confirmed)))
        .filter(enrolments::seq.gt(seq).and(enrolments::finished_at.is_null()))
        .order(enrolments::seq)
        .limit(count)
        .select((enrolments::seq, enrolments::person_id))
        .load(c))?)
}

/// Which of these notices were told already.
pub fn told(conn: &mut Conn, keys: &[String]) -> Result<Vec<String>> {
    let mut found = vec![];
    for some in keys.chunks(500) {
        let them = notices::table.filter(notices::key.eq_any(some)).select(notices::key);
        found.append(&mut either!(conn, c => them.load::<String>(c))?);
    }
    Ok(found)
}
