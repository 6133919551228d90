//! Who judges what: invitations, conflicts that the portal finds or somebody declares, and the assignment that respects them.
//! domain.md §4.3 (Judge, Conflict, Assignment) and §5.3.
use super::store::{self, Place};
use super::way::{By, lock, lock_round};
use super::{
    AssignmentState, ConflictKind, Contest, Judge, JudgeState, PlaceState, Refusal, Round, RoundState, State,
    recusals,
};
use crate::access::Permission::{KeepScores, SuperviseContests};
use crate::access::ScopeKind;
use crate::accounts;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{AssignmentId, ContestId, EntryId, JudgeId, PersonId, RoundId, random_hex};
use crate::inbox::{self, NewNotice};
use crate::msg;
use crate::scoring::assignment::{Question, assigned};
use crate::scoring::lots;
use std::collections::BTreeMap;

/// What a soft conflict costs beside a further sheet: such a pair is made only where there is no other.
const SOFT: i64 = 1_000;
/// What a further sheet of the same judge costs more than the one before.
const LOAD: i64 = 1;

/// What an invitation says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    pub person: PersonId,
    pub unit: String,
    pub expertise: String,
    pub panel: Option<i32>,
}

fn is_preparing(contest: &Contest) -> Result<()> {
    match contest.state {
        State::Provisional | State::Final | State::Archived => Err(Refusal::NotNow.into()),
        _ => Ok(()),
    }
}

/// Refuses those who keep scores of the contest or supervise it: one is never both (domain.md §3).
fn refuse_office(conn: &mut Conn, id: ContestId, person: PersonId) -> Result<()> {
    let Some(account) = store::account_of(conn, person)? else { return Ok(()) };
    let is_involved = accounts::grants(conn, account)?.iter().any(|grant| {
        let is_here = match grant.scope {
            ScopeKind::City => true,
            ScopeKind::Contest => grant.scope_id == Some(id.0),
            _ => false,
        };
        let may = grant.role.permissions();
        is_here && (may.contains(&KeepScores) || may.contains(&SuperviseContests))
    });
    if is_involved { Err(Refusal::Involved.into()) } else { Ok(()) }
}

/// Invites a judge; who takes part in the contest in another way is none (domain.md §3).
///
/// # Errors
/// Refused for entrants and their companions, for scorers and supervisors, and once the result is published.
pub fn invite(conn: &mut Conn, id: ContestId, invitation: &Invitation, by: &By) -> Result<JudgeId> {
    let contest = lock(conn, id)?;
    is_preparing(&contest)?;
    if store::is_entrant(conn, id, invitation.person)? {
        return Err(Refusal::Involved.into());
    }
    refuse_office(conn, id, invitation.person)?;
    let candidates = store::candidates(conn, id)?;
    if !candidates.iter().any(|one| one.0 == invitation.person) {
        return Err(Refusal::Involved.into());
    }
    let details = (invitation.unit.as_str(), invitation.expertise.as_str(), invitation.panel);
    let judge = store::insert_judge(conn, (id, invitation.person), details, by.account, by.now)?
        .ok_or(Refusal::AlreadySaid)?;
    by.note(conn, (id, None), ("judge_invited", ""))?;
    let notice = NewNotice {
        person: invitation.person,
        kind: inbox::Kind::Message,
        title: msg!("邀请您担任评委：{}", contest.title),
        body: String::new(),
        link: format!("/judge/contests/{id}"),
        sent_by: Some(by.account),
        key: format!("judge-{judge}-invited"),
    };
    inbox::tell(conn, &[notice], by.now)?;
    detect(conn, id, by)?;
    Ok(judge)
}

/// Tells a judge that so many sheets wait. `about` makes it one fact.
pub(super) fn tell_judge(
    conn: &mut Conn,
    contest: &Contest,
    judge: &Judge,
    (about, id): (&str, i64),
    count: usize,
    by: &By,
) -> Result<()> {
    let notice = NewNotice {
        person: judge.person,
        kind: inbox::Kind::Message,
        title: msg!("“{}”有 {} 份评分表等您评", contest.title, count),
        body: String::new(),
        link: format!("/judge/contests/{}", contest.id),
        sent_by: Some(by.account),
        key: format!("judge-{}-{about}-{id}", judge.id),
    };
    inbox::tell(conn, &[notice], by.now)?;
    Ok(())
}

