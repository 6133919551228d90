//! What is known of one person about the steps of some courses: five queries, however many courses.
use crate::clock::{self, Timestamp};
use crate::courses::{Item, Task};
use crate::db::Conn;
use crate::either;
use crate::enrolments::State;
use crate::error::Result;
use crate::ids::{BookletId, CourseId, EnrolmentId, EventId, LectureId, PersonId, TestId};
use crate::schema::{
    attendance_heads, chapter_reads, completion_reversals, completions, course_sessions, enrolments, events,
    offerings, watches,
};
use crate::selftests;
use crate::study::{Facts, Proof, counts};
use diesel::prelude::*;
use std::collections::HashSet;

/// A date of a course, and what the person has to do with it.
#[derive(Debug, Clone)]
pub struct OwnDate {
    pub course: CourseId,
    pub step: String,
    pub event: EventId,
    pub starts_at: Timestamp,
    /// What was recorded of the presence.
    pub status: Option<String>,
    pub enrolment: Option<(EnrolmentId, State)>,
}

/// The facts about these courses, with the person's own dates.
pub fn facts(conn: &mut Conn, person: PersonId, of: &[(CourseId, &[Item])]) -> Result<(Facts, Vec<OwnDate>)> {
    let mut facts = Facts::default();
    let (mut lectures, mut booklets, mut tests, mut courses) = (vec![], vec![], vec![], vec![]);
    for (course, items) in of {
        for item in *items {
            match item.what.task {
                Task::Lecture(id, _) => lectures.push(id),
                Task::Chapter(id, _) => booklets.push(id),
                Task::Test(id) => tests.push(id),
                Task::Session => courses.push(*course),
            }
        }
    }
    watched(conn, person, &unique(lectures), &mut facts)?;
    let booklets: Vec<BookletId> = unique(booklets);
    if !booklets.is_empty() {
        let them = chapter_reads::table
            .filter(chapter_reads::person_id.eq(person).and(chapter_reads::booklet_id.eq_any(booklets)))
            .select((chapter_reads::booklet_id, chapter_reads::chapter));
        let rows: Vec<(BookletId, i32)> = either!(conn, c => them.load(c))?;
        facts.read.extend(rows);
    }
    let tests: Vec<TestId> = unique(tests);
    if !tests.is_empty() {
        facts.passed.extend(selftests::passed(conn, person, &tests)?);
    }
    let dates = own_dates(conn, person, &unique(courses))?;
    for date in &dates {
        let step = (date.course, date.step.clone());
        if date.status.as_deref().is_some_and(counts) {
            facts.attended.insert(step);
        } else if date.status.is_none() && date.enrolment.is_some_and(|(_, state)| state.is_seated()) {
            facts.booked.entry(step).or_insert(clock::day(date.starts_at));
        }
    }
    Ok((facts, dates))
}

fn unique<T: Ord + Copy>(mut ids: Vec<T>) -> Vec<T> {
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// What the server measured. A recording whose proof was taken back proves nothing any more.
fn watched(conn: &mut Conn, person: PersonId, ids: &[LectureId], facts: &mut Facts) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    type Proved = (LectureId, crate::ids::MediaId, String, i32, i32, i32, Option<i64>);
    let proved: Vec<Proved> = either!(conn, c => completions::table
        .left_join(completion_reversals::table)
        .filter(completions::person_id.eq(person).and(completions::lecture_id.eq_any(ids)))
        .select((
            completions::lecture_id, completions::media_id, completions::kind, completions::seconds,
            completions::length_s, completions::threshold, completion_reversals::completion_id.nullable(),
        ))
        .load(c))?;
    let mut taken_back = HashSet::new();
    for (lecture, media, kind, seconds, length_s, threshold, reversal) in proved {
        if reversal.is_none() {
            facts.watched.entry(lecture).or_default().push(Proof { seconds, length_s, threshold });
        } else if kind == "online" {
            taken_back.insert(media);
        }
    }
    type Seen = (LectureId, crate::ids::MediaId, i32, i32);
    let seen: Vec<Seen> = either!(conn, c => watches::table
        .filter(watches::person_id.eq(person).and(watches::lecture_id.eq_any(ids)))
        .select((watches::lecture_id, watches::media_id, watches::seconds, watches::length_s))
        .load(c))?;
    for (lecture, media, seconds, length_s) in seen {
        if !taken_back.contains(&media) {
            facts.watched.entry(lecture).or_default().push(Proof { seconds, length_s, threshold: 0 });
        }
    }
    Ok(())
}

/// The dates of these courses in their order, with the person's presence and seat.
fn own_dates(conn: &mut Conn, person: PersonId, courses: &[CourseId]) -> Result<Vec<OwnDate>> {
    if courses.is_empty() {
        return Ok(vec![]);
    }
    let was_there =
        attendance_heads::event_id.eq(course_sessions::event_id).and(attendance_heads::person_id.eq(person));
    let has_seat = enrolments::offering_id
        .eq(offerings::id)
        .and(enrolments::person_id.eq(person))
        .and(enrolments::state.ne_all([State::Cancelled, State::Declined]));
    type Row = (CourseId, String, EventId, Timestamp, Option<String>, Option<EnrolmentId>, Option<State>);
    let rows: Vec<Row> = either!(conn, c => course_sessions::table
        .inner_join(events::table)
        .left_join(attendance_heads::table.on(was_there))
        .left_join(offerings::table.on(offerings::event_id.eq(course_sessions::event_id.nullable())))
        .left_join(enrolments::table.on(has_seat))
        .filter(course_sessions::course_id.eq_any(courses))
        .order((events::starts_at, events::id))
        .select((
            course_sessions::course_id, course_sessions::step, events::id, events::starts_at,
            attendance_heads::status.nullable(), enrolments::id.nullable(), enrolments::state.nullable(),
        ))
        .load(c))?;
    Ok(rows
        .into_iter()
        .map(|(course, step, event, starts_at, status, enrolment, state)| OwnDate {
            course,
            step,
            event,
            starts_at,
            status,
            enrolment: enrolment.zip(state),
        })
        .collect())
}
