//! The slip for a member without a telephone, and the page where its code is typed.
use super::super::forms::CodeForm;
use super::super::way::CODE_DAYS;
use super::super::{Outcome, Whole, store};
use crate::access::Viewer;
use crate::clock;
use crate::config::Config;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::events;
use crate::ids::{EventId, PersonId};
use crate::lang::Message;
use crate::msg;
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "visits/slip.html")]
struct Slip {
    page: Page,
    whole: Whole,
    name: String,
    deliverer: String,
    second: String,
    /// In two groups, as it is read aloud.
    code: (String, String),
    address: String,
}

impl Slip {
    fn days(&self) -> i64 {
        CODE_DAYS
    }
}

pub(super) async fn print(
    request: HttpRequest,
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    config: Data<Config>,
    path: Path<(EventId, PersonId)>,
) -> Reply {
    let (path, doer) = (path.into_inner(), page.doer());
    let (whole, code, names) = db
        .write(move |conn| {
            let (whole, code) = super::super::print_code(conn, &viewer, path, &doer, clock::now())?;
            let persons = [path.1, whole.visit.deliverer, whole.visit.second];
            let names = store::names(conn, &persons)?;
            let names = persons.map(|person| names.get(&person).cloned().unwrap_or_default());
            Ok((whole, code, names))
        })
        .await?;
    let [name, deliverer, second] = names;
    let (first, last) = code.split_at(code.len() / 2);
    let code = (first.to_owned(), last.to_owned());
    let address = format!("{}/visits/confirm", events::pages::base(&request, &config));
    let mut reply = reply::page(&Slip { page, whole, name, deliverer, second, code, address })?;
    reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(reply)
}

#[derive(Template)]
#[template(path = "visits/confirm.html")]
struct Typing {
    page: Page,
    form: CodeForm,
    errors: Errors,
    problem: Option<Message>,
    is_done: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct TypingQuery {
    visit: String,
    is: String,
}

pub(super) async fn typing(page: Page, query: Query<TypingQuery>) -> Reply {
    let visit: String = query.visit.chars().filter(char::is_ascii_digit).take(12).collect();
    let form = CodeForm { visit, code: String::new() };
    let is_done = query.is == "done";
    reply::page(&Typing { page, form, errors: Errors::default(), problem: None, is_done })
}

pub(super) async fn typed(page: Page, db: Data<Db>, form: Form<CodeForm>) -> Reply {
    let form = form.into_inner();
    let again = |page, form, errors, problem, status| {
        reply::html(status, &Typing { page, form, errors, problem, is_done: false })
    };
    let (visit, code) = match form.check() {
        Ok(sent) => sent,
        Err(errors) => return again(page, form, errors, None, StatusCode::UNPROCESSABLE_ENTITY),
    };
    let (viewer, doer) = (page.viewer.clone(), page.doer());
    let outcome: Result<Outcome> = db
        .write(move |conn| {
            super::super::confirm_by_code(conn, (visit, &code), viewer.as_ref(), &doer, clock::now())
        })
        .await;
    match outcome {
        Ok(Outcome::Done) => reply::see("/visits/confirm?is=done"),
        Ok(Outcome::Wrong) => {
            let wrong = msg!("编号或确认码不对，或者已经重新打印过。请照最新的确认单再输一次");
            let errors = Errors::default().with("code", wrong);
            again(page, form, errors, None, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(Error::Refused(why)) => again(page, form, Errors::default(), Some(why), StatusCode::CONFLICT),
        Err(other) => Err(other),
    }
}
