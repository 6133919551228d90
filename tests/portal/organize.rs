//! The desk of courses: making, changing and reviewing them through the pages, and the rules from below.
use crate::world::{Answer, Browser, World};
use weixiao::audit::Doer;
use weixiao::clock;
use weixiao::courses::{self, NewItem, Opening, Task, Verdict};
use weixiao::ids::{AccountId, ItemId, LectureId, random_hex};

const ABOUT: &[(&str, &str)] = &[
    ("summary", "一句话。"),
    ("text", "## 怎么学\n\n先看 **两堂课**。"),
    ("topic", "1"),
    ("cover", ""),
    ("mode", "online"),
    ("visibility", "public"),
    ("hours", "1.25"),
    ("due", ""),
    ("slug", ""),
];

/// The form of a course with these changes.
fn about<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields: Vec<_> =
        ABOUT.iter().copied().filter(|(name, _)| changes.iter().all(|(other, _)| other != name)).collect();
    fields.extend(changes);
    fields
}

fn number_in(path: &str, after: &str) -> i64 {
    let rest = path.split_once(after).unwrap_or_else(|| panic!("no {after} in {path}")).1;
    rest.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
}

async fn make(browser: &Browser<'_>, title: &str) -> i64 {
    let key = browser.get("/organize/courses/new").await.key();
    let made = browser.post("/organize/courses", &about(&[("title", title), ("key", &key)])).await;
    assert_eq!(made.status, 303, "{}", made.body);
    number_in(&made.location.unwrap(), "/organize/courses/")
}

async fn add_lecture(browser: &Browser<'_>, course: i64, lecture: i64) -> Answer {
    let path = format!("/organize/courses/{course}/add/lectures");
    let key = random_hex(16);
    browser.post(&path, &[("lecture", &lecture.to_string()), ("key", &key)]).await
}

/// A published lecture; the nth.
fn lecture(world: &World, place: i64) -> i64 {
    world.number(&format!(
        "SELECT id FROM lectures WHERE stage = 'published' ORDER BY id LIMIT 1 OFFSET {place}"
    ))
}

async fn go(browser: &Browser<'_>, course: i64, verb: &str) -> Answer {
    browser.post(&format!("/organize/courses/{course}/{verb}"), &[]).await
}

async fn judge(browser: &Browser<'_>, course: i64, round: i64, verdict: &str) -> Answer {
    let path = format!("/review/courses/{course}");
    let round = round.to_string();
    browser.post(&path, &[("round", &round), ("verdict", verdict), ("remark", "看过了。")]).await
}

/// A course of the instructor with one lecture, published by another person.
async fn published(world: &World, maker: &Browser<'_>, reviewer: &Browser<'_>, title: &str) -> i64 {
    let course = make(maker, title).await;
    assert_eq!(add_lecture(maker, course, lecture(world, 0)).await.status, 303);
    assert_eq!(go(maker, course, "submit").await.status, 303);
    let round = world.number(&format!("SELECT round FROM courses WHERE id = {course}"));
    assert_eq!(judge(reviewer, course, round, "passed").await.status, 303);
    course
}

fn stage(world: &World, course: i64, stage: &str) -> bool {
    world.number(&format!("SELECT COUNT(*) FROM courses WHERE id = {course} AND stage = '{stage}'")) == 1
}

