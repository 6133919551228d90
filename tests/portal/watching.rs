//! Watching: every attack that we know of, through the doors and, where moments matter, through the face of the writer.
//! docs/watching.en.md names each test beside its attack.
use crate::world::{Answer, Browser, World};
use chrono::Duration;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;
use std::collections::HashSet;
use std::time::Instant;
use weixiao::clock::{self, Timestamp};
use weixiao::demo::PASSWORD;
use weixiao::ids::{AccountId, LectureId, MediaId, PersonId, digest, random_hex};
use weixiao::site;
use weixiao::watching::{self, Ask, Beat, Opening, Standing, Told};

const LECTURE: i64 = 1;

/// Another lecture, with another recording.
fn second(world: &World) -> i64 {
    world.number("SELECT MIN(id) FROM lectures WHERE stage = 'published' AND media_id <> (SELECT media_id FROM lectures WHERE id = 1)")
}

fn media(world: &World, lecture: i64) -> i64 {
    world.number(&format!("SELECT media_id FROM lectures WHERE id = {lecture}"))
}

/// From now on all recordings last so long.
fn last(world: &World, seconds: i64) {
    world.sql(&format!("UPDATE media SET duration_ms = {}", seconds * 1_000));
}

fn person(world: &World, account: &str) -> PersonId {
    PersonId(world.number(&format!("SELECT person_id FROM accounts WHERE username = '{account}'")))
}

fn sql_moment(at: Timestamp) -> String {
    at.format("%Y-%m-%d %H:%M:%S%.6f").to_string()
}

/// What somebody was credited with, over all lectures.
fn credited(world: &World, person: PersonId) -> i64 {
    world.number(&format!("SELECT COALESCE(SUM(seconds), 0) FROM watches WHERE person_id = {person}"))
}

fn completed(world: &World, person: PersonId) -> i64 {
    world.number(&format!("SELECT COUNT(*) FROM completions WHERE person_id = {person}"))
}

/// So many seconds pass for this person, of whom nothing is heard meanwhile.
fn pass(world: &World, person: PersonId, seconds: i64) {
    let then = sql_moment(clock::now() - Duration::seconds(seconds));
    world.sql(&format!(
        "UPDATE watch_clocks SET at = '{then}', beat_at = '{then}' WHERE person_id = {person}"
    ));
}

// Through the doors.

/// A play in some browser.
struct Play {
    name: String,
    opened: Value,
    began: Instant,
}

impl Play {
    /// What can have been credited so far if `simulated` seconds passed besides the real ones.
    fn most(&self, simulated: i64) -> i64 {
        20 + 2 * simulated + 2 * (self.began.elapsed().as_secs() as i64 + 1)
    }
}

