//! Upgrades and ways back, backups while serving, the way between the databases, the doctor, the disk.
use crate::commands::{run, start, weixiao};
use crate::world::{FOLDER, World, config, empty_database, server};
use diesel::connection::SimpleConnection;
use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::time::Duration;
use weixiao::db::{Address, Conn, Db, migrate_to, newest_migration};
use weixiao::upkeep::disk;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// The newest migration of the version before this one.
const PREVIOUS: &str = "0007";

fn said(out: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr))
}

/// A folder that is not there yet.
fn fresh(name: &str) -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    FOLDER.join(format!("{name}-{}", NUMBER.fetch_add(1, SeqCst)))
}

/// A database as the previous version left it, with data in every table.
fn previous() -> String {
    let url = empty_database();
    migrate_to(&url, true, Some(PREVIOUS)).unwrap();
    let mut conn = Address::of(&url).unwrap().reach(false).unwrap();
    let rows = include_str!("previous.sql");
    weixiao::either!(&mut conn, c => c.batch_execute(rows)).unwrap();
    url
}

/// How many rows each table has.
fn counts(world: &World) -> BTreeMap<String, i64> {
    let schema = include_str!("../../src/schema.rs");
    let tables = schema.split("diesel::table! {").skip(1);
    let names = tables.map(|table| table.trim().split([' ', '(']).next().unwrap().to_owned());
    names.map(|name| (name.clone(), world.number(&format!("SELECT COUNT(*) FROM {name}")))).collect()
}

