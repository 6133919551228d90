//! Screenings and what confirms them. That no two overlap in one school is the database's own rule (a trigger that locks the
//! school's row); here it is asked first, so that whoever comes second is told in words.
use crate::broadcast::plans::Wanted;
use crate::broadcast::{Confirmation, NEAR_DAYS, Proof, Refusal, Slot, SlotState};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::events::{Kind, State};
use crate::ids::{
    AccountId, BroadcastId, BroadcastItemId, ConfirmationId, EventId, LectureId, SchoolId, ScreeningId,
};
use crate::organization::after;
use crate::schema::{
    accounts, alliance_schools, broadcast_items, broadcast_plans, broadcast_schools, events, orgs, persons,
    schools, screening_confirmations, screening_notes, screenings,
};
use chrono::Duration;
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::result::DatabaseErrorKind::UniqueViolation;
use diesel::result::Error::DatabaseError;

#[derive(Queryable, Debug, Clone)]
pub struct Screening {
    pub id: ScreeningId,
    pub plan: BroadcastId,
    pub item: BroadcastItemId,
    pub lecture: LectureId,
    pub school: SchoolId,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub state: SlotState,
    pub revision: i32,
    pub is_confirmed: bool,
    pub present: i32,
    pub event: Option<EventId>,
}

pub fn screening(conn: &mut Conn, id: ScreeningId) -> Result<Screening> {
    Ok(either!(conn, c => screenings::table
        .inner_join(broadcast_items::table)
        .filter(screenings::id.eq(id))
        .select((
            screenings::id,
            screenings::plan_id,
            screenings::item_id,
            broadcast_items::lecture_id,
            screenings::school_id,
            screenings::starts_at,
            screenings::ends_at,
            screenings::state,
            screenings::revision,
            screenings::is_confirmed,
            screenings::present,
            screenings::event_id,
        ))
        .first(c))?)
}

/// Rows that begin with their school, in its order.
pub struct BySchool<T>(Vec<(SchoolId, T)>);

impl<T> BySchool<T> {
    fn new(mut rows: Vec<(SchoolId, T)>) -> BySchool<T> {
        rows.sort_by_key(|row| row.0);
        BySchool(rows)
    }
    fn within(&self, school: SchoolId) -> &[(SchoolId, T)] {
        let first = self.0.partition_point(|row| row.0 < school);
        let last = self.0.partition_point(|row| row.0 <= school);
        &self.0[first..last]
    }
}

impl BySchool<(Timestamp, Timestamp)> {
    pub fn of(&self, school: SchoolId) -> impl Iterator<Item = (SchoolId, Timestamp, Timestamp)> {
        self.within(school).iter().map(|row| (row.0, row.1.0, row.1.1))
    }
}

impl BySchool<BroadcastItemId> {
    pub fn of(&self, school: SchoolId) -> impl Iterator<Item = (SchoolId, BroadcastItemId)> {
        self.within(school).iter().copied()
    }
}

/// When the schools show something, of what begins between two moments.
pub fn taken(conn: &mut Conn, from: Timestamp, to: Timestamp) -> Result<BySchool<(Timestamp, Timestamp)>> {
    let planned = screenings::state
        .eq(SlotState::Planned)
        .and(screenings::starts_at.ge(from))
        .and(screenings::starts_at.lt(to));
    let rows: Vec<(SchoolId, Timestamp, Timestamp)> = either!(conn, c => screenings::table
        .filter(planned)
        .select((screenings::school_id, screenings::starts_at, screenings::ends_at))
        .load(c))?;
    Ok(BySchool::new(rows.into_iter().map(|row| (row.0, (row.1, row.2))).collect()))
}

/// What the schools show of a plan.
pub fn shown_pairs(conn: &mut Conn, plan: BroadcastId) -> Result<BySchool<BroadcastItemId>> {
    let planned = screenings::state.eq(SlotState::Planned).and(screenings::plan_id.eq(plan));
    let rows = either!(conn, c => screenings::table
        .filter(planned)
        .select((screenings::school_id, screenings::item_id))
        .load(c))?;
    Ok(BySchool::new(rows))
}

