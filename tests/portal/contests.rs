//! The judges' side of competitions: assignment and conflicts, sheets, the lock by two, the result, objections. domain.md §4.3.
use crate::world::{Answer, Browser, World};
use actix_web::http::Method as Verb;
use weixiao::contests::Method;
use weixiao::scoring::lots;

/// A contest with one round whose entries are screened: its organizer, scorer, supervisor and judges.
pub struct Hall<'a> {
    pub world: &'a World,
    pub contest: i64,
    pub round: i64,
    pub organizer: Browser<'a>,
    pub scorer: Browser<'a>,
    pub supervisor: Browser<'a>,
    pub judges: Vec<Browser<'a>>,
}

/// Persons of the roster who enter, one of each branch as far as there are such.
fn entrants(world: &World, count: usize) -> Vec<(i64, i64)> {
    let list = world.text(&format!(
        "SELECT string_agg(p || ':' || b, ',') FROM (SELECT MIN(person_id) AS p, branch_id AS b FROM memberships \
         WHERE person_id <= 500 GROUP BY branch_id ORDER BY branch_id LIMIT {count}) AS x"
    ));
    let pair = |one: &str| {
        let (person, branch) = one.split_once(':').unwrap();
        (person.parse().unwrap(), branch.parse().unwrap())
    };
    list.split(',').map(pair).collect()
}

