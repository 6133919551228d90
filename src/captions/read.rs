//! Files of captions as people have them: which encoding, which format, and the text without its dress.
use super::{Line, MAX_BYTES, Wrong, moment, settle};
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{BIG5, DecoderResult, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};

/// The longest tag or override that is dropped, in bytes; what is longer is text.
const LONGEST_TAG: usize = 300;

/// Fewer bytes outside ASCII than this say little about the encoding: then it is the one of this country.
const FEW: usize = 20;

type Found = Result<(u32, Line), Wrong>;

/// Reads WebVTT or SRT, told apart by content, in UTF-8, UTF-16, GB18030 or Big5. Tags, settings, styles and notes are
/// dropped, entities decoded; then as [`check`](super::check). `duration_ms` is `i32::MAX` where nobody knows it.
///
/// # Errors
/// What is wrong, with the line of the file; at most [`MAX_WRONGS`](super::MAX_WRONGS).
pub fn read(bytes: &[u8], duration_ms: i32) -> Result<Vec<Line>, Vec<Wrong>> {
    if bytes.len() > MAX_BYTES {
        return Err(vec![Wrong::TooBig]);
    }
    let text = text(bytes).map_err(|wrong| vec![wrong])?;
    let lines = split(&text);
    let is_vtt = lines.first().is_some_and(|first| {
        first.strip_prefix("WEBVTT").is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
    });
    let found = if is_vtt { vtt(&lines) } else { srt(&lines) };
    let is_any = found.iter().any(|one| !matches!(one, Err(Wrong::NoTime { .. })));
    // A WebVTT file without lines is one; something else without a single time is not captions at all.
    if !is_any && !is_vtt {
        return Err(vec![Wrong::NotCaptions]);
    }
    settle(found.into_iter(), duration_ms)
}

// ---------- encodings

/// The text of a file in UTF-8, UTF-16, GB18030 or Big5; nothing if it is none.
pub fn decode(bytes: &[u8]) -> Option<String> {
    text(bytes).ok()
}

fn text(bytes: &[u8]) -> Result<String, Wrong> {
    let (encoding, mark) = match Encoding::for_bom(bytes) {
        Some(marked) => marked,
        None => (guess(bytes).ok_or(Wrong::NotCaptions)?, 0),
    };
    let bytes = bytes.get(mark..).unwrap_or_default();
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let room = decoder.max_utf8_buffer_length_without_replacement(bytes.len()).ok_or(Wrong::TooBig)?;
    let mut text = String::with_capacity(room);
    match decoder.decode_to_string_without_replacement(bytes, &mut text, true).0 {
        // Files put together from several have marks inside as well.
        DecoderResult::InputEmpty => Ok(text.replace('\u{FEFF}', "")),
        DecoderResult::Malformed(..) | DecoderResult::OutputFull => {
            Err(Wrong::Encoding { line: split(&text).len().max(1) as u32 })
        }
    }
}

/// The encoding of a file that does not say it; none if it is no text.
fn guess(bytes: &[u8]) -> Option<&'static Encoding> {
    if bytes.contains(&0) {
        return utf16(bytes);
    }
    if is_utf8(bytes) {
        return Some(UTF_8);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let guessed = detector.guess(None, Utf8Detection::Deny);
    // GB18030 holds GBK. Western encodings take any bytes: a damaged Chinese file would come out as nonsense.
    let signs = bytes.iter().filter(|byte| !byte.is_ascii()).count();
    let is_big5 = guessed == BIG5
        && signs >= FEW
        && BIG5.decode_without_bom_handling_and_without_replacement(bytes).is_some();
    Some(if is_big5 { BIG5 } else { GB18030 })
}

