//! What belongs in here: the viewers of `benches/run`, a city that watches lectures and says so every 15 seconds.
//!
//!   heartbeats prepare DATABASE-URL FILE COUNT          members with a session each, written into the database
//!   heartbeats demo URL FILE LECTURE MEDIA              the accounts of the demonstration, signed in as anybody is
//!   heartbeats open URL FILE CONNECTIONS                each of them opens the lecture
//!   heartbeats send URL FILE RATE SECONDS CONNECTIONS [PID]   so many heartbeats a second
//!   heartbeats rate URL FILE RATE SECONDS CONNECTIONS [PID]   so many ratings of these lectures a second
//!
//! FILE has a viewer a line, with tabs between: cookie, lecture, media, and after `open` play, the last acknowledged seq,
//! how far they are, the length (both ms) and the seconds credited. `send` goes on where it ended before. PID is the server,
//! whose CPU time is then counted. Without an argument it ends at once, so that `cargo test` and `cargo bench` pass it by.
//!
//! `send` keeps to a timetable: heartbeat number n is due at n / RATE seconds, and its latency is counted from then, however
//! late it went out. A server that stops for a second is seen by all who were due in it, not by one who waited.
use actix_web::cookie::{Cookie, CookieJar, Key};
use diesel::prelude::*;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};
use weixiao::db::{Conn, Db};
use weixiao::ids::{digest, random_hex};
use weixiao::schema::{accounts, lectures, memberships, sessions};
use weixiao::{clock, demo, either, site};

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// What a heartbeat tells of, in ms.
const SEGMENT: i64 = 15_000;
/// An answer that takes longer than this is an error.
const PATIENCE: Duration = Duration::from_secs(30);
/// So long after the last one was due nothing more is sent: the server has fallen behind for good.
const OVERTIME: Duration = Duration::from_secs(10);
/// Over how many lectures the viewers are spread, the longest first.
const LECTURES: i64 = 20;
/// Rows that go into a table at a time: PostgreSQL takes 65,535 values in a statement.
const ROWS: usize = 500;
/// Errors that are told in words.
const TOLD: usize = 3;

fn main() -> Outcome<()> {
    let all: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = all.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["prepare", database, file, count] => prepare(database, file, count.parse()?),
        ["demo", url, file, lecture, media] => sign_in(url, file, lecture.parse()?, media.parse()?),
        ["open", url, file, connections] => open(url, file, connections.parse()?),
        [what @ ("send" | "rate"), url, file, rate, seconds, connections, rest @ ..] if rest.len() < 2 => {
            let pid = rest.first().map(|pid| pid.parse()).transpose()?;
            let what = if *what == "send" { Viewer::beat } else { Viewer::rate };
            send(url, file, (rate.parse()?, seconds.parse()?), connections.parse()?, pid, what)
        }
        _ => {
            println!(
                "the viewers of benches/run: prepare, demo, open, send or rate, and has nothing to measure by itself"
            );
            Ok(())
        }
    }
}

/// A member who watches.
#[derive(Clone, Default)]
struct Viewer {
    cookie: String,
    lecture: i64,
    media: i64,
    play: String,
    /// The last one that was acknowledged.
    seq: u64,
    at_ms: i64,
    length_ms: i64,
    credited_s: i64,
}

