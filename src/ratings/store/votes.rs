//! A rating that is there already: changed, or withdrawn; and why one cannot be given. First ratings are in `group`. The row of
//! a key is one a member and lecture by a unique index (INV-R2); every change names the version that it began from, adds a row to
//! the versions, and is the same if it is done twice.
use super::texts::set_text;
use super::{Outcome, PUBLISHED};
use crate::audit::{Action, Doer};
use crate::clock::{self, Timestamp};
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::ids::{LectureId, PersonId};
use crate::ratings::{Ask, Keys, Refusal, Status, Tag, Told, Vote, slot};
use crate::schema::{
    completion_reversals, completions, instructors, lecture_instructors, lectures, rating_versions,
    rating_voices, ratings,
};
use crate::site::{self, Setting};
use chrono::{Duration, NaiveDate};
use diesel::dsl::exists;
use diesel::prelude::*;

/// The rating of a key as it is.
#[derive(Queryable, Selectable, Debug, Clone)]
#[diesel(table_name = ratings)]
pub struct Row {
    pub id: i64,
    pub stars: i32,
    pub tags: String,
    pub first_on: NaiveDate,
    pub version: i32,
    pub status: Status,
    pub exclusion_id: Option<i64>,
}

pub fn find(conn: &mut Conn, key: &[u8]) -> Result<Option<Row>> {
    let it = ratings::table.filter(ratings::rater_key.eq(key));
    Ok(either!(conn, c => it.select(Row::as_select()).first(c).optional())?)
}

/// Does one alone; `None` for a first rating with nothing in its way, which is for `group` to enter.
pub fn one(conn: &mut Conn, keys: &Keys, ask: &Ask) -> Result<Option<Outcome>> {
    match ask {
        Ask::Rate(vote) => rate(conn, keys, vote),
        Ask::Withdraw { person, lecture, acting, now } => {
            withdraw(conn, &keys.rater(*person, *lecture), (*person, acting.as_ref()), *now).map(Some)
        }
    }
}

/// Of a published lecture: whether it is the person's own, and whether the person has seen it. `None` for another one.
fn standing(conn: &mut Conn, person: PersonId, lecture: LectureId) -> Result<Option<(bool, bool)>> {
    let own = lecture_instructors::table
        .inner_join(instructors::table)
        .filter(lecture_instructors::lecture_id.eq(lecture).and(instructors::person_id.eq(person)));
    let it = lectures::table.filter(lectures::id.eq(lecture).and(lectures::stage.eq(PUBLISHED)));
    let found: Option<bool> = either!(conn, c => it.select(exists(own)).first(c).optional())?;
    let Some(is_own) = found else { return Ok(None) };
    Ok(Some((is_own, has_seen(conn, person, lecture)?)))
}

/// Whether a proof of viewing holds. Any kind counts (INV-R1).
pub fn has_seen(conn: &mut Conn, person: PersonId, lecture: LectureId) -> Result<bool> {
    let holds = completions::person_id
        .eq(person)
        .and(completions::lecture_id.eq(lecture))
        .and(completion_reversals::completion_id.is_null());
    let proofs = completions::table.left_join(completion_reversals::table).filter(holds);
    Ok(either!(conn, c => diesel::select(exists(proofs)).get_result(c))?)
}

fn rate(conn: &mut Conn, keys: &Keys, vote: &Vote) -> Result<Option<Outcome>> {
    let (is_own, has_seen) = match standing(conn, vote.person, vote.lecture)? {
        Some(found) => found,
        None => return Ok(Some(Told::NotFound.into())),
    };
    if is_own {
        return Ok(Some(Told::Refused(Refusal::OwnLecture).into()));
    }
    if !has_seen {
        return Ok(Some(Told::Refused(Refusal::NoProof).into()));
    }
    let Some(row) = find(conn, &keys.rater(vote.person, vote.lecture))? else { return Ok(None) };
    match change(conn, &row, vote)? {
        Told::Done => {}
        other => return Ok(Some(other.into())),
    }
    let is_unsaid =
        set_text(conn, (row.id, vote.lecture), &vote.comment, vote.is_held, clock::day(vote.now))?;
    recorded(conn, vote.person, vote.acting.as_ref(), vote.now)?;
    Ok(Some(Outcome { told: Told::Done, is_unsaid }))
}

/// A clerk's step is in the record, as every step of a clerk is; that a member rates is in no record.
pub fn recorded(conn: &mut Conn, person: PersonId, acting: Option<&Doer>, now: Timestamp) -> Result<()> {
    match acting {
        Some(doer) => doer.did_to(conn, Action::RatingActed, person, now),
        None => Ok(()),
    }
}

