//! What happens to rankings: kept, computed, and each step of a snapshot as one guarded statement.
use super::{Ranking, STANDING, Snapshot};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, RankingId, SnapshotId};
use crate::rankings::document::{About, Built, canonical, facts, subject};
use crate::rankings::{Draft, Kind, State};
use crate::schema::{ranking_names, ranking_redactions, ranking_rows, ranking_snapshots, rankings};
use chrono::NaiveDate;
use diesel::prelude::*;
use serde_json::{Value, json};

const OPEN: [State; 2] = [State::Computed, State::Checked];

/// The ranking of this subject, made where there is none, its words brought up to date, and locked.
pub fn kept(
    conn: &mut Conn,
    draft: &Draft,
    top_k: Option<i32>,
    by: AccountId,
    now: Timestamp,
) -> Result<Ranking> {
    let row = (
        rankings::kind.eq(draft.kind),
        rankings::title.eq(&draft.title),
        rankings::subject_kind.eq(draft.subject.0),
        rankings::subject_id.eq(draft.subject.1),
        rankings::top_k.eq(top_k),
        rankings::visibility.eq("public"),
        rankings::object_path.eq(&draft.object_path),
        rankings::created_by.eq(by),
        rankings::created_at.eq(now),
        rankings::asked_reason.eq(""),
        rankings::published_revision.eq(0),
    );
    either!(conn, c => diesel::insert_into(rankings::table).values(row).on_conflict_do_nothing().execute(c))?;
    let is_it = rankings::subject_kind.eq(draft.subject.0).and(rankings::subject_id.eq(draft.subject.1));
    let words = (
        rankings::title.eq(&draft.title),
        rankings::object_path.eq(&draft.object_path),
        rankings::top_k.eq(top_k),
    );
    either!(conn, c => diesel::update(rankings::table.filter(is_it)).set(words).execute(c))?;
    Ok(either!(conn, c => rankings::table.filter(is_it).select(Ranking::as_select()).first(c))?)
}

/// Locks a ranking until the transaction ends.
pub fn hold(conn: &mut Conn, id: RankingId) -> Result<()> {
    let same = rankings::published_revision.eq(rankings::published_revision);
    either!(conn, c => diesel::update(rankings::table.find(id)).set(same).execute(c))?;
    Ok(())
}

/// Sets up a ranking that is computed later; `None` if there is one of this subject.
pub fn define(
    conn: &mut Conn,
    (kind, title, top_k): (Kind, &str, i32),
    subject: (&str, i64),
    by: AccountId,
    now: Timestamp,
) -> Result<Option<RankingId>> {
    let row = (
        rankings::kind.eq(kind),
        rankings::title.eq(title),
        rankings::subject_kind.eq(subject.0),
        rankings::subject_id.eq(subject.1),
        rankings::top_k.eq(Some(top_k)),
        rankings::visibility.eq("public"),
        rankings::created_by.eq(by),
        rankings::created_at.eq(now),
        rankings::asked_reason.eq(""),
        rankings::published_revision.eq(0),
    );
    Ok(either!(conn, c => diesel::insert_into(rankings::table)
        .values(row)
        .on_conflict_do_nothing()
        .returning(rankings::id)
        .get_result(c)
        .optional())?)
}

/// Remembers who asked for the next computation, and why there is one.
pub fn ask(conn: &mut Conn, id: RankingId, by: AccountId, reason: &str) -> Result<()> {
    let values = (rankings::asked_by.eq(by), rankings::asked_reason.eq(reason));
    either!(conn, c => diesel::update(rankings::table.find(id)).set(values).execute(c))?;
    Ok(())
}

/// Removes what was computed and never published.
pub fn drop_open(conn: &mut Conn, id: RankingId) -> Result<()> {
    let open = ranking_snapshots::table
        .filter(ranking_snapshots::ranking_id.eq(id).and(ranking_snapshots::state.eq_any(OPEN)));
    either!(conn, c => diesel::delete(open).execute(c))?;
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = ranking_rows)]
struct NewRow {
    snapshot_id: SnapshotId,
    position: i32,
    subject: String,
    rank: i32,
    score: String,
    is_promoted: bool,
    body: String,
}

#[derive(Insertable)]
#[diesel(table_name = ranking_names)]
struct NewName {
    snapshot_id: SnapshotId,
    subject: String,
    salt: Option<String>,
    name: Option<String>,
    is_agreed: bool,
    link: Option<String>,
    redacted_at: Option<Timestamp>,
}

