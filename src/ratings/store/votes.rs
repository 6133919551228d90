//! Writing ratings. The row of a key is one a member and lecture by a unique index (INV-R2); every change names the version
//! that it began from, adds a row to the versions, and is the same if it is done twice.
use super::PUBLISHED;
use super::texts::set_text;
use crate::audit::{Action, Doer};
use crate::clock::{self, Timestamp};
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::ids::{InstructorId, LectureId, OrgId, PersonId};
use crate::ratings::{Ask, Keys, Refusal, Status, Tag, Told, Vote, slot};
use crate::schema::{
    completion_reversals, completions, instructors, lecture_instructors, lectures, memberships, rating_keys,
    rating_versions, rating_voices, ratings,
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

pub fn one(conn: &mut Conn, keys: &Keys, ask: &Ask) -> Result<Told> {
    match ask {
        Ask::Rate(vote) => rate(conn, keys, vote),
        Ask::Withdraw { person, lecture, acting, now } => {
            withdraw(conn, &keys.rater(*person, *lecture), (*person, acting.as_ref()), *now)
        }
    }
}

/// Whether the lecture is published and somebody else's, and what proves that the person has seen it: the kind, and when.
/// `None` for a lecture that is not there.
type Standing = Option<(bool, Option<(String, Timestamp)>)>;

fn standing(conn: &mut Conn, person: PersonId, lecture: LectureId) -> Result<Standing> {
    let own = lecture_instructors::table
        .inner_join(instructors::table)
        .filter(lecture_instructors::lecture_id.eq(lecture).and(instructors::person_id.eq(person)));
    let it = lectures::table.filter(lectures::id.eq(lecture).and(lectures::stage.eq(PUBLISHED)));
    let found: Option<bool> = either!(conn, c => it.select(exists(own)).first(c).optional())?;
    let Some(is_own) = found else { return Ok(None) };
    Ok(Some((is_own, proof(conn, person, lecture)?)))
}

/// The proof of viewing that holds: its kind and when it came, the first one. Any kind counts (INV-R1).
pub fn proof(conn: &mut Conn, person: PersonId, lecture: LectureId) -> Result<Option<(String, Timestamp)>> {
    let holds = completions::person_id
        .eq(person)
        .and(completions::lecture_id.eq(lecture))
        .and(completion_reversals::completion_id.is_null());
    Ok(either!(conn, c => completions::table
        .left_join(completion_reversals::table)
        .filter(holds)
        .order(completions::id)
        .select((completions::kind, completions::completed_at))
        .first(c)
        .optional())?)
}

/// The branch of a person on a day; `None` for who is in none.
fn branch_on(conn: &mut Conn, person: PersonId, day: NaiveDate) -> Result<Option<OrgId>> {
    let then = memberships::person_id
        .eq(person)
        .and(memberships::valid_from.le(day))
        .and(memberships::valid_to.is_null().or(memberships::valid_to.gt(day)));
    Ok(either!(conn, c => memberships::table
        .filter(then)
        .order(memberships::id.desc())
        .select(memberships::branch_id)
        .first(c)
        .optional())?)
}

fn rate(conn: &mut Conn, keys: &Keys, vote: &Vote) -> Result<Told> {
    let (is_own, proof) = match standing(conn, vote.person, vote.lecture)? {
        Some(found) => found,
        None => return Ok(Told::NotFound),
    };
    if is_own {
        return Ok(Told::Refused(Refusal::OwnLecture));
    }
    let Some((kind, at)) = proof else { return Ok(Told::Refused(Refusal::NoProof)) };
    let key = keys.rater(vote.person, vote.lecture);
    let id = match find(conn, &key)? {
        Some(row) => match change(conn, &row, vote)? {
            Told::Done => row.id,
            other => return Ok(other),
        },
        None => match first(conn, keys, (&key, &kind, at), vote)? {
            Some(id) => id,
            // Given in the same moment from another device: this one is the later.
            None => {
                let row = find(conn, &key)?.ok_or(Error::Busy)?;
                match change(conn, &row, vote)? {
                    Told::Done => row.id,
                    other => return Ok(other),
                }
            }
        },
    };
    set_text(conn, (id, vote.lecture), &vote.comment, vote.is_held, clock::day(vote.now))?;
    recorded(conn, vote.person, vote.acting.as_ref(), vote.now)?;
    Ok(Told::Done)
}

/// A clerk's step is in the record, as every step of a clerk is; that a member rates is in no record.
fn recorded(conn: &mut Conn, person: PersonId, acting: Option<&Doer>, now: Timestamp) -> Result<()> {
    match acting {
        Some(doer) => doer.did_to(conn, Action::RatingActed, person, now),
        None => Ok(()),
    }
}

/// Words with blanks between, in the order of the form.
pub fn tags(tags: &[Tag]) -> String {
    Tag::ALL.iter().filter(|tag| tags.contains(tag)).map(|tag| tag.as_str()).collect::<Vec<_>>().join(" ")
}

/// The first rating of a key; `None` if there is one already.
fn first(
    conn: &mut Conn,
    keys: &Keys,
    (key, proof, at): (&[u8], &str, Timestamp),
    vote: &Vote,
) -> Result<Option<i64>> {
    let branch = branch_on(conn, vote.person, clock::day(at))?;
    let (day, slot) = slot(vote.now);
    let row = (
        ratings::rater_key.eq(key),
        ratings::lecture_id.eq(vote.lecture),
        ratings::stars.eq(vote.stars),
        ratings::tags.eq(tags(&vote.tags)),
        ratings::proof.eq(proof),
        ratings::branch_id.eq(branch),
        ratings::first_on.eq(day),
        ratings::day.eq(day),
        ratings::slot.eq(slot),
        ratings::version.eq(1),
        ratings::status.eq(Status::Counted),
    );
    let id: Option<i64> = either!(conn, c => diesel::insert_into(ratings::table)
        .values(row)
        .on_conflict(ratings::rater_key)
        .do_nothing()
        .returning(ratings::id)
        .get_result(c)
        .optional())?;
    let Some(id) = id else { return Ok(None) };
    version(
        conn,
        (id, 1),
        vote.lecture,
        (vote.stars, &tags(&vote.tags), Status::Counted),
        (vote.acting.is_some(), vote.now),
    )?;
    let key_row = (
        rating_keys::rater_key.eq(key),
        rating_keys::person_id.eq(vote.person),
        rating_keys::made_on.eq(day),
    );
    either!(conn, c => diesel::insert_into(rating_keys::table).values(key_row).on_conflict_do_nothing().execute(c))?;
    let by: Vec<InstructorId> = either!(conn, c => lecture_instructors::table
        .filter(lecture_instructors::lecture_id.eq(vote.lecture))
        .select(lecture_instructors::instructor_id)
        .load(c))?;
    for instructor in by {
        let row = (
            rating_voices::instructor_id.eq(instructor),
            rating_voices::voice_key.eq(keys.voice(vote.person, instructor)),
            rating_voices::rating_id.eq(id),
            rating_voices::stars.eq(vote.stars),
            rating_voices::branch_id.eq(branch),
            rating_voices::is_counted.eq(true),
        );
        either!(conn, c => diesel::insert_into(rating_voices::table).values(row).execute(c))?;
    }
    Ok(Some(id))
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
) -> Result<Told> {
    let Some(row) = find(conn, key)? else { return Ok(Told::NotFound) };
    if row.status == Status::Withdrawn {
        return Ok(Told::Done);
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
    set_text(conn, (row.id, lecture), "", false, day)?;
    recorded(conn, person, acting, now)?;
    Ok(Told::Done)
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
