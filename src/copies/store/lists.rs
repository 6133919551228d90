//! What pages show of copies: organisations with what they have, members with and without, the moves.
use super::within;
use crate::clock::Timestamp;
use crate::copies::{Balance, Kind, Pile};
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, CopyMoveId, OrgId, PersonId, PrintEditionId};
use crate::organization::{Level, Org, after};
use crate::schema::{
    accounts, copy_balances, copy_holdings, copy_moves, copy_reasons, memberships, orgs, persons,
    print_editions,
};
use chrono::NaiveDate;
use diesel::prelude::*;
use std::collections::HashMap;

/// The organisations at these paths, where a desk is kept: the city for `/`.
pub fn tops(conn: &mut Conn, paths: &[String]) -> Result<Vec<Org>> {
    let mut found: Vec<Org> = vec![];
    for path in paths {
        let org: Option<Org> = match path.as_str() {
            "/" => either!(conn, c => orgs::table
                .filter(orgs::level.eq(Level::City))
                .order(orgs::path)
                .select(Org::as_select())
                .first(c)
                .optional())?,
            path => either!(conn, c => orgs::table
                .filter(orgs::path.eq(path))
                .select(Org::as_select())
                .first(c)
                .optional())?,
        };
        found.extend(org.filter(|org| !found.iter().any(|other| other.id == org.id)));
    }
    Ok(found)
}

/// The organisations that get their copies from this one: committees from the city, branches from a committee.
pub fn supplied(conn: &mut Conn, org: &Org) -> Result<Vec<Org>> {
    let level = match org.level {
        Level::City => Level::Committee,
        Level::Committee => Level::Branch,
        _ => return Ok(vec![]),
    };
    crate::organization::within(conn, &org.path, level, MOST)
}

/// The most organisations that one gives copies to: ten times those of the largest committee.
const MOST: i64 = 5_000;

/// What is there in sub-trees, added up: the balance of every organisation below, in the order of the tree.
pub fn balances_below(conn: &mut Conn, edition: PrintEditionId, path: &str) -> Result<Vec<(Org, Balance)>> {
    type Row = (Org, i32, i32, i32, i32);
    let is_below = orgs::path.ge(path).and(orgs::path.lt(after(path)));
    let rows: Vec<Row> = either!(conn, c => copy_balances::table
        .inner_join(orgs::table)
        .filter(copy_balances::edition_id.eq(edition).and(is_below))
        .order(orgs::path)
        .select((
            Org::as_select(), copy_balances::coming, copy_balances::stock, copy_balances::held, copy_balances::lost,
        ))
        .load(c))?;
    let balance = |(org, coming, stock, held, lost)| (org, Balance { coming, stock, held, lost });
    Ok(rows.into_iter().map(balance).collect())
}

/// A member of a branch, and since when they have a copy.
#[derive(Queryable, Debug, Clone)]
pub struct Member {
    pub person: PersonId,
    pub name: String,
    pub member_no: String,
    pub since: Option<NaiveDate>,
}

/// The members of a branch today.
pub fn members(conn: &mut Conn, edition: PrintEditionId, org: OrgId) -> Result<Vec<Member>> {
    let has = copy_holdings::person_id
        .eq(memberships::person_id.nullable())
        .and(copy_holdings::edition_id.eq(edition))
        .and(copy_holdings::until.is_null());
    Ok(either!(conn, c => memberships::table
        .inner_join(persons::table)
        .left_join(copy_holdings::table.on(has))
        .filter(memberships::branch_id.eq(org).and(memberships::valid_to.is_null()))
        .order(memberships::person_id)
        .select((persons::id, persons::name, memberships::member_no, copy_holdings::since.nullable()))
        .load(c))?)
}

/// A member who has no copy.
#[derive(Queryable, Debug, Clone)]
pub struct Missing {
    pub person: PersonId,
    pub name: String,
    pub member_no: String,
    pub org: OrgId,
    pub branch: String,
}

/// The members of these sub-trees who have no copy, branch by branch.
pub fn missing(
    conn: &mut Conn,
    edition: PrintEditionId,
    paths: &[String],
    skip: i64,
    count: i64,
) -> Result<Vec<Missing>> {
    if paths.is_empty() {
        return Ok(vec![]);
    }
    let has = copy_holdings::person_id
        .eq(memberships::person_id.nullable())
        .and(copy_holdings::edition_id.eq(edition))
        .and(copy_holdings::until.is_null());
    Ok(either!(conn, c => {
        let mut query = memberships::table
            .inner_join(persons::table)
            .inner_join(orgs::table)
            .left_join(copy_holdings::table.on(has))
            .order((orgs::path, memberships::person_id))
            .offset(skip)
            .limit(count)
            .select((persons::id, persons::name, memberships::member_no, orgs::id, orgs::name))
            .into_boxed();
        within!(query, paths);
        query.filter(memberships::valid_to.is_null().and(copy_holdings::id.is_null())).load(c)
    })?)
}

