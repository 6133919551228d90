//! The tree of organisations and the people in it: what is valid when, who sees whom, and printed codes. domain.md §4.1.
use crate::world::{Browser, World};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use weixiao::accounts::{self, OneTimeCode};
use weixiao::audit::Doer;
use weixiao::clock::{self, Timestamp};
use weixiao::config::CODE_VALID_DAYS;
use weixiao::db::Conn;
use weixiao::demo::PASSWORD;
use weixiao::error::{Error, Result};
use weixiao::ids::{OrgId, PersonId};
use weixiao::organization::{self, Level, OrgKind};
use weixiao::people::{self, Category, Stage};

fn today() -> chrono::NaiveDate {
    clock::day(clock::now())
}

fn person(world: &World, account: &str) -> PersonId {
    PersonId(world.number(&format!("SELECT person_id FROM accounts WHERE username = '{account}'")))
}

/// The home branch of this account's person.
fn branch(world: &World, account: &str) -> OrgId {
    let person = person(world, account);
    OrgId(world.number(&format!(
        "SELECT branch_id FROM memberships WHERE person_id = {person} AND valid_to IS NULL"
    )))
}

fn parent(world: &World, org: OrgId) -> OrgId {
    OrgId(
        world.number(&format!(
            "SELECT parent_id FROM org_placements WHERE org_id = {org} AND valid_to IS NULL"
        )),
    )
}

fn path(world: &World, org: OrgId) -> String {
    world.db.write_now(|conn| organization::find(conn, org)).unwrap().path
}

fn add(conn: &mut Conn, above: Option<OrgId>, level: Level) -> Result<OrgId> {
    organization::add(conn, above, level, OrgKind::Rural, "某组织", today() - chrono::Duration::days(400))
}

fn relocate(world: &World, org: OrgId, to: OrgId) -> Result<()> {
    world.db.write_now(|conn| organization::relocate(conn, org, to, clock::now()))
}

/// Nodes whose path is not their parent's with their own id behind it, and nodes with other than one place.
fn crooked(world: &World) -> i64 {
    world.number(
        "(SELECT COUNT(*) FROM orgs o JOIN org_placements p ON p.org_id = o.id AND p.valid_to IS NULL \
          JOIN orgs a ON a.id = p.parent_id WHERE o.path <> a.path || o.id || '/') \
         + (SELECT COUNT(*) FROM orgs o WHERE o.level = 'city' AND o.path <> '/' || o.id || '/') \
         + (SELECT COUNT(*) FROM orgs o WHERE o.level <> 'city' AND \
            (SELECT COUNT(*) FROM org_placements p WHERE p.org_id = o.id AND p.valid_to IS NULL) <> 1)",
    )
}

// The tree.

#[actix_web::test]
async fn a_node_stands_below_one_of_a_higher_level() {
    let world = World::new();
    assert_eq!(crooked(&world), 0, "the town is straight");
    let mut above: Option<OrgId> = None;
    let mut expected = "/".to_owned();
    for level in Level::ALL {
        let id = world.db.write_now(|conn| add(conn, above, *level)).unwrap();
        expected = format!("{expected}{id}/");
        assert_eq!(path(&world, id), expected, "{level:?}");
        for wrong in &Level::ALL[..=level.depth()] {
            let before = world.number("SELECT COUNT(*) FROM orgs");
            let outcome = world.db.write_now(|conn| add(conn, Some(id), *wrong));
            assert!(matches!(outcome, Err(Error::Refused(_))), "{wrong:?} below {level:?}");
            assert_eq!(world.number("SELECT COUNT(*) FROM orgs"), before);
        }
        above = Some(id);
    }
    for orphan in &Level::ALL[1..] {
        let outcome = world.db.write_now(|conn| add(conn, None, *orphan));
        assert!(matches!(outcome, Err(Error::Refused(_))), "{orphan:?} below nothing");
    }
    let nowhere = world.db.write_now(|conn| add(conn, Some(OrgId(987_654)), Level::Branch));
    assert!(matches!(nowhere, Err(Error::NotFound)));
    assert_eq!(crooked(&world), 0);
}

