//! What is known of those who are to study. Of one branch, found by its members; of more, each table is read once for an item.
//! `until` is the end of the day that is asked about: what was recorded later is not known yet.
mod errands;

use super::standing::Way;
use crate::clock::{self, Timestamp};
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::events::Status;
use crate::ids::{BookletId, CourseId, LectureId, OrgId, PersonId, StudyPlanId};
use crate::schema::{
    accounts, attendance_heads, attendances, booklet_lengths, chapter_reads, completion_reversals,
    completions, events, memberships, office_terms, one_time_codes, orgs, persons, plan_events,
    roster_changes, study_record_withdrawals, study_records,
};
use chrono::NaiveDate;
use diesel::dsl::{count_star, max};
use diesel::prelude::*;
pub use errands::*;
use std::collections::HashSet;

/// Those who belong to a branch, today or once.
macro_rules! belonging {
    ($branch:expr) => {
        memberships::table.filter(memberships::branch_id.eq($branch)).select(memberships::person_id)
    };
}

/// Changes of the roster that were entered after a day and hold on it: the roster of a day is told as it is known now.
pub fn entered_later(conn: &mut Conn, day: NaiveDate, until: Timestamp) -> Result<i64> {
    let later = roster_changes::day.le(day).and(roster_changes::at.ge(until));
    Ok(either!(conn, c => roster_changes::table.filter(later).count().get_result(c))?)
}

/// Proofs of viewing that held then.
pub fn watched(
    conn: &mut Conn,
    lecture: LectureId,
    until: Timestamp,
    one: Option<OrgId>,
) -> Result<Vec<(PersonId, Timestamp, Way)>> {
    let held = completion_reversals::reversed_at
        .nullable()
        .is_null()
        .or(completion_reversals::reversed_at.nullable().ge(until));
    let them = completions::table
        .left_join(completion_reversals::table)
        .left_join(events::table)
        .filter(completions::lecture_id.eq(lecture).and(completions::completed_at.lt(until)))
        .filter(held)
        .select((
            completions::person_id,
            completions::completed_at,
            completions::kind,
            events::starts_at.nullable(),
        ));
    let rows: Vec<(PersonId, Timestamp, String, Option<Timestamp>)> = match one {
        Some(branch) => {
            either!(conn, c => them.filter(completions::person_id.eq_any(belonging!(branch))).load(c))?
        }
        None => either!(conn, c => them.load(c))?,
    };
    let way = |kind: &str| if kind == "group" { Way::Group } else { Way::Online };
    // A visit is known since it was confirmed; it was on its own day.
    let of = |(person, at, kind, held): (PersonId, Timestamp, String, Option<Timestamp>)| match kind.as_str()
    {
        "visit" => (person, held.unwrap_or(at), Way::Door),
        kind => (person, at, way(kind)),
    };
    Ok(rows.into_iter().map(of).collect())
}

/// Who had read the first `chapters` of a booklet, and when the last one.
pub fn read(
    conn: &mut Conn,
    (booklet, chapters): (BookletId, i32),
    until: Timestamp,
    one: Option<OrgId>,
) -> Result<Vec<(PersonId, Timestamp)>> {
    let was = booklet_lengths::booklet_id.eq(booklet).and(booklet_lengths::since.lt(until));
    let length: Option<i32> = either!(conn, c => booklet_lengths::table
        .filter(was)
        .order((booklet_lengths::since.desc(), booklet_lengths::id.desc()))
        .select(booklet_lengths::chapters)
        .first(c)
        .optional())?;
    // Chapters that the booklet had no more cannot be asked for.
    let chapters = chapters.min(length.unwrap_or(chapters));
    let had = chapter_reads::booklet_id
        .eq(booklet)
        .and(chapter_reads::read_at.lt(until))
        .and(chapter_reads::chapter.le(chapters));
    type Row = (PersonId, i64, Option<Timestamp>);
    let of = (chapter_reads::person_id, count_star(), max(chapter_reads::read_at));
    let rows: Vec<Row> = match one {
        Some(branch) => {
            let belong = chapter_reads::person_id.eq_any(belonging!(branch));
            let them = chapter_reads::table.filter(had).filter(belong);
            either!(conn, c => them.group_by(chapter_reads::person_id).select(of).load(c))?
        }
        None => {
            let them = chapter_reads::table.filter(had);
            either!(conn, c => them.group_by(chapter_reads::person_id).select(of).load(c))?
        }
    };
    let whole = |(person, count, at): Row| (count >= i64::from(chapters)).then_some((person, at?));
    Ok(rows.into_iter().filter_map(whole).collect())
}

