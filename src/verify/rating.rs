//! A ranking by ratings computed again from its voices: the mean of a subject is drawn to that of the city. domain.md §5.6.
use super::method::{Excluded, Id, Leaf, Rating, Unfit};
use super::number::Fraction;
use crate::msg;
use serde_json::{Value, json};
use std::collections::BTreeSet;

struct Subject {
    id: Id,
    count: i64,
    score: Fraction,
    rank: usize,
}

/// The rows that follow, in order, without the commitments to names.
///
/// # Errors
/// Why nothing can be computed from these inputs.
pub fn rows(method: &Rating, leaves: Vec<Leaf>, excluded: &[Excluded]) -> Result<Vec<Value>, Unfit> {
    let mut known: BTreeSet<Id> = excluded.iter().map(|one| one.id.clone()).collect();
    let mut subjects = vec![];
    for leaf in leaves {
        let Leaf::Voices { id, branches, voices, apart } = leaf else {
            return Err(msg!("评价榜的输入里有别的内容"));
        };
        let is_rising = voices.windows(2).all(|two| two[0].0 < two[1].0);
        let within = |value: &Fraction| *value >= Fraction::of(1) && *value <= Fraction::of(5);
        let count = voices.iter().try_fold(0_i64, |all, (_, count)| all.checked_add(*count)).unwrap_or(-1);
        let is_sound =
            is_rising && apart >= 0 && voices.iter().all(|(value, count)| *count > 0 && within(value));
        if !is_sound || count < method.least_voices || branches < method.least_branches {
            return Err(msg!("{} 的评价不成样子，或者不到公布的人数", id.as_str()));
        }
        if !known.insert(id.clone()) {
            return Err(msg!("{} 有两条", id.as_str()));
        }
        let drawn = &Fraction::of(method.prior) * &method.city_mean;
        let all = voices.iter().fold(drawn, |all, (value, count)| &all + &(value * &Fraction::of(*count)));
        let score = all.over(&Fraction::of(method.prior.saturating_add(count)));
        let score = score.ok_or_else(|| msg!("{} 的评价不成样子，或者不到公布的人数", id.as_str()))?;
        subjects.push(Subject { id, count, score, rank: 0 });
    }
    subjects.sort_by(|a, b| (&b.score, b.count).cmp(&(&a.score, a.count)).then_with(|| a.id.cmp(&b.id)));
    for at in 0..subjects.len() {
        let before = at.checked_sub(1).map(|at| &subjects[at]);
        let same = before.filter(|one| (&one.score, one.count) == (&subjects[at].score, subjects[at].count));
        subjects[at].rank = same.map_or(at + 1, |one| one.rank);
    }
    subjects.retain(|one| one.rank <= method.top_k);
    let shown = shown(&subjects, method.places);
    let row = |(one, shown): (&Subject, String)| {
        json!({
            "id": one.id.as_str(),
            "rank": one.rank,
            "score": shown,
            "exact": one.score.parts(),
            "n": one.count,
        })
    };
    Ok(subjects.iter().zip(shown).map(row).collect())
}

/// The scores with so many places, and more where neighbours would look the same and are not.
fn shown(subjects: &[Subject], places: u32) -> Vec<String> {
    let needed = |one: &Subject, two: &Subject| {
        (places..12).find(|n| one.score.shown(*n) != two.score.shown(*n)).unwrap_or(12)
    };
    // Equal scores are one run: what its ends need, all of it gets.
    let runs: Vec<&[Subject]> = subjects.chunk_by(|a, b| a.score == b.score).collect();
    let mut out = vec![];
    for (at, run) in runs.iter().enumerate() {
        let above = at.checked_sub(1).map(|at| needed(&runs[at][0], &run[0]));
        let below = runs.get(at + 1).map(|next| needed(&run[0], &next[0]));
        let most = above.into_iter().chain(below).max().unwrap_or(places);
        out.extend(run.iter().map(|one| one.score.shown(most)));
    }
    out
}
