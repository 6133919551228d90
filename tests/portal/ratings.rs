//! Ratings: who may give one, that it is one, that nobody learns whose it is, what is shown of them, and what two people decide.
use crate::world::{Answer, Browser, World};
use chrono::{Datelike, Duration, NaiveDate};
use std::task::Poll;
use weixiao::clock::{self, Timestamp};
use weixiao::ids::{LectureId, PersonId};
use weixiao::ratings::{self, Ask, Refusal, Status, Subject, Tag, Told, Vote};
use weixiao::scoring::exact::{ratio, shown};
use weixiao::site;

/// A morning in the city, so that some minutes more are the same day.
fn morning() -> Timestamp {
    "2026-11-20T02:00:00".parse().unwrap()
}

fn account(world: &World, name: &str) -> i64 {
    world.number(&format!("SELECT id FROM accounts WHERE username = '{name}'"))
}

fn person(world: &World, name: &str) -> i64 {
    world.number(&format!("SELECT person_id FROM accounts WHERE username = '{name}'"))
}

/// This person has seen the lecture.
fn prove(world: &World, person: i64, lecture: i64, kind: &str) {
    world.sql(&format!(
        "INSERT INTO completions (person_id, lecture_id, media_id, kind, completed_at, seconds, length_s, threshold, rule)
         SELECT {person}, id, media_id, '{kind}', '2026-11-01 02:00:00', 500, 600, 80, 'budget-1' FROM lectures WHERE id = {lecture}"
    ));
}

fn vote(person: i64, lecture: i64, stars: i32, now: Timestamp) -> Vote {
    Vote {
        person: PersonId(person),
        lecture: LectureId(lecture),
        stars,
        tags: vec![],
        comment: String::new(),
        is_held: false,
        acting: None,
        now,
    }
}

/// Does it by the rules, in one transaction.
fn ask(world: &World, asks: Vec<Ask>) -> Vec<Told> {
    world
        .db
        .write_now(|conn| {
            let keys = ratings::keys(conn)?;
            let asks: Vec<_> = asks.iter().map(|one| (keys.clone(), one.clone())).collect();
            ratings::some(conn, &asks)
        })
        .unwrap()
}

/// Members of different branches, as the town has them: person and branch.
fn members(world: &World, count: i64) -> Vec<(i64, i64)> {
    let mut found = vec![];
    let mut after = 100;
    while (found.len() as i64) < count {
        let id = world.number(&format!(
            "SELECT MIN(person_id) FROM memberships WHERE valid_to IS NULL AND person_id > {after}"
        ));
        found.push((
            id,
            world.number(&format!(
                "SELECT branch_id FROM memberships WHERE valid_to IS NULL AND person_id = {id}"
            )),
        ));
        after = id + 13;
    }
    found
}

/// Those of one branch.
fn of_branch(world: &World, branch: i64, count: i64) -> Vec<i64> {
    let mut found = vec![];
    let mut after = 0;
    while (found.len() as i64) < count {
        let id = world.number(&format!(
            "SELECT COALESCE(MIN(person_id), 0) FROM memberships WHERE valid_to IS NULL AND branch_id = {branch} AND person_id > {after}"
        ));
        if id == 0 {
            break;
        }
        found.push(id);
        after = id;
    }
    found
}

fn tend(world: &World, now: Timestamp) {
    ratings::tend(&world.db, now).unwrap();
}

async fn rate(browser: &Browser<'_>, lecture: i64, stars: &str, comment: &str) -> Answer {
    browser
        .post(
            &format!("/lectures/{lecture}/rating"),
            &[("stars", stars), ("useful", "1"), ("comment", comment)],
        )
        .await
}

#[actix_web::test]
async fn whoever_has_not_seen_the_lecture_is_told_what_is_missing() {
    let world = World::new();
    let member = world.signed_in("member").await;
    let page = member.get("/lectures/2").await;
    assert!(
        page.body.contains("看完这堂课以后才能评价") && !page.body.contains("name=\"stars\""),
        "{}",
        page.body
    );
    assert_eq!(rate(&member, 2, "5", "").await.status, 409);
    assert_eq!(world.number("SELECT COUNT(*) FROM ratings"), 0);
    // Proofs of any kind count, also one that comes later than this program knows of.
    for (name, kind) in [("member", "online"), ("member2", "group")] {
        prove(&world, person(&world, name), 2, kind);
        let browser = world.signed_in(name).await;
        assert!(browser.get("/lectures/2").await.body.contains("name=\"stars\""));
        assert_eq!(
            rate(&browser, 2, "4", "").await.location.as_deref(),
            Some("/lectures/2?done=rated#my-rating")
        );
    }
    assert_eq!(
        world.number(
            "SELECT COUNT(*) FROM ratings WHERE status = 'counted' AND stars = 4 AND tags = 'useful'"
        ),
        2
    );
    assert_eq!(world.text("SELECT proof FROM ratings ORDER BY id DESC LIMIT 1"), "group");
    let visitor = world.visitor();
    assert!(visitor.get("/lectures/2").await.body.contains("/sign-in?next=/lectures/2"));
    assert_eq!(rate(&visitor, 2, "5", "").await.status, 401);
    assert_eq!(rate(&member, 99_999, "5", "").await.status, 404);
}

#[actix_web::test]
async fn the_lecturer_does_not_rate_the_own_lecture() {
    let world = World::new();
    let who = person(&world, "instructor");
    let own = world.number(&format!("SELECT MIN(g.lecture_id) FROM lecture_instructors g JOIN instructors i ON i.id = g.instructor_id JOIN lectures l ON l.id = g.lecture_id WHERE i.person_id = {who} AND l.stage = 'published'"));
    prove(&world, who, own, "online");
    let browser = world.signed_in("instructor").await;
    let page = browser.get(&format!("/lectures/{own}")).await;
    assert!(page.body.contains("这是您自己讲的课") && !page.body.contains("name=\"stars\""));
    assert_eq!(rate(&browser, own, "5", "").await.status, 409);
    // Also whoever gives it as the second.
    let (other, co) = (person(&world, "member"), own);
    prove(&world, other, co, "online");
    world.sql(&format!("INSERT INTO instructors (id, person_id, name, unit, intro, agreed_at, lecture_count) VALUES (9999, {other}, '合讲', '', '', '2026-01-01 00:00:00', 0); INSERT INTO lecture_instructors (lecture_id, instructor_id, position) VALUES ({co}, 9999, 9)"));
    assert_eq!(
        ask(&world, vec![Ask::Rate(vote(other, co, 5, morning()))]),
        [Told::Refused(Refusal::OwnLecture)]
    );
    let second = world.signed_in("member").await;
    let page = second.get(&format!("/lectures/{co}")).await;
    assert!(page.body.contains("这是您自己讲的课") && !page.body.contains("name=\"stars\""));
    assert_eq!(rate(&second, co, "5", "").await.status, 409);
    assert_eq!(world.number("SELECT COUNT(*) FROM ratings"), 0);
}

#[actix_web::test]
async fn a_form_with_mistakes_comes_back_as_it_was_typed() {
    let world = World::new();
    prove(&world, person(&world, "member"), 2, "online");
    let member = world.signed_in("member").await;
    let long = "长".repeat(501);
    for (stars, comment) in [("", "灌溉"), ("6", "灌溉"), ("0", "灌溉"), ("x", "灌溉"), ("3", long.as_str())]
    {
        let answer = rate(&member, 2, stars, comment).await;
        assert_eq!(answer.status, 422, "{stars}");
        assert!(
            answer.between("name=\"comment\"", "</textarea>").contains(comment),
            "what was typed is kept"
        );
        assert!(answer.body.contains("name=\"useful\" value=\"1\" checked"));
    }
    assert!(member.post("/lectures/2/rating", &[]).await.status == 422);
    assert_eq!(world.number("SELECT COUNT(*) FROM ratings"), 0);
}

