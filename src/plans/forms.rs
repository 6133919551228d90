//! What the forms of plans and exemptions send.
use super::way::Edit;
use super::{Head, Item, Matter};
use crate::ids::{AudienceId, BookletId, CourseId, LectureId, PersonId, StudyPlanId};
use crate::msg;
use crate::web::form::{self, Errors, optional, text};
use chrono::NaiveDate;
use serde::Deserialize;
use std::collections::BTreeMap;

const LONGEST_TITLE: usize = 80;
const LONGEST_ABOUT: usize = 1_000;
const LONGEST_REASON: usize = 300;

/// What is said of a plan.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct HeadForm {
    pub title: String,
    pub about: String,
    pub org: String,
    pub starts_on: String,
    pub ends_on: String,
    pub audience: String,
    pub reason: String,
    pub revision: String,
    pub key: String,
}

impl HeadForm {
    pub fn of(head: &Head, revision: i32) -> HeadForm {
        HeadForm {
            title: head.title.clone(),
            about: head.about.clone(),
            starts_on: head.starts_on.to_string(),
            ends_on: head.ends_on.to_string(),
            audience: head.audience.map(|id| id.to_string()).unwrap_or_default(),
            reason: head.reason.clone(),
            revision: revision.to_string(),
            ..HeadForm::default()
        }
    }
    pub fn check(&self) -> Result<Head, Errors> {
        let mut errors = Errors::default();
        let title = errors.take("title", text(&self.title, LONGEST_TITLE));
        let about = errors.take("about", optional(&self.about, LONGEST_ABOUT));
        let reason = errors.take("reason", optional(&self.reason, LONGEST_REASON));
        let starts_on = errors.take("starts_on", form::day(&self.starts_on));
        let ends_on = errors.take("ends_on", form::day(&self.ends_on));
        let audience = match self.audience.as_str() {
            "" => Some(None),
            id => errors.take("audience", id.parse().map(AudienceId).map_err(|_| msg!("请选一项"))).map(Some),
        };
        if starts_on.zip(ends_on).is_some_and(|(from, to)| to < from) {
            errors = errors.with("ends_on", msg!("结束日期要不早于开始日期"));
        }
        match (title, about, reason, starts_on, ends_on, audience) {
            (Some(title), Some(about), Some(reason), Some(starts_on), Some(ends_on), Some(audience))
                if errors.is_empty() =>
            {
                Ok(Head { title, about, starts_on, ends_on, audience, reason })
            }
            _ => Err(errors),
        }
    }
    pub fn has_audience(&self, id: &AudienceId) -> bool {
        self.audience == id.to_string()
    }
}

/// The items of a draft as they are typed: each step with title, weight and day.
#[derive(Default, Clone, Debug, PartialEq, Eq)]
pub struct ItemsForm {
    pub revision: String,
    /// What the button says: `save`, or what happens to which step, as in `up:0a1b`.
    pub go: String,
    rows: BTreeMap<String, (String, bool, String)>,
}

impl ItemsForm {
    pub fn sent(pairs: Vec<(String, String)>) -> ItemsForm {
        let mut form = ItemsForm::default();
        for (name, value) in pairs {
            match name.split_once('-') {
                Some(("title", step)) => form.rows.entry(step.into()).or_default().0 = value,
                Some(("required", step)) => form.rows.entry(step.into()).or_default().1 = true,
                Some(("due", step)) => form.rows.entry(step.into()).or_default().2 = value,
                _ if name == "revision" => form.revision = value,
                _ if name == "go" => form.go = value,
                _ => {}
            }
        }
        form
    }
    /// Puts what was typed in the place of what is kept.
    pub fn fill(&self, items: &mut [Item]) {
        for item in items {
            if let Some((title, is_required, _)) = self.rows.get(&item.step) {
                (item.title, item.is_required) = (title.clone(), *is_required);
            }
        }
    }
    /// The day of a step as it was typed.
    pub fn due(&self, step: &str) -> Option<&str> {
        self.rows.get(step).map(|(_, _, due)| due.as_str())
    }
    /// What is to be done: what was typed is saved with whatever else is asked for.
    pub fn check(&self) -> Result<Vec<Edit>, Errors> {
        let moved = self.go.split_once(':').and_then(|(what, step)| match what {
            "up" => Some(Edit::Up(step.into())),
            "down" => Some(Edit::Down(step.into())),
            "remove" => Some(Edit::Remove(step.into())),
            _ => None,
        });
        // What is removed may say anything.
        let is_kept = |step: &str| !matches!(&moved, Some(Edit::Remove(gone)) if gone == step);
        let mut errors = Errors::default();
        let mut rows = vec![];
        for (step, (title, is_required, due)) in self.rows.iter().filter(|(step, _)| is_kept(step)) {
            let title = errors.take("items", text(title, LONGEST_TITLE));
            let due_on = errors.take("items", form::day(due));
            if let (Some(title), Some(due_on)) = (title, due_on) {
                rows.push((step.clone(), title, *is_required, due_on));
            }
        }
        match errors.is_empty() {
            true => Ok(std::iter::once(Edit::Save(rows)).chain(moved).collect()),
            false => Err(errors),
        }
    }
}

