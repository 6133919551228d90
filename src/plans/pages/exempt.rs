//! Exemptions of one's scope: proposed, decided by another, ended early.
use super::super::forms::{DecideForm, ExemptForm};
use super::super::{Exemption, Plan, Refusal, exempt, store};
use super::hand;
use crate::access::Permission::{ArrangeStudy, DecideExemptions, SeePeople};
use crate::access::Viewer;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{ExemptionId, PersonId, random_hex};
use crate::people::{self, Card};
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use chrono::NaiveDate;
use serde::Deserialize;
use std::collections::HashSet;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/exemptions", ArrangeStudy, index),
        get("/exemptions/new", ArrangeStudy, blank),
        post("/exemptions/new", ArrangeStudy, propose),
        get("/exemptions/{exemption}", ArrangeStudy, show),
        post("/exemptions/{exemption}/decide", DecideExemptions, decide),
        post("/exemptions/{exemption}/withdraw", ArrangeStudy, withdraw),
        post("/exemptions/{exemption}/end", DecideExemptions, end),
    ]
}

/// Lines on a page; members that a search offers.
const LINES: i64 = 30;
const OFFERED: i64 = 20;

#[derive(Deserialize, Default)]
#[serde(default)]
struct ListQuery {
    page: Option<String>,
}

#[derive(Template)]
#[template(path = "plans/exemptions.html")]
struct Index {
    page: Page,
    rows: Vec<Exemption>,
    /// Those of which the viewer sees until when.
    told: HashSet<ExemptionId>,
    paging: Paging,
    today: NaiveDate,
}

impl Index {
    fn is_told(&self, one: &Exemption) -> bool {
        self.told.contains(&one.id)
    }
    fn words(&self, one: &Exemption) -> String {
        self.page.say(&one.words(self.today))
    }
}

async fn index(page: Page, viewer: Viewer, db: Data<Db>, query: Query<ListQuery>) -> Reply {
    let view = db.read(move |conn| {
        let number = paging::number(&query.page);
        let paths = viewer.paths(ArrangeStudy);
        let mut rows = store::exemptions_within(conn, &paths, (number - 1) * LINES, LINES + 1)?;
        let paging = Paging::cut(&page.path, number, &mut rows, LINES)?;
        let told = told(conn, &viewer, &rows)?;
        Ok(Index { page, rows, told, paging, today: clock::day(clock::now()) })
    });
    reply::page(&view.await?)
}

/// Those of which the viewer sees until when and why. Most see all or none; only who holds different roles in different places
/// is asked one by one.
fn told(conn: &mut Conn, viewer: &Viewer, rows: &[Exemption]) -> Result<HashSet<ExemptionId>> {
    let (seen, decided) = (viewer.paths(ArrangeStudy), viewer.paths(DecideExemptions));
    let decides_all = seen.iter().all(|path| decided.iter().any(|own| path.starts_with(own.as_str())));
    let mut told = HashSet::new();
    for one in rows {
        let decides = decides_all || (!decided.is_empty() && decides_of(conn, &decided, one.id)?);
        if one.is_told((viewer.account, viewer.person), decides) {
            told.insert(one.id);
        }
    }
    Ok(told)
}

