//! The pages of group viewing: choosing what is watched, and the room with its screen and list. `screen` has what the player
//! sends.
mod screen;

use super::forms::{PersonForm, ViewingForm, signed};
use super::{Refusal, Seat, Viewing, store};
use crate::access::Permission::HoldEvents;
use crate::access::Viewer;
use crate::accounts::sessions;
use crate::clock::{self, Timestamp};
use crate::config::LARGEST_FORM;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::events::{self, Choices, Event, Line};
use crate::ids::{EventId, LectureId, PersonId, random_hex};
use crate::lectures::{self, Cue, Played};
use crate::msg;
use crate::people;
use crate::watching;
use crate::web::body;
use crate::web::form::{Errors, optional};
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::HttpRequest;
use actix_web::web::{Data, Form, Path, Payload, Query};
use askama::Template;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    let mut routes = vec![
        get("/viewings/new", HoldEvents, new),
        post("/viewings/new", HoldEvents, create),
        get("/viewings/{event}", HoldEvents, show),
        post("/viewings/{event}/open", HoldEvents, open),
        post("/viewings/{event}/sign", HoldEvents, sign),
        post("/viewings/{event}/unsign", HoldEvents, unsign),
        post("/viewings/{event}/end", HoldEvents, end),
    ];
    routes.extend(screen::routes());
    routes
}

/// The id of the session that a request shows, behind a door that let it in.
fn session(request: &HttpRequest) -> Result<String> {
    sessions::shown(request).ok_or(Error::SignIn)
}

/// Lectures that are offered; a search finds the others.
const LECTURES: i64 = 20;

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
struct FindQuery {
    /// Of lectures.
    q: String,
    /// Of branches and schools.
    near: String,
}

impl FindQuery {
    fn read(self) -> FindQuery {
        let plain = |text: &str| optional(&text.replace('\n', " "), 40).unwrap_or_default();
        FindQuery { q: plain(&self.q), near: plain(&self.near) }
    }
}

#[derive(Template)]
#[template(path = "viewings/new.html")]
struct New {
    page: Page,
    lectures: Vec<(LectureId, String, i32)>,
    choices: Choices,
    query: FindQuery,
    form: ViewingForm,
    errors: Errors,
}

impl New {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, query: FindQuery) -> Result<New> {
        let choices = events::choices(conn, &viewer.paths(HoldEvents), &query.near)?;
        let mut form = ViewingForm { key: random_hex(16), ..ViewingForm::default() };
        if let [(only, _)] = choices.orgs.as_slice() {
            form.org = only.to_string();
        }
        if let [(only, _), ..] = choices.schools.as_slice() {
            form.school = only.to_string();
        }
        Ok(New {
            lectures: events::lectures_named(conn, &query.q, LECTURES)?,
            choices,
            query,
            form,
            errors: Errors::default(),
            page,
        })
    }
    /// Whether more branches or schools can be looked for.
    fn is_wide(&self) -> bool {
        self.choices.orgs.len() > 1 || !self.query.near.is_empty()
    }
    fn is_chosen(&self, id: &LectureId) -> bool {
        self.form.lecture == id.to_string()
    }
    fn is_searched(&self) -> bool {
        !self.query.q.is_empty() || !self.query.near.is_empty()
    }
}

async fn new(page: Page, viewer: Viewer, db: Data<Db>, query: Query<FindQuery>) -> Reply {
    let query = query.into_inner().read();
    let view = db.read(move |conn| New::load(conn, page, &viewer, query)).await?;
    reply::page(&view)
}

