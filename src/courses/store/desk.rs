//! Courses as those see and change them who make and review them.
use crate::clock::Timestamp;
use crate::courses::{About, Course, Item, NewItem, Opening, Opens, Refusal, Stage, Task, Verdict};
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::ids::{AccountId, BookletId, CourseId, EventId, ItemId, LectureId, TestId};
use crate::schema::{
    accounts, audit_entries, course_items, course_prerequisites, course_reviews, course_sessions, courses,
    enrolments, offerings, persons,
};
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::result::DatabaseErrorKind::UniqueViolation;
use diesel::result::Error::DatabaseError;

/// A line in a list of the desk.
#[derive(Queryable, Debug, Clone)]
pub struct DeskRow {
    pub id: CourseId,
    pub slug: String,
    pub title: String,
    pub stage: Stage,
    pub version: i32,
    pub draft_version: i32,
    pub is_submitted: bool,
    pub created_at: Timestamp,
    pub published_at: Option<Timestamp>,
    pub archived_at: Option<Timestamp>,
    pub author: String,
}

/// The courses of one author, or all; the newest first.
pub fn desk(
    conn: &mut Conn,
    author: Option<AccountId>,
    is_archived: bool,
    skip: i64,
    count: i64,
) -> Result<Vec<DeskRow>> {
    rows(conn, author, Some(is_archived), false, skip, count)
}

/// The courses that wait for a review, those made first at the top.
pub fn awaiting(conn: &mut Conn, skip: i64, count: i64) -> Result<Vec<DeskRow>> {
    rows(conn, None, None, true, skip, count)
}

fn rows(
    conn: &mut Conn,
    author: Option<AccountId>,
    is_archived: Option<bool>,
    is_submitted: bool,
    skip: i64,
    count: i64,
) -> Result<Vec<DeskRow>> {
    Ok(either!(conn, c => {
        let mut query = courses::table
            .inner_join(accounts::table.inner_join(persons::table))
            .offset(skip)
            .limit(count)
            .select((
                courses::id, courses::slug, courses::title, courses::stage, courses::version,
                courses::draft_version, courses::is_submitted, courses::created_at, courses::published_at,
                courses::archived_at, persons::name,
            ))
            .into_boxed();
        if let Some(author) = author {
            query = query.filter(courses::author_id.eq(author));
        }
        match is_archived {
            Some(true) => query = query.filter(courses::archived_at.is_not_null()),
            Some(false) => query = query.filter(courses::archived_at.is_null()),
            None => {}
        }
        if is_submitted {
            query.filter(courses::is_submitted).order(courses::id).load(c)
        } else {
            query.order(courses::id.desc()).load(c)
        }
    })?)
}

/// What somebody said of a version that was handed in.
#[derive(Queryable, Debug, Clone)]
pub struct Judged {
    pub round: i32,
    pub name: String,
    pub verdict: Verdict,
    pub remark: String,
    pub at: Timestamp,
}

/// The verdicts, the newest first.
pub fn judged(conn: &mut Conn, course: CourseId) -> Result<Vec<Judged>> {
    Ok(either!(conn, c => course_reviews::table
        .inner_join(accounts::table.inner_join(persons::table))
        .filter(course_reviews::course_id.eq(course))
        .order(course_reviews::id.desc())
        .limit(50)
        .select((
            course_reviews::round, persons::name, course_reviews::verdict, course_reviews::remark,
            course_reviews::reviewed_at,
        ))
        .load(c))?)
}

#[derive(AsChangeset, Insertable)]
#[diesel(table_name = courses)]
#[diesel(treat_none_as_null = true)]
struct AboutRow<'a> {
    title: &'a str,
    summary: &'a str,
    about: &'a str,
    topic_id: crate::ids::TopicId,
    cover: &'a str,
    mode: crate::courses::Mode,
    visibility: crate::courses::Visibility,
    quarters: i32,
    due_on: Option<NaiveDate>,
}

