//! The pages of reviewers.
use super::forms::VerdictForm;
use crate::access::Permission::ReviewLectures;
use crate::access::Viewer;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::LectureId;
use crate::lectures::{self, About, Chapter, Cue, Judged, Judgement, Played, Verdict, Visibility, Waiting};
use crate::media::Media;
use crate::web::body;
use crate::web::form::{Errors, text};
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path, Payload, Query};
use askama::Template;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    vec![
        get("/review", ReviewLectures, index),
        get("/review/{lecture}", ReviewLectures, show),
        post("/review/{lecture}", ReviewLectures, judge),
        post("/review/{lecture}/withdraw", ReviewLectures, withdraw),
    ]
}

/// Lectures on a page.
const LINES: i64 = 20;
/// The longest form, in bytes: fifty remarks of Chinese, percent-encoded.
const LARGEST: usize = 256 * 1024;
/// More rows than these are sent by no page of ours: they would only make a long answer.
const MOST_ROWS: usize = 60;

#[derive(Template)]
#[template(path = "review/index.html")]
struct Index {
    page: Page,
    rows: Vec<Waiting>,
    /// Of them, those that the viewer has passed already.
    passed: Vec<LectureId>,
    paging: Paging,
    account: i64,
}

#[derive(Deserialize)]
struct PageQuery {
    page: Option<String>,
}

impl Index {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, number: i64) -> Result<Index> {
        let mut rows = lectures::awaiting(conn, (number - 1) * LINES, LINES + 1)?;
        let paging = Paging::cut(&page.path, number, &mut rows, LINES)?;
        let ids: Vec<LectureId> = rows.iter().map(|row| row.id).collect();
        let passed = lectures::judged_by(conn, &ids, viewer.account)?;
        Ok(Index { page, rows, passed, paging, account: viewer.account.0 })
    }
    fn is_own(&self, row: &Waiting) -> bool {
        row.uploaded_by.0 == self.account
    }
    fn is_passed(&self, row: &Waiting) -> bool {
        self.passed.contains(&row.id)
    }
    fn topic<'a>(&self, row: &'a Waiting) -> &'a str {
        if self.page.is_en() { &row.topic_en } else { &row.topic }
    }
}

async fn index(page: Page, viewer: Viewer, db: Data<Db>, query: Query<PageQuery>) -> Reply {
    let number = paging::number(&query.page);
    let view = db.read(move |conn| Index::load(conn, page, &viewer, number)).await?;
    reply::page(&view)
}

#[derive(Template)]
#[template(path = "review/show.html")]
struct Show {
    page: Page,
    id: LectureId,
    about: About,
    /// Waits for a verdict.
    is_open: bool,
    is_published: bool,
    is_revision: bool,
    /// The viewer made it, gives it, or has spoken about this version.
    is_own: bool,
    has_spoken: bool,
    played: Option<Played>,
    address: String,
    cues: Vec<Cue>,
    chapters: Vec<Chapter>,
    judged: Vec<Judged>,
    form: VerdictForm,
    reason: String,
    errors: Errors,
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: LectureId, media: &Media) -> Result<Show> {
        let about = lectures::about(conn, id)?;
        let standing = lectures::standing(conn, id)?;
        let is_published = standing.stage == lectures::Stage::Published;
        // Drafts are nobody's but their author's.
        if !standing.is_in_review() && !is_published {
            return Err(Error::NotFound);
        }
        let chosen = if standing.is_in_review() { standing.next_media() } else { standing.media };
        let played = chosen.map(|media| lectures::media_of(conn, media)).transpose()?;
        let now = clock::now().and_utc().timestamp();
        let address = match played.as_ref().and_then(|played| played.stream.as_ref()) {
            Some(stream) => media.signer.folder(&stream.folder, now),
            None => String::new(),
        };
        let judged = lectures::remarks(conn, id)?;
        let has_spoken =
            judged.iter().any(|one| one.version == standing.version && one.reviewer == viewer.account);
        Ok(Show {
            is_own: standing.uploaded_by == viewer.account || lectures::gives(conn, id, viewer.account)?,
            is_open: standing.is_in_review(),
            is_revision: standing.revision.is_some(),
            cues: played.as_ref().map_or(Ok(vec![]), |played| lectures::cues(conn, played.id))?,
            chapters: played.as_ref().map_or(Ok(vec![]), |played| lectures::chapters(conn, played.id))?,
            form: VerdictForm { version: standing.version, ..VerdictForm::default() },
            reason: String::new(),
            errors: Errors::default(),
            page,
            id,
            about,
            is_published,
            has_spoken,
            played,
            address,
            judged,
        })
    }
    fn words(&self, judged: &Judged) -> &'static str {
        match judged.verdict {
            Verdict::Passed => self.page.t("通过"),
            Verdict::Returned => self.page.t("退回修改"),
        }
    }
    fn topic(&self) -> &str {
        if self.page.is_en() { &self.about.topic_en } else { &self.about.topic }
    }
}

async fn view(page: Page, viewer: Viewer, db: &Db, media: Data<Media>, id: LectureId) -> Result<Show> {
    db.read_long(move |conn| Show::load(conn, page, &viewer, id, &media)).await
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, media: Data<Media>, id: Path<LectureId>) -> Reply {
    reply::page(&view(page, viewer, &db, media, *id).await?)
}

async fn judge(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    media: Data<Media>,
    id: Path<LectureId>,
    sent: Payload,
) -> Reply {
    let id = *id;
    let form = VerdictForm::of(&body::pairs(sent, LARGEST).await?);
    if form.remarks.len() > MOST_ROWS {
        return Err(Error::TooLarge);
    }
    let doer = page.doer();
    let view = view(page, viewer.clone(), &db, media, id).await?;
    let duration_ms = view.played.as_ref().map_or(0, |played| played.duration_ms);
    match form.check(duration_ms) {
        Err(errors) => reply::invalid(&Show { form, errors, ..view }),
        Ok((verdict, remarks)) => {
            let judgement = Judgement { reviewer: viewer.account, seen: form.version, verdict, remarks };
            let is_public = db
                .write(move |conn| {
                    let now = clock::now();
                    lectures::review(conn, id, &judgement, &doer, now)?;
                    let standing = lectures::standing(conn, id)?;
                    Ok(standing.stage == lectures::Stage::Published && standing.revision.is_none())
                })
                .await?;
            let done = match verdict {
                Verdict::Returned => "returned",
                Verdict::Passed if is_public => "published",
                Verdict::Passed => "passed",
            };
            reply::see(format!("/review?done={done}"))
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ReasonForm {
    reason: String,
}

async fn withdraw(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    media: Data<Media>,
    id: Path<LectureId>,
    form: Form<ReasonForm>,
) -> Reply {
    let (id, doer) = (*id, page.doer());
    let mut errors = Errors::default();
    let Some(reason) = errors.take("reason", text(&form.reason, 200)) else {
        let view = view(page, viewer, &db, media, id).await?;
        return reply::invalid(&Show { errors, reason: form.into_inner().reason, ..view });
    };
    db.write(move |conn| lectures::withdraw(conn, id, &reason, viewer.account, &doer, clock::now())).await?;
    reply::see("/review?done=withdrawn")
}
