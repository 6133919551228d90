//! What is asked of the pages of coverage, and what their forms send.
use super::errands::Way;
use super::figures::Period;
use crate::ids::{PersonId, StudyPlanId};
use crate::lang::Message;
use crate::msg;
use crate::web::form::{self, Errors};
use chrono::NaiveDate;
use serde::Deserialize;

/// Which figures: a plan or a part of it, below an organisation or along the alliances, on a day.
#[derive(Deserialize, Default, Clone, Debug)]
#[serde(default)]
pub struct Asked {
    pub plan: String,
    pub org: String,
    /// `alliance`: along the alliances instead of the tree.
    pub by: String,
    pub alliance: String,
    /// Only those who belong to this audience, too.
    pub audience: String,
    /// Only items that are due between these days.
    pub from: String,
    pub to: String,
    /// As of the end of this day; empty: now.
    pub on: String,
    pub page: Option<String>,
    /// Of a worklist: only those in this state.
    pub state: String,
}

impl Asked {
    pub fn plan(&self) -> Option<StudyPlanId> {
        self.plan.parse().ok().map(StudyPlanId)
    }
    /// The day, if it is one that has been; today otherwise.
    pub fn day(&self, today: NaiveDate) -> NaiveDate {
        form::day(&self.on).ok().filter(|day| *day < today).unwrap_or(today)
    }
    /// When the items are due that are asked about.
    pub fn period(&self) -> Result<Period, Message> {
        let day = |sent: &str| if sent.is_empty() { Ok(None) } else { form::day(sent).map(Some) };
        let period = Period { from: day(&self.from)?, to: day(&self.to)? };
        match period.from.zip(period.to) {
            Some((from, to)) if to < from => Err(msg!("结束日期要不早于开始日期")),
            _ => Ok(period),
        }
    }
    pub fn has_period(&self) -> bool {
        !self.from.is_empty() || !self.to.is_empty()
    }
    /// The same question about something else, as an address.
    pub fn at(&self, path: &str, with: &[(&str, &str)]) -> String {
        let own = [
            ("plan", self.plan.as_str()),
            ("org", &self.org),
            ("by", &self.by),
            ("alliance", &self.alliance),
            ("audience", &self.audience),
            ("from", &self.from),
            ("to", &self.to),
            ("on", &self.on),
            ("state", &self.state),
        ];
        let is_plain =
            |value: &str| value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        let mut pairs: Vec<String> = vec![];
        for (name, value) in own {
            let value = with.iter().find(|one| one.0 == name).map_or(value, |one| one.1);
            if !value.is_empty() && is_plain(value) {
                pairs.push(format!("{name}={value}"));
            }
        }
        if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
    }
}

/// Somebody is asked to bring something.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct AssignForm {
    pub plan: String,
    pub person: String,
    pub helper: String,
    pub way: String,
    pub due_on: String,
    pub key: String,
}

/// What an errand is about: plan and person, helper, way, day.
pub type Assigned = (StudyPlanId, PersonId, PersonId, Way, NaiveDate);

impl AssignForm {
    pub fn check(&self) -> Result<Assigned, Errors> {
        let mut errors = Errors::default();
        let plan = errors.take("plan", self.plan.parse().map(StudyPlanId).map_err(|_| msg!("请选一项")));
        let person = errors.take("person", self.person.parse().map(PersonId).map_err(|_| msg!("请选一个人")));
        let helper = errors.take("helper", self.helper.parse().map(PersonId).map_err(|_| msg!("请选由谁办")));
        let way = errors.take("way", Way::of(&self.way).ok_or_else(|| msg!("请选一项")));
        let due_on = errors.take("due_on", form::day(&self.due_on));
        if let Err(problem) = form::key(&self.key) {
            errors = errors.with("plan", problem);
        }
        match (plan, person, helper, way, due_on) {
            (Some(plan), Some(person), Some(helper), Some(way), Some(due_on)) if errors.is_empty() => {
                Ok((plan, person, helper, way, due_on))
            }
            _ => Err(errors),
        }
    }
}

/// How an errand ends.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct CloseForm {
    pub outcome: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_keeps_what_it_asks_when_it_is_asked_of_something_else() {
        let asked = Asked { plan: "3".into(), org: "7".into(), on: "2026-11-01".into(), ..Asked::default() };
        assert_eq!(asked.at("/coverage", &[("org", "9")]), "/coverage?plan=3&org=9&on=2026-11-01");
        assert_eq!(
            asked.at("/coverage", &[("org", ""), ("by", "alliance")]),
            "/coverage?plan=3&by=alliance&on=2026-11-01"
        );
        assert_eq!(Asked { plan: "<script>".into(), ..Asked::default() }.at("/coverage", &[]), "/coverage");
        let day = |text: &str| form::day(text).unwrap();
        assert_eq!(asked.day(day("2026-11-20")), day("2026-11-01"));
        assert_eq!(Asked { on: "2026-12-01".into(), ..asked }.day(day("2026-11-20")), day("2026-11-20"));
    }

    #[test]
    fn a_period_may_be_open_and_is_not_turned_round() {
        let asked = |from: &str, to: &str| Asked { from: from.into(), to: to.into(), ..Asked::default() };
        let day = |text: &str| form::day(text).unwrap();
        assert!(asked("", "").period().unwrap().is_all());
        let march = asked("2026-03-01", "2026-03-31").period().unwrap();
        assert!(march.holds(day("2026-03-01")) && march.holds(day("2026-03-31")));
        assert!(!march.holds(day("2026-02-28")) && !march.holds(day("2026-04-01")));
        assert!(asked("2026-03-01", "").period().unwrap().holds(day("2027-01-01")));
        assert!(!asked("", "2026-03-01").period().unwrap().holds(day("2026-03-02")));
        for (from, to) in [("2026-03-02", "2026-03-01"), ("spring", ""), ("", "2026-02-30")] {
            assert!(asked(from, to).period().is_err(), "{from} {to}");
        }
        let whole = Asked { audience: "4".into(), ..asked("2026-03-01", "2026-03-31") };
        assert_eq!(
            whole.at("/coverage", &[]),
            "/coverage?audience=4&from=2026-03-01&to=2026-03-31",
            "drilling down keeps what is asked"
        );
    }

    #[test]
    fn an_errand_names_who_brings_what_by_when() {
        let good = AssignForm {
            plan: "1".into(),
            person: "2".into(),
            helper: "3".into(),
            way: "door".into(),
            due_on: "2026-12-01".into(),
            key: "a".repeat(32),
        };
        assert!(good.check().is_ok());
        let errors = AssignForm { helper: String::new(), way: "shout".into(), ..good }.check().unwrap_err();
        assert!(errors.of("helper").is_some() && errors.of("way").is_some());
    }
}
