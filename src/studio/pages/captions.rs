//! Captions and chapters of a recording: the editor, files in and out, and those of an earlier recording taken over. A
//! service that recognises speech would put its lines in here too, by `lectures::set_cues`.
use super::super::forms::{self, Typed};
use crate::access::Permission::TeachLectures;
use crate::access::Viewer;
use crate::audit::Action;
use crate::captions::{self, Line, MAX_BYTES, MAX_CHAPTERS, MAX_LINES, Wrong};
use crate::clock;
use crate::config::LARGEST_FORM;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{LectureId, MediaId};
use crate::lang::Message;
use crate::lectures::{self, Played, Stage};
use crate::media::Media;
use crate::msg;
use crate::recordings;
use crate::web::body;
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_multipart::Multipart;
use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, Path, Payload};
use askama::Template;

/// The longest captions form, in bytes: five thousand lines of Chinese, percent-encoded.
const LARGEST: usize = 12 * 1024 * 1024;
/// Empty rows at the end, for whoever has no JavaScript.
const EMPTY_ROWS: usize = 5;

pub fn routes() -> Vec<Route> {
    vec![
        get("/studio/lectures/{lecture}/captions", TeachLectures, show),
        post("/studio/lectures/{lecture}/captions", TeachLectures, save),
        post("/studio/lectures/{lecture}/captions/file", TeachLectures, read_file),
        post("/studio/lectures/{lecture}/captions/copy", TeachLectures, copy),
        get("/studio/lectures/{lecture}/captions.vtt", TeachLectures, vtt),
        get("/studio/lectures/{lecture}/captions.srt", TeachLectures, srt),
        post("/studio/lectures/{lecture}/chapters", TeachLectures, save_chapters),
    ]
}

#[derive(Template)]
#[template(path = "studio/captions.html")]
struct Editor {
    page: Page,
    id: LectureId,
    title: String,
    played: Played,
    /// The signed address of the recording's folder.
    address: String,
    /// The version that the author has before them.
    base: i64,
    rows: Typed,
    rows_count: usize,
    chapters: Vec<(String, String)>,
    chapters_count: usize,
    /// Problems, each with the row to go to.
    problems: Vec<(String, Message)>,
    /// The rows are what was typed, not what is saved.
    is_typed: bool,
    /// The chapters were sent.
    is_chapters: bool,
    /// Somebody else's text that was saved meanwhile.
    theirs: String,
}

/// A lecture of the viewer's own, and the recording that its desk is about.
fn own(conn: &mut Conn, viewer: &Viewer, id: LectureId) -> Result<(String, Played)> {
    let own = lectures::own(conn, viewer, id)?;
    let media = lectures::standing(conn, id)?.desk_media();
    let media = media.ok_or_else(|| Error::Refused(msg!("还没有录像。录像处理好以后再做字幕。")))?;
    Ok((own.draft.title, lectures::media_of(conn, media)?))
}

/// As [`own`], for a change: nothing changes under the eyes of reviewers, who pass what they saw.
fn own_to_change(conn: &mut Conn, viewer: &Viewer, id: LectureId) -> Result<(String, Played)> {
    let found = own(conn, viewer, id)?;
    super::changeable(conn, id)?;
    Ok(found)
}

fn lines(conn: &mut Conn, media: MediaId) -> Result<Vec<Line>> {
    let cues = lectures::cues(conn, media)?;
    Ok(cues
        .into_iter()
        .map(|cue| Line { start_ms: cue.start_ms, end_ms: cue.end_ms, text: cue.text })
        .collect())
}

/// The problems of rows, each with the row that it is in.
fn told(wrongs: &[Wrong], prefix: &str) -> Vec<(String, Message)> {
    let row = |wrong: &Wrong| wrong.line().map(|line| format!("{prefix}-{line}")).unwrap_or_default();
    wrongs.iter().map(|wrong| (row(wrong), wrong.words())).collect()
}

impl Editor {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: LectureId, media: &Media) -> Result<Editor> {
        let (title, played) = own(conn, viewer, id)?;
        let shown = captions::shown;
        let rows: Typed = lines(conn, played.id)?
            .into_iter()
            .map(|line| (shown(line.start_ms), shown(line.end_ms), line.text))
            .collect();
        let chapters: Vec<_> = lectures::chapters(conn, played.id)?
            .into_iter()
            .map(|chapter| (shown(chapter.start_ms), chapter.title))
            .collect();
        let now = clock::now().and_utc().timestamp();
        let mut editor = Editor {
            address: played
                .stream
                .as_ref()
                .map(|stream| media.signer.folder(&stream.folder, now))
                .unwrap_or_default(),
            base: lectures::captions_version(conn, played.id)?,
            rows_count: rows.len(),
            chapters_count: chapters.len(),
            problems: vec![],
            is_typed: false,
            is_chapters: false,
            theirs: String::new(),
            page,
            id,
            title,
            played,
            rows,
            chapters,
        };
        editor.add_rows();
        Ok(editor)
    }
    fn add_rows(&mut self) {
        self.rows.extend((0..EMPTY_ROWS).map(|_| Default::default()));
        self.chapters.extend((0..EMPTY_ROWS).map(|_| Default::default()));
    }
    /// The rows as they were typed.
    fn with_rows(mut self, rows: Typed) -> Editor {
        self.rows = rows;
        self.rows.extend((0..EMPTY_ROWS).map(|_| Default::default()));
        self.is_typed = true;
        self
    }
}

