//! What two people decide: exclusions of ratings and their end, and decisions to learn who wrote a comment. The only look into the table of
//! keys is here.
use super::flags::Of;
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, LectureId, PersonId};
use crate::ratings::{Status, Verdict};
use crate::schema::{
    persons, rating_exclusions, rating_flags, rating_keys, rating_liftings, rating_texts, rating_unmasks,
    rating_versions, rating_voices, ratings,
};
use chrono::NaiveDate;
use diesel::prelude::*;

/// What one proposes and another one decides, in a table of its own for each matter: writing the proposal, `None` if there is one
/// already; and the second person's word, `false` if somebody was faster.
macro_rules! by_two {
    ($table:ident ($($about:ident: $kind:ty),+), $propose:ident, $decide:ident) => {
        pub fn $propose(
            conn: &mut Conn,
            $($about: $kind,)+
            reason: &str,
            by: AccountId,
            now: Timestamp,
        ) -> Result<Option<i64>> {
            let row = (
                $($table::$about.eq($about),)+
                $table::reason.eq(reason),
                $table::proposed_by.eq(by),
                $table::proposed_at.eq(now),
            );
            Ok(either!(conn, c => diesel::insert_into($table::table)
                .values(row)
                .on_conflict_do_nothing()
                .returning($table::id)
                .get_result(c)
                .optional())?)
        }
        pub fn $decide(
            conn: &mut Conn,
            id: i64,
            verdict: Verdict,
            by: AccountId,
            now: Timestamp,
        ) -> Result<bool> {
            let it = $table::table.filter($table::id.eq(id).and($table::verdict.is_null()));
            let set = ($table::verdict.eq(verdict), $table::decided_by.eq(by), $table::decided_at.eq(now));
            Ok(either!(conn, c => diesel::update(it).set(set).execute(c))? == 1)
        }
    };
}
by_two!(rating_exclusions(flag_id: i64, lecture_id: LectureId), propose, decide);
by_two!(rating_liftings(exclusion_id: i64), propose_lifting, decide_lifting);
by_two!(rating_unmasks(text_id: i64), propose_unmask, decide_unmask);

/// A proposal to exclude, and what became of it.
#[derive(Queryable, Debug, Clone)]
pub struct Exclusion {
    pub id: i64,
    pub flag: i64,
    pub lecture: LectureId,
    pub reason: String,
    pub proposed_by: AccountId,
    pub proposed_at: Timestamp,
    pub verdict: Option<Verdict>,
    pub taken: i32,
}

type ExclusionColumns = (
    rating_exclusions::id,
    rating_exclusions::flag_id,
    rating_exclusions::lecture_id,
    rating_exclusions::reason,
    rating_exclusions::proposed_by,
    rating_exclusions::proposed_at,
    rating_exclusions::verdict,
    rating_exclusions::taken,
);
const EXCLUSION: ExclusionColumns = (
    rating_exclusions::id,
    rating_exclusions::flag_id,
    rating_exclusions::lecture_id,
    rating_exclusions::reason,
    rating_exclusions::proposed_by,
    rating_exclusions::proposed_at,
    rating_exclusions::verdict,
    rating_exclusions::taken,
);

/// What was proposed about a flag, the newest first.
pub fn proposals(conn: &mut Conn, flag: i64) -> Result<Vec<Exclusion>> {
    Ok(either!(conn, c => rating_exclusions::table
        .filter(rating_exclusions::flag_id.eq(flag))
        .order(rating_exclusions::id.desc())
        .limit(20)
        .select(EXCLUSION)
        .load(c))?)
}

pub fn exclusion(conn: &mut Conn, id: i64) -> Result<Exclusion> {
    Ok(either!(conn, c => rating_exclusions::table.find(id).select(EXCLUSION).first(c))?)
}

/// What is announced on the page of a lecture.
#[derive(Queryable, Debug, Clone)]
pub struct Announced {
    pub reason: String,
    /// Ratings that it took.
    pub taken: i32,
    /// Why they count again.
    pub lifted_for: Option<String>,
}

/// The confirmed exclusions of a lecture.
pub fn announced(conn: &mut Conn, lecture: LectureId) -> Result<Vec<Announced>> {
    let confirmed =
        rating_exclusions::lecture_id.eq(lecture).and(rating_exclusions::verdict.eq(Verdict::Confirmed));
    let lifted = rating_liftings::exclusion_id
        .eq(rating_exclusions::id)
        .and(rating_liftings::verdict.eq(Verdict::Confirmed));
    Ok(either!(conn, c => rating_exclusions::table
        .left_join(rating_liftings::table.on(lifted))
        .filter(confirmed)
        .order(rating_exclusions::id)
        .limit(20)
        .select((rating_exclusions::reason, rating_exclusions::taken, rating_liftings::reason.nullable()))
        .load(c))?)
}

