//! Settings that are whole numbers: what holds where nothing is set, and how far they may go. domain.md §6.
use super::{Setting, store};
use crate::db::Conn;
use crate::error::Result;
use chrono::NaiveDate;

/// What a number is and may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    pub default: i64,
    pub least: i64,
    pub most: i64,
}

/// The most days that a setting may say: a century.
const MOST_DAYS: i64 = 36_500;

impl Number {
    const fn of(default: i64, least: i64, most: i64) -> Option<Number> {
        Some(Number { default, least, most })
    }
}

impl Setting {
    /// `None` for settings that are words.
    pub const fn number(self) -> Option<Number> {
        match self {
            Setting::RatingPrior => Number::of(20, 1, 1_000),
            // fewer would say who gave what
            Setting::RatingVoices => Number::of(10, 5, 1_000),
            Setting::RatingBranches => Number::of(3, 2, 100),
            Setting::RatingEditDays => Number::of(30, 1, 365),
            // domain.md §5.6; fewer ratings say nothing, and whoever gave them would be known
            Setting::FlagVoices => Number::of(20, 10, 1_000),
            Setting::FlagChance => Number::of(6, 3, 12),
            Setting::FlagMoved => Number::of(30, 10, 200),
            Setting::FlagBurst => Number::of(30, 10, 1_000),
            Setting::FlagRun => Number::of(15, 8, 1_000),
            // V-VID; less than half of a lecture is not the lecture
            Setting::WatchedShare => Number::of(80, 50, 100),
            _ => match self.retention() {
                Some((default, least)) => Number::of(default, least, MOST_DAYS),
                None => None,
            },
        }
    }
}

/// The number that a setting says on `day`; 0 for one that is words.
///
/// # Errors
/// Those of the database.
pub fn number(conn: &mut Conn, setting: Setting, day: NaiveDate) -> Result<i64> {
    let kept = store::value_on(conn, setting.as_str(), day)?;
    Ok(read(setting, kept.as_deref()))
}

/// What is no number, or further than it may go, was written by hand: the default is safe.
pub(super) fn read(setting: Setting, kept: Option<&str>) -> i64 {
    let Some(Number { default, least, most }) = setting.number() else { return 0 };
    let read = kept.and_then(|value| value.trim().parse().ok());
    read.filter(|number| (least..=most).contains(number)).unwrap_or(default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_meant_is_the_default() {
        for (kept, number) in [(None, 10), (Some("12"), 12), (Some("1"), 10), (Some("x"), 10), (Some(""), 10)]
        {
            assert_eq!(read(Setting::RatingVoices, kept), number, "{kept:?}");
        }
        assert_eq!(read(Setting::RetentionViews, Some("29")), 365);
        assert_eq!(read(Setting::City, Some("7")), 0);
    }
}