/// In captions every second byte of a digit or a colon is zero, always on the same side.
fn utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    let start = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
    let zeros = |side: usize| start.iter().skip(side).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, few) = (zeros(0), zeros(1), start.len() / 20);
    if odd > few && odd > 4 * even {
        Some(UTF_16LE)
    } else if even > few && even > 4 * odd {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// UTF-8, also where it is damaged: then the reader is told so, instead of seeing it as another encoding's nonsense.
fn is_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad, mut is_chance) = (0, 0, false);
    for chunk in bytes.utf8_chunks() {
        let letters = chunk.valid().chars().filter(|letter| !letter.is_ascii());
        let (count, first) = (letters.clone().count(), letters.clone().next());
        // 系统 in GB18030 is ϵͳ in UTF-8, and some other words are like it: letters of two bytes, one as the other.
        is_chance =
            first.is_some_and(|first| first >= '\u{100}') && letters.clone().all(|letter| letter < '\u{800}');
        good += count;
        bad += usize::from(!chunk.invalid().is_empty());
    }
    // WebVTT is UTF-8 by its rules.
    let is_sure = good >= FEW / 2 || !is_chance || bytes.starts_with(b"WEBVTT");
    if bad == 0 { is_sure } else { good > 4 * bad }
}

/// The lines of a text; each of `\r\n`, `\n` and `\r` ends one.
fn split(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some(end) = rest.find(['\n', '\r']) {
        let (line, tail) = rest.split_at(end);
        lines.push(line);
        rest = tail.strip_prefix("\r\n").or_else(|| tail.get(1..)).unwrap_or_default();
    }
    lines.push(rest);
    lines
}

// ---------- formats

fn number(place: usize) -> u32 {
    u32::try_from(place + 1).unwrap_or(u32::MAX)
}

fn is_blank(line: &str) -> bool {
    line.trim().is_empty()
}

fn is_index(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit())
}

/// The two times of a line with an arrow; what stands behind them are settings.
fn times(line: &str, place: usize) -> Result<(i32, i32), Wrong> {
    let line_number = number(place);
    let (start, rest) = line.split_once("-->").ok_or(Wrong::BadTime { line: line_number })?;
    let end = rest.split_whitespace().next().unwrap_or_default();
    Ok((moment(start, line_number)?, moment(end, line_number)?))
}

fn cue(times: Result<(i32, i32), Wrong>, place: usize, text: &[&str], format: Format) -> Found {
    let (start_ms, end_ms) = times?;
    Ok((number(place), Line { start_ms, end_ms, text: plain(&text.join("\n"), format) }))
}

fn vtt(lines: &[&str]) -> Vec<Found> {
    let mut found = Vec::new();
    // The head goes to the first empty line; some programs forget that one.
    let mut place =
        lines.iter().position(|line| is_blank(line) || line.contains("-->")).unwrap_or(lines.len());
    while let Some(first) = lines.get(place) {
        let to_blank = || lines.iter().skip(place).take_while(|line| !is_blank(line)).count();
        let name = first.split_whitespace().next().unwrap_or_default();
        let is_arrow = |at: usize| lines.get(at).is_some_and(|line| line.contains("-->"));
        let timing = if is_arrow(place) { place } else { place + 1 };
        if is_blank(first) {
            place += 1;
        } else if !is_arrow(place) && matches!(name, "NOTE" | "STYLE" | "REGION") {
            place += to_blank();
        } else if is_arrow(timing) {
            let text = lines.get(timing + 1..).unwrap_or_default();
            let length = text.iter().take_while(|line| !is_blank(line) && !line.contains("-->")).count();
            let mut text = text.get(..length).unwrap_or_default();
            // Without an empty line between, the number of the next stands at the end of this one.
            let is_next = is_arrow(timing + 1 + length);
            if let Some((_, before)) = text.split_last().filter(|(last, _)| is_next && is_index(last)) {
                text = before;
            }
            let stamp = lines.get(timing).copied().unwrap_or_default();
            found.push(cue(times(stamp, timing), timing, text, Format::Vtt));
            place = timing + 1 + length;
        } else {
            found.push(Err(Wrong::NoTime { line: number(place) }));
            let block = lines.iter().skip(place).take_while(|line| !is_blank(line) && !line.contains("-->"));
            place += block.count();
        }
    }
    found
}

