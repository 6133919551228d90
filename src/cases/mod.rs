//! Matters that people bring: disputes, objections, appeals, corrections; with deadlines in working days. domain.md §4.8.
//! Pages and what a decision brings about are in `redress`.
mod late;
mod store;

use crate::access::{Permission, Viewer};
use crate::audit::{Action, Doer};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{AccountId, CaseId, PersonId};
use crate::inbox::{self, NewNotice};
use crate::lang::Message;
use crate::{calendar, clock, msg, text_enum};
use chrono::NaiveDate;
pub use late::escalate;
pub use store::{
    are_open_about, find_objection, find_own, listed_within, mine, objections_about, open_about,
    overdue_within, steps,
};

text_enum! {
    pub enum Kind {
        /// The person says that a record about them is wrong.
        Dispute = "dispute",
        Objection = "objection",
        /// Against the answer to another case.
        Appeal = "appeal",
        /// The person asks to take back or mend what the portal says of them.
        Correction = "correction",
    }
}

impl Kind {
    pub fn words(self) -> Message {
        match self {
            Kind::Dispute | Kind::Objection => msg!("异议"),
            Kind::Appeal => msg!("申诉"),
            Kind::Correction => msg!("更正"),
        }
    }
}

text_enum! {
    pub enum State {
        Filed = "filed",
        InReview = "in_review",
        Upheld = "upheld",
        Partly = "partly",
        Dismissed = "dismissed",
        Inadmissible = "inadmissible",
        Withdrawn = "withdrawn",
    }
}

impl State {
    pub fn words(self) -> Message {
        match self {
            State::Filed => msg!("已提出"),
            State::InReview => msg!("正在核对"),
            State::Upheld => msg!("成立"),
            State::Partly => msg!("部分成立"),
            State::Dismissed => msg!("不成立"),
            State::Inadmissible => msg!("不受理"),
            State::Withdrawn => msg!("已撤回"),
        }
    }
    /// Nobody has answered yet.
    pub fn is_open(self) -> bool {
        matches!(self, State::Filed | State::InReview)
    }
    /// An answer that the person may take to the next level.
    pub fn is_appealable(self) -> bool {
        matches!(self, State::Partly | State::Dismissed | State::Inadmissible)
    }
}

text_enum! {
    /// What a decider says.
    pub enum Outcome {
        Upheld = "upheld",
        Partly = "partly",
        Dismissed = "dismissed",
        Inadmissible = "inadmissible",
    }
}

impl Outcome {
    pub fn state(self) -> State {
        match self {
            Outcome::Upheld => State::Upheld,
            Outcome::Partly => State::Partly,
            Outcome::Dismissed => State::Dismissed,
            Outcome::Inadmissible => State::Inadmissible,
        }
    }
}

/// Who answers: somebody whose scope holds the person's branch; after an appeal somebody above it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    First,
    Second,
}

impl Level {
    pub fn number(self) -> i32 {
        match self {
            Level::First => 1,
            Level::Second => 2,
        }
    }
    /// Working days until the answer.
    pub fn term(self) -> i32 {
        match self {
            Level::First => 5,
            Level::Second => 15,
        }
    }
}

/// Which cases a list has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    Open,
    /// Those of the open ones whose last day has passed.
    Overdue,
    Answered,
}

/// Working days after the answer in which the person may appeal.
pub const APPEAL_TERM: i32 = 10;

