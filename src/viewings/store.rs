//! Rows of viewings and of who sits there. The row of a viewing is locked before anything about it changes.
use super::Seat;
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, EventId, LectureId, MediaId, PersonId};
use crate::schema::{accounts, completion_reversals, completions, persons, viewers, viewings};
use crate::watching::credit::{Clock, Seen};
use diesel::prelude::*;

/// A screen that plays for a list of people.
#[derive(Debug, Clone)]
pub struct Viewing {
    pub event: EventId,
    pub lecture: LectureId,
    pub media: MediaId,
    pub host: AccountId,
    /// The sign-in that plays; the play ends with it.
    pub session: String,
    /// The digest of the play's key; empty before the first.
    pub play: String,
    pub clock: Clock,
    pub seq: i64,
    pub seen: Seen,
    pub last_ms: i32,
    pub completed_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = viewings)]
struct Row {
    event_id: EventId,
    lecture_id: LectureId,
    media_id: MediaId,
    host_id: AccountId,
    session_id: String,
    play: String,
    budget_ms: i64,
    at: Timestamp,
    opened_at: Timestamp,
    beat_at: Timestamp,
    seq: i64,
    is_plain: bool,
    seen: Vec<u8>,
    length_s: i32,
    last_ms: i32,
    completed_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
}

impl From<Row> for Viewing {
    fn from(row: Row) -> Viewing {
        Viewing {
            event: row.event_id,
            lecture: row.lecture_id,
            media: row.media_id,
            host: row.host_id,
            session: row.session_id,
            play: row.play,
            clock: Clock {
                budget_ms: row.budget_ms,
                at: row.at,
                opened_at: row.opened_at,
                beat_at: row.beat_at,
                is_plain: row.is_plain,
            },
            seq: row.seq,
            seen: Seen::of(row.seen, row.length_s),
            last_ms: row.last_ms,
            completed_at: row.completed_at,
            ended_at: row.ended_at,
        }
    }
}

pub fn find(conn: &mut Conn, id: EventId) -> Result<Option<Viewing>> {
    let row: Option<Row> =
        either!(conn, c => viewings::table.find(id).select(Row::as_select()).first(c).optional())?;
    Ok(row.map(Viewing::from))
}

/// As [`find`], locked until the transaction ends.
pub fn locked(conn: &mut Conn, id: EventId) -> Result<Option<Viewing>> {
    let row: Option<Row> = match conn {
        // One writer at a time already.
        Conn::Sqlite(c) => viewings::table.find(id).select(Row::as_select()).first(c).optional()?,
        Conn::Postgres(c) => {
            viewings::table.find(id).select(Row::as_select()).for_update().first(c).optional()?
        }
    };
    Ok(row.map(Viewing::from))
}

/// The viewing that somebody hosts now.
pub fn open_of_host(conn: &mut Conn, host: AccountId) -> Result<Option<Viewing>> {
    let is_it = viewings::host_id.eq(host).and(viewings::ended_at.is_null());
    let row: Option<Row> =
        either!(conn, c => viewings::table.filter(is_it).select(Row::as_select()).first(c).optional())?;
    Ok(row.map(Viewing::from))
}

/// Viewings that have not ended, of which nothing was heard since this moment; with their hosts.
pub fn unheard(conn: &mut Conn, since: Timestamp) -> Result<Vec<(EventId, AccountId)>> {
    let is_it = viewings::ended_at.is_null().and(viewings::beat_at.lt(since));
    Ok(either!(conn, c => viewings::table
        .filter(is_it)
        .order(viewings::event_id)
        .limit(500)
        .select((viewings::event_id, viewings::host_id))
        .load(c))?)
}

/// Adds a viewing; `false` if there is one of this event, or the host has another one open.
pub fn insert(conn: &mut Conn, new: &Viewing) -> Result<bool> {
    let row = (
        viewings::event_id.eq(new.event),
        viewings::lecture_id.eq(new.lecture),
        viewings::media_id.eq(new.media),
        viewings::host_id.eq(new.host),
        viewings::length_s.eq(new.seen.length_s),
        state(new),
    );
    let rows = either!(conn, c => diesel::insert_into(viewings::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(rows == 1)
}

/// What changes while it plays.
#[derive(AsChangeset, Insertable)]
#[diesel(table_name = viewings)]
#[diesel(treat_none_as_null = true)]
struct Playing<'a> {
    session_id: &'a str,
    play: &'a str,
    budget_ms: i64,
    at: Timestamp,
    opened_at: Timestamp,
    beat_at: Timestamp,
    seq: i64,
    is_plain: bool,
    seen: &'a [u8],
    seconds: i32,
    last_ms: i32,
    completed_at: Option<Timestamp>,
}

fn state(viewing: &Viewing) -> Playing<'_> {
    Playing {
        session_id: &viewing.session,
        play: &viewing.play,
        budget_ms: viewing.clock.budget_ms,
        at: viewing.clock.at,
        opened_at: viewing.clock.opened_at,
        beat_at: viewing.clock.beat_at,
        seq: viewing.seq,
        is_plain: viewing.clock.is_plain,
        seen: viewing.seen.bits(),
        seconds: viewing.seen.seconds,
        last_ms: viewing.last_ms,
        completed_at: viewing.completed_at,
    }
}

