//! The broadcast (展播): winners' lectures into schools, on their own screens, and into other channels. domain.md §4.10. A plan
//! names lectures; screenings put them into schools; a school confirms by its group viewing, from which the count comes, or
//! by a count and what shows it. Reads of articles are counters of a channel: no task, and nobody is ranked by them (D16).
mod atom;
mod confirm;
mod forms;
pub mod pages;
mod plans;
mod spread;
mod store;

use crate::access::Permission::HoldEvents;
use crate::access::Viewer;
use crate::audit::{Action, Doer};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{
    AccountId, BroadcastId, BroadcastItemId, ChannelRecordId, SchoolId, ScreeningId, random_hex,
};
use crate::lang::Message;
use crate::{msg, text_enum};
pub use confirm::{Confirmation, confirm};
pub use plans::{
    NewPlan, Wanted, Which, add_gold, add_lectures, change, close, make, publish, remove_item, schedule,
    screen, spread_over,
};
pub use spread::{Pattern, Slot, Spread, hours, minutes_for};
pub use store::{Item, Plan, Screening, begun, items, plan};

text_enum! {
    /// Where a lecture is shown.
    pub enum Channel {
        School = "school",
        Wechat = "wechat",
        Tv = "tv",
        Hall = "hall",
    }
}

impl Channel {
    pub fn words(self) -> Message {
        match self {
            Channel::School => msg!("微党校放映屏"),
            Channel::Wechat => msg!("公众号文章"),
            Channel::Tv => msg!("电视"),
            Channel::Hall => msg!("社区讲堂"),
        }
    }
}

text_enum! {
    pub enum PlanState {
        Draft = "draft",
        Published = "published",
        Closed = "closed",
    }
}

impl PlanState {
    pub fn words(self) -> Message {
        match self {
            PlanState::Draft => msg!("草稿"),
            PlanState::Published => msg!("已发布"),
            PlanState::Closed => msg!("已结束"),
        }
    }
}

text_enum! {
    pub enum SlotState {
        Planned = "planned",
        Cancelled = "cancelled",
    }
}

text_enum! {
    /// What shows that a screening took place.
    pub enum Proof {
        /// Its group viewing: the count is that of its attendance.
        Viewing = "viewing",
        /// A count, with a note on what shows it.
        Count = "count",
        /// It did not take place.
        None = "none",
    }
}

impl Proof {
    pub fn words(self) -> Message {
        match self {
            Proof::Viewing => msg!("用集体收看的记录"),
            Proof::Count => msg!("填到场人数和凭据"),
            Proof::None => msg!("这一场没有放"),
        }
    }
}

/// Lectures of one plan.
pub const MOST_ITEMS: i64 = 200;
/// A screening may be confirmed from its beginning, and this long after it.
pub const CONFIRM_DAYS: i64 = 60;
/// A group viewing proves a screening that was planned so many days before or after it.
pub const NEAR_DAYS: i64 = 7;

/// Why something about a broadcast is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    NotOpen,
    NotDraft,
    NotPublished,
    Empty,
    TooMany,
    Outside,
    InUse,
    NotForSchools,
    NotElsewhere,
    SlotTaken,
    Past,
    Cancelled,
    Confirmed,
    NotBegun,
    TooLate,
    Meanwhile,
    NoViewing,
    ViewingUsed,
    ViewingOpen,
    NothingFits,
    Changed,
}

