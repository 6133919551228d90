//! From the lock to the published result, and objections against it: the scorer computes, the checker checks, the organizer
//! publishes, anybody objects. What the supervisor decides about it is in `rulings`.
#![allow(clippy::cmp_owned)] // lists of choices compare whatever names a choice by its words, in a macro that all pages share
use super::super::forms::judging::count;
use super::super::objections::{self, Ground};
use super::super::outcome::{self, Diagnosis, SUBJECT};
use super::super::result::Row;
use super::super::store::{self, Place};
use super::super::{Contest, Round, RoundState, sheets};
use super::rulings::{self, Reopening, RulingForm};
use super::{by, held_round};
use crate::access::Access::SignedIn;
use crate::access::Permission::{ApproveContests, KeepScores, RunContests, SuperviseContests, WatchContests};
use crate::access::Viewer;
use crate::cases::{self, Case};
use crate::clock;
use crate::config::Config;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{EntryId, RoundId, SnapshotId, random_hex};
use crate::lang::Message;
use crate::msg;
use crate::rankings::{self, Snapshot, Witness};
use crate::web::form::{self, Errors, optional, text};
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path, block};
use askama::Template;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    vec![
        get("/score/rounds/{round}/result", WatchContests, show),
        post("/score/rounds/{round}/compute", KeepScores, compute),
        post("/score/rounds/{round}/check", ApproveContests, check),
        post("/score/rounds/{round}/publish", RunContests, publish),
        post("/score/rounds/{round}/finish", RunContests, finish),
        post("/score/rounds/{round}/votes", KeepScores, votes),
        post("/score/rounds/{round}/reopen", SuperviseContests, rulings::reopen),
        get("/score/objections/{case}", SuperviseContests, rulings::objection),
        post("/score/objections/{case}", SuperviseContests, rulings::decide),
        get("/contests/{slug}/objections/{round}", SignedIn, object),
        post("/contests/{slug}/objections/{round}", SignedIn, file),
    ]
}

/// Objections on a page: there are not more of one result.
const MOST: i64 = 200;
/// The longest text of an objection or an answer, in characters.
pub(super) const LONGEST: usize = 1_000;

