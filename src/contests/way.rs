//! The life of a contest: draft → announced → open → screening → judging → locked → provisional → final → archived, each step with
//! its guard, and of its rounds up to the first open sheet. domain.md §4.3.
use super::store::{self, ContestDraft, RoundDraft};
use super::{
    Assignment, AssignmentState, Contest, EntryState, JudgeState, Panels, Refusal, Round, RoundState, State,
};
use super::{entries, judges};
use crate::audit::{Action, Doer};
use crate::channels::{self, Announcement};
use crate::clock::{self, Timestamp};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{AccountId, ContestId, RoundId, random_hex};
use crate::msg;
use crate::scoring::exact::Exact;
use crate::scoring::lots;
use crate::scoring::squares::{self, Mark};

/// Who does it, as the record names them, and when.
#[derive(Clone)]
pub struct By {
    pub account: AccountId,
    pub doer: Doer,
    pub now: Timestamp,
}

impl By {
    /// Adds it to the record of the contest, which everybody concerned reads, and to that of the portal.
    pub(super) fn note(
        &self,
        conn: &mut Conn,
        (contest, round): (ContestId, Option<RoundId>),
        (what, reason): (&str, &str),
    ) -> Result<()> {
        store::note(conn, (contest, round), (what, reason), self.account, self.now)?;
        self.doer.did(conn, Action::ContestStep, ("contest", contest.0), self.now)
    }
}

/// The seed of the lots: the portal's part and what outsiders added. domain.md §5.5 (V-LOT).
pub(super) fn seed(secret: &str, outside: &str) -> String {
    format!("{secret}|{outside}")
}

/// Locks a contest that is not suspended.
pub(super) fn lock(conn: &mut Conn, id: ContestId) -> Result<Contest> {
    let contest = store::lock(conn, id)?;
    if contest.is_suspended { Err(Refusal::Suspended.into()) } else { Ok(contest) }
}

/// Locks the contest of a round and reads both as they are then.
pub(super) fn lock_round(conn: &mut Conn, id: RoundId) -> Result<(Contest, Round)> {
    let of = store::round(conn, id)?.contest;
    let contest = lock(conn, of)?;
    Ok((contest, store::round(conn, id)?))
}

/// Makes a contest; the same key makes it once.
///
/// # Errors
/// Refused if somebody has the name in addresses.
pub fn create(
    conn: &mut Conn,
    (slug, key): (&str, &str),
    draft: &ContestDraft,
    by: &By,
) -> Result<ContestId> {
    let id = store::insert_contest(conn, (slug, key), draft, by.account, by.now)?;
    by.note(conn, (id, None), ("made", ""))?;
    Ok(id)
}

/// Saves what is said of a contest. Once it is announced its dates may only become later, and what was promised stays: the
/// days of notice, the gold lecturers, whether there is a recording.
///
/// # Errors
/// [`Refusal::Overtaken`] if somebody saved since `revision`; refused once entries are closed.
pub fn save(conn: &mut Conn, id: ContestId, draft: &ContestDraft, revision: i32, by: &By) -> Result<()> {
    let contest = lock(conn, id)?;
    if !matches!(contest.state, State::Draft | State::Announced | State::Open) {
        return Err(Refusal::NotNow.into());
    }
    let keeps = draft.needs_video == contest.needs_video
        && draft.notice_days == contest.notice_days
        && (draft.gold_count, draft.gold_years) == (contest.gold_count, contest.gold_years)
        && draft.closes_on >= contest.closes_on
        && (contest.state != State::Open || draft.opens_on == contest.opens_on);
    if contest.state != State::Draft && !keeps {
        return Err(Refusal::NotNow.into());
    }
    if !store::update_contest(conn, id, draft, revision)? {
        return Err(Refusal::Overtaken.into());
    }
    by.note(conn, (id, None), ("saved", ""))
}

