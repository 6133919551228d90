//! The dates of sessions: arranged, changed, cancelled. Time and place are `events`, seats `enrolments`; a base takes no
//! more persons at once than it has room for.
use super::super::forms::{ActForm, DateForm};
use super::super::store::{self, Date};
use crate::access::Permission::MakeCourses;
use crate::access::Viewer;
use crate::bases::{self, Bookable};
use crate::clock::{self, Timestamp};
use crate::courses::{self, Course, Item, Stage, Task};
use crate::db::{Conn, Db};
use crate::enrolments::{self, Terms};
use crate::error::{Error, Result};
use crate::events::{self, Event, NewEvent, Plan, State};
use crate::ids::{BaseId, CourseId, EventId, SchoolId, random_hex};
use crate::msg;
use crate::web::form::{Errors, key, text};
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    vec![
        get("/organize/courses/{course}/sessions", MakeCourses, index),
        get("/organize/courses/{course}/sessions/new", MakeCourses, new),
        post("/organize/courses/{course}/sessions", MakeCourses, create),
        get("/organize/courses/{course}/sessions/{event}", MakeCourses, edit),
        post("/organize/courses/{course}/sessions/{event}", MakeCourses, save),
        post("/organize/courses/{course}/sessions/{event}/cancel", MakeCourses, cancel),
    ]
}

/// The steps on site, of the written version and of the public one.
fn session_steps(conn: &mut Conn, course: &Course) -> Result<Vec<Item>> {
    let mut steps = courses::items(conn, course.id, course.draft_version)?;
    if course.version > 0 && course.version != course.draft_version {
        let public = courses::items(conn, course.id, course.version)?;
        steps.extend(
            public
                .into_iter()
                .filter(|item| steps.iter().all(|other| other.step != item.step))
                .collect::<Vec<_>>(),
        );
    }
    steps.retain(|item| item.what.task == Task::Session);
    Ok(steps)
}

/// Why no date can be arranged now.
fn barred(course: &Course) -> Option<Error> {
    match course {
        _ if course.archived_at.is_some() => Some(courses::Refusal::Archived.into()),
        _ if course.stage == Stage::Withdrawn => Some(courses::Refusal::Withdrawn.into()),
        _ => None,
    }
}

/// A step on site with its dates.
struct Group {
    step: String,
    title: String,
    dates: Vec<Date>,
}

#[derive(Template)]
#[template(path = "organize/sessions.html")]
struct Index {
    page: Page,
    course: Course,
    groups: Vec<Group>,
    /// Dates of steps that no version has any more.
    orphans: Vec<Date>,
    may_arrange: bool,
    now: Timestamp,
}

impl Index {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: CourseId) -> Result<Index> {
        let course = courses::editable(conn, viewer, id)?;
        let mut dates = store::dates(conn, id)?;
        let mut groups = vec![];
        for item in session_steps(conn, &course)? {
            let (own, rest) = dates.into_iter().partition(|date| date.step == item.step);
            dates = rest;
            groups.push(Group { step: item.step, title: item.what.title, dates: own });
        }
        let (may_arrange, now) = (barred(&course).is_none(), clock::now());
        Ok(Index { page, course, groups, orphans: dates, may_arrange, now })
    }
    fn is_cancelled(&self, date: &Date) -> bool {
        date.state == State::Cancelled
    }
    /// Whether it can still be changed.
    fn is_ahead(&self, date: &Date) -> bool {
        !self.is_cancelled(date) && date.ends_at > self.now
    }
    fn seats(&self, date: &Date) -> String {
        let taken = date.taken.unwrap_or_default();
        match date.seats {
            Some(seats) => self.page.tf2("{} / {} 人", taken, seats),
            None => self.page.tf("{} 人，名额不限", taken),
        }
    }
}

async fn index(page: Page, viewer: Viewer, db: Data<Db>, id: Path<CourseId>) -> Reply {
    let id = *id;
    let view = db.read(move |conn| Index::load(conn, page, &viewer, id)).await?;
    reply::page(&view)
}

