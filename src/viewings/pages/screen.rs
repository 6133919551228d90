//! What the screen sends: the beginning of a play, beats, and start and finish without JavaScript. The protocol is that of
//! single viewing (docs/watching.en.md), for one viewing at its own address.
use super::session;
use crate::access::Permission::HoldEvents;
use crate::access::Viewer;
use crate::clock;
use crate::db::Db;
use crate::ids::{EventId, digest, random_hex};
use crate::viewings::{self, Beat};
use crate::watching::{BEAT_SECONDS, MOST_PIECES, Told};
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, post};
use actix_web::http::header;
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

pub(super) fn routes() -> Vec<Route> {
    vec![
        post("/viewings/{event}/play", HoldEvents, play),
        post("/viewings/{event}/beat", HoldEvents, beat),
        post("/viewings/{event}/start", HoldEvents, start),
        post("/viewings/{event}/finish", HoldEvents, finish),
    ]
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

async fn play(request: HttpRequest, page: Page, viewer: Viewer, db: Data<Db>, id: Path<EventId>) -> Reply {
    let (id, session, key) = (*id, session(&request)?, random_hex(16));
    let name = digest(&key);
    let standing = db
        .write(move |conn| viewings::play(conn, &viewer, id, (&session, &name), false, clock::now()))
        .await?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(Opened {
        play: key,
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
struct BeatAsk {
    play: String,
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
    viewer: Viewer,
    db: Data<Db>,
    id: Path<EventId>,
    ask: Json<BeatAsk>,
) -> Reply {
    let (id, ask) = (*id, ask.into_inner());
    let mut pieces = ask.segs;
    pieces.truncate(MOST_PIECES);
    let seq = ask.seq;
    let sent =
        Beat { play: digest(&ask.play), session: session(&request)?, seq, pieces, place_ms: ask.at_ms };
    let told = db.write(move |conn| viewings::beat(conn, &viewer, id, &sent, clock::now())).await?;
    let state = match told {
        Told::Standing(standing) => {
            return Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(
                BeatTold {
                    ack: seq,
                    credited_s: Some(standing.seconds),
                    share: Some(standing.share),
                    completed: standing.is_complete,
                    state: "ok",
                },
            ));
        }
        Told::SignedOut | Told::TakenOver => "taken_over",
        _ => "ended",
    };
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(BeatTold {
        ack: seq,
        credited_s: None,
        share: None,
        completed: false,
        state,
    }))
}

async fn start(request: HttpRequest, viewer: Viewer, db: Data<Db>, id: Path<EventId>) -> Reply {
    let (id, session) = (*id, session(&request)?);
    // Nobody has the key of a play that is finished by a form.
    let name = digest(&random_hex(16));
    db.write(move |conn| viewings::play(conn, &viewer, id, (&session, &name), true, clock::now())).await?;
    reply::see(format!("/viewings/{id}?done=watch-started#screen"))
}

async fn finish(request: HttpRequest, viewer: Viewer, db: Data<Db>, id: Path<EventId>) -> Reply {
    let (id, session) = (*id, session(&request)?);
    let standing = db.write(move |conn| viewings::finish(conn, &viewer, id, &session, clock::now())).await?;
    let done = if standing.is_complete { "watch-completed" } else { "watch-counted" };
    reply::see(format!("/viewings/{id}?done={done}#screen"))
}
