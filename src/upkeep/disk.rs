//! Room on the disk: one sample a day, and when it will be used up at the present pace.
use super::store;
pub use super::store::Sample;
use crate::clock::{self, Timestamp};
use crate::config::Config;
use crate::db::Db;
use crate::error::{Error, Result};
use std::path::Path;

/// How many samples the forecast looks at: a season.
const SAMPLES: i64 = 90;
/// Fewer days than these tell nothing.
const FEWEST_DAYS: i64 = 7;

/// The bytes of all files below this folder; what cannot be read counts nothing.
pub fn bytes_below(folder: &Path) -> i64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => bytes_below(&entry.path()),
            Ok(kind) if kind.is_file() => {
                entry.metadata().map_or(0, |about| i64::try_from(about.len()).unwrap_or(i64::MAX))
            }
            _ => 0,
        })
        .sum()
}

/// The bytes that may still be written where `path` is.
///
/// # Errors
/// Those of the file system.
pub fn free_bytes(path: &Path) -> Result<i64> {
    let about = rustix::fs::statvfs(path).map_err(Error::internal)?;
    Ok(i64::try_from(about.f_bavail.saturating_mul(about.f_frsize)).unwrap_or(i64::MAX))
}

/// Measures now.
///
/// # Errors
/// Those of the database and of the file system.
pub fn measure(db: &Db, config: &Config, now: Timestamp) -> Result<Sample> {
    Ok(Sample {
        day: clock::day(now),
        database_bytes: db.read_now(store::database_bytes)?,
        media_bytes: bytes_below(&config.media),
        free_bytes: free_bytes(&config.media)?,
    })
}

/// Keeps one sample a day; the first server of an installation that comes to it does.
///
/// # Errors
/// As [`measure`].
pub fn keep_todays(db: &Db, config: &Config, now: Timestamp) -> Result<()> {
    let today = clock::day(now);
    let is_kept =
        db.read_now(|conn| Ok(store::samples(conn, 1)?.last().is_some_and(|last| last.day >= today)))?;
    if is_kept {
        return Ok(());
    }
    let sample = measure(db, config, now)?;
    db.write_now(|conn| store::keep_sample(conn, sample))
}

/// The samples that the forecast looks at.
///
/// # Errors
/// Those of the database.
pub fn samples(db: &Db) -> Result<Vec<Sample>> {
    db.read_now(|conn| store::samples(conn, SAMPLES))
}

/// In how many days the disk is full if database and media grow as they did in these samples: the slope of the straight
/// line that fits best. `None` while too few days are known, and where nothing grows.
pub fn days_left(samples: &[Sample]) -> Option<i64> {
    let (first, last) = (samples.first()?, samples.last()?);
    if (last.day - first.day).num_days() < FEWEST_DAYS {
        return None;
    }
    let count = samples.len() as f64;
    let points: Vec<(f64, f64)> = samples
        .iter()
        .map(|one| ((one.day - first.day).num_days() as f64, (one.database_bytes + one.media_bytes) as f64))
        .collect();
    let mean_day = points.iter().map(|(day, _)| day).sum::<f64>() / count;
    let mean_used = points.iter().map(|(_, used)| used).sum::<f64>() / count;
    let slope = points.iter().map(|(day, used)| (day - mean_day) * (used - mean_used)).sum::<f64>()
        / points.iter().map(|(day, _)| (day - mean_day).powi(2)).sum::<f64>();
    (slope >= 1.0).then(|| (last.free_bytes as f64 / slope) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{Duration, NaiveDate};

    fn sample(day: i64, used: i64, free: i64) -> Sample {
        let start = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
        Sample {
            day: start + Duration::days(day),
            database_bytes: used / 2,
            media_bytes: used - used / 2,
            free_bytes: free,
        }
    }

    #[test]
    fn a_disk_that_loses_ten_a_day_is_full_after_its_tenth_of_days() {
        let samples: Vec<_> = (0..30).map(|day| sample(day, 1_000 + 10 * day, 5_000 - 10 * day)).collect();
        assert_eq!(days_left(&samples), Some(471));
        // Days without a sample change nothing: the server was off.
        let gaps: Vec<_> = samples.iter().step_by(5).copied().collect();
        assert_eq!(days_left(&gaps), Some((5_000 - 250) / 10));
    }

    #[test]
    fn nothing_is_foretold_from_little_or_without_growth() {
        assert_eq!(days_left(&[]), None);
        assert_eq!(days_left(&[sample(0, 1, 1), sample(3, 9, 1)]), None);
        let still: Vec<_> = (0..30).map(|day| sample(day, 1_000, 5_000)).collect();
        assert_eq!(days_left(&still), None);
        let shrinking: Vec<_> = (0..30).map(|day| sample(day, 9_000 - 100 * day, 5_000)).collect();
        assert_eq!(days_left(&shrinking), None);
    }
}
