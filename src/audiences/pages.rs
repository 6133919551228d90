//! The desk of audiences: the list, the form with its count, who is meant.
use super::forms::RuleForm;
use super::store::{self, Audience};
use super::{Rule, fitting, today};
use crate::access::Permission::{MakePlans, SeePeople};
use crate::access::Viewer;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{AllianceId, AudienceId, OrgId, PersonId, random_hex};
use crate::organization::{self, OrgKind, Tree};
use crate::people::{self, Category, Office, Stage};
use crate::schools;
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::HttpResponse;
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use serde::{Deserialize, Serialize};

pub fn routes() -> Vec<Route> {
    vec![
        get("/audiences", MakePlans, index),
        get("/audiences/new", MakePlans, blank),
        post("/audiences/new", MakePlans, make),
        post("/audiences/count", MakePlans, count),
        get("/audiences/{audience}", MakePlans, show),
        post("/audiences/{audience}", MakePlans, save),
        post("/audiences/{audience}/archive", MakePlans, archive),
    ]
}

/// Lines on a page of the list; members that the preview shows; organisations that can be chosen.
const LINES: i64 = 20;
const SHOWN: usize = 20;
const ORGS: i64 = 200;

/// A rule in words, its conditions one after the other.
pub fn words(page: &Page, rule: &Rule, alliances: &[(AllianceId, String)]) -> String {
    if rule.is_everybody() {
        return page.t("全体党员").to_owned();
    }
    let several = |words: Vec<String>| words.join(if page.is_en() { ", " } else { "、" });
    let named = |kind: &'static str, words: Vec<String>| page.tf(kind, several(words));
    let mut said = vec![];
    let categories = |list: &[String]| {
        list.iter()
            .filter_map(|word| Category::of(word))
            .map(|one| page.say(&one.words()))
            .collect::<Vec<_>>()
    };
    if !rule.categories.is_empty() {
        said.push(named("类别：{}", categories(&rule.categories)));
    }
    if !rule.without.is_empty() {
        said.push(named("不含：{}", categories(&rule.without)));
    }
    if !rule.stages.is_empty() {
        let stages = rule.stages.iter().filter_map(|word| Stage::of(word));
        said.push(named("阶段：{}", stages.map(|one| page.say(&one.words())).collect()));
    }
    if !rule.offices.is_empty() {
        let offices = rule.offices.iter().filter_map(|word| Office::of(word));
        said.push(named("职务：{}", offices.map(|one| page.say(&one.words())).collect()));
    }
    if !rule.kinds.is_empty() {
        let kinds = rule.kinds.iter().filter_map(|word| OrgKind::of(word));
        said.push(named("支部类型：{}", kinds.map(|one| page.say(&one.words())).collect()));
    }
    match (rule.age_from, rule.age_to) {
        (Some(from), Some(to)) => said.push(page.tf2("{} 至 {} 岁", from, to)),
        (Some(from), None) => said.push(page.tf("满 {} 岁", from)),
        (None, Some(to)) => said.push(page.tf("不超过 {} 岁", to)),
        (None, None) => {}
    }
    match rule.is_hosted {
        Some(true) => said.push(page.t("在外地支部参加活动").to_owned()),
        Some(false) => said.push(page.t("不在外地支部参加活动").to_owned()),
        None => {}
    }
    if !rule.alliances.is_empty() {
        let name = |id: &i64| {
            let known = alliances.iter().find(|one| one.0.0 == *id);
            known.map_or_else(|| id.to_string(), |one| one.1.clone())
        };
        said.push(named("联盟：{}", rule.alliances.iter().map(name).collect()));
    }
    said.join(if page.is_en() { "; " } else { "；" })
}

/// The alliances with their names.
pub fn alliances(conn: &mut Conn) -> Result<Vec<(AllianceId, String)>> {
    Ok(schools::alliances(conn)?.into_iter().map(|one| (one.id, one.name)).collect())
}

/// Where the viewer may make plans: each scope, and what stands directly below it.
pub fn orgs(conn: &mut Conn, viewer: &Viewer) -> Result<Vec<(OrgId, String)>> {
    let mut found: Vec<(OrgId, String)> = vec![];
    for path in viewer.paths(MakePlans) {
        for org in organization::topmost(conn, &path, ORGS)? {
            if !found.iter().any(|one| one.0 == org.id) {
                found.push((org.id, org.name));
            }
        }
    }
    Ok(found)
}

