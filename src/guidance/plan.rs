//! The rule of a fair plan: each organisation once, spread over the weeks and the kinds, some of it unannounced, in pairs that
//! carry the same load, never at home. Nothing but the seed decides, so anybody can compute it again. Pure. domain.md §5.10.
use crate::ids::digest;
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// So many of a hundred visits, at least, are not announced, of each kind of organisation.
pub const UNANNOUNCED: usize = 30;

/// What the seed is applied to.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Inputs {
    /// The working days on which there may be a visit.
    #[serde(with = "days")]
    pub days: Vec<NaiveDate>,
    pub members: Vec<i64>,
    pub orgs: Vec<Place>,
}

/// An organisation that is to be visited.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub org: i64,
    pub kind: String,
    /// Members of the group whose own branch it is, or lies in it.
    pub home_of: Vec<i64>,
}

/// Days as text, `2026-12-31`.
mod days {
    use chrono::NaiveDate;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    pub fn serialize<S: Serializer>(days: &[NaiveDate], to: S) -> Result<S::Ok, S::Error> {
        days.iter().map(NaiveDate::to_string).collect::<Vec<_>>().serialize(to)
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<NaiveDate>, D::Error> {
        let days = Vec::<String>::deserialize(from)?;
        days.iter().map(|day| day.parse().map_err(de::Error::custom)).collect()
    }
}

/// A visit that is planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    pub org: i64,
    pub day: NaiveDate,
    pub is_announced: bool,
    pub pair: [i64; 2],
}

/// Why there is no plan: what is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    Org,
    Day,
    /// Fewer than two members could go there.
    Pair(i64),
}

/// Where something stands in the order that the seed gives.
fn rank(seed: &str, what: &str, id: impl std::fmt::Display) -> String {
    digest(&format!("{seed}|{what}|{id}"))
}

/// All of them in an order in which each kind is spread evenly: the j-th of n of a kind stands at (2j + 1) / 2n of the way.
fn spread<'a>(seed: &str, all: &[(i64, &'a str)]) -> Vec<(i64, &'a str)> {
    let mut kinds: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for (org, kind) in all {
        kinds.entry(kind).or_default().push(*org);
    }
    let mut placed = vec![];
    for (kind, mut orgs) in kinds {
        orgs.sort_by_cached_key(|org| rank(seed, "org", org));
        let (n, name) = (orgs.len() as u64, rank(seed, "kind", kind));
        placed.extend(
            orgs.into_iter().enumerate().map(|(j, org)| (2 * j as u64 + 1, n, name.clone(), org, kind)),
        );
    }
    // a / n against b / m without rounding
    placed.sort_by(|one, other| (one.0 * other.1).cmp(&(other.0 * one.1)).then_with(|| one.2.cmp(&other.2)));
    placed.into_iter().map(|(.., org, kind)| (org, kind)).collect()
}

/// So many of these, of each kind in proportion: the first of the order in which the kinds are spread.
pub fn draw(seed: &str, all: &[(i64, &str)], count: usize) -> Vec<i64> {
    spread(seed, all).into_iter().take(count).map(|(org, _)| org).collect()
}

