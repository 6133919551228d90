//! The settings with their history, and the keys that all servers of one installation share.
use super::{Refusal, Verdict};
use crate::access::{Role, ScopeKind};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, SettingChangeId};
use crate::schema::{accounts, grants, persons, secrets, setting_changes};
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::result::DatabaseErrorKind::UniqueViolation;
use diesel::result::Error::DatabaseError;

/// A value that was proposed, and what became of it.
#[derive(Queryable, Debug, Clone)]
pub struct Change {
    pub id: SettingChangeId,
    pub name: String,
    pub value: String,
    /// The day in the city from which it holds.
    pub valid_from: NaiveDate,
    pub proposed_by_id: Option<AccountId>,
    /// `None` for the command line and the first-run page.
    pub proposed_by: Option<String>,
    pub proposed_at: Timestamp,
    /// `None` while it waits for a second person.
    pub verdict: Option<Verdict>,
    pub decided_at: Option<Timestamp>,
}

/// The approved values that hold on `day`, by name: of several the one that begins last, then the one proposed last.
pub(super) fn holding(conn: &mut Conn, day: NaiveDate) -> Result<Vec<(SettingChangeId, String, String)>> {
    let holds = setting_changes::verdict.eq(Verdict::Approved).and(setting_changes::valid_from.le(day));
    let rows: Vec<(SettingChangeId, String, String)> = either!(conn, c => setting_changes::table
        .filter(holds)
        .order((setting_changes::name, setting_changes::valid_from, setting_changes::id))
        .select((setting_changes::id, setting_changes::name, setting_changes::value))
        .load(c))?;
    let mut latest: Vec<(SettingChangeId, String, String)> = vec![];
    for row in rows {
        match latest.last_mut() {
            Some(last) if last.1 == row.1 => *last = row,
            _ => latest.push(row),
        }
    }
    Ok(latest)
}

/// The approved value of a setting on `day`.
pub(super) fn value_on(conn: &mut Conn, name: &str, day: NaiveDate) -> Result<Option<String>> {
    let holds = setting_changes::name
        .eq(name)
        .and(setting_changes::verdict.eq(Verdict::Approved))
        .and(setting_changes::valid_from.le(day));
    Ok(either!(conn, c => setting_changes::table
        .filter(holds)
        .order((setting_changes::valid_from.desc(), setting_changes::id.desc()))
        .select(setting_changes::value)
        .first(c)
        .optional())?)
}

pub(super) fn insert(
    conn: &mut Conn,
    name: &str,
    value: &str,
    day: NaiveDate,
    by: Option<AccountId>,
    now: Timestamp,
    verdict: Option<Verdict>,
) -> Result<SettingChangeId> {
    let row = (
        setting_changes::name.eq(name),
        setting_changes::value.eq(value),
        setting_changes::valid_from.eq(day),
        setting_changes::proposed_by.eq(by),
        setting_changes::proposed_at.eq(now),
        setting_changes::verdict.eq(verdict),
        setting_changes::decided_at.eq(verdict.map(|_| now)),
    );
    match either!(conn, c => diesel::insert_into(setting_changes::table)
        .values(row)
        .returning(setting_changes::id)
        .get_result(c))
    {
        Ok(id) => Ok(id),
        Err(DatabaseError(UniqueViolation, _)) => Err(Refusal::OpenAlready.into()),
        Err(other) => Err(other.into()),
    }
}

type Columns = (
    setting_changes::id,
    setting_changes::name,
    setting_changes::value,
    setting_changes::valid_from,
    setting_changes::proposed_by,
    diesel::dsl::Nullable<persons::name>,
    setting_changes::proposed_at,
    setting_changes::verdict,
    setting_changes::decided_at,
);
fn columns() -> Columns {
    (
        setting_changes::id,
        setting_changes::name,
        setting_changes::value,
        setting_changes::valid_from,
        setting_changes::proposed_by,
        persons::name.nullable(),
        setting_changes::proposed_at,
        setting_changes::verdict,
        setting_changes::decided_at,
    )
}

