//! Rows of plays, of credited seconds and of completions. The row of a person's clock is locked first: whatever is credited
//! to a person happens one after the other, on any server. `proofs` has the completions.
mod proofs;

use super::credit::{Clock, Seen, length_s};
use super::{Beat, Opening, Standing, Told, threshold};
use crate::accounts::sessions::{self, Holder};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::ids::{AccountId, LectureId, MediaId, PersonId};
use crate::lectures;
use crate::schema::{lectures as lecture_rows, viewers, watch_clocks, watches};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Integer, Nullable, Timestamp as Moment};
pub use proofs::{completed, prove, prove_visit, reverse};
use std::collections::HashMap;

/// Runs of credited seconds that are told at the opening of a play.
const RUNS: usize = 500;
/// Persons in one statement.
const TOGETHER: usize = 500;

#[derive(Queryable, Selectable)]
#[diesel(table_name = watch_clocks)]
struct ClockRow {
    person_id: PersonId,
    budget_ms: i64,
    at: Timestamp,
    play: String,
    session_id: String,
    account_id: AccountId,
    is_acted: bool,
    lecture_id: LectureId,
    seq: i64,
    beat_at: Timestamp,
    opened_at: Timestamp,
    is_plain: bool,
}

impl ClockRow {
    fn clock(&self) -> Clock {
        Clock {
            budget_ms: self.budget_ms,
            at: self.at,
            opened_at: self.opened_at,
            beat_at: self.beat_at,
            is_plain: self.is_plain,
        }
    }
    fn take(&mut self, clock: Clock) {
        (self.budget_ms, self.at, self.beat_at) = (clock.budget_ms, clock.at, clock.beat_at);
    }
    /// Whether the sign-in that opened the play is the one that asks, and lives.
    fn belongs_to(&self, session: &str, holder: Option<&Holder>) -> bool {
        self.session_id == session
            && holder.is_some_and(|holder| {
                holder.account == self.account_id
                    && holder.person == self.person_id
                    && holder.is_acting == self.is_acted
            })
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = watches)]
struct WatchRow {
    person_id: PersonId,
    lecture_id: LectureId,
    media_id: MediaId,
    seen: Vec<u8>,
    length_s: i32,
    last_ms: i32,
    completed_at: Option<Timestamp>,
}

/// Where somebody stands, while some beats are dealt with.
struct Watch {
    row: WatchRow,
    seen: Seen,
    /// The share from which it is complete, in per cent.
    threshold: i32,
    /// Completed by one of them.
    is_new: bool,
}

impl Watch {
    fn of(mut row: WatchRow, threshold: i32) -> Watch {
        let seen = Seen::of(std::mem::take(&mut row.seen), row.length_s);
        Watch { row, seen, threshold, is_new: false }
    }
    fn standing(&self, runs: usize) -> Standing {
        Standing {
            seconds: self.seen.seconds,
            length_s: self.seen.length_s,
            share: self.seen.share(),
            is_complete: self.row.completed_at.is_some(),
            last_ms: self.row.last_ms,
            runs: self.seen.runs(runs),
        }
    }
    /// Completed once and for good: it is never taken back.
    fn latch(&mut self, now: Timestamp) {
        if self.row.completed_at.is_none() && self.seen.is_complete(self.threshold) {
            self.row.completed_at = Some(now);
            self.is_new = true;
        }
    }
    fn moves_to(&mut self, place_ms: i64) {
        self.row.last_ms = place_ms.clamp(0, i64::from(self.seen.length_s) * 1_000) as i32;
    }
}

/// The clocks of these persons, locked until the transaction ends. In the order of persons, so that two servers that
/// deal with the same ones wait for each other and never both.
fn clocks(conn: &mut Conn, persons: &[PersonId]) -> Result<HashMap<PersonId, ClockRow>> {
    let chosen =
        watch_clocks::table.filter(watch_clocks::person_id.eq_any(persons)).order(watch_clocks::person_id);
    let rows: Vec<ClockRow> = match conn {
        // One writer at a time already.
        Conn::Sqlite(c) => chosen.select(ClockRow::as_select()).load(c)?,
        Conn::Postgres(c) => chosen.select(ClockRow::as_select()).for_update().load(c)?,
    };
    Ok(rows.into_iter().map(|row| (row.person_id, row)).collect())
}

