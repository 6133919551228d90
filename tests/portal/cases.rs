//! Disputes, corrections and appeals: who may bring what, who answers, by when, and what an answer brings about.
use crate::world::World;
use chrono::{Datelike, Duration};
use weixiao::access::{Grant, Role, ScopeKind, Viewer};
use weixiao::audit::Doer;
use weixiao::cases::{self, Outcome};
use weixiao::error::{Error, Result};
use weixiao::events::{self, Entry, Kind, Method, NewEvent, Plan, Status};
use weixiao::ids::{AccountId, CaseId, EventId, LectureId, MediaId, OrgId, PersonId, SchoolId, random_hex};
use weixiao::watching::{self, Viewed};
use weixiao::{calendar, clock};

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

fn account(world: &World, name: &str) -> AccountId {
    AccountId(world.number(&format!("SELECT id FROM accounts WHERE username = '{name}'")))
}

fn person(world: &World, name: &str) -> PersonId {
    PersonId(world.number(&format!("SELECT person_id FROM accounts WHERE username = '{name}'")))
}

/// An event of the branch of `member`, which is over.
fn event(world: &World, kind: Kind, lecture: Option<LectureId>) -> EventId {
    let who = person(world, "member");
    let org = world
        .number(&format!("SELECT branch_id FROM memberships WHERE person_id = {who} AND valid_to IS NULL"));
    let now = clock::now();
    let plan = Plan {
        title: "学一学灌区巡查".into(),
        about: String::new(),
        lecture,
        school: Some(SchoolId(1)),
        base: None,
        place: String::new(),
        online_url: String::new(),
        lecturer: String::new(),
        starts_at: now - Duration::hours(30),
        ends_at: now - Duration::hours(29),
    };
    let by = account(world, "secretary");
    let doer = Doer { account: Some(by), ..Doer::default() };
    let new = NewEvent { kind, org: OrgId(org), plan, key: random_hex(16) };
    world.db.write_now(|conn| events::arrange(conn, &new, by, &doer, now)).unwrap()
}

/// What `by` records of somebody; the id of the attendance.
fn attend(world: &World, event: EventId, name: &str, status: Status, by: &str) -> i64 {
    let (who, by) = (person(world, name), account(world, by));
    let entry = Entry {
        event,
        person: who,
        status,
        minutes: 0,
        method: Method::List,
        via: None,
        by,
        acted_by: None,
        key: random_hex(16),
    };
    world.db.write_now(|conn| events::record(conn, &entry, clock::now())).unwrap();
    world.number(&format!(
        "SELECT attendance_id FROM attendance_heads WHERE event_id = {event} AND person_id = {who}"
    ))
}

/// The attendance of `member` that `by` recorded.
fn attendance(world: &World, status: Status, by: &str) -> i64 {
    attend(world, event(world, Kind::StudyDiscussion, None), "member", status, by)
}

/// `member` disputes this attendance in a browser; the case.
async fn dispute(world: &World, attendance: i64) -> i64 {
    let member = world.signed_in("member").await;
    let form = member.get(&format!("/me/cases/new?about=attendance&id={attendance}")).await;
    assert_eq!(form.status, 200, "{}", form.body);
    let (id, key) = (attendance.to_string(), form.key());
    let fields = [("about", "attendance"), ("id", &id), ("text", "我当天在场，签到表上有"), ("key", &key)];
    let filed = member.post("/me/cases/new", &fields).await;
    let to = filed.location.unwrap_or_else(|| panic!("{}", filed.body));
    to.trim_start_matches("/me/cases/").split('?').next().unwrap().parse().unwrap()
}

fn refused(outcome: Result<impl Sized>) -> bool {
    matches!(outcome, Err(Error::Refused(_)))
}

/// Somebody with this role for the whole city.
fn of_city(world: &World, name: &str) -> Viewer {
    let grant =
        Grant { role: Role::Organizer, scope: ScopeKind::City, scope_id: None, path: Some("/".into()) };
    Viewer {
        account: account(world, name),
        person: person(world, name),
        name: name.into(),
        grants: vec![grant],
        actor_name: None,
        has_news: false,
    }
}

const UPHELD: &[(&str, &str)] =
    &[("outcome", "upheld"), ("status", "present"), ("reasons", "签到表第 3 行有本人签名")];
const DISMISSED: &[(&str, &str)] = &[("outcome", "dismissed"), ("reasons", "签到表上没有")];

