//! Ratings: one voice a member and instructor, the mean drawn to that of the city, what is shown and what is only flagged.
//! domain.md §5.6. The score is exact; intervals and flags are hints for people and computed in floats.
use super::exact::{Exact, mean, whole};
use std::collections::BTreeMap;

/// What a score is made by; the office sets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Ratings that speak for the city's mean (m).
    pub prior: i64,
    /// Below so many voices, or from fewer branches, nothing is shown.
    pub voices: i64,
    pub branches: i64,
}

impl Terms {
    /// Whether there are enough voices from enough branches to say anything.
    pub fn is_shown(&self, voices: i64, branches: i64) -> bool {
        voices >= self.voices && branches >= self.branches
    }
}

/// One voice for each member: the mean of the stars that the member gave.
pub fn voices<M: Ord>(ratings: impl IntoIterator<Item = (M, i64)>) -> Vec<Exact> {
    let mut by_member: BTreeMap<M, Vec<Exact>> = BTreeMap::new();
    for (member, stars) in ratings {
        by_member.entry(member).or_default().push(whole(stars));
    }
    by_member.values().filter_map(mean).collect()
}

/// The sum of `n` voices drawn to the city's mean as if `prior` others had given that.
pub fn drawn(prior: i64, city: &Exact, sum: &Exact, n: i64) -> Option<Exact> {
    (prior + n > 0).then(|| (whole(prior) * city + sum) / whole(prior + n))
}

/// Where a share of yes lies with 95 % certainty (Wilson): from, to.
pub fn between(yes: u32, of: u32) -> Option<(f64, f64)> {
    wilson(yes, of, 1.959_963_984_540_054)
}

fn wilson(yes: u32, of: u32, z: f64) -> Option<(f64, f64)> {
    if of == 0 || yes > of {
        return None;
    }
    let (n, p) = (f64::from(of), f64::from(yes) / f64::from(of));
    let (middle, scale) = (p + z * z / (2.0 * n), 1.0 + z * z / n);
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    Some((((middle - half) / scale).max(0.0), ((middle + half) / scale).min(1.0)))
}

/// The lower bound of a mean of stars (Miller): counts from the highest number of stars to one star.
pub fn least(counts: &[u32], z: f64) -> f64 {
    let (k, n) = (counts.len() as f64, counts.iter().copied().map(f64::from).sum::<f64>());
    let stars = |power: i32| -> f64 {
        let each = counts.iter().rev().zip(1..);
        each.map(|(count, stars)| f64::from(stars).powi(power) * (f64::from(*count) + 1.0)).sum::<f64>()
            / (n + k)
    };
    stars(1) - z * ((stars(2) - stars(1).powi(2)) / (n + k + 1.0)).sqrt()
}

/// A mean in which a voice counts half after `half_life` days: stars and days. Off by default: a recording does not age.
pub fn decayed(voices: &[(f64, f64)], half_life: f64) -> Option<f64> {
    let weight = |days: f64| (-days / half_life).exp2();
    let all: f64 = voices.iter().map(|(_, days)| weight(*days)).sum();
    (all > 0.0).then(|| voices.iter().map(|(stars, days)| stars * weight(*days)).sum::<f64>() / all)
}

/// A rate drawn to `middle` as if `prior` others had had it: an order in which two of two do not lead.
pub fn shrunk(done: i64, of: i64, prior: i64, middle: &Exact) -> Option<Exact> {
    drawn(prior, middle, &whole(done), of)
}

/// How likely so many or more of `n` are, if each is it with this chance.
pub fn tail(at_least: u32, n: u32, chance: f64) -> f64 {
    if at_least == 0 {
        return 1.0;
    }
    if at_least > n || chance <= 0.0 {
        return 0.0;
    }
    if chance >= 1.0 {
        return 1.0;
    }
    // The logarithm of the first term, then each term from the one before it.
    let choose: f64 = (1..=at_least).map(|k| (f64::from(n - at_least + k) / f64::from(k)).ln()).sum();
    let first = choose + f64::from(at_least) * chance.ln() + f64::from(n - at_least) * (1.0 - chance).ln();
    let odds = chance / (1.0 - chance);
    let (mut term, mut sum) = (1.0, 0.0);
    for k in at_least..=n {
        sum += term;
        term *= f64::from(n - k) / f64::from(k + 1) * odds;
    }
    (first + sum.ln()).exp().min(1.0)
}

/// Voices of one lecture of which so many are a branch's, whose share among all who may rate is `expected`.
#[derive(Debug, Clone, Copy)]
pub struct Block {
    pub voices: u32,
    pub of_branch: u32,
    pub expected: f64,
    pub mean: f64,
    pub mean_of_others: f64,
}

/// From where on a branch is looked at: of so many voices, below this chance, and if it moves the mean by so many stars. The
/// office sets it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    pub voices: u32,
    pub chance: f64,
    pub moved: f64,
}

impl Block {
    /// Whether people should look at it. Nothing else follows: a branch that watched together in its school is no block.
    pub fn is_flagged(&self, limits: &Limits) -> bool {
        self.voices >= limits.voices
            && tail(self.of_branch, self.voices, self.expected) < limits.chance
            && (self.mean - self.mean_of_others).abs() >= limits.moved
    }
    /// The mean if the branch had at most this share of the voices, shown to those who decide.
    pub fn capped(&self, share: f64) -> f64 {
        let own = f64::from(self.of_branch) / f64::from(self.voices.max(1));
        if own <= share || own >= 1.0 {
            return self.mean;
        }
        let branch = (self.mean - (1.0 - own) * self.mean_of_others) / own;
        share * branch + (1.0 - share) * self.mean_of_others
    }
}

