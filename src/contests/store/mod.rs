//! Rows of contests. Here: contests, their rounds and their record; `entries`, `judges` and `sheets` have theirs, `lists` what desks
//! and pages list of entries, and what was said of them.
mod entries;
mod judges;
mod lists;
mod sheets;

use super::{Contest, Method, Refusal, Round, RoundKind, RoundState, State};
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

#[derive(Queryable, Selectable)]
#[diesel(table_name = contest_rounds)]
struct RoundRow {
    id: RoundId,
    contest_id: ContestId,
    position: i32,
    kind: RoundKind,
    title: String,
    state: RoundState,
    panels: i32,
    sheets_each: i32,
    judge_load: i32,
    method: String,
    method_sha256: String,
    frozen_by: Option<AccountId>,
    approved_by: Option<AccountId>,
    approved_at: Option<Timestamp>,
    seed_secret: String,
    seed_commit: String,
    seed_outside: String,
    drawn_at: Option<Timestamp>,
    started_at: Option<Timestamp>,
    due_at: Option<Timestamp>,
    lock_by: Option<AccountId>,
    locked_by: Option<AccountId>,
    locked_at: Option<Timestamp>,
}

fn round_of(row: RoundRow) -> Result<Round> {
    let unread = || Error::Internal(format!("the method of round {} cannot be read", row.id).into());
    Ok(Round {
        method: Method::read(&row.method).ok_or_else(unread)?,
        seed: match row.drawn_at {
            Some(_) => super::way::seed(&row.seed_secret, &row.seed_outside),
            None => String::new(),
        },
        id: row.id,
        contest: row.contest_id,
        position: row.position,
        kind: row.kind,
        title: row.title,
        state: row.state,
        panels: row.panels,
        sheets_each: row.sheets_each,
        judge_load: row.judge_load,
        method_sha256: row.method_sha256,
        frozen_by: row.frozen_by,
        approved_by: row.approved_by,
        approved_at: row.approved_at,
        seed_commit: row.seed_commit,
        drawn_at: row.drawn_at,
        started_at: row.started_at,
        due_at: row.due_at,
        lock_by: row.lock_by,
        locked_by: row.locked_by,
        locked_at: row.locked_at,
    })
}

/// The rounds of a contest, in order.
pub fn rounds(conn: &mut Conn, id: ContestId) -> Result<Vec<Round>> {
    let rows: Vec<RoundRow> = either!(conn, c => contest_rounds::table
        .filter(contest_rounds::contest_id.eq(id))
        .order(contest_rounds::position)
        .select(RoundRow::as_select())
        .load(c))?;
    rows.into_iter().map(round_of).collect()
}

pub fn round(conn: &mut Conn, id: RoundId) -> Result<Round> {
    let row: RoundRow =
        either!(conn, c => contest_rounds::table.find(id).select(RoundRow::as_select()).first(c))?;
    round_of(row)
}

/// What the form of a round says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundDraft {
    pub kind: RoundKind,
    pub title: String,
    pub panels: i32,
    pub sheets_each: i32,
    pub judge_load: i32,
    pub method: Method,
}

/// A round behind the others.
pub fn insert_round(
    conn: &mut Conn,
    contest: ContestId,
    position: i32,
    draft: &RoundDraft,
) -> Result<RoundId> {
    let row = (
        (
            contest_rounds::contest_id.eq(contest),
            contest_rounds::position.eq(position),
            contest_rounds::state.eq(RoundState::Waiting),
            contest_rounds::kind.eq(draft.kind),
            contest_rounds::title.eq(&draft.title),
        ),
        (
            contest_rounds::panels.eq(draft.panels),
            contest_rounds::sheets_each.eq(draft.sheets_each),
            contest_rounds::judge_load.eq(draft.judge_load),
            contest_rounds::method.eq(draft.method.json()),
            contest_rounds::method_sha256.eq(draft.method.digest()),
        ),
        (
            contest_rounds::seed_secret.eq(""),
            contest_rounds::seed_commit.eq(""),
            contest_rounds::seed_outside.eq(""),
        ),
    );
    Ok(either!(conn, c => diesel::insert_into(contest_rounds::table)
        .values(row)
        .returning(contest_rounds::id)
        .get_result(c))?)
}

