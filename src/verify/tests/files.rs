//! Whole files: good ones are accepted, and each that was changed is refused.
use super::super::json::{canonical, root, sha256};
use super::super::*;
use super::{CATALYST, entry, method, rating, sheet, table, voices};
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::json;
use sha2::{Digest, Sha256};

/// A whole file of these inputs, signed.
fn published(method: &Value, inputs: &[Value], excluded: &[Value]) -> Map<String, Value> {
    let mut rows = recomputed(method, inputs, excluded).unwrap();
    let mut names = Map::new();
    for (at, row) in rows.iter_mut().enumerate() {
        let (salt, name) =
            (format!("{at:032x}"), json!({"name": format!("讲师 {at}"), "school": "金堤村微党校"}));
        let commit = Sha256::new()
            .chain_update(unhex(&salt).unwrap())
            .chain_update(canonical(&name).unwrap())
            .finalize();
        row["name_commit"] = json!(commit.iter().map(|b| format!("{b:02x}")).collect::<String>());
        names.insert(id_of(row).to_owned(), json!({"salt": salt, "name": name}));
    }
    let root_of = |values: &[Value]| {
        root(values.iter().map(|one| canonical(one).unwrap()).collect::<Vec<_>>().iter().map(String::as_str))
    };
    let document = json!({
        "format": "weixiao-ranking-1",
        "ranking": {"id": 12, "title": "全市微党课赛课 · 决赛", "kind": method["kind"], "revision": 1},
        "as_of": "2026-11-28T12:00:00Z",
        "method": method, "method_sha256": sha256(canonical(method).unwrap().as_bytes()),
        "inputs": inputs, "input_root": root_of(inputs),
        "rows": rows, "rows_root": root_of(&rows),
        "excluded": excluded,
    });
    let entry = signed(
        json!({
            "seq": 1, "at": "2026-11-28T12:00:00Z", "event": "final", "ranking": 12, "revision": 1,
            "document": sha256(canonical(&document).unwrap().as_bytes()), "rows_root": document["rows_root"], "prev": NOTHING, "lost": null,
        }),
        7,
    );
    let mut file = document.as_object().unwrap().clone();
    file.insert("names".into(), Value::Object(names));
    file.insert("publication".into(), entry);
    file
}

pub(super) fn signed(mut entry: Value, seed: u8) -> Value {
    let hash = Sha256::digest(canonical(&entry).unwrap());
    let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap();
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    entry["hash"] = json!(hex(&hash));
    entry["signature"] = json!(hex(pair.sign(&hash).as_ref()));
    entry["key"] = json!(hex(pair.public_key().as_ref()));
    entry
}

fn bytes(file: &Map<String, Value>) -> Vec<u8> {
    canonical(&Value::Object(file.clone())).unwrap().into_bytes()
}

/// A final of twelve with everything that a method can have.
fn whole() -> Map<String, Value> {
    let method = method(json!({
        "criteria": [
            {"key": "content", "weight": 60, "max": "100", "step": "0.1", "is_content": true},
            {"key": "speech", "weight": 25, "max": "50", "step": "0.5", "is_content": false},
            {"key": "form", "weight": 15, "max": "10", "step": "0.1", "is_content": false},
        ],
        "time": {"limit": 480, "grace": 30, "step": 30, "each": "0.5", "most": "3"},
        "audience": {"form": "spread", "share": "0.05", "of": 12},
        "promote": {"n": 5, "boundary": "include_ties", "per_alliance": 2, "per_panel": null},
    }));
    let mut inputs = vec![];
    for at in 1..=12_usize {
        let id = format!("E{at:02}");
        let mut one = entry(&id, "A", &format!("X{}", at % 4));
        (one["seconds"], one["audience_place"]) = (json!(450 + 13 * at), json!(13 - at));
        inputs.push(one);
        for judge in 1..=7_usize {
            let spread = (at * 37 + judge * 11) % 17;
            inputs.push(json!({"t": "sheet", "entry": id, "judge": format!("J{judge:02}"), "scores": {
                "content": format!("{}.{}", 80 + spread, judge), "speech": format!("{}", 40 + spread / 2), "form": format!("{}.{}", 7 + at % 3, spread % 10)}}));
        }
        inputs.push(json!({"t": "apart", "entry": id, "judge": "J08", "why": "recused"}));
    }
    published(&method, &inputs, &[json!({"id": "E12", "reason": "withdrawn"})])
}

/// The same for the same seed.
struct Random(u64);
impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % most as u64) as usize
    }
}

#[test]
fn a_good_file_is_accepted_and_each_of_a_hundred_altered_ones_is_refused() {
    let good = bytes(&whole());
    let accepted = file(&good).unwrap();
    assert_eq!((accepted.rows, accepted.excluded, accepted.names, accepted.revision), (11, 1, 11, 1));
    assert!(file(&[good.clone(), b"\n".to_vec()].concat()).is_ok());
    let mut random = Random(0x5EED_2026);
    let letters = b"0123456789abcdefE\"{}[],: .-/x";
    let mut refused = 0;
    while refused < 100 {
        let mut altered = good.clone();
        let (at, with) = (random.below(good.len()), letters[random.below(letters.len())]);
        if altered[at] == with {
            continue;
        }
        altered[at] = with;
        assert!(file(&altered).is_err(), "byte {at}: {} became {}", char::from(good[at]), char::from(with));
        refused += 1;
    }
    for at in [0, good.len() - 1] {
        let shorter = [&good[..at], &good[at + 1..]].concat();
        assert!(file(&shorter).is_err());
    }
}

