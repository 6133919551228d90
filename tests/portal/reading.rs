//! Booklets, bases and portraits: who may read what, and where a reader is. How a booklet is published: `manuscripts`.
use crate::world::{Answer, World};
use std::collections::BTreeSet;

const BOOKLETS: [&str; 6] = [
    "base-guide",
    "courtyard-talks",
    "fifty-questions",
    "flood-and-mountain",
    "phone-for-elders",
    "record-handbook",
];
const FOR_MEMBERS: &str = "courtyard-talks";

/// The parts of the page that begin with `mark`.
fn parts<'a>(answer: &'a Answer, mark: &str) -> Vec<&'a str> {
    answer.body.split(mark).skip(1).collect()
}

/// What stands between `before` and the next quotation mark, each time.
fn values<'a>(text: &'a str, before: &str) -> Vec<&'a str> {
    text.split(before).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

fn person(world: &World, account: &str) -> i64 {
    world.number(&format!("SELECT person_id FROM accounts WHERE username = '{account}'"))
}

/// The chapter kept for this account's person; 0 is none.
fn place(world: &World, account: &str, slug: &str) -> i64 {
    world.number(&format!(
        "SELECT COALESCE(MAX(r.position), 0) FROM reading_positions r JOIN booklets b ON b.id = r.booklet_id \
         WHERE b.slug = '{slug}' AND r.person_id = {}",
        person(world, account)
    ))
}

