//! What leaves the portal: feeds for programs, and paper to put up.
use super::{base, hour};
use crate::access::Access::Anyone;
use crate::accounts::factor;
use crate::broadcast::atom::{self, Entry, Feed};
use crate::broadcast::store::{self, Showing, Span};
use crate::broadcast::{Channel, PlanState};
use crate::clock::{self, Timestamp};
use crate::config::Config;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::ids::{LectureId, SchoolId};
use crate::lectures::{self, Card};
use crate::schools::{self, School};
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get};
use actix_web::http::header;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::Duration;
use serde::Deserialize;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/feeds/lectures.atom", Anyone, lecture_feed),
        get("/feeds/broadcast.atom", Anyone, broadcast_feed),
        get("/broadcast/posters/{lecture}", Anyone, poster),
        get("/broadcast/schools/{school}/sheet", Anyone, sheet),
    ]
}

/// Entries of a feed, and showings on a sheet.
const ENTRIES: i64 = 30;
const LINES: i64 = 60;
/// How far ahead paper looks, in days.
const AHEAD_DAYS: i64 = 60;

fn feed(text: String) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/atom+xml; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .body(text)
}

/// Who speaks in a feed.
fn author(page: &Page) -> String {
    match page.site.organizer.is_empty() {
        true => "微党校".into(),
        false => page.site.organizer.clone(),
    }
}

async fn lecture_feed(request: HttpRequest, page: Page, db: Data<Db>, config: Data<Config>) -> Reply {
    let base = base(&request, &config);
    let (news, cards) = db
        .read(|conn| {
            let news = lectures::news(conn, ENTRIES)?;
            let ids: Vec<LectureId> = news.iter().map(|one| one.id).collect();
            Ok((news, lectures::cards_of(conn, &ids)?))
        })
        .await?;
    let entries = news
        .into_iter()
        .filter_map(|one| {
            let card = cards.iter().find(|card| card.id == one.id)?;
            let link = format!("{base}/lectures/{}", one.id);
            let mut enclosures = vec![(format!("{link}/video.mp4"), "video/mp4")];
            if one.has_sound.unwrap_or(true) {
                enclosures.push((format!("{link}/audio.m4a"), "audio/mp4"));
            }
            Some(Entry {
                title: card.title.clone(),
                summary: one.summary,
                at: one.published_at.unwrap_or_default(),
                authors: card.by.iter().map(|by| by.name.clone()).collect(),
                enclosures,
                link,
            })
        })
        .collect();
    Ok(feed(atom::write(&Feed {
        title: format!("微党课 · {}", page.site.city),
        own: format!("{base}/feeds/lectures.atom"),
        page: format!("{base}/lectures"),
        author: author(&page),
        entries,
        made: clock::now(),
    })))
}

async fn broadcast_feed(request: HttpRequest, page: Page, db: Data<Db>, config: Data<Config>) -> Reply {
    let base = base(&request, &config);
    let plans = db
        .read(|conn| {
            let mut told = vec![];
            for plan in store::plans(conn, Some(PlanState::Published), 0, ENTRIES)? {
                let items = store::items(conn, plan.id)?;
                let mut titles: Vec<String> = items
                    .into_iter()
                    .filter(|item| item.channel == Channel::School)
                    .map(|item| item.title)
                    .collect();
                titles.dedup();
                told.push((plan, titles));
            }
            Ok(told)
        })
        .await?;
    let entries = plans
        .into_iter()
        .map(|(plan, titles)| Entry {
            link: format!("{base}/broadcast#plan-{}", plan.id),
            summary: format!(
                "{} 到 {}。{}{}",
                plan.from_day,
                plan.last_day(),
                plan.about,
                titles.iter().map(|title| format!("《{title}》")).collect::<String>()
            ),
            at: plan.published_at.unwrap_or_default(),
            title: plan.title,
            authors: vec![],
            enclosures: vec![],
        })
        .collect();
    Ok(feed(atom::write(&Feed {
        title: format!("展播 · {}", page.site.city),
        own: format!("{base}/feeds/broadcast.atom"),
        page: format!("{base}/broadcast"),
        author: author(&page),
        entries,
        made: clock::now(),
    })))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct PosterQuery {
    /// Only the showings of this school.
    school: String,
}

#[derive(Template)]
#[template(path = "broadcast/poster.html")]
struct Poster {
    page: Page,
    card: Card,
    summary: String,
    address: String,
    picture: String,
    rows: Vec<Showing>,
}

impl Poster {
    fn hour(&self, at: &Timestamp) -> String {
        hour(at)
    }
}

/// Showings on a poster.
const ON_POSTER: i64 = 5;

async fn poster(
    request: HttpRequest,
    page: Page,
    db: Data<Db>,
    config: Data<Config>,
    id: Path<LectureId>,
    query: Query<PosterQuery>,
) -> Reply {
    let (id, base) = (*id, base(&request, &config));
    let school = query.school.parse().ok().map(SchoolId);
    let is_signed_in = page.viewer.is_some();
    let (card, summary, rows) = db
        .read(move |conn| {
            let now = clock::now();
            let lecture = lectures::shown(conn, id, is_signed_in)?;
            let card = lectures::cards_of(conn, &[id])?.pop().ok_or(crate::error::Error::NotFound)?;
            let span = Span {
                from: now,
                to: now + Duration::days(AHEAD_DAYS),
                ends_after: now,
                lecture: Some(id),
                school,
                ..Span::default()
            };
            let count = if school.is_some() { 1 } else { ON_POSTER };
            Ok((card, lecture.summary, store::showings(conn, &span, 0, count)?))
        })
        .await?;
    let address = format!("{base}/lectures/{id}");
    let picture = factor::picture(&address)?;
    reply::page(&Poster { page, card, summary, address, picture, rows })
}

#[derive(Template)]
#[template(path = "broadcast/sheet.html")]
struct Sheet {
    page: Page,
    school: School,
    rows: Vec<Showing>,
    address: String,
    picture: String,
}

impl Sheet {
    fn load(conn: &mut Conn, page: Page, id: SchoolId, base: &str) -> Result<Sheet> {
        let now = clock::now();
        let school = schools::school(conn, id)?;
        let span = Span {
            from: now - Duration::days(1),
            to: now + Duration::days(AHEAD_DAYS),
            ends_after: now,
            school: Some(id),
            ..Span::default()
        };
        let address = format!("{base}/broadcast/schools/{id}");
        Ok(Sheet {
            rows: store::showings(conn, &span, 0, LINES)?,
            picture: factor::picture(&address)?,
            page,
            school,
            address,
        })
    }
    fn hour(&self, at: &Timestamp) -> String {
        hour(at)
    }
}

async fn sheet(
    request: HttpRequest,
    page: Page,
    db: Data<Db>,
    config: Data<Config>,
    id: Path<SchoolId>,
) -> Reply {
    let (id, base) = (*id, base(&request, &config));
    let view = db.read(move |conn| Sheet::load(conn, page, id, &base)).await?;
    reply::page(&view)
}
