//! Study: a step is done by facts alone, a record is made once, and a member's page costs the same with one course and many.
use crate::enrolments::{course, run};
use crate::world::{Browser, World};
use chrono::Duration;
use std::sync::Barrier;
use std::thread;
use weixiao::audit::Doer;
use weixiao::clock;
use weixiao::courses;
use weixiao::db::Conn;
use weixiao::enrolments::{self, Asking, Channel};
use weixiao::ids::{AccountId, CourseId, EnrolmentId, OfferingId, PersonId, RecordId, random_hex};
use weixiao::study::{self, Lack, Standing};

fn within<T>(world: &World, work: impl FnOnce(&mut Conn) -> T) -> T {
    let mut kept = None;
    world
        .db
        .write_now(|conn| {
            kept = Some(work(conn));
            Ok(())
        })
        .unwrap();
    kept.unwrap()
}

fn person(world: &World, name: &str) -> PersonId {
    PersonId(world.number(&format!("SELECT person_id FROM accounts WHERE username = '{name}'")))
}
fn account(world: &World, name: &str) -> AccountId {
    AccountId(world.number(&format!("SELECT id FROM accounts WHERE username = '{name}'")))
}

/// A lecture that this person has never played.
fn fresh_lecture(world: &World, person: PersonId) -> i64 {
    world.number(&format!(
        "SELECT MIN(id) FROM lectures WHERE stage = 'published' AND media_id IS NOT NULL AND visibility = 'public'
           AND id NOT IN (SELECT lecture_id FROM watches WHERE person_id = {person})
           AND id NOT IN (SELECT lecture_id FROM completions WHERE person_id = {person})"
    ))
}

/// A step of a course: kind, what it refers to, when it opens.
fn step(
    world: &World,
    course: CourseId,
    version: i32,
    position: i32,
    (columns, values): (&str, &str),
    opens: &str,
) {
    let opens = match opens {
        "at_once" | "in_order" => format!("'{opens}', NULL"),
        day => format!("'on_day', '{day}'"),
    };
    world.sql(&format!(
        "INSERT INTO course_items (course_id, version, position, step, unit, title, is_required, share, opens, opens_on, kind{columns})
         VALUES ({course}, {version}, {position}, 's{position}', '', '第 {position} 步', TRUE, 80, {opens}, {values})"
    ));
}
fn lecture_step(id: i64) -> (&'static str, String) {
    (", lecture_id", format!("'lecture', {id}"))
}

fn enrol(world: &World, offering: OfferingId, person: PersonId) -> EnrolmentId {
    let by = AccountId(world.number("SELECT MIN(id) FROM accounts"));
    within(world, |conn| {
        let asking = Asking {
            person,
            channel: Channel::Organizer,
            by,
            key: random_hex(16),
            code: String::new(),
            is_sure: false,
        };
        enrolments::enrol(conn, offering, &asking, &Doer::default(), clock::now()).unwrap().id
    })
}

fn watch(world: &World, person: PersonId, lecture: i64, seconds: i32, length: i32) {
    world.sql(&format!("DELETE FROM watches WHERE person_id = {person} AND lecture_id = {lecture}"));
    world.sql(&format!(
        "INSERT INTO watches (person_id, lecture_id, media_id, seen, seconds, length_s, last_ms, first_at, last_at)
         SELECT {person}, id, media_id, '', {seconds}, {length}, 1000, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP FROM lectures WHERE id = {lecture}"
    ));
}

fn complete(
    world: &World,
    person: PersonId,
    lecture: i64,
    kind: &str,
    at: &str,
    event: &str,
    length: i32,
) -> i64 {
    world.sql(&format!(
        "INSERT INTO completions (person_id, lecture_id, media_id, kind, event_id, completed_at, seconds, length_s, threshold, rule)
         SELECT {person}, id, media_id, '{kind}', {event}, '{at}', {length} * 8 / 10, {length}, 80, 'test' FROM lectures WHERE id = {lecture}"
    ));
    world.number("SELECT MAX(id) FROM completions")
}

fn event(world: &World, title: &str, starts: &str, ends: &str) -> i64 {
    let key = random_hex(16);
    world.sql(&format!(
        "INSERT INTO events (kind, title, about, org_id, place, online_url, lecturer, starts_at, ends_at, state, reason, sequence, changed_at, code_key, created_by, created_at, key)
         SELECT 'session', '{title}', '', (SELECT MIN(id) FROM orgs), '渠首', '', '', '{starts}', '{ends}', 'planned', '', 0, CURRENT_TIMESTAMP, 'k', MIN(id), CURRENT_TIMESTAMP, '{key}' FROM accounts"
    ));
    world.number(&format!("SELECT id FROM events WHERE key = '{key}'"))
}

