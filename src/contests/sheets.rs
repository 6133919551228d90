//! What judges hand in: drafts, sheets that are sealed when they are handed in, paper typed by two, time, and the lock by two.
//! domain.md §4.3 (ScoreSheet), §5.4, §7.9. Before the lock nobody reads a score but the judge who gave it (INV-C7).
use super::outcome;
use super::store::{self, Draft};
use super::way::{By, lock_round, step};
use super::{
    Assignment, AssignmentState, Contest, EntryState, JudgeState, PlaceState, Refusal, Round, RoundState,
    Scores, State,
};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{AssignmentId, EntryId, PersonId, RoundId};
use crate::inbox::{self, NewNotice};
use crate::msg;
use crate::scoring::exact::{self, median};
use num_traits::Signed;

/// Points between a total and the middle of the others' from which on the judge is asked to look again. domain.md §5.4.
const FAR: i64 = 10;
/// Sheets of others from which a middle can be told.
const FEW: usize = 3;

/// The assignment as it is now, locked, and that it is this person's. The contest goes on, the round is open.
fn own(conn: &mut Conn, id: AssignmentId, person: PersonId) -> Result<(Contest, Round, Assignment)> {
    let of = store::assignment(conn, id)?;
    let (contest, round) = lock_round(conn, of.round)?;
    let found = store::assignment(conn, id)?;
    if store::judge(conn, found.judge)?.person != person {
        return Err(Error::NotFound);
    }
    Ok((contest, round, found))
}

/// Why nothing can be written on this sheet.
fn barrier(conn: &mut Conn, round: &Round, of: &Assignment, version: i32) -> Result<Option<Refusal>> {
    let is_barred = store::is_barred(conn, of.judge, of.entry)?;
    let competes = store::competes(conn, of.round, of.entry)?;
    Ok(match of.state {
        _ if round.state != RoundState::Judging => Some(Refusal::Locked),
        _ if !competes => Some(Refusal::NotAssigned),
        AssignmentState::Submitted => Some(Refusal::SubmittedAlready),
        AssignmentState::Recused | AssignmentState::Missing | AssignmentState::Excluded => {
            Some(Refusal::NotAssigned)
        }
        // Returned, or handed in and returned, since the page was opened.
        AssignmentState::Assigned if of.version != version => Some(Refusal::Overtaken),
        AssignmentState::Assigned if is_barred => Some(Refusal::Conflicted),
        AssignmentState::Assigned => None,
    })
}

/// Refuses whoever judges the contest themselves: a scorer is no judge (domain.md §3), and who was made one later leaves the sheets of
/// others alone.
fn refuse_judge(conn: &mut Conn, round: &Round, by: &By) -> Result<()> {
    let Some(judge) = store::judge_with(conn, round.contest, by.account)? else { return Ok(()) };
    let judges = match judge.state {
        JudgeState::Declined => false,
        JudgeState::Invited | JudgeState::Accepted => true,
        // Who has left is a judge still of what they handed in.
        JudgeState::Withdrawn => store::assignments(conn, round.id)?
            .iter()
            .any(|one| one.judge == judge.id && one.state == AssignmentState::Submitted),
    };
    if judges { Err(Refusal::JudgesToo.into()) } else { Ok(()) }
}

/// Keeps what is on the sheet, in the place of one of the drafts that its page knows. Gaps are allowed, wrong scores are kept as they
/// are: nothing typed is lost.
///
/// # Errors
/// Not found for anybody else; refused once it is handed in, returned, recused or locked, with which of these it is, and if
/// another device has saved a draft meanwhile.
pub fn save(
    conn: &mut Conn,
    (id, version): (AssignmentId, i32),
    draft: (&Draft, &[i64]),
    person: PersonId,
    by: &By,
) -> Result<()> {
    // No lock of the contest: a draft is one judge's, and the sheet is judged again when it is handed in.
    let found = store::assignment(conn, id)?;
    if store::judge(conn, found.judge)?.person != person {
        return Err(Error::NotFound);
    }
    let round = store::round(conn, found.round)?;
    if let Some(why) = barrier(conn, &round, &found, version)? {
        return Err(why.into());
    }
    store::keep_draft(conn, id, draft, by.now)
}

