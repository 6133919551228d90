//! Rows that a correction asks for or changes: votes that no longer count, results that were opened again, titles that rest on one.
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{ContestId, RoundId};
use crate::schema::{contest_places, contest_steps, gold_lecturers};
use diesel::prelude::*;

/// The line in the record of a round whose final result was opened again.
pub const REOPENED: &str = "result_reopened";

/// Forgets the judges' votes about a tie: they were cast about sheets that do not count like that any more. Published revisions
/// have theirs among their inputs.
pub fn clear_votes(conn: &mut Conn, round: RoundId) -> Result<()> {
    let rows = contest_places::table.filter(contest_places::round_id.eq(round));
    either!(conn, c => diesel::update(rows).set(contest_places::votes.eq(None::<i32>)).execute(c))?;
    Ok(())
}

/// When the final result of a round was last opened again.
pub fn reopened_at(conn: &mut Conn, round: RoundId) -> Result<Option<Timestamp>> {
    Ok(either!(conn, c => contest_steps::table
        .filter(contest_steps::round_id.eq(round))
        .filter(contest_steps::what.eq(REOPENED))
        .order(contest_steps::id.desc())
        .select(contest_steps::at)
        .first(c)
        .optional())?)
}

/// Whether gold lecturers of a contest are in office.
pub fn has_appointed(conn: &mut Conn, contest: ContestId) -> Result<bool> {
    let is_it = gold_lecturers::contest_id.eq(contest).and(gold_lecturers::state.eq("appointed"));
    let rows = diesel::dsl::exists(gold_lecturers::table.filter(is_it));
    Ok(either!(conn, c => diesel::select(rows).get_result(c))?)
}
