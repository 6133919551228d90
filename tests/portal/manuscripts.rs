//! The desk of booklets: from a title to what is read, two editors, the other person's review, files, texts from elsewhere,
//! the book to take away.
use crate::world::{Answer, Browser, World};
use quick_xml::Reader;
use quick_xml::events::Event;
use std::io::{Cursor, Read, Write};
use weixiao::app::routes;
use weixiao::ids::random_hex;
use zip::ZipArchive;
use zip::write::SimpleFileOptions;

const ABOUT: &[(&str, &str)] =
    &[("kind", "手册"), ("intro", "巡渠的人用"), ("cover", ""), ("style", "2"), ("visibility", "public")];

fn about<'a>(title: &'a str, changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![("title", title)];
    fields.extend(ABOUT.iter().filter(|(name, _)| changes.iter().all(|(other, _)| other != name)));
    fields.extend(changes);
    fields
}

fn number_in(location: &str, before: &str) -> i64 {
    let rest = location.split_once(before).unwrap_or_else(|| panic!("{before} in {location}")).1;
    rest.split(['?', '/', '#']).next().unwrap().parse().unwrap()
}

/// A new booklet of whoever has this browser.
async fn create(browser: &Browser<'_>, title: &str, slug: &str) -> i64 {
    let key = random_hex(16);
    let made = browser.post("/studio/booklets", &about(title, &[("slug", slug), ("key", &key)])).await;
    assert_eq!(made.status, 303, "{}", made.body);
    number_in(&made.location.unwrap(), "/studio/booklets/")
}

