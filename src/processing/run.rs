//! The only place that starts a process. Each call has its own process group, a cleared environment, limits, and, where
//! `bwrap` is usable, neither network nor any file but its own. It never outlives the call: whoever leaves [`run`], by
//! return, by error or by panic, has killed it; if the whole server is killed, the kernel kills it.
use super::{Fault, Tools};
use rustix::process::{Pid, Signal, kill_process_group};
use std::ffi::OsString;
use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant, SystemTime};

/// All that a call knows of its environment.
pub const PATH: &str = "/usr/local/bin:/usr/bin:/bin";
/// How often the caller is asked whether to go on.
const BEAT: Duration = Duration::from_millis(500);
/// How long a process may do nothing that can be seen.
const STALL: Duration = Duration::from_secs(120);
/// What is kept of the standard error: enough for the log.
const COMPLAINTS: usize = 4096;
/// The longest line that is read.
const LINE: usize = 256 * 1024;
const INSIDE_INPUT: &str = "/in/input";
const INSIDE_ROOM: &str = "/work";

/// What a call may use before it is killed.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub cpu_s: u64,
    /// Address space, in bytes.
    pub memory: u64,
    /// The largest file it may write, in bytes.
    pub file_size: u64,
    pub wall: Duration,
}

/// One program to run.
pub struct Call<'a> {
    pub program: &'a Path,
    pub args: Vec<OsString>,
    /// The only file that it may read besides those in its room. Its place among the arguments is [`Call::input`].
    pub input: Option<&'a Path>,
    pub room: &'a Room,
    pub limits: Limits,
    /// Whether it is expected to move on (`-progress`, or files that grow).
    pub has_progress: bool,
}

impl<'a> Call<'a> {
    pub fn new(program: &'a Path, room: &'a Room, limits: Limits) -> Call<'a> {
        Call { program, args: Vec::new(), input: None, room, limits, has_progress: false }
    }
    pub fn args<S: Into<OsString>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }
    /// `-i` and the file. With the protocol written out no name is read as anything but a name.
    pub fn input(mut self, tools: &Tools, input: &'a Path) -> Self {
        let mut place = OsString::from("file:");
        place.push(if tools.is_walled() { Path::new(INSIDE_INPUT) } else { input });
        self.input = Some(input);
        self.args.extend(["-i".into(), place]);
        self
    }
}

/// How a process ended by itself.
pub struct Ended {
    pub status: ExitStatus,
    /// The end of its standard error: for the log and for telling why, never for a person.
    pub complaints: String,
}

impl Ended {
    /// An error for the log.
    pub fn failed(&self, what: &str) -> Fault {
        let how = match (self.status.code(), self.status.signal()) {
            (Some(code), _) => format!("exit {code}"),
            (None, signal) => format!("signal {}", signal.unwrap_or_default()),
        };
        Fault::Failed(format!("{what}: {how}: {}", without_paths(&self.complaints)))
    }
    /// Whether the sandbox or a limit spoke and not the program.
    pub fn is_our_fault(&self) -> bool {
        const OURS: &[&str] = &["bwrap:", "prlimit:", "setpriv:"];
        let line = self.complaints.lines().next().unwrap_or_default();
        self.status.code().is_none_or(|code| code > 125) || OURS.iter().any(|name| line.starts_with(name))
    }
}

/// The end of what was complained of, on one line, without paths and addresses.
fn without_paths(text: &str) -> String {
    let words: Vec<&str> = text
        .split_whitespace()
        .filter(|word| *word != "@" && !word.starts_with("0x"))
        .map(|word| if word.contains('/') { "…" } else { word })
        .collect();
    let line = words.join(" ");
    let skip = line.chars().count().saturating_sub(600);
    line.chars().skip(skip).collect()
}

/// A folder of its own for a call, removed with all that is in it when it is dropped.
pub struct Room(PathBuf);

