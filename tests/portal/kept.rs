//! Kept pages: each thing that a page shows is seen to change at once, on two servers of one installation; nothing that
//! belongs to a person is ever kept.
use crate::access::sample;
use crate::world::{Browser, World};
use actix_web::http::Method;
use std::collections::BTreeSet;
use weixiao::app::routes;

/// Whether this answer came from what is kept, or is kept now: only such have a validator.
fn is_kept(answer: &crate::world::Answer) -> bool {
    answer.headers.contains_key("etag")
}

#[actix_web::test]
async fn a_visitors_page_is_kept_and_asked_for_again_costs_no_query() {
    let world = World::new();
    let visitor = world.visitor();
    for path in ["/", "/lectures", "/lectures/1", "/booklets/fifty-questions/1", "/schools?page=2", "/help"] {
        let first = visitor.get(path).await;
        let before = world.db.statements();
        let second = visitor.get(path).await;
        assert_eq!((second.status.as_u16(), world.db.statements() - before), (200, 0), "{path}");
        assert_eq!(first.body, second.body, "{path}");
        assert_eq!(first.headers["etag"], second.headers["etag"]);
        for name in ["content-security-policy", "x-content-type-options", "referrer-policy", "vary"] {
            assert_eq!(first.headers.get(name), second.headers.get(name), "{path}: {name}");
        }
        let tag = second.headers["etag"].clone();
        let unchanged =
            visitor.send(Method::GET, path, None, &[("if-none-match", &format!("\"x\", {tag}"))]).await;
        assert_eq!((unchanged.status.as_u16(), unchanged.bytes), (304, 0), "{path}");
        let gzipped = visitor.send(Method::GET, path, None, &[("accept-encoding", "gzip")]).await;
        assert_eq!(gzipped.headers["content-encoding"], "gzip");
        assert!(gzipped.bytes < second.bytes && gzipped.headers["etag"] != tag, "{path}");
        let plain = visitor.send(Method::GET, path, None, &[("accept-encoding", "gzip;q=0")]).await;
        assert_eq!(plain.body, second.body);
    }
    // What messengers add makes no page of its own; an unknown parameter, a notice, a moment are not kept.
    visitor.get("/lectures?topic=rescue&page=1").await;
    let before = world.db.statements();
    let shared = visitor.get("/lectures?from=timeline&page=1&isappinstalled=0&topic=rescue").await;
    assert_eq!(world.db.statements(), before);
    assert!(is_kept(&shared));
    for path in ["/?done=signed-out", "/lectures/1?t=20", "/lectures?what=ever"] {
        assert!(!is_kept(&visitor.get(path).await), "{path}");
    }
    assert!(visitor.get("/?done=signed-out").await.body.contains("已退出登录"));
    assert!(!visitor.get("/").await.body.contains("已退出登录"));
}

