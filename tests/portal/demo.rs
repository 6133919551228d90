//! The demonstration city: what somebody who signs in there for the first time finds, whenever it is made.
use crate::world::{FOLDER, World, empty_database};
use chrono::{Duration, NaiveDate};
use weixiao::clock::{self, Timestamp};
use weixiao::db::Db;
use weixiao::demo::{self, Scale};

/// A town whose members have studied, made at this moment.
fn made(now: Timestamp) -> World {
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

/// The days of the week and the ends of years are not alike, and the tables of working days end.
#[test]
fn it_can_be_made_on_any_day() {
    let day = |year, month, day| {
        NaiveDate::from_ymd_opt(year, month, day).unwrap().and_hms_opt(1, 30, 0).unwrap()
            + Duration::hours(15)
    };
    for now in [day(2026, 12, 31), day(2028, 1, 1), day(2031, 2, 28)] {
        let world = made(now);
        assert_eq!(world.number("SELECT COUNT(*) FROM cases"), 1, "made on {now}");
    }
}