impl<'a> AboutRow<'a> {
    fn of(about: &'a About) -> AboutRow<'a> {
        AboutRow {
            title: &about.title,
            summary: &about.summary,
            about: &about.text,
            topic_id: about.topic,
            cover: &about.cover,
            mode: about.mode,
            visibility: about.visibility,
            quarters: about.quarters,
            due_on: about.due_on,
        }
    }
}

/// The course that this key made already.
pub fn made_by_key(conn: &mut Conn, key: &str) -> Result<Option<CourseId>> {
    let it = courses::table.filter(courses::key.eq(key));
    Ok(either!(conn, c => it.select(courses::id).first(c).optional())?)
}

/// A new draft; `None` if its name in addresses or its key is taken.
pub fn insert(
    conn: &mut Conn,
    slug: &str,
    about: &About,
    author: AccountId,
    key: &str,
    now: Timestamp,
) -> Result<Option<CourseId>> {
    let row = (
        courses::slug.eq(slug),
        AboutRow::of(about),
        courses::stage.eq(Stage::Draft),
        courses::version.eq(0),
        courses::draft_version.eq(1),
        courses::is_submitted.eq(false),
        courses::round.eq(0),
        courses::revision.eq(1),
        courses::reason.eq(""),
        courses::author_id.eq(author),
        courses::created_at.eq(now),
        courses::key.eq(key),
    );
    Ok(either!(conn, c => diesel::insert_into(courses::table)
        .values(row)
        .on_conflict_do_nothing()
        .returning(courses::id)
        .get_result(c)
        .optional())?)
}

/// `false` if somebody saved meanwhile.
pub fn save(conn: &mut Conn, id: CourseId, revision: i32, about: &About) -> Result<bool> {
    let it = courses::table.filter(courses::id.eq(id).and(courses::revision.eq(revision)));
    let values = (AboutRow::of(about), courses::revision.eq(revision + 1));
    Ok(either!(conn, c => diesel::update(it).set(values).execute(c))? == 1)
}

/// Counts a change of the steps; locks the course until the transaction ends.
pub fn touch(conn: &mut Conn, id: CourseId) -> Result<()> {
    let it = courses::table.find(id);
    either!(conn, c => diesel::update(it).set(courses::revision.eq(courses::revision + 1)).execute(c))?;
    Ok(())
}

/// Locks the course until the transaction ends, and changes nothing: what others have open stays as it is.
pub fn lock(conn: &mut Conn, id: CourseId) -> Result<()> {
    let it = courses::table.find(id);
    either!(conn, c => diesel::update(it).set(courses::revision.eq(courses::revision)).execute(c))?;
    Ok(())
}

/// Moves the course from where `from` says it is; `false` if it is there no more.
pub fn pass(conn: &mut Conn, from: &Course, to: &Course) -> Result<bool> {
    let it = courses::table.filter(
        courses::id
            .eq(from.id)
            .and(courses::stage.eq(from.stage))
            .and(courses::round.eq(from.round))
            .and(courses::is_submitted.eq(from.is_submitted))
            .and(courses::version.eq(from.version))
            .and(courses::draft_version.eq(from.draft_version)),
    );
    let values = (
        courses::stage.eq(to.stage),
        courses::round.eq(to.round),
        courses::is_submitted.eq(to.is_submitted),
        courses::version.eq(to.version),
        courses::draft_version.eq(to.draft_version),
        courses::reason.eq(&to.reason),
        courses::published_at.eq(to.published_at),
        courses::archived_at.eq(to.archived_at),
        courses::revision.eq(courses::revision + 1),
    );
    Ok(either!(conn, c => diesel::update(it).set(values).execute(c))? == 1)
}

#[derive(AsChangeset, Insertable)]
#[diesel(table_name = course_items)]
#[diesel(treat_none_as_null = true)]
struct ItemValues<'a> {
    unit: &'a str,
    kind: crate::courses::Kind,
    title: &'a str,
    lecture_id: Option<LectureId>,
    booklet_id: Option<BookletId>,
    chapter: Option<i32>,
    test_id: Option<TestId>,
    is_required: bool,
    share: i32,
    opens: Opens,
    opens_on: Option<NaiveDate>,
}

