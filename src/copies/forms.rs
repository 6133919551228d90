//! What the forms of copies send.
use super::{After, HandOut, Issue, NewEdition, Rule, Step, What};
use crate::ids::{AccountId, BookletId, OrgId, PersonId, PrintEditionId, random_hex};
use crate::lang::Message;
use crate::msg;
use crate::web::form::{self, Errors, optional, text};
use chrono::NaiveDate;
use serde::Deserialize;

/// The longest reason, in characters.
pub const LONGEST_REASON: usize = 200;
/// The most copies of one move.
const MOST: i32 = 1_000_000;

/// A printed title.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct EditionForm {
    pub title: String,
    pub imprint: String,
    pub booklet: String,
    pub rule: String,
    pub started_on: String,
    pub key: String,
}

impl EditionForm {
    pub fn new(today: NaiveDate) -> EditionForm {
        EditionForm { started_on: today.to_string(), key: random_hex(16), ..EditionForm::default() }
    }
    pub fn check(&self) -> Result<NewEdition, Errors> {
        let mut errors = Errors::default();
        let title = errors.take("title", text(&self.title, 120));
        let imprint = errors.take("imprint", optional(&self.imprint, 120));
        let booklet = match self.booklet.as_str() {
            "" => Ok(None),
            id => id.parse().map(|id| Some(BookletId(id))).map_err(|_| msg!("请选一种读本")),
        };
        let booklet = errors.take("booklet", booklet);
        let rule = errors.take("rule", Rule::of(&self.rule).ok_or_else(|| msg!("请选配发的办法")));
        let started_on = errors.take("started_on", form::day(&self.started_on));
        let key = errors.take("key", form::key(&self.key));
        match (title, imprint, booklet, rule, started_on, key) {
            (Some(title), Some(imprint), Some(booklet), Some(rule), Some(started_on), Some(key)) => {
                Ok(NewEdition { title, imprint, booklet, rule, started_on, key })
            }
            _ => Err(errors),
        }
    }
    pub fn is_rule(&self, rule: &Rule) -> bool {
        self.rule == rule.as_str()
    }
}

/// A step of a desk.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct StepForm {
    pub step: String,
    pub count: String,
    pub day: String,
    pub reason: String,
    pub key: String,
}

impl StepForm {
    pub fn new(today: NaiveDate) -> StepForm {
        StepForm { day: today.to_string(), key: random_hex(16), ..StepForm::default() }
    }
    pub fn check(&self, today: NaiveDate) -> Result<Step, Errors> {
        let mut errors = Errors::default();
        let what = errors.take("step", What::of(&self.step).ok_or_else(|| msg!("请选要登记什么")));
        let count = errors.take("count", number(&self.count).and_then(at_least_one));
        let day = errors.take("day", past_day(&self.day, today));
        let reason = match what {
            Some(what) if what.needs_reason() => text(&self.reason, LONGEST_REASON),
            _ => optional(&self.reason, LONGEST_REASON),
        };
        let reason = errors.take("reason", reason);
        let key = errors.take("key", form::key(&self.key));
        match (what, count, day, reason, key) {
            (Some(what), Some(count), Some(day), Some(reason), Some(key)) => {
                Ok(Step { what, count, day, reason, key })
            }
            _ => Err(errors),
        }
    }
}

/// A whole number of copies, as people write it; nothing is none.
fn number(sent: &str) -> Result<i32, Message> {
    let digits: String = sent.chars().filter(|c| !matches!(c, ' ' | ',' | '，' | '册' | '本')).collect();
    if digits.is_empty() {
        return Ok(0);
    }
    match digits.parse::<i32>() {
        Ok(n) if (0..=MOST).contains(&n) => Ok(n),
        _ => Err(msg!("册数写成整数，不超过 {}", MOST)),
    }
}

fn at_least_one(n: i32) -> Result<i32, Message> {
    if n > 0 { Ok(n) } else { Err(msg!("请写册数")) }
}

/// A day that is not still to come.
fn past_day(sent: &str, today: NaiveDate) -> Result<NaiveDate, Message> {
    match form::day(sent)? {
        day if day > today => Err(msg!("日期不能晚于今天")),
        day => Ok(day),
    }
}

/// How many copies go to each of several organisations.
#[derive(Default, Clone, Debug)]
pub struct IssueForm {
    /// The organisation and the number as it was typed.
    pub shares: Vec<(OrgId, String)>,
    pub day: String,
    pub key: String,
}

impl IssueForm {
    /// From the pairs of a body: an `org` with the `count` behind it.
    pub fn sent(pairs: Vec<(String, String)>) -> IssueForm {
        let mut form = IssueForm::default();
        for (name, value) in pairs {
            match name.as_str() {
                "org" => form.shares.extend(value.parse().ok().map(|id| (OrgId(id), String::new()))),
                "count" => {
                    if let Some(last) = form.shares.last_mut() {
                        last.1 = value;
                    }
                }
                "day" => form.day = value,
                "key" => form.key = value,
                _ => {}
            }
        }
        form
    }
    pub fn check(&self, from: OrgId, by: AccountId, today: NaiveDate) -> Result<Issue, Errors> {
        let mut errors = Errors::default();
        let mut shares = vec![];
        for (org, sent) in &self.shares {
            if let Some(count) = errors.take("count", number(sent)) {
                shares.push((*org, count));
            }
        }
        if errors.is_empty() && shares.iter().all(|(_, count)| *count == 0) {
            errors = errors.with("count", msg!("请至少在一行写上册数"));
        }
        let day = errors.take("day", past_day(&self.day, today));
        let key = errors.take("key", form::key(&self.key));
        match (day, key) {
            (Some(day), Some(key)) if errors.is_empty() => Ok(Issue { from, shares, by, day, key }),
            _ => Err(errors),
        }
    }
}

