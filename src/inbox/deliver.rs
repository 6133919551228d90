//! Sending what waits: confirmations of addresses, then digests. Every letter is claimed before it is sent, and what became
//! of it is written down afterwards. A worker that dies in between loses that letter – a digest for that day, a
//! confirmation until the member asks again – and nothing is ever sent twice.
use super::mail::{Line, Mailer, Outcome};
use super::store::mail as store;
use super::store::mail::{Claimed, Letter, News};
use super::{Kind, NewNotice, tell};
use crate::clock::{self, Timestamp};
use crate::config::MAIL_CODES_A_DAY;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::ids::{PersonId, digest, random_hex};
use crate::lang::{Lang, Message};
use crate::msg;
use chrono::{Duration, NaiveDate};

/// Letters of one round: a round takes some minutes at most, so that its moment is still now at its end.
const LETTERS: i64 = 200;
/// Tries of a letter; afterwards a digest waits for the next day, a confirmation for the member.
const TRIES: i32 = 5;
/// The first pause between two tries, in minutes; each is three times the one before.
const FIRST_PAUSE: i64 = 5;

/// What stands beside a letter until its end is known, and for good if the worker died meanwhile.
pub(super) fn unknown() -> Message {
    msg!("发送时中断，不知道有没有发出")
}

/// When to try again after so many failures.
fn pause(failures: i32) -> Duration {
    Duration::minutes(FIRST_PAUSE * 3_i64.pow(failures.clamp(1, TRIES).unsigned_abs() - 1))
}

/// Sends what waits; how many letters the server took. Several workers may do this at once.
///
/// # Errors
/// Those of the database. What goes wrong with a letter is written to its row.
pub fn deliver(db: &Db, mailer: &Mailer, now: Timestamp) -> Result<usize> {
    let (asked, due) =
        db.read_now(|conn| Ok((store::asked(conn, now, LETTERS)?, store::due(conn, now, LETTERS)?)))?;
    let mut line = mailer.line();
    let mut taken = 0;
    for person in asked {
        if !is_ready(&mut line) {
            return Ok(taken);
        }
        taken += usize::from(send_code(db, mailer, &mut line, person, now)?);
    }
    for (person, before) in due {
        if !is_ready(&mut line) {
            return Ok(taken);
        }
        taken += usize::from(send_digest(db, mailer, &mut line, person, before, now)?);
    }
    line.close();
    Ok(taken)
}

fn is_ready(line: &mut Line) -> bool {
    match line.ready() {
        Ok(()) => true,
        Err(problem) => {
            tracing::warn!(problem, "mail waits");
            false
        }
    }
}

/// What the row of a letter says: nothing if the server took it.
fn problem(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Taken => String::new(),
        Outcome::Later(told) => msg!("邮件服务器暂时没有接收：{}", told).to_kept(),
        Outcome::NoSuchAddress(told) => msg!("邮件服务器不接收这个地址：{}", told).to_kept(),
        Outcome::Rejected(told) => msg!("邮件服务器没有接收这封信：{}", told).to_kept(),
        Outcome::Unknown(_) => unknown().to_kept(),
    }
}

/// A line in the log, without names and addresses.
fn note(letter: Letter, outcome: &Outcome) {
    let word = match outcome {
        Outcome::Taken => "taken",
        Outcome::Later(_) => "later",
        Outcome::NoSuchAddress(_) => "no such address",
        Outcome::Rejected(_) => "rejected",
        Outcome::Unknown(_) => "unknown",
    };
    tracing::info!(letter = letter.as_str(), outcome = word, "mail");
}

