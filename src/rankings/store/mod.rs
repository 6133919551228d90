//! Rows of rankings, snapshots, their rows and names. `log` has the entries of the log, `listed` what pages list.
mod listed;
mod log;
mod subjects;

use super::document::{About, Built, canonical, facts, subject};
use super::{Draft, Kind, State};
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
use serde_json::{Value, json};
pub use subjects::{Named as SubjectNamed, named};

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
}

/// One computed order, without its document.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub id: SnapshotId,
    pub ranking: RankingId,
    pub kind: Kind,
    pub title: String,
    pub object_path: Option<String>,
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
    i32,
    Timestamp,
    String,
    String,
    String,
    String,
    i32,
);
type Course = (
    i32,
    State,
    String,
    AccountId,
    Timestamp,
    Option<AccountId>,
    Option<Timestamp>,
    Option<NaiveDate>,
    Option<NaiveDate>,
    Option<Timestamp>,
    Option<Timestamp>,
    Option<String>,
);

fn snapshot((head, course): (Head, Course)) -> Snapshot {
    let (id, ranking, kind, title, object_path, revision, as_of, digest, method_digest, input_root, rows_root, n_inputs) =
        head;
    let (n_rows, state, reason, computed_by, computed_at, checked_by, published_at, from, until, final_at, gone_at, gone) =
        course;
    Snapshot {
        id,
        ranking,
        kind,
        title,
        object_path,
        revision,
        as_of,
        digest,
        method_digest,
        input_root,
        rows_root,
        n_inputs,
        n_rows,
        state,
        reason,
        computed_by,
        computed_at,
        checked_by,
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
                ranking_snapshots::revision,
                ranking_snapshots::as_of,
                ranking_snapshots::digest,
                ranking_snapshots::method_digest,
                ranking_snapshots::input_root,
                ranking_snapshots::rows_root,
                ranking_snapshots::n_inputs,
            ),
            (
                ranking_snapshots::n_rows,
                ranking_snapshots::state,
                ranking_snapshots::reason,
                ranking_snapshots::computed_by,
                ranking_snapshots::computed_at,
                ranking_snapshots::checked_by,
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

const OPEN: [State; 2] = [State::Computed, State::Checked];
const STANDING: [State; 2] = [State::Provisional, State::Final];

/// The ranking of this subject, made where there is none, its words brought up to date, and locked.
pub fn kept(conn: &mut Conn, draft: &Draft, top_k: Option<i32>, by: AccountId, now: Timestamp) -> Result<Ranking> {
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
        rankings::published_revision.eq(0),
    );
    either!(conn, c => diesel::insert_into(rankings::table).values(row).on_conflict_do_nothing().execute(c))?;
    let is_it = rankings::subject_kind.eq(draft.subject.0).and(rankings::subject_id.eq(draft.subject.1));
    let words = (rankings::title.eq(&draft.title), rankings::object_path.eq(&draft.object_path), rankings::top_k.eq(top_k));
    either!(conn, c => diesel::update(rankings::table.filter(is_it)).set(words).execute(c))?;
    Ok(either!(conn, c => rankings::table.filter(is_it).select(Ranking::as_select()).first(c))?)
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
        rankings::published_revision.eq(0),
    );
    Ok(either!(conn, c => diesel::insert_into(rankings::table)
        .values(row)
        .on_conflict_do_nothing()
        .returning(rankings::id)
        .get_result(c)
        .optional())?)
}

/// Remembers who asked for the next computation.
pub fn ask(conn: &mut Conn, id: RankingId, by: AccountId) -> Result<()> {
    either!(conn, c => diesel::update(rankings::table.find(id)).set(rankings::asked_by.eq(by)).execute(c))?;
    Ok(())
}

