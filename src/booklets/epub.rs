//! A booklet as a book to take away: EPUB 3, the same bytes for the same text. The crate writes the parts; they are packed
//! once more here, with the pictures, and without the moment at which that was done.
use super::attachments::Attachment;
use super::{About, Chapter};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::web::text::{Attached, attachments_in, escape, markdown_apart};
use epub_builder::{EpubBuilder, EpubContent, EpubVersion, ReferenceType, ZipLibrary};
use std::io::{Cursor, Read, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

/// What an EPUB is called on the network.
pub const MIME: &str = "application/epub+zip";
const STYLE: &[u8] = b"body { line-height: 1.8; }\n\
    h1 { font-size: 1.5em; line-height: 1.35; }\n\
    h2 { font-size: 1.25em; }\n\
    h3 { font-size: 1.1em; }\n\
    img { max-width: 100%; height: auto; }\n\
    table { border-collapse: collapse; width: 100%; }\n\
    th, td { border: 1px solid #999; padding: 0.3em 0.5em; text-align: left; vertical-align: top; }\n\
    .n { text-align: right; }\n\
    pre { white-space: pre-wrap; }\n\
    .title { text-align: center; margin-top: 30%; }\n\
    .kind { color: #666; }\n";

/// All that goes into a book.
pub struct Book {
    pub slug: String,
    pub about: About,
    pub chapters: Vec<Chapter>,
    pub files: Vec<Attachment>,
    pub published_at: Timestamp,
    /// Who publishes it; may be empty.
    pub publisher: String,
}

/// The book. `read` brings the bytes of a picture; one that is not there is what is said of it.
///
/// # Errors
/// Those of reading and packing.
pub fn make(book: &Book, mut read: impl FnMut(&Attachment) -> Result<Option<Vec<u8>>>) -> Result<Vec<u8>> {
    // Which pictures the text shows, and which of them are there.
    let mut shown: Vec<i64> =
        book.chapters.iter().flat_map(|chapter| attachments_in(&chapter.body)).collect();
    shown.sort_unstable();
    shown.dedup();
    let mut pictures = vec![];
    for file in book.files.iter().filter(|file| file.kind.is_picture() && shown.contains(&file.id.0)) {
        if let Some(bytes) = read(file)? {
            pictures.push((file, bytes));
        }
    }
    pack(&parts(book, &pictures)?, &pictures)
}

/// Where a picture is in the book.
fn place(file: &Attachment) -> String {
    format!("images/{}.{}", file.id, file.kind.ending())
}

/// The book without its pictures, which it names.
fn parts(book: &Book, pictures: &[(&Attachment, Vec<u8>)]) -> Result<Vec<u8>> {
    let made = || -> std::result::Result<Vec<u8>, epub_builder::Error> {
        let mut builder = EpubBuilder::new(ZipLibrary::new()?)?;
        let at = book.published_at.and_utc();
        builder.epub_version(EpubVersion::V30);
        builder.set_languages(vec!["zh-CN".into()]);
        builder.set_title(clean(&book.about.title));
        builder.add_description(clean(&book.about.intro));
        if !book.publisher.is_empty() {
            builder.add_author(clean(&book.publisher));
        }
        builder.set_generator("Weixiao");
        builder.set_toc_name("目录");
        builder.set_publication_date(at);
        builder.set_modified_date(at);
        if let Ok(id) = identity(&book.slug).parse() {
            builder.set_uuid(id);
        }
        builder.stylesheet(STYLE)?;
        for (file, _) in pictures {
            builder.add_resource(place(file), std::io::empty(), file.kind.mime())?;
        }
        builder.add_content(
            EpubContent::new("title.xhtml", title_page(book).as_bytes())
                .title(clean(&book.about.title))
                .reftype(ReferenceType::TitlePage),
        )?;
        builder.inline_toc();
        let find = |id: i64| {
            let (file, _) = pictures.iter().find(|(file, _)| file.id.0 == id)?;
            Some(Attached { href: place(file), is_picture: true })
        };
        for chapter in &book.chapters {
            let html = super::pages::finished(2, &markdown_apart(&clean(&chapter.body), &find))
                .replace(" decoding=\"async\" />", " />");
            let title = format!("{}. {}", chapter.number, clean(&chapter.title));
            let text = page(&title, &format!("<h1>{}</h1>\n{html}", escape(&title)));
            let name = format!("chapter-{}.xhtml", chapter.number);
            builder.add_content(
                EpubContent::new(name, text.as_bytes()).title(title).reftype(ReferenceType::Text),
            )?;
        }
        let mut bytes = vec![];
        builder.generate(&mut bytes)?;
        Ok(bytes)
    };
    made().map_err(Error::internal)
}

/// The cover, as text.
fn title_page(book: &Book) -> String {
    let line = |class: &str, text: &str| match text.trim() {
        "" => String::new(),
        text => format!("<p class=\"{class}\">{}</p>\n", escape(&clean(text))),
    };
    let title = clean(&book.about.title);
    let day = crate::clock::day(book.published_at).format("%Y 年 %-m 月 %-d 日").to_string();
    let body = format!(
        "<div class=\"title\">\n{}<h1>{}</h1>\n{}{}{}</div>",
        line("kind", &book.about.kind),
        escape(&title),
        line("intro", &book.about.intro),
        line("kind", &book.publisher),
        line("kind", &day),
    );
    page(&title, &body)
}

/// A page of the book.
fn page(title: &str, body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!DOCTYPE html>\n\
         <html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"zh-CN\" xml:lang=\"zh-CN\">\n<head>\n\
         <meta charset=\"utf-8\" />\n<title>{}</title>\n\
         <link rel=\"stylesheet\" type=\"text/css\" href=\"stylesheet.css\" />\n</head>\n<body>\n{body}\n</body>\n</html>\n",
        escape(title)
    )
}