fn send_code(db: &Db, mailer: &Mailer, line: &mut Line, person: PersonId, now: Timestamp) -> Result<bool> {
    let code = random_hex(16);
    let hash = digest(&code);
    let claimed = db.write_now(|conn| {
        let Some(claimed) = store::claim_code(conn, person, &hash, now)? else { return Ok(None) };
        // The update holds the row: whoever else sends to this person is counted.
        if store::codes_since(conn, person, now - Duration::days(1), &unknown())? >= MAIL_CODES_A_DAY {
            store::release_code(conn, person, &hash, 0, None)?;
            return Ok(None);
        }
        let sending = store::begin_sending(conn, person, Letter::Code, 0, &unknown(), now)?;
        Ok(Some((claimed, sending)))
    })?;
    let Some((claimed, sending)) = claimed else { return Ok(false) };
    let letter = mailer.code_letter(&claimed.address, Lang::of(&claimed.lang), &code, now)?;
    let outcome = line.send(&letter);
    note(Letter::Code, &outcome);
    db.write_now(|conn| {
        store::end_sending(conn, sending, &problem(&outcome))?;
        match &outcome {
            // An unknown one may be in somebody's mailbox: its link works.
            Outcome::Taken | Outcome::Unknown(_) => Ok(()),
            Outcome::Later(_) => {
                let failures = claimed.failures + 1;
                let next = (failures < TRIES).then(|| now + pause(failures));
                store::release_code(conn, person, &hash, failures, next)
            }
            Outcome::Rejected(_) => store::release_code(conn, person, &hash, 0, None),
            Outcome::NoSuchAddress(_) => {
                store::release_code(conn, person, &hash, 0, None)?;
                let title = msg!("确认邮件没有发出：邮件服务器不接收 {}。请检查地址。", claimed.address);
                tell_of_address(conn, person, title, sending, now)
            }
        }
    })?;
    Ok(outcome == Outcome::Taken)
}

/// What is known of a digest when it is this worker's.
struct Digest {
    to: Claimed,
    news: Vec<News>,
    sending: i64,
}

fn claim_digest(
    conn: &mut Conn,
    person: PersonId,
    before: Option<NaiveDate>,
    now: Timestamp,
) -> Result<Option<Digest>> {
    let Some(to) = store::claim_digest(conn, person, now)? else { return Ok(None) };
    let news = store::take_news(conn, person, now)?;
    if news.is_empty() {
        // The member has read them this moment.
        store::set_digest(conn, person, before, to.failures, None)?;
        return Ok(None);
    }
    let sending = store::begin_sending(conn, person, Letter::Digest, news.len(), &unknown(), now)?;
    Ok(Some(Digest { to, news, sending }))
}

fn send_digest(
    db: &Db,
    mailer: &Mailer,
    line: &mut Line,
    person: PersonId,
    before: Option<NaiveDate>,
    now: Timestamp,
) -> Result<bool> {
    let claimed = db.write_now(|conn| claim_digest(conn, person, before, now))?;
    let Some(Digest { to, news, sending }) = claimed else { return Ok(false) };
    let letter = mailer.digest_letter(&to.address, Lang::of(&to.lang), &news, now)?;
    let outcome = line.send(&letter);
    note(Letter::Digest, &outcome);
    let today = Some(clock::day(now));
    db.write_now(|conn| {
        store::end_sending(conn, sending, &problem(&outcome))?;
        match &outcome {
            Outcome::Taken | Outcome::Unknown(_) => store::set_digest(conn, person, today, 0, None),
            Outcome::Later(_) => {
                store::put_news_back(conn, person, now)?;
                let failures = to.failures + 1;
                if failures < TRIES {
                    let next = Some(now + pause(failures));
                    return store::set_digest(conn, person, before, failures, next);
                }
                store::set_digest(conn, person, today, 0, None)
            }
            Outcome::Rejected(_) => {
                store::put_news_back(conn, person, now)?;
                store::set_digest(conn, person, today, 0, None)
            }
            Outcome::NoSuchAddress(_) => {
                store::put_news_back(conn, person, now)?;
                store::set_digest(conn, person, today, 0, None)?;
                store::switch_off(conn, person, &to.address)?;
                let title = msg!("邮件服务器不接收 {}，邮件提醒已关闭。请检查地址。", to.address);
                tell_of_address(conn, person, title, sending, now)
            }
        }
    })?;
    Ok(outcome == Outcome::Taken)
}

/// Tells the member, where it can be read, that the address is none.
fn tell_of_address(
    conn: &mut Conn,
    person: PersonId,
    title: Message,
    sending: i64,
    now: Timestamp,
) -> Result<()> {
    let notice = NewNotice {
        person,
        kind: Kind::Message,
        title,
        body: String::new(),
        link: "/me/mail".into(),
        sent_by: None,
        key: format!("mail:{sending}"),
    };
    tell(conn, &[notice], now)?;
    Ok(())
}
