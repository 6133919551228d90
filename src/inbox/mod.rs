//! What a member is told, in the portal and by e-mail: one digest a day at most, outside quiet hours.
mod deliver;
mod forms;
mod letters;
pub mod mail;
pub mod pages;
mod store;

use crate::audit::{Action, Doer};
use crate::clock::Timestamp;
use crate::config::{MAIL_CODE_HOURS, MAIL_CODES_A_DAY};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{AccountId, PersonId, digest};
use crate::lang::{Lang, Message};
use crate::{msg, text_enum};
use chrono::Duration;

pub use deliver::deliver;
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

/// Quiet hours of whoever has not chosen any.
const QUIET: (i32, i32) = (21, 8);

/// Whether so many confirmations went to this person's addresses within a day that no further one is sent.
fn has_had_enough(conn: &mut Conn, person: PersonId, now: Timestamp) -> Result<bool> {
    let sent = store::mail::codes_since(conn, person, now - Duration::days(1), &deliver::unknown())?;
    Ok(sent >= MAIL_CODES_A_DAY)
}

/// What became of an address that somebody typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Typed {
    /// It is the own address now; a confirmation goes there, and nothing else before it is confirmed.
    Asked,
    /// It was confirmed before: nothing is changed.
    Known,
    /// Too many confirmations were sent today: nothing is changed.
    Enough,
}

/// Sets the own address for reminders.
fn set_address(
    conn: &mut Conn,
    person: PersonId,
    address: &str,
    lang: Lang,
    doer: &Doer,
    now: Timestamp,
) -> Result<Typed> {
    let before = store::mail::find(conn, person)?;
    if before.as_ref().is_some_and(|it| it.address == address && it.confirmed_at.is_some()) {
        return Ok(Typed::Known);
    }
    if has_had_enough(conn, person, now)? {
        return Ok(Typed::Enough);
    }
    store::mail::set(conn, person, address, QUIET, lang, now)?;
    doer.did_to(conn, Action::MailAddressSet, person, now)?;
    Ok(Typed::Asked)
}

/// Asks for the confirmation once more.
fn ask_again(conn: &mut Conn, person: PersonId, now: Timestamp) -> Result<()> {
    if has_had_enough(conn, person, now)? {
        return Err(Error::Refused(enough()));
    }
    // Nothing to ask for: it was confirmed or removed meanwhile, and the page says so.
    store::mail::ask(conn, person, now)?;
    Ok(())
}

fn enough() -> Message {
    msg!("一天最多发 {} 封确认邮件，已经发满了。请明天再试。", MAIL_CODES_A_DAY)
}

/// Confirms the address by the code that was sent to it; `false` if it is not the newest one, or too old.
fn confirm(conn: &mut Conn, person: PersonId, code: &str, doer: &Doer, now: Timestamp) -> Result<bool> {
    let since = now - Duration::hours(MAIL_CODE_HOURS);
    let confirmed = store::mail::confirm(conn, person, &digest(code), since, now)?;
    if confirmed == Some(true) {
        doer.did_to(conn, Action::MailAddressSet, person, now)?;
    }
    Ok(confirmed.is_some())
}

/// Forgets the own address.
fn remove_address(conn: &mut Conn, person: PersonId, doer: &Doer, now: Timestamp) -> Result<()> {
    if store::mail::remove(conn, person)? {
        doer.did_to(conn, Action::MailAddressSet, person, now)?;
    }
    Ok(())
}