fn attend(world: &World, person: PersonId, event: i64, status: &str, minutes: i32, day: &str) -> i64 {
    let revision = world.number(&format!(
        "SELECT COUNT(*) + 1 FROM attendances WHERE event_id = {event} AND person_id = {person}"
    ));
    world.sql(&format!(
        "INSERT INTO attendances (event_id, person_id, revision, status, minutes, method, recorded_by, day, recorded_at, key)
         SELECT {event}, {person}, {revision}, '{status}', {minutes}, 'list', MIN(id), '{day}', CURRENT_TIMESTAMP, '{}' FROM accounts",
        random_hex(16)
    ));
    let id = world.number("SELECT MAX(id) FROM attendances");
    world.sql(&format!("DELETE FROM attendance_heads WHERE event_id = {event} AND person_id = {person}"));
    world.sql(&format!(
        "INSERT INTO attendance_heads (event_id, person_id, attendance_id, revision, status, minutes, day) VALUES ({event}, {person}, {id}, {revision}, '{status}', {minutes}, '{day}')"
    ));
    id
}

fn standing(world: &World, person: PersonId, id: CourseId, version: i32) -> Vec<Standing> {
    within(world, |conn| {
        let course = courses::find(conn, id).unwrap();
        let progress = study::progress(conn, person, &course, version, clock::now()).unwrap();
        progress.steps.into_iter().map(|step| step.standing).collect()
    })
}

fn slug(world: &World, id: CourseId) -> String {
    within(world, |conn| courses::find(conn, id).unwrap().slug)
}

/// A course of one lecture, in which this person has a place; the lecture.
fn one_lecture(world: &World, title: &str, person: PersonId) -> (CourseId, EnrolmentId, i64) {
    let (id, offering) = within(world, |conn| course(conn, title));
    let lecture = fresh_lecture(world, person);
    let (columns, values) = lecture_step(lecture);
    step(world, id, 1, 1, (columns, &values), "at_once");
    (id, enrol(world, offering, person), lecture)
}

async fn page(browser: &Browser<'_>, path: &str) -> String {
    let answer = browser.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.body
}

#[actix_web::test]
async fn each_kind_of_step_is_done_by_its_fact_and_by_nothing_else() {
    let world = World::new();
    let member = person(&world, "member");
    let (id, offering) = within(&world, |conn| course(conn, "一步一步"));
    let lecture = fresh_lecture(&world, member);
    let booklet = world.number("SELECT MIN(id) FROM booklets WHERE slug = 'fifty-questions'");
    world.sql(&format!("DELETE FROM chapter_reads WHERE person_id = {member}"));
    let test = world.number("SELECT MIN(id) FROM tests");
    world.sql(&format!(
        "DELETE FROM attempt_answers WHERE attempt_id IN (SELECT id FROM attempts WHERE person_id = {member})"
    ));
    world.sql(&format!("DELETE FROM attempts WHERE person_id = {member}"));
    let (columns, values) = lecture_step(lecture);
    step(&world, id, 1, 1, (columns, &values), "at_once");
    step(&world, id, 1, 2, (", booklet_id, chapter", &format!("'chapter', {booklet}, 2")), "in_order");
    step(&world, id, 1, 3, (", test_id", &format!("'test', {test}")), "in_order");
    step(&world, id, 1, 4, ("", "'session'"), "at_once");
    enrol(&world, offering, member);
    let date = event(&world, "渠首半日", "2026-10-26 01:00:00", "2026-10-26 04:00:00");
    world
        .sql(&format!("INSERT INTO course_sessions (event_id, course_id, step) VALUES ({date}, {id}, 's4')"));
    // V-VID: 7 % of 600 s, then one second less than 80 %, then 80 %.
    for (seconds, missing) in [(42, 438), (479, 1)] {
        watch(&world, member, lecture, seconds, 600);
        assert_eq!(standing(&world, member, id, 1)[0], Standing::Open(Lack::Watch(missing)));
    }
    let browser = world.signed_in("member").await;
    let path = format!("/courses/{}", slug(&world, id));
    let chapter =
        world.number(&format!("SELECT id FROM course_items WHERE course_id = {id} AND position = 2"));
    let read = format!("{path}/steps/{chapter}/read");
    // The chapter is locked, and cannot be stated to be read.
    assert_eq!(browser.post(&read, &[]).await.status, 409);
    assert!(page(&browser, &path).await.contains("先完成“第 1 步”"));
    watch(&world, member, lecture, 480, 600);
    assert_eq!(standing(&world, member, id, 1)[0], Standing::Done);
    // Somebody else's course, another kind of step, a step of nothing: not found.
    let other = world.number(&format!("SELECT id FROM course_items WHERE course_id = {id} AND position = 1"));
    for wrong in [format!("{path}/steps/{other}/read"), format!("{path}/steps/999999/read")] {
        assert_eq!(browser.post(&wrong, &[]).await.status, 404, "{wrong}");
    }
    let before = page(&browser, &path).await;
    assert!(before.contains("第 2 章还没有读") && before.contains("由您本人声明"));
    assert_eq!(
        world.number(&format!("SELECT COUNT(*) FROM chapter_reads WHERE person_id = {member}")),
        0,
        "looking changes nothing"
    );
    for _ in 0..2 {
        let answer = browser.post(&read, &[]).await;
        assert!(answer.location.unwrap().contains("done=chapter-read"));
    }
    assert_eq!(
        world.number(&format!(
            "SELECT COUNT(*) FROM chapter_reads WHERE person_id = {member} AND acted_by IS NULL"
        )),
        1
    );
    assert!(page(&browser, &path).await.contains("已读完（本人声明）"));
    // An attempt that was not passed, then one that was.
    for (is_passed, expected) in [("FALSE", Standing::Open(Lack::Pass)), ("TRUE", Standing::Done)] {
        world.sql(&format!("INSERT INTO attempts (test_id, person_id, started_at, submitted_at, question_count, right_count, is_passed, pass_share, feedback) VALUES ({test}, {member}, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, 5, 4, {is_passed}, 60, 'final')"));
        assert_eq!(standing(&world, member, id, 1)[2], expected);
    }
    for (status, is_done) in
        [("absent", false), ("leave_sick", false), ("late", true), ("void", false), ("makeup", true)]
    {
        attend(&world, member, date, status, 180, "2026-10-26");
        assert_eq!(standing(&world, member, id, 1)[3] == Standing::Done, is_done, "{status}");
    }
    // All is done: the record by its button, and once.
    assert!(page(&browser, &path).await.contains("全部完成，生成结业记录"));
    let first = browser.post(&format!("{path}/finish"), &[]).await.location.unwrap();
    assert_eq!(browser.post(&format!("{path}/finish"), &[]).await.location.unwrap(), first);
    assert!(first.starts_with("/me/records/") && first.ends_with("?done=record-made"));
    assert_eq!(
        world.number(&format!(
            "SELECT COUNT(*) FROM study_records WHERE person_id = {member} AND course_id = {id}"
        )),
        1
    );
    assert_eq!(world.number(&format!("SELECT COUNT(*) FROM enrolments WHERE person_id = {member} AND offering_id = {offering} AND finished_at IS NOT NULL")), 1);
    assert!(page(&browser, "/me").await.contains("一步一步"));
}

