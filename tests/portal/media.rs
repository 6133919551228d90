//! Recordings under signed addresses: who gets what, in which parts, for how long; from the folder, by nginx, and (where
//! `TEST_S3_URL` names a bucket, see tests/store) from an S3 store.
use crate::world::{Answer, Browser, FOLDER, World, config};
use actix_web::http::Method;
use std::path::PathBuf;
use weixiao::clock;
use weixiao::config::ADDRESS_SECONDS;
use weixiao::ids::random_hex;
use weixiao::media::{Signer, Store, StoreError, fresh_folder, pages};

/// The recording of these tests: bytes that say where they are.
fn film() -> Vec<u8> {
    (0..100_000_u32).map(|place| (place % 251) as u8).collect()
}

/// A recording in the store of this town: its folder.
fn recorded(world: &World) -> String {
    let folder = fresh_folder();
    let store = &world.portal.media.store;
    for (file, bytes) in [
        ("720p.mp4", film()),
        ("original", b"as it came".to_vec()),
        ("master.m3u8", b"#EXTM3U\n720p.m3u8\n".to_vec()),
        ("720p.m3u8", b"#EXTM3U\n#EXT-X-MAP:URI=\"720p.mp4\"\n720p.mp4\n".to_vec()),
        ("audio.m4a", b"sound".to_vec()),
        ("poster.jpg", b"picture".to_vec()),
    ] {
        store.put_bytes(&format!("{folder}/{file}"), &bytes).unwrap();
    }
    folder
}

fn seconds() -> i64 {
    clock::now().and_utc().timestamp()
}

/// The signed address of a file.
fn address(world: &World, folder: &str, file: &str) -> String {
    format!("{}/{file}", world.portal.media.signer.folder(folder, seconds()))
}

async fn asked(browser: &Browser<'_>, path: &str, headers: &[(&str, &str)]) -> Answer {
    browser.send(Method::GET, path, None, headers).await
}

#[actix_web::test]
async fn a_file_is_sent_whole_in_parts_and_not_again() {
    let world = World::new();
    let (folder, visitor) = (recorded(&world), world.visitor());
    let path = address(&world, &folder, "720p.mp4");
    let whole = visitor.get(&path).await;
    assert_eq!((whole.status.as_u16(), whole.bytes), (200, 100_000));
    assert_eq!(whole.headers["content-type"], "video/mp4");
    assert_eq!(whole.headers["cache-control"], "private, max-age=31536000, immutable");
    assert_eq!(whole.headers["accept-ranges"], "bytes");
    assert_eq!(whole.headers["x-content-type-options"], "nosniff");
    assert!(!whole.headers.contains_key("content-disposition") && !whole.headers.contains_key("set-cookie"));
    let tag = whole.headers["etag"].as_str();
    for (range, status, bytes, said) in [
        ("bytes=0-99", 206, 100, "bytes 0-99/100000"),
        ("bytes=99990-", 206, 10, "bytes 99990-99999/100000"),
        ("bytes=-5", 206, 5, "bytes 99995-99999/100000"),
        ("bytes=99000-200000", 206, 1000, "bytes 99000-99999/100000"),
        ("bytes=100000-", 416, 0, "bytes */100000"),
    ] {
        let part = asked(&visitor, &path, &[("range", range)]).await;
        assert_eq!((part.status.as_u16(), part.bytes), (status, bytes), "{range}");
        assert_eq!(part.headers["content-range"], said, "{range}");
        let is_kept = part.headers["cache-control"].contains("immutable");
        assert_eq!(is_kept, status == 206, "{range}: {:?}", part.headers);
    }
    let same = asked(&visitor, &path, &[("if-none-match", tag)]).await;
    assert_eq!((same.status.as_u16(), same.bytes), (304, 0));
    let part = asked(&visitor, &path, &[("range", "bytes=0-9"), ("if-range", tag)]).await;
    assert_eq!((part.status.as_u16(), part.bytes), (206, 10));
    let other = asked(&visitor, &path, &[("range", "bytes=0-9"), ("if-range", "\"another\"")]).await;
    assert_eq!((other.status.as_u16(), other.bytes), (200, 100_000), "it changed: all of it");
    let head = visitor.send(Method::HEAD, &path, None, &[]).await;
    assert_eq!((head.status.as_u16(), head.headers["content-type"].as_str()), (200, "video/mp4"));
    assert_eq!(visitor.post(&path, &[]).await.status, 404, "it is only read");
}

