//! The branch's part: entries of its members that wait for its agreement.
use super::super::entries;
use super::super::forms::EndorseForm;
use super::super::store::{self, Waiting};
use super::super::{Contest, EntryState, State};
use super::entry::{Shown, tone};
use super::{LINES, by};
use crate::access::Permission::EndorseEntries;
use crate::access::Viewer;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::ids::EntryId;
use crate::media::Media;
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use serde::Deserialize;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/branch/entries", EndorseEntries, index),
        get("/branch/entries/{entry}", EndorseEntries, show),
        post("/branch/entries/{entry}", EndorseEntries, decide),
    ]
}

#[derive(Deserialize)]
struct PageQuery {
    page: Option<String>,
}

#[derive(Template)]
#[template(path = "contests/branch_entries.html")]
struct Index {
    page: Page,
    rows: Vec<Waiting>,
    paging: Paging,
}

async fn index(page: Page, viewer: Viewer, db: Data<Db>, query: Query<PageQuery>) -> Reply {
    let number = paging::number(&query.page);
    let view = db
        .read(move |conn| {
            let paths = viewer.paths(EndorseEntries);
            let mut rows = store::waiting_within(conn, &paths, (number - 1) * LINES, LINES + 1)?;
            let paging = Paging::cut(&page.path, number, &mut rows, LINES)?;
            Ok(Index { page, rows, paging })
        })
        .await?;
    reply::page(&view)
}

#[derive(Template)]
#[template(path = "contests/branch_entry.html")]
struct Show {
    page: Page,
    contest: Contest,
    shown: Shown,
    is_own: bool,
    /// Waits for the branch, and the contest still takes its word.
    is_open: bool,
    has_names: bool,
    form: EndorseForm,
    errors: Errors,
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: EntryId, media: &Media) -> Result<Show> {
        let entry = store::entry_within(conn, &viewer.paths(EndorseEntries), id)?;
        let contest = store::contest(conn, entry.contest)?;
        Ok(Show {
            is_own: entries::is_own(conn, &entry, viewer.person)?,
            is_open: entry.state == EntryState::Submitted
                && !contest.is_suspended
                && matches!(contest.state, State::Open | State::Screening),
            form: EndorseForm { version: entry.version, ..EndorseForm::default() },
            shown: Shown::load(conn, &page, entry, media, false)?,
            has_names: true,
            errors: Errors::default(),
            page,
            contest,
        })
    }
    fn tone(&self) -> &'static str {
        tone(self.shown.entry.state)
    }
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, media: Data<Media>, id: Path<EntryId>) -> Reply {
    let id = *id;
    reply::page(&db.read(move |conn| Show::load(conn, page, &viewer, id, &media)).await?)
}

async fn decide(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    media: Data<Media>,
    id: Path<EntryId>,
    form: Form<EndorseForm>,
) -> Reply {
    let (id, form, by) = (*id, form.into_inner(), by(&page, &viewer));
    let version = form.version;
    let done = match form.check() {
        Ok(None) => {
            db.write(move |conn| entries::endorse(conn, id, &viewer, version, &by)).await?;
            "entry-endorsed"
        }
        Ok(Some(reason)) => {
            db.write(move |conn| entries::send_back(conn, id, &viewer, (version, &reason), &by)).await?;
            "entry-returned"
        }
        Err(errors) => {
            let view = db.read(move |conn| Show::load(conn, page, &viewer, id, &media)).await?;
            return reply::invalid(&Show { form, errors, ..view });
        }
    };
    reply::see(format!("/branch/entries?done={done}"))
}
