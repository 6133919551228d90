//! Rows of printed editions and their copies: `moves` writes, `lists` is what pages show, `counted` what coverage adds up.
mod counted;
mod lists;
mod moves;

use super::{NewEdition, Rule};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, BookletId, PrintEditionId};
use crate::schema::{booklets, print_editions};
use chrono::NaiveDate;
use diesel::prelude::*;

pub(super) use counted::{branches_with, members_by_branch, orgs_within, totals, with_by_edition};
pub use lists::{HandedOut, Member, Own, about_hand_out, own, titles_of};
pub(super) use lists::{
    Missing, Past, balances_below, branches_without, members, missing, moves_of, past_of, supplied, tops,
};
pub use moves::balances;
pub(super) use moves::{
    ancestor, balance, give_reason, has_issued, held, hold, insert_move, is_key_used, is_same_post, lock,
    release, shift,
};

/// A printed title as a library would write of it.
#[derive(Queryable, Debug, Clone)]
pub struct Edition {
    pub id: PrintEditionId,
    pub title: String,
    /// Publisher, year, number; may be empty.
    pub imprint: String,
    pub rule: Rule,
    pub started_on: NaiveDate,
    /// The address and title of the booklet that it prints.
    pub booklet: Option<(String, String)>,
}

/// The condition that an organisation lies in one of these sub-trees, on a boxed query: the whole city where one is `/`.
macro_rules! within {
    ($query:ident, $paths:expr) => {
        if !$paths.iter().any(|path| path == "/") {
            for path in $paths {
                $query = $query.or_filter(
                    crate::schema::orgs::path.ge(path.clone()).and(crate::schema::orgs::path.lt(after(path))),
                );
            }
        }
    };
}
pub(super) use within;

/// An edition.
///
/// # Errors
/// Not found.
pub fn edition(conn: &mut Conn, id: PrintEditionId) -> Result<Edition> {
    Ok(either!(conn, c => print_editions::table
        .left_join(booklets::table)
        .filter(print_editions::id.eq(id))
        .select((
            print_editions::id, print_editions::title, print_editions::imprint, print_editions::rule,
            print_editions::started_on, (booklets::slug, booklets::title).nullable(),
        ))
        .first(c))?)
}

/// Editions, the newest first.
///
/// # Errors
/// Those of the database.
pub fn editions_of(conn: &mut Conn, skip: i64, count: i64) -> Result<Vec<Edition>> {
    Ok(either!(conn, c => print_editions::table
        .left_join(booklets::table)
        .order((print_editions::started_on.desc(), print_editions::id.desc()))
        .offset(skip)
        .limit(count)
        .select((
            print_editions::id, print_editions::title, print_editions::imprint, print_editions::rule,
            print_editions::started_on, (booklets::slug, booklets::title).nullable(),
        ))
        .load(c))?)
}

/// Booklets that an edition may print, by title.
pub(super) fn booklets_to_print(conn: &mut Conn) -> Result<Vec<(BookletId, String)>> {
    Ok(either!(conn, c => booklets::table
        .filter(booklets::stage.eq("published"))
        .order(booklets::position)
        .limit(200)
        .select((booklets::id, booklets::title))
        .load(c))?)
}

/// Adds an edition; the one that this very post made before, and `false`, if it was sent twice.
pub(super) fn insert_edition(
    conn: &mut Conn,
    new: &NewEdition,
    by: AccountId,
    now: Timestamp,
) -> Result<(PrintEditionId, bool)> {
    let row = (
        print_editions::title.eq(&new.title),
        print_editions::imprint.eq(&new.imprint),
        print_editions::booklet_id.eq(new.booklet),
        print_editions::rule.eq(new.rule),
        print_editions::started_on.eq(new.started_on),
        print_editions::made_by.eq(by),
        print_editions::created_at.eq(now),
        print_editions::key.eq(&new.key),
    );
    let made: Option<PrintEditionId> = either!(conn, c => diesel::insert_into(print_editions::table)
        .values(row)
        .on_conflict_do_nothing()
        .returning(print_editions::id)
        .get_result(c)
        .optional())?;
    if let Some(id) = made {
        return Ok((id, true));
    }
    let is_it = print_editions::table.filter(print_editions::key.eq(&new.key));
    Ok((either!(conn, c => is_it.select(print_editions::id).first(c))?, false))
}
