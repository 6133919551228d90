//! Stands in for the real module until both meet.
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::Result;
use crate::ids::{AccountId, LectureId, RecordingId};
mod store;

pub struct NewRecording<'a> {
    pub lecture: LectureId,
    pub upload: &'a str,
    pub name: &'a str,
    pub bytes: i64,
    pub sent_by: AccountId,
    pub place: &'a str,
}

pub fn begin(conn: &mut Conn, new: &NewRecording<'_>, now: Timestamp) -> Result<RecordingId> {
    store::begin(conn, new, now)
}
