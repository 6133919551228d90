//! What happens to an entry, from its first draft until it competes. domain.md §4.3, §3 (separation of duty).
use super::store::{self, EntryDraft, NewEntry};
use super::way::{self, By};
use super::{Contest, Entry, EntryState, Refusal, RoundState, State, Verdict};
use crate::access::{Role, ScopeKind, Viewer};
use crate::audit::Action;
use crate::clock::{self, Timestamp};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{ContestId, EntryId, LectureId, PersonId};
use crate::inbox::{self, NewNotice};
use crate::lang::Message;
use crate::{access::Permission, accounts, lectures, msg, organization, people, schools};

/// Screeners who have to agree.
const SCREENERS: usize = 2;

/// Whether entries are taken: while the contest is open, from its first day to its last, both included.
pub fn takes_entries(contest: &Contest, now: Timestamp) -> bool {
    let day = clock::day(now);
    contest.state == State::Open && (contest.opens_on..=contest.closes_on).contains(&day)
}

/// Whether an entry may still be written and handed in: a new one while entries are taken; one that was sent back until the
/// lots of the first round are drawn.
pub fn may_write(conn: &mut Conn, contest: &Contest, entry: &Entry, now: Timestamp) -> Result<bool> {
    if contest.is_suspended {
        return Ok(false);
    }
    Ok(match entry.state {
        EntryState::Draft => takes_entries(contest, now),
        EntryState::Returned if matches!(contest.state, State::Open | State::Screening) => {
            let rounds = store::rounds(conn, contest.id)?;
            rounds.first().is_some_and(|round| round.state == RoundState::Waiting)
        }
        _ => false,
    })
}

/// Why one cannot write it any more, in words.
fn too_late(contest: &Contest, entry: &Entry, now: Timestamp) -> Error {
    let is_over = entry.state == EntryState::Draft
        && (contest.state != State::Open || clock::day(now) > contest.closes_on);
    if is_over { Refusal::TooLate.into() } else { Refusal::NotNow.into() }
}

/// Refuses those who judge, keep scores or supervise: one is never both (domain.md §3).
fn refuse_involved(conn: &mut Conn, contest: ContestId, persons: &[PersonId]) -> Result<()> {
    if store::is_judge(conn, contest, persons)? {
        return Err(Refusal::Involved.into());
    }
    for person in persons {
        let Some(account) = store::account_of(conn, *person)? else { continue };
        let is_involved = accounts::grants(conn, account)?.iter().any(|grant| {
            let is_here = match grant.scope {
                ScopeKind::Contest => grant.scope_id == Some(contest.0),
                _ => true,
            };
            is_here && matches!(grant.role, Role::Scorer | Role::Supervisor)
        });
        if is_involved {
            return Err(Refusal::Involved.into());
        }
    }
    Ok(())
}

/// Adds it to the record of the portal.
pub(super) fn note(conn: &mut Conn, entry: EntryId, by: &By) -> Result<()> {
    by.doer.did(conn, Action::ContestStep, ("contest_entry", entry.0), by.now)
}

/// Begins an entry for a member; the same key begins one.
///
/// # Errors
/// Refused unless entries are taken, for those who judge or keep scores, and if there is one already (INV-C1).
pub fn begin(
    conn: &mut Conn,
    contest: ContestId,
    viewer: &Viewer,
    draft: &EntryDraft,
    key: &str,
    by: &By,
) -> Result<EntryId> {
    let contest = way::lock(conn, contest)?;
    if !takes_entries(&contest, by.now) {
        let is_early = clock::day(by.now) < contest.opens_on || contest.state == State::Announced;
        return Err(if is_early { Refusal::TooEarly } else { Refusal::TooLate }.into());
    }
    let (branch, ..) = people::card(conn, viewer.person)?.ok_or(Refusal::NotEligible)?;
    check_people(conn, contest.id, viewer.person, draft)?;
    let new = NewEntry {
        contest: contest.id,
        entrant: viewer.person,
        branch,
        by: by.account,
        acted_by: viewer.acted_by(),
        key,
    };
    let id = store::insert_entry(conn, &new, draft, by.now)?;
    if store::entry_steps(conn, id)?.is_empty() {
        store::put_script(conn, (id, 1), draft, by.now)?;
        store::append(conn, id, EntryState::Draft, "", by.account, by.now)?;
        note(conn, id, by)?;
    }
    Ok(id)
}

