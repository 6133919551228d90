//! Rows of events; `roll` has those of attendance, `desk` what is asked about events.
mod desk;
mod roll;

use super::{Kind, NewEvent, Plan, State};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, BaseId, EventId, LectureId, OfferingId, OrgId, PersonId, SchoolId, random_hex};
use crate::organization::after;
use crate::schema::{course_sessions, enrolments, events, host_stays, memberships, offerings, orgs};
use chrono::NaiveDate;
pub use desk::{
    Choices, OFFERED, OfCourse, Place, Row, Wanted, choices, course_of, dated, enrolment, generation,
    has_account, lecture_title, lectures_named, listed, name_of, own, path_of, place, renew, set_state,
};
use diesel::prelude::*;
pub use roll::{
    Line, Past, append, code_key, count_try, counting, has_used_code, history, is_expected, lines, makeups,
    on_roll, proved, standing,
};

/// Something that happens at a time and a place.
#[derive(Queryable, Selectable, Debug, Clone, PartialEq, Eq)]
#[diesel(table_name = events)]
pub struct Event {
    pub id: EventId,
    pub kind: Kind,
    pub title: String,
    pub about: String,
    /// Who holds it.
    #[diesel(column_name = org_id)]
    pub org: OrgId,
    #[diesel(column_name = lecture_id)]
    pub lecture: Option<LectureId>,
    #[diesel(column_name = school_id)]
    pub school: Option<SchoolId>,
    #[diesel(column_name = base_id)]
    pub base: Option<BaseId>,
    pub place: String,
    pub online_url: String,
    pub lecturer: String,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub state: State,
    pub reason: String,
    /// Counted up by each change.
    pub sequence: i32,
    pub changed_at: Timestamp,
    pub created_by: AccountId,
}

/// # Errors
/// Not found, or those of the database.
pub fn find(conn: &mut Conn, id: EventId) -> Result<Event> {
    Ok(either!(conn, c => events::table.find(id).select(Event::as_select()).first(c))?)
}

/// Adds an event; `None` if there is one of this key.
pub fn insert(conn: &mut Conn, new: &NewEvent, by: AccountId, now: Timestamp) -> Result<Option<EventId>> {
    let row = (
        events::kind.eq(new.kind),
        events::org_id.eq(new.org),
        values(&new.plan),
        events::state.eq(State::Planned),
        events::reason.eq(""),
        events::sequence.eq(0),
        events::changed_at.eq(now),
        events::code_key.eq(random_hex(32)),
        events::created_by.eq(by),
        events::created_at.eq(now),
        events::key.eq(&new.key),
    );
    Ok(either!(conn, c => diesel::insert_into(events::table)
        .values(row)
        .on_conflict(events::key)
        .do_nothing()
        .returning(events::id)
        .get_result(c)
        .optional())?)
}

pub fn of_key(conn: &mut Conn, key: &str) -> Result<EventId> {
    Ok(either!(conn, c => events::table.filter(events::key.eq(key)).select(events::id).first(c))?)
}

type Values<'a> = (
    diesel::dsl::Eq<events::title, &'a str>,
    diesel::dsl::Eq<events::about, &'a str>,
    diesel::dsl::Eq<events::lecture_id, Option<LectureId>>,
    diesel::dsl::Eq<events::school_id, Option<SchoolId>>,
    diesel::dsl::Eq<events::base_id, Option<BaseId>>,
    diesel::dsl::Eq<events::place, &'a str>,
    diesel::dsl::Eq<events::online_url, &'a str>,
    diesel::dsl::Eq<events::lecturer, &'a str>,
    diesel::dsl::Eq<events::starts_at, Timestamp>,
    diesel::dsl::Eq<events::ends_at, Timestamp>,
);

fn values(plan: &Plan) -> Values<'_> {
    (
        events::title.eq(plan.title.as_str()),
        events::about.eq(plan.about.as_str()),
        events::lecture_id.eq(plan.lecture),
        events::school_id.eq(plan.school),
        events::base_id.eq(plan.base),
        events::place.eq(plan.place.as_str()),
        events::online_url.eq(plan.online_url.as_str()),
        events::lecturer.eq(plan.lecturer.as_str()),
        events::starts_at.eq(plan.starts_at),
        events::ends_at.eq(plan.ends_at),
    )
}

/// Changes an event as it was at `seen`; `false` if it has changed since.
pub fn update(conn: &mut Conn, id: EventId, seen: i32, plan: &Plan, now: Timestamp) -> Result<bool> {
    let is_it = events::sequence.eq(seen).and(events::state.ne(State::Cancelled));
    let set = (values(plan), events::sequence.eq(events::sequence + 1), events::changed_at.eq(now));
    let rows = either!(conn, c => diesel::update(events::table.find(id).filter(is_it)).set(set).execute(c))?;
    Ok(rows == 1)
}

