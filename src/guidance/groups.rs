//! Who is in a group and whom it guides. Whoever changes members or organisations of a group locks its row first, so that nobody
//! becomes a member while their own branch is assigned (INV-T2); that nobody has two lists (INV-T1) is the database's matter.
use super::store::{self, groups as rows};
use super::{Group, Hand, Refusal, Tier};
use crate::audit::Action;
use crate::clock;
use crate::db::Conn;
use crate::error::Result;
use crate::ids::{GuidanceGroupId, OrgId, PersonId};
use crate::organization::{self, Level};
use chrono::NaiveDate;

/// A group that is not there yet.
#[derive(Debug, Clone)]
pub struct NewGroup {
    pub org: OrgId,
    pub name: String,
    pub key: String,
}

/// Somebody who becomes a member from a day on.
#[derive(Debug, Clone)]
pub struct NewMember {
    pub person: PersonId,
    pub is_leader: bool,
    pub from: NaiveDate,
}

/// What an assignment of all below an organisation would do.
#[derive(Debug, Clone, Default)]
pub struct Preview {
    /// Those that nobody guides yet.
    pub fresh: Vec<(OrgId, String)>,
    /// How many the group guides already.
    pub own: usize,
    /// How many another group guides.
    pub elsewhere: usize,
    /// Those that members of the group belong to: their names.
    pub barred: Vec<(String, String)>,
}

fn did(conn: &mut Conn, group: GuidanceGroupId, hand: &Hand) -> Result<()> {
    hand.doer.did(conn, Action::GuidanceChanged, ("guidance_group", group.0), hand.now)
}

/// Makes a group of the city or of a committee. The same key gives the same group.
///
/// # Errors
/// Refused for other organisations.
pub fn make(conn: &mut Conn, new: &NewGroup, hand: &Hand) -> Result<GuidanceGroupId> {
    let tier = match organization::find(conn, new.org)?.level {
        Level::City => Tier::City,
        Level::Committee => Tier::Committee,
        _ => return Err(Refusal::NoGroupsHere.into()),
    };
    match rows::insert(conn, tier, new, hand)? {
        Some(id) => {
            did(conn, id, hand)?;
            Ok(id)
        }
        None => rows::of_key(conn, &new.key),
    }
}

/// The group, locked until the end of the transaction.
fn locked(conn: &mut Conn, group: &Group) -> Result<()> {
    if rows::lock(conn, group.id)? { Ok(()) } else { Err(Refusal::Closed.into()) }
}

/// Gives a group another name.
///
/// # Errors
/// Refused once it is closed.
pub fn rename(conn: &mut Conn, group: &Group, name: &str, hand: &Hand) -> Result<()> {
    locked(conn, group)?;
    rows::rename(conn, group.id, name)?;
    did(conn, group.id, hand)
}

/// Closes a group from today: its members are none any more. Its visits and findings stay.
///
/// # Errors
/// Refused while it guides anybody.
pub fn close(conn: &mut Conn, group: &Group, hand: &Hand) -> Result<()> {
    locked(conn, group)?;
    let left = rows::assigned_count(conn, group.id)?;
    if left > 0 {
        return Err(Refusal::HasOrgs(left).into());
    }
    let today = clock::day(hand.now);
    rows::end_members(conn, group.id, None, today)?;
    // A group that was made today has been there for a day.
    let last = today.max(group.valid_from.succ_opt().unwrap_or(today));
    rows::end(conn, group.id, last)?;
    did(conn, group.id, hand)
}

/// Names, each once.
fn joined<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<&str> = names.collect();
    names.dedup();
    names.join("、")
}

/// Makes somebody a member. A member already is one.
///
/// # Errors
/// Refused where their own branch is assigned to the group, or lies in what is (INV-T2).
pub fn add_member(conn: &mut Conn, group: &Group, new: &NewMember, hand: &Hand) -> Result<()> {
    locked(conn, group)?;
    if let Some((branch, path)) = store::home(conn, new.person)?
        && rows::guides(conn, group.id, &path)?
    {
        return Err(Refusal::AtHome(store::name(conn, new.person)?, branch).into());
    }
    if !rows::add_member(conn, group.id, new)? {
        return Err(Refusal::IsMember.into());
    }
    did(conn, group.id, hand)
}

