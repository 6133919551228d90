//! Lectures as those see them who make and review them.
use super::one::Stream;
use crate::access::Viewer;
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::ids::{AccountId, InstructorId, LectureId, MediaId, PersonId, SchoolId, TopicId};
use crate::lectures::{Refusal, Remark, Source, Stage, Verdict, Visibility};
use crate::schema::{
    accounts, caption_saves, completion_reversals, completions, cues, instructors, lecture_instructors,
    lecture_reviews, lectures, media, media_chapters, persons, review_remarks, revisions, streams, topics,
};
use diesel::prelude::*;

/// What a lecture is about, as its author types it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub title: String,
    pub summary: String,
    pub topic: TopicId,
    pub school: Option<SchoolId>,
    pub visibility: Visibility,
    pub source: Source,
    /// Rights in pictures, texts and sounds, and the consent of those who are seen.
    pub rights_ok: bool,
}

/// The author's own lecture.
#[derive(Debug, Clone)]
pub struct Own {
    pub id: LectureId,
    pub draft: Draft,
    pub stage: Stage,
    pub created_at: Timestamp,
    pub published_at: Option<Timestamp>,
}

/// A line in the author's list, or in the reviewers'.
#[derive(Queryable, Debug, Clone)]
pub struct DeskRow {
    pub id: LectureId,
    pub title: String,
    pub stage: Stage,
    pub created_at: Timestamp,
    pub published_at: Option<Timestamp>,
    /// Of the new recording beside a published lecture.
    pub revision: Option<Stage>,
    pub version: i32,
}

/// A recording as it is played at a desk.
#[derive(Queryable, Debug, Clone)]
pub struct Played {
    pub id: MediaId,
    pub duration_ms: i32,
    pub width: i32,
    pub height: i32,
    pub video_file: String,
    pub stream: Option<Stream>,
}

/// The instructor that this person is.
pub fn instructor_of(conn: &mut Conn, person: PersonId) -> Result<Option<(InstructorId, String, String)>> {
    let it = instructors::table.filter(instructors::person_id.eq(person));
    Ok(
        either!(conn, c => it.select((instructors::id, instructors::name, instructors::unit)).first(c).optional())?,
    )
}

/// The lectures of an instructor, the newest first.
pub fn desk(conn: &mut Conn, instructor: InstructorId, skip: i64, count: i64) -> Result<Vec<DeskRow>> {
    Ok(either!(conn, c => lecture_instructors::table
        .inner_join(lectures::table)
        .left_join(revisions::table.on(revisions::lecture_id.eq(lectures::id)))
        .filter(lecture_instructors::instructor_id.eq(instructor))
        .order(lectures::id.desc())
        .offset(skip)
        .limit(count)
        .select((
            lectures::id,
            lectures::title,
            lectures::stage,
            lectures::created_at,
            lectures::published_at,
            revisions::stage.nullable(),
            lectures::version,
        ))
        .load(c))?)
}

/// The lecture, if this viewer uploaded or gives it; not found otherwise.
pub fn own(conn: &mut Conn, viewer: &Viewer, id: LectureId) -> Result<Own> {
    let mine = lecture_instructors::table
        .inner_join(instructors::table)
        .filter(instructors::person_id.eq(viewer.person))
        .select(lecture_instructors::lecture_id);
    let is_it =
        lectures::id.eq(id).and(lectures::uploaded_by.eq(viewer.account).or(lectures::id.eq_any(mine)));
    type Row = (
        (String, String, TopicId, Option<SchoolId>, Visibility, Source, bool),
        (Stage, Timestamp, Option<Timestamp>),
    );
    let ((title, summary, topic, school, visibility, source, rights_ok), (stage, created_at, published_at)): Row =
        either!(conn, c => lectures::table
            .filter(is_it)
            .select((
                (
                    lectures::title,
                    lectures::summary,
                    lectures::topic_id,
                    lectures::school_id,
                    lectures::visibility,
                    lectures::source,
                    lectures::rights_ok,
                ),
                (lectures::stage, lectures::created_at, lectures::published_at),
            ))
            .first(c))?;
    let draft = Draft { title, summary, topic, school, visibility, source, rights_ok };
    Ok(Own { id, draft, stage, created_at, published_at })
}

