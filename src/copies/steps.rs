//! What is done at the desk of an organisation: copies ordered, arrived, received, given back, lost, counted anew.
use super::{Edition, Kind, NewMove, Pile, Refusal, record, store, supplier};
use crate::audit::{Action, Doer};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::msg;
use crate::organization::Org;
use crate::text_enum;
use chrono::NaiveDate;

text_enum! {
    /// A step of a desk.
    pub enum What {
        Order = "order",
        Arrive = "arrive",
        Receive = "receive",
        /// Of what is on its way: it never left whoever sent it.
        Unsent = "unsent",
        /// Of what is on its way: it was lost.
        LostOnWay = "lost_on_way",
        /// Back to whoever supplies.
        GiveBack = "give_back",
        Lose = "lose",
        /// A count found more than the ledger says.
        More = "more",
        Fewer = "fewer",
    }
}

impl What {
    /// Whether somebody has to say why.
    pub fn needs_reason(self) -> bool {
        !matches!(self, What::Order | What::Arrive | What::Receive | What::GiveBack)
    }
    /// Of the city alone, which gets copies from outside.
    pub fn is_of_city(self) -> bool {
        matches!(self, What::Order | What::Arrive)
    }
}

/// A step with how many copies.
#[derive(Clone, Debug)]
pub struct Step {
    pub what: What,
    pub count: i32,
    pub day: NaiveDate,
    pub reason: String,
    pub key: String,
}

/// Takes a step at the desk of an organisation. Whoever receives more than was issued says why, and the sender's copies become
/// fewer by as many.
///
/// # Errors
/// Refused for whoever issued what is received, where nothing is on its way, and as in [`record`].
pub fn step(
    conn: &mut Conn,
    edition: &Edition,
    org: &Org,
    step: &Step,
    by: AccountId,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    let here = Some(org.id);
    let above = supplier(conn, org)?.map(|above| above.id);
    if above.is_none() && matches!(step.what, What::Receive | What::Unsent | What::GiveBack) {
        return Err(Error::NotFound);
    }
    let new = |kind, from, to, pile| NewMove {
        edition: edition.id,
        kind,
        from,
        to,
        pile,
        count: step.count,
        person: None,
        proxy: None,
        reverses: None,
        by,
        acted_by: None,
        day: step.day,
        reason: step.reason.clone(),
        key: step.key.clone(),
    };
    let it = match step.what {
        What::Order => new(Kind::Ordered, None, here, Pile::Coming),
        What::Arrive => new(Kind::Arrived, None, here, Pile::Coming),
        What::Receive => {
            store::lock(conn, edition.id, org.id)?;
            let coming = store::balance(conn, edition.id, org.id)?.coming;
            let extra = step.count - coming;
            let is_again = store::is_key_used(conn, &step.key)?;
            if !is_again && store::has_issued(conn, edition.id, org.id, by)? {
                return Err(Refusal::OwnIssue.into());
            }
            // More than was issued comes with something that was: nobody issues and receives alone.
            if !is_again && coming == 0 {
                return Err(Refusal::NotEnough.into());
            }
            if extra > 0 && !is_again {
                if step.reason.is_empty() {
                    return Err(Error::Refused(msg!("收到的比下发的多 {} 册，请写明原因", extra)));
                }
                let more = new(Kind::Issued, above, here, Pile::Stock);
                record(conn, &NewMove { count: extra, key: format!("{}-more", step.key), ..more }, now)?;
            }
            new(Kind::Received, above, here, Pile::Coming)
        }
        What::Unsent => new(Kind::Corrected, here, above, Pile::Coming),
        What::LostOnWay => new(Kind::Lost, here, None, Pile::Coming),
        What::GiveBack => new(Kind::Returned, here, above, Pile::Stock),
        What::Lose => new(Kind::Lost, here, None, Pile::Stock),
        What::More => new(Kind::Corrected, None, here, Pile::Stock),
        What::Fewer => new(Kind::Corrected, here, None, Pile::Stock),
    };
    if record(conn, &it, now)?.is_some() {
        doer.did(conn, Action::CopiesMoved, ("print_edition", edition.id.0), now)?;
    }
    Ok(())
}