#[actix_web::test]
async fn an_upheld_dispute_is_answered_by_somebody_else_and_recorded_anew() {
    let world = town();
    let id = attendance(&world, Status::Absent, "secretary");
    let case = dispute(&world, id).await;
    let (member, committee) = (world.signed_in("member").await, world.signed_in("committee").await);
    // Five working days, counted by the calendar.
    let today = clock::day(clock::now());
    let due = world.db.read_now(|conn| calendar::after(conn, today, 5)).unwrap();
    assert_eq!(
        world.number(&format!("SELECT COUNT(*) FROM cases WHERE id = {case} AND due_on = '{due}'")),
        1
    );
    let shown = member.get(&format!("/me/cases/{case}")).await;
    assert!(shown.body.contains("签到表上有") && shown.body.contains("学一学灌区巡查"), "{}", shown.body);
    assert!(member.get("/me/cases").await.body.contains(&format!("/me/cases/{case}")));
    let form = committee.get(&format!("/cases/{case}")).await;
    assert!(form.body.contains("签到表上有") && form.body.contains("登记人"), "{}", form.body);
    assert!(committee.get("/cases").await.body.contains(&format!("/cases/{case}\"")));
    // An answer has an outcome, what holds instead, and reasons; what was typed stays.
    for (fields, problem) in [
        (&[("reasons", "看过签到表")] as &[_], "请选一个结论"),
        (&[("outcome", "upheld"), ("reasons", "看过签到表")], "请选改成哪一种"),
        (&[("outcome", "upheld"), ("status", "absent"), ("reasons", "看过签到表")], "请选改成哪一种"),
        (&[("outcome", "dismissed"), ("reasons", " ")], "请填写"),
    ] {
        let refused = committee.post(&format!("/cases/{case}"), fields).await;
        assert!(refused.status == 422 && refused.body.contains(problem), "{problem}: {}", refused.body);
        assert!(
            !fields.iter().any(|(_, value)| *value == "看过签到表") || refused.body.contains("看过签到表</")
        );
    }
    let decided = committee.post(&format!("/cases/{case}"), UPHELD).await;
    assert_eq!(decided.location.as_deref(), Some("/cases?done=case-decided"), "{}", decided.body);
    let (who, by) = (person(&world, "member"), account(&world, "committee"));
    let present = "h.status = 'present' AND a.revision = 2 AND a.minutes = 60";
    assert_eq!(
        world.number(&format!("SELECT COUNT(*) FROM attendance_heads h JOIN attendances a ON a.id = h.attendance_id WHERE h.person_id = {who} AND a.recorded_by = {by} AND {present}")),
        1,
        "a new revision, the old one stays"
    );
    assert_eq!(
        world.number(&format!("SELECT COUNT(*) FROM attendances WHERE id = {id} AND status = 'absent'")),
        1
    );
    // The person is told, reads the reasons, and sees in the own record who answered.
    let notices = format!(
        "SELECT COUNT(*) FROM notices WHERE person_id = {who} AND kind = 'case' AND link = '/me/cases/{case}'"
    );
    assert_eq!(world.number(&notices), 1);
    let answer = member.get(&format!("/me/cases/{case}")).await;
    assert!(answer.body.contains("成立") && answer.body.contains("第 3 行"), "{}", answer.body);
    assert!(!answer.body.contains("申诉的理由"), "there is nothing to appeal");
    let traces = |action: &str| {
        world.number(&format!("SELECT COUNT(*) FROM audit_entries WHERE action = '{action}' AND subject_kind = 'case' AND subject_id = {case}"))
    };
    assert_eq!((traces("case_filed"), traces("case_decided")), (1, 1));
    assert_eq!(
        world.number(&format!("SELECT COUNT(*) FROM audit_entries WHERE action = 'case_decided' AND for_person_id = {who} AND actor_id = {by}")),
        1
    );
    // Decided once; the old record is nobody's matter any more.
    assert_eq!(committee.post(&format!("/cases/{case}"), DISMISSED).await.status, 409);
    let gone = member.get(&format!("/me/cases/new?about=attendance&id={id}")).await;
    assert!(gone.body.contains("不再作数") && !gone.body.contains("<textarea"), "{}", gone.body);
}

#[actix_web::test]
async fn an_upheld_dispute_can_say_that_it_was_made_up_and_by_what() {
    let world = town();
    let id = attendance(&world, Status::Absent, "secretary");
    let other = event(&world, Kind::StudyDiscussion, None);
    attend(&world, other, "member", Status::Present, "secretary");
    let case = dispute(&world, id).await;
    let committee = world.signed_in("committee").await;
    let (path, via) = (format!("/cases/{case}"), format!("event-{other}"));
    let desk = committee.get(&path).await;
    assert!(desk.body.contains(&format!("value=\"{via}\"")), "{}", desk.body);
    let fields = |via| [("outcome", "upheld"), ("status", "makeup"), ("via", via), ("reasons", "补学过")];
    for wrong in ["", "event-999", "lecture-999"] {
        let again = committee.post(&path, &fields(wrong)).await;
        assert!(again.status == 422 && again.body.contains("请选补学的活动或课"), "{wrong}: {}", again.body);
    }
    assert_eq!(committee.post(&path, &fields(&via)).await.status, 303);
    let holds = format!(
        "SELECT COUNT(*) FROM attendances a JOIN attendance_heads h ON h.attendance_id = a.id WHERE a.status = 'makeup' AND a.via_event_id = {other} AND a.key = 'case-{case}'"
    );
    assert_eq!(world.number(&holds), 1);
}