impl Viewer {
    fn of(line: &str) -> Outcome<Viewer> {
        let parts: Vec<&str> = line.split('\t').collect();
        match parts.as_slice() {
            [cookie, lecture, media, rest @ ..] => {
                let mut viewer = Viewer {
                    cookie: (*cookie).into(),
                    lecture: lecture.parse()?,
                    media: media.parse()?,
                    ..Viewer::default()
                };
                if let [play, seq, at_ms, length_ms, credited_s] = rest {
                    viewer.play = (*play).into();
                    viewer.seq = seq.parse()?;
                    viewer.at_ms = at_ms.parse()?;
                    viewer.length_ms = length_ms.parse()?;
                    viewer.credited_s = credited_s.parse()?;
                }
                Ok(viewer)
            }
            _ => Err(format!("no viewer: {line}").into()),
        }
    }
    fn line(&self) -> String {
        let Viewer { cookie, lecture, media, play, seq, at_ms, length_ms, credited_s } = self;
        let begun = format!("{cookie}\t{lecture}\t{media}");
        if play.is_empty() {
            begun
        } else {
            format!("{begun}\t{play}\t{seq}\t{at_ms}\t{length_ms}\t{credited_s}")
        }
    }
    fn open(&mut self, line: &mut Line) -> Outcome<()> {
        let told = line.post(
            "/watch/open",
            &self.cookie,
            &json!({ "lecture": self.lecture, "media": self.media }).to_string(),
        )?;
        self.play = told["play"].as_str().ok_or_else(|| format!("no play: {told}"))?.to_owned();
        self.length_ms = number(&told, "length_s")? * 1_000;
        self.credited_s = number(&told, "credited_s")?;
        (self.seq, self.at_ms) = (0, 0);
        Ok(())
    }
    /// Sends the next segment; the seconds that it was credited.
    fn beat(&mut self, line: &mut Line) -> Outcome<i64> {
        let (seq, until) = (self.seq + 1, (self.at_ms + SEGMENT).min(self.length_ms));
        let body = format!(
            r#"{{"play":"{}","seq":{seq},"segs":[[{},{until}]],"at_ms":{until}}}"#,
            self.play, self.at_ms
        );
        let told = line.post("/watch/beat", &self.cookie, &body)?;
        if told["ack"].as_u64() != Some(seq) || told["state"] != "ok" {
            return Err(format!("heartbeat {seq} is answered: {told}").into());
        }
        let credited_s = number(&told, "credited_s")?;
        let fresh = credited_s - self.credited_s;
        // At its end the lecture begins anew, and earns nothing more.
        self.at_ms = if until < self.length_ms { until } else { 0 };
        (self.seq, self.credited_s) = (seq, credited_s);
        Ok(fresh)
    }
    /// Rates the lecture, whose proof the member has: a form, answered by the page to go on to. Nothing is credited.
    fn rate(&mut self, line: &mut Line) -> Outcome<i64> {
        let path = format!("/lectures/{}/rating", self.lecture);
        let stars = 1 + self.media % 5;
        let form = format!("stars={stars}&clear=1");
        let (head, _) =
            line.exchange(&line.request(&path, &self.cookie, "application/x-www-form-urlencoded", &form))?;
        // Whoever is not signed in is sent on as well, to another page.
        if !head.lines().any(|line| line.starts_with("location:") && line.contains("done=rated")) {
            return Err(format!("{path}: {}", head.lines().next().unwrap_or_default()).into());
        }
        Ok(0)
    }
}

fn number(told: &Value, name: &str) -> Outcome<i64> {
    told[name].as_i64().ok_or_else(|| format!("no {name}: {told}").into())
}

fn read(file: &str) -> Outcome<Vec<Viewer>> {
    let viewers: Vec<Viewer> =
        std::fs::read_to_string(file)?.lines().map(Viewer::of).collect::<Outcome<_>>()?;
    if viewers.is_empty() { Err(format!("nobody in {file}").into()) } else { Ok(viewers) }
}

fn write<'a>(file: &str, viewers: impl Iterator<Item = &'a Viewer>) -> Outcome<()> {
    let mut text = String::new();
    for viewer in viewers {
        writeln!(text, "{}", viewer.line())?;
    }
    Ok(std::fs::write(file, text)?)
}

