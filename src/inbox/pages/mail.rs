//! The page about reminders by e-mail: the own address, its confirmation, when nothing is sent. Pages write down what is
//! asked for; the worker sends it, so that none waits for a mail server.
use super::super::forms::{AddressForm, CodeForm, MannerForm};
use super::super::store::mail::{Address, Letter, Sending};
use super::super::{self as inbox, Typed, store};
use crate::access::Viewer;
use crate::clock::{self, Timestamp};
use crate::config::{Config, MAIL_CODE_HOURS};
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::lang;
use crate::msg;
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use actix_web::web::{Data, Form, Query};
use askama::Template;
use chrono::Duration;

/// Letters that the page tells of.
const LETTERS: i64 = 10;

#[derive(Template)]
#[template(path = "inbox/mail.html")]
pub(super) struct Show {
    page: Page,
    /// Whether mail can be sent from here.
    is_ready: bool,
    own: Option<Address>,
    letters: Vec<Sending>,
    form: AddressForm,
    manner: MannerForm,
    errors: Errors,
    now: Timestamp,
}

/// Where the address stands.
#[derive(PartialEq, Eq, Clone, Copy)]
enum Stage {
    Confirmed,
    /// The worker will send the confirmation.
    Waiting,
    Sent,
    /// It was sent more than a day ago.
    Expired,
    /// It was not sent, and will not be unless somebody asks.
    Failed,
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, is_ready: bool) -> Result<Show> {
        let own = store::mail::find(conn, viewer.person)?;
        let letters = store::mail::sendings(conn, viewer.person, LETTERS)?;
        let manner = own.as_ref().map(|own| MannerForm {
            on: if own.is_on { "yes".into() } else { String::new() },
            quiet_from: own.quiet_from.to_string(),
            quiet_to: own.quiet_to.to_string(),
        });
        Ok(Show {
            page,
            is_ready,
            own,
            letters,
            form: AddressForm::default(),
            manner: manner.unwrap_or_default(),
            errors: Errors::default(),
            now: clock::now(),
        })
    }
    fn stage(&self, own: &Address) -> Stage {
        let since = self.now - Duration::hours(MAIL_CODE_HOURS);
        match (own.confirmed_at, &own.code_hash, own.code_at) {
            (Some(_), ..) => Stage::Confirmed,
            (None, None, Some(_)) => Stage::Waiting,
            (None, Some(_), Some(at)) if at > since => Stage::Sent,
            (None, Some(_), _) => Stage::Expired,
            (None, None, None) => Stage::Failed,
        }
    }
    fn is_confirmed(&self, own: &Address) -> bool {
        self.stage(own) == Stage::Confirmed
    }
    fn is_waiting(&self, own: &Address) -> bool {
        self.stage(own) == Stage::Waiting
    }
    fn is_sent(&self, own: &Address) -> bool {
        self.stage(own) == Stage::Sent
    }
    fn is_expired(&self, own: &Address) -> bool {
        self.stage(own) == Stage::Expired
    }
    /// How long a link holds, in hours.
    fn held(&self) -> i64 {
        MAIL_CODE_HOURS
    }
    fn hours(&self) -> std::ops::Range<i32> {
        0..24
    }
    fn is_hour(&self, chosen: &str, hour: &i32) -> bool {
        chosen == hour.to_string()
    }
    fn is_code(&self, letter: &Sending) -> bool {
        letter.letter == Letter::Code
    }
    fn problem(&self, letter: &Sending) -> String {
        lang::kept(&letter.problem, self.page.manner.lang)
    }
}

/// Whether letters can leave this installation.
fn is_ready(config: &Config) -> bool {
    config.smtp.is_some() && config.public_url.is_some()
}

/// Nothing is promised that will not be sent.
fn must_be_ready(config: &Config) -> Result<()> {
    if is_ready(config) {
        return Ok(());
    }
    Err(Error::Refused(msg!("这里没有设发邮件的服务器，所以不能用邮件提醒。通知都在收件箱里。")))
}

async fn load(page: Page, viewer: Viewer, db: &Db, config: &Config) -> Result<Show> {
    let is_ready = is_ready(config);
    db.read(move |conn| Show::load(conn, page, &viewer, is_ready)).await
}

pub(super) async fn show(page: Page, viewer: Viewer, db: Data<Db>, config: Data<Config>) -> Reply {
    reply::page(&load(page, viewer, &db, &config).await?)
}

pub(super) async fn set(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    config: Data<Config>,
    form: Form<AddressForm>,
) -> Reply {
    must_be_ready(&config)?;
    let form = form.into_inner();
    let errors = match form.check() {
        Err(errors) => errors,
        Ok(address) => {
            let (doer, lang, person) = (page.doer(), page.manner.lang, viewer.person);
            let set =
                db.write(move |conn| inbox::set_address(conn, person, &address, lang, &doer, clock::now()));
            match set.await? {
                Typed::Asked => return reply::see("/me/mail?done=mail-code"),
                Typed::Known => return reply::see("/me/mail"),
                Typed::Enough => Errors::default().with("address", inbox::enough()),
            }
        }
    };
    let view = load(page, viewer, &db, &config).await?;
    reply::invalid(&Show { form, errors, ..view })
}

pub(super) async fn ask_again(viewer: Viewer, db: Data<Db>, config: Data<Config>) -> Reply {
    must_be_ready(&config)?;
    db.write(move |conn| inbox::ask_again(conn, viewer.person, clock::now())).await?;
    reply::see("/me/mail?done=mail-code")
}

pub(super) async fn adjust(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    config: Data<Config>,
    form: Form<MannerForm>,
) -> Reply {
    let manner = form.into_inner();
    match manner.check() {
        Ok((is_on, quiet)) => {
            let lang = page.manner.lang;
            db.write(move |conn| store::mail::adjust(conn, viewer.person, is_on, quiet, lang)).await?;
            reply::see("/me/mail?done=saved")
        }
        Err(errors) => {
            let view = load(page, viewer, &db, &config).await?;
            reply::invalid(&Show { manner, errors, ..view })
        }
    }
}

pub(super) async fn remove(page: Page, viewer: Viewer, db: Data<Db>) -> Reply {
    let doer = page.doer();
    db.write(move |conn| inbox::remove_address(conn, viewer.person, &doer, clock::now())).await?;
    reply::see("/me/mail?done=removed")
}

#[derive(Template)]
#[template(path = "inbox/confirm.html")]
struct Confirm {
    page: Page,
    code: String,
    has_failed: bool,
}

impl Confirm {
    /// How long a link holds, in hours.
    fn held(&self) -> i64 {
        MAIL_CODE_HOURS
    }
}

/// A button, since those who look after mail open its links before its reader does.
pub(super) async fn see_code(page: Page, query: Query<CodeForm>) -> Reply {
    let code = query.into_inner().code;
    reply::page(&Confirm { page, has_failed: code.is_empty(), code })
}

pub(super) async fn confirm(page: Page, viewer: Viewer, db: Data<Db>, form: Form<CodeForm>) -> Reply {
    let (doer, code) = (page.doer(), form.into_inner().code);
    let sent = code.clone();
    let confirmed =
        db.write(move |conn| inbox::confirm(conn, viewer.person, &sent, &doer, clock::now())).await?;
    if confirmed {
        return reply::see("/me/mail?done=mail-confirmed");
    }
    reply::invalid(&Confirm { page, code, has_failed: true })
}
