//! Changes of the tree: adding, renaming, moving, closing, splitting and merging, each in one transaction. INV-O1, INV-O2.
use super::history::{Before, Sort};
use super::members::shed;
use super::store;
use super::transfers::ids_below;
use super::{Change, Hand, Kind, Refusal, end_roles_of, note};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{OrgId, PersonId};
use crate::organization::{self, Level, Org, OrgKind, before};
use crate::{people, schools};
use chrono::NaiveDate;

/// More members than a branch has, and more branches than a general branch.
pub(super) const MOST: i64 = 2_000;

/// What is to be changed of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    Add(Level, OrgKind, String),
    Rename(String),
    Kind(OrgKind),
    /// Under another parent.
    Move(OrgId),
    Close,
    /// All members, or all branches of a general branch, go to this one.
    Merge(OrgId),
    /// The name of the new one, and who or which go there.
    Split(String, Vec<i64>),
}

/// Changes an organisation from a day on; the one that was made, where one was. The same form sent again changes nothing.
///
/// # Errors
/// Refused for a day in the future or before what changes began, and by the rules of the tree.
pub(super) fn change(
    conn: &mut Conn,
    org: &Org,
    (what, day): (&What, NaiveDate),
    hand: &Hand,
) -> Result<Option<OrgId>> {
    hand.check_day(day)?;
    let other = match what {
        What::Move(other) | What::Merge(other) => Some(*other),
        _ => None,
    };
    // Whoever changes the tree holds its root: paths that were read stay so.
    let root = org.path.split('/').find_map(|id| id.parse().ok()).map_or(org.id, OrgId);
    organization::lock(conn, root)?;
    let org = &organization::find(conn, org.id)?;
    // In the order of their numbers, so that nobody waits in a circle.
    let mut held: Vec<OrgId> = other.into_iter().chain([org.id]).collect();
    held.sort_unstable();
    held.dedup();
    for id in held {
        if store::is_known(conn, &hand.key)? {
            return Ok(None);
        }
        organization::lock(conn, id)?;
    }
    if store::is_known(conn, &hand.key)? {
        return Ok(None);
    }
    let since = organization::validity(conn, org.id)?.0;
    if day < since {
        return Err(Error::Refused(before(since)));
    }
    // Schools that it hosts or uses: what becomes of them stands in their own history too.
    let touched = match what {
        What::Close | What::Merge(_) | What::Split(..) => schools::schools_at(conn, org.id)?,
        _ => vec![],
    };
    let touched: Vec<i64> = touched.into_iter().map(|school| school.0).collect();
    let were = Before::of(conn, Sort::Schools, &touched)?;
    let keys = |kind, old: Option<String>, new: Option<String>| Change {
        old,
        new,
        ..Change::of_org(kind, org.id, day)
    };
    let change = match what {
        What::Add(level, kind, name) => {
            let id = organization::add(conn, Some(org.id), *level, *kind, name, day)?;
            note(conn, &Change::of_org(Kind::OrgAdded, id, day), 0, hand)?;
            return Ok(Some(id));
        }
        What::Rename(name) => {
            if *name == org.name {
                return Err(Refusal::Same.into());
            }
            organization::rename(conn, org.id, name, day)?;
            keys(Kind::OrgRenamed, None, None)
        }
        What::Kind(kind) => {
            if *kind == org.kind {
                return Err(Refusal::Same.into());
            }
            organization::change_kind(conn, org.id, *kind, day)?;
            keys(Kind::OrgKind, Some(org.kind.as_str().into()), Some(kind.as_str().into()))
        }
        What::Move(parent) => {
            let place = organization::places_of(conn, org.id)?.into_iter().next();
            let old = place.as_ref().map(|place| place.0);
            if old == Some(*parent) {
                return Err(Refusal::Same.into());
            }
            if let Some(first) = place.map(|place| hand.first_end(place.2)).filter(|first| day < *first) {
                return Err(Error::Refused(before(first)));
            }
            let since = organization::validity(conn, *parent)?.0;
            if day < since {
                return Err(Error::Refused(before(since)));
            }
            organization::relocate_on(conn, org.id, *parent, day)?;
            keys(Kind::OrgMoved, old.map(|id| id.to_string()), Some(parent.to_string()))
        }
        What::Close => {
            close(conn, org, day, (hand, 1))?;
            keys(Kind::OrgClosed, None, None)
        }
        What::Merge(into) => {
            merge(conn, org, *into, day, hand)?;
            keys(Kind::OrgMerged, None, Some(into.to_string()))
        }
        What::Split(name, chosen) => {
            let made = split(conn, org, (name, chosen), day, hand)?;
            note(conn, &keys(Kind::OrgSplit, None, Some(made.to_string())), 0, hand)?;
            were.keep(conn, &hand.by())?;
            return Ok(Some(made));
        }
    };
    note(conn, &change, 0, hand)?;
    were.keep(conn, &hand.by())?;
    Ok(None)
}

