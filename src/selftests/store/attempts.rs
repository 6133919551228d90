//! Rows of attempts, their papers and answers.
use super::super::Feedback;
use super::super::paper::{Answer, Paper};
use super::TOGETHER;
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::ids::{AccountId, AttemptId, BankQuestionId, PersonId, TestId};
use crate::schema::{attempt_answers, attempts, bank_questions, banks, booklets, courses, persons, tests};
use diesel::prelude::*;

/// One try of a person.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub id: AttemptId,
    /// Without one: own wrong answers once more.
    pub test: Option<TestId>,
    pub person: PersonId,
    pub started_at: Timestamp,
    pub ends_at: Option<Timestamp>,
    pub submitted_at: Option<Timestamp>,
    pub question_count: i32,
    pub right_count: i32,
    pub is_passed: bool,
    /// As it was when it began.
    pub pass_share: i32,
    pub feedback: Feedback,
}

type Columns = (
    attempts::id,
    attempts::test_id,
    attempts::person_id,
    attempts::started_at,
    attempts::ends_at,
    attempts::submitted_at,
    attempts::question_count,
    attempts::right_count,
    attempts::is_passed,
    attempts::pass_share,
    attempts::feedback,
);
const COLUMNS: Columns = (
    attempts::id,
    attempts::test_id,
    attempts::person_id,
    attempts::started_at,
    attempts::ends_at,
    attempts::submitted_at,
    attempts::question_count,
    attempts::right_count,
    attempts::is_passed,
    attempts::pass_share,
    attempts::feedback,
);

/// A question of an attempt with what was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub position: i32,
    pub question: BankQuestionId,
    pub paper: Paper,
    pub answer: Answer,
    pub answered_at: Option<Timestamp>,
}

type AskedRow = (i32, BankQuestionId, String, String, Option<Timestamp>, Option<i32>);

fn read((position, question, paper, answer, answered_at, chapter): AskedRow) -> Result<Asked> {
    let mut paper: Paper = serde_json::from_str(&paper).map_err(Error::internal)?;
    // Where it stands now: the booklet may have another edition since.
    paper.content.chapter = chapter;
    let answer = Answer::of(paper.kind(), &answer);
    Ok(Asked { position, question, paper, answer, answered_at })
}

/// A person starts one attempt after the other, until the transaction ends.
pub fn lock_person(conn: &mut Conn, person: PersonId) -> Result<()> {
    match conn {
        Conn::Postgres(c) => {
            persons::table.find(person).select(persons::id).for_no_key_update().first::<PersonId>(c)?;
        }
        // It has one writer.
        Conn::Sqlite(_) => {}
    }
    Ok(())
}

/// The attempt of this person.
pub fn attempt(conn: &mut Conn, id: AttemptId, person: PersonId) -> Result<Attempt> {
    let is_it = attempts::id.eq(id).and(attempts::person_id.eq(person));
    Ok(either!(conn, c => attempts::table.filter(is_it).select(COLUMNS).first(c))?)
}

/// As [`attempt`]; nobody else answers or hands it in until the transaction ends.
pub fn attempt_locked(conn: &mut Conn, id: AttemptId, person: PersonId) -> Result<Attempt> {
    let is_it = attempts::id.eq(id).and(attempts::person_id.eq(person));
    match conn {
        Conn::Postgres(c) => Ok(attempts::table.filter(is_it).select(COLUMNS).for_update().first(c)?),
        Conn::Sqlite(c) => Ok(attempts::table.filter(is_it).select(COLUMNS).first(c)?),
    }
}

/// The attempt that the person has not handed in: of this test, or of the book of wrong answers.
pub fn open_attempt(conn: &mut Conn, person: PersonId, test: Option<TestId>) -> Result<Option<Attempt>> {
    let is_open = attempts::person_id.eq(person).and(attempts::submitted_at.is_null());
    Ok(either!(conn, c => {
        let query = attempts::table.filter(is_open).select(COLUMNS).into_boxed();
        let query = match test {
            Some(test) => query.filter(attempts::test_id.eq(test)),
            None => query.filter(attempts::test_id.is_null()),
        };
        query.first(c).optional()
    })?)
}

/// Open attempts whose end lies before `limit`, at most `count`.
pub fn overdue(conn: &mut Conn, limit: Timestamp, count: i64) -> Result<Vec<Attempt>> {
    let is_over = attempts::submitted_at.is_null().and(attempts::ends_at.lt(limit));
    Ok(either!(conn, c => attempts::table
        .filter(is_over)
        .order(attempts::id)
        .limit(count)
        .select(COLUMNS)
        .load(c))?)
}

