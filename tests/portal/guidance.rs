//! Guidance groups: one list for each branch (INV-T1), nobody at the own branch (INV-T2), fair plans that anybody can compute again,
//! visits that are never two, findings that another one verifies; figures that say the same wherever they stand.
use crate::world::{Browser, World};
use calamine::{Reader, Xlsx};
use chrono::{Duration, NaiveDate};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Cursor;
use std::task::Poll;
use weixiao::audit::Doer;
use weixiao::clock::{self, Timestamp};
use weixiao::guidance::{self, Category, Half, Hand, NewFinding, NewPlan, NewVisit, Severity, State, Step};
use weixiao::ids::{AccountId, GuidanceGroupId, OrgId, PersonId, random_hex};
use weixiao::organization::{self, Level, OrgKind};
use weixiao::people;

fn account(world: &World, name: &str) -> i64 {
    world.number(&format!("SELECT id FROM accounts WHERE username = '{name}'"))
}

fn person(world: &World, name: &str) -> i64 {
    world.number(&format!("SELECT person_id FROM accounts WHERE username = '{name}'"))
}

/// The member number of an account's person.
fn number(world: &World, name: &str) -> String {
    world.text(&format!(
        "SELECT member_no FROM memberships WHERE person_id = {} AND valid_to IS NULL",
        person(world, name)
    ))
}

fn hand(world: &World, name: &str, now: Timestamp) -> Hand {
    let account = AccountId(account(world, name));
    let doer = Doer { account: Some(account), for_person: None, request: "test".into() };
    Hand { account, person: PersonId(person(world, name)), doer, now }
}

fn today() -> NaiveDate {
    clock::day(clock::now())
}

/// A committee with nine branches, the first of which is the secretary's; a group of `guide` and `alliance`, who are at home elsewhere.
struct Place {
    world: World,
    committee: i64,
    branches: Vec<i64>,
    group: i64,
}

