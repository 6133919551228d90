//! The scorer's pages: the board that says who has not handed in and never a score, time and ballots in the hall, paper typed by
//! two, sheets that go back, the lock by two.
use super::super::forms::judging::{SheetForm, count, seconds};
use super::super::sheets::{self, Hall, Typed};
use super::super::store::{self, Place};
use super::super::{Assignment, AssignmentState, Contest, Judge, PlaceState, Refusal, Round, RoundState};
use super::{by, held_round};
use crate::access::Permission::{self, KeepScores, SuperviseContests, WatchContests};
use crate::access::Viewer;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{AssignmentId, EntryId, RoundId};
use crate::web::body;
use crate::web::form::{Errors, text};
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path, Payload, Query};
use askama::Template;
use serde::Deserialize;
use std::collections::BTreeMap;

pub fn routes() -> Vec<Route> {
    vec![
        get("/score", WatchContests, index),
        get("/score/rounds/{round}", WatchContests, board),
        post("/score/rounds/{round}/hall", KeepScores, hall),
        post("/score/rounds/{round}/lock", KeepScores, lock),
        post("/score/rounds/{round}/second-lock", SuperviseContests, lock),
        post("/score/rounds/{round}/unlock", KeepScores, cancel),
        post("/score/rounds/{round}/second-unlock", SuperviseContests, cancel),
        post("/score/sheets/{assignment}/return", KeepScores, give_back),
        post("/score/sheets/{assignment}/missing", KeepScores, missing),
        get("/score/sheets/{assignment}/paper", KeepScores, paper),
        post("/score/sheets/{assignment}/paper", KeepScores, type_paper),
        get("/score/sheets/{assignment}/second-paper", SuperviseContests, paper),
        post("/score/sheets/{assignment}/second-paper", SuperviseContests, type_paper),
    ]
}

/// Who may lock a round, and type paper: two of these, not the same person twice.
const LOCKERS: [Permission; 2] = [KeepScores, SuperviseContests];
/// The largest form, in bytes.
const LARGEST: usize = 256 * 1024;
/// Contests on a page of the list.
const LINES: i64 = 20;
/// The most ballots that an audience gives.
const MOST_BALLOTS: i32 = 100_000;

#[derive(Template)]
#[template(path = "contests/score/index.html")]
struct Index {
    page: Page,
    rows: Vec<(Contest, Vec<Round>)>,
    paging: Paging,
}

#[derive(Deserialize)]
struct PageQuery {
    page: Option<String>,
}

async fn index(page: Page, db: Data<Db>, query: Query<PageQuery>) -> Reply {
    let number = paging::number(&query.page);
    let view = db
        .read(move |conn| {
            let mut found = store::contests(conn, false, (number - 1) * LINES, LINES + 1)?;
            let paging = Paging::cut(&page.path, number, &mut found, LINES)?;
            let mut rows = vec![];
            for contest in found {
                let rounds = store::rounds(conn, contest.id)?;
                rows.push((contest, rounds));
            }
            Ok(Index { page, rows, paging })
        })
        .await?;
    reply::page(&view)
}

/// A judge's row of the board.
struct Line {
    judge: Judge,
    sheets: Vec<(Place, Assignment, bool)>,
    done: usize,
    waiting: usize,
}

/// An entry's row: what was written down in the hall.
struct InHall {
    place: Place,
    time: String,
    audience: String,
    problem: Option<crate::lang::Message>,
}

#[derive(Template)]
#[template(path = "contests/score/board.html")]
struct Board {
    page: Page,
    contest: Contest,
    round: Round,
    lines: Vec<Line>,
    halls: Vec<InHall>,
    open: i64,
    /// Who asked for the lock, by name.
    asked_by: Option<String>,
    is_own: bool,
    errors: Errors,
}

