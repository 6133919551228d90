//! Watching, measured by the server: what a member is credited with, and when a lecture counts as watched. Product rule 2:
//! no number that a browser sends completes or credits anything by itself. docs/watching.*.md says the protocol and what
//! was tried against it.
//!
//! `credit` is the rule, `store` keeps its state. A beat is one of thousands a second: it passes by the layers around pages
//! and is committed together with others (`db::Batch`), and answered after that commit.
pub mod credit;
pub mod pages;
mod store;

use crate::clock::{self, Timestamp};
use crate::db::{Batch, Conn, Db};
use crate::error::Result;
use crate::ids::{AccountId, EventId, LectureId, MediaId, PersonId};
use crate::site::{self, Setting};
pub use credit::{PLAY_SECONDS, length_s};
pub use store::{completed, finish, leave, prove, prove_visit, reverse};

/// The share of a recording, in per cent, from which it counts as watched today. domain.md §4.2 (ViewLog), §6.
///
/// # Errors
/// Those of the database.
pub fn threshold(conn: &mut Conn, now: Timestamp) -> Result<i32> {
    let share = site::number(conn, Setting::WatchedShare, clock::day(now))?;
    i32::try_from(share).map_err(crate::error::Error::internal)
}

/// Seconds between two beats of the player.
pub const BEAT_SECONDS: i32 = 15;
/// Pieces in a beat that are looked at; the player sends one to four.
pub const MOST_PIECES: usize = 200;

/// Somebody begins to play.
#[derive(Debug, Clone)]
pub struct Opening {
    pub person: PersonId,
    /// Who signed in: the clerk, while acting.
    pub account: AccountId,
    pub is_acted: bool,
    /// The id of the session: the play ends with it.
    pub session: String,
    pub lecture: LectureId,
    /// The recording that the page shows; `None` without JavaScript.
    pub media: Option<MediaId>,
    /// The digest of the key that the play gets.
    pub play: String,
    pub now: Timestamp,
}

/// What a group has watched together, of whoever sat there for all of it.
#[derive(Debug, Clone, Copy)]
pub struct Viewed {
    pub lecture: LectureId,
    pub media: MediaId,
    pub event: EventId,
    /// Distinct seconds that were played while they sat there.
    pub seconds: i32,
    pub length_s: i32,
}

/// What was played since the last beat.
#[derive(Debug, Clone)]
pub struct Beat {
    pub person: PersonId,
    pub play: String,
    pub session: String,
    pub seq: i64,
    /// `[from, to)` in milliseconds, as the browser says.
    pub pieces: Vec<(i64, i64)>,
    /// Where the player is, in milliseconds.
    pub place_ms: i64,
    pub now: Timestamp,
}

/// One write of the group.
#[derive(Debug, Clone)]
pub enum Ask {
    Open(Opening),
    Beat(Beat),
}

/// Where somebody stands with a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub seconds: i32,
    pub length_s: i32,
    /// In whole per cent, rounded down.
    pub share: i32,
    pub is_complete: bool,
    pub last_ms: i32,
    /// Runs of credited seconds, where they were asked for.
    pub runs: Vec<(i32, i32)>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    Standing(Standing),
    /// There is no such lecture for this person.
    NotFound,
    /// The lecture has another recording now.
    Replaced,
    /// The person plays something else since.
    TakenOver,
    /// Nothing was heard for too long.
    Ended,
    /// The person sits in front of a group's screen: the time is credited there.
    InGroup,
    /// The sign-in that opened the play is over, or it is not the one that asks.
    SignedOut,
}

/// The door for plays and beats.
pub struct Watching(Batch<Ask, Told>);

impl Watching {
    /// Starts the threads that commit them.
    ///
    /// # Errors
    /// If the operating system gives no thread.
    pub fn start(db: Db) -> Result<Watching> {
        Ok(Watching(Batch::start(db, "watching", some)?))
    }
    /// Asks, and is answered after the commit.
    ///
    /// # Errors
    /// Busy, or those of the database.
    pub async fn send(&self, ask: Ask) -> Result<Told> {
        let person = match &ask {
            Ask::Open(opening) => opening.person,
            Ask::Beat(beat) => beat.person,
        };
        self.0.send(person.0.unsigned_abs(), ask).await
    }
}

/// Beats go first: one that came beside the opening of another play still belongs to the time before it.
fn some(conn: &mut Conn, asks: &[Ask]) -> Result<Vec<Told>> {
    let mut told: Vec<Option<Told>> = vec![None; asks.len()];
    let beats: Vec<(usize, &Beat)> = asks
        .iter()
        .enumerate()
        .filter_map(|(place, ask)| match ask {
            Ask::Beat(beat) => Some((place, beat)),
            Ask::Open(_) => None,
        })
        .collect();
    for (place, outcome) in store::beats(conn, &beats)? {
        told[place] = Some(outcome);
    }
    for (place, ask) in asks.iter().enumerate() {
        if let Ask::Open(opening) = ask {
            told[place] = Some(store::open(conn, opening, false)?);
        }
    }
    Ok(told.into_iter().map(|one| one.unwrap_or(Told::Ended)).collect())
}

/// Begins to play without JavaScript.
///
/// # Errors
/// Those of the database.
pub fn begin(conn: &mut Conn, opening: &Opening) -> Result<Told> {
    store::open(conn, opening, true)
}
