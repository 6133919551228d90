//! Many ratings at once: a hall that has watched together rates in the same minute. First ratings, nearly all of them, are asked
//! about and written together, a statement for all; what is anything else goes through `votes`, one by one.
use super::PUBLISHED;
use super::votes::{self, tags};
use crate::audit::Action;
use crate::clock::{self, Timestamp};
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::ids::{InstructorId, LectureId, OrgId, PersonId};
use crate::ratings::{Ask, Keys, Status, TextState, Told, Vote, slot};
use crate::schema::{
    completion_reversals, completions, instructors, lecture_instructors, lectures, memberships, rating_keys,
    rating_texts, rating_versions, rating_voices, ratings,
};
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};

/// Does some in one transaction, each as if it were alone, those of one key in their order.
///
/// # Errors
/// Those of the database; also where somebody else gave one of these ratings in the same moment. Then each is done alone.
pub fn some(conn: &mut Conn, asks: &[(Keys, Ask)]) -> Result<Vec<Told>> {
    let mut seen = HashSet::new();
    let mut firsts = vec![];
    for (at, (keys, ask)) in asks.iter().enumerate() {
        let (key, vote) = match ask {
            Ask::Rate(vote) => (keys.rater(vote.person, vote.lecture), Some(vote)),
            Ask::Withdraw { person, lecture, .. } => (keys.rater(*person, *lecture), None),
        };
        // Only what comes first of its key may be done before the others.
        if seen.insert(key.clone())
            && let Some(vote) = vote
        {
            firsts.push(First { at, key, keys, vote });
        }
    }
    let done = if firsts.len() > 1 { enter(conn, firsts)? } else { HashSet::new() };
    asks.iter()
        .enumerate()
        .map(|(at, (keys, ask))| match done.contains(&at) {
            true => Ok(Told::Done),
            false => votes::one(conn, keys, ask),
        })
        .collect()
}

/// A rating that may be the first of its key, and its place among what was asked.
struct First<'a> {
    at: usize,
    key: Vec<u8>,
    keys: &'a Keys,
    vote: &'a Vote,
}

/// Enters those that are first ratings to which nothing is in the way; their places. Nothing is said about the others.
fn enter(conn: &mut Conn, mut firsts: Vec<First<'_>>) -> Result<HashSet<usize>> {
    let keys: Vec<&[u8]> = firsts.iter().map(|one| one.key.as_slice()).collect();
    let known: Vec<Vec<u8>> = either!(conn, c => ratings::table
        .filter(ratings::rater_key.eq_any(keys))
        .select(ratings::rater_key)
        .load(c))?;
    let known: HashSet<Vec<u8>> = known.into_iter().collect();
    firsts.retain(|one| !known.contains(&one.key));
    let about = About::of(conn, &firsts)?;
    firsts.retain(|one| about.is_free(one.vote));
    if firsts.is_empty() {
        return Ok(HashSet::new());
    }
    let branches = branches(conn, &firsts, &about)?;
    let ids = insert(conn, &firsts, &about, &branches)?;
    let id = |one: &First<'_>| ids.get(&one.key).copied().ok_or(Error::Busy);
    let (mut versions, mut owners, mut voices, mut texts) = (vec![], vec![], vec![], vec![]);
    for (one, branch) in firsts.iter().zip(&branches) {
        let (vote, id) = (one.vote, id(one)?);
        let (day, slot) = slot(vote.now);
        versions.push((
            rating_versions::rating_id.eq(id),
            rating_versions::version.eq(1),
            rating_versions::lecture_id.eq(vote.lecture),
            rating_versions::stars.eq(vote.stars),
            rating_versions::tags.eq(tags(&vote.tags)),
            rating_versions::status.eq(Status::Counted),
            rating_versions::is_acted.eq(vote.acting.is_some()),
            rating_versions::day.eq(day),
            rating_versions::slot.eq(slot),
        ));
        owners.push((
            rating_keys::rater_key.eq(one.key.clone()),
            rating_keys::person_id.eq(vote.person),
            rating_keys::made_on.eq(day),
        ));
        for instructor in about.lecturers(vote.lecture) {
            voices.push((
                rating_voices::instructor_id.eq(instructor),
                rating_voices::voice_key.eq(one.keys.voice(vote.person, instructor)),
                rating_voices::rating_id.eq(id),
                rating_voices::stars.eq(vote.stars),
                rating_voices::branch_id.eq(*branch),
                rating_voices::is_counted.eq(true),
            ));
        }
        if !vote.comment.is_empty() {
            texts.push((
                rating_texts::rating_id.eq(id),
                rating_texts::lecture_id.eq(vote.lecture),
                rating_texts::text.eq(vote.comment.clone()),
                rating_texts::is_held.eq(vote.is_held),
                rating_texts::state.eq(TextState::Pending),
                rating_texts::written_on.eq(day),
            ));
        }
    }
    either!(conn, c => diesel::insert_into(rating_versions::table).values(&versions).execute(c))?;
    either!(conn, c => diesel::insert_into(rating_keys::table).values(&owners).execute(c))?;
    if !voices.is_empty() {
        either!(conn, c => diesel::insert_into(rating_voices::table).values(&voices).execute(c))?;
    }
    if !texts.is_empty() {
        either!(conn, c => diesel::insert_into(rating_texts::table).values(&texts).execute(c))?;
    }
    for one in &firsts {
        if let Some(doer) = &one.vote.acting {
            doer.did_to(conn, Action::RatingActed, one.vote.person, one.vote.now)?;
        }
    }
    Ok(firsts.iter().map(|one| one.at).collect())
}

