//! The organizer's desk: the list, what is said of a contest, where it stands and its next step.
use super::super::forms::{ContestForm, ReasonForm};
use super::super::store::{self, ContestDraft};
use super::super::way::{self, By};
use super::super::{Contest, EntryState, Refusal, Round, RoundState, State};
use super::words::{Line, Phase, phases};
use super::{DUTIES, LINES, by, held, may_in};
use crate::access::Access::Oneself;
use crate::access::Permission::{ApproveContests, KeepScores, RunContests, ScreenEntries, SuperviseContests};
use crate::access::Viewer;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{ContestId, random_hex};
use crate::web::form::{Errors, key};
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use serde::Deserialize;

pub(super) fn routes() -> Vec<Route> {
    vec![
        // Whoever has a duty in a contest comes here; anybody else finds nothing.
        get("/organize/contests", Oneself, index),
        get("/organize/contests/new", RunContests, new),
        post("/organize/contests", RunContests, create),
        get("/organize/contests/{contest}", Oneself, show),
        get("/organize/contests/{contest}/record", Oneself, record),
        get("/organize/contests/{contest}/entries", Oneself, entries),
        get("/organize/contests/{contest}/edit", RunContests, edit),
        post("/organize/contests/{contest}/edit", RunContests, update),
        post("/organize/contests/{contest}/announce", RunContests, announce),
        post("/organize/contests/{contest}/open", RunContests, open),
        post("/organize/contests/{contest}/close", RunContests, close),
        post("/organize/contests/{contest}/archive", RunContests, archive),
        post("/organize/contests/{contest}/suspend", RunContests, suspend),
        post("/organize/contests/{contest}/resume", RunContests, resume),
    ]
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ListQuery {
    state: String,
    page: Option<String>,
}

#[derive(Template)]
#[template(path = "contests/desk_index.html")]
struct Index {
    page: Page,
    rows: Vec<Contest>,
    paging: Paging,
    may_run: bool,
}

/// The kind of tag in which a state is shown.
pub(super) fn tone(state: State) -> &'static str {
    match state {
        State::Draft => "wait",
        State::Open | State::Provisional => "info",
        State::Final => "done",
        _ => "",
    }
}

impl Index {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, query: &ListQuery) -> Result<Index> {
        if !DUTIES.iter().any(|duty| viewer.may(*duty)) {
            return Err(Error::NotFound);
        }
        let number = paging::number(&query.page);
        let mut rows = store::contests(conn, true, (number - 1) * LINES, LINES + 1)?;
        let paging = Paging::cut(&page.path, number, &mut rows, LINES)?;
        // Of the contests of this page those in which the viewer has a duty.
        rows.retain(|one| DUTIES.iter().any(|duty| may_in(viewer, *duty, one.id)));
        Ok(Index { may_run: page.may(RunContests), page, rows, paging })
    }
    fn tone(&self, row: &Contest) -> &'static str {
        tone(row.state)
    }
}

async fn index(page: Page, viewer: Viewer, db: Data<Db>, query: Query<ListQuery>) -> Reply {
    reply::page(&db.read(move |conn| Index::load(conn, page, &viewer, &query)).await?)
}

