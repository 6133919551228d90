//! Rankings: computed by one, checked by another, published, corrected, taken back; what is downloaded is what the verifier takes; the
//! log of publications, and a restored database that does not have all of it.
use crate::commands::{run, weixiao};
use crate::world::{Answer, FOLDER, World, config, server};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Barrier;
use weixiao::audit::Doer;
use weixiao::clock::{self, Timestamp};
use weixiao::config::Config;
use weixiao::db::{Address, Db};
use weixiao::error::{Error, Result};
use weixiao::ids::{AccountId, RankingId, SnapshotId};
use weixiao::rankings::{self, Draft, Kind, Named, Witness};
use weixiao::site;
use weixiao::upkeep::{backup, doctor};
use weixiao::verify;

/// A final of so many entries with five judges, of whom one leaves out one entry. `better` is what a correction changes.
fn draft(subject: i64, entries: usize, better: bool) -> Draft {
    let method = json!({
        "kind": "contest",
        "criteria": [
            {"key": "content", "name": "内容", "weight": 60, "max": "100", "step": "0.5", "is_content": true},
            {"key": "speech", "name": "表达", "weight": 40, "max": "100", "step": "0.5", "is_content": false},
        ],
        "trim": {"low": 1, "high": 1, "least": 5},
        "panels": "single", "coefficient_places": null, "pull": "0", "time": null, "audience": null,
        "places": 2, "breakers": ["content", "median", "duel", "vote"],
        "promote": {"n": 3, "boundary": "strict", "per_alliance": null, "per_panel": null},
    });
    let mut inputs = vec![];
    for at in 1..=entries {
        let id = format!("E{at:02}");
        inputs.push(json!({"t": "entry", "entry": id, "panel": "A", "alliance": "X1", "seconds": null, "audience_place": null, "votes": null}));
        for judge in 1..=5_usize {
            let content = 95 - 2 * at + judge + if better && at == 4 { 20 } else { 0 };
            let content = content.min(100);
            if at == 2 && judge == 5 {
                inputs.push(json!({"t": "apart", "entry": id, "judge": "J05", "why": "recused"}));
            } else {
                inputs.push(json!({"t": "sheet", "entry": id, "judge": format!("J{judge:02}"), "scores": {"content": content.to_string(), "speech": "88.5"}}));
            }
        }
    }
    let excluded = vec![json!({"id": format!("E{entries:02}"), "reason": "withdrawn"})];
    let rows = verify::recomputed(&method, &inputs, &excluded).unwrap();
    let named = |row: &Value| {
        let id = row["entry"].as_str().unwrap().to_owned();
        let name = json!({"name": format!("讲师{id}"), "lecture": format!("课题{id}"), "school": "金堤村微党校", "alliance": "灌区联盟"});
        // One did not agree.
        let agreed = id != "E03";
        (id, Named { name, agreed, link: agreed.then(|| "/lectures/1".to_owned()) })
    };
    Draft {
        subject: ("contest_round", subject),
        kind: Kind::Contest,
        title: format!("第 {subject} 场决赛"),
        names: rows.iter().map(named).collect::<BTreeMap<_, _>>(),
        method,
        inputs,
        rows,
        excluded,
        reason: better.then(|| "第 4 件的一份评分表录错".to_owned()),
        object_path: Some("/feedback".into()),
    }
}

fn doer(world: &World, name: &str) -> Doer {
    let account = world.number(&format!("SELECT id FROM accounts WHERE username = '{name}'"));
    Doer { account: Some(AccountId(account)), ..Doer::default() }
}

fn compute(world: &World, draft: &Draft) -> Result<SnapshotId> {
    let doer = doer(world, "organizer");
    world.db.write_now(|conn| rankings::compute(conn, draft, &doer, clock::now()))
}

fn check(world: &World, id: SnapshotId) -> Result<()> {
    let doer = doer(world, "checker");
    world.db.write_now(|conn| rankings::check(conn, id, &doer, clock::now()))
}

fn witness(path: Option<PathBuf>) -> Witness {
    Witness::of(&Config { witness: path, ..config("sqlite:x") })
}

fn publish_with(world: &World, witness: &Witness, id: SnapshotId, now: Timestamp) -> Result<()> {
    let doer = doer(world, "organizer");
    rankings::publishing(&world.db, witness, |conn, press| {
        rankings::publish(conn, press, id, Some(5), &doer, now)
    })
}

fn publish(world: &World, id: SnapshotId) -> Result<()> {
    publish_with(world, &witness(None), id, clock::now())
}

fn finish(world: &World, id: SnapshotId, now: Timestamp) -> Result<()> {
    let doer = doer(world, "organizer");
    rankings::publishing(&world.db, &witness(None), |conn, press| {
        rankings::finish(conn, press, id, &doer, now)
    })
}

/// Computes, checks and publishes a ranking.
pub fn published(world: &World, subject: i64) -> SnapshotId {
    let id = compute(world, &draft(subject, 6, false)).unwrap();
    check(world, id).unwrap();
    publish(world, id).unwrap();
    id
}

fn corrected(world: &World, subject: i64) -> SnapshotId {
    let id = compute(world, &draft(subject, 6, true)).unwrap();
    check(world, id).unwrap();
    publish(world, id).unwrap();
    id
}

fn ranking_of(world: &World, id: SnapshotId) -> i64 {
    world.number(&format!("SELECT ranking_id FROM ranking_snapshots WHERE id = {id}"))
}