/// A proposal that excluded ratings count again, and what became of it.
#[derive(Queryable, Debug, Clone)]
pub struct Lifting {
    pub id: i64,
    pub exclusion: i64,
    pub flag: i64,
    pub lecture: LectureId,
    pub reason: String,
    pub proposed_by: AccountId,
    pub proposed_at: Timestamp,
    pub verdict: Option<Verdict>,
}

type LiftingColumns = (
    rating_liftings::id,
    rating_liftings::exclusion_id,
    rating_exclusions::flag_id,
    rating_exclusions::lecture_id,
    rating_liftings::reason,
    rating_liftings::proposed_by,
    rating_liftings::proposed_at,
    rating_liftings::verdict,
);
const LIFTING: LiftingColumns = (
    rating_liftings::id,
    rating_liftings::exclusion_id,
    rating_exclusions::flag_id,
    rating_exclusions::lecture_id,
    rating_liftings::reason,
    rating_liftings::proposed_by,
    rating_liftings::proposed_at,
    rating_liftings::verdict,
);

/// What was proposed about the end of a flag's exclusion, the newest first.
pub fn liftings(conn: &mut Conn, flag: i64) -> Result<Vec<Lifting>> {
    Ok(either!(conn, c => rating_liftings::table
        .inner_join(rating_exclusions::table)
        .filter(rating_exclusions::flag_id.eq(flag))
        .order(rating_liftings::id.desc())
        .limit(20)
        .select(LIFTING)
        .load(c))?)
}

pub fn lifting(conn: &mut Conn, id: i64) -> Result<Lifting> {
    let it = rating_liftings::table.inner_join(rating_exclusions::table).filter(rating_liftings::id.eq(id));
    Ok(either!(conn, c => it.select(LIFTING).first(c))?)
}

/// Lets the ratings of an exclusion count again, each with a version more; how many. What was withdrawn since stays so.
pub fn restore(conn: &mut Conn, exclusion: i64) -> Result<usize> {
    let excluded = ratings::exclusion_id.eq(exclusion).and(ratings::status.eq(Status::Excluded));
    let set = (ratings::status.eq(Status::Counted), ratings::version.eq(ratings::version + 1));
    let it = ratings::table.filter(excluded);
    let restored = either!(conn, c => diesel::update(it).set(set).execute(c))?;
    keep_versions(conn, exclusion, Status::Counted)?;
    let of = ratings::exclusion_id.eq(exclusion).and(ratings::status.eq(Status::Counted));
    let counted = ratings::table.filter(of).select(ratings::id);
    let voices = rating_voices::table.filter(rating_voices::rating_id.eq_any(counted));
    either!(conn, c => diesel::update(voices).set(rating_voices::is_counted.eq(true)).execute(c))?;
    let theirs = ratings::table.filter(ratings::exclusion_id.eq(exclusion));
    either!(conn, c => diesel::update(theirs).set(ratings::exclusion_id.eq(None::<i64>)).execute(c))?;
    Ok(restored)
}

/// Keeps what the ratings of an exclusion with this status have become.
fn keep_versions(conn: &mut Conn, exclusion: i64, status: Status) -> Result<()> {
    let of = ratings::exclusion_id.eq(exclusion).and(ratings::status.eq(status));
    let copied = ratings::table.filter(of).select((
        ratings::id,
        ratings::version,
        ratings::lecture_id,
        ratings::stars,
        ratings::tags,
        ratings::status,
        false.into_sql::<diesel::sql_types::Bool>(),
        ratings::day,
        ratings::slot,
    ));
    let into = (
        rating_versions::rating_id,
        rating_versions::version,
        rating_versions::lecture_id,
        rating_versions::stars,
        rating_versions::tags,
        rating_versions::status,
        rating_versions::is_acted,
        rating_versions::day,
        rating_versions::slot,
    );
    either!(conn, c => copied.insert_into(rating_versions::table).into_columns(into).execute(c))?;
    Ok(())
}

