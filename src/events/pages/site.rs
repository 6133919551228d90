//! The code on a screen in the room, and the way to the check-in as a picture. The picture holds no code: whoever passes it
//! on passes on an address that everybody knows.
use super::super::{Event, codes, store};
use super::base;
use crate::access::Access::Oneself;
use crate::access::Viewer;
use crate::accounts::factor;
use crate::clock;
use crate::config::Config;
use crate::db::Db;
use crate::ids::EventId;
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get};
use actix_web::HttpRequest;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::web::{Data, Path};
use askama::Template;

pub(super) fn routes() -> Vec<Route> {
    vec![get("/events/{event}/codes", Oneself, show)]
}

#[derive(Template)]
#[template(path = "events/codes.html")]
struct Show {
    page: Page,
    event: Event,
    /// Whether members check in now; the code is shown only then.
    is_open: bool,
    /// Two halves of three digits.
    code: (String, String),
    /// Seconds until the next one.
    left: i64,
    address: String,
    /// The address as a picture.
    picture: String,
    /// How many have taken part so far.
    counting: usize,
}

impl Show {
    /// From how many minutes before the beginning it is open.
    fn early(&self) -> i64 {
        super::super::EARLY_MINUTES
    }
}

async fn show(
    request: HttpRequest,
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    config: Data<Config>,
    id: Path<EventId>,
) -> Reply {
    let id = *id;
    let address = format!("{}/events/{id}/check-in", base(&request, &config));
    let picture = factor::picture(&address)?;
    let view = db
        .read(move |conn| {
            let event = super::super::held(conn, &viewer, id)?;
            let now = clock::now();
            let (code, left) = codes::shown(&store::code_key(conn, id)?, now);
            Ok(Show {
                is_open: codes::is_open(&event, now),
                code: (code[..3].to_owned(), code[3..].to_owned()),
                counting: store::counting(conn, id)?,
                page,
                event,
                left,
                address,
                picture,
            })
        })
        .await?;
    let mut reply = reply::page(&view)?;
    reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(reply)
}
