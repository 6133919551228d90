//! The figures of guidance for the pages of coverage: who has a contact, who was visited, what became of findings. Every sum is the
//! sum of its branches, because it is made of them.
use super::store::coverage::{self as rows, Node};
use super::store::findings;
use super::{Half, State, overdue_until};
use crate::db::Conn;
use crate::error::Result;
use crate::ids::OrgId;
use crate::organization::Level;
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// What is counted of some branches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub branches: i64,
    /// On the list of a committee's group today.
    pub with_contact: i64,
    /// Visited at least once in the half-year.
    pub visited: i64,
    /// Findings that nobody has verified, whenever they were made; those overdue are among them.
    pub open: i64,
    pub overdue: i64,
    /// Findings of the half-year's visits that were verified.
    pub verified: i64,
}

impl Counts {
    fn add(&mut self, other: Counts) {
        self.branches += other.branches;
        self.with_contact += other.with_contact;
        self.visited += other.visited;
        self.open += other.open;
        self.overdue += other.overdue;
        self.verified += other.verified;
    }
}

/// The figures of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    pub org: OrgId,
    pub name: String,
    pub path: String,
    pub level: Level,
    pub counts: Counts,
}

/// The figures of a scope in a half-year: as a whole, and by what is directly below it, in the order of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    pub whole: Counts,
    pub children: Vec<Share>,
}

/// Paths without those that lie below another one of them.
fn outermost(paths: &[String]) -> Vec<String> {
    let mut sorted: Vec<String> = paths.to_vec();
    sorted.sort_unstable();
    let mut kept: Vec<String> = vec![];
    for path in sorted {
        if !kept.iter().any(|above| path.starts_with(above.as_str())) {
            kept.push(path);
        }
    }
    kept
}

/// The figures of each branch of the scope, and the other organisations of it.
fn leaves(
    conn: &mut Conn,
    paths: &[String],
    half: Half,
    today: NaiveDate,
) -> Result<(Vec<Node>, BTreeMap<OrgId, Counts>)> {
    let (first, until) = (half.first_day(), overdue_until(conn, today)?);
    let nodes = rows::nodes(conn, paths)?;
    let covered: BTreeSet<OrgId> = rows::with_contact(conn, paths)?.into_iter().collect();
    let visited: BTreeSet<OrgId> = rows::visited(conn, paths, (first, half.end()))?.into_iter().collect();
    let mut counts: BTreeMap<OrgId, Counts> = nodes
        .iter()
        .filter(|node| node.level == Level::Branch)
        .map(|node| {
            let (with_contact, visited) = (covered.contains(&node.id), visited.contains(&node.id));
            let (with_contact, visited) = (i64::from(with_contact), i64::from(visited));
            (node.id, Counts { branches: 1, with_contact, visited, ..Counts::default() })
        })
        .collect();
    for (org, state, is_past, n) in findings::counts(conn, paths, (first, until))? {
        let Some(counts) = counts.get_mut(&org) else { continue };
        if state == State::Verified {
            counts.verified += n;
        } else {
            counts.open += n;
            counts.overdue += if is_past && state.waits_for_branch() { n } else { 0 };
        }
    }
    Ok((nodes, counts))
}

/// The figures of the branches below these paths in a half-year; contacts, open and overdue findings as of today.
///
/// # Errors
/// Those of the database.
pub fn coverage(conn: &mut Conn, paths: &[String], half: Half, today: NaiveDate) -> Result<Coverage> {
    let paths = outermost(paths);
    let (nodes, leaves) = leaves(conn, &paths, half, today)?;
    // Of one scope what is below it, of several the scopes themselves. The whole city is one organisation.
    let depth = |path: &str| path.matches('/').count() - 1;
    let split = match paths.as_slice() {
        [one] => depth(one).max(1) + 1,
        _ => paths.iter().map(|path| depth(path)).min().unwrap_or_default(),
    };
    let mut whole = Counts::default();
    let mut children: BTreeMap<String, Counts> = BTreeMap::new();
    for node in &nodes {
        let Some(counts) = leaves.get(&node.id) else { continue };
        let scope =
            paths.iter().find(|path| node.path.starts_with(path.as_str())).map_or(0, |path| depth(path));
        let cut: String = node.path.split_inclusive('/').take(1 + split.max(scope)).collect();
        whole.add(*counts);
        children.entry(cut).or_default().add(*counts);
    }
    let by_path: BTreeMap<&str, &Node> = nodes.iter().map(|node| (node.path.as_str(), node)).collect();
    let children = children.into_iter().filter_map(|(path, counts)| {
        let node = by_path.get(path.as_str())?;
        Some(Share { org: node.id, name: node.name.clone(), level: node.level, path, counts })
    });
    Ok(Coverage { whole, children: children.collect() })
}

/// The figures of single branches in the order of the tree, `count` after the first `skip`.
///
/// # Errors
/// Those of the database.
pub fn branches(
    conn: &mut Conn,
    paths: &[String],
    (half, today): (Half, NaiveDate),
    (skip, count): (usize, usize),
) -> Result<Vec<Share>> {
    let (nodes, leaves) = leaves(conn, &outermost(paths), half, today)?;
    let rows = nodes.into_iter().filter_map(|node| {
        let counts = *leaves.get(&node.id)?;
        Some(Share { org: node.id, name: node.name, path: node.path, level: node.level, counts })
    });
    Ok(rows.skip(skip).take(count).collect())
}

/// A count as a band: nobody is listed by the last one.
pub fn band(count: i64) -> &'static str {
    match count {
        ..=0 => "0",
        1..=2 => "1–2",
        3..=5 => "3–5",
        _ => "6+",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_within_another_counts_once() {
        let paths = ["/1/7/".to_owned(), "/1/7/42/".into(), "/1/70/".into(), "/1/7/".into()];
        assert_eq!(outermost(&paths), ["/1/7/", "/1/70/"]);
        assert_eq!([0, 1, 2, 3, 5, 6, 60].map(band), ["0", "1–2", "1–2", "3–5", "3–5", "6+", "6+"]);
    }
}