/// A judge answers the invitation; to accept is to accept the rules for judges.
///
/// # Errors
/// Not found for anybody else; refused if it was answered, and to accept for who keeps scores or supervises by now.
pub fn answer(conn: &mut Conn, id: ContestId, accepts: bool, person: PersonId, by: &By) -> Result<()> {
    lock(conn, id)?;
    let judge = store::judge_as(conn, id, person)?.ok_or(Error::NotFound)?;
    if accepts {
        refuse_office(conn, id, person)?;
    }
    let to = if accepts { JudgeState::Accepted } else { JudgeState::Declined };
    if !store::move_judge(conn, judge.id, JudgeState::Invited, to, by.now)? {
        return Err(Refusal::NotNow.into());
    }
    by.note(conn, (id, None), (if accepts { "judge_accepted" } else { "judge_declined" }, ""))
}

/// Puts a judge into a panel, before sheets are open.
///
/// # Errors
/// Refused later.
pub fn set_panel(conn: &mut Conn, id: JudgeId, panel: Option<i32>, by: &By) -> Result<()> {
    let judge = store::judge(conn, id)?;
    lock(conn, judge.contest)?;
    if store::rounds(conn, judge.contest)?.iter().any(|round| round.state == RoundState::Judging) {
        return Err(Refusal::NotNow.into());
    }
    store::set_panel(conn, id, panel)?;
    by.note(conn, (judge.contest, None), ("panel_set", ""))
}

/// A judge leaves; open sheets are missing from then on.
///
/// # Errors
/// Refused if the judge has left or declined.
pub fn withdraw(conn: &mut Conn, id: JudgeId, reason: &str, by: &By) -> Result<()> {
    let judge = store::judge(conn, id)?;
    lock(conn, judge.contest)?;
    let from = judge.state;
    if matches!(from, JudgeState::Withdrawn | JudgeState::Declined)
        || !store::move_judge(conn, id, from, JudgeState::Withdrawn, by.now)?
    {
        return Err(Refusal::NotNow.into());
    }
    for round in store::rounds(conn, judge.contest)? {
        for one in store::assignments(conn, round.id)?.iter().filter(|one| one.judge == id) {
            if one.state == AssignmentState::Assigned {
                let to = AssignmentState::Missing;
                store::move_assignment(conn, one, (AssignmentState::Assigned, to), reason, by)?;
            }
        }
    }
    by.note(conn, (judge.contest, None), ("judge_withdrawn", reason))
}

/// Finds the conflicts that the roster knows of: the same branch, the same unit (the general branch above), the same alliance;
/// and those of the persons whom entrants have named. What was found and removed is not found again.
///
/// # Errors
/// Those of the database.
pub fn detect(conn: &mut Conn, id: ContestId, by: &By) -> Result<()> {
    let judges = store::judges(conn, id)?;
    let mut origins = BTreeMap::new();
    let taught = store::taught_by(conn, id)?;
    let persons = judges.iter().map(|judge| judge.person).chain(taught.iter().map(|one| one.1));
    for person in persons.collect::<std::collections::BTreeSet<_>>() {
        origins.insert(person, store::origin(conn, person)?);
    }
    let known: std::collections::BTreeSet<(JudgeId, EntryId, &str)> =
        store::conflicts(conn, id)?.iter().map(|one| (one.judge, one.entry, one.kind.as_str())).collect();
    for request in store::recusal_requests_in(conn, id)? {
        for judge in judges.iter().filter(|judge| recusals::concerns(&request, judge)) {
            let conflict = (judge.id, request.entry, request.kind);
            if !known.contains(&(judge.id, request.entry, request.kind.as_str())) {
                put(conn, id, conflict, (Some(request.said_by), &request.reason), by)?;
            }
        }
    }
    for judge in &judges {
        let own = &origins[&judge.person];
        for (entry, person, alliance) in &taught {
            let other = &origins[person];
            let mut found = vec![];
            if judge.person == *person {
                found.push(ConflictKind::Competitor);
            }
            if own.branch.is_some() && own.branch == other.branch {
                found.push(ConflictKind::SameBranch);
            } else if unit(&own.path).is_some() && unit(&own.path) == unit(&other.path) {
                found.push(ConflictKind::SameUnit);
            }
            if alliance.is_some_and(|alliance| own.alliances.contains(&alliance)) {
                found.push(ConflictKind::SameAlliance);
            }
            for kind in found {
                if !known.contains(&(judge.id, *entry, kind.as_str())) {
                    put(conn, id, (judge.id, *entry, kind), (None, ""), by)?;
                }
            }
        }
    }
    Ok(())
}

/// The general branch that a branch belongs to: `/city/committee/general branch/branch/`.
fn unit(path: &str) -> Option<&str> {
    let above = path.trim_end_matches('/').rsplit_once('/')?.0;
    (above.matches('/').count() >= 3).then_some(above)
}

