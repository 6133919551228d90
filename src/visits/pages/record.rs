//! The form in which a visit is recorded.
use super::super::forms::VisitForm;
use super::super::{NewVisit, Refusal, places, store};
use super::found;
use crate::access::Permission::HoldEvents;
use crate::access::Viewer;
use crate::clock::{self, Timestamp};
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::events::{self, MAKEUP_DAYS};
use crate::ids::{EventId, LectureId, PersonId, random_hex};
use crate::lang::Message;
use crate::web::form::{Errors, optional};
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::{lectures, msg};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Query};
use askama::Template;
use chrono::{Duration, NaiveDate};
use serde::Deserialize;

/// Lectures that are offered; a search finds the others.
const LECTURES: i64 = 12;

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(super) struct NewQuery {
    /// Of lectures.
    q: String,
    /// Whom it is to, and what it makes up for: from the list of make-up study.
    member: String,
    missed: String,
}

#[derive(Template)]
#[template(path = "visits/new.html")]
struct New {
    page: Page,
    q: String,
    member: String,
    lectures: Vec<(LectureId, String)>,
    /// What the member has missed.
    missed: Vec<(EventId, String)>,
    /// May record visits of others too.
    is_holder: bool,
    form: VisitForm,
    errors: Errors,
    problem: Option<Message>,
}

impl New {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, query: &NewQuery, now: Timestamp) -> Result<New> {
        let today = clock::day(now);
        let q = optional(&query.q.replace('\n', " "), 40).unwrap_or_default();
        let lectures =
            events::lectures_named(conn, &q, LECTURES)?.into_iter().map(|one| (one.0, one.1)).collect();
        let mut form = VisitForm { key: random_hex(16), ..VisitForm::default() };
        let (mut missed, mut member) = (vec![], String::new());
        let paths = places(conn, viewer)?;
        if let Ok(id) = query.member.parse().map(PersonId)
            && store::place_of(conn, &paths, id, today)?.is_some()
        {
            member = id.to_string();
            form.members = store::names(conn, &[id])?.remove(&id).unwrap_or_default();
            let since = today - Duration::days(MAKEUP_DAYS);
            // What somebody missed is known to those who hold those events.
            let scope = viewer.paths(HoldEvents);
            for one in store::missed_of(conn, id, (since, today))? {
                let org = events::find(conn, one.event)?.org;
                let path = store::path_of(conn, org)?;
                if scope.iter().any(|own| path.starts_with(own.as_str())) {
                    missed.push((one.event, format!("{} {}", one.day, one.title)));
                }
            }
            form.missed.clone_from(&query.missed);
        }
        Ok(New {
            q,
            member,
            lectures,
            missed,
            is_holder: !viewer.paths(HoldEvents).is_empty(),
            form,
            errors: Errors::default(),
            problem: None,
            page,
        })
    }
    /// The query that the form keeps.
    fn kept(&self) -> String {
        let pairs = [("q", self.q.as_str()), ("member", self.member.as_str())];
        serde_urlencoded::to_string(pairs).unwrap_or_default()
    }
    fn is_chosen(&self, id: &LectureId) -> bool {
        self.form.lecture == id.to_string()
    }
    fn is_missed(&self, id: &EventId) -> bool {
        self.form.missed == id.to_string()
    }
    fn days(&self) -> i64 {
        super::super::LATE_DAYS
    }
}

pub(super) async fn new(page: Page, viewer: Viewer, db: Data<Db>, query: Query<NewQuery>) -> Reply {
    let query = query.into_inner();
    let view = db.read(move |conn| New::load(conn, page, &viewer, &query, clock::now())).await?;
    reply::page(&view)
}

/// What became of a form.
enum Sent {
    Recorded(EventId),
    Wrong(Errors),
    Refused(Message),
}

fn create_in(
    conn: &mut Conn,
    page: &Page,
    viewer: &Viewer,
    query: &NewQuery,
    form: &VisitForm,
) -> Result<Sent> {
    let now = clock::now();
    let mut view = New::load(conn, page.clone(), viewer, query, now)?;
    // A lecture that was chosen before another search is still one that can be watched.
    if let Ok(id) = form.lecture.parse().map(LectureId)
        && !view.lectures.iter().any(|one| one.0 == id)
        && found(lectures::watchable(conn, id))?.is_some()
    {
        view.lectures.push((id, events::lecture_title(conn, id)?));
    }
    let draft = match form.check(&view.lectures, &view.missed) {
        Ok(draft) => draft,
        Err(errors) => return Ok(Sent::Wrong(errors)),
    };
    let (paths, day) = (places(conn, viewer)?, clock::day(draft.starts_at));
    let mut errors = Errors::default();
    let mut members = vec![];
    for name in &draft.members {
        match one(conn, &paths, name, day)? {
            Ok(person) => members.push(person),
            Err(problem) => errors = errors.with("members", problem),
        }
    }
    let deliverer = match &draft.deliverer {
        None => Some(viewer.person),
        Some(name) => errors.take("deliverer", one(conn, &paths, name, day)?),
    };
    let second = errors.take("second", one(conn, &paths, &draft.second, day)?);
    let (Some(deliverer), Some(second), true) = (deliverer, second, errors.of("members").is_none()) else {
        return Ok(Sent::Wrong(errors));
    };
    let new = NewVisit {
        members,
        deliverer,
        second,
        topic: draft.topic,
        lecture: draft.lecture,
        missed: draft.missed,
        place: draft.place,
        starts_at: draft.starts_at,
        minutes: draft.minutes,
        agreed_photo: draft.agreed_photo,
        key: draft.key,
    };
    match super::super::record(conn, viewer, &new, &page.doer(), now) {
        Ok(id) => Ok(Sent::Recorded(id)),
        // Refused before anything was written.
        Err(Error::Refused(why)) => Ok(Sent::Refused(why)),
        Err(other) => Err(other),
    }
}

/// Whom a name or a member number means; the problem, where it is nobody or several.
fn one(
    conn: &mut Conn,
    paths: &[String],
    name: &str,
    day: NaiveDate,
) -> Result<std::result::Result<PersonId, Message>> {
    let meant = store::meant(conn, paths, name, day)?;
    Ok(match meant.as_slice() {
        [only] => Ok(only.0),
        [] => Err(Refusal::NotInScope.words()),
        several => {
            let numbers: Vec<&str> = several.iter().map(|one| one.2.as_str()).collect();
            Err(msg!("有几位叫“{}”，请写党员编号：{}", name, numbers.join(" ")))
        }
    })
}

pub(super) async fn create(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    query: Query<NewQuery>,
    form: Form<VisitForm>,
) -> Reply {
    let (query, form) = (query.into_inner(), form.into_inner());
    let (sent, asked, who, again) = (form.clone(), query.clone(), viewer.clone(), page.clone());
    let outcome = db.write(move |conn| create_in(conn, &again, &who, &asked, &sent)).await?;
    let (status, errors, problem) = match outcome {
        Sent::Recorded(id) => return reply::see(format!("/visits/{id}?done=visit-recorded")),
        Sent::Wrong(errors) => (StatusCode::UNPROCESSABLE_ENTITY, errors, None),
        Sent::Refused(why) => (StatusCode::CONFLICT, Errors::default(), Some(why)),
    };
    let view = db.read(move |conn| New::load(conn, page, &viewer, &query, clock::now())).await?;
    reply::html(status, &New { form, errors, problem, ..view })
}
