//! The desk: the list of plans, a plan with its items, whom a version touches, the second person's look.
use super::super::forms::{AddForm, HeadForm, ItemsForm, named};
use super::super::store::{self, Version};
use super::super::way::{self, Touched, hindrance};
use super::super::{Head, Item, Matter, Plan, State};
use super::{hand, tone};
use crate::access::Permission::{MakePlans, SeeCoverage};
use crate::access::Viewer;
use crate::audiences::{self, Audience, Rule};
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{AudienceId, OrgId, StudyPlanId, random_hex};
use crate::lang::Message;
use crate::web::form::{Errors, key, optional};
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use chrono::{Days, NaiveDate};
use serde::Deserialize;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/plans", MakePlans, index),
        get("/plans/new", MakePlans, blank),
        post("/plans/new", MakePlans, make),
        get("/plans/{plan}", MakePlans, show),
        get("/plans/{plan}/head", MakePlans, head),
        post("/plans/{plan}/head", MakePlans, save),
        get("/plans/{plan}/add", MakePlans, find),
        post("/plans/{plan}/add", MakePlans, add),
        post("/plans/{plan}/items", MakePlans, edit),
    ]
}

/// Plans on a page; audiences that can be chosen; days that a new plan lasts unless it is said.
const LINES: i64 = 20;
const AUDIENCES: i64 = 100;
const USUAL_DAYS: u64 = 60;
/// Organisations that the preview of a change lists.
const SHOWN: usize = 12;

/// A plan of the viewer's scope; not found otherwise.
pub(super) fn own(conn: &mut Conn, viewer: &Viewer, id: StudyPlanId) -> Result<Plan> {
    let plan = store::plan(conn, id)?;
    let paths = viewer.paths(MakePlans);
    if paths.iter().any(|path| plan.path.starts_with(path.as_str())) {
        Ok(plan)
    } else {
        Err(Error::NotFound)
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ListQuery {
    page: Option<String>,
}

#[derive(Template)]
#[template(path = "plans/index.html")]
struct Index {
    page: Page,
    rows: Vec<Plan>,
    paging: Paging,
    may_see: bool,
}

impl Index {
    fn tone(&self, plan: &Plan) -> &'static str {
        tone(plan.state)
    }
}

async fn index(page: Page, viewer: Viewer, db: Data<Db>, query: Query<ListQuery>) -> Reply {
    let view = db.read(move |conn| {
        let number = paging::number(&query.page);
        let mut rows = store::desk(conn, &viewer.paths(MakePlans), (number - 1) * LINES, LINES + 1)?;
        let paging = Paging::cut(&page.path, number, &mut rows, LINES)?;
        Ok(Index { may_see: viewer.may(SeeCoverage), page, rows, paging })
    });
    reply::page(&view.await?)
}

#[derive(Template)]
#[template(path = "plans/head.html")]
struct HeadPage {
    page: Page,
    /// None while it is new.
    plan: Option<Plan>,
    form: HeadForm,
    errors: Errors,
    orgs: Vec<(OrgId, String)>,
    audiences: Vec<Audience>,
}

impl HeadPage {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: Option<StudyPlanId>) -> Result<HeadPage> {
        let plan = match id {
            Some(id) => Some(own(conn, viewer, id)?),
            None => None,
        };
        let orgs = audiences::pages::orgs(conn, viewer)?;
        let today = clock::day(clock::now());
        let mut form = match &plan {
            Some(plan) => HeadForm::of(&head_of(conn, plan)?, plan.revision),
            None => HeadForm {
                starts_on: today.to_string(),
                ends_on: today.checked_add_days(Days::new(USUAL_DAYS)).unwrap_or(today).to_string(),
                org: orgs.first().map(|org| org.0.to_string()).unwrap_or_default(),
                ..HeadForm::default()
            },
        };
        form.key = random_hex(16);
        let mut audiences: Vec<Audience> = vec![];
        let paths = plan.as_ref().map_or_else(|| viewer.paths(MakePlans), |plan| vec![plan.path.clone()]);
        for path in paths {
            for one in audiences::audiences_for(conn, &path, 0, AUDIENCES)? {
                if audiences.iter().all(|known| known.id != one.id) {
                    audiences.push(one);
                }
            }
        }
        // The plan's own, also when it is not offered any more.
        if let Ok(id) = form.audience.parse().map(AudienceId)
            && audiences.iter().all(|one| one.id != id)
        {
            audiences.push(audiences::audience_ever(conn, id)?);
        }
        Ok(HeadPage { page, plan, form, errors: Errors::default(), orgs, audiences })
    }
    fn address(&self) -> String {
        self.plan.as_ref().map_or_else(|| "/plans/new".into(), |plan| format!("/plans/{}/head", plan.id))
    }
    /// The words and days are those that are in force: what is saved begins or goes on with a change beside it.
    fn is_change(&self) -> bool {
        self.plan.as_ref().is_some_and(|plan| plan.version > 0)
    }
}

