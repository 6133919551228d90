//! What the supervisor decides about a result: the answer to an objection, and the opening of a final one to correct it.
#![allow(clippy::cmp_owned)] // lists of choices compare whatever names a choice by its words, in a macro that all pages share
use super::super::corrections::{self, Correction};
use super::super::forms::judging::seconds;
use super::super::objections::{self, Decision};
use super::super::outcome::SUBJECT;
use super::super::store::{self, Place};
use super::super::{Contest, Judge, Refusal, Round, RoundKind, RulingKind};
use super::results::{self, LONGEST};
use super::{by, held, held_round, may_in};
use crate::access::Permission::SuperviseContests;
use crate::access::Viewer;
use crate::cases::{self, Case, Outcome};
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{CaseId, EntryId, JudgeId, RoundId, SnapshotId};
use crate::lang::Message;
use crate::msg;
use crate::rankings::{self, Snapshot};
use crate::web::form::{Errors, text};
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use actix_web::web::{Data, Form, Path};
use askama::Template;
use serde::Deserialize;

/// The longest reason for opening a result again, in characters: it is read in the record.
const LONGEST_REASON: usize = 300;

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(super) struct RulingForm {
    outcome: String,
    pub ruling: String,
    pub entry: String,
    pub judge: String,
    pub time: String,
    pub reasons: String,
}

/// What a ruling can be about.
pub(super) struct Named {
    places: Vec<Place>,
    judges: Vec<Judge>,
    is_live: bool,
}

impl Named {
    fn load(conn: &mut Conn, round: &Round) -> Result<Named> {
        Ok(Named {
            places: store::places(conn, round.id)?,
            judges: store::judges(conn, round.contest)?,
            is_live: round.kind != RoundKind::VideoPrelim,
        })
    }
    pub fn entries(&self) -> Vec<(EntryId, String)> {
        self.places.iter().map(|place| (place.entry, format!("{} {}", place.code, place.title))).collect()
    }
    pub fn panel(&self) -> Vec<(JudgeId, String)> {
        self.judges.iter().map(|judge| (judge.id, judge.name.clone())).collect()
    }
    /// Times are kept of what is held in a hall.
    pub fn is_live(&self) -> bool {
        self.is_live
    }
    /// What a form corrects; what is missing for it is added to `errors`.
    fn check(
        &self,
        form: &RulingForm,
        kind: Result<RulingKind, Message>,
        errors: &mut Errors,
    ) -> Option<Correction> {
        let kind = errors.take("ruling", kind);
        let entry = self.places.iter().find(|one| one.entry.to_string() == form.entry).map(|one| one.entry);
        let judge = self.judges.iter().find(|one| one.id.to_string() == form.judge).map(|one| one.id);
        let time = match form.time.trim() {
            "" => Ok(None),
            sent => seconds(sent).map(Some),
        };
        let time = errors.take("time", time).flatten();
        let needs_entry = match kind {
            None | Some(RulingKind::Nothing) => false,
            Some(RulingKind::ArithmeticFix) => time.is_some(),
            Some(_) => true,
        };
        if needs_entry {
            errors.take("entry", entry.ok_or_else(|| msg!("请选作品")));
        }
        if kind == Some(RulingKind::SheetExcluded) {
            errors.take("judge", judge.ok_or_else(|| msg!("请选评委")));
        }
        Some(Correction { kind: kind?, entry, judge, seconds: time })
    }
}

#[derive(Template)]
#[template(path = "contests/score/objection.html")]
struct Objection {
    page: Page,
    case: Case,
    contest: Contest,
    round: Round,
    snapshot: Snapshot,
    steps: Vec<cases::Step>,
    named: Named,
    barrier: Option<Message>,
    form: RulingForm,
    errors: Errors,
}

