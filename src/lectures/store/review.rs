//! The way of a lecture to the public, and back.
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, AllianceId, LectureId, MediaId, ReviewId, SchoolId};
use crate::lectures::{Refusal, Stage, Verdict};
use crate::schema::{
    accounts, editions, instructors, lecture_instructors, lecture_reviews, lectures, media, recordings,
    review_remarks, revisions, uploads, withdrawals,
};
use diesel::prelude::*;
use diesel::result::DatabaseErrorKind::UniqueViolation;
use diesel::result::Error::DatabaseError;

/// The new recording of a published lecture: [`Stage::Draft`] or [`Stage::InReview`].
#[derive(Queryable, Debug, Clone)]
pub struct Revision {
    pub media: MediaId,
    pub stage: Stage,
}

/// What decides whether a lecture may be reviewed, published and changed.
#[derive(Queryable, Debug, Clone)]
pub struct Standing {
    pub stage: Stage,
    pub version: i32,
    pub uploaded_by: AccountId,
    pub school_id: Option<SchoolId>,
    pub rights_ok: bool,
    pub media: Option<MediaId>,
    pub revision: Option<Revision>,
}

impl Standing {
    pub fn is_in_review(&self) -> bool {
        self.stage == Stage::InReview
            || self.revision.as_ref().is_some_and(|one| one.stage == Stage::InReview)
    }
    /// The recording that is reviewed next: the new one beside a published lecture, else the lecture's own.
    pub fn next_media(&self) -> Option<MediaId> {
        match &self.revision {
            Some(revision) => Some(revision.media),
            None if self.stage == Stage::Published => None,
            None => self.media,
        }
    }
    /// The recording that its desk is about: the next one, or the public one.
    pub fn desk_media(&self) -> Option<MediaId> {
        self.next_media().or(self.media)
    }
}

pub fn standing(conn: &mut Conn, id: LectureId) -> Result<Standing> {
    Ok(either!(conn, c => lectures::table
        .left_join(revisions::table)
        .filter(lectures::id.eq(id))
        .select((
            lectures::stage,
            lectures::version,
            lectures::uploaded_by,
            lectures::school_id,
            lectures::rights_ok,
            lectures::media_id,
            (revisions::media_id, revisions::stage).nullable(),
        ))
        .first(c))?)
}

/// [`standing`], which nobody else changes until the transaction ends: two verdicts at once are counted one after the other.
pub fn standing_locked(conn: &mut Conn, id: LectureId) -> Result<Standing> {
    let it = lectures::table.find(id);
    // Written with its own value: a statement that both databases lock by.
    either!(conn, c => diesel::update(it).set(lectures::version.eq(lectures::version)).execute(c))?;
    standing(conn, id)
}

/// What a reviewer says, of a moment in milliseconds or of the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    pub at_ms: Option<i32>,
    pub text: String,
}

pub fn insert_review(
    conn: &mut Conn,
    id: LectureId,
    version: i32,
    reviewer: AccountId,
    verdict: Verdict,
    now: Timestamp,
) -> Result<ReviewId> {
    let row = (
        lecture_reviews::lecture_id.eq(id),
        lecture_reviews::version.eq(version),
        lecture_reviews::reviewer_id.eq(reviewer),
        lecture_reviews::verdict.eq(verdict),
        lecture_reviews::reviewed_at.eq(now),
    );
    let new = either!(conn, c => diesel::insert_into(lecture_reviews::table)
        .values(row)
        .returning(lecture_reviews::id)
        .get_result(c));
    match new {
        Ok(id) => Ok(id),
        Err(DatabaseError(UniqueViolation, _)) => Err(Refusal::ReviewedAlready.into()),
        Err(other) => Err(other.into()),
    }
}

pub fn insert_remarks(conn: &mut Conn, review: ReviewId, remarks: &[Remark]) -> Result<()> {
    for remark in remarks {
        let row = (
            review_remarks::review_id.eq(review),
            review_remarks::at_ms.eq(remark.at_ms),
            review_remarks::text.eq(&remark.text),
        );
        either!(conn, c => diesel::insert_into(review_remarks::table).values(row).execute(c))?;
    }
    Ok(())
}

/// How many people passed this version.
pub fn passed_reviews(conn: &mut Conn, id: LectureId, version: i32) -> Result<i64> {
    let passed = lecture_reviews::lecture_id
        .eq(id)
        .and(lecture_reviews::version.eq(version))
        .and(lecture_reviews::verdict.eq(Verdict::Passed));
    Ok(either!(conn, c => lecture_reviews::table.filter(passed).count().get_result(c))?)
}

/// Whether the person of this account gives the lecture.
pub fn gives(conn: &mut Conn, id: LectureId, account: AccountId) -> Result<bool> {
    let row = lecture_instructors::table
        .inner_join(instructors::table)
        .inner_join(accounts::table.on(accounts::person_id.eq(instructors::person_id)))
        .filter(lecture_instructors::lecture_id.eq(id).and(accounts::id.eq(account)));
    Ok(either!(conn, c => diesel::select(diesel::dsl::exists(row)).get_result(c))?)
}

