//! Lists that are signed on paper: printed with numbers that stay as they were, and entered by those numbers.
use super::Refusal;
use super::list::{self, Problem};
use super::store::{self, Sheet, Written};
use crate::access::Permission::HoldEvents;
use crate::access::Viewer;
use crate::audit::{Action, Doer};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::events::{self, Event, Kind, Mark, Method, Roll, Status};
use crate::ids::{EventId, PersonId, SheetId, random_code};
use crate::people;

/// Members on one list: what is longer is entered page by page at the desk.
pub const MOST_ROWS: usize = 300;
/// Empty rows behind them, for guests.
pub const BLANK_ROWS: usize = 10;
/// Characters of the code that is printed on a list.
const CODE_LENGTH: usize = 6;

/// Prints a list: the members of the event in a fixed order, guests of the branch behind them. The same key gives the same list.
///
/// # Errors
/// Not found outside the viewer's scope; refused for nobody, for more than 300, and for visits.
pub fn print(
    conn: &mut Conn,
    viewer: &Viewer,
    event: EventId,
    key: &str,
    doer: &Doer,
    now: Timestamp,
) -> Result<SheetId> {
    let event = events::held(conn, viewer, event)?;
    if event.kind == Kind::HomeVisit {
        return Err(events::Refusal::OfVisit.into());
    }
    let mut persons = events::on_roll(conn, &event)?;
    if persons.is_empty() {
        return Err(Refusal::SheetEmpty.into());
    }
    if persons.len() > MOST_ROWS {
        return Err(Refusal::SheetTooLong.into());
    }
    let guests = events::guests(conn, &event)?;
    persons.sort_by_key(|person| (guests.binary_search(person).is_ok(), *person));
    let code = random_code(CODE_LENGTH);
    match store::add_sheet(conn, (event.id, &code, key), &persons, viewer.account, now)? {
        Some(id) => {
            doer.did(conn, Action::ListPrinted, ("event", event.id.0), now)?;
            Ok(id)
        }
        None => store::sheet_of_key(conn, key),
    }
}

/// A list of an event that this viewer holds, with its rows.
///
/// # Errors
/// Not found for everybody else.
pub(super) fn found(
    conn: &mut Conn,
    viewer: &Viewer,
    (event, sheet): (EventId, SheetId),
) -> Result<(Event, Sheet, Vec<Written>)> {
    let event = events::held(conn, viewer, event)?;
    let sheet = store::sheet(conn, event.id, sheet)?;
    let rows = store::written(conn, sheet.id)?;
    Ok((event, sheet, rows))
}

/// What is to be recorded of somebody, before it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The row; `None` for a guest by member number.
    pub number: Option<i32>,
    pub person: PersonId,
    /// Of a guest from outside the viewer's scope no more than is needed to see that the number was typed right.
    pub name: String,
    pub status: Status,
    /// What is recorded now, where that is something else.
    pub was: Option<Status>,
}

/// What was typed for a list, by names.
///
/// # Errors
/// What cannot be read or found; inside, what is wrong with the text.
pub fn named(
    conn: &mut Conn,
    viewer: &Viewer,
    event: &Event,
    rows: &[Written],
    text: &str,
) -> Result<std::result::Result<Vec<Named>, Vec<Problem>>> {
    let last = rows.last().map_or(0, |row| row.number);
    let read = match list::read(text, last) {
        Ok(read) => read,
        Err(problems) => return Ok(Err(problems)),
    };
    let mut persons: Vec<PersonId> = rows.iter().map(|row| row.person).collect();
    let (mut named, mut problems) = (vec![], vec![]);
    for (number, status) in &read.guests {
        match guest(conn, viewer, number)? {
            None => problems.push(Problem::Unreadable(number.clone())),
            Some((person, _)) if persons.contains(&person) => problems.push(Problem::Twice(number.clone())),
            Some((person, name)) => {
                persons.push(person);
                named.push(Named { number: None, person, name, status: *status, was: None });
            }
        }
    }
    if !problems.is_empty() {
        return Ok(Err(problems));
    }
    let mut recorded = std::collections::HashMap::new();
    for some in persons.chunks(500) {
        for line in events::lines(conn, event.id, some)? {
            if let Some(standing) = line.standing {
                recorded.insert(line.person, standing.status);
            }
        }
    }
    for row in rows {
        let said = read.rows.get(&row.number).copied();
        // The rest touches nobody of whom something is known: who has a leave, or has checked in by telephone.
        let rest = read.rest.filter(|_| !recorded.contains_key(&row.person));
        if let Some(status) = said.or(rest) {
            named.push(Named {
                number: Some(row.number),
                person: row.person,
                name: row.name.clone(),
                status,
                was: None,
            });
        }
    }
    for one in &mut named {
        one.was = recorded.get(&one.person).copied().filter(|was| *was != one.status);
    }
    named.sort_by_key(|one| (one.number.is_none(), one.number, one.person));
    Ok(Ok(named))
}

/// Whose member number this is. A guest wrote the number down; outside the viewer's scope the name is not for the viewer to
/// look up, so only its first character is told, and the branch.
fn guest(conn: &mut Conn, viewer: &Viewer, number: &str) -> Result<Option<(PersonId, String)>> {
    let Some((person, name, branch)) = store::by_number(conn, number)? else { return Ok(None) };
    let name = match people::find_within(conn, &viewer.paths(HoldEvents), person) {
        Ok(card) => card.name,
        Err(Error::NotFound) => format!("{}＊（{branch}）", name.chars().next().unwrap_or_default()),
        Err(other) => return Err(other),
    };
    Ok(Some((person, name)))
}

/// Records what was typed for a list, and says that it was entered; of how many something new is known. The same key changes
/// nothing more.
///
/// # Errors
/// As in [`events::take`].
pub fn enter(
    conn: &mut Conn,
    viewer: &Viewer,
    (event, sheet): (&Event, SheetId),
    (named, key): (&[Named], &str),
    doer: &Doer,
    now: Timestamp,
) -> Result<usize> {
    let count = i32::try_from(named.len()).unwrap_or(i32::MAX);
    if !store::add_entry(conn, sheet, (count, key), viewer.account, now)? {
        return Ok(0);
    }
    let minutes = |status| match status {
        Status::Present => event.minutes(),
        _ => 0,
    };
    let mark = |one: &Named| Mark {
        person: one.person,
        status: one.status,
        minutes: minutes(one.status),
        via: None,
    };
    let roll = Roll {
        marks: named.iter().map(mark).collect(),
        method: Method::List,
        by: viewer.account,
        key: key.to_owned(),
    };
    let others: Vec<PersonId> = named.iter().map(|one| one.person).collect();
    events::take_with(conn, event, &roll, &others, doer, now)
}