/// What became of a sheet that its judge hands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handed {
    In,
    /// Its total is far from the others' middle: the judge looks again. Asked once a version, and the next one is taken as it is; else
    /// one could try totals until one knows what the others gave (INV-C7).
    Far,
}

/// Whether a total is far from the middle of the others'.
fn is_far(conn: &mut Conn, round: &Round, of: &Assignment, total: &exact::Exact) -> Result<bool> {
    let others: Vec<exact::Exact> = store::lines(conn, round.id)?
        .into_iter()
        .filter(|line| line.1 == of.entry && line.3 != of.judge && line.4 == AssignmentState::Submitted)
        .filter_map(|line| round.method.total(&line.5?))
        .collect();
    let middle = median(&others).filter(|_| others.len() >= FEW);
    Ok(middle.is_some_and(|middle| (total - middle).abs() > exact::whole(FAR)))
}

/// Hands a sheet in. The same sheet sent again is the same sheet. `is_sure`: the judge has looked again at a total far from the
/// others'.
///
/// # Errors
/// Refused with what happened instead: handed in, returned meanwhile, recused, locked; with a gap or a score out of its scale.
pub fn submit(
    conn: &mut Conn,
    (id, version): (AssignmentId, i32),
    (scores, comment): (&Scores, &str),
    is_sure: bool,
    person: PersonId,
    by: &By,
) -> Result<Handed> {
    let (_, round, found) = own(conn, id, person)?;
    if let Some(why) = barrier(conn, &round, &found, version)? {
        let is_same = why == Refusal::SubmittedAlready
            && store::sheet(conn, id)?
                .is_some_and(|sheet| sheet.version == version && sheet.scores == *scores);
        return if is_same { Ok(Handed::In) } else { Err(why.into()) };
    }
    let total = round.method.total(scores).ok_or(Refusal::Incomplete)?;
    // That it was asked stays, so the answer is not an error that would undo it.
    if !is_sure && is_far(conn, &round, &found, &total)? && store::ask_far(conn, &found)? {
        return Ok(Handed::Far);
    }
    store::insert_sheet(conn, &found, (scores, comment), false, by)?;
    Ok(Handed::In)
}

/// What became of a sheet that was typed from paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    /// It waits for a second person.
    Once,
    /// The other one typed something else: both look at the paper again.
    Differs,
    HandedIn,
}

/// Types a sheet from paper. When a second person has typed the same, it is handed in; until then it waits.
///
/// # Errors
/// Refused with a gap, if the judge has handed it in, and for whoever judges the contest themselves.
pub fn type_paper(conn: &mut Conn, id: AssignmentId, scores: &Scores, by: &By) -> Result<Typed> {
    let of = store::assignment(conn, id)?;
    let (_, round) = lock_round(conn, of.round)?;
    refuse_judge(conn, &round, by)?;
    let found = store::assignment(conn, id)?;
    if let Some(why) = barrier(conn, &round, &found, found.version)? {
        return Err(why.into());
    }
    round.method.total(scores).ok_or(Refusal::Incomplete)?;
    store::keep_paper(conn, &found, scores, by.account, by.now)?;
    let others = store::papers_of_others(conn, &found, by.account)?;
    if others.is_empty() {
        return Ok(Typed::Once);
    }
    if !others.contains(scores) {
        // What was typed stays, so the answer is not an error that would undo it.
        return Ok(Typed::Differs);
    }
    store::insert_sheet(conn, &found, (scores, ""), true, by)?;
    Ok(Typed::HandedIn)
}

