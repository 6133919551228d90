//! The doors of watching: opening a play, beats, and start and finish without JavaScript.
use super::{Ask, BEAT_SECONDS, Beat, MOST_PIECES, Opening, Standing, Told, Watching};
use crate::access::Access::SignedIn;
use crate::access::Viewer;
use crate::accounts::sessions;
use crate::clock;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::{LectureId, MediaId, PersonId, digest, random_hex};
use crate::lang::Message;
use crate::msg;
use crate::web::metrics::Metrics;
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, post};
use crate::web::surround::is_from_elsewhere;
use actix_web::http::{Method, StatusCode, header};
use actix_web::web::{self, Bytes, Data, Form, Json, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use std::time::Instant;

pub fn routes() -> Vec<Route> {
    vec![
        post("/watch/open", SignedIn, open),
        post("/watch/start", SignedIn, start),
        post("/watch/finish", SignedIn, finish),
    ]
}

/// The largest beat, in bytes.
const LARGEST_BEAT: usize = 16 * 1024;

/// Mounts the door for beats outside the layers around pages: there are thousands a second, and each is judged by the
/// session and the play in the transaction that credits it.
pub fn mount(app: &mut ServiceConfig) {
    app.service(
        web::resource("/watch/beat")
            .app_data(web::PayloadConfig::new(LARGEST_BEAT))
            .route(web::post().to(beat)),
    );
}

#[derive(Deserialize)]
struct OpenAsk {
    lecture: LectureId,
    media: MediaId,
}

#[derive(Serialize)]
struct Opened {
    play: String,
    every_s: i32,
    length_s: i32,
    credited_s: i32,
    share: i32,
    threshold: i64,
    completed: bool,
    resume_ms: i32,
    runs: Vec<(i32, i32)>,
}

/// The name of a play: whose it is, and a key that nobody guesses.
fn name(person: PersonId, key: &str) -> String {
    format!("{:x}.{key}", person.0)
}

fn named(play: &str) -> Option<(PersonId, &str)> {
    let (person, key) = play.split_once('.')?;
    Some((PersonId(i64::from_str_radix(person, 16).ok()?), key))
}

/// The id of the session that a request shows, behind a door that let it in.
fn session(request: &HttpRequest) -> Result<String> {
    sessions::shown(request).ok_or(Error::SignIn)
}

/// Why nothing is credited to somebody alone for now.
fn in_group() -> Message {
    msg!(
        "您在一场集体收看的名单里，同一时间只在那里记一次。请等那一场结束再记；您不在现场的话，请主持人把您移出名单。"
    )
}

async fn open(
    request: HttpRequest,
    page: Page,
    viewer: Viewer,
    watching: Data<Watching>,
    ask: Json<OpenAsk>,
) -> Reply {
    let key = random_hex(16);
    let opening = Opening {
        person: viewer.person,
        account: viewer.account,
        is_acted: viewer.is_acting(),
        session: session(&request)?,
        lecture: ask.lecture,
        media: Some(ask.media),
        play: digest(&key),
        now: clock::now(),
    };
    let standing = match watching.send(Ask::Open(opening)).await? {
        Told::Standing(standing) => standing,
        Told::Replaced => {
            return Err(Error::Refused(msg!("这堂课换了新的录像，请刷新这一页再看。")));
        }
        Told::InGroup => return Err(Error::Refused(in_group())),
        _ => return Err(Error::NotFound),
    };
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(Opened {
        play: name(viewer.person, &key),
        every_s: BEAT_SECONDS,
        length_s: standing.length_s,
        credited_s: standing.seconds,
        share: standing.share,
        threshold: page.watched_share(),
        completed: standing.is_complete,
        resume_ms: standing.last_ms,
        runs: standing.runs,
    }))
}

#[derive(Deserialize)]
struct BeatAsk<'a> {
    play: &'a str,
    seq: i64,
    #[serde(default)]
    segs: Vec<(i64, i64)>,
    at_ms: i64,
}

#[derive(Serialize)]
struct BeatTold {
    ack: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    credited_s: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    share: Option<i32>,
    completed: bool,
    state: &'static str,
}