/// The revision of the booklet that its desk shows.
async fn revision(browser: &Browser<'_>, id: i64) -> String {
    let desk = browser.get(&format!("/studio/booklets/{id}")).await;
    assert_eq!(desk.status, 200, "{}", desk.body);
    desk.between(r#"name="revision" value=""#, "\"").to_owned()
}

/// A new chapter: its number in addresses.
async fn add(browser: &Browser<'_>, id: i64, title: &str) -> i64 {
    let revision = revision(browser, id).await;
    let fields = [("title", title), ("revision", revision.as_str())];
    let made = browser.post(&format!("/studio/booklets/{id}/chapters"), &fields).await;
    assert_eq!(made.status, 303, "{}", made.body);
    number_in(&made.location.unwrap(), "/chapters/")
}

async fn save(browser: &Browser<'_>, id: i64, chapter: i64, base: i32, title: &str, body: &str) -> Answer {
    let base = base.to_string();
    let fields = [("base", base.as_str()), ("title", title), ("body", body)];
    browser.post(&format!("/studio/booklets/{id}/chapters/{chapter}"), &fields).await
}

/// A booklet with these chapters, as its author wrote them.
async fn written(browser: &Browser<'_>, slug: &str, chapters: &[(&str, &str)]) -> i64 {
    let id = create(browser, "巡渠手册", slug).await;
    for (title, body) in chapters {
        let chapter = add(browser, id, title).await;
        assert_eq!(save(browser, id, chapter, 1, title, body).await.status, 303, "{title}");
    }
    id
}

async fn step(browser: &Browser<'_>, id: i64, step: &str) -> Answer {
    browser.post(&format!("/studio/booklets/{id}/{step}"), &[]).await
}

/// A verdict on what the reviewer's page shows.
async fn judged(browser: &Browser<'_>, id: i64, verdict: &str, remark: &str) -> Answer {
    let path = format!("/review/booklets/{id}");
    let page = browser.get(&path).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let round = page.between(r#"name="round" value=""#, "\"").to_owned();
    let digest = page.between(r#"name="digest" value=""#, "\"").to_owned();
    let fields = [("round", round.as_str()), ("digest", &digest), ("verdict", verdict), ("remark", remark)];
    browser.post(&path, &fields).await
}

/// Handed in and passed by `reviewer2`.
async fn published(world: &World, browser: &Browser<'_>, id: i64) {
    let submitted = step(browser, id, "submit").await;
    assert_eq!(submitted.status, 303, "{}", submitted.body);
    let reviewer = world.signed_in("reviewer2").await;
    let passed = judged(&reviewer, id, "passed", "").await;
    assert_eq!(passed.status, 303, "{}", passed.body);
}

fn recorded(world: &World, action: &str, id: i64) -> i64 {
    world.number(&format!(
        "SELECT COUNT(*) FROM audit_entries WHERE action = '{action}' AND subject_kind = 'booklet' AND subject_id = {id}"
    ))
}

/// Somebody else who may write.
async fn second(world: &World) -> Browser<'_> {
    world.sql(
        "INSERT INTO grants (account_id, role, scope_kind, granted_at) \
         SELECT id, 'instructor', 'city', CURRENT_TIMESTAMP FROM accounts WHERE username = 'member2'",
    );
    world.signed_in("member2").await
}

/// A form with one file and other fields.
fn multipart(name: &str, bytes: &[u8], fields: &[(&str, &str)]) -> Vec<u8> {
    let mut body = vec![];
    for (field, value) in fields {
        body.extend(
            format!("--frontier\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n")
                .bytes(),
        );
    }
    if !name.is_empty() {
        body.extend(format!("--frontier\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n").bytes());
        body.extend(bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--frontier--\r\n");
    body
}

fn png(mark: u8) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\x68\x08\x02\0\0\0".to_vec();
    bytes.extend([mark; 40]);
    bytes
}

/// Sends a file: its number.
async fn send(world: &World, browser: &Browser<'_>, id: i64, name: &str, bytes: &[u8]) -> i64 {
    let sent = browser.send_bytes(&format!("/studio/booklets/{id}/files"), multipart(name, bytes, &[])).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    world.number(&format!("SELECT MAX(id) FROM attachments WHERE booklet_id = {id}"))
}

// From a title to what is read.

#[actix_web::test]
async fn a_booklet_is_made_once_and_mistakes_keep_what_was_typed() {
    let world = World::new();
    let author = world.signed_in("instructor").await;
    let before = world.number("SELECT COUNT(*) FROM booklets");
    let key = random_hex(16);
    for (title, change) in [
        ("", ("intro", "巡渠的人用")),
        ("巡渠手册", ("style", "9")),
        ("巡渠手册", ("visibility", "nobody")),
        ("巡渠手册", ("slug", "巡渠")),
        ("巡渠手册", ("slug", "fifty-questions")),
        ("巡渠手册", ("cover", "一\n二\n三\n四\n五")),
        ("巡渠手册", ("key", "")),
    ] {
        let mut fields = about(title, &[change]);
        if change.0 != "key" {
            fields.push(("key", &key));
        }
        let answer = author.post("/studio/booklets", &fields).await;
        assert_eq!(answer.status, 422, "{title} {change:?}");
        assert!(answer.body.contains("巡渠的人用") && answer.body.contains(title), "{change:?}");
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM booklets"), before);
    let fields = about("巡渠手册 2026", &[("slug", ""), ("key", &key)]);
    let (first, again) =
        (author.post("/studio/booklets", &fields).await, author.post("/studio/booklets", &fields).await);
    assert_eq!(
        (first.status.as_u16(), &first.location),
        (303, &again.location),
        "a post that was sent twice"
    );
    assert_eq!(world.number("SELECT COUNT(*) FROM booklets"), before + 1);
    let id = number_in(&first.location.unwrap(), "/studio/booklets/");
    let slug = format!("2026-{}", &key[..8]);
    assert_eq!(
        world.number(&format!("SELECT COUNT(*) FROM booklets WHERE id = {id} AND slug = '{slug}'")),
        1
    );
    assert_eq!(world.visitor().get(&format!("/booklets/{slug}")).await.status, 404);
    assert!(author.get("/studio/booklets").await.body.contains("巡渠手册 2026"));
    assert!(author.get("/studio/booklets?state=draft").await.body.contains("巡渠手册 2026"));
    assert!(!author.get("/studio/booklets?state=published").await.body.contains("巡渠手册 2026"));
    for path in ["/studio/booklets", "/review/booklets"] {
        assert_eq!(world.signed_in("organizer").await.get(&format!("{path}?page=900")).await.status, 404);
    }
    // Chapters: a title is needed, and the same post makes one.
    let path = format!("/studio/booklets/{id}/chapters");
    assert_eq!(author.post(&path, &[("title", ""), ("revision", "1")]).await.status, 422);
    let fields = [("title", "第一章"), ("revision", "1")];
    let (first, again) = (author.post(&path, &fields).await, author.post(&path, &fields).await);
    assert_eq!((first.status.as_u16(), &first.location), (303, &again.location));
    let late = author.post(&path, &[("title", "写在旧目录上的"), ("revision", "1")]).await;
    assert!(late.status == 409 && late.body.contains("写在旧目录上的"), "{}", late.status);
    assert_eq!(world.number(&format!("SELECT COUNT(*) FROM chapter_drafts WHERE booklet_id = {id}")), 1);
}

#[actix_web::test]
async fn a_booklet_is_read_after_one_other_person_passed_it_and_changes_only_with_the_next_pass() {
    let world = World::new();
    let author = world.signed_in("instructor").await;
    let id = written(&author, "patrol", &[("看水尺", "水尺要平视。"), ("沿渠走", "沿渠走一遍。")]).await;
    let (visitor, member) = (world.visitor(), world.signed_in("member").await);
    assert_eq!(visitor.get("/booklets/patrol").await.status, 404);
    assert_eq!(step(&author, id, "submit").await.status, 303);
    assert_eq!(visitor.get("/booklets/patrol").await.status, 404, "handed in is not read");
    // What reviewers look at does not change under their eyes.
    let chapter = world.number(&format!("SELECT MIN(id) FROM chapter_drafts WHERE booklet_id = {id}"));
    let answer = save(&author, id, chapter, 2, "看水尺", "没有人审过的话").await;
    assert!(answer.status == 409 && answer.body.contains("没有人审过的话"), "the text is not lost");
    let auto = [("base", "2"), ("title", "看水尺"), ("body", "没有人审过的话")];
    let auto = author.post(&format!("/studio/booklets/{id}/chapters/{chapter}/auto"), &auto).await;
    assert!(auto.status == 409 && auto.body.contains("正在审读"), "{}", auto.body);
    assert_eq!(step(&author, id, "submit").await.status, 409);
    let reviewer = world.signed_in("reviewer2").await;
    assert!(reviewer.get("/review/booklets").await.body.contains(&format!("/review/booklets/{id}")));
    assert_eq!(judged(&reviewer, id, "passed", "").await.status, 303);
    let shown = visitor.get("/booklets/patrol/1").await;
    assert!(shown.status == 200 && shown.body.contains("水尺要平视。"), "{}", shown.status);
    assert!(visitor.get("/booklets").await.body.contains("/booklets/patrol"));
    let counts = ["booklet_made", "booklet_submitted", "booklet_reviewed", "booklet_published"];
    assert_eq!(counts.map(|action| recorded(&world, action, id)), [1; 4]);
    assert_eq!(judged_again(&reviewer, id).await, 409, "it was judged");

    // The reader is in chapter 2; the next version has another chapter before it.
    member.get("/booklets/patrol/2").await;
    assert_eq!(step(&author, id, "submit").await.status, 409, "there is nothing new");
    assert_eq!(save(&author, id, chapter, 2, "看水尺", "水尺要站着看。").await.status, 303);
    let third = add(&author, id, "汛期").await;
    assert_eq!(save(&author, id, third, 1, "汛期", "汛期每天看两次。").await.status, 303);
    let revision = revision(&author, id).await;
    let up = [("revision", revision.as_str()), ("direction", "up")];
    assert_eq!(author.post(&format!("/studio/booklets/{id}/chapters/{third}/move"), &up).await.status, 303);
    assert_eq!(
        author.post(&format!("/studio/booklets/{id}/chapters/{third}/move"), &up).await.status,
        409,
        "the same post moves it no further"
    );
    let found = async |words: &str| {
        let page = visitor.get(&format!("/search?q={}", crate::world::escape(words))).await;
        page.body.contains("/booklets/patrol/")
    };
    for page in ["/booklets/patrol", "/booklets/patrol/1", "/booklets/patrol/print"] {
        let page = visitor.get(page).await;
        assert!(
            !page.body.contains("站着看") && !page.body.contains("汛期"),
            "nothing changes before the pass"
        );
    }
    assert!(found("要平视").await && !found("站着看").await);
    assert_eq!(step(&author, id, "submit").await.status, 303);
    let page = reviewer.get(&format!("/review/booklets/{id}")).await;
    for words in ["加上：", "去掉：", "水尺要站着看。", "水尺要平视。", "新加的一章", "换了位置，文字没有变"]
    {
        assert!(page.body.contains(words), "{words}");
    }
    assert_eq!(judged(&reviewer, id, "passed", "").await.status, 303);
    assert!(visitor.get("/booklets/patrol/1").await.body.contains("水尺要站着看。"));
    assert!(visitor.get("/booklets/patrol/2").await.body.contains("汛期每天看两次。"));
    assert!(found("站着看").await && !found("要平视").await);
    let place = world.number(&format!("SELECT position FROM reading_positions WHERE booklet_id = {id}"));
    assert_eq!(place, 3, "the reader is still in the same chapter");
    assert_eq!(world.number(&format!("SELECT version FROM booklets WHERE id = {id}")), 2);
}

async fn judged_again(reviewer: &Browser<'_>, id: i64) -> u16 {
    let fields = [("round", "1"), ("digest", "x"), ("verdict", "passed")];
    reviewer.post(&format!("/review/booklets/{id}"), &fields).await.status.as_u16()
}

#[actix_web::test]
async fn a_verdict_is_of_the_text_that_was_seen_and_by_somebody_who_did_not_write_it() {
    let world = World::new();
    let (author, organizer) = (world.signed_in("instructor").await, world.signed_in("organizer").await);
    let reviewer = world.signed_in("reviewer1").await;
    let id = written(&author, "verdicts", &[("一", "甲")]).await;
    let path = format!("/review/booklets/{id}");
    assert_eq!(reviewer.get(&path).await.status, 404, "a draft is its author's");
    assert_eq!(step(&author, id, "submit").await.status, 303);
    let seen = reviewer.get(&path).await;
    let digest = seen.between(r#"name="digest" value=""#, "\"").to_owned();
    let verdict = |round: &'static str, digest: &str| {
        [("round", round.to_owned()), ("digest", digest.to_owned()), ("verdict", "passed".to_owned())]
    };
    let speak = async |browser: &Browser<'_>, fields: [(&'static str, String); 3]| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.post(&path, &fields).await
    };
    assert_eq!(speak(&reviewer, verdict("1", "another")).await.status, 409, "another text");
    assert_eq!(speak(&reviewer, verdict("7", &digest)).await.status, 409, "another round");
    // Taken back, changed and handed in again: what was seen is not what is there.
    assert_eq!(step(&author, id, "take-back").await.status, 303);
    assert_eq!(speak(&reviewer, verdict("1", &digest)).await.status, 409);
    let chapter = world.number(&format!("SELECT MAX(id) FROM chapter_drafts WHERE booklet_id = {id}"));
    assert_eq!(save(&organizer, id, chapter, 2, "一", "乙").await.status, 303, "an organizer helps");
    assert_eq!(step(&author, id, "submit").await.status, 303);
    let late = speak(&reviewer, verdict("1", &digest)).await;
    assert!(late.status == 409 && late.body.contains("请重新打开"), "{}", late.body);
    assert_eq!(world.number(&format!("SELECT COUNT(*) FROM booklet_verdicts WHERE booklet_id = {id}")), 0);
    assert_eq!(world.visitor().get("/booklets/verdicts").await.status, 404);
    // The organizer wrote in this round; the author has no right to review at all.
    let page = organizer.get(&path).await;
    assert!(page.body.contains("这一轮的文字您改过") && !page.body.contains("name=\"verdict\""));
    let seen = reviewer.get(&path).await;
    let digest = seen.between(r#"name="digest" value=""#, "\"").to_owned();
    assert_eq!(speak(&organizer, verdict("2", &digest)).await.status, 409);
    assert_eq!(author.get(&path).await.status, 403);
    // Returned with a word, which the author reads; without one it is a mistake.
    let path_fields = [("round", "2"), ("digest", digest.as_str()), ("verdict", "returned"), ("remark", " ")];
    let empty = reviewer.post(&path, &path_fields).await;
    assert!(empty.status == 422 && empty.body.contains("退回时请写明要改什么"));
    assert_eq!(judged(&reviewer, id, "returned", "年份要核对").await.status, 303);
    assert!(author.get(&format!("/studio/booklets/{id}")).await.body.contains("年份要核对"));
    assert_eq!(speak(&reviewer, verdict("2", &digest)).await.status, 409, "the round is over");
    assert_eq!(save(&author, id, chapter, 3, "一", "丙").await.status, 303);
    assert_eq!(step(&author, id, "submit").await.status, 303);
    assert_eq!(judged(&reviewer, id, "passed", "").await.status, 303);
    assert_eq!(world.visitor().get("/booklets/verdicts").await.status, 200);
    for change in ["UPDATE booklet_verdicts SET verdict = 'passed'", "DELETE FROM booklet_verdicts"] {
        assert!(world.try_sql(&format!("{change} WHERE booklet_id = {id}")).is_err(), "{change}");
    }
    // An organizer's own booklet is passed by somebody else.
    let own = written(&organizer, "organizers-own", &[("一", "甲")]).await;
    assert_eq!(step(&organizer, own, "submit").await.status, 303);
    let page = organizer.get(&format!("/review/booklets/{own}")).await;
    assert!(page.body.contains("自己写的读本要请别人审") && !page.body.contains("name=\"verdict\""));
}

#[actix_web::test]
async fn what_is_missing_is_said_and_nothing_is_handed_in_without_it() {
    let world = World::new();
    let author = world.signed_in("instructor").await;
    let id = create(&author, "空的", "empty").await;
    let desk = author.get(&format!("/studio/booklets/{id}")).await;
    assert!(desk.body.contains("还没有章节，不能送审") && desk.body.contains("disabled"));
    assert_eq!(step(&author, id, "submit").await.status, 409);
    add(&author, id, "一").await;
    let refused = step(&author, id, "submit").await;
    assert!(refused.status == 409 && refused.body.contains("有一章还没有写内容"));
    assert_eq!(
        world.number(&format!("SELECT COUNT(*) FROM booklet_drafts WHERE booklet_id = {id} AND is_submitted = FALSE AND round = 0")),
        1,
        "a refusal changes nothing"
    );
    for (action, status) in
        [("take-back", 409), ("reopen", 409), ("withdraw", 422), ("begin", 303), ("archive", 303)]
    {
        assert_eq!(step(&author, id, action).await.status, status, "{action}");
    }
    let path = format!("/studio/booklets/{id}/chapters");
    let refused = author.post(&path, &[("title", "二"), ("revision", "2")]).await;
    assert!(refused.status == 409 && refused.body.contains("已归档"), "{}", refused.body);
    assert!(!author.get("/studio/booklets").await.body.contains(">空的<"));
    assert!(author.get("/studio/booklets?state=archived").await.body.contains(">空的<"));
    assert_eq!(step(&author, id, "archive").await.status, 409);
    assert_eq!(step(&author, id, "reopen").await.status, 303);
    assert!(author.get("/studio/booklets").await.body.contains(">空的<"));
}

#[actix_web::test]
async fn a_withdrawn_booklet_says_why_and_comes_back_only_through_review() {
    let world = World::new();
    let author = world.signed_in("instructor").await;
    let id = written(&author, "gone", &[("一", "甲")]).await;
    published(&world, &author, id).await;
    let visitor = world.visitor();
    assert_eq!(step(&author, id, "archive").await.status, 409, "it is read");
    let path = format!("/studio/booklets/{id}/withdraw");
    assert_eq!(author.post(&path, &[("reason", " ")]).await.status, 422);
    assert_eq!(author.post(&path, &[("reason", "水位数据要更正")]).await.status, 303);
    assert_eq!(author.post(&path, &[("reason", "再一次")]).await.status, 409);
    for page in ["", "/1", "/print", "/book.epub"] {
        let page = visitor.get(&format!("/booklets/gone{page}")).await;
        assert_eq!(page.status, 410);
        assert!(page.body.contains("水位数据要更正") && !page.body.contains("甲"), "{}", page.body);
    }
    assert!(!visitor.get("/booklets").await.body.contains("/booklets/gone"));
    let chapter = world.number(&format!("SELECT MAX(id) FROM chapter_drafts WHERE booklet_id = {id}"));
    let refused = save(&author, id, chapter, 2, "一", "乙").await;
    assert!(refused.status == 409 && refused.body.contains("重新编辑"));
    assert_eq!(step(&author, id, "archive").await.status, 303);
    assert_eq!(visitor.get("/booklets/gone").await.status, 410, "put away it still says why");
    assert_eq!(step(&author, id, "reopen").await.status, 303);
    let page = visitor.get("/booklets/gone").await;
    assert!(page.status == 410 && !page.body.contains("巡渠手册"), "what is written anew is nobody's yet");
    assert_eq!(save(&author, id, chapter, 2, "一", "乙").await.status, 303);
    published(&world, &author, id).await;
    assert!(visitor.get("/booklets/gone/1").await.body.contains("乙"));
    assert_eq!(recorded(&world, "booklet_withdrawn", id), 1);
}

#[actix_web::test]
async fn a_booklet_from_before_there_was_a_desk_is_begun_by_a_post() {
    let world = World::new();
    let organizer = world.signed_in("organizer").await;
    let desk = organizer.get("/studio/booklets/1").await;
    assert!(desk.status == 200 && desk.body.contains("开始修改"), "{}", desk.status);
    organizer.get("/studio/booklets/1/preview").await;
    assert_eq!(
        world.number("SELECT COUNT(*) FROM booklet_drafts WHERE booklet_id = 1"),
        0,
        "a GET changes nothing"
    );
    assert_eq!(step(&organizer, 1, "submit").await.status, 409);
    for _ in 0..2 {
        assert_eq!(step(&organizer, 1, "begin").await.status, 303);
    }
    let same = "SELECT COUNT(*) FROM chapter_drafts d JOIN booklet_chapters c ON c.booklet_id = d.booklet_id AND c.position = d.position AND c.title = d.title AND c.body = d.body WHERE d.booklet_id = 1";
    assert_eq!(world.number(same), 50);
    assert_eq!(world.number("SELECT COUNT(*) FROM chapter_drafts WHERE booklet_id = 1"), 50);
    let byauthor = "SELECT COUNT(*) FROM chapter_saves s JOIN chapter_drafts d ON d.id = s.chapter_id JOIN booklets b ON b.id = d.booklet_id WHERE b.id = 1 AND s.saved_by = b.author_id";
    assert_eq!(world.number(byauthor), 50, "the text is its author's");
    assert_eq!(step(&organizer, 1, "submit").await.status, 409, "it is what is read");
    // A chapter less: readers of it go to the one before.
    let member = world.signed_in("member").await;
    member.get("/booklets/fifty-questions/50").await;
    let last = world.number("SELECT MAX(id) FROM chapter_drafts WHERE booklet_id = 1");
    let revision = revision(&organizer, 1).await;
    let fields = [("revision", revision.as_str())];
    let path = format!("/studio/booklets/1/chapters/{last}");
    assert_eq!(organizer.post(&format!("{path}/delete"), &fields).await.status, 303);
    assert!(organizer.get("/studio/booklets/1").await.body.contains("删去的章节（1）"));
    assert_eq!(member.get("/booklets/fifty-questions/50").await.status, 200, "still there for readers");
    published(&world, &organizer, 1).await;
    assert_eq!(member.get("/booklets/fifty-questions/50").await.status, 404);
    assert_eq!(world.number("SELECT position FROM reading_positions WHERE booklet_id = 1"), 49);
    assert_eq!(world.number("SELECT chapter_count FROM booklets WHERE id = 1"), 49);
    // How many there were before stays known.
    assert_eq!(
        world.number("SELECT chapters FROM booklet_lengths WHERE booklet_id = 1 ORDER BY id DESC LIMIT 1"),
        49
    );
    assert!(world.number("SELECT COUNT(*) FROM booklet_lengths WHERE booklet_id = 1") > 1);
    let refused = save(&organizer, 1, last, 1, "回来", "x").await;
    assert!(refused.status == 409 && refused.body.contains("这一章已删去") && refused.body.contains('x'));
    let revision = self::revision(&organizer, 1).await;
    let revived = organizer.post(&format!("{path}/revive"), &[("revision", &revision)]).await;
    assert_eq!(revived.status, 303);
    assert_eq!(
        world.number("SELECT COUNT(*) FROM chapter_drafts WHERE booklet_id = 1 AND is_deleted = FALSE"),
        50
    );
}

// Two editors, and the history.

#[actix_web::test]
async fn two_editors_lose_nothing() {
    let world = World::new();
    let (author, organizer) = (world.signed_in("instructor").await, world.signed_in("organizer").await);
    let id = written(&author, "two", &[("一", "第一稿")]).await;
    let chapter = world.number(&format!("SELECT MAX(id) FROM chapter_drafts WHERE booklet_id = {id}"));
    let path = format!("/studio/booklets/{id}/chapters/{chapter}");
    for browser in [&author, &organizer] {
        assert_eq!(browser.get(&path).await.between(r#"name="base" value=""#, "\""), "2");
    }
    assert_eq!(save(&organizer, id, chapter, 2, "一", "组织者写的").await.status, 303);
    let late = save(&author, id, chapter, 2, "一", "作者写的").await;
    assert_eq!(late.status, 409);
    let own = late.between(r#"<textarea class="area area--text" id="f-body" name="body">"#, "</textarea>");
    assert_eq!(own, "作者写的", "one's own text can be edited");
    assert!(late.body.contains("组织者写的") && late.body.contains(r#"name="base" value="3""#));
    let auto = [("base", "2"), ("title", "一"), ("body", "作者自动存的")];
    let told = author.post(&format!("{path}/auto"), &auto).await;
    assert!(told.status == 409 && told.body.contains("没有保存"), "{}", told.body);
    let stored = |text: &str| {
        world.number(&format!("SELECT COUNT(*) FROM chapter_drafts WHERE id = {chapter} AND body = '{text}'"))
    };
    assert_eq!(stored("组织者写的"), 1, "nothing was overwritten");
    assert_eq!(save(&author, id, chapter, 3, "一", "两份并成的").await.status, 303);
    assert_eq!(stored("两份并成的"), 1);
    // The same post twice is one save.
    assert_eq!(save(&author, id, chapter, 3, "一", "两份并成的").await.status, 303);
    assert_eq!(world.number(&format!("SELECT revision FROM chapter_drafts WHERE id = {chapter}")), 4);
    // What is said of the booklet, likewise.
    let about_path = format!("/studio/booklets/{id}");
    let revision = revision(&author, id).await;
    assert_eq!(
        organizer.post(&about_path, &about("组织者起的名", &[("revision", &revision)])).await.status,
        303
    );
    let late = author.post(&about_path, &about("作者起的名", &[("revision", &revision)])).await;
    assert!(
        late.status == 409
            && late.body.contains("组织者起的名")
            && late.body.contains("value=\"作者起的名\"")
    );
    let again = late.between(r#"action="/studio/booklets/"#, "</form>");
    assert!(!again.is_empty());
    let revision = self::revision(&author, id).await;
    assert_eq!(author.post(&about_path, &about("作者起的名", &[("revision", &revision)])).await.status, 303);
}

#[actix_web::test]
async fn every_save_is_kept_can_be_looked_at_and_restored() {
    let world = World::new();
    let author = world.signed_in("instructor").await;
    let id = written(&author, "history", &[("一", "第二份")]).await;
    let chapter = world.number(&format!("SELECT MAX(id) FROM chapter_drafts WHERE booklet_id = {id}"));
    let path = format!("/studio/booklets/{id}/chapters/{chapter}");
    let before = recorded(&world, "booklet_changed", id);
    for (base, text) in [("2", "第三份"), ("3", "第四份")] {
        let fields = [("base", base), ("title", "一"), ("body", text)];
        let told = author.post(&format!("{path}/auto"), &fields).await;
        assert_eq!(told.status, 200, "{}", told.body);
        let next = base.parse::<i32>().unwrap() + 1;
        assert!(told.body.contains(&format!(r#""revision":{next}"#)) && told.body.contains("已自动保存"));
    }
    assert_eq!(recorded(&world, "booklet_changed", id), before, "what saves itself is in the history alone");
    let nothing_new = [("base", "4"), ("title", "一"), ("body", "第四份")];
    assert!(author.post(&format!("{path}/auto"), &nothing_new).await.body.contains(r#""revision":4"#));
    let empty = [("base", "4"), ("title", " "), ("body", "第五份")];
    assert_eq!(author.post(&format!("{path}/auto"), &empty).await.status, 422);
    let list = author.get(&format!("{path}/saves")).await;
    assert_eq!(
        (list.body.matches("自动").count(), list.body.matches("手动").count()),
        (2, 2),
        "{}",
        list.body
    );
    let third = author.get(&format!("{path}/saves/3")).await;
    assert!(third.body.contains("第三份") && third.body.contains("去掉：") && third.body.contains("第四份"));
    assert_eq!(author.get(&format!("{path}/saves/9")).await.status, 404);
    assert_eq!(author.get(&format!("{path}/saves?page=9")).await.status, 404);
    let late = author.post(&format!("{path}/saves/2"), &[("base", "3")]).await;
    assert_eq!(late.status, 409, "somebody saved meanwhile");
    assert_eq!(author.post(&format!("{path}/saves/2"), &[("base", "4")]).await.status, 303);
    let now = format!("SELECT COUNT(*) FROM chapter_saves WHERE chapter_id = {chapter} AND body = '第二份'");
    assert_eq!(world.number(&now), 2, "restoring is a save");
    assert_eq!(world.number(&format!("SELECT COUNT(*) FROM chapter_saves WHERE chapter_id = {chapter}")), 5);
    for change in ["UPDATE chapter_saves SET body = ''", "DELETE FROM chapter_saves"] {
        assert!(world.try_sql(&format!("{change} WHERE chapter_id = {chapter}")).is_err(), "{change}");
    }
}

#[actix_web::test]
async fn the_preview_comes_from_the_server_with_a_script_and_without() {
    let world = World::new();
    let author = world.signed_in("instructor").await;
    let id = written(&author, "look", &[("一", "旧")]).await;
    let chapter = world.number(&format!("SELECT MAX(id) FROM chapter_drafts WHERE booklet_id = {id}"));
    let path = format!("/studio/booklets/{id}/chapters/{chapter}/preview");
    let fields = [("base", "2"), ("title", "新标题"), ("body", "## 小节\n\n**新**的字")];
    let page = author.post(&path, &fields).await;
    assert_eq!(page.status, 200);
    assert!(
        page.body.contains("<h2>小节</h2>") && page.body.contains("**新**的字</textarea>"),
        "{}",
        page.body
    );
    assert!(page.body.contains("有改动，还没有保存"));
    let part = author.post(&path, &[&fields[..], &[("part", "1")]].concat()).await;
    assert!(part.body.contains("<strong>新</strong>") && !part.body.contains("<html"), "{}", part.body);
    assert_eq!(world.number(&format!("SELECT revision FROM chapter_drafts WHERE id = {chapter}")), 2);
    let whole = author.get(&format!("/studio/booklets/{id}/preview")).await;
    assert!(whole.status == 200 && whole.body.contains("巡渠手册") && whole.body.contains("旧"));
}

#[actix_web::test]
async fn somebody_elses_booklet_is_not_found_at_any_door_of_the_desk() {
    let world = World::new();
    let (author, stranger) = (world.signed_in("instructor").await, second(&world).await);
    let id = written(&author, "strangers", &[("一", "不给别人看的字")]).await;
    let chapter = world.number(&format!("SELECT MAX(id) FROM chapter_drafts WHERE booklet_id = {id}"));
    let file = send(&world, &author, id, "图.png", &png(1)).await;
    let own = written(&stranger, "own", &[("一", "自己的")]).await;
    let own_chapter = world.number(&format!("SELECT MAX(id) FROM chapter_drafts WHERE booklet_id = {own}"));
    let state = |world: &World| {
        [
            "SELECT COUNT(*) FROM audit_entries",
            "SELECT COUNT(*) FROM chapter_saves",
            "SELECT COUNT(*) FROM attachments WHERE removed_at IS NULL",
            "SELECT COUNT(*) FROM booklets",
            "SELECT COUNT(*) FROM chapter_drafts WHERE is_deleted",
        ]
        .map(|sql| world.number(sql))
    };
    let before = state(&world);
    let key = random_hex(16);
    let fields = about(
        "夺来的",
        &[
            ("revision", "2"),
            ("base", "2"),
            ("body", "夺来的字"),
            ("reason", "不为什么"),
            ("key", &key),
            ("direction", "up"),
        ],
    );
    let mut doors = 0;
    for route in routes().iter().filter(|route| route.path.starts_with("/studio/booklets/{booklet}")) {
        let of = |booklet: i64, chapter: i64| {
            route
                .path
                .replace("{booklet}", &booklet.to_string())
                .replace("{draft}", &chapter.to_string())
                .replace("{save}", "1")
                .replace("{attachment}", &file.to_string())
        };
        let mut paths = vec![of(id, chapter)];
        // Neither does a booklet of one's own open the way to somebody else's chapters and files.
        if route.path.contains("{draft}") || route.path.contains("{attachment}") {
            paths.push(of(own, chapter));
        }
        for path in paths {
            let answer = match (route.method.as_str(), path.rsplit('/').next().unwrap()) {
                ("GET", _) => stranger.get(&path).await,
                (_, "files" | "import" | "apply") => {
                    let form = multipart("a.md", b"# x\ny", &[("title", "x"), ("body", "y"), ("take", "0")]);
                    stranger.send_bytes(&path, form).await
                }
                _ => stranger.post(&path, &fields).await,
            };
            assert_eq!(answer.status, 404, "{} {path}", route.method);
            assert!(!answer.body.contains("不给别人看的字"), "{} {path}", route.method);
            doors += 1;
        }
    }
    assert!(doors >= 35, "{doors}");
    assert_eq!(state(&world), before);
    assert!(!stranger.get("/studio/booklets").await.body.contains(&format!("/studio/booklets/{id}")));
    assert_eq!(save(&stranger, own, own_chapter, 2, "一", "还是自己的").await.status, 303);
    for (who, status) in [("member", 403), ("secretary", 403), ("reviewer1", 403), ("organizer", 200)] {
        let browser = world.signed_in(who).await;
        assert_eq!(browser.get(&format!("/studio/booklets/{id}")).await.status, status, "{who}");
    }
}

// Pictures and files.

#[actix_web::test]
async fn a_picture_is_what_its_bytes_say_and_is_read_by_those_who_may_read_the_text() {
    let world = World::new();
    let author = world.signed_in("instructor").await;
    let id = written(&author, "pictures", &[("一", "字")]).await;
    let files = format!("/studio/booklets/{id}/files");
    for (name, bytes) in [
        ("a.png", b"<svg onload=alert(1)>".as_slice()),
        ("a.png", b"GIF89a"),
        ("a.pdf", b"<html>%PDF"),
        ("a.png", &png(1)[..15]),
        ("", b""),
    ] {
        let refused = author.send_bytes(&files, multipart(name, bytes, &[])).await;
        assert_eq!(refused.status, 422, "{name}");
    }
    let large = [png(9), vec![0; 8 * 1024 * 1024]].concat();
    assert_eq!(author.send_bytes(&files, multipart("a.png", &large, &[])).await.status, 422);
    assert_eq!(world.number(&format!("SELECT COUNT(*) FROM attachments WHERE booklet_id = {id}")), 0);
    let picture = send(&world, &author, id, "水尺 1.PNG", &png(1)).await;
    assert_eq!(send(&world, &author, id, "again.png", &png(1)).await, picture, "the same bytes are one file");
    let unused = send(&world, &author, id, "unused.png", &png(2)).await;
    let pdf = send(&world, &author, id, "表.pdf", b"%PDF-1.4\n<script>alert(1)</script>").await;
    let address = |file: i64, name: &str| format!("/attachments/{file}/{}", crate::world::escape(name));
    let shown = address(picture, "水尺-1.png");
    let (visitor, reviewer) = (world.visitor(), world.signed_in("reviewer1").await);
    let member = world.signed_in("member").await;
    assert_eq!(author.get(&shown).await.status, 200);
    assert_eq!(author.get(&address(picture, "evil.html")).await.status, 404);
    for browser in [&visitor, &member, &reviewer] {
        assert_eq!(browser.get(&shown).await.status, 404, "a draft");
    }
    let chapter = world.number(&format!("SELECT MAX(id) FROM chapter_drafts WHERE booklet_id = {id}"));
    let text = format!(
        "看图：\n\n![水尺](attachment:{picture})\n\n[表](attachment:{pdf}) ![别人的](attachment:999999)"
    );
    assert_eq!(save(&author, id, chapter, 2, "一", &text).await.status, 303);
    let refused = author.post(&format!("{files}/{picture}/remove"), &[]).await;
    assert!(refused.status == 409 && refused.body.contains("还在用它"), "{}", refused.body);
    assert_eq!(step(&author, id, "submit").await.status, 303);
    assert_eq!(reviewer.get(&shown).await.status, 200, "handed in, its reviewers see it");
    assert_eq!(member.get(&shown).await.status, 404);
    assert_eq!(judged(&reviewer, id, "passed", "").await.status, 303);
    let page = visitor.get("/booklets/pictures/1").await;
    assert!(page.body.contains(&format!("<img src=\"/attachments/{picture}/")), "{}", page.body);
    assert!(page.body.contains("alt=\"水尺\"") && page.body.contains("别人的"));
    let src = page.between("<img src=\"/attachments/", "\"");
    let answer = visitor.get(&format!("/attachments/{src}")).await;
    assert_eq!((answer.status.as_u16(), answer.headers["content-type"].as_str()), (200, "image/png"));
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    assert!(answer.headers["content-security-policy"].contains("sandbox"));
    let answer = visitor.get(&address(pdf, "表.pdf")).await;
    assert_eq!(answer.headers["content-type"], "application/pdf");
    assert!(answer.headers["content-disposition"].starts_with("attachment; "));
    assert_eq!(answer.headers["content-security-policy"], "default-src 'none'; sandbox");
    assert_eq!(
        visitor.get(&address(unused, "unused.png")).await.status,
        404,
        "no text that is read shows it"
    );
    // A removed one stays where it is read.
    assert_eq!(save(&author, id, chapter, 3, "一", "没有图了").await.status, 303);
    assert_eq!(author.post(&format!("{files}/{picture}/remove"), &[]).await.status, 303);
    assert_eq!(author.post(&format!("{files}/{picture}/remove"), &[]).await.status, 404);
    assert_eq!(visitor.get(&shown).await.status, 200);
    assert!(visitor.get("/booklets/pictures/1").await.body.contains("<img src="));
    // For members only, and then no more.
    let revision = revision(&author, id).await;
    let fields = about("巡渠手册", &[("visibility", "members"), ("revision", &revision)]);
    assert_eq!(author.post(&format!("/studio/booklets/{id}"), &fields).await.status, 303);
    world.sql(&format!("UPDATE booklets SET visibility = 'members' WHERE id = {id}"));
    assert!([303, 401].contains(&visitor.get(&shown).await.status.as_u16()), "sign in first");
    assert_eq!(member.get(&shown).await.status, 200);
    published(&world, &author, id).await;
    assert_eq!(member.get(&shown).await.status, 404, "what is read does not show it any more");
}

#[actix_web::test]
async fn a_copy_has_texts_and_files_of_its_own() {
    let world = World::new();
    let (author, organizer) = (world.signed_in("instructor").await, world.signed_in("organizer").await);
    let id = written(&author, "original", &[("一", "字")]).await;
    let picture = send(&world, &author, id, "a.png", &png(1)).await;
    let chapter = world.number(&format!("SELECT MAX(id) FROM chapter_drafts WHERE booklet_id = {id}"));
    save(&author, id, chapter, 2, "一", &format!("![图](attachment:{picture})")).await;
    let key = random_hex(16);
    let copy = async || {
        let made = organizer.post(&format!("/studio/booklets/{id}/copy"), &[("key", &key)]).await;
        assert_eq!(made.status, 303, "{}", made.body);
        number_in(&made.location.unwrap(), "/studio/booklets/")
    };
    let made = copy().await;
    assert_eq!(copy().await, made, "a post that was sent twice");
    let own = world.number(&format!("SELECT MAX(id) FROM attachments WHERE booklet_id = {made}"));
    assert_ne!(own, picture);
    let text = format!(
        "SELECT COUNT(*) FROM chapter_drafts WHERE booklet_id = {made} AND body = '![图](attachment:{own})'"
    );
    assert_eq!(world.number(&text), 1);
    assert_eq!(organizer.get(&format!("/attachments/{own}/a.png")).await.status, 200);
    assert_eq!(author.get(&format!("/studio/booklets/{made}")).await.status, 404, "it is the copier's");
    // Of one that was never begun, what is read.
    let made = organizer.post("/studio/booklets/1/copy", &[("key", &random_hex(16))]).await;
    let made = number_in(&made.location.unwrap(), "/studio/booklets/");
    assert_eq!(world.number(&format!("SELECT COUNT(*) FROM chapter_drafts WHERE booklet_id = {made}")), 50);
}

// Hostile texts.

/// What people have tried elsewhere: raw HTML, addresses that run, pieces that only become HTML later.
const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<a href=\"javascript:alert(1)\">点</a>",
    "<style>@import'//evil.example'</style>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo 1 ?><details open ontoggle=alert(1)>",
    "</div></main></body><script>alert(1)</script>",
    "[点](javascript:alert(1))",
    "[点](JaVaScRiPt:alert(1))",
    "[点](javascript&colon;alert(1))",
    "[点](java&#115;cript:alert(1))",
    "[点](&#x6A;avascript:alert(1))",
    "[点](java&Tab;script:alert(1))",
    "[点](java&NewLine;script:alert(1))",
    "[点](<java\tscript:alert(1)>)",
    "[点](<javascript:alert(1)>)",
    "[点](< javascript:alert(1)>)",
    "[点](\u{1}javascript:alert(1))",
    "[点](vbscript:msgbox(1))",
    "[点](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[点](DATA:text/html,<script>alert(1)</script>)",
    "[点](file:///etc/passwd)",
    "[点](blob:https://example.org/1)",
    "[点](//evil.example/a)",
    "[点](/\\evil.example/a)",
    "[点](\\\\evil.example)",
    "[点](http:evil.example)",
    "[点](x-javascript:alert(1))",
    "[点](attachment:1/../../admin)",
    "[点](attachment:javascript:alert(1))",
    "<javascript:alert(1)>",
    "[点][a]\n\n[a]: javascript:alert(1) \"x\"",
    "[点](/help \"x\\\" onmouseover=alert(1) y\")",
    "![点](javascript:alert(1))",
    "![点](x\" onerror=\"alert(1))",
    "![\" onerror=alert(1) x=\"](attachment:1)",
    "![<img src=x onerror=alert(1)>](attachment:1)",
    "![点](https://evil.example/track.png)",
    "![点](data:image/svg+xml,<svg onload=alert(1)>)",
    "[![点](javascript:alert(1))](javascript:alert(2))",
    "[a](javascript:alert(1)) [b](https://example.org)",
    "`<script>alert(1)</script>`",
    "```<script>alert(1)</script>\nx\n```",
    "```html\" onmouseover=\"alert(1)\nx\n```",
    "    <script>alert(1)</script>",
    "| <b onclick=alert(1)>x</b> | [点](javascript:alert(1)) |\n|:-:|--:|\n| <script> | y |",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "# <img src=x onerror=alert(1)>",
    "* <script>alert(1)</script>\n  * [点](javascript:alert(1))",
    "> <script>alert(1)</script>",
    "\u{202e}<script>alert(1)</script>",
    "<x:script xmlns:x=\"http://www.w3.org/1999/xhtml\">alert(1)</x:script>",
];

/// What the writer of Markdown may make, and which attributes with it.
const ELEMENTS: &[(&str, &[&str])] = &[
    ("p", &[]),
    ("a", &["href", "title"]),
    ("img", &["src", "alt", "decoding"]),
    ("strong", &[]),
    ("em", &[]),
    ("code", &["class"]),
    ("pre", &[]),
    ("h1", &[]),
    ("h2", &[]),
    ("h3", &[]),
    ("h4", &[]),
    ("h5", &[]),
    ("h6", &[]),
    ("ul", &[]),
    ("ol", &["start"]),
    ("li", &[]),
    ("blockquote", &[]),
    ("hr", &[]),
    ("br", &[]),
    ("div", &["class", "tabindex", "role"]),
    ("table", &["class"]),
    ("thead", &[]),
    ("tbody", &[]),
    ("tr", &[]),
    ("th", &["scope", "class"]),
    ("td", &["class"]),
];

/// Reads HTML as a parser does: fails at anything that is not on the list, and gives its words.
fn words(html: &str) -> Result<String, String> {
    let whole = format!("<body>{html}</body>");
    let mut reader = Reader::from_str(&whole);
    let mut words = String::new();
    loop {
        match reader.read_event().map_err(|error| format!("{error}: {html}"))? {
            Event::Start(element) | Event::Empty(element) => {
                let name = String::from_utf8(element.name().as_ref().to_vec()).unwrap();
                if name == "body" {
                    continue;
                }
                let (_, may) = ELEMENTS
                    .iter()
                    .find(|(known, _)| *known == name)
                    .ok_or_else(|| format!("<{name}> in {html}"))?;
                for attribute in element.attributes() {
                    let attribute = attribute.map_err(|error| format!("{error}: {html}"))?;
                    let key = String::from_utf8(attribute.key.as_ref().to_vec()).unwrap();
                    if !may.contains(&key.as_str()) {
                        return Err(format!("{key} of <{name}> in {html}"));
                    }
                    let value = String::from_utf8(attribute.value.to_vec()).unwrap();
                    let is_safe = match key.as_str() {
                        "href" => {
                            ["https://", "http://", "mailto:", "tel:", "/", "?", "#"]
                                .iter()
                                .any(|start| value.starts_with(start))
                                && !value.starts_with("//")
                                && !value.contains('\\')
                                || !value.contains(':')
                        }
                        "src" => value.starts_with("/attachments/"),
                        _ => true,
                    };
                    if !is_safe {
                        return Err(format!("{key}={value} in {html}"));
                    }
                }
            }
            Event::Text(text) => words.push_str(&String::from_utf8_lossy(&text)),
            Event::GeneralRef(name) => match &name[..] {
                b"lt" => words.push('<'),
                b"gt" => words.push('>'),
                b"amp" => words.push('&'),
                b"quot" => words.push('"'),
                _ => words.push('?'),
            },
            Event::End(_) => {}
            Event::Eof => return Ok(words),
            other => return Err(format!("{other:?} in {html}")),
        }
    }
}

fn own_picture(id: i64) -> Option<weixiao::web::text::Attached> {
    let file =
        |is_picture| weixiao::web::text::Attached { href: format!("/attachments/{id}/a.png"), is_picture };
    match id {
        1 => Some(file(true)),
        2 => Some(file(false)),
        _ => None,
    }
}

#[test]
fn hostile_texts_are_words() {
    use weixiao::web::text::{markdown, markdown_apart, markdown_with};
    for text in HOSTILE {
        for around in
            ["{}", "前 {} 后", "**{}**", "- {}", "> {}", "| a |\n|---|\n| {} |", "[x]({})", "![x]({})"]
        {
            let text = around.replace("{}", text);
            for html in
                [markdown(&text), markdown_with(&text, &own_picture), markdown_apart(&text, &own_picture)]
            {
                if let Err(why) = words(&html) {
                    panic!("{text:?}: {why}");
                }
            }
        }
    }
    // What was written can be read.
    for text in HOSTILE.iter().filter(|text| text.starts_with('<') && !text.starts_with("<javascript")) {
        let said = words(&markdown(text)).unwrap();
        let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        assert_eq!(letters(&said), letters(text), "{text}");
    }
    let said = words(&markdown("[点](javascript:alert(1))")).unwrap();
    assert_eq!(said.trim(), "点");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 600, ..Default::default() })]
    /// Pieces of markup in any order.
    #[test]
    fn nothing_that_can_be_written_runs(parts in proptest::collection::vec(proptest::sample::select(&[
        "<", ">", "</", "/>", "\"", "'", "=", "&", ";", "#", "`", "```", "~~~", "*", "**", "_", "[", "]", "(", ")", "!", "![", "](", "\\",
        "\n", "\n\n", "    ", "- ", "> ", "# ", "|", "|---|", ":", "javascript:", "data:", "attachment:1", "attachment:2", "https://e.org",
        "script", "img ", "onerror=", "src=", "href=", "style=", "&#106;", "&Tab;", "&lt;", "<!--", "-->", "<?", "?>", "<![CDATA[", "]]>",
        "字", " ", "\t", "1. ", "a",
    ][..]), 0..24)) {
        let text = parts.concat();
        for html in [weixiao::web::text::markdown_with(&text, &own_picture), weixiao::web::text::markdown_apart(&text, &own_picture)] {
            if let Err(why) = words(&html) {
                proptest::prop_assert!(false, "{text:?}: {why}");
            }
        }
    }
}

#[actix_web::test]
async fn a_hostile_chapter_does_nothing_wherever_it_is_shown() {
    let world = World::new();
    let author = world.signed_in("instructor").await;
    let id = create(&author, "<script>alert(0)</script>", "hostile").await;
    let chapter = add(&author, id, "<img src=x onerror=alert(0)>").await;
    let text =
        HOSTILE.iter().filter(|text| !text.contains('\u{1}')).copied().collect::<Vec<_>>().join("\n\n");
    let answer = save(&author, id, chapter, 1, "<img src=x onerror=alert(0)>", &text).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(step(&author, id, "submit").await.status, 303);
    let reviewer = world.signed_in("reviewer1").await;
    let mut pages = vec![
        author.get(&format!("/studio/booklets/{id}")).await,
        author.get(&format!("/studio/booklets/{id}/preview")).await,
        author.get(&format!("/studio/booklets/{id}/chapters/{chapter}")).await,
        author.get(&format!("/studio/booklets/{id}/chapters/{chapter}/saves/2")).await,
        reviewer.get(&format!("/review/booklets/{id}")).await,
    ];
    assert_eq!(judged(&reviewer, id, "passed", "").await.status, 303);
    for path in ["/booklets", "/booklets/hostile", "/booklets/hostile/1", "/booklets/hostile/print"] {
        pages.push(world.visitor().get(path).await);
    }
    for page in pages {
        assert_eq!(page.status, 200);
        for run in [
            "<script>",
            "<script src=//",
            "<img src=x",
            "<svg/onload",
            "<iframe",
            "<a href=\"javascript:",
            "<style",
        ] {
            assert!(!page.body.contains(run), "{run} in {}", page.body);
        }
        // Every script is one of ours.
        for script in page.body.split("<script").skip(1) {
            assert!(script.starts_with(" src=\"/static/"), "{script}");
        }
    }
}

// Texts from elsewhere.

#[actix_web::test]
async fn a_markdown_file_is_looked_through_and_then_taken() {
    let world = World::new();
    let author = world.signed_in("instructor").await;
    let id = written(&author, "imported", &[("原有的", "字")]).await;
    let path = format!("/studio/booklets/{id}/import");
    assert_eq!(author.get(&path).await.status, 200);
    for (name, bytes) in
        [("", b"".as_slice()), ("a.docx", b"PK\x03\x04"), ("a.doc", b"\xd0\xcf\x11\xe0"), ("a.md", b"")]
    {
        let refused = author.send_bytes(&path, multipart(name, bytes, &[])).await;
        assert_eq!(refused.status, 422, "{name}");
    }
    let file = "# 看水尺\n\n要平视。\n\n![图](local.png)\n\n# 沿渠走\n\n走一遍。\n";
    let found = author.send_bytes(&path, multipart("手册.md", file.as_bytes(), &[])).await;
    assert_eq!(found.status, 200, "{}", found.body);
    assert!(found.body.contains("分出了 2 章") && found.body.contains("value=\"看水尺\""));
    assert!(found.body.contains("没有带上的") && found.body.contains("引用了 1 张图片"));
    let chapters =
        format!("SELECT COUNT(*) FROM chapter_drafts WHERE booklet_id = {id} AND is_deleted = FALSE");
    assert_eq!(world.number(&chapters), 1, "looking takes nothing");
    let revision = found.between(r#"name="revision" value=""#, "\"").to_owned();
    let apply = format!("{path}/apply");
    let form = |take: &[(&'static str, &'static str)], revision: &str, mode: &str| {
        let mut fields = vec![("revision", revision), ("mode", mode)];
        fields.extend([
            ("title", "看水尺"),
            ("body", "要平视。"),
            ("title", "沿渠走（改）"),
            ("body", "走一遍。"),
        ]);
        fields.extend(take);
        multipart("", b"", &fields)
    };
    let none = author.send_bytes(&apply, form(&[], &revision, "behind")).await;
    assert!(none.status == 422 && none.body.contains("沿渠走（改）"), "what was typed stays");
    let both = [("take", "0"), ("take", "1")];
    for _ in 0..2 {
        let taken = author.send_bytes(&apply, form(&both, &revision, "behind")).await;
        assert_eq!(taken.status, 303, "{}", taken.body);
    }
    assert_eq!(world.number(&chapters), 3, "sent twice, taken once");
    let late = author.send_bytes(&apply, form(&[("take", "0")], "1", "behind")).await;
    assert!(late.status == 422 && late.body.contains("目录被改过") && late.body.contains("沿渠走（改）"));
    let revision = self::revision(&author, id).await;
    assert_eq!(author.send_bytes(&apply, form(&both, &revision, "instead")).await.status, 303);
    assert_eq!(world.number(&chapters), 2);
    let deleted = format!("SELECT COUNT(*) FROM chapter_drafts WHERE booklet_id = {id} AND is_deleted");
    assert_eq!(world.number(&deleted), 3, "those from before stay in the history");
}

/// A file as a word processor writes it: a heading, a text with a picture.
fn docx() -> Vec<u8> {
    let parts: [(&str, Vec<u8>); 6] = [
        ("[Content_Types].xml", br#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="png" ContentType="image/png"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#.to_vec()),
        ("_rels/.rels", br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#.to_vec()),
        ("word/document.xml", r#"<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><w:body><w:p><w:pPr><w:pStyle w:val="1"/></w:pPr><w:r><w:t>看水尺</w:t></w:r></w:p><w:p><w:r><w:rPr><w:b/></w:rPr><w:t>平视</w:t></w:r></w:p><w:p><w:r><w:drawing><wp:inline><wp:extent cx="9" cy="9"/><wp:docPr id="1" name="a"/><a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr><pic:cNvPr id="0" name="a"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed="rId5"/></pic:blipFill><pic:spPr/></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p><w:p><w:pPr><w:pStyle w:val="1"/></w:pPr><w:r><w:t>沿渠走</w:t></w:r></w:p><w:p><w:r><w:t>走一遍</w:t></w:r></w:p><w:sectPr/></w:body></w:document>"#.as_bytes().to_vec()),
        ("word/_rels/document.xml.rels", br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/><Relationship Id="rId5" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" Target="media/image1.png"/></Relationships>"#.to_vec()),
        ("word/styles.xml", br#"<?xml version="1.0"?><w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:style w:type="paragraph" w:styleId="1"><w:name w:val="heading 1"/></w:style></w:styles>"#.to_vec()),
        ("word/media/image1.png", png(7)),
    ];
    let mut zip = zip::ZipWriter::new(Cursor::new(vec![]));
    for (name, bytes) in parts {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(&bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[actix_web::test]
async fn a_word_file_brings_its_chapters_and_pictures() {
    let world = World::new();
    let author = world.signed_in("instructor").await;
    let id = create(&author, "导入", "word").await;
    let path = format!("/studio/booklets/{id}/import");
    for _ in 0..2 {
        let found = author.send_bytes(&path, multipart("手册.docx", &docx(), &[])).await;
        assert_eq!(found.status, 200, "{}", found.body);
        let picture = world.number(&format!("SELECT MAX(id) FROM attachments WHERE booklet_id = {id}"));
        assert!(found.body.contains(&format!("![图 1](attachment:{picture})")), "{}", found.body);
        assert!(found.body.contains("分出了 2 章") && found.body.contains("**平视**"));
    }
    assert_eq!(
        world.number(&format!("SELECT COUNT(*) FROM attachments WHERE booklet_id = {id}")),
        1,
        "looking twice keeps the picture once"
    );
    let garbage = [&docx()[..200], &[0; 300]].concat();
    assert_eq!(author.send_bytes(&path, multipart("坏.docx", &garbage, &[])).await.status, 422);
}

// The book to take away.

fn unpacked(bytes: &[u8]) -> Vec<(String, Vec<u8>, bool)> {
    let mut book = ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..book.len())
        .map(|at| {
            let mut file = book.by_index(at).unwrap();
            let mut content = vec![];
            file.read_to_end(&mut content).unwrap();
            let is_stored = file.compression() == zip::CompressionMethod::Stored;
            (file.name().unwrap().into_owned(), content, is_stored)
        })
        .collect()
}

async fn epub(browser: &Browser<'_>, slug: &str) -> (Answer, Vec<u8>) {
    browser.bytes(&format!("/booklets/{slug}/book.epub")).await
}

#[actix_web::test]
async fn a_booklet_is_taken_away_as_a_valid_book_that_is_the_same_each_time() {
    let world = World::new();
    let author = world.signed_in("instructor").await;
    let hostile =
        HOSTILE.iter().filter(|text| !text.contains('\u{1}')).copied().collect::<Vec<_>>().join("\n\n");
    let id = written(
        &author,
        "book",
        &[
            ("一 & <二>", &hostile),
            ("表", "| a | b |\n|:-:|--:|\n| 1 | 2 |\n\n[里](/help) [外](https://example.org)"),
        ],
    )
    .await;
    let (picture, pdf) = (
        send(&world, &author, id, "a.png", &png(1)).await,
        send(&world, &author, id, "a.pdf", b"%PDF-1.4").await,
    );
    let chapter = add(&author, id, "图").await;
    let text = format!("![水尺 \"一\"](attachment:{picture})\n\n[表](attachment:{pdf})");
    assert_eq!(save(&author, id, chapter, 1, "图", &text).await.status, 303);
    let visitor = world.visitor();
    assert_eq!(epub(&visitor, "book").await.0.status, 404);
    published(&world, &author, id).await;
    assert!(visitor.get("/booklets/book").await.body.contains("/booklets/book/book.epub"));
    let (answer, bytes) = epub(&visitor, "book").await;
    assert_eq!(
        (answer.status.as_u16(), answer.headers["content-type"].as_str()),
        (200, "application/epub+zip")
    );
    assert!(answer.headers["content-disposition"].contains("book-"));
    assert_eq!(epub(&visitor, "book").await.1, bytes, "the same text is the same book");
    let files = unpacked(&bytes);
    let (name, content, is_stored) = &files[0];
    assert_eq!(
        (name.as_str(), content.as_slice(), *is_stored),
        ("mimetype", b"application/epub+zip".as_slice(), true)
    );
    let of = |name: &str| {
        let found = files
            .iter()
            .find(|file| file.0 == name)
            .unwrap_or_else(|| panic!("{name}: {:?}", files.iter().map(|file| &file.0).collect::<Vec<_>>()));
        String::from_utf8(found.1.clone()).unwrap()
    };
    let mut pages = 0;
    for (name, content, _) in &files {
        if !["xhtml", "opf", "ncx", "xml"].iter().any(|ending| name.ends_with(ending)) {
            continue;
        }
        pages += 1;
        let text = std::str::from_utf8(content).unwrap();
        let mut reader = Reader::from_str(text);
        loop {
            match reader.read_event().unwrap_or_else(|error| panic!("{name}: {error}\n{text}")) {
                Event::Start(element) | Event::Empty(element) => {
                    assert_ne!(element.name().as_ref(), b"script", "{name}");
                    for attribute in element.attributes() {
                        let attribute = attribute.unwrap_or_else(|error| panic!("{name}: {error}"));
                        let key = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
                        assert!(!key.starts_with("on") && key != "style", "{name}: {key}");
                        let value = String::from_utf8_lossy(&attribute.value).into_owned();
                        if ["src", "href"].contains(&key.as_str()) && name.starts_with("OEBPS/chapter") {
                            let is_there = files.iter().any(|file| file.0 == format!("OEBPS/{value}"));
                            assert!(
                                is_there || value.starts_with("http") || value.starts_with("mailto:"),
                                "{name}: {value}"
                            );
                        }
                    }
                }
                Event::Eof => break,
                _ => {}
            }
        }
    }
    assert!(pages >= 8, "{pages}");
    assert!(
        of("OEBPS/chapter-3.xhtml")
            .contains(&format!("<img src=\"images/{picture}.png\" alt=\"水尺 &quot;一&quot;\" />"))
    );
    assert!(!of("OEBPS/chapter-3.xhtml").contains("<a "), "a file that does not come along is a word");
    assert_eq!(files.iter().find(|file| file.0 == format!("OEBPS/images/{picture}.png")).unwrap().1, png(1));
    let table = of("OEBPS/chapter-2.xhtml");
    assert!(
        table.contains("<td class=\"n\">2</td>")
            && !table.contains("/help")
            && table.contains("https://example.org")
    );
    let package = of("OEBPS/content.opf");
    assert!(package.contains("zh-CN") && package.contains("巡渠手册") && !package.contains("attachment"));
    assert!(
        of("OEBPS/nav.xhtml").contains("chapter-2.xhtml") && of("OEBPS/title.xhtml").contains("巡渠手册")
    );
    assert!(of("OEBPS/chapter-1.xhtml").contains("<h1>1. 一 &amp; &lt;二&gt;</h1>"));
    // Members only: sign in first.
    world.sql(&format!("UPDATE booklets SET visibility = 'members' WHERE id = {id}"));
    let asked = visitor.get("/booklets/book/book.epub").await;
    assert!(asked.status == 303 && asked.location.unwrap().starts_with("/sign-in?"));
    assert_eq!(epub(&world.signed_in("member").await, "book").await.0.status, 200);
    if let Ok(folder) = std::env::var("EPUB_TO") {
        std::fs::write(format!("{folder}/book.epub"), &bytes).unwrap();
        std::fs::write(format!("{folder}/fifty.epub"), epub(&visitor, "fifty-questions").await.1).unwrap();
    }
}

#[actix_web::test]
async fn the_desk_costs_the_same_with_one_chapter_and_with_twenty() {
    let world = World::new();
    let author = world.signed_in("instructor").await;
    let id = written(&author, "cost", &[("一", "字")]).await;
    let desk = format!("/studio/booklets/{id}");
    let cost = async |path: &str| {
        author.get(path).await;
        let before = world.db.statements();
        assert_eq!(author.get(path).await.status, 200);
        world.db.statements() - before
    };
    let one = [cost(&desk).await, cost("/studio/booklets").await];
    for number in 2..20 {
        add(&author, id, &format!("第 {number} 章")).await;
    }
    assert_eq!([cost(&desk).await, cost("/studio/booklets").await], one);
    assert!(one[0] <= 18, "{one:?}");
}

#[actix_web::test]
async fn what_names_a_chapter_follows_it_to_its_place_in_the_next_edition() {
    let world = World::new();
    let author = world.signed_in("instructor").await;
    let chapters = [("一", "甲"), ("二", "乙"), ("三", "丙")];
    let id = written(&author, "moving", &chapters).await;
    published(&world, &author, id).await;
    let persons = ["member", "member2", "elder"]
        .map(|name| world.number(&format!("SELECT person_id FROM accounts WHERE username = '{name}'")));
    for (person, read) in persons.iter().zip([&[1, 2, 3][..], &[2], &[3]]) {
        for chapter in read {
            world.sql(&format!(
                "INSERT INTO chapter_reads (person_id, booklet_id, chapter, read_at) VALUES ({person}, {id}, {chapter}, CURRENT_TIMESTAMP)"
            ));
        }
    }
    let other = world.number(&format!("SELECT MIN(id) FROM booklets WHERE id <> {id}"));
    let course = world.number("SELECT MIN(id) FROM courses");
    for (step, booklet, chapter) in [("m1", id, 1), ("m2", id, 2), ("m3", id, 3), ("m4", other, 3)] {
        world.sql(&format!(
            "INSERT INTO course_items (course_id, version, position, step, unit, title, is_required, share, opens, kind, booklet_id, chapter)
             SELECT {course}, 1, MAX(position) + 1, '{step}', '', '{step}', TRUE, 80, 'at_once', 'chapter', {booklet}, {chapter} FROM course_items"
        ));
    }
    let account = world.number("SELECT id FROM accounts WHERE username = 'instructor'");
    world.sql(&format!(
        "INSERT INTO banks (title, booklet_id, author_id, created_at, question_count, key) VALUES ('x', {id}, {account}, CURRENT_TIMESTAMP, 3, 'moving')"
    ));
    for chapter in 1..=3 {
        world.sql(&format!(
            "INSERT INTO bank_questions (bank_id, code, kind, stem, explanation, chapter, is_active, revision, changed_by, changed_at)
             SELECT id, 'm{chapter}', 'boolean', 'x', '', {chapter}, TRUE, 1, {account}, CURRENT_TIMESTAMP FROM banks WHERE key = 'moving'"
        ));
    }
    world.sql(&format!(
        "INSERT INTO tests (bank_id, title, chapter, question_count, pass_share, feedback, is_open, revision, created_by, created_at, key)
         SELECT id, 'x', 3, 1, 60, 'final', TRUE, 1, {account}, CURRENT_TIMESTAMP, 'moving' FROM banks WHERE key = 'moving'"
    ));

    // The second chapter is gone, a new one stands in front: 一 is 2, 二 goes with it, 三 is 3; 新 is 1.
    let drafts = |order: &str| {
        world.number(&format!(
            "SELECT id FROM chapter_drafts WHERE booklet_id = {id} AND NOT is_deleted ORDER BY {order} LIMIT 1"
        ))
    };
    let second =
        world.number(&format!("SELECT id FROM chapter_drafts WHERE booklet_id = {id} AND title = '二'"));
    let now = revision(&author, id).await;
    let gone = author
        .post(&format!("/studio/booklets/{id}/chapters/{second}/delete"), &[("revision", now.as_str())])
        .await;
    assert_eq!(gone.status, 303, "{}", gone.body);
    let new = add(&author, id, "新").await;
    assert_eq!(save(&author, id, new, 1, "新", "丁").await.status, 303);
    while drafts("position") != new {
        let now = revision(&author, id).await;
        let up = [("revision", now.as_str()), ("direction", "up")];
        assert_eq!(author.post(&format!("/studio/booklets/{id}/chapters/{new}/move"), &up).await.status, 303);
    }
    published(&world, &author, id).await;
    let titles = ["新", "一", "三"];
    for (number, title) in (1..).zip(titles) {
        assert_eq!(
            world.text(&format!(
                "SELECT title FROM booklet_chapters WHERE booklet_id = {id} AND position = {number}"
            )),
            title
        );
    }
    let reads = |person: i64, chapter: i32| {
        world.number(&format!(
            "SELECT COUNT(*) FROM chapter_reads WHERE booklet_id = {id} AND person_id = {person} AND chapter = {chapter}"
        ))
    };
    let all = persons.map(|person| [1, 2, 3].map(|chapter| reads(person, chapter)));
    assert_eq!(all, [[0, 1, 1], [0, 1, 0], [0, 0, 1]]);
    assert_eq!(world.number(&format!("SELECT COUNT(*) FROM chapter_reads WHERE booklet_id = {id}")), 4);
    let step = |step: &str| world.number(&format!("SELECT chapter FROM course_items WHERE step = '{step}'"));
    assert_eq!(["m1", "m2", "m3", "m4"].map(step), [2, 2, 3, 3]);
    let question = |code: &str, column: &str| {
        world.number(&format!("SELECT {column} FROM bank_questions WHERE code = '{code}'"))
    };
    assert_eq!(["m1", "m2", "m3"].map(|code| question(code, "chapter")), [2, 2, 3]);
    assert_eq!(["m1", "m2", "m3"].map(|code| question(code, "revision")), [2, 1, 1], "an open form is told");
    assert_eq!(world.number("SELECT chapter FROM tests WHERE key = 'moving'"), 3);
    // Once more the other way: 新 goes, all move up, and the test with them.
    let now = revision(&author, id).await;
    let gone = author
        .post(&format!("/studio/booklets/{id}/chapters/{new}/delete"), &[("revision", now.as_str())])
        .await;
    assert_eq!(gone.status, 303, "{}", gone.body);
    published(&world, &author, id).await;
    assert_eq!(["m1", "m2", "m3", "m4"].map(step), [1, 1, 2, 3]);
    assert_eq!(world.number("SELECT chapter FROM tests WHERE key = 'moving'"), 2);
    let all = persons.map(|person| [1, 2, 3].map(|chapter| reads(person, chapter)));
    assert_eq!(all, [[1, 1, 0], [1, 0, 0], [0, 1, 0]]);
}

#[actix_web::test]
async fn who_changed_what_is_said_of_a_booklet_or_its_order_does_not_pass_it() {
    let world = World::new();
    let (author, organizer) = (world.signed_in("instructor").await, world.signed_in("organizer").await);
    let id = written(&author, "said", &[("一", "甲"), ("二", "乙")]).await;
    let revised = revision(&organizer, id).await;
    let fields = about("巡渠手册", &[("intro", "组织部写的简介"), ("revision", revised.as_str())]);
    assert_eq!(organizer.post(&format!("/studio/booklets/{id}"), &fields).await.status, 303);
    // The author saves last.
    let chapter = world.number(&format!("SELECT MIN(id) FROM chapter_drafts WHERE booklet_id = {id}"));
    assert_eq!(save(&author, id, chapter, 2, "一", "甲甲").await.status, 303);
    assert_eq!(step(&author, id, "submit").await.status, 303);
    let page = organizer.get(&format!("/review/booklets/{id}")).await;
    assert!(
        page.body.contains("这一轮的文字您改过") && !page.body.contains("name=\"verdict\""),
        "{}",
        page.body
    );
    // Taking it back changes no word of it; what was changed before the last pass was passed.
    assert_eq!(step(&author, id, "take-back").await.status, 303);
    published(&world, &author, id).await;
    assert_eq!(save(&author, id, chapter, 3, "一", "甲乙").await.status, 303);
    assert_eq!(step(&author, id, "submit").await.status, 303);
    assert_eq!(step(&organizer, id, "take-back").await.status, 303);
    assert_eq!(step(&author, id, "submit").await.status, 303);
    assert_eq!(judged(&organizer, id, "passed", "").await.status, 303);
}
