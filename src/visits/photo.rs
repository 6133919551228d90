//! A photo of a visit without what cameras write into it: place, time, maker. What a picture needs to be seen stays, and which
//! side of it is up. The picture itself is not decoded; nothing but bytes.
use crate::lang::Message;
use crate::{msg, text_enum};

text_enum! {
    /// What a photo may be.
    pub enum Kind {
        Jpeg = "jpeg",
        Png = "png",
    }
}

impl Kind {
    pub const fn mime(self) -> &'static str {
        match self {
            Kind::Jpeg => "image/jpeg",
            Kind::Png => "image/png",
        }
    }
}

/// The largest photo, in bytes.
pub const LARGEST: usize = 8 * 1024 * 1024;

/// The photo as it may be kept.
///
/// # Errors
/// Why it may not, in a sentence.
pub fn clean(bytes: &[u8]) -> Result<(Kind, Vec<u8>), Message> {
    if bytes.is_empty() {
        return Err(msg!("请选一张照片"));
    }
    if bytes.len() > LARGEST {
        return Err(msg!("照片太大：最大 {} MB。可以先缩小再传。", LARGEST / 1024 / 1024));
    }
    let broken = || msg!("这张照片不完整，请换一张再传");
    match bytes {
        [0xff, 0xd8, 0xff, ..] => jpeg(bytes).map(|clean| (Kind::Jpeg, clean)).ok_or_else(broken),
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, rest @ ..] => {
            png(rest).map(|clean| (Kind::Png, clean)).ok_or_else(broken)
        }
        _ => Err(msg!("照片要是 JPEG 或 PNG 格式。改文件名没有用，看的是内容。")),
    }
}

fn two(bytes: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?)))
}

/// Segments before the picture, without those of applications and comments. JFIF and Adobe's tell how colours are meant.
fn jpeg(bytes: &[u8]) -> Option<Vec<u8>> {
    let (mut at, mut clean, mut has_frame) = (2, vec![0xff, 0xd8], false);
    loop {
        if *bytes.get(at)? != 0xff {
            return None;
        }
        let mark = *bytes.get(at + 1)?;
        match mark {
            0xff => at += 1,
            0x01 | 0xd0..=0xd8 => at += 2,
            // The picture: to the end mark, behind which telephones hide films and other pictures.
            0xda if has_frame => {
                let picture = bytes.get(at..)?;
                let end = end_of_picture(picture)?;
                clean.extend_from_slice(&picture[..end]);
                return Some(clean);
            }
            0xd9 | 0xda => return None,
            _ => {
                let length = two(bytes, at + 2)?;
                let segment = bytes.get(at..at + 2 + length).filter(|_| length >= 2)?;
                let body = &segment[4..];
                match mark {
                    0xe1 => clean.extend(upright(body).map(orientation).unwrap_or_default()),
                    0xe0 if body.starts_with(b"JFIF\0") => clean.extend_from_slice(segment),
                    0xee if body.starts_with(b"Adobe") => clean.extend_from_slice(segment),
                    0xe0..=0xef | 0xfe => {}
                    _ => {
                        let is_frame = (0xc0..=0xcf).contains(&mark) && ![0xc4, 0xc8, 0xcc].contains(&mark);
                        has_frame |= is_frame;
                        clean.extend_from_slice(segment);
                    }
                }
                at += 2 + length;
            }
        }
    }
}

/// The first byte behind the end mark. Inside the scans a mark has 0 or a restart number behind it, or a table of known length.
fn end_of_picture(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == 0xff)?;
        match *bytes.get(at + 1)? {
            0xd9 => return Some(at + 2),
            0x00 | 0xd0..=0xd7 | 0x01 => at += 2,
            0xff => at += 1,
            _ => at += 2 + two(bytes, at + 2)?.max(2),
        }
    }
}

