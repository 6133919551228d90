//! Self-tests: the desk of banks, files in and out, taking a test against the server's clock, the book of wrong answers.
use crate::world::{Answer, Browser, World, escape};
use actix_web::http::Method;
use chrono::Duration;
use std::collections::BTreeSet;
use weixiao::access::Viewer;
use weixiao::app::routes;
use weixiao::clock::now;
use weixiao::ids::{AccountId, BookletId, PersonId, TestId};
use weixiao::selftests;
use weixiao::web::sheet;

const KEY: &str = "00000000000000000000000000000001";

async fn post(browser: &Browser<'_>, path: &str, fields: &[(&str, &str)]) -> Answer {
    let answer = browser.post(path, fields).await;
    assert_eq!(answer.status, 303, "{path}: {}", answer.body);
    answer
}

/// The number in an address, behind `before`.
fn number_in(answer: &Answer, before: &str) -> i64 {
    let to = answer.location.as_deref().unwrap();
    let rest = to.split_once(before).unwrap_or_else(|| panic!("no {before} in {to}")).1;
    rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
}

/// A bank of the browser's account.
async fn bank(browser: &Browser<'_>, belongs: &str) -> i64 {
    let key = browser.get("/studio/banks/new").await.key();
    let fields = [("title", "支部工作"), ("belongs", belongs), ("key", key.as_str())];
    number_in(&post(browser, "/studio/banks", &fields).await, "/studio/banks/")
}

/// Questions whose right answer can be told from their words: it says 对.
async fn fill(browser: &Browser<'_>, bank: i64, count: usize) {
    for n in 0..count {
        let key = format!("{n:032x}").chars().rev().collect::<String>();
        let stem = format!("题目{n}");
        let explanation = format!("解析{n}");
        let sent = [
            ("kind", "single"),
            ("stem", stem.as_str()),
            ("choice", "不是甲"),
            ("choice", "对的"),
            ("choice", "不是丙"),
            ("right", "1"),
            ("explanation", explanation.as_str()),
            ("key", key.as_str()),
        ];
        post(browser, &format!("/studio/banks/{bank}/questions"), &sent).await;
    }
}

/// A test with these settings; the others are usual.
async fn test(browser: &Browser<'_>, bank: i64, change: &[(&str, &str)]) -> i64 {
    let page = browser.get(&format!("/studio/banks/{bank}/tests/new")).await;
    let key = page.key();
    let mut fields = vec![
        ("title", "第一章自测"),
        ("question_count", "4"),
        ("pass_share", "60"),
        ("feedback", "final"),
        ("is_open", "1"),
        ("key", key.as_str()),
    ];
    for (name, value) in change {
        fields.retain(|field| field.0 != *name);
        fields.push((name, value));
    }
    post(browser, &format!("/studio/banks/{bank}/tests"), &fields).await;
    browser.world.number("SELECT MAX(id) FROM tests")
}

async fn start(browser: &Browser<'_>, test: i64) -> i64 {
    number_in(&post(browser, &format!("/tests/{test}/start"), &[]).await, "/attempts/")
}

/// The values of the right choices and of the wrong ones of a question, by the paper that only the database shows.
fn choices(world: &World, attempt: i64, position: usize) -> (Vec<String>, Vec<String>) {
    let paper = world.text(&format!(
        "SELECT paper FROM attempt_answers WHERE attempt_id = {attempt} AND position = {position}"
    ));
    let paper: serde_json::Value = serde_json::from_str(&paper).unwrap();
    let (mut right, mut wrong) = (vec![], vec![]);
    for (place, choice) in paper["choices"].as_array().unwrap().iter().enumerate() {
        if choice["is_right"].as_bool().unwrap() { &mut right } else { &mut wrong }.push(place.to_string());
    }
    (right, wrong)
}

/// Answers a question rightly or wrongly.
async fn answer(browser: &Browser<'_>, attempt: i64, position: usize, rightly: bool) -> Answer {
    let (right, wrong) = choices(browser.world, attempt, position);
    let choice = if rightly { &right[0] } else { &wrong[0] };
    let position = position.to_string();
    let fields = [("position", position.as_str()), ("choice", choice.as_str())];
    browser.post(&format!("/attempts/{attempt}/answers"), &fields).await
}

async fn submit(browser: &Browser<'_>, attempt: i64) {
    post(browser, &format!("/attempts/{attempt}/submit"), &[]).await;
}

fn person(world: &World, name: &str) -> i64 {
    world.number(&format!("SELECT person_id FROM accounts WHERE username = '{name}'"))
}

fn passed(world: &World, name: &str, tests: &[i64]) -> Vec<i64> {
    let who = PersonId(person(world, name));
    let tests: Vec<_> = tests.iter().copied().map(TestId).collect();
    let passed = world.db.read_now(|conn| selftests::passed(conn, who, &tests)).unwrap();
    passed.into_iter().map(|id| id.0).collect()
}

/// Moves the beginning and the end of an attempt into the past.
fn turn_back(world: &World, attempt: i64, seconds: i64) {
    let end = now() - Duration::seconds(seconds);
    world.sql(&format!("UPDATE attempts SET ends_at = '{end}' WHERE id = {attempt}"));
}

