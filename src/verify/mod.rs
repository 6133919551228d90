//! `weixiao verify`: whether a published ranking is what follows from its inputs. Only the file goes in; nothing here shares
//! arithmetic, sorting, rounding or digests with what made it (`scoring`, `rankings`), so agreement is agreement of two programs.
//! docs/rankings.en.md is the rule for both; `contest` and `rating` follow its steps. domain.md §5.7.
mod contest;
mod json;
mod log;
mod method;
mod number;
mod rating;
mod squares;

use crate::lang::Message;
use crate::msg;
use json::{canonical, read, root, sha256, unhex};
pub use log::{Entry, NOTHING, compared, entry, log};
use method::{Id, Method};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The name of the form.
const FORMAT: &str = "weixiao-ranking-1";
/// So many differing rows are named; then it is plain.
const MOST_NAMED: usize = 20;
const MEMBERS: [&str; 12] = [
    "as_of",
    "excluded",
    "format",
    "input_root",
    "inputs",
    "method",
    "method_sha256",
    "names",
    "publication",
    "ranking",
    "rows",
    "rows_root",
];

/// What was found right.
#[derive(Debug, Clone)]
pub struct Accepted {
    pub title: String,
    pub ranking: i64,
    pub revision: i64,
    pub as_of: String,
    pub rows: usize,
    pub inputs: usize,
    pub excluded: usize,
    /// Names that are in the file, each of them the one that was committed to.
    pub names: usize,
    pub rows_root: String,
    pub publication: Entry,
}

/// Looks at a file as it was downloaded: its form, every digest, every name, the signature, and every row, computed again.
///
/// # Errors
/// Everything that is wrong with it.
pub fn file(bytes: &[u8]) -> Result<Accepted, Vec<Message>> {
    let value = read(bytes).map_err(|is_json| {
        vec![match is_json {
            true => msg!("文件不是规范的写法（RFC 8785）：改动过，或者被别的程序重新存过"),
            false => msg!("文件不是 JSON"),
        }]
    })?;
    let Value::Object(members) = &value else { return Err(vec![msg!("文件里不是一张榜")]) };
    let mut document = members.clone();
    let (names, publication) = (document.remove("names"), document.remove("publication"));
    let mut problems = unknown(members);
    let roots = match self::document(&document) {
        Ok(roots) => Some(roots),
        Err(more) => {
            problems.extend(more);
            None
        }
    };
    let names = names.as_ref().and_then(Value::as_object);
    let rows = list(&document, "rows");
    problems.extend(match names {
        Some(names) => wrong_names(names, rows),
        None => vec![msg!("缺 {}", "names")],
    });
    let entry = publication.as_ref().map_or_else(|| Err(msg!("缺 {}", "publication")), log::entry);
    let entry = entry.map_err(|problem| problems.push(problem));
    let (Ok(entry), Some(found)) = (entry, roots) else { return Err(problems) };
    let is_of_this = entry.document.as_ref() == Some(&found.document)
        && entry.rows_root.as_ref() == Some(&found.rows_root)
        && (entry.ranking, entry.revision) == (Some(found.ranking), Some(found.revision));
    if !is_of_this {
        problems.push(msg!("发布日志的那一条说的不是这份文件"));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Accepted {
        title: found.title,
        ranking: found.ranking,
        revision: found.revision,
        as_of: found.as_of,
        rows: rows.len(),
        inputs: list(&document, "inputs").len(),
        excluded: list(&document, "excluded").len(),
        names: names.map_or(0, Map::len),
        rows_root: found.rows_root,
        publication: entry,
    })
}

fn unknown(members: &Map<String, Value>) -> Vec<Message> {
    let missing = MEMBERS.iter().filter(|name| !members.contains_key(**name)).map(|name| msg!("缺 {}", name));
    let other =
        members.keys().filter(|name| !MEMBERS.contains(&name.as_str())).map(|name| msg!("多了 {}", name));
    missing.chain(other).collect()
}

fn list<'a>(document: &'a Map<String, Value>, name: &str) -> &'a [Value] {
    document.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Map<String, Value>, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// What names a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roots {
    pub title: String,
    pub ranking: i64,
    pub revision: i64,
    pub as_of: String,
    /// The digest of the document without names and publication.
    pub document: String,
    pub rows_root: String,
}

