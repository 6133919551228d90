//! When and where sessions take place, and what a base has booked.
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::events::State;
use crate::ids::{CourseId, EventId, OfferingId, OrgId, SchoolId};
use crate::organization::Level;
use crate::schema::{bases, course_sessions, events, offerings, orgs, schools};
use diesel::prelude::*;

/// A date of a session, with its seats.
#[derive(Queryable, Debug, Clone)]
pub struct Date {
    pub event: EventId,
    pub step: String,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub state: State,
    pub reason: String,
    pub school: Option<String>,
    pub base: Option<String>,
    pub place: String,
    pub online_url: String,
    pub lecturer: String,
    pub offering: Option<OfferingId>,
    pub seats: Option<i32>,
    pub taken: Option<i32>,
    pub waiting: Option<i32>,
}

/// The dates of a course in their order; more than any course has are not shown.
pub fn dates(conn: &mut Conn, course: CourseId) -> Result<Vec<Date>> {
    Ok(either!(conn, c => course_sessions::table
        .inner_join(events::table
            .left_join(schools::table)
            .left_join(bases::table)
            .left_join(offerings::table))
        .filter(course_sessions::course_id.eq(course))
        .order((events::starts_at, events::id))
        .limit(1_000)
        .select((
            events::id, course_sessions::step, events::starts_at, events::ends_at, events::state,
            events::reason, schools::name.nullable(), bases::name.nullable(), events::place, events::online_url,
            events::lecturer, offerings::id.nullable(), offerings::capacity.nullable(), offerings::taken.nullable(),
            offerings::waiting.nullable(),
        ))
        .load(c))?)
}

/// The event that this key has made already.
pub fn event_of_key(conn: &mut Conn, key: &str) -> Result<Option<EventId>> {
    let it = events::table.filter(events::key.eq(key)).select(events::id);
    Ok(either!(conn, c => it.first(c).optional())?)
}

/// The schools that are open, in the order of their numbers.
pub fn schools(conn: &mut Conn) -> Result<Vec<(SchoolId, String)>> {
    Ok(either!(conn, c => schools::table
        .filter(schools::valid_to.is_null())
        .order(schools::id)
        .limit(1_000)
        .select((schools::id, schools::name))
        .load(c))?)
}

/// The root of the tree: the city holds its courses.
pub fn city(conn: &mut Conn) -> Result<OrgId> {
    let it = orgs::table.filter(orgs::level.eq(Level::City)).order(orgs::id).select(orgs::id);
    Ok(either!(conn, c => it.first(c))?)
}
