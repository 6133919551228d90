//! Rows of verdicts, and what waits for one.
use crate::booklets::Stage;
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, BookletId};
use crate::manuscripts::{Refusal, Verdict};
use crate::schema::{accounts, booklet_drafts, booklet_reviews, booklet_verdicts, booklets, persons};
use diesel::prelude::*;
use diesel::result::DatabaseErrorKind::UniqueViolation;
use diesel::result::Error::DatabaseError;

/// What somebody said of a round.
#[derive(Queryable, Debug, Clone)]
pub struct Spoken {
    pub round: i32,
    pub reviewer: AccountId,
    pub name: String,
    pub verdict: Verdict,
    pub remark: String,
    pub at: Timestamp,
}

pub(in crate::manuscripts) fn insert_verdict(
    conn: &mut Conn,
    booklet: BookletId,
    (round, verdict, remark): (i32, Verdict, &str),
    reviewer: AccountId,
    now: Timestamp,
) -> Result<()> {
    let row = (
        booklet_verdicts::booklet_id.eq(booklet),
        booklet_verdicts::round.eq(round),
        booklet_verdicts::reviewer_id.eq(reviewer),
        booklet_verdicts::verdict.eq(verdict),
        booklet_verdicts::remark.eq(remark),
        booklet_verdicts::reviewed_at.eq(now),
    );
    match either!(conn, c => diesel::insert_into(booklet_verdicts::table).values(row).execute(c)) {
        Ok(_) => Ok(()),
        Err(DatabaseError(UniqueViolation, _)) => Err(Refusal::ReviewedAlready.into()),
        Err(other) => Err(other.into()),
    }
}

/// The verdicts on a booklet, the newest first; the last twenty.
pub(in crate::manuscripts) fn spoken(conn: &mut Conn, booklet: BookletId) -> Result<Vec<Spoken>> {
    Ok(either!(conn, c => booklet_verdicts::table
        .inner_join(accounts::table.inner_join(persons::table))
        .filter(booklet_verdicts::booklet_id.eq(booklet))
        .order(booklet_verdicts::id.desc())
        .limit(20)
        .select((
            booklet_verdicts::round,
            booklet_verdicts::reviewer_id,
            persons::name,
            booklet_verdicts::verdict,
            booklet_verdicts::remark,
            booklet_verdicts::reviewed_at,
        ))
        .load(c))?)
}

/// Who reviewed it before there was this desk, and when; the newest first.
pub(in crate::manuscripts) fn earlier(
    conn: &mut Conn,
    booklet: BookletId,
) -> Result<Vec<(String, Verdict, Timestamp)>> {
    Ok(either!(conn, c => booklet_reviews::table
        .inner_join(accounts::table.inner_join(persons::table))
        .filter(booklet_reviews::booklet_id.eq(booklet))
        .order(booklet_reviews::id.desc())
        .limit(20)
        .select((persons::name, booklet_reviews::verdict, booklet_reviews::reviewed_at))
        .load(c))?)
}

/// When the text that is read was passed here.
pub(in crate::manuscripts) fn last_passed(conn: &mut Conn, booklet: BookletId) -> Result<Option<Timestamp>> {
    let passed = booklet_verdicts::booklet_id.eq(booklet).and(booklet_verdicts::verdict.eq(Verdict::Passed));
    Ok(either!(conn, c => booklet_verdicts::table
        .filter(passed)
        .select(diesel::dsl::max(booklet_verdicts::reviewed_at))
        .first(c))?)
}

/// A booklet that waits for a verdict.
#[derive(Queryable, Debug, Clone)]
pub struct Waiting {
    pub id: BookletId,
    pub title: String,
    pub round: i32,
    /// A new version of what is read.
    pub is_update: bool,
    pub author: AccountId,
    pub author_name: String,
    pub changed_by: AccountId,
}

/// What waits for a verdict, in the order in which the booklets were made.
pub(in crate::manuscripts) fn waiting(conn: &mut Conn, skip: i64, count: i64) -> Result<Vec<Waiting>> {
    Ok(either!(conn, c => booklet_drafts::table
        .inner_join(booklets::table.inner_join(accounts::table.inner_join(persons::table)))
        .filter(booklet_drafts::is_submitted.eq(true))
        .order(booklets::id)
        .offset(skip)
        .limit(count)
        .select((
            booklets::id,
            booklet_drafts::title,
            booklet_drafts::round,
            booklets::stage.eq(Stage::Published),
            booklets::author_id,
            persons::name,
            booklet_drafts::changed_by,
        ))
        .load(c))?)
}
