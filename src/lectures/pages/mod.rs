//! The pages of lectures: the list, the lecture with its player, questions. `files` has the recording and its like, `rating`
//! what the form of a rating sends.
mod files;
mod rating;

use super::forms::{AnswerForm, ListQuery, QuestionForm};
use super::store::{self, Card, Chapter, Cue, Handout, Lecture, Question, Topic, Watched, Withdrawal};
use super::{Filter, Length, NewQuestion, Sort};
use crate::access::Access::{Anyone, SignedIn};
use crate::access::Permission::AnswerQuestions;
use crate::access::Viewer;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{LectureId, MediaId, QuestionId, random_hex};
use crate::ratings::{Keys, Mine, OnPage, RatingForm, Ratings, mine};
use crate::schools;
use crate::web::form::Errors;
use crate::web::kept::Kept;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use std::sync::Arc;

pub fn routes() -> Vec<Route> {
    let mut routes = vec![
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
        post("/lectures/{lecture}/rating", SignedIn, rating::rate),
        post("/lectures/{lecture}/rating/withdraw", SignedIn, rating::withdraw),
        post("/lectures/{lecture}/rating/ask", SignedIn, rating::ask_again),
        get("/questions", AnswerQuestions, questions),
        post("/questions/{question}/answer", AnswerQuestions, answer),
    ];
    routes.extend(files::routes());
    routes
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
    rated: OnPage,
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
            rated: OnPage::load(conn, id)?,
            lecture,
        })
    }
    fn has_hls(&self) -> bool {
        self.lecture.stream.as_ref().is_some_and(|stream| stream.has_hls)
    }
    fn has_poster(&self) -> bool {
        self.lecture.stream.as_ref().is_some_and(|stream| stream.poster > 0)
    }
    fn has_sound(&self) -> bool {
        self.lecture.stream.as_ref().is_none_or(|stream| stream.has_sound)
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
    /// Where the viewer stands with the recording; `None` for a visitor.
    watch: Option<Watch>,
    /// Whether the viewer gives this lecture.
    is_own: bool,
    /// Where to begin, in seconds; from the address, for chapters without JavaScript.
    from: i32,
    form: QuestionForm,
    errors: Errors,
    /// Where the viewer stands with a rating; `None` for a visitor.
    mine: Option<Mine>,
    rating_form: RatingForm,
    rating_errors: Errors,
}

/// What the server has credited the viewer with.
struct Watch {
    media: MediaId,
    resume_ms: i32,
    credited_ms: i32,
    share: i32,
    completed: bool,
    /// In seconds.
    runs: Vec<(i32, i32)>,
}

impl Watch {
    fn of(media: MediaId, watched: Option<Watched>) -> Watch {
        let (seconds, length_s) = watched.as_ref().map_or((0, 1), |one| (one.seconds, one.length_s.max(1)));
        Watch {
            media,
            resume_ms: watched.as_ref().map_or(0, |one| one.last_ms),
            credited_ms: seconds * 1_000,
            share: (i64::from(seconds) * 100 / i64::from(length_s)) as i32,
            completed: watched.as_ref().is_some_and(|one| one.is_complete),
            runs: watched.map(|one| super::runs(&one.seen, one.length_s, RUNS)).unwrap_or_default(),
        }
    }
}

/// Runs of credited seconds that a page shows.
const RUNS: usize = 300;

/// A lecture's page may be asked for a moment of it.
#[derive(serde::Deserialize)]
struct Moment {
    #[serde(default)]
    t: String,
}

impl Show {
    fn address(&self) -> String {
        format!("/lectures/{}", self.about.lecture.id)
    }
    /// A picture of dots, which messengers can show: a drawn cover is none.
    fn share_picture(&self) -> String {
        match self.about.has_poster() {
            true => format!("{}/poster.jpg", self.address()),
            false => self.page.asset("share.jpg").to_owned(),
        }
    }
    fn load(conn: &mut Conn, page: Page, about: Arc<About>, keys: &Keys, from: i32) -> Result<Show> {
        let (id, person) = (about.lecture.id, page.viewer.as_ref().map(|viewer| viewer.person));
        let is_own = match person.filter(|_| page.may(AnswerQuestions)) {
            Some(person) => store::is_instructor(conn, id, person)?,
            None => false,
        };
        let media = about.lecture.media_id;
        let watch = match person {
            Some(person) => Some(Watch::of(media, store::watched(conn, person, id, media)?)),
            None => None,
        };
        let mine = match person {
            Some(person) => Some(mine(conn, keys, person, id, clock::now())?),
            None => None,
        };
        let own = mine.as_ref().and_then(|mine| mine.own.as_ref()).filter(|own| !own.is_withdrawn());
        Ok(Show {
            rating_form: own.map(RatingForm::of).unwrap_or_default(),
            rating_errors: Errors::default(),
            mine,
            watch,
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

/// In the place of a lecture that was withdrawn.
#[derive(Template)]
#[template(path = "lectures/gone.html")]
struct Gone {
    page: Page,
    withdrawal: Withdrawal,
}

async fn show(
    page: Page,
    db: Data<Db>,
    kept: Data<Kept>,
    ratings: Data<Ratings>,
    id: Path<LectureId>,
    moment: Query<Moment>,
) -> Reply {
    let (id, from) = (*id, moment.t.parse().unwrap_or_default());
    let about = match About::of(&kept, &db, &page, id).await {
        Ok(about) => about,
        // It may have been there: then its address says what became of it.
        Err(Error::NotFound) => {
            let withdrawal = db.read(move |conn| store::withdrawal(conn, id)).await?;
            return reply::html(StatusCode::GONE, &Gone { page, withdrawal });
        }
        Err(other) => return Err(other),
    };
    let keys = ratings.keys();
    let view = db.read(move |conn| Show::load(conn, page, about, &keys, from)).await?;
    reply::page(&view)
}

async fn ask(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    (kept, ratings): (Data<Kept>, Data<Ratings>),
    id: Path<LectureId>,
    form: Form<QuestionForm>,
) -> Reply {
    let id = *id;
    match form.check() {
        Err(errors) => {
            let about = About::of(&kept, &db, &page, id).await?;
            let keys = ratings.keys();
            let mut view = db.read(move |conn| Show::load(conn, page, about, &keys, 0)).await?;
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
