//! The statement of each kind of fact. Both databases understand them; `$1` is the person. Every one gives the same columns, so
//! that the page, the file and a correction request read the same rows.
use crate::rights::Kind;

mod branch;
mod other;
mod study;

/// Who recorded it: the account and today's name.
fn by(column: &str) -> String {
    format!(
        "{column} AS by_id, (SELECT p.name FROM accounts a JOIN persons p ON p.id = a.person_id WHERE a.id = {column}) AS by_name"
    )
}

/// Nobody is kept as having recorded it.
const NOBODY: &str = "CAST(NULL AS BIGINT) AS by_id, CAST(NULL AS TEXT) AS by_name";

/// What a row says, by column; what is not said is nothing.
struct Row<'a> {
    id: &'a str,
    at: &'a str,
    last: &'a str,
    since: &'a str,
    until: &'a str,
    title: &'a str,
    code: &'a str,
    detail: &'a str,
    n: &'a str,
    of: &'a str,
    by: &'a str,
    link: &'a str,
}

const NONE: Row<'static> = Row {
    id: "0",
    at: "NULL",
    last: "NULL",
    since: "NULL",
    until: "NULL",
    title: "NULL",
    code: "NULL",
    detail: "NULL",
    n: "NULL",
    of: "NULL",
    by: "",
    link: "NULL",
};

/// The statement: its rows, whence, and in which order.
fn select(row: &Row<'_>, from: &str) -> String {
    let Row { id, at, last, since, until, title, code, detail, n, of, by: recorder, link } = row;
    let recorder = if recorder.is_empty() { NOBODY.to_owned() } else { by(recorder) };
    format!(
        "SELECT CAST({id} AS BIGINT) AS id, {at} AS at, {last} AS last, {since} AS since, {until} AS until, \
         {title} AS title, {code} AS code, {detail} AS detail, CAST({n} AS BIGINT) AS n, CAST({of} AS BIGINT) AS total, \
         {recorder}, {link} AS link FROM {from}"
    )
}

/// The rows of a kind, and the order in which they are shown.
pub fn of(kind: Kind) -> (String, &'static str) {
    roster(kind)
        .or_else(|| account(kind))
        .or_else(|| study::of(kind))
        .or_else(|| branch::of(kind))
        .or_else(|| other::of(kind))
        .unwrap_or_default()
}

const NEWEST: &str = "id DESC";
const LATEST: &str = "at DESC, id DESC";
const SINCE: &str = "since DESC, id DESC";

fn roster(kind: Kind) -> Option<(String, &'static str)> {
    let held = Row { id: "x.id", since: "x.valid_from", until: "x.valid_to", ..NONE };
    Some(match kind {
        Kind::Person => (
            select(
                &Row {
                    id: "x.id",
                    at: "x.created_at",
                    title: "x.name",
                    code: "x.sex",
                    detail: "TRIM(COALESCE(x.phone, '') || ' ' || x.reading_aids)",
                    n: "x.birth_year",
                    ..NONE
                },
                "persons x WHERE x.id = $1",
            ),
            NEWEST,
        ),
        Kind::Membership => (
            select(
                &Row { title: "o.name", detail: "x.member_no", ..held },
                "memberships x JOIN orgs o ON o.id = x.branch_id WHERE x.person_id = $1",
            ),
            SINCE,
        ),
        Kind::Stage => {
            (select(&Row { code: "x.stage", ..held }, "membership_stages x WHERE x.person_id = $1"), SINCE)
        }
        Kind::Category => {
            (select(&Row { code: "x.category", ..held }, "member_categories x WHERE x.person_id = $1"), SINCE)
        }
        Kind::Office => (
            select(
                &Row { code: "x.office", title: "o.name", ..held },
                "office_terms x JOIN orgs o ON o.id = x.org_id WHERE x.person_id = $1",
            ),
            SINCE,
        ),
        Kind::HostStay => (
            select(
                &Row { title: "o.name", detail: "x.card_no", ..held },
                "host_stays x JOIN orgs o ON o.id = x.host_branch_id WHERE x.person_id = $1",
            ),
            SINCE,
        ),
        Kind::Title => (
            select(&Row { code: "x.title", detail: "x.source", ..held }, "titles x WHERE x.person_id = $1"),
            SINCE,
        ),
        _ => return None,
    })
}

fn account(kind: Kind) -> Option<(String, &'static str)> {
    const OWN: &str = "JOIN accounts own ON own.id = x.account_id WHERE own.person_id = $1";
    Some(match kind {
        Kind::Account => (
            select(
                &Row {
                    id: "x.id",
                    at: "x.created_at",
                    last: "x.closed_at",
                    title: "x.username",
                    code: "CASE WHEN x.closed_at IS NULL THEN 'open' ELSE 'closed' END",
                    ..NONE
                },
                "accounts x WHERE x.person_id = $1",
            ),
            NEWEST,
        ),
        Kind::Grant => (
            select(
                &Row {
                    id: "x.id",
                    at: "x.granted_at",
                    last: "x.ended_at",
                    code: "x.role",
                    title: "(SELECT o.name FROM orgs o WHERE o.id = x.scope_id AND x.scope_kind IN ('committee', 'branch'))",
                    by: "x.granted_by",
                    ..NONE
                },
                &format!("grants x {OWN}"),
            ),
            NEWEST,
        ),
        Kind::SignIn => (
            select(
                &Row { at: "x.created_at", last: "x.seen_at", title: "x.agent", ..NONE },
                &format!("sessions x {OWN}"),
            ),
            LATEST,
        ),
        Kind::Code => (
            select(
                &Row {
                    id: "x.id",
                    at: "x.issued_at",
                    last: "x.used_at",
                    code: "CASE WHEN x.used_at IS NULL THEN 'unused' ELSE 'used' END",
                    by: "x.issued_by",
                    ..NONE
                },
                &format!("one_time_codes x {OWN}"),
            ),
            NEWEST,
        ),
        Kind::Factor => (
            select(
                &Row {
                    at: "x.set_at",
                    code: "'set'",
                    n: "(SELECT COUNT(*) FROM recovery_codes r WHERE r.account_id = x.account_id AND r.used_at IS NULL)",
                    ..NONE
                },
                &format!("second_factors x {OWN}"),
            ),
            LATEST,
        ),
        Kind::Calendar => {
            (select(&Row { n: "x.generation", ..NONE }, "calendar_feeds x WHERE x.person_id = $1"), NEWEST)
        }
        Kind::MailAddress => (
            select(
                &Row {
                    at: "x.code_at",
                    last: "x.confirmed_at",
                    title: "x.address",
                    code: "CASE WHEN x.confirmed_at IS NULL THEN 'unconfirmed' ELSE 'confirmed' END",
                    detail: "x.lang",
                    ..NONE
                },
                "mail_addresses x WHERE x.person_id = $1",
            ),
            LATEST,
        ),
        Kind::Letter => (
            select(
                &Row { id: "x.id", at: "x.at", code: "x.kind", n: "x.notice_count", ..NONE },
                "mail_sendings x WHERE x.person_id = $1",
            ),
            NEWEST,
        ),
        Kind::Upload => (
            select(
                &Row { at: "x.created_at", title: "x.name", code: "x.state", n: "x.length", ..NONE },
                &format!("uploads x {OWN}"),
            ),
            LATEST,
        ),
        _ => return None,
    })
}
