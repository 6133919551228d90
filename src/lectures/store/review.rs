//! The way of a lecture to the public.
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, AllianceId, LectureId, SchoolId};
use crate::lectures::{Refusal, Stage, Verdict};
use crate::schema::{instructors, lecture_instructors, lecture_reviews, lectures, media};
use diesel::prelude::*;
use diesel::result::DatabaseErrorKind::UniqueViolation;
use diesel::result::Error::DatabaseError;

/// What decides whether a lecture may be reviewed and published.
#[derive(Queryable, Debug)]
pub struct State {
    pub stage: Stage,
    pub version: i32,
    pub uploaded_by: AccountId,
    pub school_id: Option<SchoolId>,
    pub rights_ok: bool,
    /// Of the recording, if there is one.
    pub duration_ms: Option<i32>,
}

pub fn state(conn: &mut Conn, id: LectureId) -> Result<State> {
    Ok(either!(conn, c => lectures::table
        .left_join(media::table)
        .filter(lectures::id.eq(id))
        .select((
            lectures::stage,
            lectures::version,
            lectures::uploaded_by,
            lectures::school_id,
            lectures::rights_ok,
            media::duration_ms.nullable(),
        ))
        .first(c))?)
}

pub fn insert_review(
    conn: &mut Conn,
    id: LectureId,
    version: i32,
    reviewer: AccountId,
    verdict: Verdict,
    now: Timestamp,
) -> Result<()> {
    let row = (
        lecture_reviews::lecture_id.eq(id),
        lecture_reviews::version.eq(version),
        lecture_reviews::reviewer_id.eq(reviewer),
        lecture_reviews::verdict.eq(verdict),
        lecture_reviews::reviewed_at.eq(now),
    );
    match either!(conn, c => diesel::insert_into(lecture_reviews::table).values(row).execute(c)) {
        Ok(_) => Ok(()),
        Err(DatabaseError(UniqueViolation, _)) => Err(Refusal::ReviewedAlready.into()),
        Err(other) => Err(other.into()),
    }
}

/// How many people passed this version.
pub fn passed_reviews(conn: &mut Conn, id: LectureId, version: i32) -> Result<i64> {
    let passed = lecture_reviews::lecture_id
        .eq(id)
        .and(lecture_reviews::version.eq(version))
        .and(lecture_reviews::verdict.eq(Verdict::Passed));
    Ok(either!(conn, c => lecture_reviews::table.filter(passed).count().get_result(c))?)
}

/// Back to its author, as the next version.
pub fn send_back(conn: &mut Conn, id: LectureId, version: i32) -> Result<()> {
    let values = (lectures::stage.eq(Stage::Draft), lectures::version.eq(version + 1));
    either!(conn, c => diesel::update(lectures::table.find(id)).set(values).execute(c))?;
    Ok(())
}

/// From one stage to the next, if it is still there.
pub fn advance(conn: &mut Conn, id: LectureId, from: Stage, to: Stage) -> Result<()> {
    let there = lectures::table.find(id).filter(lectures::stage.eq(from));
    match either!(conn, c => diesel::update(there).set(lectures::stage.eq(to)).execute(c))? {
        0 => Err(crate::error::Error::NotFound),
        _ => Ok(()),
    }
}

pub fn mark_published(
    conn: &mut Conn,
    id: LectureId,
    alliance: Option<AllianceId>,
    duration_ms: i32,
    now: Timestamp,
) -> Result<()> {
    let values = (
        lectures::stage.eq(Stage::Published),
        lectures::alliance_id.eq(alliance),
        lectures::duration_ms.eq(duration_ms),
        lectures::published_at.eq(now),
    );
    either!(conn, c => diesel::update(lectures::table.find(id)).set(values).execute(c))?;
    Ok(())
}

/// Counts the lecture in (`1`) or out (`-1`) for those who give it.
pub fn count_for_instructors(conn: &mut Conn, id: LectureId, by: i32) -> Result<()> {
    let givers = lecture_instructors::table
        .filter(lecture_instructors::lecture_id.eq(id))
        .select(lecture_instructors::instructor_id);
    either!(conn, c => diesel::update(instructors::table.filter(instructors::id.eq_any(givers)))
        .set(instructors::lecture_count.eq(instructors::lecture_count + by))
        .execute(c))?;
    Ok(())
}
