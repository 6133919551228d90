//! From a pattern of days and hours to the screenings of many schools: pure, and the same every time. No two in one school
//! overlap, neither with each other nor with what stands there; each lecture comes to each school once.
use crate::clock::{self, Timestamp};
use crate::ids::{BroadcastItemId, SchoolId};
use chrono::{Datelike, Duration, NaiveDate, NaiveTime, Weekday};

/// When lectures are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    pub from: NaiveDate,
    /// The first day after it.
    pub to: NaiveDate,
    /// Monday first.
    pub weekdays: [bool; 7],
    /// When the first one of a day begins, in the city.
    pub begins: NaiveTime,
    /// One after the other on one day.
    pub a_day: usize,
}

/// When a school is open, in the city: every day of `weekdays`, `[from, to)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    pub weekdays: [bool; 7],
    pub from: NaiveTime,
    pub to: NaiveTime,
}

/// A school that is to get screenings.
#[derive(Debug, Clone)]
pub struct Hall {
    pub school: SchoolId,
    /// `None`: nobody can tell; the pattern decides alone.
    pub hours: Option<Hours>,
    /// What stands there already.
    pub taken: Vec<(Timestamp, Timestamp)>,
    /// Lectures that it shows already.
    pub has: Vec<BroadcastItemId>,
}

/// A lecture and how long the room is needed for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Show {
    pub item: BroadcastItemId,
    pub minutes: i64,
}

/// A screening to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    pub school: SchoolId,
    pub item: BroadcastItemId,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
}

/// What a pattern leads to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spread {
    pub slots: Vec<Slot>,
    /// Lectures that found no time, by school.
    pub left: Vec<(SchoolId, usize)>,
}

/// The minutes for which a lecture needs the room: its length in whole five minutes, and five to sit down.
pub fn minutes_for(duration_ms: i32) -> i64 {
    let seconds = (i64::from(duration_ms) + 999) / 1_000;
    (seconds + 299) / 300 * 5 + 5
}

/// Reads opening hours in their plainest form, `周一至周五 9:00–17:00` or `每天 8:30–20:00`; `None` for every other text.
pub fn hours(text: &str) -> Option<Hours> {
    const DAYS: &str = "一二三四五六日";
    let (days, span) = text.trim().split_once(' ')?;
    let place = |c: char| DAYS.chars().position(|day| day == c);
    let mut weekdays = [false; 7];
    if days == "每天" {
        weekdays = [true; 7];
    } else {
        let (first, last) = days.split_once('至')?;
        let first = first.strip_prefix('周')?.chars().next().and_then(place)?;
        let last = last.strip_prefix('周')?.chars().next().and_then(place)?;
        weekdays.get_mut(first..=last)?.fill(true);
    }
    let (from, to) = span.trim().split_once(['–', '-', '—'])?;
    let time = |text: &str| NaiveTime::parse_from_str(text.trim(), "%H:%M");
    let (from, to) = (time(from).ok()?, time(to).ok()?);
    (from < to).then_some(Hours { weekdays, from, to })
}

/// Spreads the lectures over the schools. Neighbouring schools begin with different lectures. Nothing begins before `now`.
pub fn spread(halls: &[Hall], shows: &[Show], pattern: &Pattern, now: Timestamp) -> Spread {
    let mut spread = Spread::default();
    for (number, hall) in halls.iter().enumerate() {
        let mut waiting: Vec<Show> = vec![];
        for place in 0..shows.len() {
            let show = shows[(place + number) % shows.len()];
            if !hall.has.contains(&show.item) {
                waiting.push(show);
            }
        }
        let before = waiting.len();
        let mut made = fill(hall, waiting, pattern, now);
        if before > made.len() {
            spread.left.push((hall.school, before - made.len()));
        }
        spread.slots.append(&mut made);
    }
    spread
}

/// The screenings of one school.
fn fill(hall: &Hall, waiting: Vec<Show>, pattern: &Pattern, now: Timestamp) -> Vec<Slot> {
    let mut taken = hall.taken.clone();
    let mut waiting = waiting.into_iter().peekable();
    let mut made = vec![];
    for day in pattern.from.iter_days().take_while(|day| *day < pattern.to) {
        let Some((opens, shuts)) = open(hall, day, pattern) else { continue };
        let mut at = opens;
        for _ in 0..pattern.a_day {
            let Some(show) = waiting.peek() else { return made };
            let length = Duration::minutes(show.minutes);
            // Behind whatever stands in the way, as often as something does.
            while let Some(other) = taken.iter().find(|one| one.0 < at + length && one.1 > at) {
                at = other.1;
            }
            if at + length > shuts || at < now {
                break;
            }
            made.push(Slot { school: hall.school, item: show.item, starts_at: at, ends_at: at + length });
            taken.push((at, at + length));
            at += length;
            waiting.next();
        }
    }
    made
}

/// From when to when screenings may stand on a day; `None` if not at all.
fn open(hall: &Hall, day: NaiveDate, pattern: &Pattern) -> Option<(Timestamp, Timestamp)> {
    let weekday = day.weekday().num_days_from_monday() as usize;
    let moment = |time: NaiveTime| clock::from_local(day.and_time(time));
    if !pattern.weekdays[weekday] {
        return None;
    }
    // Without hours, until the end of the evening.
    let late = NaiveTime::from_hms_opt(22, 0, 0)?;
    let (from, to) = match hall.hours {
        Some(hours) if !hours.weekdays[weekday] => return None,
        Some(hours) => (pattern.begins.max(hours.from), hours.to),
        None => (pattern.begins, late.max(pattern.begins)),
    };
    Some((moment(from), moment(to)))
}

