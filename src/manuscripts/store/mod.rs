//! Rows of what is written: the drafts of booklets. `chapters` has their chapters and every text that was saved, `review` the
//! verdicts and what waits for one.
mod chapters;
mod review;

use super::Shelf;
use crate::booklets::{About, Stage};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, BookletId};
use crate::schema::{accounts, booklet_drafts, booklets, persons};
pub use chapters::{ChapterDraft, Save};
pub(super) use chapters::{
    chapter, chapters, deleted, insert_chapter, is_writer, mark, place, replace_text, save_of, saves,
};
use diesel::prelude::*;
pub use review::{Spoken, Waiting};
pub(super) use review::{earlier, insert_verdict, last_passed, spoken, waiting};

/// A booklet as it is written.
#[derive(Queryable, Debug, Clone)]
pub struct Draft {
    pub about: About,
    pub is_submitted: bool,
    /// Differs from what is read.
    pub is_changed: bool,
    /// Counted up by each handing in.
    pub round: i32,
    /// Of the description and of the order of chapters: counted up by each change.
    pub revision: i32,
    pub changed_by: AccountId,
    pub changed_at: Timestamp,
}

pub(super) fn draft(conn: &mut Conn, id: BookletId) -> Result<Option<Draft>> {
    Ok(either!(conn, c => booklet_drafts::table
        .find(id)
        .select((
            (
                booklet_drafts::title,
                booklet_drafts::kind,
                booklet_drafts::intro,
                booklet_drafts::cover,
                booklet_drafts::style,
                booklet_drafts::visibility,
            ),
            booklet_drafts::is_submitted,
            booklet_drafts::is_changed,
            booklet_drafts::round,
            booklet_drafts::revision,
            booklet_drafts::changed_by,
            booklet_drafts::changed_at,
        ))
        .first(c)
        .optional())?)
}

