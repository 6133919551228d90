//! Events and attendance: through the face where moments matter, through browsers where doors do.
use crate::world::{Browser, World};
use chrono::Duration;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use weixiao::audit::Doer;
use weixiao::clock::{self, Timestamp};
use weixiao::error::{Error, Result};
use weixiao::events::{self, Entry, Event, Kind, Method, NewEvent, Plan, Refusal, State, Status, Via};
use weixiao::ids::{
    AccountId, CaseId, CompletionId, EventId, LectureId, MediaId, OrgId, PersonId, SchoolId, random_hex,
};
use weixiao::watching::{self, Viewed};

pub fn person(world: &World, account: &str) -> PersonId {
    PersonId(world.number(&format!("SELECT person_id FROM accounts WHERE username = '{account}'")))
}

pub fn account(world: &World, name: &str) -> AccountId {
    AccountId(world.number(&format!("SELECT id FROM accounts WHERE username = '{name}'")))
}

/// The branch of a demo account.
pub fn branch(world: &World, name: &str) -> OrgId {
    OrgId(world.number(&format!("SELECT m.branch_id FROM memberships m JOIN accounts a ON a.person_id = m.person_id WHERE a.username = '{name}' AND m.valid_to IS NULL")))
}

pub fn doer(world: &World, name: &str) -> Doer {
    Doer { account: Some(account(world, name)), ..Doer::default() }
}

pub fn plan(starts_at: Timestamp) -> Plan {
    Plan {
        title: "读《林盘里的议事会》".into(),
        about: "带上笔记。".into(),
        lecture: None,
        school: Some(SchoolId(1)),
        base: None,
        place: "二楼会议室".into(),
        online_url: String::new(),
        lecturer: "周明澜".into(),
        starts_at,
        ends_at: starts_at + Duration::hours(2),
    }
}

/// An event of a branch.
pub fn arrange(world: &World, kind: Kind, org: OrgId, plan: Plan, now: Timestamp) -> EventId {
    let new = NewEvent { kind, org, plan, key: random_hex(16) };
    let (by, doer) = (account(world, "secretary"), doer(world, "secretary"));
    world.db.write_now(|conn| events::arrange(conn, &new, by, &doer, now)).unwrap()
}

/// A discussion of the branch of `member` that begins at `starts_at`.
pub fn discussion(world: &World, starts_at: Timestamp, now: Timestamp) -> EventId {
    arrange(world, Kind::StudyDiscussion, branch(world, "member"), plan(starts_at), now)
}

/// A session of a course, for which these persons have enrolled.
pub fn session(world: &World, starts_at: Timestamp, author: &str, enrolled: &[(&str, &str)]) -> EventId {
    let now = clock::now();
    let id = arrange(world, Kind::Session, OrgId(1), plan(starts_at), now);
    let (author, at) = (account(world, author), now.format("%Y-%m-%d %H:%M:%S"));
    let key = random_hex(16);
    world.sql(&format!("INSERT INTO courses (slug, title, summary, about, topic_id, cover, mode, visibility, quarters, stage, version, draft_version, published_at, is_submitted, round, revision, reason, author_id, created_at, key) VALUES ('{key}', '水利遗产', '', '', 1, '', 'mixed', 'public', 4, 'published', 1, 1, '{at}', FALSE, 0, 0, '', {author}, '{at}', '{key}')"));
    let course = world.number(&format!("SELECT id FROM courses WHERE key = '{key}'"));
    world.sql(&format!(
        "INSERT INTO course_sessions (event_id, course_id, step) VALUES ({id}, {course}, 'one')"
    ));
    world.sql(&format!("INSERT INTO offerings (course_id, mode, code, taken, taken_open, reserved, waiting, asking, next_seq, audience, path, is_closed) VALUES ({course}, 'open', '', 0, 0, 0, 0, 0, 1, '', '', FALSE)"));
    let offering = world.number(&format!("SELECT id FROM offerings WHERE course_id = {course}"));
    for (seq, (name, state)) in enrolled.iter().enumerate() {
        let (who, by, key) = (person(world, name), account(world, name), random_hex(16));
        world.sql(&format!("INSERT INTO enrolments (offering_id, person_id, seq, state, version, path, channel, enrolled_by, created_at, changed_at, key) VALUES ({offering}, {who}, {seq}, '{state}', 1, '/1/', 'self', {by}, '{at}', '{at}', '{key}')"));
    }
    id
}

pub fn find(world: &World, id: EventId) -> Event {
    world.db.read_now(|conn| events::find(conn, id)).unwrap()
}

pub fn refused<T: std::fmt::Debug>(outcome: Result<T>) -> String {
    match outcome {
        Err(Error::Refused(why)) => why.to_string(),
        other => panic!("not refused: {other:?}"),
    }
}

fn told(world: &World, id: EventId) -> i64 {
    world.number(&format!("SELECT COUNT(*) FROM notices WHERE link = '/events/{id}'"))
}

fn members_of(world: &World, org: OrgId) -> i64 {
    world.number(&format!("SELECT COUNT(*) FROM (SELECT person_id FROM memberships WHERE branch_id = {org} AND valid_to IS NULL UNION SELECT person_id FROM host_stays WHERE host_branch_id = {org} AND valid_to IS NULL) people"))
}

// The face.

#[test]
fn an_event_that_is_sent_twice_is_one_and_the_branch_is_told_once() {
    let world = World::before_courses();
    let now = clock::now();
    let org = branch(&world, "member");
    let new = NewEvent {
        kind: Kind::StudyDiscussion,
        org,
        plan: plan(now + Duration::days(2)),
        key: random_hex(16),
    };
    let (by, doer) = (account(&world, "secretary"), doer(&world, "secretary"));
    let both =
        [0, 1].map(|_| world.db.write_now(|conn| events::arrange(conn, &new, by, &doer, now)).unwrap());
    assert_eq!(both[0], both[1]);
    assert_eq!(told(&world, both[0]), members_of(&world, org));
    assert_eq!(world.number("SELECT COUNT(*) FROM audit_entries WHERE action = 'event_made'"), 1);
    let other = NewEvent { kind: Kind::Meeting, key: random_hex(16), ..new };
    let outcome = world.db.write_now(|conn| events::arrange(conn, &other, by, &doer, now));
    assert_eq!(refused(outcome), Refusal::NotMadeHere.words().to_string());
}