async fn beat(
    request: HttpRequest,
    watching: Data<Watching>,
    metrics: Data<Metrics>,
    body: Result<Bytes, actix_web::Error>,
) -> HttpResponse {
    let began = Instant::now();
    let mut response = match body {
        Ok(body) => told(&request, &watching, &body).await,
        Err(_) => HttpResponse::PayloadTooLarge().finish(),
    };
    for (name, value) in [(header::X_CONTENT_TYPE_OPTIONS, "nosniff"), (header::CACHE_CONTROL, "no-store")] {
        response.headers_mut().insert(name, header::HeaderValue::from_static(value));
    }
    metrics.count(&Method::POST, "/watch/beat", response.status().as_u16(), began.elapsed());
    response
}

async fn told(request: &HttpRequest, watching: &Watching, body: &[u8]) -> HttpResponse {
    if is_from_elsewhere(request) {
        return HttpResponse::Forbidden().finish();
    }
    let Ok(ask) = serde_json::from_slice::<BeatAsk<'_>>(body) else {
        return HttpResponse::BadRequest().finish();
    };
    let Some(session) = sessions::shown(request) else {
        return HttpResponse::Unauthorized().finish();
    };
    let Some((person, key)) = named(ask.play) else {
        return HttpResponse::BadRequest().finish();
    };
    let mut pieces = ask.segs;
    pieces.truncate(MOST_PIECES);
    let seq = ask.seq;
    let beat =
        Beat { person, play: digest(key), session, seq, pieces, place_ms: ask.at_ms, now: clock::now() };
    let state = match watching.send(Ask::Beat(beat)).await {
        Ok(Told::Standing(standing)) => {
            return HttpResponse::Ok().json(BeatTold {
                ack: seq,
                credited_s: Some(standing.seconds),
                share: Some(standing.share),
                completed: standing.is_complete,
                state: "ok",
            });
        }
        Ok(Told::SignedOut) => return HttpResponse::Unauthorized().finish(),
        Ok(Told::TakenOver) => "taken_over",
        Ok(_) => "ended",
        Err(Error::Busy | Error::Unavailable(_)) => {
            return HttpResponse::ServiceUnavailable().insert_header((header::RETRY_AFTER, "15")).finish();
        }
        Err(error) => {
            tracing::error!(%error, "a beat was not kept");
            return HttpResponse::build(StatusCode::INTERNAL_SERVER_ERROR).finish();
        }
    };
    HttpResponse::Ok().json(BeatTold { ack: seq, credited_s: None, share: None, completed: false, state })
}

#[derive(Deserialize)]
struct LectureForm {
    lecture: LectureId,
}

async fn start(request: HttpRequest, viewer: Viewer, db: Data<Db>, form: Form<LectureForm>) -> Reply {
    let opening = Opening {
        person: viewer.person,
        account: viewer.account,
        is_acted: viewer.is_acting(),
        session: session(&request)?,
        lecture: form.lecture,
        media: None,
        // Nobody has the key of a play that is finished by a form.
        play: digest(&random_hex(16)),
        now: clock::now(),
    };
    match db.write(move |conn| super::begin(conn, &opening)).await? {
        Told::Standing(_) => reply::see(format!("/lectures/{}?done=watch-started#watched", form.lecture)),
        Told::InGroup => Err(Error::Refused(in_group())),
        _ => Err(Error::NotFound),
    }
}

async fn finish(request: HttpRequest, viewer: Viewer, db: Data<Db>, form: Form<LectureForm>) -> Reply {
    let (session, lecture) = (session(&request)?, form.lecture);
    let told =
        db.write(move |conn| super::finish(conn, viewer.person, &session, lecture, clock::now())).await?;
    let done = match told {
        Told::Standing(Standing { is_complete: true, .. }) => "watch-completed",
        Told::Standing(_) => "watch-counted",
        Told::InGroup => return Err(Error::Refused(in_group())),
        // Also if it was started on another device.
        _ => return Err(Error::Refused(msg!("没有找到开始的记录：可能中途开了别的课。请重新点“开始”。"))),
    };
    reply::see(format!("/lectures/{lecture}?done={done}#watched"))
}
