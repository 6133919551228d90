//! What the chief scorer sees of the judges: how mild, how much of one mind, who is far off. Hints in floats, for people; nothing
//! here changes an order. domain.md §5.4.

/// Far from the panel's median: the judge is asked to look again before handing in.
pub const FAR: f64 = 10.0;

/// The mean squares of a whole table, entries by judges, and how much of one mind the judges are (Shrout and Fleiss 1979).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// Between entries, within entries, between judges, and what is left.
    pub between: f64,
    pub within: f64,
    pub judges: f64,
    pub rest: f64,
    entries: f64,
    seats: f64,
}

impl Agreement {
    /// `None` if the table has gaps, or fewer than two entries or judges.
    pub fn of(table: &[Vec<f64>]) -> Option<Agreement> {
        let (entries, seats) = (table.len(), table.first()?.len());
        if entries < 2 || seats < 2 || table.iter().any(|row| row.len() != seats) {
            return None;
        }
        let (n, k) = (entries as f64, seats as f64);
        let all = table.iter().flatten().sum::<f64>() / (n * k);
        let of_entries: f64 =
            table.iter().map(|row| (row.iter().sum::<f64>() / k - all).powi(2)).sum::<f64>() * k;
        let of_judges: f64 = (0..seats)
            .map(|seat| (table.iter().map(|row| row[seat]).sum::<f64>() / n - all).powi(2))
            .sum::<f64>()
            * n;
        let total: f64 = table.iter().flatten().map(|score| (score - all).powi(2)).sum();
        Some(Agreement {
            between: of_entries / (n - 1.0),
            within: (total - of_entries) / (n * (k - 1.0)),
            judges: of_judges / (k - 1.0),
            rest: (total - of_entries - of_judges) / ((n - 1.0) * (k - 1.0)),
            entries: n,
            seats: k,
        })
    }
    /// One judge's scores if judges differ from entry to entry: ICC(1,1); `whole`: the panel's mean, ICC(1,k).
    pub fn one_way(&self, whole: bool) -> f64 {
        let k = if whole { 1.0 } else { self.seats };
        (self.between - self.within)
            / if whole { self.between } else { self.between + (k - 1.0) * self.within }
    }
    /// If mildness matters, since not everybody sees every entry: ICC(2,1); `whole`: ICC(2,k).
    pub fn absolute(&self, whole: bool) -> f64 {
        let mild = (self.judges - self.rest) / self.entries;
        let below = if whole {
            self.between + mild
        } else {
            self.between + (self.seats - 1.0) * self.rest + self.seats * mild
        };
        (self.between - self.rest) / below
    }
    /// If only the order matters, since everybody sees every entry: ICC(3,1); `whole`: ICC(3,k).
    pub fn order(&self, whole: bool) -> f64 {
        let below = if whole { self.between } else { self.between + (self.seats - 1.0) * self.rest };
        (self.between - self.rest) / below
    }
}

/// A judge's own scale taken out: the mean over judges of (score − mean) / deviation, on a scale of 50 and 10. A judge who gave
/// everybody the same says nothing. Needs a whole table; not recommended below eight entries a judge.
pub fn standard(table: &[Vec<f64>]) -> Vec<f64> {
    let (n, seats) = (table.len() as f64, table.first().map_or(0, Vec::len));
    let mut sums = vec![0.0; table.len()];
    for seat in 0..seats {
        let mean = table.iter().map(|row| row[seat]).sum::<f64>() / n;
        let deviation = (table.iter().map(|row| (row[seat] - mean).powi(2)).sum::<f64>() / n).sqrt();
        for (sum, row) in sums.iter_mut().zip(table) {
            *sum += if deviation > 0.0 { (row[seat] - mean) / deviation } else { 0.0 };
        }
    }
    sums.into_iter().map(|sum| 50.0 + 10.0 * sum / seats.max(1) as f64).collect()
}

/// The variance of values that weigh differently.
pub fn variance(values: &[f64], weights: &[f64]) -> Option<f64> {
    let all: f64 = weights.iter().sum();
    if values.len() != weights.len() || all <= 0.0 {
        return None;
    }
    let pairs = || values.iter().zip(weights);
    let mean = pairs().map(|(value, weight)| value * weight).sum::<f64>() / all;
    Some(pairs().map(|(value, weight)| weight * (value - mean).powi(2)).sum::<f64>() / all)
}

