//! Study away from the screen: teaching at the door (送学上门), what was missed and how it is made up for, and lists that were
//! signed on paper. domain.md §4.2 (Makeup), §4.9 (HomeVisit).
//!
//! A visit counts by three hands: one account records it, another one signs as the second person, and the member says so, with
//! an own device, with a printed code, or before a third account. Here is who records and signs; `way` has what the member
//! says and what it brings about, `hands` whether two accounts may be one human, `makeup` what was missed, `sheets` the lists,
//! `list` and `photo` what is read of them.
mod forms;
mod hands;
mod keeping;
mod list;
mod makeup;
pub mod pages;
mod photo;
mod refusal;
mod sheets;
mod store;
mod way;

use crate::access::Permission::HoldEvents;
use crate::access::Viewer;
use crate::audit::{Action, Doer};
use crate::clock::{self, Timestamp};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::events::{self, Event, Kind, MAKEUP_DAYS, NewEvent, Plan, Status};
use crate::ids::{EventId, LectureId, OrgId, PersonId};
use crate::inbox::{self, NewNotice};
use crate::lang::Message;
use crate::watching::length_s;
use crate::{lectures, msg, people, text_enum};
use chrono::Duration;
pub use hands::HAND_DAYS;
pub use keeping::{add_photo, remove_photo, sweep};
pub use makeup::{Open, close};
pub use refusal::Refusal;
pub use sheets::{Named, enter, named, print};
pub use store::{Member, Missed, Visit};
pub use way::{Outcome, confirm, confirm_by_code, dispute, print_code, reinstate, uphold, witness};

text_enum! {
    /// How far the record of a visit is. What each member says of it is a [`Standing`].
    pub enum State {
        Recorded = "recorded",
        Seconded = "seconded",
        Void = "void",
    }
}

impl State {
    pub fn words(self) -> Message {
        match self {
            State::Recorded => msg!("等第二人签名"),
            State::Seconded => msg!("两人已签名"),
            State::Void => msg!("已作废"),
        }
    }
}

text_enum! {
    /// What a member has said of a visit to them.
    pub enum Standing {
        Waiting = "waiting",
        Confirmed = "confirmed",
        Disputed = "disputed",
        Void = "void",
    }
}

impl Standing {
    pub fn words(self) -> Message {
        match self {
            Standing::Waiting => msg!("等本人确认"),
            Standing::Confirmed => msg!("本人已确认"),
            Standing::Disputed => msg!("本人有异议，暂不作数"),
            Standing::Void => msg!("已作废"),
        }
    }
    /// The colour that goes with the words.
    pub fn tag(self) -> &'static str {
        match self {
            Standing::Waiting => "tag--wait",
            Standing::Confirmed => "tag--done",
            Standing::Disputed => "tag--info",
            Standing::Void => "",
        }
    }
}

text_enum! {
    /// How a member has confirmed.
    pub enum Way {
        Device = "device",
        Code = "code",
        Witness = "witness",
    }
}

impl Way {
    pub fn words(self) -> Message {
        match self {
            Way::Device => msg!("本人在自己的账号里确认"),
            Way::Code => msg!("用打印的确认码确认"),
            Way::Witness => msg!("本人口头确认，有见证人"),
        }
    }
}

text_enum! {
    /// What became of a visit, for its history.
    pub enum Deed {
        Recorded = "recorded",
        Seconded = "seconded",
        Printed = "printed",
        Device = "device",
        Code = "code",
        Witness = "witness",
        Disputed = "disputed",
        Reinstated = "reinstated",
        Void = "void",
        Photo = "photo",
        PhotoRemoved = "photo_removed",
    }
}

impl Deed {
    pub fn words(self) -> Message {
        match self {
            Deed::Recorded => msg!("登记"),
            Deed::Seconded => msg!("第二人签名"),
            Deed::Printed => msg!("打印确认单"),
            Deed::Device => Way::Device.words(),
            Deed::Code => Way::Code.words(),
            Deed::Witness => Way::Witness.words(),
            Deed::Disputed => msg!("本人提出异议"),
            Deed::Reinstated => msg!("异议不成立或已撤回"),
            Deed::Void => msg!("作废"),
            Deed::Photo => msg!("上传照片"),
            Deed::PhotoRemoved => msg!("删除照片"),
        }
    }
}

