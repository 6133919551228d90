//! What a member is told, in the portal and by e-mail: one digest a day at most, outside quiet hours.
pub mod pages;
mod store;

use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::Result;
use crate::ids::{AccountId, PersonId};
use crate::lang::Message;
use crate::{msg, text_enum};

pub use store::unread;

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

impl Kind {
    /// The kind in a word or two.
    pub fn words(self) -> Message {
        match self {
            Kind::Enrolment => msg!("报名"),
            Kind::Promotion => msg!("候补递补"),
            Kind::Session => msg!("活动安排"),
            Kind::Due => msg!("快到期"),
            Kind::Message => msg!("消息"),
            Kind::Case => msg!("异议和更正"),
            Kind::Record => msg!("学习记录"),
            Kind::Attendance => msg!("到场登记"),
        }
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