/// As [`overdue`], of one person.
pub fn overdue_of(conn: &mut Conn, person: PersonId, limit: Timestamp) -> Result<Vec<Attempt>> {
    let is_over =
        attempts::person_id.eq(person).and(attempts::submitted_at.is_null()).and(attempts::ends_at.lt(limit));
    Ok(either!(conn, c => attempts::table.filter(is_over).select(COLUMNS).load(c))?)
}

/// How often the person has handed this test in.
pub fn tried(conn: &mut Conn, person: PersonId, test: TestId) -> Result<i64> {
    let own = attempts::person_id
        .eq(person)
        .and(attempts::test_id.eq(test))
        .and(attempts::submitted_at.is_not_null());
    Ok(either!(conn, c => attempts::table.filter(own).count().get_result(c))?)
}

/// A try that was handed in: which, when, passed or not.
pub type Past = (AttemptId, Option<Timestamp>, bool);

/// The tries of a test that were handed in, the newest first.
pub fn past(conn: &mut Conn, person: PersonId, test: TestId, count: i64) -> Result<Vec<Past>> {
    let own = attempts::person_id
        .eq(person)
        .and(attempts::test_id.eq(test))
        .and(attempts::submitted_at.is_not_null());
    Ok(either!(conn, c => attempts::table
        .filter(own)
        .order(attempts::id.desc())
        .limit(count)
        .select((attempts::id, attempts::submitted_at, attempts::is_passed))
        .load(c))?)
}

/// Those of `ids` that the person has passed.
pub fn passed(conn: &mut Conn, person: PersonId, ids: &[TestId]) -> Result<Vec<TestId>> {
    let mut found = vec![];
    for some in ids.chunks(TOGETHER) {
        let own = attempts::person_id
            .eq(person)
            .and(attempts::is_passed)
            .and(attempts::submitted_at.is_not_null())
            .and(attempts::test_id.eq_any(some));
        let rows: Vec<Option<TestId>> = either!(conn, c => attempts::table
            .filter(own)
            .select(attempts::test_id)
            .distinct()
            .load(c))?;
        found.extend(rows.into_iter().flatten());
    }
    Ok(found)
}

/// A new attempt with its paper; `None` if the person has an open one (the index settles it).
pub fn insert_attempt(
    conn: &mut Conn,
    new: &Attempt,
    acted_by: Option<AccountId>,
    papers: &[(BankQuestionId, Paper)],
) -> Result<Option<AttemptId>> {
    let row = (
        attempts::test_id.eq(new.test),
        attempts::person_id.eq(new.person),
        attempts::acted_by.eq(acted_by),
        attempts::started_at.eq(new.started_at),
        attempts::ends_at.eq(new.ends_at),
        attempts::question_count.eq(new.question_count),
        attempts::right_count.eq(0),
        attempts::is_passed.eq(false),
        attempts::pass_share.eq(new.pass_share),
        attempts::feedback.eq(new.feedback),
    );
    let id: Option<AttemptId> = either!(conn, c => diesel::insert_into(attempts::table)
        .values(row)
        .on_conflict_do_nothing()
        .returning(attempts::id)
        .get_result(c)
        .optional())?;
    let Some(id) = id else { return Ok(None) };
    let mut rows = vec![];
    for (position, (question, paper)) in (1_i32..).zip(papers) {
        rows.push((
            attempt_answers::attempt_id.eq(id),
            attempt_answers::position.eq(position),
            attempt_answers::question_id.eq(*question),
            attempt_answers::paper.eq(serde_json::to_string(paper).map_err(Error::internal)?),
            attempt_answers::answer.eq(""),
        ));
    }
    match conn {
        Conn::Postgres(c) => {
            diesel::insert_into(attempt_answers::table).values(&rows).execute(c)?;
        }
        Conn::Sqlite(c) => {
            for row in &rows {
                diesel::insert_into(attempt_answers::table).values(row).execute(c)?;
            }
        }
    }
    Ok(Some(id))
}

