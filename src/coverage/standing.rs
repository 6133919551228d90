//! The rule: where a member stands with an item, and with all of a plan; and counts of it. Pure.
use crate::lang::Message;
use crate::msg;
use chrono::NaiveDate;
use std::ops::AddAssign;

/// Where somebody stands. Each is exactly one of these, so they sum to everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Met in time.
    Done,
    /// Met later, or an absence that was made up for (补学).
    MadeUp,
    /// Leave was given, and it is not made up for yet.
    Excused,
    /// Need not, by a decision that holds on the day.
    Exempt,
    /// It was due, and nobody has said anything about this person, who does not use the portal either.
    NotReported,
    /// Not met: it is not due yet, or the person was absent, or has not done it.
    NotYet,
}

impl State {
    pub const ALL: [State; 6] =
        [State::Done, State::MadeUp, State::Excused, State::Exempt, State::NotReported, State::NotYet];
    pub fn words(self) -> Message {
        match self {
            State::Done => msg!("已学"),
            State::MadeUp => msg!("已补学"),
            State::Excused => msg!("请假"),
            State::Exempt => msg!("免学"),
            State::NotReported => msg!("未报"),
            State::NotYet => msg!("未学"),
        }
    }
    /// As files name it.
    pub const fn key(self) -> &'static str {
        match self {
            State::Done => "done",
            State::MadeUp => "made_up",
            State::Excused => "excused",
            State::Exempt => "exempt",
            State::NotReported => "not_reported",
            State::NotYet => "not_yet",
        }
    }
    /// Somebody still has to bring something to this person.
    pub const fn is_missing(self) -> bool {
        matches!(self, State::Excused | State::NotReported | State::NotYet)
    }
    /// Whether this state says more about a whole plan than `other`: what is missing comes before what is not.
    const fn weight(self) -> u8 {
        match self {
            State::Exempt => 0,
            State::Done => 1,
            State::MadeUp => 2,
            State::Excused => 3,
            State::NotReported => 4,
            State::NotYet => 5,
        }
    }
}

/// How an item was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Way {
    Online,
    Group,
    Door,
    OnSite,
    Read,
    Course,
}

impl Way {
    pub const ALL: [Way; 6] = [Way::Online, Way::Group, Way::Door, Way::OnSite, Way::Read, Way::Course];
    pub fn words(self) -> Message {
        match self {
            Way::Online => msg!("线上学习"),
            Way::Group => msg!("集体收看"),
            Way::Door => msg!("送学上门"),
            Way::OnSite => msg!("现场参加"),
            Way::Read => msg!("读完读本"),
            Way::Course => msg!("学完课程"),
        }
    }
    /// As files name it.
    pub const fn key(self) -> &'static str {
        match self {
            Way::Online => "online",
            Way::Group => "group",
            Way::Door => "door",
            Way::OnSite => "on_site",
            Way::Read => "read",
            Way::Course => "course",
        }
    }
}

/// What was recorded of somebody who has not met it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    Leave,
    Absent,
}

/// What is known of one person and one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Known {
    /// The first day on which it was met, and how.
    pub met: Option<(NaiveDate, Way)>,
    /// It was met by making up for an absence.
    pub is_makeup: bool,
    pub mark: Option<Mark>,
}

impl Known {
    /// One more way in which it was met: the earliest counts, and what is no make-up before what is.
    pub fn meet(&mut self, day: NaiveDate, way: Way, is_makeup: bool) {
        let is_earlier = self.met.is_none_or(|(before, _)| (self.is_makeup, before) > (is_makeup, day));
        if is_earlier {
            (self.met, self.is_makeup) = (Some((day, way)), is_makeup);
        }
    }
    /// One more mark: leave says more than absence.
    pub fn mark(&mut self, mark: Mark) {
        if self.mark != Some(Mark::Leave) {
            self.mark = Some(mark);
        }
    }
}

/// Where somebody stands with an item that is due on `due`, at the end of `day`. `is_watched` says that the portal would know of
/// it by itself: the item can be met in it, and the person signs in.
pub fn judge(known: &Known, due: NaiveDate, is_exempt: bool, is_watched: bool, day: NaiveDate) -> State {
    match (known.met, known.mark) {
        (Some((met, _)), _) if known.is_makeup || met > due => State::MadeUp,
        (Some(_), _) => State::Done,
        _ if is_exempt => State::Exempt,
        (None, Some(Mark::Leave)) => State::Excused,
        (None, Some(Mark::Absent)) => State::NotYet,
        (None, None) if day <= due || is_watched => State::NotYet,
        (None, None) => State::NotReported,
    }
}

