//! Printed copies: the ledger and what it adds up to, who has one, who lacks one, and what a branch does with a list.
use crate::world::{Browser, World};
use weixiao::clock;
use weixiao::copies::{self, Balance, Kind, NewMove, Pile, effects};
use weixiao::db::Conn;
use weixiao::ids::{AccountId, OrgId, PersonId, PrintEditionId, random_hex};

/// The person, branch, committee and city of a demo account.
struct Places {
    person: i64,
    branch: i64,
    committee: i64,
    city: i64,
}

fn places(world: &World, name: &str) -> Places {
    let person = world.number(&format!("SELECT person_id FROM accounts WHERE username = '{name}'"));
    let branch = world.number(&format!(
        "SELECT branch_id FROM memberships WHERE person_id = {person} AND valid_to IS NULL"
    ));
    let path = world.text(&format!("SELECT path FROM orgs WHERE id = {branch}"));
    let ids: Vec<i64> = path.split('/').filter_map(|id| id.parse().ok()).collect();
    Places { person, branch, committee: ids[1], city: ids[0] }
}

async fn edition(world: &World, rule: &str) -> i64 {
    let organizer = world.signed_in("organizer").await;
    let form = organizer.get("/copies/new").await;
    let key = form.key();
    let fields = [
        ("title", "灌区巡查手册"),
        ("imprint", "水利出版社 2025"),
        ("rule", rule),
        ("started_on", "2026-01-05"),
        ("key", key.as_str()),
    ];
    let made = organizer.post("/copies/new", &fields).await;
    assert_eq!(made.status, 303, "{}", made.body);
    let again = organizer.post("/copies/new", &fields).await;
    assert_eq!(again.location, made.location, "the same post makes one edition");
    made.location.unwrap().split(['/', '?']).nth(2).unwrap().parse().unwrap()
}

fn today() -> String {
    clock::day(clock::now()).to_string()
}

async fn step(browser: &Browser<'_>, path: &str, step: &str, count: &str, reason: &str) -> u16 {
    let (day, key) = (today(), random_hex(16));
    let fields =
        [("step", step), ("count", count), ("reason", reason), ("day", day.as_str()), ("key", key.as_str())];
    browser.post(path, &fields).await.status.as_u16()
}

/// Orders for the whole town, issues to the committee and on to the branch, where it is received.
async fn bring(world: &World, edition: i64, to: &Places, count: i64) {
    let organizer = world.signed_in("organizer").await;
    let at = |org: i64| format!("/copies/{edition}/{org}");
    assert_eq!(step(&organizer, &format!("/copies/{edition}/order"), "order", "700", "").await, 303);
    assert_eq!(step(&organizer, &format!("/copies/{edition}/order"), "arrive", "700", "").await, 303);
    issue(&organizer, &at(to.city), to.committee, &count.to_string()).await;
    let committee = world.signed_in("committee").await;
    assert_eq!(step(&committee, &at(to.committee), "receive", &count.to_string(), "").await, 303);
    issue(&committee, &at(to.committee), to.branch, &count.to_string()).await;
    let secretary = world.signed_in("secretary").await;
    assert_eq!(step(&secretary, &at(to.branch), "receive", &count.to_string(), "").await, 303);
}

async fn issue(browser: &Browser<'_>, desk: &str, to: i64, count: &str) {
    let (to, day, key) = (to.to_string(), today(), random_hex(16));
    let fields = [("org", to.as_str()), ("count", count), ("day", day.as_str()), ("key", key.as_str())];
    let answer = browser.post(&format!("{desk}/issue"), &fields).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
}

fn balance(world: &World, edition: i64, org: i64) -> (i64, i64, i64, i64) {
    let of = |column: &str| {
        world.number(&format!(
            "SELECT COALESCE((SELECT {column} FROM copy_balances WHERE edition_id = {edition} AND org_id = {org}), 0)"
        ))
    };
    (of("coming"), of("stock"), of("held"), of("lost"))
}

