//! What the forms of visits, make-up study and printed lists send.
use super::{LONGEST, Refusal};
use crate::clock::Timestamp;
use crate::events::{Via, via_word};
use crate::ids::{EventId, LectureId};
use crate::msg;
use crate::web::form::{Errors, key, moment, optional, text};
use serde::Deserialize;

/// What is recorded of a visit.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct VisitForm {
    /// Names or member numbers.
    pub members: String,
    /// Empty: whoever records it.
    pub deliverer: String,
    pub second: String,
    pub topic: String,
    pub lecture: String,
    pub missed: String,
    pub place: String,
    pub starts: String,
    pub minutes: String,
    /// Ticked: they agreed that it is recorded, and that a photo is taken.
    pub agreed: String,
    pub photo: String,
    pub key: String,
}

/// A form whose people are still words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub members: Vec<String>,
    pub deliverer: Option<String>,
    pub second: String,
    pub topic: String,
    pub lecture: Option<LectureId>,
    pub missed: Option<EventId>,
    pub place: String,
    pub starts_at: Timestamp,
    pub minutes: i32,
    pub agreed_photo: bool,
    pub key: String,
}

/// Names or numbers between commas and blanks.
fn people(text: &str) -> Vec<String> {
    let ends = |c: char| c.is_whitespace() || ['、', '，', ',', '；', ';'].contains(&c);
    text.split(ends).filter(|one| !one.is_empty()).map(str::to_owned).collect()
}

impl VisitForm {
    /// What it says. `offered` are the lectures and the missed events that can be chosen; a lecture gives its title to a visit
    /// without a topic.
    ///
    /// # Errors
    /// What is wrong with it, by field.
    pub fn check(
        &self,
        lectures: &[(LectureId, String)],
        missed: &[(EventId, String)],
    ) -> Result<Draft, Errors> {
        let mut errors = Errors::default();
        let members = errors.take("members", text(&self.members, 400));
        let deliverer = errors.take("deliverer", optional(&self.deliverer, 60));
        let second = errors.take("second", text(&self.second, 60));
        let lecture = match self.lecture.as_str() {
            "" => Ok(None),
            sent => lectures
                .iter()
                .find(|one| one.0.to_string() == sent)
                .map(Some)
                .ok_or_else(|| msg!("请从列表里选")),
        };
        let lecture = errors.take("lecture", lecture);
        let topic = match (self.topic.trim(), lecture.flatten()) {
            ("", Some((_, title))) => Ok(title.chars().take(60).collect()),
            (sent, _) => text(&sent.replace('\n', " "), 60),
        };
        let topic = errors.take("topic", topic);
        let missed = match self.missed.as_str() {
            "" => Ok(None),
            sent => missed
                .iter()
                .find(|one| one.0.to_string() == sent)
                .map(|one| Some(one.0))
                .ok_or_else(|| msg!("请从列表里选")),
        };
        let missed = errors.take("missed", missed);
        let place = errors.take("place", text(&self.place.replace('\n', " "), 80));
        let starts_at = errors.take("starts", moment(&self.starts));
        let minutes = self.minutes.trim().parse().ok().filter(|n| (1..=LONGEST).contains(n));
        let minutes = errors.take("minutes", minutes.ok_or_else(|| Refusal::Minutes.words()));
        let agreed = match self.agreed.as_str() {
            "yes" => Ok(()),
            _ => Err(msg!("本人同意记录才能登记")),
        };
        let agreed = errors.take("agreed", agreed);
        let key = errors.take("key", key(&self.key));
        let (Some(members), Some(deliverer), Some(second), Some(topic)) = (members, deliverer, second, topic)
        else {
            return Err(errors);
        };
        let (Some(lecture), Some(missed), Some(place), Some(starts_at)) = (lecture, missed, place, starts_at)
        else {
            return Err(errors);
        };
        let (Some(minutes), Some(()), Some(key)) = (minutes, agreed, key) else { return Err(errors) };
        Ok(Draft {
            members: people(&members),
            deliverer: Some(deliverer).filter(|name| !name.is_empty()),
            second,
            topic,
            lecture: lecture.map(|one| one.0),
            missed,
            place,
            starts_at,
            minutes,
            agreed_photo: self.photo == "yes",
            key,
        })
    }
}

