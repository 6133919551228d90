//! The pages of lectures: the list, the lecture with its player, questions; and the files of the recording.
use super::forms::{AnswerForm, ListQuery, QuestionForm};
use super::store::{self, Card, Chapter, Cue, Handout, Lecture, Question, Topic};
use super::{Filter, Length, NewQuestion, Sort};
use crate::access::Access::{Anyone, SignedIn};
use crate::access::Permission::AnswerQuestions;
use crate::access::Viewer;
use crate::clock;
use crate::config::Config;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{LectureId, QuestionId, random_hex};
use crate::schools;
use crate::web::form::Errors;
use crate::web::kept::Kept;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, file, get, post};
use crate::web::text::vtt_time;
use actix_files::NamedFile;
use actix_web::http::header::{self, ContentDisposition, DispositionParam, DispositionType, ExtendedValue};
use actix_web::web::{Data, Form, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use std::sync::Arc;

pub fn routes() -> Vec<Route> {
    vec![
        get("/lectures", Anyone, index).kept(&[
            "topic",
            "instructor",
            "school",
            "alliance",
            "length",
            "gold",
            "sort",
            "page",
        ]),
        get("/lectures/{lecture}", Anyone, show).kept(&[]),
        post("/lectures/{lecture}/questions", SignedIn, ask),
        file("/lectures/{lecture}/video.mp4", Anyone, video),
        file("/lectures/{lecture}/audio.m4a", Anyone, audio),
        get("/lectures/{lecture}/captions.vtt", Anyone, captions),
        file("/lectures/{lecture}/handouts/{position}", Anyone, handout),
        get("/questions", AnswerQuestions, questions),
        post("/questions/{question}/answer", AnswerQuestions, answer),
    ]
}

/// Cards on a page of the list.
const CARDS: i64 = 24;

/// What a page of the list holds, the same for everybody of a kind.
struct Listed {
    topics: Vec<Topic>,
    /// What an instructor, school or alliance filter is set to.
    set_to: Vec<(&'static str, String)>,
    total: i64,
    cards: Vec<Card>,
}

impl Listed {
    fn load(conn: &mut Conn, filter: &Filter, number: i64) -> Result<Listed> {
        let mut set_to = vec![];
        if let Some(name) =
            filter.instructor.map(|id| store::instructors_within(conn, id)).transpose()?.flatten()
        {
            set_to.push(("instructor", name));
        }
        if let Some(id) = filter.school {
            set_to.extend(found(schools::school(conn, id))?.map(|school| ("school", school.name)));
        }
        if let Some(id) = filter.alliance {
            set_to.extend(found(schools::alliance(conn, id))?.map(|alliance| ("alliance", alliance.name)));
        }
        Ok(Listed {
            topics: store::topics(conn)?,
            set_to,
            total: store::count(conn, filter)?,
            cards: store::cards(conn, filter, (number - 1) * CARDS, CARDS)?,
        })
    }
}

#[derive(Template)]
#[template(path = "lectures/index.html")]
struct Index {
    page: Page,
    query: ListQuery,
    listed: Arc<Listed>,
    paging: Paging,
}

impl Index {
    fn lengths(&self) -> &'static [Length] {
        Length::ALL
    }
    fn sorts(&self) -> &'static [Sort] {
        Sort::ALL
    }
    fn is_filtered(&self) -> bool {
        self.page.path.contains('?')
    }
}

/// `None` for what is not there.
fn found<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(Error::NotFound) => Ok(None),
        Err(other) => Err(other),
    }
}

async fn index(page: Page, db: Data<Db>, kept: Data<Kept>, query: Query<ListQuery>) -> Reply {
    let query = query.into_inner();
    let (filter, number) = (query.filter(page.viewer.is_some()), paging::number(&query.page));
    // A gold lecturer is one today; tomorrow's parts are other parts.
    let name = format!("lectures {filter:?} {number}");
    let listed = kept.part(&db, name, move |conn| Listed::load(conn, &filter, number)).await?;
    let paging = Paging::new(&page.path, number, listed.total, CARDS)?;
    reply::page(&Index { page, query, listed, paging })
}

/// What a lecture is, the same for everybody who may see it.
struct About {
    lecture: Lecture,
    by: Vec<store::By>,
    chapters: Vec<Chapter>,
    cues: Vec<Cue>,
    handouts: Vec<Handout>,
    next: Vec<Card>,
}

