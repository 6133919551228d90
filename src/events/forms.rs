//! What the forms of events send.
use super::{Choices, Event, Kind, Mark, NewEvent, Plan, Status, Via};
use crate::ids::{BaseId, EventId, LectureId, OrgId, PersonId, SchoolId};
use crate::lang::Message;
use crate::msg;
use crate::web::form::{Errors, key, moment, moment_field, optional, text};
use serde::Deserialize;

/// What an event is, when and where.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct EventForm {
    pub title: String,
    pub about: String,
    pub org: String,
    pub school: String,
    pub base: String,
    pub place: String,
    pub online: String,
    pub lecturer: String,
    pub starts: String,
    pub ends: String,
    pub key: String,
    /// The sequence that the form was made from.
    pub seen: String,
}

impl EventForm {
    pub fn of(event: &Event) -> EventForm {
        EventForm {
            title: event.title.clone(),
            about: event.about.clone(),
            org: event.org.to_string(),
            school: event.school.map(|id| id.to_string()).unwrap_or_default(),
            base: event.base.map(|id| id.to_string()).unwrap_or_default(),
            place: event.place.clone(),
            online: event.online_url.clone(),
            lecturer: event.lecturer.clone(),
            starts: moment_field(event.starts_at),
            ends: moment_field(event.ends_at),
            key: String::new(),
            seen: event.sequence.to_string(),
        }
    }
    /// What it says of an event of this kind, whose lecture is not chosen here.
    ///
    /// # Errors
    /// What is wrong with it, by field.
    pub fn plan(&self, kind: Kind, lecture: Option<LectureId>, choices: &Choices) -> Result<Plan, Errors> {
        let mut errors = Errors::default();
        let title = errors.take("title", text(&self.title.replace('\n', " "), 60));
        let about = errors.take("about", optional(&self.about, 2_000));
        let school = errors.take("school", chosen(&self.school, &choices.schools, SchoolId));
        let base = errors.take("base", chosen(&self.base, &choices.bases, BaseId));
        let place = errors.take("place", optional(&self.place.replace('\n', " "), 80));
        let online = errors.take("online", optional(&self.online, 500));
        let lecturer = errors.take("lecturer", optional(&self.lecturer.replace('\n', " "), 60));
        let starts = errors.take("starts", moment(&self.starts));
        let ends = errors.take("ends", moment(&self.ends));
        let (Some(title), Some(about), Some(school), Some(base), Some(place)) =
            (title, about, school, base, place)
        else {
            return Err(errors);
        };
        let (Some(online_url), Some(lecturer), Some(starts_at), Some(ends_at)) =
            (online, lecturer, starts, ends)
        else {
            return Err(errors);
        };
        let plan =
            Plan { title, about, lecture, school, base, place, online_url, lecturer, starts_at, ends_at };
        match plan.problem(kind) {
            Some((field, refusal)) => Err(errors.with(field, refusal.words())),
            None => Ok(plan),
        }
    }
    /// An event that is not there yet.
    ///
    /// # Errors
    /// As [`EventForm::plan`].
    pub fn new_event(&self, kind: Kind, choices: &Choices) -> Result<NewEvent, Errors> {
        let mut errors = Errors::default();
        let org = errors.take("org", chosen(&self.org, &choices.orgs, OrgId));
        let org = org.and_then(|org| errors.take("org", org.ok_or_else(|| msg!("请选哪个支部"))));
        let key = errors.take("title", key(&self.key));
        match (org, key, self.plan(kind, None, choices)) {
            (Some(org), Some(key), Ok(plan)) => Ok(NewEvent { kind, org, plan, key }),
            (_, _, Ok(_)) => Err(errors),
            (_, _, Err(more)) => Err(more.iter().fold(errors, |errors, (field, problem)| {
                match FIELDS.iter().find(|name| **name == field) {
                    Some(name) => errors.with(name, problem.clone()),
                    None => errors,
                }
            })),
        }
    }
}

const FIELDS: [&str; 9] =
    ["title", "about", "school", "base", "place", "online", "lecturer", "starts", "ends"];

/// Nothing, or one of these.
fn chosen<T: Copy + PartialEq>(
    sent: &str,
    offered: &[(T, String)],
    of: fn(i64) -> T,
) -> Result<Option<T>, Message> {
    if sent.is_empty() {
        return Ok(None);
    }
    let id = sent.parse().ok().map(of);
    id.filter(|id| offered.iter().any(|one| one.0 == *id)).map(Some).ok_or_else(|| msg!("请从列表里选"))
}

/// Why an event is cancelled.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct ReasonForm {
    pub reason: String,
}

/// The code that was shown on site.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct CodeForm {
    pub code: String,
    pub key: String,
}

/// A row of the list as its keeper sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub person: PersonId,
    pub status: String,
    pub minutes: String,
    /// As the row was shown: whoever leaves it so says nothing.
    pub was: String,
}

/// How a row is shown before anybody touches it.
pub fn shown(standing: Option<(Status, i32)>) -> String {
    standing.map_or_else(String::new, |(status, minutes)| format!("{}:{minutes}", status.as_str()))
}

