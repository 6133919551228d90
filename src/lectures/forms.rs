//! What lists and forms of lectures send.
use super::{Filter, Length, Sort};
use crate::clock;
use crate::ids::{AllianceId, InstructorId, SchoolId};
use crate::web::form::{Errors, key, text};
use serde::Deserialize;

/// The filters of a list, as the address has them. What names nothing is left out: an old link still shows lectures.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct ListQuery {
    pub topic: String,
    pub instructor: String,
    pub school: String,
    pub alliance: String,
    pub length: String,
    pub gold: String,
    pub sort: String,
    pub page: Option<String>,
}

impl ListQuery {
    pub fn filter(&self, is_signed_in: bool) -> Filter {
        let is_slug = self.topic.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
            && !self.topic.is_empty()
            && self.topic.len() < 40;
        Filter {
            topic: is_slug.then(|| self.topic.clone()),
            instructor: self.instructor.parse().ok().map(InstructorId),
            school: self.school.parse().ok().map(SchoolId),
            alliance: self.alliance.parse().ok().map(AllianceId),
            length: Length::of(&self.length),
            gold_on: (self.gold == "1").then(|| clock::day(clock::now())),
            sort: Sort::of(&self.sort),
            is_signed_in,
        }
    }
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct QuestionForm {
    pub text: String,
    pub key: String,
}

impl QuestionForm {
    /// The text and the key.
    pub fn check(&self) -> Result<(String, String), Errors> {
        let mut errors = Errors::default();
        match (errors.take("text", text(&self.text, 500)), errors.take("text", key(&self.key))) {
            (Some(text), Some(key)) => Ok((text, key)),
            _ => Err(errors),
        }
    }
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct AnswerForm {
    pub answer: String,
}

impl AnswerForm {
    pub fn check(&self) -> Result<String, Errors> {
        let mut errors = Errors::default();
        errors.take("answer", text(&self.answer, 1_000)).ok_or(errors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_that_name_nothing_are_left_out() {
        let query = ListQuery {
            topic: "a\0'".into(),
            school: "-x".into(),
            length: "9".into(),
            sort: "; drop".into(),
            ..ListQuery::default()
        };
        let filter = query.filter(false);
        assert!(
            filter.topic.is_none()
                && filter.school.is_none()
                && filter.length.is_none()
                && filter.sort.is_none()
        );
        let query = ListQuery {
            topic: "rescue".into(),
            length: "5".into(),
            sort: "short".into(),
            ..ListQuery::default()
        };
        let filter = query.filter(true);
        assert_eq!(
            (filter.topic.as_deref(), filter.length, filter.sort),
            (Some("rescue"), Some(Length::OneToFive), Some(Sort::Shortest))
        );
    }
}
