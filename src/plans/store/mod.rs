//! Rows of plans, their versions and items, and which events serve them; `exemptions` has who need not.
mod exemptions;
mod matters;

use super::{Head, Item, ItemKind, Matter, Plan, State};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::ids::{
    AccountId, AudienceId, BookletId, CourseId, EventId, LectureId, OrgId, PersonId, StudyPlanId,
};
use crate::organization::after;
use crate::schema::{host_stays, memberships, orgs, plan_events, plan_items, plan_versions, study_plans};
use crate::web::paging;
use chrono::NaiveDate;
use diesel::prelude::*;
pub use exemptions::*;
pub use matters::*;

/// What a version was made and published with.
#[derive(Queryable, Debug, Clone)]
pub struct Version {
    pub version: i32,
    pub audience: Option<AudienceId>,
    /// The audience's rule as it was, JSON.
    pub rule: String,
    pub reason: String,
    /// In force from this day; none while it is written.
    pub valid_from: Option<NaiveDate>,
    pub made_by: AccountId,
    pub published_by: Option<AccountId>,
}

macro_rules! versions {
    () => {
        plan_versions::table.select((
            plan_versions::version,
            plan_versions::audience_id,
            plan_versions::rule,
            plan_versions::reason,
            plan_versions::valid_from,
            plan_versions::made_by,
            plan_versions::published_by,
        ))
    };
}

type Words = (StudyPlanId, String, String, OrgId, String, String, NaiveDate, NaiveDate);
type Way = (State, i32, i32, Option<AccountId>, Option<Timestamp>, i32, AccountId, Option<NaiveDate>);
type Row = (Words, Way);

macro_rules! plans {
    () => {
        study_plans::table.inner_join(orgs::table).select((
            (
                study_plans::id,
                study_plans::title,
                study_plans::about,
                study_plans::org_id,
                orgs::name,
                orgs::path,
                study_plans::starts_on,
                study_plans::ends_on,
            ),
            (
                study_plans::state,
                study_plans::version,
                study_plans::draft_version,
                study_plans::submitted_by,
                study_plans::submitted_at,
                study_plans::revision,
                study_plans::created_by,
                study_plans::closed_on,
            ),
        ))
    };
}

fn plan_of((words, way): Row) -> Plan {
    let (id, title, about, org, org_name, path, starts_on, ends_on) = words;
    let (state, version, draft_version, submitted_by, submitted_at, revision, created_by, closed_on) = way;
    Plan {
        id,
        title,
        about,
        org,
        org_name,
        path,
        starts_on,
        ends_on,
        state,
        version,
        draft_version,
        submitted_by,
        submitted_at,
        revision,
        created_by,
        closed_on,
    }
}

pub fn plan(conn: &mut Conn, id: StudyPlanId) -> Result<Plan> {
    let row: Row = either!(conn, c => plans!().filter(study_plans::id.eq(id)).first(c))?;
    Ok(plan_of(row))
}

/// Those at the desk of these sub-trees: made there or below; the newest first.
pub fn desk(conn: &mut Conn, paths: &[String], skip: i64, count: i64) -> Result<Vec<Plan>> {
    let mut found: Vec<Plan> = vec![];
    for path in paths {
        let is_below = orgs::path.ge(path.clone()).and(orgs::path.lt(after(path)));
        let rows: Vec<Row> = either!(conn, c => plans!()
            .filter(is_below)
            .order(study_plans::id.desc())
            .limit(skip + count)
            .load(c))?;
        found.extend(rows.into_iter().map(plan_of));
    }
    found.sort_by_key(|plan| std::cmp::Reverse(plan.id));
    found.dedup_by_key(|plan| plan.id);
    Ok(paging::cut(found, skip, count))
}

/// Those whose figures concern `path`: made at an organisation above it, there, or below; the newest first. Drafts and those
/// that were withdrawn have no figures.
pub fn published(conn: &mut Conn, path: &str, count: i64) -> Result<Vec<Plan>> {
    let line: Vec<OrgId> = path.split('/').filter_map(|id| id.parse().ok()).map(OrgId).collect();
    let is_below = orgs::path.ge(path.to_owned()).and(orgs::path.lt(after(path)));
    let has_figures = study_plans::state.eq(State::Published).or(study_plans::state.eq(State::Ended));
    let rows: Vec<Row> = either!(conn, c => plans!()
        .filter(has_figures)
        .filter(study_plans::org_id.eq_any(line).or(is_below))
        .order(study_plans::id.desc())
        .limit(count)
        .load(c))?;
    Ok(rows.into_iter().map(plan_of).collect())
}

