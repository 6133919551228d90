//! Redress: what the person concerned can bring, who answers it, and what the answer brings about. domain.md §4.8.
//! The cases themselves, with their rules and deadlines, are `cases`.
mod forms;
pub mod pages;
mod store;

use crate::access::Viewer;
use crate::audit::Doer;
use crate::cases::{self, Case, Filing, Kind, Level, Outcome};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::events::{self, Entry, Method, Status, Via};
use crate::ids::{AccountId, AttendanceId, CaseId, CompletionId, EventId, PersonId, RecordId, SnapshotId};
use crate::lang::Message;
use crate::msg;
use crate::{study, watching};
use chrono::NaiveDate;

/// A record that a case can be about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Subject {
    /// Who was there.
    Attendance(AttendanceId),
    /// A proof of viewing.
    Completion(CompletionId),
    /// That somebody has finished a course.
    Record(RecordId),
    /// A published result of a competition: objections, which their own feature files and answers.
    Snapshot(SnapshotId),
}

impl Subject {
    /// The record that an address or a case names.
    pub fn of(kind: &str, id: i64) -> Option<Subject> {
        match kind {
            "attendance" => Some(Subject::Attendance(AttendanceId(id))),
            "completion" => Some(Subject::Completion(CompletionId(id))),
            "record" => Some(Subject::Record(RecordId(id))),
            "snapshot" => Some(Subject::Snapshot(SnapshotId(id))),
            _ => None,
        }
    }
    fn of_case(case: &Case) -> Result<Subject> {
        Subject::of(&case.subject_kind, case.subject_id).ok_or_else(|| {
            Error::Internal(format!("case {} is about an unknown kind of record", case.id).into())
        })
    }
    pub fn key(self) -> (&'static str, i64) {
        match self {
            Subject::Attendance(id) => ("attendance", id.0),
            Subject::Completion(id) => ("completion", id.0),
            Subject::Record(id) => ("record", id.0),
            Subject::Snapshot(id) => ("snapshot", id.0),
        }
    }
    /// What somebody files who says that it is wrong.
    pub fn case_kind(self) -> Kind {
        match self {
            Subject::Attendance(_) | Subject::Completion(_) => Kind::Dispute,
            Subject::Record(_) => Kind::Correction,
            Subject::Snapshot(_) => Kind::Objection,
        }
    }
    /// What somebody can answer.
    pub fn outcomes(self) -> &'static [Outcome] {
        match self {
            Subject::Attendance(_) => Outcome::ALL,
            // It holds or it does not.
            _ => &[Outcome::Upheld, Outcome::Dismissed, Outcome::Inadmissible],
        }
    }
}

/// What a record says.
#[derive(Clone, Debug)]
pub enum What {
    Attendance {
        event: EventId,
        status: Status,
        minutes: i32,
    },
    Completion {
        /// The group viewing that it comes from.
        event: Option<EventId>,
    },
    Record,
    /// The revision of the result.
    Result(i32),
}

/// A record, as its case shows it.
#[derive(Clone, Debug)]
pub struct About {
    pub subject: Subject,
    /// Whose record it is; `None` where it is the city's.
    pub person: Option<PersonId>,
    /// Of the event, the lecture or the course.
    pub title: String,
    pub on: NaiveDate,
    pub what: What,
    /// Who made the record; `None` where the portal made it itself.
    pub made_by: Option<(AccountId, String)>,
    /// Nothing newer has taken its place, and nobody has taken it back.
    pub holds: bool,
}

/// What a dispute about attendance can be answered with: what was recorded does not hold, or this does instead; made-up study
/// with what made up for it. Nobody is worse off by a dispute.
pub const CORRECTIONS: [Status; 9] = [
    Status::Void,
    Status::Present,
    Status::Late,
    Status::LeftEarly,
    Status::Remote,
    Status::Makeup,
    Status::LeaveOfficial,
    Status::LeaveSick,
    Status::LeavePrivate,
];