/// What somebody was not there for, so that it can be made up for.
pub const MISSED: [Status; 4] =
    [Status::Absent, Status::LeaveOfficial, Status::LeaveSick, Status::LeavePrivate];
/// The longest visit, in minutes.
pub const LONGEST: i32 = 480;
/// A visit is recorded within so many days.
pub const LATE_DAYS: i64 = 30;
/// Members of one visit: a family, some neighbours.
pub const MOST_MEMBERS: usize = 10;
/// A photo is erased after so many days: by then nobody asks whether the visit was.
pub const PHOTO_DAYS: i64 = 365;

/// A visit that is not recorded yet.
#[derive(Debug, Clone)]
pub struct NewVisit {
    pub members: Vec<PersonId>,
    pub deliverer: PersonId,
    pub second: PersonId,
    pub topic: String,
    /// The lecture that was taught.
    pub lecture: Option<LectureId>,
    /// The event that it makes up for.
    pub missed: Option<EventId>,
    pub place: String,
    pub starts_at: Timestamp,
    pub minutes: i32,
    /// All of them agreed to a photo; to the record they agreed in any case.
    pub agreed_photo: bool,
    pub key: String,
}

/// Where this viewer records visits: the scope, or for members without one the own branch, of visits that they delivered.
///
/// # Errors
/// Those of the database.
pub fn places(conn: &mut Conn, viewer: &Viewer) -> Result<Vec<String>> {
    let paths = viewer.paths(HoldEvents);
    if !paths.is_empty() || viewer.is_acting() {
        return Ok(paths);
    }
    match people::card(conn, viewer.person)? {
        Some((branch, ..)) => Ok(vec![store::path_of(conn, branch)?]),
        None => Ok(vec![]),
    }
}

/// What this viewer has to do with a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// It lies in the scope.
    pub is_holder: bool,
    pub is_recorder: bool,
    pub is_deliverer: bool,
    pub is_second: bool,
    /// It was to them.
    pub is_visited: bool,
}

impl Part {
    /// Whether they took part in making the record, or keep those of the branch.
    pub fn keeps(self) -> bool {
        self.is_holder || self.is_recorder || self.is_deliverer || self.is_second
    }
}

/// A visit with its event and members.
#[derive(Debug, Clone)]
pub struct Whole {
    pub event: Event,
    pub visit: Visit,
    pub members: Vec<Member>,
}

impl Whole {
    pub fn member(&self, person: PersonId) -> Result<&Member> {
        self.members.iter().find(|member| member.person == person).ok_or(Error::NotFound)
    }
    /// The address of its page.
    pub fn link(&self) -> String {
        format!("/visits/{}", self.event.id)
    }
}

/// A visit, for whoever has to do with it.
///
/// # Errors
/// Not found for everybody else.
pub fn seen_by(conn: &mut Conn, viewer: &Viewer, id: EventId) -> Result<(Whole, Part)> {
    let visit = store::find(conn, id)?;
    let members = store::members(conn, id)?;
    let is_holder = match events::held(conn, viewer, id) {
        Ok(_) => true,
        Err(Error::NotFound) => false,
        Err(other) => return Err(other),
    };
    let is_oneself = !viewer.is_acting();
    let part = Part {
        is_holder,
        is_recorder: is_oneself && visit.recorded_by == viewer.account,
        is_deliverer: visit.deliverer == viewer.person,
        is_second: visit.second == viewer.person,
        is_visited: members.iter().any(|member| member.person == viewer.person),
    };
    if !part.keeps() && !part.is_visited {
        return Err(Error::NotFound);
    }
    Ok((Whole { event: events::find(conn, id)?, visit, members }, part))
}

/// Whether this viewer made the record of a visit to this person: recorded it, signed it, printed the slip, said the member's
/// word, or was there.
///
/// # Errors
/// Not found for whom this visit was not to.
pub fn has_hand(conn: &mut Conn, viewer: &Viewer, id: EventId, person: PersonId) -> Result<bool> {
    let visit = store::find(conn, id)?;
    let confirmed_by = store::member(conn, id, person)?.confirmed_by;
    let accounts = [Some(visit.recorded_by), visit.seconded_by, confirmed_by];
    let was_there = !viewer.is_acting() && [visit.deliverer, visit.second].contains(&viewer.person);
    Ok(was_there
        || accounts.contains(&Some(viewer.account))
        || store::has_printed(conn, (id, person), viewer.account)?)
}

