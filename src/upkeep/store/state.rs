//! Samples of the disk, and the few facts that the doctor and the backup ask the database.
use crate::access::ScopeKind;
use crate::audit::Action;
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::schema::{accounts, audit_entries, disk_samples, grants, second_factors};
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

/// How much there was on a day, in bytes.
#[derive(Queryable, Selectable, Insertable, Debug, Clone, Copy, PartialEq, Eq)]
#[diesel(table_name = disk_samples)]
pub struct Sample {
    pub day: NaiveDate,
    pub database_bytes: i64,
    pub media_bytes: i64,
    pub free_bytes: i64,
}

/// Keeps the sample, unless there is one of its day.
pub fn keep_sample(conn: &mut Conn, sample: Sample) -> Result<()> {
    either!(conn, c => diesel::insert_into(disk_samples::table).values(sample).on_conflict_do_nothing().execute(c))?;
    Ok(())
}

/// The newest samples, oldest of them first; `count` at most.
pub fn samples(conn: &mut Conn, count: i64) -> Result<Vec<Sample>> {
    let mut samples: Vec<Sample> = either!(conn, c => disk_samples::table
        .order(disk_samples::day.desc())
        .limit(count)
        .select(Sample::as_select())
        .load(c))?;
    samples.reverse();
    Ok(samples)
}

#[derive(QueryableByName)]
struct Size {
    #[diesel(sql_type = BigInt)]
    bytes: i64,
}

/// How large the database is, in bytes.
pub fn database_bytes(conn: &mut Conn) -> Result<i64> {
    let sql = if conn.is_postgres() {
        "SELECT pg_database_size(current_database()) AS bytes"
    } else {
        "SELECT CAST(page_count * page_size AS BIGINT) AS bytes FROM pragma_page_count, pragma_page_size"
    };
    Ok(either!(conn, c => diesel::sql_query(sql).get_result::<Size>(c))?.bytes)
}

/// When this was done last.
pub fn last(conn: &mut Conn, action: Action) -> Result<Option<Timestamp>> {
    Ok(either!(conn, c => audit_entries::table
        .filter(audit_entries::action.eq(action))
        .order(audit_entries::id.desc())
        .select(audit_entries::at)
        .first(c)
        .optional())?)
}

/// When the newest line of the record was written.
pub fn newest_entry(conn: &mut Conn) -> Result<Option<Timestamp>> {
    Ok(either!(conn, c => audit_entries::table
        .order(audit_entries::id.desc())
        .select(audit_entries::at)
        .first(c)
        .optional())?)
}

/// Open accounts with a role for the whole city that have not set up their second factor.
pub fn without_factor(conn: &mut Conn) -> Result<i64> {
    let with = second_factors::table.select(second_factors::account_id);
    Ok(either!(conn, c => accounts::table
        .filter(accounts::closed_at.is_null())
        .filter(accounts::id.eq_any(grants::table
            .filter(grants::scope_kind.eq(ScopeKind::City).and(grants::ended_at.is_null()))
            .select(grants::account_id)))
        .filter(accounts::id.ne_all(with))
        .count()
        .get_result(c))?)
}

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    word: String,
}

/// What SQLite finds wrong with its file: `None` if nothing is, and on PostgreSQL, which checks itself.
pub fn damage(conn: &mut Conn) -> Result<Option<String>> {
    match conn {
        Conn::Postgres(_) => Ok(None),
        Conn::Sqlite(c) => {
            let rows: Vec<Word> =
                diesel::sql_query("SELECT integrity_check AS word FROM pragma_integrity_check").load(c)?;
            let text = rows.into_iter().map(|row| row.word).collect::<Vec<_>>().join("; ");
            Ok((text != "ok").then_some(text))
        }
    }
}

/// The clock of the database server, UTC; SQLite has none of its own.
pub fn server_clock(conn: &mut Conn) -> Result<Option<Timestamp>> {
    match conn {
        Conn::Sqlite(_) => Ok(None),
        Conn::Postgres(c) => {
            let sql =
                "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') AS word";
            let text = diesel::sql_query(sql).get_result::<Word>(c)?.word;
            Ok(chrono::NaiveDateTime::parse_from_str(&text, "%F %T%.f").ok())
        }
    }
}

/// Writes a copy of the SQLite file beside all writing, as it was at one moment. Not inside a transaction.
pub fn copy_file(conn: &mut Conn, to: &str) -> Result<()> {
    if let Conn::Sqlite(c) = conn {
        diesel::sql_query("VACUUM INTO ?").bind::<Text, _>(to).execute(c)?;
    }
    Ok(())
}