/// Why something is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// A newer record has taken its place, or it was taken back.
    Superseded,
}

impl Refusal {
    pub fn words(self) -> Message {
        match self {
            Refusal::Superseded => {
                msg!("这条记录已经更正或收回，不再作数。对新的记录有不同意见，请从那一条提出。")
            }
        }
    }
}

/// A record of this person; anybody else's is not found.
///
/// # Errors
/// Not found.
pub fn own(conn: &mut Conn, person: PersonId, subject: Subject) -> Result<About> {
    let about = store::about(conn, subject)?;
    if about.person == Some(person) { Ok(about) } else { Err(Error::NotFound) }
}

/// Files what the person says about a record of their own. The text and the key of the post come from a form.
///
/// # Errors
/// Not found for anybody else's record; refused where it does not hold any more, and as in [`cases::file`].
pub fn file(
    conn: &mut Conn,
    subject: Subject,
    (text, key): (&str, &str),
    viewer: &Viewer,
    doer: &Doer,
    now: Timestamp,
) -> Result<CaseId> {
    let about = own(conn, viewer.person, subject)?;
    if !about.holds {
        return Err(Error::Refused(Refusal::Superseded.words()));
    }
    let filing = Filing {
        kind: subject.case_kind(),
        level: Level::First,
        subject: subject.key(),
        person: viewer.person,
        path: store::path_of(conn, viewer.person)?,
        made_by: about.made_by.map(|(account, _)| account),
        by: viewer.account,
        text: text.to_owned(),
        key: key.to_owned(),
    };
    cases::file(conn, &filing, doer, now)
}

/// What somebody answers to a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub outcome: Outcome,
    /// What is recorded instead, where a dispute about attendance is upheld.
    pub status: Status,
    /// What made up for it.
    pub via: Option<Via>,
    pub reasons: String,
}

/// Answers a case and does what follows from it, in one transaction.
///
/// # Errors
/// As in [`cases::decide`].
pub fn decide(
    conn: &mut Conn,
    id: CaseId,
    decision: &Decision,
    viewer: &Viewer,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    let answer = (decision.outcome, decision.reasons.as_str());
    let case = cases::decide(conn, id, answer, viewer, doer, now)?;
    let about = store::about(conn, Subject::of_case(&case)?)?;
    let is_upheld = decision.outcome == Outcome::Upheld;
    match (about.subject, &about.what) {
        (_, What::Attendance { event, minutes, .. }) if is_upheld || decision.outcome == Outcome::Partly => {
            correct(conn, &case, (*event, decision.status, *minutes, decision.via), viewer, now)
        }
        (Subject::Completion(completion), What::Completion { event }) if is_upheld && about.holds => {
            watching::reverse(conn, completion, case.id, now)?;
            match event {
                Some(event) => correct(conn, &case, (*event, Status::Void, 0, None), viewer, now),
                None => Ok(()),
            }
        }
        (Subject::Record(record), _) if is_upheld && about.holds => {
            study::withdraw_record(conn, record, &decision.reasons, viewer.account, now)
        }
        _ => Ok(()),
    }
}

/// Appends what holds instead of the attendance. Minutes that were recorded stay; where there were none, somebody who was
/// there gets those of the event.
fn correct(
    conn: &mut Conn,
    case: &Case,
    (event, status, recorded, via): (EventId, Status, i32, Option<Via>),
    viewer: &Viewer,
    now: Timestamp,
) -> Result<()> {
    let minutes = match (status.has_minutes(), recorded) {
        (false, _) => 0,
        (true, 0) => events::find(conn, event)?.minutes(),
        (true, recorded) => recorded,
    };
    let entry = Entry {
        event,
        person: case.person,
        status,
        minutes,
        method: Method::List,
        via,
        by: viewer.account,
        acted_by: None,
        key: format!("case-{}", case.id),
    };
    events::record(conn, &entry, now)
}
