//! What happens at a time and a place, and who was there: sessions of courses, study discussions, group viewing; later
//! screenings, visits, meetings. domain.md §4.2. Seats are the enrolments' matter; here is when, where, and the attendance,
//! of which one row holds for each member and event and every change appends.
mod attendance;
mod calendar;
mod codes;
mod forms;
pub mod pages;
mod store;

use crate::access::Permission::HoldEvents;
use crate::access::Viewer;
use crate::audit::{Action, Doer};
use crate::clock::{self, Timestamp};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{AccountId, BaseId, EventId, LectureId, OrgId, SchoolId};
use crate::inbox::{self, NewNotice};
use crate::lang::Message;
use crate::{msg, text_enum};
pub use attendance::{Entry, Mark, Method, Roll, Status, Via, record, take, take_with};
pub use calendar::{Dated, Feeds};
use chrono::{Duration, NaiveDate};
pub use codes::{Outcome, STEP, check_in, shown};
pub use forms::via_word;
pub use store::{
    Choices, Event, Line, Past, choices, counting, find, guests, history, is_expected, lecture_title,
    lectures_named, lines, makeups, on_roll, own, set_state, standing,
};

text_enum! {
    pub enum Kind {
        Session = "session",
        GroupViewing = "group_viewing",
        StudyDiscussion = "study_discussion",
        Screening = "screening",
        HomeVisit = "home_visit",
        Meeting = "meeting",
    }
}

impl Kind {
    pub fn words(self) -> Message {
        match self {
            Kind::Session => msg!("现场课"),
            Kind::GroupViewing => msg!("集体收看"),
            Kind::StudyDiscussion => msg!("研讨"),
            Kind::Screening => msg!("展播"),
            Kind::HomeVisit => msg!("送学上门"),
            Kind::Meeting => msg!("会议"),
        }
    }
    /// Whether it is for the members of an organisation, without enrolment.
    pub fn is_of_branch(self) -> bool {
        matches!(self, Kind::GroupViewing | Kind::StudyDiscussion)
    }
}

text_enum! {
    pub enum State {
        Planned = "planned",
        UnderWay = "under_way",
        Held = "held",
        Cancelled = "cancelled",
    }
}

impl State {
    pub fn words(self) -> Message {
        match self {
            State::Planned => msg!("未开始"),
            State::UnderWay => msg!("正在进行"),
            State::Held => msg!("已结束"),
            State::Cancelled => msg!("已取消"),
        }
    }
}

/// What can be changed of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub title: String,
    pub about: String,
    /// What is watched.
    pub lecture: Option<LectureId>,
    pub school: Option<SchoolId>,
    pub base: Option<BaseId>,
    /// A room, a way to it.
    pub place: String,
    /// Empty if it does not take place online.
    pub online_url: String,
    pub lecturer: String,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
}

/// An event that is not there yet; a post that comes twice carries the same key.
#[derive(Debug, Clone)]
pub struct NewEvent {
    pub kind: Kind,
    /// Who holds it.
    pub org: OrgId,
    pub plan: Plan,
    pub key: String,
}

/// Attendance can be recorded from so many minutes before the beginning.
pub const EARLY_MINUTES: i64 = 30;
/// A missed event can be made up for within so many days.
pub const MAKEUP_DAYS: i64 = 30;
/// The longest event, in days.
const LONGEST_DAYS: i64 = 14;

/// Why something about an event is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    NotMadeHere,
    NoTime,
    TooLong,
    NoPlace,
    TwoPlaces,
    NotHttps,
    NoLecture,
    Cancelled,
    Over,
    ChangedMeanwhile,
    NotBegun,
    MinutesWithout,
    MakeupWithout,
    NotOpen,
    NotExpected,
    HasAttendance(usize),
    CodeUsed,
    KeyUsed,
    /// Of a visit: nobody's list says that it took place.
    OfVisit,
}

