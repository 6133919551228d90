//! Plans: which lectures, from when to when; and their screenings, one by one or for many schools at once.
use super::spread::{Hall, Pattern, Show, Slot, Spread, minutes_for, spread};
use super::store::{self, Plan};
use super::{Channel, MOST_ITEMS, PlanState, Refusal, hours};
use crate::audit::{Action, Doer};
use crate::channels::{self, Announcement};
use crate::clock::{self, Timestamp};
use crate::db::Conn;
use crate::error::Result;
use crate::ids::{AccountId, BroadcastId, BroadcastItemId, LectureId, SchoolId};
use crate::lectures::{self, Filter};
use chrono::{Duration, NaiveDate};

/// What is said of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPlan {
    pub title: String,
    pub about: String,
    pub from: NaiveDate,
    /// The first day on which it is over.
    pub to: NaiveDate,
    pub key: String,
}

/// Makes a plan. The same key gives the same plan.
///
/// # Errors
/// Those of the database.
pub fn make(
    conn: &mut Conn,
    new: &NewPlan,
    by: AccountId,
    doer: &Doer,
    now: Timestamp,
) -> Result<BroadcastId> {
    match store::insert_plan(conn, new, by, now)? {
        Some(id) => {
            doer.did(conn, Action::BroadcastChanged, ("broadcast", id.0), now)?;
            Ok(id)
        }
        None => store::plan_of_key(conn, &new.key),
    }
}

/// The plan, if it may still be changed; its row is locked until the transaction ends.
fn open(conn: &mut Conn, id: BroadcastId) -> Result<Plan> {
    store::lock_plan(conn, id)?;
    let plan = store::plan(conn, id)?;
    if plan.state == PlanState::Closed { Err(Refusal::NotOpen.into()) } else { Ok(plan) }
}

/// Changes what is said of a plan.
///
/// # Errors
/// Refused once it is closed, and while screenings lie outside the new days.
pub fn change(conn: &mut Conn, id: BroadcastId, new: &NewPlan, doer: &Doer, now: Timestamp) -> Result<()> {
    open(conn, id)?;
    if store::has_outside(conn, id, clock::midnight(new.from), clock::midnight(new.to))? {
        return Err(Refusal::Outside.into());
    }
    store::update_plan(conn, id, new)?;
    doer.did(conn, Action::BroadcastChanged, ("broadcast", id.0), now)
}

/// Puts published lectures into a plan, for one channel; those that are there stay. Also for what elects lectures: a
/// contest hands its winners over by their numbers. How many are new.
///
/// # Errors
/// Refused once it is closed, and beyond [`MOST_ITEMS`].
pub fn add_lectures(
    conn: &mut Conn,
    id: BroadcastId,
    lectures: &[LectureId],
    channel: Channel,
    doer: &Doer,
    now: Timestamp,
) -> Result<usize> {
    open(conn, id)?;
    let known = lectures::cards_of(conn, lectures)?;
    let mut position = store::last_position(conn, id)?;
    let mut added = 0;
    for lecture in lectures.iter().filter(|lecture| known.iter().any(|card| card.id == **lecture)) {
        position += 1;
        if store::insert_item(conn, id, *lecture, channel, position)? {
            added += 1;
        }
    }
    if added == 0 {
        return Ok(0);
    }
    if store::count_items(conn, id)? > MOST_ITEMS {
        // The transaction takes them back.
        return Err(Refusal::TooMany.into());
    }
    if channel == Channel::School {
        store::grow(conn, id, i32::try_from(added).unwrap_or_default())?;
    }
    doer.did(conn, Action::BroadcastChanged, ("broadcast", id.0), now)?;
    Ok(added)
}

/// Which lectures of the gold lecturers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The newest one of each.
    One,
    All,
}

/// Puts the lectures of those into the plan who hold the title of gold lecturer today.
///
/// # Errors
/// As [`add_lectures`].
pub fn add_gold(
    conn: &mut Conn,
    id: BroadcastId,
    which: Which,
    channel: Channel,
    doer: &Doer,
    now: Timestamp,
) -> Result<usize> {
    let today = clock::day(now);
    let filter = Filter { gold_on: Some(today), is_signed_in: true, ..Filter::default() };
    let chosen: Vec<LectureId> = match which {
        Which::All => {
            lectures::cards(conn, &filter, 0, MOST_ITEMS)?.into_iter().map(|card| card.id).collect()
        }
        Which::One => {
            let mut newest = vec![];
            for gold in lectures::gold_instructors(conn, today)? {
                let own = Filter { instructor: Some(gold.id), is_signed_in: true, ..Filter::default() };
                newest.extend(lectures::cards(conn, &own, 0, 1)?.into_iter().map(|card| card.id));
            }
            newest
        }
    };
    add_lectures(conn, id, &chosen, channel, doer, now)
}

/// Takes a lecture out of a plan.
///
/// # Errors
/// Not found; refused once it has screenings or records.
pub fn remove_item(
    conn: &mut Conn,
    plan: BroadcastId,
    id: BroadcastItemId,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    open(conn, plan)?;
    let item = store::item(conn, plan, id)?;
    if !store::delete_item(conn, id)? {
        return Err(Refusal::InUse.into());
    }
    if item.channel == Channel::School {
        store::grow(conn, plan, -1)?;
    }
    doer.did(conn, Action::BroadcastChanged, ("broadcast", plan.0), now)
}