/// The schools that are wanted, with their opening hours; by their numbers, so that two who plan for many wait for each other
/// in one order.
pub fn halls(conn: &mut Conn, wanted: &Wanted) -> Result<Vec<(SchoolId, String)>> {
    Ok(either!(conn, c => {
        let mut query = schools::table
            .inner_join(orgs::table)
            .filter(schools::valid_to.is_null())
            .order(schools::id)
            .select((schools::id, schools::opening_hours))
            .into_boxed();
        if let Some(alliance) = wanted.alliance {
            let members = alliance_schools::table
                .filter(alliance_schools::alliance_id.eq(alliance).and(alliance_schools::valid_to.is_null()))
                .select(alliance_schools::school_id);
            query = query.filter(schools::id.eq_any(members));
        }
        if let Some(path) = &wanted.path {
            query = query.filter(orgs::path.ge(path.clone()).and(orgs::path.lt(after(path))));
        }
        if wanted.with_screen {
            query = query.filter(schools::has_screen);
        }
        query.load(c)
    })?)
}

/// Adds these screenings; how many there was room for. One that meets another one stays out, without a word.
///
/// # Errors
/// Refused if somebody has taken the same time at the same moment.
pub fn insert_screenings(
    conn: &mut Conn,
    plan: BroadcastId,
    slots: &[Slot],
    by: AccountId,
    now: Timestamp,
) -> Result<usize> {
    let (Some(first), Some(last)) =
        (slots.iter().map(|slot| slot.starts_at).min(), slots.iter().map(|slot| slot.ends_at).max())
    else {
        return Ok(0);
    };
    let there = match slots {
        // For one, only its school is looked at.
        [one] => BySchool::new(taken_in(conn, one)?),
        _ => taken(conn, first - Duration::days(1), last)?,
    };
    let is_free = |slot: &&Slot| {
        there.of(slot.school).all(|(_, from, to)| from >= slot.ends_at || to <= slot.starts_at)
    };
    let rows: Vec<_> = slots
        .iter()
        .filter(is_free)
        .map(|slot| {
            (
                screenings::plan_id.eq(plan),
                screenings::item_id.eq(slot.item),
                screenings::school_id.eq(slot.school),
                screenings::starts_at.eq(slot.starts_at),
                screenings::ends_at.eq(slot.ends_at),
                screenings::state.eq(SlotState::Planned),
                screenings::revision.eq(0),
                screenings::is_confirmed.eq(false),
                screenings::present.eq(0),
                screenings::made_by.eq(by),
                screenings::made_at.eq(now),
            )
        })
        .collect();
    for some in rows.chunks(500) {
        let outcome = either!(conn, c => diesel::insert_into(screenings::table).values(some).execute(c));
        match outcome {
            Err(DatabaseError(_, about)) if about.message().contains("the slot is taken") => {
                return Err(Refusal::SlotTaken.into());
            }
            outcome => outcome?,
        };
    }
    Ok(rows.len())
}

/// What the slot's school shows around it.
fn taken_in(conn: &mut Conn, slot: &Slot) -> Result<Vec<(SchoolId, (Timestamp, Timestamp))>> {
    let planned = screenings::state
        .eq(SlotState::Planned)
        .and(screenings::school_id.eq(slot.school))
        .and(screenings::starts_at.gt(slot.starts_at - Duration::days(1)))
        .and(screenings::starts_at.lt(slot.ends_at));
    let rows: Vec<(Timestamp, Timestamp)> = either!(conn, c => screenings::table
        .filter(planned)
        .select((screenings::starts_at, screenings::ends_at))
        .load(c))?;
    Ok(rows.into_iter().map(|row| (slot.school, row)).collect())
}