#[actix_web::test]
async fn a_course_goes_its_way_from_a_title_to_the_public() {
    let world = World::new();
    let maker = world.signed_in("instructor").await;
    let reviewer = world.signed_in("reviewer1").await;
    let course = make(&maker, "Rescue 2099 防汛值守").await;
    assert_eq!(
        world.number(&format!("SELECT COUNT(*) FROM offerings WHERE course_id = {course}")),
        1,
        "places are offered"
    );
    assert_eq!(
        world.number(&format!(
            "SELECT COUNT(*) FROM courses WHERE id = {course} AND slug = 'rescue-2099' AND quarters = 5"
        )),
        1
    );
    let page = maker.get(&format!("/organize/courses/{course}")).await;
    assert!(
        page.body.contains("还没有学习内容，请先添加") && page.body.contains("disabled"),
        "{}",
        page.body
    );
    // It cannot be handed in before there is something to study.
    let early = go(&maker, course, "submit").await;
    assert_eq!(early.status, 409);
    assert!(early.body.contains("还没有学习内容"));
    // Lectures, found by a word and by their number.
    let first = lecture(&world, 0);
    let found = maker.get(&format!("/organize/courses/{course}/add/lectures?q={first}")).await;
    assert!(found.body.contains(&format!("name=\"lecture\" value=\"{first}\"")), "{}", found.body);
    assert_eq!(add_lecture(&maker, course, first).await.status, 303);
    let there = maker.get(&format!("/organize/courses/{course}/add/lectures?q={first}")).await;
    assert!(there.body.contains("已在课程里"));
    let again = add_lecture(&maker, course, first).await;
    assert_eq!(again.status, 409);
    assert!(again.body.contains("已经在学习内容里"));
    // Chapters, several at once; the same post twice adds them once.
    let booklet = world.number("SELECT MIN(id) FROM booklets WHERE stage = 'published'");
    let path = format!("/organize/courses/{course}/add/chapters");
    let shown = maker.get(&format!("{path}?booklet={booklet}")).await;
    let (booklet, key) = (booklet.to_string(), shown.key());
    let fields = [
        ("booklet", booklet.as_str()),
        ("chapter", "1"),
        ("chapter", "2"),
        ("unit", "第二单元"),
        ("key", &key),
    ];
    for _ in 0..2 {
        let added = maker.post(&path, &fields).await;
        assert_eq!(added.status, 303, "{}", added.body);
    }
    let none = maker.post(&path, &[("booklet", &booklet), ("key", &random_hex(16))]).await;
    assert_eq!(none.status, 422);
    assert!(none.body.contains("请至少选一章"));
    let items =
        |sql: &str| world.number(&format!("SELECT {sql} FROM course_items WHERE course_id = {course}"));
    assert_eq!((items("COUNT(*)"), items("MIN(position)"), items("MAX(position)")), (3, 1, 3));
    // Moved, changed and taken out.
    let last = items("MAX(id)");
    let to = maker.post(&format!("/organize/courses/{course}/items/{last}/up"), &[]).await;
    assert_eq!(to.status, 303);
    let at = world.number(&format!("SELECT position FROM course_items WHERE id = {last}"));
    assert_eq!(at, 2);
    let step = format!("/organize/courses/{course}/items/{last}");
    let wrong = maker.post(&step, &[("title", ""), ("opens", "on_day")]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("请写从哪天起可以学"), "{}", wrong.body);
    let seen = maker.get(&step).await.between("name=\"seen\" value=\"", "\"").to_owned();
    let fields = [("title", "读第二章"), ("opens", "in_order"), ("seen", &seen)];
    for _ in 0..2 {
        let saved = maker.post(&step, &fields).await;
        assert_eq!(saved.status, 303, "{}", saved.body);
    }
    // Whoever opened it before that is told, sees both, and may then save over it.
    let late = maker.post(&step, &[("title", "再读第二章"), ("opens", "at_once"), ("seen", &seen)]).await;
    assert_eq!(late.status, 422);
    assert!(late.between("别人保存的那一份", "</dl>").contains("读第二章"), "{}", late.body);
    assert!(late.body.contains("value=\"再读第二章\""));
    let seen = late.between("name=\"seen\" value=\"", "\"").to_owned();
    let over = maker.post(&step, &[("title", "再读第二章"), ("opens", "at_once"), ("seen", &seen)]).await;
    assert_eq!(over.status, 303, "{}", over.body);
    assert_eq!(maker.post(&format!("{step}/remove"), &[]).await.status, 303);
    assert_eq!((items("COUNT(*)"), items("MAX(position)")), (2, 2));
    let preview = maker.get(&format!("/organize/courses/{course}/preview")).await;
    assert!(
        preview.body.contains("这是预览") && preview.body.contains("<h3>怎么学</h3>"),
        "{}",
        preview.body
    );
    // Handed in, nothing can be changed; passed by another person, it is public.
    assert_eq!(go(&maker, course, "submit").await.status, 303);
    assert_eq!(add_lecture(&maker, course, lecture(&world, 1)).await.status, 409);
    let own = maker.post(&format!("/organize/courses/{course}"), &about(&[("title", "改名")])).await;
    assert_eq!(own.status, 409);
    let waits = reviewer.get("/review/courses").await;
    assert!(waits.body.contains("Rescue 2099"));
    let seen = reviewer.get(&format!("/review/courses/{course}")).await;
    assert!(seen.body.contains(&format!("/lectures/{first}\" target=\"_blank\"")), "{}", seen.body);
    let wordless =
        reviewer.post(&format!("/review/courses/{course}"), &[("round", "1"), ("verdict", "returned")]).await;
    assert_eq!(wordless.status, 422);
    assert!(wordless.body.contains("退回时请写明要改什么"));
    assert_eq!(judge(&reviewer, course, 1, "returned").await.status, 303);
    assert!(stage(&world, course, "draft"));
    let back = maker.get(&format!("/organize/courses/{course}")).await;
    assert!(back.body.contains("看过了。"), "the author sees the remark");
    assert_eq!(go(&maker, course, "submit").await.status, 303);
    let old = judge(&reviewer, course, 1, "passed").await;
    assert_eq!(old.status, 409, "a verdict on an older handing in");
    assert!(old.body.contains("不是最新的一稿"));
    assert!(stage(&world, course, "in_review"));
    assert_eq!(judge(&reviewer, course, 2, "passed").await.status, 303);
    assert!(stage(&world, course, "published"));
    assert_eq!(reviewer.get(&format!("/review/courses/{course}")).await.status, 404);
}

