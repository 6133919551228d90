//! What cases are about, read from the tables of those who keep it.
use super::{About, Subject, What};
use crate::clock;
use crate::copies;
use crate::db::{Conn, Timestamp};
use crate::either;
use crate::error::Result;
use crate::events::Status;
use crate::ids::{
    AccountId, AttendanceId, CompletionId, CopyMoveId, EventId, PersonId, RecordId, SnapshotId,
};
use crate::lang::Lang;
use crate::rights;
use crate::schema::{
    accounts, attendance_heads, attendances, completion_reversals, completions, events, home_visit_members,
    home_visits, lectures, memberships, orgs, persons, ranking_snapshots, rankings, study_record_withdrawals,
    study_records, viewers,
};
use crate::visits::Standing;
use chrono::NaiveDate;
use diesel::prelude::*;
use std::collections::HashMap;

/// The record that a case is about, with the name of whoever made it.
pub(super) fn about(conn: &mut Conn, subject: Subject, person: PersonId) -> Result<About> {
    match subject {
        Subject::Visit(id) => visit(conn, id, person),
        Subject::Attendance(id) => attendance(conn, id),
        Subject::Completion(id) => completion(conn, id),
        Subject::Record(id) => record(conn, id),
        Subject::Snapshot(id) => result(conn, id),
        Subject::Copy(id) => copy(conn, id),
        Subject::Fact(kind, id) => fact(conn, person, kind, id),
    }
}

/// The visit that an attendance or a proof of viewing came from.
pub(super) fn visit_behind(conn: &mut Conn, subject: Subject) -> Result<Option<EventId>> {
    let event: Option<EventId> = match subject {
        Subject::Attendance(id) => either!(conn, c => attendances::table
            .find(id)
            .select(attendances::event_id.nullable())
            .first(c)
            .optional())?
        .flatten(),
        Subject::Completion(id) => {
            let row = completions::table.find(id).select(completions::event_id);
            either!(conn, c => row.first(c).optional())?.flatten()
        }
        _ => None,
    };
    let Some(event) = event else { return Ok(None) };
    let row = home_visits::table.find(event).select(home_visits::event_id);
    Ok(either!(conn, c => row.first(c).optional())?)
}

/// A visit to this person, with the name of whoever recorded it.
fn visit(conn: &mut Conn, id: EventId, person: PersonId) -> Result<About> {
    type Row = (String, Timestamp, i32, AccountId, Standing);
    let row: Row = either!(conn, c => home_visit_members::table
        .inner_join(home_visits::table)
        .inner_join(events::table.on(events::id.eq(home_visit_members::event_id)))
        .filter(home_visit_members::event_id.eq(id).and(home_visit_members::person_id.eq(person)))
        .select((
            events::title,
            events::starts_at,
            home_visits::minutes,
            home_visits::recorded_by,
            home_visit_members::state,
        ))
        .first(c))?;
    let (title, starts_at, minutes, by, state) = row;
    Ok(About {
        subject: Subject::Visit(id),
        person: Some(person),
        title,
        on: clock::day(starts_at),
        what: What::Visit(minutes),
        made_by: Some(named(conn, by)?),
        holds: state != Standing::Void,
    })
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

/// A fact of the page of one's own data; its number alone names nobody, so it is looked for among the person's.
fn fact(conn: &mut Conn, person: PersonId, kind: rights::Kind, id: i64) -> Result<About> {
    let fact = rights::fact(conn, person, kind, id)?;
    let on = fact.since.or_else(|| fact.at.map(clock::day)).unwrap_or_default();
    Ok(About {
        subject: Subject::Fact(kind, id),
        person: Some(person),
        title: fact.named(Lang::Zh).unwrap_or_else(|| kind.words().in_lang(Lang::Zh)),
        on,
        what: What::Fact(kind.words(), fact.state()),
        made_by: fact.by.clone(),
        holds: true,
    })
}

/// A printed copy that somebody recorded as handed out.
fn copy(conn: &mut Conn, id: CopyMoveId) -> Result<About> {
    let out = copies::about_hand_out(conn, id)?;
    Ok(About {
        subject: Subject::Copy(id),
        person: Some(out.person),
        title: out.title,
        on: out.day,
        what: What::Copy(out.proxy),
        made_by: Some((out.by, out.by_name)),
        holds: out.holds,
    })
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
    let (mut attended, mut completed, mut recorded) = (vec![], vec![], vec![]);
    let (mut ranked, mut visited) = (vec![], vec![]);
    let mut copied = vec![];
    let mut titles = HashMap::new();
    for subject in subjects {
        match subject {
            Subject::Attendance(id) => attended.push(*id),
            Subject::Completion(id) => completed.push(*id),
            Subject::Record(id) => recorded.push(*id),
            Subject::Snapshot(id) => ranked.push(*id),
            Subject::Visit(id) => visited.push(*id),
            Subject::Copy(id) => copied.push(*id),
            // Its title is the person's: a list says what it is about.
            Subject::Fact(kind, _) => drop(titles.insert(*subject, kind.words().in_lang(Lang::Zh))),
        }
    }
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
    if !visited.is_empty() {
        let rows: Vec<(EventId, String)> = either!(conn, c => events::table
            .filter(events::id.eq_any(&visited))
            .select((events::id, events::title))
            .load(c))?;
        titles.extend(rows.into_iter().map(|(id, title)| (Subject::Visit(id), title)));
    }
    if !copied.is_empty() {
        let rows = copies::titles_of(conn, &copied)?;
        titles.extend(rows.into_iter().map(|(id, title)| (Subject::Copy(id), title)));
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
