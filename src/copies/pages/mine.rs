//! One's own copies: what one has, who handed it out and who recorded that. While a clerk acts they are the member's.
use crate::access::Viewer;
use crate::copies::{self, Own};
use crate::db::Db;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use actix_web::web::{Data, Query};
use askama::Template;
use serde::Deserialize;

/// Copies on a page.
const LINES: i64 = 30;

#[derive(Deserialize)]
pub(super) struct PageQuery {
    page: Option<String>,
}

#[derive(Template)]
#[template(path = "copies/mine.html")]
struct Mine {
    page: Page,
    /// The copy, who recorded it, who signed for it.
    rows: Vec<(Own, String, Option<String>)>,
    paging: Paging,
}

pub(super) async fn index(page: Page, viewer: Viewer, db: Data<Db>, query: Query<PageQuery>) -> Reply {
    let number = paging::number(&query.page);
    let view = db.read(move |conn| {
        let mut rows = copies::own(conn, viewer.person, (number - 1) * LINES, LINES + 1)?;
        let paging = Paging::cut(&page.path, number, &mut rows, LINES)?;
        Ok(Mine { page, rows, paging })
    });
    reply::page(&view.await?)
}