#[actix_web::test]
async fn a_published_course_is_changed_beside_the_public_version() {
    let world = World::new();
    let maker = world.signed_in("instructor").await;
    let reviewer = world.signed_in("reviewer1").await;
    let course = published(&world, &maker, &reviewer, "一门公开的课").await;
    let public = |world: &World| {
        world.number(&format!(
            "SELECT COUNT(*) FROM course_items i JOIN courses c ON c.id = i.course_id AND c.version = i.version WHERE c.id = {course}"
        ))
    };
    assert_eq!(add_lecture(&maker, course, lecture(&world, 1)).await.status, 409);
    for _ in 0..2 {
        assert_eq!(go(&maker, course, "begin").await.status, 303);
    }
    assert_eq!(add_lecture(&maker, course, lecture(&world, 1)).await.status, 303);
    assert_eq!(public(&world), 1);
    let page = maker.get(&format!("/organize/courses/{course}")).await;
    assert!(page.body.contains("新加的") && page.body.contains("已经报名的人继续学原来的那一版"));
    assert_eq!(go(&maker, course, "drop").await.status, 303);
    assert_eq!(go(&maker, course, "drop").await.status, 409);
    assert_eq!(go(&maker, course, "begin").await.status, 303);
    assert_eq!(add_lecture(&maker, course, lecture(&world, 2)).await.status, 303);
    assert_eq!(go(&maker, course, "submit").await.status, 303);
    assert_eq!(public(&world), 1, "nothing is public before it has passed");
    let seen = reviewer.get(&format!("/review/courses/{course}")).await;
    assert!(seen.body.contains("新加的"), "{}", seen.body);
    assert_eq!(go(&maker, course, "take-back").await.status, 303);
    assert_eq!(judge(&reviewer, course, 2, "passed").await.status, 409);
    assert_eq!(go(&maker, course, "submit").await.status, 303);
    assert_eq!(judge(&reviewer, course, 3, "passed").await.status, 303);
    assert_eq!(public(&world), 2);
    // Withdrawn with a reason, edited again, archived.
    let path = format!("/organize/courses/{course}/withdraw");
    assert_eq!(maker.post(&path, &[("reason", " ")]).await.status, 422);
    assert_eq!(maker.post(&path, &[("reason", "内容过时")]).await.status, 303);
    let page = maker.get(&format!("/organize/courses/{course}")).await;
    assert!(page.body.contains("内容过时"));
    let shut = add_lecture(&maker, course, lecture(&world, 3)).await;
    assert!(shut.status == 409 && shut.body.contains("重新编辑"), "{}", shut.body);
    assert_eq!(go(&maker, course, "reopen").await.status, 303);
    assert!(stage(&world, course, "draft"));
    assert_eq!(go(&maker, course, "archive").await.status, 303);
    let gone = maker.get("/organize").await;
    assert!(!gone.body.contains("一门公开的课"));
    assert!(maker.get("/organize?archived=1").await.body.contains("一门公开的课"));
}

#[actix_web::test]
async fn two_people_who_change_the_text_at_once_lose_nothing() {
    let world = World::new();
    let maker = world.signed_in("instructor").await;
    let organizer = world.signed_in("organizer").await;
    let course = make(&maker, "两个人改的课").await;
    let path = format!("/organize/courses/{course}");
    let seen = |page: &Answer| page.between("name=\"seen\" value=\"", "\"").to_owned();
    let (mine, theirs) = (seen(&maker.get(&path).await), seen(&organizer.get(&path).await));
    // A step that is added meanwhile is no other text.
    assert_eq!(add_lecture(&maker, course, lecture(&world, 0)).await.status, 303);
    let saved = organizer.post(&path, &about(&[("title", "组织者的课名"), ("seen", &theirs)])).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let late =
        maker.post(&path, &about(&[("title", "作者的课名"), ("text", "作者写的话"), ("seen", &mine)])).await;
    assert_eq!(late.status, 422);
    assert!(
        late.body.contains("组织者的课名") && late.body.contains("value=\"作者的课名\""),
        "{}",
        late.body
    );
    assert!(late.body.contains("作者写的话"));
    let again = maker.post(&path, &about(&[("title", "作者的课名"), ("seen", &seen(&late))])).await;
    assert_eq!(again.status, 303, "whoever has seen the other text may save over it");
    // Whoever has changed it does not pass it.
    assert_eq!(go(&maker, course, "submit").await.status, 303);
    let barred = organizer.get(&format!("/review/courses/{course}")).await;
    assert!(barred.body.contains("自己做的或改过的系列课程要请别人审"), "{}", barred.body);
    assert_eq!(judge(&organizer, course, 1, "passed").await.status, 409);
    assert!(stage(&world, course, "in_review"));
}