fn check_people(conn: &mut Conn, contest: ContestId, entrant: PersonId, draft: &EntryDraft) -> Result<()> {
    if draft.companions.contains(&entrant) {
        return Err(Refusal::NotEligible.into());
    }
    let mut persons = vec![entrant];
    persons.extend(&draft.companions);
    refuse_involved(conn, contest, &persons)
}

/// The entrant's entry as it is now, with its contest locked. `is_same` says of the locked one whether it is what was looked at.
pub(super) fn own(conn: &mut Conn, id: EntryId, person: PersonId) -> Result<(Contest, Entry)> {
    let entry = store::entry(conn, id)?;
    if entry.entrant != person {
        return Err(Error::NotFound);
    }
    let contest = way::lock(conn, entry.contest)?;
    Ok((contest, store::entry(conn, id)?))
}

/// Saves what is being written: nothing that was handed in (INV-C2).
///
/// # Errors
/// Refused for what was handed in, and too late.
pub fn save(conn: &mut Conn, id: EntryId, person: PersonId, draft: &EntryDraft, by: &By) -> Result<()> {
    let (contest, entry) = own(conn, id, person)?;
    if !may_write(conn, &contest, &entry, by.now)? {
        return Err(too_late(&contest, &entry, by.now));
    }
    check_people(conn, contest.id, person, draft)?;
    store::update_entry(conn, &entry, draft, by.now)?;
    note(conn, id, by)
}

/// What is still missing before an entry can be handed in, in words.
///
/// # Errors
/// Those of the database.
pub fn missing(conn: &mut Conn, contest: &Contest, entry: &Entry) -> Result<Vec<Message>> {
    let mut found = vec![];
    if store::script_up_to(conn, entry.id, entry.version + 1)?.script.is_empty() {
        found.push(msg!("还没有讲稿"));
    }
    if !entry.is_original {
        found.push(msg!("还没有声明原创"));
    }
    if contest.needs_video && !has_recording(conn, entry.lecture)? {
        found.push(msg!("还没有选一堂录像已经做好的课"));
    }
    Ok(found)
}

/// Whether the lecture has a recording that is ready.
pub fn has_recording(conn: &mut Conn, lecture: Option<LectureId>) -> Result<bool> {
    match lecture {
        Some(id) => Ok(lectures::standing(conn, id)?.desk_media().is_some()),
        None => Ok(false),
    }
}

/// Hands an entry in: from now on the branch has to agree. What counts for quotas is the school's primary alliance today.
///
/// # Errors
/// Refused if something is missing, too late, and for those who judge or keep scores.
pub fn submit(conn: &mut Conn, id: EntryId, person: PersonId, by: &By) -> Result<()> {
    let (contest, entry) = own(conn, id, person)?;
    if !may_write(conn, &contest, &entry, by.now)? {
        return Err(too_late(&contest, &entry, by.now));
    }
    if !missing(conn, &contest, &entry)?.is_empty() {
        return Err(Refusal::NotEligible.into());
    }
    let companions = store::companions(conn, id)?.into_iter().map(|one| one.0);
    let everybody: Vec<PersonId> = std::iter::once(person).chain(companions).collect();
    refuse_involved(conn, contest.id, &everybody)?;
    let (branch, ..) = people::card(conn, person)?.ok_or(Refusal::NotEligible)?;
    let alliance = schools::primary_alliance(conn, entry.school)?;
    let script = store::script_up_to(conn, id, entry.version + 1)?;
    if script.version <= entry.version {
        // Handed in again without a change of its words: each submission keeps its own.
        store::copy_script(conn, id, (script.version, entry.version + 1), by.now)?;
    }
    if !store::set_submitted(conn, &entry, (branch, alliance), by.now)? {
        return Err(Refusal::NotNow.into());
    }
    store::append(conn, id, EntryState::Submitted, "", by.account, by.now)?;
    note(conn, id, by)?;
    let path = organization::find(conn, branch)?.path;
    tell_branch(conn, &contest, &entry, &path, by)
}

