//! Schools and alliances as they are kept: rows that begin and end with their days.
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::ids::{AllianceId, OrgId, SchoolId};
use crate::msg;
use crate::organization::Level;
use crate::schema::{alliance_schools, alliances, orgs, school_branches, schools};
use crate::schools::{AllianceKind, NewAlliance, NewSchool, Place};
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// A name that is taken is refused; everything else is as the database says.
fn named<T>(outcome: std::result::Result<T, DieselError>) -> Result<T> {
    match outcome {
        Err(DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
            Err(Error::Refused(msg!("已经有同名的了。")))
        }
        other => Ok(other?),
    }
}

/// Adds a school.
///
/// # Errors
/// Refused where another one has the name.
pub fn add_school(conn: &mut Conn, new: &NewSchool, day: NaiveDate) -> Result<SchoolId> {
    let row = (
        schools::name.eq(&new.name),
        schools::host_org_id.eq(new.host),
        schools::address.eq(&new.address),
        schools::seats.eq(new.seats),
        schools::has_screen.eq(new.has_screen),
        schools::opening_hours.eq(&new.opening_hours),
        schools::contact.eq(&new.contact),
        schools::valid_from.eq(day),
    );
    named(
        either!(conn, c => diesel::insert_into(schools::table).values(row).returning(schools::id).get_result(c)),
    )
}

/// Writes what a school is now.
///
/// # Errors
/// Refused where another one has the name.
pub fn save_school(conn: &mut Conn, id: SchoolId, new: &NewSchool) -> Result<()> {
    let values = (
        schools::name.eq(&new.name),
        schools::host_org_id.eq(new.host),
        schools::address.eq(&new.address),
        schools::seats.eq(new.seats),
        schools::has_screen.eq(new.has_screen),
        schools::opening_hours.eq(&new.opening_hours),
        schools::contact.eq(&new.contact),
    );
    named(either!(conn, c => diesel::update(schools::table.find(id)).set(values).execute(c)))?;
    Ok(())
}

/// Holds an open school until the transaction ends; not found if there is none.
///
/// # Errors
/// As said.
pub fn lock_school(conn: &mut Conn, id: SchoolId) -> Result<()> {
    let open = schools::table.filter(schools::id.eq(id).and(schools::valid_to.is_null()));
    let held =
        either!(conn, c => diesel::update(open).set(schools::valid_to.eq(None::<NaiveDate>)).execute(c))?;
    if held == 1 { Ok(()) } else { Err(Error::NotFound) }
}

/// Closes a school that serves nobody and belongs to no alliance any more.
///
/// # Errors
/// Refused unless it was opened before that day.
pub fn close_school(conn: &mut Conn, id: SchoolId, day: NaiveDate) -> Result<()> {
    let old = schools::table.filter(schools::id.eq(id).and(schools::valid_from.lt(day)));
    let closed = either!(conn, c => diesel::update(old).set(schools::valid_to.eq(day)).execute(c))?;
    if closed == 1 {
        Ok(())
    } else {
        Err(Error::Refused(msg!("今天才设立的，要在今天以后才能停办。")))
    }
}

/// The branches that use a school today: number, name, whether it is the branch's own school.
///
/// # Errors
/// Those of the database.
pub fn served(conn: &mut Conn, school: SchoolId) -> Result<Vec<(OrgId, String, bool)>> {
    Ok(either!(conn, c => school_branches::table
        .inner_join(orgs::table)
        .filter(school_branches::school_id.eq(school).and(school_branches::valid_to.is_null()))
        .order(orgs::id)
        .limit(1_000)
        .select((orgs::id, orgs::name, school_branches::is_primary))
        .load(c))?)
}

/// The schools that a branch uses today, and which of them is its own.
///
/// # Errors
/// Those of the database.
pub fn used_by(conn: &mut Conn, branch: OrgId) -> Result<Vec<(SchoolId, bool)>> {
    Ok(either!(conn, c => school_branches::table
        .filter(school_branches::branch_id.eq(branch).and(school_branches::valid_to.is_null()))
        .order(school_branches::school_id)
        .select((school_branches::school_id, school_branches::is_primary))
        .load(c))?)
}

