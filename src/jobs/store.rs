//! Rows of jobs. The queue is the one place that locks rows and passes over locked ones.
use super::{Job, Kind, LEASE_SECONDS, State, TRIES, again};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::JobId;
use crate::schema::jobs;
use chrono::Duration;
use diesel::prelude::*;

/// A job as the administrator sees it.
#[derive(Queryable, Selectable, Debug, Clone)]
#[diesel(table_name = jobs)]
pub struct Row {
    pub id: JobId,
    pub kind: Kind,
    pub subject: i64,
    pub state: State,
    pub run_after: Timestamp,
    pub attempts: i32,
    pub worker: String,
    pub lease_until: Timestamp,
    pub problem: String,
    pub created_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

/// Asks for work. Asking again while it is unfinished changes nothing. `place`: the folder of uploads that it needs.
pub fn enqueue(conn: &mut Conn, kind: Kind, subject: i64, place: Option<&str>, now: Timestamp) -> Result<()> {
    let row = (
        jobs::kind.eq(kind),
        jobs::subject.eq(subject),
        jobs::place.eq(place),
        jobs::state.eq(State::Queued),
        jobs::priority.eq(if kind == Kind::Keep { 10 } else { 0 }),
        jobs::run_after.eq(now),
        jobs::attempts.eq(0),
        jobs::worker.eq(""),
        jobs::lease_until.eq(now),
        jobs::fence.eq(0_i64),
        jobs::problem.eq(""),
        jobs::created_at.eq(now),
    );
    either!(conn, c => diesel::insert_into(jobs::table).values(row).on_conflict_do_nothing().execute(c))?;
    Ok(())
}

/// Takes the next job that can be done here: one that waits, or one whose worker has not been heard of.
pub fn claim(conn: &mut Conn, worker: &str, place: &str, now: Timestamp) -> Result<Option<Job>> {
    let is_here = jobs::place.is_null().or(jobs::place.eq(place));
    let waits = jobs::state.eq(State::Queued).and(jobs::run_after.le(now));
    let is_lost = jobs::state.eq(State::Running).and(jobs::lease_until.lt(now));
    let next = jobs::table
        .filter(waits.or(is_lost).and(is_here.assume_not_null()))
        .order((jobs::priority.desc(), jobs::id))
        .limit(1);
    type Found = (JobId, Kind, i64, i32, i64);
    let columns = (jobs::id, jobs::kind, jobs::subject, jobs::attempts, jobs::fence);
    let found: Option<Found> = match conn {
        // One writer at a time already.
        Conn::Sqlite(c) => next.select(columns).first(c).optional()?,
        Conn::Postgres(c) => next.select(columns).for_update().skip_locked().first(c).optional()?,
    };
    let Some((id, kind, subject, attempts, fence)) = found else { return Ok(None) };
    let job = Job { id, kind, subject, attempts: attempts + 1, fence: fence + 1 };
    let values = (
        jobs::state.eq(State::Running),
        jobs::worker.eq(worker),
        jobs::lease_until.eq(now + Duration::seconds(LEASE_SECONDS)),
        jobs::attempts.eq(job.attempts),
        jobs::fence.eq(job.fence),
    );
    either!(conn, c => diesel::update(jobs::table.find(id)).set(values).execute(c))?;
    Ok(Some(job))
}

/// Says that the worker is still there. `false`: somebody else has the job now, or it was cancelled.
pub fn renew(conn: &mut Conn, job: &Job, now: Timestamp) -> Result<bool> {
    let until = jobs::lease_until.eq(now + Duration::seconds(LEASE_SECONDS));
    let mine = jobs::id.eq(job.id).and(jobs::fence.eq(job.fence)).and(jobs::state.eq(State::Running));
    Ok(either!(conn, c => diesel::update(jobs::table.filter(mine)).set(until).execute(c))? == 1)
}

/// Ends a job that was done. `false`: it was not this worker's any more, and what it did must not count.
pub fn finish(conn: &mut Conn, job: &Job, now: Timestamp) -> Result<bool> {
    end(conn, job, State::Done, "", now)
}

fn end(conn: &mut Conn, job: &Job, state: State, problem: &str, now: Timestamp) -> Result<bool> {
    let mine = jobs::id.eq(job.id).and(jobs::fence.eq(job.fence)).and(jobs::state.eq(State::Running));
    let values = (jobs::state.eq(state), jobs::problem.eq(problem), jobs::ended_at.eq(now));
    Ok(either!(conn, c => diesel::update(jobs::table.filter(mine)).set(values).execute(c))? == 1)
}

/// A try failed. It waits for the next one, or is given up: then `true`, if it was still this worker's.
pub fn fail(conn: &mut Conn, job: &Job, problem: &str, may_retry: bool, now: Timestamp) -> Result<bool> {
    if !may_retry || job.attempts >= TRIES {
        return end(conn, job, State::Failed, problem, now);
    }
    let mine = jobs::id.eq(job.id).and(jobs::fence.eq(job.fence)).and(jobs::state.eq(State::Running));
    let values = (
        jobs::state.eq(State::Queued),
        jobs::problem.eq(problem),
        jobs::run_after.eq(again(job.attempts, now)),
    );
    either!(conn, c => diesel::update(jobs::table.filter(mine)).set(values).execute(c))?;
    Ok(false)
}

/// The job cannot be done here and now, for no fault of its own: it waits, and this was no try. `false`: it was not this
/// worker's any more.
pub fn postpone(conn: &mut Conn, job: &Job, until: Timestamp) -> Result<bool> {
    let mine = jobs::id.eq(job.id).and(jobs::fence.eq(job.fence)).and(jobs::state.eq(State::Running));
    let values =
        (jobs::state.eq(State::Queued), jobs::run_after.eq(until), jobs::attempts.eq(job.attempts - 1));
    Ok(either!(conn, c => diesel::update(jobs::table.filter(mine)).set(values).execute(c))? == 1)
}

/// Ends the unfinished work about a row; whoever does it learns it when they next say that they are there.
pub fn cancel(conn: &mut Conn, kind: Kind, subject: i64, now: Timestamp) -> Result<bool> {
    let open = jobs::kind
        .eq(kind)
        .and(jobs::subject.eq(subject))
        .and(jobs::state.eq_any([State::Queued, State::Running]));
    let values = (jobs::state.eq(State::Cancelled), jobs::ended_at.eq(now));
    Ok(either!(conn, c => diesel::update(jobs::table.filter(open)).set(values).execute(c))? > 0)
}

/// The newest jobs first.
pub fn newest(conn: &mut Conn, skip: i64, count: i64) -> Result<Vec<Row>> {
    Ok(either!(conn, c => jobs::table
        .order(jobs::id.desc())
        .offset(skip)
        .limit(count)
        .select(Row::as_select())
        .load(c))?)
}

/// How many wait or are being done.
pub fn unfinished(conn: &mut Conn) -> Result<i64> {
    let open = jobs::state.eq_any([State::Queued, State::Running]);
    Ok(either!(conn, c => jobs::table.filter(open).count().get_result(c))?)
}
