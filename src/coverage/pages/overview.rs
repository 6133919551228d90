//! The figures: of everybody, of what stands below, of each item, by weeks.
use super::{
    Asked, Scope, alliance_of, audiences_offered, band, bar, bar_words, figures, part_words, sees_people,
    share, today,
};
use crate::access::Permission::SeeCoverage;
use crate::access::Viewer;
use crate::audiences;
use crate::clock;
use crate::coverage::figures::{Figures, Group};
use crate::coverage::standing::{State, Tally, Way};
use crate::coverage::store;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::ids::{AllianceId, AudienceId, StudyPlanId};
use crate::lang::Message;
use crate::organization::Level;
use crate::plans::{self, Item};
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get};
use actix_web::web::{Data, Query};
use askama::Template;
use chrono::{Days, NaiveDate};
use std::collections::HashMap;

pub(super) fn routes() -> Vec<Route> {
    vec![get("/coverage", SeeCoverage, show)]
}

/// Lines on a page; weeks that are drawn.
const LINES: usize = 60;
const WEEKS: u64 = 8;

/// What the page says of the figures it was given.
struct Told {
    figures: Figures,
    whole: Group,
    /// What stands below, one page of it.
    below: Vec<Group>,
    /// The sums of a page that shows all of it.
    ways: Vec<(String, i64)>,
    weeks: Vec<(NaiveDate, usize)>,
    whom: String,
    /// What of the plan is looked at, if not all of it.
    only: Option<String>,
    /// Of a past day: changes of the roster that were entered since and hold on it.
    later: i64,
}

#[derive(Template)]
#[template(path = "coverage/overview.html")]
struct Overview {
    page: Page,
    asked: Asked,
    scope: Scope,
    told: Option<Told>,
    plans: Vec<(StudyPlanId, String)>,
    audiences: Vec<(AudienceId, String)>,
    /// What is wrong with the days that were typed.
    problem: Option<Message>,
    /// From the top of what the viewer sees to here: address and name.
    line: Vec<(String, String)>,
    paging: Option<Paging>,
    /// Along the alliances.
    is_by_alliance: bool,
    alliance: Option<String>,
    sees_people: bool,
}

