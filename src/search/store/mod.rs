//! Rows of the search: `documents` keeps them up to date with the content, `sqlite` and `postgres` look up words, each in
//! its own dialect; this file puts their answers together.
mod documents;
mod postgres;
mod sqlite;

use super::text::Query;
use super::{Filter, Kind};
use crate::db::Conn;
use crate::error::Result;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
pub use documents::{catch_up, chapters, is_behind, moments, slugs};

/// A row that was found.
#[derive(QueryableByName, Debug, Clone)]
pub struct Found {
    #[diesel(sql_type = Text)]
    pub kind: Kind,
    #[diesel(sql_type = BigInt)]
    pub ref_id: i64,
    #[diesel(sql_type = Text)]
    pub title: String,
    #[diesel(sql_type = Text)]
    pub body: String,
}

/// How many of a kind were found.
#[derive(QueryableByName, Debug, Clone)]
struct Count {
    #[diesel(sql_type = Text)]
    kind: Kind,
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// How many rows of each kind have every phrase, whatever the filter says of the kind.
pub fn counts(conn: &mut Conn, query: &Query, filter: &Filter) -> Result<Vec<(Kind, i64)>> {
    let conditions = conditions(&Filter { kind: None, ..filter.clone() });
    let topic = filter.topic.as_deref().unwrap_or_default();
    let rows: Vec<Count> = match conn {
        Conn::Sqlite(c) => sqlite::counts(c, query, &conditions, topic)?,
        Conn::Postgres(c) => postgres::counts(c, query, &conditions, topic)?,
    };
    Ok(rows.into_iter().map(|row| (row.kind, row.n)).collect())
}

/// The rows that have every phrase, best first: `count` after the first `skip`.
pub fn found(conn: &mut Conn, query: &Query, filter: &Filter, skip: i64, count: i64) -> Result<Vec<Found>> {
    let conditions = conditions(filter);
    let topic = filter.topic.as_deref().unwrap_or_default();
    match conn {
        Conn::Sqlite(c) => sqlite::found(c, query, &conditions, topic, skip, count),
        Conn::Postgres(c) => postgres::found(c, query, &conditions, topic, skip, count),
    }
}

/// The filter as conditions on the row `d`; only the topic's name is text from outside, and is bound by the caller.
struct Conditions {
    sql: String,
    has_topic: bool,
}

fn conditions(filter: &Filter) -> Conditions {
    let mut sql = String::from("1 = 1");
    if !filter.is_signed_in {
        sql += " AND d.is_public";
    }
    if let Some(kind) = filter.kind {
        sql += &format!(" AND d.kind = '{}'", kind.as_str());
    }
    if let Some((from, to)) = filter.length {
        sql += &format!(" AND d.duration_ms >= {from} AND d.duration_ms < {to}");
    }
    Conditions { sql, has_topic: filter.topic.is_some() }
}
