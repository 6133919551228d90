//! INV-L1: no lecture is visible before two people besides the uploader passed it.
use crate::world::World;
use weixiao::audit::Doer;
use weixiao::clock::now;
use weixiao::db::Conn;
use weixiao::error::{Error, Result};
use weixiao::ids::{AccountId, LectureId};
use weixiao::lectures::{self, Verdict};

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
    lectures::review(conn, ID, AccountId(reviewer), verdict, &Doer::default(), now())
}

fn refused(outcome: Result<()>) -> bool {
    matches!(outcome, Err(Error::Refused(_)))
}

#[actix_web::test]
async fn two_others_must_pass_a_lecture_before_anybody_sees_it() {
    let world = World::new();
    draft(&world);
    let publish =
        |world: &World| world.db.write_now(|conn| lectures::publish(conn, ID, &Doer::default(), now()));
    assert!(
        refused(world.db.write_now(|conn| review(conn, 6, Verdict::Passed))),
        "a draft is not in review yet"
    );
    world.db.write_now(|conn| lectures::submit(conn, ID)).unwrap();
    assert!(refused(publish(&world)), "nobody has looked at it");
    assert!(
        refused(world.db.write_now(|conn| review(conn, 5, Verdict::Passed))),
        "the uploader does not review"
    );
    world.db.write_now(|conn| review(conn, 6, Verdict::Passed)).unwrap();
    assert!(refused(publish(&world)), "one is not two");
    assert!(
        refused(world.db.write_now(|conn| review(conn, 6, Verdict::Passed))),
        "the same person is not two"
    );
    assert_eq!(world.visitor().get("/lectures/9999").await.status, 404);
    let before = world.number("SELECT lecture_count FROM schools WHERE id = 1");
    let given = world.number("SELECT lecture_count FROM instructors WHERE id = 1");
    world.db.write_now(|conn| review(conn, 7, Verdict::Passed)).unwrap();
    publish(&world).unwrap();
    assert_eq!(world.visitor().get("/lectures/9999").await.status, 200);
    assert_eq!(world.number("SELECT lecture_count FROM schools WHERE id = 1"), before + 1);
    assert_eq!(world.number("SELECT lecture_count FROM instructors WHERE id = 1"), given + 1);
    assert_eq!(
        world.number("SELECT duration_ms FROM lectures WHERE id = 9999"),
        world.number("SELECT duration_ms FROM media WHERE id = 1")
    );
    assert!(refused(publish(&world)), "once is enough");
    assert_eq!(
        world.number(
            "SELECT COUNT(*) FROM audit_entries WHERE subject_kind = 'lecture' AND subject_id = 9999"
        ),
        3
    );
}

#[actix_web::test]
async fn a_returned_lecture_needs_two_new_verdicts() {
    let world = World::new();
    draft(&world);
    world.db.write_now(|conn| lectures::submit(conn, ID)).unwrap();
    world.db.write_now(|conn| review(conn, 6, Verdict::Passed)).unwrap();
    world.db.write_now(|conn| review(conn, 7, Verdict::Returned)).unwrap();
    assert_eq!(world.number("SELECT version FROM lectures WHERE id = 9999"), 2);
    world.db.write_now(|conn| lectures::submit(conn, ID)).unwrap();
    world.db.write_now(|conn| review(conn, 7, Verdict::Passed)).unwrap();
    let outcome = world.db.write_now(|conn| lectures::publish(conn, ID, &Doer::default(), now()));
    assert!(refused(outcome), "the verdict on the first version does not count for the second");
}

#[actix_web::test]
async fn without_rights_or_recording_nothing_is_published() {
    let world = World::new();
    for (change, back) in [("rights_ok = FALSE", "rights_ok = TRUE"), ("media_id = NULL", "media_id = 1")] {
        if change.starts_with("rights") {
            draft(&world);
            world.db.write_now(|conn| lectures::submit(conn, ID)).unwrap();
            for reviewer in [6, 7] {
                world.db.write_now(|conn| review(conn, reviewer, Verdict::Passed)).unwrap();
            }
        }
        world.sql(&format!("UPDATE lectures SET {change} WHERE id = 9999"));
        assert!(
            refused(world.db.write_now(|conn| lectures::publish(conn, ID, &Doer::default(), now()))),
            "{change}"
        );
        assert!(world.try_sql("UPDATE lectures SET stage = 'published', published_at = CURRENT_TIMESTAMP WHERE id = 9999").is_err(), "nor by hand: {change}");
        world.sql(&format!("UPDATE lectures SET {back} WHERE id = 9999"));
    }
}
