//! What an import would do: for each row of the file what becomes of it, what is wrong, and what is left over (pure).
use super::Kind;
use super::columns::Column;
use crate::lang::Message;
use crate::text_enum;
use serde::{Deserialize, Serialize};
use sha2::Digest;
use std::collections::HashMap;

text_enum! {
    /// What becomes of a row.
    pub enum Verdict {
        New = "new",
        Changed = "changed",
        Same = "same",
        /// In the scope and not in the file.
        Gone = "gone",
        /// Perhaps the same as another one: the reader decides.
        Unsure = "unsure",
        Wrong = "wrong",
    }
}

/// What one field was and will be, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub column: String,
    pub was: String,
    pub becomes: String,
}

/// What is wrong with one cell: what stands there, and a sentence as `Message::to_kept` keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub column: String,
    pub cell: String,
    pub told: String,
}

/// What the reader may decide of a row: what is kept of it, and in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub value: String,
    pub told: String,
}

/// What is kept beside a row.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Detail {
    #[serde(default)]
    pub changes: Vec<Change>,
    #[serde(default)]
    pub problems: Vec<Problem>,
    #[serde(default)]
    pub choices: Vec<Choice>,
    /// What was decided; empty: nothing yet.
    #[serde(default)]
    pub chosen: String,
}

/// A row with what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// In the file, from 1; 0: not in it.
    pub line: usize,
    pub verdict: Verdict,
    pub subject: Option<i64>,
    pub label: String,
    pub detail: Detail,
}

impl Judged {
    /// What changes, in words, as it is kept on the member's file.
    pub fn told(&self, kind: Kind) -> String {
        let change = |one: &Change| {
            let column = Column::of(&one.column).map_or_else(String::new, |it| it.words(kind).to_string());
            let dash = |value: &str| if value.is_empty() { "—".to_owned() } else { value.to_owned() };
            format!("{column}：{} → {}", dash(&one.was), dash(&one.becomes))
        };
        self.detail.changes.iter().map(change).collect::<Vec<_>>().join("；")
    }
    /// The name under which the reader's decision about this row is kept.
    pub fn mark(&self) -> String {
        match (self.line, self.subject) {
            (0, Some(subject)) => gone_mark(subject),
            (line, _) => line_mark(line),
        }
    }
}

pub fn gone_mark(subject: i64) -> String {
    format!("gone:{subject}")
}
pub fn line_mark(line: usize) -> String {
    format!("line:{line}")
}

/// What a reader decided, by the mark of the row.
pub type Choices = HashMap<String, String>;

/// The choice that a person who is not in the file has left.
pub const END: &str = "end";
/// The choice that all who are not in the file have left.
pub const ALL_GONE: &str = "gone:all";

/// A row of the file, its cells by column.
pub struct Row<'a> {
    pub line: usize,
    pub cells: &'a [String],
    pub mapping: &'a [Option<Column>],
}

impl Row<'_> {
    /// What stands in this column; nothing where there is no such column.
    pub fn cell(&self, column: Column) -> &str {
        let place = self.mapping.iter().position(|one| *one == Some(column));
        place.and_then(|place| self.cells.get(place)).map_or("", String::as_str)
    }
}

/// Collects what is wrong with a row and what changes.
#[derive(Default)]
pub struct Notes {
    pub changes: Vec<Change>,
    pub problems: Vec<Problem>,
}

impl Notes {
    pub fn wrong(&mut self, column: Column, cell: &str, told: &Message) {
        let (column, cell) = (column.as_str().to_owned(), cell.chars().take(80).collect());
        self.problems.push(Problem { column, cell, told: told.to_kept() });
    }
    pub fn change(&mut self, column: Column, was: impl Into<String>, becomes: impl Into<String>) {
        let (was, becomes) = (was.into(), becomes.into());
        if was != becomes {
            self.changes.push(Change { column: column.as_str().to_owned(), was, becomes });
        }
    }
}

/// What an import would do, and what a writer needs for it.
pub struct Plan<A> {
    pub rows: Vec<Judged>,
    pub acts: Vec<A>,
}

impl<A> Plan<A> {
    pub fn new() -> Plan<A> {
        Plan { rows: vec![], acts: vec![] }
    }
    pub fn count(&self, verdict: Verdict) -> usize {
        self.rows.iter().filter(|row| row.verdict == verdict).count()
    }
}

impl<A> Default for Plan<A> {
    fn default() -> Self {
        Plan::new()
    }
}

/// The digest of what was found: what was there is in it, as far as the import depends on it.
pub fn digest(rows: &[Judged]) -> String {
    let mut hash = sha2::Sha256::new();
    for row in rows {
        // What the reader decided is not what was found; where it matters, the verdict says it.
        let found = Detail { chosen: String::new(), ..row.detail.clone() };
        let detail = serde_json::json!([row.line, row.verdict.as_str(), row.subject, row.label, found]);
        hash.update(detail.to_string().as_bytes());
        hash.update(b"\n");
    }
    crate::ids::hex(&hash.finalize())
}