/// A case to be filed.
#[derive(Clone, Debug)]
pub struct Filing {
    pub kind: Kind,
    pub level: Level,
    /// What it is about: a kind of record and its key.
    pub subject: (&'static str, i64),
    /// Whose matter it is.
    pub person: PersonId,
    /// The person's branch in the tree of organisations; `/` for those who have none.
    pub path: String,
    /// Who made the record: does not decide.
    pub made_by: Option<AccountId>,
    /// Who files: the clerk's account, while somebody acts for the person.
    pub by: AccountId,
    pub text: String,
    /// Names the post.
    pub key: String,
}

#[derive(Debug, Clone)]
pub struct Case {
    pub id: CaseId,
    pub kind: Kind,
    pub level: Level,
    pub subject_kind: String,
    pub subject_id: i64,
    pub person: PersonId,
    pub person_name: String,
    pub path: String,
    pub made_by: Option<AccountId>,
    pub filed_by: AccountId,
    pub filed_at: Timestamp,
    pub due_on: NaiveDate,
    pub state: State,
    pub decided_at: Option<Timestamp>,
    /// The case whose answer this one appeals, and who gave that answer.
    pub appealed: Option<CaseId>,
    pub answered_by: Option<AccountId>,
}

impl Case {
    /// The answer is late.
    pub fn is_overdue(&self, today: NaiveDate) -> bool {
        self.state.is_open() && self.due_on < today
    }
    /// Why this viewer does not decide, though it lies in the scope; `None` if they may.
    pub fn barrier(&self, viewer: &Viewer) -> Option<Refusal> {
        self.barrier_to(viewer.account, viewer.person)
    }
    fn barrier_to(&self, account: AccountId, person: PersonId) -> Option<Refusal> {
        if self.made_by == Some(account) {
            Some(Refusal::OwnRecord)
        } else if self.filed_by == account {
            Some(Refusal::OwnFiling)
        } else if self.person == person {
            Some(Refusal::OwnMatter)
        } else if self.answered_by == Some(account) {
            Some(Refusal::OwnAnswer)
        } else {
            None
        }
    }
}

/// One line of what became of a case.
#[derive(Debug, Clone)]
pub struct Step {
    pub state: State,
    pub at: Timestamp,
    pub by: Option<String>,
    /// `None` where nothing was written, or retention has erased it.
    pub text: Option<String>,
}

/// Why something about a case is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    OpenAlready,
    AnsweredAlready,
    KeyUsed,
    OwnRecord,
    OwnFiling,
    OwnMatter,
    OwnAnswer,
    NeedsReasons,
    /// Answered or withdrawn by somebody who was faster.
    Closed,
    NotAnswered,
    Upheld,
    LastAnswer,
    TooLate,
}

