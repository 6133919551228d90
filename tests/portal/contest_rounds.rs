//! Whole rounds of competitions, compared with what was worked out by hand: panels, partial assignment, a second round, time, the
//! audience, what the chief scorer sees of the judges; and judging while everything happens at once. domain.md §4.3, §5.1–5.5; issue
//! 6, items 2, 3 and 7.
use crate::contests::{Hall, done, fields, futures_join, untimed};
use crate::world::{Answer, Browser, World};
use chrono::Duration;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Barrier;
use std::task::Poll;
use weixiao::clock;
use weixiao::contests::{Audience, AudienceForm, Method, Panels, Promote, Trim};
use weixiao::scoring::lots;
use weixiao::verify;

/// A method that leaves no sheet out: three judges are enough.
fn plain(promoted: u32) -> Method {
    Method { trim: Trim { low: 0, high: 0, least: 3 }, ..untimed(promoted) }
}

/// Gives the round so many panels and, where it is not nought, so many sheets to an entry; puts judges into panels.
async fn seat(hall: &Hall<'_>, (panels, sheets_each): (usize, usize), seats: &[(usize, &str)]) {
    hall.world.sql(&format!(
        "UPDATE contest_rounds SET panels = {panels}, sheets_each = {sheets_each} WHERE id = {}",
        hall.round
    ));
    for (judge, panel) in seats {
        let path = format!("/organize/judges/{}/panel", hall.judge_id(*judge));
        done(hall.organizer.post(&path, &[("panel", *panel)]).await);
    }
}

/// The codes of a panel, in the order of the lots.
fn of_panel(hall: &Hall<'_>, panel: usize) -> Vec<String> {
    let found = hall.world.text(&format!(
        "SELECT string_agg(code, ' ') FROM (SELECT e.code FROM contest_places p JOIN contest_entries e ON e.id = p.entry_id WHERE \
         p.round_id = {} AND p.panel = {panel} ORDER BY p.lot) AS x",
        hall.round
    ));
    found.split(' ').map(str::to_owned).collect()
}

/// Everybody hands in what was assigned: a judge's score (from 1) for an entry, the same for each criterion.
async fn hand_in(hall: &Hall<'_>, score: impl Fn(usize, &str) -> String) {
    for code in hall.codes() {
        for judge in 1..=hall.judges.len() {
            if hall.find_sheet(judge, &code) > 0 {
                let given = score(judge, &code);
                done(hall.submit(judge, &code, [&given, &given, &given]).await);
            }
        }
    }
}

/// From the lock to the published result, each step by another person; the file, which anybody can recompute.
async fn published(hall: &Hall<'_>) -> Value {
    let (world, score) = (hall.world, format!("/score/rounds/{}", hall.round));
    done(hall.scorer.post(&format!("{score}/compute"), &[("reason", "")]).await);
    let snapshot = world.text("SELECT MAX(id) FROM ranking_snapshots");
    let checker = world.signed_in("checker").await;
    done(checker.post(&format!("{score}/check"), &[("snapshot", snapshot.as_str())]).await);
    done(hall.organizer.post(&format!("{score}/publish"), &[("snapshot", snapshot.as_str())]).await);
    let ranking = world.text(&format!("SELECT ranking_id FROM ranking_snapshots WHERE id = {snapshot}"));
    let file = world.visitor().get(&format!("/rankings/{ranking}/1.json")).await;
    verify::file(&file.raw).unwrap();
    serde_json::from_slice(&file.raw).unwrap()
}

/// The notice was over yesterday; the result is made final.
async fn finish(hall: &Hall<'_>) {
    let path = format!("/score/rounds/{}/finish", hall.round);
    assert_eq!(hall.organizer.post(&path, &[]).await.status, 409, "the notice runs");
    let today = clock::day(clock::now());
    let (from, until) = (today - Duration::days(8), today - Duration::days(1));
    hall.world.sql(&format!(
        "UPDATE ranking_snapshots SET notice_from = '{from}', notice_until = '{until}' WHERE state = 'provisional'"
    ));
    done(hall.organizer.post(&path, &[]).await);
}

/// The published rows: entry, place, score, and a plus for who goes on.
fn lines(file: &Value) -> Vec<String> {
    let line = |row: &Value| {
        let (entry, score) = (row["entry"].as_str().unwrap(), row["score"].as_str().unwrap());
        let sign = if row["promoted"] == true { " +" } else { "" };
        format!("{entry} {} {score}{sign}", row["rank"])
    };
    file["rows"].as_array().unwrap().iter().map(line).collect()
}

