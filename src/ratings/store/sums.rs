//! What is counted: voices for rankings, the mean of the city, and the rows that pages show. No page counts ratings.
use super::PUBLISHED;
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{InstructorId, LectureId};
use crate::ratings::measure::Measured;
use crate::ratings::{Status, Subject, Tag, Voices};
use crate::schema::{
    city_means, instructor_ratings, lecture_instructors, lecture_ratings, lectures, rating_versions,
    rating_voices, ratings,
};
use crate::scoring::exact::{Exact, ratio};
use chrono::NaiveDate;
use diesel::dsl::{count_star, sum};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use std::collections::BTreeMap;

/// What the page of a lecture says.
#[derive(Queryable, Selectable, Insertable, AsChangeset, Debug, Clone, PartialEq, Eq)]
#[diesel(table_name = lecture_ratings)]
pub struct LectureRating {
    pub lecture_id: LectureId,
    pub votes: i32,
    pub ones: i32,
    pub twos: i32,
    pub threes: i32,
    pub fours: i32,
    pub fives: i32,
    pub branches: i32,
    /// Excluded by two people.
    pub apart: i32,
    /// Empty below the minimum, as are the ends of the interval.
    pub score: String,
    pub low: String,
    pub high: String,
    pub city: String,
    pub as_of: Timestamp,
    /// What was ticked and by how many: words and numbers with blanks between.
    pub tags: String,
}

impl LectureRating {
    /// Stars, how many gave them, and their share in whole per cent, from five down.
    pub fn bars(&self) -> [(i32, i32, i32); 5] {
        let share = |n: i32| (i64::from(n) * 100 / i64::from(self.votes.max(1))) as i32;
        [(5, self.fives), (4, self.fours), (3, self.threes), (2, self.twos), (1, self.ones)]
            .map(|(stars, n)| (stars, n, share(n)))
    }
    /// The tags that were ticked and by how many, in the order of the form.
    pub fn ticked(&self) -> Vec<(Tag, i32)> {
        let mut words = self.tags.split_whitespace();
        std::iter::from_fn(|| Some((words.next()?, words.next()?)))
            .filter_map(|(tag, n)| Some((Tag::of(tag)?, n.parse().ok()?)))
            .collect()
    }
    pub fn is_shown(&self) -> bool {
        !self.score.is_empty()
    }
}

/// What the page of an instructor says.
#[derive(Queryable, Selectable, Insertable, AsChangeset, Debug, Clone, PartialEq, Eq)]
#[diesel(table_name = instructor_ratings)]
pub struct InstructorRating {
    pub instructor_id: InstructorId,
    /// Members, and the ratings that they gave.
    pub voices: i32,
    pub votes: i32,
    pub branches: i32,
    pub apart: i32,
    pub score: String,
    pub low: String,
    pub high: String,
    pub city: String,
    pub as_of: Timestamp,
}

impl InstructorRating {
    pub fn is_shown(&self) -> bool {
        !self.score.is_empty()
    }
}

pub fn of_lecture(conn: &mut Conn, id: LectureId) -> Result<Option<LectureRating>> {
    Ok(
        either!(conn, c => lecture_ratings::table.find(id).select(LectureRating::as_select()).first(c).optional())?,
    )
}

/// What is shown of an instructor; `None` where nobody has rated yet.
///
/// # Errors
/// Those of the database.
pub fn of_instructor(conn: &mut Conn, id: InstructorId) -> Result<Option<InstructorRating>> {
    Ok(either!(conn, c => instructor_ratings::table
        .find(id)
        .select(InstructorRating::as_select())
        .first(c)
        .optional())?)
}

/// The lectures of an instructor that have enough ratings to show: the newest first, at most so many.
///
/// # Errors
/// Those of the database.
pub fn of_instructor_lectures(
    conn: &mut Conn,
    id: InstructorId,
    is_signed_in: bool,
    count: i64,
) -> Result<Vec<(LectureId, String, LectureRating)>> {
    Ok(either!(conn, c => {
        let mut query = lecture_instructors::table
            .inner_join(lectures::table.inner_join(lecture_ratings::table))
            .filter(lecture_instructors::instructor_id.eq(id))
            .filter(lectures::stage.eq(PUBLISHED).and(lecture_ratings::score.ne("")))
            .order(lecture_instructors::lecture_id.desc())
            .limit(count)
            .select((lectures::id, lectures::title, LectureRating::as_select()))
            .into_boxed();
        if !is_signed_in {
            query = query.filter(lectures::visibility.eq(super::PUBLIC));
        }
        query.load(c)
    })?)
}

