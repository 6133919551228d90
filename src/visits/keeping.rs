//! Photos of visits: who adds one, with whose consent, who erases it, and until when it is kept.
use super::{Deed, PHOTO_DAYS, Refusal, State, photo, seen_by, store};
use crate::access::Viewer;
use crate::audit::{Action, Doer};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::EventId;
use chrono::Duration;

/// Keeps a photo of a visit, without what the camera wrote into it. Another one takes its place.
///
/// # Errors
/// Not found for whoever did not make the record and does not keep it; refused without the consent of all who were visited,
/// and for what is no photo.
pub fn add_photo(
    conn: &mut Conn,
    viewer: &Viewer,
    id: EventId,
    bytes: &[u8],
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    let (whole, part) = seen_by(conn, viewer, id)?;
    if !part.keeps() {
        return Err(Error::NotFound);
    }
    if whole.visit.state == State::Void {
        return Err(Refusal::Void.into());
    }
    if !whole.members.iter().all(|member| member.agreed_photo) {
        return Err(Refusal::NoConsent.into());
    }
    let (kind, clean) = photo::clean(bytes).map_err(Error::Refused)?;
    store::put_photo(conn, id, (kind, &clean), viewer.account, now)?;
    store::step(conn, (id, None), Deed::Photo, Some(viewer.account), now)?;
    doer.did(conn, Action::VisitStep, ("event", id.0), now)
}

/// Erases the photo. A member who does so takes the consent back.
///
/// # Errors
/// Not found for whoever has nothing to do with it.
pub fn remove_photo(
    conn: &mut Conn,
    viewer: &Viewer,
    id: EventId,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    let (_, part) = seen_by(conn, viewer, id)?;
    if part.is_visited {
        store::disagree(conn, id, viewer.person)?;
    }
    if store::remove_photo(conn, id)? {
        store::step(conn, (id, None), Deed::PhotoRemoved, Some(viewer.account), now)?;
        doer.did(conn, Action::VisitStep, ("event", id.0), now)?;
    }
    Ok(())
}

/// Erases photos whose time is over; how many.
///
/// # Errors
/// Those of the database.
pub fn sweep(conn: &mut Conn, now: Timestamp) -> Result<usize> {
    store::erase_photos(conn, now - Duration::days(PHOTO_DAYS))
}
