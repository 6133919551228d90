//! Rows of groups, of who is in them and of whom they guide.
use super::within;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::guidance::groups::{NewGroup, NewMember};
use crate::guidance::{Hand, Tier};
use crate::ids::{AccountId, GuidanceGroupId, OrgId, PersonId};
use crate::organization::{Level, after};
use crate::schema::{guidance_assignments, guidance_groups, guidance_members, memberships, orgs, persons};
use chrono::NaiveDate;
use diesel::dsl::{count_star, exists};
use diesel::prelude::*;

/// A guidance group.
#[derive(Debug, Clone, Queryable)]
pub struct Group {
    pub id: GuidanceGroupId,
    pub tier: Tier,
    /// Whose it is: the city's, or a committee's.
    pub org: OrgId,
    pub org_name: String,
    pub org_path: String,
    pub name: String,
    pub valid_from: NaiveDate,
    /// The day from which it does not exist any more.
    pub valid_to: Option<NaiveDate>,
}

/// Groups with the names of those whose they are.
macro_rules! groups {
    () => {
        guidance_groups::table.inner_join(orgs::table).select((
            guidance_groups::id,
            guidance_groups::tier,
            orgs::id,
            orgs::name,
            orgs::path,
            guidance_groups::name,
            guidance_groups::valid_from,
            guidance_groups::valid_to,
        ))
    };
}

pub fn find(conn: &mut Conn, id: GuidanceGroupId) -> Result<Group> {
    Ok(either!(conn, c => groups!().filter(guidance_groups::id.eq(id)).first(c))?)
}

/// The open groups of these sub-trees, those of the city first, then by the tree.
pub fn listed(conn: &mut Conn, paths: &[String], skip: i64, count: i64) -> Result<Vec<Group>> {
    if paths.is_empty() {
        return Ok(vec![]);
    }
    Ok(either!(conn, c => within!(groups!().into_boxed(), paths)
        .filter(guidance_groups::valid_to.is_null())
        .order((orgs::path, guidance_groups::id))
        .offset(skip)
        .limit(count)
        .load(c))?)
}

/// The open groups of which somebody is a member; fifty at most.
pub fn of_person(conn: &mut Conn, person: PersonId) -> Result<Vec<Group>> {
    let open = guidance_members::table.filter(
        guidance_members::group_id
            .eq(guidance_groups::id)
            .and(guidance_members::person_id.eq(person))
            .and(guidance_members::valid_to.is_null()),
    );
    Ok(either!(conn, c => groups!()
        .filter(guidance_groups::valid_to.is_null().and(exists(open)))
        .order(guidance_groups::id)
        .limit(50)
        .load(c))?)
}

pub fn is_member(conn: &mut Conn, group: GuidanceGroupId, person: PersonId) -> Result<bool> {
    let open = guidance_members::table.filter(
        guidance_members::group_id
            .eq(group)
            .and(guidance_members::person_id.eq(person))
            .and(guidance_members::valid_to.is_null()),
    );
    Ok(either!(conn, c => diesel::select(exists(open)).get_result(c))?)
}

/// Makes the group; `None` if one with this key is there.
pub fn insert(conn: &mut Conn, tier: Tier, new: &NewGroup, hand: &Hand) -> Result<Option<GuidanceGroupId>> {
    let row = (
        guidance_groups::tier.eq(tier),
        guidance_groups::org_id.eq(new.org),
        guidance_groups::name.eq(&new.name),
        guidance_groups::valid_from.eq(crate::clock::day(hand.now)),
        guidance_groups::made_by.eq(hand.account),
        guidance_groups::made_at.eq(hand.now),
        guidance_groups::key.eq(&new.key),
    );
    Ok(either!(conn, c => diesel::insert_into(guidance_groups::table)
        .values(row)
        .on_conflict(guidance_groups::key)
        .do_nothing()
        .returning(guidance_groups::id)
        .get_result(c)
        .optional())?)
}

pub fn of_key(conn: &mut Conn, key: &str) -> Result<GuidanceGroupId> {
    Ok(either!(conn, c => guidance_groups::table
        .filter(guidance_groups::key.eq(key))
        .select(guidance_groups::id)
        .first(c))?)
}

/// Locks an open group until the end of the transaction; `false` if it is closed.
pub fn lock(conn: &mut Conn, id: GuidanceGroupId) -> Result<bool> {
    let open =
        guidance_groups::table.filter(guidance_groups::id.eq(id).and(guidance_groups::valid_to.is_null()));
    Ok(either!(conn, c => diesel::update(open)
        .set(guidance_groups::tier.eq(guidance_groups::tier))
        .execute(c))?
        == 1)
}

