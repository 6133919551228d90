//! Study away from the screen: visits, make-up study, lists on paper, guests of a branch.
use crate::events::{account, branch, discussion, doer, person, refused};
use crate::world::{Browser, World};
use chrono::{Datelike, Duration};
use weixiao::access::Viewer;
use weixiao::accounts;
use weixiao::calendar;
use weixiao::clock::{self, Timestamp};
use weixiao::error::{Error, Result};
use weixiao::events::{self, Entry, Method, Status, Via};
use weixiao::ids::{EventId, LectureId, PersonId, random_hex};
use weixiao::visits::{self, NewVisit, Outcome, Refusal};

const LECTURE: i64 = 1;

/// A town whose years have a calendar, whenever the tests run.
fn town() -> World {
    let world = World::new();
    let today = clock::day(clock::now());
    for year in [today.year() - 1, today.year(), today.year() + 1] {
        if !world.db.read_now(|conn| calendar::has_year(conn, year)).unwrap() {
            let (admin, checker) = (account(&world, "admin"), account(&world, "checker"));
            world.sql(&format!("INSERT INTO calendar_years (year, source, proposed_by, proposed_at, decided_by, decided_at, verdict) VALUES ({year}, 'x', {admin}, '2020-01-01 00:00:00', {checker}, '2020-01-01 00:00:00', 'approved')"));
        }
    }
    world
}

fn viewer(world: &World, name: &str) -> Viewer {
    let account = account(world, name);
    world.db.read_now(|conn| weixiao::accounts::viewer_for(conn, account, None)).unwrap().unwrap()
}

fn number(world: &World, name: &str) -> String {
    format!("D{:07}", person(world, name).0)
}

/// Two hours ago.
fn begun(now: Timestamp) -> Timestamp {
    now - Duration::hours(2)
}

/// A visit to `elder`, delivered by `secretary` with `member` as the second person.
fn new(world: &World, now: Timestamp) -> NewVisit {
    NewVisit {
        members: vec![person(world, "elder")],
        deliverer: person(world, "secretary"),
        second: person(world, "member"),
        topic: "怎样看护斗渠".into(),
        lecture: None,
        missed: None,
        place: "家里".into(),
        starts_at: begun(now),
        minutes: 40,
        agreed_photo: false,
        key: random_hex(16),
    }
}

fn record(world: &World, by: &str, new: &NewVisit, now: Timestamp) -> Result<EventId> {
    let (viewer, doer) = (viewer(world, by), doer(world, by));
    world.db.write_now(|conn| visits::record(conn, &viewer, new, &doer, now))
}

fn second(world: &World, by: &str, id: EventId, now: Timestamp) -> Result<()> {
    let (viewer, doer) = (viewer(world, by), doer(world, by));
    world.db.write_now(|conn| visits::second(conn, &viewer, id, &doer, now))
}

fn confirm(world: &World, by: &str, id: EventId, now: Timestamp) -> Result<()> {
    let (viewer, doer) = (viewer(world, by), doer(world, by));
    world.db.write_now(|conn| visits::confirm(conn, &viewer, id, &doer, now))
}

fn witness(world: &World, by: &str, id: EventId, who: PersonId, now: Timestamp) -> Result<()> {
    let (viewer, doer) = (viewer(world, by), doer(world, by));
    world.db.write_now(|conn| visits::witness(conn, &viewer, (id, who), &doer, now))
}

fn print(world: &World, by: &str, id: EventId, who: PersonId, now: Timestamp) -> Result<String> {
    let (viewer, doer) = (viewer(world, by), doer(world, by));
    let printed = world.db.write_now(|conn| visits::print_code(conn, &viewer, (id, who), &doer, now));
    printed.map(|(_, code)| code)
}

fn code(world: &World, by: &str, id: EventId, who: PersonId, now: Timestamp) -> String {
    print(world, by, id, who, now).unwrap()
}

fn typed(world: &World, by: Option<&str>, id: EventId, code: &str, now: Timestamp) -> Result<Outcome> {
    let viewer = by.map(|name| viewer(world, name));
    let doer = by.map(|name| doer(world, name)).unwrap_or_default();
    world.db.write_now(|conn| visits::confirm_by_code(conn, (id, code), viewer.as_ref(), &doer, now))
}

/// A visit that both have signed.
fn signed(world: &World, new: &NewVisit, now: Timestamp) -> EventId {
    let id = record(world, "secretary", new, now).unwrap();
    second(world, "member", id, now).unwrap();
    id
}

fn attended(world: &World, id: EventId, who: PersonId) -> String {
    world.text(&format!("SELECT COALESCE((SELECT status FROM attendance_heads WHERE event_id = {id} AND person_id = {who}), 'nothing')"))
}

fn proofs(world: &World, who: PersonId) -> i64 {
    world.number(&format!("SELECT COUNT(*) FROM completions c LEFT JOIN completion_reversals r ON r.completion_id = c.id WHERE c.person_id = {who} AND c.kind = 'visit' AND r.completion_id IS NULL"))
}

fn state(world: &World, id: EventId, who: PersonId) -> String {
    world.text(&format!("SELECT state FROM home_visit_members WHERE event_id = {id} AND person_id = {who}"))
}

/// A discussion of some days ago, and what was entered of somebody there.
fn missed(world: &World, who: PersonId, status: Status, days: i64, now: Timestamp) -> EventId {
    let id = discussion(world, now - Duration::days(days), now);
    let entry = Entry {
        event: id,
        person: who,
        status,
        minutes: 0,
        method: Method::List,
        via: None,
        by: account(world, "secretary"),
        acted_by: None,
        key: random_hex(16),
    };
    world.db.write_now(|conn| events::record(conn, &entry, now)).unwrap();
    id
}

fn words(refusal: Refusal) -> String {
    refusal.words().to_string()
}

fn not_found<T: std::fmt::Debug>(outcome: Result<T>) -> bool {
    matches!(outcome, Err(Error::NotFound))
}

// Visits.

#[test]
fn a_visit_counts_when_three_have_said_so_and_not_before() {
    let world = World::new();
    let now = clock::now();
    world.sql("UPDATE media SET duration_ms = 600000");
    let elder = person(&world, "elder");
    let gap = missed(&world, elder, Status::LeaveSick, 3, now);
    let new = NewVisit { lecture: Some(LectureId(LECTURE)), missed: Some(gap), ..new(&world, now) };
    let id = record(&world, "secretary", &new, now).unwrap();
    let counts = || (attended(&world, id, elder), attended(&world, gap, elder), proofs(&world, elder));
    let nothing = ("nothing".to_owned(), "leave_sick".to_owned(), 0);
    assert_eq!(counts(), nothing, "recorded");
    assert_eq!(refused(confirm(&world, "elder", id, now)), words(Refusal::NotSeconded));
    let told = |who: PersonId| {
        world.number(&format!(
            "SELECT COUNT(*) FROM notices WHERE person_id = {who} AND link = '/visits/{id}'"
        ))
    };
    assert_eq!((told(person(&world, "member")), told(elder)), (1, 0));
    second(&world, "member", id, now).unwrap();
    second(&world, "member", id, now).unwrap();
    assert_eq!((counts(), told(elder)), (nothing, 1), "seconded");
    confirm(&world, "elder", id, now).unwrap();
    confirm(&world, "elder", id, now).unwrap();
    assert_eq!(counts(), ("home_visit".into(), "makeup".into(), 1));
    let minutes = format!("SELECT minutes FROM attendance_heads WHERE event_id = {id}");
    assert_eq!(world.number(&minutes), 40);
    assert_eq!(world.number(&format!("SELECT minutes FROM attendance_heads WHERE event_id = {gap}")), 0);
    let via = format!("SELECT via_event_id FROM attendances WHERE event_id = {gap} AND status = 'makeup'");
    assert_eq!(world.number(&via), id.0);
    assert_eq!(world.number(&format!("SELECT seconds FROM completions WHERE event_id = {id}")), 600);
    // Each step is there, by whom; and the person sees it in the own record.
    let steps = world.number(&format!("SELECT COUNT(*) FROM home_visit_steps WHERE event_id = {id}"));
    assert_eq!(steps, 3);
    for sql in ["UPDATE home_visit_steps SET what = 'void'", "DELETE FROM home_visit_steps"] {
        assert!(world.try_sql(sql).is_err(), "{sql}");
    }
    let audited =
        format!("SELECT COUNT(*) FROM audit_entries WHERE action = 'visit_step' AND for_person_id = {elder}");
    assert_eq!(world.number(&audited), 2);
}

