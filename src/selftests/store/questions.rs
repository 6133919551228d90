//! Rows of questions and their choices. A question is never deleted, since attempts name it; it is retired.
use super::super::question::{Choice, Content, Kind};
use super::super::{Question, Saved};
use super::TOGETHER;
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, BankId, BankQuestionId};
use crate::schema::{accounts, bank_choices, bank_questions, banks, persons};
use diesel::prelude::*;
use std::collections::HashMap;

/// Which questions of a bank a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub kind: Option<Kind>,
    pub chapter: Option<i32>,
    /// Words of the stem, as they stand.
    pub words: String,
    pub is_retired: bool,
}

/// A line of the list of questions.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct QuestionRow {
    pub id: BankQuestionId,
    pub code: String,
    pub kind: Kind,
    pub stem: String,
    pub chapter: Option<i32>,
}

#[derive(Queryable)]
struct Row {
    id: BankQuestionId,
    code: String,
    kind: Kind,
    stem: String,
    explanation: String,
    chapter: Option<i32>,
    is_active: bool,
    revision: i32,
}

type Columns = (
    bank_questions::id,
    bank_questions::code,
    bank_questions::kind,
    bank_questions::stem,
    bank_questions::explanation,
    bank_questions::chapter,
    bank_questions::is_active,
    bank_questions::revision,
);
const COLUMNS: Columns = (
    bank_questions::id,
    bank_questions::code,
    bank_questions::kind,
    bank_questions::stem,
    bank_questions::explanation,
    bank_questions::chapter,
    bank_questions::is_active,
    bank_questions::revision,
);

impl Row {
    fn with(self, choices: Vec<Choice>) -> Question {
        let content = Content {
            kind: self.kind,
            stem: self.stem,
            choices,
            explanation: self.explanation,
            chapter: self.chapter,
        };
        Question { id: self.id, code: self.code, is_active: self.is_active, revision: self.revision, content }
    }
}

/// The text as a pattern that finds it anywhere.
fn anywhere(words: &str) -> String {
    format!("%{}%", words.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}

pub fn question_rows(
    conn: &mut Conn,
    bank: BankId,
    filter: &Filter,
    skip: i64,
    count: i64,
) -> Result<Vec<QuestionRow>> {
    Ok(either!(conn, c => {
        let mut query = bank_questions::table
            .filter(bank_questions::bank_id.eq(bank).and(bank_questions::is_active.eq(!filter.is_retired)))
            .order(bank_questions::id)
            .offset(skip)
            .limit(count)
            .select((
                bank_questions::id,
                bank_questions::code,
                bank_questions::kind,
                bank_questions::stem,
                bank_questions::chapter,
            ))
            .into_boxed();
        if let Some(kind) = filter.kind {
            query = query.filter(bank_questions::kind.eq(kind));
        }
        if let Some(chapter) = filter.chapter {
            query = query.filter(bank_questions::chapter.eq(chapter));
        }
        if !filter.words.is_empty() {
            query = query.filter(bank_questions::stem.like(anywhere(&filter.words)).escape('\\'));
        }
        query.load(c)
    })?)
}

/// One question of this bank.
pub fn question(conn: &mut Conn, bank: BankId, id: BankQuestionId) -> Result<Question> {
    let is_it = bank_questions::id.eq(id).and(bank_questions::bank_id.eq(bank));
    let row: Row = either!(conn, c => bank_questions::table.filter(is_it).select(COLUMNS).first(c))?;
    let mut choices = choices(conn, &[id])?;
    Ok(row.with(choices.remove(&id).unwrap_or_default()))
}

/// Who saved it last.
pub fn saved(conn: &mut Conn, id: BankQuestionId) -> Result<Saved> {
    let (by, at) = either!(conn, c => bank_questions::table
        .inner_join(accounts::table.inner_join(persons::table))
        .filter(bank_questions::id.eq(id))
        .select((persons::name, bank_questions::changed_at))
        .first(c))?;
    Ok(Saved { by, at })
}

/// All questions of a bank, retired ones too, in the order in which they came.
pub fn questions(conn: &mut Conn, bank: BankId) -> Result<Vec<Question>> {
    let rows: Vec<Row> = either!(conn, c => bank_questions::table
        .filter(bank_questions::bank_id.eq(bank))
        .order(bank_questions::id)
        .select(COLUMNS)
        .load(c))?;
    joined(conn, rows)
}

fn joined(conn: &mut Conn, rows: Vec<Row>) -> Result<Vec<Question>> {
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let mut choices = choices(conn, &ids)?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let own = choices.remove(&row.id).unwrap_or_default();
            row.with(own)
        })
        .collect())
}

/// These questions, in the order of `ids`.
pub fn contents(conn: &mut Conn, ids: &[BankQuestionId]) -> Result<Vec<Question>> {
    let mut rows: Vec<Row> = vec![];
    for some in ids.chunks(TOGETHER) {
        let more: Vec<Row> = either!(conn, c => bank_questions::table
            .filter(bank_questions::id.eq_any(some))
            .select(COLUMNS)
            .load(c))?;
        rows.extend(more);
    }
    let place: HashMap<_, _> = ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
    rows.sort_by_key(|row| place.get(&row.id).copied());
    joined(conn, rows)
}

fn choices(conn: &mut Conn, ids: &[BankQuestionId]) -> Result<HashMap<BankQuestionId, Vec<Choice>>> {
    let mut found: HashMap<BankQuestionId, Vec<Choice>> = HashMap::new();
    for some in ids.chunks(TOGETHER) {
        let rows: Vec<(BankQuestionId, String, bool)> = either!(conn, c => bank_choices::table
            .filter(bank_choices::question_id.eq_any(some))
            .order((bank_choices::question_id, bank_choices::position))
            .select((bank_choices::question_id, bank_choices::text, bank_choices::is_right))
            .load(c))?;
        for (id, text, is_right) in rows {
            found.entry(id).or_default().push(Choice { text, is_right });
        }
    }
    Ok(found)
}

