//! The score of one entry from the sheets of one panel: the rubric, the trimmed mean, time over the limit, the audience.
//! domain.md §5.1. A sheet that is missing is not here: it is never a nought (INV-C8).
use super::exact::{Exact, mean, whole};
use num_traits::{Signed, Zero};

/// The total of one sheet and the number that its judge drew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    pub judge: u32,
    pub total: Exact,
}

/// What a panel gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panel {
    pub mean: Exact,
    /// The judges whose sheets count; criteria that break a tie are taken from these alone.
    pub kept: Vec<u32>,
    /// Too few sheets to leave any out.
    pub is_few: bool,
}

/// A rubric's total: the mean of the scores by their weights, whatever the weights sum to. `None` without weights.
pub fn weighed(scores: &[Exact], weights: &[Exact]) -> Option<Exact> {
    let all: Exact = weights.iter().sum();
    if scores.len() != weights.len() || all.is_zero() {
        return None;
    }
    Some(scores.iter().zip(weights).map(|(score, weight)| score * weight).sum::<Exact>() / all)
}

/// The mean without the `lowest` and the `highest` sheets, whole sheets and not criteria; of equal totals the judge who drew the
/// lower number counts as the lower one. With fewer than three that stay, nothing is left out. `None` without sheets.
pub fn trimmed(sheets: &[Sheet], lowest: usize, highest: usize) -> Option<Panel> {
    let mut sorted: Vec<&Sheet> = sheets.iter().collect();
    sorted.sort_by(|a, b| (&a.total, a.judge).cmp(&(&b.total, b.judge)));
    let is_few = sorted.len() < lowest + highest + 3;
    let counted = if is_few { &sorted[..] } else { &sorted[lowest..sorted.len() - highest] };
    let mut kept: Vec<u32> = counted.iter().map(|sheet| sheet.judge).collect();
    kept.sort_unstable();
    Some(Panel { mean: mean(counted.iter().map(|sheet| &sheet.total))?, kept, is_few })
}

/// How long an entry may take, in seconds, and what more costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Time {
    pub limit: i64,
    pub grace: i64,
    /// Each step that was begun after limit and grace.
    pub step: i64,
    pub each: Exact,
    pub most: Exact,
}

impl Time {
    /// What so many seconds cost.
    pub fn penalty(&self, seconds: i64) -> Exact {
        let over = (seconds - self.limit - self.grace).max(0);
        let steps = if self.step > 0 { (over + self.step - 1) / self.step } else { 0 };
        (whole(steps) * &self.each).min(self.most.clone())
    }
}

/// How the place in the audience's vote becomes points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// The first of M gets all of the share, the last an M-th of it.
    ByPlace { of: i64 },
    /// The first gets 100, each place after it so much less; never below nought.
    ByStep { each: Exact },
}

impl Audience {
    /// `experts` and the place (from 1) that the audience gave, which counts for `share` (0 to 1).
    pub fn joined(&self, experts: &Exact, place: i64, share: &Exact) -> Exact {
        let points = match self {
            Audience::ByPlace { of } if *of > 0 => whole(100) * whole(of - place + 1) / whole(*of),
            Audience::ByPlace { .. } => Exact::zero(),
            Audience::ByStep { each } => whole(100) - each * whole(place - 1),
        };
        let points = if points.is_negative() { Exact::zero() } else { points };
        (whole(1) - share) * experts + share * points
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scoring::exact::{read, shown, tests::all};

    fn sheets(totals: &str) -> Vec<Sheet> {
        all(totals).into_iter().zip(1..).map(|(total, judge)| Sheet { judge, total }).collect()
    }
    fn panel(totals: &str) -> Panel {
        trimmed(&sheets(totals), 1, 1).unwrap()
    }
    fn plain(totals: &str) -> String {
        shown(&mean(&all(totals)).unwrap(), 2)
    }

    #[test]
    fn v_trim_1() {
        let found = panel("92.5 90 88 91 95 89.5 90");
        assert_eq!((shown(&found.mean, 2), found.is_few), ("90.60".into(), false));
        assert_eq!(found.kept, [1, 2, 4, 6, 7]);
        assert_eq!(plain("92.5 90 88 91 95 89.5 90"), "90.86");
    }

    #[test]
    fn v_trim_2_one_hostile_judge_has_no_effect() {
        assert_eq!(shown(&panel("90 90 90 90 90 90 60").mean, 2), "90.00");
        assert_eq!(plain("90 90 90 90 90 90 60"), "85.71");
    }

    #[test]
    fn v_trim_3_of_too_few_none_is_left_out() {
        let found = panel("91 93");
        assert_eq!((shown(&found.mean, 2), found.is_few, found.kept.len()), ("92.00".into(), true, 2));
        assert!(panel("91 92 93 94").is_few && !panel("91 92 93 94 95").is_few);
        assert_eq!(trimmed(&[], 1, 1), None);
    }

    #[test]
    fn v_trim_4_only_one_of_each_extreme_goes() {
        let found = panel("95 95 90 88 80 80");
        assert_eq!(shown(&found.mean, 2), "88.25");
        assert_eq!(found.kept, [1, 3, 4, 6], "of equals the lower number is the lower");
    }

    #[test]
    fn v_rub_1() {
        let total =
            weighed(&all("90 86 80 88"), &all(".40 .25 .15 .20".replace('.', "0.").as_str())).unwrap();
        assert_eq!(shown(&total, 2), "87.10");
    }

    #[test]
    fn v_rub_2_weights_are_made_to_sum_to_one() {
        let total = weighed(&all("5 3"), &all("2 1")).unwrap();
        assert_eq!(total.clone() * whole(3), whole(13), "the sum of pretalx");
        assert_eq!(shown(&total, 2), "4.33");
        assert_eq!(weighed(&all("5 3"), &all("2")), None);
        assert_eq!(weighed(&all("5"), &all("0")), None);
    }

    #[test]
    fn v_time() {
        let time =
            Time { limit: 480, grace: 30, step: 30, each: read("0.5").unwrap(), most: read("3").unwrap() };
        let costs = [480, 510, 511, 545, 2_000].map(|seconds| shown(&time.penalty(seconds), 1));
        assert_eq!(costs, ["0.0", "0.0", "0.5", "1.0", "3.0"]);
    }

    #[test]
    fn v_aud_1() {
        let (audience, experts, share) =
            (Audience::ByPlace { of: 10 }, read("92.40").unwrap(), read("0.05").unwrap());
        let finals = [1, 3, 10].map(|place| shown(&audience.joined(&experts, place, &share), 2));
        assert_eq!(finals, ["92.78", "91.78", "88.28"]);
    }

    #[test]
    fn v_aud_2() {
        let (audience, share) = (Audience::ByStep { each: read("0.5").unwrap() }, read("0.3").unwrap());
        assert_eq!(shown(&audience.joined(&whole(88), 4, &share), 2), "91.15");
    }
}
