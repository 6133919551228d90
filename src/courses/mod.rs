//! Courses: ordered steps in versions, and their way from a draft to the public. domain.md §4.2.
//!
//! The steps that members study are those of `version`; those that are written are of `draft_version`, which is one more while
//! a published course is being changed. Whoever enrols stays with the version of that day.
mod store;
mod way;

use crate::access::Permission::OrganizeCourses;
use crate::access::Viewer;
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{AccountId, BookletId, CourseId, EventId, ItemId, LectureId, TestId, TopicId};
use crate::lang::Message;
use crate::{msg, text_enum};
use chrono::NaiveDate;
pub use store::{
    Card, DeskRow, Judged, SessionRow, all, attach_session, awaiting, by_slug, cards, count, desk, find,
    items, items_of, judged, prerequisites, session_course, sessions, slug_taken, stale_steps,
};
pub use way::{
    MOST_ITEMS, add_item, add_items, archive, bars_from_review, begin_change, create, drop_change, duplicate,
    move_item, problems, remove_item, reopen, review, set_prerequisites, shut, submit, take_back, update,
    update_item, withdraw,
};

text_enum! {
    /// Where a course takes place.
    pub enum Mode {
        Online = "online",
        School = "school",
        Base = "base",
        Mixed = "mixed",
    }
}

impl Mode {
    pub fn words(self) -> Message {
        match self {
            Mode::Online => msg!("线上"),
            Mode::School => msg!("在微党校"),
            Mode::Base => msg!("在实训基地"),
            Mode::Mixed => msg!("线上和现场"),
        }
    }
}

text_enum! {
    pub enum Stage {
        Draft = "draft",
        InReview = "in_review",
        Published = "published",
        Withdrawn = "withdrawn",
    }
}

text_enum! {
    /// Who may see it once it is published.
    pub enum Visibility {
        Public = "public",
        Members = "members",
    }
}

text_enum! {
    pub enum Verdict {
        Passed = "passed",
        Returned = "returned",
    }
}

text_enum! {
    /// What a step asks for.
    pub enum Kind {
        Lecture = "lecture",
        Chapter = "chapter",
        Test = "test",
        Session = "session",
    }
}

impl Kind {
    pub fn words(self) -> Message {
        match self {
            Kind::Lecture => msg!("微党课"),
            Kind::Chapter => msg!("读本章节"),
            Kind::Test => msg!("自测"),
            Kind::Session => msg!("现场课"),
        }
    }
}

text_enum! {
    /// When a step can be taken.
    pub enum Opens {
        AtOnce = "at_once",
        /// When the required steps before it are done.
        InOrder = "in_order",
        OnDay = "on_day",
    }
}

/// A course, with where it stands.
#[derive(Debug, Clone)]
pub struct Course {
    pub id: CourseId,
    pub slug: String,
    pub about: About,
    pub stage: Stage,
    /// That members study; 0 before the first.
    pub version: i32,
    /// That is written; equal to `version` when nothing is being changed.
    pub draft_version: i32,
    /// The draft waits for its review.
    pub is_submitted: bool,
    /// Which handing in verdicts belong to.
    pub round: i32,
    /// Counted up by each save: who saves an older state is told.
    pub revision: i32,
    /// Why it is not shown any more.
    pub reason: String,
    pub author: AccountId,
    pub published_at: Option<Timestamp>,
    pub archived_at: Option<Timestamp>,
}

/// What is said of a course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    pub title: String,
    pub summary: String,
    /// Markdown.
    pub text: String,
    pub topic: TopicId,
    /// The name of a drawn cover.
    pub cover: String,
    pub mode: Mode,
    pub visibility: Visibility,
    /// Study hours that finishing it is worth, in quarters of an hour.
    pub quarters: i32,
    /// To be finished by.
    pub due_on: Option<NaiveDate>,
}

/// What a step refers to, with what it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Watch this share, in per cent.
    Lecture(LectureId, i32),
    /// Read the chapter of this number.
    Chapter(BookletId, i32),
    Test(TestId),
    /// Be at one of the dates of the step.
    Session,
}

impl Task {
    pub fn kind(self) -> Kind {
        match self {
            Task::Lecture(..) => Kind::Lecture,
            Task::Chapter(..) => Kind::Chapter,
            Task::Test(_) => Kind::Test,
            Task::Session => Kind::Session,
        }
    }
    /// Whether it is about the same lecture, chapter or test. Each session is its own.
    pub fn is_same(self, other: Task) -> bool {
        match (self, other) {
            (Task::Lecture(one, _), Task::Lecture(other, _)) => one == other,
            (Task::Session, _) => false,
            _ => self == other,
        }
    }
}

/// When a step can be taken, with the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    AtOnce,
    InOrder,
    OnDay(NaiveDate),
}

