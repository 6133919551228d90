//! Time: moments are UTC, days are decided in Asia/Shanghai (one offset, +8, no summer time since 1991).
use chrono::{Duration, NaiveDate, NaiveDateTime, NaiveTime, Utc};

/// A moment in UTC, as the databases keep it.
pub type Timestamp = NaiveDateTime;

/// The present moment, cut to microseconds: what PostgreSQL keeps, so that a value read back equals the one written.
pub fn now() -> Timestamp {
    let now = Utc::now().naive_utc();
    let nanos = chrono::Timelike::nanosecond(&now) % 1_000;
    now - Duration::nanoseconds(nanos.into())
}

/// The same moment on a clock in the city.
pub fn local(at: Timestamp) -> NaiveDateTime {
    at + Duration::hours(8)
}

/// The moment at which a clock in the city shows `local`.
pub fn from_local(local: NaiveDateTime) -> Timestamp {
    local - Duration::hours(8)
}

/// The moment at which `day` begins in the city.
pub fn midnight(day: NaiveDate) -> Timestamp {
    from_local(day.and_time(NaiveTime::MIN))
}

/// The day in the city at `at`.
pub fn day(at: Timestamp) -> NaiveDate {
    local(at).date()
}

/// Whether `day` lies in the half-open range `[from, to)`; an open end never passes. domain.md §4.
pub fn is_within(day: NaiveDate, from: NaiveDate, to: Option<NaiveDate>) -> bool {
    from <= day && to.is_none_or(|to| day < to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_the_city() {
        let at = |text: &str| text.parse::<NaiveDateTime>().unwrap();
        assert_eq!(day(at("2026-10-21T15:59:59")).to_string(), "2026-10-21");
        assert_eq!(day(at("2026-10-21T16:00:00")).to_string(), "2026-10-22");
    }

    #[test]
    fn the_first_day_belongs_to_a_range_and_the_last_does_not() {
        let day = |d| NaiveDate::from_ymd_opt(2026, 1, d).unwrap();
        assert!(is_within(day(1), day(1), Some(day(2))));
        assert!(!is_within(day(2), day(1), Some(day(2))));
        assert!(is_within(day(9), day(1), None));
    }
}
