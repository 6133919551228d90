//! Rows of persons and memberships: `history` has single persons row by row, `days` lists of members.
mod days;
mod history;

use super::{Category, Stage};
use crate::db::{Conn, Timestamp};
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, OrgId, PersonId};
use crate::organization::after;
use crate::schema::{accounts, member_categories, membership_stages, memberships, orgs, persons};
use chrono::NaiveDate;
use diesel::prelude::*;
use std::collections::HashMap;

pub use days::*;
pub use history::*;

#[derive(Queryable, Selectable, Debug, Clone, PartialEq, Eq)]
#[diesel(table_name = persons)]
pub struct Person {
    pub id: PersonId,
    pub name: String,
}

/// A person as a secretary finds them in a list.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct Card {
    pub id: PersonId,
    pub name: String,
    pub member_no: String,
    pub branch: String,
    pub account: Option<AccountId>,
    pub username: Option<String>,
    /// When the person set a password; `None` while the account waits for its first code.
    pub activated_at: Option<Timestamp>,
}

/// A person who is not in the database yet.
pub struct NewPerson<'a> {
    pub name: &'a str,
    pub phone: Option<&'a str>,
    pub now: Timestamp,
}

pub fn find(conn: &mut Conn, id: PersonId) -> Result<Person> {
    Ok(either!(conn, c => persons::table.find(id).select(Person::as_select()).first(c))?)
}

/// The members of these sub-trees whose name begins with `text`, or whose member number or phone it is; all, if it is
/// empty. In the order of their ids.
pub fn listed_within(
    conn: &mut Conn,
    paths: &[String],
    text: &str,
    skip: i64,
    count: i64,
) -> Result<Vec<Card>> {
    cards(conn, paths, None, text, skip, count)
}

/// This member, if in one of these sub-trees; not found otherwise, as if there were none.
pub fn find_within(conn: &mut Conn, paths: &[String], id: PersonId) -> Result<Card> {
    cards(conn, paths, Some(id), "", 0, 1)?.pop().ok_or(crate::error::Error::NotFound)
}

fn cards(
    conn: &mut Conn,
    paths: &[String],
    id: Option<PersonId>,
    text: &str,
    skip: i64,
    count: i64,
) -> Result<Vec<Card>> {
    if paths.is_empty() {
        return Ok(vec![]);
    }
    // couples share a telephone, hardly more
    let is_number = text.bytes().any(|b| b.is_ascii_digit());
    let by_phone: Vec<PersonId> = match is_number {
        false => vec![],
        true => {
            either!(conn, c => persons::table.filter(persons::phone.eq(text)).select(persons::id).limit(20).load(c))?
        }
    };
    Ok(either!(conn, c => {
        let mut query = memberships::table
            .inner_join(persons::table.left_join(accounts::table))
            .inner_join(orgs::table)
            .select((
                persons::id,
                persons::name,
                memberships::member_no,
                orgs::name,
                accounts::id.nullable(),
                accounts::username.nullable(),
                accounts::password_set_at.nullable(),
            ))
            .order(memberships::person_id)
            .offset(skip)
            .limit(count)
            .into_boxed();
        if !paths.iter().any(|path| path == "/") {
            for path in paths {
                query = query.or_filter(orgs::path.ge(path.clone()).and(orgs::path.lt(after(path))));
            }
        }
        query = query.filter(memberships::valid_to.is_null());
        if let Some(id) = id {
            query = query.filter(memberships::person_id.eq(id));
        }
        if !text.is_empty() {
            // One index each: a number is a member's or a telephone's, anything else begins a name.
            if is_number {
                query = query.filter(memberships::member_no.eq(text.to_owned()).or(memberships::person_id.eq_any(by_phone.clone())));
            } else {
                query = query.filter(persons::name.ge(text.to_owned()).and(persons::name.lt(format!("{text}\u{10FFFF}"))));
            }
        }
        query.load(c)
    })?)
}