#[test]
fn one_account_alone_makes_no_record() {
    let world = World::new();
    let now = clock::now();
    let id = record(&world, "secretary", &new(&world, now), now).unwrap();
    // The recorder is not the second person, nor is anybody else than who was named.
    assert_eq!(refused(second(&world, "secretary", id, now)), words(Refusal::NotSecond));
    assert_eq!(refused(second(&world, "clerk", id, now)), words(Refusal::NotSecond));
    assert!(not_found(second(&world, "member2", id, now)));
    // Whoever records cannot name themselves, nor one person twice.
    let member = person(&world, "member");
    let as_second = NewVisit { second: person(&world, "secretary"), deliverer: member, ..new(&world, now) };
    assert_eq!(refused(record(&world, "secretary", &as_second, now)), words(Refusal::RecorderIsSecond));
    let twice = NewVisit { deliverer: member, ..new(&world, now) };
    assert_eq!(refused(record(&world, "secretary", &twice, now)), words(Refusal::SamePerson));
    let own = NewVisit {
        members: vec![person(&world, "secretary")],
        deliverer: person(&world, "clerk"),
        ..new(&world, now)
    };
    assert_eq!(refused(record(&world, "secretary", &own, now)), words(Refusal::RecorderIsVisited));
    // A second account of the recorder's person would be the same person, and one of another's is the recorder's account.
    let (secretary, by) = (account(&world, "secretary"), person(&world, "secretary"));
    world.sql(&format!(
        "UPDATE home_visits SET second_id = {by}, deliverer_id = {member} WHERE event_id = {id}"
    ));
    assert_eq!(refused(second(&world, "secretary", id, now)), words(Refusal::OwnRecord));
    assert!(
        world.try_sql(&format!("UPDATE home_visits SET seconded_by = {secretary}, seconded_at = '2026-01-01 00:00:00', state = 'seconded' WHERE event_id = {id}")).is_err(),
        "the database says so too"
    );
    // Somebody without an account cannot sign.
    let without = PersonId(world.number(&format!("SELECT MIN(m.person_id) FROM memberships m WHERE m.branch_id = {} AND m.valid_to IS NULL AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.person_id = m.person_id)", branch(&world, "member"))));
    let nobody = NewVisit { second: without, ..new(&world, now) };
    assert_eq!(refused(record(&world, "secretary", &nobody, now)), words(Refusal::SecondWithoutAccount));
    assert_eq!(attended(&world, id, person(&world, "elder")), "nothing");
}

/// Prints a sign-in code for an account, and uses it.
fn opened(world: &World, by: &str, of: &str, at: Timestamp) {
    let doer = doer(world, by);
    let print = |conn: &mut weixiao::db::Conn| {
        let account = accounts::by_username(conn, of)?.ok_or(Error::NotFound)?;
        accounts::issue_code(conn, &account, &doer, at).map(drop)
    };
    world.db.write_now(print).unwrap();
    // A code that is still open gives way to the next one.
    world.sql("UPDATE one_time_codes SET used_at = issued_at WHERE used_at IS NULL");
}

#[actix_web::test]
async fn whoever_opens_an_account_is_not_two_with_it() {
    let world = World::new();
    let now = clock::now();
    // The whole way in one hand: an account for somebody of the branch, with the code that comes with it.
    let somebody = world.number(&format!(
        "SELECT MIN(m.person_id) FROM memberships m WHERE m.branch_id = {} AND m.valid_to IS NULL AND NOT EXISTS \
         (SELECT 1 FROM accounts a WHERE a.person_id = m.person_id)",
        branch(&world, "member")
    ));
    let secretary = world.signed_in("secretary").await;
    let printed = secretary.post(&format!("/people/{somebody}/code"), &[]).await;
    assert_eq!(printed.status, 200, "{}", printed.body);
    let alone = NewVisit { second: PersonId(somebody), ..new(&world, now) };
    assert_eq!(refused(record(&world, "secretary", &alone, now)), words(Refusal::OneHand));
    assert_eq!(world.number("SELECT COUNT(*) FROM home_visits"), 0);
    // Somebody else records with them.
    record(&world, "clerk", &NewVisit { key: random_hex(16), ..alone }, now).unwrap();
}

#[test]
fn an_account_that_the_recorder_opened_lately_does_not_sign_whenever_that_was() {
    let world = World::new();
    let now = clock::now();
    let days = |days: i64| begun(now) - Duration::days(days);
    // After the record: what could be named then does not sign.
    let id = record(&world, "secretary", &new(&world, now), now).unwrap();
    opened(&world, "secretary", "member", now);
    assert_eq!(refused(second(&world, "member", id, now)), words(Refusal::OneHand));
    assert_eq!(world.text(&format!("SELECT state FROM home_visits WHERE event_id = {id}")), "recorded");
    // A month before the visit speaks against nobody, a day less does.
    for (before, is_one) in [(31, false), (29, true)] {
        let world = World::new();
        opened(&world, "secretary", "member", days(before));
        let made = record(&world, "secretary", &new(&world, now), now);
        match is_one {
            true => assert_eq!(refused(made), words(Refusal::OneHand), "{before}"),
            false => second(&world, "member", made.unwrap(), now).unwrap(),
        }
    }
    // The other way round: the one who signs has opened the account that records.
    let world = World::new();
    opened(&world, "secretary", "clerk", days(1));
    let by_clerk = NewVisit {
        deliverer: person(&world, "member"),
        second: person(&world, "secretary"),
        ..new(&world, now)
    };
    assert_eq!(refused(record(&world, "clerk", &by_clerk, now)), words(Refusal::OneHand));
    // Through a third account: opened by the recorder, it has opened the one that signs.
    opened(&world, "clerk", "member", days(1));
    assert_eq!(refused(record(&world, "secretary", &new(&world, now), now)), words(Refusal::OneHand));
    // A code that somebody else printed is no objection.
    let world = World::new();
    opened(&world, "clerk", "member", days(1));
    let id = record(&world, "secretary", &new(&world, now), now).unwrap();
    second(&world, "member", id, now).unwrap();
}

#[test]
fn those_who_signed_do_not_say_the_members_word_in_an_account_that_they_opened() {
    let now = clock::now();
    let yesterday = begun(now) - Duration::days(1);
    for maker in ["secretary", "member"] {
        let world = World::new();
        let elder = person(&world, "elder");
        let id = signed(&world, &new(&world, now), now);
        let slip = code(&world, "clerk", id, elder, now);
        for account in ["elder", "clerk"] {
            opened(&world, maker, account, yesterday);
        }
        assert_eq!(refused(confirm(&world, "elder", id, now)), words(Refusal::OthersLogin), "{maker}");
        assert_eq!(refused(witness(&world, "clerk", id, elder, now)), words(Refusal::OthersLogin), "{maker}");
        let by_elder = typed(&world, Some("elder"), id, &slip, now);
        assert_eq!(refused(by_elder), words(Refusal::OthersLogin), "{maker}");
        assert_eq!(
            (attended(&world, id, elder).as_str(), state(&world, id, elder).as_str()),
            ("nothing", "waiting")
        );
        // The recorder has no slip in hand either, whoever prints it.
        let slip = match (maker, print(&world, "clerk", id, elder, now)) {
            ("secretary", printed) => {
                assert_eq!(refused(printed), words(Refusal::OthersLogin));
                slip
            }
            (_, printed) => printed.unwrap(),
        };
        // A relative who types the code needs no account.
        assert_eq!(typed(&world, None, id, &slip, now).unwrap(), Outcome::Done, "{maker}");
        assert_eq!(attended(&world, id, elder), "home_visit");
        // What was said stays said, and saying it once more changes nothing.
        confirm(&world, "elder", id, now).unwrap();
    }
}