#[test]
fn a_change_of_time_or_place_counts_up_and_tells_those_who_are_coming() {
    let world = World::before_courses();
    let now = clock::now();
    let coming = [("member", "confirmed"), ("elder", "waitlisted"), ("member2", "cancelled")];
    let id = session(&world, now + Duration::days(2), "instructor", &coming);
    let doer = doer(&world, "organizer");
    let change =
        |seen, plan: &Plan| world.db.write_now(|conn| events::change(conn, id, seen, plan, &doer, now));
    let mut plan = find(&world, id).plan();
    // Other words: nobody has to come elsewhere.
    plan.about = "带上笔记和水杯。".into();
    change(0, &plan).unwrap();
    assert_eq!((find(&world, id).sequence, told(&world, id)), (1, 0));
    // The same once more changes nothing.
    change(0, &plan).unwrap();
    assert_eq!(find(&world, id).sequence, 1);
    plan.place = "三楼会议室".into();
    change(1, &plan).unwrap();
    assert_eq!((find(&world, id).sequence, told(&world, id)), (2, 2));
    let who = format!(
        "SELECT COUNT(*) FROM notices WHERE link = '/events/{id}' AND person_id IN ({}, {})",
        person(&world, "member"),
        person(&world, "elder")
    );
    assert_eq!(world.number(&who), 2);
    // Somebody else was faster.
    let stale = Plan { place: "操场".into(), ..plan.clone() };
    assert_eq!(refused(change(1, &stale)), Refusal::ChangedMeanwhile.words().to_string());
    let cancel = |reason| world.db.write_now(|conn| events::cancel(conn, id, reason, &doer, now));
    cancel("讲课人来不了").unwrap();
    cancel("讲课人来不了").unwrap();
    assert_eq!(
        (find(&world, id).state, find(&world, id).sequence, told(&world, id)),
        (State::Cancelled, 3, 4)
    );
    assert_eq!(refused(cancel("又来得了")), Refusal::Cancelled.words().to_string());
    assert_eq!(refused(change(3, &stale)), Refusal::Cancelled.words().to_string());
}

#[test]
fn what_is_over_is_changed_no_more() {
    let world = World::before_courses();
    let now = clock::now();
    let id = discussion(&world, now - Duration::hours(5), now);
    let doer = doer(&world, "secretary");
    let moved = plan(now);
    let outcome = world.db.write_now(|conn| events::change(conn, id, 0, &moved, &doer, now));
    assert_eq!(refused(outcome), Refusal::Over.words().to_string());
    let outcome = world.db.write_now(|conn| events::cancel(conn, id, "x", &doer, now));
    assert_eq!(refused(outcome), Refusal::Over.words().to_string());
}

pub fn entry(world: &World, event: EventId, who: PersonId, status: Status) -> Entry {
    Entry {
        event,
        person: who,
        status,
        minutes: 0,
        method: Method::List,
        via: None,
        by: account(world, "secretary"),
        acted_by: None,
        key: random_hex(16),
    }
}

fn record(world: &World, entry: &Entry, now: Timestamp) -> Result<()> {
    world.db.write_now(|conn| events::record(conn, entry, now))
}

fn revisions(world: &World, event: EventId, who: PersonId) -> i64 {
    world.number(&format!("SELECT COUNT(*) FROM attendances WHERE event_id = {event} AND person_id = {who}"))
}

#[test]
fn corrections_append_and_what_is_known_already_does_not() {
    let world = World::before_courses();
    let now = clock::now();
    let id = discussion(&world, now, now);
    let who = person(&world, "member");
    let late = Entry { minutes: 90, ..entry(&world, id, who, Status::Late) };
    record(&world, &late, now).unwrap();
    // The same form once more, and the same fact under another key.
    record(&world, &late, now).unwrap();
    record(&world, &Entry { key: random_hex(16), ..late.clone() }, now).unwrap();
    assert_eq!(revisions(&world, id, who), 1);
    record(&world, &entry(&world, id, who, Status::Present), now).unwrap();
    // And back again: that is a third fact. The old key does not bring it.
    record(&world, &late, now).unwrap();
    assert_eq!(revisions(&world, id, who), 2);
    record(&world, &Entry { key: random_hex(16), ..late }, now).unwrap();
    assert_eq!(revisions(&world, id, who), 3);
    let head =
        "SELECT COUNT(*) FROM attendance_heads WHERE revision = 3 AND status = 'late' AND minutes = 90";
    assert_eq!(world.number(head), 1);
    for sql in ["UPDATE attendances SET minutes = 5", "DELETE FROM attendances"] {
        assert!(world.try_sql(sql).is_err(), "{sql}");
    }
}

#[test]
fn before_the_beginning_only_leaves_are_recorded_and_nothing_of_what_is_cancelled() {
    let world = World::before_courses();
    let now = clock::now();
    let id = discussion(&world, now + Duration::minutes(31), now);
    let who = person(&world, "member");
    let not_begun = Refusal::NotBegun.words().to_string();
    for status in [Status::Present, Status::Absent, Status::Remote] {
        assert_eq!(refused(record(&world, &entry(&world, id, who, status), now)), not_begun);
    }
    record(&world, &entry(&world, id, who, Status::LeaveSick), now).unwrap();
    record(&world, &entry(&world, id, who, Status::Present), now + Duration::minutes(1)).unwrap();
    let without = Entry { minutes: 5, ..entry(&world, id, who, Status::Absent) };
    assert_eq!(
        refused(record(&world, &without, now + Duration::minutes(2))),
        Refusal::MinutesWithout.words().to_string()
    );
    let makeup = entry(&world, id, who, Status::Makeup);
    assert_eq!(
        refused(record(&world, &makeup, now + Duration::minutes(2))),
        Refusal::MakeupWithout.words().to_string()
    );
    let made_up = Entry { via: Some(Via::Lecture(LectureId(1))), ..makeup };
    record(&world, &made_up, now + Duration::minutes(2)).unwrap();
    let doer = doer(&world, "secretary");
    let cancel = || world.db.write_now(|conn| events::cancel(conn, id, "停电", &doer, now));
    // What somebody has taken part in is not undone behind their back.
    assert_eq!(refused(cancel()), Refusal::HasAttendance(1).words().to_string());
    record(&world, &entry(&world, id, who, Status::Void), now + Duration::minutes(2)).unwrap();
    cancel().unwrap();
    let outcome = record(&world, &entry(&world, id, who, Status::Absent), now + Duration::minutes(3));
    assert_eq!(refused(outcome), Refusal::Cancelled.words().to_string());
    let elder = person(&world, "elder");
    record(&world, &entry(&world, id, elder, Status::Void), now + Duration::minutes(3)).unwrap();
}

