//! Rows of booklets and their chapters, and the readers' positions. `attachments` has their files, `numbers` what names a
//! chapter by its number.
pub(super) mod attachments;
mod numbers;

use super::{Stage, Visibility};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, BookletId, PersonId};
use crate::schema::{booklet_chapters, booklet_lengths, booklets, reading_positions};
use diesel::prelude::*;
pub(super) use numbers::renumber;

/// A published booklet in a list, with the reader's place in it.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct BookletCard {
    pub id: BookletId,
    pub slug: String,
    pub title: String,
    /// What sort of booklet, in a word or two: 问答读本, 手册.
    pub kind: String,
    pub intro: String,
    /// The words on the drawn cover, one line each.
    pub cover: String,
    /// Of the drawn cover, 1 to 3.
    pub style: i32,
    pub visibility: Visibility,
    pub chapter_count: i32,
    /// The chapter that the reader opened last.
    pub reached: Option<i32>,
}

/// A line of the contents.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// From 1.
    pub number: i32,
    pub title: String,
}

/// A chapter as it is read.
#[derive(Queryable, Debug, Clone)]
pub struct Chapter {
    pub number: i32,
    pub title: String,
    /// Markdown.
    pub body: String,
}

/// What is said of a booklet.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct About {
    pub title: String,
    pub kind: String,
    pub intro: String,
    /// The words on the drawn cover, one line each.
    pub cover: String,
    pub style: i32,
    pub visibility: Visibility,
}

/// Where a booklet stands.
#[derive(Queryable, Debug, Clone)]
pub struct Standing {
    pub id: BookletId,
    pub slug: String,
    pub stage: Stage,
    /// Of what is read; 0 before the first.
    pub version: i32,
    pub author: AccountId,
    pub published_at: Option<Timestamp>,
    pub archived_at: Option<Timestamp>,
    /// Why it was taken off.
    pub reason: String,
}

/// A booklet that was public and is not.
#[derive(Queryable, Debug, Clone)]
pub struct Gone {
    pub title: String,
    /// Its title may be said to everybody.
    pub is_public: bool,
    pub reason: String,
}

/// The published booklets in their order, at most `count`, with the viewer's place in each. Those for members are among
/// them for visitors too, who are told to sign in.
pub fn shelf(conn: &mut Conn, viewer: Option<PersonId>, count: i64) -> Result<Vec<BookletCard>> {
    Ok(either!(conn, c => booklets::table
        // Nobody's id is NULL, so a visitor has no place.
        .left_join(reading_positions::table.on(
            reading_positions::booklet_id.eq(booklets::id).and(reading_positions::person_id.nullable().eq(viewer))))
        .filter(booklets::stage.eq(Stage::Published))
        .order(booklets::position)
        .limit(count)
        .select((
            booklets::id,
            booklets::slug,
            booklets::title,
            booklets::kind,
            booklets::intro,
            booklets::cover,
            booklets::style,
            booklets::visibility,
            booklets::chapter_count,
            reading_positions::position.nullable(),
        ))
        .load(c))?)
}

pub(super) fn published(conn: &mut Conn, slug: &str, viewer: Option<PersonId>) -> Result<BookletCard> {
    Ok(either!(conn, c => booklets::table
        .left_join(reading_positions::table.on(
            reading_positions::booklet_id.eq(booklets::id).and(reading_positions::person_id.nullable().eq(viewer))))
        .filter(booklets::slug.eq(slug).and(booklets::stage.eq(Stage::Published)))
        .select((
            booklets::id,
            booklets::slug,
            booklets::title,
            booklets::kind,
            booklets::intro,
            booklets::cover,
            booklets::style,
            booklets::visibility,
            booklets::chapter_count,
            reading_positions::position.nullable(),
        ))
        .first(c))?)
}

/// The chapters of what is read.
pub fn contents(conn: &mut Conn, booklet: BookletId) -> Result<Vec<Heading>> {
    Ok(either!(conn, c => booklet_chapters::table
        .filter(booklet_chapters::booklet_id.eq(booklet))
        .order(booklet_chapters::position)
        .select((booklet_chapters::position, booklet_chapters::title))
        .load(c))?)
}