/// The rows of a list, and the key of the form. Where the keeper says that the rest was there, that holds for the rows of
/// which nothing is said.
pub fn rows(pairs: &[(String, String)]) -> (String, Vec<Sent>) {
    let of = |name: &'static str| pairs.iter().filter(move |pair| pair.0 == name).map(|pair| pair.1.clone());
    let is_rest_present = of("rest").any(|rest| rest == Status::Present.as_str());
    let people = of("person").zip(of("status")).zip(of("minutes")).zip(of("was"));
    let rows = people
        .filter_map(|(((person, mut status), minutes), was)| {
            if is_rest_present && status.is_empty() && was.is_empty() {
                Status::Present.as_str().clone_into(&mut status);
            }
            Some(Sent { person: PersonId(person.parse().ok()?), status, minutes, was })
        })
        .collect();
    (of("key").next().unwrap_or_default(), rows)
}

impl Sent {
    /// What the keeper says of the member; `None` for a row that was left as it was.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn mark(&self, event: &Event) -> Result<Option<Mark>, Message> {
        let status = match self.status.as_str() {
            "" if self.was.is_empty() => return Ok(None),
            "" => return Err(msg!("已登记的不能改成“未登记”；登记错了请选正确的情况，或选“记录已作废”")),
            sent => Status::of(sent).filter(|status| *status != Status::Makeup || self.was_makeup()),
        };
        let status = status.ok_or_else(|| msg!("请从列表里选"))?;
        let minutes = minutes(&self.minutes, status, event)?;
        if shown(Some((status, minutes))) == self.was || (status == Status::Makeup && self.was_makeup()) {
            return Ok(None);
        }
        Ok(Some(Mark { person: self.person, status, minutes, via: None }))
    }
    fn was_makeup(&self) -> bool {
        self.was.starts_with("makeup:")
    }
}

/// Minutes beside a status: those of the event for who was there all the time, if nothing is said.
pub fn minutes(sent: &str, status: Status, event: &Event) -> Result<i32, Message> {
    let most = event.minutes();
    match sent.trim() {
        _ if !status.has_minutes() => Ok(0),
        "" if matches!(status, Status::Present | Status::Remote) => Ok(most),
        "" => Ok(0),
        text => text
            .parse()
            .ok()
            .filter(|n| (0..=most).contains(n))
            .ok_or_else(|| msg!("时长填 0 到 {} 之间的分钟数", most)),
    }
}

/// What is recorded of one member.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct MarkForm {
    pub status: String,
    pub minutes: String,
    pub via: String,
    pub key: String,
}

/// How a form names what made up for an event.
pub fn via_word(via: Via) -> String {
    match via {
        Via::Event(EventId(id)) => format!("event-{id}"),
        Via::Lecture(LectureId(id)) => format!("lecture-{id}"),
    }
}

impl MarkForm {
    /// What it says of the member. `offered` is what can have made up for the event.
    ///
    /// # Errors
    /// What is wrong with it, by field.
    pub fn check(
        &self,
        event: &Event,
        person: PersonId,
        offered: &[(Via, String)],
    ) -> Result<(Mark, String), Errors> {
        let mut errors = Errors::default();
        let key = errors.take("status", key(&self.key));
        let status = errors.take("status", Status::of(&self.status).ok_or_else(|| msg!("请从列表里选")));
        let via = match status {
            Some(Status::Makeup) => offered
                .iter()
                .find(|one| via_word(one.0) == self.via)
                .map(|one| Some(one.0))
                .ok_or_else(|| msg!("请选补学的活动或课")),
            _ => Ok(None),
        };
        let via = errors.take("via", via);
        let minutes = status.and_then(|status| errors.take("minutes", minutes(&self.minutes, status, event)));
        match (key, status, via, minutes) {
            (Some(key), Some(status), Some(via), Some(minutes)) => {
                Ok((Mark { person, status, minutes, via }, key))
            }
            _ => Err(errors),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_on_the_clock_of_the_city() {
        let at = moment("2026-12-01T09:00").unwrap();
        assert_eq!(at.to_string(), "2026-12-01 01:00:00");
        assert_eq!(moment_field(at), "2026-12-01T09:00");
        assert_eq!(moment("2026-12-01 09:00:00"), Ok(at));
        for bad in ["", "tomorrow", "2026-13-01T09:00", "0001-01-01T00:00", "99999-01-01T00:00", "2026-12-01"]
        {
            assert!(moment(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_row_that_nobody_touched_says_nothing() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let pairs = [
            pair("key", "k"),
            pair("person", "7"),
            pair("status", "late"),
            pair("minutes", "30"),
            pair("was", "late:30"),
            pair("person", "x"),
            pair("status", ""),
            pair("minutes", ""),
            pair("was", ""),
        ];
        let (key, rows) = rows(&pairs);
        assert_eq!((key.as_str(), rows.len(), rows[0].person), ("k", 1, PersonId(7)));
        assert_eq!(shown(Some((Status::Late, 30))), rows[0].was);
    }
}
