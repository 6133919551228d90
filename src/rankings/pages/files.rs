//! What is downloaded of a ranking: the canonical file that can be computed again, and its rows as CSV and XLSX. Names only of those
//! who agreed.
use super::found;
use crate::access::Access::Anyone;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::RankingId;
use crate::lang::Message;
use crate::msg;
use crate::rankings::document::file;
use crate::rankings::store::{self, Row, Snapshot};
use crate::rankings::{Kind, State};
use crate::web::page::Page;
use crate::web::reply::Reply;
use crate::web::route::{Route, get};
use crate::web::sheet::{Cell, Sheet, XLSX, attachment};
use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use serde_json::Value;

pub fn routes() -> Vec<Route> {
    vec![
        get("/rankings/{ranking}.json", Anyone, newest_json),
        get("/rankings/{ranking}.csv", Anyone, newest_csv),
        get("/rankings/{ranking}.xlsx", Anyone, newest_xlsx),
        get("/rankings/{ranking}/{revision}.json", Anyone, json),
        get("/rankings/{ranking}/{revision}.csv", Anyone, csv),
        get("/rankings/{ranking}/{revision}.xlsx", Anyone, xlsx),
    ]
}

/// The most rows of a table.
const MOST_ROWS: i64 = 100_000;

/// A revision whose files are there: not of one that was taken back, which is gone.
fn there(conn: &mut Conn, ranking: RankingId, revision: Option<i32>) -> Result<Option<Snapshot>> {
    let snapshot = found(conn, ranking, revision)?;
    Ok(Some(snapshot).filter(|snapshot| snapshot.state != State::Withdrawn))
}

/// The bytes of a published revision, as `weixiao verify` takes them.
fn whole(conn: &mut Conn, snapshot: &Snapshot) -> Result<Vec<u8>> {
    let entry = store::newest_entry_of(conn, snapshot.ranking, snapshot.revision)?;
    file(&store::document(conn, snapshot.id)?, &store::names(conn, snapshot.id)?, entry.to_value())
}

fn name_of(snapshot: &Snapshot, ending: &str) -> String {
    format!("ranking-{}-{}.{ending}", snapshot.ranking, snapshot.revision)
}

fn gone() -> HttpResponse {
    // The page of the revision says why.
    HttpResponse::Gone().content_type("text/plain; charset=utf-8").body("gone\n")
}

/// What names change is asked for anew each time.
fn sent(bytes: Vec<u8>, kind: &str, name: &str) -> HttpResponse {
    let mut answer = attachment(bytes, kind, name);
    answer.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-cache"));
    answer
}

async fn sent_json(db: &Db, ranking: RankingId, revision: Option<i32>) -> Reply {
    let made = db
        .read_long(move |conn| {
            let Some(snapshot) = there(conn, ranking, revision)? else { return Ok(None) };
            Ok(Some((whole(conn, &snapshot)?, name_of(&snapshot, "json"))))
        })
        .await?;
    Ok(made.map_or_else(gone, |(bytes, name)| sent(bytes, "application/json", &name)))
}

async fn newest_json(db: Data<Db>, path: Path<RankingId>) -> Reply {
    sent_json(&db, path.into_inner(), None).await
}

async fn json(db: Data<Db>, path: Path<(RankingId, i32)>) -> Reply {
    let (ranking, revision) = path.into_inner();
    sent_json(&db, ranking, Some(revision)).await
}

/// The columns of a table, and how a row fills them.
type Column = (Message, u16, fn(&Row) -> Cell);

fn body(row: &Row, name: &str) -> Cell {
    match &row.body[name] {
        Value::String(text) => text.as_str().into(),
        Value::Number(number) => number.as_i64().unwrap_or_default().into(),
        Value::Bool(yes) => i64::from(*yes).into(),
        _ => "".into(),
    }
}

fn named(row: &Row, name: &str) -> Cell {
    row.name.as_ref().and_then(|named| named.get(name)).and_then(Value::as_str).unwrap_or_default().into()
}