#[actix_web::test]
async fn a_form_that_is_sent_twice_makes_one_course_and_names_are_unique() {
    let world = World::new();
    let maker = world.signed_in("instructor").await;
    let key = maker.get("/organize/courses/new").await.key();
    let fields = about(&[("title", "一份"), ("slug", "One-Form"), ("key", &key)]);
    let first = maker.post("/organize/courses", &fields).await;
    let second = maker.post("/organize/courses", &fields).await;
    assert_eq!((first.status, &first.location), (second.status, &second.location));
    assert_eq!(world.number("SELECT COUNT(*) FROM courses WHERE title = '一份'"), 1);
    let key = random_hex(16);
    let taken = maker
        .post("/organize/courses", &about(&[("title", "另"), ("slug", "one-form"), ("key", &key)]))
        .await;
    assert_eq!(taken.status, 422);
    assert!(taken.body.contains("这个网址名称已经有课程在用") && taken.body.contains("value=\"另\""));
    for (field, value, problem) in [
        ("hours", "1.3", "0.25 的倍数"),
        ("topic", "9999", "请选一个主题"),
        ("cover", "../x", "请从列出的封面里选"),
        ("mode", "", "请选在哪里学"),
        ("due", "2026-02-30", "日期写成"),
        ("slug", "党课", "网址名称只用小写字母"),
        ("title", "", "请填写"),
    ] {
        let mut changes = vec![("title", "有错的"), ("key", key.as_str())];
        changes.retain(|change| change.0 != field);
        changes.push((field, value));
        let wrong = maker.post("/organize/courses", &about(&changes)).await;
        assert_eq!(wrong.status, 422, "{field}");
        assert!(wrong.body.contains(problem), "{field}: {}", wrong.body);
    }
    let course = number_in(&first.location.unwrap(), "/organize/courses/");
    add_lecture(&maker, course, lecture(&world, 0)).await;
    let key = random_hex(16);
    let path = format!("/organize/courses/{course}/duplicate");
    let copies = [maker.post(&path, &[("key", &key)]).await, maker.post(&path, &[("key", &key)]).await];
    assert_eq!(copies[0].location, copies[1].location);
    let copy = number_in(copies[0].location.as_ref().unwrap(), "/organize/courses/");
    assert_ne!(copy, course);
    assert_eq!(world.number(&format!("SELECT COUNT(*) FROM course_items WHERE course_id = {copy}")), 1);
}

#[actix_web::test]
async fn a_course_is_its_makers_and_the_organizers() {
    let world = World::new();
    let organizer = world.signed_in("organizer").await;
    let course = make(&organizer, "组织者的课").await;
    add_lecture(&organizer, course, lecture(&world, 0)).await;
    let item = world.number(&format!("SELECT MAX(id) FROM course_items WHERE course_id = {course}"));
    let stranger = world.signed_in("instructor").await;
    let before = world.number("SELECT COUNT(*) FROM audit_entries");
    for path in
        ["", "/preview", "/add/lectures", "/add/chapters", "/add/session", "/sessions", "/sessions/new"]
    {
        assert_eq!(stranger.get(&format!("/organize/courses/{course}{path}")).await.status, 404, "{path}");
    }
    let key = random_hex(16);
    for path in [
        "".to_owned(),
        "/submit".into(),
        "/take-back".into(),
        "/begin".into(),
        "/drop".into(),
        "/reopen".into(),
        "/archive".into(),
        "/duplicate".into(),
        "/withdraw".into(),
        "/prerequisites".into(),
        "/add/lectures".into(),
        "/add/session".into(),
        format!("/items/{item}"),
        format!("/items/{item}/up"),
        format!("/items/{item}/remove"),
    ] {
        let fields = about(&[
            ("title", "别人的"),
            ("key", &key),
            ("reason", "x"),
            ("lecture", "1"),
            ("opens", "at_once"),
            ("add", "1"),
        ]);
        let answer = stranger.post(&format!("/organize/courses/{course}{path}"), &fields).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.body);
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM audit_entries"), before);
    assert!(!stranger.get("/organize").await.body.contains("组织者的课"));
    assert!(!stranger.get("/organize?whose=all").await.body.contains("组织者的课"));
    let own = make(&stranger, "讲师的课").await;
    assert_eq!(organizer.get(&format!("/organize/courses/{own}")).await.status, 200);
    assert!(organizer.get("/organize").await.body.contains("讲师的课"));
    assert!(!organizer.get("/organize?whose=mine").await.body.contains("讲师的课"));
    // A step of one course under the address of another.
    let crossed = stranger.post(&format!("/organize/courses/{own}/items/{item}/remove"), &[]).await;
    assert_eq!(crossed.status, 404);
    assert_eq!(world.number(&format!("SELECT COUNT(*) FROM course_items WHERE id = {item}")), 1);
}

