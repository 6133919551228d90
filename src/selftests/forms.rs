//! What the forms of self-tests send: text into drafts.
use super::banks::TestDraft;
use super::question::{Choice, Content, Kind, MOST_CHOICES, Part, Problem, truth};
use super::store::{Filter, Test};
use super::taking::Given;
use super::{Belongs, Feedback};
use crate::ids::{BankId, BankQuestionId, BookletId, CourseId, digest};
use crate::lang::Message;
use crate::msg;
use crate::web::form::{Errors, optional, text};
use serde::Deserialize;

/// The name of a bank, and what it belongs to.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct BankForm {
    pub title: String,
    pub belongs: String,
    pub key: String,
    /// What its editor had before them: [`BankForm::state`].
    pub seen: String,
}

impl BankForm {
    pub fn of(title: &str, belongs: Belongs) -> BankForm {
        let seen = BankForm::state(title, belongs);
        BankForm { title: title.to_owned(), belongs: value(belongs), key: String::new(), seen }
    }
    /// Name and owner in one word.
    pub fn state(title: &str, belongs: Belongs) -> String {
        digest(&format!("{}\n{title}", value(belongs)))
    }
    /// `booklets` and `courses` are what may be chosen.
    pub fn check(
        &self,
        booklets: &[(BookletId, String)],
        courses: &[(CourseId, String)],
    ) -> Result<(String, Belongs), Errors> {
        let mut errors = Errors::default();
        let title = errors.take("title", text(&self.title.replace('\n', " "), 60));
        let number = |prefix| self.belongs.strip_prefix(prefix).and_then(|id| id.parse::<i64>().ok());
        let belongs = match (number("booklet-").map(BookletId), number("course-").map(CourseId)) {
            _ if self.belongs.is_empty() => Ok(Belongs::Nothing),
            (Some(id), _) if booklets.iter().any(|one| one.0 == id) => Ok(Belongs::Booklet(id)),
            (_, Some(id)) if courses.iter().any(|one| one.0 == id) => Ok(Belongs::Course(id)),
            _ => Err(msg!("请从列表里选")),
        };
        match (title, errors.take("belongs", belongs)) {
            (Some(title), Some(belongs)) => Ok((title, belongs)),
            _ => Err(errors),
        }
    }
}

/// As the select names it.
pub fn value(belongs: Belongs) -> String {
    match belongs {
        Belongs::Nothing => String::new(),
        Belongs::Booklet(id) => format!("booklet-{id}"),
        Belongs::Course(id) => format!("course-{id}"),
    }
}

/// What a test says, and the revision that its editor had before them.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct TestForm {
    pub title: String,
    pub chapter: String,
    pub question_count: String,
    pub pass_share: String,
    pub minutes: String,
    pub feedback: String,
    pub most_attempts: String,
    pub is_open: Option<String>,
    pub revision: String,
    pub key: String,
}

fn shown(number: Option<i32>) -> String {
    number.map(|n| n.to_string()).unwrap_or_default()
}

/// A whole number within bounds.
fn number(sent: &str, least: i32, most: i32) -> Result<i32, Message> {
    let number = sent.trim().parse().ok().filter(|n| (least..=most).contains(n));
    number.ok_or_else(|| msg!("要写 {} 到 {} 之间的整数", least, most))
}

fn maybe(sent: &str, least: i32, most: i32) -> Result<Option<i32>, Message> {
    if sent.trim().is_empty() { Ok(None) } else { number(sent, least, most).map(Some) }
}

impl TestForm {
    pub fn of(test: &Test) -> TestForm {
        TestForm {
            title: test.title.clone(),
            chapter: shown(test.chapter),
            question_count: test.question_count.to_string(),
            pass_share: test.pass_share.to_string(),
            minutes: shown(test.minutes),
            feedback: test.feedback.as_str().into(),
            most_attempts: shown(test.most_attempts),
            is_open: test.is_open.then(|| "1".into()),
            revision: test.revision.to_string(),
            key: String::new(),
        }
    }
    /// `chapters` is how many the booklet has.
    pub fn check(&self, chapters: i32) -> Result<TestDraft, Errors> {
        let mut errors = Errors::default();
        let title = errors.take("title", text(&self.title.replace('\n', " "), 60));
        let chapter = match maybe(&self.chapter, 1, i32::MAX) {
            Ok(Some(chapter)) if chapter > chapters => Err(msg!("请从列表里选")),
            other => other,
        };
        let chapter = errors.take("chapter", chapter);
        let count = errors.take("question_count", number(&self.question_count, 1, 100));
        let share = errors.take("pass_share", number(&self.pass_share, 0, 100));
        let minutes = errors.take("minutes", maybe(&self.minutes, 1, 600));
        let most = errors.take("most_attempts", maybe(&self.most_attempts, 1, 100));
        let feedback =
            errors.take("feedback", Feedback::of(&self.feedback).ok_or_else(|| msg!("请选什么时候看到对错")));
        match (title, chapter, count, share, minutes, most, feedback) {
            (
                Some(title),
                Some(chapter),
                Some(count),
                Some(share),
                Some(minutes),
                Some(most),
                Some(feedback),
            ) => Ok(TestDraft {
                title,
                chapter,
                question_count: count,
                pass_share: share,
                minutes,
                feedback,
                most_attempts: most,
                is_open: self.is_open.is_some(),
            }),
            _ => Err(errors),
        }
    }
    pub fn revision(&self) -> i32 {
        self.revision.parse().unwrap_or_default()
    }
}

