//! When the lectures of a plan are shown: a pattern for many schools with its preview, one screening, and the list of all.
use crate::access::Permission::PlanBroadcast;
use crate::access::Viewer;
use crate::broadcast::forms::{ScreenForm, SpreadForm, day_words};
use crate::broadcast::store::{self, Item, Plan, Showing, Span};
use crate::broadcast::{self, Channel, PlanState, SlotState, Spread};
use crate::clock::{self, Timestamp};
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{AllianceId, BroadcastId, OrgId, SchoolId, ScreeningId};
use crate::organization;
use crate::schools;
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use chrono::Duration;
use serde::Deserialize;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/broadcast/plans/{plan}/days", PlanBroadcast, show),
        post("/broadcast/plans/{plan}/days", PlanBroadcast, apply),
        post("/broadcast/plans/{plan}/screenings", PlanBroadcast, screen),
        get("/broadcast/plans/{plan}/screenings", PlanBroadcast, list),
        post("/broadcast/screenings/{screening}/cancel", PlanBroadcast, cancel),
    ]
}

/// Slots of a preview that are shown, and schools that are named for which not all found room.
const PREVIEW: usize = 20;
/// Screenings on a page.
const LINES: i64 = 40;

#[derive(Template)]
#[template(path = "broadcast/days.html")]
struct Days {
    page: Page,
    plan: Plan,
    items: Vec<Item>,
    alliances: Vec<(AllianceId, String)>,
    committees: Vec<(OrgId, String)>,
    form: SpreadForm,
    /// What the pattern leads to, where it was asked for.
    spread: Option<Spread>,
    names: Vec<(SchoolId, String)>,
    one: ScreenForm,
    errors: Errors,
}

impl Days {
    fn load(conn: &mut Conn, page: Page, id: BroadcastId, form: SpreadForm) -> Result<Days> {
        let now = clock::now();
        let plan = store::plan(conn, id)?;
        let alliances = schools::alliances(conn)?.into_iter().map(|one| (one.id, one.name)).collect();
        let mut view = Days {
            items: store::items(conn, id)?,
            committees: store::committees(conn)?,
            form: if form.look.is_empty() { SpreadForm::of(&plan, now) } else { form.clone() },
            spread: None,
            names: vec![],
            one: ScreenForm::default(),
            errors: Errors::default(),
            alliances,
            page,
            plan,
        };
        if !form.look.is_empty() && view.plan.state != PlanState::Closed {
            match form.check(path_of(conn, &form.org)?) {
                Err(errors) => view.errors = errors,
                Ok((wanted, pattern)) => {
                    let spread = broadcast::spread_over(conn, id, &wanted, &pattern, now)?;
                    let named = spread.slots.iter().take(PREVIEW).map(|slot| slot.school);
                    let named: Vec<SchoolId> =
                        named.chain(spread.left.iter().take(PREVIEW).map(|left| left.0)).collect();
                    for id in named {
                        if view.names.iter().all(|one| one.0 != id) {
                            view.names.push((id, schools::school(conn, id)?.name));
                        }
                    }
                    view.spread = Some(spread);
                }
            }
        }
        Ok(view)
    }
    fn is_open(&self) -> bool {
        self.plan.state != PlanState::Closed
    }
    fn for_schools(&self) -> Vec<(i64, String)> {
        let own = self.items.iter().filter(|item| item.channel == Channel::School);
        own.map(|item| (item.id.0, item.title.clone())).collect()
    }
    fn days(&self) -> Vec<(usize, String, bool)> {
        let on = self.form.days();
        day_words().into_iter().map(|(place, word)| (place, self.page.say(&word), on[place])).collect()
    }
    fn name(&self, school: &SchoolId) -> &str {
        self.names.iter().find(|one| one.0 == *school).map_or("", |one| one.1.as_str())
    }
    fn title(&self, id: &crate::ids::BroadcastItemId) -> &str {
        self.items.iter().find(|item| item.id == *id).map_or("", |item| item.title.as_str())
    }
    /// The first slots of a preview.
    fn first<'a>(&self, spread: &'a Spread) -> &'a [broadcast::Slot] {
        &spread.slots[..spread.slots.len().min(PREVIEW)]
    }
    fn left<'a>(&self, spread: &'a Spread) -> &'a [(SchoolId, usize)] {
        &spread.left[..spread.left.len().min(PREVIEW)]
    }
    fn left_count(&self, spread: &Spread) -> usize {
        spread.left.iter().map(|left| left.1).sum()
    }
    /// How many schools get something.
    fn reached(&self, spread: &Spread) -> usize {
        let mut schools: Vec<_> = spread.slots.iter().map(|slot| slot.school).collect();
        schools.dedup();
        schools.len()
    }
    fn hour(&self, at: &Timestamp) -> String {
        super::hour(at)
    }
}

/// The path of the organisation that a form chose.
fn path_of(conn: &mut Conn, org: &str) -> Result<Option<String>> {
    match org.parse() {
        Ok(id) => Ok(Some(organization::find(conn, OrgId(id))?.path)),
        Err(_) => Ok(None),
    }
}

