//! The pages of events. Here is the page of one event with its check-in; `calendar` has the own calendar, `desk` the list and
//! the forms of whoever holds events, `roll` the attendance, `site` the code that is shown on site.
mod calendar;
mod desk;
mod roll;
mod site;

use super::forms::CodeForm;
use super::store::{self, OfCourse, Past, Place};
use super::{Event, Kind, Outcome, State, Status, codes};
use crate::access::Access::SignedIn;
use crate::access::Viewer;
use crate::clock::{self, Timestamp};
use crate::config::Config;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::ids::{EventId, random_hex};
use crate::lang::Message;
use crate::msg;
use crate::web::form::{self, Errors};
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::web::{Data, Form, Path};
use askama::Template;

pub fn routes() -> Vec<Route> {
    // What is said word by word stands before what has a parameter in that place.
    let mut routes = desk::routes();
    routes.extend([
        get("/events/{event}", SignedIn, show),
        get("/events/{event}/check-in", SignedIn, check_in_page),
        post("/events/{event}/check-in", SignedIn, check_in),
    ]);
    routes.extend(roll::routes());
    routes.extend(site::routes());
    routes.extend(calendar::routes());
    routes
}

/// The address of the portal as readers know it, for links that leave it: into calendars, and as a picture.
pub(crate) fn base(request: &HttpRequest, config: &Config) -> String {
    match &config.public_url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => {
            let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
            format!("http://{}", host.unwrap_or("localhost"))
        }
    }
}

#[derive(Template)]
#[template(path = "events/show.html")]
struct Show {
    page: Page,
    event: Event,
    phase: State,
    place: Place,
    course: Option<OfCourse>,
    /// In words.
    enrolment: Option<Message>,
    /// What was recorded of the viewer, the newest first.
    past: Vec<Past>,
    /// Whether the viewer can check in now.
    may_check_in: bool,
    /// Whether the viewer keeps the list.
    is_holder: bool,
    form: CodeForm,
    errors: Errors,
}

/// Where somebody stands with a seat, in words.
fn enrolment_words(state: &str) -> Message {
    match state {
        "requested" => msg!("等待审核"),
        "waitlisted" => msg!("候补中"),
        "attended" => msg!("已到场"),
        "no_show" => msg!("没有到场"),
        "excused" => msg!("已请假"),
        _ => msg!("已报名"),
    }
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: EventId, now: Timestamp) -> Result<Show> {
        let event = super::visible(conn, viewer, id)?;
        let past = store::history(conn, id, viewer.person)?;
        let is_there = past.first().is_some_and(|past| past.status.counts());
        let may_check_in =
            codes::is_open(&event, now) && !is_there && store::is_expected(conn, &event, viewer.person)?;
        Ok(Show {
            phase: event.phase(now),
            place: store::place(conn, id)?,
            course: store::course_of(conn, id)?.filter(|course| course.is_published),
            enrolment: store::enrolment(conn, id, viewer.person)?.map(|state| enrolment_words(&state)),
            is_holder: super::holds(conn, viewer, &event)?,
            form: CodeForm { key: random_hex(16), ..CodeForm::default() },
            errors: Errors::default(),
            may_check_in,
            past,
            event,
            page,
        })
    }
    fn is_visit(&self) -> bool {
        self.event.kind == Kind::HomeVisit
    }
    /// Whether the viewer was not there.
    fn may_make_up(&self) -> bool {
        self.past.first().is_some_and(|past| past.status == Status::Absent || past.status.is_leave())
    }
    fn is_group_viewing(&self) -> bool {
        self.event.kind == Kind::GroupViewing
    }
    fn is_cancelled(&self) -> bool {
        self.phase == State::Cancelled
    }
    /// Whether it lasts until another day.
    fn is_long(&self) -> bool {
        clock::day(self.event.starts_at) != clock::day(self.event.ends_at)
    }
    fn hour(&self, at: &Timestamp) -> String {
        clock::local(*at).format("%H:%M").to_string()
    }
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, id: Path<EventId>) -> Reply {
    let id = *id;
    let view = db.read(move |conn| Show::load(conn, page, &viewer, id, clock::now())).await?;
    reply::page(&view)
}

/// The form alone, where the picture on site leads.
#[derive(Template)]
#[template(path = "events/check_in.html")]
struct CheckIn {
    page: Page,
    event: Event,
    /// Why nobody can check in now, or the viewer cannot.
    why_not: Option<Message>,
    is_there: bool,
    form: CodeForm,
    errors: Errors,
}

impl CheckIn {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: EventId, now: Timestamp) -> Result<CheckIn> {
        let event = super::visible(conn, viewer, id)?;
        let standing = store::standing(conn, id, viewer.person)?;
        let why_not = if event.state == State::Cancelled {
            Some(msg!("这次活动取消了：{}", event.reason))
        } else if !codes::is_open(&event, now) {
            Some(super::Refusal::NotOpen.words())
        } else if !store::is_expected(conn, &event, viewer.person)? {
            Some(super::Refusal::NotExpected.words())
        } else {
            None
        };
        Ok(CheckIn {
            is_there: standing.is_some_and(|standing| standing.status.counts()),
            form: CodeForm { key: random_hex(16), ..CodeForm::default() },
            errors: Errors::default(),
            why_not,
            event,
            page,
        })
    }
}

async fn check_in_page(page: Page, viewer: Viewer, db: Data<Db>, id: Path<EventId>) -> Reply {
    let id = *id;
    let view = db.read(move |conn| CheckIn::load(conn, page, &viewer, id, clock::now())).await?;
    reply::page(&view)
}

async fn check_in(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<EventId>,
    form: Form<CodeForm>,
) -> Reply {
    let (id, sent, doer) = (*id, form.into_inner(), page.doer());
    let outcome = match form::key(&sent.key) {
        Err(problem) => Err(problem),
        Ok(key) => {
            let (who, typed) = (viewer.clone(), sent.code);
            let outcome =
                db.write(move |conn| super::check_in(conn, id, &who, (&typed, &key), &doer, clock::now()));
            match outcome.await? {
                Outcome::Done | Outcome::Already => Ok(()),
                Outcome::Wrong => Err(msg!("这个码不对，或者已经换了。请看现场屏幕上现在的码再输一次")),
            }
        }
    };
    match outcome {
        Ok(()) => reply::see(format!("/events/{id}?done=checked-in")),
        Err(problem) => {
            let mut view = db.read(move |conn| CheckIn::load(conn, page, &viewer, id, clock::now())).await?;
            view.errors = Errors::default().with("code", problem);
            reply::invalid(&view)
        }
    }
}
