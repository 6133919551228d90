//! Running for years: whoever watches, logs, proxies, headers, slow and stopping connections.
use crate::commands::{Server, get, run, start, weixiao};
use crate::world::{FOLDER, World};
use actix_web::http::Method;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};
use weixiao::app::Portal;
use weixiao::config::Config;

/// The same town behind another configuration.
fn with(world: &World, change: impl FnOnce(&mut Config)) -> World {
    let mut config = Config {
        database_url: world.url.clone(),
        listen: "127.0.0.1:0".parse().unwrap(),
        media: FOLDER.join("media"),
        media_url: None,
        uploads: FOLDER.join("uploads"),
        accel: None,
        public_url: None,
        trusted_proxies: vec![],
        metrics_token: None,
        is_demo: false,
    };
    change(&mut config);
    World {
        portal: Portal::new(world.db.clone(), config).unwrap(),
        db: world.db.clone(),
        url: world.url.clone(),
    }
}

#[actix_web::test]
async fn whoever_watches_learns_whether_it_lives_and_can_serve() {
    let world = World::new();
    let visitor = world.visitor();
    assert_eq!(visitor.get("/healthz").await.body, "ok\n");
    assert_eq!(visitor.get("/readyz").await.body, "database ok\nmedia ok\n");
    let without = with(&world, |config| config.media = FOLDER.join("no-such-media"));
    let answer = without.visitor().get("/readyz").await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (503, "database ok\nmedia missing\n"));
}

#[actix_web::test]
async fn counters_are_for_this_machine_or_for_a_token_and_name_nobody() {
    let world = World::new();
    let secretary = world.signed_in("secretary").await;
    secretary.get("/people/1").await;
    secretary.get("/no-such-page").await;
    let visitor = world.visitor();
    visitor.get("/").await;
    visitor.get("/").await;
    let text = visitor.get("/metrics").await.body;
    assert!(
        text.contains("weixiao_requests_total{method=\"GET\",route=\"/people/{person}\",status=\"2xx\"} 1"),
        "{text}"
    );
    assert!(text.contains("weixiao_present{name=\"kept_page_hits\"} 1") && text.ends_with("# EOF\n"));
    assert!(!text.contains("/people/1") && !text.contains("secretary"));
    // Through a proxy on this machine it is somebody else.
    for header in ["x-forwarded-for", "forwarded", "x-real-ip"] {
        let answer = visitor.send(Method::GET, "/metrics", None, &[(header, "127.0.0.1")]).await;
        assert_eq!(answer.status, 404, "{header}");
    }
    let guarded = with(&world, |config| config.metrics_token = Some("a-long-token".into()));
    let visitor = guarded.visitor();
    for (shown, status) in [("Bearer a-long-token", 200), ("Bearer wrong", 404), ("a-long-token", 404)] {
        let headers = [("authorization", shown), ("x-forwarded-for", "203.0.113.1")];
        assert_eq!(visitor.send(Method::GET, "/metrics", None, &headers).await.status, status, "{shown}");
    }
}

#[actix_web::test]
async fn over_tls_cookies_and_browsers_are_told_so() {
    let world = World::new();
    let tls = with(&world, |config| config.public_url = Some("https://dx.example.gov.cn".into()));
    let visitor = tls.visitor();
    for _ in 0..2 {
        // Made, and from what is kept.
        let answer = visitor.get("/about").await;
        assert_eq!(answer.headers["strict-transport-security"], "max-age=31536000");
    }
    assert!(!world.visitor().get("/about").await.headers.contains_key("strict-transport-security"));
    let sent = visitor.post("/sign-in", &[("name", "member"), ("password", weixiao::demo::PASSWORD)]).await;
    assert!(sent.headers["set-cookie"].contains("Secure"));
}

#[actix_web::test]
async fn a_wrong_proxy_header_changes_nothing() {
    let world = World::new();
    let behind = with(&world, |config| config.trusted_proxies = vec!["127.0.0.9".parse().unwrap()]);
    for said in ["", "garbage", "1.2.3.4, garbage", "999.1.1.1", "::1, ,", &"1.1.1.1,".repeat(900)] {
        let answer = behind.visitor().send(Method::GET, "/sign-in", None, &[("x-forwarded-for", said)]).await;
        assert_eq!(answer.status, 200, "{said}");
        let fields = "name=nobody&password=wrong-password".to_owned();
        let tried =
            behind.visitor().send(Method::POST, "/sign-in", Some(fields), &[("x-forwarded-for", said)]).await;
        assert!(matches!(tried.status.as_u16(), 422 | 429), "{said}: {}", tried.status);
    }
}

/// Tries from many addresses are told apart only where a trusted proxy says the addresses.
#[actix_web::test]
async fn made_up_addresses_do_not_slip_past_the_throttle() {
    let world = World::new();
    let behind = with(&world, |config| config.trusted_proxies = vec!["127.0.0.9".parse().unwrap()]);
    let tries = async |world: &World, from: u8| {
        let mut turned_away = 0;
        for number in 0..60 {
            let address = format!("203.0.113.{}", from + number);
            let fields = format!("name=nobody-{from}-{number}&password=wrong-password");
            let answer = world
                .visitor()
                .send(Method::POST, "/sign-in", Some(fields), &[("x-forwarded-for", &address)])
                .await;
            turned_away += u32::from(answer.status == 429);
        }
        turned_away
    };
    assert_eq!(tries(&behind, 0).await, 0, "sixty addresses, one try each");
    assert!(tries(&world, 100).await > 0, "one address that says it is sixty");
}

