//! Objections (异议) against a published result: with a ground, in the notice period, answered by somebody who had no hand in it.
//! `corrections` has what an upheld one brings about. domain.md §4.3 (Objection). The deadlines are those of `cases`.
use super::corrections::{Correction, correct};
use super::outcome::SUBJECT;
use super::store;
use super::way::{By, lock_round};
use super::{Refusal, RoundState, RulingKind};
use crate::access::{Permission, Viewer};
use crate::cases::{self, Case, Filing, Kind, Level, Outcome};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{CaseId, EntryId, JudgeId, RoundId};
use crate::inbox::{self, NewNotice};
use crate::lang::Message;
use crate::rankings::{self, Snapshot};
use crate::{accounts, msg, text_enum};

text_enum! {
    /// What an objection can be about. Taste is no ground.
    pub enum Ground {
        Eligibility = "eligibility",
        Recusal = "recusal",
        Arithmetic = "arithmetic",
        Timing = "timing",
        Plagiarism = "plagiarism",
    }
}

impl Ground {
    pub fn words(self) -> Message {
        match self {
            Ground::Eligibility => msg!("参赛资格"),
            Ground::Recusal => msg!("应当回避没有回避"),
            Ground::Arithmetic => msg!("计算或录入"),
            Ground::Timing => msg!("计时"),
            Ground::Plagiarism => msg!("抄袭"),
        }
    }
}

/// The published result of a round that somebody may object to now.
///
/// # Errors
/// Those of the database.
pub fn open_result(conn: &mut Conn, round: RoundId) -> Result<Option<Snapshot>> {
    let standing = rankings::standing(conn, (SUBJECT, round.0))?;
    Ok(standing.filter(|snapshot| snapshot.state == rankings::State::Provisional))
}

/// Files an objection. The ground stands before the text.
///
/// # Errors
/// Refused outside the notice period, and as in [`cases::file`].
pub fn file(
    conn: &mut Conn,
    round: RoundId,
    (ground, text, key): (Ground, &str, &str),
    viewer: &Viewer,
    by: &By,
) -> Result<CaseId> {
    let snapshot = open_result(conn, round)?.ok_or(Refusal::NotNow)?;
    if !rankings::is_open_to_objections(conn, snapshot.id)? {
        return Err(Refusal::NotNow.into());
    }
    let filing = Filing {
        kind: Kind::Objection,
        level: Level::First,
        subject: ("snapshot", snapshot.id.0),
        person: viewer.person,
        path: "/".into(),
        made_by: Some(snapshot.computed_by),
        by: viewer.account,
        text: format!("{}：{text}", ground.words().in_lang(crate::lang::Lang::Zh)),
        key: key.to_owned(),
    };
    let id = cases::file(conn, &filing, &by.doer, by.now)?;
    // Read, not locked: whoever makes the result final locks the contest first, and then the snapshot that is held here.
    let of = store::round(conn, round)?.contest;
    let contest = store::contest(conn, of)?;
    let notices: Vec<NewNotice> = accounts::holders_above(conn, Permission::SuperviseContests, "/")?
        .into_iter()
        .map(|(_, person)| NewNotice {
            person,
            kind: inbox::Kind::Message,
            title: msg!("“{}”的结果有一件异议等您答复", contest.title),
            body: String::new(),
            link: format!("/score/objections/{id}"),
            sent_by: None,
            key: format!("objection-{id}-{person}"),
        })
        .collect();
    inbox::tell(conn, &notices, by.now)?;
    Ok(id)
}

/// What the supervisor decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub outcome: Outcome,
    pub ruling: RulingKind,
    pub entry: Option<EntryId>,
    pub judge: Option<JudgeId>,
    /// The time that holds instead, in seconds.
    pub seconds: Option<i32>,
    pub reasons: String,
}

impl Decision {
    /// What it changes.
    pub fn correction(&self) -> Correction {
        Correction { kind: self.ruling, entry: self.entry, judge: self.judge, seconds: self.seconds }
    }
}

/// Why this viewer does not answer: they computed, checked or published what is objected to, or it is their own.
pub fn barrier(case: &Case, snapshot: &Snapshot, viewer: &Viewer) -> Option<Message> {
    let hands = [Some(snapshot.computed_by), snapshot.checked_by, snapshot.published_by];
    if hands.contains(&Some(viewer.account)) {
        return Some(Refusal::Involved.words());
    }
    case.barrier(viewer).map(cases::Refusal::words)
}

/// Answers an objection and does what follows from it. The next revision says who moved and why.
///
/// # Errors
/// Refused for whoever had a hand in the result, as in [`cases::decide`], and for what would change a final result; not found for
/// what is not in the round.
pub fn decide(
    conn: &mut Conn,
    (round_id, id): (RoundId, CaseId),
    decision: &Decision,
    viewer: &Viewer,
    by: &By,
) -> Result<()> {
    let (contest, round) = lock_round(conn, round_id)?;
    let case = cases::find_objection(conn, id)?;
    let snapshot = rankings::snapshot(conn, crate::ids::SnapshotId(case.subject_id))?;
    if snapshot.subject != (SUBJECT.to_owned(), round_id.0) {
        return Err(Error::NotFound);
    }
    if let Some(why) = barrier(&case, &snapshot, viewer) {
        return Err(Error::Refused(why));
    }
    // An objection is answered before its result is final. One that somehow was not can still be told that nothing changes.
    if round.state == RoundState::Final && decision.ruling != RulingKind::Nothing {
        return Err(Refusal::ResultFinal.into());
    }
    cases::decide_objection(conn, id, (decision.outcome, &decision.reasons), viewer, &by.doer, by.now)?;
    let ruling = (decision.ruling, decision.entry, decision.judge);
    store::insert_ruling(conn, (id, round_id), ruling, by)?;
    correct(conn, (&contest, &round), &decision.correction(), by, &decision.reasons)
}
