//! The instructor's desk, from a new lecture to the public page: through browsers, with the work behind pages done by a
//! worker whose clock the test turns.
use crate::world::{Answer, Browser, FOLDER, World};
use actix_web::http::Method;
use actix_web::web::Data;
use chrono::Duration;
use std::process::Command;
use std::sync::LazyLock;
use std::time::Instant;
use weixiao::app::routes;
use weixiao::clock::{self, Timestamp};
use weixiao::config::ORIGINAL_DAYS;
use weixiao::ids::{AccountId, MediaId, random_hex};
use weixiao::jobs::{self, Job, LEASE_SECONDS, TRIES};
use weixiao::lectures;
use weixiao::media::fresh_folder;
use weixiao::processing::Tools;
use weixiao::uploads::{self, Limits, Uploads};
use weixiao::worker::{self, Worker};

static TOOLS: LazyLock<Tools> = LazyLock::new(|| {
    let tools = Tools::find();
    assert!(tools.can_convert(), "{:?}", tools.lacks());
    tools
});

/// A machine without ffmpeg.
fn no_tools() -> Tools {
    Tools::find_with(Some("none".as_ref()))
}

fn film(name: &str, codecs: &str) -> Vec<u8> {
    film_of(name, "s=320x180:r=15:d=6", codecs)
}

fn film_of(name: &str, picture: &str, codecs: &str) -> Vec<u8> {
    let path = FOLDER.join(name);
    let input = format!("-v error -nostdin -y -f lavfi -i testsrc2={picture} -f lavfi -i sine=d=6:r=48000");
    let mut command = Command::new(TOOLS.ffmpeg.as_ref().unwrap());
    let args = format!("{input} {codecs} -preset ultrafast -pix_fmt yuv420p -c:a aac -movflags +faststart");
    let made = command.args(args.split_whitespace()).arg(&path).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    std::fs::read(path).unwrap()
}

/// Six seconds that every browser plays.
static FILM: LazyLock<Vec<u8>> = LazyLock::new(|| film("studio.mp4", "-c:v libx264"));
/// Six seconds that must be converted first.
static HEVC: LazyLock<Vec<u8>> =
    LazyLock::new(|| film("studio-hevc.mp4", "-c:v libx265 -x265-params log-level=error -tag:v hvc1"));

/// A town with a folder of uploads of its own: places and folders of work are not shared with other tests.
fn town() -> World {
    let folder = FOLDER.join(format!("studio-{}", random_hex(4)));
    let mut world = World::new().with(|config| config.uploads = folder.clone());
    world.portal.uploads = Data::new(Uploads::new(folder, Limits { reserve: 0, ..Limits::default() }));
    world
}

/// A worker of this town on a machine with these tools.
fn worker(world: &World, tools: Tools) -> Worker {
    Worker::new(world.db.clone(), &world.portal.config, tools).unwrap()
}

/// A moment after everything that the test has asked for so far.
fn soon() -> Timestamp {
    clock::now() + Duration::seconds(1)
}

/// Does all that can be done now; how many jobs that were.
fn work(worker: &Worker) -> usize {
    std::iter::repeat_with(|| worker.step(soon()).unwrap()).take_while(|did| *did).count()
}

/// Takes the next job as a worker does that is killed then.
fn claim(world: &World, now: Timestamp) -> Option<Job> {
    let place = uploads::place(&world.portal.config.uploads).unwrap();
    world.db.write_now(|conn| jobs::claim(conn, "killed", &place, now)).unwrap()
}

/// Gives this account the right to teach.
fn appoint(world: &World, account: &str) {
    world.sql(&format!(
        "INSERT INTO grants (account_id, role, scope_kind, granted_at) \
         SELECT id, 'instructor', 'city', CURRENT_TIMESTAMP FROM accounts WHERE username = '{account}'"
    ));
}

/// A person who has never taught and now may.
async fn second(world: &World) -> Browser<'_> {
    appoint(world, "member2");
    world.signed_in("member2").await
}

const ABOUT: &[(&str, &str)] = &[
    ("summary", "讲怎样看水尺。"),
    ("topic", "1"),
    ("school", ""),
    ("visibility", "public"),
    ("source", "recorded"),
    ("rights_ok", "1"),
    ("unit", "水利站"),
    ("agrees", "1"),
];

fn about<'a>(title: &'a str, changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![("title", title)];
    fields.extend(ABOUT.iter().filter(|(name, _)| changes.iter().all(|(other, _)| other != name)));
    fields.extend(changes.iter().filter(|(_, value)| *value != "-"));
    fields
}

/// A new lecture of whoever has this browser.
async fn create(browser: &Browser<'_>, title: &str) -> i64 {
    let made = browser.post("/studio/lectures", &about(title, &[])).await;
    assert_eq!(made.status, 303, "{}", made.body);
    let to = made.location.unwrap();
    to.trim_start_matches("/studio/lectures/").split('?').next().unwrap().parse().unwrap()
}

/// A form with one file.
fn multipart(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut body = format!("--frontier\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n").into_bytes();
    body.extend(bytes);
    body.extend(b"\r\n--frontier--\r\n");
    body
}

async fn send(browser: &Browser<'_>, lecture: i64, name: &str, bytes: &[u8]) -> Answer {
    browser.send_bytes(&format!("/studio/lectures/{lecture}/file"), multipart(name, bytes)).await
}

/// Sends a film that is taken: the number of its recording.
async fn sent(world: &World, browser: &Browser<'_>, lecture: i64, bytes: &[u8]) -> i64 {
    let answer = send(browser, lecture, "讲座.mp4", bytes).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    world.number("SELECT MAX(id) FROM recordings")
}

/// A lecture with a recording that is ready, made on a machine without ffmpeg: that takes no time.
async fn recorded(world: &World, browser: &Browser<'_>, title: &str) -> i64 {
    let lecture = create(browser, title).await;
    sent(world, browser, lecture, &FILM).await;
    assert_eq!(work(&worker(world, no_tools())), 2);
    lecture
}

fn is(world: &World, recording: i64, state: &str) -> bool {
    world.number(&format!("SELECT COUNT(*) FROM recordings WHERE id = {recording} AND state = '{state}'"))
        == 1
}

