//! Whatever stands in the content is found: 275 queries in `must_find.txt`, compared with a plain look through all texts
//! that knows nothing of the index; and queries that nobody should send.
use crate::world::{Browser, World, escape};
use diesel::prelude::*;
use diesel::sql_types::Text;
use std::collections::{BTreeMap, BTreeSet};
use weixiao::db::Conn;

/// Something that can be found: its address, and its texts.
struct Thing {
    address: String,
    texts: Vec<String>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    address: String,
    #[diesel(sql_type = Text)]
    text: String,
}

/// Every text of the content with the address of its page, straight from the tables.
fn things(world: &World) -> Vec<Thing> {
    let mut things: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for sql in [
        "SELECT '/lectures/' || CAST(id AS TEXT) AS address, title AS text FROM lectures WHERE stage = 'published'",
        "SELECT '/lectures/' || CAST(id AS TEXT) AS address, summary AS text FROM lectures WHERE stage = 'published'",
        "SELECT '/lectures/' || CAST(g.lecture_id AS TEXT) AS address, i.name AS text FROM lecture_instructors g JOIN instructors i ON i.id = g.instructor_id JOIN lectures l ON l.id = g.lecture_id WHERE l.stage = 'published' ORDER BY g.lecture_id, g.position",
        "SELECT '/lectures/' || CAST(l.id AS TEXT) AS address, c.text FROM lectures l JOIN cues c ON c.media_id = l.media_id WHERE l.stage = 'published' ORDER BY l.id, c.position",
        "SELECT '/booklets/' || b.slug || '/' || CAST(c.position AS TEXT) AS address, c.title AS text FROM booklet_chapters c JOIN booklets b ON b.id = c.booklet_id WHERE b.stage = 'published'",
        "SELECT '/booklets/' || b.slug || '/' || CAST(c.position AS TEXT) AS address, c.body AS text FROM booklet_chapters c JOIN booklets b ON b.id = c.booklet_id WHERE b.stage = 'published'",
        "SELECT '/instructors/' || CAST(id AS TEXT) AS address, name AS text FROM instructors",
        "SELECT '/instructors/' || CAST(id AS TEXT) AS address, unit AS text FROM instructors",
        "SELECT '/instructors/' || CAST(id AS TEXT) AS address, intro AS text FROM instructors",
        "SELECT '/schools/' || CAST(id AS TEXT) AS address, name AS text FROM schools WHERE valid_to IS NULL",
        "SELECT '/schools/' || CAST(s.id AS TEXT) AS address, o.name AS text FROM schools s JOIN orgs o ON o.id = s.host_org_id WHERE s.valid_to IS NULL",
        "SELECT '/schools/' || CAST(id AS TEXT) AS address, address AS text FROM schools WHERE valid_to IS NULL",
        "SELECT '/bases/' || slug AS address, name AS text FROM bases",
        "SELECT '/bases/' || slug AS address, intro AS text FROM bases",
        "SELECT '/bases/' || slug AS address, body AS text FROM bases",
        "SELECT '/bases/' || slug AS address, district AS text FROM bases",
        "SELECT '/stories/' || slug AS address, title AS text FROM stories",
        "SELECT '/stories/' || slug AS address, person_name AS text FROM stories",
        "SELECT '/stories/' || slug AS address, field AS text FROM stories",
        "SELECT '/stories/' || slug AS address, post AS text FROM stories",
        "SELECT '/stories/' || slug AS address, lead AS text FROM stories",
        "SELECT '/stories/' || slug AS address, body AS text FROM stories",
    ] {
        let rows = world.db.read_now(|conn: &mut Conn| {
            Ok(weixiao::either!(conn, c => diesel::sql_query(sql).load::<Row>(c))?)
        });
        for row in rows.unwrap() {
            things.entry(row.address).or_default().push(row.text);
        }
    }
    things.into_iter().map(|(address, texts)| Thing { address, texts }).collect()
}