#[derive(Template)]
#[template(path = "contests/score/result.html")]
struct Show {
    page: Page,
    contest: Contest,
    round: Round,
    /// What the sheets say now, or why they say nothing yet.
    rows: Vec<Row>,
    problem: Option<Message>,
    places: Vec<Place>,
    diagnosis: Diagnosis,
    newest: Option<Snapshot>,
    standing: Option<Snapshot>,
    /// Rulings, or a result that was opened again, that no revision has yet.
    owes: bool,
    /// Judges may vote about a tie.
    is_revising: bool,
    /// Of a final result, for the supervisor.
    reopening: Option<Reopening>,
    objections: Vec<Case>,
    reason: String,
    errors: Errors,
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: RoundId) -> Result<Show> {
        let round = held_round(conn, viewer, id, &[WatchContests])?;
        let newest = rankings::newest(conn, (SUBJECT, id.0))?;
        if round.locked_at.is_none() && newest.is_none() {
            return Err(Error::NotFound);
        }
        let contest = store::contest(conn, round.contest)?;
        let (rows, problem) = match outcome::result(conn, &round) {
            _ if round.locked_at.is_none() => (vec![], Some(msg!("正在重评，两个人再次锁定以后重新计算。"))),
            Ok((_, rows)) => (rows, None),
            Err(Error::Refused(why)) => (vec![], Some(why)),
            Err(other) => return Err(other),
        };
        let diagnosis = match round.locked_at {
            // For whoever keeps the scores (§5.4); to others it would look like a part of the result.
            Some(_) if page.may(KeepScores) => outcome::diagnose(conn, &round)?,
            _ => Diagnosis::default(),
        };
        let standing = rankings::standing(conn, (SUBJECT, id.0))?;
        let owes = match &newest {
            Some(snapshot) => outcome::owes_revision(conn, id, snapshot)?,
            None => false,
        };
        let reopening = match &newest {
            Some(newest) => Reopening::load(conn, viewer, (&contest, &round), newest)?,
            None => None,
        };
        let is_revising = outcome::is_revising(conn, &round)?;
        let all: Vec<i64> = rankings::revisions(conn, (SUBJECT, id.0))?.iter().map(|one| one.id.0).collect();
        Ok(Show {
            objections: cases::objections_about(conn, "snapshot", &all, MOST)?,
            places: store::places(conn, id)?,
            page,
            contest,
            round,
            rows,
            problem,
            diagnosis,
            newest,
            standing,
            owes,
            is_revising,
            reopening,
            reason: String::new(),
            errors: Errors::default(),
        })
    }
    fn title(&self, row: &Row) -> &str {
        self.places.iter().find(|place| place.code == row.entry).map_or("", |place| &place.title)
    }
    fn has_panels(&self) -> bool {
        self.round.panels > 1
    }
    fn number(&self, value: &f64) -> String {
        if value.is_finite() { format!("{value:.2}") } else { "—".into() }
    }
    fn agreement(&self) -> Option<[String; 3]> {
        let found = self.diagnosis.agreement?;
        Some([found.order(false), found.absolute(false), found.order(true)].map(|one| self.number(&one)))
    }
    fn may_compute(&self) -> bool {
        let is_time = matches!(self.round.state, RoundState::Locked | RoundState::Provisional);
        let is_due = self.standing.is_none() || self.owes || self.is_open();
        self.page.may(KeepScores) && is_time && is_due && self.problem.is_none()
    }
    /// A snapshot that is not published yet.
    fn is_open(&self) -> bool {
        self.newest.as_ref().is_some_and(|one| !one.state.is_public())
    }
    /// Something was published before, whether it still holds or was withdrawn.
    fn needs_reason(&self) -> bool {
        self.newest.as_ref().is_some_and(|one| one.state.is_public() || one.revision > 1)
    }
    fn may_check(&self) -> bool {
        let is_computed = |one: &Snapshot| one.state == rankings::State::Computed;
        self.page.may(ApproveContests) && self.newest.as_ref().is_some_and(is_computed)
    }
    fn may_publish(&self) -> bool {
        let is_checked = |one: &Snapshot| one.state == rankings::State::Checked;
        self.page.may(RunContests) && self.newest.as_ref().is_some_and(is_checked)
    }
    fn may_finish(&self) -> bool {
        let is_published =
            |one: &Snapshot| matches!(one.state, rankings::State::Provisional | rankings::State::Final);
        self.page.may(RunContests)
            && matches!(self.round.state, RoundState::Locked | RoundState::Provisional)
            && !self.owes
            && self.newest.as_ref().is_some_and(is_published)
    }
    fn is_notice_over(&self) -> bool {
        let until = self.newest.as_ref().and_then(|one| one.notice_until);
        until.is_none_or(|until| clock::day(clock::now()) > until)
    }
    /// Whose turn it is, for those whose turn it is not.
    fn turn(&self) -> Option<Message> {
        match self.newest.as_ref()?.state {
            rankings::State::Computed if !self.page.may(ApproveContests) => {
                Some(msg!("等复核人用独立程序重算。"))
            }
            rankings::State::Checked if !self.page.may(RunContests) => Some(msg!("等组织者公布。")),
            _ => None,
        }
    }
    fn may_vote(&self) -> bool {
        self.page.may(KeepScores) && self.is_revising
    }
    /// What is owed is owed since a final result was opened again.
    fn is_reopened(&self) -> bool {
        self.owes && self.newest.as_ref().is_some_and(|one| one.state == rankings::State::Final)
    }
    fn corrections(&self) -> Vec<(&'static str, String)> {
        rulings::kinds().map(|kind| (kind.as_str(), self.page.say(&kind.words()))).collect()
    }
    fn may_decide(&self) -> bool {
        self.page.may(SuperviseContests)
    }
    fn votes(&self, place: &Place) -> String {
        place.votes.map(|votes| votes.to_string()).unwrap_or_default()
    }
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, id: Path<RoundId>) -> Reply {
    let id = *id;
    reply::page(&db.read_long(move |conn| Show::load(conn, page, &viewer, id)).await?)
}

