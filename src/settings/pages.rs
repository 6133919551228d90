//! The first-run page, the pages of settings, the privacy notice, the logo.
use super::forms::{self, SettingForm, SetupForm};
use crate::access::Access::Anyone;
use crate::access::Permission::{ChangeSettings, DecideSettings};
use crate::access::Viewer;
use crate::accounts::passwords::Passwords;
use crate::accounts::throttle;
use crate::audit::Doer;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::SettingChangeId;
use crate::lang::Message;
use crate::msg;
use crate::site::{self, Change, LARGEST_LOGO, Logo, OFFERED, REQUIRED, Setting, Verdict};
use crate::web::body;
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::peer;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, file, get, post};
use actix_multipart::Multipart;
use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Form, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    vec![
        get("/setup", Anyone, setup),
        post("/setup", Anyone, set_up),
        get("/privacy", Anyone, privacy).kept(&[]),
        file("/logo/{digest}", Anyone, logo),
        get("/admin/settings", DecideSettings, index),
        get("/admin/settings/{setting}", DecideSettings, show),
        post("/admin/settings/logo", ChangeSettings, change_logo),
        post("/admin/settings/{setting}", ChangeSettings, change),
        post("/admin/settings/changes/{change}/{verdict}", DecideSettings, decide),
    ]
}

#[derive(Template)]
#[template(path = "settings/setup.html")]
struct Setup {
    page: Page,
    form: SetupForm,
    errors: Errors,
    problem: Option<Message>,
}

async fn setup(page: Page) -> Reply {
    if page.site.is_set_up {
        return Err(Error::NotFound);
    }
    reply::page(&Setup { page, form: SetupForm::default(), errors: Errors::default(), problem: None })
}