/// Letters and digits of a text, folded, each with whether it follows the one before directly.
fn folded(text: &str) -> Vec<(char, bool)> {
    let mut chars = vec![];
    let mut is_joined = false;
    for c in text.chars() {
        // Full-width forms stand 0xFEE0 above the others.
        let c = match u32::from(c) {
            code @ 0xFF01..=0xFF5E => char::from_u32(code - 0xFEE0).unwrap(),
            _ => c,
        };
        if c.is_alphanumeric() {
            chars.extend(c.to_lowercase().map(|c| (c, is_joined)));
            is_joined = true;
        } else {
            is_joined = false;
        }
    }
    chars
}

/// Whether the text has this run of letters and digits, signs between them left aside. A number is whole, a word of letters
/// begins where the run begins.
fn has(text: &[(char, bool)], run: &[char]) -> bool {
    let is_digit = |c: char| c.is_ascii_digit();
    let is_letter = |c: char| c.is_ascii_alphabetic();
    text.windows(run.len()).enumerate().any(|(at, some)| {
        let is_same = some.iter().zip(run).all(|((c, _), wanted)| c == wanted);
        let before = at.checked_sub(1).map(|at| text[at].0).filter(|_| text[at].1);
        let after = text.get(at + run.len()).filter(|(_, is_joined)| *is_joined).map(|(c, _)| *c);
        let (first, last) = (run[0], run[run.len() - 1]);
        let begins =
            !before.is_some_and(|b| is_digit(b) && is_digit(first) || is_letter(b) && is_letter(first));
        let ends = !after.is_some_and(|a| is_digit(a) && is_digit(last));
        // Inside, what the text divides the run may join only where letters meet digits or Han characters.
        let inside = some.iter().zip(run).skip(1).zip(run).all(|(((_, is_joined), c), before)| {
            *is_joined || !(is_digit(*before) && is_digit(*c) || is_letter(*before) && is_letter(*c))
        });
        is_same && begins && ends && inside
    })
}

/// A thing with its texts folded, one by one and as a whole.
struct Folded {
    address: String,
    each: Vec<Vec<(char, bool)>>,
    whole: Vec<(char, bool)>,
}

impl Folded {
    fn of(thing: Thing) -> Folded {
        let each = thing.texts.iter().map(|text| folded(text)).collect();
        Folded { address: thing.address, each, whole: folded(&thing.texts.join("\n")) }
    }
}

/// The runs of a query, divided by signs and spaces.
fn runs(query: &str) -> Vec<Vec<char>> {
    let mut runs: Vec<Vec<char>> = vec![];
    for (c, is_joined) in folded(query) {
        match runs.last_mut() {
            Some(run) if is_joined => run.push(c),
            _ => runs.push(vec![c]),
        }
    }
    runs
}

/// The addresses of all that the search page lists.
async fn found(browser: &Browser<'_>, query: &str) -> BTreeSet<String> {
    let mut addresses = BTreeSet::new();
    let mut next = Some(format!("/search?q={}", escape(query)));
    while let Some(path) = next {
        let page = browser.get(&path).await;
        assert_eq!(page.status, 200, "{query}: {}", page.body);
        for line in page.body.split("<li class=\"result\">").skip(1) {
            let heading = line.split_once("<h3").unwrap().1;
            addresses.insert(heading.split_once("href=\"").unwrap().1.split_once('"').unwrap().0.to_owned());
            assert!(
                line.contains("<mark>") || line.contains("class=\"hits\"") || is_beyond(line),
                "{query}: nothing marked in {line}"
            );
        }
        next = page.body.split_once("rel=\"next\"").map(|(before, _)| {
            before
                .rsplit_once("href=\"")
                .unwrap()
                .1
                .split_once('"')
                .unwrap()
                .0
                .replace("&#38;", "&")
                .replace("&amp;", "&")
        });
    }
    addresses
}

/// A find whose words stand beyond what is shown of it: said across two captions.
fn is_beyond(line: &str) -> bool {
    line.contains("href=\"/lectures/")
}