/// What these persons play now; nothing, if its lecture was withdrawn meanwhile, and for whoever sits in front of a group's
/// screen: their time is credited there.
fn played(conn: &mut Conn, persons: &[PersonId], now: Timestamp) -> Result<HashMap<PersonId, Watch>> {
    let is_it = watches::person_id
        .eq(watch_clocks::person_id)
        .and(watches::lecture_id.eq(watch_clocks::lecture_id))
        .and(watches::media_id.eq(watch_clocks::media_id));
    let is_shown =
        lecture_rows::id.eq(watch_clocks::lecture_id).and(lecture_rows::stage.eq(lectures::Stage::Published));
    let seat = viewers::table.filter(viewers::is_open.and(viewers::person_id.eq(watch_clocks::person_id)));
    let rows: Vec<WatchRow> = either!(conn, c => watch_clocks::table
        .inner_join(watches::table.on(is_it))
        .inner_join(lecture_rows::table.on(is_shown))
        .filter(watch_clocks::person_id.eq_any(persons))
        .filter(not(exists(seat)))
        .select(WatchRow::as_select())
        .load(c))?;
    let share = threshold(conn, now)?;
    Ok(rows.into_iter().map(|row| (row.person_id, Watch::of(row, share))).collect())
}

/// Whether this person sits in front of a group's screen now.
fn sits(conn: &mut Conn, person: PersonId) -> Result<bool> {
    let seat = viewers::table.filter(viewers::is_open.and(viewers::person_id.eq(person)));
    Ok(either!(conn, c => diesel::select(exists(seat)).get_result(c))?)
}

/// Ends what these persons play alone, where they take a seat in front of a group's screen and where they leave it: one
/// person's time is credited in one place. What was left of their budgets is cut at the opening of their next play.
///
/// # Errors
/// Those of the database.
pub fn leave(conn: &mut Conn, persons: &[PersonId]) -> Result<()> {
    let mut persons = persons.to_vec();
    persons.sort_unstable();
    for some in persons.chunks(TOGETHER) {
        clocks(conn, some)?;
        let theirs = watch_clocks::table.filter(watch_clocks::person_id.eq_any(some));
        let ended = (watch_clocks::play.eq(""), watch_clocks::is_plain.eq(false));
        either!(conn, c => diesel::update(theirs).set(ended).execute(c))?;
    }
    Ok(())
}

/// Deals with beats, in their order; each outcome with the place of its beat.
pub fn beats(conn: &mut Conn, beats: &[(usize, &Beat)]) -> Result<Vec<(usize, Told)>> {
    let Some(last) = beats.iter().map(|(_, beat)| beat.now).max() else { return Ok(vec![]) };
    let mut persons: Vec<PersonId> = beats.iter().map(|(_, beat)| beat.person).collect();
    persons.sort_unstable();
    persons.dedup();
    let mut clocks = clocks(conn, &persons)?;
    let mut asking: Vec<&str> = beats.iter().map(|(_, beat)| beat.session.as_str()).collect();
    asking.sort_unstable();
    asking.dedup();
    let holders = sessions::holders(conn, &asking, last)?;
    let mut watches = played(conn, &persons, last)?;
    let mut told = Vec::with_capacity(beats.len());
    let mut changed = vec![];
    for (place, beat) in beats {
        // Nobody learns anything about the plays of somebody else, not even that there are none.
        let holder = holders.get(&beat.session).filter(|holder| holder.person == beat.person);
        let outcome = match (holder, clocks.get_mut(&beat.person), watches.get_mut(&beat.person)) {
            (None, ..) => (Told::SignedOut, false),
            (holder, Some(row), Some(watch)) => one(row, watch, beat, holder),
            _ => (Told::Ended, false),
        };
        if outcome.1 {
            changed.push(beat.person);
        }
        told.push((*place, outcome.0));
    }
    changed.sort_unstable();
    changed.dedup();
    let rows: Vec<(&ClockRow, &Watch)> =
        changed.iter().filter_map(|person| Some((clocks.get(person)?, watches.get(person)?))).collect();
    keep(conn, &rows, last)?;
    Ok(told)
}

/// One beat; and whether it changed anything.
fn one(row: &mut ClockRow, watch: &mut Watch, beat: &Beat, holder: Option<&Holder>) -> (Told, bool) {
    if row.play != beat.play || row.is_plain {
        return (Told::TakenOver, false);
    }
    if !row.belongs_to(&beat.session, holder) {
        return (Told::SignedOut, false);
    }
    if beat.seq <= row.seq {
        // Sent again because its answer was lost: it has been dealt with.
        return (Told::Standing(watch.standing(0)), false);
    }
    if row.clock().is_over(beat.now) {
        return (Told::Ended, false);
    }
    row.take(row.clock().beat(beat.now, &mut watch.seen, &beat.pieces));
    row.seq = beat.seq;
    watch.moves_to(beat.place_ms);
    watch.latch(beat.now);
    (Told::Standing(watch.standing(0)), true)
}

