//! Organisations of an import: what hangs on them, and what changes written by the rules of `organization`.
use super::super::meanwhile;
use super::super::orgs::{Act, Parent};
use crate::clock::{self, Timestamp};
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::ids::OrgId;
use crate::organization::{self, Level, after};
use crate::roster::TransferState;
use crate::schema::{
    host_stays, memberships, office_terms, org_placements, orgs, school_branches, schools, transfers,
};
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};

/// Organisations that have members, guests, office holders, open transfers, others below them, or schools.
pub fn busy(conn: &mut Conn) -> Result<HashSet<i64>> {
    let homes: Vec<i64> = either!(conn, c => memberships::table.filter(memberships::valid_to.is_null()).select(memberships::branch_id).distinct().load(c))?;
    let above: Vec<i64> = either!(conn, c => org_placements::table
        .inner_join(orgs::table.on(orgs::id.eq(org_placements::org_id)))
        .filter(org_placements::valid_to.is_null().and(orgs::valid_to.is_null()))
        .select(org_placements::parent_id)
        .distinct()
        .load(c))?;
    let hosts: Vec<i64> = either!(conn, c => schools::table.filter(schools::valid_to.is_null()).select(schools::host_org_id).distinct().load(c))?;
    let served: Vec<i64> = either!(conn, c => school_branches::table.filter(school_branches::valid_to.is_null()).select(school_branches::branch_id).distinct().load(c))?;
    let offices: Vec<i64> = either!(conn, c => office_terms::table.filter(office_terms::valid_to.is_null()).select(office_terms::org_id).distinct().load(c))?;
    let guests: Vec<i64> = either!(conn, c => host_stays::table.filter(host_stays::valid_to.is_null()).select(host_stays::host_branch_id).distinct().load(c))?;
    let moving: Vec<(Option<i64>, Option<i64>)> = either!(conn, c => transfers::table.filter(transfers::state.eq(TransferState::Proposed)).select((transfers::from_branch_id, transfers::to_branch_id)).load(c))?;
    let moving: Vec<i64> = moving.into_iter().flat_map(|(from, to)| [from, to]).flatten().collect();
    Ok([homes, above, hosts, served, offices, guests, moving].concat().into_iter().collect())
}

/// Holds the root of the tree until the transaction ends: nobody else moves what was read of it.
///
/// # Errors
/// Those of the database.
pub fn hold(conn: &mut Conn) -> Result<()> {
    let open = orgs::level.eq(Level::City).and(orgs::valid_to.is_null());
    let root: Option<OrgId> =
        either!(conn, c => orgs::table.filter(open).order(orgs::id).select(orgs::id).first(c).optional())?;
    root.map_or(Ok(()), |root| organization::lock(conn, root))
}

/// Writes what an import changes: the organisations it concerns, in the order of `acts`.
///
/// # Errors
/// [`Error::Refused`] where the tree has changed meanwhile.
pub fn write(conn: &mut Conn, acts: &[Act], now: Timestamp) -> Result<Vec<i64>> {
    let today = clock::day(now);
    // From the top down: a row may stand below another row.
    let mut order: Vec<usize> = (0..acts.len()).collect();
    order.sort_by_key(|place| (acts[*place].level.depth(), acts[*place].line));
    let mut lines: HashMap<usize, i64> = HashMap::new();
    let mut subjects = vec![0; acts.len()];
    for place in order {
        let act = &acts[place];
        let parent = match act.parent {
            Some(Parent::Known(id)) => Some(id),
            Some(Parent::Line(line)) => Some(*lines.get(&line).ok_or_else(|| Error::Refused(meanwhile()))?),
            None => None,
        };
        let id = match act.id {
            None => organization::add(conn, parent.map(OrgId), act.level, act.kind, &act.name, today)?.0,
            Some(id) => {
                let old = organization::find(conn, OrgId(id))?;
                if old.name != act.name {
                    organization::rename(conn, OrgId(id), &act.name, today)?;
                }
                if old.kind != act.kind {
                    organization::change_kind(conn, OrgId(id), act.kind, today)?;
                }
                if let Some(parent) = parent {
                    organization::relocate(conn, OrgId(id), OrgId(parent), now)?;
                }
                id
            }
        };
        if act.ends {
            organization::close(conn, OrgId(id), today)?;
        }
        lines.insert(act.line, id);
        subjects[place] = id;
    }
    Ok(subjects)
}

/// Makes the paths of these organisations, and of all below them, follow their placements again.
pub fn follow_placements(conn: &mut Conn, ids: &[i64]) -> Result<()> {
    let mut found: Vec<(i64, String)> = vec![];
    for id in ids {
        found.extend(
            either!(conn, c => orgs::table.find(id).select((orgs::id, orgs::path)).first(c).optional())?,
        );
    }
    // Those higher up first: what is below them has moved with them.
    found.sort_by_key(|one| one.1.matches('/').count());
    for (id, _) in found {
        let open = org_placements::org_id.eq(id).and(org_placements::valid_to.is_null());
        let parent: Option<i64> = either!(conn, c => org_placements::table.filter(open).select(org_placements::parent_id).first(c).optional())?;
        let Some(parent) = parent else { continue };
        let above: String = either!(conn, c => orgs::table.find(parent).select(orgs::path).first(c))?;
        let path: String = either!(conn, c => orgs::table.find(id).select(orgs::path).first(c))?;
        let wanted = format!("{above}{id}/");
        if path == wanted {
            continue;
        }
        let below: Vec<(i64, String)> = either!(conn, c => orgs::table
            .filter(orgs::path.ge(&path).and(orgs::path.lt(after(&path))))
            .select((orgs::id, orgs::path))
            .load(c))?;
        for (id, old) in below {
            let new = format!("{wanted}{}", &old[path.len()..]);
            either!(conn, c => diesel::update(orgs::table.find(id)).set(orgs::path.eq(new)).execute(c))?;
        }
    }
    Ok(())
}
