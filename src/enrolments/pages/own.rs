//! A member asks for a place and gives it up; the slip says on paper where one stands.
use crate::access::Access::SignedIn;
use crate::access::Permission::EnrolMembers;
use crate::access::Viewer;
use crate::clock::{self, Timestamp};
use crate::courses;
use crate::db::{Conn, Db};
use crate::enrolments::forms::EnrolForm;
use crate::enrolments::{self, Asking, Channel, Enrolment, Mode, Offering, Refusal, Stands, State, What};
use crate::error::{Error, Result};
use crate::ids::{EnrolmentId, EventId, OfferingId};
use crate::lang::Message;
use crate::people;
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path};
use askama::Template;

pub fn routes() -> Vec<Route> {
    vec![
        post("/courses/{slug}/enrol", SignedIn, enrol_course),
        post("/events/{event}/enrol", SignedIn, enrol_event),
        post("/enrolments/{enrolment}/cancel", SignedIn, cancel),
        get("/enrolments/{enrolment}/slip", SignedIn, slip),
    ]
}

/// What a page says above itself when somebody stands so.
pub fn done(state: State) -> &'static str {
    match state {
        State::Requested => "?done=requested",
        State::Waitlisted => "?done=waitlisted",
        state if state.is_active() => "?done=enrolled",
        _ => "",
    }
}

/// What has to be settled before: the code, or that two dates overlap.
#[derive(Template)]
#[template(path = "enrolments/ask.html")]
struct Ask {
    page: Page,
    title: String,
    /// Where it is sent to, and the page that one came from.
    action: String,
    link: String,
    needs_code: bool,
    /// What a clerk has to be sure of.
    warning: Option<Message>,
    form: EnrolForm,
    errors: Errors,
}

/// How asking ended.
enum Outcome {
    Stands(String, Stands),
    Asked { title: String, link: String, needs_code: bool, refusal: Refusal },
}

fn ask(
    conn: &mut Conn,
    page: &Page,
    viewer: &Viewer,
    offering: &Offering,
    (form, key): (&EnrolForm, String),
) -> Result<Outcome> {
    let asking = Asking {
        person: viewer.person,
        channel: if viewer.is_acting() { Channel::Clerk } else { Channel::Own },
        by: viewer.account,
        key,
        code: form.code.clone(),
        is_sure: form.is_sure.is_some(),
    };
    let (title, link) = enrolments::called(conn, offering.what)?;
    let needs_code = offering.terms.mode == Mode::Code;
    if !enrolments::knows_code(conn, offering, &form.code, viewer.account, clock::now())? {
        return Ok(Outcome::Asked { title, link, needs_code, refusal: Refusal::WrongCode });
    }
    match enrolments::try_enrol(conn, offering.id, &asking, &page.doer(), clock::now())? {
        Ok(stands) => Ok(Outcome::Stands(link, stands)),
        Err(refusal @ Refusal::WrongCode) => Ok(Outcome::Asked { title, link, needs_code, refusal }),
        Err(refusal @ Refusal::Overlap(_)) if viewer.is_acting() => {
            Ok(Outcome::Asked { title, link, needs_code, refusal })
        }
        Err(refusal) => Err(refusal.into()),
    }
}

fn answer(page: Page, action: String, form: EnrolForm, outcome: Outcome) -> Reply {
    match outcome {
        Outcome::Stands(link, stands) => reply::see(format!("{link}{}", done(stands.state))),
        Outcome::Asked { title, link, needs_code, refusal } => {
            let mut errors = Errors::default();
            let warning = match refusal {
                Refusal::WrongCode => {
                    errors = errors.with("code", refusal.words());
                    None
                }
                other => Some(other.words()),
            };
            reply::invalid(&Ask { page, title, action, link, needs_code, warning, form, errors })
        }
    }
}

async fn enrol_course(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    slug: Path<String>,
    form: Form<EnrolForm>,
) -> Reply {
    let (form, slug) = (form.into_inner(), slug.into_inner());
    let (sent, asked, action) = (form.clone(), page.clone(), format!("/courses/{slug}/enrol"));
    let outcome = db
        .write(move |conn| {
            let course = courses::open(conn, &slug, true)?;
            let offering = enrolments::of_course(conn, course.id)?;
            let key = sent.key()?;
            ask(conn, &asked, &viewer, &offering, (&sent, key))
        })
        .await?;
    answer(page, action, form, outcome)
}