/// The plan that the seed gives.
///
/// # Errors
/// Where there is nothing to visit, no day for it, or nobody who could go.
pub fn plan(inputs: &Inputs, seed: &str) -> Result<Vec<Slot>, Problem> {
    let mut days = inputs.days.clone();
    days.sort_unstable();
    days.dedup();
    let mut weeks: Vec<Vec<NaiveDate>> = vec![];
    for day in days {
        match weeks.last_mut() {
            Some(week) if week[0].iso_week() == day.iso_week() => week.push(day),
            _ => weeks.push(vec![day]),
        }
    }
    if inputs.orgs.is_empty() {
        return Err(Problem::Org);
    }
    if weeks.is_empty() {
        return Err(Problem::Day);
    }
    let mut kinds: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    let homes: BTreeMap<i64, &[i64]> =
        inputs.orgs.iter().map(|one| (one.org, one.home_of.as_slice())).collect();
    for one in &inputs.orgs {
        kinds.entry(&one.kind).or_default().push(one.org);
    }
    let mut quiet = std::collections::BTreeSet::new();
    for mut orgs in kinds.into_values() {
        orgs.sort_by_cached_key(|org| rank(seed, "unannounced", org));
        quiet.extend(orgs.iter().take((orgs.len() * UNANNOUNCED).div_ceil(100)).copied());
    }
    let all: Vec<(i64, &str)> = inputs.orgs.iter().map(|one| (one.org, one.kind.as_str())).collect();
    let order = spread(seed, &all);
    let mut loads: BTreeMap<i64, usize> = inputs.members.iter().map(|member| (*member, 0)).collect();
    let mut slots = vec![];
    for (place, (org, _)) in order.iter().enumerate() {
        let week = &weeks[place * weeks.len() / order.len()];
        // The first of this week is the first place that falls into it.
        let number = (place * weeks.len() / order.len() * order.len()).div_ceil(weeks.len());
        let turn = usize::from_str_radix(&rank(seed, "day", week[0])[..4], 16).unwrap_or_default();
        let day = week[(turn + place - number) % week.len()];
        let home = homes.get(org).copied().unwrap_or_default();
        let mut free: Vec<i64> = loads.keys().copied().filter(|member| !home.contains(member)).collect();
        free.sort_by_cached_key(|member| (loads[member], rank(seed, &format!("pair {org}"), member)));
        let [one, other, ..] = free[..] else { return Err(Problem::Pair(*org)) };
        for member in [one, other] {
            loads.entry(member).and_modify(|load| *load += 1);
        }
        slots.push(Slot { org: *org, day, is_announced: !quiet.contains(org), pair: [one, other] });
    }
    slots.sort_by_key(|slot| (slot.day, slot.org));
    Ok(slots)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// So many weeks of working days from 6 July 2026; the third has two.
    fn days(weeks: usize) -> Vec<NaiveDate> {
        let all = day("2026-07-06").iter_days().take(weeks * 7).enumerate();
        all.filter(|(i, _)| i % 7 < 5 && !(16..19).contains(i)).map(|(_, day)| day).collect()
    }

    fn inputs(orgs: usize, members: usize, weeks: usize) -> Inputs {
        let kinds = ["rural", "community", "agency", "two_new"];
        Inputs {
            days: days(weeks),
            members: (1..=members as i64).collect(),
            orgs: (0..orgs)
                .map(|i| Place { org: 100 + i as i64, kind: kinds[i * i % 7 % 4].into(), home_of: vec![] })
                .collect(),
        }
    }

    fn counts<T: Ord>(all: impl IntoIterator<Item = T>) -> BTreeMap<T, usize> {
        let mut counts = BTreeMap::new();
        for one in all {
            *counts.entry(one).or_default() += 1;
        }
        counts
    }

    #[test]
    fn every_plan_is_fair_whatever_the_seed() {
        for (orgs, members, weeks) in
            [(1, 2, 1), (3, 2, 26), (20, 3, 26), (41, 3, 20), (170, 3, 26), (170, 5, 4), (60, 7, 1)]
        {
            for seed in 0..40 {
                let (inputs, seed) = (inputs(orgs, members, weeks), format!("seed {seed}"));
                let slots = plan(&inputs, &seed).unwrap();
                let about = format!("{orgs} {members} {weeks} {seed}");
                assert_eq!(counts(slots.iter().map(|slot| slot.org)).len(), orgs, "each one: {about}");
                assert_eq!(slots.len(), orgs, "once: {about}");
                assert!(slots.iter().all(|slot| inputs.days.contains(&slot.day)), "on working days: {about}");
                // Weeks, and the days of a week: at most one apart.
                let of_week = counts(slots.iter().map(|slot| slot.day.iso_week()));
                let all: Vec<usize> = counts(inputs.days.iter().map(|day| day.iso_week()))
                    .into_keys()
                    .map(|week| of_week.get(&week).copied().unwrap_or_default())
                    .collect();
                assert!(all.iter().max().unwrap() - all.iter().min().unwrap() <= 1, "weeks {all:?}: {about}");
                for week in of_week.keys() {
                    let of_day =
                        counts(slots.iter().filter(|slot| slot.day.iso_week() == *week).map(|slot| slot.day));
                    let days = inputs.days.iter().filter(|day| day.iso_week() == *week);
                    let all: Vec<usize> =
                        days.map(|day| of_day.get(day).copied().unwrap_or_default()).collect();
                    assert!(
                        all.iter().max().unwrap() - all.iter().min().unwrap() <= 1,
                        "days {all:?}: {about}"
                    );
                }
                // Of each kind three in ten at least come unannounced, and one more at most than that.
                let quiet = |kind: &str| {
                    let of =
                        |slot: &&Slot| inputs.orgs.iter().any(|one| one.org == slot.org && one.kind == kind);
                    (
                        slots.iter().filter(of).filter(|slot| !slot.is_announced).count(),
                        slots.iter().filter(of).count(),
                    )
                };
                for kind in ["rural", "community", "agency", "two_new"] {
                    let (quiet, all) = quiet(kind);
                    assert!(
                        quiet * 100 >= all * 30 && quiet * 100 < all * 30 + 100,
                        "{quiet} of {all}: {about}"
                    );
                    // Half of a kind in the first half of the order, but for one or two.
                    let first = slots[..orgs / 2]
                        .iter()
                        .filter(|slot| inputs.orgs.iter().any(|one| one.org == slot.org && one.kind == kind))
                        .count();
                    assert!(weeks < 20 || first.abs_diff(all / 2) <= 3, "{kind} {first} of {all}: {about}");
                }
                let loads = counts(slots.iter().flat_map(|slot| slot.pair));
                let all: Vec<usize> = inputs
                    .members
                    .iter()
                    .map(|member| loads.get(member).copied().unwrap_or_default())
                    .collect();
                assert!(all.iter().max().unwrap() - all.iter().min().unwrap() <= 1, "loads {all:?}: {about}");
                assert!(slots.iter().all(|slot| slot.pair[0] != slot.pair[1]), "{about}");
            }
        }
    }

    #[test]
    fn the_seed_alone_decides_and_the_order_in_which_things_come_does_not() {
        let one = inputs(40, 4, 26);
        let mut other = one.clone();
        other.days.reverse();
        other.members.reverse();
        other.orgs.reverse();
        assert_eq!(plan(&one, "a"), plan(&other, "a"));
        assert_ne!(plan(&one, "a"), plan(&one, "b"));
        let kept = serde_json::to_string(&one).unwrap();
        assert_eq!(plan(&serde_json::from_str(&kept).unwrap(), "a"), plan(&one, "a"), "from what is kept");
    }

    #[test]
    fn nobody_is_sent_home_and_a_group_of_one_goes_nowhere() {
        for seed in 0..200 {
            let mut inputs = inputs(24, 4, 26);
            for (i, one) in inputs.orgs.iter_mut().enumerate().filter(|(i, _)| i % 3 == 0) {
                one.home_of = vec![1 + (i % 2) as i64, 3];
            }
            for slot in plan(&inputs, &seed.to_string()).unwrap() {
                let home = &inputs.orgs.iter().find(|one| one.org == slot.org).unwrap().home_of;
                assert!(!slot.pair.iter().any(|member| home.contains(member)), "seed {seed}: {slot:?}");
            }
        }
        let few = Inputs { members: vec![7], ..inputs(3, 2, 2) };
        assert!(matches!(plan(&few, "a"), Err(Problem::Pair(_))));
        assert_eq!(plan(&Inputs { days: vec![], ..inputs(3, 2, 2) }, "a"), Err(Problem::Day));
        assert_eq!(plan(&Inputs { orgs: vec![], ..inputs(3, 2, 2) }, "a"), Err(Problem::Org));
    }

    #[test]
    fn a_sample_has_each_kind_in_proportion() {
        let all: Vec<(i64, &str)> = (0..100)
            .map(|i| {
                (
                    i,
                    if i < 60 {
                        "rural"
                    } else if i < 90 {
                        "agency"
                    } else {
                        "retired"
                    },
                )
            })
            .collect();
        for seed in 0..100 {
            let drawn = draw(&format!("s{seed}"), &all, 20);
            assert_eq!(counts(&drawn).len(), 20);
            let of = |from, to| drawn.iter().filter(|one| (from..to).contains(*one)).count();
            assert_eq!((of(0, 60), of(60, 90), of(90, 100)), (12, 6, 2), "seed {seed}");
        }
    }
}
