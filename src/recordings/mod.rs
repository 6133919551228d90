//! Recordings that were sent for a lecture: from the upload to what is played. Each has a number in its lecture; what was
//! sent stands in the media store, jobs bring it there and make of it what is played, and what fails is explained.
mod store;

use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{AccountId, LectureId, RecordingId};
use crate::jobs::{self, Kind};
use crate::lang::Message;
use crate::lectures::{self, Stage};
use crate::{msg, text_enum};
pub use store::{
    Made, Recording, Subject, choose_poster, end, find, forget_original, is_shown, of_lecture, old_originals,
    progress, ready, retry, subject,
};

text_enum! {
    /// Where a recording stands.
    pub enum State {
        Waiting = "waiting",
        Working = "working",
        Ready = "ready",
        Failed = "failed",
        Cancelled = "cancelled",
    }
}

/// An upload that is complete and belongs to a lecture.
#[derive(Debug)]
pub struct NewRecording<'a> {
    pub lecture: LectureId,
    /// The unguessable part of its address.
    pub upload: &'a str,
    /// The name of the file, for people.
    pub name: &'a str,
    pub bytes: i64,
    pub sent_by: AccountId,
    /// The folder of uploads in which its bytes are.
    pub place: &'a str,
}

/// Takes an upload as the next recording of its lecture, and asks for the work on it. Taking it twice is taking it once.
///
/// # Errors
/// Refused while the lecture is under review or withdrawn.
pub fn begin(conn: &mut Conn, new: &NewRecording<'_>, now: Timestamp) -> Result<RecordingId> {
    if let Some(id) = store::of_upload(conn, new.upload)? {
        return Ok(id);
    }
    accepts(conn, new.lecture)?;
    let id = store::insert(conn, new, now)?;
    jobs::enqueue(conn, Kind::Keep, id.0, Some(new.place), now)?;
    Ok(id)
}

/// Whether the lecture may get another recording now.
///
/// # Errors
/// Refused with the reason.
pub fn accepts(conn: &mut Conn, lecture: LectureId) -> Result<()> {
    let state = lectures::standing(conn, lecture)?;
    match state.stage {
        _ if state.is_in_review() => Err(Error::Refused(msg!("正在审课，不能换录像。请先撤回送审。"))),
        Stage::Withdrawn => Err(Error::Refused(msg!("这堂课已下架。请先重新编辑，再上传录像。"))),
        _ => Ok(()),
    }
}

/// Stops the work on a recording; what was sent is kept for a while and can be taken up again.
///
/// # Errors
/// Refused if there is nothing to stop.
pub fn cancel(conn: &mut Conn, id: RecordingId, now: Timestamp) -> Result<()> {
    jobs::cancel(conn, Kind::Keep, id.0, now)?;
    jobs::cancel(conn, Kind::Process, id.0, now)?;
    if !store::end(conn, id, State::Cancelled, None, now)? {
        return Err(Error::Refused(msg!("这个录像已经处理完，没有可以取消的。")));
    }
    Ok(())
}

/// The problem of a recording that failed for no fault of its file.
pub fn gave_up() -> Message {
    msg!("试了几次都没有处理成。文件还在，可以再试一次；还不行的话，请告诉系统管理员。")
}
