//! What the desk does: banks, their questions, their tests.
use super::question::Content;
use super::store::{self, Bank};
use super::{Belongs, Feedback, Refusal};
use crate::audit::{Action, Doer};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{AccountId, BankId, BankQuestionId, TestId};

/// A bank that is not there yet.
#[derive(Debug, Clone)]
pub struct NewBank {
    pub title: String,
    pub belongs: Belongs,
    pub key: String,
}

/// What a test says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestDraft {
    pub title: String,
    /// Only questions of this chapter.
    pub chapter: Option<i32>,
    pub question_count: i32,
    /// Of right answers, in per cent.
    pub pass_share: i32,
    pub minutes: Option<i32>,
    pub feedback: Feedback,
    pub most_attempts: Option<i32>,
    pub is_open: bool,
}

/// Whether a save was made, or came too late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Made,
    /// Somebody else has saved another text meanwhile.
    Overtaken,
}

/// Makes a bank; the same form makes the same bank.
///
/// # Errors
/// Those of the database.
pub fn make_bank(
    conn: &mut Conn,
    new: &NewBank,
    by: AccountId,
    doer: &Doer,
    now: Timestamp,
) -> Result<BankId> {
    match store::insert_bank(conn, new, by, now)? {
        Some(id) => {
            doer.did(conn, Action::BankChanged, ("bank", id.0), now)?;
            Ok(id)
        }
        None => store::bank_with_key(conn, &new.key, by)?.ok_or(Error::NotFound),
    }
}

/// Names a bank anew, or gives it to another booklet or course.
///
/// # Errors
/// Those of the database.
pub fn change_bank(
    conn: &mut Conn,
    id: BankId,
    title: &str,
    belongs: Belongs,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    store::update_bank(conn, id, title, belongs)?;
    doer.did(conn, Action::BankChanged, ("bank", id.0), now)
}

/// Every open test still has enough questions to draw from.
///
/// # Errors
/// A [`Refusal`] that names one that has not.
pub fn enough(conn: &mut Conn, bank: BankId) -> Result<()> {
    for test in store::tests_of(conn, bank)?.into_iter().filter(|test| test.is_open) {
        let there = store::available(conn, bank, test.chapter)?;
        if there < i64::from(test.question_count) {
            return Err(Refusal::TooFew(test.title, test.question_count, there).into());
        }
    }
    Ok(())
}

/// Adds a question under this code; a code that is there already adds nothing: the same form was sent twice.
///
/// # Errors
/// Those of the database.
pub fn add_question(
    conn: &mut Conn,
    bank: BankId,
    code: &str,
    content: &Content,
    by: AccountId,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    store::bank_locked(conn, bank)?;
    if store::insert_question(conn, bank, code, content, by, now)?.is_some() {
        doer.did(conn, Action::BankChanged, ("bank", bank.0), now)?;
    }
    Ok(())
}

/// A question as somebody wants it: which, seen at which revision.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    pub bank: BankId,
    pub question: BankQuestionId,
    pub revision: i32,
}

/// Saves a question that is still at the revision that its editor had before them.
///
/// # Errors
/// A [`Refusal`] if an open test would have too few questions.
pub fn change_question(
    conn: &mut Conn,
    seen: Seen,
    content: &Content,
    by: AccountId,
    doer: &Doer,
    now: Timestamp,
) -> Result<Change> {
    store::bank_locked(conn, seen.bank)?;
    let present = store::question(conn, seen.bank, seen.question)?;
    if present.content == *content {
        return Ok(Change::Made);
    }
    if !store::update_question(conn, seen.question, seen.revision, content, by, now)? {
        return Ok(Change::Overtaken);
    }
    enough(conn, seen.bank)?;
    doer.did(conn, Action::BankChanged, ("bank", seen.bank.0), now)?;
    Ok(Change::Made)
}

/// Puts a question out of use: papers that have it keep it, no test draws it any more.
///
/// # Errors
/// A [`Refusal`] if an open test would have too few questions.
pub fn close_bank_question(
    conn: &mut Conn,
    bank: BankId,
    id: BankQuestionId,
    by: AccountId,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    set_active(conn, bank, id, false, by, doer, now)
}

/// Puts a question into use again.
///
/// # Errors
/// Those of the database.
pub fn reopen_bank_question(
    conn: &mut Conn,
    bank: BankId,
    id: BankQuestionId,
    by: AccountId,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    set_active(conn, bank, id, true, by, doer, now)
}

fn set_active(
    conn: &mut Conn,
    bank: BankId,
    id: BankQuestionId,
    is_active: bool,
    by: AccountId,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    store::bank_locked(conn, bank)?;
    store::question(conn, bank, id)?;
    if store::set_active(conn, bank, id, is_active, by, now)? {
        enough(conn, bank)?;
        doer.did(conn, Action::BankChanged, ("bank", bank.0), now)?;
    }
    Ok(())
}

/// Makes a test; the same form makes the same test.
///
/// # Errors
/// A [`Refusal`] if it asks for more questions than there are.
pub fn make_test(
    conn: &mut Conn,
    bank: &Bank,
    draft: &TestDraft,
    key: &str,
    by: AccountId,
    doer: &Doer,
    now: Timestamp,
) -> Result<TestId> {
    store::bank_locked(conn, bank.id)?;
    match store::insert_test(conn, bank.id, draft, key, by, now)? {
        Some(id) => {
            enough(conn, bank.id)?;
            doer.did(conn, Action::TestChanged, ("test", id.0), now)?;
            Ok(id)
        }
        None => store::test_with_key(conn, bank.id, key)?.ok_or(Error::NotFound),
    }
}

/// Saves a test that is still at the revision that its editor had before them. Papers that somebody has before them stay as
/// they are.
///
/// # Errors
/// A [`Refusal`] if it asks for more questions than there are.
pub fn change_test(
    conn: &mut Conn,
    bank: BankId,
    id: TestId,
    revision: i32,
    draft: &TestDraft,
    doer: &Doer,
    now: Timestamp,
) -> Result<Change> {
    store::bank_locked(conn, bank)?;
    if !store::update_test(conn, id, revision, draft)? {
        return Ok(Change::Overtaken);
    }
    enough(conn, bank)?;
    doer.did(conn, Action::TestChanged, ("test", id.0), now)?;
    Ok(Change::Made)
}
