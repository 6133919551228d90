//! The program itself: its commands, what they say, how they end.
use crate::world::{FOLDER, World, empty_database};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

pub fn weixiao(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_weixiao"));
    command.args(arguments).env_remove("DATABASE_URL").env("LANG", "zh_CN.UTF-8").env_remove("LC_ALL");
    command
}

pub fn run(arguments: &[&str], url: &str) -> Output {
    weixiao(arguments).env("DATABASE_URL", url).output().unwrap()
}

/// A server that is killed when dropped.
pub struct Server(pub Child, pub String);
impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub fn start(mut command: Command) -> Server {
    let address = format!("127.0.0.1:{}", free_port());
    let mut child = command.args(["--listen", &address]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line.trim(), format!("http://{address}"));
    Server(child, address)
}

/// The status line of a page.
pub fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = vec![];
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
}

#[test]
fn what_cannot_be_opened_is_said_in_one_sentence_and_the_exit_is_not_zero() {
    let nothing = format!("sqlite:{}", FOLDER.join("not-there.db").display());
    for (url, said) in [
        ("", "DATABASE_URL 看不懂"),
        ("mysql://x", "DATABASE_URL 看不懂"),
        (nothing.as_str(), "没有找到数据库文件"),
        ("postgres://x@127.0.0.1:1/y", "连不上 PostgreSQL"),
    ] {
        for command in [vec!["serve"], vec!["account", "reset", "admin"]] {
            let out = run(&command, url);
            let error = String::from_utf8_lossy(&out.stderr);
            assert!(!out.status.success() && error.contains(said), "{command:?} {url}: {error}");
            assert_eq!(
                error.trim().lines().filter(|line| line.starts_with("weixiao: ")).count(),
                1,
                "{error}"
            );
        }
    }
    assert!(!FOLDER.join("not-there.db").exists());
    let english =
        weixiao(&["serve"]).env("DATABASE_URL", "mysql://x").env("LANG", "en_GB.UTF-8").output().unwrap();
    let error = String::from_utf8_lossy(&english.stderr);
    assert!(error.is_ascii() || !error.contains('看'), "{error}");
}