fn notice(
    entry: &Entry,
    person: PersonId,
    title: Message,
    (body, link): (&str, String),
    by: &By,
) -> NewNotice {
    NewNotice {
        person,
        kind: inbox::Kind::Message,
        title,
        body: body.to_owned(),
        link,
        sent_by: None,
        key: format!("entry-{}-{}-{}", entry.id, person, by.now.and_utc().timestamp_micros()),
    }
}

/// Tells those who may agree for the branch that an entry waits.
fn tell_branch(conn: &mut Conn, contest: &Contest, entry: &Entry, path: &str, by: &By) -> Result<()> {
    // Whoever belongs to the branch stands below it: so the branch itself is among what lies above.
    let below = format!("{path}0/");
    let holders = accounts::holders_above(conn, Permission::EndorseEntries, &below)?;
    let notices: Vec<NewNotice> = holders
        .into_iter()
        .filter(|(_, person)| *person != entry.entrant)
        .map(|(_, person)| {
            let title = msg!("“{}”有一件作品等支部同意", contest.title);
            notice(entry, person, title, ("", format!("/branch/entries/{}", entry.id)), by)
        })
        .collect();
    inbox::tell(conn, &notices, by.now)?;
    Ok(())
}

/// Tells the entrant where the entry stands.
pub(super) fn tell_entrant(
    conn: &mut Conn,
    contest: &Contest,
    entry: &Entry,
    title: Message,
    reason: &str,
    by: &By,
) -> Result<()> {
    let link = format!("/contests/{}/entry", contest.slug);
    inbox::tell(conn, &[notice(entry, entry.entrant, title, (reason, link), by)], by.now)?;
    Ok(())
}

/// Whether the viewer entered it, or teaches in it: others decide about it.
pub fn is_own(conn: &mut Conn, entry: &Entry, person: PersonId) -> Result<bool> {
    Ok(entry.entrant == person || store::companions(conn, entry.id)?.iter().any(|one| one.0 == person))
}

/// An entry that was handed in, of the viewer's branches, with its contest locked and the submission that was looked at.
fn for_branch(conn: &mut Conn, id: EntryId, viewer: &Viewer, version: i32) -> Result<(Contest, Entry)> {
    let paths = viewer.paths(Permission::EndorseEntries);
    let contest = store::entry_within(conn, &paths, id)?.contest;
    let contest = way::lock(conn, contest)?;
    let entry = store::entry_within(conn, &paths, id)?;
    if is_own(conn, &entry, viewer.person)? {
        return Err(Refusal::OwnEntry.into());
    }
    if entry.version != version || !matches!(contest.state, State::Open | State::Screening) {
        return Err(Refusal::NotNow.into());
    }
    Ok((contest, entry))
}

/// The branch agrees that an entry takes part.
///
/// # Errors
/// Not found outside the viewer's branches; refused for one's own entry, and if it is not waiting for the branch.
pub fn endorse(conn: &mut Conn, id: EntryId, viewer: &Viewer, version: i32, by: &By) -> Result<()> {
    let (contest, entry) = for_branch(conn, id, viewer, version)?;
    store::move_entry(conn, id, (EntryState::Submitted, EntryState::BranchEndorsed), by, "")?;
    store::set_endorsed(conn, id, by.account)?;
    note(conn, id, by)?;
    let title = msg!("支部同意您的作品参加“{}”，接下来是资格审核", contest.title);
    tell_entrant(conn, &contest, &entry, title, "", by)
}