async fn create(
    request: HttpRequest,
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    query: Query<FindQuery>,
    form: Form<ViewingForm>,
) -> Reply {
    let (query, form, doer) = (query.into_inner().read(), form.into_inner(), page.doer());
    let session = session(&request)?;
    let (sent, who, near) = (form.clone(), viewer.clone(), query.near.clone());
    let made = db
        .write(move |conn| {
            let now = clock::now();
            let choices = events::choices(conn, &who.paths(HoldEvents), &near)?;
            let id: Option<LectureId> = sent.lecture.parse().map_or(None, |id| Some(LectureId(id)));
            let lecture = id.map(|id| found(lectures::watchable(conn, id))).transpose()?.flatten();
            let title = match (id, lecture) {
                (Some(id), Some(_)) => events::lecture_title(conn, id)?,
                _ => String::new(),
            };
            let chosen = id.zip(lecture).map(|(id, (_, length))| (id, title.as_str(), length));
            let new = match sent.check(&choices, chosen, now) {
                Ok(new) => new,
                Err(errors) => return Ok(Err(errors)),
            };
            let id = events::arrange(conn, &new, who.account, &doer, now)?;
            // It begins now: the list is opened at once.
            if events::find(conn, id)?.has_begun(now) {
                super::open(conn, &who, &session, id, &doer, now)?;
            }
            Ok(Ok(id))
        })
        .await?;
    match made {
        Ok(id) => reply::see(format!("/viewings/{id}?done=event-made")),
        Err(errors) => {
            let view = db.read(move |conn| New::load(conn, page, &viewer, query)).await?;
            reply::invalid(&New { form, errors, ..view })
        }
    }
}

/// `None` for what is not there.
fn found<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(Error::NotFound) => Ok(None),
        Err(other) => Err(other),
    }
}

/// Somebody who sits in front of the screen, as the list shows them.
struct Sitting {
    line: Line,
    seat: Seat,
    has_completed: bool,
}

#[derive(Template)]
#[template(path = "viewings/show.html")]
struct Show {
    page: Page,
    event: Event,
    lecture: String,
    viewing: Option<Viewing>,
    /// The host's name, where somebody else hosts it.
    other_host: Option<String>,
    played: Option<Played>,
    cues: Vec<Cue>,
    sitting: Vec<Sitting>,
    /// Members of the branch who do not sit there yet.
    rest: Vec<Line>,
    own_person: PersonId,
    now: Timestamp,
    guest: String,
    /// Those whom a guest's name may mean.
    candidates: Vec<people::Card>,
    errors: Errors,
}

/// Members of the branch that the form lists.
const REST: usize = 200;

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: EventId) -> Result<Show> {
        let (event, viewing) = super::seen_by(conn, viewer, id)?;
        let lecture = event.lecture.ok_or(Error::NotFound)?;
        let (mut sitting, mut rest, mut other_host, mut played, mut cues) =
            (vec![], vec![], None, None, vec![]);
        if let Some(viewing) = &viewing {
            if viewing.host != viewer.account {
                other_host = Some(store::host_name(conn, viewing.host)?);
            }
            let seats = store::seats(conn, id)?;
            let persons: Vec<PersonId> = seats.iter().map(|seat| seat.person).collect();
            let done = watching::completed(conn, &persons, viewing.lecture)?;
            let lines = lines_of(conn, id, &persons)?;
            for seat in seats {
                if let Some(line) = lines.iter().find(|line| line.person == seat.person) {
                    let has_completed = done.contains(&seat.person);
                    sitting.push(Sitting { line: line.clone(), seat, has_completed });
                }
            }
            if viewing.ended_at.is_none() {
                let mut others = events::on_roll(conn, &event)?;
                others.retain(|person| !persons.contains(person));
                others.truncate(REST);
                rest = lines_of(conn, id, &others)?;
                played = Some(lectures::media_of(conn, viewing.media)?);
                cues = lectures::cues(conn, viewing.media)?;
            }
        }
        Ok(Show {
            lecture: events::lecture_title(conn, lecture)?,
            own_person: viewer.person,
            now: clock::now(),
            guest: String::new(),
            candidates: vec![],
            errors: Errors::default(),
            page,
            event,
            viewing,
            other_host,
            played,
            cues,
            sitting,
            rest,
        })
    }
    fn is_open(&self) -> bool {
        self.viewing.as_ref().is_some_and(|viewing| viewing.ended_at.is_none())
    }
    fn is_host(&self) -> bool {
        self.viewing.is_some() && self.other_host.is_none()
    }
    /// Whether somebody else than the host sits there.
    fn may_play(&self) -> bool {
        self.sitting.iter().any(|one| one.seat.is_open && one.seat.person != self.own_person)
    }
    fn may_open(&self) -> bool {
        self.event.has_begun(self.now) && self.event.state != events::State::Cancelled
    }
    fn is_cancelled(&self) -> bool {
        self.event.state == events::State::Cancelled
    }
    fn early(&self) -> i64 {
        events::EARLY_MINUTES
    }
    fn own_ms(&self, one: &Sitting) -> i32 {
        self.viewing.as_ref().map_or(0, |viewing| viewing.own_seconds(&one.seat)) * 1_000
    }
    fn joined_ms(&self, one: &Sitting) -> i32 {
        one.seat.joined_s * 1_000
    }
    fn seen_ms(&self) -> i32 {
        self.viewing.as_ref().map_or(0, |viewing| viewing.seen.seconds) * 1_000
    }
    fn whole_ms(&self) -> i32 {
        self.viewing.as_ref().map_or(0, |viewing| viewing.seen.length_s) * 1_000
    }
    fn has_hls(&self) -> bool {
        self.played.as_ref().and_then(|played| played.stream.as_ref()).is_some_and(|stream| stream.has_hls)
    }
    fn is_plain_playing(&self) -> bool {
        self.viewing.as_ref().is_some_and(|viewing| !viewing.play.is_empty() && viewing.clock.is_plain)
    }
}

