//! Questions that come in and go out as files: what is in a file, what it would change, and changing it.
use super::banks::enough;
use super::question::{self, Content, Part, Problem};
use super::store::{self, Bank};
use super::{Question, qti, table};
use crate::audit::{Action, Doer};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::Result;
use crate::ids::{AccountId, BankQuestionId, digest};
use crate::lang::Message;
use crate::msg;
use crate::web::sheet;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};

/// The most questions in one file.
pub const MOST_ITEMS: usize = 2_000;

/// Where in a file a question stands.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Row(usize),
    File(String),
}

impl Place {
    pub fn words(&self) -> Message {
        match self {
            Place::Row(row) => msg!("第 {} 行", row),
            Place::File(name) => msg!("文件 {}", name),
        }
    }
}

/// A question of a file.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub place: Place,
    /// Without one it is known by what it says.
    pub code: Option<String>,
    pub content: Content,
}

/// Something in a file that is not taken, and why: by part where one is to blame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bad {
    pub place: Place,
    pub problems: Vec<(Option<Part>, Message)>,
}

impl Bad {
    pub fn new(place: Place, problem: Message) -> Bad {
        Bad { place, problems: vec![(None, problem)] }
    }
    pub fn of(place: Place, problems: Vec<Problem>) -> Bad {
        Bad { place, problems: problems.into_iter().map(|(part, problem)| (Some(part), problem)).collect() }
    }
}

/// What is in a file, each question as it would be kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Read {
    pub items: Vec<Item>,
    pub bad: Vec<Bad>,
}

/// Reads a file of any kind that is taken: XLSX, CSV or pasted text, a QTI package, a QTI question.
///
/// # Errors
/// Why nothing of it can be read, in a sentence.
pub fn read(bytes: &[u8], chapters: i32) -> Result<Read, Message> {
    if bytes.len() > sheet::LARGEST {
        return Err(msg!("文件太大，最多 {} MB。", sheet::LARGEST / 1024 / 1024));
    }
    let found = if qti::is_package(bytes) || qti::is_xml(bytes) {
        qti::read(bytes)?
    } else {
        table::read(&sheet::read(bytes)?)?
    };
    if found.items.len() > MOST_ITEMS {
        return Err(msg!("一次最多导入 {} 道题，请分成几个文件。", MOST_ITEMS));
    }
    Ok(checked(found, chapters))
}

/// Each question as it would be kept; those that cannot be are told.
pub fn checked(found: Read, chapters: i32) -> Read {
    let mut read = Read { items: vec![], bad: found.bad };
    for item in found.items {
        let mut problems = vec![];
        let code = item.code.as_deref().map(question::code).transpose();
        let code = code.unwrap_or_else(|problem| {
            problems.push((Part::Code, problem));
            None
        });
        match item.content.check(chapters) {
            Ok(content) if problems.is_empty() => read.items.push(Item { place: item.place, code, content }),
            Ok(_) => read.bad.push(Bad::of(item.place, problems)),
            Err(more) => {
                problems.extend(more);
                read.bad.push(Bad::of(item.place, problems));
            }
        }
    }
    read
}

/// What would become of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    New,
    /// In these parts.
    Changed(Vec<Part>),
    Unchanged,
}

/// A question of a file beside what the bank has.
#[derive(Debug, Clone)]
pub struct Line {
    pub item: Item,
    pub code: String,
    pub fate: Fate,
    present: Option<(BankQuestionId, i32)>,
}

/// What applying a file would do.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    pub lines: Vec<Line>,
    pub bad: Vec<Bad>,
}

