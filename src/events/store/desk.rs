//! What is asked about events: by the desk, by the page of one, by calendars.
use super::{COMING, Event, offering_of};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::events::calendar::Dated;
use crate::events::{Kind, State};
use crate::ids::{AccountId, BaseId, EventId, LectureId, OrgId, PersonId, SchoolId};
use crate::lectures;
use crate::organization::{Level, after};
use crate::schema::{
    accounts, bases, calendar_feeds, course_sessions, courses, enrolments, events, host_stays,
    lectures as lecture_rows, memberships, offerings, orgs, persons, school_branches, schools,
};
use diesel::prelude::*;

/// Where it is and who holds it, by their names.
#[derive(Debug, Clone)]
pub struct Place {
    pub org: String,
    pub school: Option<(SchoolId, String)>,
    /// By its name in addresses.
    pub base: Option<(String, String)>,
    pub lecture: Option<(LectureId, String)>,
}

pub fn place(conn: &mut Conn, event: EventId) -> Result<Place> {
    type Row = (String, Option<(SchoolId, String)>, Option<(String, String)>, Option<(LectureId, String)>);
    let (org, school, base, lecture): Row = either!(conn, c => events::table
        .inner_join(orgs::table)
        .left_join(schools::table)
        .left_join(bases::table)
        .left_join(lecture_rows::table)
        .filter(events::id.eq(event))
        .select((
            orgs::name,
            (schools::id, schools::name).nullable(),
            (bases::slug, bases::name).nullable(),
            (lecture_rows::id, lecture_rows::title).nullable(),
        ))
        .first(c))?;
    Ok(Place { org, school, base, lecture })
}

/// The course that an event is a session of: its name in addresses, title, author, and whether members see it.
#[derive(Debug, Clone)]
pub struct OfCourse {
    pub slug: String,
    pub title: String,
    pub author: AccountId,
    pub is_published: bool,
}

pub fn course_of(conn: &mut Conn, event: EventId) -> Result<Option<OfCourse>> {
    let found: Option<(String, String, AccountId, String)> = either!(conn, c => course_sessions::table
        .inner_join(courses::table)
        .filter(course_sessions::event_id.eq(event))
        .select((courses::slug, courses::title, courses::author_id, courses::stage))
        .first(c)
        .optional())?;
    Ok(found.map(|(slug, title, author, stage)| OfCourse {
        slug,
        title,
        author,
        is_published: stage == "published",
    }))
}

pub fn path_of(conn: &mut Conn, org: OrgId) -> Result<String> {
    Ok(either!(conn, c => orgs::table.find(org).select(orgs::path).first(c))?)
}

/// Where somebody stands with the places of an event, in the enrolments' words.
pub fn enrolment(conn: &mut Conn, event: EventId, person: PersonId) -> Result<Option<String>> {
    let Some(offering) = offering_of(conn, event)? else { return Ok(None) };
    let is_it = enrolments::offering_id
        .eq(offering)
        .and(enrolments::person_id.eq(person))
        .and(enrolments::state.ne_all(["cancelled", "declined"]));
    Ok(either!(conn, c => enrolments::table.filter(is_it).select(enrolments::state).first(c).optional())?)
}

/// What the desk lists.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub kind: Option<Kind>,
    pub is_past: bool,
}

/// An event in a list.
#[derive(Queryable, Debug, Clone)]
pub struct Row {
    pub event: Event,
    pub org: String,
    pub school: Option<String>,
    pub base: Option<String>,
}

/// The events of these sub-trees, those that are not over in their order, those that are over backwards.
pub fn listed(
    conn: &mut Conn,
    paths: &[String],
    wanted: &Wanted,
    now: Timestamp,
    (skip, count): (i64, i64),
) -> Result<Vec<Row>> {
    if paths.is_empty() {
        return Ok(vec![]);
    }
    Ok(either!(conn, c => {
        let mut query = events::table
            .inner_join(orgs::table)
            .left_join(schools::table)
            .left_join(bases::table)
            .select((Event::as_select(), orgs::name, schools::name.nullable(), bases::name.nullable()))
            .offset(skip)
            .limit(count)
            .into_boxed();
        if !paths.iter().any(|path| path == "/") {
            for path in paths {
                query = query.or_filter(orgs::path.ge(path.clone()).and(orgs::path.lt(after(path))));
            }
        }
        if let Some(kind) = wanted.kind {
            query = query.filter(events::kind.eq(kind));
        }
        query = match wanted.is_past {
            true => query.filter(events::ends_at.le(now)).order((events::starts_at.desc(), events::id.desc())),
            false => query.filter(events::ends_at.gt(now)).order((events::starts_at, events::id)),
        };
        query.load(c)
    })?)
}

