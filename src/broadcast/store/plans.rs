//! Plans, the lectures in them, and where else those were shown.
use crate::broadcast::{Channel, NewPlan, NewRecord, PlanState};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, BroadcastId, BroadcastItemId, ChannelRecordId, LectureId, SchoolId};
use crate::lectures::Stage;
use crate::schema::{broadcast_items, broadcast_plans, channel_records, lectures, orgs, schools, screenings};
use chrono::NaiveDate;
use diesel::dsl::{exists, max, not};
use diesel::prelude::*;

#[derive(Queryable, Selectable, Debug, Clone, PartialEq, Eq)]
#[diesel(table_name = broadcast_plans)]
pub struct Plan {
    pub id: BroadcastId,
    pub title: String,
    pub about: String,
    pub from_day: NaiveDate,
    /// The first day on which it is over.
    pub to_day: NaiveDate,
    pub state: PlanState,
    /// Lectures for schools.
    pub item_count: i32,
    /// Cells (lecture, school) with a confirmed screening.
    pub covered: i32,
    pub published_at: Option<Timestamp>,
}

impl Plan {
    /// Its last day.
    pub fn last_day(&self) -> NaiveDate {
        self.to_day - chrono::Duration::days(1)
    }
    /// Cells in all, with so many schools.
    pub fn cells(&self, schools: i64) -> i64 {
        i64::from(self.item_count) * schools
    }
}

pub fn plan(conn: &mut Conn, id: BroadcastId) -> Result<Plan> {
    Ok(either!(conn, c => broadcast_plans::table.find(id).select(Plan::as_select()).first(c))?)
}

/// Plans, the newest first: all, or those in this state.
pub fn plans(conn: &mut Conn, state: Option<PlanState>, skip: i64, count: i64) -> Result<Vec<Plan>> {
    Ok(either!(conn, c => {
        let mut query = broadcast_plans::table
            .select(Plan::as_select())
            .order((broadcast_plans::from_day.desc(), broadcast_plans::id.desc()))
            .offset(skip)
            .limit(count)
            .into_boxed();
        if let Some(state) = state {
            query = query.filter(broadcast_plans::state.eq(state));
        }
        query.load(c)
    })?)
}

pub fn plan_of_key(conn: &mut Conn, key: &str) -> Result<BroadcastId> {
    let it = broadcast_plans::table.filter(broadcast_plans::key.eq(key));
    Ok(either!(conn, c => it.select(broadcast_plans::id).first(c))?)
}

/// `None` if there is one of this key.
pub fn insert_plan(
    conn: &mut Conn,
    new: &NewPlan,
    by: AccountId,
    now: Timestamp,
) -> Result<Option<BroadcastId>> {
    let row = (
        broadcast_plans::title.eq(&new.title),
        broadcast_plans::about.eq(&new.about),
        broadcast_plans::from_day.eq(new.from),
        broadcast_plans::to_day.eq(new.to),
        broadcast_plans::state.eq(PlanState::Draft),
        broadcast_plans::item_count.eq(0),
        broadcast_plans::covered.eq(0),
        broadcast_plans::made_by.eq(by),
        broadcast_plans::made_at.eq(now),
        broadcast_plans::key.eq(&new.key),
    );
    Ok(either!(conn, c => diesel::insert_into(broadcast_plans::table)
        .values(row)
        .on_conflict(broadcast_plans::key)
        .do_nothing()
        .returning(broadcast_plans::id)
        .get_result(c)
        .optional())?)
}

pub fn update_plan(conn: &mut Conn, id: BroadcastId, new: &NewPlan) -> Result<()> {
    let set = (
        broadcast_plans::title.eq(&new.title),
        broadcast_plans::about.eq(&new.about),
        broadcast_plans::from_day.eq(new.from),
        broadcast_plans::to_day.eq(new.to),
    );
    either!(conn, c => diesel::update(broadcast_plans::table.find(id)).set(set).execute(c))?;
    Ok(())
}