/// A column of the published rows, by entry.
fn column(file: &Value, name: &str) -> BTreeMap<String, String> {
    let rows = file["rows"].as_array().unwrap();
    let cell = |row: &Value| {
        (row["entry"].as_str().unwrap().to_owned(), row[name].as_str().unwrap_or_default().to_owned())
    };
    rows.iter().map(cell).collect()
}

/// The leaves of the entries in the published inputs.
fn entry_leaves(file: &Value) -> Vec<&Value> {
    file["inputs"].as_array().unwrap().iter().filter(|leaf| leaf["t"] == "entry").collect()
}

fn entry_states(world: &World) -> BTreeMap<String, String> {
    let all = world.text("SELECT string_agg(code || ' ' || state, ',') FROM contest_entries");
    all.split(',')
        .map(|one| one.split_once(' ').unwrap())
        .map(|(code, state)| (code.to_owned(), state.to_owned()))
        .collect()
}

/// Two panels of three judges and three entries each. By the lots a1 a2 a3 get 60 70 80 (mean 70), b1 b2 b3 get 70 80 90 (mean
/// 80); all of them 75. The coefficients are 75/70 = 1.0714… and 75/80 = 0.9375, rounded to two places 1.07 and 0.94 (HALF_UP):
/// a 64.20 74.90 85.60, b 65.80 75.20 84.60. So a3 leads although b3 got ten points more, and b2 is before a2, with which it
/// would be equal if the coefficient was not rounded (75.00 each): the place of rounding is part of the method.
#[actix_web::test]
async fn two_panels_are_put_on_one_scale_by_the_mean_of_all_with_a_rounded_coefficient() {
    let world = World::new();
    let method = Method { panels: Panels::Pooled, coefficient_places: Some(2), ..plain(2) };
    let hall = Hall::new(&world, 6, 6, "live_heat", &method).await;
    seat(&hall, (2, 0), &[(1, "1"), (2, "1"), (3, "1"), (4, "2"), (5, "2"), (6, "2")]).await;
    hall.begin().await;
    assert_eq!(world.number("SELECT COUNT(*) FROM contest_assignments"), 18, "nobody judges the other panel");
    let (a, b) = (of_panel(&hall, 1), of_panel(&hall, 2));
    let near: BTreeMap<&str, i64> = a
        .iter()
        .map(String::as_str)
        .zip([60, 70, 80])
        .chain(b.iter().map(String::as_str).zip([70, 80, 90]))
        .collect();
    // In each panel one judge gives a point less, one a point more: the mean stays.
    hand_in(&hall, |judge, code| (near[code] + (judge as i64 - 1) % 3 - 1).to_string()).await;
    hall.lock().await;
    let file = published(&hall).await;
    let expected = [
        format!("{} 1 85.60 +", a[2]),
        format!("{} 2 84.60 +", b[2]),
        format!("{} 3 75.20", b[1]),
        format!("{} 4 74.90", a[1]),
        format!("{} 5 65.80", b[0]),
        format!("{} 6 64.20", a[0]),
    ];
    assert_eq!(lines(&file), expected);
    let raw = column(&file, "raw");
    assert_eq!(
        (raw[&a[2]].as_str(), raw[&b[2]].as_str()),
        ("80.00", "90.00"),
        "what it was made of is beside it"
    );
}