/// Closes what is empty of members, open organisations, schools and transfers; the organisation is held.
fn close(conn: &mut Conn, org: &Org, day: NaiveDate, (hand, part): (&Hand, usize)) -> Result<()> {
    match people::count_of_branch(conn, org.id)? {
        0 => {}
        count => return Err(Refusal::HasMembers(count).into()),
    }
    if schools::hosts_any(conn, org.id)? {
        return Err(Refusal::HasSchools.into());
    }
    if store::has_transfers(conn, org.id)? {
        return Err(Refusal::HasTransfers.into());
    }
    end_offices(conn, org, day, (hand, part))?;
    for (row, person, _, from) in people::guests_of(conn, org.id)? {
        let first = hand.first_end(from);
        if day < first {
            return Err(Error::Refused(before(first)));
        }
        people::end_stay_row(conn, row, day)?;
        let old = Some(org.id.to_string());
        let change = Change { old, ended: Some(row), ..Change::of(Kind::StayEnded, person, day) };
        store::record(conn, &change, part + 500_000 + usize::try_from(row).map_err(Error::internal)?, hand)?;
    }
    end_roles_of(conn, org.id, &hand.doer, hand.now)?;
    schools::serve_no_more(conn, org.id, day)?;
    organization::close(conn, org.id, day)
}

/// Ends the offices at an organisation and below it.
fn end_offices(conn: &mut Conn, org: &Org, day: NaiveDate, (hand, part): (&Hand, usize)) -> Result<()> {
    for (place, (row, person, from)) in people::officers_below(conn, &org.path)?.into_iter().enumerate() {
        let first = hand.first_end(from);
        if day < first {
            return Err(Error::Refused(before(first)));
        }
        people::end_office_row(conn, row, day)?;
        let change = Change {
            old: Some(format!("@{}", org.id)),
            ended: Some(row),
            ..Change::of(Kind::OfficeEnded, person, day)
        };
        store::record(conn, &change, part + place, hand)?;
    }
    Ok(())
}

/// Moves members to another branch, each as a change that the member is told.
fn move_members(
    conn: &mut Conn,
    members: &[(PersonId, String, String, NaiveDate)],
    (from, to): (OrgId, OrgId),
    day: NaiveDate,
    (hand, mut part): (&Hand, usize),
) -> Result<usize> {
    let offices = [vec![from], ids_below(conn, from)?].concat();
    for (person, name, number, since) in members {
        let first = hand.first_end(*since);
        if day < first {
            return Err(Refusal::Later(name.clone(), first).into());
        }
        people::lock(conn, *person)?;
        let open = people::memberships_of(conn, *person)?.into_iter().find(people::Spell::is_open);
        let old = open.filter(|row| row.what.0 == from).ok_or(Refusal::NotNow)?;
        if !people::end_membership_row(conn, old.id, day)? {
            return Err(Refusal::NotNow.into());
        }
        let begun = people::begin_membership(conn, *person, to, number, day)?.ok_or(Refusal::NotNow)?;
        let change = Change {
            old: Some(from.to_string()),
            new: Some(to.to_string()),
            ended: Some(old.id),
            begun: Some(begun),
            ..Change::of(Kind::Moved, *person, day)
        };
        note(conn, &change, part, hand)?;
        part = shed(conn, *person, (&offices, to), (day, part + 1), hand)?;
    }
    Ok(part)
}

/// Puts organisations under another one, each with its row in its own record.
fn move_children(
    conn: &mut Conn,
    children: &[Org],
    (from, to): (OrgId, OrgId),
    day: NaiveDate,
    (hand, mut part): (&Hand, usize),
) -> Result<usize> {
    for child in children {
        // A place that was in force on a day is not taken away from that day.
        let since = organization::places_of(conn, child.id)?.into_iter().next().map(|place| place.2);
        if let Some(first) = since.map(|since| hand.first_end(since)).filter(|first| day < *first) {
            return Err(Error::Refused(before(first)));
        }
        organization::relocate_on(conn, child.id, to, day)?;
        let change = Change {
            old: Some(from.to_string()),
            new: Some(to.to_string()),
            ..Change::of_org(Kind::OrgMoved, child.id, day)
        };
        store::record(conn, &change, part, hand)?;
        part += 1;
    }
    Ok(part)
}

