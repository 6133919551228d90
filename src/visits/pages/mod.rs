//! The pages of visits: here is the page of one visit with what can be done there. `record` has the form, `lists` the visits of
//! a scope and about oneself, `slip` the printed code, `makeup` what was missed, `sheets` the lists on paper.
mod lists;
mod makeup;
mod record;
mod sheets;
mod slip;

use super::store;
use super::{Deed, Member, Part, Standing, State, Whole};
use crate::access::Access::{Anyone, Oneself, SignedIn};
use crate::access::Permission::HoldEvents;
use crate::access::Viewer;
use crate::clock::{self, Timestamp};
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::events;
use crate::ids::{AccountId, EventId, LectureId, PersonId};
use crate::web::body;
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, file, get, post};
use actix_multipart::Multipart;
use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use askama::Template;
use std::collections::HashMap;

pub fn routes() -> Vec<Route> {
    vec![
        get("/visits", Oneself, lists::index),
        get("/visits/new", Oneself, record::new),
        post("/visits/new", Oneself, record::create),
        get("/visits/confirm", Anyone, slip::typing),
        post("/visits/confirm", Anyone, slip::typed),
        get("/visits/{event}", SignedIn, show),
        post("/visits/{event}/second", Oneself, second),
        post("/visits/{event}/confirm", Oneself, confirm),
        post("/visits/{event}/witness/{person}", HoldEvents, witness),
        post("/visits/{event}/slip/{person}", Oneself, slip::print),
        post("/visits/{event}/void", Oneself, void),
        file("/visits/{event}/photo", SignedIn, photo),
        post("/visits/{event}/photo", Oneself, add_photo),
        post("/visits/{event}/photo/remove", Oneself, remove_photo),
        get("/me/visits", SignedIn, lists::mine),
        get("/me/makeup", SignedIn, makeup::mine),
        get("/branch/makeup", HoldEvents, makeup::index),
        get("/makeup/{event}/{person}", SignedIn, makeup::show),
        post("/makeup/{event}/{person}", Oneself, makeup::close),
        get("/events/{event}/sheet", Oneself, sheets::index),
        post("/events/{event}/sheet", Oneself, sheets::make),
        get("/events/{event}/sheet/{sheet}", Oneself, sheets::show),
        post("/events/{event}/sheet/{sheet}", Oneself, sheets::enter),
        get("/events/{event}/sheet/{sheet}/print", Oneself, sheets::paper),
        get("/sheets/{code}", Oneself, sheets::by_code),
    ]
}

/// A member of a visit, as its page shows them.
struct Shown {
    member: Member,
    name: String,
    /// Whose account confirmed it.
    by: Option<String>,
    /// A third account may say that the member has said so.
    may_witness: bool,
    may_print: bool,
}

#[derive(Template)]
#[template(path = "visits/show.html")]
struct Show {
    page: Page,
    whole: Whole,
    part: Part,
    deliverer: String,
    second: String,
    recorder: String,
    members: Vec<Shown>,
    lecture: Option<(LectureId, String)>,
    missed: Option<String>,
    has_photo: bool,
    /// Of the viewer, where the visit was to them.
    own: Option<Member>,
    steps: Vec<(Deed, Option<String>, Option<String>, Timestamp)>,
    may_second: bool,
    may_confirm: bool,
    may_void: bool,
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: EventId) -> Result<Show> {
        let (whole, part) = super::seen_by(conn, viewer, id)?;
        let visit = &whole.visit;
        let steps = store::steps(conn, id)?;
        let mut persons: Vec<PersonId> = whole.members.iter().map(|member| member.person).collect();
        persons.extend([visit.deliverer, visit.second]);
        let names = store::names(conn, &persons)?;
        let mut accounts: Vec<AccountId> = steps.iter().filter_map(|step| step.2).collect();
        accounts.push(visit.recorded_by);
        let by = store::account_names(conn, &accounts)?;
        let name = |names: &HashMap<PersonId, String>, id| names.get(id).cloned().unwrap_or_default();
        let is_oneself = !viewer.is_acting();
        let has_signed = part.is_recorder || visit.seconded_by == Some(viewer.account);
        let is_third =
            part.is_holder && !has_signed && !part.is_deliverer && !part.is_second && !part.is_visited;
        let is_waiting = |member: &Member| {
            visit.state == State::Seconded && member.state == Standing::Waiting && is_oneself
        };
        let members = whole
            .members
            .iter()
            // Whoever was visited together with others sees the own record.
            .filter(|member| part.keeps() || member.person == viewer.person)
            .map(|member| Shown {
                name: name(&names, &member.person),
                by: member.confirmed_by.and_then(|account| by.get(&account).cloned()),
                may_witness: is_waiting(member) && is_third,
                may_print: is_waiting(member) && part.keeps() && !part.is_recorder && !part.is_visited,
                member: member.clone(),
            })
            .collect();
        let own = whole.members.iter().find(|member| member.person == viewer.person).cloned();
        let lecture = match whole.event.lecture {
            Some(lecture) => Some((lecture, events::lecture_title(conn, lecture)?)),
            None => None,
        };
        let missed = match visit.missed {
            Some(missed) => Some(events::find(conn, missed)?.title),
            None => None,
        };
        Ok(Show {
            deliverer: name(&names, &visit.deliverer),
            second: name(&names, &visit.second),
            recorder: by.get(&visit.recorded_by).cloned().unwrap_or_default(),
            has_photo: store::has_photo(conn, id)?,
            steps: steps
                .into_iter()
                .filter(|step| part.keeps() || step.1.is_none_or(|person| person == viewer.person))
                .map(|(what, person, account, at)| {
                    let person = person.and_then(|person| names.get(&person).cloned());
                    (what, person, account.and_then(|account| by.get(&account).cloned()), at)
                })
                .collect(),
            may_second: part.is_second && !part.is_recorder && is_oneself && visit.state == State::Recorded,
            may_confirm: own.as_ref().is_some_and(is_waiting) && !has_signed,
            may_void: (part.is_holder || part.is_recorder)
                && visit.state != State::Void
                && whole.members.iter().all(|member| member.state == Standing::Waiting),
            page,
            part,
            members,
            lecture,
            missed,
            own,
            whole,
        })
    }
    /// Whether a photo may be there.
    fn may_photo(&self) -> bool {
        self.part.keeps()
            && !self.page.is_acting()
            && self.whole.visit.state != State::Void
            && self.whole.members.iter().all(|member| member.agreed_photo)
    }
    /// The member can say that it is not so.
    fn may_dispute(&self) -> bool {
        self.whole.visit.state != State::Void
            && self
                .own
                .as_ref()
                .is_some_and(|own| matches!(own.state, Standing::Waiting | Standing::Confirmed))
    }
    fn is_disputed(&self) -> bool {
        self.own.as_ref().is_some_and(|own| own.state == Standing::Disputed)
    }
    /// Whether the lecture is proved by so many minutes.
    fn is_enough(&self) -> bool {
        let visit = &self.whole.visit;
        i64::from(visit.minutes) * 60 * 100 >= i64::from(visit.length_s) * self.page.watched_share()
    }
    fn days(&self) -> i64 {
        super::PHOTO_DAYS
    }
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, id: Path<EventId>) -> Reply {
    let id = *id;
    let view = db.read(move |conn| Show::load(conn, page, &viewer, id)).await?;
    reply::page(&view)
}

