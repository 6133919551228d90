//! Rows of banks and of tests.
use super::super::{Belongs, Feedback};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, BankId, BookletId, CourseId, TestId};
use crate::schema::{accounts, bank_questions, banks, booklet_chapters, booklets, courses, persons, tests};
use crate::selftests::banks::{NewBank, TestDraft};
use diesel::prelude::*;

/// A bank with what it belongs to.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct Bank {
    pub id: BankId,
    pub title: String,
    pub author: AccountId,
    /// Of the questions that are in use.
    pub question_count: i32,
    booklet: Option<BookletId>,
    booklet_title: Option<String>,
    booklet_slug: Option<String>,
    booklet_stage: Option<String>,
    chapter_count: Option<i32>,
    course: Option<CourseId>,
    course_title: Option<String>,
}

impl Bank {
    pub fn belongs(&self) -> Belongs {
        match (self.booklet, self.course) {
            (Some(id), _) => Belongs::Booklet(id),
            (None, Some(id)) => Belongs::Course(id),
            (None, None) => Belongs::Nothing,
        }
    }
    /// Chapters of the booklet; none without one.
    pub fn chapters(&self) -> i32 {
        self.chapter_count.unwrap_or_default()
    }
    /// The title of what it belongs to.
    pub fn of(&self) -> Option<&str> {
        self.booklet_title.as_deref().or(self.course_title.as_deref())
    }
    /// The name in addresses of a booklet that can be read.
    pub fn slug(&self) -> Option<&str> {
        let is_published = self.booklet_stage.as_deref() == Some("published");
        self.booklet_slug.as_deref().filter(|_| is_published)
    }
}

/// A line of the list of banks.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct BankRow {
    pub id: BankId,
    pub title: String,
    pub question_count: i32,
    pub booklet: Option<String>,
    pub course: Option<String>,
    pub author: String,
    pub created_at: Timestamp,
}

/// A test as it is now.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct Test {
    pub id: TestId,
    pub bank: BankId,
    pub title: String,
    pub chapter: Option<i32>,
    pub question_count: i32,
    /// In per cent.
    pub pass_share: i32,
    pub minutes: Option<i32>,
    pub feedback: Feedback,
    pub most_attempts: Option<i32>,
    pub is_open: bool,
    pub revision: i32,
}

type TestColumns = (
    tests::id,
    tests::bank_id,
    tests::title,
    tests::chapter,
    tests::question_count,
    tests::pass_share,
    tests::minutes,
    tests::feedback,
    tests::most_attempts,
    tests::is_open,
    tests::revision,
);
const TEST: TestColumns = (
    tests::id,
    tests::bank_id,
    tests::title,
    tests::chapter,
    tests::question_count,
    tests::pass_share,
    tests::minutes,
    tests::feedback,
    tests::most_attempts,
    tests::is_open,
    tests::revision,
);

/// The banks of this account, or everybody's; the newest first.
pub fn bank_rows(conn: &mut Conn, author: Option<AccountId>, skip: i64, count: i64) -> Result<Vec<BankRow>> {
    Ok(either!(conn, c => {
        let mut query = banks::table
            .left_join(booklets::table)
            .left_join(courses::table)
            .inner_join(accounts::table.inner_join(persons::table))
            .order(banks::id.desc())
            .offset(skip)
            .limit(count)
            .select((
                banks::id,
                banks::title,
                banks::question_count,
                booklets::title.nullable(),
                courses::title.nullable(),
                persons::name,
                banks::created_at,
            ))
            .into_boxed();
        if let Some(author) = author {
            query = query.filter(banks::author_id.eq(author));
        }
        query.load(c)
    })?)
}

pub fn bank(conn: &mut Conn, id: BankId) -> Result<Bank> {
    Ok(either!(conn, c => banks::table
        .left_join(booklets::table)
        .left_join(courses::table)
        .filter(banks::id.eq(id))
        .select((
            banks::id,
            banks::title,
            banks::author_id,
            banks::question_count,
            banks::booklet_id,
            booklets::title.nullable(),
            booklets::slug.nullable(),
            booklets::stage.nullable(),
            booklets::chapter_count.nullable(),
            banks::course_id,
            courses::title.nullable(),
        ))
        .first(c))?)
}

/// Nobody else changes this bank, its questions or its tests until the transaction ends.
pub fn bank_locked(conn: &mut Conn, id: BankId) -> Result<()> {
    let it = banks::table.find(id).select(banks::id);
    match conn {
        Conn::Postgres(c) => it.for_no_key_update().first::<BankId>(c)?,
        // It has one writer.
        Conn::Sqlite(c) => it.first::<BankId>(c)?,
    };
    Ok(())
}

/// The bank that this form has made already.
pub fn bank_with_key(conn: &mut Conn, key: &str, author: AccountId) -> Result<Option<BankId>> {
    let is_it = banks::key.eq(key).and(banks::author_id.eq(author));
    Ok(either!(conn, c => banks::table.filter(is_it).select(banks::id).first(c).optional())?)
}

/// `None` if one with this key was there.
pub fn insert_bank(conn: &mut Conn, new: &NewBank, by: AccountId, now: Timestamp) -> Result<Option<BankId>> {
    let (booklet, course) = columns(new.belongs);
    let row = (
        banks::title.eq(&new.title),
        banks::booklet_id.eq(booklet),
        banks::course_id.eq(course),
        banks::author_id.eq(by),
        banks::created_at.eq(now),
        banks::question_count.eq(0),
        banks::key.eq(&new.key),
    );
    Ok(either!(conn, c => diesel::insert_into(banks::table)
        .values(row)
        .on_conflict(banks::key)
        .do_nothing()
        .returning(banks::id)
        .get_result(c)
        .optional())?)
}

