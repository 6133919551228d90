//! What is erased when its time is over: each rule, how many rows are due, when it ran, and the log of what went.
use super::super::{self as rights, Due, Run, retention, store};
use crate::clock;
use crate::db::Db;
use crate::site::Setting;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use actix_web::web::{Data, Query};
use askama::Template;
use serde::Deserialize;

/// Lines of the log on a page.
const LINES: i64 = 30;

#[derive(Deserialize)]
pub(super) struct PageQuery {
    page: Option<String>,
}

#[derive(Template)]
#[template(path = "rights/retention.html")]
struct Index {
    page: Page,
    rules: Vec<Due>,
    log: Vec<Run>,
    paging: Paging,
    may_propose: bool,
}

impl Index {
    fn about(&self, setting: &Setting) -> String {
        self.page.say(&retention::about(*setting))
    }
    fn name(&self, run: &Run) -> String {
        Setting::of(&run.rule).map_or_else(|| run.rule.clone(), |setting| self.page.say(&setting.words()))
    }
}

pub(super) async fn index(page: Page, db: Data<Db>, query: Query<PageQuery>) -> Reply {
    let number = paging::number(&query.page);
    let view = db.read_long(move |conn| {
        let mut log = store::history(conn, (number - 1) * LINES, LINES + 1)?;
        let paging = Paging::cut(&page.path, number, &mut log, LINES)?;
        let may_propose = page.may(crate::access::Permission::DecideSettings);
        Ok(Index { rules: rights::due(conn, clock::now())?, page, log, paging, may_propose })
    });
    reply::page(&view.await?)
}
