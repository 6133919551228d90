//! Announcements to groups: what the robots are sent, as a real server on this machine receives it and answers.
use crate::world::World;
use base64::Engine;
use chrono::Duration;
use hmac::{Hmac, KeyInit, Mac};
use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Barrier, Mutex};
use weixiao::channels::{self, Announcement, Sender};
use weixiao::clock::{Timestamp, now};

/// What a robot's server does with a request.
#[derive(Clone)]
enum Does {
    Answers(u16, &'static str),
    /// Closes the line without a word.
    HangsUp,
    /// Never answers; the line stays open.
    KeepsSilent,
}

const OK: Does = Does::Answers(200, r#"{"errcode":0,"errmsg":"ok","code":0,"msg":"success"}"#);

/// A request as it came: its target, its headers in small letters, its body.
#[derive(Clone, Debug)]
struct Got {
    target: String,
    headers: String,
    body: serde_json::Value,
}

/// A server that takes what robots are sent. What it does next is said in `next`; after that everything is well.
struct Robots {
    origin: String,
    got: Arc<Mutex<Vec<Got>>>,
    next: Arc<Mutex<VecDeque<Does>>>,
}

impl Robots {
    fn start() -> Robots {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let got = Arc::new(Mutex::new(Vec::<Got>::new()));
        let next = Arc::new(Mutex::new(VecDeque::<Does>::new()));
        let (gets, does) = (got.clone(), next.clone());
        std::thread::spawn(move || {
            let mut silent = vec![];
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let Some(one) = read(&mut stream) else { continue };
                gets.lock().unwrap().push(one);
                match does.lock().unwrap().pop_front().unwrap_or(OK) {
                    Does::Answers(status, body) => {
                        let more = if status == 302 { "location: /elsewhere\r\n" } else { "" };
                        let head = format!(
                            "HTTP/1.1 {status} X\r\n{more}content-length: {}\r\nconnection: close\r\n\r\n",
                            body.len()
                        );
                        // Whoever was killed does not read it.
                        let _ = stream.write_all(format!("{head}{body}").as_bytes());
                    }
                    Does::HangsUp => {}
                    Does::KeepsSilent => silent.push(stream),
                }
            }
        });
        Robots { origin, got, next }
    }
    fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }
    fn will(&self, does: &[Does]) {
        self.next.lock().unwrap().extend(does.iter().cloned());
    }
}

fn read(stream: &mut TcpStream) -> Option<Got> {
    let (mut text, mut piece) = (vec![], [0; 4096]);
    loop {
        let n = stream.read(&mut piece).ok()?;
        text.extend_from_slice(&piece[..n]);
        let whole = String::from_utf8_lossy(&text).into_owned();
        if let Some((head, body)) = whole.split_once("\r\n\r\n") {
            let headers = head.to_ascii_lowercase();
            let length: usize =
                headers.split("content-length:").nth(1)?.split("\r\n").next()?.trim().parse().ok()?;
            if body.len() >= length {
                let target = head.split(' ').nth(1)?.to_owned();
                return Some(Got { target, headers, body: serde_json::from_str(body).ok()? });
            }
        }
        if n == 0 {
            return None;
        }
    }
}

/// A town with one robot of this kind at that server.
fn town(robots: &Robots, kinds: &[(&str, &str)]) -> World {
    let world = World::new();
    let admin = world.number("SELECT id FROM accounts WHERE username = 'admin'");
    for (number, (kind, secret)) in kinds.iter().enumerate() {
        world.sql(&format!(
            "INSERT INTO webhooks (kind, name, address, secret, is_on, last_problem, claims, made_by, made_at, key) VALUES \
             ('{kind}', '第 {number} 群', '{}/{kind}?key=k{number}', '{secret}', {}, '', 0, {admin}, CURRENT_TIMESTAMP, 'w{number}')",
            robots.origin,
            if world.url.starts_with("sqlite:") { "1" } else { "true" }
        ));
    }
    world
}

fn announce(world: &World, key: &str, at: Timestamp) {
    let new = Announcement {
        key: key.into(),
        title: format!("展播安排发布 {key}"),
        text: "十课送到各校。".into(),
        link: "/broadcast".into(),
    };
    world.db.write_now(|conn| channels::announce(conn, &new, at)).unwrap();
}