/// Those in force on `day` whose members stand on this line of the tree; the fifty that end last, the next to end first, those
/// whose days are over behind them.
pub fn in_force(conn: &mut Conn, path: &str, day: NaiveDate) -> Result<Vec<Plan>> {
    let line: Vec<OrgId> = path.split('/').filter_map(|id| id.parse().ok()).map(OrgId).collect();
    let has_begun = study_plans::state.eq(State::Published).and(study_plans::starts_on.le(day));
    let rows: Vec<Row> = either!(conn, c => plans!()
        .filter(has_begun.and(study_plans::org_id.eq_any(line)))
        .order((study_plans::ends_on.desc(), study_plans::id.desc()))
        .limit(50)
        .load(c))?;
    let mut found: Vec<Plan> = rows.into_iter().map(plan_of).collect();
    found.sort_by_key(|plan| (plan.ends_on < day, plan.ends_on, plan.id));
    Ok(found)
}

pub fn version(conn: &mut Conn, plan: StudyPlanId, number: i32) -> Result<Version> {
    let is_it = plan_versions::plan_id.eq(plan).and(plan_versions::version.eq(number));
    Ok(either!(conn, c => versions!().filter(is_it).first(c))?)
}

/// The version that was in force at the end of a day; none before the first.
pub fn version_on(conn: &mut Conn, plan: StudyPlanId, day: NaiveDate) -> Result<Option<Version>> {
    let was = plan_versions::plan_id.eq(plan).and(plan_versions::valid_from.le(day));
    Ok(either!(conn, c => versions!().filter(was).order(plan_versions::version.desc()).first(c).optional())?)
}

/// All versions, the newest first.
pub fn versions(conn: &mut Conn, plan: StudyPlanId) -> Result<Vec<Version>> {
    Ok(either!(conn, c => versions!()
        .filter(plan_versions::plan_id.eq(plan))
        .order(plan_versions::version.desc())
        .load(c))?)
}

type ItemRow =
    (String, ItemKind, String, Option<BookletId>, Option<LectureId>, Option<CourseId>, bool, NaiveDate, i32);

fn item_of(row: ItemRow) -> Item {
    let (step, _, title, booklet, lecture, course, is_required, due_on, chapters) = row;
    // the table holds exactly the one that its kind asks for
    let matter = match (booklet, lecture, course) {
        (Some(id), ..) => Matter::Booklet(id),
        (_, Some(id), _) => Matter::Lecture(id),
        (.., Some(id)) => Matter::Course(id),
        _ => Matter::Meeting,
    };
    Item { step, matter, title, is_required, due_on, chapters }
}

/// The items of a version, in their order.
pub fn items(conn: &mut Conn, plan: StudyPlanId, version: i32) -> Result<Vec<Item>> {
    let rows: Vec<ItemRow> = either!(conn, c => plan_items::table
        .filter(plan_items::plan_id.eq(plan).and(plan_items::version.eq(version)))
        .order(plan_items::position)
        .select((
            plan_items::step,
            plan_items::kind,
            plan_items::title,
            plan_items::booklet_id,
            plan_items::lecture_id,
            plan_items::course_id,
            plan_items::is_required,
            plan_items::due_on,
            plan_items::chapters,
        ))
        .load(c))?;
    Ok(rows.into_iter().map(item_of).collect())
}

pub(super) fn insert(
    conn: &mut Conn,
    org: OrgId,
    head: &Head,
    key: &str,
    by: AccountId,
    now: Timestamp,
) -> Result<(StudyPlanId, bool)> {
    let row = (
        study_plans::title.eq(&head.title),
        study_plans::about.eq(&head.about),
        study_plans::org_id.eq(org),
        study_plans::starts_on.eq(head.starts_on),
        study_plans::ends_on.eq(head.ends_on),
        study_plans::state.eq(State::Draft),
        study_plans::version.eq(0),
        study_plans::draft_version.eq(1),
        study_plans::revision.eq(1),
        study_plans::created_by.eq(by),
        study_plans::created_at.eq(now),
        study_plans::key.eq(key),
    );
    let made: Option<StudyPlanId> = either!(conn, c => diesel::insert_into(study_plans::table)
        .values(row)
        .on_conflict(study_plans::key)
        .do_nothing()
        .returning(study_plans::id)
        .get_result(c)
        .optional())?;
    match made {
        Some(id) => Ok((id, true)),
        None => {
            let same = study_plans::key.eq(key).and(study_plans::created_by.eq(by));
            let id = either!(conn, c => study_plans::table.filter(same).select(study_plans::id).first(c))?;
            Ok((id, false))
        }
    }
}

/// Counts the plan on from revision `from`, which holds it until the end of the transaction; false if it has moved on.
pub(super) fn touch(conn: &mut Conn, id: StudyPlanId, from: i32) -> Result<bool> {
    let is_it = study_plans::id.eq(id).and(study_plans::revision.eq(from));
    let next = study_plans::revision.eq(from + 1);
    Ok(either!(conn, c => diesel::update(study_plans::table.filter(is_it)).set(next).execute(c))? == 1)
}

