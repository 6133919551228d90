//! Uploads over real connections: the protocol, broken lines, who may, how much, and what becomes of it.
use crate::world::{FOLDER, World};
use actix_web::web::Data;
use actix_web::{App, HttpServer};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use weixiao::clock;
use weixiao::demo::PASSWORD;
use weixiao::ids::{AccountId, LectureId, random_hex};
use weixiao::uploads::{self, Limits, Uploads};

/// A town whose portal listens, and a folder of its own for what is sent to it.
struct Town {
    world: World,
    folder: PathBuf,
    at: SocketAddr,
    handle: actix_web::dev::ServerHandle,
}

impl Drop for Town {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

/// What came back.
#[derive(Debug)]
struct Said {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Said {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
    fn offset(&self) -> u64 {
        self.header("upload-offset").parse().unwrap_or_else(|_| panic!("no offset in {self:?}"))
    }
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

const PIECE: (&str, &str) = ("Content-Type", "application/offset+octet-stream");

fn limits() -> Limits {
    Limits { reserve: 0, ..Limits::default() }
}

fn town() -> Town {
    town_with(limits())
}

fn town_with(limits: Limits) -> Town {
    let folder = FOLDER.join(format!("uploads-{}", random_hex(4)));
    town_at(World::new(), folder, limits)
}

/// Another server of the same town, on the same folder.
fn beside(town: &Town) -> Town {
    town_at(World::at(town.world.url.clone()), town.folder.clone(), limits())
}

fn town_at(mut world: World, folder: PathBuf, limits: Limits) -> Town {
    world.portal.uploads = Data::new(Uploads::new(folder.clone(), limits));
    let portal = world.portal.clone();
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = HttpServer::new(move || App::new().configure(|app| portal.configure(app)))
                .workers(2)
                .disable_signals()
                .bind("127.0.0.1:0")
                .unwrap();
            let at = server.addrs()[0];
            let server = server.run();
            send.send((at, server.handle())).unwrap();
            server.await.unwrap();
        });
    });
    let (at, handle) = receive.recv().unwrap();
    Town { world, folder, at, handle }
}

impl Town {
    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.at).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }
    /// Sends head and body as they are given; adds nothing but `Host`.
    fn raw(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Said {
        let mut stream = self.connect();
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.at);
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("transfer-encoding")) {
            head += &format!("Content-Length: {}\r\n", body.len());
        }
        stream.write_all((head + "\r\n").as_bytes()).unwrap();
        // Whoever is refused early may find the line closed.
        let _ = stream.write_all(body);
        answer(&mut stream)
    }
    /// As a client of tus does it.
    fn tus(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Said {
        let mut all = vec![("Tus-Resumable", "1.0.0")];
        all.extend(headers);
        let said = self.raw(method, path, &all, body);
        assert_eq!(said.header("tus-resumable"), "1.0.0", "{method} {path}: {said:?}");
        said
    }
    fn sign_in(&self, name: &str) -> String {
        let body = format!("name={name}&password={PASSWORD}");
        let headers =
            [("Content-Type", "application/x-www-form-urlencoded"), ("Sec-Fetch-Site", "same-origin")];
        let said = self.raw("POST", "/sign-in", &headers, body.as_bytes());
        assert_eq!(said.status, 303, "{}", said.text());
        said.header("set-cookie").split(';').next().unwrap().to_owned()
    }
    fn create(&self, cookie: &str, headers: &[(&str, &str)]) -> Said {
        let mut all = vec![("Cookie", cookie)];
        all.extend(headers);
        self.tus("POST", "/uploads", &all, b"")
    }
    /// A new upload's address.
    fn begin(&self, cookie: &str, length: usize, metadata: &str) -> String {
        let length = length.to_string();
        let said = self.create(cookie, &[("Upload-Length", &length), ("Upload-Metadata", metadata)]);
        assert_eq!(said.status, 201, "{}", said.text());
        assert!(said.header("upload-expires").ends_with(" GMT"));
        said.header("location").to_owned()
    }
    fn patch(&self, url: &str, offset: u64, body: &[u8]) -> Said {
        self.tus("PATCH", url, &[PIECE, ("Upload-Offset", &offset.to_string())], body)
    }
    fn head(&self, url: &str) -> Said {
        self.tus("HEAD", url, &[], b"")
    }
    fn fetched(&self, cookie: &str, url: &str) -> Vec<u8> {
        let said = self.raw("GET", url, &[("Cookie", cookie)], b"");
        assert_eq!(said.status, 200);
        said.body
    }
    fn count(&self, sql: &str) -> i64 {
        self.world.number(sql)
    }
    /// The head of a piece and its first bytes, and no more for the time being.
    fn half(&self, url: &str, offset: u64, announced: usize, bytes: &[u8]) -> TcpStream {
        let mut stream = self.connect();
        write!(
            stream,
            "PATCH {url} HTTP/1.1\r\nHost: {}\r\nTus-Resumable: 1.0.0\r\nContent-Type: application/offset+octet-stream\r\nUpload-Offset: {offset}\r\nContent-Length: {announced}\r\n\r\n",
            self.at
        )
        .unwrap();
        stream.write_all(bytes).unwrap();
        stream
    }
}

