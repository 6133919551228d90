//! Rows of visits, their revisions and what was written to them.
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::guidance::Hand;
use crate::guidance::visits::NewVisit;
use crate::ids::{AccountId, EventId, GuidanceGroupId, GuidanceVisitId, OrgId, PersonId};
use crate::schema::{
    accounts, events, guidance_assignments, guidance_visit_people, guidance_visit_revisions,
    guidance_visit_texts, guidance_visits, orgs, persons,
};
use chrono::NaiveDate;
use diesel::prelude::*;

/// A visit as its newest revision says.
#[derive(Debug, Clone, Queryable)]
pub struct Visit {
    pub id: GuidanceVisitId,
    pub group: GuidanceGroupId,
    pub org: OrgId,
    pub org_name: String,
    pub day: NaiveDate,
    pub revision: i32,
}

macro_rules! visits {
    () => {
        guidance_visits::table.inner_join(orgs::table).select((
            guidance_visits::id,
            guidance_visits::group_id,
            orgs::id,
            orgs::name,
            guidance_visits::day,
            guidance_visits::revision,
        ))
    };
}

pub fn find(conn: &mut Conn, id: GuidanceVisitId) -> Result<Visit> {
    Ok(either!(conn, c => visits!().filter(guidance_visits::id.eq(id)).first(c))?)
}

/// The visits of a group, the newest first.
pub fn of_group(conn: &mut Conn, group: GuidanceGroupId, skip: i64, count: i64) -> Result<Vec<Visit>> {
    Ok(either!(conn, c => visits!()
        .filter(guidance_visits::group_id.eq(group))
        .order((guidance_visits::day.desc(), guidance_visits::id.desc()))
        .offset(skip)
        .limit(count)
        .load(c))?)
}