#[derive(Template)]
#[template(path = "organize/session.html")]
struct Edit {
    page: Page,
    course: Course,
    steps: Vec<Item>,
    schools: Vec<(SchoolId, String)>,
    bases: Vec<Bookable>,
    /// None while it is arranged.
    event: Option<Event>,
    /// What somebody else saved meanwhile.
    is_overtaken: bool,
    form: DateForm,
    reason: String,
    errors: Errors,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct StepQuery {
    step: String,
}

impl Edit {
    fn blank(conn: &mut Conn, page: Page, viewer: &Viewer, id: CourseId, form: DateForm) -> Result<Edit> {
        let course = courses::editable(conn, viewer, id)?;
        if let Some(error) = barred(&course) {
            return Err(error);
        }
        let steps = session_steps(conn, &course)?;
        if steps.is_empty() {
            return Err(Error::Refused(msg!("学习内容里还没有现场课，请先添加一项。")));
        }
        Ok(Edit {
            schools: store::schools(conn)?,
            bases: bases::bookable(conn)?,
            event: None,
            is_overtaken: false,
            reason: String::new(),
            errors: Errors::default(),
            page,
            course,
            steps,
            form,
        })
    }
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: CourseId, event: EventId) -> Result<Edit> {
        let course = courses::editable(conn, viewer, id)?;
        let event = own(conn, id, event)?;
        let seats = enrolments::of_event(conn, event.id)?.and_then(|offering| offering.terms.capacity);
        Ok(Edit {
            schools: store::schools(conn)?,
            bases: bases::bookable(conn)?,
            steps: vec![],
            form: DateForm::of(&event.plan(), seats, event.sequence),
            event: Some(event),
            is_overtaken: false,
            reason: String::new(),
            errors: Errors::default(),
            page,
            course,
        })
    }
    fn action(&self) -> String {
        match &self.event {
            Some(event) => format!("/organize/courses/{}/sessions/{}", self.course.id, event.id),
            None => format!("/organize/courses/{}/sessions", self.course.id),
        }
    }
    fn is_step(&self, item: &Item) -> bool {
        self.form.step == item.step
    }
    fn is_school(&self, id: &SchoolId) -> bool {
        self.form.school == id.to_string()
    }
    fn is_base(&self, base: &Bookable) -> bool {
        self.form.base == base.id.to_string()
    }
}

/// The event, if it is a date of this course.
fn own(conn: &mut Conn, course: CourseId, event: EventId) -> Result<Event> {
    match courses::session_course(conn, event)? {
        Some((of, _)) if of == course => events::find(conn, event),
        _ => Err(Error::NotFound),
    }
}

async fn new(page: Page, viewer: Viewer, db: Data<Db>, id: Path<CourseId>, query: Query<StepQuery>) -> Reply {
    let id = *id;
    let form = DateForm { step: query.into_inner().step, key: random_hex(16), ..DateForm::default() };
    let view = db.read(move |conn| Edit::blank(conn, page, &viewer, id, form)).await?;
    reply::page(&view)
}

/// What the form says, if it may be so: with the base locked, so that two do not take its last places.
fn checked(
    conn: &mut Conn,
    form: &DateForm,
    title: &str,
    but: Option<EventId>,
) -> Result<Result<(Plan, Option<i32>), Errors>> {
    let schools: Vec<SchoolId> = store::schools(conn)?.into_iter().map(|one| one.0).collect();
    let bases: Vec<BaseId> = bases::bookable(conn)?.into_iter().map(|one| one.id).collect();
    let (plan, seats) = match form.check(title, &schools, &bases) {
        Ok(checked) => checked,
        Err(errors) => return Ok(Err(errors)),
    };
    if let (Some(base), Some(seats)) = (plan.base, seats) {
        let room = enrolments::room(conn, base, (plan.starts_at, plan.ends_at), but)?;
        if let Some(problem) = room.problem(seats) {
            return Ok(Err(Errors::default().with("seats", problem)));
        }
    }
    Ok(Ok((plan, seats)))
}