fn answer(stream: &mut TcpStream) -> Said {
    let mut all = vec![];
    let mut buffer = [0; 65_536];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => all.extend_from_slice(&buffer[..n]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
            Err(error) => panic!("{error}"),
        }
    }
    if all.starts_with(b"HTTP/1.1 100 ") {
        let end = all.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
        all.drain(..end + 4);
    }
    let end = all.windows(4).position(|w| w == b"\r\n\r\n").unwrap_or_else(|| panic!("no head: {all:?}"));
    let head = String::from_utf8_lossy(&all[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    Said { status, headers, body: all[end + 4..].to_vec() }
}

/// Cuts a connection so that the other side sees a reset.
fn reset(stream: TcpStream) {
    socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    drop(stream);
}

fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ length as u64;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 24) as u8
        })
        .collect()
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn wait_for(what: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(10);
    while !what() {
        assert!(Instant::now() < until, "it did not happen");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[actix_web::test]
async fn the_server_says_what_it_speaks() {
    let town = town();
    // Without a version, and with another one: this is how a client learns which.
    for headers in [vec![], vec![("Tus-Resumable", "0.2.2")]] {
        let said = town.raw("OPTIONS", "/uploads", &headers, b"");
        assert_eq!(said.status, 204);
        assert_eq!(said.header("tus-version"), "1.0.0");
        assert_eq!(said.header("tus-max-size"), "8589934592");
        assert_eq!(said.header("tus-checksum-algorithm"), "sha1,sha256");
        for extension in [
            "creation",
            "creation-with-upload",
            "creation-defer-length",
            "termination",
            "checksum",
            "expiration",
        ] {
            assert!(said.header("tus-extension").split(',').any(|one| one == extension), "{extension}");
        }
        assert!(!said.headers.keys().any(|name| name.starts_with("access-control")));
    }
}

#[actix_web::test]
async fn a_file_arrives_in_pieces() {
    let town = town();
    let cookie = town.sign_in("instructor");
    let all = noise(3_000_001);
    let metadata = format!("filename {},is_film", base64("讲座.mp4".as_bytes()));
    let url = town.begin(&cookie, all.len(), &metadata);
    assert!(url.starts_with("/uploads/") && url.len() == "/uploads/".len() + 32);
    let head = town.head(&url);
    assert_eq!((head.status, head.offset(), head.header("upload-length")), (200, 0, "3000001"));
    assert_eq!(head.header("upload-metadata"), metadata);
    assert_eq!(head.header("cache-control"), "no-store");
    let first = town.patch(&url, 0, &all[..1_000_000]);
    assert_eq!((first.status, first.offset()), (204, 1_000_000));
    assert!(first.header("upload-expires").ends_with(" GMT"));
    // As an old proxy lets it through.
    let offset = [PIECE, ("Upload-Offset", "1000000"), ("X-HTTP-Method-Override", "PATCH")];
    assert_eq!(town.tus("POST", &url, &offset, &all[1_000_000..1_500_000]).offset(), 1_500_000);
    // In pieces of HTTP's own, without a length.
    let mut chunked = format!("{:x}\r\n", all.len() - 1_500_000).into_bytes();
    chunked.extend_from_slice(&all[1_500_000..]);
    chunked.extend_from_slice(b"\r\n0\r\n\r\n");
    let headers = [PIECE, ("Upload-Offset", "1500000"), ("Transfer-Encoding", "chunked")];
    let last = town.tus("PATCH", &url, &headers, &chunked);
    assert_eq!((last.status, last.offset()), (204, 3_000_001));
    assert_eq!(town.head(&url).offset(), 3_000_001);
    let said = town.raw("GET", &url, &[("Cookie", &cookie)], b"");
    assert!(said.body == all);
    assert_eq!(
        said.header("content-disposition"),
        "attachment; filename=\"__.mp4\"; filename*=UTF-8''%E8%AE%B2%E5%BA%A7.mp4"
    );
    assert_eq!(said.header("content-type"), "application/octet-stream");
    assert_eq!(town.count("SELECT COUNT(*) FROM uploads WHERE state = 'complete'"), 1);
    assert_eq!(town.count("SELECT COUNT(*) FROM recordings"), 0, "it is for no lecture");
    let ended = town.tus("DELETE", &url, &[], b"");
    assert_eq!(ended.status, 204);
    for method in ["HEAD", "DELETE"] {
        let said = town.tus(method, &url, &[], b"");
        assert_eq!((said.status, said.header("upload-offset")), (410, ""));
    }
    assert_eq!(std::fs::read_dir(&town.folder).unwrap().count(), 1, "only the name of the folder is left");
}

#[actix_web::test]
async fn what_is_wrong_is_said_and_changes_nothing() {
    let town = town();
    let cookie = town.sign_in("instructor");
    let url = town.begin(&cookie, 10, "");
    let none = format!("/uploads/{}", "0".repeat(32));
    let offset = ("Upload-Offset", "0");
    type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a [u8], u16);
    let cases: &[Case<'_>] = &[
        ("PATCH", &url, &[offset, ("Content-Type", "application/octet-stream")], b"12345", 415),
        ("PATCH", &url, &[offset], b"12345", 415),
        ("PATCH", &url, &[PIECE], b"12345", 400),
        ("PATCH", &url, &[PIECE, ("Upload-Offset", "-1")], b"12345", 400),
        ("PATCH", &url, &[PIECE, ("Upload-Offset", "x")], b"12345", 400),
        ("PATCH", &url, &[PIECE, ("Upload-Offset", "5")], b"12345", 409),
        ("PATCH", &url, &[PIECE, offset], b"12345678901", 413),
        ("PATCH", &url, &[PIECE, offset, ("Upload-Length", "9")], b"1", 400),
        ("PATCH", &url, &[PIECE, offset, ("Upload-Checksum", "md5 AAAA")], b"1", 400),
        ("PATCH", &url, &[PIECE, offset, ("Upload-Checksum", "sha1 *")], b"1", 400),
        ("PATCH", &url, &[PIECE, offset, ("Upload-Checksum", "sha1 AAAA")], b"12345", 460),
        ("PATCH", &none, &[PIECE, offset], b"1", 404),
        ("HEAD", &none, &[], b"", 404),
        ("HEAD", "/uploads/..%2f..%2fetc", &[], b"", 404),
        ("HEAD", "/uploads/1", &[], b"", 404),
        ("DELETE", &none, &[], b"", 404),
        ("POST", &url, &[], b"", 400),
        ("POST", &url, &[("X-HTTP-Method-Override", "PUT")], b"", 400),
    ];
    for (method, path, headers, body, status) in cases {
        let said = town.tus(method, path, headers, body);
        assert_eq!(said.status, *status, "{method} {path} {headers:?}: {}", said.text());
        assert_eq!(said.header("upload-offset"), "");
        assert_eq!(said.header("content-type"), "text/plain; charset=utf-8");
        assert_eq!(town.head(&url).offset(), 0);
    }
    for version in [vec![], vec![("Tus-Resumable", "1.0.1")]] {
        let mut headers = version.clone();
        headers.extend([PIECE, offset]);
        headers.push(("Sec-Fetch-Site", "same-origin"));
        let said = town.raw("PATCH", &url, &headers, b"12345");
        assert_eq!((said.status, said.header("tus-version")), (412, "1.0.0"), "{version:?}");
    }
    assert_eq!(town.head(&url).offset(), 0);
    let too_large = (8_u64 * 1024 * 1024 * 1024 + 1).to_string();
    let creations: &[(&[(&str, &str)], u16)] = &[
        (&[], 400),
        (&[("Upload-Length", "-1")], 400),
        (&[("Upload-Length", "1"), ("Upload-Defer-Length", "1")], 400),
        (&[("Upload-Defer-Length", "2")], 400),
        (&[("Upload-Length", &too_large)], 413),
        (&[("Upload-Length", "1"), ("Upload-Metadata", "filename *")], 400),
        (&[("Upload-Length", "1"), ("Upload-Concat", "partial")], 400),
        (&[("Upload-Length", "1"), ("Upload-Metadata", "lecture OTk5OTk5")], 404),
        (&[("Upload-Length", "1"), ("Upload-Metadata", "lecture eA==")], 404),
        (&[("Upload-Length", "1"), ("Upload-Metadata", "")], 201),
    ];
    for (headers, status) in creations {
        let said = town.create(&cookie, headers);
        assert_eq!(said.status, *status, "{headers:?}: {}", said.text());
        assert_eq!(said.headers.contains_key("location"), *status == 201);
    }
    let said = town.tus("POST", "/uploads", &[("Cookie", "lang=en")], b"");
    assert!(said.status == 401 && said.text().is_ascii(), "{}", said.text());
}

#[actix_web::test]
async fn a_checked_piece_counts_only_when_it_is_right() {
    let town = town();
    let cookie = town.sign_in("instructor");
    let all = noise(700_000);
    let url = town.begin(&cookie, all.len(), "");
    let right = format!("sha256 {}", base64(&Sha256::digest(&all[..400_000])));
    let headers = [PIECE, ("Upload-Offset", "0"), ("Upload-Checksum", right.as_str())];
    let mut spoilt = all[..400_000].to_vec();
    spoilt[399_999] ^= 1;
    assert_eq!(town.tus("PATCH", &url, &headers, &spoilt).status, 460);
    assert_eq!(town.head(&url).offset(), 0);
    // Cut in the middle: nothing of it counts.
    let mut stream = town.connect();
    write!(stream, "PATCH {url} HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\nContent-Type: application/offset+octet-stream\r\nUpload-Offset: 0\r\nUpload-Checksum: {right}\r\nContent-Length: 400000\r\n\r\n").unwrap();
    stream.write_all(&all[..200_000]).unwrap();
    std::thread::sleep(Duration::from_millis(100));
    reset(stream);
    assert_eq!(town.head(&url).offset(), 0);
    assert_eq!(town.tus("PATCH", &url, &headers, &all[..400_000]).offset(), 400_000);
    let right = format!("sha1 {}", base64(&sha1::Sha1::digest(&all[400_000..])));
    let headers = [PIECE, ("Upload-Offset", "400000"), ("Upload-Checksum", right.as_str())];
    assert_eq!(town.tus("PATCH", &url, &headers, &all[400_000..]).offset(), 700_000);
    assert!(town.fetched(&cookie, &url) == all);
    let url = town.begin(&cookie, 100 << 20, "");
    let headers = [PIECE, ("Upload-Offset", "0"), ("Upload-Checksum", right.as_str())];
    assert_eq!(town.tus("PATCH", &url, &headers, &vec![0; (64 << 20) + 1]).status, 413);
    wait_for(|| {
        !town.folder.read_dir().unwrap().any(|f| f.unwrap().path().extension().is_some_and(|e| e == "sum"))
    });
}

#[actix_web::test]
async fn a_line_that_breaks_loses_nothing_that_came() {
    let town = town();
    let cookie = town.sign_in("instructor");
    let all = noise(4_000_003);
    let url = town.begin(&cookie, all.len(), "");
    let file = uploads::path_of(&town.folder, url.rsplit('/').next().unwrap());
    let (mut offset, mut cuts) = (0, 0);
    while (offset as usize) < all.len() {
        let rest = &all[offset as usize..];
        let length = (cuts * 7_919 + 123_457) % 400_000 + 1;
        if length >= rest.len() {
            // A busy server may come to the piece before this one only now: then more is there than was told, and it says so.
            match town.patch(&url, offset, rest).status {
                409 => assert!(town.head(&url).offset() > offset),
                status => assert_eq!(status, 204),
            }
        } else {
            let stream = town.half(&url, offset, rest.len(), &rest[..length]);
            if cuts % 2 == 0 {
                stream.shutdown(std::net::Shutdown::Write).unwrap();
                drop(stream);
            } else {
                // A reset throws away what the other side has not read yet: some of it has.
                wait_for(|| std::fs::metadata(&file).is_ok_and(|file| file.len() > offset));
                reset(stream);
            }
        }
        cuts += 1;
        let head = town.head(&url);
        assert_eq!(head.status, 200, "{}", head.text());
        assert!(head.offset() >= offset);
        if cuts % 2 == 0 {
            assert!(head.offset() > offset, "what came before a reset is kept");
        }
        offset = head.offset();
    }
    assert!(cuts > 10);
    assert!(town.fetched(&cookie, &url) == all);
    assert_eq!(town.count("SELECT COUNT(*) FROM uploads"), 1);
}

#[actix_web::test]
async fn a_body_that_stalls_is_given_up_and_kept() {
    let town = town_with(Limits { stall: Duration::from_millis(600), ..limits() });
    let cookie = town.sign_in("instructor");
    let url = town.begin(&cookie, 1_000, "");
    let began = Instant::now();
    let mut stream = town.half(&url, 0, 1_000, &[7; 300]);
    let said = answer(&mut stream);
    assert_eq!(said.status, 408, "{}", said.text());
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!(town.head(&url).offset(), 300);
}

/// Forms are given up after half a minute; files are not.
#[actix_web::test]
async fn a_slow_piece_may_take_longer_than_a_form() {
    let town = town();
    let cookie = town.sign_in("instructor");
    let url = town.begin(&cookie, 40, "");
    let mut stream = town.half(&url, 0, 40, b"");
    for _ in 0..40 {
        std::thread::sleep(Duration::from_millis(800));
        stream.write_all(b"x").unwrap();
    }
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(answer(&mut stream).status, 204);
}

#[actix_web::test]
async fn whoever_comes_later_takes_over() {
    let town = town();
    let cookie = town.sign_in("instructor");
    let url = town.begin(&cookie, 1_000, "");
    let mut hanging = town.half(&url, 0, 1_000, &[1; 200]);
    std::thread::sleep(Duration::from_millis(200));
    let began = Instant::now();
    let head = town.head(&url);
    assert_eq!((head.status, head.offset()), (200, 200));
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    assert_eq!(answer(&mut hanging).status, 423);
    // A second piece at the same place: one of them goes on.
    let mut hanging = town.half(&url, 200, 800, &[2; 100]);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(town.patch(&url, 200, &[3; 800]).status, 409);
    assert_eq!(answer(&mut hanging).status, 423);
    let _hanging = town.half(&url, 300, 700, &[2; 100]);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(town.tus("DELETE", &url, &[], b"").status, 204);
    assert_eq!(town.head(&url).status, 410);
}

#[actix_web::test]
async fn two_servers_on_one_folder_take_turns_too() {
    let town = town();
    let other = beside(&town);
    let cookie = town.sign_in("instructor");
    let url = town.begin(&cookie, 1_000, "");
    let mut hanging = town.half(&url, 0, 1_000, &[1; 200]);
    std::thread::sleep(Duration::from_millis(200));
    let began = Instant::now();
    let head = other.head(&url);
    assert_eq!((head.status, head.offset()), (200, 200), "{}", head.text());
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    assert_eq!(answer(&mut hanging).status, 423);
    assert_eq!(other.patch(&url, 200, &[1; 800]).status, 204);
    assert_eq!(town.head(&url).offset(), 1_000);
}

#[actix_web::test]
async fn an_upload_goes_on_after_the_server_was_started_anew() {
    let town = town();
    let cookie = town.sign_in("instructor");
    let all = noise(500_000);
    let url = town.begin(&cookie, all.len(), "lecture MQ==");
    assert_eq!(town.patch(&url, 0, &all[..300_000]).offset(), 300_000);
    let again = beside(&town);
    drop(town);
    assert_eq!(again.head(&url).offset(), 300_000);
    assert_eq!(again.patch(&url, 300_000, &all[300_000..]).status, 204);
    assert!(again.fetched(&cookie, &url) == all);
    assert_eq!(again.count("SELECT COUNT(*) FROM recordings WHERE lecture_id = 1"), 1);
}

#[actix_web::test]
async fn the_last_piece_makes_one_recording_even_twice_at_once() {
    let town = town();
    let cookie = town.sign_in("instructor");
    for round in 1..=5 {
        let url = town.begin(&cookie, 200_000, "lecture MQ==,filename YS5tcDQ=");
        town.patch(&url, 0, &[1; 100_000]);
        std::thread::scope(|scope| {
            let two = [(); 2].map(|()| scope.spawn(|| town.patch(&url, 100_000, &[2; 100_000]).status));
            for one in two {
                let status = one.join().unwrap();
                assert!([204, 409, 423].contains(&status), "{status}");
            }
        });
        // Whichever went on, the rest may have to be sent once more.
        let offset = town.head(&url).offset();
        if offset < 200_000 {
            assert_eq!(town.patch(&url, offset, &vec![2; 200_000 - offset as usize]).status, 204);
        }
        assert_eq!(town.count("SELECT COUNT(*) FROM recordings"), round);
        assert_eq!(town.tus("DELETE", &url, &[], b"").status, 403, "it is being processed");
        assert_eq!(town.patch(&url, 200_000, b"").status, 204);
        assert_eq!(town.patch(&url, 200_000, b"x").status, 413);
    }
    // All bytes there, and the server killed before it said so: looking completes it, and sweeping would.
    for way in ["look", "sweep"] {
        let url = town.begin(&cookie, 5, "lecture MQ==");
        let id = url.rsplit('/').next().unwrap();
        std::fs::write(uploads::path_of(&town.folder, id), b"12345").unwrap();
        let before = town.count("SELECT COUNT(*) FROM recordings");
        match way {
            "look" => assert_eq!(town.head(&url).offset(), 5),
            _ => sweep(&town, 0),
        }
        assert_eq!(town.count("SELECT COUNT(*) FROM recordings"), before + 1, "{way}");
    }
}

/// Makes this lecture one that `instructor` neither uploaded nor gives.
fn not_ours(town: &Town, lecture: i64) {
    town.world.sql(&format!(
        "UPDATE lectures SET uploaded_by = (SELECT id FROM accounts WHERE username = 'admin') WHERE id = {lecture}; \
         DELETE FROM lecture_instructors WHERE lecture_id = {lecture}"
    ));
}

fn sweep(town: &Town, days: i64) {
    let at = clock::now() + chrono::Duration::days(days);
    town.world.db.write_now(|conn| uploads::sweep(conn, &town.folder, at)).unwrap();
}

#[actix_web::test]
async fn a_lecture_in_review_leaves_the_file_to_be_attached_later() {
    let town = town();
    let cookie = town.sign_in("instructor");
    let url = town.begin(&cookie, 5, "lecture MQ==");
    town.world.sql("UPDATE lectures SET stage = 'in_review' WHERE id = 1");
    assert_eq!(town.patch(&url, 0, b"12345").status, 204);
    assert_eq!(town.count("SELECT COUNT(*) FROM recordings"), 0);
    assert_eq!(town.count("SELECT COUNT(*) FROM uploads WHERE state = 'complete' AND lecture_id IS NULL"), 1);
    town.world.sql("UPDATE lectures SET stage = 'draft' WHERE id = 1");
    let id = url.rsplit('/').next().unwrap();
    let account = AccountId(town.count("SELECT id FROM accounts WHERE username = 'instructor'"));
    let db = &town.world.db;
    let folder = &town.folder;
    let waiting = db.read_now(|conn| uploads::unattached(conn, folder, account)).unwrap();
    assert_eq!((waiting.len(), waiting[0].id.as_str(), waiting[0].offset), (1, id, 5));
    let viewer = db.read_now(|conn| weixiao::accounts::viewer_for(conn, account, None)).unwrap().unwrap();
    not_ours(&town, 2);
    let attach =
        |lecture| db.write_now(|conn| uploads::attach(conn, id, LectureId(lecture), &viewer, clock::now()));
    assert!(attach(2).is_err(), "somebody else's lecture");
    assert!(attach(1).is_ok());
    assert!(attach(1).is_err(), "once");
    assert_eq!(town.count("SELECT bytes FROM recordings"), 5);
}

#[actix_web::test]
async fn an_upload_is_its_owners() {
    let town = town();
    let owner = town.sign_in("instructor");
    let url = town.begin(&owner, 1_000, "");
    let length = ("Upload-Length", "10");
    // Creating needs somebody who teaches.
    assert_eq!(town.tus("POST", "/uploads", &[length], b"").status, 401);
    for name in ["member", "secretary", "admin"] {
        let cookie = town.sign_in(name);
        assert_eq!(town.create(&cookie, &[length]).status, 403, "{name}");
        let stranger = ("Cookie", cookie.as_str());
        for method in ["HEAD", "DELETE"] {
            assert_eq!(town.tus(method, &url, &[stranger], b"").status, 404, "{name} {method}");
        }
        let piece = [stranger, PIECE, ("Upload-Offset", "0")];
        assert_eq!(town.tus("PATCH", &url, &piece, b"x").status, 404, "{name}");
        assert_eq!(town.raw("GET", &url, &[stranger], b"").status, 404, "{name}");
    }
    // Somebody else's lecture is none.
    not_ours(&town, 2);
    let metadata = ("Upload-Metadata", "lecture Mg==");
    assert_eq!(town.create(&owner, &[length, metadata]).status, 404);
    // The address alone goes on with it, as after the sign-in ended; it does not read.
    assert_eq!(town.patch(&url, 0, &[1; 10]).status, 204);
    let ended = ("Cookie", "session=gone");
    assert_eq!(town.tus("HEAD", &url, &[ended], b"").offset(), 10);
    assert_eq!(town.raw("GET", &url, &[], b"").status, 401);
    assert_eq!(town.fetched(&owner, &url), [1; 10]);
    // Who acts for somebody teaches nobody meanwhile.
    town.world.sql(
        "INSERT INTO grants (account_id, role, scope_kind, granted_at) SELECT id, 'instructor', 'city', created_at FROM accounts WHERE username = 'secretary'",
    );
    let clerk = town.sign_in("secretary");
    assert_eq!(town.create(&clerk, &[length]).status, 201);
    let same = ("Sec-Fetch-Site", "same-origin");
    let said = town.raw("POST", "/people/1/acting", &[("Cookie", &clerk), same], b"");
    assert_eq!(said.status, 303, "{}", said.text());
    assert_eq!(town.create(&clerk, &[length]).status, 403);
    // A closed account.
    town.world.sql("UPDATE accounts SET closed_at = created_at WHERE username = 'instructor'");
    for said in [town.head(&url), town.patch(&url, 10, b"x")] {
        assert_eq!((said.status, said.header("upload-offset")), (403, ""));
    }
}

#[actix_web::test]
async fn a_page_of_another_site_can_send_nothing() {
    let town = town();
    let cookie = town.sign_in("instructor");
    let from = [("Cookie", cookie.as_str()), ("Sec-Fetch-Site", "cross-site"), ("Upload-Length", "10")];
    // Without asking first it cannot send the protocol's own header: this is a plain form.
    assert_eq!(town.raw("POST", "/uploads", &from, b"").status, 403);
    let asks = [
        ("Origin", "https://evil.example.org"),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "tus-resumable"),
    ];
    for path in ["/uploads", "/uploads/00000000000000000000000000000000"] {
        let said = town.raw("OPTIONS", path, &asks, b"");
        assert!(!said.headers.keys().any(|name| name.starts_with("access-control")), "{said:?}");
    }
    assert_eq!(town.count("SELECT COUNT(*) FROM uploads"), 0);
}

