//! Rows of notices; `mail` has those of addresses and of what was sent to them.
pub(super) mod mail;

use super::{Kind, NewNotice};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, NoticeId, PersonId};
use crate::schema::{accounts, notices, persons};
use diesel::prelude::*;

/// Rows in one statement on PostgreSQL, which takes 65,535 values.
const TOGETHER: usize = 5_000;

#[derive(Insertable)]
#[diesel(table_name = notices)]
struct Row<'a> {
    person_id: PersonId,
    kind: Kind,
    title: String,
    body: &'a str,
    link: &'a str,
    sent_by: Option<AccountId>,
    at: Timestamp,
    key: &'a str,
}

pub(super) fn insert(conn: &mut Conn, new: &[NewNotice], now: Timestamp) -> Result<usize> {
    let rows: Vec<Row> = new
        .iter()
        .map(|one| Row {
            person_id: one.person,
            kind: one.kind,
            title: one.title.to_kept(),
            body: &one.body,
            link: &one.link,
            sent_by: one.sent_by,
            at: now,
            key: &one.key,
        })
        .collect();
    let mut count = 0;
    match conn {
        Conn::Sqlite(c) => {
            for row in &rows {
                count +=
                    diesel::insert_into(notices::table).values(row).on_conflict_do_nothing().execute(c)?;
            }
        }
        Conn::Postgres(c) => {
            for some in rows.chunks(TOGETHER) {
                count +=
                    diesel::insert_into(notices::table).values(some).on_conflict_do_nothing().execute(c)?;
            }
        }
    }
    Ok(count)
}

/// A notice in the inbox.
#[derive(Queryable, Debug, Clone)]
pub struct Notice {
    pub id: NoticeId,
    pub kind: Kind,
    /// A sentence as `lang::kept` reads it.
    pub title: String,
    pub body: String,
    pub at: Timestamp,
    pub read_at: Option<Timestamp>,
    /// Who wrote the body; `None` where the portal itself speaks.
    pub sender: Option<String>,
}

/// The notices of this person, the newest first; `count` after the first `skip`.
pub(super) fn listed(conn: &mut Conn, person: PersonId, skip: i64, count: i64) -> Result<Vec<Notice>> {
    Ok(either!(conn, c => notices::table
        .left_join(accounts::table.inner_join(persons::table).on(notices::sent_by.eq(accounts::id.nullable())))
        .filter(notices::person_id.eq(person))
        .order(notices::id.desc())
        .offset(skip)
        .limit(count)
        .select((
            notices::id,
            notices::kind,
            notices::title,
            notices::body,
            notices::at,
            notices::read_at,
            persons::name.nullable(),
        ))
        .load(c))?)
}

/// Unread notices that are counted; more are "many".
pub const MOST_UNREAD: i64 = 100;

/// How many notices this person has not read, at most `MOST_UNREAD`.
///
/// # Errors
/// Those of the database.
pub fn unread(conn: &mut Conn, person: PersonId) -> Result<i64> {
    let is_unread = notices::person_id.eq(person).and(notices::read_at.is_null());
    let some: Vec<NoticeId> =
        either!(conn, c => notices::table.filter(is_unread).select(notices::id).limit(MOST_UNREAD).load(c))?;
    Ok(some.len() as i64)
}

/// Marks this person's notice as read and says where it leads to. Reading it again changes nothing.
///
/// # Errors
/// [`Error::NotFound`](crate::error::Error::NotFound) for somebody else's.
pub(super) fn read(conn: &mut Conn, person: PersonId, id: NoticeId, now: Timestamp) -> Result<String> {
    let own = notices::id.eq(id).and(notices::person_id.eq(person));
    let unread = own.and(notices::read_at.is_null());
    either!(conn, c => diesel::update(notices::table.filter(unread)).set(notices::read_at.eq(now)).execute(c))?;
    Ok(either!(conn, c => notices::table.filter(own).select(notices::link).first(c))?)
}

/// Marks this person's notices as read, up to the newest one that was seen.
pub(super) fn read_all(conn: &mut Conn, person: PersonId, newest: NoticeId, now: Timestamp) -> Result<()> {
    let unread = notices::person_id.eq(person).and(notices::read_at.is_null()).and(notices::id.le(newest));
    either!(conn, c => diesel::update(notices::table.filter(unread)).set(notices::read_at.eq(now)).execute(c))?;
    Ok(())
}
