//! The pages of enrolment: whose they are, what they keep of what was typed, and that a post that came twice was one.
use crate::enrolments::{branches, course, run};
use crate::world::{Browser, World, escape};
use actix_web::http::Method;
use weixiao::audit::Doer;
use weixiao::clock;
use weixiao::enrolments::{self, Mode, Terms};
use weixiao::ids::{CourseId, OfferingId, random_hex};
use weixiao::web::sheet;

/// A published course of the account `instructor`: its name in addresses and its offering.
fn made(world: &World, title: &str) -> (String, OfferingId) {
    let (id, offering) = world.db.write_now(|conn| Ok(course(conn, title))).unwrap();
    (slug(world, id), offering)
}

fn slug(world: &World, id: CourseId) -> String {
    world.db.read_now(|conn| Ok(weixiao::courses::find(conn, id)?.slug)).unwrap()
}

fn set(world: &World, id: OfferingId, change: impl FnOnce(&mut Terms)) {
    let set = world.db.write_now(|conn| {
        let mut terms = enrolments::offering(conn, id)?.terms;
        change(&mut terms);
        enrolments::set_terms(conn, id, &terms, &Doer::default(), clock::now())
    });
    set.unwrap();
}

fn person(world: &World, account: &str) -> i64 {
    world.number(&format!("SELECT person_id FROM accounts WHERE username = '{account}'"))
}

fn number_of(world: &World, account: &str) -> String {
    let person = person(world, account);
    world.text(&format!(
        "SELECT member_no AS t FROM memberships WHERE person_id = {person} AND valid_to IS NULL"
    ))
}

fn name_of(world: &World, account: &str) -> String {
    world.text(&format!("SELECT name AS t FROM persons WHERE id = {}", person(world, account)))
}