/// The questions in use, of one chapter or of all.
pub fn active_ids(conn: &mut Conn, bank: BankId, chapter: Option<i32>) -> Result<Vec<BankQuestionId>> {
    Ok(either!(conn, c => {
        let mut query = bank_questions::table
            .filter(bank_questions::bank_id.eq(bank).and(bank_questions::is_active))
            .order(bank_questions::id)
            .select(bank_questions::id)
            .into_boxed();
        if let Some(chapter) = chapter {
            query = query.filter(bank_questions::chapter.eq(chapter));
        }
        query.load(c)
    })?)
}

/// How many questions are in use, of one chapter or of all.
pub fn available(conn: &mut Conn, bank: BankId, chapter: Option<i32>) -> Result<i64> {
    Ok(either!(conn, c => {
        let mut query = bank_questions::table
            .filter(bank_questions::bank_id.eq(bank).and(bank_questions::is_active))
            .into_boxed();
        if let Some(chapter) = chapter {
            query = query.filter(bank_questions::chapter.eq(chapter));
        }
        query.count().get_result(c)
    })?)
}

/// A new question under this code; `None` if the bank has one.
pub fn insert_question(
    conn: &mut Conn,
    bank: BankId,
    code: &str,
    content: &Content,
    by: AccountId,
    now: Timestamp,
) -> Result<Option<BankQuestionId>> {
    let row = (
        bank_questions::bank_id.eq(bank),
        bank_questions::code.eq(code),
        bank_questions::kind.eq(content.kind),
        bank_questions::stem.eq(&content.stem),
        bank_questions::explanation.eq(&content.explanation),
        bank_questions::chapter.eq(content.chapter),
        bank_questions::is_active.eq(true),
        bank_questions::revision.eq(1),
        bank_questions::changed_by.eq(by),
        bank_questions::changed_at.eq(now),
    );
    let id: Option<BankQuestionId> = either!(conn, c => diesel::insert_into(bank_questions::table)
        .values(row)
        .on_conflict((bank_questions::bank_id, bank_questions::code))
        .do_nothing()
        .returning(bank_questions::id)
        .get_result(c)
        .optional())?;
    if let Some(id) = id {
        insert_choices(conn, id, &content.choices)?;
        count(conn, bank)?;
    }
    Ok(id)
}

/// `false` if it is not at this revision any more.
pub fn update_question(
    conn: &mut Conn,
    id: BankQuestionId,
    revision: i32,
    content: &Content,
    by: AccountId,
    now: Timestamp,
) -> Result<bool> {
    let is_it = bank_questions::id.eq(id).and(bank_questions::revision.eq(revision));
    let values = (
        bank_questions::kind.eq(content.kind),
        bank_questions::stem.eq(&content.stem),
        bank_questions::explanation.eq(&content.explanation),
        bank_questions::chapter.eq(content.chapter),
        bank_questions::revision.eq(revision + 1),
        bank_questions::changed_by.eq(by),
        bank_questions::changed_at.eq(now),
    );
    let changed =
        either!(conn, c => diesel::update(bank_questions::table.filter(is_it)).set(values).execute(c))?;
    if changed == 0 {
        return Ok(false);
    }
    let old = bank_choices::table.filter(bank_choices::question_id.eq(id));
    either!(conn, c => diesel::delete(old).execute(c))?;
    insert_choices(conn, id, &content.choices)?;
    Ok(true)
}

fn insert_choices(conn: &mut Conn, id: BankQuestionId, choices: &[Choice]) -> Result<()> {
    let rows: Vec<_> = (1_i32..)
        .zip(choices)
        .map(|(position, choice)| {
            (
                bank_choices::question_id.eq(id),
                bank_choices::position.eq(position),
                bank_choices::text.eq(&choice.text),
                bank_choices::is_right.eq(choice.is_right),
            )
        })
        .collect();
    match conn {
        Conn::Postgres(c) => {
            diesel::insert_into(bank_choices::table).values(&rows).execute(c)?;
        }
        Conn::Sqlite(c) => {
            for row in &rows {
                diesel::insert_into(bank_choices::table).values(row).execute(c)?;
            }
        }
    }
    Ok(())
}

/// Puts a question out of use, or back into it; `false` if it is so already.
pub fn set_active(
    conn: &mut Conn,
    bank: BankId,
    id: BankQuestionId,
    is_active: bool,
    by: AccountId,
    now: Timestamp,
) -> Result<bool> {
    let is_it = bank_questions::id
        .eq(id)
        .and(bank_questions::bank_id.eq(bank))
        .and(bank_questions::is_active.eq(!is_active));
    let values = (
        bank_questions::is_active.eq(is_active),
        bank_questions::revision.eq(bank_questions::revision + 1),
        bank_questions::changed_by.eq(by),
        bank_questions::changed_at.eq(now),
    );
    let changed =
        either!(conn, c => diesel::update(bank_questions::table.filter(is_it)).set(values).execute(c))?;
    if changed > 0 {
        count(conn, bank)?;
    }
    Ok(changed > 0)
}

fn count(conn: &mut Conn, bank: BankId) -> Result<()> {
    let count = i32::try_from(available(conn, bank, None)?).unwrap_or(i32::MAX);
    either!(conn, c => diesel::update(banks::table.find(bank)).set(banks::question_count.eq(count)).execute(c))?;
    Ok(())
}
