//! Rows of the log of publications.
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::RankingId;
use crate::rankings::log::{Entry, Event, Head};
use crate::schema::{publications, secrets};
use diesel::prelude::*;

/// The newest entry; `None` before the first.
pub fn head(conn: &mut Conn) -> Result<Option<Head>> {
    let found: Option<(i64, String)> = either!(conn, c => publications::table
        .order(publications::seq.desc())
        .select((publications::seq, publications::hash))
        .first(c)
        .optional())?;
    Ok(found.map(|(seq, hash)| Head { seq, hash }))
}

/// The digest of an entry.
pub fn hash_at(conn: &mut Conn, seq: i64) -> Result<Option<String>> {
    Ok(either!(conn, c => publications::table.find(seq).select(publications::hash).first(c).optional())?)
}

/// Whoever publishes next waits for this transaction: the row of the key stands for the log.
pub fn lock_log(conn: &mut Conn) -> Result<()> {
    let key = secrets::table.find("publication_key");
    either!(conn, c => diesel::update(key).set(secrets::name.eq("publication_key")).execute(c))?;
    Ok(())
}

pub fn insert_entry(conn: &mut Conn, entry: &Entry) -> Result<()> {
    let (about, lost) = (entry.about.as_ref(), entry.lost.as_ref());
    let row = (
        publications::seq.eq(entry.seq),
        publications::at.eq(entry.at),
        publications::event.eq(entry.event),
        publications::ranking_id.eq(about.map(|about| about.0)),
        publications::revision.eq(about.map(|about| about.1)),
        publications::document.eq(about.map(|about| &about.2)),
        publications::rows_root.eq(about.map(|about| &about.3)),
        publications::prev.eq(&entry.prev),
        publications::lost_seq.eq(lost.map(|lost| lost.0.seq)),
        publications::lost_hash.eq(lost.map(|lost| &lost.0.hash)),
        publications::lost_reason.eq(lost.map(|lost| &lost.1)),
        publications::hash.eq(&entry.hash),
        publications::signature.eq(&entry.signature),
        publications::signed_with.eq(&entry.key),
    );
    either!(conn, c => diesel::insert_into(publications::table).values(row).execute(c))?;
    Ok(())
}

type Kept = (
    (i64, Timestamp, Event, Option<RankingId>, Option<i32>, Option<String>, Option<String>),
    (String, Option<i64>, Option<String>, Option<String>, String, String, String),
);
type Columns = (
    (
        publications::seq,
        publications::at,
        publications::event,
        publications::ranking_id,
        publications::revision,
        publications::document,
        publications::rows_root,
    ),
    (
        publications::prev,
        publications::lost_seq,
        publications::lost_hash,
        publications::lost_reason,
        publications::hash,
        publications::signature,
        publications::signed_with,
    ),
);
const COLUMNS: Columns = (
    (
        publications::seq,
        publications::at,
        publications::event,
        publications::ranking_id,
        publications::revision,
        publications::document,
        publications::rows_root,
    ),
    (
        publications::prev,
        publications::lost_seq,
        publications::lost_hash,
        publications::lost_reason,
        publications::hash,
        publications::signature,
        publications::signed_with,
    ),
);

fn entry(((seq, at, event, ranking, revision, document, rows_root), rest): Kept) -> Entry {
    let (prev, lost_seq, lost_hash, lost_reason, hash, signature, key) = rest;
    let about = ranking.zip(revision).zip(document.zip(rows_root));
    let lost = lost_seq.zip(lost_hash).zip(lost_reason);
    Entry {
        seq,
        at,
        event,
        about: about.map(|((ranking, revision), (document, root))| (ranking, revision, document, root)),
        prev,
        lost: lost.map(|((seq, hash), reason)| (Head { seq, hash }, reason)),
        hash,
        signature,
        key,
    }
}

/// Entries from a number on, `count` at most: upwards, or down from there.
pub fn entries(conn: &mut Conn, from: i64, count: i64, is_downwards: bool) -> Result<Vec<Entry>> {
    let rows: Vec<Kept> = match is_downwards {
        false => either!(conn, c => publications::table
            .filter(publications::seq.ge(from))
            .order(publications::seq)
            .limit(count)
            .select(COLUMNS)
            .load(c))?,
        true => either!(conn, c => publications::table
            .filter(publications::seq.le(from))
            .order(publications::seq.desc())
            .limit(count)
            .select(COLUMNS)
            .load(c))?,
    };
    Ok(rows.into_iter().map(entry).collect())
}

/// The newest entry about a revision.
///
/// # Errors
/// Not found, before it is published.
pub fn newest_entry_of(conn: &mut Conn, ranking: RankingId, revision: i32) -> Result<Entry> {
    let is_it = publications::ranking_id.eq(ranking).and(publications::revision.eq(revision));
    let row: Kept = either!(conn, c => publications::table
        .filter(is_it)
        .order(publications::seq.desc())
        .select(COLUMNS)
        .first(c))?;
    Ok(entry(row))
}