/// One round of a worker. On a thread of its own, as it is in the program: a runtime does not wait inside another one.
fn round(world: &World, robots: &Robots, at: Timestamp) -> usize {
    let mut config = crate::world::config(&world.url);
    config.public_url = Some("https://dx.example.gov.cn".into());
    config.webhook_hosts = vec![robots.origin.clone()];
    std::thread::scope(|scope| {
        let work = scope.spawn(|| {
            let sender = Sender::of(&config).unwrap().unwrap();
            channels::deliver(&world.db, &sender, at).unwrap()
        });
        work.join().unwrap()
    })
}

fn sign(key: &str, text: &str) -> String {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
}

#[test]
fn each_robot_gets_what_its_maker_documents_once() {
    let robots = Robots::start();
    let world = town(&robots, &[("wecom", ""), ("dingtalk", "SECa"), ("feishu", "b")]);
    let at = now();
    announce(&world, "a", at);
    announce(&world, "a", at);
    assert_eq!(round(&world, &robots, at), 3);
    assert_eq!(round(&world, &robots, at), 0, "nothing is sent twice");
    let got = robots.got();
    assert_eq!(got.len(), 3);
    assert!(got.iter().all(|one| one.headers.contains("content-type: application/json; charset=utf-8")));
    // WeCom: the key in the address, Markdown.
    assert_eq!(got[0].target, "/wecom?key=k0");
    assert_eq!(got[0].body["msgtype"], "markdown");
    let content = got[0].body["markdown"]["content"].as_str().unwrap();
    assert_eq!(
        content,
        "**展播安排发布 a**\n十课送到各校。\n[查看详情](https://dx.example.gov.cn/broadcast)"
    );
    // DingTalk: signed in the address, in milliseconds.
    let url: Vec<&str> = got[1].target.split(['?', '&']).collect();
    let stamp = url[2].strip_prefix("timestamp=").unwrap();
    assert_eq!(stamp.len(), 13);
    let right = sign("SECa", &format!("{stamp}\nSECa"));
    let right = right.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    assert_eq!(url[3], format!("sign={right}"));
    assert_eq!(got[1].body["msgtype"], "markdown");
    assert_eq!(got[1].body["markdown"]["title"], "展播安排发布 a");
    // Feishu: signed in the body, in seconds, over nothing.
    let stamp = got[2].body["timestamp"].as_str().unwrap();
    assert_eq!(stamp.len(), 10);
    assert_eq!(got[2].body["sign"].as_str().unwrap(), sign(&format!("{stamp}\nb"), ""));
    assert_eq!(got[2].body["msg_type"], "post");
    assert_eq!(
        got[2].body["content"]["post"]["zh_cn"]["content"][1][0]["href"],
        "https://dx.example.gov.cn/broadcast"
    );
}