/// Saves a round whose method nobody has frozen.
pub fn update_round(conn: &mut Conn, id: RoundId, draft: &RoundDraft) -> Result<bool> {
    let rows =
        contest_rounds::table.filter(contest_rounds::id.eq(id).and(contest_rounds::frozen_by.is_null()));
    let set = (
        contest_rounds::kind.eq(draft.kind),
        contest_rounds::title.eq(&draft.title),
        contest_rounds::panels.eq(draft.panels),
        contest_rounds::sheets_each.eq(draft.sheets_each),
        contest_rounds::judge_load.eq(draft.judge_load),
        contest_rounds::method.eq(draft.method.json()),
        contest_rounds::method_sha256.eq(draft.method.digest()),
    );
    Ok(either!(conn, c => diesel::update(rows).set(set).execute(c))? == 1)
}

/// Takes the last round of a draft away, unless it is frozen.
pub fn delete_round(conn: &mut Conn, id: RoundId) -> Result<bool> {
    let rows =
        contest_rounds::table.filter(contest_rounds::id.eq(id).and(contest_rounds::frozen_by.is_null()));
    Ok(either!(conn, c => diesel::delete(rows).execute(c))? == 1)
}

/// Freezes a method, if it is still the one that was looked at.
pub fn freeze(conn: &mut Conn, id: RoundId, digest: &str, by: AccountId, now: Timestamp) -> Result<bool> {
    let is_it = contest_rounds::id
        .eq(id)
        .and(contest_rounds::frozen_by.is_null())
        .and(contest_rounds::method_sha256.eq(digest));
    let set = (contest_rounds::frozen_by.eq(by), contest_rounds::frozen_at.eq(now));
    Ok(either!(conn, c => diesel::update(contest_rounds::table.filter(is_it)).set(set).execute(c))? == 1)
}

/// Approves what somebody else froze.
pub fn approve(conn: &mut Conn, id: RoundId, digest: &str, by: AccountId, now: Timestamp) -> Result<bool> {
    let is_it = contest_rounds::id
        .eq(id)
        .and(contest_rounds::frozen_by.is_not_null())
        .and(contest_rounds::frozen_by.ne(by))
        .and(contest_rounds::approved_by.is_null())
        .and(contest_rounds::method_sha256.eq(digest));
    let set = (contest_rounds::approved_by.eq(by), contest_rounds::approved_at.eq(now));
    Ok(either!(conn, c => diesel::update(contest_rounds::table.filter(is_it)).set(set).execute(c))? == 1)
}

/// Takes a method out of the ice, before anything was drawn.
pub fn thaw(conn: &mut Conn, id: RoundId) -> Result<bool> {
    let is_it = contest_rounds::id.eq(id).and(contest_rounds::state.eq(RoundState::Waiting));
    let set = (
        contest_rounds::frozen_by.eq(None::<AccountId>),
        contest_rounds::frozen_at.eq(None::<Timestamp>),
        contest_rounds::approved_by.eq(None::<AccountId>),
        contest_rounds::approved_at.eq(None::<Timestamp>),
    );
    Ok(either!(conn, c => diesel::update(contest_rounds::table.filter(is_it)).set(set).execute(c))? == 1)
}

/// Keeps the portal's part of the seed and shows its digest.
pub fn commit_seed(conn: &mut Conn, id: RoundId, secret: &str, commitment: &str) -> Result<()> {
    let rows =
        contest_rounds::table.filter(contest_rounds::id.eq(id).and(contest_rounds::seed_commit.eq("")));
    let set = (contest_rounds::seed_secret.eq(secret), contest_rounds::seed_commit.eq(commitment));
    either!(conn, c => diesel::update(rows).set(set).execute(c))?;
    Ok(())
}

