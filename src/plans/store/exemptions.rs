//! Rows of exemptions; their reasons stand apart.
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::ids::{AccountId, ExemptionId, OrgId, PersonId, StudyPlanId};
use crate::organization::{self, after};
use crate::people;
use crate::plans::Exemption;
use crate::schema::{exemption_reasons, exemptions, memberships, orgs};
use crate::web::paging;
use chrono::NaiveDate;
use diesel::prelude::*;
use std::collections::HashSet;

type Row = (
    (ExemptionId, PersonId, OrgId, Option<StudyPlanId>),
    (NaiveDate, NaiveDate, Option<String>, Option<NaiveDate>),
    (AccountId, Timestamp, Option<AccountId>),
);

/// Exemptions of today's members; the branch of each says whose they are. Names are looked up beside it: a query over five tables
/// costs the compiler minutes.
macro_rules! exemptions {
    () => {
        exemptions::table
            .inner_join(
                memberships::table.on(memberships::person_id
                    .eq(exemptions::person_id)
                    .and(memberships::valid_to.is_null())),
            )
            .select((
                (exemptions::id, exemptions::person_id, memberships::branch_id, exemptions::plan_id),
                (exemptions::valid_from, exemptions::valid_to, exemptions::verdict, exemptions::ended_on),
                (exemptions::proposed_by, exemptions::proposed_at, exemptions::decided_by),
            ))
    };
}

/// The branches within a sub-tree.
macro_rules! branches {
    ($path:expr) => {
        orgs::table.filter(orgs::path.ge($path.clone()).and(orgs::path.lt(after($path)))).select(orgs::id)
    };
}

/// With the names of persons, branches and plans.
fn named(conn: &mut Conn, rows: Vec<Row>) -> Result<Vec<Exemption>> {
    let persons: Vec<PersonId> = rows.iter().map(|row| row.0.1).collect();
    let names = people::names(conn, &persons)?;
    let mut all = vec![];
    for ((id, person, org, plan), (from, to, verdict, ended_on), (proposed_by, proposed_at, decided_by)) in
        rows
    {
        let plan = match plan {
            Some(plan) => Some(super::plan(conn, plan)?.title),
            None => None,
        };
        let name = names.get(&person).cloned().unwrap_or_default();
        let branch = organization::find(conn, org)?.name;
        all.push(Exemption {
            id,
            person,
            name,
            branch,
            plan,
            from,
            to,
            verdict,
            ended_on,
            proposed_by,
            proposed_at,
            decided_by,
        });
    }
    Ok(all)
}

/// One of a member within these sub-trees; not found otherwise.
pub fn exemption(conn: &mut Conn, paths: &[String], id: ExemptionId) -> Result<Exemption> {
    let row: Option<Row> =
        either!(conn, c => exemptions!().filter(exemptions::id.eq(id)).first(c).optional())?;
    let row = row.ok_or(Error::NotFound)?;
    let path = organization::find(conn, row.0.2)?.path;
    if !paths.iter().any(|own| path.starts_with(own.as_str())) {
        return Err(Error::NotFound);
    }
    named(conn, vec![row])?.pop().ok_or(Error::NotFound)
}

/// Those of the members within these sub-trees, undecided ones first, then the newest.
pub fn exemptions_within(conn: &mut Conn, paths: &[String], skip: i64, count: i64) -> Result<Vec<Exemption>> {
    let mut found = vec![];
    for path in paths {
        let inside = memberships::branch_id.eq_any(branches!(path));
        let rows: Vec<Row> = either!(conn, c => exemptions!()
            .filter(inside)
            .order((exemptions::verdict.is_not_null(), exemptions::id.desc()))
            .limit(skip + count)
            .load(c))?;
        found.extend(rows);
    }
    found.sort_by_key(|row: &Row| (row.1.2.is_some(), std::cmp::Reverse(row.0.0)));
    found.dedup_by_key(|row| row.0.0);
    named(conn, paging::cut(found, skip, count))
}

/// All of one person, the newest first; a hundred at most.
pub fn exemptions_of(conn: &mut Conn, person: PersonId) -> Result<Vec<Exemption>> {
    let rows: Vec<Row> = either!(conn, c => exemptions!()
        .filter(exemptions::person_id.eq(person))
        .order(exemptions::id.desc())
        .limit(100)
        .load(c))?;
    named(conn, rows)
}