pub(super) fn save_head(conn: &mut Conn, id: StudyPlanId, head: &Head) -> Result<()> {
    let new = (
        study_plans::title.eq(&head.title),
        study_plans::about.eq(&head.about),
        study_plans::starts_on.eq(head.starts_on),
        study_plans::ends_on.eq(head.ends_on),
    );
    either!(conn, c => diesel::update(study_plans::table.find(id)).set(new).execute(c))?;
    Ok(())
}

pub(super) fn insert_version(
    conn: &mut Conn,
    plan: StudyPlanId,
    number: i32,
    (audience, rule): (Option<AudienceId>, &str),
    reason: &str,
    by: AccountId,
) -> Result<()> {
    let row = (
        plan_versions::plan_id.eq(plan),
        plan_versions::version.eq(number),
        plan_versions::audience_id.eq(audience),
        plan_versions::rule.eq(rule),
        plan_versions::reason.eq(reason),
        plan_versions::made_by.eq(by),
    );
    either!(conn, c => diesel::insert_into(plan_versions::table).values(row).execute(c))?;
    Ok(())
}

/// A draft's audience and reason; whoever saved it last has made it.
pub(super) fn save_version(
    conn: &mut Conn,
    plan: StudyPlanId,
    number: i32,
    (audience, rule): (Option<AudienceId>, &str),
    reason: &str,
    by: AccountId,
) -> Result<()> {
    let is_it = plan_versions::plan_id.eq(plan).and(plan_versions::version.eq(number));
    let open = plan_versions::table.filter(is_it).filter(plan_versions::valid_from.is_null());
    let new = (
        plan_versions::audience_id.eq(audience),
        plan_versions::rule.eq(rule),
        plan_versions::reason.eq(reason),
        plan_versions::made_by.eq(by),
    );
    either!(conn, c => diesel::update(open).set(new).execute(c))?;
    Ok(())
}

/// Whoever changed the draft last has made it.
pub(super) fn set_maker(conn: &mut Conn, plan: StudyPlanId, number: i32, by: AccountId) -> Result<()> {
    let is_it = plan_versions::plan_id.eq(plan).and(plan_versions::version.eq(number));
    let open = plan_versions::table.filter(is_it).filter(plan_versions::valid_from.is_null());
    either!(conn, c => diesel::update(open).set(plan_versions::made_by.eq(by)).execute(c))?;
    Ok(())
}

pub(super) fn delete_version(conn: &mut Conn, plan: StudyPlanId, number: i32) -> Result<()> {
    let is_it = plan_versions::plan_id.eq(plan).and(plan_versions::version.eq(number));
    let open = plan_versions::table.filter(is_it).filter(plan_versions::valid_from.is_null());
    either!(conn, c => diesel::delete(open).execute(c))?;
    Ok(())
}

pub(super) fn set_draft(conn: &mut Conn, id: StudyPlanId, number: i32) -> Result<()> {
    let new = study_plans::draft_version.eq(number);
    either!(conn, c => diesel::update(study_plans::table.find(id)).set(new).execute(c))?;
    Ok(())
}

/// Replaces the items of a draft.
pub(super) fn set_items(conn: &mut Conn, plan: StudyPlanId, number: i32, items: &[Item]) -> Result<()> {
    let is_it = plan_items::plan_id.eq(plan).and(plan_items::version.eq(number));
    either!(conn, c => diesel::delete(plan_items::table.filter(is_it)).execute(c))?;
    for (place, item) in items.iter().enumerate() {
        let (booklet, lecture, course) = match item.matter {
            Matter::Booklet(id) => (Some(id), None, None),
            Matter::Lecture(id) => (None, Some(id), None),
            Matter::Course(id) => (None, None, Some(id)),
            Matter::Meeting => (None, None, None),
        };
        let row = (
            plan_items::plan_id.eq(plan),
            plan_items::version.eq(number),
            plan_items::position.eq(i32::try_from(place + 1).map_err(Error::internal)?),
            plan_items::step.eq(&item.step),
            plan_items::kind.eq(item.matter.kind()),
            plan_items::title.eq(&item.title),
            plan_items::booklet_id.eq(booklet),
            plan_items::lecture_id.eq(lecture),
            plan_items::course_id.eq(course),
            plan_items::is_required.eq(item.is_required),
            plan_items::due_on.eq(item.due_on),
            plan_items::chapters.eq(item.chapters),
        );
        either!(conn, c => diesel::insert_into(plan_items::table).values(row).execute(c))?;
    }
    Ok(())
}

