//! Rows of errands.
use crate::clock::Timestamp;
use crate::coverage::errands::{Errand, Way};
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::ids::{AccountId, ErrandId, PersonId, StudyPlanId};
use crate::organization;
use crate::people;
use crate::plans;
use crate::schema::{cursors, errands, persons};
use chrono::NaiveDate;
use diesel::prelude::*;

/// An errand that is not there yet.
pub struct NewErrand {
    pub plan: StudyPlanId,
    pub person: PersonId,
    pub helper: PersonId,
    pub way: Way,
    pub due_on: NaiveDate,
    pub by: AccountId,
    pub now: Timestamp,
}

type Row = (ErrandId, StudyPlanId, PersonId, PersonId, Way, NaiveDate, String);

macro_rules! errands {
    () => {
        errands::table.select((
            errands::id,
            errands::plan_id,
            errands::person_id,
            errands::helper_id,
            errands::way,
            errands::due_on,
            errands::state,
        ))
    };
}

/// With the names of persons, branches and plans.
fn named(conn: &mut Conn, rows: Vec<Row>) -> Result<Vec<Errand>> {
    let ids: Vec<PersonId> = rows.iter().map(|row| row.2).collect();
    let names = people::names(conn, &ids)?;
    let mut all = vec![];
    for (id, plan, person, helper, way, due_on, state) in rows {
        let plan_title = plans::plan(conn, plan)?.title;
        let branch = match super::branch_of(conn, person)? {
            Some((org, _)) => organization::find(conn, org)?.name,
            None => String::new(),
        };
        let name = names.get(&person).cloned().unwrap_or_default();
        all.push(Errand {
            id,
            plan,
            plan_title,
            person,
            name,
            branch,
            helper,
            way,
            due_on,
            is_open: state == "open",
        });
    }
    Ok(all)
}

pub fn errand(conn: &mut Conn, id: ErrandId) -> Result<Errand> {
    let row: Row = either!(conn, c => errands!().filter(errands::id.eq(id)).first(c))?;
    named(conn, vec![row])?.pop().ok_or(Error::NotFound)
}

/// One about a member within these sub-trees; not found otherwise.
pub fn errand_within(conn: &mut Conn, paths: &[String], id: ErrandId) -> Result<Errand> {
    let found = errand(conn, id)?;
    let (_, path) = super::branch_of(conn, found.person)?.ok_or(Error::NotFound)?;
    if paths.iter().any(|own| path.starts_with(own.as_str())) { Ok(found) } else { Err(Error::NotFound) }
}

/// Makes the row and says whether it is new; none if another one about the same is open.
pub fn insert_errand(conn: &mut Conn, new: &NewErrand, key: &str) -> Result<Option<(ErrandId, bool)>> {
    let row = (
        errands::plan_id.eq(new.plan),
        errands::person_id.eq(new.person),
        errands::helper_id.eq(new.helper),
        errands::way.eq(new.way),
        errands::due_on.eq(new.due_on),
        errands::state.eq("open"),
        errands::assigned_by.eq(new.by),
        errands::assigned_at.eq(new.now),
        errands::key.eq(key),
    );
    let made: Option<ErrandId> = either!(conn, c => diesel::insert_into(errands::table)
        .values(row)
        .on_conflict_do_nothing()
        .returning(errands::id)
        .get_result(c)
        .optional())?;
    if let Some(id) = made {
        return Ok(Some((id, true)));
    }
    let same = errands::key.eq(key).and(errands::assigned_by.eq(new.by));
    let before: Option<ErrandId> =
        either!(conn, c => errands::table.filter(same).select(errands::id).first(c).optional())?;
    Ok(before.map(|id| (id, false)))
}

pub fn close_errand(
    conn: &mut Conn,
    id: ErrandId,
    is_done: bool,
    by: Option<AccountId>,
    now: Timestamp,
) -> Result<bool> {
    let open = errands::table.filter(errands::id.eq(id).and(errands::state.eq("open")));
    let new = (
        errands::state.eq(if is_done { "done" } else { "dropped" }),
        errands::closed_by.eq(by),
        errands::closed_at.eq(now),
    );
    Ok(either!(conn, c => diesel::update(open).set(new).execute(c))? == 1)
}

/// What a person was asked to bring, open ones first, then the latest.
pub fn errands_of(conn: &mut Conn, helper: PersonId, skip: i64, count: i64) -> Result<Vec<Errand>> {
    let rows: Vec<Row> = either!(conn, c => errands!()
        .filter(errands::helper_id.eq(helper))
        .order((errands::closed_at.is_not_null(), errands::due_on, errands::id))
        .offset(skip)
        .limit(count)
        .load(c))?;
    named(conn, rows)
}

/// How far a round has come that looks at all rows piece by piece; 0 before the first.
pub fn cursor(conn: &mut Conn, name: &str) -> Result<i64> {
    let n: Option<i64> =
        either!(conn, c => cursors::table.find(name).select(cursors::n).first(c).optional())?;
    Ok(n.unwrap_or_default())
}

pub fn set_cursor(conn: &mut Conn, name: &str, n: i64) -> Result<()> {
    let row = (cursors::name.eq(name), cursors::n.eq(n));
    either!(conn, c => diesel::insert_into(cursors::table)
        .values(row)
        .on_conflict(cursors::name)
        .do_update()
        .set(cursors::n.eq(n))
        .execute(c))?;
    Ok(())
}

/// Open ones behind this one, in the order of their numbers.
pub fn errands_behind(conn: &mut Conn, behind: ErrandId, count: i64) -> Result<Vec<Errand>> {
    let rows: Vec<Row> = either!(conn, c => errands!()
        .filter(errands::state.eq("open").and(errands::id.gt(behind)))
        .order(errands::id)
        .limit(count)
        .load(c))?;
    named(conn, rows)
}

/// About whom, which, the helper's name, how, until when.
pub type About = (PersonId, ErrandId, String, Way, NaiveDate);

/// The open ones of a plan about these persons, with the helper's name.
pub fn errands_about(conn: &mut Conn, plan: StudyPlanId, ids: &[PersonId]) -> Result<Vec<About>> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let open = errands::plan_id.eq(plan).and(errands::state.eq("open")).and(errands::person_id.eq_any(ids));
    Ok(either!(conn, c => errands::table
        .inner_join(persons::table.on(persons::id.eq(errands::helper_id)))
        .filter(open)
        .select((errands::person_id, errands::id, persons::name, errands::way, errands::due_on))
        .load(c))?)
}