/// The branches of these sub-trees that have no copy of their own.
pub fn branches_without(
    conn: &mut Conn,
    edition: PrintEditionId,
    paths: &[String],
    skip: i64,
    count: i64,
) -> Result<Vec<(OrgId, String)>> {
    if paths.is_empty() {
        return Ok(vec![]);
    }
    let has = copy_holdings::org_id
        .eq(orgs::id)
        .and(copy_holdings::edition_id.eq(edition))
        .and(copy_holdings::person_id.is_null())
        .and(copy_holdings::until.is_null());
    Ok(either!(conn, c => {
        let mut query = orgs::table
            .left_join(copy_holdings::table.on(has))
            .order(orgs::path)
            .offset(skip)
            .limit(count)
            .select((orgs::id, orgs::name))
            .into_boxed();
        within!(query, paths);
        query
            .filter(orgs::level.eq(Level::Branch).and(orgs::valid_to.is_null()).and(copy_holdings::id.is_null()))
            .load(c)
    })?)
}

/// A move as pages show it.
#[derive(Debug, Clone)]
pub struct Past {
    pub kind: Kind,
    pub pile: Pile,
    pub count: i32,
    pub from: Option<String>,
    pub to: Option<String>,
    pub person: Option<String>,
    pub proxy: Option<String>,
    pub by: String,
    pub day: NaiveDate,
    pub at: Timestamp,
    /// `None` where nothing was written, or retention has erased it.
    pub reason: Option<String>,
}

type Row = (
    (Kind, Pile, i32),
    (Option<OrgId>, Option<OrgId>),
    (Option<PersonId>, Option<PersonId>),
    AccountId,
    (NaiveDate, Timestamp),
    Option<String>,
);

/// The columns of a move, with what was written to it.
macro_rules! rows {
    () => {
        copy_moves::table.left_join(copy_reasons::table).select((
            (copy_moves::kind, copy_moves::pile, copy_moves::count),
            (copy_moves::from_org, copy_moves::to_org),
            (copy_moves::person_id, copy_moves::proxy_id),
            copy_moves::recorded_by,
            (copy_moves::day, copy_moves::recorded_at),
            copy_reasons::text.nullable(),
        ))
    };
}

/// What an organisation ordered, got, gave and lost, the newest first; hand-outs to members are on their own list.
pub fn moves_of(
    conn: &mut Conn,
    edition: PrintEditionId,
    org: OrgId,
    skip: i64,
    count: i64,
) -> Result<Vec<Past>> {
    let is_it = copy_moves::edition_id
        .eq(edition)
        .and(copy_moves::person_id.is_null())
        .and(copy_moves::from_org.eq(org).or(copy_moves::to_org.eq(org)));
    let rows: Vec<Row> = either!(conn, c => rows!()
        .filter(is_it)
        .order(copy_moves::id.desc())
        .offset(skip)
        .limit(count)
        .load(c))?;
    named(conn, rows)
}

/// What happened to a member's copies of an edition, the newest first.
pub fn past_of(conn: &mut Conn, edition: PrintEditionId, person: PersonId) -> Result<Vec<Past>> {
    let is_it = copy_moves::edition_id.eq(edition).and(copy_moves::person_id.eq(person));
    let rows: Vec<Row> =
        either!(conn, c => rows!().filter(is_it).order(copy_moves::id.desc()).limit(100).load(c))?;
    named(conn, rows)
}

/// The rows of a page with the names of today.
fn named(conn: &mut Conn, rows: Vec<Row>) -> Result<Vec<Past>> {
    let ids = rows.iter().flat_map(|row| [row.1.0, row.1.1]).flatten();
    let places = org_names(conn, ids.collect())?;
    let ids = rows.iter().flat_map(|row| [row.2.0, row.2.1]).flatten();
    let people = person_names(conn, ids.collect())?;
    let makers = account_names(conn, rows.iter().map(|row| row.3).collect())?;
    let past = |row: Row| {
        let ((kind, pile, count), (from, to), (person, proxy), by, (day, at), reason) = row;
        let place = |org: Option<OrgId>| org.and_then(|org| places.get(&org).cloned());
        let name = |person: Option<PersonId>| person.and_then(|person| people.get(&person).cloned());
        Past {
            kind,
            pile,
            count,
            from: place(from),
            to: place(to),
            person: name(person),
            proxy: name(proxy),
            by: makers.get(&by).cloned().unwrap_or_default(),
            day,
            at,
            reason,
        }
    };
    Ok(rows.into_iter().map(past).collect())
}

fn org_names(conn: &mut Conn, ids: Vec<OrgId>) -> Result<HashMap<OrgId, String>> {
    let named = orgs::table.filter(orgs::id.eq_any(ids)).select((orgs::id, orgs::name));
    let rows: Vec<(OrgId, String)> = either!(conn, c => named.load(c))?;
    Ok(rows.into_iter().collect())
}

