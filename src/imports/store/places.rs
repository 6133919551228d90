//! Schools and alliances of an import.
use super::super::places::{About, Alliance, AllianceAct, School, SchoolAct};
use super::CHUNK;
use super::members::reserve;
use crate::clock::{self, Timestamp};
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::ids::{OrgId, SchoolId};
use crate::msg;
use crate::schema::{alliance_schools, alliances, school_branches, schools as school_rows};
use crate::schools;
use chrono::NaiveDate;
use diesel::prelude::*;
use std::collections::HashMap;

/// All schools, those that have ended too, in the order of their ids.
pub fn schools(conn: &mut Conn) -> Result<Vec<School>> {
    type Found = (i64, String, i64, String, i32, bool, String, String, Option<NaiveDate>);
    let found: Vec<Found> = either!(conn, c => school_rows::table
        .order(school_rows::id)
        .select((school_rows::id, school_rows::name, school_rows::host_org_id, school_rows::address, school_rows::seats, school_rows::has_screen,
            school_rows::opening_hours, school_rows::contact, school_rows::valid_to))
        .load(c))?;
    let mut all = vec![];
    for (id, name, host, address, seats, has_screen, hours, contact, to) in found {
        let about = About { name, host, address, seats, has_screen, hours, contact };
        all.push(School { id, about, is_over: to.is_some(), served: vec![], alliances: vec![] });
    }
    let places: HashMap<i64, usize> =
        all.iter().enumerate().map(|(place, school)| (school.id, place)).collect();
    let served: Vec<(i64, i64, i64, NaiveDate)> = either!(conn, c => school_branches::table
        .filter(school_branches::valid_to.is_null())
        .order(school_branches::id)
        .select((school_branches::id, school_branches::school_id, school_branches::branch_id, school_branches::valid_from))
        .load(c))?;
    for (id, school, branch, from) in served {
        all[places[&school]].served.push((id, branch, from));
    }
    let joined: Vec<(i64, i64, i64, bool, NaiveDate)> = either!(conn, c => alliance_schools::table
        .filter(alliance_schools::valid_to.is_null())
        .order(alliance_schools::id)
        .select((alliance_schools::id, alliance_schools::school_id, alliance_schools::alliance_id, alliance_schools::is_primary, alliance_schools::valid_from))
        .load(c))?;
    for (id, school, alliance, is_primary, from) in joined {
        all[places[&school]].alliances.push((id, alliance, is_primary, from));
    }
    Ok(all)
}

pub fn alliances(conn: &mut Conn) -> Result<Vec<Alliance>> {
    type Found = (i64, String, crate::schools::AllianceKind, String);
    let found: Vec<Found> = either!(conn, c => alliances::table
        .order(alliances::id)
        .select((alliances::id, alliances::name, alliances::kind, alliances::intro))
        .load(c))?;
    Ok(found.into_iter().map(|(id, name, kind, intro)| Alliance { id, name, kind, intro }).collect())
}

/// Ends rows of a relation; one that began today was never in force and goes.
macro_rules! end_some {
    ($conn:expr, $table:ident, $rows:expr, $today:expr) => {
        for (id, from) in $rows {
            if *from >= $today {
                either!($conn, c => diesel::delete($table::table.find(id)).execute(c))?;
            } else {
                either!($conn, c => diesel::update($table::table.find(id)).set($table::valid_to.eq($today)).execute(c))?;
            }
        }
    };
}

