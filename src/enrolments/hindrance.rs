//! What would stand against a place, before anybody asks for it.
use super::store;
use super::way::why_not;
use super::{Asking, Channel, Offering, Refusal};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::Result;
use crate::ids::{AccountId, PersonId};

/// What would stand against it if this person asked for a place now; a code is taken to be right. Changes nothing.
///
/// # Errors
/// Those of the database.
pub fn hindrance(
    conn: &mut Conn,
    offering: &Offering,
    person: PersonId,
    now: Timestamp,
) -> Result<Option<Refusal>> {
    let asking = Asking {
        person,
        channel: Channel::Own,
        by: AccountId(0),
        key: String::new(),
        code: offering.terms.code.clone(),
        is_sure: false,
    };
    let path = store::path_of(conn, person)?;
    Ok(why_not(conn, offering, &asking, &path, now)?.filter(|refusal| *refusal != Refusal::WrongCode))
}
