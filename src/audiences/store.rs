//! Rows of audiences, and the roster as rules look at it. Figures of a city look at all members at once: it reads the tables
//! that the rule asks for once each, whole; those of a branch by an index.
use super::Rule;
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::ids::{AccountId, AllianceId, AudienceId, OrgId, PersonId};
use crate::organization::{Tree, after};
use crate::people::{Category, Office, Stage};
use crate::schema::{
    alliance_schools, audience_saves, audiences, host_stays, member_categories, membership_stages,
    memberships, office_terms, orgs, persons, school_branches,
};
use chrono::{Datelike, NaiveDate};
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};

/// Somebody of the roster on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    pub person: PersonId,
    pub branch: OrgId,
    /// The place of the branch in the tree of that day.
    pub place: usize,
}

#[derive(Queryable, Debug, Clone)]
pub struct Audience {
    pub id: AudienceId,
    pub name: String,
    pub org: OrgId,
    pub org_name: String,
    pub path: String,
    rule: String,
    pub revision: i32,
}

impl Audience {
    /// # Errors
    /// What is kept is no rule: only a hand in the database does that.
    pub fn rule(&self) -> Result<Rule> {
        Rule::of(&self.rule).map_err(Error::internal)
    }
}

macro_rules! selected {
    () => {
        audiences::table.inner_join(orgs::table).select((
            audiences::id,
            audiences::name,
            audiences::org_id,
            orgs::name,
            orgs::path,
            audiences::rule,
            audiences::revision,
        ))
    };
}

/// One that is in use and whose organisation lies in these sub-trees; nothing otherwise.
pub fn within(conn: &mut Conn, paths: &[String], id: AudienceId) -> Result<Audience> {
    let found = audience(conn, id)?;
    if paths.iter().any(|path| found.path.starts_with(path.as_str())) {
        Ok(found)
    } else {
        Err(Error::NotFound)
    }
}

pub fn audience(conn: &mut Conn, id: AudienceId) -> Result<Audience> {
    let is_it = audiences::id.eq(id).and(audiences::archived_at.is_null());
    Ok(either!(conn, c => selected!().filter(is_it).first(c))?)
}

/// One also when it is not offered any more.
pub fn audience_ever(conn: &mut Conn, id: AudienceId) -> Result<Audience> {
    Ok(either!(conn, c => selected!().filter(audiences::id.eq(id)).first(c))?)
}

/// Those that may be used at `path`: made there, or at an organisation above it; the newest first.
pub fn audiences_for(conn: &mut Conn, path: &str, skip: i64, count: i64) -> Result<Vec<Audience>> {
    // the ids from the root are in the path
    let line: Vec<OrgId> = path.split('/').filter_map(|id| id.parse().ok()).map(OrgId).collect();
    let (from, to) = (path.to_owned(), after(path));
    let is_below = orgs::path.ge(from).and(orgs::path.lt(to));
    Ok(either!(conn, c => selected!()
        .filter(audiences::archived_at.is_null())
        .filter(audiences::org_id.eq_any(line).or(is_below))
        .order(audiences::id.desc())
        .offset(skip)
        .limit(count)
        .load(c))?)
}

/// Makes the row; says whether it is new: a post that comes twice finds the first one.
pub(super) fn insert(
    conn: &mut Conn,
    (org, name, rule): (OrgId, &str, &str),
    key: &str,
    by: AccountId,
    now: Timestamp,
) -> Result<(AudienceId, bool)> {
    let row = (
        audiences::name.eq(name),
        audiences::org_id.eq(org),
        audiences::rule.eq(rule),
        audiences::revision.eq(1),
        audiences::created_by.eq(by),
        audiences::created_at.eq(now),
        audiences::key.eq(key),
    );
    let made: Option<AudienceId> = either!(conn, c => diesel::insert_into(audiences::table)
        .values(row)
        .on_conflict(audiences::key)
        .do_nothing()
        .returning(audiences::id)
        .get_result(c)
        .optional())?;
    match made {
        Some(id) => {
            kept(conn, id, 1, (name, rule), by, now)?;
            Ok((id, true))
        }
        None => {
            let same = audiences::key.eq(key).and(audiences::created_by.eq(by));
            let id = either!(conn, c => audiences::table.filter(same).select(audiences::id).first(c))?;
            Ok((id, false))
        }
    }
}