#[actix_web::test]
async fn a_branch_has_a_committee_above_it() {
    let world = World::new();
    let outcome = world.db.write_now(|conn| {
        let city = add(conn, None, Level::City)?;
        add(conn, Some(city), Level::Branch)
    });
    assert!(matches!(outcome, Err(Error::Refused(_))), "{outcome:?}");
}

#[actix_web::test]
async fn nothing_is_moved_below_itself_its_equals_or_its_own() {
    let world = World::new();
    let (member_branch, city) = (branch(&world, "member"), OrgId(1));
    let committee = parent(&world, member_branch);
    let other = branch(&world, "member2");
    for (org, to, why) in [
        (committee, committee, "itself"),
        (committee, member_branch, "its own"),
        (member_branch, other, "its equal"),
        (city, committee, "its own"),
    ] {
        assert!(matches!(relocate(&world, org, to), Err(Error::Refused(_))), "below {why}");
    }
    assert!(matches!(relocate(&world, member_branch, OrgId(987_654)), Err(Error::NotFound)));
    assert!(matches!(relocate(&world, OrgId(987_654), committee), Err(Error::NotFound)));
    assert_eq!(parent(&world, member_branch), committee);
    assert_eq!(crooked(&world), 0);
}

#[actix_web::test]
async fn a_move_ends_one_place_and_begins_another_and_both_stay_on_record() {
    let world = World::new();
    let (moved, to) = (branch(&world, "member"), parent(&world, branch(&world, "member2")));
    let from = parent(&world, moved);
    assert_ne!(from, to, "the town has two committees");
    relocate(&world, moved, to).unwrap();
    let day = today();
    let rows = |what: &str| {
        world.number(&format!("SELECT COUNT(*) FROM org_placements WHERE org_id = {moved} AND {what}"))
    };
    assert_eq!(rows(&format!("parent_id = {from} AND valid_to = '{day}' AND valid_from < '{day}'")), 1);
    assert_eq!(rows(&format!("parent_id = {to} AND valid_from = '{day}' AND valid_to IS NULL")), 1);
    assert_eq!(path(&world, moved), format!("{}{moved}/", path(&world, to)));
    // Moved by mistake and back on the same day: the mistake was never in force.
    relocate(&world, moved, from).unwrap();
    assert_eq!(parent(&world, moved), from);
    assert_eq!(rows(&format!("parent_id = {to}")), 0);
    assert_eq!(crooked(&world), 0);
    // The database itself refuses two places at a time.
    let second = |to_day: &str| {
        world.try_sql(&format!(
            "INSERT INTO org_placements (org_id, parent_id, valid_from, valid_to) VALUES ({moved}, {to}, '2001-01-01', {to_day})"
        ))
    };
    assert!(second("NULL").is_err());
    second("'2001-02-01'").expect("one that is over is no second one");
}

#[derive(Debug, Clone)]
enum Step {
    Add { above: usize, level: usize },
    Move { org: usize, to: usize },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let one = prop_oneof![
        3 => (any::<usize>(), 1_usize..5).prop_map(|(above, level)| Step::Add { above, level }),
        2 => (any::<usize>(), any::<usize>()).prop_map(|(org, to)| Step::Move { org, to }),
    ];
    prop::collection::vec(one, 1..30)
}

/// What the tree should be: ids, levels and parents' places.
type Model = Vec<(OrgId, Level, Option<usize>)>;

fn expected_path(model: &Model, place: usize) -> String {
    match model[place].2 {
        Some(above) => format!("{}{}/", expected_path(model, above), model[place].0),
        None => format!("/{}/", model[place].0),
    }
}

