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
use crate::ids::{
    AccountId, AttendanceId, CaseId, CompletionId, CopyMoveId, EventId, PersonId, RecordId, SnapshotId,
};
use crate::lang::Message;
use crate::msg;
use crate::{copies, rights, study, visits, watching};
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
    /// That a printed copy was handed out.
    Copy(CopyMoveId),
    /// Another fact of the page of one's own data: whoever keeps it mends it.
    Fact(rights::Kind, i64),
    /// A published result of a competition: objections, which their own feature files and answers.
    Snapshot(SnapshotId),
    /// Teaching at somebody's door, by its event: one of those whom it was to says that it was not so.
    Visit(EventId),
}

impl Subject {
    /// The record that an address or a case names.
    pub fn of(kind: &str, id: i64) -> Option<Subject> {
        match kind {
            "attendance" => Some(Subject::Attendance(AttendanceId(id))),
            "completion" => Some(Subject::Completion(CompletionId(id))),
            "record" => Some(Subject::Record(RecordId(id))),
            "snapshot" => Some(Subject::Snapshot(SnapshotId(id))),
            "visit" => Some(Subject::Visit(EventId(id))),
            "copy" => Some(Subject::Copy(CopyMoveId(id))),
            _ => {
                let fact = rights::Kind::of(kind).filter(|one| one.subject() == Some(kind));
                fact.map(|one| Subject::Fact(one, id))
            }
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
            Subject::Visit(id) => ("visit", id.0),
            Subject::Copy(id) => ("copy", id.0),
            Subject::Fact(kind, id) => (kind.as_str(), id),
        }
    }
    /// What somebody files who says that it is wrong.
    pub fn case_kind(self) -> Kind {
        match self {
            Subject::Attendance(_) | Subject::Completion(_) | Subject::Visit(_) | Subject::Copy(_) => {
                Kind::Dispute
            }
            Subject::Record(_) | Subject::Fact(..) => Kind::Correction,
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
    /// The name of who signed for the copy, if that was somebody else.
    Copy(Option<String>),
    /// What the fact is about, and its state.
    Fact(Message, Option<Message>),
    /// The revision of the result.
    Result(i32),
    /// Its length, in minutes.
    Visit(i32),
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

/// A record of this person; anybody else's is not found. What came from a visit is disputed as that visit: then all that follows
/// from it is taken back together.
///
/// # Errors
/// Not found.
pub fn own(conn: &mut Conn, person: PersonId, subject: Subject) -> Result<About> {
    let subject = match store::visit_behind(conn, subject)? {
        Some(visit) => Subject::Visit(visit),
        None => subject,
    };
    let about = store::about(conn, subject, person)?;
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
        kind: about.subject.case_kind(),
        level: Level::First,
        subject: about.subject.key(),
        person: viewer.person,
        path: store::path_of(conn, viewer.person)?,
        made_by: about.made_by.map(|(account, _)| account),
        by: viewer.account,
        text: text.to_owned(),
        key: key.to_owned(),
    };
    let id = cases::file(conn, &filing, doer, now)?;
    // The same post once more may name a case that was answered since.
    if let Subject::Visit(visit) = about.subject
        && cases::find_own(conn, viewer.person, id)?.state.is_open()
    {
        visits::dispute(conn, (visit, viewer.person), (id, viewer.account), now)?;
    }
    Ok(id)
}

/// Takes a case back; a visit that was disputed counts again.
///
/// # Errors
/// Refused for whoever acts for the person and made the record of the visit; and as in [`cases::withdraw`].
pub fn withdraw(conn: &mut Conn, id: CaseId, viewer: &Viewer, doer: &Doer, now: Timestamp) -> Result<()> {
    let case = cases::find_own(conn, viewer.person, id)?;
    if viewer.is_acting() && made_visit(conn, viewer, &case)? {
        return Err(cases::Refusal::OwnRecord.into());
    }
    cases::withdraw(conn, id, viewer, doer, now)?;
    match Subject::of_case(&case)? {
        // Another case about it may have been filed since.
        Subject::Visit(visit) if cases::open_about(conn, case.person, "visit", visit.0)?.is_none() => {
            visits::reinstate(conn, (visit, case.person), viewer.account, now)
        }
        _ => Ok(()),
    }
}

/// Takes the answer to a case to the next level; while it waits there, a disputed visit counts nothing again.
///
/// # Errors
/// As in [`cases::appeal`].
pub fn appeal(
    conn: &mut Conn,
    id: CaseId,
    said: (&str, &str),
    viewer: &Viewer,
    doer: &Doer,
    now: Timestamp,
) -> Result<CaseId> {
    let appeal = cases::appeal(conn, id, said, viewer, doer, now)?;
    let case = cases::find_own(conn, viewer.person, appeal)?;
    if let Subject::Visit(visit) = Subject::of_case(&case)?
        && case.state.is_open()
    {
        visits::dispute(conn, (visit, case.person), (appeal, viewer.account), now)?;
    }
    Ok(appeal)
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

/// Whether the case is about a visit in whose record the viewer had a hand.
fn made_visit(conn: &mut Conn, viewer: &Viewer, case: &Case) -> Result<bool> {
    match Subject::of_case(case)? {
        Subject::Visit(visit) => visits::has_hand(conn, viewer, visit, case.person),
        _ => Ok(false),
    }
}

/// Why this viewer does not answer a case that lies in the scope: as [`Case::barrier`], and not those who made a visit either.
fn barrier(conn: &mut Conn, viewer: &Viewer, case: &Case) -> Result<Option<cases::Refusal>> {
    match case.barrier(viewer) {
        None if made_visit(conn, viewer, case)? => Ok(Some(cases::Refusal::OwnRecord)),
        known => Ok(known),
    }
}

/// Answers a case and does what follows from it, in one transaction.
///
/// # Errors
/// Refused for those who made the visit that it is about; and as in [`cases::decide`].
pub fn decide(
    conn: &mut Conn,
    id: CaseId,
    decision: &Decision,
    viewer: &Viewer,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    let filed = cases::find_within(conn, viewer, id)?;
    if let Some(why) = barrier(conn, viewer, &filed)? {
        return Err(why.into());
    }
    let answer = (decision.outcome, decision.reasons.as_str());
    let case = cases::decide(conn, id, answer, viewer, doer, now)?;
    let about = store::about(conn, Subject::of_case(&case)?, case.person)?;
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
        (Subject::Visit(visit), _) if is_upheld => {
            visits::uphold(conn, (visit, case.person), (case.id, viewer.account), now)
        }
        (Subject::Visit(visit), _) => visits::reinstate(conn, (visit, case.person), viewer.account, now),
        (Subject::Record(record), _) if is_upheld && about.holds => {
            study::withdraw_record(conn, record, &decision.reasons, viewer.account, now)
        }
        (Subject::Copy(id), _) if is_upheld => copies::reverse(conn, id, case.id, viewer.account, now),
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
