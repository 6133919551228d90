//! What the forms of the broadcast send.
use super::plans::Wanted;
use super::spread::weekdays;
use super::{Confirmation, NewPlan, NewRecord, Pattern, Proof};
use crate::clock::{self, Timestamp};
use crate::ids::{AccountId, AllianceId, BroadcastItemId, EventId, LectureId, SchoolId};
use crate::lang::Message;
use crate::msg;
use crate::web::form::{Errors, day, key, moment, optional, text};
use chrono::{Duration, NaiveTime};
use serde::Deserialize;

/// The longest plan, in days.
const LONGEST_DAYS: i64 = 400;
/// The most lectures on one day in one school.
const MOST_A_DAY: usize = 10;
/// The largest number that somebody counts in a room, or a channel counts of readers.
const MOST_PRESENT: i32 = 10_000;
const MOST_READS: i32 = 1_000_000_000;

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct PlanForm {
    pub title: String,
    pub about: String,
    pub from: String,
    pub to: String,
    pub key: String,
}

impl PlanForm {
    pub fn of(plan: &super::Plan) -> PlanForm {
        PlanForm {
            title: plan.title.clone(),
            about: plan.about.clone(),
            from: plan.from_day.to_string(),
            to: plan.last_day().to_string(),
            key: crate::ids::random_hex(16),
        }
    }
    /// The plan that it describes.
    ///
    /// # Errors
    /// What is wrong with it, by field.
    pub fn check(&self) -> Result<NewPlan, Errors> {
        let mut errors = Errors::default();
        let title = errors.take("title", text(&self.title.replace('\n', " "), 60));
        let about = errors.take("about", optional(&self.about, 1_000));
        let from = errors.take("from", day(&self.from));
        let to = errors.take("to", day(&self.to));
        let key = errors.take("title", key(&self.key));
        match (title, about, from, to, key) {
            (Some(title), Some(about), Some(from), Some(to), Some(key)) => {
                let to = to + Duration::days(1);
                if to <= from {
                    return Err(errors.with("to", msg!("最后一天不能早于第一天")));
                }
                if to - from > Duration::days(LONGEST_DAYS) {
                    return Err(errors.with("to", msg!("一个计划最长 {} 天", LONGEST_DAYS)));
                }
                Ok(NewPlan { title, about, from, to, key })
            }
            _ => Err(errors),
        }
    }
}

/// The lectures that were ticked, and for which channel.
pub fn chosen(pairs: &[(String, String)]) -> (Vec<LectureId>, Option<super::Channel>) {
    let lectures = pairs.iter().filter(|pair| pair.0 == "lecture").filter_map(|pair| pair.1.parse().ok());
    let channel = pairs.iter().find(|pair| pair.0 == "channel").and_then(|pair| super::Channel::of(&pair.1));
    (lectures.map(LectureId).collect(), channel)
}

#[derive(Deserialize)]
pub struct GoldForm {
    #[serde(default)]
    pub channel: String,
    #[serde(default)]
    pub which: String,
}

/// A pattern of days and hours, for many schools. In an address as in a form.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct SpreadForm {
    pub alliance: String,
    pub org: String,
    pub screen: String,
    pub from: String,
    pub to: String,
    pub d0: String,
    pub d1: String,
    pub d2: String,
    pub d3: String,
    pub d4: String,
    pub d5: String,
    pub d6: String,
    pub begins: String,
    pub a_day: String,
    /// What the preview promised.
    pub count: String,
    /// Whether it is to be looked at: the bare page asks for nothing.
    pub look: String,
}