/// Records a visit; the second person is told. The same key gives the same visit. It counts nothing yet.
///
/// # Errors
/// Refused for people outside the viewer's scope, where one person is two or may be, before it has ended, after 30 days, and
/// where it makes up for nothing that was missed.
pub fn record(
    conn: &mut Conn,
    viewer: &Viewer,
    new: &NewVisit,
    doer: &Doer,
    now: Timestamp,
) -> Result<EventId> {
    let org = check(conn, viewer, new, now)?;
    let taught = new.lecture.map(|lecture| lectures::watchable(conn, lecture)).transpose();
    let taught = match taught {
        Err(Error::NotFound) => return Err(Refusal::LectureGone.into()),
        other => other?,
    };
    let names = store::names(conn, &[new.deliverer])?;
    let event = NewEvent {
        kind: Kind::HomeVisit,
        org,
        plan: Plan {
            title: new.topic.clone(),
            about: String::new(),
            lecture: new.lecture,
            school: None,
            base: None,
            place: new.place.clone(),
            online_url: String::new(),
            lecturer: names.get(&new.deliverer).cloned().unwrap_or_default(),
            starts_at: new.starts_at,
            ends_at: new.starts_at + Duration::minutes(new.minutes.into()),
        },
        key: new.key.clone(),
    };
    let (id, is_new) = events::enter(conn, &event, viewer.account, now)?;
    if !is_new {
        // Sent twice; a key that names something else names no visit of this account.
        let is_same = store::find(conn, id).is_ok_and(|visit| visit.recorded_by == viewer.account);
        return if is_same { Ok(id) } else { Err(Refusal::KeyUsed.into()) };
    }
    let visit = Visit {
        event: id,
        deliverer: new.deliverer,
        second: new.second,
        media: taught.map(|(media, _)| media),
        length_s: taught.map_or(0, |(_, duration_ms)| length_s(duration_ms)),
        missed: new.missed,
        minutes: new.minutes,
        state: State::Recorded,
        recorded_by: viewer.account,
        seconded_by: None,
        seconded_at: None,
    };
    store::insert(conn, &visit, &new.members, new.agreed_photo)?;
    store::step(conn, (id, None), Deed::Recorded, Some(viewer.account), now)?;
    for member in &new.members {
        doer.did_to(conn, Action::VisitStep, *member, now)?;
    }
    let notice = NewNotice {
        person: new.second,
        kind: inbox::Kind::Attendance,
        title: msg!("送学上门“{}”请您作为第二人签名", new.topic),
        body: String::new(),
        link: format!("/visits/{id}"),
        sent_by: Some(viewer.account),
        key: format!("visit-{id}-second"),
    };
    inbox::tell(conn, &[notice], now)?;
    Ok(id)
}

/// Checks a visit; the organisation where it is kept.
fn check(conn: &mut Conn, viewer: &Viewer, new: &NewVisit, now: Timestamp) -> Result<OrgId> {
    let (paths, day) = (places(conn, viewer)?, clock::day(new.starts_at));
    if viewer.paths(HoldEvents).is_empty() && new.deliverer != viewer.person {
        return Err(Refusal::NotDeliverer.into());
    }
    let mut all = new.members.clone();
    all.extend([new.deliverer, new.second]);
    all.sort_unstable();
    all.dedup();
    let refusal = if new.members.is_empty() {
        Some(Refusal::NobodyVisited)
    } else if new.members.len() > MOST_MEMBERS {
        Some(Refusal::TooMany)
    } else if all.len() != new.members.len() + 2 {
        Some(Refusal::SamePerson)
    } else if new.second == viewer.person {
        Some(Refusal::RecorderIsSecond)
    } else if new.members.contains(&viewer.person) {
        Some(Refusal::RecorderIsVisited)
    } else if !(1..=LONGEST).contains(&new.minutes) {
        Some(Refusal::Minutes)
    } else if new.starts_at + Duration::minutes(new.minutes.into()) > now {
        Some(Refusal::InFuture)
    } else if day < clock::day(now) - Duration::days(LATE_DAYS) {
        Some(Refusal::TooLate)
    } else {
        hands::obstacle(conn, viewer.account, new)?
    };
    if let Some(refusal) = refusal {
        return Err(refusal.into());
    }
    let mut place = None;
    for person in all {
        let org = store::place_of(conn, &paths, person, day)?;
        if org.is_none() && person != viewer.person {
            return Err(Refusal::NotInScope.into());
        }
        if new.members.first() == Some(&person) {
            place = org;
        }
    }
    if let Some(missed) = new.missed {
        makeup_is_possible(conn, viewer, missed, new)?;
    }
    place.ok_or_else(|| Refusal::NotInScope.into())
}

