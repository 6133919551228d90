//! Attendance by list, and by a clerk for one member.
use super::super::attendance::Mark;
use super::super::forms::{self, MarkForm, Sent, via_word};
use super::super::store::{self, Line, Past};
use super::super::{Event, Kind, MAKEUP_DAYS, Method, Roll, Status, Via};
use crate::access::Access::Oneself;
use crate::access::Viewer;
use crate::audit::Action;
use crate::clock;
use crate::config::LARGEST_FORM;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{EventId, PersonId, random_hex};
use crate::web::body;
use crate::web::form::{self, Errors};
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path, Payload, Query};
use askama::Template;
use serde::Deserialize;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/events/{event}/roll", Oneself, show),
        post("/events/{event}/roll", Oneself, take),
        get("/events/{event}/roll/{person}", Oneself, one),
        post("/events/{event}/roll/{person}", Oneself, record),
    ]
}

/// Members on a page of the list: a branch, or a class.
const LINES: i64 = 60;

#[derive(Deserialize)]
struct PageQuery {
    page: Option<String>,
}

/// A row of the form.
struct Shown {
    line: Line,
    status: String,
    minutes: String,
    was: String,
    problem: Option<crate::lang::Message>,
}

impl Shown {
    fn of(line: Line) -> Shown {
        let standing = line.standing.as_ref().map(|standing| (standing.status, standing.minutes));
        Shown {
            status: standing.map_or_else(String::new, |(status, _)| status.as_str().to_owned()),
            minutes: standing
                .filter(|(status, _)| status.has_minutes())
                .map_or_else(String::new, |(_, minutes)| minutes.to_string()),
            was: forms::shown(standing),
            problem: None,
            line,
        }
    }
}

#[derive(Template)]
#[template(path = "events/roll.html")]
struct Show {
    page: Page,
    event: Event,
    rows: Vec<Shown>,
    paging: Paging,
    /// How many are on the list, and how many of them have taken part.
    total: usize,
    counting: usize,
    /// Those who stay with the branch on that day (流入).
    guests: Vec<PersonId>,
    has_begun: bool,
    key: String,
}

/// What can be said of a member in a list; what made up for it is said on the member's own page.
fn statuses() -> Vec<Status> {
    Status::ALL.iter().copied().filter(|status| *status != Status::Makeup).collect()
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: EventId, number: i64) -> Result<Show> {
        let event = super::super::held(conn, viewer, id)?;
        let all = store::on_roll(conn, &event)?;
        let paging = Paging::new(&page.path, number, all.len() as i64, LINES)?;
        let first = usize::try_from((number - 1) * LINES).unwrap_or_default();
        let some: Vec<PersonId> = all.iter().copied().skip(first).take(LINES as usize).collect();
        let rows = store::lines(conn, id, &some)?.into_iter().map(Shown::of).collect();
        Ok(Show {
            guests: store::guests(conn, &event)?,
            counting: store::counting(conn, id)?,
            total: all.len(),
            has_begun: event.has_begun(clock::now()),
            key: random_hex(16),
            page,
            event,
            rows,
            paging,
        })
    }
    fn statuses(&self) -> Vec<Status> {
        statuses()
    }
    /// From how many minutes before the beginning it is open.
    fn early(&self) -> i64 {
        super::super::EARLY_MINUTES
    }
    fn has_problems(&self) -> bool {
        self.rows.iter().any(|row| row.problem.is_some())
    }
    /// Somebody on this page is not recorded yet.
    fn has_open(&self) -> bool {
        self.rows.iter().any(|row| row.was.is_empty())
    }
    fn is_guest(&self, row: &Shown) -> bool {
        self.guests.binary_search(&row.line.person).is_ok()
    }
    /// Whether it was missed, so that there is something to make up for.
    fn is_missed(&self, row: &Shown) -> bool {
        Status::of(&row.status).is_some_and(|status| status == Status::Absent || status.is_leave())
            && !row.was.is_empty()
    }
    /// Visits are confirmed by the members, not by a list.
    fn is_visit(&self) -> bool {
        self.event.kind == Kind::HomeVisit
    }
    fn is_makeup(&self, row: &Shown) -> bool {
        row.status == Status::Makeup.as_str()
    }
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, id: Path<EventId>, query: Query<PageQuery>) -> Reply {
    let (id, number) = (*id, paging::number(&query.page));
    let view = db.read(move |conn| Show::load(conn, page, &viewer, id, number)).await?;
    reply::page(&view)
}

