//! What the figures are made of: one query each, along an index.
use super::within;
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::guidance::{State, Tier};
use crate::ids::{FindingId, GuidanceGroupId, GuidancePlanId, GuidanceVisitId, OrgId};
use crate::organization::{Level, OrgKind};
use crate::schema::{
    guidance_assignments, guidance_findings, guidance_groups, guidance_members, guidance_plans,
    guidance_slots, guidance_steps, guidance_visits, memberships, orgs,
};
use chrono::NaiveDate;
use diesel::prelude::*;
use std::collections::BTreeMap;

/// That a row of a table is in force on a day.
macro_rules! in_force {
    ($table:ident, $day:expr) => {
        $table::valid_from.le($day).and($table::valid_to.is_null().or($table::valid_to.gt($day)))
    };
}

/// An organisation of the tree, also one that is not there any more.
#[derive(Debug, Clone, Queryable)]
pub struct Node {
    pub id: OrgId,
    pub level: Level,
    pub name: String,
    pub path: String,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
}

impl Node {
    /// Whether it is a branch that there was on a day.
    pub fn is_branch_on(&self, day: NaiveDate) -> bool {
        self.level == Level::Branch && self.valid_from <= day && self.valid_to.is_none_or(|to| day < to)
    }
}

/// The organisations of these sub-trees down to branches, in the order of the tree.
pub fn nodes(conn: &mut Conn, paths: &[String]) -> Result<Vec<Node>> {
    if paths.is_empty() {
        return Ok(vec![]);
    }
    Ok(either!(conn, c => within!(orgs::table
        .select((orgs::id, orgs::level, orgs::name, orgs::path, orgs::valid_from, orgs::valid_to))
        .into_boxed(), paths)
        .filter(orgs::level.ne(Level::Group))
        .order(orgs::path)
        .load(c))?)
}

/// An organisation that groups of a tier guide, and whose list it is on.
#[derive(Debug, Clone, Queryable)]
pub struct Listed {
    pub org: OrgId,
    pub name: String,
    pub kind: OrgKind,
    pub path: String,
    pub group: Option<GuidanceGroupId>,
}

/// What groups of a tier guide below these paths, on a day, in the order of the tree.
pub fn lists(conn: &mut Conn, tier: Tier, paths: &[String], day: NaiveDate) -> Result<Vec<Listed>> {
    if paths.is_empty() {
        return Ok(vec![]);
    }
    let on = guidance_assignments::org_id
        .eq(orgs::id)
        .and(guidance_assignments::tier.eq(tier))
        .and(in_force!(guidance_assignments, day));
    Ok(either!(conn, c => within!(orgs::table
        .left_join(guidance_assignments::table.on(on))
        .select((orgs::id, orgs::name, orgs::kind, orgs::path, guidance_assignments::group_id.nullable()))
        .into_boxed(), paths)
        .filter(orgs::level.eq(tier.guides()))
        .filter(in_force!(orgs, day))
        .order(orgs::path)
        .load(c))?)
}

/// Where the members of each group are at home, of those who are members on a day.
pub struct Contacts(BTreeMap<GuidanceGroupId, Vec<Option<String>>>);

impl Contacts {
    pub fn on(conn: &mut Conn, day: NaiveDate) -> Result<Contacts> {
        let then = memberships::person_id.eq(guidance_members::person_id).and(in_force!(memberships, day));
        let rows: Vec<(GuidanceGroupId, Option<String>)> = either!(conn, c => guidance_members::table
            .left_join(memberships::table.on(then))
            .left_join(orgs::table.on(orgs::id.nullable().eq(memberships::branch_id.nullable())))
            .filter(in_force!(guidance_members, day))
            .select((guidance_members::group_id, orgs::path.nullable()))
            .load(c))?;
        let mut homes: BTreeMap<GuidanceGroupId, Vec<Option<String>>> = BTreeMap::new();
        for (group, home) in rows {
            homes.entry(group).or_default().push(home);
        }
        Ok(Contacts(homes))
    }
    /// Whether somebody guides it: a member of the group whose list it is on, and not one who belongs there (INV-T2).
    pub fn guide(&self, one: &Listed) -> bool {
        let members = one.group.and_then(|group| self.0.get(&group));
        let goes = |home: &Option<String>| home.as_ref().is_none_or(|home| !home.starts_with(&one.path));
        members.is_some_and(|homes| homes.iter().any(goes))
    }
}

/// Those below these paths that nobody of a tier guides on a day: on no list, or on that of a group of which nobody can go there.
pub fn uncovered(conn: &mut Conn, tier: Tier, paths: &[String], day: NaiveDate) -> Result<Vec<Listed>> {
    let contacts = Contacts::on(conn, day)?;
    let mut all = lists(conn, tier, paths, day)?;
    all.retain(|one| !contacts.guide(one));
    Ok(all)
}

/// What of these sub-trees was visited in `[from, to)`, and on which days.
pub fn visited(
    conn: &mut Conn,
    paths: &[String],
    (from, to): (NaiveDate, NaiveDate),
) -> Result<Vec<(OrgId, NaiveDate)>> {
    if paths.is_empty() {
        return Ok(vec![]);
    }
    Ok(either!(conn, c => within!(guidance_visits::table
        .inner_join(orgs::table)
        .select((guidance_visits::org_id, guidance_visits::day))
        .distinct()
        .into_boxed(), paths)
        .filter(guidance_visits::day.ge(from).and(guidance_visits::day.lt(to)))
        .load(c))?)
}

