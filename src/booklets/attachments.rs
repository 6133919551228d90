//! Pictures and PDF files that belong to a booklet or a course: what they are (told by their bytes, not by their names), how
//! large they may be, and where a text finds them. Their bytes are in the media store, each in a folder of its own.
pub use super::store::attachments::{Attachment, New, copy, insert, kept, list, readable, remove};
use crate::ids::{BookletId, CourseId};
use crate::lang::Message;
use crate::web::text::Attached;
use crate::{msg, text_enum};

text_enum! {
    pub enum Kind {
        Png = "png",
        Jpeg = "jpeg",
        Webp = "webp",
        Pdf = "pdf",
    }
}

/// The largest picture, in bytes: what the media store reads at once.
pub const LARGEST_PICTURE: usize = crate::media::SMALL as usize;
/// The largest PDF file, in bytes.
pub const LARGEST_PDF: usize = 30 * 1024 * 1024;
/// What all files of one booklet or course may have together, in bytes: the book to take away holds its pictures.
pub const LARGEST_TOTAL: i64 = 96 * 1024 * 1024;
/// The longest side of a picture, in points, and the most points: a telephone has to unpack it.
const LONGEST_SIDE: u32 = 10_000;
const MOST_POINTS: u64 = 40_000_000;

/// What a file belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    Booklet(BookletId),
    Course(CourseId),
}

impl Kind {
    /// By its first bytes.
    pub fn of_bytes(bytes: &[u8]) -> Option<Kind> {
        match bytes {
            [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some(Kind::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Kind::Jpeg),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Kind::Webp),
            [b'%', b'P', b'D', b'F', b'-', ..] => Some(Kind::Pdf),
            _ => None,
        }
    }
    pub const fn mime(self) -> &'static str {
        match self {
            Kind::Png => "image/png",
            Kind::Jpeg => "image/jpeg",
            Kind::Webp => "image/webp",
            Kind::Pdf => "application/pdf",
        }
    }
    pub const fn ending(self) -> &'static str {
        match self {
            Kind::Png => "png",
            Kind::Jpeg => "jpg",
            Kind::Webp => "webp",
            Kind::Pdf => "pdf",
        }
    }
    pub fn is_picture(self) -> bool {
        self != Kind::Pdf
    }
}

/// What a file is, if it may be kept.
///
/// # Errors
/// Why it may not, in a sentence.
pub fn check(bytes: &[u8]) -> Result<Kind, Message> {
    let kind = Kind::of_bytes(bytes).ok_or_else(|| {
        msg!("这不是 PNG、JPEG、WebP 图片，也不是 PDF。请换成其中一种格式再传；改文件名没有用，看的是内容。")
    })?;
    let most = if kind.is_picture() { LARGEST_PICTURE } else { LARGEST_PDF };
    if bytes.len() > most {
        return Err(match kind {
            Kind::Pdf => msg!("文件太大：PDF 最大 {} MB。", most / 1024 / 1024),
            _ => msg!("文件太大：图片最大 {} MB。可以先缩小再传。", most / 1024 / 1024),
        });
    }
    if kind.is_picture() {
        let (width, height) = dimensions(kind, bytes)
            .filter(|(width, height)| *width > 0 && *height > 0)
            .ok_or_else(|| msg!("这张图片不完整，读不出长和宽。请重新导出一次再传。"))?;
        let points = u64::from(width) * u64::from(height);
        if width.max(height) > LONGEST_SIDE || points > MOST_POINTS {
            return Err(msg!(
                "图片有 {} × {} 点，太大了：每边不超过 {} 点，总共不超过 4000 万点。请先缩小再传。",
                width,
                height,
                LONGEST_SIDE
            ));
        }
    }
    Ok(kind)
}

/// Width and height of a picture as its head says, in points.
pub fn dimensions(kind: Kind, bytes: &[u8]) -> Option<(u32, u32)> {
    match kind {
        Kind::Png => {
            let head = bytes.get(12..24)?;
            let number = |at: usize| Some(u32::from_be_bytes(head.get(at..at + 4)?.try_into().ok()?));
            if head.starts_with(b"IHDR") { Some((number(4)?, number(8)?)) } else { None }
        }
        Kind::Jpeg => jpeg(bytes),
        Kind::Webp => webp(bytes),
        Kind::Pdf => None,
    }
}

fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let two = |at: usize| Some(u32::from(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
    let mut at = 2;
    loop {
        if *bytes.get(at)? != 0xff {
            return None;
        }
        match *bytes.get(at + 1)? {
            // filling
            0xff => at += 1,
            // marks without a length
            0x01 | 0xd0..=0xd8 => at += 2,
            // the frame: its kinds, without the tables that stand between their numbers
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                return Some((two(at + 7)?, two(at + 5)?));
            }
            // the picture itself, or its end, before any frame
            0xd9 | 0xda => return None,
            _ => at += 2 + two(at + 2)?.max(2) as usize,
        }
    }
}