/// Any number of members as lines.
fn lines_of(conn: &mut Conn, id: EventId, persons: &[PersonId]) -> Result<Vec<Line>> {
    let mut all = vec![];
    for some in persons.chunks(500) {
        all.extend(events::lines(conn, id, some)?);
    }
    Ok(all)
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, id: Path<EventId>) -> Reply {
    let id = *id;
    let view = db.read(move |conn| Show::load(conn, page, &viewer, id)).await?;
    reply::page(&view)
}

async fn open(request: HttpRequest, page: Page, viewer: Viewer, db: Data<Db>, id: Path<EventId>) -> Reply {
    let (id, doer, session) = (*id, page.doer(), session(&request)?);
    db.write(move |conn| super::open(conn, &viewer, &session, id, &doer, clock::now())).await?;
    reply::see(format!("/viewings/{id}"))
}

/// What a list of those who have come leads to.
enum Signed {
    Done,
    /// Whom the guest's name may mean.
    Which(Vec<people::Card>),
}

async fn sign(page: Page, viewer: Viewer, db: Data<Db>, id: Path<EventId>, body: Payload) -> Reply {
    let (id, doer) = (*id, page.doer());
    let (mut persons, guest) = signed(&body::pairs(body, LARGEST_FORM).await?);
    let guest = optional(&guest, 40).map_err(Error::Malformed)?;
    let (who, name) = (viewer.clone(), guest.clone());
    let outcome = db
        .write(move |conn| {
            if !name.is_empty() {
                let mut cards = people::listed_within(conn, &who.paths(HoldEvents), &name, 0, 6)?;
                // A whole name is meant before those that only begin with it.
                if cards.iter().filter(|card| card.name == name).count() == 1 {
                    cards.retain(|card| card.name == name);
                }
                match cards.as_slice() {
                    [one] => persons.push(one.id),
                    _ => {
                        super::hosted(conn, &who, id)?;
                        return Ok(Signed::Which(cards));
                    }
                }
            }
            super::sign(conn, &who, id, &persons, &doer, clock::now())?;
            Ok(Signed::Done)
        })
        .await?;
    match outcome {
        Signed::Done => reply::see(format!("/viewings/{id}#people")),
        Signed::Which(candidates) => {
            let mut view = db.read(move |conn| Show::load(conn, page, &viewer, id)).await?;
            let problem = match candidates.is_empty() {
                true => msg!("您的范围里没有找到这个人。请核对姓名，或者写党员编号"),
                false => msg!("有几位同名的，请在下面勾选，或者写党员编号"),
            };
            view.errors = Errors::default().with("guest", problem);
            (view.guest, view.candidates) = (guest, candidates);
            reply::invalid(&view)
        }
    }
}

async fn unsign(viewer: Viewer, db: Data<Db>, id: Path<EventId>, form: Form<PersonForm>) -> Reply {
    let (id, person) = (*id, form.person);
    db.write(move |conn| super::unsign(conn, &viewer, id, person)).await?;
    reply::see(format!("/viewings/{id}#people"))
}

async fn end(page: Page, viewer: Viewer, db: Data<Db>, id: Path<EventId>) -> Reply {
    let (id, doer) = (*id, page.doer());
    db.write(move |conn| match super::seen_by(conn, &viewer, id)? {
        (_, None) => Err(Refusal::NotOpen.into()),
        _ => super::end(conn, &viewer, id, &doer, clock::now()),
    })
    .await?;
    reply::see(format!("/viewings/{id}?done=viewing-ended"))
}