pub(super) fn chapter(conn: &mut Conn, booklet: BookletId, number: i32) -> Result<Chapter> {
    let is_it = booklet_chapters::booklet_id.eq(booklet).and(booklet_chapters::position.eq(number));
    Ok(either!(conn, c => booklet_chapters::table
        .filter(is_it)
        .select((booklet_chapters::position, booklet_chapters::title, booklet_chapters::body))
        .first(c))?)
}

/// The whole of what is read.
pub fn chapters(conn: &mut Conn, booklet: BookletId) -> Result<Vec<Chapter>> {
    Ok(either!(conn, c => booklet_chapters::table
        .filter(booklet_chapters::booklet_id.eq(booklet))
        .order(booklet_chapters::position)
        .select((booklet_chapters::position, booklet_chapters::title, booklet_chapters::body))
        .load(c))?)
}

pub(super) fn keep_position(
    conn: &mut Conn,
    reader: PersonId,
    booklet: BookletId,
    chapter: i32,
    now: Timestamp,
) -> Result<()> {
    let row = (
        reading_positions::person_id.eq(reader),
        reading_positions::booklet_id.eq(booklet),
        reading_positions::position.eq(chapter),
        reading_positions::kept_at.eq(now),
    );
    let values = (reading_positions::position.eq(chapter), reading_positions::kept_at.eq(now));
    either!(conn, c => diesel::insert_into(reading_positions::table)
        .values(row)
        .on_conflict((reading_positions::person_id, reading_positions::booklet_id))
        .do_update()
        .set(values)
        .execute(c))?;
    Ok(())
}

/// One that was public and was taken off: until it is published again its address says so.
pub(super) fn gone(conn: &mut Conn, slug: &str) -> Result<Option<Gone>> {
    let is_gone = booklets::slug
        .eq(slug)
        .and(booklets::stage.ne(Stage::Published))
        .and(booklets::published_at.is_not_null())
        .and(booklets::reason.ne(""));
    Ok(either!(conn, c => booklets::table
        .filter(is_gone)
        .select((
            booklets::title,
            // What is being written anew is nobody's yet.
            booklets::visibility.eq(Visibility::Public).and(booklets::stage.eq(Stage::Withdrawn)),
            booklets::reason,
        ))
        .first(c)
        .optional())?)
}

/// Where the booklet stands.
///
/// # Errors
/// Not found.
pub fn standing(conn: &mut Conn, id: BookletId) -> Result<Standing> {
    Ok(either!(conn, c => booklets::table
        .find(id)
        .select((
            booklets::id,
            booklets::slug,
            booklets::stage,
            booklets::version,
            booklets::author_id,
            booklets::published_at,
            booklets::archived_at,
            booklets::reason,
        ))
        .first(c))?)
}

/// The booklet of this name, wherever it stands.
pub fn found(conn: &mut Conn, slug: &str) -> Result<Option<BookletId>> {
    Ok(either!(conn, c => booklets::table
        .filter(booklets::slug.eq(slug))
        .select(booklets::id)
        .first(c)
        .optional())?)
}

/// What is said of the booklet where it is read.
pub fn public(conn: &mut Conn, id: BookletId) -> Result<About> {
    Ok(either!(conn, c => booklets::table
        .find(id)
        .select((
            booklets::title,
            booklets::kind,
            booklets::intro,
            booklets::cover,
            booklets::style,
            booklets::visibility,
        ))
        .first(c))?)
}