/// Makes the person of `viewer` an instructor who has agreed to be named.
pub fn take_over(conn: &mut Conn, viewer: &Viewer, unit: &str, now: Timestamp) -> Result<InstructorId> {
    let name: String = either!(conn, c => persons::table.find(viewer.person).select(persons::name).first(c))?;
    let row = (
        instructors::person_id.eq(viewer.person),
        instructors::name.eq(name),
        instructors::unit.eq(unit),
        instructors::intro.eq(""),
        instructors::agreed_at.eq(now),
    );
    Ok(either!(conn, c => diesel::insert_into(instructors::table)
        .values(row)
        .returning(instructors::id)
        .get_result(c))?)
}

/// A new draft, given by this instructor.
pub fn create(
    conn: &mut Conn,
    draft: &Draft,
    instructor: InstructorId,
    by: AccountId,
    now: Timestamp,
) -> Result<LectureId> {
    let row = (
        lectures::title.eq(&draft.title),
        lectures::summary.eq(&draft.summary),
        lectures::topic_id.eq(draft.topic),
        lectures::school_id.eq(draft.school),
        lectures::cover.eq(cover(conn, draft.topic)?),
        lectures::source.eq(draft.source),
        lectures::visibility.eq(draft.visibility),
        lectures::stage.eq(Stage::Draft),
        lectures::rights_ok.eq(draft.rights_ok),
        lectures::uploaded_by.eq(by),
        lectures::created_at.eq(now),
    );
    let id: LectureId = either!(conn, c => diesel::insert_into(lectures::table)
        .values(row)
        .returning(lectures::id)
        .get_result(c))?;
    let given = (
        lecture_instructors::lecture_id.eq(id),
        lecture_instructors::instructor_id.eq(instructor),
        lecture_instructors::position.eq(1),
    );
    either!(conn, c => diesel::insert_into(lecture_instructors::table).values(given).execute(c))?;
    Ok(id)
}

/// The drawn picture that the newest lecture of this topic has; any other topic's for a first one.
fn cover(conn: &mut Conn, topic: TopicId) -> Result<String> {
    let newest = lectures::table.filter(lectures::topic_id.eq(topic)).order(lectures::id.desc());
    let found: Option<String> = either!(conn, c => newest.select(lectures::cover).first(c).optional())?;
    Ok(found.unwrap_or_else(|| "contour".to_owned()))
}

/// Changes what a draft is about.
///
/// # Errors
/// Refused for anything but a draft.
pub fn update(conn: &mut Conn, id: LectureId, draft: &Draft) -> Result<()> {
    let it = lectures::table.find(id).filter(lectures::stage.eq(Stage::Draft));
    let values = (
        lectures::title.eq(&draft.title),
        lectures::summary.eq(&draft.summary),
        lectures::topic_id.eq(draft.topic),
        lectures::school_id.eq(draft.school),
        lectures::source.eq(draft.source),
        lectures::visibility.eq(draft.visibility),
        lectures::rights_ok.eq(draft.rights_ok),
    );
    match either!(conn, c => diesel::update(it).set(values).execute(c))? {
        1 => Ok(()),
        _ => Err(Refusal::NotDraft.into()),
    }
}

/// A recording, wherever its lecture stands.
pub fn media_of(conn: &mut Conn, id: MediaId) -> Result<Played> {
    Ok(either!(conn, c => media::table
        .left_join(streams::table)
        .filter(media::id.eq(id))
        .select((
            media::id,
            media::duration_ms,
            media::width,
            media::height,
            media::video_file,
            Option::<Stream>::as_select(),
        ))
        .first(c))?)
}

/// A lecture that waits for a verdict.
#[derive(Queryable, Debug, Clone)]
pub struct Waiting {
    pub id: LectureId,
    pub title: String,
    pub topic: String,
    pub topic_en: String,
    pub version: i32,
    /// Published already: a new recording waits.
    pub is_revision: bool,
    pub uploaded_by: AccountId,
}

