//! The judge's sheet, for a tablet in the hall and over a bad line. What is to be judged is in `invited`.
#![allow(clippy::cmp_owned)] // lists of choices compare whatever names a choice by its words, in a macro that all pages share
use super::super::forms::judging::{SheetForm, kind_of};
use super::super::sheets::{self, Handed};
use super::super::store::{self, Draft, Task};
use super::super::{
    Assignment, AssignmentState, ConflictKind, Contest, Criterion, Refusal, Round, RoundKind, RoundState,
    judges,
};
use super::by;
use crate::access::Permission::JudgeEntries;
use crate::access::Viewer;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::AssignmentId;
use crate::lang::Message;
use crate::lectures::{self, Played};
use crate::media::Media;
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
        get("/judge/sheets/{assignment}", JudgeEntries, sheet),
        post("/judge/sheets/{assignment}", JudgeEntries, submit),
        post("/judge/sheets/{assignment}/draft", JudgeEntries, autosave),
        post("/judge/sheets/{assignment}/recuse", JudgeEntries, recuse),
    ]
}

/// The largest sheet, in bytes: a long comment, percent-encoded.
const LARGEST: usize = 64 * 1024;

/// What a judge still has to do with: not what was taken away.
pub(super) fn open(tasks: Vec<Task>) -> Vec<Task> {
    tasks
        .into_iter()
        .filter(|task| matches!(task.state, AssignmentState::Assigned | AssignmentState::Submitted))
        .collect()
}

/// Kinds of conflict that somebody can declare.
pub(super) fn kinds(page: &Page) -> Vec<(&'static str, String)> {
    ConflictKind::ALL.iter().map(|kind| (kind.as_str(), page.say(&kind.words()))).collect()
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
    /// The draft that is kept.
    stamp: i64,
    /// The drafts whose place what is typed here may take: their stamps.
    base: String,
    /// It shows what was sent, not what is kept.
    is_typed: bool,
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
    fn load(
        conn: &mut Conn,
        page: Page,
        viewer: &Viewer,
        id: AssignmentId,
        media: &Media,
    ) -> Result<SheetPage> {
        let of = store::assignment(conn, id)?;
        let judge = store::judge(conn, of.judge)?;
        let round = store::round(conn, of.round)?;
        if judge.person != viewer.person || round.started_at.is_none() {
            return Err(Error::NotFound);
        }
        let contest = store::contest(conn, round.contest)?;
        let tasks = open(store::tasks(conn, round.id, judge.id)?);
        let place = tasks.iter().position(|task| task.id == id);
        let next =
            tasks.iter().find(|task| task.state == AssignmentState::Assigned && task.id != id).cloned();
        let entry = store::entry(conn, of.entry)?;
        let script = store::script_up_to(conn, of.entry, entry.version)?;
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
            script: Some((script.summary, script.script))
                .filter(|one| !one.0.is_empty() || !one.1.is_empty()),
            place: place.map_or(0, |at| at + 1),
            count: tasks.len(),
            lot: lot.map_or(0, |one| one.lot),
            code: Option::unwrap_or_default(entry.code),
            title: entry.title,
            comment: draft.comment,
            stamp: draft.stamp,
            base: draft.stamp.to_string(),
            is_typed: false,
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
            base: form.base.iter().map(i64::to_string).collect::<Vec<_>>().join(","),
            is_typed: true,
            errors,
            ..self
        }
    }
    /// The same, where it is said what is kept instead: whoever goes on here after that takes its place.
    fn told(self, form: &SheetForm, why: Message) -> SheetPage {
        let base = self.stamp.to_string();
        SheetPage { base, ..self.with(form, Errors::default().with("sheet", why)) }
    }
    fn is_open(&self) -> bool {
        self.round.state == RoundState::Judging
            && self.of.state == AssignmentState::Assigned
            && !self.is_barred
    }
    /// Nothing is written under this version any more.
    fn is_over(&self) -> bool {
        let is_out = matches!(
            self.of.state,
            AssignmentState::Submitted | AssignmentState::Recused | AssignmentState::Excluded
        );
        is_out || self.round.state != RoundState::Judging
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
    let (comment, errors) = form.check(&view.round.method);
    if form.is_draft {
        // A draft is kept whatever stands in it.
        let draft = Draft { scores: form.scores.clone(), comment: form.comment.clone(), stamp: form.stamp };
        let (version, known, by) = (form.version, form.base.clone(), by(&page, &viewer));
        let kept = db
            .write(move |conn| sheets::save(conn, (id, version), (&draft, &known), viewer.person, &by))
            .await;
        return match kept {
            Ok(()) => reply::see(format!("/judge/sheets/{id}?done=saved")),
            Err(Error::Refused(why)) => reply::invalid(&view.told(&form, why)),
            Err(other) => Err(other),
        };
    }
    if view.is_open() && !errors.is_empty() {
        return reply::invalid(&view.with(&form, errors));
    }
    let (version, scores, is_sure, by) =
        (form.version, form.scores.clone(), form.is_sure, by(&page, &viewer));
    let handed = db
        .write(move |conn| {
            sheets::submit(conn, (id, version), (&scores, &comment), is_sure, viewer.person, &by)
        })
        .await;
    match handed {
        Ok(Handed::In) => reply::see(format!("/judge/sheets/{id}?done=sheet-submitted")),
        Ok(Handed::Far) => {
            let errors = Errors::default().with("is_sure", Refusal::Far.words());
            reply::invalid(&SheetPage { is_far: true, ..view.with(&form, errors) })
        }
        // The state may have changed since the page was read: what was typed stays on the page all the same.
        Err(Error::Refused(why)) => reply::invalid(&view.told(&form, why)),
        Err(other) => Err(other),
    }
}

/// What the page sends by itself while it is filled in: an answer in one line for its status.
async fn autosave(page: Page, viewer: Viewer, db: Data<Db>, id: Path<AssignmentId>, sent: Payload) -> Reply {
    let id = *id;
    let form = SheetForm::of(&body::pairs(sent, LARGEST).await?);
    let draft = Draft { scores: form.scores, comment: form.comment, stamp: form.stamp };
    let by = by(&page, &viewer);
    let (version, known) = (form.version, form.base);
    let kept =
        db.write(move |conn| sheets::save(conn, (id, version), (&draft, &known), viewer.person, &by)).await;
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