/// Who had a record of having finished a course, and since when.
pub fn finished(
    conn: &mut Conn,
    course: CourseId,
    until: Timestamp,
    one: Option<OrgId>,
) -> Result<Vec<(PersonId, NaiveDate)>> {
    let held = study_record_withdrawals::withdrawn_at
        .nullable()
        .is_null()
        .or(study_record_withdrawals::withdrawn_at.nullable().ge(until));
    let them = study_records::table
        .left_join(study_record_withdrawals::table)
        .filter(study_records::course_id.eq(course).and(study_records::made_at.lt(until)))
        .filter(held)
        .select((study_records::person_id, study_records::finished_on));
    Ok(match one {
        Some(branch) => {
            either!(conn, c => them.filter(study_records::person_id.eq_any(belonging!(branch))).load(c))?
        }
        None => either!(conn, c => them.load(c))?,
    })
}

/// What was recorded of somebody at an event that serves a step; make-up study with the day on which it was recorded.
pub type Seen = (PersonId, String, String, NaiveDate);

const MAKEUP: &str = Status::Makeup.as_str();

/// What holds today of the attendance at events that serve the plan: person, step, status, day.
pub fn attended_now(conn: &mut Conn, plan: StudyPlanId, one: Option<OrgId>) -> Result<Vec<Seen>> {
    let serves = plan_events::plan_id.eq(plan).and(plan_events::unnamed_at.is_null());
    let them = plan_events::table
        .inner_join(attendance_heads::table.on(attendance_heads::event_id.eq(plan_events::event_id)))
        .filter(serves);
    if let Some(branch) = one {
        // All at once, found by its members: the make-up study of a city is more than they have attended.
        let of = (
            attendance_heads::person_id,
            plan_events::step,
            attendance_heads::status,
            attendance_heads::day,
            attendances::recorded_at,
        );
        let rows: Vec<(PersonId, String, String, NaiveDate, Timestamp)> = either!(conn, c => them
            .inner_join(attendances::table.on(attendances::id.eq(attendance_heads::attendance_id)))
            .filter(attendance_heads::person_id.eq_any(belonging!(branch)))
            .select(of)
            .load(c))?;
        return Ok(rows
            .into_iter()
            .map(|(person, step, status, day, at)| {
                let day = if status == MAKEUP { clock::day(at) } else { day };
                (person, step, status, day)
            })
            .collect());
    }
    let of =
        (attendance_heads::person_id, plan_events::step, attendance_heads::status, attendance_heads::day);
    let mut seen: Vec<Seen> =
        either!(conn, c => them.filter(attendance_heads::status.ne(MAKEUP)).select(of).load(c))?;
    // As the index says it: few of millions.
    let is_makeup = diesel::dsl::sql::<diesel::sql_types::Bool>("attendance_heads.status = 'makeup'");
    let made_up: Vec<(PersonId, String, Timestamp)> = either!(conn, c => them
        .inner_join(attendances::table.on(attendances::id.eq(attendance_heads::attendance_id)))
        .filter(is_makeup)
        .select((attendance_heads::person_id, plan_events::step, attendances::recorded_at))
        .load(c))?;
    seen.extend(
        made_up.into_iter().map(|(person, step, at)| (person, step, MAKEUP.to_owned(), clock::day(at))),
    );
    Ok(seen)
}

/// The same as it was known at `until`: of several rows about one the last one held.
pub fn attended_until(
    conn: &mut Conn,
    plan: StudyPlanId,
    until: Timestamp,
    one: Option<OrgId>,
) -> Result<Vec<Seen>> {
    type Row = (PersonId, String, String, NaiveDate, i64, i32, Timestamp);
    let of = (
        attendances::person_id,
        plan_events::step,
        attendances::status,
        attendances::day,
        attendances::event_id,
        attendances::revision,
        attendances::recorded_at,
    );
    let them = plan_events::table
        .inner_join(attendances::table.on(attendances::event_id.eq(plan_events::event_id)))
        .filter(plan_events::plan_id.eq(plan).and(attendances::recorded_at.lt(until)))
        .filter(plan_events::named_at.lt(until))
        .filter(plan_events::unnamed_at.is_null().or(plan_events::unnamed_at.ge(until)));
    let mut rows: Vec<Row> = match one {
        Some(branch) => {
            let belong = attendances::person_id.eq_any(belonging!(branch));
            either!(conn, c => them.filter(belong).select(of).load(c))?
        }
        None => either!(conn, c => them.select(of).load(c))?,
    };
    rows.sort_by(|a, b| (a.0, &a.1, a.4, b.5).cmp(&(b.0, &b.1, b.4, a.5)));
    rows.dedup_by(|later, first| (later.0, &later.1, later.4) == (first.0, &first.1, first.4));
    let of = |(person, step, status, day, _, _, at): Row| {
        let day = if status == MAKEUP { clock::day(at) } else { day };
        (person, step, status, day)
    };
    Ok(rows.into_iter().map(of).collect())
}

