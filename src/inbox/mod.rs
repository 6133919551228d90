//! What a member is told, in the portal and by e-mail: one digest a day at most, outside quiet hours.
pub mod pages;
mod store;

use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::Result;
use crate::ids::{AccountId, PersonId};
use crate::lang::Message;
use crate::text_enum;

text_enum! {
    /// What a notice is about.
    pub enum Kind {
        Enrolment = "enrolment",
        Promotion = "promotion",
        Session = "session",
        Due = "due",
        Message = "message",
        Case = "case",
        Record = "record",
        Attendance = "attendance",
    }
}

/// Something to tell somebody.
#[derive(Debug, Clone)]
pub struct NewNotice {
    pub person: PersonId,
    pub kind: Kind,
    pub title: Message,
    /// What somebody wrote; empty where the portal itself speaks.
    pub body: String,
    /// A path of the portal.
    pub link: String,
    pub sent_by: Option<AccountId>,
    /// Names the fact: it is told once, however often this is called.
    pub key: String,
}

/// Puts the notices into the inboxes; how many were new. One statement for thousands on PostgreSQL.
///
/// # Errors
/// Those of the database.
pub fn tell(conn: &mut Conn, notices: &[NewNotice], now: Timestamp) -> Result<usize> {
    store::insert(conn, notices, now)
}