/// What can be chosen in forms.
#[derive(Debug, Clone)]
pub struct Choices {
    pub orgs: Vec<(OrgId, String)>,
    pub schools: Vec<(SchoolId, String)>,
    pub bases: Vec<(BaseId, String)>,
}

/// Branches or schools that are offered at most; a search finds the others.
pub const OFFERED: i64 = 50;

/// Branches and groups within these sub-trees, and the schools that they use, whose names have `text` in them; the bases.
pub fn choices(conn: &mut Conn, paths: &[String], text: &str) -> Result<Choices> {
    let like = format!("%{}%", text.replace(['\\', '%', '_'], ""));
    let orgs = either!(conn, c => {
        let mut query = orgs::table
            .select((orgs::id, orgs::name))
            .order(orgs::path)
            .limit(OFFERED)
            .into_boxed();
        for path in paths {
            query = query.or_filter(orgs::path.ge(path.clone()).and(orgs::path.lt(after(path))));
        }
        query
            .filter(orgs::level.eq_any([Level::Branch, Level::Group]))
            .filter(orgs::valid_to.is_null())
            .filter(orgs::name.like(like.clone()))
            .load(c)
    })?;
    let schools = either!(conn, c => {
        let mut query = school_branches::table
            .inner_join(schools::table)
            .inner_join(orgs::table)
            .select((schools::id, schools::name))
            .distinct()
            .order(schools::id)
            .limit(OFFERED)
            .into_boxed();
        for path in paths {
            query = query.or_filter(orgs::path.ge(path.clone()).and(orgs::path.lt(after(path))));
        }
        query
            .filter(school_branches::valid_to.is_null().and(schools::valid_to.is_null()))
            .filter(schools::name.like(like))
            .load(c)
    })?;
    let bases = either!(conn, c => bases::table
        .order(bases::position)
        .limit(OFFERED)
        .select((bases::id, bases::name))
        .load(c))?;
    Ok(Choices { orgs, schools, bases })
}

/// The published lectures whose title has `text` in it, the newest first: number, title, length.
pub fn lectures_named(conn: &mut Conn, text: &str, count: i64) -> Result<Vec<(LectureId, String, i32)>> {
    let like = format!("%{}%", text.replace(['\\', '%', '_'], ""));
    let is_it = lecture_rows::stage.eq(lectures::Stage::Published).and(lecture_rows::title.like(like));
    Ok(either!(conn, c => lecture_rows::table
        .filter(is_it)
        .order((lecture_rows::published_at.desc(), lecture_rows::id.desc()))
        .limit(count)
        .select((lecture_rows::id, lecture_rows::title, lecture_rows::duration_ms))
        .load(c))?)
}

/// What a lecture is called.
pub fn lecture_title(conn: &mut Conn, id: LectureId) -> Result<String> {
    Ok(either!(conn, c => lecture_rows::table.find(id).select(lecture_rows::title).first(c))?)
}

/// Whether somebody with an open account is this person.
pub fn has_account(conn: &mut Conn, person: PersonId) -> Result<bool> {
    let open = accounts::table.filter(accounts::person_id.eq(person).and(accounts::closed_at.is_null()));
    let n: i64 = either!(conn, c => open.count().get_result(c))?;
    Ok(n > 0)
}

/// Which address of a member's calendar holds: 0 until another one was asked for.
pub fn generation(conn: &mut Conn, person: PersonId) -> Result<i32> {
    let row = calendar_feeds::table.find(person).select(calendar_feeds::generation);
    Ok(either!(conn, c => row.first(c).optional())?.unwrap_or_default())
}

/// Ends the address that holds.
pub fn renew(conn: &mut Conn, person: PersonId) -> Result<()> {
    let row = (calendar_feeds::person_id.eq(person), calendar_feeds::generation.eq(1));
    either!(conn, c => diesel::insert_into(calendar_feeds::table)
        .values(row)
        .on_conflict(calendar_feeds::person_id)
        .do_update()
        .set(calendar_feeds::generation.eq(calendar_feeds::generation + 1))
        .execute(c))?;
    Ok(())
}

