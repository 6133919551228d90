//! Rows of findings and their steps.
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::guidance::findings::Step;
use crate::guidance::visits::{NewFinding, NewVisit};
use crate::guidance::{Category, Finding, Hand, Severity, State};
use crate::ids::{FindingId, GuidanceGroupId, GuidanceVisitId, OrgId, PersonId};
use crate::organization::Level;
use crate::schema::{
    accounts, grants, guidance_finding_texts, guidance_findings, guidance_step_texts, guidance_steps, orgs,
    persons,
};
use chrono::NaiveDate;
use diesel::prelude::*;

type Whose = (FindingId, GuidanceVisitId, GuidanceGroupId);
type Where = (OrgId, String, String, Level);
type What = (Category, Severity, State, Option<NaiveDate>, i32, NaiveDate);
type Row = (Whose, Where, What, Option<String>);

macro_rules! findings {
    () => {
        guidance_findings::table.inner_join(orgs::table).left_join(guidance_finding_texts::table).select((
            (guidance_findings::id, guidance_findings::visit_id, guidance_findings::group_id),
            (orgs::id, orgs::name, orgs::path, orgs::level),
            (
                guidance_findings::category,
                guidance_findings::severity,
                guidance_findings::state,
                guidance_findings::promised_for,
                guidance_findings::steps,
                guidance_findings::found_on,
            ),
            guidance_finding_texts::text.nullable(),
        ))
    };
}

fn finding(((id, visit, group), place, what, text): Row) -> Finding {
    let (org, org_name, org_path, org_level) = place;
    let (category, severity, state, promised_for, steps, found_on) = what;
    Finding {
        id,
        visit,
        group,
        org,
        org_name,
        org_path,
        org_level,
        category,
        severity,
        state,
        promised_for,
        steps,
        found_on,
        text,
    }
}

/// One, for those who may see it: whoever asks has been let in, or is about to be.
pub fn find(conn: &mut Conn, id: FindingId) -> Result<Finding> {
    let row: Row = either!(conn, c => findings!().filter(guidance_findings::id.eq(id)).first(c))?;
    Ok(finding(row))
}

pub fn of_visit(conn: &mut Conn, visit: GuidanceVisitId) -> Result<Vec<Finding>> {
    let rows: Vec<Row> = either!(conn, c => findings!()
        .filter(guidance_findings::visit_id.eq(visit))
        .order(guidance_findings::id)
        .load(c))?;
    Ok(rows.into_iter().map(finding).collect())
}

/// Those of an organisation, the oldest first; two hundred at most.
pub fn of_org(conn: &mut Conn, org: OrgId) -> Result<Vec<Finding>> {
    let rows: Vec<Row> = either!(conn, c => findings!()
        .filter(guidance_findings::org_id.eq(org))
        .order(guidance_findings::id)
        .limit(200)
        .load(c))?;
    Ok(rows.into_iter().map(finding).collect())
}

/// Those of a group, all or in one state, the newest first.
pub fn of_group(
    conn: &mut Conn,
    group: GuidanceGroupId,
    state: Option<State>,
    (skip, count): (i64, i64),
) -> Result<Vec<Finding>> {
    let rows: Vec<Row> = either!(conn, c => {
        let mut query = findings!().filter(guidance_findings::group_id.eq(group)).into_boxed();
        if let Some(state) = state {
            query = query.filter(guidance_findings::state.eq(state));
        }
        query.order(guidance_findings::id.desc()).offset(skip).limit(count).load(c)
    })?;
    Ok(rows.into_iter().map(finding).collect())
}

/// Those of organisations that somebody answers for, those that wait for the branch first, then the newest.
pub fn answered(
    conn: &mut Conn,
    places: &[(String, bool)],
    (skip, count): (i64, i64),
) -> Result<Vec<Finding>> {
    if places.is_empty() {
        return Ok(vec![]);
    }
    let is_done = guidance_findings::state.eq(State::Fixed).or(guidance_findings::state.eq(State::Verified));
    let rows: Vec<Row> = either!(conn, c => {
        let mut query = findings!().into_boxed();
        for (path, is_exact) in places {
            query = match is_exact {
                true => query.or_filter(orgs::path.eq(path.clone())),
                false => query.or_filter(orgs::path.ge(path.clone()).and(orgs::path.lt(crate::organization::after(path)))),
            };
        }
        query.order((is_done, guidance_findings::id.desc())).offset(skip).limit(count).load(c)
    })?;
    Ok(rows.into_iter().map(finding).collect())
}

