//! The inbox; `mail` has the page about reminders by e-mail.
mod mail;

use super::store::{self, Notice};
use crate::access::Access::{Oneself, SignedIn};
use crate::access::Viewer;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::ids::NoticeId;
use crate::lang;
use crate::web::form::local_path;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    vec![
        get("/me/inbox", SignedIn, index),
        // Before the one with a number, which it would be taken for.
        post("/me/inbox/read", SignedIn, read_all),
        post("/me/inbox/{notice}", SignedIn, read),
        get("/me/mail", Oneself, mail::show),
        post("/me/mail", Oneself, mail::set),
        post("/me/mail/again", Oneself, mail::ask_again),
        post("/me/mail/manner", Oneself, mail::adjust),
        post("/me/mail/remove", Oneself, mail::remove),
        get("/me/mail/confirm", Oneself, mail::see_code),
        post("/me/mail/confirm", Oneself, mail::confirm),
    ]
}

/// Notices on a page.
const ROWS: i64 = 20;

#[derive(Deserialize)]
struct IndexQuery {
    page: Option<String>,
}

#[derive(Template)]
#[template(path = "inbox/index.html")]
struct Index {
    page: Page,
    rows: Vec<Notice>,
    paging: Paging,
    unread: i64,
    is_acting: bool,
}

impl Index {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, number: i64) -> Result<Index> {
        let mut rows = store::listed(conn, viewer.person, (number - 1) * ROWS, ROWS + 1)?;
        let paging = Paging::cut(&page.path, number, &mut rows, ROWS)?;
        let unread = store::unread(conn, viewer.person)?;
        Ok(Index { page, rows, paging, unread, is_acting: viewer.is_acting() })
    }
    fn title(&self, row: &Notice) -> String {
        lang::kept(&row.title, self.page.manner.lang)
    }
    fn is_many(&self) -> bool {
        self.unread >= store::MOST_UNREAD
    }
    /// The newest notice of all: this is asked on the first page only.
    fn newest(&self) -> i64 {
        self.rows.first().map_or(0, |row| row.id.0)
    }
}

async fn index(page: Page, viewer: Viewer, db: Data<Db>, query: Query<IndexQuery>) -> Reply {
    let number = paging::number(&query.page).min(10_000);
    let view = db.read(move |conn| Index::load(conn, page, &viewer, number)).await?;
    reply::page(&view)
}

/// Reading is a post, since looking at a page changes nothing.
async fn read(viewer: Viewer, db: Data<Db>, id: Path<NoticeId>) -> Reply {
    let link = db.write(move |conn| store::read(conn, viewer.person, *id, clock::now())).await?;
    reply::see(local_path(&link))
}

#[derive(Deserialize)]
struct ReadAllForm {
    /// The newest one that was on the page: what came afterwards has not been seen.
    #[serde(default)]
    newest: Option<NoticeId>,
}

async fn read_all(viewer: Viewer, db: Data<Db>, form: Form<ReadAllForm>) -> Reply {
    if let Some(newest) = form.newest {
        db.write(move |conn| store::read_all(conn, viewer.person, newest, clock::now())).await?;
    }
    reply::see("/me/inbox?done=all-read")
}