impl Refusal {
    pub fn words(self) -> Message {
        match self {
            Refusal::NotMadeHere => msg!("这一类活动不在这里安排"),
            Refusal::NoTime => msg!("结束时间要晚于开始时间"),
            Refusal::TooLong => msg!("一次活动不超过 {} 天，更长的请分几次安排", LONGEST_DAYS),
            Refusal::NoPlace => msg!("请选学校或基地，或者填写线上地址"),
            Refusal::TwoPlaces => msg!("学校和实训基地只选一个"),
            Refusal::NotHttps => msg!("线上地址要以 https:// 开头"),
            Refusal::NoLecture => msg!("集体收看要先选一堂课"),
            Refusal::Cancelled => msg!("这次活动已经取消，不能再改"),
            Refusal::Over => msg!("这次活动已经结束，时间和地点不能再改；到场情况可以更正"),
            Refusal::ChangedMeanwhile => {
                msg!("您打开这一页以后，别人改过这次活动。请重新打开，在新的内容上再改")
            }
            Refusal::NotBegun => msg!("开始前 {} 分钟起才能登记到场；请假可以提前登记", EARLY_MINUTES),
            Refusal::MinutesWithout => msg!("没有参加的人不记时长"),
            Refusal::MakeupWithout => msg!("补学要写明补了哪次活动或哪堂课"),
            Refusal::NotOpen => msg!(
                "现在不能签到：开始前 {} 分钟到结束这段时间可以签。错过了请找负责登记的人",
                EARLY_MINUTES
            ),
            Refusal::HasAttendance(count) => {
                msg!("已经登记了 {} 人到场，不能再取消，也不能改到以后。登记错了的，请先在登记页改正", count)
            }
            Refusal::CodeUsed => {
                msg!(
                    "您已经用现场码签到过，之后的登记有改动，不能再用码签到。有不同意见请找负责登记的人，或者提出异议"
                )
            }
            Refusal::OfVisit => {
                msg!("送学上门由第二人签名、本人确认后才算，不在名单上登记")
            }
            Refusal::KeyUsed => msg!("这张表已经提交过一次。请重新打开这一页，在新的内容上再改"),
            Refusal::NotExpected => {
                msg!("名单上没有您：要先报名，或者是这个支部的党员。到了现场请找负责登记的人")
            }
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        Error::Refused(refusal.words())
    }
}

impl Plan {
    /// What makes no sense of an event, by the name of the field.
    pub fn problem(&self, kind: Kind) -> Option<(&'static str, Refusal)> {
        let host = self.online_url.strip_prefix("https://");
        let is_https =
            host.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && !rest.contains(' '));
        if self.ends_at <= self.starts_at {
            Some(("ends", Refusal::NoTime))
        } else if self.ends_at - self.starts_at > Duration::days(LONGEST_DAYS) {
            Some(("ends", Refusal::TooLong))
        } else if self.school.is_some() && self.base.is_some() {
            Some(("base", Refusal::TwoPlaces))
        } else if !self.online_url.is_empty() && !is_https {
            Some(("online", Refusal::NotHttps))
        } else if self.school.is_none() && self.base.is_none() && self.online_url.is_empty() {
            Some(("school", Refusal::NoPlace))
        } else if kind == Kind::GroupViewing && self.lecture.is_none() {
            Some(("lecture", Refusal::NoLecture))
        } else {
            None
        }
    }
    /// Whether somebody who is coming has to know what is different in `other`.
    fn has_moved(&self, other: &Plan) -> bool {
        (self.starts_at, self.ends_at, self.school, self.base)
            != (other.starts_at, other.ends_at, other.school, other.base)
            || self.place != other.place
            || self.online_url != other.online_url
    }
}

impl Event {
    /// Where it stands at `now`: what was recorded, or what the clock says.
    pub fn phase(&self, now: Timestamp) -> State {
        match self.state {
            State::Planned if now >= self.ends_at => State::Held,
            State::Planned if now >= self.starts_at => State::UnderWay,
            state => state,
        }
    }
    /// The day in the city on which it begins.
    pub fn day(&self) -> NaiveDate {
        clock::day(self.starts_at)
    }
    /// Whether attendance can be recorded already.
    pub fn has_begun(&self, now: Timestamp) -> bool {
        now >= self.starts_at - Duration::minutes(EARLY_MINUTES)
    }
    /// How long it lasts.
    pub fn minutes(&self) -> i32 {
        i32::try_from((self.ends_at - self.starts_at).num_minutes()).unwrap_or_default()
    }
    pub fn plan(&self) -> Plan {
        Plan {
            title: self.title.clone(),
            about: self.about.clone(),
            lecture: self.lecture,
            school: self.school,
            base: self.base,
            place: self.place.clone(),
            online_url: self.online_url.clone(),
            lecturer: self.lecturer.clone(),
            starts_at: self.starts_at,
            ends_at: self.ends_at,
        }
    }
    /// When it begins, for messages: the same in every language.
    pub fn when(&self) -> String {
        clock::local(self.starts_at).format("%Y-%m-%d %H:%M").to_string()
    }
}