#[actix_web::test]
async fn hostile_markdown_is_shown_as_text() {
    let world = World::new();
    let maker = world.signed_in("instructor").await;
    let key = random_hex(16);
    let text = "# 大标题\n\n<script>alert(1)</script> <img src=x onerror=alert(2)>\n\n###### 小标题";
    let title = "<b>课</b>\"'&".to_owned() + &"长".repeat(40);
    let made =
        maker.post("/organize/courses", &about(&[("title", &title), ("text", text), ("key", &key)])).await;
    let course = number_in(&made.location.unwrap(), "/organize/courses/");
    for path in ["", "/preview"] {
        let page = maker.get(&format!("/organize/courses/{course}{path}")).await;
        assert_eq!(page.status, 200);
        assert!(!page.body.contains("<script>alert") && !page.body.contains("<img src=x"), "{}", page.body);
        assert!(!page.body.contains("<b>课"), "{path}");
        assert_eq!(page.body.matches("<h1").count(), 1, "{path}");
    }
    let preview = maker.get(&format!("/organize/courses/{course}/preview")).await;
    assert!(preview.body.contains("<h3>大标题</h3>") && preview.body.contains("<h3>小标题</h3>"));
    let search = maker.get(&format!("/organize/courses/{course}/add/lectures?q=%25%27%00")).await;
    assert_eq!(search.status, 200);
    let percent = maker.get(&format!("/organize/courses/{course}/add/lectures?q=%25")).await;
    assert!(percent.body.contains("没有找到"), "a percent sign finds itself only");
}

#[actix_web::test]
async fn what_has_to_be_finished_before_makes_no_circle() {
    let world = World::new();
    let maker = world.signed_in("instructor").await;
    let reviewer = world.signed_in("reviewer1").await;
    let first = published(&world, &maker, &reviewer, "先学的课").await;
    let second = published(&world, &maker, &reviewer, "后学的课").await;
    let draft = make(&maker, "草稿").await;
    let require = async |course: i64, other: i64| {
        let path = format!("/organize/courses/{course}/prerequisites");
        maker.post(&path, &[("add", &other.to_string())]).await
    };
    assert_eq!(require(second, first).await.status, 303);
    assert_eq!(require(second, first).await.status, 303, "a form that is sent twice");
    let count = format!("SELECT COUNT(*) FROM course_prerequisites WHERE course_id = {second}");
    assert_eq!(world.number(&count), 1);
    let circle = require(first, second).await;
    assert_eq!(circle.status, 409);
    assert!(circle.body.contains("绕成了圈"));
    assert_eq!(require(first, draft).await.status, 422, "a draft cannot be finished");
    assert_eq!(require(first, first).await.status, 422);
    let path = format!("/organize/courses/{second}/prerequisites");
    assert_eq!(maker.post(&path, &[("remove", &first.to_string())]).await.status, 303);
    assert_eq!(require(first, second).await.status, 303);
}