#[actix_web::test]
async fn a_record_of_an_event_that_was_cancelled_can_still_be_voided() {
    let world = town();
    let id = attendance(&world, Status::Present, "secretary");
    let case = dispute(&world, id).await;
    world.sql(&format!("UPDATE events SET state = 'cancelled', reason = 'x' WHERE id = (SELECT event_id FROM attendances WHERE id = {id})"));
    let committee = world.signed_in("committee").await;
    let fields = [("outcome", "upheld"), ("status", "void"), ("reasons", "没有举行")];
    let answered = committee.post(&format!("/cases/{case}"), &fields).await;
    assert_eq!(answered.status, 303, "{}", answered.body);
    assert_eq!(
        world.number(&format!(
            "SELECT COUNT(*) FROM attendances WHERE status = 'void' AND key = 'case-{case}'"
        )),
        1
    );
}

#[actix_web::test]
async fn what_is_late_goes_to_the_next_level_and_what_was_answered_can_be_found() {
    let world = town();
    let id = attendance(&world, Status::Absent, "secretary");
    let case = dispute(&world, id).await;
    let committee = world.signed_in("committee").await;
    let line = format!("href=\"/cases/{case}\"");
    let lists = async |show: &str| committee.get(&format!("/cases?show={show}")).await.body.contains(&line);
    assert!(lists("").await && !lists("overdue").await && !lists("answered").await);
    let escalate = || world.db.write_now(|conn| cases::escalate(conn, clock::now())).unwrap();
    let told = |name: &str, link: &str| {
        world.number(&format!(
            "SELECT COUNT(*) FROM notices WHERE person_id = {} AND kind = 'case' AND link = '{link}/{case}'",
            person(&world, name)
        ))
    };
    escalate();
    assert_eq!(told("committee", "/cases"), 0, "it is in time");
    let yesterday = clock::day(clock::now()) - Duration::days(1);
    world.sql(&format!("UPDATE cases SET due_on = '{yesterday}' WHERE id = {case}"));
    escalate();
    escalate();
    assert_eq!((told("committee", "/cases"), told("member", "/me/cases")), (1, 1));
    // The branch's own, who let it lie and made the record, and another committee's are not asked.
    assert_eq!((told("secretary", "/cases"), told("secretary2", "/cases")), (0, 0));
    assert!(lists("").await && lists("overdue").await && !lists("answered").await);
    let admin = world.signed_in("admin").await.get("/admin").await;
    let late = format!(
        "SELECT COUNT(*) FROM cases WHERE state IN ('filed', 'in_review') AND due_on <= '{yesterday}'"
    );
    let count = world.number(&late);
    assert!(count > 0 && admin.body.contains(&format!("超期 {count} 件")), "{}", admin.body);
    assert_eq!(committee.post(&format!("/cases/{case}"), DISMISSED).await.status, 303);
    assert!(!lists("").await && !lists("overdue").await && lists("answered").await);
    let other = world.signed_in("secretary2").await;
    assert!(!other.get("/cases?show=answered").await.body.contains(&line));
    assert_eq!(world.number(&late), count - 1);
}

/// More than are looked at in one round: each is told in the end, and once.
#[actix_web::test]
async fn of_many_that_are_late_at_once_none_is_forgotten() {
    let world = town();
    let case = dispute(&world, attendance(&world, Status::Absent, "secretary")).await;
    let told = || world.number("SELECT COUNT(*) FROM notices WHERE key LIKE 'case-%-late'");
    let escalate = || world.db.write_now(|conn| cases::escalate(conn, clock::now())).unwrap();
    for _ in 0..2 {
        escalate();
    }
    let before = told();
    let yesterday = clock::day(clock::now()) - Duration::days(1);
    world.sql(&format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 450) \
         INSERT INTO cases (kind, level, subject_kind, subject_id, person_id, path, filed_by, filed_at, due_on, state, key) \
         SELECT kind, level, subject_kind, 1000000 + i, person_id, path, filed_by, filed_at, '{yesterday}', state, key || i \
         FROM cases, n WHERE cases.id = {case}"
    ));
    let after = [1, 2, 3, 4].map(|_| {
        escalate();
        told() - before
    });
    assert_eq!(after, [200, 400, 450, 450]);
}