/// The days of the week, for forms: Monday first.
pub fn weekdays() -> impl Iterator<Item = Weekday> {
    (0..7).filter_map(|place| Weekday::try_from(place as u8).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn time(hour: u32, minute: u32) -> NaiveTime {
        NaiveTime::from_hms_opt(hour, minute, 0).unwrap()
    }
    fn pattern(weekdays: [bool; 7], a_day: usize) -> Pattern {
        let day = |d| NaiveDate::from_ymd_opt(2026, 11, d).unwrap();
        // 2 November 2026 is a Monday.
        Pattern { from: day(2), to: day(16), weekdays, begins: time(19, 0), a_day }
    }
    fn shows(count: i64) -> Vec<Show> {
        (1..=count).map(|id| Show { item: BroadcastItemId(id), minutes: 15 }).collect()
    }
    fn hall(id: i64) -> Hall {
        Hall { school: SchoolId(id), hours: None, taken: vec![], has: vec![] }
    }
    fn at(text: &str) -> Timestamp {
        text.parse::<Timestamp>().unwrap() - Duration::hours(8)
    }

    #[test]
    fn opening_hours_are_read_in_their_plainest_form_only() {
        let week = hours("周一至周五 9:00–17:00").unwrap();
        assert_eq!(week.weekdays, [true, true, true, true, true, false, false]);
        assert_eq!((week.from, week.to), (time(9, 0), time(17, 0)));
        assert_eq!(hours("每天 8:30-20:00").unwrap().weekdays, [true; 7]);
        for other in [
            "周三、周六下午，其余时间预约",
            "晚上 19:00–21:00，周末全天",
            "",
            "周五至周一 9:00–17:00",
            "每天 20:00–8:00",
        ] {
            assert_eq!(hours(other), None, "{other}");
        }
    }

    #[test]
    fn a_lecture_takes_its_length_in_fives_and_five_minutes() {
        for (seconds, minutes) in [(1, 10), (300, 10), (301, 15), (480, 15), (3_600, 65)] {
            assert_eq!(minutes_for(seconds * 1_000), minutes, "{seconds}");
        }
    }

    #[test]
    fn each_school_gets_each_lecture_once_and_neighbours_begin_differently() {
        let evenings = pattern([true, false, true, false, true, false, false], 2);
        let made = spread(&[hall(1), hall(2)], &shows(5), &evenings, at("2026-11-01T00:00:00"));
        assert_eq!((made.slots.len(), made.left.len()), (10, 0));
        assert_eq!(made.slots[0].starts_at, at("2026-11-02T19:00:00"));
        assert_eq!(made.slots[1].starts_at, at("2026-11-02T19:15:00"));
        assert_eq!(made.slots[2].starts_at, at("2026-11-04T19:00:00"));
        assert_eq!((made.slots[0].item.0, made.slots[5].item.0), (1, 2));
    }

    #[test]
    fn what_stands_there_is_passed_by_and_half_open_ends_touch() {
        let mut one = hall(1);
        one.taken = vec![
            (at("2026-11-02T18:00:00"), at("2026-11-02T19:00:00")),
            (at("2026-11-02T19:10:00"), at("2026-11-02T19:40:00")),
        ];
        one.has = vec![BroadcastItemId(1)];
        let made = spread(&[one], &shows(2), &pattern([true; 7], 1), at("2026-11-01T00:00:00"));
        assert_eq!(made.slots.len(), 1);
        assert_eq!((made.slots[0].item.0, made.slots[0].starts_at), (2, at("2026-11-02T19:40:00")));
    }

    #[test]
    fn a_school_that_is_shut_in_the_evening_gets_none_and_is_named() {
        let mut one = hall(7);
        one.hours = hours("周一至周五 9:00–17:00");
        let made = spread(&[one], &shows(3), &pattern([true; 7], 1), at("2026-11-01T00:00:00"));
        assert_eq!(made, Spread { slots: vec![], left: vec![(SchoolId(7), 3)] });
    }

    proptest! {
        #[test]
        fn nothing_ever_overlaps_in_one_school(
            taken in prop::collection::vec((0_i64..20_000, 1_i64..200), 0..20),
            count in 0_i64..12, a_day in 1_usize..5,
        ) {
            let start = at("2026-11-02T00:00:00");
            let mut one = hall(1);
            one.taken = taken.iter().map(|(from, length)| {
                let from = start + Duration::minutes(*from);
                (from, from + Duration::minutes(*length))
            }).collect();
            let made = spread(&[one.clone()], &shows(count), &pattern([true; 7], a_day), start);
            let left: usize = made.left.iter().map(|left| left.1).sum();
            prop_assert_eq!(made.slots.len() + left, count as usize);
            for (place, slot) in made.slots.iter().enumerate() {
                prop_assert!(one.taken.iter().all(|other| other.0 >= slot.ends_at || other.1 <= slot.starts_at));
                for other in &made.slots[place + 1..] {
                    prop_assert!(other.starts_at >= slot.ends_at || other.ends_at <= slot.starts_at);
                }
            }
        }
    }
}
