//! A ranking as it is published: the canonical document with its digests, the commitments to names, the entry of the log, the whole
//! file. Only values go in and out. docs/rankings.en.md is the rule.
use super::{Draft, Kind};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::ids::hex;
use crate::scoring::tree;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

pub const FORMAT: &str = "weixiao-ranking-1";
pub const LOG_FORMAT: &str = "weixiao-log-1";

/// RFC 8785, for values without fractions among their numbers.
///
/// # Errors
/// A number that is not whole: scores are texts.
pub fn canonical(value: &Value) -> Result<String> {
    match value {
        Value::Object(members) => {
            let mut keys: Vec<&String> = members.keys().collect();
            keys.sort_by(|a, b| a.encode_utf16().cmp(b.encode_utf16()));
            let member =
                |key: &String| Ok(format!("{}:{}", Value::from(key.as_str()), canonical(&members[key])?));
            Ok(format!("{{{}}}", keys.into_iter().map(member).collect::<Result<Vec<_>>>()?.join(",")))
        }
        Value::Array(items) => {
            Ok(format!("[{}]", items.iter().map(canonical).collect::<Result<Vec<_>>>()?.join(",")))
        }
        Value::Number(number) if number.is_f64() => {
            Err(Error::Internal(format!("{number} is no whole number").into()))
        }
        // serde_json escapes what RFC 8785 says, and nothing else.
        other => Ok(other.to_string()),
    }
}

/// SHA-256 of the canonical form, in hexadecimal.
///
/// # Errors
/// As [`canonical`].
pub fn digest(value: &Value) -> Result<String> {
    Ok(hex(&Sha256::digest(canonical(value)?)))
}

/// What a row says instead of a name.
///
/// # Errors
/// As [`canonical`].
pub fn commitment(salt: &[u8], name: &Value) -> Result<String> {
    Ok(hex(&Sha256::new().chain_update(salt).chain_update(canonical(name)?).finalize()))
}

/// A moment as documents say it.
pub fn moment(at: Timestamp) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Whose row it is: E07, L345, I12.
pub fn subject(row: &Value) -> Option<&str> {
    row.get("entry").or_else(|| row.get("id"))?.as_str()
}

/// Which ranking a document is.
#[derive(Debug, Clone)]
pub struct About {
    pub ranking: i64,
    pub kind: Kind,
    pub revision: i32,
    pub as_of: Timestamp,
}

/// A document and what is kept beside it.
#[derive(Debug, Clone)]
pub struct Built {
    pub bytes: Vec<u8>,
    pub digest: String,
    pub method_digest: String,
    pub input_root: String,
    pub rows_root: String,
    /// With the commitments.
    pub rows: Vec<Value>,
    /// Salt and canonical name of each row, by whose it is.
    pub names: BTreeMap<String, (String, String)>,
}

/// Builds the document of a draft; `salt` gives 16 random bytes in hexadecimal.
///
/// # Errors
/// A row without a name, or a number that is not whole.
pub fn build(about: &About, draft: &Draft, mut salt: impl FnMut() -> String) -> Result<Built> {
    let (mut rows, mut names) = (draft.rows.clone(), BTreeMap::new());
    for row in &mut rows {
        let id = subject(row).unwrap_or_default().to_owned();
        let missing = || Error::Internal(format!("a row without a name: {id}").into());
        let named = draft.names.get(&id).ok_or_else(missing)?;
        let fresh = salt();
        let bytes: Vec<u8> = (0..fresh.len() / 2)
            .map(|at| u8::from_str_radix(&fresh[2 * at..2 * at + 2], 16))
            .collect::<Result<_, _>>()
            .map_err(Error::internal)?;
        let commit = commitment(&bytes, &named.name)?;
        row.as_object_mut().ok_or_else(missing)?.insert("name_commit".into(), commit.into());
        names.insert(id.clone(), (fresh, canonical(&named.name)?));
    }
    let forms = |values: &[Value]| values.iter().map(canonical).collect::<Result<Vec<_>>>();
    let (input_root, rows_root) = (tree::root_hex(&forms(&draft.inputs)?), tree::root_hex(&forms(&rows)?));
    let method_digest = digest(&draft.method)?;
    let document = json!({
        "format": FORMAT,
        "ranking": {"id": about.ranking, "title": draft.title, "kind": about.kind.as_str(), "revision": about.revision},
        "as_of": moment(about.as_of),
        "method": draft.method,
        "method_sha256": method_digest,
        "inputs": draft.inputs,
        "input_root": input_root,
        "rows": rows,
        "rows_root": rows_root,
        "excluded": draft.excluded,
    });
    let bytes = canonical(&document)?.into_bytes();
    Ok(Built {
        digest: hex(&Sha256::digest(&bytes)),
        bytes,
        method_digest,
        input_root,
        rows_root,
        rows,
        names,
    })
}

