//! Suspicions with their numbers, and the sets of ratings that they are about.
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, LectureId, OrgId};
use crate::ratings::detect::{Set, Suspicion};
use crate::ratings::{Detector, FlagState, Status};
use crate::schema::{
    completion_reversals, completions, lectures, memberships, rating_exclusions, rating_flags, ratings,
};
use chrono::NaiveDate;
use diesel::dsl::{count_star, max, sum};
use diesel::prelude::*;

/// A flag as those who decide see it: which branch it is about is not said.
#[derive(Queryable, Debug, Clone)]
pub struct Flag {
    pub id: i64,
    pub lecture: LectureId,
    pub title: String,
    pub detector: Detector,
    pub day: Option<NaiveDate>,
    pub stars: Option<i32>,
    pub votes: i32,
    pub of_set: i32,
    /// In millionths.
    pub expected: i32,
    pub chance: String,
    /// In thousandths of a star.
    pub mean: i32,
    pub mean_of_others: i32,
    pub capped: i32,
    pub opened_at: Timestamp,
    pub state: FlagState,
    pub decided_at: Option<Timestamp>,
    pub note: String,
}

type Columns = (
    rating_flags::id,
    rating_flags::lecture_id,
    lectures::title,
    rating_flags::detector,
    rating_flags::day,
    rating_flags::stars,
    rating_flags::votes,
    rating_flags::of_set,
    rating_flags::expected,
    rating_flags::chance,
    rating_flags::mean,
    rating_flags::mean_of_others,
    rating_flags::capped,
    rating_flags::opened_at,
    rating_flags::state,
    rating_flags::decided_at,
    rating_flags::note,
);
const COLUMNS: Columns = (
    rating_flags::id,
    rating_flags::lecture_id,
    lectures::title,
    rating_flags::detector,
    rating_flags::day,
    rating_flags::stars,
    rating_flags::votes,
    rating_flags::of_set,
    rating_flags::expected,
    rating_flags::chance,
    rating_flags::mean,
    rating_flags::mean_of_others,
    rating_flags::capped,
    rating_flags::opened_at,
    rating_flags::state,
    rating_flags::decided_at,
    rating_flags::note,
);

/// Flags that wait, the oldest first, or those that were decided, the newest first.
pub fn listed(conn: &mut Conn, is_open: bool, skip: i64, count: i64) -> Result<Vec<Flag>> {
    Ok(either!(conn, c => {
        let query = rating_flags::table
            .inner_join(lectures::table)
            .offset(skip)
            .limit(count)
            .select(COLUMNS)
            .into_boxed();
        match is_open {
            true => query.filter(rating_flags::state.eq(FlagState::Open)).order(rating_flags::id).load(c),
            false => query
                .filter(rating_flags::state.ne(FlagState::Open))
                .order(rating_flags::id.desc())
                .load(c),
        }
    })?)
}

pub fn find(conn: &mut Conn, id: i64) -> Result<Flag> {
    let it = rating_flags::table.inner_join(lectures::table).filter(rating_flags::id.eq(id));
    Ok(either!(conn, c => it.select(COLUMNS).first(c))?)
}

/// The counted ratings of a lecture by branch.
pub fn by_branch(conn: &mut Conn, lecture: LectureId) -> Result<Vec<(Option<OrgId>, Set)>> {
    let counted = ratings::lecture_id.eq(lecture).and(ratings::status.eq(Status::Counted));
    let rows: Vec<(Option<OrgId>, i64, Option<i64>)> = either!(conn, c => ratings::table
        .filter(counted)
        .group_by(ratings::branch_id)
        .select((ratings::branch_id, count_star(), sum(ratings::stars)))
        .load(c))?;
    Ok(rows
        .into_iter()
        .map(|(branch, votes, stars)| (branch, Set { votes, stars: stars.unwrap_or_default() }))
        .collect())
}

/// The members who have a proof of viewing, by their branch today.
pub fn viewers(conn: &mut Conn, lecture: LectureId) -> Result<Vec<(OrgId, i64)>> {
    let member = memberships::person_id.eq(completions::person_id).and(memberships::valid_to.is_null());
    let holds = completions::lecture_id.eq(lecture).and(completion_reversals::completion_id.is_null());
    Ok(either!(conn, c => completions::table
        .left_join(completion_reversals::table)
        .inner_join(memberships::table.on(member))
        .filter(holds)
        .group_by(memberships::branch_id)
        .select((
            memberships::branch_id,
            diesel::dsl::count(completions::person_id).aggregate_distinct(),
        ))
        .load(c))?)
}

/// The counted ratings of a lecture in ten minutes of a day, without those of groups that watched together.
pub fn by_slot(conn: &mut Conn, lecture: LectureId) -> Result<Vec<((NaiveDate, i32), Set)>> {
    let alone = ratings::lecture_id
        .eq(lecture)
        .and(ratings::status.eq(Status::Counted))
        .and(ratings::proof.eq("online"));
    let rows: Vec<(NaiveDate, i32, i64, Option<i64>)> = either!(conn, c => ratings::table
        .filter(alone)
        .group_by((ratings::day, ratings::slot))
        .select((ratings::day, ratings::slot, count_star(), sum(ratings::stars)))
        .load(c))?;
    Ok(rows
        .into_iter()
        .map(|(day, slot, votes, stars)| ((day, slot), Set { votes, stars: stars.unwrap_or_default() }))
        .collect())
}