#[actix_web::test]
async fn there_is_one_rating_a_member_and_lecture_changed_for_thirty_days_and_withdrawn_at_any_time() {
    let world = World::new();
    let who = person(&world, "member");
    prove(&world, who, 2, "online");
    let told =
        |stars, days| ask(&world, vec![Ask::Rate(vote(who, 2, stars, morning() + Duration::days(days)))])[0];
    // Sent twice it is one, with one version.
    assert_eq!((told(5, 0), told(5, 0)), (Told::Done, Told::Done));
    assert_eq!(world.number("SELECT COUNT(*) FROM rating_versions"), 1);
    assert_eq!((told(3, 1), told(4, 30)), (Told::Done, Told::Done));
    assert_eq!(told(1, 31), Told::Refused(Refusal::TooLate));
    assert_eq!(world.text("SELECT stars || ' ' || version || ' ' || status FROM ratings"), "4 3 counted");
    assert_eq!(world.number("SELECT COUNT(*) FROM rating_versions"), 3);
    let voices = "SELECT COUNT(*) FROM rating_voices WHERE stars = 4 AND is_counted = TRUE";
    assert!(world.number(voices) >= 1);
    let withdraw = |days| {
        let now = morning() + Duration::days(days);
        ask(&world, vec![Ask::Withdraw { person: PersonId(who), lecture: LectureId(2), acting: None, now }])
            [0]
    };
    assert_eq!((withdraw(400), withdraw(401)), (Told::Done, Told::Done));
    assert_eq!(world.text("SELECT stars || ' ' || version || ' ' || status FROM ratings"), "4 4 withdrawn");
    assert_eq!(world.number(voices), 0);
    // What is in the versions stays as it was; a rating is never deleted.
    assert!(world.try_sql("UPDATE rating_versions SET stars = 5").is_err());
    assert!(world.try_sql("DELETE FROM rating_versions").is_err());
    assert!(world.try_sql("DELETE FROM ratings").is_err());
    assert!(world.try_sql("INSERT INTO ratings (rater_key, lecture_id, stars, tags, proof, first_on, day, slot, version, status) SELECT rater_key, 3, 5, '', 'online', '2026-01-01', '2026-01-01', 0, 1, 'counted' FROM ratings").is_err());
    let other = person(&world, "member2");
    let none = Ask::Withdraw { person: PersonId(other), lecture: LectureId(2), acting: None, now: morning() };
    assert_eq!(ask(&world, vec![none]), [Told::NotFound]);
}

#[actix_web::test]
async fn a_rating_is_withdrawn_and_given_again_on_its_page() {
    let world = World::new();
    prove(&world, person(&world, "member"), 2, "online");
    let member = world.signed_in("member").await;
    rate(&member, 2, "5", "讲到了我家后面的那段渠").await;
    let page = member.get("/lectures/2").await;
    assert!(page.body.contains("我的评价") && page.body.contains("讲到了我家后面的那段渠"));
    assert!(page.body.contains("等待审核") && page.body.contains("value=\"5\" checked"));
    let list = member.get("/me/ratings").await;
    assert!(list.body.contains("讲到了我家后面的那段渠") && list.body.contains("5 星"));
    let answer = member.post("/lectures/2/rating/withdraw", &[]).await;
    assert_eq!(answer.location.as_deref(), Some("/lectures/2?done=rating-withdrawn#my-rating"));
    let page = member.get("/lectures/2").await;
    assert!(page.body.contains("撤回了评价") && !page.body.contains("讲到了我家后面的那段渠"));
    assert!(!member.get("/me/ratings").await.body.contains("5 星"));
    assert_eq!(rate(&member, 2, "2", "").await.status, 303);
    assert!(member.get("/me/ratings").await.body.contains("2 星"));
    assert_eq!(world.number("SELECT COUNT(*) FROM ratings WHERE status = 'counted' AND version = 3"), 1);
    // Nobody else's list has it.
    assert!(!world.signed_in("member2").await.get("/me/ratings").await.body.contains("2 星"));
}

/// What a member can bring about with one key in a moment, also by withdrawing what is not there, others do not notice.
#[actix_web::test]
async fn a_group_of_asks_comes_out_as_one_after_the_other() {
    let (together, apart) = (World::new(), World::new());
    let (some, now) = (members(&together, 27), morning());
    let step = |who: i64, kind: usize| match kind {
        0 => Ask::Withdraw { person: PersonId(who), lecture: LectureId(2), acting: None, now },
        1 => Ask::Rate(Vote { comment: "讲得实在".into(), ..vote(who, 2, 5, now) }),
        _ => Ask::Rate(vote(who, 2, 3, now)),
    };
    // Three steps of three kinds in every mix, a member each: the first step of all, then the second, then the third.
    let mut asks = vec![];
    for place in [1, 3, 9] {
        for (n, (who, _)) in some.iter().enumerate() {
            asks.push(step(*who, n / place % 3));
        }
    }
    for world in [&together, &apart] {
        some.iter().for_each(|(who, _)| prove(world, *who, 2, "online"));
    }
    let at_once = ask(&together, asks.clone());
    let one_by_one: Vec<Told> = asks.iter().flat_map(|one| ask(&apart, vec![one.clone()])).collect();
    assert_eq!(at_once, one_by_one);
    let kept = |world: &World, at: usize| {
        world.text(&format!(
            "SELECT COALESCE((SELECT r.stars || ' ' || r.version || ' ' || r.status || ' ' \
             || (SELECT COUNT(*) FROM rating_versions v WHERE v.rating_id = r.id) || ' ' \
             || (SELECT COUNT(*) FROM rating_texts t WHERE t.rating_id = r.id AND t.state = 'pending') || ' ' \
             || (SELECT COUNT(*) FROM rating_voices w WHERE w.rating_id = r.id AND w.is_counted = TRUE) \
             FROM ratings r JOIN rating_keys k ON k.rater_key = r.rater_key WHERE k.person_id = {}), 'none')",
            some[at].0
        ))
    };
    for at in 0..some.len() {
        assert_eq!(kept(&together, at), kept(&apart, at), "{at}");
    }
    // Withdrawn thrice; withdrawn and rated twice, alike and not; rated between two withdrawals.
    let told = |at: usize| [at_once[at], at_once[at + 27], at_once[at + 54]];
    assert_eq!((told(0), kept(&together, 0).as_str()), ([Told::NotFound; 3], "none"));
    for (at, row) in [(12, "5 1 counted 1 1 "), (21, "3 2 counted 2 0 "), (3, "5 2 withdrawn 2 0 ")] {
        assert_eq!(told(at), [Told::NotFound, Told::Done, Told::Done], "{at}");
        assert!(kept(&together, at).starts_with(row), "{at}: {}", kept(&together, at));
    }
}

