//! The log of publications: one chain, and forks that are found.
use super::super::json::canonical;
use super::super::*;
use super::files::signed;
use serde_json::json;

fn chain(count: i64, from: &[Value], seed: u8) -> Vec<Value> {
    let mut chain = from.to_vec();
    for seq in chain.len() as i64 + 1..=count {
        let prev = chain.last().map_or(json!(NOTHING), |last| last["hash"].clone());
        chain.push(signed(
            json!({"seq": seq, "at": "2026-11-28T12:00:00Z", "event": "final", "ranking": seq, "revision": 1,
            "document": "00", "rows_root": "00", "prev": prev, "lost": null}),
            seed,
        ));
    }
    chain
}

fn part(entries: &[Value], from: i64, next: Option<i64>) -> Vec<u8> {
    let key = entries.last().map_or(json!(""), |last| last["key"].clone());
    canonical(&json!({"format": "weixiao-log-1", "key": key, "from": from, "next": next, "entries": entries}))
        .unwrap()
        .into_bytes()
}

#[test]
fn a_log_is_one_chain() {
    let entries = chain(5, &[], 7);
    assert_eq!(log(&[part(&entries, 1, None)]).unwrap().len(), 5);
    assert_eq!(log(&[part(&entries[..2], 1, Some(3)), part(&entries[2..], 3, None)]).unwrap().len(), 5);
    assert!(log(&[part(&[], 1, None)]).unwrap().is_empty());
    assert!(log(&[part(&entries[..2], 1, Some(3))]).is_err(), "not all of it");
    assert!(log(&[part(&entries[2..], 3, None)]).is_err());
    assert!(log(&[part(&[&entries[..2], &entries[3..]].concat(), 1, None)]).is_err(), "one vanished");
    assert!(log(&[part(&chain(5, &entries[..3], 8), 1, None)]).is_err(), "two keys");
    let mut altered = entries.clone();
    altered[2]["revision"] = json!(2);
    assert!(log(&[part(&altered, 1, None)]).is_err());
}

#[test]
fn a_log_that_forked_is_found_and_says_whether_that_was_declared() {
    let older = chain(5, &[], 7);
    let read = |entries: &[Value]| log(&[part(entries, 1, None)]).unwrap();
    assert!(compared(&read(&older[..3]), &read(&older)).is_empty());
    let shorter = compared(&read(&older), &read(&older[..3]));
    assert!(
        shorter[0].to_string().contains('3') && shorter[1].to_string().contains("没有声明"),
        "{shorter:?}"
    );
    let mut forked = older[..3].to_vec();
    forked.push(signed(
        json!({"seq": 4, "at": "2026-11-29T12:00:00Z", "event": "final", "ranking": 9, "revision": 1,
        "document": "11", "rows_root": "11", "prev": forked[2]["hash"], "lost": null}),
        7,
    ));
    let problems = compared(&read(&older), &read(&forked));
    assert!(
        problems[0].to_string().contains('4') && problems[1].to_string().contains("没有声明"),
        "{problems:?}"
    );
    let mut declared = older[..3].to_vec();
    declared.push(signed(json!({"seq": 4, "at": "2026-11-29T12:00:00Z", "event": "restored", "ranking": null, "revision": null, "document": null, "rows_root": null,
        "prev": declared[2]["hash"], "lost": {"seq": 5, "hash": older[4]["hash"], "reason": "磁盘坏了"}}), 7));
    let problems = compared(&read(&older), &read(&declared));
    assert!(problems[1].to_string().contains("磁盘坏了"), "{problems:?}");
}
