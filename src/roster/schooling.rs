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
use crate::schools::{self, Alliance, NewAlliance, Shown};
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
        /// A list that had closed it was taken back.
        Reopened = "reopened",
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
            Field::Reopened => msg!("恢复开办"),
        }
    }
}

/// What is shown of a place, by field.
pub(super) type Texts = Vec<(Field, String)>;

/// All that a school shows, as texts to compare and to keep.
pub(super) fn texts(shown: &Shown) -> Texts {
    fn join(all: &[(String, bool)], wanted: &[bool]) -> String {
        let some = all.iter().filter(|one| wanted.contains(&one.1));
        some.map(|one| one.0.as_str()).collect::<Vec<_>>().join("、")
    }
    let school = &shown.school;
    vec![
        (Field::Name, school.name.clone()),
        (Field::Host, shown.host.clone()),
        (Field::Address, school.address.clone()),
        (Field::Seats, school.seats.to_string()),
        (Field::Screen, if school.has_screen { "有".into() } else { "没有".into() }),
        (Field::Hours, school.opening_hours.clone()),
        (Field::Contact, school.contact.clone()),
        (Field::Branches, join(&shown.served, &[true, false])),
        (Field::Own, join(&shown.served, &[true])),
        (Field::Primary, join(&shown.alliances, &[true])),
        (Field::Alliances, join(&shown.alliances, &[false])),
    ]
}

/// All that an alliance shows, likewise.
pub(super) fn alliance_texts(alliance: &Alliance) -> Texts {
    vec![
        (Field::Name, alliance.name.clone()),
        (Field::Kind, alliance.kind.as_str().to_owned()),
        (Field::Intro, alliance.intro.clone()),
    ]
}

/// The fields that are others now.
pub(super) fn differing(
    place: Place,
    old: &[(Field, String)],
    new: &[(Field, String)],
) -> Vec<(Place, Field, String, String)> {
    let pairs = old.iter().zip(new).filter(|(old, new)| old.1 != new.1);
    pairs.map(|((field, old), (_, new))| (place, *field, old.clone(), new.clone())).collect()
}

/// The texts of one school.
fn texts_of(conn: &mut Conn, id: SchoolId) -> Result<Texts> {
    Ok(schools::shown(conn, &[id])?.first().map(texts).unwrap_or_default())
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
            let before = texts_of(conn, id)?;
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
    let place = Place::School(id);
    let edits = match before.is_empty() {
        true => vec![(place, Field::Made, String::new(), draft.school.name.clone())],
        false => differing(place, &before, &texts_of(conn, id)?),
    };
    if edits.is_empty() {
        return Err(Refusal::Same.into());
    }
    store::write_edits(conn, &edits, &hand.by())?;
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
    let edit = (Place::School(id), Field::Closed, name, String::new());
    store::write_edits(conn, &[edit], &hand.by())?;
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
            let before = alliance_texts(&schools::alliance(conn, id)?);
            schools::save_alliance(conn, id, new)?;
            let after = alliance_texts(&schools::alliance(conn, id)?);
            (id, differing(Place::Alliance(id), &before, &after))
        }
        None => {
            let id = schools::add_alliance(conn, new)?;
            (id, vec![(Place::Alliance(id), Field::Made, String::new(), new.name.clone())])
        }
    };
    if edits.is_empty() {
        return Err(Refusal::Same.into());
    }
    store::write_edits(conn, &edits, &hand.by())?;
    hand.doer.did(conn, Action::SchoolChanged, ("alliance", id.0), hand.now)?;
    Ok(id)
}
