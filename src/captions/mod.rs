//! The captions of a recording: WebVTT and SRT read, checked and written, and the times that an editor's user types.
//! Pure: no database, no pages.
mod read;
mod write;

use crate::lang::Message;
use crate::msg;
pub use read::{decode, read};
use std::collections::HashMap;
pub use write::{srt, vtt};

/// The largest file that is read, in bytes.
pub const MAX_BYTES: usize = 2 << 20;
/// The most lines of one recording.
pub const MAX_LINES: usize = 5_000;
/// The most characters of one line.
pub const MAX_LETTERS: usize = 200;
/// The most chapters of one recording.
pub const MAX_CHAPTERS: usize = 50;
/// The most characters of a chapter's title.
pub const MAX_TITLE: usize = 60;
/// So many problems are told at once; whoever has mended them sees the next.
pub const MAX_WRONGS: usize = 20;
/// A line may end so many milliseconds after the recording: two programs seldom agree on how long one is.
const TOLERANCE_MS: i32 = 2_000;

/// One line of captions. A checked one has `0 <= start_ms < end_ms <= duration` and one line of text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    pub start_ms: i32,
    pub end_ms: i32,
    pub text: String,
}

/// One chapter: where it begins and what it is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Chapter {
    pub start_ms: i32,
    pub title: String,
}

/// One problem. `line` is the line of the file, or the row of the editor; both count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    TooBig,
    NotCaptions,
    Encoding { line: u32 },
    TooMany { line: u32 },
    NoTime { line: u32 },
    BadTime { line: u32 },
    Negative { line: u32 },
    Reversed { line: u32 },
    NoLength { line: u32 },
    Beyond { line: u32, duration_ms: i32 },
    TooLong { line: u32, letters: usize, most: usize },
    Control { line: u32 },
    TooManyChapters { line: u32 },
    SameChapter { line: u32 },
}

impl Wrong {
    /// Where it is, if it is in one place.
    pub fn line(&self) -> Option<u32> {
        match *self {
            Wrong::TooBig | Wrong::NotCaptions => None,
            Wrong::Encoding { line }
            | Wrong::TooMany { line }
            | Wrong::NoTime { line }
            | Wrong::BadTime { line }
            | Wrong::Negative { line }
            | Wrong::Reversed { line }
            | Wrong::NoLength { line }
            | Wrong::Beyond { line, .. }
            | Wrong::TooLong { line, .. }
            | Wrong::Control { line }
            | Wrong::TooManyChapters { line }
            | Wrong::SameChapter { line } => Some(line),
        }
    }
    pub fn words(&self) -> Message {
        match self {
            Wrong::TooBig => msg!("字幕文件不能超过 {} MB", MAX_BYTES >> 20),
            Wrong::NotCaptions => msg!("这不是 WebVTT 或 SRT 字幕文件"),
            Wrong::Encoding { line } => msg!("第 {} 行：文字编码读不出来，请另存为 UTF-8 再传", line),
            Wrong::TooMany { line } => msg!("第 {} 行：字幕超过了 {} 条", line, MAX_LINES),
            Wrong::NoTime { line } => msg!("第 {} 行：这段文字没有时间", line),
            Wrong::BadTime { line } => msg!("第 {} 行：时间读不出来，要写成 1:02.5 这样", line),
            Wrong::Negative { line } => msg!("第 {} 行：时间是负数", line),
            Wrong::Reversed { line } => msg!("第 {} 行：结束时间早于开始时间", line),
            Wrong::NoLength { line } => msg!("第 {} 行：开始和结束是同一时间", line),
            Wrong::Beyond { line, duration_ms } => {
                msg!("第 {} 行：时间超出了视频，视频长 {}", line, shown(*duration_ms))
            }
            Wrong::TooLong { line, letters, most } => {
                msg!("第 {} 行：有 {} 个字，最多 {} 个", line, letters, most)
            }
            Wrong::Control { line } => msg!("第 {} 行：文字里有控制字符", line),
            Wrong::TooManyChapters { line } => msg!("第 {} 行：章节超过了 {} 个", line, MAX_CHAPTERS),
            Wrong::SameChapter { line } => msg!("第 {} 行：另一章也从这个时间开始", line),
        }
    }
}

