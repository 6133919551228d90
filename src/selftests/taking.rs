//! Taking a test: starting, answering, handing in, and what happens when the time is over. The server's clock decides.
use super::paper::{self, Answer, Paper};
use super::store::{self, Asked, Attempt};
use super::{Feedback, Refusal};
use crate::access::Viewer;
use crate::audit::{Action, Doer};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{AttemptId, BankId, BankQuestionId, PersonId, TestId};
use crate::lang::Message;
use chrono::Duration;

/// How long after the end the last answer may still arrive.
const GRACE_SECONDS: i64 = 5;
/// Right answers in a row after which a question leaves the book of wrong answers.
pub const LEARNT: i32 = 2;
/// Questions of the book that are practised at once.
const PRACTISED: usize = 20;
/// Attempts that are closed in one go.
const CLOSED_AT_ONCE: i64 = 200;

pub fn grace() -> Duration {
    Duration::seconds(GRACE_SECONDS)
}

impl Attempt {
    /// Whether nothing can be answered any more.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.submitted_at.is_some() || self.ends_at.is_some_and(|end| end + grace() < now)
    }
    pub fn is_immediate(&self) -> bool {
        self.feedback == Feedback::Immediate
    }
}

/// How an attempt stands, counted from its answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub right_count: i32,
    pub is_passed: bool,
    pub asked: Vec<Asked>,
}

/// Counts the answers of an attempt as they are now.
///
/// # Errors
/// Those of the database.
pub fn stands(conn: &mut Conn, attempt: &Attempt) -> Result<Standing> {
    let asked = store::asked(conn, attempt.id)?;
    let right = asked.iter().filter(|one| one.paper.is_right(&one.answer)).count();
    let right_count = i32::try_from(right).unwrap_or(i32::MAX);
    let is_passed =
        attempt.test.is_some() && paper::passes(right_count, attempt.question_count, attempt.pass_share);
    Ok(Standing { right_count, is_passed, asked })
}

/// The viewer's own attempt. The book of wrong answers is private: a clerk who acts does not see what is practised.
///
/// # Errors
/// [`Error::NotFound`] for anybody else's.
pub fn own(conn: &mut Conn, viewer: &Viewer, id: AttemptId) -> Result<Attempt> {
    visible(viewer, store::attempt(conn, id, viewer.person)?)
}

fn own_locked(conn: &mut Conn, viewer: &Viewer, id: AttemptId) -> Result<Attempt> {
    visible(viewer, store::attempt_locked(conn, id, viewer.person)?)
}

fn visible(viewer: &Viewer, attempt: Attempt) -> Result<Attempt> {
    if attempt.test.is_none() && viewer.is_acting() { Err(Error::NotFound) } else { Ok(attempt) }
}

/// Starts an attempt, or goes to the one that is open.
///
/// # Errors
/// A [`Refusal`]: closed, no tries left, too few questions.
pub fn start(conn: &mut Conn, viewer: &Viewer, id: TestId, doer: &Doer, now: Timestamp) -> Result<AttemptId> {
    let test = store::test(conn, id)?;
    store::lock_person(conn, viewer.person)?;
    if let Some(open) = store::open_attempt(conn, viewer.person, Some(id))? {
        if !open.is_over(now) {
            return Ok(open.id);
        }
        // An answer that came at the last moment is counted.
        let open = own_locked(conn, viewer, open.id)?;
        if open.submitted_at.is_none() {
            close(conn, &open, now)?;
        }
    }
    if !test.is_open {
        return Err(Refusal::Closed.into());
    }
    if let Some(most) = test.most_attempts
        && store::tried(conn, viewer.person, id)? >= i64::from(most)
    {
        return Err(Refusal::NoTriesLeft(most).into());
    }
    let from = store::active_ids(conn, test.bank, test.chapter)?;
    let wanted = usize::try_from(test.question_count).unwrap_or_default();
    if from.len() < wanted {
        return Err(Refusal::TooFew(test.title, test.question_count, from.len() as i64).into());
    }
    let new = Attempt {
        id: AttemptId(0),
        test: Some(id),
        person: viewer.person,
        started_at: now,
        ends_at: test.minutes.map(|minutes| now + Duration::minutes(minutes.into())),
        submitted_at: None,
        question_count: test.question_count,
        right_count: 0,
        is_passed: false,
        pass_share: test.pass_share,
        feedback: test.feedback,
    };
    begin(conn, viewer, &new, &from, wanted, doer)
}

