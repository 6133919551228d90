//! Rows of schools and alliances as pages show them; `desk` has how they are kept, `many` what many of them show.
mod desk;
mod many;

use super::AllianceKind;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AllianceId, OrgId, PersonId, SchoolId};
use crate::schema::{alliance_schools, alliances, memberships, orgs, school_branches, schools};
use diesel::prelude::*;

pub use desk::*;
pub use many::{Shown, alliances_shown, schools_at, shown};

#[derive(Queryable, Selectable, Debug, Clone)]
#[diesel(table_name = alliances)]
pub struct Alliance {
    pub id: AllianceId,
    pub name: String,
    pub kind: AllianceKind,
    pub intro: String,
    pub school_count: i32,
}

/// An alliance where only its name is shown.
#[derive(Queryable, Debug, Clone)]
pub struct AllianceRow {
    pub id: AllianceId,
    pub name: String,
    pub is_primary: bool,
}

#[derive(Queryable, Selectable, Debug, Clone)]
#[diesel(table_name = schools)]
pub struct School {
    pub id: SchoolId,
    pub name: String,
    #[diesel(column_name = host_org_id)]
    pub host: OrgId,
    pub address: String,
    pub seats: i32,
    pub has_screen: bool,
    pub opening_hours: String,
    pub contact: String,
    pub lecture_count: i32,
}

/// A school in a list.
#[derive(Queryable, Debug, Clone)]
pub struct SchoolRow {
    pub id: SchoolId,
    pub name: String,
    pub host: String,
    pub address: String,
    pub seats: i32,
    pub has_screen: bool,
    pub lecture_count: i32,
}

/// All alliances, areas first: there are a few dozen of them.
pub fn alliances(conn: &mut Conn) -> Result<Vec<Alliance>> {
    Ok(either!(conn, c => alliances::table
        .order((alliances::kind, alliances::id))
        .limit(500)
        .select(Alliance::as_select())
        .load(c))?)
}

pub fn alliance(conn: &mut Conn, id: AllianceId) -> Result<Alliance> {
    Ok(either!(conn, c => alliances::table.find(id).select(Alliance::as_select()).first(c))?)
}

pub fn school(conn: &mut Conn, id: SchoolId) -> Result<School> {
    Ok(
        either!(conn, c => schools::table.find(id).filter(schools::valid_to.is_null()).select(School::as_select()).first(c))?,
    )
}

/// The school of this name, if there is one.
pub fn of_name(conn: &mut Conn, name: &str) -> Result<Option<SchoolId>> {
    let is_it = schools::name.eq(name).and(schools::valid_to.is_null());
    Ok(either!(conn, c => schools::table.filter(is_it).select(schools::id).first(c).optional())?)
}

/// The schools that a person's branch uses today; fifty at most.
pub fn schools_near(conn: &mut Conn, person: PersonId) -> Result<Vec<(SchoolId, String)>> {
    let today = school_branches::valid_to.is_null().and(memberships::valid_to.is_null());
    Ok(either!(conn, c => school_branches::table
        .inner_join(schools::table)
        .inner_join(memberships::table.on(memberships::branch_id.eq(school_branches::branch_id)))
        .filter(memberships::person_id.eq(person).and(today).and(schools::valid_to.is_null()))
        .order(schools::id)
        .limit(50)
        .select((schools::id, schools::name))
        .load(c))?)
}

/// The alliances that a school belongs to today, the primary one first.
pub fn alliances_of(conn: &mut Conn, school: SchoolId) -> Result<Vec<AllianceRow>> {
    Ok(either!(conn, c => alliance_schools::table
        .inner_join(alliances::table)
        .filter(alliance_schools::school_id.eq(school).and(alliance_schools::valid_to.is_null()))
        .order((alliance_schools::is_primary.desc(), alliances::id))
        .select((alliances::id, alliances::name, alliance_schools::is_primary))
        .load(c))?)
}

/// The alliance that counts for quotas (INV-O3), if the school has one.
pub fn primary_alliance(conn: &mut Conn, school: SchoolId) -> Result<Option<AllianceId>> {
    let is_it = alliance_schools::school_id
        .eq(school)
        .and(alliance_schools::valid_to.is_null())
        .and(alliance_schools::is_primary);
    Ok(either!(conn, c => alliance_schools::table
        .filter(is_it)
        .select(alliance_schools::alliance_id)
        .first(c)
        .optional())?)
}

/// Schools in the order of their numbers, `count` after the first `skip`; and how many there are.
pub fn schools(conn: &mut Conn, skip: i64, count: i64) -> Result<(Vec<SchoolRow>, i64)> {
    let total = either!(conn, c => schools::table.filter(schools::valid_to.is_null()).count().get_result(c))?;
    let rows = either!(conn, c => schools::table
        .inner_join(orgs::table)
        .filter(schools::valid_to.is_null())
        .order(schools::id)
        .offset(skip)
        .limit(count)
        .select((schools::id, schools::name, orgs::name, schools::address, schools::seats, schools::has_screen, schools::lecture_count))
        .load(c))?;
    Ok((rows, total))
}

/// The schools of an alliance, likewise; the alliance knows how many.
pub fn schools_of(conn: &mut Conn, alliance: AllianceId, skip: i64, count: i64) -> Result<Vec<SchoolRow>> {
    Ok(either!(conn, c => alliance_schools::table
        .inner_join(schools::table.inner_join(orgs::table))
        .filter(alliance_schools::alliance_id.eq(alliance).and(alliance_schools::valid_to.is_null()))
        .order(schools::id)
        .offset(skip)
        .limit(count)
        .select((schools::id, schools::name, orgs::name, schools::address, schools::seats, schools::has_screen, schools::lecture_count))
        .load(c))?)
}

/// Counts a lecture in (`1`) or out (`-1`) when it is published or withdrawn.
pub fn count_lecture(conn: &mut Conn, school: SchoolId, by: i32) -> Result<()> {
    either!(conn, c => diesel::update(schools::table.find(school))
        .set(schools::lecture_count.eq(schools::lecture_count + by))
        .execute(c))?;
    Ok(())
}