/// Writes the digests and the signature of a changed file anew, as whoever has the key could.
fn made_again(mut changed: Map<String, Value>) -> Vec<u8> {
    let (names, publication) = (changed.remove("names").unwrap(), changed.remove("publication").unwrap());
    let root_of = |values: &Value| {
        let forms: Vec<String> =
            values.as_array().unwrap().iter().map(|one| canonical(one).unwrap()).collect();
        json!(root(forms.iter().map(String::as_str)))
    };
    changed["input_root"] = root_of(&changed["inputs"]);
    changed["rows_root"] = root_of(&changed["rows"]);
    changed["method_sha256"] = json!(sha256(canonical(&changed["method"]).unwrap().as_bytes()));
    let mut entry = publication;
    for name in ["hash", "signature", "key"] {
        entry.as_object_mut().unwrap().remove(name);
    }
    entry["document"] = json!(sha256(canonical(&Value::Object(changed.clone())).unwrap().as_bytes()));
    entry["rows_root"] = changed["rows_root"].clone();
    changed.insert("names".into(), names);
    changed.insert("publication".into(), signed(entry, 7));
    bytes(&changed)
}

#[test]
fn what_is_signed_and_does_not_follow_is_refused_and_the_row_is_named() {
    let good = whole();
    assert!(file(&made_again(good.clone())).is_ok(), "nothing changed");
    let refused = |change: &dyn Fn(&mut Map<String, Value>), about: &str| {
        let mut changed = good.clone();
        change(&mut changed);
        let problems = file(&made_again(changed)).expect_err(about);
        assert!(problems.iter().any(|one| one.to_string().contains(about)), "{about}: {problems:?}");
    };
    let entry = good["rows"][3]["entry"].as_str().unwrap().to_owned();
    refused(&|file| file["rows"][3]["score"] = json!("99.99"), &entry);
    refused(&|file| file["rows"][3]["rank"] = json!(3), &entry);
    refused(&|file| file["rows"][3]["promoted"] = json!(false), "promoted");
    refused(&|file| file["rows"].as_array_mut().unwrap().swap(1, 2), "entry");
    refused(&|file| drop(file["rows"].as_array_mut().unwrap().pop()), "10");
    refused(&|file| file["rows"][0]["more"] = json!(1), "more");
    refused(&|file| drop(file["inputs"].as_array_mut().unwrap().remove(2)), "score");
    refused(&|file| file["inputs"].as_array_mut().unwrap().push(sheet("E01", 9, "90")), "J09");
    refused(&|file| file["method"]["trim"]["low"] = json!(0), "score");
    refused(&|file| file["excluded"] = json!([]), "12");
    refused(&|file| file["names"][&entry]["name"]["name"] = json!("别人"), &entry);
    refused(&|file| file["names"][&entry]["salt"] = json!("0".repeat(32)), &entry);
    refused(
        &|file| {
            drop(
                file["names"]
                    .as_object_mut()
                    .unwrap()
                    .insert("E12".into(), json!({"salt": "0".repeat(32), "name": {}})),
            )
        },
        "E12",
    );
    refused(&|file| file["ranking"]["revision"] = json!(2), "");
    refused(&|file| file["as_of"] = json!("2026-11-28"), "");
}

#[test]
fn an_altered_file_that_is_signed_with_another_key_or_not_anew_is_refused() {
    let mut other = whole();
    other["ranking"]["title"] = json!("别的榜");
    assert!(file(&bytes(&other)).is_err(), "the digest of the document");
    let mut stolen = whole();
    stolen["publication"]["key"] = signed(json!({}), 8)["key"].clone();
    assert!(file(&bytes(&stolen)).is_err());
    let mut later = whole();
    later["publication"]["at"] = json!("2026-11-28T12:00:01Z");
    assert!(file(&bytes(&later)).is_err());
}

#[test]
fn a_name_that_was_taken_out_breaks_nothing() {
    let mut redacted = whole();
    redacted["names"].as_object_mut().unwrap().remove("E03");
    let accepted = file(&bytes(&redacted)).unwrap();
    assert_eq!((accepted.names, accepted.rows), (10, 11));
    redacted["names"] = json!({});
    assert!(file(&bytes(&redacted)).is_ok());
    redacted.remove("names");
    assert!(file(&bytes(&redacted)).is_err());
}

#[test]
fn each_kind_of_file_is_accepted() {
    let squares = method(json!({"panels": "least_squares", "pull": "1.5", "places": 3}));
    assert!(file(&bytes(&published(&squares, &table(&CATALYST), &[]))).is_ok());
    let inputs = [voices("L2", json!([["4", 20], ["9/2", 1], ["5", 80]])), voices("L10", json!([["5", 5]]))];
    assert!(
        file(&bytes(&published(&rating(1), &inputs, &[json!({"id": "L11", "reason": "few_voices"})])))
            .is_ok()
    );
}
