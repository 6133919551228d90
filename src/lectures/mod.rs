//! Recorded micro-lectures: finding them, watching them, asking about them; and the review by two people before anybody
//! sees one. domain.md §4.2.
mod forms;
pub mod pages;
mod store;
mod way;

use crate::audit::{Action, Doer};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{AccountId, AllianceId, InstructorId, LectureId, QuestionId, SchoolId};
use crate::lang::Message;
use crate::{msg, text_enum};
pub use forms::ListQuery;
pub use store::{
    About, Chapter, Cue, DeskRow, Draft, Judged, Own, Played, Remark, Revision, Standing, Stream, Waiting,
    Withdrawal, about, awaiting, captions_version, chapters, completed_by, create, cues, desk, gives,
    have_captions, instructor_of, is_instructor, judged_by, media_of, own, remarks, same_draft, set_chapters,
    set_cues, standing, take_over, update, withdrawal,
};
pub use store::{
    By, Card, Instructor, Title, Topic, cards, cards_of, count, gold_instructors, instructor, instructors,
    instructors_within, newest, news, shown, titles_of, topics, watchable,
};
pub use way::{Judgement, attach, publishable, reopen, review, submit, unsubmit, withdraw};

text_enum! {
    /// Where a lecture stands on its way to the public.
    pub enum Stage {
        Draft = "draft",
        InReview = "in_review",
        Published = "published",
        Withdrawn = "withdrawn",
    }
}

text_enum! {
    pub enum Visibility {
        Public = "public",
        /// Whoever is signed in.
        Members = "members",
    }
}

text_enum! {
    pub enum Source {
        Contest = "contest",
        Recorded = "recorded",
        Live = "live",
    }
}

text_enum! {
    pub enum Verdict {
        Passed = "passed",
        Returned = "returned",
    }
}

text_enum! {
    /// The order of a list.
    pub enum Sort {
        Newest = "new",
        Oldest = "old",
        Shortest = "short",
        Longest = "long",
    }
}

impl Sort {
    pub fn words(self) -> Message {
        match self {
            Sort::Newest => msg!("最新"),
            Sort::Oldest => msg!("最早"),
            Sort::Shortest => msg!("从短到长"),
            Sort::Longest => msg!("从长到短"),
        }
    }
}

text_enum! {
    /// How long a lecture is, in the steps that people choose by.
    pub enum Length {
        UnderOne = "1",
        OneToFive = "5",
        FiveToTen = "10",
        OverTen = "more",
    }
}

impl Length {
    /// `[from, to)` in milliseconds.
    pub fn range(self) -> (i32, i32) {
        match self {
            Length::UnderOne => (0, 60_000),
            Length::OneToFive => (60_000, 300_000),
            Length::FiveToTen => (300_000, 600_000),
            Length::OverTen => (600_000, i32::MAX),
        }
    }
    pub fn words(self) -> Message {
        match self {
            Length::UnderOne => msg!("1 分钟以内"),
            Length::OneToFive => msg!("1–5 分钟"),
            Length::FiveToTen => msg!("5–10 分钟"),
            Length::OverTen => msg!("10 分钟以上"),
        }
    }
}

/// Which lectures to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub topic: Option<String>,
    pub instructor: Option<InstructorId>,
    pub school: Option<SchoolId>,
    pub alliance: Option<AllianceId>,
    pub length: Option<Length>,
    /// Only those of gold lecturers in office on this day.
    pub gold_on: Option<chrono::NaiveDate>,
    pub sort: Option<Sort>,
    /// Also those for members.
    pub is_signed_in: bool,
}

/// Why something about a lecture is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    OwnUpload,
    ReviewedAlready,
    NotInReview,
    NeedsRecording,
    NeedsRights,
    NeedsCaptions,
    NeedsRemark,
    StillWorking,
    ChangedMeanwhile,
    NotDraft,
    NotPublished,
    AnsweredAlready,
    TooManyQuestions,
}

impl Refusal {
    /// Why, in words.
    pub fn words(self) -> crate::lang::Message {
        match self {
            Refusal::OwnUpload => msg!("上传人和主讲人不能审自己的课"),
            Refusal::ReviewedAlready => msg!("您已经审过这一稿"),
            Refusal::NotInReview => msg!("这堂课现在不在审课阶段"),
            Refusal::NeedsRecording => msg!("还没有录像，不能送审"),
            Refusal::NeedsRights => msg!("还没有确认版权和肖像授权，不能送审"),
            Refusal::NeedsCaptions => msg!("还没有字幕，不能送审"),
            Refusal::NeedsRemark => msg!("退回时请写明要改什么"),
            Refusal::StillWorking => {
                msg!("新录像还在上传或处理，请等它处理好再送审；不要的上传可以点“不传了”")
            }
            Refusal::ChangedMeanwhile => {
                msg!("讲师在您打开这一页以后改过这堂课，请重新打开，看过新的一稿再下结论")
            }
            Refusal::NotDraft => msg!("这堂课现在不能修改：只有草稿可以改"),
            Refusal::NotPublished => msg!("这堂课现在没有发布"),
            Refusal::AnsweredAlready => msg!("这个提问已经回答过"),
            Refusal::TooManyQuestions => msg!("您还有 20 个提问在等回答，请等讲师回答后再提"),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        Error::Refused(refusal.words())
    }
}

/// Runs of set bits, `[from, to)` in seconds, at most so many: the seconds of a recording that somebody has seen. The first
/// second is the lowest bit of the first byte.
pub fn runs(bits: &[u8], length_s: i32, most: usize) -> Vec<(i32, i32)> {
    let mut runs: Vec<(i32, i32)> = vec![];
    for second in 0..length_s {
        if bits.get(second as usize / 8).is_none_or(|byte| byte & (1 << (second % 8)) == 0) {
            continue;
        }
        if let Some((_, to)) = runs.last_mut().filter(|(_, to)| *to == second) {
            *to += 1;
        } else if runs.len() == most {
            break;
        } else {
            runs.push((second, second + 1));
        }
    }
    runs
}

/// A question to the instructor, in the name of a person; `key` makes a repeated post the same question.
pub struct NewQuestion {
    pub lecture: LectureId,
    pub person: crate::ids::PersonId,
    pub acted_by: Option<AccountId>,
    pub text: String,
    pub key: String,
}

/// Asks. A post repeated with the same key changes nothing.
///
/// # Errors
/// Refused while twenty questions of this person wait for an answer.
pub fn ask(conn: &mut Conn, question: &NewQuestion, doer: &Doer, now: Timestamp) -> Result<()> {
    if store::open_questions_of(conn, question.person)? >= 20 {
        return Err(Refusal::TooManyQuestions.into());
    }
    if let Some(id) = store::insert_question(conn, question, now)? {
        doer.did(conn, Action::QuestionAsked, ("question", id.0), now)?;
    }
    Ok(())
}

/// Answers a question under one's own lecture; not found if it is somebody else's.
///
/// # Errors
/// Refused if it has an answer.
pub fn answer(
    conn: &mut Conn,
    id: QuestionId,
    viewer: &crate::access::Viewer,
    text: &str,
    doer: &Doer,
    now: Timestamp,
) -> Result<LectureId> {
    let lecture = store::lecture_of_question(conn, id, viewer.person)?;
    if !store::set_answer(conn, id, viewer.account, text, now)? {
        return Err(Refusal::AnsweredAlready.into());
    }
    doer.did(conn, Action::QuestionAnswered, ("question", id.0), now)?;
    Ok(lecture)
}
