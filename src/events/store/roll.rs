//! Rows of attendance: each revision, and the head that says which one holds.
use super::{Event, expected, offering_of};
use crate::clock::{self, Timestamp};
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::events::{Entry, Method, Refusal, Status, Via};
use crate::ids::{AttendanceId, EventId, LectureId, PersonId};
use crate::schema::{
    accounts, attendance_heads, attendances, code_tries, completion_reversals, completions, enrolments,
    events, lectures, memberships, orgs, persons, viewers,
};
use chrono::{Duration, NaiveDate};
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

/// Appends a revision and makes it the one that holds. `false` if that is what holds already, or the same post was kept
/// before.
///
/// # Errors
/// Refused where the key was used for something else: a form that was changed and sent once more.
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
        let is_used = attendances::table.filter(attendances::key.eq(&entry.key));
        let columns = (
            attendances::event_id,
            attendances::person_id,
            (
                attendances::revision,
                attendances::status,
                attendances::minutes,
                attendances::via_event_id,
                attendances::via_lecture_id,
            ),
        );
        let used: Option<(EventId, PersonId, Head)> =
            either!(conn, c => is_used.select(columns).first(c).optional())?;
        if let Some((event, person, kept)) = used {
            let is_same = (event, person) == (entry.event, entry.person) && kept.says(entry);
            return if is_same { Ok(false) } else { Err(Refusal::KeyUsed.into()) };
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

/// What holds of somebody in an event.
#[derive(Queryable, Selectable, Debug, Clone, PartialEq, Eq)]
#[diesel(table_name = attendance_heads)]
pub struct Standing {
    #[diesel(column_name = attendance_id)]
    pub id: AttendanceId,
    pub status: Status,
    pub minutes: i32,
}

pub fn standing(conn: &mut Conn, event: EventId, person: PersonId) -> Result<Option<Standing>> {
    Ok(either!(conn, c => attendance_heads::table
        .find((event, person))
        .select(Standing::as_select())
        .first(c)
        .optional())?)
}

/// How many have taken part so far.
pub fn counting(conn: &mut Conn, event: EventId) -> Result<usize> {
    let all: Vec<Status> = Status::ALL.iter().copied().filter(|status| status.counts()).collect();
    let is_it = attendance_heads::event_id.eq(event).and(attendance_heads::status.eq_any(all));
    let n: i64 = either!(conn, c => attendance_heads::table.filter(is_it).count().get_result(c))?;
    Ok(usize::try_from(n).unwrap_or_default())
}

/// Whether this person has checked in to the event with a code, whatever was recorded since.
pub fn has_used_code(conn: &mut Conn, event: EventId, person: PersonId) -> Result<bool> {
    let used = attendances::table.filter(
        attendances::event_id
            .eq(event)
            .and(attendances::person_id.eq(person))
            .and(attendances::method.eq(Method::Code)),
    );
    Ok(either!(conn, c => diesel::select(diesel::dsl::exists(used)).get_result(c))?)
}

/// How many have completed a lecture in front of this event's screen.
pub fn proved(conn: &mut Conn, event: EventId) -> Result<usize> {
    let is_it = completions::person_id
        .eq(viewers::person_id)
        .and(completions::event_id.eq(viewers::event_id.nullable()));
    let n: i64 = either!(conn, c => viewers::table
        .inner_join(completions::table.on(is_it))
        .left_join(completion_reversals::table.on(completion_reversals::completion_id.eq(completions::id)))
        .filter(viewers::event_id.eq(event).and(completion_reversals::completion_id.is_null()))
        .count()
        .get_result(c))?;
    Ok(usize::try_from(n).unwrap_or_default())
}

/// The secret of the codes shown on site.
pub fn code_key(conn: &mut Conn, event: EventId) -> Result<String> {
    Ok(either!(conn, c => events::table.find(event).select(events::code_key).first(c))?)
}

/// Counts a guess; `false` if that many were made in this minute.
pub fn count_try(conn: &mut Conn, event: EventId, person: PersonId, minute: i64, most: i32) -> Result<bool> {
    let row = (
        code_tries::event_id.eq(event),
        code_tries::person_id.eq(person),
        code_tries::minute.eq(minute),
        code_tries::tries.eq(1),
    );
    let first = either!(conn, c => diesel::insert_into(code_tries::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    if first == 1 {
        return Ok(true);
    }
    let mine = || code_tries::table.find((event, person));
    let next = mine().filter(code_tries::minute.eq(minute).and(code_tries::tries.lt(most)));
    let set = code_tries::tries.eq(code_tries::tries + 1);
    if either!(conn, c => diesel::update(next).set(set).execute(c))? == 1 {
        return Ok(true);
    }
    let set = (code_tries::minute.eq(minute), code_tries::tries.eq(1));
    let earlier = mine().filter(code_tries::minute.lt(minute));
    Ok(either!(conn, c => diesel::update(earlier).set(set).execute(c))? == 1)
}

/// The states of an enrolment that holds a seat.
const SEATED: [&str; 4] = ["confirmed", "attended", "no_show", "excused"];

/// Whether this person is on the list: has a seat, or belongs to the organisation that holds the event.
pub fn is_expected(conn: &mut Conn, event: &Event, person: PersonId) -> Result<bool> {
    let Some(offering) = offering_of(conn, event.id)? else {
        return Ok(expected(conn, event)?.contains(&person));
    };
    let is_it = enrolments::offering_id
        .eq(offering)
        .and(enrolments::person_id.eq(person))
        .and(enrolments::state.eq_any(SEATED));
    let n: i64 = either!(conn, c => enrolments::table.filter(is_it).count().get_result(c))?;
    Ok(n > 0)
}

/// Everybody on the list of an event: who has a seat or belongs to the organisation; and whoever came without, as a guest.
pub fn on_roll(conn: &mut Conn, event: &Event) -> Result<Vec<PersonId>> {
    let mut persons = match offering_of(conn, event.id)? {
        None => expected(conn, event)?,
        Some(offering) => {
            let is_it = enrolments::offering_id.eq(offering).and(enrolments::state.eq_any(SEATED));
            either!(conn, c => enrolments::table
                .filter(is_it)
                .select(enrolments::person_id)
                .load(c))?
        }
    };
    let known: Vec<PersonId> = either!(conn, c => attendance_heads::table
        .filter(attendance_heads::event_id.eq(event.id))
        .select(attendance_heads::person_id)
        .load(c))?;
    let guests: Vec<PersonId> = either!(conn, c => viewers::table
        .filter(viewers::event_id.eq(event.id))
        .select(viewers::person_id)
        .load(c))?;
    persons.extend(known);
    persons.extend(guests);
    persons.sort_unstable();
    persons.dedup();
    Ok(persons)
}

/// A member on the list.
#[derive(Debug, Clone)]
pub struct Line {
    pub person: PersonId,
    pub name: String,
    pub member_no: String,
    pub branch: String,
    pub standing: Option<Standing>,
}

/// These members, in the order of their ids, at most 500.
pub fn lines(conn: &mut Conn, event: EventId, ids: &[PersonId]) -> Result<Vec<Line>> {
    type Who = (PersonId, String, Option<String>, Option<String>);
    let today = memberships::person_id.eq(persons::id).and(memberships::valid_to.is_null());
    let who: Vec<Who> = either!(conn, c => persons::table
        .left_join(memberships::table.on(today))
        .left_join(orgs::table.on(orgs::id.eq(memberships::branch_id)))
        .filter(persons::id.eq_any(ids))
        .order(persons::id)
        .select((persons::id, persons::name, memberships::member_no.nullable(), orgs::name.nullable()))
        .load(c))?;
    let is_it = attendance_heads::event_id.eq(event).and(attendance_heads::person_id.eq_any(ids));
    let heads: Vec<(PersonId, Standing)> = either!(conn, c => attendance_heads::table
        .filter(is_it)
        .select((attendance_heads::person_id, Standing::as_select()))
        .load(c))?;
    Ok(who
        .into_iter()
        .map(|(person, name, member_no, branch)| Line {
            standing: heads.iter().find(|head| head.0 == person).map(|head| head.1.clone()),
            person,
            name,
            member_no: member_no.unwrap_or_default(),
            branch: branch.unwrap_or_default(),
        })
        .collect())
}

/// What was recorded once, and by whom.
#[derive(Queryable, Debug, Clone)]
pub struct Past {
    pub id: AttendanceId,
    pub status: Status,
    pub minutes: i32,
    pub method: Method,
    pub recorded_at: Timestamp,
    pub by: String,
    /// A clerk entered it for the member.
    pub is_acted: bool,
}

/// Everything that was recorded of somebody in an event, the newest first.
pub fn history(conn: &mut Conn, event: EventId, person: PersonId) -> Result<Vec<Past>> {
    let is_it = attendances::event_id.eq(event).and(attendances::person_id.eq(person));
    Ok(either!(conn, c => attendances::table
        .inner_join(accounts::table.inner_join(persons::table))
        .filter(is_it)
        .order(attendances::revision.desc())
        .select((
            attendances::id,
            attendances::status,
            attendances::minutes,
            attendances::method,
            attendances::recorded_at,
            persons::name,
            attendances::acted_by.is_not_null(),
        ))
        .load(c))?)
}

/// What can have made up for an event that somebody has missed: other events with the person, and lectures completed,
/// within so many days from the day of the event; twenty each at most.
pub fn makeups(conn: &mut Conn, event: &Event, person: PersonId, days: i64) -> Result<Vec<(Via, String)>> {
    let (first, last) = (event.day(), event.day() + Duration::days(days));
    let counting: Vec<Status> = Status::ALL.iter().copied().filter(|status| status.counts()).collect();
    let was_there = attendance_heads::person_id
        .eq(person)
        .and(attendance_heads::event_id.ne(event.id))
        .and(attendance_heads::day.between(first, last))
        .and(attendance_heads::status.eq_any(counting));
    let others: Vec<(EventId, String)> = either!(conn, c => attendance_heads::table
        .inner_join(events::table)
        .filter(was_there)
        .order(attendance_heads::day)
        .limit(20)
        .select((events::id, events::title))
        .load(c))?;
    let has_completed = completions::person_id
        .eq(person)
        .and(completions::completed_at.ge(clock::midnight(first)))
        .and(completions::completed_at.lt(clock::midnight(last + Duration::days(1))))
        .and(completion_reversals::completion_id.is_null());
    let watched: Vec<(LectureId, String)> = either!(conn, c => completions::table
        .inner_join(lectures::table)
        .left_join(completion_reversals::table)
        .filter(has_completed)
        .order(completions::id)
        .limit(20)
        .select((lectures::id, lectures::title))
        .load(c))?;
    let mut all: Vec<(Via, String)> = vec![];
    all.extend(others.into_iter().map(|(id, title)| (Via::Event(id), title)));
    all.extend(watched.into_iter().map(|(id, title)| (Via::Lecture(id), title)));
    all.dedup_by_key(|one| one.0);
    Ok(all)
}
