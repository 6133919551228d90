//! Lists that go out and come in: XLSX written row by row, and XLSX, CSV or pasted text read as rows of words.
use crate::captions;
use crate::error::{Error, Result};
use crate::lang::Message;
use crate::msg;
use actix_web::HttpResponse;
use actix_web::http::header::{self, ContentDisposition, DispositionParam, DispositionType, ExtendedValue};
use calamine::{Data, Reader, Xlsx};
use rust_xlsxwriter::{Format, Workbook};
use std::io::{Cursor, Read};

/// The largest file that is read, in bytes.
pub const LARGEST: usize = 4 * 1024 * 1024;
/// What may be in it once it is unpacked, in bytes: a small file can hold a very large one.
const LARGEST_INSIDE: u64 = 64 * 1024 * 1024;
/// The most files in one: a package of questions has one for each.
const MOST_PARTS: usize = 4_000;
/// The most rows that are read.
pub const MOST_ROWS: usize = 50_000;
/// The most columns that are read; those behind them are left out.
const MOST_COLUMNS: usize = 60;
/// What one cell may hold in XLSX, in characters.
const LONGEST_CELL: usize = 32_767;

/// What XLSX files are called on the network.
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// What stands in a cell.
pub enum Cell {
    Text(String),
    Number(f64),
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell::Text(text)
    }
}
impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }
}
impl From<i64> for Cell {
    fn from(n: i64) -> Cell {
        Cell::Number(n as f64)
    }
}
impl From<i32> for Cell {
    fn from(n: i32) -> Cell {
        Cell::Number(f64::from(n))
    }
}

/// A table that is written; rows wait on the disk, not in memory. Text stays text: what begins like a formula is none.
pub struct Sheet {
    book: Workbook,
    row: u32,
}

impl Sheet {
    /// A table of one sheet: each column's heading, and its width in characters.
    ///
    /// # Errors
    /// If there is no place for what waits.
    pub fn new(name: &str, columns: &[(String, u16)]) -> Result<Sheet> {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet_with_constant_memory().map_err(Error::internal)?;
        // Names of sheets may not hold these, nor be longer.
        let name: String = name.chars().filter(|c| !"[]:*?/\\".contains(*c)).take(31).collect();
        sheet.set_name(&name).map_err(Error::internal)?;
        sheet.set_freeze_panes(1, 0).map_err(Error::internal)?;
        let bold = Format::new().set_bold();
        for (place, (heading, width)) in (0_u16..).zip(columns) {
            sheet.set_column_width(place, *width).map_err(Error::internal)?;
            sheet.write_string_with_format(0, place, heading, &bold).map_err(Error::internal)?;
        }
        Ok(Sheet { book, row: 1 })
    }
    /// Writes the next row.
    ///
    /// # Errors
    /// If there is no place left.
    pub fn row(&mut self, cells: &[Cell]) -> Result<()> {
        let sheet = self.book.worksheet_from_index(0).map_err(Error::internal)?;
        for (place, cell) in (0_u16..).zip(cells) {
            let written = match cell {
                Cell::Text(text) if text.is_empty() => continue,
                Cell::Text(text) if text.chars().count() > LONGEST_CELL => {
                    sheet.write_string(self.row, place, text.chars().take(LONGEST_CELL).collect::<String>())
                }
                Cell::Text(text) => sheet.write_string(self.row, place, text),
                Cell::Number(n) => sheet.write_number(self.row, place, *n),
            };
            written.map_err(Error::internal)?;
        }
        self.row += 1;
        Ok(())
    }
    /// A second sheet of two columns: what a column is called, and what may stand in it.
    ///
    /// # Errors
    /// If there is no place left.
    pub fn notes(&mut self, name: &str, rows: &[[String; 2]]) -> Result<()> {
        let sheet = self.book.add_worksheet();
        sheet.set_name(name).map_err(Error::internal)?;
        sheet.set_column_width(0, 18).map_err(Error::internal)?;
        sheet.set_column_width(1, 80).map_err(Error::internal)?;
        for (place, [heading, text]) in (0_u32..).zip(rows) {
            sheet.write_string(place, 0, heading).map_err(Error::internal)?;
            sheet.write_string(place, 1, text).map_err(Error::internal)?;
        }
        Ok(())
    }
    /// The whole file.
    ///
    /// # Errors
    /// If there is no place for it.
    pub fn finish(mut self) -> Result<Vec<u8>> {
        self.book.save_to_buffer().map_err(Error::internal)
    }
}