#[test]
fn whoever_delivers_records_the_own_visits_and_nobody_elses() {
    let world = World::new();
    let now = clock::now();
    let own =
        NewVisit { deliverer: person(&world, "member"), second: person(&world, "clerk"), ..new(&world, now) };
    let id = record(&world, "member", &own, now).unwrap();
    second(&world, "clerk", id, now).unwrap();
    confirm(&world, "elder", id, now).unwrap();
    assert_eq!(attended(&world, id, person(&world, "elder")), "home_visit");
    let others = NewVisit { second: person(&world, "clerk"), ..new(&world, now) };
    assert_eq!(refused(record(&world, "member", &others, now)), words(Refusal::NotDeliverer));
    let elsewhere = NewVisit {
        deliverer: person(&world, "member2"),
        second: person(&world, "secretary2"),
        ..new(&world, now)
    };
    assert_eq!(refused(record(&world, "member2", &elsewhere, now)), words(Refusal::NotInScope));
    let strangers = NewVisit { members: vec![person(&world, "member2")], ..new(&world, now) };
    assert_eq!(refused(record(&world, "secretary", &strangers, now)), words(Refusal::NotInScope));
}

#[test]
fn a_visit_has_been_lately_and_makes_up_only_for_what_was_missed() {
    let world = World::new();
    let now = clock::now();
    let elder = person(&world, "elder");
    let with = |change: &dyn Fn(&mut NewVisit)| {
        let mut new = new(&world, now);
        change(&mut new);
        refused(record(&world, "secretary", &new, now))
    };
    assert_eq!(with(&|new| new.starts_at = now - Duration::minutes(39)), words(Refusal::InFuture));
    assert_eq!(with(&|new| new.starts_at = now - Duration::days(32)), words(Refusal::TooLate));
    assert_eq!(with(&|new| new.minutes = 0), words(Refusal::Minutes));
    assert_eq!(with(&|new| new.members.clear()), words(Refusal::NobodyVisited));
    assert_eq!(with(&|new| new.lecture = Some(LectureId(999_999))), words(Refusal::LectureGone));
    let there = missed(&world, elder, Status::Present, 3, now);
    assert_eq!(with(&|new| new.missed = Some(there)), words(Refusal::NothingMissed));
    // Days are counted from the visit, which may have been yesterday.
    let long_ago = missed(&world, elder, Status::Absent, 31, begun(now));
    assert_eq!(with(&|new| new.missed = Some(long_ago)), words(Refusal::TooLateForMakeup));
    // On the last day it does.
    let last = missed(&world, elder, Status::Absent, 30, begun(now));
    let id = signed(&world, &NewVisit { missed: Some(last), ..new(&world, now) }, now);
    confirm(&world, "elder", id, now).unwrap();
    assert_eq!(attended(&world, last, elder), "makeup");
    // The same form twice is one visit; its key names nothing else.
    let sent = new(&world, now);
    let first = record(&world, "secretary", &sent, now).unwrap();
    assert_eq!(record(&world, "secretary", &sent, now).unwrap(), first);
    let other = discussion(&world, now, now);
    let key = world.text(&format!("SELECT key FROM events WHERE id = {other}"));
    let taken = NewVisit { key, ..new(&world, now) };
    assert_eq!(refused(record(&world, "secretary", &taken, now)), words(Refusal::KeyUsed));
}

#[actix_web::test]
async fn a_lecture_is_proved_by_four_fifths_of_its_length_and_can_be_rated_then() {
    let world = World::new();
    let now = clock::now();
    let elder = person(&world, "elder");
    let taught = |seconds: i64| {
        world.sql(&format!("UPDATE media SET duration_ms = {}", seconds * 1_000));
        let id = signed(&world, &NewVisit { lecture: Some(LectureId(LECTURE)), ..new(&world, now) }, now);
        confirm(&world, "elder", id, now).unwrap();
        id
    };
    // Forty minutes are 2,400 seconds.
    taught(3_001);
    let vote = [("stars", "5"), ("useful", "1"), ("comment", "")];
    let unseen = world.signed_in("elder").await.post(&format!("/lectures/{LECTURE}/rating"), &vote).await;
    assert_ne!(unseen.status, 303);
    assert_eq!(proofs(&world, elder), 0);
    let id = taught(3_000);
    assert_eq!(proofs(&world, elder), 1);
    let row = format!(
        "SELECT COUNT(*) FROM completions WHERE event_id = {id} AND kind = 'visit' AND seconds = 2400 AND length_s = 3000 AND acted_by IS NULL"
    );
    assert_eq!(world.number(&row), 1);
    let browser = world.signed_in("elder").await;
    let vote = [("stars", "5"), ("useful", "1"), ("comment", "")];
    let rated = browser.post(&format!("/lectures/{LECTURE}/rating"), &vote).await;
    assert_eq!(rated.status, 303, "{}", rated.body);
    assert_eq!(world.text("SELECT proof FROM ratings"), "visit");
}

#[test]
fn a_couple_confirms_one_by_one() {
    let world = World::new();
    let now = clock::now();
    let (elder, mobile) = (person(&world, "elder"), person(&world, "mobile"));
    let id = signed(&world, &NewVisit { members: vec![elder, mobile], ..new(&world, now) }, now);
    confirm(&world, "elder", id, now).unwrap();
    assert_eq!(
        (attended(&world, id, elder), attended(&world, id, mobile)),
        ("home_visit".into(), "nothing".into())
    );
    // What is confirmed is not taken back by who recorded it.
    let (viewer, doer) = (viewer(&world, "secretary"), doer(&world, "secretary"));
    let voided = world.db.write_now(|conn| visits::void(conn, &viewer, id, &doer, now));
    assert_eq!(refused(voided), words(Refusal::HasConfirmed));
    assert_eq!(state(&world, id, mobile), "waiting", "all or nothing");
    let other = signed(&world, &new(&world, now), now);
    world.db.write_now(|conn| visits::void(conn, &viewer, other, &doer, now)).unwrap();
    assert_eq!(state(&world, other, elder), "void");
    assert_eq!(refused(confirm(&world, "elder", other, now)), words(Refusal::Void));
    assert_eq!(refused(second(&world, "member", other, now)), words(Refusal::Void));
}