/// Whether it lies where these paths lead.
fn decides_of(conn: &mut Conn, paths: &[String], id: ExemptionId) -> Result<bool> {
    match store::exemption(conn, paths, id) {
        Ok(_) => Ok(true),
        Err(Error::NotFound) => Ok(false),
        Err(other) => Err(other),
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct NewQuery {
    q: String,
    person: String,
}

#[derive(Template)]
#[template(path = "plans/exempt.html")]
struct New {
    page: Page,
    q: String,
    /// Those who are found; one, once it is chosen.
    found: Vec<Card>,
    person: Option<Card>,
    plans: Vec<Plan>,
    form: ExemptForm,
    errors: Errors,
}

impl New {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, query: NewQuery) -> Result<New> {
        let paths = viewer.paths(ArrangeStudy);
        let person = match query.person.parse() {
            Ok(id) => Some(people::find_within(conn, &paths, PersonId(id))?),
            Err(_) => None,
        };
        let q = query.q.trim().to_owned();
        let found = match person {
            None if !q.is_empty() => people::listed_within(conn, &paths, &q, 0, OFFERED)?,
            _ => vec![],
        };
        let mut plans = vec![];
        if let Some(card) = &person
            && let Some((_, path)) = store::of_member(conn, card.id)?
        {
            plans = store::in_force(conn, &path, clock::day(clock::now()))?;
        }
        let today = clock::day(clock::now());
        let form = ExemptForm {
            person: person.as_ref().map(|card| card.id.to_string()).unwrap_or_default(),
            from: today.to_string(),
            key: random_hex(16),
            ..ExemptForm::default()
        };
        Ok(New { page, q, found, person, plans, form, errors: Errors::default() })
    }
}

async fn blank(page: Page, viewer: Viewer, db: Data<Db>, query: Query<NewQuery>) -> Reply {
    let query = query.into_inner();
    reply::page(&db.read(move |conn| New::load(conn, page, &viewer, query)).await?)
}

async fn propose(page: Page, viewer: Viewer, db: Data<Db>, form: Form<ExemptForm>) -> Reply {
    let form = form.into_inner();
    let by = hand(&page, &viewer);
    let errors = match form.check() {
        Err(errors) => errors,
        Ok((person, plan, from, last, reason)) => {
            let (who, key) = (viewer.clone(), form.key.clone());
            let done = db.write(move |conn| {
                people::find_within(conn, &who.paths(ArrangeStudy), person)?;
                if let Some(plan) = plan {
                    let (_, path) = store::of_member(conn, person)?.ok_or(Error::NotFound)?;
                    let open = store::in_force(conn, &path, clock::day(by.now))?;
                    open.iter().find(|one| one.id == plan).ok_or(Error::NotFound)?;
                }
                exempt::propose(conn, (person, plan), (from, last), &reason, &key, &by)
            });
            match done.await {
                Ok(id) => return reply::see(format!("/exemptions/{id}?done=saved")),
                Err(Error::Refused(problem)) => Errors::default().with("last", problem),
                Err(other) => return Err(other),
            }
        }
    };
    let query = NewQuery { person: form.person.clone(), ..NewQuery::default() };
    let view = db.read(move |conn| New::load(conn, page, &viewer, query)).await?;
    reply::invalid(&New { form, errors, ..view })
}

#[derive(Template)]
#[template(path = "plans/exemption.html")]
struct Show {
    page: Page,
    one: Exemption,
    /// The viewer sees until when and why.
    is_told: bool,
    /// Until retention erases it.
    reason: Option<String>,
    today: NaiveDate,
    may_decide: bool,
    is_own: bool,
    sees_person: bool,
}

impl Show {
    fn words(&self) -> String {
        self.page.say(&self.one.words(self.today))
    }
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, id: Path<ExemptionId>) -> Reply {
    let id = *id;
    let view = db.read(move |conn| {
        let one = store::exemption(conn, &viewer.paths(ArrangeStudy), id)?;
        let decides = decides_of(conn, &viewer.paths(DecideExemptions), id)?;
        let is_own = one.proposed_by == viewer.account;
        let is_told = one.is_told((viewer.account, viewer.person), decides);
        let reason = match is_told {
            true => store::exemption_reason(conn, id)?,
            false => None,
        };
        let today = clock::day(clock::now());
        let sees_person = viewer.may(SeePeople);
        let may_decide = decides && !is_own && one.person != viewer.person;
        Ok(Show { page, one, is_told, reason, today, may_decide, is_own, sees_person })
    });
    reply::page(&view.await?)
}

async fn decide(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<ExemptionId>,
    form: Form<DecideForm>,
) -> Reply {
    let (id, by) = (*id, hand(&page, &viewer));
    let is_approved = match form.verdict.as_str() {
        "approved" => true,
        "refused" => false,
        _ => return Err(Error::NotFound),
    };
    db.write(move |conn| {
        let one = store::exemption(conn, &viewer.paths(DecideExemptions), id)?;
        if one.person == viewer.person {
            return Err(Refusal::ExemptSelf.into());
        }
        exempt::decide(conn, &one, is_approved, &by)
    })
    .await?;
    reply::see(format!("/exemptions/{id}?done=saved"))
}

async fn withdraw(page: Page, viewer: Viewer, db: Data<Db>, id: Path<ExemptionId>) -> Reply {
    let (id, by) = (*id, hand(&page, &viewer));
    db.write(move |conn| {
        let one = store::exemption(conn, &viewer.paths(ArrangeStudy), id)?;
        exempt::withdraw(conn, &one, &by)
    })
    .await?;
    reply::see(format!("/exemptions/{id}?done=saved"))
}

async fn end(page: Page, viewer: Viewer, db: Data<Db>, id: Path<ExemptionId>) -> Reply {
    let (id, by) = (*id, hand(&page, &viewer));
    db.write(move |conn| {
        let one = store::exemption(conn, &viewer.paths(DecideExemptions), id)?;
        exempt::end(conn, &one, &by)
    })
    .await?;
    reply::see(format!("/exemptions/{id}?done=saved"))
}