/// INV-E4: an organizer who adds somebody with another date at the same time is warned, may be sure, and sees it on the list.
async fn overlaps_are_said(world: &World, course: i64, event: i64) {
    let offering = |event: i64| world.number(&format!("SELECT id FROM offerings WHERE event_id = {event}"));
    let at_the_time = format!(
        "SELECT MAX(s.event_id) FROM course_sessions s JOIN events e ON e.id = s.event_id JOIN events f ON f.id = {event} \
         WHERE s.course_id = {course} AND e.starts_at < f.ends_at AND e.ends_at > f.starts_at AND e.id <> f.id"
    );
    let (first, second) = (offering(event), offering(world.number(&at_the_time)));
    let number = world.text(
        "SELECT member_no AS t FROM memberships m JOIN accounts a ON a.person_id = m.person_id WHERE a.username = 'member' AND m.valid_to IS NULL",
    );
    let organizer = world.signed_in("organizer").await;
    let add = async |offering: i64, fields: &[(&str, &str)]| {
        let key = random_hex(16);
        let all = [&[("key", key.as_str()), ("number", number.as_str())], fields].concat();
        organizer.post(&format!("/organize/offerings/{offering}/add"), &all).await
    };
    let course = world.number(&format!("SELECT id FROM offerings WHERE course_id = {course}"));
    for offering in [course, first] {
        let added = add(offering, &[]).await;
        assert_eq!(added.status, 303, "{}", added.body);
    }
    let warned = add(second, &[]).await;
    assert_eq!(warned.status, 422);
    assert!(warned.body.contains("时间重叠") && warned.body.contains("仍然添加"), "{}", warned.body);
    assert_eq!(add(second, &[("warned", "D0000000")]).await.status, 422, "the warning was about another");
    let list = format!("/organize/offerings/{second}/participants");
    assert!(!organizer.get(&list).await.body.contains("时间重叠"));
    assert_eq!(add(second, &[("warned", &number)]).await.status, 303);
    assert!(organizer.get(&list).await.body.contains("时间重叠"));
}

