//! Processes end with their call, whatever happens. Programs of the system stand in for ffmpeg.
use super::*;
use std::panic::{AssertUnwindSafe, catch_unwind};

const LIMITS: Limits =
    Limits { cpu_s: 10, memory: 1 << 30, file_size: 1 << 20, wall: Duration::from_secs(30) };

fn parent(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("weixiao-run-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// Once with walls, where they can be built, and once without.
fn kinds() -> Vec<Tools> {
    let tools = Tools::find();
    let open = Tools { bwrap: None, ..tools.clone() };
    if tools.is_walled() { vec![tools, open] } else { vec![open] }
}

/// Runs a line of the shell.
fn shell(tools: &Tools, room: &Room, limits: Limits, script: &str) -> Result<(Ended, String), Fault> {
    let call = Call::new(Path::new("/usr/bin/bash"), room, limits).args(["-c", script]);
    let mut said = String::new();
    let ended = run(tools, &call, &mut |line| said.extend([line, "\n"]), &mut || true)?;
    Ok((ended, said))
}

/// How many processes have this among their arguments.
fn alive(mark: &str) -> usize {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    all.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok())
        .filter(|line| line.split(|byte| *byte == 0).any(|arg| arg == mark.as_bytes()))
        .count()
}

#[test]
fn lines_and_complaints_are_heard_to_the_end() {
    let folder = parent("lines");
    for tools in kinds() {
        let room = Room::new(&folder, "a").unwrap();
        let (ended, said) = shell(
            &tools,
            &room,
            LIMITS,
            "seq 30000; echo 'Error opening /srv/x/secret.mp4 @ 0x55' >&2; exit 3",
        )
        .unwrap();
        assert_eq!(ended.status.code(), Some(3));
        assert_eq!(said.lines().count(), 30_000);
        let Fault::Failed(text) = ended.failed("try") else { panic!() };
        assert_eq!(text, "try: exit 3: Error opening …");
        let (_, said) = shell(&tools, &room, LIMITS, "env | sort; pwd; nice").unwrap();
        assert!(!said.contains("HOME=") && !said.contains("CARGO"), "{said}");
        assert!(said.trim_end().ends_with("19"), "{said}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn behind_the_walls_there_is_no_network_and_no_file() {
    let folder = parent("walls");
    let secret = folder.join("secret");
    std::fs::write(&secret, "x").unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let script = format!(
        "(echo > /dev/tcp/127.0.0.1/{port}) 2>/dev/null && echo connected; cat {} 2>/dev/null && echo read; \
         ls /etc /home /root /proc/1 2>/dev/null; echo hello > file && cat file; echo x > /usr/bin/x",
        secret.display()
    );
    for tools in kinds() {
        let room = Room::new(&folder, "a").unwrap();
        let open = script.replace("echo x > /usr/bin/x", "true");
        let (_, said) =
            shell(&tools, &room, LIMITS, if tools.is_walled() { &script } else { &open }).unwrap();
        assert!(said.contains("hello") && room.file("file").is_file());
        // Without walls the same check connects: it can see the difference.
        assert_eq!(said.contains("connected"), !tools.is_walled(), "{said}");
        assert_eq!(said.contains("read"), !tools.is_walled(), "{said}");
        assert_eq!(said.contains("passwd"), !tools.is_walled(), "{said}");
    }
    assert!(!Path::new("/usr/bin/x").exists());
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn limits_hold() {
    let folder = parent("limits");
    for tools in kinds().into_iter().filter(|tools| tools.prlimit.is_some()) {
        let room = Room::new(&folder, "a").unwrap();
        let script = "head -c 3000000 /dev/zero > big; ulimit -t; ulimit -v; ulimit -c; ulimit -n";
        let (_, said) = shell(&tools, &room, LIMITS, script).unwrap();
        assert_eq!(said.split_whitespace().collect::<Vec<_>>(), ["10", "1048576", "0", "256"]);
        assert!(std::fs::metadata(room.file("big")).unwrap().len() <= 1 << 20);
        let short = Limits { wall: Duration::from_millis(300), ..LIMITS };
        let began = Instant::now();
        assert!(matches!(shell(&tools, &room, short, "sleep 30"), Err(Fault::Failed(_))));
        assert!(began.elapsed() < Duration::from_secs(5));
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn nothing_lives_on_after_a_cancel_or_a_panic() {
    let folder = parent("killed");
    for (n, tools) in kinds().into_iter().enumerate() {
        let room = Room::new(&folder, "a").unwrap();
        // Sleepers that no other test has, two of them in the background.
        let mark = format!("{}.{}{n}", 300 + n, std::process::id());
        let script = format!("sleep {mark} & (sleep {mark}) & sleep {mark}");
        let call = || Call::new(Path::new("/usr/bin/bash"), &room, LIMITS).args(["-c", &script]);
        let ended = run(&tools, &call(), &mut |_| {}, &mut || alive(&mark) < 3);
        assert!(matches!(ended, Err(Fault::Cancelled)));
        assert_eq!(alive(&mark), 0);
        let mut fall = || {
            assert!(alive(&mark) < 3, "as meant");
            true
        };
        let fallen = catch_unwind(AssertUnwindSafe(|| run(&tools, &call(), &mut |_| {}, &mut fall)));
        assert!(fallen.is_err());
        assert_eq!(alive(&mark), 0);
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_watch_is_asked_twice_a_second_also_in_silence() {
    let folder = parent("watch");
    let room = Room::new(&folder, "a").unwrap();
    let call = Call::new(Path::new("/usr/bin/bash"), &room, LIMITS).args(["-c", "exec >&- 2>&-; sleep 2.2"]);
    let mut asked = 0;
    let count = &mut || {
        asked += 1;
        true
    };
    assert!(run(&kinds()[0], &call, &mut |_| {}, count).unwrap().status.success());
    assert!(asked >= 3, "{asked}");
    drop(room);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn standing_still_is_seen_by_time_and_files() {
    let folder = parent("still");
    let mut life = Life::default();
    assert!(life.moves(0, "out_time=1", &folder));
    let seen = life.since;
    assert!(life.moves(0, "out_time=1", &folder) && life.since == seen);
    std::fs::write(folder.join("x"), "x").unwrap();
    assert!(life.moves(0, "out_time=1", &folder) && life.since > seen);
    life.since -= STALL + Duration::from_secs(1);
    assert!(!life.moves(0, "out_time=1", &folder));
    std::fs::remove_dir_all(folder).unwrap();
}
