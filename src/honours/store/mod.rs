//! Rows of gold lecturers and their record; `titles` has the titles that go with them.
mod titles;

use super::{Deed, Gold, Names, Proposal, State};
use crate::clock::Timestamp;
use crate::contests::EntryState;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, ContestId, EntryId, GoldId, InstructorId, LectureId, PersonId, RoundId};
use crate::lectures::{Stage, Visibility};
use crate::schema::{
    accounts, contest_entries, contest_rounds, contests, gold_lecturers, gold_names, gold_reasons,
    gold_steps, instructors, lectures, persons,
};
use chrono::NaiveDate;
use diesel::prelude::*;
pub use titles::*;

type Whose = (GoldId, ContestId, EntryId, PersonId, State, NaiveDate, String, Option<String>);
type Days = (Option<NaiveDate>, Option<NaiveDate>, Option<NaiveDate>, Option<NaiveDate>);
type Hands = (AccountId, Option<Proposal>, Option<AccountId>);
type Printed = Option<(String, String, String, String)>;
type Row = (Whose, Days, Hands, Printed);

/// Gold lecturers with what is printed of them.
macro_rules! golds {
    () => {
        gold_lecturers::table.left_join(gold_names::table).select(columns!())
    };
}
macro_rules! columns {
    () => {
        (
            (
                gold_lecturers::id,
                gold_lecturers::contest_id,
                gold_lecturers::entry_id,
                gold_lecturers::person_id,
                gold_lecturers::state,
                gold_lecturers::state_on,
                gold_lecturers::code,
                gold_lecturers::number,
            ),
            (
                gold_lecturers::notice_from,
                gold_lecturers::notice_until,
                gold_lecturers::term_from,
                gold_lecturers::term_to,
            ),
            (gold_lecturers::nominated_by, gold_lecturers::proposed, gold_lecturers::proposed_by),
            (gold_names::name, gold_names::lecture, gold_names::school, gold_names::alliance).nullable(),
        )
    };
}

fn gold_of((whose, days, hands, printed): Row) -> Gold {
    let (id, contest, entry, person, state, state_on, code, number) = whose;
    let (notice_from, notice_until, term_from, term_to) = days;
    let (nominated_by, proposed, proposed_by) = hands;
    Gold {
        id,
        contest,
        entry,
        person,
        state,
        state_on,
        code,
        number,
        notice: notice_from.zip(notice_until),
        term: term_from.zip(term_to),
        nominated_by,
        proposed: proposed.zip(proposed_by),
        names: printed.map(|(name, lecture, school, alliance)| Names { name, lecture, school, alliance }),
    }
}

/// By name, then by key: lists have no other order.
fn by_name(mut golds: Vec<Gold>) -> Vec<Gold> {
    golds.sort_by_cached_key(|gold| (gold.names.as_ref().map(|names| names.name.clone()), gold.id));
    golds
}

/// One, for those who have a duty in its contest: whoever asks has been let in, or is about to be.
pub fn gold(conn: &mut Conn, id: GoldId) -> Result<Gold> {
    let row: Row = either!(conn, c => golds!().filter(gold_lecturers::id.eq(id)).first(c))?;
    Ok(gold_of(row))
}

/// The holder of the certificate with this code; nothing before the appointment.
pub fn by_code(conn: &mut Conn, code: &str) -> Result<Option<Gold>> {
    let is_it = gold_lecturers::code.eq(code).and(gold_lecturers::number.is_not_null());
    let row: Option<Row> = either!(conn, c => golds!().filter(is_it).first(c).optional())?;
    Ok(row.map(gold_of))
}

/// Everybody who was nominated from a contest, by name.
pub fn of_contest(conn: &mut Conn, id: ContestId) -> Result<Vec<Gold>> {
    let rows: Vec<Row> = either!(conn, c => golds!().filter(gold_lecturers::contest_id.eq(id)).load(c))?;
    Ok(by_name(rows.into_iter().map(gold_of).collect()))
}

/// The nominations and titles of a person, the newest first; a hundred at most.
pub fn of_person(conn: &mut Conn, person: PersonId) -> Result<Vec<Gold>> {
    let rows: Vec<Row> = either!(conn, c => golds!()
        .filter(gold_lecturers::person_id.eq(person))
        .order(gold_lecturers::id.desc())
        .limit(100)
        .load(c))?;
    Ok(rows.into_iter().map(gold_of).collect())
}