impl Place {
    async fn new() -> Place {
        let world = World::new();
        let committee = world.number("SELECT scope_id FROM grants WHERE role = 'committee'");
        let first = world.number("SELECT scope_id FROM grants WHERE role = 'secretary' ORDER BY id LIMIT 1");
        let since: NaiveDate = "2020-01-01".parse().unwrap();
        let kinds = [OrgKind::Rural, OrgKind::Community, OrgKind::TwoNew];
        let made = world
            .db
            .write_now(|conn| {
                (1..9)
                    .map(|n| {
                        let (parent, kind) = (Some(OrgId(committee)), kinds[n % 3]);
                        organization::add(conn, parent, Level::Branch, kind, &format!("堰口第{n}支部"), since)
                    })
                    .collect::<Result<Vec<_>, _>>()
            })
            .unwrap();
        let branches = [first].into_iter().chain(made.into_iter().map(|id| id.0)).collect();
        world.sql(&format!(
            "INSERT INTO grants (account_id, role, scope_kind, scope_id, granted_at) VALUES ({}, 'guide', 'city', NULL, CURRENT_TIMESTAMP)",
            account(&world, "alliance")
        ));
        let mut place = Place { world, committee, branches, group: 0 };
        place.group = place.another("一组").await;
        for name in ["guide", "alliance"] {
            let path = format!("/guidance/groups/{}/members", place.group);
            let no = number(&place.world, name);
            // As if they had been there for a year.
            let answer = place
                .committee()
                .await
                .post(&path, &[("number", &no), ("from", "2025-01-01"), ("leader", "")])
                .await;
            assert_eq!(answer.status, 303, "{}", answer.body);
        }
        place
    }
    async fn committee(&self) -> Browser<'_> {
        self.world.signed_in("committee").await
    }
    /// Makes a group of the committee by its form.
    async fn another(&self, name: &str) -> i64 {
        made(&self.committee().await, name, self.committee).await
    }
    /// Puts these branches on the group's list, as if a year ago.
    fn assigned(&self, group: i64, branches: &[i64]) {
        let at = clock::now() - Duration::days(365);
        let orgs: Vec<OrgId> = branches.iter().map(|id| OrgId(*id)).collect();
        let by = hand(&self.world, "committee", at);
        self.world
            .db
            .write_now(|conn| {
                let group = guidance::group(conn, GuidanceGroupId(group))?;
                guidance::assign(conn, &group, &orgs, &by)
            })
            .unwrap();
    }
    fn count(&self, sql: &str) -> i64 {
        self.world.number(&format!("SELECT COUNT(*) FROM {sql}"))
    }
    /// The fields of a record: at the branch, yesterday, with `guide` and `alliance`.
    fn visit(&self, branch: i64, key: &str) -> Vec<(String, String)> {
        let yesterday = (today() - Duration::days(1)).to_string();
        [
            ("org", branch.to_string()),
            ("day", yesterday),
            ("member", person(&self.world, "guide").to_string()),
            ("member", person(&self.world, "alliance").to_string()),
            ("announced", "no".into()),
            ("key", key.into()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }
    /// A record in which one thing was found.
    fn finding(&self, branch: i64, due: &str) -> Vec<(String, String)> {
        let mut fields = self.visit(branch, &random_hex(16));
        for (name, value) in [
            ("text1", "会议记录没有写明缺席的人"),
            ("category1", "records"),
            ("severity1", "mend"),
            ("due1", due),
        ] {
            fields.push((name.into(), value.into()));
        }
        fields
    }
}

/// Makes a group of an organisation by the form.
async fn made(browser: &Browser<'_>, name: &str, org: i64) -> i64 {
    let (key, org) = (random_hex(16), org.to_string());
    let answer = browser.post("/guidance", &[("name", name), ("org", &org), ("key", &key)]).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let place = answer.location.unwrap();
    place.trim_start_matches("/guidance/groups/").split('?').next().unwrap().parse().unwrap()
}

/// Somebody becomes a member by the form, as if long ago.
async fn join(browser: &Browser<'_>, group: i64, number: &str) {
    let path = format!("/guidance/groups/{group}/members");
    let answer = browser.post(&path, &[("number", number), ("from", "2025-01-01")]).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
}

/// Somebody is no member from today on.
async fn leave(browser: &Browser<'_>, group: i64, person: i64) {
    let (person, day) = (person.to_string(), today().to_string());
    let path = format!("/guidance/groups/{group}/members/end");
    assert_eq!(browser.post(&path, &[("person", &person), ("day", &day)]).await.status, 303);
}

/// Moves somebody to a branch, some days ago.
fn moves(world: &World, person: i64, branch: i64, number: &str, days: i64) {
    let at = clock::now() - Duration::days(days);
    world.db.write_now(|conn| people::transfer(conn, PersonId(person), OrgId(branch), number, at)).unwrap();
}

async fn post(browser: &Browser<'_>, path: &str, fields: &[(String, String)]) -> crate::world::Answer {
    let pairs: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.post(path, &pairs).await
}

fn changed(fields: &[(String, String)], name: &str, value: &str) -> Vec<(String, String)> {
    let mut fields = fields.to_vec();
    fields.retain(|(known, _)| known != name);
    fields.push((name.into(), value.into()));
    fields
}

#[actix_web::test]
async fn every_branch_is_on_one_list_and_those_on_none_are_named() {
    let place = Place::new().await;
    let committee = place.committee().await;
    let other = place.another("二组").await;
    let page = committee.get("/guidance/uncovered").await;
    assert!(page.body.contains("堰口第1支部") && page.body.contains("9 个支部没有人联系"), "{}", page.body);
    let path = |group: i64, what: &str| format!("/guidance/groups/{group}/{what}");
    let first = place.branches[1].to_string();
    assert_eq!(committee.post(&path(place.group, "assign"), &[("org", &first)]).await.status, 303);
    assert_eq!(
        committee.post(&path(place.group, "assign"), &[("org", &first)]).await.status,
        303,
        "once more"
    );
    let refused = committee.post(&path(other, "assign"), &[("org", &first)]).await;
    assert_eq!(refused.status, 409);
    assert!(refused.body.contains("已经由别的组联系：堰口第1支部"), "{}", refused.body);
    assert_eq!(place.count("guidance_assignments"), 1);
    // Whatever the program does: INV-T1 is the database's.
    let twice = format!(
        "INSERT INTO guidance_assignments (group_id, tier, org_id, valid_from, assigned_by) VALUES ({other}, 'committee', {first}, '2026-01-01', 1)"
    );
    assert!(place.world.try_sql(&twice).is_err());
    // All below, as the preview shows it; a preview that is not true any more changes nothing.
    let preview = committee.get(&format!("/guidance/groups/{other}/assign?under={}", place.committee)).await;
    assert!(preview.body.contains("把这 8 个加进名单"), "{}", preview.body);
    let under = place.committee.to_string();
    let below = path(other, "assign-below");
    assert_eq!(committee.post(&below, &[("under", &under), ("seen", "7")]).await.status, 409);
    assert_eq!(committee.post(&below, &[("under", &under), ("seen", "8")]).await.status, 303);
    assert_eq!(place.count("guidance_assignments WHERE valid_to IS NULL"), 9);
    // On a list, but in the group is nobody: that is no contact.
    let page = committee.get("/guidance/uncovered").await;
    let list = page.between("id=\"h-list\"", "id=\"h-sums\"");
    assert!(list.contains("8 个支部没有人联系") && list.contains("堰口第2支部"), "{list}");
    assert!(list.contains("组里没有能去的组员") && !list.contains("堰口第1支部"), "{list}");
    assert!(committee.get("/guidance").await.body.contains("8 个支部没有人联系"));
    // It is on a list, and so cannot be put on another one.
    let free = committee.get(&path(place.group, "assign")).await;
    assert!(!free.body.contains("堰口第2支部"), "{}", free.body);
    join(&committee, other, &number(&place.world, "guide")).await;
    assert!(committee.get("/guidance/uncovered").await.body.contains("每个支部都有人联系"));
    assert!(committee.get("/guidance").await.body.contains("每个支部都有人联系"));
    // The last member may go; then the report names the branches again. Who begins later is none yet.
    let guide = person(&place.world, "guide");
    leave(&committee, other, guide).await;
    assert!(committee.get("/guidance/uncovered").await.body.contains("8 个支部没有人联系"));
    let later =
        [("number", number(&place.world, "alliance")), ("from", (today() + Duration::days(9)).to_string())];
    let later: Vec<(&str, &str)> = later.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(committee.post(&path(other, "members"), &later).await.status, 303);
    assert!(committee.get("/guidance/uncovered").await.body.contains("8 个支部没有人联系"));
    // Whoever belongs to a branch does not guide it: with nobody else in the group it has no contact.
    join(&committee, other, &number(&place.world, "town")).await;
    moves(&place.world, person(&place.world, "town"), place.branches[4], "D7654320", 0);
    let page = committee.get("/guidance/uncovered").await;
    let list = page.between("id=\"h-list\"", "id=\"h-sums\"");
    assert!(list.contains("1 个支部没有人联系") && list.contains("堰口第4支部"), "{list}");
    join(&committee, other, &number(&place.world, "guide")).await;
    assert!(committee.get("/guidance/uncovered").await.body.contains("每个支部都有人联系"));
    // A branch that comes later has nobody, and is named; so has one that is taken off a list.
    assert_eq!(
        committee.post(&path(other, "unassign"), &[("org", &place.branches[2].to_string())]).await.status,
        303
    );
    let page = committee.get("/guidance/uncovered").await;
    let list = page.between("id=\"h-list\"", "id=\"h-sums\"");
    assert!(list.contains("堰口第2支部") && !list.contains("堰口第3支部"), "{list}");
    assert_eq!(committee.post(&path(other, "close"), &[]).await.status, 409, "it still guides eight");
}

#[actix_web::test]
async fn of_two_groups_that_take_a_branch_at_once_one_has_it() {
    let place = Place::new().await;
    let other = place.another("二组").await;
    let (db, branches) = (&place.world.db, &place.branches);
    let by = hand(&place.world, "committee", clock::now());
    for branch in branches.iter().skip(1) {
        let taken: Vec<bool> = std::thread::scope(|scope| {
            let tries: Vec<_> = [place.group, other]
                .into_iter()
                .map(|id| {
                    let by = by.clone();
                    scope.spawn(move || {
                        db.write_now(|conn| {
                            let group = guidance::group(conn, GuidanceGroupId(id))?;
                            guidance::assign(conn, &group, &[OrgId(*branch)], &by)
                        })
                        .is_ok()
                    })
                })
                .collect();
            tries.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(taken.iter().filter(|one| **one).count(), 1, "branch {branch}");
    }
    assert_eq!(place.count("guidance_assignments"), 8);
}

#[actix_web::test]
async fn nobody_guides_the_own_branch() {
    let place = Place::new().await;
    let committee = place.committee().await;
    let home = place.branches[0];
    // The member belongs to the first branch.
    let no = number(&place.world, "member");
    let members = format!("/guidance/groups/{}/members", place.group);
    let fields = [("number", no.as_str()), ("from", "2026-01-01")];
    assert_eq!(committee.post(&members, &fields).await.status, 303);
    let refused = committee
        .post(&format!("/guidance/groups/{}/assign", place.group), &[("org", &home.to_string())])
        .await;
    assert!(refused.status == 409 && refused.body.contains("不能指导自己所在的支部"), "{}", refused.body);
    assert_eq!(place.count("guidance_assignments"), 0);
    // The other way round: the branch is on the list, its member does not come into the group.
    let other = place.another("二组").await;
    place.assigned(other, &[home]);
    let refused = committee.post(&format!("/guidance/groups/{other}/members"), &fields).await;
    assert!(refused.status == 422 && refused.body.contains("不能指导自己所在的支部"), "{}", refused.body);
    assert!(refused.body.contains(&format!("value=\"{no}\"")), "what was typed stays");
    assert_eq!(committee.post(&members, &[("number", "D999"), ("from", "2026-01-01")]).await.status, 422);
    // Whoever moves later: the group's page names them, they are not present at a visit, and the record says so.
    place.assigned(place.group, &place.branches[1..]);
    let moved = PersonId(person(&place.world, "member"));
    place
        .world
        .db
        .write_now(|conn| people::transfer(conn, moved, OrgId(place.branches[3]), "D7654321", clock::now()))
        .unwrap();
    let page = committee.get(&format!("/guidance/groups/{}", place.group)).await;
    assert!(page.body.contains("的组织关系转到了 堰口第3支部"), "{}", page.body);
    let guide = place.world.signed_in("guide").await;
    let send = format!("/guidance/visit/{}/send", place.group);
    let at_once = changed(&place.visit(place.branches[3], &random_hex(16)), "day", &today().to_string());
    let mut fields = at_once.clone();
    fields.push(("member".into(), moved.0.to_string()));
    let refused = post(&guide, &send, &fields).await;
    assert!(refused.status == 422 && refused.body.contains("不能指导自己所在的支部"), "{}", refused.body);
    let kept = post(&guide, &send, &at_once).await;
    let told: Value = serde_json::from_str(&kept.body).unwrap();
    assert_eq!(told["state"], "accepted");
    assert_eq!(told["warnings"].as_array().unwrap().len(), 1, "{told}");
    // A plan sends the others there, and whoever moved to all the other places.
    let new = NewPlan { half: Half::of(today()).next(), seed: "s".into(), sample: 0, key: random_hex(16) };
    let by = hand(&place.world, "committee", clock::now());
    let orgs = place
        .world
        .db
        .write_now(|conn| {
            let group = guidance::group(conn, GuidanceGroupId(place.group))?;
            guidance::make_plan(conn, &group, &new, &by)?;
            guidance::planned_days(conn, &group)
        })
        .unwrap();
    assert_eq!(orgs.len(), 8);
    let goes = |place: String| {
        format!("guidance_slots WHERE {place} AND (first_id = {} OR second_id = {})", moved.0, moved.0)
    };
    assert_eq!(place.count(&goes(format!("org_id = {}", place.branches[3]))), 0);
    assert!(place.count(&goes(format!("org_id <> {}", place.branches[3]))) >= 4, "a third of sixteen");
    let page = committee.get(&format!("/guidance/groups/{}/plan", place.group)).await;
    assert!(page.body.contains("堰口第3支部") && page.body.contains("完全一致"), "{}", page.body);
}

#[actix_web::test]
async fn who_is_at_home_is_asked_of_the_day_of_the_visit() {
    let place = Place::new().await;
    place.assigned(place.group, &place.branches);
    // Until forty days ago elsewhere, then at the second branch, and from today at the fifth.
    let who = person(&place.world, "guide");
    moves(&place.world, who, place.branches[2], "D7654331", 40);
    moves(&place.world, who, place.branches[5], "D7654332", 0);
    let guide = place.world.signed_in("guide").await;
    let send = format!("/guidance/visit/{}/send", place.group);
    for (branch, days, is_home) in
        [(2, 10, true), (5, 10, false), (2, 0, false), (5, 0, true), (2, 60, false)]
    {
        let day = (today() - Duration::days(days)).to_string();
        let fields = changed(&place.visit(place.branches[branch], &random_hex(16)), "day", &day);
        let answer = post(&guide, &send, &fields).await;
        let status = if is_home { 422 } else { 200 };
        assert_eq!(answer.status, status, "branch {branch}, {days} days ago: {}", answer.body);
        assert_eq!(answer.body.contains("不能指导自己所在的支部"), is_home, "{}", answer.body);
    }
    assert_eq!(place.count("guidance_visits"), 3);
    // A correction is asked the same.
    let record =
        place.world.number(&format!("SELECT id FROM guidance_visits WHERE org_id = {}", place.branches[5]));
    let fields = place.visit(place.branches[5], &random_hex(16));
    let fields = changed(&changed(&fields, "seen", "1"), "reason", "写错了日期");
    let correct = format!("/guidance/visits/{record}/correct");
    let refused = post(&guide, &correct, &changed(&fields, "day", &today().to_string())).await;
    assert!(refused.status == 422 && refused.body.contains("不能指导自己所在的支部"), "{}", refused.body);
    assert_eq!(post(&guide, &correct, &fields).await.status, 303, "yesterday it was not home yet");
}

/// Makes a plan of the next half-year by the form: where it leads, when, and who goes.
async fn drawn(browser: &Browser<'_>, group: i64, seed: &str, sample: &str) -> Vec<(i64, String, [i64; 2])> {
    let (path, key) = (format!("/guidance/groups/{group}/plan"), random_hex(16));
    let fields = [("seed", seed), ("sample", sample), ("next", "1"), ("key", key.as_str())];
    let answer = browser.post(&path, &fields).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let newest = format!("SELECT MAX(id) FROM guidance_plans WHERE group_id = {group}");
    let id = browser.world.number(&newest);
    let told: Value = serde_json::from_str(&browser.get(&format!("{path}/{id}.json")).await.body).unwrap();
    let visit = |one: &Value| {
        let pair = [0, 1].map(|place| one["members"][place].as_i64().unwrap());
        (one["org"].as_i64().unwrap(), one["day"].as_str().unwrap().to_owned(), pair)
    };
    let mut visits: Vec<_> = told["visits"].as_array().unwrap().iter().map(visit).collect();
    visits.sort_unstable();
    visits
}

#[actix_web::test]
async fn the_city_guides_committees_and_samples_their_branches() {
    let place = Place::new().await;
    let (committee, organizer) = (place.committee().await, place.world.signed_in("organizer").await);
    let city = place.world.number("SELECT id FROM orgs WHERE level = 'city'");
    let (first, second) = (made(&organizer, "市一组", city).await, made(&organizer, "市二组", city).await);
    let path = |group: i64, what: &str| format!("/guidance/groups/{group}/{what}");
    for name in ["guide", "alliance", "town"] {
        join(&organizer, first, &number(&place.world, name)).await;
    }
    assert!(committee.get("/guidance/uncovered").await.body.contains("没有市委指导组联系的党委"));
    // Committees are the city's, branches the committee's; each has one list.
    let (own, branch) = (place.committee.to_string(), place.branches[1].to_string());
    for (browser, group, org) in [(&organizer, first, &branch), (&committee, place.group, &own)] {
        let refused = browser.post(&path(group, "assign"), &[("org", org)]).await;
        assert!(refused.status == 409 && refused.body.contains("不归这个组指导"), "{}", refused.body);
    }
    assert_eq!(organizer.post(&path(first, "assign"), &[("org", &own)]).await.status, 303);
    let refused = organizer.post(&path(second, "assign"), &[("org", &own)]).await;
    assert!(refused.status == 409 && refused.body.contains("已经由别的组联系"), "{}", refused.body);
    let twice = format!(
        "INSERT INTO guidance_assignments (group_id, tier, org_id, valid_from, assigned_by) VALUES ({second}, 'city', {own}, '2026-01-01', 1)"
    );
    assert!(place.world.try_sql(&twice).is_err());
    assert!(!committee.get("/guidance/uncovered").await.body.contains("没有市委指导组联系的党委"));
    let below = [("under", own.as_str()), ("seen", "9")];
    assert_eq!(committee.post(&path(place.group, "assign-below"), &below).await.status, 303);
    let other = place.another("二组").await;
    assert_eq!(committee.post(&path(other, "assign"), &[("org", &branch)]).await.status, 409);
    let lists = "SELECT COUNT(*) FROM (SELECT org_id FROM guidance_assignments WHERE tier = 'committee' AND valid_to IS NULL GROUP BY org_id HAVING COUNT(*) = 1) AS x";
    assert_eq!((place.world.number(lists), place.count("guidance_assignments")), (9, 10));
    assert!(committee.get("/guidance/uncovered").await.body.contains("每个支部都有人联系"));
    // One of the three belongs to a branch of the committee by now: not sent there, nor to the committee.
    let third = person(&place.world, "town");
    moves(&place.world, third, place.branches[2], "D7654341", 0);
    let all = drawn(&organizer, first, "种子一", "500").await;
    let where_to: BTreeSet<i64> = all.iter().map(|one| one.0).collect();
    assert_eq!(where_to, place.branches.iter().copied().chain([place.committee]).collect());
    assert_eq!(all.len(), 10, "the committee and each of its branches once");
    for (org, _, pair) in &all {
        let is_home = [place.committee, place.branches[2]].contains(org);
        assert!(!(is_home && pair.contains(&third)), "{org} {pair:?}");
    }
    assert!(all.iter().any(|(.., pair)| pair.contains(&third)));
    // Four of nine: the same again with the same seed, others with others.
    let some = drawn(&organizer, first, "种子二", "4").await;
    assert_eq!(some.len(), 5);
    let branches: BTreeSet<i64> = place.branches.iter().copied().collect();
    assert_eq!(some.iter().filter(|one| branches.contains(&one.0)).count(), 4);
    assert_eq!(drawn(&organizer, first, "种子二", "4").await, some);
    let mut draws = BTreeSet::new();
    for seed in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        let drawn = drawn(&organizer, first, seed, "4").await;
        draws.insert(drawn.into_iter().map(|one| one.0).collect::<BTreeSet<i64>>());
    }
    assert!(draws.len() > 1, "the seed decides");
    // What was drawn is visited, and told by the city's group: the committee sees that, not what it wrote.
    let guide = place.world.signed_in("guide").await;
    let fields = changed(&place.visit(place.branches[1], &random_hex(16)), "day", &today().to_string());
    let sent = post(&guide, &format!("/guidance/visit/{first}/send"), &fields).await;
    assert_eq!(sent.status, 200, "{}", sent.body);
    let link = format!("/guidance/visits/{}", place.world.number("SELECT MAX(id) FROM guidance_visits"));
    let figures = format!("/guidance/figures?org={own}");
    let page = committee.get(&figures).await;
    assert!(page.body.contains("市一组") && !page.body.contains(&link), "{}", page.body);
    assert!(organizer.get(&figures).await.body.contains(&link));
    // With two left, one of them at home there: no pair for the committee, and the plan says so.
    leave(&organizer, first, person(&place.world, "alliance")).await;
    let plans = place.count("guidance_plans");
    let key = random_hex(16);
    let fields = [("seed", "x"), ("sample", "4"), ("next", "1"), ("key", key.as_str())];
    let refused = organizer.post(&path(first, "plan"), &fields).await;
    assert!(refused.status == 422 && refused.body.contains("派不出两个人"), "{}", refused.body);
    assert_eq!(place.count("guidance_plans"), plans);
}

#[actix_web::test]
async fn a_plan_follows_from_its_seed_and_a_later_one_leaves_what_was_visited() {
    let place = Place::new().await;
    place.assigned(place.group, &place.branches[1..]);
    let committee = place.committee().await;
    let path = format!("/guidance/groups/{}/plan", place.group);
    let form = committee.get(&path).await;
    let key = form.key();
    let fields = [("seed", "2026-堰"), ("next", "1"), ("key", key.as_str())];
    assert_eq!(committee.post(&path, &fields).await.status, 303);
    assert_eq!(committee.post(&path, &fields).await.status, 303, "sent twice");
    assert_eq!((place.count("guidance_plans"), place.count("guidance_slots")), (1, 8));
    assert!(place.count("guidance_slots WHERE is_announced = FALSE") >= 3, "three in ten of each kind");
    let page = committee.get(&path).await;
    assert!(page.body.contains("2026-堰") && page.body.contains("完全一致"), "{}", page.body);
    let id = place.world.number("SELECT id FROM guidance_plans");
    let told: Value = serde_json::from_str(&committee.get(&format!("{path}/{id}.json")).await.body).unwrap();
    assert_eq!((told["seed"].as_str(), told["visits"].as_array().map(Vec::len)), (Some("2026-堰"), Some(8)));
    assert_eq!(told["inputs"]["orgs"].as_array().unwrap().len(), 8);
    // Without a calendar there are no working days; a group of one goes nowhere.
    place.world.sql("UPDATE calendar_years SET verdict = 'refused'");
    let refused = committee.post(&path, &[("seed", "x"), ("next", "1"), ("key", &random_hex(16))]).await;
    assert!(refused.status == 422 && refused.body.contains("工作日历"), "{}", refused.body);
    place.world.sql("UPDATE calendar_years SET verdict = 'approved'");
    // Of this half-year, from its beginning; then two are visited, and the rest is planned again.
    let half = Half::of(today());
    let make = |seed: &str, from: NaiveDate| {
        let new = NewPlan { half, seed: seed.into(), sample: 0, key: random_hex(16) };
        let by = hand(&place.world, "committee", clock::now());
        place.world.db.write_now(|conn| {
            let group = guidance::group(conn, GuidanceGroupId(place.group))?;
            guidance::make_plan_from(conn, &group, &new, from, &by)?;
            guidance::planned_days(conn, &group)
        })
    };
    let mut first = make("a", half.first_day()).unwrap();
    let mut again = make("a", half.first_day()).unwrap();
    first.sort_unstable();
    again.sort_unstable();
    assert_eq!(first, again, "the same seed, the same plan");
    assert_ne!(
        make("b", half.first_day()).unwrap().into_iter().collect::<std::collections::BTreeSet<_>>(),
        first.into_iter().collect()
    );
    let at = clock::midnight(half.first_day()) + Duration::hours(80);
    for branch in [place.branches[2], place.branches[5]] {
        let visit = NewVisit {
            org: OrgId(branch),
            day: clock::day(at),
            members: ["guide", "alliance"].map(|name| PersonId(person(&place.world, name))).to_vec(),
            is_announced: true,
            event: None,
            findings: vec![],
            good: String::new(),
            contact: String::new(),
            is_told: false,
            reason: String::new(),
            key: random_hex(16),
        };
        let by = hand(&place.world, "guide", at);
        place
            .world
            .db
            .write_now(|conn| {
                let group = guidance::group(conn, GuidanceGroupId(place.group))?;
                guidance::record(conn, &group, &visit, &by)
            })
            .unwrap();
    }
    assert_eq!(place.count("guidance_visits"), 2);
    let rest = make("c", half.first_day()).unwrap();
    assert_eq!(rest.len(), 6);
    assert!(!rest.iter().any(|(org, _)| [place.branches[2], place.branches[5]].contains(org)));
    assert_eq!(place.count("guidance_visits"), 2, "what was visited stays");
    assert_eq!(place.world.number("SELECT MAX(version) FROM guidance_plans"), 4);
    for table in ["guidance_plans", "guidance_slots", "guidance_visit_revisions", "guidance_visit_people"] {
        assert!(place.world.try_sql(&format!("DELETE FROM {table}")).is_err(), "{table} only grows");
    }
    let member = place.world.signed_in("member").await;
    assert_eq!(member.get(&path).await.status, 404);
}

#[actix_web::test]
async fn a_record_that_a_phone_sends_twice_is_one() {
    let place = Place::new().await;
    place.assigned(place.group, &place.branches);
    let guide = place.world.signed_in("guide").await;
    let (send, plain) =
        (format!("/guidance/visit/{}/send", place.group), format!("/guidance/visit/{}", place.group));
    let fields = place.visit(place.branches[1], &random_hex(16));
    let told = |answer: &crate::world::Answer| serde_json::from_str::<Value>(&answer.body).unwrap();
    let first = post(&guide, &send, &fields).await;
    assert_eq!(first.status, 200, "{}", first.body);
    let second = post(&guide, &send, &fields).await;
    assert_eq!(told(&first)["link"], told(&second)["link"]);
    assert_eq!(post(&guide, &plain, &fields).await.status, 303, "the form of the page, with the same key");
    assert_eq!((place.count("guidance_visits"), place.count("guidance_visit_revisions")), (1, 1));
    // At once: one.
    let at_once = place.visit(place.branches[2], &random_hex(16));
    let (one, other) = both(post(&guide, &send, &at_once), post(&guide, &send, &at_once)).await;
    assert_eq!((one.status.as_u16(), other.status.as_u16()), (200, 200));
    assert_eq!(place.count("guidance_visits"), 2);
    // Somebody else's key, and what another account typed.
    let alliance = place.world.signed_in("alliance").await;
    assert_eq!(post(&alliance, &send, &fields).await.status, 422);
    let typed = changed(
        &place.visit(place.branches[3], &random_hex(16)),
        "account",
        &account(&place.world, "guide").to_string(),
    );
    let refused = post(&alliance, &send, &typed).await;
    assert!(refused.status == 422 && refused.body.contains("另一个账号"), "{}", refused.body);
    assert_eq!(post(&guide, &send, &typed).await.status, 200);
    assert_eq!(place.count("guidance_visits"), 3);
    // What the rules say, at its field; nothing is recorded, and the page has what was typed.
    let good = place.visit(place.branches[4], &random_hex(16));
    let alone: Vec<_> = good
        .iter()
        .filter(|(name, _)| name != "member")
        .cloned()
        .chain([("member".into(), person(&place.world, "guide").to_string())])
        .collect();
    for (fields, field, words) in [
        (changed(&good, "day", &(today() + Duration::days(1)).to_string()), "day", "还没有到"),
        (changed(&good, "day", &(today() - Duration::days(91)).to_string()), "day", "以内"),
        (alone, "member", "两名组员"),
        (changed(&good, "member", &person(&place.world, "town").to_string()), "member", "当天的组员"),
        (
            changed(
                &good,
                "org",
                &place
                    .world
                    .number("SELECT scope_id FROM grants WHERE role = 'secretary' ORDER BY id DESC LIMIT 1")
                    .to_string(),
            ),
            "org",
            "不由这个组",
        ),
        (changed(&good, "event", "1"), "event", "不是这个组织的"),
        (changed(&good, "announced", ""), "announced", "请选"),
    ] {
        let fields = changed(&fields, "good", "还在的字");
        let refused = post(&guide, &send, &fields).await;
        assert_eq!(refused.status, 422, "{field}: {}", refused.body);
        let problems = told(&refused)["problems"].clone();
        assert!(
            problems
                .as_array()
                .unwrap()
                .iter()
                .any(|one| one[0] == field && one[1].as_str().unwrap().contains(words)),
            "{problems}"
        );
        let page = post(&guide, &plain, &fields).await;
        assert!(page.status == 422 && page.body.contains(words) && page.body.contains("还在的字"), "{field}");
    }
    assert_eq!(place.count("guidance_visits"), 3);
}

/// Both of two futures, side by side.
async fn both<T>(one: impl Future<Output = T>, other: impl Future<Output = T>) -> (T, T) {
    let (mut one, mut other) = (Box::pin(one), Box::pin(other));
    let (mut first, mut second) = (None, None);
    std::future::poll_fn(move |cx| {
        if first.is_none()
            && let Poll::Ready(done) = one.as_mut().poll(cx)
        {
            first = Some(done);
        }
        if second.is_none()
            && let Poll::Ready(done) = other.as_mut().poll(cx)
        {
            second = Some(done);
        }
        match (first.take(), second.take()) {
            (Some(one), Some(other)) => Poll::Ready((one, other)),
            (a, b) => {
                (first, second) = (a, b);
                Poll::Pending
            }
        }
    })
    .await
}

#[actix_web::test]
async fn a_correction_appends_a_revision_and_the_second_of_two_is_told() {
    let place = Place::new().await;
    place.assigned(place.group, &place.branches);
    let guide = place.world.signed_in("guide").await;
    let fields = changed(&place.visit(place.branches[1], &random_hex(16)), "good", "原来写的");
    let answer = post(&guide, &format!("/guidance/visit/{}", place.group), &fields).await;
    let record = answer.location.unwrap().split('?').next().unwrap().to_owned();
    let correct = format!("{record}/correct");
    let page = guide.get(&correct).await;
    assert!(page.body.contains("原来写的"));
    let new = |reason: &str| {
        let fields = changed(&changed(&fields, "good", "更正以后"), "seen", "1");
        changed(&changed(&fields, "reason", reason), "key", &random_hex(16))
    };
    assert_eq!(post(&guide, &correct, &new("")).await.status, 422, "why?");
    let sent = new("写错了日期");
    assert_eq!(post(&guide, &correct, &sent).await.status, 303);
    assert_eq!(post(&guide, &correct, &sent).await.status, 303, "sent twice");
    assert_eq!(post(&guide, &correct, &new("另一份")).await.status, 409);
    let page = guide.get(&record).await;
    assert!(
        page.body.contains("更正以后") && page.body.contains("原来写的") && page.body.contains("写错了日期")
    );
    assert_eq!((place.count("guidance_visits"), place.count("guidance_visit_revisions")), (1, 2));
}

#[actix_web::test]
async fn whoever_mended_it_does_not_verify_it() {
    let place = Place::new().await;
    place.assigned(place.group, &place.branches);
    let guide = place.world.signed_in("guide").await;
    let fields = place.finding(place.branches[0], "");
    assert_eq!(post(&guide, &format!("/guidance/visit/{}", place.group), &fields).await.status, 303);
    let id = place.world.number("SELECT id FROM guidance_findings");
    let state = || place.world.text("SELECT state FROM guidance_findings");
    assert_eq!(state(), "open");
    let (branch, group) = (format!("/branch/findings/{id}"), format!("/guidance/findings/{id}"));
    let step = async |browser: &Browser<'_>, path: &str, fields: &[(&str, &str)]| {
        let seen = place.world.text("SELECT steps FROM guidance_findings");
        let key = random_hex(16);
        let mut fields = fields.to_vec();
        fields.extend([("seen", seen.as_str()), ("key", key.as_str())]);
        browser.post(path, &fields).await
    };
    let secretary = place.world.signed_in("secretary").await;
    assert!(secretary.get("/me/inbox").await.body.contains("走访了本支部"));
    assert!(secretary.get("/branch/findings").await.body.contains("会议记录没有写明缺席的人"));
    // Another branch's secretary, another group's guide, a member: there is no such page.
    let stranger = place.world.signed_in("secretary2").await;
    assert_eq!(stranger.get(&branch).await.status, 404);
    assert_eq!(step(&stranger, &branch, &[("state", "fixed"), ("text", "改了")]).await.status, 404);
    assert_eq!(secretary.get(&group).await.status, 404);
    assert_eq!(guide.post(&branch, &[]).await.status, 403);
    let later = (today() + Duration::days(20)).to_string();
    assert_eq!(step(&secretary, &branch, &[("state", "promised")]).await.status, 422, "for which day?");
    let past = (today() - Duration::days(1)).to_string();
    assert_eq!(step(&secretary, &branch, &[("state", "promised"), ("due", &past)]).await.status, 422);
    assert_eq!(
        step(&secretary, &branch, &[("state", "verified")]).await.status,
        422,
        "not the branch's step"
    );
    assert_eq!(step(&guide, &group, &[("state", "verified")]).await.status, 422, "nothing is mended yet");
    assert_eq!(step(&secretary, &branch, &[("state", "promised"), ("due", &later)]).await.status, 303);
    assert_eq!(state(), "promised");
    // `alliance` is of the group, and a clerk of the branch.
    place.world.sql(&format!(
        "INSERT INTO grants (account_id, role, scope_kind, scope_id, granted_at) VALUES ({}, 'clerk', 'branch', {}, CURRENT_TIMESTAMP)",
        account(&place.world, "alliance"),
        place.branches[0]
    ));
    let both = place.world.signed_in("alliance").await;
    assert_eq!(step(&both, &branch, &[("state", "fixed"), ("text", "补写了")]).await.status, 303);
    let refused = step(&both, &group, &[("state", "verified")]).await;
    assert!(refused.status == 422 && refused.body.contains("不能自己核实"), "{}", refused.body);
    assert_eq!(state(), "fixed");
    // Not good enough: why?
    assert_eq!(step(&guide, &group, &[("state", "reopened")]).await.status, 422);
    assert_eq!(step(&guide, &group, &[("state", "reopened"), ("text", "还缺一次")]).await.status, 303);
    assert_eq!(step(&secretary, &branch, &[("state", "fixed"), ("text", "都补了")]).await.status, 303);
    // Two at once: what was seen is not so any more.
    let key = random_hex(16);
    let old = [("state", "verified"), ("seen", "2"), ("key", key.as_str())];
    assert_eq!(guide.post(&group, &old).await.status, 422);
    assert_eq!(step(&guide, &group, &[("state", "verified")]).await.status, 303);
    assert_eq!((state().as_str(), place.count("guidance_steps")), ("verified", 6));
    assert!(place.world.try_sql("UPDATE guidance_steps SET state = 'fixed'").is_err());
    assert!(secretary.get("/me/inbox").await.body.contains("核实了一条整改"));
    // A member who belongs to the branch by now does not verify either.
    place.world.sql("UPDATE guidance_findings SET state = 'fixed'");
    let moved = PersonId(person(&place.world, "guide"));
    place
        .world
        .db
        .write_now(|conn| people::transfer(conn, moved, OrgId(place.branches[0]), "D7654322", clock::now()))
        .unwrap();
    let refused = step(&guide, &group, &[("state", "verified")]).await;
    assert!(refused.status == 422 && refused.body.contains("自己所在的支部"), "{}", refused.body);
}

#[actix_web::test]
async fn a_promise_holds_to_the_end_of_a_working_day_and_is_reminded_of_once() {
    let place = Place::new().await;
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    // 1 to 7 October 2026 are off, Saturday 10 is worked.
    for (promised, due) in [
        ("2026-09-30", "2026-09-30"),
        ("2026-10-01", "2026-10-08"),
        ("2026-10-10", "2026-10-10"),
        ("2026-10-11", "2026-10-12"),
    ] {
        let found = place.world.db.read_now(|conn| guidance::due_of(conn, day(promised))).unwrap();
        assert_eq!(found, day(due), "{promised}");
        // It is late on the day after that one, and not on it.
        for (at, is_late) in [(day(due), false), (day(due) + Duration::days(1), true)] {
            let until = place.world.db.read_now(|conn| guidance::overdue_until(conn, at)).unwrap();
            assert_eq!(day(promised) <= until, is_late, "{promised} on {at}");
        }
    }
    place.assigned(place.group, &place.branches);
    let guide = place.world.signed_in("guide").await;
    let promised = today() + Duration::days(30);
    let fields = place.finding(place.branches[0], &promised.to_string());
    assert_eq!(post(&guide, &format!("/guidance/visit/{}", place.group), &fields).await.status, 303);
    let told = |like: &str| place.count(&format!("notices WHERE key LIKE 'finding-%-{like}-%'"));
    let remind =
        |at: NaiveDate| guidance::remind(&place.world.db, clock::midnight(at) + Duration::hours(9)).unwrap();
    remind(today());
    assert_eq!((told("before"), told("after")), (0, 0), "a month ahead");
    remind(promised - Duration::days(1));
    remind(promised - Duration::days(1));
    // The secretary and the clerk of the branch.
    assert_eq!((told("before"), told("after")), (2, 0));
    remind(promised + Duration::days(20));
    remind(promised + Duration::days(21));
    assert_eq!((told("before"), told("after")), (2, 4), "the branch and both members of the group");
    // What is mended is not reminded of.
    place.world.sql("UPDATE guidance_findings SET state = 'fixed', told_before = NULL, told_after = NULL");
    remind(promised + Duration::days(40));
    assert_eq!(place.count("guidance_findings WHERE told_after IS NOT NULL"), 0);
}

#[actix_web::test]
async fn every_sum_is_the_sum_of_its_branches() {
    let place = Place::new().await;
    place.assigned(place.group, &place.branches[..6]);
    let guide = place.world.signed_in("guide").await;
    let path = format!("/guidance/visit/{}", place.group);
    for (branch, due) in [(0, 5), (1, 5), (1, 40), (2, 0)] {
        let due = if due == 0 { String::new() } else { (today() + Duration::days(due)).to_string() };
        let fields = changed(&place.finding(place.branches[branch], &due), "day", &today().to_string());
        assert_eq!(post(&guide, &path, &fields).await.status, 303);
    }
    place.world.sql("UPDATE guidance_findings SET state = 'verified' WHERE promised_for IS NULL");
    // Two of the promises as if they had been for a month ago.
    let then = today();
    place.world.sql(&format!(
        "UPDATE guidance_findings SET promised_for = '{}' WHERE promised_for < '{}'",
        then - Duration::days(30),
        then + Duration::days(20)
    ));
    let paths = |sql: &str| place.world.text(sql);
    let committee = paths(&format!("SELECT path FROM orgs WHERE id = {}", place.committee));
    let half = Half::of(then);
    let of = |scope: &[String]| {
        place.world.db.read_now(|conn| guidance::coverage(conn, scope, half, then)).unwrap()
    };
    let own = of(std::slice::from_ref(&committee));
    assert_eq!((own.whole.branches, own.whole.with_contact, own.whole.visited), (9, 6, 3));
    assert_eq!((own.whole.open, own.whole.overdue, own.whole.verified), (3, 2, 1));
    let city = of(&["/".into()]);
    assert_eq!(city.whole.branches, place.count("orgs WHERE level = 'branch' AND valid_to IS NULL"));
    for all in [&own, &city, &of(&[committee.clone(), "/1/".into()])] {
        let sum = |count: fn(&guidance::coverage::Counts) -> i64| {
            let whole = count(&all.whole);
            assert_eq!(all.children.iter().map(|one| count(&one.counts)).sum::<i64>(), whole);
            whole
        };
        sum(|one| one.branches);
        sum(|one| one.with_contact);
        sum(|one| one.visited);
        sum(|one| one.planned);
        sum(|one| one.open);
        sum(|one| one.overdue);
        sum(|one| one.verified);
    }
    assert!(city.children.iter().any(|one| one.path == committee && one.counts == own.whole));
    let rows = place
        .world
        .db
        .read_now(|conn| {
            guidance::coverage::branches(conn, std::slice::from_ref(&committee), (half, then), (0, 100))
        })
        .unwrap();
    assert_eq!(rows.len(), 9);
    assert_eq!(rows.iter().map(|one| one.counts.open).sum::<i64>(), own.whole.open);
    // The pages: the committee sees itself, the auditor the city, neither anybody by rank.
    let page = place.committee().await.get("/guidance/figures").await;
    assert!(page.status == 200 && page.body.contains("堰口第1支部"), "{}", page.body);
    assert_eq!(place.world.signed_in("auditor").await.get("/guidance/figures").await.status, 200);
    let other = place.world.number(&format!(
        "SELECT id FROM orgs WHERE level = 'committee' AND id <> {} ORDER BY id LIMIT 1",
        place.committee
    ));
    assert_eq!(place.committee().await.get(&format!("/guidance/figures?org={other}")).await.status, 404);
}

/// A visit of `guide` and `alliance` at a branch on a day, as it was recorded that evening, with one thing found.
fn found(place: &Place, branch: i64, day: NaiveDate, promised_for: Option<NaiveDate>) {
    let (category, severity, text) = (Category::Records, Severity::Mend, "会议记录没有写明缺席的人".into());
    let visit = NewVisit {
        org: OrgId(branch),
        day,
        members: ["guide", "alliance"].map(|name| PersonId(person(&place.world, name))).to_vec(),
        is_announced: true,
        event: None,
        findings: vec![NewFinding { category, severity, text, promised_for }],
        good: String::new(),
        contact: String::new(),
        is_told: false,
        reason: String::new(),
        key: random_hex(16),
    };
    let by = hand(&place.world, "guide", clock::midnight(day) + Duration::hours(23));
    let before = place.count("guidance_visits");
    place
        .world
        .db
        .write_now(|conn| {
            let group = guidance::group(conn, GuidanceGroupId(place.group))?;
            guidance::record(conn, &group, &visit, &by)
        })
        .unwrap();
    assert_eq!(place.count("guidance_visits"), before + 1);
}

/// The figures as JSON.
async fn told(browser: &Browser<'_>, query: &str) -> Value {
    let answer = browser.get(&format!("/guidance/figures/export/figures.json{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

const NAMES: [&str; 7] = ["branches", "with_contact", "visited", "planned", "open", "overdue", "verified"];

/// A figure as it is written; a band is text.
fn figure(line: &Value, name: &str) -> String {
    line[name].as_str().map_or_else(|| line[name].to_string(), str::to_owned)
}

#[actix_web::test]
async fn page_and_files_say_the_same_of_every_half_year_there_was() {
    let place = Place::new().await;
    place.assigned(place.group, &place.branches[..6]);
    let (this, last) = (Half::of(today()), Half::of(today()).previous());
    // In the last half-year a finding that was overdue at its end, and is mended and verified since; in this one another.
    let day = last.end() - Duration::days(10);
    found(&place, place.branches[1], day, Some(day + Duration::days(5)));
    let id = place.world.number("SELECT id FROM guidance_findings");
    for (name, state) in [("secretary", State::Fixed), ("guide", State::Verified)] {
        let by = hand(&place.world, name, clock::now());
        place
            .world
            .db
            .write_now(|conn| {
                let finding = guidance::finding(conn, weixiao::ids::FindingId(id))?;
                let (seen, key) = (finding.steps, random_hex(16));
                let step = Step { state, promised_for: None, text: "补写了".into(), seen, key };
                guidance::step(conn, &finding, &step, &by)
            })
            .unwrap();
    }
    found(&place, place.branches[2], today(), None);
    let new = NewPlan { half: this, seed: "s".into(), sample: 0, key: random_hex(16) };
    let by = hand(&place.world, "committee", clock::now());
    place
        .world
        .db
        .write_now(|conn| {
            let group = guidance::group(conn, GuidanceGroupId(place.group))?;
            guidance::make_plan_from(conn, &group, &new, this.first_day(), &by)
        })
        .unwrap();
    let (committee, auditor) = (place.committee().await, place.world.signed_in("auditor").await);
    let copies = || place.count("audit_entries WHERE action = 'coverage_exported'");
    let before = copies();
    for (half, numbers) in [(last, [9, 6, 1, 0, 1, 1, 0]), (this, [9, 6, 1, 5, 1, 0, 0])] {
        let query = format!("?period={}", half.key());
        let json = told(&committee, &query).await;
        assert_eq!(json["period"], half.key());
        for (name, number) in NAMES.iter().zip(numbers) {
            assert_eq!(json["lines"][0][name], number, "{name} of {query}");
        }
        let trend: Vec<_> = json["trend"].as_array().unwrap().iter().rev().take(2).collect();
        assert_eq!(trend[0]["period"], half.key());
        assert_eq!(trend[0]["visited"], 1);
        assert_eq!(trend[1]["period"], half.previous().key());
        assert_eq!(trend[1]["branches"], 9);
        // Every line, on the page and in both tables.
        let page = committee.get(&format!("/guidance/figures{query}")).await.body;
        let csv = committee.get(&format!("/guidance/figures/export/figures.csv{query}")).await.body;
        let file = committee.get(&format!("/guidance/figures/export/figures.xlsx{query}")).await;
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(file.raw)).unwrap();
        let sheet = book.sheet_names()[0].clone();
        let range = book.worksheet_range(&sheet).unwrap();
        let rows: Vec<String> = range
            .rows()
            .map(|row| row.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
            .collect();
        let lines = json["lines"].as_array().unwrap();
        assert_eq!(lines.len(), 10, "the whole and nine branches");
        for line in lines {
            let name = line["name"].as_str().unwrap_or("合计");
            let cells = NAMES.map(|figures| figure(line, figures));
            let row = format!("{name},{}", cells.join(","));
            assert!(csv.contains(&row), "{row} in {csv}");
            assert!(rows.contains(&row), "{row} in {rows:?}");
            let wide = |place: usize| if [1, 3, 5, 6].contains(&place) { " only-wide" } else { "" };
            let html: String = (0..7)
                .map(|place| format!("<td class=\"n num{}\">{}</td>", wide(place), cells[place]))
                .collect();
            assert!(page.contains(&html) && page.contains(name), "{row}: {html}");
        }
        assert!(page.contains("<svg class=\"chart") && page.contains("怎样算"), "{page}");
        assert!(page.contains(&format!("value=\"{}\" selected", half.key())), "{page}");
        // From the city down: its sums are those of its committees, and the committee's line is what the committee sees.
        let city = told(&auditor, &query).await;
        let below = &city["lines"].as_array().unwrap()[1..];
        for name in NAMES {
            let sum: i64 = below.iter().map(|line| line[name].as_i64().unwrap()).sum();
            assert_eq!(city["lines"][0][name], sum, "{name} of {query}");
            let own = below.iter().find(|line| line["id"] == place.committee).unwrap();
            assert_eq!(own[name], json["lines"][0][name], "{name} of {query}");
        }
    }
    assert_eq!(copies(), before + 8, "each copy is on record");
    // Down to the visits and findings themselves, as they stood then.
    let link = |org: i64| format!("/guidance/figures?org={org}");
    let mut city = auditor.get("/guidance/figures").await.body;
    city.push_str(&auditor.get("/guidance/figures?page=2").await.body);
    assert!(city.contains(&link(place.committee)), "{city}");
    let page = auditor.get(&link(place.committee)).await.body;
    assert!(page.contains(&link(place.branches[2])) && page.contains("排在"), "{page}");
    let visits = |branch: i64| {
        let visit = place.world.number(&format!("SELECT id FROM guidance_visits WHERE org_id = {branch}"));
        format!("/guidance/visits/{visit}")
    };
    assert!(
        page.contains(&visits(place.branches[2])) && !page.contains(&visits(place.branches[1])),
        "{page}"
    );
    let then = format!("{}&period={}", link(place.branches[1]), last.key());
    let (then, now) = (committee.get(&then).await.body, committee.get(&link(place.branches[1])).await.body);
    let finding = format!("/guidance/findings/{id}");
    assert!(then.contains(&visits(place.branches[1])) && then.contains(&finding), "{then}");
    assert!(then.contains("过了约定的日期"), "it was late then: {then}");
    assert!(!now.contains(&finding) && !now.contains(&visits(place.branches[1])), "it is done: {now}");
    let page = committee.get(&link(place.branches[2])).await.body;
    assert!(page.contains(&visits(place.branches[2])) && page.contains("等支部答复"), "{page}");
    assert!(committee.get(&visits(place.branches[2])).await.status == 200);
    // Half-years that there were not, other files, and others' figures.
    for wrong in
        ["?period=1999-1".to_owned(), "?period=x".to_owned(), format!("?period={}", this.next().key())]
    {
        for path in ["/guidance/figures", "/guidance/figures/export/figures.csv"] {
            assert_eq!(committee.get(&format!("{path}{wrong}")).await.status, 404, "{path}{wrong}");
        }
    }
    assert_eq!(committee.get("/guidance/figures/export/figures.pdf").await.status, 404);
    let other = place.world.number(&format!(
        "SELECT id FROM orgs WHERE level = 'committee' AND id <> {} ORDER BY id LIMIT 1",
        place.committee
    ));
    let path = format!("/guidance/figures/export/figures.json?org={other}");
    assert_eq!(committee.get(&path).await.status, 404);
    assert_eq!(place.world.signed_in("secretary").await.get(&path).await.status, 403);
}

#[actix_web::test]
async fn a_group_is_seen_by_its_members_and_those_with_its_scope() {
    let place = Place::new().await;
    place.assigned(place.group, &place.branches);
    // A group of another committee, of which `guide` is no member although the grant is the city's.
    let other = place.world.number(&format!(
        "SELECT id FROM orgs WHERE level = 'committee' AND id <> {} ORDER BY id LIMIT 1",
        place.committee
    ));
    let organizer = place.world.signed_in("organizer").await;
    let key = random_hex(16);
    let made = organizer
        .post("/guidance", &[("name", "别处的组"), ("org", &other.to_string()), ("key", &key)])
        .await;
    let theirs: i64 = made
        .location
        .unwrap()
        .trim_start_matches("/guidance/groups/")
        .split('?')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    for (name, own, others) in [
        ("guide", 200, 404),
        ("committee", 200, 404),
        ("town", 200, 404),
        ("organizer", 200, 200),
        ("auditor", 200, 200),
        ("admin", 200, 200),
        ("secretary", 404, 404),
        ("member", 404, 404),
    ] {
        let browser = place.world.signed_in(name).await;
        for (group, status) in [(place.group, own), (theirs, others)] {
            for page in ["", "/plan", "/findings"] {
                let answer = browser.get(&format!("/guidance/groups/{group}{page}")).await;
                assert_eq!(answer.status, status, "{name} {group}{page}");
            }
        }
        if name == "guide" {
            assert_eq!(browser.get(&format!("/guidance/visit/{}", place.group)).await.status, 200);
            for page in [
                format!("/guidance/visit/{theirs}"),
                "/guidance/visit/9999".into(),
                "/guidance/visits/9999".into(),
            ] {
                assert_eq!(browser.get(&page).await.status, 404, "{page}");
            }
            let fields = place.visit(place.branches[1], &random_hex(16));
            assert_eq!(post(&browser, &format!("/guidance/visit/{theirs}"), &fields).await.status, 404);
            assert_eq!(post(&browser, &format!("/guidance/visit/{theirs}/send"), &fields).await.status, 404);
        }
    }
    // The committee makes no group elsewhere; whoever only sees makes none.
    let committee = place.committee().await;
    let (org, key) = (other.to_string(), random_hex(16));
    let fields = [("name", "越界的组"), ("org", org.as_str()), ("key", key.as_str())];
    assert_eq!(committee.post("/guidance", &fields).await.status, 422);
    assert_eq!(place.world.signed_in("town").await.post("/guidance", &fields).await.status, 403);
    assert_eq!(
        committee.post(&format!("/guidance/groups/{theirs}/name"), &[("name", "改名")]).await.status,
        404
    );
    // Whoever is no member any more has no group: from today on, also if a day before all of it is told.
    let guide = place.world.signed_in("guide").await;
    let who = person(&place.world, "guide");
    let end = [("person", who.to_string()), ("day", "2024-12-31".to_owned())];
    let end: Vec<(&str, &str)> = end.iter().map(|(a, b)| (*a, b.as_str())).collect();
    assert_eq!(
        committee.post(&format!("/guidance/groups/{}/members/end", place.group), &end).await.status,
        303
    );
    assert_eq!(guide.get(&format!("/guidance/visit/{}", place.group)).await.status, 404);
    let kept = format!(
        "guidance_members WHERE person_id = {who} AND valid_from = '2025-01-01' AND valid_to = '{}'",
        today()
    );
    assert_eq!(place.count(&kept), 1, "what was in force stays");
}
