//! The page for a school's screen: nobody signs in, whoever has the code sees what the school shows. It plays by itself from what
//! it keeps; here is what it asks for: the page, the schedule, the recordings, and what it says it has played.
use crate::access::Access::Anyone;
use crate::assets;
use crate::broadcast::store::{self, Cast};
use crate::clock;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::{LectureId, ScreeningId};
use crate::lectures;
use crate::media::{self, Media};
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, file, get, post};
use crate::web::slug::Slug;
use actix_web::http::header;
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::Duration;
use serde::{Deserialize, Serialize};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/broadcast/kiosk/{code}", Anyone, show),
        get("/broadcast/kiosk/{code}/schedule.json", Anyone, schedule),
        file("/broadcast/kiosk/{code}/recordings/{lecture}", Anyone, recording),
        post("/broadcast/kiosk/{code}/played", Anyone, played),
    ]
}

/// How far ahead a screen is told, in days: it goes on by itself for so long.
const AHEAD_DAYS: i64 = 8;
/// How often it asks for news, in seconds.
const EVERY_SECONDS: i64 = 180;

/// What changes with each version of what runs in the browser: a screen that hears of another one begins anew.
fn build() -> String {
    let digest = |name: &str| {
        let url = assets::url(name);
        url.rsplit_once('-')
            .and_then(|(_, end)| end.split_once('.'))
            .map_or(String::new(), |end| end.0.to_owned())
    };
    ["kiosk.js", "kiosk.css", "kiosk-worker.js"].map(digest).concat()
}

#[derive(Template)]
#[template(path = "broadcast/kiosk.html")]
struct Show {
    page: Page,
    school: String,
    code: String,
    build: String,
}

async fn show(page: Page, db: Data<Db>, code: Path<Slug>) -> Reply {
    let code = code.as_str().to_owned();
    let found = code.clone();
    let (_, school) = db.read(move |conn| store::school_of_code(conn, &found)).await?;
    let mut answer = reply::page(&Show { page, school, code, build: build() })?;
    // The address is a key: it goes into no list of a search engine.
    let robots = header::HeaderValue::from_static("noindex, nofollow");
    answer.headers_mut().insert(header::HeaderName::from_static("x-robots-tag"), robots);
    Ok(answer)
}

#[derive(Serialize)]
struct Schedule {
    /// The server's clock, in milliseconds: the screen's own may be wrong.
    now: i64,
    build: String,
    every_s: i64,
    school: String,
    shows: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    id: i64,
    title: String,
    by: String,
    starts: i64,
    ends: i64,
    duration_ms: i32,
    /// Stays the same as long as the recording is the same; leads to a fresh signed address each time.
    src: String,
}

async fn schedule(db: Data<Db>, code: Path<Slug>) -> Reply {
    let (code, now) = (code.as_str().to_owned(), clock::now());
    let asked = code.clone();
    let (school, casts, cards) = db
        .read(move |conn| {
            let (id, name) = store::school_of_code(conn, &asked)?;
            let casts = store::program(conn, id, now, now + Duration::days(AHEAD_DAYS))?;
            let mut lectures: Vec<LectureId> = casts.iter().map(|cast| cast.lecture).collect();
            lectures.sort_unstable();
            lectures.dedup();
            Ok((name, casts, lectures::cards_of(conn, &lectures)?))
        })
        .await?;
    let by = |cast: &Cast| {
        cards.iter().find(|card| card.id == cast.lecture).map(|card| card.names()).unwrap_or_default()
    };
    let shows = casts
        .iter()
        .map(|cast| Entry {
            id: cast.id.0,
            by: by(cast),
            starts: cast.starts_at.and_utc().timestamp_millis(),
            ends: cast.ends_at.and_utc().timestamp_millis(),
            duration_ms: cast.duration_ms,
            src: format!("/broadcast/kiosk/{code}/recordings/{}?v={}", cast.lecture, cast.media.0),
            title: cast.title.clone(),
        })
        .collect();
    let told = Schedule {
        now: now.and_utc().timestamp_millis(),
        build: build(),
        every_s: EVERY_SECONDS,
        school,
        shows,
    };
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(told))
}

/// Sends the screen to the recording: to its signed address, fresh each time.
async fn recording(
    request: HttpRequest,
    db: Data<Db>,
    media: Data<Media>,
    path: Path<(Slug, LectureId)>,
) -> Reply {
    let (code, lecture) = path.into_inner();
    let code = code.as_str().to_owned();
    let (folder, flat) = db
        .read(move |conn| {
            let (school, _) = store::school_of_code(conn, &code)?;
            store::may_play(conn, school, lecture, clock::now())
        })
        .await?;
    match folder {
        Some(folder) => media::pages::answer(&media, &folder, "video.mp4"),
        None => media::pages::flat(&request, &media, &flat, Some("video/mp4")),
    }
}

#[derive(Deserialize)]
struct Played {
    screening: ScreeningId,
}

/// A screen says that it has played something to its end: counted, and proof of nothing for nobody.
async fn played(db: Data<Db>, code: Path<Slug>, said: Json<Played>) -> Reply {
    let (code, id) = (code.as_str().to_owned(), said.screening);
    let is_counted: Result<bool> = db
        .write(move |conn| {
            let (school, _) = store::school_of_code(conn, &code)?;
            store::count_play(conn, school, &code, id, clock::now())
        })
        .await;
    if is_counted? { Ok(HttpResponse::NoContent().finish()) } else { Err(Error::NotFound) }
}