/// Arranges an event and tells the members of the organisation, where it is for them. The same key gives the same event.
///
/// # Errors
/// Refused if time or place make no sense.
pub fn arrange(
    conn: &mut Conn,
    new: &NewEvent,
    by: AccountId,
    doer: &Doer,
    now: Timestamp,
) -> Result<EventId> {
    if !matches!(new.kind, Kind::Session | Kind::GroupViewing | Kind::StudyDiscussion) {
        return Err(Refusal::NotMadeHere.into());
    }
    if let Some((_, refusal)) = new.plan.problem(new.kind) {
        return Err(refusal.into());
    }
    let Some(id) = store::insert(conn, new, by, now)? else { return store::of_key(conn, &new.key) };
    doer.did(conn, Action::EventMade, ("event", id.0), now)?;
    let event = store::find(conn, id)?;
    if event.kind.is_of_branch() && event.starts_at > now {
        let title = msg!("支部活动：“{}”，{}", event.title, event.when());
        tell(conn, &event, by, &title, "", now)?;
    }
    Ok(id)
}

/// Adds what has taken place already and is arranged nowhere: a visit, by the feature that knows its rules. The same key gives
/// the same event; whether it is new.
///
/// # Errors
/// Those of the database.
pub fn enter(conn: &mut Conn, new: &NewEvent, by: AccountId, now: Timestamp) -> Result<(EventId, bool)> {
    match store::insert(conn, new, by, now)? {
        Some(id) => Ok((id, true)),
        None => Ok((store::of_key(conn, &new.key)?, false)),
    }
}

/// Changes an event that has not ended. `seen` is the sequence that the form was made from. Who is coming is told if time
/// or place are others.
///
/// # Errors
/// Refused if time or place make no sense, if it is over or cancelled, if somebody else has changed it since, and if it is
/// put off although somebody was there.
pub fn change(
    conn: &mut Conn,
    id: EventId,
    seen: i32,
    plan: &Plan,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    let before = store::find(conn, id)?;
    let old = before.plan();
    if let Some((_, refusal)) = plan.problem(before.kind) {
        return Err(refusal.into());
    }
    match before.phase(now) {
        State::Cancelled => return Err(Refusal::Cancelled.into()),
        State::Held => return Err(Refusal::Over.into()),
        State::Planned | State::UnderWay => {}
    }
    // A form that was sent twice has nothing more to change.
    if old == *plan {
        return Ok(());
    }
    let is_put_off = before.has_begun(now) && plan.starts_at - Duration::minutes(EARLY_MINUTES) > now;
    if is_put_off {
        must_be_empty(conn, id)?;
    }
    if before.sequence != seen || !store::update(conn, id, seen, plan, now)? {
        return Err(Refusal::ChangedMeanwhile.into());
    }
    doer.did(conn, Action::EventChanged, ("event", id.0), now)?;
    if old.has_moved(plan) {
        let event = store::find(conn, id)?;
        let title = msg!("“{}”的时间或地点改了，现在是 {}", event.title, event.when());
        tell(conn, &event, doer.account.unwrap_or(event.created_by), &title, "", now)?;
    }
    Ok(())
}

/// What did not take place has nobody who was there.
fn must_be_empty(conn: &mut Conn, id: EventId) -> Result<()> {
    match store::counting(conn, id)?.max(store::proved(conn, id)?) {
        0 => Ok(()),
        count => Err(Refusal::HasAttendance(count).into()),
    }
}

/// Cancels an event, with the reason; who would have come is told. Once more with the same reason changes nothing.
///
/// # Errors
/// Refused if it is over, or cancelled for another reason, and once somebody was there.
pub fn cancel(conn: &mut Conn, id: EventId, reason: &str, doer: &Doer, now: Timestamp) -> Result<()> {
    let before = store::find(conn, id)?;
    match before.phase(now) {
        State::Cancelled if before.reason == reason => return Ok(()),
        State::Cancelled => return Err(Refusal::Cancelled.into()),
        State::Held => return Err(Refusal::Over.into()),
        State::Planned | State::UnderWay => {}
    }
    must_be_empty(conn, id)?;
    if !store::cancel(conn, id, before.sequence, reason, now)? {
        return Err(Refusal::ChangedMeanwhile.into());
    }
    doer.did(conn, Action::EventCancelled, ("event", id.0), now)?;
    let event = store::find(conn, id)?;
    let title = msg!("“{}”取消了，原定 {}", event.title, event.when());
    tell(conn, &event, doer.account.unwrap_or(event.created_by), &title, reason, now)
}

