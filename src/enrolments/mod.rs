//! Places in courses and at their dates: who has one, who waits, who asks. domain.md §4.2, INV-E1 to INV-E5.
//!
//! An offering is what places are had in: a course, or one of its dates. Whatever happens to an offering first locks its row,
//! so that things happen to it one after the other on both databases; the database's own checks and unique indexes hold even
//! if this code were wrong. `way` has the actions, `terms` what an organizer sets.
mod follow;
mod forms;
pub mod group;
mod hindrance;
pub mod pages;
mod room;
mod store;
mod terms;
mod way;

use crate::clock::Timestamp;
use crate::error::Error;
use crate::ids::{AccountId, EnrolmentId, OfferingId, OrgId, PersonId, QuotaId};
use crate::lang::Message;
use crate::people::Category;
use crate::{msg, text_enum};
pub use follow::follow_attendance;
pub use hindrance::hindrance;
pub use room::{Booking, Room, free_seats, room};
pub use store::{
    Enrolment, Filter, Row, active, called, find, finish, last_text, of_course, of_event, of_events,
    offering, participant_count, participants, places, quotas, set_version, standings, time_of,
};
pub use terms::{change_terms, offer_course, offer_event, set_terms};
pub use way::{Decided, Verdict, cancel, decide, enrol, knows_code, resume, try_enrol};

text_enum! {
    /// Who may come in.
    pub enum Mode {
        /// Whoever comes, as long as there are seats.
        Open = "open",
        /// Whom the organizer approves.
        Approval = "approval",
        /// Who has the code.
        Code = "code",
    }
}

impl Mode {
    pub fn words(self) -> Message {
        match self {
            Mode::Open => msg!("直接报名"),
            Mode::Approval => msg!("报名后由组织者审核"),
            Mode::Code => msg!("凭报名码"),
        }
    }
}

text_enum! {
    /// domain.md §4.2.
    pub enum State {
        Requested = "requested",
        Confirmed = "confirmed",
        Waitlisted = "waitlisted",
        Attended = "attended",
        NoShow = "no_show",
        Excused = "excused",
        Cancelled = "cancelled",
        Declined = "declined",
    }
}

impl State {
    /// Whether it stands: one such row a person and offering (INV-E2).
    pub fn is_active(self) -> bool {
        !matches!(self, State::Cancelled | State::Declined)
    }
    /// Whether it holds a seat.
    pub fn is_seated(self) -> bool {
        matches!(self, State::Confirmed | State::Attended | State::NoShow | State::Excused)
    }
    pub fn words(self) -> Message {
        match self {
            State::Requested => msg!("等待审核"),
            State::Confirmed => msg!("已报名"),
            State::Waitlisted => msg!("候补中"),
            State::Attended => msg!("已到场"),
            State::NoShow => msg!("没有到场"),
            State::Excused => msg!("已请假"),
            State::Cancelled => msg!("已退出"),
            State::Declined => msg!("没有通过"),
        }
    }
}

text_enum! {
    /// By which way somebody came in.
    pub enum Channel {
        Own = "self",
        Clerk = "clerk",
        Paper = "paper",
        Group = "group",
        Organizer = "organizer",
    }
}

impl Channel {
    pub fn words(self) -> Message {
        match self {
            Channel::Own => msg!("本人报名"),
            Channel::Clerk => msg!("代办员代报"),
            Channel::Paper => msg!("纸质报名"),
            Channel::Group => msg!("支部集体报名"),
            Channel::Organizer => msg!("组织者添加"),
        }
    }
}

/// What an organizer sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    pub mode: Mode,
    /// That is given out, where `mode` asks for it.
    pub code: String,
    pub opens_at: Option<Timestamp>,
    pub closes_at: Option<Timestamp>,
    pub withdraw_until: Option<Timestamp>,
    /// `None`: as many as come.
    pub capacity: Option<i32>,
    /// Empty: everybody.
    pub audience: Vec<Category>,
    /// Only members below this node of the tree; empty: the whole city.
    pub path: String,
    pub is_closed: bool,
    /// Seats reserved for organisations.
    pub quotas: Vec<(OrgId, i32)>,
}

/// What places are had in, as it is now.
#[derive(Debug, Clone)]
pub struct Offering {
    pub id: OfferingId,
    pub what: What,
    pub terms: Terms,
    /// Confirmed ones, and of them those without a reserved seat.
    pub taken: i32,
    pub taken_open: i32,
    /// Seats reserved for organisations.
    pub reserved: i32,
    pub waiting: i32,
    pub asking: i32,
}

/// A course, or one of its dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Course(crate::ids::CourseId),
    Event(crate::ids::EventId),
}