/// Saves it if it still is at revision `from`.
pub(super) fn update(
    conn: &mut Conn,
    id: AudienceId,
    from: i32,
    (name, rule): (&str, &str),
    by: AccountId,
    now: Timestamp,
) -> Result<bool> {
    let is_it = audiences::id.eq(id).and(audiences::revision.eq(from)).and(audiences::archived_at.is_null());
    let new = (audiences::name.eq(name), audiences::rule.eq(rule), audiences::revision.eq(from + 1));
    let changed = either!(conn, c => diesel::update(audiences::table.filter(is_it)).set(new).execute(c))?;
    if changed == 1 {
        kept(conn, id, from + 1, (name, rule), by, now)?;
    }
    Ok(changed == 1)
}

fn kept(
    conn: &mut Conn,
    id: AudienceId,
    revision: i32,
    (name, rule): (&str, &str),
    by: AccountId,
    now: Timestamp,
) -> Result<()> {
    let row = (
        audience_saves::audience_id.eq(id),
        audience_saves::revision.eq(revision),
        audience_saves::name.eq(name),
        audience_saves::rule.eq(rule),
        audience_saves::saved_by.eq(by),
        audience_saves::saved_at.eq(now),
    );
    either!(conn, c => diesel::insert_into(audience_saves::table).values(row).execute(c))?;
    Ok(())
}

pub(super) fn archive(conn: &mut Conn, id: AudienceId, now: Timestamp) -> Result<bool> {
    let is_it = audiences::id.eq(id).and(audiences::archived_at.is_null());
    let gone = audiences::archived_at.eq(now);
    Ok(either!(conn, c => diesel::update(audiences::table.filter(is_it)).set(gone).execute(c))? == 1)
}

/// The members below `top` who fit the rule on `day`, in the order of the tree, then of their ids.
pub fn members(conn: &mut Conn, rule: &Rule, tree: &Tree, top: usize, day: NaiveDate) -> Result<Vec<Member>> {
    let one = tree.single(top);
    let mut found = enrolled(conn, tree, top, day)?;
    let asks = rule.asks();
    if !rule.kinds.is_empty() {
        found.retain(|member| rule.kinds.iter().any(|kind| kind == tree.nodes()[member.place].kind.as_str()));
    }
    if asks.alliances {
        let of = alliances(conn, one, day)?;
        found.retain(|member| of.get(&member.branch).is_some_and(|id| rule.alliances.contains(&id.0)));
    }
    if asks.stages {
        let stages: Vec<Stage> = rule.stages.iter().filter_map(|word| Stage::of(word)).collect();
        let have = in_stages(conn, &stages, one, day)?;
        found.retain(|member| have.contains(&member.person));
    }
    if !rule.categories.is_empty() {
        let have = in_categories(conn, &rule.categories, one, day)?;
        found.retain(|member| have.contains(&member.person));
    }
    if !rule.without.is_empty() {
        let have = in_categories(conn, &rule.without, one, day)?;
        found.retain(|member| !have.contains(&member.person));
    }
    if asks.offices {
        let have = in_offices(conn, &rule.offices, one, day)?;
        found.retain(|member| have.contains(&member.person));
    }
    if let Some(is_hosted) = rule.is_hosted {
        let have = hosted(conn, one, day)?;
        found.retain(|member| have.contains(&member.person) == is_hosted);
    }
    if asks.ages {
        let born = births(conn, one)?;
        let year = day.year();
        found.retain(|member| rule.fits_age(born.get(&member.person).copied(), year));
    }
    found.sort_unstable_by_key(|member| (member.place, member.person));
    Ok(found)
}

fn enrolled(conn: &mut Conn, tree: &Tree, top: usize, day: NaiveDate) -> Result<Vec<Member>> {
    let is_then = memberships::valid_from
        .le(day)
        .and(memberships::valid_to.is_null().or(memberships::valid_to.gt(day)));
    let of = (memberships::person_id, memberships::branch_id);
    let rows: Vec<(PersonId, OrgId)> = match tree.single(top) {
        Some(branch) => {
            let them =
                memberships::table.filter(memberships::branch_id.eq(branch)).filter(is_then).select(of);
            either!(conn, c => them.load(c))?
        }
        None => {
            let them = memberships::table.filter(is_then).select(of);
            either!(conn, c => them.load(c))?
        }
    };
    let member = |(person, branch): (PersonId, OrgId)| {
        let place = tree.place(branch).filter(|place| tree.is_within(*place, top))?;
        Some(Member { person, branch, place })
    };
    Ok(rows.into_iter().filter_map(member).collect())
}

/// Those who belong to one branch today or once did: what is asked of them is found by an index.
macro_rules! belonging {
    ($branch:expr) => {
        memberships::table.filter(memberships::branch_id.eq($branch)).select(memberships::person_id)
    };
}

