//! What the forms of courses send.
use crate::courses::{About, Mode, NewItem, Opening, Opens, Task, Verdict, Visibility};
use crate::events::{Kind, Plan};
use crate::ids::{BaseId, BookletId, SchoolId, TopicId, digest};
use crate::lang::Message;
use crate::msg;
use crate::web::form::{self, Errors, moment, moment_field, optional, text};
use crate::web::slug::Slug;
use chrono::NaiveDate;
use serde::Deserialize;

/// The longest text of a course, in characters: percent-encoded it still fits into a form.
const LONGEST_TEXT: usize = 5_000;
/// The longest title of a course or a step.
pub const LONGEST_TITLE: usize = 60;
/// Seats that a date may have.
const MOST_SEATS: i32 = 10_000;
/// Study hours that a course may be worth.
const MOST_HOURS: i32 = 200;

/// What is said of a course.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct CourseForm {
    pub title: String,
    pub summary: String,
    pub text: String,
    pub topic: String,
    pub cover: String,
    pub mode: String,
    pub visibility: String,
    pub hours: String,
    pub due: String,
    /// The name in addresses; only of a new course.
    pub slug: String,
    /// What stood there when the form was made.
    pub seen: String,
    pub key: String,
}

/// Quarters of an hour as hours: `5` is `1.25`.
pub fn hours(quarters: i32) -> String {
    match (quarters / 4, quarters % 4) {
        (whole, 0) => whole.to_string(),
        (whole, 1) => format!("{whole}.25"),
        (whole, 2) => format!("{whole}.5"),
        (whole, _) => format!("{whole}.75"),
    }
}

/// Hours in steps of 0.25 as quarters.
fn quarters(sent: &str) -> Result<i32, Message> {
    let wrong = || msg!("学时写成 0.25 的倍数，比如 1.5，最多 {}", MOST_HOURS);
    let (whole, part) = sent.trim().split_once('.').unwrap_or((sent.trim(), "0"));
    if whole.is_empty() || whole.len() > 4 || !whole.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    let whole: i32 = whole.parse().map_err(|_| wrong())?;
    let part = match part.trim_end_matches('0') {
        "" => 0,
        "25" => 1,
        "5" => 2,
        "75" => 3,
        _ => return Err(wrong()),
    };
    let all = whole * 4 + part;
    if all <= MOST_HOURS * 4 { Ok(all) } else { Err(wrong()) }
}

/// A day that may be left open.
fn day(sent: &str) -> Result<Option<NaiveDate>, Message> {
    if sent.trim().is_empty() { Ok(None) } else { form::day(sent).map(Some) }
}

/// One line: what is pasted with line ends becomes one.
fn line(sent: &str, longest: usize) -> Result<String, Message> {
    text(&sent.replace(['\r', '\n', '\t'], " "), longest)
}

impl CourseForm {
    pub fn of(about: &About) -> CourseForm {
        CourseForm {
            title: about.title.clone(),
            summary: about.summary.clone(),
            text: about.text.clone(),
            topic: about.topic.to_string(),
            cover: about.cover.clone(),
            mode: about.mode.as_str().into(),
            visibility: about.visibility.as_str().into(),
            hours: hours(about.quarters),
            due: about.due_on.map(|day| day.to_string()).unwrap_or_default(),
            ..CourseForm::default()
        }
    }
    /// What is said. `topics` are what may be chosen, `covers` the drawn ones; no cover is for the caller to choose.
    pub fn check(&self, topics: &[TopicId], covers: &[&str]) -> Result<About, Errors> {
        let mut errors = Errors::default();
        let title = errors.take("title", line(&self.title, LONGEST_TITLE));
        let summary = errors.take("summary", optional(&self.summary, 200));
        let text = errors.take("text", optional(&self.text, LONGEST_TEXT));
        let topic = self.topic.parse().ok().map(TopicId).filter(|id| topics.contains(id));
        let topic = errors.take("topic", topic.ok_or_else(|| msg!("请选一个主题")));
        let cover = match self.cover.as_str() {
            "" => Ok(String::new()),
            sent if covers.contains(&sent) => Ok(sent.to_owned()),
            _ => Err(msg!("请从列出的封面里选")),
        };
        let cover = errors.take("cover", cover);
        let mode = errors.take("mode", Mode::of(&self.mode).ok_or_else(|| msg!("请选在哪里学")));
        let visibility =
            errors.take("visibility", Visibility::of(&self.visibility).ok_or_else(|| msg!("请选谁能看")));
        let quarters = errors.take("hours", quarters(&self.hours));
        let due_on = errors.take("due", day(&self.due));
        match (title, summary, text, topic, cover, mode, visibility, quarters, due_on) {
            (
                Some(title),
                Some(summary),
                Some(text),
                Some(topic),
                Some(cover),
                Some(mode),
                Some(visibility),
                Some(quarters),
                Some(due_on),
            ) => Ok(About { title, summary, text, topic, cover, mode, visibility, quarters, due_on }),
            _ => Err(errors),
        }
    }
    /// The name in addresses, if one was typed.
    pub fn check_slug(&self) -> Result<Option<String>, Message> {
        let typed = self.slug.trim().to_ascii_lowercase();
        if typed.is_empty() {
            return Ok(None);
        }
        let wrong = || msg!("网址名称只用小写字母、数字和连字符，字母或数字开头，最多 60 个字符");
        let slug = Slug::try_from(typed).map_err(|_| wrong())?;
        let fits =
            slug.as_str().len() <= 60 && !slug.as_str().starts_with('-') && !slug.as_str().ends_with('-');
        if fits { Ok(Some(slug.as_str().to_owned())) } else { Err(wrong()) }
    }
}

