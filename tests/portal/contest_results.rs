//! From the lock to the final result over the pages: computed, checked and published by different people, objected to, corrected in
//! a second revision that anyone can recompute, settled. domain.md §4.3 (Result, Objection), §4.5, INV-C8, INV-C9, INV-K2.
use crate::contests::{Hall, done, untimed};
use crate::world::{Answer, Browser, World};
use chrono::Duration;
use weixiao::clock;
use weixiao::contests::{Breaker, Method, Panels};
use weixiao::verify;

/// Everybody who has a hand in a result.
struct Desk<'a> {
    hall: Hall<'a>,
    checker: Browser<'a>,
    result: String,
}

impl<'a> Desk<'a> {
    /// A locked round; `scores` are a judge's (from 1) for an entry (from 0).
    async fn new(
        world: &'a World,
        (entries, judges): (usize, usize),
        method: &Method,
        scores: impl Fn(usize, usize) -> String,
    ) -> Desk<'a> {
        let hall = Hall::new(world, entries, judges, "final", method).await;
        hall.begin().await;
        hall.submit_all(scores).await;
        hall.lock().await;
        let result = format!("/score/rounds/{}", hall.round);
        Desk { checker: world.signed_in("checker").await, hall, result }
    }
    fn snapshot(&self) -> String {
        self.hall.world.text("SELECT MAX(id) FROM ranking_snapshots")
    }
    async fn compute(&self, reason: &str) -> Answer {
        self.hall.scorer.post(&format!("{}/compute", self.result), &[("reason", reason)]).await
    }
    async fn check(&self) -> Answer {
        let id = self.snapshot();
        self.checker.post(&format!("{}/check", self.result), &[("snapshot", &id)]).await
    }
    async fn publish(&self) -> Answer {
        let id = self.snapshot();
        self.hall.organizer.post(&format!("{}/publish", self.result), &[("snapshot", &id)]).await
    }
    async fn finish(&self) -> Answer {
        self.hall.organizer.post(&format!("{}/finish", self.result), &[]).await
    }
    /// The next revision, through all three hands.
    async fn revise(&self, reason: &str) {
        done(self.compute(reason).await);
        done(self.check().await);
        done(self.publish().await);
    }
    /// The notice was over yesterday.
    fn let_notice_pass(&self) {
        let today = clock::day(clock::now());
        let (from, until) = (today - Duration::days(8), today - Duration::days(1));
        self.hall.world.sql(&format!(
            "UPDATE ranking_snapshots SET notice_from = '{from}', notice_until = '{until}' WHERE state = 'provisional'"
        ));
    }
    /// An objection, by its key.
    async fn object(&self, browser: &Browser<'_>, ground: &str, text: &str) -> String {
        let path = format!("/contests/autumn/objections/{}", self.hall.round);
        let key = browser.get(&path).await.between("name=\"key\" value=\"", "\"").to_owned();
        let sent = done(browser.post(&path, &[("ground", ground), ("text", text), ("key", &key)]).await);
        // Sent twice it is one.
        let again = done(browser.post(&path, &[("ground", ground), ("text", text), ("key", &key)]).await);
        assert_eq!(sent.location, again.location);
        let to = sent.location.unwrap();
        to.trim_start_matches("/me/cases/").split('?').next().unwrap().to_owned()
    }
    async fn rule(&self, case: &str, ruling: &str, (entry, judge): (&str, Option<usize>)) -> Answer {
        let world = self.hall.world;
        let entry =
            world.text(&format!("SELECT COALESCE(MAX(id), 0) FROM contest_entries WHERE code = '{entry}'"));
        let judge = judge.map_or(String::new(), |number| {
            world.text(&format!(
                "SELECT j.id FROM contest_judges j JOIN accounts a ON a.person_id = j.person_id WHERE a.username = 'judge{number}'"
            ))
        });
        let fields = [
            ("outcome", "upheld"),
            ("ruling", ruling),
            ("entry", &entry),
            ("judge", &judge),
            ("reasons", "核对属实"),
        ];
        self.hall.supervisor.post(&format!("/score/objections/{case}"), &fields).await
    }
    fn entry_states(&self) -> String {
        self.hall.world.text(
            "SELECT string_agg(x, ' ') FROM (SELECT code || ' ' || state AS x FROM contest_entries ORDER BY code) AS y",
        )
    }
}

