//! Files that go out: templates, exports in the shape in which lists come in, and the own file with what is wrong beside each row.
use super::columns::Column;
use super::plan::{Detail, Verdict};
use super::store::members::{self as member_rows, nodes};
use super::store::{self, places as place_rows};
use super::tree::Tree;
use super::{Import, Kind, orgs, places, read};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::lang::{self, Lang};
use crate::web::sheet::{Cell, Sheet, XLSX};
use crate::{msg, text_enum};
use std::collections::HashMap;

text_enum! {
    /// How a file is written.
    pub enum Form {
        Xlsx = "xlsx",
        Csv = "csv",
    }
}

impl Form {
    /// What it is called on the network.
    pub const fn media_type(self) -> &'static str {
        match self {
            Form::Xlsx => XLSX,
            Form::Csv => "text/csv; charset=utf-8",
        }
    }
}

/// A table with these headings.
fn table(kind: Kind, form: Form, rows: &[Vec<String>], lang: Lang) -> Result<Vec<u8>> {
    let heading = |column: &Column| column.words(kind).in_lang(lang);
    match form {
        Form::Xlsx => {
            let headings: Vec<_> =
                kind.columns().iter().map(|column| (heading(column), column.width())).collect();
            let mut sheet = Sheet::new(&kind.words().in_lang(lang), &headings)?;
            for row in rows {
                sheet.row(&row.iter().map(|cell| Cell::from(cell.as_str())).collect::<Vec<_>>())?;
            }
            let notes: Vec<_> = kind
                .columns()
                .iter()
                .map(|column| [heading(column), column.hint(kind).in_lang(lang)])
                .collect();
            sheet.notes(&msg!("填写说明").in_lang(lang), &notes)?;
            sheet.finish()
        }
        Form::Csv => {
            // Spreadsheets take a text without this mark for one in the encoding of the machine.
            let mut writer = csv::Writer::from_writer(b"\xEF\xBB\xBF".to_vec());
            writer.write_record(kind.columns().iter().map(heading)).map_err(Error::internal)?;
            for row in rows {
                writer.write_record(row.iter().map(|cell| read::guarded(cell))).map_err(Error::internal)?;
            }
            writer.into_inner().map_err(|error| Error::internal(error.into_error()))
        }
    }
}

/// A table to fill in. What may stand in the columns is on a second sheet.
///
/// # Errors
/// If there is no place for the file.
pub fn template(kind: Kind, form: Form, lang: Lang) -> Result<Vec<u8>> {
    table(kind, form, &[], lang)
}

/// Everything of this kind in the scope, and how many rows it has.
///
/// # Errors
/// Those of the database, and if there is no place for the file.
pub fn export(
    conn: &mut Conn,
    kind: Kind,
    form: Form,
    scope: &[String],
    lang: Lang,
) -> Result<(Vec<u8>, usize)> {
    let tree = Tree::new(nodes(conn)?, scope);
    let rows: Vec<Vec<String>> = match kind {
        Kind::Members => {
            let all = member_rows::load(conn)?;
            let own =
                all.iter().filter(|one| one.home.as_ref().is_some_and(|home| tree.is_within(home.branch)));
            own.map(|member| member.cells(&tree)).collect()
        }
        Kind::Organizations => {
            let mut own: Vec<_> = tree.all().filter(|node| tree.is_within(node.id)).collect();
            own.sort_by(|a, b| a.path.cmp(&b.path));
            own.into_iter().map(|node| orgs::cells(&tree, node)).collect()
        }
        Kind::Schools => {
            let names: HashMap<i64, String> =
                place_rows::alliances(conn)?.into_iter().map(|one| (one.id, one.name)).collect();
            let all = place_rows::schools(conn)?;
            let own = all.iter().filter(|school| !school.is_over && tree.is_within(school.about.host));
            own.map(|school| places::school_cells(&tree, &names, school)).collect()
        }
        Kind::Alliances => place_rows::alliances(conn)?.iter().map(places::alliance_cells).collect(),
    };
    Ok((table(kind, form, &rows, lang)?, rows.len()))
}

/// What is wrong with a row, in one line.
pub fn remarks(kind: Kind, detail: &Detail, lang: Lang) -> String {
    let heading =
        |name: &str| Column::of(name).map(|column| column.words(kind).in_lang(lang)).unwrap_or_default();
    let mut told: Vec<String> = vec![];
    for problem in &detail.problems {
        told.push(format!("{}：{}", heading(&problem.column), lang::kept(&problem.told, lang)));
    }
    if told.is_empty() && !detail.choices.is_empty() {
        told.push(msg!("可能重复，请在页面上决定").in_lang(lang));
    }
    told.join("；")
}

/// The file as it came, with a column of remarks behind it: corrected, it can be sent again as it is.
///
/// # Errors
/// Those of the database, and if the file has been deleted.
pub fn with_remarks(conn: &mut Conn, import: &Import, lang: Lang) -> Result<Vec<u8>> {
    let bytes = store::file(conn, import.id)?.ok_or(Error::NotFound)?;
    let rows = read::rows(&bytes).map_err(Error::Refused)?;
    let mut told: HashMap<usize, String> = HashMap::new();
    for verdict in [Verdict::Wrong, Verdict::Unsure] {
        for row in store::rows(conn, import.id, verdict, 0, i64::MAX)? {
            told.insert(row.line, remarks(import.kind, &row.detail, lang));
        }
    }
    let width = rows.iter().map(Vec::len).max().unwrap_or_default();
    let head = import.mapping().head;
    let mut columns: Vec<_> = (0..width)
        .map(|place| (rows.get(head).and_then(|row| row.get(place)).cloned().unwrap_or_default(), 16))
        .collect();
    columns.push((msg!("问题（改好后不用删）").in_lang(lang), 60));
    let mut sheet = Sheet::new(&import.kind.words().in_lang(lang), &columns)?;
    for (place, row) in rows.iter().enumerate().skip(head + 1) {
        let mut cells: Vec<Cell> = row.iter().map(|cell| Cell::from(cell.as_str())).collect();
        cells.resize_with(width, || Cell::from(""));
        cells.push(told.remove(&(place + 1)).unwrap_or_default().into());
        sheet.row(&cells)?;
    }
    sheet.finish()
}
