//! Who sits in front of the screen, and since which second.
use super::{Refusal, Viewing, close, credited, hosted, must_take_place, store};
use crate::access::Permission::HoldEvents;
use crate::access::Viewer;
use crate::audit::Doer;
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::events;
use crate::ids::{AccountId, EventId, PersonId};
use crate::people;
use crate::watching;

/// A member in front of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    pub person: PersonId,
    pub is_open: bool,
    /// Credited seconds when the person came: those are not theirs.
    pub joined_s: i32,
    pub signed_by: AccountId,
    pub signed_at: Timestamp,
}

/// Signs people in. They are members of the organisation that holds the event or its guests, or anybody within the host's
/// scope. Who sits there already keeps the own time.
///
/// # Errors
/// As [`hosted`]; not found for anybody else's member; refused for whoever sits in front of another screen.
pub fn sign(
    conn: &mut Conn,
    viewer: &Viewer,
    id: EventId,
    persons: &[PersonId],
    doer: &Doer,
    now: Timestamp,
) -> Result<usize> {
    let mut viewing = hosted(conn, viewer, id)?;
    must_take_place(conn, id)?;
    let event = events::find(conn, id)?;
    let known = events::on_roll(conn, &event)?;
    let paths = viewer.paths(HoldEvents);
    for person in persons {
        if known.binary_search(person).is_err() {
            people::find_within(conn, &paths, *person)?;
        }
    }
    let seats = store::seats(conn, id)?;
    let mut new: Vec<PersonId> =
        persons.iter().copied().filter(|person| seats.iter().all(|seat| seat.person != *person)).collect();
    new.sort_unstable();
    new.dedup();
    if new.is_empty() {
        return Ok(0);
    }
    free(conn, &new, doer, now)?;
    let before = viewing.seen.seconds;
    if !viewing.play.is_empty() {
        viewing.clock = viewing.clock.joined(now, &mut viewing.seen);
    }
    viewing.clock.beat_at = viewing.clock.beat_at.max(now);
    credited(conn, &mut viewing, before, now)?;
    watching::leave(conn, &new)?;
    let mut taken = vec![];
    for person in &new {
        let seat = Seat {
            person: *person,
            is_open: true,
            joined_s: viewing.seen.seconds,
            signed_by: viewer.account,
            signed_at: now,
        };
        if !store::insert_seat(conn, id, &seat)? {
            taken.push(*person);
        }
    }
    if taken.is_empty() { Ok(new.len()) } else { Err(elsewhere(conn, &taken)?) }
}

/// Ends the viewings that nobody hears of any more, where these people are said to sit.
fn free(conn: &mut Conn, persons: &[PersonId], doer: &Doer, now: Timestamp) -> Result<()> {
    let mut others: Vec<Viewing> = store::open_with(conn, persons)?;
    others.retain(|other| other.is_abandoned(now));
    for other in others {
        // It ends in its own host's name.
        let host = Doer { account: Some(other.host), ..doer.clone() };
        close(conn, other.event, &host, now)?;
    }
    Ok(())
}

fn elsewhere(conn: &mut Conn, persons: &[PersonId]) -> Result<Error> {
    let names = store::names(conn, persons)?;
    Ok(Refusal::SitsElsewhere(names.join("、")).into())
}

/// Takes somebody off the list who was put there by mistake. Whoever comes back begins anew.
///
/// # Errors
/// As [`hosted`]; refused for whoever has completed the lecture here.
pub fn unsign(conn: &mut Conn, viewer: &Viewer, id: EventId, person: PersonId) -> Result<()> {
    hosted(conn, viewer, id)?;
    if store::has_proof(conn, id, person)? {
        return Err(Refusal::HasCompleted.into());
    }
    watching::leave(conn, &[person])?;
    store::remove_seat(conn, id, person)
}