/// The editor's own lines, in the order of its rows: texts tidied, empty ones dropped, sorted, and a text that goes on
/// over itself made one line. What comes back passes unchanged. `duration_ms` is `i32::MAX` where nobody knows it.
///
/// # Errors
/// What is wrong, with the row from 1; at most [`MAX_WRONGS`].
pub fn check(lines: Vec<Line>, duration_ms: i32) -> Result<Vec<Line>, Vec<Wrong>> {
    settle(lines.into_iter().zip(1..).map(|(line, number)| Ok((number, line))), duration_ms)
}

/// The rows of the form as they came: start, end, text. A row without text is dropped whatever its times say.
///
/// # Errors
/// As [`check`].
pub fn rows<'a>(
    rows: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>,
    duration_ms: i32,
) -> Result<Vec<Line>, Vec<Wrong>> {
    let typed = rows.into_iter().zip(1..).filter(|((_, _, text), _)| !tidy(text).is_empty());
    let lines = typed.map(|((start, end, text), number)| {
        let (start_ms, end_ms) = (moment(start, number)?, moment(end, number)?);
        Ok((number, Line { start_ms, end_ms, text: text.to_owned() }))
    });
    settle(lines, duration_ms)
}

/// The rows of the chapters' form: at, title. A row without a title is dropped.
///
/// # Errors
/// What is wrong, with the row from 1.
pub fn chapters<'a>(
    rows: impl IntoIterator<Item = (&'a str, &'a str)>,
    duration_ms: i32,
) -> Result<Vec<Chapter>, Vec<Wrong>> {
    let (mut kept, mut wrongs) = (Vec::<Chapter>::new(), Vec::new());
    for ((at, title), line) in rows.into_iter().zip(1..) {
        let title = tidy(title);
        if title.is_empty() {
            continue;
        }
        if kept.len() == MAX_CHAPTERS {
            wrongs.push(Wrong::TooManyChapters { line });
        }
        if wrongs.len() >= MAX_WRONGS || kept.len() == MAX_CHAPTERS {
            break;
        }
        let letters = title.chars().count();
        match moment(at, line) {
            Err(wrong) => wrongs.push(wrong),
            Ok(start_ms) if start_ms >= duration_ms => wrongs.push(Wrong::Beyond { line, duration_ms }),
            Ok(start_ms) if kept.iter().any(|other| other.start_ms == start_ms) => {
                wrongs.push(Wrong::SameChapter { line });
            }
            Ok(_) if letters > MAX_TITLE => wrongs.push(Wrong::TooLong { line, letters, most: MAX_TITLE }),
            Ok(_) if title.chars().any(char::is_control) => wrongs.push(Wrong::Control { line }),
            Ok(start_ms) => kept.push(Chapter { start_ms, title }),
        }
    }
    kept.sort();
    if wrongs.is_empty() { Ok(kept) } else { Err(wrongs) }
}

/// A time as people and files write it, in milliseconds: `1:02.5`, `00:01:02.500`, `62`, also with a comma for the dot
/// and with the full-width signs of a Chinese keyboard.
pub fn time(text: &str) -> Option<i32> {
    let text = text.trim();
    if text.len() > 64 {
        return None;
    }
    let plain: String = text.chars().map(half_width).collect();
    let (whole, fraction) = match plain.split_once('.') {
        Some((whole, fraction)) => (whole, thousandths(fraction)?),
        None => (plain.as_str(), 0),
    };
    let mut seconds = 0_i64;
    for (place, part) in whole.split(':').enumerate() {
        let number = digits(part)?;
        // Only the largest unit may go past 59: 90:00 is an hour and a half.
        if place > 2 || (place > 0 && number > 59) {
            return None;
        }
        seconds = seconds * 60 + number;
    }
    i32::try_from(seconds * 1_000 + fraction).ok()
}

/// A time for the editor: `1:02.500`, `1:00:02.500`. [`time`] reads it back to the millisecond.
pub fn shown(ms: i32) -> String {
    let ms = ms.max(0);
    let (minutes, rest) = (ms / 60_000, format!("{:02}.{:03}", ms / 1_000 % 60, ms % 1_000));
    match minutes / 60 {
        0 => format!("{minutes}:{rest}"),
        hours => format!("{hours}:{:02}:{rest}", minutes % 60),
    }
}