/// Keeps a computed order with its rows and names.
pub fn insert(
    conn: &mut Conn,
    about: &About,
    draft: &Draft,
    built: &Built,
    moved: &[Value],
    by: AccountId,
    reason: &str,
) -> Result<SnapshotId> {
    let count = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    let row = (
        (
            ranking_snapshots::ranking_id.eq(RankingId(about.ranking)),
            ranking_snapshots::revision.eq(about.revision),
            ranking_snapshots::as_of.eq(about.as_of),
            ranking_snapshots::document.eq(&built.bytes),
            ranking_snapshots::digest.eq(&built.digest),
            ranking_snapshots::method_digest.eq(&built.method_digest),
            ranking_snapshots::input_root.eq(&built.input_root),
            ranking_snapshots::rows_root.eq(&built.rows_root),
        ),
        (
            ranking_snapshots::n_inputs.eq(count(draft.inputs.len())),
            ranking_snapshots::n_rows.eq(count(built.rows.len())),
            ranking_snapshots::method.eq(canonical(&draft.method)?),
            ranking_snapshots::excluded.eq(canonical(&json!(draft.excluded))?),
            ranking_snapshots::facts.eq(canonical(&facts(&draft.inputs))?),
            ranking_snapshots::moved.eq(canonical(&json!(moved))?),
            ranking_snapshots::reason.eq(reason),
            ranking_snapshots::state.eq(State::Computed),
            ranking_snapshots::computed_by.eq(by),
            ranking_snapshots::computed_at.eq(about.as_of),
        ),
    );
    let id: SnapshotId = either!(conn, c => diesel::insert_into(ranking_snapshots::table)
        .values(row)
        .returning(ranking_snapshots::id)
        .get_result(c))?;
    let (mut rows, mut names) = (vec![], vec![]);
    for (position, body) in (1..).zip(&built.rows) {
        let whose = subject(body).unwrap_or_default().to_owned();
        let rank = body["rank"].as_i64().and_then(|rank| i32::try_from(rank).ok()).unwrap_or_default();
        if let Some(named) = draft.names.get(&whose) {
            // Nothing is kept of a name that was taken out of an earlier revision, but that it was.
            let kept = built.names.get(&whose);
            names.push(NewName {
                snapshot_id: id,
                subject: whose.clone(),
                salt: kept.map(|one| one.0.clone()),
                name: kept.map(|one| one.1.clone()),
                is_agreed: named.agreed,
                link: named.link.clone().filter(|_| kept.is_some()),
                redacted_at: kept.is_none().then_some(about.as_of),
            });
        }
        rows.push(NewRow {
            snapshot_id: id,
            position,
            subject: whose,
            rank,
            score: body["score"].as_str().unwrap_or_default().to_owned(),
            is_promoted: body["promoted"].as_bool().unwrap_or_default(),
            body: canonical(body)?,
        });
    }
    for some in rows.chunks(100) {
        either!(conn, c => diesel::insert_into(ranking_rows::table).values(some).execute(c))?;
    }
    for some in names.chunks(100) {
        either!(conn, c => diesel::insert_into(ranking_names::table).values(some).execute(c))?;
    }
    Ok(id)
}

/// One statement each, so that the first word stays; `false` if the snapshot is not at that step.
pub fn set_checked(conn: &mut Conn, id: SnapshotId, by: AccountId, now: Timestamp) -> Result<bool> {
    let computed = ranking_snapshots::id
        .eq(id)
        .and(ranking_snapshots::state.eq(State::Computed))
        .and(ranking_snapshots::computed_by.ne(by));
    let values = (
        ranking_snapshots::state.eq(State::Checked),
        ranking_snapshots::checked_by.eq(by),
        ranking_snapshots::checked_at.eq(now),
    );
    Ok(either!(conn, c => diesel::update(ranking_snapshots::table.filter(computed)).set(values).execute(c))?
        == 1)
}

/// As [`set_checked`].
pub fn set_superseded(conn: &mut Conn, id: SnapshotId) -> Result<bool> {
    let stands = ranking_snapshots::id.eq(id).and(ranking_snapshots::state.eq_any(STANDING));
    let value = ranking_snapshots::state.eq(State::Superseded);
    Ok(either!(conn, c => diesel::update(ranking_snapshots::table.filter(stands)).set(value).execute(c))?
        == 1)
}

