//! The list of groups, a group's page, and the forms by which it is made and its members change.
use super::{LINES, ListQuery, hand, span};
use crate::access::Access::Oneself;
use crate::access::Permission::{PlanGuidance, SeeGuidance, VisitBranches};
use crate::access::Viewer;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::guidance::forms::{EndForm, GroupForm, MemberForm};
use crate::guidance::store::{self, groups as rows, plans, visits};
use crate::guidance::visits::Visit;
use crate::guidance::{self, Group, Half, May, NewMember, Refusal};
use crate::ids::{GuidanceGroupId, OrgId, PersonId, random_hex};
use crate::msg;
use crate::web::form::{self, Errors};
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use chrono::NaiveDate;

pub(super) fn routes() -> Vec<Route> {
    vec![
        // Whoever guides or sees guidance comes here; anybody else finds nothing.
        get("/guidance", Oneself, index),
        post("/guidance", PlanGuidance, create),
        get("/guidance/new", PlanGuidance, new),
        get("/guidance/groups/{group}", Oneself, show),
        post("/guidance/groups/{group}/name", PlanGuidance, rename),
        post("/guidance/groups/{group}/close", PlanGuidance, close),
        post("/guidance/groups/{group}/members", PlanGuidance, add_member),
        post("/guidance/groups/{group}/members/end", PlanGuidance, end_member),
    ]
}

/// A group in the list.
struct Line {
    group: Group,
    people: String,
    size: i64,
}

fn lines(conn: &mut Conn, groups: Vec<Group>) -> Result<Vec<Line>> {
    let ids: Vec<GuidanceGroupId> = groups.iter().map(|group| group.id).collect();
    let (sizes, names) = (rows::sizes(conn, &ids)?, rows::names(conn, &ids)?);
    Ok(groups
        .into_iter()
        .map(|group| {
            let people: Vec<&str> =
                names.iter().filter(|(id, _)| *id == group.id).map(|(_, name)| name.as_str()).collect();
            let size = sizes.iter().find(|(id, _)| *id == group.id).map_or(0, |(_, n)| *n);
            Line { people: people.join("、"), size, group }
        })
        .collect())
}

#[derive(Template)]
#[template(path = "guidance/index.html")]
struct Index {
    page: Page,
    own: Vec<Line>,
    /// The groups of the viewer's scope.
    rows: Vec<Line>,
    paging: Paging,
    may_plan: bool,
    may_see: bool,
    /// Branches of the scope that nobody guides.
    uncovered: usize,
}

impl Index {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, number: i64) -> Result<Index> {
        let may_see = viewer.may(SeeGuidance);
        if !may_see && !viewer.may(VisitBranches) {
            return Err(Error::NotFound);
        }
        let own = match viewer.may(VisitBranches) {
            true => rows::of_person(conn, viewer.person)?,
            false => vec![],
        };
        let paths = viewer.paths(SeeGuidance);
        let (skip, count) = span(number);
        let mut groups = rows::listed(conn, &paths, skip, count)?;
        let paging = Paging::cut(&page.path, number, &mut groups, LINES)?;
        let today = clock::day(clock::now());
        let uncovered = store::coverage::uncovered(conn, guidance::Tier::Committee, &paths, today)?.len();
        Ok(Index {
            own: lines(conn, own)?,
            rows: lines(conn, groups)?,
            paging,
            may_plan: viewer.may(PlanGuidance),
            may_see,
            uncovered,
            page,
        })
    }
}

async fn index(page: Page, viewer: Viewer, db: Data<Db>, query: Query<ListQuery>) -> Reply {
    let number = paging::number(&query.page);
    reply::page(&db.read(move |conn| Index::load(conn, page, &viewer, number)).await?)
}

#[derive(Template)]
#[template(path = "guidance/new.html")]
struct New {
    page: Page,
    makers: Vec<(OrgId, String)>,
    form: GroupForm,
    errors: Errors,
}

