//! What somebody with a scope sees of guidance in it: who has no contact, and figures by organisation, in bands where a branch could
//! be pointed at, down to the visits and findings of a branch.
use super::{LINES, ListQuery, span};
use crate::access::Permission::SeeGuidance;
use crate::access::Viewer;
use crate::clock::{self, Timestamp};
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::guidance::coverage::{self, Counts, Coverage, Found, Share, band};
use crate::guidance::store::coverage as rows;
use crate::guidance::store::{findings, groups};
use crate::guidance::{Finding, Group, Half, Tier};
use crate::ids::{FindingId, GuidanceGroupId, GuidanceVisitId, OrgId};
use crate::organization::{self, Level, Org};
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get};
use actix_web::web::{Data, Query};
use askama::Template;
use chrono::NaiveDate;
use std::collections::BTreeMap;

pub(super) fn routes() -> Vec<Route> {
    vec![get("/guidance/uncovered", SeeGuidance, uncovered), get("/guidance/figures", SeeGuidance, figures)]
}

#[derive(Template)]
#[template(path = "guidance/uncovered.html")]
struct Uncovered {
    page: Page,
    rows: Vec<rows::Listed>,
    paging: Paging,
    /// What is below the scope, with how many of it have a contact.
    shares: Vec<Share>,
    whole: Counts,
    /// Committees that no city group guides.
    committees: Vec<rows::Listed>,
}

impl Uncovered {
    fn missing(&self, counts: &Counts) -> i64 {
        counts.branches - counts.with_contact
    }
}

async fn uncovered(page: Page, viewer: Viewer, db: Data<Db>, query: Query<ListQuery>) -> Reply {
    let number = paging::number(&query.page);
    let view = db
        .read(move |conn| {
            let (paths, today) = (viewer.paths(SeeGuidance), clock::day(clock::now()));
            let all = rows::uncovered(conn, Tier::Committee, &paths, today)?;
            let total = i64::try_from(all.len()).unwrap_or(i64::MAX);
            let paging = Paging::new(&page.path, number, total, LINES)?;
            let rows = paging::cut(all, (number - 1) * LINES, LINES);
            let all = coverage::coverage(conn, &paths, Half::of(today), today)?;
            let committees = rows::uncovered(conn, Tier::City, &paths, today)?;
            Ok(Uncovered { page, rows, paging, shares: all.children, whole: all.whole, committees })
        })
        .await?;
    reply::page(&view)
}

/// What is asked for, as far as the viewer may ask it: an organisation, none for all that they see, and a half-year that there was.
pub(super) fn asked(conn: &mut Conn, viewer: &Viewer, query: &ListQuery) -> Result<(Option<Org>, Coverage)> {
    let mut paths = viewer.paths(SeeGuidance);
    let org = match query.org.is_empty() {
        true => None,
        false => {
            let org = organization::find(conn, super::groups::org(&query.org)?)?;
            if !paths.iter().any(|path| org.path.starts_with(path.as_str())) {
                return Err(Error::NotFound);
            }
            paths = vec![org.path.clone()];
            Some(org)
        }
    };
    let today = clock::day(clock::now());
    let half = match query.period.is_empty() {
        true => Half::of(today),
        false => Half::of_key(&query.period).ok_or(Error::NotFound)?,
    };
    let mut all = coverage::coverage(conn, &paths, half, today)?;
    if !all.halves.contains(&half) {
        return Err(Error::NotFound);
    }
    // Below a branch there is nothing: it would stand under itself.
    if org.as_ref().is_some_and(|org| org.level == Level::Branch) {
        all.children.clear();
    }
    Ok((org, all))
}

/// The figures of a line in the order of the columns, as they are shown anywhere: of a branch findings as bands.
pub(super) fn cells(counts: &Counts, is_branch: bool) -> [String; 7] {
    let findings = |n: i64| if is_branch { band(n).to_owned() } else { n.to_string() };
    [
        counts.branches.to_string(),
        counts.with_contact.to_string(),
        counts.visited.to_string(),
        counts.planned.to_string(),
        findings(counts.open),
        findings(counts.overdue),
        findings(counts.verified),
    ]
}

/// A visit that took place.
struct Visited {
    id: GuidanceVisitId,
    day: NaiveDate,
    group: String,
    /// The viewer may open it: a committee does not see what a group of the city wrote.
    is_open: bool,
}

/// A line of the table; of a branch with its newest visit of the half-year.
struct Line {
    share: Share,
    visit: Option<Visited>,
}

/// A finding of a branch, as it stood then.
struct Known {
    finding: Finding,
    then: Found,
    is_open: bool,
}

/// The groups with these keys, and whether the viewer sees what they wrote.
fn seen(
    conn: &mut Conn,
    viewer: &Viewer,
    mut ids: Vec<GuidanceGroupId>,
) -> Result<BTreeMap<GuidanceGroupId, (Group, bool)>> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    ids.sort_unstable();
    ids.dedup();
    let paths = viewer.paths(SeeGuidance);
    let groups = groups::some(conn, &ids)?.into_iter().map(|group| {
        let is_seen = paths.iter().any(|path| group.org_path.starts_with(path.as_str()));
        (group.id, (group, is_seen))
    });
    Ok(groups.collect())
}

/// The visits at these organisations in the half-year, the newest first.
fn visits(conn: &mut Conn, viewer: &Viewer, orgs: &[OrgId], half: Half) -> Result<Vec<(OrgId, Visited)>> {
    if orgs.is_empty() {
        return Ok(vec![]);
    }
    let all = rows::visits_of(conn, orgs, (half.first_day(), half.end()))?;
    let groups = seen(conn, viewer, all.iter().map(|one| one.3).collect())?;
    let visit = |(org, id, day, group): rows::VisitOf| {
        let (group, is_open) = groups.get(&group)?;
        Some((org, Visited { id, day, group: group.name.clone(), is_open: *is_open }))
    };
    Ok(all.into_iter().filter_map(visit).collect())
}

