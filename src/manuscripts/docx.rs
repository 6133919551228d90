//! Word processors' files as Markdown: headings by the styles of Word and WPS in Chinese and English, bold and italic, lists,
//! tables, links, pictures. What the crate cannot read is named, not guessed. Files from outside are measured first: how far
//! they unfold, how deep and how many their elements are, and whether each part ends.
mod marks;

use super::import::{self, Found, unreadable};
use crate::lang::Message;
use crate::msg;
use crate::web::sheet;
use docx_rs::{
    DocumentChild, Docx, DrawingData, Hyperlink, HyperlinkData, InsertChild, Paragraph, ParagraphChild,
    ReadDocxOptions, Run, RunChild, RunProperty, StructuredDataTagChild, Table, TableCellContent, TableChild,
    TableRowChild, read_docx_with_options,
};
use marks::{Piece, escape, inline, lines, plain};
use quick_xml::Reader;
use quick_xml::events::Event;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{Cursor, Read};

/// The deepest element of a file; those of people go to about thirty.
const DEEPEST: usize = 120;
/// The most elements, and of those that take much memory once they are read.
const MOST: usize = 1_000_000;
const MOST_PARAGRAPHS: usize = 30_000;
const MOST_RUNS: usize = 120_000;

/// The chapters of a file.
///
/// # Errors
/// Why it cannot be read, in a sentence.
pub(super) fn read(bytes: &[u8]) -> Result<Found, Message> {
    sheet::unpack_check(bytes)?;
    let counted = count(bytes)?;
    let options = ReadDocxOptions::default().with_image_previews(false);
    // A file that is not as it should be ends some of the crate's steps with a panic.
    let docx = std::panic::catch_unwind(|| read_docx_with_options(bytes, options));
    let docx = docx.map_err(|_| unreadable())?.map_err(|_| unreadable())?;
    let mut writer = Writer {
        docx: &docx,
        out: String::new(),
        pictures: vec![],
        lost_pictures: 0,
        lost_numbers: 0,
        numbers: vec![],
    };
    for child in &docx.document.children {
        match child {
            DocumentChild::Paragraph(paragraph) => writer.paragraph(paragraph),
            DocumentChild::Table(table) => writer.table(table),
            DocumentChild::StructuredDataTag(tag) => writer.tag(&tag.children),
            _ => {}
        }
    }
    let Writer { out, pictures, lost_pictures, lost_numbers, .. } = writer;
    let mut left_out = vec![];
    if lost_numbers > 0 {
        left_out.push(msg!(
            "{} 个标题的自动编号没有导入（例如“第一章”“1.1”）。需要的话，请写进标题里。",
            lost_numbers
        ));
    }
    if lost_pictures > 0 {
        left_out.push(msg!("{} 张图片不是 PNG、JPEG 或 WebP（或者读不出来），没有导入。", lost_pictures));
    }
    type Said = fn(usize) -> Message;
    let kinds: [(&str, Said); 5] = [
        ("oMath", |n| msg!("{} 个公式没有导入，请改成文字或图片。", n)),
        ("footnoteReference", |n| msg!("{} 条脚注没有导入，请写进正文。", n)),
        ("endnoteReference", |n| msg!("{} 条尾注没有导入，请写进正文。", n)),
        ("txbxContent", |n| msg!("{} 个文本框没有导入，请把里面的字移到正文。", n)),
        ("chart", |n| msg!("{} 个图表没有导入，请另存成图片再上传。", n)),
    ];
    for (name, sentence) in kinds {
        // A text box is there twice, once for old programs.
        if let Some(n) = counted.get(name) {
            left_out.push(sentence(*n));
        }
    }
    let mut found = import::markdown(&out);
    found.pictures = pictures;
    found.left_out.extend(left_out);
    Ok(found)
}

