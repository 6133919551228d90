//! The vectors of domain.md §5, each by its name there. `agree` has rounds that nobody thought of, `files` what becomes of a file that somebody changes, `logs` the log.
mod agree;
mod files;
mod logs;

use super::*;
use serde_json::json;

fn method(change: Value) -> Value {
    let mut method = json!({
        "kind": "contest",
        "criteria": [{"key": "all", "weight": 1, "max": "100", "step": "0.01", "is_content": true}],
        "trim": {"low": 1, "high": 1, "least": 5},
        "panels": "single", "coefficient_places": null, "pull": "0",
        "time": null, "audience": null, "places": 2,
        "breakers": ["content", "median", "duel", "vote"],
        "promote": null,
    });
    for (name, value) in change.as_object().unwrap() {
        method[name] = value.clone();
    }
    method
}

fn entry(id: &str, panel: &str, alliance: &str) -> Value {
    json!({"t": "entry", "entry": id, "panel": panel, "alliance": alliance, "seconds": null, "audience_place": null, "votes": null})
}

fn sheet(entry: &str, judge: usize, total: &str) -> Value {
    json!({"t": "sheet", "entry": entry, "judge": format!("J{judge:02}"), "scores": {"all": total}})
}

/// Entries E1, E2 … of one panel with the totals of J01, J02 …; `–` where there is none.
fn table(rows: &[&str]) -> Vec<Value> {
    let mut inputs = vec![];
    for (at, totals) in rows.iter().enumerate() {
        let id = format!("E{}", at + 1);
        inputs.push(entry(&id, "A", "X1"));
        let given = totals.split_whitespace().enumerate().filter(|one| one.1 != "–");
        inputs.extend(given.map(|(judge, total)| sheet(&id, judge + 1, total)));
    }
    inputs
}

fn rows(method: &Value, inputs: &[Value]) -> Vec<Value> {
    recomputed(method, inputs, &[]).unwrap()
}

/// A member of every row.
fn all(rows: &[Value], name: &str) -> String {
    rows.iter().map(|row| said(row.get(name))).collect::<Vec<_>>().join(" ")
}

fn score(method: &Value, inputs: &[Value]) -> String {
    all(&rows(method, inputs), "score")
}

#[test]
fn v_trim() {
    let plain = method(json!({}));
    let one = |totals: &str| rows(&plain, &table(&[totals])).remove(0);
    for (totals, known, is_few) in [
        ("92.5 90 88 91 95 89.5 90", "90.60", false),
        ("90 90 90 90 90 90 60", "90.00", false),
        ("91 93", "92.00", true),
        ("95 95 90 88 80 80", "88.25", false),
    ] {
        let row = one(totals);
        assert_eq!((&row["score"], &row["few_judges"]), (&json!(known), &json!(is_few)), "{totals}");
        assert_eq!(row["sheets"], json!(totals.split(' ').count()));
    }
    // A method may keep more sheets before it drops any.
    let careful = method(json!({"trim": {"low": 1, "high": 1, "least": 7}}));
    assert_eq!(score(&careful, &table(&["95 95 90 88 80 80"])), "88.00");
    // A sheet that is missing or recused is no nought.
    let mut apart = table(&["90 90 90 90 90 90 60"]);
    apart.push(json!({"t": "apart", "entry": "E1", "judge": "J08", "why": "missing"}));
    assert_eq!(score(&plain, &apart), "90.00");
}

