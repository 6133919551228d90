//! Group viewing: one screen plays for a signed list of people, measured once. The rule is that of single viewing
//! (`watching::credit`), with a clock of the screen's own. Each member's own time is what was credited while they sat there;
//! when that is enough of the lecture, they have completed it. The host says who sits there, and the members are told and may
//! dispute it.
mod forms;
pub mod pages;
mod seats;
mod store;

use crate::access::Permission::HoldEvents;
use crate::access::Viewer;
use crate::audit::{Action, Doer};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::events::{self, Event, Kind, Mark, Method, Roll, State, Status};
use crate::ids::{EventId, LectureId, PersonId};
use crate::lang::Message;
use crate::lectures;
use crate::msg;
use crate::watching::credit::{Clock, Seen, length_s};
use crate::watching::{self, Standing, Told, Viewed, threshold};
use chrono::Duration;
pub use seats::{Seat, sign, unsign};
pub use store::Viewing;

/// A viewing of which nothing was heard for so long is over: nobody is kept from another one by it.
pub const ABANDONED_MINUTES: i64 = 60;

/// Why something about a viewing is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    NotGroupViewing,
    /// Of an event that is cancelled or long over.
    NotNow,
    LectureGone,
    /// The host has another one open, of this number.
    HostsAnother(EventId),
    Ended,
    NotHost(String),
    NotOpen,
    NobodyElse,
    SitsElsewhere(String),
    HasCompleted,
    NotPlaying,
}

