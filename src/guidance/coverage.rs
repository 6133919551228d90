//! The figures of guidance for the pages of coverage: who has a contact, who was visited, what became of findings. Every sum is the
//! sum of its branches, because it is made of them. The page, the files and JSON all take them from `coverage`.
//!
//! Of a half-year that is over they are those of its last day: the lists and members of that day, and findings as far as they had
//! come by then. Branches count where they belong now.
use super::store::coverage::{self as rows, Contacts, Node};
use super::{Half, State, Tier, overdue_until};
use crate::clock;
use crate::db::Conn;
use crate::error::Result;
use crate::ids::{FindingId, OrgId};
use crate::organization::Level;
use chrono::{Duration, NaiveDate};
use std::collections::{BTreeMap, BTreeSet};

/// Half-years that a trend shows.
pub const TREND: usize = 6;
/// Half-years that can be chosen.
const HALVES: usize = 40;

/// What is counted of some branches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub branches: i64,
    /// On the list of a committee's group of which a member can go there.
    pub with_contact: i64,
    /// Visited at least once in the half-year.
    pub visited: i64,
    /// In a newest plan of the half-year, and not visited in it.
    pub planned: i64,
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
        self.planned += other.planned;
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
    /// Of a branch that is planned: the day.
    pub planned_for: Option<NaiveDate>,
}

/// How many branches there were in a half-year, and how many of them were visited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Past {
    pub half: Half,
    pub branches: i64,
    pub visited: i64,
}

/// The figures of a scope in a half-year: as a whole, by what is directly below it, in the order of the tree, and how it went before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    pub half: Half,
    /// The figures are those of this day; of today where the half-year is not over.
    pub day: NaiveDate,
    pub is_over: bool,
    pub whole: Counts,
    pub children: Vec<Share>,
    /// The last half-years up to this one, the oldest first.
    pub trend: Vec<Past>,
    /// Those that can be asked for, the newest first.
    pub halves: Vec<Half>,
}

/// A finding as it stood on the day of the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    pub id: FindingId,
    pub org: OrgId,
    pub state: State,
    pub is_late: bool,
}