impl<'a> ItemValues<'a> {
    fn of(item: &'a NewItem) -> ItemValues<'a> {
        let (mut lecture_id, mut booklet_id, mut chapter, mut test_id, mut share) =
            (None, None, None, None, 80);
        match item.task {
            Task::Lecture(id, part) => (lecture_id, share) = (Some(id), part),
            Task::Chapter(id, number) => (booklet_id, chapter) = (Some(id), Some(number)),
            Task::Test(id) => test_id = Some(id),
            Task::Session => {}
        }
        let (opens, opens_on) = match item.opening {
            Opening::AtOnce => (Opens::AtOnce, None),
            Opening::InOrder => (Opens::InOrder, None),
            Opening::OnDay(day) => (Opens::OnDay, Some(day)),
        };
        ItemValues {
            unit: &item.unit,
            kind: item.task.kind(),
            title: &item.title,
            lecture_id,
            booklet_id,
            chapter,
            test_id,
            is_required: item.is_required,
            share,
            opens,
            opens_on,
        }
    }
}

pub fn insert_item(
    conn: &mut Conn,
    course: CourseId,
    version: i32,
    (position, step): (i32, &str),
    item: &NewItem,
) -> Result<ItemId> {
    let row = (
        course_items::course_id.eq(course),
        course_items::version.eq(version),
        course_items::position.eq(position),
        course_items::step.eq(step),
        ItemValues::of(item),
    );
    Ok(either!(conn, c => diesel::insert_into(course_items::table)
        .values(row)
        .returning(course_items::id)
        .get_result(c))?)
}

pub fn save_item(conn: &mut Conn, id: ItemId, item: &NewItem) -> Result<()> {
    let it = course_items::table.find(id);
    either!(conn, c => diesel::update(it).set(ItemValues::of(item)).execute(c))?;
    Ok(())
}

pub fn delete_item(conn: &mut Conn, id: ItemId) -> Result<()> {
    either!(conn, c => diesel::delete(course_items::table.find(id)).execute(c))?;
    Ok(())
}

pub fn delete_version(conn: &mut Conn, course: CourseId, version: i32) -> Result<()> {
    let them = course_items::course_id.eq(course).and(course_items::version.eq(version));
    either!(conn, c => diesel::delete(course_items::table.filter(them)).execute(c))?;
    Ok(())
}

/// Numbers the steps anew in this order. Through numbers that nobody uses: two may not have the same at any moment.
pub fn number_items(conn: &mut Conn, items: &[Item]) -> Result<()> {
    const ASIDE: i32 = 1_000_000;
    for shift in [ASIDE, 0] {
        for (place, item) in (1_i32..).zip(items) {
            let it = course_items::table.find(item.id);
            either!(conn, c => diesel::update(it).set(course_items::position.eq(place + shift)).execute(c))?;
        }
    }
    Ok(())
}

pub fn set_prerequisites(conn: &mut Conn, course: CourseId, required: &[CourseId]) -> Result<()> {
    let old = course_prerequisites::table.filter(course_prerequisites::course_id.eq(course));
    either!(conn, c => diesel::delete(old).execute(c))?;
    for id in required {
        let row = (course_prerequisites::course_id.eq(course), course_prerequisites::required_id.eq(id));
        either!(conn, c => diesel::insert_into(course_prerequisites::table).values(row).execute(c))?;
    }
    Ok(())
}

/// What has to be finished before these, one step back.
pub fn required_by(conn: &mut Conn, courses: &[CourseId]) -> Result<Vec<CourseId>> {
    Ok(either!(conn, c => course_prerequisites::table
        .filter(course_prerequisites::course_id.eq_any(courses))
        .select(course_prerequisites::required_id)
        .distinct()
        .load(c))?)
}

pub fn insert_review(
    conn: &mut Conn,
    course: &Course,
    reviewer: AccountId,
    verdict: Verdict,
    remark: &str,
    now: Timestamp,
) -> Result<()> {
    let row = (
        course_reviews::course_id.eq(course.id),
        course_reviews::round.eq(course.round),
        course_reviews::reviewer_id.eq(reviewer),
        course_reviews::verdict.eq(verdict),
        course_reviews::remark.eq(remark),
        course_reviews::reviewed_at.eq(now),
    );
    match either!(conn, c => diesel::insert_into(course_reviews::table).values(row).execute(c)) {
        Ok(_) => Ok(()),
        Err(DatabaseError(UniqueViolation, _)) => Err(Refusal::ReviewedAlready.into()),
        Err(other) => Err(other.into()),
    }
}

/// Whether this account has judged the version that waits.
pub fn has_judged(conn: &mut Conn, course: &Course, account: AccountId) -> Result<bool> {
    let it = course_reviews::table.filter(
        course_reviews::course_id
            .eq(course.id)
            .and(course_reviews::round.eq(course.round))
            .and(course_reviews::reviewer_id.eq(account)),
    );
    Ok(either!(conn, c => diesel::select(diesel::dsl::exists(it)).get_result(c))?)
}

/// Whether this account has changed the course; the record knows.
pub fn has_changed(conn: &mut Conn, course: CourseId, account: AccountId) -> Result<bool> {
    let it = audit_entries::table.filter(
        audit_entries::actor_id
            .eq(account)
            .and(audit_entries::subject_kind.eq("course"))
            .and(audit_entries::subject_id.eq(course.0))
            .and(audit_entries::action.eq_any(["course_made", "course_changed"])),
    );
    Ok(either!(conn, c => diesel::select(diesel::dsl::exists(it)).get_result(c))?)
}

/// Whether anybody is enrolled, waits or asks.
pub fn has_enrolments(conn: &mut Conn, course: CourseId) -> Result<bool> {
    let it = enrolments::table.inner_join(offerings::table).filter(
        offerings::course_id
            .eq(course)
            .and(enrolments::state.eq_any(["requested", "confirmed", "waitlisted"]))
            .and(enrolments::finished_at.is_null()),
    );
    Ok(either!(conn, c => diesel::select(diesel::dsl::exists(it)).get_result(c))?)
}

/// Makes an event a date of a step.
///
/// # Errors
/// [`Error::Refused`] is the caller's to say: the database refuses a second course for an event.
pub fn attach_session(conn: &mut Conn, course: CourseId, step: &str, event: EventId) -> Result<()> {
    let row = (
        course_sessions::event_id.eq(event),
        course_sessions::course_id.eq(course),
        course_sessions::step.eq(step),
    );
    match either!(conn, c => diesel::insert_into(course_sessions::table).values(row).execute(c)) {
        Ok(_) => Ok(()),
        Err(other) => Err(Error::from(other)),
    }
}