/// A judge, an entrant or the supervisor says that there is a conflict.
///
/// # Errors
/// Those of the database.
pub fn declare(
    conn: &mut Conn,
    id: ContestId,
    (judge, entry, kind): (JudgeId, EntryId, ConflictKind),
    reason: &str,
    by: &By,
) -> Result<()> {
    lock(conn, id)?;
    if store::judge(conn, judge)?.contest != id || store::entry(conn, entry)?.contest != id {
        return Err(Error::NotFound);
    }
    put(conn, id, (judge, entry, kind), (Some(by.account), reason), by)?;
    by.note(conn, (id, None), ("conflict_declared", kind.as_str()))
}

/// Writes a conflict down. A hard one ends what it concerns: an open sheet is recused, one that was handed in does not count.
fn put(
    conn: &mut Conn,
    id: ContestId,
    conflict: (JudgeId, EntryId, ConflictKind),
    (declared_by, reason): (Option<crate::ids::AccountId>, &str),
    by: &By,
) -> Result<()> {
    let (judge, entry, kind) = conflict;
    store::insert_conflict(conn, id, conflict, (declared_by, reason), by.now)?;
    if !kind.is_hard() {
        return Ok(());
    }
    for round in store::rounds(conn, id)?.iter().filter(|round| round.locked_at.is_none()) {
        for one in store::assignments(conn, round.id)? {
            // What was in a lock is changed by a ruling alone, also while the round is open again for another entry.
            if (one.judge, one.entry) != (judge, entry) || one.locked_at.is_some() {
                continue;
            }
            let to = match one.state {
                AssignmentState::Assigned | AssignmentState::Missing => AssignmentState::Recused,
                AssignmentState::Submitted => AssignmentState::Excluded,
                AssignmentState::Recused | AssignmentState::Excluded => continue,
            };
            store::move_assignment(conn, &one, (one.state, to), kind.as_str(), by)?;
        }
    }
    Ok(())
}

/// The supervisor takes a soft conflict away, with a reason in the record. Hard ones stay.
///
/// # Errors
/// Refused for hard ones.
pub fn remove_conflict(conn: &mut Conn, id: ContestId, conflict: i64, reason: &str, by: &By) -> Result<()> {
    lock(conn, id)?;
    if !store::remove_conflict(conn, (id, conflict), by.account, by.now)? {
        return Err(Refusal::HardConflict.into());
    }
    by.note(conn, (id, None), ("conflict_removed", reason))
}

/// The judges of a panel: those who accepted and sit in it, or in all. A round without panels has them all.
fn panel(judges: &[Judge], panel: Option<i32>) -> Vec<&Judge> {
    let sits = |judge: &&Judge| panel.is_none() || judge.panel.is_none() || judge.panel == panel;
    judges.iter().filter(|judge| judge.state == JudgeState::Accepted).filter(sits).collect()
}

/// Assigns the entries of a round to its judges, anew each time until sheets are open: everybody of the panel, or as many as the
/// round asks for at the least cost, balanced and without chance. Gives the entries that got too few, with how many they got.
///
/// # Errors
/// Refused before the draw and once sheets are open.
pub fn assign(conn: &mut Conn, id: RoundId, by: &By) -> Result<Vec<(EntryId, usize)>> {
    let (contest, round) = lock_round(conn, id)?;
    if round.state != RoundState::Drawn {
        return Err(Refusal::NotNow.into());
    }
    if store::rounds(conn, contest.id)?.iter().all(|one| one.started_at.is_none()) {
        shuffle(conn, contest.id)?;
    }
    detect(conn, contest.id, by)?;
    store::clear_assignments(conn, id)?;
    let judges = store::judges(conn, contest.id)?;
    let places: Vec<Place> =
        store::places(conn, id)?.into_iter().filter(|place| place.state == PlaceState::Competing).collect();
    let conflicts = store::conflicts(conn, contest.id)?;
    let cost = |judge: &Judge, place: &Place| {
        let between = conflicts
            .iter()
            .filter(|one| one.judge == judge.id && one.entry == place.entry && one.removed_at.is_none());
        let (hard, soft): (Vec<_>, Vec<_>) = between.partition(|one| one.is_hard);
        hard.is_empty().then_some(if soft.is_empty() { 0 } else { SOFT })
    };
    let mut short = vec![];
    for number in 1..=round.panels {
        let members = panel(&judges, (round.panels > 1).then_some(number));
        let own: Vec<&Place> = places.iter().filter(|place| place.panel == number).collect();
        if members.is_empty() && !own.is_empty() {
            return Err(Refusal::PanelsEmpty.into());
        }
        short.extend(assign_panel(conn, &round, &members, &own, cost)?);
    }
    by.note(conn, (contest.id, Some(id)), ("assigned", ""))?;
    Ok(short)
}

