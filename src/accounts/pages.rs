//! The pages of accounts: sign-in, activation, the own account with its devices and record.
use super::forms::{self, ActivateForm, DeviceForm, PasswordForm, SignInForm, kept_fields};
use super::passwords::Passwords;
use super::sessions::{self, ACCOUNT, AGENT, DEVICE, Device};
use super::{store, throttle};
use crate::access::Access::{Anyone, Oneself, SignedIn};
use crate::access::{Grant, Viewer};
use crate::audit::{self, Action, Doer};
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::lang::Message;
use crate::msg;
use crate::people;
use crate::web::form::{Errors, local_path};
use crate::web::page::Page;
use crate::web::paging;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_session::Session;
use actix_web::HttpRequest;
use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Form, Query};
use askama::Template;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    vec![
        get("/sign-in", Anyone, sign_in),
        post("/sign-in", Anyone, sign_in_now),
        post("/sign-out", Anyone, sign_out),
        get("/activate", Anyone, activate),
        post("/activate", Anyone, activate_now),
        get("/account", SignedIn, show),
        get("/account/password", Oneself, password),
        post("/account/password", Oneself, change_password),
        post("/account/devices/end", Oneself, end_device),
        post("/account/devices/end-others", Oneself, end_other_devices),
    ]
}

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
struct Next {
    #[serde(default)]
    next: String,
}