/// What the ledger adds up to, by its own rule.
fn rebuilt(world: &World, edition: i64) {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        kind: String,
        #[diesel(sql_type = diesel::sql_types::Text)]
        pile: String,
        #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::BigInt>)]
        from_org: Option<i64>,
        #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::BigInt>)]
        to_org: Option<i64>,
        #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::BigInt>)]
        person_id: Option<i64>,
        #[diesel(sql_type = diesel::sql_types::Integer)]
        count: i32,
    }
    use diesel::RunQueryDsl;
    let sql = format!(
        "SELECT kind, pile, from_org, to_org, person_id, count FROM copy_moves WHERE edition_id = {edition} ORDER BY id"
    );
    let rows: Vec<Row> = world
        .db
        .write_now(|conn: &mut Conn| Ok(weixiao::either!(conn, c => diesel::sql_query(&sql).load(c))?))
        .unwrap();
    assert!(!rows.is_empty());
    let mut sums = std::collections::BTreeMap::<OrgId, Balance>::new();
    for row in rows {
        let ends = (row.from_org.map(OrgId), row.to_org.map(OrgId));
        let (kind, pile) = (Kind::of(&row.kind).unwrap(), Pile::of(&row.pile).unwrap());
        for (org, change) in effects(kind, pile, ends, row.person_id.is_some(), row.count) {
            let sum = sums.entry(org).or_default();
            *sum = *sum + change;
            assert!(sum.coming >= 0 && sum.stock >= 0 && sum.held >= 0 && sum.lost >= 0, "{sum:?}");
        }
    }
    let kept = world.db.read_now(|conn| copies::balances(conn, PrintEditionId(edition))).unwrap();
    assert_eq!(kept, sums.into_iter().collect::<Vec<_>>(), "balances are what the moves add up to");
}

#[actix_web::test]
async fn copies_go_from_the_order_to_the_member_and_nothing_gets_lost_on_the_way() {
    let world = World::new();
    let id = edition(&world, "member").await;
    let at = places(&world, "member");
    let members = world.number(&format!(
        "SELECT COUNT(*) FROM memberships WHERE branch_id = {} AND valid_to IS NULL",
        at.branch
    ));
    // What is proposed is one for each member who has none.
    let organizer = world.signed_in("organizer").await;
    let proposal = organizer.get(&format!("/copies/{id}/{}/issue", at.city)).await;
    assert_eq!(proposal.status, 200, "{}", proposal.body);
    let lacking = world.number("SELECT COUNT(*) FROM memberships WHERE valid_to IS NULL");
    assert!(proposal.body.contains(&format!("{lacking} 册")), "{}", proposal.body);
    bring(&world, id, &at, members).await;
    assert_eq!(balance(&world, id, at.branch), (0, members, 0, 0));
    assert_eq!(balance(&world, id, at.city), (0, 700 - members, 0, 0));

    let secretary = world.signed_in("secretary").await;
    let list = format!("/copies/{id}/{}/members", at.branch);
    let page = secretary.get(&list).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let (person, day, key) = (at.person.to_string(), today(), page.key());
    let fields = [("person", person.as_str()), ("day", day.as_str()), ("key", key.as_str())];
    for _ in 0..2 {
        assert_eq!(secretary.post(&list, &fields).await.status, 303, "the same list twice hands out once");
    }
    assert_eq!(balance(&world, id, at.branch), (0, members - 1, 1, 0));
    // Everybody else, of whom another member signs for some.
    let key = random_hex(16);
    let fields = [("all", "1"), ("proxy", person.as_str()), ("day", day.as_str()), ("key", key.as_str())];
    assert_eq!(secretary.post(&list, &fields).await.status, 303);
    assert_eq!(balance(&world, id, at.branch), (0, 0, members, 0));
    assert_eq!(world.number("SELECT COUNT(*) FROM copy_moves WHERE proxy_id IS NOT NULL"), members - 1);
    assert_eq!(
        world.number("SELECT COUNT(*) FROM notices WHERE link = '/me/copies'"),
        members - 1,
        "those for whom somebody signed are told"
    );
    rebuilt(&world, id);
    let sheet = secretary.get(&format!("/copies/{id}/{}/sheet", at.branch)).await;
    assert!(sheet.status == 200 && sheet.body.contains("本人签名"), "{}", sheet.body);
}