impl Board {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: RoundId) -> Result<Board> {
        let round = held_round(conn, viewer, id, &[WatchContests])?;
        if matches!(round.state, RoundState::Waiting) {
            return Err(Error::NotFound);
        }
        let contest = store::contest(conn, round.contest)?;
        let places = store::places(conn, id)?;
        let assignments = store::assignments(conn, id)?;
        let half = store::half_typed(conn, id)?;
        let times: BTreeMap<i64, i32> = store::times(conn, id)?.into_iter().collect();
        let mut lines = vec![];
        for judge in store::judges(conn, contest.id)? {
            let sheets: Vec<_> = places
                .iter()
                .filter_map(|place| {
                    let of =
                        assignments.iter().find(|one| one.judge == judge.id && one.entry == place.entry)?;
                    Some((place.clone(), of.clone(), half.contains(&of.id)))
                })
                .collect();
            if sheets.is_empty() {
                continue;
            }
            let count = |state| sheets.iter().filter(|one| one.1.state == state).count();
            let (done, waiting) = (count(AssignmentState::Submitted), count(AssignmentState::Assigned));
            lines.push(Line { judge, sheets, done, waiting });
        }
        let halls = places
            .into_iter()
            .map(|place| InHall {
                time: times.get(&place.id).map(|s| format!("{}:{:02}", s / 60, s % 60)).unwrap_or_default(),
                audience: place.audience.map(|n| n.to_string()).unwrap_or_default(),
                problem: None,
                place,
            })
            .collect();
        let asked_by = match round.lock_by {
            Some(account) => store::name_of_account(conn, account)?,
            None => None,
        };
        Ok(Board {
            is_own: round.lock_by == Some(viewer.account),
            open: store::open_sheets(conn, id)?,
            errors: Errors::default(),
            page,
            contest,
            round,
            lines,
            halls,
            asked_by,
        })
    }
    fn may_score(&self) -> bool {
        self.page.may(KeepScores)
    }
    fn may_supervise(&self) -> bool {
        self.page.may(SuperviseContests)
    }
    fn is_open(&self) -> bool {
        self.round.state == RoundState::Judging
    }
    fn takes_time(&self) -> bool {
        matches!(self.round.state, RoundState::Drawn | RoundState::Judging)
    }
    fn has_hall(&self) -> bool {
        self.round.method.time.is_some() || self.round.method.audience.is_some()
    }
    fn has_audience(&self) -> bool {
        self.round.method.audience.is_some()
    }
    fn is_locked(&self) -> bool {
        self.round.locked_at.is_some()
    }
    fn is_waiting(&self, of: &Assignment) -> bool {
        of.state == AssignmentState::Assigned
    }
    fn is_in(&self, of: &Assignment) -> bool {
        of.state == AssignmentState::Submitted
    }
    fn is_missing(&self, of: &Assignment) -> bool {
        of.state == AssignmentState::Missing
    }
    fn competes(&self, place: &Place) -> bool {
        place.state == PlaceState::Competing
    }
    /// The address of the paper sheet for whoever looks.
    fn paper(&self, of: &Assignment) -> String {
        paper_address(&self.page, of.id)
    }
    fn lock_address(&self, what: &str) -> String {
        let second = if self.may_score() { "" } else { "second-" };
        format!("/score/rounds/{}/{second}{what}", self.round.id)
    }
}

fn paper_address(page: &Page, id: AssignmentId) -> String {
    let second = if page.may(KeepScores) { "" } else { "second-" };
    format!("/score/sheets/{id}/{second}paper")
}

async fn board(page: Page, viewer: Viewer, db: Data<Db>, id: Path<RoundId>) -> Reply {
    let id = *id;
    reply::page(&db.read_long(move |conn| Board::load(conn, page, &viewer, id)).await?)
}

/// Times and ballots of the whole page: repeated `entry`, `time`, `audience`.
async fn hall(page: Page, viewer: Viewer, db: Data<Db>, id: Path<RoundId>, sent: Payload) -> Reply {
    let id = *id;
    let pairs = body::pairs(sent, LARGEST).await?;
    let all = |name: &'static str| pairs.iter().filter(move |pair| pair.0 == name).map(|pair| pair.1.clone());
    let (entries, times): (Vec<_>, Vec<_>) = (all("entry").collect(), all("time").collect());
    let audiences: Vec<_> = all("audience").collect();
    let (again, who) = (page.clone(), viewer.clone());
    let mut view = db.read_long(move |conn| Board::load(conn, again, &who, id)).await?;
    let mut changes: Vec<(EntryId, Hall)> = vec![];
    for (at, entry) in entries.iter().enumerate() {
        let Some(row) = view.halls.iter_mut().find(|row| row.place.entry.to_string() == *entry) else {
            continue;
        };
        let (time, audience) =
            (times.get(at).cloned().unwrap_or_default(), audiences.get(at).cloned().unwrap_or_default());
        let found = |text: &str, read: &dyn Fn(&str) -> Result<i32, crate::lang::Message>| match text.trim() {
            "" => Ok(None),
            text => read(text).map(Some),
        };
        let read_time = found(&time, &|text| seconds(text));
        let read_audience = found(&audience, &|text| count(text, MOST_BALLOTS));
        (row.time, row.audience) = (time, audience);
        match (read_time, read_audience) {
            (Ok(seconds), Ok(audience)) => changes.push((row.place.entry, Hall { seconds, audience })),
            (Err(problem), _) | (_, Err(problem)) => row.problem = Some(problem),
        }
    }
    if let Some(problem) = view.halls.iter().find_map(|row| row.problem.clone()) {
        return reply::invalid(&Board { errors: Errors::default().with("hall", problem), ..view });
    }
    let by = by(&page, &viewer);
    db.write(move |conn| {
        held_round(conn, &viewer, id, &[KeepScores])?;
        for (entry, hall) in changes {
            sheets::set_hall(conn, id, entry, hall, &by)?;
        }
        Ok(())
    })
    .await?;
    reply::see(format!("/score/rounds/{id}?done=saved"))
}

