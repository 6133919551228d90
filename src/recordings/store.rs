//! Stands in for the real module until both meet.
use super::NewRecording;
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::ids::RecordingId;
use crate::msg;
use crate::schema::{lectures, recordings};
use diesel::prelude::*;

pub(super) fn begin(conn: &mut Conn, new: &NewRecording<'_>, now: Timestamp) -> Result<RecordingId> {
    let stage: String =
        either!(conn, c => lectures::table.find(new.lecture.0).select(lectures::stage).first(c))?;
    if stage == "in_review" {
        return Err(Error::Refused(msg!("请填写")));
    }
    let number: i64 = either!(conn, c => recordings::table
        .filter(recordings::lecture_id.eq(new.lecture.0))
        .count()
        .get_result(c))?;
    let row = (
        recordings::lecture_id.eq(new.lecture.0),
        recordings::number.eq(number as i32 + 1),
        recordings::folder.eq(new.upload),
        recordings::name.eq(new.name),
        recordings::bytes.eq(new.bytes),
        recordings::state.eq("waiting"),
        recordings::step.eq(""),
        recordings::progress.eq(0),
        recordings::problem.eq(""),
        recordings::sent_by.eq(new.sent_by),
        recordings::sent_at.eq(now),
    );
    Ok(either!(conn, c => diesel::insert_into(recordings::table)
        .values(row)
        .returning(recordings::id)
        .get_result(c))?)
}