/// What a group visited in `[from, to)`, and when.
pub fn of_half(
    conn: &mut Conn,
    group: GuidanceGroupId,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<Vec<(OrgId, GuidanceVisitId, NaiveDate)>> {
    Ok(either!(conn, c => guidance_visits::table
        .filter(guidance_visits::group_id.eq(group).and(guidance_visits::day.ge(from)).and(guidance_visits::day.lt(to)))
        .order((guidance_visits::day, guidance_visits::id))
        .select((guidance_visits::org_id, guidance_visits::id, guidance_visits::day))
        .load(c))?)
}

/// The visit with this key, whose group's and whose record it is.
pub fn of_key(conn: &mut Conn, key: &str) -> Result<Option<(GuidanceVisitId, GuidanceGroupId, AccountId)>> {
    Ok(either!(conn, c => guidance_visits::table
        .filter(guidance_visits::key.eq(key))
        .select((guidance_visits::id, guidance_visits::group_id, guidance_visits::recorded_by))
        .first(c)
        .optional())?)
}

/// `None` if one with this key is there.
pub fn insert(
    conn: &mut Conn,
    group: GuidanceGroupId,
    visit: &NewVisit,
    hand: &Hand,
) -> Result<Option<GuidanceVisitId>> {
    let row = (
        guidance_visits::group_id.eq(group),
        guidance_visits::org_id.eq(visit.org),
        guidance_visits::day.eq(visit.day),
        guidance_visits::revision.eq(1),
        guidance_visits::recorded_by.eq(hand.account),
        guidance_visits::recorded_at.eq(hand.now),
        guidance_visits::key.eq(&visit.key),
    );
    Ok(either!(conn, c => diesel::insert_into(guidance_visits::table)
        .values(row)
        .on_conflict(guidance_visits::key)
        .do_nothing()
        .returning(guidance_visits::id)
        .get_result(c)
        .optional())?)
}

pub fn has_revision(conn: &mut Conn, visit: GuidanceVisitId, key: &str) -> Result<bool> {
    let it = guidance_visit_revisions::table
        .filter(guidance_visit_revisions::visit_id.eq(visit).and(guidance_visit_revisions::key.eq(key)));
    Ok(either!(conn, c => diesel::select(diesel::dsl::exists(it)).get_result(c))?)
}

/// Moves a visit on to its next revision; `false` if it is not at the one that was seen.
pub fn advance(conn: &mut Conn, visit: GuidanceVisitId, seen: i32, day: NaiveDate) -> Result<bool> {
    let it =
        guidance_visits::table.filter(guidance_visits::id.eq(visit).and(guidance_visits::revision.eq(seen)));
    let values = (guidance_visits::revision.eq(seen + 1), guidance_visits::day.eq(day));
    Ok(either!(conn, c => diesel::update(it).set(values).execute(c))? == 1)
}

pub fn insert_revision(
    conn: &mut Conn,
    (id, number): (GuidanceVisitId, i32),
    visit: &NewVisit,
    hand: &Hand,
) -> Result<()> {
    let row = (
        guidance_visit_revisions::visit_id.eq(id),
        guidance_visit_revisions::revision.eq(number),
        guidance_visit_revisions::day.eq(visit.day),
        guidance_visit_revisions::is_announced.eq(visit.is_announced),
        guidance_visit_revisions::event_id.eq(visit.event),
        guidance_visit_revisions::is_told.eq(visit.is_told),
        guidance_visit_revisions::recorded_by.eq(hand.account),
        guidance_visit_revisions::recorded_at.eq(hand.now),
        guidance_visit_revisions::key.eq(&visit.key),
    );
    let revision: i64 = either!(conn, c => diesel::insert_into(guidance_visit_revisions::table)
        .values(row)
        .returning(guidance_visit_revisions::id)
        .get_result(c))?;
    let mut present = visit.members.clone();
    present.sort_unstable();
    present.dedup();
    let people: Vec<_> = present
        .into_iter()
        .map(|person| {
            (guidance_visit_people::revision_id.eq(revision), guidance_visit_people::person_id.eq(person))
        })
        .collect();
    either!(conn, c => diesel::insert_into(guidance_visit_people::table).values(&people).execute(c))?;
    let texts = (
        guidance_visit_texts::revision_id.eq(revision),
        guidance_visit_texts::good.eq(&visit.good),
        guidance_visit_texts::contact.eq(&visit.contact),
        guidance_visit_texts::reason.eq(&visit.reason),
    );
    either!(conn, c => diesel::insert_into(guidance_visit_texts::table).values(texts).execute(c))?;
    Ok(())
}

/// What a revision says.
#[derive(Debug, Clone)]
pub struct Revision {
    pub number: i32,
    pub day: NaiveDate,
    pub is_announced: bool,
    pub event: Option<(EventId, String)>,
    pub is_told: bool,
    pub by: String,
    pub at: Timestamp,
    pub people: Vec<(PersonId, String)>,
    /// Good practice, who was told, why it was corrected; `None` once retention has erased it.
    pub texts: Option<(String, String, String)>,
}

/// The revisions of a visit, the newest first; fifty at most.
pub fn revisions(conn: &mut Conn, visit: GuidanceVisitId) -> Result<Vec<Revision>> {
    type Row = (
        i64,
        (i32, NaiveDate, bool, bool),
        (String, Timestamp),
        Option<(EventId, String)>,
        Option<(String, String, String)>,
    );
    let rows: Vec<Row> = either!(conn, c => guidance_visit_revisions::table
        .inner_join(accounts::table.inner_join(persons::table))
        .left_join(events::table)
        .left_join(guidance_visit_texts::table)
        .filter(guidance_visit_revisions::visit_id.eq(visit))
        .order(guidance_visit_revisions::revision.desc())
        .limit(50)
        .select((
            guidance_visit_revisions::id,
            (
                guidance_visit_revisions::revision,
                guidance_visit_revisions::day,
                guidance_visit_revisions::is_announced,
                guidance_visit_revisions::is_told,
            ),
            (persons::name, guidance_visit_revisions::recorded_at),
            (events::id, events::title).nullable(),
            (guidance_visit_texts::good, guidance_visit_texts::contact, guidance_visit_texts::reason).nullable(),
        ))
        .load(c))?;
    let mut revisions = vec![];
    for (id, (number, day, is_announced, is_told), (by, at), event, texts) in rows {
        let people = either!(conn, c => guidance_visit_people::table
            .inner_join(persons::table)
            .filter(guidance_visit_people::revision_id.eq(id))
            .order(persons::id)
            .select((persons::id, persons::name))
            .load(c))?;
        revisions.push(Revision { number, day, is_announced, event, is_told, by, at, people, texts });
    }
    Ok(revisions)
}

/// An event of an organisation on the group's list.
#[derive(Debug, Clone, Queryable)]
pub struct Attended {
    pub id: EventId,
    pub org_name: String,
    pub title: String,
    pub starts_at: Timestamp,
}

/// What takes place between two moments at the organisations of a list; two hundred at most.
pub fn events_of(
    conn: &mut Conn,
    group: GuidanceGroupId,
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<Attended>> {
    Ok(either!(conn, c => guidance_assignments::table
        .inner_join(orgs::table)
        .inner_join(events::table.on(events::org_id.eq(guidance_assignments::org_id)))
        .filter(guidance_assignments::group_id.eq(group).and(guidance_assignments::valid_to.is_null()))
        .filter(events::starts_at.ge(from).and(events::starts_at.lt(to)))
        .order((orgs::path, events::starts_at))
        .limit(200)
        .select((events::id, orgs::name, events::title, events::starts_at))
        .load(c))?)
}