async fn lock(page: Page, viewer: Viewer, db: Data<Db>, id: Path<RoundId>) -> Reply {
    let (id, by) = (*id, by(&page, &viewer));
    let done = db
        .write(move |conn| {
            // Whoever is first asks, whoever is second makes it.
            let round = held_round(conn, &viewer, id, &LOCKERS)?;
            if round.lock_by.is_some() {
                sheets::make_lock(conn, id, &by)?;
                return Ok("locked");
            }
            sheets::ask_lock(conn, id, &by)?;
            Ok("lock-asked")
        })
        .await?;
    reply::see(format!("/score/rounds/{id}?done={done}"))
}

async fn cancel(page: Page, viewer: Viewer, db: Data<Db>, id: Path<RoundId>) -> Reply {
    let (id, by) = (*id, by(&page, &viewer));
    db.write(move |conn| {
        held_round(conn, &viewer, id, &LOCKERS)?;
        sheets::cancel_lock(conn, id, &by)
    })
    .await?;
    reply::see(format!("/score/rounds/{id}?done=saved"))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ReasonForm {
    reason: String,
    undo: String,
}

async fn give_back(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<AssignmentId>,
    form: Form<ReasonForm>,
) -> Reply {
    let (id, by) = (*id, by(&page, &viewer));
    let reason = text(&form.reason, 200).map_err(Error::Refused)?;
    let round = db
        .write(move |conn| {
            let round = store::assignment(conn, id)?.round;
            held_round(conn, &viewer, round, &[KeepScores])?;
            sheets::give_back(conn, id, &reason, &by)?;
            Ok(round)
        })
        .await?;
    reply::see(format!("/score/rounds/{round}?done=sheet-returned"))
}

async fn missing(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<AssignmentId>,
    form: Form<ReasonForm>,
) -> Reply {
    let (id, by, is_missing) = (*id, by(&page, &viewer), form.undo.is_empty());
    let reason = text(&form.reason, 200).map_err(Error::Refused)?;
    let round = db
        .write(move |conn| {
            let round = store::assignment(conn, id)?.round;
            held_round(conn, &viewer, round, &[KeepScores])?;
            sheets::set_missing(conn, id, is_missing, &reason, &by)?;
            Ok(round)
        })
        .await?;
    reply::see(format!("/score/rounds/{round}?done=saved"))
}

#[derive(Template)]
#[template(path = "contests/score/paper.html")]
struct Paper {
    page: Page,
    contest: Contest,
    round: Round,
    judge: Judge,
    code: String,
    address: String,
    rows: Vec<(super::super::Criterion, String)>,
    errors: Errors,
}

impl Paper {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: AssignmentId) -> Result<Paper> {
        let of = store::assignment(conn, id)?;
        let round = held_round(conn, viewer, of.round, &LOCKERS)?;
        let entry = store::entry(conn, of.entry)?;
        Ok(Paper {
            contest: store::contest(conn, round.contest)?,
            judge: store::judge(conn, of.judge)?,
            code: Option::unwrap_or_default(entry.code),
            address: paper_address(&page, id),
            rows: round.method.criteria.iter().map(|one| (one.clone(), String::new())).collect(),
            errors: Errors::default(),
            page,
            round,
        })
    }
}

async fn paper(page: Page, viewer: Viewer, db: Data<Db>, id: Path<AssignmentId>) -> Reply {
    let id = *id;
    reply::page(&db.read(move |conn| Paper::load(conn, page, &viewer, id)).await?)
}

async fn type_paper(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<AssignmentId>,
    sent: Payload,
) -> Reply {
    let id = *id;
    let form = SheetForm::of(&body::pairs(sent, LARGEST).await?);
    let (again, who) = (page.clone(), viewer.clone());
    let view = db.read(move |conn| Paper::load(conn, again, &who, id)).await?;
    let errors = form.check(&view.round.method).1;
    let with = |view: Paper, errors: Errors| Paper {
        rows: view
            .rows
            .into_iter()
            .map(|(criterion, _)| {
                let typed = form.scores.get(&criterion.key).cloned().unwrap_or_default();
                (criterion, typed)
            })
            .collect(),
        errors,
        ..view
    };
    if !errors.is_empty() {
        return reply::invalid(&with(view, errors));
    }
    let (scores, by, round) = (form.scores.clone(), by(&page, &viewer), view.round.id);
    match db.write(move |conn| sheets::type_paper(conn, id, &scores, &by)).await {
        Ok(Typed::Once) => reply::see(format!("/score/rounds/{round}?done=paper-once")),
        Ok(Typed::HandedIn) => reply::see(format!("/score/rounds/{round}?done=paper-done")),
        Ok(Typed::Differs) => {
            reply::invalid(&with(view, Errors::default().with("sheet", Refusal::PapersDiffer.words())))
        }
        Err(Error::Refused(why)) => reply::invalid(&with(view, Errors::default().with("sheet", why))),
        Err(other) => Err(other),
    }
}
