//! The code that is shown on site, and checking in with it. Whoever stands in the room can read it; it changes every twenty
//! seconds, so that one that is passed on is of no use a minute later.
use super::{Entry, Event, Method, Refusal, State, Status, attendance, store};
use crate::access::Viewer;
use crate::audit::{Action, Doer};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::EventId;
use chrono::Duration;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Seconds for which a code is shown.
pub const STEP: i64 = 20;
/// Codes before the present one that are still taken: a minute after a code was first shown it is nothing.
const BEFORE: i64 = 2;
/// Codes after the present one that are taken: nobody but a server shows one before its time.
const AHEAD: i64 = 1;
/// Guesses of a member in a minute.
pub const TRIES: i32 = 5;

/// The code of a step: six digits.
fn code(key: &str, step: i64) -> String {
    // HMAC takes keys of every length: the error that its trait allows for does not occur.
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes());
    let mut mac = mac.unwrap_or_else(|_| unreachable!("HMAC takes every key"));
    mac.update(&step.to_be_bytes());
    let bytes = mac.finalize().into_bytes();
    let number = bytes[..8].iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{:06}", number % 1_000_000)
}

/// The code to show at `now`, and the seconds until the next one.
pub fn shown(key: &str, now: Timestamp) -> (String, i64) {
    let seconds = now.and_utc().timestamp();
    (code(key, seconds.div_euclid(STEP)), STEP - seconds.rem_euclid(STEP))
}

/// Whether this is a code that was shown within the last minute, here or by a server whose clock is up to a step ahead.
/// Spaces and full-width digits are fine.
pub fn is_right(key: &str, typed: &str, now: Timestamp) -> bool {
    let digits: String = typed
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| match c {
            '０'..='９' => char::from(b'0' + (u32::from(c) - u32::from('０')) as u8),
            other => other,
        })
        .collect();
    let step = now.and_utc().timestamp().div_euclid(STEP);
    (step - BEFORE..=step + AHEAD).any(|step| code(key, step) == digits)
}

/// What became of a check-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// It was recorded before that the member takes part.
    Already,
    Wrong,
}

/// Whether members check in at `now`.
pub fn is_open(event: &Event, now: Timestamp) -> bool {
    event.state != State::Cancelled && event.has_begun(now) && now <= event.ends_at
}

/// Checks the viewer in with what was typed. A guess is counted also if it is wrong, so it is no error.
///
/// # Errors
/// Refused outside the time of the event, for whom it is not for, and for whoever has used a code before; [`Error::Wait`] after five guesses in a minute.
pub fn check_in(
    conn: &mut Conn,
    id: EventId,
    viewer: &Viewer,
    (typed, key): (&str, &str),
    doer: &Doer,
    now: Timestamp,
) -> Result<Outcome> {
    let event = super::visible(conn, viewer, id)?;
    if event.state == State::Cancelled {
        return Err(Refusal::Cancelled.into());
    }
    if !is_open(&event, now) {
        return Err(Refusal::NotOpen.into());
    }
    if !store::is_expected(conn, &event, viewer.person)? {
        return Err(Refusal::NotExpected.into());
    }
    let held = store::standing(conn, id, viewer.person)?;
    if held.is_some_and(|held| held.status.counts()) {
        return Ok(Outcome::Already);
    }
    if store::has_used_code(conn, id, viewer.person)? {
        return Err(Refusal::CodeUsed.into());
    }
    let seconds = now.and_utc().timestamp();
    if !store::count_try(conn, id, viewer.person, seconds.div_euclid(60), TRIES)? {
        return Err(Error::Wait(60 - seconds.rem_euclid(60)));
    }
    if !is_right(&store::code_key(conn, id)?, typed, now) {
        return Ok(Outcome::Wrong);
    }
    let left = event.ends_at - now.max(event.starts_at);
    let entry = Entry {
        event: id,
        person: viewer.person,
        status: Status::Present,
        minutes: i32::try_from(left.max(Duration::zero()).num_minutes()).unwrap_or_default(),
        method: Method::Code,
        via: None,
        by: viewer.account,
        acted_by: viewer.acted_by(),
        key: key.to_owned(),
    };
    if attendance::record_in(conn, &event, &entry, now)? {
        doer.did_to(conn, Action::AttendanceRecorded, viewer.person, now)?;
    }
    Ok(Outcome::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        chrono::DateTime::from_timestamp(1_796_000_000 + second, 0).unwrap().naive_utc()
    }

    #[test]
    fn a_code_is_good_for_a_minute_after_it_was_first_shown_and_no_longer() {
        let (code, left) = shown("key", at(0));
        assert_eq!((code.len(), left), (6, 20));
        assert_eq!(shown("key", at(19)), (code.clone(), 1));
        assert_ne!(shown("key", at(20)).0, code);
        // Another server's clock may be a little ahead.
        for second in [-20, -1, 0, 19, 20, 40, 59] {
            assert!(is_right("key", &code, at(second)), "{second}");
        }
        for second in [-21, 60, 61, 120, 86_400] {
            assert!(!is_right("key", &code, at(second)), "{second}");
        }
        assert!(!is_right("another", &code, at(0)));
    }

    #[test]
    fn a_code_may_be_typed_with_spaces_and_wide_digits() {
        let (code, _) = shown("key", at(0));
        assert!(is_right("key", &format!(" {} {} ", &code[..3], &code[3..]), at(0)));
        let wide: String =
            code.bytes().map(|b| char::from_u32(u32::from('０') + u32::from(b - b'0')).unwrap()).collect();
        assert!(is_right("key", &wide, at(0)));
        for wrong in ["", "12345", "1234567", "abcdef"] {
            assert!(!is_right("key", wrong, at(0)), "{wrong}");
        }
    }
}