async fn enrol_event(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<EventId>,
    form: Form<EnrolForm>,
) -> Reply {
    let (form, id) = (form.into_inner(), *id);
    let (sent, asked, action) = (form.clone(), page.clone(), format!("/events/{id}/enrol"));
    let outcome = db
        .write(move |conn| {
            let offering = enrolments::of_event(conn, id)?.ok_or(Error::NotFound)?;
            let key = sent.key()?;
            ask(conn, &asked, &viewer, &offering, (&sent, key))
        })
        .await?;
    answer(page, action, form, outcome)
}

async fn cancel(page: Page, viewer: Viewer, db: Data<Db>, id: Path<EnrolmentId>) -> Reply {
    let (id, doer) = (*id, page.doer());
    let link = db
        .write(move |conn| {
            let found = enrolments::find(conn, id)?;
            if found.person != viewer.person {
                return Err(Error::NotFound);
            }
            let what = enrolments::offering(conn, found.offering)?.what;
            // Sent twice: it is done already.
            if found.state != State::Cancelled {
                enrolments::cancel(conn, id, false, &doer, clock::now())?;
            }
            Ok(enrolments::called(conn, what)?.1)
        })
        .await?;
    reply::see(format!("{link}?done=enrolment-cancelled"))
}

#[derive(Template)]
#[template(path = "enrolments/slip.html")]
struct Slip {
    page: Page,
    name: String,
    number: String,
    branch: String,
    title: String,
    /// An event's time.
    time: Option<(Timestamp, Timestamp)>,
    /// The day by which a course is to be finished.
    due_on: Option<chrono::NaiveDate>,
    one: Enrolment,
    /// The place in the queue.
    place: Option<i64>,
    until: Option<Timestamp>,
    back: String,
}

impl Slip {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: EnrolmentId) -> Result<Slip> {
        let one = enrolments::find(conn, id)?;
        let is_own = one.person == viewer.person;
        let is_of_scope = !is_own
            && match people::find_within(conn, &viewer.paths(EnrolMembers), one.person) {
                Ok(_) => true,
                Err(Error::NotFound) => false,
                Err(other) => return Err(other),
            };
        if !is_own && !is_of_scope {
            super::managed(conn, viewer, one.offering)?;
        }
        let offering = enrolments::offering(conn, one.offering)?;
        let (title, link) = enrolments::called(conn, offering.what)?;
        // Whoever waits or asks may leave at any time.
        let mut until = offering.terms.withdraw_until.filter(|_| one.state == State::Confirmed);
        let (mut time, mut due_on) = (None, None);
        let mut back =
            if is_own { link } else { format!("/organize/offerings/{}/participants", offering.id) };
        match offering.what {
            What::Event(event) => {
                let (starts, ends) = enrolments::time_of(conn, event)?;
                time = Some((starts, ends));
                until = Some(until.map_or(starts, |at| at.min(starts)));
            }
            What::Course(course) => {
                let course = courses::find(conn, course)?;
                due_on = course.about.due_on;
                if is_of_scope {
                    back = format!("/branch/enrol?course={}", course.slug);
                }
            }
        }
        let card = people::card(conn, one.person)?;
        let (branch, number) = card.map(|(_, branch, number, _)| (branch, number)).unwrap_or_default();
        Ok(Slip {
            name: people::find(conn, one.person)?.name,
            number,
            branch,
            title,
            time,
            due_on,
            place: place(conn, offering.id, &one)?,
            one,
            until,
            back,
            page,
        })
    }
    fn may_withdraw(&self) -> bool {
        matches!(self.one.state, State::Confirmed | State::Waitlisted | State::Requested)
    }
}

/// The place in the queue of somebody who waits.
fn place(conn: &mut Conn, offering: OfferingId, one: &Enrolment) -> Result<Option<i64>> {
    if one.state != State::Waitlisted {
        return Ok(None);
    }
    Ok(enrolments::places(conn, offering, one.seq, one.seq)?.pop().map(|found| found.1))
}

async fn slip(page: Page, viewer: Viewer, db: Data<Db>, id: Path<EnrolmentId>) -> Reply {
    let id = *id;
    let view = db.read(move |conn| Slip::load(conn, page, &viewer, id)).await?;
    reply::page(&view)
}
