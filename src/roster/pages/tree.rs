//! The desk of organisations: the tree level by level, and the forms that change it.
use super::super::places_forms::{OrgForm, OrgTopic};
use super::super::reorganize::{self, MOST};
use super::super::store::{self, Line};
use super::words::Names;
use super::{hand, meant, refused};
use crate::access::Permission::EditRoster;
use crate::access::Viewer;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{OrgId, random_hex};
use crate::organization::{self, Level, Org, OrgKind};
use crate::people;
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use chrono::NaiveDate;
use serde::Deserialize;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/organizations", EditRoster, index),
        get("/organizations/{org}", EditRoster, show),
        get("/organizations/{org}/change", EditRoster, ask),
        post("/organizations/{org}/change", EditRoster, change),
    ]
}

/// Organisations on a page, and changes under one.
const ROWS: i64 = 40;
const LINES: i64 = 50;

#[derive(Template)]
#[template(path = "roster/organizations.html")]
struct Index {
    page: Page,
    roots: Vec<Org>,
}

async fn index(page: Page, viewer: Viewer, db: Data<Db>) -> Reply {
    let roots = db
        .read(move |conn| {
            let mut roots = vec![];
            for path in viewer.paths(EditRoster) {
                match path.trim_end_matches('/').rsplit('/').next().and_then(|id| id.parse().ok()) {
                    Some(id) => roots.push(organization::find(conn, OrgId(id))?),
                    None => roots.extend(organization::within(conn, "/", Level::City, 10)?),
                }
            }
            Ok(roots)
        })
        .await?;
    reply::page(&Index { page, roots })
}

/// An organisation on the way to one: its number and name.
type Step = (OrgId, String);

#[derive(Template)]
#[template(path = "roster/organization.html")]
struct Show {
    page: Page,
    org: Org,
    until: Option<NaiveDate>,
    since: NaiveDate,
    /// What lies above, as far as it is in the scope.
    above: Vec<Step>,
    /// How many members it has today, with all below it.
    members: i64,
    children: Vec<(Org, Option<i64>)>,
    paging: Paging,
    topics: Vec<OrgTopic>,
    former: Vec<(String, NaiveDate, NaiveDate)>,
    lines: Vec<(Line, String, String)>,
}

