//! Rows of rankings, snapshots, their rows and names. `steps` has what happens to them, `log` the entries of the log, `listed`
//! what pages list, `subjects` what is said of lectures and instructors.
mod listed;
mod log;
mod steps;
mod subjects;

use super::{Kind, State};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::ids::{AccountId, RankingId, SnapshotId};
use crate::schema::{ranking_names, ranking_redactions, ranking_rows, ranking_snapshots, rankings};
use chrono::NaiveDate;
use diesel::prelude::*;
pub use listed::{Desk, Line, Redaction, at_desk, count_published, published, redactions, revisions};
pub use log::{entries, hash_at, head, insert_entry, lock_log, newest_entry_of};
use serde_json::Value;
pub use steps::{
    ask, define, drop_open, hold, hold_provisional, insert, insert_redaction, kept, redact, set_checked,
    set_final, set_published, set_superseded, set_withdrawn,
};
pub use subjects::named;

/// What is ranked.
#[derive(Queryable, Selectable, Debug, Clone)]
#[diesel(table_name = rankings)]
pub struct Ranking {
    pub id: RankingId,
    pub kind: Kind,
    pub title: String,
    pub subject_kind: String,
    pub subject_id: i64,
    pub top_k: Option<i32>,
    pub object_path: Option<String>,
    pub published_revision: i32,
    pub published_at: Option<Timestamp>,
    pub asked_by: Option<AccountId>,
    /// Why the next revision is computed.
    pub asked_reason: String,
}

/// One computed order, without its document.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub id: SnapshotId,
    pub ranking: RankingId,
    pub kind: Kind,
    pub title: String,
    pub object_path: Option<String>,
    /// What is ranked: a kind of record and its key.
    pub subject: (String, i64),
    pub revision: i32,
    pub as_of: Timestamp,
    pub digest: String,
    pub method_digest: String,
    pub input_root: String,
    pub rows_root: String,
    pub n_inputs: i32,
    pub n_rows: i32,
    pub state: State,
    pub reason: String,
    pub computed_by: AccountId,
    pub computed_at: Timestamp,
    pub checked_by: Option<AccountId>,
    pub published_by: Option<AccountId>,
    pub published_at: Option<Timestamp>,
    /// Days in the city, both included.
    pub notice_from: Option<NaiveDate>,
    pub notice_until: Option<NaiveDate>,
    pub final_at: Option<Timestamp>,
    pub withdrawn_at: Option<Timestamp>,
    pub withdrawn_reason: Option<String>,
}

type Head = (
    SnapshotId,
    RankingId,
    Kind,
    String,
    Option<String>,
    (String, i64),
    i32,
    Timestamp,
    String,
    String,
    String,
    String,
    i32,
    i32,
);
type Course = (
    State,
    String,
    AccountId,
    Timestamp,
    Option<AccountId>,
    Option<AccountId>,
    Option<Timestamp>,
    Option<NaiveDate>,
    Option<NaiveDate>,
    Option<Timestamp>,
    Option<Timestamp>,
    Option<String>,
);

fn snapshot((head, course): (Head, Course)) -> Snapshot {
    let (
        id,
        ranking,
        kind,
        title,
        object_path,
        subject,
        revision,
        as_of,
        digest,
        method_digest,
        input,
        root,
        inputs,
        rows,
    ) = head;
    let (state, reason, by, at, checked_by, published_by, published_at, from, until, final_at, gone_at, gone) =
        course;
    Snapshot {
        id,
        ranking,
        kind,
        title,
        object_path,
        subject,
        revision,
        as_of,
        digest,
        method_digest,
        input_root: input,
        rows_root: root,
        n_inputs: inputs,
        n_rows: rows,
        state,
        reason,
        computed_by: by,
        computed_at: at,
        checked_by,
        published_by,
        published_at,
        notice_from: from,
        notice_until: until,
        final_at,
        withdrawn_at: gone_at,
        withdrawn_reason: gone,
    }
}