/// Members who get their copies.
#[derive(Default, Clone, Debug)]
pub struct HandForm {
    pub persons: Vec<PersonId>,
    /// Everybody of the page who has none.
    pub is_all: bool,
    pub proxy: String,
    pub day: String,
    pub key: String,
}

impl HandForm {
    pub fn sent(pairs: Vec<(String, String)>) -> HandForm {
        let mut form = HandForm::default();
        for (name, value) in pairs {
            match name.as_str() {
                "person" => form.persons.extend(value.parse().ok().map(PersonId)),
                "all" => form.is_all = true,
                "proxy" => form.proxy = value,
                "day" => form.day = value,
                "key" => form.key = value,
                _ => {}
            }
        }
        form
    }
    pub fn check(
        &self,
        (edition, org): (PrintEditionId, OrgId),
        by: AccountId,
        today: NaiveDate,
    ) -> Result<HandOut, Errors> {
        let mut errors = Errors::default();
        if self.persons.is_empty() {
            errors = errors.with("person", msg!("请先勾选领到的人"));
        }
        let proxy = match self.proxy.as_str() {
            "" => Ok(None),
            id => id.parse().map(|id| Some(PersonId(id))).map_err(|_| msg!("请从名单里选代签的人")),
        };
        let proxy = errors.take("proxy", proxy);
        let day = errors.take("day", past_day(&self.day, today));
        let key = errors.take("key", form::key(&self.key));
        match (proxy, day, key) {
            (Some(proxy), Some(day), Some(key)) if errors.is_empty() => {
                Ok(HandOut { edition, org, persons: self.persons.clone(), proxy, by, day, key })
            }
            _ => Err(errors),
        }
    }
}

/// What happened to a member's copy.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct AfterForm {
    pub after: String,
    pub day: String,
    pub reason: String,
    pub key: String,
}

impl AfterForm {
    pub fn new(today: NaiveDate) -> AfterForm {
        AfterForm { day: today.to_string(), key: random_hex(16), ..AfterForm::default() }
    }
    /// What, when, why, and the key of the post.
    pub fn check(&self, today: NaiveDate) -> Result<(After, NaiveDate, String, String), Errors> {
        let mut errors = Errors::default();
        let after = match self.after.as_str() {
            "returned" => Ok(After::Returned),
            "lost" => Ok(After::Lost),
            "taken_back" => Ok(After::TakenBack),
            _ => Err(msg!("请选要登记什么")),
        };
        let after = errors.take("after", after);
        let day = errors.take("day", past_day(&self.day, today));
        let reason = errors.take("reason", text(&self.reason, LONGEST_REASON));
        let key = errors.take("key", form::key(&self.key));
        match (after, day, reason, key) {
            (Some(after), Some(day), Some(reason), Some(key)) => Ok((after, day, reason, key)),
            _ => Err(errors),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_has_a_number_a_day_that_has_come_and_a_reason_where_one_is_needed() {
        let today = "2026-11-29".parse().unwrap();
        let form = |step: &str, count: &str, day: &str, reason: &str| StepForm {
            step: step.into(),
            count: count.into(),
            day: day.into(),
            reason: reason.into(),
            key: "0123456789abcdef0123456789abcdef".into(),
        };
        assert_eq!(form("receive", " 1,200 册", "2026-11-29", "").check(today).unwrap().count, 1_200);
        for (step, count, day, reason, field) in [
            ("steal", "1", "2026-11-29", "", "step"),
            ("receive", "", "2026-11-29", "", "count"),
            ("receive", "-1", "2026-11-29", "", "count"),
            ("receive", "1.5", "2026-11-29", "", "count"),
            ("receive", "9999999", "2026-11-29", "", "count"),
            ("receive", "1", "2026-11-30", "", "day"),
            ("receive", "1", "", "", "day"),
            ("lose", "1", "2026-11-29", " ", "reason"),
            ("fewer", "1", "2026-11-29", "", "reason"),
        ] {
            let errors = form(step, count, day, reason).check(today).unwrap_err();
            assert!(errors.of(field).is_some(), "{step} {count} {day}: {errors:?}");
        }
    }

    #[test]
    fn a_number_belongs_to_the_organisation_before_it() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let form = IssueForm::sent(vec![
            pair("org", "3"),
            pair("count", "20"),
            pair("org", "x"),
            pair("org", "5"),
            pair("count", ""),
            pair("day", "2026-11-29"),
            pair("key", "0123456789abcdef0123456789abcdef"),
        ]);
        let today = "2026-11-29".parse().unwrap();
        let issue = form.check(OrgId(1), AccountId(1), today).unwrap();
        assert_eq!(issue.shares, [(OrgId(3), 20), (OrgId(5), 0)]);
        let none = IssueForm { shares: vec![(OrgId(3), "0".into())], ..form };
        assert!(none.check(OrgId(1), AccountId(1), today).unwrap_err().of("count").is_some());
    }
}