#[actix_web::test]
async fn everything_that_stands_in_the_content_is_found_and_nothing_else() {
    let world = World::new();
    let member = world.signed_in("member").await;
    let things: Vec<Folded> = things(&world).into_iter().map(Folded::of).collect();
    assert!(things.len() > 250, "{}", things.len());
    let queries: Vec<&str> = include_str!("must_find.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    assert!(queries.len() >= 100, "only {} queries", queries.len());
    let (mut missed, mut wrong, mut hits) = (vec![], vec![], 0);
    for query in &queries {
        let runs = runs(query);
        assert!(!runs.is_empty(), "{query:?} asks for nothing");
        let listed = found(&member, query).await;
        let mut expected = 0;
        for Folded { address, each, whole } in &things {
            let must = runs.iter().all(|run| each.iter().any(|text| has(text, run)));
            if must {
                expected += 1;
                if !listed.contains(address) {
                    missed.push(format!("{query}: {address}"));
                }
            } else if listed.contains(address) && !runs.iter().all(|run| has(whole, run)) {
                wrong.push(format!("{query}: {address}"));
            }
        }
        assert!(expected > 0, "{query:?} does not stand in the content");
        hits += expected;
    }
    println!("{} queries, {hits} finds, {} missed, {} too many", queries.len(), missed.len(), wrong.len());
    assert!(missed.is_empty(), "not found: {missed:#?}");
    assert!(wrong.is_empty(), "found without reason: {wrong:#?}");
}

#[actix_web::test]
async fn what_nobody_should_ask_gets_a_clear_answer() {
    let world = World::new();
    let visitor = world.visitor();
    for (query, status, said) in [
        ("", 200, "输入几个字就能找"),
        ("   ", 200, "输入几个字就能找"),
        ("😀👍🏽", 422, "光有符号或表情找不到内容"),
        ("\" OR ) ^ * : {", 200, "没有找到"),
        ("'; DROP TABLE lectures; --", 200, "没有找到"),
        ("NEAR(水 渠)", 200, "没有找到"),
        ("title:水 AND NOT 渠", 200, "没有找到"),
        ("$q$ | 'x':* & !y <-> z", 200, "没有找到"),
        ("水", 200, "找到"),
        ("𠮷𡨴", 200, "没有找到"),
        ("a\u{0}b", 200, "没有找到"),
        ("%", 422, "光有符号"),
        ("_", 422, "光有符号"),
    ] {
        let answer = visitor.get(&format!("/search?q={}", escape(query))).await;
        assert_eq!(answer.status.as_u16(), status, "{query:?}: {}", answer.body);
        assert!(answer.body.contains(said), "{query:?} says {said}");
    }
    for (long, kept) in
        [("很长的问题".repeat(1_400), "很长的问题很长的问题"), ("long ".repeat(2_000), "long long long")]
    {
        let answer = visitor.get(&format!("/search?q={}", escape(&long))).await;
        assert_eq!(answer.status, 422);
        assert!(answer.body.contains("太长了") && answer.body.contains(kept), "what was typed is kept");
    }
    for path in [
        "/search?q=%E6%B0%B4&kind=king&topic='&length=x&page=-1",
        "/search?q=%E6%B0%B4&topic=%00",
        "/search?q=%ff%fe",
    ] {
        let status = visitor.get(path).await.status.as_u16();
        assert!(matches!(status, 200 | 400 | 422), "{path}: {status}");
    }
    assert_eq!(visitor.get("/search?q=%E6%B0%B4&page=9999").await.status, 404);
    assert_eq!(world.number("SELECT COUNT(*) FROM lectures"), 120);
}

#[actix_web::test]
async fn a_change_is_found_by_the_next_search() {
    let world = World::new();
    let (visitor, member) = (world.visitor(), world.signed_in("member").await);
    let is_found = async |browser: &Browser<'_>, query: &str, address: &str| {
        found(browser, query).await.contains(address)
    };
    // A character that only a supplementary plane has, in a name.
    world.sql("UPDATE lectures SET title = '𠮷垭口的巡护' WHERE id = 2");
    assert!(is_found(&visitor, "𠮷垭", "/lectures/2").await);
    world.sql("UPDATE lectures SET title = '改了名字' WHERE id = 2");
    assert!(!is_found(&visitor, "𠮷垭", "/lectures/2").await);
    // For members only; withdrawn; back again.
    world.sql("UPDATE lectures SET visibility = 'members' WHERE id = 2");
    assert!(
        !is_found(&visitor, "改了名字", "/lectures/2").await
            && is_found(&member, "改了名字", "/lectures/2").await
    );
    world.sql("UPDATE lectures SET stage = 'withdrawn' WHERE id = 2");
    assert!(!is_found(&member, "改了名字", "/lectures/2").await);
    // What is said, who gives it, what a chapter and a school are called.
    world.sql("UPDATE cues SET text = '闸墩上的刻度叫水则' WHERE media_id = 1 AND position = 1");
    let media_one = world.number(
        "SELECT MIN(id) FROM lectures WHERE media_id = 1 AND stage = 'published' AND visibility = 'public'",
    );
    assert!(is_found(&visitor, "刻度叫水则", &format!("/lectures/{media_one}")).await);
    world.sql("UPDATE instructors SET name = '欧阳砺石' WHERE id = 1");
    assert!(is_found(&visitor, "欧阳砺石", "/instructors/1").await);
    let given = world.number("SELECT MIN(l.id) FROM lectures l JOIN lecture_instructors g ON g.lecture_id = l.id WHERE g.instructor_id = 1 AND l.visibility = 'public' AND l.stage = 'published'");
    assert!(is_found(&visitor, "砺石", &format!("/lectures/{given}")).await);
    world.sql("UPDATE booklets SET stage = 'withdrawn' WHERE slug = 'fifty-questions'");
    assert!(found(&member, "记录").await.iter().all(|address| !address.contains("fifty-questions")));
    world.sql("UPDATE schools SET name = '笕桥口微党校' WHERE id = 1");
    assert!(is_found(&visitor, "笕桥口", "/schools/1").await);
    world.sql("DELETE FROM cues WHERE media_id = 1");
    assert!(!is_found(&visitor, "刻度叫水则", &format!("/lectures/{media_one}")).await);
    assert_eq!(world.number("SELECT COUNT(*) FROM search_pending"), 0);
}