/// Who signed in by themselves at `until`: had set a password on an account that was open.
pub fn online(conn: &mut Conn, until: Timestamp, one: Option<OrgId>) -> Result<HashSet<PersonId>> {
    let is_open = accounts::closed_at.is_null().or(accounts::closed_at.ge(until));
    let by_password = accounts::table
        .filter(is_open)
        .filter(accounts::password_set_at.lt(until))
        .select(accounts::person_id);
    // Of a password that was changed later: a code had been used before, with which the first one was set.
    let by_code = accounts::table
        .inner_join(one_time_codes::table.on(one_time_codes::account_id.eq(accounts::id)))
        .filter(is_open)
        .filter(accounts::password_set_at.ge(until).and(one_time_codes::used_at.lt(until)))
        .select(accounts::person_id);
    let (mut rows, before): (Vec<PersonId>, Vec<PersonId>) = match one {
        Some(branch) => (
            either!(conn, c => by_password.filter(accounts::person_id.eq_any(belonging!(branch))).load(c))?,
            either!(conn, c => by_code.filter(accounts::person_id.eq_any(belonging!(branch))).load(c))?,
        ),
        None => (either!(conn, c => by_password.load(c))?, either!(conn, c => by_code.load(c))?),
    };
    rows.extend(before);
    Ok(rows.into_iter().collect())
}

/// What lists say of a person.
#[derive(Queryable, Debug, Clone)]
pub struct Face {
    pub id: PersonId,
    pub name: String,
    pub birth_year: Option<i32>,
    pub phone: Option<String>,
}

/// Those of a page, in whatever order.
pub fn faces(conn: &mut Conn, ids: &[PersonId]) -> Result<Vec<Face>> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    Ok(either!(conn, c => persons::table
        .filter(persons::id.eq_any(ids))
        .select((persons::id, persons::name, persons::birth_year, persons::phone))
        .load(c))?)
}

/// Who holds an office at one of these branches today: who could bring something. Each with the branch's own path.
pub fn helpers(conn: &mut Conn, branches: &[OrgId]) -> Result<Vec<(OrgId, PersonId, String, String)>> {
    if branches.is_empty() {
        return Ok(vec![]);
    }
    Ok(either!(conn, c => office_terms::table
        .inner_join(persons::table.on(persons::id.eq(office_terms::person_id)))
        .filter(office_terms::org_id.eq_any(branches).and(office_terms::valid_to.is_null()))
        .order((office_terms::org_id, office_terms::office.desc(), office_terms::person_id))
        .limit(500)
        .select((office_terms::org_id, persons::id, persons::name, office_terms::office))
        .load(c))?)
}

/// Where the person's branch stands in the tree today.
pub fn branch_of(conn: &mut Conn, person: PersonId) -> Result<Option<(OrgId, String)>> {
    Ok(either!(conn, c => memberships::table
        .inner_join(orgs::table)
        .filter(memberships::person_id.eq(person).and(memberships::valid_to.is_null()))
        .select((orgs::id, orgs::path))
        .first(c)
        .optional())?)
}

/// How many members there are below `path` today.
pub fn count_members(conn: &mut Conn, path: &str) -> Result<i64> {
    let below = orgs::path.ge(path.to_owned()).and(orgs::path.lt(crate::organization::after(path)));
    Ok(either!(conn, c => memberships::table
        .inner_join(orgs::table)
        .filter(below.and(memberships::valid_to.is_null()))
        .count()
        .get_result(c))?)
}

/// The branch that hosts each of these persons today.
pub fn hosts(conn: &mut Conn, ids: &[PersonId]) -> Result<Vec<(PersonId, OrgId, String)>> {
    use crate::schema::host_stays;
    if ids.is_empty() {
        return Ok(vec![]);
    }
    Ok(either!(conn, c => host_stays::table
        .inner_join(orgs::table.on(orgs::id.eq(host_stays::host_branch_id)))
        .filter(host_stays::person_id.eq_any(ids).and(host_stays::valid_to.is_null()))
        .select((host_stays::person_id, orgs::id, orgs::name))
        .load(c))?)
}