/// The last counted ratings of a lecture in the order in which they came: number and stars.
pub fn in_order(conn: &mut Conn, lecture: LectureId, count: i64) -> Result<Vec<(i64, i32)>> {
    let counted = ratings::lecture_id.eq(lecture).and(ratings::status.eq(Status::Counted));
    let mut rows: Vec<(i64, i32)> = either!(conn, c => ratings::table
        .filter(counted)
        .order(ratings::id.desc())
        .limit(count)
        .select((ratings::id, ratings::stars))
        .load(c))?;
    rows.reverse();
    Ok(rows)
}

/// The ratings that a flag is about: all conditions that are given hold.
#[derive(Queryable, Debug, Clone, Default)]
pub struct Of {
    pub branch: Option<OrgId>,
    pub day: Option<NaiveDate>,
    pub slot: Option<i32>,
    pub stars: Option<i32>,
    pub from: i64,
    pub to: i64,
}

/// A suspicion with its name and the ratings that it is about.
pub struct Raised {
    pub mark: String,
    pub of: Of,
    pub found: Suspicion,
}

/// Raises a flag, or brings the numbers of an open one up to date; but while somebody waits for the second person's word, it
/// stays what was proposed. What was dismissed is raised again only when the set has grown by half. After an exclusion all
/// that counts came later: it is another suspicion.
pub fn raise(conn: &mut Conn, lecture: LectureId, raised: &Raised, now: Timestamp) -> Result<()> {
    let found = &raised.found;
    let milli = |stars: f64| (stars * 1_000.0).round() as i32;
    let narrow = |n: i64| i32::try_from(n).unwrap_or(i32::MAX);
    let numbers = (
        rating_flags::from_id.eq(raised.of.from),
        rating_flags::to_id.eq(raised.of.to),
        rating_flags::votes.eq(narrow(found.all.votes)),
        rating_flags::of_set.eq(narrow(found.set.votes)),
        rating_flags::expected.eq((found.expected * 1e6).round() as i32),
        rating_flags::chance.eq(format!("{:.1e}", found.chance)),
        rating_flags::mean.eq(milli(found.mean)),
        rating_flags::mean_of_others.eq(milli(found.mean_of_others)),
        rating_flags::capped.eq(milli(found.capped)),
    );
    let same = rating_flags::lecture_id.eq(lecture).and(rating_flags::mark.eq(&raised.mark));
    let proposed = rating_exclusions::table
        .filter(rating_exclusions::verdict.is_null())
        .select(rating_exclusions::flag_id);
    let open = same.and(rating_flags::state.eq(FlagState::Open));
    let open = rating_flags::table.filter(open.and(rating_flags::id.ne_all(proposed)));
    if either!(conn, c => diesel::update(open).set(numbers.clone()).execute(c))? > 0 {
        return Ok(());
    }
    let before: Option<(FlagState, i32)> = either!(conn, c => rating_flags::table
        .filter(rating_flags::lecture_id.eq(lecture).and(rating_flags::mark.eq(&raised.mark)))
        .order(rating_flags::id.desc())
        .select((rating_flags::state, rating_flags::of_set))
        .first(c)
        .optional())?;
    let is_alike = |(state, of_set): (FlagState, i32)| match state {
        FlagState::Open => true,
        FlagState::Dismissed => found.set.votes * 2 < i64::from(of_set) * 3,
        FlagState::Confirmed => false,
    };
    if before.is_some_and(is_alike) {
        return Ok(());
    }
    let row = (
        rating_flags::lecture_id.eq(lecture),
        rating_flags::detector.eq(found.detector),
        rating_flags::mark.eq(&raised.mark),
        rating_flags::branch_id.eq(raised.of.branch),
        rating_flags::day.eq(raised.of.day),
        rating_flags::slot.eq(raised.of.slot),
        rating_flags::stars.eq(raised.of.stars),
        rating_flags::opened_at.eq(now),
        rating_flags::state.eq(FlagState::Open),
        numbers,
    );
    either!(conn, c => diesel::insert_into(rating_flags::table).values(row).on_conflict_do_nothing().execute(c))?;
    Ok(())
}

/// The number of the last rating.
pub fn last_rating(conn: &mut Conn) -> Result<i64> {
    let last: Option<i64> = either!(conn, c => ratings::table.select(max(ratings::id)).first(c))?;
    Ok(last.unwrap_or(0))
}

/// Brings a flag from one state to the next; `false` if somebody was faster.
pub fn turn(
    conn: &mut Conn,
    id: i64,
    (from, to, note): (FlagState, FlagState, &str),
    by: AccountId,
    now: Timestamp,
) -> Result<bool> {
    let it = rating_flags::table.filter(rating_flags::id.eq(id).and(rating_flags::state.eq(from)));
    let set = (
        rating_flags::state.eq(to),
        rating_flags::note.eq(note),
        rating_flags::decided_by.eq(by),
        rating_flags::decided_at.eq(now),
    );
    Ok(either!(conn, c => diesel::update(it).set(set).execute(c))? == 1)
}
