//! Rows of booklets, their chapters and reviews, and the readers' positions.
use super::{Refusal, Stage, Verdict, Visibility};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, BookletId, PersonId};
use crate::schema::{booklet_chapters, booklet_reviews, booklets, reading_positions};
use diesel::prelude::*;
use diesel::result::DatabaseErrorKind::UniqueViolation;
use diesel::result::Error::DatabaseError;

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
pub(super) struct Chapter {
    pub number: i32,
    pub title: String,
    /// Markdown.
    pub body: String,
}

/// A booklet that is not there yet.
#[derive(Debug, Clone)]
pub struct NewBooklet {
    pub slug: String,
    pub title: String,
    pub kind: String,
    pub intro: String,
    pub cover: String,
    pub style: i32,
    pub visibility: Visibility,
    /// Its place among the others.
    pub position: i32,
}

/// What the rules of reviewing ask about.
#[derive(Queryable, Debug)]
pub(super) struct Reviewed {
    pub id: BookletId,
    pub stage: Stage,
    pub version: i32,
    pub author: AccountId,
    pub chapter_count: i32,
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

pub(super) fn contents(conn: &mut Conn, booklet: BookletId) -> Result<Vec<Heading>> {
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

pub(super) fn chapters(conn: &mut Conn, booklet: BookletId) -> Result<Vec<Chapter>> {
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

pub(super) fn insert(conn: &mut Conn, new: &NewBooklet, author: AccountId) -> Result<BookletId> {
    let row = (
        booklets::slug.eq(&new.slug),
        booklets::title.eq(&new.title),
        booklets::kind.eq(&new.kind),
        booklets::intro.eq(&new.intro),
        booklets::cover.eq(&new.cover),
        booklets::style.eq(new.style),
        booklets::visibility.eq(new.visibility),
        booklets::stage.eq(Stage::InReview),
        booklets::author_id.eq(author),
        booklets::position.eq(new.position),
    );
    Ok(
        either!(conn, c => diesel::insert_into(booklets::table).values(row).returning(booklets::id).get_result(c))?,
    )
}

/// Adds a chapter behind the last one; its number.
pub(super) fn add_chapter(conn: &mut Conn, booklet: BookletId, title: &str, body: &str) -> Result<i32> {
    let number: i32 = either!(conn, c => diesel::update(booklets::table.find(booklet))
        .set(booklets::chapter_count.eq(booklets::chapter_count + 1))
        .returning(booklets::chapter_count)
        .get_result(c))?;
    let row = (
        booklet_chapters::booklet_id.eq(booklet),
        booklet_chapters::position.eq(number),
        booklet_chapters::title.eq(title),
        booklet_chapters::body.eq(body),
    );
    either!(conn, c => diesel::insert_into(booklet_chapters::table).values(row).execute(c))?;
    Ok(number)
}

pub(super) fn find(conn: &mut Conn, id: BookletId) -> Result<Reviewed> {
    Ok(either!(conn, c => booklets::table
        .find(id)
        .select((booklets::id, booklets::stage, booklets::version, booklets::author_id, booklets::chapter_count))
        .first(c))?)
}

pub(super) fn insert_review(
    conn: &mut Conn,
    booklet: BookletId,
    version: i32,
    reviewer: AccountId,
    verdict: Verdict,
    now: Timestamp,
) -> Result<()> {
    let row = (
        booklet_reviews::booklet_id.eq(booklet),
        booklet_reviews::version.eq(version),
        booklet_reviews::reviewer_id.eq(reviewer),
        booklet_reviews::verdict.eq(verdict),
        booklet_reviews::reviewed_at.eq(now),
    );
    match either!(conn, c => diesel::insert_into(booklet_reviews::table).values(row).execute(c)) {
        Ok(_) => Ok(()),
        Err(DatabaseError(UniqueViolation, _)) => Err(Refusal::ReviewedAlready.into()),
        Err(other) => Err(other.into()),
    }
}

pub(super) fn enter_review(conn: &mut Conn, id: BookletId, version: i32) -> Result<()> {
    let is_it = booklets::id.eq(id).and(booklets::version.eq(version)).and(booklets::stage.eq(Stage::Draft));
    either!(conn, c => diesel::update(booklets::table.filter(is_it)).set(booklets::stage.eq(Stage::InReview)).execute(c))?;
    Ok(())
}

pub(super) fn send_back(conn: &mut Conn, id: BookletId, version: i32) -> Result<()> {
    let is_it = booklets::id.eq(id).and(booklets::version.eq(version));
    let values = (booklets::stage.eq(Stage::Draft), booklets::version.eq(version + 1));
    either!(conn, c => diesel::update(booklets::table.filter(is_it)).set(values).execute(c))?;
    Ok(())
}

/// Whether anybody said anything of the present version.
pub(super) fn is_reviewed(conn: &mut Conn, booklet: &Reviewed) -> Result<bool> {
    let said = booklet_reviews::booklet_id.eq(booklet.id).and(booklet_reviews::version.eq(booklet.version));
    Ok(
        either!(conn, c => diesel::select(diesel::dsl::exists(booklet_reviews::table.filter(said))).get_result(c))?,
    )
}

/// Whether somebody besides the author passed the present version.
pub(super) fn is_passed(conn: &mut Conn, booklet: &Reviewed) -> Result<bool> {
    let passed = booklet_reviews::booklet_id
        .eq(booklet.id)
        .and(booklet_reviews::version.eq(booklet.version))
        .and(booklet_reviews::verdict.eq(Verdict::Passed))
        .and(booklet_reviews::reviewer_id.ne(booklet.author));
    Ok(
        either!(conn, c => diesel::select(diesel::dsl::exists(booklet_reviews::table.filter(passed))).get_result(c))?,
    )
}

/// `false` if this version is not open any more.
pub(super) fn publish(conn: &mut Conn, id: BookletId, version: i32, now: Timestamp) -> Result<bool> {
    let is_open = booklets::id
        .eq(id)
        .and(booklets::version.eq(version))
        .and(booklets::stage.eq_any([Stage::Draft, Stage::InReview]));
    let values = (booklets::stage.eq(Stage::Published), booklets::published_at.eq(now));
    Ok(either!(conn, c => diesel::update(booklets::table.filter(is_open)).set(values).execute(c))? == 1)
}
