//! Slowing down those who guess. A failure costs waiting time that grows and ends: by name and address together, by
//! name alone (an attacker with many addresses), by address alone (a whole school may share one). Nobody is locked out:
//! the longest wait is a minute, and it is short where a victim would share it with an attacker.
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::ids::{AccountId, digest};
use crate::schema::throttles;
use chrono::Duration;
use diesel::prelude::*;

/// How many failures are free, and the longest wait after them, in seconds.
struct Rule {
    free: i32,
    longest: i64,
}
const NAME_AND_ADDRESS: Rule = Rule { free: 5, longest: 60 };
const NAME: Rule = Rule { free: 10, longest: 15 };
const ADDRESS: Rule = Rule { free: 50, longest: 5 };
/// Codes that are given out: nobody else waits for who guesses one.
const CODE: Rule = Rule { free: 5, longest: 60 };
/// Failures are forgotten after an hour without another.
const FORGOTTEN_AFTER: Duration = Duration::hours(1);

impl Rule {
    /// Seconds to wait after so many failures: 2, 4, 8 …
    fn wait(&self, failures: i32) -> i64 {
        match failures - self.free {
            ..0 => 0,
            over => (2_i64 << over.min(20)).min(self.longest),
        }
    }
}

/// The keys under which a try counts. Names and addresses are kept as digests only.
pub struct Keys {
    own: Vec<(String, Rule)>,
    /// Others may share it.
    shared: Option<(String, Rule)>,
}

impl Keys {
    pub fn new(name: &str, address: &str) -> Keys {
        let name = name.trim().to_lowercase();
        Keys {
            own: vec![
                (digest(&format!("both\n{name}\n{address}")), NAME_AND_ADDRESS),
                (digest(&format!("name\n{name}")), NAME),
            ],
            shared: Some((digest(&format!("address\n{address}")), ADDRESS)),
        }
    }
    /// Of an account that types the code of something.
    pub fn of_code(account: AccountId, of: &str) -> Keys {
        Keys { own: vec![(digest(&format!("code\n{account}\n{of}")), CODE)], shared: None }
    }
    fn all(&self) -> impl Iterator<Item = &(String, Rule)> {
        self.own.iter().chain(&self.shared)
    }
}

/// Counts a try before its password is looked at, so that many at once cannot slip through.
///
/// # Errors
/// [`Error::Wait`] if the last failure is too recent; that try is not counted.
pub fn enter(conn: &mut Conn, keys: &Keys, now: Timestamp) -> Result<()> {
    for (key, rule) in keys.all() {
        let row: Option<(i32, Timestamp)> = either!(conn, c => throttles::table
            .find(key)
            .filter(throttles::last_at.gt(now - FORGOTTEN_AFTER))
            .select((throttles::failures, throttles::last_at))
            .first(c)
            .optional())?;
        if let Some((failures, last_at)) = row {
            let left = rule.wait(failures) - (now - last_at).num_seconds();
            if left > 0 {
                return Err(Error::Wait(left));
            }
        }
    }
    let forgotten = throttles::last_at.le(now - FORGOTTEN_AFTER);
    either!(conn, c => diesel::delete(throttles::table.filter(forgotten)).execute(c))?;
    for (key, _) in keys.all() {
        let row = (throttles::key.eq(key), throttles::failures.eq(1), throttles::last_at.eq(now));
        either!(conn, c => diesel::insert_into(throttles::table)
            .values(row)
            .on_conflict(throttles::key)
            .do_update()
            .set((throttles::failures.eq(throttles::failures + 1), throttles::last_at.eq(now)))
            .execute(c))?;
    }
    Ok(())
}

/// Forgets the try: it was right. What an attacker did at the same address stays counted, this try does not.
pub fn leave(conn: &mut Conn, keys: &Keys) -> Result<()> {
    let own: Vec<&str> = keys.own.iter().map(|(key, _)| key.as_str()).collect();
    either!(conn, c => diesel::delete(throttles::table.filter(throttles::key.eq_any(own))).execute(c))?;
    if let Some((shared, _)) = &keys.shared {
        let row = throttles::table.find(shared);
        either!(conn, c => diesel::update(row).set(throttles::failures.eq(throttles::failures - 1)).execute(c))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failures_are_free_then_waits_double_up_to_a_minute() {
        let waits: Vec<_> = (4..13).map(|failures| NAME_AND_ADDRESS.wait(failures)).collect();
        assert_eq!(waits, [0, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(NAME.wait(1_000), 15);
        assert_eq!(ADDRESS.wait(i32::MAX), 5);
    }
}
