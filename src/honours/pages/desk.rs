//! The desk: who can be nominated from which contest, the public notice, the appointment, and what is done about a title later.
use super::super::forms::ReasonForm;
use super::super::store::{self, Step};
use super::super::way::{self, MOST, is_final};
use super::super::{Gold, Hand, Proposal, Refusal, Standing, State};
use super::{name_of, span, tone};
use crate::access::Access::Oneself;
use crate::access::Permission::{self, ApproveContests, RunContests, SuperviseContests};
use crate::access::Viewer;
use crate::clock;
use crate::contests::pages::may_in;
use crate::contests::{self, Contest, Entry, EntryState};
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{ContestId, GoldId};
use crate::msg;
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use chrono::NaiveDate;
use serde::Deserialize;

pub(super) fn routes() -> Vec<Route> {
    vec![
        // Whoever has a duty in a contest comes here; anybody else finds nothing.
        get("/organize/honours", Oneself, index),
        get("/organize/honours/{contest}", Oneself, show),
        post("/organize/honours/{contest}/nominate", RunContests, nominate),
        post("/organize/honours/{contest}/notice", RunContests, notice),
        post("/organize/honours/{contest}/appoint", ApproveContests, appoint_all),
        get("/organize/honours/{contest}/{gold}", Oneself, one),
        post("/organize/honours/{contest}/{gold}/appoint", ApproveContests, appoint),
        post("/organize/honours/{contest}/{gold}/refuse", ApproveContests, refuse),
        // One proposes, another confirms: the organizer, the second person of approvals, the supervisor.
        post("/organize/honours/{contest}/{gold}/propose", Oneself, propose),
        post("/organize/honours/{contest}/{gold}/confirm", Oneself, confirm),
        post("/organize/honours/{contest}/{gold}/drop", Oneself, drop_proposal),
    ]
}

/// Contests on a page of the list.
const LINES: i64 = 20;
/// Who sees the desk, and who may propose that a title is suspended, reinstated or ended.
const DUTIES: &[Permission] = &[RunContests, ApproveContests, SuperviseContests];
/// Who confirms it.
const CONFIRM: &[Permission] = &[ApproveContests, SuperviseContests];
/// Who appoints, or does not.
const APPROVE: &[Permission] = &[ApproveContests];

/// A contest in which the viewer may do one of these; not found otherwise.
fn held(conn: &mut Conn, viewer: &Viewer, id: ContestId, duties: &[Permission]) -> Result<Contest> {
    if !duties.iter().any(|duty| may_in(viewer, *duty, id)) {
        return Err(Error::NotFound);
    }
    contests::contest(conn, id)
}

/// Somebody of a contest in which the viewer may do one of these; not found otherwise.
fn held_gold(
    conn: &mut Conn,
    viewer: &Viewer,
    (contest, id): (ContestId, GoldId),
    duties: &[Permission],
) -> Result<(Contest, Gold)> {
    let contest = held(conn, viewer, contest, duties)?;
    let gold = store::gold(conn, id)?;
    if gold.contest != contest.id {
        return Err(Error::NotFound);
    }
    Ok((contest, gold))
}