/// A step. What it refers to is chosen when it is added and stays.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct ItemForm {
    pub unit: String,
    pub title: String,
    pub required: Option<String>,
    pub share: String,
    pub opens: String,
    pub opens_on: String,
    /// What is added.
    pub lecture: String,
    pub test: String,
    pub q: String,
    pub key: String,
    /// Names the step that whoever changes it has seen.
    pub seen: String,
}

impl ItemForm {
    pub fn of(item: &NewItem) -> ItemForm {
        let (opens, day) = match item.opening {
            Opening::AtOnce => (Opens::AtOnce, None),
            Opening::InOrder => (Opens::InOrder, None),
            Opening::OnDay(day) => (Opens::OnDay, Some(day)),
        };
        ItemForm {
            unit: item.unit.clone(),
            title: item.title.clone(),
            required: item.is_required.then(|| "1".into()),
            share: match item.task {
                Task::Lecture(_, share) => share.to_string(),
                _ => String::new(),
            },
            opens: opens.as_str().into(),
            opens_on: day.map(|day| day.to_string()).unwrap_or_default(),
            seen: digest(&format!("{item:?}")),
            ..ItemForm::default()
        }
    }
    pub fn is_required(&self) -> bool {
        self.required.is_some()
    }
    /// The step that asks for this task; of a lecture with the share that was typed.
    pub fn check(&self, task: Task) -> Result<NewItem, Errors> {
        let mut errors = Errors::default();
        let unit = errors.take("unit", optional(&self.unit.replace(['\r', '\n', '\t'], " "), 40));
        let title = errors.take("title", line(&self.title, LONGEST_TITLE));
        let task = match task {
            Task::Lecture(id, _) => {
                let share = self.share.trim().parse().ok().filter(|share| (1..=100).contains(share));
                let share = share.ok_or_else(|| msg!("写 1 到 100 之间的整数"));
                errors.take("share", share).map(|share| Task::Lecture(id, share))
            }
            other => Some(other),
        };
        let opening = match Opens::of(&self.opens) {
            Some(Opens::AtOnce) => Ok(Opening::AtOnce),
            Some(Opens::InOrder) => Ok(Opening::InOrder),
            Some(Opens::OnDay) => match day(&self.opens_on) {
                Ok(Some(day)) => Ok(Opening::OnDay(day)),
                Ok(None) => Err(msg!("请写从哪天起可以学")),
                Err(problem) => Err(problem),
            },
            None => Err(msg!("请选什么时候可以学")),
        };
        let opening = errors.take("opens", opening);
        match (unit, title, task, opening) {
            (Some(unit), Some(title), Some(task), Some(opening)) => {
                Ok(NewItem { unit, title, task, is_required: self.is_required(), opening })
            }
            _ => Err(errors),
        }
    }
}

/// Chapters to add: of one booklet, several at once.
#[derive(Default, Clone)]
pub struct ChaptersForm {
    pub booklet: Option<BookletId>,
    pub chapters: Vec<i32>,
    pub unit: String,
    pub key: String,
}

