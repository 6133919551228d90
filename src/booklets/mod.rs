//! Booklets to read, chapter by chapter: who may open one, where each reader is, and how one is reviewed and published.
pub mod pages;
mod store;

use crate::audit::{Action, Doer};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{AccountId, BookletId, PersonId};
use crate::{msg, text_enum};
pub use store::{BookletCard, Heading, NewBooklet, shelf};

text_enum! {
    /// Who may read it once it is published.
    pub enum Visibility {
        Public = "public",
        Members = "members",
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
    /// What a reviewer says of one version.
    pub enum Verdict {
        Passed = "passed",
        Returned = "returned",
    }
}

/// Why a booklet is not reviewed or published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    OwnBooklet,
    ReviewedAlready,
    NotOpen,
    NotReviewed,
    NoChapters,
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        Error::Refused(match refusal {
            Refusal::OwnBooklet => msg!("自己写的读本要请别人审"),
            Refusal::ReviewedAlready => msg!("这一版您已经审过"),
            Refusal::NotOpen => msg!("这本读本不在审读中"),
            Refusal::NotReviewed => msg!("还没有别人审读通过，不能发布"),
            Refusal::NoChapters => msg!("还没有章节，不能发布"),
        })
    }
}

impl BookletCard {
    /// Whether a visitor has to sign in first.
    pub fn is_for_members(&self) -> bool {
        self.visibility == Visibility::Members
    }
    /// The lines of the drawn cover.
    pub fn lines(&self) -> std::str::Lines<'_> {
        self.cover.lines()
    }
    /// The chapter to go on with: where the reader is, or the first.
    pub fn next(&self) -> i32 {
        self.reached.unwrap_or(1)
    }
}

/// The published booklet of this name, for this reader.
///
/// # Errors
/// [`Error::NotFound`] if it is not published, [`Error::SignIn`] if it is for members and nobody is signed in.
pub fn open(conn: &mut Conn, slug: &str, viewer: Option<PersonId>) -> Result<BookletCard> {
    let card = store::published(conn, slug, viewer)?;
    if card.is_for_members() && viewer.is_none() { Err(Error::SignIn) } else { Ok(card) }
}

/// Keeps where the reader is: the chapter opened last, so that going back is as easy as going on.
pub fn keep_position(
    conn: &mut Conn,
    reader: PersonId,
    booklet: BookletId,
    chapter: i32,
    now: Timestamp,
) -> Result<()> {
    store::keep_position(conn, reader, booklet, chapter, now)
}

/// Adds a booklet that waits for its review; chapters follow with [`add_chapter`].
pub fn add(conn: &mut Conn, booklet: &NewBooklet, author: AccountId) -> Result<BookletId> {
    store::insert(conn, booklet, author)
}

/// Adds a chapter, in Markdown, behind the last one; its number. What was said of the booklet before was said of another
/// text: it is reviewed anew under its next version.
///
/// # Errors
/// A [`Refusal`] when it is published or withdrawn.
pub fn add_chapter(conn: &mut Conn, id: BookletId, title: &str, body: &str) -> Result<i32> {
    let booklet = store::find(conn, id)?;
    if !matches!(booklet.stage, Stage::Draft | Stage::InReview) {
        return Err(Refusal::NotOpen.into());
    }
    if store::is_reviewed(conn, &booklet)? {
        store::send_back(conn, id, booklet.version)?;
    }
    store::add_chapter(conn, id, title, body)
}

/// Says what `reviewer` thinks of the present version. A returned booklet goes back to its author and is reviewed anew
/// under its next version.
///
/// # Errors
/// A [`Refusal`]: of one's own booklet, twice for one version, or when it is not open for review.
pub fn review(
    conn: &mut Conn,
    id: BookletId,
    reviewer: AccountId,
    verdict: Verdict,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    let booklet = store::find(conn, id)?;
    if booklet.author == reviewer {
        return Err(Refusal::OwnBooklet.into());
    }
    if !matches!(booklet.stage, Stage::Draft | Stage::InReview) {
        return Err(Refusal::NotOpen.into());
    }
    store::insert_review(conn, id, booklet.version, reviewer, verdict, now)?;
    match verdict {
        Verdict::Passed => store::enter_review(conn, id, booklet.version)?,
        Verdict::Returned => store::send_back(conn, id, booklet.version)?,
    }
    doer.did(conn, Action::BookletReviewed, ("booklet", id.0), now)
}

/// Publishes a booklet that one person besides its author has passed (product.md).
///
/// # Errors
/// A [`Refusal`]: without that review, without chapters, or when it is published or withdrawn already.
pub fn publish(conn: &mut Conn, id: BookletId, doer: &Doer, now: Timestamp) -> Result<()> {
    let booklet = store::find(conn, id)?;
    if !matches!(booklet.stage, Stage::Draft | Stage::InReview) {
        return Err(Refusal::NotOpen.into());
    }
    if booklet.chapter_count == 0 {
        return Err(Refusal::NoChapters.into());
    }
    if !store::is_passed(conn, &booklet)? {
        return Err(Refusal::NotReviewed.into());
    }
    // Guarded by the version that was passed: a booklet sent back meanwhile stays unpublished.
    if !store::publish(conn, id, booklet.version, now)? {
        return Err(Refusal::NotOpen.into());
    }
    doer.did(conn, Action::BookletPublished, ("booklet", id.0), now)
}
