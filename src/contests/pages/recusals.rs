//! The entrant's page: by whom the entry should not be judged.
#![allow(clippy::cmp_owned)] // lists of choices compare whatever names a choice by its words, in a macro that all pages share
use super::super::recusals::{self, MOST};
use super::super::store::{self, RecusalDraft, RecusalRequest};
use super::super::{ConflictKind, Contest, Entry};
use super::by;
use super::entry::held;
use crate::access::Access::SignedIn;
use crate::access::Viewer;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::msg;
use crate::web::form::{Errors, optional, text};
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use crate::web::slug::Slug;
use actix_web::web::{Data, Form, Path};
use askama::Template;
use serde::Deserialize;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/contests/{slug}/entry/recusals", SignedIn, show),
        post("/contests/{slug}/entry/recusals", SignedIn, request),
    ]
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
struct RequestForm {
    name: String,
    unit: String,
    kind: String,
    reason: String,
}

impl RequestForm {
    fn check(&self) -> Result<RecusalDraft, Errors> {
        let mut errors = Errors::default();
        let name = errors.take("name", text(&self.name, 40));
        let unit = errors.take("unit", optional(&self.unit, 60));
        let offered = ConflictKind::of(&self.kind).filter(|kind| kind.is_hard());
        let kind = errors.take("kind", offered.ok_or_else(|| msg!("请选是哪一种关系")));
        let reason = errors.take("reason", optional(&self.reason, 300));
        match (name, unit, kind, reason) {
            (Some(name), Some(unit), Some(kind), Some(reason)) => {
                Ok(RecusalDraft { name, unit, kind, reason })
            }
            _ => Err(errors),
        }
    }
}

#[derive(Template)]
#[template(path = "contests/recusals.html")]
struct Show {
    page: Page,
    contest: Contest,
    entry: Entry,
    said: Vec<RecusalRequest>,
    may_request: bool,
    form: RequestForm,
    errors: Errors,
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, slug: &str) -> Result<Show> {
        let (contest, entry) = held(conn, viewer, slug)?;
        Ok(Show {
            said: store::recusal_requests(conn, entry.id)?,
            may_request: recusals::may_request(conn, &contest, &entry)?,
            form: RequestForm::default(),
            errors: Errors::default(),
            page,
            contest,
            entry,
        })
    }
    fn kinds(&self) -> Vec<(&'static str, String)> {
        recusals::kinds().map(|kind| (kind.as_str(), self.page.say(&kind.words()))).collect()
    }
    fn is_full(&self) -> bool {
        self.said.len() as i64 >= MOST
    }
    fn most(&self) -> i64 {
        MOST
    }
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, slug: Path<Slug>) -> Reply {
    reply::page(&db.read(move |conn| Show::load(conn, page, &viewer, slug.as_str())).await?)
}

async fn request(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    slug: Path<Slug>,
    form: Form<RequestForm>,
) -> Reply {
    let (form, by, who) = (form.into_inner(), by(&page, &viewer), viewer.clone());
    let view = db.read(move |conn| Show::load(conn, page, &who, slug.as_str())).await?;
    let draft = match form.check() {
        Ok(draft) => draft,
        Err(errors) => return reply::invalid(&Show { form, errors, ..view }),
    };
    let entry = view.entry.id;
    let said = db.write(move |conn| recusals::request(conn, entry, &draft, viewer.person, &by)).await;
    match said {
        Ok(()) => {
            reply::see(format!("/contests/{}/entry/recusals?done=recusal-requested", view.contest.slug))
        }
        Err(Error::Refused(why)) => {
            reply::invalid(&Show { form, errors: Errors::default().with("name", why), ..view })
        }
        Err(other) => Err(other),
    }
}
