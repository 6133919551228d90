//! What a member says of a visit, and what that brings about. Only a confirmed visit is in the records of study: an attendance,
//! what it makes up for, and the proof of the lecture that was taught. While somebody disputes it, it is in none of them.
use super::{Deed, MISSED, Refusal, Standing, State, Way, Whole, hands, seen_by, store};
use crate::access::Viewer;
use crate::audit::{Action, Doer};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::events::{self, Entry, Method, Status, Via};
use crate::ids::{AccountId, CaseId, EventId, PersonId, digest, random_code};
use crate::inbox::{self, NewNotice};
use crate::msg;
use crate::watching::{self, Viewed};
use chrono::Duration;

/// Guesses of the codes of a visit in a minute.
pub const TRIES: i32 = 5;
/// Characters of a printed code.
const CODE_LENGTH: usize = 8;
/// A printed code holds so many days.
pub const CODE_DAYS: i64 = 30;

/// The member confirms in the own account. Once more changes nothing.
///
/// # Errors
/// Not found for whom the visit was not to; refused while a clerk acts, before the second person has signed, in an account that
/// those who signed may have opened, and for what was disputed or taken back.
pub fn confirm(conn: &mut Conn, viewer: &Viewer, id: EventId, doer: &Doer, now: Timestamp) -> Result<()> {
    let (whole, part) = seen_by(conn, viewer, id)?;
    if !part.is_visited || viewer.is_acting() {
        return Err(Error::NotFound);
    }
    let has_signed =
        whole.visit.recorded_by == viewer.account || whole.visit.seconded_by == Some(viewer.account);
    if has_signed {
        return Err(Refusal::OwnRecord.into());
    }
    refuse_others_login(conn, &whole, (viewer.person, viewer.account))?;
    settle(conn, &whole, viewer.person, (Way::Device, Some(viewer.account)), doer, now)
}

/// The member has said so before a witness: a third account in whose scope it lies. Once more changes nothing.
///
/// # Errors
/// Not found outside the viewer's scope; refused for whoever recorded or signed it, delivered or was visited, and as in
/// [`confirm`].
pub fn witness(
    conn: &mut Conn,
    viewer: &Viewer,
    (id, person): (EventId, PersonId),
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    let (whole, part) = seen_by(conn, viewer, id)?;
    if !part.is_holder {
        return Err(Error::NotFound);
    }
    let has_signed = part.is_recorder || whole.visit.seconded_by == Some(viewer.account);
    if has_signed || part.is_deliverer || part.is_second || part.is_visited {
        return Err(Refusal::NotWitness.into());
    }
    refuse_others_login(conn, &whole, (person, viewer.account))?;
    settle(conn, &whole, person, (Way::Witness, Some(viewer.account)), doer, now)
}

/// Whoever signed the visit does not say the member's word too, with an account that they may have opened. What was said before
/// stays said.
fn refuse_others_login(
    conn: &mut Conn,
    whole: &Whole,
    (person, account): (PersonId, AccountId),
) -> Result<()> {
    let is_open = whole.member(person)?.state == Standing::Waiting;
    let makers = hands::makers(&whole.visit);
    if is_open && hands::is_behind(conn, &makers, account, whole.event.starts_at)? {
        return Err(Refusal::OthersLogin.into());
    }
    Ok(())
}

/// Makes the code for the slip of a member; an earlier one is void. It is nowhere but on the paper.
///
/// # Errors
/// Not found for whoever does not keep the visit; refused for the recorder and in an account that the recorder may have opened,
/// and where there is nothing to confirm.
pub fn print_code(
    conn: &mut Conn,
    viewer: &Viewer,
    (id, person): (EventId, PersonId),
    doer: &Doer,
    now: Timestamp,
) -> Result<(Whole, String)> {
    let (whole, part) = seen_by(conn, viewer, id)?;
    if !part.keeps() || viewer.is_acting() {
        return Err(Error::NotFound);
    }
    // Whoever has the code can say the member's word: the recorder would need nobody else for it.
    if part.is_recorder || part.is_visited {
        return Err(Refusal::SomebodyElse.into());
    }
    if hands::is_behind(conn, &[whole.visit.recorded_by], viewer.account, whole.event.starts_at)? {
        return Err(Refusal::OthersLogin.into());
    }
    let member = whole.member(person)?;
    if let Some(refusal) = obstacle(&whole, member.state) {
        return Err(refusal.into());
    }
    let code = random_code(CODE_LENGTH);
    store::put_code(conn, (id, person), &digest(&code), now + Duration::days(CODE_DAYS))?;
    store::step(conn, (id, Some(person)), Deed::Printed, Some(viewer.account), now)?;
    doer.did_to(conn, Action::VisitStep, person, now)?;
    Ok((whole, code))
}

