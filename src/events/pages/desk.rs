//! The desk of whoever holds events: what is coming and what was, arranging, changing, cancelling.
use super::super::forms::{EventForm, ReasonForm};
use super::super::store::{self, Choices, OFFERED, Row, Wanted};
use super::super::{Event, Kind, State};
use crate::access::Access::Oneself;
use crate::access::Permission::HoldEvents;
use crate::access::Viewer;
use crate::clock::{self, Timestamp};
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::ids::{EventId, random_hex};
use crate::web::form::{self, Errors};
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use serde::Deserialize;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/events", HoldEvents, index),
        get("/events/new", HoldEvents, new),
        post("/events/new", HoldEvents, create),
        get("/events/{event}/edit", Oneself, edit),
        post("/events/{event}/edit", Oneself, update),
        post("/events/{event}/cancel", Oneself, cancel),
    ]
}

/// Events on a page of the list.
const LINES: i64 = 20;

#[derive(Deserialize, Default)]
#[serde(default)]
struct IndexQuery {
    when: String,
    kind: String,
    page: Option<String>,
}

#[derive(Template)]
#[template(path = "events/index.html")]
struct Index {
    page: Page,
    rows: Vec<Row>,
    paging: Paging,
    wanted: Wanted,
    now: Timestamp,
}

impl Index {
    /// The kinds that are made here.
    fn kinds(&self) -> [Kind; 3] {
        [Kind::Session, Kind::StudyDiscussion, Kind::GroupViewing]
    }
    fn is_kind(&self, kind: &Kind) -> bool {
        self.wanted.kind == Some(*kind)
    }
    fn phase(&self, row: &Row) -> State {
        row.event.phase(self.now)
    }
    fn has_passed(&self) -> &'static str {
        if self.wanted.is_past { "past" } else { "" }
    }
}

async fn index(page: Page, viewer: Viewer, db: Data<Db>, query: Query<IndexQuery>) -> Reply {
    let number = paging::number(&query.page).min(1_000);
    let wanted = Wanted { kind: Kind::of(&query.kind), is_past: query.when == "past" };
    let view = db
        .read(move |conn| {
            let now = clock::now();
            let paths = viewer.paths(HoldEvents);
            let slice = ((number - 1) * LINES, LINES + 1);
            let mut rows = store::listed(conn, &paths, &wanted, now, slice)?;
            let paging = Paging::cut(&page.path, number, &mut rows, LINES)?;
            Ok(Index { page, rows, paging, wanted, now })
        })
        .await?;
    reply::page(&view)
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct FindQuery {
    q: String,
}

/// What was looked for among branches and schools; nothing, where it cannot be read.
fn looked_for(query: &FindQuery) -> String {
    form::optional(&query.q.replace('\n', " "), 40).unwrap_or_default()
}

#[derive(Template)]
#[template(path = "events/new.html")]
struct New {
    page: Page,
    choices: Choices,
    q: String,
    form: EventForm,
    errors: Errors,
}

impl New {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, q: String) -> Result<New> {
        let choices = store::choices(conn, &viewer.paths(HoldEvents), &q)?;
        let mut form = EventForm { key: random_hex(16), ..EventForm::default() };
        // Who holds events for one branch has nothing to choose.
        if let [(only, _)] = choices.orgs.as_slice() {
            form.org = only.to_string();
        }
        Ok(New { page, choices, q, form, errors: Errors::default() })
    }
    /// Whether some are left out.
    fn is_cut(&self) -> bool {
        self.choices.orgs.len() as i64 == OFFERED || self.choices.schools.len() as i64 == OFFERED
    }
    fn may_choose_org(&self) -> bool {
        true
    }
    fn action(&self) -> String {
        "/events/new".to_owned()
    }
}

async fn new(page: Page, viewer: Viewer, db: Data<Db>, query: Query<FindQuery>) -> Reply {
    let q = looked_for(&query);
    let view = db.read(move |conn| New::load(conn, page, &viewer, q)).await?;
    reply::page(&view)
}

async fn create(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    query: Query<FindQuery>,
    form: Form<EventForm>,
) -> Reply {
    let (form, doer, q) = (form.into_inner(), page.doer(), looked_for(&query));
    let (sent, who) = (form.clone(), viewer.clone());
    let text = q.clone();
    let made = db
        .write(move |conn| {
            let choices = store::choices(conn, &who.paths(HoldEvents), &text)?;
            match sent.new_event(Kind::StudyDiscussion, &choices) {
                Ok(new) => super::super::arrange(conn, &new, who.account, &doer, clock::now()).map(Ok),
                Err(errors) => Ok(Err(errors)),
            }
        })
        .await?;
    match made {
        Ok(id) => reply::see(format!("/events/{id}?done=event-made")),
        Err(errors) => {
            let view = db.read(move |conn| New::load(conn, page, &viewer, q)).await?;
            reply::invalid(&New { form, errors, ..view })
        }
    }
}

