//! A round at the desk: its rubric and the rest of its method, who froze and approved it, its lots and its start.
use super::super::forms::{DigestForm, DrawForm, ReasonForm, RoundForm, StartForm};
use super::super::store::{self, RoundDraft};
use super::super::way::{self, By};
use super::super::{Breaker, Contest, Method, Panels, Refusal, Round, RoundKind, RoundState, State};
use super::words::method_facts;
use super::{DUTIES, LARGEST, by, held, may_in};
use crate::access::Access::Oneself;
use crate::access::Permission::{ApproveContests, RunContests};
use crate::access::Viewer;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{ContestId, RoundId, digest};
use crate::web::body;
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path, Payload};
use askama::Template;

pub(super) fn routes() -> Vec<Route> {
    vec![
        post("/organize/contests/{contest}/rounds", RunContests, add),
        get("/organize/contests/{contest}/rounds/{round}", Oneself, show),
        post("/organize/contests/{contest}/rounds/{round}", RunContests, update),
        post("/organize/contests/{contest}/rounds/{round}/remove", RunContests, remove),
        post("/organize/contests/{contest}/rounds/{round}/freeze", RunContests, freeze),
        post("/organize/contests/{contest}/rounds/{round}/thaw", RunContests, thaw),
        post("/organize/contests/{contest}/rounds/{round}/approve", ApproveContests, approve),
        post("/organize/contests/{contest}/rounds/{round}/draw", RunContests, draw),
        post("/organize/contests/{contest}/rounds/{round}/start", RunContests, start),
    ]
}

/// Names what stands in a round: who saves names what it was made from.
fn seen(round: &Round) -> String {
    let of = (round.kind.as_str(), &round.title, round.panels, round.sheets_each, round.judge_load);
    digest(&format!("{of:?}{}", round.method_sha256))
}

#[derive(Template)]
#[template(path = "contests/round.html")]
struct Show {
    page: Page,
    contest: Contest,
    round: Round,
    is_last: bool,
    facts: Vec<(String, Vec<String>)>,
    lots: Vec<(i32, String, i32)>,
    may_run: bool,
    may_approve: bool,
    /// The viewer froze it: another one approves.
    is_own: bool,
    form: RoundForm,
    /// What somebody else saved meanwhile.
    theirs: Vec<(String, String)>,
    reason: String,
    outside: String,
    due: String,
    errors: Errors,
}

/// A round of this contest, for one of these duties.
fn round_of(
    conn: &mut Conn,
    viewer: &Viewer,
    (contest, round): (ContestId, RoundId),
    duties: &[crate::access::Permission],
) -> Result<(Contest, Round)> {
    let held = held(conn, viewer, contest, duties)?;
    let round = store::round(conn, round)?;
    if round.contest == contest { Ok((held, round)) } else { Err(Error::NotFound) }
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, ids: (ContestId, RoundId)) -> Result<Show> {
        let (contest, round) = round_of(conn, viewer, ids, &DUTIES)?;
        let last = store::rounds(conn, contest.id)?.last().map(|one| one.id);
        let lots = if round.drawn_at.is_some() { store::lots(conn, round.id)? } else { vec![] };
        Ok(Show {
            is_last: last == Some(round.id),
            facts: method_facts(&page, &round),
            may_run: may_in(viewer, RunContests, contest.id),
            may_approve: may_in(viewer, ApproveContests, contest.id),
            is_own: round.frozen_by == Some(viewer.account),
            form: RoundForm { seen: seen(&round), ..RoundForm::of(&round) },
            theirs: vec![],
            reason: String::new(),
            outside: String::new(),
            due: String::new(),
            errors: Errors::default(),
            page,
            contest,
            round,
            lots,
        })
    }
    fn may_write(&self) -> bool {
        self.may_run && self.round.frozen_by.is_none() && !self.contest.is_suspended && self.is_draft()
    }
    fn is_draft(&self) -> bool {
        self.contest.state == State::Draft
    }
    fn is(&self, state: RoundState) -> bool {
        self.round.state == state
    }
    fn kinds(&self) -> Vec<(&'static str, String)> {
        RoundKind::ALL.iter().map(|one| (one.as_str(), self.page.say(&one.words()))).collect()
    }
    fn methods(&self) -> Vec<(&'static str, String)> {
        Panels::ALL.iter().map(|one| (one.as_str(), self.page.say(&one.words()))).collect()
    }
    fn boundaries(&self) -> [(&'static str, &'static str); 2] {
        [("strict", self.page.t("由评委书面表决")), ("include_ties", self.page.t("并列的都算"))]
    }
    fn audiences(&self) -> [(&'static str, &'static str); 3] {
        let page = &self.page;
        [("none", page.t("没有")), ("place", page.t("按名次折成 100 分")), ("step", page.t("每低一名少几分"))]
    }
    fn may_draw(&self) -> bool {
        self.may_run
            && self.is(RoundState::Waiting)
            && !self.round.seed_commit.is_empty()
            && !self.contest.is_suspended
    }
    fn may_start(&self) -> bool {
        self.may_run && self.is(RoundState::Drawn) && !self.contest.is_suspended
    }
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, ids: Path<(ContestId, RoundId)>) -> Reply {
    let ids = *ids;
    reply::page(&db.read(move |conn| Show::load(conn, page, &viewer, ids)).await?)
}

