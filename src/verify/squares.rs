//! The worth of entries that were seen by some of the judges only, by least squares: y = worth + mildness. The judges' equations are
//! made whole and solved without fractions (Bareiss); then the solution is put into all equations, those of entries and those of
//! judges, and must fulfil each of them exactly. domain.md §5.3.
use super::method::{Id, Unfit};
use super::number::{Fraction, Whole};
use crate::msg;
use std::collections::{BTreeMap, BTreeSet};

/// The worth of each entry, in the order of the table: what which judge gave it.
///
/// # Errors
/// If judges do not connect all entries.
pub fn fit(table: &[Vec<(&Id, &Fraction)>], pull: &Fraction) -> Result<Vec<Fraction>, Unfit> {
    let apart = || msg!("评委没有把所有参赛者连在一起，排不出一个名次");
    if !is_connected(table) {
        return Err(apart());
    }
    let ids: BTreeSet<&Id> = table.iter().flatten().map(|mark| mark.0).collect();
    let seats: BTreeMap<&Id, usize> = ids.into_iter().zip(0..).collect();
    let lines = equations(table, &seats, pull);
    let judges = solved(lines).ok_or_else(apart)?;
    let count = |marks: usize| Fraction::of(marks as i64);
    let worth: Vec<Fraction> = table
        .iter()
        .map(|marks| {
            let rest =
                marks.iter().fold(Fraction::nought(), |all, (judge, y)| &all + &(*y - &judges[seats[judge]]));
            rest.over(&count(marks.len()))
        })
        .collect::<Option<_>>()
        .ok_or_else(apart)?;
    // The proof: no equation is left with a rest.
    let mut rests = vec![Fraction::nought(); judges.len()];
    for (marks, worth) in table.iter().zip(&worth) {
        for (judge, y) in marks {
            let at = seats[judge];
            rests[at] = &rests[at] + &(&(*y - worth) - &judges[at]);
        }
    }
    let is_solved = rests.iter().zip(&judges).all(|(rest, mild)| *rest == pull * mild);
    let sum = judges.iter().fold(Fraction::nought(), |all, mild| &all + mild);
    match is_solved && sum.is_nought() {
        true => Ok(worth),
        false => Err(apart()),
    }
}

/// Whether one can go from each entry to each other over judges that saw both.
fn is_connected(table: &[Vec<(&Id, &Fraction)>]) -> bool {
    let mut known: BTreeSet<&Id> = table.first().into_iter().flatten().map(|mark| mark.0).collect();
    let mut reached = vec![false; table.len()];
    loop {
        let mut is_new = false;
        for (at, marks) in table.iter().enumerate() {
            if !reached[at] && marks.iter().any(|mark| known.contains(mark.0)) {
                known.extend(marks.iter().map(|mark| mark.0));
                (reached[at], is_new) = (true, true);
            }
        }
        if !is_new {
            return reached.iter().all(|one| *one);
        }
    }
}

/// A line a judge, times a number that makes all of it whole; the last column is what the line comes to.
fn equations(
    table: &[Vec<(&Id, &Fraction)>],
    seats: &BTreeMap<&Id, usize>,
    pull: &Fraction,
) -> Vec<Vec<Whole>> {
    let least = |one: &Whole, two: &Whole| (one * two).over(&one.shared(two));
    let mut scale = pull.bottom().clone();
    for marks in table {
        scale = least(&scale, &Whole::of(marks.len() as i64));
    }
    let bottoms = table.iter().flatten().fold(Whole::of(1), |all, mark| least(&all, mark.1.bottom()));
    let whole = |y: &Fraction| y.top() * &bottoms.over(y.bottom());
    let width = seats.len();
    let mut lines = vec![vec![Whole::default(); width + 1]; width];
    for marks in table {
        let share = scale.over(&Whole::of(marks.len() as i64));
        let all = marks.iter().fold(Whole::default(), |all, mark| &all + &whole(mark.1));
        for (judge, y) in marks {
            let at = seats[judge];
            lines[at][at] = &lines[at][at] + &scale;
            for (other, _) in marks {
                let place = seats[other];
                lines[at][place] = &lines[at][place] - &share;
            }
            // What was given is `bottoms` times as large as it is; so is the left side, below.
            let rest = &(&scale * &whole(y)) - &(&share * &all);
            lines[at][width] = &lines[at][width] + &rest;
        }
    }
    let pulled = &pull.top().clone() * &scale.over(pull.bottom());
    for (at, line) in lines.iter_mut().enumerate() {
        line[at] = &line[at] + &pulled;
        for value in line.iter_mut().take(width) {
            *value = &*value * &bottoms;
        }
    }
    if pull.is_nought() {
        // The lines say one thing twice: one of them makes place for the rule that mildness sums to nought.
        if let Some(first) = lines.first_mut() {
            *first = (0..=width).map(|at| Whole::of(i64::from(at < width))).collect();
        }
    }
    lines
}

/// Elimination that stays among whole numbers: each step divides by the pivot before it, which leaves no rest.
fn solved(mut lines: Vec<Vec<Whole>>) -> Option<Vec<Fraction>> {
    let width = lines.len();
    let mut before = Whole::of(1);
    for at in 0..width {
        let pivot = (at..width).find(|line| !lines[*line][at].is_nought())?;
        lines.swap(at, pivot);
        let own = lines[at].clone();
        for line in lines.iter_mut().skip(at + 1) {
            let factor = line[at].clone();
            for place in at..=width {
                let value = &(&own[at] * &line[place]) - &(&factor * &own[place]);
                line[place] = value.over(&before);
            }
        }
        before = own[at].clone();
    }
    let mut found = vec![Fraction::nought(); width];
    for at in (0..width).rev() {
        let line = &lines[at];
        let number = |whole: &Whole| Fraction::new(whole, &Whole::of(1));
        let mut rest = number(&line[width])?;
        for place in at + 1..width {
            rest = &rest - &(&number(&line[place])? * &found[place]);
        }
        found[at] = rest.over(&number(&line[at])?)?;
    }
    Some(found)
}
