//! The members of a branch and each item, and one member with the facts: for those who see these persons.
use super::{Asked, Scope, figures, may_arrange, part_words, sees_people, today};
use crate::access::Permission::{SeeCoverage, SeePeople};
use crate::access::Viewer;
use crate::audit::Action;
use crate::clock;
use crate::coverage::figures::{Figures, of_org, of_person};
use crate::coverage::standing::State;
use crate::coverage::store;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::PersonId;
use crate::organization::Level;
use crate::people::{self, Card};
use crate::plans::Item;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get};
use actix_web::web::{Data, Path, Query};
use askama::Template;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/coverage/members", SeeCoverage, members),
        get("/coverage/members/{person}", SeeCoverage, person),
        get("/branch", SeeCoverage, branch),
    ]
}

/// Members on a page.
const LINES: i64 = 60;

/// A member with where they stand.
struct Line {
    person: PersonId,
    name: String,
    whole: State,
    states: Vec<State>,
}

#[derive(Template)]
#[template(path = "coverage/members.html")]
struct Members {
    page: Page,
    asked: Asked,
    scope: Scope,
    figures: Option<Figures>,
    lines: Vec<Line>,
    paging: Option<Paging>,
    may_arrange: bool,
    /// What of the plan is looked at, if not all of it.
    only: Option<String>,
}

impl Members {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, mut asked: Asked) -> Result<Members> {
        let (scope, figures) = figures(conn, viewer, &asked)?;
        if !sees_people(viewer, &scope.org.path) {
            return Err(Error::NotFound);
        }
        let (mut lines, mut paging) = (vec![], None);
        if let Some(figures) = &figures {
            asked.plan = figures.plan.id.to_string();
            let number = paging::number(&asked.page);
            let total = i64::try_from(figures.members.len()).unwrap_or(i64::MAX);
            paging = Some(Paging::new(&page.path, number, total, LINES)?);
            let skip = usize::try_from((number - 1) * LINES).unwrap_or_default();
            let shown: Vec<usize> =
                (skip..figures.members.len()).take(usize::try_from(LINES).unwrap_or_default()).collect();
            let ids: Vec<PersonId> = shown.iter().map(|at| figures.members[*at].person).collect();
            let names = people::names(conn, &ids)?;
            for at in shown {
                let person = figures.members[at].person;
                lines.push(Line {
                    person,
                    name: names.get(&person).cloned().unwrap_or_default(),
                    whole: figures.overall(at),
                    states: (0..figures.items.len()).map(|item| figures.state(at, item)).collect(),
                });
            }
        }
        Ok(Members {
            may_arrange: figures.as_ref().is_some_and(|figures| may_arrange(viewer, figures)),
            only: figures.as_ref().and_then(|figures| part_words(&page, &figures.part)),
            page,
            asked,
            scope,
            figures,
            lines,
            paging,
        })
    }
    fn at(&self, path: &str) -> String {
        self.asked.at(path, &[])
    }
    fn is_today(&self, figures: &Figures) -> bool {
        figures.day == today()
    }
    fn tone(&self, state: &State) -> &'static str {
        tone(*state)
    }
}

/// The kind of tag in which a person's state is shown: never in red, domain.md §7.
fn tone(state: State) -> &'static str {
    match state {
        State::Done | State::MadeUp => "done",
        State::Excused => "info",
        State::Exempt => "",
        State::NotReported | State::NotYet => "wait",
    }
}

async fn members(page: Page, viewer: Viewer, db: Data<Db>, query: Query<Asked>) -> Reply {
    let asked = query.into_inner();
    reply::page(&db.read_long(move |conn| Members::load(conn, page, &viewer, asked)).await?)
}

/// A fact about an item, in words.
pub(super) struct Fact {
    pub item: Item,
    pub state: State,
    pub how: Option<(String, String)>,
    pub address: Option<String>,
}

