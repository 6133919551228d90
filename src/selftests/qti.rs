//! QTI 2.1, the part of it that these questions need (pure): docs/qti.en.md says what is read and written. Nothing of a file is
//! expanded: no DTD, no entities but the five of XML, nothing fetched; sizes are limited.
mod element;
mod item;

use super::Question;
use super::exchange::{Bad, MOST_ITEMS, Place, Read};
use crate::error::{Error, Result};
use crate::lang::Message;
use crate::msg;
use crate::web::sheet;
use element::Element;
use quick_xml::escape::escape;
use std::io::{Cursor, Read as _, Write};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// The largest XML file that is read, in bytes.
const LARGEST_FILE: u64 = 1024 * 1024;
const MANIFEST: &str = "imsmanifest.xml";
/// What the manifest calls a question.
const ITEM: &str = "imsqti_item_xmlv2p1";

/// What a package is called on the network.
pub const ZIP: &str = "application/zip";

/// Whether this is a content package.
pub fn is_package(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK")
        && ZipArchive::new(Cursor::new(bytes)).is_ok_and(|archive| archive.index_for_name(MANIFEST).is_some())
}

/// Whether this is a file of XML.
pub fn is_xml(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    text.trim_ascii_start().starts_with(b"<")
}

/// The questions of a content package, or the one of a file.
///
/// # Errors
/// Why nothing can be read. What is wrong with a question is told with it.
pub fn read(bytes: &[u8]) -> Result<Read, Message> {
    let mut found = Read::default();
    if is_package(bytes) {
        sheet::unpack_check(bytes).map_err(|_| unreadable())?;
        read_package(bytes, &mut found)?;
    } else {
        take(&mut found, "XML", bytes);
    }
    if found.items.is_empty() && found.bad.is_empty() {
        return Err(msg!("这个 QTI 包里没有题目。"));
    }
    Ok(found)
}

fn unreadable() -> Message {
    msg!("这个压缩包读不出来，或者展开后太大，没有读。")
}

fn read_package(bytes: &[u8], found: &mut Read) -> Result<(), Message> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| unreadable())?;
    let manifest = Element::parse(&inside(&mut archive, MANIFEST)?)?;
    let resources = manifest.child("resources").map(Element::elements).unwrap_or_default();
    if resources.len() > MOST_ITEMS {
        return Err(msg!("一次最多导入 {} 道题，请分成几个文件。", MOST_ITEMS));
    }
    for resource in resources.into_iter().filter(|one| one.name == "resource") {
        let name = resource.attribute("href").unwrap_or_default().to_owned();
        let named =
            if name.is_empty() { resource.attribute("identifier").unwrap_or("?") } else { name.as_str() };
        match resource.attribute("type").unwrap_or_default() {
            ITEM if name.is_empty() => {
                found.bad.push(Bad::new(Place::File(named.into()), msg!("清单里没有写文件名。")));
            }
            ITEM => match inside(&mut archive, &name) {
                Ok(xml) => take(found, &name, &xml),
                Err(problem) => found.bad.push(Bad::new(Place::File(name), problem)),
            },
            kind if kind.starts_with("imsqti_") => found.bad.push(Bad::new(
                Place::File(named.into()),
                msg!("这一项是 {}，这里只读 QTI 2.1 的题目。", short(kind)),
            )),
            // Pictures, styles and the like belong to questions, which say themselves that they need them.
            _ => {}
        }
    }
    Ok(())
}

fn take(found: &mut Read, name: &str, xml: &[u8]) {
    match Element::parse(xml).and_then(|root| item::read(&root, name)) {
        Ok(item) => found.items.push(item),
        Err(problem) => found.bad.push(Bad::new(Place::File(name.to_owned()), problem)),
    }
}

fn inside(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str) -> Result<Vec<u8>, Message> {
    let file = archive.by_name(name).map_err(|_| msg!("压缩包里没有 {}。", short(name)))?;
    let mut bytes = vec![];
    file.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(|_| unreadable())?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(msg!("{} 太大，没有读。", short(name)));
    }
    Ok(bytes)
}

/// A name of a stranger's file, as much of it as a sentence bears.
fn short(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(80).collect()
}

/// The questions as a content package.
///
/// # Errors
/// If the package cannot be written.
pub fn write(questions: &[Question], identifier: &str) -> Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(vec![]));
    // Without the hour of the day the same questions make the same file.
    let options = SimpleFileOptions::default().last_modified_time(zip::DateTime::default());
    let mut resources = String::new();
    for (number, one) in (1..).zip(questions) {
        let file = format!("items/{number:04}.xml");
        zip.start_file(&file, options).map_err(Error::internal)?;
        zip.write_all(item::write(one).as_bytes()).map_err(Error::internal)?;
        let name = escape(item::identifier(&one.code)).into_owned();
        resources += &format!(
            "    <resource identifier=\"{name}\" type=\"{ITEM}\" href=\"{file}\"><file href=\"{file}\"/></resource>\n"
        );
    }
    let manifest = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" identifier="{}">
  <metadata><schema>QTIv2.1 Package</schema><schemaversion>1.0.0</schemaversion></metadata>
  <organizations/>
  <resources>
{resources}  </resources>
</manifest>
"#,
        escape(identifier)
    );
    zip.start_file(MANIFEST, options).map_err(Error::internal)?;
    zip.write_all(manifest.as_bytes()).map_err(Error::internal)?;
    Ok(zip.finish().map_err(Error::internal)?.into_inner())
}

#[cfg(test)]
mod tests;
