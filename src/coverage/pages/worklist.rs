//! Who needs what, and who could bring it: a list of persons of one's scope in the order of the tree, with assignment and reminders.
use super::{Asked, Scope, arranged, figures, may_arrange, part_words, sees_people, today};
use crate::access::Permission::{ArrangeStudy, SeeCoverage};
use crate::access::Viewer;
use crate::audit::Action;
use crate::clock;
use crate::coverage::errands::{self, Way};
use crate::coverage::figures::Figures;
use crate::coverage::forms::AssignForm;
use crate::coverage::standing::State;
use crate::coverage::store::{self, Face};
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{ErrandId, OrgId, PersonId, random_hex};
use crate::inbox::{self, NewNotice};
use crate::lang::Message;
use crate::msg;
use crate::people::{self, Office};
use crate::plans::{self, Matter};
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Query};
use askama::Template;
use chrono::{Datelike, Days, NaiveDate};
use std::collections::HashMap;
use std::ops::Range;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/coverage/worklist", SeeCoverage, show),
        post("/coverage/worklist/assign", ArrangeStudy, assign),
        post("/coverage/worklist/remind", ArrangeStudy, remind),
    ]
}

/// Persons on a page; from this age the door is proposed; days until an errand is due unless it is said.
const LINES: i64 = 30;
const ELDER: i32 = 70;
const USUAL_DAYS: u64 = 14;
/// Members who are reminded in one transaction.
const REMINDED: usize = 500;

/// Somebody who could bring it.
#[derive(Debug, Clone)]
struct Helper {
    id: PersonId,
    name: String,
    /// The office that makes it theirs.
    office: String,
}

/// An errand that is open.
struct Open {
    id: ErrandId,
    helper: String,
    way: String,
    due_on: NaiveDate,
}

/// A person with what is missing.
struct Line {
    person: PersonId,
    name: String,
    branch: String,
    state: State,
    /// Titles, each with where the person stands.
    lacks: Vec<(String, State)>,
    way: Way,
    /// The branch elsewhere where the person lives.
    host: Option<String>,
    helpers: Vec<Helper>,
    open: Option<Open>,
    /// The viewer arranges study where the person belongs.
    may_arrange: bool,
    /// What stands in the form: who brings it, by when.
    helper: String,
    due_on: String,
    key: String,
    /// This form was sent, and something is wrong with it.
    is_wrong: bool,
}

#[derive(Template)]
#[template(path = "coverage/worklist.html")]
struct Worklist {
    page: Page,
    asked: Asked,
    scope: Scope,
    title: String,
    plan: Option<crate::ids::StudyPlanId>,
    version: i32,
    lines: Vec<Line>,
    paging: Option<Paging>,
    total: usize,
    number: i64,
    /// Members on this page and elsewhere whom a message in the portal reaches, and the viewer may remind.
    reachable: usize,
    /// Whom of the plan it is about, if not all.
    only: Option<String>,
    errors: Errors,
}

/// What to propose: whoever signs in studies there; the old and those who don't are visited.
fn proposed(face: &Face, figures: &Figures, at: usize, day: NaiveDate) -> Way {
    let is_old = face.birth_year.is_some_and(|born| day.year() - born >= ELDER);
    let is_meeting = figures.lacks(at).iter().all(|(item, _)| figures.items[*item].matter == Matter::Meeting);
    match (is_old, is_meeting, figures.is_online(at)) {
        (true, _, _) => Way::Door,
        (false, true, _) => Way::Group,
        (false, false, true) => Way::Online,
        (false, false, false) if face.phone.is_some() => Way::Call,
        (false, false, false) => Way::Door,
    }
}

/// The figures of today of a plan in force: what is brought is brought now, and all of it.
fn running(conn: &mut Conn, viewer: &Viewer, asked: &mut Asked) -> Result<(Scope, Option<Figures>)> {
    [&mut asked.on, &mut asked.from, &mut asked.to].into_iter().for_each(String::clear);
    let (scope, figures) = figures(conn, viewer, asked)?;
    if !sees_people(viewer, &scope.org.path) {
        return Err(Error::NotFound);
    }
    Ok((scope, figures.filter(|figures| figures.plan.state == plans::State::Published)))
}

impl Asked {
    /// The state that the list is cut to.
    fn wanted(&self) -> Option<State> {
        State::ALL.into_iter().find(|state| state.key() == self.state)
    }
}

