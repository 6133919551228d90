//! What is made by the rule of `plan`: a version of a half-year's plan. A later version has the rest of it; what was visited stays.
use super::plan::{self, Inputs, Place, Problem, Slot};
use super::store::{self, groups, plans as rows};
use super::{Group, Half, Hand, Refusal, Tier};
use crate::audit::Action;
use crate::calendar;
use crate::clock;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{GuidancePlanId, OrgId};
use crate::organization::Level;
use chrono::{Datelike, Duration, NaiveDate};
use std::collections::BTreeSet;

/// A plan that somebody wants.
#[derive(Debug, Clone)]
pub struct NewPlan {
    pub half: Half,
    pub seed: String,
    /// How many branches below the committees of a city group are drawn beside the committees themselves.
    pub sample: usize,
    pub key: String,
}

/// A version of a plan.
#[derive(Debug, Clone)]
pub struct Plan {
    pub id: GuidancePlanId,
    pub half: NaiveDate,
    pub version: i32,
    pub seed: String,
    /// As JSON.
    pub inputs: String,
    pub made_by: String,
    pub made_at: clock::Timestamp,
}

impl Plan {
    /// Whether the seed gives exactly these visits.
    pub fn gives(&self, slots: &[Slot]) -> bool {
        let mut kept = slots.to_vec();
        kept.sort_by_key(|slot| (slot.day, slot.org));
        let again =
            serde_json::from_str::<Inputs>(&self.inputs).map(|inputs| plan::plan(&inputs, &self.seed));
        matches!(again, Ok(Ok(again)) if again == kept)
    }
}

/// The working days of `[from, to)`.
fn working_days(conn: &mut Conn, from: NaiveDate, to: NaiveDate) -> Result<Vec<NaiveDate>> {
    let year = from.year();
    let Some((_, table)) = calendar::in_force(conn, year)? else {
        return Err(calendar::Refusal::NoTable(year).into());
    };
    Ok(from.iter_days().take_while(|day| *day < to).filter(|day| table.is_working(*day)).collect())
}

/// What there is to visit in a half-year, from a day on: the list without what was visited, each with the members who are at home
/// there and stay away (INV-T2); for a city group also a sample of the branches below to which a pair can go.
pub fn inputs(conn: &mut Conn, group: &Group, new: &NewPlan, from: NaiveDate) -> Result<Inputs> {
    let (first, end) = (new.half.first_day(), new.half.end());
    let visited: BTreeSet<OrgId> =
        store::visits::of_half(conn, group.id, (first, end))?.into_iter().map(|(org, ..)| org).collect();
    let homes = groups::homes(conn, group.id)?;
    let mut members: Vec<i64> = homes.iter().map(|home| home.person.0).collect();
    for member in groups::members(conn, group.id, from)? {
        if member.valid_to.is_none() && !members.contains(&member.person.0) {
            members.push(member.person.0);
        }
    }
    let home_of = |path: &str| -> Vec<i64> {
        homes.iter().filter(|home| home.path.starts_with(path)).map(|home| home.person.0).collect()
    };
    let list: Vec<_> = groups::assigned(conn, group.id, 0, 10_000)?;
    let mut orgs: Vec<Place> = list
        .iter()
        .filter(|one| one.gone.is_none() && !visited.contains(&one.org))
        .map(|one| Place { org: one.org.0, kind: one.kind.as_str().into(), home_of: home_of(&one.path) })
        .collect();
    if group.tier == Tier::City && new.sample > 0 {
        let mut below = vec![];
        for one in list.iter().filter(|one| one.gone.is_none()) {
            below.extend(rows::branches(conn, &one.path)?);
        }
        // What is on the list has to be visited, so a plan without a pair for it is refused; for a sample others are drawn.
        below.retain(|(id, _, path)| {
            !visited.contains(id) && members.len() >= home_of(path).len() + super::visits::PRESENT
        });
        let all: Vec<(i64, &str)> = below.iter().map(|(id, kind, _)| (id.0, kind.as_str())).collect();
        let drawn: BTreeSet<i64> = plan::draw(&new.seed, &all, new.sample).into_iter().collect();
        orgs.extend(below.iter().filter(|(id, ..)| drawn.contains(&id.0)).map(|(id, kind, path)| Place {
            org: id.0,
            kind: kind.as_str().into(),
            home_of: home_of(path),
        }));
    }
    Ok(Inputs { days: working_days(conn, from, end)?, members, orgs })
}

/// Makes a version of a plan: of the whole half-year, or of what is left of it. The same key gives the same version.
///
/// # Errors
/// Refused for other half-years, without a calendar, and where `plan` finds none.
pub fn make(conn: &mut Conn, group: &Group, new: &NewPlan, hand: &Hand) -> Result<GuidancePlanId> {
    if !groups::lock(conn, group.id)? {
        return Err(Refusal::Closed.into());
    }
    if let Some(id) = rows::of_key(conn, group.id, &new.key)? {
        return Ok(id);
    }
    let today = clock::day(hand.now);
    let this = Half::of(today);
    if new.half.end() <= today {
        return Err(Refusal::HalfOver.into());
    }
    if new.half != this && new.half != this.next() {
        return Err(Refusal::TooEarly.into());
    }
    let from = new.half.first_day().max(today + Duration::days(1));
    make_from(conn, group, new, from, hand)
}

/// As [`make`], from a day that whoever calls has chosen.
pub fn make_from(
    conn: &mut Conn,
    group: &Group,
    new: &NewPlan,
    from: NaiveDate,
    hand: &Hand,
) -> Result<GuidancePlanId> {
    let inputs = inputs(conn, group, new, from)?;
    let slots = match plan::plan(&inputs, &new.seed) {
        Ok(slots) => slots,
        Err(Problem::Org) => return Err(Refusal::NoOrg.into()),
        Err(Problem::Day) => return Err(Refusal::NoDay.into()),
        Err(Problem::Pair(org)) => {
            return Err(Refusal::NoPair(groups::candidate(conn, OrgId(org))?.name).into());
        }
    };
    let kept = serde_json::to_string(&inputs).map_err(Error::internal)?;
    let id = rows::insert(conn, group.id, (new, &kept), hand)?;
    rows::insert_slots(conn, id, &slots)?;
    hand.doer.did(conn, Action::GuidancePlanned, ("guidance_plan", id.0), hand.now)?;
    Ok(id)
}

/// The level that is drawn below committees.
pub const DRAWN: Level = Level::Branch;