/// Twelve entries, seven judges, three sheets to an entry. What judge j gives is the worth of the entry plus 4 − j: mildness 3 2 1
/// 0 −1 −2 −3, whose sum is nought. So the fit has no residual and its entries are their worth: 70.00 for E01, half a point
/// more for each next one up to 75.50 for E12, whoever judged them. The plain means have another order: by whom one was judged.
#[actix_web::test]
async fn where_each_judge_sees_some_mildness_is_taken_out_by_least_squares() {
    let world = World::new();
    let method = Method { panels: Panels::LeastSquares, ..plain(3) };
    let hall = Hall::new(&world, 12, 7, "video_prelim", &method).await;
    seat(&hall, (1, 3), &[]).await;
    hall.begin().await;
    assert_eq!(world.number("SELECT COUNT(*) FROM contest_assignments"), 36, "three to an entry");
    let of_judge = "FROM (SELECT COUNT(*) AS n FROM contest_assignments GROUP BY judge_id) AS x";
    assert_eq!(world.number(&format!("SELECT MIN(n) {of_judge}")), 5, "the load is even");
    assert_eq!(world.number(&format!("SELECT MAX(n) {of_judge}")), 6);
    let worth = |code: &str| 70.0 + (code[1..].parse::<f64>().unwrap() - 1.0) / 2.0;
    hand_in(&hall, |judge, code| format!("{:.1}", worth(code) + 4.0 - judge as f64)).await;
    hall.lock().await;
    let file = published(&hall).await;
    let expected: Vec<String> = (1..=12)
        .map(|place| {
            let code = format!("E{:02}", 13 - place);
            let sign = if place <= 3 { " +" } else { "" };
            format!("{code} {place} {:.2}{sign}", worth(&code))
        })
        .collect();
    assert_eq!(lines(&file), expected);
    let raw: Vec<f64> = column(&file, "raw").values().map(|raw| raw.parse().unwrap()).collect();
    assert!(
        raw.windows(2).any(|two| two[0] > two[1]),
        "the plain means would have put them otherwise: {raw:?}"
    );
}

/// Two panels, each with three judges of its own and one who sits in both; three of these four judge an entry. The best of each
/// goes on: a3 with 80, b3 with 95, and not b2, which has 85. Only these two are in the second round. There seven judges give a3
/// 92.5 90 88 91 95 89.5 90, without the highest and the lowest 453/5 = 90.60 (V-TRIM-1), and b3 six times 90 and once 60, which is
/// 90.00 (V-TRIM-2).
#[actix_web::test]
async fn the_best_of_each_panel_go_into_the_second_round_and_only_they() {
    let world = World::new();
    let promote = Promote { per_panel: Some(1), ..untimed(2).promote };
    let preliminaries = Method { panels: Panels::TopOfEach, promote, ..plain(2) };
    let mut hall = Hall::new(&world, 6, 7, "video_prelim", &preliminaries).await;
    let last = untimed(1);
    world.sql(&format!(
        "INSERT INTO contest_rounds (contest_id, position, kind, title, state, panels, sheets_each, judge_load, method, \
         method_sha256, frozen_by, frozen_at, approved_by, approved_at, seed_secret, seed_commit, seed_outside) SELECT contest_id, 2, \
         'final', '决赛', 'waiting', 1, 0, 0, '{json}', '{digest}', frozen_by, frozen_at, approved_by, approved_at, 'second', \
         '{commit}', '' FROM contest_rounds WHERE id = {}",
        hall.round,
        json = last.json().replace('\'', "''"),
        digest = last.digest(),
        commit = lots::commitment("second"),
    ));
    let second = world.number("SELECT MAX(id) FROM contest_rounds");
    let draw = format!("/organize/contests/{}/rounds/{second}/draw", hall.contest);
    seat(&hall, (2, 3), &[(1, "1"), (2, "1"), (3, "1"), (4, "2"), (5, "2"), (6, "2")]).await;
    hall.begin().await;
    assert_eq!(
        world.number("SELECT COUNT(*) FROM contest_assignments"),
        18,
        "three of four judges to an entry"
    );
    let (a, b) = (of_panel(&hall, 1), of_panel(&hall, 2));
    let near: BTreeMap<&str, &str> = a
        .iter()
        .map(String::as_str)
        .zip(["60", "70", "80"])
        .chain(b.iter().map(String::as_str).zip(["75", "85", "95"]))
        .collect();
    hand_in(&hall, |_, code| near[code].to_owned()).await;
    assert_eq!(
        hall.organizer.post(&draw, &[("outside", "4711")]).await.status,
        409,
        "the first round goes on"
    );
    hall.lock().await;
    assert_eq!(world.text("SELECT state FROM contests"), "judging", "another round follows");
    let file = published(&hall).await;
    let expected = [
        format!("{} 1 80.00 +", a[2]),
        format!("{} 1 95.00 +", b[2]),
        format!("{} 2 70.00", a[1]),
        format!("{} 2 85.00", b[1]),
        format!("{} 3 60.00", a[0]),
        format!("{} 3 75.00", b[0]),
    ];
    assert_eq!(lines(&file), expected);
    assert_eq!(hall.organizer.post(&draw, &[("outside", "4711")]).await.status, 409, "it is not final");
    finish(&hall).await;
    let states = entry_states(&world);
    for code in hall.codes() {
        let to = if code == a[2] || code == b[2] { "promoted" } else { "eliminated" };
        assert_eq!(states[&code], to, "{code}");
    }

    // The final, with all seven in one panel.
    for judge in 1..=6 {
        let path = format!("/organize/judges/{}/panel", hall.judge_id(judge));
        done(hall.organizer.post(&path, &[("panel", "")]).await);
    }
    hall.round = second;
    hall.begin().await;
    let mut those = [a[2].as_str(), b[2].as_str()];
    those.sort_unstable();
    let drawn: Vec<String> =
        lots::drawn("second|4711", those.iter().copied()).into_iter().map(|code| code.to_string()).collect();
    assert_eq!(of_panel(&hall, 1), drawn, "these two, in the order of their own lots");
    let sheets = format!("SELECT COUNT(*) FROM contest_assignments WHERE round_id = {second}");
    assert_eq!(world.number(&sheets), 14);
    let first = a[2].clone();
    hand_in(&hall, |judge, code| match code == first {
        true => ["92.5", "90", "88", "91", "95", "89.5", "90"][judge - 1].to_owned(),
        false => ["90", "90", "90", "90", "90", "90", "60"][judge - 1].to_owned(),
    })
    .await;
    hall.lock().await;
    assert_eq!(world.text("SELECT state FROM contests"), "locked");
    let file = published(&hall).await;
    assert_eq!(lines(&file), [format!("{} 1 90.60 +", a[2]), format!("{} 2 90.00", b[2])]);
    finish(&hall).await;
    assert_eq!(world.text("SELECT state FROM contests"), "final");
    let states = entry_states(&world);
    assert_eq!((states[&a[2]].as_str(), states[&b[2]].as_str()), ("awarded", "eliminated"));
    assert_eq!(states.values().filter(|state| *state == "eliminated").count(), 5);
}