/// Those in public notice, or whose notice is over without a decision; by name, two hundred at most.
pub fn noticed(conn: &mut Conn) -> Result<Vec<Gold>> {
    let rows: Vec<Row> = either!(conn, c => golds!()
        .filter(gold_lecturers::state.eq(State::PublicNotice))
        .order(gold_lecturers::id)
        .limit(200)
        .load(c))?;
    Ok(by_name(rows.into_iter().map(gold_of).collect()))
}

/// What a list says of a contest.
#[derive(Queryable, Debug, Clone)]
pub struct Source {
    pub id: ContestId,
    pub slug: String,
    pub title: String,
}

/// Contests from which somebody is in office on this day, or whose people's terms are over; the newest first.
pub fn sources(
    conn: &mut Conn,
    is_former: bool,
    day: NaiveDate,
    (skip, count): (i64, i64),
) -> Result<Vec<Source>> {
    let is_or_was = gold_lecturers::state.eq(State::Appointed).or(gold_lecturers::state.eq(State::Suspended));
    let over = gold_lecturers::table.filter(
        gold_lecturers::contest_id.eq(contests::id).and(is_or_was).and(gold_lecturers::term_to.le(day)),
    );
    let on = gold_lecturers::table.filter(
        gold_lecturers::contest_id
            .eq(contests::id)
            .and(gold_lecturers::state.eq(State::Appointed))
            .and(gold_lecturers::term_to.gt(day)),
    );
    let all = contests::table.order(contests::id.desc()).offset(skip).limit(count).select((
        contests::id,
        contests::slug,
        contests::title,
    ));
    Ok(if is_former {
        either!(conn, c => all.filter(diesel::dsl::exists(over)).load(c))?
    } else {
        either!(conn, c => all.filter(diesel::dsl::exists(on)).load(c))?
    })
}

/// These contests.
pub fn sources_of(conn: &mut Conn, ids: &[ContestId]) -> Result<Vec<Source>> {
    Ok(either!(conn, c => contests::table
        .filter(contests::id.eq_any(ids))
        .order(contests::id.desc())
        .select((contests::id, contests::slug, contests::title))
        .load(c))?)
}

/// Somebody on the honour list, with the page as an instructor and the lecture, where visitors can see them.
#[derive(Debug, Clone)]
pub struct Honoured {
    pub gold: Gold,
    pub instructor: Option<InstructorId>,
    pub lecture: Option<LectureId>,
}

/// Everybody whom these contests gave, by name.
pub fn honoured(conn: &mut Conn, ids: &[ContestId]) -> Result<Vec<Honoured>> {
    let rows: Vec<(Row, Option<InstructorId>)> = either!(conn, c => gold_lecturers::table
        .left_join(gold_names::table)
        .left_join(instructors::table.on(instructors::person_id.eq(gold_lecturers::person_id)))
        .filter(gold_lecturers::contest_id.eq_any(ids).and(gold_lecturers::number.is_not_null()))
        .select((columns!(), instructors::id.nullable()))
        .load(c))?;
    let is_public = lectures::stage.eq(Stage::Published).and(lectures::visibility.eq(Visibility::Public));
    let seen: Vec<(EntryId, LectureId)> = either!(conn, c => contest_entries::table
        .inner_join(lectures::table)
        .inner_join(gold_lecturers::table)
        .filter(gold_lecturers::contest_id.eq_any(ids).and(is_public))
        .select((contest_entries::id, lectures::id))
        .load(c))?;
    let seen: std::collections::HashMap<_, _> = seen.into_iter().collect();
    let pages: std::collections::HashMap<_, _> = rows.iter().map(|(row, page)| (row.0.0, *page)).collect();
    let golds = by_name(rows.into_iter().map(|(row, _)| gold_of(row)).collect());
    Ok(golds
        .into_iter()
        .map(|gold| Honoured {
            instructor: pages.get(&gold.id).copied().flatten(),
            lecture: seen.get(&gold.entry).copied(),
            gold,
        })
        .collect())
}

/// The last round of a contest: its result is what gold lecturers come from.
pub fn last_round(conn: &mut Conn, id: ContestId) -> Result<Option<RoundId>> {
    Ok(either!(conn, c => contest_rounds::table
        .filter(contest_rounds::contest_id.eq(id))
        .order(contest_rounds::position.desc())
        .select(contest_rounds::id)
        .first(c)
        .optional())?)
}

/// Contests that may give gold lecturers, the newest first.
pub fn giving(conn: &mut Conn, skip: i64, count: i64) -> Result<Vec<ContestId>> {
    use crate::contests::State::{Archived, Final};
    let is_final = contests::state.eq(Final).or(contests::state.eq(Archived));
    Ok(either!(conn, c => contests::table
        .filter(is_final.and(contests::gold_count.gt(0)))
        .order(contests::id.desc())
        .offset(skip)
        .limit(count)
        .select(contests::id)
        .load(c))?)
}

