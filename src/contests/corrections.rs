//! What is corrected in a round after its lock: by the answer to an objection, or in a final result that a supervisor opens again for
//! it. The next revision says who moved and why. domain.md §4.3 (Objection; final → revised).
use super::outcome::{SUBJECT, is_last};
use super::store;
use super::way::{By, lock_round, step, tell};
use super::{
    AssignmentState, Contest, EntryState, JudgeState, PlaceState, Refusal, Round, RoundState, RulingKind,
    State, entries,
};
use crate::access::Viewer;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{EntryId, JudgeId, RoundId};
use crate::msg;
use crate::rankings::{self, Snapshot};

/// What is corrected, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Correction {
    pub kind: RulingKind,
    pub entry: Option<EntryId>,
    pub judge: Option<JudgeId>,
    /// The time that holds instead, in seconds.
    pub seconds: Option<i32>,
}

/// Changes what a result follows from. The contest is locked.
///
/// # Errors
/// Not found for what is not in the round; refused for a sheet that does not count already.
pub(super) fn correct(
    conn: &mut Conn,
    (contest, round): (&Contest, &Round),
    what: &Correction,
    by: &By,
    reasons: &str,
) -> Result<()> {
    let id = round.id;
    let code = match what.entry {
        Some(entry) => Option::unwrap_or_default(store::entry(conn, entry)?.code),
        None => String::new(),
    };
    let place = store::places(conn, id)?.into_iter().find(|one| Some(one.entry) == what.entry);
    match what.kind {
        RulingKind::Nothing => {}
        RulingKind::ArithmeticFix => {
            if let Some(seconds) = what.seconds {
                store::add_time(conn, place.ok_or(Error::NotFound)?.id, seconds, by)?;
            }
        }
        RulingKind::SheetExcluded => {
            let entry = place.ok_or(Error::NotFound)?.entry;
            let judge = what.judge.ok_or(Error::NotFound)?;
            let of = store::assignments(conn, id)?
                .into_iter()
                .find(|one| one.entry == entry && one.judge == judge)
                .ok_or(Error::NotFound)?;
            let way = (AssignmentState::Submitted, AssignmentState::Excluded);
            store::move_assignment(conn, &of, way, "ruling", by)?;
        }
        RulingKind::EntryDisqualified => {
            let entry = place.ok_or(Error::NotFound)?.entry;
            store::set_place(conn, id, entry, PlaceState::Disqualified)?;
            let from = store::entry(conn, entry)?.state;
            store::move_entry(conn, entry, (from, EntryState::Disqualified), by, reasons)?;
        }
        RulingKind::ReJudge => {
            let entry = place.ok_or(Error::NotFound)?.entry;
            for of in store::assignments(conn, id)?.into_iter().filter(|one| one.entry == entry) {
                if of.state == AssignmentState::Submitted {
                    let way = (AssignmentState::Submitted, AssignmentState::Excluded);
                    store::move_assignment(conn, &of, way, "ruling", by)?;
                }
            }
            // Sheets of other entries stay locked; this one is judged by others, and the round is locked by two again.
            if round.state != RoundState::Judging {
                store::unlock(conn, id)?;
                if is_last(conn, round)? {
                    step(conn, contest, (contest.state, State::Judging), ("reopened", &code), by)?;
                }
            }
        }
    }
    if what.kind != RulingKind::Nothing {
        // Whoever is equal now, the judges have not voted about it.
        store::clear_votes(conn, id)?;
    }
    by.note(conn, (contest.id, Some(id)), ("ruling", format!("{} {code}", what.kind.as_str()).trim()))
}

/// Why this viewer does not open the result of a round again now: it is not final, it is their own work, the next round goes on from
/// it, or a title rests on it.
///
/// # Errors
/// Those of the database.
pub fn barrier(
    conn: &mut Conn,
    (contest, round): (&Contest, &Round),
    newest: &Snapshot,
    viewer: &Viewer,
) -> Result<Option<Refusal>> {
    if round.state != RoundState::Final || contest.state == State::Archived {
        return Ok(Some(Refusal::NotNow));
    }
    let hands = [Some(newest.computed_by), newest.checked_by, newest.published_by];
    if hands.contains(&Some(viewer.account)) {
        return Ok(Some(Refusal::OwnResult));
    }
    let judge = store::judge_as(conn, contest.id, viewer.person)?;
    if judge.is_some_and(|judge| judge.state == JudgeState::Accepted)
        || store::is_entrant(conn, contest.id, viewer.person)?
    {
        return Ok(Some(Refusal::Involved));
    }
    let rounds = store::rounds(conn, contest.id)?;
    let next = rounds.iter().find(|one| one.position == round.position + 1);
    if next.is_some_and(|next| next.state != RoundState::Waiting) {
        return Ok(Some(Refusal::NextRound));
    }
    Ok(store::has_appointed(conn, contest.id)?.then_some(Refusal::TitlesHeld))
}

/// Opens a final result again, with a reason that everybody reads, to correct something. The revision that was final stands until
/// the next one, which is computed, checked, published and shown for objections like the first.
///
/// # Errors
/// As [`barrier`], and as the correction.
pub fn reopen(
    conn: &mut Conn,
    id: RoundId,
    what: &Correction,
    reason: &str,
    viewer: &Viewer,
    by: &By,
) -> Result<()> {
    let (contest, round) = lock_round(conn, id)?;
    let newest = rankings::newest(conn, (SUBJECT, id.0))?.ok_or(Error::NotFound)?;
    if let Some(why) = barrier(conn, (&contest, &round), &newest, viewer)? {
        return Err(why.into());
    }
    let is_moved = store::move_round(conn, id, (RoundState::Final, RoundState::Provisional))?;
    if what.kind == RulingKind::Nothing || !is_moved {
        return Err(Refusal::NotNow.into());
    }
    if is_last(conn, &round)?
        && !store::move_contest(conn, contest.id, (State::Final, State::Provisional), by.now)?
    {
        return Err(Refusal::NotNow.into());
    }
    for place in store::places(conn, id)? {
        let entry = store::entry(conn, place.entry)?;
        if matches!(entry.state, EntryState::Promoted | EntryState::Eliminated | EntryState::Awarded) {
            store::move_entry(conn, entry.id, (entry.state, EntryState::Scored), by, "")?;
            let title = msg!("“{}”的结果要更正，以新公布的一版为准", contest.title);
            entries::tell_entrant(conn, &contest, &entry, title, reason, by)?;
        }
    }
    by.note(conn, (contest.id, Some(id)), (store::REOPENED, reason))?;
    let (contest, round) = (store::contest(conn, contest.id)?, store::round(conn, id)?);
    correct(conn, (&contest, &round), what, by, reason)?;
    let title = format!("赛课结果要更正：{}", newest.title);
    let text = "原因见监督记录。更正后公布新的一版，重新公示。".to_owned();
    tell(conn, &contest, (&format!("round-{id}-reopened-{}", newest.revision), title), text, by)
}