#[actix_web::test]
async fn the_shelf_shows_every_published_booklet_and_marks_those_for_members() {
    let world = World::new();
    let shelf = world.visitor().get("/booklets").await;
    let shown: BTreeSet<_> =
        values(&shelf.body, r#"class="row__title" href="/booklets/"#).into_iter().collect();
    assert_eq!(shown, BTreeSet::from(BOOKLETS));
    for row in parts(&shelf, r#"<div class="book row">"#) {
        let slug = values(row, r#"href="/booklets/"#)[0];
        let row = row.split("</li>").next().unwrap();
        assert_eq!(row.contains("登录后可读"), slug == FOR_MEMBERS, "{slug}");
    }
    let shelf = world.signed_in("member").await.get("/booklets").await;
    assert_eq!(parts(&shelf, r#"class="row__title" href="/booklets/"#).len(), BOOKLETS.len());
    assert!(!shelf.body.contains("登录后可读"), "a member may read them all");
}

#[actix_web::test]
async fn a_booklet_for_members_sends_a_visitor_to_sign_in_and_back() {
    let world = World::new();
    for page in ["", "/2", "/print"] {
        let path = format!("/booklets/{FOR_MEMBERS}{page}");
        let visitor = world.visitor();
        let asked = visitor.get(&path).await;
        let sign_in = format!("/sign-in?next={}", path.replace('/', "%2F"));
        assert_eq!((asked.status.as_u16(), asked.location.as_deref()), (303, Some(sign_in.as_str())));
        let next = visitor.get(&sign_in).await;
        let next = next.between(r#"name="next" value=""#, "\"").to_owned();
        let fields = [("name", "member"), ("password", weixiao::demo::PASSWORD), ("next", &next)];
        assert_eq!(visitor.post("/sign-in", &fields).await.location.as_deref(), Some(path.as_str()));
        let read = visitor.get(&path).await;
        assert_eq!(read.status, 200, "{path}");
        assert!(read.body.contains("院落议事方法"), "{path}");
    }
    // A chapter that is not there is not there, but a visitor is told nothing of a booklet for members.
    assert_eq!(world.visitor().get(&format!("/booklets/{FOR_MEMBERS}/999")).await.status, 303);
    assert_eq!(
        world.signed_in("member").await.get(&format!("/booklets/{FOR_MEMBERS}/999")).await.status,
        404
    );
}

#[actix_web::test]
async fn a_booklet_that_is_not_published_is_not_found_by_anybody() {
    let world = World::new();
    let hidden =
        [("base-guide", "draft"), ("courtyard-talks", "in_review"), ("phone-for-elders", "withdrawn")];
    for (slug, stage) in hidden {
        world.sql(&format!("UPDATE booklets SET stage = '{stage}' WHERE slug = '{slug}'"));
    }
    // `reviewer1` wrote them.
    let browsers = [
        world.visitor(),
        world.signed_in("member").await,
        world.signed_in("reviewer1").await,
        world.signed_in("admin").await,
    ];
    for browser in &browsers {
        let shelf = browser.get("/booklets").await;
        assert_eq!(parts(&shelf, r#"class="row__title""#).len(), BOOKLETS.len() - hidden.len());
        for (slug, stage) in hidden {
            assert!(!shelf.body.contains(slug), "{slug} on the shelf");
            for page in ["", "/1", "/print"] {
                assert_eq!(
                    browser.get(&format!("/booklets/{slug}{page}")).await.status,
                    404,
                    "{stage}{page}"
                );
            }
        }
    }
}

#[actix_web::test]
async fn chapters_and_names_that_cannot_be_are_not_found() {
    let world = World::new();
    let reader = world.signed_in("member").await;
    assert_eq!(reader.get("/booklets/fifty-questions/50").await.status, 200, "the last one is");
    let long = "a".repeat(300);
    let chapters =
        ["0", "-1", "51", "2147483647", "2147483648", "-2147483648", "999999999999", "abc", "1.5", "%00"];
    for chapter in chapters {
        let answer = reader.get(&format!("/booklets/fifty-questions/{chapter}")).await;
        assert_eq!(answer.status, 404, "chapter {chapter}");
    }
    assert_eq!(place(&world, "member", "fifty-questions"), 50, "none of them moved the bookmark");
    let names = [
        "%00",
        "fifty-questions%00",
        "..",
        "%2e%2e",
        "%2e%2e%2fadmin",
        "FIFTY-QUESTIONS",
        "Fifty-questions",
        "fifty_questions",
        "no-such-name",
        "%E8%AF%BB%E6%9C%AC",
        "'%20OR%20'1'='1",
        &long,
    ];
    for name in names {
        for folder in ["booklets", "bases", "stories"] {
            assert_eq!(reader.get(&format!("/{folder}/{name}")).await.status, 404, "/{folder}/{name}");
        }
        for page in ["1", "print"] {
            assert_eq!(reader.get(&format!("/booklets/{name}/{page}")).await.status, 404, "{name}/{page}");
        }
    }
}

#[actix_web::test]
async fn a_signed_in_reader_finds_the_chapter_opened_last() {
    let world = World::new();
    let reader = world.signed_in("member").await;
    let before = reader.get("/booklets/fifty-questions").await;
    assert!(before.body.contains("从头读") && !before.body.contains("读到"));
    // On, and back again: the last one counts, not the furthest.
    for chapter in [1, 30, 7] {
        reader.get(&format!("/booklets/fifty-questions/{chapter}")).await;
        let shelf = reader.get("/booklets").await;
        assert_eq!(shelf.body.matches("读到第").count(), 2, "one booklet, in words and on its bar");
        assert!(shelf.body.contains(&format!("<span>读到第 {chapter} 章</span>")), "on the shelf: {chapter}");
        let booklet = reader.get("/booklets/fifty-questions").await;
        assert!(booklet.body.contains(&format!("读到第 {chapter} 章，共 50 章")), "on its page: {chapter}");
        let go_on = booklet.between(r#"class="btn btn--go btn--big" href=""#, "</a>");
        assert!(go_on.starts_with(&format!("/booklets/fifty-questions/{chapter}\"")), "{go_on}");
        assert!(go_on.contains("接着读"));
        assert_eq!(booklet.body.matches("读到这里").count(), 1);
    }
    // The contents, the printed page and other booklets move nothing.
    for path in ["/booklets/fifty-questions/print", "/booklets/fifty-questions", "/booklets/base-guide/2"] {
        reader.get(path).await;
    }
    assert_eq!(place(&world, "member", "fifty-questions"), 7);
    assert_eq!(place(&world, "member", "base-guide"), 2);
}

#[actix_web::test]
async fn everybody_has_their_own_place_and_a_visitor_has_none() {
    let world = World::new();
    let (member, member2) = (world.signed_in("member").await, world.signed_in("member2").await);
    member.get("/booklets/fifty-questions/7").await;
    let theirs = member2.get("/booklets/fifty-questions").await;
    assert!(!theirs.body.contains("读到"), "what somebody else reads is nobody's business");
    member2.get("/booklets/fifty-questions/9").await;
    let visitor = world.visitor();
    visitor.get("/booklets/fifty-questions/20").await;
    for path in ["/booklets", "/booklets/fifty-questions"] {
        let page = visitor.get(path).await;
        assert!(!page.body.contains("读到第") && !page.body.contains("读到这里"), "{path}");
    }
    assert_eq!(place(&world, "member", "fifty-questions"), 7);
    assert_eq!(place(&world, "member2", "fifty-questions"), 9);
    assert_eq!(world.number("SELECT COUNT(*) FROM reading_positions"), 2);
}

#[actix_web::test]
async fn a_clerk_who_acts_for_a_member_does_not_move_the_members_place() {
    let world = World::new();
    world.signed_in("member").await.get("/booklets/fifty-questions/7").await;
    let clerk = world.signed_in("clerk").await;
    let started = clerk.post(&format!("/people/{}/acting", person(&world, "member")), &[]).await;
    assert_eq!(started.status, 303);
    let chapter = clerk.get("/booklets/fifty-questions/20").await;
    assert!(chapter.body.contains("正在代"), "the clerk acts");
    assert_eq!(chapter.status, 200);
    assert_eq!(place(&world, "member", "fifty-questions"), 7);
    assert!(clerk.get("/booklets").await.body.contains("读到第 7 章"), "it is the member's shelf");
    clerk.post("/acting/end", &[]).await;
    assert_eq!(place(&world, "clerk", "fifty-questions"), 0, "the clerk read nothing for themselves");
    clerk.get("/booklets/fifty-questions/4").await;
    assert_eq!(
        (place(&world, "clerk", "fifty-questions"), place(&world, "member", "fifty-questions")),
        (4, 7)
    );
}

#[actix_web::test]
async fn the_printed_page_holds_every_chapter_in_order() {
    let world = World::new();
    let reader = world.signed_in("member").await;
    for slug in BOOKLETS {
        let printed = reader.get(&format!("/booklets/{slug}/print")).await;
        let numbers: Vec<i64> =
            values(&printed.body, r#"<h2 id="c-"#).iter().map(|number| number.parse().unwrap()).collect();
        let count = world.number(&format!(
            "SELECT COUNT(*) FROM booklet_chapters c JOIN booklets b ON b.id = c.booklet_id WHERE b.slug = '{slug}'"
        ));
        assert_eq!(numbers, (1..=count).collect::<Vec<_>>(), "{slug}");
        let stated = world.number(&format!("SELECT chapter_count FROM booklets WHERE slug = '{slug}'"));
        assert_eq!(stated, count, "{slug} says how many it has");
    }
    assert_eq!(world.number("SELECT chapter_count FROM booklets WHERE slug = 'fifty-questions'"), 50);
}

#[actix_web::test]
async fn html_that_an_author_wrote_is_shown_and_not_obeyed() {
    let world = World::new();
    let body = "前 <script>alert(1)</script> 后 <img src=x onerror=alert(2)>\n\n<div onclick=\"alert(3)\">块</div>\n\n\
                ## <b>粗</b>\n\n```\n<em>码</em>\n```\n\n| <u>表</u> | 二 |\n| --- | --- |\n| 1 | 2 |\n";
    world.sql(&format!(
        "INSERT INTO booklet_chapters (booklet_id, position, title, body) \
         SELECT id, 51, '<i>斜</i>', '{body}' FROM booklets WHERE slug = 'fifty-questions'"
    ));
    world.sql("UPDATE booklets SET chapter_count = 51 WHERE slug = 'fifty-questions'");
    let contents = world.visitor().get("/booklets/fifty-questions").await;
    assert!(contents.body.contains("&#60;i&#62;斜") && !contents.body.contains("<i>斜"));
    for page in ["51", "print"] {
        let answer = world.visitor().get(&format!("/booklets/fifty-questions/{page}")).await;
        for tag in ["<script>alert", "<img src=x", "<div onclick", "<b>粗", "<em>码", "<u>表", "<i>斜"] {
            assert!(!answer.body.contains(tag), "{tag} on {page}");
        }
        for text in
            ["&lt;script&gt;alert(1)&lt;/script&gt;", "&lt;div onclick=", "&lt;b&gt;粗", "&#60;i&#62;斜"]
        {
            assert!(answer.body.contains(text), "{text} is not shown on {page}");
        }
        assert!(answer.body.contains("<th scope=\"col\">"), "the table is a table");
    }
}

#[actix_web::test]
async fn a_chapter_leads_to_the_one_before_and_the_one_after() {
    let world = World::new();
    let visitor = world.visitor();
    let link = |n: i64| format!("/booklets/fifty-questions/{n}");
    for number in [1, 2, 25, 49, 50] {
        let page = visitor.get(&link(number)).await;
        let one = |rel: &str| values(&page.body, &format!(r#"rel="{rel}" href=""#)).join(" ");
        let before = if number == 1 { String::new() } else { link(number - 1) };
        let after = if number == 50 { String::new() } else { link(number + 1) };
        assert_eq!((one("prev"), one("next")), (before, after), "chapter {number}");
    }
}

/// The names of bases, and those of platforms.
fn places(answer: &Answer) -> (Vec<&str>, Vec<&str>) {
    let (bases, platforms) = answer.body.split_once(r#"id="h-platforms""#).unwrap_or((&answer.body, ""));
    let names = |text| values(text, r#"<h3 class="lesson__t"><a href="/bases/"#);
    (names(bases), names(platforms))
}

#[actix_web::test]
async fn thirteen_bases_are_told_apart_from_three_platforms() {
    let world = World::new();
    let visitor = world.visitor();
    let page = visitor.get("/bases").await;
    let (bases, platforms) = places(&page);
    assert_eq!(bases.len(), 13);
    assert_eq!(platforms, ["panda-guardians", "long-march-academy", "hongse-zhongxing"]);
    assert_eq!(bases.iter().chain(&platforms).collect::<BTreeSet<_>>().len(), 16, "each once");
    for (slugs, tag) in [(bases, "实训基地"), (platforms, "体验平台")] {
        for slug in slugs {
            let one = visitor.get(&format!("/bases/{slug}")).await;
            assert_eq!(one.between(r#"<span class="tag">"#, "<"), tag, "{slug}");
        }
    }
}

#[actix_web::test]
async fn bases_are_chosen_by_topic_and_an_unknown_topic_chooses_none() {
    let world = World::new();
    let visitor = world.visitor();
    let chosen = |page: &Answer| page.between(r#"class="chip" href="/bases"#, "</ul>").to_owned();
    let page = visitor.get("/bases?topic=habitat").await;
    assert_eq!(
        places(&page),
        (vec!["habitat-ranger-post", "water-quality-station"], vec!["panda-guardians"])
    );
    assert!(chosen(&page).contains(r#"?topic=habitat" aria-current="true""#));
    let page = visitor.get("/bases?topic=irrigation").await;
    assert_eq!(places(&page), (vec!["guanqu-yingxiang", "hydrology-station"], vec![]));
    assert!(!page.body.contains("h-platforms"), "no empty heading");
    for topic in ["", "no-such-topic", "HABITAT", "%00", "'", "habitat%20"] {
        let page = visitor.get(&format!("/bases?topic={topic}")).await;
        assert_eq!(page.status, 200, "{topic}");
        let (bases, platforms) = places(&page);
        assert_eq!((bases.len(), platforms.len()), (13, 3), "{topic}");
        assert!(chosen(&page).starts_with(r#"" aria-current="true""#), "all are chosen: {topic}");
    }
    // Every chip leads to something, and together they lead to everything.
    let all = visitor.get("/bases").await;
    let mut seen = BTreeSet::new();
    for topic in values(&all.body, r#"class="chip" href="/bases?topic="#) {
        let page = visitor.get(&format!("/bases?topic={topic}")).await;
        let (bases, platforms) = places(&page);
        assert!(bases.len() + platforms.len() > 0, "{topic}");
        seen.extend(bases.into_iter().chain(platforms).map(str::to_owned));
    }
    assert_eq!(seen.len(), 16);
}

#[actix_web::test]
async fn the_page_of_a_base_says_what_a_group_needs_to_know() {
    let world = World::new();
    let page = world.visitor().get("/bases/guanqu-yingxiang").await;
    for text in
        ["周二至周日 9:00–16:30", "60 人", "从客运中心乘往天马方向的公交", "有坡道和轮椅两台", "天马镇"]
    {
        assert!(page.body.contains(text), "{text}");
    }
    let others = page.body.split(r#"id="h-others""#).nth(1).unwrap();
    assert_eq!(values(others, r#"<h3 class="lesson__t"><a href="/bases/"#), ["hydrology-station"]);
    assert_eq!(world.visitor().get("/bases/no-such-base").await.status, 404);
}

const STORY: &str = r#"<h2 class="lesson__t"><a href="/stories/"#;

#[actix_web::test]
async fn fifteen_portraits_stand_on_two_pages() {
    let world = World::new();
    let visitor = world.visitor();
    let (first, second) = (visitor.get("/stories").await, visitor.get("/stories?page=2").await);
    let (on_first, on_second) = (values(&first.body, STORY), values(&second.body, STORY));
    assert_eq!((on_first.len(), on_second.len()), (12, 3));
    assert_eq!(on_first.iter().chain(&on_second).collect::<BTreeSet<_>>().len(), 15, "each once");
    assert_eq!(values(&first.body, r#"<a href="/stories?page="#).last(), Some(&"2"));
    assert!(first.body.contains(r#"/stories?page=2" rel="next""#) && !first.body.contains(r#"rel="prev""#));
    assert!(second.body.contains(r#"/stories?page=1" rel="prev""#) && !second.body.contains(r#"rel="next""#));
    assert_eq!(visitor.get("/stories?page=3").await.status, 404);
    for odd in ["0", "-1", "abc", "", "99999999999999999999"] {
        let page = visitor.get(&format!("/stories?page={odd}")).await;
        assert_eq!(values(&page.body, STORY), on_first, "{odd}");
    }
    world.sql("DELETE FROM stories WHERE position > 12");
    assert_eq!(visitor.get("/stories?page=2").await.status, 404, "a full first page is the only one");
    assert!(!visitor.get("/stories").await.body.contains(r#"rel="next""#));
}

#[actix_web::test]
async fn portraits_lead_from_the_first_to_the_last_and_back() {
    let world = World::new();
    let visitor = world.visitor();
    let mut listed = vec![];
    for page in 1..=2 {
        let page = visitor.get(&format!("/stories?page={page}")).await;
        listed.extend(values(&page.body, STORY).into_iter().map(str::to_owned));
    }
    let mut walked = vec![listed[0].clone()];
    for rel in ["next", "prev"] {
        loop {
            let page = visitor.get(&format!("/stories/{}", walked.last().unwrap())).await;
            assert_eq!(page.status, 200);
            match values(&page.body, &format!(r#"rel="{rel}" href="/stories/"#)).first() {
                Some(slug) if walked.len() < 40 => walked.push((*slug).to_owned()),
                _ => break,
            }
        }
    }
    let there_and_back: Vec<_> = listed.iter().chain(listed.iter().rev().skip(1)).cloned().collect();
    assert_eq!(walked, there_and_back);
}