/// A code from a slip.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct CodeForm {
    /// The number of the visit.
    pub visit: String,
    pub code: String,
}

impl CodeForm {
    /// # Errors
    /// What is wrong with it, by field.
    pub fn check(&self) -> Result<(EventId, String), Errors> {
        let mut errors = Errors::default();
        let digits: String = self
            .visit
            .trim()
            .chars()
            .map(|c| match c {
                '０'..='９' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
                other => other,
            })
            .collect();
        let visit = digits.parse().ok().filter(|n| *n > 0).map(EventId);
        let visit = errors.take("visit", visit.ok_or_else(|| msg!("请填写确认单上的编号，是一个数")));
        let code = errors.take("code", text(&self.code, 40));
        visit.zip(code).ok_or(errors)
    }
}

/// What made up for an absence.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct CloseForm {
    pub via: String,
    pub key: String,
}

impl CloseForm {
    /// # Errors
    /// What is wrong with it, by field.
    pub fn check(&self, offered: &[(Via, String)]) -> Result<(Via, String), Errors> {
        let mut errors = Errors::default();
        let via = offered.iter().find(|one| via_word(one.0) == self.via).map(|one| one.0);
        let via = errors.take("via", via.ok_or_else(|| msg!("请选补学的活动或课")));
        let key = errors.take("via", key(&self.key));
        via.zip(key).ok_or(errors)
    }
}

/// What was typed from a list on paper.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct ListForm {
    pub text: String,
    /// `save` after the names were looked at.
    pub go: String,
    pub key: String,
}

/// A post that carries nothing but its key.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct KeyForm {
    pub key: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> VisitForm {
        VisitForm {
            members: "周明、D0000007".into(),
            second: "李青".into(),
            topic: " 灌溉 ".into(),
            place: "三组".into(),
            starts: "2026-12-01T09:00".into(),
            minutes: "40".into(),
            agreed: "yes".into(),
            key: "0".repeat(32),
            ..VisitForm::default()
        }
    }

    #[test]
    fn a_visit_has_people_a_topic_a_place_a_time_and_the_consent() {
        let draft = form().check(&[], &[]).unwrap();
        assert_eq!(draft.members, ["周明", "D0000007"]);
        assert_eq!((draft.deliverer, draft.topic.as_str(), draft.agreed_photo), (None, "灌溉", false));
        let bad = |field: &str, change: fn(&mut VisitForm)| {
            let mut sent = form();
            change(&mut sent);
            assert!(sent.check(&[], &[]).unwrap_err().of(field).is_some(), "{field}");
        };
        bad("members", |form| form.members = " ".into());
        bad("second", |form| form.second.clear());
        bad("topic", |form| form.topic.clear());
        bad("place", |form| form.place.clear());
        bad("starts", |form| form.starts = "昨天".into());
        bad("minutes", |form| form.minutes = "481".into());
        bad("agreed", |form| form.agreed.clear());
        bad("lecture", |form| form.lecture = "7".into());
        bad("missed", |form| form.missed = "7".into());
        bad("key", |form| form.key.clear());
    }

    #[test]
    fn a_lecture_names_a_visit_without_a_topic() {
        let lectures = [(LectureId(7), "没有闸门的古堰".to_owned())];
        let sent = VisitForm { lecture: "7".into(), topic: String::new(), ..form() };
        let draft = sent.check(&lectures, &[]).unwrap();
        assert_eq!((draft.lecture, draft.topic.as_str()), (Some(LectureId(7)), "没有闸门的古堰"));
    }

    #[test]
    fn a_slip_has_a_number_and_a_code() {
        let check = |visit: &str, code: &str| CodeForm { visit: visit.into(), code: code.into() }.check();
        assert_eq!(check(" １２ ", "abc"), Ok((EventId(12), "abc".into())));
        for (visit, code) in [("", "x"), ("0", "x"), ("x", "x"), ("1", " ")] {
            assert!(check(visit, code).is_err(), "{visit} {code}");
        }
    }
}