/// The form of a contest: a new one, or one that is changed.
#[derive(Template)]
#[template(path = "contests/edit.html")]
struct Edit {
    page: Page,
    contest: Option<Contest>,
    form: ContestForm,
    /// What somebody else saved meanwhile.
    theirs: Vec<(&'static str, String)>,
    errors: Errors,
}

impl Edit {
    /// What was promised when it was announced cannot be changed any more.
    fn is_bound(&self) -> bool {
        self.contest.as_ref().is_some_and(|contest| contest.state != State::Draft)
    }
}

async fn new(page: Page) -> Reply {
    let form = ContestForm {
        needs_video: "1".into(),
        notice_days: "5".into(),
        gold_count: "10".into(),
        gold_years: "2".into(),
        key: random_hex(16),
        ..ContestForm::default()
    };
    reply::page(&Edit { page, contest: None, form, theirs: vec![], errors: Errors::default() })
}

async fn create(page: Page, viewer: Viewer, db: Data<Db>, form: Form<ContestForm>) -> Reply {
    let form = form.into_inner();
    let (draft, mut errors) = match form.check() {
        Ok(draft) => (Some(draft), Errors::default()),
        Err(errors) => (None, errors),
    };
    let slug = errors.take("slug", form.check_slug());
    let sent = errors.take("title", key(&form.key));
    let (Some(draft), Some(slug), Some(sent)) = (draft, slug, sent) else {
        return reply::invalid(&Edit { page, contest: None, form, theirs: vec![], errors });
    };
    let by = by(&page, &viewer);
    match db.write(move |conn| way::create(conn, (&slug, &sent), &draft, &by)).await {
        Ok(id) => reply::see(format!("/organize/contests/{id}?done=contest-made")),
        Err(Error::Refused(words)) if words == Refusal::SlugTaken.words() => {
            let errors = Errors::default().with("slug", words);
            reply::invalid(&Edit { page, contest: None, form, theirs: vec![], errors })
        }
        Err(other) => Err(other),
    }
}

async fn edit(page: Page, viewer: Viewer, db: Data<Db>, id: Path<ContestId>) -> Reply {
    let id = *id;
    let contest = db.read(move |conn| held(conn, &viewer, id, &[RunContests])).await?;
    let form = ContestForm::of(&contest);
    reply::page(&Edit { page, contest: Some(contest), form, theirs: vec![], errors: Errors::default() })
}

/// What another saved, where it differs.
fn theirs(page: &Page, contest: &Contest, draft: &ContestDraft) -> Vec<(&'static str, String)> {
    let video = |needs: bool| page.t(if needs { "要有录像" } else { "不要录像" }).to_owned();
    let all = [
        (page.t("名称"), contest.title.clone(), draft.title.clone()),
        (page.t("一句话简介"), contest.summary.clone(), draft.summary.clone()),
        (page.t("参赛须知"), contest.rules.clone(), draft.rules.clone()),
        (page.t("报名从哪天起"), page.day(&contest.opens_on), page.day(&draft.opens_on)),
        (page.t("报名到哪天止"), page.day(&contest.closes_on), page.day(&draft.closes_on)),
        (page.t("录像"), video(contest.needs_video), video(draft.needs_video)),
        (page.t("公示几个工作日"), contest.notice_days.to_string(), draft.notice_days.to_string()),
    ];
    all.into_iter().filter(|one| one.1 != one.2).map(|one| (one.0, one.1)).collect()
}

async fn update(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<ContestId>,
    form: Form<ContestForm>,
) -> Reply {
    let (id, mut form) = (*id, form.into_inner());
    let who = viewer.clone();
    let contest = db.read(move |conn| held(conn, &who, id, &[RunContests])).await?;
    let draft = match form.check() {
        Ok(draft) => draft,
        Err(errors) => {
            return reply::invalid(&Edit { page, contest: Some(contest), form, theirs: vec![], errors });
        }
    };
    let (by, revision, sent) = (by(&page, &viewer), form.revision, draft.clone());
    match db.write(move |conn| way::save(conn, id, &sent, revision, &by)).await {
        Ok(()) => reply::see(format!("/organize/contests/{id}?done=saved")),
        Err(Error::Refused(words)) if words == Refusal::Overtaken.words() => {
            let contest = db.read(move |conn| store::contest(conn, id)).await?;
            let errors = Errors::default().with("title", words);
            form.revision = contest.revision;
            let theirs = theirs(&page, &contest, &draft);
            reply::invalid(&Edit { page, contest: Some(contest), form, theirs, errors })
        }
        Err(other) => Err(other),
    }
}

/// The one next step of a contest.
enum Next {
    AddRound,
    /// The method of this round has to be frozen, or approved by another one.
    Freeze(Round),
    Approve(Round),
    Announce,
    Open,
    Close,
    /// So many entries wait for a verdict.
    Screen(i64),
    Draw(Round),
    /// Judges and sheets are assigned, then the round starts.
    Start(Round),
    /// Sheets are coming in.
    Sheets(Round),
    Archive,
    Over,
}

impl Next {
    fn of(contest: &Contest, rounds: &[Round], waiting: i64) -> Next {
        let first = |is_it: &dyn Fn(&Round) -> bool| rounds.iter().find(|round| is_it(round)).cloned();
        match contest.state {
            State::Draft => {
                match (first(&|round| round.frozen_by.is_none()), first(&|round| round.approved_at.is_none()))
                {
                    _ if rounds.is_empty() => Next::AddRound,
                    (Some(round), _) => Next::Freeze(round),
                    (None, Some(round)) => Next::Approve(round),
                    (None, None) => Next::Announce,
                }
            }
            State::Announced => Next::Open,
            State::Open => Next::Close,
            State::Screening if waiting > 0 => Next::Screen(waiting),
            State::Final => Next::Archive,
            State::Archived => Next::Over,
            _ => match first(&|round| round.state != RoundState::Final) {
                Some(round) => match round.state {
                    RoundState::Waiting => Next::Draw(round),
                    RoundState::Drawn => Next::Start(round),
                    _ => Next::Sheets(round),
                },
                None => Next::Over,
            },
        }
    }
}

#[derive(Template)]
#[template(path = "contests/desk.html")]
struct Show {
    page: Page,
    contest: Contest,
    rounds: Vec<Round>,
    counts: Vec<(EntryState, i64)>,
    phases: Vec<Phase>,
    lines: Vec<Line>,
    next: Next,
    account: i64,
    may_run: bool,
    may_approve: bool,
    may_screen: bool,
    /// Sees judges and sheets.
    may_judge: bool,
    reason: String,
    errors: Errors,
}

/// Of entries by state: how many were handed in ever, and how many were screened.
pub(super) fn sums(counts: &[(EntryState, i64)]) -> (i64, i64) {
    use EntryState::*;
    let of =
        |states: &[EntryState]| counts.iter().filter(|one| states.contains(&one.0)).map(|one| one.1).sum();
    let screened = [Screened, Competing, Scored, Promoted, Eliminated, Awarded, Disqualified];
    let other = [Submitted, BranchEndorsed, Returned, Refused];
    let screened: i64 = of(&screened);
    let other: i64 = of(&other);
    (screened + other, screened)
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: ContestId) -> Result<Show> {
        let contest = held(conn, viewer, id, &DUTIES)?;
        let rounds = store::rounds(conn, id)?;
        let counts = store::entry_counts(conn, id)?;
        let waiting = counts.iter().find(|one| one.0 == EntryState::BranchEndorsed).map_or(0, |one| one.1);
        let lines = store::record(conn, id, 0, 5)?.into_iter().map(|step| Line::of(&page, step)).collect();
        let may = |permission| may_in(viewer, permission, id);
        Ok(Show {
            phases: phases(&page, &contest, &rounds, sums(&counts)),
            next: Next::of(&contest, &rounds, waiting),
            account: viewer.account.0,
            may_run: may(RunContests),
            may_approve: may(ApproveContests),
            may_screen: may(ScreenEntries),
            may_judge: may(RunContests) || may(KeepScores) || may(SuperviseContests),
            reason: String::new(),
            errors: Errors::default(),
            page,
            contest,
            rounds,
            counts,
            lines,
        })
    }
    fn tone(&self) -> &'static str {
        tone(self.contest.state)
    }
    fn has_come(&self, day: &chrono::NaiveDate) -> bool {
        clock::day(clock::now()) >= *day
    }
    fn has_passed(&self, day: &chrono::NaiveDate) -> bool {
        clock::day(clock::now()) > *day
    }
    fn is_own(&self, round: &Round) -> bool {
        round.frozen_by.is_some_and(|by| by.0 == self.account)
    }
    fn round_tags(&self, round: &Round) -> Vec<(&'static str, String)> {
        let mut tags = vec![];
        if round.state != RoundState::Waiting {
            tags.push(("info", self.page.say(&round.state.words())));
        } else if round.is_frozen() {
            tags.push(("done", self.page.t("评分办法已批准").into()));
        } else if round.frozen_by.is_some() {
            tags.push(("wait", self.page.t("等另一个人批准").into()));
        } else {
            tags.push(("", self.page.t("评分办法还没有冻结").into()));
        }
        tags
    }
    fn may_edit(&self) -> bool {
        self.may_run
            && !self.contest.is_suspended
            && matches!(self.contest.state, State::Draft | State::Announced | State::Open)
    }
    fn may_suspend(&self) -> bool {
        self.may_run && !matches!(self.contest.state, State::Draft | State::Archived)
    }
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, id: Path<ContestId>) -> Reply {
    let id = *id;
    reply::page(&db.read(move |conn| Show::load(conn, page, &viewer, id)).await?)
}