/// Words with blanks between, in the order of the form.
pub fn tags(tags: &[Tag]) -> String {
    Tag::ALL.iter().filter(|tag| tags.contains(tag)).map(|tag| tag.as_str()).collect::<Vec<_>>().join(" ")
}

fn change(conn: &mut Conn, row: &Row, vote: &Vote) -> Result<Told> {
    let words = tags(&vote.tags);
    let (day, slot) = slot(vote.now);
    let days = site::number(conn, Setting::RatingEditDays, day)?;
    let is_late = day > row.first_on + Duration::days(days);
    if row.status != Status::Withdrawn && row.stars == vote.stars && row.tags == words && !is_late {
        return Ok(Told::Done);
    }
    if is_late {
        return Ok(Told::Refused(Refusal::TooLate));
    }
    let status = if row.exclusion_id.is_some() { Status::Excluded } else { Status::Counted };
    let set = (
        ratings::stars.eq(vote.stars),
        ratings::tags.eq(&words),
        ratings::day.eq(day),
        ratings::slot.eq(slot),
        ratings::version.eq(row.version + 1),
        ratings::status.eq(status),
    );
    let it = ratings::table.filter(ratings::id.eq(row.id).and(ratings::version.eq(row.version)));
    if either!(conn, c => diesel::update(it).set(set).execute(c))? == 0 {
        // Changed in the same moment: once more, from what it is now.
        return Err(Error::Busy);
    }
    version(
        conn,
        (row.id, row.version + 1),
        vote.lecture,
        (vote.stars, &words, status),
        (vote.acting.is_some(), vote.now),
    )?;
    let voices = rating_voices::table.filter(rating_voices::rating_id.eq(row.id));
    let set = (rating_voices::stars.eq(vote.stars), rating_voices::is_counted.eq(status == Status::Counted));
    either!(conn, c => diesel::update(voices).set(set).execute(c))?;
    Ok(Told::Done)
}

/// Takes the rating of a key back, and its comment with it. Once more changes nothing.
pub fn withdraw(
    conn: &mut Conn,
    key: &[u8],
    (person, acting): (PersonId, Option<&Doer>),
    now: Timestamp,
) -> Result<Outcome> {
    let Some(row) = find(conn, key)? else { return Ok(Told::NotFound.into()) };
    if row.status == Status::Withdrawn {
        return Ok(Told::Done.into());
    }
    let (day, slot) = slot(now);
    let set = (
        ratings::status.eq(Status::Withdrawn),
        ratings::version.eq(row.version + 1),
        ratings::day.eq(day),
        ratings::slot.eq(slot),
    );
    let it = ratings::table.filter(ratings::id.eq(row.id).and(ratings::version.eq(row.version)));
    let lecture: Option<LectureId> = either!(conn, c => diesel::update(it).set(set).returning(ratings::lecture_id).get_result(c).optional())?;
    let lecture = lecture.ok_or(Error::Busy)?;
    version(
        conn,
        (row.id, row.version + 1),
        lecture,
        (row.stars, &row.tags, Status::Withdrawn),
        (acting.is_some(), now),
    )?;
    let voices = rating_voices::table.filter(rating_voices::rating_id.eq(row.id));
    either!(conn, c => diesel::update(voices).set(rating_voices::is_counted.eq(false)).execute(c))?;
    let is_unsaid = set_text(conn, (row.id, lecture), "", false, day)?;
    recorded(conn, person, acting, now)?;
    Ok(Outcome { told: Told::Done, is_unsaid })
}

fn version(
    conn: &mut Conn,
    (rating, number): (i64, i32),
    lecture: LectureId,
    (stars, tags, status): (i32, &str, Status),
    (is_acted, now): (bool, Timestamp),
) -> Result<()> {
    let (day, slot) = slot(now);
    let row = (
        rating_versions::rating_id.eq(rating),
        rating_versions::version.eq(number),
        rating_versions::lecture_id.eq(lecture),
        rating_versions::stars.eq(stars),
        rating_versions::tags.eq(tags),
        rating_versions::status.eq(status),
        rating_versions::is_acted.eq(is_acted),
        rating_versions::day.eq(day),
        rating_versions::slot.eq(slot),
    );
    either!(conn, c => diesel::insert_into(rating_versions::table).values(row).execute(c))?;
    Ok(())
}