/// Locks the plan's row until the transaction ends.
pub fn lock_plan(conn: &mut Conn, id: BroadcastId) -> Result<()> {
    let same = broadcast_plans::item_count.eq(broadcast_plans::item_count);
    either!(conn, c => diesel::update(broadcast_plans::table.find(id)).set(same).execute(c))?;
    Ok(())
}

/// One step on the plan's way; `false` if it does not stand there.
pub fn advance(
    conn: &mut Conn,
    id: BroadcastId,
    from: PlanState,
    to: PlanState,
    now: Timestamp,
) -> Result<bool> {
    plan(conn, id)?;
    let it = broadcast_plans::table.find(id).filter(broadcast_plans::state.eq(from));
    let rows = match to {
        PlanState::Closed => either!(conn, c => diesel::update(it)
            .set((broadcast_plans::state.eq(to), broadcast_plans::closed_at.eq(now)))
            .execute(c))?,
        _ => either!(conn, c => diesel::update(it)
            .set((broadcast_plans::state.eq(to), broadcast_plans::published_at.eq(now)))
            .execute(c))?,
    };
    Ok(rows == 1)
}

/// Counts lectures for schools.
pub fn grow(conn: &mut Conn, id: BroadcastId, by: i32) -> Result<()> {
    let set = broadcast_plans::item_count.eq(broadcast_plans::item_count + by);
    either!(conn, c => diesel::update(broadcast_plans::table.find(id)).set(set).execute(c))?;
    Ok(())
}

/// A lecture in a plan, for one channel.
#[derive(Queryable, Debug, Clone)]
pub struct Item {
    pub id: BroadcastItemId,
    pub lecture: LectureId,
    pub channel: Channel,
    /// Schools that have shown it.
    pub covered: i32,
    pub title: String,
    pub duration_ms: i32,
    pub stage: Stage,
}

type Columns = (
    broadcast_items::id,
    broadcast_items::lecture_id,
    broadcast_items::channel,
    broadcast_items::covered,
    lectures::title,
    lectures::duration_ms,
    lectures::stage,
);
fn columns() -> Columns {
    (
        broadcast_items::id,
        broadcast_items::lecture_id,
        broadcast_items::channel,
        broadcast_items::covered,
        lectures::title,
        lectures::duration_ms,
        lectures::stage,
    )
}

/// The lectures of a plan in its order.
pub fn items(conn: &mut Conn, plan: BroadcastId) -> Result<Vec<Item>> {
    Ok(either!(conn, c => broadcast_items::table
        .inner_join(lectures::table)
        .filter(broadcast_items::plan_id.eq(plan))
        .order((broadcast_items::position, broadcast_items::id))
        .limit(4 * crate::broadcast::MOST_ITEMS)
        .select(columns())
        .load(c))?)
}

pub fn item(conn: &mut Conn, plan: BroadcastId, id: BroadcastItemId) -> Result<Item> {
    Ok(either!(conn, c => broadcast_items::table
        .inner_join(lectures::table)
        .filter(broadcast_items::id.eq(id).and(broadcast_items::plan_id.eq(plan)))
        .select(columns())
        .first(c))?)
}

pub fn count_items(conn: &mut Conn, plan: BroadcastId) -> Result<i64> {
    let own = broadcast_items::table.filter(broadcast_items::plan_id.eq(plan));
    Ok(either!(conn, c => own.count().get_result(c))?)
}

pub fn last_position(conn: &mut Conn, plan: BroadcastId) -> Result<i32> {
    let own = broadcast_items::table.filter(broadcast_items::plan_id.eq(plan));
    let last: Option<i32> = either!(conn, c => own.select(max(broadcast_items::position)).first(c))?;
    Ok(last.unwrap_or_default())
}

