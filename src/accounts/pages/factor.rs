//! The pages of the second factor: between password and session, and on the own account.
use super::super::factor;
use super::super::forms::FactorForm;
use super::super::sessions::{FACTOR, HALF, HALF_PROOF, HALF_SINCE};
use super::super::store::{self, Account, factors};
use super::super::throttle;
use super::sign_in::{Errand, go_on, signed_in};
use crate::access::Viewer;
use crate::audit::Doer;
use crate::clock;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::{AccountId, digest};
use crate::lang::Message;
use crate::msg;
use crate::web::form::local_path;
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::web::{Data, Form};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

/// So long the code may take after the password, in seconds: time to find the telephone.
const HALF_SECONDS: i64 = 10 * 60;

#[derive(Template)]
#[template(path = "accounts/code.html")]
struct Code {
    page: Page,
    errand: Errand,
    problem: Option<Message>,
}

/// Asks for a code after the password.
pub(super) fn code_page(page: Page, errand: Errand) -> Reply {
    reply::page(&Code { page, errand, problem: None })
}

#[derive(Template)]
#[template(path = "accounts/factor.html")]
struct SetUp {
    page: Page,
    errand: Errand,
    /// Where the form goes: on the own account, or between password and session.
    action: &'static str,
    secret: String,
    picture: String,
    problem: Option<Message>,
}

impl SetUp {
    fn new(
        page: Page,
        username: &str,
        action: &'static str,
        secret: String,
        errand: Errand,
        problem: Option<Message>,
    ) -> Result<SetUp> {
        let issuer = match page.site.city.as_str() {
            "" => page.t("微党校").to_owned(),
            city => format!("{} {city}", page.t("微党校")),
        };
        let picture = factor::picture(&factor::address(&secret, &issuer, username))?;
        Ok(SetUp { page, errand, action, secret, picture, problem })
    }
    /// The secret in groups of four, for typing.
    fn groups(&self) -> String {
        let groups: Vec<_> = self.secret.as_bytes().chunks(4).map(String::from_utf8_lossy).collect();
        groups.join(" ")
    }
}

/// What must not stay in the browser's memory: a secret, or recovery codes.
fn unkept(reply: Reply) -> Reply {
    reply.map(|mut reply| {
        reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        reply
    })
}

/// Asks to set up the second factor after the password.
pub(super) async fn set_up_page(page: Page, db: &Db, account: AccountId, errand: Errand) -> Reply {
    let account = db.read(move |conn| store::find(conn, account)).await?;
    let view = SetUp::new(page, &account.username, "/sign-in/factor", factor::fresh_secret(), errand, None)?;
    unkept(reply::page(&view))
}

#[derive(Template)]
#[template(path = "accounts/recovery.html")]
struct Recovery {
    page: Page,
    username: String,
    codes: Vec<String>,
    next: String,
}

/// The account whose password was right a moment ago, and is its password still.
async fn half(session: &Session, db: &Db) -> Result<Option<AccountId>> {
    let since = session.get::<i64>(HALF_SINCE).ok().flatten().unwrap_or_default();
    let age = clock::now().and_utc().timestamp() - since;
    // A clock that was set back makes the age negative: then the password is asked for again.
    let half = session.get::<i64>(HALF).ok().flatten().filter(|_| (0..HALF_SECONDS).contains(&age));
    let (Some(account), Some(proof)) =
        (half.map(AccountId), session.get::<String>(HALF_PROOF).ok().flatten())
    else {
        return Ok(None);
    };
    match db.read(move |conn| store::find(conn, account)).await {
        Ok(found) if digest(found.password_hash.as_deref().unwrap_or_default()) == proof => Ok(Some(account)),
        Ok(_) | Err(Error::NotFound) => Ok(None),
        Err(other) => Err(other),
    }
}

/// Notes in the session that a second factor was shown.
fn shown(session: &Session) -> Result<()> {
    session.insert(FACTOR, true).map_err(Error::internal)
}

fn sign_in_again() -> Reply {
    reply::see("/sign-in")
}

