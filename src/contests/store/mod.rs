//! Rows of contests. Here: contests and their record; `rounds`, `entries`, `judges`, `recusals`, `sheets` and `rulings` have theirs, `lists` what desks
//! and pages list of entries, and what was said of them.
mod entries;
mod judges;
mod lists;
mod recusals;
mod rounds;
mod rulings;
mod sheets;

use super::{Contest, Refusal, State};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::ids::{AccountId, ContestId, RoundId};
use crate::schema::{accounts, contest_locks, contest_rounds, contest_steps, contests, persons};
use chrono::NaiveDate;
use diesel::prelude::*;
pub use entries::*;
pub use judges::*;
pub use lists::*;
pub use recusals::*;
pub use rounds::*;
pub use rulings::*;
pub use sheets::*;

#[derive(Queryable, Selectable)]
#[diesel(table_name = contests)]
struct ContestRow {
    id: ContestId,
    slug: String,
    title: String,
    summary: String,
    rules: String,
    opens_on: NaiveDate,
    closes_on: NaiveDate,
    needs_video: bool,
    notice_days: i32,
    gold_count: i32,
    gold_years: i32,
    state: State,
    is_suspended: bool,
    revision: i32,
    made_by: AccountId,
    announced_at: Option<Timestamp>,
    closed_at: Option<Timestamp>,
}

impl From<ContestRow> for Contest {
    fn from(row: ContestRow) -> Contest {
        Contest {
            id: row.id,
            slug: row.slug,
            title: row.title,
            summary: row.summary,
            rules: row.rules,
            opens_on: row.opens_on,
            closes_on: row.closes_on,
            needs_video: row.needs_video,
            notice_days: row.notice_days,
            gold_count: row.gold_count,
            gold_years: row.gold_years,
            state: row.state,
            is_suspended: row.is_suspended,
            revision: row.revision,
            made_by: row.made_by,
            announced_at: row.announced_at,
            closed_at: row.closed_at,
        }
    }
}

/// A contest for those who hold, judge or supervise it.
pub fn contest(conn: &mut Conn, id: ContestId) -> Result<Contest> {
    let row: ContestRow =
        either!(conn, c => contests::table.find(id).select(ContestRow::as_select()).first(c))?;
    Ok(row.into())
}

/// A contest that visitors see, by its name in addresses.
pub fn public_contest(conn: &mut Conn, slug: &str) -> Result<Contest> {
    let row: ContestRow = either!(conn, c => contests::table
        .filter(contests::slug.eq(slug).and(contests::state.ne(State::Draft)))
        .select(ContestRow::as_select())
        .first(c))?;
    Ok(row.into())
}

/// The newest contests first; those that visitors see, or all.
pub fn contests(conn: &mut Conn, is_all: bool, skip: i64, count: i64) -> Result<Vec<Contest>> {
    let rows: Vec<ContestRow> = if is_all {
        either!(conn, c => contests::table
            .order(contests::id.desc())
            .select(ContestRow::as_select())
            .offset(skip)
            .limit(count)
            .load(c))
    } else {
        either!(conn, c => contests::table
            .filter(contests::state.ne(State::Draft))
            .order(contests::id.desc())
            .select(ContestRow::as_select())
            .offset(skip)
            .limit(count)
            .load(c))
    }?;
    Ok(rows.into_iter().map(Contest::from).collect())
}

/// Locks what happens to a contest until the transaction ends, and reads it as it is then.
pub fn lock(conn: &mut Conn, id: ContestId) -> Result<Contest> {
    let row = contest_locks::table.find(id);
    let n =
        either!(conn, c => diesel::update(row).set(contest_locks::n.eq(contest_locks::n + 1)).execute(c))?;
    if n == 0 {
        return Err(Error::NotFound);
    }
    contest(conn, id)
}

/// What the form of a contest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContestDraft {
    pub title: String,
    pub summary: String,
    pub rules: String,
    pub opens_on: NaiveDate,
    pub closes_on: NaiveDate,
    pub needs_video: bool,
    pub notice_days: i32,
    pub gold_count: i32,
    pub gold_years: i32,
}