#[actix_web::test]
async fn what_is_not_there_cannot_be_given_away() {
    let world = World::new();
    let id = edition(&world, "member").await;
    let at = places(&world, "member");
    bring(&world, id, &at, 2).await;
    let secretary = world.signed_in("secretary").await;
    let (list, day) = (format!("/copies/{id}/{}/members", at.branch), today());
    let key = random_hex(16);
    let answer = secretary.post(&list, &[("all", "1"), ("day", &day), ("key", &key)]).await;
    assert_eq!(answer.status, 409, "two copies are not enough for a branch");
    assert!(answer.body.contains("账上没有这么多册"), "{}", answer.body);
    assert_eq!(balance(&world, id, at.branch), (0, 2, 0, 0), "all or nothing");
    let desk = format!("/copies/{id}/{}", at.branch);
    assert_eq!(step(&secretary, &desk, "lose", "3", "进水").await, 409);
    assert_eq!(step(&secretary, &desk, "lose", "1", "").await, 422, "a loss has a reason");
    assert_eq!(step(&secretary, &desk, "lose", "1", "进水").await, 303);
    assert_eq!(step(&secretary, &desk, "give_back", "1", "").await, 303);
    assert_eq!(balance(&world, id, at.branch), (0, 0, 0, 1));
    assert_eq!(balance(&world, id, at.committee), (1, 0, 0, 0));
    // The database itself keeps it so.
    assert!(world.try_sql("UPDATE copy_balances SET stock = -1").is_err());
    assert!(world.try_sql("UPDATE copy_moves SET count = 9").is_err(), "the ledger is append-only");
    assert!(world.try_sql("DELETE FROM copy_moves").is_err());
    rebuilt(&world, id);
}

#[actix_web::test]
async fn a_difference_is_shown_and_settled_with_a_reason() {
    let world = World::new();
    let id = edition(&world, "member").await;
    let at = places(&world, "member");
    let organizer = world.signed_in("organizer").await;
    let order = format!("/copies/{id}/order");
    assert_eq!(step(&organizer, &order, "arrive", "1", "").await, 409, "nothing was ordered");
    assert_eq!(step(&organizer, &order, "order", "100", "").await, 303);
    assert_eq!(step(&organizer, &order, "arrive", "100", "").await, 303);
    issue(&organizer, &format!("/copies/{id}/{}", at.city), at.committee, "50").await;
    let desk = format!("/copies/{id}/{}", at.committee);
    assert_eq!(step(&organizer, &desk, "receive", "50", "").await, 409, "whoever issued does not receive");
    let committee = world.signed_in("committee").await;
    assert_eq!(step(&committee, &desk, "receive", "47", "").await, 303);
    let page = committee.get(&desk).await;
    assert!(page.body.contains("还有 3 册没有登记收到"), "{}", page.body);
    assert_eq!(step(&committee, &desk, "unsent", "2", "").await, 422, "a correction has a reason");
    assert_eq!(step(&committee, &desk, "unsent", "2", "还在库房").await, 303);
    assert_eq!(step(&committee, &desk, "lost_on_way", "1", "途中淋湿").await, 303);
    assert_eq!(balance(&world, id, at.committee), (0, 47, 0, 1));
    assert_eq!(balance(&world, id, at.city), (0, 52, 0, 0));
    // Where nothing is on its way, nobody receives what nobody issued.
    assert_eq!(step(&committee, &desk, "receive", "5", "箱子里多出来的").await, 409);
    assert_eq!(balance(&world, id, at.committee), (0, 47, 0, 1));
    // More than was issued.
    issue(&organizer, &format!("/copies/{id}/{}", at.city), at.committee, "10").await;
    assert_eq!(step(&committee, &desk, "receive", "12", "").await, 409);
    assert_eq!(step(&committee, &desk, "receive", "12", "多装了两册").await, 303);
    assert_eq!(balance(&world, id, at.committee), (0, 59, 0, 1));
    assert_eq!(balance(&world, id, at.city), (0, 40, 0, 0));
    rebuilt(&world, id);
    assert_eq!(world.number("SELECT COUNT(*) FROM copy_reasons"), 4, "reasons stand beside the moves");
    for (step_, count) in [("receive", "x"), ("receive", "0"), ("fly", "1"), ("receive", "-4")] {
        assert_eq!(step(&committee, &desk, step_, count, "").await, 422, "{step_} {count}");
    }
    assert_eq!(step(&committee, &desk, "order", "5", "").await, 404, "only the city orders");
}

