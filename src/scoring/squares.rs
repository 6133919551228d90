//! Entries that were seen by some of the judges only: y = entry + judge, by least squares, exactly. domain.md §5.3.
use super::exact::{Exact, whole};
use num_traits::Zero;
use std::collections::{BTreeMap, BTreeSet};

/// What one judge gave one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    pub entry: usize,
    pub judge: usize,
    pub score: Exact,
}

/// Sheets that an entry and a judge need before the fit may decide anything.
pub const FEWEST_OF_ENTRY: usize = 3;
pub const FEWEST_OF_JUDGE: usize = 5;
/// A residual beyond so many standard errors asks for one more sheet.
const MOST_ERRORS: i64 = 3;

/// The entries' worth and the judges' mildness (their sum is nought), in the order of their numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fit {
    pub entries: Vec<Exact>,
    pub judges: Vec<Exact>,
    /// What the fit does not explain, in the order of the marks.
    pub residuals: Vec<Exact>,
}

/// Why there is no one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    Empty,
    /// The entries fall apart into sets that no judge connects.
    Apart(Vec<Vec<usize>>),
    /// An entry or a judge without a mark, or a judge with two for one entry.
    Uneven,
}

/// Fits `marks`; entries and judges are numbered from nought without gaps. `pull` (λ) draws judges to the middle: it decides
/// places, so it is nought unless the frozen method says otherwise.
///
/// # Errors
/// [`Unfit`].
pub fn fit(marks: &[Mark], pull: &Exact) -> Result<Fit, Unfit> {
    if marks.is_empty() {
        return Err(Unfit::Empty);
    }
    let mut of_entry: BTreeMap<usize, Vec<&Mark>> = BTreeMap::new();
    let mut of_judge: BTreeMap<usize, Vec<&Mark>> = BTreeMap::new();
    let mut pairs = BTreeSet::new();
    for mark in marks {
        of_entry.entry(mark.entry).or_default().push(mark);
        of_judge.entry(mark.judge).or_default().push(mark);
        pairs.insert((mark.entry, mark.judge));
    }
    let is_whole = |keys: Vec<&usize>| keys.into_iter().enumerate().all(|(at, key)| at == *key);
    if pairs.len() < marks.len()
        || !is_whole(of_entry.keys().collect())
        || !is_whole(of_judge.keys().collect())
    {
        return Err(Unfit::Uneven);
    }
    let parts = parts(&of_entry, &of_judge);
    if parts.len() > 1 {
        return Err(Unfit::Apart(parts));
    }
    // Entries are eliminated: each is the mean of its marks less its judges' mildness. What is left has a line for each judge.
    let count = of_judge.len();
    let mut lines = vec![vec![Exact::zero(); count + 1]; count];
    for (judge, seen) in &of_judge {
        lines[*judge][*judge] += whole(seen.len() as i64) + pull;
        for mark in seen {
            let together = &of_entry[&mark.entry];
            let share = whole(1) / whole(together.len() as i64);
            let mean = together.iter().map(|one| &one.score).sum::<Exact>() * &share;
            lines[*judge][count] += &mark.score - mean;
            for other in together {
                lines[*judge][other.judge] -= &share;
            }
        }
    }
    if pull.is_zero() {
        // The lines say one thing twice: instead of the last one, mildness sums to nought.
        lines[count - 1] = (0..=count).map(|at| whole(i64::from(at < count))).collect();
    }
    let judges = solved(lines).ok_or(Unfit::Uneven)?;
    let entries: Vec<Exact> = of_entry
        .values()
        .map(|seen| {
            seen.iter().map(|mark| &mark.score - &judges[mark.judge]).sum::<Exact>()
                / whole(seen.len() as i64)
        })
        .collect();
    let residuals =
        marks.iter().map(|mark| &mark.score - &entries[mark.entry] - &judges[mark.judge]).collect();
    Ok(Fit { entries, judges, residuals })
}

impl Fit {
    /// The sum of the squares of what is not explained.
    pub fn error(&self) -> Exact {
        self.residuals.iter().map(|one| one * one).sum()
    }
    /// The marks, by their place, that lie more than three standard errors from the fit.
    pub fn doubtful(&self) -> Vec<usize> {
        let free = (self.residuals.len() + 1) as i64 - (self.entries.len() + self.judges.len()) as i64;
        if free <= 0 {
            return vec![];
        }
        let bound = self.error() * whole(MOST_ERRORS * MOST_ERRORS) / whole(free);
        (0..self.residuals.len()).filter(|at| &self.residuals[*at] * &self.residuals[*at] > bound).collect()
    }
}

/// Entries with too few sheets, and judges with too few, for the fit to decide anything.
pub fn thin(marks: &[Mark]) -> (Vec<usize>, Vec<usize>) {
    let few = |key: fn(&Mark) -> usize, fewest: usize| {
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        for mark in marks {
            *counts.entry(key(mark)).or_default() += 1;
        }
        counts.into_iter().filter(|one| one.1 < fewest).map(|one| one.0).collect()
    };
    (few(|mark| mark.entry, FEWEST_OF_ENTRY), few(|mark| mark.judge, FEWEST_OF_JUDGE))
}

