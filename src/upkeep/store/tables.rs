//! Whole tables, as the database itself describes them: read row by row in one form that is the same on both databases,
//! and written from it.
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use chrono::NaiveDateTime;
use diesel::connection::DefaultLoadingMode;
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde_json::Value;
use std::collections::BTreeMap;

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Number,
    Text,
    Bool,
    Date,
    Moment,
    Bytes,
}

impl Kind {
    /// From the type that either database says.
    fn of(declared: &str) -> Option<Kind> {
        Some(match declared.to_ascii_lowercase().as_str() {
            "integer" | "bigint" | "smallint" => Kind::Number,
            "text" => Kind::Text,
            "boolean" => Kind::Bool,
            "date" => Kind::Date,
            "timestamp" | "timestamp without time zone" => Kind::Moment,
            "blob" | "bytea" => Kind::Bytes,
            _ => return None,
        })
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Table {
    pub name: String,
    pub columns: Vec<(String, Kind)>,
    /// The columns of the primary key, in its order.
    key: Vec<String>,
    /// The other tables that its rows point to.
    refers_to: Vec<String>,
}

/// Derived from the other tables, or about the database itself: made anew, never copied.
const NOT_COPIED: [&str; 3] = ["__diesel_schema_migrations", "generations", "sqlite_"];
const NOT_COPIED_EITHER: &str = "search_";

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    word: String,
}

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    declared: String,
    /// Its place in the primary key from 1, or 0.
    #[diesel(sql_type = BigInt)]
    place: i64,
}

/// Every table of people's data, those first that others point to.
///
/// # Errors
/// A column of a type that this program does not know.
pub fn tables(conn: &mut Conn) -> Result<Vec<Table>> {
    let all = match conn {
        Conn::Sqlite(_) => "SELECT name AS word FROM sqlite_master WHERE type = 'table' ORDER BY name",
        Conn::Postgres(_) => {
            "SELECT table_name::text AS word FROM information_schema.tables \
             WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY table_name::text COLLATE \"C\""
        }
    };
    let mut found = BTreeMap::new();
    for name in words(conn, all)? {
        if NOT_COPIED.iter().any(|kept| name.starts_with(kept)) || name.starts_with(NOT_COPIED_EITHER) {
            continue;
        }
        let table = describe(conn, &name)?;
        found.insert(name, table);
    }
    // The tree of tables is shallow: each round takes those whose targets are taken.
    let mut ordered: Vec<Table> = vec![];
    while !found.is_empty() {
        let ready: Vec<String> = found
            .values()
            .filter(|table| table.refers_to.iter().all(|other| !found.contains_key(other)))
            .map(|table| table.name.clone())
            .collect();
        if ready.is_empty() {
            return Err(Error::Internal(format!("tables point to each other: {:?}", found.keys()).into()));
        }
        ordered.extend(ready.iter().filter_map(|name| found.remove(name)));
    }
    Ok(ordered)
}

fn words(conn: &mut Conn, sql: &str) -> Result<Vec<String>> {
    let rows: Vec<Word> = either!(conn, c => diesel::sql_query(sql).load(c))?;
    Ok(rows.into_iter().map(|row| row.word).collect())
}

fn describe(conn: &mut Conn, name: &str) -> Result<Table> {
    let (columns, refers) = match conn {
        Conn::Sqlite(_) => (
            format!(
                "SELECT name, type AS declared, CAST(pk AS BIGINT) AS place FROM pragma_table_info('{name}') ORDER BY cid"
            ),
            format!("SELECT DISTINCT \"table\" AS word FROM pragma_foreign_key_list('{name}')"),
        ),
        Conn::Postgres(_) => (
            format!(
                "SELECT c.column_name::text AS name, c.data_type::text AS declared, \
                 COALESCE((SELECT array_position(i.indkey::int2[], a.attnum)::bigint + 1 FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid \
                   WHERE i.indrelid = '{name}'::regclass AND i.indisprimary AND a.attname = c.column_name AND a.attnum = ANY (i.indkey)), 0) AS place \
                 FROM information_schema.columns c WHERE c.table_schema = current_schema() AND c.table_name = '{name}' ORDER BY c.ordinal_position"
            ),
            format!(
                "SELECT DISTINCT confrelid::regclass::text AS word FROM pg_constraint WHERE contype = 'f' AND conrelid = '{name}'::regclass"
            ),
        ),
    };
    let rows: Vec<Column> = either!(conn, c => diesel::sql_query(&columns).load(c))?;
    let mut key: Vec<(i64, String)> =
        rows.iter().filter(|row| row.place > 0).map(|row| (row.place, row.name.clone())).collect();
    key.sort();
    let columns = rows.into_iter().map(|row| {
        let kind = Kind::of(&row.declared).ok_or_else(|| {
            Error::Internal(format!("{name}.{} is of the unknown type {}", row.name, row.declared).into())
        })?;
        Ok((row.name, kind))
    });
    let refers_to = words(conn, &refers)?.into_iter().filter(|other| other != name).collect();
    Ok(Table {
        columns: columns.collect::<Result<_>>()?,
        key: key.into_iter().map(|(_, column)| column).collect(),
        refers_to,
        name: name.to_owned(),
    })
}