impl New {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, form: GroupForm, errors: Errors) -> Result<New> {
        let makers = rows::makers(conn, &viewer.paths(PlanGuidance))?;
        Ok(New { page, makers, form, errors })
    }
}

async fn new(page: Page, viewer: Viewer, db: Data<Db>) -> Reply {
    let form = GroupForm { key: random_hex(16), ..GroupForm::default() };
    let view = db.read(move |conn| New::load(conn, page, &viewer, form, Errors::default())).await?;
    reply::page(&view)
}

async fn create(page: Page, viewer: Viewer, db: Data<Db>, form: Form<GroupForm>) -> Reply {
    let (form, by, who) = (form.into_inner(), hand(&page, &viewer), viewer.clone());
    let sent = form.clone();
    let made = db
        .write(move |conn| {
            let new = match sent.check() {
                Ok(new) => new,
                Err(errors) => return Ok(Err(errors)),
            };
            let org = crate::organization::find(conn, new.org)?;
            if !who.paths(PlanGuidance).iter().any(|path| org.path.starts_with(path.as_str())) {
                return Ok(Err(Errors::default().with("org", msg!("请选一项"))));
            }
            guidance::make(conn, &new, &by).map(Ok)
        })
        .await?;
    match made {
        Ok(id) => reply::see(format!("/guidance/groups/{id}?done=saved")),
        Err(errors) => {
            let view = db.read(move |conn| New::load(conn, page, &viewer, form, errors)).await?;
            reply::invalid(&view)
        }
    }
}

#[derive(Template)]
#[template(path = "guidance/group.html")]
struct Show {
    page: Page,
    group: Group,
    may: May,
    members: Vec<rows::Member>,
    assigned: Vec<rows::Assigned>,
    size: i64,
    paging: Paging,
    visits: Vec<Visit>,
    /// Visits of the half-year, and what of its plan is still to come.
    visited: usize,
    coming: Vec<plans::Planned>,
    /// Members who belong to an organisation of the list by now (INV-T2).
    barred: Vec<(String, String)>,
    half: Half,
    form: MemberForm,
    named: GroupForm,
    errors: Errors,
}

/// Visits that a group's page shows.
const VISITS: i64 = 10;

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: GuidanceGroupId, number: i64) -> Result<Show> {
        let (group, may) = guidance::seen(conn, viewer, id)?;
        let today = clock::day(clock::now());
        let half = Half::of(today);
        let (skip, count) = span(number);
        let mut assigned = rows::assigned(conn, id, skip, count)?;
        let base = page.path.split('?').next().unwrap_or_default().to_owned();
        let paging = Paging::cut(&base, number, &mut assigned, LINES)?;
        let done = visits::of_half(conn, id, (half.first_day(), half.end()))?;
        let newest = plans::versions(conn, id)?.into_iter().find(|plan| plan.half == half.first_day());
        let mut coming = match newest {
            Some(plan) => plans::planned(conn, plan.id, 0, 2_000)?,
            None => vec![],
        };
        coming.retain(|slot| !done.iter().any(|(org, ..)| *org == slot.org));
        coming.truncate(8);
        let homes = rows::homes(conn, id)?;
        let mut barred = vec![];
        for home in homes {
            if rows::guides(conn, id, &home.path)?
                && let Some((branch, _)) = store::home(conn, home.person)?
            {
                barred.push((home.name, branch));
            }
        }
        Ok(Show {
            members: rows::members(conn, id, today)?,
            size: rows::assigned_count(conn, id)?,
            visits: visits::of_group(conn, id, 0, VISITS)?,
            visited: done.len(),
            form: MemberForm { from: today.to_string(), ..MemberForm::default() },
            named: GroupForm { name: group.name.clone(), ..GroupForm::default() },
            errors: Errors::default(),
            page,
            group,
            may,
            assigned,
            paging,
            coming,
            barred,
            half,
        })
    }
    fn is_first_page(&self) -> bool {
        self.paging.number == 1
    }
    fn can_change(&self) -> bool {
        self.may.plan && self.group.is_open()
    }
    fn can_close(&self) -> bool {
        self.can_change() && self.size == 0
    }
}

