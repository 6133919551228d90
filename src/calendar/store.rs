//! Rows of years and their days.
use super::Version;
use super::days::Table;
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::ids::{AccountId, CalendarId};
use crate::schema::{accounts, calendar_days, calendar_years, persons};
use crate::site::Verdict;
use chrono::NaiveDate;
use diesel::prelude::*;

diesel::alias! {
    const DECIDERS: Alias<Deciders> = accounts as deciders;
    const DECIDING: Alias<Deciding> = persons as deciding;
}

/// A version with the names of whoever proposed and decided it.
macro_rules! versions {
    () => {
        calendar_years::table
            .inner_join(accounts::table.on(accounts::id.eq(calendar_years::proposed_by)))
            .inner_join(persons::table.on(persons::id.eq(accounts::person_id)))
            .left_join(DECIDERS.on(DECIDERS.field(accounts::id).nullable().eq(calendar_years::decided_by)))
            .left_join(DECIDING.on(
                DECIDING.field(persons::id).nullable().eq(DECIDERS.field(accounts::person_id).nullable()),
            ))
            .select((
                calendar_years::id,
                calendar_years::year,
                calendar_years::source,
                calendar_years::proposed_by,
                persons::name,
                calendar_years::proposed_at,
                calendar_years::verdict,
                DECIDING.field(persons::name).nullable(),
                calendar_years::decided_at,
            ))
    };
}

type Row = (
    CalendarId,
    i32,
    String,
    AccountId,
    String,
    Timestamp,
    Option<Verdict>,
    Option<String>,
    Option<Timestamp>,
);

fn version(row: Row) -> Version {
    let (id, year, source, proposed_by_id, proposed_by, proposed_at, verdict, decided_by, decided_at) = row;
    Version { id, year, source, proposed_by_id, proposed_by, proposed_at, verdict, decided_by, decided_at }
}

pub(super) fn find(conn: &mut Conn, id: CalendarId) -> Result<Version> {
    let row: Row = either!(conn, c => versions!().filter(calendar_years::id.eq(id)).first(c))?;
    Ok(version(row))
}

/// The proposal of a year that waits for a second person.
pub fn open_of(conn: &mut Conn, year: i32) -> Result<Option<Version>> {
    let is_open = calendar_years::year.eq(year).and(calendar_years::verdict.is_null());
    let row: Option<Row> = either!(conn, c => versions!().filter(is_open).first(c).optional())?;
    Ok(row.map(version))
}

/// The tables of a year that were decided, newest first, `count` after the first `skip`.
pub(super) fn history(conn: &mut Conn, year: i32, skip: i64, count: i64) -> Result<Vec<Version>> {
    let is_decided = calendar_years::year.eq(year).and(calendar_years::verdict.is_not_null());
    let rows: Vec<Row> = either!(conn, c => versions!()
        .filter(is_decided)
        .order(calendar_years::id.desc())
        .offset(skip)
        .limit(count)
        .load(c))?;
    Ok(rows.into_iter().map(version).collect())
}

/// The years of which anybody has proposed a table, at most 50.
pub(super) fn years(conn: &mut Conn) -> Result<Vec<i32>> {
    Ok(either!(conn, c => calendar_years::table
        .select(calendar_years::year)
        .distinct()
        .order(calendar_years::year.desc())
        .limit(50)
        .load(c))?)
}

/// The newest approved table of a year.
pub fn in_force(conn: &mut Conn, year: i32) -> Result<Option<(CalendarId, Table)>> {
    let is_approved = calendar_years::year.eq(year).and(calendar_years::verdict.eq(Verdict::Approved));
    let id: Option<CalendarId> = either!(conn, c => calendar_years::table
        .filter(is_approved)
        .order(calendar_years::id.desc())
        .select(calendar_years::id)
        .first(c)
        .optional())?;
    id.map(|id| Ok((id, table_of(conn, id)?))).transpose()
}

/// Whether a year has an approved table.
pub fn has_year(conn: &mut Conn, year: i32) -> Result<bool> {
    let approved = calendar_years::table
        .filter(calendar_years::year.eq(year).and(calendar_years::verdict.eq(Verdict::Approved)));
    Ok(either!(conn, c => diesel::select(diesel::dsl::exists(approved)).get_result(c))?)
}

pub(super) fn table_of(conn: &mut Conn, id: CalendarId) -> Result<Table> {
    let days: Vec<(NaiveDate, bool)> = either!(conn, c => calendar_days::table
        .filter(calendar_days::calendar_year_id.eq(id))
        .select((calendar_days::day, calendar_days::is_working))
        .load(c))?;
    Ok(Table::of(days))
}

/// A new proposal; `None` while another of the year waits.
pub(super) fn insert(
    conn: &mut Conn,
    year: i32,
    source: &str,
    by: AccountId,
    now: Timestamp,
) -> Result<Option<CalendarId>> {
    let row = (
        calendar_years::year.eq(year),
        calendar_years::source.eq(source),
        calendar_years::proposed_by.eq(by),
        calendar_years::proposed_at.eq(now),
    );
    Ok(either!(conn, c => diesel::insert_into(calendar_years::table)
        .values(row)
        .on_conflict_do_nothing()
        .returning(calendar_years::id)
        .get_result(c)
        .optional())?)
}

#[derive(Insertable)]
#[diesel(table_name = calendar_days)]
struct DayRow {
    calendar_year_id: CalendarId,
    day: NaiveDate,
    is_working: bool,
}

pub(super) fn insert_days(conn: &mut Conn, id: CalendarId, table: &Table) -> Result<()> {
    let rows: Vec<DayRow> =
        table.iter().map(|(day, is_working)| DayRow { calendar_year_id: id, day, is_working }).collect();
    let count = match conn {
        Conn::Sqlite(c) => {
            let mut count = 0;
            for row in &rows {
                count += diesel::insert_into(calendar_days::table).values(row).execute(c)?;
            }
            count
        }
        Conn::Postgres(c) => diesel::insert_into(calendar_days::table).values(&rows).execute(c)?,
    };
    if count == rows.len() {
        Ok(())
    } else {
        Err(Error::Internal("days of a calendar were not written".into()))
    }
}

/// One statement, so that the first word stays; `false` if somebody was faster.
pub(super) fn decide(
    conn: &mut Conn,
    id: CalendarId,
    verdict: Verdict,
    by: AccountId,
    now: Timestamp,
) -> Result<bool> {
    let open = calendar_years::table.find(id).filter(calendar_years::verdict.is_null());
    let values = (
        calendar_years::verdict.eq(verdict),
        calendar_years::decided_by.eq(by),
        calendar_years::decided_at.eq(now),
    );
    Ok(either!(conn, c => diesel::update(open).set(values).execute(c))? == 1)
}
