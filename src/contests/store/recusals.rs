//! Rows of what entrants ask about their judges.
use super::super::ConflictKind;
use super::super::way::By;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, ContestId, EntryId};
use crate::schema::{contest_entries, recusal_requests};
use diesel::prelude::*;

/// Whom an entrant names, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecusalDraft {
    pub name: String,
    pub unit: String,
    pub kind: ConflictKind,
    pub reason: String,
}

/// A person whom an entry should not be judged by.
#[derive(Debug, Clone, Queryable)]
pub struct RecusalRequest {
    pub entry: EntryId,
    pub name: String,
    pub unit: String,
    pub kind: ConflictKind,
    pub reason: String,
    pub said_by: AccountId,
}

macro_rules! request_rows {
    () => {
        recusal_requests::table.inner_join(contest_entries::table).order(recusal_requests::id).select((
            recusal_requests::entry_id,
            recusal_requests::name,
            recusal_requests::unit,
            recusal_requests::kind,
            recusal_requests::reason,
            recusal_requests::said_by,
        ))
    };
}

/// What the entrant said, as it was said.
pub fn recusal_requests(conn: &mut Conn, entry: EntryId) -> Result<Vec<RecusalRequest>> {
    let is_it = recusal_requests::entry_id.eq(entry);
    Ok(either!(conn, c => request_rows!().filter(is_it).load(c))?)
}

/// What the entrants of a contest said.
pub fn recusal_requests_in(conn: &mut Conn, contest: ContestId) -> Result<Vec<RecusalRequest>> {
    let is_it = contest_entries::contest_id.eq(contest);
    Ok(either!(conn, c => request_rows!().filter(is_it).load(c))?)
}

/// Writes it down; false if that was said already.
pub fn insert_recusal_request(
    conn: &mut Conn,
    entry: EntryId,
    draft: &RecusalDraft,
    by: &By,
) -> Result<bool> {
    let row = (
        recusal_requests::entry_id.eq(entry),
        recusal_requests::name.eq(&draft.name),
        recusal_requests::unit.eq(&draft.unit),
        recusal_requests::kind.eq(draft.kind),
        recusal_requests::reason.eq(&draft.reason),
        recusal_requests::said_by.eq(by.account),
        recusal_requests::at.eq(by.now),
    );
    let n = either!(conn, c => diesel::insert_into(recusal_requests::table)
        .values(row)
        .on_conflict((recusal_requests::entry_id, recusal_requests::name, recusal_requests::kind))
        .do_nothing()
        .execute(c))?;
    Ok(n == 1)
}