fn columns(kind: Kind) -> Vec<Column> {
    let mut columns: Vec<Column> = vec![
        (msg!("名次"), 6, |row| row.rank.into()),
        (msg!("编号"), 8, |row| row.subject.as_str().into()),
        (msg!("姓名"), 16, |row| named(row, "name")),
        (msg!("课题"), 36, |row| named(row, "lecture")),
        (msg!("微党校或单位"), 24, |row| named(row, "school")),
        (msg!("联盟"), 20, |row| named(row, "alliance")),
        (msg!("得分"), 10, |row| row.score.as_str().into()),
        (msg!("精确值"), 16, |row| body(row, "exact")),
    ];
    let more: Vec<Column> = match kind {
        Kind::Contest => vec![
            (msg!("原始平均分"), 12, |row| body(row, "raw")),
            (msg!("组别"), 8, |row| body(row, "panel")),
            (msg!("评分表"), 8, |row| body(row, "sheets")),
            (msg!("评委少"), 8, |row| body(row, "few_judges")),
            (msg!("区分依据"), 10, |row| body(row, "by")),
            (msg!("入选"), 6, |row| body(row, "promoted")),
            (msg!("备注"), 12, |row| body(row, "remark")),
        ],
        _ => vec![(msg!("票数"), 8, |row| body(row, "n"))],
    };
    columns.extend(more);
    columns
}

async fn rows(db: &Db, ranking: RankingId, revision: Option<i32>) -> Result<Option<(Snapshot, Vec<Row>)>> {
    db.read_long(move |conn| {
        let Some(snapshot) = there(conn, ranking, revision)? else { return Ok(None) };
        let rows = store::rows(conn, snapshot.id, 0, MOST_ROWS)?;
        Ok(Some((snapshot, rows)))
    })
    .await
}

/// Text that a spreadsheet does not take for a formula.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

/// UTF-8 with its mark, since Excel and WPS take a file without one for another encoding.
fn written_csv(page: &Page, kind: Kind, rows: &[Row]) -> Result<Vec<u8>> {
    let columns = columns(kind);
    let mut out = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer("\u{feff}".as_bytes().to_vec());
    out.write_record(columns.iter().map(|column| page.say(&column.0))).map_err(Error::internal)?;
    for row in rows {
        let cells = columns.iter().map(|column| match (column.2)(row) {
            Cell::Text(text) => harmless(&text),
            Cell::Number(number) => format!("{number}"),
        });
        out.write_record(cells).map_err(Error::internal)?;
    }
    out.into_inner().map_err(|error| Error::internal(error.into_error()))
}

async fn sent_csv(page: Page, db: &Db, ranking: RankingId, revision: Option<i32>) -> Reply {
    let Some((snapshot, rows)) = rows(db, ranking, revision).await? else { return Ok(gone()) };
    let bytes = written_csv(&page, snapshot.kind, &rows)?;
    Ok(sent(bytes, "text/csv; charset=utf-8", &name_of(&snapshot, "csv")))
}

async fn newest_csv(page: Page, db: Data<Db>, path: Path<RankingId>) -> Reply {
    sent_csv(page, &db, path.into_inner(), None).await
}

async fn csv(page: Page, db: Data<Db>, path: Path<(RankingId, i32)>) -> Reply {
    let (ranking, revision) = path.into_inner();
    sent_csv(page, &db, ranking, Some(revision)).await
}

async fn sent_xlsx(page: Page, db: &Db, ranking: RankingId, revision: Option<i32>) -> Reply {
    let Some((snapshot, rows)) = rows(db, ranking, revision).await? else { return Ok(gone()) };
    let columns = columns(snapshot.kind);
    let heads: Vec<(String, u16)> = columns.iter().map(|column| (page.say(&column.0), column.1)).collect();
    let mut sheet = Sheet::new(&snapshot.title, &heads)?;
    for row in &rows {
        let cells: Vec<Cell> = columns.iter().map(|column| (column.2)(row)).collect();
        sheet.row(&cells)?;
    }
    Ok(sent(sheet.finish()?, XLSX, &name_of(&snapshot, "xlsx")))
}

async fn newest_xlsx(page: Page, db: Data<Db>, path: Path<RankingId>) -> Reply {
    sent_xlsx(page, &db, path.into_inner(), None).await
}

async fn xlsx(page: Page, db: Data<Db>, path: Path<(RankingId, i32)>) -> Reply {
    let (ranking, revision) = path.into_inner();
    sent_xlsx(page, &db, ranking, Some(revision)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (text, safe) in
            [("=1+1", "'=1+1"), ("@x", "'@x"), ("-5", "'-5"), ("90.60", "90.60"), ("讲师", "讲师")]
        {
            assert_eq!(harmless(text), safe);
        }
    }
}