/// The file with one letter or digit changed, at a place that looks like chance.
fn altered(file: &[u8], at: usize) -> Vec<u8> {
    let places: Vec<usize> = (0..file.len()).filter(|at| file[*at].is_ascii_alphanumeric()).collect();
    let place = places[at.wrapping_mul(2_654_435_761) % places.len()];
    let mut changed = file.to_vec();
    changed[place] = match changed[place] {
        b'9' => b'8',
        b'z' | b'Z' => changed[place] - 1,
        byte => byte + 1,
    };
    changed
}

/// Judges 6 and 7 gave E01 far less than the others; without the sheet of judge 7 it is the first.
fn one_sided(judge: usize, at: usize) -> String {
    match (at, judge) {
        (0, 6 | 7) => "80".into(),
        (0, _) => "90".into(),
        _ => (90 - at).to_string(),
    }
}

#[actix_web::test]
async fn an_accepted_objection_makes_a_second_revision_and_anyone_can_recompute_both() {
    let world = World::new();
    let desk = Desk::new(&world, (5, 7), &untimed(2), one_sided).await;
    // Each hand is another person's.
    assert_eq!(desk.hall.organizer.post(&format!("{}/compute", desk.result), &[]).await.status, 403);
    done(desk.compute("").await);
    assert_eq!(
        desk.hall.scorer.post(&format!("{}/check", desk.result), &[("snapshot", "1")]).await.status,
        403
    );
    assert_eq!(desk.publish().await.status, 409, "nobody has checked it");
    done(desk.check().await);
    let visitor = world.visitor();
    assert_eq!(world.text("SELECT state FROM contests"), "locked");
    assert_eq!(visitor.get("/rankings/1").await.status, 404, "not published");
    assert!(!visitor.get("/contests/autumn").await.body.contains("/rankings/1"));
    done(desk.publish().await);
    assert_eq!(world.text("SELECT state FROM contests"), "provisional");
    assert!(visitor.get("/contests/autumn").await.body.contains("href=\"/rankings/1\""));
    let first = visitor.get("/rankings/1/1.json").await;
    let accepted = verify::file(&first.raw).unwrap();
    assert_eq!(
        (accepted.rows, accepted.revision, accepted.publication.event.as_str()),
        (5, 1, "provisional")
    );
    let order = |file: &Answer| {
        let value: serde_json::Value = serde_json::from_slice(&file.raw).unwrap();
        let rows = value["rows"].as_array().unwrap();
        rows.iter().map(|row| row["entry"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(order(&first), "E02 E01 E03 E04 E05");

    // Somebody objects; whoever computed does not answer, and nothing is final meanwhile.
    let member = world.signed_in("member").await;
    let path = format!("/contests/autumn/objections/{}", desk.hall.round);
    let empty = member.post(&path, &[("ground", "taste"), ("text", "讲得不好"), ("key", "x")]).await;
    assert!(empty.status == 422 && empty.body.contains("请选依据") && empty.body.contains("讲得不好"));
    let case = desk.object(&member, "recusal", "E01 的 7 号评委和 E02 是一个单位").await;
    let told = "SELECT COUNT(*) FROM notices n JOIN accounts a ON a.person_id = n.person_id WHERE a.username = 'supervisor' AND n.key LIKE 'objection-%'";
    assert_eq!(world.number(told), 1);
    desk.let_notice_pass();
    let waiting = desk.finish().await;
    assert!(waiting.status == 409 && waiting.body.contains("异议"), "{}", waiting.body);
    let answer = format!("/score/objections/{case}");
    for browser in [&desk.hall.scorer, &desk.hall.organizer, &desk.checker, &member] {
        assert!([403, 404].contains(&browser.get(&answer).await.status.as_u16()));
    }
    let nobody = desk.rule(&case, "sheet_excluded", ("E99", None)).await;
    assert!(nobody.status == 422 && nobody.body.contains("请选作品") && nobody.body.contains("请选评委"));
    done(desk.rule(&case, "sheet_excluded", ("E01", Some(7))).await);
    assert_eq!(desk.rule(&case, "none", ("E01", None)).await.status, 422, "answered once");
    assert_eq!(desk.finish().await.status, 409, "a ruling is not in the published revision");
    let owed = desk.hall.scorer.get(&format!("{}/result", desk.result)).await;
    assert!(owed.body.contains("有一件异议成立") && owed.body.contains("name=\"reason\""));

    // The second revision says who moved and why; the first stays as it was.
    let silent = desk.compute(" ").await;
    assert!(silent.status == 422 && silent.body.contains("写明原因"), "{}", silent.body);
    desk.revise("一份评分表应当回避，不计入").await;
    let second = visitor.get("/rankings/1/2.json").await;
    assert_eq!(order(&second), "E01 E02 E03 E04 E05");
    let page = visitor.get("/rankings/1").await;
    assert!(page.body.contains("一份评分表应当回避，不计入"), "{}", page.body);
    let old = visitor.get("/rankings/1/1.json").await;
    assert_eq!(order(&old), "E02 E01 E03 E04 E05");
    for (file, event) in [(&old, "superseded"), (&second, "provisional")] {
        assert_eq!(verify::file(&file.raw).unwrap().publication.event, event);
        for at in 1..=100 {
            assert!(verify::file(&altered(&file.raw, at)).is_err(), "{event}: alteration {at} was not seen");
        }
    }
    let told = member.get(&format!("/me/cases/{case}")).await;
    assert!(told.body.contains("核对属实"));
    let record = visitor.get("/contests/autumn/record").await;
    assert!(
        record.body.contains("E01 一份评分表不计入") && !record.body.contains("核对属实"),
        "{}",
        record.body
    );

    // Final only after the new notice; then the published rows decide who is awarded.
    let early = desk.finish().await;
    assert!(early.status == 409 && early.body.contains("公示期"), "{}", early.body);
    desk.let_notice_pass();
    done(desk.finish().await);
    assert_eq!(desk.finish().await.status, 409, "once");
    assert_eq!(desk.entry_states(), "E01 awarded E02 awarded E03 eliminated E04 eliminated E05 eliminated");
    assert_eq!(world.text("SELECT state FROM contests"), "final");
    // Everybody who entered is told, and reads what judges wrote now, not before.
    assert_eq!(
        world.number("SELECT COUNT(*) FROM notices WHERE key LIKE 'entry-%' AND title LIKE '%入选%'"),
        2
    );
    assert!(visitor.get("/contests/autumn").await.body.contains("href=\"/honours\""));
    let late = member.get(&path).await;
    assert!(late.body.contains("现在不在公示期"));
    let sent = member.post(&path, &[("ground", "timing"), ("text", "晚了"), ("key", &"a".repeat(32))]).await;
    assert!(sent.status == 422 && sent.body.contains("晚了"), "{}", sent.body);

    // The winners are the gold lecturers, by another person.
    let honours = format!("/organize/honours/{}", desk.hall.contest);
    done(desk.hall.organizer.post(&format!("{honours}/nominate"), &[]).await);
    done(desk.hall.organizer.post(&format!("{honours}/notice"), &[]).await);
    let (from, until) =
        (clock::day(clock::now()) - Duration::days(8), clock::day(clock::now()) - Duration::days(1));
    world.sql(&format!("UPDATE gold_lecturers SET notice_from = '{from}', notice_until = '{until}'"));
    done(desk.checker.post(&format!("{honours}/appoint"), &[]).await);
    assert_eq!(world.number("SELECT COUNT(*) FROM gold_lecturers WHERE state = 'appointed'"), 2);
    let list = visitor.get("/honours").await;
    assert!(list.body.contains(&world.text(
        "SELECT p.name FROM persons p JOIN contest_entries e ON e.entrant_id = p.id WHERE e.code = 'E01'"
    )));
    // What everybody may know was announced to the groups, each fact once.
    let keys =
        world.text("SELECT string_agg(key, ' ') FROM (SELECT key FROM announcements ORDER BY id) AS x");
    assert_eq!(keys.matches("round").count(), 2, "{keys}");
    assert!(keys.contains("final") && keys.contains("gold"), "{keys}");
}

#[actix_web::test]
async fn where_equals_stand_at_the_last_place_the_judges_vote_in_writing() {
    let world = World::new();
    let method = Method { breakers: vec![Breaker::Vote], ..untimed(2) };
    let level = |_: usize, at: usize| ["90", "85", "85", "80"][at].to_owned();
    let desk = Desk::new(&world, (4, 5), &method, level).await;
    let result = format!("{}/result", desk.result);
    let page = desk.hall.scorer.get(&result).await;
    assert!(page.body.contains("名额处并列：E02、E03"), "{}", page.body);
    let early = desk.compute("").await;
    assert!(early.status == 422 && early.body.contains("名额处并列"));
    for (code, votes) in [("E02", "2"), ("E03", "3")] {
        let entry = world.text(&format!("SELECT id FROM contest_entries WHERE code = '{code}'"));
        let path = format!("{}/votes", desk.result);
        assert_eq!(desk.hall.organizer.post(&path, &[("entry", &entry), ("votes", votes)]).await.status, 403);
        assert!(
            !desk.hall.scorer.post(&path, &[("entry", &entry), ("votes", "x")]).await.status.is_redirection()
        );
        done(desk.hall.scorer.post(&path, &[("entry", &entry), ("votes", votes)]).await);
    }
    desk.revise("").await;
    desk.let_notice_pass();
    done(desk.finish().await);
    assert_eq!(desk.entry_states(), "E01 awarded E02 eliminated E03 awarded E04 eliminated");
    verify::file(&world.visitor().get("/rankings/1.json").await.raw).unwrap();
}

#[actix_web::test]
async fn nothing_is_final_while_an_objection_to_any_revision_is_open() {
    let world = World::new();
    let desk = Desk::new(&world, (5, 7), &untimed(2), one_sided).await;
    desk.revise("").await;
    let (member, other) = (world.signed_in("member").await, world.signed_in("member2").await);
    let upheld = desk.object(&member, "recusal", "E01 的 7 号评委和 E02 是一个单位").await;
    let waiting = desk.object(&other, "eligibility", "E03 不是本支部的").await;
    done(desk.rule(&upheld, "sheet_excluded", ("E01", Some(7))).await);
    desk.revise("一份评分表应当回避，不计入").await;
    desk.let_notice_pass();
    // The other one was about the first revision, and has no answer yet.
    let early = desk.finish().await;
    assert!(early.status == 409 && early.body.contains("没办完的异议"), "{}", early.body);
    let states =
        "SELECT string_agg(state, ' ') FROM (SELECT state FROM ranking_snapshots ORDER BY revision) AS x";
    assert_eq!(world.text(states), "superseded provisional");
    done(desk.rule(&waiting, "none", ("E03", None)).await);
    done(desk.finish().await);
    assert_eq!(world.text(states), "superseded final");

    // One that an older program left open is told that nothing changes; nothing final is changed by it.
    let account =
        |column: &str| world.text(&format!("SELECT {column} FROM accounts WHERE username = 'member'"));
    world.sql(&format!(
        "INSERT INTO cases (kind, level, subject_kind, subject_id, person_id, path, filed_by, filed_at, due_on, state, key) \
         VALUES ('objection', 1, 'snapshot', (SELECT MIN(id) FROM ranking_snapshots), {}, '/', {}, CURRENT_TIMESTAMP, \
         '2026-12-31', 'filed', 'left-open')",
        account("person_id"),
        account("id")
    ));
    let left = world.text("SELECT MAX(id) FROM cases");
    let late = desk.rule(&left, "entry_disqualified", ("E02", None)).await;
    assert!(late.status == 422 && late.body.contains("结果已经确定"), "{}", late.body);
    assert_eq!(desk.entry_states(), "E01 awarded E02 awarded E03 eliminated E04 eliminated E05 eliminated");
    assert_eq!(world.number("SELECT COUNT(*) FROM contest_rulings"), 2);
    done(desk.rule(&left, "none", ("E02", None)).await);
}

#[actix_web::test]
async fn a_tie_that_a_ruling_makes_is_voted_about_anew_and_by_all_who_are_equal() {
    let world = World::new();
    let method = Method { breakers: vec![Breaker::Vote], ..untimed(2) };
    let level = |_: usize, at: usize| ["90", "85", "85", "85"][at].to_owned();
    let desk = Desk::new(&world, (4, 5), &method, level).await;
    let path = format!("{}/votes", desk.result);
    let entry = |code: &str| world.text(&format!("SELECT id FROM contest_entries WHERE code = '{code}'"));
    let vote = async |code: &str, votes: &str| {
        desk.hall.scorer.post(&path, &[("entry", &entry(code)), ("votes", votes)]).await
    };
    done(vote("E02", "2").await);
    done(vote("E03", "3").await);
    // The third of the equals has no votes: nobody has voted about this tie.
    let partial = desk.compute("").await;
    assert!(partial.status == 422 && partial.body.contains("名额处并列：E02、E03、E04"), "{}", partial.body);
    done(vote("E04", "0").await);
    desk.revise("").await;
    assert_eq!(
        vote("E02", "5").await.status,
        409,
        "what is published follows from the votes that there were"
    );

    let member = world.signed_in("member").await;
    let case = desk.object(&member, "plagiarism", "E03 是别人的讲稿").await;
    done(desk.rule(&case, "entry_disqualified", ("E03", None)).await);
    let undecided = desk.compute("E03 取消资格").await;
    assert!(undecided.status == 422 && undecided.body.contains("名额处并列：E02、E04"), "{}", undecided.body);
    assert!(undecided.body.contains(&format!("action=\"{path}\"")), "{}", undecided.body);
    done(vote("E02", "1").await);
    done(vote("E04", "4").await);
    desk.revise("E03 取消资格").await;
    desk.let_notice_pass();
    done(desk.finish().await);
    assert_eq!(desk.entry_states(), "E01 awarded E02 eliminated E03 disqualified E04 awarded");
    assert_eq!(vote("E02", "5").await.status, 409, "it is final");
    let visitor = world.visitor();
    for revision in [1, 2] {
        verify::file(&visitor.get(&format!("/rankings/1/{revision}.json")).await.raw).unwrap();
    }
}

#[actix_web::test]
async fn a_final_result_is_opened_again_with_a_reason_and_the_next_revision_goes_the_whole_way() {
    let world = World::new();
    let desk = Desk::new(&world, (5, 6), &untimed(2), |_, at| (90 - at).to_string()).await;
    let (path, visitor) = (format!("{}/reopen", desk.result), world.visitor());
    let entry = world.text("SELECT id FROM contest_entries WHERE code = 'E01'");
    let reason = "E01 的讲稿是别人发表过的";
    let form = [("ruling", "entry_disqualified"), ("entry", entry.as_str()), ("reasons", reason)];
    desk.revise("").await;
    let early = desk.hall.supervisor.post(&path, &form).await;
    assert!(early.status == 422, "what is on notice is objected to: {}", early.body);
    assert!(!desk.hall.supervisor.get(&format!("{}/result", desk.result)).await.body.contains(&path));
    desk.let_notice_pass();
    done(desk.finish().await);

    for browser in [&desk.hall.scorer, &desk.hall.organizer, &desk.checker] {
        assert_eq!(browser.post(&path, &form).await.status, 403);
    }
    let page = desk.hall.supervisor.get(&format!("{}/result", desk.result)).await;
    assert!(page.body.contains(&format!("action=\"{path}\"")), "{}", page.body);
    let empty = desk.hall.supervisor.post(&path, &[("ruling", "none"), ("reasons", "写了一半")]).await;
    assert!(
        empty.status == 422 && empty.body.contains("请选怎样办理") && empty.body.contains("写了一半"),
        "{}",
        empty.body
    );
    let silent = [("ruling", "entry_disqualified"), ("entry", ""), ("reasons", " ")];
    let silent = desk.hall.supervisor.post(&path, &silent).await;
    assert!(silent.status == 422 && silent.body.contains("请选作品"), "{}", silent.body);
    assert_eq!(world.text("SELECT state FROM contest_rounds"), "final", "nothing changed");
    // Nobody opens what they had a hand in.
    let publisher = |name: &str| {
        world.sql(&format!(
            "UPDATE ranking_snapshots SET published_by = (SELECT id FROM accounts WHERE username = '{name}')"
        ));
    };
    publisher("supervisor");
    let own = desk.hall.supervisor.post(&path, &form).await;
    assert!(own.status == 422 && own.body.contains("计算、复核、公布过这个结果的人"), "{}", own.body);
    publisher("organizer");

    done(desk.hall.supervisor.post(&path, &form).await);
    assert_eq!(world.text("SELECT state FROM contest_rounds"), "provisional");
    assert_eq!(world.text("SELECT state FROM contests"), "provisional");
    assert_eq!(desk.entry_states(), "E01 disqualified E02 scored E03 scored E04 scored E05 scored");
    assert_eq!(desk.hall.supervisor.post(&path, &form).await.status, 422, "once");
    // What was final cannot become so again as it is; it stands until the next revision.
    assert_eq!(desk.finish().await.status, 409);
    assert_eq!(visitor.get("/rankings/1").await.status, 200);
    let record = visitor.get("/contests/autumn/record").await;
    assert!(
        record.body.contains("重新打开正式结果") && record.body.contains(reason),
        "everybody reads why: {}",
        record.body
    );
    assert_eq!(world.number("SELECT COUNT(*) FROM announcements WHERE key LIKE '%reopened%'"), 1);
    assert_eq!(
        world.number("SELECT COUNT(*) FROM notices WHERE title LIKE '%要更正%'"),
        5,
        "those who entered"
    );
    let owed = desk.hall.scorer.get(&format!("{}/result", desk.result)).await;
    assert!(
        owed.body.contains("正式结果已重新打开") && owed.body.contains("name=\"reason\""),
        "{}",
        owed.body
    );

    assert_eq!(desk.compute("").await.status, 422, "a reason is needed");
    desk.revise("E01 取消资格").await;
    let early = desk.finish().await;
    assert!(early.status == 409 && early.body.contains("公示期"), "a notice of its own: {}", early.body);
    // It can be objected to like the first.
    let member = world.signed_in("member").await;
    let case = desk.object(&member, "timing", "E02 超时").await;
    desk.let_notice_pass();
    assert_eq!(desk.finish().await.status, 409);
    done(desk.rule(&case, "none", ("E02", None)).await);
    done(desk.finish().await);
    assert_eq!(desk.entry_states(), "E01 disqualified E02 awarded E03 awarded E04 eliminated E05 eliminated");
    assert_eq!(world.text("SELECT state FROM contests"), "final");
    for (revision, event) in [(1, "superseded"), (2, "final")] {
        let file = visitor.get(&format!("/rankings/1/{revision}.json")).await;
        let accepted = verify::file(&file.raw).unwrap();
        assert_eq!((accepted.revision, accepted.publication.event.as_str()), (revision, event));
    }

    // A title that rests on it is dealt with first.
    let honours = format!("/organize/honours/{}", desk.hall.contest);
    done(desk.hall.organizer.post(&format!("{honours}/nominate"), &[]).await);
    done(desk.hall.organizer.post(&format!("{honours}/notice"), &[]).await);
    let (from, until) =
        (clock::day(clock::now()) - Duration::days(8), clock::day(clock::now()) - Duration::days(1));
    world.sql(&format!("UPDATE gold_lecturers SET notice_from = '{from}', notice_until = '{until}'"));
    done(desk.checker.post(&format!("{honours}/appoint"), &[]).await);
    let other = world.text("SELECT id FROM contest_entries WHERE code = 'E02'");
    let form = [("ruling", "entry_disqualified"), ("entry", other.as_str()), ("reasons", "又发现一件")];
    let held = desk.hall.supervisor.post(&path, &form).await;
    assert!(held.status == 422 && held.body.contains("金牌讲师已经按这个结果聘任"), "{}", held.body);
    assert_eq!(world.text("SELECT state FROM contests"), "final");
}

#[actix_web::test]
async fn where_each_saw_some_a_sheet_that_fits_nothing_asks_for_one_more_before_the_lock() {
    let world = World::new();
    let method = Method { panels: Panels::LeastSquares, ..untimed(2) };
    let hall = Hall::new(&world, 10, 6, "final", &method).await;
    world.sql("UPDATE contest_rounds SET sheets_each = 4");
    let round = format!("/organize/contests/{}/rounds/{}", hall.contest, hall.round);
    done(hall.organizer.post(&format!("{round}/draw"), &[("outside", "4711")]).await);
    done(hall.organizer.post(&format!("/organize/rounds/{}/assign", hall.round), &[]).await);
    // A judge of fewer than five sheets is not told from what was seen.
    let some = "SELECT id FROM contest_assignments WHERE judge_id = (SELECT MIN(judge_id) FROM contest_assignments) \
                ORDER BY id LIMIT 3";
    let some = world.text(&format!("SELECT string_agg(CAST(id AS TEXT), ',') FROM ({some}) AS x"));
    world.sql(&format!("UPDATE contest_assignments SET state = 'recused' WHERE id IN ({some})"));
    let thin = hall.organizer.post(&format!("{round}/start"), &[]).await;
    assert!(!thin.status.is_redirection() && thin.body.contains("分到的评分表太少"), "{}", thin.body);
    world.sql(&format!("UPDATE contest_assignments SET state = 'assigned' WHERE id IN ({some})"));
    done(hall.organizer.post(&format!("{round}/start"), &[]).await);

    // What entries are worth and how mild judges are adds up, but for one sheet of E01.
    let pairs = world.text(
        "SELECT string_agg(x, ',') FROM (SELECT e.code || ':' || a.username AS x FROM contest_assignments s JOIN contest_entries e \
         ON e.id = s.entry_id JOIN contest_judges j ON j.id = s.judge_id JOIN accounts a ON a.person_id = j.person_id \
         ORDER BY e.code, a.username) AS y",
    );
    let mut seen = vec![];
    for (place, pair) in pairs.split(',').enumerate() {
        let (code, name) = pair.split_once(':').unwrap();
        let (at, judge): (usize, usize) =
            (code[1..].parse().unwrap(), name["judge".len()..].parse().unwrap());
        let score = (60 + at + 2 * judge + if place == 0 { 15 } else { 0 }).to_string();
        done(hall.submit(judge, code, [&score, &score, &score]).await);
        if at == 1 {
            seen.push(judge);
        }
    }
    assert_eq!(seen.len(), 4);
    let lock = format!("/score/rounds/{}/lock", hall.round);
    let early = hall.scorer.post(&lock, &[]).await;
    assert!(early.status == 409 && early.body.contains("E01 有一份评分表与其余的对不上"), "{}", early.body);
    assert_eq!(world.number("SELECT COUNT(*) FROM contest_rounds WHERE lock_by IS NOT NULL"), 0);
    // One more judge of it, and the round can be locked: the people have done what the rule asks for.
    let entry = world.text("SELECT id FROM contest_entries WHERE code = 'E01'");
    let mut more = None;
    for judge in (1..=6).filter(|judge| !seen.contains(judge)) {
        let id = world.text(&format!(
            "SELECT j.id FROM contest_judges j JOIN accounts a ON a.person_id = j.person_id WHERE a.username = 'judge{judge}'"
        ));
        let path = format!("/organize/rounds/{}/assign-one", hall.round);
        if hall.organizer.post(&path, &[("judge", &id), ("entry", &entry)]).await.status == 303 {
            more = Some(judge);
            break;
        }
    }
    let judge = more.unwrap();
    let score = (61 + 2 * judge).to_string();
    done(hall.submit(judge, "E01", [&score, &score, &score]).await);
    hall.lock().await;
    let result = format!("/score/rounds/{}", hall.round);
    let desk = Desk { checker: world.signed_in("checker").await, hall, result };
    done(desk.compute("").await);
    done(desk.check().await);
}

#[actix_web::test]
async fn what_is_disqualified_leaves_the_ranking_and_what_is_judged_again_waits_for_its_sheets() {
    let world = World::new();
    let desk = Desk::new(&world, (5, 6), &untimed(2), |_, at| (90 - at).to_string()).await;
    desk.revise("").await;
    let member = world.signed_in("member").await;
    let plagiarism = desk.object(&member, "plagiarism", "E01 和别人发表过的讲稿一样").await;
    done(desk.rule(&plagiarism, "entry_disqualified", ("E01", None)).await);
    desk.revise("E01 取消资格").await;
    let visitor = world.visitor();
    let file = visitor.get("/rankings/1.json").await;
    let accepted = verify::file(&file.raw).unwrap();
    assert_eq!((accepted.rows, accepted.excluded, accepted.revision), (4, 1, 2));
    // Taken back at the desk of rankings: the result is computed again, with a reason.
    let withdrawn = format!("/organize/rankings/{}/withdraw", desk.snapshot());
    done(desk.hall.organizer.post(&withdrawn, &[("reason", "名单有误")]).await);
    let page = desk.hall.scorer.get(&format!("{}/result", desk.result)).await;
    assert!(page.body.contains("/compute\"") && page.body.contains("name=\"reason\""), "{}", page.body);
    assert_eq!(desk.compute("").await.status, 422);
    desk.revise("名单更正").await;
    // Judged again: the others' sheets stay, the entry gets new judges, and the round is locked by two once more.
    let recusal = desk.object(&member, "recusal", "E02 的评委应当回避").await;
    done(desk.rule(&recusal, "re_judge", ("E02", None)).await);
    assert_eq!(world.text("SELECT state FROM contests"), "judging");
    assert_eq!(desk.finish().await.status, 409);
    let again = desk.hall.supervisor.get(&format!("{}/result", desk.result)).await;
    assert!(again.body.contains("正在重评") && again.body.contains("/score/objections/"), "{}", again.body);
    assert_eq!(desk.compute("还没有重评").await.status, 422);
    assert_eq!(world.number("SELECT COUNT(*) FROM contest_assignments WHERE state = 'submitted'"), 24);
    let standing = visitor.get("/rankings/1").await;
    assert_eq!(standing.status, 200, "what was published stays until the next revision");
}

#[actix_web::test]
async fn what_a_result_needs_is_there_before_the_lock() {
    let world = World::new();
    let hall = Hall::new(&world, 3, 5, "final", &Method::usual(1)).await;
    hall.begin().await;
    let waiting = "SELECT COUNT(*) FROM notices WHERE key LIKE 'judge-%-started-%'";
    assert_eq!(world.number(waiting), 5, "each judge is told once");
    hall.submit_all(|_, at| (90 - at).to_string()).await;
    let lock = format!("/score/rounds/{}/lock", hall.round);
    let early = hall.scorer.post(&lock, &[]).await;
    assert!(early.status == 409 && early.body.contains("还没有记下时长"), "{}", early.body);
    assert!(!early.body.contains("90.00") && !early.body.contains("89.00"), "it tells no score");
    for code in hall.codes() {
        let entry = world.text(&format!("SELECT id FROM contest_entries WHERE code = '{code}'"));
        let fields = [("entry", entry.as_str()), ("time", "7:30")];
        done(hall.scorer.post(&format!("/score/rounds/{}/hall", hall.round), &fields).await);
    }
    hall.lock().await;
}

#[actix_web::test]
async fn comments_are_read_by_whoever_entered_once_the_result_is_final() {
    let world = World::new();
    let desk = Desk::new(&world, (5, 5), &untimed(1), |_, at| (90 - at).to_string()).await;
    world.sql(
        "UPDATE contest_entries SET entrant_id = (SELECT person_id FROM accounts WHERE username = 'member') WHERE code = 'E02'; \
         INSERT INTO contest_comments (sheet_id, text) SELECT MIN(s.id), '例子很好' FROM contest_sheets s JOIN contest_assignments a \
         ON a.id = s.assignment_id JOIN contest_entries e ON e.id = a.entry_id WHERE e.code = 'E02'",
    );
    let member = world.signed_in("member").await;
    desk.revise("").await;
    assert!(!member.get("/contests/autumn/entry").await.body.contains("例子很好"), "still on notice");
    desk.let_notice_pass();
    done(desk.finish().await);
    assert!(member.get("/contests/autumn/entry").await.body.contains("例子很好"));
    let other = world.signed_in("member2").await;
    assert_eq!(other.get("/contests/autumn/entry").await.status, 404);
}
