//! Rows of chapters as they are written, and of every text that was saved.
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, BookletId, ChapterId};
use crate::schema::{accounts, chapter_drafts, chapter_saves, persons};
use diesel::prelude::*;

/// A chapter as it is written.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct ChapterDraft {
    pub id: ChapterId,
    pub position: i32,
    pub title: String,
    /// Markdown.
    pub body: String,
    /// Counted up by each save.
    pub revision: i32,
    pub is_deleted: bool,
    pub changed_by: AccountId,
    pub changed_at: Timestamp,
}

/// A text that was saved.
#[derive(Queryable, Debug, Clone)]
pub struct Save {
    pub revision: i32,
    pub title: String,
    pub is_auto: bool,
    /// Who saved it.
    pub by: String,
    pub at: Timestamp,
    /// Characters of its text.
    pub length: i64,
}

const COLUMNS: (
    chapter_drafts::id,
    chapter_drafts::position,
    chapter_drafts::title,
    chapter_drafts::body,
    chapter_drafts::revision,
    chapter_drafts::is_deleted,
    chapter_drafts::changed_by,
    chapter_drafts::changed_at,
) = (
    chapter_drafts::id,
    chapter_drafts::position,
    chapter_drafts::title,
    chapter_drafts::body,
    chapter_drafts::revision,
    chapter_drafts::is_deleted,
    chapter_drafts::changed_by,
    chapter_drafts::changed_at,
);

fn of(conn: &mut Conn, booklet: BookletId, is_deleted: bool) -> Result<Vec<ChapterDraft>> {
    let these = chapter_drafts::booklet_id.eq(booklet).and(chapter_drafts::is_deleted.eq(is_deleted));
    Ok(either!(conn, c => chapter_drafts::table
        .filter(these)
        .order((chapter_drafts::position, chapter_drafts::id))
        .select(COLUMNS)
        .load(c))?)
}

pub(in crate::manuscripts) fn chapters(conn: &mut Conn, booklet: BookletId) -> Result<Vec<ChapterDraft>> {
    of(conn, booklet, false)
}

pub(in crate::manuscripts) fn deleted(conn: &mut Conn, booklet: BookletId) -> Result<Vec<ChapterDraft>> {
    of(conn, booklet, true)
}

pub(in crate::manuscripts) fn chapter(
    conn: &mut Conn,
    booklet: BookletId,
    id: ChapterId,
) -> Result<ChapterDraft> {
    let it = chapter_drafts::booklet_id.eq(booklet).and(chapter_drafts::id.eq(id));
    Ok(either!(conn, c => chapter_drafts::table.filter(it).select(COLUMNS).first(c))?)
}

/// A new chapter at this place, with its first save.
pub(in crate::manuscripts) fn insert_chapter(
    conn: &mut Conn,
    booklet: BookletId,
    position: i32,
    (title, body): (&str, &str),
    by: AccountId,
    now: Timestamp,
) -> Result<ChapterId> {
    let row = (
        chapter_drafts::booklet_id.eq(booklet),
        chapter_drafts::position.eq(position),
        chapter_drafts::title.eq(title),
        chapter_drafts::body.eq(body),
        chapter_drafts::revision.eq(1),
        chapter_drafts::is_deleted.eq(false),
        chapter_drafts::changed_by.eq(by),
        chapter_drafts::changed_at.eq(now),
    );
    let id = either!(conn, c => diesel::insert_into(chapter_drafts::table)
        .values(row)
        .returning(chapter_drafts::id)
        .get_result(c))?;
    insert_save(conn, id, 1, (title, body), false, by, now)?;
    Ok(id)
}

fn insert_save(
    conn: &mut Conn,
    chapter: ChapterId,
    revision: i32,
    (title, body): (&str, &str),
    is_auto: bool,
    by: AccountId,
    now: Timestamp,
) -> Result<()> {
    let row = (
        chapter_saves::chapter_id.eq(chapter),
        chapter_saves::revision.eq(revision),
        chapter_saves::title.eq(title),
        chapter_saves::body.eq(body),
        chapter_saves::is_auto.eq(is_auto),
        chapter_saves::saved_by.eq(by),
        chapter_saves::saved_at.eq(now),
    );
    either!(conn, c => diesel::insert_into(chapter_saves::table).values(row).execute(c))?;
    Ok(())
}