impl Room {
    /// A new empty folder in `parent`.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn new(parent: &Path, name: &str) -> std::io::Result<Room> {
        let path = parent.join(format!(".{name}.tmp"));
        std::fs::create_dir(&path)?;
        Ok(Room(path))
    }
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
    /// Puts a finished file where it is to be.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn release(&self, name: &str, to: &Path) -> std::io::Result<()> {
        std::fs::rename(self.file(name), to.join(name))
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // What cannot be removed is in the folder of the job, which whoever made it clears.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The arguments of `bwrap` that leave a program without network and without any file of this machine but programs.
pub fn walls(program: &Path) -> Vec<OsString> {
    let mut walls: Vec<OsString> = [
        "--unshare-all --die-with-parent --new-session --cap-drop ALL",
        "--ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib --symlink usr/lib64 /lib64",
        // libblas and other shared libraries are chosen there; fonts and secrets are elsewhere
        "--ro-bind-try /etc/alternatives /etc/alternatives --ro-bind-try /etc/ld.so.cache /etc/ld.so.cache",
        "--dev /dev --tmpfs /tmp --dir /in --dir /work --chdir /work",
    ]
    .iter()
    .flat_map(|line| line.split(' ').map(OsString::from))
    .collect();
    // A program that stands elsewhere is shown alone.
    for place in [Some(program.to_owned()), program.canonicalize().ok()].into_iter().flatten() {
        if !place.starts_with("/usr") {
            walls.extend(["--ro-bind".into(), place.clone().into(), place.into()]);
        }
    }
    walls
}

/// The whole command line, from the outermost program to the innermost.
fn command(tools: &Tools, call: &Call<'_>) -> Command {
    let mut line: Vec<OsString> = Vec::new();
    let mut wrap = |program: &Option<PathBuf>, args: &[String]| {
        if let Some(program) = program {
            line.push(program.into());
            line.extend(args.iter().map(OsString::from));
        }
    };
    let limits = call.limits;
    wrap(&tools.setpriv, &["--pdeathsig".into(), "KILL".into()]);
    wrap(&tools.nice, &["-n".into(), "19".into()]);
    wrap(&tools.ionice, &["-t".into(), "-c".into(), "3".into()]);
    wrap(
        &tools.prlimit,
        &[
            format!("--cpu={}", limits.cpu_s),
            format!("--as={}", limits.memory),
            format!("--fsize={}", limits.file_size),
            "--nofile=256".into(),
            "--core=0".into(),
        ],
    );
    if let Some(bwrap) = &tools.bwrap {
        line.push(bwrap.into());
        line.extend(walls(call.program));
        if let Some(input) = call.input {
            line.extend(["--ro-bind".into(), input.into(), INSIDE_INPUT.into()]);
        }
        line.extend(["--bind".into(), call.room.0.clone().into(), INSIDE_ROOM.into()]);
    }
    line.push(call.program.into());
    line.extend(call.args.iter().cloned());
    let mut command = Command::new(&line[0]);
    command
        .args(&line[1..])
        .env_clear()
        .env("PATH", PATH)
        .env("LC_ALL", "C.UTF-8")
        .env("AV_LOG_FORCE_NOCOLOR", "1")
        .current_dir(&call.room.0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    command
}

enum Heard {
    Out(Vec<u8>),
    Complaint(Vec<u8>),
    Closed,
}

/// A process that is killed with its group when this is dropped before it ended.
struct Running {
    child: Child,
    heard: Receiver<Heard>,
    /// How many of its two pipes are open: while one is, somebody in the group lives.
    open: u8,
    is_over: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // Fails only if all are gone already.
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.wait();
        // Inside bwrap the kernel kills what is left; the pipes close when it has.
        let end = Instant::now() + Duration::from_secs(5);
        while self.open > 0 {
            match self.heard.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(Heard::Closed) => self.open -= 1,
                Ok(_) => {}
                Err(_) => break,
            }
        }
    }
}

fn listen(mut pipe: impl Read + Send + 'static, to: SyncSender<Heard>, wrap: fn(Vec<u8>) -> Heard) {
    std::thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = pipe.read(&mut buffer) {
            if to.send(wrap(buffer[..count].to_vec())).is_err() {
                return;
            }
        }
        // Nobody listens any more if the caller left first.
        let _ = to.send(Heard::Closed);
    });
}