#[actix_web::test]
async fn nothing_is_finished_before_everything_required_is_done() {
    let world = World::new();
    let member = person(&world, "member");
    let (id, enrolment, lecture) = one_lecture(&world, "没看完", member);
    let browser = world.signed_in("member").await;
    let path = format!("/courses/{}", slug(&world, id));
    let refused = browser.post(&format!("{path}/finish"), &[]).await;
    assert_eq!(refused.status, 409);
    assert!(refused.body.contains("还没有看"), "says what is missing");
    // A proof counts; taken back by a decided matter it does not.
    let proof = complete(&world, member, lecture, "group", "2026-11-01 02:00:00", "NULL", 600);
    assert_eq!(standing(&world, member, id, 1), [Standing::Done]);
    world.sql(&format!("INSERT INTO cases (kind, level, subject_kind, subject_id, person_id, path, filed_by, filed_at, due_on, state, key) SELECT 'dispute', 1, 'completion', {proof}, {member}, '/', MIN(id), CURRENT_TIMESTAMP, '2026-12-01', 'upheld', 'taken-back' FROM accounts"));
    world.sql(&format!("INSERT INTO completion_reversals (completion_id, case_id, reversed_at) SELECT {proof}, MAX(id), CURRENT_TIMESTAMP FROM cases"));
    assert_eq!(standing(&world, member, id, 1), [Standing::Open(Lack::NotWatched)]);
    // Whoever has no place studies nothing there.
    let stranger = world.signed_in("member2").await;
    assert_eq!(stranger.post(&format!("{path}/finish"), &[]).await.status, 409);
    // One who gave the place up has none either.
    within(&world, |conn| enrolments::cancel(conn, enrolment, true, &Doer::default(), clock::now()).unwrap());
    assert_eq!(browser.post(&format!("{path}/finish"), &[]).await.status, 409);
}

#[actix_web::test]
async fn whoever_enrolled_stays_with_the_version_of_that_day() {
    let world = World::new();
    let member = person(&world, "member");
    let (id, _, lecture) = one_lecture(&world, "两版", member);
    watch(&world, member, lecture, 600, 600);
    // A new version with a test more is published.
    let (columns, values) = lecture_step(lecture);
    step(&world, id, 2, 1, (columns, &values), "at_once");
    let test = world.number("SELECT MIN(id) FROM tests");
    step(&world, id, 2, 2, (", test_id", &format!("'test', {test}")), "in_order");
    world.sql(&format!("UPDATE courses SET version = 2, draft_version = 2 WHERE id = {id}"));
    let path = format!("/courses/{}", slug(&world, id));
    let (mine, theirs) = (world.signed_in("member").await, world.signed_in("member2").await);
    let own = page(&mine, &path).await;
    assert!(own.contains("第 1 版学习") && !own.contains("2 第 2 步"));
    assert!(page(&theirs, &path).await.contains("2 第 2 步"));
    assert!(page(&world.visitor(), &path).await.contains("2 第 2 步"));
    assert_eq!(mine.post(&format!("{path}/finish"), &[]).await.status, 303);
    assert_eq!(world.number(&format!("SELECT version FROM study_records WHERE course_id = {id}")), 1);
}