/// A judge's standing from what it was before and what was said afterwards, which weighs so much (0 to 1).
pub fn blended(base: f64, feedback: f64, weight: f64) -> f64 {
    base * (1.0 - weight) + feedback * weight
}

/// A rating-scale model with a facet of judges (Linacre): ln(P_k / P_k−1) = entry − judge − step.
#[derive(Debug, Clone, PartialEq)]
pub struct Facets {
    pub entries: Vec<f64>,
    /// Severity; the sum is nought.
    pub judges: Vec<f64>,
    /// Of the steps between neighbouring scores; the sum is nought.
    pub steps: Vec<f64>,
}

/// Rounds of joint maximum likelihood at most, and the change of a parameter that ends them.
const ROUNDS: usize = 20_000;
const STILL: f64 = 1e-9;
/// No parameter moves further in one round.
const STRIDE: f64 = 1.0;

impl Facets {
    /// Fits a whole table of scores from `lowest` to `highest`, each of which is given somewhere. `None` if it is no such table
    /// or somebody gave or got one extreme only, whose place is nowhere.
    pub fn of(table: &[Vec<usize>], lowest: usize, highest: usize) -> Option<Facets> {
        let (count, seats) = (table.len(), table.first()?.len());
        let top = highest.checked_sub(lowest)?;
        let scores: Vec<Vec<usize>> = table
            .iter()
            .map(|row| {
                row.iter().map(|score| score.checked_sub(lowest).filter(|score| *score <= top)).collect()
            })
            .collect::<Option<_>>()?;
        let is_extreme = |sum: usize, of: usize| sum == 0 || sum == of * top;
        let seat_sum = |seat: usize| scores.iter().map(|row| row[seat]).sum::<usize>();
        let has_gap = (0..=top).any(|score| !scores.iter().flatten().any(|one| *one == score));
        if scores.iter().any(|row| row.len() != seats || is_extreme(row.iter().sum(), seats))
            || (0..seats).any(|seat| is_extreme(seat_sum(seat), count))
            || has_gap
        {
            return None;
        }
        let mut fit = Facets { entries: vec![0.0; count], judges: vec![0.0; seats], steps: vec![0.0; top] };
        for _ in 0..ROUNDS {
            let moved = fit.round(&scores);
            if moved < STILL {
                return Some(fit);
            }
        }
        None
    }
    /// How likely each score is.
    fn chances(&self, entry: usize, judge: usize) -> Vec<f64> {
        let place = self.entries[entry] - self.judges[judge];
        let mut logs = vec![0.0];
        for step in &self.steps {
            logs.push(logs[logs.len() - 1] + place - step);
        }
        let most = logs.iter().copied().fold(f64::MIN, f64::max);
        let parts: Vec<f64> = logs.iter().map(|log| (log - most).exp()).collect();
        let all: f64 = parts.iter().sum();
        parts.into_iter().map(|part| part / all).collect()
    }
    /// One step of Newton for each parameter; the largest change.
    fn round(&mut self, scores: &[Vec<usize>]) -> f64 {
        let (seats, top) = (self.judges.len(), self.steps.len());
        let mut moved: f64 = 0.0;
        let mut step = |value: &mut f64, by: f64| {
            let by = by.clamp(-STRIDE, STRIDE);
            *value += by;
            moved = moved.max(by.abs());
        };
        let moments = |chances: &[f64]| {
            let mean: f64 = chances.iter().enumerate().map(|(score, chance)| score as f64 * chance).sum();
            let square: f64 =
                chances.iter().enumerate().map(|(score, chance)| (score * score) as f64 * chance).sum();
            (mean, square - mean * mean)
        };
        for (entry, row) in scores.iter().enumerate() {
            let (mut rest, mut spread) = (0.0, 0.0);
            for (judge, score) in row.iter().enumerate() {
                let (mean, variance) = moments(&self.chances(entry, judge));
                rest += *score as f64 - mean;
                spread += variance;
            }
            step(&mut self.entries[entry], rest / spread);
        }
        for judge in 0..seats {
            let (mut rest, mut spread) = (0.0, 0.0);
            for (entry, row) in scores.iter().enumerate() {
                let (mean, variance) = moments(&self.chances(entry, judge));
                rest += row[judge] as f64 - mean;
                spread += variance;
            }
            step(&mut self.judges[judge], -rest / spread);
        }
        for at in 0..top {
            let (mut rest, mut spread) = (0.0, 0.0);
            for (entry, row) in scores.iter().enumerate() {
                for (judge, score) in row.iter().enumerate() {
                    let above: f64 = self.chances(entry, judge)[at + 1..].iter().sum();
                    rest += f64::from(u8::from(*score > at)) - above;
                    spread += above * (1.0 - above);
                }
            }
            step(&mut self.steps[at], -rest / spread);
        }
        // Judges and steps sum to nought: what they had together is the entries'.
        let judge = self.judges.iter().sum::<f64>() / seats as f64;
        let mean = self.steps.iter().sum::<f64>() / top as f64;
        self.judges.iter_mut().for_each(|one| *one -= judge);
        self.steps.iter_mut().for_each(|one| *one -= mean);
        self.entries.iter_mut().for_each(|one| *one -= judge + mean);
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHROUT_FLEISS: [[usize; 4]; 6] =
        [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]];