/// A document as it is kept, read back.
///
/// # Errors
/// Internal, if it is none.
pub fn read(bytes: &[u8]) -> Result<Map<String, Value>> {
    serde_json::from_slice(bytes).map_err(Error::internal)
}

/// The whole file: the document with the names that may be said, each with its salt, and the entry of the log.
///
/// # Errors
/// Internal, if the document is none.
pub fn file(document: &[u8], names: &[(String, String, String)], publication: Value) -> Result<Vec<u8>> {
    let mut whole = read(document)?;
    let mut said = Map::new();
    for (id, salt, name) in names {
        let name: Value = serde_json::from_str(name).map_err(Error::internal)?;
        said.insert(id.clone(), json!({"salt": salt, "name": name}));
    }
    whole.insert("names".into(), said.into());
    whole.insert("publication".into(), publication);
    Ok(canonical(&Value::Object(whole))?.into_bytes())
}

/// Who stands elsewhere than in the revision before: id, place and score then, place and score now; `null` where there is none.
pub fn moved(before: &[(String, i32, String)], rows: &[Value]) -> Vec<Value> {
    let known: BTreeMap<&str, (i32, &str)> =
        before.iter().map(|(id, rank, score)| (id.as_str(), (*rank, score.as_str()))).collect();
    let mut moved = vec![];
    for row in rows {
        let (Some(id), Some(rank)) = (subject(row), row["rank"].as_i64()) else { continue };
        let old = known.get(id);
        if old.is_none_or(|(before, score)| i64::from(*before) != rank || row["score"] != *score) {
            moved.push(json!({"id": id, "from": old.map(|one| one.0), "to": rank, "score_from": old.map(|one| one.1), "score_to": row["score"]}));
        }
    }
    let now: std::collections::BTreeSet<&str> = rows.iter().filter_map(subject).collect();
    for (id, rank, score) in before.iter().filter(|one| !now.contains(one.0.as_str())) {
        moved.push(json!({"id": id, "from": rank, "to": null, "score_from": score, "score_to": null}));
    }
    moved
}

/// What a page says of the inputs without reading them: how many judges, sheets, recusals, voices.
pub fn facts(inputs: &[Value]) -> Value {
    let of = |kind: &'static str| inputs.iter().filter(move |leaf| leaf["t"] == kind);
    let judges: std::collections::BTreeSet<&str> =
        of("sheet").filter_map(|leaf| leaf["judge"].as_str()).collect();
    let apart = |why: &str| of("apart").filter(|leaf| leaf["why"] == why).count();
    let voices = of("voices")
        .filter_map(|leaf| leaf["voices"].as_array())
        .flatten()
        .filter_map(|pair| pair[1].as_i64());
    json!({
        "entries": of("entry").count(),
        "sheets": of("sheet").count(),
        "judges": judges.len(),
        "recused": apart("recused"),
        "missing": apart("missing"),
        "sheets_excluded": apart("excluded"),
        "voices": voices.sum::<i64>(),
        "ratings_excluded": of("voices").filter_map(|leaf| leaf["apart"].as_i64()).sum::<i64>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_form() {
        let value =
            json!({"b": [1, -2, null, true], "a": "é\n\"\\\u{1}\u{7f}中/", "\u{10437}": 2, "\u{fb01}": 3});
        let form =
            "{\"a\":\"é\\n\\\"\\\\\\u0001\u{7f}中/\",\"b\":[1,-2,null,true],\"\u{10437}\":2,\"\u{fb01}\":3}";
        assert_eq!(canonical(&value).unwrap(), form);
        assert!(canonical(&json!({"score": 1.5})).is_err(), "scores are texts");
    }

    #[test]
    fn who_moved_is_named_with_both_places() {
        let before = [
            ("E1".to_owned(), 1, "90.00".to_owned()),
            ("E2".to_owned(), 2, "89.00".to_owned()),
            ("E3".to_owned(), 3, "88.00".to_owned()),
        ];
        let rows = [
            json!({"entry": "E1", "rank": 1, "score": "90.00"}),
            json!({"entry": "E3", "rank": 2, "score": "88.00"}),
            json!({"entry": "E4", "rank": 3, "score": "80.00"}),
        ];
        let moved = moved(&before, &rows);
        assert_eq!(moved.len(), 3);
        assert_eq!(
            (&moved[0]["id"], &moved[0]["from"], &moved[0]["to"]),
            (&json!("E3"), &json!(3), &json!(2))
        );
        assert_eq!((&moved[1]["id"], &moved[1]["from"]), (&json!("E4"), &Value::Null));
        assert_eq!((&moved[2]["id"], &moved[2]["to"]), (&json!("E2"), &Value::Null));
    }
}