fn assign_panel(
    conn: &mut Conn,
    round: &Round,
    judges: &[&Judge],
    places: &[&Place],
    cost: impl Fn(&Judge, &Place) -> Option<i64>,
) -> Result<Vec<(EntryId, usize)>> {
    let of_all = |load: i32| if load == 0 { places.len() } else { load as usize };
    let need = if round.sheets_each == 0 { judges.len() } else { round.sheets_each as usize };
    let question = Question {
        judges: vec![of_all(round.judge_load); judges.len()],
        entries: vec![need; places.len()],
        costs: judges.iter().map(|judge| places.iter().map(|place| cost(judge, place)).collect()).collect(),
        load: LOAD,
    };
    let answer = assigned(&question);
    for (judge, place) in answer.pairs {
        store::assign(conn, round.id, judges[judge].id, places[place].entry)?;
    }
    // Who judges everybody else's is short of nothing but those that a conflict forbids.
    let short = answer.short.into_iter().filter(|_| round.sheets_each > 0);
    Ok(short.map(|(place, got)| (places[place].entry, got)).collect())
}

/// Gives judges numbers by chance, so that published sheets do not say whose they are.
fn shuffle(conn: &mut Conn, id: ContestId) -> Result<()> {
    let judges = store::judges(conn, id)?;
    let names: Vec<String> = judges.iter().map(|judge| judge.id.to_string()).collect();
    let order = lots::drawn(&random_hex(16), names.iter().map(String::as_str));
    let numbers: Vec<(JudgeId, i32)> = judges
        .iter()
        .filter_map(|judge| {
            let at = order.iter().position(|name| **name == judge.id.to_string())?;
            Some((judge.id, at as i32 + 1))
        })
        .collect();
    store::renumber(conn, &numbers)
}

/// Gives one more judge an entry, while lots are drawn or sheets are open: instead of one who was recused, or for one more sheet.
///
/// # Errors
/// Refused across a hard conflict (INV-C3), for somebody who is no judge, and if the judge has it already.
pub fn assign_one(conn: &mut Conn, id: RoundId, judge: JudgeId, entry: EntryId, by: &By) -> Result<()> {
    let (contest, round) = lock_round(conn, id)?;
    let is_open = matches!(round.state, RoundState::Drawn | RoundState::Judging);
    let found = store::judge(conn, judge)?;
    let place =
        store::places(conn, id)?.into_iter().find(|place| place.entry == entry).ok_or(Error::NotFound)?;
    if found.contest != contest.id {
        return Err(Error::NotFound);
    }
    if !is_open || found.state != JudgeState::Accepted || place.state != PlaceState::Competing {
        return Err(Refusal::NotNow.into());
    }
    if store::is_barred(conn, judge, entry)? {
        return Err(Refusal::Conflicted.into());
    }
    if !store::assign(conn, id, judge, entry)? {
        return Err(Refusal::AlreadySaid.into());
    }
    if round.state == RoundState::Judging {
        tell_judge(conn, &contest, &found, ("entry", entry.0), 1, by)?;
    }
    by.note(conn, (contest.id, Some(id)), ("assigned_one", &place.code))
}

/// A judge steps back from an entry that was assigned, and says why.
///
/// # Errors
/// Not found for anybody else's; refused once the sheet was handed in.
pub fn recuse(
    conn: &mut Conn,
    id: AssignmentId,
    (kind, reason): (ConflictKind, &str),
    person: PersonId,
    by: &By,
) -> Result<()> {
    let of = store::assignment(conn, id)?;
    let (contest, round) = lock_round(conn, of.round)?;
    let found = store::assignment(conn, id)?;
    if store::judge(conn, found.judge)?.person != person {
        return Err(Error::NotFound);
    }
    if found.state != AssignmentState::Assigned {
        return Err(Refusal::SubmittedAlready.into());
    }
    if !matches!(round.state, RoundState::Drawn | RoundState::Judging) || found.locked_at.is_some() {
        return Err(Refusal::Locked.into());
    }
    store::insert_conflict(
        conn,
        contest.id,
        (found.judge, found.entry, kind),
        (Some(by.account), reason),
        by.now,
    )?;
    store::move_assignment(
        conn,
        &found,
        (AssignmentState::Assigned, AssignmentState::Recused),
        kind.as_str(),
        by,
    )?;
    // The public record says which entry and which kind, never the reason.
    let code = Option::unwrap_or_default(store::entry(conn, found.entry)?.code);
    by.note(conn, (contest.id, Some(found.round)), ("recused", format!("{code} {}", kind.as_str()).trim()))
}