#[actix_web::test]
async fn a_test_is_made_taken_and_passed() {
    let world = World::before_courses();
    let (desk, member) = (world.signed_in("instructor").await, world.signed_in("member").await);
    let bank = bank(&desk, "").await;
    fill(&desk, bank, 6).await;
    let test = test(&desk, bank, &[]).await;

    let page = member.get(&format!("/tests/{test}")).await;
    assert!(page.body.contains("4 道，每次随机抽取") && page.body.contains("答对 3 道"), "{}", page.body);
    let attempt = start(&member, test).await;
    // Nothing of what is right, before it is handed in.
    for place in ["1", "2", "3", "4", "end"] {
        let page = member.get(&format!("/attempts/{attempt}?q={place}")).await;
        assert_eq!(page.status, 200);
        let is_told = (0..6).any(|n| page.body.contains(&format!("解析{n}")));
        assert!(!is_told && !page.body.contains("choice--right"), "{}", page.body);
    }
    for (position, to) in [(1, "q=2"), (2, "q=3"), (3, "q=4")] {
        let told = answer(&member, attempt, position, position != 2).await;
        assert!(told.location.unwrap().ends_with(to));
    }
    assert!(answer(&member, attempt, 4, true).await.location.unwrap().ends_with("q=end"));
    // An answer can be changed until then, and an interrupted attempt goes on with all that was given.
    let again = world.signed_in("member").await;
    assert_eq!(start(&again, test).await, attempt);
    assert!(again.get(&format!("/attempts/{attempt}?q=2")).await.body.contains(" checked"));
    submit(&again, attempt).await;
    let result = again.get(&format!("/attempts/{attempt}")).await;
    assert!(result.body.contains("答对 3 题，共 4 题") && result.body.contains("通过"), "{}", result.body);
    assert!(result.body.contains("解析"));
    assert_eq!(passed(&world, "member", &[test, 999]), [test]);
    assert_eq!(passed(&world, "member2", &[test]), [0; 0]);
    assert_eq!(world.number("SELECT COUNT(*) FROM audit_entries WHERE action = 'test_started'"), 1);
    // Once more, badly: passed stays passed.
    let second = start(&member, test).await;
    assert_ne!(second, attempt);
    submit(&member, second).await;
    let result = member.get(&format!("/attempts/{second}")).await;
    assert!(result.body.contains("还没有通过，可以再试") && result.body.contains("还差 3 题"));
    assert_eq!(passed(&world, "member", &[test]), [test]);
}

#[actix_web::test]
async fn with_feedback_at_once_an_answer_is_told_and_final() {
    let world = World::before_courses();
    let (desk, member) = (world.signed_in("instructor").await, world.signed_in("member").await);
    let bank = bank(&desk, "").await;
    fill(&desk, bank, 4).await;
    let test = test(&desk, bank, &[("feedback", "immediate")]).await;
    let attempt = start(&member, test).await;
    assert!(!member.get(&format!("/attempts/{attempt}")).await.body.contains("解析"));
    let nothing = member.post(&format!("/attempts/{attempt}/answers"), &[("position", "1")]).await;
    assert_eq!(nothing.status, 422);
    assert!(nothing.body.contains("请先作答"));
    let told = answer(&member, attempt, 1, false).await;
    assert!(told.location.unwrap().ends_with("q=1"));
    let page = member.get(&format!("/attempts/{attempt}?q=1")).await;
    assert!(
        page.body.contains("您选的") && page.body.contains("解析") && page.body.contains("choice--right")
    );
    // The other questions still tell nothing.
    assert!(!member.get(&format!("/attempts/{attempt}?q=2")).await.body.contains("解析"));
    // The right answer comes too late.
    answer(&member, attempt, 1, true).await;
    submit(&member, attempt).await;
    assert_eq!(world.number(&format!("SELECT right_count FROM attempts WHERE id = {attempt}")), 0);
}

#[actix_web::test]
async fn the_paper_stays_as_it_was_drawn() {
    let world = World::before_courses();
    let (desk, member) = (world.signed_in("instructor").await, world.signed_in("member").await);
    let bank = bank(&desk, "").await;
    fill(&desk, bank, 5).await;
    let test = test(&desk, bank, &[]).await;
    let mut orders = BTreeSet::new();
    for _ in 0..8 {
        let attempt = start(&member, test).await;
        let drawn =
            format!("SELECT COUNT(DISTINCT question_id) FROM attempt_answers WHERE attempt_id = {attempt}");
        assert_eq!(world.number(&drawn), 4, "none twice");
        let papers =
            format!("SELECT MIN(paper) FROM attempt_answers WHERE attempt_id = {attempt} AND position = 1");
        orders.insert(world.text(&papers));
        submit(&member, attempt).await;
    }
    assert!(orders.len() > 1, "drawn by chance");
    let attempt = start(&member, test).await;
    world.sql("UPDATE bank_questions SET stem = '改过的题'");
    world.sql("UPDATE bank_choices SET is_right = NOT is_right");
    for position in 1..=4 {
        let page = member.get(&format!("/attempts/{attempt}?q={position}")).await;
        assert!(page.body.contains("题目") && !page.body.contains("改过的题"));
        answer(&member, attempt, position, true).await;
    }
    submit(&member, attempt).await;
    assert_eq!(world.number(&format!("SELECT right_count FROM attempts WHERE id = {attempt}")), 4);
}

#[actix_web::test]
async fn starting_and_handing_in_twice_at_once_is_once() {
    let world = World::before_courses();
    let (desk, member) = (world.signed_in("instructor").await, world.signed_in("member").await);
    let bank = bank(&desk, "").await;
    fill(&desk, bank, 4).await;
    let test = test(&desk, bank, &[("most_attempts", "1")]).await;
    let who = Viewer {
        account: AccountId(world.number("SELECT id FROM accounts WHERE username = 'member'")),
        person: PersonId(person(&world, "member")),
        name: String::new(),
        grants: vec![],
        actor_name: None,
        has_news: false,
    };
    let started: BTreeSet<i64> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..6)
            .map(|_| {
                scope.spawn(|| {
                    let doer = Default::default();
                    let begin = |conn: &mut _| selftests::start(conn, &who, TestId(test), &doer, now());
                    world.db.write_now(begin).unwrap().0
                })
            })
            .collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    assert_eq!(started.len(), 1, "one open attempt");
    let attempt = *started.iter().next().unwrap();
    answer(&member, attempt, 1, true).await;
    answer(&member, attempt, 2, false).await;
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let id = weixiao::ids::AttemptId(attempt);
                world.db.write_now(|conn| selftests::submit(conn, &who, id, now())).unwrap();
            });
        }
    });
    assert_eq!(world.number("SELECT wrong_count FROM wrong_answers"), 1, "counted once");
    let late = answer(&member, attempt, 2, true).await;
    assert_eq!(late.location.as_deref(), Some(format!("/attempts/{attempt}").as_str()));
    assert_eq!(world.number(&format!("SELECT right_count FROM attempts WHERE id = {attempt}")), 1);
    let more = member.post(&format!("/tests/{test}/start"), &[]).await;
    assert_eq!(more.status, 409);
    assert!(more.body.contains("最多做 1 次"));
    assert!(member.get(&format!("/tests/{test}")).await.body.contains("次数用完了"));
}

