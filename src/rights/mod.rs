//! The member's right: every fact that the portal holds of a person, where it comes from, who recorded it, who looked; all of it
//! as a file; and what is erased when its time is over. domain.md §7.12, §6 (retention).
mod export;
pub mod pages;
mod retention;
mod sources;
mod store;
mod words;

use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{AccountId, PersonId};
use crate::lang::Message;
use crate::{msg, text_enum};
use chrono::NaiveDate;
pub use retention::{Due, Run, due, sweep};
pub use sources::EXCLUDED;

text_enum! {
    /// What facts are about. The order is that of the page.
    pub enum Group {
        Person = "person",
        Membership = "membership",
        Account = "account",
        Enrolment = "enrolment",
        Study = "study",
        Test = "test",
        Attendance = "attendance",
        Record = "record",
        Copy = "copy",
        Case = "case",
        Notice = "notice",
        Voice = "voice",
        Contest = "contest",
    }
}

impl Group {
    pub fn words(self) -> Message {
        match self {
            Group::Person => msg!("本人"),
            Group::Membership => msg!("组织关系"),
            Group::Account => msg!("账号和登录"),
            Group::Enrolment => msg!("报名"),
            Group::Study => msg!("看课和读书"),
            Group::Test => msg!("自测"),
            Group::Attendance => msg!("到场"),
            Group::Record => msg!("结业记录"),
            Group::Copy => msg!("纸质读本"),
            Group::Case => msg!("异议和更正"),
            Group::Notice => msg!("消息和邮件"),
            Group::Voice => msg!("评价、提问和建议"),
            Group::Contest => msg!("赛课和讲师"),
        }
    }
}

text_enum! {
    /// A kind of fact: what one feature keeps of a person. Names are those of `data.json`.
    pub enum Kind {
        Person = "person",
        Membership = "membership",
        Stage = "stage",
        Category = "category",
        Office = "office",
        HostStay = "host_stay",
        RosterChange = "roster_change",
        ListedChange = "listed_change",
        Transfer = "transfer",
        GuidanceMember = "guidance_member",
        Title = "title",
        Account = "account",
        Grant = "grant",
        SignIn = "sign_in",
        Code = "code",
        Factor = "factor",
        Calendar = "calendar",
        Enrolment = "enrolment",
        EnrolmentStep = "enrolment_step",
        Watch = "watch",
        Completion = "completion",
        ChapterRead = "chapter_read",
        ReadingPlace = "reading_place",
        Exemption = "exemption",
        Errand = "errand",
        Attempt = "attempt",
        WrongAnswer = "wrong_answer",
        Attendance = "attendance",
        Seat = "seat",
        HomeVisit = "home_visit",
        Record = "record",
        Copy = "copy",
        Case = "case",
        CaseStep = "case_step",
        Notice = "notice",
        MailAddress = "mail_address",
        Letter = "letter",
        RatingKey = "rating_key",
        Question = "question",
        Feedback = "feedback",
        Upload = "upload",
        Entry = "entry",
        Companion = "companion",
        Judge = "judge",
        Gold = "gold",
        Instructor = "instructor",
    }
}

impl std::hash::Hash for Kind {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

/// A fact of one person.
#[derive(Debug, Clone)]
pub struct Fact {
    pub kind: Kind,
    /// The number of the row, 0 where it has none: what a correction request names.
    pub id: i64,
    /// When it was recorded or began, and when it was changed last.
    pub at: Option<Timestamp>,
    pub last: Option<Timestamp>,
    /// The days in which it holds, `[since, until)`; or the day that it is about.
    pub since: Option<NaiveDate>,
    pub until: Option<NaiveDate>,
    /// Names and titles: content, in the language in which it was written.
    pub title: Option<String>,
    /// The state as it is kept.
    pub code: Option<String>,
    /// More content.
    pub detail: Option<String>,
    /// How much, and of how much.
    pub n: Option<i64>,
    pub of: Option<i64>,
    /// Who recorded it, where that is kept.
    pub by: Option<(AccountId, String)>,
    pub link: Option<String>,
}

impl Fact {
    /// Where somebody says that it is wrong.
    pub fn case(&self) -> Option<String> {
        let subject = self.kind.subject()?;
        let holds = !matches!(self.code.as_deref(), Some("reversed" | "withdrawn"));
        (self.id > 0 && holds).then(|| format!("/me/cases/new?about={subject}&id={}", self.id))
    }
}

/// The facts of a kind, those first that came last.
///
/// # Errors
/// Those of the database.
pub fn facts(conn: &mut Conn, person: PersonId, kind: Kind, skip: i64, count: i64) -> Result<Vec<Fact>> {
    store::facts(conn, person, kind, skip, count)
}

/// One fact of a person.
///
/// # Errors
/// Not found if it is somebody else's.
pub fn fact(conn: &mut Conn, person: PersonId, kind: Kind, id: i64) -> Result<Fact> {
    store::fact(conn, person, kind, id)?.ok_or(Error::NotFound)
}

/// How many facts there are of each kind, in the order of the page.
///
/// # Errors
/// Those of the database.
pub fn counts(conn: &mut Conn, person: PersonId) -> Result<Vec<(Kind, i64)>> {
    Kind::ALL.iter().map(|kind| Ok((*kind, store::count(conn, person, *kind)?))).collect()
}