/// Whether this may be done to an organisation: what changes its place needs the one above it too.
fn may(viewer: &Viewer, org: &Org, topic: OrgTopic) -> bool {
    let is_above = |path: &String| org.path.starts_with(path.as_str()) && path.len() < org.path.len();
    let is_inside = matches!(topic, OrgTopic::Add | OrgTopic::Rename | OrgTopic::Kind);
    topic.fits(org.level) && (is_inside || viewer.paths(EditRoster).iter().any(is_above))
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: OrgId, number: i64) -> Result<Show> {
        let paths = viewer.paths(EditRoster);
        let org = organization::find_within(conn, &paths, id)?;
        let (since, until) = organization::validity(conn, id)?;
        let mut above = vec![];
        for step in org.path.split('/').filter_map(|id| id.parse().ok().map(OrgId)) {
            let one = organization::find(conn, step)?;
            if one.id != id && paths.iter().any(|path| one.path.starts_with(path.as_str())) {
                above.push((one.id, one.name));
            }
        }
        let mut children = organization::children(conn, id, (number - 1) * ROWS, ROWS + 1)?;
        let paging = Paging::cut(&page.path, number, &mut children, ROWS)?;
        let counted = people::counted_on(conn, id, clock::day(clock::now()))?;
        let own = |org: &Org| counted.iter().find(|(branch, _)| *branch == org.id).map(|(_, count)| *count);
        let children = children
            .into_iter()
            .map(|child| {
                let count = if child.level == Level::Branch { Some(own(&child).unwrap_or(0)) } else { None };
                (child, count)
            })
            .collect();
        let lines = store::lines(conn, (None, Some(id)), 0, LINES)?;
        let names = Names::of(conn, &lines)?;
        let lines = lines
            .into_iter()
            .map(|line| {
                let (old, new) = names.both(&page, &line);
                (line, old, new)
            })
            .collect();
        let topics = match until {
            Some(_) => vec![],
            None => OrgTopic::ALL.iter().copied().filter(|topic| may(viewer, &org, *topic)).collect(),
        };
        Ok(Show {
            page,
            until,
            since,
            above,
            members: counted.iter().map(|(_, count)| count).sum(),
            children,
            paging,
            topics,
            former: organization::names_of(conn, id)?,
            lines,
            org,
        })
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct PageQuery {
    page: Option<String>,
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, id: Path<OrgId>, query: Query<PageQuery>) -> Reply {
    let number = paging::number(&query.page);
    reply::page(&db.read_long(move |conn| Show::load(conn, page, &viewer, *id, number)).await?)
}

#[derive(Template)]
#[template(path = "roster/organization_change.html")]
struct Ask {
    page: Page,
    org: Org,
    topic: OrgTopic,
    levels: Vec<(&'static str, String)>,
    kinds: Vec<(&'static str, String)>,
    /// Who or which may go to the new one, where it is split.
    choices: Vec<(i64, String)>,
    form: OrgForm,
    errors: Errors,
}

impl Ask {
    /// The form, for those who may fill it in; not found otherwise.
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: OrgId, form: OrgForm) -> Result<Ask> {
        let topic = form.topic().ok_or(Error::NotFound)?;
        let org = organization::find_within(conn, &viewer.paths(EditRoster), id)?;
        if !may(viewer, &org, topic) || organization::validity(conn, id)?.1.is_some() {
            return Err(Error::NotFound);
        }
        let below = Level::ALL.iter().filter(|level| match org.level {
            Level::City => **level == Level::Committee,
            above => level.depth() > above.depth(),
        });
        let choices = match (topic, org.level) {
            (OrgTopic::Split, Level::Branch) => people::of_branch(conn, id, MOST)?
                .into_iter()
                .map(|(person, name, number, _)| (person.0, format!("{name} {number}")))
                .collect(),
            (OrgTopic::Split, _) => organization::children(conn, id, 0, MOST)?
                .into_iter()
                .map(|child| (child.id.0, child.name))
                .collect(),
            _ => vec![],
        };
        Ok(Ask {
            levels: below.map(|level| (level.as_str(), page.say(&level.words()))).collect(),
            kinds: OrgKind::ALL.iter().map(|kind| (kind.as_str(), page.say(&kind.words()))).collect(),
            page,
            org,
            topic,
            choices,
            form,
            errors: Errors::default(),
        })
    }
    fn heading(&self) -> String {
        self.page.say(&self.topic.words())
    }
}

async fn ask(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<OrgId>,
    query: Query<Vec<(String, String)>>,
) -> Reply {
    let today = clock::day(clock::now()).to_string();
    let form = OrgForm { day: today, key: random_hex(16), ..OrgForm::sent(query.into_inner()) };
    let view = db
        .read(move |conn| {
            let mut view = Ask::load(conn, page, &viewer, *id, form)?;
            view.form.kind = view.org.kind.as_str().to_owned();
            if view.topic == OrgTopic::Rename {
                view.form.name = view.org.name.clone();
            }
            Ok(view)
        })
        .await?;
    reply::page(&view)
}

async fn change(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<OrgId>,
    form: Form<Vec<(String, String)>>,
) -> Reply {
    let (id, form, who) = (*id, OrgForm::sent(form.into_inner()), viewer.clone());
    let (mut view, org) = db
        .read(move |conn| {
            let view = Ask::load(conn, page, &who, id, form)?;
            let levels: Vec<Level> = match view.topic {
                OrgTopic::Merge => vec![view.org.level],
                _ => Level::ALL
                    .iter()
                    .copied()
                    .filter(|level| level.depth() < view.org.level.depth())
                    .collect(),
            };
            let org = meant(conn, &who.paths(EditRoster), &levels, &view.form.org)?;
            Ok((view, org))
        })
        .await?;
    let (what, day, key) = match view.form.check(view.topic, org) {
        Ok(checked) => checked,
        Err(errors) => {
            if errors.of("key").is_some() {
                view.form.key = random_hex(16);
            }
            return reply::invalid(&Ask { errors, ..view });
        }
    };
    let (by, topic) = (hand(&view.page, &viewer, key), view.topic);
    let done = db
        .write(move |conn| {
            let org = organization::find_within(conn, &viewer.paths(EditRoster), id)?;
            if !may(&viewer, &org, topic) {
                return Err(Error::NotFound);
            }
            reorganize::change(conn, &org, (&what, day), &by)
        })
        .await;
    match refused(done, "day")? {
        Ok(made) => reply::see(format!("/organizations/{}?done=org", made.unwrap_or(id))),
        Err(errors) => reply::invalid(&Ask { errors, ..view }),
    }
}
