//! Gold lecturers: nominated from a final contest, shown, appointed by another, suspended, ended; their titles and certificates.
//! domain.md §4.3 (GoldLecturer, INV-C9), §5.5, §6 (Gold).
use crate::world::{Answer, Browser, World};
use chrono::{Duration, Months, NaiveDate};
use weixiao::audit::Doer;
use weixiao::clock;
use weixiao::contests::Method;
use weixiao::error::Error;
use weixiao::honours::{self, Hand, Proposal};
use weixiao::ids::{AccountId, ContestId, GoldId, PersonId};

/// A contest whose result is final, with so many awarded entries of persons of the roster, and one more that was not awarded.
/// `gold` is how many gold lecturers it gives.
pub fn finished(world: &World, awarded: i64, gold: i64) -> i64 {
    let organizer = "(SELECT id FROM accounts WHERE username = 'organizer')";
    let checker = "(SELECT id FROM accounts WHERE username = 'checker')";
    let day = "2019-09-01 00:00:00";
    let slug = format!("finished-{}", world.number("SELECT COUNT(*) FROM contests"));
    world.sql(&format!(
        "INSERT INTO contests (slug, title, summary, rules, opens_on, closes_on, needs_video, notice_days, gold_count, \
         gold_years, state, is_suspended, revision, made_by, created_at, announced_at, closed_at, key) VALUES \
         ('{slug}', '秋季微党课赛课', '一堂课讲清楚一件事', '', '2019-09-01', '2019-09-30', false, 5, {gold}, 2, 'final', false, 1, \
         {organizer}, '{day}', '{day}', '{day}', '{slug}')"
    ));
    let contest = world.number("SELECT MAX(id) FROM contests");
    let method = Method::usual(3);
    world.sql(&format!(
        "INSERT INTO contest_locks (contest_id, n) VALUES ({contest}, 0); \
         INSERT INTO contest_rounds (contest_id, position, kind, title, state, panels, sheets_each, judge_load, method, \
         method_sha256, frozen_by, frozen_at, approved_by, approved_at, seed_secret, seed_commit, seed_outside, drawn_at, \
         locked_at) VALUES ({contest}, 1, 'final', '决赛', 'final', 1, 0, 0, '{json}', '{digest}', {organizer}, '{day}', {checker}, \
         '{day}', 'secret', 'commit', 'dice', '{day}', '{day}'); \
         INSERT INTO contest_steps (contest_id, what, by_id, at, reason) VALUES ({contest}, 'final', {organizer}, '{day}', '')",
        json = method.json().replace('\'', "''"),
        digest = method.digest(),
    ));
    let round = world.number("SELECT MAX(id) FROM contest_rounds");
    for at in 0..=awarded {
        let state = if at < awarded { "awarded" } else { "eliminated" };
        let person = 10 + at;
        world.sql(&format!(
            "INSERT INTO contest_entries (contest_id, entrant_id, branch_id, school_id, alliance_id, title, is_original, \
             may_broadcast, may_name, state, version, code, made_by, created_at, submitted_at, key) VALUES ({contest}, {person}, \
             (SELECT MIN(id) FROM orgs WHERE level = 'branch'), 1, 1, '第 {at} 渠的水', true, true, true, '{state}', 1, 'E{at:02}', \
             {organizer}, '{day}', '{day}', '{slug}-{at}'); \
             INSERT INTO contest_places (round_id, entry_id, lot, panel, state) SELECT {round}, MAX(id), {at} + 1, 1, \
             'competing' FROM contest_entries",
        ));
    }
    contest
}

/// Whom an account is.
fn hand(world: &World, name: &str) -> Hand {
    let of = |column: &str| world.number(&format!("SELECT {column} FROM accounts WHERE username = '{name}'"));
    let account = AccountId(of("id"));
    let doer = Doer { account: Some(account), ..Doer::default() };
    Hand { account, person: PersonId(of("person_id")), doer, now: clock::now() }
}

fn why<T: std::fmt::Debug>(done: weixiao::error::Result<T>) -> String {
    match done {
        Err(Error::Refused(words)) => words.to_string(),
        other => panic!("{other:?}"),
    }
}

fn golds(world: &World, state: &str) -> i64 {
    world.number(&format!("SELECT COUNT(*) FROM gold_lecturers WHERE state = '{state}'"))
}

fn first(world: &World) -> i64 {
    world.number("SELECT MIN(id) FROM gold_lecturers")
}