#[test]
fn a_printed_code_is_typed_by_anybody_but_those_who_made_the_record() {
    let world = World::new();
    let now = clock::now();
    let elder = person(&world, "elder");
    let id = signed(&world, &new(&world, now), now);
    // Whoever made the record does not have the code in hand.
    assert_eq!(refused(print(&world, "secretary", id, elder, now)), words(Refusal::SomebodyElse));
    let first = code(&world, "clerk", id, elder, now);
    let second = code(&world, "clerk", id, elder, now);
    assert_eq!(
        world.number(&format!("SELECT COUNT(*) FROM home_visit_codes WHERE digest = '{second}'")),
        0,
        "no code is kept"
    );
    assert_eq!(typed(&world, None, id, &first, now).unwrap(), Outcome::Wrong, "printed anew");
    for (who, name) in [("secretary", "recorder and deliverer"), ("member", "second")] {
        assert_eq!(
            refused(typed(&world, Some(who), id, &second, now)),
            words(Refusal::SomebodyElse),
            "{name}"
        );
    }
    assert_eq!(typed(&world, None, EventId(999_999), &second, now).unwrap(), Outcome::Wrong);
    let spelled = format!(" {}-{}", second[..4].to_lowercase(), &second[4..]);
    assert_eq!(typed(&world, None, id, &spelled, now).unwrap(), Outcome::Done);
    assert_eq!(typed(&world, None, id, &second, now).unwrap(), Outcome::Done, "once more changes nothing");
    assert_eq!(attended(&world, id, elder), "home_visit");
    let kept = format!(
        "SELECT COUNT(*) FROM home_visit_members WHERE event_id = {id} AND way = 'code' AND confirmed_by IS NULL"
    );
    assert_eq!(world.number(&kept), 1);
    // The member is told, and disputes it if it was somebody else.
    assert_eq!(
        world.number(&format!(
            "SELECT COUNT(*) FROM notices WHERE person_id = {elder} AND link = '/visits/{id}'"
        )),
        2
    );
    // A code has its time.
    let late = signed(&world, &new(&world, now), now);
    let code = code(&world, "clerk", late, elder, now);
    assert_eq!(typed(&world, None, late, &code, now + Duration::days(31)).unwrap(), Outcome::Wrong);
}

#[test]
fn five_wrong_codes_a_minute_and_then_one_waits() {
    let world = World::new();
    let now = clock::now();
    let id = signed(&world, &new(&world, now), now);
    let right = code(&world, "clerk", id, person(&world, "elder"), now);
    let minute = clock::now();
    let start = minute - Duration::seconds(minute.and_utc().timestamp().rem_euclid(60));
    for _ in 0..5 {
        assert_eq!(typed(&world, None, id, "AAAA2222", start).unwrap(), Outcome::Wrong);
    }
    match typed(&world, None, id, &right, start + Duration::seconds(10)) {
        Err(Error::Wait(seconds)) => assert_eq!(seconds, 50),
        other => panic!("{other:?}"),
    }
    // Nobody is locked out: another visit goes on, and in the next minute this one.
    let other = signed(&world, &new(&world, now), now);
    assert_eq!(typed(&world, None, other, "AAAA2222", start).unwrap(), Outcome::Wrong);
    assert_eq!(typed(&world, None, id, &right, start + Duration::seconds(60)).unwrap(), Outcome::Done);
}

#[test]
fn a_witness_is_a_third_account_of_the_scope() {
    let world = World::new();
    let now = clock::now();
    let elder = person(&world, "elder");
    let id = signed(&world, &new(&world, now), now);
    assert_eq!(refused(witness(&world, "secretary", id, elder, now)), words(Refusal::NotWitness));
    for (who, why) in [("member", "no scope"), ("elder", "the member"), ("secretary2", "another branch")] {
        assert!(not_found(witness(&world, who, id, elder, now)), "{why}");
    }
    assert!(not_found(witness(&world, "clerk", id, person(&world, "mobile"), now)), "not visited");
    witness(&world, "clerk", id, elder, now).unwrap();
    let by = account(&world, "clerk");
    let kept = format!(
        "SELECT COUNT(*) FROM home_visit_members WHERE event_id = {id} AND way = 'witness' AND confirmed_by = {by}"
    );
    assert_eq!((world.number(&kept), attended(&world, id, elder)), (1, "home_visit".into()));
    // The second person is no witness even with a scope.
    let by_clerk = NewVisit { second: person(&world, "clerk"), ..new(&world, now) };
    let other = record(&world, "secretary", &by_clerk, now).unwrap();
    second(&world, "clerk", other, now).unwrap();
    assert_eq!(refused(witness(&world, "clerk", other, elder, now)), words(Refusal::NotWitness));
}

#[test]
fn two_at_once_confirm_it_once() {
    let world = World::new();
    let now = clock::now();
    let elder = person(&world, "elder");
    for _ in 0..3 {
        let id = signed(&world, &new(&world, now), now);
        let code = code(&world, "clerk", id, elder, now);
        // Three servers of one town.
        let there = || World::at(world.url.clone());
        let (one, two, three) = (there(), there(), there());
        std::thread::scope(|scope| {
            let ways = [
                scope.spawn(move || confirm(&one, "elder", id, now)),
                scope.spawn(move || witness(&two, "clerk", id, elder, now)),
                scope.spawn({
                    let code = code.clone();
                    move || typed(&three, None, id, &code, now).map(drop)
                }),
            ];
            for way in ways {
                way.join().unwrap().unwrap();
            }
        });
        let rows = world.number(&format!("SELECT COUNT(*) FROM attendances WHERE event_id = {id}"));
        let turns = world.number(&format!("SELECT turns FROM home_visit_members WHERE event_id = {id}"));
        assert_eq!((rows, turns), (1, 1));
    }
}

/// Disputes a visit in the own browser; the number of the case.
async fn dispute(member: &Browser<'_>, about: &str, id: i64) -> i64 {
    let form = member.get(&format!("/me/cases/new?about={about}&id={id}")).await;
    assert_eq!(form.status, 200, "{}", form.body);
    let (id, key) = (id.to_string(), form.key());
    let fields = [("about", about), ("id", &id), ("text", "那天没有人来过"), ("key", &key)];
    let filed = member.post("/me/cases/new", &fields).await;
    let to = filed.location.unwrap_or_else(|| panic!("{}", filed.body));
    to.trim_start_matches("/me/cases/").split('?').next().unwrap().parse().unwrap()
}

#[actix_web::test]
async fn a_disputed_visit_counts_nothing_and_an_upheld_dispute_takes_all_of_it_back() {
    let world = town();
    let now = clock::now();
    world.sql("UPDATE media SET duration_ms = 600000");
    let who = person(&world, "elder");
    let gap = missed(&world, who, Status::Absent, 3, now);
    let new = NewVisit { lecture: Some(LectureId(LECTURE)), missed: Some(gap), ..new(&world, now) };
    let id = signed(&world, &new, now);
    let elder = world.signed_in("elder").await;
    let counts = || (attended(&world, id, who), attended(&world, gap, who), proofs(&world, who));
    // Before it is confirmed: nobody confirms it while the case is open.
    let case = dispute(&elder, "visit", id.0).await;
    assert_eq!(state(&world, id, who), "disputed");
    assert_eq!(refused(confirm(&world, "elder", id, now)), words(Refusal::Disputed));
    assert_eq!(refused(witness(&world, "clerk", id, who, now)), words(Refusal::Disputed));
    // Taken back, it waits as before.
    let withdrawn = elder.post(&format!("/me/cases/{case}/withdraw"), &[]).await;
    assert_eq!(withdrawn.status, 303, "{}", withdrawn.body);
    assert_eq!(state(&world, id, who), "waiting");
    witness(&world, "clerk", id, who, now).unwrap();
    let counted = ("home_visit".to_owned(), "makeup".to_owned(), 1);
    assert_eq!(counts(), counted);
    // After it was confirmed: what came of it is disputed as the visit, from whatever record somebody comes.
    let row = world.number(&format!("SELECT attendance_id FROM attendance_heads WHERE event_id = {id}"));
    let case = dispute(&elder, "attendance", row).await;
    let nothing = ("void".to_owned(), "absent".to_owned(), 0);
    assert_eq!((counts(), state(&world, id, who)), (nothing.clone(), "disputed".into()));
    // Whoever recorded it does not decide.
    let secretary = world.signed_in("secretary").await;
    let answer = |outcome| [("outcome", outcome), ("reasons", "问过邻居")];
    assert_eq!(secretary.post(&format!("/cases/{case}"), &answer("dismissed")).await.status, 409);
    let committee = world.signed_in("committee").await;
    let shown = committee.get(&format!("/cases/{case}")).await;
    assert!(shown.body.contains("这次送学不作数") && shown.body.contains("怎样看护斗渠"), "{}", shown.body);
    let dismissed = committee.post(&format!("/cases/{case}"), &answer("dismissed")).await;
    assert_eq!(dismissed.status, 303, "{}", dismissed.body);
    assert_eq!((counts(), state(&world, id, who)), (counted, "confirmed".into()), "it was so");
    // The appeal is upheld: nothing of it is left, and it stays so.
    let form = elder.get(&format!("/me/cases/{case}")).await;
    let key = form.key();
    let appealed =
        elder.post(&format!("/me/cases/{case}/appeal"), &[("text", "请问一问本人"), ("key", &key)]).await;
    assert_eq!(appealed.status, 303, "{}", appealed.body);
    assert_eq!(counts(), nothing);
    let second = world.number("SELECT MAX(id) FROM cases");
    let town = world.signed_in("organizer").await;
    let upheld = town.post(&format!("/cases/{second}"), &answer("upheld")).await;
    assert_eq!(upheld.status, 303, "{}", upheld.body);
    assert_eq!((counts(), state(&world, id, who)), (nothing, "void".into()));
    assert_eq!(refused(witness(&world, "clerk", id, who, now)), words(Refusal::Void));
    // Nobody else disputes it, nor once more.
    assert_eq!(
        world.signed_in("member2").await.get(&format!("/me/cases/new?about=visit&id={id}")).await.status,
        404
    );
}