/// The findings of a branch that count in the half-year, as they stood then.
fn known(conn: &mut Conn, viewer: &Viewer, org: &Org, half: Half) -> Result<Vec<Known>> {
    let today = clock::day(clock::now());
    let then: BTreeMap<FindingId, Found> =
        coverage::found(conn, std::slice::from_ref(&org.path), half, today)?
            .into_iter()
            .filter(|one| one.org == org.id)
            .map(|one| (one.id, one))
            .collect();
    let all = findings::of_org(conn, org.id)?;
    let groups = seen(conn, viewer, all.iter().map(|one| one.group).collect())?;
    let known = |finding: Finding| {
        let then = *then.get(&finding.id)?;
        let is_open = groups.get(&finding.group).is_some_and(|(_, is_seen)| *is_seen);
        Some(Known { finding, then, is_open })
    };
    Ok(all.into_iter().filter_map(known).collect())
}

#[derive(Template)]
#[template(path = "guidance/figures.html")]
struct Figures {
    page: Page,
    now: Timestamp,
    /// The organisation whose figures these are; `None` for all that the viewer sees.
    org: Option<Org>,
    /// What stands above it, as far as the viewer sees it.
    above: Vec<Org>,
    all: Coverage,
    lines: Vec<Line>,
    paging: Paging,
    /// Of a branch.
    visits: Vec<Visited>,
    known: Vec<Known>,
}

impl Figures {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, query: &ListQuery) -> Result<Figures> {
        let (org, mut all) = asked(conn, viewer, query)?;
        let half = all.half;
        let mut above = vec![];
        let (mut of_branch, mut findings) = (vec![], vec![]);
        let number = paging::number(&query.page);
        let (skip, count) = span(number);
        let mut shares = paging::cut(std::mem::take(&mut all.children), skip, count);
        let paging = Paging::cut(&page.path, number, &mut shares, LINES)?;
        if let Some(org) = &org {
            let paths = viewer.paths(SeeGuidance);
            for id in org.path.split('/').filter_map(|part| part.parse().map_or(None, |id| Some(OrgId(id)))) {
                if id != org.id {
                    above.push(organization::find(conn, id)?);
                }
            }
            // The whole city is the page without an organisation.
            above.retain(|one: &Org| {
                one.level != Level::City && paths.iter().any(|path| one.path.starts_with(path.as_str()))
            });
            if org.level == Level::Branch {
                of_branch = visits(conn, viewer, &[org.id], half)?.into_iter().map(|one| one.1).collect();
                findings = known(conn, viewer, org, half)?;
            }
        }
        let branches: Vec<OrgId> =
            shares.iter().filter(|one| one.level == Level::Branch).map(|one| one.org).collect();
        let mut newest: BTreeMap<OrgId, Visited> = BTreeMap::new();
        for (org, visit) in visits(conn, viewer, &branches, half)? {
            newest.entry(org).or_insert(visit);
        }
        let lines =
            shares.into_iter().map(|share| Line { visit: newest.remove(&share.org), share }).collect();
        Ok(Figures {
            page,
            now: clock::now(),
            org,
            above,
            all,
            lines,
            paging,
            visits: of_branch,
            known: findings,
        })
    }
    fn is_branch(&self) -> bool {
        self.org.as_ref().is_some_and(|org| org.level == Level::Branch)
    }
    fn is_leaf(&self, share: &Share) -> bool {
        share.level == Level::Branch
    }
    fn is_half(&self, half: &Half) -> bool {
        self.all.half == *half
    }
    fn cells(&self, share: &Share) -> [String; 7] {
        cells(&share.counts, self.is_leaf(share))
    }
    fn sums(&self) -> [String; 7] {
        cells(&self.all.whole, self.is_branch())
    }
    /// The same question about an organisation.
    fn of(&self, org: &OrgId) -> String {
        format!("/guidance/figures?org={org}&period={}", self.all.half.key())
    }
    fn top(&self) -> String {
        format!("/guidance/figures?period={}", self.all.half.key())
    }
    /// These figures as a file.
    fn file(&self, ending: &str) -> String {
        let org = self.org.as_ref().map_or_else(String::new, |org| format!("&org={}", org.id));
        format!("/guidance/figures/export/figures.{ending}?period={}{org}", self.all.half.key())
    }
    /// The trend as a line of points, 160 by 64, and where it ends: the share of the branches that were visited.
    fn trend(&self) -> Option<(String, String)> {
        let trend = &self.all.trend;
        let count = u32::try_from(trend.len()).unwrap_or_default();
        if count < 2 {
            return None;
        }
        let x = |at: usize| 4.0 + 148.0 * at as f64 / f64::from(count - 1);
        let y = |past: &coverage::Past| 58.0 - 50.0 * past.visited as f64 / past.branches.max(1) as f64;
        let points = trend.iter().enumerate().map(|(at, past)| format!("{:.1} {:.1}", x(at), y(past)));
        let line = points.collect::<Vec<_>>().join("L");
        Some((format!("M{line}"), format!("{:.1}", trend.last().map_or(58.0, y))))
    }
}

async fn figures(page: Page, viewer: Viewer, db: Data<Db>, query: Query<ListQuery>) -> Reply {
    let query = query.into_inner();
    reply::page(&db.read(move |conn| Figures::load(conn, page, &viewer, &query)).await?)
}