/// Gives a sheet back to its judge, with a reason, before the lock. What was handed in stays; the next one is its next version.
///
/// # Errors
/// Refused if it is not handed in, after the lock, and for whoever judges the contest themselves.
pub fn give_back(conn: &mut Conn, id: AssignmentId, reason: &str, by: &By) -> Result<()> {
    let of = store::assignment(conn, id)?;
    let (contest, round) = lock_round(conn, of.round)?;
    refuse_judge(conn, &round, by)?;
    let found = store::assignment(conn, id)?;
    if round.state != RoundState::Judging || found.locked_at.is_some() {
        return Err(Refusal::Locked.into());
    }
    let sheet = store::sheet(conn, id)?;
    store::move_assignment(
        conn,
        &found,
        (AssignmentState::Submitted, AssignmentState::Assigned),
        reason,
        by,
    )?;
    if let Some(sheet) = sheet {
        let known = [store::draft(conn, id)?.stamp];
        let draft = Draft { scores: sheet.scores, comment: sheet.comment, stamp: 0 };
        store::keep_draft(conn, id, (&draft, &known), by.now)?;
    }
    let judge = store::judge(conn, found.judge)?;
    let notice = NewNotice {
        person: judge.person,
        kind: inbox::Kind::Message,
        title: msg!("一份评分表退回给您：{}", contest.title),
        body: reason.to_owned(),
        link: format!("/judge/sheets/{id}"),
        sent_by: Some(by.account),
        key: format!("sheet-{id}-returned-{}", found.version),
    };
    inbox::tell(conn, &[notice], by.now)?;
    by.note(conn, (contest.id, Some(round.id)), ("sheet_returned", reason))
}

/// Says that a sheet will not come, with a reason; or that it is waited for again.
///
/// # Errors
/// Refused once it is handed in, after the lock, and for whoever judges the contest themselves.
pub fn set_missing(conn: &mut Conn, id: AssignmentId, is_missing: bool, reason: &str, by: &By) -> Result<()> {
    let of = store::assignment(conn, id)?;
    let (contest, round) = lock_round(conn, of.round)?;
    refuse_judge(conn, &round, by)?;
    let found = store::assignment(conn, id)?;
    if round.state != RoundState::Judging || found.locked_at.is_some() {
        return Err(Refusal::Locked.into());
    }
    let (waits, missing) = (AssignmentState::Assigned, AssignmentState::Missing);
    let way = if is_missing { (waits, missing) } else { (missing, waits) };
    let is_back = store::judge(conn, found.judge)?.state == JudgeState::Accepted;
    if !is_missing && (!is_back || store::is_barred(conn, found.judge, found.entry)?) {
        return Err(Refusal::Conflicted.into());
    }
    store::move_assignment(conn, &found, way, reason, by)?;
    let what = if is_missing { "sheet_missing" } else { "sheet_awaited" };
    by.note(conn, (contest.id, Some(round.id)), (what, reason))
}

/// What the scorer writes down of an entry in the hall.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hall {
    pub seconds: Option<i32>,
    /// Ballots of the audience.
    pub audience: Option<i32>,
}

/// Writes down how long an entry took and how many ballots the audience gave, until the lock. Each time is a line; the newest
/// counts.
///
/// # Errors
/// Refused before the draw and after the lock; not found for an entry that is not in the round.
pub fn set_hall(conn: &mut Conn, id: RoundId, entry: EntryId, hall: Hall, by: &By) -> Result<()> {
    let (contest, round) = lock_round(conn, id)?;
    if !matches!(round.state, RoundState::Drawn | RoundState::Judging) {
        return Err(Refusal::Locked.into());
    }
    let place = store::places(conn, id)?.into_iter().find(|one| one.entry == entry).ok_or(Error::NotFound)?;
    if let Some(seconds) = hall.seconds {
        let known = store::times(conn, id)?.into_iter().find(|one| one.0 == place.id);
        if known.is_none_or(|known| known.1 != seconds) {
            store::add_time(conn, place.id, seconds, by)?;
            by.note(conn, (contest.id, Some(id)), ("timed", &format!("{} {seconds}", place.code)))?;
        }
    }
    store::set_ballots(conn, place.id, (hall.audience, None))
}