fn head_of(conn: &mut Conn, plan: &Plan) -> Result<Head> {
    let version = store::version(conn, plan.id, plan.draft_version)?;
    Ok(Head {
        title: plan.title.clone(),
        about: plan.about.clone(),
        starts_on: plan.starts_on,
        ends_on: plan.ends_on,
        audience: version.audience,
        reason: if plan.has_draft() { version.reason } else { String::new() },
    })
}

async fn blank(page: Page, viewer: Viewer, db: Data<Db>) -> Reply {
    reply::page(&db.read(move |conn| HeadPage::load(conn, page, &viewer, None)).await?)
}

async fn make(page: Page, viewer: Viewer, db: Data<Db>, form: Form<HeadForm>) -> Reply {
    let form = form.into_inner();
    let (head, key) = match (form.check(), key(&form.key)) {
        (Ok(head), Ok(key)) => (head, key),
        (Err(errors), _) => return head_again((page, viewer, db), None, form, errors).await,
        (_, Err(problem)) => {
            let errors = Errors::default().with("title", problem);
            return head_again((page, viewer, db), None, form, errors).await;
        }
    };
    let by = hand(&page, &viewer);
    let id = db.write(move |conn| {
        let org = audiences::pages::own_org(conn, &viewer, &form.org)?;
        usable(conn, &head, &org.path)?;
        way::make(conn, org.id, &head, &key, &by)
    });
    reply::see(format!("/plans/{}", id.await?))
}

/// An audience may be used where it was made, and below.
fn usable(conn: &mut Conn, head: &Head, path: &str) -> Result<()> {
    let Some(id) = head.audience else { return Ok(()) };
    let audience = audiences::audience(conn, id)?;
    if path.starts_with(&audience.path) || audience.path.starts_with(path) {
        Ok(())
    } else {
        Err(Error::NotFound)
    }
}

async fn head(page: Page, viewer: Viewer, db: Data<Db>, id: Path<StudyPlanId>) -> Reply {
    let id = *id;
    reply::page(&db.read(move |conn| HeadPage::load(conn, page, &viewer, Some(id))).await?)
}

async fn head_again(
    (page, viewer, db): (Page, Viewer, Data<Db>),
    id: Option<StudyPlanId>,
    form: HeadForm,
    errors: Errors,
) -> Reply {
    let view = db.read(move |conn| HeadPage::load(conn, page, &viewer, id)).await?;
    reply::invalid(&HeadPage { form, errors, ..view })
}

async fn save(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<StudyPlanId>,
    form: Form<HeadForm>,
) -> Reply {
    let (id, form) = (*id, form.into_inner());
    let head = match form.check() {
        Ok(head) => head,
        Err(errors) => return head_again((page, viewer, db), Some(id), form, errors).await,
    };
    let (by, from) = (hand(&page, &viewer), form.revision.parse().unwrap_or_default());
    db.write(move |conn| {
        let plan = own(conn, &viewer, id)?;
        if head.audience != store::version(conn, id, plan.draft_version)?.audience {
            usable(conn, &head, &plan.path)?;
        }
        way::save(conn, id, from, &head, &by)
    })
    .await?;
    reply::see(format!("/plans/{id}?done=saved"))
}

/// A change as the second person reads it.
struct Change {
    touched: Touched,
    /// Each organisation directly below with how many come and go there.
    below: Vec<(String, usize, usize)>,
}

impl Change {
    fn of(conn: &mut Conn, plan: &Plan, day: NaiveDate) -> Result<Change> {
        let touched = way::touched(conn, plan, day)?;
        let tree = &touched.tree;
        let mut below = vec![];
        if let Some(top) = tree.place(plan.org) {
            for place in tree.children(top) {
                let node = &tree.nodes()[place];
                let count = |members: &[audiences::Member]| {
                    members.iter().filter(|member| (place..node.end).contains(&member.place)).count()
                };
                let (come, go) = (count(&touched.joining), count(&touched.leaving));
                if come + go > 0 {
                    below.push((node.name.clone(), come, go));
                }
            }
        }
        Ok(Change { touched, below })
    }
    fn shown(&self) -> &[(String, usize, usize)] {
        &self.below[..self.below.len().min(SHOWN)]
    }
    fn rest(&self) -> usize {
        self.below.len().saturating_sub(SHOWN)
    }
}