impl ChaptersForm {
    pub fn of(pairs: &[(String, String)]) -> ChaptersForm {
        let of =
            |name: &'static str| pairs.iter().filter(move |pair| pair.0 == name).map(|pair| pair.1.clone());
        ChaptersForm {
            booklet: of("booklet").next().and_then(|sent| sent.parse().ok()).map(BookletId),
            chapters: of("chapter").filter_map(|sent| sent.parse().ok()).collect(),
            unit: of("unit").next().unwrap_or_default(),
            key: of("key").next().unwrap_or_default(),
        }
    }
    /// The heading that they come under.
    pub fn check(&self) -> Result<String, Errors> {
        let mut errors = Errors::default();
        let unit = errors.take("unit", optional(&self.unit.replace(['\r', '\n', '\t'], " "), 40));
        let chosen = if self.chapters.is_empty() { Err(msg!("请至少选一章")) } else { Ok(()) };
        match (unit, errors.take("chapter", chosen)) {
            (Some(unit), Some(())) => Ok(unit),
            _ => Err(errors),
        }
    }
}

/// What a reviewer says of a course.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct VerdictForm {
    pub verdict: String,
    /// Which handing in the page showed.
    pub round: String,
    pub remark: String,
}

impl VerdictForm {
    pub fn check(&self) -> Result<(i32, Verdict, String), Errors> {
        let mut errors = Errors::default();
        let verdict =
            errors.take("verdict", Verdict::of(&self.verdict).ok_or_else(|| msg!("请选通过或退回")));
        let remark = match verdict {
            Some(Verdict::Returned) => {
                text(&self.remark, 1_000).map_err(|problem| match self.remark.trim() {
                    "" => msg!("退回时请写明要改什么"),
                    _ => problem,
                })
            }
            _ => optional(&self.remark, 1_000),
        };
        // What no page of ours sends is another round than the present one.
        let round = self.round.parse().unwrap_or(-1);
        match (verdict, errors.take("remark", remark)) {
            (Some(verdict), Some(remark)) => Ok((round, verdict, remark)),
            _ => Err(errors),
        }
    }
}

/// A date of a session.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct DateForm {
    pub step: String,
    pub starts: String,
    pub ends: String,
    pub school: String,
    pub base: String,
    pub place: String,
    pub online: String,
    pub lecturer: String,
    pub about: String,
    pub seats: String,
    /// The change that the form was made from.
    pub seen: String,
    pub key: String,
}

impl DateForm {
    pub fn of(plan: &Plan, seats: Option<i32>, seen: i32) -> DateForm {
        DateForm {
            starts: moment_field(plan.starts_at),
            ends: moment_field(plan.ends_at),
            school: plan.school.map(|id| id.to_string()).unwrap_or_default(),
            base: plan.base.map(|id| id.to_string()).unwrap_or_default(),
            place: plan.place.clone(),
            online: plan.online_url.clone(),
            lecturer: plan.lecturer.clone(),
            about: plan.about.clone(),
            seats: seats.map(|seats| seats.to_string()).unwrap_or_default(),
            seen: seen.to_string(),
            ..DateForm::default()
        }
    }
    /// The plan of an event with this title, and the seats. `schools` and `bases` are what may be chosen.
    pub fn check(
        &self,
        title: &str,
        schools: &[SchoolId],
        bases: &[BaseId],
    ) -> Result<(Plan, Option<i32>), Errors> {
        let mut errors = Errors::default();
        let starts_at = errors.take("starts", moment(&self.starts));
        let ends_at = errors.take("ends", moment(&self.ends));
        let chosen = |sent: &str, known: &dyn Fn(i64) -> bool| match sent {
            "" => Ok(None),
            sent => sent.parse().ok().filter(|id| known(*id)).map(Some).ok_or_else(|| msg!("请从列表里选")),
        };
        let school = errors.take("school", chosen(&self.school, &|id| schools.contains(&SchoolId(id))));
        let base = errors.take("base", chosen(&self.base, &|id| bases.contains(&BaseId(id))));
        let place = errors.take("place", optional(&self.place.replace(['\r', '\n', '\t'], " "), 100));
        let online = errors.take("online", optional(&self.online, 300));
        let lecturer = errors.take("lecturer", optional(&self.lecturer.replace(['\r', '\n', '\t'], " "), 60));
        let about = errors.take("about", optional(&self.about, 1_000));
        let seats = match self.seats.trim() {
            "" => Ok(None),
            sent => sent
                .parse()
                .ok()
                .filter(|seats| (1..=MOST_SEATS).contains(seats))
                .map(Some)
                .ok_or_else(|| msg!("写 1 到 {} 之间的整数，不限就空着", MOST_SEATS)),
        };
        let seats = errors.take("seats", seats);
        let (
            Some(starts_at),
            Some(ends_at),
            Some(school),
            Some(base),
            Some(place),
            Some(online_url),
            Some(lecturer),
            Some(about),
            Some(seats),
        ) = (starts_at, ends_at, school, base, place, online, lecturer, about, seats)
        else {
            return Err(errors);
        };
        let plan = Plan {
            title: title.to_owned(),
            about,
            lecture: None,
            school: school.map(SchoolId),
            base: base.map(BaseId),
            place,
            online_url,
            lecturer,
            starts_at,
            ends_at,
        };
        if let Some((field, refusal)) = plan.problem(Kind::Session) {
            return Err(errors.with(field, refusal.words()));
        }
        if plan.base.is_some() && seats.is_none() {
            return Err(errors.with("seats", msg!("在基地上课要写名额，基地的地方有限")));
        }
        Ok((plan, seats))
    }
}

