//! The official result and the verifier, which shares no arithmetic with it, on whatever methods and sheets there may be.
use super::super::method::{Audience, AudienceForm, Criterion, Promote, Trim};
use super::*;
use crate::verify;

/// Whole numbers that look like chance and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
    fn is(&mut self) -> bool {
        self.roll(2) == 0
    }
}

fn method(dice: &mut Dice) -> Method {
    let panels = Panels::ALL[dice.roll(5) as usize];
    let usual = Method::usual(dice.roll(6) as u32 + 1);
    let criteria: Vec<Criterion> = usual
        .criteria
        .iter()
        .map(|one| Criterion {
            max: ["10", "100"][dice.roll(2) as usize].into(),
            step: "0.5".into(),
            ..one.clone()
        })
        .collect();
    let form =
        if dice.is() { AudienceForm::Spread { of: 8 } } else { AudienceForm::Steps { each: "0.5".into() } };
    Method {
        criteria,
        trim: Trim { low: dice.roll(2) as u32, high: dice.roll(2) as u32, least: 5 },
        panels,
        coefficient_places: dice.is().then_some(2),
        pull: if dice.is() { "0".into() } else { "1.5".into() },
        time: usual.time.filter(|_| dice.is()),
        audience: dice.is().then(|| Audience { share: "0.1".into(), form }),
        breakers: Breaker::ALL[dice.roll(4) as usize..].into(),
        promote: Promote {
            boundary: if dice.is() { Boundary::Strict } else { Boundary::IncludeTies },
            per_alliance: dice.is().then_some(2),
            per_panel: (panels == Panels::TopOfEach || dice.is()).then_some(2),
            ..usual.promote
        },
        ..usual
    }
}

fn inputs(dice: &mut Dice, method: &Method) -> Inputs {
    let (entries, judges) = (3 + dice.roll(6), 5 + dice.roll(3) as u32);
    let mut all = Inputs::default();
    // Judges of one mind: many entries are equal in everything but votes.
    let is_flat = dice.roll(3) == 0;
    for number in 1..=entries {
        let entry = format!("E{number:02}");
        let common = dice.roll(2) + 12;
        for judge in 1..=judges {
            if method.panels == Panels::LeastSquares && dice.roll(4) == 0 {
                let why = ["recused", "missing", "excluded"][dice.roll(3) as usize].to_owned();
                all.apart.push(Apart { entry: entry.clone(), judge, why });
                continue;
            }
            // Few different scores, so that there are ties.
            let scores = method.criteria.iter().map(|one| {
                let half = if is_flat { common } else { dice.roll(4) + 12 };
                let score = if one.max == "10" { half } else { half * 10 };
                (
                    one.key.clone(),
                    if score % 2 == 0 { (score / 2).to_string() } else { format!("{}.5", score / 2) },
                )
            });
            all.sheets.push(Counted { entry: entry.clone(), judge, scores: scores.collect() });
        }
        all.entries.push(Competing {
            entry,
            panel: ["A", "B"][dice.roll(2) as usize].to_owned(),
            alliance: ["", "X1", "X2"][dice.roll(3) as usize].to_owned(),
            seconds: Some(440 + if is_flat { 0 } else { dice.roll(200) as i64 }),
            audience_place: Some(if is_flat { 1 } else { dice.roll(8) as i64 + 1 }),
            votes: dice.is().then(|| dice.roll(5) as i64),
        });
    }
    all
}

/// What is computed here is what `weixiao verify` computes from the same file, with arithmetic of its own (INV-K2).
#[test]
fn whatever_the_method_the_verifier_comes_to_the_same_rows() {
    let (mut results, mut refusals) = (0, 0);
    for seed in 0..400 {
        let mut dice = Dice(seed);
        let method = method(&mut dice);
        assert_eq!(method.problems(), vec![], "seed {seed}");
        let inputs = inputs(&mut dice, &method);
        let rows = match compute(&method, &inputs) {
            Ok(rows) => rows,
            Err(_) => {
                refusals += 1;
                continue;
            }
        };
        results += 1;
        let json: Value = serde_json::from_str(&method.json()).unwrap();
        let again = verify::recomputed(&json, &inputs.leaves(), &[])
            .unwrap_or_else(|why| panic!("seed {seed}: {why:?}"));
        let own: Vec<Value> = rows.iter().map(Row::json).collect();
        assert_eq!(own, again, "seed {seed}: {}", method.json());
    }
    assert!(results > 200 && refusals > 10, "{results} results, {refusals} refusals");
}

#[test]
fn an_order_waits_for_people_where_equals_stand_at_the_last_place() {
    let method = Method { time: None, breakers: vec![], ..Method::usual(1) };
    let mut inputs = Inputs::default();
    for entry in ["E01", "E02"] {
        for judge in 1..=5 {
            let scores = method.criteria.iter().map(|one| (one.key.clone(), "80".to_owned())).collect();
            inputs.sheets.push(Counted { entry: entry.into(), judge, scores });
        }
        inputs.entries.push(Competing {
            entry: entry.into(),
            panel: "A".into(),
            alliance: String::new(),
            seconds: None,
            audience_place: None,
            votes: None,
        });
    }
    assert_eq!(compute(&method, &inputs), Err(Problem::Undecided(vec!["E01".into(), "E02".into()])));
    let voted = Method { breakers: vec![Breaker::Vote], ..method };
    (inputs.entries[0].votes, inputs.entries[1].votes) = (Some(3), Some(4));
    let rows = compute(&voted, &inputs).unwrap();
    assert_eq!((rows[0].entry.as_str(), rows[0].by, rows[0].is_promoted), ("E02", Some(Breaker::Vote), true));
    assert_eq!((rows[1].rank, rows[1].is_promoted), (2, false));
}
