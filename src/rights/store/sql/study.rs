//! What somebody did to learn: places, watching, reading, tests, presence, records.
use super::{LATEST, NEWEST, NONE, Row, select};
use crate::rights::Kind;

pub(super) fn of(kind: Kind) -> Option<(String, &'static str)> {
    Some(match kind {
        Kind::Enrolment => (
            select(
                &Row {
                    id: "x.id",
                    at: "x.created_at",
                    last: "x.changed_at",
                    title: "COALESCE(c.title, e.title)",
                    code: "x.state",
                    by: "x.enrolled_by",
                    ..NONE
                },
                "enrolments x JOIN offerings f ON f.id = x.offering_id LEFT JOIN courses c ON c.id = f.course_id \
                 LEFT JOIN events e ON e.id = f.event_id WHERE x.person_id = $1",
            ),
            NEWEST,
        ),
        Kind::EnrolmentStep => (
            select(
                &Row {
                    id: "x.id",
                    at: "x.at",
                    title: "COALESCE(c.title, e.title)",
                    code: "x.state",
                    detail: "(SELECT t.text FROM enrolment_texts t WHERE t.step_id = x.id)",
                    by: "x.by_id",
                    ..NONE
                },
                "enrolments n JOIN enrolment_steps x ON x.enrolment_id = n.id JOIN offerings f ON f.id = n.offering_id \
                 LEFT JOIN courses c ON c.id = f.course_id LEFT JOIN events e ON e.id = f.event_id WHERE n.person_id = $1",
            ),
            NEWEST,
        ),
        Kind::Watch => (
            select(
                &Row {
                    id: "x.media_id",
                    at: "x.first_at",
                    last: "x.last_at",
                    title: "l.title",
                    code: "CASE WHEN x.completed_at IS NULL THEN 'begun' ELSE 'completed' END",
                    n: "x.seconds",
                    of: "x.length_s",
                    link: "'/lectures/' || l.id",
                    ..NONE
                },
                "watches x JOIN lectures l ON l.id = x.lecture_id WHERE x.person_id = $1",
            ),
            "last DESC, id",
        ),
        Kind::Completion => (
            select(
                &Row {
                    id: "x.id",
                    at: "x.completed_at",
                    title: "l.title",
                    code: "CASE WHEN r.completion_id IS NULL THEN x.kind ELSE 'reversed' END",
                    n: "x.seconds",
                    of: "x.length_s",
                    by: "x.acted_by",
                    link: "'/lectures/' || l.id",
                    ..NONE
                },
                "completions x JOIN lectures l ON l.id = x.lecture_id \
                 LEFT JOIN completion_reversals r ON r.completion_id = x.id WHERE x.person_id = $1",
            ),
            NEWEST,
        ),
        Kind::ChapterRead => (
            select(
                &Row {
                    id: "x.booklet_id * 10000 + x.chapter",
                    at: "x.read_at",
                    title: "b.title",
                    code: "'stated'",
                    n: "x.chapter",
                    by: "x.acted_by",
                    link: "'/booklets/' || b.slug",
                    ..NONE
                },
                "chapter_reads x JOIN booklets b ON b.id = x.booklet_id WHERE x.person_id = $1",
            ),
            LATEST,
        ),
        Kind::ReadingPlace => (
            select(
                &Row {
                    id: "x.booklet_id",
                    at: "x.kept_at",
                    title: "b.title",
                    n: "x.position",
                    link: "'/booklets/' || b.slug",
                    ..NONE
                },
                "reading_positions x JOIN booklets b ON b.id = x.booklet_id WHERE x.person_id = $1",
            ),
            LATEST,
        ),
        Kind::Attempt => (
            select(
                &Row {
                    id: "x.id",
                    at: "x.started_at",
                    last: "x.submitted_at",
                    title: "t.title",
                    code: "CASE WHEN x.submitted_at IS NULL THEN 'begun' WHEN x.is_passed THEN 'passed' ELSE 'not_passed' END",
                    n: "x.right_count",
                    of: "x.question_count",
                    by: "x.acted_by",
                    link: "'/attempts/' || x.id",
                    ..NONE
                },
                "attempts x LEFT JOIN tests t ON t.id = x.test_id WHERE x.person_id = $1",
            ),
            NEWEST,
        ),
        Kind::WrongAnswer => (
            select(
                &Row {
                    id: "x.question_id",
                    last: "x.last_at",
                    title: "q.stem",
                    n: "x.wrong_count",
                    link: "'/me/wrong-answers'",
                    ..NONE
                },
                "wrong_answers x JOIN bank_questions q ON q.id = x.question_id WHERE x.person_id = $1",
            ),
            "last DESC, id",
        ),
        Kind::Attendance => (
            select(
                &Row {
                    id: "x.id",
                    at: "x.recorded_at",
                    since: "x.day",
                    title: "e.title",
                    code: "x.status",
                    n: "x.minutes",
                    of: "x.revision",
                    by: "x.recorded_by",
                    link: "'/events/' || e.id",
                    ..NONE
                },
                "attendances x JOIN events e ON e.id = x.event_id WHERE x.person_id = $1",
            ),
            NEWEST,
        ),
        Kind::Seat => (
            select(
                &Row {
                    id: "x.event_id",
                    at: "x.signed_at",
                    title: "e.title",
                    by: "x.signed_by",
                    link: "'/events/' || e.id",
                    ..NONE
                },
                "viewers x JOIN events e ON e.id = x.event_id WHERE x.person_id = $1",
            ),
            LATEST,
        ),
        Kind::Record => (
            select(
                &Row {
                    id: "x.id",
                    at: "x.made_at",
                    since: "x.finished_on",
                    title: "x.title",
                    code: "CASE WHEN w.record_id IS NULL THEN 'valid' ELSE 'withdrawn' END",
                    detail: "(SELECT n.name || ' ' || n.branch FROM study_record_names n WHERE n.record_id = x.id)",
                    n: "x.quarters * 15",
                    link: "'/me/records/' || x.id",
                    ..NONE
                },
                "study_records x LEFT JOIN study_record_withdrawals w ON w.record_id = x.id WHERE x.person_id = $1",
            ),
            NEWEST,
        ),
        _ => return None,
    })
}
