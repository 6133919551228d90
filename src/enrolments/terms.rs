//! What an organizer sets: seats, times, who may come.
use super::store;
use super::way::promote;
use super::{Refusal, Terms, What};
use crate::audit::{Action, Doer};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::Result;
use crate::ids::{CourseId, EventId, OfferingId, QuotaId};
use crate::organization;

/// Offers places in a course: open to everybody, as many as come, until the terms say otherwise.
///
/// # Errors
/// Those of the database.
pub fn offer_course(conn: &mut Conn, course: CourseId) -> Result<OfferingId> {
    store::offer(conn, What::Course(course), None)
}

/// Offers seats at an event.
///
/// # Errors
/// Those of the database.
pub fn offer_event(conn: &mut Conn, event: EventId, seats: Option<i32>) -> Result<OfferingId> {
    store::offer(conn, What::Event(event), seats)
}

/// Changes something about the terms as they are when nobody else can change them any more; how many moved up.
///
/// # Errors
/// As [`set_terms`].
pub fn change_terms(
    conn: &mut Conn,
    id: OfferingId,
    change: impl FnOnce(Terms) -> Terms,
    doer: &Doer,
    now: Timestamp,
) -> Result<usize> {
    let (offering, _) = store::lock(conn, id)?;
    let quotas = store::quotas(conn, id)?.into_iter().map(|quota| (quota.org, quota.seats)).collect();
    set_terms(conn, id, &change(Terms { quotas, ..offering.terms }), doer, now)
}

/// Sets the terms. Seats that become free are filled from the waiting list at once; how many that were. Seats that somebody
/// has are never taken away.
///
/// # Errors
/// A [`Refusal`] if there would be fewer seats than are taken.
pub fn set_terms(
    conn: &mut Conn,
    id: OfferingId,
    terms: &Terms,
    doer: &Doer,
    now: Timestamp,
) -> Result<usize> {
    let (offering, _) = store::lock(conn, id)?;
    let mut wanted = vec![];
    for (org, seats) in &terms.quotas {
        wanted.push((organization::find(conn, *org)?, *seats));
    }
    for (place, (org, _)) in wanted.iter().enumerate() {
        let is_nested = |(other, _): &(organization::Org, i32)| {
            other.path.starts_with(&org.path) || org.path.starts_with(&other.path)
        };
        if wanted[place + 1..].iter().any(is_nested) {
            return Err(Refusal::QuotasNested(org.name.clone()).into());
        }
    }
    // Where everybody gets a seat, none is reserved.
    if terms.capacity.is_none() {
        wanted.clear();
    }
    if terms.capacity.is_some_and(|capacity| capacity < offering.taken) {
        return Err(Refusal::BelowTaken(offering.taken).into());
    }
    let before = store::quotas(conn, id)?;
    // What is held by those whose reserved seats go becomes open; counted before the database checks the sums.
    let mut opened = 0;
    let mut kept: Vec<(QuotaId, i32)> = vec![];
    for quota in &before {
        match wanted.iter().find(|(org, _)| org.id == quota.org) {
            Some((_, seats)) if *seats < quota.taken => {
                return Err(Refusal::QuotaBelowTaken(quota.name.clone(), quota.taken).into());
            }
            Some((_, seats)) => kept.push((quota.id, *seats)),
            None => opened += quota.taken,
        }
    }
    let reserved: i32 = wanted.iter().map(|(_, seats)| *seats).sum();
    if let Some(capacity) = terms.capacity
        && i64::from(offering.taken_open) + i64::from(opened) + i64::from(reserved) > i64::from(capacity)
    {
        return Err(Refusal::QuotasTooMany.into());
    }
    // Fewer are reserved for a moment, so that no check of the database is hurt on the way.
    store::set_seats(conn, id, None, 0)?;
    for quota in before.iter().filter(|quota| kept.iter().all(|(id, _)| *id != quota.id)) {
        store::drop_quota(conn, quota.id)?;
    }
    for (quota, seats) in kept {
        store::set_quota(conn, quota, seats)?;
    }
    for (org, seats) in wanted.iter().filter(|(org, _)| before.iter().all(|quota| quota.org != org.id)) {
        store::insert_quota(conn, id, org.id, &org.path, *seats)?;
    }
    store::count(conn, id, store::Change { taken_open: opened, ..store::Change::default() })?;
    store::set_seats(conn, id, terms.capacity, reserved)?;
    store::set_terms(conn, id, terms)?;
    let promoted = promote(conn, &offering, now)?;
    doer.did(conn, Action::OfferingChanged, ("offering", id.0), now)?;
    Ok(promoted)
}