fn follow(conn: &mut Conn, steps: &[Step]) -> Result<Result<(), TestCaseError>> {
    let mut model: Model = vec![(add(conn, None, Level::City)?, Level::City, None)];
    for step in steps {
        let (place, above, level, outcome) = match step {
            Step::Add { above, level } => {
                let (above, level) = (above % model.len(), Level::ALL[*level]);
                let outcome = add(conn, Some(model[above].0), level).map(|id| model.push((id, level, None)));
                (model.len() - 1, above, level, outcome)
            }
            Step::Move { org, to } => {
                let (place, above) = (org % model.len(), to % model.len());
                let outcome = organization::relocate(conn, model[place].0, model[above].0, clock::now());
                (place, above, model[place].1, outcome)
            }
        };
        match outcome {
            Ok(()) => {
                if model[above].1.depth() >= level.depth() {
                    return Ok(Err(TestCaseError::fail(format!(
                        "{level:?} went below {:?}",
                        model[above].1
                    ))));
                }
                model[place].2 = Some(above);
            }
            Err(Error::Refused(_)) => {}
            Err(other) => return Err(other),
        }
        for place in 0..model.len() {
            let found = organization::find(conn, model[place].0)?.path;
            if found != expected_path(&model, place) {
                return Ok(Err(TestCaseError::fail(format!(
                    "{found}, not {}",
                    expected_path(&model, place)
                ))));
            }
        }
    }
    // What is below a node is what the model says, and nothing whose id only begins alike.
    for (place, (id, _, _)) in model.iter().enumerate() {
        let root = expected_path(&model, place);
        for level in Level::ALL {
            let mut found: Vec<_> =
                organization::within(conn, &root, *level, 1_000)?.iter().map(|org| org.id).collect();
            let mut expected: Vec<_> = (0..model.len())
                .filter(|one| model[*one].1 == *level && expected_path(&model, *one).starts_with(&root))
                .map(|one| model[one].0)
                .collect();
            found.sort();
            expected.sort();
            if found != expected {
                return Ok(Err(TestCaseError::fail(format!(
                    "{level:?} below {id}: {found:?}, not {expected:?}"
                ))));
            }
        }
    }
    Ok(Ok(()))
}

#[test]
fn paths_stay_right_whatever_is_added_and_moved() {
    let world = World::new();
    let mut runner = TestRunner::new(Config { cases: 40, failure_persistence: None, ..Config::default() });
    runner
        .run(&steps(), |steps| {
            world
                .db
                .write_now(|conn| follow(conn, &steps))
                .map_err(|error| TestCaseError::fail(error.to_string()))??;
            prop_assert_eq!(crooked(&world), 0);
            Ok(())
        })
        .unwrap();
}

#[actix_web::test]
async fn whom_somebody_sees_moves_with_the_tree() {
    let world = World::new();
    let (own, other) = (branch(&world, "member"), branch(&world, "member2"));
    let (here, there) = (parent(&world, own), parent(&world, other));
    assert_ne!(here, there);
    let committee = world.signed_in("committee").await;
    let secretary = world.signed_in("secretary").await;
    let secretary2 = world.signed_in("secretary2").await;
    let (member, member2) = (person(&world, "member"), person(&world, "member2"));
    let sees =
        async |browser: &Browser<'_>, id: PersonId| browser.get(&format!("/people/{id}")).await.status == 200;
    assert!(sees(&committee, member).await && !sees(&committee, member2).await);
    assert!(sees(&secretary2, member2).await && !sees(&secretary2, member).await);

    relocate(&world, other, here).unwrap();
    assert!(sees(&committee, member2).await, "the branch came to this committee");
    assert!(sees(&secretary2, member2).await, "its secretary sees it as before");
    assert!(!sees(&secretary, member2).await, "and the neighbours' does not");

    relocate(&world, own, there).unwrap();
    assert!(!sees(&committee, member).await, "the branch left this committee");
    assert!(sees(&secretary, member).await);
    let listed = committee.get("/people?name=%E6%9E%97%E7%A7%8B%E5%AE%9E").await;
    assert!(!listed.body.contains(&format!("/people/{member}\"")), "nor in the list");
}

// Membership.