/// An organisation in which the viewer may make plans; nothing otherwise.
pub fn own_org(conn: &mut Conn, viewer: &Viewer, sent: &str) -> Result<organization::Org> {
    let id = sent.parse().map(OrgId).map_err(|_| Error::NotFound)?;
    let org = organization::find(conn, id)?;
    let paths = viewer.paths(MakePlans);
    if paths.iter().any(|path| org.path.starts_with(path.as_str())) { Ok(org) } else { Err(Error::NotFound) }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ListQuery {
    page: Option<String>,
}

#[derive(Template)]
#[template(path = "audiences/index.html")]
struct Index {
    page: Page,
    rows: Vec<(Audience, String, bool)>,
    paging: Paging,
}

async fn index(page: Page, viewer: Viewer, db: Data<Db>, query: Query<ListQuery>) -> Reply {
    let view = db.read(move |conn| {
        let number = paging::number(&query.page);
        let (paths, skip) = (viewer.paths(MakePlans), (number - 1) * LINES);
        let mut found: Vec<Audience> = vec![];
        for path in &paths {
            found.extend(store::audiences_for(conn, path, 0, skip + LINES + 1)?);
        }
        found.sort_by_key(|one| std::cmp::Reverse(one.id));
        found.dedup_by_key(|one| one.id);
        let mut found = paging::cut(found, skip, LINES + 1);
        let paging = Paging::cut(&page.path, number, &mut found, LINES)?;
        let names = alliances(conn)?;
        let mut rows = vec![];
        for one in found {
            let said = words(&page, &one.rule()?, &names);
            // Those of an organisation above are used here, and changed there.
            let is_own = paths.iter().any(|path| one.path.starts_with(path.as_str()));
            rows.push((one, said, is_own));
        }
        Ok(Index { page, rows, paging })
    });
    reply::page(&view.await?)
}

/// How many there are, by what stands below, and the first of them.
struct Count {
    total: usize,
    /// Each organisation directly below with how many; in the order of the tree.
    below: Vec<(String, usize)>,
    /// The first ones, for those who see the persons there.
    first: Vec<(String, String)>,
}

impl Count {
    fn of(conn: &mut Conn, viewer: &Viewer, rule: &Rule, org: &organization::Org) -> Result<Count> {
        let (members, tree) = fitting(conn, rule, org.id, today())?;
        let top = tree.place(org.id).ok_or(Error::NotFound)?;
        let below = tree.children(top).into_iter().map(|place| {
            let node = &tree.nodes()[place];
            let inside = members.iter().filter(|member| (place..node.end).contains(&member.place));
            (node.name.clone(), inside.count())
        });
        let sees = viewer.paths(SeePeople).iter().any(|path| org.path.starts_with(path.as_str()));
        let first = if sees { Count::first(conn, &members, &tree)? } else { vec![] };
        Ok(Count { total: members.len(), below: below.filter(|one| one.1 > 0).collect(), first })
    }
    fn first(conn: &mut Conn, members: &[store::Member], tree: &Tree) -> Result<Vec<(String, String)>> {
        let shown = &members[..members.len().min(SHOWN)];
        let ids: Vec<PersonId> = shown.iter().map(|member| member.person).collect();
        let names = people::names(conn, &ids)?;
        let row = |member: &store::Member| {
            let name = names.get(&member.person).cloned().unwrap_or_default();
            (name, tree.nodes()[member.place].name.clone())
        };
        Ok(shown.iter().map(row).collect())
    }
}

#[derive(Template)]
#[template(path = "audiences/form.html")]
struct Show {
    page: Page,
    /// The audience that is changed; none while it is new.
    audience: Option<Audience>,
    form: RuleForm,
    errors: Errors,
    orgs: Vec<(OrgId, String)>,
    alliances: Vec<(AllianceId, String)>,
    counted: Option<Count>,
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: Option<AudienceId>) -> Result<Show> {
        let audience = match id {
            Some(id) => Some(store::within(conn, &viewer.paths(MakePlans), id)?),
            None => None,
        };
        let orgs = orgs(conn, viewer)?;
        let mut form = match &audience {
            Some(one) => RuleForm::of(&one.name, one.org, &one.rule()?, one.revision),
            None => RuleForm {
                org: orgs.first().map(|org| org.0.to_string()).unwrap_or_default(),
                ..RuleForm::default()
            },
        };
        form.key = random_hex(16);
        let alliances = alliances(conn)?;
        Ok(Show { page, audience, form, errors: Errors::default(), orgs, alliances, counted: None })
    }
    fn counting(mut self, conn: &mut Conn, viewer: &Viewer) -> Result<Show> {
        match self.form.check_rule() {
            Ok(rule) => {
                let org = own_org(conn, viewer, &self.form.org)?;
                self.counted = Some(Count::of(conn, viewer, &rule, &org)?);
            }
            Err(errors) => self.errors = errors,
        }
        Ok(self)
    }
    fn categories(&self) -> &'static [Category] {
        Category::ALL
    }
    fn stages(&self) -> &'static [Stage] {
        Stage::ALL
    }
    fn offices(&self) -> &'static [Office] {
        Office::ALL
    }
    fn kinds(&self) -> &'static [OrgKind] {
        OrgKind::ALL
    }
    fn address(&self) -> String {
        self.audience.as_ref().map_or_else(|| "/audiences/new".into(), |one| format!("/audiences/{}", one.id))
    }
}

