//! Rows of uploads.
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::ids::{AccountId, LectureId, PersonId};
use crate::schema::{accounts, instructors, lecture_instructors, lectures, uploads};
use crate::text_enum;
use diesel::prelude::*;

text_enum! {
    pub enum State {
        /// Bytes are missing.
        Open = "open",
        /// All bytes are there. With a lecture: a recording is being made of it; without: nobody has taken it yet.
        Complete = "complete",
        /// Ended, expired, or taken over by the recording that it became.
        Gone = "gone",
    }
}

#[derive(Queryable, Debug, Clone)]
pub struct Upload {
    pub id: String,
    pub account: AccountId,
    pub lecture: Option<LectureId>,
    pub length: Option<i64>,
    pub metadata: String,
    pub name: String,
    pub fingerprint: String,
    pub place: String,
    pub state: State,
    pub expires_at: Timestamp,
}

type Columns = (
    uploads::id,
    uploads::account_id,
    uploads::lecture_id,
    uploads::length,
    uploads::metadata,
    uploads::name,
    uploads::fingerprint,
    uploads::place,
    uploads::state,
    uploads::expires_at,
);
fn columns() -> Columns {
    (
        uploads::id,
        uploads::account_id,
        uploads::lecture_id,
        uploads::length,
        uploads::metadata,
        uploads::name,
        uploads::fingerprint,
        uploads::place,
        uploads::state,
        uploads::expires_at,
    )
}

/// The upload, and whether its owner's account is open.
pub(super) fn find(conn: &mut Conn, id: &str) -> Result<Option<(Upload, bool)>> {
    let select = (columns(), accounts::closed_at.is_null());
    Ok(either!(conn, c => uploads::table
        .find(id)
        .inner_join(accounts::table)
        .select(select)
        .first(c)
        .optional())?)
}

pub(super) fn insert(conn: &mut Conn, new: &Upload, now: Timestamp) -> Result<()> {
    let row = (
        uploads::id.eq(&new.id),
        uploads::account_id.eq(new.account),
        uploads::lecture_id.eq(new.lecture),
        uploads::length.eq(new.length),
        uploads::metadata.eq(&new.metadata),
        uploads::name.eq(&new.name),
        uploads::fingerprint.eq(&new.fingerprint),
        uploads::place.eq(&new.place),
        uploads::concat.eq(""),
        uploads::state.eq(new.state),
        uploads::created_at.eq(now),
        uploads::expires_at.eq(new.expires_at),
    );
    either!(conn, c => diesel::insert_into(uploads::table).values(row).execute(c))?;
    Ok(())
}

/// Says how long it will be; `false` if that was said before.
pub(super) fn set_length(conn: &mut Conn, id: &str, length: i64) -> Result<bool> {
    let row = uploads::table.find(id).filter(uploads::length.is_null());
    Ok(either!(conn, c => diesel::update(row).set(uploads::length.eq(length)).execute(c))? == 1)
}

pub(super) fn keep_until(conn: &mut Conn, id: &str, at: Timestamp) -> Result<()> {
    either!(conn, c => diesel::update(uploads::table.find(id)).set(uploads::expires_at.eq(at)).execute(c))?;
    Ok(())
}

/// One statement, so that it happens once; `false` if the upload was in another state.
pub(super) fn change_state(
    conn: &mut Conn,
    id: &str,
    from: State,
    to: State,
    expires_at: Timestamp,
) -> Result<bool> {
    let row = uploads::table.find(id).filter(uploads::state.eq(from));
    let values = (uploads::state.eq(to), uploads::expires_at.eq(expires_at));
    Ok(either!(conn, c => diesel::update(row).set(values).execute(c))? == 1)
}

pub(super) fn set_lecture(conn: &mut Conn, id: &str, lecture: Option<LectureId>) -> Result<()> {
    let row = uploads::table.find(id);
    either!(conn, c => diesel::update(row).set(uploads::lecture_id.eq(lecture)).execute(c))?;
    Ok(())
}

/// What an account has that takes room: not gone.
pub(super) fn held_by(conn: &mut Conn, account: AccountId) -> Result<Vec<Upload>> {
    Ok(either!(conn, c => uploads::table
        .filter(uploads::account_id.eq(account).and(uploads::state.eq_any([State::Open, State::Complete])))
        .order((uploads::created_at, uploads::id))
        .select(columns())
        .load(c))?)
}

/// Lets no other creation of this account look at its quota until the transaction ends. SQLite has one writer anyway.
///
/// # Errors
/// Not found if the account is closed.
pub(super) fn hold_account(conn: &mut Conn, account: AccountId) -> Result<()> {
    let open = accounts::table.find(account.0).filter(accounts::closed_at.is_null()).select(accounts::id);
    let found: Option<i64> = match conn {
        Conn::Postgres(c) => open.for_update().first(c).optional()?,
        Conn::Sqlite(c) => open.first(c).optional()?,
    };
    found.map(drop).ok_or(Error::NotFound)
}

/// Whether this person uploaded the lecture or gives it.
pub(super) fn is_own(
    conn: &mut Conn,
    lecture: LectureId,
    account: AccountId,
    person: PersonId,
) -> Result<bool> {
    let uploaded = lectures::table.find(lecture).filter(lectures::uploaded_by.eq(account));
    if either!(conn, c => diesel::select(diesel::dsl::exists(uploaded)).get_result(c))? {
        return Ok(true);
    }
    let gives = lecture_instructors::table
        .inner_join(instructors::table)
        .filter(lecture_instructors::lecture_id.eq(lecture).and(instructors::person_id.eq(person)));
    Ok(either!(conn, c => diesel::select(diesel::dsl::exists(gives)).get_result(c))?)
}

/// What has files in this folder and has expired or may be complete: not gone.
pub(super) fn held_at(conn: &mut Conn, place: &str) -> Result<Vec<Upload>> {
    Ok(either!(conn, c => uploads::table
        .filter(uploads::place.eq(place).and(uploads::state.eq_any([State::Open, State::Complete])))
        .order(uploads::expires_at)
        .select(columns())
        .load(c))?)
}

/// Which of these are not gone.
pub(super) fn held_of(conn: &mut Conn, ids: &[String]) -> Result<Vec<String>> {
    Ok(either!(conn, c => uploads::table
        .filter(uploads::id.eq_any(ids).and(uploads::state.ne(State::Gone)))
        .select(uploads::id)
        .load(c))?)
}
