//! Rows of the second factor and of its recovery codes.
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::AccountId;
use crate::schema::{recovery_codes, second_factors};
use diesel::prelude::*;

/// The secret of this account's second factor, if it has one.
pub fn secret(conn: &mut Conn, account: AccountId) -> Result<Option<String>> {
    let row = second_factors::table.find(account.0).select(second_factors::secret);
    Ok(either!(conn, c => row.first(c).optional())?)
}

/// Sets the second factor of an account that has none; the table takes one. The code of `step` is used.
pub fn set(conn: &mut Conn, account: AccountId, secret: &str, step: i64, now: Timestamp) -> Result<()> {
    let row = (
        second_factors::account_id.eq(account.0),
        second_factors::secret.eq(secret),
        second_factors::set_at.eq(now),
        second_factors::last_step.eq(step),
    );
    either!(conn, c => diesel::insert_into(second_factors::table).values(row).execute(c))?;
    Ok(())
}

/// Uses the code of this step: `false` if it, or a later one, was used. One statement, so that a code works once. A last
/// step that lies in the future was used before the clock was set back: it bars nothing.
pub fn use_step(conn: &mut Conn, account: AccountId, step: i64, newest: i64) -> Result<bool> {
    let is_unused = second_factors::last_step.lt(step).or(second_factors::last_step.gt(newest));
    let row = second_factors::table.find(account.0).filter(is_unused);
    Ok(either!(conn, c => diesel::update(row).set(second_factors::last_step.eq(step)).execute(c))? == 1)
}

/// Uses a recovery code: `false` if there is none such that was not used.
pub fn use_recovery_code(conn: &mut Conn, account: AccountId, hash: &str, now: Timestamp) -> Result<bool> {
    let row = recovery_codes::table.find((account.0, hash)).filter(recovery_codes::used_at.is_null());
    Ok(either!(conn, c => diesel::update(row).set(recovery_codes::used_at.eq(now)).execute(c))? == 1)
}

/// How many recovery codes are left.
pub fn recovery_codes_left(conn: &mut Conn, account: AccountId) -> Result<i64> {
    let left = recovery_codes::account_id.eq(account.0).and(recovery_codes::used_at.is_null());
    Ok(either!(conn, c => recovery_codes::table.filter(left).count().get_result(c))?)
}

/// Replaces the recovery codes.
pub fn set_recovery_codes(conn: &mut Conn, account: AccountId, hashes: &[String]) -> Result<()> {
    let all = recovery_codes::table.filter(recovery_codes::account_id.eq(account.0));
    either!(conn, c => diesel::delete(all).execute(c))?;
    for hash in hashes {
        let row = (recovery_codes::account_id.eq(account.0), recovery_codes::code_hash.eq(hash));
        either!(conn, c => diesel::insert_into(recovery_codes::table).values(row).execute(c))?;
    }
    Ok(())
}

/// Takes the second factor away; whether there was one.
pub fn forget(conn: &mut Conn, account: AccountId) -> Result<bool> {
    Ok(either!(conn, c => diesel::delete(second_factors::table.find(account.0)).execute(c))? == 1)
}