/// Starts practising own wrong answers, or goes on with it.
///
/// # Errors
/// A [`Refusal`] if there is nothing to practise.
pub fn practise(
    conn: &mut Conn,
    viewer: &Viewer,
    bank: Option<BankId>,
    doer: &Doer,
    now: Timestamp,
) -> Result<AttemptId> {
    store::lock_person(conn, viewer.person)?;
    if let Some(open) = store::open_attempt(conn, viewer.person, None)? {
        return Ok(open.id);
    }
    let from = store::draw_from_book(conn, viewer.person, bank)?;
    let count = from.len().min(PRACTISED);
    if count == 0 {
        return Err(Refusal::NothingToPractise.into());
    }
    let new = Attempt {
        id: AttemptId(0),
        test: None,
        person: viewer.person,
        started_at: now,
        ends_at: None,
        submitted_at: None,
        question_count: i32::try_from(count).unwrap_or(i32::MAX),
        right_count: 0,
        is_passed: false,
        pass_share: 0,
        feedback: Feedback::Immediate,
    };
    begin(conn, viewer, &new, &from, count, doer)
}

fn begin(
    conn: &mut Conn,
    viewer: &Viewer,
    new: &Attempt,
    from: &[BankQuestionId],
    count: usize,
    doer: &Doer,
) -> Result<AttemptId> {
    let drawn = paper::draw(from, count, &mut paper::random_below);
    let papers: Vec<_> = store::contents(conn, &drawn)?
        .into_iter()
        .map(|one| (one.id, Paper::of(&one.content, one.revision, &mut paper::random_below)))
        .collect();
    match store::insert_attempt(conn, new, viewer.acted_by(), &papers)? {
        Some(id) => {
            // The book is private: only tests are on the record.
            if new.test.is_some() {
                doer.did(conn, Action::TestStarted, ("attempt", id.0), new.started_at)?;
            }
            Ok(id)
        }
        None => Ok(store::open_attempt(conn, viewer.person, new.test)?.ok_or(Error::NotFound)?.id),
    }
}

/// An answer as it was sent.
#[derive(Debug, Clone, Default)]
pub struct Given {
    pub position: i32,
    pub chosen: Vec<String>,
    pub written: String,
    /// The answer that the sender had before them, by `version`; without one the present answer is replaced.
    pub seen: Option<i64>,
    /// The answer that a form came with, as it is kept: who changed nothing in it takes back nothing that was answered
    /// elsewhere.
    pub was: Option<String>,
}

/// What became of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Kept, under this version.
    Saved(i64),
    /// The time is over; what was answered before stands.
    Over,
    /// It was handed in before.
    Submitted,
    /// Answered differently meanwhile, elsewhere; or final already.
    Changed,
    /// It is no answer to this question.
    Wrong(Message),
    /// Nothing was answered where an answer is final.
    Nothing,
}

/// Names the answer that a question has: 0 for none.
pub fn version(answered_at: Option<Timestamp>) -> i64 {
    answered_at.map_or(0, |at| at.and_utc().timestamp_micros())
}

