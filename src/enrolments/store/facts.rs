//! What the rules of enrolment ask about persons, courses and events. Tables of others are only read.
use crate::clock::Timestamp;
use crate::courses::Stage;
use crate::db::Conn;
use crate::either;
use crate::enrolments::{Booking, State, What};
use crate::error::Result;
use crate::ids::{BaseId, CourseId, EnrolmentId, EventId, OfferingId, PersonId};
use crate::people::Category;
use crate::schema::{
    attendance_heads, attendances, course_prerequisites, course_sessions, courses, cursors, enrolments,
    events, member_categories, memberships, offerings, orgs, persons, study_record_withdrawals,
    study_records,
};
use diesel::prelude::*;

/// Where the person's branch is in the tree of organisations; empty for those who are no members.
pub fn path_of(conn: &mut Conn, person: PersonId) -> Result<String> {
    let path: Option<String> = either!(conn, c => memberships::table
        .inner_join(orgs::table)
        .filter(memberships::person_id.eq(person).and(memberships::valid_to.is_null()))
        .select(orgs::path)
        .first(c)
        .optional())?;
    Ok(path.unwrap_or_default())
}

/// The categories that the person is in today.
pub fn categories_of(conn: &mut Conn, person: PersonId) -> Result<Vec<Category>> {
    Ok(either!(conn, c => member_categories::table
        .filter(member_categories::person_id.eq(person).and(member_categories::valid_to.is_null()))
        .select(member_categories::category)
        .load(c))?)
}

/// A course as the rules see it.
#[derive(Queryable)]
pub struct CourseFacts {
    pub slug: String,
    pub title: String,
    pub stage: Stage,
    pub version: i32,
}

pub fn course(conn: &mut Conn, id: CourseId) -> Result<CourseFacts> {
    Ok(either!(conn, c => courses::table
        .find(id)
        .select((courses::slug, courses::title, courses::stage, courses::version))
        .first(c))?)
}

/// An event as the rules see it.
#[derive(Queryable)]
pub struct EventFacts {
    pub title: String,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub state: String,
    pub base: Option<BaseId>,
}

pub fn event(conn: &mut Conn, id: EventId) -> Result<EventFacts> {
    Ok(either!(conn, c => events::table
        .find(id)
        .select((events::title, events::starts_at, events::ends_at, events::state, events::base_id))
        .first(c))?)
}

/// When an event begins and ends.
pub fn time_of(conn: &mut Conn, id: EventId) -> Result<(Timestamp, Timestamp)> {
    let event = event(conn, id)?;
    Ok((event.starts_at, event.ends_at))
}

/// The course that an event is a date of.
pub fn course_of_event(conn: &mut Conn, event: EventId) -> Result<Option<CourseId>> {
    let it = course_sessions::table.find(event);
    Ok(either!(conn, c => it.select(course_sessions::course_id).first(c).optional())?)
}

/// The offerings of the dates of a course, in the order in which they are locked.
pub fn session_offerings(conn: &mut Conn, course: CourseId) -> Result<Vec<OfferingId>> {
    Ok(either!(conn, c => course_sessions::table
        .inner_join(events::table.inner_join(offerings::table))
        .filter(course_sessions::course_id.eq(course))
        .order(offerings::id)
        .select(offerings::id)
        .load(c))?)
}

/// The title of the first course that has to be finished before this one and is not.
pub fn unfinished(conn: &mut Conn, course: CourseId, person: PersonId) -> Result<Option<String>> {
    let done = study_records::table
        .left_join(study_record_withdrawals::table)
        .filter(study_records::person_id.eq(person))
        .filter(study_record_withdrawals::record_id.is_null())
        .select(study_records::course_id);
    Ok(either!(conn, c => course_prerequisites::table
        .inner_join(courses::table.on(courses::id.eq(course_prerequisites::required_id)))
        .filter(course_prerequisites::course_id.eq(course))
        .filter(course_prerequisites::required_id.ne_all(done))
        .order(courses::id)
        .select(courses::title)
        .first(c)
        .optional())?)
}

/// Has a place, or may get one at any moment.
const STANDING: [State; 4] = [State::Requested, State::Waitlisted, State::Confirmed, State::Attended];

/// The title of a date that the person is enrolled at, also as one who waits or asks, and that overlaps this time (INV-E4;
/// half-open): whoever waits may get the seat at any moment. Until the transaction ends nobody else asks this for the person.
pub fn overlapping(
    conn: &mut Conn,
    person: PersonId,
    except: EventId,
    (from, to): (Timestamp, Timestamp),
) -> Result<Option<String>> {
    // SQLite has one writer anyway.
    if let Conn::Postgres(c) = conn {
        let it = persons::table.find(person).select(persons::id);
        it.for_no_key_update().first::<PersonId>(c)?;
    }
    Ok(either!(conn, c => enrolments::table
        .inner_join(offerings::table.inner_join(events::table))
        .filter(enrolments::person_id.eq(person).and(enrolments::state.eq_any(STANDING)))
        .filter(events::id.ne(except).and(events::state.ne("cancelled")))
        .filter(events::starts_at.lt(to).and(events::ends_at.gt(from)))
        .order(events::starts_at)
        .select(events::title)
        .first(c)
        .optional())?)
}

