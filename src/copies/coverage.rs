//! Who has a copy and who has none, for one edition and one day, down the tree: every figure is the sum of those below it.
use super::{Rule, store};
use crate::db::Conn;
use crate::error::Result;
use crate::ids::{OrgId, PrintEditionId};
use crate::organization::{Level, Org};
use chrono::NaiveDate;
use std::collections::HashMap;

/// How many have it, and how many do not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    pub with: i64,
    pub without: i64,
}

impl Share {
    pub fn total(self) -> i64 {
        self.with + self.without
    }
    fn of(with: i64, total: i64) -> Share {
        Share { with, without: total - with }
    }
    fn add(&mut self, other: Share) {
        self.with += other.with;
        self.without += other.without;
    }
}

/// What is covered of an organisation.
#[derive(Clone, Debug)]
pub struct Child {
    pub org: OrgId,
    pub name: String,
    pub level: Level,
    pub members: Share,
    pub branches: Share,
}

/// What is covered of the asked-for part of the tree.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// Members of the day; none where a copy is for each branch.
    pub members: Share,
    /// Where a copy is for each branch: branches that have it. Where it is for each member: branches in which nobody lacks one.
    pub branches: Share,
    /// The organisations directly below the one asked for, in the order of the tree; of several asked for, these.
    pub children: Vec<Child>,
}

/// Counts the members and branches of these sub-trees that have a copy on `day`. A copy counts where the member belongs on that
/// day, wherever it was handed out.
///
/// # Errors
/// Not found if there is no such edition.
pub fn coverage(conn: &mut Conn, id: PrintEditionId, paths: &[String], day: NaiveDate) -> Result<Coverage> {
    let rule = store::edition(conn, id)?.rule;
    let orgs = store::orgs_within(conn, paths, day)?;
    let counted = match rule {
        Rule::Member => store::members_by_branch(conn, id, paths, day)?,
        Rule::Branch => store::branches_with(conn, id, paths, day)?,
    };
    Ok(fold(rule, paths, &orgs, &counted))
}

/// Adds up branches. `counted` has members and those with a copy of each branch; where a copy is for each branch, those that have
/// it.
fn fold(rule: Rule, paths: &[String], orgs: &[Org], counted: &HashMap<OrgId, (i64, i64)>) -> Coverage {
    let base = base(paths, orgs);
    let mut whole = Coverage::default();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for branch in orgs.iter().filter(|org| org.level == Level::Branch) {
        let found = counted.get(&branch.id).copied();
        let (members, branches) = match rule {
            Rule::Member => {
                let (total, with) = found.unwrap_or_default();
                // A branch without members lacks nothing.
                (Share::of(with, total), Share::of(i64::from(with == total), 1))
            }
            Rule::Branch => (Share::default(), Share::of(i64::from(found.is_some()), 1)),
        };
        whole.members.add(members);
        whole.branches.add(branches);
        let Some(child) = child_of(&branch.path, &base, orgs) else { continue };
        let place = *places.entry(child.path.as_str()).or_insert_with(|| {
            whole.children.push(Child {
                org: child.id,
                name: child.name.clone(),
                level: child.level,
                members: Share::default(),
                branches: Share::default(),
            });
            whole.children.len() - 1
        });
        whole.children[place].members.add(members);
        whole.children[place].branches.add(branches);
    }
    whole
}

/// What the children lie below: one path, or several of which each is a child itself.
enum Base {
    One(String),
    Several(Vec<String>),
}

fn base(paths: &[String], orgs: &[Org]) -> Base {
    if paths.iter().any(|path| path == "/") {
        let city = orgs.iter().find(|org| org.level == Level::City);
        return Base::One(city.map_or_else(|| "/".to_owned(), |city| city.path.clone()));
    }
    let mut tops: Vec<String> = paths
        .iter()
        .filter(|path| !paths.iter().any(|other| other != *path && path.starts_with(other.as_str())))
        .cloned()
        .collect();
    tops.sort();
    tops.dedup();
    match tops.len() {
        1 => Base::One(tops.remove(0)),
        _ => Base::Several(tops),
    }
}

/// The child under which a branch is counted; none for the branch that was itself asked for.
fn child_of<'a>(path: &str, base: &Base, orgs: &'a [Org]) -> Option<&'a Org> {
    let wanted = match base {
        Base::One(base) => {
            let rest = path.strip_prefix(base.as_str())?;
            let (first, _) = rest.split_once('/')?;
            format!("{base}{first}/")
        }
        Base::Several(tops) => tops.iter().find(|top| path.starts_with(top.as_str()))?.clone(),
    };
    // They come in the order of their paths.
    orgs.binary_search_by(|org| org.path.as_str().cmp(wanted.as_str())).ok().map(|at| &orgs[at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::organization::OrgKind;

    fn org(id: i64, level: Level, path: &str) -> Org {
        Org { id: OrgId(id), level, kind: OrgKind::Rural, name: format!("组织{id}"), path: path.to_owned() }
    }

    fn tree() -> Vec<Org> {
        let mut orgs = vec![
            org(1, Level::City, "/1/"),
            org(2, Level::Committee, "/1/2/"),
            org(3, Level::Branch, "/1/2/3/"),
            org(4, Level::GeneralBranch, "/1/2/4/"),
            org(5, Level::Branch, "/1/2/4/5/"),
            org(10, Level::Committee, "/1/10/"),
            org(11, Level::Branch, "/1/10/11/"),
        ];
        orgs.sort_by(|a, b| a.path.cmp(&b.path));
        orgs
    }

    fn sums(of: &Coverage) -> (Share, Share) {
        let mut sum = (Share::default(), Share::default());
        for child in &of.children {
            sum.0.add(child.members);
            sum.1.add(child.branches);
        }
        sum
    }

    #[test]
    fn every_level_is_the_sum_of_the_one_below() {
        let counted = HashMap::from([(OrgId(3), (5, 5)), (OrgId(5), (4, 1)), (OrgId(11), (3, 0))]);
        let city = fold(Rule::Member, &["/".into()], &tree(), &counted);
        assert_eq!(city.members, Share { with: 6, without: 6 });
        assert_eq!(city.branches, Share { with: 1, without: 2 });
        assert_eq!(sums(&city), (city.members, city.branches));
        assert_eq!(city.children.iter().map(|child| child.org.0).collect::<Vec<_>>(), [10, 2]);
        let committee = fold(Rule::Member, &["/1/2/".into()], &tree(), &counted);
        assert_eq!(sums(&committee), (Share { with: 6, without: 3 }, Share { with: 1, without: 1 }));
        let branch = fold(Rule::Member, &["/1/10/11/".into()], &tree(), &counted);
        assert!(branch.children.is_empty());
        let two = fold(Rule::Member, &["/1/10/".into(), "/1/2/".into(), "/1/2/4/".into()], &tree(), &counted);
        assert_eq!(two.children.len(), 2, "what lies in another part is no part of its own");
        assert_eq!(sums(&two), (two.members, two.branches));
    }

    #[test]
    fn of_an_edition_for_branches_only_branches_count() {
        let counted = HashMap::from([(OrgId(5), (0, 0))]);
        let city = fold(Rule::Branch, &["/".into()], &tree(), &counted);
        assert_eq!((city.members, city.branches), (Share::default(), Share { with: 1, without: 2 }));
    }
}