/// A change, and pages on which it has to be seen: what is there before, what is there after.
const CHANGES: &[(&str, &str, &str)] = &[
    // what is done, a page, what the page then says
    ("UPDATE lectures SET title = '改过的题目' WHERE id = 1", "/lectures/1", "改过的题目"),
    (
        "UPDATE lectures SET title = '又改的题目', published_at = '2030-01-01 00:00:00' WHERE id = 1",
        "/",
        "又改的题目",
    ),
    ("UPDATE lectures SET summary = '改过的简介' WHERE id = 1", "/lectures/1", "改过的简介"),
    ("UPDATE cues SET text = '改过的字幕' WHERE position = 1", "/lectures/1", "改过的字幕"),
    ("UPDATE media_chapters SET title = '改过的章节' WHERE position = 1", "/lectures/1", "改过的章节"),
    ("UPDATE handouts SET title = '改过的讲义'", "/lectures/1", "改过的讲义"),
    ("UPDATE media SET duration_ms = 3723000", "/lectures/1", "1:02:03"),
    (
        "UPDATE questions SET answer = '改过的回答' WHERE lecture_id = 1 AND answered_at IS NOT NULL",
        "/lectures/1",
        "改过的回答",
    ),
    ("UPDATE topics SET name = '改过的主题'", "/lectures", "改过的主题"),
    ("UPDATE instructors SET unit = '改过的单位'", "/instructors", "改过的单位"),
    ("UPDATE instructors SET name = '改过的讲师'", "/lectures/1", "改过的讲师"),
    ("UPDATE schools SET address = '改过的地址' WHERE id = 1", "/schools/1", "改过的地址"),
    ("UPDATE orgs SET name = '改过的单位名'", "/schools", "改过的单位名"),
    ("UPDATE alliances SET name = '改过的联盟' WHERE id = 1", "/alliances/1", "改过的联盟"),
    ("UPDATE booklets SET intro = '改过的读本简介'", "/booklets", "改过的读本简介"),
    ("UPDATE booklet_chapters SET body = '改过的章节正文'", "/booklets/fifty-questions/1", "改过的章节正文"),
    ("UPDATE bases SET name = '改过的基地'", "/bases", "改过的基地"),
    ("UPDATE stories SET title = '改过的人物'", "/stories", "改过的人物"),
    (
        "INSERT INTO lecture_ratings VALUES (1, 31, 0, 0, 1, 10, 20, 7, 0, '4.6', '4.4', '4.8', '4.40', '2026-01-01 00:00:00', '')",
        "/lectures/1",
        "31 人评价，来自 7 个支部",
    ),
    ("UPDATE lecture_ratings SET votes = 32 WHERE lecture_id = 1", "/lectures/1", "32 人评价"),
    (
        "INSERT INTO instructor_ratings VALUES (1, 41, 60, 9, 0, '4.5', '4.3', '4.7', '4.40', '2026-01-01 00:00:00')",
        "/instructors/1",
        "41 人评价，来自 9 个支部",
    ),
    (
        "INSERT INTO ratings (id, rater_key, lecture_id, stars, tags, proof, first_on, day, slot, version, status) VALUES (1, 'k', 1, 5, '', 'online', '2026-01-01', '2026-01-01', 0, 1, 'counted'); INSERT INTO rating_texts (id, rating_id, lecture_id, text, is_held, state, written_on) VALUES (1, 1, 1, '审过的话', FALSE, 'pending', '2026-01-01'); UPDATE rating_texts SET state = 'shown'",
        "/lectures/1",
        "审过的话",
    ),
    (
        "INSERT INTO rating_replies (text_id, lecture_id, replied_by, text, state, replied_at) VALUES (1, 1, 1, '讲师的话', 'shown', '2026-01-01 00:00:00')",
        "/lectures/1/comments",
        "讲师的话",
    ),
    (
        "INSERT INTO rating_flags (id, lecture_id, detector, mark, from_id, to_id, votes, of_set, expected, chance, mean, mean_of_others, capped, opened_at, state) VALUES (1, 1, 'block', 'x', 1, 1, 1, 1, 1, '', 1, 1, 1, '2026-01-01 00:00:00', 'open'); INSERT INTO rating_exclusions (flag_id, lecture_id, reason, proposed_by, proposed_at, verdict, decided_by, decided_at, taken) VALUES (1, 1, '公告的原因', 1, '2026-01-01 00:00:00', 'confirmed', 2, '2026-01-01 00:00:00', 3)",
        "/lectures/1",
        "公告的原因",
    ),
];