fn in_stages(
    conn: &mut Conn,
    stages: &[Stage],
    one: Option<OrgId>,
    day: NaiveDate,
) -> Result<HashSet<PersonId>> {
    use membership_stages::{person_id, stage, valid_from, valid_to};
    let mut have = HashSet::new();
    for wanted in stages {
        let are = stage.eq(*wanted).and(valid_from.le(day)).and(valid_to.is_null().or(valid_to.gt(day)));
        let them = membership_stages::table.filter(are).select(person_id);
        let rows: Vec<PersonId> = match one {
            Some(branch) => either!(conn, c => them.filter(person_id.eq_any(belonging!(branch))).load(c))?,
            None => either!(conn, c => them.load(c))?,
        };
        have.extend(rows);
    }
    Ok(have)
}

fn in_categories(
    conn: &mut Conn,
    words: &[String],
    one: Option<OrgId>,
    day: NaiveDate,
) -> Result<HashSet<PersonId>> {
    use member_categories::{category, person_id, valid_from, valid_to};
    let mut have = HashSet::new();
    for wanted in words.iter().filter_map(|word| Category::of(word)) {
        let are = category.eq(wanted).and(valid_from.le(day)).and(valid_to.is_null().or(valid_to.gt(day)));
        let them = member_categories::table.filter(are).select(person_id);
        let rows: Vec<PersonId> = match one {
            Some(branch) => either!(conn, c => them.filter(person_id.eq_any(belonging!(branch))).load(c))?,
            None => either!(conn, c => them.load(c))?,
        };
        have.extend(rows);
    }
    Ok(have)
}

fn in_offices(
    conn: &mut Conn,
    words: &[String],
    one: Option<OrgId>,
    day: NaiveDate,
) -> Result<HashSet<PersonId>> {
    use office_terms::{office, person_id, valid_from, valid_to};
    let mut have = HashSet::new();
    for wanted in words.iter().filter_map(|word| Office::of(word)) {
        let are = office.eq(wanted).and(valid_from.le(day)).and(valid_to.is_null().or(valid_to.gt(day)));
        let them = office_terms::table.filter(are).select(person_id);
        let rows: Vec<PersonId> = match one {
            Some(branch) => either!(conn, c => them.filter(person_id.eq_any(belonging!(branch))).load(c))?,
            None => either!(conn, c => them.load(c))?,
        };
        have.extend(rows);
    }
    Ok(have)
}

fn hosted(conn: &mut Conn, one: Option<OrgId>, day: NaiveDate) -> Result<HashSet<PersonId>> {
    use host_stays::{person_id, valid_from, valid_to};
    let are = valid_from.le(day).and(valid_to.is_null().or(valid_to.gt(day)));
    let them = host_stays::table.filter(are).select(person_id);
    let rows: Vec<PersonId> = match one {
        Some(branch) => either!(conn, c => them.filter(person_id.eq_any(belonging!(branch))).load(c))?,
        None => either!(conn, c => them.load(c))?,
    };
    Ok(rows.into_iter().collect())
}

fn births(conn: &mut Conn, one: Option<OrgId>) -> Result<HashMap<PersonId, i32>> {
    let them = persons::table.select((persons::id, persons::birth_year.assume_not_null()));
    let have = persons::birth_year.is_not_null();
    let rows: Vec<(PersonId, i32)> = match one {
        Some(branch) => {
            either!(conn, c => them.filter(have).filter(persons::id.eq_any(belonging!(branch))).load(c))?
        }
        None => either!(conn, c => them.filter(have).load(c))?,
    };
    Ok(rows.into_iter().collect())
}

/// The alliance that each branch, or this one, counts for: the primary one of its first school.
pub fn alliances(conn: &mut Conn, one: Option<OrgId>, day: NaiveDate) -> Result<HashMap<OrgId, AllianceId>> {
    let uses = school_branches::valid_from
        .le(day)
        .and(school_branches::valid_to.is_null().or(school_branches::valid_to.gt(day)));
    let belongs = alliance_schools::valid_from
        .le(day)
        .and(alliance_schools::valid_to.is_null().or(alliance_schools::valid_to.gt(day)));
    let all = school_branches::table
        .inner_join(alliance_schools::table.on(alliance_schools::school_id.eq(school_branches::school_id)))
        .filter(uses.and(belongs).and(alliance_schools::is_primary))
        .order((school_branches::is_primary.desc(), school_branches::school_id))
        .select((school_branches::branch_id, alliance_schools::alliance_id));
    let rows: Vec<(OrgId, AllianceId)> = match one {
        Some(branch) => either!(conn, c => all.filter(school_branches::branch_id.eq(branch)).load(c))?,
        None => either!(conn, c => all.load(c))?,
    };
    let mut first = HashMap::new();
    for (branch, alliance) in rows {
        first.entry(branch).or_insert(alliance);
    }
    Ok(first)
}