#[actix_web::test]
async fn filters_narrow_and_say_how_many() {
    let world = World::new();
    let visitor = world.visitor();
    let water = escape("水");
    let all = visitor.get(&format!("/search?q={water}")).await;
    let lectures = visitor.get(&format!("/search?q={water}&kind=lecture")).await;
    let chapters = visitor.get(&format!("/search?q={water}&kind=chapter")).await;
    assert!(!lectures.body.contains("<h3 lang") && !chapters.body.contains("<a href=\"/lectures/1"));
    let count = |answer: &crate::world::Answer| -> i64 {
        answer.between("找到 ", " 条").replace(',', "").parse().unwrap()
    };
    assert!(
        count(&lectures) > 0 && count(&chapters) > 0 && count(&lectures) + count(&chapters) < count(&all)
    );
    let rescue = visitor.get(&format!("/search?q={water}&kind=lecture&topic=rescue")).await;
    assert!(count(&rescue) < count(&lectures));
    let short = visitor.get(&format!("/search?q={water}&kind=lecture&length=1")).await;
    assert!(count(&short) < count(&lectures));
    let nothing = visitor.get(&format!("/search?q={water}&topic=no-such-topic")).await;
    assert_eq!(count(&nothing), 0);
    assert!(nothing.body.contains("去掉筛选再找"));
    let none = visitor.get(&format!("/search?q={}", escape("没有的词组啊"))).await;
    assert!(none.body.contains("少写几个字") && none.body.contains("登录后才能找到"));
}

#[actix_web::test]
async fn a_find_costs_the_same_statements_however_much_is_found() {
    let world = World::new();
    let visitor = world.visitor();
    let cost = async |path: String| {
        visitor.get(&path).await;
        let before = world.db.statements();
        assert_eq!(visitor.get(&path).await.status, 200);
        world.db.statements() - before
    };
    let few = cost(format!("/search?q={}&kind=lecture", escape("没有闸门的古堰"))).await;
    let many = cost(format!("/search?q={}&kind=lecture", escape("的"))).await;
    assert_eq!(few, many);
    assert!(cost(format!("/search?q={}", escape("的"))).await <= 18);
}
