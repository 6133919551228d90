//! The work under way, for administrators.
use super::{Kind, Row, State};
use crate::access::Permission::SeeAdmin;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::lang;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get};
use actix_web::web::{Data, Query};
use askama::Template;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    vec![get("/admin/jobs", SeeAdmin, index)]
}

/// Jobs on a page.
const LINES: i64 = 30;

#[derive(Template)]
#[template(path = "jobs/index.html")]
struct Index {
    page: Page,
    rows: Vec<Row>,
    unfinished: i64,
    paging: Paging,
}

#[derive(Deserialize)]
struct PageQuery {
    page: Option<String>,
}

impl Index {
    fn load(conn: &mut Conn, page: Page, number: i64) -> Result<Index> {
        let mut rows = super::newest(conn, (number - 1) * LINES, LINES + 1)?;
        let paging = Paging::cut(&page.path, number, &mut rows, LINES)?;
        Ok(Index { unfinished: super::unfinished(conn)?, page, rows, paging })
    }
    fn kind(&self, kind: &Kind) -> String {
        self.page.say(&kind.words())
    }
    fn state(&self, state: &State) -> String {
        self.page.say(&state.words())
    }
    /// A sentence about the file, or what the log says too.
    fn problem(&self, row: &Row) -> String {
        lang::kept(&row.problem, self.page.manner.lang)
    }
    fn tag(&self, state: &State) -> &'static str {
        match state {
            State::Queued => "wait",
            State::Running => "info",
            State::Done => "done",
            State::Failed => "bad",
            State::Cancelled => "plain",
        }
    }
}

async fn index(page: Page, db: Data<Db>, query: Query<PageQuery>) -> Reply {
    let number = paging::number(&query.page);
    let view = db.read(move |conn| Index::load(conn, page, number)).await?;
    reply::page(&view)
}
