//! Rows of plans and of the visits that they have.
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::guidance::Hand;
use crate::guidance::plan::Slot;
use crate::guidance::plans::{DRAWN, NewPlan, Plan};
use crate::ids::{GuidanceGroupId, GuidancePlanId, OrgId, PersonId};
use crate::organization::{OrgKind, after};
use crate::schema::{accounts, guidance_plans, guidance_slots, orgs, persons};
use chrono::NaiveDate;
use diesel::prelude::*;

diesel::alias! {
    const SECONDS: Alias<Seconds> = persons as seconds;
}

/// The branches below a committee.
pub fn branches(conn: &mut Conn, path: &str) -> Result<Vec<(OrgId, OrgKind, String)>> {
    Ok(either!(conn, c => orgs::table
        .filter(orgs::path.ge(path).and(orgs::path.lt(after(path))))
        .filter(orgs::level.eq(DRAWN).and(orgs::valid_to.is_null()))
        .order(orgs::path)
        .select((orgs::id, orgs::kind, orgs::path))
        .load(c))?)
}

pub fn of_key(conn: &mut Conn, group: GuidanceGroupId, key: &str) -> Result<Option<GuidancePlanId>> {
    Ok(either!(conn, c => guidance_plans::table
        .filter(guidance_plans::key.eq(key).and(guidance_plans::group_id.eq(group)))
        .select(guidance_plans::id)
        .first(c)
        .optional())?)
}

/// Adds the next version; a second one of the same number is refused by the database.
pub fn insert(
    conn: &mut Conn,
    group: GuidanceGroupId,
    (new, inputs): (&NewPlan, &str),
    hand: &Hand,
) -> Result<GuidancePlanId> {
    let half = new.half.first_day();
    let newest: Option<i32> = either!(conn, c => guidance_plans::table
        .filter(guidance_plans::group_id.eq(group).and(guidance_plans::half.eq(half)))
        .order(guidance_plans::version.desc())
        .select(guidance_plans::version)
        .first(c)
        .optional())?;
    let row = (
        guidance_plans::group_id.eq(group),
        guidance_plans::half.eq(half),
        guidance_plans::version.eq(newest.unwrap_or_default() + 1),
        guidance_plans::seed.eq(&new.seed),
        guidance_plans::inputs.eq(inputs),
        guidance_plans::made_by.eq(hand.account),
        guidance_plans::made_at.eq(hand.now),
        guidance_plans::key.eq(&new.key),
    );
    Ok(either!(conn, c => diesel::insert_into(guidance_plans::table)
        .values(row)
        .returning(guidance_plans::id)
        .get_result(c))?)
}

pub fn insert_slots(conn: &mut Conn, plan: GuidancePlanId, slots: &[Slot]) -> Result<()> {
    let row = |slot: &Slot| {
        (
            guidance_slots::plan_id.eq(plan),
            guidance_slots::org_id.eq(slot.org),
            guidance_slots::day.eq(slot.day),
            guidance_slots::is_announced.eq(slot.is_announced),
            guidance_slots::first_id.eq(slot.pair[0]),
            guidance_slots::second_id.eq(slot.pair[1]),
        )
    };
    for some in slots.chunks(500) {
        let rows: Vec<_> = some.iter().map(row).collect();
        either!(conn, c => diesel::insert_into(guidance_slots::table).values(&rows).execute(c))?;
    }
    Ok(())
}

/// The versions of a group's plans, the newest first; a hundred at most.
pub fn versions(conn: &mut Conn, group: GuidanceGroupId) -> Result<Vec<Plan>> {
    type Row = (GuidancePlanId, NaiveDate, i32, String, String, String, crate::clock::Timestamp);
    let rows: Vec<Row> = either!(conn, c => guidance_plans::table
        .inner_join(accounts::table.inner_join(persons::table))
        .filter(guidance_plans::group_id.eq(group))
        .order(guidance_plans::id.desc())
        .limit(100)
        .select((
            guidance_plans::id,
            guidance_plans::half,
            guidance_plans::version,
            guidance_plans::seed,
            guidance_plans::inputs,
            persons::name,
            guidance_plans::made_at,
        ))
        .load(c))?;
    let plan = |(id, half, version, seed, inputs, made_by, made_at)| Plan {
        id,
        half,
        version,
        seed,
        inputs,
        made_by,
        made_at,
    };
    Ok(rows.into_iter().map(plan).collect())
}

/// A planned visit with its names.
#[derive(Debug, Clone, Queryable)]
pub struct Planned {
    pub org: OrgId,
    pub name: String,
    pub kind: OrgKind,
    pub day: NaiveDate,
    pub is_announced: bool,
    pub first: (PersonId, String),
    pub second: (PersonId, String),
}

/// The visits of a plan by their days.
pub fn planned(conn: &mut Conn, plan: GuidancePlanId, skip: i64, count: i64) -> Result<Vec<Planned>> {
    Ok(either!(conn, c => guidance_slots::table
        .inner_join(orgs::table)
        .inner_join(persons::table.on(persons::id.eq(guidance_slots::first_id)))
        .inner_join(SECONDS.on(SECONDS.field(persons::id).eq(guidance_slots::second_id)))
        .filter(guidance_slots::plan_id.eq(plan))
        .order((guidance_slots::day, guidance_slots::id))
        .offset(skip)
        .limit(count)
        .select((
            orgs::id,
            orgs::name,
            orgs::kind,
            guidance_slots::day,
            guidance_slots::is_announced,
            (persons::id, persons::name),
            (SECONDS.field(persons::id), SECONDS.field(persons::name)),
        ))
        .load(c))?)
}

/// The visits of a plan as the rule gave them.
pub fn slots(conn: &mut Conn, plan: GuidancePlanId) -> Result<Vec<Slot>> {
    let rows: Vec<(i64, NaiveDate, bool, i64, i64)> = either!(conn, c => guidance_slots::table
        .filter(guidance_slots::plan_id.eq(plan))
        .select((
            guidance_slots::org_id,
            guidance_slots::day,
            guidance_slots::is_announced,
            guidance_slots::first_id,
            guidance_slots::second_id,
        ))
        .load(c))?;
    let slot = |(org, day, is_announced, one, other)| Slot { org, day, is_announced, pair: [one, other] };
    Ok(rows.into_iter().map(slot).collect())
}