/// The questions of an attempt in their order.
pub fn asked(conn: &mut Conn, id: AttemptId) -> Result<Vec<Asked>> {
    let rows: Vec<AskedRow> = either!(conn, c => attempt_answers::table
        .inner_join(bank_questions::table)
        .filter(attempt_answers::attempt_id.eq(id))
        .order(attempt_answers::position)
        .select((
            attempt_answers::position,
            attempt_answers::question_id,
            attempt_answers::paper,
            attempt_answers::answer,
            attempt_answers::answered_at,
            bank_questions::chapter,
        ))
        .load(c))?;
    rows.into_iter().map(read).collect()
}

pub fn asked_one(conn: &mut Conn, id: AttemptId, position: i32) -> Result<Asked> {
    let row: AskedRow = either!(conn, c => attempt_answers::table
        .inner_join(bank_questions::table)
        .filter(attempt_answers::attempt_id.eq(id).and(attempt_answers::position.eq(position)))
        .select((
            attempt_answers::position,
            attempt_answers::question_id,
            attempt_answers::paper,
            attempt_answers::answer,
            attempt_answers::answered_at,
            bank_questions::chapter,
        ))
        .first(c))?;
    read(row)
}

/// Keeps an answer. `is_right` is said only where the member may know.
pub fn put_answer(
    conn: &mut Conn,
    id: AttemptId,
    position: i32,
    answer: &Answer,
    is_right: Option<bool>,
    now: Timestamp,
) -> Result<()> {
    let values = (
        attempt_answers::answer.eq(answer.to_kept()),
        attempt_answers::answered_at.eq(answer.is_given().then_some(now)),
        attempt_answers::is_right.eq(is_right),
    );
    either!(conn, c => diesel::update(attempt_answers::table.find((id, position))).set(values).execute(c))?;
    Ok(())
}

/// A clerk has done something in this attempt for the member.
pub fn mark_acted(conn: &mut Conn, id: AttemptId, by: AccountId) -> Result<()> {
    let is_it = attempts::id.eq(id).and(attempts::acted_by.is_null());
    either!(conn, c => diesel::update(attempts::table.filter(is_it)).set(attempts::acted_by.eq(by)).execute(c))?;
    Ok(())
}

/// Hands an attempt in, with what each answer was worth; `false` if it was handed in before.
pub fn mark_submitted(
    conn: &mut Conn,
    id: AttemptId,
    rights: &[(i32, bool)],
    right_count: i32,
    is_passed: bool,
    at: Timestamp,
) -> Result<bool> {
    let is_open = attempts::id.eq(id).and(attempts::submitted_at.is_null());
    let values = (
        attempts::submitted_at.eq(at),
        attempts::right_count.eq(right_count),
        attempts::is_passed.eq(is_passed),
    );
    let changed = either!(conn, c => diesel::update(attempts::table.filter(is_open)).set(values).execute(c))?;
    if changed == 0 {
        return Ok(false);
    }
    for is_right in [true, false] {
        let places: Vec<i32> = rights.iter().filter(|one| one.1 == is_right).map(|one| one.0).collect();
        let these = attempt_answers::attempt_id.eq(id).and(attempt_answers::position.eq_any(places));
        either!(conn, c => diesel::update(attempt_answers::table.filter(these))
            .set(attempt_answers::is_right.eq(is_right))
            .execute(c))?;
    }
    Ok(true)
}

/// What an attempt stands under: the title of its test, the title and address of the published booklet, or of the course.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub test: String,
    pub booklet: Option<String>,
    pub booklet_slug: Option<String>,
    booklet_stage: Option<String>,
    pub course: Option<String>,
    pub course_slug: Option<String>,
    course_stage: Option<String>,
}

impl Place {
    pub fn booklet(&self) -> Option<(&str, &str)> {
        let is_open = self.booklet_stage.as_deref() == Some("published");
        self.booklet_slug.as_deref().zip(self.booklet.as_deref()).filter(|_| is_open)
    }
    pub fn course(&self) -> Option<(&str, &str)> {
        let is_open = self.course_stage.as_deref() == Some("published");
        self.course_slug.as_deref().zip(self.course.as_deref()).filter(|_| is_open)
    }
}

pub fn place_of(conn: &mut Conn, test: TestId) -> Result<Place> {
    Ok(either!(conn, c => tests::table
        .inner_join(banks::table.left_join(booklets::table).left_join(courses::table))
        .filter(tests::id.eq(test))
        .select((
            tests::title,
            booklets::title.nullable(),
            booklets::slug.nullable(),
            booklets::stage.nullable(),
            courses::title.nullable(),
            courses::slug.nullable(),
            courses::stage.nullable(),
        ))
        .first(c))?)
}
