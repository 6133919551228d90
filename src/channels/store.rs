//! Rows of robots, announcements, and what became of each for each.
use super::{Announcement, Kind, NewWebhook, State};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, AnnouncementId, DeliveryId, WebhookId};
use crate::schema::{announcements, deliveries, webhooks};
use chrono::Duration;
use diesel::prelude::*;

/// A robot as its page shows it: neither its whole address nor its secret leave this file but to be used.
#[derive(Queryable, Debug, Clone)]
pub struct Webhook {
    pub id: WebhookId,
    pub kind: Kind,
    pub name: String,
    pub address: String,
    pub is_on: bool,
    pub last_at: Option<Timestamp>,
    pub last_problem: String,
    pub paused_until: Option<Timestamp>,
}

type Columns = (
    webhooks::id,
    webhooks::kind,
    webhooks::name,
    webhooks::address,
    webhooks::is_on,
    webhooks::last_at,
    webhooks::last_problem,
    webhooks::paused_until,
);
fn columns() -> Columns {
    (
        webhooks::id,
        webhooks::kind,
        webhooks::name,
        webhooks::address,
        webhooks::is_on,
        webhooks::last_at,
        webhooks::last_problem,
        webhooks::paused_until,
    )
}

/// All robots, those that are on first; an installation has a handful.
pub fn webhooks(conn: &mut Conn) -> Result<Vec<Webhook>> {
    Ok(either!(conn, c => webhooks::table
        .order((webhooks::is_on.desc(), webhooks::id))
        .limit(200)
        .select(columns())
        .load(c))?)
}

pub fn webhook(conn: &mut Conn, id: WebhookId) -> Result<Webhook> {
    Ok(either!(conn, c => webhooks::table.find(id).select(columns()).first(c))?)
}

/// The robot that a message is for.
pub fn webhook_of(conn: &mut Conn, id: DeliveryId) -> Result<Webhook> {
    Ok(either!(conn, c => deliveries::table
        .inner_join(webhooks::table)
        .filter(deliveries::id.eq(id))
        .select(columns())
        .first(c))?)
}

/// `None` if there is one of this key.
pub fn insert_webhook(
    conn: &mut Conn,
    new: &NewWebhook,
    by: AccountId,
    now: Timestamp,
) -> Result<Option<WebhookId>> {
    let row = (
        webhooks::kind.eq(new.kind),
        webhooks::name.eq(&new.name),
        webhooks::address.eq(&new.address),
        webhooks::secret.eq(&new.secret),
        webhooks::is_on.eq(true),
        webhooks::last_problem.eq(""),
        webhooks::claims.eq(0),
        webhooks::made_by.eq(by),
        webhooks::made_at.eq(now),
        webhooks::key.eq(&new.key),
    );
    Ok(either!(conn, c => diesel::insert_into(webhooks::table)
        .values(row)
        .on_conflict(webhooks::key)
        .do_nothing()
        .returning(webhooks::id)
        .get_result(c)
        .optional())?)
}

/// `false` if it was so already, or is not there.
pub fn set_on(conn: &mut Conn, id: WebhookId, is_on: bool) -> Result<bool> {
    let other = webhooks::table.find(id).filter(webhooks::is_on.ne(is_on));
    let set = (webhooks::is_on.eq(is_on), webhooks::paused_until.eq(None::<Timestamp>));
    Ok(either!(conn, c => diesel::update(other).set(set).execute(c))? == 1)
}

/// What waits for a robot is not sent any more.
pub fn cancel_waiting(conn: &mut Conn, id: WebhookId, now: Timestamp) -> Result<()> {
    let waiting = deliveries::webhook_id.eq(id).and(deliveries::state.eq(State::Waiting));
    let set = (
        deliveries::state.eq(State::Cancelled),
        deliveries::next_at.eq(None::<Timestamp>),
        deliveries::ended_at.eq(now),
    );
    either!(conn, c => diesel::update(deliveries::table.filter(waiting)).set(set).execute(c))?;
    Ok(())
}