async fn second(page: Page, viewer: Viewer, db: Data<Db>, id: Path<EventId>) -> Reply {
    let (id, doer) = (*id, page.doer());
    db.write(move |conn| super::second(conn, &viewer, id, &doer, clock::now())).await?;
    reply::see(format!("/visits/{id}?done=visit-seconded"))
}

async fn confirm(page: Page, viewer: Viewer, db: Data<Db>, id: Path<EventId>) -> Reply {
    let (id, doer) = (*id, page.doer());
    db.write(move |conn| super::confirm(conn, &viewer, id, &doer, clock::now())).await?;
    reply::see(format!("/visits/{id}?done=visit-confirmed"))
}

async fn witness(page: Page, viewer: Viewer, db: Data<Db>, path: Path<(EventId, PersonId)>) -> Reply {
    let (path, doer) = (path.into_inner(), page.doer());
    db.write(move |conn| super::witness(conn, &viewer, path, &doer, clock::now())).await?;
    reply::see(format!("/visits/{}?done=visit-confirmed", path.0))
}

async fn void(page: Page, viewer: Viewer, db: Data<Db>, id: Path<EventId>) -> Reply {
    let (id, doer) = (*id, page.doer());
    db.write(move |conn| super::void(conn, &viewer, id, &doer, clock::now())).await?;
    reply::see(format!("/visits/{id}?done=visit-void"))
}

/// The photo, for those who see the visit; nobody else keeps it.
async fn photo(viewer: Viewer, db: Data<Db>, id: Path<EventId>) -> Reply {
    let id = *id;
    let (kind, bytes) = db
        .read(move |conn| {
            super::seen_by(conn, &viewer, id)?;
            store::photo(conn, id)
        })
        .await?;
    Ok(HttpResponse::Ok()
        .content_type(kind.mime())
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header(("x-robots-tag", "noindex"))
        .body(bytes))
}

async fn add_photo(page: Page, viewer: Viewer, db: Data<Db>, id: Path<EventId>, body: Multipart) -> Reply {
    let (id, doer) = (*id, page.doer());
    // Room for the frame around the file.
    let parts = body::parts(body, super::photo::LARGEST + 4_096).await?;
    let bytes = parts.into_iter().find(|part| part.0 == "photo").map(|part| part.1).unwrap_or_default();
    db.write(move |conn| super::add_photo(conn, &viewer, id, &bytes, &doer, clock::now())).await?;
    reply::see(format!("/visits/{id}?done=photo-added"))
}

async fn remove_photo(page: Page, viewer: Viewer, db: Data<Db>, id: Path<EventId>) -> Reply {
    let (id, doer) = (*id, page.doer());
    db.write(move |conn| super::remove_photo(conn, &viewer, id, &doer, clock::now())).await?;
    reply::see(format!("/visits/{id}?done=photo-removed"))
}

/// `None` for what is not there.
fn found<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(Error::NotFound) => Ok(None),
        Err(other) => Err(other),
    }
}
