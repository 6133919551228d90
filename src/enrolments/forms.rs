//! What the forms of enrolment send: asking for a place, the terms of an offering, a list of participants and what is done to
//! those on it.
use super::{Filter, Mode, State, Terms};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::ids::{EnrolmentId, OrgId, digest};
use crate::lang::Message;
use crate::msg;
use crate::people::Category;
use crate::web::form::{self, Errors};
use serde::Deserialize;

/// Somebody asks for a place.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct EnrolForm {
    pub key: String,
    pub code: String,
    pub is_sure: Option<String>,
}

impl EnrolForm {
    /// # Errors
    /// A form without its key is not one of ours.
    pub fn key(&self) -> Result<String> {
        form::key(&self.key).map_err(Error::Malformed)
    }
}

/// A clerk enrols one member.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct OneForm {
    pub course: String,
    pub person: String,
    pub channel: String,
    pub key: String,
    pub code: String,
}

/// The most seats that there can be.
const MOST_SEATS: i32 = 100_000;

/// The terms of an offering, as they are typed.
#[derive(Default, Clone, Debug, PartialEq, Eq)]
pub struct TermsForm {
    pub mode: String,
    pub code: String,
    pub opens_at: String,
    pub closes_at: String,
    pub withdraw_until: String,
    pub capacity: String,
    pub audience: Vec<String>,
    /// The organisation that it is only for; empty: the whole city.
    pub within: String,
    /// Organisations that are shown, each with the seats that are reserved for it; empty: none.
    pub seats: Vec<(i64, String)>,
    /// What organisations are looked for by.
    pub find: String,
    /// What the button says: `save`, `find`, `code`.
    pub step: String,
    /// Names the terms that whoever fills it in has seen.
    pub seen: String,
}

/// A moment that may be left open.
fn moment(sent: &str) -> Result<Option<Timestamp>, Message> {
    if sent.trim().is_empty() { Ok(None) } else { form::moment(sent).map(Some) }
}

fn count(sent: &str) -> Result<Option<i32>, Message> {
    match sent.trim() {
        "" => Ok(None),
        sent => sent
            .parse()
            .ok()
            .filter(|n| (0..=MOST_SEATS).contains(n))
            .map(Some)
            .ok_or_else(|| msg!("填 0 到 {} 之间的整数", MOST_SEATS)),
    }
}

