//! Working days: the table of holidays and make-up days of each year, proposed by one person and approved by another.
//! domain.md §5.9. A year without a table refuses deadlines.
mod days;
mod forms;
pub mod pages;
mod store;

use crate::access::Viewer;
use crate::audit::{Action, Doer};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{AccountId, CalendarId};
use crate::msg;
use crate::site::Verdict;
use chrono::{Datelike, NaiveDate};
pub use days::{MissingYear, Span, Table, Years};
pub use store::{has_year, in_force, open_of};

/// A table that was proposed, and what became of it.
#[derive(Debug, Clone)]
pub struct Version {
    pub id: CalendarId,
    pub year: i32,
    /// The notice that it follows.
    pub source: String,
    pub proposed_by_id: AccountId,
    pub proposed_by: String,
    pub proposed_at: Timestamp,
    /// `None` while it waits for a second person.
    pub verdict: Option<Verdict>,
    pub decided_by: Option<String>,
    pub decided_at: Option<Timestamp>,
}

/// Why something about the calendar is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The year has no table, so there are no deadlines in it.
    NoTable(i32),
    OwnProposal,
    NotOwnProposal,
    OpenAlready(i32),
    DecidedAlready,
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        Error::Refused(match refusal {
            Refusal::NoTable(year) => msg!(
                "还没有 {} 年的工作日历，算不出期限。请联系管理员：在“管理”的“工作日历”里填好，再由另一个人批准。",
                year
            ),
            Refusal::OwnProposal => msg!("自己提出的工作日历要请另一个人批准"),
            Refusal::NotOwnProposal => msg!("只有提出的人可以撤回"),
            Refusal::OpenAlready(year) => {
                msg!("{} 年已有一张表在等批准，请先办完那一张", year)
            }
            Refusal::DecidedAlready => msg!("这张表已经办过"),
        })
    }
}

/// The last day of a term of `working_days` that begins on the next working day after `day`.
///
/// # Errors
/// Refused where a year on the way has no table.
pub fn after(conn: &mut Conn, day: NaiveDate, working_days: i32) -> Result<NaiveDate> {
    let mut years = Years::default();
    loop {
        match years.after(day, working_days) {
            Ok(last) => return Ok(last),
            Err(MissingYear(year)) => years.add(year, table_of(conn, year)?),
        }
    }
}

/// Whether this day is worked.
///
/// # Errors
/// Refused where its year has no table.
pub fn is_working(conn: &mut Conn, day: NaiveDate) -> Result<bool> {
    Ok(table_of(conn, day.year())?.is_working(day))
}

fn table_of(conn: &mut Conn, year: i32) -> Result<Table> {
    match store::in_force(conn, year)? {
        Some((_, table)) => Ok(table),
        None => Err(Refusal::NoTable(year).into()),
    }
}

/// Proposes a year's table. The same proposal sent twice is one.
///
/// # Errors
/// Refused while another proposal for the year waits.
pub fn propose(
    conn: &mut Conn,
    (year, source, table): (i32, &str, &Table),
    by: AccountId,
    doer: &Doer,
    now: Timestamp,
) -> Result<CalendarId> {
    let Some(id) = store::insert(conn, year, source, by, now)? else {
        let open = store::open_of(conn, year)?.ok_or(Refusal::OpenAlready(year))?;
        let is_same =
            open.proposed_by_id == by && open.source == source && store::table_of(conn, open.id)? == *table;
        return if is_same { Ok(open.id) } else { Err(Refusal::OpenAlready(year).into()) };
    };
    store::insert_days(conn, id, table)?;
    doer.did(conn, Action::CalendarProposed, ("calendar", id.0), now)?;
    Ok(id)
}

/// Approves, refuses or withdraws a proposal. Whoever proposed it may only withdraw it, and nobody else may.
///
/// # Errors
/// Refused for the wrong person, and when somebody was faster.
pub fn decide(
    conn: &mut Conn,
    id: CalendarId,
    verdict: Verdict,
    viewer: &Viewer,
    doer: &Doer,
    now: Timestamp,
) -> Result<Version> {
    let version = store::find(conn, id)?;
    let is_own = version.proposed_by_id == viewer.account;
    match (verdict, is_own) {
        (Verdict::Withdrawn, false) => return Err(Refusal::NotOwnProposal.into()),
        (Verdict::Approved | Verdict::Refused, true) => return Err(Refusal::OwnProposal.into()),
        _ => {}
    }
    if !store::decide(conn, id, verdict, viewer.account, now)? {
        return Err(Refusal::DecidedAlready.into());
    }
    doer.did(conn, Action::CalendarDecided, ("calendar", id.0), now)?;
    Ok(version)
}