/// Those of these people who have a place at another date while this event is held, with what the first of them is called.
pub fn overlaps(conn: &mut Conn, id: EventId, people: &[PersonId]) -> Result<Vec<(PersonId, String)>> {
    if people.is_empty() {
        return Ok(vec![]);
    }
    let event = event(conn, id)?;
    let mut found: Vec<(PersonId, String)> = either!(conn, c => enrolments::table
        .inner_join(offerings::table.inner_join(events::table))
        .filter(enrolments::person_id.eq_any(people).and(enrolments::state.eq_any(STANDING)))
        .filter(events::id.ne(id).and(events::state.ne("cancelled")))
        .filter(events::starts_at.lt(event.ends_at).and(events::ends_at.gt(event.starts_at)))
        .order((enrolments::person_id, events::starts_at))
        .select((enrolments::person_id, events::title))
        .load(c))?;
    found.dedup_by_key(|one| one.0);
    Ok(found)
}

/// What these people are called, in the order of their names.
pub fn names(conn: &mut Conn, people: &[PersonId]) -> Result<Vec<String>> {
    let them = persons::table.filter(persons::id.eq_any(people)).order(persons::name).select(persons::name);
    Ok(either!(conn, c => them.load(c))?)
}

/// What a notice calls the offering, and where it is.
pub fn called(conn: &mut Conn, what: What) -> Result<(String, String)> {
    match what {
        What::Course(id) => {
            let course = course(conn, id)?;
            Ok((course.title, format!("/courses/{}", course.slug)))
        }
        What::Event(id) => Ok((event(conn, id)?.title, format!("/events/{id}"))),
    }
}

/// What a base has booked between two moments, beside one event. Where seats are not limited, those who have come count.
pub fn bookings(
    conn: &mut Conn,
    base: BaseId,
    (from, to): (Timestamp, Timestamp),
    but: Option<EventId>,
) -> Result<Vec<Booking>> {
    let but = but.unwrap_or(EventId(-1));
    let rows: Vec<(Timestamp, Timestamp, Option<i32>, Option<i32>)> = either!(conn, c => events::table
        .left_join(offerings::table)
        .filter(events::base_id.eq(base).and(events::id.ne(but)).and(events::state.ne("cancelled")))
        .filter(events::starts_at.lt(to).and(events::ends_at.gt(from)))
        .select((
            events::starts_at, events::ends_at, offerings::capacity.nullable(), offerings::taken.nullable(),
        ))
        .load(c))?;
    let booking = |(from, to, seats, taken): (Timestamp, Timestamp, Option<i32>, Option<i32>)| Booking {
        from,
        to,
        persons: seats.or(taken).unwrap_or_default(),
    };
    Ok(rows.into_iter().map(booking).collect())
}

const CURSOR: &str = "enrolments.attendance";

/// How far the follower of attendance has come.
pub fn cursor(conn: &mut Conn) -> Result<i64> {
    let n: Option<i64> =
        either!(conn, c => cursors::table.find(CURSOR).select(cursors::n).first(c).optional())?;
    Ok(n.unwrap_or(0))
}

pub fn set_cursor(conn: &mut Conn, n: i64) -> Result<()> {
    let row = (cursors::name.eq(CURSOR), cursors::n.eq(n));
    either!(conn, c => diesel::insert_into(cursors::table)
        .values(row)
        .on_conflict(cursors::name)
        .do_update()
        .set(cursors::n.eq(n))
        .execute(c))?;
    Ok(())
}

/// Attendance recorded behind this number: its number, when, and whose enrolment it is about, with what holds now.
pub type Followed = (i64, Timestamp, Option<(EnrolmentId, PersonId, State, String)>);

pub fn attendance_after(conn: &mut Conn, n: i64, count: i64) -> Result<Vec<Followed>> {
    let of_whom = enrolments::offering_id
        .eq(offerings::id)
        .and(enrolments::person_id.eq(attendances::person_id))
        .and(enrolments::state.eq_any([State::Confirmed, State::Attended, State::NoShow, State::Excused]));
    let head = attendance_heads::event_id
        .eq(attendances::event_id)
        .and(attendance_heads::person_id.eq(attendances::person_id));
    type Found = (i64, Timestamp, Option<EnrolmentId>, PersonId, Option<State>, String);
    let rows: Vec<Found> = either!(conn, c => attendances::table
        .inner_join(attendance_heads::table.on(head))
        .left_join(offerings::table.on(offerings::event_id.eq(attendances::event_id.nullable())))
        .left_join(enrolments::table.on(of_whom))
        .filter(attendances::id.gt(n))
        .order(attendances::id)
        .limit(count)
        .select((
            attendances::id, attendances::recorded_at, enrolments::id.nullable(), attendances::person_id,
            enrolments::state.nullable(), attendance_heads::status,
        ))
        .load(c))?;
    Ok(rows
        .into_iter()
        .map(|(id, at, enrolment, person, state, status)| {
            (id, at, enrolment.zip(state).map(|(enrolment, state)| (enrolment, person, state, status)))
        })
        .collect())
}