/// The titles of a person from the day of the world on: so many, and none overlaps another.
fn titles(world: &World, person: i64) -> Vec<(NaiveDate, NaiveDate)> {
    let list = world.text(&format!(
        "SELECT COALESCE(string_agg(v, ','), '') FROM (SELECT valid_from || '~' || valid_to AS v FROM titles \
         WHERE person_id = {person} ORDER BY valid_from) AS x"
    ));
    let pair = |one: &str| {
        let (from, to) = one.split_once('~').unwrap();
        (from.parse().unwrap(), to.parse().unwrap())
    };
    let found: Vec<(NaiveDate, NaiveDate)> =
        list.split(',').filter(|one| !one.is_empty()).map(pair).collect();
    assert!(found.windows(2).all(|two| two[0].1 <= two[1].0), "{found:?} overlap");
    found
}

fn today() -> NaiveDate {
    clock::day(clock::now())
}

/// The notice was over yesterday.
fn let_notice_pass(world: &World) {
    let (from, until) = (today() - Duration::days(8), today() - Duration::days(1));
    world.sql(&format!("UPDATE gold_lecturers SET notice_from = '{from}', notice_until = '{until}' WHERE state = 'public_notice'"));
}

/// Gold lecturers in office: appointed by the checker after the organizer's nomination and a notice that is over.
pub fn appointed(world: &World, awarded: i64) -> i64 {
    let contest = finished(world, awarded, awarded);
    let (organizer, checker) = (hand(world, "organizer"), hand(world, "checker"));
    world
        .db
        .write_now(|conn| {
            assert_eq!(honours::nominate(conn, ContestId(contest), "", &organizer)?, Some(awarded as usize));
            honours::start_notice(conn, ContestId(contest), &organizer)
        })
        .unwrap();
    let_notice_pass(world);
    let n = world.db.write_now(|conn| honours::appoint_all(conn, ContestId(contest), &checker)).unwrap();
    assert_eq!(n, awarded as usize);
    contest
}

fn see(answer: &Answer, done: &str) {
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(
        answer.location.as_deref().is_some_and(|to| to.ends_with(&format!("?done={done}"))),
        "{:?}",
        answer.location
    );
}

#[actix_web::test]
async fn from_a_final_contest_to_a_title_by_two_people() {
    let world = World::new();
    let contest = finished(&world, 3, 3);
    let (organizer, checker) = (world.signed_in("organizer").await, world.signed_in("checker").await);
    let desk = format!("/organize/honours/{contest}");
    assert!(organizer.get("/organize/honours").await.body.contains(&format!("href=\"{desk}\"")));
    let page = organizer.get(&desk).await;
    assert!(
        page.body.contains("可以提名（3 名）") && page.body.contains(&format!("action=\"{desk}/nominate\""))
    );
    assert!(!page.body.contains("name=\"reason\""), "three of three: no further decision is asked for");
    see(&organizer.post(&format!("{desk}/nominate"), &[]).await, "gold-nominated");
    assert_eq!((golds(&world, "nominated"), world.number("SELECT COUNT(*) FROM gold_steps")), (3, 3));
    // Twice is once.
    let again = organizer.post(&format!("{desk}/nominate"), &[]).await;
    assert!(again.status == 409 && again.body.contains("没有新的人可以提名"), "{}", again.body);
    // Nobody sees anything yet, nobody is told, nobody has a title.
    let visitor = world.visitor();
    let name = world.text("SELECT name FROM persons WHERE id = 10");
    assert!(!visitor.get("/honours").await.body.contains(&name));
    assert_eq!(world.number("SELECT COUNT(*) FROM notices WHERE person_id = 10 AND key LIKE 'gold-%'"), 0);

    see(&organizer.post(&format!("{desk}/notice"), &[]).await, "gold-noticed");
    let until = world.db.read_now(|conn| weixiao::calendar::after(conn, today(), 5)).unwrap();
    let expected = format!(
        "SELECT COUNT(*) FROM gold_lecturers WHERE notice_until = '{until}' AND notice_from = '{}'",
        today()
    );
    assert_eq!(world.number(&expected), 3, "five working days by the calendar");
    let shown = visitor.get("/honours").await;
    assert!(
        shown.body.contains("正在公示")
            && shown.body.contains(&name)
            && shown.body.contains("/feedback?about=/honours")
    );
    assert!(shown.body.contains("现在没有在任的金牌讲师"));
    assert_eq!(world.number("SELECT COUNT(*) FROM notices WHERE person_id = 10 AND key LIKE 'gold-%'"), 1);

    // Not before the notice is over, and not on its last day.
    let (id, all) = (first(&world), format!("{desk}/appoint"));
    for _ in 0..2 {
        let early = checker.post(&format!("{desk}/{id}/appoint"), &[]).await;
        assert!(early.status == 409 && early.body.contains("公示到"), "{}", early.body);
        assert_eq!(checker.post(&all, &[]).await.status, 409);
        world.sql(&format!("UPDATE gold_lecturers SET notice_from = '{0}', notice_until = '{0}'", today()));
    }
    let_notice_pass(&world);
    assert!(checker.get(&desk).await.body.contains(&format!("action=\"{all}\"")));
    see(&checker.post(&format!("{desk}/{id}/appoint"), &[]).await, "gold-appointed");
    assert_eq!((golds(&world, "appointed"), golds(&world, "public_notice")), (1, 2));
    see(&checker.post(&all, &[]).await, "gold-appointed");
    assert_eq!(golds(&world, "appointed"), 3);
    assert_eq!(checker.post(&all, &[]).await.status, 409);

    // The title of each, for two years from today.
    let to = today().checked_add_months(Months::new(24)).unwrap();
    for person in [10, 11, 12] {
        assert_eq!(titles(&world, person), [(today(), to)]);
    }
    assert!(titles(&world, 13).is_empty());
    assert_eq!(world.text("SELECT source FROM titles WHERE person_id = 10"), "秋季微党课赛课");
    let list = visitor.get("/honours").await;
    assert!(
        list.body.contains(&name) && list.body.contains("第 0 渠的水") && !list.body.contains("正在公示")
    );
    assert!(list.body.contains(&world.text("SELECT name FROM alliances WHERE id = 1")));
    assert!(visitor.get("/honours?list=former").await.body.contains("还没有人任期届满"));
    // Told once, with the address of the certificate.
    let told = "SELECT COUNT(*) FROM notices n JOIN gold_lecturers g ON g.person_id = n.person_id WHERE n.link = '/honours/' || g.code";
    assert_eq!(world.number(told), 3);
    // The record cannot be changed.
    for sql in ["UPDATE gold_steps SET what = 'refused'", "DELETE FROM gold_steps"] {
        assert!(world.try_sql(sql).unwrap_err().contains("append-only"), "{sql}");
    }
}

