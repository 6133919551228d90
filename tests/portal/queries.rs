//! What a page asks of the database: a bounded number of statements, whatever it shows.
use crate::world::{Browser, World};

/// How many statements a page costs, for somebody whose session is open.
async fn cost(world: &World, browser: &Browser<'_>, path: &str) -> u64 {
    // The first request opens connections and fills what is counted once.
    browser.get(path).await;
    let before = world.db.statements();
    let answer = browser.get(path).await;
    // A recording is sent from another address.
    assert!([200, 302].contains(&answer.status.as_u16()), "{path}: {}", answer.status);
    world.db.statements() - before
}

/// Likewise when nothing is kept: the content has just moved on.
async fn cold_cost(world: &World, browser: &Browser<'_>, path: &str) -> u64 {
    browser.get(path).await;
    world.sql("UPDATE generations SET n = n + 1");
    let before = world.db.statements();
    let answer = browser.get(path).await;
    assert_eq!(answer.status, 200, "{path}");
    world.db.statements() - before
}

#[actix_web::test]
async fn a_list_costs_the_same_with_one_row_and_with_many() {
    let world = World::new();
    let (visitor, secretary, admin, instructor) = (
        world.visitor(),
        world.signed_in("secretary").await,
        world.signed_in("admin").await,
        world.signed_in("instructor").await,
    );
    // Lists with one row: an instructor with a single public lecture, a school with one, a name that one person has.
    world.sql("UPDATE lectures SET school_id = 2 WHERE school_id = 1");
    world.sql("UPDATE lectures SET school_id = 1 WHERE id = 3");
    world.sql(
        "UPDATE questions SET answer = NULL, answered_by = NULL, answered_at = NULL WHERE lecture_id = 1",
    );
    for (browser, few, many) in [
        (&visitor, "/lectures?school=1", "/lectures?school=2"),
        (&visitor, "/schools/1", "/schools/2"),
        (&visitor, "/lectures?topic=rescue&gold=1", "/lectures?topic=rescue"),
        (&secretary, "/lectures?topic=rescue&gold=1", "/lectures?topic=rescue"),
        (
            &visitor,
            "/search?q=%E5%8F%A4%E5%A0%B0%E6%80%8E%E6%A0%B7%E5%88%86%E6%B0%B4&kind=lecture",
            "/search?q=%E6%B0%B4&kind=lecture",
        ),
        (&secretary, "/people?name=%E6%9E%97%E7%A7%8B%E5%AE%9E", "/people"),
        (&admin, "/admin/audit?action=person_seen", "/admin/audit"),
    ] {
        assert_eq!(
            cold_cost(&world, browser, few).await,
            cold_cost(&world, browser, many).await,
            "{few} and {many}"
        );
    }
    let some = cost(&world, &instructor, "/questions").await;
    for number in 0..3 {
        world.sql(&format!("INSERT INTO questions (lecture_id, person_id, text, asked_at, idem_key) VALUES (1, 1, '问', CURRENT_TIMESTAMP, 'q{number}')"));
    }
    assert_eq!(cost(&world, &instructor, "/questions").await, some, "three more questions");
}

/// The budget of each page, transaction statements included. A page that needs more is a line changed in review.
#[actix_web::test]
async fn no_page_costs_more_statements_than_its_budget() {
    let world = World::new();
    let (visitor, member) = (world.visitor(), world.signed_in("member").await);
    let mut over = vec![];
    // On a server every connection is asked whether it is still there before it is used: one for a visitor's page, two for a
    // member's (session and viewer, page).
    let asked = if crate::world::server().is_some() { (1, 2) } else { (0, 0) };
    // Kept pages cost a visitor nothing; a member pays for the session (five), then for what is the member's own.
    for (path, as_visitor, as_member) in [
        ("/", 0, 5),
        ("/lectures", 0, 5),
        ("/lectures/1", 0, 11),
        ("/lectures/1/comments", 0, 10),
        ("/lectures/1/video.mp4", 3, 8),
        ("/instructors", 0, 10),
        ("/instructors/1", 0, 14),
        ("/schools", 0, 10),
        ("/schools/1", 0, 13),
        ("/alliances/1", 0, 12),
        ("/booklets", 0, 10),
        ("/booklets/fifty-questions", 0, 10),
        ("/booklets/fifty-questions/1", 0, 12),
        ("/bases", 0, 10),
        ("/stories", 0, 9),
        ("/help", 0, 5),
        ("/help/member", 0, 5),
        ("/contests", 0, 11),
        ("/rankings", 0, 11),
        ("/honours", 0, 13),
        ("/broadcast", 6, 11),
        ("/search", 4, 9),
        ("/sign-in", 0, 5),
    ] {
        let visit = cost(&world, &visitor, path).await;
        // Somebody signed in is sent on from there.
        let study = if path == "/sign-in" { 0 } else { cost(&world, &member, path).await };
        if visit > as_visitor + if as_visitor > 0 { asked.0 } else { 0 } || study > as_member + asked.1 {
            over.push(format!("{path}: {visit} for a visitor, {study} for a member"));
        }
    }
    assert!(over.is_empty(), "over budget: {over:#?}");
}

