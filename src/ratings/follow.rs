//! What the worker does with ratings: counts those of lectures with new ones, looks for blocks, takes the mean of the city
//! each night, and forgets who gave what. Twice is once.
use super::detect::{self, Set, Thresholds};
use super::measure::{Basis, Sum};
use super::store::decisions;
use super::store::flags::{self, Of, Raised};
use super::store::sums::OfLecture;
use super::store::{cursor, set_cursor, sums};
use super::{Subject, slot};
use crate::clock::{self, Timestamp};
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::ids::{InstructorId, LectureId};
use crate::scoring::exact::{Exact, ratio};
use crate::site::{self, Setting};
use chrono::{Duration, Timelike};
use std::collections::BTreeSet;

/// How far the versions have been followed for good, the last one that was seen, and when.
const FOLLOWED: &str = "ratings.followed";
const SEEN: &str = "ratings.seen";
const SEEN_AT: &str = "ratings.seen.at";
/// Versions that are followed in one call.
const TOGETHER: i64 = 20_000;
/// A row may be committed behind a later one: the young ones are looked at again so often; and how often new ones are counted
/// at most, since kept pages are lost by it. In seconds.
const AGAIN: i64 = 120;
const SOONEST: i64 = 60;
/// The hour in the city from which the mean of a day is taken.
const NIGHT: u32 = 2;
/// Ratings in which a run is looked for.
const IN_ORDER: i64 = 2_000;

/// A bounded piece of everything; several workers may do it at once.
///
/// # Errors
/// Those of the database.
pub fn tend(db: &Db, now: Timestamp) -> Result<()> {
    nightly(db, now)?;
    follow(db, now)?;
    let today = clock::day(now);
    let days = db.read_now(|conn| site::number(conn, Setting::RetentionRatingKeys, today))?;
    let before = today - Duration::days(days);
    if db.read_now(|conn| decisions::has_keys(conn, before))? {
        db.write_now(|conn| decisions::forget_keys(conn, before))?;
    }
    Ok(())
}

/// Takes the mean of the day, and with it counts all anew; nothing if that was done.
fn nightly(db: &Db, now: Timestamp) -> Result<()> {
    let latest = db.read_now(sums::latest_city)?;
    let is_night_over = clock::local(now).hour() >= NIGHT;
    if latest.is_some_and(|(day, _)| day >= clock::day(now) || !is_night_over) {
        return Ok(());
    }
    let total = db.read_now(sums::city_total)?;
    if total.1 == 0 {
        return Ok(());
    }
    // Together: what fails leaves no mean of the day behind, and is tried again the next time.
    db.write_now(|conn| match sums::keep_city(conn, clock::day(now), total, now)? {
        true => refresh_all(conn, now),
        false => Ok(()),
    })
}

/// Counts all lectures and instructors anew, as of now.
///
/// # Errors
/// Those of the database.
pub fn refresh_all(conn: &mut Conn, now: Timestamp) -> Result<()> {
    let Some(basis) = basis(conn, now)? else { return Ok(()) };
    let mut tags = sums::tags(conn)?;
    for one in sums::voices(conn, Subject::Lecture)? {
        let mut stars = [0_i64; 5];
        for (kind, _) in &one.voices {
            if let Some(count) = usize::try_from(kind - 1).ok().and_then(|at| stars.get_mut(at)) {
                *count += 1;
            }
        }
        let id = LectureId(one.id);
        let tags = tags.remove(&id).unwrap_or_default();
        let counted = OfLecture { stars, tags, branches: one.branches, apart: one.apart };
        let measured = Sum::of_stars(&stars).measured(one.branches, &basis);
        sums::put_lecture(conn, id, &counted, measured, now)?;
    }
    for one in sums::voices(conn, Subject::Instructor)? {
        put_instructor(conn, InstructorId(one.id), (&one.voices, one.branches, one.apart), &basis, now)?;
    }
    Ok(())
}

fn put_instructor(
    conn: &mut Conn,
    id: InstructorId,
    (voices, branches, apart): (&[(i64, i64)], i64, i64),
    basis: &Basis,
    now: Timestamp,
) -> Result<()> {
    let sum = Sum::of(voices);
    let votes = voices.iter().map(|voice| voice.1).sum();
    let numbers = (sum.voices, votes, branches, apart);
    sums::put_instructor(conn, id, numbers, sum.measured(branches, basis), now)
}

/// What scores are made by today.
fn basis(conn: &mut Conn, now: Timestamp) -> Result<Option<Basis>> {
    let terms = super::terms(conn, clock::day(now))?;
    Ok(city(conn, now)?.map(|city| Basis { city, terms }))
}