#[actix_web::test]
async fn whoever_recorded_or_filed_it_or_is_concerned_does_not_answer() {
    let world = town();
    let id = attendance(&world, Status::Absent, "secretary");
    let case = dispute(&world, id).await;
    let secretary = world.signed_in("secretary").await;
    let page = secretary.get(&format!("/cases/{case}")).await;
    assert!(page.status == 200 && page.body.contains("您登记的"), "{}", page.body);
    assert!(!page.body.contains("签到表上有"), "the words are for those who answer");
    assert!(!page.body.contains("<textarea"), "there is no form");
    assert!(secretary.get("/cases").await.body.contains("由别人办理"));
    for fields in [UPHELD, &[]] {
        let refused = secretary.post(&format!("/cases/{case}"), fields).await;
        assert!(refused.status == 409 && refused.body.contains("您登记的"), "{}", refused.body);
    }
    assert_eq!(world.number(&format!("SELECT COUNT(*) FROM cases WHERE id = {case} AND state = 'filed'")), 1);
    let by = account(&world, "secretary");
    let own = format!("UPDATE cases SET decided_by = {by}, state = 'dismissed' WHERE id = {case}");
    assert!(world.try_sql(&own).is_err(), "the database refuses it too");
    // Recorded by somebody else, but filed by the secretary for the member.
    let id = attendance(&world, Status::Absent, "clerk");
    let who = person(&world, "member");
    secretary.post(&format!("/people/{who}/acting"), &[]).await;
    let form = secretary.get(&format!("/me/cases/new?about=attendance&id={id}")).await;
    let (number, key) = (id.to_string(), form.key());
    let fields = [("about", "attendance"), ("id", &*number), ("text", "本人说在场"), ("key", &*key)];
    let filed = secretary.post("/me/cases/new", &fields).await;
    assert_eq!(filed.status, 303, "{}", filed.body);
    assert_eq!(secretary.get("/cases").await.status, 403, "while acting there is only the member");
    secretary.post("/acting/end", &[]).await;
    let filed = world.number("SELECT MAX(id) FROM cases");
    assert_eq!(
        world.number(&format!("SELECT COUNT(*) FROM cases c JOIN audit_entries e ON e.subject_id = c.id AND e.action = 'case_filed' WHERE c.id = {filed} AND c.person_id = {who} AND c.filed_by = {by} AND e.for_person_id = {who}")),
        1
    );
    let refused = secretary.post(&format!("/cases/{filed}"), UPHELD).await;
    assert!(refused.status == 409 && refused.body.contains("代为提出"), "{}", refused.body);
    assert!(
        world.signed_in("member").await.get("/me/cases").await.body.contains(&format!("/me/cases/{filed}"))
    );
    // The secretary's own matter.
    let mine =
        attend(&world, event(&world, Kind::StudyDiscussion, None), "secretary", Status::Absent, "clerk");
    let form = secretary.get(&format!("/me/cases/new?about=attendance&id={mine}")).await;
    let (number, key) = (mine.to_string(), form.key());
    let fields = [("about", "attendance"), ("id", &*number), ("text", "我在场"), ("key", &*key)];
    secretary.post("/me/cases/new", &fields).await;
    let own = world.number("SELECT MAX(id) FROM cases");
    assert_eq!(secretary.post(&format!("/cases/{own}"), UPHELD).await.status, 409);
    // What somebody else recorded and the member filed, the secretary answers.
    let id = attendance(&world, Status::Late, "clerk");
    let case = dispute(&world, id).await;
    assert_eq!(secretary.post(&format!("/cases/{case}"), UPHELD).await.status, 303);
}

#[actix_web::test]
async fn a_case_is_found_only_by_the_person_and_within_the_scope() {
    let world = town();
    let id = attendance(&world, Status::Absent, "clerk");
    let case = dispute(&world, id).await;
    let (own, desk) = (format!("/me/cases/{case}"), format!("/cases/{case}"));
    let stranger = world.signed_in("secretary2").await;
    assert_eq!(stranger.get(&desk).await.status, 404);
    assert_eq!(stranger.post(&desk, UPHELD).await.status, 404);
    assert!(!stranger.get("/cases").await.body.contains(&format!("{desk}\"")));
    for name in ["member2", "secretary", "committee"] {
        let other = world.signed_in(name).await;
        assert_eq!(other.get(&own).await.status, 404, "{name}");
        assert_eq!(other.post(&format!("{own}/withdraw"), &[]).await.status, 404, "{name}");
        let key = random_hex(16);
        let fields = [("text", "x"), ("key", key.as_str())];
        assert_eq!(other.post(&format!("{own}/appeal"), &fields).await.status, 404, "{name}");
        let about = format!("/me/cases/new?about=attendance&id={id}");
        assert_eq!(other.get(&about).await.status, 404, "{name}");
        let number = id.to_string();
        let fields = [("about", "attendance"), ("id", &*number), ("text", "x"), ("key", &*key)];
        assert_eq!(other.post("/me/cases/new", &fields).await.status, 404, "{name}");
    }
    let member = world.signed_in("member").await;
    assert_eq!(member.get(&desk).await.status, 403);
    for odd in
        ["attendance&id=x", "attendance&id=-1", "attendance", "person&id=1", "&id=", "completion&id=99999999"]
    {
        assert_eq!(member.get(&format!("/me/cases/new?about={odd}")).await.status, 404, "{odd}");
    }
    assert_eq!(world.visitor().get(&own).await.status, 303, "visitors sign in first");
    assert_eq!(world.number(&format!("SELECT COUNT(*) FROM case_steps WHERE case_id = {case}")), 1);
}