#[actix_web::test]
async fn each_kind_of_file_says_what_it_is_and_how_long_it_holds() {
    let world = World::new();
    let (folder, visitor) = (recorded(&world), world.visitor());
    for (file, mime, is_for_ever) in [
        ("master.m3u8", "application/vnd.apple.mpegurl", false),
        ("720p.m3u8", "application/vnd.apple.mpegurl", false),
        ("audio.m4a", "audio/mp4", true),
        ("poster.jpg", "image/jpeg", true),
    ] {
        let answer = visitor.get(&address(&world, &folder, file)).await;
        assert_eq!((answer.status.as_u16(), answer.headers["content-type"].as_str()), (200, mime), "{file}");
        let keeping =
            if is_for_ever { "private, max-age=31536000, immutable" } else { "private, max-age=60" };
        assert_eq!(answer.headers["cache-control"], keeping, "{file}");
    }
    // Names in a playlist are read beside it, so they are covered by the same signature.
    let list = visitor.get(&address(&world, &folder, "720p.m3u8")).await;
    assert!(list.body.contains("URI=\"720p.mp4\"") && !list.body.contains("/m/"), "{}", list.body);
}

#[actix_web::test]
async fn an_address_is_for_one_recording_and_for_its_time() {
    let world = World::new();
    let (folder, other, visitor) = (recorded(&world), recorded(&world), world.visitor());
    let signer = &world.portal.media.signer;
    let status = async |path: &str| visitor.get(path).await.status.as_u16();
    let signed = signer.folder(&folder, seconds());
    assert_eq!(status(&format!("{signed}/720p.mp4")).await, 200);
    assert_eq!(status(&format!("{signed}/poster.jpg")).await, 200, "other files of the same recording");
    assert_eq!(status(&signed.replace(&folder, &other)).await, 404);
    assert_eq!(status(&format!("{}/720p.mp4", signed.replace(&folder, &other))).await, 404);
    let parts: Vec<_> = signed.split('/').collect();
    let (exp, sig) = (parts[2], parts[3]);
    let changed = if sig.starts_with('0') { "1" } else { "0" };
    for path in [
        format!("/m/{exp}/{changed}{}/{folder}/720p.mp4", &sig[1..]),
        format!("/m/{exp}/{}/{folder}/720p.mp4", &sig[..31]),
        format!("/m/{exp}/{}/{folder}/720p.mp4", sig.to_uppercase().replace(char::is_numeric, "A")),
        format!("/m/{}f/{sig}/{folder}/720p.mp4", &exp[..exp.len() - 1]),
        format!("/m/0{exp}/{sig}/{folder}/720p.mp4"),
        format!("/m/{exp}/{sig}/{}/720p.mp4", folder.to_uppercase()),
        format!("/m/{exp}/{sig}/{folder}"),
        format!("/m/{exp}/{sig}/{folder}/"),
    ] {
        assert_eq!(status(&path).await, 404, "{path}");
    }
    // Once it was right, and says so to whoever comes back to it.
    let over = signer.folder(&folder, seconds() - ADDRESS_SECONDS - 3_601);
    let answer = visitor.get(&format!("{over}/720p.mp4")).await;
    assert_eq!(answer.status, 403);
    assert!(answer.body.contains("已经过期") && answer.body.len() < 200, "{}", answer.body);
    assert_eq!(answer.headers["cache-control"], "private, no-store");
    assert_eq!(status(&format!("{over}/original")).await, 404);
    // Nearly over.
    let short = signer.folder(&folder, seconds() - ADDRESS_SECONDS + 5);
    assert_eq!(status(&format!("{short}/720p.mp4")).await, 200);
    // Another server of the installation makes and takes the same ones; another installation does not.
    let second = world.with(|_| {});
    assert_eq!(second.portal.media.signer.folder(&folder, 0), signer.folder(&folder, 0));
    let foreign = Signer::new(&random_hex(32)).folder(&folder, seconds());
    assert_eq!(status(&format!("{foreign}/720p.mp4")).await, 404);
}