/// Whether a plan has screenings that do not begin within `[from, to)`.
pub fn has_outside(conn: &mut Conn, plan: BroadcastId, from: Timestamp, to: Timestamp) -> Result<bool> {
    let outside = screenings::table
        .filter(screenings::plan_id.eq(plan).and(screenings::state.eq(SlotState::Planned)))
        .filter(screenings::starts_at.lt(from).or(screenings::starts_at.ge(to)));
    Ok(either!(conn, c => diesel::select(exists(outside)).get_result(c))?)
}

/// `false` for one that is confirmed.
pub fn cancel_screening(conn: &mut Conn, id: ScreeningId) -> Result<bool> {
    let it = screenings::table.find(id).filter(screenings::is_confirmed.eq(false));
    let set = screenings::state.eq(SlotState::Cancelled);
    Ok(either!(conn, c => diesel::update(it).set(set).execute(c))? == 1)
}

/// Cancels what has not begun.
pub fn cancel_coming(conn: &mut Conn, plan: BroadcastId, now: Timestamp) -> Result<()> {
    let coming = screenings::table
        .filter(screenings::plan_id.eq(plan).and(screenings::state.eq(SlotState::Planned)))
        .filter(screenings::starts_at.gt(now).and(screenings::is_confirmed.eq(false)));
    either!(conn, c => diesel::update(coming).set(screenings::state.eq(SlotState::Cancelled)).execute(c))?;
    Ok(())
}

/// The screenings of a plan that have begun, in the order of time, with when each ends.
pub fn begun(conn: &mut Conn, plan: BroadcastId, now: Timestamp) -> Result<Vec<(ScreeningId, Timestamp)>> {
    Ok(either!(conn, c => screenings::table
        .filter(screenings::plan_id.eq(plan).and(screenings::state.eq(SlotState::Planned)))
        .filter(screenings::starts_at.le(now))
        .order((screenings::starts_at, screenings::id))
        .select((screenings::id, screenings::ends_at))
        .load(c))?)
}

/// What the last confirmation makes of a screening.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    /// The revision that it takes the place of.
    pub seen: i32,
    pub is_confirmed: bool,
    pub present: i32,
    pub event: Option<EventId>,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    Done,
    /// Somebody else has confirmed it since.
    Meanwhile,
    /// The viewing proves another screening.
    Used,
}

pub fn set_head(conn: &mut Conn, id: ScreeningId, head: &Head) -> Result<Set> {
    let it = screenings::table
        .find(id)
        .filter(screenings::revision.eq(head.seen).and(screenings::state.eq(SlotState::Planned)));
    let set = (
        screenings::revision.eq(screenings::revision + 1),
        screenings::is_confirmed.eq(head.is_confirmed),
        screenings::present.eq(head.present),
        screenings::event_id.eq(head.event),
    );
    match either!(conn, c => diesel::update(it).set(set).execute(c)) {
        Ok(0) => Ok(Set::Meanwhile),
        Ok(_) => Ok(Set::Done),
        Err(DatabaseError(UniqueViolation, _)) => Ok(Set::Used),
        Err(error) => Err(Error::from(error)),
    }
}

/// Whether this form was sent before.
pub fn is_known(conn: &mut Conn, key: &str) -> Result<bool> {
    let it = screening_confirmations::table.filter(screening_confirmations::key.eq(key));
    Ok(either!(conn, c => diesel::select(exists(it)).get_result(c))?)
}

pub fn insert_confirmation(
    conn: &mut Conn,
    id: ScreeningId,
    new: &Confirmation,
    (event, present): (Option<EventId>, i32),
    by: AccountId,
    now: Timestamp,
) -> Result<()> {
    let row = (
        screening_confirmations::screening_id.eq(id),
        screening_confirmations::revision.eq(new.seen + 1),
        screening_confirmations::kind.eq(new.kind),
        screening_confirmations::event_id.eq(event),
        screening_confirmations::present.eq(present),
        screening_confirmations::recorded_by.eq(by),
        screening_confirmations::recorded_at.eq(now),
        screening_confirmations::key.eq(&new.key),
    );
    let confirmation: ConfirmationId = either!(conn, c => diesel::insert_into(screening_confirmations::table)
        .values(row)
        .returning(screening_confirmations::id)
        .get_result(c))?;
    if !new.note.is_empty() {
        let row = (screening_notes::confirmation_id.eq(confirmation), screening_notes::note.eq(&new.note));
        either!(conn, c => diesel::insert_into(screening_notes::table).values(row).execute(c))?;
    }
    Ok(())
}