fn refused<T: std::fmt::Debug>(outcome: Result<T>) -> String {
    match outcome {
        Err(Error::Refused(why)) => why.to_string(),
        other => panic!("{other:?}"),
    }
}

fn entries(answer: &Answer) -> Vec<verify::Entry> {
    verify::log(std::slice::from_ref(&answer.raw)).unwrap_or_else(|problems| panic!("{problems:?}"))
}

#[actix_web::test]
async fn two_persons_bring_a_ranking_to_the_public_and_a_third_step_makes_it_final() {
    let world = World::new();
    let (organizer, checker) = (world.signed_in("organizer").await, world.signed_in("checker").await);
    let (visitor, member) = (world.visitor(), world.signed_in("member").await);
    let id = compute(&world, &draft(7, 6, false)).unwrap();
    let ranking = ranking_of(&world, id);
    let desk = format!("/organize/rankings/{id}");
    let (own, file) = (format!("/rankings/{ranking}"), format!("/rankings/{ranking}.json"));
    // Nobody sees what is not published.
    for path in [&own, &file, &format!("{own}/1"), &format!("{own}/1.csv")] {
        assert_eq!(visitor.get(path).await.status, 404, "{path}");
    }
    assert!(!visitor.get("/rankings").await.body.contains("第 7 场决赛"));
    assert_eq!(member.get(&desk).await.status, 403);
    // Whoever computed it does not check it, and is told so.
    let page = organizer.get(&desk).await;
    assert!(page.body.contains("要由另一个人复核") && !page.body.contains("/check\""), "{}", page.body);
    assert_eq!(organizer.post(&format!("{desk}/check"), &[]).await.status, 409);
    assert!(refused(publish(&world, id)).contains("不在这一步"), "not checked yet");
    assert!(checker.get("/organize/rankings").await.body.contains("第 7 场决赛"));
    assert!(checker.get(&desk).await.body.contains("重算并复核"));
    for _ in 0..2 {
        assert_eq!(checker.post(&format!("{desk}/check"), &[]).await.status, 303, "also sent twice");
    }
    assert_eq!(checker.post(&format!("{desk}/publish"), &[("days", "5")]).await.status, 403);
    assert_eq!(visitor.get(&own).await.status, 404);
    // A contest's result is published by the contest, which keeps the days that it promised: the desk sends there.
    let page = organizer.get(&desk).await;
    assert!(
        page.body.contains("href=\"/score/rounds/7/result\"") && !page.body.contains("/publish\""),
        "{}",
        page.body
    );
    let here = organizer.post(&format!("{desk}/publish"), &[("days", "60")]).await;
    assert!(here.status == 409 && here.body.contains("在赛课的结果页公布"), "{}", here.body);
    assert_eq!(world.number("SELECT COUNT(*) FROM publications"), 0);
    // The notice of a contest is not short.
    let by = doer(&world, "organizer");
    let short = rankings::publishing(&world.db, &witness(None), |conn, press| {
        rankings::publish(conn, press, id, Some(4), &by, clock::now())
    });
    assert!(refused(short).contains("至少公示 5 个工作日"));
    for _ in 0..2 {
        publish(&world, id).unwrap();
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM publications"), 1);
    let page = visitor.get(&own).await;
    assert_eq!(page.status, 200);
    // INV-K3: method, as-of time, how many, who is left out, revision.
    for part in [
        "公示中",
        "统计到",
        "列入 5 个，没有列入 1 个",
        "5 名评委",
        "版次 1",
        "已退出或已下架",
        "E06",
        "去掉 1 份最高的",
        "讲师E01",
        "《课题E01》",
        "回避 1 人次",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    assert!(!page.body.contains("讲师E03") && page.body.contains("E03"), "who did not agree is a number");
    assert!(page.body.contains("其余 2 件"), "who did not go on has no place here");
    assert!(visitor.get("/rankings").await.body.contains("第 7 场决赛"));
    // Not before the notice is over, and not while an objection is open.
    let now = clock::now();
    assert!(refused(finish(&world, id, now)).contains("公示期到"));
    let here = organizer.post(&format!("{desk}/finish"), &[]).await;
    assert!(here.status == 409 && here.body.contains("在赛课的结果页公布"), "{}", here.body);
    let person = world.number("SELECT person_id FROM accounts WHERE username = 'member'");
    let account = world.number("SELECT id FROM accounts WHERE username = 'member'");
    world.sql(&format!(
        "INSERT INTO cases (kind, level, subject_kind, subject_id, person_id, path, filed_by, filed_at, due_on, state, key) \
         VALUES ('objection', 1, 'snapshot', {id}, {person}, '/', {account}, CURRENT_TIMESTAMP, '2026-12-31', 'filed', 'objection-1')"
    ));
    let later = now + chrono::Duration::days(15);
    assert!(refused(finish(&world, id, later)).contains("没办完的异议"));
    assert_eq!(world.text(&format!("SELECT state FROM ranking_snapshots WHERE id = {id}")), "provisional");
    world.sql("UPDATE cases SET state = 'dismissed', decided_by = 1, decided_at = CURRENT_TIMESTAMP WHERE key = 'objection-1'");
    finish(&world, id, later).unwrap();
    assert!(refused(finish(&world, id, later)).contains("不在这一步"), "it is final already");
    assert!(visitor.get(&own).await.body.contains("正式结果"));
    let log = entries(&visitor.get("/rankings/log.json").await);
    assert_eq!(log.iter().map(|entry| entry.event.as_str()).collect::<Vec<_>>(), ["provisional", "final"]);
    for action in ["ranking_computed", "ranking_checked", "ranking_published", "ranking_final"] {
        let count = world.number(&format!("SELECT COUNT(*) FROM audit_entries WHERE action = '{action}'"));
        assert_eq!(count, 1, "{action}");
    }
}

#[actix_web::test]
async fn what_is_downloaded_is_what_the_verifier_takes() {
    let world = World::new();
    let visitor = world.visitor();
    let ranking = ranking_of(&world, published(&world, 1));
    let newest = visitor.get(&format!("/rankings/{ranking}.json")).await;
    let named = visitor.get(&format!("/rankings/{ranking}/1.json")).await;
    assert_eq!(newest.raw, named.raw);
    assert!(newest.headers["content-disposition"].contains("attachment"));
    let accepted = verify::file(&newest.raw).unwrap();
    assert_eq!((accepted.rows, accepted.excluded, accepted.names, accepted.revision), (5, 1, 4, 1));
    assert!(
        !newest.body.contains("讲师E03") && !newest.body.contains("讲师E06"),
        "names only where somebody agreed"
    );
    let page = visitor.get(&format!("/rankings/{ranking}")).await;
    assert!(
        page.body.contains(&accepted.rows_root)
            && page.body.contains(accepted.publication.document.as_ref().unwrap())
    );
    // As a table: Excel and WPS read it, and no cell is a formula.
    let csv = visitor.get(&format!("/rankings/{ranking}.csv")).await;
    assert!(csv.raw.starts_with("\u{feff}名次,编号,姓名".as_bytes()), "{}", csv.body);
    assert!(csv.headers["content-type"].starts_with("text/csv"));
    assert_eq!(csv.body.lines().count(), 6);
    assert!(csv.body.contains("讲师E01") && !csv.body.contains("讲师E03"));
    let xlsx = visitor.get(&format!("/rankings/{ranking}/1.xlsx")).await;
    assert!(xlsx.raw.starts_with(b"PK"));
    let rows = weixiao::web::sheet::read(&xlsx.raw).unwrap();
    assert!(rows.iter().flatten().any(|cell| cell == "讲师E01"), "{rows:?}");
    for path in [
        "/rankings/999",
        "/rankings/999.json",
        "/rankings/x",
        "/rankings/1/9",
        "/rankings/1/0.csv",
        "/rankings/1?page=9",
    ] {
        assert_eq!(visitor.get(path).await.status, 404, "{path}");
    }
    // The notice on paper.
    assert!(page.body.contains("/static/rankings-") && page.body.contains("class=\"print-only signed\""));
    let english = world.visitor();
    english.post("/manner", &[("lang", "en"), ("back", "/")]).await;
    let page = english.get(&format!("/rankings/{ranking}")).await;
    assert!(page.body.contains("On notice") && page.body.contains("5 judges scored"), "{}", page.body);
}

#[actix_web::test]
async fn a_correction_is_the_next_revision_and_says_who_moved_and_why() {
    let world = World::new();
    let visitor = world.visitor();
    let first = published(&world, 3);
    let ranking = ranking_of(&world, first);
    let silent = Draft { reason: Some("  ".into()), ..draft(3, 6, true) };
    assert!(refused(compute(&world, &silent)).contains("写明原因"));
    let second = corrected(&world, 3);
    let page = visitor.get(&format!("/rankings/{ranking}")).await;
    assert!(page.body.contains("版次 2") && page.body.contains("第 4 件的一份评分表录错"), "{}", page.body);
    assert!(
        page.body.contains("<th scope=\"row\">E04</th><td class=\"n\">4</td><td class=\"n\">1</td>"),
        "{}",
        page.body
    );
    let old = visitor.get(&format!("/rankings/{ranking}/1")).await;
    assert!(
        old.status == 200 && old.body.contains("这一版已被新版取代") && old.body.contains("看第 2 版"),
        "{}",
        old.body
    );
    for revision in [1, 2] {
        let file = visitor.get(&format!("/rankings/{ranking}/{revision}.json")).await;
        let accepted = verify::file(&file.raw).unwrap();
        assert_eq!(accepted.publication.event, if revision == 1 { "superseded" } else { "provisional" });
    }
    let events: Vec<String> =
        entries(&visitor.get("/rankings/log.json").await).into_iter().map(|entry| entry.event).collect();
    assert_eq!(events, ["provisional", "superseded", "provisional"]);
    assert!(second > first);
    let log = visitor.get("/rankings/log").await;
    assert!(
        log.body.contains("已被新版取代") && log.body.contains(&format!("/rankings/{ranking}/2")),
        "{}",
        log.body
    );
}

#[actix_web::test]
async fn what_is_taken_back_leaves_a_stone() {
    let world = World::new();
    let (visitor, organizer) = (world.visitor(), world.signed_in("organizer").await);
    let id = published(&world, 4);
    let ranking = ranking_of(&world, id);
    let path = format!("/organize/rankings/{id}/withdraw");
    let empty = organizer.post(&path, &[("reason", " ")]).await;
    assert!(empty.status == 422 && empty.body.contains("请填写"));
    let long = "长".repeat(501);
    let too_long = organizer.post(&path, &[("reason", &long)]).await;
    assert!(too_long.status == 422 && too_long.body.contains(&long), "what was typed is kept");
    assert_eq!(organizer.post(&path, &[("reason", "评分表被改动过 <b>")]).await.status, 303);
    assert_eq!(organizer.post(&path, &[("reason", "再来")]).await.status, 409);
    for address in [format!("/rankings/{ranking}"), format!("/rankings/{ranking}/1")] {
        let stone = visitor.get(&address).await;
        assert_eq!(stone.status, 410, "{address}");
        assert!(
            stone.body.contains("评分表被改动过 &lt;b&gt;")
                || stone.body.contains("评分表被改动过 &#60;b&#62;"),
            "{}",
            stone.body
        );
    }
    for ending in ["json", "csv", "xlsx"] {
        assert_eq!(visitor.get(&format!("/rankings/{ranking}.{ending}")).await.status, 410);
    }
    assert!(visitor.get("/rankings").await.body.contains("已撤回"));
    assert_eq!(entries(&visitor.get("/rankings/log.json").await).last().unwrap().event, "withdrawn");
    // The next revision stands again, and the stone stays.
    corrected(&world, 4);
    assert_eq!(visitor.get(&format!("/rankings/{ranking}")).await.status, 200);
    assert_eq!(visitor.get(&format!("/rankings/{ranking}/1")).await.status, 410);
}

#[actix_web::test]
async fn a_name_that_is_taken_out_is_gone_everywhere_and_breaks_nothing() {
    let world = World::new();
    let (visitor, organizer) = (world.visitor(), world.signed_in("organizer").await);
    let ranking = ranking_of(&world, published(&world, 5));
    corrected(&world, 5);
    let addresses: Vec<String> = ["", ".json", ".csv", "/1", "/1.json", "/1.csv"]
        .map(|end| format!("/rankings/{ranking}{end}"))
        .into();
    for address in &addresses {
        assert!(visitor.get(address).await.body.contains("讲师E01"), "{address}");
    }
    let path = format!("/organize/rankings/of/{ranking}/redact");
    assert_eq!(organizer.post(&path, &[("subject", "E01"), ("reason", "")]).await.status, 409);
    assert_eq!(organizer.post(&path, &[("subject", "E99"), ("reason", "本人要求")]).await.status, 404);
    for _ in 0..2 {
        assert_eq!(organizer.post(&path, &[("subject", "e01"), ("reason", "本人要求")]).await.status, 303);
    }
    for address in &addresses {
        let answer = visitor.get(address).await;
        assert!(
            !answer.body.contains("讲师E01") && !answer.body.contains("课题E01"),
            "{address}: {}",
            answer.body
        );
        if address.ends_with(".json") {
            verify::file(&answer.raw).unwrap();
        }
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM ranking_redactions"), 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM audit_entries WHERE action = 'name_redacted'"), 1);
    let kept = "SELECT COUNT(*) FROM ranking_names WHERE subject = 'E01' AND (salt IS NOT NULL OR name IS NOT NULL OR link IS NOT NULL)";
    assert_eq!(world.number(kept), 0);
    // Nor does it come back with the next revision, whose draft still says it.
    let next = compute(&world, &Draft { reason: Some("又一版".into()), ..draft(5, 6, false) }).unwrap();
    assert_eq!(world.number(kept), 0, "not even before it is published");
    assert!(!organizer.get(&format!("/organize/rankings/{next}")).await.body.contains("讲师E01"));
    check(&world, next).unwrap();
    publish(&world, next).unwrap();
    for address in ["", ".json", ".csv", "/3", "/3.json", "/3.csv", "/2.json", "/1"] {
        let answer = visitor.get(&format!("/rankings/{ranking}{address}")).await;
        assert_eq!(answer.status, 200, "{address}");
        assert!(!answer.body.contains("讲师E01") && !answer.body.contains("课题E01"), "{address}");
        assert!(answer.body.contains("E01") && answer.body.contains("讲师E02"), "{address}: the others stay");
        if address.ends_with(".json") {
            verify::file(&answer.raw).unwrap();
        }
    }
    let file = visitor.get(&format!("/rankings/{ranking}/3.json")).await;
    assert_eq!(verify::file(&file.raw).unwrap().names, 3, "four agreed, one was taken out");
}

#[test]
fn what_the_verifier_does_not_come_to_is_not_checked() {
    let world = World::new();
    let mut wrong = draft(6, 6, false);
    wrong.rows[1]["score"] = json!("99.99");
    let id = compute(&world, &wrong).unwrap();
    let why = refused(check(&world, id));
    assert!(why.contains("E02") && why.contains("99.99"), "{why}");
    assert_eq!(world.text(&format!("SELECT state FROM ranking_snapshots WHERE id = {id}")), "computed");
    // What was computed and not published gives way to the next computation, under the same number.
    let again = compute(&world, &draft(6, 6, false)).unwrap();
    assert_eq!(world.number("SELECT COUNT(*) FROM ranking_snapshots"), 1);
    assert_eq!(world.number("SELECT revision FROM ranking_snapshots"), 1);
    check(&world, again).unwrap();
}

#[test]
fn of_two_at_once_there_is_one() {
    let world = World::new();
    let draft = draft(8, 6, false);
    let at_once = |work: &(dyn Fn() -> bool + Sync)| -> usize {
        let barrier = Barrier::new(4);
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        barrier.wait();
                        work()
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).filter(|won| *won).count()
        })
    };
    at_once(&|| compute(&world, &draft).is_ok());
    assert_eq!(world.number("SELECT COUNT(*) FROM ranking_snapshots"), 1);
    let id = SnapshotId(world.number("SELECT id FROM ranking_snapshots"));
    at_once(&|| check(&world, id).is_ok());
    at_once(&|| publish(&world, id).is_ok());
    assert_eq!(world.number("SELECT COUNT(*) FROM publications"), 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM audit_entries WHERE action = 'ranking_published'"), 1);
    // Rankings that are published at the same moment stand one behind the other in one chain.
    let ids: Vec<SnapshotId> = (20..26)
        .map(|subject| {
            let id = compute(&world, &self::draft(subject, 6, false)).unwrap();
            check(&world, id).unwrap();
            id
        })
        .collect();
    let barrier = Barrier::new(ids.len());
    let published = std::thread::scope(|scope| {
        let threads: Vec<_> = ids
            .iter()
            .map(|id| {
                let (barrier, world) = (&barrier, &world);
                scope.spawn(move || {
                    barrier.wait();
                    publish(world, *id).is_ok()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).filter(|won| *won).count()
    });
    assert_eq!(published, 6);
    assert_eq!(world.number("SELECT COUNT(*) FROM publications"), 7);
    assert_eq!(world.number("SELECT COUNT(DISTINCT prev) FROM publications"), 7);
}

#[test]
fn what_was_published_does_not_change() {
    let world = World::new();
    let id = published(&world, 9);
    for sql in [
        format!("UPDATE ranking_snapshots SET rows_root = 'x' WHERE id = {id}"),
        format!("UPDATE ranking_snapshots SET document = document WHERE id = {id}"),
        format!("UPDATE ranking_snapshots SET state = 'computed' WHERE id = {id}"),
        format!("UPDATE ranking_snapshots SET checked_by = computed_by WHERE id = {id}"),
        format!("DELETE FROM ranking_snapshots WHERE id = {id}"),
        "UPDATE ranking_rows SET score = '1'".into(),
        "DELETE FROM ranking_rows".into(),
        "UPDATE ranking_names SET name = '{}'".into(),
        "DELETE FROM ranking_names".into(),
        "UPDATE publications SET hash = 'x'".into(),
        "DELETE FROM publications".into(),
    ] {
        assert!(world.try_sql(&sql).is_err(), "{sql}");
    }
    // INV-K2: the document that is kept gives the same root, byte for byte.
    let kept = world.text(&format!("SELECT rows_root FROM ranking_snapshots WHERE id = {id}"));
    let document = world.text(&match server() {
        Some(_) => format!("SELECT convert_from(document, 'UTF8') FROM ranking_snapshots WHERE id = {id}"),
        None => format!("SELECT document FROM ranking_snapshots WHERE id = {id}"),
    });
    let document: Value = serde_json::from_str(&document).unwrap();
    assert_eq!(verify::document(document.as_object().unwrap()).unwrap().rows_root, kept);
}

#[actix_web::test]
async fn pages_of_visitors_are_kept_and_a_change_is_seen_at_once() {
    let world = World::new();
    let other = World::at(world.url.clone());
    let id = published(&world, 10);
    let ranking = ranking_of(&world, id);
    let (here, there) = (world.visitor(), other.visitor());
    for path in [
        "/rankings".to_owned(),
        "/rankings/log".into(),
        format!("/rankings/{ranking}"),
        format!("/rankings/{ranking}/1"),
    ] {
        here.get(&path).await;
        there.get(&path).await;
        let before = world.db.statements();
        assert_eq!(here.get(&path).await.status, 200);
        assert_eq!(world.db.statements(), before, "{path} costs nothing");
    }
    let doer = doer(&world, "organizer");
    rankings::publishing(&world.db, &witness(None), |conn, press| {
        rankings::withdraw(conn, press, id, "撤", &doer, clock::now())
    })
    .unwrap();
    for browser in [&here, &there] {
        assert_eq!(browser.get(&format!("/rankings/{ranking}")).await.status, 410);
        assert!(browser.get("/rankings/log").await.body.contains("已撤回"));
    }
}

#[actix_web::test]
async fn the_desk_tells_what_is_wrong_and_who_may() {
    let world = World::new();
    let organizer = world.signed_in("organizer").await;
    assert_eq!(world.visitor().get("/organize/rankings").await.status, 303);
    assert_eq!(world.signed_in("member").await.get("/organize/rankings").await.status, 403);
    assert_eq!(world.signed_in("checker").await.get("/organize/rankings/new").await.status, 403);
    // A role for a part of the city does not reach the city's rankings.
    world.sql("INSERT INTO grants (account_id, role, scope_kind, scope_id, granted_at) SELECT id, 'organizer', 'alliance', 1, CURRENT_TIMESTAMP FROM accounts WHERE username = 'member2'");
    assert_eq!(world.signed_in("member2").await.get("/organize/rankings").await.status, 404);
    let bad = organizer
        .post("/organize/rankings", &[("kind", "contest"), ("title", "好课 <榜>"), ("top_k", "0")])
        .await;
    assert_eq!(bad.status, 422);
    assert!(
        bad.body.contains("请选一项") && bad.body.contains("好课 &#60;榜&#62;")
            || bad.body.contains("好课 &lt;榜&gt;"),
        "{}",
        bad.body
    );
    let good = [("kind", "lecture_rating"), ("title", "好课榜"), ("top_k", "100")];
    assert_eq!(organizer.post("/organize/rankings", &good).await.status, 303);
    assert_eq!(world.number("SELECT COUNT(*) FROM jobs WHERE kind = 'rank' AND state = 'queued'"), 1);
    let twice = organizer.post("/organize/rankings", &good).await;
    assert!(twice.status == 422 && twice.body.contains("这一种榜已经有了"), "{}", twice.body);
    let ranking = world.number("SELECT id FROM rankings");
    assert!(organizer.get("/organize/rankings").await.body.contains("好课榜"));
    assert_eq!(organizer.post(&format!("/organize/rankings/of/{ranking}/compute"), &[]).await.status, 303);
    assert_eq!(world.number("SELECT COUNT(*) FROM jobs WHERE kind = 'rank'"), 1, "it is asked for already");
    let contest = ranking_of(&world, published(&world, 11));
    assert_eq!(
        organizer.post(&format!("/organize/rankings/of/{contest}/compute"), &[("reason", "x")]).await.status,
        404
    );
    assert_eq!(organizer.get("/organize/rankings/999").await.status, 404);
    for state in ["computed", "checked", "provisional", "final", "superseded", "withdrawn", "nonsense"] {
        assert_eq!(organizer.get(&format!("/organize/rankings?state={state}")).await.status, 200);
    }
}

/// A folder of its own.
fn folder(name: &str) -> PathBuf {
    let path = FOLDER.join(format!("{name}-{}", weixiao::ids::random_hex(4)));
    std::fs::create_dir_all(path.join("media")).unwrap();
    path
}

fn printed(out: &std::process::Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr))
}

#[actix_web::test]
async fn the_command_accepts_what_was_published_and_refuses_what_was_changed() {
    let world = World::new();
    let visitor = world.visitor();
    let ranking = ranking_of(&world, published(&world, 12));
    let folder = folder("verify");
    let (file, log) = (folder.join("r.json"), folder.join("log.json"));
    std::fs::write(&file, visitor.get(&format!("/rankings/{ranking}.json")).await.raw).unwrap();
    let early = visitor.get("/rankings/log.json").await;
    std::fs::write(&log, &early.raw).unwrap();
    let verified = |arguments: &[&str]| {
        let out = weixiao(&["verify"]).args(arguments).output().unwrap();
        (out.status.success(), printed(&out))
    };
    let (file, log) = (file.to_str().unwrap(), log.to_str().unwrap());
    let (is_fine, text) = verified(&[file, "--publications", log]);
    assert!(is_fine && text.contains("通过核对") && text.contains("5 行"), "{text}");
    let key = entries(&early)[0].key.clone();
    assert!(verified(&[file, "--key", &key]).0);
    assert!(!verified(&[file, "--key", &"0".repeat(64)]).0);
    // One digit.
    let text = std::fs::read_to_string(file).unwrap();
    let at = text.find("\"score\":\"").unwrap() + 9;
    let digit = if &text[at..=at] == "9" { "8" } else { "9" };
    let changed = folder.join("changed.json");
    std::fs::write(&changed, format!("{}{digit}{}", &text[..at], &text[at + 1..])).unwrap();
    let (is_fine, said) = verified(&[changed.to_str().unwrap()]);
    assert!(
        !is_fine && said.contains("没有通过核对") && said.contains("score") && said.contains("重算得"),
        "{said}"
    );
    assert!(!verified(&["/nowhere.json"]).0);
    // The log of somebody else does not have it.
    let other = World::new();
    published(&other, 12);
    let others = folder.join("others.json");
    std::fs::write(&others, other.visitor().get("/rankings/log.json").await.raw).unwrap();
    let (is_fine, said) = verified(&[file, "--publications", others.to_str().unwrap()]);
    assert!(!is_fine && said.contains("不在日志里"), "{said}");
    // A longer log goes on from the older one.
    corrected(&world, 12);
    let later = folder.join("later.json");
    std::fs::write(&later, visitor.get("/rankings/log.json").await.raw).unwrap();
    let (is_fine, said) = verified(&[file, "--publications", later.to_str().unwrap(), "--known", log]);
    assert!(is_fine && said.contains("superseded"), "{said}");
    let (is_fine, said) = verified(&["--publications", others.to_str().unwrap(), "--known", log]);
    assert!(!is_fine && said.contains("从第 1 条起不同") && said.contains("没有声明"), "{said}");
    // In parts.
    let part = visitor.get("/rankings/log.json?from=2").await;
    assert!(part.body.contains("\"from\":2") && verify::log(&[part.raw]).is_err(), "half a log is none");
}

#[actix_web::test]
async fn a_restored_backup_that_forks_the_log_publishes_nothing_until_it_is_said() {
    if server().is_some() {
        // The witness is the same; the backup of a server is pg_dump's.
        return;
    }
    let world = World::new();
    let folder = folder("fork");
    let path = folder.join("publications.json");
    let settings =
        |url: &str| Config { media: folder.join("media"), witness: Some(path.clone()), ..config(url) };
    let kept = witness(Some(path.clone()));
    let ready = |world: &World, subject: i64| {
        let id = compute(world, &draft(subject, 6, false)).unwrap();
        check(world, id).unwrap();
        id
    };
    publish_with(&world, &kept, ready(&world, 1), clock::now()).unwrap();
    backup::make(&world.db, &settings(&world.url), &folder.join("backup"), clock::now()).unwrap();
    publish_with(&world, &kept, ready(&world, 2), clock::now()).unwrap();
    publish_with(&world, &kept, ready(&world, 3), clock::now()).unwrap();
    let lost = entries(&world.visitor().get("/rankings/log.json").await);
    assert_eq!(lost.len(), 3);
    // The disk is gone; the backup is put in its place.
    let url = format!("sqlite:{}", folder.join("restored.db").display());
    backup::restore(&folder.join("backup"), &Address::of(&url).unwrap(), &folder.join("media")).unwrap();
    let restored = World::at(url.clone());
    let id = ready(&restored, 4);
    let why = refused(publish_with(&restored, &kept, id, clock::now()));
    assert!(why.contains("第 3 条") && why.contains("log-continue"), "{why}");
    assert_eq!(restored.number("SELECT COUNT(*) FROM publications"), 1, "nothing was published");
    assert!(rankings::start(&restored.db, &kept).is_err(), "a server that starts says so");
    let findings = doctor::examine(&settings(&url), clock::now());
    let bad = findings.iter().find(|one| one.about.to_string() == "发布日志").unwrap();
    assert!(bad.grade == doctor::Grade::Bad && bad.text.to_string().contains("log-continue"), "{bad:?}");
    let with = restored.with(|config| config.witness = Some(path.clone()));
    let page = with.signed_in("organizer").await;
    assert!(page.get("/organize/rankings").await.body.contains("可能恢复了旧备份"));
    // An operator says it.
    let media = folder.join("media");
    let arguments = ["log-continue", "--media", media.to_str().unwrap(), "--reason"];
    assert!(!run(&[&arguments[..], &[" "]].concat(), &url).status.success());
    let out = run(&[&arguments[..], &["机房停电，磁盘损坏"]].concat(), &url);
    assert!(out.status.success() && printed(&out).contains("第 3 条"), "{}", printed(&out));
    let again = run(&[&arguments[..], &["再说一次"]].concat(), &url);
    assert!(!again.status.success() && printed(&again).contains("没有什么要声明"), "{}", printed(&again));
    publish_with(&restored, &kept, id, clock::now()).unwrap();
    let log = entries(&with.visitor().get("/rankings/log.json").await);
    assert_eq!(
        log.iter().map(|entry| entry.event.as_str()).collect::<Vec<_>>(),
        ["provisional", "restored", "provisional"]
    );
    assert_eq!(log[1].lost.as_ref().unwrap().hash, lost[2].hash);
    let told: String = verify::compared(&lost, &log).iter().map(ToString::to_string).collect();
    assert!(told.contains("从第 2 条起不同") && told.contains("磁盘损坏"), "{told}");
    assert!(with.visitor().get("/rankings/log").await.body.contains("磁盘损坏"));
    assert!(
        doctor::examine(&settings(&url), clock::now())
            .iter()
            .all(|one| one.about.to_string() != "发布日志" || one.grade == doctor::Grade::Good)
    );
    // A witness that nobody can read stops publishing too.
    std::fs::write(&path, "{").unwrap();
    let id = ready(&restored, 5);
    assert!(refused(publish_with(&restored, &kept, id, clock::now())).contains("读不出来"));
    let _ = Db::attach(&url);
}

#[test]
fn an_objection_holds_the_snapshot() {
    let world = World::new();
    let id = published(&world, 13);
    let is_open =
        |world: &World| world.db.write_now(|conn| rankings::is_open_to_objections(conn, id)).unwrap();
    assert!(is_open(&world));
    finish(&world, id, clock::now() + chrono::Duration::days(15)).unwrap();
    assert!(!is_open(&world));
    assert!(world.db.read_now(|conn| rankings::standing(conn, ("contest_round", 13))).unwrap().is_some());
    assert!(world.db.read_now(|conn| rankings::standing(conn, ("contest_round", 99))).unwrap().is_none());
    let rows = world.db.read_now(|conn| rankings::rows(conn, id, 0, 100)).unwrap();
    assert_eq!(rows.iter().filter(|row| row.is_promoted).count(), 3);
    assert!(rows.iter().all(|row| (row.subject == "E03") == row.name.is_none()));
    let _ = RankingId(ranking_of(&world, id));
}

#[actix_web::test]
async fn ratings_are_ranked_by_a_job_and_only_the_best_are_listed() {
    let world = World::new();
    let (organizer, checker) = (world.signed_in("organizer").await, world.signed_in("checker").await);
    let rate = |lecture: i64, count: i64, stars: i64| {
        let rows: Vec<String> = (0..count)
            .map(|at| {
                format!("('{lecture}-{at}-{stars}', {lecture}, {stars}, '', 'online', {}, '2026-01-01', '2026-01-01', 0, 1, 'counted')", 1 + at % 4)
            })
            .collect();
        world.sql(&format!(
            "INSERT INTO ratings (rater_key, lecture_id, stars, tags, proof, branch_id, first_on, day, slot, version, status) VALUES {}",
            rows.join(", ")
        ));
    };
    rate(1, 300, 5);
    rate(2, 300, 4);
    rate(2, 5, 5);
    let form = [("kind", "lecture_rating"), ("title", "好课榜"), ("top_k", "1")];
    assert_eq!(organizer.post("/organize/rankings", &form).await.status, 303);
    let config = config(&world.url);
    let worker =
        weixiao::worker::Worker::new(world.db.clone(), &config, weixiao::processing::Tools::find()).unwrap();
    while worker.step(clock::now()).unwrap() {}
    assert_eq!(world.number("SELECT COUNT(*) FROM jobs WHERE kind = 'rank' AND state = 'done'"), 1);
    let id = world.number("SELECT id FROM ranking_snapshots");
    let desk = format!("/organize/rankings/{id}");
    assert_eq!(
        organizer.post(&format!("{desk}/check"), &[]).await.status,
        409,
        "it was computed in the organizer's name"
    );
    assert_eq!(checker.post(&format!("{desk}/check"), &[]).await.status, 303);
    // Without a notice it is final at once.
    let none = organizer.post(&format!("{desk}/publish"), &[("days", "0")]).await;
    assert!(
        none.status == 422 && none.body.contains("value=\"0\"") && none.body.contains("请填 1 到 60 的整数"),
        "{}",
        none.body
    );
    assert_eq!(organizer.post(&format!("{desk}/publish"), &[("days", "")]).await.status, 303);
    let ranking = world.number("SELECT id FROM rankings WHERE kind = 'lecture_rating'");
    let visitor = world.visitor();
    let page = visitor.get(&format!("/rankings/{ranking}")).await;
    let title = world.text("SELECT title FROM lectures WHERE id = 1");
    assert!(page.body.contains(&title) && page.body.contains("href=\"/lectures/1\""), "{}", page.body);
    assert!(!page.body.contains("href=\"/lectures/2\""), "no bottom list");
    for part in ["正式结果", "贝叶斯平均", "只公布前 1 名", "每人每课一票"] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    let file = visitor.get(&format!("/rankings/{ranking}.json")).await;
    let accepted = verify::file(&file.raw).unwrap();
    assert_eq!((accepted.rows, accepted.publication.event.as_str()), (1, "final"));
    assert!(file.body.contains("\"id\":\"L2\"") && !file.body.contains("branch_id"), "its voices are inputs");
    // The next revision needs a reason.
    let again = format!("/organize/rankings/of/{ranking}/compute");
    assert_eq!(organizer.post(&again, &[("reason", " ")]).await.status, 409);
    assert_eq!(organizer.post(&again, &[("reason", "新的学期")]).await.status, 303);
    while worker.step(clock::now()).unwrap() {}
    assert_eq!(world.text("SELECT reason FROM ranking_snapshots WHERE revision = 2"), "新的学期");
    // With a notice it is final when that is over.
    let desk = format!("/organize/rankings/{}", world.number("SELECT MAX(id) FROM ranking_snapshots"));
    assert_eq!(checker.post(&format!("{desk}/check"), &[]).await.status, 303);
    assert_eq!(organizer.post(&format!("{desk}/publish"), &[("days", "1")]).await.status, 303);
    let early = organizer.post(&format!("{desk}/finish"), &[]).await;
    assert!(early.status == 409 && early.body.contains("公示期到"), "{}", early.body);
    let yesterday = clock::day(clock::now()) - chrono::Duration::days(1);
    world.sql(&format!(
        "UPDATE ranking_snapshots SET notice_from = '{yesterday}', notice_until = '{yesterday}' WHERE state = 'provisional'"
    ));
    assert!(organizer.get(&desk).await.body.contains("/finish\""));
    assert_eq!(organizer.post(&format!("{desk}/finish"), &[]).await.status, 303);
    assert_eq!(world.text("SELECT state FROM ranking_snapshots WHERE revision = 2"), "final");
}

#[actix_web::test]
async fn a_ranking_of_ratings_is_made_by_what_the_office_has_set_and_says_so() {
    let world = World::new();
    for (name, value) in [("rating_voices", "5"), ("rating_branches", "2"), ("rating_prior", "10")] {
        world.db.write_now(|conn| site::put(conn, name, value, clock::now())).unwrap();
    }
    // Six of two branches: by the numbers where nothing is set there were too few.
    let rows: Vec<String> = (0..6)
        .map(|at| {
            format!(
                "('set-{at}', 1, 5, '', 'online', {}, '2026-01-01', '2026-01-01', 0, 1, 'counted')",
                1 + at % 2
            )
        })
        .collect();
    world.sql(&format!(
        "INSERT INTO ratings (rater_key, lecture_id, stars, tags, proof, branch_id, first_on, day, slot, version, status) VALUES {}",
        rows.join(", ")
    ));
    let (organizer, checker) = (world.signed_in("organizer").await, world.signed_in("checker").await);
    let form = [("kind", "lecture_rating"), ("title", "好课榜"), ("top_k", "3")];
    assert_eq!(organizer.post("/organize/rankings", &form).await.status, 303);
    let config = config(&world.url);
    let worker =
        weixiao::worker::Worker::new(world.db.clone(), &config, weixiao::processing::Tools::find()).unwrap();
    while worker.step(clock::now()).unwrap() {}
    let desk = format!("/organize/rankings/{}", world.number("SELECT id FROM ranking_snapshots"));
    assert_eq!(checker.post(&format!("{desk}/check"), &[]).await.status, 303);
    assert_eq!(organizer.post(&format!("{desk}/publish"), &[("days", "")]).await.status, 303);
    let ranking = world.number("SELECT id FROM rankings WHERE kind = 'lecture_rating'");
    let visitor = world.visitor();
    assert!(visitor.get(&format!("/rankings/{ranking}")).await.body.contains("href=\"/lectures/1\""));
    let file = visitor.get(&format!("/rankings/{ranking}.json")).await;
    assert_eq!(verify::file(&file.raw).unwrap().rows, 1, "anybody computes the same from it");
    for part in ["\"prior\":10", "\"least_voices\":5", "\"least_branches\":2"] {
        assert!(file.body.contains(part), "{part}: {}", file.body);
    }
}
