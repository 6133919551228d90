//! The pages of coverage: `overview` the figures along both trees, `branch` the members of a branch and one of them, `worklist`
//! what is to be brought to whom, `out` the same figures as files, `own` a member's own plans. All take them from `look`.
mod branch;
mod out;
mod overview;
mod own;
mod worklist;

use super::figures::{Figures, Group, Part, look};
use super::forms::Asked;
use super::standing::{State, Tally};
use crate::access::Permission::{ArrangeStudy, SeeCoverage, SeePeople};
use crate::access::{Role, ScopeKind, Viewer};
use crate::audiences::{self, Audience};
use crate::clock;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{AllianceId, AudienceId, OrgId};
use crate::organization::{self, Level, Org, Tree};
use crate::plans::{self, Plan};
use crate::web::page::Page;
use crate::web::route::Route;
use chrono::NaiveDate;
use std::collections::HashMap;
use std::ops::Range;

pub fn routes() -> Vec<Route> {
    let mut routes = overview::routes();
    routes.extend(branch::routes());
    routes.extend(worklist::routes());
    routes.extend(out::routes());
    routes.extend(own::routes());
    routes
}

/// Plans that can be chosen; audiences.
const PLANS: i64 = 50;
const AUDIENCES: i64 = 100;

/// What a question is about, as far as the viewer may ask it.
struct Scope {
    /// The organisation below which is looked.
    org: Org,
    /// The alliances whose figures may be seen: the viewer's own, or, where there are branches below the organisation, all of
    /// them, of each the branches that stand there.
    alliances: Vec<(AllianceId, String)>,
    /// The viewer sees only alliances, not the tree.
    is_of_alliance: bool,
}

impl Scope {
    /// The organisation that is asked for, or the viewer's own; nothing of anybody else.
    fn of(conn: &mut Conn, viewer: &Viewer, asked: &Asked) -> Result<Scope> {
        let paths = viewer.paths(SeeCoverage);
        let names = audiences::pages::alliances(conn)?;
        let Some(first) = paths.first().cloned() else {
            let own = own_alliances(viewer);
            let alliances: Vec<_> = names.into_iter().filter(|one| own.contains(&one.0)).collect();
            let root = organization::topmost(conn, "/", 1)?.into_iter().next().ok_or(Error::NotFound)?;
            return if alliances.is_empty() {
                Err(Error::NotFound)
            } else {
                Ok(Scope { org: root, alliances, is_of_alliance: true })
            };
        };
        let org = match asked.org.parse() {
            Ok(id) => organization::find(conn, OrgId(id))?,
            Err(_) => organization::topmost(conn, &first, 1)?.into_iter().next().ok_or(Error::NotFound)?,
        };
        if !paths.iter().any(|path| org.path.starts_with(path.as_str())) {
            return Err(Error::NotFound);
        }
        let sees_city = paths.iter().any(|path| path == "/");
        let has_branches = org.level.depth() < Level::Branch.depth();
        let alliances = if sees_city || has_branches { names } else { vec![] };
        Ok(Scope { org, alliances, is_of_alliance: false })
    }
    /// The alliance that is asked for, of those that may be seen.
    fn alliance(&self, asked: &Asked) -> Result<Option<(AllianceId, String)>> {
        match asked.alliance.parse() {
            Ok(id) => {
                let known = self.alliances.iter().find(|one| one.0 == AllianceId(id));
                known.cloned().map(Some).ok_or(Error::NotFound)
            }
            Err(_) => Ok(None),
        }
    }
}

fn own_alliances(viewer: &Viewer) -> Vec<AllianceId> {
    let of = |grant: &crate::access::Grant| {
        (grant.role == Role::AllianceStaff && grant.scope == ScopeKind::Alliance)
            .then_some(grant.scope_id)
            .flatten()
    };
    viewer.grants.iter().filter_map(of).map(AllianceId).collect()
}

/// The plan that is asked for, or the newest in force there; none if there is none.
fn plan_of(conn: &mut Conn, scope: &Scope, asked: &Asked) -> Result<Option<Plan>> {
    if let Some(id) = asked.plan() {
        let plan = plans::plan(conn, id)?;
        let has_figures = matches!(plan.state, plans::State::Published | plans::State::Ended);
        let is_near = plan.path.starts_with(&scope.org.path) || scope.org.path.starts_with(&plan.path);
        return if has_figures && is_near { Ok(Some(plan)) } else { Err(Error::NotFound) };
    }
    // Those that mean all of the scope come first; one of an organisation that is dissolved is shown when it is asked for.
    let open: Vec<Plan> = plans::published(conn, &scope.org.path, PLANS)?
        .into_iter()
        .filter(|plan| plan.state == plans::State::Published)
        .collect();
    let whole = open.iter().find(|plan| scope.org.path.starts_with(&plan.path));
    Ok(whole.or(open.first()).cloned())
}

/// The branch that each branch's figures count for on a day, where alliances are looked at.
fn alliance_of(conn: &mut Conn, day: NaiveDate) -> Result<HashMap<OrgId, AllianceId>> {
    audiences::alliances(conn, None, day)
}

fn today() -> NaiveDate {
    clock::day(clock::now())
}

/// Whether the viewer sees the persons of an organisation, besides its figures.
fn sees_people(viewer: &Viewer, path: &str) -> bool {
    let covers = |permission| viewer.paths(permission).iter().any(|own| path.starts_with(own.as_str()));
    covers(SeeCoverage) && covers(SeePeople)
}