/// Whether a recording of the lecture is being sent or worked on: it would arrive while others review.
pub fn is_worked_on(conn: &mut Conn, id: LectureId, now: Timestamp) -> Result<bool> {
    let open = recordings::lecture_id.eq(id).and(recordings::state.eq_any(["waiting", "working"]));
    let row = recordings::table.filter(open);
    let coming = uploads::lecture_id.eq(id).and(uploads::state.eq("open")).and(uploads::expires_at.gt(now));
    let sent = uploads::table.filter(coming);
    Ok(either!(conn, c => diesel::select(diesel::dsl::exists(row)).get_result::<bool>(c)?
        || diesel::select(diesel::dsl::exists(sent)).get_result(c)?))
}

/// From one stage to another, the version so much further, if it is still there.
pub fn advance(conn: &mut Conn, id: LectureId, from: Stage, to: Stage, versions: i32) -> Result<bool> {
    let there = lectures::table.find(id).filter(lectures::stage.eq(from));
    let values = (lectures::stage.eq(to), lectures::version.eq(lectures::version + versions));
    Ok(either!(conn, c => diesel::update(there).set(values).execute(c))? == 1)
}

pub fn advance_revision(conn: &mut Conn, id: LectureId, from: Stage, to: Stage) -> Result<bool> {
    let there = revisions::table.find(id).filter(revisions::stage.eq(from));
    Ok(either!(conn, c => diesel::update(there).set(revisions::stage.eq(to)).execute(c))? == 1)
}

pub fn put_revision(conn: &mut Conn, id: LectureId, media: MediaId, now: Timestamp) -> Result<()> {
    drop_revision(conn, id)?;
    let row = (
        revisions::lecture_id.eq(id),
        revisions::media_id.eq(media),
        revisions::stage.eq(Stage::Draft),
        revisions::opened_at.eq(now),
    );
    either!(conn, c => diesel::insert_into(revisions::table).values(row).execute(c))?;
    Ok(())
}

pub fn drop_revision(conn: &mut Conn, id: LectureId) -> Result<()> {
    either!(conn, c => diesel::delete(revisions::table.find(id)).execute(c))?;
    Ok(())
}

pub fn set_media(conn: &mut Conn, id: LectureId, media: MediaId) -> Result<()> {
    either!(conn, c => diesel::update(lectures::table.find(id)).set(lectures::media_id.eq(media)).execute(c))?;
    Ok(())
}

fn duration(conn: &mut Conn, media: MediaId) -> Result<i32> {
    Ok(either!(conn, c => media::table.find(media).select(media::duration_ms).first(c))?)
}

/// The new recording takes the place of the public one.
pub fn replace_media(conn: &mut Conn, id: LectureId, media: MediaId) -> Result<()> {
    let values = (lectures::media_id.eq(media), lectures::duration_ms.eq(duration(conn, media)?));
    either!(conn, c => diesel::update(lectures::table.find(id)).set(values).execute(c))?;
    drop_revision(conn, id)
}

pub fn mark_published(
    conn: &mut Conn,
    id: LectureId,
    alliance: Option<AllianceId>,
    media: MediaId,
    now: Timestamp,
) -> Result<()> {
    let values = (
        lectures::stage.eq(Stage::Published),
        lectures::alliance_id.eq(alliance),
        lectures::duration_ms.eq(duration(conn, media)?),
        lectures::published_at.eq(now),
    );
    either!(conn, c => diesel::update(lectures::table.find(id)).set(values).execute(c))?;
    Ok(())
}

pub fn insert_edition(
    conn: &mut Conn,
    id: LectureId,
    version: i32,
    media: MediaId,
    by: AccountId,
    now: Timestamp,
) -> Result<()> {
    let row = (
        editions::lecture_id.eq(id),
        editions::version.eq(version),
        editions::media_id.eq(media),
        editions::published_by.eq(by),
        editions::published_at.eq(now),
    );
    either!(conn, c => diesel::insert_into(editions::table).values(row).execute(c))?;
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

pub fn insert_withdrawal(
    conn: &mut Conn,
    id: LectureId,
    reason: &str,
    by: AccountId,
    now: Timestamp,
) -> Result<()> {
    let row = (
        withdrawals::lecture_id.eq(id),
        withdrawals::reason.eq(reason),
        withdrawals::withdrawn_by.eq(by),
        withdrawals::withdrawn_at.eq(now),
    );
    either!(conn, c => diesel::insert_into(withdrawals::table).values(row).execute(c))?;
    Ok(())
}

/// What the address of a withdrawn lecture says.
#[derive(Queryable, Debug, Clone)]
pub struct Withdrawal {
    /// Of a lecture that visitors could see.
    pub title: String,
    pub is_public: bool,
    pub reason: String,
    pub withdrawn_at: Timestamp,
}

/// Why the lecture is not there any more; not found if it was never withdrawn, or is back.
pub fn withdrawal(conn: &mut Conn, id: LectureId) -> Result<Withdrawal> {
    let gone = lectures::id.eq(id).and(lectures::stage.ne(Stage::Published));
    Ok(either!(conn, c => withdrawals::table
        .inner_join(lectures::table)
        .filter(gone)
        .order(withdrawals::id.desc())
        .select((
            lectures::title,
            // What is being written anew is nobody's yet.
            lectures::visibility.eq("public").and(lectures::stage.eq(Stage::Withdrawn)),
            withdrawals::reason,
            withdrawals::withdrawn_at,
        ))
        .first(c))?)
}
