//! What a school shows: its schedule for everybody, and for those who keep it the confirmations and the address of its screen.
use crate::access::Access::Anyone;
use crate::access::Permission::HoldEvents;
use crate::access::Viewer;
use crate::broadcast::forms::ConfirmForm;
use crate::broadcast::store::{self, Kiosk, Past, Screening, Showing, Span};
use crate::broadcast::{self, Proof, SlotState};
use crate::clock::{self, Timestamp};
use crate::config::Config;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::events;
use crate::ids::{EventId, SchoolId, ScreeningId, random_hex};
use crate::schools::{self, School};
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::HttpRequest;
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use chrono::Duration;
use serde::Deserialize;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/broadcast/schools/{school}", Anyone, show),
        post("/broadcast/schools/{school}/kiosk", HoldEvents, open_kiosk),
        post("/broadcast/schools/{school}/kiosk/withdraw", HoldEvents, close_kiosk),
        get("/broadcast/screenings/{screening}", HoldEvents, confirm_page),
        post("/broadcast/screenings/{screening}", HoldEvents, confirm),
    ]
}

/// Showings on a page.
const LINES: i64 = 30;
/// How far ahead and back the page looks, in days.
const FAR_DAYS: i64 = 400;

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
struct ShowQuery {
    page: Option<String>,
    show: String,
}

#[derive(Template)]
#[template(path = "broadcast/school.html")]
struct Show {
    page: Page,
    school: School,
    rows: Vec<Showing>,
    paging: Paging,
    query: ShowQuery,
    /// The viewer keeps the school's screenings.
    is_keeper: bool,
    kiosk: Option<Kiosk>,
    /// The whole address of the screen.
    address: String,
    now: Timestamp,
}

impl Show {
    fn load(conn: &mut Conn, page: Page, id: SchoolId, query: ShowQuery, base: &str) -> Result<Show> {
        let (now, number) = (clock::now(), paging::number(&query.page));
        let school = schools::school(conn, id)?;
        let is_keeper = match &page.viewer {
            Some(viewer) => broadcast::keeps(conn, viewer, id)?,
            None => false,
        };
        let is_past = query.show == "past";
        let far = Duration::days(FAR_DAYS);
        let (from, to, ends_after) = match is_past {
            true => (now - far, now, now - far),
            false => (now - Duration::days(1), now + far, now),
        };
        let span = Span { from, to, ends_after, school: Some(id), backwards: is_past, ..Span::default() };
        let mut rows = store::showings(conn, &span, (number - 1) * LINES, LINES + 1)?;
        let paging = Paging::cut(&page.path, number, &mut rows, LINES)?;
        let kiosk = if is_keeper { store::kiosk_of(conn, id)? } else { None };
        let address =
            kiosk.as_ref().map(|kiosk| format!("{base}/broadcast/kiosk/{}", kiosk.code)).unwrap_or_default();
        Ok(Show { page, school, rows, paging, query, is_keeper, kiosk, address, now })
    }
    fn is_past(&self) -> bool {
        self.query.show == "past"
    }
    fn is_now(&self, row: &Showing) -> bool {
        row.starts_at <= self.now && self.now < row.ends_at
    }
    fn may_confirm(&self, row: &Showing) -> bool {
        self.is_keeper && row.starts_at <= self.now
    }
    fn hour(&self, at: &Timestamp) -> String {
        super::hour(at)
    }
}

async fn show(
    request: HttpRequest,
    page: Page,
    db: Data<Db>,
    config: Data<Config>,
    id: Path<SchoolId>,
    query: Query<ShowQuery>,
) -> Reply {
    let (id, query, base) = (*id, query.into_inner(), super::base(&request, &config));
    let view = db.read(move |conn| Show::load(conn, page, id, query, &base)).await?;
    reply::page(&view)
}

async fn open_kiosk(page: Page, viewer: Viewer, db: Data<Db>, id: Path<SchoolId>) -> Reply {
    let (id, doer) = (*id, page.doer());
    db.write(move |conn| broadcast::open_kiosk(conn, &viewer, id, &doer, clock::now())).await?;
    reply::see(format!("/broadcast/schools/{id}?done=kiosk#kiosk"))
}