/// All members of a branch, or all branches of a general branch, go to another one of the same level; then it closes.
fn merge(conn: &mut Conn, org: &Org, into: OrgId, day: NaiveDate, hand: &Hand) -> Result<()> {
    let target = organization::find(conn, into)?;
    if into == org.id
        || target.level != org.level
        || !matches!(org.level, Level::Branch | Level::GeneralBranch)
    {
        return Err(Refusal::NotSameLevel.into());
    }
    let since = organization::validity(conn, into)?.0;
    if day < since {
        return Err(Error::Refused(before(since)));
    }
    if store::has_transfers(conn, org.id)? {
        return Err(Refusal::HasTransfers.into());
    }
    let below = organization::children(conn, org.id, 0, MOST)?;
    let part = move_children(conn, &below, (org.id, into), day, (hand, 1))?;
    let members = people::of_branch(conn, org.id, MOST)?;
    let part = move_members(conn, &members, (org.id, into), day, (hand, part))?;
    // Guests go along; who is at home there is a guest no longer.
    for (row, person, card, from) in people::guests_of(conn, org.id)? {
        let first = hand.first_end(from);
        if day < first {
            return Err(Error::Refused(before(first)));
        }
        people::lock(conn, person)?;
        people::end_stay_row(conn, row, day)?;
        let is_home = people::card(conn, person)?.is_some_and(|card| card.0 == into);
        let begun = if is_home { None } else { people::begin_stay(conn, person, into, &card, day)? };
        let change = Change {
            old: Some(org.id.to_string()),
            new: begun.map(|_| into.to_string()),
            ended: Some(row),
            begun,
            ..Change::of(if is_home { Kind::StayEnded } else { Kind::StayBegun }, person, day)
        };
        store::record(conn, &change, 500_000 + usize::try_from(row).map_err(Error::internal)?, hand)?;
    }
    schools::rehost(conn, org.id, into)?;
    close(conn, org, day, (hand, part))
}

/// Some members of a branch, or some branches of a general branch, go to a new one beside it.
fn split(
    conn: &mut Conn,
    org: &Org,
    (name, chosen): (&str, &[i64]),
    day: NaiveDate,
    hand: &Hand,
) -> Result<OrgId> {
    let parent = organization::places_of(conn, org.id)?.into_iter().find(|place| place.3.is_none());
    let parent = parent.ok_or(Refusal::NotSameLevel)?.0;
    if chosen.is_empty() {
        return Err(Refusal::NobodyChosen.into());
    }
    match org.level {
        Level::Branch => {
            let (go, stay): (Vec<_>, Vec<_>) = people::of_branch(conn, org.id, MOST)?
                .into_iter()
                .partition(|member| chosen.contains(&member.0.0));
            check_chosen(go.len(), stay.len(), chosen.len())?;
            for member in &go {
                if store::has_open_transfer(conn, member.0)? {
                    return Err(Refusal::HasTransfer.into());
                }
            }
            let made = organization::add(conn, Some(parent), org.level, org.kind, name, day)?;
            move_members(conn, &go, (org.id, made), day, (hand, 1))?;
            schools::serve_likewise(conn, org.id, made, day)?;
            Ok(made)
        }
        Level::GeneralBranch => {
            let (go, stay): (Vec<_>, Vec<_>) = organization::children(conn, org.id, 0, MOST)?
                .into_iter()
                .partition(|child| chosen.contains(&child.id.0));
            check_chosen(go.len(), stay.len(), chosen.len())?;
            let made = organization::add(conn, Some(parent), org.level, org.kind, name, day)?;
            move_children(conn, &go, (org.id, made), day, (hand, 1))?;
            Ok(made)
        }
        _ => Err(Refusal::NotSameLevel.into()),
    }
}

/// All that were chosen are there, and somebody stays.
fn check_chosen(go: usize, stay: usize, chosen: usize) -> Result<()> {
    if go != chosen {
        return Err(Refusal::NotNow.into());
    }
    if stay == 0 { Err(Refusal::EverybodyChosen.into()) } else { Ok(()) }
}