#[test]
fn what_somebody_was_at_is_not_put_off_and_who_asks_for_a_seat_is_told_too() {
    let world = World::before_courses();
    let now = clock::now();
    let id = session(&world, now, "instructor", &[("member", "confirmed"), ("elder", "requested")]);
    record(&world, &entry(&world, id, person(&world, "member"), Status::Present), now).unwrap();
    let doer = doer(&world, "instructor");
    let change = |plan: &Plan| {
        let seen = find(&world, id).sequence;
        world.db.write_now(|conn| events::change(conn, id, seen, plan, &doer, now))
    };
    let off = plan(now + Duration::days(7));
    assert_eq!(refused(change(&off)), Refusal::HasAttendance(1).words().to_string());
    let longer = Plan { ends_at: now + Duration::hours(3), ..find(&world, id).plan() };
    change(&longer).unwrap();
    let told = format!(
        "SELECT COUNT(*) FROM notices WHERE person_id = {} AND link = '/events/{id}'",
        person(&world, "elder")
    );
    assert_eq!(world.number(&told), 1);
}

#[test]
fn a_form_that_was_changed_and_sent_again_is_told_and_not_lost_silently() {
    let world = World::before_courses();
    let now = clock::now();
    let (id, who) = (discussion(&world, now, now), person(&world, "member"));
    let first = entry(&world, id, who, Status::Present);
    record(&world, &first, now).unwrap();
    record(&world, &entry(&world, id, who, Status::Absent), now).unwrap();
    // The very same post, late: what was said after it stays.
    record(&world, &first, now).unwrap();
    assert_eq!(revisions(&world, id, who), 2);
    let changed = Entry { status: Status::Late, ..first.clone() };
    let used = Refusal::KeyUsed.words().to_string();
    assert_eq!(refused(record(&world, &changed, now)), used);
    let elsewhere = Entry { event: discussion(&world, now, now), ..first };
    assert_eq!(refused(record(&world, &elsewhere, now)), used);
}

/// Whatever is recorded in whatever order, and however often it is sent: one head for each member and event, which is the
/// last revision, and revisions without a gap.
#[test]
fn the_head_is_always_the_last_revision() {
    let world = World::before_courses();
    let now = clock::now();
    let events = [discussion(&world, now, now), discussion(&world, now, now)];
    let persons: Vec<PersonId> = (1..=3).map(PersonId).collect();
    let step = (0..2_usize, 0..3_usize, 0..Status::ALL.len(), 0..3_i32, 0..6_usize);
    let steps = prop::collection::vec(step, 1..25);
    let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
    let mut case = 0;
    let case = std::cell::RefCell::new(&mut case);
    TestRunner::new(config)
        .run(&steps, |steps| {
            **case.borrow_mut() += 1;
            let number = **case.borrow();
            for (event, who, status, minutes, key) in steps {
                let status = Status::ALL[status];
                let entry = Entry {
                    minutes: if status.has_minutes() { minutes } else { 0 },
                    via: (status == Status::Makeup).then_some(Via::Event(events[1 - event])),
                    key: format!("case-{number}-{event}-{who}-{key}"),
                    ..entry(&world, events[event], persons[who], status)
                };
                let known = world.number(&format!("SELECT COUNT(*) FROM attendances WHERE key = '{}'", entry.key)) > 0;
                let before = revisions(&world, entry.event, entry.person);
                // A key that was used for something else is told.
                if let Err(error) = record(&world, &entry, now) {
                    prop_assert!(known && matches!(error, Error::Refused(_)), "{error:?}");
                }
                let after = revisions(&world, entry.event, entry.person);
                prop_assert!(after == before || (after == before + 1 && !known));
                if !known {
                    // What was said last is what holds.
                    let holds = format!("SELECT COUNT(*) FROM attendance_heads WHERE event_id = {} AND person_id = {} AND status = '{}' AND minutes = {}", entry.event, entry.person, status.as_str(), entry.minutes);
                    prop_assert_eq!(world.number(&holds), 1);
                }
            }
            let pairs = world.number("SELECT COUNT(*) FROM (SELECT DISTINCT event_id, person_id FROM attendances) pairs");
            prop_assert_eq!(world.number("SELECT COUNT(*) FROM attendance_heads"), pairs);
            let wrong = "SELECT COUNT(*) FROM attendance_heads h JOIN attendances a ON a.id = h.attendance_id
                WHERE a.event_id <> h.event_id OR a.person_id <> h.person_id OR a.revision <> h.revision
                   OR a.status <> h.status OR a.minutes <> h.minutes OR a.day <> h.day
                   OR a.revision <> (SELECT COUNT(*) FROM attendances b WHERE b.event_id = h.event_id AND b.person_id = h.person_id)
                   OR a.revision <> (SELECT MAX(b.revision) FROM attendances b WHERE b.event_id = h.event_id AND b.person_id = h.person_id)";
            prop_assert_eq!(world.number(wrong), 0);
            Ok(())
        })
        .unwrap();
}

#[test]
fn two_who_record_the_same_member_at_once_both_succeed() {
    let world = World::before_courses();
    let now = clock::now();
    let id = discussion(&world, now, now);
    let who = person(&world, "member");
    let entries: Vec<Entry> =
        (0..8).map(|n| Entry { minutes: n + 1, ..entry(&world, id, who, Status::Present) }).collect();
    std::thread::scope(|scope| {
        let all: Vec<_> = entries
            .iter()
            .map(|entry| {
                let db = world.db.clone();
                scope.spawn(move || db.write_now(|conn| events::record(conn, entry, now)))
            })
            .collect();
        for one in all {
            one.join().unwrap().unwrap();
        }
    });
    assert_eq!(revisions(&world, id, who), 8);
    assert_eq!(world.number("SELECT revision FROM attendance_heads"), 8);
}

// Proofs of a group.

fn viewed(world: &World, event: EventId, seconds: i32) -> Viewed {
    let media = MediaId(world.number("SELECT media_id FROM lectures WHERE id = 1"));
    Viewed { lecture: LectureId(1), media, event, seconds, length_s: 100 }
}

