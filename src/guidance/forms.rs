//! What the forms of guidance send.
use super::visits::{MOST_FINDINGS, NewFinding, NewVisit};
use super::{Category, Half, NewGroup, NewPlan, Refusal, Severity, State, Step};
use crate::ids::{AccountId, EventId, OrgId, PersonId};
use crate::lang::Message;
use crate::msg;
use crate::web::form::{self, Errors};
use serde::Deserialize;

/// The fields of the findings, in their order.
const TEXT: [&str; MOST_FINDINGS] = ["text1", "text2", "text3", "text4", "text5"];
const CATEGORY: [&str; MOST_FINDINGS] = ["category1", "category2", "category3", "category4", "category5"];
const SEVERITY: [&str; MOST_FINDINGS] = ["severity1", "severity2", "severity3", "severity4", "severity5"];
pub const DUE: [&str; MOST_FINDINGS] = ["due1", "due2", "due3", "due4", "due5"];
/// The longest text of a finding or an answer, in characters.
const LONGEST: usize = 1_000;

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct GroupForm {
    pub name: String,
    pub org: String,
    pub key: String,
}

impl GroupForm {
    pub fn check(&self) -> Result<NewGroup, Errors> {
        let mut errors = Errors::default();
        let name = errors.take("name", form::text(&self.name, 40));
        let org = errors.take("org", self.org.parse().map(OrgId).map_err(|_| msg!("请选一项")));
        let key = errors.take("key", form::key(&self.key));
        match (name, org, key) {
            (Some(name), Some(org), Some(key)) => Ok(NewGroup { org, name, key }),
            _ => Err(errors),
        }
    }
    /// The name alone: a group keeps its organisation.
    pub fn check_name(&self) -> Result<String, Errors> {
        let mut errors = Errors::default();
        errors.take("name", form::text(&self.name, 40)).ok_or(errors)
    }
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct MemberForm {
    /// The printed member number.
    pub number: String,
    pub leader: String,
    pub from: String,
}

impl MemberForm {
    pub fn check(&self) -> Result<(String, bool, chrono::NaiveDate), Errors> {
        let mut errors = Errors::default();
        let number = errors.take("number", form::text(&self.number, 20));
        let from = errors.take("from", form::day(&self.from));
        match (number, from) {
            (Some(number), Some(from)) => Ok((number, !self.leader.is_empty(), from)),
            _ => Err(errors),
        }
    }
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct EndForm {
    pub person: String,
    pub org: String,
    pub day: String,
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct BelowForm {
    pub under: String,
    pub seen: String,
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct PlanForm {
    /// `1`: the next half-year.
    pub next: String,
    pub seed: String,
    pub sample: String,
    pub key: String,
}

impl PlanForm {
    pub fn check(&self, this: Half) -> Result<NewPlan, Errors> {
        let mut errors = Errors::default();
        let seed = errors.take("seed", form::text(&self.seed, 64));
        let sample = self.sample.trim();
        let sample = match sample.is_empty() {
            true => Ok(0),
            false => {
                sample.parse::<usize>().ok().filter(|n| *n <= 500).ok_or_else(|| msg!("写 0 到 500 的整数"))
            }
        };
        let sample = errors.take("sample", sample);
        let key = errors.take("key", form::key(&self.key));
        let half = if self.next == "1" { this.next() } else { this };
        match (seed, sample, key) {
            (Some(seed), Some(sample), Some(key)) => Ok(NewPlan { half, seed, sample, key }),
            _ => Err(errors),
        }
    }
}

/// One finding as it was typed.
#[derive(Default, Clone, Debug)]
pub struct FindingForm {
    pub text: String,
    pub category: String,
    pub severity: String,
    pub due: String,
}

#[derive(Default, Clone, Debug)]
pub struct VisitForm {
    pub org: String,
    pub day: String,
    pub members: Vec<String>,
    pub announced: String,
    pub event: String,
    pub findings: [FindingForm; MOST_FINDINGS],
    pub good: String,
    pub contact: String,
    pub told: String,
    pub reason: String,
    pub seen: String,
    /// Whose account typed it.
    pub account: String,
    pub key: String,
}

impl VisitForm {
    /// From the fields as they were sent, names repeated.
    pub fn read(pairs: Vec<(String, String)>) -> VisitForm {
        let mut read = VisitForm::default();
        for (name, value) in pairs {
            let place = |names: [&str; MOST_FINDINGS]| names.iter().position(|known| *known == name);
            match name.as_str() {
                "org" => read.org = value,
                "day" => read.day = value,
                "member" if read.members.len() < 60 => read.members.push(value),
                "announced" => read.announced = value,
                "event" => read.event = value,
                "good" => read.good = value,
                "contact" => read.contact = value,
                "told" => read.told = value,
                "reason" => read.reason = value,
                "seen" => read.seen = value,
                "account" => read.account = value,
                "key" => read.key = value,
                _ => {
                    if let Some(i) = place(TEXT) {
                        read.findings[i].text = value;
                    } else if let Some(i) = place(CATEGORY) {
                        read.findings[i].category = value;
                    } else if let Some(i) = place(SEVERITY) {
                        read.findings[i].severity = value;
                    } else if let Some(i) = place(DUE) {
                        read.findings[i].due = value;
                    }
                }
            }
        }
        read
    }
    pub fn is_by(&self, account: AccountId) -> bool {
        self.account.is_empty() || self.account == account.to_string()
    }
    pub fn has(&self, person: &PersonId) -> bool {
        self.members.contains(&person.to_string())
    }
    /// `for_org` is the organisation of the visit that is corrected.
    pub fn check(&self, for_org: Option<OrgId>) -> Result<NewVisit, Errors> {
        let mut errors = Errors::default();
        let choose = || msg!("请选一项");
        let org = match for_org {
            Some(org) => Some(org),
            None => errors.take("org", self.org.parse().map(OrgId).map_err(|_| choose())),
        };
        let day = errors.take("day", form::day(&self.day));
        let members: Vec<PersonId> =
            self.members.iter().filter_map(|id| id.parse().map_or(None, |id| Some(PersonId(id)))).collect();
        let is_announced = errors.take(
            "announced",
            match self.announced.as_str() {
                "yes" => Ok(true),
                "no" => Ok(false),
                _ => Err(choose()),
            },
        );
        let event = match self.event.is_empty() {
            true => Some(None),
            false => {
                errors.take("event", self.event.parse().map(|id| Some(EventId(id))).map_err(|_| choose()))
            }
        };
        let mut findings = vec![];
        for (i, one) in self.findings.iter().enumerate() {
            if one.text.trim().is_empty() {
                continue;
            }
            let text = errors.take(TEXT[i], form::text(&one.text, LONGEST));
            let category = errors.take(CATEGORY[i], Category::of(&one.category).ok_or_else(choose));
            let severity = errors.take(SEVERITY[i], Severity::of(&one.severity).ok_or_else(choose));
            let due = match one.due.trim().is_empty() {
                true => Some(None),
                false => errors.take(DUE[i], form::day(&one.due).map(Some)),
            };
            if let (Some(text), Some(category), Some(severity), Some(promised_for)) =
                (text, category, severity, due)
            {
                findings.push(NewFinding { category, severity, text, promised_for });
            }
        }
        let good = errors.take("good", form::optional(&self.good, LONGEST));
        let is_told = self.told == "yes";
        let contact = match is_told {
            true => form::text(&self.contact, 40),
            false => form::optional(&self.contact, 40),
        };
        let contact = errors.take("contact", contact);
        let reason = match for_org {
            Some(_) => form::text(&self.reason, 200),
            None => Ok(String::new()),
        };
        let reason = errors.take("reason", reason);
        let key = errors.take("key", form::key(&self.key));
        if !errors.is_empty() {
            return Err(errors);
        }
        match (org, day, is_announced, event, good, contact, (reason, key)) {
            (
                Some(org),
                Some(day),
                Some(is_announced),
                Some(event),
                Some(good),
                Some(contact),
                (Some(reason), Some(key)),
            ) => Ok(NewVisit {
                org,
                day,
                members,
                is_announced,
                event,
                findings,
                good,
                contact,
                is_told,
                reason,
                key,
            }),
            _ => Err(errors),
        }
    }
}

/// What the rules say of a record, at the fields.
pub fn at_fields(wrong: Vec<(&'static str, Refusal)>) -> Errors {
    wrong.into_iter().fold(Errors::default(), |errors, (field, refusal)| errors.with(field, refusal.words()))
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct StepForm {
    pub state: String,
    pub text: String,
    pub due: String,
    pub seen: String,
    pub key: String,
}

impl StepForm {
    /// A step to one of these states.
    pub fn check(&self, allowed: &[State]) -> Result<Step, Errors> {
        let mut errors = Errors::default();
        let state = State::of(&self.state).filter(|state| allowed.contains(state));
        let state = errors.take("state", state.ok_or_else(|| msg!("请选一项")));
        let needs_text = matches!(state, Some(State::Fixed | State::Reopened));
        let text = errors.take(
            "text",
            if needs_text { form::text(&self.text, LONGEST) } else { form::optional(&self.text, LONGEST) },
        );
        let due = match (state, self.due.trim().is_empty()) {
            (Some(State::Promised), true) => Err(msg!("请填写")),
            (Some(State::Promised | State::Reopened), false) => form::day(&self.due).map(Some),
            _ => Ok(None),
        };
        let due = errors.take("due", due);
        let seen: Result<i32, Message> =
            self.seen.parse().map_err(|_| msg!("这张表单不完整，请重新打开这一页再填"));
        let seen = errors.take("key", seen);
        let key = errors.take("key", form::key(&self.key));
        match (state, text, due, seen, key) {
            (Some(state), Some(text), Some(promised_for), Some(seen), Some(key)) => {
                Ok(Step { state, promised_for, text, seen, key })
            }
            _ => Err(errors),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    fn pairs(more: &[(&str, &str)]) -> Vec<(String, String)> {
        let plain = [("org", "3"), ("day", "2026-11-20"), ("announced", "no"), ("key", KEY)];
        plain.iter().chain(more).map(|(name, value)| (name.to_string(), value.to_string())).collect()
    }

    #[test]
    fn a_visit_has_members_and_the_findings_that_were_typed() {
        let form = VisitForm::read(pairs(&[
            ("member", "7"),
            ("member", "8"),
            ("text1", "记录没有签到"),
            ("category1", "records"),
            ("severity1", "mend"),
            ("due1", "2026-12-01"),
            ("text2", "  "),
            ("category2", "study"),
        ]));
        let visit = form.check(None).unwrap();
        assert_eq!(visit.members, [PersonId(7), PersonId(8)]);
        assert_eq!(visit.findings.len(), 1);
        assert_eq!(visit.findings[0].promised_for.unwrap().to_string(), "2026-12-01");
        assert!(!visit.is_announced && visit.event.is_none());
    }

    #[test]
    fn what_is_wrong_is_said_at_its_field() {
        let form =
            VisitForm::read(pairs(&[("text3", "x"), ("told", "yes"), ("due3", "bald"), ("event", "x")]));
        let errors = form.check(None).unwrap_err();
        for field in ["category3", "severity3", "due3", "contact", "event"] {
            assert!(errors.of(field).is_some(), "{field}");
        }
        assert!(form.check(Some(OrgId(3))).unwrap_err().of("reason").is_some(), "a correction says why");
    }

    #[test]
    fn a_promise_has_a_day_and_a_fix_says_what_was_done() {
        let form = |state: &str, text: &str, due: &str| StepForm {
            state: state.into(),
            text: text.into(),
            due: due.into(),
            seen: "1".into(),
            key: KEY.into(),
        };
        let branch = [State::Promised, State::Fixed];
        assert!(form("promised", "", "2026-12-01").check(&branch).is_ok());
        assert!(form("promised", "", "").check(&branch).is_err());
        assert!(form("fixed", "", "").check(&branch).is_err());
        assert!(form("fixed", "补了签到表", "").check(&branch).is_ok());
        assert!(form("verified", "", "").check(&branch).is_err(), "not the branch's step");
    }
}
