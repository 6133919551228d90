//! The working days of the years around: the real table of 2026, one of the statutory days of 2027, and the statutory days
//! with a fixed date for the years of a city that is made later.
use super::people::People;
use super::store::*;
use crate::clock::{self, Timestamp};
use crate::db::Conn;
use crate::error::{Error, Result};
use chrono::{Datelike, Duration, NaiveDate, Weekday};

/// Year, source, holidays as first and last day, weekends that are worked.
type Year = (i32, &'static str, &'static [(u32, u32, u32, u32)], &'static [(u32, u32)]);

const YEARS: [Year; 2] = [
    (
        2026,
        "国务院办公厅关于 2026 年部分节假日安排的通知（演示，使用前请核对）",
        &[
            (1, 1, 1, 3),
            (2, 15, 2, 23),
            (4, 4, 4, 6),
            (5, 1, 5, 5),
            (6, 19, 6, 21),
            (9, 25, 9, 27),
            (10, 1, 10, 7),
        ],
        &[(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)],
    ),
    (
        2027,
        "2027 年法定节日（演示，放假通知公布后请更新）",
        &[
            (1, 1, 1, 1),
            (2, 5, 2, 8),
            (4, 5, 4, 5),
            (5, 1, 5, 2),
            (6, 9, 6, 9),
            (9, 15, 9, 15),
            (10, 1, 10, 3),
        ],
        &[],
    ),
];

/// A year whose days off nobody has published yet.
const fn plain(year: i32) -> Year {
    (
        year,
        "日期固定的法定节日（演示，放假通知公布后请更新）",
        &[(1, 1, 1, 1), (5, 1, 5, 2), (10, 1, 10, 3)],
        &[],
    )
}

pub fn make(conn: &mut Conn, people: &People, now: Timestamp) -> Result<()> {
    let this = clock::day(now).year();
    let later =
        [this - 1, this, this + 1].into_iter().filter(|year| YEARS.iter().all(|known| known.0 != *year));
    for (id, (year, source, holidays, worked)) in (1..).zip(YEARS.into_iter().chain(later.map(plain))) {
        let day = |month, day| {
            NaiveDate::from_ymd_opt(year, month, day)
                .ok_or_else(|| Error::Internal(format!("no day {year}-{month}-{day}").into()))
        };
        let row = CalendarYearRow {
            id,
            year,
            source,
            proposed_by: people.account("admin").0,
            proposed_at: now - Duration::days(80),
            decided_by: people.account("checker").0,
            decided_at: now - Duration::days(79),
            verdict: "approved",
        };
        CalendarYearRow::write(conn, &[row])?;
        let mut rows = vec![];
        for (month, first, to_month, last) in holidays {
            let (mut one, last) = (day(*month, *first)?, day(*to_month, *last)?);
            while one <= last {
                // Weekends are off by themselves.
                if !matches!(one.weekday(), Weekday::Sat | Weekday::Sun) {
                    rows.push(CalendarDayRow { calendar_year_id: id, day: one, is_working: false });
                }
                one += Duration::days(1);
            }
        }
        for (month, one) in worked {
            rows.push(CalendarDayRow { calendar_year_id: id, day: day(*month, *one)?, is_working: true });
        }
        CalendarDayRow::write(conn, &rows)?;
    }
    Ok(())
}