async fn show(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<GuidanceGroupId>,
    query: Query<ListQuery>,
) -> Reply {
    let (id, number) = (*id, paging::number(&query.page));
    reply::page(&db.read(move |conn| Show::load(conn, page, &viewer, id, number)).await?)
}

/// The page again with what is wrong.
async fn again(
    (page, viewer, db, id): (Page, Viewer, Data<Db>, GuidanceGroupId),
    change: impl FnOnce(&mut Show) + Send + 'static,
) -> Reply {
    let view = db
        .read(move |conn| {
            let mut view = Show::load(conn, page, &viewer, id, 1)?;
            change(&mut view);
            Ok(view)
        })
        .await?;
    reply::invalid(&view)
}

async fn rename(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<GuidanceGroupId>,
    form: Form<GroupForm>,
) -> Reply {
    let (id, by, form, who) = (*id, hand(&page, &viewer), form.into_inner(), viewer.clone());
    match form.check_name() {
        Ok(name) => {
            db.write(move |conn| {
                let group = guidance::planned(conn, &who, id)?;
                guidance::rename(conn, &group, &name, &by)
            })
            .await?;
            reply::see(format!("/guidance/groups/{id}?done=saved"))
        }
        Err(errors) => {
            again((page, viewer, db, id), move |view| (view.named, view.errors) = (form, errors)).await
        }
    }
}

async fn close(page: Page, viewer: Viewer, db: Data<Db>, id: Path<GuidanceGroupId>) -> Reply {
    let (id, by) = (*id, hand(&page, &viewer));
    db.write(move |conn| {
        let group = guidance::planned(conn, &viewer, id)?;
        guidance::close(conn, &group, &by)
    })
    .await?;
    reply::see(format!("/guidance/groups/{id}?done=saved"))
}

async fn add_member(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<GuidanceGroupId>,
    form: Form<MemberForm>,
) -> Reply {
    let (id, by, form, who) = (*id, hand(&page, &viewer), form.into_inner(), viewer.clone());
    let sent = form.clone();
    let added: Result<std::result::Result<(), Errors>> = db
        .write(move |conn| {
            let group = guidance::planned(conn, &who, id)?;
            let (number, is_leader, from) = match sent.check() {
                Ok(sent) => sent,
                Err(errors) => return Ok(Err(errors)),
            };
            let at = |refusal: Refusal| Errors::default().with("number", refusal.words());
            let Some(person) = store::of_number(conn, &number)? else {
                return Ok(Err(at(Refusal::NobodyOfNumber)));
            };
            match guidance::add_member(conn, &group, &NewMember { person, is_leader, from }, &by) {
                Err(Error::Refused(why)) => Ok(Err(Errors::default().with("number", why))),
                other => other.map(Ok),
            }
        })
        .await;
    match added? {
        Ok(()) => reply::see(format!("/guidance/groups/{id}?done=added#members")),
        Err(errors) => {
            again((page, viewer, db, id), move |view| (view.form, view.errors) = (form, errors)).await
        }
    }
}

async fn end_member(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<GuidanceGroupId>,
    form: Form<EndForm>,
) -> Reply {
    let (id, by) = (*id, hand(&page, &viewer));
    let day: NaiveDate = form::day(&form.day).map_err(Error::Malformed)?;
    let person: PersonId = form.person.parse().map(PersonId).map_err(|_| Error::NotFound)?;
    db.write(move |conn| {
        let group = guidance::planned(conn, &viewer, id)?;
        guidance::end_member(conn, &group, person, day, &by)
    })
    .await?;
    reply::see(format!("/guidance/groups/{id}?done=removed#members"))
}

/// The number of an organisation as a form sends it.
pub(super) fn org(sent: &str) -> Result<OrgId> {
    sent.parse().map(OrgId).map_err(|_| Error::NotFound)
}
