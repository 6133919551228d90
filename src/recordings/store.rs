//! Rows of recordings, and of what came of them.
use super::{NewRecording, State};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::ids::{AccountId, LectureId, MediaId, RecordingId, random_hex};
use crate::jobs::{self, Kind};
use crate::lang::Message;
use crate::lectures;
use crate::msg;
use crate::processing::Step;
use crate::schema::{media, recordings, streams, uploads};
use diesel::prelude::*;

#[derive(Queryable, Selectable, Debug, Clone)]
#[diesel(table_name = recordings)]
pub struct Recording {
    pub id: RecordingId,
    pub lecture_id: LectureId,
    pub number: i32,
    pub name: String,
    pub bytes: i64,
    pub has_original: bool,
    pub state: State,
    pub step: String,
    /// In thousandths of all the work.
    pub progress: i32,
    problem: String,
    pub media_id: Option<MediaId>,
    pub sent_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

impl Recording {
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Waiting | State::Working)
    }
    /// Why it failed, in this language.
    pub fn problem(&self, lang: crate::lang::Lang) -> String {
        crate::lang::kept(&self.problem, lang)
    }
    /// What is being done, in this language.
    pub fn step(&self, lang: crate::lang::Lang) -> String {
        Step::of(&self.step).map(|step| step.words().in_lang(lang)).unwrap_or_default()
    }
    /// Whether it can be tried again: it was given up or stopped, and what was sent is still there.
    pub fn may_retry(&self) -> bool {
        matches!(self.state, State::Failed | State::Cancelled) && self.has_original
    }
}

/// What the work on a recording needs to know.
#[derive(Queryable, Selectable, Debug, Clone)]
#[diesel(table_name = recordings)]
pub struct Subject {
    pub id: RecordingId,
    pub lecture_id: LectureId,
    pub folder: String,
    pub upload_id: String,
    pub has_original: bool,
    pub state: State,
    pub sent_by: AccountId,
}

/// What came of the work.
#[derive(Debug, Clone)]
pub struct Made {
    /// Where in the media store its files are.
    pub folder: String,
    pub duration_ms: i32,
    pub width: i32,
    pub height: i32,
    pub has_hls: bool,
    /// The best first, divided by spaces.
    pub heights: String,
    pub has_sound: bool,
    pub posters: i32,
    pub story_every_ms: i32,
    pub story_tiles: i32,
}

pub fn of_upload(conn: &mut Conn, upload: &str) -> Result<Option<RecordingId>> {
    let is_it = recordings::upload_id.eq(upload);
    Ok(either!(conn, c => recordings::table.filter(is_it).select(recordings::id).first(c).optional())?)
}