/// Ends the row of a school and a branch on this day; one that began that day was never in force and goes.
fn end_served(conn: &mut Conn, school: SchoolId, branch: OrgId, day: NaiveDate) -> Result<()> {
    let open = school_branches::school_id
        .eq(school)
        .and(school_branches::branch_id.eq(branch))
        .and(school_branches::valid_to.is_null());
    let unused = school_branches::table.filter(open).filter(school_branches::valid_from.ge(day));
    either!(conn, c => diesel::delete(unused).execute(c))?;
    either!(conn, c => diesel::update(school_branches::table.filter(open)).set(school_branches::valid_to.eq(day)).execute(c))?;
    Ok(())
}

fn begin_served(
    conn: &mut Conn,
    school: SchoolId,
    branch: OrgId,
    is_primary: bool,
    day: NaiveDate,
) -> Result<()> {
    let row = (
        school_branches::school_id.eq(school),
        school_branches::branch_id.eq(branch),
        school_branches::is_primary.eq(is_primary),
        school_branches::valid_from.eq(day),
    );
    either!(conn, c => diesel::insert_into(school_branches::table).values(row).execute(c))?;
    Ok(())
}

/// Lets a branch use a school from this day on. The first one is its own; `as_own` makes this one its own in place of another.
///
/// # Errors
/// Those of the database.
pub fn serve(conn: &mut Conn, school: SchoolId, branch: OrgId, as_own: bool, day: NaiveDate) -> Result<()> {
    let used = used_by(conn, branch)?;
    let own = used.iter().find(|(_, is_primary)| *is_primary).map(|(id, _)| *id);
    let is_own = as_own || own.is_none();
    if used.contains(&(school, is_own)) {
        return Ok(());
    }
    if let Some(other) = own.filter(|other| is_own && *other != school) {
        end_served(conn, other, branch, day)?;
        begin_served(conn, other, branch, false, day)?;
    }
    if used.iter().any(|(id, _)| *id == school) {
        if !is_own {
            // Its own school stays its own until another is.
            return Ok(());
        }
        end_served(conn, school, branch, day)?;
    }
    begin_served(conn, school, branch, is_own, day)
}

/// Ends that a branch uses a school. Where it was its own, the first of the others is.
///
/// # Errors
/// Those of the database.
pub fn unserve(conn: &mut Conn, school: SchoolId, branch: OrgId, day: NaiveDate) -> Result<()> {
    end_served(conn, school, branch, day)?;
    let rest = used_by(conn, branch)?;
    match rest.first() {
        Some((next, _)) if rest.iter().all(|(_, is_primary)| !is_primary) => {
            serve(conn, *next, branch, true, day)
        }
        _ => Ok(()),
    }
}

/// Whether an organisation is the host of an open school.
///
/// # Errors
/// Those of the database.
pub fn hosts_any(conn: &mut Conn, org: OrgId) -> Result<bool> {
    let is_it = schools::host_org_id.eq(org).and(schools::valid_to.is_null());
    let count: i64 = either!(conn, c => schools::table.filter(is_it).count().get_result(c))?;
    Ok(count > 0)
}

/// A branch that closes uses no school any more.
///
/// # Errors
/// Those of the database.
pub fn serve_no_more(conn: &mut Conn, branch: OrgId, day: NaiveDate) -> Result<()> {
    for (school, _) in used_by(conn, branch)? {
        end_served(conn, school, branch, day)?;
    }
    Ok(())
}

/// A new branch uses the schools of the one that it comes from.
///
/// # Errors
/// Those of the database.
pub fn serve_likewise(conn: &mut Conn, from: OrgId, to: OrgId, day: NaiveDate) -> Result<()> {
    for (school, is_primary) in used_by(conn, from)? {
        begin_served(conn, school, to, is_primary, day)?;
    }
    Ok(())
}

/// The schools of one host go over to another.
///
/// # Errors
/// Those of the database.
pub fn rehost(conn: &mut Conn, from: OrgId, to: OrgId) -> Result<()> {
    let open = schools::table.filter(schools::host_org_id.eq(from).and(schools::valid_to.is_null()));
    either!(conn, c => diesel::update(open).set(schools::host_org_id.eq(to)).execute(c))?;
    Ok(())
}