/// Which side is up, by the only word of Exif that is kept: 1 to 8.
fn upright(body: &[u8]) -> Option<u8> {
    let tiff = body.strip_prefix(b"Exif\0\0")?;
    let is_little = tiff.starts_with(b"II");
    let number = |at: usize, bytes: usize| -> Option<usize> {
        let mut some: Vec<u8> = tiff.get(at..at.checked_add(bytes)?)?.to_vec();
        if is_little {
            some.reverse();
        }
        Some(some.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    };
    let directory = number(4, 4)?;
    for entry in 0..number(directory, 2)?.min(200) {
        let at = directory + 2 + 12 * entry;
        if number(at, 2)? == 0x0112 {
            return u8::try_from(number(at + 8, 2)?).ok().filter(|side| (2..=8).contains(side));
        }
    }
    None
}

/// A segment of Exif with nothing in it but which side is up.
fn orientation(side: u8) -> Vec<u8> {
    let mut segment = vec![0xff, 0xe1, 0, 34];
    segment.extend(b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0");
    segment.extend([side, 0, 0, 0, 0, 0, 0]);
    segment
}

/// Chunks that draw the picture; those with words, times and what cameras write are left out.
fn png(mut bytes: &[u8]) -> Option<Vec<u8>> {
    const DRAWN: [&[u8]; 9] =
        [b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"sRGB", b"cHRM", b"pHYs"];
    let mut clean = vec![0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a];
    let mut is_first = true;
    loop {
        let length = u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
        let name = bytes.get(4..8)?;
        let chunk = bytes.get(..length.checked_add(12)?)?;
        if is_first && name != b"IHDR" {
            return None;
        }
        is_first = false;
        if DRAWN.contains(&name) {
            clean.extend_from_slice(chunk);
        }
        if name == b"IEND" {
            return Some(clean);
        }
        bytes = &bytes[chunk.len()..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(mark: u8, body: &[u8]) -> Vec<u8> {
        let mut segment = vec![0xff, mark];
        segment.extend(u16::try_from(body.len() + 2).unwrap().to_be_bytes());
        segment.extend(body);
        segment
    }

    fn picture(side: u8) -> Vec<u8> {
        let mut exif = b"Exif\0\0II\x2a\0\x08\0\0\0\x02\0".to_vec();
        exif.extend(b"\x12\x01\x03\0\x01\0\0\0");
        exif.extend([side, 0, 0, 0]);
        exif.extend(b"\x25\x88\x04\0\x01\0\0\0\x1a\0\0\0\0\0\0\0GPS 30.99 103.64");
        [
            vec![0xff, 0xd8],
            segment(0xe0, b"JFIF\0\x01\x01"),
            segment(0xe1, &exif),
            segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0<x>GPS</x>"),
            segment(0xfe, b"GPS comment"),
            segment(0xdb, &[7; 65]),
            segment(0xc0, &[8, 0, 1, 0, 1, 1, 1, 0x11, 0]),
            segment(0xda, &[1, 1, 0, 0, 0x3f, 0]),
            vec![1, 2, 0xff, 0, 3, 0xff, 0xd9],
            b"GPS film".to_vec(),
        ]
        .concat()
    }

    fn has(bytes: &[u8], words: &[u8]) -> bool {
        bytes.windows(words.len()).any(|some| some == words)
    }

    #[test]
    fn what_a_camera_writes_is_left_out_but_for_which_side_is_up() {
        let (kind, clean) = clean(&picture(6)).unwrap();
        assert_eq!(kind, Kind::Jpeg);
        assert!(!has(&clean, b"GPS") && has(&clean, b"JFIF") && clean.ends_with(&[3, 0xff, 0xd9]));
        let exif = clean.windows(6).position(|some| some == b"Exif\0\0").unwrap();
        let length = usize::from(u16::from_be_bytes([clean[exif - 2], clean[exif - 1]]));
        assert_eq!(upright(&clean[exif..exif - 2 + length]), Some(6));
        assert_eq!(super::clean(&clean).unwrap().1, clean, "once more changes nothing");
        assert!(!has(&super::clean(&picture(1)).unwrap().1, b"Exif"));
    }

    #[test]
    fn words_in_a_png_are_left_out() {
        let chunk = |name: &[u8; 4], body: &[u8]| {
            let mut chunk = u32::try_from(body.len()).unwrap().to_be_bytes().to_vec();
            chunk.extend(name);
            chunk.extend(body);
            chunk.extend([0; 4]);
            chunk
        };
        let png = [
            b"\x89PNG\r\n\x1a\n".to_vec(),
            chunk(b"IHDR", &[0; 13]),
            chunk(b"eXIf", b"GPS"),
            chunk(b"tEXt", b"GPS"),
            chunk(b"IDAT", b"picture"),
            chunk(b"IEND", b""),
            b"GPS".to_vec(),
        ]
        .concat();
        let (kind, clean) = clean(&png).unwrap();
        assert!(kind == Kind::Png && !has(&clean, b"GPS") && has(&clean, b"picture"));
    }

    #[test]
    fn what_is_no_photo_or_cut_off_is_refused() {
        for bad in
            [&b""[..], b"GIF89a", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR", &picture(1)[..60]]
        {
            assert!(clean(bad).is_err(), "{bad:?}");
        }
        let whole = picture(3);
        for length in 3..whole.len() - b"GPS film".len() {
            assert!(clean(&whole[..length]).is_err(), "{length}");
        }
        assert!(clean(&vec![0xff; LARGEST + 1]).is_err());
    }
}