/// The open membership of a person: its branch; and how many rows there are.
fn memberships(world: &World, person: PersonId) -> (i64, i64) {
    let open = format!("SELECT branch_id FROM memberships WHERE person_id = {person} AND valid_to IS NULL");
    (
        world.number(&open),
        world.number(&format!("SELECT COUNT(*) FROM memberships WHERE person_id = {person}")),
    )
}

fn transfer(world: &World, person: PersonId, to: OrgId, number: &str) -> Result<()> {
    world.db.write_now(|conn| people::transfer(conn, person, to, number, clock::now()))
}

#[actix_web::test]
async fn a_transfer_ends_the_old_membership_and_begins_the_new_one() {
    let world = World::new();
    let (who, from, to) = (person(&world, "member"), branch(&world, "member"), branch(&world, "member2"));
    // The number goes along.
    let number = format!("D{:07}", who.0);
    transfer(&world, who, to, &number).unwrap();
    assert_eq!(memberships(&world, who), (to.0, 2));
    let day = today();
    let rows = |what: &str| {
        world.number(&format!("SELECT COUNT(*) FROM memberships WHERE person_id = {who} AND {what}"))
    };
    assert_eq!(rows(&format!("branch_id = {from} AND valid_to = '{day}'")), 1);
    assert_eq!(rows(&format!("branch_id = {to} AND valid_from = '{day}' AND member_no = '{number}'")), 1);
    // The secretaries see it at once, and the member signs in as before.
    let (old, new) = (world.signed_in("secretary").await, world.signed_in("secretary2").await);
    assert_eq!(old.get(&format!("/people/{who}")).await.status, 404);
    assert_eq!(new.get(&format!("/people/{who}")).await.status, 200);
    let fields = [("name", number.as_str()), ("password", PASSWORD)];
    assert_eq!(world.visitor().post("/sign-in", &fields).await.status, 303);
    // A branch that is not there receives nobody: the old membership goes on.
    assert!(transfer(&world, who, OrgId(987_654), &number).is_err());
    assert_eq!(memberships(&world, who), (to.0, 2));
}

#[actix_web::test]
async fn a_mistaken_transfer_is_put_right_on_the_same_day() {
    let world = World::new();
    let (who, from, to) = (person(&world, "member"), branch(&world, "member"), branch(&world, "member2"));
    transfer(&world, who, to, "D0000001x").unwrap();
    transfer(&world, who, from, "D0000001x").unwrap();
    assert_eq!(memberships(&world, who).0, from.0);
}

#[actix_web::test]
async fn nobody_has_two_memberships_at_a_time() {
    let world = World::new();
    let (who, to) = (person(&world, "member"), branch(&world, "member2"));
    let before = memberships(&world, who);
    let day = today();
    assert!(world.db.write_now(|conn| people::join_branch(conn, who, to, "X1", day)).is_err());
    let row = |to_day: &str| {
        format!(
            "INSERT INTO memberships (person_id, branch_id, member_no, valid_from, valid_to) VALUES ({who}, 2, 'X1', '2001-01-01', {to_day})"
        )
    };
    assert!(world.try_sql(&row("NULL")).is_err());
    assert_eq!(memberships(&world, who), before);
    world.try_sql(&row("'2001-02-01'")).expect("one that is over is no second one");
    // Nor have two persons one number at a time.
    let other = person(&world, "member2");
    let number = format!("D{:07}", who.0);
    assert!(transfer(&world, other, to, &number).is_err(), "the number is somebody else's");
}

#[actix_web::test]
async fn only_full_members_vote() {
    let world = World::new();
    let who = person(&world, "member");
    let insert = |stage: &str, may_vote: &str, year: i32| {
        world.try_sql(&format!(
            "INSERT INTO membership_stages (person_id, stage, may_vote, valid_from, valid_to) \
             VALUES ({who}, '{stage}', {may_vote}, '{year}-01-01', '{year}-02-01')"
        ))
    };
    for (year, stage) in (1990..).zip(["applicant", "activist", "candidate", "probationary"]) {
        assert!(insert(stage, "TRUE", year).is_err(), "{stage} votes");
        insert(stage, "FALSE", year).expect(stage);
    }
    insert("full", "TRUE", 1995).unwrap();
    insert("full", "FALSE", 1996).expect("a full member whose right is suspended");
    assert!(insert("honorary", "FALSE", 1997).is_err(), "there is no such stage");
}

