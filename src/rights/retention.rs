//! What is erased when its time is over: by settings of the installation, a bounded piece at a time, counted in a log that names
//! nobody. Nothing that figures or rights rest on: rows that are only added keep their keys. The same for those who left or died.
use super::store;
use crate::clock::{self, Timestamp};
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::lang::Message;
use crate::msg;
use crate::site::{self, Setting};
use chrono::{Duration, NaiveDate};

/// Rows that one piece erases at most, and pieces in one call: other writers wait no longer than for a piece.
const PIECE: i64 = 1_000;
const PIECES: usize = 10;

/// What a rule erases.
pub(super) fn about(setting: Setting) -> Message {
    match setting {
        Setting::RetentionViews => {
            msg!("看课的细节：哪几段看过、停在哪里、什么时候开始。看了多少秒、是否看完不删。")
        }
        Setting::RetentionRatingKeys => msg!("谁评价过：删去以后，任何人都查不出作者。分数不变。"),
        Setting::RetentionCaseTexts => {
            msg!(
                "办结的异议、申诉、更正里双方写的文字，名册改动、转接、巡回指导和免学里写的说明和原因。提出过什么、结论是什么不删。"
            )
        }
        Setting::RetentionEnrolmentTexts => msg!("报名时写的理由和不批准的原因。报名的经过不删。"),
        Setting::RetentionSignIns => msg!("登录过的设备和用过的一次性登录码。操作记录不删。"),
        Setting::RetentionNotices => msg!("消息的正文和发信记录。消息的标题和时间不删。"),
        Setting::RetentionCopyReasons => msg!("纸质读本收发里写的原因。收发的账不删。"),
        Setting::RetentionContacts => msg!("办结的投诉和建议里留的联系方式。内容不删。"),
        _ => msg!("上传的原始文件，处理结束以后。转换好的录像不删。"),
    }
}

/// A rule with what it would do today and when it ran last.
#[derive(Debug, Clone)]
pub struct Due {
    pub setting: Setting,
    pub days: i64,
    /// Everything older than this day is due.
    pub before: NaiveDate,
    /// Rows that it would touch; `None` for files, which are counted where they lie.
    pub rows: Option<i64>,
    pub last: Option<Run>,
}

/// A piece of work that a rule did.
#[derive(Debug, Clone)]
pub struct Run {
    pub rule: String,
    pub at: Timestamp,
    pub before: NaiveDate,
    pub erased: i32,
}

/// Every rule, for the page of administrators.
///
/// # Errors
/// Those of the database.
pub fn due(conn: &mut Conn, now: Timestamp) -> Result<Vec<Due>> {
    let today = clock::day(now);
    let last = store::last_runs(conn)?;
    let mut all = vec![];
    for setting in site::RETENTION {
        let days = site::number(conn, setting, today)?;
        let before = today - Duration::days(days);
        all.push(Due {
            setting,
            days,
            before,
            rows: store::count_due(conn, setting, before)?,
            last: last.iter().find(|run| run.rule == setting.as_str()).cloned(),
        });
    }
    Ok(all)
}

/// Does what is due today and was not done yet, a bounded piece of each rule. Several workers may do it at once: a piece of a day
/// is done by the one whose row stands in the log.
///
/// # Errors
/// Those of the database.
pub fn sweep(db: &Db, now: Timestamp) -> Result<usize> {
    let today = clock::day(now);
    let mut erased = 0;
    for setting in site::RETENTION {
        for _ in 0..PIECES {
            let (part, is_done) = db.read_now(|conn| store::parts_today(conn, setting, today))?;
            if is_done {
                break;
            }
            let count = db.write_now(|conn| piece(conn, setting, (today, part + 1), now))?;
            erased += count.unwrap_or_default();
        }
    }
    Ok(erased)
}

/// One piece; `None` if another worker has done it.
fn piece(
    conn: &mut Conn,
    setting: Setting,
    (day, part): (NaiveDate, i32),
    now: Timestamp,
) -> Result<Option<usize>> {
    // Another worker may have done it since somebody looked.
    if store::parts_today(conn, setting, day)?.0 >= part {
        return Ok(None);
    }
    let before = day - Duration::days(site::number(conn, setting, day)?);
    let erased = store::erase(conn, setting, before, PIECE)?;
    let is_last = (erased as i64) < PIECE;
    let row = store::RunRow { rule: setting.as_str(), day, part, before, erased: erased as i32, is_last };
    // The row comes last and decides: whoever was second has erased nothing that was not due.
    match store::note(conn, &row, now)? {
        true => Ok(Some(erased)),
        false => Ok(None),
    }
}
