//! The own calendar: as a page, as one event for a telephone, and under a private address that calendars ask again and again.
use super::super::{Dated, Feeds, State, store};
use super::base;
use crate::access::Access::{Anyone, Oneself, SignedIn};
use crate::access::Viewer;
use crate::audit::Action;
use crate::clock::{self, Timestamp};
use crate::config::Config;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{EventId, PersonId};
use crate::lang::Lang;
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::Duration;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/events/{event}/event.ics", SignedIn, one),
        get("/me/calendar", Oneself, show),
        post("/me/calendar/renew", Oneself, renew),
        get("/calendar/{feed}", Anyone, feed),
    ]
}

/// What a calendar holds: so many days back and ahead, and so many events.
const BACK_DAYS: i64 = 90;
const AHEAD_DAYS: i64 = 400;
const MOST: usize = 500;
/// Events that the page lists.
const SHOWN: usize = 100;

/// A file for calendars. Nobody but the reader keeps it, and nobody finds it by searching.
fn file(text: String, name: &str) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/calendar; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "private, no-cache"))
        .insert_header(("x-robots-tag", "noindex, nofollow"))
        .insert_header((header::CONTENT_DISPOSITION, format!("inline; filename=\"{name}\"")))
        .body(text)
}

async fn one(
    request: HttpRequest,
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    feeds: Data<Feeds>,
    config: Data<Config>,
    id: Path<EventId>,
) -> Reply {
    let id = *id;
    let dated = db
        .read(move |conn| {
            super::super::visible(conn, &viewer, id)?;
            let waits = store::enrolment(conn, id, viewer.person)?.as_deref() == Some("waitlisted");
            store::dated(conn, &[(id, waits)], 1)
        })
        .await?;
    let title = dated.first().map(|one| one.event.title.clone()).unwrap_or_default();
    let text = feeds.write(&dated, &title, &base(&request, &config), page.manner.lang);
    Ok(file(text, &format!("event-{id}.ics")))
}

#[derive(Template)]
#[template(path = "events/calendar.html")]
struct Show {
    page: Page,
    coming: Vec<Dated>,
    now: Timestamp,
    /// The private address, and the same for programs that ask to subscribe.
    address: String,
    subscribe: String,
}

impl Show {
    fn phase(&self, one: &Dated) -> State {
        one.event.phase(self.now)
    }
}

fn coming(conn: &mut Conn, person: PersonId, now: Timestamp) -> Result<Vec<Dated>> {
    let span = (now - Duration::days(1), now + Duration::days(AHEAD_DAYS));
    let mut all = store::own(conn, person, span, SHOWN)?;
    all.retain(|one| one.event.ends_at > now);
    Ok(all)
}

async fn show(
    request: HttpRequest,
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    feeds: Data<Feeds>,
    config: Data<Config>,
) -> Reply {
    let (now, person) = (clock::now(), viewer.person);
    let (coming, generation) =
        db.read(move |conn| Ok((coming(conn, person, now)?, store::generation(conn, person)?))).await?;
    let address = format!("{}/calendar/{}.ics", base(&request, &config), feeds.name(person, generation));
    let subscribe = match address.split_once("://") {
        Some((_, rest)) => format!("webcal://{rest}"),
        None => address.clone(),
    };
    reply::page(&Show { page, coming, now, address, subscribe })
}

async fn renew(page: Page, viewer: Viewer, db: Data<Db>) -> Reply {
    let doer = page.doer();
    db.write(move |conn| {
        store::renew(conn, viewer.person)?;
        doer.did(conn, Action::FeedRenewed, ("person", viewer.person.0), clock::now())
    })
    .await?;
    reply::see("/me/calendar?done=feed-renewed")
}

/// The calendar of whoever this address belongs to. Who knows it reads it: calendars cannot sign in.
async fn feed(
    request: HttpRequest,
    db: Data<Db>,
    feeds: Data<Feeds>,
    config: Data<Config>,
    name: Path<String>,
) -> Reply {
    let name = name.strip_suffix(".ics").ok_or(Error::NotFound)?.to_owned();
    let person = Feeds::person(&name).ok_or(Error::NotFound)?;
    let now = clock::now();
    let keys = feeds.clone();
    let (dated, owner) = db
        .read(move |conn| {
            let generation = store::generation(conn, person)?;
            if !keys.is_name(&name, person, generation) || !store::has_account(conn, person)? {
                return Err(Error::NotFound);
            }
            let span = (now - Duration::days(BACK_DAYS), now + Duration::days(AHEAD_DAYS));
            Ok((store::own(conn, person, span, MOST)?, store::name_of(conn, person)?))
        })
        .await?;
    let text = feeds.write(&dated, &format!("微党校 {owner}"), &base(&request, &config), Lang::Zh);
    Ok(file(text, "weixiao.ics"))
}