#[actix_web::test]
async fn whoever_cannot_finish_an_old_version_goes_on_with_the_new_one() {
    let world = World::new();
    let member = person(&world, "member");
    let (id, enrolment, old) = one_lecture(&world, "换了一课", member);
    let new = world.number(&format!(
        "SELECT MIN(id) FROM lectures WHERE stage = 'published' AND media_id IS NOT NULL AND visibility = 'public'
           AND id <> {old}"
    ));
    watch(&world, member, new, 600, 600);
    let (columns, values) = lecture_step(new);
    step(&world, id, 2, 1, (columns, &values), "at_once");
    let path = format!("/courses/{}", slug(&world, id));
    let (mine, theirs) = (world.signed_in("member").await, world.signed_in("member2").await);
    let renew = format!("{path}/renew");
    assert!(!page(&mine, &path).await.contains(&renew), "nothing newer");
    world.sql(&format!("UPDATE courses SET version = 2, draft_version = 2 WHERE id = {id}"));
    assert!(page(&mine, &path).await.contains(&renew));
    assert_eq!(mine.post(&format!("{path}/finish"), &[]).await.status, 409);
    assert_eq!(theirs.post(&renew, &[]).await.status, 409, "no place in it");
    for _ in 0..2 {
        assert_eq!(mine.post(&renew, &[]).await.status, 303);
    }
    let step = format!(
        "SELECT COUNT(*) FROM audit_entries WHERE action = 'enrolled' AND subject_id = {enrolment} AND subject_kind = 'enrolment'"
    );
    assert_eq!(world.number(&step), 1, "twice is once");
    assert_eq!(mine.post(&format!("{path}/finish"), &[]).await.status, 303);
    assert_eq!(world.number(&format!("SELECT version FROM study_records WHERE course_id = {id}")), 2);
    assert_eq!(mine.post(&renew, &[]).await.status, 409, "finished");
}

