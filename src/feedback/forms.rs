//! What the form sends.
use super::{Draft, Kind};
use crate::msg;
use crate::web::form::{self, Errors, local_path};
use serde::Deserialize;

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct FeedbackForm {
    pub kind: String,
    pub text: String,
    pub contact: String,
    pub about: String,
    pub key: String,
}

impl FeedbackForm {
    pub fn check(&self) -> Result<Draft, Errors> {
        let mut errors = Errors::default();
        let kind = errors.take("kind", Kind::of(&self.kind).ok_or_else(|| msg!("请选一项")));
        let text = errors.take("text", form::text(&self.text, 2_000));
        let contact = errors.take("contact", form::optional(&self.contact, 100));
        let key = errors.take("key", form::key(&self.key));
        match (kind, text, contact, key) {
            (Some(kind), Some(text), Some(contact), Some(key)) => {
                Ok(Draft { kind, text, contact, about: local_path(&self.about).to_owned(), key })
            }
            _ => Err(errors),
        }
    }
    pub fn is_complaint(&self) -> bool {
        self.kind == Kind::Complaint.as_str()
    }
    pub fn is_suggestion(&self) -> bool {
        self.kind == Kind::Suggestion.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_has_a_kind_a_text_and_a_key() {
        let form = FeedbackForm {
            kind: "complaint".into(),
            text: " 字幕慢了半拍 ".into(),
            contact: String::new(),
            about: "//elsewhere.example".into(),
            key: "0123456789abcdef0123456789abcdef".into(),
        };
        let draft = form.check().expect("a good form");
        assert_eq!(
            (draft.kind, draft.text.as_str(), draft.about.as_str()),
            (Kind::Complaint, "字幕慢了半拍", "/")
        );
        let bad = FeedbackForm { kind: "praise".into(), text: "字".repeat(2_001), key: "x".into(), ..form };
        let errors = bad.check().expect_err("three things are wrong");
        assert_eq!(errors.iter().count(), 3);
    }
}
