//! Findings: the list of a group, the list of a branch, and one finding with what both do about it.
use super::{LINES, ListQuery, hand, span};
use crate::access::Access::Oneself;
use crate::access::Permission::{AnswerFindings, VisitBranches};
use crate::access::Viewer;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::guidance::findings::{due_of, overdue_until};
use crate::guidance::forms::StepForm;
use crate::guidance::store::{findings as rows, groups};
use crate::guidance::{self, Finding, Group, State};
use crate::ids::{FindingId, GuidanceGroupId, random_hex};
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use chrono::NaiveDate;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/guidance/groups/{group}/findings", Oneself, of_group),
        get("/guidance/findings/{finding}", Oneself, show),
        post("/guidance/findings/{finding}", VisitBranches, verify),
        get("/branch/findings", AnswerFindings, of_branch),
        get("/branch/findings/{finding}", AnswerFindings, branch_show),
        post("/branch/findings/{finding}", AnswerFindings, answer),
    ]
}

/// The steps of each side.
const BRANCH: &[State] = &[State::Promised, State::Fixed];
const GROUP: &[State] = &[State::Verified, State::Reopened];

#[derive(Template)]
#[template(path = "guidance/findings.html")]
struct List {
    page: Page,
    /// `None` for what branches answer.
    group: Option<Group>,
    state: Option<State>,
    rows: Vec<Finding>,
    paging: Paging,
    until: NaiveDate,
}

impl List {
    fn link(&self, finding: &Finding) -> String {
        match self.group {
            Some(_) => format!("/guidance/findings/{}", finding.id),
            None => format!("/branch/findings/{}", finding.id),
        }
    }
    fn is_late(&self, finding: &Finding) -> bool {
        finding.is_overdue(self.until)
    }
    fn states(&self) -> &'static [State] {
        State::ALL
    }
    fn is_state(&self, state: &State) -> bool {
        self.state == Some(*state)
    }
}

async fn of_group(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<GuidanceGroupId>,
    query: Query<ListQuery>,
) -> Reply {
    let (id, query) = (*id, query.into_inner());
    let view = db
        .read(move |conn| {
            let (group, _) = guidance::seen(conn, &viewer, id)?;
            let (number, state) = (paging::number(&query.page), State::of(&query.state));
            let mut rows = rows::of_group(conn, id, state, span(number))?;
            let paging = Paging::cut(&page.path, number, &mut rows, LINES)?;
            let until = overdue_until(conn, clock::day(clock::now()))?;
            Ok(List { page, group: Some(group), state, rows, paging, until })
        })
        .await?;
    reply::page(&view)
}

async fn of_branch(page: Page, viewer: Viewer, db: Data<Db>, query: Query<ListQuery>) -> Reply {
    let view = db
        .read(move |conn| {
            let number = paging::number(&query.page);
            let mut rows = rows::answered(conn, &guidance::answered(&viewer), span(number))?;
            let paging = Paging::cut(&page.path, number, &mut rows, LINES)?;
            let until = overdue_until(conn, clock::day(clock::now()))?;
            Ok(List { page, group: None, state: None, rows, paging, until })
        })
        .await?;
    reply::page(&view)
}

#[derive(Template)]
#[template(path = "guidance/finding.html")]
struct Show {
    page: Page,
    finding: Finding,
    steps: Vec<rows::Made>,
    /// As the branch sees it.
    is_branch: bool,
    may_answer: bool,
    may_verify: bool,
    /// The viewer said that it is mended, or belongs there.
    is_own: bool,
    is_late: bool,
    due: Option<NaiveDate>,
    form: StepForm,
    errors: Errors,
}

