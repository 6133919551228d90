//! What a question is, and when an answer to it is right (pure).
use crate::lang::Message;
use crate::web::form::{optional, text};
use crate::{msg, text_enum};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization;

text_enum! {
    pub enum Kind {
        Single = "single",
        Multiple = "multiple",
        Boolean = "boolean",
        Fill = "fill",
    }
}

impl Kind {
    /// The kind in words.
    pub fn words(self) -> Message {
        match self {
            Kind::Single => msg!("单选题"),
            Kind::Multiple => msg!("多选题"),
            Kind::Boolean => msg!("判断题"),
            Kind::Fill => msg!("填空题"),
        }
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}
impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Kind, D::Error> {
        let text = String::deserialize(from)?;
        Kind::of(&text).ok_or_else(|| D::Error::custom("no kind of question"))
    }
}

/// A choice; of a question to fill in: an answer that is right.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub text: String,
    pub is_right: bool,
}

impl Choice {
    pub fn new(text: impl Into<String>, is_right: bool) -> Choice {
        Choice { text: text.into(), is_right }
    }
}

/// What a question says. As somebody sent it, until [`Content::check`] has made it what is kept.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Content {
    pub kind: Kind,
    pub stem: String,
    pub choices: Vec<Choice>,
    pub explanation: String,
    /// Of the booklet.
    pub chapter: Option<i32>,
}

/// A part of a question, to say where something is wrong or different.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Code,
    Kind,
    Stem,
    Choices,
    Answer,
    Explanation,
    Chapter,
}

impl Part {
    /// The part in words; also the heading of its column.
    pub fn words(self) -> Message {
        match self {
            Part::Code => msg!("编号"),
            Part::Kind => msg!("题型"),
            Part::Stem => msg!("题目"),
            Part::Choices => msg!("选项"),
            Part::Answer => msg!("答案"),
            Part::Explanation => msg!("解析"),
            Part::Chapter => msg!("章"),
        }
    }
}

/// What is wrong, and where.
pub type Problem = (Part, Message);

/// The two choices of a statement that is true or false.
pub const TRUE: &str = "正确";
pub const FALSE: &str = "错误";
/// The place in a stem where something is to be filled in.
pub const BLANK: &str = "____";
pub const MOST_CHOICES: usize = 10;
pub const MOST_ACCEPTED: usize = 20;
const LONGEST_STEM: usize = 1_000;
const LONGEST_CHOICE: usize = 300;
const LONGEST_ACCEPTED: usize = 100;
const LONGEST_EXPLANATION: usize = 2_000;

/// The two choices of a statement.
pub fn truth(is_true: bool) -> Vec<Choice> {
    vec![Choice::new(TRUE, is_true), Choice::new(FALSE, !is_true)]
}

/// A name of a question in files: letters of any script, digits, and `. _ -`.
///
/// # Errors
/// What is wrong with it.
pub fn code(sent: &str) -> Result<String, Message> {
    let code = text(sent, 80)?;
    if code.chars().all(|c| c.is_alphanumeric() || "._-".contains(c)) {
        Ok(code)
    } else {
        Err(msg!("编号只能用文字、数字和 . _ -"))
    }
}