#[actix_web::test]
async fn limits_are_told_before_anything_is_sent() {
    let town = town_with(Limits { largest: 1_000, of_one: 2_500, open: 4, ..limits() });
    let cookie = town.sign_in("instructor");
    let create = |length: &str| town.create(&cookie, &[("Upload-Length", length)]);
    assert_eq!(create("1001").status, 413);
    let urls: Vec<_> = (0..2).map(|_| town.begin(&cookie, 1_000, "")).collect();
    let said = create("501");
    assert_eq!(said.status, 413);
    assert!(said.text().contains("0 KB"), "{}", said.text());
    // What is not known yet counts what came.
    let later = town.create(&cookie, &[("Upload-Defer-Length", "1")]);
    assert_eq!(later.status, 201);
    let later = later.header("location").to_owned();
    assert_eq!(town.head(&later).header("upload-defer-length"), "1");
    assert_eq!(town.patch(&later, 0, &[0; 501]).status, 413);
    assert_eq!(town.patch(&later, 0, &[0; 400]).offset(), 400);
    let with = |length| [PIECE, ("Upload-Offset", "400"), ("Upload-Length", length)];
    assert_eq!(town.tus("PATCH", &later, &with("501"), b"").status, 413);
    assert_eq!(town.tus("PATCH", &later, &with("399"), b"").status, 400);
    assert_eq!(create("101").status, 413);
    assert_eq!(town.tus("PATCH", &later, &with("450"), b"").status, 204);
    assert_eq!(town.tus("PATCH", &later, &with("460"), b"").status, 400, "said once");
    assert_eq!(town.head(&later).header("upload-length"), "450");
    assert_eq!(town.patch(&later, 400, &[0; 50]).status, 204);
    assert_eq!(town.count("SELECT COUNT(*) FROM uploads WHERE state = 'complete' AND length = 450"), 1);
    assert_eq!(create("10").status, 201);
    assert_eq!(create("10").status, 201);
    assert_eq!(create("1").status, 429);
    assert_eq!(town.tus("DELETE", &urls[0], &[], b"").status, 204);
    assert_eq!(create("1000").status, 201);
}

