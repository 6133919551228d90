//! Attendance: what is recorded of somebody, in words, and the rule by which it is appended.
use super::{Event, Kind, Refusal, State, store};
use crate::audit::{Action, Doer};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{AccountId, EventId, LectureId, PersonId};
use crate::inbox::{self, NewNotice};
use crate::lang::Message;
use crate::{msg, text_enum};

text_enum! {
    /// What is recorded of somebody.
    pub enum Status {
        Present = "present",
        Late = "late",
        LeftEarly = "left_early",
        Remote = "remote",
        HomeVisit = "home_visit",
        Makeup = "makeup",
        LeaveOfficial = "leave_official",
        LeaveSick = "leave_sick",
        LeavePrivate = "leave_private",
        Absent = "absent",
        /// What was recorded does not hold.
        Void = "void",
    }
}

impl Status {
    /// For the person and for whoever keeps the list.
    pub fn words(self) -> Message {
        match self {
            Status::Present => msg!("到场"),
            Status::Late => msg!("迟到"),
            Status::LeftEarly => msg!("早退"),
            Status::Remote => msg!("线上参加"),
            Status::HomeVisit => msg!("送学上门"),
            Status::Makeup => msg!("已补学"),
            Status::LeaveOfficial => msg!("公假"),
            Status::LeaveSick => msg!("病假"),
            Status::LeavePrivate => msg!("事假"),
            Status::Absent => msg!("未到"),
            Status::Void => msg!("记录已作废"),
        }
    }
    /// For everybody else: the reason of a leave is not theirs to know.
    pub fn public_words(self) -> Message {
        if self.is_leave() { msg!("请假") } else { self.words() }
    }
    /// Whether the person has taken part, in whatever way.
    pub fn counts(self) -> bool {
        matches!(
            self,
            Status::Present
                | Status::Late
                | Status::LeftEarly
                | Status::Remote
                | Status::HomeVisit
                | Status::Makeup
        )
    }
    pub fn is_leave(self) -> bool {
        matches!(self, Status::LeaveOfficial | Status::LeaveSick | Status::LeavePrivate)
    }
    /// Whether there may be minutes beside it.
    pub fn has_minutes(self) -> bool {
        self.counts()
    }
    /// Whether it can only be said of what has begun. Leaves are asked for before.
    fn needs_beginning(self) -> bool {
        self.counts() || self == Status::Absent
    }
}

text_enum! {
    /// How it was found out.
    pub enum Method {
        /// The member typed the code that was shown on site.
        Code = "code",
        List = "list",
        Clerk = "clerk",
        /// Seen in a video meeting, or measured by a group viewing.
        Video = "video",
    }
}

impl Method {
    pub fn words(self) -> Message {
        match self {
            Method::Code => msg!("现场码签到"),
            Method::List => msg!("名单登记"),
            Method::Clerk => msg!("代办登记"),
            Method::Video => msg!("视频收看"),
        }
    }
}

/// What made up for a missed event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    Event(EventId),
    Lecture(LectureId),
}

/// What is to be recorded of somebody.
#[derive(Debug, Clone)]
pub struct Entry {
    pub event: EventId,
    pub person: PersonId,
    pub status: Status,
    pub minutes: i32,
    pub method: Method,
    pub via: Option<Via>,
    pub by: AccountId,
    /// The clerk's account, where a clerk entered what the member did.
    pub acted_by: Option<AccountId>,
    pub key: String,
}

/// Records what is known of somebody: appends the next revision, and it is the one that holds. What is known already, and
/// the same post once more, change nothing.
///
/// # Errors
/// Refused for a cancelled event, before the beginning for everything but a leave, and where the key was used for something
/// else.
pub fn record(conn: &mut Conn, entry: &Entry, now: Timestamp) -> Result<()> {
    let event = store::find(conn, entry.event)?;
    record_in(conn, &event, entry, now)?;
    Ok(())
}

/// [`record`] in an event that was looked up; whether it was new.
pub(super) fn record_in(conn: &mut Conn, event: &Event, entry: &Entry, now: Timestamp) -> Result<bool> {
    // That a record does not hold can be said of every event.
    if event.state == State::Cancelled && entry.status != Status::Void {
        return Err(Refusal::Cancelled.into());
    }
    if entry.status.needs_beginning() && !event.has_begun(now) {
        return Err(Refusal::NotBegun.into());
    }
    if entry.minutes > 0 && !entry.status.has_minutes() {
        return Err(Refusal::MinutesWithout.into());
    }
    if entry.status == Status::Makeup && entry.via.is_none() {
        return Err(Refusal::MakeupWithout.into());
    }
    store::append(conn, event.day(), entry, now)
}

/// What is to be recorded of one member on a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    pub person: PersonId,
    pub status: Status,
    pub minutes: i32,
    pub via: Option<Via>,
}

/// A list that somebody has taken: all of it in one transaction, or nothing.
#[derive(Debug, Clone)]
pub struct Roll {
    pub marks: Vec<Mark>,
    pub method: Method,
    pub by: AccountId,
    /// Of the form.
    pub key: String,
}

/// Records a list and tells those of whom something new is known; how many. Whoever is not on the list of the event is not
/// found.
///
/// # Errors
/// As [`record`].
pub fn take(conn: &mut Conn, event: &Event, roll: &Roll, doer: &Doer, now: Timestamp) -> Result<usize> {
    take_with(conn, event, roll, &[], doer, now)
}

/// As [`take`], of a list that names others too: guests who signed it, and whoever stood on it when it was printed.
///
/// # Errors
/// As [`take`].
pub fn take_with(
    conn: &mut Conn,
    event: &Event,
    roll: &Roll,
    others: &[PersonId],
    doer: &Doer,
    now: Timestamp,
) -> Result<usize> {
    if event.kind == Kind::HomeVisit {
        return Err(Refusal::OfVisit.into());
    }
    let mut expected = store::on_roll(conn, event)?;
    expected.extend_from_slice(others);
    expected.sort_unstable();
    let mut notices = vec![];
    for mark in &roll.marks {
        if expected.binary_search(&mark.person).is_err() {
            return Err(Error::NotFound);
        }
        let entry = Entry {
            event: event.id,
            person: mark.person,
            status: mark.status,
            minutes: mark.minutes,
            method: roll.method,
            via: mark.via,
            by: roll.by,
            acted_by: None,
            key: format!("{}-{}", roll.key, mark.person),
        };
        if record_in(conn, event, &entry, now)? {
            notices.push(NewNotice {
                person: mark.person,
                kind: inbox::Kind::Attendance,
                title: msg!("“{}”登记了您的到场情况，请看是否准确", event.title),
                body: String::new(),
                link: format!("/events/{}", event.id),
                sent_by: Some(roll.by),
                key: format!("attendance-{}-{}", event.id, entry.key),
            });
        }
    }
    match notices.as_slice() {
        [] => return Ok(0),
        [one] => doer.did_to(conn, Action::AttendanceRecorded, one.person, now)?,
        _ => doer.did(conn, Action::AttendanceRecorded, ("event", event.id.0), now)?,
    }
    inbox::tell(conn, &notices, now)?;
    Ok(notices.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_took_part_counts_and_a_leave_says_no_reason_to_others() {
        let counting: Vec<_> = Status::ALL.iter().filter(|status| status.counts()).collect();
        assert_eq!(counting.len(), 6);
        for status in Status::ALL.iter().filter(|status| status.is_leave()) {
            assert_eq!(status.public_words().to_string(), "请假");
            assert!(!status.counts() && !status.needs_beginning());
        }
    }
}
