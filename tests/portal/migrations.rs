//! The two folders of migrations make the same tables, and those that `schema.rs` says; append-only tables refuse change.
use crate::world::{World, empty_database, server};
use diesel::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use weixiao::db::{Conn, Db};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn names(folder: &str) -> BTreeSet<String> {
    fs::read_dir(format!("{ROOT}/migrations/{folder}"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn both_folders_have_the_same_names() {
    assert!(!names("sqlite").is_empty());
    assert_eq!(names("sqlite"), names("postgres"));
}

/// Table → its columns, as `CREATE TABLE` in the migrations of a folder says, in order.
fn written(folder: &str) -> BTreeMap<String, Vec<String>> {
    let mut tables = BTreeMap::new();
    for name in names(folder) {
        let sql = fs::read_to_string(format!("{ROOT}/migrations/{folder}/{name}/up.sql")).unwrap();
        for table in sql.split("CREATE TABLE ").skip(1) {
            let (table, body) = table.split_once('(').unwrap();
            // The words of the search are each database's own.
            if table.trim() == "search_index" {
                continue;
            }
            let body = body.split_once(");").unwrap().0;
            let columns = body
                .split(['\n', ','])
                .filter_map(|line| line.split_whitespace().next())
                .filter(|word| word.chars().all(|c| c.is_ascii_lowercase() || c == '_') && word.len() > 1)
                .map(str::to_owned)
                .collect();
            tables.insert(table.trim().to_owned(), columns);
        }
    }
    tables
}

#[test]
fn both_folders_make_the_same_tables() {
    let tables = written("sqlite");
    assert!(tables.len() > 30);
    assert_eq!(tables, written("postgres"));
}

#[derive(QueryableByName, Debug)]
struct Column {
    #[diesel(sql_type = diesel::sql_types::Text)]
    tab: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    col: String,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    required: bool,
}

/// What the database itself says of its tables: column → whether it is `NOT NULL`.
fn actual(conn: &mut Conn) -> BTreeMap<(String, String), bool> {
    let sql = if conn.is_postgres() {
        "SELECT table_name::text AS tab, column_name::text AS col, is_nullable = 'NO' AS required FROM information_schema.columns WHERE table_schema = current_schema()"
    } else {
        "SELECT m.name AS tab, c.name AS col, (c.\"notnull\" = 1 OR c.pk > 0) AS required FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'"
    };
    let rows: Vec<Column> = weixiao::either!(conn, c => diesel::sql_query(sql).load(c)).unwrap();
    rows.into_iter()
        .filter(|row| row.tab != "__diesel_schema_migrations" && !row.tab.starts_with("search_index"))
        .map(|row| ((row.tab, row.col), row.required))
        .collect()
}

#[test]
fn the_schema_is_what_the_migrations_made() {
    let db = Db::open(&empty_database(), true).unwrap();
    let actual = db.write_now(|conn| Ok(actual(conn))).unwrap();
    let mut said = BTreeMap::new();
    let text = fs::read_to_string(format!("{ROOT}/src/schema.rs")).unwrap();
    for table in text.split("diesel::table! {").skip(1) {
        let (head, body) = table.trim().split_once('{').unwrap();
        let name = head.split_whitespace().next().unwrap();
        for line in body.split_once('}').unwrap().0.lines() {
            if let Some((column, kind)) = line.trim().trim_end_matches(',').split_once(" -> ") {
                said.insert((name.to_owned(), column.to_owned()), !kind.starts_with("Nullable"));
            }
        }
    }
    assert!(said.len() > 200);
    assert_eq!(said, actual);
}

#[test]
fn append_only_tables_refuse_change() {
    let world = World::new();
    for table in ["audit_entries", "lecture_reviews", "booklet_reviews"] {
        let before = world.number(&format!("SELECT COUNT(*) FROM {table}"));
        assert!(before > 0, "{table} is empty");
        for sql in [format!("DELETE FROM {table}"), format!("UPDATE {table} SET id = id + 1000000")] {
            assert!(world.try_sql(&sql).is_err(), "{sql}");
        }
        assert_eq!(world.number(&format!("SELECT COUNT(*) FROM {table}")), before);
    }
    if server().is_some() {
        assert!(world.try_sql("TRUNCATE audit_entries").is_err());
    }
}

#[test]
fn a_newer_schema_is_left_alone() {
    let url = empty_database();
    let db = Db::open(&url, true).unwrap();
    db.write_now(|conn| {
        let sql = "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')";
        Ok(weixiao::either!(conn, c => diesel::sql_query(sql).execute(c)).map(|_| ())?)
    })
    .unwrap();
    drop(db);
    let Err(problem) = Db::open(&url, false) else { panic!("opened a newer schema") };
    assert!(problem.to_string().contains("9999"), "{problem}");
}