async fn view(page: Page, viewer: Viewer, db: &Db, media: Data<Media>, id: LectureId) -> Result<Editor> {
    db.read_long(move |conn| Editor::load(conn, page, &viewer, id, &media)).await
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, media: Data<Media>, id: Path<LectureId>) -> Reply {
    reply::page(&view(page, viewer, &db, media, *id).await?)
}

/// What came of saving.
enum Saved {
    Yes,
    Wrong(Vec<Wrong>),
    /// Somebody saved another text meanwhile.
    Overtaken,
}

fn put(
    conn: &mut Conn,
    media: MediaId,
    base: Option<i64>,
    lines: &[Line],
    viewer: &Viewer,
    doer: &crate::audit::Doer,
    id: LectureId,
) -> Result<Saved> {
    let now = clock::now();
    let rows: Vec<_> = lines.iter().map(|line| (line.start_ms, line.end_ms, line.text.clone())).collect();
    if !lectures::set_cues(conn, media, base, &rows, &captions::vtt(lines), viewer.account, now)? {
        return Ok(Saved::Overtaken);
    }
    doer.did(conn, Action::CaptionsSaved, ("lecture", id.0), now)?;
    Ok(Saved::Yes)
}

async fn save(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    media: Data<Media>,
    id: Path<LectureId>,
    sent: Payload,
) -> Reply {
    let id = *id;
    let (base, rows) = forms::captions(&body::pairs(sent, LARGEST).await?);
    // More rows than these are sent by no page of ours: they would only make a long answer.
    if rows.len() > MAX_LINES + 100 {
        return Err(Error::TooLarge);
    }
    let (doer, who, typed) = (page.doer(), viewer.clone(), rows.clone());
    let saved = db
        .write(move |conn| {
            let (_, played) = own_to_change(conn, &who, id)?;
            let checked = typed.iter().map(|row| (row.0.as_str(), row.1.as_str(), row.2.as_str()));
            match captions::rows(checked, played.duration_ms) {
                Ok(lines) => put(conn, played.id, Some(base), &lines, &who, &doer, id),
                Err(wrongs) => Ok(Saved::Wrong(wrongs)),
            }
        })
        .await?;
    let problems = match saved {
        Saved::Yes => return reply::see(format!("/studio/lectures/{id}/captions?done=captions")),
        Saved::Wrong(wrongs) => told(&wrongs, "r"),
        Saved::Overtaken => vec![(
            "theirs".to_owned(),
            msg!("您打开这一页之后，别人保存过另一份。两份都在下面：改好您的这一份再保存，就以您的为准。"),
        )],
    };
    let is_overtaken = problems.first().is_some_and(|one| one.0 == "theirs");
    let view = view(page, viewer, &db, media, id).await?;
    let theirs = match is_overtaken {
        true => view.rows.iter().map(|row| row.2.as_str()).collect::<Vec<_>>().join("\n").trim().to_owned(),
        false => String::new(),
    };
    // Whoever has seen the other text may save over it; whoever has not yet, may not.
    let base = if is_overtaken { view.base } else { base };
    reply::invalid(&Editor { problems, theirs, base, ..view }.with_rows(rows))
}

async fn read_file(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    media: Data<Media>,
    id: Path<LectureId>,
    parts: Multipart,
) -> Reply {
    let id = *id;
    let fields = body::parts(parts, MAX_BYTES + 64 * 1024).await;
    let file = match fields {
        Ok(fields) => fields.into_iter().find(|field| field.0 == "file").map(|field| field.1),
        Err(Error::TooLarge) => Some(vec![0; MAX_BYTES + 1]),
        Err(other) => return Err(other),
    };
    let (doer, who) = (page.doer(), viewer.clone());
    let saved = db
        .write(move |conn| {
            let (_, played) = own_to_change(conn, &who, id)?;
            match captions::read(&file.unwrap_or_default(), played.duration_ms) {
                Ok(lines) => put(conn, played.id, None, &lines, &who, &doer, id),
                Err(wrongs) => Ok(Saved::Wrong(wrongs)),
            }
        })
        .await?;
    match saved {
        Saved::Wrong(wrongs) => {
            // Lines of the file, not rows of the page.
            let problems = wrongs.iter().map(|wrong| ("files".to_owned(), wrong.words())).collect();
            let view = view(page, viewer, &db, media, id).await?;
            reply::invalid(&Editor { problems, ..view })
        }
        _ => reply::see(format!("/studio/lectures/{id}/captions?done=captions")),
    }
}