#[test]
fn v_rub() {
    let criteria = |given: &[(&str, i64, &str)]| -> Value {
        given.iter().map(|(key, weight, max)| json!({"key": key, "weight": weight, "max": max, "step": "0.5", "is_content": false})).collect()
    };
    let four = method(
        json!({"criteria": criteria(&[("a", 40, "100"), ("b", 25, "100"), ("c", 15, "100"), ("d", 20, "100")])}),
    );
    let inputs = [
        entry("E1", "A", "X1"),
        json!({"t": "sheet", "entry": "E1", "judge": "J1", "scores": {"a": "90", "b": "86", "c": "80", "d": "88"}}),
    ];
    assert_eq!(score(&four, &inputs), "87.10");
    // V-RUB-2: weights 2 and 1, scores 5 and 3 of 100: 13/3.
    let two = method(json!({"criteria": criteria(&[("a", 2, "100"), ("b", 1, "100")])}));
    let inputs = [
        entry("E1", "A", "X1"),
        json!({"t": "sheet", "entry": "E1", "judge": "J1", "scores": {"a": "5", "b": "3"}}),
    ];
    assert_eq!(all(&rows(&two, &inputs), "exact"), "13/3");
    // Of another scale: 4.5 of 5 is 90 of 100.
    let scale = method(json!({"criteria": criteria(&[("a", 3, "5")])}));
    let inputs =
        [entry("E1", "A", "X1"), json!({"t": "sheet", "entry": "E1", "judge": "J1", "scores": {"a": "4.5"}})];
    assert_eq!(score(&scale, &inputs), "90.00");
    for wrong in ["5.5", "4.25", "-0.5", "4,5"] {
        let inputs = [
            entry("E1", "A", "X1"),
            json!({"t": "sheet", "entry": "E1", "judge": "J1", "scores": {"a": wrong}}),
        ];
        assert!(recomputed(&scale, &inputs, &[]).is_err(), "{wrong}");
    }
}

#[test]
fn v_time() {
    let timed = method(json!({"time": {"limit": 480, "grace": 30, "step": 30, "each": "0.5", "most": "3"}}));
    for (seconds, known) in [(480, "90.00"), (510, "90.00"), (511, "89.50"), (545, "89.00"), (2_000, "87.00")]
    {
        let mut inputs = table(&["90 90 90"]);
        inputs[0]["seconds"] = json!(seconds);
        assert_eq!(score(&timed, &inputs), known, "{seconds}");
    }
    assert_eq!(score(&timed, &table(&["90"])), "90.00", "nobody took the time");
}

#[test]
fn v_aud() {
    let spread = method(json!({"audience": {"form": "spread", "share": "0.05", "of": 10}}));
    let steps = method(json!({"audience": {"form": "steps", "share": "0.3", "each": "0.5"}}));
    for (method, total, place, known) in [
        (&spread, "92.40", 1, "92.78"),
        (&spread, "92.40", 3, "91.78"),
        (&spread, "92.40", 10, "88.28"),
        (&steps, "88", 4, "91.15"),
        (&steps, "88", 400, "61.60"),
    ] {
        let mut inputs = table(&[total]);
        assert!(recomputed(method, &inputs, &[]).is_err(), "no place");
        inputs[0]["audience_place"] = json!(place);
        assert_eq!(score(method, &inputs), known, "{place}");
    }
}

#[test]
fn v_panel() {
    // Of A twenty and of B eighteen, one with the score that is looked for and the others with what is left of the sum.
    let contest = |panels: &str, places: Option<u32>| {
        let method = method(json!({"panels": panels, "coefficient_places": places, "places": 4,
            "criteria": [{"key": "all", "weight": 1, "max": "100", "step": "0.0001", "is_content": true}]}));
        let mut inputs = vec![];
        let mut add = |id: usize, panel: &str, total: &str| {
            inputs.push(entry(&format!("E{id}"), panel, "X1"));
            inputs.push(sheet(&format!("E{id}"), 1, total));
        };
        // 80 + 18 × 75.9 + 76.22 = 1522.42;  85 + 16 × 82.9 + 83.48 = 1494.88
        add(1, "A", "80");
        add(2, "A", "76.22");
        (3..=20).for_each(|id| add(id, "A", "75.9"));
        add(21, "B", "85");
        add(22, "B", "83.48");
        (23..=38).for_each(|id| add(id, "B", "82.9"));
        let rows = rows(&method, &inputs);
        ["E1", "E21"].map(|id| said(rows.iter().find(|row| row["entry"] == id).unwrap().get("score")))
    };
    assert_eq!(contest("pooled", Some(2)), ["83.2000", "81.6000"]);
    assert_eq!(contest("pooled", None)[0], "83.4489");
    assert_eq!(contest("twice_averaged", Some(4))[0], "83.6400");
    assert_eq!(contest("single", None), ["80.0000", "85.0000"]);
}

