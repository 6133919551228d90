//! Rows of self-tests: `banks` has what the desk writes, `attempts` and `book` what members write.
mod attempts;
mod banks;
mod book;
mod questions;

use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, BookletId, TestId};
use crate::schema::{banks as banks_table, tests};
use diesel::prelude::*;

pub use attempts::{
    Asked, Attempt, Past, Place, asked, asked_one, attempt, attempt_locked, insert_attempt, lock_person,
    mark_acted, mark_submitted, open_attempt, overdue, overdue_of, passed, past, place_of, put_answer, tried,
};
pub use banks::{
    Bank, BankRow, Test, bank, bank_locked, bank_rows, bank_with_key, booklets_for, chapters, courses_for,
    insert_bank, insert_test, test, test_with_key, tests_of, update_bank, update_test, uses_chapters,
};
pub use book::{
    WrongGroup, WrongRow, add_right, add_wrong, book, draw_from_book, drop_wrong, groups, streaks,
};
pub use questions::{
    Filter, QuestionRow, active_ids, available, contents, insert_question, question, question_rows,
    questions, saved, set_active, update_question,
};

/// As many ids as one statement takes on SQLite, and some more room.
const TOGETHER: usize = 500;

/// Tests that the page of a booklet lists.
const MOST_SHOWN: i64 = 60;

pub fn open_tests(conn: &mut Conn, author: Option<AccountId>) -> Result<Vec<(TestId, String)>> {
    Ok(either!(conn, c => {
        let mut query = tests::table
            .inner_join(banks_table::table)
            .filter(tests::is_open)
            .order(tests::id)
            .select((tests::id, tests::title))
            .into_boxed();
        if let Some(author) = author {
            query = query.filter(banks_table::author_id.eq(author));
        }
        query.load(c)
    })?)
}

pub fn named(conn: &mut Conn, ids: &[TestId]) -> Result<Vec<(TestId, String)>> {
    let mut found = vec![];
    for some in ids.chunks(TOGETHER) {
        let rows: Vec<(TestId, String)> = either!(conn, c => tests::table
            .filter(tests::id.eq_any(some))
            .select((tests::id, tests::title))
            .load(c))?;
        found.extend(rows);
    }
    Ok(found)
}

pub fn tests_of_booklet(conn: &mut Conn, booklet: BookletId) -> Result<Vec<(TestId, String)>> {
    Ok(either!(conn, c => tests::table
        .inner_join(banks_table::table)
        .filter(tests::is_open.and(banks_table::booklet_id.eq(booklet)))
        .order((tests::chapter.is_not_null(), tests::chapter, tests::id))
        .limit(MOST_SHOWN)
        .select((tests::id, tests::title))
        .load(c))?)
}