/// A file to take away, under a name in any script.
pub fn attachment(bytes: Vec<u8>, kind: &str, name: &str) -> HttpResponse {
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![
            // For those who know nothing better.
            DispositionParam::Filename(name.chars().filter(char::is_ascii).collect()),
            DispositionParam::FilenameExt(ExtendedValue {
                charset: header::Charset::Ext("UTF-8".into()),
                language_tag: None,
                value: name.as_bytes().to_vec(),
            }),
        ],
    };
    HttpResponse::Ok()
        .content_type(kind)
        .insert_header(disposition)
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(bytes)
}

/// The rows of a list: XLSX (its first sheet), CSV, or text with tabs, commas or one word a line. Cells are trimmed, empty
/// rows are kept, so that a row has its number.
///
/// # Errors
/// Why it cannot be read, in a sentence.
pub fn read(bytes: &[u8]) -> Result<Vec<Vec<String>>, Message> {
    read_up_to(bytes, LARGEST)
}

/// [`read`] for files of another size, in bytes.
///
/// # Errors
/// As [`read`].
pub fn read_up_to(bytes: &[u8], largest: usize) -> Result<Vec<Vec<String>>, Message> {
    if bytes.len() > largest {
        return Err(msg!("文件太大，最多 {} MB。", largest / 1024 / 1024));
    }
    let rows = if bytes.starts_with(b"PK") { read_xlsx(bytes)? } else { read_text(bytes)? };
    match rows.len() {
        0 => Err(msg!("文件里没有内容。")),
        n if n > MOST_ROWS => Err(msg!("行数太多，最多 {} 行。请分成几个文件。", MOST_ROWS)),
        _ => Ok(rows),
    }
}

fn not_a_list() -> Message {
    msg!("读不出这个文件。请用 XLSX（Excel 或 WPS 保存的）、CSV，或者直接粘贴名单。")
}

fn too_large() -> Message {
    msg!("文件展开后太大，没有读。请减少内容后再试。")
}

/// Refuses a file whose content is much larger than it looks, by unpacking it without keeping anything.
///
/// # Errors
/// That it cannot be read, or that it is too large.
pub fn unpack_check(bytes: &[u8]) -> Result<(), Message> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| not_a_list())?;
    let mut left = LARGEST_INSIDE;
    if archive.len() > MOST_PARTS {
        return Err(not_a_list());
    }
    for place in 0..archive.len() {
        let file = archive.by_index(place).map_err(|_| not_a_list())?;
        let size = std::io::copy(&mut file.take(left + 1), &mut std::io::sink()).map_err(|_| not_a_list())?;
        left = left.checked_sub(size).ok_or_else(too_large)?;
    }
    Ok(())
}

fn read_xlsx(bytes: &[u8]) -> Result<Vec<Vec<String>>, Message> {
    unpack_check(bytes)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| not_a_list())?;
    let name = book.sheet_names().first().cloned().ok_or_else(not_a_list)?;
    // Cell by cell: a sheet may say that it is a million rows long.
    let mut cells = book.worksheet_cells_reader(&name).map_err(|_| not_a_list())?;
    let mut rows: Vec<Vec<String>> = vec![];
    // A word that is kept once in the file may stand in a million cells.
    let mut left = LARGEST_INSIDE as usize;
    while let Some(cell) = cells.next_cell().map_err(|_| not_a_list())? {
        let (row, column) = cell.get_position();
        let (row, column) = (row as usize, column as usize);
        if row > MOST_ROWS {
            return Err(msg!("行数太多，最多 {} 行。请分成几个文件。", MOST_ROWS));
        }
        let text = words(&Data::from(cell.get_value().clone()));
        if column >= MOST_COLUMNS || text.is_empty() {
            continue;
        }
        left = left.checked_sub(text.len()).ok_or_else(too_large)?;
        while rows.len() <= row {
            rows.push(vec![]);
        }
        let line = &mut rows[row];
        while line.len() <= column {
            line.push(String::new());
        }
        line[column] = text;
    }
    Ok(rows)
}

