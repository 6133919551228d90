//! Rows of the book of own wrong answers.
use super::super::forms::Dropped;
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{BankId, BankQuestionId, PersonId};
use crate::schema::{attempt_answers, attempts, bank_questions, banks, booklets, wrong_answers};
use diesel::prelude::*;

/// A wrong answer: into the book, or once more.
pub fn add_wrong(conn: &mut Conn, person: PersonId, question: BankQuestionId, now: Timestamp) -> Result<()> {
    let row = (
        wrong_answers::person_id.eq(person),
        wrong_answers::question_id.eq(question),
        wrong_answers::wrong_count.eq(1),
        wrong_answers::right_streak.eq(0),
        wrong_answers::last_at.eq(now),
    );
    let again = (
        wrong_answers::wrong_count.eq(wrong_answers::wrong_count + 1),
        wrong_answers::right_streak.eq(0),
        wrong_answers::last_at.eq(now),
    );
    either!(conn, c => diesel::insert_into(wrong_answers::table)
        .values(row)
        .on_conflict((wrong_answers::person_id, wrong_answers::question_id))
        .do_update()
        .set(again)
        .execute(c))?;
    Ok(())
}

/// A right answer to a question of the book; one that has had two in a row leaves it.
pub fn add_right(conn: &mut Conn, person: PersonId, question: BankQuestionId, now: Timestamp) -> Result<()> {
    let it = wrong_answers::table.find((person, question));
    let values =
        (wrong_answers::right_streak.eq(wrong_answers::right_streak + 1), wrong_answers::last_at.eq(now));
    either!(conn, c => diesel::update(it).set(values).execute(c))?;
    let learnt = wrong_answers::table.filter(
        wrong_answers::person_id
            .eq(person)
            .and(wrong_answers::question_id.eq(question))
            .and(wrong_answers::right_streak.ge(super::super::taking::LEARNT)),
    );
    either!(conn, c => diesel::delete(learnt).execute(c))?;
    Ok(())
}

/// Of these questions, those that are in the book, with the right answers since the last wrong one.
pub fn streaks(
    conn: &mut Conn,
    person: PersonId,
    ids: &[BankQuestionId],
) -> Result<Vec<(BankQuestionId, i32)>> {
    let own = wrong_answers::person_id.eq(person).and(wrong_answers::question_id.eq_any(ids));
    Ok(either!(conn, c => wrong_answers::table
        .filter(own)
        .select((wrong_answers::question_id, wrong_answers::right_streak))
        .load(c))?)
}

/// A bank of the book: how many of its questions are in it, and what it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongGroup {
    pub bank: BankId,
    pub title: String,
    pub booklet: Option<String>,
    pub count: i64,
}

/// The book of a person, bank by bank. Questions that are out of use are not in it.
pub fn groups(conn: &mut Conn, person: PersonId) -> Result<Vec<WrongGroup>> {
    let own = wrong_answers::person_id.eq(person).and(bank_questions::is_active);
    let counts: Vec<(BankId, i64)> = either!(conn, c => wrong_answers::table
        .inner_join(bank_questions::table)
        .filter(own)
        .group_by(bank_questions::bank_id)
        .order(bank_questions::bank_id)
        .select((bank_questions::bank_id, diesel::dsl::count_star()))
        .load(c))?;
    let mut groups = vec![];
    for (bank, count) in counts {
        let (title, booklet) = either!(conn, c => banks::table
            .left_join(booklets::table)
            .filter(banks::id.eq(bank))
            .select((banks::title, booklets::title.nullable()))
            .first(c))?;
        groups.push(WrongGroup { bank, title, booklet, count });
    }
    Ok(groups)
}

/// A question of the book.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct WrongRow {
    pub id: BankQuestionId,
    pub stem: String,
    pub chapter: Option<i32>,
    booklet_slug: Option<String>,
    booklet_stage: Option<String>,
    pub wrong_count: i32,
    pub right_streak: i32,
    pub last_at: Timestamp,
}

impl WrongRow {
    /// The address of the chapter that it is about.
    pub fn link(&self) -> Option<String> {
        let is_open = self.booklet_stage.as_deref() == Some("published");
        let slug = self.booklet_slug.as_deref().filter(|_| is_open)?;
        Some(format!("/booklets/{slug}/{}", self.chapter?))
    }
}

/// The questions of the book, of one bank or of all; the newest wrong answer first.
pub fn book(
    conn: &mut Conn,
    person: PersonId,
    bank: Option<BankId>,
    skip: i64,
    count: i64,
) -> Result<Vec<WrongRow>> {
    let own = wrong_answers::person_id.eq(person).and(bank_questions::is_active);
    Ok(either!(conn, c => {
        let mut query = wrong_answers::table
            .inner_join(bank_questions::table.inner_join(banks::table.left_join(booklets::table)))
            .filter(own)
            .order((wrong_answers::last_at.desc(), wrong_answers::question_id))
            .offset(skip)
            .limit(count)
            .select((
                bank_questions::id,
                bank_questions::stem,
                bank_questions::chapter,
                booklets::slug.nullable(),
                booklets::stage.nullable(),
                wrong_answers::wrong_count,
                wrong_answers::right_streak,
                wrong_answers::last_at,
            ))
            .into_boxed();
        if let Some(bank) = bank {
            query = query.filter(banks::id.eq(bank));
        }
        query.load(c)
    })?)
}

/// The questions of the book that may be practised: not those of a test that the person has not handed in, whose answers
/// practising would tell.
pub fn draw_from_book(
    conn: &mut Conn,
    person: PersonId,
    bank: Option<BankId>,
) -> Result<Vec<BankQuestionId>> {
    let own = wrong_answers::person_id.eq(person).and(bank_questions::is_active);
    let asked_now = attempt_answers::table
        .inner_join(attempts::table)
        .filter(
            attempts::person_id
                .eq(person)
                .and(attempts::submitted_at.is_null())
                .and(attempts::test_id.is_not_null()),
        )
        .select(attempt_answers::question_id);
    Ok(either!(conn, c => {
        let mut query = wrong_answers::table
            .inner_join(bank_questions::table)
            .filter(own)
            .filter(wrong_answers::question_id.ne_all(asked_now))
            .order(wrong_answers::question_id)
            .select(wrong_answers::question_id)
            .into_boxed();
        if let Some(bank) = bank {
            query = query.filter(bank_questions::bank_id.eq(bank));
        }
        query.load(c)
    })?)
}

/// Takes questions out of the book.
pub fn drop_wrong(conn: &mut Conn, person: PersonId, what: &Dropped) -> Result<()> {
    match what {
        Dropped::Question(question) => {
            either!(conn, c => diesel::delete(wrong_answers::table.find((person, question))).execute(c))?
        }
        Dropped::Bank(bank) => {
            let of_bank =
                bank_questions::table.filter(bank_questions::bank_id.eq(bank)).select(bank_questions::id);
            let these = wrong_answers::person_id.eq(person).and(wrong_answers::question_id.eq_any(of_bank));
            either!(conn, c => diesel::delete(wrong_answers::table.filter(these)).execute(c))?
        }
        Dropped::All => {
            let all = wrong_answers::person_id.eq(person);
            either!(conn, c => diesel::delete(wrong_answers::table.filter(all)).execute(c))?
        }
    };
    Ok(())
}