#[actix_web::test]
async fn each_thing_that_a_page_shows_is_seen_to_change_at_once_on_two_servers() {
    let world = World::new();
    let other = World::at(world.url.clone());
    let (here, there) = (world.visitor(), other.visitor());
    for (sql, path, after) in CHANGES {
        for browser in [&here, &there] {
            // Twice, so that it is kept.
            browser.get(path).await;
            let kept = browser.get(path).await;
            assert!(is_kept(&kept) && !kept.body.contains(after), "{path} before: {sql}");
        }
        world.sql(sql);
        for (browser, name) in [(&there, "the other server"), (&here, "this server")] {
            let answer = browser.get(path).await;
            assert!(answer.body.contains(after), "{path} on {name} after: {sql}");
        }
    }
    // A lecture for members, then withdrawn: gone for visitors at once.
    for browser in [&here, &there] {
        assert_eq!(browser.get("/lectures/3").await.status, 200);
        browser.get("/lectures/3").await;
    }
    other.sql("UPDATE lectures SET visibility = 'members' WHERE id = 3");
    for browser in [&here, &there] {
        assert_eq!(browser.get("/lectures/3").await.status, 303, "to the sign-in page");
    }
    world.sql("UPDATE lectures SET visibility = 'public', stage = 'withdrawn' WHERE id = 3");
    for browser in [&here, &there] {
        assert_eq!(browser.get("/lectures/3").await.status, 404);
    }
    // A title that ends, a title that begins.
    world.sql("DELETE FROM titles");
    for browser in [&here, &there] {
        assert!(!browser.get("/").await.body.contains("id=\"h-gold\""));
    }
    // The settings, on a page that shows nothing else.
    world.db.write_now(|conn| weixiao::site::put(conn, "city", "改过的市", weixiao::clock::now())).unwrap();
    for browser in [&there, &here] {
        assert!(browser.get("/about").await.body.contains("改过的市"));
    }
    // Language, type and theme of each visitor, one after the other.
    for (name, value, seen) in [
        ("lang", "en", "<html lang=\"en\""),
        ("mode", "elder", "data-mode=\"elder\""),
        ("theme", "dark", "data-theme=\"dark\""),
        ("lang", "zh-CN", "<html lang=\"zh-CN\""),
    ] {
        let reader = other.visitor();
        reader.get("/about").await;
        assert_eq!(reader.post("/manner", &[(name, value), ("back", "/about")]).await.status, 303);
        assert!(reader.get("/about").await.body.contains(seen), "{name}={value}");
    }
    assert!(there.get("/about").await.body.contains("<html lang=\"zh-CN\">"), "and nobody else's");
}

#[actix_web::test]
async fn a_role_is_seen_at_once_and_a_session_ends_at_once_on_both_servers() {
    let world = World::new();
    let other = World::at(world.url.clone());
    let member = world.signed_in("member").await;
    // The same session on the other server.
    let elsewhere = other.visitor();
    *elsewhere.cookies.borrow_mut() = member.cookies.borrow().clone();
    assert_eq!(elsewhere.get("/account").await.status, 200);
    assert!(!elsewhere.get("/").await.body.contains("href=\"/people\""));
    world.sql("INSERT INTO grants (account_id, role, scope_kind, scope_id, granted_at) SELECT id, 'secretary', 'branch', 3, CURRENT_TIMESTAMP FROM accounts WHERE username = 'member'");
    assert!(elsewhere.get("/").await.body.contains("href=\"/people\""));
    world.sql("UPDATE grants SET ended_at = CURRENT_TIMESTAMP WHERE account_id = (SELECT id FROM accounts WHERE username = 'member')");
    assert!(!elsewhere.get("/").await.body.contains("href=\"/people\""));
    // Signed out here, signed out there; a name found there as here.
    assert_eq!(member.post("/sign-out", &[]).await.status, 303);
    assert_eq!(elsewhere.get("/account").await.status, 303);
    world.sql("UPDATE lectures SET title = '两台都找得到的课' WHERE id = 1");
    for server in [&world, &other] {
        let found = server.visitor().get(&format!("/search?q={}", crate::world::escape("都找得到"))).await;
        assert!(found.body.contains("/lectures/1\""), "{}", found.body);
    }
}