/// Looks at a document without names and publication: its digests, and every row, computed again.
///
/// # Errors
/// Everything that is wrong with it.
pub fn document(document: &Map<String, Value>) -> Result<Roots, Vec<Message>> {
    let mut problems = vec![];
    if text(document, "format") != FORMAT {
        problems.push(msg!("不是 {}：{}", FORMAT, text(document, "format")));
    }
    let about = document.get("ranking").and_then(Value::as_object).cloned().unwrap_or_default();
    let number = |name: &str| about.get(name).and_then(Value::as_i64).filter(|n| *n > 0);
    let (ranking, revision) = (number("id"), number("revision"));
    let kind = document.get("method").and_then(|method| method.get("kind")).and_then(Value::as_str);
    if ranking.is_none() || revision.is_none() || about.len() != 4 || kind != Some(text(&about, "kind")) {
        problems.push(msg!("榜名、编号、版次或种类不对"));
    }
    if !is_moment(text(document, "as_of")) {
        problems.push(msg!("统计时间写得不对"));
    }
    let method = document.get("method").cloned().unwrap_or_default();
    let forms = |values: &[Value]| values.iter().map(canonical).collect::<Option<Vec<String>>>();
    let (inputs, rows) = (list(document, "inputs"), list(document, "rows"));
    let root_of = |values: &[Value]| forms(values).map(|forms| root(forms.iter().map(String::as_str)));
    for (name, found) in [
        ("method_sha256", canonical(&method).map(|form| sha256(form.as_bytes()))),
        ("input_root", root_of(inputs)),
        ("rows_root", root_of(rows)),
    ] {
        if found.as_deref() != Some(text(document, name)) {
            problems.push(msg!("{} 和内容不符", name));
        }
    }
    match recomputed(&method, inputs, list(document, "excluded")) {
        Err(problem) => problems.push(problem),
        Ok(expected) => problems.extend(differences(rows, &expected)),
    }
    let whole = canonical(&Value::Object(document.clone()));
    match (whole, ranking, revision) {
        (Some(whole), Some(ranking), Some(revision)) if problems.is_empty() => Ok(Roots {
            title: text(&about, "title").to_owned(),
            ranking,
            revision,
            as_of: text(document, "as_of").to_owned(),
            document: sha256(whole.as_bytes()),
            rows_root: text(document, "rows_root").to_owned(),
        }),
        _ => Err(problems),
    }
}

/// `2026-11-28T12:00:00Z`.
fn is_moment(text: &str) -> bool {
    chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%SZ")
        .is_ok_and(|at| at.format("%Y-%m-%dT%H:%M:%SZ").to_string() == text)
}

/// The rows that follow from method and inputs, without the commitments to names.
///
/// # Errors
/// Why nothing follows.
pub fn recomputed(method: &Value, inputs: &[Value], excluded: &[Value]) -> Result<Vec<Value>, Message> {
    let leaves = method::leaves(inputs)?;
    let excluded = method::excluded(excluded)?;
    match method::method(method)? {
        Method::Contest(contest) => contest::rows(&contest, leaves, &excluded),
        Method::Rating(rating) => rating::rows(&rating, leaves, &excluded),
    }
}

/// Whose row it is.
fn id_of(row: &Value) -> &str {
    let id = row.get("entry").or_else(|| row.get("id"));
    id.and_then(Value::as_str).unwrap_or("?")
}

/// A value as a sentence says it.
fn said(value: Option<&Value>) -> String {
    value.map_or_else(
        || "—".to_owned(),
        |value| value.as_str().map_or_else(|| value.to_string(), str::to_owned),
    )
}

fn differences(rows: &[Value], expected: &[Value]) -> Vec<Message> {
    let mut problems = vec![];
    if rows.len() != expected.len() {
        problems.push(msg!("文件里有 {} 行，重算得 {} 行", rows.len(), expected.len()));
    }
    for (at, (row, wanted)) in rows.iter().zip(expected).enumerate() {
        let (Some(row), Some(wanted)) = (row.as_object(), wanted.as_object()) else {
            problems.push(msg!("第 {} 行读不懂", at + 1));
            continue;
        };
        let commit = row.get("name_commit").and_then(Value::as_str).and_then(unhex);
        if commit.is_none_or(|bytes| bytes.len() != 32) {
            problems.push(msg!("第 {} 行没有姓名的承诺值", at + 1));
        }
        let id = id_of(&Value::Object(row.clone())).to_owned();
        for name in row.keys().filter(|name| *name != "name_commit" && !wanted.contains_key(*name)) {
            problems.push(msg!("第 {} 行（{}）多了 {}", at + 1, id, name));
        }
        for (name, value) in wanted {
            if row.get(name) != Some(value) {
                let (stored, computed) = (said(row.get(name)), said(Some(value)));
                problems.push(msg!(
                    "第 {} 行（{}）的 {}：文件里是 {}，重算得 {}",
                    at + 1,
                    id,
                    name,
                    stored,
                    computed
                ));
            }
        }
    }
    let more = problems.len().saturating_sub(MOST_NAMED);
    problems.truncate(MOST_NAMED);
    if more > 0 {
        problems.push(msg!("还有 {} 处不同", more));
    }
    problems
}

/// Names that nobody committed to: of no row, or another one than the row's.
fn wrong_names(names: &Map<String, Value>, rows: &[Value]) -> Vec<Message> {
    let commits: BTreeMap<&str, &str> =
        rows.iter().filter_map(|row| Some((id_of(row), row.get("name_commit")?.as_str()?))).collect();
    let is_right = |id: &str, named: &Value| -> Option<bool> {
        let named = named.as_object().filter(|named| named.len() == 2)?;
        let salt = unhex(named.get("salt")?.as_str()?).filter(|salt| salt.len() == 16)?;
        let name = named.get("name")?;
        let is_plain = name.as_object()?.values().all(Value::is_string);
        let digest = Sha256::new().chain_update(salt).chain_update(canonical(name)?).finalize();
        Some(is_plain && Id::of(id).is_some() && unhex(commits.get(id)?)? == digest.as_slice())
    };
    let wrong = names.iter().filter(|(id, named)| is_right(id, named) != Some(true));
    wrong.map(|(id, _)| msg!("{} 的姓名不是发布时的那一个", id)).collect()
}

#[cfg(test)]
mod tests;