/// The rows of the ratings themselves; the number of each key.
fn insert(
    conn: &mut Conn,
    firsts: &[First<'_>],
    about: &About,
    branches: &[Option<OrgId>],
) -> Result<HashMap<Vec<u8>, i64>> {
    let row = |(one, branch): (&First<'_>, &Option<OrgId>)| {
        let (vote, (day, slot)) = (one.vote, slot(one.vote.now));
        let proof = about.proof(vote).map(|(kind, _)| kind.clone()).unwrap_or_default();
        (
            ratings::rater_key.eq(one.key.clone()),
            ratings::lecture_id.eq(vote.lecture),
            ratings::stars.eq(vote.stars),
            ratings::tags.eq(tags(&vote.tags)),
            ratings::proof.eq(proof),
            ratings::branch_id.eq(*branch),
            ratings::first_on.eq(day),
            ratings::day.eq(day),
            ratings::slot.eq(slot),
            ratings::version.eq(1),
            ratings::status.eq(Status::Counted),
        )
    };
    let rows: Vec<_> = firsts.iter().zip(branches).map(row).collect();
    either!(conn, c => diesel::insert_into(ratings::table).values(&rows).execute(c))?;
    let keys: Vec<&[u8]> = firsts.iter().map(|one| one.key.as_slice()).collect();
    let ids: Vec<(Vec<u8>, i64)> = either!(conn, c => ratings::table
        .filter(ratings::rater_key.eq_any(keys))
        .select((ratings::rater_key, ratings::id))
        .load(c))?;
    Ok(ids.into_iter().collect())
}

/// What has to be known of lectures and of those who rate them.
struct About {
    published: HashSet<LectureId>,
    givers: Vec<(LectureId, InstructorId, PersonId)>,
    /// The first proof of viewing that holds: its kind and when it came.
    proofs: HashMap<(PersonId, LectureId), (String, Timestamp)>,
}

impl About {
    fn of(conn: &mut Conn, firsts: &[First<'_>]) -> Result<About> {
        let ids: HashSet<LectureId> = firsts.iter().map(|one| one.vote.lecture).collect();
        let ids: Vec<LectureId> = ids.into_iter().collect();
        let published: Vec<LectureId> = either!(conn, c => lectures::table
            .filter(lectures::id.eq_any(&ids).and(lectures::stage.eq(PUBLISHED)))
            .select(lectures::id)
            .load(c))?;
        let givers = either!(conn, c => lecture_instructors::table
            .inner_join(instructors::table)
            .filter(lecture_instructors::lecture_id.eq_any(&ids))
            .select((
                lecture_instructors::lecture_id,
                lecture_instructors::instructor_id,
                instructors::person_id,
            ))
            .load(c))?;
        let mut proofs = HashMap::new();
        for lecture in ids {
            // One lecture at a time: of many at once each would be sought with each person.
            let here = firsts.iter().filter(|one| one.vote.lecture == lecture);
            let persons: Vec<PersonId> = here.map(|one| one.vote.person).collect();
            let holds = completions::lecture_id
                .eq(lecture)
                .and(completions::person_id.eq_any(persons))
                .and(completion_reversals::completion_id.is_null());
            let all: Vec<(PersonId, String, Timestamp)> = either!(conn, c => completions::table
                .left_join(completion_reversals::table)
                .filter(holds)
                .order(completions::id)
                .select((completions::person_id, completions::kind, completions::completed_at))
                .load(c))?;
            for (person, kind, at) in all {
                proofs.entry((person, lecture)).or_insert((kind, at));
            }
        }
        Ok(About { published: published.into_iter().collect(), givers, proofs })
    }
    /// The lecture is published, somebody else's, and was seen.
    fn is_free(&self, vote: &Vote) -> bool {
        let is_own = self.givers.iter().any(|one| one.0 == vote.lecture && one.2 == vote.person);
        self.published.contains(&vote.lecture) && !is_own && self.proof(vote).is_some()
    }
    fn proof(&self, vote: &Vote) -> Option<&(String, Timestamp)> {
        self.proofs.get(&(vote.person, vote.lecture))
    }
    fn lecturers(&self, lecture: LectureId) -> impl Iterator<Item = InstructorId> {
        self.givers.iter().filter(move |one| one.0 == lecture).map(|one| one.1)
    }
}

/// The branch of each on the day of the proof.
fn branches(conn: &mut Conn, firsts: &[First<'_>], about: &About) -> Result<Vec<Option<OrgId>>> {
    let persons: Vec<PersonId> = firsts.iter().map(|one| one.vote.person).collect();
    type Row = (PersonId, OrgId, chrono::NaiveDate, Option<chrono::NaiveDate>);
    let rows: Vec<Row> = either!(conn, c => memberships::table
        .filter(memberships::person_id.eq_any(persons))
        .order(memberships::id.desc())
        .select((
            memberships::person_id,
            memberships::branch_id,
            memberships::valid_from,
            memberships::valid_to,
        ))
        .load(c))?;
    let mut of: HashMap<PersonId, Vec<Row>> = HashMap::new();
    for row in rows {
        of.entry(row.0).or_default().push(row);
    }
    let branch = |one: &First<'_>| {
        let day = clock::day(about.proof(one.vote)?.1);
        let held = |row: &&Row| row.2 <= day && row.3.is_none_or(|to| to > day);
        of.get(&one.vote.person)?.iter().find(held).map(|row| row.1)
    };
    Ok(firsts.iter().map(branch).collect())
}
