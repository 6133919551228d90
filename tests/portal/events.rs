//! Events and attendance: through the face where moments matter, through browsers where doors do.
use crate::world::World;
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
    world.sql(&format!("INSERT INTO courses (slug, title, summary, about, topic_id, cover, mode, visibility, quarters, stage, version, draft_version, is_submitted, round, revision, reason, author_id, created_at, key) VALUES ('{key}', '水利遗产', '', '', 1, '', 'mixed', 'public', 4, 'draft', 0, 1, FALSE, 0, 0, '', {author}, '{at}', '{key}')"));
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
    let world = World::new();
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
    let world = World::new();
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
    let world = World::new();
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
    let world = World::new();
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
    let world = World::new();
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
    world.db.write_now(|conn| events::cancel(conn, id, "停电", &doer, now)).unwrap();
    let outcome = record(&world, &entry(&world, id, who, Status::Absent), now + Duration::minutes(3));
    assert_eq!(refused(outcome), Refusal::Cancelled.words().to_string());
}

/// Whatever is recorded in whatever order, and however often it is sent: one head for each member and event, which is the
/// last revision, and revisions without a gap.
#[test]
fn the_head_is_always_the_last_revision() {
    let world = World::new();
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
                record(&world, &entry, now).unwrap();
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
    let world = World::new();
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
    let world = World::new();
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
