//! Rows of judges, their conflicts, and what they are assigned.
use super::super::JudgeState;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{ContestId, RoundId};
use crate::schema::{contest_assignments, contest_judges, contest_places};
use diesel::prelude::*;

/// How many judges of a contest are in a state.
pub fn count_judges(conn: &mut Conn, contest: ContestId, state: JudgeState) -> Result<i64> {
    let is_it = contest_judges::contest_id.eq(contest).and(contest_judges::state.eq(state));
    Ok(either!(conn, c => contest_judges::table.filter(is_it).count().get_result(c))?)
}

/// The fewest sheets that an entry of a round was assigned.
pub fn fewest_assigned(conn: &mut Conn, round: RoundId) -> Result<i64> {
    let entries: Vec<i64> = either!(conn, c => contest_places::table
        .filter(contest_places::round_id.eq(round))
        .select(contest_places::entry_id)
        .load(c))?;
    let of: Vec<i64> = either!(conn, c => contest_assignments::table
        .filter(contest_assignments::round_id.eq(round))
        .select(contest_assignments::entry_id)
        .load(c))?;
    let count = |entry: &i64| of.iter().filter(|one| *one == entry).count() as i64;
    Ok(entries.iter().map(count).min().unwrap_or(0))
}