/// The first draft of a booklet; `false` if it has one.
pub(super) fn insert(
    conn: &mut Conn,
    id: BookletId,
    about: &About,
    is_changed: bool,
    by: AccountId,
    now: Timestamp,
) -> Result<bool> {
    let row = (
        booklet_drafts::booklet_id.eq(id),
        booklet_drafts::title.eq(&about.title),
        booklet_drafts::kind.eq(&about.kind),
        booklet_drafts::intro.eq(&about.intro),
        booklet_drafts::cover.eq(&about.cover),
        booklet_drafts::style.eq(about.style),
        booklet_drafts::visibility.eq(about.visibility),
        booklet_drafts::is_submitted.eq(false),
        booklet_drafts::is_changed.eq(is_changed),
        booklet_drafts::round.eq(0),
        booklet_drafts::revision.eq(1),
        booklet_drafts::changed_by.eq(by),
        booklet_drafts::changed_at.eq(now),
    );
    let made = either!(conn, c => diesel::insert_into(booklet_drafts::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(made == 1)
}

/// Says that somebody changed the text of a chapter; `false` while it is handed in.
pub(super) fn touch(conn: &mut Conn, id: BookletId, by: AccountId, now: Timestamp) -> Result<bool> {
    let open = booklet_drafts::booklet_id.eq(id).and(booklet_drafts::is_submitted.eq(false));
    let values = (
        booklet_drafts::is_changed.eq(true),
        booklet_drafts::changed_by.eq(by),
        booklet_drafts::changed_at.eq(now),
    );
    Ok(either!(conn, c => diesel::update(booklet_drafts::table.filter(open)).set(values).execute(c))? == 1)
}

/// Says that somebody who knew revision `base` changed the order of chapters or the description; `false` while it is handed
/// in, and if somebody else changed it first.
pub(super) fn turn(conn: &mut Conn, id: BookletId, base: i32, by: AccountId, now: Timestamp) -> Result<bool> {
    let open = booklet_drafts::booklet_id
        .eq(id)
        .and(booklet_drafts::is_submitted.eq(false))
        .and(booklet_drafts::revision.eq(base));
    let values = (
        booklet_drafts::revision.eq(base + 1),
        booklet_drafts::is_changed.eq(true),
        booklet_drafts::changed_by.eq(by),
        booklet_drafts::changed_at.eq(now),
    );
    Ok(either!(conn, c => diesel::update(booklet_drafts::table.filter(open)).set(values).execute(c))? == 1)
}

pub(super) fn set_about(conn: &mut Conn, id: BookletId, about: &About) -> Result<()> {
    let values = (
        booklet_drafts::title.eq(&about.title),
        booklet_drafts::kind.eq(&about.kind),
        booklet_drafts::intro.eq(&about.intro),
        booklet_drafts::cover.eq(&about.cover),
        booklet_drafts::style.eq(about.style),
        booklet_drafts::visibility.eq(about.visibility),
    );
    either!(conn, c => diesel::update(booklet_drafts::table.find(id)).set(values).execute(c))?;
    Ok(())
}

/// Hands it in: the number of this round. `None` if that is so already.
pub(super) fn enter(conn: &mut Conn, id: BookletId) -> Result<Option<i32>> {
    let open = booklet_drafts::booklet_id.eq(id).and(booklet_drafts::is_submitted.eq(false));
    let values = (booklet_drafts::is_submitted.eq(true), booklet_drafts::round.eq(booklet_drafts::round + 1));
    Ok(either!(conn, c => diesel::update(booklet_drafts::table.filter(open))
        .set(values)
        .returning(booklet_drafts::round)
        .get_result(c)
        .optional())?)
}

/// Ends the round; `false` if it is not this one, or none.
pub(super) fn leave(conn: &mut Conn, id: BookletId, round: i32) -> Result<bool> {
    let this = booklet_drafts::booklet_id
        .eq(id)
        .and(booklet_drafts::is_submitted.eq(true))
        .and(booklet_drafts::round.eq(round));
    let values = booklet_drafts::is_submitted.eq(false);
    Ok(either!(conn, c => diesel::update(booklet_drafts::table.filter(this)).set(values).execute(c))? == 1)
}

/// What is written is what is read.
pub(super) fn settle(conn: &mut Conn, id: BookletId) -> Result<()> {
    let values = booklet_drafts::is_changed.eq(false);
    either!(conn, c => diesel::update(booklet_drafts::table.find(id)).set(values).execute(c))?;
    Ok(())
}

/// A line of the desk's list.
#[derive(Queryable, Debug, Clone)]
pub struct Row {
    pub id: BookletId,
    title: String,
    draft_title: Option<String>,
    pub stage: Stage,
    pub author: String,
    pub published_at: Option<Timestamp>,
    pub changed_at: Option<Timestamp>,
    is_submitted: Option<bool>,
    is_changed: Option<bool>,
    pub is_archived: bool,
}

impl Row {
    /// As it is written.
    pub fn title(&self) -> &str {
        self.draft_title.as_ref().unwrap_or(&self.title)
    }
    pub fn is_submitted(&self) -> bool {
        self.is_submitted == Some(true)
    }
    pub fn is_changed(&self) -> bool {
        self.is_changed == Some(true)
    }
}

/// The booklets of this author, of everybody for `None`; the newest first.
pub(super) fn desk(
    conn: &mut Conn,
    author: Option<AccountId>,
    shelf: Option<Shelf>,
    skip: i64,
    count: i64,
) -> Result<Vec<Row>> {
    either!(conn, c => {
        let mut query = booklets::table
            .inner_join(accounts::table.inner_join(persons::table))
            .left_join(booklet_drafts::table.on(booklet_drafts::booklet_id.eq(booklets::id)))
            .into_boxed();
        if let Some(author) = author {
            query = query.filter(booklets::author_id.eq(author));
        }
        query = match shelf {
            Some(Shelf::Archived) => query.filter(booklets::archived_at.is_not_null()),
            None => query.filter(booklets::archived_at.is_null()),
            Some(other) => {
                let query = query.filter(booklets::archived_at.is_null());
                match other {
                    // A published booklet whose next version is handed in stands among both.
                    Shelf::InReview => query.filter(booklet_drafts::is_submitted.eq(true)),
                    Shelf::Published => query.filter(booklets::stage.eq(Stage::Published)),
                    Shelf::Withdrawn => query.filter(booklets::stage.eq(Stage::Withdrawn)),
                    Shelf::Draft | Shelf::Archived => query.filter(booklets::stage.eq(Stage::Draft)),
                }
            }
        };
        Ok(query
            .order(booklets::id.desc())
            .offset(skip)
            .limit(count)
            .select((
                booklets::id,
                booklets::title,
                booklet_drafts::title.nullable(),
                booklets::stage,
                persons::name,
                booklets::published_at,
                booklet_drafts::changed_at.nullable(),
                booklet_drafts::is_submitted.nullable(),
                booklet_drafts::is_changed.nullable(),
                booklets::archived_at.is_not_null(),
            ))
            .load(c)?)
    })
}

/// The name of whoever has this account.
pub(super) fn name(conn: &mut Conn, account: AccountId) -> Result<String> {
    Ok(either!(conn, c => accounts::table
        .inner_join(persons::table)
        .filter(accounts::id.eq(account))
        .select(persons::name)
        .first(c))?)
}
