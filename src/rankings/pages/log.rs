//! The log of publications, for readers and for programs.
use super::PageQuery;
use crate::access::Access::Anyone;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::lang::Message;
use crate::msg;
use crate::rankings::document::{LOG_FORMAT, canonical};
use crate::rankings::log::{Entry, Event, Head};
use crate::rankings::store;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get};
use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, Query};
use askama::Template;
use serde::Deserialize;
use serde_json::json;

pub fn routes() -> Vec<Route> {
    vec![get("/rankings/log", Anyone, index).kept(&["page"]), get("/rankings/log.json", Anyone, whole)]
}

/// Entries on a page, and in one answer for programs.
const LINES: i64 = 30;
const PART: i64 = 2_000;

#[derive(Template)]
#[template(path = "rankings/log.html")]
struct Log {
    page: Page,
    entries: Vec<Entry>,
    head: Option<Head>,
    key: String,
    paging: Paging,
}

impl Log {
    fn load(conn: &mut Conn, page: Page, number: i64) -> Result<Log> {
        let head = store::head(conn)?;
        let total = head.as_ref().map_or(0, |head| head.seq);
        let paging = Paging::new(&page.path, number, total, LINES)?;
        let entries = store::entries(conn, total - (number - 1) * LINES, LINES, true)?;
        let key = entries.first().map(|entry| entry.key.clone()).unwrap_or_default();
        Ok(Log { page, entries, head, key, paging })
    }
    fn words(&self, event: &Event) -> String {
        self.page.say(&words(*event))
    }
    fn tag(&self, event: &Event) -> &'static str {
        match event {
            Event::Provisional => "wait",
            Event::Final => "done",
            Event::Superseded => "plain",
            Event::Withdrawn | Event::Restored => "bad",
        }
    }
}

fn words(event: Event) -> Message {
    match event {
        Event::Provisional => msg!("开始公示"),
        Event::Final => msg!("正式结果"),
        Event::Superseded => msg!("已被新版取代"),
        Event::Withdrawn => msg!("已撤回"),
        Event::Restored => msg!("恢复备份后接着记"),
    }
}

async fn index(page: Page, db: Data<Db>, query: Query<PageQuery>) -> Reply {
    let number = paging::number(&query.page);
    let view = db.read(move |conn| Log::load(conn, page, number)).await?;
    reply::page(&view)
}

#[derive(Deserialize)]
struct FromQuery {
    from: Option<String>,
}

async fn whole(db: Data<Db>, query: Query<FromQuery>) -> Reply {
    let from =
        query.from.as_deref().and_then(|from| from.parse().ok()).filter(|from| *from >= 1).unwrap_or(1);
    let (mut entries, key) = db
        .read_long(move |conn| {
            let entries = store::entries(conn, from, PART + 1, false)?;
            let newest = store::head(conn)?.map_or(0, |head| head.seq);
            let key = store::entries(conn, newest, 1, true)?.pop().map(|entry| entry.key);
            Ok((entries, key.unwrap_or_default()))
        })
        .await?;
    let next = (entries.len() as i64 > PART).then_some(from + PART);
    entries.truncate(PART as usize);
    let entries: Vec<_> = entries.iter().map(Entry::to_value).collect();
    let body = canonical(
        &json!({"format": LOG_FORMAT, "key": key, "from": from, "next": next, "entries": entries}),
    )?;
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(body))
}
