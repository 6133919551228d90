//! The demonstration city: what somebody who signs in there for the first time finds, whenever it is made.
use crate::world::{FOLDER, World, empty_database};
use chrono::{Duration, NaiveDate};
use weixiao::clock::{self, Timestamp};
use weixiao::db::Db;
use weixiao::demo::{self, Scale};

/// A town whose members have studied, made at this moment.
pub fn made(now: Timestamp) -> World {
    let url = empty_database();
    let db = Db::open(&url, true).unwrap();
    let scale = Scale { has_study: true, ..Scale::TOWN };
    db.write_now(|conn| demo::make(conn, &FOLDER.join("media"), scale, now, &mut |_, _| {})).unwrap();
    World::at(url)
}

#[actix_web::test]
async fn a_member_finds_what_they_have_done() {
    let world = made(clock::now());
    let member = world.signed_in("member").await;
    let home = member.get("/me").await;
    assert!(home.body.contains("必修 5 项，已完成 2 项"), "watched together, and one chapter: {}", home.body);
    assert!(home.body.contains("有未读"));
    let history = member.get("/me/history").await;
    assert!(history.body.contains("没有闸门的古堰"), "{}", history.body);
    let attendance = member.get("/me/history?kind=presence").await;
    assert!(attendance.body.contains("水量不够的那几天怎样轮灌"), "{}", attendance.body);
    let cases = member.get("/me/cases").await;
    assert!(cases.body.contains("水量不够的那几天怎样轮灌"), "{}", cases.body);
    let wrong = member.get("/me/wrong-answers").await;
    assert!(!wrong.body.contains("没有错题"), "{}", wrong.body);
    let inbox = member.get("/me/inbox").await;
    assert!(inbox.body.contains("登记了您的到场情况"), "{}", inbox.body);
}

/// One competition is over, one is being judged, one takes entries; anybody can recompute what was published.
#[actix_web::test]
async fn there_are_competitions_at_three_stages() {
    let world = made(clock::now());
    let states = "SELECT string_agg(state, ' ') FROM (SELECT state FROM contests ORDER BY id) AS x";
    assert_eq!(world.text(states), "final judging open");
    let visitor = world.visitor();
    let list = visitor.get("/contests").await;
    for slug in ["guanqu-saike", "fangxun-saike", "jilu-saike"] {
        assert!(list.body.contains(&format!("/contests/{slug}\"")), "{slug}: {}", list.body);
    }
    for revision in [1, 2] {
        let file = visitor.get(&format!("/rankings/1/{revision}.json")).await;
        assert_eq!(weixiao::verify::file(&file.raw).unwrap().rows, 9);
    }
    let honours = visitor.get("/honours").await;
    assert!(honours.body.contains("灌区和社区微党课赛课"), "{}", honours.body);
    assert_eq!(world.number("SELECT COUNT(*) FROM gold_lecturers WHERE state = 'appointed'"), 3);
    let today = clock::day(clock::now());
    let in_office = format!(
        "SELECT COUNT(DISTINCT person_id) FROM titles WHERE valid_from <= '{today}' AND valid_to > '{today}'"
    );
    assert_eq!(world.number(&in_office), 10);
    // A judge has sheets to fill in, the branch and the screeners have entries to look at.
    let judge = world.signed_in("judge1").await;
    assert!(judge.get("/judge").await.body.contains("防汛和应急微党课赛课"));
    let sheets = |state: &str| {
        world.number(&format!("SELECT COUNT(*) FROM contest_assignments a JOIN contest_rounds r ON r.id = a.round_id WHERE r.state = 'judging' AND a.state = '{state}'"))
    };
    assert!(sheets("submitted") > 10 && sheets("assigned") > 10 && sheets("recused") >= 1);
    let waiting = "SELECT string_agg(state, ' ') FROM (SELECT e.state FROM contest_entries e JOIN contests c ON c.id = e.contest_id WHERE c.state = 'open' ORDER BY e.id) AS x";
    assert_eq!(world.text(waiting), "draft submitted branch_endorsed returned");
}

/// The days of the week and the ends of years are not alike, and the tables of working days end.
#[test]
fn it_can_be_made_on_any_day() {
    let day = |year, month, day| {
        NaiveDate::from_ymd_opt(year, month, day).unwrap().and_hms_opt(1, 30, 0).unwrap()
            + Duration::hours(15)
    };
    for now in [day(2026, 12, 31), day(2028, 1, 1), day(2031, 2, 28)] {
        let world = made(now);
        assert_eq!(world.number("SELECT COUNT(*) FROM cases"), 3, "made on {now}");
    }
}
