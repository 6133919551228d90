//! The record of having finished: as it is printed, and as anybody may check it.
use super::hours;
use crate::access::Viewer;
use crate::accounts::factor::picture;
use crate::config::Config;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::RecordId;
use crate::study::finish::{grouped, plain_code};
use crate::study::store::{self, Record};
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::{Data, Path};
use askama::Template;

#[derive(Template)]
#[template(path = "study/record.html")]
struct Show {
    page: Page,
    record: Record,
    address: String,
    qr: String,
}

impl Show {
    fn code(&self) -> String {
        grouped(&self.record.code)
    }
    fn hours(&self) -> String {
        hours(self.record.quarters)
    }
    fn day(&self) -> String {
        chinese_day(&self.record)
    }
}

/// The day as it is printed, in Chinese whatever the reader's language: the record itself is a Chinese document.
fn chinese_day(record: &Record) -> String {
    record.finished_on.format("%Y 年 %-m 月 %-d 日").to_string()
}

pub(super) async fn show(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    config: Data<Config>,
    request: HttpRequest,
    id: Path<RecordId>,
) -> Reply {
    let id = *id;
    let record = db.read(move |conn| store::record(conn, id)).await?;
    if record.person != viewer.person {
        return Err(Error::NotFound);
    }
    let base = match &config.public_url {
        Some(url) => url.clone(),
        None => {
            let place = request.connection_info();
            format!("{}://{}", place.scheme(), place.host())
        }
    };
    let address = format!("{base}/v/{}", grouped(&record.code));
    let qr = picture(&address)?;
    reply::page(&Show { page, record, address, qr })
}

#[derive(Template)]
#[template(path = "study/verify.html")]
struct Verify {
    page: Page,
    record: Option<Record>,
    typed: String,
}

impl Verify {
    fn hours(&self, record: &Record) -> String {
        hours(record.quarters)
    }
    fn day(&self, record: &Record) -> String {
        self.page.day(&record.finished_on)
    }
}

/// Whoever holds the paper learns what stands on it, and nothing else. Search engines are told to keep away.
pub(super) async fn verify(page: Page, db: Data<Db>, typed: Path<String>) -> Reply {
    let typed = typed.into_inner();
    let found: Result<Option<Record>> = match plain_code(&typed) {
        Some(code) => db.read(move |conn| store::record_by_code(conn, &code)).await,
        None => Ok(None),
    };
    let record = found?;
    let status = if record.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let typed = typed.chars().take(40).collect();
    let mut answer = reply::html(status, &Verify { page, record, typed })?;
    answer
        .headers_mut()
        .insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow"));
    Ok(answer)
}