pub fn save(conn: &mut Conn, viewing: &Viewing) -> Result<()> {
    either!(conn, c => diesel::update(viewings::table.find(viewing.event)).set(state(viewing)).execute(c))?;
    Ok(())
}

/// Ends a viewing; `false` if it has ended.
pub fn end(conn: &mut Conn, id: EventId, now: Timestamp) -> Result<bool> {
    let open = viewings::table.find(id).filter(viewings::ended_at.is_null());
    Ok(either!(conn, c => diesel::update(open).set(viewings::ended_at.eq(now)).execute(c))? == 1)
}

/// Everybody who was signed in, in the order in which they were.
pub fn seats(conn: &mut Conn, id: EventId) -> Result<Vec<Seat>> {
    type Row = (PersonId, bool, i32, AccountId, Timestamp);
    let columns =
        (viewers::person_id, viewers::is_open, viewers::joined_s, viewers::signed_by, viewers::signed_at);
    let rows: Vec<Row> = either!(conn, c => viewers::table
        .filter(viewers::event_id.eq(id))
        .order((viewers::signed_at, viewers::person_id))
        .select(columns)
        .load(c))?;
    let seat = |(person, is_open, joined_s, signed_by, signed_at)| Seat {
        person,
        is_open,
        joined_s,
        signed_by,
        signed_at,
    };
    Ok(rows.into_iter().map(seat).collect())
}

/// Signs somebody in; `false` for whoever sits somewhere.
pub fn insert_seat(conn: &mut Conn, id: EventId, seat: &Seat) -> Result<bool> {
    let row = (
        viewers::event_id.eq(id),
        viewers::person_id.eq(seat.person),
        viewers::is_open.eq(seat.is_open),
        viewers::joined_s.eq(seat.joined_s),
        viewers::signed_by.eq(seat.signed_by),
        viewers::signed_at.eq(seat.signed_at),
    );
    let rows = either!(conn, c => diesel::insert_into(viewers::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(rows == 1)
}

pub fn remove_seat(conn: &mut Conn, id: EventId, person: PersonId) -> Result<()> {
    let seat = viewers::table.find((id, person)).filter(viewers::is_open);
    either!(conn, c => diesel::delete(seat).execute(c))?;
    Ok(())
}

/// Nobody sits there any more; who did stays known.
pub fn clear_seats(conn: &mut Conn, id: EventId) -> Result<()> {
    let open = viewers::table.filter(viewers::event_id.eq(id).and(viewers::is_open));
    either!(conn, c => diesel::update(open).set(viewers::is_open.eq(false)).execute(c))?;
    Ok(())
}

/// The open viewings where these people sit.
pub fn open_with(conn: &mut Conn, persons: &[PersonId]) -> Result<Vec<Viewing>> {
    let mut ids: Vec<EventId> = vec![];
    for some in persons.chunks(500) {
        let sits = viewers::is_open.and(viewers::person_id.eq_any(some));
        let rows: Vec<EventId> = either!(conn, c => viewers::table
            .filter(sits)
            .select(viewers::event_id)
            .distinct()
            .load(c))?;
        ids.extend(rows);
    }
    ids.sort_unstable();
    ids.dedup();
    let mut found = vec![];
    for id in ids {
        found.extend(find(conn, id)?);
    }
    Ok(found)
}

/// Whether somebody has completed a lecture in this viewing, and nobody took that back.
pub fn has_proof(conn: &mut Conn, id: EventId, person: PersonId) -> Result<bool> {
    let holds = completions::event_id
        .eq(id)
        .and(completions::person_id.eq(person))
        .and(completion_reversals::completion_id.is_null());
    let n: i64 = either!(conn, c => completions::table
        .left_join(completion_reversals::table)
        .filter(holds)
        .count()
        .get_result(c))?;
    Ok(n > 0)
}

pub fn person_of(conn: &mut Conn, account: AccountId) -> Result<PersonId> {
    Ok(either!(conn, c => accounts::table.find(account).select(accounts::person_id).first(c))?)
}

pub fn host_name(conn: &mut Conn, account: AccountId) -> Result<String> {
    Ok(either!(conn, c => accounts::table
        .inner_join(persons::table)
        .filter(accounts::id.eq(account))
        .select(persons::name)
        .first(c))?)
}

pub fn names(conn: &mut Conn, ids: &[PersonId]) -> Result<Vec<String>> {
    let some = &ids[..ids.len().min(20)];
    Ok(either!(conn, c => persons::table
        .filter(persons::id.eq_any(some))
        .order(persons::id)
        .select(persons::name)
        .load(c))?)
}
