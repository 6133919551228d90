//! What the search form sends. What cannot be read as a filter is none.
use super::text::Query;
use super::{Filter, Kind};
use crate::lang::Message;
use crate::lectures::Length;
use crate::msg;
use serde::Deserialize;

/// The longest query, in characters.
pub const LONGEST: usize = 60;

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct SearchQuery {
    pub q: String,
    pub kind: String,
    pub topic: String,
    pub length: String,
    pub page: Option<String>,
}

impl SearchQuery {
    /// The words to look for; nothing was asked where the field is empty.
    pub fn query(&self) -> Result<Query, Message> {
        if self.q.chars().count() > LONGEST {
            return Err(msg!("太长了，请缩短到 {} 个字以内。", LONGEST));
        }
        let query = Query::of(&self.q);
        if query.is_empty() && !self.q.trim().is_empty() {
            return Err(msg!("请输入文字或数字，光有符号或表情找不到内容。"));
        }
        Ok(query)
    }
    pub fn filter(&self, is_signed_in: bool) -> Filter {
        let is_slug = (1..40).contains(&self.topic.len())
            && self.topic.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        Filter {
            kind: Kind::of(&self.kind),
            topic: is_slug.then(|| self.topic.clone()),
            length: Length::of(&self.length).map(Length::range),
            is_signed_in,
        }
    }
    /// What stands in the field again: all that was typed, as long as it is not absurd.
    pub fn typed(&self) -> String {
        self.q.chars().take(2_000).collect()
    }
}