/// Everything between two lines of times is text, also after an empty line, without the number of the next.
fn srt(lines: &[&str]) -> Vec<Found> {
    let is_timing = |line: &str| {
        let start = line.split_once("-->").map(|(start, _)| start.trim());
        start.is_some_and(|start| {
            start.contains([':', '：']) && start.starts_with(|c: char| !c.is_alphabetic())
        })
    };
    let timings: Vec<usize> =
        lines.iter().enumerate().filter(|(_, line)| is_timing(line)).map(|(place, _)| place).collect();
    // Up to which line the text before this line of times goes.
    let text_end = |timing: usize| match timing.checked_sub(1) {
        Some(before) if lines.get(before).is_some_and(|line| is_index(line)) => before,
        _ => timing,
    };
    let mut found = Vec::new();
    let head = text_end(timings.first().copied().unwrap_or(lines.len()));
    if let Some(place) = lines.iter().take(head).position(|line| !is_blank(line)) {
        found.push(Err(Wrong::NoTime { line: number(place) }));
    }
    let ends = timings.iter().skip(1).map(|next| text_end(*next)).chain([lines.len()]);
    for (&timing, end) in timings.iter().zip(ends) {
        let stamp = lines.get(timing).copied().unwrap_or_default();
        let text = lines.get(timing + 1..end.max(timing + 1)).unwrap_or_default();
        found.push(cue(times(stamp, timing), timing, text, Format::Srt));
    }
    found
}

// ---------- text

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Vtt,
    Srt,
}

/// The text without tags and with its entities decoded, in one pass: `&lt;b&gt;` stays text.
fn plain(text: &str, format: Format) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let mut taken = letter.len_utf8();
        if let Some(length) = tag(rest) {
            taken = length;
            if rest.get(..3).is_some_and(|name| name.eq_ignore_ascii_case("<br")) {
                plain.push('\n');
            }
        } else if let Some(length) = (format == Format::Srt).then(|| override_of(rest)).flatten() {
            taken = length;
        } else if let Some((decoded, length)) = entity(rest) {
            plain.push(decoded);
            taken = length;
        } else {
            plain.push(letter);
        }
        rest = rest.get(taken..).unwrap_or_default();
    }
    plain
}

/// Whether a tag may begin here: `a < b` has none.
pub(super) fn is_tag_start(rest: &str) -> bool {
    let after = rest.strip_prefix('<').and_then(|rest| rest.chars().next());
    after.is_some_and(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '/' | '!'))
}

/// The length of the tag that stands here.
fn tag(rest: &str) -> Option<usize> {
    is_tag_start(rest).then(|| closed(rest, b'<', b'>')).flatten()
}

/// The length of an override of the ASS kind that stands here, as in `{\an8}`.
fn override_of(rest: &str) -> Option<usize> {
    rest.starts_with("{\\").then(|| closed(rest, b'{', b'}')).flatten()
}

fn closed(rest: &str, open: u8, close: u8) -> Option<usize> {
    let near = rest.as_bytes().iter().take(LONGEST_TAG).skip(1);
    let end = near.take_while(|byte| **byte != open).position(|byte| *byte == close)?;
    Some(end + 2)
}

/// The entity that stands here and its length. One of a sign that no text has is left as it is.
pub(super) fn entity(rest: &str) -> Option<(char, usize)> {
    let body = rest.strip_prefix('&')?;
    let end = body.bytes().take(10).position(|byte| byte == b';')?;
    let name = body.get(..end)?;
    let decoded = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{A0}',
        "lrm" => '\u{200E}',
        "rlm" => '\u{200F}',
        _ => {
            let code = name.strip_prefix('#')?;
            let is_number = !code.starts_with('+');
            let code = match code.strip_prefix(['x', 'X']) {
                Some(hex) if !hex.starts_with('+') => u32::from_str_radix(hex, 16).ok()?,
                Some(_) => return None,
                None => code.parse().ok()?,
            };
            char::from_u32(code).filter(|_| is_number)?
        }
    };
    Some((decoded, end + 2))
}
