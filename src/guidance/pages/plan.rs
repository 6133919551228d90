//! The plan of a group: who goes where and when, the seed that it follows from, and what it was computed from, for everybody who
//! computes it again.
use super::{LINES, ListQuery, hand, span};
use crate::access::Access::Oneself;
use crate::access::Permission::PlanGuidance;
use crate::access::Viewer;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::guidance::forms::PlanForm;
use crate::guidance::plans::Plan;
use crate::guidance::store::{plans as rows, visits};
use crate::guidance::{self, Group, Half, May, Tier};
use crate::ids::{GuidanceGroupId, GuidancePlanId, OrgId, random_hex};
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use serde::Serialize;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/guidance/groups/{group}/plan", Oneself, show),
        post("/guidance/groups/{group}/plan", PlanGuidance, make),
        get("/guidance/groups/{group}/plan/{plan}.json", Oneself, recompute),
    ]
}

/// A planned visit, and whether it took place.
struct Line {
    slot: rows::Planned,
    visit: Option<(crate::ids::GuidanceVisitId, chrono::NaiveDate)>,
}

#[derive(Template)]
#[template(path = "guidance/plan.html")]
struct Show {
    page: Page,
    group: Group,
    may: May,
    this: Half,
    /// The newest version of the half-year that is shown.
    plan: Option<Plan>,
    /// Whether the seed gives exactly what is shown.
    is_sound: bool,
    quiet: usize,
    total: usize,
    rows: Vec<Line>,
    paging: Paging,
    versions: Vec<Plan>,
    form: PlanForm,
    errors: Errors,
}

impl Show {
    fn load(
        conn: &mut Conn,
        page: Page,
        viewer: &Viewer,
        id: GuidanceGroupId,
        query: &ListQuery,
    ) -> Result<Show> {
        let (group, may) = guidance::seen(conn, viewer, id)?;
        let this = Half::of(clock::day(clock::now()));
        let versions = rows::versions(conn, id)?;
        let plan = match query.state.parse::<i64>() {
            Ok(chosen) => {
                let found = versions.iter().find(|plan| plan.id == GuidancePlanId(chosen));
                Some(found.ok_or(Error::NotFound)?.clone())
            }
            Err(_) => {
                versions.iter().find(|plan| plan.half == this.first_day()).or(versions.first()).cloned()
            }
        };
        let number = paging::number(&query.page);
        let (mut slots, mut is_sound, mut total, mut quiet) = (vec![], true, 0, 0);
        let mut done = vec![];
        if let Some(plan) = &plan {
            let all = rows::slots(conn, plan.id)?;
            (total, quiet) = (all.len(), all.iter().filter(|slot| !slot.is_announced).count());
            is_sound = plan.gives(&all);
            let (skip, count) = span(number);
            slots = rows::planned(conn, plan.id, skip, count)?;
            done = visits::of_half(conn, id, (plan.half, Half::of(plan.half).end()))?;
        }
        let paging = Paging::cut(&page.path, number, &mut slots, LINES)?;
        let visit = |org: OrgId| done.iter().find(|(of, ..)| *of == org).map(|(_, id, day)| (*id, *day));
        let rows = slots.into_iter().map(|slot| Line { visit: visit(slot.org), slot }).collect();
        let form =
            PlanForm { seed: random_hex(8), sample: "0".into(), key: random_hex(16), ..PlanForm::default() };
        Ok(Show {
            page,
            group,
            may,
            this,
            plan,
            is_sound,
            quiet,
            total,
            rows,
            paging,
            versions,
            form,
            errors: Errors::default(),
        })
    }
    fn is_city(&self) -> bool {
        self.group.tier == Tier::City
    }
    fn can_make(&self) -> bool {
        self.may.plan && self.group.is_open()
    }
    fn half_of(&self, plan: &Plan) -> String {
        self.page.say(&Half::of(plan.half).words())
    }
    fn next(&self) -> String {
        self.page.say(&self.this.next().words())
    }
}

async fn show(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<GuidanceGroupId>,
    query: Query<ListQuery>,
) -> Reply {
    let (id, query) = (*id, query.into_inner());
    reply::page(&db.read(move |conn| Show::load(conn, page, &viewer, id, &query)).await?)
}

async fn make(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<GuidanceGroupId>,
    form: Form<PlanForm>,
) -> Reply {
    let (id, by, form, who) = (*id, hand(&page, &viewer), form.into_inner(), viewer.clone());
    let sent = form.clone();
    let made: Result<std::result::Result<(), Errors>> = db
        .write(move |conn| {
            let group = guidance::planned(conn, &who, id)?;
            let new = match sent.check(Half::of(clock::day(by.now))) {
                Ok(new) => new,
                Err(errors) => return Ok(Err(errors)),
            };
            match guidance::make_plan(conn, &group, &new, &by) {
                Err(Error::Refused(why)) => Ok(Err(Errors::default().with("seed", why))),
                other => other.map(|_| Ok(())),
            }
        })
        .await;
    match made? {
        Ok(()) => reply::see(format!("/guidance/groups/{id}/plan?done=saved")),
        Err(errors) => {
            let view = db
                .read(move |conn| {
                    let view = Show::load(conn, page, &viewer, id, &ListQuery::default())?;
                    Ok(Show { form, errors, ..view })
                })
                .await?;
            reply::invalid(&view)
        }
    }
}

/// A plan with everything that it was computed from.
#[derive(Serialize)]
struct Recompute {
    group: i64,
    half: String,
    version: i32,
    seed: String,
    inputs: serde_json::Value,
    visits: Vec<Visit>,
}

#[derive(Serialize)]
struct Visit {
    org: i64,
    day: String,
    announced: bool,
    members: [i64; 2],
}

async fn recompute(viewer: Viewer, db: Data<Db>, ids: Path<(GuidanceGroupId, GuidancePlanId)>) -> Reply {
    let (group, id) = *ids;
    let told = db
        .read(move |conn| {
            guidance::seen(conn, &viewer, group)?;
            let plan =
                rows::versions(conn, group)?.into_iter().find(|plan| plan.id == id).ok_or(Error::NotFound)?;
            let visits = rows::slots(conn, id)?;
            Ok(Recompute {
                group: group.0,
                half: plan.half.to_string(),
                version: plan.version,
                seed: plan.seed,
                inputs: serde_json::from_str(&plan.inputs).map_err(Error::internal)?,
                visits: visits
                    .into_iter()
                    .map(|slot| Visit {
                        org: slot.org,
                        day: slot.day.to_string(),
                        announced: slot.is_announced,
                        members: slot.pair,
                    })
                    .collect(),
            })
        })
        .await?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "private, no-store")).json(told))
}