fn half_width(letter: char) -> char {
    match letter {
        '：' => ':',
        ',' | '，' | '．' | '。' => '.',
        '０'..='９' => char::from_u32(letter as u32 - '０' as u32 + '0' as u32).unwrap_or(letter),
        other => other,
    }
}

fn digits(text: &str) -> Option<i64> {
    let are_digits = (1..=9).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| are_digits)
}

/// Milliseconds of what stands after the dot; what is finer is cut off.
fn thousandths(text: &str) -> Option<i64> {
    digits(text)?;
    Some(text.bytes().chain(*b"00").take(3).fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')))
}

fn moment(text: &str, line: u32) -> Result<i32, Wrong> {
    let text = text.trim();
    match text.strip_prefix(['-', '−', '－']) {
        Some(rest) if time(rest).is_some() => Err(Wrong::Negative { line }),
        _ => time(text).ok_or(Wrong::BadTime { line }),
    }
}

/// One line without signs that nobody sees: white space is one space, but the wide space of Chinese captions stays.
fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            // marks of direction, zero-width spaces and byte order marks, which programs leave behind
            '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' => {}
            '\u{2066}'..='\u{2069}' | '\u{FEFF}' => {}
            '\u{3000}' => tidied.push(letter),
            _ if letter.is_whitespace() && tidied.ends_with(' ') => {}
            _ if letter.is_whitespace() => tidied.push(' '),
            _ => tidied.push(letter),
        }
    }
    tidied.trim().to_owned()
}

/// Checks numbered lines, sorts them, and makes one of those that say the same over each other.
fn settle(
    lines: impl Iterator<Item = Result<(u32, Line), Wrong>>,
    duration_ms: i32,
) -> Result<Vec<Line>, Vec<Wrong>> {
    let (mut kept, mut wrongs) = (Vec::new(), Vec::new());
    for line in lines {
        if wrongs.len() == MAX_WRONGS {
            break;
        }
        match line.and_then(|(number, line)| sound(number, line, duration_ms)) {
            Err(wrong) => wrongs.push(wrong),
            Ok(None) => {}
            Ok(Some((line, _))) if kept.len() == MAX_LINES => {
                wrongs.push(Wrong::TooMany { line });
                break;
            }
            Ok(Some((_, line))) => kept.push(line),
        }
    }
    if wrongs.is_empty() { Ok(merge(kept)) } else { Err(wrongs) }
}

/// The line as it is kept; none if it says nothing.
fn sound(number: u32, line: Line, duration_ms: i32) -> Result<Option<(u32, Line)>, Wrong> {
    let Line { start_ms, end_ms, text } = line;
    let text = tidy(&text);
    let letters = text.chars().count();
    let line = number;
    if text.is_empty() {
        Ok(None)
    } else if start_ms < 0 || end_ms < 0 {
        Err(Wrong::Negative { line })
    } else if end_ms < start_ms {
        Err(Wrong::Reversed { line })
    } else if end_ms == start_ms {
        Err(Wrong::NoLength { line })
    } else if start_ms >= duration_ms || end_ms > duration_ms.saturating_add(TOLERANCE_MS) {
        Err(Wrong::Beyond { line, duration_ms })
    } else if text.chars().any(char::is_control) {
        Err(Wrong::Control { line })
    } else if letters > MAX_LETTERS {
        Err(Wrong::TooLong { line, letters, most: MAX_LETTERS })
    } else {
        Ok(Some((line, Line { start_ms, end_ms: end_ms.min(duration_ms), text })))
    }
}

fn merge(mut lines: Vec<Line>) -> Vec<Line> {
    lines.sort();
    let mut latest: HashMap<String, usize> = HashMap::new();
    let mut merged: Vec<Line> = Vec::with_capacity(lines.len());
    for line in lines {
        if let Some(&place) = latest.get(&line.text)
            && let Some(same) = merged.get_mut(place)
            && line.start_ms < same.end_ms
        {
            same.end_ms = same.end_ms.max(line.end_ms);
            continue;
        }
        latest.insert(line.text.clone(), merged.len());
        merged.push(line);
    }
    // One that grew may now end after its neighbour with the same start.
    merged.sort();
    merged
}

#[cfg(test)]
mod tests;
