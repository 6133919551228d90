//! Audiences, study plans, exemptions, coverage, errands. Issue 7 items 3 and 6; domain.md §4.1, §5.7; product.md rules 3, 4, 6.
use crate::events::{account, branch, discussion, doer, person, refused};
use crate::world::World;
use chrono::{Days, Duration, NaiveDate};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::HashMap;
use weixiao::audiences::{self, Rule};
use weixiao::clock;
use weixiao::coverage::{self, Figures, State, Tally};
use weixiao::events::{Entry, Method, Status};
use weixiao::ids::{AllianceId, EventId, OrgId, PersonId, StudyPlanId, random_hex};
use weixiao::plans;

fn today() -> NaiveDate {
    clock::day(clock::now())
}

/// A published plan of the whole city for these people: a lecture, a booklet, a meeting, and one more meeting that is optional.
/// Due on `due`. In force since `since`.
fn published(world: &World, rule: &str, since: NaiveDate, due: NaiveDate) -> StudyPlanId {
    let (organizer, checker) = (account(world, "organizer"), account(world, "checker"));
    let (from, to) = (since, due + Days::new(30));
    world.sql(&format!(
        "INSERT INTO study_plans (title, about, org_id, starts_on, ends_on, state, version, draft_version, revision, created_by, \
         created_at, published_at, key) VALUES ('冬季学习', '', 1, '{from}', '{to}', 'published', 1, 1, 1, {organizer}, \
         '{from} 00:00:00', '{from} 00:00:00', '{}')",
        random_hex(16)
    ));
    let plan = world.number("SELECT MAX(id) FROM study_plans");
    world.sql(&format!(
        "INSERT INTO plan_versions (plan_id, version, rule, reason, valid_from, published_by, made_by) VALUES ({plan}, 1, '{rule}', \
         '', '{since}', {checker}, {organizer})"
    ));
    let booklet = world.number("SELECT MIN(id) FROM booklets WHERE stage = 'published'");
    for (position, kind, of, required) in [
        (1, "lecture", "NULL, 1, NULL".to_owned(), true),
        (2, "booklet", format!("{booklet}, NULL, NULL"), true),
        (3, "meeting", "NULL, NULL, NULL".to_owned(), true),
        (4, "meeting", "NULL, NULL, NULL".to_owned(), false),
    ] {
        world.sql(&format!(
            "INSERT INTO plan_items (plan_id, version, position, step, kind, title, booklet_id, lecture_id, course_id, is_required, \
             due_on, chapters) VALUES ({plan}, 1, {position}, 's{position}', '{kind}', '第 {position} 项', {of}, {required}, '{due}', \
             CASE WHEN '{kind}' = 'booklet' THEN (SELECT chapter_count FROM booklets WHERE id = {booklet}) ELSE 0 END)"
        ));
    }
    StudyPlanId(plan)
}

fn look_on(world: &World, plan: StudyPlanId, org: OrgId, day: NaiveDate) -> Figures {
    let look = |conn: &mut weixiao::db::Conn| {
        let plan = plans::plan(conn, plan)?;
        coverage::look(conn, &plan, org, day)
    };
    world.db.read_now(look).unwrap().expect("a version was in force")
}

fn look(world: &World, plan: StudyPlanId, org: OrgId) -> Figures {
    look_on(world, plan, org, today())
}

/// Where a person stands with each item, and with the whole.
fn stands(figures: &Figures, who: PersonId) -> (Vec<State>, State) {
    let at = figures.members.iter().position(|member| member.person == who).expect("is obliged");
    ((0..figures.items.len()).map(|item| figures.state(at, item)).collect(), figures.overall(at))
}

/// The lecture was watched to its end, as the server says it.
fn watched(world: &World, who: PersonId, kind: &str, day: NaiveDate) {
    world.sql(&format!(
        "INSERT INTO completions (person_id, lecture_id, media_id, kind, completed_at, seconds, length_s, threshold, rule, number) \
         SELECT {who}, 1, media_id, '{kind}', '{day} 04:00:00', 60, 60, 80, 'test', 1 FROM lectures WHERE id = 1"
    ));
}

fn has_read(world: &World, who: PersonId, day: NaiveDate, chapters: i64) {
    let booklet = world.number("SELECT MIN(id) FROM booklets WHERE stage = 'published'");
    for chapter in 1..=chapters {
        world.sql(&format!(
            "INSERT INTO chapter_reads (person_id, booklet_id, chapter, read_at) VALUES ({who}, {booklet}, {chapter}, '{day} 04:00:00')"
        ));
    }
}

fn chapters(world: &World) -> i64 {
    world.number("SELECT chapter_count FROM booklets WHERE id = (SELECT MIN(id) FROM booklets WHERE stage = 'published')")
}

/// A discussion of the branch of `member` that serves a step, yesterday.
fn meeting(world: &World, plan: StudyPlanId, step: &str) -> EventId {
    let now = clock::now();
    let id = discussion(world, now + Duration::minutes(10), now);
    let by = account(world, "secretary");
    world.db.write_now(|conn| plans::name_event(conn, id, (plan, step), by, now)).unwrap();
    id
}

fn mark(world: &World, event: EventId, who: PersonId, status: Status) {
    let entry = Entry {
        event,
        person: who,
        status,
        minutes: if status.counts() { 60 } else { 0 },
        method: Method::List,
        via: None,
        by: account(world, "secretary"),
        acted_by: None,
        key: random_hex(16),
    };
    // begun by now
    let now = clock::now() + Duration::minutes(11);
    world.db.write_now(|conn| weixiao::events::record(conn, &entry, now)).unwrap();
}

fn sums(groups: &[coverage::Group]) -> (Tally, Vec<Tally>) {
    let items = groups.first().map_or(0, |group| group.items.len());
    let (mut people, mut of) = (Tally::default(), vec![Tally::default(); items]);
    for group in groups {
        people += group.people;
        of.iter_mut().zip(&group.items).for_each(|(own, others)| *own += *others);
    }
    (people, of)
}

/// Every roll-up is the sum of what is below it, along both trees, down to the persons.
fn check_sums(world: &World, figures: &Figures) {
    let whole = figures.whole();
    assert_eq!(whole.people.total() as usize, figures.members.len());
    for tally in &whole.items {
        assert_eq!(tally.total() as usize, figures.members.len(), "each item has the same denominator");
    }
    for (place, node) in figures.tree.nodes().iter().enumerate() {
        if !figures.tree.is_within(place, figures.top) || node.end == place + 1 {
            continue;
        }
        let group = figures.group(place);
        let (people, items) = sums(&figures.below(place));
        assert_eq!(people, group.people, "{}", node.name);
        if group.people.total() > 0 {
            assert_eq!(items, group.items, "{}", node.name);
        }
    }
    let of: HashMap<OrgId, AllianceId> =
        HashMap::from_iter((1..60).map(|n| (OrgId(n), AllianceId(n % 3 + 1))));
    let names: Vec<(AllianceId, String)> = (1..=3).map(|n| (AllianceId(n), n.to_string())).collect();
    let alliances = figures.by_alliance(&of, &names);
    assert_eq!(sums(&alliances), (whole.people, whole.items.clone()), "along the alliances");
    for (id, _) in &names {
        let branches = figures.branches_of(&of, *id);
        let own: Vec<_> = alliances.iter().filter(|group| group.id == Some(id.0)).cloned().collect();
        assert_eq!(sums(&branches).0, sums(&own).0, "the branches of an alliance");
    }
    let mut persons = Tally::default();
    (0..figures.members.len()).for_each(|at| persons.count(figures.overall(at)));
    assert_eq!(persons, whole.people);
    // who is obliged, counted by the database alone
    if figures.plan.org == OrgId(1) && figures.members.len() > 500 {
        let all = world.number("SELECT COUNT(*) FROM memberships WHERE valid_to IS NULL");
        assert_eq!(figures.members.len() as i64, all);
    }
}

