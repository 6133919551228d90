//! What a course's page shows to everybody: what its steps refer to, its dates with their places.
use crate::clock::Timestamp;
use crate::courses::{Item, Task};
use crate::db::Conn;
use crate::either;
use crate::enrolments::State;
use crate::error::Result;
use crate::ids::{
    BaseId, BookletId, CourseId, EnrolmentId, EventId, LectureId, OfferingId, PersonId, SchoolId, TestId,
};
use crate::schema::{
    bases, booklets, course_sessions, enrolment_steps, enrolment_texts, enrolments, events, lectures,
    schools, study_record_withdrawals, study_records, tests, topics,
};
use diesel::prelude::*;
use std::collections::HashMap;

/// What the steps of a course refer to.
#[derive(Debug, Clone, Default)]
pub struct Things {
    /// Length in milliseconds, and whether it is public now.
    pub lectures: HashMap<LectureId, (i32, bool)>,
    /// Name in addresses, and whether it is public now.
    pub booklets: HashMap<BookletId, (String, bool)>,
    /// Questions, minutes, and whether it is open now.
    pub tests: HashMap<TestId, (i32, Option<i32>, bool)>,
}

pub fn things<'a>(conn: &mut Conn, items: impl Iterator<Item = &'a Item>) -> Result<Things> {
    let (mut lecture_ids, mut booklet_ids, mut test_ids) = (vec![], vec![], vec![]);
    for item in items {
        match item.what.task {
            Task::Lecture(id, _) => lecture_ids.push(id),
            Task::Chapter(id, _) => booklet_ids.push(id),
            Task::Test(id) => test_ids.push(id),
            Task::Session => {}
        }
    }
    let mut things = Things::default();
    if !lecture_ids.is_empty() {
        let them = lectures::table.filter(lectures::id.eq_any(lecture_ids));
        let rows: Vec<(LectureId, i32, String)> = either!(conn, c => them
            .select((lectures::id, lectures::duration_ms, lectures::stage))
            .load(c))?;
        things.lectures = rows.into_iter().map(|(id, ms, stage)| (id, (ms, stage == "published"))).collect();
    }
    if !booklet_ids.is_empty() {
        let them = booklets::table.filter(booklets::id.eq_any(booklet_ids));
        let rows: Vec<(BookletId, String, String)> = either!(conn, c => them
            .select((booklets::id, booklets::slug, booklets::stage))
            .load(c))?;
        things.booklets =
            rows.into_iter().map(|(id, slug, stage)| (id, (slug, stage == "published"))).collect();
    }
    if !test_ids.is_empty() {
        let them = tests::table.filter(tests::id.eq_any(test_ids));
        let rows: Vec<(TestId, i32, Option<i32>, bool)> = either!(conn, c => them
            .select((tests::id, tests::question_count, tests::minutes, tests::is_open))
            .load(c))?;
        things.tests =
            rows.into_iter().map(|(id, n, minutes, is_open)| (id, (n, minutes, is_open))).collect();
    }
    Ok(things)
}

/// A date of a step, as everybody sees it.
#[derive(Queryable, Debug, Clone)]
pub struct Date {
    pub event: EventId,
    pub step: String,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub state: String,
    pub reason: String,
    /// A room, a way to it.
    pub place: String,
    /// Whether one can take part online; where is for those who have a seat.
    pub online_url: String,
    pub lecturer: String,
    pub school: Option<(SchoolId, String)>,
    pub base: Option<(BaseId, String, String)>,
}

/// The dates of a course, in their order.
pub fn dates(conn: &mut Conn, course: CourseId) -> Result<Vec<Date>> {
    Ok(either!(conn, c => course_sessions::table
        .inner_join(events::table.left_join(schools::table).left_join(bases::table))
        .filter(course_sessions::course_id.eq(course))
        .order((events::starts_at, events::id))
        .select((
            events::id, course_sessions::step, events::starts_at, events::ends_at, events::state, events::reason,
            events::place, events::online_url, events::lecturer,
            (schools::id, schools::name).nullable(),
            (bases::id, bases::slug, bases::name).nullable(),
        ))
        .load(c))?)
}

/// A topic's name, in Chinese and in English.
pub fn topic(conn: &mut Conn, id: crate::ids::TopicId) -> Result<(String, String, String)> {
    let it = topics::table.find(id);
    Ok(either!(conn, c => it.select((topics::slug, topics::name, topics::name_en)).first(c))?)
}

/// Which of these courses the person has finished, by records that stand.
pub fn finished_among(conn: &mut Conn, person: PersonId, ids: &[CourseId]) -> Result<Vec<CourseId>> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    Ok(either!(conn, c => study_records::table
        .left_join(study_record_withdrawals::table)
        .filter(study_records::person_id.eq(person).and(study_records::course_id.eq_any(ids)))
        .filter(study_record_withdrawals::record_id.is_null())
        .select(study_records::course_id)
        .load(c))?)
}

/// The last enrolment of this person that was declined, with what was written to it.
pub fn declined(
    conn: &mut Conn,
    offering: OfferingId,
    person: PersonId,
) -> Result<Option<(Timestamp, Option<String>)>> {
    Ok(either!(conn, c => enrolment_steps::table
        .inner_join(enrolments::table)
        .left_join(enrolment_texts::table)
        .filter(enrolments::offering_id.eq(offering).and(enrolments::person_id.eq(person)))
        .filter(enrolments::state.eq(State::Declined).and(enrolment_steps::state.eq(State::Declined.as_str())))
        .order(enrolment_steps::id.desc())
        .select((enrolment_steps::at, enrolment_texts::text.nullable()))
        .first(c)
        .optional())?)
}

/// How many stand before each of these in the queue of its offering, themselves included.
pub fn places(conn: &mut Conn, ids: &[EnrolmentId]) -> Result<HashMap<EnrolmentId, i64>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let ahead = diesel::alias!(enrolments as ahead);
    let is_ahead = ahead
        .field(enrolments::offering_id)
        .eq(enrolments::offering_id)
        .and(ahead.field(enrolments::state).eq(State::Waitlisted))
        .and(ahead.field(enrolments::seq).le(enrolments::seq));
    let rows: Vec<(EnrolmentId, i64)> = either!(conn, c => enrolments::table
        .inner_join(ahead.on(is_ahead))
        .filter(enrolments::id.eq_any(ids).and(enrolments::state.eq(State::Waitlisted)))
        .group_by(enrolments::id)
        .select((enrolments::id, diesel::dsl::count_star()))
        .load(c))?;
    Ok(rows.into_iter().collect())
}
