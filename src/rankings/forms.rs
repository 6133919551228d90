//! What the forms of the desk send.
use super::{Kind, LONGEST_REASON, MOST_RANKS};
use crate::msg;
use crate::web::form::{self, Errors};
use serde::Deserialize;

/// Working days of notice at most: nobody waits for a result for a year.
const LONGEST_NOTICE: i32 = 60;

/// A new ranking by ratings.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct RankingForm {
    pub kind: String,
    pub title: String,
    pub top_k: String,
}

impl RankingForm {
    pub fn check(&self) -> Result<(Kind, String, i32), Errors> {
        let mut errors = Errors::default();
        let kind = Kind::of(&self.kind).filter(|kind| *kind != Kind::Contest);
        let kind = errors.take("kind", kind.ok_or_else(|| msg!("请选一项")));
        let title = errors.take("title", form::text(&self.title, 60));
        let top_k = self.top_k.trim().parse().ok().filter(|k| (1..=MOST_RANKS).contains(k));
        let top_k = errors.take("top_k", top_k.ok_or_else(|| msg!("请填 1 到 {} 的整数", MOST_RANKS)));
        match (kind, title, top_k) {
            (Some(kind), Some(title), Some(top_k)) => Ok((kind, title, top_k)),
            _ => Err(errors),
        }
    }
}

/// How long the notice of a ranking by ratings is; empty where there is none.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct PublishForm {
    pub days: String,
}

impl PublishForm {
    pub fn check(&self) -> Result<Option<i32>, Errors> {
        let days = self.days.trim();
        if days.is_empty() {
            return Ok(None);
        }
        let number = days.parse().ok().filter(|n| (1..=LONGEST_NOTICE).contains(n));
        let mut errors = Errors::default();
        let number = number.ok_or_else(|| msg!("请填 1 到 {} 的整数", LONGEST_NOTICE));
        errors.take("days", number).map(Some).ok_or(errors)
    }
}

/// Why something is done, and to whom where that is said.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct ReasonForm {
    pub subject: String,
    pub reason: String,
}

impl ReasonForm {
    /// The reason, which must be there.
    pub fn check(&self) -> Result<String, Errors> {
        let mut errors = Errors::default();
        errors.take("reason", form::text(&self.reason, LONGEST_REASON)).ok_or(errors)
    }
    /// The reason, which may be left out.
    pub fn check_optional(&self) -> Result<Option<String>, Errors> {
        let mut errors = Errors::default();
        let reason = errors.take("reason", form::optional(&self.reason, LONGEST_REASON)).ok_or(errors)?;
        Ok(Some(reason).filter(|reason| !reason.is_empty()))
    }
    /// Whose name is taken out, and why.
    pub fn check_subject(&self) -> Result<(String, String), Errors> {
        let mut errors = Errors::default();
        let subject = errors.take("subject", form::text(&self.subject.to_ascii_uppercase(), 20));
        let reason = errors.take("reason", form::text(&self.reason, LONGEST_REASON));
        subject.zip(reason).ok_or(errors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ranking_by_ratings_has_a_kind_a_title_and_an_end() {
        let form =
            RankingForm { kind: "lecture_rating".into(), title: " 好课榜 ".into(), top_k: "100".into() };
        assert_eq!(form.check().unwrap(), (Kind::LectureRating, "好课榜".into(), 100));
        let bad = RankingForm { kind: "contest".into(), title: String::new(), top_k: "0".into() };
        assert_eq!(bad.check().unwrap_err().iter().count(), 3, "a contest is not ranked here");
    }

    #[test]
    fn a_notice_has_its_days_or_there_is_none() {
        let days = |days: &str| PublishForm { days: days.into() }.check();
        assert_eq!((days(" "), days("1"), days("60")), (Ok(None), Ok(Some(1)), Ok(Some(60))));
        assert!(days("0").is_err() && days("61").is_err() && days("五").is_err());
    }
}