/// The sets of entries that judges connect.
fn parts(of_entry: &BTreeMap<usize, Vec<&Mark>>, of_judge: &BTreeMap<usize, Vec<&Mark>>) -> Vec<Vec<usize>> {
    let mut left: BTreeSet<usize> = of_entry.keys().copied().collect();
    let mut parts = vec![];
    while let Some(first) = left.pop_first() {
        let (mut part, mut next) = (vec![first], vec![first]);
        while let Some(entry) = next.pop() {
            for judge in of_entry[&entry].iter().map(|mark| mark.judge) {
                for other in of_judge[&judge].iter().map(|mark| mark.entry) {
                    if left.remove(&other) {
                        part.push(other);
                        next.push(other);
                    }
                }
            }
        }
        part.sort_unstable();
        parts.push(part);
    }
    parts
}

/// Gauss and Jordan, on fractions: the last column is what the lines come to.
fn solved(mut lines: Vec<Vec<Exact>>) -> Option<Vec<Exact>> {
    let count = lines.len();
    for at in 0..count {
        let pivot = (at..count).find(|line| !lines[*line][at].is_zero())?;
        lines.swap(at, pivot);
        let divisor = lines[at][at].clone();
        for value in &mut lines[at] {
            *value /= &divisor;
        }
        let own = lines[at].clone();
        for (other, line) in lines.iter_mut().enumerate() {
            if other != at && !line[at].is_zero() {
                let factor = line[at].clone();
                for (value, own) in line.iter_mut().zip(&own) {
                    *value -= &factor * own;
                }
            }
        }
    }
    lines.into_iter().map(|mut line| line.pop()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scoring::exact::{mean, read, shown};

    const CATALYST: [&str; 4] = ["73 74 – 71", "– 75 67 72", "73 75 68 –", "75 – 72 75"];

    fn marks(table: &[&str]) -> Vec<Mark> {
        let mut marks = vec![];
        for (entry, row) in table.iter().enumerate() {
            for (judge, score) in row.split(' ').enumerate() {
                if let Some(score) = read(score) {
                    marks.push(Mark { entry, judge, score });
                }
            }
        }
        marks
    }
    fn places(values: &[Exact]) -> Vec<String> {
        values.iter().map(|one| shown(one, 3)).collect()
    }

    #[test]
    fn v_ls() {
        let marks = marks(&CATALYST);
        let found = fit(&marks, &whole(0)).unwrap();
        assert_eq!(places(&found.entries), ["71.375", "71.625", "72.000", "75.000"]);
        assert_eq!(places(&found.judges), ["0.875", "3.000", "-3.875", "0.000"]);
        assert_eq!(shown(&found.error(), 2), "3.25");
        // What entries explain beyond the judges.
        let judges: Vec<Exact> = (0..4)
            .map(|judge| mean(marks.iter().filter(|one| one.judge == judge).map(|one| &one.score)).unwrap())
            .collect();
        let alone: Exact =
            marks.iter().map(|one| &one.score - &judges[one.judge]).map(|rest| &rest * &rest).sum();
        assert_eq!(shown(&(alone - found.error()), 2), "22.75");
        assert!(found.doubtful().is_empty());
    }

    #[test]
    fn v_ls_the_pull_decides_places() {
        let entries = |pull| places(&fit(&marks(&CATALYST), &whole(pull)).unwrap().entries);
        assert_eq!(entries(1), ["71.727", "71.545", "72.000", "74.727"]);
        assert_eq!(entries(3), ["72.059", "71.471", "72.000", "74.471"]);
    }

    #[test]
    fn what_no_judge_connects_is_no_one_order() {
        let apart = marks(&["1 2 – –", "2 1 – –", "– – 3 4"]);
        assert_eq!(fit(&apart, &whole(0)), Err(Unfit::Apart(vec![vec![0, 1], vec![2]])));
        assert_eq!(fit(&[], &whole(0)), Err(Unfit::Empty));
        let twice = [marks(&["1 2"]), marks(&["1 2"])].concat();
        assert_eq!(fit(&twice, &whole(0)), Err(Unfit::Uneven));
        assert_eq!(fit(&marks(&["– 2", "– 3"]), &whole(0)), Err(Unfit::Uneven), "a judge without a mark");
    }

    #[test]
    fn one_sheet_that_fits_nothing_is_found_and_thin_tables_are_named() {
        let mut table: Vec<Vec<i64>> =
            (0..12).map(|entry| (0..5).map(|judge| 70 + entry + 2 * judge).collect()).collect();
        table[4][2] += 15;
        let rows: Vec<String> =
            table.iter().map(|row| row.iter().map(i64::to_string).collect::<Vec<_>>().join(" ")).collect();
        let marks = marks(&rows.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(fit(&marks, &whole(0)).unwrap().doubtful(), [4 * 5 + 2]);
        assert_eq!(thin(&marks), (vec![], vec![]));
        assert_eq!(thin(&marks[..7]), (vec![1], vec![0, 1, 2, 3, 4]));
    }
}