#[actix_web::test]
async fn whoever_made_a_visit_neither_answers_nor_withdraws_the_dispute_about_it() {
    let world = town();
    let now = clock::now();
    let who = person(&world, "elder");
    // The clerk has recorded it; the secretary, who answers cases of the branch, has signed it.
    let new = NewVisit {
        deliverer: person(&world, "member"),
        second: person(&world, "secretary"),
        agreed_photo: true,
        ..new(&world, now)
    };
    let id = record(&world, "clerk", &new, now).unwrap();
    second(&world, "secretary", id, now).unwrap();
    let secretary = world.signed_in("secretary").await;
    assert_eq!(secretary.send_bytes(&format!("/visits/{id}/photo"), photo(&jpeg())).await.status, 303);
    let elder = world.signed_in("elder").await;
    let case = dispute(&elder, "visit", id.0).await;
    let (path, answer) =
        (format!("/cases/{case}"), |outcome| [("outcome", outcome), ("reasons", "问过邻居")]);
    let shown = secretary.get(&path).await;
    assert!(shown.status == 200 && !shown.body.contains("那天没有人来过"), "{}", shown.body);
    assert_eq!(secretary.post(&path, &answer("dismissed")).await.status, 409);
    let clerk = world.signed_in("clerk").await;
    assert_eq!(clerk.post(&format!("/people/{who}/acting"), &[]).await.status, 303);
    assert_eq!(clerk.post(&format!("/me/cases/{case}/withdraw"), &[]).await.status, 409);
    assert_eq!(state(&world, id, who), "disputed");
    // It was not so: there is nothing left that a photo would show.
    let photos = || world.number(&format!("SELECT COUNT(*) FROM home_visit_photos WHERE event_id = {id}"));
    assert_eq!(photos(), 1);
    let upheld = world.signed_in("committee").await.post(&path, &answer("upheld")).await;
    assert_eq!(upheld.status, 303, "{}", upheld.body);
    let removed =
        format!("SELECT COUNT(*) FROM home_visit_steps WHERE event_id = {id} AND what = 'photo_removed'");
    assert_eq!((state(&world, id, who), photos(), world.number(&removed)), ("void".into(), 0, 1));
}

#[actix_web::test]
async fn whoever_printed_the_slip_does_not_answer_the_dispute() {
    let world = town();
    let now = clock::now();
    let who = person(&world, "elder");
    let new = NewVisit { deliverer: person(&world, "clerk"), ..new(&world, now) };
    let id = record(&world, "clerk", &new, now).unwrap();
    second(&world, "member", id, now).unwrap();
    let slip = code(&world, "secretary", id, who, now);
    assert!(matches!(typed(&world, None, id, &slip, now), Ok(Outcome::Done)));
    let case = dispute(&world.signed_in("elder").await, "visit", id.0).await;
    let answer = [("outcome", "dismissed"), ("reasons", "问过邻居")];
    let answered =
        async |who| world.signed_in(who).await.post(&format!("/cases/{case}"), &answer).await.status;
    assert_eq!(answered("secretary").await, 409, "the code was on the secretary's paper");
    assert_eq!(answered("committee").await, 303);
}

#[actix_web::test]
async fn what_somebody_missed_is_shown_to_those_who_keep_the_lists() {
    let world = World::new();
    let now = clock::now();
    let who = person(&world, "elder");
    let gap = missed(&world, who, Status::LeaveSick, 3, now);
    let (path, option) = (format!("/visits/new?member={who}"), format!("<option value=\"{gap}\""));
    let secretary = world.signed_in("secretary").await.get(&path).await;
    assert!(secretary.status == 200 && secretary.body.contains(&option), "{}", secretary.body);
    let member = world.signed_in("member").await.get(&path).await;
    assert!(member.status == 200 && !member.body.contains(&option), "{}", member.body);
}

#[actix_web::test]
async fn a_visit_goes_its_way_through_the_pages() {
    let world = World::new();
    let now = clock::now();
    let gap = missed(&world, person(&world, "elder"), Status::Absent, 2, now);
    let secretary = world.signed_in("secretary").await;
    let elder_id = person(&world, "elder");
    let list = secretary.get("/branch/makeup").await;
    let to = format!("/visits/new?member={elder_id}&amp;missed={gap}");
    assert!(list.body.contains(&to), "{}", list.body);
    let path = to.replace("&amp;", "&");
    let form = secretary.get(&path).await;
    let key = form.key();
    let (elder, member, starts) =
        (number(&world, "elder"), number(&world, "member"), weixiao_moment(begun(now)));
    let gap_text = gap.to_string();
    let fields = |minutes: &'static str| {
        vec![
            ("members", elder.as_str()),
            ("second", member.as_str()),
            ("topic", "怎样看护斗渠"),
            ("missed", gap_text.as_str()),
            ("place", "家里"),
            ("starts", starts.as_str()),
            ("minutes", minutes),
            ("agreed", "yes"),
            ("key", key.as_str()),
        ]
    };
    let wrong = secretary.post(&path, &fields("")).await;
    assert!(wrong.status == 422 && wrong.body.contains("怎样看护斗渠"), "{}", wrong.body);
    let nobody =
        secretary.post("/visits/new", &[&fields("40")[1..], &[("members", "没有这个人")]].concat()).await;
    assert!(nobody.status == 422, "{}", nobody.body);
    let made = secretary.post(&path, &fields("40")).await;
    let visit = made.location.clone().unwrap_or_else(|| panic!("{}", made.body));
    let visit = visit.split('?').next().unwrap().to_owned();
    // Nobody outside knows of it.
    for name in ["member2", "secretary2", "committee"] {
        assert_eq!(world.signed_in(name).await.get(&visit).await.status, 404, "{name}");
    }
    let second = world.signed_in("member").await;
    assert!(second.get("/visits").await.body.contains(&visit));
    assert!(second.get(&visit).await.body.contains("/second"));
    assert!(!secretary.get(&visit).await.body.contains("/second"));
    assert_eq!(second.post(&format!("{visit}/second"), &[]).await.status, 303);
    let own = world.signed_in("elder").await;
    assert!(own.get("/me/visits").await.body.contains(&visit));
    assert!(own.get("/me").await.body.contains("/me/visits"));
    let page = own.get(&visit).await;
    assert!(
        page.body.contains(&format!("{visit}/confirm")) && page.body.contains("about=visit"),
        "{}",
        page.body
    );
    assert_eq!(own.post(&format!("{visit}/confirm"), &[]).await.status, 303);
    let id = visit.rsplit('/').next().unwrap();
    assert_eq!(attended(&world, EventId(id.parse().unwrap()), elder_id), "home_visit");
    assert_eq!(attended(&world, gap, elder_id), "makeup");
    assert!(secretary.get("/visits").await.body.contains("本人已确认"));
    assert!(!secretary.get("/branch/makeup").await.body.contains(&to), "it is closed");
    // A list does not change it.
    let person = elder_id.to_string();
    let other = random_hex(16);
    let mark = [("status", "present"), ("minutes", ""), ("key", other.as_str())];
    let listed = secretary.post(&format!("/events/{id}/roll/{person}"), &mark).await;
    assert_eq!(listed.status, 409, "{}", listed.body);
}