async fn add(page: Page, viewer: Viewer, db: Data<Db>, id: Path<ContestId>) -> Reply {
    let (id, by) = (*id, by(&page, &viewer));
    let round = db
        .write(move |conn| {
            let contest = held(conn, &viewer, id, &[RunContests])?;
            let n = store::rounds(conn, id)?.len();
            let kind = if n == 0 { RoundKind::VideoPrelim } else { RoundKind::Final };
            // Judges see a recording first, and the talk itself in the end.
            let kind = if contest.needs_video { kind } else { RoundKind::Final };
            let method = Method::usual(u32::try_from(contest.gold_count).unwrap_or(10).max(1));
            let title = kind.words().to_string();
            let draft = RoundDraft { kind, title, panels: 1, sheets_each: 0, judge_load: 0, method };
            way::add_round(conn, id, &draft, &by)
        })
        .await?;
    reply::see(format!("/organize/contests/{id}/rounds/{round}?done=added"))
}

async fn update(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    ids: Path<(ContestId, RoundId)>,
    sent: Payload,
) -> Reply {
    let ids = *ids;
    let mut form = RoundForm::read(&body::pairs(sent, LARGEST).await?);
    let (by, who) = (by(&page, &viewer), viewer.clone());
    let view = db.read(move |conn| Show::load(conn, page, &viewer, ids)).await?;
    let draft = match form.check() {
        Ok(draft) => draft,
        Err(errors) => return reply::invalid(&Show { form, errors, ..view }),
    };
    let from = form.seen.clone();
    let overtaken = db
        .write(move |conn| {
            // Locked before it is read: what is compared is what will be overwritten.
            store::lock(conn, ids.0)?;
            let (_, round) = round_of(conn, &who, ids, &[RunContests])?;
            if seen(&round) != from && round.frozen_by.is_none() {
                return Ok(Some(round));
            }
            way::save_round(conn, ids.1, &draft, &by)?;
            Ok(None)
        })
        .await?;
    match overtaken {
        None => reply::see(format!("/organize/contests/{}/rounds/{}?done=saved", ids.0, ids.1)),
        Some(round) => {
            form.seen = seen(&round);
            let mut theirs = vec![(view.page.t("名称").to_owned(), round.title.clone())];
            theirs.extend(
                round.method.criteria.iter().map(|one| (one.name.clone(), format!("{}%", one.weight))),
            );
            let facts = method_facts(&view.page, &round);
            theirs.extend(facts.into_iter().map(|(about, says)| (about, says.join(" "))));
            let errors = Errors::default().with("title", Refusal::Overtaken.words());
            reply::invalid(&Show { form, errors, theirs, ..view })
        }
    }
}