fn files_of(world: &World, folder: &str) -> Vec<String> {
    let store = &world.portal.media.store;
    let path = store.local_path(&format!("{folder}/x")).unwrap();
    let Ok(files) = std::fs::read_dir(path.parent().unwrap()) else { return vec![] };
    let mut names: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The one word that this query gives.
fn word(world: &World, sql: &str) -> String {
    use diesel::prelude::*;
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        word: String,
    }
    let sql = format!("SELECT ({sql}) AS word");
    let row = |conn: &mut weixiao::db::Conn| {
        Ok(weixiao::either!(conn, c => diesel::sql_query(&sql).get_result::<Row>(c))?)
    };
    world.db.read_now(row).unwrap().word
}

/// Where what was sent is kept.
fn original(world: &World, recording: i64) -> String {
    word(world, &format!("SELECT folder FROM recordings WHERE id = {recording}"))
}

async fn captioned(browser: &Browser<'_>, lecture: i64, base: i64, text: &str) -> Answer {
    let base = base.to_string();
    let fields = [("base", base.as_str()), ("start", "0:00"), ("end", "0:02.5"), ("text", text)];
    browser.post(&format!("/studio/lectures/{lecture}/captions"), &fields).await
}

/// A verdict on the version that the reviewer's page shows.
async fn judged(reviewer: &Browser<'_>, lecture: i64, verdict: &str) -> Answer {
    let path = format!("/review/{lecture}");
    let version = reviewer.get(&path).await.between(r#"name="version" value=""#, "\"").to_owned();
    reviewer.post(&path, &[("version", &version), ("verdict", verdict)]).await
}

// The list and the form.

#[actix_web::test]
async fn a_lecture_is_made_once_and_mistakes_keep_what_was_typed() {
    let world = town();
    let browser = world.signed_in("instructor").await;
    let before = world.number("SELECT COUNT(*) FROM lectures");
    let long = "长".repeat(61);
    for (title, changes) in [
        ("", [].as_slice()),
        (&long, &[]),
        ("看水尺", &[("topic", "9999")]),
        ("看水尺", &[("topic", "x")]),
        ("看水尺", &[("school", "999999")]),
        ("看水尺", &[("visibility", "nobody")]),
        ("看水尺", &[("source", "contest")]),
        ("看水尺", &[("source", "-")]),
    ] {
        let answer = browser.post("/studio/lectures", &about(title, changes)).await;
        assert_eq!(answer.status, 422, "{title} {changes:?}");
        assert!(answer.body.contains("讲怎样看水尺。") && answer.body.contains(title), "{title} {changes:?}");
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM lectures"), before);
    let first = create(&browser, "看水尺").await;
    assert_eq!(create(&browser, "看水尺").await, first, "a form that was sent twice");
    assert_eq!(world.number("SELECT COUNT(*) FROM lectures"), before + 1);
    assert!(browser.get("/studio").await.body.contains("看水尺"));
    let desk = browser.get(&format!("/studio/lectures/{first}")).await;
    assert!(desk.status == 200 && desk.body.contains("还没有录像，不能送审"));
    assert_eq!(world.visitor().get(&format!("/lectures/{first}")).await.status, 404, "nobody else sees it");
    // Changing it, with mistakes and without.
    let path = format!("/studio/lectures/{first}");
    let wrong = browser.post(&path, &about("", &[("summary", "改过的简介")])).await;
    assert!(wrong.status == 422 && wrong.body.contains("改过的简介"));
    let right = browser.post(&path, &about("看水位尺", &[("rights_ok", "-")])).await;
    assert_eq!(right.status, 303);
    let desk = browser.get(&path).await;
    assert!(desk.body.contains("看水位尺") && desk.body.contains("还没有确认版权"));
    for (action, said) in [("submit", 409), ("take-back", 409), ("reopen", 409), ("withdraw", 422)] {
        assert_eq!(browser.post(&format!("{path}/{action}"), &[]).await.status, said, "{action}");
    }
}

#[actix_web::test]
async fn whoever_teaches_for_the_first_time_agrees_to_be_named() {
    let world = town();
    let browser = second(&world).await;
    let known = "SELECT COUNT(*) FROM instructors i JOIN accounts a ON a.person_id = i.person_id WHERE a.username = 'member2'";
    assert!(browser.get("/studio").await.body.contains("还没有您的课"));
    assert!(browser.get("/studio/lectures/new").await.body.contains("name=\"agrees\""));
    for changes in [[("agrees", "-")], [("unit", "")], [("unit", "-")]] {
        let answer = browser.post("/studio/lectures", &about("第一堂课", &changes)).await;
        assert_eq!(answer.status, 422, "{changes:?}");
        assert!(answer.body.contains("第一堂课"), "{changes:?}");
        assert_eq!(world.number(known), 0, "{changes:?}");
    }
    let lecture = create(&browser, "第一堂课").await;
    assert_eq!(world.number(known), 1);
    let mine = browser.get("/studio").await;
    assert!(mine.body.contains("水利站") && mine.body.contains(&format!("/studio/lectures/{lecture}")));
    assert!(!browser.get("/studio/lectures/new").await.body.contains("name=\"agrees\""), "once is enough");
    let next = browser.post("/studio/lectures", &about("第二堂课", &[("agrees", "-"), ("unit", "-")])).await;
    assert_eq!(next.status, 303);
    assert_eq!(world.number(known), 1);
}

#[actix_web::test]
async fn somebody_elses_lecture_is_not_found_at_any_door_of_the_desk() {
    let world = town();
    let (first, second) = (world.signed_in("instructor").await, second(&world).await);
    let lecture = recorded(&world, &first, "看水尺").await;
    let recording = world.number("SELECT MAX(id) FROM recordings");
    let own = create(&second, "别的课").await;
    let state = |world: &World| {
        [
            "SELECT COUNT(*) FROM audit_entries",
            "SELECT COUNT(*) FROM uploads",
            "SELECT COUNT(*) FROM jobs",
            "SELECT COUNT(*) FROM caption_saves",
            "SELECT COUNT(*) FROM media_chapters",
            "SELECT COUNT(*) FROM lectures WHERE title = '看水尺' AND stage = 'draft'",
        ]
        .map(|sql| world.number(sql))
    };
    let before = state(&world);
    let fields = about(
        "夺来的课",
        &[
            ("reason", "不为什么"),
            ("poster", "1"),
            ("base", "0"),
            ("start", "0:00"),
            ("end", "0:02"),
            ("text", "夺来的字幕"),
            ("at", "0:01"),
        ],
    );
    let mut doors = 0;
    for route in routes().iter().filter(|route| route.path.starts_with("/studio/lectures/{lecture}")) {
        let mut paths = vec![route.path.replace("{lecture}", &lecture.to_string())];
        // Neither does a lecture of one's own open the way to somebody else's recording.
        if route.path.contains("{recording}") {
            paths.push(route.path.replace("{lecture}", &own.to_string()));
        }
        for path in paths {
            let path = path.replace("{recording}", &recording.to_string());
            let answer = match (&route.method, path.rsplit('/').next().unwrap()) {
                (&Method::GET, _) => second.get(&path).await,
                (_, "uploads") => second.json(&path, r#"{"name":"a.mp4","size":10,"fingerprint":"x"}"#).await,
                (_, "file") => second.send_bytes(&path, multipart("a.vtt", b"WEBVTT\n")).await,
                _ => second.post(&path, &fields).await,
            };
            assert_eq!(answer.status, 404, "{} {path}", route.method);
            assert!(!answer.body.contains("看水尺"), "{} {path}", route.method);
            doors += 1;
        }
    }
    assert!(doors >= 20, "{doors}");
    assert_eq!(state(&world), before);
    assert_eq!(first.get(&format!("/studio/lectures/{lecture}")).await.status, 200);
    assert!(!second.get("/studio").await.body.contains("看水尺"));
}

#[actix_web::test]
async fn the_desk_costs_the_same_with_one_lecture_and_with_thirty() {
    let world = town();
    let browser = second(&world).await;
    let lecture = create(&browser, "第一堂课").await;
    let desk = format!("/studio/lectures/{lecture}");
    let cost = async |path: &str| {
        browser.get(path).await;
        let before = world.db.statements();
        assert_eq!(browser.get(path).await.status, 200);
        world.db.statements() - before
    };
    let one = [cost("/studio").await, cost(&desk).await];
    for number in 2..=30 {
        create(&browser, &format!("第 {number} 堂课")).await;
    }
    assert_eq!([cost("/studio").await, cost(&desk).await], one);
    assert!(browser.get("/studio").await.body.contains("第 30 堂课"));
    assert!(browser.get("/studio?page=2").await.body.contains("第一堂课"));
    // Nor does it matter how many recordings were sent for a lecture.
    let bare = worker(&world, no_tools());
    let mut costs = vec![];
    for sent_so_far in 1..=6 {
        sent(&world, &browser, lecture, &FILM).await;
        assert_eq!(work(&bare), 2);
        if [2, 6].contains(&sent_so_far) {
            costs.push([cost(&desk).await, cost(&format!("{desk}/captions")).await]);
        }
    }
    assert_eq!(costs[0], costs[1]);
}

// Files and the work on them.

#[actix_web::test]
async fn from_a_phone_to_the_public_page() {
    let world = town();
    let browser = world.signed_in("instructor").await;
    let (worker, lecture) = (worker(&world, TOOLS.clone()), create(&browser, "看水尺").await);
    let desk = format!("/studio/lectures/{lecture}");
    let submit = async || browser.post(&format!("{desk}/submit"), &[]).await.status.as_u16();
    assert_eq!(submit().await, 409, "without a recording");
    // Sent: the file is where uploads are, and waits for the worker.
    let recording = sent(&world, &browser, lecture, &FILM).await;
    assert!(is(&world, recording, "waiting"));
    let upload = word(&world, "SELECT id FROM uploads");
    let received = uploads::path_of(&world.portal.config.uploads, &upload);
    assert!(received.exists());
    assert_eq!(submit().await, 409, "while it is worked on");
    assert!(worker.step(soon()).unwrap());
    assert!(!received.exists(), "kept");
    assert_eq!(files_of(&world, &original(&world, recording)), ["original"]);
    let progress = browser.get(&format!("{desk}/progress")).await;
    assert!(progress.body.contains(r#""state":"waiting""#), "{}", progress.body);
    assert!(worker.step(soon()).unwrap());
    assert!(!worker.step(soon()).unwrap(), "nothing is left to do");
    assert!(is(&world, recording, "ready"));
    let progress = browser.get(&format!("{desk}/progress")).await;
    assert!(progress.body.contains(r#""progress":1000"#), "{}", progress.body);
    let folder = word(&world, "SELECT s.folder FROM streams s JOIN recordings r ON r.media_id = s.media_id");
    assert!(files_of(&world, &folder).contains(&"master.m3u8".into()));
    let benches: Vec<_> = std::fs::read_dir(world.portal.config.uploads.join("work")).unwrap().collect();
    for bench in benches {
        let left = std::fs::read_dir(bench.unwrap().path()).unwrap().count();
        assert_eq!(left, 1, "no folder of work is left, only the worker's lock");
    }

    // A picture is chosen.
    let page = browser.get(&desk).await;
    assert!(page.body.contains("poster-3.jpg") && page.body.contains("已处理好"));
    for (number, status) in [("2", 303), ("0", 404), ("-1", 404), ("4", 404)] {
        let answer = browser.post(&format!("{desk}/poster"), &[("poster", number)]).await;
        assert_eq!(answer.status, status, "{number}");
    }
    assert_eq!(world.number(&format!("SELECT poster FROM streams WHERE folder = '{folder}'")), 2);

    // Review.
    assert_eq!(submit().await, 409, "without captions");
    assert_eq!(captioned(&browser, lecture, 0, "先看零点。").await.status, 303);
    assert_eq!(submit().await, 303);
    assert_eq!(browser.post(&desk, &about("改课名", &[])).await.status, 409, "under review nothing changes");
    assert_eq!(send(&browser, lecture, "b.mp4", &FILM).await.status, 409);
    let coming = r#"{"name":"a.mp4","size":10,"fingerprint":"x"}"#;
    assert_eq!(browser.json(&format!("{desk}/uploads"), coming).await.status, 409);
    let public = format!("/lectures/{lecture}");
    for (reviewer, done) in [("reviewer1", "passed"), ("reviewer2", "published")] {
        let reviewer = world.signed_in(reviewer).await;
        assert!(reviewer.get("/review").await.body.contains("看水尺"));
        assert!(reviewer.get(&format!("/review/{lecture}")).await.body.contains("先看零点。"));
        assert_eq!(world.visitor().get(&public).await.status, 404);
        let answer = judged(&reviewer, lecture, "passed").await;
        assert_eq!(answer.location, Some(format!("/review?done={done}")));
    }

    // What visitors get.
    let visitor = world.visitor();
    let page = visitor.get(&public).await;
    for part in [
        "master.m3u8\" type=\"application/vnd.apple.mpegurl\"",
        "video.mp4",
        "poster.jpg",
        "captions.vtt",
        "先看零点。",
    ] {
        assert!(page.body.contains(part), "{part}");
    }
    let sent_on = visitor.get(&format!("{public}/master.m3u8")).await;
    assert_eq!(sent_on.status, 302);
    let address = sent_on.location.unwrap();
    assert!(address.starts_with("/m/") && address.ends_with(&format!("/{folder}/master.m3u8")));
    let master = visitor.get(&address).await;
    assert!(master.status == 200 && master.body.contains("360p.m3u8"), "{}", master.body);
    for (file, status) in
        [("360p.m3u8", 200), ("360p.mp4", 200), ("audio.m4a", 200), ("story.jpg", 200), ("original", 404)]
    {
        assert_eq!(visitor.get(&address.replace("master.m3u8", file)).await.status, status, "{file}");
    }
    let other = fresh_folder();
    world.portal.media.store.put_bytes(&format!("{other}/master.m3u8"), b"#EXTM3U\n").unwrap();
    assert_eq!(
        visitor.get(&address.replace(&folder, &other)).await.status,
        404,
        "the signature is for one folder"
    );
    let poster = visitor.get(&format!("{public}/poster.jpg")).await;
    assert!(poster.location.unwrap().ends_with("/poster-2.jpg"), "the chosen one");

    // For members only, from now on: no address is given out at any door.
    world.sql(&format!("UPDATE lectures SET visibility = 'members' WHERE id = {lecture}"));
    let member = world.signed_in("member").await;
    for file in ["master.m3u8", "video.mp4", "audio.m4a", "poster.jpg", "story.jpg", "captions.vtt"] {
        let path = format!("{public}/{file}");
        let refused = world.visitor().get(&path).await;
        let is_asked =
            refused.status == 401 || refused.location.as_deref().is_some_and(|to| to.starts_with("/sign-in"));
        assert!(
            is_asked && !refused.body.contains("/m/"),
            "{file}: {} {:?}",
            refused.status,
            refused.location
        );
        let given = member.get(&path).await;
        assert_eq!(given.status, if file == "captions.vtt" { 200 } else { 302 }, "{file}");
    }
    assert!(!world.visitor().get(&public).await.body.contains("先看零点。"));
    assert_eq!(member.get(&public).await.status, 200);

    // Withdrawn and back.
    let off = browser.post(&format!("{desk}/withdraw"), &[("reason", "年份有误")]).await;
    assert_eq!(off.status, 303);
    assert_eq!(member.get(&public).await.status, 410);
    assert_eq!(member.get(&format!("{public}/master.m3u8")).await.status, 404);
    assert_eq!(send(&browser, lecture, "b.mp4", &FILM).await.status, 409, "not before it is a draft again");
    assert_eq!(browser.post(&format!("{desk}/reopen"), &[]).await.status, 303);
    assert_eq!(browser.post(&desk, &about("看水尺（改）", &[])).await.status, 303);
}

#[actix_web::test]
async fn what_is_stopped_can_be_taken_up_again() {
    let world = town();
    let browser = world.signed_in("instructor").await;
    let (worker, lecture) = (worker(&world, no_tools()), create(&browser, "看水尺").await);
    let recording = sent(&world, &browser, lecture, &FILM).await;
    let path = format!("/studio/lectures/{lecture}/recordings/{recording}");
    let post = async |action: &str| browser.post(&format!("{path}/{action}"), &[]).await.status.as_u16();
    assert_eq!(post("retry").await, 409, "it goes on by itself");
    // Before the first step.
    assert_eq!(post("cancel").await, 303);
    assert!(is(&world, recording, "cancelled"));
    assert_eq!(post("cancel").await, 409, "once is enough");
    assert_eq!(work(&worker), 0);
    assert!(browser.get(&format!("/studio/lectures/{lecture}")).await.body.contains("已取消处理"));
    // Between the steps.
    assert_eq!(post("retry").await, 303);
    assert!(worker.step(soon()).unwrap());
    assert_eq!(post("cancel").await, 303);
    assert_eq!(work(&worker), 0);
    // While it is being done: whoever does it learns it, and makes nothing of it.
    assert_eq!(post("retry").await, 303);
    let job = claim(&world, soon()).unwrap();
    assert_eq!(post("cancel").await, 303);
    assert!(!world.db.write_now(|conn| jobs::renew(conn, &job, soon())).unwrap());
    assert!(!world.db.write_now(|conn| jobs::finish(conn, &job, soon())).unwrap());
    assert_eq!(post("retry").await, 303);
    assert_eq!(work(&worker), 1);
    assert!(is(&world, recording, "ready"));
    assert_eq!((post("cancel").await, post("retry").await), (409, 409), "it is done");
    assert_eq!(
        world.number("SELECT COUNT(*) FROM streams WHERE media_id IN (SELECT media_id FROM recordings)"),
        1
    );
}

#[actix_web::test]
async fn a_worker_that_is_killed_is_replaced_by_another() {
    let world = town();
    let browser = world.signed_in("instructor").await;
    let lecture = create(&browser, "看水尺").await;
    let recording = sent(&world, &browser, lecture, &FILM).await;
    let other = worker(&world, no_tools());
    let dead = claim(&world, soon()).unwrap();
    assert!(!other.step(soon()).unwrap(), "the lease holds");
    let later = soon() + Duration::seconds(LEASE_SECONDS + 1);
    assert!(other.step(later).unwrap(), "kept by the other one");
    assert!(!world.db.write_now(|conn| jobs::finish(conn, &dead, later)).unwrap());
    let dead = claim(&world, soon()).unwrap();
    // As a killed worker leaves it: its lock is gone with it.
    let folder = world.portal.config.uploads.join("work").join("killed");
    std::fs::create_dir_all(folder.join("1-1").join("out")).unwrap();
    std::fs::File::create(folder.join("lock")).unwrap();
    assert!(!other.step(soon()).unwrap());
    assert!(other.step(later).unwrap());
    assert!(is(&world, recording, "ready"));
    assert!(!world.db.write_now(|conn| jobs::finish(conn, &dead, later)).unwrap());
    assert_eq!(world.number("SELECT COUNT(*) FROM recordings WHERE media_id IS NOT NULL"), 1);
    let _next = self::worker(&world, no_tools());
    assert!(!folder.exists(), "what the killed one left is gone when a worker starts");
    assert!(other.step(later).is_ok(), "the living one keeps its own");
}

/// The work is stopped in the middle, while ffmpeg runs.
#[actix_web::test]
async fn what_is_stopped_while_it_is_converted_ends_soon_and_leaves_nothing() {
    let world = town();
    let browser = world.signed_in("instructor").await;
    let (worker, lecture) = (worker(&world, TOOLS.clone()), create(&browser, "看水尺").await);
    let long = film_of("studio-long.mp4", "s=1280x720:r=30:d=60", "-c:v mpeg4");
    let recording = sent(&world, &browser, lecture, &long).await;
    assert!(worker.step(soon()).unwrap());
    let doing = std::thread::spawn(move || worker.step(soon()).unwrap());
    let path = format!("/studio/lectures/{lecture}");
    let until = Instant::now() + std::time::Duration::from_secs(60);
    loop {
        let told = browser.get(&format!("{path}/progress")).await;
        if told.body.contains("转换画面和声音") {
            assert!(told.body.contains("\"state\":\"working\""), "{}", told.body);
            break;
        }
        assert!(Instant::now() < until, "it did not begin: {}", told.body);
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let page = browser.get(&path).await;
    assert!(page.body.contains("转换画面和声音") && page.body.contains("取消处理"));
    let asked = Instant::now();
    let answer = browser.post(&format!("{path}/recordings/{recording}/cancel"), &[]).await;
    assert_eq!(answer.status, 303);
    assert!(doing.join().unwrap());
    assert!(asked.elapsed().as_secs() < 15, "{:?}", asked.elapsed());
    assert!(is(&world, recording, "cancelled"), "and it stays so");
    assert_eq!(world.number("SELECT COUNT(*) FROM recordings WHERE media_id IS NOT NULL"), 0);
    assert_eq!(std::fs::read_dir(world.portal.config.uploads.join("work")).unwrap().count(), 0);
    assert_eq!(files_of(&world, &original(&world, recording)), ["original"], "it can be taken up again");
}

#[actix_web::test]
async fn what_fails_for_no_fault_of_the_file_is_tried_again_and_then_explained() {
    let world = town();
    let browser = world.signed_in("instructor").await;
    let (worker, lecture) = (worker(&world, no_tools()), create(&browser, "看水尺").await);
    let recording = sent(&world, &browser, lecture, &FILM).await;
    assert!(worker.step(soon()).unwrap());
    // There is no room to work in: a file stands where the folder should be.
    let room = world.portal.config.uploads.join("work");
    let _ = std::fs::remove_dir_all(&room);
    std::fs::write(&room, b"").unwrap();
    assert!(worker.step(soon()).unwrap());
    for minutes in [1, 5, 25] {
        assert_eq!(world.number("SELECT COUNT(*) FROM recordings WHERE state IN ('waiting', 'working')"), 1);
        assert_eq!(work(&worker), 0, "it waits");
        assert!(!worker.step(clock::now() + Duration::minutes(minutes) - Duration::seconds(20)).unwrap());
        assert!(worker.step(clock::now() + Duration::minutes(minutes)).unwrap(), "{minutes}");
    }
    assert!(is(&world, recording, "failed"));
    let desk = format!("/studio/lectures/{lecture}");
    assert!(browser.get(&desk).await.body.contains("试了几次都没有处理成。文件还在"));
    browser.cookies.borrow_mut().insert("lang".into(), "en".into());
    let page = browser.get(&desk).await;
    assert!(page.body.contains("Several attempts to process it failed.") && !page.body.contains("os error"));
    std::fs::remove_file(&room).unwrap();
    assert_eq!(browser.post(&format!("{desk}/recordings/{recording}/retry"), &[]).await.status, 303);
    assert_eq!(work(&worker), 1);
    assert!(is(&world, recording, "ready"));
}

#[actix_web::test]
async fn a_file_that_kills_every_worker_is_given_up() {
    let world = town();
    let browser = world.signed_in("instructor").await;
    let lecture = create(&browser, "看水尺").await;
    let recording = sent(&world, &browser, lecture, &FILM).await;
    let (worker, mut now) = (worker(&world, no_tools()), soon());
    assert!(worker.step(now).unwrap());
    // More often than a failure: a server may also be stopped.
    for attempt in 1..=TRIES + 6 {
        now += Duration::seconds(LEASE_SECONDS + 1);
        assert_eq!(claim(&world, now).unwrap().attempts, attempt);
    }
    now += Duration::seconds(LEASE_SECONDS + 1);
    assert!(worker.step(now).unwrap());
    assert!(is(&world, recording, "failed"), "not for ever");
    assert!(browser.get(&format!("/studio/lectures/{lecture}")).await.body.contains("试了几次都没有处理成"));
    let path = format!("/studio/lectures/{lecture}/recordings/{recording}/retry");
    assert_eq!(browser.post(&path, &[]).await.status, 303);
    assert_eq!(work(&worker), 1);
    assert!(is(&world, recording, "ready"));
}

#[actix_web::test]
async fn what_is_no_video_fails_with_a_sentence_in_the_readers_language() {
    let world = town();
    let browser = world.signed_in("instructor").await;
    let lecture = create(&browser, "看水尺").await;
    let recording = sent(&world, &browser, lecture, b"<!doctype html><title>404</title>").await;
    assert_eq!(work(&worker(&world, TOOLS.clone())), 2);
    assert!(is(&world, recording, "failed"));
    assert_eq!(
        world.number("SELECT attempts FROM jobs WHERE kind = 'process'"),
        1,
        "trying again does not help"
    );
    let desk = format!("/studio/lectures/{lecture}");
    let (zh, en) = ("这不是视频文件。请上传手机或摄像机录的视频，例如 MP4、MOV", "This is not a video file.");
    let page = browser.get(&desk).await;
    assert!(page.body.contains(zh) && page.body.contains("没有处理成") && !page.body.contains(en));
    browser.cookies.borrow_mut().insert("lang".into(), "en".into());
    let page = browser.get(&desk).await;
    assert!(page.body.contains(en) && !page.body.contains(zh));
    let folder = FOLDER.to_str().unwrap();
    assert!(!page.body.contains(folder), "no path is told");
    // Nothing and half a film are refused as well.
    assert_eq!(send(&browser, lecture, "a.mp4", b"").await.status, 422);
    let half = sent(&world, &browser, lecture, &FILM[..FILM.len() / 2]).await;
    work(&worker(&world, no_tools()));
    assert!(is(&world, half, "failed"));
    assert!(browser.get(&desk).await.body.contains("The file is incomplete"));
}

#[actix_web::test]
async fn without_ffmpeg_what_plays_is_published_and_the_rest_waits_for_it() {
    let world = town();
    let browser = world.signed_in("instructor").await;
    let (bare, lecture) = (worker(&world, no_tools()), create(&browser, "看水尺").await);
    let desk = format!("/studio/lectures/{lecture}");
    let plain = sent(&world, &browser, lecture, &FILM).await;
    assert_eq!(work(&bare), 2);
    assert!(is(&world, plain, "ready"));
    let folder = word(&world, "SELECT s.folder FROM streams s JOIN recordings r ON r.media_id = s.media_id");
    let kept = world.portal.media.store.get_bytes(&format!("{folder}/video.mp4")).unwrap();
    assert!(kept == *FILM, "as it is");
    assert_eq!(
        world.number(&format!(
            "SELECT COUNT(*) FROM streams WHERE folder = '{folder}' AND has_hls = FALSE AND posters = 0"
        )),
        1
    );
    assert!(!browser.get(&desk).await.body.contains("name=\"poster\""), "there is no picture to choose");

    let waits = sent(&world, &browser, lecture, &HEVC).await;
    assert_eq!(work(&bare), 2);
    let asked = format!(
        "SELECT COUNT(*) FROM recordings WHERE id = {waits} AND state = 'working' AND step = 'converter'"
    );
    assert_eq!(world.number(&asked), 1);
    assert_eq!(world.number("SELECT attempts FROM jobs WHERE state = 'queued'"), 0, "that was no try");
    assert!(browser.get(&desk).await.body.contains("还没有装 ffmpeg，装好后自动接着处理"));
    for minutes in [3, 6, 9, 12] {
        assert!(bare.step(soon() + Duration::minutes(minutes)).unwrap(), "however often");
        assert_eq!(world.number(&asked), 1);
    }
    let other = worker(&world, TOOLS.clone());
    assert!(!other.step(soon()).unwrap(), "not yet");
    assert!(other.step(soon() + Duration::minutes(3)).unwrap());
    assert!(is(&world, waits, "ready"));
    let made = format!(
        "SELECT COUNT(*) FROM streams s JOIN recordings r ON r.media_id = s.media_id WHERE r.id = {waits} AND s.has_hls"
    );
    assert_eq!(world.number(&made), 1);
    assert!(browser.get(&desk).await.body.contains("name=\"poster\""));
}

#[actix_web::test]
async fn what_was_sent_is_deleted_after_a_month() {
    let world = town();
    let browser = world.signed_in("instructor").await;
    let lecture = recorded(&world, &browser, "看水尺").await;
    let good = world.number("SELECT MAX(id) FROM recordings");
    let bad = sent(&world, &browser, lecture, b"<!doctype html>").await;
    work(&worker(&world, no_tools()));
    let (desk, store) = (format!("/studio/lectures/{lecture}"), &world.portal.media.store);
    let folders = [original(&world, good), original(&world, bad)];
    let days = |days| clock::now() + Duration::days(days);
    worker::sweep(&world.db, store, days(ORIGINAL_DAYS - 1)).unwrap();
    assert!(folders.iter().all(|folder| files_of(&world, folder) == ["original"]));
    assert!(browser.get(&desk).await.body.contains(&format!("/recordings/{bad}/retry")));
    worker::sweep(&world.db, store, days(ORIGINAL_DAYS + 1)).unwrap();
    assert!(folders.iter().all(|folder| files_of(&world, folder).is_empty()));
    assert_eq!(world.number("SELECT COUNT(*) FROM recordings WHERE has_original"), 0);
    let refused = browser.post(&format!("{desk}/recordings/{bad}/retry"), &[]).await;
    assert!(refused.status == 409 && refused.body.contains("上传的文件已经不在了"));
    assert!(!browser.get(&desk).await.body.contains(&format!("/recordings/{bad}/retry")));
    // What is played stays.
    let folder = word(&world, "SELECT s.folder FROM streams s JOIN recordings r ON r.media_id = s.media_id");
    assert!(store.size(&format!("{folder}/video.mp4")).is_ok());
    worker::sweep(&world.db, store, days(ORIGINAL_DAYS + 2)).unwrap();
}

// Captions and chapters.

#[actix_web::test]
async fn captions_are_saved_line_by_line_and_every_text_is_kept() {
    let world = town();
    let browser = world.signed_in("instructor").await;
    let lecture = create(&browser, "看水尺").await;
    let path = format!("/studio/lectures/{lecture}/captions");
    assert_eq!(browser.get(&path).await.status, 409, "there is no recording yet");
    sent(&world, &browser, lecture, &FILM).await;
    work(&worker(&world, no_tools()));
    let cues = "SELECT COUNT(*) FROM cues WHERE media_id = (SELECT MAX(media_id) FROM recordings)";
    let page = browser.get(&path).await;
    assert_eq!((page.status.as_u16(), page.between("name=\"base\" value=\"", "\"")), (200, "0"));
    // Rows that are wrong come back as they were typed, with the row that each problem is in.
    for (start, end, text, problem) in [
        ("一点", "0:02", "读不出的时间", "时间读不出来"),
        ("0:03", "0:02", "倒过来的时间", "结束时间早于开始时间"),
        ("0:02", "0:02", "没有长度", "开始和结束是同一时间"),
        ("0:01", "9:00", "太靠后", "时间超出了视频"),
        ("-0:01", "0:02", "太靠前", "时间是负数"),
        ("0:01", "0:02", &"长".repeat(201), "最多 200 个"),
    ] {
        let fields = [
            ("base", "0"),
            ("start", "0:00"),
            ("end", "0:01"),
            ("text", "好的一行 <b>"),
            ("start", start),
            ("end", end),
            ("text", text),
        ];
        let answer = browser.post(&path, &fields).await;
        assert_eq!(answer.status, 422, "{problem}");
        assert!(answer.body.contains("好的一行 &#60;b&#62;") && answer.body.contains(text), "{problem}");
        assert!(
            answer.body.contains(&format!("value=\"{start}\""))
                && answer.body.contains(&format!("value=\"{end}\""))
        );
        assert!(answer.body.contains("href=\"#r-2\"") && answer.body.contains(problem), "{problem}");
        assert!(!answer.body.contains("href=\"#r-1\""), "{problem}");
        assert_eq!(answer.between("name=\"base\" value=\"", "\""), "0");
    }
    assert_eq!(world.number(cues) + world.number("SELECT COUNT(*) FROM caption_saves"), 0);
    let fields = [
        ("base", "0"),
        ("start", "0:03"),
        ("end", "0:04,5"),
        ("text", "后面一行"),
        ("start", "0：00"),
        ("end", "2.5"),
        ("text", "先看<零>点"),
        ("start", "x"),
        ("end", ""),
        ("text", " "),
    ];
    let saved = browser.post(&path, &fields).await;
    assert_eq!(saved.location, Some(format!("{path}?done=captions")));
    assert_eq!(world.number(cues), 2);
    // Downloads.
    let vtt = browser.get(&format!("{path}.vtt")).await;
    let lines =
        "00:00:00.000 --> 00:00:02.500\n先看&lt;零&gt;点\n\n00:00:03.000 --> 00:00:04.500\n后面一行\n";
    assert_eq!(vtt.body.trim_end(), format!("WEBVTT\n\n{lines}").trim_end());
    assert_eq!(vtt.headers["content-type"], "text/vtt; charset=utf-8");
    assert_eq!(
        vtt.headers["content-disposition"],
        format!("attachment; filename=\"captions-{lecture}.vtt\"")
    );
    let srt = browser.get(&format!("{path}.srt")).await;
    assert!(srt.body.contains("00:00:03,000 --> 00:00:04,500"), "{}", srt.body);
    assert!(srt.headers["content-disposition"].ends_with(".srt\""));
    // All lines can be taken away again; the text that was there is kept.
    let base = world.number("SELECT MAX(id) FROM caption_saves").to_string();
    assert_eq!(browser.post(&path, &[("base", &base)]).await.status, 303);
    assert_eq!((world.number(cues), world.number("SELECT COUNT(*) FROM caption_saves")), (0, 2));
    assert_eq!(world.number("SELECT COUNT(*) FROM caption_saves WHERE vtt LIKE '%后面一行%'"), 1);
    for sql in ["UPDATE caption_saves SET vtt = ''", "DELETE FROM caption_saves"] {
        assert!(world.try_sql(sql).is_err(), "{sql}");
    }
}

#[actix_web::test]
async fn of_two_editors_the_later_sees_both_texts_and_nothing_is_lost() {
    let world = town();
    let one = world.signed_in("instructor").await;
    let lecture = recorded(&world, &one, "看水尺").await;
    let two = world.signed_in("instructor").await;
    let path = format!("/studio/lectures/{lecture}/captions");
    let base = two.get(&path).await.between("name=\"base\" value=\"", "\"").parse().unwrap();
    assert_eq!(captioned(&one, lecture, base, "先存的一份").await.status, 303);
    let told = captioned(&two, lecture, base, "后存的一份").await;
    assert_eq!(told.status, 422);
    assert!(told.body.contains("别人保存过另一份"));
    assert!(told.between("id=\"theirs\"", "</details>").contains("先存的一份"));
    assert!(told.body.contains("name=\"text\" value=\"后存的一份\""));
    assert_eq!(
        world.number("SELECT COUNT(*) FROM cues WHERE text = '先存的一份'"),
        1,
        "nothing was written over"
    );
    // Whoever leaves the base out is not let through either.
    let bare = two.post(&path, &[("start", "0:00"), ("end", "0:01"), ("text", "不说依据")]).await;
    assert_eq!(bare.status, 422);
    // Mistakes do not hide the other text: the next try is told of it again.
    let fields = [("base", "0"), ("start", "x"), ("end", "0:01"), ("text", "后存的一份")];
    let wrong = two.post(&path, &fields).await;
    assert_eq!((wrong.status.as_u16(), wrong.between("name=\"base\" value=\"", "\"")), (422, "0"));
    let base = told.between("name=\"base\" value=\"", "\"").parse().unwrap();
    assert_eq!(captioned(&two, lecture, base, "后存的一份").await.status, 303);
    assert_eq!(world.number("SELECT COUNT(*) FROM cues WHERE text = '后存的一份'"), 1);
    assert_eq!(
        world.number("SELECT COUNT(*) FROM caption_saves WHERE vtt LIKE '%先存的一份%'"),
        1,
        "still there"
    );
    assert_eq!(world.number("SELECT COUNT(*) FROM caption_saves"), 2);
    // At the very same moment, one is let through.
    let media = MediaId(world.number("SELECT MAX(media_id) FROM recordings"));
    let base = world.number("SELECT MAX(id) FROM caption_saves");
    let account = AccountId(world.number("SELECT id FROM accounts WHERE username = 'instructor'"));
    let both = ["左", "右"].map(|text| {
        let db = world.db.clone();
        std::thread::spawn(move || {
            let lines = [(0, 1_000, text.to_owned())];
            db.write_now(|conn| {
                lectures::set_cues(conn, media, Some(base), &lines, text, account, clock::now())
            })
            .unwrap()
        })
    });
    let saved = both.map(|thread| thread.join().unwrap());
    assert!(saved[0] != saved[1], "{saved:?}");
}

#[actix_web::test]
async fn files_of_captions_are_read_or_explained() {
    let world = town();
    let browser = world.signed_in("instructor").await;
    let lecture = recorded(&world, &browser, "看水尺").await;
    let path = format!("/studio/lectures/{lecture}/captions");
    let file =
        async |bytes: &[u8]| browser.send_bytes(&format!("{path}/file"), multipart("a.srt", bytes)).await;
    let srt = "1\r\n00:00:00,000 --> 00:00:02,000\r\n先看零点，再看水面到了哪一格\r\n\r\n2\r\n00:00:02,500 --> 00:00:05,000\r\n<i>第二行</i>\r\n";
    let gb = encoding_rs::GB18030.encode(srt).0.into_owned();
    let vtt = "WEBVTT\n\nNOTE 说明\n\n00:00.000 --> 00:02.000 align:start\n先看零点，再看水面到了哪一格\n\n00:02.500 --> 00:05.000\n第二行\n";
    for (name, bytes) in [("srt", srt.as_bytes()), ("gb18030", gb.as_slice()), ("vtt", vtt.as_bytes())] {
        world.sql("DELETE FROM cues WHERE media_id = (SELECT MAX(media_id) FROM recordings)");
        assert_eq!(file(bytes).await.location, Some(format!("{path}?done=captions")), "{name}");
        let page = browser.get(&path).await;
        assert!(
            page.body.contains("value=\"先看零点，再看水面到了哪一格\"")
                && page.body.contains("value=\"第二行\""),
            "{name}"
        );
    }
    let saves = world.number("SELECT COUNT(*) FROM caption_saves");
    let huge = vec![b'a'; (2 << 20) + 1];
    let huger = vec![b'a'; 3 << 20];
    for (bytes, problem) in [
        (b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".repeat(20).as_slice(), "这不是 WebVTT 或 SRT 字幕文件"),
        (b"", "这不是 WebVTT 或 SRT 字幕文件"),
        ("没有时间的文字\n".as_bytes(), "这不是 WebVTT 或 SRT 字幕文件"),
        (b"1\n00:00:03,000 --> 00:00:01,000\nx\n", "第 2 行：结束时间早于开始时间"),
        (b"1\n00:10:00,000 --> 00:10:01,000\nx\n", "第 2 行：时间超出了视频"),
        (&huge, "字幕文件不能超过 2 MB"),
        (&huger, "字幕文件不能超过 2 MB"),
    ] {
        let answer = file(bytes).await;
        assert_eq!(answer.status, 422, "{problem}");
        assert!(answer.body.contains(problem), "{problem}");
        assert!(answer.body.contains("value=\"第二行\""), "what was there is there: {problem}");
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM caption_saves"), saves);
    let nothing = browser.send_bytes(&format!("{path}/file"), b"--frontier--\r\n".to_vec()).await;
    assert!(nothing.status == 422 || nothing.status == 400, "{}", nothing.status);
}

#[actix_web::test]
async fn a_new_recording_takes_over_captions_and_chapters_of_the_old_one() {
    let world = town();
    let browser = world.signed_in("instructor").await;
    let lecture = recorded(&world, &browser, "看水尺").await;
    let (desk, path) =
        (format!("/studio/lectures/{lecture}"), format!("/studio/lectures/{lecture}/captions"));
    let copy = async || browser.post(&format!("{path}/copy"), &[]).await;
    assert_eq!(copy().await.status, 409, "there is nothing to copy");
    assert_eq!(captioned(&browser, lecture, 0, "先看零点。").await.status, 303);
    // Chapters: with mistakes, and without.
    let chapters = async |rows: &[(&str, &str)]| {
        let fields: Vec<_> = rows.iter().flat_map(|row| [("at", row.0), ("title", row.1)]).collect();
        browser.post(&format!("{desk}/chapters"), &fields).await
    };
    for (rows, problem) in [
        ([("0:00", "开头"), ("x", "<坏>")], "时间读不出来"),
        ([("0:01", "开头"), ("0:01", "<坏>")], "另一章也从这个时间开始"),
        ([("0:00", "开头"), ("9:00", "<坏>")], "时间超出了视频"),
    ] {
        let answer = chapters(&rows).await;
        assert_eq!(answer.status, 422, "{problem}");
        for part in
            [problem, "value=\"开头\"", "value=\"&#60;坏&#62;\"", "href=\"#c-2\"", "value=\"先看零点。\""]
        {
            assert!(answer.body.contains(part), "{problem}: {part}");
        }
    }
    let saved = chapters(&[("0:03", "水面"), ("0:00", "零点"), ("0:01", " ")]).await;
    assert_eq!(saved.location, Some(format!("{path}?done=chapters#chapters")));
    let of = |table: &str, media: i64| {
        world.number(&format!("SELECT COUNT(*) FROM {table} WHERE media_id = {media}"))
    };
    let old = world.number("SELECT MAX(media_id) FROM recordings");
    assert_eq!((of("cues", old), of("media_chapters", old)), (1, 2));

    sent(&world, &browser, lecture, &FILM).await;
    work(&worker(&world, no_tools()));
    let new = world.number("SELECT MAX(media_id) FROM recordings");
    assert!(new > old && of("cues", new) == 0);
    let page = browser.get(&desk).await;
    assert!(page.body.contains("captions/copy") && page.body.contains("还没有字幕，不能送审"));
    assert_eq!(copy().await.location, Some(format!("{path}?done=captions-copied")));
    assert_eq!((of("cues", new), of("media_chapters", new), of("caption_saves", new)), (1, 2, 1));
    assert_eq!((of("cues", old), of("media_chapters", old)), (1, 2), "the old one keeps its own");
    assert!(!browser.get(&desk).await.body.contains("captions/copy"));
    assert_eq!(browser.post(&format!("{desk}/submit"), &[]).await.status, 303);
}

#[actix_web::test]
async fn a_published_lecture_gets_a_new_recording_beside_the_public_one() {
    let world = town();
    let browser = world.signed_in("instructor").await;
    let lecture = recorded(&world, &browser, "看水尺").await;
    let (desk, public) = (format!("/studio/lectures/{lecture}"), format!("/lectures/{lecture}"));
    let pass = async || {
        assert_eq!(browser.post(&format!("{desk}/submit"), &[]).await.status, 303);
        for reviewer in ["reviewer1", "reviewer2"] {
            let reviewer = world.signed_in(reviewer).await;
            let answer = judged(&reviewer, lecture, "passed").await;
            assert_eq!(answer.status, 303, "{}", answer.body);
        }
    };
    captioned(&browser, lecture, 0, "第一版的字幕").await;
    pass().await;
    let video = async || world.visitor().get(&format!("{public}/video.mp4")).await.location.unwrap();
    let first = video().await;
    sent(&world, &browser, lecture, &FILM).await;
    assert_eq!(work(&worker(&world, no_tools())), 2);
    assert_eq!(video().await, first, "the public one stays");
    assert!(browser.get(&desk).await.body.contains("新录像未送审"));
    // Captions of the desk are the new recording's.
    captioned(&browser, lecture, 0, "第二版的字幕").await;
    assert!(world.visitor().get(&public).await.body.contains("第一版的字幕"));
    pass().await;
    let page = world.visitor().get(&public).await;
    assert!(page.body.contains("第二版的字幕") && !page.body.contains("第一版的字幕"));
    assert_ne!(video().await, first);
    assert_eq!(world.number(&format!("SELECT COUNT(*) FROM editions WHERE lecture_id = {lecture}")), 2);
}