#[actix_web::test]
async fn the_servers_clock_ends_it_also_if_nobody_comes_back() {
    let world = World::before_courses();
    let (desk, member) = (world.signed_in("instructor").await, world.signed_in("member").await);
    let bank = bank(&desk, "").await;
    fill(&desk, bank, 4).await;
    let test = test(&desk, bank, &[("minutes", "10"), ("pass_share", "50")]).await;

    let attempt = start(&member, test).await;
    let page = member.get(&format!("/attempts/{attempt}")).await;
    assert!(page.body.contains("还有 10 分钟"), "{}", page.body);
    answer(&member, attempt, 1, true).await;
    answer(&member, attempt, 2, true).await;
    // The last answer may be a few seconds late.
    turn_back(&world, attempt, 3);
    assert!(answer(&member, attempt, 3, true).await.location.unwrap().ends_with("q=4"));
    turn_back(&world, attempt, 9);
    // Nobody has closed it: it counts as it stands, on its page and for whoever asks; looking writes nothing.
    assert_eq!(passed(&world, "member", &[test]), [test]);
    let result = member.get(&format!("/attempts/{attempt}?q=4")).await;
    assert!(
        result.body.contains("答对 3 题，共 4 题") && result.body.contains("时间到了"),
        "{}",
        result.body
    );
    assert!(member.get(&format!("/tests/{test}")).await.body.contains("您已经通过了"));
    assert_eq!(world.number("SELECT COUNT(*) FROM attempts WHERE submitted_at IS NULL"), 1);
    let late = answer(&member, attempt, 4, true).await;
    assert!(late.location.unwrap().ends_with("done=test-over"));
    let kept = "SELECT right_count FROM attempts WHERE is_passed AND submitted_at = ends_at";
    assert_eq!(world.number(kept), 3, "as of its end");

    // The worker closes what nobody came back for, and nothing else.
    let attempt = start(&member, test).await;
    answer(&member, attempt, 1, false).await;
    let close = |at| world.db.write_now(|conn| selftests::close_overdue(conn, at)).unwrap();
    assert_eq!(close(now()), 0);
    assert_eq!(close(now() + Duration::minutes(11)), 1);
    assert_eq!(close(now() + Duration::minutes(11)), 0);
    assert_eq!(world.number("SELECT COUNT(*) FROM wrong_answers"), 1, "what was not answered is not wrong");
    // Starting again closes the one that ran out.
    let attempt = start(&member, test).await;
    turn_back(&world, attempt, 60);
    assert_ne!(start(&member, test).await, attempt);
    assert_eq!(world.number("SELECT COUNT(*) FROM attempts WHERE submitted_at IS NULL"), 1);
}