/// How many equal branches would be as many (1/HHI).
pub fn effective(counts: &[u32]) -> f64 {
    let all: f64 = counts.iter().copied().map(f64::from).sum();
    let squares: f64 = counts.iter().map(|count| (f64::from(*count) / all).powi(2)).sum();
    if squares > 0.0 { 1.0 / squares } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scoring::exact::{ratio, read, shown};

    /// Those of domain.md §5.6.
    const LIMITS: Limits = Limits { voices: 20, chance: 1e-6, moved: 0.3 };

    #[test]
    fn v_bay_1() {
        let a = [8, 8, 10, 5, 7, 8].iter().sum::<i64>();
        let found = drawn(1, &whole(8), &whole(a), 6).unwrap();
        assert_eq!(found, ratio(54, 7).unwrap());
        assert_eq!((shown(&found, 3), shown(&found, 1)), ("7.714".into(), "7.7".into()));
        assert_eq!(shown(&drawn(1, &whole(8), &whole(10), 1).unwrap(), 1), "9.0");
        assert_eq!(drawn(0, &whole(8), &whole(0), 0), None);
    }

    #[test]
    fn v_bay_2() {
        let city = read("4.2").unwrap();
        let scores = [(25, 5), (480, 100), (930, 200)]
            .map(|(sum, n)| shown(&drawn(20, &city, &whole(sum), n).unwrap(), 4));
        assert_eq!(scores, ["4.3600", "4.7000", "4.6091"]);
    }

    #[test]
    fn v_voice() {
        let ratings = [("a", 5), ("a", 5), ("a", 5), ("b", 3)];
        let each: Vec<Exact> = ratings.iter().map(|one| whole(one.1)).collect();
        assert_eq!(shown(&mean(&each).unwrap(), 1), "4.5");
        assert_eq!(shown(&mean(&voices(ratings)).unwrap(), 1), "4.0");
    }

    #[test]
    fn too_few_voices_or_branches_say_nothing() {
        let terms = Terms { prior: 20, voices: 10, branches: 3 };
        assert!(terms.is_shown(10, 3) && !terms.is_shown(9, 3) && !terms.is_shown(10, 2));
    }

    #[test]
    fn v_wil() {
        let z = 1.95996;
        for (yes, of, known) in [
            (81, 263, "0.2553 0.3662"),
            (15, 148, "0.0624 0.1605"),
            (0, 20, "0.0000 0.1611"),
            (1, 29, "0.0061 0.1718"),
        ] {
            let (from, to) = wilson(yes, of, z).unwrap();
            assert_eq!(format!("{from:.4} {to:.4}"), known);
        }
        assert_eq!(between(0, 0), None);
    }

    #[test]
    fn v_wil_2() {
        let lower = |yes, of| format!("{:.4}", between(yes, of).unwrap().0);
        assert_eq!([lower(600, 1000), lower(5500, 10000)], ["0.5693", "0.5402"]);
        assert_eq!([lower(2, 2), lower(100, 101)], ["0.3424", "0.9460"]);
    }

    #[test]
    fn v_mil() {
        let bounds = [[3, 0, 0, 0, 0], [40, 8, 1, 1, 0], [400, 80, 10, 10, 0]]
            .map(|counts| format!("{:.4}", least(&counts, 1.65)));
        assert_eq!(bounds, ["2.9365", "4.3906", "4.6765"]);
    }

    #[test]
    fn v_decay() {
        let voices = [(5.0, 0.0), (5.0, 0.0), (3.0, 730.0)];
        assert_eq!(format!("{:.4}", decayed(&voices, 365.0).unwrap()), "4.7778");
        assert_eq!(decayed(&[], 365.0), None);
    }

    #[test]
    fn v_eb() {
        let middle = read("0.75").unwrap();
        let rates = [(9, 9), (80, 100), (2, 2), (95, 100)]
            .map(|(done, of)| shown(&shrunk(done, of, 10, &middle).unwrap(), 4));
        assert_eq!(rates, ["0.8684", "0.7955", "0.7917", "0.9318"]);
        let lower = |yes, of| format!("{:.4}", between(yes, of).unwrap().0);
        assert_eq!([lower(9, 9), lower(80, 100)], ["0.7009", "0.7112"]);
    }

    #[test]
    fn v_brig() {
        let block = Block { voices: 60, of_branch: 30, expected: 0.10, mean: 4.45, mean_of_others: 3.90 };
        assert_eq!(format!("{:.1e}", tail(30, 60, 0.10)), "5.6e-15");
        assert!(block.is_flagged(&LIMITS));
        let usual = Block { of_branch: 9, ..block };
        assert_eq!(format!("{:.4}", tail(9, 60, 0.10)), "0.1416");
        assert!(!usual.is_flagged(&LIMITS));
        assert_eq!(format!("{:.2}", effective(&[30, 5, 5, 5, 5, 5, 5])), "3.43");
        assert_eq!(format!("{:.2}", block.capped(0.20)), "4.12");
        assert_eq!(format!("{:.2}", usual.capped(0.20)), "4.45", "within the cap nothing changes");
        assert!(!Block { voices: 19, of_branch: 19, ..block }.is_flagged(&LIMITS), "too few to say anything");
    }

    #[test]
    fn a_tail_is_a_chance() {
        assert_eq!(
            (tail(0, 5, 0.3), tail(6, 5, 0.3), tail(3, 5, 0.0), tail(3, 5, 1.0)),
            (1.0, 0.0, 0.0, 1.0)
        );
        assert!((tail(1, 3, 0.5) - 0.875).abs() < 1e-12);
        assert!(tail(20_000, 200_000, 0.1) > 0.4 && tail(20_000, 200_000, 0.1) < 0.6);
    }
}