impl Objection {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: CaseId) -> Result<Objection> {
        let case = cases::find_objection(conn, id)?;
        let snapshot = rankings::snapshot(conn, SnapshotId(case.subject_id))?;
        if snapshot.subject.0 != SUBJECT {
            return Err(Error::NotFound);
        }
        let round = store::round(conn, RoundId(snapshot.subject.1))?;
        let contest = held(conn, viewer, round.contest, &[SuperviseContests])?;
        Ok(Objection {
            barrier: objections::barrier(&case, &snapshot, viewer),
            steps: cases::steps(conn, id)?,
            named: Named::load(conn, &round)?,
            form: RulingForm { ruling: "none".into(), ..RulingForm::default() },
            errors: Errors::default(),
            page,
            case,
            contest,
            round,
            snapshot,
        })
    }
    fn outcomes(&self) -> Vec<(&'static str, String)> {
        Outcome::ALL.iter().map(|one| (one.as_str(), self.page.say(&one.state().words()))).collect()
    }
    fn rulings(&self) -> Vec<(&'static str, String)> {
        RulingKind::ALL.iter().map(|kind| (kind.as_str(), self.page.say(&kind.words()))).collect()
    }
    fn check(&self, form: &RulingForm) -> Result<Decision, Errors> {
        let mut errors = Errors::default();
        let outcome = errors.take("outcome", Outcome::of(&form.outcome).ok_or_else(|| msg!("请选一个结论")));
        let ruling = RulingKind::of(&form.ruling).ok_or_else(|| msg!("请选怎样办理"));
        let ruling = ruling.and_then(|kind| match (kind, outcome) {
            (RulingKind::Nothing, _) | (_, Some(Outcome::Upheld | Outcome::Partly)) => Ok(kind),
            _ => Err(msg!("不成立或不受理时，结果不变")),
        });
        let what = self.named.check(form, ruling, &mut errors);
        let reasons = errors.take("reasons", text(&form.reasons, LONGEST));
        match (outcome, what, reasons) {
            (Some(outcome), Some(what), Some(reasons)) if errors.is_empty() => Ok(Decision {
                outcome,
                ruling: what.kind,
                entry: what.entry,
                judge: what.judge,
                seconds: what.seconds,
                reasons,
            }),
            _ => Err(errors),
        }
    }
}

pub(super) async fn objection(page: Page, viewer: Viewer, db: Data<Db>, id: Path<CaseId>) -> Reply {
    let id = *id;
    reply::page(&db.read(move |conn| Objection::load(conn, page, &viewer, id)).await?)
}

pub(super) async fn decide(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<CaseId>,
    form: Form<RulingForm>,
) -> Reply {
    let (id, form, again, who) = (*id, form.into_inner(), page.clone(), viewer.clone());
    let view = db.read(move |conn| Objection::load(conn, again, &who, id)).await?;
    let decision = match view.check(&form) {
        Ok(decision) => decision,
        Err(errors) => return reply::invalid(&Objection { form, errors, ..view }),
    };
    let (round, by, ruling) = (view.round.id, by(&page, &viewer), decision.ruling);
    match db.write(move |conn| objections::decide(conn, (round, id), &decision, &viewer, &by)).await {
        Ok(()) => {
            let done = if ruling == RulingKind::Nothing { "case-decided" } else { "ruled" };
            reply::see(format!("/score/rounds/{round}/result?done={done}"))
        }
        Err(Error::Refused(why)) => {
            reply::invalid(&Objection { form, errors: Errors::default().with("outcome", why), ..view })
        }
        Err(other) => Err(other),
    }
}

/// For what a final result is opened again.
pub(super) fn kinds() -> impl Iterator<Item = RulingKind> {
    RulingKind::ALL.iter().copied().filter(|kind| *kind != RulingKind::Nothing)
}

/// The form that opens a final result again, or why this supervisor cannot.
pub(super) struct Reopening {
    pub bar: Option<Message>,
    pub named: Named,
    pub form: RulingForm,
}

impl Reopening {
    /// For supervisors, of a final result.
    pub fn load(
        conn: &mut Conn,
        viewer: &Viewer,
        (contest, round): (&Contest, &Round),
        newest: &Snapshot,
    ) -> Result<Option<Reopening>> {
        if !may_in(viewer, SuperviseContests, contest.id) {
            return Ok(None);
        }
        let bar = match corrections::barrier(conn, (contest, round), newest, viewer)? {
            // It is not final, or its contest was put away.
            Some(Refusal::NotNow) => return Ok(None),
            other => other.map(|why| why.words()),
        };
        Ok(Some(Reopening { bar, named: Named::load(conn, round)?, form: RulingForm::default() }))
    }
}

pub(super) async fn reopen(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<RoundId>,
    form: Form<RulingForm>,
) -> Reply {
    let (id, form, by, who) = (*id, form.into_inner(), by(&page, &viewer), viewer.clone());
    let named = db
        .read(move |conn| {
            let round = held_round(conn, &who, id, &[SuperviseContests])?;
            Named::load(conn, &round)
        })
        .await?;
    let mut errors = Errors::default();
    let kind = RulingKind::of(&form.ruling).filter(|kind| *kind != RulingKind::Nothing);
    let what = named.check(&form, kind.ok_or_else(|| msg!("请选怎样办理")), &mut errors);
    let reasons = errors.take("reasons", text(&form.reasons, LONGEST_REASON));
    let (Some(what), Some(reasons), true) = (what, reasons, errors.is_empty()) else {
        return results::again(page, viewer, db, id, (form, errors)).await;
    };
    let who = viewer.clone();
    let made = db.write(move |conn| corrections::reopen(conn, id, &what, &reasons, &who, &by)).await;
    match made {
        Ok(()) => reply::see(format!("/score/rounds/{id}/result?done=saved")),
        Err(Error::Refused(why)) => {
            let errors = Errors::default().with("ruling", why);
            results::again(page, viewer, db, id, (form, errors)).await
        }
        Err(other) => Err(other),
    }
}