/// Writes what some beats have changed: a statement for each row on SQLite, which is near; one for all on PostgreSQL, to
/// which each statement is a journey.
fn keep(conn: &mut Conn, rows: &[(&ClockRow, &Watch)], now: Timestamp) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    match conn {
        Conn::Sqlite(c) => {
            for (clock, watch) in rows {
                let values = (
                    watch_clocks::budget_ms.eq(clock.budget_ms),
                    watch_clocks::at.eq(clock.at),
                    watch_clocks::seq.eq(clock.seq),
                    watch_clocks::beat_at.eq(clock.beat_at),
                );
                diesel::update(watch_clocks::table.find(clock.person_id)).set(values).execute(c)?;
                let key = (watch.row.person_id, watch.row.lecture_id, watch.row.media_id);
                let values = (
                    watches::seen.eq(watch.seen.bits()),
                    watches::seconds.eq(watch.seen.seconds),
                    watches::last_ms.eq(watch.row.last_ms),
                    watches::last_at.eq(clock.beat_at),
                    watches::completed_at.eq(watch.row.completed_at),
                );
                diesel::update(watches::table.find(key)).set(values).execute(c)?;
            }
        }
        Conn::Postgres(c) => {
            diesel::sql_query(
                "WITH clocks AS (
                   UPDATE watch_clocks c SET budget_ms = v.budget_ms, at = v.at, seq = v.seq, beat_at = v.beat_at
                   FROM unnest($1, $2, $3, $4, $5) AS v (person_id, budget_ms, at, seq, beat_at)
                   WHERE c.person_id = v.person_id)
                 UPDATE watches w SET seen = v.seen, seconds = v.seconds, last_ms = v.last_ms, last_at = v.last_at,
                   completed_at = v.completed_at
                 FROM unnest($6, $7, $8, $9, $10, $11, $12, $13)
                   AS v (person_id, lecture_id, media_id, seen, seconds, last_ms, last_at, completed_at)
                 WHERE w.person_id = v.person_id AND w.lecture_id = v.lecture_id AND w.media_id = v.media_id",
            )
            .bind::<Array<BigInt>, _>(rows.iter().map(|(clock, _)| clock.person_id.0).collect::<Vec<_>>())
            .bind::<Array<BigInt>, _>(rows.iter().map(|(clock, _)| clock.budget_ms).collect::<Vec<_>>())
            .bind::<Array<Moment>, _>(rows.iter().map(|(clock, _)| clock.at).collect::<Vec<_>>())
            .bind::<Array<BigInt>, _>(rows.iter().map(|(clock, _)| clock.seq).collect::<Vec<_>>())
            .bind::<Array<Moment>, _>(rows.iter().map(|(clock, _)| clock.beat_at).collect::<Vec<_>>())
            .bind::<Array<BigInt>, _>(rows.iter().map(|(_, watch)| watch.row.person_id.0).collect::<Vec<_>>())
            .bind::<Array<BigInt>, _>(rows.iter().map(|(_, watch)| watch.row.lecture_id.0).collect::<Vec<_>>())
            .bind::<Array<BigInt>, _>(rows.iter().map(|(_, watch)| watch.row.media_id.0).collect::<Vec<_>>())
            .bind::<Array<Binary>, _>(rows.iter().map(|(_, watch)| watch.seen.bits()).collect::<Vec<_>>())
            .bind::<Array<Integer>, _>(rows.iter().map(|(_, watch)| watch.seen.seconds).collect::<Vec<_>>())
            .bind::<Array<Integer>, _>(rows.iter().map(|(_, watch)| watch.row.last_ms).collect::<Vec<_>>())
            .bind::<Array<Moment>, _>(rows.iter().map(|(clock, _)| clock.beat_at).collect::<Vec<_>>())
            .bind::<Array<Nullable<Moment>>, _>(
                rows.iter().map(|(_, watch)| watch.row.completed_at).collect::<Vec<_>>(),
            )
            .execute(c)?;
        }
    }
    for (clock, watch) in rows.iter().filter(|(_, watch)| watch.is_new) {
        proofs::complete(conn, clock, watch, now)?;
    }
    Ok(())
}

