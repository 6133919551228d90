//! The boxes of an MP4 file (ISO/IEC 14496-12), as far as they tell what is inside. Only headers are read, in a fixed order
//! of known boxes and with bounds on everything, so that no file can make it read much or deep.
use std::fs::File;
use std::io::{BufReader, Read, Result, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

/// More boxes than these in one place, or tracks, or entries of a table: not by a camera.
const MOST_BOXES: usize = 512;
const MOST_TRACKS: usize = 32;
const MOST_ENTRIES: u32 = 4_000_000;

/// A box: its four letters, and where its content is.
type Part = ([u8; 4], Range<u64>);

/// What was read of the file.
#[derive(Debug, Default, PartialEq)]
pub struct Movie {
    /// Whether a box says that it is longer than the file.
    pub is_cut: bool,
    /// The share of the media bytes that are there, from 0 to 1.
    pub present: f64,
    /// Whether the samples are in fragments, whose number nobody tells.
    pub is_fragmented: bool,
    pub tracks: Vec<Track>,
}

/// A track, by its own tables and not by the claims of the headers.
#[derive(Debug, Default, PartialEq)]
pub struct Track {
    /// `vide`, `soun` …
    pub kind: [u8; 4],
    /// `avc1`, `mp4a` …
    pub codec: [u8; 4],
    pub width: u16,
    pub height: u16,
    /// Whether players turn it by a quarter.
    pub is_turned: bool,
    pub duration_s: f64,
    pub samples: u64,
    /// Profile, compatibility and level: the numbers in `avc1.4D401F`.
    pub avc: Option<[u8; 3]>,
    pub channels: u16,
}

/// Whether this looks like the start of a file that a known program writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Mp4,
    /// Matroska, AVI, MPEG, FLV, Windows Media.
    OtherVideo,
    /// MP3, WAV, FLAC, Ogg.
    Sound,
    Other,
}

/// Tells the kind by the first bytes; the name of a file says nothing.
///
/// # Errors
/// Those of the file system.
pub fn kind(path: &Path) -> Result<Kind> {
    let mut head = Vec::new();
    File::open(path)?.take(400).read_to_end(&mut head)?;
    let starts = |with: &[u8]| head.starts_with(with);
    let at = |place: usize, with: &[u8]| head.get(place..).is_some_and(|rest| rest.starts_with(with));
    let is_mp4 = [b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"].iter().any(|name| at(4, *name));
    let is_ts = head.first() == Some(&0x47) && head.get(188) == Some(&0x47)
        || head.get(4) == Some(&0x47) && head.get(196) == Some(&0x47);
    Ok(if is_mp4 {
        Kind::Mp4
    } else if starts(&[0x1A, 0x45, 0xDF, 0xA3])
        || starts(b"RIFF") && at(8, b"AVI ")
        || starts(b"FLV")
        || starts(&[0, 0, 1, 0xBA])
        || starts(&[0, 0, 1, 0xB3])
        || starts(&[0x30, 0x26, 0xB2, 0x75])
        || is_ts
    {
        Kind::OtherVideo
    } else if starts(b"ID3")
        || starts(b"RIFF") && at(8, b"WAVE")
        || starts(b"fLaC")
        || starts(b"OggS")
        || starts(b"#!AMR")
        || matches!(head.as_slice(), [0xFF, second, ..] if second & 0xE0 == 0xE0 && *second != 0xFF)
    {
        Kind::Sound
    } else {
        Kind::Other
    })
}

/// Reads the tracks. A file without `moov`, or with one that makes no sense, has none.
///
/// # Errors
/// Those of the file system.
pub fn movie(path: &Path) -> Result<Movie> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut movie = Movie { present: 1.0, ..Movie::default() };
    let (mut media, mut missing) = (0_u64, 0_u64);
    let mut places = Vec::new();
    for (name, content) in children(&mut file, 0..length, u64::MAX)? {
        let over = content.end.saturating_sub(length);
        movie.is_cut |= over > 0;
        if &name == b"mdat" {
            media = media.saturating_add(content.end - content.start);
            missing = missing.saturating_add(over);
        }
        if &name == b"moov" && over == 0 {
            places.push(content);
        }
    }
    if media > 0 {
        movie.present = 1.0 - missing as f64 / media as f64;
    }
    let Some(moov) = places.into_iter().next() else { return Ok(movie) };
    for (name, content) in children(&mut file, moov.clone(), moov.end)? {
        match &name {
            b"mvex" => movie.is_fragmented = true,
            b"trak" if movie.tracks.len() < MOST_TRACKS => movie.tracks.push(track(&mut file, content)?),
            _ => {}
        }
    }
    Ok(movie)
}