/// Puts this text in the place of revision `base` and keeps it; `false` if that is no longer the present one, or the chapter
/// is deleted.
pub(in crate::manuscripts) fn replace_text(
    conn: &mut Conn,
    chapter: ChapterId,
    base: i32,
    (title, body): (&str, &str),
    is_auto: bool,
    by: AccountId,
    now: Timestamp,
) -> Result<bool> {
    let present = chapter_drafts::id
        .eq(chapter)
        .and(chapter_drafts::revision.eq(base))
        .and(chapter_drafts::is_deleted.eq(false));
    let values = (
        chapter_drafts::title.eq(title),
        chapter_drafts::body.eq(body),
        chapter_drafts::revision.eq(base + 1),
        chapter_drafts::changed_by.eq(by),
        chapter_drafts::changed_at.eq(now),
    );
    let changed =
        either!(conn, c => diesel::update(chapter_drafts::table.filter(present)).set(values).execute(c))?;
    if changed != 1 {
        return Ok(false);
    }
    insert_save(conn, chapter, base + 1, (title, body), is_auto, by, now)?;
    Ok(true)
}

/// Puts a chapter at a place.
pub(in crate::manuscripts) fn place(conn: &mut Conn, chapter: ChapterId, position: i32) -> Result<()> {
    let it = chapter_drafts::table.find(chapter);
    either!(conn, c => diesel::update(it).set(chapter_drafts::position.eq(position)).execute(c))?;
    Ok(())
}

/// Takes a chapter out, or back in; its texts stay.
pub(in crate::manuscripts) fn mark(conn: &mut Conn, chapter: ChapterId, is_deleted: bool) -> Result<()> {
    let it = chapter_drafts::table.find(chapter);
    either!(conn, c => diesel::update(it).set(chapter_drafts::is_deleted.eq(is_deleted)).execute(c))?;
    Ok(())
}

/// The texts of a chapter that were saved, the newest first.
pub(in crate::manuscripts) fn saves(
    conn: &mut Conn,
    chapter: ChapterId,
    skip: i64,
    count: i64,
) -> Result<Vec<Save>> {
    // Characters, on both databases.
    let length = diesel::dsl::sql::<diesel::sql_types::BigInt>("CAST(length(chapter_saves.body) AS BIGINT)");
    Ok(either!(conn, c => chapter_saves::table
        .inner_join(accounts::table.inner_join(persons::table))
        .filter(chapter_saves::chapter_id.eq(chapter))
        .order(chapter_saves::revision.desc())
        .offset(skip)
        .limit(count)
        .select((
            chapter_saves::revision,
            chapter_saves::title,
            chapter_saves::is_auto,
            persons::name,
            chapter_saves::saved_at,
            length,
        ))
        .load(c))?)
}

/// One text that was saved: about it, and the text.
pub(in crate::manuscripts) fn save_of(
    conn: &mut Conn,
    chapter: ChapterId,
    revision: i32,
) -> Result<(Save, String)> {
    let length = diesel::dsl::sql::<diesel::sql_types::BigInt>("CAST(length(chapter_saves.body) AS BIGINT)");
    let it = chapter_saves::chapter_id.eq(chapter).and(chapter_saves::revision.eq(revision));
    Ok(either!(conn, c => chapter_saves::table
        .inner_join(accounts::table.inner_join(persons::table))
        .filter(it)
        .select((
            (
                chapter_saves::revision,
                chapter_saves::title,
                chapter_saves::is_auto,
                persons::name,
                chapter_saves::saved_at,
                length,
            ),
            chapter_saves::body,
        ))
        .first(c))?)
}

/// Whether this account saved a text of the booklet after `since`.
pub(in crate::manuscripts) fn is_writer(
    conn: &mut Conn,
    booklet: BookletId,
    account: AccountId,
    since: Option<Timestamp>,
) -> Result<bool> {
    let theirs = chapter_drafts::booklet_id.eq(booklet).and(chapter_saves::saved_by.eq(account));
    Ok(either!(conn, c => {
        let mut query = chapter_saves::table.inner_join(chapter_drafts::table).filter(theirs).into_boxed();
        if let Some(since) = since {
            query = query.filter(chapter_saves::saved_at.gt(since));
        }
        query.select(chapter_saves::id).first::<i64>(c).optional()
    })?
    .is_some())
}
