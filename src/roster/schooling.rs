//! Schools and alliances in place: what changes is changed for everybody at once, and what was before stays on record.
use super::places_forms::SchoolDraft;
use super::store::{self, Place};
use super::{Hand, Refusal};
use crate::audit::Action;
use crate::db::Conn;
use crate::error::Result;
use crate::ids::{AllianceId, OrgId, SchoolId};
use crate::lang::Message;
use crate::organization;
use crate::schools::{self, NewAlliance, School};
use crate::{msg, text_enum};

text_enum! {
    /// What was changed of a school or an alliance.
    pub enum Field {
        Made = "made",
        Name = "name",
        Host = "host",
        Address = "address",
        Seats = "seats",
        Screen = "screen",
        Hours = "hours",
        Contact = "contact",
        Branches = "branches",
        /// Of which branches it is the own school.
        Own = "own",
        Primary = "primary",
        Alliances = "alliances",
        Kind = "kind",
        Intro = "intro",
        Closed = "closed",
    }
}

impl Field {
    /// The field in words.
    pub fn words(self) -> Message {
        match self {
            Field::Made => msg!("设立"),
            Field::Name => msg!("名称"),
            Field::Host => msg!("主办"),
            Field::Address => msg!("地址"),
            Field::Seats => msg!("座位"),
            Field::Screen => msg!("放映屏幕"),
            Field::Hours => msg!("开放时间"),
            Field::Contact => msg!("联系"),
            Field::Branches => msg!("服务的支部"),
            Field::Own => msg!("以它为主的支部"),
            Field::Primary => msg!("主要联盟"),
            Field::Alliances => msg!("其他联盟"),
            Field::Kind => msg!("类型"),
            Field::Intro => msg!("简介"),
            Field::Closed => msg!("停办"),
        }
    }
}

/// All that a school shows, as texts to compare and to keep.
fn texts(conn: &mut Conn, school: &School) -> Result<Vec<(Field, String)>> {
    let host = organization::find(conn, school.host)?.name;
    let served = schools::served(conn, school.id)?;
    let alliances = schools::alliances_of(conn, school.id)?;
    let join = |names: Vec<&str>| names.join("、");
    Ok(vec![
        (Field::Name, school.name.clone()),
        (Field::Host, host),
        (Field::Address, school.address.clone()),
        (Field::Seats, school.seats.to_string()),
        (Field::Screen, if school.has_screen { "有".into() } else { "没有".into() }),
        (Field::Hours, school.opening_hours.clone()),
        (Field::Contact, school.contact.clone()),
        (Field::Branches, join(served.iter().map(|one| one.1.as_str()).collect())),
        (Field::Own, join(served.iter().filter(|one| one.2).map(|one| one.1.as_str()).collect())),
        (
            Field::Primary,
            join(alliances.iter().filter(|it| it.is_primary).map(|it| it.name.as_str()).collect()),
        ),
        (
            Field::Alliances,
            join(alliances.iter().filter(|it| !it.is_primary).map(|it| it.name.as_str()).collect()),
        ),
    ])
}

