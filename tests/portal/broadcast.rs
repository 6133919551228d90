//! The broadcast: plans, screenings that never overlap, confirmations and the coverage that follows them, the screens of
//! schools, feeds and paper.
use crate::world::{Answer, Browser, World, escape};
use chrono::{Datelike, Duration};
use quick_xml::events::Event as Xml;
use std::sync::Barrier;
use weixiao::access::Viewer;
use weixiao::audit::Doer;
use weixiao::broadcast::{self, Channel, Confirmation, NewPlan, Proof, Which};
use weixiao::clock::{self, Timestamp, now};
use weixiao::error::Error;
use weixiao::ids::{AccountId, BroadcastId, BroadcastItemId, SchoolId, ScreeningId, digest};

fn account(world: &World, name: &str) -> AccountId {
    AccountId(world.number(&format!("SELECT id FROM accounts WHERE username = '{name}'")))
}

fn viewer(world: &World, name: &str) -> (Viewer, Doer) {
    let account = account(world, name);
    let viewer =
        world.db.read_now(|conn| weixiao::accounts::viewer_for(conn, account, None)).unwrap().unwrap();
    (viewer, Doer { account: Some(account), for_person: None, request: "test".into() })
}

/// A published plan of some weeks with ten lectures of gold lecturers.
fn plan(world: &World) -> (BroadcastId, Vec<BroadcastItemId>) {
    plan_of(world, "plan")
}

fn plan_of(world: &World, key: &str) -> (BroadcastId, Vec<BroadcastItemId>) {
    let (who, doer) = viewer(world, "organizer");
    let today = clock::day(now());
    let new = NewPlan {
        title: "秋季展播".into(),
        about: String::new(),
        from: today - Duration::days(20),
        to: today + Duration::days(20),
        key: digest(key),
    };
    world
        .db
        .write_now(|conn| {
            let id = broadcast::make(conn, &new, who.account, &doer, now())?;
            broadcast::add_gold(conn, id, Which::One, Channel::School, &doer, now())?;
            broadcast::publish(conn, id, &doer, now())?;
            let items = broadcast::items(conn, id)?.into_iter().map(|item| item.id).collect();
            Ok((id, items))
        })
        .unwrap()
}

/// A screening at a time that may be over, past what the actions would let anybody plan.
fn screening(
    world: &World,
    plan: (BroadcastId, BroadcastItemId),
    school: i64,
    starts: Timestamp,
) -> ScreeningId {
    let no = if world.url.starts_with("sqlite:") { "0" } else { "false" };
    let text = |at: Timestamp| at.format("%Y-%m-%d %H:%M:%S").to_string();
    world.sql(&format!(
        "INSERT INTO screenings (plan_id, item_id, school_id, starts_at, ends_at, state, revision, is_confirmed, present, made_by, made_at) \
         VALUES ({}, {}, {school}, '{}', '{}', 'planned', 0, {no}, 0, {}, '2026-01-01 00:00:00')",
        plan.0, plan.1, text(starts), text(starts + Duration::minutes(15)), account(world, "organizer")
    ));
    ScreeningId(world.number("SELECT MAX(id) FROM screenings"))
}

/// The school that the secretary keeps, and one of somebody else.
fn schools(world: &World) -> (i64, i64) {
    let own = "SELECT MIN(s.id) FROM schools s JOIN grants g ON g.scope_id = s.host_org_id JOIN accounts a ON a.id = g.account_id WHERE a.username = 'secretary'";
    let own = world.number(own);
    let other = format!(
        "SELECT MAX(s.id) FROM schools s WHERE s.host_org_id <> (SELECT host_org_id FROM schools WHERE id = {own})"
    );
    (own, world.number(&other))
}

fn said(kind: Proof, present: i32, seen: i32, key: &str) -> Confirmation {
    Confirmation { kind, event: None, present, note: "签到表在值班室".into(), seen, key: digest(key) }
}

fn confirm(world: &World, id: ScreeningId, what: &Confirmation) -> Result<(), Error> {
    let (who, doer) = viewer(world, "organizer");
    world.db.write_now(|conn| broadcast::confirm(conn, &who, id, what, &doer, now()))
}

/// Covered cells, counted anew; as they are kept of the plan, its lectures, its schools.
fn sums(world: &World) -> [i64; 4] {
    [
        "SELECT COUNT(*) FROM (SELECT DISTINCT item_id, school_id FROM screenings WHERE is_confirmed AND state = 'planned') AS cells",
        "SELECT SUM(covered) FROM broadcast_plans",
        "SELECT SUM(covered) FROM broadcast_items",
        "SELECT COALESCE(SUM(covered), 0) FROM broadcast_schools",
    ]
    .map(|sql| world.number(sql))
}