/// A question as it was typed.
#[derive(Default, Clone, Debug)]
pub struct QuestionForm {
    pub kind: Option<Kind>,
    pub stem: String,
    /// In their rows, empty ones too.
    pub choices: Vec<Choice>,
    /// Of a statement: `yes`, `no` or nothing.
    pub truth: String,
    /// Of a question to fill in: one a line.
    pub accepted: String,
    pub explanation: String,
    pub chapter: String,
    pub revision: String,
    pub key: String,
}

fn of<'a>(pairs: &'a [(String, String)], name: &'static str) -> impl Iterator<Item = &'a str> {
    pairs.iter().filter(move |pair| pair.0 == name).map(|pair| pair.1.as_str())
}

fn first(pairs: &[(String, String)], name: &'static str) -> String {
    of(pairs, name).next().unwrap_or_default().to_owned()
}

impl QuestionForm {
    /// An empty one of this kind.
    pub fn new(kind: Kind) -> QuestionForm {
        QuestionForm { kind: Some(kind), ..QuestionForm::default() }.padded()
    }
    pub fn of(content: &Content, revision: i32) -> QuestionForm {
        let is_true = content.choices.first().is_some_and(|first| first.is_right);
        let accepted: Vec<_> = content.choices.iter().map(|choice| choice.text.as_str()).collect();
        QuestionForm {
            kind: Some(content.kind),
            stem: content.stem.clone(),
            choices: content.choices.clone(),
            truth: if is_true { "yes" } else { "no" }.into(),
            accepted: accepted.join("\n"),
            explanation: content.explanation.clone(),
            chapter: shown(content.chapter),
            revision: revision.to_string(),
            key: String::new(),
        }
        .padded()
    }
    pub fn sent(pairs: &[(String, String)]) -> QuestionForm {
        let right: Vec<&str> = of(pairs, "right").collect();
        let choices = of(pairs, "choice").take(50).enumerate();
        QuestionForm {
            kind: Kind::of(&first(pairs, "kind")),
            stem: first(pairs, "stem"),
            choices: choices
                .map(|(n, text)| Choice::new(text, right.contains(&n.to_string().as_str())))
                .collect(),
            truth: first(pairs, "truth"),
            accepted: first(pairs, "accepted"),
            explanation: first(pairs, "explanation"),
            chapter: first(pairs, "chapter"),
            revision: first(pairs, "revision"),
            key: first(pairs, "key"),
        }
        .padded()
    }
    /// With some empty rows for more choices.
    fn padded(mut self) -> QuestionForm {
        let wanted = (self.choices.iter().filter(|c| !c.text.is_empty()).count() + 2).clamp(4, MOST_CHOICES);
        while self.choices.len() < wanted {
            self.choices.push(Choice::new("", false));
        }
        self
    }
    pub fn revision(&self) -> i32 {
        self.revision.parse().unwrap_or_default()
    }
    /// `chapters` is how many the booklet has.
    pub fn check(&self, kind: Kind, chapters: i32) -> Result<Content, Errors> {
        let choices = match kind {
            Kind::Single | Kind::Multiple => self.choices.clone(),
            Kind::Boolean => match self.truth.as_str() {
                "yes" => truth(true),
                "no" => truth(false),
                _ => vec![],
            },
            Kind::Fill => self.accepted.lines().map(|line| Choice::new(line, true)).collect(),
        };
        let (chapter, odd) = match self.chapter.trim() {
            "" => (None, None),
            sent => match sent.parse() {
                Ok(chapter) => (Some(chapter), None),
                Err(_) => (None, Some((Part::Chapter, msg!("请从列表里选")))),
            },
        };
        let sent = Content {
            kind,
            stem: self.stem.clone(),
            choices,
            explanation: self.explanation.clone(),
            chapter,
        };
        match (sent.check(chapters), odd) {
            (Ok(content), None) => Ok(content),
            (Ok(_), Some(odd)) => Err(errors_of(vec![odd])),
            (Err(mut problems), odd) => {
                problems.extend(odd);
                Err(errors_of(problems))
            }
        }
    }
}

