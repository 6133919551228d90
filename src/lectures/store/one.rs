//! One lecture with its recording.
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::ids::{AllianceId, LectureId, MediaId, PersonId, SchoolId, TopicId};
use crate::lectures::{Stage, Visibility};
use crate::schema::{
    alliances, completion_reversals, completions, cues, handouts, lectures, media, media_chapters, persons,
    schools, streams, topics, watches,
};
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
    pub stream: Option<Stream>,
}

/// What a recording is streamed and shown from: files in its folder of the media store.
#[derive(Queryable, Selectable, Debug, Clone)]
#[diesel(table_name = streams)]
pub struct Stream {
    pub folder: String,
    pub has_hls: bool,
    heights: String,
    pub has_sound: bool,
    /// How many pictures there are to choose from, and the number of the chosen one; 0: none.
    pub posters: i32,
    pub poster: i32,
    /// 0 without a storyboard.
    pub story_every_ms: i32,
    pub story_tiles: i32,
}

impl Stream {
    /// The heights of its pictures, the best first.
    pub fn heights(&self) -> impl Iterator<Item = &str> {
        self.heights.split_whitespace()
    }
    /// The file of a picture by its number from 1.
    pub fn poster_file(number: &i32) -> String {
        if *number > 1 { format!("poster-{number}.jpg") } else { "poster.jpg".to_owned() }
    }
}

/// Where a person stands with a recording, as the server measured.
#[derive(Debug, Clone)]
pub struct Watched {
    pub seen: Vec<u8>,
    pub seconds: i32,
    pub length_s: i32,
    pub last_ms: i32,
    pub is_complete: bool,
}

/// `None` for whoever has never played it. Who has completed the lecture in a group has completed it here too.
pub fn watched(
    conn: &mut Conn,
    person: PersonId,
    lecture: LectureId,
    media: MediaId,
) -> Result<Option<Watched>> {
    type Row = (Vec<u8>, i32, i32, i32, Option<Timestamp>);
    let is_it = watches::person_id
        .eq(persons::id)
        .and(watches::lecture_id.eq(lecture))
        .and(watches::media_id.eq(media));
    let holds = completions::person_id
        .eq(person)
        .and(completions::lecture_id.eq(lecture))
        .and(completion_reversals::completion_id.is_null());
    let proofs = completions::table.left_join(completion_reversals::table).filter(holds);
    let columns =
        (watches::seen, watches::seconds, watches::length_s, watches::last_ms, watches::completed_at);
    let (alone, is_proven): (Option<Row>, bool) = either!(conn, c => persons::table
        .left_join(watches::table.on(is_it))
        .filter(persons::id.eq(person))
        .select((columns.nullable(), diesel::dsl::exists(proofs)))
        .first(c))?;
    let nothing = is_proven.then(|| (vec![], 0, 0, 0, None));
    Ok(alone.or(nothing).map(|(seen, seconds, length_s, last_ms, at)| Watched {
        seen,
        seconds,
        length_s,
        last_ms,
        is_complete: is_proven || at.is_some(),
    }))
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
    type Row = (One, Topic, Media, Option<Stream>, Option<(SchoolId, String)>, Option<(AllianceId, String)>);
    let (one, topic, media, stream, school, alliance): Row = either!(conn, c => lectures::table
            .inner_join(topics::table)
            .inner_join(media::table.left_join(streams::table))
            .left_join(schools::table)
            .left_join(alliances::table)
            .filter(is_it)
            .select((
                (lectures::visibility, lectures::title, lectures::summary, lectures::cover, lectures::published_at),
                (topics::id, topics::slug, topics::name, topics::name_en),
                (media::id, media::video_file, media::audio_file, media::duration_ms, media::width, media::height),
                Option::<Stream>::as_select(),
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
        stream,
        school,
        alliance,
    })
}

/// What a feed says of a lecture beside its card.
#[derive(Queryable, Debug, Clone)]
pub struct News {
    pub id: LectureId,
    pub summary: String,
    pub published_at: Option<Timestamp>,
    /// `None` for a recording of the old kind, which has sound.
    pub has_sound: Option<bool>,
}

/// The newest public lectures.
pub fn news(conn: &mut Conn, count: i64) -> Result<Vec<News>> {
    let is_public = lectures::stage.eq(Stage::Published).and(lectures::visibility.eq(Visibility::Public));
    Ok(either!(conn, c => lectures::table
        .inner_join(media::table.left_join(streams::table))
        .filter(is_public)
        .order((lectures::published_at.desc(), lectures::id.desc()))
        .limit(count)
        .select((lectures::id, lectures::summary, lectures::published_at, streams::has_sound.nullable()))
        .load(c))?)
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