#[actix_web::test]
async fn what_was_uploaded_and_what_is_elsewhere_is_never_sent() {
    let world = World::new();
    let (folder, visitor) = (recorded(&world), world.visitor());
    std::fs::write(FOLDER.join("media/720p.mp4"), "flat").unwrap();
    for file in [
        "original",
        "original.mp4",
        "%6Friginal",
        ".",
        "..",
        "%2e%2e",
        "..%2f720p.mp4",
        "%2e%2e%2f720p.mp4",
        "..%5c720p.mp4",
        "720p.mp4%00",
        "720p.mp4%2f..%2foriginal",
        "720P.MP4",
        "360p.mp4",
        "weixiao.db",
    ] {
        let answer = visitor.get(&address(&world, &folder, file)).await;
        assert_eq!(answer.status, 404, "{file}");
    }
    // A signature for what is no folder leads nowhere either.
    for odd in ["..", "%2e%2e", "a", "."] {
        let plain = if odd == "%2e%2e" { ".." } else { odd };
        let path = world.portal.media.signer.folder(plain, seconds()).replace(plain, odd);
        assert!(visitor.get(&format!("{path}/720p.mp4")).await.status.is_client_error(), "{odd}");
    }
}

#[actix_web::test]
async fn the_database_is_not_asked() {
    let world = World::new();
    let member = world.signed_in("member").await;
    let path = address(&world, &recorded(&world), "720p.mp4");
    member.get(&path).await;
    let before = world.db.statements();
    for _ in 0..5 {
        let answer = asked(&member, &path, &[("range", "bytes=0-9")]).await;
        assert_eq!(answer.status, 206);
        assert!(!answer.headers.contains_key("set-cookie"));
    }
    assert_eq!(world.db.statements(), before);
    // Its errors are pages like others, with all their headers.
    let lost = member.get("/m/1/2/3/4").await;
    assert!(lost.status == 404 && lost.body.contains("没有找到这一页"));
    assert!(lost.headers.contains_key("content-security-policy"));
}

#[actix_web::test]
async fn nginx_is_told_which_file_to_send() {
    let world = World::new();
    let folder = recorded(&world);
    let nginx = world.with(|config| config.accel = Some("/_media/".into()));
    let visitor = nginx.visitor();
    for (file, mime) in [("720p.mp4", "video/mp4"), ("master.m3u8", "application/vnd.apple.mpegurl")] {
        let answer = asked(&visitor, &address(&nginx, &folder, file), &[("range", "bytes=0-9")]).await;
        assert_eq!((answer.status.as_u16(), answer.bytes), (200, 0), "nginx cuts the part itself");
        assert_eq!(answer.headers["x-accel-redirect"], format!("/_media/{folder}/{file}"));
        assert_eq!(answer.headers["content-type"], mime);
        assert!(answer.headers["cache-control"].starts_with("private, max-age="));
    }
    for (file, status) in [("360p.mp4", 404), ("original", 404)] {
        let answer = visitor.get(&address(&nginx, &folder, file)).await;
        assert_eq!(answer.status, status, "{file}");
        assert!(!answer.headers.contains_key("x-accel-redirect"));
    }
}

