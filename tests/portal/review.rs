//! INV-L1: no lecture is visible before two people besides the uploader passed it.
use crate::world::World;
use weixiao::audit::Doer;
use weixiao::clock::now;
use weixiao::db::Conn;
use weixiao::error::{Error, Result};
use weixiao::ids::{AccountId, LectureId, MediaId};
use weixiao::lectures::{self, Judgement, Remark, Verdict};

const ID: LectureId = LectureId(9_999);

/// A draft of the account `instructor` (5), with a recording and rights, in review.
fn draft(world: &World) {
    world.sql(
        "INSERT INTO lectures (id, title, summary, topic_id, school_id, media_id, cover, source, visibility, stage, rights_ok, duration_ms, uploaded_by, created_at) \
         VALUES (9999, '待审的课', '', 1, 1, 1, 'weir', 'recorded', 'public', 'draft', TRUE, 0, 5, CURRENT_TIMESTAMP)",
    );
    world.sql("INSERT INTO lecture_instructors (lecture_id, instructor_id, position) VALUES (9999, 1, 1)");
}

fn review(conn: &mut Conn, reviewer: i64, verdict: Verdict) -> Result<()> {
    let remarks = match verdict {
        Verdict::Passed => vec![],
        Verdict::Returned => vec![Remark { at_ms: Some(12_000), text: "这里的年份要核对".into() }],
    };
    let seen = lectures::standing(conn, ID)?.version;
    let judgement = Judgement { reviewer: AccountId(reviewer), seen, verdict, remarks };
    lectures::review(conn, ID, &judgement, &Doer::default(), now())
}

fn submit(world: &World) -> Result<()> {
    world.db.write_now(|conn| lectures::submit(conn, ID, &Doer::default(), now()))
}

fn pass(world: &World, reviewer: i64) -> Result<()> {
    world.db.write_now(|conn| review(conn, reviewer, Verdict::Passed))
}

fn refused(outcome: Result<()>) -> bool {
    matches!(outcome, Err(Error::Refused(_)))
}

/// A second recording of the same lecture, ready, with captions.
fn new_recording(world: &World) {
    world.sql(
        "INSERT INTO media (id, video_file, audio_file, duration_ms, width, height) VALUES (900, 'new', '', 61000, 640, 360)",
    );
    world.sql(
        "INSERT INTO cues (media_id, position, start_ms, end_ms, text) VALUES (900, 1, 0, 1000, '新的')",
    );
    world.db.write_now(|conn| lectures::attach(conn, ID, MediaId(900), now())).unwrap();
}

fn published(world: &World) {
    draft(world);
    submit(world).unwrap();
    pass(world, 6).unwrap();
    pass(world, 7).unwrap();
}

#[actix_web::test]
async fn two_others_must_pass_a_lecture_before_anybody_sees_it() {
    let world = World::new();
    draft(&world);
    assert!(refused(pass(&world, 6)), "a draft is not in review yet");
    submit(&world).unwrap();
    assert!(refused(submit(&world)), "once is enough");
    assert!(refused(pass(&world, 5)), "the uploader does not review");
    pass(&world, 6).unwrap();
    assert!(refused(pass(&world, 6)), "the same person is not two");
    assert_eq!(world.visitor().get("/lectures/9999").await.status, 404, "one is not two");
    let before = world.number("SELECT lecture_count FROM schools WHERE id = 1");
    let given = world.number("SELECT lecture_count FROM instructors WHERE id = 1");
    pass(&world, 7).unwrap();
    assert_eq!(world.visitor().get("/lectures/9999").await.status, 200);
    assert_eq!(world.number("SELECT lecture_count FROM schools WHERE id = 1"), before + 1);
    assert_eq!(world.number("SELECT lecture_count FROM instructors WHERE id = 1"), given + 1);
    assert_eq!(
        world.number("SELECT duration_ms FROM lectures WHERE id = 9999"),
        world.number("SELECT duration_ms FROM media WHERE id = 1")
    );
    assert!(refused(pass(&world, 8)), "it is not in review any more");
    let traces = "SELECT COUNT(*) FROM audit_entries WHERE subject_kind = 'lecture' AND subject_id = 9999";
    assert_eq!(world.number(traces), 4, "handed in, passed twice, published");
    assert_eq!(world.number("SELECT COUNT(*) FROM editions WHERE lecture_id = 9999"), 1);
}

#[actix_web::test]
async fn whoever_gives_a_lecture_does_not_review_it() {
    let world = World::new();
    draft(&world);
    submit(&world).unwrap();
    // The reviewer's person becomes the instructor of the lecture.
    world
        .sql("UPDATE instructors SET person_id = (SELECT person_id FROM accounts WHERE id = 6) WHERE id = 1");
    assert!(refused(pass(&world, 6)));
    pass(&world, 7).unwrap();
}

