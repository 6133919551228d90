//! The judge's first pages: the invitation with the rules for judges, what is to be judged, conflicts that the judge declares.
#![allow(clippy::cmp_owned)] // lists of choices compare whatever names a choice by its words, in a macro that all pages share
use super::super::forms::judging::kind_of;
use super::super::store::{self, Task};
use super::super::{
    AssignmentState, ConflictKind, Contest, Judge, JudgeState, Round, RoundState, State, judges,
};
use super::by;
use super::judging::{kinds, open};
use crate::access::Permission::JudgeEntries;
use crate::access::Viewer;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{ContestId, EntryId};
use crate::lang::Message;
use crate::msg;
use crate::web::form::{Errors, optional};
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path};
use askama::Template;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    vec![
        get("/judge", JudgeEntries, index),
        get("/judge/contests/{contest}", JudgeEntries, show),
        post("/judge/contests/{contest}/answer", JudgeEntries, answer),
        post("/judge/contests/{contest}/conflicts", JudgeEntries, declare),
    ]
}

/// Contests on the judge's first page: nobody judges more at a time.
const MOST: i64 = 50;

/// A contest of the judge, and how much of it is done.
struct Line {
    contest: Contest,
    judge: Judge,
    done: usize,
    all: usize,
    due: Option<clock::Timestamp>,
}

#[derive(Template)]
#[template(path = "contests/judge/index.html")]
struct Index {
    page: Page,
    lines: Vec<Line>,
}

impl Index {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer) -> Result<Index> {
        let mut lines = vec![];
        for judge in store::judged_by(conn, viewer.person, MOST)? {
            let contest = store::contest(conn, judge.contest)?;
            let (mut done, mut all, mut due) = (0, 0, None);
            for round in store::rounds(conn, contest.id)? {
                if round.state == RoundState::Judging {
                    let tasks = open(store::tasks(conn, round.id, judge.id)?);
                    done += tasks.iter().filter(|task| task.state == AssignmentState::Submitted).count();
                    all += tasks.len();
                    due = due.or(round.due_at);
                }
            }
            lines.push(Line { contest, judge, done, all, due });
        }
        Ok(Index { page, lines })
    }
    fn is_invited(&self, line: &Line) -> bool {
        line.judge.state == JudgeState::Invited
    }
    fn is_over(&self, line: &Line) -> bool {
        matches!(line.contest.state, State::Final | State::Archived)
    }
}

async fn index(page: Page, viewer: Viewer, db: Data<Db>) -> Reply {
    reply::page(&db.read(move |conn| Index::load(conn, page, &viewer)).await?)
}

/// The contest as its judge; not found for anybody else.
fn own(conn: &mut Conn, viewer: &Viewer, id: ContestId) -> Result<(Contest, Judge)> {
    let judge = store::judge_as(conn, id, viewer.person)?.ok_or(Error::NotFound)?;
    Ok((store::contest(conn, id)?, judge))
}

#[derive(Template)]
#[template(path = "contests/judge/show.html")]
struct Show {
    page: Page,
    contest: Contest,
    judge: Judge,
    rounds: Vec<(Round, Vec<Task>)>,
    /// What can be declared: entries that compete, by code and title.
    entries: Vec<(EntryId, String)>,
    declared: Vec<(String, ConflictKind)>,
    entry: String,
    kind: String,
    reason: String,
    errors: Errors,
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: ContestId) -> Result<Show> {
        let (contest, judge) = own(conn, viewer, id)?;
        let mut rounds = vec![];
        let mut entries = vec![];
        for round in store::rounds(conn, id)? {
            if round.state == RoundState::Waiting {
                continue;
            }
            if matches!(round.state, RoundState::Drawn | RoundState::Judging) {
                entries = store::places(conn, round.id)?
                    .into_iter()
                    .map(|place| (place.entry, format!("{} {}", place.code, place.title)))
                    .collect();
            }
            let tasks = store::tasks(conn, round.id, judge.id)?;
            rounds.push((round, tasks));
        }
        let name = |entry: EntryId| entries.iter().find(|one| one.0 == entry).map(|one| one.1.clone());
        let declared = store::conflicts(conn, id)?
            .into_iter()
            .filter(|one| one.judge == judge.id && one.removed_at.is_none())
            .filter_map(|one| Some((name(one.entry)?, one.kind)))
            .collect();
        Ok(Show {
            page,
            contest,
            judge,
            rounds,
            entries,
            declared,
            entry: String::new(),
            kind: String::new(),
            reason: String::new(),
            errors: Errors::default(),
        })
    }
    fn is_invited(&self) -> bool {
        self.judge.state == JudgeState::Invited
    }
    fn is_open(&self, round: &Round) -> bool {
        round.state == RoundState::Judging
    }
    fn is_done(&self, task: &Task) -> bool {
        task.state == AssignmentState::Submitted
    }
    fn has_sheet(&self, round: &Round, task: &Task) -> bool {
        self.is_open(round) || self.is_done(task)
    }
    fn kinds(&self) -> Vec<(&'static str, String)> {
        kinds(&self.page)
    }
    fn done(&self, tasks: &[Task]) -> usize {
        tasks.iter().filter(|task| self.is_done(task)).count()
    }
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, id: Path<ContestId>) -> Reply {
    let id = *id;
    reply::page(&db.read(move |conn| Show::load(conn, page, &viewer, id)).await?)
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct AnswerForm {
    answer: String,
    accepts_rules: String,
}

async fn answer(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<ContestId>,
    form: Form<AnswerForm>,
) -> Reply {
    let id = *id;
    let problem: Option<(&'static str, Message)> = match form.answer.as_str() {
        "accept" if form.accepts_rules.is_empty() => {
            Some(("accepts_rules", msg!("请先读评委守则，并勾选同意")))
        }
        "accept" | "decline" => None,
        _ => Some(("accepts_rules", msg!("请选接受或不接受"))),
    };
    if let Some((field, problem)) = problem {
        let view = db.read(move |conn| Show::load(conn, page, &viewer, id)).await?;
        return reply::invalid(&Show { errors: Errors::default().with(field, problem), ..view });
    }
    let (accepts, by) = (form.answer == "accept", by(&page, &viewer));
    db.write(move |conn| judges::answer(conn, id, accepts, viewer.person, &by)).await?;
    reply::see(format!("/judge/contests/{id}?done=decided"))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ConflictForm {
    entry: String,
    kind: String,
    reason: String,
}

async fn declare(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<ContestId>,
    form: Form<ConflictForm>,
) -> Reply {
    let (id, form) = (*id, form.into_inner());
    let (who, again) = (viewer.clone(), page.clone());
    let view = db.read(move |conn| Show::load(conn, again, &who, id)).await?;
    let mut errors = Errors::default();
    let entry = view.entries.iter().find(|one| one.0.to_string() == form.entry).map(|one| one.0);
    let entry = errors.take("entry", entry.ok_or_else(|| msg!("请选作品")));
    let kind = errors.take("kind", kind_of(&form.kind));
    let reason = errors.take("reason", optional(&form.reason, 300));
    let (Some(entry), Some(kind), Some(reason)) = (entry, kind, reason) else {
        let ConflictForm { entry, kind, reason } = form;
        return reply::invalid(&Show { entry, kind, reason, errors, ..view });
    };
    let (judge, by) = (view.judge.id, by(&page, &viewer));
    db.write(move |conn| judges::declare(conn, id, (judge, entry, kind), &reason, &by)).await?;
    reply::see(format!("/judge/contests/{id}?done=saved"))
}