fn hand(page: &Page, viewer: &Viewer) -> Hand {
    Hand { account: viewer.account, person: viewer.person, doer: page.doer(), now: clock::now() }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ListQuery {
    page: Option<String>,
}

/// A contest with how many of it are in which state.
struct Line {
    contest: Contest,
    counts: Vec<(State, i64)>,
}

#[derive(Template)]
#[template(path = "honours/desk_index.html")]
struct Index {
    page: Page,
    rows: Vec<Line>,
    paging: Paging,
}

impl Index {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, query: &ListQuery) -> Result<Index> {
        if !DUTIES.iter().any(|duty| viewer.may(*duty)) {
            return Err(Error::NotFound);
        }
        let number = paging::number(&query.page);
        let mut ids = store::giving(conn, (number - 1) * LINES, LINES + 1)?;
        let paging = Paging::cut(&page.path, number, &mut ids, LINES)?;
        // Of the contests of this page those in which the viewer has a duty.
        ids.retain(|id| DUTIES.iter().any(|duty| may_in(viewer, *duty, *id)));
        let mut rows = vec![];
        for id in ids {
            rows.push(Line { contest: contests::contest(conn, id)?, counts: store::counts(conn, id)? });
        }
        Ok(Index { page, rows, paging })
    }
    fn count(&self, line: &Line, states: &[State]) -> i64 {
        line.counts.iter().filter(|one| states.contains(&one.0)).map(|one| one.1).sum()
    }
    fn nominated(&self, line: &Line) -> i64 {
        self.count(line, &[State::Nominated, State::PublicNotice])
    }
    fn appointed(&self, line: &Line) -> i64 {
        self.count(line, &[State::Appointed, State::Suspended, State::Ended])
    }
}

async fn index(page: Page, viewer: Viewer, db: Data<Db>, query: Query<ListQuery>) -> Reply {
    reply::page(&db.read(move |conn| Index::load(conn, page, &viewer, &query)).await?)
}

#[derive(Template)]
#[template(path = "honours/desk.html")]
struct Show {
    page: Page,
    contest: Contest,
    rows: Vec<Gold>,
    /// Awarded, agreed to be named, not nominated yet.
    fresh: Vec<Entry>,
    /// Awarded, but did not agree to be named.
    silent: Vec<Entry>,
    today: NaiveDate,
    may_run: bool,
    may_approve: bool,
    account: i64,
    form: ReasonForm,
    errors: Errors,
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: ContestId) -> Result<Show> {
        let contest = held(conn, viewer, id, DUTIES)?;
        if !is_final(&contest) || contest.gold_count == 0 {
            return Err(Error::NotFound);
        }
        let rows = store::of_contest(conn, id)?;
        let awarded = contests::entries_of(conn, id, EntryState::Awarded, (0, MOST))?;
        let is_new = |entry: &Entry| rows.iter().all(|one| one.person != entry.entrant);
        let (fresh, silent) = awarded.into_iter().filter(is_new).partition(|entry| entry.may_name);
        Ok(Show {
            page,
            rows,
            fresh,
            silent,
            today: clock::day(clock::now()),
            may_run: may_in(viewer, RunContests, id),
            may_approve: may_in(viewer, ApproveContests, id),
            account: viewer.account.0,
            contest,
            form: ReasonForm::default(),
            errors: Errors::default(),
        })
    }
    fn name(&self, gold: &Gold) -> String {
        name_of(&self.page, gold)
    }
    fn tone(&self, gold: &Gold) -> &'static str {
        tone(gold.standing(self.today))
    }
    fn words(&self, gold: &Gold) -> String {
        self.page.say(&gold.standing(self.today).words())
    }
    fn count(&self, standing: Standing) -> usize {
        self.rows.iter().filter(|one| one.standing(self.today) == standing).count()
    }
    fn waiting(&self) -> usize {
        self.count(Standing::Nominated)
    }
    fn running(&self) -> usize {
        self.count(Standing::Noticed)
    }
    fn ready(&self) -> usize {
        self.count(Standing::NoticeOver)
    }
    fn until(&self) -> String {
        let runs = self.rows.iter().filter(|one| one.standing(self.today) == Standing::Noticed);
        let until = runs.filter_map(|one| one.notice).map(|notice| notice.1).min();
        until.map_or_else(String::new, |day| self.page.day(&day))
    }
    /// The viewer nominated one of those who wait to be appointed.
    fn is_own(&self) -> bool {
        self.rows
            .iter()
            .any(|one| one.standing(self.today) == Standing::NoticeOver && one.nominated_by.0 == self.account)
    }
    /// How many there would be with those who are new.
    fn total(&self) -> usize {
        self.fresh.len() + self.rows.iter().filter(|one| one.state != State::Refused).count()
    }
    fn differs(&self) -> bool {
        i64::try_from(self.total()) != Ok(i64::from(self.contest.gold_count))
    }
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, id: Path<ContestId>) -> Reply {
    let id = *id;
    reply::page(&db.read(move |conn| Show::load(conn, page, &viewer, id)).await?)
}