/// 8:00 and half a minute of grace; half a point for each half minute that was begun after that, three at the most (V-TIME).
/// E01 has 90 and takes 9:05: 35 s too long, two half minutes, 89.00. E02 has 89.2 and takes 8:30: nothing. E03 has 88 and takes
/// 33:20: three points and no more, 85.00. So E02 is first.
#[actix_web::test]
async fn what_takes_too_long_costs_what_the_rule_says_in_the_published_rows() {
    let world = World::new();
    let hall = Hall::new(&world, 3, 5, "final", &Method::usual(1)).await;
    hall.begin().await;
    hall.submit_all(|_, at| ["90", "89.2", "88"][at].to_owned()).await;
    let path = format!("/score/rounds/{}/hall", hall.round);
    // The first one was typed wrong; what was typed last counts.
    for (code, time) in [("E01", "12:00"), ("E01", "9:05"), ("E02", "8:30"), ("E03", "33:20")] {
        let entry = hall.entry_id(code);
        done(hall.scorer.post(&path, &[("entry", entry.as_str()), ("time", time)]).await);
    }
    hall.lock().await;
    let entry = hall.entry_id("E01");
    let late = hall.scorer.post(&path, &[("entry", entry.as_str()), ("time", "8:00")]).await;
    assert_eq!(late.status, 409, "the clock is locked too");
    let file = published(&hall).await;
    assert_eq!(lines(&file), ["E02 1 89.20 +", "E01 2 89.00", "E03 3 85.00"]);
    let seconds: Vec<Option<i64>> = entry_leaves(&file).iter().map(|leaf| leaf["seconds"].as_i64()).collect();
    assert_eq!(seconds, [Some(545), Some(510), Some(2000)]);
    assert_eq!(column(&file, "raw")["E01"], "89.00", "less the points");
}