/// Tries a code, slowed down like a password. `Err(problem)` if it is wrong or too soon.
async fn try_code<T: Send + 'static>(
    db: &Db,
    request: &HttpRequest,
    account: AccountId,
    with: impl FnOnce(&mut crate::db::Conn, &Account) -> Result<Option<T>> + Send + 'static,
) -> Result<std::result::Result<T, Message>> {
    let address = super::address(request);
    let entered = db
        .write(move |conn| {
            let keys = throttle::Keys::new(&format!("second factor {account}"), &address);
            throttle::enter(conn, &keys, clock::now())?;
            Ok(keys)
        })
        .await;
    let keys = match entered {
        Ok(keys) => keys,
        Err(Error::Wait(seconds)) => {
            return Ok(Err(msg!("试得太频繁了，请等 {} 秒后再试。", seconds)));
        }
        Err(other) => return Err(other),
    };
    let done = db
        .write(move |conn| {
            let account = store::find(conn, account)?;
            let done = with(conn, &account)?;
            if done.is_some() {
                throttle::leave(conn, &keys)?;
            }
            Ok(done)
        })
        .await?;
    Ok(done.ok_or_else(wrong))
}

fn wrong() -> Message {
    msg!("验证码不对，或者已经用过。请等手机上出现下一个再填，并看看手机的时间准不准。")
}

fn doer(page: &Page, account: AccountId) -> Doer {
    Doer { account: Some(account), for_person: None, request: page.request_id.clone() }
}