impl About {
    fn load(conn: &mut Conn, id: LectureId, is_signed_in: bool) -> Result<About> {
        let lecture = store::find(conn, id, is_signed_in)?;
        Ok(About {
            by: store::cards_by(conn, id)?,
            chapters: store::chapters(conn, lecture.media_id)?,
            cues: store::cues(conn, lecture.media_id)?,
            handouts: store::handouts(conn, id)?,
            next: store::next(conn, &lecture, is_signed_in, 4)?,
            lecture,
        })
    }
    async fn of(kept: &Kept, db: &Db, page: &Page, id: LectureId) -> Result<Arc<About>> {
        let is_signed_in = page.viewer.is_some();
        let name = format!("lecture {id} {is_signed_in}");
        kept.part(db, name, move |conn| About::load(conn, id, is_signed_in)).await
    }
}

#[derive(Template)]
#[template(path = "lectures/show.html")]
struct Show {
    page: Page,
    about: Arc<About>,
    questions: Vec<Question>,
    /// Whether the viewer gives this lecture.
    is_own: bool,
    /// Where to begin, in seconds; from the address, for chapters without JavaScript.
    from: i32,
    form: QuestionForm,
    errors: Errors,
}

/// A lecture's page may be asked for a moment of it.
#[derive(serde::Deserialize)]
struct Moment {
    #[serde(default)]
    t: String,
}

impl Show {
    fn load(conn: &mut Conn, page: Page, about: Arc<About>, from: i32) -> Result<Show> {
        let (id, person) = (about.lecture.id, page.viewer.as_ref().map(|viewer| viewer.person));
        let is_own = match person.filter(|_| page.may(AnswerQuestions)) {
            Some(person) => store::is_instructor(conn, id, person)?,
            None => false,
        };
        Ok(Show {
            questions: store::questions(conn, id, person, is_own)?,
            from: from.clamp(0, about.lecture.duration_ms / 1_000),
            form: QuestionForm { key: random_hex(16), ..QuestionForm::default() },
            errors: Errors::default(),
            is_own,
            about,
            page,
        })
    }
    fn topic(&self) -> &str {
        if self.page.is_en() { &self.about.lecture.topic_en } else { &self.about.lecture.topic }
    }
    fn is_asker(&self, person: &crate::ids::PersonId) -> bool {
        self.page.viewer.as_ref().is_some_and(|viewer| viewer.person == *person)
    }
    fn kilobytes(&self, bytes: &i32) -> i32 {
        (bytes + 1_023) / 1_024
    }
}

async fn show(
    page: Page,
    db: Data<Db>,
    kept: Data<Kept>,
    id: Path<LectureId>,
    moment: Query<Moment>,
) -> Reply {
    let from = moment.t.parse().unwrap_or_default();
    let about = About::of(&kept, &db, &page, *id).await?;
    let view = db.read(move |conn| Show::load(conn, page, about, from)).await?;
    reply::page(&view)
}

async fn ask(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    kept: Data<Kept>,
    id: Path<LectureId>,
    form: Form<QuestionForm>,
) -> Reply {
    let id = *id;
    match form.check() {
        Err(errors) => {
            let about = About::of(&kept, &db, &page, id).await?;
            let mut view = db.read(move |conn| Show::load(conn, page, about, 0)).await?;
            view.form.text = form.into_inner().text;
            view.errors = errors;
            reply::invalid(&view)
        }
        Ok((text, key)) => {
            let doer = page.doer();
            db.write(move |conn| {
                store::find(conn, id, true)?;
                let question = NewQuestion {
                    lecture: id,
                    person: viewer.person,
                    acted_by: viewer.acted_by(),
                    text,
                    key,
                };
                super::ask(conn, &question, &doer, clock::now())
            })
            .await?;
            reply::see(format!("/lectures/{id}?done=asked#questions"))
        }
    }
}

/// The lecture's file as it may be asked for: in ranges, again, or only if it changed.
async fn recording(
    page: &Page,
    db: &Db,
    config: &Config,
    id: LectureId,
    is_audio: bool,
) -> Result<NamedFile> {
    let is_signed_in = page.viewer.is_some();
    let lecture = db.read(move |conn| store::find(conn, id, is_signed_in)).await?;
    let name = if is_audio { lecture.audio_file } else { lecture.video_file };
    open(config, &name)
}

fn open(config: &Config, name: &str) -> Result<NamedFile> {
    // Names are made by the portal; one that could leave the folder was not.
    if name.contains(['/', '\\']) || name.starts_with('.') {
        return Err(Error::Internal(format!("a media file is called {name}").into()));
    }
    let file = NamedFile::open(config.media.join(name)).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::NotFound,
        _ => Error::internal(error),
    })?;
    // Read on the spot: a thread hop for each 64 KiB costs more than the read.
    Ok(file.prefer_utf8(true).read_mode_threshold(u64::MAX))
}

async fn video(
    page: Page,
    request: HttpRequest,
    db: Data<Db>,
    config: Data<Config>,
    id: Path<LectureId>,
) -> Reply {
    let file = recording(&page, &db, &config, *id, false).await?;
    Ok(kept(file.disable_content_disposition().into_response(&request)))
}