/// Four entries with 90 89 88 87 by the judges, and 10 40 40 5 ballots: places 3 1 1 4, equals share one and the next is left out.
/// 0.95·E + 5·(4 − N + 1)/4 (V-AUD-1): E01 85.50 + 2.50 = 88.00, E02 84.55 + 5 = 89.55, E03 83.60 + 5 = 88.60, E04 82.65 + 1.25 =
/// 83.90. So E01 falls from the first place to the third; with the place 2 it would have had 89.25 and stayed before E03.
#[actix_web::test]
async fn ballots_become_places_equals_share_one_and_the_share_moves_the_order() {
    let world = World::new();
    let audience = Audience { share: "0.05".into(), form: AudienceForm::Spread { of: 4 } };
    let method = Method { audience: Some(audience), ..untimed(1) };
    let hall = Hall::new(&world, 4, 5, "final", &method).await;
    hall.begin().await;
    hall.submit_all(|_, at| (90 - at).to_string()).await;
    let ids: Vec<String> = hall.codes().iter().map(|code| hall.entry_id(code)).collect();
    let path = format!("/score/rounds/{}/hall", hall.round);
    let typed = |ballots: [&'static str; 4]| {
        let rows = ids.iter().map(String::as_str).zip(ballots);
        rows.flat_map(|(id, count)| [("entry", id), ("time", ""), ("audience", count)])
            .collect::<Vec<(&str, &str)>>()
    };
    let wrong = hall.scorer.post(&path, &typed(["10", "四十", "40", ""])).await;
    assert_eq!(wrong.status, 422);
    assert_eq!(
        world.number("SELECT COUNT(*) FROM contest_places WHERE audience IS NOT NULL"),
        0,
        "all or none"
    );
    done(hall.scorer.post(&path, &typed(["10", "40", "40", ""])).await);
    let early = hall.scorer.post(&format!("/score/rounds/{}/lock", hall.round), &[]).await;
    assert!(early.status == 409 && early.body.contains("还没有观众票数"), "{}", early.body);
    done(hall.scorer.post(&path, &typed(["", "", "", "5"])).await);
    hall.lock().await;
    let file = published(&hall).await;
    assert_eq!(lines(&file), ["E02 1 89.55 +", "E03 2 88.60", "E01 3 88.00", "E04 4 83.90"]);
    let places: Vec<Option<i64>> =
        entry_leaves(&file).iter().map(|leaf| leaf["audience_place"].as_i64()).collect();
    assert_eq!(places, [Some(3), Some(1), Some(1), Some(4)]);
    assert_eq!(column(&file, "raw")["E01"], "90.00", "what the judges gave is beside it");
}

/// The table of V-ICC (Shrout and Fleiss 1979): six entries, four judges.
const TABLE: [[&str; 4]; 6] = [
    ["9", "2", "5", "8"],
    ["6", "1", "3", "2"],
    ["8", "4", "6", "8"],
    ["7", "1", "2", "6"],
    ["10", "5", "6", "9"],
    ["6", "2", "4", "7"],
];
/// What stands over the section about the judges.
const DIAGNOSIS: &str = "评委的宽严和一致";

/// A locked round with that table.
async fn diagnosed(world: &World) -> Hall<'_> {
    let hall = Hall::new(world, 6, 4, "final", &plain(3)).await;
    hall.begin().await;
    hall.submit_all(|judge, at| TABLE[at][judge - 1].to_owned()).await;
    hall.lock().await;
    hall
}

/// What was computed last, row by row, without the commitments of names, whose salts are new each time.
fn computed(world: &World) -> Vec<String> {
    let rows = world.text(
        "SELECT string_agg(body, '§') FROM (SELECT body FROM ranking_rows WHERE snapshot_id = (SELECT MAX(id) FROM \
         ranking_snapshots) ORDER BY position) AS x",
    );
    rows.split('§')
        .map(|body| {
            let mut row: Value = serde_json::from_str(body).unwrap();
            row.as_object_mut().unwrap().remove("name_commit").unwrap();
            row.to_string()
        })
        .collect()
}

/// Judges' means 7.67 2.50 4.33 6.67 around 5.29: the second one is 2.79 stricter. ICC(3,1) .71, ICC(2,1) .29, ICC(3,4) .91. The
/// means of the entries are 6 3 6.5 4 7.5 4.75, so the order is E05 E03 E01 E06 E04 E02, looked at or not.
#[actix_web::test]
async fn what_the_chief_scorer_sees_of_the_judges_changes_no_row() {
    let world = World::new();
    let hall = diagnosed(&world).await;
    let score = format!("/score/rounds/{}", hall.round);
    done(hall.scorer.post(&format!("{score}/compute"), &[("reason", "")]).await);
    let unseen = computed(&world);
    let page = hall.scorer.get(&format!("{score}/result")).await;
    for shown in [
        DIAGNOSIS,
        ">7.67<",
        ">2.50<",
        ">4.33<",
        ">6.67<",
        ">-2.79<",
        "名次 0.71",
        "分数 0.29",
        "全组平均 0.91",
    ] {
        assert!(page.body.contains(shown), "{shown}: {}", page.body);
    }
    done(hall.scorer.post(&format!("{score}/compute"), &[("reason", "")]).await);
    assert_eq!(computed(&world), unseen, "byte for byte");
    let file = published(&hall).await;
    let expected = ["E05 1 7.50 +", "E03 2 6.50 +", "E01 3 6.00 +", "E06 4 4.75", "E04 5 4.00", "E02 6 3.00"];
    assert_eq!(lines(&file), expected);
    let before = world.visitor().get("/rankings/1/1.json").await.raw;
    assert_eq!(hall.scorer.get(&format!("{score}/result")).await.status, 200);
    assert_eq!(world.visitor().get("/rankings/1/1.json").await.raw, before);
}