#[test]
fn a_group_is_proven_once_and_what_was_taken_back_can_be_earned_again() {
    let world = World::before_courses();
    let now = clock::now();
    let id = discussion(&world, now, now);
    let persons: Vec<PersonId> = (1..=3).map(PersonId).collect();
    let prove =
        |viewed: &Viewed| world.db.write_now(|conn| watching::prove(conn, &persons, viewed, now)).unwrap();
    assert_eq!(prove(&viewed(&world, id, 79)), 0);
    assert_eq!(prove(&viewed(&world, id, 80)), 3);
    assert_eq!(prove(&viewed(&world, id, 100)), 0);
    let rows = "SELECT COUNT(*) FROM completions WHERE kind = 'group' AND seconds = 80 AND threshold = 80 AND rule = 'budget-1'";
    assert_eq!(world.number(rows), 3);
    // A decided dispute takes one back.
    let at = now.format("%Y-%m-%d %H:%M:%S");
    world.sql(&format!("INSERT INTO cases (kind, level, subject_kind, subject_id, person_id, path, filed_by, filed_at, due_on, state, key) VALUES ('dispute', 1, 'completion', 1, 2, '/1/', 1, '{at}', '2026-12-31', 'upheld', 'k')"));
    let case = CaseId(world.number("SELECT id FROM cases WHERE key = 'k'"));
    let completion = CompletionId(world.number("SELECT id FROM completions WHERE person_id = 2"));
    for _ in 0..2 {
        world.db.write_now(|conn| watching::reverse(conn, completion, case, now)).unwrap();
    }
    let done = world.db.read_now(|conn| watching::completed(conn, &persons, LectureId(1))).unwrap();
    assert_eq!(done.len(), 2);
    let count = world.db.read_now(|conn| weixiao::lectures::completed_by(conn, LectureId(1))).unwrap();
    assert_eq!(count, 2);
    assert_eq!(prove(&viewed(&world, id, 90)), 1);
    assert_eq!(world.number("SELECT number FROM completions WHERE person_id = 2 AND seconds = 90"), 2);
}

// Through the doors.

/// As a browser writes a moment in a form.
fn typed(at: Timestamp) -> String {
    clock::local(at).format("%Y-%m-%dT%H:%M").to_string()
}

/// The fields of the form of a discussion, at the first school.
fn fields(world: &World, key: &str, starts: Timestamp) -> Vec<(&'static str, String)> {
    let org = branch(world, "secretary");
    let school = world.number(&format!("SELECT MIN(school_id) FROM school_branches WHERE branch_id = {org}"));
    vec![
        ("key", key.to_owned()),
        ("title", "讨论水渠怎样管".to_owned()),
        ("org", org.to_string()),
        ("starts", typed(starts)),
        ("ends", typed(starts + Duration::hours(2))),
        ("school", school.to_string()),
        ("place", "二楼会议室".to_owned()),
    ]
}

async fn send(browser: &Browser<'_>, path: &str, fields: &[(&str, String)]) -> crate::world::Answer {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.post(path, &fields).await
}

#[actix_web::test]
async fn a_secretary_arranges_changes_and_cancels_a_discussion_of_the_branch() {
    let world = World::before_courses();
    let host = world.signed_in("secretary").await;
    let starts = clock::now() + Duration::days(3);
    let page = host.get("/events/new").await;
    assert_eq!(page.status, 200);
    let key = page.key();
    // Without a place, with an end before the beginning: everything typed stays.
    let mut wrong = fields(&world, &key, starts);
    wrong[4].1 = typed(starts - Duration::hours(1));
    wrong[1].1 = "<b>名</b>".into();
    let refused = send(&host, "/events/new", &wrong).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.body.contains("结束时间要晚于开始时间") && refused.body.contains("&#60;b&#62;名&#60;/b&#62;")
    );
    assert!(refused.body.contains("二楼会议室"));
    let good = fields(&world, &key, starts);
    let made = send(&host, "/events/new", &good).await;
    assert_eq!(made.status, 303, "{}", made.body);
    let again = send(&host, "/events/new", &good).await;
    assert_eq!(again.location, made.location);
    let at = made.location.unwrap().split('?').next().unwrap().to_owned();
    let id = EventId(at.rsplit('/').next().unwrap().parse().unwrap());
    assert_eq!(told(&world, id), members_of(&world, branch(&world, "secretary")));
    // The member sees it, the desk lists it, another branch knows nothing of it.
    let member = world.signed_in("member").await;
    let seen = member.get(&at).await;
    assert!(
        seen.body.contains("讨论水渠怎样管")
            && seen.body.contains("/schools/")
            && seen.body.contains("event.ics")
    );
    assert!(!seen.body.contains("/roll") && !seen.body.contains("/edit"));
    assert!(member.get("/me/calendar").await.body.contains("讨论水渠怎样管"));
    assert!(host.get("/events").await.body.contains("讨论水渠怎样管"));
    assert!(!host.get("/events?when=past").await.body.contains("讨论水渠怎样管"));
    assert!(!host.get("/events?kind=group_viewing").await.body.contains("讨论水渠怎样管"));
    let stranger = world.signed_in("member2").await;
    for path in ["", "/event.ics", "/check-in", "/edit", "/roll", "/codes"] {
        assert_eq!(stranger.get(&format!("{at}{path}")).await.status, 404, "{path}");
    }
    let other = world.signed_in("secretary2").await;
    assert!(!other.get("/events").await.body.contains("讨论水渠怎样管"));
    for path in ["/edit", "/roll", "/codes"] {
        assert_eq!(other.get(&format!("{at}{path}")).await.status, 404, "{path}");
        assert_eq!(member.get(&format!("{at}{path}")).await.status, 404, "{path} of a member");
    }
    assert_eq!(send(&other, &format!("{at}/edit"), &good).await.status, 404);
    assert_eq!(other.post(&format!("{at}/cancel"), &[("reason", "x")]).await.status, 404);
    // A change with an old form is told.
    let edit = host.get(&format!("{at}/edit")).await;
    let seen = edit.between(r#"name="seen" value=""#, "\"").to_owned();
    let mut moved = fields(&world, &key, starts + Duration::hours(1));
    moved.push(("seen", seen.clone()));
    let saved = send(&host, &format!("{at}/edit"), &moved).await;
    assert_eq!(saved.location, Some(format!("{at}?done=event-changed")));
    assert_eq!(find(&world, id).sequence, 1);
    let mut late = fields(&world, &key, starts + Duration::hours(4));
    late.push(("seen", seen));
    assert_eq!(send(&host, &format!("{at}/edit"), &late).await.status, 409);
    let empty = host.post(&format!("{at}/cancel"), &[("reason", "  ")]).await;
    assert_eq!(empty.status, 422);
    let gone = host.post(&format!("{at}/cancel"), &[("reason", "停电")]).await;
    assert_eq!(gone.location, Some(format!("{at}?done=event-cancelled")));
    let seen = member.get(&at).await;
    assert!(seen.body.contains("这次活动取消了") && seen.body.contains("停电"));
    assert_eq!(told(&world, id), 3 * members_of(&world, branch(&world, "secretary")));
    let body = "SELECT COUNT(*) FROM notices WHERE body = '停电'";
    assert_eq!(world.number(body), members_of(&world, branch(&world, "secretary")));
}

