//! One's own ratings: found by the key that the secret makes of the member, never through the table of keys.
use super::{PUBLISHED, votes};
use crate::clock::{self, Timestamp};
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{LectureId, PersonId};
use crate::ratings::{Keys, Refusal, Status, Tag, TextState};
use crate::schema::{
    completion_reversals, completions, instructors, lecture_instructors, lectures, rating_exclusions,
    rating_texts, ratings,
};
use crate::site::{self, Setting};
use chrono::{Duration, NaiveDate};
use diesel::dsl::exists;
use diesel::prelude::*;

/// A comment of one's own.
#[derive(Queryable, Debug, Clone)]
pub struct OwnText {
    pub text: String,
    pub state: TextState,
    /// Why it is hidden.
    pub reason: String,
    pub is_asked_again: bool,
}

impl OwnText {
    /// A hidden comment may be looked at once more.
    pub fn may_ask_again(&self) -> bool {
        self.state == TextState::Hidden && !self.is_asked_again
    }
}

/// A rating of one's own.
#[derive(Debug, Clone)]
pub struct Own {
    pub lecture: LectureId,
    pub stars: i32,
    pub tags: Vec<Tag>,
    pub first_on: NaiveDate,
    pub day: NaiveDate,
    pub status: Status,
    /// Why it does not count, as it was announced.
    pub excluded_for: Option<String>,
    pub text: Option<OwnText>,
}

impl Own {
    pub fn is_withdrawn(&self) -> bool {
        self.status == Status::Withdrawn
    }
    /// Whether the days are over on which it may be changed.
    fn is_late(&self, conn: &mut Conn, today: NaiveDate) -> Result<bool> {
        Ok(today > self.first_on + Duration::days(site::number(conn, Setting::RatingEditDays, today)?))
    }
    pub fn has(&self, tag: Tag) -> bool {
        self.tags.contains(&tag)
    }
}

/// Where a member stands with a lecture.
#[derive(Debug, Clone)]
pub struct Mine {
    pub own: Option<Own>,
    /// Why no rating can be given or changed now.
    pub barrier: Option<Refusal>,
}

type Found = (LectureId, i32, String, NaiveDate, NaiveDate, Status, Option<String>, Option<OwnText>);

/// The ratings with these keys: one on the page of a lecture, whose statement is kept, a page of them in the own list.
macro_rules! ratings_of {
    ($conn:ident, $keys:expr) => {{
        let texts =
            rating_texts::rating_id.eq(ratings::id).and(rating_texts::state.ne(TextState::Replaced));
        let rows: Vec<Found> = either!($conn, c => ratings::table
            .left_join(rating_exclusions::table)
            .left_join(rating_texts::table.on(texts))
            .filter($keys)
            .select((
                ratings::lecture_id,
                ratings::stars,
                ratings::tags,
                ratings::first_on,
                ratings::day,
                ratings::status,
                rating_exclusions::reason.nullable(),
                (rating_texts::text, rating_texts::state, rating_texts::reason, rating_texts::is_asked_again)
                    .nullable(),
            ))
            .load(c))?;
        rows.into_iter().map(own).collect::<Vec<Own>>()
    }};
}

fn own((lecture, stars, tags, first_on, day, status, excluded_for, text): Found) -> Own {
    let tags = tags.split_whitespace().filter_map(Tag::of).collect();
    Own { lecture, stars, tags, first_on, day, status, excluded_for, text }
}

/// Where this person stands with this lecture: two statements at most.
///
/// # Errors
/// Those of the database.
pub fn mine(
    conn: &mut Conn,
    keys: &Keys,
    person: PersonId,
    lecture: LectureId,
    now: Timestamp,
) -> Result<Mine> {
    let own = ratings_of!(conn, ratings::rater_key.eq(keys.rater(person, lecture))).pop();
    if let Some(own) = own.as_ref().filter(|own| !own.is_withdrawn()) {
        let barrier = own.is_late(conn, clock::day(now))?.then_some(Refusal::TooLate);
        return Ok(Mine { own: Some(own.clone()), barrier });
    }
    let gives = lecture_instructors::table
        .inner_join(instructors::table)
        .filter(lecture_instructors::lecture_id.eq(lecture).and(instructors::person_id.eq(person)));
    let holds = completions::person_id
        .eq(person)
        .and(completions::lecture_id.eq(lecture))
        .and(completion_reversals::completion_id.is_null());
    let proofs = completions::table.left_join(completion_reversals::table).filter(holds);
    let (is_own, is_proven): (bool, bool) =
        either!(conn, c => diesel::select((exists(gives), exists(proofs))).get_result(c))?;
    let is_late = match &own {
        Some(own) => own.is_late(conn, clock::day(now))?,
        None => false,
    };
    let barrier = match (is_own, is_proven) {
        (true, _) => Some(Refusal::OwnLecture),
        (_, false) => Some(Refusal::NoProof),
        _ => is_late.then_some(Refusal::TooLate),
    };
    Ok(Mine { own, barrier })
}

/// A lecture that somebody has a proof of, with the own rating.
pub struct Rateable {
    pub lecture: LectureId,
    pub title: String,
    pub own: Option<Own>,
}

impl Rateable {
    pub fn is_rated(&self) -> bool {
        self.own.as_ref().is_some_and(|own| !own.is_withdrawn())
    }
}

/// The published lectures that this person has seen, the newest first, with the own rating of each.
pub fn listed(
    conn: &mut Conn,
    keys: &Keys,
    person: PersonId,
    skip: i64,
    count: i64,
) -> Result<Vec<Rateable>> {
    let holds = completions::person_id.eq(person).and(completion_reversals::completion_id.is_null());
    let rows: Vec<(LectureId, String)> = either!(conn, c => completions::table
        .left_join(completion_reversals::table)
        .inner_join(lectures::table)
        .filter(holds.and(lectures::stage.eq(PUBLISHED)))
        .order(completions::lecture_id.desc())
        .select((completions::lecture_id, lectures::title))
        .distinct()
        .offset(skip)
        .limit(count)
        .load(c))?;
    let sought: Vec<Vec<u8>> = rows.iter().map(|row| keys.rater(person, row.0)).collect();
    let mut known = match sought.is_empty() {
        true => vec![],
        false => ratings_of!(conn, ratings::rater_key.eq_any(&sought)),
    };
    Ok(rows
        .into_iter()
        .map(|(lecture, title)| {
            let at = known.iter().position(|one| one.lecture == lecture);
            Rateable { lecture, title, own: at.map(|at| known.swap_remove(at)) }
        })
        .collect())
}

/// After a proof was taken back: without another one the rating that rested on it is withdrawn (INV-R1).
///
/// # Errors
/// Those of the database.
pub fn lose_proof(conn: &mut Conn, person: PersonId, lecture: LectureId, now: Timestamp) -> Result<()> {
    // Without a secret nobody has rated anything yet.
    let Some(secret) = site::secret_of(conn, crate::ratings::SECRET)? else { return Ok(()) };
    if !votes::has_seen(conn, person, lecture)? {
        let key = Keys::of(&secret).rater(person, lecture);
        votes::withdraw(conn, &key, (person, None), now)?;
    }
    Ok(())
}