/// They are for the chief scorer: whoever publishes, checks, supervises or judges sees the result without them (§5.4, D3).
#[actix_web::test]
async fn nobody_but_the_chief_scorer_sees_how_the_judges_judge() {
    let world = World::new();
    let hall = diagnosed(&world).await;
    let path = format!("/score/rounds/{}/result", hall.round);
    assert!(hall.scorer.get(&path).await.body.contains(DIAGNOSIS));
    for browser in [&hall.judges[0], &world.signed_in("member").await] {
        assert_eq!(browser.get(&path).await.status, 403);
    }
    published(&hall).await;
    for public in ["/rankings/1", "/contests/autumn", "/contests/autumn/record"] {
        assert!(!world.visitor().get(public).await.body.contains(DIAGNOSIS), "{public}");
    }
    let checker = world.signed_in("checker").await;
    for (name, browser) in
        [("organizer", &hall.organizer), ("supervisor", &hall.supervisor), ("checker", &checker)]
    {
        let page = browser.get(&path).await;
        assert_eq!(page.status, 200, "{name}");
        assert!(!page.body.contains(DIAGNOSIS), "{name} sees how the judges judge");
    }
}

/// A request that is sent from a server of its own.
struct Sent {
    cookies: BTreeMap<String, String>,
    path: String,
    fields: Vec<(&'static str, String)>,
}

impl Sent {
    fn by(browser: &Browser<'_>, path: String, fields: &[(&'static str, &str)]) -> Sent {
        Sent {
            cookies: browser.cookies.borrow().clone(),
            path,
            fields: fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
        }
    }
    /// Sent until it is answered with more than that there is no room at the moment.
    async fn go(&self, world: &World) -> Answer {
        let browser = Browser {
            world,
            cookies: RefCell::new(self.cookies.clone()),
            headers: vec![("sec-fetch-site".into(), "same-origin".into())],
        };
        let fields: Vec<(&str, &str)> =
            self.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        for _ in 0..50 {
            let answer = browser.post(&self.path, &fields).await;
            if answer.status != 503 {
                return answer;
            }
            actix_web::rt::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("{} is not answered", self.path)
    }
}