/// A visit makes up for an event of the viewer's that one of its members has missed, within the days for that.
fn makeup_is_possible(conn: &mut Conn, viewer: &Viewer, missed: EventId, new: &NewVisit) -> Result<()> {
    let event = events::find(conn, missed)?;
    let path = store::path_of(conn, event.org)?;
    if !places(conn, viewer)?.iter().any(|own| path.starts_with(own.as_str())) {
        return Err(Error::NotFound);
    }
    let day = clock::day(new.starts_at);
    if day < event.day() || day > event.day() + Duration::days(MAKEUP_DAYS) {
        return Err(Refusal::TooLateForMakeup.into());
    }
    for person in &new.members {
        if events::standing(conn, missed, *person)?.is_some_and(|one| MISSED.contains(&one.status)) {
            return Ok(());
        }
    }
    Err(Refusal::NothingMissed.into())
}

/// The second person signs, with an own account that is not the recorder's; the members are told. Once more changes nothing.
///
/// # Errors
/// Not found for whoever has nothing to do with it; refused for anybody but the second person, for the account that recorded
/// it and where that account may have opened this one, and once it is taken back.
pub fn second(conn: &mut Conn, viewer: &Viewer, id: EventId, doer: &Doer, now: Timestamp) -> Result<()> {
    let (whole, part) = seen_by(conn, viewer, id)?;
    if !part.is_second || viewer.is_acting() {
        return Err(Refusal::NotSecond.into());
    }
    if part.is_recorder {
        return Err(Refusal::OwnRecord.into());
    }
    let both = (whole.visit.recorded_by, viewer.account);
    let is_first = whole.visit.state == State::Recorded;
    if is_first && hands::may_be_one(conn, both, whole.event.starts_at)? {
        return Err(Refusal::OneHand.into());
    }
    if !store::second(conn, id, viewer.account, now)? {
        return match store::find(conn, id)?.state {
            State::Seconded => Ok(()),
            _ => Err(Refusal::Void.into()),
        };
    }
    store::step(conn, (id, None), Deed::Seconded, Some(viewer.account), now)?;
    doer.did(conn, Action::VisitStep, ("event", id.0), now)?;
    let notices: Vec<NewNotice> = whole
        .members
        .iter()
        .map(|member| NewNotice {
            person: member.person,
            kind: inbox::Kind::Attendance,
            title: msg!("登记了给您的送学上门“{}”，请确认；不对的可以提出异议", whole.event.title),
            body: String::new(),
            link: whole.link(),
            sent_by: Some(viewer.account),
            key: format!("visit-{id}-{}", member.person),
        })
        .collect();
    inbox::tell(conn, &notices, now)?;
    Ok(())
}

/// Takes back a record that was a mistake, before anybody has confirmed or disputed it.
///
/// # Errors
/// Not found for whoever does not keep it; refused afterwards.
pub fn void(conn: &mut Conn, viewer: &Viewer, id: EventId, doer: &Doer, now: Timestamp) -> Result<()> {
    let (whole, part) = seen_by(conn, viewer, id)?;
    if !part.is_holder && !part.is_recorder {
        return Err(Error::NotFound);
    }
    if whole.visit.state == State::Void {
        return Ok(());
    }
    if !store::void(conn, id)? {
        return Err(Refusal::HasConfirmed.into());
    }
    store::remove_photo(conn, id)?;
    store::step(conn, (id, None), Deed::Void, Some(viewer.account), now)?;
    events::set_state(conn, id, events::State::Cancelled)?;
    doer.did(conn, Action::VisitStep, ("event", id.0), now)
}