/// How often what we ask about is in the text. Refuses what would take too much to read, and what does not end.
fn count(bytes: &[u8]) -> Result<BTreeMap<String, usize>, Message> {
    let too_large = || msg!("文件太复杂，没有读。请分成几个文件再导入。");
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| unreadable())?;
    let (mut all, mut paragraphs, mut runs) = (0, 0, 0);
    let mut counted: BTreeMap<String, usize> = BTreeMap::new();
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).map_err(|_| unreadable())?;
        let name = file.name().map_err(|_| unreadable())?.into_owned();
        if !name.ends_with(".xml") && !name.ends_with(".rels") {
            continue;
        }
        let mut text = vec![];
        file.read_to_end(&mut text).map_err(|_| unreadable())?;
        let mut reader = Reader::from_reader(text.as_slice());
        let mut depth = 0_usize;
        let is_document = name == "word/document.xml";
        loop {
            let event = reader.read_event().map_err(|_| unreadable())?;
            let element = match &event {
                Event::Start(element) => {
                    depth += 1;
                    element
                }
                Event::Empty(element) => element,
                Event::End(_) => {
                    depth = depth.saturating_sub(1);
                    continue;
                }
                Event::DocType(_) => return Err(unreadable()),
                Event::Eof if depth == 0 => break,
                Event::Eof => return Err(unreadable()),
                _ => continue,
            };
            all += 1;
            match element.local_name().as_ref() {
                b"p" => paragraphs += 1,
                b"r" => runs += 1,
                name
                @ (b"oMath" | b"footnoteReference" | b"endnoteReference" | b"txbxContent" | b"chart")
                    if is_document =>
                {
                    *counted.entry(String::from_utf8_lossy(name).into_owned()).or_default() += 1;
                }
                _ => {}
            }
            if depth > DEEPEST || all > MOST || paragraphs > MOST_PARAGRAPHS || runs > MOST_RUNS {
                return Err(too_large());
            }
        }
    }
    // A text box is there twice: as it is, and for programs of before 2010.
    if let Some(boxes) = counted.get_mut("txbxContent") {
        *boxes = boxes.div_ceil(2);
    }
    Ok(counted)
}

/// What the crate keeps to itself, as it writes it for others.
fn told(value: &impl Serialize) -> serde_json::Value {
    serde_json::to_value(value).unwrap_or_default()
}

struct Writer<'a> {
    docx: &'a Docx,
    out: String,
    pictures: Vec<(String, Vec<u8>)>,
    lost_pictures: usize,
    /// Headings whose numbers the word processor counts.
    lost_numbers: usize,
    /// In ordered lists: the next number of each level.
    numbers: Vec<usize>,
}

