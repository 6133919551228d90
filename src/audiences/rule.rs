//! The rule of an audience: conditions over what the roster says of a person on a day. Within a condition one is enough, all
//! conditions must hold, and a condition that is left empty asks nothing.
use crate::organization::OrgKind;
use crate::people::{Category, Office, Stage};
use serde::{Deserialize, Serialize};

/// Whom an audience means. JSON of this form is what is kept, so its names are a contract.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rule {
    /// Has one of these categories.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// Has none of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<String>,
    /// Is at one of these stages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<String>,
    /// Holds one of these offices, wherever.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub offices: Vec<String>,
    /// Belongs to a branch of one of these kinds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<String>,
    /// In whole years, by the year of birth; whoever has none on record fits no age.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_from: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_to: Option<i32>,
    /// Is (or is not) hosted by a branch elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_hosted: Option<bool>,
    /// Belongs to a branch whose school is primarily in one of these alliances.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alliances: Vec<i64>,
}

/// What of the roster a rule asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fits {
    pub categories: bool,
    pub stages: bool,
    pub offices: bool,
    pub ages: bool,
    pub stays: bool,
    pub alliances: bool,
}

impl Rule {
    /// The rule that is kept as `json`.
    ///
    /// # Errors
    /// What is not of this form.
    pub fn of(json: &str) -> Result<Rule, serde_json::Error> {
        serde_json::from_str(json)
    }
    /// As it is kept: the same rule, the same text.
    pub fn json(&self) -> String {
        // Lists of words and numbers always become JSON; an empty text would be no rule, so nobody would be meant by it.
        serde_json::to_string(&self.tidy()).unwrap_or_default()
    }
    /// In order and without repetitions.
    fn tidy(&self) -> Rule {
        fn sorted<T: Ord + Clone>(list: &[T]) -> Vec<T> {
            let mut list = list.to_vec();
            list.sort();
            list.dedup();
            list
        }
        Rule {
            categories: sorted(&self.categories),
            without: sorted(&self.without),
            stages: sorted(&self.stages),
            offices: sorted(&self.offices),
            kinds: sorted(&self.kinds),
            alliances: sorted(&self.alliances),
            ..*self
        }
    }
    /// Everybody.
    pub fn is_everybody(&self) -> bool {
        *self == Rule::default()
    }
    /// What has to be looked up to decide it.
    pub fn asks(&self) -> Fits {
        Fits {
            categories: !self.categories.is_empty() || !self.without.is_empty(),
            stages: !self.stages.is_empty(),
            offices: !self.offices.is_empty(),
            ages: self.age_from.is_some() || self.age_to.is_some(),
            stays: self.is_hosted.is_some(),
            alliances: !self.alliances.is_empty(),
        }
    }
    /// Every word in the rule names something that there is.
    pub fn is_sound(&self) -> bool {
        let known = |list: &[String], of: fn(&str) -> bool| list.iter().all(|word| of(word));
        known(&self.categories, |word| Category::of(word).is_some())
            && known(&self.without, |word| Category::of(word).is_some())
            && known(&self.stages, |word| Stage::of(word).is_some())
            && known(&self.offices, |word| Office::of(word).is_some())
            && known(&self.kinds, |word| OrgKind::of(word).is_some())
            && self.age_from.zip(self.age_to).is_none_or(|(from, to)| from <= to)
    }
    /// Whether somebody born in `born` is of the right age in `year`.
    pub fn fits_age(&self, born: Option<i32>, year: i32) -> bool {
        if !self.asks().ages {
            return true;
        }
        born.is_some_and(|born| {
            let age = year - born;
            self.age_from.is_none_or(|from| age >= from) && self.age_to.is_none_or(|to| age <= to)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_kept_in_order_and_comes_back() {
        let rule = Rule {
            categories: vec!["retired".into(), "mobile".into(), "retired".into()],
            age_from: Some(60),
            ..Rule::default()
        };
        assert_eq!(rule.json(), r#"{"categories":["mobile","retired"],"age_from":60}"#);
        assert_eq!(Rule::of(&rule.json()).unwrap().json(), rule.json());
        assert_eq!(Rule::default().json(), "{}");
        assert!(Rule::default().is_everybody() && !rule.is_everybody());
        assert!(Rule::of(r#"{"praise":true}"#).is_err());
    }

    #[test]
    fn only_known_words_and_ages_in_order_are_sound() {
        assert!(Rule { stages: vec!["full".into()], ..Rule::default() }.is_sound());
        assert!(!Rule { stages: vec!["saint".into()], ..Rule::default() }.is_sound());
        assert!(!Rule { age_from: Some(61), age_to: Some(60), ..Rule::default() }.is_sound());
    }

    #[test]
    fn an_age_is_in_whole_years_and_needs_a_year_of_birth() {
        let old = Rule { age_from: Some(60), age_to: Some(80), ..Rule::default() };
        for (born, fits) in
            [(Some(1966), true), (Some(1967), false), (Some(1946), true), (Some(1945), false), (None, false)]
        {
            assert_eq!(old.fits_age(born, 2026), fits, "{born:?}");
        }
        assert!(Rule::default().fits_age(None, 2026));
    }
}