fn weixiao_moment(at: Timestamp) -> String {
    clock::local(at).format("%Y-%m-%dT%H:%M").to_string()
}

#[actix_web::test]
async fn a_slip_is_printed_large_and_its_code_is_typed_without_an_account() {
    let world = World::new();
    let now = clock::now();
    let (who, id) = (person(&world, "elder"), signed(&world, &new(&world, now), now));
    // Whoever recorded it is offered no slip, nor given one.
    let (secretary, printing) = (world.signed_in("secretary").await, format!("/visits/{id}/slip/{who}"));
    assert!(!secretary.get(&format!("/visits/{id}")).await.body.contains(&printing));
    assert_eq!(secretary.post(&printing, &[]).await.status, 409);
    let clerk = world.signed_in("clerk").await;
    assert!(clerk.get(&format!("/visits/{id}")).await.body.contains(&printing));
    let slip = clerk.post(&printing, &[]).await;
    assert_eq!(slip.headers["cache-control"], "no-store");
    for text in ["slip--large", "怎样看护斗渠", "提出异议", "/visits/confirm"] {
        assert!(slip.body.contains(text), "{text}: {}", slip.body);
    }
    let code = slip.between("<p class=\"slip__code\">", "</p>").to_owned();
    let relative = world.visitor();
    let visit = id.to_string();
    let wrong = relative.post("/visits/confirm", &[("visit", &visit), ("code", "AAAA 2222")]).await;
    assert!(wrong.status == 422 && wrong.body.contains("AAAA 2222"), "{}", wrong.body);
    let done = relative.post("/visits/confirm", &[("visit", &visit), ("code", &code)]).await;
    assert_eq!(done.location.as_deref(), Some("/visits/confirm?is=done"), "{}", done.body);
    assert_eq!(attended(&world, id, who), "home_visit");
    assert_eq!(
        world.signed_in("secretary2").await.post(&format!("/visits/{id}/slip/{who}"), &[]).await.status,
        404
    );
}

fn photo(bytes: &[u8]) -> Vec<u8> {
    let mut body = b"--frontier\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n".to_vec();
    body.extend(bytes);
    body.extend(b"\r\n--frontier--\r\n");
    body
}

/// A small JPEG with what a camera writes.
fn jpeg() -> Vec<u8> {
    let segment = |mark: u8, body: &[u8]| {
        let mut segment = vec![0xff, mark];
        segment.extend(u16::try_from(body.len() + 2).unwrap().to_be_bytes());
        segment.extend(body);
        segment
    };
    [
        vec![0xff, 0xd8],
        segment(0xe1, b"Exif\0\0GPS 30.99 103.64"),
        segment(0xc0, &[8, 0, 1, 0, 1, 1, 1, 0x11, 0]),
        segment(0xda, &[1, 1, 0, 0, 0x3f, 0]),
        vec![1, 2, 3, 0xff, 0xd9],
    ]
    .concat()
}

#[actix_web::test]
async fn a_photo_needs_its_own_consent_says_no_place_and_is_erased() {
    let world = World::new();
    let now = clock::now();
    let secretary = world.signed_in("secretary").await;
    let without = signed(&world, &new(&world, now), now);
    let refused = secretary.send_bytes(&format!("/visits/{without}/photo"), photo(&jpeg())).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    let id = signed(&world, &NewVisit { agreed_photo: true, ..new(&world, now) }, now);
    let path = format!("/visits/{id}/photo");
    assert_eq!(secretary.send_bytes(&path, photo(b"GIF89a")).await.status, 409);
    assert_eq!(secretary.send_bytes(&path, photo(&jpeg())).await.status, 303);
    let (_, bytes) = secretary.bytes(&path).await;
    assert!(bytes.starts_with(&[0xff, 0xd8, 0xff]) && !bytes.windows(3).any(|some| some == b"GPS"));
    let elder = world.signed_in("elder").await;
    let own = elder.get(&path).await;
    assert_eq!((own.status.as_u16(), own.headers["content-type"].as_str()), (200, "image/jpeg"));
    for name in ["secretary2", "member2", "committee"] {
        assert_eq!(world.signed_in(name).await.get(&path).await.status, 404, "{name}");
    }
    assert_eq!(elder.send_bytes(&path, photo(&jpeg())).await.status, 404, "not theirs to add");
    // The member takes the consent back: gone, and none comes again.
    assert_eq!(elder.post(&format!("{path}/remove"), &[]).await.status, 303);
    assert_eq!(elder.get(&path).await.status, 404);
    assert_eq!(secretary.send_bytes(&path, photo(&jpeg())).await.status, 409);
    // Retention.
    let kept = signed(&world, &NewVisit { agreed_photo: true, ..new(&world, now) }, now);
    assert_eq!(secretary.send_bytes(&format!("/visits/{kept}/photo"), photo(&jpeg())).await.status, 303);
    let sweep = |now| world.db.write_now(|conn| visits::sweep(conn, now)).unwrap();
    assert_eq!(sweep(clock::now() + Duration::days(364)), 0);
    assert_eq!(sweep(clock::now() + Duration::days(366)), 1);
    assert_eq!(secretary.get(&format!("/visits/{kept}/photo")).await.status, 404);
    assert_eq!(secretary.get(&format!("/visits/{kept}")).await.status, 200);
}

/// What the round of a worker does, not what somebody calls by hand.
#[test]
fn the_round_of_a_worker_erases_old_photos() {
    let world = World::new();
    let now = clock::now();
    let blob = if crate::world::server().is_some() { "'\\x0a02'" } else { "X'0A02'" };
    let kept = [365 + 1, 365 - 1].map(|days| {
        let id = signed(&world, &NewVisit { agreed_photo: true, ..new(&world, now) }, now);
        let at = (now - Duration::days(days)).format("%Y-%m-%d %H:%M:%S");
        world.sql(&format!(
            "INSERT INTO home_visit_photos (event_id, kind, bytes, sent_by, sent_at) VALUES ({id}, 'jpeg', {blob}, {}, '{at}')",
            account(&world, "secretary")
        ));
        id
    });
    weixiao::worker::tend(&world.db, now).unwrap();
    let left =
        kept.map(|id| world.number(&format!("SELECT COUNT(*) FROM home_visit_photos WHERE event_id = {id}")));
    assert_eq!(left, [0, 1]);
    assert_eq!(world.number("SELECT COUNT(*) FROM home_visits"), 2, "the visits stay");
}