fn person_names(conn: &mut Conn, ids: Vec<PersonId>) -> Result<HashMap<PersonId, String>> {
    let named = persons::table.filter(persons::id.eq_any(ids)).select((persons::id, persons::name));
    let rows: Vec<(PersonId, String)> = either!(conn, c => named.load(c))?;
    Ok(rows.into_iter().collect())
}

fn account_names(conn: &mut Conn, ids: Vec<AccountId>) -> Result<HashMap<AccountId, String>> {
    let named = accounts::table
        .inner_join(persons::table)
        .filter(accounts::id.eq_any(ids))
        .select((accounts::id, persons::name));
    let rows: Vec<(AccountId, String)> = either!(conn, c => named.load(c))?;
    Ok(rows.into_iter().collect())
}

/// A copy that a person has or had.
#[derive(Queryable, Debug, Clone)]
pub struct Own {
    /// The hand-out, as a case names it.
    pub id: CopyMoveId,
    pub title: String,
    pub imprint: String,
    /// Who handed it out.
    pub org: String,
    pub since: NaiveDate,
    /// Since when they have it no more.
    pub until: Option<NaiveDate>,
    pub recorded_by: AccountId,
    pub recorded_at: Timestamp,
    pub proxy: Option<PersonId>,
}

/// The copies of a person with the names of who recorded them and who signed, the newest first.
///
/// # Errors
/// Those of the database.
pub fn own(
    conn: &mut Conn,
    person: PersonId,
    skip: i64,
    count: i64,
) -> Result<Vec<(Own, String, Option<String>)>> {
    let rows: Vec<Own> = either!(conn, c => copy_holdings::table
        .inner_join(print_editions::table)
        .inner_join(orgs::table)
        .inner_join(copy_moves::table)
        .filter(copy_holdings::person_id.eq(person))
        .order(copy_holdings::id.desc())
        .offset(skip)
        .limit(count)
        .select((
            copy_moves::id, print_editions::title, print_editions::imprint, orgs::name, copy_holdings::since,
            copy_holdings::until, copy_moves::recorded_by, copy_moves::recorded_at, copy_moves::proxy_id,
        ))
        .load(c))?;
    let makers = account_names(conn, rows.iter().map(|row| row.recorded_by).collect())?;
    let proxies = person_names(conn, rows.iter().filter_map(|row| row.proxy).collect())?;
    let with_names = |row: Own| {
        let by = makers.get(&row.recorded_by).cloned().unwrap_or_default();
        let proxy = row.proxy.and_then(|proxy| proxies.get(&proxy).cloned());
        (row, by, proxy)
    };
    Ok(rows.into_iter().map(with_names).collect())
}

/// A hand-out, as a case is about it.
#[derive(Debug, Clone)]
pub struct HandedOut {
    pub person: PersonId,
    pub edition: PrintEditionId,
    pub title: String,
    pub org: OrgId,
    pub day: NaiveDate,
    pub by: AccountId,
    pub by_name: String,
    pub proxy: Option<String>,
    /// The member has this copy still, as far as the ledger says.
    pub holds: bool,
}

/// A hand-out.
///
/// # Errors
/// Not found.
pub fn about_hand_out(conn: &mut Conn, id: CopyMoveId) -> Result<HandedOut> {
    type Row =
        (PersonId, PrintEditionId, String, OrgId, NaiveDate, AccountId, Option<PersonId>, Option<NaiveDate>);
    let row: Row = either!(conn, c => copy_holdings::table
        .inner_join(copy_moves::table)
        .inner_join(print_editions::table)
        .filter(copy_holdings::move_id.eq(id).and(copy_holdings::person_id.is_not_null()))
        .select((
            copy_holdings::person_id.assume_not_null(), copy_holdings::edition_id, print_editions::title,
            copy_holdings::org_id, copy_holdings::since, copy_moves::recorded_by, copy_moves::proxy_id,
            copy_holdings::until,
        ))
        .first(c))?;
    let (person, edition, title, org, day, by, proxy, until) = row;
    let by_name = account_names(conn, vec![by])?.remove(&by).unwrap_or_default();
    let proxy = match proxy {
        Some(id) => person_names(conn, vec![id])?.remove(&id),
        None => None,
    };
    Ok(HandedOut { person, edition, title, org, day, by, by_name, proxy, holds: until.is_none() })
}

/// The titles of what was handed out.
///
/// # Errors
/// Those of the database.
pub fn titles_of(conn: &mut Conn, ids: &[CopyMoveId]) -> Result<Vec<(CopyMoveId, String)>> {
    Ok(either!(conn, c => copy_moves::table
        .inner_join(print_editions::table)
        .filter(copy_moves::id.eq_any(ids.to_vec()))
        .select((copy_moves::id, print_editions::title))
        .load(c))?)
}