/// The mean of the latest day; before the first night, that of now.
fn city(conn: &mut Conn, now: Timestamp) -> Result<Option<Exact>> {
    if let Some((_, mean)) = sums::latest_city(conn)? {
        return Ok(Some(mean));
    }
    let (total, votes) = sums::city_total(conn)?;
    if votes > 0 {
        sums::keep_city(conn, clock::day(now), (total, votes), now)?;
    }
    Ok(ratio(total, votes))
}

/// Counts the ratings of a lecture and of its lecturers anew.
pub(super) fn count(conn: &mut Conn, lecture: LectureId, now: Timestamp) -> Result<()> {
    let Some(basis) = basis(conn, now)? else { return Ok(()) };
    let counted = sums::count_lecture(conn, lecture)?;
    let measured = Sum::of_stars(&counted.stars).measured(counted.branches, &basis);
    sums::put_lecture(conn, lecture, &counted, measured, now)?;
    for instructor in sums::lecturers(conn, lecture)? {
        let (voices, branches, apart) = sums::count_instructor(conn, instructor)?;
        put_instructor(conn, instructor, (&voices, branches, apart), &basis, now)?;
    }
    Ok(())
}

/// Counts the lectures that got ratings since the last time, and looks for blocks among them.
fn follow(db: &Db, now: Timestamp) -> Result<()> {
    let (rows, seen, at) = db.read_now(|conn| {
        let after = cursor(conn, FOLLOWED)?;
        Ok((sums::versions_after(conn, after, TOGETHER)?, cursor(conn, SEEN)?, cursor(conn, SEEN_AT)?))
    })?;
    let Some(last) = rows.last().map(|row| row.0) else { return Ok(()) };
    let seconds = now.and_utc().timestamp();
    // Nothing came since, and the young ones were looked at a moment ago; or it was a moment ago.
    let pause = if last <= seen { AGAIN } else { SOONEST };
    if (0..pause).contains(&(seconds - at)) {
        return Ok(());
    }
    let lectures: BTreeSet<LectureId> = rows.iter().map(|row| row.1).collect();
    for lecture in lectures {
        db.write_now(|conn| {
            count(conn, lecture, now)?;
            look(conn, lecture, now)
        })?;
    }
    let settled = slot(now - Duration::minutes(10));
    let followed = rows.iter().take_while(|row| (row.2, row.3) < settled).last().map(|row| row.0);
    db.write_now(|conn| {
        if let Some(n) = followed {
            set_cursor(conn, FOLLOWED, n)?;
        }
        set_cursor(conn, SEEN, last)?;
        set_cursor(conn, SEEN_AT, seconds)
    })
}

/// Looks for what people should look at.
///
/// # Errors
/// Those of the database.
pub fn look(conn: &mut Conn, lecture: LectureId, now: Timestamp) -> Result<()> {
    let from = Thresholds::on(conn, clock::day(now))?;
    let branches = flags::by_branch(conn, lecture)?;
    let all = branches.iter().fold(Set::default(), |all, (_, one)| Set {
        votes: all.votes + one.votes,
        stars: all.stars + one.stars,
    });
    let to = flags::last_rating(conn)?;
    let mut raised = vec![];
    let viewers = flags::viewers(conn, lecture)?;
    let all_viewers: i64 = viewers.iter().map(|one| one.1).sum();
    for (branch, set) in branches {
        let Some(branch) = branch else { continue };
        let of_branch = viewers.iter().find(|one| one.0 == branch).map_or(0, |one| one.1);
        if let Some(found) = detect::of_branch(all, set, (of_branch, all_viewers), &from) {
            let of = Of { branch: Some(branch), from: 1, to, ..Of::default() };
            raised.push(Raised { mark: format!("block {branch}"), of, found });
        }
    }
    for ((day, slot), set) in flags::by_slot(conn, lecture)? {
        if let Some(found) = detect::of_burst(all, set, &from) {
            let of = Of { day: Some(day), slot: Some(slot), from: 1, to, ..Of::default() };
            raised.push(Raised { mark: format!("burst {day} {slot}"), of, found });
        }
    }
    let ordered = flags::in_order(conn, lecture, IN_ORDER)?;
    let stars: Vec<i32> = ordered.iter().map(|one| one.1).collect();
    if let Some((at, length, kind, found)) = detect::of_run(all, &stars, &from) {
        let (first, last) = (ordered[at].0, ordered[at + length - 1].0);
        let of = Of { stars: Some(kind), from: first, to: last, ..Of::default() };
        raised.push(Raised { mark: format!("run {first}"), of, found });
    }
    for one in &raised {
        flags::raise(conn, lecture, one, now)?;
    }
    Ok(())
}