#[actix_web::test]
async fn two_verdicts_at_the_same_moment_publish_once() {
    let world = World::new();
    draft(&world);
    submit(&world).unwrap();
    let (one, two) = (world.db.clone(), world.db.clone());
    let both = [(one, 6), (two, 7)].map(|(db, reviewer)| {
        std::thread::spawn(move || db.write_now(|conn| review(conn, reviewer, Verdict::Passed)))
    });
    for outcome in both {
        outcome.join().unwrap().unwrap();
    }
    assert_eq!(world.visitor().get("/lectures/9999").await.status, 200);
    assert_eq!(world.number("SELECT COUNT(*) FROM editions WHERE lecture_id = 9999"), 1);
}

#[actix_web::test]
async fn a_returned_lecture_needs_two_new_verdicts() {
    let world = World::new();
    draft(&world);
    submit(&world).unwrap();
    pass(&world, 6).unwrap();
    let silent = world.db.write_now(|conn| {
        let judgement =
            Judgement { reviewer: AccountId(7), seen: 1, verdict: Verdict::Returned, remarks: vec![] };
        lectures::review(conn, ID, &judgement, &Doer::default(), now())
    });
    assert!(refused(silent), "a return says what to change");
    world.db.write_now(|conn| review(conn, 7, Verdict::Returned)).unwrap();
    assert_eq!(world.number("SELECT version FROM lectures WHERE id = 9999"), 2);
    let said = world.db.read_now(|conn| lectures::remarks(conn, ID)).unwrap();
    assert_eq!(said[0].remarks, [Remark { at_ms: Some(12_000), text: "这里的年份要核对".into() }]);
    submit(&world).unwrap();
    pass(&world, 7).unwrap();
    let page = world.visitor().get("/lectures/9999").await;
    assert_eq!(page.status, 404, "the verdict on the first version does not count for the second");
    pass(&world, 6).unwrap();
    assert_eq!(world.visitor().get("/lectures/9999").await.status, 200);
    let fates = [
        "UPDATE review_remarks SET text = 'x'",
        "DELETE FROM review_remarks",
        "DELETE FROM editions",
        "UPDATE editions SET version = 7",
    ];
    for sql in fates {
        assert!(world.try_sql(sql).is_err(), "{sql}");
    }
}

#[actix_web::test]
async fn without_rights_recording_or_captions_nothing_is_handed_in() {
    let world = World::new();
    draft(&world);
    for (change, back) in [
        (
            "UPDATE lectures SET rights_ok = FALSE WHERE id = 9999",
            "UPDATE lectures SET rights_ok = TRUE WHERE id = 9999",
        ),
        (
            "UPDATE lectures SET media_id = NULL WHERE id = 9999",
            "UPDATE lectures SET media_id = 1 WHERE id = 9999",
        ),
        (
            "UPDATE cues SET media_id = 2, position = position + 1000 WHERE media_id = 1",
            "UPDATE cues SET media_id = 1, position = position - 1000 WHERE media_id = 2 AND position > 1000",
        ),
    ] {
        world.sql(change);
        assert!(refused(submit(&world)), "{change}");
        if change.contains("lectures") {
            let by_hand =
                "UPDATE lectures SET stage = 'published', published_at = CURRENT_TIMESTAMP WHERE id = 9999";
            assert!(world.try_sql(by_hand).is_err(), "nor by hand: {change}");
        }
        world.sql(back);
    }
    submit(&world).unwrap();
    world.db.write_now(|conn| lectures::unsubmit(conn, ID, &Doer::default(), now())).unwrap();
    assert!(refused(pass(&world, 6)), "taken back");
    assert_eq!(world.number("SELECT version FROM lectures WHERE id = 9999"), 2);
}

#[actix_web::test]
async fn a_new_recording_takes_the_place_of_the_old_one_after_two_passed_it() {
    let world = World::new();
    published(&world);
    let at = |world: &World| world.number("SELECT media_id FROM lectures WHERE id = 9999");
    new_recording(&world);
    assert_eq!((at(&world), world.visitor().get("/lectures/9999").await.status.as_u16()), (1, 200));
    submit(&world).unwrap();
    assert!(
        refused(world.db.write_now(|conn| lectures::attach(conn, ID, MediaId(2), now()))),
        "not under the reviewers' eyes"
    );
    pass(&world, 6).unwrap();
    assert_eq!(at(&world), 1, "one is not two");
    let counted = world.number("SELECT lecture_count FROM instructors WHERE id = 1");
    pass(&world, 7).unwrap();
    assert_eq!((at(&world), world.number("SELECT duration_ms FROM lectures WHERE id = 9999")), (900, 61_000));
    assert_eq!(world.number("SELECT lecture_count FROM instructors WHERE id = 1"), counted, "counted once");
    assert_eq!(
        world.number("SELECT COUNT(*) FROM editions WHERE lecture_id = 9999"),
        2,
        "both are remembered"
    );
    assert!(world.visitor().get("/lectures/9999").await.body.contains("新的"));
}

