//! Lectures and instructors in lists.
use crate::clock;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{InstructorId, LectureId, TopicId};
use crate::lectures::{Filter, Sort, Stage, Visibility};
use crate::schema::{instructors, lecture_instructors, lectures, titles, topics};
use chrono::NaiveDate;
use diesel::prelude::*;

#[derive(Queryable, Selectable, Debug, Clone)]
#[diesel(table_name = topics)]
pub struct Topic {
    pub id: TopicId,
    pub slug: String,
    pub name: String,
    pub name_en: String,
    pub intro: String,
}

impl Topic {
    pub fn name_in(&self, is_en: bool) -> &str {
        if is_en { &self.name_en } else { &self.name }
    }
}

/// Who gives a lecture.
#[derive(Debug, Clone)]
pub struct By {
    pub id: InstructorId,
    pub name: String,
    pub unit: String,
    pub is_gold: bool,
}

/// A lecture in a list.
#[derive(Debug, Clone)]
pub struct Card {
    pub id: LectureId,
    pub title: String,
    pub duration_ms: i32,
    pub cover: String,
    pub visibility: Visibility,
    pub topic: String,
    pub topic_en: String,
    pub by: Vec<By>,
}

impl Card {
    pub fn is_for_members(&self) -> bool {
        self.visibility == Visibility::Members
    }
    pub fn is_gold(&self) -> bool {
        self.by.iter().any(|by| by.is_gold)
    }
    pub fn topic_in(&self, is_en: bool) -> &str {
        if is_en { &self.topic_en } else { &self.topic }
    }
    pub fn names(&self) -> String {
        self.by.iter().map(|by| by.name.as_str()).collect::<Vec<_>>().join("、")
    }
}

#[derive(Queryable, Selectable, Debug, Clone)]
#[diesel(table_name = instructors)]
pub struct Instructor {
    pub id: InstructorId,
    pub name: String,
    pub unit: String,
    pub intro: String,
    pub lecture_count: i32,
}

pub fn topics(conn: &mut Conn) -> Result<Vec<Topic>> {
    Ok(
        either!(conn, c => topics::table.order(topics::position).limit(100).select(Topic::as_select()).load(c))?,
    )
}

/// The filter as conditions on the query, written once for the list and for its count.
macro_rules! filtered {
    ($query:expr, $filter:expr) => {{
        let mut query = $query.filter(lectures::stage.eq(Stage::Published)).into_boxed();
        if !$filter.is_signed_in {
            query = query.filter(lectures::visibility.eq(Visibility::Public));
        }
        if let Some(slug) = &$filter.topic {
            query = query.filter(
                lectures::topic_id.eq_any(topics::table.filter(topics::slug.eq(slug)).select(topics::id)),
            );
        }
        if let Some(id) = $filter.instructor {
            query = query.filter(
                lectures::id.eq_any(
                    lecture_instructors::table
                        .filter(lecture_instructors::instructor_id.eq(id))
                        .select(lecture_instructors::lecture_id),
                ),
            );
        }
        if let Some(id) = $filter.school {
            query = query.filter(lectures::school_id.eq(id));
        }
        if let Some(id) = $filter.alliance {
            query = query.filter(lectures::alliance_id.eq(id));
        }
        if let Some(length) = $filter.length {
            let (from, to) = length.range();
            query = query.filter(lectures::duration_ms.ge(from).and(lectures::duration_ms.lt(to)));
        }
        if let Some(day) = $filter.gold_on {
            query = query.filter(
                lectures::id.eq_any(
                    lecture_instructors::table
                        .inner_join(instructors::table)
                        .filter(
                            instructors::person_id.eq_any(
                                titles::table
                                    .filter(titles::valid_from.le(day).and(titles::valid_to.gt(day)))
                                    .select(titles::person_id),
                            ),
                        )
                        .select(lecture_instructors::lecture_id),
                ),
            );
        }
        query
    }};
}

/// How many lectures pass the filter.
pub fn count(conn: &mut Conn, filter: &Filter) -> Result<i64> {
    Ok(either!(conn, c => filtered!(lectures::table, filter).count().get_result(c))?)
}

