//! Rankings of lectures and instructors by what those say who saw them. The mean of each is drawn to that of the city; only the
//! best are listed. A million ratings are counted as whole numbers; fractions are made of the counts. domain.md §5.6.
use super::{Draft, Kind, Named, Refusal};
use crate::error::Result;
use crate::ratings::Voices;
use crate::scoring::exact::{Exact, shown_apart};
use crate::scoring::voices::{Terms, drawn};
use num_traits::Zero;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Places behind the point that are shown where neighbours do not need more.
const PLACES: u32 = 2;

/// One that is ranked.
struct Ranked<'a> {
    of: &'a Voices,
    score: Exact,
    rank: usize,
    /// The voices by their value: stars and ratings in lowest terms, and how many.
    counts: BTreeMap<(i64, i64), i64>,
}

fn divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { divisor(b, a % b) }
}

/// How many voices have each value.
fn counted(voices: &[(i64, i64)]) -> BTreeMap<(i64, i64), i64> {
    let mut counts = BTreeMap::new();
    for (stars, ratings) in voices.iter().copied().filter(|one| one.1 > 0) {
        let shared = divisor(stars, ratings).max(1);
        *counts.entry((stars / shared, ratings / shared)).or_insert(0) += 1;
    }
    counts
}

fn letter(kind: Kind) -> char {
    if kind == Kind::LecturerRating { 'I' } else { 'L' }
}

/// The subject of the one ranking of a kind.
pub const fn subject(kind: Kind) -> (&'static str, i64) {
    match kind {
        Kind::LecturerRating => ("ratings", 2),
        _ => ("ratings", 1),
    }
}

/// The ranking of those that have enough voices; the first `top_k` ranks of it. Whoever has no name here is not public any more.
///
/// # Errors
/// Refused if nobody has enough voices.
pub fn draft(
    kind: Kind,
    (title, top_k, reason): (&str, i32, Option<String>),
    (city_mean, terms): (&Exact, Terms),
    all: &[Voices],
    names: &BTreeMap<i64, Named>,
) -> Result<Draft> {
    let (mut ranked, mut excluded) = (vec![], vec![]);
    let mut sorted: Vec<&Voices> = all.iter().filter(|one| !one.voices.is_empty() || one.apart > 0).collect();
    sorted.sort_by_key(|one| one.id);
    for of in sorted {
        let id = format!("{}{}", letter(kind), of.id);
        if !names.contains_key(&of.id) {
            excluded.push(json!({"id": id, "reason": "withdrawn"}));
            continue;
        }
        if !terms.is_shown(of.voices.len() as i64, of.branches) {
            excluded.push(json!({"id": id, "reason": "few_voices"}));
            continue;
        }
        let counts = counted(&of.voices);
        let sum = counts.iter().fold(Exact::zero(), |all, ((stars, ratings), count)| {
            all + Exact::new((stars * count).into(), (*ratings).into())
        });
        let score = drawn(terms.prior, city_mean, &sum, of.voices.len() as i64).unwrap_or_default();
        ranked.push(Ranked { of, score, rank: 0, counts });
    }
    if ranked.is_empty() {
        return Err(Refusal::NothingToRank.into());
    }
    let inputs: Vec<Value> = ranked.iter().map(|one| leaf(kind, one)).collect();
    ranked.sort_by(|a, b| {
        (&b.score, b.of.voices.len()).cmp(&(&a.score, a.of.voices.len())).then(a.of.id.cmp(&b.of.id))
    });
    for at in 0..ranked.len() {
        let is_equal = |other: &Ranked<'_>| {
            other.score == ranked[at].score && other.of.voices.len() == ranked[at].of.voices.len()
        };
        let before = at.checked_sub(1).map(|before| &ranked[before]).filter(|other| is_equal(other));
        ranked[at].rank = before.map_or(at + 1, |other| other.rank);
    }
    ranked.retain(|one| i32::try_from(one.rank).is_ok_and(|rank| rank <= top_k));
    let scores: Vec<Exact> = ranked.iter().map(|one| one.score.clone()).collect();
    let row = |(one, score): (&Ranked<'_>, String)| {
        json!({
            "id": format!("{}{}", letter(kind), one.of.id),
            "rank": one.rank,
            "score": score,
            "exact": format!("{}/{}", one.score.numer(), one.score.denom()),
            "n": one.of.voices.len(),
        })
    };
    let rows = ranked.iter().zip(shown_apart(&scores, PLACES)).map(row).collect();
    let named =
        |one: &Ranked<'_>| Some((format!("{}{}", letter(kind), one.of.id), names.get(&one.of.id)?.clone()));
    Ok(Draft {
        subject: subject(kind),
        kind,
        title: title.to_owned(),
        method: json!({
            "kind": kind.as_str(),
            "prior": terms.prior,
            "city_mean": city_mean.to_string(),
            "least_voices": terms.voices,
            "least_branches": terms.branches,
            "places": PLACES,
            "top_k": top_k,
        }),
        inputs,
        rows,
        excluded,
        names: ranked.iter().filter_map(named).collect(),
        reason,
        object_path: None,
    })
}