/// Organisations whose events are for this person: the own branch, that of a stay, and those above them.
fn orgs_of(conn: &mut Conn, person: PersonId) -> Result<Vec<OrgId>> {
    let is_mine = memberships::person_id.eq(person).and(memberships::valid_to.is_null());
    let mut paths: Vec<String> = either!(conn, c => memberships::table
        .inner_join(orgs::table)
        .filter(is_mine)
        .select(orgs::path)
        .load(c))?;
    let is_stay = host_stays::person_id.eq(person).and(host_stays::valid_to.is_null());
    let stays: Vec<String> = either!(conn, c => host_stays::table
        .inner_join(orgs::table)
        .filter(is_stay)
        .select(orgs::path)
        .load(c))?;
    paths.extend(stays);
    let mut ids: Vec<OrgId> =
        paths.iter().flat_map(|path| path.split('/')).filter_map(|id| id.parse().ok()).map(OrgId).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// What this person has to do with between two moments, by its beginning; `most` of them.
pub fn own(
    conn: &mut Conn,
    person: PersonId,
    (from, to): (Timestamp, Timestamp),
    most: usize,
) -> Result<Vec<Dated>> {
    let within = events::starts_at.ge(from).and(events::starts_at.lt(to));
    let limit = i64::try_from(most).unwrap_or(i64::MAX);
    let of_branch = [Kind::GroupViewing, Kind::StudyDiscussion];
    let orgs = orgs_of(conn, person)?;
    let mut ids: Vec<(EventId, bool)> = either!(conn, c => events::table
        .filter(events::org_id.eq_any(orgs).and(events::kind.eq_any(of_branch)).and(within))
        .order((events::starts_at, events::id))
        .limit(limit)
        .select(events::id)
        .load(c))?
    .into_iter()
    .map(|id| (id, false))
    .collect();
    let is_mine = enrolments::person_id
        .eq(person)
        .and(enrolments::state.eq_any(COMING.iter().chain(&["attended", "no_show", "excused"])));
    // A place at the date itself, or in the course whose dates take whoever is in it.
    let direct: Vec<(EventId, String)> = either!(conn, c => enrolments::table
        .inner_join(offerings::table.inner_join(events::table))
        .filter(is_mine.and(within))
        .order((events::starts_at, events::id))
        .limit(limit)
        .select((events::id, enrolments::state))
        .load(c))?;
    let is_mine = enrolments::person_id
        .eq(person)
        .and(enrolments::state.eq_any(COMING.iter().chain(&["attended", "no_show", "excused"])));
    let by_course: Vec<(EventId, String)> = either!(conn, c => enrolments::table
        .inner_join(offerings::table)
        .inner_join(course_sessions::table.on(offerings::course_id.eq(course_sessions::course_id.nullable())))
        .inner_join(events::table.on(events::id.eq(course_sessions::event_id)))
        .filter(is_mine.and(within))
        .order((events::starts_at, events::id))
        .limit(limit)
        .select((events::id, enrolments::state))
        .load(c))?;
    let candidates: Vec<EventId> = by_course.iter().map(|one| one.0).collect();
    let apart: Vec<Option<EventId>> = either!(conn, c => offerings::table
        .filter(offerings::event_id.eq_any(candidates))
        .select(offerings::event_id)
        .load(c))?;
    let waits = |(id, state): (EventId, String)| (id, state == "waitlisted");
    ids.extend(direct.into_iter().map(waits));
    ids.extend(by_course.into_iter().filter(|one| !apart.contains(&Some(one.0))).map(waits));
    dated(conn, &ids, most)
}

/// These events with their places, by their beginning.
pub fn dated(conn: &mut Conn, ids: &[(EventId, bool)], most: usize) -> Result<Vec<Dated>> {
    let mut all: Vec<Dated> = vec![];
    for some in ids.chunks(500) {
        let wanted: Vec<EventId> = some.iter().map(|one| one.0).collect();
        let rows: Vec<(Event, Option<String>, Option<String>)> = either!(conn, c => events::table
            .left_join(schools::table)
            .left_join(bases::table)
            .filter(events::id.eq_any(wanted))
            .select((Event::as_select(), schools::name.nullable(), bases::name.nullable()))
            .load(c))?;
        all.extend(rows.into_iter().map(|(event, school, base)| Dated {
            place: [school.or(base).unwrap_or_default(), event.place.clone()].join(" ").trim().to_owned(),
            is_waiting: ids.contains(&(event.id, true)),
            event,
        }));
    }
    all.sort_by_key(|one| (one.event.starts_at, one.event.id));
    all.dedup_by_key(|one| one.event.id);
    all.truncate(most);
    Ok(all)
}

/// The name of a person, for headings.
pub fn name_of(conn: &mut Conn, person: PersonId) -> Result<String> {
    Ok(either!(conn, c => persons::table.find(person).select(persons::name).first(c))?)
}

/// Says that an event is under way or was held, where that is not for the clock alone to say; `false` for one that is
/// cancelled, which stays so.
pub fn set_state(conn: &mut Conn, id: EventId, state: State) -> Result<bool> {
    let open = events::table.find(id).filter(events::state.ne(State::Cancelled));
    Ok(either!(conn, c => diesel::update(open).set(events::state.eq(state)).execute(c))? == 1)
}
