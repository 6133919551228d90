//! What happens to places: asking for one, giving one up, deciding, the waiting list that promotes by itself.
use super::store::{self, By, Change, Enrolment, Moved, NewEnrolment};
use super::{Asking, Channel, Mode, Offering, Refusal, Stands, State, What};
use crate::accounts::throttle;
use crate::audit::{Action, Doer};
use crate::clock::Timestamp;
use crate::courses::Stage;
use crate::db::Conn;
use crate::error::Result;
use crate::ids::{AccountId, CourseId, EnrolmentId, OfferingId, PersonId, QuotaId};
use crate::inbox::{self, Kind, NewNotice};
use crate::lang::Message;
use crate::msg;

/// Asks for a place; where the person stands then.
///
/// # Errors
/// A [`Refusal`].
pub fn enrol(
    conn: &mut Conn,
    id: OfferingId,
    asking: &Asking,
    doer: &Doer,
    now: Timestamp,
) -> Result<Stands> {
    Ok(try_enrol(conn, id, asking, doer, now)??)
}

/// [`enrol`] for lists: a refusal of one changes nothing and lets the others go on.
///
/// # Errors
/// Those of the database.
pub fn try_enrol(
    conn: &mut Conn,
    id: OfferingId,
    asking: &Asking,
    doer: &Doer,
    now: Timestamp,
) -> Result<Result<Stands, Refusal>> {
    // Whoever gives up the course gives up its dates: neither may slip past the other.
    let course_first = match store::offering(conn, id)?.what {
        What::Event(event) => store::course_of_event(conn, event)?,
        What::Course(_) => None,
    };
    let mut is_in_course = true;
    if let Some(course) = course_first {
        let above = store::of_course(conn, course)?.id;
        store::lock(conn, above)?;
        is_in_course = store::active(conn, above, asking.person)?.is_some_and(|one| one.state.is_seated());
    }
    let (offering, seq) = store::lock(conn, id)?;
    // INV-E5
    if let Some((made_in, made_for, stands)) = store::by_key(conn, &asking.key)? {
        let is_same = made_in == id && made_for == asking.person;
        return Ok(if is_same { Ok(stands) } else { Err(Refusal::OtherKey) });
    }
    if let Some(standing) = store::active(conn, id, asking.person)? {
        return Ok(Err(Refusal::Already(standing.state)));
    }
    if !is_in_course {
        return Ok(Err(Refusal::CourseFirst));
    }
    let path = store::path_of(conn, asking.person)?;
    if let Some(refusal) = why_not(conn, &offering, asking, &path, now)? {
        return Ok(Err(refusal));
    }
    let version = match offering.what {
        What::Course(course) => store::course(conn, course)?.version,
        What::Event(_) => 0,
    };
    let is_asked = offering.terms.mode == Mode::Approval && asking.channel != Channel::Organizer;
    let (state, quota) = if is_asked { (State::Requested, None) } else { seat(conn, &offering, &path)? };
    let new = NewEnrolment {
        offering: id,
        person: asking.person,
        seq,
        state,
        quota,
        version,
        path: &path,
        channel: asking.channel,
        by: asking.by,
        key: &asking.key,
        now,
    };
    let made = store::insert(conn, &new)?;
    count_in(conn, id, state, quota, 1)?;
    let moved = vec![(made, asking.person)];
    let is_own = asking.channel == Channel::Own;
    let by = By { account: Some(asking.by), for_person: (!is_own).then_some(asking.person) };
    store::step(conn, &moved, state, by, "", now)?;
    if is_own {
        doer.did(conn, Action::Enrolled, ("enrolment", made.0), now)?;
    } else {
        doer.did_to(conn, Action::Enrolled, asking.person, now)?;
        let (title, link) = store::called(conn, offering.what)?;
        let words = match state {
            State::Confirmed => msg!("已为您报名“{}”。", title),
            State::Waitlisted => msg!("已为您报名“{}”，现在候补，有空位时按先后自动补上。", title),
            _ => msg!("已为您报名“{}”，等组织者审核。", title),
        };
        tell(conn, &moved, Kind::Enrolment, &words, &link, now)?;
    }
    Ok(Ok(Stands { id: made, state }))
}

