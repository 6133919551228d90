//! The way of a lecture: draft, review by two others, published, withdrawn; and the new recording of a published lecture,
//! which goes the same way beside it. domain.md §4.2, INV-L1.
use super::store;
use super::{Refusal, Remark, Stage, Standing, Verdict};
use crate::audit::{Action, Doer};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::Result;
use crate::ids::{AccountId, LectureId, MediaId};
use crate::schools;

/// What a reviewer says.
#[derive(Debug, Clone)]
pub struct Judgement {
    pub reviewer: AccountId,
    /// The version that was on the reviewer's page.
    pub seen: i32,
    pub verdict: Verdict,
    pub remarks: Vec<Remark>,
}

/// What is still missing before a lecture can be handed in for review; nothing, if it can.
///
/// # Errors
/// Those of the database.
pub fn publishable(
    conn: &mut Conn,
    id: LectureId,
    standing: &Standing,
    now: Timestamp,
) -> Result<Vec<Refusal>> {
    let mut missing = vec![];
    match standing.next_media() {
        None => missing.push(Refusal::NeedsRecording),
        Some(media) if store::cues(conn, media)?.is_empty() => missing.push(Refusal::NeedsCaptions),
        Some(_) => {}
    }
    if !standing.rights_ok {
        missing.push(Refusal::NeedsRights);
    }
    if store::is_worked_on(conn, id, now)? {
        missing.push(Refusal::StillWorking);
    }
    Ok(missing)
}

/// Hands a draft, or the new recording of a published lecture, in for review.
///
/// # Errors
/// Refused with what is missing.
pub fn submit(conn: &mut Conn, id: LectureId, doer: &Doer, now: Timestamp) -> Result<()> {
    let standing = store::standing(conn, id)?;
    if let Some(missing) = publishable(conn, id, &standing, now)?.first() {
        return Err((*missing).into());
    }
    let is_moved = match (standing.stage, &standing.revision) {
        (Stage::Draft, _) => store::advance(conn, id, Stage::Draft, Stage::InReview, 0)?,
        (Stage::Published, Some(revision)) if revision.stage == Stage::Draft => {
            store::advance_revision(conn, id, Stage::Draft, Stage::InReview)?
                && store::advance(conn, id, Stage::Published, Stage::Published, 1)?
        }
        _ => false,
    };
    if !is_moved {
        return Err(Refusal::NotDraft.into());
    }
    doer.did(conn, Action::LectureSubmitted, ("lecture", id.0), now)
}

/// Takes it back from review: it is reviewed anew the next time.
///
/// # Errors
/// Refused outside review.
pub fn unsubmit(conn: &mut Conn, id: LectureId, doer: &Doer, now: Timestamp) -> Result<()> {
    let standing = store::standing(conn, id)?;
    if !standing.is_in_review() {
        return Err(Refusal::NotInReview.into());
    }
    send_back(conn, id, &standing)?;
    doer.did(conn, Action::LectureTakenBack, ("lecture", id.0), now)
}

fn send_back(conn: &mut Conn, id: LectureId, standing: &Standing) -> Result<()> {
    let is_moved = match standing.stage {
        Stage::Published => store::advance_revision(conn, id, Stage::InReview, Stage::Draft)?,
        _ => store::advance(conn, id, Stage::InReview, Stage::Draft, 1)?,
    };
    if is_moved { Ok(()) } else { Err(Refusal::NotInReview.into()) }
}