impl Worklist {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, mut asked: Asked) -> Result<Worklist> {
        let (scope, figures) = running(conn, viewer, &mut asked)?;
        let day = today();
        let mut view = Worklist {
            number: paging::number(&asked.page),
            page,
            asked: asked.clone(),
            scope,
            title: String::new(),
            plan: None,
            version: 0,
            lines: vec![],
            paging: None,
            total: 0,
            reachable: 0,
            only: None,
            errors: Errors::default(),
        };
        let Some(figures) = figures else { return Ok(view) };
        asked.plan = figures.plan.id.to_string();
        let wanted = asked.wanted();
        let missing: Vec<(usize, State)> =
            figures.missing().filter(|(_, state)| wanted.is_none_or(|wanted| wanted == *state)).collect();
        let number = view.number;
        let total = i64::try_from(missing.len()).unwrap_or(i64::MAX);
        view.paging = Some(Paging::new(&view.page.path, number, total, LINES)?);
        view.total = missing.len();
        let parts = arranged(viewer, &figures.tree);
        let is_reached = |at: usize| figures.is_online(at) && is_arranged(&parts, &figures, at);
        view.reachable = missing.iter().filter(|(at, _)| is_reached(*at)).count();
        view.only = part_words(&view.page, &figures.part);
        let skip = usize::try_from((number - 1) * LINES).unwrap_or_default();
        let shown: Vec<(usize, State)> =
            missing.into_iter().skip(skip).take(usize::try_from(LINES).unwrap_or_default()).collect();
        view.lines = lines(conn, &view.page, (&figures, &parts), &shown, day)?;
        (view.title, view.plan, view.asked) = (figures.plan.title.clone(), Some(figures.plan.id), asked);
        view.version = figures.version;
        Ok(view)
    }
    fn at(&self, path: &str, state: &str) -> String {
        self.asked.at(path, &[("state", state)])
    }
    /// Where a form of this page is sent: if it comes back, it comes back on this page.
    fn assign_at(&self) -> String {
        joined(&self.asked.at("/coverage/worklist/assign", &[]), &format!("page={}", self.number))
    }
    /// The page again, with what was typed and what is wrong with it.
    fn again(mut self, form: &AssignForm, errors: Errors) -> Worklist {
        if let Some(line) = self.lines.iter_mut().find(|line| line.person.to_string() == form.person) {
            line.way = Way::of(&form.way).unwrap_or(line.way);
            line.helper.clone_from(&form.helper);
            line.due_on.clone_from(&form.due_on);
            line.is_wrong = true;
        }
        Worklist { errors, ..self }
    }
    /// How the ids of a line's form begin: those of the one that came back are named by the list of what is wrong.
    fn mark(&self, line: &Line) -> String {
        if line.is_wrong { "f-".into() } else { format!("l{}-", line.person) }
    }
    fn problem(&self, line: &Line, field: &str) -> Option<&Message> {
        self.errors.of(field).filter(|_| line.is_wrong)
    }
    fn is_bad(&self, line: &Line, field: &str) -> bool {
        self.problem(line, field).is_some()
    }
    fn is_helper(&self, line: &Line, helper: &Helper) -> bool {
        line.helper == helper.id.to_string()
    }
    fn ways(&self) -> &'static [Way] {
        Way::ALL
    }
    fn states(&self) -> Vec<State> {
        State::ALL.into_iter().filter(|state| state.is_missing()).collect()
    }
    fn is_state(&self, state: &State) -> bool {
        self.asked.state == state.key()
    }
}

/// Whether a member belongs to one of these parts of the tree.
fn is_arranged(parts: &[Range<usize>], figures: &Figures, at: usize) -> bool {
    parts.iter().any(|part| part.contains(&figures.members[at].place))
}

fn lines(
    conn: &mut Conn,
    page: &Page,
    (figures, parts): (&Figures, &[Range<usize>]),
    shown: &[(usize, State)],
    day: NaiveDate,
) -> Result<Vec<Line>> {
    let ids: Vec<PersonId> = shown.iter().map(|(at, _)| figures.members[*at].person).collect();
    let faces: HashMap<PersonId, Face> =
        store::faces(conn, &ids)?.into_iter().map(|face| (face.id, face)).collect();
    let hosts: HashMap<PersonId, (OrgId, String)> =
        store::hosts(conn, &ids)?.into_iter().map(|(person, org, name)| (person, (org, name))).collect();
    let mut branches: Vec<OrgId> = shown.iter().map(|(at, _)| figures.members[*at].branch).collect();
    branches.extend(hosts.values().map(|host| host.0));
    branches.sort_unstable();
    branches.dedup();
    let helpers = store::helpers(conn, &branches)?;
    let open = store::errands_about(conn, figures.plan.id, &ids)?;
    let mut lines = vec![];
    for (at, state) in shown {
        let member = figures.members[*at];
        let Some(face) = faces.get(&member.person) else { continue };
        let host = hosts.get(&member.person);
        let could = |org: &OrgId| *org == member.branch || host.is_some_and(|host| host.0 == *org);
        let helper = |(_, id, name, office): &(OrgId, PersonId, String, String)| Helper {
            id: *id,
            name: name.clone(),
            office: Office::of(office).map(|office| page.say(&office.words())).unwrap_or_default(),
        };
        let errand = open.iter().find(|one| one.0 == member.person);
        lines.push(Line {
            person: member.person,
            name: face.name.clone(),
            branch: figures.tree.nodes()[member.place].name.clone(),
            state: *state,
            lacks: figures
                .lacks(*at)
                .into_iter()
                .map(|(item, state)| (figures.items[item].title.clone(), state))
                .collect(),
            way: proposed(face, figures, *at, day),
            host: host.map(|host| host.1.clone()),
            helpers: helpers
                .iter()
                .filter(|one| could(&one.0) && one.1 != member.person)
                .map(helper)
                .collect(),
            open: errand.map(|(_, id, name, way, due_on)| Open {
                id: *id,
                helper: name.clone(),
                way: page.say(&way.words()),
                due_on: *due_on,
            }),
            may_arrange: is_arranged(parts, figures, *at),
            helper: String::new(),
            due_on: day.checked_add_days(Days::new(USUAL_DAYS)).unwrap_or(day).to_string(),
            key: random_hex(16),
            is_wrong: false,
        });
    }
    Ok(lines)
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, query: Query<Asked>) -> Reply {
    let asked = query.into_inner();
    reply::page(&db.read_long(move |conn| Worklist::load(conn, page, &viewer, asked)).await?)
}