#[actix_web::test]
async fn a_stage_begins_a_new_row_and_brings_or_takes_the_vote() {
    let world = World::new();
    let who = person(&world, "member");
    let day = |n: i64| today() - chrono::Duration::days(n);
    let enter = |stage, day| world.db.write_now(|conn| people::enter_stage(conn, who, stage, day));
    let rows = |what: &str| {
        world.number(&format!("SELECT COUNT(*) FROM membership_stages WHERE person_id = {who} AND {what}"))
    };
    assert_eq!(rows("valid_to IS NULL AND stage = 'full' AND may_vote"), 1, "a full member to begin with");
    enter(Stage::Probationary, day(20)).unwrap();
    assert_eq!(rows("valid_to IS NULL AND stage = 'probationary' AND NOT may_vote"), 1);
    assert_eq!(
        rows(&format!("stage = 'full' AND may_vote AND valid_to = '{}'", day(20))),
        1,
        "the row before ended"
    );
    enter(Stage::Full, day(5)).unwrap();
    assert_eq!(
        rows(&format!("valid_to IS NULL AND stage = 'full' AND may_vote AND valid_from = '{}'", day(5))),
        1
    );
    assert_eq!(
        rows(&format!(
            "stage = 'probationary' AND NOT may_vote AND valid_from = '{}' AND valid_to = '{}'",
            day(20),
            day(5)
        )),
        1
    );
    assert_eq!(rows("TRUE"), 3, "nothing was written over");
    // What began before the present stage cannot follow it.
    assert!(enter(Stage::Probationary, day(30)).is_err());
    assert_eq!(rows("TRUE"), 3);
}

#[actix_web::test]
async fn a_person_is_in_several_categories_and_entering_one_adds_a_row() {
    let world = World::new();
    let who = person(&world, "member");
    let enter = |category, day| world.db.write_now(|conn| people::enter_category(conn, who, category, day));
    let rows = |what: &str| {
        world.number(&format!("SELECT COUNT(*) FROM member_categories WHERE person_id = {who} AND {what}"))
    };
    assert_eq!((rows("category = 'rural_community' AND valid_to IS NULL"), rows("TRUE")), (1, 1));
    let old = rows(&format!("category = 'rural_community' AND valid_from < '{}'", today()));
    enter(Category::Mobile, today()).unwrap();
    enter(Category::KeyFew, today()).unwrap();
    assert_eq!((rows("valid_to IS NULL"), rows("TRUE")), (3, 3));
    enter(Category::Mobile, today()).unwrap();
    enter(Category::RuralCommunity, today()).unwrap();
    assert_eq!(rows("TRUE"), 3, "who is in it stays in it");
    assert_eq!(
        rows(&format!("category = 'rural_community' AND valid_from < '{}'", today())),
        old,
        "since the same day"
    );
}

// Printed codes.

fn issue(world: &World, account: &str, now: Timestamp) -> OneTimeCode {
    world
        .db
        .write_now(|conn| {
            let account = accounts::by_username(conn, account)?.unwrap();
            accounts::issue_code(conn, &account, &Doer::default(), now)
        })
        .unwrap()
}

fn works(world: &World, name: &str, code: &str, now: Timestamp) -> bool {
    match world.db.write_now(|conn| accounts::activate(conn, name, code, "hash", "TEST", now)) {
        Ok(_) => true,
        Err(Error::Refused(_)) => false,
        Err(other) => panic!("{other}"),
    }
}