const CATALYST: [&str; 4] = ["73 74 – 71", "– 75 67 72", "73 75 68 –", "75 – 72 75"];

#[test]
fn v_ls() {
    let fit = |pull: &str| {
        let method = method(json!({"panels": "least_squares", "pull": pull, "places": 3}));
        let rows = rows(&method, &table(&CATALYST));
        (all(&rows, "entry"), all(&rows, "score"), all(&rows, "raw"))
    };
    assert_eq!(
        fit("0"),
        ("E4 E3 E2 E1".into(), "75.000 72.000 71.625 71.375".into(), "74.000 72.000 71.333 72.667".into())
    );
    assert_eq!(fit("1").0, "E4 E3 E1 E2");
    assert_eq!(fit("1").1, "74.727 72.000 71.727 71.545");
    assert_eq!(fit("3").0, "E4 E1 E3 E2");
    assert_eq!(fit("3").1, "74.471 72.059 72.000 71.471");
    let apart = method(json!({"panels": "least_squares", "pull": "1"}));
    assert!(recomputed(&apart, &table(&["1 2 – –", "2 1 – –", "– – 3 4"]), &[]).is_err());
}

#[test]
fn v_quota() {
    let inputs: Vec<Value> =
        [("X1", "90"), ("X1", "89"), ("X1", "88"), ("X2", "87"), ("X1", "86"), ("X3", "85")]
            .iter()
            .enumerate()
            .flat_map(|(at, (alliance, total))| {
                let id = format!("E{}", at + 1);
                [entry(&id, "A", alliance), sheet(&id, 1, total)]
            })
            .collect();
    let promote = |n: usize| {
        method(json!({"promote": {"n": n, "boundary": "strict", "per_alliance": 2, "per_panel": null}}))
    };
    let four = rows(&promote(4), &inputs);
    assert_eq!(all(&four, "promoted"), "true true false true false true");
    assert_eq!(all(&four, "remark"), "null null capped null capped null");
    assert_eq!(
        all(&rows(&promote(3), &inputs), "remark"),
        "null null capped null null null",
        "nobody is passed over behind the last"
    );
}

#[test]
fn ties_share_ranks_and_are_broken_in_the_written_order() {
    // V-RANK 44 42 42 41 41 41 39: 1224.
    let seven = rows(&method(json!({"breakers": []})), &table(&["44", "42", "42", "41", "41", "41", "39"]));
    assert_eq!(all(&seven, "rank"), "1 2 2 4 4 4 7");
    assert_eq!(all(&seven, "by"), "null null null null null null null");
    // The same mean of the kept sheets; the median and the duel say nothing; the vote does.
    let four = method(json!({"breakers": ["median", "duel", "vote"]}));
    let mut two = table(&["88 90 92", "91 89 90"]);
    let found = rows(&four, &two);
    assert_eq!(
        (all(&found, "rank"), all(&found, "by")),
        ("1 2".into(), "duel duel".into()),
        "E2 has two judges of three"
    );
    assert_eq!(all(&found, "entry"), "E1 E2");
    two[4]["votes"] = json!(4);
    let only = method(json!({"breakers": ["vote"]}));
    let partial = rows(&only, &two);
    assert_eq!(
        (all(&partial, "rank"), all(&partial, "by")),
        ("1 1".into(), "null null".into()),
        "a vote that one of the equals was not in was about another tie"
    );
    two[0]["votes"] = json!(0);
    assert_eq!(
        (all(&rows(&only, &two), "entry"), all(&rows(&only, &two), "by")),
        ("E2 E1".into(), "vote vote".into())
    );
}