async fn blank(page: Page, viewer: Viewer, db: Data<Db>) -> Reply {
    reply::page(&db.read_long(move |conn| Show::load(conn, page, &viewer, None)).await?)
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, id: Path<AudienceId>) -> Reply {
    let id = *id;
    let view = db.read_long(move |conn| Show::load(conn, page, &viewer, Some(id))?.counting(conn, &viewer));
    reply::page(&view.await?)
}

/// The form again, as it was sent: counted, or with what is wrong.
async fn again(
    (page, viewer, db): (Page, Viewer, Data<Db>),
    id: Option<AudienceId>,
    form: RuleForm,
    errors: Errors,
) -> Reply {
    let is_asked = errors.is_empty();
    let view = db.read_long(move |conn| {
        let view = Show { form, ..Show::load(conn, page, &viewer, id)? };
        if is_asked { view.counting(conn, &viewer) } else { Ok(Show { errors, ..view }) }
    });
    let view = view.await?;
    if view.errors.is_empty() { reply::page(&view) } else { reply::invalid(&view) }
}

async fn make(page: Page, viewer: Viewer, db: Data<Db>, sent: Form<Vec<(String, String)>>) -> Reply {
    let form = RuleForm::sent(sent.into_inner());
    if form.step == "count" {
        return again((page, viewer, db), None, form, Errors::default()).await;
    }
    let (name, rule) = match form.check() {
        Ok(sound) => sound,
        Err(errors) => return again((page, viewer, db), None, form, errors).await,
    };
    let doer = page.doer();
    let id = db
        .write(move |conn| {
            let org = own_org(conn, &viewer, &form.org)?;
            super::make(conn, (org.id, &name, &rule), &form.key, (viewer.account, &doer), clock::now())
        })
        .await?;
    reply::see(format!("/audiences/{id}?done=saved"))
}

async fn save(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<AudienceId>,
    sent: Form<Vec<(String, String)>>,
) -> Reply {
    let (id, form) = (*id, RuleForm::sent(sent.into_inner()));
    if form.step == "count" {
        return again((page, viewer, db), Some(id), form, Errors::default()).await;
    }
    let (name, rule) = match form.check() {
        Ok(sound) => sound,
        Err(errors) => return again((page, viewer, db), Some(id), form, errors).await,
    };
    let (doer, from) = (page.doer(), form.revision.parse().unwrap_or_default());
    db.write(move |conn| {
        store::within(conn, &viewer.paths(MakePlans), id)?;
        super::save(conn, id, from, (&name, &rule), (viewer.account, &doer), clock::now())
    })
    .await?;
    reply::see(format!("/audiences/{id}?done=saved"))
}

async fn archive(page: Page, viewer: Viewer, db: Data<Db>, id: Path<AudienceId>) -> Reply {
    let (id, doer) = (*id, page.doer());
    db.write(move |conn| {
        store::within(conn, &viewer.paths(MakePlans), id)?;
        super::archive(conn, id, &doer, clock::now())
    })
    .await?;
    reply::see("/audiences?done=saved")
}

/// What a script shows while the form is filled in.
#[derive(Serialize)]
struct Counted {
    count: usize,
    said: String,
}

/// How many fit the rule that is being ticked; an answer without a number where it makes no sense yet.
async fn count(page: Page, viewer: Viewer, db: Data<Db>, sent: Form<Vec<(String, String)>>) -> Reply {
    let form = RuleForm::sent(sent.into_inner());
    let Ok(rule) = form.check_rule() else {
        return Ok(HttpResponse::UnprocessableEntity().json(Counted { count: 0, said: String::new() }));
    };
    let count = db.read_long(move |conn| {
        let org = own_org(conn, &viewer, &form.org)?;
        Ok(fitting(conn, &rule, org.id, today())?.0.len())
    });
    let count = count.await?;
    Ok(HttpResponse::Ok().json(Counted { count, said: page.tf("现在 {} 人", count) }))
}