async fn nominate(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<ContestId>,
    form: Form<ReasonForm>,
) -> Reply {
    let (id, form, by) = (*id, form.into_inner(), hand(&page, &viewer));
    let mut errors = Errors::default();
    match form.check_optional() {
        Ok(reason) => {
            let who = viewer.clone();
            let done = db.write(move |conn| {
                held(conn, &who, id, &[RunContests])?;
                way::nominate(conn, id, &reason, &by)
            });
            if done.await?.is_some() {
                return reply::see(format!("/organize/honours/{id}?done=gold-nominated"));
            }
        }
        Err(wrong) => errors = wrong,
    }
    let view = db.read(move |conn| Show::load(conn, page, &viewer, id)).await?;
    if errors.is_empty() {
        let (n, of) = (view.total(), view.contest.gold_count);
        errors = errors
            .with("reason", msg!("这样一共提名 {} 名，办法规定的是 {} 名。请写明按什么决定这样办。", n, of));
    }
    reply::invalid(&Show { form, errors, ..view })
}

/// Does a step of a contest that the viewer may do, and shows it.
async fn step(
    (page, viewer, db, id): (Page, Viewer, Data<Db>, ContestId),
    (duty, done): (Permission, &str),
    go: impl FnOnce(&mut Conn, ContestId, &Hand) -> Result<usize> + Send + 'static,
) -> Reply {
    let by = hand(&page, &viewer);
    db.write(move |conn| {
        held(conn, &viewer, id, &[duty])?;
        go(conn, id, &by)
    })
    .await?;
    reply::see(format!("/organize/honours/{id}?done={done}"))
}

async fn notice(page: Page, viewer: Viewer, db: Data<Db>, id: Path<ContestId>) -> Reply {
    step((page, viewer, db, *id), (RunContests, "gold-noticed"), way::start_notice).await
}

async fn appoint_all(page: Page, viewer: Viewer, db: Data<Db>, id: Path<ContestId>) -> Reply {
    step((page, viewer, db, *id), (ApproveContests, "gold-appointed"), way::appoint_all).await
}

#[derive(Template)]
#[template(path = "honours/desk_one.html")]
struct One {
    page: Page,
    contest: Contest,
    gold: Gold,
    steps: Vec<Step>,
    standing: Standing,
    proposals: Vec<Proposal>,
    /// Neither nominated by the viewer nor the viewer's own.
    is_second: bool,
    /// The viewer's own.
    is_own: bool,
    /// The viewer proposed what waits.
    is_mine: bool,
    may_approve: bool,
    may_confirm: bool,
    form: ReasonForm,
    errors: Errors,
}

impl One {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, ids: (ContestId, GoldId)) -> Result<One> {
        let (contest, gold) = held_gold(conn, viewer, ids, DUTIES)?;
        let today = clock::day(clock::now());
        let may = |duties: &[Permission]| duties.iter().any(|duty| may_in(viewer, *duty, contest.id));
        let is_own = gold.person == viewer.person;
        Ok(One {
            page,
            steps: store::record(conn, gold.id)?,
            standing: gold.standing(today),
            proposals: gold.proposals(today).to_vec(),
            is_own,
            is_second: !is_own && gold.nominated_by != viewer.account,
            is_mine: gold.proposed.is_some_and(|(_, by)| by == viewer.account),
            may_approve: may(APPROVE),
            may_confirm: may(CONFIRM),
            contest,
            gold,
            form: ReasonForm::default(),
            errors: Errors::default(),
        })
    }
    fn name(&self) -> String {
        name_of(&self.page, &self.gold)
    }
    fn tone(&self) -> &'static str {
        tone(self.standing)
    }
    fn is_open(&self) -> bool {
        matches!(self.standing, Standing::Nominated | Standing::Noticed | Standing::NoticeOver)
    }
    fn term(&self) -> Option<String> {
        self.gold.term.zip(self.gold.last_day()).map(|((from, _), last)| span(&self.page, (from, last)))
    }
    fn notice(&self) -> Option<String> {
        self.gold.notice.map(|notice| span(&self.page, notice))
    }
}

