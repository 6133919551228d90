//! Opening the database: one clear sentence for each way in which it cannot be, and never an empty one by mistake.
use crate::world::{FOLDER, World, empty_database, server};
use actix_web::rt::{spawn, time::sleep};
use std::time::{Duration, Instant};
use weixiao::db::Db;
use weixiao::error::Error;

fn problem(url: &str, may_create: bool) -> String {
    match Db::open(url, may_create) {
        Ok(_) => panic!("{url} was opened"),
        Err(problem) => problem.to_string(),
    }
}

#[test]
fn an_address_that_names_no_database_is_refused() {
    for url in [
        "",
        "weixiao.db",
        "mysql://x/y",
        "sqlite:",
        "postgres:x",
        "sqlite:a?mode=memory",
        "/var/lib/x.db",
        "file:x",
    ] {
        assert!(problem(url, true).contains("DATABASE_URL 看不懂"), "{url}");
    }
}

#[test]
fn a_file_that_is_not_there_is_made_only_when_asked_for() {
    let path = FOLDER.join("第一次 100% #1.db".replace('#', ""));
    let url = format!("sqlite:{}", path.display());
    assert!(problem(&url, false).contains("没有找到数据库文件"));
    assert!(!path.exists());
    Db::open(&url, true).unwrap();
    assert!(path.exists(), "spaces, percent signs and Chinese in the path are part of it");
    Db::open(&url, false).unwrap();
}

#[test]
fn what_is_no_database_is_left_as_it_is() {
    let path = FOLDER.join("letter.txt");
    std::fs::write(&path, "Not a database, but a letter that somebody wrote. ".repeat(40)).unwrap();
    let before = std::fs::read(&path).unwrap();
    let said = problem(&format!("sqlite:{}", path.display()), true);
    assert!(said.contains("不是 SQLite 数据库"), "{said}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert!(problem(&format!("sqlite:{}", FOLDER.display()), true).contains("文件夹"));
    assert!(
        problem(&format!("sqlite:{}/none/at/all.db", FOLDER.display()), true)
            .contains("请检查文件夹是否存在")
    );
}

#[test]
fn an_unreachable_server_is_said_within_seconds() {
    let began = Instant::now();
    let said = problem("postgres://nobody@127.0.0.1:1/none", true);
    assert!(said.contains("连不上 PostgreSQL"), "{said}");
    assert!(!said.contains('\n'), "one sentence: {said}");
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn an_empty_database_gets_everything() {
    let world = World::at(empty_database());
    assert_eq!(world.number("SELECT COUNT(*) FROM persons"), 0);
}

#[actix_web::test]
async fn an_empty_portal_shows_its_pages_all_the_same() {
    let world = World::at(empty_database());
    let visitor = world.visitor();
    // Nobody has set it up: the first page leads to the page that does.
    assert_eq!(visitor.get("/").await.location.as_deref(), Some("/setup"));
    for path in [
        "/setup",
        "/search",
        "/lectures",
        "/booklets",
        "/instructors",
        "/schools",
        "/bases",
        "/stories",
        "/help",
        "/about",
        "/about/roles",
        "/feedback",
        "/sign-in",
    ] {
        assert_eq!(visitor.get(path).await.status, 200, "{path}");
    }
    assert_eq!(visitor.get("/lectures/1").await.status, 404);
}

#[actix_web::test]
async fn a_page_that_reads_cannot_write() {
    let world = World::new();
    let outcome =
        world.db.read(|conn| weixiao::site::put(conn, "city", "别的城市", weixiao::clock::now())).await;
    assert!(matches!(outcome, Err(Error::Internal(_))), "{outcome:?}");
    assert_eq!(world.number("SELECT COUNT(*) FROM setting_changes WHERE value = '别的城市'"), 0);
}

#[actix_web::test]
async fn an_error_rolls_everything_back() {
    let world = World::new();
    let outcome: Result<(), Error> = world
        .db
        .write(|conn| {
            weixiao::site::put(conn, "city", "别的城市", weixiao::clock::now())?;
            Err(Error::NotFound)
        })
        .await;
    assert!(matches!(outcome, Err(Error::NotFound)));
    assert_eq!(world.number("SELECT COUNT(*) FROM setting_changes WHERE value = '别的城市'"), 0);
}

#[actix_web::test]
async fn writers_wait_for_each_other() {
    let world = World::new();
    let tries: Vec<_> = (0..40)
        .map(|number| {
            let db = world.db.clone();
            spawn(async move {
                db.write(move |conn| {
                    weixiao::site::put(conn, &format!("test-{number}"), "x", weixiao::clock::now())
                })
                .await
            })
        })
        .collect();
    for one in tries {
        one.await.unwrap().unwrap();
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM setting_changes WHERE name LIKE 'test-%'"), 40);
}

/// The server throws its connections out, as a restart does: the next requests get a 503 page or an answer, none hangs,
/// and the portal comes back by itself.
#[actix_web::test]
async fn the_portal_comes_back_when_the_server_does() {
    if server().is_none() {
        return;
    }
    let world = World::new();
    let visitor = world.visitor();
    assert_eq!(visitor.get("/lectures").await.status, 200);
    let name = world.url.rsplit('/').next().unwrap().to_owned();
    let throw_out = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND pid <> pg_backend_pid()"
    );
    let other = World::at(empty_database());
    other.sql(&format!("DO $$ BEGIN PERFORM 1 FROM ({throw_out}) t; END $$"));
    let began = Instant::now();
    let mut last = 0;
    while last != 200 {
        last = visitor.get("/lectures").await.status.as_u16();
        assert!([200, 503].contains(&last), "{last}");
        assert!(began.elapsed() < Duration::from_secs(10), "still away");
        sleep(Duration::from_millis(50)).await;
    }
}