#[derive(QueryableByName)]
struct Kind {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = BigInt)]
    total: i64,
    #[diesel(sql_type = BigInt)]
    n: i64,
    #[diesel(sql_type = BigInt)]
    times: i64,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// The counted voices of every lecture or instructor that has any, by number; and of those whose ratings are all excluded.
/// The database adds up alike voices in the order of an index, so a million ratings come as some thousand rows.
///
/// # Errors
/// Those of the database.
pub fn voices(conn: &mut Conn, subject: Subject) -> Result<Vec<Voices>> {
    let (kinds, branches, apart) = match subject {
        Subject::Lecture => (
            "SELECT lecture_id AS id, CAST(stars AS BIGINT) AS total, CAST(1 AS BIGINT) AS n, COUNT(*) AS times \
             FROM ratings WHERE status = 'counted' GROUP BY lecture_id, stars",
            "SELECT lecture_id AS id, COUNT(DISTINCT branch_id) AS n FROM ratings WHERE status = 'counted' \
             GROUP BY lecture_id",
            "SELECT lecture_id AS id, COUNT(*) AS n FROM ratings WHERE status = 'excluded' GROUP BY lecture_id",
        ),
        Subject::Instructor => (
            "SELECT id, total, n, COUNT(*) AS times FROM (SELECT instructor_id AS id, CAST(SUM(stars) AS BIGINT) AS total, \
             COUNT(*) AS n FROM rating_voices WHERE is_counted = TRUE GROUP BY instructor_id, voice_key) AS one \
             GROUP BY id, total, n",
            "SELECT instructor_id AS id, COUNT(DISTINCT branch_id) AS n FROM rating_voices WHERE is_counted = TRUE \
             GROUP BY instructor_id",
            "SELECT instructor_id AS id, COUNT(*) AS n FROM rating_voices WHERE is_counted = FALSE \
             AND rating_id IN (SELECT id FROM ratings WHERE status = 'excluded') GROUP BY instructor_id",
        ),
    };
    let mut all: BTreeMap<i64, Voices> = BTreeMap::new();
    let empty = |id| Voices { id, voices: vec![], branches: 0, apart: 0 };
    let rows: Vec<Kind> = either!(conn, c => diesel::sql_query(kinds).load(c))?;
    for row in rows {
        let one = all.entry(row.id).or_insert_with(|| empty(row.id));
        one.voices.extend((0..row.times).map(|_| (row.total, row.n)));
    }
    let rows: Vec<Number> = either!(conn, c => diesel::sql_query(branches).load(c))?;
    for row in rows {
        all.entry(row.id).or_insert_with(|| empty(row.id)).branches = row.n;
    }
    let rows: Vec<Number> = either!(conn, c => diesel::sql_query(apart).load(c))?;
    for row in rows {
        all.entry(row.id).or_insert_with(|| empty(row.id)).apart = row.n;
    }
    Ok(all.into_values().collect())
}

/// The sum of all counted stars of the city and how many ratings that is, now.
pub fn city_total(conn: &mut Conn) -> Result<(i64, i64)> {
    let counted = ratings::table.filter(ratings::status.eq(Status::Counted));
    let (total, votes): (Option<i64>, i64) =
        either!(conn, c => counted.select((sum(ratings::stars), count_star())).first(c))?;
    Ok((total.unwrap_or_default(), votes))
}

/// The mean of all counted stars of the city, exact, as of now; `None` while nobody has rated.
///
/// # Errors
/// Those of the database.
pub fn city_mean(conn: &mut Conn) -> Result<Option<Exact>> {
    let (total, votes) = city_total(conn)?;
    Ok(ratio(total, votes))
}

