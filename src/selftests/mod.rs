//! Self-tests: banks of questions, tests drawn from them, attempts, the book of own wrong answers. `question` and `paper` are
//! the rules, `banks` is what the desk does, `taking` what a member does, `exchange` what comes in and goes out as files
//! (`table` XLSX and text, `qti` QTI 2.1).
mod banks;
mod exchange;
mod forms;
pub mod pages;
mod paper;
mod qti;
mod question;
mod store;
mod table;
mod taking;

use crate::access::Permission::OrganizeCourses;
use crate::access::Viewer;
use crate::clock;
use crate::db::{Conn, Timestamp};
use crate::error::{Error, Result};
use crate::ids::{AccountId, BankId, BankQuestionId, BookletId, CourseId, PersonId, TestId};
use crate::{msg, text_enum};
pub use banks::{
    NewBank, TestDraft, add_question, change_bank, change_question, change_test, close_bank_question,
    make_bank, make_test, reopen_bank_question,
};
pub use paper::{Answer, Paper};
pub use question::{Choice, Content, Kind};
pub use store::{Asked, asked};
pub use taking::{Given, answer, close_overdue, start, submit};

text_enum! {
    /// When a member learns what was right.
    pub enum Feedback {
        /// After each answer, which is then final.
        Immediate = "immediate",
        /// After handing in.
        Final = "final",
    }
}

/// What a bank belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Belongs {
    #[default]
    Nothing,
    Booklet(BookletId),
    Course(CourseId),
}

/// Why something about a bank or a test is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// A test asks for more questions than there would be: its title, how many it asks for, how many there are.
    TooFew(String, i32, i64),
    Closed,
    /// So many tries are allowed, and made.
    NoTriesLeft(i32),
    NothingToPractise,
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        Error::Refused(match refusal {
            Refusal::TooFew(title, wanted, there) => msg!(
                "自测“{}”要 {} 道题，这样改后只剩 {} 道。请先把它的题数改少，或者关闭它。",
                title,
                wanted,
                there
            ),
            Refusal::Closed => msg!("这份自测现在没有开放。需要的话请联系出题的人。"),
            Refusal::NoTriesLeft(most) => {
                msg!("这份自测最多做 {} 次，已经做完了。每次的结果还可以看。", most)
            }
            Refusal::NothingToPractise => {
                msg!("没有可以练的题：错题本是空的，或者这些题正在一份没交的自测里。")
            }
        })
    }
}

/// Whose banks a viewer may work on: `None` for everybody's.
fn whose(viewer: &Viewer) -> Option<AccountId> {
    if viewer.may(OrganizeCourses) { None } else { Some(viewer.account) }
}

/// The open tests that this maker of courses may put into a course, with their titles.
///
/// # Errors
/// Those of the database.
pub fn choices(conn: &mut Conn, viewer: &Viewer) -> Result<Vec<(TestId, String)>> {
    store::open_tests(conn, whose(viewer))
}

/// Those of `tests` that the person has passed, also by an attempt whose time ran out and that nobody has closed yet.
///
/// # Errors
/// Those of the database.
pub fn passed(conn: &mut Conn, person: PersonId, tests: &[TestId]) -> Result<Vec<TestId>> {
    let mut passed = store::passed(conn, person, tests)?;
    for attempt in store::overdue_of(conn, person, clock::now() - taking::grace())? {
        if let Some(test) = attempt.test.filter(|test| tests.contains(test) && !passed.contains(test))
            && taking::stands(conn, &attempt)?.is_passed
        {
            passed.push(test);
        }
    }
    Ok(passed)
}

/// The titles of these tests.
///
/// # Errors
/// Those of the database.
pub fn named(conn: &mut Conn, tests: &[TestId]) -> Result<Vec<(TestId, String)>> {
    store::named(conn, tests)
}

/// The open tests of a booklet, for its page.
///
/// # Errors
/// Those of the database.
pub fn of_booklet(conn: &mut Conn, booklet: BookletId) -> Result<Vec<(TestId, String)>> {
    store::tests_of_booklet(conn, booklet)
}

/// A question of a bank with all that is kept of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub id: BankQuestionId,
    pub code: String,
    pub is_active: bool,
    /// Counted up by each save.
    pub revision: i32,
    pub content: Content,
}

/// Who saved a question last, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    pub by: String,
    pub at: Timestamp,
}

/// The bank, if the viewer may work on it: a bank is its author's, or anybody's who manages courses.
///
/// # Errors
/// [`Error::NotFound`] otherwise.
pub fn bank(conn: &mut Conn, viewer: &Viewer, id: BankId) -> Result<store::Bank> {
    let bank = store::bank(conn, id)?;
    match whose(viewer) {
        Some(account) if bank.author != account => Err(Error::NotFound),
        _ => Ok(bank),
    }
}