/// The branch sends an entry back, with a reason that the entrant reads.
///
/// # Errors
/// As [`endorse`].
pub fn send_back(
    conn: &mut Conn,
    id: EntryId,
    viewer: &Viewer,
    (version, reason): (i32, &str),
    by: &By,
) -> Result<()> {
    let (contest, entry) = for_branch(conn, id, viewer, version)?;
    store::move_entry(conn, id, (EntryState::Submitted, EntryState::Returned), by, reason)?;
    note(conn, id, by)?;
    let title = msg!("您参加“{}”的作品退回了，请按意见修改", contest.title);
    tell_entrant(conn, &contest, &entry, title, reason, by)
}

/// A screener's verdict. Two have to agree that an entry competes, or that it does not; one sends it back. Nobody speaks twice
/// about a submission: the database settles it.
///
/// # Errors
/// Refused for one's own entry, for whoever agreed for the branch, twice, and about anything but the submission that was seen.
pub fn screen(
    conn: &mut Conn,
    id: EntryId,
    viewer: &Viewer,
    (version, verdict, reason): (i32, Verdict, &str),
    by: &By,
) -> Result<()> {
    let of = store::entry(conn, id)?.contest;
    let contest = way::lock(conn, of)?;
    let entry = store::entry(conn, id)?;
    if is_own(conn, &entry, viewer.person)? {
        return Err(Refusal::OwnEntry.into());
    }
    let is_examined = matches!(contest.state, State::Open | State::Screening);
    if entry.state != EntryState::BranchEndorsed || entry.version != version || !is_examined {
        return Err(Refusal::NotNow.into());
    }
    if entry.endorsed_by == Some(by.account) {
        return Err(Refusal::SamePerson.into());
    }
    if !store::insert_screening(conn, (id, version), verdict, by.account, by.now)? {
        return Err(Refusal::AlreadySaid.into());
    }
    note(conn, id, by)?;
    let said = store::screenings(conn, id, version)?.iter().filter(|one| one.2 == verdict).count();
    let from = EntryState::BranchEndorsed;
    let (to, title) = match verdict {
        Verdict::Returned => {
            (EntryState::Returned, msg!("您参加“{}”的作品退回了，请按意见修改", contest.title))
        }
        Verdict::Passed if said >= SCREENERS => {
            (EntryState::Screened, msg!("您参加“{}”的作品通过了资格审核", contest.title))
        }
        Verdict::Refused if said >= SCREENERS => {
            (EntryState::Refused, msg!("您参加“{}”的作品没有通过资格审核", contest.title))
        }
        Verdict::Passed | Verdict::Refused => {
            let what = if verdict == Verdict::Passed { "screen_passed" } else { "screen_refused" };
            return store::append_line(conn, id, (what, reason), by.account, by.now);
        }
    };
    store::move_entry(conn, id, (from, to), by, reason)?;
    tell_entrant(conn, &contest, &entry, title, reason, by)
}

/// Whether the entrant may take an entry back: before it is scored.
pub fn may_withdraw(entry: &Entry) -> bool {
    use EntryState::*;
    matches!(entry.state, Draft | Submitted | BranchEndorsed | Screened | Returned | Competing)
}

/// Takes an entry back. In a round that is not locked its place becomes empty.
///
/// # Errors
/// Refused once it is scored, and while its round is locked.
pub fn withdraw(conn: &mut Conn, id: EntryId, person: PersonId, by: &By) -> Result<()> {
    let (_, entry) = own(conn, id, person)?;
    if !may_withdraw(&entry) {
        return Err(Refusal::NotNow.into());
    }
    if !store::withdraw_places(conn, id)? {
        return Err(Refusal::Locked.into());
    }
    store::move_entry(conn, id, (entry.state, EntryState::Withdrawn), by, "")?;
    note(conn, id, by)
}