/// How many of a contest are in which state.
pub fn counts(conn: &mut Conn, id: ContestId) -> Result<Vec<(State, i64)>> {
    Ok(either!(conn, c => gold_lecturers::table
        .filter(gold_lecturers::contest_id.eq(id))
        .group_by(gold_lecturers::state)
        .select((gold_lecturers::state, diesel::dsl::count_star()))
        .load(c))?)
}

/// Whether the entry is awarded and its people agree to be named.
pub fn holds(conn: &mut Conn, id: EntryId) -> Result<bool> {
    let is_it = contest_entries::id
        .eq(id)
        .and(contest_entries::state.eq(EntryState::Awarded))
        .and(contest_entries::may_name.eq(true));
    let rows = diesel::dsl::exists(contest_entries::table.filter(is_it));
    Ok(either!(conn, c => diesel::select(rows).get_result(c))?)
}

/// A new nomination.
pub struct Fresh<'a> {
    pub contest: ContestId,
    pub entry: EntryId,
    pub person: PersonId,
    pub code: &'a str,
    pub day: NaiveDate,
}

pub fn insert(
    conn: &mut Conn,
    fresh: &Fresh<'_>,
    names: &Names,
    by: AccountId,
    now: Timestamp,
) -> Result<GoldId> {
    let row = (
        gold_lecturers::contest_id.eq(fresh.contest),
        gold_lecturers::entry_id.eq(fresh.entry),
        gold_lecturers::person_id.eq(fresh.person),
        gold_lecturers::state.eq(State::Nominated),
        gold_lecturers::state_on.eq(fresh.day),
        gold_lecturers::code.eq(fresh.code),
        gold_lecturers::nominated_by.eq(by),
        gold_lecturers::nominated_at.eq(now),
    );
    let id: GoldId = either!(conn, c => diesel::insert_into(gold_lecturers::table)
        .values(row)
        .returning(gold_lecturers::id)
        .get_result(c))?;
    let row = (
        gold_names::gold_id.eq(id),
        gold_names::name.eq(&names.name),
        gold_names::lecture.eq(&names.lecture),
        gold_names::school.eq(&names.school),
        gold_names::alliance.eq(&names.alliance),
    );
    either!(conn, c => diesel::insert_into(gold_names::table).values(row).execute(c))?;
    Ok(id)
}

/// From nominated into the public notice; false if it was not nominated.
pub fn set_notice(conn: &mut Conn, id: GoldId, (from, until): (NaiveDate, NaiveDate)) -> Result<bool> {
    let is_it = gold_lecturers::id.eq(id).and(gold_lecturers::state.eq(State::Nominated));
    let set = (
        gold_lecturers::state.eq(State::PublicNotice),
        gold_lecturers::state_on.eq(from),
        gold_lecturers::notice_from.eq(from),
        gold_lecturers::notice_until.eq(until),
    );
    Ok(either!(conn, c => diesel::update(gold_lecturers::table.filter(is_it)).set(set).execute(c))? == 1)
}

/// Appoints after the notice, by another one than who nominated; false if that is not so.
pub fn set_appointed(
    conn: &mut Conn,
    id: GoldId,
    number: &str,
    (from, to): (NaiveDate, NaiveDate),
    (by, now): (AccountId, Timestamp),
) -> Result<bool> {
    let is_it = gold_lecturers::id
        .eq(id)
        .and(gold_lecturers::state.eq(State::PublicNotice))
        .and(gold_lecturers::notice_until.lt(from))
        .and(gold_lecturers::nominated_by.ne(by));
    let set = (
        gold_lecturers::state.eq(State::Appointed),
        gold_lecturers::state_on.eq(from),
        gold_lecturers::number.eq(number),
        gold_lecturers::term_from.eq(from),
        gold_lecturers::term_to.eq(to),
        gold_lecturers::appointed_by.eq(by),
        gold_lecturers::appointed_at.eq(now),
    );
    Ok(either!(conn, c => diesel::update(gold_lecturers::table.filter(is_it)).set(set).execute(c))? == 1)
}

/// Not appointed; false if it is decided already.
pub fn set_refused(conn: &mut Conn, id: GoldId, day: NaiveDate) -> Result<bool> {
    let is_open =
        gold_lecturers::state.eq(State::Nominated).or(gold_lecturers::state.eq(State::PublicNotice));
    let rows = gold_lecturers::table.filter(gold_lecturers::id.eq(id).and(is_open));
    let set = (gold_lecturers::state.eq(State::Refused), gold_lecturers::state_on.eq(day));
    Ok(either!(conn, c => diesel::update(rows).set(set).execute(c))? == 1)
}