#[actix_web::test]
async fn a_clerk_who_acts_confirms_nothing_for_the_member() {
    let world = World::new();
    let now = clock::now();
    let (who, id) = (person(&world, "elder"), signed(&world, &new(&world, now), now));
    let clerk = world.signed_in("clerk").await;
    assert_eq!(clerk.post(&format!("/people/{who}/acting"), &[]).await.status, 303);
    let page = clerk.get(&format!("/visits/{id}")).await;
    assert!(page.status == 200 && !page.body.contains("/confirm\""), "{}", page.body);
    assert!(page.body.contains("about=visit"), "but disputes it for them");
    assert_eq!(clerk.post(&format!("/visits/{id}/confirm"), &[]).await.status, 403);
    assert_eq!(attended(&world, id, who), "nothing");
}

// Make-up study.

#[actix_web::test]
async fn an_absence_is_closed_by_what_came_after_it_once_and_without_minutes_of_its_own() {
    let world = World::new();
    let now = clock::now();
    let (who, other) = (person(&world, "member"), person(&world, "elder"));
    let gap = missed(&world, who, Status::LeavePrivate, 5, now);
    let (secretary, member) = (world.signed_in("secretary").await, world.signed_in("member").await);
    assert!(member.get("/me").await.body.contains("/me/makeup"));
    let path = format!("/makeup/{gap}/{who}");
    assert!(member.get("/me/makeup").await.body.contains(&path));
    let page = member.get(&path).await;
    assert!(page.status == 200 && page.body.contains("补学的三种办法"), "{}", page.body);
    assert_eq!(world.signed_in("elder").await.get(&path).await.status, 404);
    assert_eq!(world.signed_in("secretary2").await.get(&path).await.status, 404);
    assert_eq!(member.get(&format!("/makeup/{gap}/{other}")).await.status, 404);
    // Nothing has come after it yet.
    let via = |event: EventId| format!("event-{event}");
    let later = missed(&world, who, Status::Present, 2, now);
    let before = missed(&world, who, Status::Present, 9, now);
    let key = random_hex(16);
    let send = |word: String| (("via", word), ("key", key.clone()));
    let (a, b) = send(via(before));
    let early = secretary.post(&path, &[(a.0, &a.1), (b.0, &b.1)]).await;
    assert_eq!(early.status, 422, "{}", early.body);
    let (a, b) = send(via(later));
    assert_eq!(member.post(&path, &[(a.0, &a.1), (b.0, &b.1)]).await.status, 404, "not by oneself");
    for _ in 0..2 {
        let closed = secretary.post(&path, &[(a.0, &a.1), (b.0, &b.1)]).await;
        assert_eq!(closed.status, 303, "{}", closed.body);
    }
    assert_eq!(attended(&world, gap, who), "makeup");
    let rows = format!(
        "SELECT COUNT(*) FROM attendances WHERE event_id = {gap} AND person_id = {who} AND status = 'makeup' AND minutes = 0 AND via_event_id = {later}"
    );
    assert_eq!(world.number(&rows), 1);
    assert!(!member.get("/me/makeup").await.body.contains(&path));
    // Nobody who was there makes up for anything.
    let viewer = viewer(&world, "secretary");
    let doer = doer(&world, "secretary");
    let there = world.db.write_now(|conn| {
        visits::close(conn, &viewer, (later, who), (Via::Event(gap), &random_hex(16)), &doer, now)
    });
    assert_eq!(refused(there), words(Refusal::NotMissed));
}

#[actix_web::test]
async fn the_list_of_make_up_study_has_thirty_days_of_the_own_branch() {
    let world = World::new();
    let now = clock::now();
    let who = person(&world, "elder");
    let inside = missed(&world, who, Status::Absent, 30, now);
    let outside = missed(&world, who, Status::Absent, 31, now);
    let (own, other) = (world.signed_in("secretary").await, world.signed_in("secretary2").await);
    let link = |event: EventId| format!("/makeup/{event}/{who}\"");
    let list = own.get("/branch/makeup").await.body;
    assert!(list.contains(&link(inside)) && !list.contains(&link(outside)), "{list}");
    assert!(!other.get("/branch/makeup").await.body.contains(&link(inside)));
}

// Lists on paper.

/// A discussion of the branch that goes on, with a printed list: event, sheet, persons by row.
pub async fn printed(world: &World, browser: &Browser<'_>, now: Timestamp) -> (EventId, i64, Vec<PersonId>) {
    let id = discussion(world, now - Duration::minutes(10), now);
    let form = browser.get(&format!("/events/{id}/sheet")).await;
    let key = form.key();
    let made = browser.post(&format!("/events/{id}/sheet"), &[("key", &key)]).await;
    let twice = browser.post(&format!("/events/{id}/sheet"), &[("key", &key)]).await;
    assert_eq!(made.location, twice.location, "{}", made.body);
    let sheet = world.number(&format!("SELECT id FROM paper_sheets WHERE event_id = {id}"));
    let rows = world.number(&format!("SELECT COUNT(*) FROM paper_sheet_rows WHERE sheet_id = {sheet}"));
    let persons = (1..=rows)
        .map(|n| {
            PersonId(world.number(&format!(
                "SELECT person_id FROM paper_sheet_rows WHERE sheet_id = {sheet} AND number = {n}"
            )))
        })
        .collect();
    (id, sheet, persons)
}

#[actix_web::test]
async fn a_signed_list_is_entered_by_numbers_looked_at_by_names_and_kept_once() {
    let world = World::new();
    let now = clock::now();
    let secretary = world.signed_in("secretary").await;
    let (id, sheet, persons) = printed(&world, &secretary, now).await;
    assert!(persons.len() > 8);
    let path = format!("/events/{id}/sheet/{sheet}");
    let paper = secretary.get(&format!("{path}/print")).await;
    let code = world.text(&format!("SELECT code FROM paper_sheets WHERE id = {sheet}"));
    assert!(paper.body.contains(&code) && paper.body.contains("<svg"), "{}", paper.body);
    let short = secretary.get(&format!("/sheets/{}", code.to_lowercase())).await;
    assert_eq!(short.location.as_deref(), Some(path.as_str()));
    for stranger in ["secretary2", "member"] {
        let stranger = world.signed_in(stranger).await;
        for path in
            [&path, &format!("/sheets/{code}"), &format!("/events/{id}/sheet"), &format!("{path}/print")]
        {
            assert_eq!(stranger.get(path).await.status, 404, "{path}");
        }
    }
    let key = secretary.get(&path).await.key();
    let wrong = secretary.post(&path, &[("text", "1-3 99 5y"), ("key", &key)]).await;
    assert!(
        wrong.status == 422 && wrong.body.contains("没有第 99 行") && wrong.body.contains("1-3 99 5y"),
        "{}",
        wrong.body
    );
    // A guest from another branch is named by no more than a character.
    let guest = person(&world, "member2");
    let (text, name) = (
        format!("1-3、５z 6q D{:07}", guest.0),
        world.text(&format!("SELECT name FROM persons WHERE id = {guest}")),
    );
    let seen = secretary.post(&path, &[("text", &text), ("key", &key)]).await;
    assert!(
        seen.status == 200 && seen.body.contains("会登记 6 人") && !seen.body.contains(&name),
        "{}",
        seen.body
    );
    let recorded = || world.number(&format!("SELECT COUNT(*) FROM attendance_heads WHERE event_id = {id}"));
    assert_eq!(recorded(), 0, "looking keeps nothing");
    for _ in 0..2 {
        let kept = secretary.post(&path, &[("text", &text), ("go", "save"), ("key", &key)]).await;
        assert_eq!(kept.status, 303, "{}", kept.body);
    }
    assert_eq!((recorded(), world.number("SELECT COUNT(*) FROM paper_sheet_entries")), (6, 1));
    let of = |row: usize| attended(&world, id, persons[row - 1]);
    assert_eq!(
        [of(1), of(3), of(4), of(5), of(6)],
        ["present", "present", "nothing", "late", "leave_private"]
    );
    assert_eq!(attended(&world, id, guest), "present");
    let minutes =
        format!("SELECT minutes FROM attendance_heads WHERE event_id = {id} AND person_id = {}", persons[0]);
    assert_eq!(world.number(&minutes), 120);
    assert_eq!(
        world.number(&format!("SELECT COUNT(*) FROM attendances WHERE event_id = {id} AND method <> 'list'")),
        0
    );
    // The second one is told; it corrects, and the rest leaves alone of whom something is known.
    let again = secretary.get(&path).await;
    assert!(again.body.contains("这张表已经录入过"), "{}", again.body);
    let key = again.key();
    let seen = secretary.post(&path, &[("text", "6 *w"), ("key", &key)]).await;
    assert!(seen.body.contains("和已登记的不一样"), "{}", seen.body);
    let kept = secretary.post(&path, &[("text", "6 *w"), ("go", "save"), ("key", &key)]).await;
    assert_eq!(kept.status, 303, "{}", kept.body);
    assert_eq!([of(1), of(5), of(6), of(4)], ["present", "late", "present", "absent"]);
    assert_eq!(recorded(), persons.len() as i64 + 1);
}

