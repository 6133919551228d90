//! Audiences, study plans, exemptions, coverage, errands. Issue 7 items 3 and 6; domain.md §4.1, §5.7; product.md rules 3, 4, 6.
use crate::events::{account, arrange, branch, discussion, doer, person, refused};
use crate::world::{Answer, World};
use chrono::{Datelike, Days, Duration, NaiveDate};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::HashMap;
use weixiao::audiences::{self, Rule};
use weixiao::clock;
use weixiao::coverage::{self, Figures, Part, State, Tally};
use weixiao::events::{Entry, Kind, Method, Status};
use weixiao::ids::{AllianceId, EventId, OrgId, PersonId, StudyPlanId, random_hex};
use weixiao::organization::{self, Level, OrgKind};
use weixiao::plans;
use weixiao::web::sheet;

fn today() -> NaiveDate {
    clock::day(clock::now())
}

/// An audience that an organisation has saved.
fn audience(world: &World, name: &str, org: &str, rule: &str) -> i64 {
    let (by, key) = (account(world, "committee"), random_hex(16));
    world.sql(&format!(
        "INSERT INTO audiences (name, org_id, rule, revision, created_by, created_at, key) VALUES ('{name}', {org}, '{rule}', 1, {by}, \
         '2026-01-01 00:00:00', '{key}')"
    ));
    world.number(&format!("SELECT id FROM audiences WHERE key = '{key}'"))
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
        coverage::look(conn, &plan, org, day, &Part::default())
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

/// Somebody's attendance as it was recorded on a day; refused by the table where there is one already.
fn recorded(
    world: &World,
    event: EventId,
    who: PersonId,
    status: &str,
    day: NaiveDate,
) -> Result<(), String> {
    let (by, key) = (account(world, "secretary"), random_hex(16));
    world.try_sql(&format!(
        "INSERT INTO attendances (event_id, person_id, revision, status, minutes, method, recorded_by, day, recorded_at, key) VALUES \
         ({event}, {who}, 1, '{status}', 0, 'list', {by}, '{day}', '{day} 05:00:00', '{key}'); \
         INSERT INTO attendance_heads (event_id, person_id, attendance_id, revision, status, minutes, day) \
         SELECT event_id, person_id, id, revision, status, minutes, day FROM attendances WHERE key = '{key}'"
    ))
}

/// Of persons, and of each item.
type Sums = (Tally, Vec<Tally>);

fn sums_of(group: &coverage::Group) -> Sums {
    (group.people, group.items.clone())
}

fn sums(groups: &[coverage::Group]) -> Sums {
    let items = groups.first().map_or(0, |group| group.items.len());
    let (mut people, mut of) = (Tally::default(), vec![Tally::default(); items]);
    for group in groups {
        people += group.people;
        of.iter_mut().zip(&group.items).for_each(|(own, others)| *own += *others);
    }
    (people, of)
}

/// Every figure is the sum of its leaves, the persons: at each organisation of those who stand below it by their line upwards,
/// along the alliances by the school of their branch. Each is in one of the six states, for the whole and for each item.
fn check_sums(world: &World, figures: &Figures) {
    let (of, names) = world
        .db
        .read_now(|conn| {
            Ok((audiences::alliances(conn, None, figures.day)?, audiences::pages::alliances(conn)?))
        })
        .unwrap();
    let nothing = || (Tally::default(), vec![Tally::default(); figures.items.len()]);
    let (mut orgs, mut alliances) =
        (HashMap::<usize, Sums>::new(), HashMap::<Option<AllianceId>, Sums>::new());
    let nodes = figures.tree.nodes();
    for (at, member) in figures.members.iter().enumerate() {
        let states: Vec<State> = (0..figures.items.len()).map(|item| figures.state(at, item)).collect();
        let add = |sums: &mut Sums| {
            sums.0.count(figures.overall(at));
            sums.1.iter_mut().zip(&states).for_each(|(tally, state)| tally.count(*state));
        };
        let mut place = Some(member.place);
        while let Some(above) = place {
            add(orgs.entry(above).or_insert_with(nothing));
            place = nodes[above].above;
        }
        add(alliances.entry(of.get(&member.branch).copied()).or_insert_with(nothing));
    }
    let check_states = |group: &coverage::Group, persons: u32| {
        for tally in group.items.iter().chain([&group.people]) {
            let states: u32 = State::ALL.into_iter().map(|state| tally.of(state)).sum();
            assert_eq!((states, tally.total()), (persons, persons), "{}: the denominator", group.name);
        }
    };
    for (place, node) in nodes.iter().enumerate() {
        if !figures.tree.is_within(place, figures.top) {
            continue;
        }
        let group = figures.group(place);
        let leaves = orgs.remove(&place).unwrap_or_else(nothing);
        assert_eq!(sums_of(&group), leaves, "{}", node.name);
        let inside = figures.members.iter().filter(|one| figures.tree.is_within(one.place, place)).count();
        check_states(&group, u32::try_from(inside).unwrap());
        if node.end > place + 1 && inside > 0 {
            assert_eq!(sums(&figures.below(place)), leaves, "{}: what stands below", node.name);
        }
    }
    let whole = figures.whole();
    assert_eq!(whole.people.total() as usize, figures.members.len());
    let groups = figures.by_alliance(&of, &names);
    if !groups.is_empty() {
        assert_eq!(sums(&groups), sums_of(&whole), "along the alliances");
    }
    for group in &groups {
        let id = group.id.map(AllianceId);
        let leaves = alliances.remove(&id).unwrap_or_else(nothing);
        assert_eq!(sums_of(group), leaves, "{}", group.name);
        check_states(group, leaves.0.total());
        if let Some(id) = id {
            assert_eq!(sums(&figures.branches_of(&of, id)), leaves, "{}: its branches", group.name);
        }
    }
    assert!(alliances.is_empty(), "no alliance is left out: {:?}", alliances.keys());
    // who is obliged, counted by the database alone
    if figures.plan.org == OrgId(1) && figures.members.len() > 500 {
        let day = figures.day;
        let all = world.number(&format!(
            "SELECT COUNT(*) FROM memberships WHERE valid_from <= '{day}' AND (valid_to IS NULL OR valid_to > '{day}')"
        ));
        assert_eq!(figures.members.len() as i64, all);
    }
}

#[actix_web::test]
async fn every_way_counts_once_and_says_how() {
    let world = World::new();
    let due = today();
    let plan = published(&world, "{}", due - Days::new(20), due);
    let (member, elder, secretary) =
        (person(&world, "member"), person(&world, "elder"), person(&world, "secretary"));
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
    let figures = look(&world, plan, OrgId(1));
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

/// Something happens to a person, to the tree, to the schools. What the product or a table refuses does not happen.
fn happens(world: &World, event: EventId, (act, who, n): (u8, i64, i64)) {
    let day = today() - Days::new(u64::try_from(n % 9).unwrap());
    let (person, key) = (PersonId(who), random_hex(16));
    let any = |levels: &str, n: i64| {
        let are = format!("FROM orgs WHERE level IN ({levels}) AND valid_to IS NULL");
        let count = world.number(&format!("SELECT COUNT(*) {are}"));
        OrgId(world.number(&format!("SELECT id {are} ORDER BY id DESC LIMIT 1 OFFSET {}", n % count)))
    };
    let add = |levels: &str, level: Level| {
        let parent = Some(any(levels, who));
        let _ = world.db.write_now(|conn| organization::add(conn, parent, level, OrgKind::Rural, &key, day));
    };
    let sql = match act {
        0 => format!(
            "INSERT INTO completions (person_id, lecture_id, media_id, kind, completed_at, seconds, length_s, threshold, rule, number) \
             SELECT {who}, 1, media_id, 'online', '{day} 04:00:00', 60, 60, 80, 'test', 1 FROM lectures WHERE id = 1"
        ),
        1 => {
            let status = ["present", "leave_sick", "absent", "makeup"][usize::try_from(n % 4).unwrap()];
            let _ = recorded(world, event, person, status, day);
            return;
        }
        2 => {
            let booklet = "(SELECT MIN(id) FROM booklets WHERE stage = 'published')";
            let row = |chapter| format!("({who}, {booklet}, {chapter}, '{day} 04:00:00')");
            let rows: Vec<String> = (1..=chapters(world)).map(row).collect();
            format!(
                "INSERT INTO chapter_reads (person_id, booklet_id, chapter, read_at) VALUES {}",
                rows.join(", ")
            )
        }
        3 => {
            let to = any("'branch'", n);
            let number = world.text(&format!(
                "SELECT COALESCE((SELECT member_no FROM memberships WHERE person_id = {who} AND valid_to IS NULL), '')"
            ));
            if !number.is_empty() {
                let now = clock::now();
                let _ = world.db.write_now(|conn| weixiao::people::transfer(conn, person, to, &number, now));
            }
            return;
        }
        4 => format!(
            "INSERT INTO exemptions (person_id, valid_from, valid_to, proposed_by, proposed_at, verdict, decided_by, decided_at, key) \
             VALUES ({who}, '{day}', '{}', 1, '{day} 00:00:00', 'approved', 2, '{day} 00:00:00', '{key}')",
            today() + Days::new(60)
        ),
        5 => format!(
            "UPDATE memberships SET valid_to = '{}' WHERE person_id = {who} AND valid_to IS NULL AND {who} > 40",
            today() + Days::new(1)
        ),
        6 => return add("'committee'", Level::GeneralBranch),
        7 => return add("'committee', 'general_branch'", Level::Branch),
        8 => return add("'branch'", Level::Group),
        9 => {
            let (org, parent) =
                (any("'branch', 'general_branch'", n), any("'committee', 'general_branch'", who));
            let now = clock::now();
            let _ = world.db.write_now(|conn| organization::relocate(conn, org, parent, now));
            return;
        }
        10 => format!(
            "UPDATE alliance_schools SET alliance_id = {} WHERE school_id = {} AND is_primary AND valid_to IS NULL",
            1 + who % 40,
            1 + n % 50
        ),
        _ if n % 3 == 0 => format!("DELETE FROM school_branches WHERE branch_id = {}", any("'branch'", n)),
        _ => format!(
            "UPDATE school_branches SET school_id = {} WHERE branch_id = {} AND is_primary AND valid_to IS NULL",
            1 + who % 50,
            any("'branch'", n)
        ),
    };
    let _ = world.try_sql(&sql);
}

#[actix_web::test]
async fn figures_sum_along_both_trees_on_random_rosters_of_random_cities_today_and_before() {
    let world = World::new();
    let due = today();
    let plan = published(&world, "{}", due - Days::new(40), due);
    let event = meeting(&world, plan, "s3");
    let since = due - Days::new(30);
    world.sql(&format!("UPDATE plan_events SET named_at = '{since} 00:00:00' WHERE event_id = {event}"));
    // At least one branch stands at the fourth level, with a party group below it and a member in it.
    let member = person(&world, "member");
    let number = world
        .text(&format!("SELECT member_no FROM memberships WHERE person_id = {member} AND valid_to IS NULL"));
    let committee = OrgId(world.number("SELECT MIN(id) FROM orgs WHERE level = 'committee'"));
    let deep = world
        .db
        .write_now(|conn| {
            let mut at = committee;
            let mut add = |conn: &mut weixiao::db::Conn, level, name: &str| {
                at = organization::add(conn, Some(at), level, OrgKind::Rural, name, since)?;
                Ok::<OrgId, weixiao::error::Error>(at)
            };
            add(conn, Level::GeneralBranch, "第四层的党总支")?;
            let branch = add(conn, Level::Branch, "第四层的党支部")?;
            add(conn, Level::Group, "第五层的党小组")?;
            weixiao::people::transfer(conn, member, branch, &number, clock::now())?;
            Ok(branch)
        })
        .unwrap();
    let all = world.number("SELECT COUNT(*) FROM memberships WHERE valid_to IS NULL");
    let runner = Config { cases: 10, ..Config::default() };
    let acts = prop::collection::vec((0..12_u8, 1..=all, 0..400_i64), 1..40);
    TestRunner::new(runner)
        .run(&acts, |acts| {
            for act in acts {
                happens(&world, event, act);
            }
            let figures = look(&world, plan, OrgId(1));
            check_sums(&world, &figures);
            check_alone(&world, &figures);
            for back in [1, 5] {
                check_sums(&world, &look_on(&world, plan, OrgId(1), due - Days::new(back)));
            }
            // What is looked at below an organisation between is what it has among all.
            let between =
                figures.tree.nodes().iter().enumerate().filter(|(place, node)| node.end > place + 1);
            for (place, node) in between.step_by(8) {
                let own = look(&world, plan, node.id);
                assert_eq!(own.whole(), figures.group(place), "{}", node.name);
                check_sums(&world, &own);
            }
            Ok(())
        })
        .unwrap();
    let figures = look(&world, plan, OrgId(1));
    let tally = figures.whole().people;
    assert!(tally.of(State::Exempt) > 0 && figures.whole().items[0].met() > 0, "{tally:?}");
    assert!(figures.tree.line(figures.tree.place(deep).unwrap()).len() >= 3, "several levels");
    assert!(figures.tree.place(deep).is_some_and(|place| figures.tree.nodes()[place].end > place + 1));
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
    let file = async |form: &str| {
        let path = format!("/coverage/export/coverage.{form}?plan={plan}");
        sheet::read(&committee.bytes(&path).await.1).unwrap()
    };
    let book = file("xlsx").await;
    assert_eq!(book, file("csv").await, "a spreadsheet reads the same in both");
    // Below the headings a line for each, below them of which day it is.
    assert_eq!(book.len(), lines.len() + 2);
    for (row, line) in book[1..].iter().zip(lines) {
        let mut cells = vec![line["name"].as_str().unwrap().to_owned(), line["people"]["total"].to_string()];
        cells.extend(State::ALL.iter().map(|state| line["people"][state.key()].to_string()));
        assert_eq!(row[..8], cells);
        for (item, counts) in line["items"].as_array().unwrap().iter().enumerate() {
            let counts: Vec<String> =
                State::ALL.iter().map(|state| counts[state.key()].to_string()).collect();
            assert_eq!(row[9 + item * 6..15 + item * 6], counts, "{} {item}", cells[0]);
        }
    }
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

#[actix_web::test]
async fn what_a_mobile_member_attends_at_the_host_of_another_committee_counts_at_home_once() {
    let world = World::new();
    let rule = r#"{"categories":["mobile"]}"#;
    let plan = published(&world, rule, today() - Days::new(5), today() + Days::new(10));
    let (mobile, home, host) =
        (person(&world, "mobile"), branch(&world, "mobile"), branch(&world, "secretary2"));
    let committee = |org: OrgId| {
        let path = world.text(&format!("SELECT path FROM orgs WHERE id = {org}"));
        path.split('/').nth(2).unwrap().to_owned()
    };
    let own = committee(home);
    assert_ne!(own, committee(host), "the host is of another committee");
    world.sql(&format!("UPDATE study_plans SET org_id = {own} WHERE id = {plan}"));
    let now = clock::now();
    let held = crate::events::plan(now - Duration::minutes(30));
    let event = arrange(&world, Kind::StudyDiscussion, host, held, now);
    let (desk, step) = (world.signed_in("secretary2").await, format!("{plan}-s3"));
    let address = format!("/events/{event}/plans");
    let offered = async || desk.get(&address).await.body.contains(&format!("value=\"{step}\""));
    // Only what is asked of somebody who stays there on that day is offered, and nothing else is taken.
    let not_so = async |is_so: String, again: String| {
        world.sql(&is_so);
        assert!(!offered().await, "{is_so}");
        assert_eq!(desk.post(&address, &[("step", &step)]).await.status, 303);
        let named = format!("SELECT COUNT(*) FROM plan_events WHERE plan_id = {plan}");
        assert_eq!(world.number(&named), 0, "{is_so}");
        world.sql(&again);
    };
    let rules = |rule: &str| format!("UPDATE plan_versions SET rule = '{rule}' WHERE plan_id = {plan}");
    let stays = |until: &str| {
        format!(
            "UPDATE host_stays SET valid_to = {until} WHERE person_id = {mobile} AND host_branch_id = {host}"
        )
    };
    let before = clock::day(now - Duration::minutes(30)) - Days::new(1);
    not_so(rules(r#"{"categories":["student"]}"#), rules(rule)).await;
    not_so(stays(&format!("'{before}'")), stays("NULL")).await;
    let name = world.text(&format!("SELECT name FROM orgs WHERE id = {own}"));
    assert!(offered().await && desk.get(&address).await.body.contains(&name), "it says whose plan that is");
    let all = || look(&world, plan, OrgId(1));
    let (was, ways) = (all().whole().items[2], all().ways(|one| one.person == mobile));
    assert_eq!((stands(&all(), mobile).0[2], ways.len()), (State::NotYet, 0));
    assert_eq!(desk.post(&address, &[("step", &step)]).await.status, 303);
    let list = format!("/events/{event}/roll");
    let form = format!("key={}&person={mobile}&was=&status=present&minutes=", desk.get(&list).await.key());
    let taken = desk.send(actix_web::http::Method::POST, &list, Some(form), &[]).await;
    assert_eq!(taken.status, 303, "{}", taken.body);
    let counted = || {
        for org in [home, OrgId(own.parse().unwrap()), OrgId(1)] {
            let figures = look(&world, plan, org);
            assert_eq!(stands(&figures, mobile).0[2], State::Done, "{org}");
            let ways: Vec<_> = figures
                .ways(|one| one.person == mobile)
                .into_iter()
                .map(|one| (one.0.key(), one.1))
                .collect();
            assert_eq!(ways, [("on_site", 1)], "{org}");
        }
        let is = all().whole().items[2];
        assert_eq!((is.of(State::Done), is.total()), (was.of(State::Done) + 1, was.total()));
    };
    counted();
    assert!(all().members.iter().all(|one| one.branch != host), "at the host nobody is counted");
    // The home branch has it on its own list as well: still once.
    let at_home = meeting(&world, plan, "s3");
    mark(&world, at_home, mobile, Status::Present);
    counted();
    check_sums(&world, &all());
}

#[actix_web::test]
async fn whoever_sees_more_than_they_arrange_for_reminds_and_asks_only_where_they_arrange() {
    let world = World::new();
    let plan = published(&world, "{}", today() - Days::new(5), today() + Days::new(10));
    grant(&world, "secretary", "auditor", "'city', NULL");
    let (own, other) = (branch(&world, "secretary"), branch(&world, "member2"));
    let secretary = world.signed_in("secretary").await;
    let list = async |org: OrgId| {
        let list = secretary.get(&format!("/coverage/worklist?plan={plan}&org={org}")).await;
        assert_eq!(list.status, 200, "both are seen");
        list
    };
    let (assign, remind) = ("action=\"/coverage/worklist/assign", "action=\"/coverage/worklist/remind");
    let (mine, elsewhere, city) = (list(own).await, list(other).await, list(OrgId(1)).await);
    assert!(mine.body.contains(assign) && mine.body.contains(remind));
    let line = format!("href=\"/coverage/members/{}\"", person(&world, "member2"));
    assert!(elsewhere.body.contains(&line), "is seen");
    assert!(!elsewhere.body.contains(assign) && !elsewhere.body.contains(remind));
    let reached = |list: &Answer| list.between("提醒能登录的 ", " 人").to_owned();
    assert_eq!(reached(&city), reached(&mine), "of the city the own branch");
    for (org, is_own) in [(own, true), (other, false)] {
        let members = secretary.get(&format!("/coverage/members?plan={plan}&org={org}")).await;
        assert_eq!(members.status, 200);
        assert_eq!(members.body.contains("href=\"/coverage/worklist?plan="), is_own, "{org}");
    }
    let told = |who: &str| {
        let who = person(&world, who);
        world.number(&format!("SELECT COUNT(*) FROM notices WHERE person_id = {who} AND key LIKE 'plan-%'"))
    };
    let send = async |org: OrgId| {
        secretary.post(&format!("/coverage/worklist/remind?plan={plan}&org={org}"), &[]).await.status
    };
    assert_eq!(send(other).await, 404);
    assert_eq!((told("member"), told("member2")), (0, 0));
    assert_eq!(send(OrgId(1)).await, 303);
    assert_eq!((told("member"), told("member2")), (1, 0), "a city that is seen is not one that is reminded");
    let (who, helper) = (person(&world, "member2").to_string(), person(&world, "secretary2").to_string());
    let (plan, due, key) = (plan.to_string(), today().to_string(), random_hex(16));
    let fields: [(&str, &str); 6] = [
        ("plan", &plan),
        ("person", &who),
        ("helper", &helper),
        ("way", "call"),
        ("due_on", &due),
        ("key", &key),
    ];
    assert_eq!(secretary.post("/coverage/worklist/assign", &fields).await.status, 404);
    assert_eq!(world.number(&format!("SELECT COUNT(*) FROM errands WHERE person_id = {who}")), 0);
}

/// A day as pages say it.
fn in_words(day: NaiveDate) -> String {
    format!("{} 年 {} 月 {} 日", day.year(), day.month(), day.day())
}

/// The figures of a question, for programs.
async fn asked(who: &crate::world::Browser<'_>, question: &str) -> serde_json::Value {
    let answer = who.get(&format!("/coverage/export/coverage.json?{question}")).await;
    assert_eq!(answer.status, 200, "{question}");
    serde_json::from_str(&answer.body).unwrap()
}

/// The states of a line and how many there are of all.
fn states_of(line: &serde_json::Value) -> Vec<i64> {
    let states = State::ALL.iter().map(|state| state.key()).chain(["total"]);
    states.map(|key| line["people"][key].as_i64().unwrap()).collect()
}

fn added(lines: &[serde_json::Value]) -> Vec<i64> {
    let mut all = vec![0; State::ALL.len() + 1];
    for line in lines {
        all.iter_mut().zip(states_of(line)).for_each(|(sum, n)| *sum += n);
    }
    all
}

#[actix_web::test]
async fn figures_of_an_audience_are_those_of_the_plan_who_also_belong_to_it() {
    let world = World::new();
    let rule = r#"{"without":["student"]}"#;
    let plan = published(&world, rule, today() - Days::new(5), today() + Days::new(10));
    let own = world.text(&format!("SELECT path FROM orgs WHERE id = {}", branch(&world, "member")));
    let own = own.split('/').nth(2).unwrap().to_owned();
    // Of the committee: the retired, who are there already, and everybody else.
    let others = audience(&world, "不是离退休的", &own, r#"{"without":["retired"]}"#);
    let retired = audience(&world, "离退休党员", &own, r#"{"categories":["retired"]}"#);
    let city = audience(&world, "流动党员", "1", r#"{"categories":["mobile"]}"#);
    watched(&world, person(&world, "elder"), "visit", today());
    watched(&world, person(&world, "member"), "online", today());
    exempt(&world, person(&world, "elder"));
    let committee = world.signed_in("committee").await;
    let whole = asked(&committee, &format!("plan={plan}")).await;
    let [some, rest] = [retired, others].map(|id| format!("plan={plan}&audience={id}"));
    let (some, rest) = (asked(&committee, &some).await, asked(&committee, &rest).await);
    let count = world.number(&format!(
        "SELECT COUNT(*) FROM memberships m JOIN orgs o ON o.id = m.branch_id WHERE m.valid_to IS NULL AND o.path LIKE '/1/{own}/%' \
         AND EXISTS (SELECT 1 FROM member_categories c WHERE c.person_id = m.person_id AND c.valid_to IS NULL AND c.category = 'retired') \
         AND NOT EXISTS (SELECT 1 FROM member_categories c WHERE c.person_id = m.person_id AND c.valid_to IS NULL AND c.category = 'student')"
    ));
    let of = |json: &serde_json::Value| json["lines"].as_array().unwrap().clone();
    assert_eq!(*states_of(&of(&some)[0]).last().unwrap(), count);
    assert!(count > 0 && states_of(&of(&rest)[0]).last() > Some(&0));
    // Who belongs to one of two that leave nobody out is in one of them, in the state that they have in the whole.
    assert_eq!(added(&[of(&some)[0].clone(), of(&rest)[0].clone()]), states_of(&of(&whole)[0]));
    assert_eq!(some["audience"]["id"], retired);
    assert!(whole["audience"].is_null());
    for json in [&some, &rest, &whole] {
        assert_eq!(added(&of(json)[1..]), states_of(&of(json)[0]), "lines sum to the whole");
    }
    // The page and the file say the same, say whom they mean, and lead to the same question further down.
    let page = committee.get(&format!("/coverage?plan={plan}&audience={retired}")).await;
    assert!(page.body.contains("只看：离退休党员") && page.body.contains(&format!("audience={retired}")));
    assert!(page.body.contains(&format!("<dd>{count}</dd>")), "the people of the plan who are looked at");
    let csv = committee.get(&format!("/coverage/export/coverage.csv?plan={plan}&audience={retired}")).await;
    assert!(
        csv.body.contains("只看：离退休党员") && csv.body.contains(&format!(",{count},")),
        "{}",
        csv.body
    );
    // The list of members is of the same.
    let secretary = world.signed_in("secretary").await;
    let members = secretary.get(&format!("/coverage/members?plan={plan}&audience={retired}")).await;
    let line = |who: &str| format!("href=\"/coverage/members/{}\"", person(&world, who));
    assert!(members.body.contains(&line("elder")) && !members.body.contains(&line("member")));
    // An audience may be used where it was made and below; that of the whole city everywhere.
    let other = world.signed_in("secretary2").await;
    let alliance = world.signed_in("alliance").await;
    for (who, id, status) in [
        (&secretary, retired, 200),
        (&other, retired, 404),
        (&alliance, retired, 404),
        (&other, city, 200),
        (&alliance, city, 200),
    ] {
        for path in ["/coverage?", "/coverage/export/coverage.json?"] {
            assert_eq!(
                who.get(&format!("{path}plan={plan}&audience={id}")).await.status,
                status,
                "{path} {id}"
            );
        }
    }
    assert!(
        !other.get(&format!("/coverage?plan={plan}")).await.body.contains("离退休党员"),
        "nor is it offered"
    );
    world.sql(&format!("UPDATE audiences SET archived_at = '2026-01-02 00:00:00' WHERE id = {retired}"));
    for id in [retired.to_string(), "9999".into(), "x".into()] {
        assert_eq!(committee.get(&format!("/coverage?plan={plan}&audience={id}")).await.status, 404, "{id}");
    }
}

#[actix_web::test]
async fn a_period_is_what_is_due_in_it_whenever_it_was_met() {
    let world = World::new();
    let plan = published(&world, "{}", today() - Days::new(5), today() + Days::new(10));
    let (soon, member, own) = (today() + Days::new(2), person(&world, "member"), branch(&world, "member"));
    world.sql(&format!("UPDATE plan_items SET due_on = '{soon}' WHERE plan_id = {plan} AND step = 's1'"));
    watched(&world, member, "online", today() - Days::new(3));
    let secretary = world.signed_in("secretary").await;
    let period = |from: NaiveDate, to: NaiveDate| format!("plan={plan}&from={from}&to={to}");
    let whole = asked(&secretary, &format!("plan={plan}")).await;
    let part = asked(&secretary, &period(soon, soon)).await;
    let steps = |json: &serde_json::Value| -> Vec<String> {
        json["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["step"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!((steps(&whole).len(), steps(&part)), (4, vec!["s1".to_owned()]));
    // The same people, each in the state of what is due: it was met before the period began, and it is met.
    let (all, some) = (states_of(&whole["lines"][0]), states_of(&part["lines"][0]));
    assert_eq!(all.last(), some.last());
    let of = |figures: &Figures, state| i64::from(figures.whole().items[0].of(state));
    let figures = look(&world, plan, own);
    let items: Vec<i64> = State::ALL.into_iter().map(|state| of(&figures, state)).collect();
    assert_eq!(some[..6], items);
    assert!(some[0] > 0 && all[0] == 0, "the rest of the plan is not met");
    assert_eq!((&part["due_from"], &part["due_to"]), (&part["due_to"], &serde_json::json!(soon.to_string())));
    let page = secretary.get(&format!("/coverage?{}", period(soon, soon))).await;
    let day = in_words(soon);
    let said = format!("只看 {day} 至 {day} 到期的内容");
    assert!(page.body.contains(&said) && !page.body.contains("第 2 项"), "{}", page.body);
    // What is brought is all that is missing, whatever was looked at before.
    let list = secretary.get(&format!("/coverage/worklist?{}", period(soon, soon))).await;
    assert!(list.body.contains("第 2 项"));
    // Nothing is due: nobody is called exempt or done for that.
    let far = today() + Days::new(100);
    let none = secretary.get(&format!("/coverage?{}", period(far, far))).await;
    assert!(none.status == 200 && none.body.contains("这段时间没有到期的必学内容。"));
    assert!(none.body.contains(&format!("value=\"{far}\"")), "what was asked can be changed");
    assert_eq!(
        secretary.get(&format!("/coverage/export/coverage.json?{}", period(far, far))).await.status,
        404
    );
    // A period that ends before it begins is said to be wrong, and stays as it was typed.
    let wrong = secretary.get(&format!("/coverage?{}", period(far, soon))).await;
    assert_eq!(wrong.status, 422);
    for part in
        ["结束日期要不早于开始日期".to_owned(), format!("value=\"{far}\""), format!("value=\"{soon}\"")]
    {
        assert!(wrong.body.contains(&part), "{part}");
    }
    assert_eq!(
        secretary.get(&format!("/coverage/export/coverage.json?{}", period(far, soon))).await.status,
        409
    );
}

#[actix_web::test]
async fn staff_of_a_committee_see_its_own_members_along_the_alliances() {
    let world = World::new();
    let plan = published(&world, "{}", today() - Days::new(5), today() + Days::new(10));
    watched(&world, person(&world, "member"), "online", today());
    let committee = world.signed_in("committee").await;
    let of = |json: &serde_json::Value| json["lines"].as_array().unwrap().clone();
    let tree = of(&asked(&committee, &format!("plan={plan}")).await);
    let along = of(&asked(&committee, &format!("plan={plan}&by=alliance")).await);
    assert!(along.len() > 1);
    assert_eq!(along[0], tree[0], "the same members");
    assert_eq!(added(&along[1..]), states_of(&along[0]), "along the alliances they sum to the same");
    let page = committee.get(&format!("/coverage?plan={plan}&by=alliance")).await;
    assert!(page.status == 200 && page.body.contains("按联盟"));
    // One of them: of its branches those of the committee.
    let one = along[1..].iter().find(|line| !line["id"].is_null()).expect("an alliance");
    let inside = of(&asked(&committee, &format!("plan={plan}&by=alliance&alliance={}", one["id"])).await);
    assert_eq!(states_of(&inside[0]), states_of(one));
    let own = world.text(&format!("SELECT path FROM orgs WHERE id = {}", branch(&world, "member")));
    let own: String = own.split_inclusive('/').take(3).collect();
    for line in &inside[1..] {
        let path = world.text(&format!("SELECT path FROM orgs WHERE id = {}", line["id"]));
        assert!(path.starts_with(&own), "{path}");
    }
    // Everybody of the alliance is more than that.
    let organizer = world.signed_in("organizer").await;
    let city = of(&asked(&organizer, &format!("plan={plan}&by=alliance&alliance={}", one["id"])).await);
    assert!(states_of(&city[0]).last() >= states_of(one).last());
    // A branch is not divided by alliances.
    let secretary = world.signed_in("secretary").await;
    assert_eq!(secretary.get(&format!("/coverage?plan={plan}&alliance={}", one["id"])).await.status, 404);
}

/// What style sheets leave out on paper: single selectors.
fn hidden_on_paper() -> Vec<&'static str> {
    let sheets = [
        include_str!("../../static/portal.css"),
        include_str!("../../static/work.css"),
        include_str!("../../static/coverage.css"),
    ];
    let mut hidden = vec![];
    for block in sheets.into_iter().flat_map(|sheet| sheet.split("@media print {").skip(1)) {
        let mut depth = 1;
        let end = block.find(|c: char| {
            depth += match c {
                '{' => 1,
                '}' => -1,
                _ => 0,
            };
            depth == 0
        });
        for rule in block[..end.expect("a rule ends")].split('}') {
            if let Some((selectors, said)) = rule.rsplit_once('{')
                && said.contains("display: none")
            {
                hidden.extend(selectors.split(',').map(str::trim));
            }
        }
    }
    hidden
}

#[actix_web::test]
async fn paper_has_every_row_and_nothing_that_leads_elsewhere() {
    let world = World::new();
    let plan = published(&world, "{}", today() - Days::new(5), today() + Days::new(10));
    let hidden = hidden_on_paper();
    assert!(hidden.contains(&".mainnav") && !hidden.contains(&".table"), "{hidden:?}");
    for (who, path, org) in [
        ("organizer", format!("/coverage?plan={plan}"), OrgId(1)),
        ("secretary", format!("/coverage?plan={plan}"), branch(&world, "secretary")),
    ] {
        let page = world.signed_in(who).await.get(&path).await;
        let figures = look(&world, plan, org);
        let below = figures.below(figures.top);
        if !below.is_empty() {
            let table = page.between("aria-labelledby=\"h-below\"", "</section>");
            let rows = table.split("<tbody>").nth(1).unwrap().split("</tbody>").next().unwrap();
            assert_eq!(rows.matches("<tr>").count(), below.len(), "{who}: each has a row");
            for group in &below {
                assert!(rows.contains(&group.name), "{who}: {}", group.name);
            }
            assert!(!table.contains("no-print"), "{who}");
        }
        let items = page.between("aria-labelledby=\"h-items\"", "</section>");
        for item in &figures.items {
            assert!(items.contains(&item.title), "{who}: {}", item.title);
        }
        // Which plan, of whom, of which day stands above it.
        let said = page.between("printfacts only-print", "</dl>");
        assert!(
            said.contains("冬季学习") && said.contains("全体党员") && said.contains("数据截至"),
            "{said}"
        );
        for nav in page.body.split("<nav").skip(1) {
            let classes = nav.split_once("class=\"").map(|rest| rest.1.split('"').next().unwrap());
            let is_left_out = classes.is_some_and(|classes| {
                classes.split(' ').any(|one| hidden.contains(&format!(".{one}").as_str()))
            });
            assert!(is_left_out, "{who}: <nav{}", nav.chars().take(80).collect::<String>());
        }
        for class in [".filterbar", ".btns", ".foot", ".top__tools"] {
            assert!(hidden.contains(&class), "{class}");
        }
    }
}

#[actix_web::test]
async fn a_trend_counts_whoever_had_met_all_that_is_required_and_a_year_of_months_sums_to_them() {
    let world = World::new();
    let since = today() - Days::new(364);
    let plan = published(&world, "{}", since, today() + Days::new(10));
    world.sql(&format!(
        "UPDATE plan_items SET is_required = FALSE WHERE plan_id = {plan} AND step IN ('s1', 's2')"
    ));
    let event = meeting(&world, plan, "s3");
    // How many days ago.
    let met = [("member", 350), ("elder", 100), ("mobile", 99), ("secretary", 8), ("clerk", 0)];
    for (who, back) in met {
        recorded(&world, event, person(&world, who), "present", today() - Days::new(back)).unwrap();
    }
    let own = branch(&world, "member");
    let figures = look(&world, plan, own);
    let whole = figures.range(figures.top);
    let by = |days: u64| met.iter().filter(|one| one.1 >= days).count();
    // Twelve months of thirty days and the rest of the year before them.
    let ends: Vec<u64> = (0..13).rev().map(|month| month * 30).collect();
    let days: Vec<NaiveDate> = ends.iter().map(|back| today() - Days::new(*back)).collect();
    let counts = figures.met_by(&days, whole);
    assert_eq!(counts, ends.iter().map(|back| by(*back)).collect::<Vec<_>>());
    let mut new = vec![counts[0]];
    new.extend(counts.windows(2).map(|pair| pair[1] - pair[0]));
    assert_eq!(new, [0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 2]);
    assert_eq!(new.iter().sum::<usize>(), figures.whole().people.met() as usize);
    // The page draws the last eight weeks.
    let page = world.signed_in("secretary").await.get(&format!("/coverage?plan={plan}")).await;
    let table = page.between("aria-labelledby=\"h-trend\"", "</section>");
    for week in 0..8 {
        let (day, count) = (today() - Days::new(week * 7), by(week * 7));
        let day = in_words(day);
        let row = format!("<tr><th scope=\"row\">{day}</th><td class=\"n\">{count}</td></tr>");
        assert!(table.contains(&row), "{row} in {table}");
    }
    assert_eq!(table.matches("<th scope=\"row\">").count(), 8);
}

#[actix_web::test]
async fn a_change_says_whom_and_what_it_touches_and_touches_nobody_before_it_is_approved() {
    let world = World::new();
    let (since, due) = (today() - Days::new(5), today() + Days::new(10));
    let plan = published(&world, r#"{"categories":["retired"]}"#, since, due);
    let mobiles = audience(&world, "流动党员", "1", r#"{"categories":["mobile"]}"#);
    let (organizer, checker) = (world.signed_in("organizer").await, world.signed_in("checker").await);
    let address = format!("/plans/{plan}");
    let post = async |who: &crate::world::Browser<'_>, step: &str, fields: &[(&str, &str)]| {
        let revision = world.text(&format!("SELECT revision FROM study_plans WHERE id = {plan}"));
        let mut all = vec![("revision", revision.as_str())];
        all.extend_from_slice(fields);
        let answer = who.post(&format!("{address}/{step}"), &all).await;
        assert_eq!(answer.status, 303, "{step}: {}", answer.body);
    };
    let (from, to, mobiles) = (since.to_string(), (due + Days::new(30)).to_string(), mobiles.to_string());
    let head: [(&str, &str); 5] = [
        ("title", "冬季学习"),
        ("starts_on", &from),
        ("ends_on", &to),
        ("audience", &mobiles),
        ("reason", "改为流动党员"),
    ];
    let (day, later) = (due.to_string(), (due + Days::new(7)).to_string());
    let items: [(&str, &str); 10] = [
        ("title-s1", "第 1 项"),
        ("due-s1", &day),
        ("required-s1", "on"),
        ("title-s2", "第 2 项"),
        ("due-s2", &later),
        ("required-s2", "on"),
        ("title-s3", "第 3 项"),
        ("due-s3", &day),
        ("title-s4", "第 4 项"),
        ("due-s4", &day),
    ];
    let had = look(&world, plan, OrgId(1));
    post(&organizer, "head", &head).await;
    post(&organizer, "items", &[&items[..], &[("go", "remove:s4")]].concat()).await;
    post(&organizer, "add", &[("title", "流动党员座谈")]).await;
    post(&organizer, "submit", &[]).await;
    // By the roster alone.
    let has = |category: &str| {
        format!(
            "EXISTS (SELECT 1 FROM member_categories c WHERE c.person_id = m.person_id AND c.valid_to IS NULL AND c.category = '{category}')"
        )
    };
    let (old, new) = (has("retired"), has("mobile"));
    let count = |below: &str, what: &str| {
        world.number(&format!(
            "SELECT COUNT(*) FROM memberships m JOIN orgs o ON o.id = m.branch_id WHERE m.valid_to IS NULL AND o.path LIKE '{below}%' AND {what}"
        ))
    };
    let (come, go) = (format!("{new} AND NOT {old}"), format!("{old} AND NOT {new}"));
    let page = checker.get(&address).await;
    let told = page.between("aria-labelledby=\"h-touched\"", "</section>");
    let (before, after) = (count("/1/", &old), count("/1/", &new));
    let (joining, leaving) = (count("/1/", &come), count("/1/", &go));
    assert!(joining > 0 && leaving > 0 && after == before + joining - leaving);
    for part in [
        format!("<dt>要学的人</dt><dd>{after} 人（现在 {before} 人）</dd>"),
        format!("<dt>新增的人</dt><dd>{joining} 人</dd>"),
        format!("<dt>不再要求的人</dt><dd>{leaving} 人</dd>"),
        format!("{day} → {later}"),
        "必学改为选学".to_owned(),
    ] {
        assert!(told.contains(&part), "{part} in {told}");
    }
    let under = |heading: &str| {
        told.split(&format!("<dt>{heading}</dt>")).nth(1).unwrap().split("</dd>").next().unwrap()
    };
    assert!(under("新增的内容").contains("流动党员座谈") && under("去掉的内容").contains("第 4 项"));
    let changed = under("改动的内容");
    assert!(
        changed.contains("第 2 项") && changed.contains("第 3 项") && !changed.contains("第 1 项"),
        "{changed}"
    );
    // Each organisation below with those who come and go there, the first twelve of them, and how many more there are.
    let mut rows = vec![];
    for n in 0..world.number("SELECT COUNT(*) FROM orgs WHERE level = 'committee'") {
        let one = format!("FROM orgs WHERE level = 'committee' ORDER BY id LIMIT 1 OFFSET {n}");
        let (name, path) =
            (world.text(&format!("SELECT name {one}")), world.text(&format!("SELECT path {one}")));
        let (come, go) = (count(&path, &come), count(&path, &go));
        if come + go > 0 {
            rows.push((name, come, go));
        }
    }
    let sum = rows.iter().fold((0, 0), |sum, row| (sum.0 + row.1, sum.1 + row.2));
    assert_eq!(sum, (joining, leaving), "those of the organisations sum to all");
    for (name, come, go) in rows.iter().take(12) {
        let row = format!(
            "<tr><th scope=\"row\">{name}</th><td class=\"n\">{come}</td><td class=\"n\">{go}</td></tr>"
        );
        assert!(told.contains(&row), "{row} in {told}");
    }
    assert_eq!(told.contains("个组织。"), rows.len() > 12);
    assert!(rows.len() <= 12 || told.contains(&format!("还有 {} 个组织。", rows.len() - 12)));
    // Until somebody else approves it nobody is asked for anything else.
    let now = look(&world, plan, OrgId(1));
    assert_eq!((now.version, &now.items, &now.members), (1, &had.items, &had.members));
    assert_eq!(now.whole(), had.whole());
    assert_eq!(now.members.len() as i64, before);
    post(&checker, "publish", &[]).await;
    let now = look(&world, plan, OrgId(1));
    assert_eq!((now.version, now.members.len() as i64), (2, after));
    let steps: Vec<_> =
        now.items.iter().map(|item| (item.title.as_str(), item.is_required, item.due_on)).collect();
    let later = due + Days::new(7);
    assert_eq!(
        steps,
        [
            ("第 1 项", true, due),
            ("第 2 项", true, later),
            ("第 3 项", false, due),
            ("流动党员座谈", true, due + Days::new(30))
        ]
    );
    // Yesterday stays what it was.
    let yesterday = look_on(&world, plan, OrgId(1), today() - Days::new(1));
    assert_eq!((yesterday.version, yesterday.members.len()), (1, had.members.len()));
}
