//! The rule by which seconds are credited. Pure: moments come in, nothing is read from a clock. media.md §4.4.
//!
//! Each person has one budget. It refills at twice the wall clock while a play is open, holds ten minutes at most, and at
//! the opening of a play no more than twenty seconds. Every newly credited second costs one second of it. So nobody is ever
//! credited faster than twice the time that passed, over all lectures and devices together, whatever a browser says.
use crate::clock::Timestamp;
use crate::lectures;
use chrono::Duration;

/// The version of this rule, kept with each completion.
pub const RULE: &str = "budget-1";
/// Seconds that may be credited in a second: the fastest speed of the player.
pub const FASTEST: i64 = 2;
/// What a budget holds at most, in milliseconds: five minutes without a connection at the fastest speed.
pub const BANK_MS: i64 = FASTEST * REFILL_SECONDS * 1_000;
/// What a budget holds at most when a play is opened, in milliseconds.
const START_MS: i64 = 20_000;
/// And of a short recording no more than this share of its length: one forged beat must not complete even a minute's lecture.
const START_SHARE: i64 = 5;
/// The budget refills until so long after the last beat, in seconds.
pub const REFILL_SECONDS: i64 = 300;
/// A play ends so long after its last beat, in seconds.
pub const PLAY_SECONDS: i64 = 600;
/// A clock that is behind by more than this was set back; by less, it is another server's. In seconds.
const SKEW_SECONDS: i64 = 60;

/// A person's budget, and when the play that may spend it was last heard of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// Milliseconds that may be credited, as they were at `at`.
    pub budget_ms: i64,
    pub at: Timestamp,
    pub opened_at: Timestamp,
    pub beat_at: Timestamp,
    /// Without JavaScript nothing is heard between start and finish: it refills all the time.
    pub is_plain: bool,
}

impl Clock {
    /// The clock of somebody who has never watched anything, at the opening of a first play.
    pub fn new(now: Timestamp, is_plain: bool, length_s: i32) -> Clock {
        let budget_ms = start_ms(is_plain, length_s);
        Clock { budget_ms, at: now, opened_at: now, beat_at: now, is_plain }
    }
    /// Another play begins: what is left of the budget goes on, up to the small start. Opening again and again gains
    /// nothing.
    pub fn open(self, now: Timestamp, is_plain: bool, length_s: i32) -> Clock {
        let refilled = self.refilled(now);
        let most = start_ms(is_plain, length_s);
        Clock {
            budget_ms: refilled.budget_ms.min(most),
            at: refilled.at,
            opened_at: now,
            beat_at: now,
            is_plain,
        }
    }
    /// Whether the play is over because nothing was heard of it.
    pub fn is_over(&self, now: Timestamp) -> bool {
        !self.is_plain && now - self.beat_at > Duration::seconds(PLAY_SECONDS)
    }
    /// The budget as it is now. A clock that was set back gives nothing and takes nothing.
    pub fn refilled(mut self, now: Timestamp) -> Clock {
        if self.at - now > Duration::seconds(SKEW_SECONDS) {
            self.at = now;
            self.beat_at = self.beat_at.min(now);
            return self;
        }
        let until =
            if self.is_plain { now } else { now.min(self.beat_at + Duration::seconds(REFILL_SECONDS)) };
        let passed = (until - self.at).num_milliseconds().max(0);
        let most = if self.is_plain { i64::MAX } else { BANK_MS };
        self.budget_ms =
            self.budget_ms.saturating_add(passed.saturating_mul(FASTEST)).min(most.max(self.budget_ms));
        // What passed while nobody refilled is gone; parts of a millisecond wait for the next time.
        self.at = if until < now { self.at.max(now) } else { self.at + Duration::milliseconds(passed) };
        self
    }
    /// Somebody joins a group that watches: what was played before is the others'. Of the budget no more is left than at an
    /// opening, so that little of it can be claimed as played since. Without JavaScript the time that has passed is credited
    /// now, and what it allowed beyond that is gone.
    pub fn joined(self, now: Timestamp, seen: &mut Seen) -> Clock {
        let mut clock = self.refilled(now);
        if clock.is_plain {
            seen.credit(&[(0, i64::from(seen.length_s) * 1_000)], clock.budget_ms / FASTEST);
            clock.budget_ms = 0;
        } else {
            clock.budget_ms = clock.budget_ms.min(start_ms(false, seen.length_s));
        }
        clock
    }
    /// A beat came: what was played is credited as far as the budget goes.
    pub fn beat(self, now: Timestamp, seen: &mut Seen, segments: &[(i64, i64)]) -> Clock {
        let mut clock = self.refilled(now);
        clock.budget_ms = seen.credit(segments, clock.budget_ms);
        clock.beat_at = clock.beat_at.max(now);
        clock
    }
}