async fn show(page: Page, db: Data<Db>, id: Path<BroadcastId>, query: Query<SpreadForm>) -> Reply {
    let (id, form) = (*id, query.into_inner());
    let view = db.read_long(move |conn| Days::load(conn, page, id, form)).await?;
    match view.errors.is_empty() {
        true => reply::page(&view),
        false => reply::invalid(&view),
    }
}

async fn apply(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<BroadcastId>,
    form: Form<SpreadForm>,
) -> Reply {
    let (id, form, doer) = (*id, form.into_inner(), page.doer());
    let sent = form.clone();
    let made = db
        .write(move |conn| {
            let path = path_of(conn, &sent.org)?;
            let count = sent.count.parse().unwrap_or_default();
            match sent.check(path) {
                Err(_) => Ok(false),
                Ok((wanted, pattern)) => broadcast::schedule(
                    conn,
                    id,
                    (&wanted, &pattern, count),
                    viewer.account,
                    &doer,
                    clock::now(),
                )
                .map(|_| true),
            }
        })
        .await?;
    if made {
        return reply::see(format!("/broadcast/plans/{id}/screenings?done=screenings"));
    }
    let form = SpreadForm { look: "yes".into(), ..form };
    let view = db.read_long(move |conn| Days::load(conn, page, id, form)).await?;
    reply::invalid(&view)
}

async fn screen(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<BroadcastId>,
    form: Form<ScreenForm>,
) -> Reply {
    let (id, form, doer) = (*id, form.into_inner(), page.doer());
    let sent = form.clone();
    let errors = db
        .write(move |conn| {
            let school = schools::of_name(conn, sent.school.trim())?;
            let one = match sent.check(school) {
                Ok(one) => one,
                Err(errors) => return Ok(Some(errors)),
            };
            broadcast::screen(conn, id, one, viewer.account, &doer, clock::now())?;
            Ok(None)
        })
        .await;
    let errors = match errors {
        Ok(None) => return reply::see(format!("/broadcast/plans/{id}/screenings?done=screenings")),
        Ok(Some(errors)) => errors,
        // A time that is taken is a matter of this field: what was typed stays.
        Err(Error::Refused(why)) => Errors::default().with("starts", why),
        Err(other) => return Err(other),
    };
    let view = db.read(move |conn| Days::load(conn, page, id, SpreadForm::default())).await?;
    reply::invalid(&Days { one: form, errors, ..view })
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
struct ListQuery {
    page: Option<String>,
    q: String,
    show: String,
}

#[derive(Template)]
#[template(path = "broadcast/screenings.html")]
struct List {
    page: Page,
    plan: Plan,
    rows: Vec<Showing>,
    paging: Paging,
    query: ListQuery,
    now: Timestamp,
}

impl List {
    fn load(conn: &mut Conn, page: Page, id: BroadcastId, query: ListQuery) -> Result<List> {
        let (now, number) = (clock::now(), paging::number(&query.page));
        let plan = store::plan(conn, id)?;
        let is_past = query.show == "past";
        let far = Duration::days(1_000);
        let (from, to, ends_after) = match is_past {
            true => (now - far, now, now - far),
            false => (now - Duration::days(1), now + far, now),
        };
        let named: String = query.q.trim().chars().take(40).collect();
        let span =
            Span { from, to, ends_after, plan: Some(id), named, backwards: is_past, ..Span::default() };
        let mut rows = store::showings(conn, &span, (number - 1) * LINES, LINES + 1)?;
        let paging = Paging::cut(&page.path, number, &mut rows, LINES)?;
        Ok(List { page, plan, rows, paging, query, now })
    }
    fn is_past(&self) -> bool {
        self.query.show == "past"
    }
    fn is_cancelled(&self, row: &Showing) -> bool {
        row.state == SlotState::Cancelled
    }
    fn may_cancel(&self, row: &Showing) -> bool {
        row.state == SlotState::Planned && !row.is_confirmed
    }
    fn is_due(&self, row: &Showing) -> bool {
        row.ends_at <= self.now
    }
    fn hour(&self, at: &Timestamp) -> String {
        super::hour(at)
    }
}

async fn list(page: Page, db: Data<Db>, id: Path<BroadcastId>, query: Query<ListQuery>) -> Reply {
    let (id, query) = (*id, query.into_inner());
    let view = db.read(move |conn| List::load(conn, page, id, query)).await?;
    reply::page(&view)
}

async fn cancel(page: Page, db: Data<Db>, id: Path<ScreeningId>) -> Reply {
    let (id, doer) = (*id, page.doer());
    let plan = db
        .write(move |conn| {
            broadcast::cancel(conn, id, &doer, clock::now())?;
            Ok(store::screening(conn, id)?.plan)
        })
        .await?;
    reply::see(format!("/broadcast/plans/{plan}/screenings?done=removed"))
}
