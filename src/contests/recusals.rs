//! Whom an entrant asks not to be judged by. Who judges is not said before the result, so the entrant names persons; whether one
//! of them is a judge is not answered, but such a judge never judges the entry. domain.md §4.3 (Conflict).
use super::store::{self, RecusalDraft, RecusalRequest};
use super::way::By;
use super::{ConflictKind, Contest, Entry, EntryState, Judge, Refusal, RoundState, State, entries, judges};
use crate::db::Conn;
use crate::error::Result;
use crate::ids::{EntryId, PersonId};

/// The most persons that an entry may name: whoever is known in the field cannot all be kept away.
pub const MOST: i64 = 5;

/// The reasons that an entrant can give: those that stay.
pub fn kinds() -> impl Iterator<Item = ConflictKind> {
    ConflictKind::ALL.iter().copied().filter(|kind| kind.is_hard())
}

/// Whether the entrant may still name somebody: until sheets are open. Later it is an objection.
///
/// # Errors
/// Those of the database.
pub fn may_request(conn: &mut Conn, contest: &Contest, entry: &Entry) -> Result<bool> {
    use EntryState::{Disqualified, Eliminated, Refused, Withdrawn};
    let is_before = matches!(contest.state, State::Open | State::Screening | State::Judging);
    if !is_before
        || contest.is_suspended
        || matches!(entry.state, Refused | Withdrawn | Eliminated | Disqualified)
    {
        return Ok(false);
    }
    let rounds = store::rounds(conn, contest.id)?;
    Ok(rounds.iter().all(|round| round.state != RoundState::Judging))
}

/// The entrant names a person.
///
/// # Errors
/// Not found for anybody else's entry; refused once sheets are open, for more than [`MOST`], and for the same said twice.
pub fn request(conn: &mut Conn, id: EntryId, draft: &RecusalDraft, person: PersonId, by: &By) -> Result<()> {
    let (contest, entry) = entries::own(conn, id, person)?;
    if !may_request(conn, &contest, &entry)? {
        return Err(Refusal::NotNow.into());
    }
    if store::recusal_requests(conn, id)?.len() as i64 >= MOST {
        return Err(Refusal::ManyRecusals.into());
    }
    if !store::insert_recusal_request(conn, id, draft, by)? {
        return Err(Refusal::RecusalKnown.into());
    }
    entries::note(conn, id, by)?;
    judges::detect(conn, contest.id, by)
}

/// Whether the request is about this judge: the name without its spaces.
pub fn concerns(request: &RecusalRequest, judge: &Judge) -> bool {
    let bare = |name: &str| name.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    bare(&request.name) == bare(&judge.name)
}