impl Overview {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, mut asked: Asked) -> Result<Overview> {
        let problem = asked.period().err();
        let (scope, figures) = match &problem {
            Some(_) => (Scope::of(conn, viewer, &asked)?, None),
            None => figures(conn, viewer, &asked)?,
        };
        let mut all = plans::published(conn, &scope.org.path, super::PLANS)?;
        if let Some(figures) = &figures {
            asked.plan = figures.plan.id.to_string();
            if all.iter().all(|plan| plan.id != figures.plan.id) {
                all.push(figures.plan.clone());
            }
        }
        let alliance = scope.alliance(&asked)?;
        let is_by_alliance = scope.is_of_alliance
            || alliance.is_some()
            || (asked.by == "alliance" && !scope.alliances.is_empty());
        let (mut told, mut paging) = (None, None);
        if let Some(figures) = figures {
            let mut below = match &alliance {
                _ if !is_by_alliance => figures.below(figures.top),
                Some((id, _)) => figures.branches_of(&alliance_of(conn, figures.day)?, *id),
                None => {
                    let of = alliance_of(conn, figures.day)?;
                    let mut groups = figures.by_alliance(&of, &scope.alliances);
                    if scope.is_of_alliance {
                        groups.retain(|group| group.id.is_some());
                    }
                    groups
                }
            };
            let whole = match is_by_alliance && (scope.is_of_alliance || alliance.is_some()) {
                true => sum(&below, figures.items.len()),
                false => figures.whole(),
            };
            let number = paging::number(&asked.page);
            let total = i64::try_from(below.len()).unwrap_or(i64::MAX);
            let cut = Paging::new(&page.path, number, total, LINES as i64)?;
            let skip = usize::try_from(number - 1).unwrap_or_default() * LINES;
            below = below.into_iter().skip(skip).take(LINES).collect();
            paging = Some(cut);
            // Of alliances only what is shown is counted.
            let seen: Option<Vec<AllianceId>> = match &alliance {
                Some((id, _)) => Some(vec![*id]),
                None if scope.is_of_alliance => Some(scope.alliances.iter().map(|one| one.0).collect()),
                None => None,
            };
            let of = match &seen {
                Some(_) => alliance_of(conn, figures.day)?,
                None => HashMap::new(),
            };
            let is_meant = |one: &audiences::Member| {
                seen.as_ref().is_none_or(|seen| of.get(&one.branch).is_some_and(|id| seen.contains(id)))
            };
            let ways = figures.ways(is_meant);
            told = Some(Told::of(conn, &page, (figures, ways), whole, below)?);
        }
        let mut view = Overview {
            sees_people: sees_people(viewer, &scope.org.path),
            plans: all.into_iter().map(|plan| (plan.id, plan.title)).collect(),
            audiences: audiences_offered(conn, viewer, &scope)?,
            problem,
            page,
            asked,
            scope,
            told,
            line: vec![],
            paging,
            is_by_alliance,
            alliance: alliance.map(|one| one.1),
        };
        view.line = view.line_of(viewer);
        Ok(view)
    }
    /// What stands above, as far as the viewer sees it.
    fn line_of(&self, viewer: &Viewer) -> Vec<(String, String)> {
        let Some(told) = &self.told else { return vec![] };
        let paths = viewer.paths(SeeCoverage);
        let ids: Vec<&str> = self.scope.org.path.split('/').filter(|id| !id.is_empty()).collect();
        let own = paths
            .iter()
            .filter(|path| self.scope.org.path.starts_with(path.as_str()))
            .map(|path| path.matches('/').count() - 1)
            .min();
        let skip = own.unwrap_or(ids.len()).saturating_sub(1);
        let tree = &told.figures.tree;
        let mut line = vec![];
        for id in ids.iter().skip(skip) {
            if let Some(place) = id.parse().ok().and_then(|id| tree.place(crate::ids::OrgId(id))) {
                line.push((
                    self.asked.at("/coverage", &[("org", id), ("by", ""), ("alliance", "")]),
                    tree.nodes()[place].name.clone(),
                ));
            }
        }
        // The crumb of the organisation itself leads back from one alliance to all of it.
        if self.alliance.is_none() || self.scope.is_of_alliance {
            line.pop();
        }
        line
    }
    fn at(&self, path: &str) -> String {
        self.asked.at(path, &[])
    }
    fn switch(&self, by: &str) -> String {
        self.asked.at("/coverage", &[("by", by), ("alliance", "")])
    }
    /// Where a line leads: what stands below it, the members of a branch for those who see them.
    fn deeper(&self, group: &Group) -> Option<String> {
        let id = group.id?.to_string();
        match group.level {
            None => Some(self.asked.at("/coverage", &[("alliance", &id), ("by", "alliance")])),
            Some(level) if level.depth() >= Level::Branch.depth() => self
                .sees_people
                .then(|| self.asked.at("/coverage/members", &[("org", &id), ("by", ""), ("alliance", "")])),
            Some(_) => Some(self.asked.at("/coverage", &[("org", &id), ("by", ""), ("alliance", "")])),
        }
    }
    fn is_branch(&self, group: &Group) -> bool {
        group.level.is_some_and(|level| level.depth() >= Level::Branch.depth())
    }
    fn band(&self, group: &Group) -> (&'static str, String) {
        band(&self.page, group)
    }
    fn bar(&self, tally: &Tally) -> Vec<(&'static str, String, String)> {
        bar(tally)
    }
    fn bar_words(&self, tally: &Tally) -> String {
        bar_words(&self.page, tally)
    }
    fn share(&self, tally: &Tally) -> String {
        share(tally)
    }
    fn states(&self) -> [State; 6] {
        State::ALL
    }
    fn class(&self, state: &State) -> &'static str {
        match state {
            State::Done => "d1",
            State::MadeUp => "d3",
            State::Excused => "d4",
            State::Exempt => "d5",
            State::NotReported => "d6",
            State::NotYet => "d2",
        }
    }
    fn name<'a>(&self, group: &'a Group) -> &'a str {
        if group.id.is_none() { self.page.t("没有联盟的支部") } else { &group.name }
    }
    fn kind(&self, item: &Item) -> String {
        self.page.say(&item.matter.kind().words())
    }
    fn is_today(&self) -> bool {
        self.told.as_ref().is_some_and(|told| told.figures.day == today())
    }
    /// The trend as a line of points, 160 by 64, and read out.
    fn trend(&self) -> Option<(String, String, String)> {
        let told = self.told.as_ref()?;
        let of = told.whole.people.total() - told.whole.people.of(State::Exempt);
        let (last, count) = (told.weeks.last()?, u32::try_from(told.weeks.len()).ok()?);
        if of == 0 || count < 2 {
            return None;
        }
        let x = |at: usize| 4.0 + 148.0 * at as f64 / f64::from(count - 1);
        let y = |n: usize| 58.0 - 50.0 * n as f64 / f64::from(of);
        let points = told.weeks.iter().enumerate().map(|(at, week)| format!("{:.1} {:.1}", x(at), y(week.1)));
        let line = points.collect::<Vec<_>>().join("L");
        Some((format!("M{line}"), format!("{:.1}", y(last.1)), told.weeks.len().to_string()))
    }
}

/// The sum of some lines.
fn sum(groups: &[Group], items: usize) -> Group {
    let mut whole = Group {
        id: None,
        name: String::new(),
        level: None,
        people: Tally::default(),
        items: vec![Tally::default(); items],
    };
    for group in groups {
        whole.people += group.people;
        whole.items.iter_mut().zip(&group.items).for_each(|(own, others)| *own += *others);
    }
    whole
}

impl Told {
    fn of(
        conn: &mut Conn,
        page: &Page,
        (figures, ways): (Figures, Vec<(Way, usize)>),
        whole: Group,
        below: Vec<Group>,
    ) -> Result<Told> {
        let only = part_words(page, &figures.part);
        let version = plans::version(conn, figures.plan.id, figures.version)?;
        let rule = audiences::Rule::of(&version.rule).map_err(crate::error::Error::internal)?;
        let whom = audiences::pages::words(page, &rule, &audiences::pages::alliances(conn)?);
        let days: Vec<NaiveDate> = (0..WEEKS)
            .rev()
            .filter_map(|back| figures.day.checked_sub_days(Days::new(back * 7)))
            .filter(|day| *day >= figures.plan.starts_on)
            .collect();
        let counts = figures.met_by(&days, figures.range(figures.top));
        let ways = ways
            .into_iter()
            .map(|(way, count)| (page.say(&way.words()), i64::try_from(count).unwrap_or(i64::MAX)))
            .collect();
        let later = match figures.day < today() {
            true => {
                let next = figures.day.checked_add_days(Days::new(1)).unwrap_or(figures.day);
                store::entered_later(conn, figures.day, clock::midnight(next))?
            }
            false => 0,
        };
        let weeks = days.into_iter().zip(counts).collect();
        Ok(Told { weeks, whom, only, later, ways, figures, whole, below })
    }
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, query: Query<Asked>) -> Reply {
    let asked = query.into_inner();
    let view = db.read_long(move |conn| Overview::load(conn, page, &viewer, asked)).await?;
    if view.problem.is_some() { reply::invalid(&view) } else { reply::page(&view) }
}