#[actix_web::test]
async fn a_database_of_the_previous_version_is_brought_up_to_date_with_its_data_and_back() {
    let url = previous();
    // The names of the migrations up to there are those that the previous version had.
    let before = fs::read_dir(format!("{ROOT}/migrations/sqlite")).unwrap();
    let known = before.filter(|entry| entry.as_ref().unwrap().file_name().to_str().unwrap() < "0008").count();
    assert_eq!(known, 7);
    let out = run(&["migrate"], &url);
    assert!(out.status.success() && said(&out).starts_with("+0008_settings\n"), "{}", said(&out));
    assert!(said(&run(&["migrate"], &url)).contains("什么都没有改动"));
    let world = World::at(url.clone());
    for (table, count) in counts(&world) {
        let is_new = [
            "print_editions",
            "copy_moves",
            "copy_reasons",
            "copy_balances",
            "copy_holdings",
            "retention_runs",
            "ratings",
            "rating_versions",
            "rating_voices",
            "rating_keys",
            "rating_texts",
            "rating_text_decisions",
            "rating_replies",
            "rating_flags",
            "rating_exclusions",
            "rating_liftings",
            "rating_unmasks",
            "city_means",
            "lecture_ratings",
            "instructor_ratings",
            "calendar_years",
            "calendar_days",
            "cases",
            "case_steps",
            "case_texts",
            "notices",
            "mail_addresses",
            "mail_sendings",
            "events",
            "attendances",
            "attendance_heads",
            "code_tries",
            "calendar_feeds",
            "viewings",
            "viewers",
            "completion_reversals",
            "courses",
            "course_items",
            "course_prerequisites",
            "course_sessions",
            "course_reviews",
            "offerings",
            "offering_quotas",
            "enrolments",
            "enrolment_steps",
            "enrolment_texts",
            "chapter_reads",
            "study_records",
            "study_record_names",
            "study_record_withdrawals",
            "cursors",
            "banks",
            "bank_questions",
            "bank_choices",
            "tests",
            "attempts",
            "attempt_answers",
            "wrong_answers",
            "booklet_drafts",
            "booklet_lengths",
            "chapter_drafts",
            "chapter_saves",
            "booklet_verdicts",
            "attachments",
            "second_factors",
            "recovery_codes",
            "disk_samples",
            "search_pending",
            "streams",
            "uploads",
            "recordings",
            "jobs",
            "revisions",
            "editions",
            "review_remarks",
            "withdrawals",
            "caption_saves",
            "watch_clocks",
            "watches",
            "completions",
            "rankings",
            "ranking_snapshots",
            "ranking_rows",
            "ranking_names",
            "ranking_redactions",
            "publications",
            "webhooks",
            "announcements",
            "deliveries",
            "broadcast_plans",
            "broadcast_items",
            "screenings",
            "screening_confirmations",
            "screening_notes",
            "broadcast_schools",
            "channel_records",
            "kiosks",
            "kiosk_plays",
            "contest_assignment_steps",
            "contest_assignments",
            "contest_comments",
            "contest_companions",
            "contest_conflicts",
            "recusal_requests",
            "contest_drafts",
            "contest_entries",
            "contest_entry_steps",
            "contest_judges",
            "contest_locks",
            "contest_papers",
            "contest_places",
            "contest_rounds",
            "contest_rulings",
            "contest_screenings",
            "contest_scripts",
            "contest_sheets",
            "contest_steps",
            "contest_timings",
            "contests",
            "gold_lecturers",
            "gold_names",
            "gold_reasons",
            "gold_steps",
            "org_names",
            "import_touches",
            "org_kinds",
            "person_corrections",
            "roster_changes",
            "roster_notes",
            "school_changes",
            "transfer_reasons",
            "transfers",
            "imports",
            "import_files",
            "import_rows",
            "import_choices",
            "import_changes",
            "import_exports",
            "home_visits",
            "home_visit_members",
            "home_visit_steps",
            "home_visit_codes",
            "home_visit_tries",
            "home_visit_photos",
            "paper_sheets",
            "paper_sheet_rows",
            "paper_sheet_entries",
            "guidance_groups",
            "guidance_members",
            "guidance_assignments",
            "guidance_plans",
            "guidance_slots",
            "guidance_visits",
            "guidance_visit_revisions",
            "guidance_visit_people",
            "guidance_visit_texts",
            "guidance_findings",
            "guidance_finding_texts",
            "guidance_steps",
            "guidance_step_texts",
            "audiences",
            "audience_saves",
            "study_plans",
            "plan_versions",
            "plan_items",
            "plan_events",
            "exemptions",
            "exemption_reasons",
            "errands",
        ]
        .contains(&table.as_str());
        assert!(is_new || count > 0, "{table} lost its rows");
    }
    let visitor = world.visitor();
    for (path, text) in [
        ("/", "旧市"),
        ("/lectures/1", "升级以前说过的话"),
        ("/booklets/old-booklet/1", "升级以前写下的"),
        ("/schools/1", "旧村微党校"),
        ("/about", "旧备案号"),
        ("/search?q=%E5%8D%87%E7%BA%A7%E4%BB%A5%E5%89%8D", "找到 2 条"),
    ] {
        let answer = visitor.get(path).await;
        assert!(answer.status == 200 && answer.body.contains(text), "{path}: {}", answer.body);
    }
    drop(world);
    // Back, with the settings as they are, one of them from today on in the city, and up again.
    let db = Db::open(&url, false).unwrap();
    db.write_now(|conn| weixiao::site::put(conn, "help_phone", "0839-222", weixiao::clock::now())).unwrap();
    drop(db);
    let back = run(&["migrate", "--to", PREVIOUS], &url);
    assert!(back.status.success() && said(&back).ends_with("-0008_settings\n"), "{}", said(&back));
    let mut conn = Address::of(&url).unwrap().reach(false).unwrap();
    assert_eq!(weixiao::db::migration_of(&mut conn).unwrap(), PREVIOUS);
    assert_eq!(schema_of(&mut conn), schema_of(&mut Address::of(&previous()).unwrap().reach(false).unwrap()));
    drop(conn);
    assert!(run(&["migrate"], &url).status.success());
    let world = World::at(url.clone());
    let about = world.visitor().get("/about").await;
    assert!(about.body.contains("旧备案号") && about.body.contains("0839-222"), "{}", about.body);
    assert_eq!(world.number("SELECT COUNT(*) FROM setting_changes"), 5);
    drop(world);
    let unknown = run(&["migrate", "--to", "0999"], &url);
    assert!(!unknown.status.success() && said(&unknown).contains("没有编号为 0999"), "{}", said(&unknown));
}

/// Tables, columns, indexes and triggers, as the database itself names them.
fn schema_of(conn: &mut Conn) -> Vec<String> {
    use diesel::prelude::*;
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        text: String,
    }
    let sql = if conn.is_postgres() {
        "SELECT (table_name || '.' || column_name || ' ' || data_type)::text AS text FROM information_schema.columns WHERE table_schema = current_schema() \
         UNION ALL SELECT indexdef::text FROM pg_indexes WHERE schemaname = current_schema() \
         UNION ALL SELECT DISTINCT (trigger_name || ' ' || event_object_table)::text FROM information_schema.triggers ORDER BY 1"
    } else {
        "SELECT COALESCE(sql, name) AS text FROM sqlite_master ORDER BY 1"
    };
    let rows: Vec<Row> = weixiao::either!(conn, c => diesel::sql_query(sql).load(c)).unwrap();
    rows.into_iter().map(|row| row.text).collect()
}