/// The page again, with what is wrong with the form that opens the result again.
pub(super) async fn again(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: RoundId,
    (form, errors): (RulingForm, Errors),
) -> Reply {
    let view = db.read_long(move |conn| Show::load(conn, page, &viewer, id)).await?;
    let reopening = view.reopening.map(|one| Reopening { form, ..one });
    reply::invalid(&Show { errors, reopening, ..view })
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ReasonForm {
    reason: String,
    snapshot: i64,
}

async fn compute(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<RoundId>,
    form: Form<ReasonForm>,
) -> Reply {
    let (id, form, by) = (*id, form.into_inner(), by(&page, &viewer));
    let reason = optional(&form.reason, 300).map_err(Error::Refused)?;
    let reason = Some(reason).filter(|reason| !reason.is_empty());
    let who = viewer.clone();
    let made = db
        .write(move |conn| {
            held_round(conn, &who, id, &[KeepScores])?;
            outcome::compute_ranking(conn, id, reason, &by)
        })
        .await;
    match made {
        Ok(_) => reply::see(format!("/score/rounds/{id}/result?done=computed")),
        Err(Error::Refused(why)) => {
            let view = db.read_long(move |conn| Show::load(conn, page, &viewer, id)).await?;
            let errors = Errors::default().with("reason", why);
            reply::invalid(&Show { errors, reason: form.reason, ..view })
        }
        Err(other) => Err(other),
    }
}

async fn check(page: Page, viewer: Viewer, db: Data<Db>, id: Path<RoundId>, form: Form<ReasonForm>) -> Reply {
    let (id, by, snapshot) = (*id, by(&page, &viewer), SnapshotId(form.snapshot));
    db.write(move |conn| {
        held_round(conn, &viewer, id, &[ApproveContests])?;
        // The snapshot is this round's, or it is not found.
        let found = rankings::snapshot(conn, snapshot)?;
        if found.subject != (SUBJECT.to_owned(), id.0) {
            return Err(Error::NotFound);
        }
        rankings::check(conn, snapshot, &by.doer, by.now)
    })
    .await?;
    reply::see(format!("/score/rounds/{id}/result?done=checked"))
}

/// Runs what publishes on a thread of its own: the witness of the log is a file.
async fn publishing(
    db: Data<Db>,
    config: Data<Config>,
    work: impl FnOnce(&mut Conn, &rankings::Press) -> Result<()> + Send + 'static,
) -> Result<()> {
    block(move || rankings::publishing(&db, &Witness::of(&config), work)).await.map_err(Error::internal)?
}

async fn publish(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    config: Data<Config>,
    id: Path<RoundId>,
    form: Form<ReasonForm>,
) -> Reply {
    let (id, by, snapshot) = (*id, by(&page, &viewer), SnapshotId(form.snapshot));
    publishing(db, config, move |conn, press| {
        held_round(conn, &viewer, id, &[RunContests])?;
        let found = rankings::snapshot(conn, snapshot)?;
        if found.subject != (SUBJECT.to_owned(), id.0) {
            return Err(Error::NotFound);
        }
        outcome::publish(conn, press, id, snapshot, &by)
    })
    .await?;
    reply::see(format!("/score/rounds/{id}/result?done=result-published"))
}

async fn finish(page: Page, viewer: Viewer, db: Data<Db>, config: Data<Config>, id: Path<RoundId>) -> Reply {
    let (id, by) = (*id, by(&page, &viewer));
    publishing(db, config, move |conn, press| {
        held_round(conn, &viewer, id, &[RunContests])?;
        let standing = rankings::standing(conn, (SUBJECT, id.0))?.ok_or(Error::NotFound)?;
        outcome::finish(conn, press, id, &standing, &by)
    })
    .await?;
    reply::see(format!("/score/rounds/{id}/result?done=result-final"))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct VotesForm {
    entry: String,
    votes: String,
}

async fn votes(page: Page, viewer: Viewer, db: Data<Db>, id: Path<RoundId>, form: Form<VotesForm>) -> Reply {
    let (id, by) = (*id, by(&page, &viewer));
    let entry = form.entry.parse().map(EntryId).map_err(|_| Error::Refused(msg!("请选作品")))?;
    let votes = count(&form.votes, 1_000).map_err(Error::Refused)?;
    db.write(move |conn| {
        held_round(conn, &viewer, id, &[KeepScores])?;
        sheets::set_votes(conn, id, entry, votes, &by)
    })
    .await?;
    reply::see(format!("/score/rounds/{id}/result?done=saved"))
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
struct ObjectForm {
    ground: String,
    text: String,
    key: String,
}

#[derive(Template)]
#[template(path = "contests/object.html")]
struct Object {
    page: Page,
    contest: Contest,
    round: Round,
    snapshot: Option<Snapshot>,
    form: ObjectForm,
    errors: Errors,
}

impl Object {
    fn load(conn: &mut Conn, page: Page, (slug, id): (String, RoundId)) -> Result<Object> {
        let contest = store::public_contest(conn, &slug)?;
        let round = store::round(conn, id)?;
        if round.contest != contest.id {
            return Err(Error::NotFound);
        }
        let snapshot = objections::open_result(conn, id)?;
        let form = ObjectForm { key: random_hex(16), ..ObjectForm::default() };
        Ok(Object { page, contest, round, snapshot, form, errors: Errors::default() })
    }
    fn grounds(&self) -> Vec<(&'static str, String)> {
        Ground::ALL.iter().map(|ground| (ground.as_str(), self.page.say(&ground.words()))).collect()
    }
}

async fn object(page: Page, db: Data<Db>, path: Path<(String, RoundId)>) -> Reply {
    let path = path.into_inner();
    reply::page(&db.read(move |conn| Object::load(conn, page, path)).await?)
}

async fn file(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    path: Path<(String, RoundId)>,
    form: Form<ObjectForm>,
) -> Reply {
    let (path, form, again) = (path.into_inner(), form.into_inner(), page.clone());
    let round = path.1;
    let view = db.read(move |conn| Object::load(conn, again, path)).await?;
    let mut errors = Errors::default();
    let ground = errors.take("ground", Ground::of(&form.ground).ok_or_else(|| msg!("请选依据")));
    let said = errors.take("text", text(&form.text, LONGEST));
    let key = errors.take("text", form::key(&form.key));
    let (Some(ground), Some(said), Some(key)) = (ground, said, key) else {
        let key = if form::key(&form.key).is_ok() { form.key.clone() } else { random_hex(16) };
        return reply::invalid(&Object { form: ObjectForm { key, ..form }, errors, ..view });
    };
    let by = by(&page, &viewer);
    match db.write(move |conn| objections::file(conn, round, (ground, &said, &key), &viewer, &by)).await {
        Ok(id) => reply::see(format!("/me/cases/{id}?done=case-filed")),
        Err(Error::Refused(why)) => {
            reply::invalid(&Object { form, errors: Errors::default().with("text", why), ..view })
        }
        Err(other) => Err(other),
    }
}
