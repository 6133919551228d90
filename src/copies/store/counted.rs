//! What coverage adds up: members and branches with a copy on a day, in the order of indexes.
use super::within;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{OrgId, PrintEditionId};
use crate::organization::{Level, Org, after};
use crate::schema::{copy_holdings, memberships, orgs};
use chrono::NaiveDate;
use diesel::prelude::*;
use std::collections::HashMap;

/// The organisations of these sub-trees on a day, groups left out, in the order of their paths.
pub fn orgs_within(conn: &mut Conn, paths: &[String], day: NaiveDate) -> Result<Vec<Org>> {
    if paths.is_empty() {
        return Ok(vec![]);
    }
    Ok(either!(conn, c => {
        let mut query = orgs::table
            .select((orgs::id, orgs::level, orgs::kind, orgs::name, orgs::path))
            .order(orgs::path)
            .into_boxed();
        within!(query, paths);
        query
            .filter(orgs::level.ne(Level::Group).and(orgs::valid_from.le(day)))
            .filter(orgs::valid_to.is_null().or(orgs::valid_to.gt(day)))
            .load(c)
    })?)
}

/// Of each branch: its members on a day, and how many of them have a copy of the edition.
pub fn members_by_branch(
    conn: &mut Conn,
    edition: PrintEditionId,
    paths: &[String],
    day: NaiveDate,
) -> Result<HashMap<OrgId, (i64, i64)>> {
    if paths.is_empty() {
        return Ok(HashMap::new());
    }
    let has = copy_holdings::person_id
        .eq(memberships::person_id.nullable())
        .and(copy_holdings::edition_id.eq(edition))
        .and(copy_holdings::since.le(day))
        .and(copy_holdings::until.is_null().or(copy_holdings::until.gt(day)));
    let rows: Vec<(OrgId, i64, i64)> = either!(conn, c => {
        let mut query = memberships::table
            .inner_join(orgs::table)
            .left_join(copy_holdings::table.on(has))
            .group_by(memberships::branch_id)
            .select((
                memberships::branch_id,
                diesel::dsl::count(memberships::person_id),
                diesel::dsl::count(copy_holdings::id.nullable()),
            ))
            .into_boxed();
        within!(query, paths);
        query
            .filter(memberships::valid_from.le(day))
            .filter(memberships::valid_to.is_null().or(memberships::valid_to.gt(day)))
            .load(c)
    })?;
    Ok(rows.into_iter().map(|(org, total, with)| (org, (total, with))).collect())
}

/// The branches that have a copy of their own on a day.
pub fn branches_with(
    conn: &mut Conn,
    edition: PrintEditionId,
    paths: &[String],
    day: NaiveDate,
) -> Result<HashMap<OrgId, (i64, i64)>> {
    if paths.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<OrgId> = either!(conn, c => {
        let mut query = copy_holdings::table.inner_join(orgs::table).select(orgs::id).into_boxed();
        within!(query, paths);
        query
            .filter(copy_holdings::edition_id.eq(edition).and(copy_holdings::person_id.is_null()))
            .filter(copy_holdings::since.le(day))
            .filter(copy_holdings::until.is_null().or(copy_holdings::until.gt(day)))
            .load(c)
    })?;
    Ok(rows.into_iter().map(|org| (org, (0, 0))).collect())
}

/// Of each edition: how many members of these sub-trees have a copy today, and how many branches have their own.
pub fn with_by_edition(conn: &mut Conn, paths: &[String]) -> Result<HashMap<PrintEditionId, (i64, i64)>> {
    if paths.is_empty() {
        return Ok(HashMap::new());
    }
    let members: Vec<(PrintEditionId, i64)> = either!(conn, c => {
        let mut query = copy_holdings::table
            .inner_join(memberships::table.on(memberships::person_id.nullable().eq(copy_holdings::person_id)))
            .inner_join(orgs::table.on(orgs::id.eq(memberships::branch_id)))
            .group_by(copy_holdings::edition_id)
            .select((copy_holdings::edition_id, diesel::dsl::count(memberships::person_id)))
            .into_boxed();
        within!(query, paths);
        query.filter(memberships::valid_to.is_null().and(copy_holdings::until.is_null())).load(c)
    })?;
    let branches: Vec<(PrintEditionId, i64)> = either!(conn, c => {
        let mut query = copy_holdings::table
            .inner_join(orgs::table.on(orgs::id.eq(copy_holdings::org_id)))
            .group_by(copy_holdings::edition_id)
            .select((copy_holdings::edition_id, diesel::dsl::count(orgs::id)))
            .into_boxed();
        within!(query, paths);
        query
            .filter(copy_holdings::person_id.is_null().and(copy_holdings::until.is_null()))
            .filter(orgs::valid_to.is_null())
            .load(c)
    })?;
    let mut counts: HashMap<PrintEditionId, (i64, i64)> = HashMap::new();
    for (id, n) in members {
        counts.entry(id).or_default().0 = n;
    }
    for (id, n) in branches {
        counts.entry(id).or_default().1 = n;
    }
    Ok(counts)
}

/// How many members and how many branches these sub-trees have today.
pub fn totals(conn: &mut Conn, paths: &[String]) -> Result<(i64, i64)> {
    if paths.is_empty() {
        return Ok((0, 0));
    }
    let members = either!(conn, c => {
        let mut query =
            memberships::table.inner_join(orgs::table).select(diesel::dsl::count(memberships::id)).into_boxed();
        within!(query, paths);
        query.filter(memberships::valid_to.is_null()).first::<i64>(c)
    })?;
    let branches = either!(conn, c => {
        let mut query = orgs::table.select(diesel::dsl::count(orgs::id)).into_boxed();
        within!(query, paths);
        query.filter(orgs::level.eq(Level::Branch).and(orgs::valid_to.is_null())).first::<i64>(c)
    })?;
    Ok((members, branches))
}