impl Refusal {
    pub fn words(&self) -> Message {
        match self {
            Refusal::NotGroupViewing => msg!("这次活动不是集体收看"),
            Refusal::NotNow => {
                msg!("现在不能开始：活动开始前 {} 分钟起、当天之内可以开始签到", events::EARLY_MINUTES)
            }
            Refusal::LectureGone => msg!("这堂课已经下架，请另选一堂课开一场"),
            Refusal::HostsAnother(id) => {
                msg!("您还有一场集体收看没有结束，请先打开 /viewings/{} 结束它", id)
            }
            Refusal::Ended => msg!("这场集体收看已经结束，不能再改名单。到场情况可以在登记页更正"),
            Refusal::NotHost(name) => msg!("这场集体收看由 {} 主持，请由主持人操作", name),
            Refusal::NotOpen => msg!("还没有开始签到，请先点“开始签到”"),
            Refusal::NobodyElse => {
                msg!("除了主持人，还要至少登记一位党员才能放映。自己一个人看，请在课程页上看")
            }
            Refusal::SitsElsewhere(names) => {
                msg!("{} 正在另一场没有结束的集体收看里，不能同时登记在两处。请先在那一场移除", names)
            }
            Refusal::HasCompleted => {
                msg!("这位党员在这一场已经记了学完，不能从名单里移除。记错了请更正到场情况，并请本人提出异议")
            }
            Refusal::NotPlaying => msg!("没有找到开始的记录，请重新点“开始放映”"),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        Error::Refused(refusal.words())
    }
}

/// Opens the list of a group viewing that this viewer holds: they host it. Once more changes nothing.
///
/// # Errors
/// Refused outside its time, if the lecture is withdrawn, and while they host another one.
pub fn open(
    conn: &mut Conn,
    viewer: &Viewer,
    session: &str,
    id: EventId,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    let event = events::held(conn, viewer, id)?;
    if event.kind != Kind::GroupViewing {
        return Err(Refusal::NotGroupViewing.into());
    }
    match store::find(conn, id)? {
        Some(viewing) if viewing.ended_at.is_some() => return Err(Refusal::Ended.into()),
        Some(viewing) if viewing.host == viewer.account => return Ok(()),
        Some(viewing) => return Err(Refusal::NotHost(store::host_name(conn, viewing.host)?).into()),
        None => {}
    }
    let is_too_late = now > event.ends_at + Duration::days(1);
    if event.state == State::Cancelled || !event.has_begun(now) || is_too_late {
        return Err(Refusal::NotNow.into());
    }
    let lecture = event.lecture.ok_or(Refusal::NotGroupViewing)?;
    let (media, duration_ms) = match lectures::watchable(conn, lecture) {
        Err(Error::NotFound) => return Err(Refusal::LectureGone.into()),
        found => found?,
    };
    if let Some(other) = store::open_of_host(conn, viewer.account)? {
        if !other.is_abandoned(now) {
            return Err(Refusal::HostsAnother(other.event).into());
        }
        close(conn, other.event, doer, now)?;
    }
    let length = length_s(duration_ms);
    let new = Viewing {
        event: id,
        lecture,
        media,
        host: viewer.account,
        session: session.to_owned(),
        // Nobody has the key of a play that has not begun.
        play: String::new(),
        clock: Clock { budget_ms: 0, ..Clock::new(now, false, length) },
        seq: 0,
        seen: Seen::none(length),
        last_ms: 0,
        completed_at: None,
        ended_at: None,
    };
    if !store::insert(conn, &new)? {
        return Err(Error::Busy);
    }
    if !events::set_state(conn, id, State::UnderWay)? {
        return Err(Refusal::NotNow.into());
    }
    doer.did(conn, Action::ViewingStarted, ("event", id.0), now)
}

/// The open viewing that this viewer hosts, locked.
///
/// # Errors
/// Not found outside the viewer's scope; refused for another host, before it is opened, and after it has ended.
pub fn hosted(conn: &mut Conn, viewer: &Viewer, id: EventId) -> Result<Viewing> {
    events::held(conn, viewer, id)?;
    let viewing = store::locked(conn, id)?.ok_or(Refusal::NotOpen)?;
    if viewing.host != viewer.account {
        return Err(Refusal::NotHost(store::host_name(conn, viewing.host)?).into());
    }
    if viewing.ended_at.is_some() {
        return Err(Refusal::Ended.into());
    }
    Ok(viewing)
}

/// Begins to play, or takes over from another window of the host's. `play` is the digest of the key that it gets.
///
/// # Errors
/// As [`hosted`], and refused while nobody but the host sits there.
pub fn play(
    conn: &mut Conn,
    viewer: &Viewer,
    id: EventId,
    (session, play): (&str, &str),
    is_plain: bool,
    now: Timestamp,
) -> Result<Standing> {
    let mut viewing = hosted(conn, viewer, id)?;
    must_take_place(conn, id)?;
    if !is_shown(conn, viewing.lecture)? {
        return Err(Refusal::LectureGone.into());
    }
    if !store::seats(conn, id)?.iter().any(|seat| seat.is_open && seat.person != viewer.person) {
        return Err(Refusal::NobodyElse.into());
    }
    let length = viewing.seen.length_s;
    viewing.clock = match viewing.play.is_empty() {
        true => Clock::new(now, is_plain, length),
        false => viewing.clock.open(now, is_plain, length),
    };
    (viewing.session, viewing.play, viewing.seq) = (session.to_owned(), play.to_owned(), 0);
    store::save(conn, &viewing)?;
    Ok(viewing.standing(RUNS))
}

/// Nobody gains anything by an event that somebody has cancelled meanwhile; its list can only be ended.
fn must_take_place(conn: &mut Conn, id: EventId) -> Result<()> {
    match events::find(conn, id)?.state {
        State::Cancelled => Err(events::Refusal::Cancelled.into()),
        _ => Ok(()),
    }
}

/// Whether the lecture is still public: what was withdrawn is not credited any more.
fn is_shown(conn: &mut Conn, lecture: LectureId) -> Result<bool> {
    match lectures::watchable(conn, lecture) {
        Ok(_) => Ok(true),
        Err(Error::NotFound) => Ok(false),
        Err(other) => Err(other),
    }
}

/// Runs of credited seconds that are told at the opening of a play.
const RUNS: usize = 500;

/// What was played since the last beat.
#[derive(Debug, Clone)]
pub struct Beat {
    pub play: String,
    pub session: String,
    pub seq: i64,
    /// `[from, to)` in milliseconds, as the browser says.
    pub pieces: Vec<(i64, i64)>,
    pub place_ms: i64,
}

/// Deals with a beat: credits what the clock allows, and proves it for whoever has seen enough.
///
/// # Errors
/// Not found outside the viewer's scope, or those of the database.
pub fn beat(conn: &mut Conn, viewer: &Viewer, id: EventId, beat: &Beat, now: Timestamp) -> Result<Told> {
    let event = events::held(conn, viewer, id)?;
    let Some(mut viewing) = store::locked(conn, id)? else { return Ok(Told::Ended) };
    if viewing.ended_at.is_some() || event.state == State::Cancelled {
        return Ok(Told::Ended);
    }
    if viewing.play != beat.play || viewing.clock.is_plain {
        return Ok(Told::TakenOver);
    }
    if viewing.host != viewer.account || viewing.session != beat.session {
        return Ok(Told::SignedOut);
    }
    if beat.seq <= viewing.seq {
        // Sent again because its answer was lost.
        return Ok(Told::Standing(viewing.standing(0)));
    }
    if viewing.clock.is_over(now) || !is_shown(conn, viewing.lecture)? {
        return Ok(Told::Ended);
    }
    let before = viewing.seen.seconds;
    viewing.clock = viewing.clock.beat(now, &mut viewing.seen, &beat.pieces);
    viewing.seq = beat.seq;
    viewing.moves_to(beat.place_ms);
    credited(conn, &mut viewing, before, now)?;
    Ok(Told::Standing(viewing.standing(0)))
}

/// Ends a play without JavaScript: of what was not credited yet, as much as the time since its start allows.
///
/// # Errors
/// As [`hosted`], and refused if this sign-in has not begun to play so.
pub fn finish(
    conn: &mut Conn,
    viewer: &Viewer,
    id: EventId,
    session: &str,
    now: Timestamp,
) -> Result<Standing> {
    let mut viewing = hosted(conn, viewer, id)?;
    must_take_place(conn, id)?;
    let is_playing = !viewing.play.is_empty() && viewing.clock.is_plain && viewing.session == session;
    if !is_playing || !is_shown(conn, viewing.lecture)? {
        return Err(Refusal::NotPlaying.into());
    }
    let before = viewing.seen.seconds;
    let whole = [(0, i64::from(viewing.seen.length_s) * 1_000)];
    viewing.clock = viewing.clock.beat(now, &mut viewing.seen, &whole);
    viewing.clock.budget_ms = 0;
    credited(conn, &mut viewing, before, now)?;
    Ok(viewing.standing(0))
}

/// Keeps what was credited, and proves it for those whose own time has become enough by it.
fn credited(conn: &mut Conn, viewing: &mut Viewing, before: i32, now: Timestamp) -> Result<()> {
    let share = threshold(conn, now)?;
    if viewing.completed_at.is_none() && viewing.seen.is_complete(share) {
        viewing.completed_at = Some(now);
    }
    store::save(conn, viewing)?;
    if viewing.seen.seconds == before {
        return Ok(());
    }
    let (seconds, length_s) = (viewing.seen.seconds, viewing.seen.length_s);
    let is_new = |joined: i32| {
        Seen::is_enough(seconds - joined, length_s, share)
            && !Seen::is_enough(before - joined, length_s, share)
    };
    prove(conn, viewing, &is_new, now)
}

/// Proves the own time of those seats for which `chosen` says so, by when they joined. The host alone is no group.
fn prove(conn: &mut Conn, viewing: &Viewing, chosen: &dyn Fn(i32) -> bool, now: Timestamp) -> Result<()> {
    if !Seen::is_enough(viewing.seen.seconds, viewing.seen.length_s, threshold(conn, now)?) {
        return Ok(());
    }
    let host = store::person_of(conn, viewing.host)?;
    let seats: Vec<Seat> =
        store::seats(conn, viewing.event)?.into_iter().filter(|seat| seat.is_open).collect();
    if !seats.iter().any(|seat| seat.person != host) {
        return Ok(());
    }
    let mut joined: Vec<i32> = seats.iter().map(|seat| seat.joined_s).filter(|s| chosen(*s)).collect();
    joined.sort_unstable();
    joined.dedup();
    for joined_s in joined {
        let persons: Vec<PersonId> =
            seats.iter().filter(|seat| seat.joined_s == joined_s).map(|seat| seat.person).collect();
        let viewed = Viewed {
            lecture: viewing.lecture,
            media: viewing.media,
            event: viewing.event,
            seconds: viewing.seen.seconds - joined_s,
            length_s: viewing.seen.length_s,
        };
        watching::prove(conn, &persons, &viewed, now)?;
    }
    Ok(())
}

/// Ends the viewing that this viewer hosts: everybody who sits there was there, and is told.
///
/// # Errors
/// As [`hosted`].
pub fn end(conn: &mut Conn, viewer: &Viewer, id: EventId, doer: &Doer, now: Timestamp) -> Result<()> {
    events::held(conn, viewer, id)?;
    // A form that was sent twice has nothing more to end.
    if store::find(conn, id)?.is_some_and(|viewing| viewing.ended_at.is_some()) {
        return Ok(());
    }
    hosted(conn, viewer, id)?;
    close(conn, id, doer, now)
}

/// Ends a viewing and records its attendance in the host's name.
fn close(conn: &mut Conn, id: EventId, doer: &Doer, now: Timestamp) -> Result<()> {
    let Some(viewing) = store::locked(conn, id)? else { return Ok(()) };
    if !store::end(conn, id, now)? {
        return Ok(());
    }
    let event = events::find(conn, id)?;
    let seats: Vec<Seat> = store::seats(conn, id)?.into_iter().filter(|seat| seat.is_open).collect();
    // Whoever has cancelled it meanwhile, or put it off, has said that nobody was there.
    let methods: &[Method] = match event.state == State::Cancelled || !event.has_begun(now) {
        true => &[],
        false => &[Method::Video, Method::List],
    };
    let share = threshold(conn, now)?;
    for method in methods.iter().copied() {
        let marks: Vec<Mark> = seats
            .iter()
            .filter(|seat| (method == Method::Video) == viewing.has_seen_enough(seat, share))
            .map(|seat| Mark {
                person: seat.person,
                status: Status::Present,
                minutes: (viewing.own_seconds(seat) + 59) / 60,
                via: None,
            })
            .collect();
        let roll = Roll { marks, method, by: viewing.host, key: format!("viewing-{id}") };
        events::take(conn, &event, &roll, doer, now)?;
    }
    let persons: Vec<PersonId> = seats.iter().map(|seat| seat.person).collect();
    watching::leave(conn, &persons)?;
    store::clear_seats(conn, id)?;
    events::set_state(conn, id, State::Held)?;
    doer.did(conn, Action::ViewingEnded, ("event", id.0), now)
}

/// Ends the viewings of which nothing was heard for an hour: a server that was killed, a host who went home.
///
/// # Errors
/// Those of the database.
pub fn sweep(conn: &mut Conn, now: Timestamp) -> Result<()> {
    for (id, host) in store::unheard(conn, now - Duration::minutes(ABANDONED_MINUTES))? {
        close(conn, id, &Doer { account: Some(host), ..Doer::default() }, now)?;
    }
    Ok(())
}

impl Viewing {
    /// Whether nothing was heard of it for so long that it is over.
    pub fn is_abandoned(&self, now: Timestamp) -> bool {
        now - self.clock.beat_at > Duration::minutes(ABANDONED_MINUTES)
    }
    /// What was credited while somebody sat there, in seconds.
    pub fn own_seconds(&self, seat: &Seat) -> i32 {
        (self.seen.seconds - seat.joined_s).max(0)
    }
    /// Whether that is enough of the lecture, by this share in per cent.
    fn has_seen_enough(&self, seat: &Seat, share: i32) -> bool {
        Seen::is_enough(self.own_seconds(seat), self.seen.length_s, share)
    }
    fn moves_to(&mut self, place_ms: i64) {
        self.last_ms = place_ms.clamp(0, i64::from(self.seen.length_s) * 1_000) as i32;
    }
    /// As players are told.
    pub fn standing(&self, runs: usize) -> Standing {
        Standing {
            seconds: self.seen.seconds,
            length_s: self.seen.length_s,
            share: self.seen.share(),
            is_complete: self.completed_at.is_some(),
            last_ms: self.last_ms,
            runs: self.seen.runs(runs),
        }
    }
}

/// The viewing of an event, for whoever holds it; `None` before it is opened.
///
/// # Errors
/// Not found outside the viewer's scope.
pub fn seen_by(conn: &mut Conn, viewer: &Viewer, id: EventId) -> Result<(Event, Option<Viewing>)> {
    let event = events::held(conn, viewer, id)?;
    if event.kind != Kind::GroupViewing || viewer.paths(HoldEvents).is_empty() {
        return Err(Error::NotFound);
    }
    Ok((event, store::find(conn, id)?))
}
