//! Whether one human may be behind two accounts: whoever printed the sign-in code of an account could have used it. A branch has
//! few who print codes, so only those of the last weeks before the visit speak against somebody, and all that came after it.
use super::{NewVisit, Refusal, Visit, store};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::Result;
use crate::ids::AccountId;
use chrono::Duration;

/// Codes count that were printed since so many days before the visit.
pub const HAND_DAYS: i64 = 30;

/// Why the second person of a visit could not sign what this account records; `None` if nothing speaks against it.
pub(super) fn obstacle(conn: &mut Conn, recorder: AccountId, new: &NewVisit) -> Result<Option<Refusal>> {
    let Some(second) = store::account_of(conn, new.second)? else {
        return Ok(Some(Refusal::SecondWithoutAccount));
    };
    let is_one = may_be_one(conn, (recorder, second), new.starts_at)?;
    Ok(is_one.then_some(Refusal::OneHand))
}

/// Whether one of these two accounts could have opened the other one lately.
pub(super) fn may_be_one(
    conn: &mut Conn,
    (one, other): (AccountId, AccountId),
    starts_at: Timestamp,
) -> Result<bool> {
    Ok(is_behind(conn, &[one], other, starts_at)? || is_behind(conn, &[other], one, starts_at)?)
}

/// Whether one of these accounts printed a sign-in code for `account` lately, itself or through an account that it could open.
pub(super) fn is_behind(
    conn: &mut Conn,
    makers: &[AccountId],
    account: AccountId,
    starts_at: Timestamp,
) -> Result<bool> {
    let printers = store::printers(conn, account, starts_at - Duration::days(HAND_DAYS))?;
    Ok(makers.iter().any(|maker| printers.contains(maker)))
}

/// The accounts that made the record of a visit.
pub(super) fn makers(visit: &Visit) -> Vec<AccountId> {
    [Some(visit.recorded_by), visit.seconded_by].into_iter().flatten().collect()
}