#[actix_web::test]
async fn pages_send_on_to_a_signed_address_and_nobody_keeps_that() {
    let world = World::new();
    let folder = recorded(&world);
    let answer = pages::answer(&world.portal.media, &folder, "video.mp4").unwrap();
    assert_eq!(answer.status(), 302);
    let header = |name: &str| answer.headers().get(name).unwrap().to_str().unwrap().to_owned();
    assert_eq!(header("cache-control"), "private, no-store");
    assert_eq!(header("location"), address(&world, &folder, "video.mp4"));
    assert!(pages::answer(&world.portal.media, &folder, "original").is_err());
}

#[actix_web::test]
async fn the_policy_lets_players_work_and_names_the_store_only_where_there_is_one() {
    let world = World::new();
    let policy = world.visitor().get("/about").await.headers["content-security-policy"].clone();
    assert!(
        policy.contains("media-src 'self' blob:;") && policy.contains("worker-src 'self' blob:;"),
        "{policy}"
    );
    assert!(policy.contains("connect-src 'self';") && policy.contains("script-src 'self';"), "{policy}");
}

/// Runs only where tests/store has started an S3 server.
#[actix_web::test]
async fn recordings_in_an_s3_store() {
    let Ok(url) = std::env::var("TEST_S3_URL") else { return };
    let world = World::new();
    let s3 = world.with(|config| config.media_url = Some(url));
    let media = s3.portal.media.clone();
    let origin = media.store.origin().unwrap().to_owned();
    let store = media.store.clone();
    // As jobs do, from a thread without a runtime.
    let (folder, from) = std::thread::spawn(move || whole_life(&store)).join().unwrap();
    let visitor = s3.visitor();
    let policy = visitor.get("/about").await.headers["content-security-policy"].clone();
    for place in ["media-src 'self' blob:", "connect-src 'self'", "img-src 'self'"] {
        assert!(policy.contains(&format!("{place} {origin}")), "{policy}");
    }
    let path = address(&s3, &folder, "720p.mp4");
    let sent = visitor.get(&path).await;
    assert_eq!((sent.status.as_u16(), sent.headers["cache-control"].as_str()), (302, "private, no-store"));
    let presigned = sent.location.unwrap();
    assert!(
        presigned.starts_with(&format!("{origin}/")) && presigned.contains("X-Amz-Signature="),
        "{presigned}"
    );
    let lives: i64 =
        presigned.split("X-Amz-Expires=").nth(1).unwrap().split('&').next().unwrap().parse().unwrap();
    assert!((1..=ADDRESS_SECONDS).contains(&lives));
    // It never outlives the address that it came from.
    let short = format!("{}/720p.mp4", media.signer.folder(&folder, seconds() - ADDRESS_SECONDS + 5));
    let location = visitor.get(&short).await.location.unwrap();
    let lives: i64 =
        location.split("X-Amz-Expires=").nth(1).unwrap().split('&').next().unwrap().parse().unwrap();
    assert!((1..=3_605).contains(&lives), "{location}");
    let master = visitor.get(&address(&s3, &folder, "master.m3u8")).await;
    assert_eq!((master.status.as_u16(), master.body.as_str()), (200, "#EXTM3U\n720p.m3u8\n"));
    assert_eq!(master.headers["cache-control"], "private, max-age=60");
    let list = visitor.get(&address(&s3, &folder, "720p.m3u8")).await;
    assert_eq!(list.headers["content-type"], "application/vnd.apple.mpegurl");
    assert_eq!(list.body.matches(&format!("{origin}/")).count(), 2, "{}", list.body);
    assert!(!list.body.lines().any(|line| line == "720p.mp4"));
    let again = visitor.get(&address(&s3, &folder, "720p.m3u8")).await;
    assert_eq!(again.body, list.body, "kept ready for a minute");
    for file in ["original", "360p.m3u8"] {
        assert_eq!(visitor.get(&address(&s3, &folder, file)).await.status, 404, "{file}");
    }
    // What was in the folder before, and the demonstration's flat names, are still there.
    let before = recorded(&world);
    assert_eq!(visitor.get(&address(&s3, &before, "720p.mp4")).await.status, 200);
    let store = media.store.clone();
    std::thread::spawn(move || {
        assert!(store.size("handout-irrigation-0.txt").is_ok(), "flat names stay in the folder");
        store.delete_folder(&folder).unwrap();
        store.delete_folder(&folder).unwrap();
        assert!(matches!(store.size(&format!("{folder}/720p.mp4")), Err(StoreError::Missing)));
    })
    .join()
    .unwrap();
    std::fs::remove_file(from).unwrap();
}