/// A plan with the facts of one member.
pub(super) struct Own {
    pub title: String,
    pub about: String,
    pub ends_on: chrono::NaiveDate,
    pub whole: State,
    facts: Vec<Fact>,
}

impl Own {
    /// All plans in force of a person.
    pub fn of(conn: &mut Conn, page: &Page, person: PersonId) -> Result<Vec<Own>> {
        let mut all = vec![];
        for (figures, at) in of_person(conn, person, today())? {
            let mut facts = vec![];
            for (place, item) in figures.items.iter().enumerate() {
                let met = figures.known(at, place).met;
                facts.push(Fact {
                    item: item.clone(),
                    state: figures.state(at, place),
                    how: met.map(|(day, way)| (page.day(&day), page.say(&way.words()))),
                    address: crate::plans::address_of(conn, item.matter)?,
                });
            }
            all.push(Own {
                title: figures.plan.title.clone(),
                about: figures.plan.about.clone(),
                ends_on: figures.plan.ends_on,
                whole: figures.overall(at),
                facts,
            });
        }
        Ok(all)
    }
    pub fn tone(&self, state: &State) -> &'static str {
        tone(*state)
    }
    pub fn facts(&self) -> &[Fact] {
        &self.facts
    }
    pub fn kind(&self, page: &Page, fact: &Fact) -> String {
        page.say(&fact.item.matter.kind().words())
    }
}

#[derive(Template)]
#[template(path = "coverage/person.html")]
struct Person {
    page: Page,
    card: Card,
    plans: Vec<Own>,
}

async fn person(page: Page, viewer: Viewer, db: Data<Db>, id: Path<PersonId>) -> Reply {
    let (id, doer) = (*id, page.doer());
    let view = db.read_long(move |conn| {
        let card = people::find_within(conn, &viewer.paths(SeePeople), id)?;
        let (_, path) = store::branch_of(conn, card.id)?.ok_or(Error::NotFound)?;
        if !sees_people(&viewer, &path) {
            return Err(Error::NotFound);
        }
        let plans = Own::of(conn, &page, id)?;
        Ok(Person { page, card, plans })
    });
    let view = view.await?;
    db.write(move |conn| doer.did_to(conn, Action::PersonSeen, id, clock::now())).await?;
    reply::page(&view)
}

/// Where a secretary begins: the own branch's figures for each plan in force, and the desks.
#[derive(Template)]
#[template(path = "coverage/branch.html")]
struct Branch {
    page: Page,
    name: String,
    members: i64,
    plans: Vec<(Asked, String, chrono::NaiveDate, crate::coverage::Tally)>,
}

impl Branch {
    fn at(&self, asked: &Asked, path: &str) -> String {
        asked.at(path, &[])
    }
    fn bar(&self, tally: &crate::coverage::Tally) -> Vec<(&'static str, String, String)> {
        super::bar(tally)
    }
    fn bar_words(&self, tally: &crate::coverage::Tally) -> String {
        super::bar_words(&self.page, tally)
    }
}

async fn branch(page: Page, viewer: Viewer, db: Data<Db>) -> Reply {
    let view = db.read_long(move |conn| {
        let scope = Scope::of(conn, &viewer, &Asked::default())?;
        if scope.is_of_alliance {
            return Err(Error::NotFound);
        }
        // Whoever sees more than a branch begins with the figures of all of it.
        if scope.org.level.depth() < Level::Branch.depth() {
            return Ok(None);
        }
        let mut plans = vec![];
        for figures in of_org(conn, (scope.org.id, &scope.org.path), today())? {
            let plan = &figures.plan;
            let asked =
                Asked { plan: plan.id.to_string(), org: scope.org.id.to_string(), ..Asked::default() };
            plans.push((asked, plan.title.clone(), plan.ends_on, figures.whole().people));
        }
        let members = store::count_members(conn, &scope.org.path)?;
        Ok(Some(Branch { page, name: scope.org.name, members, plans }))
    });
    match view.await? {
        Some(view) => reply::page(&view),
        None => reply::see("/coverage"),
    }
}