async fn set_up(
    page: Page,
    request: HttpRequest,
    db: Data<Db>,
    passwords: Data<Passwords>,
    form: Form<SetupForm>,
) -> Reply {
    if page.site.is_set_up {
        return Err(Error::NotFound);
    }
    let form = form.into_inner();
    let again = |page, form: SetupForm, errors, problem, status| {
        let form = SetupForm { password: String::new(), again: String::new(), ..form };
        reply::html(status, &Setup { page, form, errors, problem })
    };
    if let Err(errors) = form.check() {
        return again(page, form, errors, None, StatusCode::UNPROCESSABLE_ENTITY);
    }
    // The code is looked at before a password is hashed: guessing is slowed down, and costs the server nothing.
    let address = peer::address(&request).map(|address| address.to_string()).unwrap_or_default();
    let code = form.code.clone();
    let entered = db
        .write(move |conn| {
            let keys = throttle::Keys::new("set-up", &address);
            throttle::enter(conn, &keys, clock::now())?;
            let is_right = site::is_setup_code(conn, &code)?;
            if is_right {
                throttle::leave(conn, &keys)?;
            }
            Ok(is_right)
        })
        .await;
    match entered {
        Ok(true) => {}
        Ok(false) => {
            let problem = msg!("安装码不对。它印在运行 weixiao serve 的窗口或日志里，每次启动都会换。");
            return again(
                page,
                form,
                Errors::default().with("code", problem),
                None,
                StatusCode::UNPROCESSABLE_ENTITY,
            );
        }
        Err(Error::Wait(seconds)) => {
            let problem = Some(msg!("试得太频繁了，请等 {} 秒后再试。", seconds));
            return again(page, form, Errors::default(), problem, StatusCode::TOO_MANY_REQUESTS);
        }
        Err(other) => return Err(other),
    }
    let hash = passwords.hash(form.password.clone()).await?;
    let doer = Doer { request: page.request_id.clone(), ..Doer::default() };
    let sent = form.clone();
    match db.write(move |conn| super::set_up(conn, &sent, &hash, &doer, clock::now())).await {
        Ok(()) => reply::see("/sign-in?done=set-up"),
        Err(Error::Refused(why)) => {
            again(page, form, Errors::default(), Some(why), StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(other) => Err(other),
    }
}

#[derive(Template)]
#[template(path = "settings/privacy.html")]
struct Privacy {
    page: Page,
}

async fn privacy(page: Page) -> Reply {
    if page.site.privacy_notice.is_empty() {
        return Err(Error::NotFound);
    }
    reply::page(&Privacy { page })
}

/// The picture under its digest: it may be kept for ever.
async fn logo(page: Page, digest: Path<String>) -> Reply {
    let logo = page.site.logo.as_ref().filter(|logo| logo.digest == *digest).ok_or(Error::NotFound)?;
    Ok(HttpResponse::Ok()
        .content_type(logo.mime)
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(logo.bytes.clone()))
}

/// A setting with its present value, in a list.
struct Row {
    setting: Setting,
    value: String,
    is_missing: bool,
}

#[derive(Template)]
#[template(path = "settings/index.html")]
struct Index {
    page: Page,
    rows: Vec<Row>,
    awaiting: Vec<Change>,
    account: i64,
}

impl Index {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer) -> Result<Index> {
        let rows = Setting::ALL.iter().map(|setting| {
            let value = page.site.value(*setting);
            Row {
                setting: *setting,
                is_missing: page.site.missing().contains(setting),
                value: shown(&page, *setting, value),
            }
        });
        Ok(Index { rows: rows.collect(), awaiting: site::awaiting(conn)?, account: viewer.account.0, page })
    }
    fn name(&self, change: &Change) -> String {
        Setting::of(&change.name)
            .map_or_else(|| change.name.clone(), |setting| self.page.say(&setting.words()))
    }
    fn shown(&self, change: &Change) -> String {
        Setting::of(&change.name).map_or_else(String::new, |setting| match setting.is_long() {
            true => change.value.clone(),
            false => shown(&self.page, setting, change.value.clone()),
        })
    }
    fn is_own(&self, change: &Change) -> bool {
        change.proposed_by_id.is_some_and(|by| by.0 == self.account)
    }
}

/// A value as a person reads it: the first words of a long one.
fn shown(page: &Page, setting: Setting, value: String) -> String {
    match (setting, value.as_str()) {
        (Setting::SecondFactor, REQUIRED) => page.t("要求").to_owned(),
        (Setting::SecondFactor, _) => page.t("不要求，可以自己设").to_owned(),
        (Setting::Logo, "") if page.site.logo.is_some() => page.t("已上传").to_owned(),
        _ if value.chars().count() > 60 => value.chars().take(60).chain(['…']).collect(),
        _ => value,
    }
}

async fn index(page: Page, viewer: Viewer, db: Data<Db>) -> Reply {
    let view = db.read(move |conn| Index::load(conn, page, &viewer)).await?;
    reply::page(&view)
}

/// Values on a page of a setting's history.
const LINES: i64 = 10;

#[derive(Template)]
#[template(path = "settings/show.html")]
struct Show {
    page: Page,
    setting: Setting,
    form: SettingForm,
    errors: Errors,
    history: Vec<Change>,
    paging: Paging,
    today: chrono::NaiveDate,
    may_change: bool,
    has_open: bool,
}

#[derive(Deserialize)]
struct PageQuery {
    page: Option<String>,
}

impl Show {
    fn load(conn: &mut Conn, page: Page, setting: Setting, number: i64) -> Result<Show> {
        let mut history = site::history(conn, setting.as_str(), (number - 1) * LINES, LINES + 1)?;
        let has_open = site::awaiting(conn)?.iter().any(|change| change.name == setting.as_str());
        let paging = Paging::cut(&page.path, number, &mut history, LINES)?;
        let form = SettingForm { value: page.site.value(setting), valid_from: String::new() };
        Ok(Show {
            may_change: page.may(ChangeSettings),
            today: clock::day(clock::now()),
            errors: Errors::default(),
            page,
            setting,
            form,
            history,
            paging,
            has_open,
        })
    }
    fn is_logo(&self) -> bool {
        self.setting == Setting::Logo
    }
    fn is_factor(&self) -> bool {
        self.setting == Setting::SecondFactor
    }
    /// The values of the rule for second factors, with their words.
    fn rules(&self) -> [(&'static str, &'static str); 2] {
        [(REQUIRED, self.page.t("要求")), (OFFERED, self.page.t("不要求，可以自己设"))]
    }
    fn shown(&self, change: &Change) -> String {
        match self.setting {
            Setting::Logo if change.value.is_empty() => self.page.t("没有设").to_owned(),
            Setting::Logo => self.page.t("一张图片").to_owned(),
            setting => shown(&self.page, setting, change.value.clone()),
        }
    }
}

fn setting_of(name: &str) -> Result<Setting> {
    Setting::of(name).ok_or(Error::NotFound)
}

async fn show(page: Page, db: Data<Db>, name: Path<String>, query: Query<PageQuery>) -> Reply {
    let setting = setting_of(&name)?;
    let number = paging::number(&query.page);
    let view = db.read(move |conn| Show::load(conn, page, setting, number)).await?;
    reply::page(&view)
}

async fn change(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    name: Path<String>,
    form: Form<SettingForm>,
) -> Reply {
    let setting = setting_of(&name)?;
    let form = form.into_inner();
    match form.check(setting, clock::day(clock::now())) {
        Err(errors) => {
            let view = db.read(move |conn| Show::load(conn, page, setting, 1)).await?;
            reply::invalid(&Show { form, errors, ..view })
        }
        Ok((value, day)) => {
            let doer = page.doer();
            db.write(move |conn| site::propose(conn, setting, &value, day, &viewer, &doer, clock::now()))
                .await?;
            let done = if setting.needs_approval() { "setting-proposed" } else { "setting" };
            reply::see(format!("/admin/settings?done={done}"))
        }
    }
}

/// What the form of the logo sends: a file, and the day.
#[derive(Default)]
struct Upload {
    file: Vec<u8>,
    valid_from: String,
    /// Take the logo away.
    remove: bool,
}

/// Reads the fields of a form with a file, at most a logo's worth of them.
async fn upload(parts: Multipart) -> Result<Upload> {
    let mut upload = Upload::default();
    for (name, bytes) in body::parts(parts, LARGEST_LOGO + 64 * 1024).await? {
        match name.as_str() {
            "file" => upload.file = bytes,
            "valid_from" => upload.valid_from = String::from_utf8_lossy(&bytes).into_owned(),
            "remove" => upload.remove = true,
            _ => {}
        }
    }
    Ok(upload)
}

async fn change_logo(page: Page, viewer: Viewer, db: Data<Db>, parts: Multipart) -> Reply {
    let sent = upload(parts).await?;
    let mut errors = Errors::default();
    let value =
        if sent.remove { Ok(String::new()) } else { Logo::of(&sent.file).map(|logo| logo.to_value()) };
    let value = errors.take("value", value);
    let day = errors.take("valid_from", forms::day(&sent.valid_from, clock::day(clock::now())));
    let (Some(value), Some(day)) = (value, day) else {
        let view = db.read(move |conn| Show::load(conn, page, Setting::Logo, 1)).await?;
        let form = SettingForm { value: String::new(), valid_from: sent.valid_from };
        return reply::invalid(&Show { form, errors, ..view });
    };
    let doer = page.doer();
    db.write(move |conn| site::propose(conn, Setting::Logo, &value, day, &viewer, &doer, clock::now()))
        .await?;
    reply::see("/admin/settings?done=setting")
}

async fn decide(page: Page, viewer: Viewer, db: Data<Db>, path: Path<(SettingChangeId, String)>) -> Reply {
    let (id, verdict) = path.into_inner();
    let verdict = Verdict::of(&verdict).ok_or(Error::NotFound)?;
    let doer = page.doer();
    db.write(move |conn| site::decide(conn, id, verdict, &viewer, &doer, clock::now())).await?;
    reply::see("/admin/settings?done=setting-decided")
}
