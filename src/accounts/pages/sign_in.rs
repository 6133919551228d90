//! The way in: name and password, the first password with a one-time code, and where the reader was going.
use super::super::factor::{self as factor_rules, Next};
use super::super::forms::{self, ActivateForm, SignInForm, kept_fields};
use super::super::passwords::Passwords;
use super::super::sessions::{self, ACCOUNT, AGENT, DEVICE, HALF, HALF_PROOF, HALF_SINCE};
use super::super::{store, throttle};
use super::factor;
use crate::audit::{Action, Doer};
use crate::clock;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::{AccountId, digest};
use crate::lang::Message;
use crate::msg;
use crate::web::form::{Errors, local_path};
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use actix_session::Session;
use actix_web::HttpRequest;
use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Form, Query};
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "accounts/sign_in.html")]
pub struct SignIn {
    page: Page,
    form: SignInForm,
    errors: Errors,
    problem: Option<Message>,
}

impl SignIn {
    /// The sign-in page in place of an action whose session is over: what was typed goes along.
    pub fn keeping(page: Page, kept: String) -> SignIn {
        SignIn {
            page,
            form: SignInForm { kept, ..SignInForm::default() },
            errors: Errors::default(),
            problem: Some(msg!("登录已过期。请重新登录，您刚才填写的内容还在。")),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Going {
    #[serde(default)]
    next: String,
}

pub(super) async fn sign_in(page: Page, next: Query<Going>) -> Reply {
    if page.viewer.is_some() {
        return reply::see(local_path(&next.next));
    }
    let form = SignInForm { next: local_path(&next.next).to_owned(), ..SignInForm::default() };
    reply::page(&SignIn { page, form, errors: Errors::default(), problem: None })
}

/// Sends again, after signing in, what was typed before.
#[derive(Template)]
#[template(path = "accounts/go_on.html")]
struct GoOn {
    page: Page,
    action: String,
    fields: Vec<(String, String)>,
}

pub(super) async fn sign_in_now(
    page: Page,
    request: HttpRequest,
    db: Data<Db>,
    passwords: Data<Passwords>,
    session: Session,
    form: Form<SignInForm>,
) -> Reply {
    let form = SignInForm { next: local_path(&form.next).to_owned(), ..form.into_inner() };
    let again = |page, form: SignInForm, errors, problem, status| {
        let form = SignInForm { password: String::new(), ..form };
        reply::html(status, &SignIn { page, form, errors, problem })
    };
    if let Err(errors) = form.check() {
        return again(page, form, errors, None, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let name = form.name.clone();
    let address = super::address(&request);
    let entered = db
        .write(move |conn| {
            let keys = throttle::Keys::new(&name, &address);
            throttle::enter(conn, &keys, clock::now())?;
            Ok((store::named(conn, &name)?, keys))
        })
        .await;
    let (account, keys) = match entered {
        Ok(entered) => entered,
        Err(Error::Wait(seconds)) => {
            let problem = Some(msg!("试得太频繁了，请等 {} 秒后再试。", seconds));
            return again(page, form, Errors::default(), problem, StatusCode::TOO_MANY_REQUESTS);
        }
        Err(other) => return Err(other),
    };
    let kept = account.as_ref().and_then(|account| account.password_hash.clone());
    let is_right = match passwords.verify(form.password.clone(), kept).await {
        Ok(is_right) => is_right,
        Err(busy) => {
            // Being turned away is no failed try.
            db.write(move |conn| throttle::leave(conn, &keys)).await?;
            return Err(busy);
        }
    };
    let Some(account) = account.filter(|_| is_right) else {
        return again(page, form, Errors::default(), Some(forms::wrong()), StatusCode::UNPROCESSABLE_ENTITY);
    };
    db.write(move |conn| throttle::leave(conn, &keys)).await?;
    let errand = Errand { next: form.next, kept: form.kept };
    after_password(page, &request, &db, &session, account.id, errand).await
}

/// Goes on after the right password: signed in, or first to the second factor.
async fn after_password(
    page: Page,
    request: &HttpRequest,
    db: &Db,
    session: &Session,
    account: AccountId,
    errand: Errand,
) -> Reply {
    let is_required = page.site.is_factor_required;
    let next = db.read(move |conn| factor_rules::after_password(conn, account, is_required)).await?;
    if next == Next::Enough {
        signed_in(&page, request, db, session, account).await?;
        return go_on(page, errand);
    }
    // A session that knows who it may become, and is nobody's yet.
    session.clear();
    session.renew();
    session.insert(HALF, account.0).map_err(Error::internal)?;
    session.insert(HALF_SINCE, clock::now().and_utc().timestamp()).map_err(Error::internal)?;
    let kept = db.read(move |conn| store::find(conn, account)).await?.password_hash.unwrap_or_default();
    session.insert(HALF_PROOF, digest(&kept)).map_err(Error::internal)?;
    match next {
        Next::SetUp => factor::set_up_page(page, db, account, errand).await,
        _ => factor::code_page(page, errand),
    }
}

/// Begins the session of this account and records it.
pub(super) async fn signed_in(
    page: &Page,
    request: &HttpRequest,
    db: &Db,
    session: &Session,
    account: AccountId,
) -> Result<()> {
    let doer = Doer { account: Some(account), for_person: None, request: page.request_id.clone() };
    db.write(move |conn| doer.did(conn, Action::SignedIn, ("account", account.0), clock::now())).await?;
    begin(session, account.0, request)
}

/// Where the reader was going, and what they were sending, when they had to sign in.
#[derive(Clone, Default)]
pub(super) struct Errand {
    pub next: String,
    /// Path and form, as [`SignIn::keeping`] has them.
    pub kept: String,
}

impl Errand {
    pub fn address(&self) -> String {
        if self.next == "/" || self.next.is_empty() {
            "/?done=signed-in".to_owned()
        } else {
            self.next.clone()
        }
    }
}

/// To where the reader was going.
pub(super) fn go_on(page: Page, errand: Errand) -> Reply {
    match kept_fields(&errand.kept) {
        // The page is made for the one who has just signed in; the layout needs no more than that.
        Some((action, fields)) => reply::page(&GoOn { page, action, fields }),
        None => reply::see(errand.address()),
    }
}

/// Begins a session under a new id: one that somebody planted before is worth nothing.
pub fn begin(session: &Session, account: i64, request: &HttpRequest) -> Result<()> {
    let agent =
        request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    session.clear();
    session.renew();
    session.insert(ACCOUNT, account).map_err(Error::internal)?;
    session.insert(DEVICE, crate::ids::random_hex(8)).map_err(Error::internal)?;
    session.insert(AGENT, sessions::describe(agent)).map_err(Error::internal)
}

pub(super) async fn sign_out(page: Page, db: Data<Db>, session: Session) -> Reply {
    if let Some(viewer) = &page.viewer {
        let (doer, account) = (page.doer(), viewer.account.0);
        db.write(move |conn| doer.did(conn, Action::SignedOut, ("account", account), clock::now())).await?;
    }
    session.purge();
    reply::see("/?done=signed-out")
}

#[derive(Template)]
#[template(path = "accounts/activate.html")]
struct Activate {
    page: Page,
    form: ActivateForm,
    errors: Errors,
    problem: Option<Message>,
}

pub(super) async fn activate(page: Page) -> Reply {
    reply::page(&Activate { page, form: ActivateForm::default(), errors: Errors::default(), problem: None })
}

pub(super) async fn activate_now(
    page: Page,
    request: HttpRequest,
    db: Data<Db>,
    passwords: Data<Passwords>,
    session: Session,
    form: Form<ActivateForm>,
) -> Reply {
    let form = form.into_inner();
    let again = |page, form: ActivateForm, errors, problem, status| {
        let form = ActivateForm { password: String::new(), again: String::new(), ..form };
        reply::html(status, &Activate { page, form, errors, problem })
    };
    let asked = page.site.consent.as_ref().map(|(id, _)| *id);
    if let Err(errors) = form.check(asked) {
        return again(page, form, errors, None, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let (name, address) = (form.name.clone(), super::address(&request));
    let entered = db
        .write(move |conn| {
            let keys = throttle::Keys::new(&name, &address);
            throttle::enter(conn, &keys, clock::now())?;
            Ok(keys)
        })
        .await;
    let keys = match entered {
        Ok(keys) => keys,
        Err(Error::Wait(seconds)) => {
            let problem = Some(msg!("试得太频繁了，请等 {} 秒后再试。", seconds));
            return again(page, form, Errors::default(), problem, StatusCode::TOO_MANY_REQUESTS);
        }
        Err(other) => return Err(other),
    };
    let hash = passwords.hash(form.password.clone()).await?;
    let (name, code, id) = (form.name.clone(), form.code.clone(), page.request_id.clone());
    let done = db
        .write(move |conn| {
            let account = super::super::activate(conn, &name, &code, &hash, &id, clock::now())?;
            throttle::leave(conn, &keys)?;
            if let Some(change) = asked {
                super::super::consent(conn, &account, change, clock::now())?;
            }
            Ok(account)
        })
        .await;
    match done {
        Ok(account) => {
            let errand = Errand { next: "/account?done=activated".into(), kept: String::new() };
            after_password(page, &request, &db, &session, account.id, errand).await
        }
        Err(Error::Refused(why)) => {
            again(page, form, Errors::default(), Some(why), StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(other) => Err(other),
    }
}
