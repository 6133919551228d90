//! What looks like an agreement and may be none: a branch that speaks with one voice, a burst, a run of the same stars. The
//! numbers are for people; nothing follows by itself. domain.md §5.6.
use super::Detector;
use crate::db::Conn;
use crate::error::Result;
use crate::scoring::voices::{Block, Limits};
use crate::site::{self, Setting};
use chrono::NaiveDate;

/// From where on people are to look; the office sets it, from a day on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// For a branch; for a run its number of voices and how far the mean is moved hold as well.
    pub block: Limits,
    /// Ratings in ten minutes that nobody gives by chance, outside of a group that watched together.
    pub burst: i64,
    /// The shortest run of the same stars.
    pub run: i64,
}

/// The settings behind them.
pub const SETTINGS: [Setting; 5] =
    [Setting::FlagVoices, Setting::FlagChance, Setting::FlagMoved, Setting::FlagBurst, Setting::FlagRun];

impl Thresholds {
    /// # Errors
    /// Those of the database.
    pub fn on(conn: &mut Conn, day: NaiveDate) -> Result<Thresholds> {
        let mut number = |setting| site::number(conn, setting, day);
        let block = Limits {
            voices: u32::try_from(number(Setting::FlagVoices)?).unwrap_or(u32::MAX),
            chance: 0.1_f64.powi(i32::try_from(number(Setting::FlagChance)?).unwrap_or(i32::MAX)),
            moved: number(Setting::FlagMoved)? as f64 / 100.0,
        };
        Ok(Thresholds { block, burst: number(Setting::FlagBurst)?, run: number(Setting::FlagRun)? })
    }
}

/// A run is looked at if fewer than one lecture in a thousand would have it by chance.
const RARE: f64 = 1e-3;
/// The share that one set has in the estimate that people see while a flag is open.
pub const CAP: f64 = 0.20;

/// A set of counted ratings of a lecture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Set {
    pub votes: i64,
    pub stars: i64,
}

/// The numbers of a suspicion. Means in stars.
#[derive(Debug, Clone, PartialEq)]
pub struct Suspicion {
    pub detector: Detector,
    pub all: Set,
    pub set: Set,
    /// The share that was to be expected.
    pub expected: f64,
    pub chance: f64,
    pub mean: f64,
    pub mean_of_others: f64,
    pub capped: f64,
}

impl Suspicion {
    fn of(detector: Detector, all: Set, set: Set, (expected, chance): (f64, f64)) -> Suspicion {
        let block = block(all, set, expected);
        Suspicion {
            detector,
            all,
            set,
            expected,
            chance,
            mean: block.mean,
            mean_of_others: block.mean_of_others,
            capped: block.capped(CAP),
        }
    }
}

fn block(all: Set, set: Set, expected: f64) -> Block {
    let mean = |stars: i64, votes: i64| stars as f64 / votes.max(1) as f64;
    let narrow = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
    let mean_of_all = mean(all.stars, all.votes);
    let others = Set { votes: all.votes - set.votes, stars: all.stars - set.stars };
    Block {
        voices: narrow(all.votes),
        of_branch: narrow(set.votes),
        expected,
        mean: mean_of_all,
        mean_of_others: if others.votes > 0 { mean(others.stars, others.votes) } else { mean_of_all },
    }
}

/// A branch's ratings, and how many of the verified viewers are its members: a branch that watched together is no block.
pub fn of_branch(
    all: Set,
    branch: Set,
    (viewers, all_viewers): (i64, i64),
    from: &Thresholds,
) -> Option<Suspicion> {
    // Who moved away after viewing is nobody's viewer any more: as good as one.
    let expected = viewers.max(1) as f64 / all_viewers.max(viewers).max(1) as f64;
    let found = block(all, branch, expected);
    let chance = crate::scoring::voices::tail(found.of_branch, found.voices, expected);
    found.is_flagged(&from.block).then(|| Suspicion::of(Detector::Block, all, branch, (expected, chance)))
}