/// Takes over captions and chapters of the newest earlier recording that has some.
async fn copy(page: Page, viewer: Viewer, db: Data<Db>, id: Path<LectureId>) -> Reply {
    let (id, doer) = (*id, page.doer());
    db.write(move |conn| {
        let (_, played) = own_to_change(conn, &viewer, id)?;
        let standing = lectures::standing(conn, id)?;
        let earlier = recordings::of_lecture(conn, id)?.into_iter().filter_map(|one| one.media_id);
        for media in earlier.chain(standing.media).filter(|media| *media != played.id) {
            let mut lines = lines(conn, media)?;
            if lines.is_empty() {
                continue;
            }
            // What lies past the end of a shorter recording is cut off.
            lines.retain(|line| line.start_ms < played.duration_ms);
            for line in &mut lines {
                line.end_ms = line.end_ms.min(played.duration_ms);
            }
            let chapters: Vec<_> = lectures::chapters(conn, media)?
                .into_iter()
                .filter(|chapter| chapter.start_ms < played.duration_ms)
                .map(|chapter| (chapter.start_ms, chapter.title))
                .collect();
            lectures::set_chapters(conn, played.id, &chapters)?;
            put(conn, played.id, None, &lines, &viewer, &doer, id)?;
            return Ok(());
        }
        Err(Error::Refused(msg!("以前的录像都没有字幕，没有可抄的。")))
    })
    .await?;
    reply::see(format!("/studio/lectures/{id}/captions?done=captions-copied"))
}

/// The captions as a file.
async fn written(
    viewer: Viewer,
    db: &Db,
    id: LectureId,
    mime: &'static str,
    ending: &str,
    write: fn(&[Line]) -> String,
) -> Reply {
    let lines = db
        .read(move |conn| {
            let (_, played) = own(conn, &viewer, id)?;
            lines(conn, played.id)
        })
        .await?;
    Ok(HttpResponse::Ok()
        .content_type(mime)
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"captions-{id}.{ending}\""),
        ))
        .body(write(&lines)))
}

async fn vtt(viewer: Viewer, db: Data<Db>, id: Path<LectureId>) -> Reply {
    written(viewer, &db, *id, "text/vtt; charset=utf-8", "vtt", captions::vtt).await
}

async fn srt(viewer: Viewer, db: Data<Db>, id: Path<LectureId>) -> Reply {
    written(viewer, &db, *id, "application/x-subrip; charset=utf-8", "srt", captions::srt).await
}

async fn save_chapters(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    media: Data<Media>,
    id: Path<LectureId>,
    sent: Payload,
) -> Reply {
    let id = *id;
    let rows = forms::chapters(&body::pairs(sent, LARGEST_FORM).await?);
    if rows.len() > MAX_CHAPTERS * 2 {
        return Err(Error::TooLarge);
    }
    let (doer, who, typed) = (page.doer(), viewer.clone(), rows.clone());
    let saved = db
        .write(move |conn| {
            let (_, played) = own_to_change(conn, &who, id)?;
            let standing = lectures::standing(conn, id)?;
            if standing.stage == Stage::Published && standing.revision.is_none() {
                return Err(Error::Refused(msg!(
                    "已发布的课不能改章节：章节和录像一起审过。换录像时可以一起改。"
                )));
            }
            let checked = typed.iter().map(|row| (row.0.as_str(), row.1.as_str()));
            match captions::chapters(checked, played.duration_ms) {
                Ok(chapters) => {
                    let chapters: Vec<_> =
                        chapters.into_iter().map(|chapter| (chapter.start_ms, chapter.title)).collect();
                    lectures::set_chapters(conn, played.id, &chapters)?;
                    doer.did(conn, Action::ChaptersSaved, ("lecture", id.0), clock::now())?;
                    Ok(None)
                }
                Err(wrongs) => Ok(Some(wrongs)),
            }
        })
        .await?;
    match saved {
        None => reply::see(format!("/studio/lectures/{id}/captions?done=chapters#chapters")),
        Some(wrongs) => {
            let view = view(page, viewer, &db, media, id).await?;
            let mut chapters = rows;
            chapters.extend((0..EMPTY_ROWS).map(|_| Default::default()));
            reply::invalid(&Editor { problems: told(&wrongs, "c"), chapters, is_chapters: true, ..view })
        }
    }
}