#[actix_web::test]
async fn every_way_counts_once_and_says_how() {
    let world = World::new();
    let due = today();
    let plan = published(&world, "{}", due - Days::new(20), due);
    let (member, elder, mobile, secretary) = (
        person(&world, "member"),
        person(&world, "elder"),
        person(&world, "mobile"),
        person(&world, "secretary"),
    );
    let own = branch(&world, "member");
    // the same lecture, three ways: alone, at the door, in a group
    watched(&world, member, "online", due);
    watched(&world, elder, "visit", due);
    watched(&world, secretary, "group", due);
    let figures = look(&world, plan, own);
    for who in [member, elder, secretary] {
        assert_eq!(stands(&figures, who).0[0], State::Done, "{who}");
    }
    let ways: Vec<(&str, usize)> =
        figures.ways(|_| true).into_iter().map(|(way, count)| (way.key(), count)).collect();
    assert_eq!(ways, [("online", 1), ("group", 1), ("door", 1)]);
    // not all chapters are none of it
    has_read(&world, member, due, chapters(&world) - 1);
    has_read(&world, elder, due, chapters(&world));
    let figures = look(&world, plan, own);
    assert_eq!(stands(&figures, member).0[1], State::NotYet);
    assert_eq!(stands(&figures, elder).0[1], State::Done);
    // presence at an event that serves the step
    let event = meeting(&world, plan, "s3");
    mark(&world, event, member, Status::Present);
    mark(&world, event, elder, Status::LeaveSick);
    mark(&world, event, secretary, Status::Absent);
    let figures = look(&world, plan, own);
    assert_eq!(stands(&figures, member).0[2], State::Done);
    assert_eq!(
        stands(&figures, elder),
        (vec![State::Done, State::Done, State::Excused, State::NotYet], State::Excused)
    );
    assert_eq!(stands(&figures, secretary).0[2], State::NotYet);
    // an absence that is made up for
    mark(&world, event, elder, Status::Void);
    assert_eq!(
        stands(&look(&world, plan, own), elder).0[2],
        State::NotYet,
        "what was taken back says nothing"
    );
    // a proof that was taken back is none
    let case = "INSERT INTO cases (kind, level, subject_kind, subject_id, person_id, path, filed_by, filed_at, due_on, state, key) \
                SELECT 'dispute', 1, 'completion', 1, person_id, '/', id, '2026-01-01 00:00:00', '2026-01-09', 'upheld', 'k1' FROM accounts WHERE username = 'member'";
    world.sql(case);
    world.sql(&format!(
        "INSERT INTO completion_reversals (completion_id, case_id, reversed_at) SELECT MAX(c.id), (SELECT MAX(id) FROM cases), \
         '{due} 05:00:00' FROM completions c WHERE c.person_id = {member} AND c.lecture_id = 1"
    ));
    assert_eq!(stands(&look(&world, plan, own), member).0[0], State::NotYet);
    // a guest at the host branch counts at home, once
    let guests = discussion(&world, clock::now() + Duration::minutes(5), clock::now());
    let by = account(&world, "secretary");
    world.db.write_now(|conn| plans::name_event(conn, guests, (plan, "s3"), by, clock::now())).unwrap();
    let figures = look(&world, plan, OrgId(1));
    let before = figures.whole().items[2].of(State::Done);
    for id in [event, guests] {
        world.sql(&format!(
            "INSERT INTO attendance_heads (event_id, person_id, attendance_id, revision, status, minutes, day) SELECT {id}, {mobile}, \
             MAX(id), 1, 'present', 60, '{due}' FROM attendances"
        ));
    }
    let figures = look(&world, plan, OrgId(1));
    assert_eq!(figures.whole().items[2].of(State::Done), before + 1);
    check_sums(&world, &figures);
}

/// A plan asks for the booklet as it was when it was put in, and a day that is over for what there was then.
#[actix_web::test]
async fn a_new_edition_of_a_booklet_opens_nothing_again() {
    let world = World::new();
    let plan = published(&world, "{}", today() - Days::new(20), today() + Days::new(10));
    let (whole, part) = (person(&world, "member"), person(&world, "member2"));
    let (all, org) = (chapters(&world), OrgId(1));
    has_read(&world, whole, today() - Days::new(9), all);
    has_read(&world, part, today() - Days::new(9), all - 1);
    let booklet = "(SELECT MIN(id) FROM booklets WHERE stage = 'published')";
    let edition = |chapters: i64| {
        let now = clock::now().format("%Y-%m-%d %H:%M:%S");
        world.sql(&format!(
            "UPDATE booklets SET chapter_count = {chapters}, published_at = '{now}' WHERE id = {booklet}"
        ));
        world.sql(&format!(
            "INSERT INTO booklet_lengths (booklet_id, chapters, since) VALUES ({booklet}, {chapters}, '{now}')"
        ));
    };
    let read = |day| {
        let figures = look_on(&world, plan, org, day);
        [whole, part].map(|who| stands(&figures, who).0[1])
    };
    let done = |state: State| state == State::Done;
    assert_eq!(read(today()).map(done), [true, false]);
    edition(all + 2);
    assert_eq!(read(today()).map(done), [true, false], "what came later is not asked for");
    // A chapter that is gone cannot be read: today it is enough, and on the days before it was not.
    edition(all - 1);
    assert_eq!(read(today()).map(done), [true, true]);
    assert_eq!(read(today() - Days::new(2)).map(done), [true, false]);
    let lengths = format!("SELECT COUNT(*) FROM booklet_lengths WHERE booklet_id = {booklet}");
    assert_eq!(world.number(&lengths), 3);
}

#[actix_web::test]
async fn who_is_late_has_made_up_and_who_is_never_reported_is_told_apart() {
    let world = World::new();
    let due = today() - Days::new(3);
    let plan = published(&world, "{}", due - Days::new(20), due);
    let own = branch(&world, "member");
    let member = person(&world, "member");
    watched(&world, member, "online", due + Days::new(1));
    let figures = look(&world, plan, own);
    // signs in: the portal would know; a meeting is known from the branch alone
    assert_eq!(
        stands(&figures, member).0,
        [State::MadeUp, State::NotYet, State::NotReported, State::NotReported]
    );
    let other = figures
        .members
        .iter()
        .find(|one| !figures.is_online(figures.members.iter().position(|x| x == *one).unwrap()))
        .unwrap();
    assert_eq!(stands(&figures, other.person).0[0], State::NotReported);
    // before it was due nothing is missing from anybody
    let figures = look_on(&world, plan, own, due);
    assert_eq!(stands(&figures, other.person).1, State::NotYet);
    check_sums(&world, &figures);
}

