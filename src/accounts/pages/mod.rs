//! The pages of accounts: this file has the own account with its devices and record; `sign_in` the way in, `factor` the
//! second factor.
mod factor;
mod sign_in;

use super::forms::{ConsentForm, DeviceForm, PasswordForm};
use super::passwords::Passwords;
use super::sessions::{self, DEVICE, Device};
use super::store::factors;
use super::{store, throttle};
use crate::access::Access::{Anyone, Oneself, SignedIn};
use crate::access::{Grant, Viewer};
use crate::audit::{self, Action};
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::msg;
use crate::people;
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::paging;
use crate::web::peer;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_session::Session;
use actix_web::HttpRequest;
use actix_web::web::{Data, Form, Query};
use askama::Template;
use serde::Deserialize;
pub use sign_in::{SignIn, begin};

pub fn routes() -> Vec<Route> {
    vec![
        get("/sign-in", Anyone, sign_in::sign_in),
        post("/sign-in", Anyone, sign_in::sign_in_now),
        post("/sign-in/code", Anyone, factor::enter_code),
        post("/sign-in/factor", Anyone, factor::set_up_at_sign_in),
        post("/sign-out", Anyone, sign_in::sign_out),
        get("/activate", Anyone, sign_in::activate),
        post("/activate", Anyone, sign_in::activate_now),
        get("/account", SignedIn, show),
        post("/account/consent", Oneself, consent),
        get("/account/factor", Oneself, factor::own),
        post("/account/factor", Oneself, factor::set_up),
        post("/account/factor/codes", Oneself, factor::new_recovery_codes),
        post("/account/factor/off", Oneself, factor::turn_off),
        get("/account/password", Oneself, password),
        post("/account/password", Oneself, change_password),
        post("/account/devices/end", Oneself, end_device),
        post("/account/devices/end-others", Oneself, end_other_devices),
    ]
}

/// The address that counts for slowing down.
fn address(request: &HttpRequest) -> String {
    peer::address(request).map(|address| address.to_string()).unwrap_or_default()
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
    has_factor: bool,
    /// The consent text has changed since the viewer agreed, or came later.
    is_consent_open: bool,
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
        let is_consent_open = match &page.site.consent {
            Some((change, _)) if !viewer.is_acting() => {
                !audit::has_done(conn, viewer.account, Action::ConsentGiven, change.0)?
            }
            _ => false,
        };
        Ok(Show {
            has_factor: factors::secret(conn, viewer.account)?.is_some(),
            is_consent_open,
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

/// Agrees to the consent text as it is now.
async fn consent(page: Page, viewer: Viewer, db: Data<Db>, form: Form<ConsentForm>) -> Reply {
    // Only the text that was shown is agreed to.
    let Some(change) =
        page.site.consent.as_ref().map(|(id, _)| *id).filter(|id| id.0.to_string() == form.consent)
    else {
        return reply::see("/account");
    };
    db.write(move |conn| {
        let account = store::find(conn, viewer.account)?;
        super::consent(conn, &account, change, clock::now())
    })
    .await?;
    reply::see("/account?done=consented")
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
    let (name, address) = (account.username.clone(), address(&request));
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
        return sign_in::sign_out(page, db, session).await;
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
