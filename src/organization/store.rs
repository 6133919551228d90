//! Rows of the tree.
use super::{Level, OrgKind};
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::OrgId;
use crate::schema::{org_placements, orgs};
use chrono::NaiveDate;
use diesel::prelude::*;

#[derive(Queryable, Selectable, Debug, Clone, PartialEq, Eq)]
#[diesel(table_name = orgs)]
pub struct Org {
    pub id: OrgId,
    pub level: Level,
    pub kind: OrgKind,
    pub name: String,
    /// The ids from the root to here: `/1/7/42/`.
    pub path: String,
}

/// The first text after all those that begin with `prefix`, which ends in a slash.
pub(crate) fn after(prefix: &str) -> String {
    format!("{}0", prefix.trim_end_matches('/'))
}

pub fn find(conn: &mut Conn, id: OrgId) -> Result<Org> {
    Ok(either!(conn, c => orgs::table.find(id).select(Org::as_select()).first(c))?)
}

/// The organisations of one level below `path`, in the order of the tree, `count` at most.
pub fn within(conn: &mut Conn, path: &str, level: Level, count: i64) -> Result<Vec<Org>> {
    Ok(either!(conn, c => orgs::table
        .filter(orgs::path.ge(path).and(orgs::path.lt(after(path))).and(orgs::level.eq(level)).and(orgs::valid_to.is_null()))
        .order(orgs::path)
        .limit(count)
        .select(Org::as_select())
        .load(c))?)
}

/// Adds the node; its path is complete when this returns.
pub(super) fn insert(
    conn: &mut Conn,
    level: Level,
    kind: OrgKind,
    name: &str,
    above: &str,
    from: NaiveDate,
) -> Result<OrgId> {
    let row = (
        orgs::level.eq(level),
        orgs::kind.eq(kind),
        orgs::name.eq(name),
        // unique until the id is known
        orgs::path.eq(crate::ids::random_hex(16)),
        orgs::valid_from.eq(from),
    );
    let id: OrgId =
        either!(conn, c => diesel::insert_into(orgs::table).values(row).returning(orgs::id).get_result(c))?;
    either!(conn, c => diesel::update(orgs::table.find(id)).set(orgs::path.eq(format!("{above}{id}/"))).execute(c))?;
    Ok(id)
}

pub(super) fn place(conn: &mut Conn, org: OrgId, parent: OrgId, from: NaiveDate) -> Result<()> {
    let row = (
        org_placements::org_id.eq(org),
        org_placements::parent_id.eq(parent),
        org_placements::valid_from.eq(from),
    );
    either!(conn, c => diesel::insert_into(org_placements::table).values(row).execute(c))?;
    Ok(())
}

/// Ends the open placement; one that began today was never in force and goes.
pub(super) fn end_placement(conn: &mut Conn, org: OrgId, day: NaiveDate) -> Result<()> {
    let open = org_placements::org_id.eq(org).and(org_placements::valid_to.is_null());
    either!(conn, c => diesel::delete(org_placements::table.filter(open).filter(org_placements::valid_from.ge(day))).execute(c))?;
    either!(conn, c => diesel::update(org_placements::table.filter(open)).set(org_placements::valid_to.eq(day)).execute(c))?;
    Ok(())
}

/// Rewrites the paths of a node and all below it.
pub(super) fn rebase(conn: &mut Conn, old: &str, new: &str) -> Result<()> {
    let moved: Vec<(OrgId, String)> = either!(conn, c => orgs::table
        .filter(orgs::path.ge(old).and(orgs::path.lt(after(old))))
        .select((orgs::id, orgs::path))
        .load(c))?;
    for (id, path) in moved {
        let path = format!("{new}{}", &path[old.len()..]);
        either!(conn, c => diesel::update(orgs::table.find(id)).set(orgs::path.eq(path)).execute(c))?;
    }
    Ok(())
}
