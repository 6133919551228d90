//! What was and is valid of a person, row by row; and the ends and beginnings of single rows.
use super::{Category, Stage};
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{OrgId, PersonId};
use crate::organization::after;
use crate::people::{File, Office, Spell};
use crate::schema::{
    host_stays, member_categories, membership_stages, memberships, office_terms, orgs, persons,
};
use chrono::NaiveDate;
use diesel::prelude::*;

/// A row that holds for a time: its number, what it says, from when, until when.
type Row<T> = (i64, T, NaiveDate, Option<NaiveDate>);

/// Declares how a table's rows end: the row of this id, if it is still open, on this day. One that began that day was never in
/// force and goes. `false` if it is not open any more, or began later.
macro_rules! ends {
    ($($(#[$about:meta])* $name:ident in $table:ident;)*) => {$(
        $(#[$about])*
        ///
        /// # Errors
        /// Those of the database.
        pub fn $name(conn: &mut Conn, id: i64, day: NaiveDate) -> Result<bool> {
            let open = $table::id.eq(id).and($table::valid_to.is_null());
            let unused = $table::table.filter(open).filter($table::valid_from.eq(day));
            let gone = either!(conn, c => diesel::delete(unused).execute(c))?;
            let used = $table::table.filter(open).filter($table::valid_from.lt(day));
            let ended = either!(conn, c => diesel::update(used).set($table::valid_to.eq(day)).execute(c))?;
            Ok(gone + ended > 0)
        }
    )*};
}

ends! {
    /// Ends a membership on this day; `false` if it is not open any more, or began later.
    end_membership_row in memberships;
    /// Ends a stage likewise.
    end_stage_row in membership_stages;
    /// Ends a category likewise.
    end_category_row in member_categories;
    /// Ends an office likewise.
    end_office_row in office_terms;
    /// Ends a stay at another branch likewise.
    end_stay_row in host_stays;
}

/// Holds a person's row until the transaction ends: changes of one person happen one after the other.
///
/// # Errors
/// Not found if there is no such person.
pub fn lock(conn: &mut Conn, person: PersonId) -> Result<()> {
    let same = persons::reading_aids.eq(persons::reading_aids);
    let held = either!(conn, c => diesel::update(persons::table.find(person)).set(same).execute(c))?;
    if held == 1 { Ok(()) } else { Err(crate::error::Error::NotFound) }
}

/// A person's file, if the present branch or, where the membership has ended, the last one lies in one of these sub-trees; not
/// found otherwise, as if there were none.
///
/// # Errors
/// Those of the database.
pub fn file_within(conn: &mut Conn, paths: &[String], id: PersonId) -> Result<File> {
    let file: File = either!(conn, c => memberships::table
        .inner_join(persons::table)
        .inner_join(orgs::table)
        .filter(memberships::person_id.eq(id))
        .order((memberships::valid_to.is_null().desc(), memberships::valid_from.desc()))
        .select((
            persons::id,
            persons::name,
            persons::phone,
            persons::birth_year,
            memberships::member_no,
            orgs::id,
            orgs::name,
            orgs::path,
            memberships::valid_to,
        ))
        .first(c))?;
    if paths.iter().any(|path| file.branch_path.starts_with(path.as_str())) {
        Ok(file)
    } else {
        Err(crate::error::Error::NotFound)
    }
}

/// All memberships of a person, the newest first: the branch, its name, the member number.
///
/// # Errors
/// Those of the database.
pub fn memberships_of(conn: &mut Conn, person: PersonId) -> Result<Vec<Spell<(OrgId, String, String)>>> {
    let rows: Vec<Row<(OrgId, String, String)>> = either!(conn, c => memberships::table
        .inner_join(orgs::table)
        .filter(memberships::person_id.eq(person))
        .order(memberships::valid_from.desc())
        .limit(MOST)
        .select((
            memberships::id,
            (orgs::id, orgs::name, memberships::member_no),
            memberships::valid_from,
            memberships::valid_to,
        ))
        .load(c))?;
    Ok(rows.into_iter().map(Spell::of).collect())
}

/// All stages, the newest first, with the right to vote.
///
/// # Errors
/// Those of the database.
pub fn stages_of(conn: &mut Conn, person: PersonId) -> Result<Vec<Spell<(Stage, bool)>>> {
    let rows: Vec<Row<(Stage, bool)>> = either!(conn, c => membership_stages::table
        .filter(membership_stages::person_id.eq(person))
        .order(membership_stages::valid_from.desc())
        .limit(MOST)
        .select((
            membership_stages::id,
            (membership_stages::stage, membership_stages::may_vote),
            membership_stages::valid_from,
            membership_stages::valid_to,
        ))
        .load(c))?;
    Ok(rows.into_iter().map(Spell::of).collect())
}

/// All categories, the newest first.
///
/// # Errors
/// Those of the database.
pub fn categories_of(conn: &mut Conn, person: PersonId) -> Result<Vec<Spell<Category>>> {
    let rows: Vec<(i64, Category, NaiveDate, Option<NaiveDate>)> = either!(conn, c => member_categories::table
        .filter(member_categories::person_id.eq(person))
        .order((member_categories::valid_from.desc(), member_categories::id))
        .limit(MOST)
        .select((
            member_categories::id,
            member_categories::category,
            member_categories::valid_from,
            member_categories::valid_to,
        ))
        .load(c))?;
    Ok(rows.into_iter().map(Spell::of).collect())
}

/// All offices, the newest first: what, where.
///
/// # Errors
/// Those of the database.
pub fn offices_of(conn: &mut Conn, person: PersonId) -> Result<Vec<Spell<(Office, OrgId, String)>>> {
    let rows: Vec<Row<(Office, OrgId, String)>> = either!(conn, c => office_terms::table
        .inner_join(orgs::table)
        .filter(office_terms::person_id.eq(person))
        .order((office_terms::valid_from.desc(), office_terms::id))
        .limit(MOST)
        .select((
            office_terms::id,
            (office_terms::office, orgs::id, orgs::name),
            office_terms::valid_from,
            office_terms::valid_to,
        ))
        .load(c))?;
    Ok(rows.into_iter().map(Spell::of).collect())
}

/// All stays at other branches, the newest first: the branch, its name, the number of the activity card.
///
/// # Errors
/// Those of the database.
pub fn stays_of(conn: &mut Conn, person: PersonId) -> Result<Vec<Spell<(OrgId, String, String)>>> {
    let rows: Vec<Row<(OrgId, String, String)>> = either!(conn, c => host_stays::table
        .inner_join(orgs::table)
        .filter(host_stays::person_id.eq(person))
        .order((host_stays::valid_from.desc(), host_stays::id))
        .limit(MOST)
        .select((
            host_stays::id,
            (orgs::id, orgs::name, host_stays::card_no),
            host_stays::valid_from,
            host_stays::valid_to,
        ))
        .load(c))?;
    Ok(rows.into_iter().map(Spell::of).collect())
}

/// More rows of one kind than a life has.
const MOST: i64 = 200;

/// Begins a membership; `None` if the database refuses it: one is open already, began that day, or somebody else has the number.
///
/// # Errors
/// Those of the database.
pub fn begin_membership(
    conn: &mut Conn,
    person: PersonId,
    branch: OrgId,
    member_no: &str,
    day: NaiveDate,
) -> Result<Option<i64>> {
    let row = (
        memberships::person_id.eq(person),
        memberships::branch_id.eq(branch),
        memberships::member_no.eq(member_no),
        memberships::valid_from.eq(day),
    );
    Ok(either!(conn, c => diesel::insert_into(memberships::table)
        .values(row)
        .on_conflict_do_nothing()
        .returning(memberships::id)
        .get_result(c)
        .optional())?)
}

/// Begins a stage, with the vote that goes with it (INV-O5); `None` as in [`begin_membership`].
///
/// # Errors
/// Those of the database.
pub fn begin_stage_row(
    conn: &mut Conn,
    person: PersonId,
    stage: Stage,
    day: NaiveDate,
) -> Result<Option<i64>> {
    let row = (
        membership_stages::person_id.eq(person),
        membership_stages::stage.eq(stage),
        membership_stages::may_vote.eq(stage == Stage::Full),
        membership_stages::valid_from.eq(day),
    );
    Ok(either!(conn, c => diesel::insert_into(membership_stages::table)
        .values(row)
        .on_conflict_do_nothing()
        .returning(membership_stages::id)
        .get_result(c)
        .optional())?)
}

/// Begins a category; `None` if the person is in it, or was from that day on.
///
/// # Errors
/// Those of the database.
pub fn begin_category_row(
    conn: &mut Conn,
    person: PersonId,
    category: Category,
    day: NaiveDate,
) -> Result<Option<i64>> {
    let row = (
        member_categories::person_id.eq(person),
        member_categories::category.eq(category),
        member_categories::valid_from.eq(day),
    );
    Ok(either!(conn, c => diesel::insert_into(member_categories::table)
        .values(row)
        .on_conflict_do_nothing()
        .returning(member_categories::id)
        .get_result(c)
        .optional())?)
}

/// Begins an office; `None` if the person holds it.
///
/// # Errors
/// Those of the database.
pub fn begin_office(
    conn: &mut Conn,
    person: PersonId,
    org: OrgId,
    office: Office,
    day: NaiveDate,
) -> Result<Option<i64>> {
    let row = (
        office_terms::person_id.eq(person),
        office_terms::org_id.eq(org),
        office_terms::office.eq(office),
        office_terms::valid_from.eq(day),
    );
    Ok(either!(conn, c => diesel::insert_into(office_terms::table)
        .values(row)
        .on_conflict_do_nothing()
        .returning(office_terms::id)
        .get_result(c)
        .optional())?)
}

/// Begins a stay at another branch; `None` if there is one.
///
/// # Errors
/// Those of the database.
pub fn begin_stay(
    conn: &mut Conn,
    person: PersonId,
    host: OrgId,
    card_no: &str,
    day: NaiveDate,
) -> Result<Option<i64>> {
    let row = (
        host_stays::person_id.eq(person),
        host_stays::host_branch_id.eq(host),
        host_stays::card_no.eq(card_no),
        host_stays::valid_from.eq(day),
    );
    Ok(either!(conn, c => diesel::insert_into(host_stays::table)
        .values(row)
        .on_conflict_do_nothing()
        .returning(host_stays::id)
        .get_result(c)
        .optional())?)
}

/// Who stays at this branch as a guest today: the row, the person, since when; a thousand at most.
///
/// # Errors
/// Those of the database.
pub fn guests_of(conn: &mut Conn, host: OrgId) -> Result<Vec<(i64, PersonId, String, NaiveDate)>> {
    Ok(either!(conn, c => host_stays::table
        .filter(host_stays::host_branch_id.eq(host).and(host_stays::valid_to.is_null()))
        .order(host_stays::id)
        .limit(1_000)
        .select((host_stays::id, host_stays::person_id, host_stays::card_no, host_stays::valid_from))
        .load(c))?)
}

/// Who holds an office at an organisation of this sub-tree today: the row, the person, since when; a thousand at most.
///
/// # Errors
/// Those of the database.
pub fn officers_below(conn: &mut Conn, path: &str) -> Result<Vec<(i64, PersonId, NaiveDate)>> {
    Ok(either!(conn, c => office_terms::table
        .inner_join(orgs::table)
        .filter(orgs::path.ge(path).and(orgs::path.lt(after(path))).and(office_terms::valid_to.is_null()))
        .order(office_terms::id)
        .limit(1_000)
        .select((office_terms::id, office_terms::person_id, office_terms::valid_from))
        .load(c))?)
}

/// Corrects the name.
///
/// # Errors
/// Those of the database.
pub fn set_name(conn: &mut Conn, person: PersonId, name: &str) -> Result<()> {
    either!(conn, c => diesel::update(persons::table.find(person)).set(persons::name.eq(name)).execute(c))?;
    Ok(())
}

/// Corrects the telephone.
///
/// # Errors
/// Those of the database.
pub fn set_phone(conn: &mut Conn, person: PersonId, phone: Option<&str>) -> Result<()> {
    either!(conn, c => diesel::update(persons::table.find(person)).set(persons::phone.eq(phone)).execute(c))?;
    Ok(())
}

/// Corrects the year of birth.
///
/// # Errors
/// Those of the database.
pub fn set_birth_year(conn: &mut Conn, person: PersonId, year: Option<i32>) -> Result<()> {
    either!(conn, c => diesel::update(persons::table.find(person)).set(persons::birth_year.eq(year)).execute(c))?;
    Ok(())
}
