//! What cases are about, read from the tables of those who keep it.
use super::{About, Subject, What};
use crate::clock;
use crate::db::{Conn, Timestamp};
use crate::either;
use crate::error::Result;
use crate::events::Status;
use crate::ids::{AccountId, AttendanceId, CompletionId, EventId, PersonId, RecordId, SnapshotId};
use crate::schema::{
    accounts, attendance_heads, attendances, completion_reversals, completions, events, lectures,
    memberships, orgs, persons, ranking_snapshots, rankings, study_record_withdrawals, study_records,
    viewers,
};
use chrono::NaiveDate;
use diesel::prelude::*;
use std::collections::HashMap;

/// The record that a case is about, with the name of whoever made it.
pub(super) fn about(conn: &mut Conn, subject: Subject) -> Result<About> {
    match subject {
        Subject::Attendance(id) => attendance(conn, id),
        Subject::Completion(id) => completion(conn, id),
        Subject::Record(id) => record(conn, id),
        Subject::Snapshot(id) => result(conn, id),
    }
}

fn attendance(conn: &mut Conn, id: AttendanceId) -> Result<About> {
    type Row = (
        PersonId,
        EventId,
        Status,
        i32,
        AccountId,
        Option<AccountId>,
        NaiveDate,
        String,
        Option<AttendanceId>,
    );
    let row: Row = either!(conn, c => attendances::table
        .inner_join(events::table.on(events::id.eq(attendances::event_id)))
        .left_join(attendance_heads::table.on(attendance_heads::attendance_id.eq(attendances::id)))
        .filter(attendances::id.eq(id))
        .select((
            attendances::person_id,
            attendances::event_id,
            attendances::status,
            attendances::minutes,
            attendances::recorded_by,
            attendances::acted_by,
            attendances::day,
            events::title,
            attendance_heads::attendance_id.nullable(),
        ))
        .first(c))?;
    let (person, event, status, minutes, by, acted_by, on, title, head) = row;
    Ok(About {
        subject: Subject::Attendance(id),
        person: Some(person),
        title,
        on,
        what: What::Attendance { event, status, minutes },
        made_by: Some(named(conn, acted_by.unwrap_or(by))?),
        holds: head.is_some(),
    })
}

fn completion(conn: &mut Conn, id: CompletionId) -> Result<About> {
    type Row = (
        PersonId,
        String,
        Timestamp,
        Option<EventId>,
        Option<AccountId>,
        Option<AccountId>,
        Option<CompletionId>,
    );
    // Whoever put the person on the list in front of the screen made the record; for single viewing whoever acted.
    let row: Row = either!(conn, c => completions::table
        .inner_join(lectures::table.on(lectures::id.eq(completions::lecture_id)))
        .left_join(viewers::table.on(
            viewers::event_id.nullable().eq(completions::event_id).and(viewers::person_id.eq(completions::person_id)),
        ))
        .left_join(completion_reversals::table.on(completion_reversals::completion_id.eq(completions::id)))
        .filter(completions::id.eq(id))
        .select((
            completions::person_id,
            lectures::title,
            completions::completed_at,
            completions::event_id,
            completions::acted_by,
            viewers::signed_by.nullable(),
            completion_reversals::completion_id.nullable(),
        ))
        .first(c))?;
    let (person, title, at, event, acted_by, signed_by, reversed) = row;
    let made_by = signed_by.or(acted_by).map(|account| named(conn, account)).transpose()?;
    Ok(About {
        subject: Subject::Completion(id),
        person: Some(person),
        title,
        on: clock::day(at),
        what: What::Completion { event },
        made_by,
        holds: reversed.is_none(),
    })
}

fn record(conn: &mut Conn, id: RecordId) -> Result<About> {
    let row: (PersonId, String, NaiveDate, Option<RecordId>) = either!(conn, c => study_records::table
        .left_join(study_record_withdrawals::table.on(study_record_withdrawals::record_id.eq(study_records::id)))
        .filter(study_records::id.eq(id))
        .select((
            study_records::person_id,
            study_records::title,
            study_records::finished_on,
            study_record_withdrawals::record_id.nullable(),
        ))
        .first(c))?;
    let (person, title, on, withdrawn) = row;
    Ok(About {
        subject: Subject::Record(id),
        person: Some(person),
        title,
        on,
        what: What::Record,
        made_by: None,
        holds: withdrawn.is_none(),
    })
}

