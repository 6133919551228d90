//! The public pages of rankings: the list, one with its revisions, what was taken back. `files` has what is downloaded, `log` the log
//! of publications, `desk` where rankings are computed, checked and published.
mod desk;
mod files;
mod log;
mod view;

use super::store::{self, Line, Snapshot};
use super::{Kind, State};
use crate::access::Access::Anyone;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::RankingId;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;
use view::Shown;

pub fn routes() -> Vec<Route> {
    let mut routes = vec![get("/rankings", Anyone, index).kept(&["page"])];
    routes.extend(log::routes());
    routes.extend(files::routes());
    routes.extend([
        get("/rankings/{ranking}", Anyone, newest).kept(&["page"]),
        get("/rankings/{ranking}/{revision}", Anyone, revision).kept(&["page"]),
    ]);
    routes.extend(desk::routes());
    routes
}

/// Rankings on a page of the list.
const LINES: i64 = 20;

/// The tag of a state.
fn tag(state: State) -> &'static str {
    match state {
        State::Computed | State::Provisional => "wait",
        State::Checked => "info",
        State::Final => "done",
        State::Superseded => "plain",
        State::Withdrawn => "bad",
    }
}

#[derive(Deserialize)]
struct PageQuery {
    page: Option<String>,
}

#[derive(Template)]
#[template(path = "rankings/index.html")]
struct Index {
    page: Page,
    lines: Vec<Line>,
    paging: Paging,
}

impl Index {
    fn load(conn: &mut Conn, page: Page, number: i64) -> Result<Index> {
        let paging = Paging::new(&page.path, number, store::count_published(conn)?, LINES)?;
        let lines = store::published(conn, (number - 1) * LINES, LINES)?;
        Ok(Index { page, lines, paging })
    }
    fn tag(&self, state: &State) -> &'static str {
        tag(*state)
    }
    fn kind(&self, kind: &Kind) -> String {
        self.page.say(&kind.words())
    }
    fn state(&self, state: &State) -> String {
        self.page.say(&state.words())
    }
}

async fn index(page: Page, db: Data<Db>, query: Query<PageQuery>) -> Reply {
    let number = paging::number(&query.page);
    let view = db.read(move |conn| Index::load(conn, page, number)).await?;
    reply::page(&view)
}

#[derive(Template)]
#[template(path = "rankings/show.html")]
struct Show {
    page: Page,
    shown: Shown,
}

impl std::ops::Deref for Show {
    type Target = Shown;
    fn deref(&self) -> &Shown {
        &self.shown
    }
}

#[derive(Template)]
#[template(path = "rankings/gone.html")]
struct Gone {
    page: Page,
    snapshot: Snapshot,
    /// The published revision that holds.
    standing: Option<i32>,
}

/// A published revision; what is not published does not exist for visitors.
fn found(conn: &mut Conn, ranking: RankingId, revision: Option<i32>) -> Result<Snapshot> {
    let newest = store::ranking(conn, ranking)?.published_revision;
    let snapshot = store::revision(conn, ranking, revision.unwrap_or(newest))?;
    if snapshot.state.is_public() { Ok(snapshot) } else { Err(Error::NotFound) }
}

/// What a page of a revision is: the ranking, or the stone of one that was taken back.
enum Found {
    Show(Box<Show>),
    Gone(Box<Gone>),
}

fn load(
    conn: &mut Conn,
    page: Page,
    ranking: RankingId,
    revision: Option<i32>,
    number: i64,
) -> Result<Found> {
    let snapshot = found(conn, ranking, revision)?;
    if snapshot.state == State::Withdrawn {
        let standing = store::standing_of(conn, ranking)?.map(|standing| standing.revision);
        return Ok(Found::Gone(Box::new(Gone { page, snapshot, standing })));
    }
    let shown = Shown::load(conn, &page, snapshot, number)?;
    Ok(Found::Show(Box::new(Show { page, shown })))
}

fn reply(found: &Found) -> Reply {
    match found {
        Found::Show(view) => reply::page(view.as_ref()),
        Found::Gone(view) => reply::html(StatusCode::GONE, view.as_ref()),
    }
}

async fn newest(page: Page, db: Data<Db>, path: Path<RankingId>, query: Query<PageQuery>) -> Reply {
    let (ranking, number) = (path.into_inner(), paging::number(&query.page));
    reply(&db.read(move |conn| load(conn, page, ranking, None, number)).await?)
}

async fn revision(page: Page, db: Data<Db>, path: Path<(RankingId, i32)>, query: Query<PageQuery>) -> Reply {
    let ((ranking, revision), number) = (path.into_inner(), paging::number(&query.page));
    reply(&db.read(move |conn| load(conn, page, ranking, Some(revision), number)).await?)
}