#[derive(Template)]
#[template(path = "contests/record.html")]
struct Record {
    page: Page,
    contest: Contest,
    lines: Vec<Line>,
    paging: Paging,
    /// With names, for those who have a duty in it.
    is_desk: bool,
}

async fn record(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<ContestId>,
    query: Query<ListQuery>,
) -> Reply {
    let (id, number) = (*id, paging::number(&query.page));
    let view = db
        .read(move |conn| {
            let contest = held(conn, &viewer, id, &DUTIES)?;
            record_page(conn, page, contest, number, true)
        })
        .await?;
    reply::page(&view)
}

/// The record of a contest; names only at the desk.
pub(super) fn record_page(
    conn: &mut Conn,
    page: Page,
    contest: Contest,
    number: i64,
    is_desk: bool,
) -> Result<impl Template + use<>> {
    let mut steps = store::record(conn, contest.id, (number - 1) * LINES, LINES + 1)?;
    let paging = Paging::cut(&page.path, number, &mut steps, LINES)?;
    let lines = steps.into_iter().map(|step| Line::of(&page, step)).collect();
    Ok(Record { page, contest, lines, paging, is_desk })
}

#[derive(Template)]
#[template(path = "contests/desk_entries.html")]
struct Entries {
    page: Page,
    contest: Contest,
    counts: Vec<(EntryState, i64)>,
    state: EntryState,
    rows: Vec<super::super::Entry>,
    paging: Paging,
}