/// Every page, as two members, a secretary and a visitor, in this order: what the visitor gets has nothing of theirs.
#[actix_web::test]
async fn nothing_that_belongs_to_a_person_is_ever_kept() {
    let world = World::new();
    crate::rankings::published(&world, 1);
    let (first, second) = (world.signed_in("secretary").await, world.signed_in("member2").await);
    let visitor = world.visitor();
    let name_of = async |browser: &Browser<'_>| -> String {
        let page = browser.get("/account").await;
        page.between("<span class=\"clip\">", "<").to_owned()
    };
    let names = [name_of(&first).await, name_of(&second).await];
    let mut kept = BTreeSet::new();
    for route in routes().iter().filter(|route| route.method == Method::GET) {
        let path = sample(route.path);
        let before = visitor.get(&path).await;
        for (browser, own, others) in [(&first, &names[0], &names[1]), (&second, &names[1], &names[0])] {
            let answer = browser.get(&path).await;
            assert!(
                !is_kept(&answer)
                    || route.path.contains(".mp4")
                    || route.path.contains(".m4a")
                    || route.path.contains("handouts"),
                "{path} of somebody signed in is kept"
            );
            if answer.status == 200 && answer.body.contains("<html") {
                assert!(answer.body.contains(own.as_str()), "{path} as its reader");
                // A list of people names others to those who may see them.
                let shows_people = ["/people", "/admin"].iter().any(|start| path.starts_with(start));
                assert!(shows_people || !answer.body.contains(others.as_str()), "{path} shows somebody else");
                assert!(
                    answer.headers["cache-control"].contains("private")
                        || answer.headers["cache-control"].contains("no-store")
                );
            }
        }
        let after = visitor.get(&path).await;
        assert_eq!(before.status, after.status, "{path}");
        for name in &names {
            assert!(!after.body.contains(&format!("clip\">{name}")), "{path} shows {name} to a visitor");
        }
        if after.headers.contains_key("etag") && after.body.contains("<html") {
            assert!(route.kept.is_some(), "{path} is kept without saying so");
            assert!(!after.headers.contains_key("set-cookie"));
            kept.insert(route.path);
        }
        // A form's one-time key is one reader's.
        assert!(route.kept.is_none() || !after.body.contains("name=\"key\""), "{path} keeps a form's key");
    }
    for route in routes().iter().filter(|route| route.kept.is_some()) {
        let is_absent = ["/privacy", "/stories/{slug}", "/contests/{slug}", "/contests/{slug}/record"]
            .contains(&route.path);
        assert!(kept.contains(route.path) || is_absent, "{} is never kept", route.path);
    }
    // A cookie that names no session any more is no visitor's either.
    let stale = world.visitor();
    stale.cookies.borrow_mut().insert("session".into(), "stale".into());
    assert!(!is_kept(&stale.get("/").await));
}

/// A session's cookie may be written in other ways that its reader understands: such a page is nobody else's either.
#[actix_web::test]
async fn a_session_written_in_another_way_is_no_visitor() {
    let world = World::new();
    world.sql("UPDATE lectures SET visibility = 'members' WHERE id = 1");
    let member = world.signed_in("member").await;
    let cookie = member.cookies.borrow()["session"].clone();
    for line in
        [format!("sess%69on={cookie}"), format!("session ={cookie}"), format!("name=张三; session={cookie}")]
    {
        let odd = world.visitor();
        let seen = odd.send(Method::GET, "/lectures/1", None, &[("cookie", &line)]).await;
        assert!(!is_kept(&seen), "{line}");
        let visitor = world.visitor().get("/lectures/1").await;
        assert_eq!(visitor.status, 303, "a visitor after {line}: {}", visitor.body);
    }
}

