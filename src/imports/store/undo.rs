//! What an import touched, before and after, as JSON that the database itself writes and reads; and how it is put back.
use super::super::Kind;
use super::CHUNK;
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::ids::ImportId;
use crate::msg;
use crate::schema::{import_changes, import_touches};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// A table of which an import keeps rows: which column says whose they are, and what of them it may change.
struct Part {
    table: &'static str,
    owner: &'static str,
    columns: &'static [&'static str],
}

/// The record itself first, then what belongs to it.
const fn parts(kind: Kind) -> &'static [Part] {
    match kind {
        Kind::Members => &[
            Part { table: "persons", owner: "id", columns: &["name", "sex", "birth_year", "phone"] },
            Part {
                table: "memberships",
                owner: "person_id",
                columns: &["person_id", "branch_id", "member_no", "valid_from", "valid_to"],
            },
            Part {
                table: "membership_stages",
                owner: "person_id",
                columns: &["person_id", "stage", "may_vote", "valid_from", "valid_to"],
            },
            Part {
                table: "member_categories",
                owner: "person_id",
                columns: &["person_id", "category", "valid_from", "valid_to"],
            },
            Part {
                table: "office_terms",
                owner: "person_id",
                columns: &["person_id", "org_id", "office", "valid_from", "valid_to"],
            },
            Part {
                table: "host_stays",
                owner: "person_id",
                columns: &["person_id", "host_branch_id", "card_no", "valid_from", "valid_to"],
            },
        ],
        Kind::Organizations => &[
            Part { table: "orgs", owner: "id", columns: &["level", "kind", "name", "valid_to"] },
            Part {
                table: "org_placements",
                owner: "org_id",
                columns: &["org_id", "parent_id", "valid_from", "valid_to"],
            },
        ],
        Kind::Schools => &[
            Part {
                table: "schools",
                owner: "id",
                columns: &[
                    "name",
                    "host_org_id",
                    "address",
                    "seats",
                    "has_screen",
                    "opening_hours",
                    "contact",
                    "valid_to",
                ],
            },
            Part {
                table: "school_branches",
                owner: "school_id",
                columns: &["school_id", "branch_id", "is_primary", "valid_from", "valid_to"],
            },
            Part {
                table: "alliance_schools",
                owner: "school_id",
                columns: &["school_id", "alliance_id", "is_primary", "valid_from", "valid_to"],
            },
        ],
        Kind::Alliances => &[Part { table: "alliances", owner: "id", columns: &["name", "kind", "intro"] }],
    }
}

impl Part {
    fn all(&self) -> Vec<&'static str> {
        std::iter::once("id").chain(self.columns.iter().copied()).collect()
    }
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt)]
    owner: i64,
    #[diesel(sql_type = Text)]
    body: String,
}

#[derive(QueryableByName)]
struct Reference {
    #[diesel(sql_type = Text)]
    tab: String,
    #[diesel(sql_type = Text)]
    col: String,
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

fn joined(ids: &[i64]) -> String {
    ids.iter().map(i64::to_string).collect::<Vec<_>>().join(",")
}

/// The rows of each record, by table, as one text; none for records that are not there.
pub fn states(conn: &mut Conn, kind: Kind, ids: &[i64]) -> Result<HashMap<i64, String>> {
    let mut found: HashMap<i64, BTreeMap<&str, Vec<Value>>> = HashMap::new();
    for some in ids.chunks(CHUNK) {
        for part in parts(kind) {
            let make = if conn.is_postgres() { "jsonb_build_object" } else { "json_object" };
            let pairs: Vec<_> = part.all().iter().map(|column| format!("'{column}', {column}")).collect();
            let sql = format!(
                "SELECT {owner} AS owner, CAST({make}({}) AS TEXT) AS body FROM {} WHERE {owner} IN ({}) ORDER BY id",
                pairs.join(", "),
                part.table,
                joined(some),
                owner = part.owner,
            );
            let rows: Vec<Found> = either!(conn, c => diesel::sql_query(sql).load(c))?;
            for row in rows {
                let body: Value = serde_json::from_str(&row.body).map_err(Error::internal)?;
                found.entry(row.owner).or_default().entry(part.table).or_default().push(body);
            }
        }
    }
    Ok(found.into_iter().map(|(id, tables)| (id, json!(tables).to_string())).collect())
}

#[derive(Insertable)]
#[diesel(table_name = import_changes, treat_none_as_default_value = false)]
struct NewChange<'a> {
    import_id: ImportId,
    subject_id: i64,
    label: &'a str,
    was: &'a str,
    became: &'a str,
}