impl Refusal {
    pub fn words(self) -> Message {
        match self {
            Refusal::NotOpen => msg!("这个展播计划已经结束，不能再改"),
            Refusal::NotDraft => msg!("这个展播计划已经发布过"),
            Refusal::NotPublished => msg!("这个展播计划还没有发布"),
            Refusal::Empty => msg!("还没有选课，不能发布"),
            Refusal::TooMany => msg!("一个展播计划最多 {} 课", MOST_ITEMS),
            Refusal::Outside => msg!("已有放映不在这段日期里，请先取消那些放映"),
            Refusal::InUse => msg!("这一课已经有放映或登记，不能移除"),
            Refusal::NotForSchools => msg!("只有选到“微党校放映屏”的课才能排到学校"),
            Refusal::NotElsewhere => msg!("选到“微党校放映屏”的课由学校确认，不用登记"),
            Refusal::SlotTaken => msg!("这所学校在这段时间里已有放映，请换一个时间"),
            Refusal::Past => msg!("放映时间要在计划的日期里，也不能早于现在"),
            Refusal::Cancelled => msg!("这一场已经取消"),
            Refusal::Confirmed => msg!("这一场已经确认放过，不能取消"),
            Refusal::NotBegun => msg!("放映开始后才能确认"),
            Refusal::TooLate => msg!("放映过去 {} 天以上，请联系组织者", CONFIRM_DAYS),
            Refusal::Meanwhile => msg!("您打开这一页以后，别人确认过这一场。请重新打开，看过再改"),
            Refusal::NoViewing => msg!("请选一场在这所学校收看这一课的集体收看"),
            Refusal::ViewingUsed => msg!("这场集体收看已经用来确认另一场放映"),
            Refusal::ViewingOpen => msg!("这场集体收看还没有结束，结束以后再用它确认"),
            Refusal::NothingFits => msg!("没有可以排的放映：换几天或换个时间再试"),
            Refusal::Changed => msg!("您预览以后放映或开放时间有变化，请重新预览再排"),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        Error::Refused(refusal.words())
    }
}

/// Whether this viewer keeps the screenings of the school: its host lies in their scope. Not while acting for somebody.
///
/// # Errors
/// Not found for a school that is not there.
pub fn keeps(conn: &mut Conn, viewer: &Viewer, school: SchoolId) -> Result<bool> {
    let path = store::school_path(conn, school)?;
    let paths = viewer.paths(HoldEvents);
    Ok(!viewer.is_acting() && paths.iter().any(|own| path.starts_with(own.as_str())))
}

/// As [`keeps`], for actions.
///
/// # Errors
/// Not found otherwise.
fn must_keep(conn: &mut Conn, viewer: &Viewer, school: SchoolId) -> Result<()> {
    if keeps(conn, viewer, school)? { Ok(()) } else { Err(Error::NotFound) }
}

/// Cancels a screening that nobody has confirmed. Once more changes nothing.
///
/// # Errors
/// Not found; refused for one that took place.
pub fn cancel(conn: &mut Conn, id: ScreeningId, doer: &Doer, now: Timestamp) -> Result<()> {
    let screening = store::screening(conn, id)?;
    if screening.state == SlotState::Cancelled {
        return Ok(());
    }
    if !store::cancel_screening(conn, id)? {
        return Err(Refusal::Confirmed.into());
    }
    doer.did(conn, Action::ScreeningCancelled, ("screening", id.0), now)
}

/// Gives the school's screen an address, in the place of the one that it had.
///
/// # Errors
/// Not found outside the viewer's scope.
pub fn open_kiosk(
    conn: &mut Conn,
    viewer: &Viewer,
    school: SchoolId,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    must_keep(conn, viewer, school)?;
    store::withdraw_kiosk(conn, school, now)?;
    store::insert_kiosk(conn, school, &random_hex(16), viewer.account, now)?;
    doer.did(conn, Action::KioskChanged, ("school", school.0), now)
}

/// Ends the address of the school's screen.
///
/// # Errors
/// Not found outside the viewer's scope.
pub fn close_kiosk(
    conn: &mut Conn,
    viewer: &Viewer,
    school: SchoolId,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    must_keep(conn, viewer, school)?;
    if store::withdraw_kiosk(conn, school, now)? {
        doer.did(conn, Action::KioskChanged, ("school", school.0), now)?;
    }
    Ok(())
}

/// Where else a lecture was shown, as somebody writes it down.
#[derive(Debug, Clone)]
pub struct NewRecord {
    /// The number of the article, the programme, the hall.
    pub name: String,
    /// Where it can be read; may be empty.
    pub address: String,
    pub at: Timestamp,
    pub key: String,
    pub by: AccountId,
}

/// Writes down where else a lecture of a plan was shown. The same key is the same record.
///
/// # Errors
/// Not found; refused for a lecture that is only for schools.
pub fn note_channel(
    conn: &mut Conn,
    (plan, item): (BroadcastId, BroadcastItemId),
    new: &NewRecord,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    store::lock_plan(conn, plan)?;
    if store::item(conn, plan, item)?.channel == Channel::School {
        return Err(Refusal::NotElsewhere.into());
    }
    if store::insert_record(conn, item, new, now)? {
        doer.did(conn, Action::BroadcastChanged, ("broadcast", plan.0), now)?;
    }
    Ok(())
}

/// Writes down how often an article was read after seven and after thirty days.
///
/// # Errors
/// Not found.
pub fn note_reads(
    conn: &mut Conn,
    plan: BroadcastId,
    record: ChannelRecordId,
    reads: (Option<i32>, Option<i32>),
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    if !store::set_reads(conn, plan, record, reads)? {
        return Err(Error::NotFound);
    }
    doer.did(conn, Action::BroadcastChanged, ("broadcast", plan.0), now)
}
