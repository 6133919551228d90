//! The own history, by kind, and all of it as a file.
use crate::access::Viewer;
use crate::audit::Action;
use crate::clock;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::msg;
use crate::study::export::{self, Fact, FactKind};
use crate::study::store;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::sheet;
use actix_web::web::{Data, Form, Query};
use askama::Template;
use serde::Deserialize;

/// Facts on a page.
const ROWS: i64 = 30;

#[derive(Template)]
#[template(path = "study/history.html")]
struct History {
    page: Page,
    kind: FactKind,
    facts: Vec<Fact>,
    paging: Paging,
}

impl History {
    fn kinds(&self) -> &'static [FactKind] {
        FactKind::ALL
    }
    fn is_kind(&self, kind: &FactKind) -> bool {
        self.kind == *kind
    }
    /// The address where a matter about this fact is brought.
    fn case(&self, fact: &Fact) -> Option<String> {
        let kind = fact.kind.case().filter(|_| fact.status != "reversed" && fact.status != "withdrawn")?;
        Some(format!("/me/cases/new?about={kind}&id={}", fact.id))
    }
    fn tag(&self, fact: &Fact) -> &'static str {
        match fact.status.as_str() {
            "online" | "group" | "visit" | "present" | "remote" | "home_visit" | "makeup" | "passed"
            | "stated" | "valid" | "completed" | "confirmed" | "attended" => " tag--done",
            "late" | "left_early" | "waitlisted" | "requested" => " tag--wait",
            _ => "",
        }
    }
    fn title(&self, fact: &Fact) -> String {
        if fact.title.is_empty() { self.page.say(&fact.words()) } else { fact.title.clone() }
    }
    fn amount(&self, fact: &Fact) -> String {
        fact.amount().map(|words| self.page.say(&words)).unwrap_or_default()
    }
}

#[derive(Deserialize)]
pub(super) struct HistoryQuery {
    #[serde(default)]
    kind: String,
    page: Option<String>,
}

pub(super) async fn index(page: Page, viewer: Viewer, db: Data<Db>, query: Query<HistoryQuery>) -> Reply {
    let kind = FactKind::of(&query.kind).unwrap_or(FactKind::Lecture);
    let number = paging::number(&query.page).min(10_000);
    let view = db.read(move |conn| {
        let piece = ((number - 1) * ROWS, ROWS + 1);
        let mut facts = store::facts_of_kind(conn, viewer.person, kind, piece, false)?;
        let paging = Paging::cut(&page.path, number, &mut facts, ROWS)?;
        Ok(History { page, kind, facts, paging })
    });
    reply::page(&view.await?)
}

#[derive(Deserialize)]
pub(super) struct ExportForm {
    #[serde(default)]
    format: String,
}

/// The record of the export comes first; without it no file is sent.
pub(super) async fn export(page: Page, viewer: Viewer, db: Data<Db>, form: Form<ExportForm>) -> Reply {
    let is_json = match form.format.as_str() {
        "json" => true,
        "xlsx" => false,
        _ => return Err(Error::Malformed(msg!("请选一种文件：XLSX 或 JSON。"))),
    };
    let (doer, person, now, lang) = (page.doer(), viewer.person, clock::now(), page.manner.lang);
    db.write(move |conn| doer.did_to(conn, Action::OwnDataExported, person, now)).await?;
    let make = move |conn: &mut crate::db::Conn| -> Result<Vec<u8>> {
        if is_json {
            export::as_json(conn, person, &viewer.name, now)
        } else {
            export::as_xlsx(conn, person, lang)
        }
    };
    let bytes = db.read_long(make).await?;
    let (kind, ending) = if is_json { ("application/json", "json") } else { (sheet::XLSX, "xlsx") };
    let name = format!("study-history-{}.{ending}", clock::day(now));
    Ok(sheet::attachment(bytes, kind, &name))
}