#[derive(Template)]
#[template(path = "events/edit.html")]
struct Edit {
    page: Page,
    event: Event,
    choices: Choices,
    q: String,
    form: EventForm,
    reason: String,
    errors: Errors,
}

impl Edit {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: EventId, q: String) -> Result<Edit> {
        let event = super::super::held(conn, viewer, id)?;
        let choices = choices_for(conn, viewer, &event, &q)?;
        let form = EventForm::of(&event);
        Ok(Edit { page, event, choices, q, form, reason: String::new(), errors: Errors::default() })
    }
    fn is_cut(&self) -> bool {
        self.choices.schools.len() as i64 >= OFFERED
    }
    fn may_choose_org(&self) -> bool {
        false
    }
    fn action(&self) -> String {
        format!("/events/{}/edit", self.event.id)
    }
    /// Whether it can still be changed.
    fn is_open(&self) -> bool {
        matches!(self.event.phase(clock::now()), State::Planned | State::UnderWay)
    }
    fn is_cancelled(&self) -> bool {
        self.event.state == State::Cancelled
    }
}

/// What may be chosen for an event that is there: the present school too, wherever it is.
fn choices_for(conn: &mut Conn, viewer: &Viewer, event: &Event, q: &str) -> Result<Choices> {
    let mut paths = viewer.paths(HoldEvents);
    if paths.is_empty() {
        // Whoever made the course of a session chooses among the schools below who holds it.
        paths.push(store::path_of(conn, event.org)?);
    }
    let mut choices = store::choices(conn, &paths, q)?;
    if let Some((id, name)) = store::place(conn, event.id)?.school
        && choices.schools.iter().all(|one| one.0 != id)
    {
        choices.schools.insert(0, (id, name));
    }
    Ok(choices)
}

async fn edit(page: Page, viewer: Viewer, db: Data<Db>, id: Path<EventId>, query: Query<FindQuery>) -> Reply {
    let (id, q) = (*id, looked_for(&query));
    let view = db.read(move |conn| Edit::load(conn, page, &viewer, id, q)).await?;
    reply::page(&view)
}

async fn update(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<EventId>,
    query: Query<FindQuery>,
    form: Form<EventForm>,
) -> Reply {
    let (id, form, doer, q) = (*id, form.into_inner(), page.doer(), looked_for(&query));
    let (sent, who, text) = (form.clone(), viewer.clone(), q.clone());
    let saved = db
        .write(move |conn| {
            let event = super::super::held(conn, &who, id)?;
            let choices = choices_for(conn, &who, &event, &text)?;
            match sent.plan(event.kind, event.lecture, &choices) {
                Ok(plan) => {
                    let seen = sent.seen.parse().unwrap_or(-1);
                    super::super::change(conn, id, seen, &plan, &doer, clock::now()).map(Ok)
                }
                Err(errors) => Ok(Err(errors)),
            }
        })
        .await?;
    match saved {
        Ok(()) => reply::see(format!("/events/{id}?done=event-changed")),
        Err(errors) => {
            let view = db.read(move |conn| Edit::load(conn, page, &viewer, id, q)).await?;
            reply::invalid(&Edit { form, errors, ..view })
        }
    }
}

async fn cancel(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<EventId>,
    form: Form<ReasonForm>,
) -> Reply {
    let (id, doer) = (*id, page.doer());
    let mut errors = Errors::default();
    let Some(reason) = errors.take("reason", form::text(&form.reason, 200)) else {
        let view = db.read(move |conn| Edit::load(conn, page, &viewer, id, String::new())).await?;
        return reply::invalid(&Edit { errors, reason: form.into_inner().reason, ..view });
    };
    db.write(move |conn| {
        super::super::held(conn, &viewer, id)?;
        super::super::cancel(conn, id, &reason, &doer, clock::now())
    })
    .await?;
    reply::see(format!("/events/{id}?done=event-cancelled"))
}

impl Row {
    /// School or base, and the room.
    pub fn where_words(&self) -> String {
        let house = self.school.as_ref().or(self.base.as_ref());
        match house {
            Some(house) => format!("{house} {}", self.event.place).trim().to_owned(),
            None => self.event.place.clone(),
        }
    }
}