#[actix_web::test]
async fn a_post_that_comes_twice_is_one_case_and_a_record_has_one_open_case() {
    let world = town();
    let id = attendance(&world, Status::Absent, "secretary").to_string();
    let member = world.signed_in("member").await;
    let key = random_hex(16);
    let fields = |key: &str, text: &str| {
        vec![
            ("about", "attendance".to_owned()),
            ("id", id.clone()),
            ("text", text.into()),
            ("key", key.into()),
        ]
    };
    let post = async |key: &str, text: &str| {
        let fields = fields(key, text);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        member.post("/me/cases/new", &fields).await
    };
    let empty = post(&key, " ").await;
    assert!(empty.status == 422 && empty.key() == key, "{}", empty.body);
    let broken = post("x", "我在场").await;
    assert!(broken.status == 422 && broken.body.contains("我在场</textarea>"), "{}", broken.body);
    let (one, two) = (post(&key, "我在场").await, post(&key, "我在场").await);
    assert!(one.status == 303 && one.location == two.location, "{:?} {:?}", one.location, two.location);
    let other = post(&random_hex(16), "再说一遍").await;
    assert!(other.status == 409 && other.body.contains("正在办理"), "{}", other.body);
    let count = |table: &str| world.number(&format!("SELECT COUNT(*) FROM {table}"));
    assert_eq!((count("cases"), count("case_steps"), count("case_texts")), (1, 1, 1));
    assert!(member.get(&format!("/me/cases/new?about=attendance&id={id}")).await.body.contains("已经提出过"));
    // Withdrawn it can be filed again; answered it can be appealed, not filed again.
    let case = world.number("SELECT MAX(id) FROM cases");
    assert_eq!(member.post(&format!("/me/cases/{case}/withdraw"), &[]).await.status, 303);
    assert_eq!(post(&random_hex(16), "还是要提").await.status, 303);
    let case = world.number("SELECT MAX(id) FROM cases");
    let committee = world.signed_in("committee").await;
    assert_eq!(committee.post(&format!("/cases/{case}"), DISMISSED).await.status, 303);
    let again = post(&random_hex(16), "第三次").await;
    assert!(
        again.status == 409 && again.body.contains("申诉") && again.body.contains("第三次"),
        "{}",
        again.body
    );
    assert_eq!(count("cases"), 2);
}

#[actix_web::test]
async fn two_who_answer_at_the_same_moment_are_told_apart() {
    let world = town();
    let id = attendance(&world, Status::Absent, "secretary");
    let case = CaseId(dispute(&world, id).await);
    let outcomes =
        [("committee", Outcome::Upheld), ("organizer", Outcome::Dismissed)].map(|(name, outcome)| {
            let (db, viewer) = (world.db.clone(), of_city(&world, name));
            std::thread::spawn(move || {
                let doer = Doer { account: Some(viewer.account), ..Doer::default() };
                db.write_now(|conn| {
                    cases::decide(conn, case, (outcome, "看过签到表"), &viewer, &doer, clock::now())
                        .map(|_| ())
                })
            })
        });
    let outcomes = outcomes.map(|one| one.join().unwrap());
    assert_eq!(outcomes.iter().filter(|one| one.is_ok()).count(), 1, "{outcomes:?}");
    assert!(
        outcomes.iter().any(|one| matches!(one, Err(Error::Refused(_)))),
        "the other is told: {outcomes:?}"
    );
    assert_eq!(world.number(&format!("SELECT COUNT(*) FROM case_steps WHERE case_id = {case}")), 2);
    // A rule, wherever it is called from: without reasons there is no answer.
    let id = attendance(&world, Status::Absent, "secretary");
    let case = CaseId(dispute(&world, id).await);
    let viewer = of_city(&world, "organizer");
    let silent = world.db.write_now(|conn| {
        cases::decide(conn, case, (Outcome::Dismissed, " \n"), &viewer, &Doer::default(), clock::now())
    });
    assert!(refused(silent));
}