/// Publishes a plan: members see it, screens play it, and the groups are told.
///
/// # Errors
/// Refused once it was, and without lectures.
pub fn publish(conn: &mut Conn, id: BroadcastId, doer: &Doer, now: Timestamp) -> Result<()> {
    if store::count_items(conn, id)? == 0 {
        return Err(Refusal::Empty.into());
    }
    if !store::advance(conn, id, PlanState::Draft, PlanState::Published, now)? {
        return Err(Refusal::NotDraft.into());
    }
    let plan = store::plan(conn, id)?;
    let news = Announcement {
        key: format!("broadcast-{id}"),
        title: format!("展播安排发布：{}", plan.title),
        text: format!(
            "{} 到 {}，{} 课送到各微党校放映。",
            plan.from_day,
            plan.to_day - Duration::days(1),
            plan.item_count
        ),
        link: "/broadcast".into(),
    };
    channels::announce(conn, &news, now)?;
    doer.did(conn, Action::BroadcastPublished, ("broadcast", id.0), now)
}

/// Closes a plan: what has not begun is cancelled; what took place can still be confirmed.
///
/// # Errors
/// Refused unless it is published.
pub fn close(conn: &mut Conn, id: BroadcastId, doer: &Doer, now: Timestamp) -> Result<()> {
    if !store::advance(conn, id, PlanState::Published, PlanState::Closed, now)? {
        return Err(Refusal::NotPublished.into());
    }
    store::cancel_coming(conn, id, now)?;
    doer.did(conn, Action::BroadcastClosed, ("broadcast", id.0), now)
}

/// Plans one screening. Half-open: one may begin when another one ends.
///
/// # Errors
/// Not found; refused for a lecture of another channel, outside the plan's days, in the past, and where the school shows
/// something else.
pub fn screen(
    conn: &mut Conn,
    plan: BroadcastId,
    (item, school, starts_at): (BroadcastItemId, SchoolId, Timestamp),
    by: AccountId,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    let open = open(conn, plan)?;
    let item = store::item(conn, plan, item)?;
    if item.channel != Channel::School {
        return Err(Refusal::NotForSchools.into());
    }
    if starts_at < now
        || starts_at < clock::midnight(open.from_day)
        || starts_at >= clock::midnight(open.to_day)
    {
        return Err(Refusal::Past.into());
    }
    store::school_path(conn, school)?;
    let ends_at = starts_at + Duration::minutes(minutes_for(item.duration_ms));
    let slot = Slot { school, item: item.id, starts_at, ends_at };
    if store::insert_screenings(conn, plan, &[slot], by, now)? == 0 {
        return Err(Refusal::SlotTaken.into());
    }
    doer.did(conn, Action::ScreeningsScheduled, ("broadcast", plan.0), now)
}

/// Which schools.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    pub alliance: Option<crate::ids::AllianceId>,
    /// Only those below this organisation.
    pub path: Option<String>,
    /// Only those with a screen.
    pub with_screen: bool,
}

/// What a pattern would lead to, for all schools that are wanted.
///
/// # Errors
/// Not found; refused once the plan is closed.
pub fn spread_over(
    conn: &mut Conn,
    id: BroadcastId,
    wanted: &Wanted,
    pattern: &Pattern,
    now: Timestamp,
) -> Result<Spread> {
    let plan = store::plan(conn, id)?;
    if plan.state == PlanState::Closed {
        return Err(Refusal::NotOpen.into());
    }
    let pattern =
        Pattern { from: pattern.from.max(plan.from_day), to: pattern.to.min(plan.to_day), ..pattern.clone() };
    let shows: Vec<Show> = store::items(conn, id)?
        .iter()
        .filter(|item| item.channel == Channel::School)
        .map(|item| Show { item: item.id, minutes: minutes_for(item.duration_ms) })
        .collect();
    let schools = store::halls(conn, wanted)?;
    // From the day before: what began then may last.
    let taken =
        store::taken(conn, clock::midnight(pattern.from) - Duration::days(1), clock::midnight(pattern.to))?;
    let has = store::shown_pairs(conn, id)?;
    let halls: Vec<Hall> = schools
        .into_iter()
        .map(|(school, opening)| Hall {
            hours: hours(&opening),
            taken: taken.of(school).map(|one| (one.1, one.2)).collect(),
            has: has.of(school).map(|one| one.1).collect(),
            school,
        })
        .collect();
    Ok(spread(&halls, &shows, &pattern, now))
}

/// Plans all screenings of a pattern at once: all of them or none. `count` is what the preview promised. How many there are.
///
/// # Errors
/// As [`spread_over`]; refused if nothing fits, or something else fits than was promised.
pub fn schedule(
    conn: &mut Conn,
    id: BroadcastId,
    (wanted, pattern, count): (&Wanted, &Pattern, usize),
    by: AccountId,
    doer: &Doer,
    now: Timestamp,
) -> Result<usize> {
    open(conn, id)?;
    let made = spread_over(conn, id, wanted, pattern, now)?;
    if made.slots.is_empty() {
        return Err(Refusal::NothingFits.into());
    }
    if made.slots.len() != count || store::insert_screenings(conn, id, &made.slots, by, now)? != count {
        return Err(Refusal::Changed.into());
    }
    doer.did(conn, Action::ScreeningsScheduled, ("broadcast", id.0), now)?;
    Ok(count)
}