/// A cell as a person sees it; numbers without a fraction have none.
fn words(cell: &Data) -> String {
    match cell {
        Data::Float(n) if n.fract() == 0.0 && n.abs() < 1e15 => format!("{n:.0}"),
        Data::Bool(yes) => if *yes { "TRUE" } else { "FALSE" }.to_owned(),
        Data::Empty | Data::Error(_) => String::new(),
        other => other.to_string().trim().to_owned(),
    }
}

fn read_text(bytes: &[u8]) -> Result<Vec<Vec<String>>, Message> {
    let text = captions::decode(bytes).ok_or_else(not_a_list)?;
    // A title without any divider may stand above the headings.
    let first: String = text.lines().take(10).collect();
    let divider = match () {
        () if first.contains('\t') => b'\t',
        () if first.contains(';') && !first.contains(',') => b';',
        () => b',',
    };
    // Lists that were typed have the full-width comma.
    let text = if first.contains([',', '\t', ';']) { text } else { text.replace(['，', '、'], ",") };
    // The library leaves empty lines out; with a space in them they are rows, and each row keeps its number.
    let text: String =
        text.lines().flat_map(|line| [if line.trim().is_empty() { " " } else { line }, "\n"]).collect();
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(divider)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut rows: Vec<Vec<String>> = vec![];
    for record in reader.records() {
        let record = record.map_err(|_| not_a_list())?;
        if rows.len() > MOST_ROWS {
            break;
        }
        let row: Vec<String> = record.iter().take(MOST_COLUMNS).map(str::to_owned).collect();
        rows.push(if row.iter().all(String::is_empty) { vec![] } else { row });
    }
    while rows.last().is_some_and(Vec::is_empty) {
        rows.pop();
    }
    Ok(rows)
}

/// A table that is written, in one of two forms; one at a time.
#[allow(clippy::large_enum_variant)]
pub enum Table {
    Csv(Vec<u8>),
    Xlsx(Sheet),
}

impl Table {
    /// With these headings.
    ///
    /// # Errors
    /// What the writer of XLSX says.
    pub fn new(name: &str, heads: Vec<String>, is_csv: bool) -> Result<Table> {
        if !is_csv {
            let columns: Vec<_> = heads.into_iter().map(|head| (head, 18)).collect();
            return Ok(Table::Xlsx(Sheet::new(name, &columns)?));
        }
        // Spreadsheets take UTF-8 for what it is only behind this mark.
        let mut file = Table::Csv("\u{feff}".into());
        file.row(heads)?;
        Ok(file)
    }
    /// # Errors
    /// As [`Table::new`].
    pub fn row(&mut self, cells: Vec<String>) -> Result<()> {
        match self {
            Table::Csv(bytes) => {
                let fields: Vec<String> = cells.iter().map(|cell| field(cell)).collect();
                bytes.extend_from_slice(fields.join(",").as_bytes());
                bytes.extend_from_slice(b"\r\n");
                Ok(())
            }
            Table::Xlsx(sheet) => {
                let cells: Vec<Cell> = cells
                    .into_iter()
                    .map(|cell| cell.parse::<i64>().map_or(Cell::Text(cell.clone()), Cell::from))
                    .collect();
                sheet.row(&cells)
            }
        }
    }
    /// # Errors
    /// As [`Table::new`].
    pub fn finish(self) -> Result<Vec<u8>> {
        match self {
            Table::Csv(bytes) => Ok(bytes),
            Table::Xlsx(sheet) => sheet.finish(),
        }
    }
}

