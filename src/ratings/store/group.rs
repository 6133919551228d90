//! Ratings as they come, one or many: a hall that has watched together rates in the same minute. First ratings, nearly all of
//! them, are asked about and written together, a statement for all; what is anything else goes through `votes`, one by one.
use super::votes::{self, tags};
use super::{Outcome, PUBLISHED};
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
use chrono::NaiveDate;
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};

/// Persons and lectures asked about in one statement, which looks for each person with each lecture.
const PAIRS: usize = 16;

/// Does some in one transaction, each as if it were alone, those of one key in their order.
///
/// # Errors
/// Those of the database; [`Error::Busy`] where one of these ratings was changed in the same moment.
pub fn some(conn: &mut Conn, asks: &[(Keys, Ask)]) -> Result<Vec<Outcome>> {
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
    let done = enter(conn, firsts)?;
    asks.iter()
        .enumerate()
        .map(|(at, (keys, ask))| match done.contains(&at) {
            true => Ok(Told::Done.into()),
            false => alone(conn, keys, ask),
        })
        .collect()
}

/// Does one that was not entered with the others. Nearly always its rating is there already, or something is in its way; but
/// behind another ask of its key it may be a first rating all the same, as behind a withdrawal of nothing.
fn alone(conn: &mut Conn, keys: &Keys, ask: &Ask) -> Result<Outcome> {
    if let Some(outcome) = votes::one(conn, keys, ask)? {
        return Ok(outcome);
    }
    if let Ask::Rate(vote) = ask {
        let first = First { at: 0, key: keys.rater(vote.person, vote.lecture), keys, vote };
        if !enter(conn, vec![first])?.is_empty() {
            return Ok(Told::Done.into());
        }
    }
    // Given in the same moment from another device: that one was first, this one changes it.
    votes::one(conn, keys, ask)?.ok_or(Error::Busy)
}

/// A rating that may be the first of its key, and its place among what was asked.
struct First<'a> {
    at: usize,
    key: Vec<u8>,
    keys: &'a Keys,
    vote: &'a Vote,
}

