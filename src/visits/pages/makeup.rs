//! What was missed and can be made up for: of a branch, of oneself, and one absence with the ways to close it.
use super::super::Open;
use super::super::forms::CloseForm;
use super::super::makeup::{self, Absence};
use crate::access::Viewer;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::events::{MAKEUP_DAYS, Via, via_word};
use crate::ids::{EventId, PersonId, random_hex};
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use chrono::NaiveDate;
use serde::Deserialize;

/// Absences on a page; each is looked up with what can have made up for it.
const LINES: i64 = 20;

#[derive(Deserialize)]
pub(super) struct PageQuery {
    page: Option<String>,
}

#[derive(Template)]
#[template(path = "visits/makeup_branch.html")]
struct Index {
    page: Page,
    rows: Vec<Open>,
    paging: Paging,
    today: NaiveDate,
}

impl Index {
    fn days(&self) -> i64 {
        MAKEUP_DAYS
    }
    /// Days left, the last one included.
    fn left(&self, row: &Open) -> i64 {
        (row.until - self.today).num_days()
    }
}

pub(super) async fn index(page: Page, viewer: Viewer, db: Data<Db>, query: Query<PageQuery>) -> Reply {
    let number = paging::number(&query.page).min(1_000);
    let view = db
        .read(move |conn| {
            let now = clock::now();
            let slice = ((number - 1) * LINES, LINES + 1);
            let mut rows = makeup::within(conn, &viewer, slice, now)?;
            let paging = Paging::cut(&page.path, number, &mut rows, LINES)?;
            Ok(Index { rows, paging, today: clock::day(now), page })
        })
        .await?;
    reply::page(&view)
}

#[derive(Template)]
#[template(path = "visits/makeup_mine.html")]
struct Mine {
    page: Page,
    rows: Vec<Open>,
    today: NaiveDate,
}

impl Mine {
    fn days(&self) -> i64 {
        MAKEUP_DAYS
    }
    fn left(&self, row: &Open) -> i64 {
        (row.until - self.today).num_days()
    }
}

pub(super) async fn mine(page: Page, viewer: Viewer, db: Data<Db>) -> Reply {
    let view = db
        .read(move |conn| {
            let now = clock::now();
            Ok(Mine { rows: makeup::own(conn, viewer.person, now)?, today: clock::day(now), page })
        })
        .await?;
    reply::page(&view)
}

#[derive(Template)]
#[template(path = "visits/makeup.html")]
struct Show {
    page: Page,
    absence: Absence,
    today: NaiveDate,
    form: CloseForm,
    errors: Errors,
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, which: (EventId, PersonId)) -> Result<Show> {
        let absence = makeup::absence(conn, viewer, which)?;
        let form = CloseForm { key: random_hex(16), ..CloseForm::default() };
        Ok(Show { page, absence, today: clock::day(clock::now()), form, errors: Errors::default() })
    }
    fn days(&self) -> i64 {
        MAKEUP_DAYS
    }
    fn is_late(&self) -> bool {
        self.today > self.absence.until
    }
    /// To the keeper of the list and to the person the kind of leave is known.
    fn is_own(&self) -> bool {
        self.page.viewer.as_ref().is_some_and(|viewer| viewer.person == self.absence.person)
    }
    fn via(&self, via: &Via) -> String {
        via_word(*via)
    }
    fn is_event(&self, via: &Via) -> bool {
        matches!(via, Via::Event(_))
    }
}

pub(super) async fn show(page: Page, viewer: Viewer, db: Data<Db>, path: Path<(EventId, PersonId)>) -> Reply {
    let which = path.into_inner();
    let view = db.read_long(move |conn| Show::load(conn, page, &viewer, which)).await?;
    reply::page(&view)
}

pub(super) async fn close(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    path: Path<(EventId, PersonId)>,
    form: Form<CloseForm>,
) -> Reply {
    let (which, form, doer) = (path.into_inner(), form.into_inner(), page.doer());
    let (again, who) = (page.clone(), viewer.clone());
    let view = db.read_long(move |conn| Show::load(conn, again, &who, which)).await?;
    let (via, key) = match form.check(&view.absence.offered) {
        Ok(sent) => sent,
        Err(errors) => return reply::invalid(&Show { form, errors, ..view }),
    };
    db.write(move |conn| super::super::close(conn, &viewer, which, (via, &key), &doer, clock::now())).await?;
    reply::see(format!("/makeup/{}/{}?done=attendance", which.0, which.1))
}
