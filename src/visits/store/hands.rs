//! Rows that say in whose hands an account may be.
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, PersonId};
use crate::schema::{accounts, one_time_codes};
use diesel::prelude::*;

/// The open account of somebody.
pub fn account_of(conn: &mut Conn, person: PersonId) -> Result<Option<AccountId>> {
    let open = accounts::table.filter(accounts::person_id.eq(person).and(accounts::closed_at.is_null()));
    Ok(either!(conn, c => open.select(accounts::id).first(c).optional())?)
}

/// Who printed sign-in codes for this account since then, and who did for theirs, and so on.
pub fn printers(conn: &mut Conn, account: AccountId, since: Timestamp) -> Result<Vec<AccountId>> {
    let (mut found, mut next) = (vec![], vec![account]);
    while !next.is_empty() {
        let printed = one_time_codes::account_id
            .eq_any(std::mem::take(&mut next))
            .and(one_time_codes::issued_at.ge(since));
        let rows: Vec<Option<AccountId>> = either!(conn, c => one_time_codes::table
            .filter(printed)
            .select(one_time_codes::issued_by)
            .load(c))?;
        for printer in rows.into_iter().flatten() {
            if printer != account && !found.contains(&printer) {
                found.push(printer);
                next.push(printer);
            }
        }
    }
    Ok(found)
}