#[actix_web::test]
async fn an_organizer_makes_a_plan_and_brings_it_to_many_schools_at_once() {
    let world = World::new();
    let organizer = world.signed_in("organizer").await;
    let (from, to) = (clock::day(now()) + Duration::days(1), clock::day(now()) + Duration::days(40));
    let page = organizer.get("/broadcast/plans").await;
    let key = page.key();
    let (first, last) = (from.to_string(), to.to_string());
    let fields = |title: &'static str, to: &'static str| {
        vec![
            ("title", title.to_owned()),
            ("about", "各校都放".into()),
            ("from", first.clone()),
            ("to", if to.is_empty() { last.clone() } else { to.into() }),
            ("key", key.clone()),
        ]
    };
    let post = async |path: &str, fields: Vec<(&str, String)>| -> Answer {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        organizer.post(path, &fields).await
    };
    let refused = post("/broadcast/plans", fields("", "2020-01-01")).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("各校都放") && refused.body.contains("请填写"), "what was typed stays");
    let made = post("/broadcast/plans", fields("金牌讲师展播", "")).await;
    let path = made.location.unwrap().split('?').next().unwrap().to_owned();
    assert_eq!(
        post("/broadcast/plans", fields("金牌讲师展播", "")).await.location.unwrap().split('?').next(),
        Some(path.as_str()),
        "sent twice, there once"
    );
    // Without lectures it is not published; ten in one click; nobody sees it yet.
    assert_eq!(organizer.post(&format!("{path}/publish"), &[]).await.status, 409);
    organizer.post(&format!("{path}/gold"), &[("channel", "school"), ("which", "one")]).await;
    organizer.post(&format!("{path}/gold"), &[("channel", "school"), ("which", "one")]).await;
    assert_eq!(world.number("SELECT item_count FROM broadcast_plans"), 10);
    assert_eq!(world.number("SELECT COUNT(*) FROM broadcast_items"), 10);
    assert_eq!(organizer.post(&format!("{path}/lectures"), &[("channel", "school")]).await.status, 422);
    assert!(!world.visitor().get("/broadcast").await.body.contains("金牌讲师展播"));
    assert!(organizer.get(&path).await.body.contains("草稿"));
    // The preview says what would be; the post does it, and nothing else than was promised.
    let pattern = format!("alliance=1&from={from}&to={to}&begins=15%3A00&a_day=1&d0=on&d2=on&d4=on");
    let preview = organizer.get(&format!("{path}/days?look=yes&{pattern}")).await;
    assert_eq!(preview.status, 200, "{}", preview.body);
    assert_eq!(world.number("SELECT COUNT(*) FROM screenings"), 0, "looking changes nothing");
    let count = preview.between(r#"name="count" value=""#, "\"").to_owned();
    assert!(count.parse::<i64>().unwrap() >= 10, "{count}");
    let send = async |count: &str| -> Answer {
        let body = format!("{pattern}&count={count}");
        organizer.send(actix_web::http::Method::POST, &format!("{path}/days"), Some(body), &[]).await
    };
    assert_eq!(send("1").await.status, 409, "something else was promised");
    assert_eq!(send(&count).await.status, 303);
    assert_eq!(send(&count).await.status, 409, "each lecture comes to each school once");
    assert_eq!(world.number("SELECT COUNT(*) FROM screenings").to_string(), count);
    let overlaps = "SELECT COUNT(*) FROM screenings a JOIN screenings b ON a.school_id = b.school_id AND a.id < b.id AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at";
    assert_eq!(world.number(overlaps), 0);
    let bad =
        organizer.get(&format!("{path}/days?look=yes&from={from}&to={to}&begins=25%3A00&a_day=0")).await;
    assert_eq!(bad.status, 422);
    // Published: everybody sees it, and the groups are told once.
    assert_eq!(organizer.post(&format!("{path}/publish"), &[]).await.status, 303);
    assert_eq!(organizer.post(&format!("{path}/publish"), &[]).await.status, 409);
    assert_eq!(world.number("SELECT COUNT(*) FROM announcements"), 1);
    let page = world.visitor().get("/broadcast").await;
    assert!(page.body.contains("金牌讲师展播") && page.body.contains("接下来的放映"));
    let member = world.signed_in("member").await;
    for path in
        ["/broadcast/plans".to_owned(), path.clone(), format!("{path}/days"), format!("{path}/screenings")]
    {
        assert_eq!(member.get(&path).await.status, 403, "{path}");
    }
    // The other channels: an article with its counters.
    let lecture = world.text("SELECT MIN(lecture_id) FROM broadcast_items");
    organizer
        .post(&format!("{path}/lectures"), &[("channel", "wechat"), ("lecture", lecture.as_str())])
        .await;
    let item = world.text("SELECT MAX(id) FROM broadcast_items");
    let page = organizer.get(&path).await;
    let key = page
        .between(
            &format!("/lectures/{item}/records\" novalidate><input type=\"hidden\" name=\"key\" value=\""),
            "\"",
        )
        .to_owned();
    let record = [
        ("name", "2247483651"),
        ("address", "http://mp.weixin.qq.com/s/x"),
        ("at", "2026-11-20T18:00"),
        ("key", key.as_str()),
    ];
    assert_eq!(organizer.post(&format!("{path}/lectures/{item}/records"), &record).await.status, 422);
    let record = [
        ("name", "2247483651"),
        ("address", "https://mp.weixin.qq.com/s/x"),
        ("at", "2026-11-20T18:00"),
        ("key", key.as_str()),
    ];
    for _ in 0..2 {
        assert_eq!(organizer.post(&format!("{path}/lectures/{item}/records"), &record).await.status, 303);
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM channel_records"), 1);
    assert_eq!(
        organizer.post(&format!("{path}/records/1"), &[("reads_7", "1200"), ("reads_30", "")]).await.status,
        303
    );
    assert_eq!(organizer.post(&format!("{path}/records/1"), &[("reads_7", "many")]).await.status, 409);
    assert_eq!(world.number("SELECT reads_7 FROM channel_records"), 1200);
    assert_eq!(world.number("SELECT item_count FROM broadcast_plans"), 10, "articles are no cells");
    // In use: not removed. Closed: what has not begun is cancelled, and nothing more is planned.
    let shown = world.text("SELECT MIN(item_id) FROM screenings");
    assert_eq!(organizer.post(&format!("{path}/lectures/{shown}/remove"), &[]).await.status, 409);
    assert_eq!(organizer.post(&format!("{path}/close"), &[]).await.status, 303);
    assert_eq!(world.number("SELECT COUNT(*) FROM screenings WHERE state = 'planned'"), 0);
    assert_eq!(organizer.post(&format!("{path}/gold"), &[("channel", "school")]).await.status, 409);
}

#[actix_web::test]
async fn two_at_the_same_moment_never_get_the_same_slot() {
    let world = World::new();
    // Of two plans, so that nothing but the school makes one wait for the other.
    let plans = [plan(&world), plan_of(&world, "another")];
    let (plan, items) = plans[0].clone();
    let (who, doer) = viewer(&world, "organizer");
    let begins = now() + Duration::days(3);
    for round in 0..6 {
        let (school, start) = (SchoolId(5 + round), Barrier::new(2));
        let outcomes: Vec<_> = std::thread::scope(|scope| {
            let work = |place: usize| {
                let (world, start, who, doer, plans) = (&world, &start, &who, &doer, &plans);
                move || {
                    start.wait();
                    let at = begins + Duration::minutes(5 * place as i64);
                    world.db.write_now(|conn| {
                        let (plan, items) = &plans[place];
                        broadcast::screen(conn, *plan, (items[place], school, at), who.account, doer, now())
                    })
                }
            };
            let both = [scope.spawn(work(0)), scope.spawn(work(1))];
            both.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let taken = outcomes.iter().filter(|one| matches!(one, Err(Error::Refused(_)))).count();
        assert_eq!((taken, outcomes.iter().filter(|one| one.is_ok()).count()), (1, 1), "{outcomes:?}");
    }
    // Whoever passes by the program is refused by the database.
    let first = world.number("SELECT MIN(id) FROM screenings");
    let copy = format!(
        "INSERT INTO screenings (plan_id, item_id, school_id, starts_at, ends_at, state, revision, is_confirmed, present, made_by, made_at) \
         SELECT plan_id, item_id, school_id, starts_at, ends_at, state, 0, is_confirmed, 0, made_by, made_at FROM screenings WHERE id = {first}"
    );
    assert!(world.try_sql(&copy).unwrap_err().contains("the slot is taken"));
    // Half-open: the next one begins when this one ends. What was cancelled takes no room.
    let (school, ends): (i64, Timestamp) = (
        world.number(&format!("SELECT school_id FROM screenings WHERE id = {first}")),
        world
            .text(&format!("SELECT ends_at FROM screenings WHERE id = {first}"))
            .replace(' ', "T")
            .parse()
            .unwrap(),
    );
    let screen = |item: BroadcastItemId, at: Timestamp| {
        let what = (item, SchoolId(school), at);
        world.db.write_now(|conn| broadcast::screen(conn, plan, what, who.account, &doer, now()))
    };
    screen(items[2], ends).unwrap();
    assert!(screen(items[3], ends - Duration::minutes(1)).is_err());
    world.db.write_now(|conn| broadcast::cancel(conn, ScreeningId(first), &doer, now())).unwrap();
    world.sql(&copy.replace("state, 0", "'planned', 0"));
    assert!(world.try_sql(&format!("UPDATE screenings SET state = 'planned' WHERE id = {first}")).is_err());
    // Not in the past, not outside the plan, not what is for readers only.
    assert!(screen(items[4], now() - Duration::hours(1)).is_err());
    assert!(screen(items[4], now() + Duration::days(30)).is_err());
}

#[actix_web::test]
async fn a_school_confirms_what_it_keeps_and_nobody_else_does() {
    let world = World::new();
    let (plan, items) = plan(&world);
    let (own, other) = schools(&world);
    let ours = screening(&world, (plan, items[0]), own, now() - Duration::days(2));
    let theirs = screening(&world, (plan, items[0]), other, now() - Duration::days(2));
    let coming = screening(&world, (plan, items[1]), own, now() + Duration::days(2));
    let secretary = world.signed_in("secretary").await;
    let page = secretary.get(&format!("/broadcast/schools/{own}?show=past")).await;
    assert!(page.body.contains(&format!("/broadcast/screenings/{ours}")), "{}", page.body);
    assert!(
        !secretary
            .get(&format!("/broadcast/schools/{other}?show=past"))
            .await
            .body
            .contains("/broadcast/screenings/")
    );
    for path in [format!("/broadcast/screenings/{theirs}"), "/broadcast/screenings/99999".into()] {
        assert_eq!(secretary.get(&path).await.status, 404);
        let fields =
            [("kind", "count"), ("present", "9"), ("note", "x"), ("seen", "0"), ("key", &"0".repeat(32))];
        assert_eq!(secretary.post(&path, &fields).await.status, 404);
    }
    assert_eq!(
        world.signed_in("member").await.get(&format!("/broadcast/screenings/{ours}")).await.status,
        403
    );
    let path = format!("/broadcast/screenings/{ours}");
    let page = secretary.get(&path).await;
    let (key, seen) = (page.key(), "0");
    let send = async |kind: &str, present: &str, note: &str, seen: &str, key: &str| -> Answer {
        secretary
            .post(
                &path,
                &[("kind", kind), ("present", present), ("note", note), ("seen", seen), ("key", key)],
            )
            .await
    };
    let refused = send("count", "0", "写了很多字", seen, &key).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("写了很多字"), "what was typed stays");
    assert_eq!(send("viewing", "", "", seen, &key).await.status, 422);
    assert_eq!(world.number("SELECT COUNT(*) FROM screening_confirmations"), 0);
    assert_eq!(send("count", "23", "签到表在值班室", seen, &key).await.status, 303);
    assert_eq!(send("count", "23", "签到表在值班室", seen, &key).await.status, 303, "sent twice");
    assert_eq!(world.number("SELECT COUNT(*) FROM screening_confirmations"), 1);
    // From an old page: told, and asked again on the new one.
    let late = send("count", "24", "另一张表", "0", &"1".repeat(32)).await;
    assert_eq!(late.status, 422);
    assert!(late.body.contains("别人确认过") && late.body.contains("name=\"seen\" value=\"1\""));
    assert_eq!(send("count", "24", "数错了", "1", &"2".repeat(32)).await.status, 303);
    assert_eq!(world.number(&format!("SELECT present FROM screenings WHERE id = {ours}")), 24);
    assert_eq!(world.number("SELECT COUNT(*) FROM screening_confirmations"), 2, "both stay");
    assert!(world.try_sql("DELETE FROM screening_confirmations").is_err());
    let page = secretary.get(&path).await;
    assert!(page.body.contains("数错了") && page.body.contains("签到表在值班室"));
    // Not before it begins.
    let fields =
        [("kind", "count"), ("present", "9"), ("note", "x"), ("seen", "0"), ("key", &"3".repeat(32))];
    let early = secretary.post(&format!("/broadcast/screenings/{coming}"), &fields).await;
    assert!(early.status == 422 && early.body.contains("放映开始后才能确认"));
    // A confirmed one is not cancelled.
    let organizer = world.signed_in("organizer").await;
    assert_eq!(organizer.post(&format!("/broadcast/screenings/{ours}/cancel"), &[]).await.status, 409);
    assert_eq!(organizer.post(&format!("/broadcast/screenings/{coming}/cancel"), &[]).await.status, 303);
    assert_eq!(secretary.post(&format!("/broadcast/screenings/{theirs}/cancel"), &[]).await.status, 403);
}

#[actix_web::test]
async fn a_group_viewing_confirms_with_its_own_count_and_only_once() {
    let world = World::new();
    let (plan, items) = plan(&world);
    let (own, _) = schools(&world);
    let at = now() - Duration::days(1);
    let first = screening(&world, (plan, items[0]), own, at);
    let second = screening(&world, (plan, items[0]), own, at + Duration::hours(3));
    let lecture = world.number(&format!("SELECT lecture_id FROM broadcast_items WHERE id = {}", items[0]));
    let (org, by) = (
        world.number(&format!("SELECT host_org_id FROM schools WHERE id = {own}")),
        account(&world, "secretary"),
    );
    let event = |state: &str, lecture: i64, key: &str| {
        let text = |at: Timestamp| at.format("%Y-%m-%d %H:%M:%S").to_string();
        world.sql(&format!(
            "INSERT INTO events (kind, title, about, org_id, lecture_id, school_id, place, online_url, lecturer, starts_at, ends_at, state, reason, sequence, changed_at, code_key, created_by, created_at, key) \
             VALUES ('group_viewing', '一起看', '', {org}, {lecture}, {own}, '', '', '', '{}', '{}', '{state}', '', 0, '2026-01-01 00:00:00', 'x', {by}, '2026-01-01 00:00:00', '{key}')",
            text(at), text(at + Duration::hours(1))
        ));
        world.number("SELECT MAX(id) FROM events")
    };
    let held = event("held", lecture, "e1");
    for person in [1, 2, 3] {
        world.sql(&format!(
            "INSERT INTO attendances (event_id, person_id, revision, status, minutes, method, recorded_by, day, recorded_at, key) VALUES ({held}, {person}, 1, '{}', 30, 'list', {by}, '2026-11-01', '2026-11-01 00:00:00', 'a{person}')",
            if person == 3 { "absent" } else { "present" }
        ));
        world.sql(&format!(
            "INSERT INTO attendance_heads (event_id, person_id, attendance_id, revision, status, minutes, day) SELECT event_id, person_id, id, 1, status, 30, day FROM attendances WHERE key = 'a{person}'"
        ));
    }
    let (running, other) = (event("under_way", lecture, "e2"), event("held", lecture + 1, "e3"));
    let secretary = world.signed_in("secretary").await;
    let path = |id: ScreeningId| format!("/broadcast/screenings/{id}");
    let page = secretary.get(&path(first)).await;
    assert!(page.body.contains("到场 2 人"), "{}", page.body);
    let send = async |id: ScreeningId, event: i64, key: &str| -> Answer {
        let (event, key) = (event.to_string(), key.repeat(32));
        let fields = [
            ("kind", "viewing"),
            ("event", event.as_str()),
            ("present", "999"),
            ("seen", "0"),
            ("key", &key),
        ];
        secretary.post(&path(id), &fields).await
    };
    for wrong in [running, other, 99_999] {
        assert_eq!(send(first, wrong, "a").await.status, 422, "{wrong}");
    }
    assert_eq!(send(first, held, "b").await.status, 303);
    assert_eq!(
        world.number(&format!("SELECT present FROM screenings WHERE id = {first}")),
        2,
        "not what was typed"
    );
    let again = send(second, held, "c").await;
    assert!(again.status == 422 && again.body.contains("已经用来确认另一场"));
    assert_eq!(sums(&world), [1, 1, 1, 1]);
    assert!(secretary.get(&path(first)).await.body.contains(&format!("/viewings/{held}")));
}

#[actix_web::test]
async fn the_sums_of_the_coverage_are_those_of_its_cells_whatever_is_said_and_when() {
    let world = World::new();
    let (plan, items) = plan(&world);
    let at = now() - Duration::days(3);
    let mut ids = vec![];
    for school in 1..=8 {
        for (place, item) in items.iter().take(3).enumerate() {
            ids.push(screening(&world, (plan, *item), school, at + Duration::hours(place as i64)));
        }
    }
    // The same lecture twice in one school is one cell.
    let twice = screening(&world, (plan, items[0]), 1, at + Duration::hours(10));
    std::thread::scope(|scope| {
        for half in ids.chunks(12) {
            let world = &world;
            scope.spawn(move || {
                for id in half {
                    confirm(world, *id, &said(Proof::Count, 5, 0, &format!("first {id}"))).unwrap();
                }
            });
        }
    });
    assert_eq!(sums(&world), [24; 4]);
    confirm(&world, twice, &said(Proof::Count, 5, 0, "twice")).unwrap();
    assert_eq!(sums(&world), [24; 4], "a cell is covered once");
    confirm(&world, ids[0], &said(Proof::None, 0, 1, "none")).unwrap();
    assert_eq!(sums(&world), [24; 4], "the other screening still covers it");
    confirm(&world, twice, &said(Proof::None, 0, 1, "none too")).unwrap();
    assert_eq!(sums(&world), [23; 4]);
    confirm(&world, ids[0], &said(Proof::Count, 7, 2, "after all")).unwrap();
    assert_eq!(sums(&world), [24; 4]);
    // Two who confirm the same at the same moment: one of them is told.
    let fresh = screening(&world, (plan, items[4]), 9, at);
    let start = Barrier::new(2);
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let work = |key: &'static str| {
            let (world, start) = (&world, &start);
            scope.spawn(move || {
                start.wait();
                confirm(world, fresh, &said(Proof::Count, 3, 0, key)).is_ok()
            })
        };
        [work("one"), work("two")].map(|one| one.join().unwrap()).to_vec()
    });
    assert_eq!(outcomes.iter().filter(|done| **done).count(), 1);
    assert_eq!(sums(&world), [25; 4]);
    // The page and the file say the same.
    let organizer = world.signed_in("organizer").await;
    let page = organizer.get("/broadcast/coverage").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.body.matches("cov--shown\" href").count(), 25);
    let schools = world.number("SELECT COUNT(*) FROM schools");
    assert!(page.body.contains(&format!("全市 10 课 × {schools} 所")));
    let csv = organizer.get("/broadcast/coverage/coverage.csv").await;
    assert!(csv.headers["content-type"].starts_with("text/csv"));
    let lines: Vec<&str> = csv.body.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(lines.len() as i64, schools + 2);
    let last: Vec<i64> = lines.last().unwrap().split(',').filter_map(|n| n.parse().ok()).collect();
    assert_eq!((last[..10].iter().sum::<i64>(), last[10]), (25, 25));
    let (xlsx, bytes) = organizer.bytes("/broadcast/coverage/coverage.xlsx").await;
    assert!(xlsx.status == 200 && bytes.starts_with(b"PK"));
    assert_eq!(organizer.get("/broadcast/coverage/other.csv").await.status, 404);
    // Only those with something missing; only those of an alliance; only one's own.
    world.sql("UPDATE broadcast_schools SET covered = 10 WHERE school_id = 2");
    assert!(!organizer.get("/broadcast/coverage?missing=yes").await.body.contains("/broadcast/schools/2\""));
    let alliance = organizer.get("/broadcast/coverage/coverage.csv?alliance=1").await;
    let members =
        world.number("SELECT COUNT(*) FROM alliance_schools WHERE alliance_id = 1 AND valid_to IS NULL");
    assert_eq!(alliance.body.lines().count() as i64, members + 2);
    let own = schools_of(&world.signed_in("secretary").await).await;
    assert!(own.contains(&schools_of_secretary(&world)) && own.len() < 5, "{own:?}");
    assert_eq!(world.signed_in("member").await.get("/broadcast/coverage").await.status, 403);
}

