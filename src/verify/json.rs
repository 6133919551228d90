//! The one form of a document (RFC 8785, for the part of JSON that is used: no fractions among the numbers), and digests over it:
//! of a value, and of a list as a tree (RFC 6962). The verifier's own, written apart from what makes the files.
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The canonical form; `None` if a number is not whole.
pub fn canonical(value: &Value) -> Option<String> {
    let mut out = String::new();
    write(value, &mut out).then_some(out)
}

fn write(value: &Value, out: &mut String) -> bool {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(yes) => out.push_str(if *yes { "true" } else { "false" }),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(n), _) => out.push_str(&n.to_string()),
            (None, Some(n)) => out.push_str(&n.to_string()),
            (None, None) => return false,
        },
        Value::String(text) => quote(text, out),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                if !write(item, out) {
                    return false;
                }
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut keys: Vec<&String> = members.keys().collect();
            keys.sort_by_cached_key(|key| key.encode_utf16().collect::<Vec<u16>>());
            out.push('{');
            for (at, key) in keys.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                quote(key, out);
                out.push(':');
                if !write(&members[key], out) {
                    return false;
                }
            }
            out.push('}');
        }
    }
    true
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{9}' => out.push_str("\\t"),
            '\u{A}' => out.push_str("\\n"),
            '\u{C}' => out.push_str("\\f"),
            '\u{D}' => out.push_str("\\r"),
            c if c < ' ' => {
                // Writing to a string does not fail.
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Reads a document that is written in the one form, with at most one line feed behind it.
///
/// # Errors
/// Whether it is no JSON (`false`), or JSON in another form (`true`).
pub fn read(bytes: &[u8]) -> Result<Value, bool> {
    let text = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let value: Value = serde_json::from_slice(text).map_err(|_| false)?;
    let is_canonical = canonical(&value).is_some_and(|form| form.as_bytes() == text);
    if is_canonical { Ok(value) } else { Err(true) }
}

/// SHA-256, in lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    written(&Sha256::digest(bytes))
}

fn written(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The bytes of lower-case hexadecimal; `None` for anything else.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let value = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    };
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [high, low] => Some(value(*high)? << 4 | value(*low)?),
            _ => None,
        })
        .collect()
}

/// The root of the tree over these leaves: full trees of two, four, eight … leaves are joined as soon as there are two of one
/// size, and what is left at the end from the right.
pub fn root<'a>(leaves: impl IntoIterator<Item = &'a str>) -> String {
    let mut trees: Vec<(usize, Vec<u8>)> = vec![];
    let join = |left: &[u8], right: &[u8]| {
        Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().to_vec()
    };
    for leaf in leaves {
        let mut tree = (1, Sha256::new().chain_update([0]).chain_update(leaf).finalize().to_vec());
        while let Some((size, left)) = trees.pop_if(|other| other.0 == tree.0) {
            tree = (size * 2, join(&left, &tree.1));
        }
        trees.push(tree);
    }
    let last = trees.into_iter().map(|tree| tree.1).rev().reduce(|right, left| join(&left, &right));
    written(&last.unwrap_or_else(|| Sha256::digest([]).to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn there_is_one_form() {
        let value = json!({"b": [1, -2, null, true], "a": "é\n\"\\\u{1}\u{7f}中", "€": 1, "\u{10437}": 2, "\u{fb01}": 3});
        // Keys by units of UTF-16: what lies behind the first 65,536 characters stands before U+FB01.
        let form = "{\"a\":\"é\\n\\\"\\\\\\u0001\u{7f}中\",\"b\":[1,-2,null,true],\"€\":1,\"\u{10437}\":2,\"\u{fb01}\":3}";
        assert_eq!(canonical(&value).as_deref(), Some(form));
        assert_eq!(read(form.as_bytes()), Ok(value.clone()));
        assert_eq!(read(format!("{form}\n").as_bytes()), Ok(value));
        assert_eq!(canonical(&json!(1.5)), None);
        for other in [
            "{\"a\":1 }",
            "{\"b\":1,\"a\":2}",
            "{\"a\":1,\"a\":1}",
            "1.0",
            "-0",
            "1e2",
            "\"\\u0041\"",
            "\"\\/\"",
            "1\n\n",
            "18446744073709551616",
        ] {
            assert_eq!(read(other.as_bytes()), Err(true), "{other}");
        }
        for none in ["", "{", "{\"a\":}", "\u{feff}1", "01"] {
            assert_eq!(read(none.as_bytes()), Err(false), "{none}");
        }
    }

    #[test]
    fn v_merkle() {
        let bytes: Vec<String> = ["", "\0", "\u{10}", " !", "01", "@ABC", "PQRSTUVW", "`abcdefghijklmno"]
            .map(str::to_owned)
            .into();
        let roots: Vec<String> =
            (0..=8).map(|count| root(bytes[..count].iter().map(String::as_str))[..8].to_owned()).collect();
        assert_eq!(
            roots.join(" "),
            "e3b0c442 6e340b9c fac54203 aeb6bcfe d37ee418 4e3bbb1f 76e67dad ddb89be4 5dc9da79"
        );
    }

    #[test]
    fn v_snap() {
        let rows =
            [r#"{"entry":"E07","rank":1,"score":"91.78"}"#, r#"{"entry":"E02","rank":2,"score":"90.60"}"#];
        assert_eq!(root(rows), "47096fa31d452cd036f3b9577f7c75ce75926286ba0f70d03370a1aa6f05afee");
    }

    #[test]
    fn only_lower_case_pairs_are_hexadecimal() {
        assert_eq!(unhex("00ff1a"), Some(vec![0, 255, 26]));
        for wrong in ["0", "0G", "FF", "+1", "é"] {
            assert_eq!(unhex(wrong), None, "{wrong}");
        }
    }
}
