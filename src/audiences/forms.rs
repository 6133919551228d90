//! What the form of an audience sends.
use super::Rule;
use crate::ids::OrgId;
use crate::msg;
use crate::organization::OrgKind;
use crate::people::{Category, Office, Stage};
use crate::web::form::{self, Errors, text};

/// The longest name, in characters.
const LONGEST_NAME: usize = 60;
/// Nobody is older.
const OLDEST: i32 = 120;

/// A rule as it is ticked and typed.
#[derive(Default, Clone, Debug, PartialEq, Eq)]
pub struct RuleForm {
    pub name: String,
    pub org: String,
    pub categories: Vec<String>,
    pub without: Vec<String>,
    pub stages: Vec<String>,
    pub offices: Vec<String>,
    pub kinds: Vec<String>,
    pub alliances: Vec<String>,
    pub age_from: String,
    pub age_to: String,
    pub hosted: String,
    /// The revision that whoever fills it in has seen.
    pub revision: String,
    pub key: String,
    /// What the button says: `save` or `count`.
    pub step: String,
}

impl RuleForm {
    pub fn of(name: &str, org: OrgId, rule: &Rule, revision: i32) -> RuleForm {
        let age = |age: Option<i32>| age.map(|age| age.to_string()).unwrap_or_default();
        RuleForm {
            name: name.to_owned(),
            org: org.to_string(),
            categories: rule.categories.clone(),
            without: rule.without.clone(),
            stages: rule.stages.clone(),
            offices: rule.offices.clone(),
            kinds: rule.kinds.clone(),
            alliances: rule.alliances.iter().map(i64::to_string).collect(),
            age_from: age(rule.age_from),
            age_to: age(rule.age_to),
            hosted: match rule.is_hosted {
                Some(true) => "yes".into(),
                Some(false) => "no".into(),
                None => String::new(),
            },
            revision: revision.to_string(),
            ..RuleForm::default()
        }
    }
    /// What a browser sent; a name may come several times.
    pub fn sent(pairs: Vec<(String, String)>) -> RuleForm {
        let mut form = RuleForm::default();
        for (name, value) in pairs {
            match name.as_str() {
                "name" => form.name = value,
                "org" => form.org = value,
                "categories" => form.categories.push(value),
                "without" => form.without.push(value),
                "stages" => form.stages.push(value),
                "offices" => form.offices.push(value),
                "kinds" => form.kinds.push(value),
                "alliances" => form.alliances.push(value),
                "age_from" => form.age_from = value,
                "age_to" => form.age_to = value,
                "hosted" => form.hosted = value,
                "revision" => form.revision = value,
                "key" => form.key = value,
                "step" => form.step = value,
                _ => {}
            }
        }
        form
    }
    /// The rule alone: what is counted before it has a name.
    pub fn check_rule(&self) -> Result<Rule, Errors> {
        let mut errors = Errors::default();
        let age_from = errors.take("age_from", age(&self.age_from)).flatten();
        let age_to = errors.take("age_to", age(&self.age_to)).flatten();
        if age_from.zip(age_to).is_some_and(|(from, to)| from > to) {
            errors = errors.with("age_to", msg!("年龄上限要不小于下限"));
        }
        if self.without.iter().any(|word| self.categories.contains(word)) {
            errors = errors.with("without", msg!("同一个类别不能又要又不要"));
        }
        let rule = Rule {
            categories: self.categories.clone(),
            without: self.without.clone(),
            stages: self.stages.clone(),
            offices: self.offices.clone(),
            kinds: self.kinds.clone(),
            alliances: self.alliances.iter().filter_map(|id| id.parse().ok()).collect(),
            age_from,
            age_to,
            is_hosted: match self.hosted.as_str() {
                "yes" => Some(true),
                "no" => Some(false),
                _ => None,
            },
        };
        if errors.is_empty() && !rule.is_sound() {
            errors = errors.with("name", msg!("这张表单不完整，请重新打开这一页再填"));
        }
        if errors.is_empty() { Ok(rule) } else { Err(errors) }
    }
    /// The name and the rule.
    pub fn check(&self) -> Result<(String, Rule), Errors> {
        let mut errors = Errors::default();
        let name = errors.take("name", text(&self.name, LONGEST_NAME));
        if let Err(problem) = form::key(&self.key) {
            errors = errors.with("name", problem);
        }
        match (name, self.check_rule()) {
            (Some(name), Ok(rule)) if errors.is_empty() => Ok((name, rule)),
            (_, Err(others)) => Err(errors.and(others)),
            _ => Err(errors),
        }
    }
    pub fn has_category(&self, one: &Category) -> bool {
        self.categories.iter().any(|word| word == one.as_str())
    }
    pub fn has_not(&self, one: &Category) -> bool {
        self.without.iter().any(|word| word == one.as_str())
    }
    pub fn has_stage(&self, one: &Stage) -> bool {
        self.stages.iter().any(|word| word == one.as_str())
    }
    pub fn has_office(&self, one: &Office) -> bool {
        self.offices.iter().any(|word| word == one.as_str())
    }
    pub fn has_kind(&self, one: &OrgKind) -> bool {
        self.kinds.iter().any(|word| word == one.as_str())
    }
    pub fn has_alliance(&self, id: &i64) -> bool {
        self.alliances.iter().any(|word| *word == id.to_string())
    }
}

fn age(sent: &str) -> Result<Option<i32>, crate::lang::Message> {
    match sent.trim() {
        "" => Ok(None),
        sent => sent
            .parse()
            .ok()
            .filter(|age| (0..=OLDEST).contains(age))
            .map(Some)
            .ok_or_else(|| msg!("填 0 到 {} 之间的整数", OLDEST)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(pairs: &[(&str, &str)]) -> RuleForm {
        RuleForm::sent(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
    }

    #[test]
    fn what_is_ticked_becomes_the_rule_and_back() {
        let key = "0".repeat(32);
        let form = sent(&[
            ("name", " 离退休 "),
            ("org", "2"),
            ("categories", "retired"),
            ("categories", "mobile"),
            ("age_from", "60"),
            ("hosted", "no"),
            ("key", &key),
        ]);
        let (name, rule) = form.check().unwrap();
        assert_eq!(name, "离退休");
        assert_eq!(rule.json(), r#"{"categories":["mobile","retired"],"age_from":60,"is_hosted":false}"#);
        assert_eq!(RuleForm::of(&name, OrgId(2), &rule, 1).check_rule(), Ok(rule));
    }

    #[test]
    fn what_makes_no_sense_is_said_at_its_field() {
        let bad =
            |pairs: &[(&str, &str)], field: &str| sent(pairs).check_rule().unwrap_err().of(field).is_some();
        assert!(bad(&[("age_from", "七十")], "age_from"));
        assert!(bad(&[("age_from", "70"), ("age_to", "60")], "age_to"));
        assert!(bad(&[("categories", "retired"), ("without", "retired")], "without"));
        assert!(bad(&[("stages", "saint")], "name"));
        assert!(sent(&[("name", "x")]).check().is_err(), "without its key");
    }
}
