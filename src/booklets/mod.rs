//! Booklets to read, chapter by chapter: who may open one, where each reader is, what becomes of both when a new edition
//! takes the place of the one before; the files that belong to them. How a booklet is written and reviewed is `manuscripts`.
pub mod attachments;
mod editions;
mod epub;
pub mod pages;
mod store;

use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{BookletId, PersonId};
use crate::text_enum;
pub use editions::{Fate, fates};
pub use store::{
    About, BookletCard, Chapter, Gone, Heading, Standing, advance, chapters, contents, found, insert, public,
    put_away, shelf, standing, withdraw,
};

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

impl About {
    /// The lines of the drawn cover.
    pub fn lines(&self) -> std::str::Lines<'_> {
        self.cover.lines()
    }
}

/// The published booklet of this name, for this reader; or the word that it was taken off, with the reason.
///
/// # Errors
/// [`Error::NotFound`] if it was never published, [`Error::SignIn`] if it is for members and nobody is signed in.
pub fn open(
    conn: &mut Conn,
    slug: &str,
    viewer: Option<PersonId>,
) -> Result<std::result::Result<BookletCard, Gone>> {
    match store::published(conn, slug, viewer) {
        Ok(card) if card.is_for_members() && viewer.is_none() => Err(Error::SignIn),
        Ok(card) => Ok(Ok(card)),
        Err(Error::NotFound) => store::gone(conn, slug)?.map(Err).ok_or(Error::NotFound),
        Err(other) => Err(other),
    }
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

/// Makes this what is read, in one step. Readers stay with the chapter that they were in, wherever it stands now, and so do
/// steps of courses, what readers said to have read, questions and self-tests; where it is gone, with the one before it.
/// Whether it may be read is for the caller to have settled.
///
/// # Errors
/// Those of the database.
pub fn publish(
    conn: &mut Conn,
    id: BookletId,
    about: &About,
    chapters: &[(String, String)],
    now: Timestamp,
) -> Result<()> {
    let old: Vec<_> =
        store::chapters(conn, id)?.into_iter().map(|chapter| (chapter.title, chapter.body)).collect();
    store::replace(conn, id, about, chapters, now)?;
    store::renumber(conn, id, &editions::moves(&old, chapters))
}