impl SpreadForm {
    /// Every day of the plan in the evening, in schools with a screen.
    pub fn of(plan: &super::Plan, now: Timestamp) -> SpreadForm {
        let first = plan.from_day.max(clock::day(now) + Duration::days(1));
        SpreadForm {
            screen: "yes".into(),
            from: first.to_string(),
            to: plan.last_day().max(first).to_string(),
            d1: "on".into(),
            d3: "on".into(),
            begins: "19:00".into(),
            a_day: "1".into(),
            ..SpreadForm::default()
        }
    }
    pub fn days(&self) -> [bool; 7] {
        [&self.d0, &self.d1, &self.d2, &self.d3, &self.d4, &self.d5, &self.d6].map(|day| !day.is_empty())
    }
    /// What it asks for. `path` is that of the organisation that was chosen.
    ///
    /// # Errors
    /// What is wrong with it, by field.
    pub fn check(&self, path: Option<String>) -> Result<(Wanted, Pattern), Errors> {
        let mut errors = Errors::default();
        let from = errors.take("from", day(&self.from));
        let to = errors.take("to", day(&self.to));
        let begins = NaiveTime::parse_from_str(self.begins.trim(), "%H:%M");
        let begins = errors.take("begins", begins.map_err(|_| msg!("请填写时间，例如 19:00")));
        let a_day = self.a_day.trim().parse().ok().filter(|n| (1..=MOST_A_DAY).contains(n));
        let a_day = errors.take("a_day", a_day.ok_or_else(|| msg!("请填 1 到 {} 之间的数", MOST_A_DAY)));
        if !self.days().contains(&true) {
            errors = errors.with("d0", msg!("请至少选一天"));
        }
        match (from, to, begins, a_day, errors.is_empty()) {
            (Some(from), Some(to), Some(begins), Some(a_day), true) => {
                if to < from {
                    return Err(errors.with("to", msg!("最后一天不能早于第一天")));
                }
                let to = to.min(from + Duration::days(LONGEST_DAYS)) + Duration::days(1);
                let wanted = Wanted {
                    alliance: self.alliance.parse().ok().map(AllianceId),
                    path,
                    with_screen: !self.screen.is_empty(),
                };
                Ok((wanted, Pattern { from, to, weekdays: self.days(), begins, a_day }))
            }
            _ => Err(errors),
        }
    }
    /// The same as the query of an address.
    pub fn query(&self) -> Vec<(&'static str, String)> {
        let days = ["d0", "d1", "d2", "d3", "d4", "d5", "d6"];
        let mut pairs: Vec<(&'static str, String)> = vec![
            ("alliance", self.alliance.clone()),
            ("org", self.org.clone()),
            ("screen", self.screen.clone()),
            ("from", self.from.clone()),
            ("to", self.to.clone()),
            ("begins", self.begins.clone()),
            ("a_day", self.a_day.clone()),
        ];
        for (name, is_on) in days.into_iter().zip(self.days()) {
            if is_on {
                pairs.push((name, "on".into()));
            }
        }
        pairs
    }
}

/// The words of the days of a week, Monday first.
pub fn day_words() -> Vec<(usize, Message)> {
    use chrono::Weekday;
    let word = |day: Weekday| match day {
        Weekday::Mon => msg!("周一"),
        Weekday::Tue => msg!("周二"),
        Weekday::Wed => msg!("周三"),
        Weekday::Thu => msg!("周四"),
        Weekday::Fri => msg!("周五"),
        Weekday::Sat => msg!("周六"),
        Weekday::Sun => msg!("周日"),
    };
    weekdays().map(word).enumerate().collect()
}

/// One screening.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct ScreenForm {
    pub item: String,
    /// The name of the school.
    pub school: String,
    pub starts: String,
}

