//! What the forms of redress send: what somebody says of a record, and what somebody answers.
use super::{CORRECTIONS, Decision, Subject};
use crate::cases::Outcome;
use crate::events::{Status, Via, via_word};
use crate::ids;
use crate::msg;
use crate::web::form::{self, Errors, text};
use serde::Deserialize;

/// The longest text of either side, in characters.
pub const LONGEST: usize = 1_000;

/// What somebody says: about a record, or against an answer.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct SayForm {
    pub about: String,
    pub id: String,
    pub text: String,
    pub key: String,
}

impl SayForm {
    pub fn new(subject: Option<Subject>) -> SayForm {
        let (about, id) = subject.map_or((String::new(), String::new()), |subject| {
            let (kind, id) = subject.key();
            (kind.to_owned(), id.to_string())
        });
        SayForm { about, id, text: String::new(), key: ids::random_hex(16) }
    }
    /// The record that the form names.
    pub fn subject(&self) -> Option<Subject> {
        Subject::of(&self.about, self.id.parse().ok()?)
    }
    /// The text and the key of the post.
    pub fn check(&self) -> Result<(String, String), Errors> {
        let mut errors = Errors::default();
        let said = errors.take("text", text(&self.text, LONGEST));
        let key = errors.take("key", form::key(&self.key));
        said.zip(key).ok_or(errors)
    }
    /// The form again: with a key of its own where it had none.
    pub fn again(self) -> SayForm {
        match form::key(&self.key) {
            Ok(_) => self,
            Err(_) => SayForm { key: ids::random_hex(16), ..self },
        }
    }
}

/// What somebody answers to a case.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct DecisionForm {
    pub outcome: String,
    pub status: String,
    pub via: String,
    pub reasons: String,
}

impl DecisionForm {
    /// What it says. `offered` is what can have made up for the event.
    ///
    /// # Errors
    /// What is wrong with it, by field.
    pub fn check(&self, subject: Subject, offered: &[(Via, String)]) -> Result<Decision, Errors> {
        let mut errors = Errors::default();
        let outcome = Outcome::of(&self.outcome)
            .filter(|outcome| subject.outcomes().contains(outcome))
            .ok_or_else(|| msg!("请选一个结论"));
        let outcome = errors.take("outcome", outcome);
        let reasons = errors.take("reasons", text(&self.reasons, LONGEST));
        let is_corrected = matches!(subject, Subject::Attendance(_))
            && matches!(outcome, Some(Outcome::Upheld | Outcome::Partly));
        let status = match Status::of(&self.status).filter(|status| CORRECTIONS.contains(status)) {
            _ if !is_corrected => Ok(Status::Void),
            Some(Status::Void) if outcome == Some(Outcome::Partly) => Err(msg!("部分成立时，请选改成哪一种")),
            Some(status) => Ok(status),
            None => Err(msg!("请选改成哪一种")),
        };
        let via = match status {
            Ok(Status::Makeup) => offered
                .iter()
                .find(|one| via_word(one.0) == self.via)
                .map(|one| Some(one.0))
                .ok_or_else(|| msg!("请选补学的活动或课")),
            _ => Ok(None),
        };
        match (outcome, errors.take("status", status), errors.take("via", via), reasons) {
            (Some(outcome), Some(status), Some(via), Some(reasons)) => {
                Ok(Decision { outcome, status, via, reasons })
            }
            _ => Err(errors),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AttendanceId, LectureId, RecordId};

    fn check(subject: Subject, outcome: &str, status: &str, reasons: &str) -> Result<Decision, Errors> {
        let form = DecisionForm {
            outcome: outcome.into(),
            status: status.into(),
            via: "lecture-3".into(),
            reasons: reasons.into(),
        };
        form.check(subject, &[(Via::Lecture(LectureId(3)), String::new())])
    }

    #[test]
    fn an_answer_has_an_outcome_and_reasons_and_an_upheld_dispute_what_holds_instead() {
        let attendance = Subject::Attendance(AttendanceId(1));
        let record = Subject::Record(RecordId(1));
        assert_eq!(check(attendance, "upheld", "present", "签到表上有").unwrap().status, Status::Present);
        assert_eq!(check(attendance, "partly", "late", "晚到").unwrap().outcome, Outcome::Partly);
        let made_up = check(attendance, "upheld", "makeup", "补学过").unwrap();
        assert_eq!((made_up.status, made_up.via), (Status::Makeup, Some(Via::Lecture(LectureId(3)))));
        let form = DecisionForm {
            outcome: "upheld".into(),
            status: "makeup".into(),
            reasons: "x".into(),
            ..DecisionForm::default()
        };
        assert!(form.check(attendance, &[]).unwrap_err().of("via").is_some(), "nothing made up for it");
        assert_eq!(check(attendance, "dismissed", "", "没有依据").unwrap().status, Status::Void);
        assert_eq!(check(record, "upheld", "present", "重复").unwrap().status, Status::Void);
        for (subject, outcome, status, reasons, field) in [
            (attendance, "upheld", "", "x", "status"),
            (attendance, "upheld", "absent", "x", "status"),
            (attendance, "partly", "void", "x", "status"),
            (attendance, "dismissed", "", " ", "reasons"),
            (attendance, "withdrawn", "", "x", "outcome"),
            (attendance, "", "", "x", "outcome"),
            (record, "partly", "", "x", "outcome"),
        ] {
            let errors = check(subject, outcome, status, reasons).unwrap_err();
            assert!(errors.of(field).is_some(), "{outcome} {status} {reasons}: {errors:?}");
        }
    }

    #[test]
    fn what_is_said_has_a_text_and_a_key() {
        let form = SayForm { text: "我在场".into(), ..SayForm::new(Some(Subject::Record(RecordId(7)))) };
        assert!(form.check().is_ok() && form.subject() == Some(Subject::Record(RecordId(7))));
        assert!(SayForm { text: " ".into(), ..form.clone() }.check().is_err());
        let keyless = SayForm { key: "x".into(), ..form.clone() };
        assert!(keyless.check().is_err() && keyless.again().check().is_ok());
        for (about, id) in [("attendance", "x"), ("sign_in", "1"), ("", "")] {
            assert_eq!(SayForm { about: about.into(), id: id.into(), ..form.clone() }.subject(), None);
        }
    }
}