/// What waits for a verdict, the oldest first.
pub fn awaiting(conn: &mut Conn, skip: i64, count: i64) -> Result<Vec<Waiting>> {
    // Each by its index; what waits is never much.
    let new = lectures::table.filter(lectures::stage.eq(Stage::InReview)).select(lectures::id).limit(1_000);
    let revised = revisions::table.filter(revisions::stage.eq(Stage::InReview)).select(revisions::lecture_id);
    let mut ids: Vec<LectureId> = either!(conn, c => new.load(c))?;
    ids.extend(either!(conn, c => revised.limit(1_000).load::<LectureId>(c))?);
    Ok(either!(conn, c => lectures::table
        .inner_join(topics::table)
        .filter(lectures::id.eq_any(ids))
        .order(lectures::id)
        .offset(skip)
        .limit(count)
        .select((
            lectures::id,
            lectures::title,
            topics::name,
            topics::name_en,
            lectures::version,
            lectures::stage.eq(Stage::Published),
            lectures::uploaded_by,
        ))
        .load(c))?)
}

/// A verdict with its remarks.
#[derive(Debug, Clone)]
pub struct Judged {
    pub version: i32,
    pub reviewer: AccountId,
    pub name: String,
    pub verdict: Verdict,
    pub at: Timestamp,
    pub remarks: Vec<Remark>,
}

/// The verdicts on a lecture, the newest first; the last twenty.
pub fn remarks(conn: &mut Conn, id: LectureId) -> Result<Vec<Judged>> {
    type Row = (crate::ids::ReviewId, i32, AccountId, String, Verdict, Timestamp);
    let rows: Vec<Row> = either!(conn, c => lecture_reviews::table
        .inner_join(accounts::table.inner_join(persons::table))
        .filter(lecture_reviews::lecture_id.eq(id))
        .order(lecture_reviews::id.desc())
        .limit(20)
        .select((
            lecture_reviews::id,
            lecture_reviews::version,
            lecture_reviews::reviewer_id,
            persons::name,
            lecture_reviews::verdict,
            lecture_reviews::reviewed_at,
        ))
        .load(c))?;
    let ids: Vec<_> = rows.iter().map(|row| row.0).collect();
    let said: Vec<(crate::ids::ReviewId, Option<i32>, String)> = either!(conn, c => review_remarks::table
        .filter(review_remarks::review_id.eq_any(ids))
        .order(review_remarks::id)
        .select((review_remarks::review_id, review_remarks::at_ms, review_remarks::text))
        .load(c))?;
    Ok(rows
        .into_iter()
        .map(|(id, version, reviewer, name, verdict, at)| Judged {
            version,
            reviewer,
            name,
            verdict,
            at,
            remarks: said
                .iter()
                .filter(|one| one.0 == id)
                .map(|(_, at_ms, text)| Remark { at_ms: *at_ms, text: text.clone() })
                .collect(),
        })
        .collect())
}

/// Whether one of these recordings has captions.
pub fn have_captions(conn: &mut Conn, of: &[MediaId]) -> Result<bool> {
    let row = cues::table.filter(cues::media_id.eq_any(of));
    Ok(either!(conn, c => diesel::select(diesel::dsl::exists(row)).get_result(c))?)
}

/// The number of the text of the captions that was saved last; 0 before the first.
pub fn captions_version(conn: &mut Conn, media: MediaId) -> Result<i64> {
    let newest = caption_saves::table.filter(caption_saves::media_id.eq(media));
    let id: Option<i64> =
        either!(conn, c => newest.select(diesel::dsl::max(caption_saves::id)).get_result(c))?;
    Ok(id.unwrap_or_default())
}