/// Gives `count` members an account, if they have none, and a session: 36,000 cannot sign in one after the other, since a
/// password is dear on purpose.
fn prepare(database: &str, file: &str, count: i64) -> Outcome<()> {
    let db = Db::attach(database)?;
    let viewers = db.write_now(|conn| {
        let key = site::secret(conn, "session_key", &random_hex(64))?;
        let key = Key::from(key.as_bytes());
        let members = members(conn, count)?;
        let lectures: Vec<(i64, Option<i64>)> = either!(conn, c => lectures::table
            .filter(lectures::stage.eq("published").and(lectures::visibility.eq("public")))
            .order((lectures::duration_ms.desc(), lectures::id))
            .limit(LECTURES)
            .select((lectures::id, lectures::media_id))
            .load(c))?;
        let (mut rows, mut viewers) = (vec![], vec![]);
        for (account, (lecture, media)) in members.into_iter().zip(lectures.into_iter().cycle()) {
            let (session, device, now) = (random_hex(32), random_hex(8), clock::now());
            let state = json!({
                "account": account.to_string(), "device": format!("\"{device}\""), "agent": "\"\"",
            });
            rows.push((
                sessions::id.eq(digest(&session)),
                sessions::account_id.eq(account),
                sessions::state.eq(state.to_string()),
                sessions::device.eq(device),
                sessions::agent.eq(""),
                sessions::created_at.eq(now),
                sessions::seen_at.eq(now),
            ));
            let cookie = signed(&key, session);
            viewers.push(Viewer { cookie, lecture, media: media.unwrap_or_default(), ..Viewer::default() });
        }
        for some in rows.chunks(ROWS) {
            either!(conn, c => diesel::insert_into(sessions::table).values(some.to_vec()).execute(c))?;
        }
        Ok(viewers)
    });
    let mut viewers = viewers.map_err(|error| error.to_string())?;
    if viewers.len() as i64 != count {
        return Err(format!("{} viewers were made and not {count}", viewers.len()).into());
    }
    // Cookies are random: in this order neighbours in the tables are none in time.
    viewers.sort_by(|a, b| a.cookie.cmp(&b.cookie));
    write(file, viewers.iter())
}

/// Accounts of so many members.
fn members(conn: &mut Conn, count: i64) -> weixiao::error::Result<Vec<i64>> {
    let load = |conn: &mut Conn| -> weixiao::error::Result<Vec<(i64, Option<i64>)>> {
        Ok(either!(conn, c => memberships::table
            .left_join(accounts::table.on(accounts::person_id.eq(memberships::person_id)))
            .filter(memberships::valid_to.is_null())
            .order(memberships::person_id)
            .limit(count)
            .select((memberships::person_id, accounts::id.nullable()))
            .load(c))?)
    };
    let now = clock::now();
    let missing: Vec<_> = load(conn)?
        .into_iter()
        .filter(|(_, account)| account.is_none())
        .map(|(person, _)| {
            (
                accounts::person_id.eq(person),
                accounts::username.eq(format!("viewer{person}")),
                accounts::created_at.eq(now),
            )
        })
        .collect();
    for some in missing.chunks(ROWS) {
        either!(conn, c => diesel::insert_into(accounts::table).values(some.to_vec()).execute(c))?;
    }
    Ok(load(conn)?.into_iter().filter_map(|(_, account)| account).collect())
}

/// The session's cookie as the server would send it.
fn signed(key: &Key, session: String) -> String {
    let mut jar = CookieJar::new();
    jar.signed_mut(key).add(Cookie::new("session", session));
    jar.get("session").map(|cookie| cookie.encoded().stripped().to_string()).unwrap_or_default()
}

/// Signs in everybody of the demonstration.
fn sign_in(url: &str, file: &str, lecture: i64, media: i64) -> Outcome<()> {
    let mut line = Line::new(url)?;
    let mut viewers = vec![];
    for account in demo::ACCOUNTS {
        let body = format!("name={}&password={}", account.name, demo::PASSWORD);
        let (head, _) =
            line.exchange(&line.request("/sign-in", "", "application/x-www-form-urlencoded", &body))?;
        let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: session="));
        let cookie = cookie.and_then(|rest| rest.split(';').next());
        let cookie = cookie.ok_or_else(|| format!("{} cannot sign in: {head}", account.name))?;
        viewers.push(Viewer { cookie: format!("session={cookie}"), lecture, media, ..Viewer::default() });
    }
    write(file, viewers.iter())
}

/// What went well, and the first words of what did not.
#[derive(Default)]
struct Tally {
    sent: usize,
    /// Microseconds from the moment when it was due, of those that were acknowledged.
    latencies: Vec<u64>,
    credited_s: i64,
    errors: Vec<String>,
    last: Option<Instant>,
}

impl Tally {
    fn add(&mut self, mut other: Tally) {
        self.sent += other.sent;
        self.latencies.append(&mut other.latencies);
        self.credited_s += other.credited_s;
        self.errors.append(&mut other.errors);
        self.last = self.last.max(other.last);
    }
    fn tell(&self) {
        self.errors.iter().take(TOLD).for_each(|error| eprintln!("heartbeats: {error}"));
    }
}