/// Snapshots with their ranking, without documents.
macro_rules! snapshots {
    () => {
        ranking_snapshots::table.inner_join(rankings::table).select((
            (
                ranking_snapshots::id,
                ranking_snapshots::ranking_id,
                rankings::kind,
                rankings::title,
                rankings::object_path,
                (rankings::subject_kind, rankings::subject_id),
                ranking_snapshots::revision,
                ranking_snapshots::as_of,
                ranking_snapshots::digest,
                ranking_snapshots::method_digest,
                ranking_snapshots::input_root,
                ranking_snapshots::rows_root,
                ranking_snapshots::n_inputs,
                ranking_snapshots::n_rows,
            ),
            (
                ranking_snapshots::state,
                ranking_snapshots::reason,
                ranking_snapshots::computed_by,
                ranking_snapshots::computed_at,
                ranking_snapshots::checked_by,
                ranking_snapshots::published_by,
                ranking_snapshots::published_at,
                ranking_snapshots::notice_from,
                ranking_snapshots::notice_until,
                ranking_snapshots::final_at,
                ranking_snapshots::withdrawn_at,
                ranking_snapshots::withdrawn_reason,
            ),
        ))
    };
}

use snapshots;

/// A row with the name that may be said.
#[derive(Debug, Clone)]
pub struct Row {
    pub subject: String,
    pub rank: i32,
    pub score: String,
    pub is_promoted: bool,
    /// The whole row, as it is published.
    pub body: Value,
    /// `None` where the person did not agree, or the name was taken out.
    pub name: Option<Value>,
    pub link: Option<String>,
}

const STANDING: [State; 2] = [State::Provisional, State::Final];

/// The rankings by ratings: one of a kind.
pub fn of_ratings(conn: &mut Conn) -> Result<Vec<Ranking>> {
    Ok(either!(conn, c => rankings::table
        .filter(rankings::top_k.is_not_null())
        .order(rankings::id)
        .limit(10)
        .select(Ranking::as_select())
        .load(c))?)
}

/// A ranking.
///
/// # Errors
/// Not found.
pub fn ranking(conn: &mut Conn, id: RankingId) -> Result<Ranking> {
    Ok(either!(conn, c => rankings::table.find(id).select(Ranking::as_select()).first(c))?)
}

/// The newest revision of the ranking of a subject, whatever its state; `None` before the first.
///
/// # Errors
/// Those of the database.
pub fn newest(conn: &mut Conn, subject: (&str, i64)) -> Result<Option<Snapshot>> {
    Ok(of_subject(conn, subject)?.into_iter().next())
}

/// The revisions of the ranking of a subject, whatever their state, the newest first.
///
/// # Errors
/// Those of the database.
pub fn of_subject(conn: &mut Conn, subject: (&str, i64)) -> Result<Vec<Snapshot>> {
    let is_it = rankings::subject_kind.eq(subject.0).and(rankings::subject_id.eq(subject.1));
    let rows = either!(conn, c => snapshots!()
        .filter(is_it)
        .order(ranking_snapshots::revision.desc())
        .limit(1_000)
        .load(c))?;
    Ok(rows.into_iter().map(snapshot).collect())
}

/// A snapshot, whatever its state.
///
/// # Errors
/// Not found.
pub fn find(conn: &mut Conn, id: SnapshotId) -> Result<Snapshot> {
    Ok(snapshot(either!(conn, c => snapshots!().filter(ranking_snapshots::id.eq(id)).first(c))?))
}

/// A revision of a ranking, whatever its state.
///
/// # Errors
/// Not found.
pub fn revision(conn: &mut Conn, ranking: RankingId, revision: i32) -> Result<Snapshot> {
    let is_it = ranking_snapshots::ranking_id.eq(ranking).and(ranking_snapshots::revision.eq(revision));
    Ok(snapshot(either!(conn, c => snapshots!().filter(is_it).first(c))?))
}

/// The canonical document of a snapshot.
pub fn document(conn: &mut Conn, id: SnapshotId) -> Result<Vec<u8>> {
    Ok(either!(conn, c => ranking_snapshots::table.find(id).select(ranking_snapshots::document).first(c))?)
}

/// What pages say of a snapshot: method, excluded, facts, moved, as JSON.
pub fn told(conn: &mut Conn, id: SnapshotId) -> Result<[Value; 4]> {
    let columns = (
        ranking_snapshots::method,
        ranking_snapshots::excluded,
        ranking_snapshots::facts,
        ranking_snapshots::moved,
    );
    let (method, excluded, facts, moved): (String, String, String, String) =
        either!(conn, c => ranking_snapshots::table.find(id).select(columns).first(c))?;
    let read = |text: String| serde_json::from_str(&text).map_err(Error::internal);
    Ok([read(method)?, read(excluded)?, read(facts)?, read(moved)?])
}