impl Content {
    /// The question as it is kept, or everything that is wrong with it. `chapters` is how many the booklet has.
    ///
    /// # Errors
    /// Each problem with its part.
    pub fn check(&self, chapters: i32) -> Result<Content, Vec<Problem>> {
        let mut problems = vec![];
        let mut keep = |part, checked: Result<String, Message>| match checked {
            Ok(text) => text,
            Err(problem) => {
                problems.push((part, problem));
                String::new()
            }
        };
        let mut stem = keep(Part::Stem, text(&self.stem, LONGEST_STEM).map(|text| tidy(&text)));
        let explanation =
            keep(Part::Explanation, optional(&self.explanation, LONGEST_EXPLANATION).map(|text| tidy(&text)));
        if self.kind == Kind::Fill {
            stem = blanks(&stem);
            if stem.matches(BLANK).count() > 1 {
                problems.push((Part::Stem, msg!("一道填空题只能有一个空")));
            }
        }
        let choices = match self.kind {
            Kind::Single | Kind::Multiple => self.check_choices(&mut problems),
            Kind::Boolean => self.check_truth(&mut problems),
            Kind::Fill => self.check_accepted(&mut problems),
        };
        match self.chapter {
            Some(_) if chapters == 0 => {
                problems.push((Part::Chapter, msg!("这个题库不属于读本，请把章留空")));
            }
            Some(chapter) if !(1..=chapters).contains(&chapter) => {
                problems.push((Part::Chapter, msg!("读本只有 {} 章", chapters)));
            }
            _ => {}
        }
        if problems.is_empty() {
            Ok(Content { kind: self.kind, stem, choices, explanation, chapter: self.chapter })
        } else {
            Err(problems)
        }
    }
    fn check_choices(&self, problems: &mut Vec<Problem>) -> Vec<Choice> {
        let mut choices = vec![];
        let mut seen = BTreeSet::new();
        for choice in &self.choices {
            match one_line(&choice.text, LONGEST_CHOICE) {
                Ok(text) if text.is_empty() && !choice.is_right => {}
                Ok(text) if text.is_empty() => {
                    problems.push((Part::Answer, msg!("标为正确的选项是空的")));
                }
                Ok(text) => {
                    if !seen.insert(fold(&text)) {
                        problems.push((Part::Choices, msg!("有两个选项一样：{}", text)));
                    }
                    choices.push(Choice { text, is_right: choice.is_right });
                }
                Err(problem) => problems.push((Part::Choices, problem)),
            }
        }
        if choices.len() < 2 {
            problems.push((Part::Choices, msg!("至少要两个选项")));
        }
        if choices.len() > MOST_CHOICES {
            problems.push((Part::Choices, msg!("最多 {} 个选项", MOST_CHOICES)));
        }
        let right = choices.iter().filter(|choice| choice.is_right).count();
        match self.kind {
            Kind::Single if right != 1 => {
                problems.push((Part::Answer, msg!("单选题要有且只有一个正确的选项")))
            }
            _ if right == 0 => problems.push((Part::Answer, msg!("请标出正确的选项"))),
            _ => {}
        }
        choices
    }
    fn check_truth(&self, problems: &mut Vec<Problem>) -> Vec<Choice> {
        match self.choices.iter().position(|choice| choice.is_right) {
            Some(place @ (0 | 1)) if self.choices.len() == 2 => return truth(place == 0),
            _ => problems.push((Part::Answer, msg!("请选这句话正确还是错误"))),
        }
        vec![]
    }
    fn check_accepted(&self, problems: &mut Vec<Problem>) -> Vec<Choice> {
        let mut accepted = vec![];
        let mut seen = BTreeSet::new();
        for choice in &self.choices {
            match one_line(&choice.text, LONGEST_ACCEPTED) {
                Ok(text) if text.is_empty() => {}
                Ok(text) if text.contains(['|', '｜']) => {
                    problems.push((Part::Answer, msg!("答案里不能有竖线，竖线用来分开几个答案")));
                }
                // Answers that are compared as equal are one.
                Ok(text) if !seen.insert(fold(&text)) => {}
                Ok(text) => accepted.push(Choice::new(text, true)),
                Err(problem) => problems.push((Part::Answer, problem)),
            }
        }
        match accepted.len() {
            0 if problems.iter().all(|problem| problem.0 != Part::Answer) => {
                problems.push((Part::Answer, msg!("请至少写一个正确的答案")));
            }
            n if n > MOST_ACCEPTED => {
                problems.push((Part::Answer, msg!("最多 {} 个答案", MOST_ACCEPTED)));
            }
            _ => {}
        }
        accepted
    }
    /// The parts in which two questions differ.
    pub fn differs(&self, other: &Content) -> Vec<Part> {
        let texts = |content: &Content| content.choices.iter().map(|c| c.text.clone()).collect::<Vec<_>>();
        let rights = |content: &Content| content.choices.iter().map(|c| c.is_right).collect::<Vec<_>>();
        let is_written = self.kind == Kind::Fill && other.kind == Kind::Fill;
        [
            (Part::Kind, self.kind != other.kind),
            (Part::Stem, self.stem != other.stem),
            (Part::Choices, texts(self) != texts(other) && !is_written),
            (Part::Answer, rights(self) != rights(other) || (is_written && texts(self) != texts(other))),
            (Part::Explanation, self.explanation != other.explanation),
            (Part::Chapter, self.chapter != other.chapter),
        ]
        .into_iter()
        .filter_map(|(part, differs)| differs.then_some(part))
        .collect()
    }
    /// Equal for questions that ask the same with the same choices, whatever else is said of them.
    pub fn identity(&self) -> String {
        let choices: Vec<_> = self.choices.iter().map(|choice| (&choice.text, choice.is_right)).collect();
        serde_json::json!([self.kind.as_str(), self.stem, choices]).to_string()
    }
}

/// Spaces at the ends of lines and runs of them inside are nothing that a reader sees.
fn tidy(text: &str) -> String {
    let line =
        |line: &str| line.split([' ', '\t']).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect::<Vec<_>>().join("\n").trim().to_owned()
}

