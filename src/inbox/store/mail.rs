//! Rows of addresses for reminders, and of what was sent to them. What must happen once is claimed by a guarded update.
use crate::clock::{self, Timestamp};
use crate::config::DIGEST_DAYS;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{NoticeId, PersonId};
use crate::lang::{Lang, Message};
use crate::schema::{accounts, mail_addresses, mail_sendings, notices};
use crate::text_enum;
use chrono::{Duration, NaiveDate, Timelike};
use diesel::prelude::*;

text_enum! {
    /// What a letter is.
    pub enum Letter {
        Code = "code",
        Digest = "digest",
    }
}

/// Somebody's address for reminders.
#[derive(Queryable, Selectable, Debug, Clone)]
#[diesel(table_name = mail_addresses)]
pub struct Address {
    pub address: String,
    pub code_hash: Option<String>,
    pub code_at: Option<Timestamp>,
    pub confirmed_at: Option<Timestamp>,
    pub is_on: bool,
    pub quiet_from: i32,
    pub quiet_to: i32,
}

/// Something that was sent, or not.
#[derive(Queryable, Debug, Clone)]
pub struct Sending {
    pub letter: Letter,
    pub at: Timestamp,
    pub notices: i32,
    /// A sentence as `lang::kept` reads it; empty if the server took it.
    pub problem: String,
}

pub fn find(conn: &mut Conn, person: PersonId) -> Result<Option<Address>> {
    Ok(either!(conn, c => mail_addresses::table
        .find(person)
        .select(Address::as_select())
        .first(c)
        .optional())?)
}

/// Sets the address and asks for its confirmation. What the address was before does not matter.
pub fn set(
    conn: &mut Conn,
    person: PersonId,
    address: &str,
    quiet: (i32, i32),
    lang: Lang,
    now: Timestamp,
) -> Result<()> {
    let fresh = (
        mail_addresses::address.eq(address),
        mail_addresses::code_hash.eq(None::<String>),
        mail_addresses::code_at.eq(Some(now)),
        mail_addresses::confirmed_at.eq(None::<Timestamp>),
        mail_addresses::is_on.eq(true),
        mail_addresses::lang.eq(lang.tag()),
        mail_addresses::failures.eq(0),
        mail_addresses::next_at.eq(None::<Timestamp>),
    );
    let row = (
        mail_addresses::person_id.eq(person),
        mail_addresses::quiet_from.eq(quiet.0),
        mail_addresses::quiet_to.eq(quiet.1),
        fresh.clone(),
    );
    // The day of the last digest stays: a new address is no second digest.
    either!(conn, c => diesel::insert_into(mail_addresses::table)
        .values(row)
        .on_conflict(mail_addresses::person_id)
        .do_update()
        .set(fresh)
        .execute(c))?;
    Ok(())
}

/// Asks for another confirmation of the address that is not confirmed; `false` if there is none.
pub fn ask(conn: &mut Conn, person: PersonId, now: Timestamp) -> Result<bool> {
    let open = mail_addresses::person_id.eq(person).and(mail_addresses::confirmed_at.is_null());
    let values = (
        mail_addresses::code_hash.eq(None::<String>),
        mail_addresses::code_at.eq(Some(now)),
        mail_addresses::failures.eq(0),
        mail_addresses::next_at.eq(None::<Timestamp>),
    );
    Ok(either!(conn, c => diesel::update(mail_addresses::table.filter(open)).set(values).execute(c))? == 1)
}

/// Confirms the address to which this code was sent, if it was made after `since`; `None` if there is none, and whether
/// that was news.
pub fn confirm(
    conn: &mut Conn,
    person: PersonId,
    code_hash: &str,
    since: Timestamp,
    now: Timestamp,
) -> Result<Option<bool>> {
    let right = mail_addresses::person_id.eq(person).and(mail_addresses::code_hash.eq(code_hash));
    let open = right.and(mail_addresses::confirmed_at.is_null()).and(mail_addresses::code_at.gt(since));
    let values = (
        mail_addresses::confirmed_at.eq(now),
        mail_addresses::failures.eq(0),
        mail_addresses::next_at.eq(None::<Timestamp>),
    );
    if either!(conn, c => diesel::update(mail_addresses::table.filter(open)).set(values).execute(c))? == 1 {
        return Ok(Some(true));
    }
    // The same link once more: it led to this.
    let before = right.and(mail_addresses::confirmed_at.is_not_null());
    let is_there: bool = either!(conn, c => diesel::select(diesel::dsl::exists(mail_addresses::table.filter(before))).get_result(c))?;
    Ok(is_there.then_some(false))
}

/// On or off, and the quiet hours.
pub fn adjust(conn: &mut Conn, person: PersonId, is_on: bool, quiet: (i32, i32), lang: Lang) -> Result<bool> {
    let values = (
        mail_addresses::is_on.eq(is_on),
        mail_addresses::quiet_from.eq(quiet.0),
        mail_addresses::quiet_to.eq(quiet.1),
        mail_addresses::lang.eq(lang.tag()),
    );
    Ok(either!(conn, c => diesel::update(mail_addresses::table.find(person)).set(values).execute(c))? == 1)
}