/// Keeps what was and what became of each record that an import touched.
pub fn keep(
    conn: &mut Conn,
    import: ImportId,
    subjects: &[(i64, String)],
    was: &HashMap<i64, String>,
    became: &HashMap<i64, String>,
) -> Result<()> {
    let of = |states: &HashMap<i64, String>, id: i64| states.get(&id).cloned().unwrap_or_default();
    for some in subjects.chunks(CHUNK) {
        let texts: Vec<_> = some.iter().map(|(id, _)| (of(was, *id), of(became, *id))).collect();
        let rows: Vec<_> = some
            .iter()
            .zip(&texts)
            .map(|((id, label), (was, became))| NewChange {
                import_id: import,
                subject_id: *id,
                label,
                was,
                became,
            })
            .collect();
        either!(conn, c => diesel::insert_into(import_changes::table).values(&rows).execute(c))?;
    }
    Ok(())
}

/// The records that an import touched.
pub fn subjects(conn: &mut Conn, import: ImportId) -> Result<Vec<i64>> {
    let own = import_changes::table.filter(import_changes::import_id.eq(import));
    Ok(either!(conn, c => own.select(import_changes::subject_id).load(c))?)
}

/// Whether an import touched this record.
pub fn concerns(conn: &mut Conn, import: ImportId, subject: i64) -> Result<bool> {
    let is_it = import_changes::import_id.eq(import).and(import_changes::subject_id.eq(subject));
    let n: i64 = either!(conn, c => import_changes::table.filter(is_it).count().get_result(c))?;
    Ok(n > 0)
}

/// Writes down for good which members an import touched, and what of them, in words.
pub fn touch(conn: &mut Conn, import: ImportId, told: &[(i64, String)]) -> Result<()> {
    for some in told.chunks(CHUNK) {
        let row = |(person, detail): &(i64, String)| {
            (
                import_touches::import_id.eq(import),
                import_touches::person_id.eq(*person),
                import_touches::detail.eq(detail.clone()),
            )
        };
        let rows: Vec<_> = some.iter().map(row).collect();
        either!(conn, c => diesel::insert_into(import_touches::table).values(&rows).execute(c))?;
    }
    Ok(())
}

pub fn forget(conn: &mut Conn, import: ImportId) -> Result<()> {
    let of_import = import_changes::table.filter(import_changes::import_id.eq(import));
    either!(conn, c => diesel::delete(of_import).execute(c))?;
    Ok(())
}

/// Why an import cannot be taken back: who has changed since.
fn changed_since(labels: &[String]) -> Error {
    let some: Vec<_> = labels.iter().take(10).cloned().collect();
    Error::Refused(match labels.len() {
        n if n > some.len() => msg!("导入之后又改过 {} 等 {} 个，不能撤销。请逐个更正。", some.join("、"), n),
        _ => msg!("导入之后又改过 {}，不能撤销。请逐个更正。", some.join("、")),
    })
}

type Kept = (i64, String, String, String);

/// Puts everything back as it was; the records that this concerns. Unless one has changed since: then nothing.
///
/// # Errors
/// [`Error::Refused`], with the names.
pub fn restore(conn: &mut Conn, import: ImportId, kind: Kind) -> Result<Vec<i64>> {
    let kept: Vec<Kept> = either!(conn, c => import_changes::table
        .filter(import_changes::import_id.eq(import))
        .order(import_changes::subject_id)
        .select((import_changes::subject_id, import_changes::label, import_changes::was, import_changes::became))
        .load(c))?;
    let ids: Vec<i64> = kept.iter().map(|one| one.0).collect();
    let now = states(conn, kind, &ids)?;
    let changed: Vec<String> = kept
        .iter()
        .filter(|one| now.get(&one.0).map_or("", String::as_str) != one.3)
        .map(|one| one.1.clone())
        .collect();
    if !changed.is_empty() {
        return Err(changed_since(&changed));
    }
    let mut rows: HashMap<&str, Moves> = HashMap::new();
    for (_, _, was, became) in &kept {
        let (was, became) = (tables(was)?, tables(became)?);
        for part in parts(kind) {
            let none = vec![];
            let (old, new) = (was.get(part.table).unwrap_or(&none), became.get(part.table).unwrap_or(&none));
            let moves = rows.entry(part.table).or_default();
            moves
                .away
                .extend(new.iter().filter(|row| !old.contains(row)).filter_map(|row| row["id"].as_i64()));
            moves.back.extend(old.iter().filter(|row| !new.contains(row)).cloned());
        }
    }
    let fresh: Vec<(i64, String)> =
        kept.iter().filter(|one| one.2.is_empty()).map(|one| (one.0, one.1.clone())).collect();
    for part in parts(kind).iter().skip(1) {
        let Some(moves) = rows.get(part.table) else { continue };
        for some in moves.away.chunks(CHUNK) {
            run(conn, &format!("DELETE FROM {} WHERE id IN ({})", part.table, joined(some)))?;
        }
        put_back(conn, part, &moves.back)?;
    }
    let [main, ..] = parts(kind) else { return Ok(ids) };
    if let Some(moves) = rows.get(main.table) {
        set_back(conn, main, &moves.back)?;
    }
    let touched = import_touches::table.filter(import_touches::import_id.eq(import));
    either!(conn, c => diesel::delete(touched).execute(c))?;
    remove(conn, import, main, &fresh)?;
    forget(conn, import)?;
    Ok(ids)
}

