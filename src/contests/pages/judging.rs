//! The judge's pages: the invitation, what is to be judged, and the sheet, for a tablet in the hall and over a bad line.
use super::super::forms::judging::{SheetForm, kind_of};
use super::super::store::{self, Draft, Task};
use super::by;
use super::super::{
    Assignment, AssignmentState, ConflictKind, Contest, Criterion, Judge, JudgeState, Refusal, Round,
    RoundKind, RoundState, State, judges, sheets,
};
use crate::access::Permission::JudgeEntries;
use crate::access::Viewer;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{AssignmentId, ContestId, EntryId};
use crate::lang::Message;
use crate::lectures::{self, Played};
use crate::media::Media;
use crate::msg;
use crate::scoring::exact::shown;
use crate::web::body;
use crate::web::form::{Errors, optional};
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Path, Payload};
use askama::Template;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    vec![
        get("/judge", JudgeEntries, index),
        get("/judge/contests/{contest}", JudgeEntries, show),
        post("/judge/contests/{contest}/answer", JudgeEntries, answer),
        post("/judge/contests/{contest}/conflicts", JudgeEntries, declare),
        get("/judge/sheets/{assignment}", JudgeEntries, sheet),
        post("/judge/sheets/{assignment}", JudgeEntries, submit),
        post("/judge/sheets/{assignment}/draft", JudgeEntries, autosave),
        post("/judge/sheets/{assignment}/recuse", JudgeEntries, recuse),
    ]
}

/// The largest sheet, in bytes: a long comment, percent-encoded.
const LARGEST: usize = 64 * 1024;
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