/// The tables whose rows visitors see, and the others: a new table has to be put on one of the two lists.
#[test]
fn every_table_that_visitors_see_moves_the_content_on() {
    const SHOWN: &[&str] = &[
        "alliance_schools",
        "alliances",
        "attachments",
        "banks",
        "bases",
        "booklet_chapters",
        "booklets",
        "contest_entries",
        "contest_places",
        "contest_rounds",
        "contest_steps",
        "contests",
        "course_items",
        "course_sessions",
        "courses",
        "cues",
        "events",
        "gold_lecturers",
        "gold_names",
        "grants",
        "handouts",
        "instructor_ratings",
        "instructors",
        "lecture_instructors",
        "lecture_ratings",
        "lectures",
        "media",
        "media_chapters",
        "offerings",
        "orgs",
        "publications",
        "questions",
        "ranking_names",
        "ranking_snapshots",
        "rankings",
        "rating_exclusions",
        "rating_liftings",
        "rating_replies",
        "rating_texts",
        "schools",
        "setting_changes",
        "stories",
        "streams",
        "tests",
        "titles",
        "topics",
        "withdrawals",
    ];
    // Counted at most every ten minutes, of one person, of the record, derived: nothing that a kept page shows.
    const NOT_SHOWN: &[&str] = &[
        "accounts",
        "announcements",
        "attempt_answers",
        "attempts",
        "attendance_heads",
        "attendances",
        "audience_saves",
        "audiences",
        "audit_entries",
        "bank_choices",
        "bank_questions",
        "booklet_drafts",
        "booklet_lengths",
        "booklet_reviews",
        "booklet_verdicts",
        "broadcast_items",
        "broadcast_plans",
        "broadcast_schools",
        "calendar_days",
        "calendar_feeds",
        "calendar_years",
        "caption_saves",
        "case_steps",
        "case_texts",
        "cases",
        "channel_records",
        "chapter_drafts",
        "chapter_reads",
        "chapter_saves",
        "city_means",
        "code_tries",
        "completion_reversals",
        "completions",
        "contest_assignment_steps",
        "contest_assignments",
        "contest_comments",
        "contest_companions",
        "contest_conflicts",
        "recusal_requests",
        "contest_drafts",
        "contest_entry_steps",
        "contest_judges",
        "contest_locks",
        "contest_papers",
        "contest_rulings",
        "contest_screenings",
        "contest_scripts",
        "contest_sheets",
        "contest_timings",
        "copy_balances",
        "copy_holdings",
        "copy_moves",
        "copy_reasons",
        "course_prerequisites",
        "course_reviews",
        "cursors",
        "deliveries",
        "disk_samples",
        "editions",
        "enrolment_steps",
        "enrolment_texts",
        "enrolments",
        "errands",
        "exemption_reasons",
        "exemptions",
        "feedback",
        "generations",
        "gold_reasons",
        "gold_steps",
        "guidance_assignments",
        "guidance_finding_texts",
        "guidance_findings",
        "guidance_groups",
        "guidance_members",
        "guidance_plans",
        "guidance_slots",
        "guidance_step_texts",
        "guidance_steps",
        "guidance_visit_people",
        "guidance_visit_revisions",
        "guidance_visit_texts",
        "guidance_visits",
        "home_visit_codes",
        "home_visit_members",
        "home_visit_photos",
        "home_visit_steps",
        "home_visit_tries",
        "home_visits",
        "host_stays",
        "import_changes",
        "import_choices",
        "import_exports",
        "import_files",
        "import_rows",
        "imports",
        "jobs",
        "kiosk_plays",
        "kiosks",
        "lecture_reviews",
        "mail_addresses",
        "mail_sendings",
        "member_categories",
        "membership_stages",
        "memberships",
        "notices",
        "offering_quotas",
        "office_terms",
        "one_time_codes",
        "org_names",
        "org_placements",
        "paper_sheet_entries",
        "paper_sheet_rows",
        "paper_sheets",
        "import_touches",
        "org_kinds",
        "person_corrections",
        "persons",
        "plan_events",
        "plan_items",
        "plan_versions",
        "print_editions",
        "ranking_redactions",
        "ranking_rows",
        "rating_flags",
        "rating_keys",
        "rating_text_decisions",
        "rating_unmasks",
        "rating_versions",
        "rating_voices",
        "ratings",
        "reading_positions",
        "recordings",
        "recovery_codes",
        "retention_runs",
        "review_remarks",
        "revisions",
        "roster_changes",
        "roster_notes",
        "school_branches",
        "school_changes",
        "screening_confirmations",
        "screening_notes",
        "screenings",
        "search_documents",
        "search_pending",
        "second_factors",
        "secrets",
        "sessions",
        "study_plans",
        "study_record_names",
        "study_record_withdrawals",
        "study_records",
        "throttles",
        "transfer_reasons",
        "transfers",
        "uploads",
        "viewers",
        "viewings",
        "watch_clocks",
        "watches",
        "webhooks",
        "wrong_answers",
    ];
    let schema = include_str!("../../src/schema.rs");
    let tables: BTreeSet<&str> = schema
        .split("diesel::table! {")
        .skip(1)
        .map(|table| table.trim().split([' ', '(']).next().unwrap())
        .collect();
    let listed: BTreeSet<&str> = SHOWN.iter().chain(NOT_SHOWN).copied().collect();
    assert_eq!(tables, listed);
    let world = World::new();
    crate::rankings::published(&world, 1);
    world.sql(
        "INSERT INTO lecture_ratings VALUES (1, 31, 0, 0, 1, 10, 20, 7, 0, '4.6', '4.4', '4.8', '4.40', '2026-01-01 00:00:00', '');
         INSERT INTO instructor_ratings VALUES (1, 41, 60, 9, 0, '4.5', '4.3', '4.7', '4.40', '2026-01-01 00:00:00');
         INSERT INTO ratings (id, rater_key, lecture_id, stars, tags, proof, first_on, day, slot, version, status) VALUES (1, 'k', 1, 5, '', 'online', '2026-01-01', '2026-01-01', 0, 1, 'counted');
         INSERT INTO rating_texts (id, rating_id, lecture_id, text, is_held, state, written_on) VALUES (1, 1, 1, '审过的话', FALSE, 'shown', '2026-01-01');
         INSERT INTO rating_replies (text_id, lecture_id, replied_by, text, state, replied_at) VALUES (1, 1, 1, '讲师的话', 'shown', '2026-01-01 00:00:00');
         INSERT INTO rating_flags (id, lecture_id, detector, mark, from_id, to_id, votes, of_set, expected, chance, mean, mean_of_others, capped, opened_at, state) VALUES (1, 1, 'block', 'x', 1, 1, 1, 1, 1, '', 1, 1, 1, '2026-01-01 00:00:00', 'open');
         INSERT INTO rating_exclusions (id, flag_id, lecture_id, reason, proposed_by, proposed_at) VALUES (1, 1, 1, '公告的原因', 1, '2026-01-01 00:00:00');
         INSERT INTO rating_liftings (exclusion_id, reason, proposed_by, proposed_at) VALUES (1, '恢复的原因', 1, '2026-01-01 00:00:00')",
    );
    crate::honours::appointed(&world, 2);
    let generation = || world.number("SELECT n FROM generations WHERE name = 'content'");
    for table in SHOWN {
        let before = generation();
        let column = if world.number(&format!("SELECT COUNT(*) FROM {table}")) > 0 {
            schema.split(&format!("    {table} (")).nth(1).unwrap().split([',', ')']).next().unwrap()
        } else {
            panic!("{table} is empty")
        };
        // Rows that are only added are not changed.
        match *table {
            "withdrawals" => world.sql(
                "INSERT INTO withdrawals (lecture_id, reason, withdrawn_by, withdrawn_at) \
                 SELECT lecture_id, reason, withdrawn_by, withdrawn_at FROM withdrawals",
            ),
            "contest_steps" => world.sql(
                "INSERT INTO contest_steps (contest_id, what, by_id, at, reason) \
                 SELECT contest_id, what, by_id, at, reason FROM contest_steps",
            ),
            "publications" => world.sql(
                "INSERT INTO publications (seq, at, event, prev, lost_seq, lost_hash, lost_reason, hash, signature, signed_with) \
                 SELECT MAX(seq) + 1, MAX(at), 'restored', 'x', 1, 'x', 'x', 'x', 'x', 'x' FROM publications",
            ),
            _ => world.sql(&format!("UPDATE {table} SET {column} = {column}")),
        }
        assert!(generation() > before, "a change of {table} is not noticed");
    }
    for table in NOT_SHOWN.iter().filter(|table| {
        !["audit_entries", "lecture_reviews", "booklet_reviews", "generations"].contains(table)
    }) {
        let before = generation();
        let column =
            schema.split(&format!("    {table} (")).nth(1).unwrap().split([',', ')']).next().unwrap();
        // What is only added is not changed.
        if let Err(problem) = world.try_sql(&format!("UPDATE {table} SET {column} = {column}")) {
            assert!(problem.contains("append-only"), "{table}: {problem}");
        }
        assert_eq!(generation(), before, "{table} is said not to be shown");
    }
}

/// A write that is not acknowledged yet may be seen or not; once it is, it is seen by whoever asks, on any server.
#[actix_web::test]
async fn a_change_that_was_acknowledged_is_seen_however_often_pages_are_asked_for() {
    let world = World::new();
    let other = World::at(world.url.clone());
    let (here, there) = (world.visitor(), other.visitor());
    for number in 0..40 {
        for browser in [&here, &there] {
            browser.get("/schools/2").await;
        }
        let writer = if number % 2 == 0 { &world } else { &other };
        writer.sql(&format!("UPDATE schools SET address = '第 {number} 号' WHERE id = 2"));
        for browser in [&there, &here] {
            let answer = browser.get("/schools/2").await;
            assert!(answer.body.contains(&format!("第 {number} 号")), "after change {number}");
        }
    }
}