/// The revision of a ranking that holds; `None` where none does.
pub fn standing_of(conn: &mut Conn, ranking: RankingId) -> Result<Option<Snapshot>> {
    let is_it = ranking_snapshots::ranking_id.eq(ranking).and(ranking_snapshots::state.eq_any(STANDING));
    Ok(either!(conn, c => snapshots!().filter(is_it).first(c).optional())?.map(snapshot))
}

/// The published revision that holds of the ranking of a subject; `None` where none does.
///
/// # Errors
/// Those of the database.
pub fn standing(conn: &mut Conn, subject: (&str, i64)) -> Result<Option<Snapshot>> {
    let is_it = rankings::subject_kind
        .eq(subject.0)
        .and(rankings::subject_id.eq(subject.1))
        .and(ranking_snapshots::state.eq_any(STANDING));
    Ok(either!(conn, c => snapshots!().filter(is_it).first(c).optional())?.map(snapshot))
}

/// The rows of a snapshot in order with the names that may be said, `count` after the first `skip`.
///
/// # Errors
/// Those of the database.
pub fn rows(conn: &mut Conn, id: SnapshotId, skip: i64, count: i64) -> Result<Vec<Row>> {
    type Found = (String, i32, String, bool, String, Option<(Option<String>, bool, Option<String>)>);
    let name = ranking_rows::snapshot_id
        .eq(ranking_names::snapshot_id)
        .and(ranking_rows::subject.eq(ranking_names::subject));
    let found: Vec<Found> = either!(conn, c => ranking_rows::table
        .left_join(ranking_names::table.on(name))
        .filter(ranking_rows::snapshot_id.eq(id))
        .order(ranking_rows::position)
        .offset(skip)
        .limit(count)
        .select((
            ranking_rows::subject,
            ranking_rows::rank,
            ranking_rows::score,
            ranking_rows::is_promoted,
            ranking_rows::body,
            (ranking_names::name, ranking_names::is_agreed, ranking_names::link).nullable(),
        ))
        .load(c))?;
    let read = |text: &str| serde_json::from_str::<Value>(text).map_err(Error::internal);
    let row = |(subject, rank, score, is_promoted, body, named): Found| {
        let (name, link) = match named {
            Some((Some(name), true, link)) => (Some(read(&name)?), link),
            _ => (None, None),
        };
        Ok(Row { subject, rank, score, is_promoted, body: read(&body)?, name, link })
    };
    found.into_iter().map(row).collect()
}

/// Id, rank and score of each row of a revision; nothing where there is none.
pub fn places(conn: &mut Conn, ranking: RankingId, revision: i32) -> Result<Vec<(String, i32, String)>> {
    let is_it = ranking_snapshots::ranking_id.eq(ranking).and(ranking_snapshots::revision.eq(revision));
    Ok(either!(conn, c => ranking_rows::table
        .inner_join(ranking_snapshots::table)
        .filter(is_it)
        .order(ranking_rows::position)
        .select((ranking_rows::subject, ranking_rows::rank, ranking_rows::score))
        .load(c))?)
}

/// Salt and name of those who may be named: id, salt, canonical name.
pub fn names(conn: &mut Conn, id: SnapshotId) -> Result<Vec<(String, String, String)>> {
    let is_said = ranking_names::snapshot_id
        .eq(id)
        .and(ranking_names::is_agreed)
        .and(ranking_names::name.is_not_null());
    let found: Vec<(String, Option<String>, Option<String>)> = either!(conn, c => ranking_names::table
        .filter(is_said)
        .order(ranking_names::subject)
        .select((ranking_names::subject, ranking_names::salt, ranking_names::name))
        .load(c))?;
    Ok(found.into_iter().filter_map(|(id, salt, name)| Some((id, salt?, name?))).collect())
}

/// Whether somebody of a ranking has this id, with a name or with one that was taken out.
pub fn is_named(conn: &mut Conn, ranking: RankingId, whose: &str) -> Result<bool> {
    let is_it = ranking_snapshots::ranking_id.eq(ranking).and(ranking_names::subject.eq(whose));
    let found = ranking_names::table.inner_join(ranking_snapshots::table).filter(is_it);
    Ok(either!(conn, c => diesel::select(diesel::dsl::exists(found)).get_result(c))?)
}

/// Whose names were taken out of a ranking.
pub fn redacted(conn: &mut Conn, ranking: RankingId) -> Result<Vec<String>> {
    Ok(either!(conn, c => ranking_redactions::table
        .filter(ranking_redactions::ranking_id.eq(ranking))
        .select(ranking_redactions::subject)
        .distinct()
        .load(c))?)
}