/// Saves captions as they now are. `base`: the text that the author had before them; `None`: whatever there is.
///
/// # Errors
/// [`Error::Refused`] is for the caller: `Ok(false)` says that somebody saved another text meanwhile.
pub fn set_cues(
    conn: &mut Conn,
    media: MediaId,
    base: Option<i64>,
    lines: &[(i32, i32, String)],
    vtt: &str,
    by: AccountId,
    now: Timestamp,
) -> Result<bool> {
    // Locks the recording: two authors come one after the other.
    let it = media::table.find(media);
    if either!(conn, c => diesel::update(it).set(media::width.eq(media::width)).execute(c))? != 1 {
        return Err(Error::NotFound);
    }
    if let Some(base) = base
        && captions_version(conn, media)? != base
    {
        return Ok(false);
    }
    let row = (
        caption_saves::media_id.eq(media),
        caption_saves::vtt.eq(vtt),
        caption_saves::saved_by.eq(by),
        caption_saves::saved_at.eq(now),
    );
    either!(conn, c => diesel::insert_into(caption_saves::table).values(row).execute(c))?;
    either!(conn, c => diesel::delete(cues::table.filter(cues::media_id.eq(media))).execute(c))?;
    for (position, (start, end, text)) in (1..).zip(lines) {
        let row = (
            cues::media_id.eq(media),
            cues::position.eq(position),
            cues::start_ms.eq(start),
            cues::end_ms.eq(end),
            cues::text.eq(text),
        );
        either!(conn, c => diesel::insert_into(cues::table).values(row).execute(c))?;
    }
    Ok(true)
}

/// The chapters as they now are.
pub fn set_chapters(conn: &mut Conn, media: MediaId, chapters: &[(i32, String)]) -> Result<()> {
    either!(conn, c => diesel::delete(media_chapters::table.filter(media_chapters::media_id.eq(media))).execute(c))?;
    for (position, (start, title)) in (1..).zip(chapters) {
        let row = (
            media_chapters::media_id.eq(media),
            media_chapters::position.eq(position),
            media_chapters::start_ms.eq(start),
            media_chapters::title.eq(title),
        );
        either!(conn, c => diesel::insert_into(media_chapters::table).values(row).execute(c))?;
    }
    Ok(())
}

/// What a lecture says of itself, wherever it stands.
#[derive(Queryable, Debug, Clone)]
pub struct About {
    pub title: String,
    pub summary: String,
    pub topic: String,
    pub topic_en: String,
    pub visibility: Visibility,
    pub rights_ok: bool,
}

pub fn about(conn: &mut Conn, id: LectureId) -> Result<About> {
    Ok(either!(conn, c => lectures::table
        .inner_join(topics::table)
        .filter(lectures::id.eq(id))
        .select((
            lectures::title,
            lectures::summary,
            topics::name,
            topics::name_en,
            lectures::visibility,
            lectures::rights_ok,
        ))
        .first(c))?)
}

/// Of these lectures, those about whose present version this reviewer has spoken.
pub fn judged_by(conn: &mut Conn, ids: &[LectureId], reviewer: AccountId) -> Result<Vec<LectureId>> {
    let spoken = lecture_reviews::version
        .eq(lectures::version)
        .and(lecture_reviews::reviewer_id.eq(reviewer))
        .and(lecture_reviews::lecture_id.eq_any(ids));
    Ok(either!(conn, c => lecture_reviews::table
        .inner_join(lectures::table)
        .filter(spoken)
        .select(lecture_reviews::lecture_id)
        .load(c))?)
}

/// A draft of this title that the instructor has begun already.
pub fn same_draft(conn: &mut Conn, instructor: InstructorId, title: &str) -> Result<Option<LectureId>> {
    let same = lecture_instructors::instructor_id
        .eq(instructor)
        .and(lectures::stage.eq(Stage::Draft))
        .and(lectures::title.eq(title));
    Ok(either!(conn, c => lecture_instructors::table
        .inner_join(lectures::table)
        .filter(same)
        .select(lectures::id)
        .first(c)
        .optional())?)
}

/// How many people have watched the lecture to its end, alone or in a group, as the server measured.
pub fn completed_by(conn: &mut Conn, id: LectureId) -> Result<i64> {
    let holds = completions::lecture_id.eq(id).and(completion_reversals::completion_id.is_null());
    let people = diesel::dsl::count(completions::person_id).aggregate_distinct();
    Ok(either!(conn, c => completions::table
        .left_join(completion_reversals::table)
        .filter(holds)
        .select(people)
        .get_result(c))?)
}