impl Writer<'_> {
    /// A block of its own, with a line between it and the one before.
    fn block(&mut self, text: &str) {
        if !text.trim().is_empty() {
            if !self.out.is_empty() {
                self.out.push_str("\n\n");
            }
            self.out.push_str(text);
        }
    }
    fn tag(&mut self, children: &[StructuredDataTagChild]) {
        for child in children {
            match child {
                StructuredDataTagChild::Paragraph(paragraph) => self.paragraph(paragraph),
                StructuredDataTagChild::Table(table) => self.table(table),
                StructuredDataTagChild::StructuredDataTag(tag) => self.tag(&tag.children),
                _ => {}
            }
        }
    }
    fn paragraph(&mut self, paragraph: &Paragraph) {
        if let Some(level) = self.level(paragraph) {
            self.numbers.clear();
            self.lost_numbers += usize::from(matches!(self.list(paragraph), Some((_, true))));
            let text = plain(&self.pieces(&paragraph.children));
            // A heading that holds a picture alone is a picture.
            match text.is_empty() {
                true => {
                    let text = inline(&self.pieces(&paragraph.children));
                    self.block(&text);
                }
                false => self.block(&format!("{} {}", "#".repeat(level), escape(&text))),
            }
            return;
        }
        let text = inline(&self.pieces(&paragraph.children));
        let Some((level, is_ordered)) = self.list(paragraph) else {
            if !text.trim().is_empty() {
                self.numbers.clear();
            }
            self.block(&lines(&text));
            return;
        };
        if text.trim().is_empty() {
            return;
        }
        let is_first = self.numbers.is_empty();
        self.numbers.truncate(level + 1);
        self.numbers.resize(level + 1, 0);
        self.numbers[level] += 1;
        let sign = if is_ordered { format!("{}.", self.numbers[level]) } else { "-".to_owned() };
        let item = format!("{}{sign} {}", "    ".repeat(level), text.replace('\n', " "));
        if is_first {
            self.block(&item);
        } else {
            self.out.push('\n');
            self.out.push_str(&item);
        }
    }
    /// The level of a heading, from 1: said by the paragraph, by its style, or by the style that this one was made from.
    fn level(&self, paragraph: &Paragraph) -> Option<usize> {
        let own = paragraph.property.outline_lvl.as_ref().map(|level| level.v);
        if let Some(level) = own {
            return (level < 6).then_some(level + 1);
        }
        let mut id = paragraph.property.style.as_ref()?.val.clone();
        for _ in 0..10 {
            let Some(style) = self.docx.styles.styles.iter().find(|style| style.style_id == id) else {
                return named(&id);
            };
            let name = told(&style.name).as_str().unwrap_or_default().to_owned();
            if let Some(level) = named(&name) {
                return Some(level);
            }
            if let Some(level) = style.paragraph_property.outline_lvl.as_ref() {
                return (level.v < 6).then_some(level.v + 1);
            }
            id = told(&style.based_on).as_str()?.to_owned();
        }
        None
    }
    /// The level of an item of a list, from 0, and whether it is numbered.
    fn list(&self, paragraph: &Paragraph) -> Option<(usize, bool)> {
        // By the style, or the style that this one was made from.
        let of_style = || {
            let mut id = paragraph.property.style.as_ref()?.val.clone();
            for _ in 0..10 {
                let style = self.docx.styles.styles.iter().find(|style| style.style_id == id)?;
                if let Some(property) = style.paragraph_property.numbering_property.as_ref() {
                    return Some(property);
                }
                id = told(&style.based_on).as_str()?.to_owned();
            }
            None
        };
        let property = paragraph.property.numbering_property.as_ref().or_else(of_style)?;
        let (id, level) =
            (property.id.as_ref()?.id, property.level.as_ref().map(|level| level.val).unwrap_or_default());
        let numbering = self.docx.numberings.numberings.iter().find(|one| one.id == id)?;
        let shape =
            self.docx.numberings.abstract_nums.iter().find(|one| one.id == numbering.abstract_num_id)?;
        let format = &shape.levels.iter().find(|one| one.level == level)?.format.val;
        match format.as_str() {
            "none" => None,
            format => Some((level.min(5), format != "bullet")),
        }
    }
    fn pieces(&mut self, children: &[ParagraphChild]) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = vec![];
        for child in children {
            match child {
                ParagraphChild::Run(run) => self.run(run, &mut pieces),
                ParagraphChild::Insert(insert) => {
                    for child in &insert.children {
                        if let InsertChild::Run(run) = child {
                            self.run(run, &mut pieces);
                        }
                    }
                }
                ParagraphChild::Hyperlink(link) => self.link(link, &mut pieces),
                ParagraphChild::StructuredDataTag(tag) => {
                    for child in &tag.children {
                        if let StructuredDataTagChild::Run(run) = child {
                            self.run(run, &mut pieces);
                        }
                    }
                }
                _ => {}
            }
        }
        pieces
    }
    fn link(&mut self, link: &Hyperlink, pieces: &mut Vec<Piece>) {
        let inside = self.pieces(&link.children);
        let target = match &link.link {
            HyperlinkData::External { rid, .. } => self
                .docx
                .hyperlinks
                .iter()
                .find(|one| one.0 == *rid)
                .map(|one| one.1.clone())
                .filter(|to| ["http://", "https://", "mailto:"].iter().any(|scheme| to.starts_with(scheme)))
                .filter(|to| !to.contains(['<', '>', '\n', ' '])),
            HyperlinkData::Anchor { .. } => None,
        };
        match target {
            Some(to) => {
                let text = format!("[{}](<{to}>)", inline(&inside));
                pieces.push(Piece { text, is_made: true, ..Piece::default() });
            }
            None => pieces.extend(inside),
        }
    }
    fn run(&mut self, run: &Run, pieces: &mut Vec<Piece>) {
        if is_on(&told(&run.run_property.vanish)) {
            return;
        }
        let look = look(&run.run_property);
        let mut add = |text: &str| match pieces.last_mut() {
            Some(last) if !last.is_made && (last.is_bold, last.is_italic) == look => last.text.push_str(text),
            _ => pieces.push(Piece {
                text: text.to_owned(),
                is_bold: look.0,
                is_italic: look.1,
                is_made: false,
            }),
        };
        let mut shown = vec![];
        for child in &run.children {
            match child {
                RunChild::Text(text) => add(&text.text),
                RunChild::Tab(_) | RunChild::PTab(_) => add(" "),
                RunChild::Break(_) | RunChild::CarriageReturn(_) => add("\n"),
                RunChild::Drawing(drawing) => match &drawing.data {
                    Some(DrawingData::Pic(pic)) => shown.push(pic.id.clone()),
                    Some(DrawingData::TextBox(_)) | None => {}
                },
                RunChild::Shape(shape) => shown.extend(shape.image_data.as_ref().map(|data| data.id.clone())),
                _ => {}
            }
        }
        for id in shown {
            if let Some(text) = self.picture(&id) {
                pieces.push(Piece { text, is_made: true, ..Piece::default() });
            }
        }
    }
    /// The mark of a picture that comes along; counted if it cannot.
    fn picture(&mut self, id: &str) -> Option<String> {
        let found = self.docx.images.iter().find(|image| image.0 == id);
        let kept = found.filter(|image| {
            crate::booklets::attachments::check(&image.2.0).is_ok_and(|kind| kind.is_picture())
        });
        let Some((_, path, bytes, _)) = kept else {
            self.lost_pictures += 1;
            return None;
        };
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        let number = match self.pictures.iter().position(|picture| picture.1 == bytes.0) {
            Some(number) => number,
            None => {
                self.pictures.push((name, bytes.0.clone()));
                self.pictures.len() - 1
            }
        };
        Some(format!("![图 {}](picture:{number})", number + 1))
    }
    fn table(&mut self, table: &Table) {
        self.numbers.clear();
        let mut rows: Vec<Vec<String>> = vec![];
        for TableChild::TableRow(row) in &table.rows {
            let mut cells = vec![];
            for TableRowChild::TableCell(cell) in &row.cells {
                cells.push(self.cell(&cell.children));
                let wide = told(&cell.property)["gridSpan"].as_u64().unwrap_or(1).clamp(1, 60);
                cells.extend((1..wide).map(|_| String::new()));
            }
            rows.push(cells);
        }
        let width = rows.iter().map(Vec::len).max().unwrap_or_default();
        if rows.iter().flatten().all(|cell| cell.is_empty()) {
            return;
        }
        let mut text = String::new();
        for (place, mut row) in rows.into_iter().enumerate() {
            row.resize(width, String::new());
            text.push_str(&format!("| {} |\n", row.join(" | ")));
            if place == 0 {
                text.push_str(&format!("|{}\n", " --- |".repeat(width)));
            }
        }
        self.block(text.trim_end());
    }
    /// A cell on one line; of a table inside it, its words.
    fn cell(&mut self, children: &[TableCellContent]) -> String {
        let mut parts = vec![];
        for child in children {
            match child {
                TableCellContent::Paragraph(paragraph) => {
                    parts.push(inline(&self.pieces(&paragraph.children)).replace('\n', " "));
                }
                TableCellContent::Table(table) => {
                    for TableChild::TableRow(row) in &table.rows {
                        for TableRowChild::TableCell(cell) in &row.cells {
                            parts.push(self.cell(&cell.children));
                        }
                    }
                }
                _ => {}
            }
        }
        parts.retain(|part| !part.trim().is_empty());
        parts.join(" ").replace('|', "\\|").trim().to_owned()
    }
}

/// The level that a style's name says: 标题 1, heading 1, Heading1; the title of the whole is the highest.
fn named(name: &str) -> Option<usize> {
    let name: String = name.to_lowercase().split_whitespace().collect();
    if ["title", "标题"].contains(&name.as_str()) {
        return Some(1);
    }
    let level = name.strip_prefix("heading").or_else(|| name.strip_prefix("标题"))?;
    level.parse().ok().filter(|level| (1..=6).contains(level))
}

/// Whether a switch that may be left out is on.
fn is_on(value: &serde_json::Value) -> bool {
    value.as_bool().unwrap_or_default()
}

fn look(property: &RunProperty) -> (bool, bool) {
    (is_on(&told(&property.bold)), is_on(&told(&property.italic)))
}

#[cfg(test)]
mod tests;
