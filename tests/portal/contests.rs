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
            hall.invite(number).await;
        }
        hall
    }
    /// Invites the next judge, who accepts.
    pub async fn invite(&mut self, number: usize) {
        let (world, contest) = (self.world, self.contest);
        let name = format!("judge{number}");
        let person = world.text(&format!("SELECT person_id FROM accounts WHERE username = '{name}'"));
        let path = format!("/organize/contests/{contest}/judges");
        let invited = self.organizer.post(&path, &[("person", &person), ("unit", "水务局")]).await;
        assert_eq!(invited.status, 303, "{}", invited.body);
        let judge = world.signed_in(&name).await;
        let path = format!("/judge/contests/{contest}/answer");
        let accepted = judge.post(&path, &[("answer", "accept"), ("accepts_rules", "yes")]).await;
        assert_eq!(accepted.status, 303, "{}", accepted.body);
        self.judges.push(judge);
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
        let id = self.find_sheet(judge, code);
        assert!(id > 0, "judge{judge} was not assigned {code}");
        id
    }
    /// The same; nought where the judge was not assigned the entry.
    pub fn find_sheet(&self, judge: usize, code: &str) -> i64 {
        self.world.number(&format!(
            "SELECT COALESCE(MAX(a.id), 0) FROM contest_assignments a JOIN contest_judges j ON j.id = a.judge_id JOIN accounts c \
             ON c.person_id = j.person_id JOIN contest_entries e ON e.id = a.entry_id WHERE a.round_id = {} AND c.username = \
             'judge{judge}' AND e.code = '{code}'",
            self.round
        ))
    }
    pub fn judge_id(&self, judge: usize) -> String {
        self.world.text(&format!(
            "SELECT j.id FROM contest_judges j JOIN accounts a ON a.person_id = j.person_id WHERE j.contest_id = {} AND \
             a.username = 'judge{judge}'",
            self.contest
        ))
    }
    pub fn entry_id(&self, code: &str) -> String {
        self.world.text(&format!(
            "SELECT id FROM contest_entries WHERE contest_id = {} AND code = '{code}'",
            self.contest
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

/// A sheet as its form sends it.
pub fn fields<'f>(version: &'f str, scores: [&'f str; 3]) -> [(&'static str, &'f str); 6] {
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
    // Drafts: one that does not know what is there does not overwrite it, and that is said.
    for (stamp, score, status) in [("2000", "88", 204), ("1000", "11", 409), ("3000", "12", 409)] {
        let body = [("version", "1"), ("stamp", stamp), ("base", "0"), ("s-content", score)];
        assert_eq!(judge.post(&format!("{path}/draft"), &body).await.status, status, "{score}");
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

/// What a device sends by itself while a sheet is filled in, under its own clock; `base` are the drafts that it knows.
async fn autosaved(judge: &Browser<'_>, path: &str, (stamp, base, score): (&str, &str, &str)) -> Answer {
    let body = [("version", "1"), ("stamp", stamp), ("base", base), ("s-content", score)];
    judge.post(&format!("{path}/draft"), &body).await
}

#[actix_web::test]
async fn of_two_devices_with_different_clocks_none_overwrites_the_others_draft_and_each_is_told() {
    let world = World::new();
    let hall = Hall::new(&world, 5, 5, "final", &untimed(2)).await;
    hall.begin().await;
    let path = format!("/judge/sheets/{}", hall.sheet(1, "E01"));
    let judge = &hall.judges[0];
    let base = |page: &Answer| page.between("name=\"base\" value=\"", "\"").to_owned();
    let kept = || world.text("SELECT scores FROM contest_drafts");
    assert_eq!(base(&judge.get(&path).await), "0");
    // Both have opened the page before; the first one's clock is a year ahead.
    assert_eq!(autosaved(judge, &path, ("9000000", "0", "88")).await.status, 204);
    for (stamp, why) in [("1000", "its clock is late"), ("9900000", "nor with a clock that is early")] {
        let told = autosaved(judge, &path, (stamp, "0", "11")).await;
        assert_eq!(told.status, 409, "{why}");
        assert!(told.body.contains("另一台设备") && !told.body.contains("<html"), "{}", told.body);
        assert!(kept().contains("88"), "{why}: {}", kept());
    }
    // Opened anew the second one knows what is there, and goes on from it, late as its clock is.
    let page = judge.get(&path).await;
    assert!(page.body.contains("value=\"88\""));
    assert_eq!(autosaved(judge, &path, ("1000", &base(&page), "77")).await.status, 204);
    assert!(judge.get(&path).await.body.contains("value=\"77\""), "what was acknowledged is there");
    // The same once more, because its answer was lost; and now it is the first device that is told.
    assert_eq!(autosaved(judge, &path, ("1000", &base(&page), "77")).await.status, 204);
    assert_eq!(autosaved(judge, &path, ("9100000", "9000000", "89")).await.status, 409);
    assert!(kept().contains("77"), "{}", kept());
}

#[actix_web::test]
async fn a_draft_that_a_bad_line_delays_does_not_overwrite_what_came_after_it() {
    let world = World::new();
    let hall = Hall::new(&world, 5, 5, "final", &untimed(2)).await;
    hall.begin().await;
    let path = format!("/judge/sheets/{}", hall.sheet(1, "E01"));
    let judge = &hall.judges[0];
    // Kept, but the answer was lost: the next one names it as one that may be there.
    assert_eq!(autosaved(judge, &path, ("100", "0", "81")).await.status, 204);
    assert_eq!(autosaved(judge, &path, ("300", "0,100,200", "83")).await.status, 204);
    // The one between them comes last.
    assert_eq!(autosaved(judge, &path, ("200", "0,100", "82")).await.status, 409);
    assert!(judge.get(&path).await.body.contains("value=\"83\""));
    // What is no stamp is none, and breaks nothing.
    let most = i64::MAX.to_string();
    assert_eq!(autosaved(judge, &path, (&most, &format!("x,-1,{most}"), "1")).await.status, 409);
    assert!(judge.get(&path).await.body.contains("value=\"83\""));
}

/// The button for drafts, without JavaScript.
async fn pressed(judge: &Browser<'_>, path: &str, base: &str) -> Answer {
    let draft = [("version", "1"), ("stamp", "0"), ("base", base), ("s-content", "66"), ("action", "draft")];
    judge.post(path, &draft).await
}

#[actix_web::test]
async fn the_button_for_drafts_asks_before_it_takes_the_place_of_another_devices() {
    let world = World::new();
    let hall = Hall::new(&world, 5, 5, "final", &untimed(2)).await;
    hall.begin().await;
    let path = format!("/judge/sheets/{}", hall.sheet(1, "E01"));
    let judge = &hall.judges[0];
    assert_eq!(autosaved(judge, &path, ("5000", "0", "88")).await.status, 204);
    let told = pressed(judge, &path, "0").await;
    assert_eq!(told.status, 422);
    assert!(told.body.contains("另一台设备") && told.body.contains("value=\"66\""), "{}", told.body);
    assert!(world.text("SELECT scores FROM contest_drafts").contains("88"));
    // Pressed again on that page it is meant; and a double click is one.
    let base = told.between("name=\"base\" value=\"", "\"").to_owned();
    for _ in 0..2 {
        done(pressed(judge, &path, &base).await);
    }
    assert!(judge.get(&path).await.body.contains("value=\"66\""));
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
    assert_eq!(world.number("SELECT COUNT(*) FROM contest_sheets"), 3);
    // Another total, as far away: taken as it is, so nobody tries totals until they know the middle of the others' (INV-C7).
    let other: Vec<_> =
        fields("1", ["60", "60", "60"]).into_iter().filter(|one| one.0 != "is_sure").collect();
    done(hall.judges[3].post(&path, &other).await);
    assert_eq!(world.number("SELECT COUNT(*) FROM contest_sheets"), 4);
    // Who is not far is not asked, nor who has looked again already.
    let near: Vec<_> = fields("1", ["80", "80", "80"]).into_iter().filter(|one| one.0 != "is_sure").collect();
    done(hall.judges[4].post(&format!("/judge/sheets/{}", hall.sheet(5, "E01")), &near).await);
    for judge in 1..=3 {
        done(hall.submit(judge, "E02", ["90", "90", "90"]).await);
    }
    done(hall.submit(5, "E02", ["50", "50", "50"]).await);
    // A sheet that was returned is another one: asked once more.
    let id = hall.sheet(4, "E01");
    done(hall.scorer.post(&format!("/score/sheets/{id}/return"), &[("reason", "请再看")]).await);
    for (score, status) in [("60", 422), ("61", 303)] {
        let again: Vec<_> =
            fields("2", [score, score, score]).into_iter().filter(|one| one.0 != "is_sure").collect();
        assert_eq!(hall.judges[3].post(&path, &again).await.status, status, "{score}");
    }
}

/// Gives a demo account one more role: city-wide, or in one contest.
fn appoint(world: &World, name: &str, role: &str, contest: Option<i64>) {
    let scope = contest.map_or("'city', NULL".to_owned(), |id| format!("'contest', {id}"));
    world.sql(&format!(
        "INSERT INTO grants (account_id, role, scope_kind, scope_id, granted_at) VALUES ((SELECT id FROM accounts WHERE \
         username = '{name}'), '{role}', {scope}, '2020-01-01 00:00:00')"
    ));
}

#[actix_web::test]
async fn who_keeps_scores_or_supervises_is_not_invited_as_a_judge() {
    let world = World::new();
    let hall = Hall::new(&world, 5, 4, "final", &untimed(2)).await;
    appoint(&world, "judge5", "scorer", None);
    appoint(&world, "judge6", "supervisor", Some(hall.contest));
    appoint(&world, "judge7", "scorer", Some(hall.contest + 1));
    let path = format!("/organize/contests/{}/judges", hall.contest);
    let person =
        |name: &str| world.text(&format!("SELECT person_id FROM accounts WHERE username = '{name}'"));
    for name in ["judge5", "judge6"] {
        let refused = hall.organizer.post(&path, &[("person", &person(name)), ("unit", "档案馆")]).await;
        assert_eq!(refused.status, 422, "{name}");
        assert!(
            refused.body.contains("不能是同一个人") && refused.body.contains("档案馆"),
            "{}",
            refused.body
        );
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM contest_judges WHERE state = 'accepted'"), 4);
    // A duty in another contest is none here; one that came after the invitation is.
    done(hall.organizer.post(&path, &[("person", &person("judge7")), ("unit", "档案馆")]).await);
    appoint(&world, "judge7", "supervisor", Some(hall.contest));
    let judge = world.signed_in("judge7").await;
    let answer = format!("/judge/contests/{}/answer", hall.contest);
    assert_eq!(judge.post(&answer, &[("answer", "accept"), ("accepts_rules", "yes")]).await.status, 409);
    assert_eq!(world.number("SELECT COUNT(*) FROM contest_judges WHERE state = 'accepted'"), 4);
    done(judge.post(&answer, &[("answer", "decline")]).await);
}

#[actix_web::test]
async fn a_judge_who_is_made_scorer_or_supervisor_leaves_sheets_and_lock_to_others() {
    let world = World::new();
    let hall = Hall::new(&world, 5, 5, "final", &untimed(2)).await;
    hall.begin().await;
    appoint(&world, "judge1", "scorer", None);
    appoint(&world, "judge2", "supervisor", Some(hall.contest));
    let (scorer, supervisor) = (world.signed_in("judge1").await, world.signed_in("judge2").await);
    let own = "您是这次赛课的评委";
    let (first, second) = (hall.sheet(3, "E01"), hall.sheet(4, "E01"));
    let typed = [("s-content", "90"), ("s-delivery", "80"), ("s-form", "70")];
    for (hand, path) in [
        (&scorer, format!("/score/sheets/{first}/paper")),
        (&supervisor, format!("/score/sheets/{first}/second-paper")),
    ] {
        let refused = hand.post(&path, &typed).await;
        assert_eq!(refused.status, 422, "{path}");
        assert!(refused.body.contains(own) && refused.body.contains("value=\"70\""), "{}", refused.body);
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM contest_papers"), 0);
    let refused = scorer.post(&format!("/score/sheets/{second}/missing"), &[("reason", "未到")]).await;
    assert!(refused.status == 409 && refused.body.contains(own), "{}", refused.body);
    hall.submit_all(|_, at| (90 - at).to_string()).await;
    let refused = scorer.post(&format!("/score/sheets/{first}/return"), &[("reason", "再看")]).await;
    assert!(refused.status == 409 && refused.body.contains(own), "{}", refused.body);
    assert_eq!(
        world.number("SELECT COUNT(*) FROM contest_assignments WHERE state <> 'submitted' OR version <> 1"),
        0
    );
    // Neither the first hand of the lock nor the second.
    let (lock, second) =
        (format!("/score/rounds/{}/lock", hall.round), format!("/score/rounds/{}/second-lock", hall.round));
    let refused = scorer.post(&lock, &[]).await;
    assert!(refused.status == 409 && refused.body.contains(own), "{}", refused.body);
    assert_eq!(world.number("SELECT COUNT(*) FROM contest_rounds WHERE lock_by IS NULL"), 1);
    done(hall.scorer.post(&lock, &[]).await);
    let refused = supervisor.post(&second, &[]).await;
    assert!(refused.status == 409 && refused.body.contains(own), "{}", refused.body);
    assert_eq!(world.text("SELECT state FROM contest_rounds"), "judging");
    done(hall.supervisor.post(&second, &[]).await);
    assert_eq!(world.text("SELECT state FROM contest_rounds"), "locked");
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
pub async fn futures_join<F: Future<Output = Answer>>(futures: Vec<F>) -> Vec<Answer> {
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

/// What somebody may try while sheets are open, and afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Submit,
    Draft,
    Autosave,
    Recuse,
    /// A conflict that the judge declares, and one that the supervisor does.
    Declare,
    Note,
    Return,
    Missing,
    Awaited,
    Paper,
    SecondPaper,
    AssignOne,
    Withdraw,
    Lock,
    SecondLock,
    Unlock,
    SecondUnlock,
}

/// What steps are drawn from: what judges do oftener than the rest.
const DECK: [Act; 23] = [
    Act::Submit,
    Act::Submit,
    Act::Submit,
    Act::Submit,
    Act::Submit,
    Act::Draft,
    Act::Autosave,
    Act::Recuse,
    Act::Declare,
    Act::Note,
    Act::Return,
    Act::Return,
    Act::Missing,
    Act::Awaited,
    Act::Paper,
    Act::SecondPaper,
    Act::AssignOne,
    Act::AssignOne,
    Act::Withdraw,
    Act::Lock,
    Act::SecondLock,
    Act::Unlock,
    Act::SecondUnlock,
];

/// Each of these works in this order, on an open round: so no run is without one that did something.
const FIRST: [(Act, usize, &str); 15] = [
    (Act::Draft, 1, "E02"),
    (Act::Autosave, 1, "E02"),
    (Act::Submit, 1, "E02"),
    (Act::Return, 1, "E02"),
    (Act::Submit, 1, "E02"),
    (Act::Missing, 2, "E02"),
    (Act::Awaited, 2, "E02"),
    (Act::Missing, 2, "E02"),
    (Act::Paper, 3, "E02"),
    (Act::SecondPaper, 3, "E02"),
    (Act::Recuse, 4, "E03"),
    (Act::Submit, 5, "E03"),
    (Act::Declare, 5, "E03"),
    (Act::AssignOne, 6, "E03"),
    (Act::Note, 6, "E03"),
];

/// None of these is done any more once two have locked. What is said of a conflict then is kept and changes nothing.
const CLOSED: [Act; 15] = [
    Act::Submit,
    Act::Draft,
    Act::Autosave,
    Act::Recuse,
    Act::Return,
    Act::Missing,
    Act::Awaited,
    Act::Paper,
    Act::SecondPaper,
    Act::AssignOne,
    Act::Withdraw,
    Act::Lock,
    Act::SecondLock,
    Act::Unlock,
    Act::SecondUnlock,
];

/// The scores on sheets, in drafts and on paper: nobody but who gave them reads them before the lock.
const SECRETS: [&str; 3] = ["61.7", "58.3", "64.9"];
/// Steps by chance in each run.
const STEPS: usize = 50;

/// A round to which anything happens: five judges have all its sheets, two more nothing yet, the first entry is a member's.
struct Storm<'a> {
    hall: Hall<'a>,
    member: Browser<'a>,
    chance: u64,
    /// What counted when the round was locked, and what the page of the result said then.
    locked: Option<(String, String)>,
}

impl<'a> Storm<'a> {
    async fn new(world: &'a World, seed: u64) -> Storm<'a> {
        // All three go on, so that equal scores need no vote.
        let mut hall = Hall::new(world, 3, 5, "final", &untimed(3)).await;
        hall.begin().await;
        hall.invite(6).await;
        hall.invite(7).await;
        world.sql(
            "UPDATE contest_entries SET entrant_id = (SELECT person_id FROM accounts WHERE username = 'member') WHERE code = 'E01'",
        );
        Storm { hall, member: world.signed_in("member").await, chance: seed, locked: None }
    }
    fn dice(&mut self, sides: usize) -> usize {
        self.chance =
            self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.chance >> 33) as usize % sides
    }
    fn is_open(&self) -> bool {
        let state = format!("SELECT state FROM contest_rounds WHERE id = {}", self.hall.round);
        self.hall.world.text(&state) == "judging"
    }
    fn count(&self, sql: &str) -> i64 {
        self.hall.world.number(&format!("SELECT COUNT(*) FROM {sql}"))
    }
    async fn act(&mut self, act: Act, judge: usize, code: &str) -> Answer {
        let kind = if self.dice(2) == 0 { "same_unit" } else { "same_alliance" };
        let (hall, round, contest) = (&self.hall, self.hall.round, self.hall.contest);
        let id = hall.find_sheet(judge, code);
        let version = hall
            .world
            .text(&format!("SELECT COALESCE(MAX(version), 0) FROM contest_assignments WHERE id = {id}"));
        let (who, what) = (hall.judge_id(judge), hall.entry_id(code));
        let (who, what, version) = (who.as_str(), what.as_str(), version.as_str());
        let (own, sheet, desk) =
            (&hall.judges[judge - 1], format!("/judge/sheets/{id}"), format!("/score/sheets/{id}"));
        let [on_sheet, in_draft, on_paper] = SECRETS;
        let kept = hall
            .world
            .text(&format!("SELECT COALESCE(MAX(stamp), 0) FROM contest_drafts WHERE assignment_id = {id}"));
        let drafted = [
            ("version", version),
            ("stamp", "9"),
            ("base", kept.as_str()),
            ("s-content", in_draft),
            ("action", "draft"),
        ];
        let typed = [("s-content", on_paper), ("s-delivery", on_paper), ("s-form", on_paper)];
        let (scorer, supervisor, score) = (&hall.scorer, &hall.supervisor, format!("/score/rounds/{round}"));
        match act {
            Act::Submit => own.post(&sheet, &fields(version, [on_sheet; 3])).await,
            Act::Draft => own.post(&sheet, &drafted).await,
            Act::Autosave => own.post(&format!("{sheet}/draft"), &drafted).await,
            Act::Recuse => own.post(&format!("{sheet}/recuse"), &[("kind", "kin")]).await,
            Act::Declare => {
                let path = format!("/judge/contests/{contest}/conflicts");
                own.post(&path, &[("entry", what), ("kind", "coached")]).await
            }
            Act::Note => {
                let path = format!("/organize/contests/{contest}/conflicts");
                supervisor.post(&path, &[("judge", who), ("entry", what), ("kind", kind)]).await
            }
            Act::Return => scorer.post(&format!("{desk}/return"), &[("reason", "再看")]).await,
            Act::Missing => scorer.post(&format!("{desk}/missing"), &[("reason", "未到")]).await,
            Act::Awaited => {
                scorer.post(&format!("{desk}/missing"), &[("reason", "到了"), ("undo", "yes")]).await
            }
            Act::Paper => scorer.post(&format!("{desk}/paper"), &typed).await,
            Act::SecondPaper => supervisor.post(&format!("{desk}/second-paper"), &typed).await,
            Act::AssignOne => {
                let path = format!("/organize/rounds/{round}/assign-one");
                hall.organizer.post(&path, &[("judge", who), ("entry", what)]).await
            }
            Act::Withdraw => self.member.post("/contests/autumn/entry/withdraw", &[]).await,
            Act::Lock => scorer.post(&format!("{score}/lock"), &[]).await,
            Act::SecondLock => supervisor.post(&format!("{score}/second-lock"), &[]).await,
            Act::Unlock => scorer.post(&format!("{score}/unlock"), &[]).await,
            Act::SecondUnlock => supervisor.post(&format!("{score}/second-unlock"), &[]).await,
        }
    }
    /// The three properties, after something was tried on this sheet.
    async fn holds(&mut self, act: Act, judge: usize, code: &str) {
        let (hall, round, contest) = (&self.hall, self.hall.round, self.hall.contest);
        let conflicted = "contest_assignments a JOIN contest_conflicts c ON c.judge_id = a.judge_id AND c.entry_id = a.entry_id \
                          WHERE c.is_hard AND c.removed_at IS NULL AND a.state = 'submitted' AND (a.locked_at IS NULL OR c.at \
                          <= a.locked_at)";
        assert_eq!(self.count(conflicted), 0, "{act:?}: a conflicted sheet counts");
        let made_up = "contest_assignments a WHERE a.state = 'submitted' AND NOT EXISTS (SELECT 1 FROM contest_sheets s WHERE \
                       s.assignment_id = a.id AND s.version = a.version)";
        assert_eq!(self.count(made_up), 0, "{act:?}: a sheet counts that nobody handed in");
        let result = format!("/score/rounds/{round}/result");
        if self.is_open() {
            assert!(self.locked.is_none(), "{act:?} opened a locked round");
            assert_eq!(hall.scorer.get(&result).await.status, 404, "{act:?}: there is no result yet");
            let id = hall.find_sheet(judge, code);
            for (reader, path) in [
                (&hall.scorer, format!("/score/rounds/{round}")),
                (&hall.scorer, format!("/score/sheets/{id}/paper")),
                (&hall.supervisor, format!("/score/sheets/{id}/second-paper")),
                (&hall.supervisor, format!("/organize/contests/{contest}/judges")),
                (&hall.organizer, format!("/organize/contests/{contest}")),
                (&hall.judges[judge % 5], format!("/judge/sheets/{id}")),
                (&self.member, "/contests/autumn/entry".to_owned()),
                (&self.member, "/contests/autumn".to_owned()),
            ] {
                let shown = reader.get(&path).await.body;
                assert!(!SECRETS.iter().any(|secret| shown.contains(secret)), "{act:?}: {path}");
            }
            return;
        }
        let counted = hall.world.text(
            "SELECT COALESCE(string_agg(x, '|'), '') FROM (SELECT a.id || ':' || a.version || ':' || s.scores AS x FROM \
             contest_assignments a JOIN contest_sheets s ON s.assignment_id = a.id AND s.version = a.version WHERE a.state = \
             'submitted' ORDER BY a.id) AS y",
        );
        let page = hall.scorer.get(&result).await;
        let rows = page.between("aria-labelledby=\"h-rows\"", "</section>").to_owned();
        // The page counts what the tables say was handed in across no conflict, entry by entry.
        for code in hall.codes() {
            let of = format!(
                "contest_assignments a JOIN contest_places p ON p.round_id = a.round_id AND p.entry_id = a.entry_id WHERE \
                 a.entry_id = {} AND p.state = 'competing' AND a.state = 'submitted'",
                hall.entry_id(&code)
            );
            let row = rows.split_once(&format!("<th scope=\"row\">{code}<")).map(|found| found.1);
            match (self.count(&of), row) {
                (0, row) => assert!(row.is_none(), "{act:?}: {code} competes no more"),
                (sheets, Some(row)) => {
                    let own = row.split_once("</tr>").unwrap().0;
                    assert!(own.contains(&format!("<td class=\"n\">{sheets}</td><td>")), "{act:?}: {own}");
                }
                (sheets, None) => panic!("{act:?}: {code} has {sheets} sheets and no row"),
            }
        }
        let now = (counted, rows);
        let then = self.locked.get_or_insert_with(|| now.clone());
        assert_eq!(*then, now, "{act:?}: what is locked has changed");
    }
    /// From wherever the steps have led: what is open is handed in, a judge whom nothing has happened to makes sure that each
    /// entry has a sheet, and two people lock, at the second attempt.
    async fn lock(&mut self) {
        for code in self.hall.codes() {
            let competes = format!(
                "contest_places WHERE round_id = {} AND state = 'competing' AND entry_id = {}",
                self.hall.round,
                self.hall.entry_id(&code)
            );
            if self.count(&competes) == 0 {
                continue;
            }
            done(self.act(Act::AssignOne, 7, &code).await);
            for judge in 1..=7 {
                let id = self.hall.find_sheet(judge, &code);
                if self.count(&format!("contest_assignments WHERE id = {id} AND state = 'assigned'")) > 0 {
                    done(self.act(Act::Submit, judge, &code).await);
                }
            }
        }
        // Perhaps somebody has asked already.
        self.act(Act::Unlock, 7, "E02").await;
        for act in [Act::Lock, Act::Unlock, Act::Lock, Act::SecondLock] {
            done(self.act(act, 7, "E02").await);
            self.holds(act, 7, "E02").await;
        }
    }
    /// A judge and an entry whose sheet is in the lock.
    fn handed_in(&self) -> (usize, String) {
        let found = self.hall.world.text(
            "SELECT c.username || ' ' || e.code FROM contest_assignments a JOIN contest_judges j ON j.id = a.judge_id JOIN accounts \
             c ON c.person_id = j.person_id JOIN contest_entries e ON e.id = a.entry_id WHERE a.id = (SELECT MAX(id) FROM \
             contest_assignments WHERE state = 'submitted')",
        );
        let (judge, code) = found.split_once(' ').unwrap();
        (judge.trim_start_matches("judge").parse().unwrap(), code.to_owned())
    }
}

/// Issue 6, item 7.
#[actix_web::test]
async fn no_order_of_actions_shows_a_score_before_the_lock_admits_a_conflicted_sheet_or_changes_a_locked_one()
{
    for seed in [1_u64, 7, 42] {
        let world = World::new();
        let mut storm = Storm::new(&world, seed).await;
        for (act, judge, code) in FIRST {
            let answer = storm.act(act, judge, code).await;
            assert!(answer.status.is_redirection() || answer.status == 204, "{act:?}: {}", answer.body);
            storm.holds(act, judge, code).await;
        }
        if seed == 42 {
            done(storm.act(Act::Withdraw, 1, "E01").await);
        }
        let codes = storm.hall.codes();
        let (mut judge, mut at) = (1, 0);
        for _ in 0..STEPS {
            // Often on the same sheet as before: what two do to it is what may go wrong.
            if storm.dice(2) == 0 {
                (judge, at) = (storm.dice(6) + 1, storm.dice(codes.len()));
            }
            let act = DECK[storm.dice(DECK.len())];
            storm.act(act, judge, &codes[at]).await;
            storm.holds(act, judge, &codes[at]).await;
        }
        if storm.is_open() {
            storm.lock().await;
        }
        assert!(storm.locked.is_some(), "seed {seed}: the lock is reached");
        let (judge, code) = storm.handed_in();
        for act in CLOSED {
            let answer = storm.act(act, judge, &code).await;
            assert!(
                answer.status.is_client_error(),
                "seed {seed}: {act:?} after the lock: {}",
                answer.status
            );
            if matches!(act, Act::Submit | Act::Draft | Act::Autosave | Act::Return) {
                assert!(answer.body.contains("已经锁定"), "seed {seed}: {act:?} is told so: {}", answer.body);
            }
            storm.holds(act, judge, &code).await;
        }
        for act in [Act::Declare, Act::Note, Act::Note, Act::Submit] {
            storm.act(act, judge, &code).await;
            storm.holds(act, judge, &code).await;
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