/// Whether the viewer is in the group of the finding, or in the one that guides the organisation by now.
fn verifies(conn: &mut Conn, viewer: &Viewer, finding: &Finding) -> Result<bool> {
    if !viewer.may(VisitBranches) || viewer.is_acting() {
        return Ok(false);
    }
    for group in groups::of_person(conn, viewer.person)? {
        if group.id == finding.group || groups::guides(conn, group.id, &finding.org_path)? {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, finding: Finding, is_branch: bool) -> Result<Show> {
        let may_verify = !is_branch && verifies(conn, viewer, &finding)?;
        let until = overdue_until(conn, clock::day(clock::now()))?;
        let is_own = rows::fixed_by(conn, finding.id)? == Some(viewer.person)
            || guidance::store::home(conn, viewer.person)?
                .is_some_and(|(_, path)| path.starts_with(&finding.org_path));
        let form = StepForm { seen: finding.steps.to_string(), key: random_hex(16), ..StepForm::default() };
        Ok(Show {
            steps: rows::steps(conn, finding.id)?,
            may_answer: is_branch && finding.state.waits_for_branch(),
            may_verify: may_verify && finding.state == State::Fixed,
            is_late: finding.is_overdue(until),
            due: finding.promised_for.map(|day| due_of(conn, day)).transpose()?,
            is_own,
            page,
            finding,
            is_branch,
            form,
            errors: Errors::default(),
        })
    }
    fn address(&self) -> String {
        match self.is_branch {
            true => format!("/branch/findings/{}", self.finding.id),
            false => format!("/guidance/findings/{}", self.finding.id),
        }
    }
    fn is_chosen(&self, state: &str) -> bool {
        self.form.state == state
    }
    /// Whether the promise holds a day longer than it says.
    fn is_moved(&self) -> bool {
        self.due.is_some() && self.due != self.finding.promised_for
    }
}

/// A finding as the group's side sees it.
fn group_side(conn: &mut Conn, page: Page, viewer: &Viewer, id: FindingId) -> Result<Show> {
    let finding = rows::find(conn, id)?;
    if !verifies(conn, viewer, &finding)? {
        guidance::seen(conn, viewer, finding.group)?;
    }
    Show::load(conn, page, viewer, finding, false)
}

fn branch_side(conn: &mut Conn, page: Page, viewer: &Viewer, id: FindingId) -> Result<Show> {
    let finding = guidance::answerable(conn, viewer, id)?;
    Show::load(conn, page, viewer, finding, true)
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, id: Path<FindingId>) -> Reply {
    let id = *id;
    reply::page(&db.read(move |conn| group_side(conn, page, &viewer, id)).await?)
}

async fn branch_show(page: Page, viewer: Viewer, db: Data<Db>, id: Path<FindingId>) -> Reply {
    let id = *id;
    reply::page(&db.read(move |conn| branch_side(conn, page, &viewer, id)).await?)
}

type Side = (fn(&mut Conn, Page, &Viewer, FindingId) -> Result<Show>, &'static [State]);

/// Does a step of one side: whoever may see the finding there is asked first.
async fn act(
    (page, viewer, db, id): (Page, Viewer, Data<Db>, FindingId),
    (load, allowed): Side,
    form: StepForm,
) -> Reply {
    let (by, who, sent, seen_by) = (hand(&page, &viewer), viewer.clone(), form.clone(), page.clone());
    let (address, errors) = db
        .write(move |conn| {
            let view = load(conn, seen_by, &who, id)?;
            if !view.is_branch && !verifies(conn, &who, &view.finding)? {
                return Err(Error::NotFound);
            }
            let errors = match sent.check(allowed) {
                Err(errors) => Some(errors),
                Ok(step) => match guidance::step(conn, &view.finding, &step, &by) {
                    Err(Error::Refused(why)) => Some(Errors::default().with("state", why)),
                    other => other.map(|()| None)?,
                },
            };
            Ok((view.address(), errors))
        })
        .await?;
    match errors {
        None => reply::see(format!("{address}?done=saved")),
        Some(errors) => {
            let view = db.read(move |conn| load(conn, page, &viewer, id)).await?;
            let form = StepForm { seen: view.form.seen.clone(), key: view.form.key.clone(), ..form };
            reply::invalid(&Show { form, errors, ..view })
        }
    }
}

async fn verify(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<FindingId>,
    form: Form<StepForm>,
) -> Reply {
    act((page, viewer, db, *id), (group_side, GROUP), form.into_inner()).await
}

async fn answer(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<FindingId>,
    form: Form<StepForm>,
) -> Reply {
    act((page, viewer, db, *id), (branch_side, BRANCH), form.into_inner()).await
}