impl<'a> Hall<'a> {
    /// `judges` are demo accounts; everybody has accepted, nothing is drawn.
    pub async fn new(
        world: &'a World,
        entries: usize,
        judges: usize,
        kind: &str,
        method: &Method,
    ) -> Hall<'a> {
        let account = |name: &str| format!("(SELECT id FROM accounts WHERE username = '{name}')");
        let day = "2019-09-01";
        world.sql(&format!(
            "INSERT INTO contests (slug, title, summary, rules, opens_on, closes_on, needs_video, notice_days, gold_count, \
             gold_years, state, is_suspended, revision, made_by, created_at, announced_at, closed_at, key) VALUES \
             ('autumn', '秋季微党课赛课', '一堂课讲清楚一件事', '', '{day}', '{day}', false, 5, 2, 2, 'screening', false, 1, {o}, \
             '{day} 00:00:00', '{day} 00:00:00', '{day} 00:00:00', 'autumn-key')",
            o = account("organizer")
        ));
        let contest = world.number("SELECT MAX(id) FROM contests");
        world.sql(&format!("INSERT INTO contest_locks (contest_id, n) VALUES ({contest}, 0)"));
        world.sql(&format!(
            "INSERT INTO contest_rounds (contest_id, position, kind, title, state, panels, sheets_each, judge_load, method, \
             method_sha256, frozen_by, frozen_at, approved_by, approved_at, seed_secret, seed_commit, seed_outside) VALUES \
             ({contest}, 1, '{kind}', '决赛', 'waiting', 1, 0, 0, '{json}', '{digest}', {o}, '{day} 00:00:00', {c}, \
             '{day} 00:00:00', 'secret', '{commit}', '')",
            json = method.json().replace('\'', "''"),
            digest = method.digest(),
            o = account("organizer"),
            c = account("checker"),
            commit = lots::commitment("secret"),
        ));
        let round = world.number("SELECT MAX(id) FROM contest_rounds");
        for (at, (person, branch)) in entrants(world, entries).into_iter().enumerate() {
            world.sql(&format!(
                "INSERT INTO contest_entries (contest_id, entrant_id, branch_id, school_id, alliance_id, title, is_original, \
                 may_broadcast, may_name, state, version, made_by, created_at, submitted_at, key) VALUES ({contest}, {person}, \
                 {branch}, 1, NULL, '第 {at} 件作品', true, true, true, 'screened', 1, {o}, '{day} 00:00:00', '{day} 00:0{m}:{s:02}', \
                 'entry-{at}')",
                m = at / 60,
                s = at % 60,
                o = account("organizer")
            ));
        }
        let mut hall = Hall {
            world,
            contest,
            round,
            organizer: world.signed_in("organizer").await,
            scorer: world.signed_in("scorer").await,
            supervisor: world.signed_in("supervisor").await,
            judges: vec![],
        };
        for number in 1..=judges {
            let name = format!("judge{number}");
            let person = world.text(&format!("SELECT person_id FROM accounts WHERE username = '{name}'"));
            let path = format!("/organize/contests/{contest}/judges");
            let invited = hall.organizer.post(&path, &[("person", &person), ("unit", "水务局")]).await;
            assert_eq!(invited.status, 303, "{}", invited.body);
            let judge = world.signed_in(&name).await;
            let path = format!("/judge/contests/{contest}/answer");
            let accepted = judge.post(&path, &[("answer", "accept"), ("accepts_rules", "yes")]).await;
            assert_eq!(accepted.status, 303, "{}", accepted.body);
            hall.judges.push(judge);
        }
        hall
    }
    /// Draws the lots, assigns, opens the sheets.
    pub async fn begin(&self) {
        let round = format!("/organize/contests/{}/rounds/{}", self.contest, self.round);
        done(self.organizer.post(&format!("{round}/draw"), &[("outside", "4711")]).await);
        done(self.organizer.post(&format!("/organize/rounds/{}/assign", self.round), &[]).await);
        done(self.organizer.post(&format!("{round}/start"), &[]).await);
    }
    /// The sheet of a judge (from 1) for an entry, by its code.
    pub fn sheet(&self, judge: usize, code: &str) -> i64 {
        self.world.number(&format!(
            "SELECT a.id FROM contest_assignments a JOIN contest_judges j ON j.id = a.judge_id JOIN accounts c ON \
             c.person_id = j.person_id JOIN contest_entries e ON e.id = a.entry_id WHERE a.round_id = {} AND c.username = \
             'judge{judge}' AND e.code = '{code}'",
            self.round
        ))
    }
    pub fn codes(&self) -> Vec<String> {
        self.world
            .text("SELECT string_agg(code, ',') FROM (SELECT code FROM contest_entries WHERE code IS NOT NULL ORDER BY code) AS x")
            .split(',')
            .map(str::to_owned)
            .collect()
    }
    /// Hands in a sheet with these three scores, under its present version.
    pub async fn submit(&self, judge: usize, code: &str, scores: [&str; 3]) -> Answer {
        let id = self.sheet(judge, code);
        let version = self.world.text(&format!("SELECT version FROM contest_assignments WHERE id = {id}"));
        self.judges[judge - 1].post(&format!("/judge/sheets/{id}"), &fields(&version, scores)).await
    }
    pub async fn submit_all(&self, scores: impl Fn(usize, usize) -> String) {
        for (at, code) in self.codes().iter().enumerate() {
            for judge in 1..=self.judges.len() {
                let score = scores(judge, at);
                done(self.submit(judge, code, [&score, &score, &score]).await);
            }
        }
    }
    pub async fn lock(&self) {
        done(self.scorer.post(&format!("/score/rounds/{}/lock", self.round), &[]).await);
        done(self.supervisor.post(&format!("/score/rounds/{}/second-lock", self.round), &[]).await);
    }
}

fn fields<'f>(version: &'f str, scores: [&'f str; 3]) -> [(&'static str, &'f str); 6] {
    [
        ("version", version),
        ("s-content", scores[0]),
        ("s-delivery", scores[1]),
        ("s-form", scores[2]),
        ("action", "submit"),
        ("is_sure", "yes"),
    ]
}

/// An action that worked.
pub fn done(answer: Answer) -> Answer {
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer
}

/// A method without a clock: most tests need none.
pub fn untimed(promoted: u32) -> Method {
    Method { time: None, ..Method::usual(promoted) }
}