impl Refusal {
    pub fn words(self) -> Message {
        match self {
            Refusal::OpenAlready => msg!("这条记录已经提出过，正在办理。可以在“异议和更正”里看到。"),
            Refusal::AnsweredAlready => msg!(
                "这条记录已经答复过。对答复有不同意见，请打开“异议和更正”里的那一件，在 10 个工作日内申诉。"
            ),
            Refusal::KeyUsed => msg!("这张表单不完整，请重新打开这一页再填"),
            Refusal::OwnRecord => msg!("这条记录是您登记的，要由别人办理。"),
            Refusal::OwnFiling => msg!("这一件是您提出或代为提出的，要由别人办理。"),
            Refusal::OwnMatter => msg!("这一件是您自己的事，要由别人办理。"),
            Refusal::OwnAnswer => msg!("上一次的答复是您作出的，申诉要由别人办理。"),
            Refusal::NeedsReasons => msg!("请写明理由，本人会看到。"),
            Refusal::Closed => msg!("这一件已经有人答复，或者本人已经撤回。请打开它看结果。"),
            Refusal::NotAnswered => msg!("这一件还没有答复，不能申诉。"),
            Refusal::Upheld => msg!("您的意见已经成立，不需要申诉。"),
            Refusal::LastAnswer => msg!("这是对申诉的答复，不再申诉。"),
            Refusal::TooLate => msg!("答复后的 10 个工作日已经过去，不能再申诉。"),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        Error::Refused(refusal.words())
    }
}

/// Files a case; the same post sent twice is one.
///
/// # Errors
/// Refused while another case of this person about the same record is open, after one was answered, and in a year without
/// a calendar of working days.
pub fn file(conn: &mut Conn, filing: &Filing, doer: &Doer, now: Timestamp) -> Result<CaseId> {
    let due_on = calendar::after(conn, clock::day(now), filing.level.term())?;
    let Some(id) = store::insert(conn, filing, due_on, None, now)? else {
        let Some(id) = store::by_key(conn, filing)? else {
            let is_key_free = store::is_key_free(conn, &filing.key)?;
            return Err(if is_key_free { Refusal::OpenAlready } else { Refusal::KeyUsed }.into());
        };
        return Ok(id);
    };
    // After the row stands: whoever answered a case in this moment has been waited for.
    if store::is_answered(conn, filing)? {
        return Err(Refusal::AnsweredAlready.into());
    }
    begin(conn, id, filing, doer, now)?;
    Ok(id)
}

fn begin(conn: &mut Conn, id: CaseId, filing: &Filing, doer: &Doer, now: Timestamp) -> Result<()> {
    store::append(conn, id, State::Filed, filing.by, &filing.text, now)?;
    doer.did(conn, Action::CaseFiled, ("case", id.0), now)
}

/// Takes a case back, before it is answered. Only the person concerned, or whoever acts for them.
///
/// # Errors
/// Not found for anybody else; refused once it is answered.
pub fn withdraw(conn: &mut Conn, id: CaseId, viewer: &Viewer, doer: &Doer, now: Timestamp) -> Result<()> {
    let case = store::find_own(conn, viewer.person, id)?;
    if case.state == State::Withdrawn {
        return Ok(());
    }
    if !store::close(conn, id, State::Withdrawn, None)? {
        return Err(Refusal::Closed.into());
    }
    store::append(conn, id, State::Withdrawn, viewer.account, "", now)?;
    doer.did(conn, Action::CaseWithdrawn, ("case", id.0), now)
}

/// The last day on which the answer to this case can be appealed; `None` where there is nothing to appeal.
///
/// # Errors
/// Refused in a year without a calendar of working days.
pub fn appealable_until(conn: &mut Conn, case: &Case) -> Result<Option<NaiveDate>> {
    match case.decided_at {
        // An objection is answered once: what follows is a new revision, which is open to objections again.
        Some(at)
            if case.state.is_appealable() && case.level == Level::First && case.kind != Kind::Objection =>
        {
            calendar::after(conn, clock::day(at), APPEAL_TERM).map(Some)
        }
        _ => Ok(None),
    }
}

/// Takes the answer to a case to the next level. An answer is appealed once.
///
/// # Errors
/// Not found for anybody else; refused where there is nothing to appeal, and after ten working days.
pub fn appeal(
    conn: &mut Conn,
    id: CaseId,
    (text, key): (&str, &str),
    viewer: &Viewer,
    doer: &Doer,
    now: Timestamp,
) -> Result<CaseId> {
    let case = store::find_own(conn, viewer.person, id)?;
    if case.level == Level::Second || case.kind == Kind::Objection {
        return Err(Refusal::LastAnswer.into());
    }
    if case.state == State::Upheld {
        return Err(Refusal::Upheld.into());
    }
    let until = appealable_until(conn, &case)?.ok_or(Refusal::NotAnswered)?;
    let today = clock::day(now);
    if until < today {
        return Err(Refusal::TooLate.into());
    }
    let filing = Filing {
        kind: Kind::Appeal,
        level: Level::Second,
        subject: (subject_name(&case.subject_kind)?, case.subject_id),
        person: case.person,
        path: case.path,
        made_by: case.made_by,
        by: viewer.account,
        text: text.to_owned(),
        key: key.to_owned(),
    };
    let due_on = calendar::after(conn, today, Level::Second.term())?;
    match store::insert(conn, &filing, due_on, Some(id), now)? {
        Some(appeal) => {
            begin(conn, appeal, &filing, doer, now)?;
            Ok(appeal)
        }
        // sent twice, or from two pages
        None => store::appeal_of(conn, id)?.ok_or_else(|| Refusal::OpenAlready.into()),
    }
}

/// The appeal against the answer to this case.
///
/// # Errors
/// Those of the database.
pub fn appeal_of(conn: &mut Conn, id: CaseId) -> Result<Option<CaseId>> {
    store::appeal_of(conn, id)
}

/// Kinds of records that cases are about; a new feature adds its own here.
/// What follows "copy" are facts of the page of one's own data, as `rights` names them.
pub const SUBJECTS: [&str; 29] = [
    "attendance",
    "completion",
    "record",
    "snapshot",
    "visit",
    "copy",
    "person",
    "membership",
    "stage",
    "category",
    "office",
    "host_stay",
    "roster_change",
    "listed_change",
    "transfer",
    "title",
    "account",
    "grant",
    "enrolment",
    "watch",
    "chapter_read",
    "exemption",
    "errand",
    "attempt",
    "entry",
    "companion",
    "judge",
    "gold",
    "instructor",
];

fn subject_name(kept: &str) -> Result<&'static str> {
    let known = SUBJECTS.into_iter().find(|name| *name == kept);
    known.ok_or_else(|| Error::Internal(format!("a case about an unknown kind of record: {kept}").into()))
}