/// Ratings of ten minutes, without those of groups that watched together.
pub fn of_burst(all: Set, burst: Set, from: &Thresholds) -> Option<Suspicion> {
    (burst.votes > from.burst).then(|| Suspicion::of(Detector::Burst, all, burst, (0.0, 0.0)))
}

/// The longest run of the same stars among ratings in their order: where it begins, how many, which stars; if it is rare
/// and moves the mean.
pub fn of_run(all: Set, stars: &[i32], from: &Thresholds) -> Option<(usize, usize, i32, Suspicion)> {
    let mut longest: (usize, usize) = (0, 0);
    let mut first = 0;
    for (at, one) in stars.iter().enumerate() {
        if at > 0 && stars[at - 1] != *one {
            first = at;
        }
        if at + 1 - first > longest.1 {
            longest = (first, at + 1 - first);
        }
    }
    let (first, length) = longest;
    let kind = *stars.get(first)?;
    // How usual these stars are among the others, as if one more had given them.
    let others = stars.len() - length;
    let alike = stars.iter().filter(|one| **one == kind).count() - length;
    let share = (alike as f64 + 1.0) / (others as f64 + 2.0);
    let chance = (stars.len() as f64 * share.powf(length as f64)).min(1.0);
    let set = Set { votes: length as i64, stars: i64::from(kind) * length as i64 };
    let found = Suspicion::of(Detector::Run, all, set, (share, chance));
    let is_odd = all.votes >= i64::from(from.block.voices)
        && set.votes >= from.run
        && chance < RARE
        && (found.mean - found.mean_of_others).abs() >= from.block.moved;
    is_odd.then_some((first, length, kind, found))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Those of domain.md §5.6.
    const FROM: Thresholds =
        Thresholds { block: Limits { voices: 20, chance: 1e-6, moved: 0.3 }, burst: 30, run: 15 };

    #[test]
    fn v_brig_from_sums() {
        // 60 ratings with a mean of 4.45, without the branch 3.90: 30 others give 117 stars, the branch 150
        let (all, branch) = (Set { votes: 60, stars: 267 }, Set { votes: 30, stars: 150 });
        let found = of_branch(all, branch, (10, 100), &FROM).unwrap();
        assert_eq!(format!("{:.1e}", found.chance), "5.6e-15");
        assert_eq!(
            format!("{:.2} {:.2} {:.2}", found.mean, found.mean_of_others, found.capped),
            "4.45 3.90 4.12"
        );
        assert_eq!(of_branch(all, Set { votes: 9, stars: 45 }, (10, 100), &FROM), None);
        // The same branch, of which half of the viewers are: it watched together.
        assert_eq!(of_branch(all, branch, (50, 100), &FROM), None);
        assert!(of_branch(all, branch, (0, 0), &FROM).is_none(), "the only viewers that are known");
    }

    #[test]
    fn a_burst_is_more_than_thirty_in_ten_minutes() {
        let all = Set { votes: 50, stars: 240 };
        assert!(of_burst(all, Set { votes: 30, stars: 150 }, &FROM).is_none());
        assert!(of_burst(all, Set { votes: 31, stars: 155 }, &FROM).is_some());
    }

    #[test]
    fn a_run_is_rare_among_ratings_that_differ_and_usual_among_fives() {
        let mut stars: Vec<i32> = (0..30).map(|n| 2 + n % 3).collect();
        stars.splice(10..10, [5; 20]);
        let all = Set { votes: 50, stars: stars.iter().map(|n| i64::from(*n)).sum() };
        let (from, length, kind, found) = of_run(all, &stars, &FROM).unwrap();
        assert_eq!((from, length, kind), (10, 20, 5));
        assert!(found.chance < 1e-9 && found.mean > found.mean_of_others);
        let fives = [5; 60];
        assert!(of_run(Set { votes: 60, stars: 300 }, &fives, &FROM).is_none(), "all alike moves nothing");
        assert!(of_run(Set::default(), &[], &FROM).is_none());
    }
}