/// Writes a finding with its first steps.
pub fn insert(
    conn: &mut Conn,
    (visit, group, of): (GuidanceVisitId, GuidanceGroupId, &NewVisit),
    new: &NewFinding,
    key: &str,
    steps: &[(State, Option<NaiveDate>)],
    hand: &Hand,
) -> Result<()> {
    let state = if new.promised_for.is_some() { State::Promised } else { State::Open };
    let row = (
        guidance_findings::visit_id.eq(visit),
        guidance_findings::group_id.eq(group),
        guidance_findings::org_id.eq(of.org),
        guidance_findings::category.eq(new.category),
        guidance_findings::severity.eq(new.severity),
        guidance_findings::state.eq(state),
        guidance_findings::promised_for.eq(new.promised_for),
        guidance_findings::steps.eq(i32::try_from(steps.len()).unwrap_or(1)),
        guidance_findings::found_on.eq(of.day),
    );
    let id: FindingId = either!(conn, c => diesel::insert_into(guidance_findings::table)
        .values(row)
        .returning(guidance_findings::id)
        .get_result(c))?;
    let text = (guidance_finding_texts::finding_id.eq(id), guidance_finding_texts::text.eq(&new.text));
    either!(conn, c => diesel::insert_into(guidance_finding_texts::table).values(text).execute(c))?;
    for (number, (state, promised_for)) in (1..).zip(steps.iter().copied()) {
        let step = Step { state, promised_for, text: String::new(), seen: 0, key: format!("{key}-{number}") };
        insert_step(conn, (id, number), &step, hand)?;
    }
    Ok(())
}

pub fn has_step(conn: &mut Conn, finding: FindingId, key: &str) -> Result<bool> {
    let it =
        guidance_steps::table.filter(guidance_steps::finding_id.eq(finding).and(guidance_steps::key.eq(key)));
    Ok(either!(conn, c => diesel::select(diesel::dsl::exists(it)).get_result(c))?)
}

/// Whoever said last that it is mended.
pub fn fixed_by(conn: &mut Conn, finding: FindingId) -> Result<Option<PersonId>> {
    Ok(either!(conn, c => guidance_steps::table
        .filter(guidance_steps::finding_id.eq(finding).and(guidance_steps::state.eq(State::Fixed)))
        .order(guidance_steps::number.desc())
        .select(guidance_steps::by_person)
        .first(c)
        .optional())?)
}

/// Moves a finding on; `false` if it has made a step meanwhile.
pub fn advance(conn: &mut Conn, finding: &Finding, step: &Step) -> Result<bool> {
    let it = guidance_findings::id.eq(finding.id).and(guidance_findings::steps.eq(step.seen));
    let values = (
        guidance_findings::state.eq(step.state),
        guidance_findings::promised_for.eq(step.promised_for.or(finding.promised_for)),
        guidance_findings::steps.eq(step.seen + 1),
    );
    Ok(either!(conn, c => diesel::update(guidance_findings::table.filter(it)).set(values).execute(c))? == 1)
}

pub fn insert_step(
    conn: &mut Conn,
    (finding, number): (FindingId, i32),
    step: &Step,
    hand: &Hand,
) -> Result<()> {
    let row = (
        guidance_steps::finding_id.eq(finding),
        guidance_steps::number.eq(number),
        guidance_steps::state.eq(step.state),
        guidance_steps::promised_for.eq(step.promised_for),
        guidance_steps::by_account.eq(hand.account),
        guidance_steps::by_person.eq(hand.person),
        guidance_steps::at.eq(hand.now),
        guidance_steps::key.eq(&step.key),
    );
    let id: i64 = either!(conn, c => diesel::insert_into(guidance_steps::table)
        .values(row)
        .returning(guidance_steps::id)
        .get_result(c))?;
    if !step.text.is_empty() {
        let text = (guidance_step_texts::step_id.eq(id), guidance_step_texts::text.eq(&step.text));
        either!(conn, c => diesel::insert_into(guidance_step_texts::table).values(text).execute(c))?;
    }
    Ok(())
}