async fn assign(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    query: Query<Asked>,
    form: Form<AssignForm>,
) -> Reply {
    let (asked, form, doer) = (query.into_inner(), form.into_inner(), page.doer());
    let back = asked.at("/coverage/worklist", &[]);
    let errors = match form.check() {
        Err(errors) => errors,
        Ok((plan, person, helper, way, due_on)) => {
            let (who, key) = (viewer.clone(), form.key.clone());
            let done = db.write(move |conn| {
                let card = people::find_within(conn, &who.paths(ArrangeStudy), person)?;
                // Whoever is asked holds an office at the person's branch, or where the person lives.
                let (branch, path) = store::branch_of(conn, card.id)?.ok_or(Error::NotFound)?;
                let open = plans::in_force(conn, &path, today())?;
                if helper == person || !open.iter().any(|one| one.id == plan) {
                    return Err(Error::NotFound);
                }
                let mut near = vec![branch];
                near.extend(store::hosts(conn, &[person])?.into_iter().map(|host| host.1));
                if !store::helpers(conn, &near)?.iter().any(|one| one.1 == helper) {
                    return Err(Error::NotFound);
                }
                errands::assign(
                    conn,
                    (plan, person),
                    (helper, way, due_on),
                    &key,
                    (who.account, &doer),
                    clock::now(),
                )
            });
            match done.await {
                Ok(_) => return reply::see(joined(&back, "done=saved")),
                Err(Error::Refused(problem)) => Errors::default().with("plan", problem),
                Err(other) => return Err(other),
            }
        }
    };
    let view = db.read_long(move |conn| Worklist::load(conn, page, &viewer, asked)).await?;
    reply::invalid(&view.again(&form, errors))
}

/// The address with one more parameter.
fn joined(address: &str, pair: &str) -> String {
    format!("{address}{}{pair}", if address.contains('?') { '&' } else { '?' })
}

/// Tells everybody on the list who signs in and belongs where the viewer arranges study what is missing; once a day and plan.
async fn remind(page: Page, viewer: Viewer, db: Data<Db>, query: Query<Asked>) -> Reply {
    let mut asked = query.into_inner();
    let back = asked.at("/coverage/worklist", &[]);
    let doer = page.doer();
    let now = clock::now();
    let told = db.read_long(move |conn| {
        let (scope, figures) = running(conn, &viewer, &mut asked)?;
        let Some(figures) = figures else { return Ok((scope.org.id, vec![])) };
        if !may_arrange(&viewer, &figures) {
            return Err(Error::NotFound);
        }
        let parts = arranged(&viewer, &figures.tree);
        let (day, wanted) = (clock::day(now), asked.wanted());
        let notice = |at: usize| NewNotice {
            person: figures.members[at].person,
            kind: inbox::Kind::Due,
            title: msg!("学习计划“{}”还有 {} 项没有学", figures.plan.title, figures.lacks(at).len()),
            body: String::new(),
            link: "/me/plans".into(),
            sent_by: Some(viewer.account),
            key: format!("plan-{}-{}-{day}", figures.plan.id, figures.members[at].person),
        };
        let notices: Vec<NewNotice> = figures
            .missing()
            .filter(|(at, state)| wanted.is_none_or(|wanted| wanted == *state) && figures.is_online(*at))
            .filter(|(at, _)| is_arranged(&parts, &figures, *at))
            .map(|(at, _)| notice(at))
            .collect();
        Ok((scope.org.id, notices))
    });
    let (org, mut notices) = told.await?;
    // In pieces, so that others write between them; whoever is told already is not told twice.
    while !notices.is_empty() {
        let rest = notices.split_off(notices.len().min(REMINDED));
        let piece = std::mem::replace(&mut notices, rest);
        db.write(move |conn| inbox::tell(conn, &piece, now)).await?;
    }
    db.write(move |conn| doer.did(conn, Action::CoverageReminded, ("org", org.0), now)).await?;
    reply::see(joined(&back, "done=coverage-reminded"))
}