/// A reason, a prerequisite, a key.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct ActForm {
    pub reason: String,
    pub add: String,
    pub remove: String,
    pub key: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_typed_in_quarters() {
        for (typed, expected) in [
            ("0", 0),
            ("1", 4),
            (" 1.25 ", 5),
            ("1.5", 6),
            ("1.50", 6),
            ("0.75", 3),
            ("200", 800),
            ("2.0", 8),
        ] {
            assert_eq!(quarters(typed), Ok(expected), "{typed}");
            assert_eq!(quarters(&hours(expected)), Ok(expected));
        }
        for wrong in ["", "-1", "1.3", "1,5", "200.25", "1e2", "一", "0.125", ".5", "99999", "1.2.3"] {
            assert!(quarters(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn days_that_nobody_means_are_not_days() {
        assert_eq!(day(""), Ok(None));
        assert!(day("2026-12-31").is_ok_and(|day| day.is_some()));
        for wrong in ["2026-02-30", "31.12.2026", "99999-01-01", "-2026-01-01", "0001-01-01"] {
            assert!(day(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn moments_are_those_of_the_city() {
        assert_eq!(moment("2026-12-01T09:30").unwrap().to_string(), "2026-12-01 01:30:00");
        assert_eq!(moment_field(moment("2026-12-01T09:30:00").unwrap()), "2026-12-01T09:30");
        for wrong in ["", "2026-12-01", "2026-13-01T09:30", "09:30", "12026-12-01T09:30"] {
            assert!(moment(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_date_at_a_base_has_seats() {
        let form = DateForm {
            starts: "2026-12-01T09:30".into(),
            ends: "2026-12-01T11:30".into(),
            base: "3".into(),
            ..DateForm::default()
        };
        let of = |form: &DateForm| form.check("课", &[SchoolId(1)], &[BaseId(3)]);
        assert!(of(&form).unwrap_err().of("seats").is_some());
        assert_eq!(of(&DateForm { seats: "20".into(), ..form.clone() }).unwrap().1, Some(20));
        let other = DateForm { base: "4".into(), ..form.clone() };
        assert!(of(&other).unwrap_err().of("base").is_some(), "not on the list");
        let online = DateForm { base: String::new(), online: "javascript:alert(1)".into(), ..form.clone() };
        assert!(of(&online).unwrap_err().of("online").is_some());
        let nowhere = DateForm { base: String::new(), ..form };
        assert!(of(&nowhere).unwrap_err().of("school").is_some());
    }

    #[test]
    fn a_typed_name_is_small_letters_numbers_and_hyphens() {
        let of = |slug: &str| CourseForm { slug: slug.into(), ..CourseForm::default() }.check_slug();
        assert_eq!(of(""), Ok(None));
        assert_eq!(of(" Rescue-2026 "), Ok(Some("rescue-2026".into())));
        for wrong in ["-a", "a-", "a b", "灌区", "a/b", &"a".repeat(61)] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }
}