/// The lectures that pass the filter, `count` after the first `skip`. Three queries, however many rows.
pub fn cards(conn: &mut Conn, filter: &Filter, skip: i64, count: i64) -> Result<Vec<Card>> {
    let rows: Vec<Row> = either!(conn, c => {
        let query = filtered!(lectures::table, filter).select(columns()).offset(skip).limit(count);
        match filter.sort.unwrap_or(Sort::Newest) {
            Sort::Newest => query.order((lectures::published_at.desc(), lectures::id.desc())),
            Sort::Oldest => query.order((lectures::published_at.asc(), lectures::id.asc())),
            Sort::Shortest => query.order((lectures::duration_ms.asc(), lectures::id.asc())),
            Sort::Longest => query.order((lectures::duration_ms.desc(), lectures::id.desc())),
        }
        .load(c)
    })?;
    complete(conn, rows)
}

/// These lectures, as far as they are published; in no order.
pub fn cards_of(conn: &mut Conn, ids: &[LectureId]) -> Result<Vec<Card>> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let rows: Vec<Row> = either!(conn, c => lectures::table
        .filter(lectures::id.eq_any(ids).and(lectures::stage.eq(Stage::Published)))
        .select(columns())
        .load(c))?;
    complete(conn, rows)
}

/// The newest lectures.
pub fn newest(conn: &mut Conn, is_signed_in: bool, count: i64) -> Result<Vec<Card>> {
    cards(conn, &Filter { is_signed_in, ..Filter::default() }, 0, count)
}

/// What to watch after `lecture`: the same topic, the next older ones, and round again from the newest.
pub fn next(conn: &mut Conn, lecture: &super::Lecture, is_signed_in: bool, count: i64) -> Result<Vec<Card>> {
    let older = lectures::published_at.lt(lecture.published_at);
    let mut rows: Vec<Row> = either!(conn, c => lectures::table
        .filter(lectures::topic_id.eq(lecture.topic_id).and(lectures::stage.eq(Stage::Published)).and(older))
        .filter(lectures::visibility.eq(Visibility::Public).or(diesel::dsl::sql::<diesel::sql_types::Bool>(if is_signed_in { "1 = 1" } else { "1 = 0" })))
        .order((lectures::published_at.desc(), lectures::id.desc()))
        .limit(count)
        .select(columns())
        .load(c))?;
    if (rows.len() as i64) < count {
        let missing = count - rows.len() as i64;
        let newest: Vec<Row> = either!(conn, c => lectures::table
            .filter(lectures::topic_id.eq(lecture.topic_id).and(lectures::stage.eq(Stage::Published)).and(lectures::id.ne(lecture.id)))
            .filter(lectures::visibility.eq(Visibility::Public))
            .order((lectures::published_at.desc(), lectures::id.desc()))
            .limit(missing + rows.len() as i64)
            .select(columns())
            .load(c))?;
        for row in newest {
            if (rows.len() as i64) < count && rows.iter().all(|known| known.0 != row.0) {
                rows.push(row);
            }
        }
    }
    complete(conn, rows)
}

type Row = (LectureId, String, i32, String, Visibility, TopicId);
type Columns = (
    lectures::id,
    lectures::title,
    lectures::duration_ms,
    lectures::cover,
    lectures::visibility,
    lectures::topic_id,
);
fn columns() -> Columns {
    (
        lectures::id,
        lectures::title,
        lectures::duration_ms,
        lectures::cover,
        lectures::visibility,
        lectures::topic_id,
    )
}

/// Puts instructors and topics to the rows.
fn complete(conn: &mut Conn, rows: Vec<Row>) -> Result<Vec<Card>> {
    if rows.is_empty() {
        return Ok(vec![]);
    }
    let topics = topics(conn)?;
    let mut by = by(conn, rows.iter().map(|row| row.0).collect())?;
    Ok(rows
        .into_iter()
        .map(|(id, title, duration_ms, cover, visibility, topic)| {
            let topic = topics.iter().find(|known| known.id == topic);
            Card {
                id,
                title,
                duration_ms,
                cover,
                visibility,
                topic: topic.map(|topic| topic.name.clone()).unwrap_or_default(),
                topic_en: topic.map(|topic| topic.name_en.clone()).unwrap_or_default(),
                by: by.extract_if(.., |(lecture, _)| *lecture == id).map(|(_, by)| by).collect(),
            }
        })
        .collect())
}