#[actix_web::test]
async fn another_issue_does_not_let_somebody_receive_the_own_one() {
    let world = World::new();
    let id = edition(&world, "member").await;
    let at = places(&world, "member");
    let organizer = world.signed_in("organizer").await;
    let order = format!("/copies/{id}/order");
    assert_eq!(step(&organizer, &order, "order", "100", "").await, 303);
    assert_eq!(step(&organizer, &order, "arrive", "100", "").await, 303);
    issue(&organizer, &format!("/copies/{id}/{}", at.city), at.committee, "10").await;
    // Somebody else issues one more after it.
    let other = world.number("SELECT id FROM accounts WHERE username = 'admin'");
    world
        .db
        .write_now(|conn| {
            let new = NewMove {
                edition: PrintEditionId(id),
                kind: Kind::Issued,
                from: Some(OrgId(at.city)),
                to: Some(OrgId(at.committee)),
                pile: Pile::Stock,
                count: 1,
                person: None,
                proxy: None,
                reverses: None,
                by: AccountId(other),
                acted_by: None,
                day: clock::day(clock::now()),
                reason: String::new(),
                key: "another".into(),
            };
            copies::record(conn, &new, clock::now())
        })
        .unwrap();
    let desk = format!("/copies/{id}/{}", at.committee);
    assert_eq!(step(&organizer, &desk, "receive", "11", "").await, 409);
    assert_eq!(balance(&world, id, at.committee), (11, 0, 0, 0));
    let committee = world.signed_in("committee").await;
    assert_eq!(step(&committee, &desk, "receive", "11", "").await, 303);
    rebuilt(&world, id);
}

#[actix_web::test]
async fn a_copy_stays_with_the_member_and_can_be_disputed() {
    let world = World::new();
    let id = edition(&world, "member").await;
    let at = places(&world, "member");
    bring(&world, id, &at, 30).await;
    let secretary = world.signed_in("secretary").await;
    let list = format!("/copies/{id}/{}/members", at.branch);
    let (person, day, key) = (at.person.to_string(), today(), random_hex(16));
    let fields = [("person", person.as_str()), ("day", day.as_str()), ("key", key.as_str())];
    assert_eq!(secretary.post(&list, &fields).await.status, 303);
    // Another post cannot give the member a second one.
    let hand = |key: &str| {
        let key = key.to_owned();
        world.db.write_now(move |conn| {
            let new = NewMove {
                edition: PrintEditionId(id),
                kind: Kind::HandedOut,
                from: Some(OrgId(at.branch)),
                to: None,
                pile: Pile::Stock,
                count: 1,
                person: Some(PersonId(at.person)),
                proxy: None,
                reverses: None,
                by: AccountId(1),
                acted_by: None,
                day: clock::day(clock::now()),
                reason: String::new(),
                key,
            };
            copies::record(conn, &new, clock::now())
        })
    };
    assert!(hand("second").is_err(), "one copy a member");
    assert_eq!(world.number("SELECT COUNT(*) FROM copy_holdings WHERE until IS NULL"), 1);

    let member = world.signed_in("member").await;
    let mine = member.get("/me/copies").await;
    assert!(mine.body.contains("灌区巡查手册") && mine.body.contains("登记"), "{}", mine.body);
    let case = mine.between("about=copy&amp;id=", "\"").to_owned();
    let form = member.get(&format!("/me/cases/new?about=copy&id={case}")).await;
    assert_eq!(form.status, 200, "{}", form.body);
    let other = world.signed_in("member2").await;
    assert_eq!(other.get(&format!("/me/cases/new?about=copy&id={case}")).await.status, 404);
    let key = form.key();
    let said = [("about", "copy"), ("id", case.as_str()), ("text", "我没有领过"), ("key", key.as_str())];
    assert_eq!(member.post("/me/cases/new", &said).await.status, 303);
    let number = world.number("SELECT MAX(id) FROM cases");
    let answer = [("outcome", "upheld"), ("reasons", "签领表上没有")];
    assert_eq!(
        secretary.post(&format!("/cases/{number}"), &answer).await.status,
        409,
        "whoever recorded it does not answer"
    );
    let committee = world.signed_in("committee").await;
    let decided = committee.post(&format!("/cases/{number}"), &answer).await;
    assert_eq!(decided.status, 303, "{}", decided.body);
    assert_eq!(balance(&world, id, at.branch), (0, 30, 0, 0), "the copy is back in the stock");
    assert_eq!(world.number("SELECT COUNT(*) FROM copy_holdings WHERE until IS NULL"), 0);
    rebuilt(&world, id);
}

