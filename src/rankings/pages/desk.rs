//! The desk of rankings: what is computed, checked, published, in notice, final; each with its next step and, where that is another
//! person's, whose.
use super::view::Shown;
use super::{PageQuery, tag};
use crate::access::Permission::{self, CheckRankings, PublishRankings};
use crate::access::Viewer;
use crate::clock;
use crate::config::Config;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{RankingId, SnapshotId};
use crate::rankings::forms::{PublishForm, RankingForm, ReasonForm};
use crate::rankings::store::{self, Desk, Ranking, Redaction, Snapshot};
use crate::rankings::{self, Kind, Press, Refusal, State, Witness};
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{self, Data, Form, Path, Query};
use askama::Template;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    vec![
        get("/organize/rankings", CheckRankings, index),
        get("/organize/rankings/new", PublishRankings, new),
        post("/organize/rankings", PublishRankings, define),
        post("/organize/rankings/of/{ranking}/compute", PublishRankings, compute),
        post("/organize/rankings/of/{ranking}/redact", PublishRankings, redact),
        get("/organize/rankings/{snapshot}", CheckRankings, show),
        post("/organize/rankings/{snapshot}/check", CheckRankings, check),
        post("/organize/rankings/{snapshot}/publish", PublishRankings, publish),
        post("/organize/rankings/{snapshot}/finish", PublishRankings, finish),
        post("/organize/rankings/{snapshot}/withdraw", PublishRankings, withdraw),
    ]
}

/// Rankings are the city's: a role for a part of it does not reach them.
fn of_city(page: &Page, permission: Permission) -> Result<()> {
    let paths = page.viewer.as_ref().map(|viewer| viewer.paths(permission)).unwrap_or_default();
    if paths.iter().any(|path| path == "/") { Ok(()) } else { Err(Error::NotFound) }
}

/// Snapshots on a page of the list.
const LINES: i64 = 20;
/// Names that were taken out, on the page of a snapshot.
const REDACTIONS: i64 = 50;

#[derive(Template)]
#[template(path = "rankings/desk.html")]
struct Index {
    page: Page,
    state: State,
    rows: Vec<Desk>,
    /// Rankings by ratings, which are computed from here.
    ratings: Vec<Ranking>,
    paging: Paging,
    may_publish: bool,
    problem: Option<String>,
}

#[derive(Deserialize)]
struct StateQuery {
    state: Option<String>,
    page: Option<String>,
}

impl Index {
    fn load(conn: &mut Conn, page: Page, state: State, number: i64) -> Result<Index> {
        let mut rows = store::at_desk(conn, state, (number - 1) * LINES, LINES + 1)?;
        let paging = Paging::cut(&page.path, number, &mut rows, LINES)?;
        let ratings = store::of_ratings(conn)?;
        let may_publish = of_city(&page, PublishRankings).is_ok();
        Ok(Index { state, rows, ratings, paging, may_publish, problem: None, page })
    }
    fn states(&self) -> [State; 6] {
        [
            State::Computed,
            State::Checked,
            State::Provisional,
            State::Final,
            State::Superseded,
            State::Withdrawn,
        ]
    }
    fn words(&self, state: &State) -> String {
        self.page.say(&state.words())
    }
    fn kind(&self, kind: &Kind) -> String {
        self.page.say(&kind.words())
    }
    fn tag(&self, state: &State) -> &'static str {
        tag(*state)
    }
}

async fn index(page: Page, db: Data<Db>, config: Data<Config>, query: Query<StateQuery>) -> Reply {
    of_city(&page, CheckRankings)?;
    let number = paging::number(&query.page);
    let state = query.state.as_deref().and_then(State::of).unwrap_or(State::Computed);
    let witness = Witness::of(&config);
    let view = db
        .read(move |conn| {
            let lost = match witness.must_be_held(conn) {
                Err(Error::Refused(why)) => Some(page.say(&why)),
                other => other.map(|()| None)?,
            };
            Ok(Index { problem: lost, ..Index::load(conn, page, state, number)? })
        })
        .await?;
    reply::page(&view)
}

#[derive(Template)]
#[template(path = "rankings/new.html")]
struct New {
    page: Page,
    form: RankingForm,
    errors: Errors,
}