fn schools_of_secretary(world: &World) -> String {
    schools(world).0.to_string()
}

async fn schools_of(browser: &Browser<'_>) -> Vec<String> {
    let page = browser.get("/broadcast/coverage").await.body;
    let table = page.split("<tbody>").nth(1).unwrap_or_default().to_owned();
    table
        .split("/broadcast/schools/")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect()
}

#[actix_web::test]
async fn a_screen_has_an_address_of_its_own_until_it_is_withdrawn() {
    let world = World::new();
    let (plan, items) = plan(&world);
    let (own, other) = schools(&world);
    let soon = screening(&world, (plan, items[0]), own, now() + Duration::hours(1));
    let past = screening(&world, (plan, items[1]), own, now() - Duration::hours(1));
    let strange = screening(&world, (plan, items[2]), other, now() - Duration::hours(1));
    let secretary = world.signed_in("secretary").await;
    let school = format!("/broadcast/schools/{own}");
    assert_eq!(secretary.post(&format!("/broadcast/schools/{other}/kiosk"), &[]).await.status, 404);
    assert_eq!(secretary.post(&format!("{school}/kiosk"), &[]).await.status, 303);
    let code = world.text("SELECT code FROM kiosks");
    assert!(code.len() == 32 && secretary.get(&school).await.body.contains(&code));
    assert!(!world.visitor().get(&school).await.body.contains(&code), "not for everybody");
    let screen = world.visitor();
    let root = format!("/broadcast/kiosk/{code}");
    let page = screen.get(&root).await;
    assert_eq!(page.status, 200);
    assert!(
        page.headers["x-robots-tag"].contains("noindex") && page.headers["cache-control"].contains("private")
    );
    assert!(!page.headers.contains_key("set-cookie"));
    let worker = page.between("data-worker=\"", "\"").to_owned();
    let script = screen.get(&worker).await;
    assert_eq!(script.headers["service-worker-allowed"], "/broadcast/kiosk/");
    assert!(
        !screen
            .get(page.between("<script src=\"", "\""))
            .await
            .headers
            .contains_key("service-worker-allowed")
    );
    let told: serde_json::Value =
        serde_json::from_str(&screen.get(&format!("{root}/schedule.json")).await.body).unwrap();
    let shows = told["shows"].as_array().unwrap();
    assert_eq!(shows.len(), 1, "what is over is not told, what others show neither");
    assert_eq!(shows[0]["id"], soon.0);
    assert!((told["now"].as_i64().unwrap() - now().and_utc().timestamp_millis()).abs() < 60_000);
    let source = shows[0]["src"].as_str().unwrap().to_owned();
    let answer = screen.get(&source).await;
    assert!([200, 302].contains(&answer.status.as_u16()), "{}", answer.status);
    let foreign = world.number(&format!("SELECT lecture_id FROM broadcast_items WHERE id = {}", items[5]));
    assert_eq!(screen.get(&format!("{root}/recordings/{foreign}")).await.status, 404, "not this school's");
    // Played: a figure, of its own showings only.
    for (id, status) in [(past, 204), (past, 204), (strange, 404), (soon, 404)] {
        let answer = screen.json(&format!("{root}/played"), &format!("{{\"screening\":{id}}}")).await;
        assert_eq!(answer.status, status, "{id}");
    }
    assert_eq!(world.number("SELECT plays FROM kiosk_plays"), 2);
    assert_eq!(sums(&world)[1], 0, "a screen proves nothing");
    assert_eq!(screen.json(&format!("{root}/played"), "{").await.status, 400);
    // A lecture that was withdrawn is not played; nor is a draft.
    world.sql("UPDATE lectures SET stage = 'withdrawn' WHERE id = (SELECT lecture_id FROM broadcast_items ORDER BY position LIMIT 1)");
    assert!(screen.get(&format!("{root}/schedule.json")).await.body.contains("\"shows\":[]"));
    assert_eq!(screen.get(&source).await.status, 404);
    // Another address ends the first; withdrawn, nothing is left.
    assert_eq!(secretary.post(&format!("{school}/kiosk"), &[]).await.status, 303);
    assert_eq!(screen.get(&root).await.status, 404);
    let code = world.text("SELECT code FROM kiosks WHERE withdrawn_at IS NULL");
    let root = format!("/broadcast/kiosk/{code}");
    assert_eq!(screen.get(&root).await.status, 200);
    assert_eq!(secretary.post(&format!("{school}/kiosk/withdraw"), &[]).await.status, 303);
    for path in ["", "/schedule.json", "/recordings/1"] {
        assert_eq!(screen.get(&format!("{root}{path}")).await.status, 404, "{path}");
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM kiosks"), 2);
}

/// Elements and what they hold, in order; fails on what is not well-formed.
fn elements(xml: &str) -> Vec<(String, String)> {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut found: Vec<(String, String)> = vec![];
    let mut open = 0;
    loop {
        match reader.read_event().expect("well-formed") {
            Xml::Start(tag) => {
                open += 1;
                found.push((String::from_utf8_lossy(tag.name().as_ref()).into_owned(), String::new()));
            }
            Xml::Empty(tag) => {
                let attributes: Vec<String> = tag
                    .attributes()
                    .map(|one| {
                        let one = one.expect("an attribute");
                        format!(
                            "{}={}",
                            String::from_utf8_lossy(one.key.as_ref()),
                            String::from_utf8_lossy(&one.value)
                        )
                    })
                    .collect();
                found.push((String::from_utf8_lossy(tag.name().as_ref()).into_owned(), attributes.join(" ")));
            }
            Xml::Text(text) => {
                if let Some(last) = found.last_mut() {
                    last.1 += &String::from_utf8_lossy(&text);
                }
            }
            Xml::End(_) => open -= 1,
            Xml::Eof => break,
            _ => {}
        }
    }
    assert_eq!(open, 0);
    found
}

#[actix_web::test]
async fn feeds_are_atom_and_lead_to_the_media() {
    let world = World::new();
    plan(&world);
    let outside = world.with(|config| config.public_url = Some("https://dx.example.gov.cn".into()));
    let visitor = outside.visitor();
    world.sql("UPDATE lectures SET title = 'A & <B>', visibility = 'public' WHERE id = 2");
    world.sql("UPDATE lectures SET published_at = '2030-01-01 00:00:00' WHERE id = 2");
    world
        .sql("UPDATE lectures SET visibility = 'members', published_at = '2031-01-01 00:00:00' WHERE id = 3");
    for path in ["/feeds/lectures.atom", "/feeds/broadcast.atom"] {
        let feed = visitor.get(path).await;
        assert_eq!(feed.headers["content-type"], "application/atom+xml; charset=utf-8");
        let found = elements(&feed.body);
        let of = |name: &str| {
            found.iter().filter(|one| one.0 == name).map(|one| one.1.trim().to_owned()).collect::<Vec<_>>()
        };
        let entries = of("entry").len();
        assert!(entries > 0);
        // RFC 4287 §4.1: each has one id, one title, one time; the feed an author and a link to itself.
        assert_eq!(
            (of("feed").len(), of("id").len(), of("title").len(), of("updated").len()),
            (1, entries + 1, entries + 1, entries + 1)
        );
        assert!(
            of("link").iter().any(|link| link.contains("rel=self")
                && link.contains(&format!("https://dx.example.gov.cn{path}")))
        );
        assert!(!of("name").is_empty());
        for at in of("updated") {
            assert!(chrono::DateTime::parse_from_rfc3339(&at).is_ok(), "{at}");
        }
        let mut ids = of("id");
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), entries + 1, "no id stands twice");
    }
    let feed = visitor.get("/feeds/lectures.atom").await;
    assert!(
        feed.body.contains("A &amp; &lt;B&gt;") && !feed.body.contains("/lectures/3\""),
        "members' lectures stay inside"
    );
    let first = feed.body.split("<entry>").nth(1).unwrap();
    assert!(first.contains("<id>https://dx.example.gov.cn/lectures/2</id>"), "the newest first");
    let media = first
        .split("rel=\"enclosure\"")
        .nth(1)
        .unwrap()
        .split("href=\"https://dx.example.gov.cn")
        .nth(1)
        .unwrap();
    let answer = visitor.get(media.split('"').next().unwrap()).await;
    assert!([200, 302].contains(&answer.status.as_u16()), "{}", answer.status);
}