#[test]
fn a_tie_at_the_end_is_taken_whole_or_decided_by_people() {
    let inputs = table(&["90", "89", "89", "88"]);
    let promote = |boundary: &str| {
        method(json!({"promote": {"n": 2, "boundary": boundary, "per_alliance": null, "per_panel": null}}))
    };
    let strict = rows(&promote("strict"), &inputs);
    assert_eq!(
        (all(&strict, "promoted"), all(&strict, "remark")),
        ("true false false false".into(), "null undecided undecided null".into())
    );
    let with_ties = rows(&promote("include_ties"), &inputs);
    assert_eq!(
        (all(&with_ties, "promoted"), all(&with_ties, "remark")),
        ("true true true false".into(), "null null null null".into())
    );
}

#[test]
fn each_panel_has_its_own_order_if_the_best_of_each_go_on() {
    let method = method(
        json!({"panels": "top_of_each", "promote": {"n": 2, "boundary": "strict", "per_alliance": null, "per_panel": 1}}),
    );
    let inputs: Vec<Value> = [("A", "70"), ("B", "90"), ("A", "75"), ("B", "80")]
        .iter()
        .enumerate()
        .flat_map(|(at, (panel, total))| {
            [entry(&format!("E{}", at + 1), panel, "X1"), sheet(&format!("E{}", at + 1), 1, total)]
        })
        .collect();
    let found = rows(&method, &inputs);
    assert_eq!(all(&found, "entry"), "E3 E2 E1 E4");
    assert_eq!(
        (all(&found, "rank"), all(&found, "promoted")),
        ("1 1 2 2".into(), "true true false false".into())
    );
}

#[test]
fn neighbours_that_look_alike_get_more_places() {
    let fine = method(
        json!({"criteria": [{"key": "all", "weight": 1, "max": "100", "step": "0.0001", "is_content": true}]}),
    );
    assert_eq!(
        score(&fine, &table(&["91.7812", "91.7809", "91.78", "91.78", "90"])),
        "91.7812 91.7809 91.780 91.780 90.00"
    );
    assert_eq!(score(&fine, &table(&["90.125"])), "90.13");
}

#[test]
fn inputs_that_do_not_fit_together_are_refused() {
    let plain = method(json!({}));
    let good = table(&["90 91", "89 88"]);
    let refused = |inputs: &[Value], excluded: &[Value]| {
        assert!(recomputed(&plain, inputs, excluded).is_err(), "{inputs:?}")
    };
    let with = |more: Value| [good.clone(), vec![more]].concat();
    refused(&with(sheet("E1", 1, "90")), &[]);
    refused(&with(json!({"t": "apart", "entry": "E1", "judge": "J01", "why": "recused"})), &[]);
    refused(&with(sheet("E9", 1, "90")), &[]);
    refused(&with(entry("E1", "A", "X1")), &[]);
    refused(&with(entry("E9", "A", "X1")), &[]);
    refused(
        &with(json!({"t": "sheet", "entry": "E1", "judge": "J07", "scores": {"all": "90", "more": "1"}})),
        &[],
    );
    refused(&with(json!({"t": "other"})), &[]);
    refused(&good, &[json!({"id": "E2", "reason": "no_sheets"})]);
    refused(&good, &[json!({"id": "E2", "reason": ""})]);
    refused(&good, &[json!({"id": "E2", "reason": "x"}), json!({"id": "E1", "reason": "x"})]);
    // What is left out has no row, and its sheets count nowhere.
    let without = recomputed(&plain, &good, &[json!({"id": "E1", "reason": "withdrawn"})]).unwrap();
    assert_eq!((all(&without, "entry"), all(&without, "rank")), ("E2".into(), "1".into()));
    for wrong in [
        json!({"places": 13}),
        json!({"pull": "-1"}),
        json!({"trim": {"low": 1, "high": 1, "least": 4}}),
        json!({"breakers": ["vote", "vote"]}),
        json!({"breakers": ["lot"]}),
        json!({"criteria": []}),
        json!({"panels": "top_of_each"}).clone(),
        json!({"more": 1}),
        json!({"panels": "top_of_each", "promote": {"n": 2, "boundary": "strict", "per_alliance": null, "per_panel": null}}),
        json!({"audience": {"form": "spread", "share": "1.5", "of": 3}}),
    ] {
        let is_fine = wrong == json!({"panels": "top_of_each"});
        assert_eq!(recomputed(&method(wrong.clone()), &good, &[]).is_ok(), is_fine, "{wrong}");
    }
}

