//! The desk of lists: what was brought in, a new file, templates, and what is taken away.
mod one;
mod out;

use super::columns::Column;
use super::forms::{ExportForm, UploadForm};
use super::read::LARGEST;
use super::{Import, KEPT_DAYS, Kind, Purpose, Sent, State, read};
use crate::access::Permission::ImportRoster;
use crate::access::Viewer;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::random_hex;
use crate::web::body;
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_multipart::Multipart;
use actix_web::web::{Data, Query};
use askama::Template;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    vec![
        get("/imports", ImportRoster, index),
        post("/imports", ImportRoster, upload),
        get("/imports/template/{file}", ImportRoster, out::template),
        post("/imports/export", ImportRoster, out::export),
        get("/imports/{import}", ImportRoster, one::show),
        post("/imports/{import}/mapping", ImportRoster, one::map),
        post("/imports/{import}/choices", ImportRoster, one::decide),
        post("/imports/{import}/apply", ImportRoster, one::apply),
        post("/imports/{import}/undo", ImportRoster, one::undo),
        get("/imports/{import}/remarks.xlsx", ImportRoster, out::remarks),
    ]
}

/// Imports on a page.
const LINES: i64 = 20;
/// A file with what stands beside it in the form.
const LARGEST_FORM: usize = LARGEST + 256 * 1024;

#[derive(Template)]
#[template(path = "imports/index.html")]
struct Index {
    page: Page,
    imports: Vec<(Import, String)>,
    paging: Paging,
    kind: String,
    key: String,
    errors: Errors,
    export: ExportForm,
    export_errors: Errors,
}

impl Index {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, number: i64) -> Result<Index> {
        let by = (!super::sees_all(viewer)).then_some(viewer.account);
        let mut found = super::listed(conn, by, (number - 1) * LINES, LINES + 1)?;
        let paging = Paging::cut(&page.path, number, &mut found, LINES)?;
        let mut imports = vec![];
        for import in found {
            let name =
                import.made_by.map(|account| super::name_of(conn, account)).transpose()?.unwrap_or_default();
            imports.push((import, name));
        }
        Ok(Index {
            page,
            imports,
            paging,
            kind: Kind::Members.as_str().to_owned(),
            key: random_hex(16),
            errors: Errors::default(),
            export: ExportForm::default(),
            export_errors: Errors::default(),
        })
    }
    fn kinds(&self) -> Vec<(&'static str, String)> {
        Kind::ALL.iter().map(|kind| (kind.as_str(), self.page.say(&kind.words()))).collect()
    }
    fn forms(&self) -> Vec<(&'static str, String)> {
        vec![("xlsx", "XLSX".to_owned()), ("csv", "CSV".to_owned())]
    }
    fn purposes(&self) -> Vec<(&'static str, String)> {
        let first = ("", self.page.t("请选择").to_owned());
        std::iter::once(first)
            .chain(Purpose::ALL.iter().map(|one| (one.as_str(), self.page.say(&one.words()))))
            .collect()
    }
    fn kind_of(&self, import: &Import) -> String {
        self.page.say(&import.kind.words())
    }
    fn state_of(&self, import: &Import) -> String {
        self.page.say(&import.state.words())
    }
    fn tag_of(&self, import: &Import) -> &'static str {
        tag(import.state)
    }
    fn kept_days(&self) -> i64 {
        KEPT_DAYS
    }
    fn largest(&self) -> usize {
        LARGEST / 1024 / 1024
    }
}

fn tag(state: State) -> &'static str {
    match state {
        State::Mapping | State::Checked => "wait",
        State::Checking | State::Applying | State::Undoing => "info",
        State::Applied => "done",
        State::Undone | State::Dropped => "plain",
    }
}

#[derive(Deserialize)]
pub(super) struct ListQuery {
    page: Option<String>,
}

async fn index(page: Page, viewer: Viewer, db: Data<Db>, query: Query<ListQuery>) -> Reply {
    let number = paging::number(&query.page);
    let view = db.read(move |conn| Index::load(conn, page, &viewer, number)).await?;
    reply::page(&view)
}

/// The desk again, with what is wrong.
async fn again(
    page: Page,
    viewer: Viewer,
    db: &Db,
    change: impl FnOnce(&mut Index) + Send + 'static,
) -> Reply {
    let view = db
        .read(move |conn| {
            let mut view = Index::load(conn, page, &viewer, 1)?;
            change(&mut view);
            Ok(view)
        })
        .await?;
    reply::invalid(&view)
}

async fn upload(page: Page, viewer: Viewer, db: Data<Db>, sent: Multipart) -> Reply {
    let mut form = UploadForm::default();
    for (name, file_name, bytes) in body::named_parts(sent, LARGEST_FORM).await? {
        match name.as_str() {
            "kind" => form.kind = String::from_utf8_lossy(&bytes).into_owned(),
            "key" => form.key = String::from_utf8_lossy(&bytes).into_owned(),
            "file" => (form.file_name, form.file) = (file_name, bytes),
            _ => {}
        }
    }
    let (kind, key, name) = match form.check() {
        Ok(checked) => checked,
        Err(errors) => {
            return again(page, viewer, &db, |view| (view.kind, view.errors) = (form.kind, errors)).await;
        }
    };
    // Unpacking a spreadsheet keeps a thread busy for a while.
    let file = std::mem::take(&mut form.file);
    let (file, rows) = actix_web::web::block(move || {
        let rows = read::rows(&file);
        (file, rows)
    })
    .await
    .map_err(Error::internal)?;
    let rows = match rows {
        Ok(rows) => rows,
        Err(problem) => {
            let errors = Errors::default().with("file", problem);
            return again(page, viewer, &db, |view| (view.kind, view.errors) = (form.kind, errors)).await;
        }
    };
    let id = db
        .write(move |conn| {
            let scope = viewer.paths(ImportRoster);
            let by = Some(viewer.account);
            let sent = Sent { kind, name: &name, bytes: &file, rows: &rows, scope: &scope, by, key: &key };
            super::upload(conn, &sent, clock::now())
        })
        .await?;
    reply::see(format!("/imports/{id}"))
}

/// The heading of a column that is kept by its name.
fn heading(page: &Page, kind: Kind, name: &str) -> String {
    Column::of(name).map(|column| page.say(&column.words(kind))).unwrap_or_default()
}