#[test]
fn what_helps_is_tried_again_what_does_not_is_given_up() {
    let robots = Robots::start();
    let world = town(&robots, &[("dingtalk", "x")]);
    let at = now();
    let state = || world.text("SELECT state FROM deliveries");
    announce(&world, "a", at);
    // A refusal comes with 200.
    robots.will(&[Does::Answers(200, r#"{"errcode":310000,"errmsg":"sign not match"}"#)]);
    assert_eq!(round(&world, &robots, at), 0);
    assert_eq!(state(), "gave_up");
    assert!(world.text("SELECT last_problem FROM webhooks").contains("310000"));
    world.sql("DELETE FROM deliveries");
    // Trouble of its own: after 1, 5, 30 minutes, 2 and 12 hours; then it is given up.
    announce(&world, "b", at);
    let mut when = at;
    for minutes in [1, 5, 30, 120, 720] {
        robots.will(&[if minutes == 5 { Does::HangsUp } else { Does::Answers(502, "<html>") }]);
        assert_eq!(round(&world, &robots, when), 0);
        assert_eq!(state(), "waiting", "before {minutes}");
        let count = robots.got().len();
        assert_eq!(round(&world, &robots, when + Duration::minutes(minutes) - Duration::seconds(1)), 0);
        assert_eq!(robots.got().len(), count, "not before {minutes} minutes");
        when += Duration::minutes(minutes) + Duration::seconds(1);
    }
    robots.will(&[Does::Answers(500, "")]);
    round(&world, &robots, when);
    assert_eq!((state(), world.number("SELECT tries FROM deliveries")), ("gave_up".into(), 6));
    // A redirection is not followed.
    world.sql("DELETE FROM deliveries");
    announce(&world, "c", at);
    robots.will(&[Does::Answers(302, "")]);
    let count = robots.got().len();
    round(&world, &robots, when);
    assert_eq!((robots.got().len(), state()), (count + 1, "gave_up".into()));
    // What never answers is waited for some seconds, and nobody knows.
    world.sql("DELETE FROM deliveries");
    announce(&world, "d", at);
    robots.will(&[Does::KeepsSilent]);
    round(&world, &robots, when);
    assert_eq!(state(), "waiting");
    assert!(world.text("SELECT problem FROM deliveries").contains("不知道有没有收到"));
}

#[test]
fn a_robot_has_twenty_messages_a_minute_and_rests_when_it_has_had_enough() {
    let robots = Robots::start();
    let world = town(&robots, &[("wecom", "")]);
    let at = now();
    for number in 0..25 {
        announce(&world, &format!("n{number:02}"), at);
    }
    assert_eq!(round(&world, &robots, at), 20);
    assert_eq!(round(&world, &robots, at + Duration::seconds(30)), 0);
    assert_eq!(round(&world, &robots, at + Duration::seconds(70)), 5);
    let titles: Vec<String> =
        robots.got().iter().map(|one| one.body["markdown"]["content"].to_string()).collect();
    assert!(titles[0].contains("n00") && titles[24].contains("n24"), "in their order");
    // It says itself that it was too much: the others wait too.
    let later = at + Duration::minutes(10);
    announce(&world, "x", later);
    announce(&world, "y", later);
    robots.will(&[Does::Answers(200, r#"{"errcode":45009,"errmsg":"api freq out of limit"}"#)]);
    let count = robots.got().len();
    assert_eq!(round(&world, &robots, later), 0);
    assert_eq!(robots.got().len(), count + 1, "the second one is not even tried");
    assert_eq!(round(&world, &robots, later + Duration::seconds(30)), 0);
    assert_eq!(round(&world, &robots, later + Duration::seconds(75)), 2);
}

#[test]
fn of_two_workers_one_sends_each_message() {
    let robots = Robots::start();
    let world = town(&robots, &[("wecom", "")]);
    let at = now();
    for number in 0..10 {
        announce(&world, &format!("{number}"), at);
    }
    let start = Barrier::new(2);
    let taken: usize = std::thread::scope(|scope| {
        let work = || {
            start.wait();
            round(&world, &robots, at)
        };
        let (one, two) = (scope.spawn(work), scope.spawn(work));
        one.join().unwrap() + two.join().unwrap()
    });
    assert_eq!((taken, robots.got().len()), (10, 10));
    assert_eq!(world.number("SELECT COUNT(*) FROM deliveries WHERE state = 'sent' AND tries = 1"), 10);
}

#[test]
fn what_a_killed_worker_had_claimed_is_sent_when_its_lease_is_over() {
    let robots = Robots::start();
    let world = town(&robots, &[("feishu", "")]);
    announce(&world, "a", now());
    robots.will(&[Does::KeepsSilent]);
    let folder = crate::world::FOLDER.join("killed");
    let start = || {
        std::process::Command::new(env!("CARGO_BIN_EXE_weixiao"))
            .arg("worker")
            .env("DATABASE_URL", &world.url)
            .env("WEIXIAO_MEDIA", folder.join("media"))
            .env("WEIXIAO_PUBLIC_URL", "https://dx.example.gov.cn")
            .env("WEIXIAO_WEBHOOK_HOSTS", &robots.origin)
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap()
    };
    let mut worker = start();
    for _ in 0..600 {
        if !robots.got().is_empty() {
            break;
        }
        // A server that has no connection left for it ends it at once.
        if worker.try_wait().unwrap().is_some() {
            worker = start();
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    worker.kill().unwrap();
    worker.wait().unwrap();
    assert_eq!(robots.got().len(), 1, "it was being sent");
    assert_eq!(world.text("SELECT state FROM deliveries"), "sending");
    let at = now();
    assert_eq!(round(&world, &robots, at), 0, "it may still be at it");
    assert_eq!(round(&world, &robots, at + Duration::minutes(3)), 1);
    assert_eq!(world.text("SELECT state FROM deliveries"), "sent");
    assert_eq!(world.number("SELECT tries FROM deliveries"), 2);
}

#[actix_web::test]
async fn an_administrator_names_robots_and_their_secrets_are_never_shown_again() {
    let robots = Robots::start();
    let world = town(&robots, &[]);
    let admin = world.signed_in("admin").await;
    let page = admin.get("/admin/channels").await;
    assert!(page.body.contains("还没有机器人") && page.body.contains("WEIXIAO_PUBLIC_URL"));
    let key = page.key();
    for (kind, address) in [
        ("wecom", "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1"),
        ("wecom", "https://oapi.dingtalk.com/robot/send?access_token=1"),
        ("wecom", "https://169.254.169.254/cgi-bin/webhook/send?key=1"),
        ("dingtalk", "file:///etc/passwd"),
        ("", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1"),
    ] {
        let fields =
            [("kind", kind), ("name", "某群"), ("address", address), ("secret", "s"), ("key", key.as_str())];
        let answer = admin.post("/admin/channels", &fields).await;
        assert_eq!(answer.status, 422, "{address}");
        assert!(answer.body.contains("value=\"某群\""), "what was typed stays");
    }
    let address = "https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef";
    let fields = [
        ("kind", "dingtalk"),
        ("name", "全市书记群"),
        ("address", address),
        ("secret", "SECvery"),
        ("key", key.as_str()),
    ];
    for _ in 0..2 {
        assert_eq!(admin.post("/admin/channels", &fields).await.status, 303);
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM webhooks"), 1, "sent twice, there once");
    let page = admin.get("/admin/channels").await;
    assert!(page.body.contains("全市书记群") && page.body.contains("oapi.dingtalk.com…cdef"));
    assert!(!page.body.contains("SECvery") && !page.body.contains("0123456789"), "neither is shown again");
    // A trial waits, once; switched off it waits no more.
    let key = page.between(r#"/trial"><input type="hidden" name="key" value=""#, "\"").to_owned();
    for _ in 0..2 {
        assert_eq!(admin.post("/admin/channels/1/trial", &[("key", &key)]).await.status, 303);
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM deliveries WHERE state = 'waiting'"), 1);
    assert!(admin.get("/admin/channels").await.body.contains("等待发送"));
    admin.post("/admin/channels/1/switch", &[]).await;
    assert_eq!(world.text("SELECT state FROM deliveries"), "cancelled");
    assert_eq!(admin.post("/admin/channels/1/trial", &[("key", &"1".repeat(32))]).await.status, 409);
    admin.post("/admin/channels/1/switch", &[("on", "yes")]).await;
    // What was given up is sent again when somebody asks for it.
    world.sql("UPDATE deliveries SET state = 'gave_up', tries = 6");
    assert!(admin.get("/admin/channels").await.body.contains("再发一次"));
    assert_eq!(admin.post("/admin/channels/deliveries/1/again", &[]).await.status, 303);
    assert_eq!(
        (world.text("SELECT state FROM deliveries"), world.number("SELECT tries FROM deliveries")),
        ("waiting".into(), 0)
    );
    assert_eq!(admin.post("/admin/channels/99/trial", &[("key", &key)]).await.status, 404);
    let organizer = world.signed_in("organizer").await;
    assert_eq!(organizer.get("/admin/channels").await.status, 403);
    // An announcement for robots that are off goes nowhere.
    world.sql("DELETE FROM deliveries");
    admin.post("/admin/channels/1/switch", &[]).await;
    announce(&world, "nobody", now());
    assert_eq!(world.number("SELECT COUNT(*) FROM deliveries"), 0);
    assert!(world.try_sql("UPDATE announcements SET title = 'x'").is_err(), "append-only");
}