#[actix_web::test]
async fn what_became_of_a_copy_is_recorded_for_one_member() {
    let world = World::new();
    let id = edition(&world, "member").await;
    let at = places(&world, "member");
    bring(&world, id, &at, 30).await;
    let secretary = world.signed_in("secretary").await;
    let (list, day) = (format!("/copies/{id}/{}/members", at.branch), today());
    let key = random_hex(16);
    assert_eq!(
        secretary
            .post(&list, &[("person", &at.person.to_string()), ("day", &day), ("key", &key)])
            .await
            .status,
        303
    );
    let one = format!("{list}/{}", at.person);
    let key = random_hex(16);
    let lost = [("after", "lost"), ("day", day.as_str()), ("reason", "搬家时丢了"), ("key", key.as_str())];
    for _ in 0..2 {
        assert_eq!(secretary.post(&one, &lost).await.status, 303, "twice is once");
    }
    assert_eq!(balance(&world, id, at.branch), (0, 29, 0, 1));
    let other = [("after", "lost"), ("day", day.as_str()), ("reason", "又丢"), ("key", &random_hex(16))];
    assert_eq!(secretary.post(&one, &other).await.status, 409, "what is not there is not lost");
    let page = secretary.get(&one).await;
    assert!(page.body.contains("搬家时丢了"), "{}", page.body);
    // A new one is handed out, and taken back as never handed out.
    let key = random_hex(16);
    assert_eq!(
        secretary
            .post(&list, &[("person", &at.person.to_string()), ("day", &day), ("key", &key)])
            .await
            .status,
        303
    );
    let back =
        [("after", "taken_back"), ("day", day.as_str()), ("reason", "登记错了"), ("key", &random_hex(16))];
    assert_eq!(secretary.post(&one, &back).await.status, 303);
    assert_eq!(balance(&world, id, at.branch), (0, 29, 0, 1));
    assert_eq!(world.number("SELECT COUNT(*) FROM copy_moves WHERE reverses_id IS NOT NULL"), 1);
    rebuilt(&world, id);
}

