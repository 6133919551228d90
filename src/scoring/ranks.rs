//! Places: what breaks a tie, who shares a place, where a list ends, how many of one alliance. domain.md §5.5 and §5.7.
use super::exact::{Exact, median, whole};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// What is asked when scores are equal, in the order of the frozen method. Never the lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breaker {
    /// The mean of the criterion of content over the sheets that count.
    Content,
    /// The median of all totals.
    Median,
    /// More judges who put one above the other; only between two.
    Duel,
    /// The judges' written vote, taken because of this tie: it says nothing where one of the equals has none.
    Vote,
}

impl Breaker {
    pub const ALL: [Breaker; 4] = [Breaker::Content, Breaker::Median, Breaker::Duel, Breaker::Vote];
}

/// Who is to be placed.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    pub score: Exact,
    pub content: Option<Exact>,
    /// Totals by the judges' numbers.
    pub totals: BTreeMap<u32, Exact>,
    /// Votes in the written vote.
    pub votes: Option<i64>,
}

/// A place in the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Which of the standings.
    pub of: usize,
    /// From 1; equals share it and the next place is left out (1224).
    pub rank: usize,
    /// What put it before or behind others with the same score.
    pub by: Option<Breaker>,
}

/// Everybody, the highest first.
pub fn placed(all: &[Standing], breakers: &[Breaker]) -> Vec<Place> {
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by(|a, b| all[*b].score.cmp(&all[*a].score));
    let mut places = vec![];
    for equals in order.chunk_by(|a, b| all[*a].score == all[*b].score) {
        split(all, equals, breakers, None, &mut places);
    }
    places
}

fn split(
    all: &[Standing],
    equals: &[usize],
    breakers: &[Breaker],
    by: Option<Breaker>,
    places: &mut Vec<Place>,
) {
    let Some((breaker, rest)) = breakers.split_first().filter(|_| equals.len() > 1) else {
        let rank = places.len() + 1;
        places.extend(equals.iter().map(|of| Place { of: *of, rank, by }));
        return;
    };
    let is_partial = *breaker == Breaker::Vote && equals.iter().any(|of| all[*of].votes.is_none());
    let compare = |a: &usize, b: &usize| match is_partial {
        // Not all of them were voted about: that vote was about another tie.
        true => Ordering::Equal,
        false => compare(*breaker, &all[*a], &all[*b], equals.len()),
    };
    let mut order = equals.to_vec();
    order.sort_by(|a, b| compare(b, a));
    let parts: Vec<&[usize]> = order.chunk_by(|a, b| compare(a, b) == Ordering::Equal).collect();
    for part in &parts {
        split(all, part, rest, if parts.len() > 1 { Some(*breaker) } else { by }, places);
    }
}

fn compare(breaker: Breaker, a: &Standing, b: &Standing, of: usize) -> Ordering {
    match breaker {
        Breaker::Content => a.content.cmp(&b.content),
        Breaker::Median => {
            let middle = |one: &Standing| median(&one.totals.values().cloned().collect::<Vec<_>>());
            middle(a).cmp(&middle(b))
        }
        Breaker::Duel if of == 2 => {
            let both = a.totals.iter().filter_map(|(judge, own)| Some((own, b.totals.get(judge)?)));
            let (mut above, mut below) = (0, 0);
            for (own, other) in both {
                above += usize::from(own > other);
                below += usize::from(own < other);
            }
            above.cmp(&below)
        }
        Breaker::Duel => Ordering::Equal,
        Breaker::Vote => a.votes.cmp(&b.votes),
    }
}

/// How equals are numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ties {
    /// 1224, ours.
    Standard,
    /// 1334.
    Modified,
    /// 1223.
    Dense,
    /// 1 2.5 2.5 4.
    Fractional,
}

/// The numbers of values that are in order already.
pub fn numbers<T: PartialEq>(ordered: &[T], ties: Ties) -> Vec<Exact> {
    let mut numbers = vec![];
    for (group, equals) in ordered.chunk_by(|a, b| a == b).enumerate() {
        let (first, last) = (numbers.len() as i64 + 1, (numbers.len() + equals.len()) as i64);
        let number = match ties {
            Ties::Standard => whole(first),
            Ties::Modified => whole(last),
            Ties::Dense => whole(group as i64 + 1),
            Ties::Fractional => whole(first + last) / whole(2),
        };
        numbers.extend(equals.iter().map(|_| number.clone()));
    }
    numbers
}

/// Where a list of so many ends when equals stand there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Boundary {
    /// Exactly so many; who is still equal there is decided by people.
    Strict,
    /// All who share the last place.
    WithTies,
}

/// The first `n` of these ranks, by their number.
///
/// # Errors
/// From which place to which place people have to decide.
pub fn first(ranks: &[usize], n: usize, boundary: Boundary) -> Result<usize, (usize, usize)> {
    let within = ranks.iter().filter(|rank| **rank <= n).count();
    if within <= n || boundary == Boundary::WithTies {
        return Ok(within);
    }
    let last = ranks[within - 1];
    Err((ranks.iter().filter(|rank| **rank < last).count(), within))
}

/// The first `n` of an order of which no group (an alliance) has more than `most`; and who was passed over for that.
pub fn within_quota<G: Ord>(order: &[G], n: usize, most: usize) -> (Vec<usize>, Vec<usize>) {
    let (mut taken, mut capped) = (vec![], vec![]);
    let mut counts: BTreeMap<&G, usize> = BTreeMap::new();
    for (at, group) in order.iter().enumerate() {
        if taken.len() == n {
            break;
        }
        let count = counts.entry(group).or_default();
        if *count < most {
            *count += 1;
            taken.push(at);
        } else {
            capped.push(at);
        }
    }
    (taken, capped)
}