/// Why nobody gets a place now, whoever asks: the course is not public, the event has begun or does not take place.
fn shut(conn: &mut Conn, what: What, now: Timestamp) -> Result<Option<Refusal>> {
    Ok(match what {
        What::Course(course) => {
            (store::course(conn, course)?.stage != Stage::Published).then_some(Refusal::NotPublished)
        }
        What::Event(event) => {
            let event = store::event(conn, event)?;
            (event.state != "planned" || event.starts_at <= now).then_some(Refusal::EventOver)
        }
    })
}

/// The rules of the offering, for this person and moment.
pub(super) fn why_not(
    conn: &mut Conn,
    offering: &Offering,
    asking: &Asking,
    path: &str,
    now: Timestamp,
) -> Result<Option<Refusal>> {
    let terms = &offering.terms;
    if let Some(refusal) = shut(conn, offering.what, now)? {
        return Ok(Some(refusal));
    }
    // Whoever runs the list may let anybody in, and is told if that one cannot come.
    if asking.channel == Channel::Organizer {
        return overlap(conn, offering, asking);
    }
    if terms.is_closed {
        return Ok(Some(Refusal::Closed));
    }
    if let Some(at) = terms.opens_at.filter(|at| now < *at) {
        return Ok(Some(Refusal::NotYet(at)));
    }
    if let Some(at) = terms.closes_at.filter(|at| *at <= now) {
        return Ok(Some(Refusal::Over(at)));
    }
    if !terms.path.is_empty() && !path.starts_with(&terms.path) {
        return Ok(Some(Refusal::NotInPath));
    }
    if !terms.audience.is_empty() {
        let own = store::categories_of(conn, asking.person)?;
        if !terms.audience.iter().any(|one| own.contains(one)) {
            return Ok(Some(Refusal::NotInAudience));
        }
    }
    if terms.mode == Mode::Code && !is_code(&terms.code, &asking.code) {
        return Ok(Some(Refusal::WrongCode));
    }
    if let What::Course(course) = offering.what
        && let Some(title) = store::unfinished(conn, course, asking.person)?
    {
        return Ok(Some(Refusal::NotFinished(title)));
    }
    overlap(conn, offering, asking)
}

/// INV-E4: two dates of one person do not overlap; whoever enrols another may be sure that they do not matter.
fn overlap(conn: &mut Conn, offering: &Offering, asking: &Asking) -> Result<Option<Refusal>> {
    let What::Event(id) = offering.what else { return Ok(None) };
    if asking.is_sure && asking.channel != Channel::Own {
        return Ok(None);
    }
    let event = store::event(conn, id)?;
    let span = (event.starts_at, event.ends_at);
    Ok(store::overlapping(conn, asking.person, id, span)?.map(Refusal::Overlap))
}

/// Whether what was typed is the code of the offering; where it asks for none, anything is. Each wrong try makes this account
/// wait longer before the next one.
///
/// # Errors
/// [`Error::Wait`](crate::error::Error::Wait) after too many wrong ones.
pub fn knows_code(
    conn: &mut Conn,
    offering: &Offering,
    typed: &str,
    by: AccountId,
    now: Timestamp,
) -> Result<bool> {
    if offering.terms.mode != Mode::Code {
        return Ok(true);
    }
    let keys = throttle::Keys::of_code(by, &format!("offering {}", offering.id));
    throttle::enter(conn, &keys, now)?;
    let is_right = is_code(&offering.terms.code, typed);
    if is_right {
        throttle::leave(conn, &keys)?;
    }
    Ok(is_right)
}

/// Codes are read from paper: case and spaces do not matter.
fn is_code(code: &str, typed: &str) -> bool {
    let plain = |text: &str| {
        text.chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .flat_map(char::to_uppercase)
            .collect::<String>()
    };
    !plain(code).is_empty() && plain(code) == plain(typed)
}