/// A list as a browser sends it.
fn roll(key: &str, rows: &[(PersonId, &str, &str, &str)]) -> String {
    let mut form = format!("key={key}");
    for (person, status, minutes, was) in rows {
        form.push_str(&format!(
            "&person={person}&was={}&status={status}&minutes={minutes}",
            was.replace(':', "%3A")
        ));
    }
    form
}

async fn take(browser: &Browser<'_>, id: EventId, form: String) -> crate::world::Answer {
    browser.send(actix_web::http::Method::POST, &format!("/events/{id}/roll"), Some(form), &[]).await
}

#[actix_web::test]
async fn one_button_says_that_everybody_else_was_there() {
    let world = World::before_courses();
    let now = clock::now();
    let id = discussion(&world, now - Duration::minutes(30), now);
    let host = world.signed_in("secretary").await;
    let [member, elder, mobile] = ["member", "elder", "mobile"].map(|name| person(&world, name));
    let page = host.get(&format!("/events/{id}/roll")).await;
    assert!(page.body.contains(r#"name="rest" value="present""#));
    let first = [(member, "absent", "", "")];
    take(&host, id, roll(&page.key(), &first)).await;
    // What is recorded already, and what is said of somebody, stays as it is.
    let rest = [(member, "absent", "", "absent:0"), (elder, "leave_sick", "", ""), (mobile, "", "", "")];
    let form = roll(&random_hex(16), &rest) + "&rest=present";
    assert_eq!(take(&host, id, form).await.status, 303);
    let status = |who| world.text(&format!("SELECT status FROM attendance_heads WHERE person_id = {who}"));
    assert_eq!([member, elder, mobile].map(status), ["absent", "leave_sick", "present"]);
}

#[actix_web::test]
async fn a_list_is_taken_whole_or_not_at_all_and_what_was_left_alone_says_nothing() {
    let world = World::before_courses();
    let now = clock::now();
    let id = discussion(&world, now - Duration::minutes(30), now);
    let host = world.signed_in("secretary").await;
    let [member, elder, mobile] = ["member", "elder", "mobile"].map(|name| person(&world, name));
    let page = host.get(&format!("/events/{id}/roll")).await;
    assert!(page.body.contains("林秋实") && page.body.contains("病假"), "{}", page.body);
    let rows = [(member, "present", "", ""), (elder, "leave_sick", "", ""), (mobile, "", "", "")];
    let key = page.key();
    let taken = take(&host, id, roll(&key, &rows)).await;
    assert_eq!(taken.location, Some(format!("/events/{id}/roll?done=attendance")), "{}", taken.body);
    take(&host, id, roll(&key, &rows)).await;
    assert_eq!(world.number("SELECT COUNT(*) FROM attendances"), 2);
    assert_eq!(
        world.number(&format!("SELECT minutes FROM attendance_heads WHERE person_id = {member}")),
        120
    );
    let notices = format!("SELECT COUNT(*) FROM notices WHERE kind = 'attendance' AND link = '/events/{id}'");
    assert_eq!(world.number(&notices), 2);
    // Saved again without touching it: nothing. A correction: one more.
    let page = host.get(&format!("/events/{id}/roll")).await;
    let same = [(member, "present", "120", "present:120"), (elder, "leave_sick", "", "leave_sick:0")];
    take(&host, id, roll(&page.key(), &same)).await;
    assert_eq!(world.number("SELECT COUNT(*) FROM attendances"), 2);
    let mended = [(member, "late", "90", "present:120"), (elder, "leave_sick", "", "leave_sick:0")];
    take(&host, id, roll(&page.key(), &mended)).await;
    assert_eq!(revisions(&world, id, member), 2);
    assert_eq!(revisions(&world, id, elder), 1);
    // A row that somebody else has changed meanwhile and this keeper has not touched stays as it is.
    take(&host, id, roll(&random_hex(16), &[(member, "present", "120", "present:120")])).await;
    assert_eq!(revisions(&world, id, member), 2);
    // What is wrong with one row is said there, and nothing of the list is kept.
    let wrong = [(mobile, "present", "", ""), (member, "late", "500", "late:90")];
    let refused = take(&host, id, roll(&random_hex(16), &wrong)).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("时长填 0 到 120 之间的分钟数") && refused.body.contains(r#"value="500""#));
    assert_eq!(world.number("SELECT COUNT(*) FROM attendances"), 3);
    let back = [(member, "", "", "late:90")];
    assert_eq!(take(&host, id, roll(&random_hex(16), &back)).await.status, 422);
    // Somebody who is not on the list.
    let foreign = [(mobile, "present", "", ""), (person(&world, "member2"), "present", "", "")];
    assert_eq!(take(&host, id, roll(&random_hex(16), &foreign)).await.status, 404);
    assert_eq!(world.number("SELECT COUNT(*) FROM attendances"), 3);
    assert_eq!(take(&host, id, roll("x", &same)).await.status, 400);
    // The member sees both entries, and nobody's leave but the own.
    let own = world.signed_in("member").await.get(&format!("/events/{id}")).await;
    assert!(
        own.body.contains("到场情况：迟到") && own.body.contains("以前的登记") && !own.body.contains("病假")
    );
}

#[actix_web::test]
async fn a_missed_event_is_made_up_for_by_what_the_member_did_within_thirty_days() {
    let world = World::before_courses();
    let now = clock::now();
    let missed = discussion(&world, now - Duration::days(20), now);
    let other = discussion(&world, now - Duration::days(5), now);
    let late = discussion(&world, now - Duration::hours(3), now);
    world.sql(&format!("UPDATE events SET starts_at = '2026-01-05 01:00:00', ends_at = '2026-01-05 03:00:00' WHERE id = {late}"));
    let (member, host) = (person(&world, "member"), world.signed_in("secretary").await);
    record(&world, &entry(&world, missed, member, Status::LeaveOfficial), now).unwrap();
    record(&world, &entry(&world, other, member, Status::Present), now).unwrap();
    record(&world, &entry(&world, late, member, Status::Present), now).unwrap();
    let at = format!("/events/{missed}/roll/{member}");
    let page = host.get(&at).await;
    assert!(
        page.body.contains(&format!("event-{other}")) && !page.body.contains(&format!("event-{late}")),
        "{}",
        page.body
    );
    let via = format!("event-{other}");
    let sent = |via: &str, key: &str| {
        vec![("key", key.to_owned()), ("status", "makeup".to_owned()), ("via", via.to_owned())]
    };
    for wrong in ["", "event-999", "lecture-1", &format!("event-{late}")] {
        let refused = send(&host, &at, &sent(wrong, &page.key())).await;
        assert_eq!(refused.status, 422, "{wrong}");
        assert!(refused.body.contains("请选补学的活动或课"));
    }
    assert_eq!(send(&host, &at, &sent(&via, &page.key())).await.status, 303);
    let holds = format!(
        "SELECT COUNT(*) FROM attendances WHERE event_id = {missed} AND status = 'makeup' AND via_event_id = {other} AND method = 'clerk' AND revision = 2"
    );
    assert_eq!(world.number(&holds), 1);
    // A lecture completed counts too; one that was taken back does not.
    let elder = person(&world, "elder");
    record(&world, &entry(&world, missed, elder, Status::Absent), now).unwrap();
    let media = world.number("SELECT media_id FROM lectures WHERE id = 1");
    let when = (now - Duration::days(2)).format("%Y-%m-%d %H:%M:%S");
    world.sql(&format!("INSERT INTO completions (person_id, lecture_id, media_id, kind, completed_at, seconds, length_s, threshold, rule) VALUES ({elder}, 1, {media}, 'online', '{when}', 500, 600, 80, 'budget-1')"));
    let at = format!("/events/{missed}/roll/{elder}");
    assert!(host.get(&at).await.body.contains("lecture-1"));
    world.sql(&format!("INSERT INTO cases (kind, level, subject_kind, subject_id, person_id, path, filed_by, filed_at, due_on, state, key) VALUES ('dispute', 1, 'completion', 1, {elder}, '/1/', 1, '{when}', '2026-12-31', 'upheld', 'k')"));
    let case = CaseId(world.number("SELECT id FROM cases WHERE key = 'k'"));
    let id =
        CompletionId(world.number(&format!("SELECT MAX(id) FROM completions WHERE person_id = {elder}")));
    world.db.write_now(|conn| watching::reverse(conn, id, case, now)).unwrap();
    assert!(!host.get(&at).await.body.contains("lecture-1"));
    assert_eq!(host.get(&format!("/events/{missed}/roll/{}", person(&world, "member2"))).await.status, 404);
}

#[actix_web::test]
async fn whoever_made_a_course_keeps_the_lists_of_its_sessions_and_nobody_else_does() {
    let world = World::before_courses();
    let now = clock::now();
    let enrolled = [("member", "confirmed"), ("elder", "waitlisted"), ("member2", "confirmed")];
    let id = session(&world, now, "instructor", &enrolled);
    let maker = world.signed_in("instructor").await;
    let page = maker.get(&format!("/events/{id}/roll")).await;
    assert!(
        page.body.contains("林秋实") && page.body.contains("沈若谷") && !page.body.contains("高德泉"),
        "{}",
        page.body
    );
    let rows = [(person(&world, "member2"), "present", "", "")];
    assert_eq!(take(&maker, id, roll(&page.key(), &rows)).await.status, 303);
    // Who waits for a seat is not on the list.
    let waiting = [(person(&world, "elder"), "present", "", "")];
    assert_eq!(take(&maker, id, roll(&random_hex(16), &waiting)).await.status, 404);
    for name in ["reviewer1", "secretary", "clerk", "admin", "member"] {
        let other = world.signed_in(name).await;
        assert_eq!(other.get(&format!("/events/{id}/roll")).await.status, 404, "{name}");
        assert_eq!(other.get(&format!("/events/{id}/codes")).await.status, 404, "{name}");
    }
    assert_eq!(world.signed_in("organizer").await.get(&format!("/events/{id}/roll")).await.status, 200);
    // While acting for a member nobody keeps lists.
    let clerk = world.signed_in("clerk").await;
    let own = discussion(&world, now, now);
    assert_eq!(clerk.get(&format!("/events/{own}/roll")).await.status, 200);
    clerk.post(&format!("/people/{}/acting", person(&world, "elder")), &[]).await;
    assert_eq!(clerk.get(&format!("/events/{own}/roll")).await.status, 403);
    assert_eq!(clerk.get(&format!("/events/{own}")).await.status, 200);
}

// Codes.

fn viewer(world: &World, name: &str) -> weixiao::access::Viewer {
    let account = account(world, name);
    world.db.read_now(|conn| weixiao::accounts::viewer_for(conn, account, None)).unwrap().unwrap()
}

/// The code that a screen in the room shows at this moment.
fn code(world: &World, id: EventId, now: Timestamp) -> String {
    use diesel::prelude::*;
    use weixiao::schema::events::dsl;
    let key: String = world
        .db
        .read_now(|conn| {
            Ok(weixiao::either!(conn, c => dsl::events.find(id).select(dsl::code_key).first(c))?)
        })
        .unwrap();
    events::shown(&key, now).0
}

fn check_in(world: &World, id: EventId, name: &str, typed: &str, now: Timestamp) -> Result<events::Outcome> {
    let (viewer, doer, key) = (viewer(world, name), doer(world, name), random_hex(16));
    world.db.write_now(|conn| events::check_in(conn, id, &viewer, (typed, &key), &doer, now))
}

#[test]
fn a_code_that_was_passed_on_is_useless_a_minute_later() {
    let world = World::before_courses();
    let start = clock::now();
    let at = |second: i64| start + Duration::seconds(second);
    let enrolled = [("member", "confirmed"), ("elder", "confirmed"), ("mobile", "waitlisted")];
    let id = session(&world, start, "instructor", &enrolled);
    let shown = code(&world, id, start);
    assert_eq!(check_in(&world, id, "member", &shown, at(61)).unwrap(), events::Outcome::Wrong);
    let other = session(&world, start, "instructor", &enrolled);
    assert_eq!(check_in(&world, other, "member", &shown, start).unwrap(), events::Outcome::Wrong);
    let present = code(&world, id, at(70));
    assert_eq!(check_in(&world, id, "member", &present, at(75)).unwrap(), events::Outcome::Done);
    assert_eq!(check_in(&world, id, "member", &present, at(76)).unwrap(), events::Outcome::Already);
    assert_eq!(revisions(&world, id, person(&world, "member")), 1);
    let row = format!(
        "SELECT COUNT(*) FROM attendances WHERE event_id = {id} AND method = 'code' AND status = 'present' AND minutes = 118"
    );
    assert_eq!(world.number(&row), 1);
    // Once a member: what was corrected since is not undone by a code that somebody passes on.
    record(&world, &entry(&world, id, person(&world, "member"), Status::Absent), at(80)).unwrap();
    let next = code(&world, id, at(90));
    assert_eq!(refused(check_in(&world, id, "member", &next, at(90))), Refusal::CodeUsed.words().to_string());
    // Only for those who have a seat.
    let not_expected = Refusal::NotExpected.words().to_string();
    for name in ["mobile", "member2"] {
        assert_eq!(refused(check_in(&world, id, name, &present, at(75))), not_expected);
    }
    // Only while it runs.
    let not_open = Refusal::NotOpen.words().to_string();
    for minutes in [-31, 121] {
        let then = start + Duration::minutes(minutes);
        let typed = code(&world, id, then);
        assert_eq!(refused(check_in(&world, id, "elder", &typed, then)), not_open, "{minutes}");
    }
    let before = start - Duration::minutes(30);
    let early = code(&world, id, before);
    assert_eq!(check_in(&world, id, "elder", &early, before).unwrap(), events::Outcome::Done);
    let whole = format!("SELECT minutes FROM attendance_heads WHERE person_id = {}", person(&world, "elder"));
    assert_eq!(world.number(&whole), 120);
}

#[test]
fn a_member_has_five_guesses_a_minute() {
    let world = World::before_courses();
    let start = clock::now();
    // From the beginning of a minute.
    let start = start - Duration::seconds(start.and_utc().timestamp() % 60);
    let at = |second: i64| start + Duration::seconds(second);
    let id = discussion(&world, start, start);
    let wrong = |second| if code(&world, id, at(second)) == "000000" { "111111" } else { "000000" };
    for second in 0..5 {
        assert_eq!(
            check_in(&world, id, "member", wrong(second), at(second)).unwrap(),
            events::Outcome::Wrong
        );
    }
    // The right one does not help before the minute is over; others are not held up.
    let right = code(&world, id, at(10));
    assert!(matches!(check_in(&world, id, "member", &right, at(10)), Err(Error::Wait(50))));
    assert_eq!(check_in(&world, id, "elder", &right, at(10)).unwrap(), events::Outcome::Done);
    let right = code(&world, id, at(60));
    assert_eq!(check_in(&world, id, "member", &right, at(60)).unwrap(), events::Outcome::Done);
    // Many at once have no more.
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..12)
            .map(|_| {
                let (world, now) = (&world, at(120));
                scope.spawn(move || check_in(world, id, "mobile", wrong(120), now))
            })
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 5, "{outcomes:?}");
}

#[actix_web::test]
async fn the_screen_shows_the_code_and_the_picture_does_not() {
    let world = World::before_courses();
    let now = clock::now();
    let id = discussion(&world, now, now);
    let host = world.signed_in("secretary").await;
    let page = host.get(&format!("/events/{id}/codes")).await;
    assert_eq!((page.status.as_u16(), page.headers["cache-control"].as_str()), (200, "no-store"));
    let shown = page.between("onsite__n num\">", "</p>").replace("<span>", "").replace("</span>", "");
    let digits: String = shown.chars().filter(char::is_ascii_digit).collect();
    assert_eq!(digits.len(), 6);
    assert!(page.body.contains(r#"http-equiv="refresh""#) && page.body.contains("<svg"));
    let link = page.between("onsite__at\" lang=\"en\">", "<");
    assert_eq!(link, format!("http://localhost/events/{id}/check-in"));
    // Where the picture leads, signed in on any device.
    let visitor = world.visitor();
    let asked = visitor.get(&format!("/events/{id}/check-in")).await;
    assert!(asked.location.unwrap().starts_with("/sign-in?next="));
    let member = world.signed_in("member").await;
    let form = member.get(&format!("/events/{id}/check-in")).await;
    assert!(form.body.contains(r#"inputmode="numeric""#));
    let key = form.key();
    let wrong = if digits == "000000" { "111111" } else { "000000" };
    let refused = member.post(&format!("/events/{id}/check-in"), &[("code", wrong), ("key", &key)]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("这个码不对，或者已经换了"));
    let spaced = format!("{} {}", &digits[..3], &digits[3..]);
    let done = member.post(&format!("/events/{id}/check-in"), &[("code", &spaced), ("key", &key)]).await;
    assert_eq!(done.location, Some(format!("/events/{id}?done=checked-in")));
    assert!(member.get(&format!("/events/{id}/check-in")).await.body.contains("不用再签"));
    // A clerk types it for somebody without a telephone: that is recorded.
    let clerk = world.signed_in("clerk").await;
    let elder = person(&world, "elder");
    clerk.post(&format!("/people/{elder}/acting"), &[]).await;
    let key = clerk.get(&format!("/events/{id}/check-in")).await.key();
    clerk.post(&format!("/events/{id}/check-in"), &[("code", &digits), ("key", &key)]).await;
    let acted = format!(
        "SELECT COUNT(*) FROM attendances WHERE person_id = {elder} AND acted_by = {} AND recorded_by = acted_by",
        account(&world, "clerk")
    );
    assert_eq!(world.number(&acted), 1);
}

// Calendars.

/// A calendar as programs read it: the events, each as its properties.
fn parsed(text: &str) -> Vec<calendar_reader::Event> {
    use calendar_reader::CalendarComponent;
    for line in text.split("\r\n") {
        assert!(line.len() <= 75, "{} bytes: {line}", line.len());
        assert!(!line.contains('\n') && !line.contains('\r'), "{line}");
    }
    assert!(text.ends_with("END:VCALENDAR\r\n"), "{text}");
    let calendar: calendar_reader::Calendar = text.parse().unwrap();
    calendar
        .components
        .into_iter()
        .map(|one| match one {
            CalendarComponent::Event(event) => event,
            other => panic!("{other:?}"),
        })
        .collect()
}

#[actix_web::test]
async fn the_own_calendar_is_read_without_signing_in_until_another_address_is_asked_for() {
    use calendar_reader::{Component, EventLike};
    let world = World::before_courses();
    let now = clock::now();
    let starts = "2026-12-24T01:30:00".parse::<Timestamp>().unwrap().max(now + Duration::days(1));
    let starts = starts - Duration::seconds(starts.and_utc().timestamp() % 60);
    let long = Plan {
        title: "读《林盘》；分组, 讨论\\记录".into(),
        about: "第一行,有逗号;和分号\n第二行很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长".into(),
        ..plan(starts)
    };
    let id = arrange(&world, Kind::StudyDiscussion, branch(&world, "member"), long, now);
    let session = session(
        &world,
        starts + Duration::days(1),
        "instructor",
        &[("member", "waitlisted"), ("elder", "confirmed")],
    );
    let foreign = arrange(&world, Kind::StudyDiscussion, branch(&world, "member2"), plan(starts), now);
    let member = world.signed_in("member").await;
    let page = member.get("/me/calendar").await;
    let address = page.between("spellcheck=\"false\">", "<").to_owned();
    let path = address.strip_prefix("http://localhost").unwrap().to_owned();
    assert!(page.body.contains(&format!("webcal://localhost{path}")));
    let visitor = world.visitor();
    let feed = visitor.get(&path).await;
    assert_eq!(feed.status, 200, "{}", feed.body);
    assert_eq!(feed.headers["content-type"], "text/calendar; charset=utf-8");
    assert!(
        feed.headers["cache-control"].contains("private") && feed.headers["x-robots-tag"].contains("noindex")
    );
    let events = parsed(&feed.body);
    let of = |events: &[calendar_reader::Event], id: EventId| {
        events
            .iter()
            .find(|one| one.get_url().is_some_and(|url| url.ends_with(&format!("/events/{id}"))))
            .cloned()
    };
    let one = of(&events, id).unwrap();
    assert_eq!(one.get_summary(), Some("读《林盘》；分组, 讨论\\记录"));
    assert!(one.get_description().unwrap().contains("有逗号;和分号\n第二行很长"));
    assert_eq!(one.property_value("DTSTART"), Some(starts.format("%Y%m%dT%H%M%SZ").to_string().as_str()));
    assert_eq!(one.property_value("STATUS"), Some("CONFIRMED"));
    assert_eq!(
        (one.property_value("SEQUENCE"), one.get_location().unwrap().contains("二楼会议室")),
        (Some("0"), true)
    );
    let waits = of(&events, session).unwrap();
    assert_eq!(waits.property_value("STATUS"), Some("TENTATIVE"));
    assert!(of(&events, foreign).is_none());
    let uid = one.get_uid().unwrap().to_owned();
    // A change counts up under the same name; a cancelled one stays, and says so.
    let doer = doer(&world, "secretary");
    let moved = Plan { place: "三楼".into(), ..find(&world, id).plan() };
    world.db.write_now(|conn| events::change(conn, id, 0, &moved, &doer, now)).unwrap();
    world.db.write_now(|conn| events::cancel(conn, id, "停电", &doer, now)).unwrap();
    let one = of(&parsed(&visitor.get(&path).await.body), id).unwrap();
    assert_eq!(one.get_uid(), Some(uid.as_str()));
    assert_eq!(
        (one.property_value("SEQUENCE"), one.property_value("STATUS")),
        (Some("2"), Some("CANCELLED"))
    );
    let single = member.get(&format!("/events/{session}/event.ics")).await;
    assert_eq!(parsed(&single.body).len(), 1);
    // Another address ends this one at once, on every server.
    let other = World::at(world.url.clone());
    assert_eq!(other.visitor().get(&path).await.status, 200);
    let renewed = member.post("/me/calendar/renew", &[]).await;
    assert_eq!(renewed.location.as_deref(), Some("/me/calendar?done=feed-renewed"));
    assert_eq!(visitor.get(&path).await.status, 404);
    assert_eq!(other.visitor().get(&path).await.status, 404);
    let fresh = member.get("/me/calendar").await;
    let fresh = fresh.between("spellcheck=\"false\">", "<").replace("http://localhost", "");
    assert_ne!(fresh, path);
    assert_eq!(visitor.get(&fresh).await.status, 200);
    // Nobody makes an address of another's.
    let (head, tail) = fresh.split_at("/calendar/".len());
    let (_, sig) = tail.split_once('-').unwrap();
    assert_eq!(visitor.get(&format!("{head}{:x}-{sig}", person(&world, "elder").0)).await.status, 404);
    assert_eq!(visitor.get(&fresh.to_uppercase().replace("/CALENDAR", "/calendar")).await.status, 404);
    // It ends with the account.
    world.sql("UPDATE accounts SET closed_at = created_at WHERE username = 'member'");
    assert_eq!(visitor.get(&fresh).await.status, 404);
    // While acting for somebody nobody sees the address.
    let clerk = world.signed_in("clerk").await;
    clerk.post(&format!("/people/{}/acting", person(&world, "elder")), &[]).await;
    assert_eq!(clerk.get("/me/calendar").await.status, 403);
}

#[actix_web::test]
async fn english_pages_of_events_are_english() {
    let world = World::before_courses();
    let now = clock::now();
    let id = discussion(&world, now, now);
    let host = world.signed_in("secretary").await;
    host.cookies.borrow_mut().insert("lang".into(), "en".into());
    for (path, word) in [
        (format!("/events/{id}"), "My attendance"),
        (format!("/events/{id}/roll"), "Record"),
        (format!("/events/{id}/codes"), "Changes every 20 seconds"),
        (format!("/events/{id}/edit"), "Save the changes"),
        ("/events".into(), "Hold a group viewing"),
        ("/events/new".into(), "Arrange a discussion"),
        ("/viewings/new".into(), "Which lecture"),
        ("/me/calendar".into(), "My calendar"),
    ] {
        let page = host.get(&path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.body.contains(word), "{path}: {word}");
    }
}