/// Cancels an event as it was at `seen`; `false` if it has changed since.
pub fn cancel(conn: &mut Conn, id: EventId, seen: i32, reason: &str, now: Timestamp) -> Result<bool> {
    let is_it = events::sequence.eq(seen).and(events::state.ne(State::Cancelled));
    let set = (
        events::state.eq(State::Cancelled),
        events::reason.eq(reason),
        events::sequence.eq(events::sequence + 1),
        events::changed_at.eq(now),
    );
    let rows = either!(conn, c => diesel::update(events::table.find(id).filter(is_it)).set(set).execute(c))?;
    Ok(rows == 1)
}

/// Who enrols for an event: for itself, or for the course that it is a session of. `None` where nobody has to.
pub fn offering_of(conn: &mut Conn, id: EventId) -> Result<Option<OfferingId>> {
    let own = offerings::table.filter(offerings::event_id.eq(id)).select(offerings::id);
    let found: Option<OfferingId> = either!(conn, c => own.first(c).optional())?;
    if found.is_some() {
        return Ok(found);
    }
    Ok(either!(conn, c => course_sessions::table
        .inner_join(offerings::table.on(offerings::course_id.eq(course_sessions::course_id.nullable())))
        .filter(course_sessions::event_id.eq(id))
        .select(offerings::id)
        .first(c)
        .optional())?)
}

/// The states of an enrolment in which somebody waits to come.
const COMING: [&str; 2] = ["confirmed", "waitlisted"];

/// Who has to know of an event: whoever has enrolled, waits or asks, or who on its day are the members of the organisation and
/// its guests (流入). A person is there once, also where the own branch and the host are both below the organisation.
pub fn expected(conn: &mut Conn, event: &Event) -> Result<Vec<PersonId>> {
    if let Some(offering) = offering_of(conn, event.id)? {
        let knows = COMING.iter().chain(&["requested"]);
        let is_it = enrolments::offering_id.eq(offering).and(enrolments::state.eq_any(knows));
        return Ok(either!(conn, c => enrolments::table
            .filter(is_it)
            .order(enrolments::seq)
            .select(enrolments::person_id)
            .load(c))?);
    }
    if !event.kind.is_of_branch() {
        return Ok(vec![]);
    }
    let (path, day) = (desk::path_of(conn, event.org)?, event.day());
    let is_below = orgs::path.ge(path.clone()).and(orgs::path.lt(after(&path)));
    let then = memberships::valid_from
        .le(day)
        .and(memberships::valid_to.is_null().or(memberships::valid_to.gt(day)));
    let mut persons: Vec<PersonId> = either!(conn, c => memberships::table
        .inner_join(orgs::table)
        .filter(is_below.and(then))
        .select(memberships::person_id)
        .load(c))?;
    persons.extend(hosted(conn, &path, day)?);
    persons.sort_unstable();
    persons.dedup();
    Ok(persons)
}

/// Who on this day stays with a branch below this path (HostStay, domain.md §4.1).
fn hosted(conn: &mut Conn, path: &str, day: NaiveDate) -> Result<Vec<PersonId>> {
    let is_below = orgs::path.ge(path.to_owned()).and(orgs::path.lt(after(path)));
    let then =
        host_stays::valid_from.le(day).and(host_stays::valid_to.is_null().or(host_stays::valid_to.gt(day)));
    Ok(either!(conn, c => host_stays::table
        .inner_join(orgs::table)
        .filter(is_below.and(then))
        .select(host_stays::person_id)
        .load(c))?)
}

/// Who is on the list of an event as a guest from elsewhere: stays with the organisation on that day and is no member of it.
pub fn guests(conn: &mut Conn, event: &Event) -> Result<Vec<PersonId>> {
    if !event.kind.is_of_branch() {
        return Ok(vec![]);
    }
    let (path, day) = (desk::path_of(conn, event.org)?, event.day());
    let mut guests = hosted(conn, &path, day)?;
    let is_below = orgs::path.ge(path.clone()).and(orgs::path.lt(after(&path)));
    let then = memberships::valid_from
        .le(day)
        .and(memberships::valid_to.is_null().or(memberships::valid_to.gt(day)))
        .and(memberships::person_id.eq_any(&guests));
    let own: Vec<PersonId> = either!(conn, c => memberships::table
        .inner_join(orgs::table)
        .filter(is_below.and(then))
        .select(memberships::person_id)
        .load(c))?;
    guests.retain(|guest| !own.contains(guest));
    guests.sort_unstable();
    guests.dedup();
    Ok(guests)
}