/// Sends suggestions until told to stop; how many were acknowledged.
fn write_on(address: &str, stop: &AtomicBool, sent: &AtomicU32) {
    while !stop.load(SeqCst) {
        let number = sent.load(SeqCst);
        let body = format!("kind=suggestion&text=nr-{number}&contact=&about=%2F&key={number:032x}");
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "POST /feedback HTTP/1.1\r\nHost: {address}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        if answer.starts_with("HTTP/1.1 303") {
            sent.fetch_add(1, SeqCst);
        } else {
            // The form is closed to machines that flood it: it is no longer writing that is tested then.
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn a_backup_made_while_writing_has_everything_acknowledged_before_it() {
    if server().is_some() {
        return on_a_server();
    }
    let (data, to, back) = (fresh("serving"), fresh("backup"), fresh("restored"));
    let mut command = weixiao(&["demo", "--scale", "town", "--dir"]);
    command.arg(&data).stderr(Stdio::null());
    let running = start(command);
    let (stop, sent) = (AtomicBool::new(false), AtomicU32::new(0));
    let (url, media) = (format!("sqlite:{}", data.join("weixiao.db").display()), data.join("media"));
    let acknowledged = std::thread::scope(|scope| {
        scope.spawn(|| write_on(&running.1, &stop, &sent));
        while sent.load(SeqCst) < 3 {
            std::thread::sleep(Duration::from_millis(10));
        }
        let before = sent.load(SeqCst);
        let out = run(&["backup", to.to_str().unwrap(), "--media", media.to_str().unwrap()], &url);
        stop.store(true, SeqCst);
        assert!(out.status.success() && said(&out).contains("已备份"), "{}", said(&out));
        before
    });
    drop(running);
    let again = run(&["backup", to.to_str().unwrap(), "--media", media.to_str().unwrap()], &url);
    assert!(!again.status.success() && said(&again).contains("不是空的"), "{}", said(&again));
    let new = format!("sqlite:{}", back.join("weixiao.db").display());
    fs::create_dir_all(&back).unwrap();
    let restore = |from: &Path| {
        run(&["restore", from.to_str().unwrap(), "--media", back.join("media").to_str().unwrap()], &new)
    };
    let out = restore(&to);
    assert!(out.status.success() && said(&out).contains("已恢复"), "{}", said(&out));
    let names = files_below(&media);
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        assert_eq!(fs::read(media.join(&name)).unwrap(), fs::read(back.join("media").join(&name)).unwrap());
    }
    let world = World::at(new.clone());
    let restored = world.number("SELECT COUNT(*) FROM feedback WHERE text LIKE 'nr-%'");
    assert!(restored >= i64::from(acknowledged));
    drop(world);
    // Never over anything.
    let out = restore(&to);
    assert!(!out.status.success() && said(&out).contains("恢复不会覆盖数据"), "{}", said(&out));
    let rows = |world: World| world.number("SELECT COUNT(*) FROM feedback WHERE text LIKE 'nr-%'");
    assert_eq!(rows(World::at(new)), restored, "and nothing of it was touched");
    refusals(&to);
}

/// Backups that are broken, unfinished, newer or hostile: each is refused in a sentence, and nothing is written.
fn refusals(good: &Path) {
    let copy = |name: &str| {
        let folder = fresh(name);
        let copied = Command::new("cp").arg("-r").arg(good).arg(&folder).status().unwrap();
        assert!(copied.success());
        folder
    };
    let change = |folder: &Path, from: &str, to: &str| {
        let path = folder.join("manifest.json");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from} in {text}");
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    };
    let flip = |path: PathBuf| {
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(path, bytes).unwrap();
    };
    let mut cases = vec![];
    let unfinished = copy("unfinished");
    fs::remove_file(unfinished.join("manifest.json")).unwrap();
    cases.push((unfinished, "没有做完"));
    let flipped = copy("flipped");
    flip(flipped.join("weixiao.db"));
    cases.push((flipped, "备份坏了"));
    let media = copy("flipped-media");
    let name = fs::read_dir(media.join("media")).unwrap().next().unwrap().unwrap().path();
    flip(name);
    cases.push((media, "备份坏了"));
    let missing = copy("missing");
    fs::remove_file(missing.join("weixiao.db")).unwrap();
    cases.push((missing, "备份坏了"));
    let torn = copy("torn");
    let text = fs::read(torn.join("manifest.json")).unwrap();
    fs::write(torn.join("manifest.json"), &text[..text.len() / 2]).unwrap();
    cases.push((torn, "备份坏了"));
    let newer = copy("newer");
    change(&newer, &format!("\"schema\": \"{}\"", newest_migration()), "\"schema\": \"9999\"");
    cases.push((newer, "比这个程序新"));
    let hostile = copy("hostile");
    change(&hostile, "\"media/", "\"media/../../");
    cases.push((hostile, "备份坏了"));
    for (folder, problem) in cases {
        let into = fresh("refused");
        let url = format!("sqlite:{}", into.join("weixiao.db").display());
        let out = run(
            &["restore", folder.to_str().unwrap(), "--media", into.join("media").to_str().unwrap()],
            &url,
        );
        assert!(!out.status.success() && said(&out).contains(problem), "{problem}: {}", said(&out));
        assert!(!into.exists(), "{problem}: something was written");
    }
    // A file of the same name with other content is in the way.
    let into = fresh("in-the-way");
    fs::create_dir_all(into.join("media")).unwrap();
    let name = fs::read_dir(good.join("media")).unwrap().next().unwrap().unwrap().file_name();
    fs::write(into.join("media").join(&name), "something else").unwrap();
    let url = format!("sqlite:{}", into.join("weixiao.db").display());
    let out =
        run(&["restore", good.to_str().unwrap(), "--media", into.join("media").to_str().unwrap()], &url);
    assert!(!out.status.success() && said(&out).contains("和备份里的不一样"), "{}", said(&out));
    assert_eq!(fs::read_dir(into.join("media")).unwrap().count(), 1);
}

