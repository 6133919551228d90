//! The own history: every fact about a person's study once, by kind, the newest first.
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::PersonId;
use crate::schema::{
    attempts, attendance_heads, attendances, booklet_chapters, booklets, chapter_reads, completion_reversals,
    completions, courses, enrolments, events, lectures, offerings, study_record_withdrawals, study_records,
    tests, watches,
};
use crate::study::export::{Fact, FactKind};
use diesel::prelude::*;

/// The facts of a kind. Of presence all revisions where `all` is asked for, else only the one that holds.
pub fn facts_of_kind(
    conn: &mut Conn,
    person: PersonId,
    kind: FactKind,
    (skip, count): (i64, i64),
    all: bool,
) -> Result<Vec<Fact>> {
    match kind {
        FactKind::Lecture => completed(conn, person, skip, count),
        FactKind::Presence => presences(conn, person, (skip, count), all),
        FactKind::Test => taken(conn, person, skip, count),
        FactKind::Chapter => read(conn, person, skip, count),
        FactKind::Enrolment => enrolled(conn, person, skip, count),
        FactKind::Record => recorded(conn, person, skip, count),
        FactKind::Watching => watched(conn, person, skip, count),
    }
}

fn completed(conn: &mut Conn, person: PersonId, skip: i64, count: i64) -> Result<Vec<Fact>> {
    type Row = (i64, Timestamp, i64, String, String, i32, i32, Option<i64>, Option<i64>);
    let rows: Vec<Row> = either!(conn, c => completions::table
        .inner_join(lectures::table)
        .left_join(completion_reversals::table)
        .filter(completions::person_id.eq(person))
        .order(completions::id.desc())
        .offset(skip)
        .limit(count)
        .select((
            completions::id, completions::completed_at, lectures::id, lectures::title, completions::kind,
            completions::seconds, completions::length_s, completions::acted_by,
            completion_reversals::completion_id.nullable(),
        ))
        .load(c))?;
    Ok(rows
        .into_iter()
        .map(|(id, at, lecture, title, kind, seconds, length_s, acted_by, reversed)| Fact {
            status: if reversed.is_some() { "reversed".into() } else { kind },
            link: Some(format!("/lectures/{lecture}")),
            seconds: Some(seconds),
            length_s: Some(length_s),
            is_by_clerk: acted_by.is_some(),
            ..Fact::new(FactKind::Lecture, id, at, title)
        })
        .collect())
}

fn presences(conn: &mut Conn, person: PersonId, (skip, count): (i64, i64), all: bool) -> Result<Vec<Fact>> {
    type Row = (i64, Timestamp, i64, String, String, i32, i32, Option<i64>, Option<i64>);
    let holds = attendance_heads::attendance_id.eq(attendances::id);
    let rows: Vec<Row> = either!(conn, c => {
        let mut query = attendances::table
            .inner_join(events::table)
            .left_join(attendance_heads::table.on(holds))
            .filter(attendances::person_id.eq(person))
            .order(attendances::id.desc())
            .offset(skip)
            .limit(count)
            .select((
                attendances::id, attendances::recorded_at, events::id, events::title, attendances::status,
                attendances::minutes, attendances::revision, attendances::acted_by,
                attendance_heads::attendance_id.nullable(),
            ))
            .into_boxed();
        if !all {
            query = query.filter(attendance_heads::attendance_id.is_not_null());
        }
        query.load(c)
    })?;
    Ok(rows
        .into_iter()
        .map(|(id, at, event, title, status, minutes, revision, acted_by, head)| Fact {
            status,
            link: Some(format!("/events/{event}")),
            minutes: Some(minutes),
            revision: Some(revision),
            holds: head.is_some(),
            is_by_clerk: acted_by.is_some(),
            ..Fact::new(FactKind::Presence, id, at, title)
        })
        .collect())
}

fn taken(conn: &mut Conn, person: PersonId, skip: i64, count: i64) -> Result<Vec<Fact>> {
    type Row = (i64, Timestamp, Option<i64>, Option<String>, bool, i32, i32, Option<i64>);
    let rows: Vec<Row> = either!(conn, c => attempts::table
        .left_join(tests::table)
        .filter(attempts::person_id.eq(person).and(attempts::submitted_at.is_not_null()))
        .order(attempts::id.desc())
        .offset(skip)
        .limit(count)
        .select((
            attempts::id, attempts::submitted_at.assume_not_null(), attempts::test_id, tests::title.nullable(),
            attempts::is_passed, attempts::right_count, attempts::question_count, attempts::acted_by,
        ))
        .load(c))?;
    Ok(rows
        .into_iter()
        .map(|(id, at, test, title, is_passed, right, questions, acted_by)| Fact {
            // Without a test the own wrong answers were gone through once more.
            status: match (test, is_passed) {
                (None, _) => "practice".into(),
                (_, true) => "passed".into(),
                (_, false) => "not_passed".into(),
            },
            link: Some(format!("/attempts/{id}")),
            right: Some(right),
            questions: Some(questions),
            is_by_clerk: acted_by.is_some(),
            ..Fact::new(FactKind::Test, id, at, title.unwrap_or_default())
        })
        .collect())
}