#[actix_web::test]
async fn an_attempt_is_nobody_elses_and_a_clerk_is_on_the_record() {
    let world = World::before_courses();
    let (desk, other) = (world.signed_in("instructor").await, world.signed_in("member2").await);
    let bank = bank(&desk, "").await;
    fill(&desk, bank, 4).await;
    let test = test(&desk, bank, &[("question_count", "2")]).await;
    let clerk = world.signed_in("secretary").await;
    let member = person(&world, "member");
    clerk.post(&format!("/people/{member}/acting"), &[]).await;
    let attempt = start(&clerk, test).await;
    answer(&clerk, attempt, 1, false).await;
    submit(&clerk, attempt).await;
    let acted = format!(
        "SELECT COUNT(*) FROM attempts t JOIN accounts a ON a.id = t.acted_by \
         WHERE t.person_id = {member} AND a.username = 'secretary'"
    );
    assert_eq!(world.number(&acted), 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM audit_entries WHERE action = 'test_started'"), 1);
    // The book is the member's alone.
    for path in ["/me/wrong-answers", "/me/wrong-answers/practise", "/me/wrong-answers/drop"] {
        assert_eq!(clerk.post(path, &[("all", "1")]).await.status.as_u16() / 100, 4, "{path}");
    }
    assert_eq!(clerk.get("/me/wrong-answers").await.status, 403);
    let own = world.signed_in("member").await;
    let practice = number_in(&post(&own, "/me/wrong-answers/practise", &[]).await, "/attempts/");
    assert_eq!(clerk.get(&format!("/attempts/{practice}")).await.status, 404);
    assert_eq!(own.get(&format!("/attempts/{practice}")).await.status, 200);
    for id in [attempt, practice] {
        assert_eq!(other.get(&format!("/attempts/{id}")).await.status, 404);
        assert_eq!(answer(&other, id, 1, true).await.status, 404);
        assert_eq!(other.post(&format!("/attempts/{id}/submit"), &[]).await.status, 404);
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM attempts WHERE submitted_at IS NULL"), 1);
}

#[actix_web::test]
async fn a_script_is_told_what_became_of_an_answer() {
    let world = World::before_courses();
    let (desk, member) = (world.signed_in("instructor").await, world.signed_in("member").await);
    let bank = bank(&desk, "").await;
    fill(&desk, bank, 4).await;
    let test = test(&desk, bank, &[]).await;
    let attempt = start(&member, test).await;
    let path = format!("/attempts/{attempt}/answers");
    let (member, path) = (&member, path.as_str());
    let send = async |body: String| member.json(path, &body).await;
    let told = send(r#"{"position":1,"chosen":["0"],"written":"","seen":0}"#.into()).await;
    assert!(told.body.contains(r#""state":"saved""#), "{}", told.body);
    let seen = told.between(r#""seen":"#, "}").to_owned();
    // The same once more is the same; another one from a page that knows an older answer is not taken.
    let again = send(r#"{"position":1,"chosen":["0"],"written":"","seen":0}"#.into()).await;
    assert_eq!(again.body, told.body);
    let old = send(r#"{"position":1,"chosen":["1"],"written":"","seen":0}"#.into()).await;
    assert_eq!(old.body, r#"{"state":"changed"}"#);
    let newer = send(format!(r#"{{"position":1,"chosen":["1"],"written":"","seen":{seen}}}"#)).await;
    assert!(newer.body.contains("saved"), "{}", newer.body);
    let cleared = send(r#"{"position":1,"chosen":[],"written":""}"#.into()).await;
    assert_eq!(cleared.body, r#"{"state":"saved","seen":0}"#);
    assert_eq!(world.number("SELECT COUNT(*) FROM attempt_answers WHERE answered_at IS NOT NULL"), 0);
    let wrong = send(r#"{"position":1,"chosen":["7"]}"#.into()).await;
    assert!(wrong.body.contains(r#""state":"wrong""#) && wrong.body.contains("没有这个选项"));
    assert_eq!(send(r#"{"position":99}"#.into()).await.status, 404);
    // A list is read as an answer to no question.
    assert_eq!(send("[]".into()).await.status, 404);
    for odd in ["", "{", r#"{"position":"x"}"#, r#"{"position":1,"chosen":7}"#] {
        assert_eq!(send(odd.into()).await.status, 400, "{odd}");
    }
    assert_eq!(world.visitor().json(path, "{}").await.status, 401);
    submit(member, attempt).await;
    let late = send(r#"{"position":1,"chosen":["0"]}"#.into()).await;
    assert_eq!(late.body, r#"{"state":"submitted"}"#);
}

#[actix_web::test]
async fn hostile_answers_do_no_harm() {
    let world = World::before_courses();
    let (desk, member) = (world.signed_in("instructor").await, world.signed_in("member").await);
    let bank = bank(&desk, "").await;
    let fields = [("kind", "fill"), ("stem", "支部每____开会"), ("accepted", "季度\n３个月"), ("key", KEY)];
    post(&desk, &format!("/studio/banks/{bank}/questions"), &fields).await;
    let test = test(&desk, bank, &[("question_count", "1")]).await;
    let attempt = start(&member, test).await;
    let path = format!("/attempts/{attempt}/answers");
    for odd in ["a".repeat(10_000), "季\0度".into(), "\u{1b}[31m".into()] {
        let answer = member.post(&path, &[("position", "1"), ("text", &odd)]).await;
        assert_eq!(answer.status, 422, "{}", &odd[..3]);
    }
    let long = "长".repeat(10_000);
    assert_eq!(member.post(&path, &[("position", "1"), ("text", &long)]).await.status, 413);
    let told = member.json(&path, &format!(r#"{{"position":1,"written":"{long}"}}"#)).await;
    assert!(told.body.contains("wrong"), "{}", told.body);
    for position in ["0", "-1", "2", "x", "", "99999999999"] {
        assert_eq!(
            member.post(&path, &[("position", position), ("text", "季度")]).await.status,
            404,
            "{position}"
        );
    }
    let script = "<script>alert(1)</script>";
    post(&member, &path, &[("position", "1"), ("text", script)]).await;
    assert!(!member.get(&format!("/attempts/{attempt}?q=1")).await.body.contains(script));
    // Compared as people mean it: full width, spaces.
    post(&member, &path, &[("position", "1"), ("text", " 3个月 ")]).await;
    submit(&member, attempt).await;
    assert_eq!(world.number("SELECT right_count FROM attempts"), 1);
}

#[actix_web::test]
async fn wrong_answers_are_kept_practised_and_leave_after_two_right_ones() {
    let world = World::before_courses();
    let (desk, member) = (world.signed_in("instructor").await, world.signed_in("member").await);
    let bank = bank(&desk, "").await;
    fill(&desk, bank, 4).await;
    let test = test(&desk, bank, &[]).await;
    assert_eq!(member.post("/me/wrong-answers/practise", &[]).await.status, 409);
    let attempt = start(&member, test).await;
    for position in 1..=3 {
        answer(&member, attempt, position, position == 3).await;
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM wrong_answers"), 0, "not before the member may know");
    submit(&member, attempt).await;
    assert_eq!(world.number("SELECT COUNT(*) FROM wrong_answers"), 2);
    let page = member.get("/me/wrong-answers").await;
    assert!(page.body.contains("支部工作") && page.body.contains("错过 1 次"), "{}", page.body);
    // Questions of a test that is going on are not practised: it would tell their answers.
    let running = start(&member, test).await;
    assert_eq!(member.post("/me/wrong-answers/practise", &[]).await.status, 409);
    submit(&member, running).await;
    for round in 1..=2 {
        let practice = number_in(&post(&member, "/me/wrong-answers/practise", &[]).await, "/attempts/");
        let again = post(&member, "/me/wrong-answers/practise", &[]).await;
        assert_eq!(number_in(&again, "/attempts/"), practice, "one at a time");
        answer(&member, practice, 1, true).await;
        answer(&member, practice, 2, round == 1).await;
        submit(&member, practice).await;
        assert!(member.get(&format!("/attempts/{practice}")).await.body.contains("错题本"));
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM wrong_answers"), 1);
    let again = "SELECT wrong_count * 10 + right_streak FROM wrong_answers";
    assert_eq!(world.number(again), 20, "wrong once more: it begins anew");
    assert_eq!(world.number("SELECT COUNT(*) FROM attempts WHERE test_id IS NULL AND is_passed"), 0);
    // Nothing unreadable takes all out.
    for odd in [&[("question", "x")][..], &[("bank", "x")], &[], &[("all", "1"), ("bank", "1")]] {
        assert_eq!(member.post("/me/wrong-answers/drop", odd).await.status, 400, "{odd:?}");
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM wrong_answers"), 1);
    post(&member, "/me/wrong-answers/drop", &[("bank", &bank.to_string())]).await;
    assert!(member.get("/me/wrong-answers").await.body.contains("没有错题"));
}

#[actix_web::test]
async fn a_bank_is_its_authors_or_anybodys_who_manages_courses() {
    let world = World::before_courses();
    let desk = world.signed_in("instructor").await;
    let organizer = world.signed_in("organizer").await;
    let (own, theirs) = (bank(&desk, "").await, bank(&organizer, "booklet-1").await);
    fill(&organizer, theirs, 2).await;
    let test = test(&organizer, theirs, &[("question_count", "2")]).await;
    let question = world.number(&format!("SELECT MIN(id) FROM bank_questions WHERE bank_id = {theirs}"));
    let before = world.number("SELECT COUNT(*) FROM audit_entries");
    for route in routes().iter().filter(|route| route.path.starts_with("/studio/banks/{bank}")) {
        let path = route
            .path
            .replace("{bankquestion}", &question.to_string())
            .replace("{test}", &test.to_string())
            .replace("{bank}", &theirs.to_string());
        let answer = match (route.method == Method::POST, path.ends_with("/import")) {
            (true, true) => desk.send_bytes(&path, part("pasted", "x")).await,
            (true, false) => {
                let form = format!("key={KEY}&items=%5B%5D&stem=x&title=x");
                desk.send(Method::POST, &path, Some(form), &[]).await
            }
            (false, _) => desk.get(&path).await,
        };
        assert_eq!(answer.status, 404, "{} {path}", route.method);
        // Nor through one's own bank.
        if path.contains("/questions/") || path.contains("/tests/") {
            let through = path.replace(&format!("banks/{theirs}"), &format!("banks/{own}"));
            if !through.ends_with("/new") {
                let answer = desk.send(route.method.clone(), &through, Some("stem=x".into()), &[]).await;
                assert_eq!(answer.status, 404, "{} {through}", route.method);
            }
        }
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM audit_entries"), before);
    assert_eq!(organizer.get(&format!("/studio/banks/{own}")).await.status, 200);
    let list = desk.get("/studio/banks").await;
    assert!(
        list.body.contains(&format!("/studio/banks/{own}\""))
            && !list.body.contains(&format!("banks/{theirs}\""))
    );
    // Nobody attaches a bank to a booklet of somebody else.
    let key = desk.get("/studio/banks/new").await.key();
    let fields = [("title", "x"), ("belongs", "booklet-1"), ("key", key.as_str())];
    assert_eq!(desk.post("/studio/banks", &fields).await.status, 422);
    let of_booklet = world.db.read_now(|conn| selftests::of_booklet(conn, BookletId(1))).unwrap();
    assert_eq!(of_booklet, [(TestId(test), "第一章自测".to_owned())]);
    let named = world.db.read_now(|conn| selftests::named(conn, &[TestId(test), TestId(99)])).unwrap();
    assert_eq!(named, of_booklet);
}

#[actix_web::test]
async fn who_saves_second_is_told_and_loses_nothing() {
    let world = World::before_courses();
    let (one, other) = (world.signed_in("instructor").await, world.signed_in("organizer").await);
    let bank = bank(&one, "").await;
    fill(&one, bank, 2).await;
    let question = world.number("SELECT MIN(id) FROM bank_questions");
    let path = format!("/studio/banks/{bank}/questions/{question}");
    let edit = |stem: &'static str, revision: String| {
        format!("stem={}&choice=a&choice=b&right=0&revision={revision}", escape(stem))
    };
    let revision = |page: &Answer| page.between(r#"name="revision" value=""#, "\"").to_owned();
    let (mine, yours) = (one.get(&path).await, other.get(&path).await);
    let saved = other.send(Method::POST, &path, Some(edit("别人的题", revision(&yours))), &[]).await;
    assert_eq!(saved.status, 303);
    let late = one.send(Method::POST, &path, Some(edit("我的题", revision(&mine))), &[]).await;
    assert_eq!(late.status, 422);
    assert!(late.body.contains("我的题") && late.body.contains("别人的题"), "both are there");
    assert_eq!(world.text(&format!("SELECT stem FROM bank_questions WHERE id = {question}")), "别人的题");
    let again = one.send(Method::POST, &path, Some(edit("我的题", revision(&late))), &[]).await;
    assert_eq!(again.status, 303);
    assert_eq!(world.text(&format!("SELECT stem FROM bank_questions WHERE id = {question}")), "我的题");
    // A test likewise.
    let test = test(&one, bank, &[("question_count", "2")]).await;
    let path = format!("/studio/banks/{bank}/tests/{test}");
    let page = one.get(&path).await;
    let save = |title: &'static str, revision: String| {
        let fields =
            format!("title={}&question_count=2&pass_share=50&feedback=final&is_open=1", escape(title));
        format!("{fields}&revision={revision}")
    };
    assert_eq!(other.send(Method::POST, &path, Some(save("乙", revision(&page))), &[]).await.status, 303);
    let late = one.send(Method::POST, &path, Some(save("甲", revision(&page))), &[]).await;
    assert!(late.status == 422 && late.body.contains("乙") && late.body.contains("甲"));
    assert_eq!(one.send(Method::POST, &path, Some(save("甲", revision(&late))), &[]).await.status, 303);
}

#[actix_web::test]
async fn a_test_never_asks_for_more_than_there_is() {
    let world = World::before_courses();
    let desk = world.signed_in("organizer").await;
    let bank = bank(&desk, "booklet-1").await;
    fill(&desk, bank, 3).await;
    let key = desk.get(&format!("/studio/banks/{bank}/tests/new")).await.key();
    let fields = |count: &'static str, chapter: &'static str, key: &str| {
        vec![
            ("title", "x".to_owned()),
            ("question_count", count.to_owned()),
            ("chapter", chapter.to_owned()),
            ("pass_share", "60".to_owned()),
            ("feedback", "final".to_owned()),
            ("is_open", "1".to_owned()),
            ("key", key.to_owned()),
        ]
    };
    async fn send(desk: &Browser<'_>, bank: i64, fields: Vec<(&str, String)>) -> Answer {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        desk.post(&format!("/studio/banks/{bank}/tests"), &fields).await
    }
    for (count, chapter) in [("4", ""), ("1", "2"), ("1", "999")] {
        let refused = send(&desk, bank, fields(count, chapter, &key)).await;
        assert_eq!(refused.status, 422, "{count} {chapter}");
        assert!(refused.body.contains("value=\"x\""), "what was typed stays");
    }
    assert_eq!(send(&desk, bank, fields("3", "", &key)).await.status, 303);
    assert_eq!(send(&desk, bank, fields("3", "", &key)).await.status, 303);
    assert_eq!(world.number("SELECT COUNT(*) FROM tests"), 1, "the same form makes the same test");
    let question = world.number("SELECT MIN(id) FROM bank_questions");
    let retire = format!("/studio/banks/{bank}/questions/{question}/retire");
    let refused = desk.post(&retire, &[]).await;
    assert_eq!(refused.status, 409);
    assert!(refused.body.contains("要 3 道题，这样改后只剩 2 道"), "{}", refused.body);
    assert_eq!(world.number("SELECT question_count FROM banks"), 3);
    world.sql("UPDATE tests SET is_open = FALSE");
    post(&desk, &retire, &[]).await;
    assert_eq!(world.number("SELECT question_count FROM banks"), 2);
    post(&desk, &format!("/studio/banks/{bank}/questions/{question}/restore"), &[]).await;
    assert_eq!(world.number("SELECT question_count FROM banks"), 3);
    // A closed test is not there for those who never took it.
    let (member, test) = (world.signed_in("member").await, world.number("SELECT id FROM tests"));
    assert_eq!(member.get(&format!("/tests/{test}")).await.status, 404);
    assert_eq!(member.post(&format!("/tests/{test}/start"), &[]).await.status, 409);
}

#[actix_web::test]
async fn questions_are_found_by_kind_chapter_and_words() {
    let world = World::before_courses();
    let desk = world.signed_in("organizer").await;
    let bank = bank(&desk, "booklet-1").await;
    fill(&desk, bank, 35).await;
    let fields = [
        ("kind", "boolean"),
        ("stem", "100%_对\\的"),
        ("truth", "yes"),
        ("chapter", "7"),
        ("key", "ffffffffffffffffffffffffffffffff"),
    ];
    post(&desk, &format!("/studio/banks/{bank}/questions"), &fields).await;
    post(&desk, &format!("/studio/banks/{bank}/questions"), &fields).await;
    assert_eq!(world.number("SELECT COUNT(*) FROM bank_questions"), 36, "the same form adds one");
    let find = |query: &'static str| desk.get(format!("/studio/banks/{bank}?{query}").leak());
    assert!(find("page=2").await.body.contains("100%_对"));
    assert_eq!(find("page=3").await.status, 404);
    for query in ["kind=boolean", "chapter=7", "q=%25_", "q=%5C%E7%9A%84"] {
        let page = find(query).await;
        assert!(page.body.contains("100%_对") && !page.body.contains("题目1"), "{query}: {}", page.body);
    }
    for odd in ["kind=x&chapter=y&page=z", "q=%00", "retired=1&chapter=-1"] {
        assert_eq!(find(odd).await.status, 200, "{odd}");
    }
    // While chapters are named, the bank stays with its booklet.
    let moved = desk.post(&format!("/studio/banks/{bank}"), &[("title", "x"), ("belongs", "")]).await;
    assert_eq!(moved.status, 422);
    assert!(moved.body.contains("标了章"));
}

/// One field of a form with files.
fn part(name: &str, content: &str) -> Vec<u8> {
    let name = if name == "file" { "file\"; filename=\"x" } else { name };
    format!(
        "--frontier\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{content}\r\n--frontier--\r\n"
    )
    .into_bytes()
}

fn file(bytes: &[u8]) -> Vec<u8> {
    let mut body =
        b"--frontier\r\ncontent-disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n".to_vec();
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--frontier--\r\n");
    body
}

/// The fields of the plan on a page, to be sent back.
fn plan_of(page: &Answer) -> String {
    let field = |name: &str| {
        let value = page.between(&format!("name=\"{name}\" value=\""), "\"");
        let value =
            value.replace("&#34;", "\"").replace("&#39;", "'").replace("&#60;", "<").replace("&#62;", ">");
        format!("{name}={}", escape(&value.replace("&#38;", "&").replace("&amp;", "&")))
    };
    [field("key"), field("seen"), field("items")].join("&")
}

const TABLE: &str = "题型\t题目\t选项A\t选项B\t答案\t解析\n\
    单选\t支部委员会多久开一次会？\t每月\t每年\tA\t一般每月一次\n\
    判断\t党小组会每月开。\t\t\t对\t\n\
    填空\t党员大会每____开。\t\t\t季度|三个月\t\n\
    问答\t谈谈体会。\t\t\t略\t\n\
    多选\t哪些要记？\t时间\t地点\tAD\t\n";

#[actix_web::test]
async fn a_table_is_looked_at_then_imported_once() {
    let world = World::before_courses();
    let desk = world.signed_in("instructor").await;
    let bank = bank(&desk, "").await;
    let path = format!("/studio/banks/{bank}/import");
    let count = || world.number("SELECT COUNT(*) FROM bank_questions");
    let page = desk.send_bytes(&path, part("pasted", TABLE)).await;
    assert_eq!((page.status.as_u16(), count()), (200, 0), "a look changes nothing");
    assert!(
        page.body.contains("新增 3 道，修改 0 道") && page.body.contains("有 2 处读不进来"),
        "{}",
        page.body
    );
    assert!(page.body.contains("第 5 行") && page.body.contains("要写单选题、多选题、判断题或填空题"));
    assert!(page.body.contains("第 6 行") && page.body.contains("标为正确的选项是空的"));
    let plan = plan_of(&page);
    let apply = format!("{path}/apply");
    for _ in 0..2 {
        let done = desk.send(Method::POST, &apply, Some(plan.clone()), &[]).await;
        assert_eq!(done.status, 303, "{}", done.body);
        assert_eq!(count(), 3, "the same form imports once");
    }
    assert_eq!(world.number(&format!("SELECT question_count FROM banks WHERE id = {bank}")), 3);
    // The same rows again: nothing to do.
    let again = desk.send_bytes(&path, part("pasted", TABLE)).await;
    assert!(again.body.contains("新增 0 道，修改 0 道") && again.body.contains("没有要改的"));
    // A question that was changed after the plan was seen is not written over unseen.
    let changed = desk.send_bytes(&path, part("pasted", &TABLE.replace("一般每月一次", "每月一次"))).await;
    assert!(changed.body.contains("修改 1 道") && changed.body.contains("改：解析"), "{}", changed.body);
    world.sql("UPDATE bank_questions SET revision = revision + 1, stem = '又改了' WHERE kind = 'single'");
    let late = desk.send(Method::POST, &apply, Some(plan_of(&changed)), &[]).await;
    assert_eq!(late.status, 422);
    assert!(late.body.contains("题库又有了改动"));
    let odd = desk.send(Method::POST, &apply, Some(format!("key={KEY}&seen=x&items=x")), &[]).await;
    assert_eq!(odd.status, 400);
    for (nothing, why) in [("", "请选一个文件"), ("随便写写", "没有找到表头")] {
        let page = desk.send_bytes(&path, part("pasted", nothing)).await;
        assert!(page.status == 422 && page.body.contains(why), "{why}");
    }
}

/// What was taken away as a file.
async fn exported(world: &World, browser: &Browser<'_>, bank: i64, format: &str) -> Vec<u8> {
    let path = format!("/studio/banks/{bank}/export");
    let before = world.number("SELECT COUNT(*) FROM audit_entries WHERE action = 'list_exported'");
    let bytes = browser.send(Method::POST, &path, Some(format!("format={format}")), &[]).await.raw;
    let after = world.number("SELECT COUNT(*) FROM audit_entries WHERE action = 'list_exported'");
    assert_eq!(after, before + 1, "an export is on the record");
    bytes
}

#[actix_web::test]
async fn what_was_exported_changes_nothing_when_it_comes_back() {
    let world = World::before_courses();
    let desk = world.signed_in("organizer").await;
    let bank_id = bank(&desk, "booklet-1").await;
    fill(&desk, bank_id, 3).await;
    let path = format!("/studio/banks/{bank_id}/questions");
    for (n, fields) in [
        &[
            ("kind", "multiple"),
            ("stem", "哪些？\n\n第二段 <b>&"),
            ("choice", "甲"),
            ("choice", "乙"),
            ("right", "0"),
            ("right", "1"),
        ][..],
        &[("kind", "boolean"), ("stem", "=1+1 是公式"), ("truth", "no"), ("chapter", "3")],
        &[
            ("kind", "fill"),
            ("stem", "每____一次"),
            ("accepted", "季度\n三个月\n007"),
            ("explanation", "多行\n解析"),
        ],
    ]
    .iter()
    .enumerate()
    {
        let key = format!("{n}{}", "a".repeat(31));
        let mut fields = fields.to_vec();
        fields.push(("key", &key));
        post(&desk, &path, &fields).await;
    }
    let into_new = bank(&desk, "booklet-1").await;
    for format in ["xlsx", "qti"] {
        let bytes = exported(&world, &desk, bank_id, format).await;
        let import = format!("/studio/banks/{bank_id}/import");
        let page = desk.send_bytes(&import, file(&bytes)).await;
        assert!(page.body.contains("新增 0 道，修改 0 道。不变 6 道。"), "{format}: {}", page.body);
        assert!(!page.body.contains("读不进来"), "{format}");
        // In another bank they are new, and come out of it as they were.
        if format == "qti" {
            let import = format!("/studio/banks/{into_new}/import");
            let page = desk.send_bytes(&import, file(&bytes)).await;
            assert!(page.body.contains("新增 6 道"), "{}", page.body);
            let done = desk.send(Method::POST, &format!("{import}/apply"), Some(plan_of(&page)), &[]).await;
            assert_eq!(done.status, 303, "{}", done.body);
            let there = exported(&world, &desk, into_new, "xlsx").await;
            let here = exported(&world, &desk, bank_id, "xlsx").await;
            assert_eq!(sheet::read(&there).unwrap(), sheet::read(&here).unwrap());
        }
    }
    let bomb = r#"<!DOCTYPE a [<!ENTITY b "bbbb">]><assessmentItem>&b;</assessmentItem>"#;
    let page = desk.send_bytes(&format!("/studio/banks/{bank_id}/import"), file(bomb.as_bytes())).await;
    assert!(page.body.contains("DTD") && page.body.contains("没有要改的"), "{}", page.body);
}

#[actix_web::test]
async fn makers_of_courses_choose_among_open_tests() {
    let world = World::before_courses();
    let (desk, organizer) = (world.signed_in("instructor").await, world.signed_in("organizer").await);
    let (own, other) = (bank(&desk, "").await, bank(&organizer, "").await);
    fill(&desk, own, 2).await;
    fill(&organizer, other, 2).await;
    let mine = test(&desk, own, &[("question_count", "2")]).await;
    let theirs = test(&organizer, other, &[("question_count", "2")]).await;
    test(&organizer, other, &[("question_count", "2"), ("is_open", "")]).await;
    world.sql("UPDATE tests SET is_open = FALSE WHERE id = (SELECT MAX(id) FROM tests)");
    let choices = |name: &str| -> Vec<i64> {
        let account = world.number(&format!("SELECT id FROM accounts WHERE username = '{name}'"));
        let role = if name == "organizer" {
            weixiao::access::Role::Organizer
        } else {
            weixiao::access::Role::Instructor
        };
        let grant = weixiao::access::Grant {
            role,
            scope: weixiao::access::ScopeKind::City,
            scope_id: None,
            path: Some("/".into()),
        };
        let viewer = Viewer {
            account: AccountId(account),
            person: PersonId(person(&world, name)),
            name: String::new(),
            grants: vec![grant],
            actor_name: None,
            has_news: false,
        };
        let found = world.db.read_now(|conn| selftests::choices(conn, &viewer)).unwrap();
        found.into_iter().map(|one| one.0.0).collect()
    };
    assert_eq!(choices("instructor"), [mine]);
    assert_eq!(choices("organizer"), [mine, theirs]);
}

#[actix_web::test]
async fn a_form_in_which_nothing_was_changed_takes_back_no_answer_of_another_tab() {
    let world = World::before_courses();
    let (desk, member) = (world.signed_in("instructor").await, world.signed_in("member").await);
    let bank = bank(&desk, "").await;
    fill(&desk, bank, 4).await;
    let test = test(&desk, bank, &[]).await;
    let attempt = start(&member, test).await;
    let (path, question) = (format!("/attempts/{attempt}/answers"), format!("/attempts/{attempt}?q=1"));
    let kept = || {
        world.text(&format!(
            "SELECT answer FROM attempt_answers WHERE attempt_id = {attempt} AND position = 1"
        ))
    };
    let was = |page: &Answer| page.between(r#"name="was" value=""#, "\"").to_owned();
    // One tab shows the question without an answer, the other one answers it; the first goes on to the next question.
    let empty = was(&member.get(&question).await);
    post(&member, &path, &[("position", "1"), ("was", &empty), ("choice", "1")]).await;
    assert_eq!(kept(), "1");
    let on = post(&member, &path, &[("position", "1"), ("was", &empty)]).await;
    assert!(on.location.unwrap().ends_with("?q=2"));
    assert_eq!(kept(), "1", "nothing was taken back");
    // Who changes something means it, and so does who takes an answer back.
    post(&member, &path, &[("position", "1"), ("was", &empty), ("choice", "0")]).await;
    assert_eq!(kept(), "0");
    let now = was(&member.get(&question).await);
    assert_eq!(now, "0");
    post(&member, &path, &[("position", "1"), ("was", &now)]).await;
    assert_eq!(kept(), "");
}

#[actix_web::test]
async fn who_names_a_bank_second_is_told_and_members_find_its_tests_at_the_booklet() {
    let world = World::before_courses();
    let (one, other) = (world.signed_in("organizer").await, world.signed_in("organizer").await);
    let id = bank(&one, "booklet-1").await;
    let path = format!("/studio/banks/{id}");
    let seen = |page: &Answer| page.between(r#"name="seen" value=""#, "\"").to_owned();
    let before = seen(&one.get(&path).await);
    let save = async |browser: &Browser<'_>, title: &str, seen: &str| {
        browser.post(&path, &[("title", title), ("belongs", "booklet-1"), ("seen", seen)]).await
    };
    assert_eq!(save(&other, "别人的题库", &before).await.status, 303);
    assert_eq!(save(&other, "别人的题库", &before).await.status, 303, "the same post twice is once");
    let late = save(&one, "我的题库", &before).await;
    assert_eq!(late.status, 422);
    assert!(late.body.contains("我的题库") && late.body.contains("别人的题库"), "both are there");
    assert_eq!(world.text(&format!("SELECT title FROM banks WHERE id = {id}")), "别人的题库");
    assert_eq!(save(&one, "我的题库", &seen(&late)).await.status, 303);
    assert_eq!(world.text(&format!("SELECT title FROM banks WHERE id = {id}")), "我的题库");

    fill(&one, id, 4).await;
    let open = test(&one, id, &[]).await;
    let slug = world.text("SELECT slug FROM booklets WHERE id = 1");
    let (page, link) = (format!("/booklets/{slug}"), format!("/tests/{open}"));
    let member = world.signed_in("member").await;
    assert!(member.get(&page).await.body.contains(&link));
    assert!(!world.visitor().get(&page).await.body.contains(&link));
    world.sql(&format!("UPDATE tests SET is_open = FALSE WHERE id = {open}"));
    assert!(!member.get(&page).await.body.contains(&link));
    let studio = world.signed_in("instructor").await.get("/studio").await;
    for door in ["/studio/booklets", "/studio/banks", "/organize"] {
        assert!(studio.body.contains(&format!("href=\"{door}\"")), "{door}");
    }
}