impl Plan {
    pub fn count(&self, is: impl Fn(&Fate) -> bool) -> usize {
        self.lines.iter().filter(|line| is(&line.fate)).count()
    }
    pub fn has_nothing(&self) -> bool {
        self.lines.iter().all(|line| line.fate == Fate::Unchanged)
    }
    /// Names what would be done to which revisions: a plan that somebody saw is carried out as they saw it, or shown anew.
    pub fn digest(&self) -> String {
        let lines: Vec<_> = self
            .lines
            .iter()
            .map(|line| {
                let fate = match &line.fate {
                    Fate::New => 'n',
                    Fate::Changed(_) => 'c',
                    Fate::Unchanged => 'u',
                };
                format!("{} {fate} {}", line.code, line.present.map_or(0, |present| present.1))
            })
            .collect();
        digest(&lines.join("\n"))
    }
    /// The questions that are taken.
    pub fn items(&self) -> Vec<&Item> {
        self.lines.iter().map(|line| &line.item).collect()
    }
}

/// Compares a file with the bank. A question is known by its code, or else by what it asks; new ones without a code are named
/// after `key`, so that a form that is sent twice makes them once.
///
/// # Errors
/// Those of the database.
pub fn plan(conn: &mut Conn, bank: &Bank, read: Read, key: &str) -> Result<Plan> {
    Ok(compare(&store::questions(conn, bank.id)?, read, key))
}

fn compare(present: &[Question], read: Read, key: &str) -> Plan {
    let by_code: HashMap<&str, &Question> = present.iter().map(|one| (one.code.as_str(), one)).collect();
    let mut by_identity: HashMap<String, Vec<&Question>> = HashMap::new();
    for one in present.iter().filter(|one| one.is_active) {
        by_identity.entry(one.content.identity()).or_default().push(one);
    }
    let named: BTreeSet<&str> = read.items.iter().filter_map(|item| item.code.as_deref()).collect();
    let mut plan = Plan { lines: vec![], bad: read.bad.clone() };
    let mut taken: HashMap<String, Place> = HashMap::new();
    let mut asked: HashMap<String, Place> = HashMap::new();
    for (number, item) in (1..).zip(&read.items) {
        let identity = item.content.identity();
        let alike = || {
            by_identity
                .get(&identity)
                .and_then(|all| all.iter().find(|one| !named.contains(one.code.as_str())))
        };
        let own_code = format!("{}-{number}", key.get(..8).unwrap_or(key));
        let found = match &item.code {
            Some(code) => by_code.get(code.as_str()),
            None => by_code.get(own_code.as_str()).or_else(alike),
        };
        let code = match (&item.code, found) {
            (Some(code), _) => code.clone(),
            (None, Some(one)) => one.code.clone(),
            (None, None) => own_code,
        };
        let same = taken.get(&code).or_else(|| asked.get(&identity).filter(|_| item.code.is_none()));
        if let Some(other) = same {
            let problem = msg!("和{}是同一道题，只取前面那一道", other.words());
            plan.bad.push(Bad::new(item.place.clone(), problem));
            continue;
        }
        if found.is_some_and(|one| !one.is_active) {
            let problem = msg!("编号 {} 的题已经停用。要用它，请先在题库里恢复。", code);
            plan.bad.push(Bad { place: item.place.clone(), problems: vec![(Some(Part::Code), problem)] });
            continue;
        }
        taken.insert(code.clone(), item.place.clone());
        asked.insert(identity, item.place.clone());
        let fate = match found.map(|one| one.content.differs(&item.content)) {
            None => Fate::New,
            Some(parts) if parts.is_empty() => Fate::Unchanged,
            Some(parts) => Fate::Changed(parts),
        };
        let present = found.map(|one| (one.id, one.revision));
        plan.lines.push(Line { item: item.clone(), code, fate, present });
    }
    plan
}

/// What became of an import.
#[derive(Debug)]
pub enum Applied {
    Done,
    /// The bank has changed since the plan was shown: this is what would be done now.
    Overtaken(Plan),
}