/// Locks what is counted of a school in a plan until the transaction ends.
pub fn lock_cell(conn: &mut Conn, plan: BroadcastId, school: SchoolId) -> Result<()> {
    let row = (
        broadcast_schools::plan_id.eq(plan),
        broadcast_schools::school_id.eq(school),
        broadcast_schools::covered.eq(0),
    );
    either!(conn, c => diesel::insert_into(broadcast_schools::table)
        .values(row)
        .on_conflict((broadcast_schools::plan_id, broadcast_schools::school_id))
        .do_update()
        .set(broadcast_schools::covered.eq(broadcast_schools::covered))
        .execute(c))?;
    Ok(())
}

/// Whether a school has shown a lecture of a plan.
pub fn is_covered(conn: &mut Conn, item: BroadcastItemId, school: SchoolId) -> Result<bool> {
    let shown = screenings::table.filter(
        screenings::school_id
            .eq(school)
            .and(screenings::item_id.eq(item))
            .and(screenings::state.eq(SlotState::Planned))
            .and(screenings::is_confirmed),
    );
    Ok(either!(conn, c => diesel::select(exists(shown)).get_result(c))?)
}

/// Counts a cell in (`1`) or out (`-1`): of the school, the lecture and the plan.
pub fn cover(conn: &mut Conn, of: &Screening, by: i32) -> Result<()> {
    let school = broadcast_schools::table.find((of.plan, of.school));
    either!(conn, c => diesel::update(school)
        .set(broadcast_schools::covered.eq(broadcast_schools::covered + by))
        .execute(c))?;
    either!(conn, c => diesel::update(broadcast_items::table.find(of.item))
        .set(broadcast_items::covered.eq(broadcast_items::covered + by))
        .execute(c))?;
    either!(conn, c => diesel::update(broadcast_plans::table.find(of.plan))
        .set(broadcast_plans::covered.eq(broadcast_plans::covered + by))
        .execute(c))?;
    Ok(())
}

/// What was said of a screening.
#[derive(Queryable, Debug, Clone)]
pub struct Past {
    pub kind: Proof,
    pub event: Option<EventId>,
    pub present: i32,
    pub at: Timestamp,
    pub by: String,
    pub note: Option<String>,
}

/// Everything that was said of it, the newest first.
pub fn past(conn: &mut Conn, id: ScreeningId) -> Result<Vec<Past>> {
    Ok(either!(conn, c => screening_confirmations::table
        .inner_join(accounts::table.inner_join(persons::table))
        .left_join(screening_notes::table)
        .filter(screening_confirmations::screening_id.eq(id))
        .order(screening_confirmations::revision.desc())
        .limit(50)
        .select((
            screening_confirmations::kind,
            screening_confirmations::event_id,
            screening_confirmations::present,
            screening_confirmations::recorded_at,
            persons::name,
            screening_notes::note.nullable(),
        ))
        .load(c))?)
}

/// Group viewings that may prove a screening: of its lecture, in its school, ended, within some days.
pub fn viewings_near(conn: &mut Conn, of: &Screening) -> Result<Vec<(EventId, Timestamp)>> {
    let near = Duration::days(NEAR_DAYS);
    let is_it = events::kind
        .eq(Kind::GroupViewing)
        .and(events::state.eq(State::Held))
        .and(events::school_id.eq(of.school))
        .and(events::lecture_id.eq(of.lecture))
        .and(events::starts_at.ge(of.starts_at - near))
        .and(events::starts_at.le(of.starts_at + near));
    Ok(either!(conn, c => events::table
        .filter(is_it)
        .order((events::starts_at, events::id))
        .limit(20)
        .select((events::id, events::starts_at))
        .load(c))?)
}