#[actix_web::test]
async fn lots_are_those_of_the_committed_seed_and_a_hard_conflict_is_never_assigned() {
    let world = World::new();
    let hall = Hall::new(&world, 7, 7, "final", &untimed(2)).await;
    // judge1 is a member of the branch of the third entry: found by the portal.
    world.sql(
        "UPDATE memberships SET branch_id = (SELECT branch_id FROM contest_entries WHERE key = 'entry-2') WHERE person_id = \
         (SELECT person_id FROM accounts WHERE username = 'judge1')",
    );
    hall.begin().await;
    let order = world.text(
        "SELECT string_agg(code, ' ') FROM (SELECT e.code FROM contest_places p JOIN contest_entries e ON e.id = p.entry_id \
         ORDER BY p.lot) AS x",
    );
    let codes = hall.codes();
    let drawn = lots::drawn("secret|4711", codes.iter().map(String::as_str));
    assert_eq!(order, drawn.join(" "));
    assert_eq!(world.text("SELECT kind FROM contest_conflicts WHERE is_hard"), "same_branch");
    let barred = "SELECT COUNT(*) FROM contest_assignments a JOIN contest_conflicts c ON c.judge_id = a.judge_id AND \
                  c.entry_id = a.entry_id WHERE c.is_hard";
    assert_eq!(world.number(barred), 0, "INV-C3");
    assert_eq!(world.number("SELECT COUNT(*) FROM contest_assignments"), 7 * 7 - 1);
    // Nor one by one.
    let (judge, entry) = (
        world.text("SELECT judge_id FROM contest_conflicts WHERE is_hard"),
        world.text("SELECT entry_id FROM contest_conflicts WHERE is_hard"),
    );
    let path = format!("/organize/rounds/{}/assign-one", hall.round);
    assert_eq!(hall.organizer.post(&path, &[("judge", &judge), ("entry", &entry)]).await.status, 409);
    // The supervisor cannot take it away; numbers of judges are a permutation.
    let conflict = world.text("SELECT id FROM contest_conflicts WHERE is_hard");
    let path = format!("/organize/contests/{}/conflicts/remove", hall.contest);
    assert_eq!(hall.supervisor.post(&path, &[("conflict", &conflict), ("reason", "误报")]).await.status, 409);
    assert_eq!(world.text("SELECT string_agg(number || '', '') FROM (SELECT number FROM contest_judges ORDER BY number) AS x"), "1234567");
}

#[actix_web::test]
async fn an_entrant_names_who_should_not_judge_and_learns_nothing_of_the_panel() {
    let world = World::new();
    let hall = Hall::new(&world, 5, 7, "final", &untimed(2)).await;
    world.sql(
        "UPDATE contest_entries SET entrant_id = (SELECT person_id FROM accounts WHERE username = 'member') WHERE key = 'entry-0'",
    );
    let name = world.text(
        "SELECT p.name FROM persons p JOIN accounts a ON a.person_id = p.id WHERE a.username = 'judge1'",
    );
    let member = world.signed_in("member").await;
    let path = "/contests/autumn/entry/recusals";
    let page = member.get(path).await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains(&name), "who judges is not said");
    assert_eq!(world.signed_in("member2").await.get(path).await.status, 404);
    for (who, kind) in
        [("", "kin"), ("林远舟", ""), ("林远舟", "administrative"), ("林远舟", "same_alliance")]
    {
        let said = member.post(path, &[("name", who), ("kind", kind), ("reason", "同住一院")]).await;
        assert_eq!(said.status, 422, "{who} {kind}");
        assert!(said.body.contains("同住一院"), "what was typed stays");
    }
    // A judge and somebody who is none get the same answer.
    let spaced = name.chars().map(String::from).collect::<Vec<_>>().join(" ");
    let judge = member.post(path, &[("name", &spaced), ("kind", "kin"), ("reason", "姐夫")]).await;
    let other = member.post(path, &[("name", "查无此人"), ("kind", "other")]).await;
    assert_eq!((judge.status.as_u16(), other.status.as_u16()), (303, 303));
    assert_eq!(judge.headers.get("location"), other.headers.get("location"));
    assert_eq!(member.post(path, &[("name", "查无此人"), ("kind", "other")]).await.status, 422, "said twice");
    for who in ["林远舟", "沈知渔", "陆青禾"] {
        assert_eq!(member.post(path, &[("name", who), ("kind", "coached")]).await.status, 303, "{who}");
    }
    assert_eq!(
        member.post(path, &[("name", "江一帆"), ("kind", "kin")]).await.status,
        422,
        "five at the most"
    );
    let entry = world.text("SELECT id FROM contest_entries WHERE key = 'entry-0'");
    let conflict = format!(
        "SELECT COUNT(*) FROM contest_conflicts c JOIN contest_judges j ON j.id = c.judge_id JOIN accounts a ON a.person_id = \
         j.person_id JOIN accounts d ON d.id = c.declared_by WHERE c.entry_id = {entry} AND c.is_hard AND c.kind = 'kin' AND \
         a.username = 'judge1' AND d.username = 'member'"
    );
    assert_eq!(world.number(&conflict), 1);
    let panel = hall.supervisor.get(&format!("/organize/contests/{}/judges", hall.contest)).await.body;
    assert!(panel.contains("查无此人") && panel.contains("姐夫"), "the supervisor sees what was said");
    hall.begin().await;
    let given = format!(
        "SELECT COUNT(*) FROM contest_assignments s JOIN contest_judges j ON j.id = s.judge_id JOIN accounts a ON a.person_id = \
         j.person_id WHERE s.entry_id = {entry} AND a.username = 'judge1'"
    );
    assert_eq!(world.number(&given), 0, "INV-C3");
    // Once sheets are open it is an objection.
    assert!(!member.get(path).await.body.contains("name=\"reason\""));
    assert_eq!(member.post(path, &[("name", "江一帆"), ("kind", "kin")]).await.status, 422);
    assert!(world.try_sql("DELETE FROM recusal_requests").is_err());
}