async fn sign_in(page: Page, next: Query<Next>) -> Reply {
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

async fn sign_in_now(
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
    let address = peer(&request);
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
    let doer = Doer { account: Some(account.id), for_person: None, request: page.request_id.clone() };
    db.write(move |conn| {
        throttle::leave(conn, &keys)?;
        doer.did(conn, Action::SignedIn, ("account", account.id.0), clock::now())
    })
    .await?;
    begin(&session, account.id.0, &request)?;
    match kept_fields(&form.kept) {
        Some((action, fields)) => {
            // The page is made for the one who has just signed in; the layout needs no more than that.
            reply::page(&GoOn { page, action, fields })
        }
        None => reply::see(if form.next == "/" { "/?done=signed-in".to_owned() } else { form.next }),
    }
}

/// Begins a session under a new id: one that somebody planted before is worth nothing.
fn begin(session: &Session, account: i64, request: &HttpRequest) -> Result<()> {
    let agent =
        request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    session.clear();
    session.renew();
    session.insert(ACCOUNT, account).map_err(Error::internal)?;
    session.insert(DEVICE, crate::ids::random_hex(8)).map_err(Error::internal)?;
    session.insert(AGENT, sessions::describe(agent)).map_err(Error::internal)
}

fn peer(request: &HttpRequest) -> String {
    request.peer_addr().map(|address| address.ip().to_string()).unwrap_or_default()
}

async fn sign_out(page: Page, db: Data<Db>, session: Session) -> Reply {
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

async fn activate(page: Page) -> Reply {
    reply::page(&Activate { page, form: ActivateForm::default(), errors: Errors::default(), problem: None })
}

async fn activate_now(
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
    if let Err(errors) = form.check() {
        return again(page, form, errors, None, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let (name, address) = (form.name.clone(), peer(&request));
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
            let account = super::activate(conn, &name, &code, &hash, &id, clock::now())?;
            throttle::leave(conn, &keys)?;
            Ok(account)
        })
        .await;
    match done {
        Ok(account) => {
            begin(&session, account.id.0, &request)?;
            reply::see("/account?done=activated")
        }
        Err(Error::Refused(why)) => {
            again(page, form, Errors::default(), Some(why), StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(other) => Err(other),
    }
}

/// How many lines of the record stand on a page.
const LINES: i64 = 20;

#[derive(Template)]
#[template(path = "accounts/show.html")]
struct Show {
    page: Page,
    viewer: Viewer,
    username: String,
    /// Home branch, member number and stage; `None` for those who are no members.
    membership: Option<(String, String, people::Stage)>,
    grants: Vec<Grant>,
    devices: Vec<Device>,
    here: String,
    record: Vec<audit::Entry>,
    paging: paging::Paging,
}

#[derive(Deserialize)]
struct ShowQuery {
    page: Option<String>,
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: Viewer, here: String, number: i64) -> Result<Show> {
        let account = store::find(conn, viewer.account)?;
        let membership = people::card(conn, viewer.person)?;
        let mut record = audit::about(conn, viewer.person, (number - 1) * LINES, LINES + 1)?;
        let paging = paging::Paging::cut(&page.path, number, &mut record, LINES)?;
        Ok(Show {
            username: if viewer.is_acting() { String::new() } else { account.username },
            membership: membership.map(|(_, branch, number, stage)| (branch, number, stage)),
            grants: viewer.grants.clone(),
            devices: if viewer.is_acting() {
                vec![]
            } else {
                sessions::devices(conn, viewer.account, clock::now())?
            },
            here,
            record,
            paging,
            viewer,
            page,
        })
    }
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, session: Session, query: Query<ShowQuery>) -> Reply {
    let here = session.get::<String>(DEVICE).ok().flatten().unwrap_or_default();
    let number = paging::number(&query.page);
    let view = db.read(move |conn| Show::load(conn, page, viewer, here, number)).await?;
    reply::page(&view)
}

#[derive(Template)]
#[template(path = "accounts/password.html")]
struct Password {
    page: Page,
    errors: Errors,
}

async fn password(page: Page) -> Reply {
    reply::page(&Password { page, errors: Errors::default() })
}

async fn change_password(
    page: Page,
    viewer: Viewer,
    request: HttpRequest,
    db: Data<Db>,
    passwords: Data<Passwords>,
    session: Session,
    form: Form<PasswordForm>,
) -> Reply {
    let account = db.read({
        let id = viewer.account;
        move |conn| store::find(conn, id)
    });
    let account = account.await?;
    if let Err(errors) = form.check(&account.username) {
        return reply::invalid(&Password { page, errors });
    }
    let (name, address) = (account.username.clone(), peer(&request));
    let keys = db
        .write(move |conn| {
            let keys = throttle::Keys::new(&name, &address);
            throttle::enter(conn, &keys, clock::now())?;
            Ok(keys)
        })
        .await?;
    if !passwords.verify(form.current.clone(), account.password_hash).await? {
        let errors = Errors::default().with("current", msg!("现在的密码不对"));
        return reply::invalid(&Password { page, errors });
    }
    let hash = passwords.hash(form.password.clone()).await?;
    let (doer, device) = (page.doer(), session.get::<String>(DEVICE).ok().flatten().unwrap_or_default());
    db.write(move |conn| {
        throttle::leave(conn, &keys)?;
        super::change_password(conn, &viewer, &hash, &device, &doer, clock::now())
    })
    .await?;
    session.renew();
    reply::see("/account?done=password")
}

async fn end_device(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    session: Session,
    form: Form<DeviceForm>,
) -> Reply {
    let doer = page.doer();
    if session.get::<String>(DEVICE).ok().flatten().as_deref() == Some(form.device.as_str()) {
        return sign_out(page, db, session).await;
    }
    let device = form.device.clone();
    db.write(move |conn| {
        sessions::end(conn, viewer.account, &device)?;
        doer.did_to(conn, Action::DeviceEnded, viewer.person, clock::now())
    })
    .await?;
    reply::see("/account?done=device-ended")
}

async fn end_other_devices(page: Page, viewer: Viewer, db: Data<Db>, session: Session) -> Reply {
    let (doer, device) = (page.doer(), session.get::<String>(DEVICE).ok().flatten().unwrap_or_default());
    db.write(move |conn| {
        sessions::end_others(conn, viewer.account, &device)?;
        doer.did_to(conn, Action::DevicesEnded, viewer.person, clock::now())
    })
    .await?;
    reply::see("/account?done=devices-ended")
}