impl New {
    fn is_chosen(&self, kind: &str) -> bool {
        self.form.kind == kind
    }
    fn kinds(&self) -> [(&'static str, &'static str); 2] {
        [
            (Kind::LectureRating.as_str(), self.page.t("课程评价")),
            (Kind::LecturerRating.as_str(), self.page.t("讲师评价")),
        ]
    }
}

async fn new(page: Page) -> Reply {
    of_city(&page, PublishRankings)?;
    let form = RankingForm { top_k: "100".into(), ..RankingForm::default() };
    reply::page(&New { page, form, errors: Errors::default() })
}

async fn define(page: Page, db: Data<Db>, form: Form<RankingForm>) -> Reply {
    of_city(&page, PublishRankings)?;
    let (kind, title, top_k) = match form.check() {
        Ok(draft) => draft,
        Err(errors) => return reply::invalid(&New { page, form: form.into_inner(), errors }),
    };
    let doer = page.doer();
    let made = db
        .write(move |conn| {
            let now = clock::now();
            let id = rankings::define(conn, (kind, &title, top_k), &doer, now)?;
            rankings::ask(conn, id, None, &doer, now)
        })
        .await;
    match made {
        Ok(()) => reply::see("/organize/rankings?done=ranking-asked"),
        Err(Error::Refused(why)) => {
            let errors = Errors::default().with("kind", why);
            reply::invalid(&New { page, form: form.into_inner(), errors })
        }
        Err(other) => Err(other),
    }
}

async fn compute(page: Page, db: Data<Db>, path: Path<RankingId>, form: Form<ReasonForm>) -> Reply {
    of_city(&page, PublishRankings)?;
    let (id, doer) = (path.into_inner(), page.doer());
    let reason = form.check_optional().map_err(|errors| first(&errors))?;
    db.write(move |conn| rankings::ask(conn, id, reason.as_deref(), &doer, clock::now())).await?;
    reply::see("/organize/rankings?done=ranking-asked")
}

/// The first problem of a form that has no page of its own.
fn first(errors: &Errors) -> Error {
    let problem = errors.iter().next().map(|(_, problem)| problem.clone());
    Error::Refused(problem.unwrap_or_else(|| crate::msg!("请填写")))
}

#[derive(Template)]
#[template(path = "rankings/desk_show.html")]
struct Show {
    page: Page,
    shown: Shown,
    /// Why this viewer does not do the next step.
    bar: Option<String>,
    may_publish: bool,
    is_over: bool,
    form: PublishForm,
    reasons: ReasonForm,
    errors: Errors,
    redactions: Vec<Redaction>,
}

impl std::ops::Deref for Show {
    type Target = Shown;
    fn deref(&self) -> &Shown {
        &self.shown
    }
}

impl Show {
    fn load(conn: &mut Conn, page: Page, id: SnapshotId, number: i64) -> Result<Show> {
        let snapshot = store::find(conn, id)?;
        let viewer = page.viewer.as_ref().ok_or(Error::SignIn)?;
        let bar = barrier(&snapshot, viewer).map(|why| page.say(&why.words()));
        let is_over = snapshot.notice_until.is_some_and(|until| until < clock::day(clock::now()));
        let redactions = store::redactions(conn, snapshot.ranking, REDACTIONS)?;
        let shown = Shown::load(conn, &page, snapshot, number)?;
        Ok(Show {
            may_publish: of_city(&page, PublishRankings).is_ok(),
            page,
            shown,
            bar,
            is_over,
            form: PublishForm::default(),
            reasons: ReasonForm::default(),
            errors: Errors::default(),
            redactions,
        })
    }
    fn words(&self, state: &State) -> String {
        self.page.say(&state.words())
    }
}

/// Why the next step is another person's.
fn barrier(snapshot: &Snapshot, viewer: &Viewer) -> Option<Refusal> {
    match snapshot.state {
        State::Computed if snapshot.computed_by == viewer.account => Some(Refusal::OwnWork),
        State::Checked if snapshot.checked_by == Some(viewer.account) => Some(Refusal::OwnCheck),
        _ => None,
    }
}

async fn show(page: Page, db: Data<Db>, path: Path<SnapshotId>, query: Query<PageQuery>) -> Reply {
    of_city(&page, CheckRankings)?;
    let (id, number) = (path.into_inner(), paging::number(&query.page));
    let view = db.read(move |conn| Show::load(conn, page, id, number)).await?;
    reply::page(&view)
}

