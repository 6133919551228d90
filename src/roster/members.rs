//! Changes of one member: each ends a row and begins the next, from a day that is today or earlier.
use super::store;
use super::{Change, EndReason, Hand, Kind, Refusal, end_roles_at, note};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{OrgId, PersonId};
use crate::organization::{self, before};
use crate::people::{self, Category, Office, Spell, Stage};
use chrono::NaiveDate;

/// What is to be changed of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    Stage(Stage),
    BeginCategory(Category),
    /// The row.
    EndCategory(i64),
    BeginOffice(Office, OrgId),
    EndOffice(i64),
    /// The branch, and the number of the activity card.
    BeginStay(OrgId, String),
    EndStay(i64),
    Name(String),
    Phone(Option<String>),
    BirthYear(Option<i32>),
    End(EndReason),
}

/// A change with its day, and what somebody wrote beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    pub what: What,
    pub day: NaiveDate,
    pub note: String,
}

/// Changes a member. The same form sent again changes nothing.
///
/// # Errors
/// Refused for the own person, a day in the future or before the row began, and what is so already.
pub(super) fn change(conn: &mut Conn, person: PersonId, draft: &Draft, hand: &Hand) -> Result<()> {
    if person == hand.person {
        return Err(Refusal::OwnPerson.into());
    }
    hand.check_day(draft.day)?;
    // Organisations are held before persons, always: a closing branch takes nobody in.
    if let What::BeginOffice(_, org) | What::BeginStay(org, _) = &draft.what {
        organization::lock(conn, *org)?;
    }
    people::lock(conn, person)?;
    if store::is_known(conn, &hand.key)? {
        return Ok(());
    }
    let membership = people::memberships_of(conn, person)?.into_iter().find(Spell::is_open);
    let day = draft.day;
    let row = match &draft.what {
        What::Name(_) | What::Phone(_) | What::BirthYear(_) => return correct(conn, person, draft, hand),
        What::End(reason) => return end(conn, person, (*reason, draft), hand),
        _ if membership.is_none() => return Err(Refusal::NotMember.into()),
        What::Stage(stage) => change_stage(conn, person, (*stage, day), hand)?,
        What::BeginCategory(category) => {
            let begun = people::begin_category_row(conn, person, *category, day)?;
            let new = Some(category.as_str().to_owned());
            Change {
                new,
                begun: Some(begun.ok_or(Refusal::AlreadyIn)?),
                ..Change::of(Kind::CategoryBegun, person, day)
            }
        }
        What::BeginOffice(office, org) => {
            let begun = people::begin_office(conn, person, *org, *office, day)?;
            let new = Some(office_key(*office, *org));
            Change {
                new,
                begun: Some(begun.ok_or(Refusal::AlreadyIn)?),
                ..Change::of(Kind::OfficeBegun, person, day)
            }
        }
        What::BeginStay(host, card) => {
            if membership.as_ref().is_some_and(|it| it.what.0 == *host) {
                return Err(Refusal::OwnBranch.into());
            }
            let begun = people::begin_stay(conn, person, *host, card, day)?;
            let new = Some(host.to_string());
            Change {
                new,
                begun: Some(begun.ok_or(Refusal::AlreadyIn)?),
                ..Change::of(Kind::StayBegun, person, day)
            }
        }
        What::EndCategory(row) => {
            let rows = people::categories_of(conn, person)?;
            end_category(conn, person, &open_row(&rows, *row)?, (day, hand))?
        }
        What::EndOffice(row) => {
            let rows = people::offices_of(conn, person)?;
            end_office(conn, person, &open_row(&rows, *row)?, (day, hand))?
        }
        What::EndStay(row) => {
            let rows = people::stays_of(conn, person)?;
            end_stay(conn, person, &open_row(&rows, *row)?, (day, hand))?
        }
    };
    let id = note(conn, &row, 0, hand)?;
    store::write_note(conn, id, &draft.note)
}