#[actix_web::test]
async fn an_appeal_goes_above_the_branch_and_to_somebody_else() {
    let world = town();
    let id = attendance(&world, Status::Absent, "clerk");
    let case = dispute(&world, id).await;
    let (member, secretary, committee, organizer) = (
        world.signed_in("member").await,
        world.signed_in("secretary").await,
        world.signed_in("committee").await,
        world.signed_in("organizer").await,
    );
    let appeal = format!("/me/cases/{case}/appeal");
    let key = random_hex(16);
    let early = member.post(&appeal, &[("text", "等不及"), ("key", &key)]).await;
    assert!(early.status == 409 && early.body.contains("还没有答复"), "{}", early.body);
    assert_eq!(committee.post(&format!("/cases/{case}"), DISMISSED).await.status, 303);
    let page = member.get(&format!("/me/cases/{case}")).await;
    assert!(page.body.contains("签到表上没有") && page.body.contains("申诉的理由"), "{}", page.body);
    assert_eq!(member.post(&appeal, &[("text", ""), ("key", &key)]).await.status, 422);
    let (one, two) = (
        member.post(&appeal, &[("text", "签到表换过页"), ("key", &key)]).await,
        member.post(&appeal, &[("text", "签到表换过页"), ("key", &random_hex(16))]).await,
    );
    assert!(one.status == 303 && one.location == two.location, "an answer is appealed once: {two:?}");
    let second = world.number("SELECT MAX(id) FROM cases");
    let today = clock::day(clock::now());
    let due = world.db.read_now(|conn| calendar::after(conn, today, 15)).unwrap();
    assert_eq!(
        world.number(&format!("SELECT COUNT(*) FROM cases WHERE id = {second} AND level = 2 AND kind = 'appeal' AND appealed_id = {case} AND due_on = '{due}'")),
        1
    );
    // The branch does not hear it; the committee gave the first answer; somebody else above the branch decides.
    let desk = format!("/cases/{second}");
    assert_eq!(secretary.get(&desk).await.status, 404);
    assert_eq!(secretary.post(&desk, UPHELD).await.status, 404);
    assert!(!secretary.get("/cases").await.body.contains(&format!("{desk}\"")));
    let first = committee.post(&desk, UPHELD).await;
    assert!(first.status == 409 && first.body.contains("上一次的答复是您"), "{}", first.body);
    let page = organizer.get(&desk).await;
    for words in ["第一次的答复", "签到表上没有", "签到表换过页"] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert_eq!(organizer.post(&desk, UPHELD).await.status, 303);
    let who = person(&world, "member");
    assert_eq!(
        world.number(&format!("SELECT COUNT(*) FROM attendance_heads WHERE person_id = {who} AND status = 'present' AND attendance_id > {id}")),
        1
    );
    // That was the last word.
    let last = member.post(&format!("/me/cases/{second}/appeal"), &[("text", "x"), ("key", &key)]).await;
    assert_eq!(last.status, 409);
    assert!(member.get(&format!("/me/cases/{case}")).await.body.contains(&format!("/me/cases/{second}")));
}

#[actix_web::test]
async fn an_appeal_comes_within_ten_working_days_and_an_answer_by_its_day() {
    let world = town();
    let id = attendance(&world, Status::Absent, "secretary");
    let case = dispute(&world, id).await;
    let committee = world.signed_in("committee").await;
    let past = |days: i64| (clock::day(clock::now()) - Duration::days(days)).to_string();
    world.sql(&format!("UPDATE cases SET due_on = '{}' WHERE id = {case}", past(1)));
    assert!(committee.get("/cases").await.body.contains("已超期"));
    let member = world.signed_in("member").await;
    assert!(member.get("/me/cases").await.body.contains("已超期"));
    committee.post(&format!("/cases/{case}"), DISMISSED).await;
    assert!(!member.get("/me/cases").await.body.contains("已超期"), "it is answered");
    world.sql(&format!("UPDATE cases SET decided_at = '{} 01:00:00' WHERE id = {case}", past(40)));
    let page = member.get(&format!("/me/cases/{case}")).await;
    assert!(!page.body.contains("申诉的理由"), "{}", page.body);
    let late =
        member.post(&format!("/me/cases/{case}/appeal"), &[("text", "补充"), ("key", &random_hex(16))]).await;
    assert!(late.status == 409 && late.body.contains("10 个工作日已经过去"), "{}", late.body);
    assert!(late.body.contains("补充</textarea>"), "what was typed stays");
}

#[actix_web::test]
async fn the_person_may_withdraw_until_it_is_answered() {
    let world = town();
    let id = attendance(&world, Status::Absent, "secretary");
    let case = dispute(&world, id).await;
    let (member, committee) = (world.signed_in("member").await, world.signed_in("committee").await);
    let withdraw = format!("/me/cases/{case}/withdraw");
    assert_eq!(member.post(&withdraw, &[]).await.status, 303);
    assert_eq!(member.post(&withdraw, &[]).await.status, 303, "twice is once");
    assert_eq!(world.number(&format!("SELECT COUNT(*) FROM case_steps WHERE case_id = {case}")), 2);
    assert_eq!(
        world.number(&format!(
            "SELECT COUNT(*) FROM audit_entries WHERE action = 'case_withdrawn' AND subject_id = {case}"
        )),
        1
    );
    assert_eq!(committee.post(&format!("/cases/{case}"), UPHELD).await.status, 409);
    let case = dispute(&world, id).await;
    committee.post(&format!("/cases/{case}"), DISMISSED).await;
    let late = member.post(&format!("/me/cases/{case}/withdraw"), &[]).await;
    assert!(late.status == 409 && late.body.contains("已经有人答复"), "{}", late.body);
}