async fn create(page: Page, viewer: Viewer, db: Data<Db>, id: Path<CourseId>, form: Form<DateForm>) -> Reply {
    let (id, form, doer) = (*id, form.into_inner(), page.doer());
    let (sent, who) = (form.clone(), viewer.clone());
    let key = key(&form.key).map_err(Error::Refused)?;
    let made = db
        .write(move |conn| {
            let course = courses::editable(conn, &who, id)?;
            // A form that was sent twice has arranged its date already.
            if let Some(event) = store::event_of_key(conn, &key)? {
                own(conn, id, event)?;
                return Ok(Ok(()));
            }
            if let Some(error) = barred(&course) {
                return Err(error);
            }
            let steps = session_steps(conn, &course)?;
            let Some(item) = steps.iter().find(|item| item.step == sent.step) else {
                return Ok(Err(Errors::default().with("step", msg!("请选是哪一项现场课"))));
            };
            let title = format!("{} · {}", course.about.title, item.what.title);
            let (plan, seats) = match checked(conn, &sent, &title, None)? {
                Ok(checked) => checked,
                Err(errors) => return Ok(Err(errors)),
            };
            let now = clock::now();
            if plan.starts_at <= now {
                let problem = msg!("开始时间已经过了，请写以后的时间");
                return Ok(Err(Errors::default().with("starts", problem)));
            }
            let new = NewEvent { kind: events::Kind::Session, org: store::city(conn)?, plan, key };
            let event = events::arrange(conn, &new, who.account, &doer, now)?;
            if courses::session_course(conn, event)?.is_none() {
                courses::attach_session(conn, id, &item.step, event)?;
                enrolments::offer_event(conn, event, seats)?;
            }
            Ok(Ok(()))
        })
        .await?;
    match made {
        Ok(()) => reply::see(format!("/organize/courses/{id}/sessions?done=event-made")),
        Err(errors) => {
            let view = db.read(move |conn| Edit::blank(conn, page, &viewer, id, form)).await?;
            reply::invalid(&Edit { errors, ..view })
        }
    }
}

async fn edit(page: Page, viewer: Viewer, db: Data<Db>, path: Path<(CourseId, EventId)>) -> Reply {
    let (id, event) = path.into_inner();
    let view = db.read(move |conn| Edit::load(conn, page, &viewer, id, event)).await?;
    reply::page(&view)
}

/// Sets the seats of a date. Refused before anything is changed.
fn set_seats(
    conn: &mut Conn,
    event: EventId,
    seats: Option<i32>,
    doer: &crate::audit::Doer,
    now: Timestamp,
) -> Result<()> {
    let Some(offering) = enrolments::of_event(conn, event)? else {
        enrolments::offer_event(conn, event, seats)?;
        return Ok(());
    };
    if offering.terms.capacity == seats {
        return Ok(());
    }
    let change = |terms: Terms| Terms { capacity: seats, ..terms };
    enrolments::change_terms(conn, offering.id, change, doer, now)?;
    Ok(())
}

async fn save(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    path: Path<(CourseId, EventId)>,
    form: Form<DateForm>,
) -> Reply {
    let ((id, event), form, doer) = (path.into_inner(), form.into_inner(), page.doer());
    let (sent, who) = (form.clone(), viewer.clone());
    let saved = db
        .write(move |conn| {
            courses::editable(conn, &who, id)?;
            let before = own(conn, id, event)?;
            let (plan, seats) = match checked(conn, &sent, &before.title, Some(event))? {
                Ok(checked) => checked,
                Err(errors) => return Ok(Err(errors)),
            };
            let now = clock::now();
            match set_seats(conn, event, seats, &doer, now) {
                Err(Error::Refused(words)) => return Ok(Err(Errors::default().with("seats", words))),
                other => other?,
            }
            events::change(conn, event, sent.seen.parse().unwrap_or(-1), &plan, &doer, now)?;
            Ok(Ok(()))
        })
        .await;
    let (errors, is_overtaken) = match saved {
        Ok(Ok(())) => return reply::see(format!("/organize/courses/{id}/sessions?done=event-changed")),
        Ok(Err(errors)) => (errors, false),
        // Nothing was changed: what was typed stays on the page.
        Err(Error::Refused(words)) => (Errors::default().with("starts", words), true),
        Err(other) => return Err(other),
    };
    let view = db.read(move |conn| Edit::load(conn, page, &viewer, id, event)).await?;
    // Whoever has seen the other plan may save over it.
    let seen = if is_overtaken { view.form.seen.clone() } else { form.seen.clone() };
    reply::invalid(&Edit { form: DateForm { seen, ..form }, is_overtaken, errors, ..view })
}

async fn cancel(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    path: Path<(CourseId, EventId)>,
    form: Form<ActForm>,
) -> Reply {
    let ((id, event), doer) = (path.into_inner(), page.doer());
    let mut errors = Errors::default();
    let Some(reason) = errors.take("reason", text(&form.reason, 200)) else {
        let reason = form.into_inner().reason;
        let view = db.read(move |conn| Edit::load(conn, page, &viewer, id, event)).await?;
        return reply::invalid(&Edit { errors, reason, ..view });
    };
    db.write(move |conn| {
        courses::editable(conn, &viewer, id)?;
        own(conn, id, event)?;
        events::cancel(conn, event, &reason, &doer, clock::now())
    })
    .await?;
    reply::see(format!("/organize/courses/{id}/sessions?done=event-cancelled"))
}
