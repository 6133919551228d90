//! The record of a visit: a form for a phone at the place, which its browser keeps while there is no network, and the record that
//! comes of it. The form posts like any other; `static/visit.js` sends the same fields and reads the answer as JSON.
use super::{ListQuery, hand};
use crate::access::Access::Oneself;
use crate::access::Permission::VisitBranches;
use crate::access::Viewer;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::guidance::forms::{FindingForm, VisitForm, at_fields};
use crate::guidance::store::{findings as found, groups, plans, visits as rows};
use crate::guidance::visits::{self, LATE_DAYS, MOST_FINDINGS, Outcome, PRESENT, Visit};
use crate::guidance::{self, Category, Finding, Group, Half, May, Refusal, Severity};
use crate::ids::{GuidanceGroupId, GuidanceVisitId, random_hex};
use crate::lang::Message;
use crate::web::body;
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Path, Payload, Query};
use askama::Template;
use chrono::Duration;
use serde::Serialize;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/guidance/visit/{group}", VisitBranches, new),
        post("/guidance/visit/{group}", VisitBranches, create),
        post("/guidance/visit/{group}/send", VisitBranches, send),
        get("/guidance/visits/{visit}", Oneself, show),
        get("/guidance/visits/{visit}/correct", VisitBranches, correction),
        post("/guidance/visits/{visit}/correct", VisitBranches, correct),
    ]
}

/// The largest record, in bytes: six long texts, each character in up to nine bytes.
const LARGEST: usize = 96 * 1024;
/// Events of so many days before and after are offered.
const DAYS: i64 = 14;

#[derive(Template)]
#[template(path = "guidance/visit.html")]
struct New {
    page: Page,
    group: Group,
    account: i64,
    members: Vec<groups::Member>,
    orgs: Vec<(String, String)>,
    events: Vec<rows::Attended>,
    /// A correction of this visit.
    before: Option<Visit>,
    form: VisitForm,
    errors: Errors,
}

/// Organisations that the form offers.
const ORGS: i64 = 500;

impl New {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, group: Group, form: VisitForm) -> Result<New> {
        let now = clock::now();
        let today = clock::day(now);
        let mut orgs: Vec<(String, String)> = groups::assigned(conn, group.id, 0, ORGS)?
            .into_iter()
            .map(|one| (one.org.to_string(), one.name))
            .collect();
        // What a city group has drawn below its committees.
        let half = Half::of(today).first_day();
        if let Some(plan) = plans::versions(conn, group.id)?.into_iter().find(|plan| plan.half == half) {
            for slot in plans::planned(conn, plan.id, 0, ORGS)? {
                let id = slot.org.to_string();
                if !orgs.iter().any(|(known, _)| *known == id) {
                    orgs.push((id, slot.name));
                }
            }
        }
        let span = (now - Duration::days(DAYS), now + Duration::days(2));
        Ok(New {
            members: groups::members(conn, group.id, today - Duration::days(LATE_DAYS))?,
            events: rows::events_of(conn, group.id, span)?,
            account: viewer.account.0,
            page,
            group,
            orgs,
            before: None,
            form,
            errors: Errors::default(),
        })
    }
    fn categories(&self) -> Vec<(&'static str, String)> {
        Category::ALL.iter().map(|one| (one.as_str(), self.page.say(&one.words()))).collect()
    }
    fn severities(&self) -> Vec<(&'static str, String)> {
        Severity::ALL.iter().map(|one| (one.as_str(), self.page.say(&one.words()))).collect()
    }
    fn places(&self) -> std::ops::Range<usize> {
        0..MOST_FINDINGS
    }
    /// Whether the fields of this finding stand open: the first one, and those that have something in them.
    fn is_shown(&self, place: &usize) -> bool {
        *place == 0 || !self.form.findings[*place].text.is_empty()
    }
    fn typed(&self, place: &usize) -> &FindingForm {
        &self.form.findings[*place]
    }
    /// What is wrong with a field of a finding.
    fn problem(&self, what: &str, number: &usize) -> Option<&Message> {
        self.errors.of(&format!("{what}{number}"))
    }
    fn is_category(&self, place: &usize, value: &str) -> bool {
        self.typed(place).category == value
    }
    fn is_severity(&self, place: &usize, value: &str) -> bool {
        self.typed(place).severity == value
    }
    fn is_org(&self, id: &str) -> bool {
        self.form.org == id
    }
    fn present(&self) -> usize {
        PRESENT
    }
    fn is_event(&self, event: &rows::Attended) -> bool {
        self.form.event == event.id.to_string()
    }
    fn when(&self, event: &rows::Attended) -> String {
        clock::local(event.starts_at).format("%m-%d %H:%M").to_string()
    }
}

