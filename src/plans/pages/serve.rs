//! What an event serves: the items of plans in force that whoever is there has met.
use super::super::served::{Offer, offers};
use super::super::store;
use super::super::{Item, Plan};
use crate::access::Permission::HoldEvents;
use crate::access::Viewer;
use crate::audit::Action;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::events::{self, Event};
use crate::ids::{EventId, StudyPlanId};
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path};
use askama::Template;

pub(super) fn routes() -> Vec<Route> {
    vec![get("/events/{event}/plans", HoldEvents, show), post("/events/{event}/plans", HoldEvents, save)]
}

#[derive(Template)]
#[template(path = "plans/serve.html")]
struct Serve {
    page: Page,
    event: Event,
    open: Vec<Offer>,
    named: Vec<(StudyPlanId, String)>,
}

impl Serve {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: EventId) -> Result<Serve> {
        let event = events::held(conn, viewer, id)?;
        Ok(Serve {
            open: offers(conn, &event, clock::day(clock::now()))?,
            named: store::names_of_event(conn, id)?,
            page,
            event,
        })
    }
    fn has(&self, plan: &Plan, item: &Item) -> bool {
        self.named.iter().any(|one| one.0 == plan.id && one.1 == item.step)
    }
    fn kind(&self, item: &Item) -> String {
        self.page.say(&item.matter.kind().words())
    }
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, id: Path<EventId>) -> Reply {
    let id = *id;
    reply::page(&db.read(move |conn| Serve::load(conn, page, &viewer, id)).await?)
}

/// What is ticked is served; what was and is not any more is not. Items of plans that are over stay as they are.
async fn save(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<EventId>,
    sent: Form<Vec<(String, String)>>,
) -> Reply {
    let (id, sent) = (*id, sent.into_inner());
    let ticked = move |plan: &Plan, item: &Item| {
        let value = format!("{}-{}", plan.id, item.step);
        sent.iter().any(|(name, sent)| name == "step" && *sent == value)
    };
    let doer = page.doer();
    db.write(move |conn| {
        let (view, now, mut count) = (Serve::load(conn, page, &viewer, id)?, clock::now(), 0);
        for Offer { plan, items, .. } in &view.open {
            for item in items {
                let step = (plan.id, item.step.as_str());
                match (ticked(plan, item), view.has(plan, item)) {
                    (true, false) => store::name_event(conn, id, step, viewer.account, now)?,
                    (false, true) => store::unname_event(conn, id, step, viewer.account, now)?,
                    _ => continue,
                }
                count += 1;
            }
        }
        match count {
            0 => Ok(()),
            _ => doer.did(conn, Action::EventServes, ("event", id.0), now),
        }
    })
    .await?;
    reply::see(format!("/events/{id}/plans?done=saved"))
}