#[actix_web::test]
async fn a_full_disk_takes_nothing_and_keeps_what_it_took() {
    let town = town();
    let cookie = town.sign_in("instructor");
    let url = town.begin(&cookie, 1_000, "");
    assert_eq!(town.patch(&url, 0, &[1; 500]).status, 204);
    let full = town_at(
        World::at(town.world.url.clone()),
        town.folder.clone(),
        Limits { reserve: u64::MAX / 2, ..limits() },
    );
    let said = full.create(&cookie, &[("Upload-Length", "10")]);
    assert_eq!((said.status, said.headers.contains_key("location")), (507, false));
    assert_eq!(full.patch(&url, 500, &[1; 500]).status, 507);
    assert_eq!(full.head(&url).offset(), 500);
    assert_eq!(town.patch(&url, 500, &[1; 500]).status, 204);
}

#[actix_web::test]
async fn an_upload_can_begin_with_its_first_bytes() {
    let town = town();
    let cookie = town.sign_in("instructor");
    let create = |length: &str, more: &[(&str, &str)], body: &[u8]| {
        let mut all = vec![("Cookie", cookie.as_str()), ("Upload-Length", length), PIECE];
        all.extend(more);
        town.tus("POST", "/uploads", &all, body)
    };
    let said = create("10", &[], b"12345");
    assert_eq!((said.status, said.offset()), (201, 5));
    assert_eq!(town.patch(said.header("location"), 5, b"67890").offset(), 10);
    assert_eq!(town.fetched(&cookie, said.header("location")), b"1234567890");
    let said = create("5", &[("Expect", "100-continue")], b"12345");
    assert_eq!((said.status, said.offset()), (201, 5));
    let said = create("0", &[], b"");
    assert_eq!((said.status, said.offset()), (201, 0));
    // What goes wrong leaves nothing behind, since nobody would know its address.
    let before = town.count("SELECT COUNT(*) FROM uploads WHERE state <> 'gone'");
    for (more, body, status) in [
        (vec![("Upload-Checksum", "sha1 AAAA")], b"12345".as_slice(), 460),
        (vec![("Upload-Checksum", "md5 AAAA")], b"12345", 400),
        (vec![], b"12345678901", 413),
    ] {
        let said = create("10", &more, body);
        assert_eq!((said.status, said.headers.contains_key("location")), (status, false));
    }
    assert_eq!(town.count("SELECT COUNT(*) FROM uploads WHERE state <> 'gone'"), before);
    assert_eq!(town.create(&cookie, &[("Upload-Length", "0")]).status, 201);
}

