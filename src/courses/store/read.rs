//! Courses and their steps as they are read.
use crate::clock::Timestamp;
use crate::courses::{About, Course, Item, Kind, Mode, NewItem, Opening, Opens, Stage, Task, Visibility};
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::ids::{AccountId, BookletId, CourseId, EventId, ItemId, LectureId, TestId, TopicId};
use crate::schema::{
    booklet_chapters, booklets, course_items, course_prerequisites, course_sessions, courses, events,
    lectures, tests, topics,
};
use chrono::NaiveDate;
use diesel::prelude::*;

#[derive(Queryable, Selectable)]
#[diesel(table_name = courses)]
struct Row {
    id: CourseId,
    slug: String,
    title: String,
    summary: String,
    about: String,
    topic_id: TopicId,
    cover: String,
    mode: Mode,
    visibility: Visibility,
    quarters: i32,
    due_on: Option<NaiveDate>,
    stage: Stage,
    version: i32,
    draft_version: i32,
    is_submitted: bool,
    round: i32,
    revision: i32,
    reason: String,
    author_id: AccountId,
    published_at: Option<Timestamp>,
    archived_at: Option<Timestamp>,
}

impl From<Row> for Course {
    fn from(row: Row) -> Course {
        Course {
            id: row.id,
            slug: row.slug,
            about: About {
                title: row.title,
                summary: row.summary,
                text: row.about,
                topic: row.topic_id,
                cover: row.cover,
                mode: row.mode,
                visibility: row.visibility,
                quarters: row.quarters,
                due_on: row.due_on,
            },
            stage: row.stage,
            version: row.version,
            draft_version: row.draft_version,
            is_submitted: row.is_submitted,
            round: row.round,
            revision: row.revision,
            reason: row.reason,
            author: row.author_id,
            published_at: row.published_at,
            archived_at: row.archived_at,
        }
    }
}

pub fn find(conn: &mut Conn, id: CourseId) -> Result<Course> {
    let row: Row = either!(conn, c => courses::table.find(id).select(Row::as_select()).first(c))?;
    Ok(row.into())
}

pub fn by_slug(conn: &mut Conn, slug: &str) -> Result<Course> {
    let it = courses::table.filter(courses::slug.eq(slug));
    let row: Row = either!(conn, c => it.select(Row::as_select()).first(c))?;
    Ok(row.into())
}

pub fn slug_taken(conn: &mut Conn, slug: &str) -> Result<bool> {
    let it = courses::table.filter(courses::slug.eq(slug));
    Ok(either!(conn, c => diesel::select(diesel::dsl::exists(it)).get_result(c))?)
}

/// A published course in a list.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct Card {
    pub id: CourseId,
    pub slug: String,
    pub title: String,
    pub summary: String,
    pub topic: String,
    pub cover: String,
    pub mode: Mode,
    pub visibility: Visibility,
    pub quarters: i32,
}

/// Published courses, the newest first. Those for members are among them for visitors too, who are told to sign in.
pub fn cards(conn: &mut Conn, topic: Option<&str>, skip: i64, count: i64) -> Result<Vec<Card>> {
    Ok(either!(conn, c => {
        let mut query = courses::table
            .inner_join(topics::table)
            .filter(courses::stage.eq(Stage::Published).and(courses::archived_at.is_null()))
            .order((courses::published_at.desc(), courses::id.desc()))
            .offset(skip)
            .limit(count)
            .select((
                courses::id, courses::slug, courses::title, courses::summary, topics::name, courses::cover,
                courses::mode, courses::visibility, courses::quarters,
            ))
            .into_boxed();
        if let Some(topic) = topic {
            query = query.filter(topics::slug.eq(topic.to_owned()));
        }
        query.load(c)
    })?)
}

/// How many published courses there are.
pub fn count(conn: &mut Conn, topic: Option<&str>) -> Result<i64> {
    Ok(either!(conn, c => {
        let mut query = courses::table
            .inner_join(topics::table)
            .filter(courses::stage.eq(Stage::Published).and(courses::archived_at.is_null()))
            .count()
            .into_boxed();
        if let Some(topic) = topic {
            query = query.filter(topics::slug.eq(topic.to_owned()));
        }
        query.get_result(c)
    })?)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = course_items)]
struct ItemRow {
    id: ItemId,
    version: i32,
    position: i32,
    step: String,
    unit: String,
    kind: Kind,
    title: String,
    lecture_id: Option<LectureId>,
    booklet_id: Option<BookletId>,
    chapter: Option<i32>,
    test_id: Option<TestId>,
    is_required: bool,
    share: i32,
    opens: Opens,
    opens_on: Option<NaiveDate>,
}