/// The parts of a bar in per cent of its length, with the class of each: met, made up, excused and exempt, what is missing.
fn bar(tally: &Tally) -> Vec<(&'static str, String, String)> {
    let total = tally.total().max(1);
    let parts = [
        ("d1", tally.of(State::Done)),
        ("d3", tally.of(State::MadeUp)),
        ("d4", tally.of(State::Excused)),
        ("d5", tally.of(State::Exempt)),
        ("d6", tally.of(State::NotReported)),
        ("d2", tally.of(State::NotYet)),
    ];
    let (mut from, mut drawn) = (0_u32, vec![]);
    for (class, count) in parts {
        if count > 0 {
            let share = |n: u32| format!("{:.2}", f64::from(n) * 100.0 / f64::from(total));
            drawn.push((class, share(from), share(count)));
            from += count;
        }
    }
    drawn
}

/// A share in words: one place behind the point, cut off.
fn share(tally: &Tally) -> String {
    tally.thousandths().map_or_else(|| "—".into(), |n| format!("{}.{}%", n / 10, n % 10))
}

/// A bar read out.
fn bar_words(page: &Page, tally: &Tally) -> String {
    let part = |state: State| format!("{} {}", page.say(&state.words()), tally.of(state));
    let parts: Vec<String> = State::ALL.into_iter().filter(|state| tally.of(*state) > 0).map(part).collect();
    parts.join(if page.is_en() { ", " } else { "，" })
}

/// How branches are named on lists: never by a place in an order. domain.md D13.
fn band(page: &Page, group: &Group) -> (&'static str, String) {
    match (group.people.missing(), group.people.met()) {
        (0, _) => ("done", page.t("达标").to_owned()),
        (_, 0) => ("", page.t("未开始").to_owned()),
        _ => ("info", page.t("进行中").to_owned()),
    }
}

/// The figures that are asked for.
fn figures(conn: &mut Conn, viewer: &Viewer, asked: &Asked) -> Result<(Scope, Option<Figures>)> {
    let scope = Scope::of(conn, viewer, asked)?;
    let part = Part {
        audience: audience_of(conn, viewer, &scope, asked)?,
        period: asked.period().map_err(Error::Refused)?,
    };
    let figures = match plan_of(conn, &scope, asked)? {
        Some(plan) => look(conn, &plan, scope.org.id, asked.day(today()), &part)?,
        None => None,
    };
    Ok((scope, figures))
}

/// Whether the viewer may divide figures by an audience: it was made where they look, above or below. Whoever sees alliances
/// alone has those that are for the whole city.
fn is_offered(viewer: &Viewer, scope: &Scope, one: &Audience) -> bool {
    match scope.is_of_alliance {
        true => one.org == scope.org.id,
        false => {
            let is_near = |path: &String| one.path.starts_with(path.as_str()) || path.starts_with(&one.path);
            viewer.paths(SeeCoverage).iter().any(is_near)
        }
    }
}

/// The audience that is asked for; none if all are meant.
fn audience_of(conn: &mut Conn, viewer: &Viewer, scope: &Scope, asked: &Asked) -> Result<Option<Audience>> {
    if asked.audience.is_empty() {
        return Ok(None);
    }
    let id = asked.audience.parse().map(AudienceId).map_err(|_| Error::NotFound)?;
    let found = audiences::audience(conn, id)?;
    if is_offered(viewer, scope, &found) { Ok(Some(found)) } else { Err(Error::NotFound) }
}

/// The audiences that can be chosen, the newest first.
fn audiences_offered(conn: &mut Conn, viewer: &Viewer, scope: &Scope) -> Result<Vec<(AudienceId, String)>> {
    let paths = match scope.is_of_alliance {
        true => vec![scope.org.path.clone()],
        false => viewer.paths(SeeCoverage),
    };
    let mut found = vec![];
    for path in paths {
        found.extend(audiences::audiences_for(conn, &path, 0, AUDIENCES)?);
    }
    found.retain(|one| is_offered(viewer, scope, one));
    found.sort_by_key(|one| std::cmp::Reverse(one.id));
    found.dedup_by_key(|one| one.id);
    Ok(found.into_iter().map(|one| (one.id, one.name)).collect())
}

/// What of the plan is looked at, in words; nothing where it is all of it.
fn part_words(page: &Page, part: &Part) -> Option<String> {
    let mut said = vec![];
    if let Some(audience) = &part.audience {
        said.push(page.tf("只看：{}", &audience.name));
    }
    match (part.period.from, part.period.to) {
        (Some(from), Some(to)) => {
            said.push(page.tf2("只看 {} 至 {} 到期的内容", page.day(&from), page.day(&to)));
        }
        (Some(from), None) => said.push(page.tf("只看 {} 起到期的内容", page.day(&from))),
        (None, Some(to)) => said.push(page.tf("只看 {} 为止到期的内容", page.day(&to))),
        (None, None) => {}
    }
    (!said.is_empty()).then(|| said.join(if page.is_en() { "; " } else { "；" }))
}

/// The parts of a tree of today in which the viewer arranges study: to see somebody is not to arrange for them.
fn arranged(viewer: &Viewer, tree: &Tree) -> Vec<Range<usize>> {
    let part = |path: &String| match path.rsplit('/').find_map(|id| id.parse().ok()) {
        Some(id) => tree.place(OrgId(id)).map(|place| place..tree.nodes()[place].end),
        None => Some(0..tree.nodes().len()),
    };
    viewer.paths(ArrangeStudy).iter().filter_map(part).collect()
}

/// Whether they arrange study for somebody of those who are looked at.
fn may_arrange(viewer: &Viewer, figures: &Figures) -> bool {
    let end = figures.tree.nodes()[figures.top].end;
    arranged(viewer, &figures.tree).iter().any(|part| part.start < end && figures.top < part.end)
}