/// Why nothing can be confirmed; `None` also where it was confirmed already.
fn obstacle(whole: &Whole, state: Standing) -> Option<Refusal> {
    match (whole.visit.state, state) {
        (State::Void, _) | (_, Standing::Void) => Some(Refusal::Void),
        (State::Recorded, _) => Some(Refusal::NotSeconded),
        (State::Seconded, Standing::Disputed) => Some(Refusal::Disputed),
        (State::Seconded, Standing::Waiting | Standing::Confirmed) => None,
    }
}

/// What became of a code that somebody typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done,
    Wrong,
}

/// Somebody types the code of a slip: the member or a relative, who need no account. A guess is counted also if it is wrong,
/// so it is no error; a visit that is not there answers as a wrong code does.
///
/// # Errors
/// [`Error::Wait`] after five guesses in a minute; refused for those who made the record, and as in [`confirm`].
pub fn confirm_by_code(
    conn: &mut Conn,
    (id, typed): (EventId, &str),
    viewer: Option<&Viewer>,
    doer: &Doer,
    now: Timestamp,
) -> Result<Outcome> {
    let visit = match store::find(conn, id) {
        Err(Error::NotFound) => return Ok(Outcome::Wrong),
        found => found?,
    };
    if let Some(viewer) = viewer {
        let starts_at = events::find(conn, id)?.starts_at;
        let makers = hands::makers(&visit);
        let has_signed = visit.recorded_by == viewer.account || visit.seconded_by == Some(viewer.account);
        if has_signed || visit.deliverer == viewer.person || visit.second == viewer.person {
            return Err(Refusal::SomebodyElse.into());
        }
        if hands::is_behind(conn, &makers, viewer.account, starts_at)? {
            return Err(Refusal::OthersLogin.into());
        }
    }
    let seconds = now.and_utc().timestamp();
    if !store::count_try(conn, id, seconds.div_euclid(60), TRIES)? {
        return Err(Error::Wait(60 - seconds.rem_euclid(60)));
    }
    let Some(person) = store::code_of(conn, id, &digest(&tidy(typed)), now)? else {
        return Ok(Outcome::Wrong);
    };
    let whole = Whole { event: events::find(conn, id)?, members: store::members(conn, id)?, visit };
    let by = viewer.map(|viewer| viewer.account);
    settle(conn, &whole, person, (Way::Code, by), doer, now)?;
    Ok(Outcome::Done)
}

/// A code as it was printed: without blanks and dashes, in capitals, of plain width.
fn tidy(typed: &str) -> String {
    typed
        .chars()
        .map(|c| match c {
            '！'..='～' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
            other => other,
        })
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_uppercase())
        .collect()
}

/// The member's word is there: the visit counts from now on.
fn settle(
    conn: &mut Conn,
    whole: &Whole,
    person: PersonId,
    (way, by): (Way, Option<AccountId>),
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    let id = whole.event.id;
    let member = whole.member(person)?;
    if let Some(refusal) = obstacle(whole, member.state) {
        return Err(refusal.into());
    }
    if !store::confirm(conn, id, person, (way, by), now)? {
        // Somebody was faster, or it was confirmed before.
        return match store::member(conn, id, person)?.state {
            Standing::Waiting | Standing::Confirmed => Ok(()),
            Standing::Disputed => Err(Refusal::Disputed.into()),
            Standing::Void => Err(Refusal::Void.into()),
        };
    }
    // Whoever takes the visit back meanwhile has waited for the row above, or was faster.
    if store::find(conn, id)?.state != State::Seconded {
        return Err(Refusal::Void.into());
    }
    let deed = match way {
        Way::Device => Deed::Device,
        Way::Code => Deed::Code,
        Way::Witness => Deed::Witness,
    };
    store::step(conn, (id, Some(person)), deed, by, now)?;
    doer.did_to(conn, Action::VisitStep, person, now)?;
    count(conn, whole, person, now)?;
    if way != Way::Device {
        let notice = NewNotice {
            person,
            kind: inbox::Kind::Attendance,
            title: msg!("送学上门“{}”已记入您的学习；不是您的意思，请提出异议", whole.event.title),
            body: String::new(),
            link: whole.link(),
            sent_by: by,
            key: format!("visit-{id}-{person}-confirmed"),
        };
        inbox::tell(conn, &[notice], now)?;
    }
    Ok(())
}

/// Puts a confirmed visit into the records of study.
fn count(conn: &mut Conn, whole: &Whole, person: PersonId, now: Timestamp) -> Result<()> {
    let (id, visit) = (whole.event.id, &whole.visit);
    let turn = store::turn(conn, id, person, true)?;
    let entry = Entry {
        event: id,
        person,
        status: Status::HomeVisit,
        minutes: visit.minutes,
        method: Method::List,
        via: None,
        by: visit.recorded_by,
        acted_by: None,
        key: format!("visit-{id}-{person}-{turn}"),
    };
    events::record(conn, &entry, now)?;
    if let Some(missed) = visit.missed {
        let standing = events::standing(conn, missed, person)?;
        if standing.is_some_and(|one| MISSED.contains(&one.status)) {
            // The minutes are those of the visit: what makes up for something is not counted twice.
            let made_up = Entry {
                event: missed,
                status: Status::Makeup,
                minutes: 0,
                via: Some(Via::Event(id)),
                key: format!("visit-{id}-{person}-{turn}-makeup"),
                ..entry
            };
            events::record(conn, &made_up, now)?;
        }
    }
    if let (Some(lecture), Some(media)) = (whole.event.lecture, visit.media) {
        let seconds = (visit.minutes * 60).min(visit.length_s);
        let viewed = Viewed { lecture, media, event: id, seconds, length_s: visit.length_s };
        watching::prove_visit(conn, person, &viewed, now)?;
    }
    Ok(())
}