/// Without the characters that XML does not know.
fn clean(text: &str) -> String {
    text.chars()
        .filter(|c| (!c.is_control() || matches!(c, '\n' | '\t')) && !matches!(c, '\u{fffe}' | '\u{ffff}'))
        .collect()
}

/// The name by which readers' shelves know the book again: of the booklet, in all its editions.
fn identity(slug: &str) -> String {
    let digest = crate::ids::digest(&format!("weixiao booklet {slug}"));
    // Version 8 of RFC 9562: what the maker says, here a digest.
    format!(
        "{}-{}-8{}-a{}-{}",
        &digest[..8],
        &digest[8..12],
        &digest[13..16],
        &digest[17..20],
        &digest[20..32]
    )
}

/// Packs the parts and the pictures: what the book is first and as it is, texts pressed, every file of the same old day.
fn pack(parts: &[u8], pictures: &[(&Attachment, Vec<u8>)]) -> Result<Vec<u8>> {
    let mut parts = ZipArchive::new(Cursor::new(parts)).map_err(Error::internal)?;
    let mut book = ZipWriter::new(Cursor::new(vec![]));
    let day = DateTime::from_date_and_time(1980, 1, 1, 0, 0, 0).map_err(Error::internal)?;
    let as_it_is = SimpleFileOptions::default()
        .last_modified_time(day)
        .compression_method(CompressionMethod::Stored)
        .unix_permissions(0o644);
    let pressed = as_it_is.compression_method(CompressionMethod::Deflated);
    for at in 0..parts.len() {
        let mut part = parts.by_index(at).map_err(Error::internal)?;
        let name = part.name().map_err(Error::internal)?.into_owned();
        let picture =
            pictures.iter().find(|(file, _)| name.strip_prefix("OEBPS/") == Some(place(file).as_str()));
        let options = if picture.is_some() || name == "mimetype" { as_it_is } else { pressed };
        book.start_file(&name, options).map_err(Error::internal)?;
        match picture {
            Some((_, bytes)) => book.write_all(bytes).map_err(Error::internal)?,
            None => {
                let mut text = vec![];
                part.read_to_end(&mut text).map_err(Error::internal)?;
                book.write_all(&text).map_err(Error::internal)?;
            }
        }
    }
    Ok(book.finish().map_err(Error::internal)?.into_inner())
}