/// On a server the media are copied and the lines to run are printed: they are run here, as they are.
fn on_a_server() {
    let world = World::new();
    let to = fresh("backup");
    let media = FOLDER.join("media");
    let out = run(&["backup", to.to_str().unwrap(), "--media", media.to_str().unwrap()], &world.url);
    assert!(out.status.success(), "{}", said(&out));
    let text = said(&out);
    let line = text.lines().find(|line| line.starts_with("pg_dump")).unwrap_or_else(|| panic!("{text}"));
    assert!(Command::new("sh").args(["-c", line]).status().unwrap().success(), "{line}");
    let empty = empty_database();
    let back = fresh("restored");
    let out =
        run(&["restore", to.to_str().unwrap(), "--media", back.join("media").to_str().unwrap()], &empty);
    let text = said(&out);
    let line = text.lines().find(|line| line.starts_with("pg_restore")).unwrap_or_else(|| panic!("{text}"));
    assert!(Command::new("sh").args(["-c", line]).status().unwrap().success(), "{line}");
    let mut expected = counts(&world);
    let mut restored = counts(&World::at(empty));
    for derived in ["generations", "secrets"] {
        expected.remove(derived);
        restored.remove(derived);
    }
    assert_eq!(expected, restored);
    assert!(fs::read_dir(back.join("media")).unwrap().count() > 5);
}

#[actix_web::test]
async fn an_installation_moves_to_the_other_database_and_back_row_by_row() {
    let world = World::new();
    let member = world.signed_in("member").await;
    member.get("/booklets/fifty-questions/3").await;
    let before = counts(&world);
    // From the database of this run to the other kind, and back to a new one of this kind.
    let other = match server() {
        Some(_) => format!("sqlite:{}", fresh("moved.db").display()),
        None => empty_database(),
    };
    let back = empty_database();
    for (from, to) in [(&world.url, &other), (&other, &back)] {
        let out = run(&["copy", from, to], "");
        assert!(out.status.success() && said(&out).contains("逐行核对一致"), "{}", said(&out));
        let again = run(&["copy", from, to], "");
        assert!(!again.status.success() && said(&again).contains("不是空的"), "{}", said(&again));
    }
    let moved = World::at(back);
    let mut after = counts(&moved);
    let mut before = before;
    for derived in ["generations", "search_pending"] {
        before.remove(derived);
        after.remove(derived);
    }
    assert_eq!(before, after);
    // The session goes on, search works, new rows get new numbers.
    let traveller = moved.visitor();
    *traveller.cookies.borrow_mut() = member.cookies.borrow().clone();
    assert_eq!(traveller.get("/account").await.status, 200);
    assert!(traveller.get("/search?q=%E5%88%86%E6%B0%B4").await.body.contains("<mark>分水</mark>"));
    let page = traveller.get("/lectures/1").await;
    let asked =
        traveller.post("/lectures/1/questions", &[("text", "搬家以后还能问吗"), ("key", &page.key())]).await;
    assert_eq!(asked.status, 303, "{}", asked.body);
    let same = run(&["copy", &moved.url, &moved.url], "");
    assert!(!same.status.success() && said(&same).contains("同一个数据库"));
}