/// Takes a visit out of the records of study again, by this case; what it had made up for is missed as before.
fn uncount(
    conn: &mut Conn,
    whole: &Whole,
    person: PersonId,
    (case, by): (CaseId, AccountId),
    now: Timestamp,
) -> Result<()> {
    let id = whole.event.id;
    let turn = store::turn(conn, id, person, false)?;
    let entry = Entry {
        event: id,
        person,
        status: Status::Void,
        minutes: 0,
        method: Method::List,
        via: None,
        by,
        acted_by: None,
        key: format!("visit-{id}-{person}-{turn}"),
    };
    events::record(conn, &entry, now)?;
    if let Some(missed) = whole.visit.missed
        && let Some(status) = store::before_makeup(conn, missed, person, id)?
    {
        let key = format!("visit-{id}-{person}-{turn}-missed");
        events::record(conn, &Entry { event: missed, status, key, ..entry }, now)?;
    }
    if let Some(proof) = store::proof(conn, id, person)? {
        watching::reverse(conn, proof, case, now)?;
    }
    Ok(())
}

/// A visit as a case finds it.
fn of_case(conn: &mut Conn, id: EventId) -> Result<Whole> {
    Ok(Whole {
        event: events::find(conn, id)?,
        visit: store::find(conn, id)?,
        members: store::members(conn, id)?,
    })
}

/// The member disputes a visit, by this case: until it is answered the visit counts nothing.
///
/// # Errors
/// Refused for what was taken back.
pub fn dispute(
    conn: &mut Conn,
    (id, person): (EventId, PersonId),
    (case, by): (CaseId, AccountId),
    now: Timestamp,
) -> Result<()> {
    let whole = of_case(conn, id)?;
    if whole.member(person)?.state == Standing::Disputed {
        return Ok(());
    }
    leave(conn, &whole, person, (Standing::Disputed, Deed::Disputed), (case, by), now)
}

/// The dispute was right: the visit does not hold for this person.
///
/// # Errors
/// Those of the database.
pub fn uphold(
    conn: &mut Conn,
    (id, person): (EventId, PersonId),
    (case, by): (CaseId, AccountId),
    now: Timestamp,
) -> Result<()> {
    let whole = of_case(conn, id)?;
    if whole.member(person)?.state == Standing::Void {
        return Ok(());
    }
    leave(conn, &whole, person, (Standing::Void, Deed::Void), (case, by), now)?;
    // Nobody keeps the picture of what was not so.
    if store::remove_photo(conn, id)? {
        store::step(conn, (id, None), Deed::PhotoRemoved, Some(by), now)?;
    }
    Ok(())
}

fn leave(
    conn: &mut Conn,
    whole: &Whole,
    person: PersonId,
    (to, deed): (Standing, Deed),
    (case, by): (CaseId, AccountId),
    now: Timestamp,
) -> Result<()> {
    let id = whole.event.id;
    let from = [Standing::Waiting, Standing::Confirmed, Standing::Disputed];
    // The row is this transaction's from here on: what it says now is what is taken back.
    if !store::put_state(conn, (id, person), &from, to)? {
        return Err(Refusal::Void.into());
    }
    if store::member(conn, id, person)?.is_counted {
        uncount(conn, whole, person, (case, by), now)?;
    }
    store::step(conn, (id, Some(person)), deed, Some(by), now)
}

/// The dispute was not right, or was taken back: what held before holds again.
///
/// # Errors
/// Those of the database.
pub fn reinstate(
    conn: &mut Conn,
    (id, person): (EventId, PersonId),
    by: AccountId,
    now: Timestamp,
) -> Result<()> {
    let whole = of_case(conn, id)?;
    let was_confirmed = whole.member(person)?.way.is_some();
    let to = if was_confirmed { Standing::Confirmed } else { Standing::Waiting };
    if !store::put_state(conn, (id, person), &[Standing::Disputed], to)? {
        return Ok(());
    }
    store::step(conn, (id, Some(person)), Deed::Reinstated, Some(by), now)?;
    if was_confirmed { count(conn, &whole, person, now) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::tidy;

    #[test]
    fn a_code_may_be_typed_as_people_type() {
        for typed in ["K7MP-2QXA", " k7mp 2qxa", "Ｋ７ｍｐ２ｑｘａ", "k7mp—2qxa。"] {
            assert_eq!(tidy(typed), "K7MP2QXA", "{typed}");
        }
    }
}
