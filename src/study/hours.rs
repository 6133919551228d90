//! Study hours of a year: what was attended and what was watched, nothing twice. A private figure; nobody is compared.
//! domain.md §2 (学时) and §4.2.
use super::{counts, store};
use crate::clock;
use crate::db::Conn;
use crate::error::Result;
use crate::ids::{LectureId, PersonId};
use chrono::{Datelike, NaiveDate};
use std::collections::HashSet;

/// Minutes of watching that count in a year: 24 of the 32 hours, so that at least a day of the year is spent together.
pub const ONLINE_CAP: i32 = 24 * 60;
/// Hours a year of a member, and of whoever holds an office of a branch or above (S7).
const TARGET: i32 = 32;
const TARGET_IN_OFFICE: i32 = 56;

/// The year of one person, in minutes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    pub year: i32,
    /// In hours.
    pub target: i32,
    pub on_site: i32,
    /// Whole lectures, each once, before the cap.
    pub online: i32,
    pub meetings: usize,
    pub lectures: usize,
}

impl Hours {
    pub fn counted_online(&self) -> i32 {
        self.online.min(ONLINE_CAP)
    }
    pub fn total(&self) -> i32 {
        self.on_site + self.counted_online()
    }
    /// In whole quarters of an hour, as study hours are booked.
    pub fn quarters(minutes: i32) -> i32 {
        minutes / 15
    }
}

/// A proof of viewing that stands.
#[derive(Debug, Clone)]
pub struct Seen {
    pub lecture: LectureId,
    pub day: NaiveDate,
    pub length_s: i32,
    /// What was recorded of the presence where it was seen in a group.
    pub status: Option<String>,
}

/// Counts a year. A lecture that was seen in a group is in the minutes of the group; any other counts once for good, in the
/// year in which it was first watched.
fn count(year: i32, target: i32, presences: &[(String, i32)], seen: &[Seen]) -> Hours {
    let there: Vec<i32> =
        presences.iter().filter(|(status, _)| counts(status)).map(|(_, minutes)| *minutes).collect();
    let in_group: HashSet<LectureId> =
        seen.iter().filter(|one| one.status.as_deref().is_some_and(counts)).map(|one| one.lecture).collect();
    let mut first: Vec<&Seen> = seen.iter().collect();
    first.sort_by_key(|one| one.day);
    let (mut known, mut seconds, mut lectures) = (in_group, 0, 0);
    for one in first {
        if known.insert(one.lecture) && one.day.year() == year {
            seconds += i64::from(one.length_s);
            lectures += 1;
        }
    }
    Hours {
        year,
        target,
        on_site: there.iter().sum(),
        online: i32::try_from(seconds / 60).unwrap_or(i32::MAX),
        meetings: there.len(),
        lectures,
    }
}

/// The hours of this person in the year of this day.
pub(super) fn of(conn: &mut Conn, person: PersonId, today: NaiveDate) -> Result<Hours> {
    let year = today.year();
    let target = if store::holds_office(conn, person, today)? { TARGET_IN_OFFICE } else { TARGET };
    let presences = store::presences(conn, person, year)?;
    let seen: Vec<Seen> = store::proofs(conn, person)?
        .into_iter()
        .map(|(lecture, at, length_s, status)| Seen { lecture, day: clock::day(at), length_s, status })
        .collect();
    Ok(count(year, target, &presences, &seen))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(lecture: i64, day: &str, minutes: i32, status: Option<&str>) -> Seen {
        Seen {
            lecture: LectureId(lecture),
            day: day.parse().unwrap(),
            length_s: minutes * 60,
            status: status.map(str::to_owned),
        }
    }

    #[test]
    fn only_presence_that_counts_and_each_lecture_once() {
        let presences = [
            ("present".to_owned(), 120),
            ("absent".to_owned(), 90),
            ("leave_sick".to_owned(), 60),
            ("makeup".to_owned(), 45),
        ];
        let watched = [
            seen(1, "2026-03-01", 20, None),
            // the same lecture with another recording
            seen(1, "2026-05-01", 22, None),
            // watched alone, and in a group: the group's minutes hold it
            seen(2, "2026-03-02", 30, None),
            seen(2, "2026-04-02", 30, Some("present")),
            // the year before
            seen(3, "2025-12-31", 15, None),
            seen(3, "2026-01-02", 15, None),
            // listed for a group, but not there: what stands of it is the proof alone
            seen(4, "2026-06-01", 10, Some("absent")),
        ];
        let hours = count(2026, 32, &presences, &watched);
        assert_eq!((hours.on_site, hours.meetings), (165, 2));
        assert_eq!((hours.online, hours.lectures), (30, 2));
        assert_eq!(hours.total(), 195);
        assert_eq!(Hours::quarters(hours.total()), 13);
    }

    #[test]
    fn watching_counts_up_to_its_cap() {
        let watched: Vec<Seen> = (0..30).map(|n| seen(n, "2026-03-01", 60, None)).collect();
        let hours = count(2026, 32, &[("present".to_owned(), 60)], &watched);
        assert_eq!((hours.online, hours.counted_online(), hours.total()), (1_800, 1_440, 1_500));
    }
}