#[test]
fn a_record_is_made_once_however_many_make_it_at_once() {
    let world = World::new();
    let member = person(&world, "member");
    let (id, enrolment, lecture) = one_lecture(&world, "同时", member);
    watch(&world, member, lecture, 600, 600);
    let barrier = Barrier::new(6);
    let made: Vec<RecordId> = thread::scope(|scope| {
        let threads: Vec<_> = (0..6)
            .map(|_| {
                scope.spawn(|| {
                    barrier.wait();
                    let finish = |conn: &mut Conn| {
                        let seen = enrolments::find(conn, enrolment)?;
                        let course = courses::find(conn, id)?;
                        study::finish(conn, &seen, &course, &Doer::default(), clock::now())
                    };
                    world.db.write_now(finish).unwrap().unwrap()
                })
            })
            .collect();
        threads.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(made.iter().all(|one| *one == made[0]), "{made:?}");
    for sql in [
        format!("SELECT COUNT(*) FROM study_records WHERE enrolment_id = {enrolment}"),
        format!("SELECT COUNT(*) FROM study_record_names WHERE record_id = {}", made[0]),
        format!("SELECT COUNT(*) FROM notices WHERE key = 'record:{}'", made[0]),
        format!(
            "SELECT COUNT(*) FROM audit_entries WHERE action = 'record_made' AND subject_id = {}",
            made[0]
        ),
    ] {
        assert_eq!(world.number(&sql), 1, "{sql}");
    }
    // A finished course is not given up any more.
    assert!(
        within(&world, |conn| enrolments::cancel(conn, enrolment, true, &Doer::default(), clock::now()))
            .is_err()
    );
}

/// The record of a course just finished: its number and its code in groups.
async fn finished(world: &World, browser: &Browser<'_>, name: &str, title: &str) -> (RecordId, String) {
    let (id, _, lecture) = one_lecture(world, title, person(world, name));
    watch(world, person(world, name), lecture, 600, 600);
    assert_eq!(browser.post(&format!("/courses/{}/finish", slug(world, id)), &[]).await.status, 303);
    let record = RecordId(world.number(&format!("SELECT id FROM study_records WHERE course_id = {id}")));
    let body = page(browser, &format!("/me/records/{record}")).await;
    let code = body.split_once("/v/").unwrap().1.split('<').next().unwrap().to_owned();
    (record, code)
}

#[actix_web::test]
async fn a_record_is_checked_by_its_code_and_shows_nothing_but_what_is_printed() {
    let world = World::new();
    let member = person(&world, "member");
    world.sql(&format!("UPDATE persons SET name = '张𬭎' WHERE id = {member}"));
    let browser = world.signed_in("member").await;
    let (record, code) = finished(&world, &browser, "member", "核对").await;
    assert_eq!(code.len(), 19, "{code}");
    let paper = page(&browser, &format!("/me/records/{record}")).await;
    assert!(
        paper.contains("张𬭎")
            && paper.contains("<svg")
            && paper.contains(&code)
            && paper.contains("《核对》")
    );
    let visitor = world.visitor();
    for typed in [code.clone(), code.to_lowercase(), code.replace('-', "")] {
        let seen = visitor.get(&format!("/v/{typed}")).await;
        assert_eq!(seen.status, 200, "{typed}");
        assert!(
            seen.body.contains("这份记录有效") && seen.body.contains("张𬭎") && seen.body.contains("核对")
        );
        let branch = "石桥社区";
        assert!(!seen.body.contains(branch) && !seen.body.contains("党员编号"), "nothing else");
        assert!(seen.body.contains("noindex") && seen.headers["x-robots-tag"].contains("noindex"));
        assert!(!seen.headers.contains_key("etag"), "never kept");
    }
    for wrong in ["AAAA-BBBB-CCCC-DDDD", "x", "%E8%A1%8C", &"A".repeat(400)] {
        let seen = visitor.get(&format!("/v/{wrong}")).await;
        assert_eq!(seen.status, 404, "{wrong}");
        assert!(seen.body.contains("没有这样一份记录"), "{wrong}");
    }
    // Withdrawn: once; the person is told why, and nobody else; the day stays.
    let by = account(&world, "organizer");
    for _ in 0..2 {
        within(&world, |conn| study::withdraw_record(conn, record, "登记有误", by, clock::now()).unwrap());
    }
    let seen = visitor.get(&format!("/v/{code}")).await;
    assert!(
        seen.body.contains("已收回")
            && !seen.body.contains("登记有误")
            && !seen.body.contains("这份记录有效")
    );
    assert!(page(&browser, &format!("/me/records/{record}")).await.contains("登记有误"));
    assert_eq!(
        world.number(&format!(
            "SELECT COUNT(*) FROM notices WHERE key = 'record-withdrawn:{record}' AND person_id = {member}"
        )),
        1
    );
    assert!(
        within(&world, |conn| study::withdraw_record(conn, RecordId(999_999), "无", by, clock::now()))
            .is_err()
    );
    // Rows of records are never changed.
    assert!(world.try_sql(&format!("UPDATE study_records SET title = '改' WHERE id = {record}")).is_err());
    // Retention erases the name, and the page still answers.
    world.sql(&format!("DELETE FROM study_record_names WHERE record_id = {record}"));
    assert!(visitor.get(&format!("/v/{code}")).await.body.contains("已按保存期限删除"));
    assert_eq!(browser.get(&format!("/me/records/{record}")).await.status, 200);
}

#[actix_web::test]
async fn after_a_record_was_taken_back_another_one_is_made_for_whoever_asks() {
    let world = World::new();
    let member = person(&world, "member");
    let browser = world.signed_in("member").await;
    let (record, code) = finished(&world, &browser, "member", "更正姓名").await;
    let id = world.number(&format!("SELECT course_id FROM study_records WHERE id = {record}"));
    let (path, by) = (format!("/courses/{}", slug(&world, CourseId(id))), account(&world, "organizer"));
    within(&world, |conn| study::withdraw_record(conn, record, "姓名有误", by, clock::now()).unwrap());
    world.sql(&format!("UPDATE persons SET name = '新名' WHERE id = {member}"));
    study::catch_up(&world.db, clock::now() + Duration::minutes(5)).unwrap();
    let count = format!("SELECT COUNT(*) FROM study_records WHERE course_id = {id}");
    assert_eq!(world.number(&count), 1, "not by itself");
    let shown = page(&browser, &path).await;
    assert!(shown.contains(&format!("{path}/finish")) && shown.contains("可以再生成一份"));
    for _ in 0..2 {
        assert_eq!(browser.post(&format!("{path}/finish"), &[]).await.status, 303);
    }
    assert_eq!(world.number(&count), 2, "twice is once");
    let again = world.number(&format!("SELECT MAX(id) FROM study_records WHERE course_id = {id}"));
    assert!(page(&browser, &format!("/me/records/{again}")).await.contains("新名"));
    assert!(page(&world.visitor(), &format!("/v/{code}")).await.contains("已收回"));
    // Of what is not there any more none is made.
    within(&world, |conn| {
        study::withdraw_record(conn, RecordId(again), "没有看完", by, clock::now()).unwrap()
    });
    world.sql(&format!("DELETE FROM watches WHERE person_id = {member}"));
    assert_eq!(browser.post(&format!("{path}/finish"), &[]).await.status, 409);
    assert_eq!(world.number(&count), 2);
}

#[actix_web::test]
async fn somebody_elses_record_is_not_found_and_a_clerk_acts_as_the_member() {
    let world = World::new();
    let member = world.signed_in("member").await;
    let (record, _) = finished(&world, &member, "member", "只给本人").await;
    let path = format!("/me/records/{record}");
    for name in ["member2", "secretary", "organizer", "admin"] {
        assert_eq!(world.signed_in(name).await.get(&path).await.status, 404, "{name}");
    }
    assert_eq!(world.visitor().get(&path).await.status, 303, "to the sign-in page");
    // The clerk, while acting, sees it and states a chapter for the member; that is recorded as such.
    let them = person(&world, "member");
    let (id, offering) = within(&world, |conn| course(conn, "代办"));
    let booklet = world.number("SELECT MIN(id) FROM booklets WHERE stage = 'published'");
    world.sql(&format!("DELETE FROM chapter_reads WHERE person_id = {them}"));
    step(&world, id, 1, 1, (", booklet_id, chapter", &format!("'chapter', {booklet}, 1")), "at_once");
    enrol(&world, offering, them);
    let clerk = world.signed_in("clerk").await;
    assert_eq!(clerk.post(&format!("/people/{them}/acting"), &[]).await.status, 303);
    assert_eq!(clerk.get(&path).await.status, 200);
    let item = world.number(&format!("SELECT id FROM course_items WHERE course_id = {id}"));
    let answer = clerk.post(&format!("/courses/{}/steps/{item}/read", slug(&world, id)), &[]).await;
    assert!(answer.location.unwrap().contains("done=record-made"), "the last step makes the record");
    let by = account(&world, "clerk");
    assert_eq!(
        world.number(&format!(
            "SELECT COUNT(*) FROM chapter_reads WHERE person_id = {them} AND acted_by = {}",
            by.0
        )),
        1
    );
    assert_eq!(world.number(&format!("SELECT COUNT(*) FROM audit_entries WHERE action = 'record_made' AND actor_id = {} AND for_person_id = {them}", by.0)), 1);
    assert!(page(&member, "/me/history?kind=chapter").await.contains("代办员代办"));
}

#[actix_web::test]
async fn a_withdrawn_course_says_why_and_one_for_members_asks_to_sign_in() {
    let world = World::new();
    let (id, offering) = within(&world, |conn| course(conn, "要下架的"));
    let path = format!("/courses/{}", slug(&world, id));
    let (visitor, member) = (world.visitor(), world.signed_in("member").await);
    let seen = page(&visitor, &path).await;
    assert!(seen.contains("/sign-in?next=/courses/") && !seen.contains("name=\"key\""));
    assert!(page(&member, &path).await.contains("报名这门课"));
    world.sql(&format!("UPDATE courses SET visibility = 'members' WHERE id = {id}"));
    assert_eq!(visitor.get(&path).await.status, 303);
    assert_eq!(member.get(&path).await.status, 200);
    let enrolment = enrol(&world, offering, person(&world, "elder"));
    world.sql(&format!("UPDATE courses SET stage = 'withdrawn', reason = '换了新课' WHERE id = {id}"));
    for browser in [&visitor, &member] {
        let gone = browser.get(&path).await;
        assert_eq!(gone.status, 410);
        assert!(gone.body.contains("换了新课"));
    }
    // Whoever has a place keeps the page with what is left to do, or gives the place up.
    let elder = world.signed_in("elder").await;
    let seen = page(&elder, &path).await;
    assert!(seen.contains("换了新课") && seen.contains(&format!("/enrolments/{enrolment}/cancel")));
    assert_eq!(elder.post(&format!("/enrolments/{enrolment}/cancel"), &[]).await.status, 303);
    assert_eq!(elder.get(&path).await.status, 410);
    world.sql(&format!(
        "UPDATE courses SET stage = 'draft', version = 0, published_at = NULL WHERE id = {id}"
    ));
    assert_eq!(member.get(&path).await.status, 404);
    assert_eq!(visitor.get("/courses/no-such-course").await.status, 404);
}

#[actix_web::test]
async fn facts_that_come_by_themselves_make_records_without_a_visit() {
    let world = World::new();
    let member = person(&world, "member");
    let now = clock::now() + Duration::minutes(5);
    // What the demonstration left to be done.
    for _ in 0..60 {
        study::catch_up(&world.db, now).unwrap();
    }
    let records = |title: &str| {
        world.number(&format!(
            "SELECT COUNT(*) FROM study_records WHERE person_id = {member} AND title = '{title}'"
        ))
    };
    // Watching to the end leaves a proof.
    let (.., lecture) = one_lecture(&world, "看完", member);
    study::catch_up(&world.db, now).unwrap();
    assert_eq!(records("看完"), 0);
    complete(&world, member, lecture, "online", "2026-11-20 02:00:00", "NULL", 600);
    study::catch_up(&world.db, now).unwrap();
    assert_eq!(records("看完"), 1);
    // A test that is handed in long after it was begun, behind others that were begun later.
    let test = world.number("SELECT MIN(id) FROM tests");
    world.sql(&format!(
        "DELETE FROM attempt_answers WHERE attempt_id IN (SELECT id FROM attempts WHERE person_id = {member})"
    ));
    world.sql(&format!("DELETE FROM attempts WHERE person_id = {member}"));
    let (id, offering) = within(&world, |conn| course(conn, "考过"));
    step(&world, id, 1, 1, (", test_id", &format!("'test', {test}")), "at_once");
    enrol(&world, offering, member);
    world.sql(&format!("INSERT INTO attempts (test_id, person_id, started_at, question_count, right_count, is_passed, pass_share, feedback) VALUES ({test}, {member}, '2026-11-01 00:00:00', 5, 0, FALSE, 60, 'final')"));
    study::catch_up(&world.db, now).unwrap();
    world.sql(&format!("UPDATE attempts SET submitted_at = CURRENT_TIMESTAMP, is_passed = TRUE, right_count = 5 WHERE person_id = {member} AND test_id = {test}"));
    study::catch_up(&world.db, now).unwrap();
    assert_eq!(records("考过"), 1);
    // Presence.
    let (id, offering) = within(&world, |conn| course(conn, "到场"));
    step(&world, id, 1, 1, ("", "'session'"), "at_once");
    enrol(&world, offering, member);
    let date = event(&world, "一场", "2026-11-02 01:00:00", "2026-11-02 03:00:00");
    world
        .sql(&format!("INSERT INTO course_sessions (event_id, course_id, step) VALUES ({date}, {id}, 's1')"));
    attend(&world, member, date, "present", 120, "2026-11-02");
    study::catch_up(&world.db, now).unwrap();
    assert_eq!(records("到场"), 1);
    // A step that asks for half a lecture: no proof comes, the round finds it.
    let (id, _, lecture) = one_lecture(&world, "一半", member);
    world.sql(&format!("UPDATE course_items SET share = 50 WHERE course_id = {id}"));
    watch(&world, member, lecture, 300, 600);
    for _ in 0..60 {
        study::catch_up(&world.db, now).unwrap();
    }
    assert_eq!(records("一半"), 1);
    let before = world.number("SELECT COUNT(*) FROM study_records");
    assert_eq!(study::catch_up(&world.db, now).unwrap(), 0);
    assert_eq!(world.number("SELECT COUNT(*) FROM study_records"), before);
    assert!(world.number(&format!("SELECT COUNT(*) FROM audit_entries WHERE action = 'record_made' AND for_person_id = {member} AND actor_id IS NULL")) >= 4);
}

#[actix_web::test]
async fn the_hours_of_a_year_count_nothing_twice() {
    let world = World::new();
    world.sql("DELETE FROM attendance_heads");
    let them = person(&world, "mobile");
    world.sql(&format!("DELETE FROM watches WHERE person_id = {them}"));
    let browser = world.signed_in("mobile").await;
    assert_eq!(
        world.number(&format!("SELECT COUNT(*) FROM completions WHERE person_id = {them}")),
        0,
        "a member without proofs"
    );
    let year = clock::day(clock::now()).format("%Y").to_string();
    let first = fresh_lecture(&world, them);
    // In a group of 90 minutes, and alone: the group's minutes hold it.
    let group =
        event(&world, "集体收看", &format!("{year}-03-02 01:00:00"), &format!("{year}-03-02 03:00:00"));
    attend(&world, them, group, "present", 90, &format!("{year}-03-02"));
    complete(&world, them, first, "group", &format!("{year}-03-02 03:00:00"), &group.to_string(), 3_600);
    complete(&world, them, first, "online", &format!("{year}-02-01 03:00:00"), "NULL", 3_600);
    assert!(page(&browser, "/me").await.contains("1.5 / 32 学时"));
    // Alone: a whole lecture of an hour.
    let second = fresh_lecture(&world, them);
    complete(&world, them, second, "online", &format!("{year}-04-02 03:00:00"), "NULL", 3_600);
    assert!(page(&browser, "/me").await.contains("2.5 / 32 学时"));
    // Absent: nothing.
    let missed = event(&world, "没去", &format!("{year}-05-02 01:00:00"), &format!("{year}-05-02 03:00:00"));
    attend(&world, them, missed, "absent", 120, &format!("{year}-05-02"));
    assert!(page(&browser, "/me").await.contains("2.5 / 32 学时"));
    // A very long one: watching counts for 24 hours a year, and the page says so.
    let third = fresh_lecture(&world, them);
    complete(&world, them, third, "online", &format!("{year}-06-02 03:00:00"), "NULL", 40 * 3_600);
    let seen = page(&browser, "/me").await;
    assert!(seen.contains("25.5 / 32 学时") && seen.contains("多的不再累加"), "1.5 on site and 24");
    // Whoever holds an office has another aim.
    let secretary = world.signed_in("secretary").await;
    assert!(page(&secretary, "/me").await.contains("/ 56 学时"));
}

#[actix_web::test]
async fn the_own_history_goes_out_whole_and_the_export_is_recorded() {
    let world = World::new();
    let them = person(&world, "member");
    let browser = world.signed_in("member").await;
    finished(&world, &browser, "member", "导出").await;
    let gone = event(&world, "改过的登记", "2026-11-02 01:00:00", "2026-11-02 03:00:00");
    attend(&world, them, gone, "absent", 0, "2026-11-02");
    attend(&world, them, gone, "present", 120, "2026-11-02");
    let answer = browser.post("/me/history/export", &[("format", "json")]).await;
    assert_eq!(answer.status, 200);
    assert!(answer.headers["content-disposition"].contains(".json"));
    let whole: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    let facts = whole["facts"].as_array().unwrap();
    for (kind, table) in [
        ("lecture", "completions WHERE"),
        ("presence", "attendances WHERE"),
        ("test", "attempts WHERE submitted_at IS NOT NULL AND"),
        ("chapter", "chapter_reads WHERE"),
        ("enrolment", "enrolments WHERE"),
        ("record", "study_records WHERE"),
        ("watching", "watches WHERE"),
    ] {
        let rows = world.number(&format!("SELECT COUNT(*) FROM {table} person_id = {them}"));
        let told = facts.iter().filter(|fact| fact["kind"] == kind).count() as i64;
        assert_eq!(told, rows, "{kind}");
    }
    for field in ["kind", "id", "at", "status", "holds", "by_clerk", "title"] {
        assert!(facts.iter().all(|fact| !fact[field].is_null() || field == "id"), "{field}");
        assert!(whole["fields"].get(field).is_some(), "{field} is explained");
    }
    let revisions: Vec<_> = facts
        .iter()
        .filter(|fact| fact["title"] == "改过的登记")
        .map(|fact| fact["holds"].as_bool())
        .collect();
    assert_eq!(revisions, [Some(true), Some(false)]);
    let sheet = browser.post("/me/history/export", &[("format", "xlsx")]).await;
    assert!(sheet.headers["content-type"].contains("spreadsheetml") && sheet.bytes > 2_000);
    assert_eq!(browser.post("/me/history/export", &[("format", "exe")]).await.status, 400);
    assert_eq!(
        world.number(&format!(
            "SELECT COUNT(*) FROM audit_entries WHERE action = 'own_data_exported' AND for_person_id = {them}"
        )),
        2
    );
    // On the page only what holds, with the way to object.
    let seen = page(&browser, "/me/history?kind=presence").await;
    assert_eq!(seen.matches("改过的登记</a>").count(), 1);
    assert!(
        seen.contains("/me/cases/new?about=attendance&amp;id=")
            || seen.contains("/me/cases/new?about=attendance&#38;id=")
    );
    assert!(page(&browser, "/me/history?kind=record").await.contains("about=record"));
    assert_eq!(browser.get("/me/history?kind=record&page=99").await.status, 404);
}

#[actix_web::test]
async fn what_is_due_soon_is_told_once() {
    let world = World::new();
    let them = person(&world, "member");
    let now = clock::now();
    let (id, ..) = one_lecture(&world, "快到期", them);
    let due = clock::day(now) + Duration::days(6);
    world.sql(&format!("UPDATE courses SET due_on = '{due}' WHERE id = {id}"));
    let starts = now + Duration::hours(20);
    let date = event(
        &world,
        "明天的课",
        &starts.format("%Y-%m-%d %H:%M:%S").to_string(),
        &(starts + Duration::hours(2)).format("%Y-%m-%d %H:%M:%S").to_string(),
    );
    let offering =
        within(&world, |conn| enrolments::offer_event(conn, weixiao::ids::EventId(date), Some(5)).unwrap());
    enrol(&world, offering, them);
    let told = |like: &str| {
        world.number(&format!("SELECT COUNT(*) FROM notices WHERE person_id = {them} AND key LIKE '{like}'"))
    };
    let round = |now| {
        (0..40).for_each(|_| {
            study::remind(&world.db, now).unwrap();
        })
    };
    round(now);
    assert_eq!((told(&format!("due:{id}:%:7:%")), told(&format!("soon:{date}:%"))), (1, 1));
    round(now);
    assert_eq!((told(&format!("due:{id}:%")), told(&format!("soon:{date}:%"))), (1, 1));
    // A day before it is said once more; then the course is finished, and nothing is said.
    round(now + Duration::days(5));
    round(now + Duration::days(5));
    assert_eq!(told(&format!("due:{id}:%")), 2);
    // Whoever comes later is told as well.
    let late = person(&world, "member2");
    let above = within(&world, |conn| enrolments::of_course(conn, id).unwrap().id);
    enrol(&world, above, late);
    round(now);
    assert_eq!(
        world.number(&format!(
            "SELECT COUNT(*) FROM notices WHERE person_id = {late} AND key LIKE 'due:{id}:%'"
        )),
        1
    );
}

/// The statements of a page for somebody whose session is open, when nothing is kept.
async fn cost(world: &World, browser: &Browser<'_>, path: &str) -> u64 {
    browser.get(path).await;
    world.sql("UPDATE generations SET n = n + 1");
    let before = world.db.statements();
    let answer = browser.get(path).await;
    assert_eq!(answer.status, 200, "{path}");
    world.db.statements() - before
}

#[actix_web::test]
async fn pages_cost_the_same_with_one_course_and_with_many() {
    let world = World::new();
    let them = person(&world, "member");
    within(&world, |conn| {
        run(conn, &format!("UPDATE enrolments SET state = 'cancelled' WHERE person_id = {them}"))
    });
    let browser = world.signed_in("member").await;
    let (id, _, lecture) = one_lecture(&world, "第一门", them);
    watch(&world, them, lecture, 10, 600);
    let path = format!("/courses/{}", slug(&world, id));
    let (mine, course_page, list) = (
        cost(&world, &browser, "/me").await,
        cost(&world, &browser, &path).await,
        cost(&world, &browser, "/courses").await,
    );
    for n in 2..7 {
        let lecture = fresh_lecture(&world, them);
        watch(&world, them, lecture, 10, 600);
        let (columns, values) = lecture_step(lecture);
        step(&world, id, 1, n, (columns, &values), "in_order");
        one_lecture(&world, &format!("第 {n} 门"), them);
    }
    assert_eq!(cost(&world, &browser, "/me").await, mine, "six courses in place of one");
    assert_eq!(cost(&world, &browser, &path).await, course_page, "six steps in place of one");
    assert_eq!(cost(&world, &browser, "/courses").await, list, "more courses");
    // As in queries.rs: on a server two connections are asked whether they are still there.
    let asked = if crate::world::server().is_some() { 2 } else { 0 };
    let most = [25, 35, 15].map(|budget| budget + asked);
    assert!(mine <= most[0] && course_page <= most[1] && list <= most[2], "{mine} {course_page} {list}");
    let visitor = world.visitor();
    visitor.get(&path).await;
    visitor.get(&path).await;
    let before = world.db.statements();
    for path in [path.as_str(), "/courses"] {
        visitor.get(path).await;
        visitor.get(path).await;
    }
    assert!(world.db.statements() - before <= 8, "a visitor's pages are kept");
}