/// `false` if the lecture is there for this channel.
pub fn insert_item(
    conn: &mut Conn,
    plan: BroadcastId,
    lecture: LectureId,
    channel: Channel,
    position: i32,
) -> Result<bool> {
    let row = (
        broadcast_items::plan_id.eq(plan),
        broadcast_items::lecture_id.eq(lecture),
        broadcast_items::channel.eq(channel),
        broadcast_items::position.eq(position),
        broadcast_items::covered.eq(0),
    );
    let rows = either!(conn, c => diesel::insert_into(broadcast_items::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(rows == 1)
}

/// `false` if it has screenings or records. Whoever adds some holds the plan's row.
pub fn delete_item(conn: &mut Conn, id: BroadcastItemId) -> Result<bool> {
    let shown = screenings::table.filter(screenings::item_id.eq(id));
    let told = channel_records::table.filter(channel_records::item_id.eq(id));
    let it = broadcast_items::table
        .filter(broadcast_items::id.eq(id))
        .filter(not(exists(shown)))
        .filter(not(exists(told)));
    Ok(either!(conn, c => diesel::delete(it).execute(c))? == 1)
}

/// Where else a lecture was shown.
#[derive(Queryable, Debug, Clone)]
pub struct Record {
    pub id: ChannelRecordId,
    pub item: BroadcastItemId,
    pub name: String,
    pub address: String,
    pub at: Timestamp,
    /// After seven and after thirty days, where the channel counts.
    pub reads_7: Option<i32>,
    pub reads_30: Option<i32>,
}

/// The records of a plan, in the order of time.
pub fn records(conn: &mut Conn, plan: BroadcastId) -> Result<Vec<Record>> {
    Ok(either!(conn, c => channel_records::table
        .inner_join(broadcast_items::table)
        .filter(broadcast_items::plan_id.eq(plan))
        .order((channel_records::at, channel_records::id))
        .limit(1_000)
        .select((
            channel_records::id,
            channel_records::item_id,
            channel_records::name,
            channel_records::address,
            channel_records::at,
            channel_records::reads_7,
            channel_records::reads_30,
        ))
        .load(c))?)
}

/// Adds a record; `false` if there is one of this key.
pub fn insert_record(
    conn: &mut Conn,
    item: BroadcastItemId,
    new: &NewRecord,
    now: Timestamp,
) -> Result<bool> {
    let row = (
        channel_records::item_id.eq(item),
        channel_records::name.eq(&new.name),
        channel_records::address.eq(&new.address),
        channel_records::at.eq(new.at),
        channel_records::made_by.eq(new.by),
        channel_records::made_at.eq(now),
        channel_records::key.eq(&new.key),
    );
    let rows = either!(conn, c => diesel::insert_into(channel_records::table)
        .values(row)
        .on_conflict(channel_records::key)
        .do_nothing()
        .execute(c))?;
    Ok(rows == 1)
}

/// Says how often it was read; `false` if there is no such record in the plan.
pub fn set_reads(
    conn: &mut Conn,
    plan: BroadcastId,
    id: ChannelRecordId,
    reads: (Option<i32>, Option<i32>),
) -> Result<bool> {
    let of_plan =
        broadcast_items::table.filter(broadcast_items::plan_id.eq(plan)).select(broadcast_items::id);
    let it = channel_records::table
        .filter(channel_records::id.eq(id))
        .filter(channel_records::item_id.eq_any(of_plan));
    let set = (channel_records::reads_7.eq(reads.0), channel_records::reads_30.eq(reads.1));
    Ok(either!(conn, c => diesel::update(it).set(set).execute(c))? == 1)
}

/// Where the school's host stands in the tree.
pub fn school_path(conn: &mut Conn, school: SchoolId) -> Result<String> {
    let it = schools::id.eq(school).and(schools::valid_to.is_null());
    Ok(either!(conn, c => schools::table.inner_join(orgs::table).filter(it).select(orgs::path).first(c))?)
}
