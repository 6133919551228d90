//! What schools and alliances show, many at once: to compare before a change and after it.
use super::{Alliance, School};
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AllianceId, OrgId, SchoolId};
use crate::schema::{alliance_schools, alliances, orgs, school_branches, schools};
use chrono::NaiveDate;
use diesel::prelude::*;
use std::collections::HashMap;

/// Schools or alliances in one statement.
const CHUNK: usize = 500;

/// A school, open or not, with the names of what belongs to it today.
#[derive(Debug, Clone)]
pub struct Shown {
    pub school: School,
    pub host: String,
    pub is_open: bool,
    /// Branches, in the order of their ids, and whether it is their own school.
    pub served: Vec<(String, bool)>,
    /// Alliances, the primary one first, and whether each is it.
    pub alliances: Vec<(String, bool)>,
}

/// These schools, those that are closed too.
///
/// # Errors
/// Those of the database.
pub fn shown(conn: &mut Conn, ids: &[SchoolId]) -> Result<Vec<Shown>> {
    let mut all: Vec<Shown> = vec![];
    for some in ids.chunks(CHUNK) {
        let found: Vec<(School, String, Option<NaiveDate>)> = either!(conn, c => schools::table
            .inner_join(orgs::table)
            .filter(schools::id.eq_any(some))
            .order(schools::id)
            .select((School::as_select(), orgs::name, schools::valid_to))
            .load(c))?;
        let mut places: HashMap<SchoolId, usize> = HashMap::new();
        for (school, host, until) in found {
            places.insert(school.id, all.len());
            all.push(Shown { school, host, is_open: until.is_none(), served: vec![], alliances: vec![] });
        }
        let served: Vec<(SchoolId, String, bool)> = either!(conn, c => school_branches::table
            .inner_join(orgs::table)
            .filter(school_branches::school_id.eq_any(some).and(school_branches::valid_to.is_null()))
            .order(orgs::id)
            .select((school_branches::school_id, orgs::name, school_branches::is_primary))
            .load(c))?;
        for (school, name, is_own) in served {
            if let Some(place) = places.get(&school) {
                all[*place].served.push((name, is_own));
            }
        }
        let joined: Vec<(SchoolId, String, bool)> = either!(conn, c => alliance_schools::table
            .inner_join(alliances::table)
            .filter(alliance_schools::school_id.eq_any(some).and(alliance_schools::valid_to.is_null()))
            .order((alliance_schools::is_primary.desc(), alliances::id))
            .select((alliance_schools::school_id, alliances::name, alliance_schools::is_primary))
            .load(c))?;
        for (school, name, is_primary) in joined {
            if let Some(place) = places.get(&school) {
                all[*place].alliances.push((name, is_primary));
            }
        }
    }
    Ok(all)
}

/// These alliances.
///
/// # Errors
/// Those of the database.
pub fn alliances_shown(conn: &mut Conn, ids: &[AllianceId]) -> Result<Vec<Alliance>> {
    let mut all: Vec<Alliance> = vec![];
    for some in ids.chunks(CHUNK) {
        all.extend(either!(conn, c => alliances::table
            .filter(alliances::id.eq_any(some))
            .order(alliances::id)
            .select(Alliance::as_select())
            .load::<Alliance>(c))?);
    }
    Ok(all)
}

/// The open schools that an organisation hosts, and those that it uses.
///
/// # Errors
/// Those of the database.
pub fn schools_at(conn: &mut Conn, org: OrgId) -> Result<Vec<SchoolId>> {
    let hosted = schools::host_org_id.eq(org).and(schools::valid_to.is_null());
    let mut all: Vec<SchoolId> =
        either!(conn, c => schools::table.filter(hosted).select(schools::id).load(c))?;
    all.extend(super::used_by(conn, org)?.into_iter().map(|(school, _)| school));
    all.sort_unstable();
    all.dedup();
    Ok(all)
}