/// Makes these the alliances of a school from this day on, the first of them the primary one (INV-O3); none takes it out of all.
///
/// # Errors
/// Those of the database.
pub fn ally(conn: &mut Conn, school: SchoolId, wanted: &[AllianceId], day: NaiveDate) -> Result<()> {
    let now = super::alliances_of(conn, school)?;
    let target = |id: AllianceId| wanted.iter().position(|one| *one == id).map(|place| place == 0);
    // Ended first: the database knows one primary alliance at a time.
    for row in now.iter().filter(|row| target(row.id) != Some(row.is_primary)) {
        let open = alliance_schools::alliance_id
            .eq(row.id)
            .and(alliance_schools::school_id.eq(school))
            .and(alliance_schools::valid_to.is_null());
        let unused = alliance_schools::table.filter(open).filter(alliance_schools::valid_from.ge(day));
        either!(conn, c => diesel::delete(unused).execute(c))?;
        let used = alliance_schools::table.filter(open);
        either!(conn, c => diesel::update(used).set(alliance_schools::valid_to.eq(day)).execute(c))?;
        if target(row.id).is_none() {
            count_school(conn, row.id, -1)?;
        }
    }
    for (place, id) in wanted.iter().enumerate() {
        let old = now.iter().find(|row| row.id == *id);
        if old.is_some_and(|row| row.is_primary == (place == 0)) {
            continue;
        }
        let row = (
            alliance_schools::alliance_id.eq(*id),
            alliance_schools::school_id.eq(school),
            alliance_schools::is_primary.eq(place == 0),
            alliance_schools::valid_from.eq(day),
        );
        either!(conn, c => diesel::insert_into(alliance_schools::table).values(row).execute(c))?;
        if old.is_none() {
            count_school(conn, *id, 1)?;
        }
    }
    Ok(())
}

fn count_school(conn: &mut Conn, alliance: AllianceId, by: i32) -> Result<()> {
    let count = alliances::school_count.eq(alliances::school_count + by);
    either!(conn, c => diesel::update(alliances::table.find(alliance)).set(count).execute(c))?;
    Ok(())
}

/// Adds an alliance.
///
/// # Errors
/// Refused where another one has the name.
pub fn add_alliance(conn: &mut Conn, new: &NewAlliance) -> Result<AllianceId> {
    let row = (alliances::name.eq(&new.name), alliances::kind.eq(new.kind), alliances::intro.eq(&new.intro));
    named(
        either!(conn, c => diesel::insert_into(alliances::table).values(row).returning(alliances::id).get_result(c)),
    )
}

/// Writes what an alliance is now.
///
/// # Errors
/// Refused where another one has the name.
pub fn save_alliance(conn: &mut Conn, id: AllianceId, new: &NewAlliance) -> Result<()> {
    let kind: AllianceKind = new.kind;
    let values = (alliances::name.eq(&new.name), alliances::kind.eq(kind), alliances::intro.eq(&new.intro));
    named(either!(conn, c => diesel::update(alliances::table.find(id)).set(values).execute(c)))?;
    Ok(())
}

/// Open schools in the order of their hosts in the tree, so that those of a township stand together: `count` after the first
/// `skip`, and how many there are.
///
/// # Errors
/// Those of the database.
pub fn places(conn: &mut Conn, skip: i64, count: i64) -> Result<(Vec<Place>, i64)> {
    let total = either!(conn, c => schools::table.filter(schools::valid_to.is_null()).count().get_result(c))?;
    let rows = either!(conn, c => schools::table
        .inner_join(orgs::table)
        .filter(schools::valid_to.is_null())
        .order((orgs::path, schools::id))
        .offset(skip)
        .limit(count)
        .select((
            schools::id,
            schools::name,
            orgs::path,
            schools::address,
            schools::opening_hours,
            schools::seats,
            schools::has_screen,
            schools::contact,
        ))
        .load(c))?;
    Ok((rows, total))
}

/// The names of the committees, by which schools are grouped.
///
/// # Errors
/// Those of the database.
pub fn townships(conn: &mut Conn) -> Result<Vec<(OrgId, String)>> {
    Ok(either!(conn, c => orgs::table
        .filter(orgs::level.eq(Level::Committee))
        .order(orgs::id)
        .limit(500)
        .select((orgs::id, orgs::name))
        .load(c))?)
}
