//! Rows of rights: facts by their statements, who looked, and what retention erases.
mod looks;
mod retention;
mod sql;

use super::{Fact, Kind};
use crate::db::{Conn, Timestamp};
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, PersonId};
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Nullable, Text, Timestamp as Moment};

pub use looks::{Export, Look, Seer, exports, looks, seers};
pub(super) use retention::{RunRow, count_due, erase, history, last_runs, note, parts_today};

/// The columns that every statement gives.
#[derive(QueryableByName, Debug)]
struct Row {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Nullable<Moment>)]
    at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Moment>)]
    last: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Date>)]
    since: Option<NaiveDate>,
    #[diesel(sql_type = Nullable<Date>)]
    until: Option<NaiveDate>,
    #[diesel(sql_type = Nullable<Text>)]
    title: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    code: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    detail: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    n: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    total: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    by_id: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    by_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    link: Option<String>,
}

fn fact_of(kind: Kind, row: Row) -> Fact {
    let written = |text: Option<String>| text.filter(|text| !text.is_empty());
    Fact {
        kind,
        id: row.id,
        at: row.at,
        last: row.last,
        since: row.since,
        until: row.until,
        title: written(row.title),
        code: row.code,
        detail: written(row.detail),
        n: row.n,
        of: row.total,
        by: row.by_id.map(AccountId).zip(row.by_name),
        link: row.link,
    }
}

pub fn facts(conn: &mut Conn, person: PersonId, kind: Kind, skip: i64, count: i64) -> Result<Vec<Fact>> {
    let (select, order) = sql::of(kind);
    let text = format!("{select} ORDER BY {order} LIMIT $2 OFFSET $3");
    let rows: Vec<Row> = either!(conn, c => diesel::sql_query(&text)
        .bind::<BigInt, _>(person.0)
        .bind::<BigInt, _>(count)
        .bind::<BigInt, _>(skip)
        .load(c))?;
    Ok(rows.into_iter().map(|row| fact_of(kind, row)).collect())
}

/// One fact of this person by its number.
pub fn fact(conn: &mut Conn, person: PersonId, kind: Kind, id: i64) -> Result<Option<Fact>> {
    let (select, _) = sql::of(kind);
    let text = format!("SELECT * FROM ({select}) f WHERE f.id = $2");
    let row: Option<Row> = either!(conn, c => diesel::sql_query(&text)
        .bind::<BigInt, _>(person.0)
        .bind::<BigInt, _>(id)
        .get_result(c)
        .optional())?;
    Ok(row.map(|row| fact_of(kind, row)))
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

pub fn count(conn: &mut Conn, person: PersonId, kind: Kind) -> Result<i64> {
    let (select, _) = sql::of(kind);
    let text = format!("SELECT COUNT(*) AS n FROM ({select}) f");
    let row: Number = either!(conn, c => diesel::sql_query(&text).bind::<BigInt, _>(person.0).get_result(c))?;
    Ok(row.n)
}