/// A proposal, if none waits.
pub fn set_proposed(
    conn: &mut Conn,
    id: GoldId,
    state: State,
    what: Proposal,
    by: AccountId,
) -> Result<bool> {
    let is_it = gold_lecturers::id
        .eq(id)
        .and(gold_lecturers::state.eq(state))
        .and(gold_lecturers::proposed.is_null());
    let set = (gold_lecturers::proposed.eq(what), gold_lecturers::proposed_by.eq(by));
    Ok(either!(conn, c => diesel::update(gold_lecturers::table.filter(is_it)).set(set).execute(c))? == 1)
}

/// Takes this proposal away; false if it does not wait.
pub fn drop_proposed(conn: &mut Conn, id: GoldId, what: Proposal) -> Result<bool> {
    let rows = gold_lecturers::table.filter(gold_lecturers::id.eq(id).and(gold_lecturers::proposed.eq(what)));
    let set =
        (gold_lecturers::proposed.eq(None::<Proposal>), gold_lecturers::proposed_by.eq(None::<AccountId>));
    Ok(either!(conn, c => diesel::update(rows).set(set).execute(c))? == 1)
}

/// Does what another one proposed; false if that does not wait.
pub fn set_confirmed(
    conn: &mut Conn,
    id: GoldId,
    what: Proposal,
    by: AccountId,
    day: NaiveDate,
) -> Result<bool> {
    let is_it = gold_lecturers::id
        .eq(id)
        .and(gold_lecturers::proposed.eq(what))
        .and(gold_lecturers::proposed_by.ne(by))
        .and(gold_lecturers::term_to.gt(day));
    let set = (
        gold_lecturers::state.eq(what.leads_to()),
        gold_lecturers::state_on.eq(day),
        gold_lecturers::proposed.eq(None::<Proposal>),
        gold_lecturers::proposed_by.eq(None::<AccountId>),
    );
    Ok(either!(conn, c => diesel::update(gold_lecturers::table.filter(is_it)).set(set).execute(c))? == 1)
}

/// Adds a line to the record.
pub fn note(
    conn: &mut Conn,
    id: GoldId,
    (deed, reason): (Deed, &str),
    by: AccountId,
    now: Timestamp,
) -> Result<()> {
    let row = (
        gold_steps::gold_id.eq(id),
        gold_steps::what.eq(deed),
        gold_steps::by_id.eq(by),
        gold_steps::at.eq(now),
    );
    let step: i64 = either!(conn, c => diesel::insert_into(gold_steps::table)
        .values(row)
        .returning(gold_steps::id)
        .get_result(c))?;
    if !reason.is_empty() {
        let row = (gold_reasons::step_id.eq(step), gold_reasons::text.eq(reason));
        either!(conn, c => diesel::insert_into(gold_reasons::table).values(row).execute(c))?;
    }
    Ok(())
}

/// The key of the newest line.
pub fn last_step(conn: &mut Conn, id: GoldId) -> Result<i64> {
    Ok(either!(conn, c => gold_steps::table
        .filter(gold_steps::gold_id.eq(id))
        .order(gold_steps::id.desc())
        .select(gold_steps::id)
        .first(c))?)
}

/// The reason of the newest line; empty where there is none, or retention has erased it.
pub fn last_reason(conn: &mut Conn, id: GoldId) -> Result<String> {
    let text: Option<String> = either!(conn, c => gold_steps::table
        .left_join(gold_reasons::table)
        .filter(gold_steps::gold_id.eq(id))
        .order(gold_steps::id.desc())
        .select(gold_reasons::text.nullable())
        .first(c))?;
    Ok(text.unwrap_or_default())
}

/// A line of the record: what, by whom, when, why.
#[derive(Queryable, Debug, Clone)]
pub struct Step {
    pub what: Deed,
    pub by: String,
    pub at: Timestamp,
    pub reason: Option<String>,
}

/// The record of one, the newest first; a hundred lines at most.
pub fn record(conn: &mut Conn, id: GoldId) -> Result<Vec<Step>> {
    Ok(either!(conn, c => gold_steps::table
        .inner_join(accounts::table.inner_join(persons::table))
        .left_join(gold_reasons::table)
        .filter(gold_steps::gold_id.eq(id))
        .order(gold_steps::id.desc())
        .limit(100)
        .select((gold_steps::what, persons::name, gold_steps::at, gold_reasons::text.nullable()))
        .load(c))?)
}