/// The state and the reserved seat of whoever comes now.
fn seat(conn: &mut Conn, offering: &Offering, path: &str) -> Result<(State, Option<QuotaId>)> {
    if offering.reserved > 0 {
        let quotas = store::quotas(conn, offering.id)?;
        let own = quotas.iter().find(|quota| path.starts_with(&quota.path));
        if let Some(quota) = own.filter(|quota| quota.taken < quota.seats) {
            return Ok((State::Confirmed, Some(quota.id)));
        }
    }
    Ok((if offering.free() == Some(0) { State::Waitlisted } else { State::Confirmed }, None))
}

/// Counts one more (or one less) in this state.
fn count_in(conn: &mut Conn, id: OfferingId, state: State, quota: Option<QuotaId>, n: i32) -> Result<()> {
    let change = match state {
        State::Requested => Change { asking: n, ..Change::default() },
        State::Waitlisted => Change { waiting: n, ..Change::default() },
        state if state.is_seated() => {
            Change { taken: n, taken_open: if quota.is_none() { n } else { 0 }, ..Change::default() }
        }
        _ => Change::default(),
    };
    if let Some(quota) = quota.filter(|_| state.is_seated()) {
        store::count_quota(conn, quota, n)?;
    }
    store::count(conn, id, change)
}

/// Gives up a place; whoever waits moves up in the order of the queue. Giving up a course gives up its dates.
///
/// # Errors
/// A [`Refusal`]: it stands no more, or the time for it is over (an organizer may at any time).
pub fn cancel(
    conn: &mut Conn,
    id: EnrolmentId,
    is_organizer: bool,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    let seen = store::find(conn, id)?;
    let (offering, _) = store::lock(conn, seen.offering)?;
    let seen = store::find(conn, id)?;
    let is_open = matches!(seen.state, State::Requested | State::Confirmed | State::Waitlisted);
    if !is_open || seen.finished_at.is_some() {
        return Err(Refusal::NotActive.into());
    }
    if seen.state == State::Confirmed && !is_organizer {
        let mut until = offering.terms.withdraw_until;
        if let What::Event(event) = offering.what {
            let starts = store::event(conn, event)?.starts_at;
            until = Some(until.map_or(starts, |until| until.min(starts)));
        }
        if let Some(at) = until.filter(|at| *at <= now) {
            return Err(Refusal::TooLate(at).into());
        }
    }
    leave(conn, (&offering, &seen), is_organizer, doer, now)?;
    if let What::Course(course) = offering.what {
        leave_dates(conn, (course, seen.person), is_organizer, doer, now)?;
    }
    if is_organizer {
        let (title, link) = store::called(conn, offering.what)?;
        let words = msg!("组织者已把您从“{}”的名单里移出。", title);
        tell(conn, &vec![(id, seen.person)], Kind::Enrolment, &words, &link, now)?;
    }
    Ok(())
}

fn leave(
    conn: &mut Conn,
    (offering, seen): (&Offering, &Enrolment),
    is_organizer: bool,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    if !store::pass(conn, seen, State::Cancelled, now)? {
        return Err(Refusal::Changed.into());
    }
    count_in(conn, offering.id, seen.state, seen.quota, -1)?;
    let by = By { account: doer.account, for_person: doer.for_person };
    store::step(conn, &vec![(seen.id, seen.person)], State::Cancelled, by, "", now)?;
    // What was done to a member shows in the member's own record.
    match is_organizer {
        true => doer.did_to(conn, Action::EnrolmentCancelled, seen.person, now)?,
        false => doer.did(conn, Action::EnrolmentCancelled, ("enrolment", seen.id.0), now)?,
    }
    promote(conn, offering, now)?;
    Ok(())
}

