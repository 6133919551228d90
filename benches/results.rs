//! What belongs in here: what it costs to compute a contest and to rank a city's lectures, for `benches/run`.
//!
//!   results contest TIMES       a contest of 141 entries and 21 judges, computed so often: the slowest, in ms
//!   results fill DATABASE-URL COUNT   so many ratings of the city's lectures, and a voice of each of their lecturers
//!   results rank DATABASE-URL KIND    `lecture_rating` or `lecturer_rating`, as the job computes it: in ms, and its lines
//!
//! Without an argument it ends at once, so that `cargo test` and `cargo bench` pass it by.
use diesel::prelude::*;
use std::time::Instant;
use weixiao::audit::Doer;
use weixiao::clock;
use weixiao::contests::Method;
use weixiao::contests::result::{Competing, Counted, Inputs, compute};
use weixiao::db::{Conn, Db};
use weixiao::ids::{AccountId, RankingId};
use weixiao::rankings::{self, Kind};
use weixiao::schema::{accounts, rankings as ranking_rows};
use weixiao::{either, ratings};

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const ENTRIES: u32 = 141;
const JUDGES: u32 = 21;

fn main() -> Outcome<()> {
    let all: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = all.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["contest", times] => contest(times.parse()?),
        ["fill", database, count] => fill(database, count.parse()?),
        ["rank", database, kind] => rank(database, Kind::of(kind).ok_or("no such kind")?),
        _ => Ok(()),
    }
}

/// Every judge gave every entry a sheet; scores differ in the first decimal place.
fn contest(times: u32) -> Outcome<()> {
    let method = Method { time: None, ..Method::usual(10) };
    let mut inputs = Inputs::default();
    for entry in 1..=ENTRIES {
        let code = format!("E{entry:03}");
        for judge in 1..=JUDGES {
            let score = |salt: u32| {
                let tenths = 700 + (entry * 37 + judge * 101 + salt * 53) % 290;
                format!("{}.{}", tenths / 10, tenths % 10)
            };
            let scores =
                method.criteria.iter().zip(1..).map(|(one, salt)| (one.key.clone(), score(salt))).collect();
            inputs.sheets.push(Counted { entry: code.clone(), judge, scores });
        }
        inputs.entries.push(Competing {
            entry: code,
            panel: "A".into(),
            alliance: format!("X{}", entry % 47),
            seconds: None,
            audience_place: None,
            votes: None,
        });
    }
    let mut slowest = 0.0_f64;
    for _ in 0..times {
        let began = Instant::now();
        let rows = compute(&method, &inputs).map_err(|why| format!("{why:?}"))?;
        slowest = slowest.max(began.elapsed().as_secs_f64() * 1_000.0);
        assert_eq!(rows.len(), ENTRIES as usize);
    }
    println!("{slowest:.1}");
    Ok(())
}

/// Ratings by nobody in particular: keys are digests of numbers, as those of members look like chance too.
fn fill(database: &str, count: i64) -> Outcome<()> {
    let db = Db::open(database, false)?;
    db.write_now(|conn| {
        let (series, key) = match conn {
            Conn::Sqlite(_) => (
                format!("(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {count}) SELECT n FROM s)"),
                (|of: &str| format!("CAST(printf('%064d', {of}) AS BLOB)")) as fn(&str) -> String,
            ),
            Conn::Postgres(_) => (
                format!("generate_series(1, {count})"),
                (|of: &str| format!("decode(lpad(({of})::text, 64, '0'), 'hex')")) as fn(&str) -> String,
            ),
        };
        let numbered = "(SELECT id, ROW_NUMBER() OVER (ORDER BY id) AS place, COUNT(*) OVER () AS all_of FROM lectures \
             WHERE stage = 'published' AND visibility = 'public')";
        let branches = "(SELECT id, ROW_NUMBER() OVER (ORDER BY id) AS place, COUNT(*) OVER () AS all_of FROM orgs \
             WHERE level = 'branch')";
        let all = format!(
            "INSERT INTO ratings (rater_key, lecture_id, stars, tags, proof, branch_id, first_on, day, slot, version, status) \
             SELECT {key}, l.id, 1 + (s.n * 7 + s.n / 11) % 5, '', 'online', b.id, '2026-01-05', '2026-01-05', 60, 1, 'counted' \
             FROM {series} AS s(n) JOIN {numbered} AS l ON l.place = s.n % l.all_of + 1 \
             JOIN {branches} AS b ON b.place = (s.n / 3) % b.all_of + 1",
            key = key("s.n"),
        );
        let all = if matches!(conn, Conn::Sqlite(_)) { all.replace("AS s(n)", "AS s") } else { all };
        // Each member speaks once about a lecturer: about four lectures of theirs in one voice.
        let voices = format!(
            "INSERT INTO rating_voices (instructor_id, voice_key, rating_id, stars, branch_id, is_counted) \
             SELECT i.instructor_id, {key}, r.id, r.stars, r.branch_id, TRUE FROM ratings r \
             JOIN lecture_instructors i ON i.lecture_id = r.lecture_id \
             WHERE NOT EXISTS (SELECT 1 FROM rating_voices v WHERE v.rating_id = r.id)",
            key = key("r.id / 4"),
        );
        for statement in [all.as_str(), voices.as_str(), "ANALYZE"] {
            either!(conn, c => diesel::sql_query(statement).execute(c))?;
        }
        Ok(())
    })?;
    db.write_now(|conn| ratings::refresh_all(conn, clock::now()))?;
    Ok(())
}

fn rank(database: &str, kind: Kind) -> Outcome<()> {
    let db = Db::open(database, false)?;
    let id = db.write_now(|conn| {
        let organizer = accounts::table.filter(accounts::username.eq("organizer")).select(accounts::id);
        let by: AccountId = either!(conn, c => organizer.first(c))?;
        let doer = Doer { account: Some(by), request: "bench".into(), ..Doer::default() };
        let known: Option<RankingId> = either!(conn, c => ranking_rows::table
            .filter(ranking_rows::kind.eq(kind))
            .select(ranking_rows::id)
            .first(c)
            .optional())?;
        let id = match known {
            Some(id) => id,
            None => rankings::define(conn, (kind, "bench", 500), &doer, clock::now())?,
        };
        rankings::ask(conn, id, Some("bench"), &doer, clock::now())?;
        Ok(id)
    })?;
    let began = Instant::now();
    let snapshot = db.write_now(|conn| rankings::rate(conn, id, clock::now()))?;
    let ms = began.elapsed().as_secs_f64() * 1_000.0;
    let lines = db.read_now(|conn| Ok(rankings::snapshot(conn, snapshot)?.n_inputs))?;
    println!("{ms:.0} {lines}");
    Ok(())
}