#[actix_web::test]
async fn a_reversed_proof_of_a_group_is_void_for_the_event_too() {
    let world = town();
    let event = event(&world, Kind::GroupViewing, Some(LectureId(5)));
    let (who, by) = (person(&world, "member"), account(&world, "secretary"));
    let media = world.number("SELECT media_id FROM lectures WHERE id = 5");
    let now = clock::now().format("%Y-%m-%d %H:%M:%S");
    world.sql(&format!("INSERT INTO viewings (event_id, lecture_id, media_id, host_id, session_id, play, budget_ms, at, opened_at, beat_at, seq, is_plain, seen, seconds, length_s, last_ms, ended_at) VALUES ({event}, 5, {media}, {by}, 's', 'p', 0, '{now}', '{now}', '{now}', 1, FALSE, '', 100, 100, 0, '{now}')"));
    world.sql(&format!("INSERT INTO viewers (event_id, person_id, is_open, joined_s, signed_by, signed_at) VALUES ({event}, {who}, FALSE, 0, {by}, '{now}')"));
    world.sql(&format!("DELETE FROM watches WHERE person_id = {who} AND lecture_id = 5"));
    let before =
        world.number(&format!("SELECT COUNT(*) FROM completions WHERE person_id = {who} AND lecture_id = 5"));
    assert_eq!(before, 0, "choose a lecture that the demo member has not finished");
    let viewed = Viewed { lecture: LectureId(5), media: MediaId(media), event, seconds: 100, length_s: 100 };
    world.db.write_now(|conn| watching::prove(conn, &[who], &viewed, clock::now())).unwrap();
    attend(&world, event, "member", Status::Present, "secretary");
    let proof =
        world.number(&format!("SELECT id FROM completions WHERE person_id = {who} AND event_id = {event}"));
    let member = world.signed_in("member").await;
    let form = member.get(&format!("/me/cases/new?about=completion&id={proof}")).await;
    assert!(form.body.contains("集体收看"), "{}", form.body);
    let (number, key) = (proof.to_string(), form.key());
    let fields = [("about", "completion"), ("id", &*number), ("text", "那天我不在"), ("key", &*key)];
    assert_eq!(member.post("/me/cases/new", &fields).await.status, 303);
    let case = world.number("SELECT MAX(id) FROM cases");
    // Whoever signed the list made the record.
    let own = world.signed_in("secretary").await.post(&format!("/cases/{case}"), UPHELD).await;
    assert!(own.status == 409 && own.body.contains("您登记的"), "{}", own.body);
    let committee = world.signed_in("committee").await;
    let partly = committee.post(&format!("/cases/{case}"), &[("outcome", "partly"), ("reasons", "x")]).await;
    assert_eq!(partly.status, 422, "a proof holds or it does not");
    let upheld =
        committee.post(&format!("/cases/{case}"), &[("outcome", "upheld"), ("reasons", "核对过名单")]).await;
    assert_eq!(upheld.status, 303, "{}", upheld.body);
    assert_eq!(
        world.number(&format!(
            "SELECT COUNT(*) FROM completion_reversals WHERE completion_id = {proof} AND case_id = {case}"
        )),
        1
    );
    assert_eq!(
        world.number(&format!("SELECT COUNT(*) FROM attendance_heads WHERE event_id = {event} AND person_id = {who} AND status = 'void'")),
        1
    );
    assert!(
        member.get(&format!("/me/cases/new?about=completion&id={proof}")).await.body.contains("不再作数")
    );
}

