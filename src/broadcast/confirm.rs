//! A school says that a screening took place: by its group viewing, whose attendance is the count, or by a count and what
//! shows it. The last confirmation holds; every one stays. The counts of what is covered follow here and nowhere else.
use super::store::{self, Head};
use super::{CONFIRM_DAYS, NEAR_DAYS, PlanState, Proof, Refusal, SlotState, must_keep};
use crate::access::Viewer;
use crate::audit::{Action, Doer};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::events::{self, State};
use crate::ids::{EventId, ScreeningId};
use chrono::Duration;

/// What somebody says of a screening.
#[derive(Debug, Clone)]
pub struct Confirmation {
    pub kind: Proof,
    /// With [`Proof::Viewing`].
    pub event: Option<EventId>,
    /// With [`Proof::Count`].
    pub present: i32,
    pub note: String,
    /// The revision that the form was made from.
    pub seen: i32,
    pub key: String,
}

/// Confirms a screening, in the place of what was said before. The same key changes nothing.
///
/// # Errors
/// Not found outside the viewer's scope; refused before it begins, long after it, for one that was cancelled, for a viewing
/// of something else or one that proves another screening, and if somebody else has confirmed it meanwhile.
pub fn confirm(
    conn: &mut Conn,
    viewer: &Viewer,
    id: ScreeningId,
    new: &Confirmation,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    let screening = store::screening(conn, id)?;
    must_keep(conn, viewer, screening.school)?;
    if store::is_known(conn, &new.key)? {
        return Ok(());
    }
    if store::plan(conn, screening.plan)?.state == PlanState::Draft {
        return Err(Refusal::NotPublished.into());
    }
    if screening.state == SlotState::Cancelled {
        return Err(Refusal::Cancelled.into());
    }
    if now < screening.starts_at {
        return Err(Refusal::NotBegun.into());
    }
    if now > screening.ends_at + Duration::days(CONFIRM_DAYS) {
        return Err(Refusal::TooLate.into());
    }
    let (event, present) = match new.kind {
        Proof::Viewing => {
            let (event, present) = proven(conn, viewer, &screening, new.event)?;
            (Some(event), present)
        }
        Proof::Count => (None, new.present),
        Proof::None => (None, 0),
    };
    // Held until the end: of two that confirm screenings of one cell the second one sees what the first has done.
    store::lock_cell(conn, screening.plan, screening.school)?;
    let before = store::is_covered(conn, screening.item, screening.school)?;
    let head = Head { seen: new.seen, is_confirmed: new.kind != Proof::None, present, event };
    match store::set_head(conn, id, &head)? {
        store::Set::Done => {}
        store::Set::Meanwhile => return Err(Refusal::Meanwhile.into()),
        store::Set::Used => return Err(Refusal::ViewingUsed.into()),
    }
    store::insert_confirmation(conn, id, new, (event, present), viewer.account, now)?;
    let after = store::is_covered(conn, screening.item, screening.school)?;
    if before != after {
        store::cover(conn, &screening, if after { 1 } else { -1 })?;
    }
    doer.did(conn, Action::ScreeningConfirmed, ("screening", id.0), now)
}

/// The group viewing that proves the screening, and how many were there.
fn proven(
    conn: &mut Conn,
    viewer: &Viewer,
    screening: &store::Screening,
    event: Option<EventId>,
) -> Result<(EventId, i32)> {
    let id = event.ok_or(Refusal::NoViewing)?;
    let event = match events::held(conn, viewer, id) {
        Err(Error::NotFound) => return Err(Refusal::NoViewing.into()),
        found => found?,
    };
    let near = Duration::days(NEAR_DAYS);
    let is_it = event.kind == events::Kind::GroupViewing
        && event.school == Some(screening.school)
        && event.lecture == Some(screening.lecture)
        && (event.starts_at - screening.starts_at).abs() <= near;
    if !is_it || event.state == State::Cancelled {
        return Err(Refusal::NoViewing.into());
    }
    if event.state != State::Held {
        return Err(Refusal::ViewingOpen.into());
    }
    let present = events::counting(conn, id)?;
    Ok((id, i32::try_from(present).unwrap_or(i32::MAX)))
}