/// The instructors of one lecture, in its order.
pub fn of_lecture(conn: &mut Conn, id: LectureId) -> Result<Vec<By>> {
    Ok(by(conn, vec![id])?.into_iter().map(|(_, by)| by).collect())
}

/// The instructors of these lectures, in the order of each lecture.
fn by(conn: &mut Conn, ids: Vec<LectureId>) -> Result<Vec<(LectureId, By)>> {
    let today = clock::day(clock::now());
    let in_office = titles::valid_from.le(today).and(titles::valid_to.gt(today));
    let rows: Vec<(LectureId, InstructorId, String, String, Option<i64>)> = either!(conn, c => lecture_instructors::table
        .inner_join(instructors::table.left_join(titles::table.on(titles::person_id.eq(instructors::person_id).and(in_office))))
        .filter(lecture_instructors::lecture_id.eq_any(ids))
        .order((lecture_instructors::lecture_id, lecture_instructors::position))
        .select((lecture_instructors::lecture_id, instructors::id, instructors::name, instructors::unit, titles::id.nullable()))
        .load(c))?;
    Ok(rows
        .into_iter()
        .map(|(lecture, id, name, unit, title)| (lecture, By { id, name, unit, is_gold: title.is_some() }))
        .collect())
}

pub fn instructor(conn: &mut Conn, id: InstructorId) -> Result<Instructor> {
    Ok(either!(conn, c => instructors::table.find(id).select(Instructor::as_select()).first(c))?)
}

/// Those who hold the title of gold lecturer on this day: a list without ranks, in the order of appointment.
pub fn gold_instructors(conn: &mut Conn, day: NaiveDate) -> Result<Vec<Instructor>> {
    let in_office = titles::valid_from.le(day).and(titles::valid_to.gt(day));
    Ok(either!(conn, c => instructors::table
        .inner_join(titles::table.on(titles::person_id.eq(instructors::person_id).and(in_office)))
        .order(titles::id)
        .limit(100)
        .select(Instructor::as_select())
        .load(c))?)
}

/// A title with its term, `[from, to)`.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct Title {
    /// Where it was given.
    pub source: String,
    pub valid_from: NaiveDate,
    pub valid_to: NaiveDate,
}

impl Title {
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.valid_from <= day && day < self.valid_to
    }
    /// The last day of the term.
    pub fn until(&self) -> NaiveDate {
        self.valid_to.pred_opt().unwrap_or(self.valid_to)
    }
}

/// The titles of an instructor – gold lecturer is the only one – the latest first.
///
/// # Errors
/// Those of the database.
pub fn titles_of(conn: &mut Conn, id: InstructorId) -> Result<Vec<Title>> {
    Ok(either!(conn, c => titles::table
        .inner_join(instructors::table.on(instructors::person_id.eq(titles::person_id)))
        .filter(instructors::id.eq(id))
        .order((titles::valid_from.desc(), titles::id.desc()))
        .limit(20)
        .select((titles::source, titles::valid_from, titles::valid_to))
        .load(c))?)
}

/// All instructors, those with the most lectures first; and how many there are.
pub fn instructors(conn: &mut Conn, skip: i64, count: i64) -> Result<(Vec<Instructor>, i64)> {
    let total = either!(conn, c => instructors::table.count().get_result(c))?;
    let rows = either!(conn, c => instructors::table
        .order((instructors::lecture_count.desc(), instructors::id))
        .offset(skip)
        .limit(count)
        .select(Instructor::as_select())
        .load(c))?;
    Ok((rows, total))
}

/// The names of these instructors, for a filter that is set.
pub fn instructors_within(conn: &mut Conn, id: InstructorId) -> Result<Option<String>> {
    Ok(either!(conn, c => instructors::table.find(id).select(instructors::name).first(c).optional())?)
}