pub fn rename(conn: &mut Conn, id: GuidanceGroupId, name: &str) -> Result<()> {
    either!(conn, c => diesel::update(guidance_groups::table.find(id)).set(guidance_groups::name.eq(name)).execute(c))?;
    Ok(())
}

pub fn end(conn: &mut Conn, id: GuidanceGroupId, day: NaiveDate) -> Result<()> {
    either!(conn, c => diesel::update(guidance_groups::table.find(id)).set(guidance_groups::valid_to.eq(day)).execute(c))?;
    Ok(())
}

/// `false` if the person is a member.
pub fn add_member(conn: &mut Conn, group: GuidanceGroupId, new: &NewMember) -> Result<bool> {
    let row = (
        guidance_members::group_id.eq(group),
        guidance_members::person_id.eq(new.person),
        guidance_members::is_leader.eq(new.is_leader),
        guidance_members::valid_from.eq(new.from),
    );
    Ok(either!(conn, c => diesel::insert_into(guidance_members::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?
        == 1)
}

/// Ends the membership of one, or of all; one that had not begun by `day` was never in force and goes.
pub fn end_members(
    conn: &mut Conn,
    group: GuidanceGroupId,
    person: Option<PersonId>,
    day: NaiveDate,
) -> Result<()> {
    let open = guidance_members::group_id.eq(group).and(guidance_members::valid_to.is_null());
    let (from, to) = person.map_or((PersonId(i64::MIN), PersonId(i64::MAX)), |one| (one, one));
    let whose = guidance_members::person_id.ge(from).and(guidance_members::person_id.le(to));
    let unused =
        guidance_members::table.filter(open).filter(whose).filter(guidance_members::valid_from.ge(day));
    either!(conn, c => diesel::delete(unused).execute(c))?;
    let others = guidance_members::table.filter(open).filter(whose);
    either!(conn, c => diesel::update(others).set(guidance_members::valid_to.eq(day)).execute(c))?;
    Ok(())
}

/// A member, with the home branch of today.
#[derive(Debug, Clone, Queryable)]
pub struct Member {
    pub person: PersonId,
    pub name: String,
    pub is_leader: bool,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
    pub branch: Option<String>,
}

/// Those who were members on or after a day: leaders first, then as they came; sixty at most.
pub fn members(conn: &mut Conn, group: GuidanceGroupId, since: NaiveDate) -> Result<Vec<Member>> {
    let open = guidance_members::valid_to.is_null().or(guidance_members::valid_to.gt(since));
    Ok(either!(conn, c => guidance_members::table
        .inner_join(persons::table)
        .left_join(memberships::table.on(memberships::person_id.eq(guidance_members::person_id).and(memberships::valid_to.is_null())))
        .left_join(orgs::table.on(orgs::id.nullable().eq(memberships::branch_id.nullable())))
        .filter(guidance_members::group_id.eq(group))
        .filter(open)
        .order((guidance_members::is_leader.desc(), guidance_members::id))
        .limit(60)
        .select((
            persons::id,
            persons::name,
            guidance_members::is_leader,
            guidance_members::valid_from,
            guidance_members::valid_to,
            orgs::name.nullable(),
        ))
        .load(c))?)
}

/// Somebody who was a member on a day, with where they were at home then.
#[derive(Debug, Clone, Queryable)]
pub struct Present {
    pub person: PersonId,
    pub name: String,
    pub path: Option<String>,
}

/// Those who were members on a day; two hundred at most.
pub fn members_on(conn: &mut Conn, group: GuidanceGroupId, day: NaiveDate) -> Result<Vec<Present>> {
    let then = memberships::person_id
        .eq(guidance_members::person_id)
        .and(memberships::valid_from.le(day))
        .and(memberships::valid_to.is_null().or(memberships::valid_to.gt(day)));
    Ok(either!(conn, c => guidance_members::table
        .inner_join(persons::table)
        .left_join(memberships::table.on(then))
        .left_join(orgs::table.on(orgs::id.nullable().eq(memberships::branch_id.nullable())))
        .filter(guidance_members::group_id.eq(group).and(guidance_members::valid_from.le(day)))
        .filter(guidance_members::valid_to.is_null().or(guidance_members::valid_to.gt(day)))
        .order(guidance_members::id)
        .limit(200)
        .select((persons::id, persons::name, orgs::path.nullable()))
        .load(c))?)
}

/// Where a member of today is at home.
#[derive(Debug, Clone, Queryable)]
pub struct Home {
    pub person: PersonId,
    pub name: String,
    pub path: String,
}

pub fn homes(conn: &mut Conn, group: GuidanceGroupId) -> Result<Vec<Home>> {
    Ok(either!(conn, c => guidance_members::table
        .inner_join(persons::table)
        .inner_join(memberships::table.on(memberships::person_id.eq(guidance_members::person_id)))
        .inner_join(orgs::table.on(orgs::id.eq(memberships::branch_id)))
        .filter(guidance_members::group_id.eq(group).and(guidance_members::valid_to.is_null()).and(memberships::valid_to.is_null()))
        .order(guidance_members::id)
        .select((persons::id, persons::name, orgs::path))
        .load(c))?)
}

/// An organisation that somebody wants to assign.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub level: Level,
    pub name: String,
    pub path: String,
    pub is_active: bool,
}

pub fn candidate(conn: &mut Conn, id: OrgId) -> Result<Candidate> {
    let (level, name, path, to): (Level, String, String, Option<NaiveDate>) = either!(conn, c => orgs::table.find(id).select((orgs::level, orgs::name, orgs::path, orgs::valid_to)).first(c))?;
    Ok(Candidate { level, name, path, is_active: to.is_none() })
}

/// Whether the group guides this organisation, or one that it lies in.
pub fn guides(conn: &mut Conn, group: GuidanceGroupId, path: &str) -> Result<bool> {
    let ids: Vec<OrgId> =
        path.split('/').filter_map(|part| part.parse().map_or(None, |id| Some(OrgId(id)))).collect();
    for id in ids {
        let open = guidance_assignments::table.filter(
            guidance_assignments::group_id
                .eq(group)
                .and(guidance_assignments::org_id.eq(id))
                .and(guidance_assignments::valid_to.is_null()),
        );
        if either!(conn, c => diesel::select(exists(open)).get_result::<bool>(c))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the group guided this organisation on a day, or one that it lies in.
pub fn guided_on(conn: &mut Conn, group: GuidanceGroupId, path: &str, day: NaiveDate) -> Result<bool> {
    for id in path.split('/').filter_map(|part| part.parse().map_or(None, |id| Some(OrgId(id)))) {
        let was = guidance_assignments::table
            .filter(guidance_assignments::group_id.eq(group).and(guidance_assignments::org_id.eq(id)))
            .filter(guidance_assignments::valid_from.le(day));
        let rows: Vec<Option<NaiveDate>> =
            either!(conn, c => was.select(guidance_assignments::valid_to).limit(100).load(c))?;
        if rows.iter().any(|to| to.is_none_or(|to| day < to)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Puts an organisation on the list: `Some(false)` if it is there already, `None` if it is on another one of this tier.
pub fn assign(
    conn: &mut Conn,
    group: &Group,
    org: OrgId,
    by: AccountId,
    from: NaiveDate,
) -> Result<Option<bool>> {
    let row = (
        guidance_assignments::group_id.eq(group.id),
        guidance_assignments::tier.eq(group.tier),
        guidance_assignments::org_id.eq(org),
        guidance_assignments::valid_from.eq(from),
        guidance_assignments::assigned_by.eq(by),
    );
    let added = either!(conn, c => diesel::insert_into(guidance_assignments::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    if added == 1 {
        return Ok(Some(true));
    }
    let open = guidance_assignments::tier
        .eq(group.tier)
        .and(guidance_assignments::org_id.eq(org))
        .and(guidance_assignments::valid_to.is_null());
    let list: Option<GuidanceGroupId> = either!(conn, c => guidance_assignments::table
        .filter(open)
        .select(guidance_assignments::group_id)
        .first(c)
        .optional())?;
    Ok((list == Some(group.id)).then_some(false))
}

pub fn unassign(conn: &mut Conn, group: GuidanceGroupId, org: OrgId, day: NaiveDate) -> Result<()> {
    let open = guidance_assignments::group_id
        .eq(group)
        .and(guidance_assignments::org_id.eq(org))
        .and(guidance_assignments::valid_to.is_null());
    // A row that began today was never in force.
    let unused = guidance_assignments::table.filter(open).filter(guidance_assignments::valid_from.ge(day));
    either!(conn, c => diesel::delete(unused).execute(c))?;
    either!(conn, c => diesel::update(guidance_assignments::table.filter(open))
        .set(guidance_assignments::valid_to.eq(day))
        .execute(c))?;
    Ok(())
}

/// What a group of this tier could guide below a path, and whose list it is on.
type Below = (OrgId, String, String, Option<GuidanceGroupId>);

pub fn below(conn: &mut Conn, tier: Tier, path: &str) -> Result<Vec<Below>> {
    let on = guidance_assignments::org_id
        .eq(orgs::id)
        .and(guidance_assignments::tier.eq(tier))
        .and(guidance_assignments::valid_to.is_null());
    Ok(either!(conn, c => orgs::table
        .left_join(guidance_assignments::table.on(on))
        .filter(orgs::path.ge(path).and(orgs::path.lt(after(path))))
        .filter(orgs::level.eq(tier.guides()).and(orgs::valid_to.is_null()))
        .order(orgs::path)
        .select((orgs::id, orgs::name, orgs::path, guidance_assignments::group_id.nullable()))
        .load(c))?)
}

/// An organisation of a list.
#[derive(Debug, Clone, Queryable)]
pub struct Assigned {
    pub org: OrgId,
    pub name: String,
    pub kind: crate::organization::OrgKind,
    pub since: NaiveDate,
    pub path: String,
    /// Not there any more: it was dissolved or merged.
    pub gone: Option<NaiveDate>,
}

/// The list of a group in the order of the tree.
pub fn assigned(conn: &mut Conn, group: GuidanceGroupId, skip: i64, count: i64) -> Result<Vec<Assigned>> {
    Ok(either!(conn, c => guidance_assignments::table
        .inner_join(orgs::table)
        .filter(guidance_assignments::group_id.eq(group).and(guidance_assignments::valid_to.is_null()))
        .order(orgs::path)
        .offset(skip)
        .limit(count)
        .select((orgs::id, orgs::name, orgs::kind, guidance_assignments::valid_from, orgs::path, orgs::valid_to))
        .load(c))?)
}

pub fn assigned_count(conn: &mut Conn, group: GuidanceGroupId) -> Result<i64> {
    Ok(either!(conn, c => guidance_assignments::table
        .filter(guidance_assignments::group_id.eq(group).and(guidance_assignments::valid_to.is_null()))
        .count()
        .get_result(c))?)
}

/// How many each of these groups guides.
pub fn sizes(conn: &mut Conn, groups: &[GuidanceGroupId]) -> Result<Vec<(GuidanceGroupId, i64)>> {
    Ok(either!(conn, c => guidance_assignments::table
        .filter(guidance_assignments::group_id.eq_any(groups).and(guidance_assignments::valid_to.is_null()))
        .group_by(guidance_assignments::group_id)
        .select((guidance_assignments::group_id, count_star()))
        .load(c))?)
}

/// The members of these groups by name.
pub fn names(conn: &mut Conn, groups: &[GuidanceGroupId]) -> Result<Vec<(GuidanceGroupId, String)>> {
    Ok(either!(conn, c => guidance_members::table
        .inner_join(persons::table)
        .filter(guidance_members::group_id.eq_any(groups).and(guidance_members::valid_to.is_null()))
        .order((guidance_members::is_leader.desc(), guidance_members::id))
        .select((guidance_members::group_id, persons::name))
        .load(c))?)
}

/// An organisation that is on no list of a tier.
#[derive(Debug, Clone, Queryable)]
pub struct Unlisted {
    pub org: OrgId,
    pub name: String,
    pub kind: crate::organization::OrgKind,
}

/// Those below these paths that can still be put on a list, in the order of the tree. That is not who has a contact: a group of
/// nobody has a list too, see `coverage::uncovered`.
pub fn unlisted(
    conn: &mut Conn,
    tier: Tier,
    paths: &[String],
    (skip, count): (i64, i64),
) -> Result<Vec<Unlisted>> {
    if paths.is_empty() {
        return Ok(vec![]);
    }
    let on = guidance_assignments::org_id
        .eq(orgs::id)
        .and(guidance_assignments::tier.eq(tier))
        .and(guidance_assignments::valid_to.is_null());
    Ok(either!(conn, c => within!(orgs::table
        .left_join(guidance_assignments::table.on(on))
        .select((orgs::id, orgs::name, orgs::kind))
        .into_boxed(), paths)
        .filter(orgs::level.eq(tier.guides()).and(orgs::valid_to.is_null()).and(guidance_assignments::id.is_null()))
        .order(orgs::path)
        .offset(skip)
        .limit(count)
        .load(c))?)
}

/// These groups.
pub fn some(conn: &mut Conn, ids: &[GuidanceGroupId]) -> Result<Vec<Group>> {
    Ok(either!(conn, c => groups!().filter(guidance_groups::id.eq_any(ids)).load(c))?)
}

/// Committees and the city in these sub-trees, where groups can be made; two hundred at most.
pub fn makers(conn: &mut Conn, paths: &[String]) -> Result<Vec<(OrgId, String)>> {
    if paths.is_empty() {
        return Ok(vec![]);
    }
    Ok(either!(conn, c => within!(orgs::table.select((orgs::id, orgs::name)).into_boxed(), paths)
        .filter(orgs::level.eq(Level::City).or(orgs::level.eq(Level::Committee)))
        .filter(orgs::valid_to.is_null())
        .order(orgs::path)
        .limit(200)
        .load(c))?)
}