impl TermsForm {
    pub fn of(terms: &Terms, within: Option<OrgId>) -> TermsForm {
        // Whether it is closed is another form's.
        let mut all = Terms { is_closed: false, ..terms.clone() };
        all.quotas.sort_unstable();
        TermsForm {
            seen: digest(&format!("{all:?}")),
            mode: terms.mode.as_str().into(),
            code: terms.code.clone(),
            opens_at: terms.opens_at.map(form::moment_field).unwrap_or_default(),
            closes_at: terms.closes_at.map(form::moment_field).unwrap_or_default(),
            withdraw_until: terms.withdraw_until.map(form::moment_field).unwrap_or_default(),
            capacity: terms.capacity.map(|n| n.to_string()).unwrap_or_default(),
            audience: terms.audience.iter().map(|one| one.as_str().into()).collect(),
            within: within.map(|id| id.to_string()).unwrap_or_default(),
            seats: terms.quotas.iter().map(|(org, seats)| (org.0, seats.to_string())).collect(),
            ..TermsForm::default()
        }
    }
    pub fn sent(pairs: Vec<(String, String)>) -> TermsForm {
        let mut form = TermsForm::default();
        for (name, value) in pairs {
            match name.as_str() {
                "mode" => form.mode = value,
                "code" => form.code = value,
                "opens_at" => form.opens_at = value,
                "closes_at" => form.closes_at = value,
                "withdraw_until" => form.withdraw_until = value,
                "capacity" => form.capacity = value,
                "audience" => form.audience.push(value),
                "within" => form.within = value,
                "find" => form.find = value,
                "step" => form.step = value,
                "seen" => form.seen = value,
                other => {
                    if let Some(id) = other.strip_prefix("seats-").and_then(|id| id.parse().ok())
                        && form.seats.iter().all(|seats| seats.0 != id)
                    {
                        form.seats.push((id, value));
                    }
                }
            }
        }
        form
    }
    /// The organisations that the form names.
    pub fn orgs(&self) -> Vec<OrgId> {
        self.seats.iter().map(|seats| seats.0).chain(self.within.parse()).map(OrgId).collect()
    }
    /// The terms; `path_of` knows where organisations are in the tree.
    pub fn check(&self, is_closed: bool, path_of: impl Fn(OrgId) -> Option<String>) -> Result<Terms, Errors> {
        let mut errors = Errors::default();
        let mode = errors.take("mode", Mode::of(&self.mode).ok_or_else(|| msg!("请选报名方式")));
        let mut code = form::optional(&self.code, 40);
        if mode == Some(Mode::Code) && code.as_deref() == Ok("") {
            code = Err(msg!("凭报名码报名，要先定一个报名码"));
        }
        let code = errors.take("code", code);
        let opens_at = errors.take("opens_at", moment(&self.opens_at));
        let closes_at = errors.take("closes_at", moment(&self.closes_at));
        let withdraw_until = errors.take("withdraw_until", moment(&self.withdraw_until));
        if let (Some(Some(opens)), Some(Some(closes))) = (opens_at, closes_at)
            && closes <= opens
        {
            errors = errors.with("closes_at", msg!("截止要晚于开始"));
        }
        let capacity = errors.take("capacity", count(&self.capacity));
        let within = match self.within.as_str() {
            "" => Ok(String::new()),
            sent => {
                sent.parse().ok().and_then(|id| path_of(OrgId(id))).ok_or_else(|| msg!("请从列出的单位里选"))
            }
        };
        let path = errors.take("within", within);
        let audience = self.audience.iter().filter_map(|sent| Category::of(sent)).collect();
        let mut quotas = vec![];
        for (id, sent) in &self.seats {
            match errors.take("seats", count(sent)).flatten() {
                Some(seats) if seats > 0 => match path_of(OrgId(*id)) {
                    Some(_) => quotas.push((OrgId(*id), seats)),
                    None => errors = errors.with("seats", msg!("请从列出的单位里选")),
                },
                _ => {}
            }
        }
        if !quotas.is_empty() && capacity == Some(None) {
            errors = errors.with("capacity", msg!("有预留名额，就要填总名额"));
        }
        match (mode, code, opens_at, closes_at, withdraw_until, capacity, path) {
            (
                Some(mode),
                Some(code),
                Some(opens_at),
                Some(closes_at),
                Some(withdraw_until),
                Some(capacity),
                Some(path),
            ) if errors.is_empty() => Ok(Terms {
                mode,
                code,
                opens_at,
                closes_at,
                withdraw_until,
                capacity,
                audience,
                path,
                is_closed,
                quotas,
            }),
            _ => Err(errors),
        }
    }
    pub fn has_audience(&self, one: &Category) -> bool {
        self.audience.iter().any(|sent| sent == one.as_str())
    }
}

/// Whom a list of participants shows, as the address says it.
#[derive(Deserialize, Default, Clone, Debug, PartialEq, Eq)]
#[serde(default)]
pub struct ListQuery {
    /// A state, `all`, or nothing: those that stand.
    pub state: String,
    /// In the name of an organisation.
    pub org: String,
    /// `yes`, `no`.
    pub finished: String,
    /// The beginning of a name, or a member number.
    pub q: String,
    pub page: Option<String>,
}