/// Makes a school, or changes one. The same form sent again changes nothing.
///
/// # Errors
/// Refused where nothing changes, for a host that is closed, and where another school has the name.
pub(super) fn save(
    conn: &mut Conn,
    id: Option<SchoolId>,
    draft: &SchoolDraft,
    hand: &Hand,
) -> Result<SchoolId> {
    let mut held: Vec<OrgId> = draft.add.into_iter().chain([draft.school.host]).collect();
    held.sort_unstable();
    held.dedup();
    for org in held {
        organization::lock(conn, org)?;
    }
    if let Some(id) = id {
        schools::lock_school(conn, id)?;
    }
    if let Some(Place::School(id)) = store::place_of_key(conn, &hand.key)? {
        return Ok(id);
    }
    let today = hand.today();
    let (id, before) = match id {
        Some(id) => {
            let school = schools::school(conn, id)?;
            let before = texts(conn, &school)?;
            schools::save_school(conn, id, &draft.school)?;
            (id, before)
        }
        None => (schools::add_school(conn, &draft.school, today)?, vec![]),
    };
    for (branch, _, is_own) in schools::served(conn, id)? {
        if !draft.branches.contains(&branch) {
            schools::unserve(conn, id, branch, today)?;
        } else if draft.own.contains(&branch) && !is_own {
            schools::serve(conn, id, branch, true, today)?;
        } else if is_own && !draft.own.contains(&branch) {
            // Another of the branch's schools is its own now; where there is none, this one stays.
            let other = schools::used_by(conn, branch)?.into_iter().find(|(other, _)| *other != id);
            if let Some((other, _)) = other {
                schools::serve(conn, other, branch, true, today)?;
            }
        }
    }
    if let Some(branch) = draft.add {
        schools::serve(conn, id, branch, false, today)?;
    }
    for alliance in &draft.alliances {
        schools::alliance(conn, *alliance)?;
    }
    schools::ally(conn, id, &draft.alliances, today)?;
    let school = schools::school(conn, id)?;
    let after = texts(conn, &school)?;
    let mut part = 0;
    if before.is_empty() {
        store::write_edit(conn, Place::School(id), (Field::Made, "", &school.name), part, hand)?;
        part += 1;
    }
    for ((field, old), (_, new)) in before.iter().zip(&after).filter(|(old, new)| old.1 != new.1) {
        store::write_edit(conn, Place::School(id), (*field, old, new), part, hand)?;
        part += 1;
    }
    if part == 0 {
        return Err(Refusal::Same.into());
    }
    hand.doer.did(conn, Action::SchoolChanged, ("school", id.0), hand.now)?;
    Ok(id)
}

/// Closes a school: it serves nobody and is in no alliance any more; its lectures stay.
///
/// # Errors
/// Not found if it is closed; refused on the day of its opening.
pub(super) fn close(conn: &mut Conn, id: SchoolId, hand: &Hand) -> Result<()> {
    schools::lock_school(conn, id)?;
    let today = hand.today();
    for (branch, _, _) in schools::served(conn, id)? {
        schools::unserve(conn, id, branch, today)?;
    }
    schools::ally(conn, id, &[], today)?;
    let name = schools::school(conn, id)?.name;
    schools::close_school(conn, id, today)?;
    store::write_edit(conn, Place::School(id), (Field::Closed, &name, ""), 0, hand)?;
    hand.doer.did(conn, Action::SchoolChanged, ("school", id.0), hand.now)
}

/// Makes an alliance, or changes one. The same form sent again changes nothing.
///
/// # Errors
/// Refused where nothing changes, and where another alliance has the name.
pub(super) fn save_alliance(
    conn: &mut Conn,
    id: Option<AllianceId>,
    new: &NewAlliance,
    hand: &Hand,
) -> Result<AllianceId> {
    if let Some(Place::Alliance(id)) = store::place_of_key(conn, &hand.key)? {
        return Ok(id);
    }
    let (id, edits) = match id {
        Some(id) => {
            let old = schools::alliance(conn, id)?;
            schools::save_alliance(conn, id, new)?;
            let edits = vec![
                (Field::Name, old.name, new.name.clone()),
                (Field::Kind, old.kind.as_str().into(), new.kind.as_str().into()),
                (Field::Intro, old.intro, new.intro.clone()),
            ];
            (id, edits)
        }
        None => {
            let id = schools::add_alliance(conn, new)?;
            (id, vec![(Field::Made, String::new(), new.name.clone())])
        }
    };
    let changed = edits.iter().filter(|(_, old, new)| old != new);
    let mut part = 0;
    for (field, old, new) in changed {
        store::write_edit(conn, Place::Alliance(id), (*field, old, new), part, hand)?;
        part += 1;
    }
    if part == 0 {
        return Err(Refusal::Same.into());
    }
    hand.doer.did(conn, Action::SchoolChanged, ("alliance", id.0), hand.now)?;
    Ok(id)
}