/// Forgets the address; `false` if there was none. What was sent stays on record, without the address.
pub fn remove(conn: &mut Conn, person: PersonId) -> Result<bool> {
    Ok(either!(conn, c => diesel::delete(mail_addresses::table.find(person)).execute(c))? == 1)
}

/// The newest letters to this person.
pub fn sendings(conn: &mut Conn, person: PersonId, count: i64) -> Result<Vec<Sending>> {
    Ok(either!(conn, c => mail_sendings::table
        .filter(mail_sendings::person_id.eq(person))
        .order(mail_sendings::id.desc())
        .limit(count)
        .select((mail_sendings::kind, mail_sendings::at, mail_sendings::notice_count, mail_sendings::problem))
        .load(c))?)
}

/// Confirmations since then that may have reached somebody: those that the server took, and those of which nobody knows.
pub fn codes_since(conn: &mut Conn, person: PersonId, since: Timestamp, unknown: &Message) -> Result<i64> {
    let some = mail_sendings::person_id
        .eq(person)
        .and(mail_sendings::kind.eq(Letter::Code))
        .and(mail_sendings::at.gt(since))
        .and(mail_sendings::problem.eq_any([String::new(), unknown.to_kept()]));
    Ok(either!(conn, c => mail_sendings::table.filter(some).count().get_result(c))?)
}

/// A letter that is about to be sent. Until its end is known, nobody knows whether it was.
pub fn begin_sending(
    conn: &mut Conn,
    person: PersonId,
    letter: Letter,
    notices: usize,
    unknown: &Message,
    now: Timestamp,
) -> Result<i64> {
    let row = (
        mail_sendings::person_id.eq(person),
        mail_sendings::kind.eq(letter),
        mail_sendings::at.eq(now),
        mail_sendings::notice_count.eq(i32::try_from(notices).unwrap_or(i32::MAX)),
        mail_sendings::problem.eq(unknown.to_kept()),
    );
    Ok(either!(conn, c => diesel::insert_into(mail_sendings::table)
        .values(row)
        .returning(mail_sendings::id)
        .get_result(c))?)
}

pub fn end_sending(conn: &mut Conn, id: i64, problem: &str) -> Result<()> {
    either!(conn, c => diesel::update(mail_sendings::table.find(id))
        .set(mail_sendings::problem.eq(problem))
        .execute(c))?;
    Ok(())
}

/// Persons who wait for a confirmation.
pub fn asked(conn: &mut Conn, now: Timestamp, count: i64) -> Result<Vec<PersonId>> {
    let waiting = mail_addresses::code_hash
        .is_null()
        .and(mail_addresses::confirmed_at.is_null())
        .and(mail_addresses::code_at.is_not_null())
        .and(mail_addresses::next_at.is_null().or(mail_addresses::next_at.le(now)));
    Ok(either!(conn, c => mail_addresses::table
        .filter(waiting)
        .order(mail_addresses::code_at)
        .limit(count)
        .select(mail_addresses::person_id)
        .load(c))?)
}

/// Where a claimed letter goes to.
#[derive(Queryable, Debug, Clone)]
pub struct Claimed {
    pub address: String,
    pub lang: String,
    /// Tries before this one.
    pub failures: i32,
}

/// Makes the confirmation this worker's: gives it its code. One of two workers gets it.
pub fn claim_code(
    conn: &mut Conn,
    person: PersonId,
    code_hash: &str,
    now: Timestamp,
) -> Result<Option<Claimed>> {
    let waiting = mail_addresses::person_id
        .eq(person)
        .and(mail_addresses::code_hash.is_null())
        .and(mail_addresses::confirmed_at.is_null())
        .and(mail_addresses::code_at.is_not_null())
        .and(mail_addresses::next_at.is_null().or(mail_addresses::next_at.le(now)));
    let values = (mail_addresses::code_hash.eq(code_hash), mail_addresses::code_at.eq(now));
    Ok(either!(conn, c => diesel::update(mail_addresses::table.filter(waiting))
        .set(values)
        .returning((mail_addresses::address, mail_addresses::lang, mail_addresses::failures))
        .get_result(c)
        .optional())?)
}

/// Takes the code of a claimed confirmation back: it was not sent. It is tried again at `next`; without `next`, when the
/// person asks. Nothing happens if the person has done something else meanwhile.
pub fn release_code(
    conn: &mut Conn,
    person: PersonId,
    code_hash: &str,
    failures: i32,
    next: Option<Timestamp>,
) -> Result<()> {
    let mine = mail_addresses::person_id
        .eq(person)
        .and(mail_addresses::code_hash.eq(code_hash))
        .and(mail_addresses::confirmed_at.is_null());
    let again = mail_addresses::code_hash.eq(None::<String>);
    let values = (again, mail_addresses::failures.eq(failures), mail_addresses::next_at.eq(next));
    match next {
        Some(_) => {
            either!(conn, c => diesel::update(mail_addresses::table.filter(mine)).set(values).execute(c))?
        }
        None => {
            let values = (values, mail_addresses::code_at.eq(None::<Timestamp>));
            either!(conn, c => diesel::update(mail_addresses::table.filter(mine)).set(values).execute(c))?
        }
    };
    Ok(())
}

