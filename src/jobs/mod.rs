//! Work that outlives a request: a row that is written with the change that asks for it, taken by a worker under a lease,
//! tried again when it fails, and visible to the administrator. A job is a name and the number of a row; what is done is an
//! ordinary function of the feature. media.md §2.6.
pub mod pages;
mod store;

use crate::clock::Timestamp;
use crate::ids::JobId;
use crate::lang::Message;
use crate::{msg, text_enum};
use chrono::Duration;
pub use store::{Row, cancel, claim, enqueue, fail, finish, newest, postpone, renew, unfinished};

text_enum! {
    /// What is to be done.
    pub enum Kind {
        /// Bring what was uploaded from the server that received it into the media store.
        Keep = "keep",
        /// Make of what was uploaded what is played.
        Process = "process",
        /// Rank lectures or instructors by what was said of them.
        Rank = "rank",
        /// Compare a list that came as a file, apply it, or take it back.
        Import = "import",
    }
}

impl Kind {
    pub fn words(self) -> Message {
        match self {
            Kind::Keep => msg!("收存上传的文件"),
            Kind::Process => msg!("检查和转码"),
            Kind::Rank => msg!("计算评价榜"),
            Kind::Import => msg!("检查或导入名册"),
        }
    }
}

text_enum! {
    pub enum State {
        Queued = "queued",
        Running = "running",
        Done = "done",
        Failed = "failed",
        Cancelled = "cancelled",
    }
}

impl State {
    pub fn words(self) -> Message {
        match self {
            State::Queued => msg!("排队"),
            State::Running => msg!("进行中"),
            State::Done => msg!("完成"),
            State::Failed => msg!("没有办成"),
            State::Cancelled => msg!("已取消"),
        }
    }
}

/// A job that somebody has taken. `fence` tells this claim from a later one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    pub id: JobId,
    pub kind: Kind,
    pub subject: i64,
    pub attempts: i32,
    pub fence: i64,
}

/// A worker that has not been heard of for so long has lost its job.
pub const LEASE_SECONDS: i64 = 60;
/// How often a worker says that it is still there, in seconds.
pub const RENEW_SECONDS: u64 = 20;
/// Tries before a job is given up: the first, and one after each of three pauses.
pub const TRIES: i32 = 4;

/// When a job that failed so often is tried again: after one minute, then after five.
fn again(attempts: i32, now: Timestamp) -> Timestamp {
    now + Duration::minutes(5_i64.pow(attempts.clamp(1, 3) as u32 - 1))
}