/// Gives free seats to those who wait and tells them; how many those were. Nobody moves up to what has begun or is cancelled,
/// nor into a course that is not public.
pub(super) fn promote(conn: &mut Conn, offering: &Offering, now: Timestamp) -> Result<usize> {
    if shut(conn, offering.what, now)?.is_some() {
        return Ok(0);
    }
    let promoted = fill(conn, offering.id, now)?;
    tell_promoted(conn, offering.what, &promoted, now)?;
    Ok(promoted.len())
}

/// A course is public again: whoever waited and would have moved up meanwhile does now; how many those were.
///
/// # Errors
/// Those of the database.
pub fn resume(conn: &mut Conn, course: CourseId, now: Timestamp) -> Result<usize> {
    let id = store::of_course(conn, course)?.id;
    let (offering, _) = store::lock(conn, id)?;
    promote(conn, &offering, now)
}

/// Gives up the dates of a course that have not begun.
fn leave_dates(
    conn: &mut Conn,
    (course, person): (CourseId, PersonId),
    is_organizer: bool,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    for id in store::session_offerings(conn, course)? {
        let (offering, _) = store::lock(conn, id)?;
        let Some(seen) = store::active(conn, id, person)? else { continue };
        let What::Event(event) = offering.what else { continue };
        if store::event(conn, event)?.starts_at > now
            && matches!(seen.state, State::Confirmed | State::Waitlisted | State::Requested)
        {
            leave(conn, (&offering, &seen), is_organizer, doer, now)?;
        }
    }
    Ok(())
}

/// Gives free seats to those who wait (INV-E3): reserved ones to those of the organisation, in their order; then whoever of
/// it sits on an open seat moves to a reserved one that is left; then open ones to anybody, in their order.
fn fill(conn: &mut Conn, id: OfferingId, now: Timestamp) -> Result<Moved> {
    let offering = store::offering(conn, id)?;
    if offering.waiting == 0 && offering.reserved == 0 {
        return Ok(vec![]);
    }
    let mut promoted = vec![];
    if offering.reserved > 0 {
        for quota in store::quotas(conn, id)? {
            let free = quota.seats - quota.taken;
            if free == 0 {
                continue;
            }
            let them = store::first(conn, id, State::Waitlisted, Some(&quota.path), free.into())?;
            let seated = i32::try_from(them.len()).unwrap_or(i32::MAX);
            if seated > 0 {
                store::pass_all(conn, &them, State::Confirmed, Some(quota.id), now)?;
                store::count(conn, id, Change { taken: seated, waiting: -seated, ..Change::default() })?;
            }
            let moved = match free - seated {
                0 => 0,
                left => store::shift(conn, id, &quota, left.into())?,
            };
            if seated + moved > 0 {
                store::count_quota(conn, quota.id, seated + moved)?;
                store::count(conn, id, Change { taken_open: -moved, ..Change::default() })?;
            }
            promoted.extend(them);
        }
    }
    let free = store::offering(conn, id)?.free().map_or(i64::MAX, i64::from);
    if free > 0 && offering.waiting > 0 {
        let them = store::first(conn, id, State::Waitlisted, None, free)?;
        let seated = i32::try_from(them.len()).unwrap_or(i32::MAX);
        if seated > 0 {
            store::pass_all(conn, &them, State::Confirmed, None, now)?;
            let change = Change { taken: seated, taken_open: seated, waiting: -seated, ..Change::default() };
            store::count(conn, id, change)?;
        }
        promoted.extend(them);
    }
    Ok(promoted)
}

/// Records and tells that these moved up by themselves.
fn tell_promoted(conn: &mut Conn, what: What, promoted: &Moved, now: Timestamp) -> Result<()> {
    if promoted.is_empty() {
        return Ok(());
    }
    store::step(conn, promoted, State::Confirmed, By::default(), "", now)?;
    let (title, link) = store::called(conn, what)?;
    tell(conn, promoted, Kind::Promotion, &msg!("“{}”有了空位，您已从候补转为正式报名。", title), &link, now)
}

