//! Members: how the roster knows them, and what is to be written for one (pure). `said` reads a row, `compare` finds who is
//! meant, `change` says what changes. Relations change as `people` changes them: the old row ends, a new one begins, nothing
//! is overwritten.
mod change;
mod compare;
mod said;
#[cfg(test)]
mod tests;

use super::tree::Tree;
use super::{read, words};
use crate::organization::Level;
use crate::people::{Category, Office, Stage};
use chrono::NaiveDate;
pub use compare::compare;
use std::collections::HashMap;

/// Where a member may be.
const HOMES: [Level; 2] = [Level::Branch, Level::GeneralBranch];

/// A person as the roster knows them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Member {
    pub person: i64,
    pub name: String,
    pub sex: Option<String>,
    pub birth: Option<i32>,
    pub phone: Option<String>,
    /// The row of the membership, its branch, the number, since when; of those who left, none.
    pub home: Option<Home>,
    /// The number under which somebody left, the branch, and the day.
    pub last_number: Option<String>,
    pub last_branch: Option<i64>,
    pub left: Option<NaiveDate>,
    pub stage: Option<(i64, Stage, NaiveDate)>,
    pub categories: Vec<(i64, Category, NaiveDate)>,
    /// Offices held today, wherever.
    pub offices: Vec<(i64, i64, Office, NaiveDate)>,
    /// The row of a stay at another branch, that branch, since when.
    pub stay: Option<(i64, i64, NaiveDate)>,
    /// Whether a transfer of the membership is open.
    pub is_moving: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    pub id: i64,
    pub branch: i64,
    pub number: String,
    pub from: NaiveDate,
}

impl Member {
    fn offices_at(&self, org: i64) -> Vec<Office> {
        let mut held: Vec<_> = self.offices.iter().filter(|one| one.1 == org).map(|one| one.2).collect();
        held.sort_by_key(|office| place(Office::ALL, office));
        held
    }
    fn category_set(&self) -> Vec<Category> {
        sorted(self.categories.iter().map(|one| one.1))
    }
    /// The cells of the export, in the order of the template.
    pub fn cells(&self, tree: &Tree) -> Vec<String> {
        let home = self.home.as_ref();
        vec![
            home.map(|home| home.number.clone()).unwrap_or_default(),
            self.name.clone(),
            self.sex.as_deref().map(words::sex).unwrap_or_default().to_owned(),
            self.birth.map(|year| year.to_string()).unwrap_or_default(),
            self.phone.clone().unwrap_or_default(),
            home.map(|home| tree.full(home.branch)).unwrap_or_default(),
            self.stage.map(|stage| stage.1.words().to_string()).unwrap_or_default(),
            words::listed(self.category_set().into_iter().map(Category::words)),
            home.map(|home| home.from.to_string()).unwrap_or_default(),
            words::listed(
                home.map(|home| self.offices_at(home.branch))
                    .unwrap_or_default()
                    .into_iter()
                    .map(words::office),
            ),
        ]
    }
}

fn place<T: PartialEq>(all: &[T], one: &T) -> usize {
    all.iter().position(|other| other == one).unwrap_or_default()
}

fn sorted(categories: impl Iterator<Item = Category>) -> Vec<Category> {
    let mut all: Vec<_> = categories.collect();
    all.sort_by_key(|one| place(Category::ALL, one));
    all.dedup();
    all
}

/// Name, sex, year of birth, telephone.
pub type About = (String, Option<String>, Option<i32>, Option<String>);

/// What is to be written for one person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Act {
    /// Nobody yet: a new person.
    pub person: Option<i64>,
    pub label: String,
    /// Name, sex, year of birth, telephone, where one of them changes.
    pub about: Option<About>,
    /// The branch whose member the person is no more.
    pub leaves: Option<i64>,
    /// The membership that begins: branch, number, day.
    pub joins: Option<(i64, String, NaiveDate)>,
    pub stage: Option<Stage>,
    pub categories: Vec<Category>,
    pub offices: Vec<Office>,
    /// The branch of these offices.
    pub at: Option<i64>,
    /// Rows that end: those that began on their last day were never in force and go.
    pub ends: Ends,
}

/// Rows that end, each with the day on which it began and the day on which it ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ends {
    pub membership: Option<(i64, NaiveDate, NaiveDate)>,
    pub stage: Option<(i64, NaiveDate, NaiveDate)>,
    pub categories: Vec<(i64, NaiveDate, NaiveDate)>,
    pub offices: Vec<(i64, NaiveDate, NaiveDate)>,
    pub stay: Option<(i64, NaiveDate, NaiveDate)>,
}

/// Everybody, found in the ways in which a list names them.
pub struct Roster<'a> {
    pub tree: &'a Tree,
    members: &'a [Member],
    /// As a list writes them: some were entered with blanks or wide letters.
    by_number: HashMap<String, usize>,
    left: HashMap<String, usize>,
    /// Those in one branch with the same name.
    by_branch_name: HashMap<(i64, String), Vec<usize>>,
}

impl<'a> Roster<'a> {
    pub fn new(members: &'a [Member], tree: &'a Tree) -> Roster<'a> {
        let mut roster = Roster {
            tree,
            members,
            by_number: HashMap::new(),
            left: HashMap::new(),
            by_branch_name: HashMap::new(),
        };
        for (place, member) in members.iter().enumerate() {
            if let Some(home) = &member.home {
                roster.by_number.insert(read::squeezed(&home.number), place);
                roster.by_branch_name.entry((home.branch, read::name(&member.name))).or_default().push(place);
            } else if let Some(number) = &member.last_number {
                roster.left.insert(read::squeezed(number), place);
            }
        }
        roster
    }
    fn same(&self, branch: i64, name: &str, phone: &str) -> Vec<&'a Member> {
        let found = self.by_branch_name.get(&(branch, name.to_owned())).into_iter().flatten();
        let phone_of = |member: &Member| member.phone.as_deref().map(plain_phone).unwrap_or_default();
        found
            .map(|place| &self.members[*place])
            .filter(|member| phone_of(member) == plain_phone(phone))
            .collect()
    }
}

/// Whether these are one name, however it is spaced.
fn is_same_name(kept: &str, said: &str) -> bool {
    kept == said || read::name(kept) == said
}

fn plain_phone(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// How a person is named in lists of this import.
fn label(name: &str, number: Option<&str>) -> String {
    match number {
        Some(number) => format!("{name} {number}"),
        None => name.to_owned(),
    }
}