/// A case in the viewer's scope: level 2 only from above the branch.
///
/// # Errors
/// Not found outside it.
pub fn find_within(conn: &mut Conn, viewer: &Viewer, id: CaseId) -> Result<Case> {
    store::find_within(conn, &viewer.paths(Permission::DecideCases), id)
}

/// Answers a case, with reasons; the person is told. What it brings about is `redress`'s, in the same transaction.
///
/// # Errors
/// Not found outside the viewer's scope; refused for whoever made the record, filed the case, is concerned, or answered it
/// before, without reasons, and when somebody was faster.
pub fn decide(
    conn: &mut Conn,
    id: CaseId,
    (outcome, reasons): (Outcome, &str),
    viewer: &Viewer,
    doer: &Doer,
    now: Timestamp,
) -> Result<Case> {
    let case = find_within(conn, viewer, id)?;
    answer(conn, case, (outcome, reasons), viewer, doer, now)
}

/// Answers an objection against a published result; whoever supervises that result has been let in by their feature.
///
/// # Errors
/// As [`decide`].
pub fn decide_objection(
    conn: &mut Conn,
    id: CaseId,
    (outcome, reasons): (Outcome, &str),
    viewer: &Viewer,
    doer: &Doer,
    now: Timestamp,
) -> Result<Case> {
    let case = store::find_objection(conn, id)?;
    answer(conn, case, (outcome, reasons), viewer, doer, now)
}

fn answer(
    conn: &mut Conn,
    case: Case,
    (outcome, reasons): (Outcome, &str),
    viewer: &Viewer,
    doer: &Doer,
    now: Timestamp,
) -> Result<Case> {
    let id = case.id;
    if let Some(why) = case.barrier(viewer) {
        return Err(why.into());
    }
    if reasons.trim().is_empty() {
        return Err(Refusal::NeedsReasons.into());
    }
    if !store::close(conn, id, outcome.state(), Some((viewer.account, now)))? {
        return Err(Refusal::Closed.into());
    }
    store::append(conn, id, outcome.state(), viewer.account, reasons, now)?;
    // The person sees in the own record who answered.
    let doer = Doer { for_person: Some(case.person), ..doer.clone() };
    doer.did(conn, Action::CaseDecided, ("case", id.0), now)?;
    let notice = NewNotice {
        person: case.person,
        kind: inbox::Kind::Case,
        title: match case.kind {
            Kind::Dispute | Kind::Objection => msg!("您提出的异议有了答复"),
            Kind::Appeal => msg!("您提出的申诉有了答复"),
            Kind::Correction => msg!("您申请的更正有了答复"),
        },
        body: String::new(),
        link: format!("/me/cases/{id}"),
        sent_by: None,
        key: format!("case-{id}-answer"),
    };
    inbox::tell(conn, &[notice], now)?;
    Ok(case)
}

#[cfg(test)]
mod tests;