/// A booklet that nobody reads yet, behind all others; `None` if its name is taken.
pub fn insert(conn: &mut Conn, slug: &str, about: &About, author: AccountId) -> Result<Option<BookletId>> {
    // Two that are made at once want the same place: the one that comes second asks again.
    for _ in 0..20 {
        let last: Option<i32> =
            either!(conn, c => booklets::table.select(diesel::dsl::max(booklets::position)).first(c))?;
        let row = (
            booklets::slug.eq(slug),
            booklets::title.eq(&about.title),
            booklets::kind.eq(&about.kind),
            booklets::intro.eq(&about.intro),
            booklets::cover.eq(&about.cover),
            booklets::style.eq(about.style),
            booklets::visibility.eq(about.visibility),
            booklets::stage.eq(Stage::Draft),
            booklets::version.eq(0),
            booklets::author_id.eq(author),
            booklets::position.eq(last.unwrap_or_default() + 1),
        );
        let made: Option<BookletId> = either!(conn, c => diesel::insert_into(booklets::table)
            .values(row)
            .on_conflict_do_nothing()
            .returning(booklets::id)
            .get_result(c)
            .optional())?;
        match made {
            Some(id) => return Ok(Some(id)),
            None if found(conn, slug)?.is_some() => return Ok(None),
            None => {}
        }
    }
    Err(crate::error::Error::Busy)
}

/// Moves it on; `false` if it does not stand at `from`.
pub fn advance(conn: &mut Conn, id: BookletId, from: Stage, to: Stage) -> Result<bool> {
    let it = booklets::table.filter(booklets::id.eq(id).and(booklets::stage.eq(from)));
    Ok(either!(conn, c => diesel::update(it).set(booklets::stage.eq(to)).execute(c))? == 1)
}

/// Takes it off; `false` if it is not published.
pub fn withdraw(conn: &mut Conn, id: BookletId, reason: &str) -> Result<bool> {
    let it = booklets::table.filter(booklets::id.eq(id).and(booklets::stage.eq(Stage::Published)));
    let values = (booklets::stage.eq(Stage::Withdrawn), booklets::reason.eq(reason));
    Ok(either!(conn, c => diesel::update(it).set(values).execute(c))? == 1)
}

/// Puts away what is not read, or takes it out again; `false` if that is so already, or it is read.
pub fn put_away(conn: &mut Conn, id: BookletId, now: Timestamp, is_away: bool) -> Result<bool> {
    let it = booklets::table.filter(
        booklets::id
            .eq(id)
            .and(booklets::stage.eq_any([Stage::Draft, Stage::Withdrawn]))
            .and(booklets::archived_at.is_null().eq(is_away)),
    );
    let at = booklets::archived_at.eq(is_away.then_some(now));
    Ok(either!(conn, c => diesel::update(it).set(at).execute(c))? == 1)
}

/// Puts this in the place of what is read.
pub(super) fn replace(
    conn: &mut Conn,
    id: BookletId,
    about: &About,
    chapters: &[(String, String)],
    now: Timestamp,
) -> Result<()> {
    let values = (
        booklets::title.eq(&about.title),
        booklets::kind.eq(&about.kind),
        booklets::intro.eq(&about.intro),
        booklets::cover.eq(&about.cover),
        booklets::style.eq(about.style),
        booklets::visibility.eq(about.visibility),
        booklets::stage.eq(Stage::Published),
        booklets::version.eq(booklets::version + 1),
        booklets::reason.eq(""),
        booklets::chapter_count.eq(chapters.len() as i32),
        booklets::published_at.eq(now),
    );
    either!(conn, c => diesel::update(booklets::table.find(id)).set(values).execute(c))?;
    let length = (
        booklet_lengths::booklet_id.eq(id),
        booklet_lengths::chapters.eq(chapters.len() as i32),
        booklet_lengths::since.eq(now),
    );
    either!(conn, c => diesel::insert_into(booklet_lengths::table).values(length).execute(c))?;
    let old = booklet_chapters::table.filter(booklet_chapters::booklet_id.eq(id));
    either!(conn, c => diesel::delete(old).execute(c))?;
    let rows: Vec<_> = (1..)
        .zip(chapters)
        .map(|(position, (title, body))| {
            (
                booklet_chapters::booklet_id.eq(id),
                booklet_chapters::position.eq(position),
                booklet_chapters::title.eq(title),
                booklet_chapters::body.eq(body),
            )
        })
        .collect();
    match conn {
        Conn::Postgres(c) => {
            diesel::insert_into(booklet_chapters::table).values(&rows).execute(c)?;
        }
        Conn::Sqlite(c) => {
            for row in &rows {
                diesel::insert_into(booklet_chapters::table).values(*row).execute(c)?;
            }
        }
    }
    Ok(())
}