async fn close_kiosk(page: Page, viewer: Viewer, db: Data<Db>, id: Path<SchoolId>) -> Reply {
    let (id, doer) = (*id, page.doer());
    db.write(move |conn| broadcast::close_kiosk(conn, &viewer, id, &doer, clock::now())).await?;
    reply::see(format!("/broadcast/schools/{id}?done=kiosk-closed#kiosk"))
}

#[derive(Template)]
#[template(path = "broadcast/confirm.html")]
struct Confirm {
    page: Page,
    screening: Screening,
    showing: Showing,
    past: Vec<Past>,
    /// Group viewings that may prove it, with how many were there.
    viewings: Vec<(EventId, String)>,
    form: ConfirmForm,
    errors: Errors,
    now: Timestamp,
}

impl Confirm {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: ScreeningId) -> Result<Confirm> {
        let screening = store::screening(conn, id)?;
        broadcast::must_keep(conn, viewer, screening.school)?;
        let mut viewings = vec![];
        for (event, at) in store::viewings_near(conn, &screening)? {
            // Held by somebody else of another branch: not the viewer's to show.
            if events::held(conn, viewer, event).is_ok() {
                let count = events::counting(conn, event)?;
                viewings.push((event, page.tf2("{}，到场 {} 人", page.moment(&at), count)));
            }
        }
        let form = ConfirmForm {
            kind: match viewings.is_empty() {
                true => Proof::Count.as_str().into(),
                false => Proof::Viewing.as_str().into(),
            },
            event: viewings.first().map(|one| one.0.to_string()).unwrap_or_default(),
            seen: screening.revision.to_string(),
            key: random_hex(16),
            ..ConfirmForm::default()
        };
        Ok(Confirm {
            showing: store::one(conn, id)?,
            past: store::past(conn, id)?,
            errors: Errors::default(),
            now: clock::now(),
            page,
            screening,
            viewings,
            form,
        })
    }
    fn is_cancelled(&self) -> bool {
        self.screening.state == SlotState::Cancelled
    }
    fn has_begun(&self) -> bool {
        self.screening.starts_at <= self.now
    }
    fn is(&self, kind: &str) -> bool {
        self.form.kind == kind
    }
    fn is_chosen(&self, event: &EventId) -> bool {
        self.form.event == event.to_string()
    }
    fn words(&self, past: &Past) -> String {
        self.page.say(&past.kind.words())
    }
    fn is_none(&self, past: &Past) -> bool {
        past.kind == Proof::None
    }
    fn hour(&self, at: &Timestamp) -> String {
        super::hour(at)
    }
}

async fn confirm_page(page: Page, viewer: Viewer, db: Data<Db>, id: Path<ScreeningId>) -> Reply {
    let id = *id;
    let view = db.read(move |conn| Confirm::load(conn, page, &viewer, id)).await?;
    reply::page(&view)
}

async fn confirm(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<ScreeningId>,
    form: Form<ConfirmForm>,
) -> Reply {
    let (id, form, doer) = (*id, form.into_inner(), page.doer());
    let errors = match form.check() {
        Ok(new) => {
            let who = viewer.clone();
            let done = db.write(move |conn| {
                broadcast::confirm(conn, &who, id, &new, &doer, clock::now())?;
                Ok(store::screening(conn, id)?.school)
            });
            match done.await {
                Ok(school) => {
                    return reply::see(format!(
                        "/broadcast/schools/{school}?show=past&done=screening-confirmed"
                    ));
                }
                Err(Error::Refused(why)) => Errors::default().with("kind", why),
                Err(other) => return Err(other),
            }
        }
        Err(errors) => errors,
    };
    let mut view = db.read(move |conn| Confirm::load(conn, page, &viewer, id)).await?;
    // The revision is that of the page: whoever sends it again has seen what is there now.
    view.form = ConfirmForm { seen: view.form.seen, key: view.form.key, ..form };
    reply::invalid(&Confirm { errors, ..view })
}