/// The portal's part of the seed; only for the draw.
pub fn secret(conn: &mut Conn, id: RoundId) -> Result<String> {
    Ok(either!(conn, c => contest_rounds::table.find(id).select(contest_rounds::seed_secret).first(c))?)
}

/// Lots are drawn, with what outsiders added.
pub fn set_drawn(conn: &mut Conn, id: RoundId, outside: &str, now: Timestamp) -> Result<bool> {
    let is_it = contest_rounds::id.eq(id).and(contest_rounds::state.eq(RoundState::Waiting));
    let set = (
        contest_rounds::state.eq(RoundState::Drawn),
        contest_rounds::seed_outside.eq(outside),
        contest_rounds::drawn_at.eq(now),
    );
    Ok(either!(conn, c => diesel::update(contest_rounds::table.filter(is_it)).set(set).execute(c))? == 1)
}

/// Sheets are open.
pub fn set_started(conn: &mut Conn, id: RoundId, due: Option<Timestamp>, now: Timestamp) -> Result<bool> {
    let is_it = contest_rounds::id.eq(id).and(contest_rounds::state.eq(RoundState::Drawn));
    let set = (
        contest_rounds::state.eq(RoundState::Judging),
        contest_rounds::started_at.eq(now),
        contest_rounds::due_at.eq(due),
    );
    Ok(either!(conn, c => diesel::update(contest_rounds::table.filter(is_it)).set(set).execute(c))? == 1)
}

/// Somebody asks for the lock.
pub fn ask_lock(conn: &mut Conn, id: RoundId, by: AccountId, now: Timestamp) -> Result<bool> {
    let is_it = contest_rounds::id
        .eq(id)
        .and(contest_rounds::state.eq(RoundState::Judging))
        .and(contest_rounds::lock_by.is_null());
    let set = (contest_rounds::lock_by.eq(by), contest_rounds::lock_at.eq(now));
    Ok(either!(conn, c => diesel::update(contest_rounds::table.filter(is_it)).set(set).execute(c))? == 1)
}

/// Another one makes it.
pub fn make_lock(conn: &mut Conn, id: RoundId, by: AccountId, now: Timestamp) -> Result<bool> {
    let is_it = contest_rounds::id
        .eq(id)
        .and(contest_rounds::state.eq(RoundState::Judging))
        .and(contest_rounds::lock_by.is_not_null())
        .and(contest_rounds::lock_by.ne(by));
    let set = (
        contest_rounds::state.eq(RoundState::Locked),
        contest_rounds::locked_by.eq(by),
        contest_rounds::locked_at.eq(now),
    );
    Ok(either!(conn, c => diesel::update(contest_rounds::table.filter(is_it)).set(set).execute(c))? == 1)
}

/// The question for a lock is taken back, or a locked round is opened again by a ruling.
pub fn unlock(conn: &mut Conn, id: RoundId) -> Result<bool> {
    let set = (
        contest_rounds::state.eq(RoundState::Judging),
        contest_rounds::lock_by.eq(None::<AccountId>),
        contest_rounds::lock_at.eq(None::<Timestamp>),
        contest_rounds::locked_by.eq(None::<AccountId>),
        contest_rounds::locked_at.eq(None::<Timestamp>),
    );
    let is_it = contest_rounds::id.eq(id).and(contest_rounds::started_at.is_not_null());
    Ok(either!(conn, c => diesel::update(contest_rounds::table.filter(is_it)).set(set).execute(c))? == 1)
}

/// From one state into the next; false if it was not in that state.
pub fn move_round(conn: &mut Conn, id: RoundId, (from, to): (RoundState, RoundState)) -> Result<bool> {
    let rows = contest_rounds::table.filter(contest_rounds::id.eq(id).and(contest_rounds::state.eq(from)));
    Ok(either!(conn, c => diesel::update(rows).set(contest_rounds::state.eq(to)).execute(c))? == 1)
}