impl Table {
    /// Whether the other database has it alike.
    pub fn is_like(&self, other: &Table) -> bool {
        (&self.name, &self.columns, &self.key) == (&other.name, &other.columns, &other.key)
    }
    /// Rows as JSON arrays, in the order of the key.
    fn select(&self, is_postgres: bool) -> String {
        let value = |(name, kind): &(String, Kind)| match (kind, is_postgres) {
            (Kind::Bytes, false) => format!("hex(\"{name}\")"),
            (Kind::Bytes, true) => format!("upper(encode(\"{name}\", 'hex'))"),
            (Kind::Bool, true) => format!("\"{name}\"::int"),
            (Kind::Moment, true) => format!("to_char(\"{name}\", 'YYYY-MM-DD HH24:MI:SS.US')"),
            _ => format!("\"{name}\""),
        };
        let values: Vec<_> = self.columns.iter().map(value).collect();
        let is_text =
            |key: &String| self.columns.iter().any(|(name, kind)| name == key && *kind == Kind::Text);
        let order = self.key.iter().map(|key| match is_postgres && is_text(key) {
            true => format!("\"{key}\" COLLATE \"C\""),
            false => format!("\"{key}\""),
        });
        let array = if is_postgres { "json_build_array" } else { "json_array" };
        let text = if is_postgres { "::text" } else { "" };
        format!(
            "SELECT {array}({}){text} AS word FROM \"{}\" ORDER BY {}",
            values.join(", "),
            self.name,
            order.collect::<Vec<_>>().join(", ")
        )
    }
    /// A row in the form that both databases share.
    fn row(&self, json: &str) -> Result<Vec<Value>> {
        let mut row: Vec<Value> = serde_json::from_str(json).map_err(Error::internal)?;
        for (value, (_, kind)) in row.iter_mut().zip(&self.columns) {
            if let (Kind::Moment, Value::String(text)) = (kind, &mut *value) {
                let moment = NaiveDateTime::parse_from_str(text, "%F %T%.f").map_err(Error::internal)?;
                *value = Value::String(moment.format("%F %T%.6f").to_string());
            }
        }
        Ok(row)
    }
}

/// Hands every row of the table to `take`, one at a time: a table may be larger than the memory.
pub fn each_row(
    conn: &mut Conn,
    table: &Table,
    take: &mut dyn FnMut(Vec<Value>) -> Result<()>,
) -> Result<()> {
    let sql = table.select(conn.is_postgres());
    macro_rules! stream {
        ($conn:expr, $mode:ty) => {
            for row in diesel::sql_query(&sql).load_iter::<Word, $mode>($conn)? {
                take(table.row(&row?.word)?)?;
            }
        };
    }
    match conn {
        Conn::Postgres(c) => stream!(c, PgRowByRowLoadingMode),
        Conn::Sqlite(c) => stream!(c, DefaultLoadingMode),
    }
    Ok(())
}

/// Adds these rows.
pub fn insert(conn: &mut Conn, table: &Table, mut rows: Vec<Vec<Value>>) -> Result<()> {
    let is_postgres = conn.is_postgres();
    if !is_postgres {
        // As Diesel writes a moment there: without zeros at its end.
        for row in &mut rows {
            for (value, (_, kind)) in row.iter_mut().zip(&table.columns) {
                if let (Kind::Moment, Value::String(text)) = (kind, &mut *value) {
                    let moment = NaiveDateTime::parse_from_str(text, "%F %T%.f").map_err(Error::internal)?;
                    *value = Value::String(moment.format("%F %T%.f").to_string());
                }
            }
        }
    }
    let value = |(place, (_, kind)): (usize, &(String, Kind))| match (is_postgres, kind) {
        (false, Kind::Bytes) => format!("unhex(json_extract(r.value, '$[{place}]'))"),
        (false, _) => format!("json_extract(r.value, '$[{place}]')"),
        (true, Kind::Number) => format!("(r.value ->> {place})::bigint"),
        (true, Kind::Text) => format!("r.value ->> {place}"),
        (true, Kind::Bool) => format!("(r.value ->> {place})::int::boolean"),
        (true, Kind::Date) => format!("(r.value ->> {place})::date"),
        (true, Kind::Moment) => format!("(r.value ->> {place})::timestamp"),
        (true, Kind::Bytes) => format!("decode(r.value ->> {place}, 'hex')"),
    };
    let names: Vec<_> = table.columns.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let values: Vec<_> = table.columns.iter().enumerate().map(value).collect();
    let from = if is_postgres { "json_array_elements($1::json) AS r(value)" } else { "json_each(?1) AS r" };
    let sql = format!(
        "INSERT INTO \"{}\" ({}) SELECT {} FROM {from}",
        table.name,
        names.join(", "),
        values.join(", ")
    );
    let json = serde_json::to_string(&rows).map_err(Error::internal)?;
    either!(conn, c => diesel::sql_query(sql).bind::<Text, _>(&json).execute(c))?;
    Ok(())
}

/// Whether the table has no row.
pub fn is_empty(conn: &mut Conn, table: &Table) -> Result<bool> {
    let sql = format!("SELECT 'row' AS word FROM \"{}\" LIMIT 1", table.name);
    Ok(words(conn, &sql)?.is_empty())
}
