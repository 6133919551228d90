//! What the forms of ratings send.
use super::{LONGEST, Own, Tag, TextState, Verdict};
use crate::msg;
use crate::web::form::{Errors, optional, text};
use serde::Deserialize;

/// A rating: stars, tags by a box each, and a comment.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct RatingForm {
    pub stars: String,
    pub clear: String,
    pub earthy: String,
    pub useful: String,
    pub fresh: String,
    pub improve: String,
    pub comment: String,
}

impl RatingForm {
    /// The form as somebody's rating fills it.
    pub fn of(own: &Own) -> RatingForm {
        let tick = |tag: Tag| if own.has(tag) { "1".to_owned() } else { String::new() };
        RatingForm {
            stars: own.stars.to_string(),
            clear: tick(Tag::Clear),
            earthy: tick(Tag::Earthy),
            useful: tick(Tag::Useful),
            fresh: tick(Tag::Fresh),
            improve: tick(Tag::Improve),
            comment: own.text.as_ref().map(|text| text.text.clone()).unwrap_or_default(),
        }
    }
    /// The boxes: tag, and whether it is ticked.
    pub fn boxes(&self) -> [(Tag, bool); 5] {
        let ticked = |sent: &String| !sent.is_empty();
        [
            (Tag::Clear, ticked(&self.clear)),
            (Tag::Earthy, ticked(&self.earthy)),
            (Tag::Useful, ticked(&self.useful)),
            (Tag::Fresh, ticked(&self.fresh)),
            (Tag::Improve, ticked(&self.improve)),
        ]
    }
    /// Stars, tags and comment.
    pub fn check(&self) -> Result<(i32, Vec<Tag>, String), Errors> {
        let mut errors = Errors::default();
        let stars = match self.stars.as_str() {
            "1" | "2" | "3" | "4" | "5" => self.stars.parse().map_err(|_| msg!("请选一项")),
            _ => Err(msg!("请选几颗星")),
        };
        let stars = errors.take("stars", stars);
        let comment = errors.take("comment", optional(&self.comment, LONGEST));
        let tags = self.boxes().into_iter().filter_map(|(tag, is_ticked)| is_ticked.then_some(tag)).collect();
        match (stars, comment) {
            (Some(stars), Some(comment)) => Ok((stars, tags, comment)),
            _ => Err(errors),
        }
    }
}

/// What a reviewer decides about a comment or a reply.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct JudgeForm {
    pub decision: String,
    pub reason: String,
}

impl JudgeForm {
    /// The state, and why it is hidden.
    pub fn check(&self) -> Result<(TextState, String), Errors> {
        let mut errors = Errors::default();
        match TextState::of(&self.decision) {
            Some(TextState::Shown) => Ok((TextState::Shown, String::new())),
            Some(TextState::Hidden) => match errors.take("reason", text(&self.reason, 200)) {
                Some(reason) => Ok((TextState::Hidden, reason)),
                None => Err(errors),
            },
            _ => Err(errors.with("reason", msg!("请选一项"))),
        }
    }
}

/// A text alone: a reply, the note of a flag, the reason of an exclusion.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct TextForm {
    pub text: String,
}

impl TextForm {
    pub fn check(&self, longest: usize) -> Result<String, Errors> {
        let mut errors = Errors::default();
        errors.take("text", text(&self.text, longest)).ok_or(errors)
    }
}

/// The number of a comment and why its author has to be known.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct UnmaskForm {
    pub comment: String,
    pub text: String,
}

impl UnmaskForm {
    pub fn check(&self) -> Result<(i64, String), Errors> {
        let mut errors = Errors::default();
        let number = self.comment.trim().parse().ok().filter(|n: &i64| *n > 0);
        let number = errors.take("comment", number.ok_or_else(|| msg!("请写审核页上的编号")));
        match (number, errors.take("text", text(&self.text, 500))) {
            (Some(number), Some(text)) => Ok((number, text)),
            _ => Err(errors),
        }
    }
}

/// The second person's word.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct VerdictForm {
    pub verdict: String,
}

impl VerdictForm {
    pub fn check(&self) -> Option<Verdict> {
        Verdict::of(&self.verdict)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rating_has_one_to_five_stars_and_what_was_ticked() {
        let form = RatingForm {
            stars: "4".into(),
            fresh: "1".into(),
            comment: " 例子就在身边 ".into(),
            ..RatingForm::default()
        };
        assert_eq!(form.check(), Ok((4, vec![Tag::Fresh], "例子就在身边".into())));
        for stars in ["", "0", "6", "4.5", "-1", "４", "five"] {
            let errors = RatingForm { stars: stars.into(), ..form.clone() }.check().unwrap_err();
            assert!(errors.of("stars").is_some(), "{stars}");
        }
        let long = RatingForm { comment: "字".repeat(LONGEST + 1), ..form };
        assert!(long.check().unwrap_err().of("comment").is_some());
    }

    #[test]
    fn whoever_hides_says_why() {
        let form =
            |decision: &str, reason: &str| JudgeForm { decision: decision.into(), reason: reason.into() };
        assert_eq!(form("shown", "x").check(), Ok((TextState::Shown, String::new())));
        assert_eq!(form("hidden", "有电话号码").check(), Ok((TextState::Hidden, "有电话号码".into())));
        for bad in [form("hidden", " "), form("pending", "x"), form("replaced", "x"), form("", "")] {
            assert!(bad.check().is_err());
        }
        assert!(UnmaskForm { comment: "0".into(), text: "x".into() }.check().is_err());
        assert_eq!(VerdictForm { verdict: "confirmed".into() }.check(), Some(Verdict::Confirmed));
    }
}