/// What a budget holds at most when a play of a recording of this length is opened, in milliseconds.
fn start_ms(is_plain: bool, length_s: i32) -> i64 {
    if is_plain { 0 } else { START_MS.min(i64::from(length_s) * 1_000 / START_SHARE) }
}

/// The seconds of a recording that somebody was credited with: a bit for each, the first in the lowest place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    bits: Vec<u8>,
    /// How many are set.
    pub seconds: i32,
    /// How many there are.
    pub length_s: i32,
}

impl Seen {
    /// Nothing yet, of so many seconds.
    pub fn none(length_s: i32) -> Seen {
        Seen::of(vec![], length_s)
    }
    /// From bits that were kept.
    pub fn of(mut bits: Vec<u8>, length_s: i32) -> Seen {
        let length = usize::try_from(length_s).unwrap_or_default();
        bits.resize(length.div_ceil(8), 0);
        let seconds = bits.iter().map(|byte| byte.count_ones() as i32).sum();
        Seen { bits, seconds, length_s }
    }
    pub fn bits(&self) -> &[u8] {
        &self.bits
    }
    fn has(&self, second: usize) -> bool {
        self.bits.get(second / 8).is_some_and(|byte| byte & (1 << (second % 8)) != 0)
    }
    /// Credits `[from, to)` in milliseconds, each new second for a second of the budget; what is left of that. Excess is
    /// cut off, what makes no sense is left out: nothing here is an error.
    fn credit(&mut self, segments: &[(i64, i64)], mut budget_ms: i64) -> i64 {
        let last = i64::from(self.length_s);
        // Nobody plays a whole recording eight times between two beats: who claims so is not looked at to the end.
        let mut looks = last * 8;
        for (from, to) in segments {
            // To whole seconds: what began after the middle of one is not it. A part of a second costs a whole one, so that
            // many tiny pieces cannot buy more than they cost.
            let nearest = |ms: i64| ms.clamp(0, last * 1_000).saturating_add(500) / 1_000;
            for second in nearest(*from)..nearest(*to).min(last) {
                let second = usize::try_from(second).unwrap_or_default();
                looks -= 1;
                if self.has(second) && looks > 0 {
                    continue;
                }
                if budget_ms < 1_000 || looks <= 0 {
                    return budget_ms;
                }
                budget_ms -= 1_000;
                self.bits[second / 8] |= 1 << (second % 8);
                self.seconds += 1;
            }
        }
        budget_ms
    }
    /// The share in whole per cent, rounded down: nobody reads 80 before it is.
    pub fn share(&self) -> i32 {
        (i64::from(self.seconds) * 100 / i64::from(self.length_s.max(1))) as i32
    }
    /// Whether this share, in per cent, has been reached.
    pub fn is_complete(&self, threshold: i32) -> bool {
        Seen::is_enough(self.seconds, self.length_s, threshold)
    }
    /// Whether so many seconds are this share of a recording.
    pub fn is_enough(seconds: i32, length_s: i32, threshold: i32) -> bool {
        length_s > 0 && i64::from(seconds) * 100 >= i64::from(length_s) * i64::from(threshold)
    }
    /// Runs of credited seconds, `[from, to)`, at most so many.
    pub fn runs(&self, most: usize) -> Vec<(i32, i32)> {
        lectures::runs(&self.bits, self.length_s, most)
    }
}