/// Keeps an answer.
///
/// # Errors
/// [`Error::NotFound`] for an attempt or a question that is not the viewer's.
pub fn answer(
    conn: &mut Conn,
    viewer: &Viewer,
    id: AttemptId,
    given: &Given,
    now: Timestamp,
) -> Result<Outcome> {
    let attempt = own_locked(conn, viewer, id)?;
    if attempt.submitted_at.is_some() {
        return Ok(Outcome::Submitted);
    }
    if attempt.is_over(now) {
        close(conn, &attempt, now)?;
        return Ok(Outcome::Over);
    }
    let asked = store::asked_one(conn, id, given.position)?;
    let answer = match asked.paper.take(&given.chosen, &given.written) {
        Ok(answer) => answer,
        Err(problem) => return Ok(Outcome::Wrong(problem)),
    };
    let present = version(asked.answered_at);
    if attempt.is_immediate() && !answer.is_given() && !asked.answer.is_given() {
        return Ok(Outcome::Nothing);
    }
    let is_untouched =
        !attempt.is_immediate() && given.was.as_ref().is_some_and(|was| *was == answer.to_kept());
    if answer == asked.answer || is_untouched {
        return Ok(Outcome::Saved(present));
    }
    let is_final = attempt.is_immediate() && asked.answer.is_given();
    if is_final || given.seen.is_some_and(|seen| seen != present) {
        return Ok(Outcome::Changed);
    }
    let is_right = attempt.is_immediate().then(|| asked.paper.is_right(&answer));
    store::put_answer(conn, id, given.position, &answer, is_right, now)?;
    if let Some(is_right) = is_right {
        note(conn, attempt.person, asked.question, is_right, now)?;
    }
    if let Some(clerk) = viewer.acted_by() {
        store::mark_acted(conn, id, clerk)?;
    }
    Ok(Outcome::Saved(version(answer.is_given().then_some(now))))
}

/// Puts an answer into the book of wrong answers, or counts it there.
fn note(
    conn: &mut Conn,
    person: PersonId,
    question: BankQuestionId,
    is_right: bool,
    now: Timestamp,
) -> Result<()> {
    if is_right {
        store::add_right(conn, person, question, now)
    } else {
        store::add_wrong(conn, person, question, now)
    }
}

/// Hands an attempt in. Doing it twice is doing it once.
///
/// # Errors
/// [`Error::NotFound`] for somebody else's.
pub fn submit(conn: &mut Conn, viewer: &Viewer, id: AttemptId, now: Timestamp) -> Result<()> {
    let attempt = own_locked(conn, viewer, id)?;
    if attempt.submitted_at.is_none() {
        if let Some(clerk) = viewer.acted_by() {
            store::mark_acted(conn, id, clerk)?;
        }
        close(conn, &attempt, now)?;
    }
    Ok(())
}

/// Counts an attempt and closes it, as of its end where that has passed. What was not answered is not right, but is no wrong
/// answer for the book either.
fn close(conn: &mut Conn, attempt: &Attempt, now: Timestamp) -> Result<()> {
    let standing = stands(conn, attempt)?;
    let at = attempt.ends_at.map_or(now, |end| end.min(now));
    let rights: Vec<_> =
        standing.asked.iter().map(|one| (one.position, one.paper.is_right(&one.answer))).collect();
    let is_closed =
        store::mark_submitted(conn, attempt.id, &rights, standing.right_count, standing.is_passed, at)?;
    if is_closed && !attempt.is_immediate() {
        // Two papers of one person with the same questions take them in the same order: neither waits for the other.
        let mut given: Vec<_> = standing.asked.iter().filter(|one| one.answer.is_given()).collect();
        given.sort_by_key(|one| one.question);
        for one in given {
            note(conn, attempt.person, one.question, one.paper.is_right(&one.answer), at)?;
        }
    }
    Ok(())
}

/// Hands in, as they stand, attempts whose time is over: for the worker. How many there were.
///
/// # Errors
/// Those of the database.
pub fn close_overdue(conn: &mut Conn, now: Timestamp) -> Result<usize> {
    let mut closed = 0;
    for attempt in store::overdue(conn, now - grace(), CLOSED_AT_ONCE)? {
        let attempt = store::attempt_locked(conn, attempt.id, attempt.person)?;
        if attempt.submitted_at.is_none() {
            close(conn, &attempt, now)?;
            closed += 1;
        }
    }
    Ok(closed)
}

/// How an answer was given, for those who may know.
pub fn is_right(asked: &Asked) -> bool {
    asked.paper.is_right(&asked.answer)
}

/// Whether a question of an open attempt shows what is right: only where it was answered for good.
pub fn is_told(attempt: &Attempt, answer: &Answer) -> bool {
    attempt.is_immediate() && answer.is_given()
}
