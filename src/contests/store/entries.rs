//! Rows of entries, their scripts, their record, and their places in rounds.
use super::super::way::By;
use super::super::{Entry, EntryState, PlaceState, Refusal};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, AllianceId, ContestId, EntryId, LectureId, OrgId, PersonId, RoundId, SchoolId};
use crate::schema::{contest_entries, contest_entry_steps, contest_places, contest_steps, orgs, persons, schools};
use diesel::prelude::*;

type Whose = (EntryId, ContestId, PersonId, String, OrgId, String, SchoolId, String, Option<AllianceId>);
type What = (String, Option<LectureId>, bool, bool, bool, EntryState, i32, Option<String>);
type When = (AccountId, Option<Timestamp>, Option<AccountId>);

/// Entries with the names of their entrant, branch and school.
macro_rules! entry_rows {
    () => {
        contest_entries::table
            .inner_join(persons::table)
            .inner_join(orgs::table)
            .inner_join(schools::table)
            .select((
                (
                    contest_entries::id,
                    contest_entries::contest_id,
                    contest_entries::entrant_id,
                    persons::name,
                    contest_entries::branch_id,
                    orgs::name,
                    contest_entries::school_id,
                    schools::name,
                    contest_entries::alliance_id,
                ),
                (
                    contest_entries::title,
                    contest_entries::lecture_id,
                    contest_entries::is_original,
                    contest_entries::may_broadcast,
                    contest_entries::may_name,
                    contest_entries::state,
                    contest_entries::version,
                    contest_entries::code,
                ),
                (contest_entries::made_by, contest_entries::submitted_at, contest_entries::endorsed_by),
            ))
    };
}
pub(crate) use entry_rows;

pub(super) fn entry_of((whose, what, when): (Whose, What, When)) -> Entry {
    let (id, contest, entrant, entrant_name, branch, branch_name, school, school_name, alliance) = whose;
    let (title, lecture, is_original, may_broadcast, may_name, state, version, code) = what;
    let (made_by, submitted_at, endorsed_by) = when;
    Entry {
        id,
        contest,
        entrant,
        entrant_name,
        branch,
        branch_name,
        school,
        school_name,
        alliance,
        title,
        lecture,
        is_original,
        may_broadcast,
        may_name,
        state,
        version,
        code,
        made_by,
        submitted_at,
        endorsed_by,
    }
}

/// An entry, for those who hold, examine or judge the contest: whoever asks has been let in already.
pub fn entry(conn: &mut Conn, id: EntryId) -> Result<Entry> {
    Ok(entry_of(either!(conn, c => entry_rows!().filter(contest_entries::id.eq(id)).first(c))?))
}

/// How many entries of a contest are in a state.
pub fn count_entries(conn: &mut Conn, contest: ContestId, state: EntryState) -> Result<i64> {
    let is_it = contest_entries::contest_id.eq(contest).and(contest_entries::state.eq(state));
    Ok(either!(conn, c => contest_entries::table.filter(is_it).count().get_result(c))?)
}

/// Entries of a contest in a state, with their codes, in order of these.
pub fn entries_in(conn: &mut Conn, contest: ContestId, state: EntryState) -> Result<Vec<(EntryId, String)>> {
    let is_it = contest_entries::contest_id
        .eq(contest)
        .and(contest_entries::state.eq(state))
        .and(contest_entries::code.is_not_null());
    Ok(either!(conn, c => contest_entries::table
        .filter(is_it)
        .order(contest_entries::code)
        .select((contest_entries::id, contest_entries::code.assume_not_null()))
        .load(c))?)
}

/// Gives each screened entry its code, in the order of submission: E001, E002 where there are many.
pub fn give_codes(conn: &mut Conn, contest: ContestId) -> Result<()> {
    let is_it = contest_entries::contest_id
        .eq(contest)
        .and(contest_entries::state.eq(EntryState::Screened))
        .and(contest_entries::code.is_null());
    let ids: Vec<EntryId> = either!(conn, c => contest_entries::table
        .filter(is_it)
        .order((contest_entries::submitted_at, contest_entries::id))
        .select(contest_entries::id)
        .load(c))?;
    let width = ids.len().to_string().len().max(2);
    for (number, id) in (1..).zip(ids) {
        let row = contest_entries::table.find(id);
        let code = format!("E{number:0width$}");
        either!(conn, c => diesel::update(row).set(contest_entries::code.eq(code)).execute(c))?;
    }
    Ok(())
}

/// Entries that nobody agreed to when the examination ends are refused, with their line in the record.
pub fn end_open_entries(conn: &mut Conn, contest: ContestId, by: AccountId, now: Timestamp) -> Result<()> {
    for state in [EntryState::Draft, EntryState::Submitted, EntryState::Returned] {
        let is_it = contest_entries::contest_id.eq(contest).and(contest_entries::state.eq(state));
        let ids: Vec<EntryId> =
            either!(conn, c => contest_entries::table.filter(is_it).select(contest_entries::id).load(c))?;
        for id in ids {
            let row = contest_entries::table.find(id);
            let set = contest_entries::state.eq(EntryState::Refused);
            either!(conn, c => diesel::update(row).set(set).execute(c))?;
            append(conn, id, EntryState::Refused, "late", by, now)?;
        }
    }
    Ok(())
}

/// From one state into the next, with a line in the entry's record.
///
/// # Errors
/// [`Refusal::NotNow`] if it was not in that state.
pub fn move_entry(
    conn: &mut Conn,
    id: EntryId,
    (from, to): (EntryState, EntryState),
    by: &By,
    reason: &str,
) -> Result<()> {
    let row = contest_entries::table.filter(contest_entries::id.eq(id).and(contest_entries::state.eq(from)));
    let n = either!(conn, c => diesel::update(row).set(contest_entries::state.eq(to)).execute(c))?;
    if n == 0 {
        return Err(Refusal::NotNow.into());
    }
    append(conn, id, to, reason, by.account, by.now)
}

/// Adds a line to an entry's record.
pub fn append(
    conn: &mut Conn,
    id: EntryId,
    state: EntryState,
    reason: &str,
    by: AccountId,
    now: Timestamp,
) -> Result<()> {
    let row = (
        contest_entry_steps::entry_id.eq(id),
        contest_entry_steps::state.eq(state.as_str()),
        contest_entry_steps::by_id.eq(by),
        contest_entry_steps::at.eq(now),
        contest_entry_steps::reason.eq(reason),
    );
    either!(conn, c => diesel::insert_into(contest_entry_steps::table).values(row).execute(c))?;
    Ok(())
}

/// Whether the contest's record says something of this round.
pub fn has_record(conn: &mut Conn, round: RoundId) -> Result<bool> {
    let is_named = diesel::dsl::exists(contest_steps::table.filter(contest_steps::round_id.eq(round)));
    Ok(either!(conn, c => diesel::select(is_named).get_result(c))?)
}

/// An entry's place in a round: its lot and its panel.
pub fn insert_place(conn: &mut Conn, round: RoundId, entry: EntryId, (lot, panel): (i32, i32)) -> Result<()> {
    let row = (
        contest_places::round_id.eq(round),
        contest_places::entry_id.eq(entry),
        contest_places::lot.eq(lot),
        contest_places::panel.eq(panel),
        contest_places::state.eq(PlaceState::Competing),
        contest_places::is_promoted.eq(false),
    );
    either!(conn, c => diesel::insert_into(contest_places::table).values(row).execute(c))?;
    Ok(())
}