fn errors_of(problems: Vec<Problem>) -> Errors {
    problems.into_iter().fold(Errors::default(), |errors, (part, problem)| {
        let field = match part {
            Part::Code | Part::Kind => "kind",
            Part::Stem => "stem",
            Part::Choices => "choices",
            Part::Answer => "answer",
            Part::Explanation => "explanation",
            Part::Chapter => "chapter",
        };
        errors.with(field, problem)
    })
}

/// Which questions the desk shows. What names nothing is left out.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct ListQuery {
    pub kind: String,
    pub chapter: String,
    pub q: String,
    pub retired: String,
    pub page: Option<String>,
}

impl ListQuery {
    pub fn filter(&self) -> Filter {
        Filter {
            kind: Kind::of(&self.kind),
            chapter: self.chapter.parse().ok(),
            words: optional(&self.q, 80).unwrap_or_default(),
            is_retired: self.retired == "1",
        }
    }
    /// Whether anything is left out.
    pub fn narrows(&self) -> bool {
        let filter = self.filter();
        filter.kind.is_some() || filter.chapter.is_some() || !filter.words.is_empty()
    }
}

/// An answer as a script sends it.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Sent {
    pub position: i32,
    pub chosen: Vec<String>,
    pub written: String,
    pub seen: Option<i64>,
}

impl Sent {
    pub fn given(self) -> Given {
        Given {
            position: self.position,
            chosen: self.chosen,
            written: self.written,
            seen: self.seen,
            was: None,
        }
    }
}

/// An answer as a form sends it.
pub fn given(pairs: &[(String, String)]) -> Given {
    Given {
        position: first(pairs, "position").parse().unwrap_or_default(),
        chosen: of(pairs, "choice").take(50).map(str::to_owned).collect(),
        written: first(pairs, "text"),
        seen: None,
        was: of(pairs, "was").next().map(str::to_owned),
    }
}

/// Which part of the book of wrong answers is looked at or practised: a bank, or all.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct BookQuery {
    pub bank: String,
    pub page: Option<String>,
}

impl BookQuery {
    pub fn bank(&self) -> Option<BankId> {
        self.bank.parse().ok().map(BankId)
    }
}

/// What is taken out of the book: one question, those of a bank, or `all`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct DropForm {
    pub bank: String,
    pub question: String,
    pub all: String,
}

/// What is taken out, so that nothing unreadable is ever all of it.
pub enum Dropped {
    Question(BankQuestionId),
    Bank(BankId),
    All,
}

impl DropForm {
    pub fn check(&self) -> Option<Dropped> {
        match (self.question.as_str(), self.bank.as_str(), self.all.as_str()) {
            ("", "", "1") => Some(Dropped::All),
            ("", bank, "") => bank.parse().ok().map(BankId).map(Dropped::Bank),
            (question, "", "") => question.parse().ok().map(BankQuestionId).map(Dropped::Question),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(sent: &[(&str, &str)]) -> Vec<(String, String)> {
        sent.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_choice_is_right_by_the_number_of_its_row() {
        let sent = [("choice", "甲"), ("choice", ""), ("choice", "丙"), ("right", "2"), ("stem", "哪个？")];
        let content = QuestionForm::sent(&pairs(&sent)).check(Kind::Single, 0).unwrap();
        assert_eq!(content.choices, [Choice::new("甲", false), Choice::new("丙", true)]);
        let errors = QuestionForm::sent(&pairs(&sent[..3])).check(Kind::Single, 0).unwrap_err();
        assert!(errors.of("stem").is_some() && errors.of("answer").is_some());
    }

    #[test]
    fn a_test_is_within_bounds() {
        let form = TestForm {
            title: "第一章".into(),
            question_count: "10".into(),
            pass_share: "60".into(),
            feedback: "final".into(),
            ..TestForm::default()
        };
        let draft = form.check(0).unwrap();
        assert_eq!((draft.minutes, draft.most_attempts, draft.is_open), (None, None, false));
        for change in [
            TestForm { question_count: "0".into(), ..form.clone() },
            TestForm { pass_share: "101".into(), ..form.clone() },
            TestForm { minutes: "-1".into(), ..form.clone() },
            TestForm { most_attempts: "x".into(), ..form.clone() },
            TestForm { chapter: "1".into(), ..form.clone() },
            TestForm { feedback: "never".into(), ..form },
        ] {
            assert!(change.check(0).is_err());
        }
    }
}
