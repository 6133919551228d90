//! Rows of rounds: the method and its freezing, lots, the lock.
use super::super::{Method, Round, RoundKind, RoundState, way};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::ids::{AccountId, ContestId, RoundId};
use crate::schema::contest_rounds;
use diesel::prelude::*;

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
            Some(_) => way::seed(&row.seed_secret, &row.seed_outside),
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