/// Starts the program and waits for its end; gives each line that it prints to `line` and asks `watch` about twice a
/// second whether to go on.
///
/// # Errors
/// Cancelled by the watch; failed when it could not be started, took too long or stood still. A program that ends by
/// itself is no error, however it ended.
pub fn run(
    tools: &Tools,
    call: &Call<'_>,
    line: &mut dyn FnMut(&str),
    watch: &mut dyn FnMut() -> bool,
) -> Result<Ended, Fault> {
    let mut child = command(tools, call).spawn()?;
    let (to, heard) = sync_channel(16);
    let (out, complaints) = (child.stdout.take(), child.stderr.take());
    let mut running = Running { child, heard, open: 2, is_over: false };
    let (Some(out), Some(complaints)) = (out, complaints) else {
        return Err(Fault::Failed("no pipes".into()));
    };
    listen(out, to.clone(), Heard::Out);
    listen(complaints, to, Heard::Complaint);
    let began = Instant::now();
    let mut lines = Lines::default();
    let mut complaints = Vec::new();
    let mut asked = Instant::now();
    let mut life = Life::default();
    loop {
        if running.open > 0 {
            match running.heard.recv_timeout(BEAT / 2) {
                Ok(Heard::Out(bytes)) => lines.take(&bytes, line),
                Ok(Heard::Complaint(bytes)) => {
                    complaints.extend(bytes);
                    let excess = complaints.len().saturating_sub(COMPLAINTS);
                    complaints.drain(..excess);
                }
                Ok(Heard::Closed) => running.open -= 1,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => running.open = 0,
            }
        } else if let Some(status) = running.child.try_wait()? {
            running.is_over = true;
            lines.end(line);
            return Ok(Ended { status, complaints: String::from_utf8_lossy(&complaints).into_owned() });
        } else {
            std::thread::sleep(Duration::from_millis(10));
        }
        if asked.elapsed() >= BEAT {
            asked = Instant::now();
            if !watch() {
                return Err(Fault::Cancelled);
            }
            if began.elapsed() > call.limits.wall {
                return Err(Fault::Failed(format!("killed after {} s", call.limits.wall.as_secs())));
            }
            if call.has_progress && !life.moves(lines.count, &lines.last_time, &call.room.0) {
                return Err(Fault::Failed(format!("stood still for {} s", STALL.as_secs())));
            }
        }
    }
}

/// Puts pieces together to lines.
#[derive(Default)]
struct Lines {
    rest: Vec<u8>,
    count: u64,
    /// The last `out_time…=` of `-progress`; it is printed again while nothing moves.
    last_time: String,
}

impl Lines {
    fn take(&mut self, bytes: &[u8], line: &mut dyn FnMut(&str)) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.rest.len() < LINE {
                self.rest.extend_from_slice(piece);
            }
            if piece.ends_with(b"\n") {
                self.end(line);
            }
        }
    }
    fn end(&mut self, line: &mut dyn FnMut(&str)) {
        let text = String::from_utf8_lossy(&self.rest);
        let text = text.trim_end();
        if text.starts_with("out_time") {
            text.clone_into(&mut self.last_time);
        } else if !text.contains('=') {
            self.count += 1;
        }
        if !text.is_empty() {
            line(text);
        }
        self.rest.clear();
    }
}

/// Whether anything happens: time in the output, lines, or files that change (a file is rewritten to its end without a word).
struct Life {
    seen: (u64, String, u64, Option<SystemTime>),
    since: Instant,
}

impl Default for Life {
    fn default() -> Life {
        Life { seen: Default::default(), since: Instant::now() }
    }
}

impl Life {
    fn moves(&mut self, lines: u64, time: &str, room: &Path) -> bool {
        let files = std::fs::read_dir(room).into_iter().flatten().flatten();
        let about: Vec<_> = files.filter_map(|file| file.metadata().ok()).collect();
        let bytes = about.iter().map(std::fs::Metadata::len).sum();
        let written = about.iter().filter_map(|file| file.modified().ok()).max();
        let seen = (lines, time.to_owned(), bytes, written);
        if seen != self.seen {
            *self = Life { seen, since: Instant::now() };
        }
        self.since.elapsed() <= STALL
    }
}

#[cfg(test)]
mod tests;