/// The names of these persons: those of a page.
pub fn names(conn: &mut Conn, ids: &[PersonId]) -> Result<HashMap<PersonId, String>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(PersonId, String)> = either!(conn, c => persons::table
        .filter(persons::id.eq_any(ids))
        .select((persons::id, persons::name))
        .load(c))?;
    Ok(rows.into_iter().collect())
}

/// The home branch of a person today, its name and the member number; `None` for those who are no members.
pub fn card(conn: &mut Conn, person: PersonId) -> Result<Option<(OrgId, String, String, Stage)>> {
    Ok(either!(conn, c => memberships::table
        .inner_join(orgs::table)
        .inner_join(persons::table.inner_join(membership_stages::table))
        .filter(memberships::person_id.eq(person).and(memberships::valid_to.is_null()).and(membership_stages::valid_to.is_null()))
        .select((orgs::id, orgs::name, memberships::member_no, membership_stages::stage))
        .first(c)
        .optional())?)
}

pub fn add(conn: &mut Conn, new: &NewPerson<'_>) -> Result<PersonId> {
    let row = (
        persons::name.eq(new.name),
        persons::phone.eq(new.phone),
        persons::reading_aids.eq(""),
        persons::created_at.eq(new.now),
    );
    Ok(
        either!(conn, c => diesel::insert_into(persons::table).values(row).returning(persons::id).get_result(c))?,
    )
}

/// Begins a membership. The database refuses a second open one.
pub fn join_branch(
    conn: &mut Conn,
    person: PersonId,
    branch: OrgId,
    member_no: &str,
    from: NaiveDate,
) -> Result<()> {
    let row = (
        memberships::person_id.eq(person),
        memberships::branch_id.eq(branch),
        memberships::member_no.eq(member_no),
        memberships::valid_from.eq(from),
    );
    either!(conn, c => diesel::insert_into(memberships::table).values(row).execute(c))?;
    Ok(())
}

pub(super) fn end_membership(conn: &mut Conn, person: PersonId, day: NaiveDate) -> Result<()> {
    let open = memberships::person_id.eq(person).and(memberships::valid_to.is_null());
    // A row that began today was never in force.
    let unused = memberships::table.filter(open).filter(memberships::valid_from.eq(day));
    either!(conn, c => diesel::delete(unused).execute(c))?;
    either!(conn, c => diesel::update(memberships::table.filter(open)).set(memberships::valid_to.eq(day)).execute(c))?;
    Ok(())
}

pub(super) fn end_stage(conn: &mut Conn, person: PersonId, day: NaiveDate) -> Result<()> {
    let open = membership_stages::person_id.eq(person).and(membership_stages::valid_to.is_null());
    // A row that began today was never in force.
    let unused = membership_stages::table.filter(open).filter(membership_stages::valid_from.eq(day));
    either!(conn, c => diesel::delete(unused).execute(c))?;
    either!(conn, c => diesel::update(membership_stages::table.filter(open)).set(membership_stages::valid_to.eq(day)).execute(c))?;
    Ok(())
}

pub(super) fn begin_stage(
    conn: &mut Conn,
    person: PersonId,
    stage: Stage,
    may_vote: bool,
    day: NaiveDate,
) -> Result<()> {
    let row = (
        membership_stages::person_id.eq(person),
        membership_stages::stage.eq(stage),
        membership_stages::may_vote.eq(may_vote),
        membership_stages::valid_from.eq(day),
    );
    either!(conn, c => diesel::insert_into(membership_stages::table).values(row).execute(c))?;
    Ok(())
}

pub(super) fn begin_category(
    conn: &mut Conn,
    person: PersonId,
    category: Category,
    day: NaiveDate,
) -> Result<()> {
    let row = (
        member_categories::person_id.eq(person),
        member_categories::category.eq(category),
        member_categories::valid_from.eq(day),
    );
    either!(conn, c => diesel::insert_into(member_categories::table).values(row).on_conflict_do_nothing().execute(c))?;
    Ok(())
}