#[actix_web::test]
async fn what_nobody_goes_on_with_expires() {
    let town = town();
    let cookie = town.sign_in("instructor");
    let (old, kept) = (town.begin(&cookie, 10, ""), town.begin(&cookie, 10, ""));
    let id = |url: &str| url.rsplit('/').next().unwrap().to_owned();
    // Six days later a byte comes for one of them.
    let in_days = |days: i64| {
        let at = clock::now() + chrono::Duration::days(days);
        at.format("%Y-%m-%d %H:%M:%S").to_string()
    };
    for url in [&old, &kept] {
        town.world.sql(&format!("UPDATE uploads SET expires_at = '{}' WHERE id = '{}'", in_days(1), id(url)));
    }
    assert_eq!(town.patch(&kept, 0, b"x").status, 204);
    let orphan = town.folder.join(format!("{}.bin", "a".repeat(32)));
    std::fs::write(&orphan, "x").unwrap();
    std::fs::write(town.folder.join("unrelated.txt"), "x").unwrap();
    sweep(&town, 0);
    assert!(orphan.exists(), "a file is made before its row");
    assert_eq!(town.head(&old).status, 200);
    sweep(&town, 2);
    assert_eq!(town.head(&old).status, 410);
    assert_eq!(town.head(&kept).offset(), 1);
    assert!(!orphan.exists() && !uploads::path_of(&town.folder, &id(&old)).exists());
    assert!(town.folder.join("unrelated.txt").exists());
    // Past its day it is gone before anybody sweeps.
    town.world.sql(&format!("UPDATE uploads SET expires_at = '{}' WHERE id = '{}'", in_days(-1), id(&kept)));
    assert_eq!(town.head(&kept).status, 410);
    assert_eq!(town.patch(&kept, 1, b"x").status, 410);
}