#[test]
fn a_copy_that_differs_leaves_nothing_and_an_old_schema_is_not_copied() {
    let old = previous();
    let to = empty_database();
    let out = run(&["copy", &old, &to], "");
    assert!(!out.status.success() && said(&out).contains("不是最新的"), "{}", said(&out));
    // A source that is not there is not made.
    let nowhere = format!("sqlite:{}", FOLDER.join("nowhere.db").display());
    let out = run(&["copy", &nowhere, &to], "");
    assert!(!out.status.success() && said(&out).contains("没有找到数据库文件"));
    assert!(!FOLDER.join("nowhere.db").exists());
    // A row that the target would not take: nothing of the rest stays.
    let source = World::new();
    let target = Db::open(&to, true).unwrap();
    target
        .write_now(|conn| {
            let forbid = if conn.is_postgres() {
                "ALTER TABLE stories ADD CONSTRAINT short CHECK (length(title) < 2)"
            } else {
                "CREATE TRIGGER short BEFORE INSERT ON stories BEGIN SELECT RAISE(ABORT, 'short'); END"
            };
            Ok(weixiao::either!(conn, c => c.batch_execute(forbid))?)
        })
        .unwrap();
    let out = run(&["copy", &source.url, &to], "");
    assert!(!out.status.success(), "{}", said(&out));
    let target = World::at(to);
    assert_eq!(target.number("SELECT COUNT(*) FROM persons"), 0);
}