#[actix_web::test]
async fn dates_are_arranged_changed_and_cancelled_within_what_a_base_holds() {
    let world = World::new();
    let maker = world.signed_in("instructor").await;
    let course = make(&maker, "现场的课").await;
    let fields = [("title", "走一遍渠首"), ("opens", "at_once"), ("required", "1"), ("key", &random_hex(16))];
    assert_eq!(maker.post(&format!("/organize/courses/{course}/add/session"), &fields).await.status, 303);
    let early = go(&maker, course, "submit").await;
    assert!(early.status == 409 && early.body.contains("还没有安排时间"), "{}", early.body);
    let base = world.number("SELECT MIN(id) FROM bases WHERE kind = 'base'");
    let capacity = world.number(&format!("SELECT capacity FROM bases WHERE id = {base}"));
    let (base, path) = (base.to_string(), format!("/organize/courses/{course}/sessions"));
    let page = maker.get(&format!("{path}/new")).await;
    let step = page.between("name=\"step\"><option value=\"", "\"").to_owned();
    let arrange = async |from: &str, to: &str, seats: i64, key: &str| {
        let (starts, ends) = (format!("2099-01-05T{from}"), format!("2099-01-05T{to}"));
        let seats = seats.to_string();
        let fields = [
            ("step", step.as_str()),
            ("starts", &starts),
            ("ends", &ends),
            ("base", &base),
            ("lecturer", "周明澜"),
            ("seats", &seats),
            ("key", key),
        ];
        maker.post(&path, &fields).await
    };
    let (half, key) = (capacity / 2, random_hex(16));
    assert_eq!(arrange("09:00", "11:00", capacity + 1, &key).await.status, 422);
    for _ in 0..2 {
        let made = arrange("09:00", "11:00", half, &key).await;
        assert_eq!(made.status, 303, "{}", made.body);
    }
    assert_eq!(world.number(&format!("SELECT COUNT(*) FROM course_sessions WHERE course_id = {course}")), 1);
    let over = arrange("10:00", "12:00", capacity - half + 1, &random_hex(16)).await;
    assert_eq!(over.status, 422);
    assert!(
        over.body.contains("最多还能来") && over.body.contains("value=\"2099-01-05T10:00\""),
        "{}",
        over.body
    );
    assert_eq!(arrange("10:00", "12:00", capacity - half, &random_hex(16)).await.status, 303);
    assert_eq!(
        arrange("12:00", "13:00", capacity, &random_hex(16)).await.status,
        303,
        "the end is not within"
    );
    let backwards = arrange("12:00", "11:00", 1, &random_hex(16)).await;
    assert_eq!(backwards.status, 422);
    let event =
        world.number(&format!("SELECT MIN(event_id) FROM course_sessions WHERE course_id = {course}"));
    assert_eq!(
        world.number(&format!("SELECT capacity FROM offerings WHERE event_id = {event}")),
        half,
        "seats are an offering's"
    );
    // Dates are added to what is public, too.
    world.sql(&format!("UPDATE courses SET stage = 'published', version = draft_version, published_at = created_at WHERE id = {course}"));
    overlaps_are_said(&world, course, event).await;
    world.sql(&format!(
        "UPDATE courses SET stage = 'draft', version = 0, published_at = NULL WHERE id = {course}"
    ));
    let one = format!("{path}/{event}");
    let shown = maker.get(&one).await;
    let seen = shown.between("name=\"seen\" value=\"", "\"").to_owned();
    let change = async |seats: i64, place: &str, seen: &str| {
        let seats = seats.to_string();
        let fields = [
            ("starts", "2099-01-05T09:00"),
            ("ends", "2099-01-05T11:00"),
            ("base", base.as_str()),
            ("place", place),
            ("seats", &seats),
            ("seen", seen),
        ];
        maker.post(&one, &fields).await
    };
    assert_eq!(
        change(half + 1, "", &seen).await.status,
        422,
        "its own seats do not count twice, the others' do"
    );
    let changed = change(half - 1, "门口集合", &seen).await;
    assert_eq!(changed.status, 303, "{}", changed.body);
    assert_eq!(world.number(&format!("SELECT capacity FROM offerings WHERE event_id = {event}")), half - 1);
    // The terms of its seats are no way around the base.
    let offering = world.number(&format!("SELECT id FROM offerings WHERE event_id = {event}"));
    for (seats, status) in
        [((capacity + 1).to_string(), 422), (String::new(), 422), ((half - 1).to_string(), 303)]
    {
        let terms = format!("/organize/offerings/{offering}");
        let seen = maker.get(&terms).await.between("name=\"seen\" value=\"", "\"").to_owned();
        let fields = [("mode", "open"), ("capacity", seats.as_str()), ("step", "save"), ("seen", &seen)];
        let answer = maker.post(&terms, &fields).await;
        assert_eq!(answer.status, status, "{seats}: {}", answer.body);
    }
    assert_eq!(world.number(&format!("SELECT capacity FROM offerings WHERE event_id = {event}")), half - 1);
    let late = change(half - 2, "侧门集合", &seen).await;
    assert_eq!(late.status, 422);
    assert!(late.body.contains("门口集合") && late.body.contains("侧门集合"), "{}", late.body);
    assert_eq!(
        world.number(&format!("SELECT capacity FROM offerings WHERE event_id = {event}")),
        half - 1,
        "nothing of it was saved"
    );
    // A step with dates is not taken out of a course that nobody has seen.
    let item = world.number(&format!("SELECT MAX(id) FROM course_items WHERE course_id = {course}"));
    let kept = maker.post(&format!("/organize/courses/{course}/items/{item}/remove"), &[]).await;
    assert_eq!(kept.status, 409);
    assert_eq!(maker.post(&format!("{one}/cancel"), &[("reason", "")]).await.status, 422);
    assert_eq!(maker.post(&format!("{one}/cancel"), &[("reason", "汛期封路")]).await.status, 303);
    let list = maker.get(&path).await;
    assert!(list.body.contains("汛期封路") && list.body.contains("已取消"));
    assert_eq!(
        arrange("09:00", "10:00", capacity, &random_hex(16)).await.status,
        303,
        "its seats are free again"
    );
    let other = make(&maker, "别的课").await;
    assert_eq!(maker.get(&format!("/organize/courses/{other}/sessions/{event}")).await.status, 404);
    assert_eq!(go(&maker, course, "submit").await.status, 303);
}

#[actix_web::test]
async fn open_self_tests_are_added_once() {
    let world = World::new();
    let organizer = world.signed_in("organizer").await;
    let course = make(&organizer, "有自测的课").await;
    let path = format!("/organize/courses/{course}/add/tests");
    let page = organizer.get(&path).await;
    let test = world.number("SELECT MIN(id) FROM tests WHERE is_open = (1 = 1)");
    assert!(page.body.contains(&format!("name=\"test\" value=\"{test}\"")), "{}", page.body);
    let (test, key) = (test.to_string(), page.key());
    for _ in 0..2 {
        assert_eq!(organizer.post(&path, &[("test", &test), ("key", &key)]).await.status, 303);
    }
    assert_eq!(world.number(&format!("SELECT COUNT(*) FROM course_items WHERE course_id = {course}")), 1);
    let again = organizer.post(&path, &[("test", &test), ("key", &random_hex(16))]).await;
    assert_eq!(again.status, 409);
    assert!(organizer.get(&path).await.body.contains("已在课程里"));
    let unknown = organizer.post(&path, &[("test", "99999"), ("key", &random_hex(16))]).await;
    assert_eq!(unknown.status, 404);
}

