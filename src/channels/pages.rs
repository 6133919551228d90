//! The page of the robots, for administrators: which there are, what became of the last messages.
use super::forms::{KeyForm, SwitchForm, WebhookForm};
use super::store::{self, Row, Webhook};
use super::{Kind, State, robots};
use crate::access::Permission::ManageChannels;
use crate::access::Viewer;
use crate::clock::{self, Timestamp};
use crate::config::Config;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{DeliveryId, WebhookId, random_hex};
use crate::lang;
use crate::web::form::{self, Errors};
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    vec![
        get("/admin/channels", ManageChannels, index),
        post("/admin/channels", ManageChannels, add),
        post("/admin/channels/{webhook}/switch", ManageChannels, switch),
        post("/admin/channels/{webhook}/trial", ManageChannels, trial),
        post("/admin/channels/deliveries/{delivery}/again", ManageChannels, again),
    ]
}

/// Messages on a page.
const LINES: i64 = 20;

#[derive(Template)]
#[template(path = "channels/index.html")]
struct Index {
    page: Page,
    robots: Vec<Webhook>,
    rows: Vec<Row>,
    paging: Paging,
    /// Whether messages can leave this installation.
    is_ready: bool,
    /// Of the trials: a post that comes twice is one.
    trial_key: String,
    now: Timestamp,
    form: WebhookForm,
    errors: Errors,
}

#[derive(Deserialize)]
struct PageQuery {
    page: Option<String>,
}

impl Index {
    fn load(conn: &mut Conn, page: Page, number: i64, is_ready: bool) -> Result<Index> {
        let mut rows = store::newest(conn, (number - 1) * LINES, LINES + 1)?;
        let paging = Paging::cut(&page.path, number, &mut rows, LINES)?;
        Ok(Index {
            robots: store::webhooks(conn)?,
            trial_key: random_hex(16),
            now: clock::now(),
            form: WebhookForm { key: random_hex(16), ..WebhookForm::default() },
            errors: Errors::default(),
            page,
            rows,
            paging,
            is_ready,
        })
    }
    fn kinds(&self) -> &'static [Kind] {
        Kind::ALL
    }
    fn kind(&self, kind: &Kind) -> String {
        self.page.say(&kind.words())
    }
    fn state(&self, state: &State) -> String {
        self.page.say(&state.words())
    }
    fn tag(&self, state: &State) -> &'static str {
        match state {
            State::Waiting => "wait",
            State::Sending => "info",
            State::Sent => "done",
            State::GaveUp => "bad",
            State::Cancelled => "plain",
        }
    }
    fn is_over(&self, row: &Row) -> bool {
        row.state == State::GaveUp
    }
    fn shown(&self, robot: &Webhook) -> String {
        robots::shown(&robot.address)
    }
    fn said(&self, kept: &str) -> String {
        lang::kept(kept, self.page.manner.lang)
    }
    /// Until when the robot is left alone, if it is.
    fn pause(&self, robot: &Webhook) -> Option<Timestamp> {
        robot.paused_until.filter(|until| *until > self.now)
    }
}

async fn index(page: Page, db: Data<Db>, config: Data<Config>, query: Query<PageQuery>) -> Reply {
    let (number, is_ready) = (paging::number(&query.page), config.public_url.is_some());
    let view = db.read(move |conn| Index::load(conn, page, number, is_ready)).await?;
    reply::page(&view)
}

async fn add(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    config: Data<Config>,
    form: Form<WebhookForm>,
) -> Reply {
    let mut form = form.into_inner();
    match form.check(&config.webhook_hosts) {
        Ok(new) => {
            let doer = page.doer();
            db.write(move |conn| super::add(conn, &new, viewer.account, &doer, clock::now())).await?;
            reply::see("/admin/channels?done=added")
        }
        Err(errors) => {
            let is_ready = config.public_url.is_some();
            let view = db.read(move |conn| Index::load(conn, page, 1, is_ready)).await?;
            if form::key(&form.key).is_err() {
                form.key = random_hex(16);
            }
            reply::invalid(&Index { form, errors, ..view })
        }
    }
}

async fn switch(page: Page, db: Data<Db>, id: Path<WebhookId>, form: Form<SwitchForm>) -> Reply {
    let (id, is_on, doer) = (*id, form.on == "yes", page.doer());
    db.write(move |conn| super::switch(conn, id, is_on, &doer, clock::now())).await?;
    reply::see("/admin/channels?done=saved")
}

async fn trial(page: Page, db: Data<Db>, id: Path<WebhookId>, form: Form<KeyForm>) -> Reply {
    let (id, doer) = (*id, page.doer());
    let key = form::key(&form.key).map_err(Error::Malformed)?;
    // One key stands in the forms of all robots.
    let key = format!("{id}-{key}");
    db.write(move |conn| super::try_out(conn, id, &key, &doer, clock::now())).await?;
    reply::see("/admin/channels?done=announced#h-sent")
}

async fn again(page: Page, db: Data<Db>, id: Path<DeliveryId>) -> Reply {
    let (id, doer) = (*id, page.doer());
    db.write(move |conn| super::send_again(conn, id, &doer, clock::now())).await?;
    reply::see("/admin/channels?done=announced#h-sent")
}