#[actix_web::test]
async fn coverage_sums_from_the_branch_to_the_city_and_follows_the_member() {
    let world = World::new();
    let id = edition(&world, "member").await;
    let at = places(&world, "member");
    bring(&world, id, &at, 40).await;
    let secretary = world.signed_in("secretary").await;
    let (list, day, key) = (format!("/copies/{id}/{}/members", at.branch), today(), random_hex(16));
    assert_eq!(secretary.post(&list, &[("all", "1"), ("day", &day), ("key", &key)]).await.status, 303);
    let members = world.number(&format!(
        "SELECT COUNT(*) FROM memberships WHERE branch_id = {} AND valid_to IS NULL",
        at.branch
    ));
    let cover = |path: &str, days: i64| {
        let (paths, day) = ([path.to_owned()], clock::day(clock::now()) + chrono::Duration::days(days));
        world.db.read_now(move |conn| copies::coverage(conn, PrintEditionId(id), &paths, day)).unwrap()
    };
    let city = cover("/", 0);
    assert_eq!(city.members.total(), world.number("SELECT COUNT(*) FROM memberships WHERE valid_to IS NULL"));
    assert_eq!((city.members.with, city.branches.with), (members, 1));
    let mut leaves = (0, 0, 0, 0);
    for committee in &city.children {
        let path = world.text(&format!("SELECT path FROM orgs WHERE id = {}", committee.org));
        let below = cover(&path, 0);
        assert_eq!((below.members, below.branches), (committee.members, committee.branches));
        for child in below.children {
            leaves.0 += child.members.with;
            leaves.1 += child.members.without;
            leaves.2 += child.branches.with;
            leaves.3 += child.branches.without;
        }
    }
    assert_eq!(leaves, (city.members.with, city.members.without, city.branches.with, city.branches.without));
    assert_eq!(cover("/", -1).members.with, 0, "yesterday nobody had one");
    // The member goes to another branch and keeps the copy.
    let there = places(&world, "member2");
    world
        .db
        .write_now(|conn| {
            weixiao::people::transfer(
                conn,
                PersonId(at.person),
                OrgId(there.branch),
                "ZZ-900001",
                clock::now(),
            )
        })
        .unwrap();
    let path = world.text(&format!("SELECT path FROM orgs WHERE id = {}", there.branch));
    assert_eq!(cover(&path, 0).members.with, 1);
    assert_eq!(cover("/", 0).members.with, members);
    // Who lacks one is the rest, page by page.
    let organizer = world.signed_in("organizer").await;
    let page = organizer.get(&format!("/copies/{id}/missing?page=2")).await;
    assert_eq!(page.status, 200);
    let file = organizer.post(&format!("/copies/{id}/export"), &[]).await;
    assert_eq!(file.status, 200);
    let rows = weixiao::web::sheet::read(&file.raw).unwrap();
    assert_eq!(rows.len() as i64 - 1, city.members.without);
    assert_eq!(
        world.number("SELECT COUNT(*) FROM audit_entries WHERE action = 'list_exported' AND subject_kind = 'print_edition'"),
        1
    );
    // A secretary sees the own branch and no other.
    let own = secretary.get(&format!("/copies/{id}/missing")).await;
    assert!(own.status == 200 && !own.body.contains("下一页"), "{}", own.body);
    for path in ["", "/members", "/sheet", "/issue"] {
        assert_eq!(
            secretary.get(&format!("/copies/{id}/{}{path}", there.branch)).await.status,
            404,
            "{path}"
        );
    }
}

#[actix_web::test]
async fn an_edition_for_branches_is_there_when_it_is_received() {
    let world = World::new();
    let id = edition(&world, "branch").await;
    let at = places(&world, "member");
    bring(&world, id, &at, 1).await;
    let cover = || {
        let day = clock::day(clock::now());
        world.db.read_now(move |conn| copies::coverage(conn, PrintEditionId(id), &["/".into()], day)).unwrap()
    };
    let now = cover();
    assert_eq!((now.branches.with, now.members.total()), (1, 0));
    let secretary = world.signed_in("secretary").await;
    assert_eq!(secretary.get(&format!("/copies/{id}/{}/members", at.branch)).await.status, 404);
    let page = secretary.get(&format!("/copies/{id}")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let desk = format!("/copies/{id}/{}", at.branch);
    assert_eq!(step(&secretary, &desk, "lose", "1", "进水").await, 303);
    assert_eq!(cover().branches.with, 0);
    assert_eq!(step(&secretary, &desk, "more", "1", "又找到了").await, 303);
    assert_eq!(cover().branches.with, 1);
    rebuilt(&world, id);
}

#[actix_web::test]
async fn forms_that_are_wrong_come_back_as_they_were_sent() {
    let world = World::new();
    let organizer = world.signed_in("organizer").await;
    let answer = organizer
        .post("/copies/new", &[("title", ""), ("imprint", "某社"), ("rule", "both"), ("started_on", "x")])
        .await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("value=\"某社\""), "{}", answer.body);
    let id = edition(&world, "member").await;
    let at = places(&world, "member");
    let secretary = world.signed_in("secretary").await;
    let list = format!("/copies/{id}/{}/members", at.branch);
    let key = random_hex(16);
    assert_eq!(secretary.post(&list, &[("day", "2026-01-01"), ("key", &key)]).await.status, 422);
    let stranger = places(&world, "member2").person.to_string();
    let answer = secretary.post(&list, &[("person", &stranger), ("day", "2026-01-01"), ("key", &key)]).await;
    assert_eq!(answer.status, 409, "only members of the branch");
    for caller in ["member", "instructor", "judge1", "auditor"] {
        assert_eq!(world.signed_in(caller).await.get("/copies").await.status, 403, "{caller}");
    }
    assert_eq!(secretary.get("/copies/new").await.status, 403);
}