/// Two devices, or two servers, in the same moment.
#[actix_web::test]
async fn two_ratings_at_once_are_one() {
    let world = World::new();
    let other = World::at(world.url.clone());
    let who = person(&world, "member");
    prove(&world, who, 2, "online");
    for round in 0..5 {
        let asks: Vec<_> = (0..4)
            .map(|n| {
                let server = if n % 2 == 0 { &world } else { &other };
                let (ratings, ask) =
                    (server.portal.ratings.clone(), vote(who, 2, 1 + (n + round) % 5, morning()));
                actix_web::rt::spawn(async move { ratings.send(Ask::Rate(ask)).await })
            })
            .collect();
        for told in asks {
            let told = told.await.unwrap();
            // Whoever was overtaken comes again; nobody gets an error of the database.
            assert!(matches!(told, Ok(Told::Done) | Err(weixiao::error::Error::Busy)), "{told:?}");
        }
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM ratings"), 1);
    let last = "SELECT COUNT(*) FROM ratings r JOIN rating_versions v ON v.rating_id = r.id AND v.version = r.version AND v.stars = r.stars";
    assert_eq!(world.number(last), 1);
    assert_eq!(
        world.number("SELECT COUNT(*) FROM rating_versions"),
        world.number("SELECT version FROM ratings")
    );
}

#[actix_web::test]
async fn without_its_proof_a_rating_does_not_count() {
    let world = World::new();
    let who = person(&world, "member");
    prove(&world, who, 2, "online");
    ask(&world, vec![Ask::Rate(vote(who, 2, 5, morning()))]);
    let reverse = |id: i64| {
        world
            .db
            .write_now(|conn| {
                weixiao::watching::reverse(
                    conn,
                    weixiao::ids::CompletionId(id),
                    weixiao::ids::CaseId(1),
                    morning(),
                )
            })
            .unwrap();
    };
    world.sql(&format!("INSERT INTO cases (kind, level, subject_kind, subject_id, person_id, path, filed_by, filed_at, due_on, state, key) VALUES ('dispute', 1, 'completion', 1, {who}, '/1/', 1, '2026-11-01 00:00:00', '2026-12-31', 'upheld', 'k')"));
    prove(&world, who, 2, "group");
    reverse(world.number("SELECT MIN(id) FROM completions"));
    assert_eq!(world.text("SELECT status FROM ratings"), Status::Counted.as_str(), "another proof holds");
    reverse(world.number("SELECT MAX(id) FROM completions"));
    assert_eq!(world.text("SELECT status FROM ratings"), "withdrawn");
    assert_eq!(ask(&world, vec![Ask::Rate(vote(who, 2, 5, morning()))]), [Told::Refused(Refusal::NoProof)]);
}

/// Nothing that is kept beside a rating says whose it is, and no page, export or line of the record does.
#[actix_web::test]
async fn nobody_learns_who_rated() {
    let world = World::new();
    let who = person(&world, "member");
    let lecture = world.number(&format!("SELECT MIN(g.lecture_id) FROM lecture_instructors g JOIN instructors i ON i.id = g.instructor_id JOIN lectures l ON l.id = g.lecture_id WHERE i.person_id = {} AND l.stage = 'published'", person(&world, "instructor")));
    prove(&world, who, lecture, "online");
    let name = world.text(&format!("SELECT name FROM persons WHERE id = {who}"));
    let branch = world.text(&format!("SELECT o.name FROM memberships m JOIN orgs o ON o.id = m.branch_id WHERE m.person_id = {who} AND m.valid_to IS NULL"));
    let before = world.number("SELECT COUNT(*) FROM audit_entries");
    let member = world.signed_in("member").await;
    let signed = world.number("SELECT COUNT(*) FROM audit_entries");
    assert_eq!(rate(&member, lecture, "1", "声音太小，后排听不到").await.status, 303);
    assert_eq!(world.number("SELECT COUNT(*) FROM audit_entries"), signed, "not even the record knows");
    assert!(signed > before);
    // The rows: a key of 32 bytes, no person, no account, no moment finer than ten minutes.
    for table in ["ratings", "rating_versions", "rating_voices", "rating_texts"] {
        let schema = include_str!("../../src/schema.rs");
        let columns =
            schema.split(&format!("    {table} (")).nth(1).unwrap().split("\n    }").next().unwrap();
        assert!(!columns.contains("person_id") && !columns.contains("account_id"), "{table}");
        assert!(table == "rating_texts" || !columns.contains("Timestamp"), "{table}");
    }
    assert_eq!(world.number("SELECT LENGTH(rater_key) FROM ratings"), 32);
    tend(&world, clock::now());
    for (reader, paths) in [
        ("reviewer1", vec!["/review/ratings".to_owned(), format!("/lectures/{lecture}")]),
        ("instructor", vec![format!("/studio/lectures/{lecture}/ratings"), format!("/lectures/{lecture}")]),
        ("organizer", vec![format!("/lectures/{lecture}")]),
        ("secretary", vec![format!("/lectures/{lecture}"), format!("/people/{who}")]),
        ("checker", vec!["/ratings/flags".to_owned(), "/ratings/unmask".to_owned()]),
        ("auditor", vec!["/admin/audit".to_owned()]),
    ] {
        let browser = world.signed_in(reader).await;
        for path in paths {
            let page = browser.get(&path).await;
            assert_eq!(page.status, 200, "{reader} {path}");
            if path.starts_with("/people/") || path.starts_with("/admin") {
                assert!(!page.body.contains("声音太小"), "{path}");
            } else {
                assert!(!page.body.contains(&name) && !page.body.contains(&branch), "{reader} {path}");
            }
        }
    }
    // Below the minimum the lecturer sees no distribution either: one rating would be one person's.
    let studio =
        world.signed_in("instructor").await.get(&format!("/studio/lectures/{lecture}/ratings")).await;
    assert!(studio.body.contains("评价人数不足") && !studio.body.contains("class=\"dist\""));
}

#[actix_web::test]
async fn a_clerk_rates_for_a_member_and_the_member_sees_the_step() {
    let world = World::new();
    let (elder, clerk) = (person(&world, "member"), world.signed_in("clerk").await);
    prove(&world, elder, 2, "online");
    let started = clerk.post(&format!("/people/{elder}/acting"), &[]).await;
    assert_eq!(started.status, 303, "{}", started.body);
    assert_eq!(rate(&clerk, 2, "4", "").await.status, 303);
    assert_eq!(world.number("SELECT COUNT(*) FROM rating_versions WHERE is_acted = TRUE"), 1);
    let entry = format!(
        "SELECT COUNT(*) FROM audit_entries WHERE action = 'rating_acted' AND for_person_id = {elder} AND subject_kind = 'person' AND actor_id = {}",
        account(&world, "clerk")
    );
    assert_eq!(world.number(&entry), 1, "without the lecture and the stars");
    clerk.post("/acting/end", &[]).await;
    assert!(!clerk.get("/lectures/2").await.body.contains("我的评价"), "the clerk has none");
    assert!(world.signed_in("member").await.get("/lectures/2").await.body.contains("4 星"));
}

/// V-BAY, V-VOICE and the thresholds at the level of rows.
#[actix_web::test]
async fn scores_are_drawn_to_the_city_and_shown_from_ten_members_of_three_branches() {
    let world = World::new();
    let some = members(&world, 12);
    let now = morning();
    let mut asks = vec![];
    for (n, (who, _)) in some.iter().enumerate() {
        prove(&world, *who, 2, "online");
        if n < 9 {
            asks.push(Ask::Rate(vote(*who, 2, 5, now)));
        }
    }
    assert!(ask(&world, asks).iter().all(|told| *told == Told::Done));
    tend(&world, now);
    assert!(world.visitor().get("/lectures/2").await.body.contains("评价人数不足"));
    assert_eq!(world.text("SELECT score || '|' || votes FROM lecture_ratings WHERE lecture_id = 2"), "|9");
    // Three more, of which two say little: 9×5 + 5 + 3 + 3 = 56 of 12, drawn by twenty to the mean of the city.
    let more = [5, 3, 3]
        .iter()
        .zip(&some[9..])
        .map(|(stars, (who, _))| Ask::Rate(vote(*who, 2, *stars, now)))
        .collect();
    ask(&world, more);
    let later = now + Duration::minutes(3);
    tend(&world, later);
    // The mean of the city was taken at the first look: 5. (20·5 + 56) / 32 = 4.875
    let row = world.text("SELECT score || '|' || votes || '|' || threes || '|' || fives || '|' || city FROM lecture_ratings WHERE lecture_id = 2");
    assert_eq!(row, "4.9|12|2|10|5.00");
    let page = world.visitor().get("/lectures/2").await;
    let branches = world.number("SELECT COUNT(DISTINCT branch_id) FROM ratings");
    assert!(branches >= 3);
    for words in ["4.9", &format!("12 人评价，来自 {branches} 个支部"), "95% 区间", "贝叶斯均值", "截至"]
    {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    // In the next night the mean of the city is 56/12, and all is drawn to that: (20·14/3 + 56) / 32 = 4.6666…
    tend(&world, now + Duration::days(1));
    assert_eq!(
        world.text("SELECT score || ' ' || city FROM lecture_ratings WHERE lecture_id = 2"),
        "4.7 4.67"
    );
    let mean = world.db.read_now(ratings::city_mean).unwrap().unwrap();
    assert_eq!(mean, ratio(56, 12).unwrap());
    // From one branch alone nothing is shown, however many.
    world.sql("UPDATE ratings SET branch_id = 3");
    ask(&world, vec![Ask::Rate(vote(some[0].0, 2, 4, now + Duration::days(1)))]);
    tend(&world, now + Duration::days(1) + Duration::minutes(3));
    assert_eq!(world.text("SELECT score || '|' || branches FROM lecture_ratings WHERE lecture_id = 2"), "|1");
}

/// Members who give no lecture.
fn listeners(world: &World, count: usize) -> Vec<i64> {
    let gives =
        |who: &i64| world.number(&format!("SELECT COUNT(*) FROM instructors WHERE person_id = {who}")) > 0;
    let all = members(world, count as i64 + 8).into_iter().map(|one| one.0);
    let found: Vec<i64> = all.filter(|who| !gives(who)).take(count).collect();
    assert_eq!(found.len(), count);
    found
}

#[actix_web::test]
async fn what_was_ticked_is_counted_beside_the_score() {
    let world = World::new();
    let now = morning();
    let lecture = world.number(&format!("SELECT MIN(g.lecture_id) FROM lecture_instructors g JOIN instructors i ON i.id = g.instructor_id JOIN lectures l ON l.id = g.lecture_id WHERE i.person_id = {} AND l.stage = 'published'", person(&world, "instructor")));
    let some = listeners(&world, 12);
    some.iter().for_each(|who| prove(&world, *who, lecture, "online"));
    let give = |who: &[i64], tags: &[Tag], at: Timestamp| {
        let one = |who: &i64| Ask::Rate(Vote { tags: tags.to_vec(), ..vote(*who, lecture, 5, at) });
        assert!(ask(&world, who.iter().map(one).collect()).iter().all(|told| *told == Told::Done));
    };
    let row = || world.text(&format!("SELECT tags FROM lecture_ratings WHERE lecture_id = {lecture}"));
    let (visitor, lecturer) = (world.visitor(), world.signed_in("instructor").await);
    let (page, studio) = (format!("/lectures/{lecture}"), format!("/studio/lectures/{lecture}/ratings"));
    // Below the minimum nothing is said: one of nine would be somebody.
    give(&some[..9], &[Tag::Useful, Tag::Clear], now);
    tend(&world, now);
    for (browser, path) in [(&visitor, &page), (&lecturer, &studio)] {
        let answer = browser.get(path).await;
        assert!(answer.body.contains("评价人数不足") && !answer.body.contains("讲得清"), "{path}");
    }
    give(&some[9..11], &[Tag::Clear], now);
    give(&some[11..], &[Tag::Clear, Tag::Fresh], now);
    tend(&world, now + Duration::minutes(3));
    assert_eq!(row(), "clear 12 useful 9 fresh 1");
    for (browser, path) in [(&visitor, &page), (&lecturer, &studio)] {
        let answer = browser.get(path).await;
        let list = answer.between("aria-label=\"勾选的人数\"", "</ul>");
        for words in ["讲得清 <b>12</b>", "有收获 <b>9</b>", "有新意 <b>1</b>"] {
            assert!(list.contains(words), "{path} {words}: {list}");
        }
        assert!(!list.contains("接地气") && !list.contains("可改进"), "{path}: {list}");
    }
    // One is taken back, one does not count, one says something else.
    let later = now + Duration::minutes(6);
    world.sql(&format!(
        "UPDATE ratings SET status = 'excluded' WHERE rater_key = (SELECT rater_key FROM rating_keys WHERE person_id = {})",
        some[1]
    ));
    let lecture_id = LectureId(lecture);
    let withdrawn =
        Ask::Withdraw { person: PersonId(some[0]), lecture: lecture_id, acting: None, now: later };
    assert_eq!(ask(&world, vec![withdrawn]), [Told::Done]);
    give(&some[2..3], &[Tag::Improve], later);
    tend(&world, later);
    assert_eq!(row(), "clear 9 useful 6 fresh 1 improve 1");
    let answer = visitor.get(&page).await;
    let list = answer.between("aria-label=\"勾选的人数\"", "</ul>");
    assert!(list.contains("讲得清 <b>9</b>") && list.contains("可改进 <b>1</b>"), "{list}");
    // A row from before tags were counted has them after the night.
    world.sql("UPDATE lecture_ratings SET tags = ''");
    world.db.write_now(|conn| ratings::refresh_all(conn, later)).unwrap();
    assert_eq!(row(), "clear 9 useful 6 fresh 1 improve 1");
}

#[actix_web::test]
async fn the_page_of_an_instructor_has_lectures_titles_and_what_a_score_was_made_by() {
    let world = World::new();
    let now = morning();
    let instructor = world.number("SELECT instructor_id FROM lecture_instructors g JOIN lectures l ON l.id = g.lecture_id WHERE l.stage = 'published' GROUP BY instructor_id HAVING COUNT(*) >= 3 ORDER BY instructor_id LIMIT 1");
    let own: Vec<i64> = (0..2)
        .map(|n| world.number(&format!("SELECT g.lecture_id FROM lecture_instructors g JOIN lectures l ON l.id = g.lecture_id WHERE g.instructor_id = {instructor} AND l.stage = 'published' ORDER BY l.published_at DESC, l.id DESC LIMIT 1 OFFSET {n}")))
        .collect();
    // Gold lecturer by a contest, and by nothing else.
    world.sql(&format!("DELETE FROM titles; UPDATE instructors SET person_id = 10 WHERE id = {instructor}; UPDATE lectures SET visibility = 'public' WHERE id IN ({}, {})", own[0], own[1]));
    crate::honours::appointed(&world, 1);
    // Nine fives and two threes for one lecture; one more gives it a five and the other lecture a one: a voice of three.
    let some = listeners(&world, 12);
    let mut asks = vec![];
    for (n, who) in some.iter().enumerate() {
        prove(&world, *who, own[0], "online");
        asks.push(Ask::Rate(vote(*who, own[0], if n < 10 { 5 } else { 3 }, now)));
    }
    prove(&world, some[0], own[1], "online");
    asks.push(Ask::Rate(vote(some[0], own[1], 1, now)));
    assert!(ask(&world, asks).iter().all(|told| *told == Told::Done));
    tend(&world, now);
    let page = world.visitor().get(&format!("/instructors/{instructor}")).await;
    // The title with both ends of its term.
    let titles = page.between("id=\"h-titles\"", "</section>");
    let day = |column: &str| -> NaiveDate {
        world.text(&format!("SELECT {column} FROM titles WHERE person_id = 10")).parse().unwrap()
    };
    for one in [day("valid_from"), day("valid_to") - Duration::days(1)] {
        let shown = format!("{} 年 {} 月 {} 日", one.year(), one.month(), one.day());
        assert!(titles.contains(&shown), "{shown}: {titles}");
    }
    assert!(titles.contains("秋季微党课赛课") && page.body.contains("tag--gold"), "{titles}");
    // The mean of the city is 57/13. Twelve voices with 54 stars, drawn to it by twenty: (20·57/13 + 54) / 32 = 4.428; their
    // spread is 0.905, so the ends lie 0.512 · 12/32 away. The lecture alone has 56 stars: 4.490.
    let branches = world.number("SELECT COUNT(DISTINCT branch_id) FROM ratings");
    let rating = page.between("id=\"h-ratings\"", "</section>");
    for words in [
        "<b class=\"score\">4.4</b>",
        &format!("12 人评价，来自 {branches} 个支部"),
        "分数的 95% 区间是 4.2 到 4.6。",
        "一个人评过这位讲师的几堂课，先取平均，算一个人的一份；再加 20 个全市均值，一起平均。",
        "算这一次时全市均值是 4.38。",
        "<td class=\"n\">4.5</td><td class=\"n\">12</td>",
    ] {
        assert!(rating.contains(words), "{words}: {rating}");
    }
    let rated = |id: i64| rating.contains(&format!("href=\"/lectures/{id}#ratings\""));
    assert!(rated(own[0]) && !rated(own[1]), "one rating says nothing of a lecture");
    // The lectures themselves.
    let lectures = page.between("id=\"h-lectures\"", "</section>");
    for id in own {
        let title = world.text(&format!("SELECT title FROM lectures WHERE id = {id}"));
        assert!(
            lectures.contains(&format!("href=\"/lectures/{id}\"")) && lectures.contains(&title),
            "{title}"
        );
    }
}

/// The mean of the day and what is counted with it are one step.
#[actix_web::test]
async fn a_night_that_fails_is_made_up_for_on_the_same_day() {
    let world = World::new();
    let now = morning();
    let some = members(&world, 12);
    some.iter().for_each(|(who, _)| prove(&world, *who, 2, "online"));
    let give = |who: &[(i64, i64)], stars: i32| {
        let asks = who.iter().map(|(who, _)| Ask::Rate(vote(*who, 2, stars, now))).collect();
        assert!(ask(&world, asks).iter().all(|told| *told == Told::Done));
    };
    give(&some[..6], 5);
    tend(&world, now);
    give(&some[6..], 3);
    // After this no lecture has anything new: the night alone counts it again.
    tend(&world, now + Duration::minutes(30));
    let city = || world.text("SELECT city FROM lecture_ratings WHERE lecture_id = 2");
    assert_eq!(city(), "5.00");
    let night = now + Duration::days(1);
    world.sql("ALTER TABLE instructor_ratings RENAME TO instructor_ratings_away");
    assert!(ratings::tend(&world.db, night).is_err());
    world.sql("ALTER TABLE instructor_ratings_away RENAME TO instructor_ratings");
    tend(&world, night + Duration::minutes(5));
    assert_eq!(city(), "4.00");
}

#[actix_web::test]
async fn the_office_sets_what_scores_are_made_by() {
    let world = World::new();
    let now = morning();
    for (name, value) in [("rating_voices", "5"), ("rating_prior", "10"), ("rating_edit_days", "60")] {
        world.db.write_now(|conn| site::put(conn, name, value, now)).unwrap();
    }
    let some = members(&world, 7);
    let give = |who: &[(i64, i64)], stars| {
        let asks = who.iter().map(|(who, _)| Ask::Rate(vote(*who, 2, stars, now))).collect();
        assert!(ask(&world, asks).iter().all(|told| *told == Told::Done));
    };
    some.iter().for_each(|(who, _)| prove(&world, *who, 2, "online"));
    give(&some[..5], 5);
    tend(&world, now);
    assert_eq!(world.text("SELECT score FROM lecture_ratings WHERE lecture_id = 2"), "5.0");
    give(&some[5..], 1);
    tend(&world, now + Duration::minutes(3));
    // 5×5 + 2 = 27 of seven, drawn by ten to the mean that was taken first: (10·5 + 27) / 17 = 4.529…
    assert_eq!(world.text("SELECT score FROM lecture_ratings WHERE lecture_id = 2"), "4.5");
    assert!(world.visitor().get("/lectures/3").await.body.contains("满 5 人、来自至少 3 个支部"));
    let again = |days| ask(&world, vec![Ask::Rate(vote(some[0].0, 2, 4, now + Duration::days(days)))])[0];
    assert_eq!((again(61), again(60)), (Told::Refused(Refusal::TooLate), Told::Done));
    // A number that would say who gave what is refused; a good one waits for the second person.
    let admin = world.signed_in("admin").await;
    for (value, status) in [("4", 422), ("x", 422), ("12", 303)] {
        let form = [("value", value), ("valid_from", "")];
        assert_eq!(admin.post("/admin/settings/rating_voices", &form).await.status, status, "{value}");
    }
    assert_eq!(
        world.number("SELECT COUNT(*) FROM setting_changes WHERE value = '12' AND verdict IS NULL"),
        1
    );
}

#[actix_web::test]
async fn one_member_is_one_voice_of_an_instructor() {
    let world = World::new();
    let instructor = world.number("SELECT instructor_id FROM lecture_instructors g JOIN lectures l ON l.id = g.lecture_id WHERE l.stage = 'published' GROUP BY instructor_id HAVING COUNT(*) >= 3 ORDER BY instructor_id LIMIT 1");
    let own: Vec<i64> = (0..3)
        .map(|n| world.number(&format!("SELECT g.lecture_id FROM lecture_instructors g JOIN lectures l ON l.id = g.lecture_id WHERE g.instructor_id = {instructor} AND l.stage = 'published' ORDER BY g.lecture_id LIMIT 1 OFFSET {n}")))
        .collect();
    let (a, b) = (person(&world, "member"), person(&world, "member2"));
    for lecture in &own {
        prove(&world, a, *lecture, "online");
    }
    prove(&world, b, own[0], "online");
    let mut asks: Vec<_> = own.iter().map(|lecture| Ask::Rate(vote(a, *lecture, 5, morning()))).collect();
    asks.push(Ask::Rate(vote(b, own[0], 3, morning())));
    assert_eq!(ask(&world, asks), [Told::Done; 4]);
    let voices = |subject| world.db.read_now(|conn| ratings::voices(conn, subject)).unwrap();
    // V-VOICE: 5, 5, 5 and 3 are two voices with a mean of 4.0, and four ratings with one of 4.5.
    let one = voices(Subject::Instructor).into_iter().find(|one| one.id == instructor).unwrap();
    let mut each = one.voices.clone();
    each.sort_unstable();
    assert_eq!(each, [(3, 1), (15, 3)]);
    let means: Vec<_> = one.voices.iter().map(|(sum, n)| ratio(*sum, *n).unwrap()).collect();
    assert_eq!(shown(&weixiao::scoring::exact::mean(&means).unwrap(), 1), "4.0");
    assert_eq!((one.branches, one.apart), (2, 0));
    let lectures = voices(Subject::Lecture);
    assert_eq!(lectures.len(), 3);
    let first = lectures.iter().find(|one| one.id == own[0]).unwrap();
    assert_eq!((first.voices.len(), first.branches), (2, 2));
    assert_eq!(world.db.read_now(ratings::city_mean).unwrap(), ratio(18, 4));
    // The key of a voice is the same in all three lectures, and no other's.
    assert_eq!(
        world.number(&format!(
            "SELECT COUNT(DISTINCT voice_key) FROM rating_voices WHERE instructor_id = {instructor}"
        )),
        2
    );
}

#[actix_web::test]
async fn a_comment_is_public_after_its_review_and_its_author_sees_what_became_of_it() {
    let world = World::new();
    world.db.write_now(|conn| weixiao::site::put(conn, "held_words", "加微信", clock::now())).unwrap();
    let world = World::at(world.url.clone());
    for name in ["member", "member2"] {
        prove(&world, person(&world, name), 2, "online");
    }
    let (member, member2) = (world.signed_in("member").await, world.signed_in("member2").await);
    rate(&member, 2, "4", "例子就在身边").await;
    rate(&member2, 2, "5", "材料请加 微.信").await;
    let held = world.number("SELECT id FROM rating_texts WHERE is_held = TRUE");
    let plain = world.number("SELECT id FROM rating_texts WHERE is_held = FALSE");
    assert!(!world.visitor().get("/lectures/2").await.body.contains("例子就在身边"));
    let reviewer = world.signed_in("reviewer1").await;
    let desk = reviewer.get("/review/ratings").await;
    assert!(
        desk.body.find("材料请加").unwrap() < desk.body.find("例子就在身边").unwrap(),
        "held ones come first"
    );
    // Hidden only with a reason, which is kept if it is too long.
    let path = format!("/review/ratings/{held}");
    let refused = reviewer.post(&path, &[("decision", "hidden"), ("reason", " ")]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains(&format!("id=\"e-{held}\"")));
    assert_eq!(reviewer.post(&path, &[("decision", "pending"), ("reason", "x")]).await.status, 422);
    assert_eq!(reviewer.post("/review/ratings/9999", &[("decision", "shown")]).await.status, 404);
    assert_eq!(reviewer.post(&path, &[("decision", "hidden"), ("reason", "有联系方式")]).await.status, 303);
    assert_eq!(reviewer.post(&path, &[("decision", "hidden"), ("reason", "再来一次")]).await.status, 409);
    let shown = format!("/review/ratings/{plain}");
    assert_eq!(reviewer.post(&shown, &[("decision", "shown")]).await.status, 303);
    assert!(world.visitor().get("/lectures/2").await.body.contains("例子就在身边"));
    assert!(world.visitor().get("/lectures/2/comments").await.body.contains("例子就在身边"));
    // The author sees the reason and asks for another look, once.
    let own = member2.get("/lectures/2").await;
    assert!(own.body.contains("有联系方式") && own.body.contains("请审核人再看一次"));
    assert_eq!(member2.post("/lectures/2/rating/ask", &[]).await.status, 303);
    assert_eq!(member2.post("/lectures/2/rating/ask", &[]).await.status, 409);
    assert!(reviewer.get("/review/ratings").await.body.contains("作者请再看一次"));
    assert_eq!(reviewer.post(&path, &[("decision", "shown")]).await.status, 303);
    assert!(world.visitor().get("/lectures/2").await.body.contains("材料请加"));
    assert_eq!(world.number("SELECT COUNT(*) FROM rating_text_decisions"), 3);
    // Nobody edits a word; another comment of the author waits anew, and the old one is gone from the page.
    assert!(world.try_sql("UPDATE rating_texts SET text = '好'").is_err());
    assert!(world.try_sql("DELETE FROM rating_texts").is_err());
    rate(&member, 2, "4", "例子在村里").await;
    let page = world.visitor().get("/lectures/2").await;
    assert!(!page.body.contains("例子就在身边") && !page.body.contains("例子在村里"));
    // The same again stays what it is.
    let states = "SELECT COUNT(*) FROM rating_texts WHERE state = 'pending'";
    rate(&member, 2, "4", "例子在村里").await;
    assert_eq!(world.number(states), 1);
    // A withdrawn rating does not speak.
    member2.post("/lectures/2/rating/withdraw", &[]).await;
    assert!(!world.visitor().get("/lectures/2").await.body.contains("材料请加"));
}

#[actix_web::test]
async fn words_that_are_taken_back_are_on_no_server_once_their_author_is_answered() {
    let world = World::new();
    let other = World::at(world.url.clone());
    prove(&world, person(&world, "member"), 2, "online");
    let (member, reader) = (world.signed_in("member").await, other.visitor());
    let steps: [(&str, &[(&str, &str)]); 2] = [
        ("/lectures/2/rating/withdraw", &[]),
        ("/lectures/2/rating", &[("stars", "4"), ("comment", "换一句")]),
    ];
    for round in 0..6 {
        let said = format!("第 {round} 遍说的话");
        assert_eq!(rate(&member, 2, "4", &said).await.status, 303);
        world.sql("UPDATE rating_texts SET state = 'shown' WHERE state = 'pending'");
        assert!(reader.get("/lectures/2").await.body.contains(&said));
        // Somebody reads the page on another server all the while, so that it is kept there at every moment.
        let (path, fields) = steps[round % 2];
        let mut taken_back = Box::pin(member.post(path, fields));
        let answer = loop {
            reader.get("/lectures/2").await;
            actix_web::rt::time::sleep(std::time::Duration::from_millis(1)).await;
            let polled = std::future::poll_fn(|cx| Poll::Ready(taken_back.as_mut().poll(cx))).await;
            if let Poll::Ready(answer) = polled {
                break answer;
            }
        };
        assert_eq!(answer.status, 303, "{}", answer.body);
        assert!(!reader.get("/lectures/2").await.body.contains(&said), "{path}");
    }
}

#[actix_web::test]
async fn a_lecturer_replies_once_and_does_not_judge_the_own_lecture() {
    let world = World::new();
    let who = person(&world, "instructor");
    let lecture = world.number(&format!("SELECT MIN(g.lecture_id) FROM lecture_instructors g JOIN instructors i ON i.id = g.instructor_id JOIN lectures l ON l.id = g.lecture_id WHERE i.person_id = {who} AND l.stage = 'published'"));
    prove(&world, person(&world, "member"), lecture, "online");
    rate(&world.signed_in("member").await, lecture, "5", "讲得实在").await;
    let text = world.number("SELECT id FROM rating_texts");
    let (lecturer, reviewer) = (world.signed_in("instructor").await, world.signed_in("reviewer1").await);
    let path = format!("/studio/lectures/{lecture}/ratings/{text}");
    assert_eq!(lecturer.post(&path, &[("text", "谢谢")]).await.status, 409, "not shown yet");
    reviewer.post(&format!("/review/ratings/{text}"), &[("decision", "shown")]).await;
    assert_eq!(lecturer.post(&path, &[("text", "")]).await.status, 422);
    assert_eq!(lecturer.post(&path, &[("text", "谢谢，下次带图来")]).await.status, 303);
    assert_eq!(lecturer.post(&path, &[("text", "又一句")]).await.status, 409);
    assert!(!world.visitor().get(&format!("/lectures/{lecture}")).await.body.contains("下次带图来"));
    assert_eq!(
        reviewer.post(&format!("/review/ratings/{text}/reply"), &[("decision", "shown")]).await.status,
        303
    );
    assert!(world.visitor().get(&format!("/lectures/{lecture}")).await.body.contains("下次带图来"));
    // Somebody else's lecture has no such page.
    let other = world.number(&format!("SELECT MIN(l.id) FROM lectures l WHERE l.stage = 'published' AND l.id NOT IN (SELECT lecture_id FROM lecture_instructors g JOIN instructors i ON i.id = g.instructor_id WHERE i.person_id = {who})"));
    assert_eq!(lecturer.get(&format!("/studio/lectures/{other}/ratings")).await.status, 404);
    assert_eq!(
        lecturer.post(&format!("/studio/lectures/{other}/ratings/{text}"), &[("text", "x")]).await.status,
        404
    );
    // A reviewer who gives the lecture leaves it to others.
    world.sql(&format!(
        "UPDATE instructors SET person_id = {} WHERE person_id = {who}",
        person(&world, "reviewer1")
    ));
    let own =
        reviewer.post(&format!("/review/ratings/{text}"), &[("decision", "hidden"), ("reason", "x")]).await;
    assert_eq!(own.status, 409);
}

/// A branch that gives thirty fives among others: flagged; the numbers are those of V-BRIG.
fn brigade(world: &World, now: Timestamp) -> i64 {
    let branch = world.number("SELECT branch_id FROM memberships WHERE valid_to IS NULL GROUP BY branch_id ORDER BY COUNT(*) DESC, branch_id LIMIT 1");
    let members = of_branch(world, branch, 15);
    assert!(members.len() >= 12, "a branch with {} members", members.len());
    let others: Vec<i64> = (0..200)
        .map(|n| world.number(&format!("SELECT person_id FROM memberships WHERE valid_to IS NULL AND branch_id <> {branch} AND person_id > 100 ORDER BY person_id LIMIT 1 OFFSET {}", n * 2)))
        .collect();
    let mut asks = vec![];
    for (n, who) in others.iter().enumerate() {
        prove(world, *who, 2, "online");
        if n < 15 {
            asks.push(Ask::Rate(vote(*who, 2, 3 + (n % 2) as i32, now + Duration::minutes(11 * n as i64))));
        }
        // Between the others, so that it is no run of fives.
        if let Some(who) = members.get(n) {
            prove(world, *who, 2, "online");
            asks.push(Ask::Rate(vote(*who, 2, 5, now)));
        }
    }
    assert!(ask(world, asks).iter().all(|told| *told == Told::Done));
    members.len() as i64
}

#[actix_web::test]
async fn a_block_is_flagged_and_two_people_decide() {
    let world = World::new();
    let now = morning();
    let size = brigade(&world, now);
    tend(&world, now + Duration::minutes(200));
    assert_eq!(
        world.number("SELECT COUNT(*) FROM rating_flags WHERE state = 'open' AND detector = 'block'"),
        1
    );
    assert_eq!(
        world.number("SELECT COUNT(*) FROM ratings WHERE status <> 'counted'"),
        0,
        "a flag never acts"
    );
    // Looked at again it is the same flag.
    tend(&world, now + Duration::minutes(210));
    assert_eq!(world.number("SELECT COUNT(*) FROM rating_flags"), 1);
    let flag = world.number("SELECT id FROM rating_flags");
    let branch = world.text("SELECT o.name FROM rating_flags f JOIN orgs o ON o.id = f.branch_id");
    let path = format!("/ratings/flags/{flag}");
    let (first, second) = (world.signed_in("checker").await, world.signed_in("supervisor").await);
    let page = first.get(&path).await;
    assert!(page.body.contains("最多占 20%") && page.body.contains(&format!("<dd>{size}")), "{}", page.body);
    assert!(!page.body.contains(&branch), "which branch it is, is not said");
    assert!(first.get("/ratings/flags").await.body.contains(&path));
    for (form, answer) in [("exclude", 422), ("dismiss", 422)] {
        assert_eq!(first.post(&format!("{path}/{form}"), &[("text", "")]).await.status, answer);
    }
    assert_eq!(first.post(&format!("{path}/exclude"), &[("text", "照名单给分")]).await.status, 303);
    assert_eq!(second.post(&format!("{path}/exclude"), &[("text", "照名单给分")]).await.status, 409);
    assert_eq!(
        second.post(&format!("{path}/dismiss"), &[("text", "看过了")]).await.status,
        409,
        "it is proposed"
    );
    let exclusion = format!("/ratings/exclusions/{}", world.number("SELECT id FROM rating_exclusions"));
    assert_eq!(
        first.post(&exclusion, &[("verdict", "confirmed")]).await.status,
        409,
        "not by the same person"
    );
    assert_eq!(second.post(&exclusion, &[("verdict", "maybe")]).await.status, 400);
    assert_eq!(world.number("SELECT COUNT(*) FROM ratings WHERE status = 'excluded'"), 0);
    assert_eq!(second.post(&exclusion, &[("verdict", "confirmed")]).await.status, 303);
    assert_eq!(second.post(&exclusion, &[("verdict", "confirmed")]).await.status, 409);
    assert_eq!(world.number("SELECT COUNT(*) FROM ratings WHERE status = 'excluded'"), size);
    assert_eq!(world.number("SELECT COUNT(*) FROM ratings"), size + 15, "they stay stored");
    assert_eq!(world.number("SELECT COUNT(*) FROM rating_versions WHERE status = 'excluded'"), size);
    assert_eq!(world.number("SELECT votes FROM lecture_ratings WHERE lecture_id = 2"), 15, "at once");
    assert_eq!(world.number("SELECT apart FROM lecture_ratings WHERE lecture_id = 2"), size);
    let public = world.visitor().get("/lectures/2").await;
    assert!(
        public.body.contains("照名单给分")
            && public.body.contains(&format!("{size} 条评价经两个人核查没有计入"))
    );
    let one = world.db.read_now(|conn| ratings::voices(conn, Subject::Lecture)).unwrap().remove(0);
    assert_eq!((one.id, one.voices.len(), one.apart), (2, 15, size));
    // Who is concerned sees it; a changed rating stays excluded.
    let who = PersonId(world.number("SELECT person_id FROM rating_keys k JOIN ratings r ON r.rater_key = k.rater_key WHERE r.status = 'excluded' ORDER BY person_id LIMIT 1"));
    let mine = |world: &World| {
        world.db.write_now(|conn| {
            let keys = ratings::keys(conn)?;
            ratings::mine(conn, &keys, who, LectureId(2), now)
        })
    };
    assert_eq!(mine(&world).unwrap().own.unwrap().excluded_for.as_deref(), Some("照名单给分"));
    assert_eq!(ask(&world, vec![Ask::Rate(vote(who.0, 2, 1, now + Duration::days(1)))]), [Told::Done]);
    assert_eq!(world.number("SELECT COUNT(*) FROM ratings WHERE status = 'excluded'"), size);
    assert_eq!(world.number("SELECT COUNT(*) FROM rating_voices WHERE is_counted = TRUE AND stars = 1"), 0);
    // The database itself wants two persons.
    assert!(world.try_sql("UPDATE rating_exclusions SET decided_by = proposed_by").is_err());
}

/// The second person confirms what the first one proposed, and nothing that came meanwhile.
#[actix_web::test]
async fn a_flag_stays_as_it_was_proposed_and_what_comes_later_is_another_suspicion() {
    let world = World::new();
    let now = morning();
    let size = brigade(&world, now);
    tend(&world, now + Duration::minutes(200));
    let flag = world.number("SELECT id FROM rating_flags");
    let branch = world.number("SELECT branch_id FROM rating_flags");
    // More of this branch, who are no lecturers.
    let more = |count: i64, minutes: i64| {
        let last = world.number("SELECT MAX(id) FROM ratings");
        let those: Vec<i64> = (0..count)
            .map(|n| world.number(&format!("SELECT person_id FROM completions WHERE lecture_id = 2 AND person_id NOT IN (SELECT person_id FROM rating_keys) AND person_id NOT IN (SELECT person_id FROM instructors) ORDER BY person_id LIMIT 1 OFFSET {n}")))
            .collect();
        let at = now + Duration::minutes(minutes);
        let one = |(n, who): (usize, &i64)| Ask::Rate(vote(*who, 2, 5 - (n % 2) as i32, at));
        let asks = those.iter().enumerate().map(one).collect();
        assert!(ask(&world, asks).iter().all(|told| *told == Told::Done));
        world.sql(&format!("UPDATE ratings SET branch_id = {branch} WHERE id > {last}"));
        tend(&world, at + Duration::minutes(60));
    };
    let numbers = |flag: i64| {
        world.text(&format!("SELECT of_set || ' ' || votes || ' ' || to_id || ' ' || mean || ' ' || capped || ' ' || chance FROM rating_flags WHERE id = {flag}"))
    };
    let (first, second) = (world.signed_in("checker").await, world.signed_in("supervisor").await);
    let (path, proposed) = (format!("/ratings/flags/{flag}"), numbers(flag));
    assert_eq!(first.post(&format!("{path}/exclude"), &[("text", "照名单给分")]).await.status, 303);
    more(15, 300);
    assert_eq!(numbers(flag), proposed);
    assert!(second.get(&path).await.body.contains(&format!("<dd>{size}")));
    let exclusion = format!("/ratings/exclusions/{}", world.number("SELECT id FROM rating_exclusions"));
    assert_eq!(second.post(&exclusion, &[("verdict", "confirmed")]).await.status, 303);
    assert_eq!(world.number("SELECT COUNT(*) FROM ratings WHERE status = 'excluded'"), size);
    // The fifteen still count, and are a suspicion of their own though they are no more than those before.
    tend(&world, now + Duration::minutes(420));
    let open = "SELECT COUNT(*) FROM rating_flags WHERE state = 'open' AND detector = 'block'";
    assert_eq!(world.number(open), 1);
    let next = world.number("SELECT MAX(id) FROM rating_flags WHERE state = 'open' AND detector = 'block'");
    assert!(next != flag && numbers(next).starts_with("15 30 "), "{}", numbers(next));
    // Refused, it follows the numbers again.
    let path = format!("/ratings/flags/{next}");
    assert_eq!(second.post(&format!("{path}/exclude"), &[("text", "又照名单给分")]).await.status, 303);
    let exclusion = format!("/ratings/exclusions/{}", world.number("SELECT MAX(id) FROM rating_exclusions"));
    assert_eq!(first.post(&exclusion, &[("verdict", "refused")]).await.status, 303);
    more(1, 500);
    assert!(numbers(next).starts_with("16 31 "), "{}", numbers(next));
}

#[actix_web::test]
async fn what_two_people_excluded_two_people_let_count_again() {
    let world = World::new();
    let now = morning();
    let size = brigade(&world, now);
    tend(&world, now + Duration::minutes(200));
    let flag = format!("/ratings/flags/{}", world.number("SELECT id FROM rating_flags"));
    let (first, second) = (world.signed_in("checker").await, world.signed_in("supervisor").await);
    first.post(&format!("{flag}/exclude"), &[("text", "照名单给分")]).await;
    let exclusion = format!("/ratings/exclusions/{}", world.number("SELECT id FROM rating_exclusions"));
    let lift = format!("{exclusion}/lift");
    let reason = [("text", "查过签到表，是一起在微党校看的")];
    assert_eq!(first.post(&lift, &reason).await.status, 404, "nothing is excluded yet");
    assert_eq!(second.post(&exclusion, &[("verdict", "confirmed")]).await.status, 303);
    let excluded = || world.number("SELECT COUNT(*) FROM ratings WHERE status = 'excluded'");
    assert_eq!(excluded(), size);
    // One of them takes the rating back while it does not count.
    let who = PersonId(world.number("SELECT person_id FROM rating_keys k JOIN ratings r ON r.rater_key = k.rater_key WHERE r.status = 'excluded' ORDER BY person_id LIMIT 1"));
    let taken_back = Ask::Withdraw { person: who, lecture: LectureId(2), acting: None, now };
    assert_eq!(ask(&world, vec![taken_back]), [Told::Done]);
    let empty = second.post(&lift, &[("text", " ")]).await;
    assert!(empty.status == 422 && empty.body.contains("提出恢复计入"), "{}", empty.body);
    assert_eq!(second.post(&lift, &reason).await.status, 303);
    assert_eq!(first.post(&lift, &reason).await.status, 409, "it is proposed");
    let path = format!("/ratings/liftings/{}", world.number("SELECT id FROM rating_liftings"));
    assert_eq!(second.post(&path, &[("verdict", "confirmed")]).await.status, 409, "not by the same person");
    assert_eq!(first.post(&path, &[("verdict", "refused")]).await.status, 303);
    assert_eq!(excluded(), size - 1, "refused, nothing changes");
    // Proposed once more, and confirmed.
    assert_eq!(second.post(&lift, &reason).await.status, 303);
    let path = format!("/ratings/liftings/{}", world.number("SELECT MAX(id) FROM rating_liftings"));
    assert_eq!(first.post(&path, &[("verdict", "confirmed")]).await.status, 303);
    assert_eq!(first.post(&path, &[("verdict", "confirmed")]).await.status, 409);
    assert_eq!(first.post(&lift, &reason).await.status, 409, "once");
    let count = |what: &str| world.number(&format!("SELECT COUNT(*) FROM {what}"));
    assert_eq!((excluded(), count("ratings WHERE status = 'withdrawn'")), (0, 1));
    assert_eq!(count("ratings WHERE exclusion_id IS NOT NULL"), 0);
    assert_eq!(count("rating_voices WHERE is_counted = TRUE"), count("rating_voices") - 1);
    let last = "rating_versions v WHERE version = (SELECT version FROM ratings WHERE id = v.rating_id)";
    assert_eq!(count(&format!("{last} AND status = 'counted'")), size - 1 + 15);
    assert_eq!(count("rating_versions WHERE status = 'excluded'"), size, "what was, is kept");
    assert_eq!(
        world.number("SELECT votes FROM lecture_ratings WHERE lecture_id = 2"),
        size - 1 + 15,
        "at once"
    );
    assert_eq!(world.number("SELECT apart FROM lecture_ratings WHERE lecture_id = 2"), 0);
    let public = world.visitor().get("/lectures/2").await.body;
    assert!(public.contains("照名单给分") && public.contains("一起在微党校看的"), "{public}");
    assert!(first.get("/ratings/flags?show=decided").await.body.contains("没有异常"));
    tend(&world, now + Duration::minutes(400));
    assert_eq!(count("rating_flags"), 1, "not raised again by the same numbers");
    // The database itself wants two persons.
    assert!(world.try_sql("UPDATE rating_liftings SET decided_by = proposed_by").is_err());
    assert!(world.try_sql("DELETE FROM rating_liftings").is_err());
}

#[actix_web::test]
async fn the_office_sets_from_where_on_people_look() {
    let now = morning();
    for (name, value, flags) in [
        ("flag_voices", "20", 1),
        ("flag_voices", "500", 0),
        ("flag_chance", "12", 0),
        ("flag_moved", "200", 0),
        ("flag_burst", "10", 1),
    ] {
        let world = World::new();
        world.db.write_now(|conn| site::put(conn, name, value, now)).unwrap();
        brigade(&world, now);
        tend(&world, now + Duration::minutes(200));
        let open = "SELECT COUNT(*) FROM rating_flags WHERE detector = 'block'";
        assert_eq!(world.number(open), flags, "{name} {value}");
    }
    let world = World::new();
    let admin = world.signed_in("admin").await;
    for (name, value, status) in [
        ("flag_voices", "9", 422),
        ("flag_chance", "13", 422),
        ("flag_moved", "0", 422),
        ("flag_burst", "x", 422),
        ("flag_run", "7", 422),
        ("flag_run", "12", 303),
    ] {
        let form = [("value", value), ("valid_from", "")];
        let answer = admin.post(&format!("/admin/settings/{name}"), &form).await;
        assert_eq!(answer.status, status, "{name} {value}");
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM setting_changes WHERE verdict IS NULL"), 1);
}

#[actix_web::test]
async fn a_branch_that_watched_together_is_no_block_and_a_dismissed_flag_stays_dismissed() {
    let world = World::new();
    let now = morning();
    brigade(&world, now);
    let branch =
        world.number("SELECT branch_id FROM ratings GROUP BY branch_id ORDER BY COUNT(*) DESC LIMIT 1");
    tend(&world, now + Duration::minutes(200));
    let flag = world.number("SELECT id FROM rating_flags");
    let checker = world.signed_in("checker").await;
    let done = checker.post(&format!("/ratings/flags/{flag}/dismiss"), &[("text", "在本校一起看的")]).await;
    assert_eq!(done.status, 303);
    assert_eq!(checker.post(&format!("/ratings/flags/{flag}/dismiss"), &[("text", "再")]).await.status, 409);
    tend(&world, now + Duration::minutes(400));
    assert_eq!(world.number("SELECT COUNT(*) FROM rating_flags"), 1, "not raised again by the same numbers");
    assert!(checker.get("/ratings/flags?show=decided").await.body.contains("没有异常"));
    // Where most viewers are of the branch, so are most ratings.
    let world = World::new();
    let others = members(&world, 10);
    let mut asks = vec![];
    for who in of_branch(&world, branch, 15) {
        prove(&world, who, 2, "group");
        asks.push(Ask::Rate(vote(who, 2, 5, now)));
    }
    for (who, _) in others.iter().filter(|one| one.1 != branch) {
        prove(&world, *who, 2, "online");
        asks.push(Ask::Rate(vote(*who, 2, 3, now)));
    }
    ask(&world, asks);
    tend(&world, now);
    assert_eq!(world.number("SELECT COUNT(*) FROM rating_flags WHERE detector = 'block'"), 0);
}

#[actix_web::test]
async fn many_ratings_in_ten_minutes_are_flagged_unless_a_group_watched() {
    let now = morning();
    for (kind, flags) in [("online", 1), ("group", 0)] {
        let world = World::new();
        let mut asks = vec![];
        for (who, _) in members(&world, 31) {
            prove(&world, who, 2, kind);
            asks.push(Ask::Rate(vote(who, 2, 4, now)));
        }
        ask(&world, asks);
        tend(&world, now);
        assert_eq!(
            world.number("SELECT COUNT(*) FROM rating_flags WHERE detector = 'burst'"),
            flags,
            "{kind}"
        );
    }
}

#[actix_web::test]
async fn an_author_is_named_only_by_two_and_every_look_is_recorded() {
    let world = World::new();
    let who = person(&world, "member");
    let name = world.text(&format!("SELECT name FROM persons WHERE id = {who}"));
    prove(&world, who, 2, "online");
    rate(&world.signed_in("member").await, 2, "1", "吓人的话").await;
    let text = world.number("SELECT id FROM rating_texts").to_string();
    let (first, second) = (world.signed_in("checker").await, world.signed_in("supervisor").await);
    for (comment, reason) in [("", "x"), ("abc", "x"), ("999999", "威胁"), (text.as_str(), "")] {
        let answer = first.post("/ratings/unmask", &[("comment", comment), ("text", reason)]).await;
        assert_eq!(answer.status, 422, "{comment} {reason}");
    }
    assert_eq!(first.post("/ratings/unmask", &[("comment", &text), ("text", "威胁讲师")]).await.status, 303);
    assert_eq!(second.post("/ratings/unmask", &[("comment", &text), ("text", "威胁讲师")]).await.status, 409);
    let path = format!("/ratings/unmask/{}", world.number("SELECT id FROM rating_unmasks"));
    assert_eq!(first.post(&format!("{path}/open"), &[]).await.status, 404, "not before the decision");
    assert_eq!(first.post(&path, &[("verdict", "confirmed")]).await.status, 409);
    assert_eq!(second.post(&path, &[("verdict", "confirmed")]).await.status, 303);
    let notices = format!("SELECT COUNT(*) FROM notices WHERE person_id = {who} AND body = '威胁讲师'");
    assert_eq!(world.number(&notices), 1, "the author is told");
    let looks =
        format!("SELECT COUNT(*) FROM audit_entries WHERE action = 'rater_seen' AND for_person_id = {who}");
    for browser in [&first, &second] {
        assert!(
            !browser.get("/ratings/unmask").await.body.contains(&name),
            "a page that is only opened names nobody"
        );
        let opened = browser.post(&format!("{path}/open"), &[]).await;
        assert!(opened.status == 200 && opened.body.contains(&name), "{}", opened.body);
    }
    assert_eq!(world.number(&looks), 2);
    for other in ["reviewer1", "organizer", "auditor", "admin", "instructor", "secretary"] {
        let answer = world.signed_in(other).await.post(&format!("{path}/open"), &[]).await;
        assert_eq!(answer.status, 403, "{other}");
    }
    // A third person with the permission is not one of the two.
    world.sql(&format!("INSERT INTO grants (account_id, role, scope_kind, granted_at) VALUES ({}, 'supervisor', 'city', CURRENT_TIMESTAMP)", account(&world, "organizer")));
    assert_eq!(world.signed_in("organizer").await.post(&format!("{path}/open"), &[]).await.status, 409);
    // After 180 days nobody can.
    assert!(world.try_sql("UPDATE rating_keys SET person_id = 1").is_err());
    let later = clock::now() + Duration::days(181);
    tend(&world, later);
    assert_eq!(world.number("SELECT COUNT(*) FROM rating_keys"), 0);
    assert_eq!(first.post(&format!("{path}/open"), &[]).await.status, 409);
    assert_eq!(world.number("SELECT COUNT(*) FROM ratings"), 1);
}

#[actix_web::test]
async fn doors_and_both_languages() {
    let world = World::new();
    for (name, path, status) in [
        ("member", "/review/ratings", 403),
        ("member", "/ratings/flags", 403),
        ("reviewer1", "/ratings/flags", 403),
        ("checker", "/review/ratings", 403),
        ("organizer", "/ratings/flags", 403),
        ("admin", "/ratings/unmask", 403),
        ("supervisor", "/ratings/flags", 200),
        ("checker", "/ratings/unmask", 200),
        ("reviewer2", "/review/ratings?show=hidden", 200),
        ("reviewer2", "/review/ratings?page=2", 404),
        ("member", "/me/ratings", 200),
        ("checker", "/ratings/flags/9999", 404),
    ] {
        assert_eq!(world.signed_in(name).await.get(path).await.status, status, "{name} {path}");
    }
    world.sql("UPDATE lectures SET visibility = 'members' WHERE id = 2");
    let visitor = world.visitor();
    assert_eq!(visitor.get("/lectures/2/comments").await.status, 303);
    assert_eq!(visitor.get("/lectures/99999/comments").await.status, 404);
    visitor.post("/manner", &[("lang", "en"), ("back", "/")]).await;
    assert!(visitor.get("/lectures/1").await.body.contains("Too few ratings"));
}
