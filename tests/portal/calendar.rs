//! The calendar of working days: one proposes a year's table, another approves it, the newest approved one holds.
use crate::world::World;
use chrono::{Datelike, NaiveDate};
use weixiao::access::Viewer;
use weixiao::audit::Doer;
use weixiao::error::Error;
use weixiao::ids::{AccountId, CalendarId, PersonId};
use weixiao::site::Verdict;
use weixiao::{calendar, clock};

const TEXT: &str = "2019-02-02 2019-02-03 班\n2019-02-04 2019-02-10 休\n2019-09-29 班\n2019-10-01 2019-10-07 休\n2019-10-12 班";

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn after(world: &World, from: &str, n: i32) -> Result<String, String> {
    let last = world.db.read_now(|conn| calendar::after(conn, day(from), n));
    match last {
        Ok(last) => Ok(last.to_string()),
        Err(Error::Refused(why)) => Err(why.to_string()),
        Err(other) => panic!("{other}"),
    }
}

fn is_there(world: &World, year: i32) -> bool {
    world.db.read_now(|conn| calendar::has_year(conn, year)).unwrap()
}

/// The form of a year, sent.
fn fields<'a>(year: &'a str, text: &'a str) -> Vec<(&'static str, &'a str)> {
    vec![("year", year), ("source", "国办发明电〔2018〕15号"), ("text", text)]
}

#[actix_web::test]
async fn a_year_holds_when_a_second_person_has_approved_it() {
    let world = World::new();
    let (admin, checker) = (world.signed_in("admin").await, world.signed_in("checker").await);
    let why = after(&world, "2019-10-16", 5).unwrap_err();
    assert!(why.contains("2019 年的工作日历") && why.contains("批准"), "{why}");
    // The meaning is shown first, and nothing is kept by looking.
    let preview = admin.post("/admin/calendar/preview", &fields("2019", TEXT)).await;
    assert_eq!(preview.status, 200);
    for words in ["2019 年 10 月 12 日 星期六：改为上班", "2019 年 10 月 1 日 星期二：改为休息", "休 7 天"]
    {
        assert!(preview.body.contains(words), "{words}: {}", preview.body);
    }
    assert!(!preview.body.contains("10 月 5 日 星期六："), "a Saturday is off anyhow");
    assert_eq!(world.number("SELECT COUNT(*) FROM calendar_years WHERE year = 2019"), 0);
    let proposed = admin.post("/admin/calendar", &fields("2019", TEXT)).await;
    assert_eq!(
        proposed.location.as_deref(),
        Some("/admin/calendar?year=2019&done=calendar-proposed"),
        "{}",
        proposed.body
    );
    assert!(!is_there(&world, 2019), "nobody has approved it");
    let id = world.number("SELECT MAX(id) FROM calendar_years");
    // Sent twice it is one proposal; another one waits for the first.
    assert_eq!(admin.post("/admin/calendar", &fields("2019", TEXT)).await.status, 303);
    assert_eq!(admin.post("/admin/calendar", &fields("2019", "2019-10-12 班")).await.status, 409);
    assert_eq!(world.number("SELECT COUNT(*) FROM calendar_years WHERE year = 2019"), 1);
    let proposals = "SELECT COUNT(*) FROM audit_entries WHERE action = 'calendar_proposed' AND subject_id =";
    assert_eq!(world.number(&format!("{proposals} {id}")), 1);
    // Whoever proposed does not approve; nobody else withdraws; who may not propose may look and approve.
    let own = admin.post(&format!("/admin/calendar/{id}/approved"), &[]).await;
    assert!(own.status == 409 && own.body.contains("另一个人"), "{}", own.body);
    assert_eq!(checker.post(&format!("/admin/calendar/{id}/withdrawn"), &[]).await.status, 409);
    assert_eq!(checker.post("/admin/calendar", &fields("2019", TEXT)).await.status, 403);
    let shown = checker.get("/admin/calendar?year=2019").await;
    assert!(shown.body.contains("等批准的表") && shown.body.contains("改为上班"), "{}", shown.body);
    assert_eq!(checker.post(&format!("/admin/calendar/{id}/approved"), &[]).await.status, 303);
    // V-CAL of domain.md §5.9
    for (from, n, last) in
        [("2019-10-16", 5, "2019-10-23"), ("2019-09-27", 5, "2019-10-10"), ("2019-10-09", 3, "2019-10-12")]
    {
        assert_eq!(after(&world, from, n).as_deref(), Ok(last), "{n} from {from}");
    }
    let works = |text: &str| world.db.read_now(|conn| calendar::is_working(conn, day(text))).unwrap();
    assert!(works("2019-09-29") && !works("2019-10-01") && !works("2019-10-13"));
    assert!(after(&world, "2019-12-30", 2).unwrap_err().contains("2020"));
    // Decided once.
    assert_eq!(checker.post(&format!("/admin/calendar/{id}/refused"), &[]).await.status, 409);
    assert_eq!(
        world.number(&format!(
            "SELECT COUNT(*) FROM audit_entries WHERE action = 'calendar_decided' AND subject_id = {id}"
        )),
        1
    );
}