/// Persons who are due for a digest at `now`, with the day of the one before: reminders are on, there was none today, it
/// is no quiet hour, their account is open, and there is something to tell.
pub fn due(conn: &mut Conn, now: Timestamp, count: i64) -> Result<Vec<(PersonId, Option<NaiveDate>)>> {
    let hour = i32::try_from(clock::local(now).hour()).unwrap_or_default();
    let (from, to) = (mail_addresses::quiet_from, mail_addresses::quiet_to);
    let is_loud = from
        .eq(to)
        .or(from.lt(to).and(from.gt(hour).or(to.le(hour))))
        .or(from.gt(to).and(from.gt(hour)).and(to.le(hour)));
    let is_due = mail_addresses::is_on
        .and(mail_addresses::confirmed_at.is_not_null())
        .and(mail_addresses::digest_on.is_null().or(mail_addresses::digest_on.lt(clock::day(now))))
        .and(mail_addresses::next_at.is_null().or(mail_addresses::next_at.le(now)));
    let news = notices::table
        .filter(notices::person_id.eq(mail_addresses::person_id))
        .filter(notices::mailed_at.is_null().and(notices::read_at.is_null()))
        .filter(notices::at.gt(now - Duration::days(DIGEST_DAYS)));
    let account = accounts::table
        .filter(accounts::person_id.eq(mail_addresses::person_id).and(accounts::closed_at.is_null()));
    Ok(either!(conn, c => mail_addresses::table
        .filter(is_due)
        .filter(is_loud)
        .filter(diesel::dsl::exists(news))
        .filter(diesel::dsl::exists(account))
        .order(mail_addresses::person_id)
        .limit(count)
        .select((mail_addresses::person_id, mail_addresses::digest_on))
        .load(c))?)
}

/// Makes today's digest this worker's. One of two workers gets it.
pub fn claim_digest(conn: &mut Conn, person: PersonId, now: Timestamp) -> Result<Option<Claimed>> {
    let today = clock::day(now);
    let is_due = mail_addresses::person_id
        .eq(person)
        .and(mail_addresses::is_on)
        .and(mail_addresses::confirmed_at.is_not_null())
        .and(mail_addresses::digest_on.is_null().or(mail_addresses::digest_on.lt(today)))
        .and(mail_addresses::next_at.is_null().or(mail_addresses::next_at.le(now)));
    Ok(either!(conn, c => diesel::update(mail_addresses::table.filter(is_due))
        .set(mail_addresses::digest_on.eq(today))
        .returning((mail_addresses::address, mail_addresses::lang, mail_addresses::failures))
        .get_result(c)
        .optional())?)
}

/// What a digest says of a notice.
#[derive(Queryable, Debug, Clone)]
pub struct News {
    pub id: NoticeId,
    pub title: String,
    pub body: String,
    pub link: String,
}

/// Marks the person's news as mailed and hands them out, the oldest first.
pub fn take_news(conn: &mut Conn, person: PersonId, now: Timestamp) -> Result<Vec<News>> {
    let news = notices::person_id
        .eq(person)
        .and(notices::mailed_at.is_null())
        .and(notices::read_at.is_null())
        .and(notices::at.gt(now - Duration::days(DIGEST_DAYS)));
    let mut rows: Vec<News> = either!(conn, c => diesel::update(notices::table.filter(news))
        .set(notices::mailed_at.eq(now))
        .returning((notices::id, notices::title, notices::body, notices::link))
        .get_results(c))?;
    rows.sort_by_key(|row| row.id);
    Ok(rows)
}

/// The news that were handed out at that moment were not mailed.
pub fn put_news_back(conn: &mut Conn, person: PersonId, at: Timestamp) -> Result<()> {
    let mine = notices::person_id.eq(person).and(notices::mailed_at.eq(at));
    either!(conn, c => diesel::update(notices::table.filter(mine))
        .set(notices::mailed_at.eq(None::<Timestamp>))
        .execute(c))?;
    Ok(())
}

/// Where the digest of a person stands afterwards: the day of the last one, tries that failed, and when to try again.
pub fn set_digest(
    conn: &mut Conn,
    person: PersonId,
    digest_on: Option<NaiveDate>,
    failures: i32,
    next: Option<Timestamp>,
) -> Result<()> {
    let values = (
        mail_addresses::digest_on.eq(digest_on),
        mail_addresses::failures.eq(failures),
        mail_addresses::next_at.eq(next),
    );
    either!(conn, c => diesel::update(mail_addresses::table.find(person)).set(values).execute(c))?;
    Ok(())
}

/// Switches reminders off, if it is still this address.
pub fn switch_off(conn: &mut Conn, person: PersonId, address: &str) -> Result<()> {
    let mine = mail_addresses::person_id.eq(person).and(mail_addresses::address.eq(address));
    either!(conn, c => diesel::update(mail_addresses::table.filter(mine))
        .set(mail_addresses::is_on.eq(false))
        .execute(c))?;
    Ok(())
}
