//! The form for complaints and suggestions.
use super::forms::FeedbackForm;
use crate::access::Access::Anyone;
use crate::db::Db;
use crate::web::form::{Errors, local_path};
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use crate::{clock, ids};
use actix_web::web::{Data, Form, Query};
use askama::Template;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    vec![
        get("/feedback", Anyone, new),
        post("/feedback", Anyone, create),
        get("/feedback/thanks", Anyone, thanks),
    ]
}

#[derive(Template)]
#[template(path = "feedback/new.html")]
struct New {
    page: Page,
    form: FeedbackForm,
    errors: Errors,
}

#[derive(Deserialize)]
struct About {
    #[serde(default)]
    about: String,
}

async fn new(page: Page, query: Query<About>) -> Reply {
    let about = local_path(&query.about).to_owned();
    let form = FeedbackForm { about, key: ids::random_hex(16), ..FeedbackForm::default() };
    reply::page(&New { page, form, errors: Errors::default() })
}

async fn create(page: Page, db: Data<Db>, form: Form<FeedbackForm>) -> Reply {
    let mut form = form.into_inner();
    let draft = match form.check() {
        Ok(draft) => draft,
        Err(errors) => {
            form.about = local_path(&form.about).to_owned();
            if errors.of("key").is_some() {
                form.key = ids::random_hex(16);
            }
            return reply::invalid(&New { page, form, errors });
        }
    };
    let doer = page.doer();
    db.write(move |conn| super::send(conn, &draft, &doer, clock::now())).await?;
    reply::see("/feedback/thanks")
}

#[derive(Template)]
#[template(path = "feedback/thanks.html")]
struct Thanks {
    page: Page,
}

async fn thanks(page: Page) -> Reply {
    reply::page(&Thanks { page })
}