async fn audio(
    page: Page,
    request: HttpRequest,
    db: Data<Db>,
    config: Data<Config>,
    id: Path<LectureId>,
) -> Reply {
    let file = recording(&page, &db, &config, *id, true).await?;
    let mime = "audio/mp4".parse().map_err(|_| Error::Internal("a media type".into()))?;
    Ok(kept(file.disable_content_disposition().set_content_type(mime).into_response(&request)))
}

/// A recording may stay in the reader's own browser for an hour: seeking does not ask again and again.
fn kept(mut response: HttpResponse) -> HttpResponse {
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, header::HeaderValue::from_static("private, max-age=3600"));
    response
}

async fn captions(page: Page, db: Data<Db>, id: Path<LectureId>) -> Reply {
    let is_signed_in = page.viewer.is_some();
    let cues = db.read(move |conn| {
        let lecture = store::find(conn, *id, is_signed_in)?;
        store::cues(conn, lecture.media_id)
    });
    let mut vtt = String::from("WEBVTT\n");
    for cue in cues.await? {
        let text = cue.text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        vtt.push_str(&format!(
            "\n{} --> {}\n{}\n",
            vtt_time(cue.start_ms),
            vtt_time(cue.end_ms),
            text.replace('\n', " ")
        ));
    }
    Ok(HttpResponse::Ok()
        .content_type("text/vtt; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "private, max-age=3600"))
        .body(vtt))
}

async fn handout(
    page: Page,
    request: HttpRequest,
    db: Data<Db>,
    config: Data<Config>,
    path: Path<(LectureId, i32)>,
) -> Reply {
    let (id, position) = path.into_inner();
    let is_signed_in = page.viewer.is_some();
    let handout = db
        .read(move |conn| {
            store::find(conn, id, is_signed_in)?;
            store::handout(conn, id, position)
        })
        .await?;
    let ending = handout.file.rsplit_once('.').map_or("txt", |(_, ending)| ending).to_owned();
    let name = ExtendedValue {
        charset: header::Charset::Ext("UTF-8".into()),
        language_tag: None,
        value: format!("{}.{ending}", handout.title).into_bytes(),
    };
    let file = open(&config, &handout.file)?;
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![
            DispositionParam::Filename(format!("handout-{position}.{ending}")),
            DispositionParam::FilenameExt(name),
        ],
    };
    Ok(kept(file.set_content_disposition(disposition).into_response(&request)))
}

/// Questions on a page of the instructor's list.
const QUESTIONS: i64 = 20;

#[derive(Template)]
#[template(path = "lectures/questions.html")]
struct Questions {
    page: Page,
    questions: Vec<Question>,
    paging: Paging,
    /// The answer that was refused, and its question.
    refused: Option<(QuestionId, AnswerForm)>,
    errors: Errors,
}

impl Questions {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, number: i64) -> Result<Questions> {
        let mut questions =
            store::open_questions_for(conn, viewer.person, (number - 1) * QUESTIONS, QUESTIONS + 1)?;
        let paging = Paging::cut(&page.path, number, &mut questions, QUESTIONS)?;
        Ok(Questions { page, questions, paging, refused: None, errors: Errors::default() })
    }
    fn is_refused(&self, id: &QuestionId) -> bool {
        self.refused.as_ref().is_some_and(|(refused, _)| refused == id)
    }
    fn typed(&self, id: &QuestionId) -> &str {
        self.refused
            .as_ref()
            .filter(|(refused, _)| refused == id)
            .map_or("", |(_, form)| form.answer.as_str())
    }
}

#[derive(serde::Deserialize)]
struct PageQuery {
    page: Option<String>,
}

async fn questions(page: Page, viewer: Viewer, db: Data<Db>, query: Query<PageQuery>) -> Reply {
    let number = paging::number(&query.page);
    let view = db.read(move |conn| Questions::load(conn, page, &viewer, number)).await?;
    reply::page(&view)
}

async fn answer(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<QuestionId>,
    form: Form<AnswerForm>,
) -> Reply {
    let id = *id;
    match form.check() {
        Err(errors) => {
            let mut view = db
                .read(move |conn| {
                    store::lecture_of_question(conn, id, viewer.person)?;
                    Questions::load(conn, page, &viewer, 1)
                })
                .await?;
            view.refused = Some((id, form.into_inner()));
            view.errors = errors;
            reply::invalid(&view)
        }
        Ok(text) => {
            let doer = page.doer();
            db.write(move |conn| super::answer(conn, id, &viewer, &text, &doer, clock::now())).await?;
            reply::see("/questions?done=answered")
        }
    }
}