/// Sends all of these at the same moment, each list on a thread and a server of its own over the same database; the answers in the
/// same order.
fn at_once(world: &World, lists: Vec<Vec<Sent>>) -> Vec<Vec<Answer>> {
    let barrier = Barrier::new(lists.len());
    let (url, barrier) = (world.url.as_str(), &barrier);
    std::thread::scope(|scope| {
        let threads: Vec<_> = lists
            .into_iter()
            .map(|list| {
                scope.spawn(move || {
                    let server = World::at(url.to_owned());
                    barrier.wait();
                    actix_web::rt::System::new()
                        .block_on(futures_join(list.iter().map(|one| one.go(&server)).collect()))
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// Accounts for the judges 8 to `last`, of persons who belong nowhere.
fn more_judges(world: &World, last: usize) {
    for number in 8..=last {
        world.sql(&format!(
            "INSERT INTO persons (name, created_at) VALUES ('评委{number}号', '2019-01-01 00:00:00'); \
             INSERT INTO accounts (person_id, username, password_hash, password_set_at, created_at) SELECT p.id, 'judge{number}', \
             a.password_hash, a.password_set_at, a.created_at FROM persons p, accounts a WHERE p.name = '评委{number}号' AND \
             a.username = 'judge1'; \
             INSERT INTO grants (account_id, role, scope_kind, granted_at) SELECT id, 'judge', 'city', '2019-01-01 00:00:00' FROM \
             accounts WHERE username = 'judge{number}'"
        ));
    }
}

#[actix_web::test]
async fn twenty_one_judges_hand_in_three_sheets_each_in_the_same_moment_on_three_servers() {
    let world = World::new();
    more_judges(&world, 21);
    let hall = Hall::new(&world, 3, 21, "final", &untimed(1)).await;
    hall.begin().await;
    let given = |judge: usize, at: usize| format!("{}.{at}", 60 + judge);
    let lists = || {
        let mut lists: Vec<Vec<Sent>> = (0..3).map(|_| vec![]).collect();
        for (at, code) in hall.codes().iter().enumerate() {
            for judge in 1..=21 {
                let (path, score) = (format!("/judge/sheets/{}", hall.sheet(judge, code)), given(judge, at));
                let sheet = fields("1", [&score, &score, &score]);
                lists[judge % 3].push(Sent::by(&hall.judges[judge - 1], path, &sheet));
            }
        }
        lists
    };
    // Twice: whoever has lost the answer sends the same sheet again.
    for time in ["first", "again"] {
        for answer in at_once(&world, lists()).into_iter().flatten() {
            assert_eq!(answer.status, 303, "{time}: {}", answer.body);
        }
        assert_eq!(world.number("SELECT COUNT(*) FROM contest_sheets"), 63, "{time}");
        assert_eq!(
            world
                .number("SELECT COUNT(*) FROM contest_assignments WHERE state = 'submitted' AND version = 1"),
            63
        );
    }
    let steps = "SELECT COUNT(*) FROM contest_assignment_steps WHERE state = 'submitted'";
    assert_eq!(world.number(steps), 63, "each was handed in once");
    for (at, code) in hall.codes().iter().enumerate() {
        for judge in 1..=21 {
            let kept = world.text(&format!(
                "SELECT scores FROM contest_sheets WHERE assignment_id = {}",
                hall.sheet(judge, code)
            ));
            let score = given(judge, at).trim_end_matches(".0").to_owned();
            assert_eq!(kept.matches(&format!("\"{score}\"")).count(), 3, "judge{judge} {code}: {kept}");
        }
    }
    hall.lock().await;
}

#[actix_web::test]
async fn of_all_who_lock_at_once_two_lock_once_and_the_others_are_told() {
    let world = World::new();
    let hall = Hall::new(&world, 3, 5, "final", &untimed(1)).await;
    hall.begin().await;
    hall.submit_all(|_, at| (90 - at).to_string()).await;
    // A second scorer.
    world.sql(
        "INSERT INTO grants (account_id, role, scope_kind, granted_at) SELECT id, 'scorer', 'city', '2019-01-01 00:00:00' FROM \
         accounts WHERE username = 'checker'",
    );
    let other = world.signed_in("checker").await;
    let (lock, second) =
        (format!("/score/rounds/{}/lock", hall.round), format!("/score/rounds/{}/second-lock", hall.round));
    let wave = || {
        let lists = [(&hall.scorer, &lock), (&other, &lock), (&hall.supervisor, &second)]
            .map(|(browser, path)| vec![Sent::by(browser, path.clone(), &[])]);
        let answers = at_once(&world, lists.into());
        let statuses: Vec<u16> = answers.iter().flatten().map(|answer| answer.status.as_u16()).collect();
        assert!(statuses.iter().all(|status| [303, 409].contains(status)), "{statuses:?}");
        statuses.iter().filter(|status| **status == 303).count()
    };
    let steps =
        |what: &str| world.number(&format!("SELECT COUNT(*) FROM contest_steps WHERE what = '{what}'"));
    let mut went = wave();
    assert_eq!(steps("lock_asked"), 1, "one asks");
    assert_eq!(
        went as i64,
        1 + steps("round_locked"),
        "another one makes it at once, or is told to look again"
    );
    if steps("round_locked") == 0 {
        went += wave();
    }
    assert_eq!((went, steps("lock_asked"), steps("round_locked")), (2, 1, 1));
    assert_eq!(
        world.number("SELECT COUNT(*) FROM contest_rounds WHERE state = 'locked' AND lock_by <> locked_by"),
        1
    );
    assert_eq!(wave(), 0, "it is locked");
    assert_eq!((steps("lock_asked"), steps("round_locked")), (1, 1));
    let moved = "SELECT COUNT(*) FROM contest_entry_steps WHERE state = 'scored'";
    assert_eq!(world.number(moved), 3, "each entry was scored once");
}

#[actix_web::test]
async fn a_sheet_that_is_returned_while_it_is_handed_in_is_one_or_the_other_and_both_are_told() {
    let world = World::new();
    let hall = Hall::new(&world, 3, 5, "final", &untimed(1)).await;
    hall.begin().await;
    done(hall.submit(1, "E01", ["70", "70", "70"]).await);
    let id = hall.sheet(1, "E01");
    let (sheet, back) = (format!("/judge/sheets/{id}"), format!("/score/sheets/{id}/return"));
    let state = || {
        let now =
            world.text(&format!("SELECT state || ' ' || version FROM contest_assignments WHERE id = {id}"));
        let (state, version) = now.split_once(' ').unwrap();
        (state.to_owned(), version.parse::<i64>().unwrap())
    };
    let race = |version: i64, score: &str| {
        let (version, reason) = (version.to_string(), [("reason", "与评语不符")]);
        let handed = Sent::by(&hall.judges[0], sheet.clone(), &fields(&version, [score; 3]));
        let returned = Sent::by(&hall.scorer, back.clone(), &reason);
        let mut answers = at_once(&world, vec![vec![handed], vec![returned]]).into_iter().flatten();
        (answers.next().unwrap(), answers.next().unwrap())
    };
    let mut handed_in = vec![(1, "70".to_owned())];
    for n in 1..=4 {
        let (_, version) = state();
        // The same sheet once more while it goes back: it was there already, or is told that it is not that version any more.
        let was = handed_in.last().unwrap().1.clone();
        let (judge, scorer) = race(version, &was);
        done(scorer);
        match judge.status.as_u16() {
            303 => {}
            422 => assert!(judge.body.contains(&was), "what was typed stays: {}", judge.body),
            other => panic!("{other}: {}", judge.body),
        }
        assert_eq!(state(), ("assigned".to_owned(), version + 1));
        // The next version while the scorer returns it: handed in, and perhaps returned after that.
        let next = (70 + n).to_string();
        let (judge, scorer) = race(version + 1, &next);
        done(judge);
        handed_in.push((version + 1, next));
        match scorer.status.as_u16() {
            303 => assert_eq!(state(), ("assigned".to_owned(), version + 2)),
            409 => assert_eq!(state(), ("submitted".to_owned(), version + 1)),
            other => panic!("{other}: {}", scorer.body),
        }
        let (now, version) = state();
        if now == "assigned" {
            done(hall.submit(1, "E01", ["80", "80", "80"]).await);
            handed_in.push((version, "80".to_owned()));
        }
    }
    // Every sheet that was acknowledged is there, under its own version, once; the judge was told of each return.
    let of = format!("contest_sheets WHERE assignment_id = {id}");
    assert_eq!(world.number(&format!("SELECT COUNT(*) FROM {of}")), handed_in.len() as i64);
    for (version, score) in &handed_in {
        let kept = world.text(&format!("SELECT scores FROM {of} AND version = {version}"));
        assert_eq!(kept.matches(&format!("\"{score}\"")).count(), 3, "version {version}: {kept}");
    }
    let told = format!("SELECT COUNT(*) FROM notices WHERE key LIKE 'sheet-{id}-returned-%'");
    assert_eq!(world.number(&told), handed_in.len() as i64 - 1);
}

/// Sends it, and is gone after the server has worked on it so many times.
async fn cut_off(sending: impl Future<Output = Answer>, after: usize) {
    let mut sending = Box::pin(sending);
    let mut left = after;
    std::future::poll_fn(|cx| {
        left -= 1;
        match sending.as_mut().poll(cx) {
            Poll::Pending if left > 0 => Poll::Pending,
            _ => Poll::Ready(()),
        }
    })
    .await;
}

#[actix_web::test]
async fn a_browser_that_is_closed_in_the_middle_sends_the_sheet_again_and_it_is_one() {
    let world = World::new();
    let hall = Hall::new(&world, 3, 5, "final", &untimed(1)).await;
    hall.begin().await;
    let mut times = 0;
    for code in hall.codes() {
        for judge in 1..=5 {
            times += 1;
            let path = format!("/judge/sheets/{}", hall.sheet(judge, &code));
            let sheet = fields("1", ["88", "77.5", "66"]);
            cut_off(hall.judges[judge - 1].post(&path, &sheet), 1 + times % 6).await;
            done(hall.judges[judge - 1].post(&path, &sheet).await);
        }
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM contest_sheets"), 15);
    let steps = "SELECT COUNT(*) FROM contest_assignment_steps WHERE state = 'submitted'";
    assert_eq!(world.number(steps), 15, "handed in once each");
    hall.lock().await;
}
