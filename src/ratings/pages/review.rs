//! The reviewers' desk: comments and replies that wait, and what was decided.
use super::super::forms::JudgeForm;
use super::super::store::texts::{self, Waiting, WaitingReply};
use super::super::{TextState, judge_reply as decide_reply, judge_text};
use super::LINES;
use crate::access::Viewer;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "ratings/review.html")]
struct Desk {
    page: Page,
    show: TextState,
    rows: Vec<Waiting>,
    replies: Vec<WaitingReply>,
    paging: Paging,
    /// The decision that was refused, whether it is about a reply, and about which comment.
    refused: Option<(i64, bool, JudgeForm)>,
    errors: Errors,
}

impl Desk {
    fn load(conn: &mut Conn, page: Page, show: TextState, number: i64) -> Result<Desk> {
        let mut rows = texts::queue(conn, show, (number - 1) * LINES, LINES + 1)?;
        let paging = Paging::cut(&page.path, number, &mut rows, LINES)?;
        let replies = match show {
            TextState::Pending => texts::waiting_replies(conn, LINES)?,
            _ => vec![],
        };
        Ok(Desk { page, show, rows, replies, paging, refused: None, errors: Errors::default() })
    }
    fn is(&self, show: TextState) -> bool {
        self.show == show
    }
    fn is_refused(&self, id: &i64, is_reply: bool) -> bool {
        self.refused.as_ref().is_some_and(|one| one.0 == *id && one.1 == is_reply)
    }
    fn typed(&self, id: &i64, is_reply: bool) -> &str {
        let refused = self.refused.as_ref().filter(|one| one.0 == *id && one.1 == is_reply);
        refused.map_or("", |one| one.2.reason.as_str())
    }
}

#[derive(Deserialize)]
pub struct DeskQuery {
    #[serde(default)]
    show: String,
    page: Option<String>,
}

pub async fn index(page: Page, db: Data<Db>, query: Query<DeskQuery>) -> Reply {
    let show = match query.show.as_str() {
        "hidden" => TextState::Hidden,
        "shown" => TextState::Shown,
        _ => TextState::Pending,
    };
    let number = paging::number(&query.page);
    let view = db.read(move |conn| Desk::load(conn, page, show, number)).await?;
    reply::page(&view)
}

/// The list again, with what is wrong with a decision and what was typed.
async fn again(page: Page, db: &Db, refused: (i64, bool, JudgeForm), errors: Errors) -> Reply {
    let view = db
        .read(move |conn| {
            // The one that was refused stands on the page, wherever it is in the list.
            let mut view = Desk::load(conn, page, TextState::Pending, 1)?;
            if !refused.1 && view.rows.iter().all(|row| row.id != refused.0) {
                view.rows.insert(0, texts::find(conn, refused.0)?);
            }
            view.refused = Some(refused);
            view.errors = errors;
            Ok(view)
        })
        .await?;
    reply::invalid(&view)
}

pub async fn judge(page: Page, viewer: Viewer, db: Data<Db>, id: Path<i64>, form: Form<JudgeForm>) -> Reply {
    let (id, doer) = (*id, page.doer());
    match form.check() {
        Err(errors) => again(page, &db, (id, false, form.into_inner()), errors).await,
        Ok((state, reason)) => {
            db.write(move |conn| judge_text(conn, id, (state, &reason), &viewer, &doer, clock::now()))
                .await?;
            reply::see("/review/ratings?done=decided")
        }
    }
}

pub async fn judge_reply(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<i64>,
    form: Form<JudgeForm>,
) -> Reply {
    let (id, doer) = (*id, page.doer());
    match form.check() {
        Err(errors) => again(page, &db, (id, true, form.into_inner()), errors).await,
        Ok((state, reason)) => {
            db.write(move |conn| decide_reply(conn, id, (state, &reason), &viewer, &doer, clock::now()))
                .await?;
            reply::see("/review/ratings?done=decided")
        }
    }
}
