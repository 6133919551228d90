//! Copies, cases, notices, what somebody said, competitions.
use super::{NEWEST, NONE, Row, select};
use crate::rights::Kind;

pub(super) fn of(kind: Kind) -> Option<(String, &'static str)> {
    Some(match kind {
        Kind::Copy => (
            select(
                &Row {
                    id: "x.id",
                    at: "x.recorded_at",
                    since: "x.day",
                    title: "d.title",
                    code: "CASE WHEN x.proxy_id = $1 THEN 'signed' ELSE x.kind END",
                    detail: "(SELECT r.text FROM copy_reasons r WHERE r.move_id = x.id)",
                    by: "x.recorded_by",
                    link: "'/me/copies'",
                    ..NONE
                },
                "copy_moves x JOIN print_editions d ON d.id = x.edition_id WHERE (x.person_id = $1 OR x.proxy_id = $1)",
            ),
            NEWEST,
        ),
        Kind::Case => (
            select(
                &Row {
                    id: "x.id",
                    at: "x.filed_at",
                    last: "x.decided_at",
                    until: "x.due_on",
                    title: "x.subject_kind || ' ' || x.subject_id",
                    code: "x.state",
                    by: "x.filed_by",
                    link: "'/me/cases/' || x.id",
                    ..NONE
                },
                "cases x WHERE x.person_id = $1",
            ),
            NEWEST,
        ),
        Kind::CaseStep => (
            select(
                &Row {
                    id: "x.id",
                    at: "x.at",
                    code: "x.state",
                    detail: "(SELECT t.text FROM case_texts t WHERE t.step_id = x.id)",
                    by: "x.by_id",
                    link: "'/me/cases/' || k.id",
                    ..NONE
                },
                "cases k JOIN case_steps x ON x.case_id = k.id WHERE k.person_id = $1",
            ),
            NEWEST,
        ),
        Kind::Notice => (
            select(
                &Row {
                    id: "x.id",
                    at: "x.at",
                    last: "x.read_at",
                    title: "x.title",
                    code: "x.kind",
                    detail: "x.body",
                    by: "x.sent_by",
                    link: "'/me/inbox'",
                    ..NONE
                },
                "notices x WHERE x.person_id = $1",
            ),
            NEWEST,
        ),
        Kind::RatingKey => (
            select(
                &Row { since: "x.made_on", link: "'/me/ratings'", ..NONE },
                "rating_keys x WHERE x.person_id = $1",
            ),
            "since DESC",
        ),
        Kind::Question => (
            select(
                &Row {
                    id: "x.id",
                    at: "x.asked_at",
                    last: "x.answered_at",
                    title: "l.title",
                    code: "CASE WHEN x.answer IS NULL THEN 'open' ELSE 'answered' END",
                    detail: "x.text",
                    by: "x.acted_by",
                    link: "'/lectures/' || l.id",
                    ..NONE
                },
                "questions x JOIN lectures l ON l.id = x.lecture_id WHERE x.person_id = $1",
            ),
            NEWEST,
        ),
        Kind::Feedback => (
            select(
                &Row {
                    id: "x.id",
                    at: "x.sent_at",
                    last: "x.handled_at",
                    title: "x.contact",
                    code: "x.kind",
                    detail: "x.text",
                    ..NONE
                },
                "feedback x LEFT JOIN accounts own ON own.id = x.account_id \
                 WHERE (x.for_person_id = $1 OR (own.person_id = $1 AND x.for_person_id IS NULL))",
            ),
            NEWEST,
        ),
        Kind::Entry => (
            select(
                &Row { id: "x.id", title: "x.title", code: "x.state", by: "x.made_by", ..NONE },
                "contest_entries x WHERE x.entrant_id = $1",
            ),
            NEWEST,
        ),
        Kind::Companion => (
            select(
                &Row { id: "x.entry_id", title: "n.title", code: "n.state", by: "n.made_by", ..NONE },
                "contest_companions x JOIN contest_entries n ON n.id = x.entry_id WHERE x.person_id = $1",
            ),
            NEWEST,
        ),
        Kind::Judge => (
            select(
                &Row {
                    id: "x.id",
                    at: "x.invited_at",
                    last: "x.accepted_at",
                    title: "c.title",
                    code: "x.state",
                    detail: "TRIM(x.unit || ' ' || x.expertise)",
                    by: "x.invited_by",
                    ..NONE
                },
                "contest_judges x JOIN contests c ON c.id = x.contest_id WHERE x.person_id = $1",
            ),
            NEWEST,
        ),
        Kind::Gold => (
            select(
                &Row {
                    id: "x.id",
                    at: "x.nominated_at",
                    last: "x.appointed_at",
                    since: "x.term_from",
                    until: "x.term_to",
                    code: "x.state",
                    by: "x.nominated_by",
                    link: "'/honours'",
                    ..NONE
                },
                "gold_lecturers x WHERE x.person_id = $1",
            ),
            NEWEST,
        ),
        Kind::Instructor => (
            select(
                &Row {
                    id: "x.id",
                    at: "x.agreed_at",
                    title: "x.name",
                    detail: "TRIM(x.unit || ' ' || x.intro)",
                    n: "x.lecture_count",
                    link: "'/instructors/' || x.id",
                    ..NONE
                },
                "instructors x WHERE x.person_id = $1",
            ),
            NEWEST,
        ),
        _ => return None,
    })
}