#[actix_web::test]
async fn links_have_cards_and_paper_has_codes() {
    let world = World::new();
    let (plan, items) = plan(&world);
    let (own, _) = schools(&world);
    screening(&world, (plan, items[0]), own, now() + Duration::hours(30));
    let lecture = world.number(&format!("SELECT lecture_id FROM broadcast_items WHERE id = {}", items[0]));
    world.sql("UPDATE lectures SET visibility = 'public'");
    // Nothing is said of an address that nobody has named: the host of a request may be anybody's.
    assert!(!world.visitor().get(&format!("/lectures/{lecture}")).await.body.contains("og:image"));
    let outside = world.with(|config| config.public_url = Some("https://dx.example.gov.cn".into()));
    let visitor = outside.visitor();
    for path in [format!("/lectures/{lecture}"), "/broadcast".into()] {
        let page = visitor.get(&path).await.body;
        let image = page.split("property=\"og:image\" content=\"").nth(1).unwrap().split('"').next().unwrap();
        let picture = image.strip_prefix("https://dx.example.gov.cn").unwrap();
        assert!(picture.ends_with(".jpg"), "{picture}: dots, not lines");
        let answer = visitor.get(picture).await;
        assert!([200, 302].contains(&answer.status.as_u16()), "{picture}");
        assert!(page.contains(&format!("property=\"og:url\" content=\"https://dx.example.gov.cn{path}\"")));
        assert!(page.contains("itemprop=\"image\"") && page.contains("og:title"));
    }
    for path in [
        format!("/broadcast/posters/{lecture}"),
        format!("/broadcast/posters/{lecture}?school={own}"),
        format!("/broadcast/schools/{own}/sheet"),
    ] {
        let page = visitor.get(&path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.body.contains("<svg") && page.body.contains("https://dx.example.gov.cn/"), "{path}");
    }
    let day = clock::local(now() + Duration::hours(30));
    let poster = visitor.get(&format!("/broadcast/posters/{lecture}")).await.body;
    assert!(poster.contains(&format!("{} 月 {} 日", day.month(), day.day())), "its next showing");
    assert_eq!(visitor.get("/broadcast/posters/99999").await.status, 404);
    assert_eq!(visitor.get("/broadcast/schools/99999").await.status, 404);
    let found = visitor.get(&format!("/broadcast?q={}", escape("没有这所学校"))).await;
    assert!(found.body.contains("这段时间没有放映"));
    assert_eq!(visitor.get("/broadcast?day=2026-99-99&page=1").await.status, 200);
    assert_eq!(visitor.get("/broadcast?page=900").await.status, 404);
}