fn tell(
    conn: &mut Conn,
    moved: &Moved,
    kind: Kind,
    title: &Message,
    link: &str,
    now: Timestamp,
) -> Result<()> {
    let notices: Vec<NewNotice> = moved
        .iter()
        .map(|(id, person)| NewNotice {
            person: *person,
            kind,
            title: title.clone(),
            body: String::new(),
            link: link.to_owned(),
            sent_by: None,
            key: format!("{}:{id}:{}", kind.as_str(), now.and_utc().timestamp_micros()),
        })
        .collect();
    inbox::tell(conn, &notices, now)?;
    Ok(())
}

/// What an organizer says to those who ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Approve,
    Decline,
}

/// What became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Decided {
    pub confirmed: usize,
    /// Approved, but all seats are taken.
    pub waitlisted: usize,
    pub declined: usize,
}

/// Decides those of `chosen` who still ask, or all who ask where none are chosen. Approved ones get seats in the order of
/// the queue, together with those who wait already.
///
/// # Errors
/// A [`Refusal`] of approval for what has begun, is cancelled or is not public.
pub fn decide(
    conn: &mut Conn,
    id: OfferingId,
    chosen: Option<&[EnrolmentId]>,
    (verdict, text): (Verdict, &str),
    doer: &Doer,
    now: Timestamp,
) -> Result<Decided> {
    let (offering, _) = store::lock(conn, id)?;
    let asked = match chosen {
        Some(ids) => store::among(conn, id, ids, State::Requested)?,
        None => store::first(conn, id, State::Requested, None, i64::MAX)?,
    };
    if asked.is_empty() {
        return Ok(Decided::default());
    }
    let n = i32::try_from(asked.len()).unwrap_or(i32::MAX);
    let by = By { account: doer.account, for_person: doer.for_person };
    let (title, link) = store::called(conn, offering.what)?;
    if verdict == Verdict::Approve && shut(conn, offering.what, now)?.is_some() {
        return Err(Refusal::CannotApprove(title).into());
    }
    doer.did(conn, Action::EnrolmentDecided, ("offering", id.0), now)?;
    if verdict == Verdict::Decline {
        store::pass_all(conn, &asked, State::Declined, None, now)?;
        store::count(conn, id, Change { asking: -n, ..Change::default() })?;
        store::step(conn, &asked, State::Declined, by, text, now)?;
        let words = msg!("您报名的“{}”没有通过。原因可在课程页上看到，也可以联系组织者。", title);
        tell(conn, &asked, Kind::Enrolment, &words, &link, now)?;
        return Ok(Decided { declined: asked.len(), ..Decided::default() });
    }
    store::pass_all(conn, &asked, State::Waitlisted, None, now)?;
    store::count(conn, id, Change { asking: -n, waiting: n, ..Change::default() })?;
    let promoted = fill(conn, id, now)?;
    let chosen: std::collections::HashSet<EnrolmentId> = asked.iter().map(|one| one.0).collect();
    let (confirmed, others): (Moved, Moved) = promoted.into_iter().partition(|(id, _)| chosen.contains(id));
    let seated: std::collections::HashSet<EnrolmentId> = confirmed.iter().map(|one| one.0).collect();
    let waiting: Moved = asked.into_iter().filter(|(id, _)| !seated.contains(id)).collect();
    store::step(conn, &confirmed, State::Confirmed, by, text, now)?;
    store::step(conn, &waiting, State::Waitlisted, by, text, now)?;
    tell(conn, &confirmed, Kind::Enrolment, &msg!("您报名的“{}”已通过。", title), &link, now)?;
    let words = msg!("您报名的“{}”已通过审核，名额已满，现在候补。有空位时按先后自动补上。", title);
    tell(conn, &waiting, Kind::Enrolment, &words, &link, now)?;
    tell_promoted(conn, offering.what, &others, now)?;
    Ok(Decided { confirmed: confirmed.len(), waitlisted: waiting.len(), declined: 0 })
}
