//! What lists of rankings show.
use super::{Snapshot, snapshot, snapshots};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{RankingId, SnapshotId};
use crate::rankings::{Kind, State};
use crate::schema::{accounts, persons, ranking_redactions, ranking_snapshots, rankings};
use diesel::prelude::*;

/// A published ranking with its newest revision.
#[derive(Queryable, Debug, Clone)]
pub struct Line {
    pub id: RankingId,
    pub kind: Kind,
    pub title: String,
    pub revision: i32,
    pub state: State,
    pub as_of: Timestamp,
    pub n_rows: i32,
    pub notice_until: Option<chrono::NaiveDate>,
}

/// The published rankings, the one published last first, `count` after the first `skip`.
pub fn published(conn: &mut Conn, skip: i64, count: i64) -> Result<Vec<Line>> {
    let newest = ranking_snapshots::ranking_id
        .eq(rankings::id)
        .and(ranking_snapshots::revision.eq(rankings::published_revision));
    Ok(either!(conn, c => rankings::table
        .inner_join(ranking_snapshots::table.on(newest))
        .filter(rankings::published_at.is_not_null())
        .order((rankings::published_at.desc(), rankings::id.desc()))
        .offset(skip)
        .limit(count)
        .select((
            rankings::id,
            rankings::kind,
            rankings::title,
            ranking_snapshots::revision,
            ranking_snapshots::state,
            ranking_snapshots::as_of,
            ranking_snapshots::n_rows,
            ranking_snapshots::notice_until,
        ))
        .load(c))?)
}

pub fn count_published(conn: &mut Conn) -> Result<i64> {
    let there = rankings::table.filter(rankings::published_at.is_not_null());
    Ok(either!(conn, c => there.count().get_result(c))?)
}

/// The published revisions of a ranking, the newest first, `count` after the first `skip`.
pub fn revisions(conn: &mut Conn, ranking: RankingId, skip: i64, count: i64) -> Result<Vec<Snapshot>> {
    let is_it = ranking_snapshots::ranking_id.eq(ranking).and(ranking_snapshots::published_at.is_not_null());
    let rows = either!(conn, c => snapshots!()
        .filter(is_it)
        .order(ranking_snapshots::revision.desc())
        .offset(skip)
        .limit(count)
        .load(c))?;
    Ok(rows.into_iter().map(snapshot).collect())
}

/// A snapshot on the desk, with who computed it.
#[derive(Debug, Clone)]
pub struct Desk {
    pub id: SnapshotId,
    pub kind: Kind,
    pub title: String,
    pub revision: i32,
    pub state: State,
    pub computed_by_name: String,
    pub computed_at: Timestamp,
    pub notice_until: Option<chrono::NaiveDate>,
}

/// The snapshots in one of these states, the oldest first, `count` after the first `skip`.
pub fn at_desk(conn: &mut Conn, state: State, skip: i64, count: i64) -> Result<Vec<Desk>> {
    type Found = ((SnapshotId, Kind, String, i32), (State, String, Timestamp, Option<chrono::NaiveDate>));
    let rows: Vec<Found> = either!(conn, c => ranking_snapshots::table
        .inner_join(rankings::table)
        .inner_join(accounts::table.on(accounts::id.eq(ranking_snapshots::computed_by)))
        .inner_join(persons::table.on(persons::id.eq(accounts::person_id)))
        .filter(ranking_snapshots::state.eq(state))
        .order(ranking_snapshots::id.desc())
        .offset(skip)
        .limit(count)
        .select((
            (ranking_snapshots::id, rankings::kind, rankings::title, ranking_snapshots::revision),
            (
                ranking_snapshots::state,
                persons::name,
                ranking_snapshots::computed_at,
                ranking_snapshots::notice_until,
            ),
        ))
        .load(c))?;
    let desk = |((id, kind, title, revision), (state, name, at, until)): Found| Desk {
        id,
        kind,
        title,
        revision,
        state,
        computed_by_name: name,
        computed_at: at,
        notice_until: until,
    };
    Ok(rows.into_iter().map(desk).collect())
}

/// A name that was taken out.
#[derive(Queryable, Debug, Clone)]
pub struct Redaction {
    pub subject: String,
    pub reason: String,
    pub by: String,
    pub at: Timestamp,
}

/// The names that were taken out of a ranking, the newest first.
pub fn redactions(conn: &mut Conn, ranking: RankingId, count: i64) -> Result<Vec<Redaction>> {
    Ok(either!(conn, c => ranking_redactions::table
        .inner_join(accounts::table.inner_join(persons::table))
        .filter(ranking_redactions::ranking_id.eq(ranking))
        .order(ranking_redactions::id.desc())
        .limit(count)
        .select((ranking_redactions::subject, ranking_redactions::reason, persons::name, ranking_redactions::at))
        .load(c))?)
}