/// A new contest. The same key is the same contest.
///
/// # Errors
/// [`Refusal::SlugTaken`].
pub fn insert_contest(
    conn: &mut Conn,
    (slug, key): (&str, &str),
    draft: &ContestDraft,
    by: AccountId,
    now: Timestamp,
) -> Result<ContestId> {
    let row = (
        (
            contests::slug.eq(slug),
            contests::key.eq(key),
            contests::made_by.eq(by),
            contests::created_at.eq(now),
        ),
        (contests::state.eq(State::Draft), contests::is_suspended.eq(false), contests::revision.eq(1)),
        (
            contests::title.eq(&draft.title),
            contests::summary.eq(&draft.summary),
            contests::rules.eq(&draft.rules),
            contests::opens_on.eq(draft.opens_on),
            contests::closes_on.eq(draft.closes_on),
            contests::needs_video.eq(draft.needs_video),
            contests::notice_days.eq(draft.notice_days),
            contests::gold_count.eq(draft.gold_count),
            contests::gold_years.eq(draft.gold_years),
        ),
    );
    let made: Option<ContestId> = either!(conn, c => diesel::insert_into(contests::table)
        .values(row)
        .on_conflict_do_nothing()
        .returning(contests::id)
        .get_result(c)
        .optional())?;
    let Some(id) = made else {
        let same: Option<ContestId> = either!(conn, c => contests::table
            .filter(contests::key.eq(key).and(contests::made_by.eq(by)))
            .select(contests::id)
            .first(c)
            .optional())?;
        return same.ok_or_else(|| Refusal::SlugTaken.into());
    };
    let row = (contest_locks::contest_id.eq(id), contest_locks::n.eq(0_i64));
    either!(conn, c => diesel::insert_into(contest_locks::table).values(row).execute(c))?;
    Ok(id)
}

/// Saves what the form says, if nobody saved since `revision`.
pub fn update_contest(conn: &mut Conn, id: ContestId, draft: &ContestDraft, revision: i32) -> Result<bool> {
    let set = (
        contests::title.eq(&draft.title),
        contests::summary.eq(&draft.summary),
        contests::rules.eq(&draft.rules),
        contests::opens_on.eq(draft.opens_on),
        contests::closes_on.eq(draft.closes_on),
        contests::needs_video.eq(draft.needs_video),
        contests::notice_days.eq(draft.notice_days),
        contests::gold_count.eq(draft.gold_count),
        contests::gold_years.eq(draft.gold_years),
        contests::revision.eq(revision + 1),
    );
    let rows = contests::table.filter(contests::id.eq(id).and(contests::revision.eq(revision)));
    Ok(either!(conn, c => diesel::update(rows).set(set).execute(c))? == 1)
}

/// From one state into the next; false if it was not in that state.
pub fn move_contest(
    conn: &mut Conn,
    id: ContestId,
    (from, to): (State, State),
    now: Timestamp,
) -> Result<bool> {
    let rows = contests::table.filter(contests::id.eq(id).and(contests::state.eq(from)));
    let n = match to {
        State::Announced => either!(conn, c => diesel::update(rows)
            .set((contests::state.eq(to), contests::announced_at.eq(now)))
            .execute(c)),
        State::Screening => either!(conn, c => diesel::update(rows)
            .set((contests::state.eq(to), contests::closed_at.eq(now)))
            .execute(c)),
        _ => either!(conn, c => diesel::update(rows).set(contests::state.eq(to)).execute(c)),
    }?;
    Ok(n == 1)
}

pub fn suspend(conn: &mut Conn, id: ContestId, is_suspended: bool) -> Result<bool> {
    let rows = contests::table.filter(contests::id.eq(id).and(contests::is_suspended.eq(!is_suspended)));
    Ok(either!(conn, c => diesel::update(rows).set(contests::is_suspended.eq(is_suspended)).execute(c))? == 1)
}

/// Adds a line to the record of a contest.
pub fn note(
    conn: &mut Conn,
    (contest, round): (ContestId, Option<RoundId>),
    (what, reason): (&str, &str),
    by: AccountId,
    now: Timestamp,
) -> Result<()> {
    let row = (
        contest_steps::contest_id.eq(contest),
        contest_steps::round_id.eq(round),
        contest_steps::what.eq(what),
        contest_steps::by_id.eq(by),
        contest_steps::at.eq(now),
        contest_steps::reason.eq(reason),
    );
    either!(conn, c => diesel::insert_into(contest_steps::table).values(row).execute(c))?;
    Ok(())
}

/// A line of the record: what, the round, who, when, why.
#[derive(Debug, Clone)]
pub struct Step {
    pub what: String,
    pub round: Option<String>,
    pub by: Option<String>,
    pub at: Timestamp,
    pub reason: String,
}

/// The record of a contest, the newest first.
pub fn record(conn: &mut Conn, id: ContestId, skip: i64, count: i64) -> Result<Vec<Step>> {
    type Row = (String, Option<String>, Option<String>, Timestamp, String);
    let rows: Vec<Row> = either!(conn, c => contest_steps::table
        .left_join(contest_rounds::table)
        .left_join(accounts::table.on(accounts::id.nullable().eq(contest_steps::by_id)))
        .left_join(persons::table.on(persons::id.eq(accounts::person_id)))
        .filter(contest_steps::contest_id.eq(id))
        .order(contest_steps::id.desc())
        .select((
            contest_steps::what,
            contest_rounds::title.nullable(),
            persons::name.nullable(),
            contest_steps::at,
            contest_steps::reason,
        ))
        .offset(skip)
        .limit(count)
        .load(c))?;
    Ok(rows.into_iter().map(|(what, round, by, at, reason)| Step { what, round, by, at, reason }).collect())
}
