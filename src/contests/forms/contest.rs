//! What the form of a contest sends.
use super::super::Contest;
use super::super::store::ContestDraft;
use super::{line, number};
use crate::ids::random_code;
use crate::lang::Message;
use crate::msg;
use crate::rankings;
use crate::web::form::{Errors, day, optional, text};
use crate::web::slug::Slug;
use serde::Deserialize;

/// The longest rules, in characters.
const LONGEST_RULES: usize = 8_000;

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct ContestForm {
    /// The name in addresses; only of a new contest.
    pub slug: String,
    pub title: String,
    pub summary: String,
    pub rules: String,
    pub opens_on: String,
    pub closes_on: String,
    pub needs_video: String,
    pub notice_days: String,
    pub gold_count: String,
    pub gold_years: String,
    /// What was there when the form was made.
    pub revision: i32,
    pub key: String,
}

impl ContestForm {
    pub fn of(contest: &Contest) -> ContestForm {
        ContestForm {
            slug: contest.slug.clone(),
            title: contest.title.clone(),
            summary: contest.summary.clone(),
            rules: contest.rules.clone(),
            opens_on: contest.opens_on.to_string(),
            closes_on: contest.closes_on.to_string(),
            needs_video: if contest.needs_video { "1".into() } else { String::new() },
            notice_days: contest.notice_days.to_string(),
            gold_count: contest.gold_count.to_string(),
            gold_years: contest.gold_years.to_string(),
            revision: contest.revision,
            key: String::new(),
        }
    }
    pub fn check(&self) -> Result<ContestDraft, Errors> {
        let mut errors = Errors::default();
        let title = errors.take("title", line(&self.title, 60));
        let summary = errors.take("summary", text(&self.summary, 200));
        let rules = errors.take("rules", optional(&self.rules, LONGEST_RULES));
        let opens_on = errors.take("opens_on", day(&self.opens_on));
        let closes_on = match (day(&self.closes_on), opens_on) {
            (Ok(closes), Some(opens)) if closes < opens => Err(msg!("截止不能早于开始")),
            (closes, _) => closes,
        };
        let closes_on = errors.take("closes_on", closes_on);
        let notice_days = errors.take("notice_days", number(&self.notice_days, rankings::LEAST_NOTICE, 30));
        let gold_count = errors.take("gold_count", number(&self.gold_count, 0, 50));
        let gold_years = errors.take("gold_years", number(&self.gold_years, 1, 5));
        let needs_video = self.needs_video == "1";
        match (title, summary, rules, opens_on, closes_on, notice_days, gold_count, gold_years) {
            (
                Some(title),
                Some(summary),
                Some(rules),
                Some(opens_on),
                Some(closes_on),
                Some(notice_days),
                Some(gold_count),
                Some(gold_years),
            ) => Ok(ContestDraft {
                title,
                summary,
                rules,
                opens_on,
                closes_on,
                needs_video,
                notice_days,
                gold_count,
                gold_years,
            }),
            _ => Err(errors),
        }
    }
    /// The name in addresses: what was typed, or one by chance.
    pub fn check_slug(&self) -> Result<String, Message> {
        let typed = self.slug.trim().to_ascii_lowercase();
        if typed.is_empty() {
            return Ok(format!("contest-{}", random_code(6).to_ascii_lowercase()));
        }
        let is_good = !typed.starts_with('-') && !typed.ends_with('-') && typed.len() <= 60;
        match Slug::try_from(typed) {
            Ok(slug) if is_good => Ok(slug.as_str().to_owned()),
            _ => Err(msg!("网址名称只用小写字母、数字和连字符，字母或数字开头，最多 60 个字符")),
        }
    }
}
