//! Lines as files: WebVTT for players, SRT for other programs. The reader takes both back as they were.
use super::read::{entity, is_tag_start};
use super::{Line, tidy};

/// The lines as WebVTT. Texts are escaped: nothing in them becomes a tag or a line of its own.
pub fn vtt(lines: &[Line]) -> String {
    let mut file = String::from("WEBVTT\n");
    for line in lines {
        let text = tidy(&line.text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let (start, end) = (stamp(line.start_ms, '.'), stamp(line.end_ms, '.'));
        file.push_str(&format!("\n{start} --> {end}\n{text}\n"));
    }
    file
}

/// The lines as SRT, numbered from 1. It begins with a byte order mark: players on Windows ask for nothing else before
/// they read Chinese as UTF-8.
pub fn srt(lines: &[Line]) -> String {
    let mut file = String::from("\u{FEFF}");
    for (line, number) in lines.iter().zip(1..) {
        let (start, end) = (stamp(line.start_ms, ','), stamp(line.end_ms, ','));
        let text = bare(&tidy(&line.text));
        file.push_str(&format!("{number}\n{start} --> {end}\n{text}\n\n"));
    }
    file
}

/// SRT has no rule for escapes and many programs show them as they stand, so only what a reader would take for a tag,
/// an escape or a time is escaped.
fn bare(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (place, letter) in text.char_indices() {
        let rest = text.get(place..).unwrap_or_default();
        match letter {
            '&' if entity(rest).is_some() => escaped.push_str("&amp;"),
            '<' if is_tag_start(rest) => escaped.push_str("&lt;"),
            '{' if rest.starts_with("{\\") => escaped.push_str("&#123;"),
            '>' if escaped.ends_with("--") => escaped.push_str("&gt;"),
            _ => escaped.push(letter),
        }
    }
    escaped
}

fn stamp(ms: i32, dot: char) -> String {
    let ms = ms.max(0);
    format!("{:02}:{:02}:{:02}{dot}{:03}", ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60, ms % 1_000)
}
