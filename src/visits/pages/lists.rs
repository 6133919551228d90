//! Lists of visits: those of a scope, those in which one took part, and those to oneself.
use super::super::store::{self, Row};
use super::super::{Standing, State, Way};
use crate::access::Permission::HoldEvents;
use crate::access::Viewer;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::ids::{EventId, PersonId};
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use actix_web::web::{Data, Query};
use askama::Template;
use serde::Deserialize;
use std::collections::HashMap;

/// Visits on a page.
const LINES: i64 = 20;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ListQuery {
    /// `own`: those in which the viewer took part.
    show: String,
    page: Option<String>,
}

/// A visit as a list shows it.
struct Line {
    row: Row,
    deliverer: String,
    second: String,
    /// Whom it was to, and what they said.
    visited: Vec<(String, Standing)>,
}

fn lines(conn: &mut Conn, rows: Vec<Row>) -> Result<Vec<Line>> {
    let ids: Vec<EventId> = rows.iter().map(|row| row.id).collect();
    let persons: Vec<PersonId> = rows.iter().flat_map(|row| [row.deliverer, row.second]).collect();
    let (mut visited, names) = (store::visited(conn, &ids)?, store::names(conn, &persons)?);
    let name = |names: &HashMap<PersonId, String>, id: &PersonId| names.get(id).cloned().unwrap_or_default();
    let line = |row: Row| Line {
        deliverer: name(&names, &row.deliverer),
        second: name(&names, &row.second),
        visited: visited.remove(&row.id).unwrap_or_default(),
        row,
    };
    Ok(rows.into_iter().map(line).collect())
}

#[derive(Template)]
#[template(path = "visits/index.html")]
struct Index {
    page: Page,
    lines: Vec<Line>,
    paging: Paging,
    is_own: bool,
    /// There is a scope, beside the own ones.
    is_holder: bool,
}

impl Index {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, is_own: bool, number: i64) -> Result<Index> {
        let paths = viewer.paths(HoldEvents);
        let slice = ((number - 1) * LINES, LINES + 1);
        let is_own = is_own || paths.is_empty();
        let mut rows = match is_own {
            true => store::of_person(conn, viewer.person, slice)?,
            false => store::within(conn, &paths, slice)?,
        };
        let paging = Paging::cut(&page.path, number, &mut rows, LINES)?;
        Ok(Index { lines: lines(conn, rows)?, is_own, is_holder: !paths.is_empty(), paging, page })
    }
}

pub(super) async fn index(page: Page, viewer: Viewer, db: Data<Db>, query: Query<ListQuery>) -> Reply {
    let number = paging::number(&query.page).min(1_000);
    let is_own = query.show == "own";
    let view = db.read(move |conn| Index::load(conn, page, &viewer, is_own, number)).await?;
    reply::page(&view)
}

/// A visit to the viewer, with how they confirmed it.
struct Own {
    line: Line,
    state: Standing,
    way: Option<Way>,
}

#[derive(Template)]
#[template(path = "visits/mine.html")]
struct Mine {
    page: Page,
    visits: Vec<Own>,
    paging: Paging,
}

impl Mine {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, number: i64) -> Result<Mine> {
        let mut rows = store::about(conn, viewer.person, ((number - 1) * LINES, LINES + 1))?;
        let paging = Paging::cut(&page.path, number, &mut rows, LINES)?;
        let mut visits = vec![];
        for line in lines(conn, rows)? {
            let member = store::member(conn, line.row.id, viewer.person)?;
            visits.push(Own { line, state: member.state, way: member.way });
        }
        Ok(Mine { page, visits, paging })
    }
    /// It can be confirmed or disputed.
    fn is_open(&self, own: &Own) -> bool {
        matches!(own.state, Standing::Waiting | Standing::Confirmed)
    }
}

pub(super) async fn mine(page: Page, viewer: Viewer, db: Data<Db>, query: Query<ListQuery>) -> Reply {
    let number = paging::number(&query.page).min(1_000);
    let view = db.read(move |conn| Mine::load(conn, page, &viewer, number)).await?;
    reply::page(&view)
}