/// What a judge still has to do with: not what was taken away.
fn open(tasks: Vec<Task>) -> Vec<Task> {
    tasks
        .into_iter()
        .filter(|task| matches!(task.state, AssignmentState::Assigned | AssignmentState::Submitted))
        .collect()
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

/// Kinds of conflict that somebody can declare.
fn kinds(page: &Page) -> Vec<(&'static str, String)> {
    ConflictKind::ALL.iter().map(|kind| (kind.as_str(), page.say(&kind.words()))).collect()
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

/// A criterion on a sheet, with what stands there.
struct Row {
    criterion: Criterion,
    value: String,
    /// Whole numbers to choose from, where there are few.
    chips: Vec<String>,
    is_bad: bool,
}

#[derive(Template)]
#[template(path = "contests/judge/sheet.html")]
struct SheetPage {
    page: Page,
    contest: Contest,
    round: Round,
    of: Assignment,
    code: String,
    title: String,
    lot: i32,
    /// This one's place among the judge's, how many there are, and the next one that is open.
    place: usize,
    count: usize,
    next: Option<Task>,
    rows: Vec<Row>,
    total: Option<String>,
    comment: String,
    stamp: i64,
    script: Option<(String, String)>,
    played: Option<Played>,
    address: String,
    /// Why it came back, or why it is not written any more.
    reason: Option<String>,
    /// The judge is asked to look again.
    is_far: bool,
    is_barred: bool,
    kind: String,
    recusal: String,
    errors: Errors,
}

impl SheetPage {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: AssignmentId, media: &Media) -> Result<SheetPage> {
        let of = store::assignment(conn, id)?;
        let judge = store::judge(conn, of.judge)?;
        let round = store::round(conn, of.round)?;
        if judge.person != viewer.person || round.started_at.is_none() {
            return Err(Error::NotFound);
        }
        let contest = store::contest(conn, round.contest)?;
        let tasks = open(store::tasks(conn, round.id, judge.id)?);
        let place = tasks.iter().position(|task| task.id == id);
        let next = tasks.iter().find(|task| task.state == AssignmentState::Assigned && task.id != id).cloned();
        let entry = store::entry(conn, of.entry)?;
        let script = store::script_up_to(conn, of.entry, entry.version)?;
        let (summary, text) = (script.summary, script.script);
        let lot = store::places(conn, round.id)?.into_iter().find(|one| one.entry == of.entry);
        let sheet = store::sheet(conn, id)?;
        let draft = match (&of.state, sheet) {
            (AssignmentState::Submitted | AssignmentState::Excluded, Some(sheet)) => {
                Draft { scores: sheet.scores, comment: sheet.comment, stamp: 0 }
            }
            _ => store::draft(conn, id)?,
        };
        let played = match entry.lecture {
            Some(lecture) if round.kind == RoundKind::VideoPrelim => store::recording(conn, lecture)?,
            _ => None,
        };
        let played = played.map(|media| lectures::media_of(conn, media)).transpose()?;
        let now = clock::now().and_utc().timestamp();
        let stream = played.as_ref().and_then(|played| played.stream.as_ref());
        let is_returned = of.version > 1 && of.state == AssignmentState::Assigned;
        let is_off = !matches!(of.state, AssignmentState::Assigned | AssignmentState::Submitted);
        let reason = if is_returned || is_off { store::newest_reason(conn, id)? } else { None };
        Ok(SheetPage {
            address: stream.map(|stream| media.signer.folder(&stream.folder, now)).unwrap_or_default(),
            rows: rows(&round, &draft.scores),
            total: round.method.total(&draft.scores).map(|total| shown(&total, 2)),
            script: Some((summary, text)).filter(|(summary, text)| !summary.is_empty() || !text.is_empty()),
            place: place.map_or(0, |at| at + 1),
            count: tasks.len(),
            lot: lot.map_or(0, |one| one.lot),
            code: Option::unwrap_or_default(entry.code),
            title: entry.title,
            comment: draft.comment,
            stamp: draft.stamp,
            is_barred: store::is_barred(conn, of.judge, of.entry)?,
            is_far: false,
            kind: String::new(),
            recusal: String::new(),
            errors: Errors::default(),
            page,
            contest,
            round,
            of,
            next,
            played,
            reason,
        })
    }
    /// What was sent, in place of what is kept.
    fn with(self, form: &SheetForm, errors: Errors) -> SheetPage {
        SheetPage {
            rows: rows(&self.round, &form.scores),
            total: self.round.method.total(&form.scores).map(|total| shown(&total, 2)),
            comment: form.comment.clone(),
            stamp: form.stamp,
            errors,
            ..self
        }
    }
    fn is_open(&self) -> bool {
        self.round.state == RoundState::Judging && self.of.state == AssignmentState::Assigned && !self.is_barred
    }
    fn is_submitted(&self) -> bool {
        self.of.state == AssignmentState::Submitted
    }
    fn is_live(&self) -> bool {
        self.round.kind != RoundKind::VideoPrelim
    }
    fn given(&self) -> usize {
        self.rows.iter().filter(|row| !row.value.is_empty()).count()
    }
    fn kinds(&self) -> Vec<(&'static str, String)> {
        kinds(&self.page)
    }
}

fn rows(round: &Round, scores: &super::super::Scores) -> Vec<Row> {
    let row = |criterion: &Criterion| {
        let value = scores.get(&criterion.key).cloned().unwrap_or_default();
        let chips = match (criterion.max.parse::<u32>(), criterion.step.as_str()) {
            (Ok(max), "1") if max <= 10 => (0..=max).map(|n| n.to_string()).collect(),
            _ => vec![],
        };
        let is_bad = !value.is_empty() && round.method.score(criterion, scores).is_none();
        Row { criterion: criterion.clone(), value, chips, is_bad }
    };
    round.method.criteria.iter().map(row).collect()
}

async fn load(
    page: Page,
    viewer: Viewer,
    db: &Db,
    media: Data<Media>,
    id: AssignmentId,
) -> Result<SheetPage> {
    db.read_long(move |conn| SheetPage::load(conn, page, &viewer, id, &media)).await
}

async fn sheet(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    media: Data<Media>,
    id: Path<AssignmentId>,
) -> Reply {
    reply::page(&load(page, viewer, &db, media, *id).await?)
}

async fn submit(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    media: Data<Media>,
    id: Path<AssignmentId>,
    sent: Payload,
) -> Reply {
    let id = *id;
    let form = SheetForm::of(&body::pairs(sent, LARGEST).await?);
    let view = load(page.clone(), viewer.clone(), &db, media, id).await?;
    let (comment, mut errors) = form.check(&view.round.method);
    if form.is_draft {
        // A draft is kept whatever stands in it.
        let draft = Draft { scores: form.scores.clone(), comment: form.comment.clone(), stamp: view.stamp + 1 };
        let (version, by) = (form.version, by(&page, &viewer));
        let kept =
            db.write(move |conn| sheets::save(conn, (id, version), &draft, viewer.person, &by)).await;
        return match kept {
            Ok(()) => reply::see(format!("/judge/sheets/{id}?done=saved")),
            Err(Error::Refused(why)) => reply::invalid(&view.with(&form, Errors::default().with("sheet", why))),
            Err(other) => Err(other),
        };
    }
    if view.is_open() && !errors.is_empty() {
        return reply::invalid(&view.with(&form, errors));
    }
    let (version, scores, is_sure, by) = (form.version, form.scores.clone(), form.is_sure, by(&page, &viewer));
    let handed = db
        .write(move |conn| {
            sheets::submit(conn, (id, version), (&scores, &comment), is_sure, viewer.person, &by)
        })
        .await;
    match handed {
        Ok(()) => reply::see(format!("/judge/sheets/{id}?done=sheet-submitted")),
        Err(Error::Refused(why)) => {
            let is_far = why == Refusal::Far.words();
            errors = Errors::default().with(if is_far { "is_sure" } else { "sheet" }, why);
            // The state may have changed since the page was read: what was typed stays on the page all the same.
            reply::invalid(&SheetPage { is_far, ..view.with(&form, errors) })
        }
        Err(other) => Err(other),
    }
}

/// What the page sends by itself while it is filled in: an answer in one line for its status.
async fn autosave(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<AssignmentId>,
    sent: Payload,
) -> Reply {
    let id = *id;
    let form = SheetForm::of(&body::pairs(sent, LARGEST).await?);
    let draft = Draft { scores: form.scores, comment: form.comment, stamp: form.stamp };
    let by = by(&page, &viewer);
    let kept = db
        .write(move |conn| sheets::save(conn, (id, form.version), &draft, viewer.person, &by))
        .await;
    match kept {
        Ok(()) => Ok(HttpResponse::NoContent().finish()),
        Err(Error::Refused(why)) => Ok(HttpResponse::build(StatusCode::CONFLICT)
            .content_type("text/plain; charset=utf-8")
            .body(page.say(&why))),
        Err(other) => Err(other),
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RecuseForm {
    kind: String,
    recusal: String,
}

async fn recuse(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    media: Data<Media>,
    id: Path<AssignmentId>,
    form: Form<RecuseForm>,
) -> Reply {
    let (id, form) = (*id, form.into_inner());
    let mut errors = Errors::default();
    let kind = errors.take("kind", kind_of(&form.kind));
    let reason = errors.take("recusal", optional(&form.recusal, 300));
    let (Some(kind), Some(reason)) = (kind, reason) else {
        let view = load(page, viewer, &db, media, id).await?;
        return reply::invalid(&SheetPage { kind: form.kind, recusal: form.recusal, errors, ..view });
    };
    let by = by(&page, &viewer);
    let contest = db
        .write(move |conn| {
            judges::recuse(conn, id, (kind, &reason), viewer.person, &by)?;
            let round = store::assignment(conn, id)?.round;
            Ok(store::round(conn, round)?.contest)
        })
        .await?;
    reply::see(format!("/judge/contests/{contest}?done=recused"))
}