async fn new(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<GuidanceGroupId>,
    query: Query<ListQuery>,
) -> Reply {
    let (id, org) = (*id, query.org.clone());
    let view = db
        .read(move |conn| {
            let group = guidance::own(conn, &viewer, id)?;
            let form = VisitForm {
                org,
                day: clock::day(clock::now()).to_string(),
                members: vec![viewer.person.to_string()],
                account: viewer.account.to_string(),
                key: random_hex(16),
                ..VisitForm::default()
            };
            New::load(conn, page, &viewer, group, form)
        })
        .await?;
    reply::page(&view)
}

/// What became of a form: a record with what is to be said about it, or what is wrong.
type Kept = std::result::Result<(GuidanceVisitId, Vec<String>), Errors>;

async fn keep(page: &Page, viewer: &Viewer, db: &Db, id: GuidanceGroupId, form: VisitForm) -> Result<Kept> {
    let (by, who) = (hand(page, viewer), viewer.clone());
    db.write(move |conn| {
        let group = guidance::own(conn, &who, id)?;
        if !form.is_by(who.account) {
            return Err(Refusal::OtherAccount.into());
        }
        let visit = match form.check(None) {
            Ok(visit) => visit,
            Err(errors) => return Ok(Err(errors)),
        };
        Ok(match guidance::record(conn, &group, &visit, &by)? {
            Outcome::Kept(id, here) => Ok((id, here)),
            Outcome::Wrong(wrong) => Err(at_fields(wrong)),
        })
    })
    .await
}

async fn create(page: Page, viewer: Viewer, db: Data<Db>, id: Path<GuidanceGroupId>, body: Payload) -> Reply {
    let form = VisitForm::read(body::pairs(body, LARGEST).await?);
    let id = *id;
    match keep(&page, &viewer, &db, id, form.clone()).await? {
        Ok((visit, _)) => reply::see(format!("/guidance/visits/{visit}?done=guidance-recorded")),
        Err(errors) => {
            let form =
                if errors.of("key").is_some() { VisitForm { key: random_hex(16), ..form } } else { form };
            let view = db
                .read(move |conn| {
                    let group = guidance::own(conn, &viewer, id)?;
                    let view = New::load(conn, page, &viewer, group, form)?;
                    Ok(New { errors, ..view })
                })
                .await?;
            reply::invalid(&view)
        }
    }
}

/// What a phone is told of a record that it kept.
#[derive(Serialize)]
struct Told {
    /// `accepted` or `refused`.
    state: &'static str,
    link: Option<String>,
    /// Field and problem.
    problems: Vec<(String, String)>,
    /// Members of the group who belong to the branch by now.
    warnings: Vec<String>,
}

fn told(status: StatusCode, told: &Told) -> HttpResponse {
    HttpResponse::build(status).insert_header((header::CACHE_CONTROL, "no-store")).json(told)
}

async fn send(page: Page, viewer: Viewer, db: Data<Db>, id: Path<GuidanceGroupId>, body: Payload) -> Reply {
    let form = VisitForm::read(body::pairs(body, LARGEST).await?);
    let refused = |problems: Vec<(String, String)>| {
        let said = Told { state: "refused", link: None, problems, warnings: vec![] };
        Ok(told(StatusCode::UNPROCESSABLE_ENTITY, &said))
    };
    match keep(&page, &viewer, &db, *id, form).await {
        Ok(Ok((visit, here))) => {
            let warnings = match here.is_empty() {
                true => vec![],
                false => vec![page.tf("组员 {} 的组织关系在这里，请把它交给别的组", here.join("、"))],
            };
            let link = Some(format!("/guidance/visits/{visit}"));
            Ok(told(StatusCode::OK, &Told { state: "accepted", link, problems: vec![], warnings }))
        }
        Ok(Err(errors)) => {
            refused(errors.iter().map(|(field, problem)| (field.to_owned(), page.say(problem))).collect())
        }
        Err(Error::Refused(why)) => refused(vec![(String::new(), page.say(&why))]),
        Err(other) => Err(other),
    }
}