pub fn insert(conn: &mut Conn, new: &NewRecording<'_>, now: Timestamp) -> Result<RecordingId> {
    let before: Option<i32> = either!(conn, c => recordings::table
        .filter(recordings::lecture_id.eq(new.lecture))
        .select(diesel::dsl::max(recordings::number))
        .get_result(c))?;
    let row = (
        recordings::lecture_id.eq(new.lecture),
        recordings::number.eq(before.unwrap_or_default() + 1),
        recordings::folder.eq(random_hex(16)),
        recordings::upload_id.eq(new.upload),
        recordings::has_original.eq(true),
        recordings::name.eq(new.name),
        recordings::bytes.eq(new.bytes),
        recordings::state.eq(State::Waiting),
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

pub fn find(conn: &mut Conn, id: RecordingId) -> Result<Recording> {
    Ok(either!(conn, c => recordings::table.find(id).select(Recording::as_select()).first(c))?)
}

pub fn subject(conn: &mut Conn, id: RecordingId) -> Result<Subject> {
    Ok(either!(conn, c => recordings::table.find(id).select(Subject::as_select()).first(c))?)
}

/// The recordings of a lecture, the newest first; the last thirty.
pub fn of_lecture(conn: &mut Conn, lecture: LectureId) -> Result<Vec<Recording>> {
    Ok(either!(conn, c => recordings::table
        .filter(recordings::lecture_id.eq(lecture))
        .order(recordings::number.desc())
        .limit(30)
        .select(Recording::as_select())
        .load(c))?)
}

/// Says how far the work is.
pub fn progress(conn: &mut Conn, id: RecordingId, step: &str, per_mille: u16) -> Result<()> {
    let open = recordings::table.find(id).filter(recordings::state.eq_any([State::Waiting, State::Working]));
    let values = (
        recordings::state.eq(State::Working),
        recordings::step.eq(step),
        recordings::progress.eq(i32::from(per_mille)),
    );
    either!(conn, c => diesel::update(open).set(values).execute(c))?;
    Ok(())
}

/// Ends the work without a result. `false`: it has ended already.
pub fn end(
    conn: &mut Conn,
    id: RecordingId,
    state: State,
    problem: Option<&Message>,
    now: Timestamp,
) -> Result<bool> {
    let open = recordings::table.find(id).filter(recordings::state.eq_any([State::Waiting, State::Working]));
    let values = (
        recordings::state.eq(state),
        recordings::problem.eq(problem.map(Message::to_kept).unwrap_or_default()),
        recordings::ended_at.eq(now),
    );
    Ok(either!(conn, c => diesel::update(open).set(values).execute(c))? == 1)
}

/// The work is done: the recording is the lecture's next one.
pub fn ready(conn: &mut Conn, subject: &Subject, made: &Made, now: Timestamp) -> Result<()> {
    let row = (
        media::video_file.eq(format!("{}/video.mp4", made.folder)),
        media::audio_file.eq(format!("{}/audio.m4a", made.folder)),
        media::duration_ms.eq(made.duration_ms),
        media::width.eq(made.width),
        media::height.eq(made.height),
    );
    let id: MediaId = either!(conn, c => diesel::insert_into(media::table)
        .values(row)
        .returning(media::id)
        .get_result(c))?;
    let row = (
        streams::media_id.eq(id),
        streams::folder.eq(&made.folder),
        streams::has_hls.eq(made.has_hls),
        streams::heights.eq(&made.heights),
        streams::has_sound.eq(made.has_sound),
        streams::posters.eq(made.posters),
        streams::poster.eq(made.posters.min(1)),
        streams::story_every_ms.eq(made.story_every_ms),
        streams::story_tiles.eq(made.story_tiles),
    );
    either!(conn, c => diesel::insert_into(streams::table).values(row).execute(c))?;
    let open =
        recordings::table.find(subject.id).filter(recordings::state.eq_any([State::Waiting, State::Working]));
    let values = (
        recordings::state.eq(State::Ready),
        recordings::progress.eq(1_000),
        recordings::media_id.eq(id),
        recordings::ended_at.eq(now),
    );
    if either!(conn, c => diesel::update(open).set(values).execute(c))? != 1 {
        return Err(Error::Refused(msg!("这个录像已经处理完，没有可以取消的。")));
    }
    lectures::attach(conn, subject.lecture_id, id, now)
}

/// Takes up what was given up or stopped.
///
/// # Errors
/// Refused if what was sent is no longer there, or the work goes on.
pub fn retry(conn: &mut Conn, id: RecordingId, now: Timestamp) -> Result<()> {
    let gone = || Error::Refused(msg!("上传的文件已经不在了，请重新上传。"));
    let found = subject(conn, id)?;
    super::accepts(conn, found.lecture_id)?;
    let ended = recordings::table.find(id).filter(
        recordings::state.eq_any([State::Failed, State::Cancelled]).and(recordings::has_original.eq(true)),
    );
    let values = (
        recordings::state.eq(State::Waiting),
        recordings::progress.eq(0),
        recordings::problem.eq(""),
        recordings::ended_at.eq(None::<Timestamp>),
    );
    if either!(conn, c => diesel::update(ended).set(values).execute(c))? != 1 {
        return Err(gone());
    }
    let upload: (String, String) = either!(conn, c => uploads::table
        .find(&found.upload_id)
        .select((uploads::state, uploads::place))
        .first(c))?;
    match upload.0.as_str() {
        "gone" => jobs::enqueue(conn, Kind::Process, id.0, None, now),
        _ => jobs::enqueue(conn, Kind::Keep, id.0, Some(&upload.1), now),
    }
}

/// Another of the pictures that were made stands for the recording.
///
/// # Errors
/// Not found if there is no such picture.
pub fn choose_poster(conn: &mut Conn, id: MediaId, number: i32) -> Result<()> {
    if number < 1 {
        return Err(Error::NotFound);
    }
    let has_it = streams::table.find(id).filter(streams::posters.ge(number));
    match either!(conn, c => diesel::update(has_it).set(streams::poster.eq(number)).execute(c))? {
        1 => Ok(()),
        _ => Err(Error::NotFound),
    }
}

/// Recordings whose original has been kept long enough after the work on it ended; a hundred at a time.
pub fn old_originals(conn: &mut Conn, before: Timestamp) -> Result<Vec<(RecordingId, String)>> {
    let is_old = recordings::has_original.eq(true).and(recordings::ended_at.lt(before).assume_not_null());
    Ok(either!(conn, c => recordings::table
        .filter(is_old)
        .order(recordings::id)
        .limit(100)
        .select((recordings::id, recordings::folder))
        .load(c))?)
}

pub fn forget_original(conn: &mut Conn, id: RecordingId) -> Result<()> {
    let it = recordings::table.find(id);
    either!(conn, c => diesel::update(it).set(recordings::has_original.eq(false)).execute(c))?;
    Ok(())
}

/// Whether a recording is shown from this folder of the media store.
pub fn is_shown(conn: &mut Conn, folder: &str) -> Result<bool> {
    let row = streams::table.filter(streams::folder.eq(folder));
    Ok(either!(conn, c => diesel::select(diesel::dsl::exists(row)).get_result(c))?)
}
