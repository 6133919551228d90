//! Rows that name a chapter by its number: when a new edition has it at another place, they follow it.
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::BookletId;
use diesel::RunQueryDsl;

/// What names chapters of a booklet: its table, the column of the number, which rows are of booklet `{}`, and what else is
/// changed. Whoever has a question or a test before them is told that it was changed.
const NAMING: [(&str, &str, &str, &str); 4] = [
    ("reading_positions", "position", "booklet_id = {}", ""),
    ("course_items", "chapter", "booklet_id = {}", ""),
    (
        "bank_questions",
        "chapter",
        "bank_id IN (SELECT id FROM banks WHERE booklet_id = {})",
        ", revision = revision + 1",
    ),
    (
        "tests",
        "chapter",
        "bank_id IN (SELECT id FROM banks WHERE booklet_id = {})",
        ", revision = revision + 1",
    ),
];

/// Takes everything that names a chapter of this booklet along, from number to number, all at once.
pub(in crate::booklets) fn renumber(conn: &mut Conn, id: BookletId, moves: &[(i32, i32)]) -> Result<()> {
    if moves.is_empty() {
        return Ok(());
    }
    // Nobody imports questions or changes tests meanwhile. SQLite has one writer.
    if conn.is_postgres() {
        run(conn, &format!("SELECT id FROM banks WHERE booklet_id = {id} ORDER BY id FOR NO KEY UPDATE"))?;
    }
    let from = moves.iter().map(|one| one.0.to_string()).collect::<Vec<_>>().join(", ");
    let cases = |column: &str, sign: i32| {
        let whens: String =
            moves.iter().map(|(from, to)| format!(" WHEN {from} THEN {}", to * sign)).collect();
        format!("{column} = CASE {column}{whens} END")
    };
    for (table, column, of, also) in NAMING {
        let (set, of) = (cases(column, 1), of.replace("{}", &id.to_string()));
        run(conn, &format!("UPDATE {table} SET {set}{also} WHERE {of} AND {column} IN ({from})"))?;
    }
    // Of chapters that have become one, who read several has read one.
    let of = format!("booklet_id = {id}");
    for (place, (from, to)) in moves.iter().enumerate() {
        let mut there: Vec<String> =
            moves[..place].iter().filter(|one| one.1 == *to).map(|one| one.0.to_string()).collect();
        if moves.iter().all(|one| one.0 != *to) {
            there.push(to.to_string());
        }
        if !there.is_empty() {
            let them = format!(
                "SELECT person_id FROM chapter_reads WHERE {of} AND chapter IN ({})",
                there.join(", ")
            );
            run(
                conn,
                &format!(
                    "DELETE FROM chapter_reads WHERE {of} AND chapter = {from} AND person_id IN ({them})"
                ),
            )?;
        }
    }
    // Both databases look at each row by itself: on the way no number may be somebody else's.
    let set = cases("chapter", -1);
    run(conn, &format!("UPDATE chapter_reads SET {set} WHERE {of} AND chapter IN ({from})"))?;
    run(conn, &format!("UPDATE chapter_reads SET chapter = -chapter WHERE {of} AND chapter < 0"))
}

/// Carries out a statement that has nothing but numbers in it.
fn run(conn: &mut Conn, statement: &str) -> Result<()> {
    either!(conn, c => diesel::sql_query(statement).execute(c))?;
    Ok(())
}