/// Not a test but a hand of tests/store: puts the files of a folder, which is named like a recording's, into a store.
#[test]
fn files_go_into_the_store_of_tests_store() {
    let Ok(from) = std::env::var("TEST_STORE_FILES").map(PathBuf::from) else { return };
    let mut config = config("");
    config.media_url = std::env::var("TEST_S3_URL").ok();
    if let Ok(media) = std::env::var("TEST_STORE_MEDIA") {
        (config.media, config.accel) = (media.into(), Some("/_media/".into()));
    }
    let (store, folder) = (Store::open(&config).unwrap(), from.file_name().unwrap().to_str().unwrap());
    for entry in std::fs::read_dir(&from).unwrap() {
        let path = entry.unwrap().path();
        let key = format!("{folder}/{}", path.file_name().unwrap().to_str().unwrap());
        store.put_file(&key, &path).unwrap();
    }
}

/// Puts, reads and asks for files of a recording; its folder, and the 20 MiB that were sent.
fn whole_life(store: &Store) -> (String, PathBuf) {
    let folder = fresh_folder();
    let key = |file: &str| format!("{folder}/{file}");
    let from = FOLDER.join("twenty");
    let bytes: Vec<u8> = (0..20 * 1024 * 1024_u32).map(|place| (place * 7 % 253) as u8).collect();
    std::fs::write(&from, &bytes).unwrap();
    assert!(matches!(store.size(&key("720p.mp4")), Err(StoreError::Missing)));
    store.put_file(&key("720p.mp4"), &from).unwrap();
    assert_eq!(store.size(&key("720p.mp4")).unwrap(), bytes.len() as u64);
    assert_eq!(store.local_path(&key("720p.mp4")), None);
    let back = FOLDER.join(format!("back-{}", random_hex(4)));
    store.get_to(&key("720p.mp4"), &back).unwrap();
    assert!(std::fs::read(&back).unwrap() == bytes);
    assert!(store.get_to(&key("720p.mp4"), &back).is_err(), "what is there stays");
    assert!(matches!(store.get_to(&key("no-such"), &FOLDER.join("none")), Err(StoreError::Missing)));
    assert!(!FOLDER.join("none").exists());
    assert!(store.get_bytes(&key("720p.mp4")).is_err(), "too large to read at once");
    // Exactly one piece, one byte more than two, and nothing.
    for length in [8 * 1024 * 1024, 16 * 1024 * 1024 + 1, 0] {
        let one = FOLDER.join(format!("piece-{length}"));
        std::fs::write(&one, &bytes[..length]).unwrap();
        store.move_file(&key("video.mp4"), &one).unwrap();
        assert!(!one.exists());
        assert_eq!(store.size(&key("video.mp4")).unwrap(), length as u64);
    }
    store.put_bytes(&key("master.m3u8"), b"#EXTM3U\n720p.m3u8\n").unwrap();
    let list = "#EXTM3U\n#EXT-X-MAP:URI=\"720p.mp4\",BYTERANGE=\"10@0\"\n#EXTINF:6,\n720p.mp4\n";
    store.put_bytes(&key("720p.m3u8"), list.as_bytes()).unwrap();
    store.put_bytes(&key("original"), b"as it came").unwrap();
    assert_eq!(store.get_bytes(&key("720p.m3u8")).unwrap(), list.as_bytes());
    assert!(store.presigned(&key("720p.mp4"), 60).unwrap().contains("X-Amz-Expires=60"));
    assert_eq!(store.presigned("irrigation-1.mp4", 60), None);
    (folder, from)
}