/// The hot lists are read in the order of an index, not sorted: that is what keeps their cost when the city grows.
#[test]
fn hot_lists_use_their_index() {
    let world = World::new();
    if !world.url.starts_with("sqlite:") {
        // PostgreSQL plans by size: a town is small enough to scan. The plans at city scale are in ARCHITECTURE.md.
        assert!(world.number("SELECT COUNT(*) FROM pg_indexes WHERE indexname = 'lectures_newest'") == 1);
        return;
    }
    for (query, index) in [
        (
            "SELECT id FROM lectures WHERE stage = 'published' ORDER BY published_at DESC, id DESC LIMIT 24",
            "lectures_newest",
        ),
        (
            "SELECT id FROM lectures WHERE stage = 'published' ORDER BY duration_ms, id LIMIT 24",
            "lectures_length",
        ),
        (
            "SELECT id FROM lectures WHERE school_id = 1 AND stage = 'published' ORDER BY published_at DESC, id DESC LIMIT 8",
            "lectures_school",
        ),
        (
            "SELECT id FROM lectures WHERE alliance_id = 1 AND stage = 'published' ORDER BY published_at DESC, id DESC LIMIT 8",
            "lectures_alliance",
        ),
        (
            "SELECT id FROM audit_entries WHERE for_person_id = 1 ORDER BY id DESC LIMIT 20",
            "audit_entries_person",
        ),
        (
            "SELECT id FROM rating_texts WHERE lecture_id = 1 AND state = 'shown' ORDER BY id DESC LIMIT 6",
            "rating_texts_lecture",
        ),
        (
            "SELECT id FROM rating_texts WHERE state = 'pending' ORDER BY is_held DESC, id LIMIT 21",
            "rating_texts_queue",
        ),
        (
            "SELECT lecture_id, stars, COUNT(*) FROM ratings WHERE status = 'counted' GROUP BY lecture_id, stars",
            "ratings_counted",
        ),
        (
            "SELECT instructor_id, SUM(stars), COUNT(*) FROM rating_voices WHERE is_counted = TRUE GROUP BY instructor_id, voice_key",
            "rating_voices_counted",
        ),
        ("SELECT id FROM persons WHERE name >= '李' AND name < '李\u{10FFFF}'", "persons_name"),
        (
            "SELECT person_id FROM memberships WHERE member_no = 'D0000001' AND valid_to IS NULL",
            "memberships_no",
        ),
        ("SELECT id FROM questions WHERE lecture_id = 1 ORDER BY id DESC LIMIT 50", "questions_lecture"),
    ] {
        let plan = world.plan(query);
        assert!(plan.contains(index), "{query}: {plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{query} sorts: {plan}");
    }
}

/// What `.cargo/config.toml` asks for is in the program: without it most statements are planned anew at every call.
#[actix_web::test]
async fn sqlite_is_compiled_as_the_portal_needs_it() {
    let world = World::before_courses();
    if world.db.read_now(|conn| Ok(conn.is_postgres())).unwrap() {
        return;
    }
    let options = world.text("SELECT group_concat(compile_options, ' ') FROM pragma_compile_options");
    let has = |wanted: &str| options.split(' ').any(|one| one == wanted);
    for wanted in ["ENABLE_QPSG", "DEFAULT_MEMSTATUS=0", "THREADSAFE=2", "ENABLE_FTS5"] {
        assert!(has(wanted), "{wanted} is not among {options}");
    }
    assert!(!has("ENABLE_MEMORY_MANAGEMENT"), "{options}");
}