#[actix_web::test]
async fn a_returned_recording_leaves_the_public_one_alone() {
    let world = World::new();
    published(&world);
    new_recording(&world);
    submit(&world).unwrap();
    world.db.write_now(|conn| review(conn, 6, Verdict::Returned)).unwrap();
    assert_eq!(world.number("SELECT media_id FROM lectures WHERE id = 9999"), 1);
    assert_eq!(world.visitor().get("/lectures/9999").await.status, 200);
    submit(&world).unwrap();
    for reviewer in [6, 7] {
        pass(&world, reviewer).unwrap();
    }
    assert_eq!(world.number("SELECT media_id FROM lectures WHERE id = 9999"), 900);
}

#[actix_web::test]
async fn a_withdrawn_lecture_leaves_a_page_that_says_so() {
    let world = World::new();
    published(&world);
    let off = |world: &World| {
        world
            .db
            .write_now(|conn| lectures::withdraw(conn, ID, "年份有误", AccountId(6), &Doer::default(), now()))
    };
    let counted = world.number("SELECT lecture_count FROM schools WHERE id = 1");
    off(&world).unwrap();
    assert!(refused(off(&world)), "once is enough");
    assert_eq!(world.number("SELECT lecture_count FROM schools WHERE id = 1"), counted - 1);
    for browser in [world.visitor(), world.signed_in("member").await] {
        let page = browser.get("/lectures/9999").await;
        assert_eq!(page.status, 410);
        assert!(page.body.contains("年份有误") && page.body.contains("待审的课"));
        assert_eq!(browser.get("/lectures/9999/video.mp4").await.status, 404);
    }
    world.sql("UPDATE lectures SET visibility = 'members' WHERE id = 9999");
    assert!(
        !world.visitor().get("/lectures/9999").await.body.contains("待审的课"),
        "members' titles are theirs"
    );
    world.db.write_now(|conn| lectures::reopen(conn, ID, &Doer::default(), now())).unwrap();
    let draft = world.visitor().get("/lectures/9999").await;
    assert!(draft.status == 410 && !draft.body.contains("待审的课"), "what is written anew is nobody's yet");
    submit(&world).unwrap();
    pass(&world, 6).unwrap();
    pass(&world, 7).unwrap();
    assert_eq!(world.signed_in("member").await.get("/lectures/9999").await.status, 200, "the same address");
}

#[actix_web::test]
async fn a_verdict_is_on_what_the_reviewer_has_seen() {
    let world = World::new();
    draft(&world);
    submit(&world).unwrap();
    let reviewer = world.signed_in("reviewer1").await;
    let page = reviewer.get("/review/9999").await;
    assert!(page.body.contains(r#"name="version" value="1""#));
    // Taken back, changed, handed in again, while the page stands open.
    world.db.write_now(|conn| lectures::unsubmit(conn, ID, &Doer::default(), now())).unwrap();
    submit(&world).unwrap();
    let old = reviewer.post("/review/9999", &[("version", "1"), ("verdict", "passed")]).await;
    assert_eq!(old.status, 409);
    assert!(old.body.contains("看过新的一稿"));
    assert_eq!(world.number("SELECT COUNT(*) FROM lecture_reviews WHERE lecture_id = 9999"), 0);
    let new = reviewer.post("/review/9999", &[("version", "2"), ("verdict", "passed")]).await;
    assert_eq!(new.status, 303);
}

#[actix_web::test]
async fn nothing_is_handed_in_while_another_recording_is_being_sent() {
    let world = World::new();
    draft(&world);
    world.sql(
        "INSERT INTO uploads (id, account_id, lecture_id, length, metadata, name, fingerprint, place, concat, state, created_at, expires_at) \
         VALUES ('u', 5, 9999, 10, '', 'a.mp4', '', 'p', '', 'open', CURRENT_TIMESTAMP, '2199-01-01 00:00:00')",
    );
    assert!(refused(submit(&world)));
    world.sql("UPDATE uploads SET state = 'gone'");
    submit(&world).unwrap();
}