pub fn switched_on(conn: &mut Conn) -> Result<Vec<WebhookId>> {
    Ok(
        either!(conn, c => webhooks::table.filter(webhooks::is_on).order(webhooks::id).limit(200).select(webhooks::id).load(c))?,
    )
}

/// `None` if this fact was announced before.
pub fn insert_announcement(
    conn: &mut Conn,
    new: &Announcement,
    now: Timestamp,
) -> Result<Option<AnnouncementId>> {
    let row = (
        announcements::key.eq(&new.key),
        announcements::title.eq(&new.title),
        announcements::text.eq(&new.text),
        announcements::link.eq(&new.link),
        announcements::at.eq(now),
    );
    Ok(either!(conn, c => diesel::insert_into(announcements::table)
        .values(row)
        .on_conflict(announcements::key)
        .do_nothing()
        .returning(announcements::id)
        .get_result(c)
        .optional())?)
}

pub fn insert_deliveries(
    conn: &mut Conn,
    announcement: AnnouncementId,
    robots: &[WebhookId],
    now: Timestamp,
) -> Result<()> {
    let rows: Vec<_> = robots
        .iter()
        .map(|robot| {
            (
                deliveries::webhook_id.eq(*robot),
                deliveries::announcement_id.eq(announcement),
                deliveries::state.eq(State::Waiting),
                deliveries::tries.eq(0),
                deliveries::next_at.eq(Some(now)),
                deliveries::problem.eq(""),
            )
        })
        .collect();
    if !rows.is_empty() {
        either!(conn, c => diesel::insert_into(deliveries::table).values(&rows).execute(c))?;
    }
    Ok(())
}

/// The robots for which something is due.
pub fn due(conn: &mut Conn, now: Timestamp) -> Result<Vec<WebhookId>> {
    let is_free = webhooks::paused_until.is_null().or(webhooks::paused_until.le(now));
    let waits = deliveries::state.eq(State::Waiting).and(deliveries::next_at.le(now));
    let is_left = deliveries::state.eq(State::Sending).and(deliveries::lease_until.le(now));
    let some = deliveries::table.filter(deliveries::webhook_id.eq(webhooks::id)).filter(waits.or(is_left));
    Ok(either!(conn, c => webhooks::table
        .filter(webhooks::is_on)
        .filter(is_free)
        .filter(diesel::dsl::exists(some))
        .order(webhooks::id)
        .select(webhooks::id)
        .load(c))?)
}

/// A message that is this worker's until its lease is over.
#[derive(Debug, Clone)]
pub struct Claimed {
    pub id: DeliveryId,
    pub webhook: WebhookId,
    /// This try, from 1.
    pub tries: i32,
    pub kind: Kind,
    pub address: String,
    pub secret: String,
    pub title: String,
    pub text: String,
    pub link: String,
}

/// Claims the robot's next message, unless it has had so many within a minute. The robot's row is locked by counting the
/// claim: of two workers the second one sees what the first has taken.
pub fn claim(conn: &mut Conn, robot: WebhookId, a_minute: i64, now: Timestamp) -> Result<Option<Claimed>> {
    let is_free = webhooks::paused_until.is_null().or(webhooks::paused_until.le(now));
    let open = webhooks::table.find(robot).filter(webhooks::is_on).filter(is_free);
    let found: Option<(Kind, String, String)> = either!(conn, c => diesel::update(open)
        .set(webhooks::claims.eq(webhooks::claims + 1))
        .returning((webhooks::kind, webhooks::address, webhooks::secret))
        .get_result(c)
        .optional())?;
    let Some((kind, address, secret)) = found else { return Ok(None) };
    let lately = deliveries::webhook_id.eq(robot).and(deliveries::tried_at.gt(now - Duration::minutes(1)));
    let had: i64 = either!(conn, c => deliveries::table.filter(lately).count().get_result(c))?;
    if had >= a_minute {
        return Ok(None);
    }
    let waits = deliveries::state.eq(State::Waiting).and(deliveries::next_at.le(now));
    let is_left = deliveries::state.eq(State::Sending).and(deliveries::lease_until.le(now));
    let next: Option<DeliveryId> = either!(conn, c => deliveries::table
        .filter(deliveries::webhook_id.eq(robot))
        .filter(waits.or(is_left))
        .order(deliveries::id)
        .select(deliveries::id)
        .first(c)
        .optional())?;
    let Some(id) = next else { return Ok(None) };
    let set = (
        deliveries::state.eq(State::Sending),
        deliveries::tries.eq(deliveries::tries + 1),
        deliveries::next_at.eq(None::<Timestamp>),
        deliveries::lease_until.eq(now + Duration::seconds(super::send::LEASE_SECONDS)),
        deliveries::tried_at.eq(now),
    );
    let (announcement, tries): (AnnouncementId, i32) = either!(conn, c => diesel::update(deliveries::table.find(id))
        .set(set)
        .returning((deliveries::announcement_id, deliveries::tries))
        .get_result(c))?;
    let (title, text, link) = either!(conn, c => announcements::table
        .find(announcement)
        .select((announcements::title, announcements::text, announcements::link))
        .first(c))?;
    Ok(Some(Claimed { id, webhook: robot, tries, kind, address, secret, title, text, link }))
}

