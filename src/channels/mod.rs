//! Announcements to groups: robots of WeCom, DingTalk and Feishu. A feature announces a fact in its own transaction, once;
//! the worker hands it to every robot that is switched on, and tries again as long as that helps.
mod forms;
pub mod pages;
mod robots;
mod send;
mod store;

use crate::audit::{Action, Doer};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{AccountId, DeliveryId, WebhookId};
use crate::lang::Message;
use crate::{msg, text_enum};
use chrono::Duration;
pub use send::{Sender, deliver};

text_enum! {
    /// Whose robot it is.
    pub enum Kind {
        Wecom = "wecom",
        Dingtalk = "dingtalk",
        Feishu = "feishu",
    }
}

impl Kind {
    pub fn words(self) -> Message {
        match self {
            Kind::Wecom => msg!("企业微信"),
            Kind::Dingtalk => msg!("钉钉"),
            Kind::Feishu => msg!("飞书"),
        }
    }
}

text_enum! {
    /// Where a message to one robot stands.
    pub enum State {
        Waiting = "waiting",
        /// A worker has claimed it.
        Sending = "sending",
        Sent = "sent",
        GaveUp = "gave_up",
        /// The robot was switched off before it was sent.
        Cancelled = "cancelled",
    }
}

impl State {
    pub fn words(self) -> Message {
        match self {
            State::Waiting => msg!("等待发送"),
            State::Sending => msg!("正在发送"),
            State::Sent => msg!("已发出"),
            State::GaveUp => msg!("没有发出"),
            State::Cancelled => msg!("已取消"),
        }
    }
}

/// A fact for the groups.
#[derive(Debug, Clone)]
pub struct Announcement {
    /// The same key is the same fact: it is announced once.
    pub key: String,
    pub title: String,
    /// A few sentences, plain text; may be empty.
    pub text: String,
    /// A path of the portal.
    pub link: String,
}

/// A robot that is not there yet.
#[derive(Debug, Clone)]
pub struct NewWebhook {
    pub kind: Kind,
    pub name: String,
    pub address: String,
    pub secret: String,
    pub key: String,
}

/// Pauses before the second and each later try.
const PAUSES: [Duration; 5] = [
    Duration::minutes(1),
    Duration::minutes(5),
    Duration::minutes(30),
    Duration::hours(2),
    Duration::hours(12),
];

/// The pause after so many tries; `None` when it is given up.
fn pause(tries: i32) -> Option<Duration> {
    usize::try_from(tries - 1).ok().and_then(|place| PAUSES.get(place).copied())
}

/// Announces a fact to every robot that is switched on; the caller's transaction makes it so. Once more changes nothing.
///
/// # Errors
/// Those of the database.
pub fn announce(conn: &mut Conn, new: &Announcement, now: Timestamp) -> Result<()> {
    let Some(id) = store::insert_announcement(conn, new, now)? else { return Ok(()) };
    let robots = store::switched_on(conn)?;
    store::insert_deliveries(conn, id, &robots, now)
}

/// Adds a robot, switched on. The same key gives the same robot.
///
/// # Errors
/// Those of the database.
pub fn add(conn: &mut Conn, new: &NewWebhook, by: AccountId, doer: &Doer, now: Timestamp) -> Result<()> {
    match store::insert_webhook(conn, new, by, now)? {
        Some(id) => doer.did(conn, Action::WebhookChanged, ("webhook", id.0), now),
        None => Ok(()),
    }
}

/// Switches a robot on or off. What waits for one that is switched off is not sent any more.
///
/// # Errors
/// Not found.
pub fn switch(conn: &mut Conn, id: WebhookId, is_on: bool, doer: &Doer, now: Timestamp) -> Result<()> {
    if !store::set_on(conn, id, is_on)? {
        store::webhook(conn, id)?;
        return Ok(());
    }
    if !is_on {
        store::cancel_waiting(conn, id, now)?;
    }
    doer.did(conn, Action::WebhookChanged, ("webhook", id.0), now)
}

/// Asks for a message to this robot alone, to see whether it arrives. The same key is the same message.
///
/// # Errors
/// Not found, and refused while it is switched off.
pub fn try_out(conn: &mut Conn, id: WebhookId, key: &str, doer: &Doer, now: Timestamp) -> Result<()> {
    let robot = store::webhook(conn, id)?;
    if !robot.is_on {
        return Err(Error::Refused(msg!("这个机器人停用着，先启用再试发")));
    }
    let new = Announcement {
        key: format!("trial-{key}"),
        title: "微党校：试发".into(),
        text: format!("这是一条试发的消息。收到它，说明“{}”能收到微党校的公告。", robot.name),
        link: "/".into(),
    };
    let Some(announcement) = store::insert_announcement(conn, &new, now)? else { return Ok(()) };
    store::insert_deliveries(conn, announcement, &[id], now)?;
    doer.did(conn, Action::WebhookChanged, ("webhook", id.0), now)
}

/// Sends once more what was given up. Anything else stays as it is.
///
/// # Errors
/// Not found; refused while the robot is switched off.
pub fn send_again(conn: &mut Conn, id: DeliveryId, doer: &Doer, now: Timestamp) -> Result<()> {
    let robot = store::webhook_of(conn, id)?;
    if !robot.is_on {
        return Err(Error::Refused(msg!("这个机器人停用着，先启用再试发")));
    }
    if store::revive(conn, id, now)? {
        doer.did(conn, Action::WebhookChanged, ("webhook", robot.id.0), now)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_tried_six_times_over_fifteen_hours() {
        let minutes: Vec<_> = (1..=7).map(|tries| pause(tries).map(|pause| pause.num_minutes())).collect();
        assert_eq!(minutes, [Some(1), Some(5), Some(30), Some(120), Some(720), None, None]);
    }
}
