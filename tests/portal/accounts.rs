//! Signing in, one-time codes, passwords, devices, acting for a member.
use crate::world::World;
use std::time::{Duration, Instant};
use weixiao::accounts::passwords::Passwords;
use weixiao::demo::PASSWORD;
use weixiao::error::Error;

const WRONG: &str = "账号或密码不对";

#[actix_web::test]
async fn one_signs_in_by_account_name_member_number_or_own_telephone() {
    let world = World::new();
    let number = world.number("SELECT CAST(SUBSTR(m.member_no, 2) AS BIGINT) FROM memberships m JOIN accounts a ON a.person_id = m.person_id WHERE a.username = 'member'");
    for name in ["member", "Member ", &format!("D{number:07}"), "13900000000", "139 0000 0000"] {
        let answer = world
            .visitor()
            .post("/sign-in", &[("name", name), ("password", PASSWORD), ("next", "/booklets")])
            .await;
        assert_eq!((answer.status.as_u16(), answer.location.as_deref()), (303, Some("/booklets")), "{name}");
    }
}

#[actix_web::test]
async fn a_telephone_that_two_accounts_share_signs_nobody_in() {
    let world = World::new();
    world.sql("UPDATE persons SET phone = '13900000000' WHERE id = (SELECT person_id FROM accounts WHERE username = 'elder')");
    let answer = world.visitor().post("/sign-in", &[("name", "13900000000"), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains(WRONG));
}

#[actix_web::test]
async fn nobody_learns_from_the_answer_whether_an_account_exists() {
    let world = World::new();
    world.sql("UPDATE accounts SET password_hash = NULL WHERE username = 'elder'");
    let mut pages = vec![];
    for name in ["member", "nobody-of-this-name", "elder"] {
        let answer =
            world.visitor().post("/sign-in", &[("name", name), ("password", "not-the-password")]).await;
        assert_eq!(answer.status, 422);
        assert!(answer.body.contains(WRONG));
        pages.push(answer.body.replace(&format!("type=\"text\" value=\"{name}\""), "NAME"));
    }
    assert_eq!(pages[0], pages[1], "known and unknown");
    assert_eq!(pages[0], pages[2], "known and not yet activated");
}

#[actix_web::test]
async fn an_unknown_name_takes_as_long_as_a_known_one() {
    let passwords = Passwords::default();
    let kept = weixiao::accounts::passwords::hash_now("right-password");
    let mut longest = [Duration::ZERO; 2];
    let mut shortest = [Duration::MAX; 2];
    for _ in 0..20 {
        for (place, kept) in [Some(kept.clone()), None].into_iter().enumerate() {
            let began = Instant::now();
            assert!(!passwords.verify("wrong-password".into(), kept).await.unwrap());
            longest[place] = longest[place].max(began.elapsed());
            shortest[place] = shortest[place].min(began.elapsed());
        }
    }
    // The same computation: the fastest of one is within twice the fastest of the other.
    assert!(shortest[0] < shortest[1] * 2 && shortest[1] < shortest[0] * 2, "{shortest:?} {longest:?}");
}

#[actix_web::test]
async fn a_crowd_waits_in_a_queue_of_bounded_length() {
    let passwords = Passwords::with_queue(3);
    let tries: Vec<_> = (0..12)
        .map(|_| {
            let passwords = passwords.clone();
            actix_web::rt::spawn(async move { passwords.hash("eight-characters".into()).await })
        })
        .collect();
    let (mut done, mut turned_away) = (0, 0);
    for one in tries {
        match one.await.unwrap() {
            Ok(_) => done += 1,
            Err(Error::Busy) => turned_away += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((done, turned_away), (4, 8), "one works, three wait, the others come back later");
    assert!(passwords.hash("eight-characters".into()).await.is_ok(), "and afterwards there is room");
}

#[actix_web::test]
async fn guessing_is_slowed_down_but_nobody_is_locked_out() {
    let world = World::new();
    let guesser = world.visitor();
    let mut seen = vec![];
    for _ in 0..8 {
        seen.push(
            guesser
                .post("/sign-in", &[("name", "member"), ("password", "a-wrong-guess")])
                .await
                .status
                .as_u16(),
        );
    }
    assert_eq!(&seen[..5], [422; 5]);
    assert!(seen[5..].contains(&429), "{seen:?}");
    let while_waiting = guesser.post("/sign-in", &[("name", "member"), ("password", PASSWORD)]).await;
    assert_eq!(while_waiting.status, 429);
    assert!(while_waiting.body.contains(r#"value="member""#), "what was typed is kept");
    // Another person at the same address is not touched.
    world.signed_in("member2").await;
    // And the wait ends: a minute later the right password is right.
    for waited in [2, 4, 8, 16, 60] {
        let earlier = weixiao::clock::now() - chrono::Duration::seconds(waited);
        world.sql(&format!("UPDATE throttles SET last_at = '{}'", earlier.format("%Y-%m-%d %H:%M:%S")));
        let answer = guesser.post("/sign-in", &[("name", "member"), ("password", PASSWORD)]).await;
        if answer.status == 303 {
            return;
        }
    }
    panic!("still shut out after a minute");
}

#[actix_web::test]
async fn the_session_id_is_renewed_at_sign_in() {
    let world = World::new();
    let browser = world.visitor();
    browser.cookies.borrow_mut().insert("session".into(), "planted-by-somebody-else".into());
    browser.post("/sign-in", &[("name", "member"), ("password", PASSWORD)]).await;
    let first = browser.cookies.borrow()["session"].clone();
    assert_ne!(first, "planted-by-somebody-else");
    browser.post("/sign-out", &[]).await;
    browser.post("/sign-in", &[("name", "member"), ("password", PASSWORD)]).await;
    assert_ne!(browser.cookies.borrow()["session"], first);
}

#[actix_web::test]
async fn a_session_ends_after_a_week_without_a_visit_and_after_a_month_in_any_case() {
    let world = World::new();
    for (column, days, is_over) in
        [("seen_at", 6, false), ("seen_at", 8, true), ("created_at", 29, false), ("created_at", 31, true)]
    {
        let browser = world.signed_in("member").await;
        let then = weixiao::clock::now() - chrono::Duration::days(days);
        world.sql(&format!("UPDATE sessions SET {column} = '{}'", then.format("%Y-%m-%d %H:%M:%S")));
        let answer = browser.get("/account").await;
        assert_eq!(answer.status == 303, is_over, "{column} {days} days ago: {}", answer.status);
    }
}

#[actix_web::test]
async fn the_session_table_is_no_help_to_a_thief() {
    let world = World::new();
    let browser = world.signed_in("member").await;
    let cookie = browser.cookies.borrow()["session"].clone();
    let key: String = cookie.chars().rev().take(64).collect::<Vec<_>>().into_iter().rev().collect();
    assert_eq!(
        world.number(&format!("SELECT COUNT(*) FROM sessions WHERE id = '{key}'")),
        0,
        "the key itself is not kept"
    );
    let kept = weixiao::ids::digest(&key);
    assert_eq!(
        world.number(&format!("SELECT COUNT(*) FROM sessions WHERE id = '{kept}'")),
        1,
        "its digest is"
    );
}

#[actix_web::test]
async fn a_new_password_ends_the_sign_ins_elsewhere_and_is_recorded() {
    let world = World::new();
    let (here, elsewhere) = (world.signed_in("member").await, world.signed_in("member").await);
    let new = "a-new-and-better-one";
    let wrong = here
        .post("/account/password", &[("current", "not-it-at-all"), ("password", new), ("again", new)])
        .await;
    assert_eq!(wrong.status, 422);
    let short = here
        .post("/account/password", &[("current", PASSWORD), ("password", "short"), ("again", "short")])
        .await;
    assert_eq!(short.status, 422);
    let differing = here
        .post("/account/password", &[("current", PASSWORD), ("password", new), ("again", "another-one")])
        .await;
    assert_eq!(differing.status, 422);
    assert_eq!(elsewhere.get("/account").await.status, 200, "nothing has changed so far");
    let done =
        here.post("/account/password", &[("current", PASSWORD), ("password", new), ("again", new)]).await;
    assert_eq!(done.location.as_deref(), Some("/account?done=password"));
    assert_eq!(here.get("/account").await.status, 200);
    assert_eq!(elsewhere.get("/account").await.status, 303);
    let old = world.visitor().post("/sign-in", &[("name", "member"), ("password", PASSWORD)]).await;
    assert_eq!(old.status, 422);
    assert_eq!(world.number("SELECT COUNT(*) FROM audit_entries WHERE action = 'password_changed'"), 1);
}

#[actix_web::test]
async fn devices_are_listed_and_ended_one_or_all() {
    let world = World::new();
    let here = world.signed_in("member").await;
    let (second, third) = (world.signed_in("member").await, world.signed_in("member").await);
    let stranger = world.signed_in("member2").await;
    let page = here.get("/account").await;
    assert_eq!(page.body.matches("name=\"device\"").count(), 3);
    let devices: Vec<_> =
        page.body.split("name=\"device\" value=\"").skip(1).map(|rest| rest[..16].to_owned()).collect();
    let mine = page.between("这台设备", "</form>").split("value=\"").nth(1).unwrap()[..16].to_owned();
    let other = devices.iter().find(|device| **device != mine).unwrap();
    assert_eq!(
        stranger.post("/account/devices/end", &[("device", other)]).await.status,
        404,
        "not somebody else's"
    );
    assert_eq!(here.post("/account/devices/end", &[("device", other)]).await.status, 303);
    let still = [second.get("/account").await.status, third.get("/account").await.status];
    assert_eq!(still.iter().filter(|status| **status == 200).count(), 1);
    here.post("/account/devices/end-others", &[]).await;
    assert_eq!(second.get("/account").await.status, 303);
    assert_eq!(third.get("/account").await.status, 303);
    assert_eq!(here.get("/account").await.status, 200);
    assert_eq!(stranger.get("/account").await.status, 200);
}

#[actix_web::test]
async fn a_printed_code_sets_a_password_once() {
    let world = World::new();
    let secretary = world.signed_in("secretary").await;
    let slip = secretary.post("/people/3/code", &[]).await;
    assert_eq!(slip.status, 200);
    assert_eq!(slip.headers["cache-control"], "no-store");
    let code = slip.between("slip__code\">", "<").to_owned();
    let name = slip.between("<dt>账号</dt><dd>", "<").to_owned();
    let new = "my-first-password";
    let used = world.visitor();
    let fields = [("name", name.as_str()), ("code", code.as_str()), ("password", new), ("again", new)];
    let done = used.post("/activate", &fields).await;
    assert_eq!(done.location.as_deref(), Some("/account?done=activated"), "{}", done.body);
    let account = used.get("/account").await;
    assert!(
        account.body.contains("打印一次性登录码") && account.body.contains("秦守田"),
        "the person sees who printed it"
    );
    assert_eq!(world.visitor().post("/activate", &fields).await.status, 422, "not a second time");
    let in_by_name = world.visitor().post("/sign-in", &[("name", &name), ("password", new)]).await;
    assert_eq!(in_by_name.status, 303);
}

#[actix_web::test]
async fn a_code_dies_with_the_next_one_and_with_time() {
    let world = World::new();
    let secretary = world.signed_in("secretary").await;
    let first = secretary.post("/people/3/code", &[]).await;
    let second = secretary.post("/people/3/code", &[]).await;
    let (first, second) =
        (first.between("slip__code\">", "<").to_owned(), second.between("slip__code\">", "<").to_owned());
    let with = |code: String| {
        vec![
            ("name", "D0000003".to_owned()),
            ("code", code),
            ("password", "my-first-password".to_owned()),
            ("again", "my-first-password".to_owned()),
        ]
    };
    let send = async |fields: Vec<(&'static str, String)>| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        world.visitor().post("/activate", &fields).await.status.as_u16()
    };
    assert_eq!(send(with(first)).await, 422);
    let earlier = weixiao::clock::now() - chrono::Duration::seconds(1);
    world.sql(&format!("UPDATE one_time_codes SET expires_at = '{}'", earlier.format("%Y-%m-%d %H:%M:%S")));
    assert_eq!(send(with(second)).await, 422);
    assert_eq!(
        world.number(
            "SELECT COUNT(*) FROM accounts WHERE username = 'd0000003' AND password_hash IS NOT NULL"
        ),
        0
    );
}

#[actix_web::test]
async fn what_a_clerk_does_for_a_member_is_recorded_and_shown_to_the_member() {
    let world = World::new();
    let clerk = world.signed_in("clerk").await;
    let member = world.number("SELECT person_id FROM accounts WHERE username = 'member'");
    let begun = clerk.post(&format!("/people/{member}/acting"), &[]).await;
    assert_eq!(begun.status, 303);
    let page = clerk.get("/lectures/1").await;
    assert!(page.body.contains("范小满 正在代 林秋实 操作"), "the banner says so");
    let asked = clerk
        .post("/lectures/1/questions", &[("text", "替我问一句：水尺在哪里看？"), ("key", &page.key())])
        .await;
    assert_eq!(asked.status, 303);
    assert_eq!(world.number(&format!("SELECT COUNT(*) FROM questions WHERE person_id = {member} AND acted_by = (SELECT id FROM accounts WHERE username = 'clerk')")), 1);
    assert_eq!(
        clerk.get("/people").await.status,
        403,
        "while acting one has the member's rights, not one's own"
    );
    assert_eq!(clerk.get("/account/password").await.status, 403, "and may not touch the member's password");
    clerk.post("/acting/end", &[]).await;
    assert_eq!(clerk.get("/people").await.status, 200);
    let own = world.signed_in("member").await.get("/account").await;
    for words in ["开始代办", "向讲师提问", "结束代办", "范小满"] {
        assert!(own.body.contains(words), "{words}");
    }
}

#[actix_web::test]
async fn acting_ends_with_the_right_to_act() {
    let world = World::new();
    let clerk = world.signed_in("clerk").await;
    clerk.post("/people/1/acting", &[]).await;
    assert!(clerk.get("/").await.body.contains("结束代办"));
    world.sql("UPDATE grants SET ended_at = granted_at WHERE role = 'clerk'");
    assert!(!clerk.get("/").await.body.contains("结束代办"));
}

#[actix_web::test]
async fn what_was_typed_when_the_session_ended_survives_signing_in() {
    let world = World::new();
    let browser = world.signed_in("member").await;
    let key = browser.get("/lectures/1").await.key();
    browser.cookies.borrow_mut().clear();
    let text = "写了很久的一段：<渠首> & 水尺\n第二行";
    let asked = browser.post("/lectures/1/questions", &[("text", text), ("key", &key)]).await;
    assert_eq!(asked.status, 401);
    assert!(asked.body.contains("您刚才填写的内容还在"));
    let kept = unescape(asked.between(r#"name="kept" value=""#, "\""));
    let signed_in =
        browser.post("/sign-in", &[("name", "member"), ("password", PASSWORD), ("kept", &kept)]).await;
    assert_eq!(signed_in.status, 200);
    assert_eq!(
        signed_in.between(r#"<form class="stack" method="post" action=""#, "\""),
        "/lectures/1/questions"
    );
    let sent = unescape(signed_in.between(r#"name="text" value=""#, "\""));
    assert_eq!(sent, text);
    let done = browser.post("/lectures/1/questions", &[("text", &sent), ("key", &key)]).await;
    assert_eq!(done.status, 303);
    assert_eq!(world.number("SELECT COUNT(*) FROM questions WHERE text LIKE '写了很久%'"), 1);
}

fn unescape(html: &str) -> String {
    html.replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#38;", "&")
}

#[actix_web::test]
async fn after_signing_in_one_goes_on_inside_the_portal_only() {
    let world = World::new();
    for next in ["https://example.org/", "//example.org/", "/\\example.org", "javascript:alert(1)"] {
        let answer = world
            .visitor()
            .post("/sign-in", &[("name", "member"), ("password", PASSWORD), ("next", next)])
            .await;
        assert_eq!(answer.location.as_deref(), Some("/?done=signed-in"), "{next}");
    }
    let asked = world.visitor().get("/account?page=2").await;
    assert_eq!(asked.location.as_deref(), Some("/sign-in?next=%2Faccount%3Fpage%3D2"));
}
