//! The pages of the broadcast: for everybody here, for organizers in `desk` and `days`, for schools in `school`, the coverage in
//! `coverage`, the screen of a school in `kiosk`, feeds and paper in `out`.
mod coverage;
mod days;
mod desk;
mod kiosk;
mod out;
mod school;

use super::store::{self, Plan, Showing, Span};
use super::{Channel, PlanState};
use crate::access::Access::Anyone;
use crate::clock::{self, Timestamp};
use crate::config::Config;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::lectures::{self, Card};
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get};
use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::web::{Data, Query};
use askama::Template;
use chrono::{Duration, NaiveDate};
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    let mut routes = vec![get("/broadcast", Anyone, index)];
    routes.extend(desk::routes());
    routes.extend(days::routes());
    routes.extend(coverage::routes());
    routes.extend(school::routes());
    routes.extend(kiosk::routes());
    routes.extend(out::routes());
    routes
}

/// The address of the portal as readers know it, for links that leave it: feeds and paper.
fn base(request: &HttpRequest, config: &Config) -> String {
    match &config.public_url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => {
            let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
            format!("http://{}", host.unwrap_or("localhost"))
        }
    }
}

/// The hour of a moment in the city.
fn hour(at: &Timestamp) -> String {
    clock::local(*at).format("%H:%M").to_string()
}

/// Showings on a page, and those that are named as under way.
const LINES: i64 = 30;
const NOW: i64 = 12;
/// Without a day that was asked for, the list goes so many days ahead.
const AHEAD_DAYS: i64 = 14;
/// No screening is longer.
const LONGEST_DAYS: i64 = 1;
/// Plans that the page shows.
const PLANS: i64 = 4;

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
struct ListQuery {
    page: Option<String>,
    day: String,
    q: String,
}

/// A public plan with its lectures.
struct Shown {
    plan: Plan,
    cards: Vec<Card>,
    /// Lectures for other channels than schools, with the channel.
    others: Vec<(Channel, String)>,
    cells: i64,
}

#[derive(Template)]
#[template(path = "broadcast/index.html")]
struct Index {
    page: Page,
    now: Vec<Showing>,
    coming: Vec<Showing>,
    paging: Paging,
    plans: Vec<Shown>,
    query: ListQuery,
    day: Option<NaiveDate>,
    may_plan: bool,
    may_hold: bool,
}

impl Index {
    fn load(conn: &mut Conn, page: Page, query: ListQuery, now: Timestamp) -> Result<Index> {
        let running = Span {
            from: now - Duration::days(LONGEST_DAYS),
            to: now + Duration::seconds(1),
            ends_after: now,
            ..Span::default()
        };
        let number = paging::number(&query.page);
        let asked = NaiveDate::parse_from_str(&query.day, "%Y-%m-%d");
        let (from, to) = match asked {
            Ok(day) => {
                let from = clock::midnight(day);
                (from, from + Duration::days(1))
            }
            Err(_) => (now, now + Duration::days(AHEAD_DAYS)),
        };
        let named: String = query.q.trim().chars().take(40).collect();
        let span = Span { from, to, ends_after: from, named, ..Span::default() };
        let mut coming = store::showings(conn, &span, (number - 1) * LINES, LINES + 1)?;
        let paging = Paging::cut(&page.path, number, &mut coming, LINES)?;
        let schools = store::count_schools(conn)?;
        let mut plans = vec![];
        for plan in store::plans(conn, Some(PlanState::Published), 0, PLANS)? {
            plans.push(shown(conn, plan, schools)?);
        }
        Ok(Index {
            now: store::showings(conn, &running, 0, NOW)?,
            may_plan: page.may(crate::access::Permission::PlanBroadcast),
            may_hold: page.may_hold_events(),
            page,
            coming,
            paging,
            plans,
            query,
            day: asked.ok(),
        })
    }
    fn hour(&self, at: &Timestamp) -> String {
        hour(at)
    }
    /// Whether the day of this showing is another one than of the one before.
    fn is_new_day(&self, place: &usize) -> bool {
        let day = |place: usize| self.coming.get(place).map(|one| clock::day(one.starts_at));
        *place == 0 || day(*place) != day(*place - 1)
    }
}

/// A plan with its lectures as they are shown to everybody.
fn shown(conn: &mut Conn, plan: Plan, schools: i64) -> Result<Shown> {
    let items = store::items(conn, plan.id)?;
    let for_schools: Vec<_> =
        items.iter().filter(|item| item.channel == Channel::School).map(|item| item.lecture).collect();
    let found = lectures::cards_of(conn, &for_schools)?;
    let cards = for_schools.iter().filter_map(|id| found.iter().find(|card| card.id == *id)).cloned();
    let others = items.iter().filter(|item| item.channel != Channel::School);
    Ok(Shown {
        cards: cards.collect(),
        others: others.map(|item| (item.channel, item.title.clone())).collect(),
        cells: plan.cells(schools),
        plan,
    })
}

async fn index(page: Page, db: Data<Db>, query: Query<ListQuery>) -> Reply {
    let query = query.into_inner();
    let view = db.read(move |conn| Index::load(conn, page, query, clock::now())).await?;
    reply::page(&view)
}