/// INV-C9: another number than foreseen needs the decision that says so; who did not agree to be named is not nominated.
#[actix_web::test]
async fn another_number_needs_a_reason_and_nobody_is_named_without_consent() {
    let world = World::new();
    // A shared tenth place, as it were: four awarded where three are foreseen; one of them is silent.
    let contest = finished(&world, 5, 3);
    world.sql(&format!(
        "UPDATE contest_entries SET may_name = false WHERE contest_id = {contest} AND entrant_id = 12"
    ));
    let organizer = world.signed_in("organizer").await;
    let desk = format!("/organize/honours/{contest}");
    let silent = world.text("SELECT name FROM persons WHERE id = 12");
    let page = organizer.get(&desk).await;
    assert!(
        page.body.contains("不同意公布姓名")
            && page.body.contains(&silent)
            && page.body.contains("name=\"reason\"")
    );
    for reason in ["", "  "] {
        let refused = organizer.post(&format!("{desk}/nominate"), &[("reason", reason)]).await;
        assert_eq!(refused.status, 422);
        assert!(
            refused.body.contains("id=\"e-reason\"")
                && refused.body.contains("一共提名 4 名，办法规定的是 3 名")
        );
        assert_eq!(golds(&world, "nominated"), 0);
    }
    let long = "字".repeat(301);
    let refused = organizer.post(&format!("{desk}/nominate"), &[("reason", &long)]).await;
    assert!(refused.status == 422 && refused.body.contains(&long));
    let reason = "第三名并列，按办法第 9 条都聘";
    see(&organizer.post(&format!("{desk}/nominate"), &[("reason", reason)]).await, "gold-nominated");
    assert_eq!(golds(&world, "nominated"), 4);
    assert_eq!(world.number("SELECT COUNT(*) FROM gold_lecturers WHERE person_id = 12"), 0);
    assert_eq!(world.number(&format!("SELECT COUNT(*) FROM gold_reasons WHERE text = '{reason}'")), 4);
    // Once consent is there, that one can be nominated too, with a reason again.
    world.sql("UPDATE contest_entries SET may_name = true WHERE entrant_id = 12");
    assert_eq!(organizer.post(&format!("{desk}/nominate"), &[]).await.status, 422);
    see(&organizer.post(&format!("{desk}/nominate"), &[("reason", "本人已同意")]).await, "gold-nominated");
    assert_eq!(golds(&world, "nominated"), 5);
}