/// Says what became of a claimed message: where it stands, when it is tried again, until when its robot is left alone.
/// Nothing happens if another worker has it by now.
pub fn end(
    conn: &mut Conn,
    claimed: &Claimed,
    (state, next, paused): (State, Option<Timestamp>, Option<Timestamp>),
    problem: &str,
    now: Timestamp,
) -> Result<()> {
    let mine = deliveries::table
        .find(claimed.id)
        .filter(deliveries::state.eq(State::Sending).and(deliveries::tries.eq(claimed.tries)));
    let ended = (state != State::Waiting).then_some(now);
    let set = (
        deliveries::state.eq(state),
        deliveries::next_at.eq(next),
        deliveries::lease_until.eq(None::<Timestamp>),
        deliveries::ended_at.eq(ended),
        deliveries::problem.eq(problem),
    );
    if either!(conn, c => diesel::update(mine).set(set).execute(c))? == 0 {
        return Ok(());
    }
    let set =
        (webhooks::last_at.eq(now), webhooks::last_problem.eq(problem), webhooks::paused_until.eq(paused));
    either!(conn, c => diesel::update(webhooks::table.find(claimed.webhook)).set(set).execute(c))?;
    // It was switched off meanwhile: what is left of it waits for nothing.
    if state == State::Waiting && !webhook(conn, claimed.webhook)?.is_on {
        cancel_waiting(conn, claimed.webhook, now)?;
    }
    Ok(())
}

/// Lets a message that was given up wait again; `false` if it was not given up.
pub fn revive(conn: &mut Conn, id: DeliveryId, now: Timestamp) -> Result<bool> {
    let over = deliveries::table.find(id).filter(deliveries::state.eq(State::GaveUp));
    let set = (
        deliveries::state.eq(State::Waiting),
        deliveries::tries.eq(0),
        deliveries::next_at.eq(now),
        deliveries::ended_at.eq(None::<Timestamp>),
    );
    Ok(either!(conn, c => diesel::update(over).set(set).execute(c))? == 1)
}

/// A message to a robot in the list.
#[derive(Queryable, Debug, Clone)]
pub struct Row {
    pub id: DeliveryId,
    pub robot: String,
    pub title: String,
    pub link: String,
    pub at: Timestamp,
    pub state: State,
    pub tries: i32,
    pub next_at: Option<Timestamp>,
    pub problem: String,
}

/// The newest messages.
pub fn newest(conn: &mut Conn, skip: i64, count: i64) -> Result<Vec<Row>> {
    Ok(either!(conn, c => deliveries::table
        .inner_join(webhooks::table)
        .inner_join(announcements::table)
        .order(deliveries::id.desc())
        .offset(skip)
        .limit(count)
        .select((
            deliveries::id,
            webhooks::name,
            announcements::title,
            announcements::link,
            announcements::at,
            deliveries::state,
            deliveries::tries,
            deliveries::next_at,
            deliveries::problem,
        ))
        .load(c))?)
}