/// A step as its author writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewItem {
    /// The heading that it stands under; empty: under the one before.
    pub unit: String,
    pub title: String,
    pub task: Task,
    pub is_required: bool,
    pub opening: Opening,
}

/// A step of a course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub id: ItemId,
    pub version: i32,
    /// From 1.
    pub position: i32,
    /// Names the same step in all versions: dates and what was done belong to it.
    pub step: String,
    pub what: NewItem,
}

/// Why something about a course is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    OwnCourse,
    ReviewedAlready,
    NotInReview,
    InReview,
    Changed,
    NotDraft,
    NotPublished,
    Archived,
    HasEnrolments,
    NoItems,
    NothingRequired,
    Gone(String),
    NoDates(String),
    NothingChanged,
    Circle,
    Withdrawn,
    SlugTaken,
    There(String),
    TooManyItems,
}

impl Refusal {
    pub fn words(&self) -> Message {
        match self {
            Refusal::OwnCourse => msg!("自己做的或改过的系列课程要请别人审。"),
            Refusal::ReviewedAlready => msg!("这一稿您已经审过。"),
            Refusal::NotInReview => msg!("这门系列课程不在审核中。"),
            Refusal::InReview => msg!("正在审核，不能修改。请先撤回送审。"),
            Refusal::Changed => msg!("您看的不是最新的一稿，请刷新后再审。"),
            Refusal::NotDraft => msg!("已发布的系列课程要先下架才能改课名和简介；学习内容可以直接另起一版。"),
            Refusal::NotPublished => msg!("这门系列课程没有发布。"),
            Refusal::Archived => msg!("这门系列课程已归档。要改，请复制一份。"),
            Refusal::HasEnrolments => msg!("还有人报着名，不能归档。请先下架，并等学习结束。"),
            Refusal::NoItems => msg!("还没有学习内容，请先添加。"),
            Refusal::NothingRequired => msg!("没有一项是必修的，学完没有依据。请至少把一项设为必修。"),
            Refusal::Gone(title) => msg!("“{}”已经不公开了，请换掉或移除。", title),
            Refusal::NoDates(title) => msg!("现场课“{}”还没有安排时间，请先安排。", title),
            Refusal::NothingChanged => msg!("学习内容没有新的一版，不用送审。"),
            Refusal::Circle => msg!("先修课程绕成了圈，请去掉一门。"),
            Refusal::Withdrawn => msg!("这门系列课程已下架。要改，请先点“重新编辑”。"),
            Refusal::SlugTaken => msg!("这个网址名称已经有课程在用，请换一个。"),
            Refusal::There(title) => msg!("“{}”已经在学习内容里，不用再添加。", title),
            Refusal::TooManyItems => {
                msg!("一门系列课程最多 {} 项学习内容，请另建一门。", way::MOST_ITEMS)
            }
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        Error::Refused(refusal.words())
    }
}

impl Course {
    pub fn is_published(&self) -> bool {
        self.stage == Stage::Published
    }
    /// Whether a new version of its steps is being written beside the published one.
    pub fn has_change(&self) -> bool {
        self.is_published() && self.draft_version > self.version
    }
    /// Whether its steps may be changed now.
    pub fn is_open(&self) -> bool {
        self.archived_at.is_none() && !self.is_submitted && (self.stage == Stage::Draft || self.has_change())
    }
}

/// The course, if this viewer made it or manages all; not found otherwise.
///
/// # Errors
/// [`Error::NotFound`].
pub fn editable(conn: &mut Conn, viewer: &Viewer, id: CourseId) -> Result<Course> {
    let course = store::find(conn, id)?;
    if course.author == viewer.account || viewer.may(OrganizeCourses) {
        Ok(course)
    } else {
        Err(Error::NotFound)
    }
}

/// Whether this viewer may manage the dates and lists of an event's course.
///
/// # Errors
/// Those of the database.
pub fn manages_session(conn: &mut Conn, viewer: &Viewer, event: EventId) -> Result<bool> {
    match store::session_course(conn, event)? {
        Some((course, _)) => {
            Ok(viewer.may(OrganizeCourses) || store::find(conn, course)?.author == viewer.account)
        }
        None => Ok(false),
    }
}

/// The published course of this name, for this reader.
///
/// # Errors
/// [`Error::NotFound`] if it was never published, [`Error::SignIn`] if it is for members and nobody is signed in. A course
/// that is not public any more is returned too: its page says why.
pub fn open(conn: &mut Conn, slug: &str, is_signed_in: bool) -> Result<Course> {
    // PostgreSQL refuses to look for some of these.
    if slug.contains(char::is_control) {
        return Err(Error::NotFound);
    }
    let course = store::by_slug(conn, slug)?;
    match course.stage {
        Stage::Published if course.about.visibility == Visibility::Public || is_signed_in => Ok(course),
        Stage::Published => Err(Error::SignIn),
        _ if course.version > 0 => Ok(course),
        _ => Err(Error::NotFound),
    }
}