/// A step that a finding has made.
#[derive(Debug, Clone, Queryable)]
pub struct Made {
    pub state: State,
    pub promised_for: Option<NaiveDate>,
    pub by: String,
    pub at: Timestamp,
    pub text: Option<String>,
}

pub fn steps(conn: &mut Conn, finding: FindingId) -> Result<Vec<Made>> {
    Ok(either!(conn, c => guidance_steps::table
        .inner_join(persons::table)
        .left_join(guidance_step_texts::table)
        .filter(guidance_steps::finding_id.eq(finding))
        .order(guidance_steps::number)
        .limit(200)
        .select((
            guidance_steps::state,
            guidance_steps::promised_for,
            persons::name,
            guidance_steps::at,
            guidance_step_texts::text.nullable(),
        ))
        .load(c))?)
}

/// Who answers for an organisation: its secretaries and clerks, of a committee its staff; twenty at most.
pub fn answerers(conn: &mut Conn, org: OrgId) -> Result<Vec<PersonId>> {
    let is_theirs = grants::role
        .eq("secretary")
        .or(grants::role.eq("clerk"))
        .or(grants::role.eq("committee").and(grants::scope_kind.eq("committee")));
    let mut persons: Vec<PersonId> = either!(conn, c => grants::table
        .inner_join(accounts::table.on(accounts::id.eq(grants::account_id)))
        .filter(grants::scope_id.eq(org.0).and(grants::ended_at.is_null()))
        .filter(grants::scope_kind.eq("branch").or(grants::scope_kind.eq("committee")))
        .filter(is_theirs)
        .order(accounts::person_id)
        .limit(20)
        .select(accounts::person_id)
        .load(c))?;
    persons.dedup();
    Ok(persons)
}

/// Promises that are due in `(after, to]` of which the branch was not reminded.
pub fn soon(
    conn: &mut Conn,
    (after, to): (NaiveDate, NaiveDate),
    count: i64,
) -> Result<Vec<(FindingId, NaiveDate)>> {
    let is_told = guidance_findings::told_before.eq(guidance_findings::promised_for);
    let rows: Vec<(FindingId, Option<NaiveDate>)> = either!(conn, c => guidance_findings::table
        .filter(guidance_findings::state.eq(State::Promised).or(guidance_findings::state.eq(State::Reopened)))
        .filter(guidance_findings::promised_for.gt(after).and(guidance_findings::promised_for.le(to)))
        .filter(guidance_findings::told_before.is_null().or(diesel::dsl::not(is_told)))
        .order(guidance_findings::id)
        .limit(count)
        .select((guidance_findings::id, guidance_findings::promised_for))
        .load(c))?;
    Ok(rows.into_iter().filter_map(|(id, day)| Some((id, day?))).collect())
}

/// Promises that have passed of which nobody was told.
pub fn late(conn: &mut Conn, until: NaiveDate, count: i64) -> Result<Vec<(FindingId, NaiveDate)>> {
    let is_told = guidance_findings::told_after.eq(guidance_findings::promised_for);
    let rows: Vec<(FindingId, Option<NaiveDate>)> = either!(conn, c => guidance_findings::table
        .filter(guidance_findings::state.eq(State::Promised).or(guidance_findings::state.eq(State::Reopened)))
        .filter(guidance_findings::promised_for.le(until))
        .filter(guidance_findings::told_after.is_null().or(diesel::dsl::not(is_told)))
        .order(guidance_findings::id)
        .limit(count)
        .select((guidance_findings::id, guidance_findings::promised_for))
        .load(c))?;
    Ok(rows.into_iter().filter_map(|(id, day)| Some((id, day?))).collect())
}

pub fn told_before(conn: &mut Conn, id: FindingId, day: NaiveDate) -> Result<()> {
    either!(conn, c => diesel::update(guidance_findings::table.find(id))
        .set(guidance_findings::told_before.eq(day))
        .execute(c))?;
    Ok(())
}

pub fn told_after(conn: &mut Conn, id: FindingId, day: NaiveDate) -> Result<()> {
    either!(conn, c => diesel::update(guidance_findings::table.find(id))
        .set(guidance_findings::told_after.eq(day))
        .execute(c))?;
    Ok(())
}