impl ItemRow {
    /// The database's checks keep the columns together.
    fn item(self) -> Result<Item> {
        let broken = || Error::Internal(format!("the step {} refers to nothing", self.id).into());
        let task = match self.kind {
            Kind::Lecture => Task::Lecture(self.lecture_id.ok_or_else(broken)?, self.share),
            Kind::Chapter => {
                Task::Chapter(self.booklet_id.ok_or_else(broken)?, self.chapter.ok_or_else(broken)?)
            }
            Kind::Test => Task::Test(self.test_id.ok_or_else(broken)?),
            Kind::Session => Task::Session,
        };
        let opening = match (self.opens, self.opens_on) {
            (Opens::OnDay, Some(day)) => Opening::OnDay(day),
            (Opens::InOrder, _) => Opening::InOrder,
            _ => Opening::AtOnce,
        };
        let what =
            NewItem { unit: self.unit, title: self.title, task, is_required: self.is_required, opening };
        Ok(Item { id: self.id, version: self.version, position: self.position, step: self.step, what })
    }
}

/// The steps of a version, in their order.
pub fn items(conn: &mut Conn, course: CourseId, version: i32) -> Result<Vec<Item>> {
    let rows: Vec<ItemRow> = either!(conn, c => course_items::table
        .filter(course_items::course_id.eq(course).and(course_items::version.eq(version)))
        .order(course_items::position)
        .select(ItemRow::as_select())
        .load(c))?;
    rows.into_iter().map(ItemRow::item).collect()
}

/// The steps of several versions, in their order, each with its course. One query.
pub fn items_of(conn: &mut Conn, versions: &[(CourseId, i32)]) -> Result<Vec<(CourseId, Vec<Item>)>> {
    let mut found: Vec<(CourseId, Vec<Item>)> = versions.iter().map(|(id, _)| (*id, vec![])).collect();
    if versions.is_empty() {
        return Ok(found);
    }
    let ids: Vec<CourseId> = versions.iter().map(|(id, _)| *id).collect();
    let numbers: Vec<i32> = versions.iter().map(|(_, version)| *version).collect();
    let rows: Vec<(CourseId, ItemRow)> = either!(conn, c => course_items::table
        .filter(course_items::course_id.eq_any(ids).and(course_items::version.eq_any(numbers)))
        .order((course_items::course_id, course_items::version, course_items::position))
        .select((course_items::course_id, ItemRow::as_select()))
        .load(c))?;
    for (course, row) in rows {
        let place = versions.iter().position(|one| *one == (course, row.version));
        if let Some(place) = place {
            found[place].1.push(row.item()?);
        }
    }
    Ok(found)
}

/// These courses, in no order.
pub fn all(conn: &mut Conn, ids: &[CourseId]) -> Result<Vec<Course>> {
    let rows: Vec<Row> =
        either!(conn, c => courses::table.filter(courses::id.eq_any(ids)).select(Row::as_select()).load(c))?;
    Ok(rows.into_iter().map(Course::from).collect())
}

/// The titles of steps that refer to something nobody can study now: withdrawn, closed, without that chapter.
pub fn stale_steps(conn: &mut Conn, items: &[Item]) -> Result<Vec<String>> {
    let mut stale = vec![];
    for item in items {
        let is_there: bool = match item.what.task {
            Task::Session => true,
            Task::Lecture(id, _) => {
                let it = lectures::table.find(id).filter(lectures::stage.eq("published"));
                either!(conn, c => diesel::select(diesel::dsl::exists(it)).get_result(c))?
            }
            Task::Test(id) => {
                let it = tests::table.find(id).filter(tests::is_open);
                either!(conn, c => diesel::select(diesel::dsl::exists(it)).get_result(c))?
            }
            Task::Chapter(id, number) => {
                let it = booklet_chapters::table
                    .inner_join(booklets::table)
                    .filter(booklets::id.eq(id).and(booklets::stage.eq("published")))
                    .filter(booklet_chapters::position.eq(number));
                either!(conn, c => diesel::select(diesel::dsl::exists(it)).get_result(c))?
            }
        };
        if !is_there {
            stale.push(item.what.title.clone());
        }
    }
    Ok(stale)
}

/// The courses that have to be finished before: key, name in addresses, title.
pub fn prerequisites(conn: &mut Conn, course: CourseId) -> Result<Vec<(CourseId, String, String)>> {
    Ok(either!(conn, c => course_prerequisites::table
        .inner_join(courses::table.on(courses::id.eq(course_prerequisites::required_id)))
        .filter(course_prerequisites::course_id.eq(course))
        .order(courses::id)
        .select((courses::id, courses::slug, courses::title))
        .load(c))?)
}

/// A date of a step on site.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    pub event: EventId,
    pub step: String,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    /// `planned`, `under_way`, `held`, `cancelled`.
    pub state: String,
}

/// The dates of a course, in their order.
pub fn sessions(conn: &mut Conn, course: CourseId) -> Result<Vec<SessionRow>> {
    Ok(either!(conn, c => course_sessions::table
        .inner_join(events::table)
        .filter(course_sessions::course_id.eq(course))
        .order((events::starts_at, events::id))
        .select((events::id, course_sessions::step, events::starts_at, events::ends_at, events::state))
        .load(c))?)
}

/// The course and the step that an event is a date of.
pub fn session_course(conn: &mut Conn, event: EventId) -> Result<Option<(CourseId, String)>> {
    let it = course_sessions::table.find(event);
    Ok(
        either!(conn, c => it.select((course_sessions::course_id, course_sessions::step)).first(c).optional())?,
    )
}