/// The day of the latest mean of the city, and the mean.
pub fn latest_city(conn: &mut Conn) -> Result<Option<(NaiveDate, Exact)>> {
    let row: Option<(NaiveDate, i64, i64)> = either!(conn, c => city_means::table
        .order(city_means::day.desc())
        .select((city_means::day, city_means::total, city_means::votes))
        .first(c)
        .optional())?;
    Ok(row.and_then(|(day, total, votes)| Some((day, ratio(total, votes)?))))
}

/// Keeps the mean of a day; `false` if somebody else did.
pub fn keep_city(
    conn: &mut Conn,
    day: NaiveDate,
    (total, votes): (i64, i64),
    now: Timestamp,
) -> Result<bool> {
    let row = (
        city_means::day.eq(day),
        city_means::total.eq(total),
        city_means::votes.eq(votes),
        city_means::as_of.eq(now),
    );
    let new = either!(conn, c => diesel::insert_into(city_means::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(new == 1)
}

/// How many ratings carry each tag, in the order of the form.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tags([i64; Tag::ALL.len()]);

impl Tags {
    /// Adds some ratings with these tags: words with blanks between.
    fn add(&mut self, tags: &str, n: i64) {
        for word in tags.split_whitespace() {
            if let Some(at) = Tag::ALL.iter().position(|tag| tag.as_str() == word) {
                self.0[at] += n;
            }
        }
    }
    /// As a row keeps them; nothing of what nobody ticked.
    fn kept(&self) -> String {
        let ticked = Tag::ALL.iter().zip(self.0).filter(|one| one.1 > 0);
        ticked.map(|(tag, n)| format!("{} {n}", tag.as_str())).collect::<Vec<_>>().join(" ")
    }
}

/// The tags of all counted ratings of each lecture.
pub fn tags(conn: &mut Conn) -> Result<BTreeMap<LectureId, Tags>> {
    let ticked = ratings::table.filter(ratings::status.eq(Status::Counted).and(ratings::tags.ne("")));
    let rows: Vec<(LectureId, String, i64)> = either!(conn, c => ticked
        .group_by((ratings::lecture_id, ratings::tags))
        .select((ratings::lecture_id, ratings::tags, count_star()))
        .load(c))?;
    let mut all: BTreeMap<LectureId, Tags> = BTreeMap::new();
    for (lecture, tags, n) in rows {
        all.entry(lecture).or_default().add(&tags, n);
    }
    Ok(all)
}

/// What is counted of a lecture.
#[derive(Debug, Clone, Copy)]
pub struct OfLecture {
    /// How many counted ratings have one star, two, … five.
    pub stars: [i64; 5],
    pub tags: Tags,
    pub branches: i64,
    /// Ratings that are excluded.
    pub apart: i64,
}

/// The ratings of a lecture.
pub fn count_lecture(conn: &mut Conn, id: LectureId) -> Result<OfLecture> {
    let counted = ratings::lecture_id.eq(id).and(ratings::status.eq(Status::Counted));
    let excluded = ratings::lecture_id.eq(id).and(ratings::status.eq(Status::Excluded));
    let rows: Vec<(i32, String, i64)> = either!(conn, c => ratings::table
        .filter(counted)
        .group_by((ratings::stars, ratings::tags))
        .select((ratings::stars, ratings::tags, count_star()))
        .load(c))?;
    let (mut stars, mut tags) = ([0; 5], Tags::default());
    for (kind, words, n) in rows {
        if let Some(count) = usize::try_from(kind - 1).ok().and_then(|at| stars.get_mut(at)) {
            *count += n;
        }
        tags.add(&words, n);
    }
    let branches: i64 = either!(conn, c => ratings::table
        .filter(counted)
        .select(diesel::dsl::count(ratings::branch_id).aggregate_distinct())
        .first(c))?;
    let apart = either!(conn, c => ratings::table.filter(excluded).count().get_result(c))?;
    Ok(OfLecture { stars, tags, branches, apart })
}

/// Sums and counts of voices, from how many branches, and how many ratings are excluded.
pub type Counted = (Vec<(i64, i64)>, i64, i64);

/// The voices of an instructor.
pub fn count_instructor(conn: &mut Conn, id: InstructorId) -> Result<Counted> {
    let counted = rating_voices::instructor_id.eq(id).and(rating_voices::is_counted.eq(true));
    let voices: Vec<(Option<i64>, i64)> = either!(conn, c => rating_voices::table
        .filter(counted)
        .group_by(rating_voices::voice_key)
        .select((sum(rating_voices::stars), count_star()))
        .load(c))?;
    let branches: i64 = either!(conn, c => rating_voices::table
        .filter(counted)
        .select(diesel::dsl::count(rating_voices::branch_id).aggregate_distinct())
        .first(c))?;
    let apart = either!(conn, c => rating_voices::table
        .inner_join(ratings::table)
        .filter(rating_voices::instructor_id.eq(id).and(rating_voices::is_counted.eq(false)))
        .filter(ratings::status.eq(Status::Excluded))
        .count()
        .get_result(c))?;
    Ok((voices.into_iter().map(|(sum, n)| (sum.unwrap_or_default(), n)).collect(), branches, apart))
}

/// The lecturers in whose voices ratings of this lecture speak.
pub fn lecturers(conn: &mut Conn, id: LectureId) -> Result<Vec<InstructorId>> {
    Ok(either!(conn, c => lecture_instructors::table
        .filter(lecture_instructors::lecture_id.eq(id))
        .select(lecture_instructors::instructor_id)
        .load(c))?)
}

fn narrow(n: i64) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

/// Keeps what a page shows of a lecture; whatever is the same already stays as it is, so that no kept page is lost for it.
pub fn put_lecture(
    conn: &mut Conn,
    id: LectureId,
    counted: &OfLecture,
    measured: Measured,
    now: Timestamp,
) -> Result<()> {
    let [ones, twos, threes, fours, fives] = counted.stars.map(narrow);
    let row = LectureRating {
        lecture_id: id,
        votes: narrow(counted.stars.iter().sum()),
        ones,
        twos,
        threes,
        fours,
        fives,
        branches: narrow(counted.branches),
        apart: narrow(counted.apart),
        score: measured.score,
        low: measured.low,
        high: measured.high,
        city: measured.city,
        as_of: now,
        tags: counted.tags.kept(),
    };
    let before = of_lecture(conn, id)?;
    if before.as_ref().is_some_and(|before| LectureRating { as_of: now, ..before.clone() } == row) {
        return Ok(());
    }
    if before.is_some() {
        either!(conn, c => diesel::update(lecture_ratings::table.find(id)).set(&row).execute(c))?;
    } else {
        either!(conn, c => diesel::insert_into(lecture_ratings::table)
            .values(&row)
            .on_conflict_do_nothing()
            .execute(c))?;
    }
    Ok(())
}

/// Likewise of an instructor.
pub fn put_instructor(
    conn: &mut Conn,
    id: InstructorId,
    (voices, votes, branches, apart): (i64, i64, i64, i64),
    measured: Measured,
    now: Timestamp,
) -> Result<()> {
    let row = InstructorRating {
        instructor_id: id,
        voices: narrow(voices),
        votes: narrow(votes),
        branches: narrow(branches),
        apart: narrow(apart),
        score: measured.score,
        low: measured.low,
        high: measured.high,
        city: measured.city,
        as_of: now,
    };
    let before = of_instructor(conn, id)?;
    if before.as_ref().is_some_and(|before| InstructorRating { as_of: now, ..before.clone() } == row) {
        return Ok(());
    }
    if before.is_some() {
        either!(conn, c => diesel::update(instructor_ratings::table.find(id)).set(&row).execute(c))?;
    } else {
        either!(conn, c => diesel::insert_into(instructor_ratings::table)
            .values(&row)
            .on_conflict_do_nothing()
            .execute(c))?;
    }
    Ok(())
}

/// Versions behind a number: their numbers, lectures, and the ten minutes in which they came.
pub fn versions_after(
    conn: &mut Conn,
    after: i64,
    count: i64,
) -> Result<Vec<(i64, LectureId, NaiveDate, i32)>> {
    Ok(either!(conn, c => rating_versions::table
        .filter(rating_versions::id.gt(after))
        .order(rating_versions::id)
        .limit(count)
        .select((rating_versions::id, rating_versions::lecture_id, rating_versions::day, rating_versions::slot))
        .load(c))?)
}