#[actix_web::test]
async fn what_is_not_final_gives_nobody_and_who_nominated_does_not_appoint() {
    let world = World::new();
    let contest = finished(&world, 2, 2);
    let id = ContestId(contest);
    let (organizer, checker) = (hand(&world, "organizer"), hand(&world, "checker"));
    let nominate = |by: &Hand| world.db.write_now(|conn| honours::nominate(conn, id, "", by));
    for state in ["judging", "locked", "provisional"] {
        world.sql(&format!("UPDATE contests SET state = '{state}' WHERE id = {contest}"));
        assert!(why(nominate(&organizer)).contains("还没有确定"), "{state}");
    }
    world.sql(&format!("UPDATE contests SET state = 'final', is_suspended = true WHERE id = {contest}"));
    assert!(why(nominate(&organizer)).contains("已暂停"));
    world.sql(&format!("UPDATE contests SET is_suspended = false, gold_count = 0 WHERE id = {contest}"));
    assert!(why(nominate(&organizer)).contains("不评金牌讲师"));
    world.sql(&format!("UPDATE contests SET gold_count = 2 WHERE id = {contest}"));
    assert_eq!(nominate(&organizer).unwrap(), Some(2));
    world.db.write_now(|conn| honours::start_notice(conn, id, &organizer)).unwrap();
    let_notice_pass(&world);
    // The organizer, were they a checker too: the same person is refused by the rule and by the table.
    let gold = GoldId(first(&world));
    let appoint = |by: &Hand| world.db.write_now(|conn| honours::appoint(conn, gold, by));
    assert!(why(appoint(&organizer)).contains("另一个人"));
    assert!(
        why(world.db.write_now(|conn| honours::refuse(conn, gold, "不", &organizer))).contains("另一个人")
    );
    let forged = format!(
        "UPDATE gold_lecturers SET state = 'appointed', number = 'x', term_from = '2026-01-01', term_to = '2027-01-01', \
         appointed_at = '2026-01-01 00:00:00', appointed_by = {} WHERE id = {}",
        organizer.account.0, gold.0
    );
    assert!(world.try_sql(&forged).is_err(), "the table refuses one person for both");
    // Nobody decides about themselves.
    world.sql(&format!("UPDATE gold_lecturers SET person_id = {} WHERE id = {}", checker.person.0, gold.0));
    assert!(why(appoint(&checker)).contains("您自己的称号"));
    let others = world.db.write_now(|conn| honours::appoint_all(conn, id, &checker)).unwrap();
    assert_eq!((others, golds(&world, "appointed")), (1, 1), "the other one only");
    world.sql(&format!("UPDATE gold_lecturers SET person_id = 10 WHERE id = {}", gold.0));
    // An entry that a ruling disqualified meanwhile appoints nobody.
    world.sql("UPDATE contest_entries SET state = 'disqualified' WHERE id = (SELECT MIN(entry_id) FROM gold_lecturers)");
    assert!(why(appoint(&checker)).contains("已不在入选之列"));
    // It can only be refused, with a reason that the person reads.
    let browser = world.signed_in("checker").await;
    let path = format!("/organize/honours/{contest}/{}/refuse", gold.0);
    let empty = browser.post(&path, &[("reason", " ")]).await;
    assert!(empty.status == 422 && empty.body.contains("id=\"e-reason\""));
    see(&browser.post(&path, &[("reason", "作品已取消资格")]).await, "gold-refused");
    assert_eq!(
        world.number("SELECT COUNT(*) FROM notices WHERE person_id = 10 AND body = '作品已取消资格'"),
        1
    );
    assert_eq!(browser.post(&path, &[("reason", "再来")]).await.status, 409);
    assert!(titles(&world, 10).is_empty());
}