async fn take(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<EventId>,
    query: Query<PageQuery>,
    body: Payload,
) -> Reply {
    let (id, number, doer) = (*id, paging::number(&query.page), page.doer());
    let (key, sent) = forms::rows(&body::pairs(body, LARGEST_FORM).await?);
    let key = form::key(&key).map_err(Error::Malformed)?;
    let (who, rows) = (viewer.clone(), sent.clone());
    let is_taken = db
        .write(move |conn| {
            let event = super::super::held(conn, &who, id)?;
            let marks: std::result::Result<Vec<Option<Mark>>, _> =
                rows.iter().map(|row| row.mark(&event)).collect();
            let Ok(marks) = marks else { return Ok(false) };
            let marks = marks.into_iter().flatten().collect();
            let roll = Roll { marks, method: Method::List, by: who.account, key };
            super::super::take(conn, &event, &roll, &doer, clock::now())?;
            Ok(true)
        })
        .await?;
    if is_taken {
        let at = if number > 1 { format!("page={number}&") } else { String::new() };
        return reply::see(format!("/events/{id}/roll?{at}done=attendance"));
    }
    let mut view = db.read(move |conn| Show::load(conn, page, &viewer, id, number)).await?;
    for row in &mut view.rows {
        if let Some(sent) = sent.iter().find(|sent| sent.person == row.line.person) {
            keep(row, sent, &view.event);
        }
    }
    reply::invalid(&view)
}

/// The row as it was sent, with what is wrong with it.
fn keep(row: &mut Shown, sent: &Sent, event: &Event) {
    row.problem = sent.mark(event).err();
    row.status.clone_from(&sent.status);
    row.minutes.clone_from(&sent.minutes);
    row.was.clone_from(&sent.was);
}

#[derive(Template)]
#[template(path = "events/roll_one.html")]
struct One {
    page: Page,
    event: Event,
    line: Line,
    past: Vec<Past>,
    /// What can have made up for it.
    offered: Vec<(Via, String)>,
    form: MarkForm,
    errors: Errors,
}

impl One {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: EventId, person: PersonId) -> Result<One> {
        let event = super::super::held(conn, viewer, id)?;
        if store::on_roll(conn, &event)?.binary_search(&person).is_err() {
            return Err(Error::NotFound);
        }
        let line = store::lines(conn, id, &[person])?.pop().ok_or(Error::NotFound)?;
        let form = MarkForm {
            status: line.standing.as_ref().map_or_else(String::new, |one| one.status.as_str().to_owned()),
            minutes: line
                .standing
                .as_ref()
                .filter(|one| one.status.has_minutes())
                .map_or_else(String::new, |one| one.minutes.to_string()),
            key: random_hex(16),
            ..MarkForm::default()
        };
        Ok(One {
            past: store::history(conn, id, person)?,
            offered: store::makeups(conn, &event, person, MAKEUP_DAYS)?,
            errors: Errors::default(),
            page,
            event,
            line,
            form,
        })
    }
    fn statuses(&self) -> Vec<Status> {
        let may = |status: &Status| *status != Status::Makeup || !self.offered.is_empty();
        Status::ALL.iter().copied().filter(may).collect()
    }
    fn via(&self, via: &Via) -> String {
        via_word(*via)
    }
    fn is_event(&self, via: &Via) -> bool {
        matches!(via, Via::Event(_))
    }
    fn days(&self) -> i64 {
        MAKEUP_DAYS
    }
}

async fn one(page: Page, viewer: Viewer, db: Data<Db>, path: Path<(EventId, PersonId)>) -> Reply {
    let (id, person) = path.into_inner();
    let doer = page.doer();
    let view = db.read(move |conn| One::load(conn, page, &viewer, id, person)).await?;
    // One person's history: that somebody looked is recorded, or the page is not shown.
    db.write(move |conn| doer.did_to(conn, Action::PersonSeen, person, clock::now())).await?;
    reply::page(&view)
}

async fn record(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    path: Path<(EventId, PersonId)>,
    form: Form<MarkForm>,
) -> Reply {
    let ((id, person), form, doer) = (path.into_inner(), form.into_inner(), page.doer());
    let (who, sent) = (viewer.clone(), form.clone());
    let recorded = db
        .write(move |conn| {
            let event = super::super::held(conn, &who, id)?;
            let offered = store::makeups(conn, &event, person, MAKEUP_DAYS)?;
            match sent.check(&event, person, &offered) {
                Err(errors) => Ok(Err(errors)),
                Ok((mark, key)) => {
                    let roll = Roll { marks: vec![mark], method: Method::Clerk, by: who.account, key };
                    super::super::take(conn, &event, &roll, &doer, clock::now())?;
                    Ok(Ok(()))
                }
            }
        })
        .await?;
    match recorded {
        Ok(()) => reply::see(format!("/events/{id}/roll/{person}?done=attendance")),
        Err(errors) => {
            let view = db.read(move |conn| One::load(conn, page, &viewer, id, person)).await?;
            reply::invalid(&One { form, errors, ..view })
        }
    }
}