/// A field of CSV (RFC 4180). What begins like a formula is kept from being one.
fn field(text: &str) -> String {
    let text =
        if text.starts_with(['=', '+', '-', '@', '\t']) { format!("'{text}") } else { text.to_owned() };
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let mut sheet = Sheet::new("名单/一", &[("姓名".into(), 12), ("人数".into(), 8)]).unwrap();
        sheet.row(&["=HYPERLINK(\"x\")".into(), 3.into()]).unwrap();
        sheet.row(&["𠮷野 𬭎".into(), Cell::Number(1.5)]).unwrap();
        let rows = read(&sheet.finish().unwrap()).unwrap();
        assert_eq!(rows, [["姓名", "人数"], ["=HYPERLINK(\"x\")", "3"], ["𠮷野 𬭎", "1.5"]]);
    }

    #[test]
    fn lists_come_with_tabs_commas_in_any_usual_encoding_and_keep_their_lines() {
        assert_eq!(read("姓名\t编号\n林秋实\tD1\n".as_bytes()).unwrap()[1], ["林秋实", "D1"]);
        assert_eq!(read("\u{feff}姓名,编号\r\n\"林,秋实\",D1\r\n".as_bytes()).unwrap()[1], ["林,秋实", "D1"]);
        let gb = encoding_rs::GB18030.encode("姓名,编号\n沈若谷,D2\n").0.into_owned();
        assert_eq!(read(&gb).unwrap()[1], ["沈若谷", "D2"]);
        assert_eq!(read("林秋实，D1\n\n沈若谷，D2".as_bytes()).unwrap()[2], ["沈若谷", "D2"]);
        assert!(read(b"").is_err());
        assert!(read(b"PK\x03\x04 not a spreadsheet").is_err());
    }

    #[test]
    fn a_file_that_unfolds_too_far_is_refused() {
        use std::io::Write;
        let mut zip = zip::ZipWriter::new(Cursor::new(vec![]));
        zip.start_file("xl/sharedStrings.xml", zip::write::SimpleFileOptions::default()).unwrap();
        let some = vec![b' '; 1024 * 1024];
        for _ in 0..80 {
            zip.write_all(&some).unwrap();
        }
        let bytes = zip.finish().unwrap().into_inner();
        assert!(bytes.len() < 200_000);
        assert!(read(&bytes).is_err());
    }

    #[test]
    fn one_long_word_in_a_great_many_cells_is_refused() {
        use std::io::Write;
        let part = |name: &str, kind: &str| {
            format!(
                r#"<Override PartName="/xl/{name}" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.{kind}+xml"/>"#
            )
        };
        let types = format!(
            r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{}{}{}</Types>"#,
            part("workbook.xml", "sheet.main"),
            part("worksheets/sheet1.xml", "worksheet"),
            part("sharedStrings.xml", "sharedStrings")
        );
        let relations = |of: &[(&str, &str)]| {
            let all: String = of.iter().enumerate().map(|(n, (kind, to))| format!(r#"<Relationship Id="rId{}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="{to}"/>"#, n + 1)).collect();
            format!(
                r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{all}</Relationships>"#
            )
        };
        let book = |cells: usize| {
            let row: String = (1..=cells)
                .map(|n| format!(r#"<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>"#))
                .collect();
            let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
            let parts = [
                ("[Content_Types].xml", types.clone()),
                ("_rels/.rels", relations(&[("officeDocument", "xl/workbook.xml")])),
                (
                    "xl/workbook.xml",
                    format!(
                        r#"<workbook xmlns="{main}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>"#
                    ),
                ),
                (
                    "xl/_rels/workbook.xml.rels",
                    relations(&[
                        ("worksheet", "worksheets/sheet1.xml"),
                        ("sharedStrings", "sharedStrings.xml"),
                    ]),
                ),
                (
                    "xl/sharedStrings.xml",
                    format!(r#"<sst xmlns="{main}"><si><t>{}</t></si></sst>"#, "x".repeat(100_000)),
                ),
                (
                    "xl/worksheets/sheet1.xml",
                    format!(r#"<worksheet xmlns="{main}"><sheetData>{row}</sheetData></worksheet>"#),
                ),
            ];
            let mut zip = zip::ZipWriter::new(Cursor::new(vec![]));
            for (name, text) in parts {
                zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
                zip.write_all(text.as_bytes()).unwrap();
            }
            zip.finish().unwrap().into_inner()
        };
        assert_eq!(read(&book(3)).map(|rows| (rows.len(), rows[2][0].len())), Ok((3, 100_000)));
        assert_eq!(read(&book(1_000)).unwrap_err(), too_large());
    }

    #[test]
    fn a_field_is_quoted_and_is_no_formula() {
        assert_eq!(field("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(field("=1+1"), "'=1+1");
        assert_eq!(field("已放映"), "已放映");
    }
}