/// The event, if this viewer holds it: it belongs to an organisation of their scope, or is a session of a course that they
/// have made. Not while acting for somebody.
///
/// # Errors
/// Not found otherwise.
pub fn held(conn: &mut Conn, viewer: &Viewer, id: EventId) -> Result<Event> {
    let event = store::find(conn, id)?;
    if holds(conn, viewer, &event)? { Ok(event) } else { Err(Error::NotFound) }
}

fn holds(conn: &mut Conn, viewer: &Viewer, event: &Event) -> Result<bool> {
    if viewer.is_acting() {
        return Ok(false);
    }
    let paths = viewer.paths(HoldEvents);
    if !paths.is_empty() {
        let path = store::path_of(conn, event.org)?;
        if paths.iter().any(|own| path.starts_with(own.as_str())) {
            return Ok(true);
        }
    }
    let course = store::course_of(conn, event.id)?;
    Ok(course.is_some_and(|course| course.author == viewer.account))
}

/// The event, if this viewer may know of it: a session of a course that is public, or an event that they hold, belong to or
/// have been at.
///
/// # Errors
/// Not found otherwise.
pub fn visible(conn: &mut Conn, viewer: &Viewer, id: EventId) -> Result<Event> {
    let event = store::find(conn, id)?;
    let is_public = match event.kind {
        Kind::Session => store::course_of(conn, id)?.is_none_or(|course| course.is_published),
        _ => false,
    };
    let is_seen = is_public
        || store::enrolment(conn, id, viewer.person)?.is_some()
        || store::is_expected(conn, &event, viewer.person)?
        || store::standing(conn, id, viewer.person)?.is_some()
        || store::on_roll(conn, &event)?.contains(&viewer.person)
        || holds(conn, viewer, &event)?;
    if is_seen { Ok(event) } else { Err(Error::NotFound) }
}

/// Tells whoever is coming. The key holds the sequence: each change is told once.
fn tell(
    conn: &mut Conn,
    event: &Event,
    by: AccountId,
    title: &Message,
    body: &str,
    now: Timestamp,
) -> Result<()> {
    let notices: Vec<NewNotice> = store::expected(conn, event)?
        .into_iter()
        .map(|person| NewNotice {
            person,
            kind: inbox::Kind::Session,
            title: title.clone(),
            body: body.to_owned(),
            link: format!("/events/{}", event.id),
            sent_by: Some(by),
            key: format!("event-{}-{}-{person}", event.id, event.sequence),
        })
        .collect();
    inbox::tell(conn, &notices, now)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        Plan {
            title: "研讨".into(),
            about: String::new(),
            lecture: None,
            school: Some(SchoolId(1)),
            base: None,
            place: String::new(),
            online_url: String::new(),
            lecturer: String::new(),
            starts_at: at("2026-12-01T01:00:00"),
            ends_at: at("2026-12-01T03:00:00"),
        }
    }

    #[test]
    fn a_plan_needs_a_time_and_one_place() {
        let of = |change: fn(&mut Plan), kind| {
            let mut plan = plan();
            change(&mut plan);
            plan.problem(kind).map(|(_, refusal)| refusal)
        };
        let kind = Kind::StudyDiscussion;
        assert_eq!(of(|_| (), kind), None);
        assert_eq!(of(|plan| plan.ends_at = plan.starts_at, kind), Some(Refusal::NoTime));
        assert_eq!(of(|plan| plan.ends_at += Duration::days(20), kind), Some(Refusal::TooLong));
        assert_eq!(of(|plan| plan.school = None, kind), Some(Refusal::NoPlace));
        assert_eq!(of(|plan| plan.base = Some(BaseId(1)), kind), Some(Refusal::TwoPlaces));
        assert_eq!(of(|_| (), Kind::GroupViewing), Some(Refusal::NoLecture));
        for bad in ["http://a.cn", "https://", "https:///x", "javascript:alert(1)", "https://a b"] {
            let mut plan = Plan { online_url: bad.into(), ..plan() };
            plan.school = None;
            assert_eq!(plan.problem(kind).map(|found| found.1), Some(Refusal::NotHttps), "{bad}");
        }
        let online = Plan { online_url: "https://meeting.example.cn/1".into(), school: None, ..plan() };
        assert_eq!(online.problem(kind), None);
    }
}
