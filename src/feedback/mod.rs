//! Complaints and suggestions: anyone may send one from any page, an administrator deals with it.
mod forms;
pub mod pages;
mod store;

use crate::audit::{Action, Doer};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::FeedbackId;
use crate::lang::Message;
use crate::{msg, text_enum};
use chrono::Duration;
pub use store::{Entry, listed, names};

text_enum! {
    pub enum Kind {
        Complaint = "complaint",
        Suggestion = "suggestion",
    }
}

impl Kind {
    pub fn words(self) -> Message {
        match self {
            Kind::Complaint => msg!("投诉"),
            Kind::Suggestion => msg!("建议"),
        }
    }
}

/// What somebody wants to say, not sent yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub kind: Kind,
    pub text: String,
    /// How to answer; may be empty.
    pub contact: String,
    /// The page it is about.
    pub about: String,
    /// Made with the form: the same key is the same entry.
    pub key: String,
}

/// So many entries of visitors may wait in an hour. A machine that floods the form fills no more than that; a whole
/// town that complains at once still gets through.
const WAITING_AN_HOUR: i64 = 200;

/// Sends an entry; sending it again changes nothing.
///
/// # Errors
/// [`Error::Busy`] for visitors when too many of theirs came in the last hour and nobody has dealt with them.
pub fn send(conn: &mut Conn, draft: &Draft, doer: &Doer, now: Timestamp) -> Result<()> {
    let is_new = store::insert(conn, draft, doer, now)?;
    if is_new
        && doer.account.is_none()
        && store::waiting_of_visitors(conn, now - Duration::hours(1))? > WAITING_AN_HOUR
    {
        // The transaction takes the entry back.
        return Err(Error::Busy);
    }
    Ok(())
}

/// Says that the entry has been dealt with. Saying so again changes nothing.
pub fn handle(conn: &mut Conn, id: FeedbackId, doer: &Doer, now: Timestamp) -> Result<()> {
    if store::handle(conn, id, doer.account, now)? {
        return doer.did(conn, Action::FeedbackHandled, ("feedback", id.0), now);
    }
    store::must_exist(conn, id)
}
