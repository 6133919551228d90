//! Events as calendars of telephones and desks read them (RFC 5545), and the private address under which a member's own
//! are found.
//!
//! Moments are written in UTC. China has one offset and no summer time, a device shows them on its own clock, and every
//! program reads them alike; a `VTIMEZONE` of our own is one more thing that programs read differently.
use super::{Event, State};
use crate::clock::Timestamp;
use crate::ids::{EventId, PersonId, hex};
use crate::lang::{Lang, Message};
use crate::msg;
use hmac::{Hmac, KeyInit, Mac};
use icalendar::{Calendar, Component, EventLike, EventStatus, Property};
use sha2::Sha256;

/// An event with what a calendar says of it.
#[derive(Debug, Clone)]
pub struct Dated {
    pub event: Event,
    /// School or base, and the room.
    pub place: String,
    /// The person waits for a seat.
    pub is_waiting: bool,
}

/// Half of the 32 bytes of an HMAC: 2^128 tries for one guess.
const BYTES: usize = 16;

/// Makes and checks the private addresses, and names events for calendars.
pub struct Feeds(Hmac<Sha256>);

impl Feeds {
    /// `secret` is shared by all servers of the installation.
    pub fn new(secret: &str) -> Feeds {
        let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
        Feeds(mac.unwrap_or_else(|_| unreachable!("HMAC takes every key")))
    }
    fn mac(&self, text: &str) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(text.as_bytes());
        mac
    }
    /// The last part of a member's private address.
    pub fn name(&self, person: PersonId, generation: i32) -> String {
        let bytes = self.mac(&format!("feed|{person}|{generation}")).finalize().into_bytes();
        format!("{:x}-{}", person.0, hex(&bytes[..BYTES]))
    }
    /// Whose address this would be; whether it holds is for [`Feeds::is_name`] to say.
    pub fn person(name: &str) -> Option<PersonId> {
        let (person, _) = name.split_once('-')?;
        // One spelling only.
        i64::from_str_radix(person, 16).ok().filter(|id| format!("{id:x}") == person).map(PersonId)
    }
    /// Whether this is the address of that generation. The time that this takes says nothing of the right one.
    pub fn is_name(&self, name: &str, person: PersonId, generation: i32) -> bool {
        let right = self.name(person, generation);
        right.len() == name.len()
            && right.bytes().zip(name.bytes()).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
    }
    /// The name of an event in every calendar, on every installation another, for ever the same.
    fn uid(&self, event: EventId) -> String {
        let bytes = self.mac("uid").finalize().into_bytes();
        format!("event-{event}@{}.weixiao", hex(&bytes[..4]))
    }
    /// The calendar as text. `base` is the address of the portal, for links.
    pub fn write(&self, dated: &[Dated], name: &str, base: &str, lang: Lang) -> String {
        let mut calendar = Calendar::empty();
        for (key, value) in [
            ("VERSION", "2.0"),
            ("PRODID", "-//Weixiao//Portal//ZH"),
            ("CALSCALE", "GREGORIAN"),
            ("METHOD", "PUBLISH"),
            ("X-PUBLISHED-TTL", "PT1H"),
        ] {
            calendar.append_property(Property::new(key, value));
        }
        calendar.append_property(
            Property::new("REFRESH-INTERVAL", "PT1H").add_parameter("VALUE", "DURATION").done(),
        );
        // The crate writes this name as it is: it must not begin a line of its own.
        calendar.name(&plain(name).replace('\n', " "));
        for one in dated {
            calendar.push(self.entry(one, base, lang));
        }
        calendar.to_string()
    }
    fn entry(&self, dated: &Dated, base: &str, lang: Lang) -> icalendar::Event {
        let event = &dated.event;
        let link = format!("{base}/events/{}", event.id);
        let status = match event.state {
            State::Cancelled => EventStatus::Cancelled,
            _ if dated.is_waiting => EventStatus::Tentative,
            _ => EventStatus::Confirmed,
        };
        let mut about = vec![];
        let mut line = |message: Message| about.push(message.in_lang(lang));
        if event.state == State::Cancelled {
            line(msg!("已取消：{}", event.reason));
        }
        if dated.is_waiting {
            line(msg!("候补中，有空位时会补上并告诉您"));
        }
        if !event.lecturer.is_empty() {
            line(msg!("讲课人：{}", event.lecturer));
        }
        if !event.online_url.is_empty() {
            line(msg!("线上参加：{}", event.online_url));
        }
        if !event.about.is_empty() {
            about.push(event.about.clone());
        }
        about.push(link.clone());
        let place = if dated.place.is_empty() { &event.online_url } else { &dated.place };
        let mut entry = icalendar::Event::new();
        entry
            .uid(&self.uid(event.id))
            .timestamp(event.changed_at.and_utc())
            .last_modified(event.changed_at.and_utc())
            .starts(utc(event.starts_at))
            .ends(utc(event.ends_at))
            .sequence(u32::try_from(event.sequence).unwrap_or_default())
            .status(status)
            .summary(&plain(&event.title))
            .description(&plain(&about.join("\n")))
            .location(&plain(place))
            .url(&link);
        entry.done()
    }
}

fn utc(at: Timestamp) -> chrono::DateTime<chrono::Utc> {
    at.and_utc()
}

/// Without what a line of text cannot hold.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || *c == '\n').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_one_person_and_one_generation() {
        let feeds = Feeds::new("a secret");
        let name = feeds.name(PersonId(600), 3);
        assert_eq!(Feeds::person(&name), Some(PersonId(600)));
        assert!(feeds.is_name(&name, PersonId(600), 3));
        assert!(!feeds.is_name(&name, PersonId(600), 4));
        assert!(!feeds.is_name(&name, PersonId(601), 3));
        assert!(!Feeds::new("another").is_name(&name, PersonId(600), 3));
        for bad in
            ["", "258", "-", "0258-00", "+258-00", "g-00", &name[..name.len() - 1], &name.to_uppercase()]
        {
            let is_it = Feeds::person(bad).is_some_and(|person| feeds.is_name(bad, person, 3));
            assert!(!is_it, "{bad}");
        }
    }
}