#[actix_web::test]
async fn a_sheet_is_checked_kept_on_mistakes_sealed_when_handed_in_and_returned_only_before_the_lock() {
    let world = World::new();
    let hall = Hall::new(&world, 5, 5, "final", &untimed(2)).await;
    hall.begin().await;
    let id = hall.sheet(1, "E01");
    let (path, judge) = (format!("/judge/sheets/{id}"), &hall.judges[0]);
    assert!(judge.get(&path).await.body.contains("内容"));
    // A gap, a score out of its scale, a step that is none: kept as typed, nothing is handed in.
    for wrong in [["90", "80", ""], ["90", "80", "101"], ["90", "80.05", "80"], ["九十", "80", "80"]] {
        let answer = hall.submit(1, "E01", wrong).await;
        assert_eq!(answer.status, 422, "{wrong:?}");
        assert!(answer.body.contains(&format!("value=\"{}\"", wrong[0])), "what was typed stays");
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM contest_sheets"), 0);
    // Drafts: an older one does not overwrite a newer one.
    for (stamp, score) in [("2000", "88"), ("1000", "11")] {
        let body = [("version", "1"), ("stamp", stamp), ("s-content", score)];
        assert_eq!(judge.post(&format!("{path}/draft"), &body).await.status, 204);
    }
    assert!(judge.get(&path).await.body.contains("value=\"88\""));
    done(hall.submit(1, "E01", ["90", "80.5", "77.7"]).await);
    // The same again is the same; another one is refused, and so is a draft.
    done(hall.submit(1, "E01", ["90", "80.5", "77.7"]).await);
    let other = hall.submit(1, "E01", ["91", "80.5", "77.7"]).await;
    assert_eq!(other.status, 422);
    assert!(other.body.contains("提交后不能改"), "{}", other.body);
    let late = judge
        .post(&format!("{path}/draft"), &[("version", "1"), ("stamp", "9999"), ("s-content", "1")])
        .await;
    assert_eq!(late.status, 409);
    assert_eq!(world.number("SELECT COUNT(*) FROM contest_sheets"), 1);
    assert!(world.try_sql("UPDATE contest_sheets SET scores = '{}'").is_err(), "INV-C6");
    // Somebody else's sheet is not found, and nobody but the judge sees a score.
    assert_eq!(hall.judges[1].get(&path).await.status, 404);
    assert_eq!(hall.judges[1].post(&path, &fields("1", ["1", "1", "1"])).await.status, 404);
    for browser in [&hall.organizer, &hall.scorer, &hall.supervisor] {
        let board = browser.get(&format!("/score/rounds/{}", hall.round)).await;
        assert_eq!(board.status, 200);
        assert!(!board.body.contains("77.7") && !board.body.contains("85."), "INV-C7");
        assert_eq!(browser.get(&format!("/score/rounds/{}/result", hall.round)).await.status, 404);
    }
    // Returned with a reason while the judge has the old page open: told so, and what was typed stays.
    let path = format!("/score/sheets/{id}/return");
    assert_eq!(hall.scorer.post(&path, &[("reason", " ")]).await.status, 409);
    done(hall.scorer.post(&path, &[("reason", "形式一项与评语不符")]).await);
    let stale = judge.post(&format!("/judge/sheets/{id}"), &fields("1", ["92", "80.5", "77.7"])).await;
    assert_eq!(stale.status, 422);
    assert!(
        stale.body.contains("value=\"92\"") && stale.body.contains("形式一项与评语不符"),
        "{}",
        stale.body
    );
    done(hall.submit(1, "E01", ["90", "80.5", "70"]).await);
    assert_eq!(world.number("SELECT COUNT(*) FROM contest_sheets"), 2, "the first one stays");
    assert_eq!(
        world.number(&format!("SELECT MAX(version) FROM contest_sheets WHERE assignment_id = {id}")),
        2
    );
}

#[actix_web::test]
async fn a_judge_far_from_the_others_is_asked_once() {
    let world = World::new();
    let hall = Hall::new(&world, 5, 5, "final", &untimed(2)).await;
    hall.begin().await;
    for judge in 1..=3 {
        done(hall.submit(judge, "E01", ["90", "90", "90"]).await);
    }
    let path = format!("/judge/sheets/{}", hall.sheet(4, "E01"));
    let unsure: Vec<_> =
        fields("1", ["79.9", "79.9", "79.9"]).into_iter().filter(|one| one.0 != "is_sure").collect();
    let asked = hall.judges[3].post(&path, &unsure).await;
    assert_eq!(asked.status, 422);
    assert!(asked.body.contains("is_sure") && asked.body.contains("value=\"79.9\""), "{}", asked.body);
    assert!(
        !asked.body.contains("90.0") && !asked.body.contains("\"90\""),
        "what the others gave is not said"
    );
    let near: Vec<_> = fields("1", ["80", "80", "80"]).into_iter().filter(|one| one.0 != "is_sure").collect();
    done(hall.judges[3].post(&path, &near).await);
    done(hall.submit(5, "E01", ["50", "50", "50"]).await);
}

#[actix_web::test]
async fn paper_is_typed_by_two_and_only_the_same_scores_are_handed_in() {
    let world = World::new();
    let hall = Hall::new(&world, 5, 5, "final", &untimed(2)).await;
    hall.begin().await;
    let id = hall.sheet(2, "E03");
    let (first, second) = (format!("/score/sheets/{id}/paper"), format!("/score/sheets/{id}/second-paper"));
    let typed = |form| [("s-content", "90"), ("s-delivery", "80"), ("s-form", form)];
    assert!(done(hall.scorer.post(&first, &typed("70")).await).location.unwrap().contains("paper-once"));
    // Typed twice by the same person is once.
    assert!(done(hall.scorer.post(&first, &typed("70")).await).location.unwrap().contains("paper-once"));
    let differs = hall.supervisor.post(&second, &typed("71")).await;
    assert_eq!(differs.status, 422);
    assert!(!differs.body.contains("value=\"70\""), "the other's scores are not shown");
    assert_eq!(world.number("SELECT COUNT(*) FROM contest_sheets"), 0);
    assert!(done(hall.supervisor.post(&second, &typed("70")).await).location.unwrap().contains("paper-done"));
    assert_eq!(world.number("SELECT COUNT(*) FROM contest_sheets WHERE is_paper"), 1);
    // The judge's own page says so.
    assert!(hall.judges[1].get(&format!("/judge/sheets/{id}")).await.body.contains("已交"));
}

#[actix_web::test]
async fn the_lock_is_made_by_two_after_every_sheet_is_in_recused_or_missing() {
    let world = World::new();
    let hall = Hall::new(&world, 5, 5, "final", &untimed(2)).await;
    hall.begin().await;
    let lock = format!("/score/rounds/{}/lock", hall.round);
    assert_eq!(hall.scorer.post(&lock, &[]).await.status, 409, "sheets are open");
    for (at, code) in hall.codes().iter().enumerate() {
        for judge in 1..=5 {
            match (judge, at) {
                (1, 0) => {
                    let path = format!("/judge/sheets/{}/recuse", hall.sheet(1, code));
                    assert_eq!(hall.judges[0].post(&path, &[("kind", "")]).await.status, 422);
                    done(hall.judges[0].post(&path, &[("kind", "kin"), ("recusal", "私下的原因")]).await);
                }
                (2, 0) => {
                    let path = format!("/score/sheets/{}/missing", hall.sheet(2, code));
                    done(hall.scorer.post(&path, &[("reason", "评委临时有事")]).await);
                }
                _ => {
                    let score = (90 - at).to_string();
                    done(hall.submit(judge, code, [&score, &score, &score]).await);
                }
            }
        }
    }
    assert_eq!(hall.judges[0].post(&lock, &[]).await.status, 403);
    done(hall.scorer.post(&lock, &[]).await);
    assert_eq!(hall.scorer.post(&lock, &[]).await.status, 409, "not by the same person");
    assert_eq!(world.text("SELECT state FROM contest_rounds"), "judging");
    done(hall.supervisor.post(&format!("/score/rounds/{}/second-lock", hall.round), &[]).await);
    assert_eq!(world.text("SELECT state FROM contest_rounds"), "locked");
    assert_eq!(world.text("SELECT state FROM contests"), "locked");
    assert_eq!(hall.scorer.post(&lock, &[]).await.status, 409);
    // Nothing moves any more.
    let id = hall.sheet(3, "E01");
    assert_eq!(hall.scorer.post(&format!("/score/sheets/{id}/return"), &[("reason", "x")]).await.status, 409);
    assert_eq!(hall.submit(1, "E01", ["1", "1", "1"]).await.status, 422);
    let missing = hall.sheet(2, "E01");
    assert_eq!(hall.submit(2, "E01", ["1", "1", "1"]).await.status, 422, "{missing}");
    let result = hall.scorer.get(&format!("/score/rounds/{}/result", hall.round)).await;
    assert!(result.body.contains("90.00") && result.body.contains("评委少"), "{}", result.body);
    // The reason of a recusal is nobody's but the supervisor's.
    for browser in [&hall.organizer, &hall.scorer, &hall.judges[2]] {
        for path in [format!("/organize/contests/{}/judges", hall.contest), "/contests/autumn".into()] {
            assert!(!browser.get(&path).await.body.contains("私下的原因"), "{path}");
        }
    }
}

#[actix_web::test]
async fn twenty_one_sheets_in_the_same_moment_are_twenty_one_sheets_and_two_locks_are_one() {
    let world = World::new();
    let hall = Hall::new(&world, 3, 7, "final", &untimed(2)).await;
    hall.begin().await;
    let codes = hall.codes();
    let all = codes.iter().flat_map(|code| (1..=7).map(move |judge| (judge, code)));
    let sent = all.clone().map(|(judge, code)| hall.submit(judge, code, ["90", "88.8", "70.1"]));
    let answers = futures_join(sent.collect()).await;
    assert!(answers.iter().all(|answer| answer.status == 303));
    assert_eq!(world.number("SELECT COUNT(*) FROM contest_sheets"), 21);
    // Again, all at once: nothing is doubled.
    let again =
        futures_join(all.map(|(judge, code)| hall.submit(judge, code, ["90", "88.8", "70.1"])).collect())
            .await;
    assert!(again.iter().all(|answer| answer.status == 303));
    assert_eq!(world.number("SELECT COUNT(*) FROM contest_sheets"), 21);
    let (lock, second) =
        (format!("/score/rounds/{}/lock", hall.round), format!("/score/rounds/{}/second-lock", hall.round));
    let two = futures_join(vec![
        Box::pin(hall.scorer.post(&lock, &[])) as std::pin::Pin<Box<dyn Future<Output = Answer>>>,
        Box::pin(hall.supervisor.post(&second, &[])),
    ])
    .await;
    // One asks, the other makes it or is told to look again; never does one person do both.
    assert!(two.iter().any(|answer| answer.status == 303));
    if world.text("SELECT state FROM contest_rounds") == "judging" {
        assert!(two.iter().any(|answer| answer.status == 409), "{two:?}");
        let asked = world.number("SELECT lock_by FROM contest_rounds");
        let scorer = world.number("SELECT id FROM accounts WHERE username = 'scorer'");
        let (other, path) = if asked == scorer { (&hall.supervisor, &second) } else { (&hall.scorer, &lock) };
        done(other.post(path, &[]).await);
    }
    assert_eq!(world.text("SELECT state FROM contest_rounds"), "locked");
    assert_eq!(world.number("SELECT COUNT(*) FROM contest_rounds WHERE lock_by <> locked_by"), 1);
}

/// All of these, side by side on this thread.
async fn futures_join<F: Future<Output = Answer>>(futures: Vec<F>) -> Vec<Answer> {
    let mut waiting: Vec<_> = futures.into_iter().map(|one| Some(Box::pin(one))).collect();
    let mut answers: Vec<Option<Answer>> = waiting.iter().map(|_| None).collect();
    std::future::poll_fn(move |cx| {
        for (slot, answer) in waiting.iter_mut().zip(&mut answers) {
            if let Some(future) = slot
                && let std::task::Poll::Ready(found) = future.as_mut().poll(cx)
            {
                *answer = Some(found);
                *slot = None;
            }
        }
        match waiting.iter().all(Option::is_none) {
            true => std::task::Poll::Ready(answers.iter_mut().map(|answer| answer.take().unwrap()).collect()),
            false => std::task::Poll::Pending,
        }
    })
    .await
}

/// No order of actions shows a score before the lock, counts a conflicted sheet or changes a locked one (issue 6, item 7).
#[actix_web::test]
async fn whatever_order_things_happen_in_scores_stay_sealed_conflicts_stay_out_and_locked_sheets_stay() {
    for seed in [1_u64, 7, 42] {
        let world = World::new();
        let hall = Hall::new(&world, 3, 5, "final", &untimed(1)).await;
        hall.begin().await;
        let codes = hall.codes();
        let mut state = seed;
        let mut dice = |sides: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % sides
        };
        let mut locked: Option<String> = None;
        const SECRET: &str = "61.7";
        for _ in 0..90 {
            let (judge, code) = (dice(5) as usize + 1, &codes[dice(3) as usize]);
            let id = hall.sheet(judge, code);
            let round = hall.round;
            match dice(9) {
                0..=2 => drop(hall.submit(judge, code, [SECRET, SECRET, SECRET]).await),
                3 => {
                    drop(
                        hall.judges[judge - 1]
                            .post(&format!("/judge/sheets/{id}/recuse"), &[("kind", "kin")])
                            .await,
                    );
                }
                4 => {
                    drop(hall.scorer.post(&format!("/score/sheets/{id}/return"), &[("reason", "再看")]).await)
                }
                5 => drop(
                    hall.scorer.post(&format!("/score/sheets/{id}/missing"), &[("reason", "未到")]).await,
                ),
                6 => {
                    let find = |what: &str| {
                        world.text(&format!("SELECT {what}_id FROM contest_assignments WHERE id = {id}"))
                    };
                    let (judge, entry) = (find("judge"), find("entry"));
                    let path = format!("/organize/contests/{}/conflicts", hall.contest);
                    let kind = if dice(2) == 0 { "same_unit" } else { "same_alliance" };
                    drop(
                        hall.supervisor
                            .post(&path, &[("judge", &judge), ("entry", &entry), ("kind", kind)])
                            .await,
                    );
                }
                7 => drop(hall.scorer.post(&format!("/score/rounds/{round}/lock"), &[]).await),
                _ => drop(hall.supervisor.post(&format!("/score/rounds/{round}/second-lock"), &[]).await),
            }
            let counted = "SELECT COALESCE(string_agg(a.id || ':' || a.state || ':' || s.scores, '|'), '') FROM (SELECT * FROM \
                           contest_assignments ORDER BY id) AS a LEFT JOIN contest_sheets s ON s.assignment_id = a.id AND \
                           s.version = a.version WHERE a.state = 'submitted'";
            if world.text("SELECT state FROM contest_rounds") == "judging" {
                for (reader, path) in [
                    (&hall.organizer, format!("/score/rounds/{round}")),
                    (&hall.scorer, format!("/score/rounds/{round}/result")),
                    (&hall.supervisor, format!("/organize/contests/{}/judges", hall.contest)),
                    (&hall.judges[judge % 5], format!("/judge/sheets/{id}")),
                    (&hall.organizer, "/contests/autumn".into()),
                ] {
                    assert!(!reader.get(&path).await.body.contains(SECRET), "seed {seed}: {path}");
                }
            } else {
                let now = world.text(counted);
                assert_eq!(*locked.get_or_insert(now.clone()), now, "seed {seed}: a locked sheet changed");
            }
            let conflicted = "SELECT COUNT(*) FROM contest_assignments a JOIN contest_conflicts c ON c.judge_id = a.judge_id AND \
                              c.entry_id = a.entry_id WHERE c.is_hard AND c.removed_at IS NULL AND a.state = 'submitted' AND \
                              (a.locked_at IS NULL OR c.at <= a.locked_at)";
            assert_eq!(world.number(conflicted), 0, "seed {seed}: a conflicted sheet counts");
            let doubled = "SELECT COUNT(*) FROM (SELECT assignment_id FROM contest_sheets GROUP BY assignment_id, version HAVING \
                           COUNT(*) > 1) AS x";
            assert_eq!(world.number(doubled), 0);
        }
    }
}