/// Does a step of a round of a contest that the viewer holds, and shows where it is now.
async fn step(
    (page, viewer, db, ids): (Page, Viewer, Data<Db>, (ContestId, RoundId)),
    (duty, to): (crate::access::Permission, String),
    go: impl FnOnce(&mut Conn, RoundId, &By) -> Result<()> + Send + 'static,
) -> Reply {
    let by = by(&page, &viewer);
    db.write(move |conn| {
        round_of(conn, &viewer, ids, &[duty])?;
        go(conn, ids.1, &by)
    })
    .await?;
    reply::see(to)
}

/// The address of a round with a notice.
fn to(ids: (ContestId, RoundId), done: &str) -> String {
    format!("/organize/contests/{}/rounds/{}?done={done}", ids.0, ids.1)
}

async fn remove(page: Page, viewer: Viewer, db: Data<Db>, ids: Path<(ContestId, RoundId)>) -> Reply {
    let to = format!("/organize/contests/{}?done=removed", ids.0);
    step((page, viewer, db, *ids), (RunContests, to), way::remove_round).await
}

async fn freeze(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    ids: Path<(ContestId, RoundId)>,
    form: Form<DigestForm>,
) -> Reply {
    let digest = form.into_inner().digest;
    let go = move |conn: &mut Conn, id, by: &By| way::freeze(conn, id, &digest, by);
    step((page, viewer, db, *ids), (RunContests, to(*ids, "method-frozen")), go).await
}

async fn approve(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    ids: Path<(ContestId, RoundId)>,
    form: Form<DigestForm>,
) -> Reply {
    let digest = form.into_inner().digest;
    let go = move |conn: &mut Conn, id, by: &By| way::approve(conn, id, &digest, by);
    step((page, viewer, db, *ids), (ApproveContests, to(*ids, "method-approved")), go).await
}

async fn thaw(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    ids: Path<(ContestId, RoundId)>,
    form: Form<ReasonForm>,
) -> Reply {
    let ids = *ids;
    match form.check() {
        Ok(reason) => {
            let go = move |conn: &mut Conn, id, by: &By| way::thaw(conn, id, &reason, by);
            step((page, viewer, db, ids), (RunContests, to(ids, "method-thawed")), go).await
        }
        Err(errors) => {
            let view = db.read(move |conn| Show::load(conn, page, &viewer, ids)).await?;
            reply::invalid(&Show { reason: form.into_inner().reason, errors, ..view })
        }
    }
}

async fn draw(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    ids: Path<(ContestId, RoundId)>,
    form: Form<DrawForm>,
) -> Reply {
    let ids = *ids;
    match form.check() {
        Ok(outside) => {
            let go = move |conn: &mut Conn, id, by: &By| way::draw(conn, id, &outside, by);
            step((page, viewer, db, ids), (RunContests, to(ids, "lots-drawn")), go).await
        }
        Err(errors) => {
            let view = db.read(move |conn| Show::load(conn, page, &viewer, ids)).await?;
            reply::invalid(&Show { outside: form.into_inner().outside, errors, ..view })
        }
    }
}

async fn start(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    ids: Path<(ContestId, RoundId)>,
    form: Form<StartForm>,
) -> Reply {
    let ids = *ids;
    match form.check(clock::now()) {
        Ok(due) => {
            let go = move |conn: &mut Conn, id, by: &By| way::start(conn, id, due, by);
            step((page, viewer, db, ids), (RunContests, to(ids, "round-started")), go).await
        }
        Err(errors) => {
            let view = db.read(move |conn| Show::load(conn, page, &viewer, ids)).await?;
            reply::invalid(&Show { due: form.into_inner().due, errors, ..view })
        }
    }
}