/// Runs `work` once on each of so many connections, side by side.
fn beside(url: &str, connections: usize, work: impl Fn(Line) -> Tally + Sync) -> Outcome<Tally> {
    let lines: Vec<Line> = (0..connections).map(|_| Line::new(url)).collect::<Outcome<_>>()?;
    let (mut sum, work) = (Tally::default(), &work);
    std::thread::scope(|scope| {
        let threads: Vec<_> = lines.into_iter().map(|line| scope.spawn(move || work(line))).collect();
        for thread in threads {
            sum.add(thread.join().map_err(|_| "a connection's thread came to grief")?);
        }
        Ok(sum)
    })
}

fn open(url: &str, file: &str, connections: usize) -> Outcome<()> {
    let viewers: Vec<Mutex<Viewer>> = read(file)?.into_iter().map(Mutex::new).collect();
    let next = AtomicUsize::new(0);
    let tally = beside(url, connections, |mut line| {
        let mut tally = Tally::default();
        while let Some(viewer) = viewers.get(next.fetch_add(1, Relaxed)) {
            let Ok(mut viewer) = viewer.lock() else { continue };
            if let Err(error) = viewer.open(&mut line) {
                tally.errors.push(error.to_string());
            }
        }
        tally
    })?;
    tally.tell();
    if !tally.errors.is_empty() {
        return Err(format!("{} of {} could not open a lecture", tally.errors.len(), viewers.len()).into());
    }
    let viewers: Vec<Viewer> = viewers.into_iter().map(Mutex::into_inner).collect::<Result<_, _>>()?;
    write(file, viewers.iter())
}

fn send(
    url: &str,
    file: &str,
    (rate, seconds): (f64, f64),
    connections: usize,
    pid: Option<u32>,
    what: fn(&mut Viewer, &mut Line) -> Outcome<i64>,
) -> Outcome<()> {
    let viewers: Vec<Mutex<Viewer>> = read(file)?.into_iter().map(Mutex::new).collect();
    let due_at_all = (rate * seconds) as usize;
    let (next, before) = (AtomicUsize::new(0), cpu(pid)?);
    // The threads begin before the first one is due.
    let start = Instant::now() + Duration::from_millis(200);
    let end = start + Duration::from_secs_f64(seconds) + OVERTIME;
    let tally = beside(url, connections, |mut line| {
        let mut tally = Tally::default();
        loop {
            let number = next.fetch_add(1, Relaxed);
            if number >= due_at_all || Instant::now() > end {
                return tally;
            }
            let due = start + Duration::from_secs_f64(number as f64 / rate);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            // Whose last one is still under way waits for it: that counts as well.
            let Ok(mut viewer) = viewers[number % viewers.len()].lock() else { continue };
            tally.sent += 1;
            match what(&mut viewer, &mut line) {
                Ok(fresh) => {
                    let now = Instant::now();
                    tally.credited_s += fresh;
                    tally.latencies.push((now - due).as_micros() as u64);
                    tally.last = Some(now);
                }
                Err(error) => tally.errors.push(error.to_string()),
            }
        }
    })?;
    let used = cpu(pid)?.zip(before).map(|(after, before)| after - before);
    tally.tell();
    println!("{}", report(&tally, due_at_all, start, used));
    // Those whose turn is next stand first.
    let viewers: Vec<Viewer> = viewers.into_iter().map(Mutex::into_inner).collect::<Result<_, _>>()?;
    let turn = next.into_inner().min(due_at_all) % viewers.len();
    write(file, viewers[turn..].iter().chain(&viewers[..turn]))
}

/// One line of JSON. `used` is the CPU time in µs that the server took. What was due and not even sent is an error as well.
fn report(tally: &Tally, due: usize, start: Instant, used: Option<f64>) -> Value {
    let mut sorted = tally.latencies.clone();
    sorted.sort_unstable();
    let acked = sorted.len();
    let at = |share: f64| {
        let place = ((acked as f64 * share).ceil() as usize).clamp(1, acked.max(1)) - 1;
        sorted.get(place).map(|micros| *micros as f64 / 1_000.0)
    };
    let seconds = tally.last.map_or(0.0, |last| (last - start).as_secs_f64());
    json!({
        "sent": tally.sent,
        "acked": acked,
        "errors": tally.errors.len() + (due - tally.sent),
        "per_second": if seconds > 0.0 { (acked as f64 / seconds).round() } else { 0.0 },
        "credited_s": tally.credited_s,
        "p50": at(0.5),
        "p95": at(0.95),
        "p99": at(0.99),
        "max": at(1.0),
        "cpu_us": used.filter(|_| acked > 0).map(|micros| (micros * 10.0 / acked as f64).round() / 10.0),
    })
}

