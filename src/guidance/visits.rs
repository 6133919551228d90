//! A visit: who of the group was where, what they saw, what they found, whom they told. Kept as it was said; a correction appends a
//! revision. What is kept on a phone comes later, perhaps twice: its key was made when the form was opened.
use super::store::{self, findings as found, groups, visits as rows};
use super::{Category, Group, Hand, Refusal, Severity, State};
use crate::audit::Action;
use crate::clock::{self, Timestamp};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::events;
use crate::ids::{EventId, GuidanceVisitId, OrgId, PersonId};
use crate::inbox::{self, NewNotice};
use crate::{calendar, msg};
use chrono::{Duration, NaiveDate};
pub use store::visits::Visit;

/// A visit can be recorded so many days later.
pub const LATE_DAYS: i64 = 90;
/// How many of the group are there at least.
pub const PRESENT: usize = 2;
/// Findings of one visit, at most.
pub const MOST_FINDINGS: usize = 5;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFinding {
    pub category: Category,
    pub severity: Severity,
    pub text: String,
    /// What the branch promised on the spot.
    pub promised_for: Option<NaiveDate>,
}

/// A visit as somebody typed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVisit {
    pub org: OrgId,
    pub day: NaiveDate,
    pub members: Vec<PersonId>,
    pub is_announced: bool,
    pub event: Option<EventId>,
    pub findings: Vec<NewFinding>,
    pub good: String,
    /// The name of whoever was told at the place.
    pub contact: String,
    pub is_told: bool,
    /// Of a correction: why.
    pub reason: String,
    pub key: String,
}