/// A reviewer's verdict on the version that they have seen, which must be the present one. `Returned` sends the lecture back to its author with what to change; the
/// second person who passes it publishes it (INV-L1).
///
/// # Errors
/// Refused for the uploader and whoever gives the lecture, for a second verdict by the same person, for a return without a
/// word, and outside review.
pub fn review(
    conn: &mut Conn,
    id: LectureId,
    judgement: &Judgement,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    let Judgement { reviewer, seen, verdict, ref remarks } = *judgement;
    let standing = store::standing_locked(conn, id)?;
    if !standing.is_in_review() {
        return Err(Refusal::NotInReview.into());
    }
    if standing.version != seen {
        return Err(Refusal::ChangedMeanwhile.into());
    }
    if standing.uploaded_by == reviewer || store::gives(conn, id, reviewer)? {
        return Err(Refusal::OwnUpload.into());
    }
    if verdict == Verdict::Returned && remarks.is_empty() {
        return Err(Refusal::NeedsRemark.into());
    }
    let review = store::insert_review(conn, id, standing.version, reviewer, verdict, now)?;
    store::insert_remarks(conn, review, remarks)?;
    doer.did(conn, Action::LectureReviewed, ("lecture", id.0), now)?;
    match verdict {
        Verdict::Returned => send_back(conn, id, &standing),
        Verdict::Passed if store::passed_reviews(conn, id, standing.version)? >= 2 => {
            publish(conn, id, &standing, reviewer, doer, now)
        }
        Verdict::Passed => Ok(()),
    }
}

/// Makes the lecture visible, and counts it for its school and instructors; or puts its new recording in the old one's
/// place: address, ratings and history stay.
fn publish(
    conn: &mut Conn,
    id: LectureId,
    standing: &Standing,
    by: AccountId,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    let media = standing.next_media().ok_or(Refusal::NeedsRecording)?;
    if !standing.rights_ok {
        return Err(Refusal::NeedsRights.into());
    }
    if standing.stage == Stage::Published {
        store::replace_media(conn, id, media)?;
    } else {
        let alliance = match standing.school_id {
            Some(school) => {
                schools::count_lecture(conn, school, 1)?;
                schools::primary_alliance(conn, school)?
            }
            None => None,
        };
        store::mark_published(conn, id, alliance, media, now)?;
        store::count_for_instructors(conn, id, 1)?;
    }
    store::insert_edition(conn, id, standing.version, media, by, now)?;
    doer.did(conn, Action::LecturePublished, ("lecture", id.0), now)
}

/// Takes a published lecture off the public pages; its address says so, and why.
///
/// # Errors
/// Refused if it is not published.
pub fn withdraw(
    conn: &mut Conn,
    id: LectureId,
    reason: &str,
    by: AccountId,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    let standing = store::standing_locked(conn, id)?;
    if !store::advance(conn, id, Stage::Published, Stage::Withdrawn, 0)? {
        return Err(Refusal::NotPublished.into());
    }
    if let Some(school) = standing.school_id {
        schools::count_lecture(conn, school, -1)?;
    }
    store::count_for_instructors(conn, id, -1)?;
    store::drop_revision(conn, id)?;
    store::insert_withdrawal(conn, id, reason, by, now)?;
    doer.did(conn, Action::LectureWithdrawn, ("lecture", id.0), now)
}

/// Makes a withdrawn lecture a draft again, to be reviewed anew under the same address.
///
/// # Errors
/// Refused if it is not withdrawn.
pub fn reopen(conn: &mut Conn, id: LectureId, doer: &Doer, now: Timestamp) -> Result<()> {
    if !store::advance(conn, id, Stage::Withdrawn, Stage::Draft, 1)? {
        return Err(Refusal::NotDraft.into());
    }
    doer.did(conn, Action::LectureReopened, ("lecture", id.0), now)
}

/// A recording is ready: it is the draft's, or the next one of a published lecture.
///
/// # Errors
/// Refused while the lecture is under review.
pub fn attach(conn: &mut Conn, id: LectureId, media: MediaId, now: Timestamp) -> Result<()> {
    let standing = store::standing_locked(conn, id)?;
    match standing.stage {
        _ if standing.is_in_review() => Err(Refusal::NotDraft.into()),
        Stage::Published => store::put_revision(conn, id, media, now),
        _ => store::set_media(conn, id, media),
    }
}