#[test]
fn the_doctor_says_what_is_wrong_and_what_to_do() {
    let media = fresh("media");
    fs::create_dir_all(&media).unwrap();
    let examine = |url: &str, more: &[&str]| {
        let mut arguments = vec!["doctor", "--media", media.to_str().unwrap()];
        arguments.extend(more);
        let out = run(&arguments, url);
        (out.status.success(), said(&out))
    };
    let world = World::new();
    let (is_well, text) = examine(&world.url, &["--public-url", "https://dx.example.gov.cn"]);
    assert!(is_well, "{text}");
    for line in [
        "[好] 数据库",
        "[好] 媒体文件夹",
        "[好] 管理员",
        "[注意] 第二重验证",
        "[注意] 备份",
        "[好] 磁盘",
        "[好] 时钟",
        "[好] 公开地址",
        "隐私说明",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    // Each thing that goes wrong.
    world.sql("UPDATE grants SET ended_at = CURRENT_TIMESTAMP WHERE role = 'admin'");
    let (is_well, text) = examine(&world.url, &[]);
    assert!(
        !is_well
            && text.contains("[不行] 管理员")
            && text.contains("/setup")
            && text.contains("[注意] 公开地址"),
        "{text}"
    );
    let ahead = world.number("SELECT COUNT(*) FROM audit_entries");
    world.sql("INSERT INTO audit_entries (at, request_id, action, subject_kind) VALUES ('2099-01-01 00:00:00', 'X', 'signed_in', 'account')");
    assert_eq!(world.number("SELECT COUNT(*) FROM audit_entries"), ahead + 1);
    let (_, text) = examine(&world.url, &[]);
    assert!(text.contains("[不行] 时钟") && text.contains("时间同步"), "{text}");
    let old = previous();
    let (is_well, text) = examine(&old, &[]);
    assert!(!is_well && text.contains("weixiao migrate"), "{text}");
    let (is_well, text) = examine("sqlite:/nowhere/x.db", &[]);
    assert!(!is_well && text.contains("没有找到数据库文件"), "{text}");
    let out = run(&["doctor", "--media", "/nowhere/at/all"], &world.url);
    assert!(said(&out).contains("[不行] 媒体文件夹"), "{}", said(&out));
    let out = run(&["doctor", "--public-url", "dx.example.gov.cn"], &world.url);
    assert!(!out.status.success() && said(&out).contains("公开地址写得不对"), "{}", said(&out));
    // After a backup it knows how old the last one is.
    let out = run(&["backup", fresh("b").to_str().unwrap(), "--media", media.to_str().unwrap()], &world.url);
    assert!(out.status.success(), "{}", said(&out));
    assert!(examine(&world.url, &[]).1.contains("[好] 备份"));
    let english = weixiao(&["doctor", "--media", media.to_str().unwrap()])
        .env("DATABASE_URL", &world.url)
        .env("LANG", "en_GB.UTF-8")
        .output()
        .unwrap();
    assert!(said(&english).contains("[Good] Database: "), "{}", said(&english));
}

#[test]
fn a_damaged_file_is_said() {
    if server().is_some() {
        return;
    }
    let url = empty_database();
    drop(World::at(url.clone()));
    let path = url.trim_start_matches("sqlite:");
    let mut bytes = fs::read(path).unwrap();
    // Inside the pages of tables, not in the header.
    for byte in &mut bytes[20_000..60_000] {
        *byte = 0xA5;
    }
    fs::write(path, bytes).unwrap();
    let out = run(&["doctor"], &url);
    assert!(!out.status.success() && said(&out).contains("[不行]"), "{}", said(&out));
}

#[test]
fn what_stands_behind_a_link_is_backed_up_and_what_is_no_file_is_said() {
    let world = World::new();
    let (media, elsewhere, to) = (fresh("linked"), fresh("elsewhere"), fresh("backup"));
    fs::create_dir_all(&media).unwrap();
    fs::write(&elsewhere, "on another disk").unwrap();
    std::os::unix::fs::symlink(&elsewhere, media.join("l1.mp4")).unwrap();
    let out = run(&["backup", to.to_str().unwrap(), "--media", media.to_str().unwrap()], &world.url);
    assert!(out.status.success(), "{}", said(&out));
    assert_eq!(fs::read_to_string(to.join("media/l1.mp4")).unwrap(), "on another disk");
    std::os::unix::fs::symlink(&media, media.join("circle")).unwrap();
    let again = fresh("backup");
    let out = run(&["backup", again.to_str().unwrap(), "--media", media.to_str().unwrap()], &world.url);
    assert!(!out.status.success() && !again.join("manifest.json").exists(), "{}", said(&out));
}

/// Files of recordings never change: the second backup's are those of the first. Flat names may, and are copied.
#[test]
fn recordings_take_room_once_in_all_backups_and_what_is_unfinished_is_left_out() {
    use std::os::unix::fs::MetadataExt;
    let world = World::new();
    let (media, backups, back) = (fresh("recordings"), fresh("backups"), fresh("restored"));
    let folder = media.join("0123456789abcdef0123456789abcdef");
    fs::create_dir_all(&folder).unwrap();
    for (name, text) in
        [("720p.mp4", "film"), ("360p.mp4", "small"), (".0123", "half a film"), ("master.m3u8", "#EXTM3U")]
    {
        fs::write(folder.join(name), text).unwrap();
    }
    fs::write(media.join("old.mp4"), "old").unwrap();
    // Only what is older than a backup is known to be in it.
    std::thread::sleep(Duration::from_millis(1_100));
    let backup = |name: &str| {
        let to = backups.join(name);
        let out = run(&["backup", to.to_str().unwrap(), "--media", media.to_str().unwrap()], &world.url);
        assert!(out.status.success(), "{}", said(&out));
        to
    };
    let number = |backup: &Path, file: &str| fs::metadata(backup.join("media").join(file)).unwrap().ino();
    let (film, small) =
        ("0123456789abcdef0123456789abcdef/720p.mp4", "0123456789abcdef0123456789abcdef/360p.mp4");
    let first = backup("1");
    assert_ne!(
        number(&first, film),
        fs::metadata(folder.join("720p.mp4")).unwrap().ino(),
        "not what is served"
    );
    let second = backup("2");
    assert_eq!(number(&second, film), number(&first, film));
    assert_ne!(number(&second, "old.mp4"), number(&first, "old.mp4"));
    assert!(!second.join("media/0123456789abcdef0123456789abcdef/.0123").exists());
    let manifest = |backup: &Path| fs::read_to_string(backup.join("manifest.json")).unwrap();
    assert!(manifest(&second).contains("\"left_out\": [\n    \"uploads\"\n  ]"), "{}", manifest(&second));
    // One that was replaced, and one that is damaged in the backup, are copied; the earlier backups keep what they have.
    fs::write(folder.join("360p.mp4"), "other").unwrap();
    fs::write(second.join("media").join(film), "flim").unwrap();
    let to = backup("3");
    assert_ne!(number(&to, film), number(&first, film));
    assert_ne!(number(&to, small), number(&second, small));
    assert_eq!(fs::read_to_string(to.join("media").join(film)).unwrap(), "film");
    assert_eq!(fs::read_to_string(second.join("media").join(small)).unwrap(), "small");
    fs::remove_dir_all(&first).unwrap();
    fs::remove_dir_all(&second).unwrap();
    // The installation loses it; the backup does not.
    fs::remove_dir_all(&folder).unwrap();
    if server().is_none() {
        let new = format!("sqlite:{}", fresh("new.db").display());
        let out = run(&["restore", to.to_str().unwrap(), "--media", back.to_str().unwrap()], &new);
        assert!(out.status.success(), "{}", said(&out));
        assert_eq!(
            fs::read_to_string(back.join("0123456789abcdef0123456789abcdef/720p.mp4")).unwrap(),
            "film"
        );
    }
    // With an S3 store it says what it does not have, and needs no key for that.
    let s3 = "s3://bucket/city?endpoint=http://127.0.0.1:1";
    let again = backups.join("4");
    let mut command = weixiao(&["backup", again.to_str().unwrap(), "--media", media.to_str().unwrap()]);
    let out = command.env("DATABASE_URL", &world.url).env("WEIXIAO_MEDIA_URL", s3).output().unwrap();
    assert!(
        out.status.success() && said(&out).contains("s3://bucket/city 的录像不在备份里"),
        "{}",
        said(&out)
    );
    assert!(fs::read_to_string(again.join("manifest.json")).unwrap().contains("\"s3://bucket/city\""));
}

#[test]
fn a_store_that_cannot_be_used_is_said() {
    let world = World::new();
    let media = fresh("media");
    fs::create_dir_all(&media).unwrap();
    for (address, keys, wanted) in [
        ("s3://bucket?endpoint=http://127.0.0.1:1", true, "连不上对象存储"),
        ("s3://bucket?endpoint=https://127.0.0.1:1", true, "连不上对象存储"),
        ("s3://bucket?endpoint=http://127.0.0.1:1", false, "AWS_ACCESS_KEY_ID"),
        ("bucket", true, "看不懂"),
    ] {
        for name in ["doctor", "serve"] {
            if name == "serve" && wanted.starts_with('连') {
                // It serves what is in the folder until the store is there.
                continue;
            }
            let mut command = weixiao(&[name, "--media", media.to_str().unwrap()]);
            command.env("DATABASE_URL", &world.url).env("WEIXIAO_MEDIA_URL", address);
            command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
            if keys {
                command.env("AWS_ACCESS_KEY_ID", "who").env("AWS_SECRET_ACCESS_KEY", "a-secret-word");
            }
            let out = command.output().unwrap();
            assert!(!out.status.success() && said(&out).contains(wanted), "{name} {address}: {}", said(&out));
            assert!(!said(&out).contains("a-secret-word"));
        }
    }
}

#[test]
fn the_disk_is_sampled_once_a_day() {
    let world = World::new();
    let config = config(&world.url);
    let now = weixiao::clock::now();
    for days in [0, 0, 1, 1, 2] {
        disk::keep_todays(&world.db, &config, now + chrono::Duration::days(days)).unwrap();
    }
    let samples = disk::samples(&world.db).unwrap();
    assert_eq!(samples.len(), 3);
    assert!(
        samples
            .iter()
            .all(|one| one.database_bytes > 100_000 && one.media_bytes > 1_000_000 && one.free_bytes > 0)
    );
}

/// The files below a folder, with the way to them.
fn files_below(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => files_below(&path)
                .into_iter()
                .map(|below| Path::new(path.file_name().unwrap()).join(below))
                .collect(),
            false => vec![path.file_name().unwrap().into()],
        })
        .collect()
}
