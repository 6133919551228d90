//! What the forms of contests send: `contest` what is said of one, `round` a round with its method, `entry` what is entered, `judging` sheets, and here
//! the small ones.
mod contest;
mod entry;
pub mod judging;
mod round;

pub use contest::ContestForm;
pub use entry::EntryForm;
pub use round::{RoundForm, clock_text};

use super::Verdict;
use crate::clock::Timestamp;
use crate::lang::Message;
use crate::msg;
use crate::web::form::{Errors, moment, optional, text};
use serde::Deserialize;

/// The longest reason, in characters.
pub const LONGEST_REASON: usize = 300;

/// One line: what is pasted with line ends becomes one.
fn line(sent: &str, longest: usize) -> Result<String, Message> {
    text(&sent.replace(['\r', '\n', '\t'], " "), longest)
}

/// A whole number within these bounds, both included.
fn number<T: std::str::FromStr + PartialOrd + std::fmt::Display>(
    sent: &str,
    from: T,
    to: T,
) -> Result<T, Message> {
    match sent.trim().parse::<T>() {
        Ok(number) if number >= from && number <= to => Ok(number),
        _ => Err(msg!("填 {} 到 {} 之间的整数", from, to)),
    }
}

/// A reason that people will read.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct ReasonForm {
    pub reason: String,
}

impl ReasonForm {
    pub fn check(&self) -> Result<String, Errors> {
        let mut errors = Errors::default();
        errors.take("reason", text(&self.reason, LONGEST_REASON)).ok_or(errors)
    }
}

/// The digest of the method that somebody looked at.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct DigestForm {
    pub digest: String,
}

/// What outsiders call at the draw.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct DrawForm {
    pub outside: String,
}

impl DrawForm {
    /// The seed's part of outsiders: one line without the bar that divides the parts.
    pub fn check(&self) -> Result<String, Errors> {
        let mut errors = Errors::default();
        let said = line(&self.outside, 60).and_then(|said| match said.contains('|') {
            true => Err(msg!("不能用竖线")),
            false => Ok(said),
        });
        errors.take("outside", said).ok_or(errors)
    }
}

/// Until when judges hand in their sheets.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct StartForm {
    pub due: String,
}

impl StartForm {
    /// The moment, on the clock of the city; none is left open.
    pub fn check(&self, now: Timestamp) -> Result<Option<Timestamp>, Errors> {
        if self.due.trim().is_empty() {
            return Ok(None);
        }
        let due = moment(&self.due)
            .and_then(|due| if due > now { Ok(due) } else { Err(msg!("截止时间要在以后")) });
        let mut errors = Errors::default();
        errors.take("due", due).map(Some).ok_or(errors)
    }
}

/// What a branch says of an entry: `agreed`, or back with a reason.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct EndorseForm {
    pub verdict: String,
    pub reason: String,
    /// The submission that the page showed.
    pub version: i32,
}

impl EndorseForm {
    /// `None`: agreed; otherwise why it goes back.
    pub fn check(&self) -> Result<Option<String>, Errors> {
        match self.verdict.as_str() {
            "agreed" => Ok(None),
            "returned" => back(&self.reason).map(Some),
            _ => Err(Errors::default().with("verdict", msg!("请选同意或退回"))),
        }
    }
}

/// A screener's verdict with its reason.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct ScreenForm {
    pub verdict: String,
    pub reason: String,
    pub version: i32,
}

impl ScreenForm {
    pub fn check(&self) -> Result<(Verdict, String), Errors> {
        match Verdict::of(&self.verdict) {
            Some(Verdict::Passed) => {
                let mut errors = Errors::default();
                let said = errors.take("reason", optional(&self.reason, LONGEST_REASON));
                said.map(|said| (Verdict::Passed, said)).ok_or(errors)
            }
            Some(verdict) => back(&self.reason).map(|said| (verdict, said)),
            None => Err(Errors::default().with("verdict", msg!("请选一个结论"))),
        }
    }
}

fn back(reason: &str) -> Result<String, Errors> {
    let mut errors = Errors::default();
    let said = text(reason, LONGEST_REASON);
    let said = said
        .map_err(|problem| if reason.trim().is_empty() { msg!("请写明原因，本人会看到") } else { problem });
    errors.take("reason", said).ok_or(errors)
}
