//! Lists of members: today's with filters, and those of any day as the tree was then.
use super::{Category, Stage};
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{OrgId, PersonId};
use crate::organization::after;
use crate::people::Listing;
use crate::schema::{member_categories, membership_stages, memberships, orgs, persons};
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date};

/// A member as a row of the roster.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub id: PersonId,
    pub name: String,
    pub member_no: String,
    pub branch: String,
    /// The day on which the membership ended, where it has.
    pub until: Option<NaiveDate>,
}

/// The members of these sub-trees that the listing asks for, in the order of their ids.
///
/// # Errors
/// Those of the database.
pub fn rostered(
    conn: &mut Conn,
    paths: &[String],
    listing: &Listing,
    skip: i64,
    count: i64,
) -> Result<Vec<Member>> {
    if paths.is_empty() {
        return Ok(vec![]);
    }
    let text = listing.text.as_str();
    let is_number = text.bytes().any(|b| b.is_ascii_digit());
    // couples share a telephone, hardly more
    let by_phone: Vec<PersonId> = match is_number {
        false => vec![],
        true => {
            either!(conn, c => persons::table.filter(persons::phone.eq(text)).select(persons::id).limit(20).load(c))?
        }
    };
    Ok(either!(conn, c => {
        let mut query = memberships::table
            .inner_join(persons::table)
            .inner_join(orgs::table)
            .select((persons::id, persons::name, memberships::member_no, orgs::name, memberships::valid_to))
            .order(memberships::person_id)
            .offset(skip)
            .limit(count)
            .into_boxed();
        if !paths.iter().any(|path| path == "/") {
            for path in paths {
                query = query.or_filter(orgs::path.ge(path.clone()).and(orgs::path.lt(after(path))));
            }
        }
        query = if listing.is_former {
            // The last row of those who have none that is open.
            query.filter(memberships::valid_to.is_not_null()).filter(diesel::dsl::sql::<diesel::sql_types::Bool>(
                "NOT EXISTS (SELECT 1 FROM memberships later WHERE later.person_id = memberships.person_id AND later.valid_from > memberships.valid_from)",
            ))
        } else {
            query.filter(memberships::valid_to.is_null())
        };
        if let Some(stage) = listing.stage {
            query = query.filter(diesel::dsl::exists(membership_stages::table.filter(
                membership_stages::person_id.eq(memberships::person_id)
                    .and(membership_stages::stage.eq(stage))
                    .and(membership_stages::valid_to.is_null()),
            )));
        }
        if let Some(category) = listing.category {
            query = query.filter(diesel::dsl::exists(member_categories::table.filter(
                member_categories::person_id.eq(memberships::person_id)
                    .and(member_categories::category.eq(category))
                    .and(member_categories::valid_to.is_null()),
            )));
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

/// The stages of today of these persons.
///
/// # Errors
/// Those of the database.
pub fn stages_today(conn: &mut Conn, of: &[PersonId]) -> Result<Vec<(PersonId, Stage)>> {
    Ok(either!(conn, c => membership_stages::table
        .filter(membership_stages::person_id.eq_any(of).and(membership_stages::valid_to.is_null()))
        .select((membership_stages::person_id, membership_stages::stage))
        .load(c))?)
}

/// The categories of today of these persons.
///
/// # Errors
/// Those of the database.
pub fn categories_today(conn: &mut Conn, of: &[PersonId]) -> Result<Vec<(PersonId, Category)>> {
    Ok(either!(conn, c => member_categories::table
        .filter(member_categories::person_id.eq_any(of).and(member_categories::valid_to.is_null()))
        .order(member_categories::id)
        .select((member_categories::person_id, member_categories::category))
        .load(c))?)
}

/// The members of a branch today: who, name, number, since when; in the order of their ids, `count` at most.
///
/// # Errors
/// Those of the database.
pub fn of_branch(
    conn: &mut Conn,
    branch: OrgId,
    count: i64,
) -> Result<Vec<(PersonId, String, String, NaiveDate)>> {
    Ok(either!(conn, c => memberships::table
        .inner_join(persons::table)
        .filter(memberships::branch_id.eq(branch).and(memberships::valid_to.is_null()))
        .order(memberships::person_id)
        .limit(count)
        .select((persons::id, persons::name, memberships::member_no, memberships::valid_from))
        .load(c))?)
}

/// How many members an organisation's own list has today.
///
/// # Errors
/// Those of the database.
pub fn count_of_branch(conn: &mut Conn, branch: OrgId) -> Result<i64> {
    let is_it = memberships::branch_id.eq(branch).and(memberships::valid_to.is_null());
    Ok(either!(conn, c => memberships::table.filter(is_it).count().get_result(c))?)
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    branch: i64,
    #[diesel(sql_type = BigInt)]
    members: i64,
}

/// The organisations below one, itself included, as the tree was on a day. SQLite takes `$1` for a name, the first one it meets.
const BELOW: &str = "WITH RECURSIVE below (id) AS (SELECT id FROM orgs WHERE id = $1 UNION SELECT p.org_id FROM org_placements p \
    JOIN below ON p.parent_id = below.id WHERE p.valid_from <= $2 AND (p.valid_to IS NULL OR p.valid_to > $2))";

/// How many members each branch below `org` had on `day`, as the tree was on that day; branches without any are left out. The sum
/// is the organisation's own figure, whatever was moved, split or merged since.
///
/// # Errors
/// Those of the database.
pub fn counted_on(conn: &mut Conn, org: OrgId, day: NaiveDate) -> Result<Vec<(OrgId, i64)>> {
    let sql = format!(
        "{BELOW} SELECT m.branch_id AS branch, COUNT(*) AS members FROM memberships m JOIN below ON below.id = m.branch_id \
         WHERE m.valid_from <= $2 AND (m.valid_to IS NULL OR m.valid_to > $2) GROUP BY m.branch_id ORDER BY m.branch_id"
    );
    let rows: Vec<Counted> =
        either!(conn, c => diesel::sql_query(sql).bind::<BigInt, _>(org.0).bind::<Date, _>(day).load(c))?;
    Ok(rows.into_iter().map(|row| (OrgId(row.branch), row.members)).collect())
}

#[derive(QueryableByName)]
struct Placed {
    #[diesel(sql_type = BigInt)]
    person: i64,
    #[diesel(sql_type = BigInt)]
    branch: i64,
}

/// The members below `org` on `day`, as the tree was on that day, each with the branch of that day: those whose ids come after
/// `last`, `count` at most.
///
/// # Errors
/// Those of the database.
pub fn members_on(
    conn: &mut Conn,
    org: OrgId,
    day: NaiveDate,
    last: PersonId,
    count: i64,
) -> Result<Vec<(PersonId, OrgId)>> {
    let sql = format!(
        "{BELOW} SELECT m.person_id AS person, m.branch_id AS branch FROM memberships m JOIN below ON below.id = m.branch_id \
         WHERE m.valid_from <= $2 AND (m.valid_to IS NULL OR m.valid_to > $2) AND m.person_id > $3 ORDER BY m.person_id LIMIT $4"
    );
    let rows: Vec<Placed> = either!(conn, c => diesel::sql_query(sql)
        .bind::<BigInt, _>(org.0)
        .bind::<Date, _>(day)
        .bind::<BigInt, _>(last.0)
        .bind::<BigInt, _>(count)
        .load(c))?;
    Ok(rows.into_iter().map(|row| (PersonId(row.person), OrgId(row.branch))).collect())
}