#[derive(Template)]
#[template(path = "plans/show.html")]
struct Show {
    page: Page,
    plan: Plan,
    draft: Version,
    items: Vec<Item>,
    /// The rule in words.
    whom: String,
    change: Option<Change>,
    hindrance: Option<Message>,
    versions: Vec<Version>,
    is_own: bool,
    may_see: bool,
    /// What was typed and could not be saved.
    typed: ItemsForm,
    errors: Errors,
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: StudyPlanId) -> Result<Show> {
        let plan = own(conn, viewer, id)?;
        let draft = store::version(conn, id, plan.draft_version)?;
        let items = store::items(conn, id, plan.draft_version)?;
        let rule = Rule::of(&draft.rule).map_err(Error::internal)?;
        let names = audiences::pages::alliances(conn)?;
        let whom = audiences::pages::words(&page, &rule, &names);
        let change = match plan.has_draft() && plan.is_open() {
            true => Some(Change::of(conn, &plan, clock::day(clock::now()))?),
            false => None,
        };
        Ok(Show {
            hindrance: hindrance(&plan, &draft, &items).map(|refusal| refusal.words()),
            versions: store::versions(conn, id)?,
            is_own: plan.submitted_by == Some(viewer.account) || draft.made_by == viewer.account,
            may_see: viewer.may(SeeCoverage),
            page,
            plan,
            draft,
            items,
            whom,
            change,
            typed: ItemsForm::default(),
            errors: Errors::default(),
        })
    }
    fn tone(&self) -> &'static str {
        tone(self.plan.state)
    }
    fn is_running(&self) -> bool {
        self.plan.state == State::Published
    }
    fn may_edit(&self) -> bool {
        self.plan.is_open() && !self.plan.is_submitted()
    }
    fn due(&self, item: &Item) -> String {
        self.typed.due(&item.step).map_or_else(|| item.due_on.to_string(), str::to_owned)
    }
    fn is_meeting(&self, item: &Item) -> bool {
        item.matter == Matter::Meeting
    }
    fn kind(&self, item: &Item) -> String {
        self.page.say(&item.matter.kind().words())
    }
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, id: Path<StudyPlanId>) -> Reply {
    let id = *id;
    reply::page(&db.read_long(move |conn| Show::load(conn, page, &viewer, id)).await?)
}

async fn edit(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<StudyPlanId>,
    sent: Form<Vec<(String, String)>>,
) -> Reply {
    let (id, form) = (*id, ItemsForm::sent(sent.into_inner()));
    let change = match form.check() {
        Ok(change) => change,
        Err(errors) => {
            let mut view = db.read_long(move |conn| Show::load(conn, page, &viewer, id)).await?;
            form.fill(&mut view.items);
            return reply::invalid(&Show { errors, typed: form, ..view });
        }
    };
    let (by, from) = (hand(&page, &viewer), form.revision.parse().unwrap_or_default());
    db.write(move |conn| {
        own(conn, &viewer, id)?;
        way::edit(conn, id, from, change, &by)
    })
    .await?;
    reply::see(format!("/plans/{id}?done=saved#items"))
}

#[derive(Template)]
#[template(path = "plans/add.html")]
struct Find {
    page: Page,
    plan: Plan,
    form: AddForm,
    errors: Errors,
    hits: Vec<(Matter, String)>,
    present: Vec<Matter>,
}

impl Find {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: StudyPlanId, form: AddForm) -> Result<Find> {
        let plan = own(conn, viewer, id)?;
        let items = store::items(conn, id, plan.draft_version)?;
        // What cannot be searched for finds nothing.
        let hits = match optional(&form.q, 100) {
            Ok(q) => store::matters_like(conn, &q)?,
            Err(_) => vec![],
        };
        let present = items.iter().map(|item| item.matter).collect();
        Ok(Find { page, plan, form, errors: Errors::default(), hits, present })
    }
    fn has(&self, matter: &Matter) -> bool {
        self.present.contains(matter)
    }
    fn named(&self, matter: &Matter) -> String {
        named(*matter)
    }
    fn kind(&self, matter: &Matter) -> String {
        self.page.say(&matter.kind().words())
    }
}

async fn find(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<StudyPlanId>,
    query: Query<AddForm>,
) -> Reply {
    let (id, form) = (*id, query.into_inner());
    reply::page(&db.read(move |conn| Find::load(conn, page, &viewer, id, form)).await?)
}

async fn add(page: Page, viewer: Viewer, db: Data<Db>, id: Path<StudyPlanId>, form: Form<AddForm>) -> Reply {
    let (id, form) = (*id, form.into_inner());
    let (matter, title) = match form.check() {
        Ok(sound) => sound,
        Err(errors) => {
            let view = db.read(move |conn| Find::load(conn, page, &viewer, id, form)).await?;
            return reply::invalid(&Find { errors, ..view });
        }
    };
    let (by, from) = (hand(&page, &viewer), form.revision.parse().unwrap_or_default());
    db.write(move |conn| {
        own(conn, &viewer, id)?;
        let title = match title {
            Some(title) => title,
            None => store::title_of(conn, matter)?.ok_or(Error::NotFound)?,
        };
        way::edit(conn, id, from, vec![way::Edit::Add(matter, title)], &by)
    })
    .await?;
    reply::see(format!("/plans/{id}?done=saved#items"))
}