pub(super) async fn enter_code(
    page: Page,
    request: HttpRequest,
    db: Data<Db>,
    session: Session,
    form: Form<FactorForm>,
) -> Reply {
    let Some(account) = half(&session, &db).await? else { return sign_in_again() };
    let form = form.into_inner();
    let errand = Errand { next: local_path(&form.next).to_owned(), kept: form.kept };
    let (code, doer) = (form.code, doer(&page, account));
    let tried = try_code(&db, &request, account, move |conn, account| {
        Ok(factor::check(conn, account, &code, &doer, clock::now())?.then_some(()))
    });
    match tried.await? {
        Err(problem) => {
            let view = Code { page, errand, problem: Some(problem) };
            reply::html(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
        Ok(()) => {
            signed_in(&page, &request, &db, &session, account).await?;
            shown(&session)?;
            go_on(page, errand)
        }
    }
}

pub(super) async fn set_up_at_sign_in(
    page: Page,
    request: HttpRequest,
    db: Data<Db>,
    session: Session,
    form: Form<FactorForm>,
) -> Reply {
    let Some(account) = half(&session, &db).await? else { return sign_in_again() };
    // Whoever has a second factor shows it; a password alone must not replace it.
    if db.read(move |conn| factors::secret(conn, account)).await?.is_some() {
        return sign_in_again();
    }
    let form = form.into_inner();
    let errand = Errand { next: local_path(&form.next).to_owned(), kept: form.kept.clone() };
    match store_secret(&page, &request, &db, account, &form).await? {
        Err(problem) => again(page, &db, account, "/sign-in/factor", form, errand, problem).await,
        Ok((username, codes)) => {
            signed_in(&page, &request, &db, &session, account).await?;
            shown(&session)?;
            let next = errand.address();
            unkept(reply::page(&Recovery { page, username, codes, next }))
        }
    }
}

async fn store_secret(
    page: &Page,
    request: &HttpRequest,
    db: &Db,
    account: AccountId,
    form: &FactorForm,
) -> Result<std::result::Result<(String, Vec<String>), Message>> {
    let (secret, code, doer) = (form.secret.clone(), form.code.clone(), doer(page, account));
    try_code(db, request, account, move |conn, account| {
        let codes = factor::set_up(conn, account, &secret, &code, &doer, clock::now())?;
        Ok(codes.map(|codes| (account.username.clone(), codes)))
    })
    .await
}

async fn again(
    page: Page,
    db: &Db,
    account: AccountId,
    action: &'static str,
    form: FactorForm,
    errand: Errand,
    problem: Message,
) -> Reply {
    let account = db.read(move |conn| store::find(conn, account)).await?;
    let view = SetUp::new(page, &account.username, action, form.secret, errand, Some(problem))?;
    unkept(reply::html(StatusCode::UNPROCESSABLE_ENTITY, &view))
}

#[derive(Template)]
#[template(path = "accounts/own_factor.html")]
struct Own {
    page: Page,
    left: i64,
    is_required: bool,
    problem: Option<Message>,
}

impl Own {
    async fn load(page: Page, viewer: &Viewer, db: &Db, problem: Option<Message>) -> Result<Own> {
        let account = viewer.account;
        let left = db.read(move |conn| factors::recovery_codes_left(conn, account)).await?;
        let is_of_city = viewer.grants.iter().any(|grant| grant.scope == crate::access::ScopeKind::City);
        let is_required = page.site.is_factor_required && is_of_city;
        Ok(Own { page, left, is_required, problem })
    }
}

/// The own second factor: its state, or how to set it up.
pub(super) async fn own(page: Page, viewer: Viewer, db: Data<Db>) -> Reply {
    let id = viewer.account;
    let (account, secret) =
        db.read(move |conn| Ok((store::find(conn, id)?, factors::secret(conn, id)?))).await?;
    if secret.is_some() {
        return reply::page(&Own::load(page, &viewer, &db, None).await?);
    }
    let (secret, errand) = (factor::fresh_secret(), Errand::default());
    unkept(reply::page(&SetUp::new(page, &account.username, "/account/factor", secret, errand, None)?))
}

pub(super) async fn set_up(
    page: Page,
    viewer: Viewer,
    request: HttpRequest,
    db: Data<Db>,
    session: Session,
    form: Form<FactorForm>,
) -> Reply {
    let account = viewer.account;
    if db.read(move |conn| factors::secret(conn, account)).await?.is_some() {
        return reply::see("/account/factor");
    }
    let form = form.into_inner();
    match store_secret(&page, &request, &db, account, &form).await? {
        Err(problem) => again(page, &db, account, "/account/factor", form, Errand::default(), problem).await,
        Ok((username, codes)) => {
            shown(&session)?;
            let next = "/account".to_owned();
            unkept(reply::page(&Recovery { page, username, codes, next }))
        }
    }
}

/// Prints new recovery codes, for whoever shows a code.
pub(super) async fn new_recovery_codes(
    page: Page,
    viewer: Viewer,
    request: HttpRequest,
    db: Data<Db>,
    form: Form<FactorForm>,
) -> Reply {
    let (code, doer) = (form.into_inner().code, page.doer());
    let tried = try_code(&db, &request, viewer.account, move |conn, account| {
        if !factor::check(conn, account, &code, &doer, clock::now())? {
            return Ok(None);
        }
        Ok(Some((account.username.clone(), factor::fresh_recovery_codes(conn, account.id)?)))
    });
    match tried.await? {
        Err(problem) => refused(Own::load(page, &viewer, &db, Some(problem)).await?),
        Ok((username, codes)) => {
            let next = "/account".to_owned();
            unkept(reply::page(&Recovery { page, username, codes, next }))
        }
    }
}

/// Turns the second factor off, for whoever shows a code and need not have it.
pub(super) async fn turn_off(
    page: Page,
    viewer: Viewer,
    request: HttpRequest,
    db: Data<Db>,
    form: Form<FactorForm>,
) -> Reply {
    let view = Own::load(page.clone(), &viewer, &db, None).await?;
    if view.is_required {
        return Err(Error::Refused(msg!("您的角色要求第二重验证，不能关闭。")));
    }
    let (code, doer) = (form.into_inner().code, page.doer());
    let tried = try_code(&db, &request, viewer.account, move |conn, account| {
        if !factor::check(conn, account, &code, &doer, clock::now())? {
            return Ok(None);
        }
        factor::forget(conn, account, &doer, clock::now()).map(Some)
    });
    match tried.await? {
        Err(problem) => refused(Own { problem: Some(problem), ..view }),
        Ok(()) => reply::see("/account?done=factor-off"),
    }
}

fn refused(view: Own) -> Result<HttpResponse> {
    reply::html(StatusCode::UNPROCESSABLE_ENTITY, &view)
}