#[actix_web::test]
async fn figures_for_programs_are_those_of_the_page_and_each_copy_is_on_record() {
    let world = World::new();
    let id = edition(&world, "member").await;
    let at = places(&world, "member");
    bring(&world, id, &at, 30).await;
    let secretary = world.signed_in("secretary").await;
    let (person, day, key) = (at.person.to_string(), today(), random_hex(16));
    let fields = [("person", person.as_str()), ("day", day.as_str()), ("key", key.as_str())];
    let list = format!("/copies/{id}/{}/members", at.branch);
    assert_eq!(secretary.post(&list, &fields).await.status, 303);
    let exports = || world.number("SELECT COUNT(*) FROM audit_entries WHERE action = 'list_exported'");
    for (who, path) in
        [("organizer", "/".to_owned()), ("committee", format!("/{}/{}/", at.city, at.committee))]
    {
        let browser = world.signed_in(who).await;
        let page = browser.get(&format!("/copies/{id}")).await;
        let before = exports();
        let answer = browser.get(&format!("/copies/{id}?as=json")).await;
        assert_eq!((answer.status.as_u16(), exports()), (200, before + 1), "{who}");
        let json: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!((&json["edition"]["id"], &json["as_of"]), (&id.into(), &day.as_str().into()));
        // By the roster alone: who belongs there, and the one who has a copy.
        let all = world.number(&format!(
            "SELECT COUNT(*) FROM memberships m JOIN orgs o ON o.id = m.branch_id WHERE m.valid_to IS NULL AND o.path LIKE '{path}%'"
        ));
        assert_eq!(
            json["members"],
            serde_json::json!({"with": 1, "without": all - 1, "total": all}),
            "{who}"
        );
        let lines = json["lines"].as_array().unwrap();
        for (of, part) in
            [("members", "with"), ("members", "without"), ("branches", "with"), ("branches", "total")]
        {
            let sum: i64 = lines.iter().map(|line| line[of][part].as_i64().unwrap()).sum();
            assert_eq!(json[of][part], sum, "{who}: {of} {part}");
        }
        for line in lines {
            let cells =
                |count: &serde_json::Value, class: &str| format!("<td class=\"{class}\">{count}</td>");
            let row = [
                cells(&line["members"]["total"], "n"),
                cells(&line["members"]["with"], "n only-wide"),
                cells(&line["members"]["without"], "n"),
                cells(&line["branches"]["total"], "n only-wide"),
                cells(&line["branches"]["with"], "n only-wide"),
                cells(&line["branches"]["without"], "n"),
            ];
            let name = line["name"].as_str().unwrap();
            assert!(page.body.contains(&format!("{name}</a></th>{}", row.concat())), "{who}: {name}");
        }
    }
    // A copy for each branch is nobody's own.
    let other = edition(&world, "branch").await;
    let json = secretary.get(&format!("/copies/{other}?as=json")).await;
    let json: serde_json::Value = serde_json::from_str(&json.body).unwrap();
    assert!(json["members"].is_null() && json["branches"]["total"] == 1, "{json}");
}
