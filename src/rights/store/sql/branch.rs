//! What the branch and those who guide it have recorded of a member besides the roster itself.
use super::{LATEST, NEWEST, NONE, Row, SINCE, select};
use crate::rights::Kind;

pub(super) fn of(kind: Kind) -> Option<(String, &'static str)> {
    Some(match kind {
        Kind::RosterChange => (
            select(
                &Row {
                    id: "x.id",
                    at: "x.at",
                    since: "x.day",
                    title: "o.name",
                    code: "x.kind",
                    // What it was before, of the facts that are mended in their place; keys of the others are nobody's words.
                    detail: "NULLIF(TRIM(COALESCE(v.old_value, '') || ' ' || COALESCE(n.text, '')), '')",
                    by: "x.by_id",
                    ..NONE
                },
                "roster_changes x LEFT JOIN orgs o ON o.id = x.org_id LEFT JOIN roster_notes n ON n.change_id = x.id \
                 LEFT JOIN person_corrections v ON v.change_id = x.id WHERE x.person_id = $1",
            ),
            NEWEST,
        ),
        Kind::ListedChange => (
            select(
                &Row {
                    id: "x.id",
                    at: "i.applied_at",
                    title: "i.file_name",
                    detail: "NULLIF(x.detail, '')",
                    by: "i.applied_by",
                    ..NONE
                },
                "import_touches x JOIN imports i ON i.id = x.import_id WHERE x.person_id = $1",
            ),
            NEWEST,
        ),
        Kind::Transfer => (
            select(
                &Row {
                    id: "x.id",
                    at: "x.proposed_at",
                    last: "x.decided_at",
                    title: "COALESCE(f.name, x.place) || ' → ' || COALESCE(t.name, x.place)",
                    code: "x.state",
                    detail: "r.text",
                    by: "x.proposed_by",
                    ..NONE
                },
                "transfers x LEFT JOIN orgs f ON f.id = x.from_branch_id LEFT JOIN orgs t ON t.id = x.to_branch_id \
                 LEFT JOIN transfer_reasons r ON r.transfer_id = x.id WHERE x.person_id = $1",
            ),
            NEWEST,
        ),
        Kind::GuidanceMember => (
            select(
                &Row {
                    id: "x.id",
                    since: "x.valid_from",
                    until: "x.valid_to",
                    title: "g.name",
                    link: "'/guidance/groups/' || g.id",
                    ..NONE
                },
                "guidance_members x JOIN guidance_groups g ON g.id = x.group_id WHERE x.person_id = $1",
            ),
            SINCE,
        ),
        // Why somebody is exempt is for those who decide, and for the person when the branch tells it.
        Kind::Exemption => (
            select(
                &Row {
                    id: "x.id",
                    at: "x.proposed_at",
                    last: "x.decided_at",
                    since: "x.valid_from",
                    until: "COALESCE(x.ended_on, x.valid_to)",
                    title: "s.title",
                    code: "COALESCE(x.verdict, 'open')",
                    by: "x.proposed_by",
                    ..NONE
                },
                "exemptions x LEFT JOIN study_plans s ON s.id = x.plan_id WHERE x.person_id = $1",
            ),
            NEWEST,
        ),
        Kind::Errand => (
            select(
                &Row {
                    id: "x.id",
                    at: "x.assigned_at",
                    last: "x.closed_at",
                    until: "x.due_on",
                    title: "s.title",
                    code: "x.way",
                    detail: "h.name",
                    by: "x.assigned_by",
                    ..NONE
                },
                "errands x JOIN study_plans s ON s.id = x.plan_id JOIN persons h ON h.id = x.helper_id \
                 WHERE x.person_id = $1",
            ),
            NEWEST,
        ),
        Kind::HomeVisit => (
            select(
                &Row {
                    id: "x.event_id",
                    at: "e.starts_at",
                    last: "x.confirmed_at",
                    title: "e.title",
                    code: "x.state",
                    detail: "d.name || '、' || s.name",
                    n: "v.minutes",
                    by: "v.recorded_by",
                    link: "'/visits/' || x.event_id",
                    ..NONE
                },
                "home_visit_members x JOIN home_visits v ON v.event_id = x.event_id JOIN events e ON e.id = x.event_id \
                 JOIN persons d ON d.id = v.deliverer_id JOIN persons s ON s.id = v.second_id WHERE x.person_id = $1",
            ),
            LATEST,
        ),
        _ => return None,
    })
}