/// Why: for those who decide.
pub fn exemption_reason(conn: &mut Conn, id: ExemptionId) -> Result<Option<String>> {
    Ok(either!(conn, c => exemption_reasons::table
        .find(id)
        .select(exemption_reasons::text)
        .first(c)
        .optional())?)
}

/// Makes the row; none if another one of the person and plan waits, and the same one if the post came twice.
pub fn insert_exemption(
    conn: &mut Conn,
    (person, plan): (PersonId, Option<StudyPlanId>),
    (from, to): (NaiveDate, NaiveDate),
    reason: &str,
    (by, now): (AccountId, Timestamp),
    key: &str,
) -> Result<Option<ExemptionId>> {
    let row = (
        exemptions::person_id.eq(person),
        exemptions::plan_id.eq(plan),
        exemptions::valid_from.eq(from),
        exemptions::valid_to.eq(to),
        exemptions::proposed_by.eq(by),
        exemptions::proposed_at.eq(now),
        exemptions::key.eq(key),
    );
    let made: Option<ExemptionId> = either!(conn, c => diesel::insert_into(exemptions::table)
        .values(row)
        .on_conflict_do_nothing()
        .returning(exemptions::id)
        .get_result(c)
        .optional())?;
    if let Some(id) = made {
        let why = (exemption_reasons::exemption_id.eq(id), exemption_reasons::text.eq(reason));
        either!(conn, c => diesel::insert_into(exemption_reasons::table).values(why).execute(c))?;
        return Ok(Some(id));
    }
    let same = exemptions::key.eq(key).and(exemptions::proposed_by.eq(by));
    Ok(either!(conn, c => exemptions::table.filter(same).select(exemptions::id).first(c).optional())?)
}

/// Writes the verdict if there is none yet.
pub fn settle_exemption(
    conn: &mut Conn,
    id: ExemptionId,
    verdict: &str,
    by: AccountId,
    now: Timestamp,
) -> Result<bool> {
    let open = exemptions::table.filter(exemptions::id.eq(id).and(exemptions::verdict.is_null()));
    let new =
        (exemptions::verdict.eq(verdict), exemptions::decided_by.eq(by), exemptions::decided_at.eq(now));
    Ok(either!(conn, c => diesel::update(open).set(new).execute(c))? == 1)
}

/// Ends one early if it holds and was not ended.
pub fn end_exemption(conn: &mut Conn, id: ExemptionId, day: NaiveDate, by: AccountId) -> Result<bool> {
    let holds = exemptions::id
        .eq(id)
        .and(exemptions::verdict.eq("approved"))
        .and(exemptions::ended_on.is_null())
        .and(exemptions::valid_to.gt(day));
    let new = (exemptions::ended_on.eq(day), exemptions::ended_by.eq(by));
    Ok(either!(conn, c => diesel::update(exemptions::table.filter(holds)).set(new).execute(c))? == 1)
}

/// Who need not on a day, by what had been decided when it ended; of one branch, or of all.
pub fn exempt_on(
    conn: &mut Conn,
    plan: StudyPlanId,
    day: NaiveDate,
    until: Timestamp,
    one: Option<OrgId>,
) -> Result<HashSet<PersonId>> {
    let holds = exemptions::verdict
        .eq("approved")
        .and(exemptions::decided_at.lt(until))
        .and(exemptions::valid_from.le(day))
        .and(exemptions::valid_to.gt(day))
        .and(exemptions::ended_on.is_null().or(exemptions::ended_on.gt(day)))
        .and(exemptions::plan_id.is_null().or(exemptions::plan_id.eq(plan)));
    let them = exemptions::table.filter(holds).select(exemptions::person_id);
    let rows: Vec<PersonId> = match one {
        Some(branch) => {
            let belong =
                memberships::table.filter(memberships::branch_id.eq(branch)).select(memberships::person_id);
            either!(conn, c => them.filter(exemptions::person_id.eq_any(belong)).load(c))?
        }
        None => either!(conn, c => them.load(c))?,
    };
    Ok(rows.into_iter().collect())
}