/// Something of the portal becomes an item, or a meeting with a title.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct AddForm {
    /// As `lecture:7`; empty for a meeting.
    pub what: String,
    pub title: String,
    pub revision: String,
    pub q: String,
}

impl AddForm {
    /// What is added; a meeting comes with its title.
    pub fn check(&self) -> Result<(Matter, Option<String>), Errors> {
        let mut errors = Errors::default();
        let named = self.what.split_once(':').map(|(kind, id)| (kind, id.parse::<i64>()));
        let matter = match named {
            Some(("lecture", Ok(id))) => Some(Matter::Lecture(LectureId(id))),
            Some(("booklet", Ok(id))) => Some(Matter::Booklet(BookletId(id))),
            Some(("course", Ok(id))) => Some(Matter::Course(CourseId(id))),
            _ => None,
        };
        match matter {
            Some(matter) => Ok((matter, None)),
            None => match errors.take("title", text(&self.title, LONGEST_TITLE)) {
                Some(title) => Ok((Matter::Meeting, Some(title))),
                None => Err(errors),
            },
        }
    }
}

/// How a matter is named in a form.
pub fn named(matter: Matter) -> String {
    match matter {
        Matter::Lecture(id) => format!("lecture:{id}"),
        Matter::Booklet(id) => format!("booklet:{id}"),
        Matter::Course(id) => format!("course:{id}"),
        Matter::Meeting => String::new(),
    }
}

/// A button that does something to the plan as it was seen.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct StepForm {
    pub revision: String,
}

impl StepForm {
    pub fn from(&self) -> i32 {
        self.revision.parse().unwrap_or_default()
    }
}

/// An exemption is proposed.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct ExemptForm {
    /// The member number or the key of the person.
    pub person: String,
    pub plan: String,
    pub from: String,
    pub last: String,
    pub reason: String,
    pub key: String,
}

/// What an exemption is proposed for: whom the page finds, a plan or all, days, the reason.
pub type Proposed = (PersonId, Option<StudyPlanId>, NaiveDate, NaiveDate, String);

impl ExemptForm {
    pub fn check(&self) -> Result<Proposed, Errors> {
        let mut errors = Errors::default();
        let person = errors.take("person", self.person.parse().map(PersonId).map_err(|_| msg!("请选一个人")));
        let from = errors.take("from", form::day(&self.from));
        let last = errors.take("last", form::day(&self.last));
        let reason = errors.take("reason", text(&self.reason, LONGEST_REASON));
        let plan = match self.plan.as_str() {
            "" => Some(None),
            id => errors.take("plan", id.parse().map(StudyPlanId).map_err(|_| msg!("请选一项"))).map(Some),
        };
        if let Err(problem) = form::key(&self.key) {
            errors = errors.with("reason", problem);
        }
        match (person, plan, from, last, reason) {
            (Some(person), Some(plan), Some(from), Some(last), Some(reason)) if errors.is_empty() => {
                Ok((person, plan, from, last, reason))
            }
            _ => Err(errors),
        }
    }
}

/// What a decision says.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct DecideForm {
    pub verdict: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_has_a_title_and_days_in_order() {
        let good = HeadForm {
            title: "冬季学习".into(),
            starts_on: "2026-12-01".into(),
            ends_on: "2026-12-31".into(),
            ..HeadForm::default()
        };
        assert_eq!(good.check().unwrap().audience, None);
        let bad = HeadForm { title: " ".into(), ends_on: "2026-11-01".into(), audience: "x".into(), ..good };
        let errors = bad.check().unwrap_err();
        assert!(
            errors.of("title").is_some() && errors.of("ends_on").is_some() && errors.of("audience").is_some()
        );
    }

    #[test]
    fn a_button_says_what_is_done_to_the_items() {
        let sent = |pairs: &[(&str, &str)]| {
            ItemsForm::sent(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
        };
        let row = [("title-0a", "研讨"), ("due-0a", "2026-12-20"), ("required-0a", "on"), ("go", "save")];
        let kept = ("0a".into(), "研讨".into(), true, form::day("2026-12-20").unwrap());
        let is_saved = |edit: &Edit| matches!(edit, Edit::Save(rows) if *rows == [kept.clone()]);
        assert!(matches!(sent(&row).check().unwrap().as_slice(), [save] if is_saved(save)));
        let moved = sent(&[&row[..3], &[("go", "up:0a")]].concat()).check().unwrap();
        assert!(matches!(moved.as_slice(), [save, Edit::Up(step)] if is_saved(save) && step == "0a"));
        let gone = sent(&[("title-0a", ""), ("due-0a", "明天"), ("go", "remove:0a")]).check().unwrap();
        assert!(matches!(gone.as_slice(), [Edit::Save(rows), Edit::Remove(_)] if rows.is_empty()));
        assert!(sent(&[("title-0a", "研讨"), ("due-0a", "明天")]).check().unwrap_err().of("items").is_some());
    }
}
