//! The desk of booklets: what is written, beside what is read; its history, its review by another person. `way` has the way
//! of a booklet from a draft to the public and off it, `writing` its chapters. What is read is `booklets`.
mod difference;
mod docx;
mod forms;
mod import;
pub mod pages;
mod store;
mod way;
mod writing;

use crate::access::Permission::OrganizeCourses;
use crate::access::Viewer;
use crate::booklets::{self, Stage};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{BookletId, ChapterId};
use crate::lang::Message;
use crate::{msg, text_enum};
pub use store::{ChapterDraft, Draft, Row, Save, Spoken, Waiting};
pub use way::{
    Judgement, Made, NewBooklet, archive, begin, copy, create, describe, digest, reopen, review, submit,
    take_back, withdraw,
};
pub use writing::{Saved, add, add_all, erase, restore, revive, save, shift};

text_enum! {
    /// What a reviewer says of one round.
    pub enum Verdict {
        Passed = "passed",
        Returned = "returned",
    }
}

text_enum! {
    /// The parts of the desk's list.
    pub enum Shelf {
        Draft = "draft",
        InReview = "in_review",
        Published = "published",
        Withdrawn = "withdrawn",
        Archived = "archived",
    }
}

/// The most chapters of a booklet.
pub const MOST_CHAPTERS: usize = 300;
/// The longest chapter, in characters.
pub const LONGEST: usize = 60_000;

/// Why something about a booklet is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    OwnBooklet,
    Wrote,
    ReviewedAlready,
    NotInReview,
    ChangedMeanwhile,
    NeedsRemark,
    NoChapters,
    EmptyChapter,
    NothingNew,
    InReview,
    NotBegun,
    NotDraft,
    NotPublished,
    PutAway,
    StillPublic,
    Moved,
    MovedKept,
    SavedMeanwhile,
    TooMany,
}

impl Refusal {
    /// Why, in words.
    pub fn words(self) -> Message {
        match self {
            Refusal::OwnBooklet => msg!("自己写的读本要请别人审"),
            Refusal::Wrote => msg!("这一轮的文字您改过，要请没有改过的人审"),
            Refusal::ReviewedAlready => msg!("这一轮您已经审过"),
            Refusal::NotInReview => msg!("这本读本不在审读中"),
            Refusal::ChangedMeanwhile => {
                msg!("您打开这一页以后，读本又改过、重新送审了。请重新打开，看过新的文字再下结论。")
            }
            Refusal::NeedsRemark => msg!("退回时请写明要改什么"),
            Refusal::NoChapters => msg!("还没有章节，不能送审"),
            Refusal::EmptyChapter => msg!("有一章还没有写内容，写好或删去后再送审"),
            Refusal::NothingNew => msg!("和读者现在看到的完全一样，没有要审的内容"),
            Refusal::InReview => msg!("正在审读，文字不能改。要改，请先撤回送审。"),
            Refusal::NotBegun => msg!("还没有开始修改。请先在读本的页面点“开始修改”。"),
            Refusal::NotDraft => msg!("这本读本已下架，要先点“重新编辑”才能改"),
            Refusal::NotPublished => msg!("这本读本现在没有发布"),
            Refusal::PutAway => msg!("这本读本已归档，要先取回才能改"),
            Refusal::StillPublic => {
                msg!("只有草稿和已下架的读本可以归档。已发布的请先下架，审读中的请先撤回。")
            }
            Refusal::Moved => msg!("您打开这一页以后，目录或读本信息被改过。请重新打开，看过新的再操作。"),
            Refusal::MovedKept => {
                msg!("您打开这一页以后，目录被改过。填的内容还在下面，看一下现在的目录，再提交一次。")
            }
            Refusal::SavedMeanwhile => {
                msg!("您打开这一页以后，这一章又保存过新的文字，没有恢复。请回到这一章看过再恢复。")
            }
            Refusal::TooMany => msg!("一本读本最多 300 章"),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        Error::Refused(refusal.words())
    }
}

/// A booklet as its desk knows it.
#[derive(Debug, Clone)]
pub struct Manuscript {
    pub standing: booklets::Standing,
    /// What is written; `None` where a booklet was published before there was this desk, and nobody has begun to change it.
    pub draft: Option<Draft>,
}

impl Manuscript {
    /// What is said of it: as it is written, or as it is read.
    ///
    /// # Errors
    /// Those of the database.
    pub fn about(&self, conn: &mut Conn) -> Result<booklets::About> {
        match &self.draft {
            Some(draft) => Ok(draft.about.clone()),
            None => booklets::public(conn, self.standing.id),
        }
    }
    pub fn is_submitted(&self) -> bool {
        self.draft.as_ref().is_some_and(|draft| draft.is_submitted)
    }
    pub fn is_changed(&self) -> bool {
        self.draft.as_ref().is_some_and(|draft| draft.is_changed)
    }
    /// Whether its text may be changed now.
    ///
    /// # Errors
    /// Why not.
    pub fn writable(&self) -> Result<&Draft> {
        if self.standing.archived_at.is_some() {
            return Err(Refusal::PutAway.into());
        }
        if self.standing.stage == Stage::Withdrawn {
            return Err(Refusal::NotDraft.into());
        }
        match &self.draft {
            None => Err(Refusal::NotBegun.into()),
            Some(draft) if draft.is_submitted => Err(Refusal::InReview.into()),
            Some(draft) => Ok(draft),
        }
    }
}

/// The booklet, wherever it stands.
///
/// # Errors
/// Not found.
pub fn find(conn: &mut Conn, id: BookletId) -> Result<Manuscript> {
    Ok(Manuscript { standing: booklets::standing(conn, id)?, draft: store::draft(conn, id)? })
}

/// The viewer's own booklet; for organizers everybody's.
///
/// # Errors
/// Not found for everybody else.
pub fn own(conn: &mut Conn, viewer: &Viewer, id: BookletId) -> Result<Manuscript> {
    let manuscript = find(conn, id)?;
    match manuscript.standing.author == viewer.account || viewer.may(OrganizeCourses) {
        true => Ok(manuscript),
        false => Err(Error::NotFound),
    }
}

/// The chapters as they are written, in order: title and text.
///
/// # Errors
/// Those of the database.
pub fn text(conn: &mut Conn, id: BookletId) -> Result<Vec<(String, String)>> {
    let chapters = store::chapters(conn, id)?;
    Ok(chapters.into_iter().map(|chapter| (chapter.title, chapter.body)).collect())
}

/// The chapters as they are written, in order.
///
/// # Errors
/// Those of the database.
pub fn chapters(conn: &mut Conn, id: BookletId) -> Result<Vec<ChapterDraft>> {
    store::chapters(conn, id)
}

/// A chapter of this booklet, a deleted one too.
///
/// # Errors
/// Not found, also for a chapter of another booklet.
pub fn chapter(conn: &mut Conn, booklet: BookletId, id: ChapterId) -> Result<ChapterDraft> {
    store::chapter(conn, booklet, id)
}