/// A change with the name of whoever proposed it.
macro_rules! changes {
    () => {
        setting_changes::table.left_join(
            accounts::table
                .inner_join(persons::table)
                .on(setting_changes::proposed_by.eq(accounts::id.nullable())),
        )
    };
}

pub(super) fn find(conn: &mut Conn, id: SettingChangeId) -> Result<Change> {
    Ok(
        either!(conn, c => changes!().filter(setting_changes::id.eq(id)).select(columns()).first::<Change>(c))?,
    )
}

/// The proposals that wait for a second person: at most one a setting.
pub fn awaiting(conn: &mut Conn) -> Result<Vec<Change>> {
    Ok(either!(conn, c => changes!()
        .filter(setting_changes::verdict.is_null())
        .order(setting_changes::id)
        .select(columns())
        .load(c))?)
}

/// The values of one setting, newest first, `count` after the first `skip`.
pub fn history(conn: &mut Conn, name: &str, skip: i64, count: i64) -> Result<Vec<Change>> {
    Ok(either!(conn, c => changes!()
        .filter(setting_changes::name.eq(name))
        .order((setting_changes::valid_from.desc(), setting_changes::id.desc()))
        .offset(skip)
        .limit(count)
        .select(columns())
        .load(c))?)
}

/// One statement, so that the first word stays; `false` if somebody was faster.
pub(super) fn decide(
    conn: &mut Conn,
    id: SettingChangeId,
    verdict: Verdict,
    by: AccountId,
    now: Timestamp,
) -> Result<bool> {
    let open = setting_changes::table.find(id).filter(setting_changes::verdict.is_null());
    let values = (
        setting_changes::verdict.eq(verdict),
        setting_changes::decided_by.eq(by),
        setting_changes::decided_at.eq(now),
    );
    Ok(either!(conn, c => diesel::update(open).set(values).execute(c))? == 1)
}

/// The secret of this name; `fresh` becomes it if there is none yet.
pub fn secret(conn: &mut Conn, name: &str, fresh: &str) -> Result<String> {
    let row = (secrets::name.eq(name), secrets::value.eq(fresh));
    either!(conn, c => diesel::insert_into(secrets::table).values(row).on_conflict_do_nothing().execute(c))?;
    Ok(either!(conn, c => secrets::table.find(name).select(secrets::value).first(c))?)
}

/// The secret of this name, if there is one.
pub fn secret_of(conn: &mut Conn, name: &str) -> Result<Option<String>> {
    Ok(either!(conn, c => secrets::table.find(name).select(secrets::value).first(c).optional())?)
}

/// Removes the secret of this name, if it is `value` where that is said; whether there was one.
pub(super) fn forget_secret(conn: &mut Conn, name: &str, value: Option<&str>) -> Result<bool> {
    let row = secrets::table.filter(secrets::name.eq(name));
    let gone = match value {
        Some(value) => either!(conn, c => diesel::delete(row.filter(secrets::value.eq(value))).execute(c))?,
        None => either!(conn, c => diesel::delete(row).execute(c))?,
    };
    Ok(gone == 1)
}

/// Makes `value` the secret of this name.
pub fn set_secret(conn: &mut Conn, name: &str, value: &str) -> Result<()> {
    let row = (secrets::name.eq(name), secrets::value.eq(value));
    either!(conn, c => diesel::insert_into(secrets::table)
        .values(row)
        .on_conflict(secrets::name)
        .do_update()
        .set(secrets::value.eq(value))
        .execute(c))?;
    Ok(())
}

/// Whether an open account administers the city.
pub(super) fn has_administrator(conn: &mut Conn) -> Result<bool> {
    let administrator =
        grants::table.inner_join(accounts::table.on(accounts::id.eq(grants::account_id))).filter(
            grants::role
                .eq(Role::Admin)
                .and(grants::scope_kind.eq(ScopeKind::City))
                .and(grants::ended_at.is_null())
                .and(accounts::closed_at.is_null()),
        );
    Ok(either!(conn, c => diesel::select(diesel::dsl::exists(administrator)).get_result(c))?)
}