/// The open row of this key; not found otherwise.
fn open_row<T: Clone>(rows: &[Spell<T>], id: i64) -> Result<Spell<T>> {
    rows.iter().find(|row| row.id == id && row.is_open()).cloned().ok_or(Error::NotFound)
}

/// That a row does not end before it began, or on the day it began, which would delete what was in force.
fn check_end<T>(row: &Spell<T>, day: NaiveDate, hand: &Hand) -> Result<()> {
    let first = hand.first_end(row.from);
    if day < first { Err(Error::Refused(before(first))) } else { Ok(()) }
}

/// An office as a key: what, and where.
fn office_key(office: Office, org: OrgId) -> String {
    format!("{}@{org}", office.as_str())
}

fn done(ended: bool) -> Result<()> {
    if ended { Ok(()) } else { Err(Refusal::NotNow.into()) }
}

fn end_category(
    conn: &mut Conn,
    person: PersonId,
    row: &Spell<Category>,
    (day, hand): (NaiveDate, &Hand),
) -> Result<Change> {
    check_end(row, day, hand)?;
    done(people::end_category_row(conn, row.id, day)?)?;
    let old = Some(row.what.as_str().to_owned());
    Ok(Change { old, ended: Some(row.id), ..Change::of(Kind::CategoryEnded, person, day) })
}

fn end_office(
    conn: &mut Conn,
    person: PersonId,
    row: &Spell<(Office, OrgId, String)>,
    (day, hand): (NaiveDate, &Hand),
) -> Result<Change> {
    check_end(row, day, hand)?;
    done(people::end_office_row(conn, row.id, day)?)?;
    let old = Some(office_key(row.what.0, row.what.1));
    Ok(Change { old, ended: Some(row.id), ..Change::of(Kind::OfficeEnded, person, day) })
}

fn end_stay(
    conn: &mut Conn,
    person: PersonId,
    row: &Spell<(OrgId, String, String)>,
    (day, hand): (NaiveDate, &Hand),
) -> Result<Change> {
    check_end(row, day, hand)?;
    done(people::end_stay_row(conn, row.id, day)?)?;
    let old = Some(row.what.0.to_string());
    Ok(Change { old, ended: Some(row.id), ..Change::of(Kind::StayEnded, person, day) })
}

fn change_stage(
    conn: &mut Conn,
    person: PersonId,
    (stage, day): (Stage, NaiveDate),
    hand: &Hand,
) -> Result<Change> {
    let before = people::stages_of(conn, person)?.into_iter().find(Spell::is_open);
    if let Some(old) = &before {
        if old.what.0 == stage {
            return Err(Refusal::Same.into());
        }
        check_end(old, day, hand)?;
        done(people::end_stage_row(conn, old.id, day)?)?;
    }
    let begun = people::begin_stage_row(conn, person, stage, day)?.ok_or(Refusal::NotNow)?;
    Ok(Change {
        old: before.as_ref().map(|old| old.what.0.as_str().to_owned()),
        new: Some(stage.as_str().to_owned()),
        ended: before.map(|old| old.id),
        begun: Some(begun),
        ..Change::of(Kind::Stage, person, day)
    })
}

/// Corrects what is said of a person; what was said before stays in a table that is only added to.
fn correct(conn: &mut Conn, person: PersonId, draft: &Draft, hand: &Hand) -> Result<()> {
    let (name, phone, year) = store::particulars(conn, person)?;
    let (kind, old, new) = match &draft.what {
        What::Name(new) => (Kind::Name, name, new.clone()),
        What::Phone(new) => (Kind::Phone, phone.unwrap_or_default(), new.clone().unwrap_or_default()),
        What::BirthYear(new) => {
            let text = |year: Option<i32>| year.map(|year| year.to_string()).unwrap_or_default();
            (Kind::BirthYear, text(year), text(*new))
        }
        _ => return Err(Refusal::NotNow.into()),
    };
    if old == new {
        return Err(Refusal::Same.into());
    }
    match &draft.what {
        What::Name(new) => people::set_name(conn, person, new)?,
        What::Phone(new) => people::set_phone(conn, person, new.as_deref())?,
        What::BirthYear(new) => people::set_birth_year(conn, person, *new)?,
        _ => {}
    }
    let id = note(conn, &Change::of(kind, person, draft.day), 0, hand)?;
    store::keep_value(conn, id, &old)?;
    store::write_note(conn, id, &draft.note)
}