#[actix_web::test]
async fn a_code_works_once_for_its_account_and_in_time() {
    let world = World::new();
    let now = clock::now();
    let code = issue(&world, "member", now).text;
    assert!(!works(&world, "member2", &code, now), "it is another's");
    assert!(!works(&world, "nobody-of-this-name", &code, now));
    assert!(works(&world, "member", &code.to_lowercase().replace(' ', "-"), now), "however it is typed");
    assert!(!works(&world, "member", &code, now), "it is used");

    let days = chrono::Duration::days(CODE_VALID_DAYS);
    let second = chrono::Duration::seconds(1);
    let code = issue(&world, "member", now).text;
    assert!(!works(&world, "member", &code, now + days), "it is over");
    assert!(works(&world, "member", &code, now + days - second), "on its last second");

    let code = issue(&world, "member", now).text;
    world.sql("UPDATE one_time_codes SET expires_at = '2020-01-01 00:00:00' WHERE used_at IS NULL");
    assert!(!works(&world, "member", &code, clock::now()));
}

#[actix_web::test]
async fn a_newer_code_is_the_only_one() {
    let world = World::new();
    let now = clock::now();
    let (older, others) = (issue(&world, "member", now).text, issue(&world, "member2", now).text);
    let newer = issue(&world, "member", now).text;
    assert_ne!(older, newer);
    assert!(!works(&world, "member", &older, now));
    assert!(works(&world, "member", &newer, now));
    assert!(works(&world, "member2", &others, now), "another's code is not touched");
    let kept =
        format!("SELECT COUNT(*) FROM one_time_codes WHERE code_hash LIKE '%{}%'", newer.replace(' ', ""));
    assert_eq!(world.number(&kept), 0, "the code itself is nowhere");
}