fn webp(bytes: &[u8]) -> Option<(u32, u32)> {
    let part = bytes.get(20..30)?;
    match bytes.get(12..16)? {
        b"VP8X" => {
            let three = |at: usize| {
                u32::from(part[at]) | u32::from(part[at + 1]) << 8 | u32::from(part[at + 2]) << 16
            };
            Some((three(4) + 1, three(7) + 1))
        }
        b"VP8L" if part[0] == 0x2f => {
            let bits = u32::from_le_bytes(part[1..5].try_into().ok()?);
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8 " if part[3..6] == [0x9d, 0x01, 0x2a] => {
            let two = |at: usize| u32::from(u16::from_le_bytes([part[at], part[at + 1]])) & 0x3fff;
            Some((two(6), two(8)))
        }
        _ => None,
    }
}

/// A name for the address and for whoever saves the file: the last part of what was sent, without signs that mean something
/// in addresses, and with the ending of what the file is.
pub fn name(sent: &str, kind: Kind) -> String {
    let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
    let may = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '（' | '）' | '《' | '》');
    let stem: String = stem.chars().map(|c| if may(c) { c } else { '-' }).take(60).collect();
    let stem = stem.trim_matches('-');
    format!("{}.{}", if stem.is_empty() { "file" } else { stem }, kind.ending())
}

impl Attachment {
    /// Its address.
    pub fn href(&self) -> String {
        let name: String = self
            .name
            .bytes()
            .map(|b| match b {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(b).to_string(),
                _ => format!("%{b:02X}"),
            })
            .collect();
        format!("/attachments/{}/{name}", self.id)
    }
    /// The file in the media store.
    pub fn key(&self) -> String {
        format!("{}/file.{}", self.folder, self.kind.ending())
    }
}

/// Finds these files by their numbers, for a text.
pub fn finder(files: &[Attachment]) -> impl Fn(i64) -> Option<Attached> + '_ {
    |id| {
        let file = files.iter().find(|file| file.id.0 == id)?;
        Some(Attached { href: file.href(), is_picture: file.kind.is_picture() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes.extend([8, 2, 0, 0, 0]);
        bytes
    }

    #[test]
    fn a_file_is_what_its_bytes_say() {
        assert_eq!(check(&png(640, 360)), Ok(Kind::Png));
        assert_eq!(check(b"%PDF-1.7\n"), Ok(Kind::Pdf));
        let jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x11\x08\x01\x68\x02\x80\x03";
        assert_eq!((check(jpeg), dimensions(Kind::Jpeg, jpeg)), (Ok(Kind::Jpeg), Some((640, 360))));
        for (head, size) in [
            (b"VP8X\x0a\0\0\0\x10\0\0\0\x7f\x02\0\x67\x01\0".as_slice(), (640, 360)),
            (b"VP8L\x0a\0\0\0\x2f\x7f\xc2\x59\0\0\0\0\0\0", (640, 360)),
            (b"VP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a\x80\x02\x68\x01", (640, 360)),
        ] {
            let bytes = [b"RIFF\0\0\0\0WEBP".as_slice(), head].concat();
            assert_eq!((check(&bytes), dimensions(Kind::Webp, &bytes)), (Ok(Kind::Webp), Some(size)));
        }
        let cut = png(640, 360);
        for bytes in [
            b"".as_slice(),
            b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
            b"GIF89a",
            b"<html>%PDF-",
            b"\xff\xd8\xff\xe0\0\x04ab",
            b"\xff\xd8\xff\xda\0\x04ab",
            b"\xff\xd8\xff\xe0\0\0\0\0\0\0",
            b"RIFF\0\0\0\0WEBPVP8 ",
            &cut[..20],
            &png(0, 9),
            &png(20_000, 9),
            &png(9_000, 9_000),
        ] {
            assert!(check(bytes).is_err(), "{bytes:?}");
        }
        assert!(check(&[png(640, 360), vec![0; LARGEST_PICTURE]].concat()).is_err());
        assert!(check(&[b"%PDF-".to_vec(), vec![0; LARGEST_PDF]].concat()).is_err());
    }

    #[test]
    fn a_name_means_nothing_in_an_address() {
        for (sent, kept) in [
            ("水尺.PNG", "水尺.png"),
            ("C:\\图\\a b%2F?.jpg", "a-b-2F.png"),
            ("../../etc/passwd", "passwd.png"),
            ("page.html", "page.png"),
            ("", "file.png"),
            ("<script>.png", "script.png"),
        ] {
            assert_eq!(name(sent, Kind::Png), kept, "{sent}");
        }
    }
}