/// The page of a snapshot again, with what is wrong with a form on it.
async fn again(
    page: Page,
    db: &Db,
    id: SnapshotId,
    change: impl FnOnce(&mut Show) + Send + 'static,
) -> Reply {
    let view = db
        .read(move |conn| {
            let mut view = Show::load(conn, page, id, 1)?;
            change(&mut view);
            Ok(view)
        })
        .await?;
    reply::invalid(&view)
}

async fn check(page: Page, db: Data<Db>, path: Path<SnapshotId>) -> Reply {
    of_city(&page, CheckRankings)?;
    let (id, doer) = (path.into_inner(), page.doer());
    db.write(move |conn| rankings::check(conn, id, &doer, clock::now())).await?;
    reply::see(format!("/organize/rankings/{id}?done=ranking-checked"))
}

/// A snapshot that is published and made final here. Results of contests are not: the contest promised the days of its notice,
/// knows what a ruling still asks for, and tells those who entered.
fn of_desk(conn: &mut Conn, id: SnapshotId) -> Result<()> {
    match store::find(conn, id)?.kind {
        Kind::Contest => Err(Refusal::OfContest.into()),
        Kind::LecturerRating | Kind::LectureRating => Ok(()),
    }
}

/// Runs what publishes, off the threads of pages.
async fn pressed(
    db: &Db,
    config: &Config,
    work: impl FnOnce(&mut Conn, &Press) -> Result<()> + Send + 'static,
) -> Result<()> {
    let (db, witness) = (db.clone(), Witness::of(config));
    web::block(move || rankings::publishing(&db, &witness, work)).await.map_err(Error::internal)?
}

async fn publish(
    page: Page,
    db: Data<Db>,
    config: Data<Config>,
    path: Path<SnapshotId>,
    form: Form<PublishForm>,
) -> Reply {
    of_city(&page, PublishRankings)?;
    let (id, doer) = (path.into_inner(), page.doer());
    db.read(move |conn| of_desk(conn, id)).await?;
    let days = match form.check() {
        Ok(days) => days,
        Err(errors) => {
            let form = form.into_inner();
            return again(page, &db, id, move |view| (view.form, view.errors) = (form, errors)).await;
        }
    };
    pressed(&db, &config, move |conn, press| rankings::publish(conn, press, id, days, &doer, clock::now()))
        .await?;
    reply::see(format!("/organize/rankings/{id}?done=ranking-published"))
}

async fn finish(page: Page, db: Data<Db>, config: Data<Config>, path: Path<SnapshotId>) -> Reply {
    of_city(&page, PublishRankings)?;
    let (id, doer) = (path.into_inner(), page.doer());
    db.read(move |conn| of_desk(conn, id)).await?;
    pressed(&db, &config, move |conn, press| rankings::finish(conn, press, id, &doer, clock::now())).await?;
    reply::see(format!("/organize/rankings/{id}?done=ranking-final"))
}

async fn withdraw(
    page: Page,
    db: Data<Db>,
    config: Data<Config>,
    path: Path<SnapshotId>,
    form: Form<ReasonForm>,
) -> Reply {
    of_city(&page, PublishRankings)?;
    let (id, doer) = (path.into_inner(), page.doer());
    let reason = match form.check() {
        Ok(reason) => reason,
        Err(errors) => {
            let form = form.into_inner();
            return again(page, &db, id, move |view| (view.reasons, view.errors) = (form, errors)).await;
        }
    };
    pressed(&db, &config, move |conn, press| {
        rankings::withdraw(conn, press, id, &reason, &doer, clock::now())
    })
    .await?;
    reply::see(format!("/organize/rankings/{id}?done=ranking-withdrawn"))
}

async fn redact(page: Page, db: Data<Db>, path: Path<RankingId>, form: Form<ReasonForm>) -> Reply {
    of_city(&page, PublishRankings)?;
    let (ranking, doer) = (path.into_inner(), page.doer());
    db.read(move |conn| store::ranking(conn, ranking)).await?;
    let (subject, reason) = form.check_subject().map_err(|errors| first(&errors))?;
    let newest = db
        .write(move |conn| {
            rankings::redact(conn, ranking, &subject, &reason, &doer, clock::now())?;
            Ok(store::ranking(conn, ranking)?.published_revision)
        })
        .await?;
    let id = db.read(move |conn| store::revision(conn, ranking, newest.max(1))).await?.id;
    reply::see(format!("/organize/rankings/{id}?done=name-redacted"))
}