/// Asks for the lock of a round: every sheet is handed in, recused or declared missing. The second hand is another person's.
///
/// # Errors
/// Refused while sheets are open, if somebody has asked already, and for whoever judges the contest themselves.
pub fn ask_lock(conn: &mut Conn, id: RoundId, by: &By) -> Result<()> {
    let (contest, round) = lock_round(conn, id)?;
    refuse_judge(conn, &round, by)?;
    is_complete(conn, &round)?;
    if !store::ask_lock(conn, id, by.account, by.now)? {
        let is_own = round.lock_by == Some(by.account) && round.state == RoundState::Judging;
        return Err(if is_own { Refusal::LockTwice } else { Refusal::NotNow }.into());
    }
    by.note(conn, (contest.id, Some(id)), ("lock_asked", ""))
}

fn is_complete(conn: &mut Conn, round: &Round) -> Result<()> {
    if round.state != RoundState::Judging {
        return Err(Refusal::Locked.into());
    }
    match store::open_sheets(conn, round.id)? {
        0 => match outcome::hindrance(conn, round)? {
            Some(why) => Err(Error::Refused(why)),
            None => Ok(()),
        },
        open => Err(Refusal::SheetsOpen(open).into()),
    }
}

/// Takes the question for a lock back.
///
/// # Errors
/// Refused if nobody asked, or it is made.
pub fn cancel_lock(conn: &mut Conn, id: RoundId, by: &By) -> Result<()> {
    let (contest, round) = lock_round(conn, id)?;
    if round.state != RoundState::Judging || round.lock_by.is_none() || !store::unlock(conn, id)? {
        return Err(Refusal::NotNow.into());
    }
    by.note(conn, (contest.id, Some(id)), ("lock_cancelled", ""))
}

/// Makes the lock that somebody else asked for. From here on no sheet changes, and scores can be read.
///
/// # Errors
/// Refused for whoever asked, while sheets are open, if somebody was faster, and for whoever judges the contest themselves.
pub fn make_lock(conn: &mut Conn, id: RoundId, by: &By) -> Result<()> {
    let (contest, round) = lock_round(conn, id)?;
    refuse_judge(conn, &round, by)?;
    is_complete(conn, &round)?;
    if !store::make_lock(conn, id, by.account, by.now)? {
        let is_own = round.lock_by == Some(by.account);
        return Err(if is_own { Refusal::LockTwice } else { Refusal::NotNow }.into());
    }
    store::lock_sheets(conn, id, by.now)?;
    for place in store::places(conn, id)? {
        let is_judged = store::entry(conn, place.entry)?.state == EntryState::Competing;
        if place.state == PlaceState::Competing && is_judged {
            store::move_entry(conn, place.entry, (EntryState::Competing, EntryState::Scored), by, "")?;
        }
    }
    let is_last = store::rounds(conn, contest.id)?.last().is_some_and(|last| last.id == id);
    if is_last && contest.state == State::Judging {
        step(conn, &contest, (State::Judging, State::Locked), ("locked", ""), by)?;
    }
    by.note(conn, (contest.id, Some(id)), ("round_locked", ""))
}

/// Writes down how many judges voted for an entry about a tie, after the lock (domain.md §5.5, step 4), also where a correction has
/// made the tie.
///
/// # Errors
/// Refused before the lock, and while what is published is not to be followed by another revision.
pub fn set_votes(conn: &mut Conn, id: RoundId, entry: EntryId, votes: i32, by: &By) -> Result<()> {
    let (contest, round) = lock_round(conn, id)?;
    if !outcome::is_revising(conn, &round)? {
        return Err(Refusal::NotNow.into());
    }
    let place = store::places(conn, id)?.into_iter().find(|one| one.entry == entry).ok_or(Error::NotFound)?;
    store::set_ballots(conn, place.id, (None, Some(votes)))?;
    by.note(conn, (contest.id, Some(id)), ("voted", &format!("{} {votes}", place.code)))
}
