//! The titles that the rest of the portal reads, of those who are gold lecturers.
use super::super::State;
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::ids::PersonId;
use crate::schema::{gold_lecturers, persons, titles};
use chrono::NaiveDate;
use diesel::prelude::*;

/// The title in `titles`.
const TITLE: &str = "gold_lecturer";

/// Locks what happens to the titles of a person until the transaction ends.
pub fn lock_person(conn: &mut Conn, id: PersonId) -> Result<()> {
    let row = persons::table.find(id);
    let n =
        either!(conn, c => diesel::update(row).set(persons::created_at.eq(persons::created_at)).execute(c))?;
    if n == 0 { Err(Error::NotFound) } else { Ok(()) }
}

/// A title that covers a day.
#[derive(Queryable, Debug, Clone, Copy)]
pub struct Title {
    pub id: i64,
    pub from: NaiveDate,
    /// The day after the last one.
    pub to: NaiveDate,
}

/// The title that a person has on this day.
pub fn title_on(conn: &mut Conn, person: PersonId, day: NaiveDate) -> Result<Option<Title>> {
    let is_it = titles::person_id
        .eq(person)
        .and(titles::title.eq(TITLE))
        .and(titles::valid_from.le(day))
        .and(titles::valid_to.gt(day));
    Ok(either!(conn, c => titles::table
        .filter(is_it)
        .order(titles::id)
        .select((titles::id, titles::valid_from, titles::valid_to))
        .first(c)
        .optional())?)
}

/// Until when somebody is in office who is so on this day, by the longest term.
pub fn in_office_until(conn: &mut Conn, person: PersonId, day: NaiveDate) -> Result<Option<NaiveDate>> {
    let is_it = gold_lecturers::person_id
        .eq(person)
        .and(gold_lecturers::state.eq(State::Appointed))
        .and(gold_lecturers::term_from.le(day))
        .and(gold_lecturers::term_to.gt(day));
    Ok(either!(conn, c => gold_lecturers::table
        .filter(is_it)
        .select(diesel::dsl::max(gold_lecturers::term_to))
        .first(c))?)
}

pub fn set_title_end(conn: &mut Conn, id: i64, to: NaiveDate) -> Result<()> {
    let row = titles::table.find(id);
    either!(conn, c => diesel::update(row).set(titles::valid_to.eq(to)).execute(c))?;
    Ok(())
}

pub fn delete_title(conn: &mut Conn, id: i64) -> Result<()> {
    either!(conn, c => diesel::delete(titles::table.find(id)).execute(c))?;
    Ok(())
}

/// A new title from the first day on; `to` is the day after the last one.
pub fn insert_title(
    conn: &mut Conn,
    person: PersonId,
    source: &str,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<()> {
    let row = (
        titles::person_id.eq(person),
        titles::title.eq(TITLE),
        titles::source.eq(source),
        titles::valid_from.eq(from),
        titles::valid_to.eq(to),
    );
    either!(conn, c => diesel::insert_into(titles::table).values(row).execute(c))?;
    Ok(())
}