fn rating(top_k: usize) -> Value {
    json!({"kind": "lecture_rating", "prior": 20, "city_mean": "21/5", "least_voices": 5, "least_branches": 3, "places": 4, "top_k": top_k})
}

fn voices(id: &str, voices: Value) -> Value {
    json!({"t": "voices", "id": id, "branches": 4, "voices": voices, "apart": 0})
}

#[test]
fn v_bay_2() {
    // (25, 5), (480, 100), (930, 200) as sum and count.
    let inputs = [
        voices("L1", json!([["5", 5]])),
        voices("L2", json!([["4", 20], ["5", 80]])),
        voices("L10", json!([["4", 70], ["5", 130]])),
        voices("L9", json!([["4", 70], ["5", 130]])),
    ];
    let found = rows(&rating(10), &inputs);
    assert_eq!(all(&found, "id"), "L2 L9 L10 L1");
    assert_eq!(all(&found, "score"), "4.7000 4.6091 4.6091 4.3600");
    assert_eq!((all(&found, "rank"), all(&found, "n")), ("1 2 2 4".into(), "100 200 200 5".into()));
    assert_eq!(all(&rows(&rating(2), &inputs), "rank"), "1 2 2", "no bottom lists");
    // V-VOICE: the mean of one member's stars is one voice.
    let half = rows(&rating(9), &[voices("I1", json!([["3", 3], ["9/2", 2]]))]);
    assert_eq!(all(&half, "exact"), "102/25");
    let whole = rows(&rating(9), &[voices("I1", json!([["21/5", 5]]))]);
    assert_eq!(all(&whole, "exact"), "21/5");
    for wrong in [
        json!([["5", 4]]),
        json!([["5", 5], ["4", 5]]),
        json!([["5", 5], ["5", 5]]),
        json!([["6", 5]]),
        json!([["10/2", 5]]),
        json!([["5", -5], ["4", 15]]),
        json!([["0", 9]]),
    ] {
        assert!(recomputed(&rating(9), &[voices("L1", wrong.clone())], &[]).is_err(), "{wrong}");
    }
    let few = json!({"t": "voices", "id": "L1", "branches": 2, "voices": [["5", 50]], "apart": 0});
    assert!(recomputed(&rating(9), &[few], &[]).is_err());
}

/// The verifier is another program: it takes nothing from what computes.
#[test]
fn nothing_here_is_shared_with_what_computes() {
    for source in [
        include_str!("../mod.rs"),
        include_str!("../contest.rs"),
        include_str!("../rating.rs"),
        include_str!("../squares.rs"),
        include_str!("../method.rs"),
        include_str!("../json.rs"),
        include_str!("../log.rs"),
        include_str!("../number.rs"),
    ] {
        let code = source.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let words = [
            "crate::scoring",
            "crate::rankings",
            "crate::ratings",
            "num_rational",
            "num_bigint",
            "f64",
            "f32",
        ];
        for word in words {
            let is_used =
                code.lines().any(|line| !line.trim_start().starts_with("//") && line.contains(word));
            assert!(!is_used, "{word}");
        }
    }
}
