//! From counted ratings to what is shown: the score exact, the interval a hint for readers. domain.md §5.6.
use crate::scoring::exact::{Exact, shown, whole};
use crate::scoring::voices::{Terms, drawn};
use num_traits::{ToPrimitive, Zero};

/// Places of a score that is read.
const PLACES: u32 = 1;
/// How many standard errors a bound lies away: 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// What scores are drawn to, and by which terms.
#[derive(Debug, Clone)]
pub struct Basis {
    /// The mean of the city.
    pub city: Exact,
    pub terms: Terms,
}

/// What is shown of a lecture or an instructor; all but the city's mean is empty below the minimum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    pub score: String,
    pub low: String,
    pub high: String,
    pub city: String,
}

/// The sum of voices and of their squares, and how many they are: each voice is the mean of its stars.
#[derive(Debug, Clone)]
pub struct Sum {
    sum: Exact,
    squares: f64,
    pub voices: i64,
}

impl Sum {
    /// Of voices that each are the sum of some stars and how many ratings that is.
    pub fn of(voices: &[(i64, i64)]) -> Sum {
        // Alike voices are added up once: a popular lecture has thousands and five kinds of them.
        let mut kinds: std::collections::BTreeMap<(i64, i64), i64> = std::collections::BTreeMap::new();
        for (stars, count) in voices.iter().filter(|voice| voice.1 > 0) {
            *kinds.entry((*stars, *count)).or_default() += 1;
        }
        let mut all = Sum { sum: Exact::zero(), squares: 0.0, voices: 0 };
        for ((stars, count), times) in kinds {
            let voice = whole(stars) / whole(count);
            let float = stars as f64 / count as f64;
            all.sum += voice * whole(times);
            all.squares += float * float * times as f64;
            all.voices += times;
        }
        all
    }
    /// Of one rating a member: how many gave one star, two, … five.
    pub fn of_stars(counts: &[i64; 5]) -> Sum {
        let mut all = Sum { sum: Exact::zero(), squares: 0.0, voices: 0 };
        for (stars, count) in (1_i64..).zip(counts) {
            all.sum += whole(stars * count);
            all.squares += (stars * stars * count) as f64;
            all.voices += count;
        }
        all
    }
    /// The score drawn to the city's mean; `None` of nothing.
    pub fn score(&self, Basis { city, terms }: &Basis) -> Option<Exact> {
        drawn(terms.prior, city, &self.sum, self.voices)
    }
    /// What is shown, if there are enough voices from enough branches.
    pub fn measured(&self, branches: i64, basis: &Basis) -> Measured {
        let city_shown = shown(&basis.city, 2);
        let enough = basis.terms.is_shown(self.voices, branches);
        let (Some(score), true) = (self.score(basis), enough) else {
            return Measured {
                score: String::new(),
                low: String::new(),
                high: String::new(),
                city: city_shown,
            };
        };
        let (low, high) = self.between(basis);
        let read = |bound: f64| format!("{bound:.1}");
        Measured { score: shown(&score, PLACES), low: read(low), high: read(high), city: city_shown }
    }
    /// Where the score would lie with other voices of the same kind, with 95 % certainty.
    fn between(&self, Basis { city, terms }: &Basis) -> (f64, f64) {
        let (n, m) = (self.voices as f64, terms.prior as f64);
        let mean = self.sum.to_f64().unwrap_or_default() / n;
        let spread = ((self.squares / n - mean * mean).max(0.0) * n / (n - 1.0).max(1.0)).sqrt();
        let half = Z * spread / n.sqrt();
        let drawn = |at: f64| ((m * city.to_f64().unwrap_or_default() + n * at) / (m + n)).clamp(1.0, 5.0);
        (drawn(mean - half), drawn(mean + half))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basis(city: Exact) -> Basis {
        Basis { city, terms: Terms { prior: 20, voices: 10, branches: 3 } }
    }
    use crate::scoring::exact::{ratio, read};

    #[test]
    fn v_bay_2_from_counts() {
        let city = basis(read("4.2").unwrap());
        for (counts, score) in
            [([0, 0, 0, 0, 5], "4.3600"), ([0, 0, 0, 20, 80], "4.7000"), ([0, 0, 10, 50, 140], "4.6091")]
        {
            assert_eq!(shown(&Sum::of_stars(&counts).score(&city).unwrap(), 4), score);
        }
    }

    #[test]
    fn v_voice_from_sums() {
        // a gave 5, 5, 5 and b gave 3: two voices
        let sum = Sum::of(&[(15, 3), (3, 1)]);
        assert_eq!((sum.voices, sum.sum.clone() / whole(2)), (2, whole(4)));
        // A voice of 5 and 4 is four and a half, exactly.
        assert_eq!(Sum::of(&[(9, 2), (0, 0)]).sum, ratio(9, 2).unwrap());
    }

    #[test]
    fn counts_and_voices_say_the_same() {
        let voices: Vec<(i64, i64)> = [(5, 1), (5, 1), (4, 1), (2, 1)].to_vec();
        let (one, other) = (Sum::of(&voices), Sum::of_stars(&[0, 1, 0, 1, 2]));
        let city = basis(whole(4));
        assert_eq!((one.score(&city), one.voices), (other.score(&city), other.voices));
        assert_eq!(one.between(&city), other.between(&city));
    }

    #[test]
    fn below_the_minimum_nothing_but_the_city_is_said() {
        let city = basis(read("4.25").unwrap());
        for (counts, branches) in [([0, 0, 0, 0, 9], 3), ([0, 0, 0, 0, 10], 2)] {
            let few = Sum::of_stars(&counts).measured(branches, &city);
            assert_eq!((few.score.as_str(), few.low.as_str(), few.city.as_str()), ("", "", "4.25"));
        }
        let enough = Sum::of_stars(&[0, 0, 1, 4, 5]).measured(3, &city);
        assert_eq!((enough.score.as_str(), enough.low.as_str(), enough.high.as_str()), ("4.3", "4.2", "4.4"));
    }

    #[test]
    fn the_interval_holds_the_score_and_the_scale() {
        let city = basis(whole(5));
        let all_best = Sum::of_stars(&[0, 0, 0, 0, 40]);
        assert_eq!(all_best.between(&city), (5.0, 5.0));
        let (low, high) = Sum::of_stars(&[10, 0, 0, 0, 10]).between(&basis(whole(3)));
        assert!(low < 3.0 && 3.0 < high && low >= 1.0 && high <= 5.0);
    }
}