async fn entries(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<ContestId>,
    query: Query<ListQuery>,
) -> Reply {
    let id = *id;
    let view = db
        .read(move |conn| {
            let contest = held(conn, &viewer, id, &[RunContests, KeepScores, SuperviseContests])?;
            // Drafts are their authors' alone.
            let mut counts = store::entry_counts(conn, id)?;
            counts.retain(|one| one.0 != EntryState::Draft);
            counts.sort_by_key(|one| EntryState::ALL.iter().position(|state| *state == one.0));
            let asked = EntryState::of(&query.state).filter(|state| *state != EntryState::Draft);
            let first = counts.first().map_or(EntryState::Submitted, |one| one.0);
            let state = asked.unwrap_or(first);
            let number = paging::number(&query.page);
            let mut rows = store::entries_of(conn, id, state, ((number - 1) * LINES, LINES + 1))?;
            let paging = Paging::cut(&page.path, number, &mut rows, LINES)?;
            Ok(Entries { page, contest, counts, state, rows, paging })
        })
        .await?;
    reply::page(&view)
}

/// Does a step of a contest that the viewer holds, and shows it.
async fn step(
    (page, viewer, db, id): (Page, Viewer, Data<Db>, ContestId),
    done: &str,
    go: impl FnOnce(&mut Conn, ContestId, &By) -> Result<()> + Send + 'static,
) -> Reply {
    let by = by(&page, &viewer);
    db.write(move |conn| {
        held(conn, &viewer, id, &[RunContests])?;
        go(conn, id, &by)
    })
    .await?;
    reply::see(format!("/organize/contests/{id}?done={done}"))
}

async fn announce(page: Page, viewer: Viewer, db: Data<Db>, id: Path<ContestId>) -> Reply {
    step((page, viewer, db, *id), "contest-announced", way::announce).await
}

async fn open(page: Page, viewer: Viewer, db: Data<Db>, id: Path<ContestId>) -> Reply {
    step((page, viewer, db, *id), "contest-opened", way::open).await
}

async fn close(page: Page, viewer: Viewer, db: Data<Db>, id: Path<ContestId>) -> Reply {
    step((page, viewer, db, *id), "contest-closed", way::close).await
}

async fn archive(page: Page, viewer: Viewer, db: Data<Db>, id: Path<ContestId>) -> Reply {
    step((page, viewer, db, *id), "contest-archived", way::archive).await
}

async fn suspend(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<ContestId>,
    form: Form<ReasonForm>,
) -> Reply {
    match form.check() {
        Ok(reason) => {
            let go = move |conn: &mut Conn, id, by: &By| way::suspend(conn, id, &reason, by);
            step((page, viewer, db, *id), "contest-suspended", go).await
        }
        Err(errors) => again((page, viewer, db, *id), form.into_inner(), errors).await,
    }
}

async fn resume(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<ContestId>,
    form: Form<ReasonForm>,
) -> Reply {
    match form.check() {
        Ok(reason) => {
            let go = move |conn: &mut Conn, id, by: &By| way::resume(conn, id, &reason, by);
            step((page, viewer, db, *id), "contest-resumed", go).await
        }
        Err(errors) => again((page, viewer, db, *id), form.into_inner(), errors).await,
    }
}

/// The page again, with what was typed and what is wrong with it.
async fn again(
    (page, viewer, db, id): (Page, Viewer, Data<Db>, ContestId),
    form: ReasonForm,
    errors: Errors,
) -> Reply {
    let view = db.read(move |conn| Show::load(conn, page, &viewer, id)).await?;
    reply::invalid(&Show { reason: form.reason, errors, ..view })
}