/// Adds a round behind the others, while the contest is a draft.
///
/// # Errors
/// Refused later.
pub fn add_round(conn: &mut Conn, id: ContestId, draft: &RoundDraft, by: &By) -> Result<RoundId> {
    let contest = lock(conn, id)?;
    if contest.state != State::Draft {
        return Err(Refusal::NotNow.into());
    }
    let position = store::rounds(conn, id)?.len() as i32 + 1;
    let round = store::insert_round(conn, id, position, draft)?;
    by.note(conn, (id, None), ("round_added", &draft.title))?;
    Ok(round)
}

/// Saves a round and its method, until it is frozen.
///
/// # Errors
/// Refused once it is frozen.
pub fn save_round(conn: &mut Conn, id: RoundId, draft: &RoundDraft, by: &By) -> Result<()> {
    let (contest, _) = lock_round(conn, id)?;
    if !store::update_round(conn, id, draft)? {
        return Err(Refusal::Frozen.into());
    }
    by.note(conn, (contest.id, None), ("round_saved", &draft.title))
}

/// Takes the last round of a draft away.
///
/// # Errors
/// Refused for another one, and once it is frozen or the contest announced.
pub fn remove_round(conn: &mut Conn, id: RoundId, by: &By) -> Result<()> {
    let (contest, round) = lock_round(conn, id)?;
    let is_last = store::rounds(conn, contest.id)?.last().is_some_and(|last| last.id == round.id);
    if contest.state != State::Draft || !is_last {
        return Err(Refusal::NotNow.into());
    }
    // The record names rounds: what is said of this one goes on without it.
    if store::has_record(conn, id)? || !store::delete_round(conn, id)? {
        return Err(Refusal::Frozen.into());
    }
    by.note(conn, (contest.id, None), ("round_removed", &round.title))
}

/// Freezes the method of a round as it was seen (D5): from now on it is that one or none.
///
/// # Errors
/// Refused if it is frozen already, was changed since `digest`, or is no method.
pub fn freeze(conn: &mut Conn, id: RoundId, digest: &str, by: &By) -> Result<()> {
    let (contest, round) = lock_round(conn, id)?;
    if contest.state != State::Draft {
        return Err(Refusal::NotNow.into());
    }
    if !round.method.problems().is_empty() {
        return Err(Refusal::BadMethod.into());
    }
    if !store::freeze(conn, id, digest, by.account, by.now)? {
        return Err(if round.frozen_by.is_some() { Refusal::Frozen } else { Refusal::Overtaken }.into());
    }
    by.note(conn, (contest.id, Some(id)), ("frozen", digest))
}

/// Approves the method that somebody else froze.
///
/// # Errors
/// Refused for whoever froze it, and if it is not that one any more.
pub fn approve(conn: &mut Conn, id: RoundId, digest: &str, by: &By) -> Result<()> {
    let (contest, round) = lock_round(conn, id)?;
    if !store::approve(conn, id, digest, by.account, by.now)? {
        let is_own = round.frozen_by == Some(by.account);
        return Err(if is_own { Refusal::SamePerson } else { Refusal::NotNow }.into());
    }
    by.note(conn, (contest.id, Some(id)), ("approved", digest))
}

/// Takes a method out of the ice, with a reason, before the contest is announced.
///
/// # Errors
/// Refused once it is announced.
pub fn thaw(conn: &mut Conn, id: RoundId, reason: &str, by: &By) -> Result<()> {
    let (contest, round) = lock_round(conn, id)?;
    if contest.state != State::Draft || round.frozen_by.is_none() || !store::thaw(conn, id)? {
        return Err(Refusal::NotNow.into());
    }
    by.note(conn, (contest.id, Some(id)), ("thawed", reason))
}

/// Announces a contest: every method is frozen by two, so nobody who enters is judged by another one.
///
/// # Errors
/// Refused without rounds, and while a method is not frozen.
pub fn announce(conn: &mut Conn, id: ContestId, by: &By) -> Result<()> {
    let contest = lock(conn, id)?;
    let rounds = store::rounds(conn, id)?;
    if rounds.is_empty() {
        return Err(Refusal::NoRounds.into());
    }
    if !rounds.iter().all(Round::is_frozen) {
        return Err(Refusal::NotFrozen.into());
    }
    step(conn, &contest, (State::Draft, State::Announced), ("announced", ""), by)?;
    let dates = format!("报名 {} 到 {}。", contest.opens_on, contest.closes_on);
    tell(conn, &contest, ("announced", format!("赛课公布：{}", contest.title)), dates, by)
}