fn town(folder: &str) -> std::process::Command {
    let mut command = weixiao(&["demo", "--scale", "town", "--dir"]);
    command.arg(FOLDER.join(folder));
    command
}

#[test]
fn the_log_has_requests_by_name_and_nobody() {
    let mut command = town("log");
    command.args(["--log-format", "json", "--log", "debug"]).stderr(Stdio::piped());
    let mut server = start(command);
    for path in ["/", "/", "/people/1?name=%E6%9D%8E%E6%98%8E", "/search?q=%E6%9D%8E%E6%98%8E", "/no-such"] {
        get(&server.1, path);
    }
    let body = "name=member&password=a-secret-password";
    let mut stream = TcpStream::connect(&server.1).unwrap();
    write!(stream, "POST /sign-in HTTP/1.1\r\nHost: {}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", server.1, body.len()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 422"));
    terminate(&server);
    server.0.wait().unwrap();
    let mut log = String::new();
    server.0.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    let lines: Vec<serde_json::Value> = log
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let requests: Vec<_> = lines.iter().filter(|line| line["message"] == "request").collect();
    assert!(requests.iter().any(|line| line["route"] == "/people/{person}" && line["status"] == 303));
    assert!(requests.iter().any(|line| line["route"] == "/sign-in" && line["method"] == "POST"));
    let ids: std::collections::BTreeSet<_> =
        requests.iter().map(|line| line["request"].to_string()).collect();
    assert_eq!(ids.len(), requests.len(), "each has a name of its own");
    // Its own address, when it began to listen.
    let log: String = log.lines().filter(|line| !line.contains(&server.1)).collect();
    for secret in ["李明", "%E6", "a-secret-password", "127.0.0", "/people/1", "member\""] {
        assert!(!log.contains(secret), "{secret} is in the log: {log}");
    }
}

fn terminate(server: &Server) {
    let killed = std::process::Command::new("kill").arg(server.0.id().to_string()).status().unwrap();
    assert!(killed.success());
}

#[test]
fn a_stop_lets_requests_under_way_finish() {
    let mut command = town("stop");
    command.stderr(Stdio::null());
    let mut server = start(command);
    get(&server.1, "/");
    let body = "kind=suggestion&text=%E8%AF%B7%E6%8A%8A%E5%AD%97%E5%86%99%E5%A4%A7&contact=&about=%2F&key=0123456789abcdef0123456789abcdef";
    let mut stream = TcpStream::connect(&server.1).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(stream, "POST /feedback HTTP/1.1\r\nHost: {}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{}", server.1, body.len(), &body[..20]).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    terminate(&server);
    std::thread::sleep(Duration::from_millis(700));
    assert!(TcpStream::connect(&server.1).is_err(), "nobody new is let in");
    stream.write_all(&body.as_bytes()[20..]).unwrap();
    let mut answer = [0; 512];
    let length = stream.read(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer[..length]).into_owned();
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    drop(stream);
    let status = server.0.wait().unwrap();
    assert!(status.success(), "{status}");
    let url = format!("sqlite:{}", FOLDER.join("stop/weixiao.db").display());
    assert_eq!(
        World::at(url)
            .number("SELECT COUNT(*) FROM feedback WHERE idem_key = '0123456789abcdef0123456789abcdef'"),
        1
    );
}

#[test]
fn a_connection_that_trickles_is_not_held_for_ever() {
    let mut command = town("slow");
    command.stderr(Stdio::null());
    let server = start(command);
    let until_closed = |sent: String, longest: u64| {
        let address = server.1.clone();
        std::thread::spawn(move || {
            let mut stream = TcpStream::connect(&address).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(longest))).unwrap();
            stream.write_all(sent.as_bytes()).unwrap();
            let began = Instant::now();
            let mut answer = vec![0; 4096];
            let length = stream.read(&mut answer).unwrap_or(usize::MAX);
            assert!(length != usize::MAX, "still open after {longest} s");
            (String::from_utf8_lossy(&answer[..length]).into_owned(), began.elapsed())
        })
    };
    let head = until_closed("GET / HTTP/1.1\r\nHost: x\r\nX-Slow".into(), 20);
    let body = until_closed(
        format!(
            "POST /feedback HTTP/1.1\r\nHost: {}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 5000\r\n\r\nkind=s",
            server.1
        ),
        45,
    );
    let (answer, took) = head.join().unwrap();
    assert!(answer.contains("408") || answer.is_empty(), "{answer}");
    assert!(took < Duration::from_secs(15), "{took:?}");
    let (answer, took) = body.join().unwrap();
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("传输太慢"), "{answer}");
    assert!(took > Duration::from_secs(25) && took < Duration::from_secs(40), "{took:?}");
}

#[test]
fn passwords_are_never_printed() {
    let url = "postgres://weixiao:a-secret-word@127.0.0.1:1/weixiao?password=another-secret";
    for command in [
        vec!["serve"],
        vec!["doctor"],
        vec!["migrate"],
        vec!["backup", "/nowhere/at/all"],
        vec!["account", "reset", "x"],
        vec!["serve", "--help"],
        vec!["copy", url, "sqlite:/nowhere/x.db"],
    ] {
        let out = run(&command, url);
        for text in [&out.stdout, &out.stderr] {
            let text = String::from_utf8_lossy(text);
            assert!(
                !text.contains("a-secret-word") && !text.contains("another-secret"),
                "{command:?}: {text}"
            );
        }
    }
}