#[actix_web::test]
async fn unfinished_ones_are_listed_with_what_the_browser_knows_them_by() {
    let town = town();
    let cookie = town.sign_in("instructor");
    let metadata = format!("lecture MQ==,fingerprint {},filename {}", base64(b"f-1"), base64(b"a.mp4"));
    let url = town.begin(&cookie, 100, &metadata);
    town.begin(&cookie, 100, "");
    town.patch(&url, 0, &[0; 25]);
    let account = AccountId(town.count("SELECT id FROM accounts WHERE username = 'instructor'"));
    let list = |account| {
        let read = |conn: &mut weixiao::db::Conn| {
            uploads::unfinished(conn, &town.folder, LectureId(1), account, clock::now())
        };
        town.world.db.read_now(read).unwrap()
    };
    let found = list(account);
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].url(), found[0].offset, found[0].length, found[0].percent()),
        (url, 25, Some(100), 25)
    );
    assert_eq!((found[0].name.as_str(), found[0].fingerprint.as_str()), ("a.mp4", "f-1"));
    assert!(list(AccountId(1_000_000)).is_empty());
}

/// A form without JavaScript, sent to a handler like the studio's.
#[actix_web::test]
async fn a_plain_form_brings_a_file_whole_or_not_at_all() {
    let town = town_with(Limits { largest_plain: 1_000_000, ..limits() });
    let account = AccountId(town.count("SELECT id FROM accounts WHERE username = 'instructor'"));
    let db = Data::new(town.world.db.clone());
    let viewer = db.read_now(|conn| weixiao::accounts::viewer_for(conn, account, None)).unwrap().unwrap();
    let place = town.world.portal.uploads.clone();
    let send = async |name: &str, bytes: &[u8], is_whole: bool| {
        let mut body = b"--frontier\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nx\r\n".to_vec();
        body.extend(format!("--frontier\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: video/mp4\r\n\r\n").bytes());
        body.extend(bytes);
        if is_whole {
            body.extend(b"\r\n--frontier--\r\n");
        }
        let request = actix_web::test::TestRequest::post()
            .insert_header(("content-type", "multipart/form-data; boundary=frontier"))
            .set_payload(body);
        let (request, mut payload) = request.to_http_parts();
        let parts =
            <actix_multipart::Multipart as actix_web::FromRequest>::from_request(&request, &mut payload)
                .await
                .unwrap();
        uploads::take_plain(&db, &place, parts, &viewer, LectureId(1)).await
    };
    let film = noise(900_000);
    let id = send("讲座.mp4", &film, true).await.unwrap().unwrap();
    assert!(std::fs::read(uploads::path_of(&town.folder, &id)).unwrap() == film);
    assert_eq!(town.count("SELECT COUNT(*) FROM recordings WHERE bytes = 900000 AND lecture_id = 1"), 1);
    for (name, bytes, is_whole, status) in [
        ("a.mp4", noise(1_000_001).as_slice(), true, 413),
        ("a.mp4", b"", true, 422),
        ("", b"", true, 422),
        ("a.mp4", b"half", false, 408),
    ] {
        let refused = send(name, bytes, is_whole).await.unwrap().unwrap_err();
        assert_eq!(refused.status(), status, "{name} {}", bytes.len());
    }
    assert_eq!(town.count("SELECT COUNT(*) FROM recordings"), 1);
    assert_eq!(town.count("SELECT COUNT(*) FROM uploads WHERE state <> 'gone'"), 1);
    assert_eq!(std::fs::read_dir(&town.folder).unwrap().count(), 2);
}