#[actix_web::test]
async fn each_duty_is_its_own_and_a_grant_for_another_contest_opens_nothing() {
    let world = World::new();
    let hall = Hall::new(&world, 5, 5, "final", &untimed(2)).await;
    hall.begin().await;
    let member = world.signed_in("member").await;
    for path in ["/judge", "/score", &format!("/score/rounds/{}", hall.round)] {
        assert_eq!(member.get(path).await.status, 403, "{path}");
        assert_eq!(world.visitor().get(path).await.status, 303, "{path}");
    }
    // A judge of another contest sees nothing of this one.
    assert_eq!(
        world.signed_in("judge6").await.get(&format!("/judge/contests/{}", hall.contest)).await.status,
        404
    );
    world.sql(
        "UPDATE grants SET scope_kind = 'contest', scope_id = 999 WHERE account_id = (SELECT id FROM accounts WHERE username = \
         'scorer')",
    );
    let scorer = world.signed_in("scorer").await;
    assert_eq!(scorer.get(&format!("/score/rounds/{}", hall.round)).await.status, 404);
    let id = hall.sheet(1, "E01");
    for (path, fields) in [
        (format!("/score/sheets/{id}/missing"), vec![("reason", "x")]),
        (format!("/score/sheets/{id}/return"), vec![("reason", "x")]),
        (format!("/score/rounds/{}/lock", hall.round), vec![]),
    ] {
        let answer = scorer
            .send(Verb::POST, &path, Some(fields.iter().map(|(n, v)| format!("{n}={v}")).collect()), &[])
            .await;
        assert_eq!(answer.status, 404, "{path}");
    }
}