#[derive(Template)]
#[template(path = "guidance/record.html")]
struct Show {
    page: Page,
    group: Group,
    may: May,
    visit: Visit,
    revisions: Vec<rows::Revision>,
    findings: Vec<Finding>,
    /// Members of the group who belong there by now (INV-T2).
    here: Vec<String>,
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: GuidanceVisitId) -> Result<Show> {
        let visit = visits::find(conn, id)?;
        let (group, may) = guidance::seen(conn, viewer, visit.group)?;
        let place = groups::candidate(conn, visit.org)?;
        let homes = groups::homes(conn, group.id)?;
        let here = homes.into_iter().filter(|home| home.path.starts_with(&place.path)).map(|home| home.name);
        Ok(Show {
            here: here.collect(),
            revisions: rows::revisions(conn, id)?,
            findings: found::of_visit(conn, id)?,
            page,
            group,
            may,
            visit,
        })
    }
    fn newest(&self) -> Option<&rows::Revision> {
        self.revisions.first()
    }
    fn earlier(&self) -> &[rows::Revision] {
        self.revisions.get(1..).unwrap_or_default()
    }
    fn names(&self, revision: &rows::Revision) -> String {
        revision.people.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join("、")
    }
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, id: Path<GuidanceVisitId>) -> Reply {
    let id = *id;
    reply::page(&db.read(move |conn| Show::load(conn, page, &viewer, id)).await?)
}

/// The form of a correction with what the newest revision says.
fn correcting(conn: &mut Conn, page: Page, viewer: &Viewer, id: GuidanceVisitId) -> Result<New> {
    let visit = visits::find(conn, id)?;
    let group = guidance::own(conn, viewer, visit.group)?;
    let newest = rows::revisions(conn, id)?.into_iter().next().ok_or(Error::NotFound)?;
    let (good, contact, _) = newest.texts.unwrap_or_default();
    let form = VisitForm {
        org: visit.org.to_string(),
        day: newest.day.to_string(),
        members: newest.people.iter().map(|(id, _)| id.to_string()).collect(),
        announced: if newest.is_announced { "yes" } else { "no" }.into(),
        event: newest.event.map(|(id, _)| id.to_string()).unwrap_or_default(),
        told: if newest.is_told { "yes" } else { "" }.into(),
        seen: newest.number.to_string(),
        account: viewer.account.to_string(),
        key: random_hex(16),
        good,
        contact,
        ..VisitForm::default()
    };
    let view = New::load(conn, page, viewer, group, form)?;
    Ok(New { before: Some(visit), ..view })
}

async fn correction(page: Page, viewer: Viewer, db: Data<Db>, id: Path<GuidanceVisitId>) -> Reply {
    let id = *id;
    reply::page(&db.read(move |conn| correcting(conn, page, &viewer, id)).await?)
}

async fn correct(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<GuidanceVisitId>,
    body: Payload,
) -> Reply {
    let form = VisitForm::read(body::pairs(body, LARGEST).await?);
    let (id, by, who, sent) = (*id, hand(&page, &viewer), viewer.clone(), form.clone());
    let kept: Kept = db
        .write(move |conn| {
            let visit = visits::find(conn, id)?;
            let group = guidance::own(conn, &who, visit.group)?;
            let new = match sent.check(Some(visit.org)) {
                Ok(new) => new,
                Err(errors) => return Ok(Err(errors)),
            };
            let seen = sent.seen.parse().unwrap_or_default();
            Ok(match guidance::correct(conn, &group, (&visit, seen), &new, &by)? {
                Outcome::Kept(id, here) => Ok((id, here)),
                Outcome::Wrong(wrong) => Err(at_fields(wrong)),
            })
        })
        .await?;
    match kept {
        Ok(_) => reply::see(format!("/guidance/visits/{id}?done=saved")),
        Err(errors) => {
            let view = db.read(move |conn| correcting(conn, page, &viewer, id)).await?;
            reply::invalid(&New { form, errors, ..view })
        }
    }
}