/// Sends a form with these parts.
async fn parts(browser: &Browser<'_>, path: &str, fields: &[(&str, &[u8])]) -> crate::world::Answer {
    let mut body = vec![];
    for (name, bytes) in fields {
        body.extend(format!("--frontier\r\nContent-Disposition: form-data; name=\"{name}\"").bytes());
        if *name == "file" {
            body.extend(b"; filename=\"list\"");
        }
        body.extend(b"\r\n\r\n");
        body.extend(*bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--frontier--\r\n");
    browser.send_bytes(path, body).await
}

#[actix_web::test]
async fn a_member_enrols_once_and_gives_it_up() {
    let world = World::before_courses();
    let (slug, id) = made(&world, "水位记录");
    set(&world, id, |terms| terms.capacity = Some(1));
    let (member, other) = (world.signed_in("member").await, world.signed_in("member2").await);
    let path = format!("/courses/{slug}/enrol");
    let key = random_hex(16);
    for _ in 0..2 {
        let answer = member.post(&path, &[("key", &key)]).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        assert_eq!(answer.location.as_deref(), Some(format!("/courses/{slug}?done=enrolled").as_str()));
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM enrolments"), 1);
    let again = member.post(&path, &[("key", &random_hex(16))]).await;
    assert_eq!(again.status, 409);
    assert!(again.body.contains("已经报过名"));
    assert_eq!(member.post(&path, &[("key", "x")]).await.status, 400);
    let waits = other.post(&path, &[("key", &random_hex(16))]).await;
    assert_eq!(waits.location.as_deref(), Some(format!("/courses/{slug}?done=waitlisted").as_str()));
    let own =
        world.number(&format!("SELECT id FROM enrolments WHERE person_id = {}", person(&world, "member")));
    // Nobody gives up another's place, or sees its slip.
    assert_eq!(other.post(&format!("/enrolments/{own}/cancel"), &[]).await.status, 404);
    assert_eq!(other.get(&format!("/enrolments/{own}/slip")).await.status, 404);
    assert_eq!(world.visitor().post(&format!("/enrolments/{own}/cancel"), &[]).await.status, 401);
    let slip = member.get(&format!("/enrolments/{own}/slip")).await;
    assert!(slip.status == 200 && slip.body.contains("水位记录") && slip.body.contains("随时可以退出"));
    for _ in 0..2 {
        let answer = member.post(&format!("/enrolments/{own}/cancel"), &[]).await;
        assert_eq!(
            answer.location.as_deref(),
            Some(format!("/courses/{slug}?done=enrolment-cancelled").as_str())
        );
    }
    assert_eq!(
        world.number("SELECT COUNT(*) FROM enrolments WHERE state = 'confirmed'"),
        1,
        "the other moved up"
    );
    assert_eq!(world.number("SELECT COUNT(*) FROM audit_entries WHERE action = 'enrolment_cancelled'"), 1);
    assert_eq!(member.post("/courses/no-such-course/enrol", &[("key", &key)]).await.status, 404);
}

#[actix_web::test]
async fn a_wrong_code_comes_back_with_the_form() {
    let world = World::before_courses();
    let (slug, id) = made(&world, "凭码");
    set(&world, id, |terms| (terms.mode, terms.code) = (Mode::Code, "XK7P2M".into()));
    let member = world.signed_in("member").await;
    let key = random_hex(16);
    let answer = member.post(&format!("/courses/{slug}/enrol"), &[("key", &key), ("code", "XK7P2N")]).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("value=\"XK7P2N\"") && answer.body.contains(&key));
    assert!(answer.between("id=\"e-code\"", "</p>").contains("报名码不对"));
    let answer = member.post(&format!("/courses/{slug}/enrol"), &[("key", &key), ("code", "xk7 p2m")]).await;
    assert_eq!(answer.status, 303);
}

#[actix_web::test]
async fn whoever_guesses_a_code_waits_and_nobody_else() {
    let world = World::before_courses();
    let (slug, id) = made(&world, "凭码");
    set(&world, id, |terms| (terms.mode, terms.code) = (Mode::Code, "2026".into()));
    let (member, other) = (world.signed_in("member").await, world.signed_in("member2").await);
    let path = format!("/courses/{slug}/enrol");
    let guess = async |code: &str| member.post(&path, &[("key", &random_hex(16)), ("code", code)]).await;
    let mut answers = vec![];
    for code in 2010..2020 {
        answers.push(guess(&code.to_string()).await.status.as_u16());
    }
    assert_eq!(answers[..5], [422; 5]);
    assert!(answers.contains(&429), "{answers:?}");
    assert_eq!(guess("2026").await.status, 429, "the right one waits too");
    assert_eq!(other.post(&path, &[("key", &random_hex(16)), ("code", "2026")]).await.status, 303);
    // A list is no way around it, and neither is its rehearsal.
    let secretary = world.signed_in("secretary").await;
    let mut answers = vec![];
    for code in 2010..2020 {
        let code = code.to_string();
        let fields: [(&str, &[u8]); 3] =
            [("course", slug.as_bytes()), ("text", "林秋实".as_bytes()), ("code", code.as_bytes())];
        let answer = parts(&secretary, "/branch/enrol/group", &fields).await;
        answers.push(answer.status.as_u16());
        if answer.status == 422 {
            assert!(answer.between("id=\"e-code\"", "</p>").contains("报名码不对"));
            assert!(answer.body.contains("林秋实"), "the list stays");
        }
    }
    assert_eq!(answers[..5], [422; 5]);
    assert!(answers.contains(&429), "{answers:?}");
}

#[actix_web::test]
async fn a_clerk_who_acts_is_recorded_and_may_be_sure() {
    let world = World::before_courses();
    let at =
        |hours: i64| (clock::now() + chrono::Duration::hours(hours)).format("%Y-%m-%d %H:00:00").to_string();
    let mut dates = vec![];
    for (place, (from, to)) in [(48, 50), (49, 51)].into_iter().enumerate() {
        world.sql(&format!("INSERT INTO events (kind, title, about, org_id, place, online_url, lecturer, starts_at, ends_at, state, reason, sequence, changed_at, code_key, created_by, created_at, key) VALUES ('session', '第{place}场', '', 1, '', '', '', '{}', '{}', 'planned', '', 0, '{}', '', 1, '{}', 'k-{place}')", at(from), at(to), at(0), at(0)));
        let event =
            weixiao::ids::EventId(world.number(&format!("SELECT id FROM events WHERE key = 'k-{place}'")));
        world.db.write_now(|conn| enrolments::offer_event(conn, event, None)).unwrap();
        dates.push(event);
    }
    let clerk = world.signed_in("clerk").await;
    let elder = person(&world, "elder");
    assert_eq!(clerk.post(&format!("/people/{elder}/acting"), &[]).await.status, 303);
    let first = clerk.post(&format!("/events/{}/enrol", dates[0]), &[("key", &random_hex(16))]).await;
    assert_eq!(first.location.as_deref(), Some(format!("/events/{}?done=enrolled", dates[0]).as_str()));
    let key = random_hex(16);
    let warned = clerk.post(&format!("/events/{}/enrol", dates[1]), &[("key", &key)]).await;
    assert_eq!(warned.status, 422);
    assert!(
        warned.body.contains("时间重叠")
            && warned.body.contains("仍然报名")
            && warned.body.contains("name=\"is_sure\"")
    );
    let sure = clerk.post(&format!("/events/{}/enrol", dates[1]), &[("key", &key), ("is_sure", "1")]).await;
    assert_eq!(sure.status, 303);
    let clerk_account = world.number("SELECT id FROM accounts WHERE username = 'clerk'");
    assert_eq!(world.number(&format!("SELECT COUNT(*) FROM enrolments WHERE person_id = {elder} AND channel = 'clerk' AND enrolled_by = {clerk_account}")), 2);
    assert_eq!(
        world.number(&format!(
            "SELECT COUNT(*) FROM enrolment_steps WHERE for_id = {elder} AND by_id = {clerk_account}"
        )),
        2
    );
    // A member alone is refused, whatever is sent.
    let member = world.signed_in("member").await;
    member.post(&format!("/events/{}/enrol", dates[0]), &[("key", &random_hex(16))]).await;
    let refused = member
        .post(&format!("/events/{}/enrol", dates[1]), &[("key", &random_hex(16)), ("is_sure", "1")])
        .await;
    assert_eq!(refused.status, 409);
}

#[actix_web::test]
async fn lists_are_their_makers_and_the_organizers() {
    let world = World::before_courses();
    let (_, id) = made(&world, "别人的");
    let organizer = world.number("SELECT id FROM accounts WHERE username = 'organizer'");
    let (_, others) = made(&world, "组织者的");
    world.sql(&format!("UPDATE courses SET author_id = {organizer} WHERE title = '组织者的'"));
    for (account, own, theirs) in
        [("instructor", 200, 404), ("organizer", 200, 200), ("member", 403, 403), ("secretary", 403, 403)]
    {
        let browser = world.signed_in(account).await;
        for page in ["", "/participants"] {
            assert_eq!(
                browser.get(&format!("/organize/offerings/{id}{page}")).await.status,
                own,
                "{account}"
            );
            assert_eq!(
                browser.get(&format!("/organize/offerings/{others}{page}")).await.status,
                theirs,
                "{account}"
            );
        }
        for action in ["", "/closing", "/participants", "/add", "/export"] {
            let path = format!("/organize/offerings/{others}{action}");
            let key = random_hex(16);
            let form = [
                ("is_closed", "0"),
                ("key", &key),
                ("step", "message"),
                ("chosen", "1"),
                ("text", "x"),
                ("number", "D0"),
            ];
            let answer = browser.post(&path, &form).await;
            let is_shut = answer.status.as_u16() == theirs;
            assert!(is_shut || theirs == 200, "{account} {path}: {}", answer.status);
        }
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM audit_entries WHERE action = 'list_exported'"), 1);
}

#[actix_web::test]
async fn terms_are_kept_when_they_are_wrong_and_saved_when_they_are_right() {
    let world = World::before_courses();
    let (slug, id) = made(&world, "条件");
    let path = format!("/organize/offerings/{id}");
    let instructor = world.signed_in("instructor").await;
    let wrong = instructor
        .post(
            &path,
            &[
                ("mode", "code"),
                ("code", ""),
                ("capacity", "很多"),
                ("opens_at", "2026-12-01T08:00"),
                ("closes_at", "2026-11-30T08:00"),
                ("step", "save"),
            ],
        )
        .await;
    assert_eq!(wrong.status, 422);
    for kept in [
        "value=\"很多\"",
        "value=\"2026-12-01T08:00\"",
        "id=\"e-code\"",
        "id=\"e-capacity\"",
        "id=\"e-closes_at\"",
    ] {
        assert!(wrong.body.contains(kept), "{kept}");
    }
    let drawn = instructor.post(&path, &[("mode", "open"), ("capacity", "7"), ("step", "code")]).await;
    let code = drawn.between("name=\"code\" type=\"text\" value=\"", "\"").to_owned();
    assert!(code.len() == 6 && drawn.body.contains("value=\"7\""));
    assert_eq!(world.number("SELECT COUNT(*) FROM offerings WHERE code <> ''"), 0, "not saved yet");
    let (branch, people) = world.db.write_now(|conn| Ok(branches(conn, 3).swap_remove(0))).unwrap();
    let name = world.text(&format!("SELECT name AS t FROM orgs WHERE id = {branch}"));
    let found = instructor
        .post(&path, &[("mode", "open"), ("capacity", "7"), ("find", &name), ("step", "find")])
        .await;
    assert!(
        found.status == 200
            && found.body.contains(&format!("seats-{branch}"))
            && found.body.contains("value=\"7\"")
    );
    let none = instructor.post(&path, &[("mode", "open"), ("find", "100%_没有"), ("step", "find")]).await;
    assert!(none.body.contains("没有名称里有这些字的单位"));
    let seats = format!("seats-{branch}");
    let seen_by = async |browser: &Browser<'_>| {
        browser.get(&path).await.between("name=\"seen\" value=\"", "\"").to_owned()
    };
    let seen = seen_by(&instructor).await;
    let saved = instructor
        .post(
            &path,
            &[
                ("seen", &seen),
                ("mode", "code"),
                ("code", &code),
                ("capacity", "3"),
                (&seats, "2"),
                ("audience", "retired"),
                ("audience", "student"),
                ("withdraw_until", "2027-01-01T00:00"),
                ("step", "save"),
            ],
        )
        .await;
    assert_eq!(saved.location.as_deref(), Some(format!("{path}?done=saved").as_str()));
    let (offering, quotas) = world
        .db
        .write_now(|conn| Ok((enrolments::offering(conn, id)?, enrolments::quotas(conn, id)?)))
        .unwrap();
    assert_eq!((offering.terms.capacity, offering.reserved, quotas[0].seats), (Some(3), 2, 2));
    assert_eq!(offering.terms.audience.len(), 2);
    assert_eq!(offering.terms.withdraw_until.unwrap().to_string(), "2026-12-31 16:00:00");
    // Whoever opened the page before is told, sees both, and may then save over it.
    let mine = |seen: &str| {
        [("seen", seen), ("mode", "open"), ("capacity", "77"), ("step", "save")]
            .map(|(name, value)| (name, value.to_owned()))
    };
    let send = async |form: [(&str, String); 4]| {
        let fields = form.each_ref().map(|(name, value)| (*name, value.as_str()));
        instructor.post(&path, &fields).await
    };
    let late = send(mine(&seen)).await;
    assert_eq!(late.status, 422);
    assert!(late.body.contains("别人保存的那一份") && late.body.contains("value=\"77\""), "{}", late.body);
    let theirs = late.between("别人保存的那一份", "</dl>");
    assert!(theirs.contains("<dd>3</dd>") && theirs.contains("2027 年 1 月 1 日 00:00"), "{theirs}");
    assert_eq!(send(mine("")).await.status, 422, "who has seen nothing saves over nothing");
    let kept = world.db.write_now(|conn| enrolments::offering(conn, id)).unwrap();
    assert_eq!(kept.terms.capacity, Some(3));
    let over = mine(late.between("name=\"seen\" value=\"", "\""));
    for _ in 0..2 {
        assert_eq!(send(over.clone()).await.status, 303, "the same form again is the same");
    }
    let kept = world.db.write_now(|conn| enrolments::offering(conn, id)).unwrap();
    assert_eq!((kept.terms.capacity, kept.terms.mode), (Some(77), Mode::Open));
    // A rule that says no leaves what was typed on the page.
    set(&world, id, |terms| {
        (terms.mode, terms.capacity, terms.quotas) = (Mode::Open, Some(3), vec![(branch, 2)])
    });
    for person in &people[..2] {
        world.sql(&format!("UPDATE accounts SET person_id = {person} WHERE username = 'member'"));
        let member = world.signed_in("member").await;
        assert_eq!(
            member.post(&format!("/courses/{slug}/enrol"), &[("key", &random_hex(16))]).await.status,
            303
        );
    }
    let seen = seen_by(&instructor).await;
    let fewer = [("seen", seen.as_str()), ("mode", "open"), ("capacity", "1"), ("step", "save")];
    let refused = instructor.post(&path, &fewer).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("已有 2 人确认") && refused.body.contains("value=\"1\""));
    let stopped = instructor.post(&format!("{path}/closing"), &[("is_closed", "1")]).await;
    assert_eq!(stopped.status, 303);
    assert!(instructor.get(&path).await.body.contains("恢复报名"));
    let kept = world.db.write_now(|conn| enrolments::quotas(conn, id)).unwrap();
    assert_eq!((kept.len(), kept[0].taken), (1, 2), "stopping changes nothing else");
    assert_eq!(instructor.post(&format!("{path}/closing"), &[("is_closed", "x")]).await.status, 400);
}

#[actix_web::test]
async fn a_list_is_found_decided_written_to_and_taken_along() {
    let world = World::before_courses();
    let (slug, id) = made(&world, "审核名单");
    set(&world, id, |terms| (terms.mode, terms.capacity) = (Mode::Approval, Some(2)));
    for account in ["member", "member2", "elder", "mobile"] {
        let browser = world.signed_in(account).await;
        let answer = browser.post(&format!("/courses/{slug}/enrol"), &[("key", &random_hex(16))]).await;
        assert_eq!(answer.location.as_deref(), Some(format!("/courses/{slug}?done=requested").as_str()));
    }
    let list = format!("/organize/offerings/{id}/participants");
    let instructor = world.signed_in("instructor").await;
    let all = instructor.get(&list).await;
    assert!(all.body.contains("4 人") && all.body.contains(&name_of(&world, "elder")));
    let one = instructor.get(&format!("{list}?q={}", number_of(&world, "elder"))).await;
    assert!(one.body.contains(&name_of(&world, "elder")) && !one.body.contains(&name_of(&world, "mobile")));
    let named = instructor.get(&format!("{list}?q={}", escape(&name_of(&world, "mobile")))).await;
    assert!(named.body.contains(&name_of(&world, "mobile")) && named.body.contains("1 人"));
    assert!(instructor.get(&format!("{list}?state=cancelled")).await.body.contains("没有人"));
    assert!(instructor.get(&format!("{list}?org={}", escape("不存在的单位"))).await.body.contains("没有人"));
    assert_eq!(instructor.get(&format!("{list}?page=9")).await.status, 404);
    // Nobody is chosen: what was written stays.
    let key = all.key();
    let nobody = instructor.post(&list, &[("key", &key), ("step", "message"), ("text", "请带身份证")]).await;
    assert!(nobody.status == 422 && nobody.body.contains("请带身份证") && nobody.body.contains("请先勾选"));
    // Approved in the order of the queue; the third waits.
    let chosen = [("key", key.as_str()), ("step", "approve"), ("all", "1"), ("state", "requested")];
    for _ in 0..2 {
        let answer = instructor.post(&list, &chosen).await;
        assert_eq!(answer.location.as_deref(), Some(format!("{list}?state=requested&done=decided").as_str()));
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM enrolments WHERE state = 'confirmed'"), 2);
    assert_eq!(world.number("SELECT COUNT(*) FROM enrolments WHERE state = 'waitlisted'"), 2);
    assert!(instructor.get(&list).await.body.contains("第 2 位"));
    let message =
        [("key", key.as_str()), ("step", "message"), ("all", "1"), ("text", "周六八点半集合，请带身份证。")];
    for _ in 0..2 {
        assert_eq!(instructor.post(&list, &message).await.status, 303);
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM notices WHERE kind = 'message'"), 4);
    assert_eq!(world.number("SELECT COUNT(*) FROM audit_entries WHERE action = 'message_sent'"), 1);
    let long = "字".repeat(1_001);
    let too_long =
        instructor.post(&list, &[("key", &key), ("step", "message"), ("all", "1"), ("text", &long)]).await;
    assert_eq!(too_long.status, 422);
    // One is taken off, and the first who waits moves up.
    let first =
        world.number("SELECT id FROM enrolments WHERE state = 'confirmed' ORDER BY seq LIMIT 1").to_string();
    let off = [("key", key.as_str()), ("step", "remove"), ("chosen", first.as_str())];
    for _ in 0..2 {
        assert_eq!(instructor.post(&list, &off).await.status, 303);
    }
    assert_eq!(instructor.post(&list, &[("key", &key), ("step", "remove"), ("all", "1")]).await.status, 422);
    assert_eq!(world.number("SELECT COUNT(*) FROM enrolments WHERE state = 'confirmed'"), 2);
    // Whoever has finished stays, and is named; nobody else is taken off by that post, and the boxes stay ticked.
    let all = "SELECT id FROM enrolments WHERE state = 'confirmed' ORDER BY seq LIMIT 1 OFFSET";
    let [done, other] = [0, 1].map(|skip| world.number(&format!("{all} {skip}")).to_string());
    world.sql(&format!("UPDATE enrolments SET finished_at = changed_at WHERE id = {done}"));
    let name = world.text(&format!(
        "SELECT p.name AS t FROM persons p JOIN enrolments e ON e.person_id = p.id WHERE e.id = {done}"
    ));
    let both =
        [("key", key.as_str()), ("step", "remove"), ("chosen", other.as_str()), ("chosen", done.as_str())];
    let kept = instructor.post(&list, &both).await;
    assert_eq!(kept.status, 422);
    assert!(kept.body.contains(&format!("谁也没有移出：{name} 已经")), "{}", kept.body);
    for id in [&done, &other] {
        assert!(kept.body.contains(&format!("value=\"{id}\" checked")), "{}", kept.body);
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM enrolments WHERE state = 'confirmed'"), 2);
    // One is added by number; a number that is nobody's comes back.
    let add = format!("/organize/offerings/{id}/add");
    let unknown = instructor.post(&add, &[("key", &random_hex(16)), ("number", "D9999999")]).await;
    assert!(unknown.status == 422 && unknown.body.contains("value=\"D9999999\""));
    let number = number_of(&world, "secretary");
    assert_eq!(instructor.post(&add, &[("key", &random_hex(16)), ("number", &number)]).await.status, 303);
    assert_eq!(
        world.number("SELECT COUNT(*) FROM enrolments WHERE channel = 'organizer' AND state = 'waitlisted'"),
        1
    );
    // A name like a formula stays a name.
    world.sql(&format!(
        "UPDATE persons SET name = '=HYPERLINK(1)' WHERE id = {}",
        person(&world, "secretary")
    ));
    let request = instructor
        .send(Method::POST, &format!("/organize/offerings/{id}/export"), Some(String::new()), &[])
        .await;
    assert_eq!(request.status, 200);
    assert!(request.headers["content-disposition"].contains("filename*=UTF-8''"));
    assert!(request.bytes > 3_000);
    assert_eq!(
        world.number(
            "SELECT COUNT(*) FROM audit_entries WHERE action = 'list_exported' AND subject_kind = 'offering'"
        ),
        1
    );
}

#[actix_web::test]
async fn a_secretary_enrols_a_member_of_the_branch_and_prints_the_slip() {
    let world = World::before_courses();
    let (slug, id) = made(&world, "代办");
    let secretary = world.signed_in("secretary").await;
    assert!(secretary.get("/branch/enrol").await.body.contains("代办"));
    let list = secretary.get(&format!("/branch/enrol?course={slug}")).await;
    let elder = person(&world, "elder");
    assert!(list.body.contains(&format!("person={elder}")), "{}", list.body);
    let form = secretary.get(&format!("/branch/enrol?course={slug}&person={elder}")).await;
    let elder_text = elder.to_string();
    let key = form.key();
    let fields = [("course", slug.as_str()), ("person", &elder_text), ("channel", "paper"), ("key", &key)];
    let mut slip = String::new();
    for _ in 0..2 {
        let answer = secretary.post("/branch/enrol", &fields).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        slip = answer.location.unwrap();
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM enrolments WHERE channel = 'paper'"), 1);
    let printed = secretary.get(&slip).await;
    assert!(
        printed.status == 200
            && printed.body.contains("slip--large")
            && printed.body.contains(&name_of(&world, "elder"))
    );
    assert!(secretary.get(&format!("/branch/enrol?course={slug}")).await.body.contains("凭条"));
    assert_eq!(
        world.number(&format!(
            "SELECT COUNT(*) FROM notices WHERE person_id = {elder} AND kind = 'enrolment'"
        )),
        1
    );
    // Somebody of another branch is nobody here.
    let stranger = person(&world, "member2").to_string();
    assert_eq!(secretary.get(&format!("/branch/enrol?course={slug}&person={stranger}")).await.status, 404);
    let fields = [("course", slug.as_str()), ("person", &stranger), ("key", &random_hex(16))];
    assert_eq!(secretary.post("/branch/enrol", &fields).await.status, 404);
    assert_eq!(world.number("SELECT COUNT(*) FROM enrolments"), 1);
    // A wrong code keeps what was typed.
    set(&world, id, |terms| (terms.mode, terms.code) = (Mode::Code, "ABC".into()));
    let member = person(&world, "member").to_string();
    let wrong = secretary
        .post(
            "/branch/enrol",
            &[
                ("course", slug.as_str()),
                ("person", &member),
                ("channel", "paper"),
                ("key", &random_hex(16)),
                ("code", "ABD"),
            ],
        )
        .await;
    assert!(
        wrong.status == 422
            && wrong.body.contains("value=\"ABD\"")
            && wrong.body.contains("value=\"paper\" checked")
    );
    assert_eq!(world.signed_in("member").await.get("/branch/enrol").await.status, 403);
    for none in ["no-such", "%00", "%FF"] {
        assert_eq!(secretary.get(&format!("/branch/enrol?course={none}")).await.status, 404, "{none}");
        assert_eq!(secretary.get(&format!("/branch/enrol/group?course={none}")).await.status, 404, "{none}");
    }
    assert_eq!(secretary.post("/courses/%00/enrol", &[("key", &key)]).await.status, 404);
}

#[actix_web::test]
async fn a_list_is_checked_without_a_trace_and_then_goes_as_it_was_said() {
    let world = World::before_courses();
    let (slug, id) = made(&world, "集体报名");
    set(&world, id, |terms| terms.capacity = Some(2));
    let secretary = world.signed_in("secretary").await;
    let (elder, mobile, member) =
        (number_of(&world, "elder"), number_of(&world, "mobile"), number_of(&world, "member"));
    // Two of the branch with one name.
    for account in ["member", "secretary"] {
        world.sql(&format!("UPDATE persons SET name = '李同名' WHERE id = {}", person(&world, account)));
    }
    let elder_name = name_of(&world, "elder");
    let stranger = number_of(&world, "member2");
    let text = format!(
        "党员编号,姓名\n{elder},{elder_name}\n{mobile},\n\n,李同名\n{member},李同名\n{stranger},\nD9999999,\n{elder},别人\n,{elder_name}\n"
    );
    let before = world.number("SELECT COUNT(*) FROM audit_entries");
    let form = [("course", slug.as_bytes()), ("text", text.as_bytes())];
    let checked = parts(&secretary, "/branch/enrol/group", &form).await;
    assert_eq!(checked.status, 200, "{}", checked.body);
    for table in ["enrolments", "enrolment_steps", "notices"] {
        assert_eq!(world.number(&format!("SELECT COUNT(*) FROM {table}")), 0, "{table}");
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM audit_entries"), before);
    assert_eq!(world.number("SELECT next_seq FROM offerings"), 1, "only the terms were set");
    let told = |body: &str| -> Vec<String> {
        let rows = body.split("<tbody>").nth(1).unwrap().split("</tbody>").next().unwrap();
        rows.split("</tr>")
            .filter_map(|row| Some(row.rsplit_once("\">")?.1.split("</span>").next()?.to_owned()))
            .collect()
    };
    assert_eq!(
        told(&checked.body),
        [
            "会报上",
            "会报上",
            "有两位同名，请写编号",
            "会候补",
            "不在您的范围，或没有这个人。请核对姓名和编号",
            "不在您的范围，或没有这个人。请核对姓名和编号",
            "编号和姓名对不上，请核对",
            "和第 2 行是同一个人",
        ]
    );
    let kept = checked.between("readonly>\n", "</textarea>").to_owned();
    let key = checked.key();
    let apply = [("course", slug.as_str()), ("list", &kept), ("key", &key), ("code", "")];
    let mut outcomes = vec![];
    for _ in 0..2 {
        let done = secretary.post("/branch/enrol/group/apply", &apply).await;
        assert_eq!(done.status, 200, "{}", done.body);
        outcomes.push(told(&done.body));
    }
    assert_eq!(outcomes[0], outcomes[1], "sent twice is sent once");
    assert_eq!(outcomes[0][..4], ["已报上", "已报上", "有两位同名，请写编号", "已候补"]);
    assert_eq!(world.number("SELECT COUNT(*) FROM enrolments WHERE channel = 'group'"), 3);
    assert_eq!(world.number("SELECT taken + waiting FROM offerings"), 3);
    // The next list says that they are there already.
    let later = parts(&secretary, "/branch/enrol/group", &form).await;
    assert_eq!(told(&later.body)[..2], ["已报过", "已报过"]);
}

#[actix_web::test]
async fn hostile_lists_are_answered_in_a_sentence() {
    let world = World::before_courses();
    let (slug, _) = made(&world, "难看的名单");
    let secretary = world.signed_in("secretary").await;
    let mut book = sheet::Sheet::new("x", &[("姓名".into(), 9), ("编号".into(), 9)]).unwrap();
    book.row(&["=HYPERLINK(\"http://x\")".into(), "=1+1".into()]).unwrap();
    let formulas = book.finish().unwrap();
    let wide = vec!["a"; 10_000].join(",");
    let long = "林秋实\n".repeat(2_001);
    for (file, status, said) in [
        (formulas.as_slice(), 200, "不在您的范围"),
        (wide.as_bytes(), 200, "不在您的范围"),
        (long.as_bytes(), 422, "一次最多 2000 人"),
        (b"PK\x03\x04 no archive".as_slice(), 422, "读不出这个文件"),
        (b"\xff\xfe\x00".as_slice(), 422, ""),
        (b"".as_slice(), 422, "没有内容"),
        ("姓名,编号\n".as_bytes(), 422, "名单里没有人"),
        ("<script>alert(1)</script>,D1".as_bytes(), 200, "&#60;script&#62;"),
    ] {
        let answer =
            parts(&secretary, "/branch/enrol/group", &[("course", slug.as_bytes()), ("file", file)]).await;
        assert_eq!(answer.status, status, "{said}: {}", answer.body);
        assert!(answer.body.contains(said), "{said}: {}", answer.body);
    }
    let large = vec![b'x'; 5 * 1024 * 1024];
    let answer =
        parts(&secretary, "/branch/enrol/group", &[("course", slug.as_bytes()), ("file", &large)]).await;
    assert_eq!(answer.status, 413);
    let empty =
        secretary.post("/branch/enrol/group/apply", &[("course", &slug), ("key", &random_hex(16))]).await;
    assert_eq!(empty.status, 400);
    assert_eq!(world.number("SELECT COUNT(*) FROM enrolments"), 0);
}

#[actix_web::test]
async fn a_whole_city_in_one_course() {
    const CITY: i64 = 36_000;
    let world = World::before_courses();
    let (_, id) = made(&world, "全市");
    world
        .db
        .write_now(|conn| {
            fill(conn, id, CITY);
            Ok(())
        })
        .unwrap();
    let instructor = world.signed_in("instructor").await;
    let list = format!("/organize/offerings/{id}/participants");
    instructor.get(&list).await;
    let statements = world.db.statements();
    let shown = instructor.get(&list).await;
    assert!(shown.body.contains("36,000"));
    assert!(world.db.statements() - statements <= 16, "{}", world.db.statements() - statements);
    assert_eq!(instructor.get(&format!("{list}?page=720")).await.status, 200);
    let clock = std::time::Instant::now();
    let answer = instructor
        .post(&list, &[("key", &random_hex(16)), ("step", "approve"), ("all", "1"), ("text", "")])
        .await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    println!("approved in {:?}", clock.elapsed());
    assert_eq!(world.number("SELECT taken FROM offerings WHERE asking = 0 AND waiting = 2000"), CITY - 2_000);
    let clock = std::time::Instant::now();
    set(&world, id, |terms| terms.capacity = Some(CITY as i32 - 1_000));
    println!("a thousand moved up in {:?}", clock.elapsed());
    assert_eq!(world.number("SELECT taken FROM offerings WHERE waiting = 1000"), CITY - 1_000);
    assert_eq!(world.number("SELECT COUNT(*) FROM notices WHERE kind = 'promotion'"), 1_000);
    let clock = std::time::Instant::now();
    let file = instructor.post(&format!("/organize/offerings/{id}/export"), &[]).await;
    println!("exported {} bytes in {:?}", file.bytes, clock.elapsed());
    assert!(file.status == 200 && file.bytes > 500_000);
}

/// So many people who ask for a place, in two statements.
fn fill(conn: &mut weixiao::db::Conn, id: OfferingId, count: i64) {
    let numbers =
        format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})");
    run(
        conn,
        &format!(
            "INSERT INTO persons (id, name, reading_aids, created_at) {numbers} SELECT 1000000 + i, '学员' || i, '', CURRENT_TIMESTAMP FROM n"
        ),
    );
    let path = "(SELECT path FROM orgs WHERE level = 'branch' ORDER BY id LIMIT 1)";
    run(
        conn,
        &format!(
            "INSERT INTO enrolments (offering_id, person_id, seq, state, version, path, channel, enrolled_by, created_at, changed_at, key) {numbers} SELECT {id}, 1000000 + i, i, 'requested', 1, {path}, 'self', 1, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, 'fill' || i FROM n"
        ),
    );
    run(
        conn,
        &format!(
            "UPDATE offerings SET mode = 'approval', asking = {count}, next_seq = {count} + 1, capacity = {} WHERE id = {id}",
            count - 2_000
        ),
    );
}
