//! One lecture with its recording.
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::ids::{AllianceId, LectureId, MediaId, SchoolId, TopicId};
use crate::lectures::{Stage, Visibility};
use crate::schema::{alliances, cues, handouts, lectures, media, media_chapters, schools, topics};
use diesel::prelude::*;

/// A published lecture as its page shows it.
#[derive(Debug, Clone)]
pub struct Lecture {
    pub id: LectureId,
    pub title: String,
    pub summary: String,
    pub cover: String,
    pub topic_id: TopicId,
    pub topic_slug: String,
    pub topic: String,
    pub topic_en: String,
    pub school: Option<(SchoolId, String)>,
    pub alliance: Option<(AllianceId, String)>,
    pub published_at: Option<Timestamp>,
    pub media_id: MediaId,
    pub video_file: String,
    pub audio_file: String,
    pub duration_ms: i32,
    pub width: i32,
    pub height: i32,
}

#[derive(Queryable, Debug, Clone)]
pub struct Cue {
    pub start_ms: i32,
    pub end_ms: i32,
    pub text: String,
}

#[derive(Queryable, Debug, Clone)]
pub struct Chapter {
    pub start_ms: i32,
    pub title: String,
}

#[derive(Queryable, Debug, Clone)]
pub struct Handout {
    pub position: i32,
    pub title: String,
    pub file: String,
    pub bytes: i32,
}

/// The lecture, if this viewer may see it.
///
/// # Errors
/// Not found for drafts and what was withdrawn; [`Error::SignIn`] for a visitor before a lecture for members.
pub fn find(conn: &mut Conn, id: LectureId, is_signed_in: bool) -> Result<Lecture> {
    type One = (Visibility, String, String, String, Option<Timestamp>);
    type Topic = (TopicId, String, String, String);
    type Media = (MediaId, String, String, i32, i32, i32);
    let is_it = lectures::id.eq(id).and(lectures::stage.eq(Stage::Published));
    type Row = (One, Topic, Media, Option<(SchoolId, String)>, Option<(AllianceId, String)>);
    let (one, topic, media, school, alliance): Row = either!(conn, c => lectures::table
            .inner_join(topics::table)
            .inner_join(media::table)
            .left_join(schools::table)
            .left_join(alliances::table)
            .filter(is_it)
            .select((
                (lectures::visibility, lectures::title, lectures::summary, lectures::cover, lectures::published_at),
                (topics::id, topics::slug, topics::name, topics::name_en),
                (media::id, media::video_file, media::audio_file, media::duration_ms, media::width, media::height),
                (schools::id, schools::name).nullable(),
                (alliances::id, alliances::name).nullable(),
            ))
            .first(c))?;
    if one.0 == Visibility::Members && !is_signed_in {
        return Err(Error::SignIn);
    }
    Ok(Lecture {
        id,
        title: one.1,
        summary: one.2,
        cover: one.3,
        published_at: one.4,
        topic_id: topic.0,
        topic_slug: topic.1,
        topic: topic.2,
        topic_en: topic.3,
        media_id: media.0,
        video_file: media.1,
        audio_file: media.2,
        duration_ms: media.3,
        width: media.4,
        height: media.5,
        school,
        alliance,
    })
}

/// The recording that members watch now, and its length in milliseconds.
///
/// # Errors
/// Not found for what is not published.
pub fn watchable(conn: &mut Conn, id: LectureId) -> Result<(MediaId, i32)> {
    let is_it = lectures::id.eq(id).and(lectures::stage.eq(Stage::Published));
    Ok(either!(conn, c => lectures::table
        .inner_join(media::table)
        .filter(is_it)
        .select((media::id, media::duration_ms))
        .first(c))?)
}

pub fn cues(conn: &mut Conn, media: MediaId) -> Result<Vec<Cue>> {
    Ok(either!(conn, c => cues::table
        .filter(cues::media_id.eq(media))
        .order(cues::position)
        .select((cues::start_ms, cues::end_ms, cues::text))
        .load(c))?)
}

pub fn chapters(conn: &mut Conn, media: MediaId) -> Result<Vec<Chapter>> {
    Ok(either!(conn, c => media_chapters::table
        .filter(media_chapters::media_id.eq(media))
        .order(media_chapters::position)
        .select((media_chapters::start_ms, media_chapters::title))
        .load(c))?)
}

pub fn handouts(conn: &mut Conn, lecture: LectureId) -> Result<Vec<Handout>> {
    Ok(either!(conn, c => handouts::table
        .filter(handouts::lecture_id.eq(lecture))
        .order(handouts::position)
        .select((handouts::position, handouts::title, handouts::file, handouts::bytes))
        .load(c))?)
}

pub fn handout(conn: &mut Conn, lecture: LectureId, position: i32) -> Result<Handout> {
    let is_it = handouts::lecture_id.eq(lecture).and(handouts::position.eq(position));
    Ok(either!(conn, c => handouts::table
        .filter(is_it)
        .select((handouts::position, handouts::title, handouts::file, handouts::bytes))
        .first(c))?)
}
