//! What the figures are made of: one query each, along an index.
use super::within;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::guidance::Tier;
use crate::ids::OrgId;
use crate::organization::Level;
use crate::schema::{guidance_assignments, guidance_visits, orgs};
use chrono::NaiveDate;
use diesel::prelude::*;

/// An organisation of the tree.
#[derive(Debug, Clone, Queryable)]
pub struct Node {
    pub id: OrgId,
    pub level: Level,
    pub name: String,
    pub path: String,
}

/// The organisations of these sub-trees down to branches, in the order of the tree.
pub fn nodes(conn: &mut Conn, paths: &[String]) -> Result<Vec<Node>> {
    if paths.is_empty() {
        return Ok(vec![]);
    }
    Ok(
        either!(conn, c => within!(orgs::table.select((orgs::id, orgs::level, orgs::name, orgs::path)).into_boxed(), paths)
        .filter(orgs::valid_to.is_null().and(orgs::level.ne(Level::Group)))
        .order(orgs::path)
        .load(c))?,
    )
}

/// The branches of these sub-trees that are on a list.
pub fn with_contact(conn: &mut Conn, paths: &[String]) -> Result<Vec<OrgId>> {
    if paths.is_empty() {
        return Ok(vec![]);
    }
    Ok(either!(conn, c => within!(guidance_assignments::table
        .inner_join(orgs::table)
        .select(guidance_assignments::org_id)
        .into_boxed(), paths)
        .filter(guidance_assignments::tier.eq(Tier::Committee).and(guidance_assignments::valid_to.is_null()))
        .load(c))?)
}

/// What of these sub-trees was visited in `[from, to)`.
pub fn visited(conn: &mut Conn, paths: &[String], (from, to): (NaiveDate, NaiveDate)) -> Result<Vec<OrgId>> {
    if paths.is_empty() {
        return Ok(vec![]);
    }
    Ok(either!(conn, c => within!(guidance_visits::table
        .inner_join(orgs::table)
        .select(guidance_visits::org_id)
        .distinct()
        .into_boxed(), paths)
        .filter(guidance_visits::day.ge(from).and(guidance_visits::day.lt(to)))
        .load(c))?)
}
