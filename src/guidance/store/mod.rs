//! Rows of guidance: `groups` with members and lists, `plans`, `visits`, `findings`, and what `coverage` counts.
pub(super) mod coverage;
pub(super) mod findings;
pub(super) mod groups;
pub(super) mod plans;
pub(super) mod visits;

use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::PersonId;
use crate::schema::{memberships, orgs, persons};
use diesel::prelude::*;

/// Adds to a boxed query that `orgs::path` lies in one of these sub-trees.
macro_rules! within {
    ($query:expr, $paths:expr) => {{
        let mut query = $query;
        if !$paths.iter().any(|path| path == "/") {
            for path in $paths {
                let below = orgs::path.ge(path.clone()).and(orgs::path.lt(crate::organization::after(path)));
                query = query.or_filter(below);
            }
        }
        query
    }};
}
pub(crate) use within;

/// A person's home branch today: its name and path.
pub fn home(conn: &mut Conn, person: PersonId) -> Result<Option<(String, String)>> {
    let open = memberships::person_id.eq(person).and(memberships::valid_to.is_null());
    Ok(either!(conn, c => memberships::table
        .inner_join(orgs::table)
        .filter(open)
        .select((orgs::name, orgs::path))
        .first(c)
        .optional())?)
}

pub fn name(conn: &mut Conn, person: PersonId) -> Result<String> {
    Ok(either!(conn, c => persons::table.find(person).select(persons::name).first(c))?)
}

/// Whose member number this is.
pub fn of_number(conn: &mut Conn, number: &str) -> Result<Option<PersonId>> {
    let open = memberships::member_no.eq(number).and(memberships::valid_to.is_null());
    Ok(
        either!(conn, c => memberships::table.filter(open).select(memberships::person_id).first(c).optional())?,
    )
}