pub(super) fn submit(conn: &mut Conn, id: StudyPlanId, by: Option<(AccountId, Timestamp)>) -> Result<()> {
    let new =
        (study_plans::submitted_by.eq(by.map(|by| by.0)), study_plans::submitted_at.eq(by.map(|by| by.1)));
    either!(conn, c => diesel::update(study_plans::table.find(id)).set(new).execute(c))?;
    Ok(())
}

/// Puts the draft into force from `day`.
pub(super) fn publish(
    conn: &mut Conn,
    plan: &Plan,
    day: NaiveDate,
    by: AccountId,
    now: Timestamp,
) -> Result<()> {
    let is_it = plan_versions::plan_id.eq(plan.id).and(plan_versions::version.eq(plan.draft_version));
    let force = (plan_versions::valid_from.eq(day), plan_versions::published_by.eq(by));
    either!(conn, c => diesel::update(plan_versions::table.filter(is_it)).set(force).execute(c))?;
    let no_one: Option<AccountId> = None;
    let never: Option<Timestamp> = None;
    let new = (
        study_plans::state.eq(State::Published),
        study_plans::version.eq(plan.draft_version),
        study_plans::submitted_by.eq(no_one),
        study_plans::submitted_at.eq(never),
        study_plans::published_at.eq(now),
    );
    either!(conn, c => diesel::update(study_plans::table.find(plan.id)).set(new).execute(c))?;
    Ok(())
}

/// Over, with figures until `day`.
pub(super) fn set_closed(conn: &mut Conn, id: StudyPlanId, state: State, day: NaiveDate) -> Result<()> {
    let new = (study_plans::state.eq(state), study_plans::closed_on.eq(day));
    either!(conn, c => diesel::update(study_plans::table.find(id)).set(new).execute(c))?;
    Ok(())
}

/// Says that an event serves an item; twice is once.
pub fn name_event(
    conn: &mut Conn,
    event: EventId,
    (plan, step): (StudyPlanId, &str),
    by: AccountId,
    now: Timestamp,
) -> Result<()> {
    let row = (
        plan_events::event_id.eq(event),
        plan_events::plan_id.eq(plan),
        plan_events::step.eq(step),
        plan_events::named_by.eq(by),
        plan_events::named_at.eq(now),
    );
    either!(conn, c => diesel::insert_into(plan_events::table).values(row).on_conflict_do_nothing().execute(c))?;
    Ok(())
}

/// Takes that back from now on.
pub fn unname_event(
    conn: &mut Conn,
    event: EventId,
    (plan, step): (StudyPlanId, &str),
    by: AccountId,
    now: Timestamp,
) -> Result<()> {
    let is_it =
        plan_events::event_id.eq(event).and(plan_events::plan_id.eq(plan)).and(plan_events::step.eq(step));
    let open = plan_events::table.filter(is_it.and(plan_events::unnamed_at.is_null()));
    let new = (plan_events::unnamed_by.eq(by), plan_events::unnamed_at.eq(now));
    either!(conn, c => diesel::update(open).set(new).execute(c))?;
    Ok(())
}

/// What an event serves: plans with their steps.
pub fn names_of_event(conn: &mut Conn, event: EventId) -> Result<Vec<(StudyPlanId, String)>> {
    Ok(either!(conn, c => plan_events::table
        .filter(plan_events::event_id.eq(event).and(plan_events::unnamed_at.is_null()))
        .order((plan_events::plan_id, plan_events::step))
        .select((plan_events::plan_id, plan_events::step))
        .load(c))?)
}

/// Those whom organisations below `path` host on `day` and who belong elsewhere today: each with the home branch and its path.
pub fn guests(conn: &mut Conn, path: &str, day: NaiveDate) -> Result<Vec<(PersonId, OrgId, String)>> {
    let is_below = orgs::path.ge(path.to_owned()).and(orgs::path.lt(after(path)));
    let then =
        host_stays::valid_from.le(day).and(host_stays::valid_to.is_null().or(host_stays::valid_to.gt(day)));
    let guests: Vec<PersonId> = either!(conn, c => host_stays::table
        .inner_join(orgs::table)
        .filter(is_below.and(then))
        .select(host_stays::person_id)
        .load(c))?;
    if guests.is_empty() {
        return Ok(vec![]);
    }
    let mut homes: Vec<(PersonId, OrgId, String)> = either!(conn, c => memberships::table
        .inner_join(orgs::table)
        .filter(memberships::person_id.eq_any(&guests).and(memberships::valid_to.is_null()))
        .order(memberships::person_id)
        .select((memberships::person_id, orgs::id, orgs::path))
        .load(c))?;
    homes.retain(|home| !home.2.starts_with(path));
    Ok(homes)
}