#[actix_web::test]
async fn rows_stay_whose_they_were_when_the_list_was_printed() {
    let world = World::new();
    let now = clock::now();
    let secretary = world.signed_in("secretary").await;
    let (id, sheet, persons) = printed(&world, &secretary, now).await;
    world.sql(&format!("UPDATE memberships SET valid_to = '2020-01-02' WHERE person_id = {} AND valid_to IS NULL AND valid_from < '2020-01-02'", persons[1]));
    let path = format!("/events/{id}/sheet/{sheet}");
    let key = secretary.get(&path).await.key();
    let kept = secretary.post(&path, &[("text", "除 1"), ("go", "save"), ("key", &key)]).await;
    assert_eq!(kept.status, 303, "{}", kept.body);
    assert_eq!(attended(&world, id, persons[0]), "absent");
    assert!(persons[1..].iter().all(|person| attended(&world, id, *person) == "present"));
    for sql in ["UPDATE paper_sheet_rows SET number = number + 1000", "DELETE FROM paper_sheet_rows"] {
        assert!(world.try_sql(sql).is_err(), "{sql}");
    }
    // Before the beginning nobody was there.
    let later = discussion(&world, now + Duration::days(2), now);
    let key = secretary.get(&format!("/events/{later}/sheet")).await.key();
    let made = secretary.post(&format!("/events/{later}/sheet"), &[("key", &key)]).await.location.unwrap();
    let path = made.trim_end_matches("/print").to_owned();
    let key = secretary.get(&path).await.key();
    let early = secretary.post(&path, &[("text", "1"), ("go", "save"), ("key", &key)]).await;
    assert_eq!(early.status, 409, "{}", early.body);
    assert_eq!(world.number(&format!("SELECT COUNT(*) FROM paper_sheet_entries e JOIN paper_sheets s ON s.id = e.sheet_id WHERE s.event_id = {later}")), 0);
}

// Mobile members.

#[actix_web::test]
async fn a_mobile_member_is_a_guest_of_the_host_on_the_days_of_the_stay_and_counts_once() {
    let world = World::new();
    let now = clock::now();
    let (who, host) = (person(&world, "mobile"), branch(&world, "member2"));
    let day = |days: i64| clock::day(now - Duration::days(days));
    world.sql(&format!("UPDATE host_stays SET host_branch_id = {host}, valid_from = '{}', valid_to = '{}' WHERE person_id = {who}", day(10), day(3)));
    let at_host = |days: i64| {
        let starts = now - Duration::days(days);
        crate::events::arrange(&world, events::Kind::StudyDiscussion, host, crate::events::plan(starts), now)
    };
    let on_roll = |id: EventId| {
        world
            .db
            .read_now(|conn| {
                let event = events::find(conn, id)?;
                let roll = events::on_roll(conn, &event)?;
                let times = roll.iter().filter(|person| **person == who).count();
                Ok((times, events::guests(conn, &event)?.contains(&who)))
            })
            .unwrap()
    };
    assert_eq!(on_roll(at_host(11)), (0, false), "before the stay");
    let during = at_host(5);
    assert_eq!(on_roll(during), (1, true));
    assert_eq!(on_roll(at_host(3)), (0, false), "after it: the last day is not included");
    // At home the member stays on the list, as no guest; for both branches together once.
    assert_eq!(on_roll(discussion(&world, now - Duration::days(5), now)), (1, false));
    let both = crate::events::arrange(
        &world,
        events::Kind::StudyDiscussion,
        weixiao::ids::OrgId(1),
        crate::events::plan(now - Duration::days(5)),
        now,
    );
    assert_eq!(on_roll(both), (1, false));
    let secretary2 = world.signed_in("secretary2").await;
    assert!(secretary2.get(&format!("/events/{during}/roll")).await.body.contains("流入"));
    // There, and away at home that day: the host's minutes are the only ones.
    let at_home = missed(&world, who, Status::Absent, 5, now);
    let (viewer, doer) = (viewer(&world, "secretary2"), doer(&world, "secretary2"));
    world
        .db
        .write_now(|conn| {
            let event = events::held(conn, &viewer, during)?;
            let mark = events::Mark { person: who, status: Status::Present, minutes: 120, via: None };
            let roll = events::Roll {
                marks: vec![mark],
                method: Method::List,
                by: viewer.account,
                key: random_hex(16),
            };
            events::take(conn, &event, &roll, &doer, now)
        })
        .unwrap();
    let home = world.signed_in("secretary").await;
    let (via, key) = (format!("event-{during}"), random_hex(16));
    let closed = home.post(&format!("/makeup/{at_home}/{who}"), &[("via", &via), ("key", &key)]).await;
    assert_eq!(closed.status, 303, "{}", closed.body);
    assert_eq!(
        (attended(&world, at_home, who), attended(&world, during, who)),
        ("makeup".into(), "present".into())
    );
    assert_eq!(
        world.number(&format!("SELECT SUM(minutes) FROM attendance_heads WHERE person_id = {who} AND event_id IN ({during}, {at_home})")),
        120
    );
}

#[test]
fn neither_the_recorder_nor_the_visited_prints_the_slip() {
    let world = World::new();
    let now = clock::now();
    // The secretary, who keeps the visits of the branch, is the one who was visited.
    let who = person(&world, "secretary");
    let visit = NewVisit {
        members: vec![who],
        deliverer: person(&world, "member"),
        second: person(&world, "mobile"),
        ..new(&world, now)
    };
    let id = record(&world, "clerk", &visit, now).unwrap();
    second(&world, "mobile", id, now).unwrap();
    let codes = || world.number(&format!("SELECT COUNT(*) FROM home_visit_codes WHERE event_id = {id}"));
    for name in ["clerk", "secretary"] {
        assert_eq!(refused(print(&world, name, id, who, now)), words(Refusal::SomebodyElse), "{name}");
    }
    assert_eq!(codes(), 0);
    assert_eq!(refused(witness(&world, "secretary", id, who, now)), words(Refusal::NotWitness));
    // The second person may, and does not type what was printed.
    let code = code(&world, "mobile", id, who, now);
    assert_eq!(codes(), 1);
    assert_eq!(refused(typed(&world, Some("mobile"), id, &code, now)), words(Refusal::SomebodyElse));
    assert_eq!(attended(&world, id, who), "nothing");
    assert_eq!(typed(&world, Some("elder"), id, &code, now).unwrap(), Outcome::Done);
    assert_eq!(attended(&world, id, who), "home_visit");
}
