//! Whom a group guides: what can be put on its list, one by one or all below an organisation, and what is taken off.
use super::groups::org;
use super::{LINES, ListQuery, hand, span};
use crate::access::Permission::PlanGuidance;
use crate::access::Viewer;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::guidance::forms::{BelowForm, EndForm};
use crate::guidance::groups::{Preview, preview};
use crate::guidance::store::groups as rows;
use crate::guidance::{self, Group};
use crate::ids::{GuidanceGroupId, OrgId};
use crate::web::body;
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path, Payload, Query};
use askama::Template;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/guidance/groups/{group}/assign", PlanGuidance, show),
        post("/guidance/groups/{group}/assign", PlanGuidance, assign),
        post("/guidance/groups/{group}/assign-below", PlanGuidance, assign_below),
        post("/guidance/groups/{group}/unassign", PlanGuidance, unassign),
    ]
}

#[derive(Template)]
#[template(path = "guidance/assign.html")]
struct Show {
    page: Page,
    group: Group,
    /// What is on no list yet.
    rows: Vec<rows::Unlisted>,
    paging: Paging,
    /// Of all below an organisation.
    preview: Option<(OrgId, String, Preview)>,
    errors: Errors,
}

/// Names that a preview shows.
const NAMES: usize = 60;

impl Show {
    fn load(
        conn: &mut Conn,
        page: Page,
        viewer: &Viewer,
        id: GuidanceGroupId,
        query: &ListQuery,
    ) -> Result<Show> {
        let group = guidance::planned(conn, viewer, id)?;
        let number = paging::number(&query.page);
        let below = [group.org_path.clone()];
        let mut found = rows::unlisted(conn, group.tier, &below, span(number))?;
        let base = page.path.split('?').next().unwrap_or_default().to_owned();
        let paging = Paging::cut(&base, number, &mut found, LINES)?;
        let preview = match query.under.is_empty() {
            true => None,
            false => {
                let under = org(&query.under)?;
                let name = crate::organization::find(conn, under)?.name;
                Some((under, name, preview(conn, &group, under)?))
            }
        };
        Ok(Show { page, group, rows: found, paging, preview, errors: Errors::default() })
    }
    fn some<'a>(&self, all: &'a [(OrgId, String)]) -> &'a [(OrgId, String)] {
        &all[..all.len().min(NAMES)]
    }
    fn more(&self, all: &[(OrgId, String)]) -> usize {
        all.len().saturating_sub(NAMES)
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

/// The largest form of chosen organisations, in bytes.
const LARGEST: usize = 16 * 1024;

async fn assign(page: Page, viewer: Viewer, db: Data<Db>, id: Path<GuidanceGroupId>, body: Payload) -> Reply {
    let (id, by) = (*id, hand(&page, &viewer));
    let mut orgs = vec![];
    for (name, value) in body::pairs(body, LARGEST).await? {
        if name == "org" {
            orgs.push(org(&value)?);
        }
    }
    db.write(move |conn| {
        let group = guidance::planned(conn, &viewer, id)?;
        guidance::assign(conn, &group, &orgs, &by)
    })
    .await?;
    reply::see(format!("/guidance/groups/{id}?done=added#list"))
}

async fn assign_below(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<GuidanceGroupId>,
    form: Form<BelowForm>,
) -> Reply {
    let (id, by, under) = (*id, hand(&page, &viewer), org(&form.under)?);
    let seen: usize = form.seen.parse().unwrap_or_default();
    db.write(move |conn| {
        let group = guidance::planned(conn, &viewer, id)?;
        guidance::assign_below(conn, &group, (under, seen), &by)
    })
    .await?;
    reply::see(format!("/guidance/groups/{id}?done=added#list"))
}

async fn unassign(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<GuidanceGroupId>,
    form: Form<EndForm>,
) -> Reply {
    let (id, by, org) = (*id, hand(&page, &viewer), org(&form.org)?);
    db.write(move |conn| {
        let group = guidance::planned(conn, &viewer, id)?;
        guidance::unassign(conn, &group, org, &by)
    })
    .await?;
    reply::see(format!("/guidance/groups/{id}?done=removed#list"))
}
