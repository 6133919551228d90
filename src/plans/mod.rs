//! Study plans: what an audience is to study, by when; exemptions from them. product.md system 12.
//!
//! A plan has versions. What is obliged is never written down for a person: it follows from the version in force, from the rule
//! that it was published with and from the roster of the day (`audiences::fitting`), so it follows everybody through transfers.
//! `way` is a plan's life, `served` what an event can count for, `exempt` who need not; `coverage` says who has met what.
mod exempt;
mod forms;
pub mod pages;
mod served;
mod store;
mod way;

use crate::clock::Timestamp;
use crate::error::Error;
use crate::ids::{AccountId, AudienceId, BookletId, CourseId, LectureId, OrgId, StudyPlanId};
use crate::lang::Message;
use crate::{msg, text_enum};
use chrono::NaiveDate;
pub use exempt::{Exemption, decide, end, longest_until, propose, withdraw};
pub use store::{
    Version, address_of, exempt_on, exemptions_of, in_force, items, name_event, names_of_event, of_member,
    plan, published, unname_event, version, version_on,
};
pub use way::{Hand, Touched, touched};

text_enum! {
    /// What an item asks for.
    pub enum ItemKind {
        /// Read all chapters.
        Booklet = "booklet",
        /// Watch it, alone, in a group, or have it taught at the door.
        Lecture = "lecture",
        /// Finish it.
        Course = "course",
        /// Be at one of the events that serve it.
        Meeting = "meeting",
    }
}

impl ItemKind {
    pub fn words(self) -> Message {
        match self {
            ItemKind::Booklet => msg!("读本"),
            ItemKind::Lecture => msg!("微党课"),
            ItemKind::Course => msg!("系列课程"),
            ItemKind::Meeting => msg!("会议"),
        }
    }
}

text_enum! {
    pub enum State {
        Draft = "draft",
        Published = "published",
        /// Over: nothing is due any more, its figures stay.
        Ended = "ended",
        /// Was published by mistake: nobody is obliged, and it is on no list but the desk's.
        Withdrawn = "withdrawn",
    }
}

impl State {
    pub fn words(self) -> Message {
        match self {
            State::Draft => msg!("草稿"),
            State::Published => msg!("执行中"),
            State::Ended => msg!("已结束"),
            State::Withdrawn => msg!("已撤回"),
        }
    }
}

/// What of the portal an item is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matter {
    Booklet(BookletId),
    Lecture(LectureId),
    Course(CourseId),
    Meeting,
}

impl Matter {
    pub fn kind(self) -> ItemKind {
        match self {
            Matter::Booklet(_) => ItemKind::Booklet,
            Matter::Lecture(_) => ItemKind::Lecture,
            Matter::Course(_) => ItemKind::Course,
            Matter::Meeting => ItemKind::Meeting,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Names the item in all versions.
    pub step: String,
    pub matter: Matter,
    pub title: String,
    pub is_required: bool,
    /// The last day on which it counts as in time.
    pub due_on: NaiveDate,
    /// How many chapters of a booklet are asked for: those that it had when it was put in. 0 for everything else.
    pub chapters: i32,
}

#[derive(Debug, Clone)]
pub struct Plan {
    pub id: StudyPlanId,
    pub title: String,
    pub about: String,
    pub org: OrgId,
    pub org_name: String,
    pub path: String,
    pub starts_on: NaiveDate,
    pub ends_on: NaiveDate,
    pub state: State,
    /// In force; 0 before the first.
    pub version: i32,
    pub draft_version: i32,
    /// Who handed the draft in.
    pub submitted_by: Option<AccountId>,
    pub submitted_at: Option<Timestamp>,
    pub revision: i32,
    pub created_by: AccountId,
    /// The last day of its figures, once it is over.
    pub closed_on: Option<NaiveDate>,
}

impl Plan {
    /// Something is being written: the first version, or a change.
    pub fn has_draft(&self) -> bool {
        self.draft_version > self.version
    }
    pub fn is_submitted(&self) -> bool {
        self.submitted_by.is_some()
    }
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Draft | State::Published)
    }
}

/// What can be changed of a plan before its first version is out; title and words at any time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub title: String,
    pub about: String,
    pub starts_on: NaiveDate,
    pub ends_on: NaiveDate,
    pub audience: Option<AudienceId>,
    /// Why it is changed; empty for the first version.
    pub reason: String,
}

/// Items of a plan at most.
pub const MOST_ITEMS: usize = 20;

/// Why something about a plan is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    ChangedMeanwhile,
    NotOpen,
    NoItems,
    NoneRequired,
    TooMany,
    DueOutside,
    TwicePresent,
    NoReason,
    Submitted,
    NotSubmitted,
    OwnHand,
    ExemptOwn,
    /// Nobody decides about themselves.
    ExemptSelf,
    /// The words and days of a plan that is in force.
    HeadFixed,
    ExemptDecided,
    ExemptOpen,
    ExemptDays,
}

impl Refusal {
    pub fn words(self) -> Message {
        match self {
            Refusal::ChangedMeanwhile => {
                msg!("您打开这一页以后，别人改过这个计划。请重新打开，在新的内容上再改")
            }
            Refusal::NotOpen => msg!("这个计划已经结束或者撤回，不能再改"),
            Refusal::NoItems => msg!("还没有学习内容，先加上一项"),
            Refusal::NoneRequired => msg!("至少要有一项必学"),
            Refusal::TooMany => msg!("一个计划最多 {} 项", MOST_ITEMS),
            Refusal::DueOutside => msg!("每一项的截止日期要在计划的起止日期之内"),
            Refusal::TwicePresent => msg!("这一项已经在计划里"),
            Refusal::NoReason => msg!("修改执行中的计划要写明原因，受影响的人会看到"),
            Refusal::Submitted => msg!("这一版已经提交，收回以后才能改"),
            Refusal::NotSubmitted => msg!("这一版还没有提交"),
            Refusal::OwnHand => msg!("提交的人不能自己发布，请另一个人核对后发布"),
            Refusal::ExemptOwn => msg!("提出免学的人不能自己审定，请另一个人审定"),
            Refusal::ExemptSelf => msg!("不能审定自己的免学，请上级或者班子里的另一个人审定"),
            Refusal::HeadFixed => msg!("执行中的计划，名称、说明和起止日期不再改；要改就结束它，另做一个"),
            Refusal::ExemptDecided => msg!("这次免学已经审定过"),
            Refusal::ExemptOpen => msg!("这名党员已经有一个等审定的免学"),
            Refusal::ExemptDays => msg!("免学要有期限：从今天或以后起，不超过一年"),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        Error::Refused(refusal.words())
    }
}
