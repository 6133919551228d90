//! The size of the city, for the first page: figures that change with the roster, not with each visit.
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::schema::{alliances, bases, memberships, orgs, schools};
use diesel::prelude::*;

/// How many there are today.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    pub schools: i64,
    pub alliances: i64,
    pub branches: i64,
    pub members: i64,
    pub bases: i64,
}

pub fn figures(conn: &mut Conn) -> Result<Figures> {
    Ok(either!(conn, c => Figures {
        schools: schools::table.filter(schools::valid_to.is_null()).count().get_result(c)?,
        alliances: alliances::table.count().get_result(c)?,
        branches: orgs::table.filter(orgs::level.eq("branch").and(orgs::valid_to.is_null())).count().get_result(c)?,
        members: memberships::table.filter(memberships::valid_to.is_null()).count().get_result(c)?,
        bases: bases::table.filter(bases::kind.eq("base")).count().get_result(c)?,
    }))
}