async fn one(page: Page, viewer: Viewer, db: Data<Db>, ids: Path<(ContestId, GoldId)>) -> Reply {
    let ids = *ids;
    reply::page(&db.read(move |conn| One::load(conn, page, &viewer, ids)).await?)
}

/// Where something is done: the page, who, and for whom.
type Place = (Page, Viewer, Data<Db>, (ContestId, GoldId));

/// Does something about somebody of a contest in which the viewer may do one of these.
async fn act(
    (page, viewer, db, ids): Place,
    (duties, done): (&'static [Permission], &str),
    go: impl FnOnce(&mut Conn, GoldId, &Hand) -> Result<()> + Send + 'static,
) -> Reply {
    let by = hand(&page, &viewer);
    db.write(move |conn| {
        let (_, gold) = held_gold(conn, &viewer, ids, duties)?;
        go(conn, gold.id, &by)
    })
    .await?;
    reply::see(format!("/organize/honours/{}/{}?done={done}", ids.0, ids.1))
}

/// The page again, with what was typed and what is wrong with it.
async fn again((page, viewer, db, ids): Place, form: ReasonForm, errors: Errors) -> Reply {
    let view = db.read(move |conn| One::load(conn, page, &viewer, ids)).await?;
    reply::invalid(&One { form, errors, ..view })
}

async fn appoint(page: Page, viewer: Viewer, db: Data<Db>, ids: Path<(ContestId, GoldId)>) -> Reply {
    act((page, viewer, db, *ids), (APPROVE, "gold-appointed"), way::appoint).await
}

async fn refuse(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    ids: Path<(ContestId, GoldId)>,
    form: Form<ReasonForm>,
) -> Reply {
    let place = (page, viewer, db, *ids);
    match form.check() {
        Ok(reason) => {
            let go = move |conn: &mut Conn, id, by: &Hand| way::refuse(conn, id, &reason, by);
            act(place, (APPROVE, "gold-refused"), go).await
        }
        Err(errors) => again(place, form.into_inner(), errors).await,
    }
}

async fn propose(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    ids: Path<(ContestId, GoldId)>,
    form: Form<ReasonForm>,
) -> Reply {
    let place = (page, viewer, db, *ids);
    match form.check_proposal() {
        Ok((what, reason)) => {
            let go = move |conn: &mut Conn, id, by: &Hand| way::propose(conn, id, (what, &reason), by);
            act(place, (DUTIES, "gold-proposed"), go).await
        }
        Err(errors) => again(place, form.into_inner(), errors).await,
    }
}

async fn confirm(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    ids: Path<(ContestId, GoldId)>,
    form: Form<ReasonForm>,
) -> Reply {
    let what = form.seen();
    let go = move |conn: &mut Conn, id, by: &Hand| way::confirm(conn, id, what.ok_or(Refusal::NotNow)?, by);
    act((page, viewer, db, *ids), (CONFIRM, "gold-confirmed"), go).await
}

async fn drop_proposal(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    ids: Path<(ContestId, GoldId)>,
    form: Form<ReasonForm>,
) -> Reply {
    let what = form.seen();
    let go =
        move |conn: &mut Conn, id, by: &Hand| way::drop_proposal(conn, id, what.ok_or(Refusal::NotNow)?, by);
    act((page, viewer, db, *ids), (DUTIES, "gold-dropped"), go).await
}