/// A small generator: the walk is the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// Whatever is tried in whatever order: nothing is public without another person's pass of exactly that handing in, what is
/// public changes only by a pass, and the steps are numbered 1, 2, 3 …
#[actix_web::test]
async fn no_walk_leads_past_the_review() {
    let world = World::new();
    let account =
        |name: &str| AccountId(world.number(&format!("SELECT id FROM accounts WHERE username = '{name}'")));
    let people = ["instructor", "organizer", "reviewer1", "checker"].map(account);
    let lectures: Vec<i64> = (0..12).map(|place| lecture(&world, place)).collect();
    let mut published = 0;
    for seed in 0..6 {
        let mut dice = Dice(seed * 7_919 + 1);
        let id = world
            .db
            .write_now(|conn| {
                let about = courses::About {
                    title: "走法".into(),
                    summary: String::new(),
                    text: String::new(),
                    topic: weixiao::ids::TopicId(1),
                    cover: "ridge".into(),
                    mode: courses::Mode::Online,
                    visibility: courses::Visibility::Public,
                    quarters: 4,
                    due_on: None,
                };
                let doer = Doer { account: Some(people[0]), ..Doer::default() };
                courses::create(
                    conn,
                    &format!("walk-{seed}"),
                    &about,
                    people[0],
                    &random_hex(16),
                    &doer,
                    clock::now(),
                )
            })
            .unwrap();
        let mut public = vec![];
        for _ in 0..120 {
            let (what, one, two) = (dice.roll(12), dice.roll(12), dice.roll(2));
            // Two write; all four try to review.
            let who = people[dice.roll(if matches!(what, 7 | 8) { 4 } else { 2 }) as usize];
            let before = world.db.write_now(|conn| courses::find(conn, id)).unwrap();
            let doer = Doer { account: Some(who), ..Doer::default() };
            let done = world.db.write_now(|conn| {
                let now = clock::now();
                let items = courses::items(conn, id, before.draft_version)?;
                let item = items.get(one as usize % items.len().max(1)).map_or(ItemId(-1), |item| item.id);
                match what {
                    0 | 1 => {
                        let item = NewItem {
                            unit: String::new(),
                            title: "课".into(),
                            task: Task::Lecture(LectureId(lectures[one as usize]), 80),
                            is_required: true,
                            opening: Opening::AtOnce,
                        };
                        courses::add_item(conn, id, &item, &doer, now).map(|_| ())
                    }
                    2 => courses::move_item(conn, id, item, two == 0, &doer, now),
                    3 => courses::remove_item(conn, id, item, &doer, now),
                    4 | 5 => courses::submit(conn, id, &doer, now),
                    6 => courses::take_back(conn, id, &doer, now),
                    7 | 8 => {
                        let round = before.round - i32::from(one == 0);
                        let verdict = if two == 0 { Verdict::Returned } else { Verdict::Passed };
                        courses::review(conn, id, (round, verdict, "说"), who, &doer, now)
                    }
                    9 => courses::begin_change(conn, id, &doer, now),
                    10 if two == 0 => courses::drop_change(conn, id, &doer, now),
                    10 => courses::withdraw(conn, id, "停", &doer, now),
                    _ => courses::reopen(conn, id, &doer, now),
                }
            });
            let after = world.db.write_now(|conn| courses::find(conn, id)).unwrap();
            let items = |version: i32| world.db.write_now(|conn| courses::items(conn, id, version)).unwrap();
            let places: Vec<i32> = items(after.draft_version).iter().map(|item| item.position).collect();
            assert_eq!(places, (1..=places.len() as i32).collect::<Vec<_>>(), "seed {seed}");
            let is_pass = done.is_ok() && matches!(what, 7 | 8) && two == 1;
            if after.version != before.version || (after.is_published() && !before.is_published()) {
                assert!(is_pass && before.is_submitted, "seed {seed}: published by {what}");
                assert_eq!(
                    world.number(&format!(
                        "SELECT COUNT(*) FROM course_reviews WHERE course_id = {id} AND round = {} AND verdict = 'passed' AND reviewer_id = {}",
                        before.round, who.0
                    )),
                    1
                );
                assert_eq!(
                    world.number(&format!(
                        "SELECT COUNT(*) FROM audit_entries WHERE subject_kind = 'course' AND subject_id = {id} AND actor_id = {} AND action IN ('course_made', 'course_changed')",
                        who.0
                    )),
                    0,
                    "seed {seed}: it was passed by somebody who made or changed it"
                );
                public = items(after.version);
                published += 1;
            }
            if after.version > 0 {
                assert_eq!(items(after.version), public, "seed {seed}: what is public changed by {what}");
            }
        }
    }
    assert!(published > 6, "the walks came to the public {published} times");
}