/// How many whole seconds a recording has: a last part counts as one.
pub fn length_s(duration_ms: i32) -> i32 {
    duration_ms.saturating_add(999) / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;
    use proptest::prelude::*;
    use std::collections::HashSet;

    /// A lecture of an hour, in seconds.
    const LONG: i32 = 3_600;

    fn at(ms: i64) -> Timestamp {
        NaiveDate::from_ymd_opt(2026, 11, 25).unwrap().and_hms_opt(8, 0, 0).unwrap()
            + Duration::milliseconds(ms)
    }

    /// Claims everything with as much budget as it takes.
    fn claimed(length_s: i32, segments: &[(i64, i64)]) -> Seen {
        let mut seen = Seen::none(length_s);
        seen.credit(segments, i64::MAX);
        seen
    }

    #[test]
    fn v_vid_the_share_is_that_of_distinct_seconds() {
        let first = claimed(600, &[(0, 18_000), (576_000, 600_000)]);
        assert_eq!((first.seconds, first.share(), first.is_complete(80)), (42, 7, false));
        let second = claimed(600, &[(0, 300_000), (200_000, 480_000), (100_000, 150_000)]);
        assert_eq!((second.seconds, second.share(), second.is_complete(80)), (480, 80, true));
        assert_eq!(second.runs(10), [(0, 480)]);
    }

    #[test]
    fn an_instant_finish_gains_the_start_and_no_more() {
        let mut seen = Seen::none(3_600);
        let clock = Clock::new(at(0), false, LONG).beat(at(0), &mut seen, &[(0, 3_600_000)]);
        assert_eq!((seen.seconds, clock.budget_ms), (20, 0));
    }

    #[test]
    fn one_beat_completes_nothing_however_short_it_is() {
        for length in 1..=200 {
            let mut seen = Seen::none(length);
            Clock::new(at(0), false, length).beat(at(0), &mut seen, &[(0, 3_600_000)]);
            assert!(!seen.is_complete(80) && seen.seconds <= 20 && seen.seconds * 5 <= length, "{length}");
        }
    }

    #[test]
    fn honest_watching_at_any_speed_of_the_player_is_credited_whole() {
        for (speed, every_ms) in [(1, 15_000), (2, 15_000), (2, 300_000)] {
            let mut seen = Seen::none(3_600);
            let (mut clock, mut now, mut place) = (Clock::new(at(0), false, LONG), 0, 0);
            while place < 3_600_000 {
                now += every_ms;
                let to = (place + every_ms * speed).min(3_600_000);
                clock = clock.beat(at(now), &mut seen, &[(place, to)]);
                place = to;
            }
            assert_eq!(seen.seconds, 3_600, "{speed}x, each {every_ms} ms");
        }
    }

    #[test]
    fn sixteen_times_the_speed_is_credited_at_twice_the_clock() {
        let mut seen = Seen::none(36_000);
        let mut clock = Clock::new(at(0), false, LONG);
        for n in 1..=100 {
            clock = clock.beat(at(n * 1_000), &mut seen, &[((n - 1) * 16_000, n * 16_000)]);
        }
        assert!(seen.seconds <= 220, "{}", seen.seconds);
    }

    #[test]
    fn a_long_sleep_refills_five_minutes_and_no_more() {
        let mut seen = Seen::none(36_000);
        let clock = Clock::new(at(0), false, LONG);
        assert!(clock.is_over(at(PLAY_SECONDS * 1_000 + 1)) && !clock.is_over(at(PLAY_SECONDS * 1_000)));
        clock.beat(at(9 * 60_000), &mut seen, &[(0, 36_000_000)]);
        assert_eq!(i64::from(seen.seconds) * 1_000, BANK_MS);
    }

    #[test]
    fn opening_again_and_again_gains_nothing() {
        let mut seen = Seen::none(3_600);
        let mut clock = Clock::new(at(0), false, LONG);
        for n in 1..=100 {
            clock = clock.open(at(n * 1_000), false, LONG).beat(at(n * 1_000), &mut seen, &[(0, 3_600_000)]);
        }
        assert!(seen.seconds <= 220, "{}", seen.seconds);
    }

    #[test]
    fn a_tiny_piece_of_a_second_does_not_buy_it_cheaply() {
        let mut seen = Seen::none(600);
        let tiny: Vec<_> = (0..600).map(|k| (k * 1_000 + 499, k * 1_000 + 501)).collect();
        let clock = Clock::new(at(0), false, LONG).beat(at(1_000), &mut seen, &tiny);
        assert_eq!((seen.seconds, clock.budget_ms), (22, 0));
    }

    #[test]
    fn negative_reversed_and_huge_pieces_do_no_harm() {
        let seen = claimed(60, &[(-5_000, 2_000), (9_000, 3_000), (i64::MIN, i64::MIN), (58_000, i64::MAX)]);
        assert_eq!(seen.runs(10), [(0, 2), (58, 60)]);
    }

    #[test]
    fn a_clock_that_is_set_back_or_forward_gives_nothing() {
        let hour = 3_600_000;
        let mut seen = Seen::none(36_000);
        let ahead = Clock::new(at(0), false, LONG).beat(at(hour), &mut seen, &[(0, 36_000_000)]);
        assert_eq!(i64::from(seen.seconds) * 1_000, BANK_MS, "an hour forward is five minutes");
        let back = ahead.beat(at(1_000), &mut seen, &[(0, 36_000_000)]);
        assert_eq!((back.budget_ms, i64::from(seen.seconds) * 1_000), (0, BANK_MS), "back is nothing");
        let on = back.beat(at(11_000), &mut seen, &[(0, 36_000_000)]);
        assert_eq!(
            (on.budget_ms, i64::from(seen.seconds) * 1_000),
            (0, BANK_MS + 20_000),
            "and then it goes on"
        );
        // Two servers whose clocks differ a little: going to and fro gains nothing.
        let (mut clock, mut seen) = (Clock::new(at(0), false, LONG), Seen::none(36_000));
        for n in 0..100 {
            clock = clock.beat(at(n * 100 + (n % 2) * 5_000), &mut seen, &[(0, 36_000_000)]);
        }
        assert!(seen.seconds <= 20 + 2 * 15 + 1, "{}", seen.seconds);
    }

    #[test]
    fn without_javascript_twice_the_time_between_start_and_finish_counts() {
        let mut seen = Seen::none(1_800);
        let clock = Clock::new(at(0), true, LONG);
        assert!(!clock.is_over(at(3_600_000)));
        clock.beat(at(0), &mut seen, &[(0, 1_800_000)]);
        assert_eq!(seen.seconds, 0, "at once: nothing");
        clock.beat(at(600_000), &mut seen, &[(0, 1_800_000)]);
        assert_eq!(seen.seconds, 1_200);
    }

    #[test]
    fn who_joins_a_group_is_credited_at_twice_the_clock_from_then_on() {
        // Nothing was said for five minutes, then somebody joins, then all of it is claimed at once.
        let mut seen = Seen::none(LONG);
        let clock = Clock::new(at(0), false, LONG).joined(at(300_000), &mut seen);
        let before = seen.seconds;
        clock.beat(at(300_000), &mut seen, &[(0, 3_600_000)]);
        assert!(seen.seconds - before <= 20, "{}", seen.seconds);
        // Without JavaScript: half of what the start allows is played, and the time begins anew.
        let mut seen = Seen::none(LONG);
        let clock = Clock::new(at(0), true, LONG).joined(at(300_000), &mut seen);
        assert_eq!(seen.seconds, 300);
        let clock = clock.beat(at(300_000), &mut seen, &[(0, 3_600_000)]);
        assert_eq!(seen.seconds, 300);
        clock.beat(at(400_000), &mut seen, &[(0, 3_600_000)]);
        assert_eq!(seen.seconds, 500);
    }

    /// What the rule means, said again without bits and without clamping.
    struct Naive {
        budget_ms: i64,
        at: i64,
        beat: i64,
        seen: HashSet<i64>,
    }

    impl Naive {
        fn refill(&mut self, now: i64) {
            for ms in self.at..now {
                if ms < self.beat + REFILL_SECONDS * 1_000 {
                    self.budget_ms = (self.budget_ms + 2).min(BANK_MS);
                }
            }
            self.at = self.at.max(now);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn it_agrees_with_a_naive_model_and_is_never_faster_than_the_clock(
            length in 1_i32..400,
            steps in prop::collection::vec(
                (0_i64..40_000, prop::bool::weighted(0.1), prop::collection::vec((-20_000_i64..420_000, -20_000_i64..420_000), 0..6)),
                1..40,
            ),
        ) {
            let mut seen = Seen::none(length);
            let mut clock = Clock::new(at(0), false, length);
            let start = (i64::from(length) * 200).min(20_000);
            let mut naive = Naive { budget_ms: start, at: 0, beat: 0, seen: HashSet::new() };
            let mut now = 0;
            for (wait, opens, segments) in steps {
                now += wait;
                naive.refill(now);
                if opens {
                    clock = clock.open(at(now), false, length);
                    naive.budget_ms = naive.budget_ms.min(start);
                    naive.beat = now;
                    continue;
                }
                clock = clock.beat(at(now), &mut seen, &segments);
                naive.beat = now;
                'all: for (from, to) in segments {
                    for second in 0..i64::from(length) {
                        // A second is in a piece if its rounded ends enclose it.
                        let (first, last) = ((from as f64 / 1_000.0 + 0.5).floor(), (to as f64 / 1_000.0 + 0.5).floor());
                        if (second as f64) < first || (second as f64) >= last || naive.seen.contains(&second) {
                            continue;
                        }
                        if naive.budget_ms < 1_000 {
                            break 'all;
                        }
                        naive.budget_ms -= 1_000;
                        naive.seen.insert(second);
                    }
                }
                let mine: HashSet<i64> = seen.runs(usize::MAX).into_iter().flat_map(|(a, b)| i64::from(a)..i64::from(b)).collect();
                prop_assert_eq!(&mine, &naive.seen);
                prop_assert_eq!(seen.seconds as usize, naive.seen.len());
                prop_assert_eq!(clock.budget_ms, naive.budget_ms);
                prop_assert!(i64::from(seen.seconds) * 1_000 <= 2 * now + start);
            }
        }
    }
}
