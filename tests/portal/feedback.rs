//! Complaints and suggestions, the record that administrators and auditors read, how pages look, and the pages that
//! explain.
use crate::world::{Answer, Browser, FOLDER, World};
use weixiao::access::{Permission, Role};
use weixiao::app::Portal;
use weixiao::config::{CODE_VALID_DAYS, Config, SESSION_IDLE_DAYS, SESSION_LONGEST_DAYS};

const KEY: &str = "0123456789abcdef0123456789abcdef";

fn count(world: &World) -> i64 {
    world.number("SELECT COUNT(*) FROM feedback")
}

async fn send(browser: &Browser<'_>, text: &str, about: &str, key: &str) -> Answer {
    let fields =
        [("kind", "suggestion"), ("text", text), ("contact", "二楼 李家"), ("about", about), ("key", key)];
    browser.post("/feedback", &fields).await
}

/// What stands between `before` and the next quotation mark, each time.
fn values<'a>(text: &'a str, before: &str) -> Vec<&'a str> {
    text.split(before).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[actix_web::test]
async fn anybody_may_complain_and_is_thanked() {
    let world = World::new();
    let before = count(&world);
    let visitor = world.visitor();
    let form = visitor.get("/feedback?about=/lectures").await;
    let sent = send(&visitor, "灯太暗", "/lectures", &form.key()).await;
    assert_eq!((sent.status.as_u16(), sent.location.as_deref()), (303, Some("/feedback/thanks")));
    assert!(visitor.get("/feedback/thanks").await.body.contains("已收到，谢谢"));
    let mine = world.number("SELECT COUNT(*) FROM feedback WHERE text = '灯太暗' AND contact = '二楼 李家' AND kind = 'suggestion' AND about_path = '/lectures' AND account_id IS NULL AND handled_at IS NULL");
    assert_eq!((mine, count(&world)), (1, before + 1));
    send(&world.signed_in("member").await, "字太小", "/", KEY).await;
    let named = "SELECT COUNT(*) FROM feedback f JOIN accounts a ON a.id = f.account_id WHERE f.text = '字太小' AND a.username = 'member'";
    assert_eq!(world.number(named), 1);
    let list = world.signed_in("admin").await.get("/admin/feedback").await;
    let entries: Vec<_> = list.body.split(r#"<li class="panel">"#).skip(1).collect();
    assert!(
        entries[0].contains("字太小") && entries[0].contains("林秋实"),
        "the newest first, with its name"
    );
    assert!(entries[1].contains("灯太暗") && entries[1].contains("访客"));
}

#[actix_web::test]
async fn a_complaint_with_mistakes_comes_back_as_it_was_typed() {
    let world = World::new();
    let before = count(&world);
    let visitor = world.visitor();
    let long = "长".repeat(2_001);
    for text in ["", "  \r\n ", &long] {
        let answer = send(&visitor, text, "/lectures?page=2", KEY).await;
        assert_eq!(answer.status, 422, "{} characters", text.chars().count());
        assert!(answer.body.contains(r#"id="e-text""#) && !answer.body.contains(r#"id="e-kind""#));
        assert!(answer.between(r#"name="text""#, "</textarea>").contains(text.trim()), "the text is kept");
        assert_eq!(answer.between(r#"name="contact" type="text" value=""#, "\""), "二楼 李家");
        assert_eq!(answer.between(r#"name="about" value=""#, "\""), "/lectures?page=2");
        assert!(answer.body.contains(r#"value="suggestion" checked"#));
        assert_eq!(answer.key(), KEY, "sending it again is still the same entry");
    }
    let fields = [("kind", "praise"), ("text", "留下我"), ("key", KEY)];
    let answer = visitor.post("/feedback", &fields).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains(r#"id="e-kind""#) && answer.body.contains("留下我"));
    let contact = "字".repeat(101);
    let fields = [("kind", "complaint"), ("text", "有事"), ("contact", &contact), ("key", KEY)];
    assert_eq!(visitor.post("/feedback", &fields).await.status, 422);
    // A form that lost its key gets a new one, and can then be sent.
    let answer = send(&visitor, "留下我", "/", "short").await;
    assert_eq!(answer.status, 422);
    let fresh = answer.key();
    assert!(fresh.len() == 32 && answer.body.contains("留下我"));
    assert_eq!(count(&world), before);
    assert_eq!(send(&visitor, "留下我", "/", &fresh).await.status, 303);
    // Characters are counted, not bytes, and two thousand are enough.
    assert_eq!(send(&visitor, &"𠀀".repeat(2_000), "/", KEY).await.status, 303);
    assert_eq!(count(&world), before + 2);
}

#[actix_web::test]
async fn characters_that_nobody_types_are_refused() {
    let world = World::new();
    let before = count(&world);
    let visitor = world.visitor();
    for text in ["a\0b", "\0", "a\u{1}b", "a\u{1b}[31m", "a\u{85}b"] {
        for fields in [
            [("kind", "complaint"), ("text", text), ("contact", ""), ("key", KEY)],
            [("kind", "complaint"), ("text", "好"), ("contact", text), ("key", KEY)],
        ] {
            let status = visitor.post("/feedback", &fields).await.status;
            assert!(status == 422 || status == 400, "{fields:?}: {status}");
        }
    }
    for field in ["kind", "key", "about"] {
        let mut fields = vec![("kind", "complaint"), ("text", "好"), ("about", "/"), ("key", KEY)];
        fields.retain(|(name, _)| *name != field);
        fields.push((field, "a\0b"));
        let status = visitor.post("/feedback", &fields).await.status;
        let expected: &[u16] = if field == "about" { &[303, 400, 422] } else { &[400, 422] };
        assert!(expected.contains(&status.as_u16()), "{field}: {status}");
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM feedback WHERE about_path NOT LIKE '/%'"), 0);
    assert!(count(&world) <= before + 1);
    let broken = visitor
        .send(
            actix_web::http::Method::POST,
            "/feedback",
            Some("kind=complaint&text=%FF%FE&key=%".into()),
            &[],
        )
        .await;
    assert!(broken.status.is_client_error(), "{}", broken.status);
}

#[actix_web::test]
async fn a_complaint_sent_twice_is_one() {
    let world = World::new();
    let before = count(&world);
    let visitor = world.visitor();
    let key = visitor.get("/feedback").await.key();
    for _ in 0..3 {
        let sent = send(&visitor, "只说一次", "/", &key).await;
        assert_eq!(sent.location.as_deref(), Some("/feedback/thanks"));
    }
    assert_eq!(count(&world), before + 1);
    let next = visitor.get("/feedback").await.key();
    assert_ne!(next, key, "a form opened anew is another entry");
    send(&visitor, "只说一次", "/", &next).await;
    assert_eq!(count(&world), before + 2);
}

#[actix_web::test]
async fn a_complaint_is_about_a_page_of_this_portal() {
    let world = World::new();
    let visitor = world.visitor();
    for (number, about) in
        ["https://evil.example/x", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a b", ""]
            .iter()
            .enumerate()
    {
        let form = visitor.get(&format!("/feedback?about={}", crate::world::escape(about))).await;
        assert_eq!(form.between(r#"name="about" value=""#, "\""), "/", "{about}");
        assert!(!form.body.contains("关于这一页"), "{about}");
        let text = format!("关于 {number}");
        assert_eq!(send(&visitor, &text, about, &form.key()).await.status, 303);
        let stored = world
            .number(&format!("SELECT COUNT(*) FROM feedback WHERE text = '{text}' AND about_path = '/'"));
        assert_eq!(stored, 1, "{about}");
    }
    // The link at the foot names the page that it stands on, with its query.
    let foot = visitor.get("/bases?topic=habitat").await;
    let link = foot.between(r#"href="/feedback?about="#, "\"").to_owned();
    let form = visitor.get(&format!("/feedback?about={link}")).await;
    assert_eq!(form.between(r#"name="about" value=""#, "\""), "/bases?topic=habitat");
}

#[actix_web::test]
async fn html_in_a_complaint_is_shown_and_not_obeyed() {
    let world = World::new();
    let fields = [
        ("kind", "complaint"),
        ("text", "<script>alert(1)</script>\" onmouseover=\"x"),
        ("contact", "<img src=x onerror=alert(2)>"),
        ("about", "/x\"><script>alert(3)</script>"),
        ("key", KEY),
    ];
    assert_eq!(world.visitor().post("/feedback", &fields).await.status, 303);
    let invalid = world.visitor().post("/feedback", &[&[("kind", "praise")], &fields[1..]].concat()).await;
    assert_eq!(invalid.status, 422);
    let list = world.signed_in("auditor").await.get("/admin/feedback").await;
    for page in [&list, &invalid] {
        for tag in ["<script>alert", "<img src=x", "\" onmouseover=", "x\">"] {
            assert!(!page.body.contains(tag), "{tag}");
        }
        for text in ["alert(1)", "alert(2)", "alert(3)"] {
            assert!(page.body.contains(text), "{text} is shown");
        }
    }
}

#[actix_web::test]
async fn complaints_are_read_by_some_and_dealt_with_by_one() {
    let world = World::new();
    let id = world.number("SELECT MAX(id) FROM feedback WHERE handled_at IS NULL");
    let path = format!("/admin/feedback/{id}/handled");
    let is_open = || {
        world.number(&format!("SELECT COUNT(*) FROM feedback WHERE id = {id} AND handled_at IS NULL")) == 1
    };
    let recorded = || {
        world.number(&format!("SELECT COUNT(*) FROM audit_entries e JOIN accounts a ON a.id = e.actor_id WHERE e.action = 'feedback_handled' AND e.subject_kind = 'feedback' AND e.subject_id = {id} AND a.username = 'admin'"))
    };
    for nobody in ["member", "secretary", "organizer"] {
        let browser = world.signed_in(nobody).await;
        assert_eq!(browser.get("/admin/feedback").await.status, 403, "{nobody}");
        assert_eq!(browser.post(&path, &[]).await.status, 403, "{nobody}");
    }
    let auditor = world.signed_in("auditor").await;
    let list = auditor.get("/admin/feedback").await;
    assert_eq!(list.status, 200);
    assert!(!list.body.contains("/handled\""), "an auditor is offered no button");
    assert_eq!(auditor.post(&path, &[]).await.status, 403);
    assert!(is_open() && recorded() == 0);

    let admin = world.signed_in("admin").await;
    assert!(admin.get("/admin/feedback").await.body.contains(&format!(r#"action="{path}""#)));
    assert_eq!(admin.post(&path, &[]).await.status, 303);
    assert!(!is_open());
    assert_eq!(recorded(), 1);
    let list = admin.get("/admin/feedback").await;
    assert!(!list.body.contains(&format!(r#"action="{path}""#)), "no button for what is done");
    // Again, by the same and by another administrator: nothing changes.
    world.sql("INSERT INTO grants (account_id, role, scope_kind, granted_at) SELECT id, 'admin', 'city', CURRENT_TIMESTAMP FROM accounts WHERE username = 'organizer'");
    for name in ["admin", "organizer"] {
        let status = world.signed_in(name).await.post(&path, &[]).await.status;
        assert!(status == 303 || status == 409, "{name}: {status}");
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM audit_entries WHERE action = 'feedback_handled'"), 1);
    let by = format!(
        "SELECT COUNT(*) FROM feedback f JOIN accounts a ON a.id = f.handled_by WHERE f.id = {id} AND a.username = 'admin'"
    );
    assert_eq!(world.number(&by), 1, "who dealt with it stays");
    for missing in ["987654", "0", "-1", "abc", "99999999999999999999"] {
        assert_eq!(
            admin.post(&format!("/admin/feedback/{missing}/handled"), &[]).await.status,
            404,
            "{missing}"
        );
    }
}

#[actix_web::test]
async fn complaints_that_wait_stand_before_those_that_are_dealt_with() {
    let world = World::new();
    for number in 0..45 {
        world.sql(&format!(
            "INSERT INTO feedback (kind, text, contact, about_path, sent_at, idem_key, handled_at) VALUES ('complaint', 'x', '', '/', CURRENT_TIMESTAMP, 'extra-{number}', {})",
            if number % 3 == 0 { "CURRENT_TIMESTAMP" } else { "NULL" }
        ));
    }
    let total = usize::try_from(count(&world)).unwrap();
    let admin = world.signed_in("admin").await;
    let (mut seen, mut done) = (vec![], vec![]);
    for page in 1..=total.div_ceil(20) {
        let list = admin.get(&format!("/admin/feedback?page={page}")).await;
        for entry in list.body.split(r#"<li class="panel">"#).skip(1) {
            let id: i64 =
                entry.split(r#"class="mut">"#).nth(1).unwrap().split('<').next().unwrap().parse().unwrap();
            done.push(entry.contains("tag--done"));
            seen.push(id);
        }
    }
    assert_eq!(seen.len(), total, "each on one page");
    assert!(done.is_sorted(), "those that wait come first");
    let waiting = done.iter().filter(|done| !**done).count();
    assert!(
        seen[..waiting].is_sorted_by(|a, b| a > b) && seen[waiting..].is_sorted_by(|a, b| a > b),
        "newest first"
    );
    assert_eq!(admin.get(&format!("/admin/feedback?page={}", total.div_ceil(20) + 1)).await.status, 404);
}

#[actix_web::test]
async fn a_machine_that_floods_the_form_does_not_shut_out_those_who_are_signed_in() {
    let world = World::new();
    let now = weixiao::clock::now().format("%Y-%m-%d %H:%M:%S");
    let rows: Vec<_> =
        (0..200).map(|n| format!("('complaint', 'x', '', '/', '{now}', 'flood-{n}')")).collect();
    world.sql(&format!(
        "INSERT INTO feedback (kind, text, contact, about_path, sent_at, idem_key) VALUES {}",
        rows.join(", ")
    ));
    let before = count(&world);
    let refused = send(&world.visitor(), "还有一条", "/", KEY).await;
    assert_eq!(refused.status, 503);
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(count(&world), before, "it is not kept");
    assert_eq!(send(&world.signed_in("member").await, "登录的人", "/", KEY).await.status, 303);
    world.sql("UPDATE feedback SET handled_at = CURRENT_TIMESTAMP WHERE idem_key = 'flood-0'");
    let key = KEY.replace('0', "f");
    assert_eq!(send(&world.visitor(), "还有一条", "/", &key).await.status, 303, "there is room again");
}

#[actix_web::test]
async fn what_a_clerk_sends_for_a_member_names_both() {
    let world = World::new();
    let clerk = world.signed_in("clerk").await;
    let member = world.number("SELECT person_id FROM accounts WHERE username = 'member'");
    clerk.post(&format!("/people/{member}/acting"), &[]).await;
    assert_eq!(send(&clerk, "代人说的话", "/", KEY).await.status, 303);
    let list = world.signed_in("admin").await.get("/admin/feedback").await;
    let entry = list.body.split(r#"<li class="panel">"#).nth(1).unwrap();
    assert!(entry.contains("代人说的话") && entry.contains("林秋实") && entry.contains("范小满"), "{entry}");
}

// The record.

/// A line of the year 2020, in which the demonstration did nothing.
fn line(world: &World, at: &str, request: &str, actor: &str, person: i64, action: &str) {
    world.sql(&format!(
        "INSERT INTO audit_entries (at, request_id, actor_id, for_person_id, action, subject_kind, subject_id) \
         SELECT '{at}', '{request}', id, {person}, '{action}', 'person', {person} FROM accounts WHERE username = '{actor}'"
    ));
}

/// The requests of the lines on the page, in their order.
async fn lines(browser: &Browser<'_>, query: &str) -> Vec<String> {
    let page = browser.get(&format!("/admin/audit?{query}")).await;
    assert_eq!(page.status, 200, "{query}");
    values(&page.body, r#"<a href="/admin/audit?request="#).into_iter().map(str::to_owned).collect()
}

const YEAR: &str = "from=2020-01-01&to=2020-12-31";

#[actix_web::test]
async fn the_record_is_filtered_by_what_who_whom_and_request() {
    let world = World::new();
    line(&world, "2020-05-01 01:00:00", "AAAAAA", "clerk", 1, "person_seen");
    line(&world, "2020-05-02 01:00:00", "BBBBBB", "clerk", 2, "code_issued");
    line(&world, "2020-05-03 01:00:00", "CCCCCC", "secretary", 1, "code_issued");
    line(&world, "2020-05-03 01:00:00", "CCCCCC", "secretary", 3, "acting_started");
    let auditor = world.signed_in("auditor").await;
    for (query, expected) in [
        ("", ["CCCCCC", "CCCCCC", "BBBBBB", "AAAAAA"].as_slice()),
        ("action=code_issued", &["CCCCCC", "BBBBBB"]),
        ("action=feedback_handled", &[]),
        ("actor=clerk", &["BBBBBB", "AAAAAA"]),
        ("actor=%20Clerk%20", &["BBBBBB", "AAAAAA"]),
        ("actor=member", &[]),
        ("person=1", &["CCCCCC", "AAAAAA"]),
        ("person=99999", &[]),
        ("request=CCCCCC", &["CCCCCC", "CCCCCC"]),
        ("request=cccccc", &["CCCCCC", "CCCCCC"]),
        ("request=E404-BBBBBB", &["BBBBBB"]),
        ("request=ZZZZZZ", &[]),
        ("actor=secretary&person=1&action=code_issued", &["CCCCCC"]),
        ("actor=clerk&person=3", &[]),
    ] {
        assert_eq!(lines(&auditor, &format!("{YEAR}&{query}")).await, expected, "{query}");
    }
    let page = auditor.get(&format!("/admin/audit?{YEAR}&action=acting_started")).await;
    let row = page.between("<tbody>", "</tbody>");
    for text in ["2020 年 5 月 3 日 09:00", "秦守田", "开始代办", "人员 3", r#"href="/admin/audit?person=3""#]
    {
        assert!(row.contains(text), "{text} in {row}");
    }
    assert!(
        page.body.contains(r#"<option value="acting_started" selected>"#),
        "the form shows what was chosen"
    );
    // An account that is not there did nothing; that is said, and not taken for no filter.
    let page = auditor.get("/admin/audit?actor=nobody-of-this-name").await;
    assert!(page.body.contains("没有这个经手账号") && !page.body.contains("<tbody>"));
}

#[actix_web::test]
async fn the_record_is_filtered_by_days_of_the_city() {
    let world = World::new();
    for (at, request) in [
        ("2020-01-01 15:59:59", "BEFORE"),
        ("2020-01-01 16:00:00", "FIRST"),
        ("2020-01-02 15:59:59", "LAST"),
        ("2020-01-02 16:00:00", "AFTER"),
    ] {
        line(&world, at, request, "clerk", 1, "person_seen");
    }
    let auditor = world.signed_in("auditor").await;
    let all = lines(&auditor, "actor=clerk&to=2020-12-31").await;
    assert_eq!(all, ["AFTER", "LAST", "FIRST", "BEFORE"]);
    assert_eq!(lines(&auditor, "from=2020-01-02&to=2020-01-02").await, ["LAST", "FIRST"]);
    assert_eq!(lines(&auditor, "from=2020-01-02&to=2020-12-31").await, ["AFTER", "LAST", "FIRST"]);
    assert_eq!(lines(&auditor, "to=2020-01-02").await, ["LAST", "FIRST", "BEFORE"]);
    assert!(lines(&auditor, "from=2020-01-03&to=2020-01-02").await.is_empty());
}

#[actix_web::test]
async fn what_is_no_filter_is_left_out() {
    let world = World::new();
    for (number, request) in ["AAAAAA", "BBBBBB"].iter().enumerate() {
        line(&world, "2020-05-01 01:00:00", request, "clerk", number as i64 + 1, "person_seen");
    }
    let auditor = world.signed_in("auditor").await;
    for odd in [
        "action=dance",
        "action=",
        "actor=a%00b",
        "actor=",
        "person=x",
        "person=1.5",
        "person=99999999999999999999",
        "request=%27%3B--",
        "request=%00",
        "page=x",
        "page=0",
        "page=-3",
    ] {
        assert_eq!(lines(&auditor, &format!("{YEAR}&{odd}")).await, ["BBBBBB", "AAAAAA"], "{odd}");
    }
    for odd in
        ["from=gestern&to=2020-12-31", "from=2020-13-45&to=2020-12-31", "from=0000-01-01&to=2020-12-31"]
    {
        assert_eq!(lines(&auditor, odd).await, ["BBBBBB", "AAAAAA"], "{odd}");
    }
    for odd in ["from=2020-01-01&to=999999-12-31", "from=2020-01-01&to=%00"] {
        let shown = lines(&auditor, &format!("{odd}&request=AAAAAA")).await;
        assert_eq!(shown, ["AAAAAA"], "{odd}");
    }
}

#[actix_web::test]
async fn the_record_is_cut_into_pages_of_fifty() {
    let world = World::new();
    for number in 0..120 {
        line(&world, "2020-05-01 01:00:00", &format!("R{number:03}"), "clerk", 1, "person_seen");
    }
    let auditor = world.signed_in("auditor").await;
    let query = format!("{YEAR}&actor=clerk");
    let mut seen = vec![];
    for (page, size) in [(1, 50), (2, 50), (3, 20)] {
        let shown = lines(&auditor, &format!("{query}&page={page}")).await;
        assert_eq!(shown.len(), size, "page {page}");
        seen.extend(shown);
    }
    let newest_first: Vec<_> = (0..120).rev().map(|number| format!("R{number:03}")).collect();
    assert_eq!(seen, newest_first, "each line once, in order");
    assert_eq!(auditor.get(&format!("/admin/audit?{query}&page=4")).await.status, 404);
    assert_eq!(auditor.get(&format!("/admin/audit?{query}&page=1000000")).await.status, 404);
    let second = auditor.get(&format!("/admin/audit?{query}&page=2")).await;
    let next = second.between(r#"<nav class="pager""#, "</nav>");
    let escaped = query.replace('&', "&#38;");
    assert!(next.contains(&format!("/admin/audit?{escaped}&#38;page=3\" rel=\"next\"")), "{next}");
    // Fifty lines fill one page and ask for no other.
    let fifty = format!("{YEAR}&actor=secretary");
    for number in 0..50 {
        line(&world, "2020-05-01 01:00:00", &format!("S{number:03}"), "secretary", 1, "person_seen");
    }
    assert_eq!(lines(&auditor, &fifty).await.len(), 50);
    assert!(!auditor.get(&format!("/admin/audit?{fifty}")).await.body.contains(r#"class="pager""#));
    assert_eq!(auditor.get(&format!("/admin/audit?{fifty}&page=2")).await.status, 404);
}

#[actix_web::test]
async fn what_a_closed_account_did_is_still_found() {
    let world = World::new();
    line(&world, "2020-05-01 01:00:00", "AAAAAA", "clerk", 1, "person_seen");
    world.sql("UPDATE accounts SET closed_at = CURRENT_TIMESTAMP WHERE username = 'clerk'");
    let auditor = world.signed_in("auditor").await;
    assert_eq!(lines(&auditor, &format!("{YEAR}&actor=clerk")).await, ["AAAAAA"]);
}

// How pages look.

async fn choose(browser: &Browser<'_>, name: &str, value: &str) -> Answer {
    browser.post("/manner", &[(name, value), ("back", "/lectures?page=2")]).await
}

/// The first line of a page: language, mode and theme.
async fn root(browser: &Browser<'_>) -> String {
    browser.get("/help").await.between("<html ", ">").to_owned()
}

#[actix_web::test]
async fn a_reader_chooses_type_theme_and_language_without_an_account() {
    let world = World::new();
    let visitor = world.visitor();
    assert_eq!(root(&visitor).await, r#"lang="zh-CN""#);
    for (name, value, expected) in [
        ("mode", "elder", r#"lang="zh-CN" data-mode="elder""#),
        ("theme", "dark", r#"lang="zh-CN" data-mode="elder" data-theme="dark""#),
        ("lang", "en", r#"lang="en" data-mode="elder" data-theme="dark""#),
        ("theme", "light", r#"lang="en" data-mode="elder" data-theme="light""#),
        ("mode", "standard", r#"lang="en" data-theme="light""#),
        ("theme", "device", r#"lang="en""#),
        ("lang", "zh-CN", r#"lang="zh-CN""#),
    ] {
        let answer = choose(&visitor, name, value).await;
        assert_eq!((answer.status.as_u16(), answer.location.as_deref()), (303, Some("/lectures?page=2")));
        assert_eq!(root(&visitor).await, expected, "{name} {value}");
    }
    choose(&visitor, "lang", "en").await;
    let help = visitor.get("/help").await;
    assert!(!help.body.contains("怎样使用") && !help.body.contains("跳到主要内容"), "in English");
    assert!(help.body.contains(r#"value="zh-CN" lang="zh-CN">中文<"#), "and back");
    // It stays while one signs in and out.
    let fields = [("name", "member"), ("password", weixiao::demo::PASSWORD)];
    assert_eq!(visitor.post("/sign-in", &fields).await.status, 303);
    assert_eq!(root(&visitor).await, r#"lang="en""#);
    visitor.post("/sign-out", &[]).await;
    assert_eq!(root(&visitor).await, r#"lang="en""#);
}

#[actix_web::test]
async fn a_choice_is_kept_for_a_year_out_of_reach_of_scripts_and_other_sites() {
    let world = World::new();
    let attributes = |answer: &Answer| {
        let mut parts: Vec<_> = answer.headers["set-cookie"].split("; ").map(str::to_owned).collect();
        parts.sort();
        parts
    };
    for (name, value) in [("mode", "elder"), ("theme", "dark"), ("lang", "en")] {
        let cookie = attributes(&choose(&world.visitor(), name, value).await);
        let mut expected =
            ["HttpOnly", "Max-Age=31536000", "Path=/", "SameSite=Lax"].map(str::to_owned).to_vec();
        expected.push(format!("{name}={value}"));
        assert_eq!(cookie, expected);
    }
    let config = Config {
        database_url: world.url.clone(),
        listen: "127.0.0.1:0".parse().unwrap(),
        media: FOLDER.join("media"),
        media_url: None,
        uploads: FOLDER.join("uploads"),
        accel: None,
        public_url: Some("https://dx.example.gov.cn".into()),
        trusted_proxies: vec![],
        metrics_token: None,
        is_demo: false,
    };
    let portal = Portal::new(world.db.clone(), config).unwrap();
    let behind_tls = World { portal, db: world.db.clone(), url: world.url.clone() };
    assert!(attributes(&choose(&behind_tls.visitor(), "mode", "elder").await).contains(&"Secure".to_owned()));
}

#[actix_web::test]
async fn what_is_no_choice_changes_nothing() {
    let world = World::new();
    let visitor = world.visitor();
    choose(&visitor, "mode", "elder").await;
    for (name, value) in [
        ("mode", "giant"),
        ("mode", ""),
        ("theme", "dark; x=1"),
        ("theme", "DARK"),
        ("lang", "fr"),
        ("color", "red"),
        ("lang", "\0"),
    ] {
        let answer = choose(&visitor, name, value).await;
        assert_eq!(answer.status, 303, "{name} {value:?}");
        assert!(!answer.headers.contains_key("set-cookie"), "{name} {value:?}");
    }
    assert_eq!(root(&visitor).await, r#"lang="zh-CN" data-mode="elder""#);
    // Nor does a cookie that somebody made themselves.
    for (name, value) in [("mode", "giant"), ("theme", "neon"), ("lang", "xx")] {
        visitor.cookies.borrow_mut().insert(name.into(), value.into());
    }
    assert_eq!(root(&visitor).await, r#"lang="zh-CN""#);
}

#[actix_web::test]
async fn after_a_choice_one_stays_on_this_portal() {
    let world = World::new();
    for (back, expected) in [
        ("/bases?topic=habitat", "/bases?topic=habitat"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nSet-Cookie: x=1", "/"),
        ("", "/"),
    ] {
        let answer = world.visitor().post("/manner", &[("mode", "elder"), ("back", back)]).await;
        assert_eq!(answer.location.as_deref(), Some(expected), "{back:?}");
    }
    let answer = world.visitor().post("/manner", &[]).await;
    assert_eq!((answer.status.as_u16(), answer.location.as_deref()), (303, Some("/")));
}

#[actix_web::test]
async fn the_pages_that_explain_say_what_is_so() {
    let world = World::new();
    let visitor = world.visitor();
    let help = visitor.get("/help").await;
    assert!(help.body.contains(&format!("打印后 {CODE_VALID_DAYS} 天内有效")));
    assert!(help.body.contains("028-0000-0000"), "whom to telephone");
    let about = visitor.get("/about").await;
    let session = format!("{SESSION_IDLE_DAYS} 天没有打开，登录就结束；最长 {SESSION_LONGEST_DAYS} 天");
    assert!(about.body.contains(&session));
    for anchor in ["data", "accessibility"] {
        assert!(about.body.contains(&format!(r#"id="{anchor}""#)), "the foot links to #{anchor}");
    }
    let roles = visitor.get("/about/roles").await;
    let rows: Vec<_> = roles.body.split(r#"<th scope="row">"#).skip(1).collect();
    assert_eq!(rows.len(), Role::ALL.len());
    for (role, row) in Role::ALL.iter().zip(rows) {
        let cells: Vec<_> = row.split("<td>").skip(1).map(|cell| cell.contains('✓')).collect();
        let may: Vec<_> = Permission::ALL.iter().map(|one| role.permissions().contains(one)).collect();
        assert_eq!(cells, may, "{role:?}");
    }
}