/// Compares two lists of whole scores up to `best` by how often each score is there: more of the upper half is better, the
/// highest first; then fewer of the lower half, the lowest first.
pub fn by_counts(a: &[u32], b: &[u32], best: u32) -> Ordering {
    let count = |scores: &[u32], score: u32| scores.iter().filter(|one| **one == score).count();
    let middle = best.div_ceil(2);
    let upper = (middle..=best).rev().map(|score| count(a, score).cmp(&count(b, score)));
    let lower = (1..middle).map(|score| count(b, score).cmp(&count(a, score)));
    upper.chain(lower).find(|found| found.is_ne()).unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scoring::exact::{read, shown, tests::all};

    fn standing(score: &str, content: &str) -> Standing {
        Standing { score: read(score).unwrap(), content: read(content), ..Standing::default() }
    }
    fn names(places: &[Place], names: &str) -> String {
        places.iter().map(|place| names.chars().nth(place.of).unwrap()).collect()
    }

    #[test]
    fn v_tab() {
        let four =
            [standing("2", "804.5"), standing("0", "753.5"), standing("2", "784.5"), standing("2", "787.5")];
        let places = placed(&four, &[Breaker::Content]);
        assert_eq!(names(&places, "ABCD"), "ADCB");
        assert_eq!(places.iter().map(|one| one.rank).collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert_eq!(places[0].by, Some(Breaker::Content));
        let none = placed(&vec![Standing::default(); 3], &Breaker::ALL);
        assert!(
            none.iter().all(|place| place.rank == 1 && place.by.is_none()),
            "without metrics all are first"
        );
    }

    #[test]
    fn ties_are_broken_in_the_written_order_and_never_by_lot() {
        let with = |content: &str, totals: &str, votes: Option<i64>| Standing {
            score: whole(90),
            content: read(content),
            totals: (1..).zip(all(totals)).collect(),
            votes,
        };
        let two = [with("54", "88 90 92", None), with("54", "91 90 80", None)];
        assert_eq!(placed(&two, &Breaker::ALL)[0].by, None, "each has one judge more, and the same median");
        let duel = [with("54", "88 90 92", None), with("54", "87 90 92", None)];
        let places = placed(&duel, &Breaker::ALL);
        assert_eq!((places[0].of, places[0].by), (0, Some(Breaker::Duel)));
        // Of three, a duel says nothing; the vote does, if it was about all three.
        let voted = |votes: [Option<i64>; 3]| {
            let all = [duel[0].clone(), duel[1].clone(), with("54", "92 90 80", None)];
            all.into_iter().zip(votes).map(|(one, votes)| Standing { votes, ..one }).collect::<Vec<_>>()
        };
        for votes in [[None, None, Some(4)], [Some(0), None, Some(4)]] {
            let places = placed(&voted(votes), &Breaker::ALL);
            assert!(places.iter().all(|one| one.rank == 1 && one.by.is_none()), "{votes:?}");
        }
        let places = placed(&voted([Some(0), Some(0), Some(4)]), &Breaker::ALL);
        assert_eq!(
            (places[0].of, places[0].by, places[1].rank, places[2].rank),
            (2, Some(Breaker::Vote), 2, 2)
        );
        let higher = [with("54", "88 90 92", None), with("55", "80 90 92", None)];
        assert_eq!(placed(&higher, &Breaker::ALL)[0].of, 1, "content comes first");
    }

    #[test]
    fn v_rank() {
        let values = all("44 42 42 41 41 41 39");
        let shown_as = |ties| {
            let numbers = numbers(&values, ties);
            numbers.iter().map(|one| shown(one, 1).replace(".0", "")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(shown_as(Ties::Standard), "1 2 2 4 4 4 7");
        assert_eq!(shown_as(Ties::Modified), "1 3 3 6 6 6 7");
        assert_eq!(shown_as(Ties::Dense), "1 2 2 3 3 3 4");
        assert_eq!(shown_as(Ties::Fractional), "1 2.5 2.5 5 5 5 7");
    }

    #[test]
    fn v_quota() {
        let (taken, capped) = within_quota(&["X", "X", "X", "Y", "X", "Z"], 4, 2);
        assert_eq!((taken, capped), (vec![0, 1, 3, 5], vec![2, 4]));
    }

    #[test]
    fn a_tie_at_the_end_is_taken_whole_or_decided_by_people() {
        let ranks: Vec<usize> = (1..=15).chain([16, 16, 18]).collect();
        assert_eq!(first(&ranks, 16, Boundary::WithTies), Ok(17));
        assert_eq!(first(&ranks, 16, Boundary::Strict), Err((15, 17)));
        assert_eq!(first(&ranks, 17, Boundary::Strict), Ok(17));
        assert_eq!(first(&ranks, 99, Boundary::Strict), Ok(18), "fewer than are wanted");
    }

    #[test]
    fn v_min() {
        let order: [&[u32]; 4] = [&[1, 2, 3, 4, 5], &[1, 2, 3, 5, 5], &[3, 5, 5], &[3, 3, 5, 5]];
        for two in order.windows(2) {
            assert_eq!(by_counts(two[0], two[1], 5), Ordering::Less, "{two:?}");
        }
        assert_eq!(by_counts(&[3, 3, 5, 5], &[2, 3, 3, 5, 5], 5), Ordering::Greater);
        assert_eq!(by_counts(&[3, 5, 5], &[5, 3, 5], 5), Ordering::Equal);
    }
}