/// From `day` on the person is no member.
///
/// # Errors
/// Refused once the group is closed.
pub fn end_member(
    conn: &mut Conn,
    group: &Group,
    person: PersonId,
    day: NaiveDate,
    hand: &Hand,
) -> Result<()> {
    locked(conn, group)?;
    // What was in force stays on record.
    let day = day.max(clock::day(hand.now));
    rows::end_members(conn, group.id, Some(person), day)?;
    did(conn, group.id, hand)
}

/// Puts organisations on the group's list; those that are on it stay.
///
/// # Errors
/// Refused if one is not for this group, on another list (INV-T1), or a member's own (INV-T2): then none is put there.
pub fn assign(conn: &mut Conn, group: &Group, orgs: &[OrgId], hand: &Hand) -> Result<usize> {
    locked(conn, group)?;
    let homes = rows::homes(conn, group.id)?;
    let mut fresh = vec![];
    for id in orgs {
        let candidate = rows::candidate(conn, *id)?;
        let fits = candidate.is_active
            && candidate.level == group.tier.guides()
            && candidate.path.starts_with(&group.org_path);
        if !fits {
            return Err(Refusal::NotGuided(candidate.name).into());
        }
        let at_home = homes.iter().filter(|home| home.path.starts_with(&candidate.path));
        let who = joined(at_home.map(|home| home.name.as_str()));
        if !who.is_empty() {
            return Err(Refusal::AtHome(who, candidate.name).into());
        }
        fresh.push((*id, candidate.name));
    }
    let today = clock::day(hand.now);
    let (mut taken, mut added) = (vec![], 0);
    for (id, name) in &fresh {
        match rows::assign(conn, group, *id, hand.account, today)? {
            Some(true) => added += 1,
            Some(false) => {}
            None => taken.push(name.as_str()),
        }
    }
    if !taken.is_empty() {
        return Err(Refusal::Taken(joined(taken.into_iter())).into());
    }
    did(conn, group.id, hand)?;
    Ok(added)
}

/// What [`assign_below`] would do.
///
/// # Errors
/// Not found outside the group's own organisation.
pub fn preview(conn: &mut Conn, group: &Group, under: OrgId) -> Result<Preview> {
    let above = organization::find(conn, under)?;
    if !above.path.starts_with(&group.org_path) {
        return Err(crate::error::Error::NotFound);
    }
    let homes = rows::homes(conn, group.id)?;
    let mut preview = Preview::default();
    for (id, name, path, list) in rows::below(conn, group.tier, &above.path)? {
        let who =
            joined(homes.iter().filter(|home| home.path.starts_with(&path)).map(|home| home.name.as_str()));
        match list {
            Some(list) if list == group.id => preview.own += 1,
            Some(_) => preview.elsewhere += 1,
            None if !who.is_empty() => preview.barred.push((name, who)),
            None => preview.fresh.push((id, name)),
        }
    }
    Ok(preview)
}

/// Puts all below an organisation on the list that nobody guides yet, as its preview showed them.
///
/// # Errors
/// Refused if they are not as many as were seen.
pub fn assign_below(
    conn: &mut Conn,
    group: &Group,
    (under, seen): (OrgId, usize),
    hand: &Hand,
) -> Result<usize> {
    locked(conn, group)?;
    let fresh: Vec<OrgId> = preview(conn, group, under)?.fresh.into_iter().map(|(id, _)| id).collect();
    if fresh.len() != seen {
        return Err(Refusal::ChangedMeanwhile.into());
    }
    assign(conn, group, &fresh, hand)
}

/// Takes an organisation off the list from today.
///
/// # Errors
/// Refused once the group is closed.
pub fn unassign(conn: &mut Conn, group: &Group, org: OrgId, hand: &Hand) -> Result<()> {
    locked(conn, group)?;
    rows::unassign(conn, group.id, org, clock::day(hand.now))?;
    did(conn, group.id, hand)
}
