//! Rounds that nobody thought of: what computes (`scoring`) and the verifier come to the same, by different ways.
use super::{all, entry, method, sheet};
use crate::scoring::exact::{Exact, read, shown_apart};
use crate::scoring::panel::{Sheet, trimmed};
use crate::scoring::ranks::{Breaker, Standing, placed};
use crate::scoring::squares::{Mark, fit};
use crate::verify::recomputed;
use proptest::prelude::*;
use serde_json::{Value, json};

/// A table of scores, entries by judges; 0 where a judge did not see an entry. Few values, so that there are many ties.
fn table(most: u32) -> impl Strategy<Value = Vec<Vec<u32>>> {
    (2..7_usize, 2..6_usize).prop_flat_map(move |(entries, judges)| {
        prop::collection::vec(prop::collection::vec(0..=most, judges), entries)
    })
}

fn inputs(table: &[Vec<u32>]) -> Vec<Value> {
    let mut inputs = vec![];
    for (at, row) in table.iter().enumerate() {
        let id = format!("E{at}");
        inputs.push(entry(&id, "A", "X1"));
        let given = row.iter().enumerate().filter(|one| *one.1 > 0);
        inputs.extend(given.map(|(judge, score)| sheet(&id, judge, &score.to_string())));
    }
    inputs
}

fn exact(n: u32) -> Exact {
    read(&n.to_string()).unwrap()
}

proptest! {
    #[test]
    fn places_and_what_breaks_ties(table in table(4)) {
        prop_assume!(table.iter().all(|row| row.iter().any(|score| *score > 0)));
        let standings: Vec<Standing> = table
            .iter()
            .map(|row| {
                let given = row.iter().zip(0..).filter(|one| *one.0 > 0);
                let totals: Vec<(u32, Exact)> = given.map(|(score, judge)| (judge, exact(*score))).collect();
                let sheets: Vec<Sheet> =
                    totals.iter().map(|(judge, total)| Sheet { judge: *judge, total: total.clone() }).collect();
                let trim = if sheets.len() < 5 { 0 } else { 1 };
                let panel = trimmed(&sheets, trim, trim).unwrap();
                Standing { score: panel.mean.clone(), content: Some(panel.mean), totals: totals.into_iter().collect(), votes: None }
            })
            .collect();
        let mut places = placed(&standings, &Breaker::ALL);
        places.sort_by_key(|place| (place.rank, place.of));
        let scores: Vec<Exact> = places.iter().map(|place| standings[place.of].score.clone()).collect();
        let by = |breaker: Breaker| match breaker {
            Breaker::Content => "content",
            Breaker::Median => "median",
            Breaker::Duel => "duel",
            Breaker::Vote => "vote",
        };
        let said = |parts: Vec<String>| parts.join(" ");
        let rows = recomputed(&method(json!({})), &inputs(&table), &[]).unwrap();
        prop_assert_eq!(all(&rows, "entry"), said(places.iter().map(|one| format!("E{}", one.of)).collect()));
        prop_assert_eq!(all(&rows, "rank"), said(places.iter().map(|one| one.rank.to_string()).collect()));
        prop_assert_eq!(all(&rows, "by"), said(places.iter().map(|one| one.by.map_or("null", by).to_owned()).collect()));
        prop_assert_eq!(all(&rows, "exact"), said(scores.iter().map(|one| format!("{}/{}", one.numer(), one.denom())).collect()));
        prop_assert_eq!(all(&rows, "score"), said(shown_apart(&scores, 2)));
    }

    #[test]
    fn least_squares(table in table(9), pull in 0..3_u32) {
        prop_assume!(table.iter().all(|row| row.iter().any(|score| *score > 0)));
        let judges = table[0].len();
        let seen: Vec<usize> = (0..judges).filter(|judge| table.iter().any(|row| row[*judge] > 0)).collect();
        let mut marks = vec![];
        for (entry, row) in table.iter().enumerate() {
            for (at, judge) in seen.iter().enumerate() {
                if row[*judge] > 0 {
                    marks.push(Mark { entry, judge: at, score: exact(row[*judge]) });
                }
            }
        }
        let method = method(json!({"panels": "least_squares", "pull": pull.to_string(), "breakers": []}));
        let rows = recomputed(&method, &inputs(&table), &[]);
        match fit(&marks, &exact(pull)) {
            Ok(found) => {
                for row in rows.unwrap() {
                    let at: usize = row["entry"].as_str().unwrap()[1..].parse().unwrap();
                    let worth = &found.entries[at];
                    prop_assert_eq!(row["exact"].as_str().unwrap(), format!("{}/{}", worth.numer(), worth.denom()));
                }
            }
            Err(_) => prop_assert!(rows.is_err()),
        }
    }
}