/// A visit at an organisation: which one, when, and by which group.
pub type VisitOf = (OrgId, GuidanceVisitId, NaiveDate, GuidanceGroupId);

/// The visits at these organisations in `[from, to)`, the newest first; a thousand at most.
pub fn visits_of(
    conn: &mut Conn,
    orgs: &[OrgId],
    (from, to): (NaiveDate, NaiveDate),
) -> Result<Vec<VisitOf>> {
    Ok(either!(conn, c => guidance_visits::table
        .filter(guidance_visits::org_id.eq_any(orgs))
        .filter(guidance_visits::day.ge(from).and(guidance_visits::day.lt(to)))
        .order((guidance_visits::day.desc(), guidance_visits::id.desc()))
        .limit(1_000)
        .select((guidance_visits::org_id, guidance_visits::id, guidance_visits::day, guidance_visits::group_id))
        .load(c))?)
}

/// A visit that is planned: where, when, by which group of which tier.
pub type Planned = (OrgId, NaiveDate, GuidanceGroupId, Tier);

/// Where below these paths the newest plans of a half-year lead, of the groups that there are on a day; by days.
pub fn planned(
    conn: &mut Conn,
    paths: &[String],
    (half, day): (NaiveDate, NaiveDate),
) -> Result<Vec<Planned>> {
    let mut plans: Vec<(GuidancePlanId, GuidanceGroupId, Tier)> = either!(conn, c => guidance_plans::table
        .inner_join(guidance_groups::table)
        .filter(guidance_plans::half.eq(half))
        .filter(guidance_groups::valid_to.is_null().or(guidance_groups::valid_to.gt(day)))
        .order((guidance_plans::group_id, guidance_plans::version.desc()))
        .select((guidance_plans::id, guidance_plans::group_id, guidance_groups::tier))
        .load(c))?;
    // The newest version of each group stands first.
    plans.dedup_by_key(|plan| plan.1);
    if plans.is_empty() || paths.is_empty() {
        return Ok(vec![]);
    }
    let ids: Vec<GuidancePlanId> = plans.iter().map(|plan| plan.0).collect();
    let slots: Vec<(GuidancePlanId, OrgId, NaiveDate)> = either!(conn, c => within!(guidance_slots::table
        .inner_join(orgs::table)
        .select((guidance_slots::plan_id, guidance_slots::org_id, guidance_slots::day))
        .into_boxed(), paths)
        .filter(guidance_slots::plan_id.eq_any(ids))
        .order((guidance_slots::day, guidance_slots::id))
        .load(c))?;
    let of: BTreeMap<GuidancePlanId, (GuidanceGroupId, Tier)> =
        plans.into_iter().map(|(id, group, tier)| (id, (group, tier))).collect();
    let slot = |(plan, org, on): (GuidancePlanId, OrgId, NaiveDate)| {
        of.get(&plan).map(|(group, tier)| (org, on, *group, *tier))
    };
    Ok(slots.into_iter().filter_map(slot).collect())
}

/// A finding as the table of findings has it.
#[derive(Debug, Clone, Queryable)]
pub struct Made {
    pub id: FindingId,
    pub org: OrgId,
    pub found_on: NaiveDate,
    pub state: State,
    pub promised_for: Option<NaiveDate>,
}

/// The findings of these sub-trees that were made until a day, the oldest first; with `since` without those from before that day
/// that are verified.
pub fn made(
    conn: &mut Conn,
    paths: &[String],
    until: NaiveDate,
    since: Option<NaiveDate>,
) -> Result<Vec<Made>> {
    if paths.is_empty() {
        return Ok(vec![]);
    }
    Ok(either!(conn, c => {
        let mut query = within!(guidance_findings::table
            .inner_join(orgs::table)
            .select((
                guidance_findings::id,
                guidance_findings::org_id,
                guidance_findings::found_on,
                guidance_findings::state,
                guidance_findings::promised_for,
            ))
            .into_boxed(), paths)
            .filter(guidance_findings::found_on.le(until));
        if let Some(since) = since {
            let counts = guidance_findings::state.ne(State::Verified).or(guidance_findings::found_on.ge(since));
            query = query.filter(counts);
        }
        query.order(guidance_findings::id).load(c)
    })?)
}

/// The steps of the findings from one to another that were made before a moment, in their order.
pub fn steps_before(
    conn: &mut Conn,
    (first, last): (FindingId, FindingId),
    moment: Timestamp,
) -> Result<Vec<(FindingId, State, Option<NaiveDate>)>> {
    let them = guidance_steps::finding_id.ge(first).and(guidance_steps::finding_id.le(last));
    Ok(either!(conn, c => guidance_steps::table
        .filter(them)
        .filter(guidance_steps::at.lt(moment))
        .order((guidance_steps::finding_id, guidance_steps::number))
        .select((guidance_steps::finding_id, guidance_steps::state, guidance_steps::promised_for))
        .load(c))?)
}

/// The first day on which anything was on a list.
pub fn first_day(conn: &mut Conn) -> Result<Option<NaiveDate>> {
    Ok(either!(conn, c => guidance_assignments::table
        .select(diesel::dsl::min(guidance_assignments::valid_from))
        .first(c))?)
}