#[actix_web::test]
async fn an_upheld_correction_withdraws_the_record_of_a_course() {
    let world = town();
    let (who, now) = (person(&world, "member"), clock::now().format("%Y-%m-%d %H:%M:%S").to_string());
    let (key, by) = (random_hex(16), account(&world, "organizer"));
    world.sql(&format!("INSERT INTO courses (slug, title, summary, about, topic_id, cover, mode, visibility, quarters, stage, version, draft_version, is_submitted, round, revision, reason, author_id, created_at, key) VALUES ('{key}', '水利遗产', '', '', 1, '', 'online', 'public', 4, 'draft', 0, 1, FALSE, 0, 0, '', {by}, '{now}', '{key}')"));
    let course = world.number(&format!("SELECT id FROM courses WHERE key = '{key}'"));
    world.sql(&format!("INSERT INTO offerings (course_id, mode, code, taken, taken_open, reserved, waiting, asking, next_seq, audience, path, is_closed) VALUES ({course}, 'open', '', 1, 1, 0, 0, 0, 2, '', '', FALSE)"));
    let offering = world.number(&format!("SELECT id FROM offerings WHERE course_id = {course}"));
    world.sql(&format!("INSERT INTO enrolments (offering_id, person_id, seq, state, version, path, channel, enrolled_by, created_at, changed_at, key) VALUES ({offering}, {who}, 1, 'attended', 1, '/1/', 'self', {by}, '{now}', '{now}', '{key}')"));
    let enrolment = world.number(&format!("SELECT id FROM enrolments WHERE offering_id = {offering}"));
    world.sql(&format!("INSERT INTO study_records (code, enrolment_id, person_id, course_id, version, title, quarters, finished_on, made_at) VALUES ('{key}', {enrolment}, {who}, {course}, 1, '水利遗产', 4, '2026-11-01', '{now}')"));
    let record = world.number(&format!("SELECT id FROM study_records WHERE code = '{key}'"));
    let member = world.signed_in("member").await;
    let form = member.get(&format!("/me/cases/new?about=record&id={record}")).await;
    assert!(form.body.contains("申请更正") && form.body.contains("水利遗产"), "{}", form.body);
    let (number, key) = (record.to_string(), form.key());
    let fields = [("about", "record"), ("id", &*number), ("text", "这门课不是我学的"), ("key", &*key)];
    assert_eq!(member.post("/me/cases/new", &fields).await.status, 303);
    let case = world.number("SELECT MAX(id) FROM cases");
    assert_eq!(
        world.number(&format!("SELECT COUNT(*) FROM cases WHERE id = {case} AND kind = 'correction'")),
        1
    );
    let secretary = world.signed_in("secretary").await;
    assert!(secretary.get(&format!("/cases/{case}")).await.body.contains("收回结业记录"));
    let upheld =
        secretary.post(&format!("/cases/{case}"), &[("outcome", "upheld"), ("reasons", "核对过")]).await;
    assert_eq!(upheld.status, 303, "{}", upheld.body);
    assert_eq!(
        world.number(&format!(
            "SELECT COUNT(*) FROM study_record_withdrawals WHERE record_id = {record} AND reason = '核对过'"
        )),
        1
    );
}

#[actix_web::test]
async fn whoever_answers_does_not_read_why_somebody_was_on_leave() {
    let world = town();
    let id = attendance(&world, Status::LeaveSick, "secretary");
    let case = dispute(&world, id).await;
    let desk = world.signed_in("committee").await.get(&format!("/cases/{case}")).await;
    assert!(desk.body.contains("<dd>请假</dd>") && !desk.body.contains("病假"), "{}", desk.body);
    // All leaves can be chosen: one that is missing would say which one it was.
    for value in ["leave_official", "leave_sick", "leave_private"] {
        assert!(desk.body.contains(&format!("value=\"{value}\"")), "{value}");
    }
    let own = world.signed_in("member").await.get(&format!("/me/cases/{case}")).await;
    assert!(own.body.contains("病假"), "the person reads the own record");
}

#[actix_web::test]
async fn a_year_without_a_calendar_takes_no_case_and_says_what_to_do() {
    let world = town();
    let id = attendance(&world, Status::Absent, "secretary").to_string();
    world.sql("DELETE FROM calendar_days");
    world.sql("DELETE FROM calendar_years");
    let member = world.signed_in("member").await;
    let page = member.get(&format!("/me/cases/new?about=attendance&id={id}")).await;
    assert!(
        page.status == 200 && page.body.contains("工作日历") && !page.body.contains("<textarea"),
        "{}",
        page.body
    );
    let key = random_hex(16);
    let fields = [("about", "attendance"), ("id", &*id), ("text", "我在场"), ("key", &*key)];
    let refused = member.post("/me/cases/new", &fields).await;
    assert!(refused.status == 409 && refused.body.contains("管理员"), "{}", refused.body);
    assert!(refused.body.contains("我在场</textarea>"), "what was typed stays");
    assert_eq!(world.number("SELECT COUNT(*) FROM cases"), 0);
}

#[actix_web::test]
async fn what_happened_to_a_case_is_only_added_to() {
    let world = town();
    let id = attendance(&world, Status::Absent, "secretary");
    dispute(&world, id).await;
    for sql in ["DELETE FROM case_steps", "UPDATE case_steps SET state = 'withdrawn'"] {
        assert!(world.try_sql(sql).is_err(), "{sql}");
    }
    // What was written lies beside it: retention may erase it, and the page still says what happened.
    world.sql("DELETE FROM case_texts");
    let case = world.number("SELECT MAX(id) FROM cases");
    let page = world.signed_in("member").await.get(&format!("/me/cases/{case}")).await;
    assert!(page.status == 200 && page.body.contains("已提出"), "{}", page.body);
    for list in ["/me/cases", "/cases"] {
        let browser = world.signed_in("committee").await;
        assert_eq!(browser.get(&format!("{list}?page=900000")).await.status, 404, "{list}");
        assert_eq!(browser.get(&format!("{list}?page=x")).await.status, 200, "{list}");
    }
}