/// Rows that go and rows that come back.
#[derive(Default)]
struct Moves {
    away: Vec<i64>,
    back: Vec<Value>,
}

fn tables(text: &str) -> Result<BTreeMap<String, Vec<Value>>> {
    if text.is_empty() { Ok(BTreeMap::new()) } else { serde_json::from_str(text).map_err(Error::internal) }
}

fn run(conn: &mut Conn, sql: &str) -> Result<usize> {
    Ok(either!(conn, c => diesel::sql_query(sql).execute(c))?)
}

fn with(conn: &mut Conn, sql: String, rows: &[Value]) -> Result<()> {
    let rows = Value::Array(rows.to_vec()).to_string();
    either!(conn, c => diesel::sql_query(sql).bind::<Text, _>(rows).execute(c))?;
    Ok(())
}

/// Inserts rows with the ids that they had.
fn put_back(conn: &mut Conn, part: &Part, rows: &[Value]) -> Result<()> {
    let names = part.all().join(", ");
    let sql = if conn.is_postgres() {
        format!(
            "INSERT INTO {t} ({names}) SELECT {names} FROM jsonb_populate_recordset(NULL::{t}, CAST($1 AS JSONB))",
            t = part.table
        )
    } else {
        let values: Vec<_> =
            part.all().iter().map(|name| format!("json_extract(value, '$.{name}')")).collect();
        format!("INSERT INTO {} ({names}) SELECT {} FROM json_each(?)", part.table, values.join(", "))
    };
    rows.chunks(CHUNK).try_for_each(|some| with(conn, sql.clone(), some))
}

/// Gives records the values that they had.
fn set_back(conn: &mut Conn, part: &Part, rows: &[Value]) -> Result<()> {
    let sql = if conn.is_postgres() {
        let sets: Vec<_> = part.columns.iter().map(|name| format!("{name} = s.{name}")).collect();
        format!(
            "UPDATE {t} SET {} FROM jsonb_populate_recordset(NULL::{t}, CAST($1 AS JSONB)) AS s WHERE {t}.id = s.id",
            sets.join(", "),
            t = part.table
        )
    } else {
        let sets: Vec<_> =
            part.columns.iter().map(|name| format!("{name} = json_extract(s.value, '$.{name}')")).collect();
        format!(
            "UPDATE {t} SET {} FROM json_each(?) AS s WHERE {t}.id = json_extract(s.value, '$.id')",
            sets.join(", "),
            t = part.table
        )
    };
    rows.chunks(CHUNK).try_for_each(|some| with(conn, sql.clone(), some))
}

/// Removes records that the import made. One that somebody has used since is a change; one that was only looked at is emptied,
/// since the record of who looked stays.
fn remove(conn: &mut Conn, import: ImportId, main: &Part, fresh: &[(i64, String)]) -> Result<()> {
    if fresh.is_empty() {
        return Ok(());
    }
    let references = if conn.is_postgres() {
        format!(
            "SELECT c.conrelid::regclass::text AS tab, a.attname::text AS col FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] WHERE c.contype = 'f' AND c.confrelid = '{}'::regclass",
            main.table
        )
    } else {
        format!(
            "SELECT m.name AS tab, f.\"from\" AS col FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table' AND f.\"table\" = '{}'",
            main.table
        )
    };
    let references: Vec<Reference> = either!(conn, c => diesel::sql_query(references).load(c))?;
    let (mut used, mut seen): (BTreeSet<i64>, HashSet<i64>) = Default::default();
    for Reference { tab, col } in references {
        let sql = format!(
            "SELECT DISTINCT {col} AS id FROM {tab} WHERE {col} IN (SELECT subject_id FROM import_changes WHERE import_id = {import} AND was = '')"
        );
        let found: Vec<Id> = either!(conn, c => diesel::sql_query(sql).load(c))?;
        if tab == "audit_entries" {
            seen.extend(found.into_iter().map(|one| one.id));
        } else {
            used.extend(found.into_iter().map(|one| one.id));
        }
    }
    if !used.is_empty() {
        let labels: Vec<_> =
            fresh.iter().filter(|one| used.contains(&one.0)).map(|one| one.1.clone()).collect();
        return Err(changed_since(&labels));
    }
    let (looked_at, gone): (Vec<i64>, Vec<i64>) =
        fresh.iter().map(|one| one.0).partition(|id| seen.contains(id));
    for some in gone.chunks(CHUNK) {
        run(conn, &format!("DELETE FROM {} WHERE id IN ({})", main.table, joined(some)))?;
    }
    let empty = |id: &i64| {
        let mut row = Map::new();
        row.insert("id".into(), json!(id));
        row.insert("name".into(), json!("（已撤销的导入）"));
        Value::Object(row)
    };
    let rows: Vec<Value> = looked_at.iter().map(empty).collect();
    set_back(conn, main, &rows)
}