/// The piece of the studio's page from which files are sent.
#[derive(askama::Template)]
#[template(path = "studio/_upload.html")]
struct Piece {
    page: weixiao::web::page::Page,
    lecture: LectureId,
    unfinished: Vec<uploads::Unfinished>,
    largest: String,
    largest_plain: String,
    has_recording: bool,
}

#[actix_web::test]
async fn the_piece_of_the_page_names_every_part_that_its_script_asks_for() {
    use askama::Template;
    let request = actix_web::test::TestRequest::default().to_http_request();
    let unfinished = vec![uploads::Unfinished {
        id: "0".repeat(32),
        name: "a.mp4".into(),
        length: Some(100),
        offset: 25,
        expires_at: clock::now(),
        fingerprint: "100|1|-|a.mp4".into(),
    }];
    let piece = Piece {
        page: weixiao::web::page::Page::new(&request),
        lecture: LectureId(1),
        unfinished,
        largest: uploads::shown(8 << 30),
        largest_plain: uploads::shown(200 << 20),
        has_recording: false,
    };
    let html = piece.render().unwrap();
    if let Ok(file) = std::env::var("UPLOAD_PIECE") {
        std::fs::write(file, &html).unwrap();
    }
    let script = include_str!("../../static/upload.js");
    let mut parts = 0;
    for (opening, closing) in [("part('", "'"), ("[data-", "]")] {
        for rest in script.split(opening).skip(1) {
            let name = rest.split(closing).next().unwrap();
            if !name.contains('$') {
                assert!(html.contains(&format!("data-{name}")), "data-{name}");
                parts += 1;
            }
        }
    }
    for rest in script.split("say('").skip(1) {
        let name = rest.split('\'').next().unwrap();
        let kebab: String = name
            .chars()
            .flat_map(|c| if c.is_uppercase() { vec!['-', c.to_ascii_lowercase()] } else { vec![c] })
            .collect();
        assert!(html.contains(&format!("data-say{kebab}=\"")), "data-say{kebab}");
        parts += 1;
    }
    assert!(parts > 30, "{parts}");
    // Words are the template's, in both languages.
    assert!(script.lines().all(|line| !line.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))));
    assert!(!script.contains("endpoint:"));
    assert!(html.contains("value=\"25\"") && html.contains("action=\"/studio/lectures/1/file\""));
}
