//! Rows of lists that were printed: whose each number is, and who has entered them.
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, EventId, PersonId, SheetId};
use crate::schema::{
    accounts, memberships, orgs, paper_sheet_entries, paper_sheet_rows, paper_sheets, persons,
};
use diesel::prelude::*;

/// A list that was printed.
#[derive(Queryable, Selectable, Debug, Clone, PartialEq, Eq)]
#[diesel(table_name = paper_sheets)]
pub struct Sheet {
    pub id: SheetId,
    #[diesel(column_name = event_id)]
    pub event: EventId,
    /// Printed on it, and in its picture.
    pub code: String,
    pub made_at: Timestamp,
}

/// Adds a list; `None` if there is one of this key.
pub fn add_sheet(
    conn: &mut Conn,
    (event, code, key): (EventId, &str, &str),
    persons: &[PersonId],
    by: AccountId,
    now: Timestamp,
) -> Result<Option<SheetId>> {
    let row = (
        paper_sheets::event_id.eq(event),
        paper_sheets::code.eq(code),
        paper_sheets::made_by.eq(by),
        paper_sheets::made_at.eq(now),
        paper_sheets::key.eq(key),
    );
    let id: Option<SheetId> = either!(conn, c => diesel::insert_into(paper_sheets::table)
        .values(row)
        .on_conflict(paper_sheets::key)
        .do_nothing()
        .returning(paper_sheets::id)
        .get_result(c)
        .optional())?;
    let Some(id) = id else { return Ok(None) };
    for (number, person) in (1_i32..).zip(persons) {
        let row = (
            paper_sheet_rows::sheet_id.eq(id),
            paper_sheet_rows::number.eq(number),
            paper_sheet_rows::person_id.eq(person),
        );
        either!(conn, c => diesel::insert_into(paper_sheet_rows::table).values(row).execute(c))?;
    }
    Ok(Some(id))
}

pub fn sheet_of_key(conn: &mut Conn, key: &str) -> Result<SheetId> {
    let it = paper_sheets::table.filter(paper_sheets::key.eq(key)).select(paper_sheets::id);
    Ok(either!(conn, c => it.first(c))?)
}

/// # Errors
/// Not found for a list of another event.
pub fn sheet(conn: &mut Conn, event: EventId, id: SheetId) -> Result<Sheet> {
    let it = paper_sheets::table.find(id).filter(paper_sheets::event_id.eq(event));
    Ok(either!(conn, c => it.select(Sheet::as_select()).first(c))?)
}

pub fn sheet_of_code(conn: &mut Conn, code: &str) -> Result<Sheet> {
    let it = paper_sheets::table.filter(paper_sheets::code.eq(code));
    Ok(either!(conn, c => it.select(Sheet::as_select()).first(c))?)
}

/// The lists that were printed for an event, the newest first; twenty at most.
pub fn sheets(conn: &mut Conn, event: EventId) -> Result<Vec<Sheet>> {
    Ok(either!(conn, c => paper_sheets::table
        .filter(paper_sheets::event_id.eq(event))
        .order(paper_sheets::id.desc())
        .limit(20)
        .select(Sheet::as_select())
        .load(c))?)
}

/// A row of a printed list.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub number: i32,
    pub person: PersonId,
    pub name: String,
}

/// The rows of a list, by their numbers.
pub fn written(conn: &mut Conn, sheet: SheetId) -> Result<Vec<Written>> {
    Ok(either!(conn, c => paper_sheet_rows::table
        .inner_join(persons::table)
        .filter(paper_sheet_rows::sheet_id.eq(sheet))
        .order(paper_sheet_rows::number)
        .select((paper_sheet_rows::number, persons::id, persons::name))
        .load(c))?)
}

/// That somebody has entered a list.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct Entered {
    pub people: i32,
    pub by: String,
    pub at: Timestamp,
}

/// Who has entered a list, the newest first.
pub fn entries(conn: &mut Conn, sheet: SheetId) -> Result<Vec<Entered>> {
    Ok(either!(conn, c => paper_sheet_entries::table
        .inner_join(accounts::table.inner_join(persons::table))
        .filter(paper_sheet_entries::sheet_id.eq(sheet))
        .order(paper_sheet_entries::id.desc())
        .limit(20)
        .select((paper_sheet_entries::people, persons::name, paper_sheet_entries::entered_at))
        .load(c))?)
}

/// Says that a list was entered; `false` for the same post once more.
pub fn add_entry(
    conn: &mut Conn,
    sheet: SheetId,
    (people, key): (i32, &str),
    by: AccountId,
    now: Timestamp,
) -> Result<bool> {
    let row = (
        paper_sheet_entries::sheet_id.eq(sheet),
        paper_sheet_entries::people.eq(people),
        paper_sheet_entries::entered_by.eq(by),
        paper_sheet_entries::entered_at.eq(now),
        paper_sheet_entries::key.eq(key),
    );
    Ok(either!(conn, c => diesel::insert_into(paper_sheet_entries::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?
        == 1)
}

/// Whose member number this is: person, name, branch.
pub fn by_number(conn: &mut Conn, number: &str) -> Result<Option<(PersonId, String, String)>> {
    let is_it = memberships::member_no.eq(number).and(memberships::valid_to.is_null());
    Ok(either!(conn, c => memberships::table
        .inner_join(persons::table)
        .inner_join(orgs::table)
        .filter(is_it)
        .select((persons::id, persons::name, orgs::name))
        .first(c)
        .optional())?)
}