/// Opens a play: it takes over from whatever the person played before.
pub fn open(conn: &mut Conn, opening: &Opening, is_plain: bool) -> Result<Told> {
    let (media, duration_ms) = match lectures::watchable(conn, opening.lecture) {
        Ok(found) => found,
        Err(Error::NotFound) => return Ok(Told::NotFound),
        Err(other) => return Err(other),
    };
    if opening.media.is_some_and(|shown| shown != media) {
        return Ok(Told::Replaced);
    }
    let now = opening.now;
    let length = length_s(duration_ms);
    let first = Clock::new(now, is_plain, length);
    let play = (
        watch_clocks::play.eq(&opening.play),
        watch_clocks::session_id.eq(&opening.session),
        watch_clocks::account_id.eq(opening.account),
        watch_clocks::is_acted.eq(opening.is_acted),
        watch_clocks::lecture_id.eq(opening.lecture),
        watch_clocks::media_id.eq(media),
        watch_clocks::seq.eq(0_i64),
        watch_clocks::opened_at.eq(now),
        watch_clocks::is_plain.eq(is_plain),
    );
    let new = (
        watch_clocks::person_id.eq(opening.person),
        watch_clocks::budget_ms.eq(first.budget_ms),
        watch_clocks::at.eq(now),
        watch_clocks::beat_at.eq(now),
        play,
    );
    let is_new = either!(conn, c => diesel::insert_into(watch_clocks::table)
        .values(new)
        .on_conflict(watch_clocks::person_id)
        .do_nothing()
        .execute(c))?;
    // The row of the clock is locked now: whoever takes a seat in this moment has taken it, or ends this play.
    let before = clocks(conn, &[opening.person])?;
    if sits(conn, opening.person)? {
        return Ok(Told::InGroup);
    }
    if is_new == 0 {
        let clock = before.get(&opening.person).ok_or(Error::NotFound)?.clock().open(now, is_plain, length);
        let values = (
            watch_clocks::budget_ms.eq(clock.budget_ms),
            watch_clocks::at.eq(clock.at),
            watch_clocks::beat_at.eq(clock.beat_at),
            play,
        );
        either!(conn, c => diesel::update(watch_clocks::table.find(opening.person)).set(values).execute(c))?;
    }
    let seen = Seen::none(length);
    let row = (
        watches::person_id.eq(opening.person),
        watches::lecture_id.eq(opening.lecture),
        watches::media_id.eq(media),
        watches::seen.eq(seen.bits()),
        watches::seconds.eq(0),
        watches::length_s.eq(seen.length_s),
        watches::last_ms.eq(0),
        watches::first_at.eq(now),
        watches::last_at.eq(now),
    );
    let key = (watches::person_id, watches::lecture_id, watches::media_id);
    either!(conn, c => diesel::insert_into(watches::table)
        .values(row)
        .on_conflict(key)
        .do_nothing()
        .execute(c))?;
    let row = either!(conn, c => watches::table
        .find((opening.person, opening.lecture, media))
        .select(WatchRow::as_select())
        .first(c))?;
    Ok(Told::Standing(Watch::of(row, threshold(conn, now)?).standing(RUNS)))
}

/// Ends a play without JavaScript: of what was not credited yet, as much as the time since its start allows.
///
/// # Errors
/// Those of the database.
pub fn finish(
    conn: &mut Conn,
    person: PersonId,
    session: &str,
    lecture: LectureId,
    now: Timestamp,
) -> Result<Told> {
    let mut clocks = clocks(conn, &[person])?;
    if sits(conn, person)? {
        return Ok(Told::InGroup);
    }
    let (Some(mut row), Some(mut watch)) =
        (clocks.remove(&person), played(conn, &[person], now)?.remove(&person))
    else {
        return Ok(Told::Ended);
    };
    if !row.is_plain || row.lecture_id != lecture {
        return Ok(Told::TakenOver);
    }
    if !row.belongs_to(session, sessions::holders(conn, &[session], now)?.get(session)) {
        return Ok(Told::SignedOut);
    }
    let whole = [(0, i64::from(watch.seen.length_s) * 1_000)];
    row.take(row.clock().beat(now, &mut watch.seen, &whole));
    // What was not used is gone: it was this recording's time.
    row.budget_ms = 0;
    watch.latch(now);
    keep(conn, &[(&row, &watch)], now)?;
    Ok(Told::Standing(watch.standing(0)))
}