/// What became of a record that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is there; once, however often it came. With the members of the group who belong to the branch by now (INV-T2).
    Kept(GuidanceVisitId, Vec<String>),
    /// What is wrong, by the name of the field.
    Wrong(Vec<(&'static str, Refusal)>),
}

/// What is wrong, by the name of the field.
type Wrong = Vec<(&'static str, Refusal)>;

/// What of a record contradicts what the portal knows, by the name of the field; and the members of the group who belong there.
fn problems(
    conn: &mut Conn,
    group: &Group,
    visit: &NewVisit,
    now: Timestamp,
) -> Result<(Wrong, Vec<String>)> {
    let (mut wrong, today) = (vec![], clock::day(now));
    if visit.day > today {
        wrong.push(("day", Refusal::FutureDay));
    } else if visit.day < today - Duration::days(LATE_DAYS) {
        wrong.push(("day", Refusal::LongAgo));
    }
    let place = groups::candidate(conn, visit.org)?;
    if !groups::guided_on(conn, group.id, &place.path, visit.day)? {
        wrong.push(("org", Refusal::NotAssigned));
    }
    // A record may come months later: who was a member, and who was at home there, is asked of the day of the visit.
    let members = groups::members_on(conn, group.id, visit.day)?;
    let at_home =
        |one: &&groups::Present| one.path.as_ref().is_some_and(|path| path.starts_with(&place.path));
    let mut present = visit.members.clone();
    present.sort_unstable();
    present.dedup();
    if present.iter().any(|person| !members.iter().any(|one| one.person == *person)) {
        wrong.push(("member", Refusal::NotInGroup));
    } else if present.len() < PRESENT {
        wrong.push(("member", Refusal::TooFewPresent));
    } else if let Some(one) = members.iter().filter(at_home).find(|one| present.contains(&one.person)) {
        wrong.push(("member", Refusal::AtHome(one.name.clone(), place.name.clone())));
    }
    if let Some(event) = visit.event {
        let is_theirs = match events::find(conn, event) {
            Ok(event) => event.org == visit.org,
            Err(Error::NotFound) => false,
            Err(other) => return Err(other),
        };
        if !is_theirs {
            wrong.push(("event", Refusal::NotItsEvent));
        }
    }
    for (finding, field) in visit.findings.iter().zip(super::forms::DUE) {
        if finding.promised_for.is_some_and(|day| day < visit.day) {
            wrong.push((field, Refusal::PromiseBefore));
        }
    }
    // Who belongs there by now is told, so that another group takes it over.
    let homes = groups::homes(conn, group.id)?;
    let here = homes.into_iter().filter(|home| home.path.starts_with(&place.path)).map(|home| home.name);
    Ok((wrong, here.collect()))
}

/// Records a visit. The same key is the same record.
///
/// # Errors
/// Refused where a promise lies in a year without a calendar, and where somebody else used the key.
pub fn record(conn: &mut Conn, group: &Group, visit: &NewVisit, hand: &Hand) -> Result<Outcome> {
    if let Some((id, of, by)) = rows::of_key(conn, &visit.key)? {
        return match of == group.id && by == hand.account {
            true => Ok(Outcome::Kept(id, vec![])),
            false => Err(Refusal::KeyUsed.into()),
        };
    }
    let (wrong, here) = problems(conn, group, visit, hand.now)?;
    if !wrong.is_empty() {
        return Ok(Outcome::Wrong(wrong));
    }
    for day in visit.findings.iter().filter_map(|finding| finding.promised_for) {
        calendar::is_working(conn, day)?;
    }
    let Some(id) = rows::insert(conn, group.id, visit, hand)? else {
        // Sent twice at once: the other one is in.
        return match rows::of_key(conn, &visit.key)? {
            Some((id, of, by)) if of == group.id && by == hand.account => Ok(Outcome::Kept(id, vec![])),
            _ => Err(Refusal::KeyUsed.into()),
        };
    };
    rows::insert_revision(conn, (id, 1), visit, hand)?;
    for (number, finding) in visit.findings.iter().enumerate() {
        let steps = match finding.promised_for {
            None => vec![(State::Open, None)],
            day => vec![(State::Open, None), (State::Promised, day)],
        };
        found::insert(
            conn,
            (id, group.id, visit),
            finding,
            &format!("{}-{number}", visit.key),
            &steps,
            hand,
        )?;
    }
    hand.doer.did(conn, Action::VisitRecorded, ("guidance_visit", id.0), hand.now)?;
    if !visit.findings.is_empty() {
        let title = msg!("{}走访了本支部，提了 {} 条，请答复", group.name, visit.findings.len());
        let notices = found::answerers(conn, visit.org)?.into_iter().map(|person| NewNotice {
            person,
            kind: inbox::Kind::Message,
            title: title.clone(),
            body: String::new(),
            link: "/branch/findings".into(),
            sent_by: Some(hand.account),
            key: format!("guidance-visit-{id}-{person}"),
        });
        inbox::tell(conn, &notices.collect::<Vec<_>>(), hand.now)?;
    }
    Ok(Outcome::Kept(id, here))
}

/// Appends a revision to a visit; its findings go their own way. The same key is the same revision.
///
/// # Errors
/// Refused when somebody was faster.
pub fn correct(
    conn: &mut Conn,
    group: &Group,
    (before, seen): (&Visit, i32),
    visit: &NewVisit,
    hand: &Hand,
) -> Result<Outcome> {
    if rows::has_revision(conn, before.id, &visit.key)? {
        return Ok(Outcome::Kept(before.id, vec![]));
    }
    let (wrong, here) = problems(conn, group, visit, hand.now)?;
    if !wrong.is_empty() {
        return Ok(Outcome::Wrong(wrong));
    }
    if !rows::advance(conn, before.id, seen, visit.day)? {
        return Err(Refusal::ChangedMeanwhile.into());
    }
    rows::insert_revision(conn, (before.id, seen + 1), visit, hand)?;
    hand.doer.did(conn, Action::VisitRecorded, ("guidance_visit", before.id.0), hand.now)?;
    Ok(Outcome::Kept(before.id, here))
}

/// A visit of a group; not found if it is another group's.
///
/// # Errors
/// Not found.
pub fn find(conn: &mut Conn, id: GuidanceVisitId) -> Result<Visit> {
    store::visits::find(conn, id)
}