/// The boxes in a range. `limit` is where their ends have to be: inside another box nothing reaches out of it.
fn children(file: &mut File, within: Range<u64>, limit: u64) -> Result<Vec<Part>> {
    let mut parts = Vec::new();
    let mut at = within.start;
    while at.saturating_add(8) <= within.end && parts.len() < MOST_BOXES {
        let mut head = [0; 16];
        let known = read_at(file, at, &mut head)?;
        if known < 8 {
            break;
        }
        let name = [head[4], head[5], head[6], head[7]];
        let small = u64::from(number(&head, 0));
        let (start, end) = match small {
            // to the end of the file
            0 => (at + 8, within.end),
            1 if known == 16 => {
                let large = u64::from(number(&head, 8)) << 32 | u64::from(number(&head, 12));
                (at + 16, at.saturating_add(large))
            }
            _ => (at + 8, at + small),
        };
        if end < start || end > limit || !name.iter().all(|byte| (0x20..0x7F).contains(byte) || *byte == 0xA9)
        {
            break;
        }
        parts.push((name, start..end));
        at = end;
    }
    Ok(parts)
}

/// The content of the first box with this name.
fn child(file: &mut File, within: &Range<u64>, name: &[u8; 4]) -> Result<Option<Range<u64>>> {
    let parts = children(file, within.clone(), within.end)?;
    Ok(parts.into_iter().find(|part| &part.0 == name).map(|part| part.1))
}

fn track(file: &mut File, trak: Range<u64>) -> Result<Track> {
    let mut track = Track::default();
    if let Some(tkhd) = child(file, &trak, b"tkhd")? {
        let mut head = [0; 96];
        read_at(file, tkhd.start, &mut head)?;
        // version 1 has longer times
        let matrix = if head[0] == 1 { 52 } else { 40 };
        // a b u c d …: turned by a quarter when a and d are zero
        track.is_turned = number(&head, matrix) == 0 && number(&head, matrix + 4) != 0;
    }
    let Some(mdia) = child(file, &trak, b"mdia")? else { return Ok(track) };
    if let Some(hdlr) = child(file, &mdia, b"hdlr")? {
        let mut head = [0; 12];
        read_at(file, hdlr.start, &mut head)?;
        track.kind = [head[8], head[9], head[10], head[11]];
    }
    let mut scale = 0;
    if let Some(mdhd) = child(file, &mdia, b"mdhd")? {
        let mut head = [0; 32];
        read_at(file, mdhd.start, &mut head)?;
        scale = number(&head, if head[0] == 1 { 20 } else { 12 });
    }
    let Some(minf) = child(file, &mdia, b"minf")? else { return Ok(track) };
    let Some(stbl) = child(file, &minf, b"stbl")? else { return Ok(track) };
    if let Some(stts) = child(file, &stbl, b"stts")? {
        let (samples, ticks) = times(file, &stts)?;
        track.samples = samples;
        track.duration_s = if scale > 0 { ticks as f64 / f64::from(scale) } else { 0.0 };
    }
    if let Some(stsd) = child(file, &stbl, b"stsd")? {
        sample_entry(file, stsd, &mut track)?;
    }
    Ok(track)
}

/// The number of samples and the sum of their times.
fn times(file: &mut File, stts: &Range<u64>) -> Result<(u64, u64)> {
    file.seek(SeekFrom::Start(stts.start))?;
    let mut table = BufReader::new((&mut *file).take(stts.end - stts.start));
    let mut head = [0; 8];
    if table.read_exact(&mut head).is_err() {
        return Ok((0, 0));
    }
    let (mut samples, mut ticks) = (0_u64, 0_u64);
    for _ in 0..number(&head, 4).min(MOST_ENTRIES) {
        let mut entry = [0; 8];
        if table.read_exact(&mut entry).is_err() {
            break;
        }
        let (count, delta) = (u64::from(number(&entry, 0)), u64::from(number(&entry, 4)));
        samples = samples.saturating_add(count);
        ticks = ticks.saturating_add(count.saturating_mul(delta));
    }
    Ok((samples, ticks))
}

/// The first entry of the sample descriptions.
fn sample_entry(file: &mut File, stsd: Range<u64>, track: &mut Track) -> Result<()> {
    let entries = children(file, stsd.start.saturating_add(8)..stsd.end, stsd.end)?;
    let Some((codec, content)) = entries.into_iter().next() else { return Ok(()) };
    track.codec = codec;
    let mut head = [0; 78];
    read_at(file, content.start, &mut head)?;
    if &track.kind == b"soun" {
        track.channels = u16::from_be_bytes([head[16], head[17]]);
        return Ok(());
    }
    track.width = u16::from_be_bytes([head[24], head[25]]);
    track.height = u16::from_be_bytes([head[26], head[27]]);
    let inner = content.start.saturating_add(78)..content.end;
    if let Some(avcc) = child(file, &inner, b"avcC")? {
        let mut head = [0; 4];
        if read_at(file, avcc.start, &mut head)? == 4 {
            track.avc = Some([head[1], head[2], head[3]]);
        }
    }
    Ok(())
}

/// Reads as much as there is; the rest stays zero.
fn read_at(file: &mut File, at: u64, buffer: &mut [u8]) -> Result<usize> {
    file.seek(SeekFrom::Start(at))?;
    let mut count = 0;
    while count < buffer.len() {
        match file.read(&mut buffer[count..])? {
            0 => break,
            more => count += more,
        }
    }
    Ok(count)
}

fn number(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