fn read(conn: &mut Conn, person: PersonId, skip: i64, count: i64) -> Result<Vec<Fact>> {
    type Row = (Timestamp, String, String, i32, Option<String>, Option<i64>);
    let is_it = booklet_chapters::booklet_id
        .eq(chapter_reads::booklet_id)
        .and(booklet_chapters::position.eq(chapter_reads::chapter));
    let rows: Vec<Row> = either!(conn, c => chapter_reads::table
        .inner_join(booklets::table)
        .left_join(booklet_chapters::table.on(is_it))
        .filter(chapter_reads::person_id.eq(person))
        .order((chapter_reads::read_at.desc(), chapter_reads::booklet_id, chapter_reads::chapter))
        .offset(skip)
        .limit(count)
        .select((
            chapter_reads::read_at, booklets::slug, booklets::title, chapter_reads::chapter,
            booklet_chapters::title.nullable(), chapter_reads::acted_by,
        ))
        .load(c))?;
    Ok(rows
        .into_iter()
        .map(|(at, slug, booklet, chapter, title, acted_by)| Fact {
            status: "stated".into(),
            link: Some(format!("/booklets/{slug}/{chapter}")),
            chapter: Some(chapter),
            is_by_clerk: acted_by.is_some(),
            ..Fact::new(FactKind::Chapter, 0, at, format!("{booklet} · {}", title.unwrap_or_default()))
        })
        .collect())
}

fn enrolled(conn: &mut Conn, person: PersonId, skip: i64, count: i64) -> Result<Vec<Fact>> {
    type Row = (i64, Timestamp, String, String, Option<String>, Option<String>, Option<(i64, String)>);
    let rows: Vec<Row> = either!(conn, c => enrolments::table
        .inner_join(offerings::table.left_join(courses::table).left_join(events::table))
        .filter(enrolments::person_id.eq(person))
        .order(enrolments::id.desc())
        .offset(skip)
        .limit(count)
        .select((
            enrolments::id, enrolments::created_at, enrolments::state, enrolments::channel, courses::slug.nullable(),
            courses::title.nullable(), (events::id, events::title).nullable(),
        ))
        .load(c))?;
    Ok(rows
        .into_iter()
        .map(|(id, at, state, channel, slug, course, event)| {
            let (link, title) = match (slug, event) {
                (Some(slug), _) => (Some(format!("/courses/{slug}")), course.unwrap_or_default()),
                (None, Some((event, title))) => (Some(format!("/events/{event}")), title),
                (None, None) => (None, String::new()),
            };
            let is_by_clerk = channel == "clerk";
            Fact { status: state, link, is_by_clerk, ..Fact::new(FactKind::Enrolment, id, at, title) }
        })
        .collect())
}

fn recorded(conn: &mut Conn, person: PersonId, skip: i64, count: i64) -> Result<Vec<Fact>> {
    type Row = (i64, Timestamp, String, i32, Option<String>);
    let rows: Vec<Row> = either!(conn, c => study_records::table
        .left_join(study_record_withdrawals::table)
        .filter(study_records::person_id.eq(person))
        .order(study_records::id.desc())
        .offset(skip)
        .limit(count)
        .select((
            study_records::id, study_records::made_at, study_records::title, study_records::quarters,
            study_record_withdrawals::reason.nullable(),
        ))
        .load(c))?;
    Ok(rows
        .into_iter()
        .map(|(id, at, title, quarters, reason)| Fact {
            status: if reason.is_some() { "withdrawn".into() } else { "valid".into() },
            link: Some(format!("/me/records/{id}")),
            minutes: Some(quarters * 15),
            ..Fact::new(FactKind::Record, id, at, title)
        })
        .collect())
}

fn watched(conn: &mut Conn, person: PersonId, skip: i64, count: i64) -> Result<Vec<Fact>> {
    type Row = (Timestamp, i64, i64, String, i32, i32, Option<Timestamp>);
    let rows: Vec<Row> = either!(conn, c => watches::table
        .inner_join(lectures::table)
        .filter(watches::person_id.eq(person))
        .order((watches::last_at.desc(), watches::media_id))
        .offset(skip)
        .limit(count)
        .select((
            watches::last_at, lectures::id, watches::media_id, lectures::title, watches::seconds, watches::length_s,
            watches::completed_at,
        ))
        .load(c))?;
    Ok(rows
        .into_iter()
        .map(|(at, lecture, media, title, seconds, length_s, completed)| Fact {
            status: if completed.is_some() { "completed".into() } else { "begun".into() },
            link: Some(format!("/lectures/{lecture}")),
            seconds: Some(seconds),
            length_s: Some(length_s),
            ..Fact::new(FactKind::Watching, media, at, title)
        })
        .collect())
}