impl ListQuery {
    /// The filter; `paths` are those of the organisations that were named.
    pub fn filter(&self, paths: Option<Vec<String>>) -> Filter {
        let state = State::of(&self.state);
        Filter {
            state,
            is_standing: state.is_none() && self.state != "all",
            paths,
            text: form::optional(&self.q, 80).unwrap_or_default(),
            is_finished: match self.finished.as_str() {
                "yes" => Some(true),
                "no" => Some(false),
                _ => None,
            },
            after: 0,
        }
    }
    /// What is typed for organisations, without what cannot be searched for.
    pub fn org_text(&self) -> String {
        form::optional(&self.org, 80).unwrap_or_default()
    }
    /// Whether it is about nothing but states.
    pub fn is_plain(&self) -> bool {
        self.org_text().is_empty()
            && form::optional(&self.q, 80).unwrap_or_default().is_empty()
            && !matches!(self.finished.as_str(), "yes" | "no")
    }
    /// The address of the list with these filters, to come back to.
    pub fn query(&self) -> String {
        let fields =
            [("state", &self.state), ("org", &self.org), ("finished", &self.finished), ("q", &self.q)];
        let kept: Vec<_> = fields.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        serde_urlencoded::to_string(kept).unwrap_or_default()
    }
}

/// What is done to those on a list.
#[derive(Default, Clone, Debug)]
pub struct BulkForm {
    pub query: ListQuery,
    pub chosen: Vec<EnrolmentId>,
    /// All whom the filter lets through.
    pub is_all: bool,
    pub text: String,
    pub key: String,
    /// `approve`, `decline`, `message`, `remove`.
    pub step: String,
}

/// What an organizer writes to people, in characters.
pub const LONGEST_MESSAGE: usize = 1_000;

impl BulkForm {
    pub fn sent(pairs: Vec<(String, String)>) -> BulkForm {
        let mut form = BulkForm::default();
        for (name, value) in pairs {
            match name.as_str() {
                "state" => form.query.state = value,
                "org" => form.query.org = value,
                "finished" => form.query.finished = value,
                "q" => form.query.q = value,
                "page" => form.query.page = Some(value),
                "chosen" => form.chosen.extend(value.parse().ok().map(EnrolmentId)),
                "all" => form.is_all = true,
                "text" => form.text = value,
                "key" => form.key = value,
                "step" => form.step = value,
                _ => {}
            }
        }
        form
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(pairs: &[(&str, &str)]) -> TermsForm {
        TermsForm::sent(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
    }

    #[test]
    fn times_are_those_of_the_city() {
        let form =
            sent(&[("mode", "open"), ("opens_at", "2026-11-28T08:00"), ("closes_at", "2026-12-01 09:30")]);
        let terms = form.check(false, |_| None).unwrap();
        assert_eq!(terms.opens_at.unwrap().to_string(), "2026-11-28 00:00:00");
        assert_eq!(terms.closes_at.unwrap().to_string(), "2026-12-01 01:30:00");
        assert_eq!(TermsForm::of(&terms, None).opens_at, "2026-11-28T08:00");
    }

    #[test]
    fn each_field_says_what_is_wrong_with_it() {
        let form = sent(&[
            ("mode", "code"),
            ("opens_at", "明天"),
            ("capacity", "-1"),
            ("within", "7"),
            ("seats-8", "x"),
        ]);
        let errors = form.check(false, |_| None).unwrap_err();
        let fields: Vec<&str> = errors.iter().map(|one| one.0).collect();
        assert_eq!(fields, ["capacity", "code", "opens_at", "seats", "within"]);
        let reserved = sent(&[("mode", "open"), ("seats-8", "3")]);
        assert!(reserved.check(false, |_| Some("/1/8/".into())).unwrap_err().of("capacity").is_some());
    }

    #[test]
    fn a_list_comes_back_to_its_filters() {
        let query = ListQuery { state: "waitlisted".into(), q: "林".into(), ..ListQuery::default() };
        assert_eq!(query.query(), "state=waitlisted&q=%E6%9E%97");
        assert!(!query.is_plain());
        assert!(ListQuery::default().filter(None).is_standing);
    }
}