/// Takes the counted ratings of a flag's set out of the count; how many. They stay stored, each with a version more.
pub fn exclude(conn: &mut Conn, exclusion: &Exclusion) -> Result<usize> {
    let columns = (
        rating_flags::branch_id,
        rating_flags::day,
        rating_flags::slot,
        rating_flags::stars,
        rating_flags::from_id,
        rating_flags::to_id,
    );
    let of: Of = either!(conn, c => rating_flags::table.find(exclusion.flag).select(columns).first(c))?;
    let ids: Vec<i64> = either!(conn, c => {
        let mut set = ratings::table
            .filter(ratings::lecture_id.eq(exclusion.lecture).and(ratings::status.eq(Status::Counted)))
            .filter(ratings::id.ge(of.from).and(ratings::id.le(of.to)))
            .select(ratings::id)
            .into_boxed();
        if let Some(branch) = of.branch {
            set = set.filter(ratings::branch_id.eq(branch));
        }
        if let (Some(day), Some(slot)) = (of.day, of.slot) {
            set = set.filter(ratings::day.eq(day).and(ratings::slot.eq(slot)).and(ratings::proof.eq("online")));
        }
        if let Some(stars) = of.stars {
            set = set.filter(ratings::stars.eq(stars));
        }
        set.load(c)
    })?;
    let mut taken = 0;
    for some in ids.chunks(500) {
        let it = ratings::table.filter(ratings::id.eq_any(some).and(ratings::status.eq(Status::Counted)));
        let set = (
            ratings::status.eq(Status::Excluded),
            ratings::exclusion_id.eq(exclusion.id),
            ratings::version.eq(ratings::version + 1),
        );
        taken += either!(conn, c => diesel::update(it).set(set).execute(c))?;
    }
    keep_versions(conn, exclusion.id, Status::Excluded)?;
    let theirs = ratings::table.filter(ratings::exclusion_id.eq(exclusion.id)).select(ratings::id);
    let voices = rating_voices::table.filter(rating_voices::rating_id.eq_any(theirs));
    either!(conn, c => diesel::update(voices).set(rating_voices::is_counted.eq(false)).execute(c))?;
    let it = rating_exclusions::table.find(exclusion.id);
    let number = i32::try_from(taken).unwrap_or(i32::MAX);
    either!(conn, c => diesel::update(it).set(rating_exclusions::taken.eq(number)).execute(c))?;
    Ok(taken)
}

/// A decision to learn who wrote a comment.
#[derive(Queryable, Debug, Clone)]
pub struct Unmask {
    pub id: i64,
    pub text_id: i64,
    pub lecture: LectureId,
    pub comment: String,
    pub reason: String,
    pub proposed_by: AccountId,
    pub proposed_at: Timestamp,
    pub verdict: Option<Verdict>,
    pub decided_by: Option<AccountId>,
    pub decided_at: Option<Timestamp>,
}

type UnmaskColumns = (
    rating_unmasks::id,
    rating_unmasks::text_id,
    rating_texts::lecture_id,
    rating_texts::text,
    rating_unmasks::reason,
    rating_unmasks::proposed_by,
    rating_unmasks::proposed_at,
    rating_unmasks::verdict,
    rating_unmasks::decided_by,
    rating_unmasks::decided_at,
);
const UNMASK: UnmaskColumns = (
    rating_unmasks::id,
    rating_unmasks::text_id,
    rating_texts::lecture_id,
    rating_texts::text,
    rating_unmasks::reason,
    rating_unmasks::proposed_by,
    rating_unmasks::proposed_at,
    rating_unmasks::verdict,
    rating_unmasks::decided_by,
    rating_unmasks::decided_at,
);

/// All decisions of this kind, the newest first.
pub fn unmasks(conn: &mut Conn, skip: i64, count: i64) -> Result<Vec<Unmask>> {
    Ok(either!(conn, c => rating_unmasks::table
        .inner_join(rating_texts::table)
        .order(rating_unmasks::id.desc())
        .offset(skip)
        .limit(count)
        .select(UNMASK)
        .load(c))?)
}

pub fn find_unmask(conn: &mut Conn, id: i64) -> Result<Unmask> {
    let it = rating_unmasks::table.inner_join(rating_texts::table).filter(rating_unmasks::id.eq(id));
    Ok(either!(conn, c => it.select(UNMASK).first(c))?)
}

/// Who wrote a comment: the only look into the table of keys. `None` once the key is gone.
pub fn author(conn: &mut Conn, text: i64) -> Result<Option<(PersonId, String)>> {
    Ok(either!(conn, c => rating_texts::table
        .inner_join(ratings::table)
        .inner_join(rating_keys::table.on(rating_keys::rater_key.eq(ratings::rater_key)))
        .inner_join(persons::table.on(persons::id.eq(rating_keys::person_id)))
        .filter(rating_texts::id.eq(text))
        .select((persons::id, persons::name))
        .first(c)
        .optional())?)
}

/// Whether anybody is known who gave a rating before this day.
pub fn has_keys(conn: &mut Conn, before: NaiveDate) -> Result<bool> {
    let old = rating_keys::table.filter(rating_keys::made_on.lt(before));
    Ok(either!(conn, c => diesel::select(diesel::dsl::exists(old)).get_result(c))?)
}

/// Forgets who gave the ratings made before this day; how many.
pub fn forget_keys(conn: &mut Conn, before: NaiveDate) -> Result<usize> {
    let old = rating_keys::table.filter(rating_keys::made_on.lt(before));
    Ok(either!(conn, c => diesel::delete(old).execute(c))?)
}
