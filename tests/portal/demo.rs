//! The demonstration city: what somebody who signs in there for the first time finds, whenever it is made.
use crate::world::{FOLDER, World, empty_database};
use chrono::{Duration, Months, NaiveDate};
use weixiao::clock::{self, Timestamp};
use weixiao::coverage::{self, Part, State, Tally};
use weixiao::db::Db;
use weixiao::demo::{self, Scale};
use weixiao::ids::{OrgId, StudyPlanId};

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

/// A small city, so that a committee has several branches.
fn a_city() -> World {
    let url = empty_database();
    let db = Db::open(&url, true).unwrap();
    let scale = Scale { members: 6_000, branches: 400, schools: 100, has_study: true, ..Scale::TOWN };
    let media = FOLDER.join("media");
    db.write_now(|conn| demo::make(conn, &media, scale, clock::now(), &mut |_, _| {})).unwrap();
    World::at(url)
}

/// Issue 7: the demo city has a year of plausible records for one committee, by the tables.
#[test]
fn one_committee_has_a_year_of_records() {
    let world = a_city();
    let today = clock::day(clock::now());
    let committee = world.number(
        "SELECT g.scope_id FROM grants g JOIN accounts a ON a.id = g.account_id WHERE a.username = 'committee'",
    );
    let path = world.text(&format!("SELECT path FROM orgs WHERE id = {committee}"));
    let inside = format!("SUBSTR(o.path, 1, {}) = '{path}'", path.len());
    let count = |what: &str| world.number(&format!("SELECT COUNT(*) FROM {what} AND {inside}"));
    let branches = count("orgs o WHERE o.level = 'branch'");
    let members = count("memberships m JOIN orgs o ON o.id = m.branch_id WHERE m.valid_to IS NULL");
    assert!(branches > 2 && members > 30, "{branches} branches, {members} members");
    // Every branch has met in each of the last twelve months, and it is known of each member.
    for back in 1..=12 {
        let month = today.checked_sub_months(Months::new(back)).unwrap().format("%Y-%m").to_string();
        let held = format!(
            "events e JOIN orgs o ON o.id = e.org_id WHERE e.kind = 'study_discussion' AND e.state = 'held' \
             AND SUBSTR(CAST(e.starts_at AS TEXT), 1, 7) = '{month}'"
        );
        assert!(count(&held) >= branches, "{month}");
        let of_them = held.replace("WHERE", "JOIN attendance_heads h ON h.event_id = e.id WHERE");
        assert!(count(&of_them) >= members, "{month}: who was there");
    }
    let attendance = |status: &str| {
        count(&format!(
            "attendance_heads h JOIN events e ON e.id = h.event_id JOIN orgs o ON o.id = e.org_id WHERE h.status = '{status}'"
        ))
    };
    let present = attendance("present");
    for status in ["late", "leave_sick", "leave_private", "absent", "makeup", "home_visit"] {
        let some = attendance(status);
        assert!(some > 0 && some < present / 4, "{status}: {some} of {present} who were there");
    }
    // Plans with figures of each kind: met, made up for, excused, and not yet.
    let mut sum = Tally::default();
    let plans = world.number("SELECT COUNT(*) FROM study_plans");
    assert!(plans >= 3, "one that is over, one of the committee, one that runs");
    for plan in 1..=plans {
        let look = |conn: &mut weixiao::db::Conn| {
            let plan = weixiao::plans::plan(conn, StudyPlanId(plan))?;
            coverage::look(conn, &plan, OrgId(committee), today, &Part::default())
        };
        let figures = world.db.read_now(look).unwrap().expect("a version is in force");
        assert!(!figures.members.is_empty(), "plan {plan}");
        figures.whole().items.iter().for_each(|item| sum += *item);
    }
    for state in [State::Done, State::MadeUp, State::Excused, State::Exempt, State::NotYet] {
        assert!(sum.of(state) > 0, "{}", state.key());
    }
    // At the door, in each state; two hands signed what was confirmed.
    let visited = |state: &str| {
        count(&format!(
            "home_visit_members v JOIN events e ON e.id = v.event_id JOIN orgs o ON o.id = e.org_id WHERE v.state = '{state}'"
        ))
    };
    for state in ["confirmed", "waiting", "disputed", "void"] {
        assert!(visited(state) > 0, "{state}");
    }
    // Guidance: visits, and findings on every step of their way.
    let guided = count("guidance_visits v JOIN orgs o ON o.id = v.org_id WHERE v.group_id > 0");
    assert!(guided >= 2, "{guided}");
    let found = |state: &str| {
        count(&format!("guidance_findings f JOIN orgs o ON o.id = f.org_id WHERE f.state = '{state}'"))
    };
    for state in ["fixed", "verified", "reopened"] {
        assert!(found(state) > 0, "{state}");
    }
    // Copies: issued to branches, in the hands of most members.
    let with = count(
        "copy_holdings h JOIN orgs o ON o.id = h.org_id WHERE h.edition_id = 1 AND h.person_id IS NOT NULL AND h.until IS NULL",
    );
    assert!(with * 2 > members && with < members, "{with} of {members}");
    assert!(count("copy_moves c JOIN orgs o ON o.id = c.from_org WHERE c.kind = 'handed_out'") >= with);
}

/// The two million rows take a minute; whether as many come as were asked for is seen of fewer.
#[test]
fn as_many_rows_of_attendance_come_as_a_scale_asks_for() {
    assert_eq!((Scale::BENCH.attendances, Scale::FULL.attendances), (2_000_000, 2_000_000));
    assert_eq!((Scale::BENCH.members, Scale::FULL.members), (360_000, 36_000));
    let url = empty_database();
    let db = Db::open(&url, true).unwrap();
    let media = FOLDER.join("media");
    let scale = Scale { has_study: true, attendances: 4_000, ..Scale::TOWN };
    db.write_now(|conn| demo::make(conn, &media, scale, clock::now(), &mut |_, _| {})).unwrap();
    let world = World::at(url);
    let rows = world.number(
        "SELECT COUNT(*) FROM attendance_heads h JOIN events e ON e.id = h.event_id WHERE e.title = '学习会'",
    );
    // No branch is left half-way.
    let roll = world.number(
        "SELECT MAX(n) FROM (SELECT COUNT(*) AS n FROM memberships WHERE valid_to IS NULL GROUP BY branch_id) AS x",
    );
    assert!((4_000..4_000 + roll).contains(&rows), "{rows}");
    let spread = world.number("SELECT COUNT(DISTINCT org_id) FROM events WHERE title = '学习会'");
    assert_eq!(
        spread,
        world.number("SELECT COUNT(DISTINCT branch_id) FROM memberships WHERE valid_to IS NULL")
    );
}
