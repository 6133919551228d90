//! A member's own plans: what is to be studied by when, and what counts as met; and what one was asked to bring to others.
use super::branch::Own;
use crate::access::Access::{Oneself, SignedIn};
use crate::access::Viewer;
use crate::clock;
use crate::coverage::errands::{self, Errand};
use crate::coverage::forms::CloseForm;
use crate::db::Db;
use crate::error::Error;
use crate::ids::ErrandId;
use crate::plans::{self, Exemption};
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use chrono::NaiveDate;
use serde::Deserialize;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/me/plans", SignedIn, show),
        get("/coverage/errands", Oneself, errands_page),
        post("/coverage/errands/{errand}", Oneself, close),
    ]
}

/// Errands on a page.
const LINES: i64 = 30;

#[derive(Template)]
#[template(path = "coverage/own.html")]
struct Show {
    page: Page,
    plans: Vec<Own>,
    exemptions: Vec<Exemption>,
    today: NaiveDate,
}

impl Show {
    fn words(&self, one: &Exemption) -> String {
        self.page.say(&one.words(self.today))
    }
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>) -> Reply {
    let view = db.read_long(move |conn| {
        let plans = Own::of(conn, &page, viewer.person)?;
        let exemptions = plans::exemptions_of(conn, viewer.person)?;
        Ok(Show { page, plans, exemptions, today: super::today() })
    });
    reply::page(&view.await?)
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ListQuery {
    page: Option<String>,
}

#[derive(Template)]
#[template(path = "coverage/errands.html")]
struct Errands {
    page: Page,
    rows: Vec<Errand>,
    paging: Paging,
    today: NaiveDate,
}

async fn errands_page(page: Page, viewer: Viewer, db: Data<Db>, query: Query<ListQuery>) -> Reply {
    let view = db.read(move |conn| {
        let number = paging::number(&query.page);
        let mut rows = errands::errands_of(conn, viewer.person, (number - 1) * LINES, LINES + 1)?;
        let paging = Paging::cut(&page.path, number, &mut rows, LINES)?;
        Ok(Errands { page, rows, paging, today: super::today() })
    });
    reply::page(&view.await?)
}

/// The helper says that it is done, or who arranges study that it is dropped.
async fn close(page: Page, viewer: Viewer, db: Data<Db>, id: Path<ErrandId>, form: Form<CloseForm>) -> Reply {
    let (id, doer) = (*id, page.doer());
    let is_done = match form.outcome.as_str() {
        "done" => true,
        "dropped" => false,
        _ => return Err(Error::NotFound),
    };
    db.write(move |conn| {
        let errand = errands::find_for(conn, &viewer, id)?;
        errands::close(conn, errand.id, is_done, (viewer.account, &doer), clock::now())
    })
    .await?;
    reply::see("/coverage/errands?done=saved")
}