fn read(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

async fn ask_to_open(world: &World, browser: &Browser<'_>, lecture: i64) -> Answer {
    let body = format!(r#"{{"lecture":{lecture},"media":{}}}"#, media(world, lecture));
    browser.json("/watch/open", &body).await
}

async fn open(world: &World, browser: &Browser<'_>, lecture: i64) -> Play {
    let began = Instant::now();
    let opened = read(&ask_to_open(world, browser, lecture).await);
    Play { name: opened["play"].as_str().unwrap().to_owned(), opened, began }
}

async fn send(browser: &Browser<'_>, play: &str, seq: i64, pieces: &str) -> Answer {
    let body = format!(r#"{{"play":"{play}","seq":{seq},"segs":{pieces},"at_ms":1000}}"#);
    browser.json("/watch/beat", &body).await
}

async fn beat(browser: &Browser<'_>, play: &Play, seq: i64, pieces: &str) -> Value {
    read(&send(browser, &play.name, seq, pieces).await)
}

#[actix_web::test]
async fn an_instant_finish_is_credited_with_the_small_start_and_no_more() {
    let world = World::new();
    last(&world, 600);
    let member = world.signed_in("member").await;
    let play = open(&world, &member, LECTURE).await;
    assert_eq!(play.opened["every_s"], 15);
    assert_eq!(play.opened["length_s"], 600);
    assert_eq!(play.opened["threshold"], 80);
    assert_eq!((&play.opened["credited_s"], &play.opened["completed"]), (&0.into(), &false.into()));
    let told = beat(&member, &play, 1, "[[0,600000]]").await;
    let seconds = told["credited_s"].as_i64().unwrap();
    assert!((20..=play.most(0)).contains(&seconds), "{told}");
    assert_eq!((&told["ack"], &told["state"], &told["completed"]), (&1.into(), &"ok".into(), &false.into()));
    assert_eq!(completed(&world, person(&world, "member")), 0);
    // And however often it is said.
    for seq in 2..30 {
        beat(&member, &play, seq, "[[0,600000]]").await;
    }
    assert!(credited(&world, person(&world, "member")) <= play.most(0));
}

#[actix_web::test]
async fn a_replayed_beat_is_answered_alike_and_credits_nothing() {
    let world = World::new();
    last(&world, 600);
    let member = world.signed_in("member").await;
    let who = person(&world, "member");
    let play = open(&world, &member, LECTURE).await;
    let first = send(&member, &play.name, 1, "[[0,15000]]").await;
    assert_eq!(read(&first)["credited_s"], 15);
    for pieces in ["[[0,15000]]", "[[15000,300000]]", "[]"] {
        pass(&world, who, 200);
        let again = send(&member, &play.name, 1, pieces).await;
        assert_eq!((again.status, &again.body), (first.status, &first.body), "{pieces}");
    }
    assert_eq!(credited(&world, who), 15);
    assert_eq!(beat(&member, &play, 2, "[[15000,30000]]").await["credited_s"], 30, "the next one counts");
}

#[actix_web::test]
async fn of_parallel_tabs_the_newest_counts() {
    let world = World::new();
    last(&world, 600);
    let member = world.signed_in("member").await;
    let who = person(&world, "member");
    let other = second(&world);
    let old = open(&world, &member, LECTURE).await;
    let new = open(&world, &member, other).await;
    let told = beat(&member, &old, 1, "[[0,15000]]").await;
    assert_eq!(told["state"], "taken_over");
    assert!(told.get("credited_s").is_none());
    assert_eq!(credited(&world, who), 0);
    assert_eq!(beat(&member, &new, 1, "[[0,15000]]").await["credited_s"], 15);
    // Ten tabs, opened in turn, each claiming what it can: one budget.
    for _ in 0..10 {
        for lecture in [LECTURE, other] {
            let play = open(&world, &member, lecture).await;
            beat(&member, &play, 1, "[[0,600000]]").await;
        }
    }
    assert!(credited(&world, who) <= old.most(0), "{}", credited(&world, who));
}

#[actix_web::test]
async fn two_devices_share_one_budget() {
    let world = World::new();
    last(&world, 600);
    let (phone, desk) = (world.signed_in("member").await, world.signed_in("member").await);
    let who = person(&world, "member");
    let on_phone = open(&world, &phone, LECTURE).await;
    let on_desk = open(&world, &desk, LECTURE).await;
    assert_eq!(beat(&phone, &on_phone, 1, "[[0,15000]]").await["state"], "taken_over");
    assert_eq!(send(&phone, &on_desk.name, 1, "[[0,15000]]").await.status, 401, "a play stays on its device");
    pass(&world, who, 30);
    let told = beat(&desk, &on_desk, 1, "[[0,600000]]").await["credited_s"].as_i64().unwrap();
    assert!((80..=on_phone.most(30)).contains(&told), "{told}");
    // Going on, on the other device, begins where the first one was.
    let again = open(&world, &phone, LECTURE).await;
    assert_eq!(again.opened["credited_s"], told);
    assert_eq!(again.opened["resume_ms"], 1_000);
    assert_eq!(again.opened["runs"], serde_json::json!([[0, told]]));
}

#[actix_web::test]
async fn pieces_that_overlap_are_counted_once_whatever_their_order() {
    let world = World::new();
    last(&world, 600);
    let member = world.signed_in("member").await;
    let play = open(&world, &member, LECTURE).await;
    assert_eq!(
        beat(&member, &play, 1, "[[8000,12000],[0,5000],[2000,9000],[0,12000]]").await["credited_s"],
        12
    );
    let opened = open(&world, &member, LECTURE).await.opened;
    assert_eq!(opened["runs"], serde_json::json!([[0, 12]]));
}

#[actix_web::test]
async fn beats_out_of_order_credit_nothing_twice() {
    let world = World::new();
    last(&world, 600);
    let member = world.signed_in("member").await;
    let who = person(&world, "member");
    let play = open(&world, &member, LECTURE).await;
    assert_eq!(beat(&member, &play, 5, "[[0,4000]]").await["credited_s"], 4);
    for seq in [4, 3, 1, 0, -1, i64::MIN] {
        let told = beat(&member, &play, seq, "[[100000,101000]]").await;
        assert_eq!((&told["ack"], &told["credited_s"]), (&seq.into(), &4.into()), "an older number");
    }
    assert_eq!(beat(&member, &play, i64::MAX, "[[4000,5000]]").await["credited_s"], 5);
    assert_eq!(beat(&member, &play, 6, "[[5000,9000]]").await["credited_s"], 5);
    assert_eq!(credited(&world, who), 5);
}

#[actix_web::test]
async fn negative_reversed_future_and_huge_pieces_do_no_harm() {
    let world = World::new();
    last(&world, 600);
    let member = world.signed_in("member").await;
    let who = person(&world, "member");
    let play = open(&world, &member, LECTURE).await;
    let (least, most) = (i64::MIN, i64::MAX);
    for (seq, pieces, seconds) in [
        (1, "[[-9000,-1000]]".to_owned(), 0),
        (2, "[[5000,1000]]".to_owned(), 0),
        (3, "[[600000,700000],[9000000,9900000]]".to_owned(), 0),
        (4, format!("[[{least},{least}],[{most},{most}],[{most},{least}]]"), 0),
        (5, "[[-5000,2000]]".to_owned(), 2),
        (6, format!("[[598000,{most}]]"), 4),
        (7, "[]".to_owned(), 4),
    ] {
        assert_eq!(beat(&member, &play, seq, &pieces).await["credited_s"], seconds, "{pieces}");
    }
    // A place that cannot be is the nearest one that can.
    for (seq, place, kept) in [(8, least, 0), (9, most, 600_000)] {
        let body = format!(r#"{{"play":"{}","seq":{seq},"segs":[],"at_ms":{place}}}"#, play.name);
        read(&member.json("/watch/beat", &body).await);
        assert_eq!(world.number(&format!("SELECT last_ms FROM watches WHERE person_id = {who}")), kept);
    }
    // Everything, from before the beginning to after the end.
    let told = beat(&member, &play, 10, &format!("[[{least},{most}]]")).await["credited_s"].as_i64().unwrap();
    assert!((20..=play.most(0)).contains(&told), "{told}");
    // Of very many pieces the first two hundred are looked at.
    pass(&world, who, 30);
    let many = format!("[{}[300000,301000]]", "[0,1000],".repeat(200));
    assert_eq!(beat(&member, &play, 11, &many).await["credited_s"], told);
    // Pieces of two milliseconds, each around the middle of a second: none is cheaper than a second.
    let tiny: Vec<_> = (100..300).map(|k| format!("[{},{}]", k * 1_000 + 499, k * 1_000 + 501)).collect();
    beat(&member, &play, 12, &format!("[{}]", tiny.join(","))).await;
    assert!(credited(&world, who) <= play.most(30), "{}", credited(&world, who));
}

#[actix_web::test]
async fn another_members_play_is_of_no_use() {
    let world = World::new();
    last(&world, 600);
    let (member, thief) = (world.signed_in("member").await, world.signed_in("member2").await);
    let (who, whose) = (person(&world, "member2"), person(&world, "member"));
    let play = open(&world, &member, LECTURE).await;
    let key = play.name.split_once('.').unwrap().1;
    let visitor = world.visitor();
    let forger = world.visitor();
    forger.cookies.borrow_mut().insert("session".into(), "0".repeat(108));
    for (name, browser) in [("member2", &thief), ("a visitor", &visitor), ("a forger", &forger)] {
        for (seq, name_of_play) in [
            (1, play.name.clone()),
            (9, play.name.clone()),
            (1, format!("{:x}.{key}", who.0)),
            (1, format!("{:x}.{}", whose.0, "0".repeat(32))),
            (1, format!("+{}", play.name)),
            (1, format!("-{}", play.name)),
        ] {
            let answer = send(browser, &name_of_play, seq, "[[0,15000]]").await;
            let is_their_own = name == "member2" && name_of_play.starts_with(&format!("{:x}.", who.0));
            if is_their_own {
                assert_eq!(read(&answer)["state"], "ended", "nobody of this name plays anything");
            } else {
                assert_eq!(
                    (answer.status.as_u16(), answer.body.as_str()),
                    (401, ""),
                    "{name}: {name_of_play}"
                );
            }
        }
    }
    assert_eq!((credited(&world, who), credited(&world, whose)), (0, 0));
    assert_eq!(beat(&member, &play, 1, "[[0,15000]]").await["credited_s"], 15, "its owner is not disturbed");
}

#[actix_web::test]
async fn nobody_learns_whether_somebody_else_watches() {
    let world = World::new();
    let (member, curious) = (world.signed_in("member").await, world.signed_in("member2").await);
    let whose = person(&world, "member");
    let guess = format!("{:x}.{}", whose.0, "0".repeat(32));
    let before = send(&curious, &guess, 1, "[]").await;
    open(&world, &member, LECTURE).await;
    let after = send(&curious, &guess, 1, "[]").await;
    assert_eq!((before.status, before.body), (after.status, after.body));
    assert_eq!(after.status, 401);
}

#[actix_web::test]
async fn a_stolen_play_ends_with_the_sign_in() {
    let world = World::new();
    last(&world, 600);
    let who = person(&world, "member");
    for way in ["sign-out", "end-others", "password", "expiry", "closed"] {
        let (victim, elsewhere) = (world.signed_in("member").await, world.signed_in("member").await);
        let play = open(&world, &victim, LECTURE).await;
        // A copy of everything that the browser has.
        let thief = world.visitor();
        *thief.cookies.borrow_mut() = victim.cookies.borrow().clone();
        let before = credited(&world, who);
        let piece = |from: i64| format!("[[{},{}]]", from * 1_000, (from + 1) * 1_000);
        assert_eq!(beat(&thief, &play, 1, &piece(before)).await["credited_s"], before + 1, "{way}: before");
        match way {
            "sign-out" => drop(victim.post("/sign-out", &[]).await),
            "end-others" => drop(elsewhere.post("/account/devices/end-others", &[]).await),
            "password" => {
                let fields = [
                    ("current", PASSWORD),
                    ("password", "a-new-and-better-one"),
                    ("again", "a-new-and-better-one"),
                ];
                assert_eq!(elsewhere.post("/account/password", &fields).await.status, 303);
                let back = [("current", "a-new-and-better-one"), ("password", PASSWORD), ("again", PASSWORD)];
                assert_eq!(elsewhere.post("/account/password", &back).await.status, 303);
            }
            "expiry" => {
                let then = sql_moment(clock::now() - Duration::days(31));
                world.sql(&format!("UPDATE sessions SET created_at = '{then}'"));
            }
            _ => world.sql("UPDATE accounts SET closed_at = CURRENT_TIMESTAMP WHERE username = 'member'"),
        }
        for seq in [1, 2] {
            let answer = send(&thief, &play.name, seq, &piece(before + 1)).await;
            assert_eq!((answer.status.as_u16(), answer.body.as_str()), (401, ""), "{way}");
        }
        assert_eq!(thief.json("/watch/open", r#"{"lecture":1,"media":1}"#).await.status, 401, "{way}");
        assert_eq!(credited(&world, who), before + 1, "{way}");
    }
}

#[actix_web::test]
async fn a_withdrawn_lecture_is_not_credited_any_more() {
    let world = World::new();
    last(&world, 600);
    let member = world.signed_in("member").await;
    let who = person(&world, "member");
    let play = open(&world, &member, LECTURE).await;
    assert_eq!(beat(&member, &play, 1, "[[0,10000]]").await["credited_s"], 10);
    world.sql("UPDATE lectures SET stage = 'withdrawn' WHERE id = 1");
    pass(&world, who, 60);
    assert_eq!(beat(&member, &play, 2, "[[10000,20000]]").await["state"], "ended");
    assert_eq!(ask_to_open(&world, &member, LECTURE).await.status, 404);
    assert_eq!(member.post("/watch/start", &[("lecture", "1")]).await.status, 404);
    assert_eq!(credited(&world, who), 10, "what was credited stays");
    world.sql("UPDATE lectures SET stage = 'published' WHERE id = 1");
    assert_eq!(member.post("/watch/start", &[("lecture", "1")]).await.status, 303);
    world.sql("UPDATE lectures SET stage = 'withdrawn' WHERE id = 1");
    pass(&world, who, 60);
    assert_eq!(member.post("/watch/finish", &[("lecture", "1")]).await.status, 409);
    world.sql("UPDATE lectures SET stage = 'draft' WHERE id = 1");
    assert_eq!(ask_to_open(&world, &member, LECTURE).await.status, 404);
    assert_eq!(credited(&world, who), 10);
    assert_eq!(member.json("/watch/open", r#"{"lecture":999999,"media":1}"#).await.status, 404);
}

#[actix_web::test]
async fn a_new_recording_is_counted_anew() {
    let world = World::new();
    last(&world, 600);
    let member = world.signed_in("member").await;
    let who = person(&world, "member");
    let (old, new) = (media(&world, LECTURE), media(&world, second(&world)));
    let play = open(&world, &member, LECTURE).await;
    assert_eq!(beat(&member, &play, 1, "[[0,10000]]").await["credited_s"], 10);
    world.sql(&format!("UPDATE lectures SET media_id = {new} WHERE id = 1"));
    let stale = member.json("/watch/open", &format!(r#"{{"lecture":1,"media":{old}}}"#)).await;
    assert_eq!(stale.status, 409);
    assert!(stale.body.contains("换了新的录像"), "{}", stale.body);
    // Who is in the middle of the old one goes on with the old one.
    assert_eq!(beat(&member, &play, 2, "[[10000,12000]]").await["credited_s"], 12);
    let play = open(&world, &member, LECTURE).await;
    assert_eq!((&play.opened["credited_s"], &play.opened["runs"]), (&0.into(), &serde_json::json!([])));
    assert_eq!(beat(&member, &play, 1, "[[0,3000]]").await["credited_s"], 3);
    let of = |media: i64| {
        world.number(&format!("SELECT seconds FROM watches WHERE person_id = {who} AND media_id = {media}"))
    };
    assert_eq!((of(old), of(new)), (12, 3), "both are kept apart");
}

#[actix_web::test]
async fn a_clerk_who_acts_watches_for_the_member() {
    let world = World::new();
    last(&world, 20);
    let clerk = world.signed_in("clerk").await;
    let (who, own) = (person(&world, "member"), person(&world, "clerk"));
    assert_eq!(clerk.post(&format!("/people/{who}/acting"), &[]).await.status, 303);
    let play = open(&world, &clerk, LECTURE).await;
    // As if some time had passed.
    let time_passes = || world.sql("UPDATE watch_clocks SET budget_ms = 20000");
    time_passes();
    assert_eq!(beat(&clerk, &play, 1, "[[0,15000]]").await["credited_s"], 15);
    let told = beat(&clerk, &play, 2, "[[15000,16000]]").await;
    assert_eq!(told["completed"], true);
    assert_eq!((credited(&world, who), credited(&world, own)), (16, 0));
    let by = "SELECT acted_by FROM completions";
    assert_eq!(world.number(by), world.number("SELECT id FROM accounts WHERE username = 'clerk'"));
    // The member takes over at any time, and the play ends with the acting.
    clerk.post("/acting/end", &[]).await;
    assert_eq!(send(&clerk, &play.name, 3, "[[16000,17000]]").await.status, 401);
    let mine = open(&world, &clerk, LECTURE).await;
    assert_eq!(mine.opened["credited_s"], 0, "the clerk's own");
    time_passes();
    assert_eq!(beat(&clerk, &mine, 1, "[[0,16000]]").await["completed"], true);
    assert_eq!(
        world.number(&format!(
            "SELECT COUNT(*) FROM completions WHERE person_id = {own} AND acted_by IS NULL"
        )),
        1
    );
    // A play of one's own does not become somebody else's by beginning to act.
    clerk.post(&format!("/people/{who}/acting"), &[]).await;
    assert_eq!(send(&clerk, &mine.name, 2, "[[16000,17000]]").await.status, 401);
}

#[actix_web::test]
async fn watching_for_a_member_ends_with_the_right_to_act_and_after_its_time() {
    for way in ["right", "time", "clerk closed"] {
        let world = World::new();
        last(&world, 600);
        let clerk = world.signed_in("clerk").await;
        let who = person(&world, "member");
        clerk.post(&format!("/people/{who}/acting"), &[]).await;
        let play = open(&world, &clerk, LECTURE).await;
        assert_eq!(beat(&clerk, &play, 1, "[[0,5000]]").await["credited_s"], 5);
        match way {
            "right" => world.sql("UPDATE grants SET ended_at = granted_at WHERE role = 'clerk'"),
            "time" => {
                let since = clock::now().and_utc().timestamp();
                let acted = format!(
                    "UPDATE sessions SET state = REPLACE(state, '{}', '{}')",
                    since / 100,
                    since / 100 - 30
                );
                world.sql(&acted);
            }
            _ => world.sql("UPDATE accounts SET closed_at = CURRENT_TIMESTAMP WHERE username = 'clerk'"),
        }
        assert_eq!(send(&clerk, &play.name, 2, "[[5000,6000]]").await.status, 401, "{way}");
        assert_eq!(credited(&world, who), 5, "{way}");
    }
}

#[actix_web::test]
async fn a_closed_account_is_credited_nothing() {
    let world = World::new();
    let member = world.signed_in("member").await;
    let who = person(&world, "member");
    let play = open(&world, &member, LECTURE).await;
    world.sql("UPDATE accounts SET closed_at = CURRENT_TIMESTAMP WHERE username = 'member'");
    assert_eq!(send(&member, &play.name, 1, "[[0,5000]]").await.status, 401);
    assert_eq!(ask_to_open(&world, &member, LECTURE).await.status, 401);
    assert_eq!(member.post("/watch/start", &[("lecture", "1")]).await.status, 401);
    assert_eq!(credited(&world, who), 0);
}

#[actix_web::test]
async fn bodies_that_make_no_sense_change_nothing() {
    let world = World::new();
    let member = world.signed_in("member").await;
    let play = open(&world, &member, LECTURE).await;
    let name = &play.name;
    for body in [
        String::new(),
        "null".into(),
        "[]".into(),
        "{".into(),
        "{}".into(),
        "\u{0}".into(),
        "play=1&seq=1".into(),
        format!(r#"{{"play":"{name}","segs":[],"at_ms":0}}"#),
        format!(r#"{{"play":"{name}","seq":"1","segs":[],"at_ms":0}}"#),
        format!(r#"{{"play":"{name}","seq":1.5,"segs":[],"at_ms":0}}"#),
        format!(r#"{{"play":"{name}","seq":1,"segs":[[0]],"at_ms":0}}"#),
        format!(r#"{{"play":"{name}","seq":1,"segs":[[0,1,2]],"at_ms":0}}"#),
        format!(r#"{{"play":"{name}","seq":1,"segs":[[0,1.5]],"at_ms":0}}"#),
        format!(r#"{{"play":"{name}","seq":1,"segs":[[0,1e30]],"at_ms":0}}"#),
        format!(r#"{{"play":"{name}","seq":1,"segs":[[0,99999999999999999999]],"at_ms":0}}"#),
        format!(r#"{{"play":"{name}","seq":1,"segs":{{}},"at_ms":0}}"#),
        format!(r#"{{"play":"{name}","seq":1,"segs":[]}}"#),
        r#"{"play":"","seq":1,"segs":[],"at_ms":0}"#.into(),
        r#"{"play":"nonsense","seq":1,"segs":[],"at_ms":0}"#.into(),
        r#"{"play":"zz.0","seq":1,"segs":[],"at_ms":0}"#.into(),
        r#"{"play":"ffffffffffffffffff.0","seq":1,"segs":[],"at_ms":0}"#.into(),
        format!("{}{}", "[".repeat(8_000), "]".repeat(8_000)),
    ] {
        let answer = member.json("/watch/beat", &body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.body.as_str()),
            (400, ""),
            "{}",
            &body[..body.len().min(90)]
        );
    }
    let long = format!(r#"{{"play":"{name}","seq":1,"segs":[],"at_ms":0{}}}"#, " ".repeat(16 * 1024));
    assert_eq!(member.json("/watch/beat", &long).await.status, 413);
    for body in ["", "{}", r#"{"lecture":"x","media":1}"#, r#"{"lecture":1}"#, "[]"] {
        assert_eq!(member.json("/watch/open", body).await.status, 400, "{body}");
    }
    for fields in [&[][..], &[("lecture", "x")], &[("lecture", "")]] {
        assert_eq!(member.post("/watch/start", fields).await.status, 400);
        assert_eq!(member.post("/watch/finish", fields).await.status, 400);
    }
    assert_eq!(world.number("SELECT seq FROM watch_clocks"), 0);
    assert_eq!(credited(&world, person(&world, "member")), 0);
}

#[actix_web::test]
async fn a_page_from_elsewhere_opens_and_sends_nothing() {
    let world = World::new();
    let mut member = world.signed_in("member").await;
    let play = open(&world, &member, LECTURE).await;
    for site in ["cross-site", "same-site", "?"] {
        member.headers = vec![("sec-fetch-site".into(), site.into())];
        assert_eq!(send(&member, &play.name, 1, "[[0,5000]]").await.status, 403, "{site}");
        assert_eq!(ask_to_open(&world, &member, LECTURE).await.status, 403, "{site}");
        assert_eq!(member.post("/watch/start", &[("lecture", "1")]).await.status, 403, "{site}");
    }
    member.headers =
        vec![("origin".into(), "https://evil.example".into()), ("host".into(), "ours.example".into())];
    assert_eq!(send(&member, &play.name, 1, "[[0,5000]]").await.status, 403);
    member.headers = vec![];
    assert_eq!(
        send(&member, &play.name, 1, "[[0,5000]]").await.status,
        403,
        "it does not say where it is from"
    );
    assert_eq!(credited(&world, person(&world, "member")), 0);
    member.headers =
        vec![("origin".into(), "https://ours.example".into()), ("host".into(), "ours.example".into())];
    assert_eq!(
        beat(&member, &play, 1, "[[0,5000]]").await["credited_s"],
        5,
        "an older browser says its origin"
    );
}

#[actix_web::test]
async fn without_javascript_the_same_rule_holds() {
    let world = World::new();
    last(&world, 600);
    let member = world.signed_in("member").await;
    let who = person(&world, "member");
    let other = second(&world).to_string();
    let none = member.post("/watch/finish", &[("lecture", "1")]).await;
    assert_eq!(none.status, 409, "never started");
    let began = Instant::now();
    let started = member.post("/watch/start", &[("lecture", "1")]).await;
    assert_eq!(started.location.as_deref(), Some("/lectures/1?done=watch-started#watched"));
    let done = member.post("/watch/finish", &[("lecture", "1")]).await;
    assert_eq!(done.location.as_deref(), Some("/lectures/1?done=watch-counted#watched"));
    let at_once = credited(&world, who);
    assert!(at_once <= 2 * began.elapsed().as_secs() as i64 + 2, "at once: {at_once}");
    // After a time, at most twice that time.
    member.post("/watch/start", &[("lecture", "1")]).await;
    let began = Instant::now();
    pass(&world, who, 100);
    member.post("/watch/finish", &[("lecture", "1")]).await;
    let gained = credited(&world, who) - at_once;
    assert!((200..=202 + 2 * began.elapsed().as_secs() as i64).contains(&gained), "{gained}");
    // Finishing again, and finishing something else, gain nothing more.
    member.post("/watch/finish", &[("lecture", "1")]).await;
    assert_eq!(member.post("/watch/finish", &[("lecture", &other)]).await.status, 409);
    assert!(credited(&world, who) - at_once <= 204 + 2 * began.elapsed().as_secs() as i64);
    // Starting something else in between: the time belongs to that.
    let before = credited(&world, who);
    member.post("/watch/start", &[("lecture", "1")]).await;
    pass(&world, who, 100);
    member.post("/watch/start", &[("lecture", &other)]).await;
    assert_eq!(member.post("/watch/finish", &[("lecture", "1")]).await.status, 409);
    // A player that was opened elsewhere ends it as well.
    let play = open(&world, &member, LECTURE).await;
    assert_eq!(member.post("/watch/finish", &[("lecture", &other)]).await.status, 409);
    assert_eq!(credited(&world, who), before);
    // And the other way round: a started lecture takes over from the player, which has no key to it.
    member.post("/watch/start", &[("lecture", "1")]).await;
    assert_eq!(beat(&member, &play, 1, "[[0,600000]]").await["state"], "taken_over");
    // Somebody else's cookie, or another sign-in, finishes nothing.
    let device = world.signed_in("member").await;
    pass(&world, who, 500);
    let elsewhere = device.post("/watch/finish", &[("lecture", "1")]).await;
    assert_eq!(elsewhere.status, 409, "{:?}", elsewhere.location);
    assert_eq!(world.signed_in("member2").await.post("/watch/finish", &[("lecture", "1")]).await.status, 409);
    assert_eq!(world.visitor().post("/watch/finish", &[("lecture", "1")]).await.status, 401);
    assert_eq!(credited(&world, who), before);
    let done = member.post("/watch/finish", &[("lecture", "1")]).await;
    assert_eq!(done.location.as_deref(), Some("/lectures/1?done=watch-completed#watched"));
    assert_eq!((credited(&world, who), completed(&world, who)), (600, 1));
}

#[actix_web::test]
async fn v_vid_a_lecture_is_completed_at_exactly_eighty_per_cent_once_and_for_good() {
    let world = World::new();
    last(&world, 600);
    let who = person(&world, "member");
    let member = world.signed_in("member").await;
    let play = open(&world, &member, LECTURE).await;
    pass(&world, who, 60);
    let told = beat(&member, &play, 1, "[[0,18000],[576000,600000]]").await;
    assert_eq!(
        (&told["credited_s"], &told["share"], &told["completed"]),
        (&42.into(), &7.into(), &false.into())
    );
    // The second line of V-VID is somebody else's.
    let member2 = world.signed_in("member2").await;
    let who2 = person(&world, "member2");
    let play = open(&world, &member2, LECTURE).await;
    pass(&world, who2, 290);
    let told = beat(&member2, &play, 1, "[[0,300000],[200000,479000],[100000,150000]]").await;
    assert_eq!(
        (&told["credited_s"], &told["share"], &told["completed"]),
        (&479.into(), &79.into(), &false.into())
    );
    assert_eq!(completed(&world, who2), 0);
    let told = beat(&member2, &play, 2, "[[200000,480000]]").await;
    assert_eq!(
        (&told["credited_s"], &told["share"], &told["completed"]),
        (&480.into(), &80.into(), &true.into())
    );
    let proof = "SELECT COUNT(*) FROM completions WHERE seconds = 480 AND length_s = 600 AND threshold = 80 AND kind = 'online' AND acted_by IS NULL AND rule = 'budget-1'";
    assert_eq!(world.number(proof), 1);
    // More of it, and all of it again, writes no second proof and changes nothing in the first.
    beat(&member2, &play, 3, "[[0,600000]]").await;
    let play = open(&world, &member2, LECTURE).await;
    assert_eq!(play.opened["completed"], true);
    beat(&member2, &play, 1, "[[480000,500000]]").await;
    assert_eq!((world.number(proof), completed(&world, who2)), (1, 1));
    // A threshold that is missed later takes nothing back, and the record can be neither changed nor deleted.
    world.sql(&format!("UPDATE watches SET seconds = 1 WHERE person_id = {who2}"));
    assert_eq!(beat(&member2, &play, 2, "[]").await["completed"], true);
    assert!(world.try_sql("UPDATE completions SET seconds = 600").is_err());
    assert!(world.try_sql("DELETE FROM completions").is_err());
    assert_eq!(world.number(proof), 1);
}

#[actix_web::test]
async fn the_office_sets_the_share_that_completes() {
    let world = World::new();
    last(&world, 600);
    let who = person(&world, "member");
    let member = world.signed_in("member").await;
    let set = |share: &str| {
        world.db.write_now(|conn| site::put(conn, "watched_share", share, clock::now())).unwrap()
    };
    set("90");
    let play = open(&world, &member, LECTURE).await;
    assert_eq!(play.opened["threshold"], 90);
    pass(&world, who, 290);
    let told = beat(&member, &play, 1, "[[0,480000]]").await;
    assert_eq!((&told["credited_s"], &told["completed"]), (&480.into(), &false.into()));
    pass(&world, who, 290);
    let told = beat(&member, &play, 2, "[[480000,540000]]").await;
    assert_eq!((&told["credited_s"], &told["completed"]), (&540.into(), &true.into()));
    assert_eq!(world.number("SELECT threshold FROM completions WHERE kind = 'online'"), 90);
    // What is completed stays completed, and less than half is no share.
    set("100");
    assert_eq!(open(&world, &member, LECTURE).await.opened["completed"], true);
    let admin = world.signed_in("admin").await;
    for (value, status) in [("49", 422), ("101", 422), ("70", 303)] {
        let form = [("value", value), ("valid_from", "")];
        assert_eq!(admin.post("/admin/settings/watched_share", &form).await.status, status, "{value}");
    }
}

#[actix_web::test]
async fn credit_and_play_survive_a_restart() {
    let world = World::new();
    last(&world, 600);
    let member = world.signed_in("member").await;
    let play = open(&world, &member, LECTURE).await;
    beat(&member, &play, 1, "[[0,15000]]").await;
    let again = World::at(world.url.clone());
    let browser = again.visitor();
    *browser.cookies.borrow_mut() = member.cookies.borrow().clone();
    assert_eq!(beat(&browser, &play, 1, "[[0,15000]]").await["credited_s"], 15, "acknowledged before");
    assert_eq!(beat(&browser, &play, 2, "[[15000,17000]]").await["credited_s"], 17);
    let opened = open(&again, &browser, LECTURE).await.opened;
    assert_eq!((&opened["credited_s"], &opened["runs"]), (&17.into(), &serde_json::json!([[0, 17]])));
}

// Through the face of the writer, where moments are ours to choose.

/// Somebody's sign-in, with an id that is known here.
#[derive(Clone)]
struct Seat {
    person: PersonId,
    account: AccountId,
    session: String,
}

fn sit(world: &World, account: i64) -> Seat {
    let (session, now) = (random_hex(8), sql_moment(clock::now()));
    world.sql(&format!(
        "INSERT INTO sessions (id, account_id, state, device, agent, created_at, seen_at) VALUES ('{session}', {account}, '{{}}', '', '', '{now}', '{now}')"
    ));
    let person = world.number(&format!("SELECT person_id FROM accounts WHERE id = {account}"));
    Seat { person: PersonId(person), account: AccountId(account), session }
}

fn sit_as(world: &World, name: &str) -> Seat {
    sit(world, world.number(&format!("SELECT id FROM accounts WHERE username = '{name}'")))
}

/// Accounts for persons who have none.
fn accounts(world: &World, count: usize) -> Vec<i64> {
    world.sql(&format!(
        "INSERT INTO accounts (person_id, username, created_at) \
         SELECT id, 'watcher' || id, CURRENT_TIMESTAMP FROM persons WHERE id NOT IN (SELECT person_id FROM accounts) ORDER BY id LIMIT {count}"
    ));
    let first = world.number("SELECT MIN(id) FROM accounts WHERE username LIKE 'watcher%'");
    let all: Vec<_> = (first..first + count as i64).collect();
    assert_eq!(world.number("SELECT COUNT(*) FROM accounts WHERE username LIKE 'watcher%'"), count as i64);
    assert_eq!(
        world.number("SELECT MAX(id) FROM accounts WHERE username LIKE 'watcher%'"),
        *all.last().unwrap()
    );
    all
}

fn opening(world: &World, seat: &Seat, lecture: i64, now: Timestamp) -> Opening {
    Opening {
        person: seat.person,
        account: seat.account,
        is_acted: false,
        session: seat.session.clone(),
        lecture: LectureId(lecture),
        media: Some(MediaId(media(world, lecture))),
        play: digest(&random_hex(16)),
        now,
    }
}

/// Opens a play; its key.
async fn begin(world: &World, seat: &Seat, lecture: i64, now: Timestamp) -> String {
    let opening = opening(world, seat, lecture, now);
    let play = opening.play.clone();
    let told = world.portal.watching.send(Ask::Open(opening)).await.unwrap();
    assert!(matches!(told, Told::Standing(_)), "{told:?}");
    play
}

fn said(seat: &Seat, play: &str, seq: i64, pieces: &[(i64, i64)], now: Timestamp) -> Ask {
    Ask::Beat(Beat {
        person: seat.person,
        play: play.into(),
        session: seat.session.clone(),
        seq,
        pieces: pieces.to_vec(),
        place_ms: 0,
        now,
    })
}

async fn tell(world: &World, ask: Ask) -> Told {
    world.portal.watching.send(ask).await.unwrap()
}

fn seconds(told: &Told) -> i64 {
    match told {
        Told::Standing(Standing { seconds, .. }) => i64::from(*seconds),
        other => panic!("{other:?}"),
    }
}

const WHOLE: &[(i64, i64)] = &[(0, 36_000_000)];

#[actix_web::test]
async fn sixteen_times_the_speed_is_credited_at_twice_the_clock() {
    let world = World::new();
    last(&world, 36_000);
    let seat = sit_as(&world, "member");
    let at = |second: i64| clock::now() + Duration::seconds(second);
    let (start, mut told) = (at(0), 0);
    let play = begin(&world, &seat, LECTURE, start).await;
    for n in 1..=40 {
        let pieces = [((n - 1) * 16_000 * 15, n * 16_000 * 15)];
        told =
            seconds(&tell(&world, said(&seat, &play, n, &pieces, start + Duration::seconds(15 * n))).await);
        assert!(told <= 20 + 2 * 15 * n, "{told} after {n}");
    }
    assert_eq!(
        told,
        20 + 2 * 15 * 40,
        "sixteen minutes at sixteen times: a page of every eight seconds counts"
    );
}

#[actix_web::test]
async fn opening_again_and_again_on_two_devices_gains_nothing() {
    let world = World::new();
    last(&world, 36_000);
    let seats = [sit_as(&world, "member"), sit_as(&world, "member")];
    let lectures = [LECTURE, second(&world)];
    let start = clock::now();
    for n in 0..60_i64 {
        let now = start + Duration::seconds(n);
        let seat = &seats[n as usize % 2];
        let play = begin(&world, seat, lectures[n as usize / 2 % 2], now).await;
        tell(&world, said(seat, &play, 1, WHOLE, now)).await;
        assert!(credited(&world, seat.person) <= 20 + 2 * n);
    }
}

#[actix_web::test]
async fn the_clock_of_a_server_that_is_moved_credits_nothing() {
    let world = World::new();
    last(&world, 36_000);
    let seat = sit_as(&world, "member");
    let start = clock::now();
    let at = |second: i64| start + Duration::seconds(second);
    let play = begin(&world, &seat, LECTURE, at(0)).await;
    let told = async |seq, second| tell(&world, said(&seat, &play, seq, WHOLE, at(second))).await;
    assert_eq!(seconds(&told(1, 0).await), 20);
    // Nine minutes forward are five at most.
    assert_eq!(seconds(&told(2, 540).await), 620);
    // An hour back: nothing, and from there it goes on.
    assert_eq!(seconds(&told(3, 540 - 3_600).await), 620);
    assert_eq!(seconds(&told(4, 550 - 3_600).await), 640);
    // To the right time again: the play is over, since nothing was heard for so long; a new one has the small start.
    assert_eq!(told(5, 560).await, Told::Ended);
    let play = begin(&world, &seat, LECTURE, at(560)).await;
    assert_eq!(seconds(&tell(&world, said(&seat, &play, 1, WHOLE, at(560))).await), 660);
    // Two servers whose clocks differ by half a minute: going to and fro credits what the one that is ahead allows.
    let mut last = 0;
    for n in 0..20 {
        let second = 561 + n + (n % 2) * 30;
        last = seconds(&tell(&world, said(&seat, &play, 2 + n, WHOLE, at(second))).await);
    }
    assert!(last <= 660 + 2 * (20 + 30), "{last}");
}

#[actix_web::test]
async fn a_clock_of_a_telephone_has_no_say() {
    let world = World::new();
    last(&world, 600);
    let mut member = world.signed_in("member").await;
    member.headers.push(("date".into(), "Fri, 25 Nov 2050 08:00:00 GMT".into()));
    let play = open(&world, &member, LECTURE).await;
    let body = format!(
        r#"{{"play":"{}","seq":1,"segs":[[0,600000]],"at_ms":600000,"now":2553062400000,"rate":1,"credited_s":600,"completed":true}}"#,
        play.name
    );
    let told = read(&member.json("/watch/beat", &body).await);
    assert!(told["credited_s"].as_i64().unwrap() <= play.most(0), "{told}");
    assert_eq!(told["completed"], false);
}

#[actix_web::test]
async fn honest_watching_over_a_bad_line_is_credited_whole() {
    let world = World::new();
    last(&world, 1_200);
    let seat = sit_as(&world, "member");
    let start = clock::now();
    for (speed, lecture) in [(1, LECTURE), (2, second(&world))] {
        let offset = (speed - 1) * 3_600;
        let at = |second: i64| start + Duration::seconds(offset + second);
        let play = begin(&world, &seat, lecture, at(0)).await;
        // Three of ten answers or beats are lost; what was not acknowledged is sent again, in order, before the next.
        let (mut queue, mut place, mut now, mut told) = (vec![], 0, 0, 0);
        for n in 1.. {
            now += 15;
            let to = (place + 15 * speed).min(1_200);
            if place < to {
                queue.push((n, (place * 1_000, to * 1_000)));
            }
            place = to;
            while let Some((seq, piece)) = queue.first().copied() {
                let luck = (n * 7 + seq * 3) % 10;
                if luck == 0 {
                    break; // lost on the way
                }
                told = seconds(&tell(&world, said(&seat, &play, seq, &[piece], at(now))).await);
                if luck < 3 {
                    break; // its answer is lost
                }
                queue.remove(0);
            }
            if place == 1_200 && queue.is_empty() {
                break;
            }
        }
        assert_eq!(told, 1_200, "{speed}x");
    }
    assert_eq!(completed(&world, seat.person), 2);
    // Four minutes in a tunnel, at twice the speed.
    let at = |second: i64| start + Duration::seconds(9_000 + second);
    let other = sit_as(&world, "member2");
    let play = begin(&world, &other, LECTURE, at(0)).await;
    let told = tell(&world, said(&other, &play, 1, &[(0, 480_000)], at(240))).await;
    assert_eq!(seconds(&told), 480);
}

#[actix_web::test]
async fn a_play_ends_ten_minutes_after_its_last_beat() {
    let world = World::new();
    last(&world, 36_000);
    let seat = sit_as(&world, "member");
    let start = clock::now();
    let at = |second: i64| start + Duration::seconds(second);
    let play = begin(&world, &seat, LECTURE, at(0)).await;
    assert_eq!(
        seconds(&tell(&world, said(&seat, &play, 1, WHOLE, at(600))).await),
        600,
        "five minutes' worth"
    );
    assert_eq!(tell(&world, said(&seat, &play, 2, WHOLE, at(1_201))).await, Told::Ended);
    let play = begin(&world, &seat, LECTURE, at(1_201)).await;
    assert_eq!(seconds(&tell(&world, said(&seat, &play, 1, WHOLE, at(1_201))).await), 620);
}

#[actix_web::test]
async fn fifty_members_at_once_each_get_their_own_answer() {
    let world = World::new();
    last(&world, 600);
    let start = clock::now();
    let seats: Vec<_> = accounts(&world, 50).into_iter().map(|account| sit(&world, account)).collect();
    let openings: Vec<_> = seats.iter().map(|seat| opening(&world, seat, LECTURE, start)).collect();
    let all = async |asks: Vec<Ask>| {
        let waiting: Vec<_> = asks
            .into_iter()
            .map(|ask| {
                let watching = world.portal.watching.clone();
                actix_web::rt::spawn(async move { watching.send(ask).await.unwrap() })
            })
            .collect();
        let mut told = vec![];
        for one in waiting {
            told.push(one.await.unwrap());
        }
        told
    };
    for told in all(openings.iter().cloned().map(Ask::Open).collect()).await {
        assert_eq!(seconds(&told), 0);
    }
    let now = start + Duration::seconds(60);
    let beats = |wrong: usize| {
        seats
            .iter()
            .zip(&openings)
            .enumerate()
            .map(|(place, (seat, opening))| {
                // In the second round some have no right to what they send, which must not touch the others.
                let play = if place % 5 < wrong { "none" } else { &opening.play };
                said(seat, play, 1 + wrong as i64, &[(0, (place as i64 + 1 + wrong as i64) * 1_000)], now)
            })
            .collect::<Vec<_>>()
    };
    for (place, told) in all(beats(0)).await.iter().enumerate() {
        assert_eq!(seconds(told), place as i64 + 1);
    }
    for (place, told) in all(beats(1)).await.iter().enumerate() {
        match place % 5 {
            0 => assert_eq!(*told, Told::TakenOver),
            _ => assert_eq!(seconds(told), place as i64 + 2),
        }
    }
}

#[actix_web::test]
async fn on_two_servers_at_once_nobody_has_two_budgets() {
    let world = World::new();
    last(&world, 36_000);
    let other = World::at(world.url.clone());
    let seat = sit_as(&world, "member");
    let start = clock::now();
    let play = begin(&world, &seat, LECTURE, start).await;
    let mut told = vec![];
    for round in 0..5_i64 {
        let now = start + Duration::seconds(15 * (round + 1));
        let waiting: Vec<_> = (0..40)
            .map(|n: i64| {
                let server = if n % 2 == 0 { &world } else { &other };
                let from = (round * 40 + n) * 60_000;
                let ask = said(&seat, &play, round * 40 + n + 1, &[(from, from + 60_000)], now);
                let watching = server.portal.watching.clone();
                actix_web::rt::spawn(async move { watching.send(ask).await.unwrap() })
            })
            .collect();
        for one in waiting {
            told.push(seconds(&one.await.unwrap()));
        }
        let most = 20 + 2 * 15 * (round + 1);
        assert!(told.iter().all(|one| *one <= most), "{told:?}");
    }
    assert_eq!(credited(&world, seat.person), 20 + 2 * 15 * 5, "and nothing of it was lost");
    // The same beat to both.
    let again = [&world, &other].map(|server| {
        let watching = server.portal.watching.clone();
        let ask = said(&seat, &play, 1_000, WHOLE, start + Duration::seconds(76));
        actix_web::rt::spawn(async move { watching.send(ask).await.unwrap() })
    });
    for one in again {
        assert_eq!(seconds(&one.await.unwrap()), 172);
    }
}

// Against a model.

#[derive(Debug, Clone)]
enum Step {
    Open {
        seat: usize,
        lecture: usize,
    },
    Start {
        seat: usize,
        lecture: usize,
    },
    Finish {
        seat: usize,
        lecture: usize,
    },
    /// With the play that was opened `back` openings ago, its `seq` so much after the last one.
    Beat {
        back: usize,
        stranger: bool,
        seq: i64,
        pieces: Vec<(i64, i64)>,
    },
}

fn steps() -> impl Strategy<Value = Vec<(i64, Step)>> {
    let (two, long) = (|| 0_usize..2, -20_000_i64..250_000);
    let one = prop_oneof![
        2 => (two(), two()).prop_map(|(seat, lecture)| Step::Open { seat, lecture }),
        1 => (two(), two()).prop_map(|(seat, lecture)| Step::Start { seat, lecture }),
        1 => (two(), two()).prop_map(|(seat, lecture)| Step::Finish { seat, lecture }),
        8 => (
            prop_oneof![4 => Just(0_usize), 1 => 1_usize..3],
            prop::bool::weighted(0.1),
            prop_oneof![4 => Just(1_i64), 1 => -2_i64..3],
            prop::collection::vec((long.clone(), long), 0..5),
        )
            .prop_map(|(back, stranger, seq, pieces)| Step::Beat { back, stranger, seq, pieces }),
    ];
    let wait = prop_oneof![6 => 0_i64..40, 1 => 0_i64..700];
    prop::collection::vec((wait, one), 20..40)
}

/// The play that may be credited: who opened it, of what, and how.
struct Current {
    key: String,
    seat: usize,
    lecture: usize,
    is_plain: bool,
    seq: i64,
}

/// What the rule means: a second at a time, nothing kept but sets.
struct Model {
    lengths: [i64; 2],
    budget: i64,
    at: i64,
    heard: i64,
    play: Option<Current>,
    seen: [HashSet<i64>; 2],
}

impl Model {
    fn refill(&mut self, now: i64) {
        for second in self.at..now {
            match &self.play {
                Some(play) if play.is_plain => self.budget += 2_000,
                Some(_) if second < self.heard + 300 => self.budget = (self.budget + 2_000).min(600_000),
                _ => {}
            }
        }
        self.at = now;
    }
    fn open(&mut self, now: i64, play: Current) {
        self.refill(now);
        let start = if play.is_plain { 0 } else { (self.lengths[play.lecture] * 200).min(20_000) };
        self.budget = if self.play.is_some() { self.budget.min(start) } else { start };
        (self.heard, self.play) = (now, Some(play));
    }
    fn credit(&mut self, lecture: usize, pieces: &[(i64, i64)]) {
        for (from, to) in pieces {
            for second in 0..self.lengths[lecture] {
                let middle = second * 1_000 + 500;
                let is_in = *from < middle && middle <= *to;
                if !is_in || self.seen[lecture].contains(&second) {
                    continue;
                }
                if self.budget < 1_000 {
                    return;
                }
                self.budget -= 1_000;
                self.seen[lecture].insert(second);
            }
        }
    }
}

/// Follows steps in the store and in the model.
async fn follow(world: &World, account: i64, steps: Vec<(i64, Step)>) -> Result<(), TestCaseError> {
    let seats = [sit(world, account), sit(world, account)];
    let lectures = [LECTURE, second(world)];
    let mut model =
        Model { lengths: [90, 200], budget: 0, at: 0, heard: 0, play: None, seen: Default::default() };
    let (start, mut now, mut opened) = (clock::now(), 0, vec![]);
    for (wait, step) in steps {
        now += wait;
        let at = start + Duration::seconds(now);
        let standing = |model: &Model, lecture: usize| Ok(model.seen[lecture].len() as i64);
        let (told, expected) = match step.clone() {
            Step::Open { seat, lecture } => {
                let opening = opening(world, &seats[seat], lectures[lecture], at);
                opened.push((opening.play.clone(), seat));
                model
                    .open(now, Current { key: opening.play.clone(), seat, lecture, is_plain: false, seq: 0 });
                (tell(world, Ask::Open(opening)).await, standing(&model, lecture))
            }
            Step::Start { seat, lecture } => {
                let opening = opening(world, &seats[seat], lectures[lecture], at);
                model.open(now, Current { key: String::new(), seat, lecture, is_plain: true, seq: 0 });
                let told = world.db.write(move |conn| watching::begin(conn, &opening)).await.unwrap();
                (told, standing(&model, lecture))
            }
            Step::Finish { seat, lecture } => {
                let (who, session) = (seats[seat].person, seats[seat].session.clone());
                let id = LectureId(lectures[lecture]);
                let told =
                    world.db.write(move |conn| watching::finish(conn, who, &session, id, at)).await.unwrap();
                let expected = match &model.play {
                    None => Err(Told::Ended),
                    Some(play) if !play.is_plain || play.lecture != lecture => Err(Told::TakenOver),
                    Some(play) if play.seat != seat => Err(Told::SignedOut),
                    Some(_) => {
                        model.refill(now);
                        model.credit(lecture, &[(0, 1_000_000)]);
                        (model.budget, model.heard) = (0, now);
                        standing(&model, lecture)
                    }
                };
                (told, expected)
            }
            Step::Beat { back, stranger, seq, pieces } => {
                let Some((key, seat)) = opened.iter().rev().nth(back).cloned() else { continue };
                let by = if stranger { 1 - seat } else { seat };
                let last = model.play.as_ref().map(|play| play.seq).unwrap_or_default();
                let told = tell(world, said(&seats[by], &key, last + seq, &pieces, at)).await;
                let expected = match &mut model.play {
                    Some(play) if play.key == key => {
                        let lecture = play.lecture;
                        if by != play.seat {
                            Err(Told::SignedOut)
                        } else if seq <= 0 {
                            standing(&model, lecture)
                        } else if now - model.heard > 600 {
                            Err(Told::Ended)
                        } else {
                            play.seq += seq;
                            model.refill(now);
                            model.credit(lecture, &pieces);
                            model.heard = now;
                            standing(&model, lecture)
                        }
                    }
                    _ => Err(Told::TakenOver),
                };
                (told, expected)
            }
        };
        let told = match told {
            Told::Standing(standing) => Ok(i64::from(standing.seconds)),
            other => Err(other),
        };
        prop_assert_eq!(told, expected, "{:?} at {}", step, now);
        let all = (model.seen[0].len() + model.seen[1].len()) as i64;
        prop_assert!(all <= 20 + 2 * now, "{} s credited in {} s", all, now);
    }
    // What is kept is the same set, and a proof for each that is complete.
    for (place, lecture) in lectures.into_iter().enumerate() {
        let kept = format!("FROM watches WHERE person_id = {} AND lecture_id = {}", seats[0].person, lecture);
        let seconds = model.seen[place].len() as i64;
        prop_assert_eq!(world.number(&format!("SELECT COALESCE(SUM(seconds), 0) {kept}")), seconds);
        let proofs = format!(
            "SELECT COUNT(*) FROM completions WHERE person_id = {} AND lecture_id = {}",
            seats[0].person, lecture
        );
        prop_assert_eq!(world.number(&proofs), i64::from(seconds * 100 >= model.lengths[place] * 80));
        if world.number(&format!("SELECT COUNT(*) {kept}")) == 1 {
            let told =
                tell(world, Ask::Open(opening(world, &seats[0], lecture, start + Duration::seconds(now))))
                    .await;
            let Told::Standing(standing) = told else { panic!("{told:?}") };
            let mine: HashSet<i64> =
                standing.runs.iter().flat_map(|(from, to)| i64::from(*from)..i64::from(*to)).collect();
            prop_assert_eq!(&mine, &model.seen[place]);
        }
    }
    Ok(())
}

#[test]
fn the_store_agrees_with_a_naive_model() {
    const CASES: usize = 24;
    let world = World::new();
    for (lecture, seconds) in [(LECTURE, 90), (second(&world), 200)] {
        let media = media(&world, lecture);
        world.sql(&format!("UPDATE media SET duration_ms = {} WHERE id = {media}", seconds * 1_000 - 300));
    }
    let accounts = std::cell::RefCell::new(accounts(&world, CASES * 4));
    let system = actix_web::rt::System::new();
    let config =
        Config { cases: CASES as u32, max_shrink_iters: 60, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&steps(), |steps| {
        // Proofs are never deleted: each case is another person's.
        let Some(account) = accounts.borrow_mut().pop() else { return Ok(()) };
        system.block_on(follow(&world, account, steps))
    });
    outcome.unwrap();
}