#[actix_web::test]
async fn a_reset_ends_every_sign_in_and_the_old_password() {
    let world = World::new();
    let (phone, computer) = (world.signed_in("member").await, world.signed_in("member").await);
    let bystander = world.signed_in("member2").await;
    let who = person(&world, "member");
    let slip = world.signed_in("secretary").await.post(&format!("/people/{who}/code"), &[]).await;
    assert_eq!(slip.status, 200);
    assert_eq!(slip.headers["cache-control"], "no-store");
    let code = slip.between(r#"class="slip__code">"#, "<").to_owned();
    assert_eq!(phone.get("/account").await.status, 200, "printing alone ends nothing");
    let fields = [
        ("name", "member"),
        ("code", code.as_str()),
        ("password", "neues-geheimnis"),
        ("again", "neues-geheimnis"),
    ];
    let at_home = world.visitor();
    assert_eq!(at_home.post("/activate", &fields).await.status, 303);
    assert_eq!(at_home.get("/account").await.status, 200);
    for browser in [&phone, &computer] {
        assert_eq!(browser.get("/account").await.status, 303, "this sign-in is over");
    }
    assert_eq!(bystander.get("/account").await.status, 200, "nobody else's");
    for (password, status) in [(PASSWORD, 422), ("neues-geheimnis", 303)] {
        let fields = [("name", "member"), ("password", password)];
        assert_eq!(world.visitor().post("/sign-in", &fields).await.status, status);
    }
    let recorded = |action: &str, by: &str| {
        world.number(&format!("SELECT COUNT(*) FROM audit_entries e JOIN accounts a ON a.id = e.actor_id WHERE e.action = '{action}' AND e.for_person_id = {who} AND a.username = '{by}' AND e.request_id <> ''"))
    };
    assert!(recorded("code_issued", "secretary") >= 1 && recorded("account_activated", "member") >= 1);
}

#[actix_web::test]
async fn nobody_prints_a_code_for_an_account_with_more_rights() {
    let world = World::new();
    let home = branch(&world, "member");
    let secretary = world.signed_in("secretary").await;
    for account in ["admin", "auditor", "committee", "town", "secretary2"] {
        let who = person(&world, account);
        world.sql(&format!("UPDATE memberships SET branch_id = {home} WHERE person_id = {who}"));
        let codes = format!(
            "SELECT COUNT(*) FROM one_time_codes c JOIN accounts a ON a.id = c.account_id WHERE a.person_id = {who}"
        );
        assert_eq!(secretary.get(&format!("/people/{who}")).await.status, 200, "{account} is of the branch");
        assert_eq!(secretary.post(&format!("/people/{who}/code"), &[]).await.status, 403, "{account}");
        assert_eq!(world.number(&codes), 0, "{account}");
    }
    // Those with the same rights or none, in the same branch.
    for account in ["clerk", "member", "elder"] {
        let who = person(&world, account);
        assert_eq!(secretary.post(&format!("/people/{who}/code"), &[]).await.status, 200, "{account}");
    }
    // A right that ended counts no more; an administrator prints for all.
    world.sql("UPDATE grants SET ended_at = granted_at WHERE role = 'auditor'");
    let auditor = person(&world, "auditor");
    assert_eq!(secretary.post(&format!("/people/{auditor}/code"), &[]).await.status, 200);
    let admin = world.signed_in("admin").await;
    let committee = person(&world, "committee");
    assert_eq!(admin.post(&format!("/people/{committee}/code"), &[]).await.status, 200);
}

#[actix_web::test]
async fn a_member_without_an_account_gets_one_with_the_first_code() {
    let world = World::new();
    let secretary = world.signed_in("secretary").await;
    let accounts = || world.number("SELECT COUNT(*) FROM accounts WHERE person_id = 2");
    assert_eq!(accounts(), 0);
    assert!(secretary.get("/people/2").await.body.contains("还没有"));
    let mut code = String::new();
    for _ in 0..2 {
        let slip = secretary.post("/people/2/code", &[]).await;
        assert_eq!(slip.status, 200);
        assert!(slip.body.contains("<dd>d0000002</dd>"), "the printed member number");
        code = slip.between(r#"class="slip__code">"#, "<").to_owned();
    }
    assert_eq!(accounts(), 1);
    let fields =
        [("name", "D0000002"), ("code", code.as_str()), ("password", "水位三米二"), ("again", "水位三米二")];
    assert_eq!(world.visitor().post("/activate", &fields).await.status, 422, "five characters are too few");
    let fields = [
        ("name", "D0000002"),
        ("code", code.as_str()),
        ("password", "水位三米二，再看"),
        ("again", "水位三米二，再看"),
    ];
    assert_eq!(world.visitor().post("/activate", &fields).await.status, 303);
}

#[actix_web::test]
async fn a_couple_that_shares_a_telephone_signs_in_by_number_each() {
    let world = World::new();
    let couple = [person(&world, "member"), person(&world, "elder")];
    world
        .sql(&format!("UPDATE persons SET phone = '13877776666' WHERE id IN ({}, {})", couple[0], couple[1]));
    let sign_in = async |name: &str| {
        let browser = world.visitor();
        let status = browser.post("/sign-in", &[("name", name), ("password", PASSWORD)]).await.status;
        (status.as_u16(), browser.get("/account").await.status.as_u16())
    };
    assert_eq!(sign_in("13877776666").await, (422, 303), "nobody is signed in");
    for who in couple {
        assert_eq!(sign_in(&format!("D{:07}", who.0)).await, (303, 200));
    }
    // A code does not open a shared telephone either.
    let code = issue(&world, "member", clock::now()).text;
    assert!(!works(&world, "13877776666", &code, clock::now()));
    // When one of them has a telephone of their own, it is theirs.
    world.sql(&format!("UPDATE persons SET phone = '13877775555' WHERE id = {}", couple[1]));
    assert_eq!(sign_in("138 7777-6666").await, (303, 200));
    assert_eq!(sign_in("13877775555").await, (303, 200));
    // A membership that is over has no number to sign in with.
    world.sql(&format!("UPDATE memberships SET valid_to = '{}' WHERE person_id = {}", today(), couple[0]));
    assert_eq!(sign_in(&format!("D{:07}", couple[0].0)).await.0, 422);
}
