//! Turning text that a browser sent into values, field by field.
use crate::clock::{self, Timestamp};
use crate::lang::Message;
use crate::msg;
use chrono::{Datelike, NaiveDate, NaiveDateTime};
use std::collections::BTreeMap;

/// What is wrong with a form, by the name of the field.
#[derive(Default, Debug, PartialEq, Eq)]
pub struct Errors(BTreeMap<&'static str, Message>);

impl Errors {
    /// The value, or `None` with the problem kept under the field's name.
    pub fn take<T>(&mut self, field: &'static str, value: Result<T, Message>) -> Option<T> {
        value.map_err(|problem| self.0.insert(field, problem)).ok()
    }
    pub fn of(&self, field: &str) -> Option<&Message> {
        self.0.get(field)
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// Every problem with its field's name, for the summary above the form.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Message)> {
        self.0.iter().map(|(field, problem)| (*field, problem))
    }
    /// These errors and the others; of two about one field these.
    pub fn and(mut self, others: Errors) -> Errors {
        for (field, problem) in others.0 {
            self.0.entry(field).or_insert(problem);
        }
        self
    }
    /// These errors with one more.
    pub fn with(mut self, field: &'static str, problem: Message) -> Errors {
        self.0.insert(field, problem);
        self
    }
}

/// One line or several that must not be empty; at most `longest` characters.
pub fn text(sent: &str, longest: usize) -> Result<String, Message> {
    match optional(sent, longest)? {
        text if text.is_empty() => Err(msg!("请填写")),
        text => Ok(text),
    }
}

/// Text that may be left out. Line ends become `\n`; NUL and other control characters are refused: PostgreSQL keeps
/// no NUL, and nobody types one.
pub fn optional(sent: &str, longest: usize) -> Result<String, Message> {
    let text = sent.replace("\r\n", "\n");
    let text = text.trim();
    if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(msg!("有无法显示的字符，请删去后再试"));
    }
    if text.chars().count() > longest {
        return Err(msg!("不超过 {} 字", longest));
    }
    Ok(text.to_owned())
}

/// A day as a browser sends it.
pub fn day(sent: &str) -> Result<NaiveDate, Message> {
    let read = NaiveDate::parse_from_str(&tidy(sent), "%Y-%m-%d");
    read.ok().filter(|day| is_likely(*day)).ok_or_else(|| msg!("日期写成 2026-12-31 这样"))
}

/// A moment on a clock in the city: as a browser sends it, or as people write it.
pub fn moment(sent: &str) -> Result<Timestamp, Message> {
    let sent = tidy(sent).replace(' ', "T");
    let read = NaiveDateTime::parse_from_str(&sent, MOMENT)
        .or_else(|_| NaiveDateTime::parse_from_str(&sent, "%Y-%m-%dT%H:%M:%S"));
    read.ok()
        .filter(|at| is_likely(at.date()))
        .map(clock::from_local)
        .ok_or_else(|| msg!("时间写成 2026-12-31 09:30 这样"))
}

/// A moment as a browser takes it in a field.
pub fn moment_field(at: Timestamp) -> String {
    clock::local(at).format(MOMENT).to_string()
}

/// How browsers write a moment in a form.
const MOMENT: &str = "%Y-%m-%dT%H:%M";

fn tidy(sent: &str) -> String {
    sent.trim().replace('/', "-")
}

/// Nobody plans for other centuries: a slip of the finger.
fn is_likely(day: NaiveDate) -> bool {
    (2000..2200).contains(&day.year())
}

/// A key that makes a repeated post the same post: made with the form, 32 hexadecimal characters.
pub fn key(sent: &str) -> Result<String, Message> {
    if sent.len() == 32 && sent.bytes().all(|b| b.is_ascii_hexdigit()) {
        Ok(sent.to_owned())
    } else {
        Err(msg!("这张表单不完整，请重新打开这一页再填"))
    }
}

/// Whoever saves second is told, and sees both.
pub fn overtaken() -> Message {
    msg!("您打开这一页之后，别人保存过另一份。两份都在下面：改好您的这一份再保存，就以您的为准。")
}

/// A path inside this portal to go on to, or `/`: never another site's.
pub fn local_path(sent: &str) -> &str {
    let is_local = sent.starts_with('/')
        && !sent.starts_with("//")
        && sent.len() <= 2_000
        && !sent.chars().any(|c| c.is_control() || c == '\\' || c.is_whitespace());
    if is_local { sent } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_trimmed_counted_in_characters_and_free_of_control_characters() {
        assert_eq!(text(" 灌区\r\n巡查 ", 5), Ok("灌区\n巡查".into()));
        assert!(text("  ", 5).is_err());
        assert!(text("六个字的文本", 5).is_err());
        assert!(text("a\0b", 5).is_err());
    }

    #[test]
    fn only_paths_of_this_portal_are_gone_on_to() {
        for (sent, path) in [
            ("/account", "/account"),
            ("/lectures?page=2#q", "/lectures?page=2#q"),
            ("//example.org", "/"),
            ("/\\example.org", "/"),
            ("https://example.org", "/"),
            ("javascript:alert(1)", "/"),
            ("/a\r\nSet-Cookie: x", "/"),
            ("", "/"),
        ] {
            assert_eq!(local_path(sent), path, "{sent:?}");
        }
    }
}