/// Opens a contest for entries, from its first day on.
///
/// # Errors
/// Refused before that day.
pub fn open(conn: &mut Conn, id: ContestId, by: &By) -> Result<()> {
    let contest = lock(conn, id)?;
    if clock::day(by.now) < contest.opens_on {
        return Err(Refusal::TooEarly.into());
    }
    step(conn, &contest, (State::Announced, State::Open), ("opened", ""), by)?;
    let until = format!("{} 截止。每人一件，支部同意后由两个人审核。", contest.closes_on);
    tell(conn, &contest, ("opened", format!("赛课开始报名：{}", contest.title)), until, by)
}

/// Closes the entries, after the last day: those that the branch agreed to are examined, and what the portal adds to the lots is
/// fixed and its digest shown.
///
/// # Errors
/// Refused while entries are still taken.
pub fn close(conn: &mut Conn, id: ContestId, by: &By) -> Result<()> {
    let contest = lock(conn, id)?;
    if clock::day(by.now) <= contest.closes_on {
        return Err(Refusal::TooEarly.into());
    }
    step(conn, &contest, (State::Open, State::Screening), ("closed", ""), by)?;
    for round in store::rounds(conn, id)? {
        let secret = random_hex(32);
        store::commit_seed(conn, round.id, &secret, &lots::commitment(&secret))?;
    }
    Ok(())
}

/// Stops everything until somebody goes on, with a reason that everybody reads.
///
/// # Errors
/// Refused if it is suspended, draft or over.
pub fn suspend(conn: &mut Conn, id: ContestId, reason: &str, by: &By) -> Result<()> {
    let contest = lock(conn, id)?;
    if matches!(contest.state, State::Draft | State::Archived) || !store::suspend(conn, id, true)? {
        return Err(Refusal::NotNow.into());
    }
    by.note(conn, (id, None), ("suspended", reason))
}

/// Goes on where it was suspended.
///
/// # Errors
/// Refused if it is not suspended.
pub fn resume(conn: &mut Conn, id: ContestId, reason: &str, by: &By) -> Result<()> {
    store::lock(conn, id)?;
    if !store::suspend(conn, id, false)? {
        return Err(Refusal::NotNow.into());
    }
    by.note(conn, (id, None), ("resumed", reason))
}

/// Puts a contest away. Its pages stay.
///
/// # Errors
/// Refused before its result is final.
pub fn archive(conn: &mut Conn, id: ContestId, by: &By) -> Result<()> {
    let contest = lock(conn, id)?;
    step(conn, &contest, (State::Final, State::Archived), ("archived", ""), by)
}

/// Tells the groups what everybody can read on the page of the contest. `what` makes it one fact of this contest.
pub(super) fn tell(
    conn: &mut Conn,
    contest: &Contest,
    (what, title): (&str, String),
    text: String,
    by: &By,
) -> Result<()> {
    let (key, link) = (format!("contest-{}-{what}", contest.id), format!("/contests/{}", contest.slug));
    channels::announce(conn, &Announcement { key, title, text, link }, by.now)
}

/// From one state into the next, with its line in the record.
pub(super) fn step(
    conn: &mut Conn,
    contest: &Contest,
    (from, to): (State, State),
    (what, reason): (&str, &str),
    by: &By,
) -> Result<()> {
    if !store::move_contest(conn, contest.id, (from, to), by.now)? {
        return Err(Refusal::NotNow.into());
    }
    by.note(conn, (contest.id, None), (what, reason))
}