/// The voices of one, by their value and without anything that says whose they are.
fn leaf(kind: Kind, one: &Ranked<'_>) -> Value {
    let mut by_value: Vec<(Exact, i64)> = one
        .counts
        .iter()
        .map(|((stars, ratings), count)| (Exact::new((*stars).into(), (*ratings).into()), *count))
        .collect();
    by_value.sort();
    let voices: Vec<Value> =
        by_value.iter().map(|(value, count)| json!([value.to_string(), count])).collect();
    json!({
        "t": "voices",
        "id": format!("{}{}", letter(kind), one.of.id),
        "branches": one.of.branches,
        "voices": voices,
        "apart": one.of.apart,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: Terms = Terms { prior: 20, voices: 10, branches: 3 };
    use crate::scoring::exact::read;
    use crate::verify;

    fn named(ids: &[i64]) -> BTreeMap<i64, Named> {
        let one = |id: &i64| {
            (*id, Named { name: json!({"lecture": format!("第 {id} 课")}), agreed: true, link: None })
        };
        ids.iter().map(one).collect()
    }
    fn plain(id: i64, stars: &[(i64, usize)]) -> Voices {
        let voices = stars.iter().flat_map(|(stars, count)| vec![(*stars, 1); *count]).collect();
        Voices { id, voices, branches: 5, apart: 0 }
    }
    fn all(rows: &[Value], name: &str) -> Vec<String> {
        rows.iter().map(|row| row[name].to_string().replace('"', "")).collect()
    }

    #[test]
    fn v_bay_2_and_what_the_verifier_says_of_it() {
        let voices = [
            plain(1, &[(5, 5)]),
            plain(2, &[(4, 20), (5, 80)]),
            plain(10, &[(4, 70), (5, 130)]),
            plain(9, &[(4, 70), (5, 130)]),
            plain(4, &[(5, 100)]),
            Voices { branches: 2, ..plain(5, &[(5, 100)]) },
        ];
        let made = draft(
            Kind::LectureRating,
            ("好课榜", 3, None),
            (&read("4.2").unwrap(), TERMS),
            &voices,
            &named(&[1, 2, 5, 9, 10]),
        )
        .unwrap();
        assert_eq!(all(&made.rows, "id"), ["L2", "L9", "L10"]);
        assert_eq!(all(&made.rows, "rank"), ["1", "2", "2"]);
        assert_eq!(all(&made.rows, "score"), ["4.70", "4.61", "4.61"]);
        assert_eq!(all(&made.excluded, "id"), ["L1", "L4", "L5"]);
        assert_eq!(all(&made.excluded, "reason"), ["few_voices", "withdrawn", "few_voices"]);
        assert_eq!(verify::recomputed(&made.method, &made.inputs, &made.excluded), Ok(made.rows));
        let nobody = draft(
            Kind::LectureRating,
            ("好课榜", 3, None),
            (&read("4.2").unwrap(), TERMS),
            &voices[..1],
            &named(&[1]),
        );
        assert!(nobody.is_err());
    }

    #[test]
    fn v_voice_is_one_mean_a_member() {
        // One who gave 5, 5, 5 and one who gave 3, six of each.
        let voices =
            Voices { id: 7, voices: [vec![(15, 3); 6], vec![(3, 1); 6]].concat(), branches: 3, apart: 2 };
        let made = draft(
            Kind::LecturerRating,
            ("讲师榜", 10, None),
            (&read("4").unwrap(), TERMS),
            &[voices],
            &named(&[7]),
        )
        .unwrap();
        assert_eq!(
            (all(&made.rows, "id"), all(&made.rows, "exact")),
            (vec!["I7".to_owned()], vec!["4/1".to_owned()])
        );
        assert_eq!(made.inputs[0]["voices"], json!([["3", 6], ["5", 6]]));
    }

    /// Issue 6 item 8: 2,000 lectures by 1,000,000 ratings. The bound is for a release build; without optimisation it is looser.
    #[test]
    fn a_city_is_ranked_in_time_and_the_verifier_agrees() {
        let mut seed = 7_u64;
        let mut random = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        let voices: Vec<Voices> = (1..=2_000)
            .map(|id| {
                let mut voice = || {
                    let ratings = 1 + random(3) as i64;
                    ((0..ratings).map(|_| 1 + random(5) as i64).sum(), ratings)
                };
                Voices { id, voices: (0..500).map(|_| voice()).collect(), branches: 9, apart: 0 }
            })
            .collect();
        let names = named(&(1..=2_000).collect::<Vec<_>>());
        let began = std::time::Instant::now();
        let made = draft(
            Kind::LecturerRating,
            ("讲师榜", 500, None),
            (&read("3.1").unwrap(), TERMS),
            &voices,
            &names,
        )
        .unwrap();
        let took = began.elapsed();
        let bound = if cfg!(debug_assertions) { 20 } else { 3 };
        assert!(took.as_secs() < bound, "{took:?}");
        assert!(made.rows.len() >= 500);
        assert_eq!(verify::recomputed(&made.method, &made.inputs, &made.excluded), Ok(made.rows));
    }
}
