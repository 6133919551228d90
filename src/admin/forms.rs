//! The filters of the record. What cannot be read as a filter is none.
use crate::audit::{Action, Filter};
use crate::clock::midnight;
use crate::ids::PersonId;
use crate::web::form;
use chrono::{Datelike, Duration, NaiveDate};
use serde::Deserialize;

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct AuditQuery {
    pub action: String,
    /// An account name.
    pub actor: String,
    /// A person's number.
    pub person: String,
    /// A request's name, or the code of an error page with it: `E404-7K2ABC`.
    pub request: String,
    /// Days in the city, both included.
    pub from: String,
    pub to: String,
    pub page: Option<String>,
}

impl AuditQuery {
    /// The filter, without the account, whose name is looked up in the database.
    pub fn filter(&self) -> Filter {
        Filter {
            action: Action::of(&self.action),
            actor: None,
            for_person: self.person.trim().parse().ok().map(PersonId),
            request: request(&self.request),
            from: day(&self.from).map(midnight),
            to: day(&self.to).map(|day| midnight(day) + Duration::days(1)),
        }
    }
    /// The account name to look up.
    pub fn actor(&self) -> Option<String> {
        form::text(&self.actor, 80).ok()
    }
    pub fn is(&self, action: &Action) -> bool {
        self.action == action.as_str()
    }
}

fn request(sent: &str) -> Option<String> {
    let sent = sent.trim();
    let id = sent.rsplit_once('-').map_or(sent, |(_, id)| id).to_ascii_uppercase();
    let fits = (1..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric());
    fits.then_some(id)
}

/// A day that both databases can compare with.
fn day(sent: &str) -> Option<NaiveDate> {
    sent.trim().parse::<NaiveDate>().ok().filter(|day| (2000..=2100).contains(&day.year()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_the_city_become_a_half_open_range_in_utc() {
        let query =
            AuditQuery { from: "2026-10-22".into(), to: "2026-10-22".into(), ..AuditQuery::default() };
        let filter = query.filter();
        assert_eq!(filter.from.map(|at| at.to_string()).as_deref(), Some("2026-10-21 16:00:00"));
        assert_eq!(filter.to.map(|at| at.to_string()).as_deref(), Some("2026-10-22 16:00:00"));
    }

    #[test]
    fn what_is_no_filter_is_left_out() {
        let query = AuditQuery {
            action: "dance".into(),
            actor: "a\0b".into(),
            person: "x".into(),
            request: "'; --".into(),
            from: "262142-12-31".into(),
            to: "gestern".into(),
            page: None,
        };
        let filter = query.filter();
        assert!(filter.action.is_none() && filter.for_person.is_none() && filter.request.is_none());
        assert!(filter.from.is_none() && filter.to.is_none() && query.actor().is_none());
    }

    #[test]
    fn the_code_of_an_error_page_finds_its_request() {
        assert_eq!(request(" E404-7k2abc "), Some("7K2ABC".into()));
        assert_eq!(request("7K2ABC"), Some("7K2ABC".into()));
        assert_eq!(request(""), None);
    }
}
