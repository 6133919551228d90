//! From the lock to the final result over the pages: computed, checked and published by different people, objected to, corrected in
//! a second revision that anyone can recompute, settled. domain.md §4.3 (Result, Objection), §4.5, INV-C8, INV-C9, INV-K2.
use crate::contests::{Hall, done, untimed};
use crate::world::{Answer, Browser, World};
use chrono::Duration;
use weixiao::clock;
use weixiao::contests::{Breaker, Method};
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