fn one_line(sent: &str, longest: usize) -> Result<String, Message> {
    optional(&sent.replace("\r\n", " ").replace('\n', " "), longest).map(|text| tidy(&text))
}

/// Every run of two or more low lines is [`BLANK`].
fn blanks(stem: &str) -> String {
    let mut out = String::with_capacity(stem.len());
    let mut run = 0;
    for c in stem.replace('＿', "_").chars().chain([' ']) {
        if c == '_' {
            run += 1;
            continue;
        }
        match run {
            0 => {}
            1 => out.push('_'),
            _ => out.push_str(BLANK),
        }
        run = 0;
        out.push(c);
    }
    out.trim_end().to_owned()
}

/// Text as it is compared: without spaces at its ends, full width or half, large or small letters, compatibility forms.
pub fn fold(text: &str) -> String {
    let wide: String = text.nfkc().collect();
    // By way of capitals, so that ß is ss and both small sigmas are one.
    let folded: String =
        wide.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfkc().collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A, B, C … for the places of choices.
pub fn letter(place: usize) -> char {
    u8::try_from(place).ok().and_then(|n| b'A'.checked_add(n)).map_or('?', char::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(kind: Kind, choices: &[(&str, bool)]) -> Content {
        Content {
            kind,
            stem: " 支部  党员大会\r\n多久开一次 ".into(),
            choices: choices.iter().map(|(text, is_right)| Choice::new(*text, *is_right)).collect(),
            explanation: String::new(),
            chapter: None,
        }
    }
    fn parts(content: &Content) -> Vec<Part> {
        content.check(0).unwrap_err().into_iter().map(|problem| problem.0).collect()
    }

    #[test]
    fn a_question_is_kept_tidy_and_checking_it_again_changes_nothing() {
        let kept =
            content(Kind::Single, &[("每月", false), (" 每 季度 ", true), ("", false)]).check(0).unwrap();
        assert_eq!(kept.stem, "支部 党员大会\n多久开一次");
        assert_eq!(kept.choices, [Choice::new("每月", false), Choice::new("每 季度", true)]);
        assert_eq!(kept.check(0).unwrap(), kept);
    }

    #[test]
    fn each_kind_has_its_rules() {
        assert_eq!(parts(&content(Kind::Single, &[("甲", true), ("乙", true)])), [Part::Answer]);
        assert_eq!(parts(&content(Kind::Single, &[("甲", true)])), [Part::Choices]);
        assert_eq!(parts(&content(Kind::Single, &[("甲", true), ("甲", false)])), [Part::Choices]);
        assert_eq!(parts(&content(Kind::Multiple, &[("甲", false), ("乙", false)])), [Part::Answer]);
        assert!(content(Kind::Multiple, &[("甲", true), ("乙", false)]).check(0).is_ok());
        assert_eq!(parts(&content(Kind::Boolean, &[("对", false), ("错", false)])), [Part::Answer]);
        assert_eq!(parts(&content(Kind::Fill, &[(" ", true)])), [Part::Answer]);
        assert_eq!(parts(&content(Kind::Fill, &[("a|b", true)])), [Part::Answer]);
        let fill =
            content(Kind::Fill, &[("每季度", true), ("每季度 ", true), ("一季度", true)]).check(0).unwrap();
        assert_eq!(fill.choices.len(), 2, "equal answers are one");
        let with_chapter = |chapter| Content { chapter, ..content(Kind::Fill, &[("甲", true)]) };
        assert!(with_chapter(Some(3)).check(3).is_ok());
        assert!(with_chapter(Some(4)).check(3).is_err() && with_chapter(Some(1)).check(0).is_err());
    }

    #[test]
    fn a_blank_is_four_low_lines_and_there_is_one() {
        let with =
            |stem: &str| Content { stem: stem.into(), ..content(Kind::Fill, &[("甲", true)]) }.check(0);
        assert_eq!(with("支部每＿＿＿开会").unwrap().stem, "支部每____开会");
        assert_eq!(with("a_b ______").unwrap().stem, "a_b ____");
        assert!(with("____和____").is_err());
    }

    #[test]
    fn answers_are_compared_as_people_mean_them() {
        for (one, other) in [
            (" ７ 人 ", "7 人"),
            ("ＡＢＣ", "abc"),
            ("Straße", "STRASSE"),
            ("ΟΔΟΣ", "οδος"),
            ("㈠", "(一)"),
            ("（三）", "(三)"),
            ("三\u{3000}会", "三 会"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} {other}");
        }
        assert_ne!(fold("7人"), fold("7 人以上"));
    }
}