#[test]
fn a_folder_that_may_not_be_written_is_said() {
    let folder = FOLDER.join("read-only");
    std::fs::create_dir_all(&folder).unwrap();
    let mode = |mode: u32| {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(0o555);
    // The superuser writes everywhere: for them, a path below a file stands for what cannot be written.
    let may_write_anyway = std::fs::write(folder.join("probe"), "x").is_ok();
    let path = folder.join(if may_write_anyway { "probe/new.db" } else { "new.db" });
    let out = run(&["serve", "--init"], &format!("sqlite:{}", path.display()));
    mode(0o755);
    assert!(!out.status.success());
    assert!(
        String::from_utf8_lossy(&out.stderr).contains("是否可写"),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    assert!(!path.exists());
}

/// A disk without room: `/dev/full` takes no byte. Journals and media fail there as on a full disk.
#[test]
fn a_full_disk_is_said() {
    let path = FOLDER.join("full.db");
    std::os::unix::fs::symlink("/dev/full", &path).ok();
    let out = run(&["serve", "--init"], &format!("sqlite:{}", path.display()));
    assert!(!out.status.success());
    assert_eq!(
        String::from_utf8_lossy(&out.stderr).lines().filter(|line| line.starts_with("weixiao: ")).count(),
        1
    );
}

#[test]
fn the_first_administrator_is_made_from_the_command_line() {
    let url = empty_database();
    drop(World::at(url.clone()));
    let made = run(&["account", "add", "root-admin", "--name", "江正清"], &url);
    let said = String::from_utf8_lossy(&made.stdout).into_owned();
    assert!(made.status.success() && said.starts_with("root-admin  "), "{said}");
    let again = run(&["account", "add", "ROOT-admin", "--name", "另一人"], &url);
    assert!(String::from_utf8_lossy(&again.stderr).contains("已经有人使用"));
    let granted = run(&["account", "grant", "root-admin", "admin"], &url);
    assert!(granted.status.success(), "{}", String::from_utf8_lossy(&granted.stderr));
    for (arguments, said) in [
        (vec!["account", "grant", "root-admin", "king"], "没有 king 这个角色"),
        (vec!["account", "grant", "nobody", "admin"], "没有叫 nobody 的账号"),
        (vec!["account", "grant", "root-admin", "secretary", "--scope", "branch"], "权限的范围写得不对"),
        (vec!["account", "grant", "root-admin", "admin"], "已经有这项权限"),
    ] {
        let out = run(&arguments, &url);
        assert!(
            !out.status.success() && String::from_utf8_lossy(&out.stderr).contains(said),
            "{arguments:?}"
        );
    }
    let world = World::at(url.clone());
    assert_eq!(
        world.number("SELECT COUNT(*) FROM audit_entries WHERE request_id = 'command'"),
        3,
        "made, code, grant"
    );
    assert_eq!(world.number("SELECT COUNT(*) FROM persons"), 1, "the refused ones left nothing");
    let reset = run(&["account", "reset", "root-admin"], &url);
    assert!(reset.status.success());
    let code = String::from_utf8_lossy(&reset.stdout).split("  ").nth(1).unwrap().trim().to_owned();
    actix_web::rt::System::new().block_on(async {
        let browser = world.visitor();
        let password = "a-good-password";
        let done = browser
            .post(
                "/activate",
                &[("name", "root-admin"), ("code", &code), ("password", password), ("again", password)],
            )
            .await;
        // Whoever administers the city shows a second factor as well.
        assert_eq!(done.status, 200, "{}", done.body);
        assert_eq!(browser.get("/admin").await.status, 303, "not signed in yet");
        crate::factor::set_up(&browser, &done).await;
        assert_eq!(browser.get("/admin").await.status, 200);
    });
    assert!(run(&["account", "grant", "root-admin", "admin", "--end"], &url).status.success());
    assert_eq!(world.number("SELECT COUNT(*) FROM grants WHERE ended_at IS NULL"), 0);
}

#[test]
fn the_demonstration_is_made_once_and_then_opens_at_once() {
    let folder = FOLDER.join("demo");
    let demo = || {
        let mut command = weixiao(&["demo", "--scale", "town", "--dir"]);
        command.arg(&folder).stderr(Stdio::null());
        command
    };
    let first = start(demo());
    assert!(get(&first.1, "/").contains("200"));
    assert!(get(&first.1, "/lectures/1").contains("200"));
    drop(first);
    let made = std::fs::metadata(folder.join("weixiao.db")).unwrap().created().ok();
    let began = Instant::now();
    let second = start(demo());
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    assert!(get(&second.1, "/").contains("200"));
    drop(second);
    assert_eq!(std::fs::metadata(folder.join("weixiao.db")).unwrap().created().ok(), made);
}

/// Killed while the city is being made: the next start makes it whole, and never opens half of one.
#[test]
fn a_city_that_was_not_finished_is_made_again() {
    let folder = FOLDER.join("demo-killed");
    let mut child = weixiao(&["demo", "--scale", "city", "--make-only", "--dir"])
        .arg(&folder)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(700));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!folder.join("weixiao.db").exists(), "not finished in so short a time");
    let mut command = weixiao(&["demo", "--scale", "town", "--dir"]);
    command.arg(&folder).stderr(Stdio::null());
    let server = start(command);
    assert!(get(&server.1, "/schools/50").contains("200"));
    assert!(!folder.join("unfinished.db").exists());
}

#[test]
fn an_address_in_use_is_said() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let out = run(
        &["serve", "--init", "--listen", &address, "--media", FOLDER.join("m").to_str().unwrap()],
        &empty_database(),
    );
    assert!(!out.status.success() && String::from_utf8_lossy(&out.stderr).contains("上监听"));
}

#[test]
fn help_says_what_each_command_does() {
    for arguments in [
        vec!["--help"],
        vec!["demo", "--help"],
        vec!["serve", "--help"],
        vec!["account", "--help"],
        vec!["account", "grant", "--help"],
    ] {
        let out = weixiao(&arguments).output().unwrap();
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(out.status.success() && text.len() > 150, "{arguments:?}: {text}");
    }
    let serve = String::from_utf8_lossy(&weixiao(&["serve", "--help"]).output().unwrap().stdout).into_owned();
    assert!(serve.contains("DATABASE_URL") && serve.contains("--init"));
}