/// Writes what an import changes: the schools it concerns, in the order of `acts`.
///
/// # Errors
/// [`Error::Refused`] for a school that ends on its first day.
pub fn write_schools(conn: &mut Conn, acts: &[SchoolAct], now: Timestamp) -> Result<Vec<i64>> {
    let today = clock::day(now);
    let left = left(conn, acts)?;
    let mut ids = reserve(conn, "schools", acts.iter().filter(|act| act.id.is_none()).count())?.into_iter();
    let mut subjects = vec![];
    for act in acts {
        let id = match act.id {
            Some(id) => id,
            None => ids.next().ok_or_else(|| Error::Internal("too few ids".into()))?,
        };
        if let Some(about) = &act.about {
            let values = (
                school_rows::name.eq(&about.name),
                school_rows::host_org_id.eq(about.host),
                school_rows::address.eq(&about.address),
                school_rows::seats.eq(about.seats),
                school_rows::has_screen.eq(about.has_screen),
                school_rows::opening_hours.eq(&about.hours),
                school_rows::contact.eq(&about.contact),
            );
            if act.id.is_some() {
                either!(conn, c => diesel::update(school_rows::table.find(id)).set(values).execute(c))?;
            } else {
                let row = (school_rows::id.eq(id), values, school_rows::valid_from.eq(today));
                either!(conn, c => diesel::insert_into(school_rows::table).values(row).execute(c))?;
            }
        }
        end_some!(conn, school_branches, &act.served_ends, today);
        end_some!(conn, alliance_schools, &act.alliance_ends, today);
        for branch in &act.serves {
            schools::serve(conn, SchoolId(id), OrgId(*branch), false, today)?;
        }
        if let Some(alliance) = act.primary {
            let row = (
                alliance_schools::school_id.eq(id),
                alliance_schools::alliance_id.eq(alliance),
                alliance_schools::is_primary.eq(true),
                alliance_schools::valid_from.eq(today),
            );
            either!(conn, c => diesel::insert_into(alliance_schools::table).values(row).execute(c))?;
        }
        if act.ends {
            let open = school_rows::table
                .find(id)
                .filter(school_rows::valid_to.is_null().and(school_rows::valid_from.lt(today)));
            if either!(conn, c => diesel::update(open).set(school_rows::valid_to.eq(today)).execute(c))? != 1
            {
                return Err(Error::Refused(msg!("“{}”是今天才有的，明天才能结束", act.label)));
            }
        }
        subjects.push(id);
    }
    // Where a branch's own school is gone, the first of the others is its own.
    for branch in left {
        let open = school_branches::branch_id.eq(branch).and(school_branches::valid_to.is_null());
        let used: Vec<(SchoolId, bool)> = either!(conn, c => school_branches::table
            .filter(open)
            .order(school_branches::id)
            .select((school_branches::school_id, school_branches::is_primary))
            .load(c))?;
        if let (Some((next, _)), true) = (used.first(), used.iter().all(|one| !one.1)) {
            schools::serve(conn, *next, OrgId(branch), true, today)?;
        }
    }
    count(conn)?;
    Ok(subjects)
}

/// The branches that a school serves no more.
fn left(conn: &mut Conn, acts: &[SchoolAct]) -> Result<Vec<i64>> {
    let ended: Vec<i64> = acts.iter().flat_map(|act| act.served_ends.iter().map(|one| one.0)).collect();
    let mut branches: Vec<i64> = vec![];
    for some in ended.chunks(CHUNK) {
        let rows = school_branches::table.filter(school_branches::id.eq_any(some));
        branches.extend(either!(conn, c => rows.select(school_branches::branch_id).load::<i64>(c))?);
    }
    branches.sort_unstable();
    branches.dedup();
    Ok(branches)
}

/// The schools that serve these branches too: one of them may become the own one.
pub fn heirs(conn: &mut Conn, acts: &[SchoolAct]) -> Result<Vec<(i64, String)>> {
    let mut found: Vec<(i64, String)> = vec![];
    for some in left(conn, acts)?.chunks(CHUNK) {
        let open = school_branches::branch_id.eq_any(some).and(school_branches::valid_to.is_null());
        let rows = school_rows::table
            .inner_join(school_branches::table.on(school_branches::school_id.eq(school_rows::id)))
            .filter(open);
        found.extend(
            either!(conn, c => rows.select((school_rows::id, school_rows::name)).load::<(i64, String)>(c))?,
        );
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Counts the schools of every alliance again.
pub fn count(conn: &mut Conn) -> Result<()> {
    let joined: Vec<(i64, i64)> = either!(conn, c => alliance_schools::table
        .filter(alliance_schools::valid_to.is_null())
        .select((alliance_schools::alliance_id, alliance_schools::id))
        .load(c))?;
    let mut counts: HashMap<i64, i32> = HashMap::new();
    for (alliance, _) in joined {
        *counts.entry(alliance).or_default() += 1;
    }
    let kept: Vec<(i64, i32)> =
        either!(conn, c => alliances::table.select((alliances::id, alliances::school_count)).load(c))?;
    for (id, kept) in kept {
        let right = counts.get(&id).copied().unwrap_or_default();
        if right != kept {
            either!(conn, c => diesel::update(alliances::table.find(id)).set(alliances::school_count.eq(right)).execute(c))?;
        }
    }
    Ok(())
}

/// Writes what an import changes: the alliances it concerns, in the order of `acts`.
///
/// # Errors
/// Those of the database.
pub fn write_alliances(conn: &mut Conn, acts: &[AllianceAct]) -> Result<Vec<i64>> {
    let mut ids = reserve(conn, "alliances", acts.iter().filter(|act| act.id.is_none()).count())?.into_iter();
    let mut subjects = vec![];
    for act in acts {
        let values =
            (alliances::name.eq(&act.name), alliances::kind.eq(act.kind), alliances::intro.eq(&act.intro));
        let id = match act.id {
            Some(id) => {
                either!(conn, c => diesel::update(alliances::table.find(id)).set(values).execute(c))?;
                id
            }
            None => {
                let id = ids.next().ok_or_else(|| Error::Internal("too few ids".into()))?;
                either!(conn, c => diesel::insert_into(alliances::table).values((alliances::id.eq(id), values)).execute(c))?;
                id
            }
        };
        subjects.push(id);
    }
    Ok(subjects)
}