/// As [`set_checked`]; the ranking learns which revision is its newest.
pub fn set_published(
    conn: &mut Conn,
    snapshot: &Snapshot,
    by: AccountId,
    notice: Option<(NaiveDate, NaiveDate)>,
    now: Timestamp,
) -> Result<bool> {
    let checked = ranking_snapshots::id
        .eq(snapshot.id)
        .and(ranking_snapshots::state.eq(State::Checked))
        .and(ranking_snapshots::checked_by.ne(by));
    let values = (
        ranking_snapshots::state.eq(if notice.is_some() { State::Provisional } else { State::Final }),
        ranking_snapshots::published_by.eq(by),
        ranking_snapshots::published_at.eq(now),
        ranking_snapshots::notice_from.eq(notice.map(|days| days.0)),
        ranking_snapshots::notice_until.eq(notice.map(|days| days.1)),
        ranking_snapshots::final_at.eq(if notice.is_some() { None } else { Some(now) }),
    );
    if either!(conn, c => diesel::update(ranking_snapshots::table.filter(checked)).set(values).execute(c))?
        != 1
    {
        return Ok(false);
    }
    let newest = (rankings::published_revision.eq(snapshot.revision), rankings::published_at.eq(now));
    either!(conn, c => diesel::update(rankings::table.find(snapshot.ranking)).set(newest).execute(c))?;
    Ok(true)
}

/// As [`set_checked`].
pub fn set_final(conn: &mut Conn, id: SnapshotId, now: Timestamp) -> Result<bool> {
    let is_it = ranking_snapshots::id.eq(id).and(ranking_snapshots::state.eq(State::Provisional));
    let values = (ranking_snapshots::state.eq(State::Final), ranking_snapshots::final_at.eq(now));
    Ok(either!(conn, c => diesel::update(ranking_snapshots::table.filter(is_it)).set(values).execute(c))?
        == 1)
}

/// Locks a snapshot until the transaction ends; `false` if it is not in its notice period.
pub fn hold_provisional(conn: &mut Conn, id: SnapshotId) -> Result<bool> {
    let is_it = ranking_snapshots::id.eq(id).and(ranking_snapshots::state.eq(State::Provisional));
    let same = ranking_snapshots::state.eq(State::Provisional);
    Ok(either!(conn, c => diesel::update(ranking_snapshots::table.filter(is_it)).set(same).execute(c))? == 1)
}

/// As [`set_checked`].
pub fn set_withdrawn(
    conn: &mut Conn,
    id: SnapshotId,
    by: AccountId,
    reason: &str,
    now: Timestamp,
) -> Result<bool> {
    let is_it = ranking_snapshots::id.eq(id).and(ranking_snapshots::state.eq_any(STANDING));
    let values = (
        ranking_snapshots::state.eq(State::Withdrawn),
        ranking_snapshots::withdrawn_by.eq(by),
        ranking_snapshots::withdrawn_at.eq(now),
        ranking_snapshots::withdrawn_reason.eq(reason),
    );
    Ok(either!(conn, c => diesel::update(ranking_snapshots::table.filter(is_it)).set(values).execute(c))?
        == 1)
}

/// Takes a name out of every revision; `false` if it was out.
pub fn redact(conn: &mut Conn, ranking: RankingId, whose: &str, now: Timestamp) -> Result<bool> {
    let of_ranking = ranking_snapshots::table
        .filter(ranking_snapshots::ranking_id.eq(ranking))
        .select(ranking_snapshots::id);
    let there = ranking_names::subject
        .eq(whose)
        .and(ranking_names::name.is_not_null())
        .and(ranking_names::snapshot_id.eq_any(of_ranking));
    let values = (
        ranking_names::salt.eq(None::<String>),
        ranking_names::name.eq(None::<String>),
        ranking_names::link.eq(None::<String>),
        ranking_names::redacted_at.eq(now),
    );
    Ok(either!(conn, c => diesel::update(ranking_names::table.filter(there)).set(values).execute(c))? > 0)
}

pub fn insert_redaction(
    conn: &mut Conn,
    ranking: RankingId,
    (whose, reason): (&str, &str),
    by: AccountId,
    now: Timestamp,
) -> Result<()> {
    let row = (
        ranking_redactions::ranking_id.eq(ranking),
        ranking_redactions::subject.eq(whose),
        ranking_redactions::reason.eq(reason),
        ranking_redactions::by_id.eq(by),
        ranking_redactions::at.eq(now),
    );
    either!(conn, c => diesel::insert_into(ranking_redactions::table).values(row).execute(c))?;
    Ok(())
}