/// The half-years that there were, the newest first: from the one in which the first list was made to this one.
fn halves(conn: &mut Conn, today: NaiveDate) -> Result<Vec<Half>> {
    let this = Half::of(today);
    let first = rows::first_day(conn)?.map_or(this, Half::of);
    let all = std::iter::successors(Some(this), |half| Some(half.previous()));
    Ok(all.take_while(|half| *half == this || half.first_day() >= first.first_day()).take(HALVES).collect())
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

/// The findings below these paths that count in a half-year, as they stood on its day: those that nobody had verified, and those of
/// its visits.
///
/// # Errors
/// Those of the database.
pub fn found(conn: &mut Conn, paths: &[String], half: Half, today: NaiveDate) -> Result<Vec<Found>> {
    let (since, day) = (half.first_day(), half.as_of(today));
    let until = overdue_until(conn, day)?;
    let is_over = half.end() <= today;
    let mut made = rows::made(conn, paths, day, (!is_over).then_some(since))?;
    if is_over && let (Some(first), Some(last)) = (made.first(), made.last()) {
        // What happened later is not known yet on that day.
        let (ids, moment) = ((first.id, last.id), clock::midnight(day + Duration::days(1)));
        let mut then: BTreeMap<FindingId, (State, Option<NaiveDate>)> = BTreeMap::new();
        for (id, state, promised) in rows::steps_before(conn, ids, moment)? {
            let before = then.get(&id).and_then(|step| step.1);
            then.insert(id, (state, promised.or(before)));
        }
        for one in &mut made {
            (one.state, one.promised_for) = then.get(&one.id).copied().unwrap_or((State::Open, None));
        }
        made.retain(|one| one.state != State::Verified || one.found_on >= since);
    }
    let found = |one: rows::Made| {
        let is_past = one.promised_for.is_some_and(|day| day <= until);
        Found { id: one.id, org: one.org, state: one.state, is_late: is_past && one.state.waits_for_branch() }
    };
    Ok(made.into_iter().map(found).collect())
}

/// The figures of each branch of the scope, and what they are made of.
struct Leaves {
    /// The organisations of the scope, also those that are not there any more.
    nodes: Vec<Node>,
    counts: BTreeMap<OrgId, Counts>,
    planned: BTreeMap<OrgId, NaiveDate>,
    /// Days of visits, from the first half-year of the trend on.
    visited: Vec<(OrgId, NaiveDate)>,
}

impl Leaves {
    fn load(
        conn: &mut Conn,
        paths: &[String],
        (half, today): (Half, NaiveDate),
        from: NaiveDate,
    ) -> Result<Leaves> {
        let day = half.as_of(today);
        let nodes = rows::nodes(conn, paths)?;
        let contacts = Contacts::on(conn, day)?;
        let lists = rows::lists(conn, Tier::Committee, paths, day)?;
        let covered: BTreeSet<OrgId> =
            lists.iter().filter(|one| contacts.guide(one)).map(|one| one.org).collect();
        let of: BTreeMap<OrgId, _> = lists.iter().map(|one| (one.org, one.group)).collect();
        let visited = rows::visited(conn, paths, (from, half.end()))?;
        let been: BTreeSet<OrgId> =
            visited.iter().filter(|(_, on)| Half::of(*on) == half).map(|(org, _)| *org).collect();
        let mut planned: BTreeMap<OrgId, NaiveDate> = BTreeMap::new();
        for (org, on, group, tier) in rows::planned(conn, paths, (half.first_day(), day))? {
            // What a committee's group has given away since is not its own to visit.
            let is_theirs = tier == Tier::City || of.get(&org).copied().flatten() == Some(group);
            if is_theirs && !been.contains(&org) {
                planned.entry(org).or_insert(on);
            }
        }
        let mut counts: BTreeMap<OrgId, Counts> = nodes
            .iter()
            .filter(|node| node.is_branch_on(day))
            .map(|node| {
                let counts = Counts {
                    branches: 1,
                    with_contact: i64::from(covered.contains(&node.id)),
                    visited: i64::from(been.contains(&node.id)),
                    planned: i64::from(planned.contains_key(&node.id)),
                    ..Counts::default()
                };
                (node.id, counts)
            })
            .collect();
        for one in found(conn, paths, half, today)? {
            let Some(counts) = counts.get_mut(&one.org) else { continue };
            if one.state == State::Verified {
                counts.verified += 1;
            } else {
                counts.open += 1;
                counts.overdue += i64::from(one.is_late);
            }
        }
        Ok(Leaves { nodes, counts, planned, visited })
    }
    /// How it was in a half-year.
    fn past(&self, half: Half, today: NaiveDate) -> Past {
        let day = half.as_of(today);
        let there: BTreeSet<OrgId> =
            self.nodes.iter().filter(|node| node.is_branch_on(day)).map(|node| node.id).collect();
        let been: BTreeSet<OrgId> = self
            .visited
            .iter()
            .filter(|(org, on)| Half::of(*on) == half && there.contains(org))
            .map(|(org, _)| *org)
            .collect();
        Past { half, branches: there.len() as i64, visited: been.len() as i64 }
    }
}

/// The figures of the branches below these paths in a half-year: of one that is over on its last day, otherwise today.
///
/// # Errors
/// Those of the database.
pub fn coverage(conn: &mut Conn, paths: &[String], half: Half, today: NaiveDate) -> Result<Coverage> {
    let paths = outermost(paths);
    let halves = halves(conn, today)?;
    let mut shown: Vec<Half> =
        halves.iter().copied().filter(|one| one.first_day() < half.first_day()).take(TREND - 1).collect();
    shown.insert(0, half);
    shown.reverse();
    let leaves = Leaves::load(conn, &paths, (half, today), shown[0].first_day())?;
    let trend = shown.into_iter().map(|one| leaves.past(one, today)).collect();
    // Of one scope what is below it, of several the scopes themselves. The whole city is one organisation.
    let depth = |path: &str| path.matches('/').count() - 1;
    let split = match paths.as_slice() {
        [one] => depth(one).max(1) + 1,
        _ => paths.iter().map(|path| depth(path)).min().unwrap_or_default(),
    };
    let mut whole = Counts::default();
    let mut children: BTreeMap<String, Counts> = BTreeMap::new();
    for node in &leaves.nodes {
        let Some(counts) = leaves.counts.get(&node.id) else { continue };
        let scope =
            paths.iter().find(|path| node.path.starts_with(path.as_str())).map_or(0, |path| depth(path));
        let cut: String = node.path.split_inclusive('/').take(1 + split.max(scope)).collect();
        whole.add(*counts);
        children.entry(cut).or_default().add(*counts);
    }
    let by_path: BTreeMap<&str, &Node> = leaves.nodes.iter().map(|node| (node.path.as_str(), node)).collect();
    let children = children.into_iter().filter_map(|(path, counts)| {
        let node = by_path.get(path.as_str())?;
        Some(Share {
            org: node.id,
            name: node.name.clone(),
            level: node.level,
            path,
            counts,
            planned_for: leaves.planned.get(&node.id).copied(),
        })
    });
    Ok(Coverage {
        half,
        day: half.as_of(today),
        is_over: half.end() <= today,
        whole,
        children: children.collect(),
        trend,
        halves,
    })
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
    let Leaves { nodes, counts, planned, .. } =
        Leaves::load(conn, &outermost(paths), (half, today), half.first_day())?;
    let rows = nodes.into_iter().filter_map(|node| {
        let (counts, planned_for) = (*counts.get(&node.id)?, planned.get(&node.id).copied());
        Some(Share { org: node.id, name: node.name, path: node.path, level: node.level, counts, planned_for })
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
