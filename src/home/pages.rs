//! The first page, and the size of the city beside it.
use super::store::{self, Figures};
use crate::access::Access::Anyone;
use crate::clock::{self, Timestamp};
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::lectures::{self, Card, Instructor, Topic};
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get};
use actix_web::web::Data;
use askama::Template;
use chrono::Duration;
use std::sync::Mutex;

pub fn routes() -> Vec<Route> {
    vec![get("/", Anyone, index).kept(&[])]
}

/// The figures as last counted. Counting a roster costs more than the whole page, and it changes by a few a day.
#[derive(Default)]
pub struct Counted(Mutex<Option<(Timestamp, Figures)>>);

impl Counted {
    fn get(&self, conn: &mut Conn, now: Timestamp) -> Result<Figures> {
        let known = self.0.lock().map(|known| known.clone()).unwrap_or_default();
        if let Some((at, figures)) = known
            && now - at < Duration::minutes(10)
        {
            return Ok(figures);
        }
        let figures = store::figures(conn)?;
        if let Ok(mut known) = self.0.lock() {
            *known = Some((now, figures.clone()));
        }
        Ok(figures)
    }
}

#[derive(Template)]
#[template(path = "home/index.html")]
struct Index {
    page: Page,
    topics: Vec<Topic>,
    newest: Vec<Card>,
    gold: Vec<Instructor>,
    figures: Figures,
    total: i64,
}

impl Index {
    fn load(conn: &mut Conn, page: Page, counted: &Counted) -> Result<Index> {
        let is_signed_in = page.viewer.is_some();
        let now = clock::now();
        Ok(Index {
            topics: lectures::topics(conn)?,
            newest: lectures::newest(conn, is_signed_in, if page.is_elder() { 4 } else { 9 })?,
            gold: lectures::gold_instructors(conn, clock::day(now))?,
            figures: counted.get(conn, now)?,
            total: lectures::count(conn, &lectures::Filter { is_signed_in, ..lectures::Filter::default() })?,
            page,
        })
    }
    fn cards(&self) -> &[Card] {
        self.newest.get(1..).unwrap_or_default()
    }
}

async fn index(page: Page, db: Data<Db>, counted: Data<Counted>) -> Reply {
    if !page.site.is_set_up {
        return reply::see("/setup");
    }
    let view = db.read(move |conn| Index::load(conn, page, &counted)).await?;
    reply::page(&view)
}
