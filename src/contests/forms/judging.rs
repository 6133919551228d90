//! What judges and scorers send.
use super::super::{ConflictKind, Method, Refusal, Scores};
use crate::lang::Message;
use crate::msg;
use crate::web::form::{Errors, optional};

/// The longest comment, in characters.
pub const LONGEST: usize = 1_000;
/// The longest score that is kept as it was typed: longer ones are no scores.
const LONGEST_SCORE: usize = 12;
/// More criteria than a method may have are sent by no page of ours.
const MOST: usize = 24;
/// Nor does one know more drafts, or write a stamp that JavaScript cannot count on from.
const MOST_KNOWN: usize = 64;
const LARGEST_STAMP: i64 = 1 << 53;

/// A sheet: the scores under `s-` and the criterion's key.
#[derive(Default, Clone)]
pub struct SheetForm {
    /// The version that the page showed.
    pub version: i32,
    /// What tells this draft from others: the device's clock as a rule, nought without JavaScript.
    pub stamp: i64,
    /// Stamps of the drafts that the page knows: what it sends may take their place, and no other's.
    pub base: Vec<i64>,
    pub scores: Scores,
    pub comment: String,
    pub is_draft: bool,
    pub is_sure: bool,
}

impl SheetForm {
    pub fn of(pairs: &[(String, String)]) -> SheetForm {
        let of = |name: &str| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.as_str());
        let scores = pairs
            .iter()
            .filter_map(|(name, score)| Some((name.strip_prefix("s-")?.to_owned(), number(score))))
            .filter(|(_, score)| !score.is_empty())
            .take(MOST)
            .collect();
        SheetForm {
            version: of("version").and_then(|sent| sent.parse().ok()).unwrap_or_default(),
            stamp: of("stamp").and_then(stamp_of).unwrap_or_default(),
            base: of("base").unwrap_or_default().split(',').filter_map(stamp_of).take(MOST_KNOWN).collect(),
            scores,
            // A form and a script write line ends differently: the same comment is the same.
            comment: of("comment")
                .unwrap_or_default()
                .replace("\r\n", "\n")
                .chars()
                .take(LONGEST * 2)
                .collect(),
            is_draft: of("action") == Some("draft"),
            is_sure: of("is_sure").is_some(),
        }
    }
    /// The comment, and what is wrong by the name of the field.
    pub fn check(&self, method: &Method) -> (String, Errors) {
        let mut errors = Errors::default();
        let comment = errors.take("comment", optional(&self.comment, LONGEST)).unwrap_or_default();
        if method.total(&self.scores).is_none() {
            errors = errors.with("sheet", Refusal::Incomplete.words());
        }
        (comment, errors)
    }
}

fn stamp_of(sent: &str) -> Option<i64> {
    sent.parse().ok().filter(|stamp| (0..=LARGEST_STAMP).contains(stamp))
}

/// A decimal as it was typed: full-width digits and the Chinese full stop are those of a Chinese keyboard.
fn number(sent: &str) -> String {
    let folded = sent.trim().chars().map(|c| match c {
        '０'..='９' => char::from(b'0' + (u32::from(c) - u32::from('０')) as u8),
        '．' | '。' | '，' | ',' => '.',
        other => other,
    });
    let text: String = folded.take(LONGEST_SCORE).collect();
    // 90. and 90.0 and 090 are what people type; the sheet says 90.
    match text.split_once('.') {
        Some((whole, part)) if !whole.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) => {
            let part = part.trim_end_matches('0');
            let whole = trimmed(whole);
            if part.is_empty() { whole } else { format!("{whole}.{part}") }
        }
        _ => trimmed(&text),
    }
}

fn trimmed(whole: &str) -> String {
    match whole.trim_start_matches('0') {
        "" if whole.starts_with('0') => "0".to_owned(),
        rest if rest.starts_with(|c: char| c.is_ascii_digit()) => rest.to_owned(),
        _ => whole.to_owned(),
    }
}

/// The kind of a conflict that a form names.
///
/// # Errors
/// That none was chosen.
pub fn kind_of(sent: &str) -> Result<ConflictKind, Message> {
    ConflictKind::of(sent).ok_or_else(|| msg!("请选是哪一种关系"))
}

/// A whole number from 0 to `most`.
///
/// # Errors
/// That it is none.
pub fn count(sent: &str, most: i32) -> Result<i32, Message> {
    number(sent)
        .parse()
        .ok()
        .filter(|n| (0..=most).contains(n))
        .ok_or_else(|| msg!("请填 0 到 {} 的整数", most))
}

/// Minutes and seconds, as a stopwatch shows them: `7:45`, or seconds alone.
///
/// # Errors
/// That it is neither.
pub fn seconds(sent: &str) -> Result<i32, Message> {
    let sent = sent.trim().replace('：', ":");
    let whole = |text: &str| number(text).parse::<i32>().ok().filter(|n| (0..=86_400).contains(n));
    let found = match sent.split_once(':') {
        None => whole(&sent),
        Some((minutes, seconds)) => whole(minutes)
            .zip(whole(seconds).filter(|seconds| *seconds < 60))
            .map(|(minutes, seconds)| minutes * 60 + seconds),
    };
    found.filter(|seconds| *seconds <= 86_400).ok_or_else(|| msg!("时长写成 7:45 这样，或只写秒数"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_read_as_people_type_them() {
        for (typed, score) in [
            ("90", "90"),
            (" 90.50 ", "90.5"),
            ("９０．５", "90.5"),
            ("90。5", "90.5"),
            ("090", "90"),
            ("0", "0"),
            ("0.0", "0"),
            ("0.5", "0.5"),
            ("90.", "90"),
            ("九十", "九十"),
            ("-1", "-1"),
            ("", ""),
        ] {
            assert_eq!(number(typed), score, "{typed:?}");
        }
    }

    #[test]
    fn a_sheet_says_what_is_missing_and_nought_is_a_score() {
        let method = Method::usual(10);
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut sent = vec![pair("version", "2"), pair("s-content", "90"), pair("s-delivery", "0")];
        assert!(SheetForm::of(&sent).check(&method).1.of("sheet").is_some());
        sent.push(pair("s-form", "77.7"));
        let form = SheetForm::of(&sent);
        assert!(form.check(&method).1.is_empty() && form.version == 2);
        sent.push(pair("comment", &"长".repeat(LONGEST + 1)));
        assert!(SheetForm::of(&sent).check(&method).1.of("comment").is_some());
    }

    #[test]
    fn a_stopwatch_is_read() {
        assert_eq!(seconds("7:45"), Ok(465));
        assert_eq!(seconds("7：05"), Ok(425));
        assert_eq!(seconds("480"), Ok(480));
        for wrong in ["", "7:60", "a", "-1", "7:5:1", "999999"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