/// A ranking.
///
/// # Errors
/// Not found.
pub fn ranking(conn: &mut Conn, id: RankingId) -> Result<Ranking> {
    Ok(either!(conn, c => rankings::table.find(id).select(Ranking::as_select()).first(c))?)
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
    salt: String,
    name: String,
    is_agreed: bool,
    link: Option<String>,
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
        if let (Some((salt, name)), Some(named)) = (built.names.get(&whose), draft.names.get(&whose)) {
            names.push(NewName {
                snapshot_id: id,
                subject: whose.clone(),
                salt: salt.clone(),
                name: name.clone(),
                is_agreed: named.agreed,
                link: named.link.clone(),
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
    let is_said = ranking_names::snapshot_id.eq(id).and(ranking_names::is_agreed).and(ranking_names::name.is_not_null());
    let found: Vec<(String, Option<String>, Option<String>)> = either!(conn, c => ranking_names::table
        .filter(is_said)
        .order(ranking_names::subject)
        .select((ranking_names::subject, ranking_names::salt, ranking_names::name))
        .load(c))?;
    Ok(found.into_iter().filter_map(|(id, salt, name)| Some((id, salt?, name?))).collect())
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
    Ok(either!(conn, c => diesel::update(ranking_snapshots::table.filter(computed)).set(values).execute(c))? == 1)
}

/// As [`set_checked`].
pub fn set_superseded(conn: &mut Conn, id: SnapshotId) -> Result<bool> {
    let stands = ranking_snapshots::id.eq(id).and(ranking_snapshots::state.eq_any(STANDING));
    let value = ranking_snapshots::state.eq(State::Superseded);
    Ok(either!(conn, c => diesel::update(ranking_snapshots::table.filter(stands)).set(value).execute(c))? == 1)
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
    if either!(conn, c => diesel::update(ranking_snapshots::table.filter(checked)).set(values).execute(c))? != 1 {
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
    Ok(either!(conn, c => diesel::update(ranking_snapshots::table.filter(is_it)).set(values).execute(c))? == 1)
}

/// Locks a snapshot until the transaction ends; `false` if it is not in its notice period.
pub fn hold_provisional(conn: &mut Conn, id: SnapshotId) -> Result<bool> {
    let is_it = ranking_snapshots::id.eq(id).and(ranking_snapshots::state.eq(State::Provisional));
    let same = ranking_snapshots::state.eq(State::Provisional);
    Ok(either!(conn, c => diesel::update(ranking_snapshots::table.filter(is_it)).set(same).execute(c))? == 1)
}

/// As [`set_checked`].
pub fn set_withdrawn(conn: &mut Conn, id: SnapshotId, by: AccountId, reason: &str, now: Timestamp) -> Result<bool> {
    let is_it = ranking_snapshots::id.eq(id).and(ranking_snapshots::state.eq_any(STANDING));
    let values = (
        ranking_snapshots::state.eq(State::Withdrawn),
        ranking_snapshots::withdrawn_by.eq(by),
        ranking_snapshots::withdrawn_at.eq(now),
        ranking_snapshots::withdrawn_reason.eq(reason),
    );
    Ok(either!(conn, c => diesel::update(ranking_snapshots::table.filter(is_it)).set(values).execute(c))? == 1)
}

/// Whether somebody of a ranking has this id, with a name or with one that was taken out.
pub fn is_named(conn: &mut Conn, ranking: RankingId, whose: &str) -> Result<bool> {
    let is_it = ranking_snapshots::ranking_id.eq(ranking).and(ranking_names::subject.eq(whose));
    let found = ranking_names::table.inner_join(ranking_snapshots::table).filter(is_it);
    Ok(either!(conn, c => diesel::select(diesel::dsl::exists(found)).get_result(c))?)
}

/// Takes a name out of every revision; `false` if it was out.
pub fn redact(conn: &mut Conn, ranking: RankingId, whose: &str, now: Timestamp) -> Result<bool> {
    let of_ranking = ranking_snapshots::table.filter(ranking_snapshots::ranking_id.eq(ranking)).select(ranking_snapshots::id);
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