fn columns(belongs: Belongs) -> (Option<BookletId>, Option<CourseId>) {
    match belongs {
        Belongs::Nothing => (None, None),
        Belongs::Booklet(id) => (Some(id), None),
        Belongs::Course(id) => (None, Some(id)),
    }
}

pub fn update_bank(conn: &mut Conn, id: BankId, title: &str, belongs: Belongs) -> Result<()> {
    let (booklet, course) = columns(belongs);
    let values = (banks::title.eq(title), banks::booklet_id.eq(booklet), banks::course_id.eq(course));
    either!(conn, c => diesel::update(banks::table.find(id)).set(values).execute(c))?;
    Ok(())
}

/// Whether a question or a test of the bank names a chapter.
pub fn uses_chapters(conn: &mut Conn, id: BankId) -> Result<bool> {
    let of_question = bank_questions::bank_id.eq(id).and(bank_questions::chapter.is_not_null());
    let of_test = tests::bank_id.eq(id).and(tests::chapter.is_not_null());
    let (questions, tests) = (bank_questions::table.filter(of_question), tests::table.filter(of_test));
    Ok(either!(conn, c => {
        diesel::select(diesel::dsl::exists(questions).or(diesel::dsl::exists(tests))).get_result(c)
    })?)
}

/// The booklets that a bank may belong to: own ones, or everybody's.
pub fn booklets_for(conn: &mut Conn, author: Option<AccountId>) -> Result<Vec<(BookletId, String)>> {
    Ok(either!(conn, c => {
        let mut query = booklets::table
            .filter(booklets::archived_at.is_null())
            .order((booklets::position, booklets::id))
            .select((booklets::id, booklets::title))
            .into_boxed();
        if let Some(author) = author {
            query = query.filter(booklets::author_id.eq(author));
        }
        query.load(c)
    })?)
}

/// The courses that a bank may belong to: own ones, or everybody's.
pub fn courses_for(conn: &mut Conn, author: Option<AccountId>) -> Result<Vec<(CourseId, String)>> {
    Ok(either!(conn, c => {
        let mut query = courses::table
            .filter(courses::archived_at.is_null())
            .order(courses::id.desc())
            .select((courses::id, courses::title))
            .into_boxed();
        if let Some(author) = author {
            query = query.filter(courses::author_id.eq(author));
        }
        query.load(c)
    })?)
}

/// The numbers and titles of the chapters of the bank's booklet.
pub fn chapters(conn: &mut Conn, bank: &Bank) -> Result<Vec<(i32, String)>> {
    let Some(booklet) = bank.booklet else { return Ok(vec![]) };
    Ok(either!(conn, c => booklet_chapters::table
        .filter(booklet_chapters::booklet_id.eq(booklet))
        .order(booklet_chapters::position)
        .select((booklet_chapters::position, booklet_chapters::title))
        .load(c))?)
}

/// The tests of a bank in the order in which they were made.
pub fn tests_of(conn: &mut Conn, bank: BankId) -> Result<Vec<Test>> {
    Ok(either!(conn, c => tests::table
        .filter(tests::bank_id.eq(bank))
        .order(tests::id)
        .select(TEST)
        .load(c))?)
}

pub fn test(conn: &mut Conn, id: TestId) -> Result<Test> {
    Ok(either!(conn, c => tests::table.find(id).select(TEST).first(c))?)
}

/// The test of this bank that this form has made already.
pub fn test_with_key(conn: &mut Conn, bank: BankId, key: &str) -> Result<Option<TestId>> {
    let is_it = tests::key.eq(key).and(tests::bank_id.eq(bank));
    Ok(either!(conn, c => tests::table.filter(is_it).select(tests::id).first(c).optional())?)
}

/// `None` if one with this key was there.
pub fn insert_test(
    conn: &mut Conn,
    bank: BankId,
    draft: &TestDraft,
    key: &str,
    by: AccountId,
    now: Timestamp,
) -> Result<Option<TestId>> {
    let row = (
        tests::bank_id.eq(bank),
        tests::title.eq(&draft.title),
        tests::chapter.eq(draft.chapter),
        tests::question_count.eq(draft.question_count),
        tests::pass_share.eq(draft.pass_share),
        tests::minutes.eq(draft.minutes),
        tests::feedback.eq(draft.feedback),
        tests::most_attempts.eq(draft.most_attempts),
        tests::is_open.eq(draft.is_open),
        tests::revision.eq(1),
        tests::created_by.eq(by),
        tests::created_at.eq(now),
        tests::key.eq(key),
    );
    Ok(either!(conn, c => diesel::insert_into(tests::table)
        .values(row)
        .on_conflict(tests::key)
        .do_nothing()
        .returning(tests::id)
        .get_result(c)
        .optional())?)
}

/// `false` if it is not at this revision any more.
pub fn update_test(conn: &mut Conn, id: TestId, revision: i32, draft: &TestDraft) -> Result<bool> {
    let is_it = tests::id.eq(id).and(tests::revision.eq(revision));
    let values = (
        tests::title.eq(&draft.title),
        tests::chapter.eq(draft.chapter),
        tests::question_count.eq(draft.question_count),
        tests::pass_share.eq(draft.pass_share),
        tests::minutes.eq(draft.minutes),
        tests::feedback.eq(draft.feedback),
        tests::most_attempts.eq(draft.most_attempts),
        tests::is_open.eq(draft.is_open),
        tests::revision.eq(revision + 1),
    );
    Ok(either!(conn, c => diesel::update(tests::table.filter(is_it)).set(values).execute(c))? == 1)
}