/// The CPU time of a process with all its threads, in µs.
fn cpu(pid: Option<u32>) -> Outcome<Option<f64>> {
    let Some(pid) = pid else { return Ok(None) };
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in brackets may hold anything; behind it user and system time are the 12th and 13th field.
    let fields: Vec<&str> =
        stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().collect()).unwrap_or_default();
    let ticks: f64 = fields.get(11..13).ok_or("no times")?.iter().flat_map(|text| text.parse::<f64>()).sum();
    let a_second = std::process::Command::new("getconf").arg("CLK_TCK").output()?.stdout;
    Ok(Some(ticks * 1_000_000.0 / String::from_utf8(a_second)?.trim().parse::<f64>()?))
}

/// A connection that is kept.
struct Line {
    host: String,
    stream: TcpStream,
    arrived: Vec<u8>,
}

impl Line {
    fn new(url: &str) -> Outcome<Line> {
        let host = url.strip_prefix("http://").ok_or("the address begins with http://")?;
        let host = host.trim_end_matches('/').to_owned();
        Ok(Line { stream: Line::connect(&host)?, host, arrived: vec![] })
    }
    fn connect(host: &str) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(host)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(stream)
    }
    fn request(&self, path: &str, cookie: &str, kind: &str, body: &str) -> String {
        let (host, length) = (&self.host, body.len());
        let cookie = if cookie.is_empty() { String::new() } else { format!("Cookie: {cookie}\r\n") };
        format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\n{cookie}Accept: */*\r\nAccept-Encoding: gzip\r\n\
             Sec-Fetch-Site: same-origin\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}"
        )
    }
    /// Sends JSON and reads the JSON of a 200.
    fn post(&mut self, path: &str, cookie: &str, body: &str) -> Outcome<Value> {
        let (head, answer) = self.exchange(&self.request(path, cookie, "application/json", body))?;
        if !head.starts_with("http/1.1 200") {
            let head = head.lines().next().unwrap_or_default();
            return Err(format!("{path}: {head}: {}", String::from_utf8_lossy(&answer)).into());
        }
        Ok(serde_json::from_slice(&answer)?)
    }
    /// Sends `request`; the head of the answer, its names in lower case, and the body. After an error the next one finds a
    /// fresh connection.
    fn exchange(&mut self, request: &str) -> Outcome<(String, Vec<u8>)> {
        let answered =
            self.stream.write_all(request.as_bytes()).map_err(Into::into).and_then(|()| self.answer());
        let is_over = match &answered {
            Ok((head, _)) => head.contains("\nconnection: close"),
            Err(_) => true,
        };
        if is_over {
            self.arrived.clear();
            self.stream = Line::connect(&self.host)?;
        }
        answered
    }
    fn answer(&mut self) -> Outcome<(String, Vec<u8>)> {
        let end = loop {
            if let Some(place) = self.arrived.windows(4).position(|four| four == b"\r\n\r\n") {
                break place + 4;
            }
            self.more()?;
        };
        let text = String::from_utf8(self.arrived[..end].to_vec())?;
        // Names are compared in lower case; a cookie's value stays as it is.
        let head: Vec<String> = text
            .lines()
            .map(|line| match line.split_once(':') {
                Some((name, value)) => format!("{}:{value}", name.to_ascii_lowercase()),
                None => line.to_ascii_lowercase(),
            })
            .collect();
        let length = head.iter().find_map(|line| line.strip_prefix("content-length:"));
        let length: usize = length.ok_or_else(|| format!("no length: {text}"))?.trim().parse()?;
        while self.arrived.len() < end + length {
            self.more()?;
        }
        let body = self.arrived[end..end + length].to_vec();
        self.arrived.drain(..end + length);
        Ok((head.join("\n"), body))
    }
    fn more(&mut self) -> Outcome<()> {
        let mut some = [0; 4096];
        match self.stream.read(&mut some)? {
            0 => Err("the server closed the connection".into()),
            count => {
                self.arrived.extend_from_slice(&some[..count]);
                Ok(())
            }
        }
    }
}