/// Seats reserved for the members below a node of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    pub id: QuotaId,
    pub org: OrgId,
    pub name: String,
    pub path: String,
    pub seats: i32,
    pub taken: i32,
}

impl Offering {
    /// Seats that anybody may still have; `None`: as many as come.
    pub fn free(&self) -> Option<i32> {
        self.terms.capacity.map(|capacity| (capacity - self.reserved - self.taken_open).max(0))
    }
}

/// Somebody wants a place.
#[derive(Debug, Clone)]
pub struct Asking {
    pub person: PersonId,
    pub channel: Channel,
    /// Who does it: the clerk, while acting.
    pub by: AccountId,
    /// A post that was sent twice is one (INV-E5).
    pub key: String,
    /// What was typed as the code.
    pub code: String,
    /// A clerk was warned of an overlap and is sure (INV-E4).
    pub is_sure: bool,
}

/// Where somebody stands after asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stands {
    pub id: EnrolmentId,
    pub state: State,
}

/// Why a place is refused; each says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    Closed,
    NotYet(Timestamp),
    Over(Timestamp),
    NotPublished,
    EventOver,
    WrongCode,
    NotInAudience,
    NotInPath,
    NotFinished(String),
    Overlap(String),
    CourseFirst,
    Already(State),
    TooLate(Timestamp),
    NotActive,
    BelowTaken(i32),
    QuotaBelowTaken(String, i32),
    QuotasNested(String),
    QuotasTooMany,
    Changed,
    OtherKey,
    CannotApprove(String),
    CannotRemove(String),
}

impl Refusal {
    pub fn words(&self) -> Message {
        let moment = |at: &Timestamp| crate::clock::local(*at).format("%Y-%m-%d %H:%M").to_string();
        match self {
            Refusal::Closed => msg!("报名已经停止。需要参加的话，请联系组织者。"),
            Refusal::NotYet(at) => msg!("报名还没有开始，{} 起可以报。", moment(at)),
            Refusal::Over(at) => msg!("报名已在 {} 截止。需要参加的话，请联系组织者。", moment(at)),
            Refusal::NotPublished => msg!("这门系列课程现在不开放报名。可以看看别的课程。"),
            Refusal::EventOver => msg!("这一场已经开始或取消，请选别的时间。"),
            Refusal::WrongCode => msg!("报名码不对。请核对后再填，或向组织者询问。"),
            Refusal::NotInAudience => msg!("不在这门系列课程面向的人群里。需要参加的话，请联系组织者。"),
            Refusal::NotInPath => msg!("这门系列课程只面向指定单位的党员。需要参加的话，请联系组织者。"),
            Refusal::NotFinished(title) => msg!("要先学完“{}”，再来报名。", title),
            Refusal::Overlap(title) => msg!("和已报的“{}”时间重叠。请先退出那一场，或选别的时间。", title),
            Refusal::CourseFirst => msg!("请先报名这门系列课程，确认后再选时间。"),
            Refusal::Already(State::Requested) => msg!("已经报过名，正在等组织者审核。"),
            Refusal::Already(State::Waitlisted) => msg!("已经报过名，正在候补。有空位时按先后自动补上。"),
            Refusal::Already(_) => msg!("已经报过名了，不用再报。"),
            Refusal::TooLate(at) => msg!("退出的期限是 {}，已经过了。请联系组织者。", moment(at)),
            Refusal::NotActive => msg!("这份报名已经退出或办结，没有可以改的。"),
            Refusal::BelowTaken(taken) => msg!("已有 {} 人确认，名额不能比这更少。", taken),
            Refusal::QuotaBelowTaken(name, taken) => {
                msg!("{}已有 {} 人用了预留名额，不能比这更少。", name, taken)
            }
            Refusal::QuotasNested(name) => msg!("{}和它的上级不能都有预留名额，请去掉一个。", name),
            Refusal::QuotasTooMany => {
                msg!("预留名额加上已经用掉的公开名额超过了总名额，请减少预留或增加总名额。")
            }
            Refusal::Changed => msg!("报名刚刚有变化，请刷新后再试。"),
            Refusal::CannotRemove(names) => {
                msg!("谁也没有移出：{} 已经到场、办结或学完，不能移出。请去掉这些人的勾再办。", names)
            }
            Refusal::CannotApprove(title) => {
                msg!("“{}”已经开始、取消或下架，不能再批准。可以选“不批准报名”，并写明原因。", title)
            }
            Refusal::OtherKey => msg!("这张表单已经用过，请重新打开这一页再报。"),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        Error::Refused(refusal.words())
    }
}
