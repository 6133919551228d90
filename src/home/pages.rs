//! The first page, and the size of the city beside it.
use super::store::{self, Figures};
use crate::access::Access::Anyone;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::lectures::{self, Card, Instructor, Topic};
use crate::web::kept::Kept;
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get};
use actix_web::web::Data;
use askama::Template;
use std::sync::Arc;

pub fn routes() -> Vec<Route> {
    vec![get("/", Anyone, index).kept(&[])]
}

/// What stands on the first page, the same for everybody of a kind. The figures are counted at most every ten minutes
/// (`web::parts`): counting a roster costs more than the whole page, and it changes by a few a day.
struct Contents {
    topics: Vec<Topic>,
    newest: Vec<Card>,
    gold: Vec<Instructor>,
    figures: Figures,
    total: i64,
}

impl Contents {
    fn load(conn: &mut Conn, is_signed_in: bool, is_elder: bool) -> Result<Contents> {
        Ok(Contents {
            topics: lectures::topics(conn)?,
            newest: lectures::newest(conn, is_signed_in, if is_elder { 4 } else { 9 })?,
            gold: lectures::gold_instructors(conn, clock::day(clock::now()))?,
            figures: store::figures(conn)?,
            total: lectures::count(conn, &lectures::Filter { is_signed_in, ..lectures::Filter::default() })?,
        })
    }
    fn cards(&self) -> &[Card] {
        self.newest.get(1..).unwrap_or_default()
    }
}

#[derive(Template)]
#[template(path = "home/index.html")]
struct Index {
    page: Page,
    contents: Arc<Contents>,
}

async fn index(page: Page, db: Data<Db>, kept: Data<Kept>) -> Reply {
    if !page.site.is_set_up {
        return reply::see("/setup");
    }
    let (is_signed_in, is_elder) = (page.viewer.is_some(), page.is_elder());
    let name = format!("home {is_signed_in} {is_elder}");
    let contents = kept.part(&db, name, move |conn| Contents::load(conn, is_signed_in, is_elder)).await?;
    reply::page(&Index { page, contents })
}
