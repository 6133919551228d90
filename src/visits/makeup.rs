//! What was missed and can still be made up for (domain.md §4.2, Makeup): within 30 days, by a lecture that was watched
//! afterwards, by a visit, or by another event. A visit closes it by itself; of the others somebody who holds the event says so.
use super::{MISSED, Missed, Refusal, store};
use crate::access::Permission::HoldEvents;
use crate::access::Viewer;
use crate::audit::Doer;
use crate::clock::{self, Timestamp};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::events::{self, Event, MAKEUP_DAYS, Mark, Method, Roll, Status, Via};
use crate::ids::{EventId, PersonId};
use chrono::{Duration, NaiveDate};

/// Something missed whose time is not over, and what has been done that can make up for it.
#[derive(Debug, Clone)]
pub struct Open {
    pub missed: Missed,
    /// The last day.
    pub until: NaiveDate,
    pub offered: Vec<(Via, String)>,
}

/// The days on which events lie that can still be made up for.
fn span(now: Timestamp) -> (NaiveDate, NaiveDate) {
    let today = clock::day(now);
    (today - Duration::days(MAKEUP_DAYS), today)
}

fn open(conn: &mut Conn, all: Vec<Missed>) -> Result<Vec<Open>> {
    let mut found = vec![];
    for missed in all {
        let event = events::find(conn, missed.event)?;
        found.push(Open {
            until: missed.day + Duration::days(MAKEUP_DAYS),
            offered: events::makeups(conn, &event, missed.person, MAKEUP_DAYS)?,
            missed,
        });
    }
    Ok(found)
}

/// What was missed in the viewer's scope, what ends first before the others.
pub(super) fn within(
    conn: &mut Conn,
    viewer: &Viewer,
    slice: (i64, i64),
    now: Timestamp,
) -> Result<Vec<Open>> {
    let all = store::missed_within(conn, &viewer.paths(HoldEvents), span(now), slice)?;
    open(conn, all)
}

/// What this person has missed.
pub(super) fn own(conn: &mut Conn, person: PersonId, now: Timestamp) -> Result<Vec<Open>> {
    let all = store::missed_of(conn, person, span(now))?;
    open(conn, all)
}

/// How one absence stands.
#[derive(Debug, Clone)]
pub struct Absence {
    pub event: Event,
    pub person: PersonId,
    pub name: String,
    /// What was recorded last.
    pub status: Status,
    pub until: NaiveDate,
    pub offered: Vec<(Via, String)>,
    /// The viewer keeps the list of the event.
    pub is_holder: bool,
}

impl Absence {
    pub fn is_missed(&self) -> bool {
        MISSED.contains(&self.status)
    }
}

/// An absence, for the person and for whoever holds the event.
///
/// # Errors
/// Not found for everybody else, and where nothing was recorded.
pub(super) fn absence(
    conn: &mut Conn,
    viewer: &Viewer,
    (event, person): (EventId, PersonId),
) -> Result<Absence> {
    let is_holder = match events::held(conn, viewer, event) {
        Ok(_) => true,
        Err(Error::NotFound) if viewer.person == person => false,
        Err(other) => return Err(other),
    };
    let standing = events::standing(conn, event, person)?.ok_or(Error::NotFound)?;
    let event = events::find(conn, event)?;
    Ok(Absence {
        name: store::names(conn, &[person])?.remove(&person).unwrap_or_default(),
        status: standing.status,
        until: event.day() + Duration::days(MAKEUP_DAYS),
        offered: events::makeups(conn, &event, person, MAKEUP_DAYS)?,
        event,
        person,
        is_holder,
    })
}

/// Says what made up for an absence. The minutes stay where they were spent: nothing counts twice.
///
/// # Errors
/// Not found outside the viewer's scope, and for what cannot have made up for it; refused where nothing was missed.
pub fn close(
    conn: &mut Conn,
    viewer: &Viewer,
    (event, person): (EventId, PersonId),
    (via, key): (Via, &str),
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    let event = events::held(conn, viewer, event)?;
    let standing = events::standing(conn, event.id, person)?.ok_or(Error::NotFound)?;
    // A form that was sent twice has nothing more to close.
    if standing.status == Status::Makeup {
        return Ok(());
    }
    if !MISSED.contains(&standing.status) {
        return Err(Refusal::NotMissed.into());
    }
    let offered = events::makeups(conn, &event, person, MAKEUP_DAYS)?;
    if offered.iter().all(|one| one.0 != via) {
        return Err(Error::NotFound);
    }
    let mark = Mark { person, status: Status::Makeup, minutes: 0, via: Some(via) };
    let roll = Roll { marks: vec![mark], method: Method::Clerk, by: viewer.account, key: key.to_owned() };
    events::take(conn, &event, &roll, doer, now)?;
    Ok(())
}