    fn table() -> Vec<Vec<f64>> {
        SHROUT_FLEISS.iter().map(|row| row.iter().map(|score| *score as f64).collect()).collect()
    }
    fn two(values: &[f64]) -> String {
        values.iter().map(|value| format!("{value:.2}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn v_icc() {
        let found = Agreement::of(&table()).unwrap();
        assert_eq!(two(&[found.between, found.within, found.judges, found.rest]), "11.24 6.26 32.49 1.02");
        let single = [found.one_way(false), found.absolute(false), found.order(false)];
        assert_eq!(two(&single), "0.17 0.29 0.71");
        let panel = [found.one_way(true), found.absolute(true), found.order(true)];
        assert_eq!(two(&panel), "0.44 0.62 0.91");
        assert_eq!(Agreement::of(&[vec![1.0, 2.0]]), None);
        assert_eq!(Agreement::of(&[vec![1.0, 2.0], vec![1.0]]), None);
    }

    #[test]
    fn v_z() {
        assert_eq!(two(&standard(&table())), "53.98 37.36 57.31 41.74 63.43 46.18");
        let silent = standard(&[vec![5.0, 1.0], vec![5.0, 3.0]]);
        assert_eq!(two(&silent), "45.00 55.00", "a judge who gave everybody the same says nothing");
    }

    #[test]
    fn v_wvar() {
        assert_eq!(variance(&[2.0, 4.0, 5.0, 7.0, 9.0], &[1.0, 3.0, 2.0, 1.0, 1.0]), Some(4.0));
        assert_eq!(variance(&[1.0], &[0.0]), None);
    }

    #[test]
    fn v_fb() {
        assert_eq!((blended(5.0, 2.0, 0.75), blended(5.0, 2.0, 0.5)), (2.75, 3.5));
    }

    #[test]
    fn v_mfrm() {
        let scores: Vec<Vec<usize>> = SHROUT_FLEISS.iter().map(|row| row.to_vec()).collect();
        let fit = Facets::of(&scores, 1, 10).unwrap();
        let close = |found: &[f64], known: &[f64], within: f64| {
            assert_eq!(found.len(), known.len());
            for (found, known) in found.iter().zip(known) {
                assert!((found - known).abs() <= within, "{found} is not {known}");
            }
        };
        close(&fit.entries, &[1.006, -5.651, 1.933, -2.931, 3.792, -1.459], 0.002);
        close(&fit.judges, &[-4.610, 5.513, 1.682, -2.584], 0.002);
        close(&fit.steps, &[-8.29, -3.23, -4.07, -2.16, -1.40, 2.38, 3.12, 5.93, 7.72], 0.01);
        let one = |place: f64| {
            Facets { entries: vec![place], judges: vec![0.0], steps: vec![0.0] }.chances(0, 0)[1]
        };
        let known = ["0.5000", "0.7311", "0.8808", "0.9526"];
        assert_eq!([0.0, 1.0, 2.0, 3.0].map(|place| format!("{:.4}", one(place))), known);
        assert_eq!(
            Facets::of(&[vec![1, 1], vec![1, 2]], 1, 2),
            None,
            "who got one extreme only has no place"
        );
    }
}