/// Draws the lots of a round. `outside` is what outsiders said at the draw (dice, called by an entrant). The first round takes
/// the entries that were screened, a later one those that went on. Panels are filled in the order of the lots.
///
/// # Errors
/// Refused while entries wait for their screening, the round before is not final, or there is nobody to draw.
pub fn draw(conn: &mut Conn, id: RoundId, outside: &str, by: &By) -> Result<()> {
    let (contest, round) = lock_round(conn, id)?;
    let rounds = store::rounds(conn, contest.id)?;
    let before = rounds.iter().find(|one| one.position == round.position - 1);
    let from = match before {
        None if contest.state == State::Screening => {
            let waiting = store::count_entries(conn, contest.id, EntryState::BranchEndorsed)?;
            if waiting > 0 {
                return Err(Refusal::EntriesWait(waiting).into());
            }
            // Those that no branch agreed to do not compete; nobody is left without an answer.
            for id in store::end_open_entries(conn, contest.id, by.account, by.now)? {
                let entry = store::entry(conn, id)?;
                let title = msg!("您参加“{}”的作品截止时没有审核完，不参加评比", contest.title);
                entries::tell_entrant(conn, &contest, &entry, title, "", by)?;
            }
            EntryState::Screened
        }
        Some(before) if before.state == RoundState::Final => EntryState::Promoted,
        _ => return Err(Refusal::NotNow.into()),
    };
    if before.is_none() {
        store::give_codes(conn, contest.id)?;
    }
    let entries = store::entries_in(conn, contest.id, from)?;
    if entries.is_empty() {
        return Err(Refusal::NoEntries.into());
    }
    let secret = store::secret(conn, id)?;
    if secret.is_empty() || !store::set_drawn(conn, id, outside, by.now)? {
        return Err(Refusal::NotNow.into());
    }
    let codes: Vec<&str> = entries.iter().map(|(_, code)| code.as_str()).collect();
    let order = lots::drawn(&seed(&secret, outside), codes);
    for (lot, code) in (1..).zip(order) {
        let entry = entries.iter().find(|one| one.1 == code).map(|one| one.0).ok_or(Error::NotFound)?;
        let panel = (lot - 1) % round.panels + 1;
        store::insert_place(conn, id, entry, (lot, panel))?;
        store::move_entry(conn, entry, (from, EntryState::Competing), by, "")?;
    }
    by.note(conn, (contest.id, Some(id)), ("drawn", outside))
}

/// Opens the sheets of a round. Nothing of its method, its lots or its panels can change from here on.
///
/// # Errors
/// Refused before the draw, while a judge has not answered, and with fewer sheets than the method needs for an entry or a judge.
pub fn start(conn: &mut Conn, id: RoundId, due: Option<Timestamp>, by: &By) -> Result<()> {
    let (contest, round) = lock_round(conn, id)?;
    let invited = store::count_judges(conn, contest.id, JudgeState::Invited)?;
    if invited > 0 {
        return Err(Refusal::JudgesWait(invited).into());
    }
    let fewest = match round.method.panels {
        Panels::LeastSquares => squares::FEWEST_OF_ENTRY as i64,
        _ => i64::from(round.method.trim.least),
    };
    if store::fewest_assigned(conn, id)? < fewest {
        return Err(Refusal::FewJudges.into());
    }
    let assigned = store::assignments(conn, id)?;
    if round.method.panels == Panels::LeastSquares {
        let waits = assigned.iter().filter(|one| one.state == AssignmentState::Assigned);
        let mark = |of: &Assignment| Mark {
            entry: of.entry.0 as usize,
            judge: of.judge.0 as usize,
            score: Exact::default(),
        };
        let (_, judges) = squares::thin(&waits.map(mark).collect::<Vec<_>>());
        if !judges.is_empty() {
            return Err(Refusal::ThinJudges(judges.len()).into());
        }
    }
    if !store::set_started(conn, id, due, by.now)? {
        return Err(Refusal::NotNow.into());
    }
    if contest.state == State::Screening {
        step(conn, &contest, (State::Screening, State::Judging), ("judging", ""), by)?;
    }
    for judge in store::judges(conn, contest.id)? {
        let count = assigned.iter().filter(|one| one.judge == judge.id).count();
        if count > 0 {
            judges::tell_judge(conn, &contest, &judge, ("started", id.0), count, by)?;
        }
    }
    by.note(conn, (contest.id, Some(id)), ("started", ""))
}