/// Enters those that are first ratings to which nothing is in the way; their places. Nothing is said about the others. Nobody asks
/// beforehand which ratings are there: the insertion tells, and it alone cannot be overtaken.
fn enter(conn: &mut Conn, mut firsts: Vec<First<'_>>) -> Result<HashSet<usize>> {
    if firsts.is_empty() {
        return Ok(HashSet::new());
    }
    let about = About::of(conn, &mut firsts)?;
    let mut entries = about.entries(conn, firsts)?;
    if entries.is_empty() {
        return Ok(HashSet::new());
    }
    let ids = insert(conn, &entries)?;
    // Without a number: there is one already, which this one changes.
    entries.retain(|entry| ids.contains_key(&entry.first.key));
    if entries.is_empty() {
        return Ok(HashSet::new());
    }
    let (mut versions, mut owners, mut voices, mut texts) = (vec![], vec![], vec![], vec![]);
    for Entry { first, branch, .. } in &entries {
        let (vote, id) = (first.vote, ids[&first.key]);
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
            rating_keys::rater_key.eq(&first.key),
            rating_keys::person_id.eq(vote.person),
            rating_keys::made_on.eq(day),
        ));
        for instructor in about.lecturers(vote.lecture) {
            voices.push((
                rating_voices::instructor_id.eq(instructor),
                rating_voices::voice_key.eq(first.keys.voice(vote.person, instructor)),
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
                rating_texts::text.eq(&vote.comment),
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
    for Entry { first, .. } in &entries {
        votes::recorded(conn, first.vote.person, first.vote.acting.as_ref(), first.vote.now)?;
    }
    Ok(entries.iter().map(|entry| entry.first.at).collect())
}

/// A first rating with what proves it and the branch that it counts for.
struct Entry<'a> {
    first: First<'a>,
    proof: String,
    branch: Option<OrgId>,
}

/// The rows of the ratings themselves; the number of each key that had none.
fn insert(conn: &mut Conn, entries: &[Entry<'_>]) -> Result<HashMap<Vec<u8>, i64>> {
    let row = |Entry { first, proof, branch }: &Entry<'_>| {
        let (vote, (day, slot)) = (first.vote, slot(first.vote.now));
        (
            ratings::rater_key.eq(first.key.clone()),
            ratings::lecture_id.eq(vote.lecture),
            ratings::stars.eq(vote.stars),
            ratings::tags.eq(tags(&vote.tags)),
            ratings::proof.eq(proof.clone()),
            ratings::branch_id.eq(*branch),
            ratings::first_on.eq(day),
            ratings::day.eq(day),
            ratings::slot.eq(slot),
            ratings::version.eq(1),
            ratings::status.eq(Status::Counted),
        )
    };
    let rows: Vec<_> = entries.iter().map(row).collect();
    let ids: Vec<(Vec<u8>, i64)> = either!(conn, c => diesel::insert_into(ratings::table)
        .values(rows)
        .on_conflict(ratings::rater_key)
        .do_nothing()
        .returning((ratings::rater_key, ratings::id))
        .get_results(c))?;
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
    fn of(conn: &mut Conn, firsts: &mut [First<'_>]) -> Result<About> {
        // Whoever rates the same lecture stands together: fewer lectures are asked about with each person.
        firsts.sort_by_key(|one| one.vote.lecture);
        let mut ids: Vec<LectureId> = firsts.iter().map(|one| one.vote.lecture).collect();
        ids.dedup();
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
        for some in firsts.chunks(PAIRS) {
            let mut lectures: Vec<LectureId> = some.iter().map(|one| one.vote.lecture).collect();
            lectures.dedup();
            let persons: Vec<PersonId> = some.iter().map(|one| one.vote.person).collect();
            let holds = completions::lecture_id
                .eq_any(lectures)
                .and(completions::person_id.eq_any(persons))
                .and(completion_reversals::completion_id.is_null());
            let all: Vec<(PersonId, LectureId, String, Timestamp)> = either!(conn, c => completions::table
                .left_join(completion_reversals::table)
                .filter(holds)
                .order(completions::id)
                .select((
                    completions::person_id,
                    completions::lecture_id,
                    completions::kind,
                    completions::completed_at,
                ))
                .load(c))?;
            for (person, lecture, kind, at) in all {
                proofs.entry((person, lecture)).or_insert((kind, at));
            }
        }
        Ok(About { published: published.into_iter().collect(), givers, proofs })
    }
    /// Those whose lecture is published, somebody else's, and was seen; with their branch on the day of the proof.
    fn entries<'a>(&self, conn: &mut Conn, firsts: Vec<First<'a>>) -> Result<Vec<Entry<'a>>> {
        let mut free = vec![];
        for first in firsts {
            let (person, lecture) = (first.vote.person, first.vote.lecture);
            let is_own = self.givers.iter().any(|one| one.0 == lecture && one.2 == person);
            if let Some((kind, at)) = self.proofs.get(&(person, lecture))
                && self.published.contains(&lecture)
                && !is_own
            {
                free.push((first, kind.clone(), clock::day(*at)));
            }
        }
        let persons = free.iter().map(|(first, ..)| first.vote.person).collect();
        let branches = Branches::of(conn, persons)?;
        let entry = |(first, proof, day): (First<'a>, String, NaiveDate)| {
            let branch = branches.on(first.vote.person, day);
            Entry { first, proof, branch }
        };
        Ok(free.into_iter().map(entry).collect())
    }
    fn lecturers(&self, lecture: LectureId) -> impl Iterator<Item = InstructorId> {
        self.givers.iter().filter(move |one| one.0 == lecture).map(|one| one.1)
    }
}

/// The memberships of some persons, the newest first.
struct Branches(HashMap<PersonId, Vec<(OrgId, NaiveDate, Option<NaiveDate>)>>);

impl Branches {
    fn of(conn: &mut Conn, persons: Vec<PersonId>) -> Result<Branches> {
        let rows: Vec<(PersonId, OrgId, NaiveDate, Option<NaiveDate>)> = either!(conn, c => memberships::table
            .filter(memberships::person_id.eq_any(persons))
            .order(memberships::id.desc())
            .select((
                memberships::person_id,
                memberships::branch_id,
                memberships::valid_from,
                memberships::valid_to,
            ))
            .load(c))?;
        let mut of = HashMap::new();
        for (person, branch, from, to) in rows {
            of.entry(person).or_insert_with(Vec::new).push((branch, from, to));
        }
        Ok(Branches(of))
    }
    /// The branch of a person on a day; `None` for who is in none.
    fn on(&self, person: PersonId, day: NaiveDate) -> Option<OrgId> {
        let held = self.0.get(&person)?.iter().find(|one| one.1 <= day && one.2.is_none_or(|to| to > day));
        held.map(|one| one.0)
    }
}