impl ScreenForm {
    /// What it asks for. `school` is the one that has this name.
    ///
    /// # Errors
    /// What is wrong with it, by field.
    pub fn check(&self, school: Option<SchoolId>) -> Result<(BroadcastItemId, SchoolId, Timestamp), Errors> {
        let mut errors = Errors::default();
        let item = self.item.parse().ok().map(BroadcastItemId);
        let item = errors.take("item", item.ok_or_else(|| msg!("请选一堂课")));
        let school = errors.take("school", school.ok_or_else(|| msg!("没有叫这个名字的学校，请写全名")));
        let starts = errors.take("starts", moment(&self.starts));
        match (item, school, starts) {
            (Some(item), Some(school), Some(starts)) => Ok((item, school, starts)),
            _ => Err(errors),
        }
    }
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct ConfirmForm {
    pub kind: String,
    pub event: String,
    pub present: String,
    pub note: String,
    pub seen: String,
    pub key: String,
}

impl ConfirmForm {
    /// # Errors
    /// What is wrong with it, by field.
    pub fn check(&self) -> Result<Confirmation, Errors> {
        let mut errors = Errors::default();
        let kind = errors.take("kind", Proof::of(&self.kind).ok_or_else(|| msg!("请选一项")));
        let event = self.event.parse().ok().map(EventId);
        if kind == Some(Proof::Viewing) && event.is_none() {
            errors = errors.with("event", msg!("请选一场集体收看"));
        }
        let present = match kind {
            Some(Proof::Count) => {
                let read = self.present.trim().parse().ok().filter(|n| (1..=MOST_PRESENT).contains(n));
                read.ok_or_else(|| msg!("请填到场人数，1 到 {}", MOST_PRESENT))
            }
            _ => Ok(0),
        };
        let present = errors.take("present", present);
        let note = match kind {
            Some(Proof::Count) => text(&self.note, 500),
            _ => optional(&self.note, 500),
        };
        let note = errors.take("note", note);
        let seen =
            errors.take("kind", self.seen.parse().map_err(|_| msg!("这张表单不完整，请重新打开这一页再填")));
        let key = errors.take("kind", key(&self.key));
        match (kind, present, note, seen, key, errors.is_empty()) {
            (Some(kind), Some(present), Some(note), Some(seen), Some(key), true) => {
                Ok(Confirmation { kind, event, present, note, seen, key })
            }
            _ => Err(errors),
        }
    }
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct RecordForm {
    pub name: String,
    pub address: String,
    pub at: String,
    pub key: String,
}

impl RecordForm {
    /// # Errors
    /// What is wrong with it, by field.
    pub fn check(&self, by: AccountId) -> Result<NewRecord, Errors> {
        let mut errors = Errors::default();
        let name = errors.take("name", text(&self.name.replace('\n', " "), 80));
        let address = optional(&self.address, 500).and_then(|address| {
            match address.is_empty() || address.starts_with("https://") {
                true if !address.contains(char::is_whitespace) => Ok(address),
                _ => Err(msg!("地址要以 https:// 开头")),
            }
        });
        let address = errors.take("address", address);
        let at = errors.take("at", moment(&self.at));
        let key = errors.take("name", key(&self.key));
        match (name, address, at, key) {
            (Some(name), Some(address), Some(at), Some(key)) => Ok(NewRecord { name, address, at, key, by }),
            _ => Err(errors),
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ReadsForm {
    pub reads_7: String,
    pub reads_30: String,
}

impl ReadsForm {
    /// Both counters; what is empty is not known yet.
    ///
    /// # Errors
    /// A sentence.
    pub fn check(&self) -> Result<(Option<i32>, Option<i32>), Message> {
        let read = |text: &str| match text.trim() {
            "" => Ok(None),
            text => match text.parse() {
                Ok(n) if (0..=MOST_READS).contains(&n) => Ok(Some(n)),
                _ => Err(msg!("阅读数要填整数")),
            },
        };
        Ok((read(&self.reads_7)?, read(&self.reads_30)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_ends_on_its_last_day_and_not_before_its_first() {
        let form = PlanForm {
            title: "秋季展播".into(),
            from: "2026-11-01".into(),
            to: "2026-11-30".into(),
            key: "0".repeat(32),
            ..PlanForm::default()
        };
        let plan = form.check().unwrap();
        assert_eq!((plan.from.to_string(), plan.to.to_string()), ("2026-11-01".into(), "2026-12-01".into()));
        for (from, to) in [
            ("2026-11-02", "2026-11-01"),
            ("2026-13-01", "2026-11-01"),
            ("", ""),
            ("2026-01-01", "2027-12-01"),
        ] {
            let bad = PlanForm { from: from.into(), to: to.into(), ..form.clone() };
            assert!(bad.check().is_err(), "{from} {to}");
        }
    }

    #[test]
    fn a_count_needs_people_and_what_shows_it_and_a_viewing_its_event() {
        let form = |kind: &str, event: &str, present: &str, note: &str| ConfirmForm {
            kind: kind.into(),
            event: event.into(),
            present: present.into(),
            note: note.into(),
            seen: "0".into(),
            key: "0".repeat(32),
        };
        assert_eq!(form("count", "", "23", "签到表在值班室").check().unwrap().present, 23);
        assert!(form("count", "", "0", "x").check().is_err());
        assert!(form("count", "", "99999", "x").check().is_err());
        assert!(form("count", "", "23", " ").check().unwrap_err().of("note").is_some());
        assert!(form("viewing", "", "", "").check().unwrap_err().of("event").is_some());
        assert!(form("viewing", "7", "", "").check().is_ok());
        assert!(form("none", "", "", "").check().is_ok());
        assert!(form("all", "", "", "").check().is_err());
        assert!(ConfirmForm { seen: "x".into(), ..form("none", "", "", "") }.check().is_err());
    }

    #[test]
    fn reads_are_whole_numbers_or_not_known_yet() {
        let form = |a: &str, b: &str| ReadsForm { reads_7: a.into(), reads_30: b.into() }.check();
        assert_eq!(form("120", "").unwrap(), (Some(120), None));
        assert!(form("-1", "").is_err() && form("1.5", "").is_err() && form("很多", "").is_err());
    }
}