fn named(conn: &mut Conn, account: AccountId) -> Result<(AccountId, String)> {
    let name = either!(conn, c => accounts::table
        .inner_join(persons::table)
        .filter(accounts::id.eq(account))
        .select(persons::name)
        .first(c))?;
    Ok((account, name))
}

/// A published result; who computed it is on its own page.
fn result(conn: &mut Conn, id: SnapshotId) -> Result<About> {
    let (title, revision, as_of): (String, i32, Timestamp) = either!(conn, c => ranking_snapshots::table
        .inner_join(rankings::table)
        .filter(ranking_snapshots::id.eq(id))
        .select((rankings::title, ranking_snapshots::revision, ranking_snapshots::as_of))
        .first(c))?;
    Ok(About {
        subject: Subject::Snapshot(id),
        person: None,
        title,
        on: clock::day(as_of),
        what: What::Result(revision),
        made_by: None,
        holds: true,
    })
}

/// The titles of what the cases on a page of a list are about.
pub(super) fn titles(conn: &mut Conn, subjects: &[Subject]) -> Result<HashMap<Subject, String>> {
    let (mut attended, mut completed, mut recorded, mut ranked) = (vec![], vec![], vec![], vec![]);
    for subject in subjects {
        match subject {
            Subject::Attendance(id) => attended.push(*id),
            Subject::Completion(id) => completed.push(*id),
            Subject::Record(id) => recorded.push(*id),
            Subject::Snapshot(id) => ranked.push(*id),
        }
    }
    let mut titles = HashMap::new();
    if !attended.is_empty() {
        let rows: Vec<(AttendanceId, String)> = either!(conn, c => attendances::table
            .inner_join(events::table.on(events::id.eq(attendances::event_id)))
            .filter(attendances::id.eq_any(&attended))
            .select((attendances::id, events::title))
            .load(c))?;
        titles.extend(rows.into_iter().map(|(id, title)| (Subject::Attendance(id), title)));
    }
    if !completed.is_empty() {
        let rows: Vec<(CompletionId, String)> = either!(conn, c => completions::table
            .inner_join(lectures::table.on(lectures::id.eq(completions::lecture_id)))
            .filter(completions::id.eq_any(&completed))
            .select((completions::id, lectures::title))
            .load(c))?;
        titles.extend(rows.into_iter().map(|(id, title)| (Subject::Completion(id), title)));
    }
    if !recorded.is_empty() {
        let rows: Vec<(RecordId, String)> = either!(conn, c => study_records::table
            .filter(study_records::id.eq_any(&recorded))
            .select((study_records::id, study_records::title))
            .load(c))?;
        titles.extend(rows.into_iter().map(|(id, title)| (Subject::Record(id), title)));
    }
    if !ranked.is_empty() {
        let rows: Vec<(SnapshotId, String)> = either!(conn, c => ranking_snapshots::table
            .inner_join(rankings::table)
            .filter(ranking_snapshots::id.eq_any(&ranked))
            .select((ranking_snapshots::id, rankings::title))
            .load(c))?;
        titles.extend(rows.into_iter().map(|(id, title)| (Subject::Snapshot(id), title)));
    }
    Ok(titles)
}

/// The path of the person's branch; `/` for those who are no members.
pub(super) fn path_of(conn: &mut Conn, person: PersonId) -> Result<String> {
    let path: Option<String> = either!(conn, c => memberships::table
        .inner_join(orgs::table)
        .filter(memberships::person_id.eq(person).and(memberships::valid_to.is_null()))
        .select(orgs::path)
        .first(c)
        .optional())?;
    Ok(path.unwrap_or_else(|| "/".to_owned()))
}

/// The name of the organisation at this path; `None` for the whole city.
pub(super) fn org_at(conn: &mut Conn, path: &str) -> Result<Option<String>> {
    let org = orgs::table.filter(orgs::path.eq(path)).select(orgs::name);
    Ok(either!(conn, c => org.first(c).optional())?)
}
