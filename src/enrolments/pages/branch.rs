//! Enrolling members who asked for it at the door, on the telephone or on paper: choose a course, find the member, enrol.
use crate::access::Permission::EnrolMembers;
use crate::access::Viewer;
use crate::clock;
use crate::courses::{self, Course};
use crate::db::{Conn, Db};
use crate::enrolments::forms::OneForm;
use crate::enrolments::{self, Asking, Channel, Mode, Offering, Refusal, State};
use crate::error::{Error, Result};
use crate::ids::{EnrolmentId, PersonId, random_hex};
use crate::people::{self, Card};
use crate::web::form::{self, Errors};
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Query};
use askama::Template;
use serde::Deserialize;
use std::collections::HashMap;

pub fn routes() -> Vec<Route> {
    vec![get("/branch/enrol", EnrolMembers, show), post("/branch/enrol", EnrolMembers, enrol)]
}

/// Members and courses on a page of a list.
const LINES: i64 = 30;

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
struct BranchQuery {
    course: String,
    name: String,
    person: String,
    page: Option<String>,
}

/// A published course that takes enrolments, with its offering.
pub fn open_course(conn: &mut Conn, slug: &str) -> Result<(Course, Offering)> {
    let course = courses::open(conn, slug, true)?;
    if !course.is_published() {
        return Err(Refusal::NotPublished.into());
    }
    let offering = enrolments::of_course(conn, course.id)?;
    Ok((course, offering))
}

#[derive(Template)]
#[template(path = "enrolments/courses.html")]
struct Choose {
    page: Page,
    cards: Vec<courses::Card>,
    paging: Paging,
}

impl Choose {
    fn load(conn: &mut Conn, page: Page, number: i64) -> Result<Choose> {
        let mut cards = courses::cards(conn, None, (number - 1) * LINES, LINES + 1)?;
        let paging = Paging::cut(&page.path, number, &mut cards, LINES)?;
        Ok(Choose { page, cards, paging })
    }
}

#[derive(Template)]
#[template(path = "enrolments/branch.html")]
struct Members {
    page: Page,
    course: Course,
    offering: Offering,
    name: String,
    people: Vec<Card>,
    standings: HashMap<PersonId, (EnrolmentId, State)>,
    paging: Paging,
}

impl Members {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, query: &BranchQuery) -> Result<Members> {
        let (course, offering) = open_course(conn, &query.course)?;
        let number = paging::number(&query.page).min(1_000);
        let name = form::optional(&query.name, 80).unwrap_or_default();
        let paths = viewer.paths(EnrolMembers);
        let mut people = people::listed_within(conn, &paths, &name, (number - 1) * LINES, LINES + 1)?;
        let paging = Paging::cut(&page.path, number, &mut people, LINES)?;
        let ids: Vec<PersonId> = people.iter().map(|card| card.id).collect();
        let standings = enrolments::standings(conn, offering.id, &ids)?
            .into_iter()
            .map(|(person, id, state)| (person, (id, state)))
            .collect();
        Ok(Members { page, course, offering, name, people, standings, paging })
    }
    fn standing(&self, id: &PersonId) -> Option<&(EnrolmentId, State)> {
        self.standings.get(id)
    }
    fn tone(&self, state: &State) -> &'static str {
        super::list::tone(*state)
    }
}

#[derive(Template)]
#[template(path = "enrolments/one.html")]
struct One {
    page: Page,
    course: Course,
    offering: Offering,
    card: Card,
    form: OneForm,
    errors: Errors,
}

impl One {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, form: OneForm) -> Result<One> {
        let (course, offering) = open_course(conn, &form.course)?;
        let id = form.person.parse().map(PersonId).map_err(|_| Error::NotFound)?;
        let card = people::find_within(conn, &viewer.paths(EnrolMembers), id)?;
        Ok(One { page, course, offering, card, form, errors: Errors::default() })
    }
    fn needs_code(&self) -> bool {
        self.offering.terms.mode == Mode::Code
    }
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, query: Query<BranchQuery>) -> Reply {
    let query = query.into_inner();
    if query.course.is_empty() {
        let number = paging::number(&query.page);
        return reply::page(&db.read(move |conn| Choose::load(conn, page, number)).await?);
    }
    if query.person.is_empty() {
        return reply::page(&db.read(move |conn| Members::load(conn, page, &viewer, &query)).await?);
    }
    let form = OneForm {
        course: query.course,
        person: query.person,
        channel: Channel::Clerk.as_str().into(),
        key: random_hex(16),
        code: String::new(),
    };
    reply::page(&db.read(move |conn| One::load(conn, page, &viewer, form)).await?)
}

async fn enrol(page: Page, viewer: Viewer, db: Data<Db>, form: Form<OneForm>) -> Reply {
    let form = form.into_inner();
    let key = form::key(&form.key).map_err(Error::Malformed)?;
    let (sent, who, doer) = (form.clone(), viewer.clone(), page.doer());
    let outcome = db
        .write(move |conn| {
            let (_, offering) = open_course(conn, &sent.course)?;
            let id = sent.person.parse().map(PersonId).map_err(|_| Error::NotFound)?;
            let card = people::find_within(conn, &who.paths(EnrolMembers), id)?;
            let channel = match Channel::of(&sent.channel) {
                Some(Channel::Paper) => Channel::Paper,
                _ => Channel::Clerk,
            };
            let asking =
                Asking { person: card.id, channel, by: who.account, key, code: sent.code, is_sure: false };
            let now = clock::now();
            if !enrolments::knows_code(conn, &offering, &asking.code, who.account, now)? {
                return Ok(Err(Refusal::WrongCode));
            }
            match enrolments::try_enrol(conn, offering.id, &asking, &doer, now)? {
                Ok(stands) => Ok(Ok(stands)),
                Err(Refusal::WrongCode) => Ok(Err(Refusal::WrongCode)),
                Err(refusal) => Err(refusal.into()),
            }
        })
        .await?;
    match outcome {
        Ok(stands) => reply::see(format!("/enrolments/{}/slip{}", stands.id, super::own::done(stands.state))),
        Err(refusal) => {
            let errors = Errors::default().with("code", refusal.words());
            let view = db.read(move |conn| One::load(conn, page, &viewer, form)).await?;
            reply::invalid(&One { errors, ..view })
        }
    }
}