#[actix_web::test]
async fn the_newest_approved_table_holds_and_the_others_stay_to_be_read() {
    let world = World::new();
    let (admin, checker) = (world.signed_in("admin").await, world.signed_in("checker").await);
    let propose = async |text: &str, verdict: &str| {
        let sent = admin.post("/admin/calendar", &fields("2019", text)).await;
        assert_eq!(sent.status, 303, "{}", sent.body);
        let id = world.number("SELECT MAX(id) FROM calendar_years");
        let by = if verdict == "withdrawn" { &admin } else { &checker };
        assert_eq!(by.post(&format!("/admin/calendar/{id}/{verdict}"), &[]).await.status, 303, "{verdict}");
    };
    propose("2019-10-01 2019-10-07 休", "approved").await;
    assert_eq!(after(&world, "2019-10-09", 3).as_deref(), Ok("2019-10-14"));
    // The form begins with what holds, and the change is seen against it.
    let form = admin.get("/admin/calendar?year=2019").await;
    assert!(form.body.contains("2019-10-01 2019-10-07 休</textarea>"), "{}", form.body);
    let preview = admin.post("/admin/calendar/preview", &fields("2019", TEXT)).await;
    assert!(
        preview.body.contains("和现行的表不同的日子")
            && preview.body.contains("10 月 12 日 星期六：改为上班")
    );
    assert!(!preview.body.contains("10 月 1 日 星期二："), "that is so already");
    propose(TEXT, "refused").await;
    propose(TEXT, "withdrawn").await;
    assert_eq!(after(&world, "2019-10-09", 3).as_deref(), Ok("2019-10-14"), "neither holds");
    propose(TEXT, "approved").await;
    assert_eq!(after(&world, "2019-10-09", 3).as_deref(), Ok("2019-10-12"));
    let history = admin.get("/admin/calendar?year=2019").await;
    for word in ["已批准", "没有批准", "已撤回"] {
        assert!(history.body.contains(word), "{word}");
    }
    for _ in 0..8 {
        propose(TEXT, "approved").await;
    }
    assert!(admin.get("/admin/calendar?year=2019&page=2").await.body.contains("没有批准"));
    assert_eq!(admin.get("/admin/calendar?year=2019&page=3").await.status, 404);
}

#[actix_web::test]
async fn what_was_typed_stays_and_is_mended_line_by_line() {
    let world = World::new();
    let admin = world.signed_in("admin").await;
    let text = "2019-10-01 2019-10-07 休\n2019-10-08 班\n十月十二 班";
    for path in ["/admin/calendar", "/admin/calendar/preview"] {
        let refused = admin.post(path, &fields("2019", text)).await;
        assert_eq!(refused.status, 422);
        for words in ["有 2 行要改", "第 2 行", "不是周末", "第 3 行", "不是日期", "十月十二 班</textarea>"]
        {
            assert!(refused.body.contains(words), "{path} {words}: {}", refused.body);
        }
        assert!(refused.body.contains("国办发明电〔2018〕15号"), "{path}");
    }
    for (year, source, text) in [
        ("", "通知", "x"),
        ("2019", "", "2019-10-12 班"),
        ("99999", "通知", "2019-10-12 班"),
        ("2019", "通知", ""),
    ] {
        let refused =
            admin.post("/admin/calendar", &[("year", year), ("source", source), ("text", text)]).await;
        assert_eq!(refused.status, 422, "{year:?} {source:?} {text:?}");
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM calendar_years WHERE year = 2019"), 0);
    for odd in ["/admin/calendar?year=abc", "/admin/calendar?year=-1", "/admin/calendar"] {
        let this = format!("{} 年的工作日历", clock::day(clock::now()).year());
        assert!(admin.get(odd).await.body.contains(&this), "{odd}");
    }
    let english = world.signed_in("admin").await;
    english.cookies.borrow_mut().insert("lang".into(), "en".into());
    let text = "2019-10-01 2019-10-07 off\n2019-10-12 work";
    let preview = english.post("/admin/calendar/preview", &fields("2019", text)).await;
    assert!(preview.body.contains("12 Oct 2019 Saturday: becomes a working day"), "{}", preview.body);
}

#[actix_web::test]
async fn two_who_decide_at_once_are_told_apart() {
    let world = World::new();
    let admin = world.signed_in("admin").await;
    admin.post("/admin/calendar", &fields("2019", TEXT)).await;
    let id = world.number("SELECT MAX(id) FROM calendar_years");
    let viewer = |name: &str| {
        let account = world.number(&format!("SELECT id FROM accounts WHERE username = '{name}'"));
        let person = world.number(&format!("SELECT person_id FROM accounts WHERE username = '{name}'"));
        Viewer {
            account: AccountId(account),
            person: PersonId(person),
            name: name.into(),
            grants: vec![],
            actor_name: None,
            has_news: false,
        }
    };
    let decide = |who: Viewer, verdict| {
        let db = world.db.clone();
        std::thread::spawn(move || {
            let doer = Doer { account: Some(who.account), ..Doer::default() };
            db.write_now(|conn| {
                calendar::decide(conn, CalendarId(id), verdict, &who, &doer, clock::now()).map(|_| ())
            })
        })
    };
    let outcomes = [(viewer("checker"), Verdict::Approved), (viewer("auditor"), Verdict::Refused)]
        .map(|(who, verdict)| decide(who, verdict))
        .map(|one| one.join().unwrap());
    assert_eq!(outcomes.iter().filter(|one| one.is_ok()).count(), 1, "{outcomes:?}");
    assert!(outcomes.iter().any(|one| matches!(one, Err(Error::Refused(_)))), "the other is told");
    // The rule stands in the database too.
    world.sql(&format!("UPDATE calendar_years SET verdict = NULL, decided_by = NULL WHERE id = {id}"));
    let own =
        format!("UPDATE calendar_years SET verdict = 'approved', decided_by = proposed_by WHERE id = {id}");
    assert!(world.try_sql(&own).is_err());
}