/// Ends a membership with all that goes with it.
fn end(conn: &mut Conn, person: PersonId, (reason, draft): (EndReason, &Draft), hand: &Hand) -> Result<()> {
    if store::has_open_transfer(conn, person)? {
        return Err(Refusal::HasTransfer.into());
    }
    let id = leave(conn, person, (reason, draft.day), hand)?;
    store::write_note(conn, id, &draft.note)
}

/// Ends the membership, the stage, categories, offices, roles and the stay elsewhere on this day, whatever the reason; the person is held.
/// The key of the change.
pub(super) fn leave(
    conn: &mut Conn,
    person: PersonId,
    (reason, day): (EndReason, NaiveDate),
    hand: &Hand,
) -> Result<i64> {
    let open = people::memberships_of(conn, person)?.into_iter().find(Spell::is_open);
    let membership = open.ok_or(Refusal::NotMember)?;
    check_end(&membership, day, hand)?;
    if membership.from == day {
        // The row would go as if it had never been, and the person with it.
        return Err(Refusal::Later(membership.what.1, day.succ_opt().unwrap_or(day)).into());
    }
    done(people::end_membership_row(conn, membership.id, day)?)?;
    let change = Change {
        old: Some(membership.what.0.to_string()),
        new: Some(reason.as_str().to_owned()),
        ended: Some(membership.id),
        ..Change::of(Kind::MembershipEnded, person, day)
    };
    let id = note(conn, &change, 0, hand)?;
    let mut others = vec![];
    for row in people::stages_of(conn, person)?.into_iter().filter(Spell::is_open) {
        check_end(&row, day, hand)?;
        done(people::end_stage_row(conn, row.id, day)?)?;
        let old = Some(row.what.0.as_str().to_owned());
        others.push(Change { old, ended: Some(row.id), ..Change::of(Kind::Stage, person, day) });
    }
    for row in people::categories_of(conn, person)?.iter().filter(|row| row.is_open()) {
        others.push(end_category(conn, person, row, (day, hand))?);
    }
    for row in people::offices_of(conn, person)?.iter().filter(|row| row.is_open()) {
        others.push(end_office(conn, person, row, (day, hand))?);
    }
    for row in people::stays_of(conn, person)?.iter().filter(|row| row.is_open()) {
        others.push(end_stay(conn, person, row, (day, hand))?);
    }
    for (place, other) in others.iter().enumerate() {
        store::record(conn, other, place + 1, hand)?;
    }
    // Roles go with the membership: nobody decides about members who is none.
    end_roles_at(conn, person, None, &hand.doer, hand.now)?;
    Ok(id)
}

/// Ends the offices and roles that a person holds at these organisations, and the stay at this branch: what does not go along to another
/// branch. How many changes of the form there are then, counted from `part`.
pub(super) fn shed(
    conn: &mut Conn,
    person: PersonId,
    (orgs, host): (&[OrgId], OrgId),
    (day, part): (NaiveDate, usize),
    hand: &Hand,
) -> Result<usize> {
    let mut others = vec![];
    for row in
        people::offices_of(conn, person)?.iter().filter(|row| row.is_open() && orgs.contains(&row.what.1))
    {
        others.push(end_office(conn, person, row, (day, hand))?);
    }
    for row in people::stays_of(conn, person)?.iter().filter(|row| row.is_open() && row.what.0 == host) {
        others.push(end_stay(conn, person, row, (day, hand))?);
    }
    for (place, other) in others.iter().enumerate() {
        store::record(conn, other, part + place, hand)?;
    }
    end_roles_at(conn, person, Some(orgs), &hand.doer, hand.now)?;
    Ok(part + others.len())
}