/// Where somebody stands with a whole plan, by the states of its required items: what is missing first; exempt, if of all.
pub fn overall(states: impl IntoIterator<Item = State>) -> State {
    states.into_iter().max_by_key(|state| state.weight()).unwrap_or(State::Exempt)
}

/// How many stand where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally([u32; 6]);

impl Tally {
    pub fn count(&mut self, state: State) {
        self.0[state as usize] += 1;
    }
    pub fn of(&self, state: State) -> u32 {
        self.0[state as usize]
    }
    /// Everybody: the denominator.
    pub fn total(&self) -> u32 {
        self.0.iter().sum()
    }
    /// Done, in time or later.
    pub fn met(&self) -> u32 {
        self.of(State::Done) + self.of(State::MadeUp)
    }
    /// Those to whom something has to be brought.
    pub fn missing(&self) -> u32 {
        State::ALL.into_iter().filter(|state| state.is_missing()).map(|state| self.of(state)).sum()
    }
    /// The share that is met of those who are not exempt, in thousandths, rounded down: nothing is whole before it is. None
    /// where everybody is exempt.
    pub fn thousandths(&self) -> Option<u32> {
        let of = self.total() - self.of(State::Exempt);
        (of > 0).then(|| u32::try_from(u64::from(self.met()) * 1000 / u64::from(of)).unwrap_or(1000))
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        for (own, others) in self.0.iter_mut().zip(other.0) {
            *own += others;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(n: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, n).unwrap()
    }

    #[test]
    fn each_case_is_one_state() {
        let met = |n, is_makeup| Known { met: Some((day(n), Way::Online)), is_makeup, mark: None };
        let marked = |mark| Known { mark: Some(mark), ..Known::default() };
        let none = Known::default();
        // (known, exempt, watched, on which day) → state; due on the 20th
        for (known, is_exempt, is_watched, on, state) in [
            (met(20, false), false, true, 28, State::Done),
            (met(21, false), false, true, 28, State::MadeUp),
            (met(10, true), false, false, 28, State::MadeUp),
            (met(10, false), true, false, 28, State::Done),
            (none, true, false, 28, State::Exempt),
            (marked(Mark::Leave), false, false, 28, State::Excused),
            (marked(Mark::Leave), true, false, 28, State::Exempt),
            (marked(Mark::Absent), false, false, 28, State::NotYet),
            (none, false, false, 20, State::NotYet),
            (none, false, false, 21, State::NotReported),
            (none, false, true, 21, State::NotYet),
        ] {
            assert_eq!(judge(&known, day(20), is_exempt, is_watched, day(on)), state, "{known:?} {on}");
        }
    }

    #[test]
    fn the_earliest_way_counts_and_a_real_one_before_a_make_up() {
        let mut known = Known::default();
        known.meet(day(9), Way::Door, true);
        known.meet(day(12), Way::Online, false);
        known.meet(day(15), Way::Group, false);
        assert_eq!((known.met, known.is_makeup), (Some((day(12), Way::Online)), false));
        known.mark(Mark::Leave);
        known.mark(Mark::Absent);
        assert_eq!(known.mark, Some(Mark::Leave));
    }

    #[test]
    fn a_plan_is_done_when_nothing_is_missing() {
        use State::*;
        for (states, whole) in [
            (vec![Done, Done], Done),
            (vec![Done, MadeUp], MadeUp),
            (vec![Done, Exempt], Done),
            (vec![Exempt, Exempt], Exempt),
            (vec![Done, Excused, MadeUp], Excused),
            (vec![NotReported, Excused], NotReported),
            (vec![NotYet, NotReported], NotYet),
            (vec![], Exempt),
        ] {
            assert_eq!(overall(states.clone()), whole, "{states:?}");
        }
    }

    #[test]
    fn counts_sum_to_everybody_and_shares_are_rounded_down() {
        let mut tally = Tally::default();
        for (state, times) in State::ALL.into_iter().zip([5, 1, 1, 2, 1, 2]) {
            (0..times).for_each(|_| tally.count(state));
        }
        assert_eq!((tally.total(), tally.met(), tally.missing()), (12, 6, 4));
        assert_eq!(tally.met() + tally.missing() + tally.of(State::Exempt), tally.total());
        assert_eq!(tally.thousandths(), Some(600));
        let mut other = tally;
        other += tally;
        assert_eq!(other.total(), 24);
        let mut almost = Tally::default();
        (0..1999).for_each(|_| almost.count(State::Done));
        almost.count(State::NotYet);
        assert_eq!(almost.thousandths(), Some(999));
        assert_eq!(Tally::default().thousandths(), None);
    }
}