#[actix_web::test]
async fn an_audience_is_whoever_fits_on_the_day() {
    let world = World::new();
    let count = |rule: &Rule| {
        world.db.read_now(|conn| audiences::fitting(conn, rule, OrgId(1), today())).unwrap().0.len() as i64
    };
    let rule = |json: &str| Rule::of(json).unwrap();
    let open = |sql: &str| {
        world.number(&format!("SELECT COUNT(*) FROM memberships m WHERE m.valid_to IS NULL AND {sql}"))
    };
    let has = |table: &str, what: &str| {
        format!(
            "EXISTS (SELECT 1 FROM {table} t WHERE t.person_id = m.person_id AND t.valid_to IS NULL AND {what})"
        )
    };
    assert_eq!(count(&Rule::default()), open("1 = 1"));
    for (json, sql) in [
        (r#"{"categories":["retired"]}"#, has("member_categories", "t.category = 'retired'")),
        (
            r#"{"categories":["retired","mobile"]}"#,
            has("member_categories", "t.category IN ('retired', 'mobile')"),
        ),
        (r#"{"without":["retired"]}"#, format!("NOT {}", has("member_categories", "t.category = 'retired'"))),
        (r#"{"stages":["probationary"]}"#, has("membership_stages", "t.stage = 'probationary'")),
        (r#"{"offices":["secretary"]}"#, has("office_terms", "t.office = 'secretary'")),
        (r#"{"is_hosted":true}"#, has("host_stays", "1 = 1")),
        (
            r#"{"kinds":["rural"]}"#,
            "EXISTS (SELECT 1 FROM orgs o WHERE o.id = m.branch_id AND o.kind = 'rural')".into(),
        ),
        (
            r#"{"age_from":70}"#,
            format!(
                "EXISTS (SELECT 1 FROM persons p WHERE p.id = m.person_id AND {} - p.birth_year >= 70)",
                chrono::Datelike::year(&today())
            ),
        ),
    ] {
        let expected = open(&sql);
        assert_eq!(count(&rule(json)), expected, "{json}");
        assert!(expected > 0 || json.contains("secretary"), "{json} fits nobody in the town");
    }
    // two conditions both hold
    let both = rule(r#"{"categories":["retired"],"age_from":70}"#);
    assert!(count(&both) <= count(&rule(r#"{"categories":["retired"]}"#)));
    // whoever comes to fit belongs to it at once, and did not before
    let member = person(&world, "member");
    world.sql(&format!(
        "INSERT INTO member_categories (person_id, category, valid_from) VALUES ({member}, 'retired', '{}')",
        today()
    ));
    let on = |day| {
        let rule = rule(r#"{"categories":["retired"]}"#);
        let found = world.db.read_now(|conn| audiences::fitting(conn, &rule, OrgId(1), day)).unwrap().0;
        found.iter().any(|one| one.person == member)
    };
    assert!(on(today()) && !on(today() - Days::new(1)));
}

#[actix_web::test]
async fn figures_sum_along_both_trees_on_random_rosters() {
    let world = World::new();
    let due = today();
    let plan = published(&world, "{}", due - Days::new(40), due);
    let event = meeting(&world, plan, "s3");
    let all = world.number("SELECT COUNT(*) FROM memberships WHERE valid_to IS NULL");
    let branches = world.number("SELECT COUNT(*) FROM orgs WHERE level = 'branch'");
    let runner = Config { cases: 12, ..Config::default() };
    let acts = prop::collection::vec((0..6_u8, 1..=all, 0..branches), 1..40);
    mark(&world, event, person(&world, "secretary"), Status::Absent);
    let rows = world.number("SELECT MAX(id) FROM attendances");
    TestRunner::new(runner)
        .run(&acts, |acts| {
            for (act, who, branch) in acts {
                let day = due - Days::new(u64::try_from(branch % 9).unwrap());
                let sql = match act {
                    0 => format!("INSERT INTO completions (person_id, lecture_id, media_id, kind, completed_at, seconds, length_s, threshold, rule, number) SELECT {who}, 1, media_id, 'online', '{day} 04:00:00', 60, 60, 80, 'test', 1 FROM lectures WHERE id = 1"),
                    1 => format!("INSERT INTO attendance_heads (event_id, person_id, attendance_id, revision, status, minutes, day) VALUES ({event}, {who}, {rows}, 1, 'present', 1, '{day}')"),
                    2 => format!("INSERT INTO attendance_heads (event_id, person_id, attendance_id, revision, status, minutes, day) VALUES ({event}, {who}, {rows}, 1, 'leave_sick', 0, '{day}')"),
                    3 => format!("UPDATE memberships SET branch_id = (SELECT id FROM orgs WHERE level = 'branch' ORDER BY id LIMIT 1 OFFSET {branch}) WHERE person_id = {who} AND valid_to IS NULL"),
                    4 => format!("INSERT INTO exemptions (person_id, valid_from, valid_to, proposed_by, proposed_at, verdict, decided_by, decided_at, key) VALUES ({who}, '{day}', '{}', 1, '{day} 00:00:00', 'approved', 2, '{day} 00:00:00', '{}')", due + Days::new(60), random_hex(16)),
                    _ => format!("UPDATE memberships SET valid_to = '{}' WHERE person_id = {who} AND valid_to IS NULL AND {who} > 40", due + Days::new(1)),
                };
                // a second row about the same is refused by the table: that is no part of what is tested here
                let _ = world.try_sql(&sql);
            }
            let figures = look(&world, plan, OrgId(1));
            check_sums_of(&figures);
            check_alone(&world, &figures);
            Ok(())
        })
        .unwrap();
    let figures = look(&world, plan, OrgId(1));
    let tally = figures.whole().people;
    assert!(tally.of(State::Exempt) > 0 && figures.whole().items[0].met() > 0, "{tally:?}");
}

/// A branch that is looked at alone, by indexes, has the figures that it has among all.
fn check_alone(world: &World, figures: &Figures) {
    let leaves = figures.tree.nodes().iter().enumerate().filter(|(place, node)| node.end == place + 1);
    for (place, node) in leaves.step_by(4) {
        let alone = look(world, figures.plan.id, node.id);
        assert_eq!(alone.whole(), figures.group(place), "{}", node.name);
        let is_branch = node.level == weixiao::organization::Level::Branch;
        assert!(!is_branch || alone.tree.nodes().len() < 10, "its line of the tree alone is read");
    }
}

#[actix_web::test]
async fn whom_a_rule_means_is_the_same_for_a_branch_alone() {
    let world = World::new();
    let due = today();
    world.sql("UPDATE persons SET birth_year = 1950 + id % 50");
    let all = world.number("SELECT COUNT(*) FROM memberships WHERE valid_to IS NULL");
    for rule in [
        r#"{"kinds":["rural"]}"#,
        r#"{"offices":["secretary","deputy"]}"#,
        r#"{"alliances":[1,2]}"#,
        r#"{"stages":["probationary"]}"#,
        r#"{"categories":["retired"]}"#,
        r#"{"without":["retired"]}"#,
        r#"{"is_hosted":true}"#,
        r#"{"age_from":60}"#,
    ] {
        let plan = published(&world, rule, due - Days::new(40), due);
        let figures = look(&world, plan, OrgId(1));
        let count = figures.members.len() as i64;
        assert!(0 < count && count < all, "{rule} means some: {count}");
        check_alone(&world, &figures);
    }
}

fn check_sums_of(figures: &Figures) {
    let whole = figures.whole();
    assert_eq!(whole.people.total() as usize, figures.members.len());
    let leaves: Vec<_> = figures
        .tree
        .nodes()
        .iter()
        .enumerate()
        .filter(|(place, node)| node.end == place + 1)
        .map(|(place, _)| figures.group(place))
        .collect();
    assert_eq!(sums(&leaves), (whole.people, whole.items.clone()), "the sum of the branches");
    let below = figures.below(figures.top);
    assert_eq!(sums(&below), (whole.people, whole.items), "the sum of the committees");
}

#[actix_web::test]
async fn yesterday_stays_as_it_was_and_obligations_follow_a_transfer() {
    let world = World::new();
    let due = today() + Days::new(10);
    let plan = published(&world, "{}", today() - Days::new(20), due);
    let (member, from, to) = (person(&world, "member"), branch(&world, "member"), branch(&world, "member2"));
    let yesterday = today() - Days::new(1);
    let had = look_on(&world, plan, from, yesterday).whole();
    let city = look_on(&world, plan, OrgId(1), yesterday).whole();
    let number = world
        .text(&format!("SELECT member_no FROM memberships WHERE person_id = {member} AND valid_to IS NULL"));
    world.db.write_now(|conn| weixiao::people::transfer(conn, member, to, &number, clock::now())).unwrap();
    watched(&world, member, "online", today());
    assert_eq!(look_on(&world, plan, from, yesterday).whole(), had, "yesterday's figures");
    assert_eq!(look_on(&world, plan, OrgId(1), yesterday).whole(), city);
    let is_in = |org| look(&world, plan, org).members.iter().any(|one| one.person == member);
    assert!(is_in(to) && !is_in(from));
    assert_eq!(stands(&look(&world, plan, to), member).0[0], State::Done, "what was done goes along");
    check_sums(&world, &look(&world, plan, OrgId(1)));
}

#[actix_web::test]
async fn a_plan_is_written_by_one_and_put_into_force_by_another() {
    let world = World::new();
    let organizer = world.signed_in("organizer").await;
    let form = organizer.get("/plans/new").await;
    let bad = organizer
        .post(
            "/plans/new",
            &[
                ("title", " "),
                ("about", "说明"),
                ("org", "1"),
                ("starts_on", "2026-12-01"),
                ("ends_on", "2026-11-01"),
                ("key", &form.key()),
            ],
        )
        .await;
    assert_eq!(bad.status, 422);
    assert!(
        bad.body.contains("说明") && bad.body.contains("结束日期要不早于开始日期"),
        "what was typed stays"
    );
    let (from, to) = (today().to_string(), (today() + Days::new(30)).to_string());
    let fields = [
        ("title", "冬季学习"),
        ("org", "1"),
        ("starts_on", &*from),
        ("ends_on", &*to),
        ("key", &*form.key()),
    ];
    let made = organizer.post("/plans/new", &fields).await;
    let address = made.location.clone().unwrap();
    assert_eq!(
        organizer.post("/plans/new", &fields).await.location.unwrap(),
        address,
        "a post that comes twice makes one plan"
    );
    let revision = || {
        world
            .number("SELECT revision FROM study_plans WHERE id = (SELECT MAX(id) FROM study_plans)")
            .to_string()
    };
    let post = async |who: &crate::world::Browser<'_>, path: &str, fields: &[(&str, &str)]| {
        let revision = revision();
        let mut all = vec![("revision", revision.as_str())];
        all.extend_from_slice(fields);
        who.post(&format!("{address}/{path}"), &all).await
    };
    assert!(organizer.get(&address).await.body.contains("还没有学习内容"), "why it cannot be handed in");
    assert_eq!(post(&organizer, "submit", &[]).await.status, 409, "nothing to study");
    assert_eq!(post(&organizer, "add", &[("what", "lecture:1")]).await.status, 303);
    assert_eq!(post(&organizer, "add", &[("title", "专题研讨")]).await.status, 303);
    assert_eq!(post(&organizer, "add", &[("what", "lecture:1")]).await.status, 409, "twice");
    let stale = organizer.post(&format!("{address}/items"), &[("revision", "1"), ("go", "up:x")]).await;
    assert_eq!(stale.status, 409, "who saves an older state is told");
    assert_eq!(post(&organizer, "submit", &[]).await.status, 303);
    assert_eq!(post(&organizer, "publish", &[]).await.status, 409, "not by the own hand");
    assert_eq!(
        post(&organizer, "add", &[("title", "再开一次会")]).await.status,
        409,
        "while it waits it stays as it is"
    );
    let checker = world.signed_in("checker").await;
    let all = world.number("SELECT COUNT(*) FROM memberships WHERE valid_to IS NULL");
    assert!(
        checker.get(&address).await.body.contains(&format!("{all} 人")),
        "whom it touches is told before"
    );
    assert_eq!(post(&checker, "publish", &[]).await.status, 303);
    let member = world.signed_in("member").await;
    assert!(member.get("/me/plans").await.body.contains("冬季学习"));
    // a change: told whom it touches, with its reason
    assert_eq!(post(&organizer, "add", &[("title", "第二次研讨")]).await.status, 303);
    assert!(!member.get("/me/plans").await.body.contains("第二次研讨"), "not yet in force");
    assert_eq!(post(&organizer, "submit", &[]).await.status, 409, "a change needs a reason");
    let head = [
        ("title", "冬季学习"),
        ("starts_on", &*from),
        ("ends_on", &*to),
        ("reason", "加开一次会"),
        ("audience", ""),
    ];
    assert_eq!(post(&organizer, "head", &head).await.status, 303);
    assert_eq!(post(&organizer, "submit", &[]).await.status, 303);
    let page = checker.get(&address).await.body;
    assert!(page.contains("第二次研讨") && page.contains("加开一次会"));
    assert_eq!(post(&checker, "publish", &[]).await.status, 303);
    assert!(member.get("/me/plans").await.body.contains("第二次研讨"));
    assert_eq!(world.number("SELECT COUNT(*) FROM plan_versions WHERE valid_from IS NOT NULL"), 2);
    // nobody of another scope
    let secretary = world.signed_in("secretary").await;
    assert_eq!(secretary.get(&address).await.status, 403);
    let committee = world.signed_in("committee").await;
    assert_eq!(committee.get(&address).await.status, 404);
}

#[actix_web::test]
async fn an_exemption_is_decided_by_another_and_its_reason_is_theirs() {
    let world = World::new();
    let plan = published(&world, "{}", today() - Days::new(5), today() + Days::new(10));
    let clerk = world.signed_in("clerk").await;
    let elder = person(&world, "elder");
    let form = clerk.get(&format!("/exemptions/new?person={elder}")).await;
    assert_eq!(form.status, 200, "{}", form.body);
    let (from, last) = (today().to_string(), (today() + Days::new(90)).to_string());
    let far = (today() + Days::new(500)).to_string();
    let fields = |last: &str, key: &str| {
        [
            ("person", elder.to_string()),
            ("from", from.clone()),
            ("last", last.to_owned()),
            ("reason", "行动不便".to_owned()),
            ("key", key.to_owned()),
        ]
    };
    let post = async |last: &str, key: &str| {
        let fields = fields(last, key);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        clerk.post("/exemptions/new", &fields).await
    };
    let too_long = post(&far, &form.key()).await;
    assert_eq!(too_long.status, 422);
    assert!(too_long.body.contains("行动不便"), "what was typed stays");
    let made = post(&last, &form.key()).await;
    let address = made.location.clone().unwrap().split('?').next().unwrap().to_owned();
    assert_eq!(post(&last, &"b".repeat(32)).await.status, 422, "another one waits");
    assert_eq!(clerk.post(&format!("{address}/decide"), &[("verdict", "approved")]).await.status, 403);
    // nobody decides about themselves, whoever proposed it
    let chief = person(&world, "secretary").to_string();
    let key = clerk.get(&format!("/exemptions/new?person={chief}")).await.key();
    let fields =
        [("person", chief.as_str()), ("from", &from), ("last", &last), ("reason", "住院"), ("key", &key)];
    let about_chief = clerk.post("/exemptions/new", &fields).await.location.unwrap();
    let about_chief = about_chief.split('?').next().unwrap();
    let verdict = [("verdict", "approved")];
    let chief = world.signed_in("secretary").await;
    assert_eq!(chief.post(&format!("{about_chief}/decide"), &verdict).await.status, 409);
    let committee = world.signed_in("committee").await;
    assert_eq!(committee.post(&format!("{about_chief}/decide"), &verdict).await.status, 303);
    let own = branch(&world, "elder");
    assert_eq!(stands(&look(&world, plan, own), elder).1, State::NotYet, "not before it is decided");
    let secretary = world.signed_in("secretary").await;
    assert!(secretary.get(&address).await.body.contains("行动不便"));
    let other = world.signed_in("secretary2").await;
    assert_eq!(other.get(&address).await.status, 404);
    assert_eq!(secretary.post(&format!("{address}/decide"), &[("verdict", "approved")]).await.status, 303);
    assert_eq!(
        secretary.post(&format!("{address}/decide"), &[("verdict", "refused")]).await.status,
        409,
        "once"
    );
    let figures = look(&world, plan, own);
    assert_eq!(stands(&figures, elder).1, State::Exempt);
    assert_eq!(
        figures.whole().people.total() as usize,
        figures.members.len(),
        "exempt, and still of those who are counted"
    );
    let mine = world.signed_in("elder").await;
    let page = mine.get("/me/plans").await.body;
    assert!(page.contains("免学中") && !page.contains("行动不便"));
    assert_eq!(mine.get(&address).await.status, 403);
    // it ends by itself
    let later = today() + Days::new(120);
    assert_ne!(stands(&look_on(&world, plan, own, later), elder).1, State::Exempt);
    // the committee ends it early
    assert_eq!(world.signed_in("committee").await.post(&format!("{address}/end"), &[]).await.status, 303);
    assert_eq!(stands(&look(&world, plan, own), elder).1, State::NotYet);
    let clerk = doer(&world, "clerk");
    let error = world.db.write_now(|conn| {
        let one = plans::exemptions_of(conn, elder)?.remove(0);
        let by = plans::Hand { account: one.proposed_by, doer: clerk, now: clock::now() };
        plans::decide(conn, &one, true, &by)
    });
    assert!(refused(error).contains("不能自己审定"));
}

#[actix_web::test]
async fn nobody_sees_figures_or_persons_outside_their_scope() {
    let world = World::new();
    let plan = published(&world, "{}", today() - Days::new(5), today() + Days::new(10));
    let (own, other) = (branch(&world, "secretary"), branch(&world, "secretary2"));
    let secretary = world.signed_in("secretary").await;
    let body = secretary.get(&format!("/coverage?plan={plan}")).await.body;
    let name = |org: OrgId| world.text(&format!("SELECT name FROM orgs WHERE id = {org}"));
    assert!(body.contains(&name(own)));
    for path in [
        format!("/coverage?plan={plan}&org={other}"),
        format!("/coverage?plan={plan}&org=1"),
        format!("/coverage/members?plan={plan}&org={other}"),
        format!("/coverage/worklist?plan={plan}&org={other}"),
        format!("/coverage/export/coverage.json?plan={plan}&org={other}"),
        format!("/coverage/members/export/members.xlsx?plan={plan}&org=1"),
        format!("/coverage/members/{}", person(&world, "member2")),
        format!("/coverage?plan={plan}&alliance=1"),
    ] {
        assert_eq!(secretary.get(&path).await.status, 404, "{path}");
    }
    assert_eq!(secretary.get(&format!("/coverage/members?plan={plan}&org={own}")).await.status, 200);
    // the organizer sees figures of the city, and no person
    let organizer = world.signed_in("organizer").await;
    assert_eq!(organizer.get(&format!("/coverage?plan={plan}&by=alliance")).await.status, 200);
    assert_eq!(organizer.get(&format!("/coverage/members?plan={plan}&org={own}")).await.status, 404);
    assert_eq!(organizer.get(&format!("/coverage/worklist?plan={plan}")).await.status, 404);
    // staff of an alliance sees its branches, no other alliance
    let staff = world.signed_in("alliance").await;
    let page = staff.get(&format!("/coverage?plan={plan}")).await;
    assert_eq!(page.status, 200);
    let first = world.text("SELECT name FROM alliances WHERE id = 1");
    let second = world.text("SELECT name FROM alliances WHERE id = 2");
    assert!(page.body.contains(&first) && !page.body.contains(&second));
    assert_eq!(staff.get(&format!("/coverage?plan={plan}&alliance=2")).await.status, 404);
    assert_eq!(staff.get(&format!("/coverage?plan={plan}&alliance=1")).await.status, 200);
    assert_eq!(staff.get(&format!("/coverage/members?plan={plan}")).await.status, 404);
    for name in ["member", "judge1", "instructor"] {
        assert_eq!(world.signed_in(name).await.get("/coverage").await.status, 403, "{name}");
    }
    // each copy and each look at a person is on record
    let copies = || world.number("SELECT COUNT(*) FROM audit_entries WHERE action = 'coverage_exported'");
    let before = copies();
    assert_eq!(secretary.get(&format!("/coverage/export/coverage.xlsx?plan={plan}")).await.status, 200);
    assert_eq!(copies(), before + 1);
    let seen = || world.number("SELECT COUNT(*) FROM audit_entries WHERE action = 'person_seen'");
    let before = seen();
    assert_eq!(secretary.get(&format!("/coverage/members/{}", person(&world, "member"))).await.status, 200);
    assert_eq!(seen(), before + 1);
}

#[actix_web::test]
async fn screen_file_and_json_say_the_same() {
    let world = World::new();
    let plan = published(&world, "{}", today() - Days::new(5), today() + Days::new(10));
    watched(&world, person(&world, "member"), "online", today());
    let committee = world.signed_in("committee").await;
    let json: serde_json::Value = serde_json::from_str(
        &committee.get(&format!("/coverage/export/coverage.json?plan={plan}")).await.body,
    )
    .unwrap();
    let org = OrgId(json["lines"][0]["id"].as_i64().unwrap());
    let figures = look(&world, plan, org);
    let lines = json["lines"].as_array().unwrap();
    let mut groups = vec![figures.whole()];
    groups.extend(figures.below(figures.top));
    assert_eq!(lines.len(), groups.len());
    let csv = committee.get(&format!("/coverage/export/coverage.csv?plan={plan}")).await.body;
    let page = committee.get(&format!("/coverage?plan={plan}")).await.body;
    for (line, group) in lines.iter().zip(&groups) {
        for state in State::ALL {
            assert_eq!(line["people"][state.key()], group.people.of(state), "{}", group.name);
        }
        assert_eq!(line["items"][0]["done"], group.items[0].of(State::Done));
        let numbers: Vec<String> =
            State::ALL.iter().map(|state| group.people.of(*state).to_string()).collect();
        let row = format!("{},{},{}", group.name, group.people.total(), numbers.join(","));
        assert!(csv.contains(&row), "{row}");
        assert!(page.contains(&group.name));
        let cells: String = numbers.iter().map(|n| format!("<td class=\"n only-wide\">{n}</td>")).collect();
        // A telephone shows what is missing, and the whole.
        let (missing, total) = (group.people.missing(), group.people.total());
        let cells = format!("{cells}<td class=\"r only-phone\">{missing}</td><td class=\"n\">{total}</td>");
        assert!(page.contains(&cells), "{}", group.name);
    }
}

#[actix_web::test]
async fn somebody_is_asked_to_bring_it_is_reminded_and_done_when_nothing_is_missing() {
    let world = World::new();
    let plan =
        published(&world, r#"{"categories":["retired"]}"#, today() - Days::new(5), today() + Days::new(10));
    let (elder, helper) = (person(&world, "elder"), person(&world, "secretary"));
    let secretary = world.signed_in("secretary").await;
    let list = secretary.get(&format!("/coverage/worklist?plan={plan}")).await;
    assert_eq!(list.status, 200);
    let due = (today() + Days::new(1)).to_string();
    let fields = [
        ("plan", plan.to_string()),
        ("person", elder.to_string()),
        ("helper", helper.to_string()),
        ("way", "door".to_owned()),
        ("due_on", due),
        ("key", "c".repeat(32)),
    ];
    let post = async |who: &crate::world::Browser<'_>, changed: &[(&str, &str)]| {
        let mut all: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        for (name, value) in changed {
            all.iter_mut().filter(|one| one.0 == *name).for_each(|one| one.1 = value);
        }
        who.post(&format!("/coverage/worklist/assign?plan={plan}"), &all).await
    };
    let stranger = person(&world, "secretary2").to_string();
    assert_eq!(post(&secretary, &[("helper", &stranger)]).await.status, 404, "no office there");
    assert_eq!(post(&secretary, &[("way", "shout")]).await.status, 422);
    // What was typed stays, in a form that stands open, and the list of what is wrong leads there.
    let wrong = post(&secretary, &[("due_on", "昨天"), ("way", "call")]).await;
    assert_eq!(wrong.status, 422);
    for part in [
        "id=\"f-due_on\" type=\"date\" name=\"due_on\" value=\"昨天\"",
        "<details open",
        "href=\"#f-due_on\"",
        "value=\"call\" selected",
    ] {
        assert!(wrong.body.contains(part), "{part}");
    }
    assert_eq!(post(&world.signed_in("secretary2").await, &[]).await.status, 404, "not of that branch");
    assert_eq!(post(&secretary, &[]).await.status, 303);
    assert_eq!(post(&secretary, &[]).await.status, 303, "the same post once more");
    assert_eq!(
        post(&secretary, &[("key", &"d".repeat(32))]).await.status,
        422,
        "another errand about the same"
    );
    assert_eq!(world.number("SELECT COUNT(*) FROM errands"), 1);
    let told = || {
        world.number(&format!(
            "SELECT COUNT(*) FROM notices WHERE person_id = {helper} AND link = '/coverage/errands'"
        ))
    };
    assert_eq!(told(), 1);
    let now = clock::now();
    coverage::remind(&world.db, now).unwrap();
    coverage::remind(&world.db, now).unwrap();
    assert_eq!(told(), 2, "reminded once");
    assert!(secretary.get("/coverage/errands").await.body.contains("送学上门"));
    // met: it closes by itself
    watched(&world, elder, "visit", today());
    has_read(&world, elder, today(), chapters(&world));
    let event = meeting(&world, plan, "s3");
    mark(&world, event, elder, Status::Present);
    coverage::remind(&world.db, now).unwrap();
    assert_eq!(world.text("SELECT state FROM errands"), "done");
    // those who sign in are reminded once a day
    let remind = async || secretary.post(&format!("/coverage/worklist/remind?plan={plan}"), &[]).await.status;
    assert_eq!(remind().await, 303);
    let reminded = || world.number("SELECT COUNT(*) FROM notices WHERE link = '/me/plans'");
    let after = reminded();
    assert_eq!(remind().await, 303);
    assert_eq!(reminded(), after);
}

/// One more role of an account; `at` says where, as the table has it.
fn grant(world: &World, name: &str, role: &str, at: &str) {
    let by = account(world, name);
    world.sql(&format!(
        "INSERT INTO grants (account_id, role, scope_kind, scope_id, granted_at) VALUES ({by}, '{role}', {at}, '2024-01-01 00:00:00')"
    ));
}

/// Somebody need not study, from today on, by two persons of the branch.
fn exempt(world: &World, who: PersonId) {
    let (clerk, secretary, day) = (account(world, "clerk"), account(world, "secretary"), today());
    world.sql(&format!(
        "INSERT INTO exemptions (person_id, valid_from, valid_to, proposed_by, proposed_at, verdict, decided_by, decided_at, key) VALUES \
         ({who}, '{day}', '{}', {clerk}, '{day} 00:00:00', 'approved', {secretary}, '{day} 00:00:00', '{}')",
        day + Days::new(60),
        random_hex(16)
    ));
}

#[actix_web::test]
async fn a_plan_that_is_over_has_the_figures_of_its_last_day() {
    let world = World::new();
    let plan = published(&world, "{}", today() - Days::new(20), today() + Days::new(10));
    let (member, own) = (person(&world, "member"), branch(&world, "member"));
    let last = today() - Days::new(3);
    let had = look_on(&world, plan, own, last).whole();
    let organizer = world.signed_in("organizer").await;
    let ended = organizer.post(&format!("/plans/{plan}/end"), &[("revision", "1")]).await;
    assert_eq!(ended.status, 303, "{}", ended.body);
    let closed = format!("SELECT state || ' ' || CAST(closed_on AS TEXT) FROM study_plans WHERE id = {plan}");
    assert_eq!(world.text(&closed), format!("ended {}", today()));
    // As if that had been some days ago: what was done since is not in its figures.
    world.sql(&format!("UPDATE study_plans SET closed_on = '{last}' WHERE id = {plan}"));
    watched(&world, member, "online", today());
    let figures = look(&world, plan, own);
    assert_eq!((figures.day, figures.whole()), (last, had));
    assert_eq!(stands(&figures, member).0[0], State::NotYet);
    // One that is taken back altogether has none.
    let secretary = world.signed_in("secretary").await;
    let path = format!("/coverage?plan={plan}");
    assert_eq!(secretary.get(&path).await.status, 200);
    world.sql(&format!("UPDATE study_plans SET state = 'withdrawn' WHERE id = {plan}"));
    assert_eq!(secretary.get(&path).await.status, 404);
}

#[actix_web::test]
async fn what_an_event_serves_changes_no_day_that_is_over() {
    let world = World::new();
    let plan = published(&world, "{}", today() - Days::new(20), today() + Days::new(10));
    let own = branch(&world, "member");
    let (member, elder) = (person(&world, "member"), person(&world, "elder"));
    let now = clock::now();
    let then = now - Duration::days(5);
    let (served, other) = (discussion(&world, then, now), discussion(&world, then, now));
    let by = account(&world, "secretary");
    world.db.write_now(|conn| plans::name_event(conn, served, (plan, "s3"), by, then)).unwrap();
    for (event, who) in [(served, member), (other, elder)] {
        let entry = Entry {
            event,
            person: who,
            status: Status::Present,
            minutes: 60,
            method: Method::List,
            via: None,
            by,
            acted_by: None,
            key: random_hex(16),
        };
        let at = then + Duration::hours(3);
        world.db.write_now(|conn| weixiao::events::record(conn, &entry, at)).unwrap();
    }
    let before = today() - Days::new(2);
    let states = |day: NaiveDate| {
        let figures = look_on(&world, plan, own, day);
        (stands(&figures, member).0[2], stands(&figures, elder).0[2])
    };
    assert_eq!(states(before), (State::Done, State::NotYet));
    assert_eq!(states(today()), (State::Done, State::NotYet));
    // Of one it is taken back, of the other it is said from now on.
    let secretary = world.signed_in("secretary").await;
    let step = format!("{plan}-s3");
    let save = async |event: EventId, fields: &[(&str, &str)]| {
        secretary.post(&format!("/events/{event}/plans"), fields).await.status
    };
    assert_eq!(save(served, &[]).await, 303);
    assert_eq!(save(other, &[("step", step.as_str())]).await, 303);
    assert_eq!(states(today()), (State::NotYet, State::Done));
    assert_eq!(states(before), (State::Done, State::NotYet), "that day is over");
    let said = || world.number("SELECT COUNT(*) FROM audit_entries WHERE action = 'event_serves'");
    assert_eq!(said(), 2);
    assert_eq!(save(other, &[("step", step.as_str())]).await, 303);
    assert_eq!(said(), 2, "nothing was changed");
    // Said once more, it counts again; both times are on record.
    assert_eq!(save(served, &[("step", step.as_str())]).await, 303);
    assert_eq!(states(today()), (State::Done, State::Done));
    let rows = format!("SELECT COUNT(*) FROM plan_events WHERE event_id = {served}");
    assert_eq!(world.number(&rows), 2);
}

#[actix_web::test]
async fn a_visit_was_on_its_own_day_and_is_known_since_it_was_confirmed() {
    let world = World::new();
    let due = today() - Days::new(2);
    let plan = published(&world, "{}", due - Days::new(20), due);
    let (elder, own) = (person(&world, "elder"), branch(&world, "elder"));
    let event = discussion(&world, clock::now() - Duration::days(5), clock::now());
    world.sql(&format!(
        "INSERT INTO completions (person_id, lecture_id, media_id, kind, event_id, completed_at, seconds, length_s, threshold, rule, number) \
         SELECT {elder}, 1, media_id, 'visit', {event}, '{} 04:00:00', 60, 60, 80, 'test', 1 FROM lectures WHERE id = 1",
        today()
    ));
    let state = |day: NaiveDate| stands(&look_on(&world, plan, own, day), elder).0[0];
    assert_eq!(state(today()), State::Done, "the visit was in time");
    assert!(state(today() - Days::new(1)).is_missing(), "nobody had confirmed it then");
}

#[actix_web::test]
async fn who_signed_in_on_a_day_stays_as_it_was_then() {
    let world = World::new();
    let due = today() - Days::new(7);
    let plan = published(&world, "{}", due - Days::new(20), due);
    let (member, own) = (person(&world, "member"), branch(&world, "member"));
    let at = |days: u64| format!("'{} 04:00:00'", today() - Days::new(days));
    let states = |days: [u64; 3]| {
        days.map(|back| stands(&look_on(&world, plan, own, today() - Days::new(back)), member).0[0])
    };
    let set = |what: String| world.sql(&format!("UPDATE accounts SET {what} WHERE person_id = {member}"));
    let (unknown, known) = (State::NotReported, State::NotYet);
    // Before the password was set the portal would not have known of it.
    set(format!("password_set_at = {}", at(4)));
    assert_eq!(states([5, 4, 0]), [unknown, known, known]);
    // A password that is changed today says nothing about the days before: the first one was set with a code.
    world.sql(&format!(
        "INSERT INTO one_time_codes (account_id, code_hash, issued_at, expires_at, used_at) \
         SELECT id, 'a-code', {}, {}, {} FROM accounts WHERE person_id = {member}",
        at(6),
        at(1),
        at(4)
    ));
    set(format!("password_set_at = {}", at(0)));
    assert_eq!(states([5, 4, 0]), [unknown, known, known]);
    // Nor does an account that is closed later.
    set(format!("closed_at = {}", at(2)));
    assert_eq!(states([3, 2, 0]), [known, unknown, unknown]);
}

#[actix_web::test]
async fn an_errand_is_about_a_plan_in_force_there_and_for_somebody_else() {
    let world = World::new();
    let since = today() - Days::new(5);
    let plan = published(&world, "{}", since, today() + Days::new(10));
    let (elder, helper, other) =
        (person(&world, "elder"), person(&world, "secretary"), branch(&world, "member2"));
    let secretary = world.signed_in("secretary").await;
    let assign = async |who: PersonId| {
        let due = (today() + Days::new(3)).to_string();
        let (plan, who, helper, key) =
            (plan.to_string(), who.to_string(), helper.to_string(), random_hex(16));
        let fields: [(&str, &str); 6] = [
            ("plan", &plan),
            ("person", &who),
            ("helper", &helper),
            ("way", "door"),
            ("due_on", &due),
            ("key", &key),
        ];
        secretary.post("/coverage/worklist/assign", &fields).await.status
    };
    let errands = || world.number("SELECT COUNT(*) FROM errands");
    let set = |what: &str| world.sql(&format!("UPDATE study_plans SET {what} WHERE id = {plan}"));
    assert_eq!(assign(helper).await, 404, "nobody brings it to themselves");
    for (is_so, again) in [
        (
            format!("state = 'ended', closed_on = '{}'", today()),
            "state = 'published', closed_on = NULL".into(),
        ),
        (format!("org_id = {other}"), "org_id = 1".to_owned()),
        (format!("starts_on = '{}'", today() + Days::new(1)), format!("starts_on = '{since}'")),
    ] {
        set(&is_so);
        assert_eq!(assign(elder).await, 404, "{is_so}");
        set(&again);
    }
    assert_eq!(errands(), 0);
    assert_eq!(assign(elder).await, 303);
    assert_eq!(errands(), 1);
}

#[actix_web::test]
async fn a_plan_that_has_not_begun_asks_nothing_of_anybody() {
    let world = World::new();
    let plan = published(&world, "{}", today() - Days::new(1), today() + Days::new(10));
    let begins =
        |day: NaiveDate| world.sql(&format!("UPDATE study_plans SET starts_on = '{day}' WHERE id = {plan}"));
    let member = world.signed_in("member").await;
    begins(today() + Days::new(1));
    assert!(!member.get("/me/plans").await.body.contains("冬季学习"));
    begins(today());
    assert!(member.get("/me/plans").await.body.contains("冬季学习"));
}

#[actix_web::test]
async fn an_exemption_is_from_a_plan_in_force_there() {
    let world = World::new();
    let plan = published(&world, "{}", today() - Days::new(5), today() + Days::new(10));
    let (elder, other) = (person(&world, "elder"), branch(&world, "member2"));
    let clerk = world.signed_in("clerk").await;
    let propose = async || {
        let key = clerk.get(&format!("/exemptions/new?person={elder}")).await.key();
        let (plan, who, day) = (plan.to_string(), elder.to_string(), today().to_string());
        let fields: [(&str, &str); 6] = [
            ("person", &who),
            ("plan", &plan),
            ("from", &day),
            ("last", &day),
            ("reason", "住院"),
            ("key", &key),
        ];
        clerk.post("/exemptions/new", &fields).await.status
    };
    world.sql(&format!("UPDATE study_plans SET org_id = {other} WHERE id = {plan}"));
    assert_eq!(propose().await, 404);
    assert_eq!(world.number("SELECT COUNT(*) FROM exemptions"), 0);
    world.sql(&format!("UPDATE study_plans SET org_id = 1 WHERE id = {plan}"));
    assert_eq!(propose().await, 303);
    assert_eq!(world.number(&format!("SELECT COUNT(*) FROM exemptions WHERE plan_id = {plan}")), 1);
}

#[actix_web::test]
async fn an_errand_that_nobody_needs_any_more_is_dropped_and_not_done() {
    let world = World::new();
    let plan = published(&world, "{}", today() - Days::new(5), today() + Days::new(10));
    let (elder, mobile) = (person(&world, "elder"), person(&world, "mobile"));
    let (helper, by) = (person(&world, "secretary"), account(&world, "secretary"));
    let due = today() + Days::new(1);
    for who in [elder, mobile] {
        world.sql(&format!(
            "INSERT INTO errands (plan_id, person_id, helper_id, way, due_on, state, assigned_by, assigned_at, key) VALUES \
             ({plan}, {who}, {helper}, 'door', '{due}', 'open', {by}, '{} 00:00:00', '{}')",
            today(),
            random_hex(16)
        ));
    }
    exempt(&world, elder);
    let state = |who: PersonId| world.text(&format!("SELECT state FROM errands WHERE person_id = {who}"));
    let told = || {
        world.number(&format!(
            "SELECT COUNT(*) FROM notices WHERE person_id = {helper} AND link = '/coverage/errands'"
        ))
    };
    coverage::remind(&world.db, clock::now()).unwrap();
    assert_eq!((state(elder), state(mobile), told()), ("dropped".into(), "open".into(), 1));
    // A plan that is taken back asks nobody any more; the next round begins anew.
    world.sql(&format!(
        "UPDATE study_plans SET state = 'withdrawn', closed_on = '{}' WHERE id = {plan}",
        today()
    ));
    for _ in 0..2 {
        coverage::remind(&world.db, clock::now()).unwrap();
    }
    assert_eq!((state(mobile), told()), ("dropped".into(), 1));
}

#[actix_web::test]
async fn the_worklist_is_of_today_and_of_a_plan_that_runs() {
    let world = World::new();
    let plan = published(&world, "{}", today() - Days::new(10), today() + Days::new(10));
    let elder = person(&world, "elder");
    let secretary = world.signed_in("secretary").await;
    let path = format!("/coverage/worklist?plan={plan}&on={}", today() - Days::new(3));
    let line = format!("href=\"/coverage/members/{elder}\"");
    assert!(secretary.get(&path).await.body.contains(&line));
    exempt(&world, elder);
    assert!(!secretary.get(&path).await.body.contains(&line), "some days ago is not what is to be done");
    let told = |who: &str| {
        let who = person(&world, who);
        world.number(&format!(
            "SELECT COUNT(*) FROM notices WHERE person_id = {who} AND link = '/me/plans' AND key LIKE 'plan-%'"
        ))
    };
    let remind = async |more: &str| {
        secretary.post(&format!("/coverage/worklist/remind?plan={plan}{more}"), &[]).await.status
    };
    // A list of those in one state reminds nobody else.
    assert_eq!(remind("&state=not_reported").await, 303);
    assert_eq!(told("member"), 0);
    let set = |what: String| world.sql(&format!("UPDATE study_plans SET {what} WHERE id = {plan}"));
    set(format!("state = 'ended', closed_on = '{}'", today()));
    assert_eq!(remind("").await, 303);
    assert_eq!(told("member"), 0, "a plan that is over");
    set("state = 'published', closed_on = NULL".into());
    assert_eq!(remind("&state=not_yet").await, 303);
    assert_eq!((told("member"), told("elder")), (1, 0));
}

#[actix_web::test]
async fn staff_of_an_alliance_is_told_the_ways_of_its_own_members() {
    let world = World::new();
    let plan = published(&world, "{}", today() - Days::new(5), today() + Days::new(10));
    let (staff, organizer) = (world.signed_in("alliance").await, world.signed_in("organizer").await);
    let path = format!("/coverage?plan={plan}");
    // Somebody of another alliance.
    watched(&world, person(&world, "member2"), "online", today());
    assert!(organizer.get(&path).await.body.contains("线上学习 1"));
    assert!(!staff.get(&path).await.body.contains("线上学习 1"));
    watched(&world, person(&world, "member"), "online", today());
    assert!(organizer.get(&path).await.body.contains("线上学习 2"));
    assert!(staff.get(&path).await.body.contains("线上学习 1"));
}

#[actix_web::test]
async fn what_a_person_studies_is_seen_by_those_who_see_both_coverage_and_people_there() {
    let world = World::new();
    let (member, other) = (person(&world, "member"), person(&world, "member2"));
    let admin = world.signed_in("admin").await;
    assert_eq!(admin.get(&format!("/people/{other}")).await.status, 200, "people of the whole city");
    assert_eq!(admin.get(&format!("/coverage/members/{other}")).await.status, 403);
    // Coverage of one branch does not make it that of the city.
    grant(&world, "admin", "clerk", &format!("'branch', {}", branch(&world, "member")));
    let admin = world.signed_in("admin").await;
    assert_eq!(admin.get(&format!("/coverage/members/{member}")).await.status, 200);
    let seen = format!(
        "SELECT COUNT(*) FROM audit_entries WHERE action = 'person_seen' AND for_person_id = {other}"
    );
    let before = world.number(&seen);
    assert_eq!(admin.get(&format!("/coverage/members/{other}")).await.status, 404);
    assert_eq!(world.number(&seen), before);
}

#[actix_web::test]
async fn the_words_and_days_of_a_plan_in_force_are_not_changed() {
    let world = World::new();
    let (from, due) = (today() - Days::new(5), today() + Days::new(10));
    let plan = published(&world, "{}", from, due);
    let (from, to) = (from.to_string(), (due + Days::new(30)).to_string());
    let later = (due + Days::new(31)).to_string();
    let organizer = world.signed_in("organizer").await;
    let base: [(&str, &str); 7] = [
        ("title", "冬季学习"),
        ("about", ""),
        ("starts_on", &from),
        ("ends_on", &to),
        ("audience", ""),
        ("reason", "加开一次会"),
        ("revision", "1"),
    ];
    let kept = || {
        world.text(&format!(
            "SELECT title || about || CAST(starts_on AS TEXT) || CAST(ends_on AS TEXT) || version || draft_version || revision \
             FROM study_plans WHERE id = {plan}"
        ))
    };
    let before = kept();
    let others = [
        ("title", "春季学习"),
        ("about", "另一回事"),
        ("starts_on", to.as_str()),
        ("ends_on", later.as_str()),
    ];
    for (name, value) in others {
        let mut fields = base;
        fields.iter_mut().filter(|one| one.0 == name).for_each(|one| one.1 = value);
        let sent = organizer.post(&format!("/plans/{plan}/head"), &fields).await;
        assert_eq!(sent.status, 409, "{name}");
        assert_eq!(kept(), before, "{name}");
    }
    // Whom it is for is changed by a version beside it, with a reason.
    let sent = organizer.post(&format!("/plans/{plan}/head"), &base).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let draft = format!(
        "SELECT COUNT(*) FROM plan_versions WHERE plan_id = {plan} AND version = 2 AND reason = '加开一次会' AND valid_from IS NULL"
    );
    assert_eq!(world.number(&draft), 1);
}

#[actix_web::test]
async fn whoever_changed_a_draft_last_does_not_put_it_into_force() {
    let world = World::new();
    let (from, due) = (today() - Days::new(5), today() + Days::new(10));
    let plan = published(&world, "{}", from, due);
    let (from, to) = (from.to_string(), (due + Days::new(30)).to_string());
    grant(&world, "guide", "checker", "'city', NULL");
    let (organizer, checker) = (world.signed_in("organizer").await, world.signed_in("checker").await);
    let third = world.signed_in("guide").await;
    let post = async |who: &crate::world::Browser<'_>, step: &str, fields: &[(&str, &str)]| {
        let revision = world.text(&format!("SELECT revision FROM study_plans WHERE id = {plan}"));
        let mut all = vec![("revision", revision.as_str())];
        all.extend_from_slice(fields);
        who.post(&format!("/plans/{plan}/{step}"), &all).await.status
    };
    assert_eq!(post(&organizer, "add", &[("title", "再开一次会")]).await, 303);
    let head: [(&str, &str); 5] = [
        ("title", "冬季学习"),
        ("starts_on", &from),
        ("ends_on", &to),
        ("audience", ""),
        ("reason", "加开一次会"),
    ];
    assert_eq!(post(&organizer, "head", &head).await, 303);
    // The second person changes something before it is handed in: then it is theirs, too.
    assert_eq!(post(&checker, "items", &[("go", "up:s2")]).await, 303);
    assert_eq!(post(&organizer, "submit", &[]).await, 303);
    let version = || world.number(&format!("SELECT version FROM study_plans WHERE id = {plan}"));
    for who in [&organizer, &checker] {
        assert_eq!(post(who, "publish", &[]).await, 409);
    }
    assert_eq!(version(), 1);
    assert_eq!(post(&third, "publish", &[]).await, 303);
    assert_eq!(version(), 2);
}

#[actix_web::test]
async fn a_list_of_members_says_of_which_day_it_is() {
    let world = World::new();
    let plan = published(&world, "{}", today() - Days::new(5), today() + Days::new(10));
    let secretary = world.signed_in("secretary").await;
    let day = today() - Days::new(2);
    for (on, day) in [(String::new(), today()), (format!("&on={day}"), day)] {
        let path = format!("/coverage/members/export/members.csv?plan={plan}{on}");
        let list = secretary.get(&path).await;
        assert_eq!(list.status, 200);
        assert!(list.body.contains(&format!("计划第 1 版，数据截至 {day}")), "{}", list.body);
    }
}

#[actix_web::test]
async fn what_kind_a_branch_is_changes_from_a_day_on() {
    let world = World::new();
    let (member, own) = (person(&world, "member"), branch(&world, "member"));
    let kind = world.text(&format!("SELECT kind FROM orgs WHERE id = {own}"));
    assert_ne!(kind, "school");
    let plan = |kind: &str| {
        let rule = format!(r#"{{"kinds":["{kind}"]}}"#);
        published(&world, &rule, today() - Days::new(20), today() + Days::new(10))
    };
    let (old, new) = (plan(&kind), plan("school"));
    let is_in = |plan: StudyPlanId, day: NaiveDate| {
        look_on(&world, plan, OrgId(1), day).members.iter().any(|one| one.person == member)
    };
    let yesterday = today() - Days::new(1);
    assert!(is_in(old, today()) && !is_in(new, today()));
    let change = |conn: &mut weixiao::db::Conn| {
        weixiao::organization::change_kind(conn, own, weixiao::organization::OrgKind::School, today())
    };
    world.db.write_now(change).unwrap();
    assert!(!is_in(old, today()) && is_in(new, today()));
    assert!(is_in(old, yesterday) && !is_in(new, yesterday), "yesterday's figures");
}
