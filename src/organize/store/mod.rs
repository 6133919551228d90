//! What the desk of courses reads: it changes rows only through `courses`, `enrolments` and `events`.

mod places;

use crate::courses::{Item, Stage, Task};
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{BookletId, CourseId, LectureId, TopicId};
use crate::schema::{booklet_chapters, booklets, course_prerequisites, courses, lectures, offerings, topics};
use diesel::prelude::*;
pub use places::{Date, city, dates, event_of_key, schools};

/// How many have a place in a course, wait for one and ask for one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Places {
    pub taken: i32,
    pub waiting: i32,
    pub asking: i32,
}

/// The places of these courses, fewer than a page has.
pub fn places(conn: &mut Conn, ids: &[CourseId]) -> Result<Vec<(CourseId, Places)>> {
    let rows: Vec<(Option<CourseId>, i32, i32, i32)> = either!(conn, c => offerings::table
        .filter(offerings::course_id.eq_any(ids))
        .select((offerings::course_id, offerings::taken, offerings::waiting, offerings::asking))
        .load(c))?;
    let place = |(id, taken, waiting, asking): (Option<CourseId>, i32, i32, i32)| {
        Some((id?, Places { taken, waiting, asking }))
    };
    Ok(rows.into_iter().filter_map(place).collect())
}

/// A published lecture that was found.
#[derive(Queryable, Debug, Clone)]
pub struct Hit {
    pub id: LectureId,
    pub title: String,
    pub duration_ms: i32,
    pub topic: String,
    pub topic_en: String,
}

/// Lectures that one search shows.
const HITS: i64 = 20;

/// Published lectures whose title has these words, or whose number this is; the newest where nothing is asked.
pub fn lectures_like(conn: &mut Conn, sought: &str) -> Result<Vec<Hit>> {
    let number: i64 = sought.trim_start_matches('#').parse().unwrap_or(-1);
    Ok(either!(conn, c => {
        let mut query = lectures::table
            .inner_join(topics::table)
            .filter(lectures::stage.eq("published"))
            .order((lectures::published_at.desc(), lectures::id.desc()))
            .limit(HITS)
            .select((lectures::id, lectures::title, lectures::duration_ms, topics::name, topics::name_en))
            .into_boxed();
        if !sought.is_empty() {
            // A title has to have every word, in any order.
            let mut fits: Box<dyn BoxableExpression<_, _, SqlType = diesel::sql_types::Bool>> =
                Box::new(lectures::title.like("%"));
            for word in sought.split_whitespace().take(8) {
                fits = Box::new(fits.and(lectures::title.like(pattern(word)).escape('!')));
            }
            query = query.filter(fits.or(lectures::id.eq(LectureId(number))));
        }
        query.load(c)
    })?)
}

/// Whatever contains `word`, as LIKE takes it.
fn pattern(word: &str) -> String {
    let mut pattern = String::from("%");
    for c in word.chars() {
        if ['!', '%', '_'].contains(&c) {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// The title of a lecture, if it is published.
pub fn lecture_title(conn: &mut Conn, id: LectureId) -> Result<String> {
    let it = lectures::table.find(id).filter(lectures::stage.eq("published"));
    Ok(either!(conn, c => it.select(lectures::title).first(c))?)
}

/// The published booklets; more than anybody has are not shown.
pub fn published_booklets(conn: &mut Conn) -> Result<Vec<(BookletId, String)>> {
    Ok(either!(conn, c => booklets::table
        .filter(booklets::stage.eq("published").and(booklets::archived_at.is_null()))
        .order((booklets::position, booklets::id))
        .limit(300)
        .select((booklets::id, booklets::title))
        .load(c))?)
}

/// The chapters of a published booklet: number and title.
pub fn chapters(conn: &mut Conn, booklet: BookletId) -> Result<Vec<(i32, String)>> {
    Ok(either!(conn, c => booklet_chapters::table
        .inner_join(booklets::table)
        .filter(booklets::id.eq(booklet).and(booklets::stage.eq("published")).and(booklets::archived_at.is_null()))
        .order(booklet_chapters::position)
        .select((booklet_chapters::position, booklet_chapters::title))
        .load(c))?)
}

/// Where each step leads; nothing for a session.
pub fn links(conn: &mut Conn, items: &[Item]) -> Result<Vec<String>> {
    let booklet = |item: &Item| match item.what.task {
        Task::Chapter(id, _) => Some(id),
        _ => None,
    };
    let ids: Vec<BookletId> = items.iter().filter_map(booklet).collect();
    let slugs: Vec<(BookletId, String)> = match ids.is_empty() {
        true => vec![],
        false => either!(conn, c => booklets::table
            .filter(booklets::id.eq_any(&ids))
            .select((booklets::id, booklets::slug))
            .load(c))?,
    };
    let link = |item: &Item| match item.what.task {
        Task::Lecture(id, _) => format!("/lectures/{id}"),
        Task::Chapter(id, number) => slugs
            .iter()
            .find(|(other, _)| *other == id)
            .map(|(_, slug)| format!("/booklets/{slug}/{number}"))
            .unwrap_or_default(),
        Task::Test(id) => format!("/tests/{id}"),
        Task::Session => String::new(),
    };
    Ok(items.iter().map(link).collect())
}

/// A course that has to be finished before.
#[derive(Queryable, Debug, Clone)]
pub struct Before {
    pub id: CourseId,
    pub slug: String,
    pub title: String,
    pub stage: Stage,
}

pub fn befores(conn: &mut Conn, course: CourseId) -> Result<Vec<Before>> {
    Ok(either!(conn, c => course_prerequisites::table
        .inner_join(courses::table.on(courses::id.eq(course_prerequisites::required_id)))
        .filter(course_prerequisites::course_id.eq(course))
        .order(courses::id)
        .select((courses::id, courses::slug, courses::title, courses::stage))
        .load(c))?)
}

/// The published courses that another one may ask for; the newest five hundred.
pub fn published_courses(conn: &mut Conn, but: CourseId) -> Result<Vec<(CourseId, String)>> {
    Ok(either!(conn, c => courses::table
        .filter(courses::stage.eq(Stage::Published).and(courses::archived_at.is_null()).and(courses::id.ne(but)))
        .order((courses::published_at.desc(), courses::id.desc()))
        .limit(500)
        .select((courses::id, courses::title))
        .load(c))?)
}

/// A cover for a topic: that of its newest lecture.
pub fn cover_of(conn: &mut Conn, topic: TopicId) -> Result<Option<String>> {
    let newest = lectures::table.filter(lectures::topic_id.eq(topic)).order(lectures::id.desc());
    Ok(either!(conn, c => newest.select(lectures::cover).first(c).optional())?)
}