#[actix_web::test]
async fn of_two_at_once_one_appoints() {
    let world = World::new();
    let contest = finished(&world, 4, 4);
    let (organizer, checker) = (hand(&world, "organizer"), hand(&world, "checker"));
    let other = hand(&world, "supervisor");
    let id = ContestId(contest);
    // Two nominate at once, two begin the notice at once.
    let both = |work: &(dyn Fn(&Hand) -> bool + Sync), hands: [&Hand; 2]| {
        std::thread::scope(|scope| {
            let all = hands.map(|hand| scope.spawn(move || work(hand)));
            all.map(|one| usize::from(one.join().unwrap())).into_iter().sum::<usize>()
        })
    };
    let did = both(
        &|by| world.db.write_now(|conn| honours::nominate(conn, id, "", by)).is_ok(),
        [&organizer, &organizer],
    );
    assert_eq!((did, golds(&world, "nominated")), (1, 4));
    let did = both(
        &|by| world.db.write_now(|conn| honours::start_notice(conn, id, by)).is_ok(),
        [&organizer, &organizer],
    );
    assert_eq!((did, golds(&world, "public_notice")), (1, 4));
    let_notice_pass(&world);
    let gold = GoldId(first(&world));
    let did =
        both(&|by| world.db.write_now(|conn| honours::appoint(conn, gold, by)).is_ok(), [&checker, &other]);
    assert_eq!((did, golds(&world, "appointed")), (1, 1));
    let did =
        both(&|by| world.db.write_now(|conn| honours::appoint_all(conn, id, by)).is_ok(), [&checker, &other]);
    assert_eq!((did, golds(&world, "appointed")), (1, 4));
    assert_eq!(world.number("SELECT COUNT(*) FROM gold_steps WHERE what = 'appointed'"), 4);
    assert_eq!(titles(&world, 10).len(), 1);
    // Two confirm the same proposal at once.
    let propose =
        |conn: &mut weixiao::db::Conn| honours::propose(conn, gold, (Proposal::Suspend, "核查"), &organizer);
    world.db.write_now(propose).unwrap();
    assert!(world.db.write_now(propose).is_err(), "one proposal at a time");
    let confirm =
        |by: &Hand| world.db.write_now(|conn| honours::confirm(conn, gold, Proposal::Suspend, by)).is_ok();
    assert_eq!(both(&confirm, [&checker, &other]), 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM gold_steps WHERE what = 'suspended'"), 1);
}

/// Where the rest of the portal shows a title.
async fn is_gold(browser: &Browser<'_>, name: &str, instructor: i64) -> [bool; 3] {
    let home = browser.get("/").await;
    let list = browser.get("/instructors").await;
    let gold = list.body.split("id=\"h-all\"").next().unwrap().to_owned();
    let one = browser.get(&format!("/instructors/{instructor}")).await;
    let band = home
        .body
        .split("id=\"h-gold\"")
        .nth(1)
        .unwrap_or_default()
        .split("</section>")
        .next()
        .unwrap()
        .to_owned();
    [band.contains(name), gold.contains(name), one.body.contains("tag--gold")]
}

#[actix_web::test]
async fn a_suspended_title_is_not_shown_and_comes_back_to_its_original_end() {
    let world = World::new();
    // Somebody with a page of their own, whose title is this one alone.
    world.sql("DELETE FROM titles");
    let person = 10;
    let instructor = world.number("SELECT MAX(id) FROM instructors");
    world.sql(&format!(
        "UPDATE instructors SET person_id = {person}, name = '卞知秋' WHERE id = {instructor}"
    ));
    let contest = appointed(&world, 1);
    let id = first(&world);
    let path = format!("/organize/honours/{contest}/{id}");
    let visitor = world.visitor();
    assert_eq!(is_gold(&visitor, "卞知秋", instructor).await, [true; 3]);
    assert!(visitor.get("/honours").await.body.contains(&format!("/instructors/{instructor}\"")));
    // As if it had been given a month ago.
    let (from, to) = (today() - Duration::days(30), titles(&world, person)[0].1);
    world.sql(&format!(
        "UPDATE titles SET valid_from = '{from}'; UPDATE gold_lecturers SET term_from = '{from}'"
    ));

    let (supervisor, organizer, checker) = (
        world.signed_in("supervisor").await,
        world.signed_in("organizer").await,
        world.signed_in("checker").await,
    );
    for fields in
        [vec![("what", "suspend"), ("reason", "")], vec![("what", "praise"), ("reason", "好")], vec![]]
    {
        assert_eq!(supervisor.post(&format!("{path}/propose"), &fields).await.status, 422);
    }
    let wrong = supervisor.post(&format!("{path}/propose"), &[("what", "reinstate"), ("reason", "好")]).await;
    assert_eq!(wrong.status, 409, "it is not suspended");
    see(
        &supervisor
            .post(&format!("{path}/propose"), &[("what", "suspend"), ("reason", "讲稿来源在核查")])
            .await,
        "gold-proposed",
    );
    assert_eq!(
        is_gold(&visitor, "卞知秋", instructor).await,
        [true; 3],
        "nothing happens before it is confirmed"
    );
    // Not by oneself, not something else, not by the organizer alone.
    let own = supervisor.post(&format!("{path}/confirm"), &[("what", "suspend")]).await;
    assert!(own.status == 409 && own.body.contains("另一个人"), "{}", own.body);
    assert_eq!(checker.post(&format!("{path}/confirm"), &[("what", "end")]).await.status, 409);
    assert_eq!(organizer.post(&format!("{path}/confirm"), &[("what", "suspend")]).await.status, 404);
    see(&checker.post(&format!("{path}/confirm"), &[("what", "suspend")]).await, "gold-confirmed");
    assert_eq!(is_gold(&visitor, "卞知秋", instructor).await, [false; 3]);
    assert!(!visitor.get("/honours").await.body.contains("第 0 渠的水"));
    assert_eq!(titles(&world, person), [(from, today())]);
    assert_eq!(
        world.number("SELECT COUNT(*) FROM notices WHERE person_id = 10 AND body = '讲稿来源在核查'"),
        1
    );
    let code = world.text("SELECT code FROM gold_lecturers");
    let paper = visitor.get(&format!("/honours/{code}")).await;
    assert!(
        paper.body.contains("起暂停")
            && paper.body.contains("paper__void")
            && !paper.body.contains("讲稿来源")
    );

    // Back again: a new row to the original end.
    see(
        &organizer.post(&format!("{path}/propose"), &[("what", "reinstate"), ("reason", "核查完毕")]).await,
        "gold-proposed",
    );
    see(&supervisor.post(&format!("{path}/confirm"), &[("what", "reinstate")]).await, "gold-confirmed");
    assert_eq!(titles(&world, person), [(from, today()), (today(), to)]);
    assert_eq!(is_gold(&visitor, "卞知秋", instructor).await, [true; 3]);

    // A proposal can be dropped; then it is ended for good.
    see(
        &checker.post(&format!("{path}/propose"), &[("what", "end"), ("reason", "本人请求")]).await,
        "gold-proposed",
    );
    see(&organizer.post(&format!("{path}/drop"), &[("what", "end")]).await, "gold-dropped");
    assert_eq!(supervisor.post(&format!("{path}/confirm"), &[("what", "end")]).await.status, 409);
    see(
        &checker.post(&format!("{path}/propose"), &[("what", "end"), ("reason", "本人请求")]).await,
        "gold-proposed",
    );
    see(&supervisor.post(&format!("{path}/confirm"), &[("what", "end")]).await, "gold-confirmed");
    assert_eq!(is_gold(&visitor, "卞知秋", instructor).await, [false; 3]);
    assert_eq!(titles(&world, person), [(from, today())], "what began today did not hold");
    let paper = visitor.get(&format!("/honours/{code}")).await;
    assert!(paper.body.contains("证书不再有效") && paper.body.contains("已终止"));
    assert_eq!(
        checker.post(&format!("{path}/propose"), &[("what", "reinstate"), ("reason", "x")]).await.status,
        409
    );
    let record = checker.get(&path).await;
    for words in [
        "提名",
        "开始公示",
        "聘任",
        "提出暂停称号",
        "确认恢复称号",
        "撤销提议",
        "确认终止称号",
        "讲稿来源在核查",
    ] {
        assert!(record.body.contains(words), "{words}");
    }
}

#[actix_web::test]
async fn a_term_ends_by_its_day() {
    let world = World::new();
    world.sql("DELETE FROM titles");
    let contest = appointed(&world, 2);
    let id = first(&world);
    let visitor = world.visitor();
    let code = world.text(&format!("SELECT code FROM gold_lecturers WHERE id = {id}"));
    let set = |to: NaiveDate| {
        let from = to - Duration::days(730);
        world.sql(&format!(
            "UPDATE gold_lecturers SET term_from = '{from}', term_to = '{to}' WHERE id = {id}; \
             UPDATE titles SET valid_from = '{from}', valid_to = '{to}' WHERE person_id = 10"
        ));
    };
    // Tomorrow is the day after the last one: today it holds.
    set(today() + Duration::days(1));
    assert!(visitor.get("/honours").await.body.contains("第 0 渠的水"));
    assert!(visitor.get(&format!("/honours/{code}")).await.body.contains("这份证书有效"));
    set(today());
    let list = visitor.get("/honours").await;
    assert!(!list.body.contains("第 0 渠的水") && list.body.contains("第 1 渠的水"));
    let former = visitor.get("/honours?list=former").await;
    assert!(former.body.contains("第 0 渠的水") && !former.body.contains("第 1 渠的水"));
    let paper = visitor.get(&format!("/honours/{code}")).await;
    assert!(paper.body.contains("任期已满，到") && !paper.body.contains("paper__void"));
    // Nothing is done about it any more.
    let organizer = world.signed_in("organizer").await;
    let answer = organizer
        .post(&format!("/organize/honours/{contest}/{id}/propose"), &[("what", "end"), ("reason", "x")])
        .await;
    assert_eq!(answer.status, 409);
}

/// Two contests appoint the same person: one title at a time, which ends with the later term.
#[actix_web::test]
async fn two_appointments_of_a_person_make_one_title() {
    let world = World::new();
    world.sql("DELETE FROM titles");
    appointed(&world, 1);
    let earlier = today() - Duration::days(400);
    let early_end = today() + Duration::days(330);
    world.sql(&format!(
        "UPDATE gold_lecturers SET term_from = '{earlier}', term_to = '{early_end}'; \
         UPDATE titles SET valid_from = '{earlier}', valid_to = '{early_end}'"
    ));
    appointed(&world, 1);
    let late_end = today().checked_add_months(Months::new(24)).unwrap();
    assert_eq!(titles(&world, 10), [(earlier, late_end)]);
    // The later one is suspended: the earlier term remains.
    let later = GoldId(world.number("SELECT MAX(id) FROM gold_lecturers"));
    let (organizer, checker) = (hand(&world, "organizer"), hand(&world, "checker"));
    let both = |first: Proposal| {
        world
            .db
            .write_now(|conn| {
                honours::propose(conn, later, (first, "核查"), &organizer)?;
                honours::confirm(conn, later, first, &checker)
            })
            .unwrap()
    };
    both(Proposal::Suspend);
    assert_eq!(titles(&world, 10), [(earlier, early_end)]);
    both(Proposal::Reinstate);
    assert_eq!(titles(&world, 10), [(earlier, late_end)]);
}

#[actix_web::test]
async fn a_certificate_has_a_number_and_an_address_that_nobody_guesses() {
    let world = World::new();
    appointed(&world, 2);
    let (id, code) = (first(&world), world.text("SELECT code FROM gold_lecturers ORDER BY id LIMIT 1"));
    assert_eq!(code.len(), 16);
    assert_eq!(world.number("SELECT COUNT(DISTINCT number) FROM gold_lecturers"), 2);
    let visitor = world.visitor();
    let paper = visitor.get(&format!("/honours/{code}")).await;
    let name = world.text("SELECT name FROM persons WHERE id = 10");
    let number = world.text(&format!("SELECT number FROM gold_lecturers WHERE id = {id}"));
    for words in [&name, &number, &format!("/honours/{code}"), &"<svg".to_owned(), &"第 0 渠的水".to_owned()]
    {
        assert!(paper.body.contains(words.as_str()), "{words}");
    }
    assert_eq!(paper.headers["x-robots-tag"], "noindex, nofollow");
    assert!(
        !paper.headers.contains_key("etag"),
        "it holds the address under which it was asked for: never kept"
    );
    assert_eq!(visitor.get(&format!("/honours/{}", code.to_lowercase())).await.status, 200);
    for wrong in ["1", &number, "ABCDEFGHJKMNPQRS", "%00", &format!("{code}A")] {
        assert_eq!(visitor.get(&format!("/honours/{wrong}")).await.status, 404, "{wrong}");
    }
    // No list leads to it, but its holder's does.
    assert!(!visitor.get("/honours").await.body.contains(&code));
    world.sql(&format!(
        "UPDATE gold_lecturers SET person_id = (SELECT person_id FROM accounts WHERE username = 'member') WHERE id = {id}"
    ));
    assert!(world.signed_in("member").await.get("/honours").await.body.contains(&code));
    assert!(!world.signed_in("member2").await.get("/honours").await.body.contains(&code));
    // Before the appointment there is none; an erased name is said to be erased.
    world.sql("DELETE FROM gold_names");
    let paper = visitor.get(&format!("/honours/{code}")).await;
    assert!(paper.status == 200 && !paper.body.contains(&name) && paper.body.contains("已按保存期限删除"));
    assert_eq!(visitor.get("/honours").await.status, 200);
    let contest = finished(&world, 1, 1);
    let organizer = hand(&world, "organizer");
    world.db.write_now(|conn| honours::nominate(conn, ContestId(contest), "", &organizer)).unwrap();
    let early = world.text("SELECT code FROM gold_lecturers WHERE state = 'nominated'");
    assert_eq!(visitor.get(&format!("/honours/{early}")).await.status, 404);
}

#[actix_web::test]
async fn only_who_has_a_duty_in_the_contest_comes_to_its_desk() {
    let world = World::new();
    let contest = appointed(&world, 1);
    let (id, other) = (first(&world), finished(&world, 1, 1));
    let desk = format!("/organize/honours/{contest}");
    for name in ["member", "secretary", "reviewer1", "judge1", "scorer", "admin", "instructor"] {
        let browser = world.signed_in(name).await;
        for path in ["/organize/honours".to_owned(), desk.clone(), format!("{desk}/{id}")] {
            assert_eq!(browser.get(&path).await.status, 404, "{name} {path}");
        }
        for path in ["propose", "confirm", "drop"] {
            let fields = [("what", "suspend"), ("reason", "x")];
            assert_eq!(
                browser.post(&format!("{desk}/{id}/{path}"), &fields).await.status,
                404,
                "{name} {path}"
            );
        }
    }
    // Roles for one contest see that one only, and nothing of it under another one's address.
    world.sql(&format!(
        "UPDATE grants SET scope_kind = 'contest', scope_id = {other} WHERE role IN ('organizer', 'checker', 'supervisor')"
    ));
    let organizer = world.signed_in("organizer").await;
    let index = organizer.get("/organize/honours").await;
    assert!(
        index.body.contains(&format!("/organize/honours/{other}\""))
            && !index.body.contains(&format!("{desk}\""))
    );
    for path in [desk.clone(), format!("{desk}/{id}"), format!("/organize/honours/{other}/{id}")] {
        assert_eq!(organizer.get(&path).await.status, 404, "{path}");
    }
    for step in ["nominate", "notice"] {
        assert_eq!(organizer.post(&format!("{desk}/{step}"), &[]).await.status, 404);
    }
    see(&organizer.post(&format!("/organize/honours/{other}/nominate"), &[]).await, "gold-nominated");
    let checker = world.signed_in("checker").await;
    for path in [
        format!("{desk}/appoint"),
        format!("{desk}/{id}/appoint"),
        format!("/organize/honours/{other}/{id}/appoint"),
    ] {
        assert_eq!(checker.post(&path, &[]).await.status, 404, "{path}");
    }
    assert_eq!(checker.post(&format!("{desk}/{id}/refuse"), &[("reason", "x")]).await.status, 404);
    // Whose duty is another one in this contest: the door is shut.
    assert_eq!(checker.post(&format!("/organize/honours/{other}/nominate"), &[]).await.status, 403);
    assert_eq!(organizer.post(&format!("/organize/honours/{other}/appoint"), &[]).await.status, 403);
    let supervisor = world.signed_in("supervisor").await;
    assert_eq!(supervisor.get(&format!("/organize/honours/{other}")).await.status, 200);
    assert!(!supervisor.get(&format!("/organize/honours/{other}")).await.body.contains("/notice\""));
}

#[actix_web::test]
async fn the_honour_list_is_kept_and_seen_to_change_on_two_servers() {
    let world = World::new();
    appointed(&world, 2);
    let other = World::at(world.url.clone());
    let (here, there) = (world.visitor(), other.visitor());
    for browser in [&here, &there] {
        browser.get("/honours").await;
    }
    let before = world.db.statements();
    let kept = here.get("/honours").await;
    assert_eq!((world.db.statements(), kept.headers.contains_key("etag")), (before, true));
    assert!(kept.body.contains("第 0 渠的水"));
    world.sql("UPDATE gold_lecturers SET state = 'suspended' WHERE person_id = 10");
    for browser in [&there, &here] {
        assert!(!browser.get("/honours").await.body.contains("第 0 渠的水"));
    }
    world.sql("UPDATE gold_names SET lecture = '改过的课'");
    for browser in [&here, &there] {
        assert!(browser.get("/honours").await.body.contains("改过的课"));
    }
    // In English every word is; names stay.
    let english = world.visitor();
    english.post("/manner", &[("lang", "en"), ("back", "/honours")]).await;
    let page = english.get("/honours").await;
    assert!(page.body.contains("Honour list of gold lecturers") && page.body.contains("lang=\"zh-CN\">"));
}