/// Carries out a plan that somebody saw, all of it or nothing. What has been done already is done.
///
/// # Errors
/// A [`super::Refusal`] if an open test would have too few questions.
pub fn apply(
    conn: &mut Conn,
    bank: &Bank,
    read: Read,
    (key, seen): (&str, &str),
    by: AccountId,
    doer: &Doer,
    now: Timestamp,
) -> Result<Applied> {
    store::bank_locked(conn, bank.id)?;
    let plan = plan(conn, bank, read, key)?;
    if plan.has_nothing() {
        return Ok(Applied::Done);
    }
    if plan.digest() != seen {
        return Ok(Applied::Overtaken(plan));
    }
    for line in &plan.lines {
        let content = &line.item.content;
        match (&line.fate, line.present) {
            (Fate::Unchanged, _) => {}
            (_, Some((id, revision))) => {
                store::update_question(conn, id, revision, content, by, now)?;
            }
            (_, None) => {
                store::insert_question(conn, bank.id, &line.code, content, by, now)?;
            }
        }
    }
    enough(conn, bank.id)?;
    doer.did(conn, Action::BankChanged, ("bank", bank.id.0), now)?;
    Ok(Applied::Done)
}

#[cfg(test)]
mod tests {
    use super::super::question::{Choice, Kind};
    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    fn content(stem: &str) -> Content {
        Content {
            kind: Kind::Fill,
            stem: stem.into(),
            choices: vec![Choice::new("七", true)],
            explanation: String::new(),
            chapter: None,
        }
    }
    fn item(row: usize, code: Option<&str>, stem: &str) -> Item {
        Item { place: Place::Row(row), code: code.map(str::to_owned), content: content(stem) }
    }
    fn kept(id: i64, code: &str, stem: &str) -> Question {
        Question {
            id: BankQuestionId(id),
            code: code.into(),
            is_active: true,
            revision: 1,
            content: content(stem),
        }
    }
    fn fates(present: &[Question], items: Vec<Item>) -> (Vec<Fate>, usize) {
        let plan = compare(present, Read { items, bad: vec![] }, KEY);
        (plan.lines.into_iter().map(|line| line.fate).collect(), plan.bad.len())
    }

    #[test]
    fn a_question_is_known_by_its_code_or_by_what_it_asks() {
        let bank = [kept(1, "a", "甲"), kept(2, "b", "乙")];
        let items = vec![
            item(2, Some("a"), "甲"),
            item(3, Some("b"), "丙"),
            item(4, None, "乙"),
            item(5, None, "甲"),
        ];
        // Both that ask what a and b ask are new, since a and b are named in the file.
        assert_eq!(
            fates(&bank, items),
            (vec![Fate::Unchanged, Fate::Changed(vec![Part::Stem]), Fate::New], 1),
            "row 5 asks what row 2 asks"
        );
        assert_eq!(fates(&bank, vec![item(2, None, "甲")]), (vec![Fate::Unchanged], 0));
    }

    #[test]
    fn twice_in_a_file_is_once_and_a_retired_question_stays_so() {
        let mut bank = vec![kept(1, "a", "甲")];
        bank[0].is_active = false;
        assert_eq!(fates(&bank, vec![item(2, Some("a"), "甲")]), (vec![], 1));
        assert_eq!(fates(&[], vec![item(2, None, "甲"), item(3, None, "甲")]), (vec![Fate::New], 1));
        assert_eq!(
            fates(&[], vec![item(2, Some("x"), "甲"), item(3, Some("x"), "乙")]),
            (vec![Fate::New], 1)
        );
    }

    #[test]
    fn what_a_form_made_is_known_again_when_the_form_comes_again() {
        let items = vec![item(2, None, "甲"), item(3, None, "乙")];
        let plan = compare(&[], Read { items: items.clone(), bad: vec![] }, KEY);
        assert_eq!(plan.lines[1].code, "01234567-2");
        let made: Vec<_> =
            plan.lines.iter().map(|line| kept(1, &line.code, &line.item.content.stem)).collect();
        assert!(compare(&made, Read { items: items.clone(), bad: vec![] }, KEY).has_nothing());
        let mut edited = made;
        edited[0].content.stem = "改过的".into();
        let again = compare(&edited, Read { items, bad: vec![] }, KEY);
        assert_ne!(again.digest(), plan.digest(), "it is shown anew");
    }
}
