//! Records of having finished, and the readers' own statements.
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::enrolments::{Enrolment, State};
use crate::error::Result;
use crate::ids::{AccountId, BookletId, CourseId, EnrolmentId, PersonId, RecordId};
use crate::schema::{
    chapter_reads, enrolments, offerings, study_record_names, study_record_withdrawals, study_records,
};
use chrono::NaiveDate;
use diesel::prelude::*;

/// A record that is not there yet.
pub struct NewRecord {
    pub code: String,
    pub enrolment: EnrolmentId,
    pub person: PersonId,
    pub course: CourseId,
    pub version: i32,
    /// One more than were taken back before it.
    pub number: i32,
    pub title: String,
    pub quarters: i32,
    pub finished_on: NaiveDate,
    pub name: String,
    pub branch: String,
}

/// A record as it is printed.
#[derive(Queryable, Debug, Clone)]
pub struct Record {
    pub id: RecordId,
    pub code: String,
    pub person: PersonId,
    pub title: String,
    pub quarters: i32,
    pub finished_on: NaiveDate,
    /// Gone where retention has erased it.
    pub name: Option<String>,
    pub branch: Option<String>,
    /// Why it was taken back, and when.
    pub reason: Option<String>,
    pub withdrawn_at: Option<Timestamp>,
}

type Columns = (
    study_records::id,
    study_records::code,
    study_records::person_id,
    study_records::title,
    study_records::quarters,
    study_records::finished_on,
    diesel::dsl::Nullable<study_record_names::name>,
    diesel::dsl::Nullable<study_record_names::branch>,
    diesel::dsl::Nullable<study_record_withdrawals::reason>,
    diesel::dsl::Nullable<study_record_withdrawals::withdrawn_at>,
);

fn columns() -> Columns {
    (
        study_records::id,
        study_records::code,
        study_records::person_id,
        study_records::title,
        study_records::quarters,
        study_records::finished_on,
        study_record_names::name.nullable(),
        study_record_names::branch.nullable(),
        study_record_withdrawals::reason.nullable(),
        study_record_withdrawals::withdrawn_at.nullable(),
    )
}

pub fn record(conn: &mut Conn, id: RecordId) -> Result<Record> {
    Ok(either!(conn, c => study_records::table
        .left_join(study_record_names::table)
        .left_join(study_record_withdrawals::table)
        .filter(study_records::id.eq(id))
        .select(columns())
        .first(c))?)
}

pub fn record_by_code(conn: &mut Conn, code: &str) -> Result<Option<Record>> {
    Ok(either!(conn, c => study_records::table
        .left_join(study_record_names::table)
        .left_join(study_record_withdrawals::table)
        .filter(study_records::code.eq(code))
        .select(columns())
        .first(c)
        .optional())?)
}

/// The records of a person, the newest first.
pub fn records_of(conn: &mut Conn, person: PersonId, skip: i64, count: i64) -> Result<Vec<Record>> {
    Ok(either!(conn, c => study_records::table
        .left_join(study_record_names::table)
        .left_join(study_record_withdrawals::table)
        .filter(study_records::person_id.eq(person))
        .order(study_records::id.desc())
        .offset(skip)
        .limit(count)
        .select(columns())
        .load(c))?)
}

/// The last record of this version of a course, its number, and whether it was taken back.
pub fn last_record(
    conn: &mut Conn,
    person: PersonId,
    course: CourseId,
    version: i32,
) -> Result<Option<(RecordId, i32, bool)>> {
    let row: Option<(RecordId, i32, Option<RecordId>)> = either!(conn, c => study_records::table
        .left_join(study_record_withdrawals::table)
        .filter(study_records::person_id.eq(person).and(study_records::course_id.eq(course)))
        .filter(study_records::version.eq(version))
        .order(study_records::number.desc())
        .select((study_records::id, study_records::number, study_record_withdrawals::record_id.nullable()))
        .first(c)
        .optional())?;
    Ok(row.map(|(id, number, withdrawal)| (id, number, withdrawal.is_some())))
}

/// Nothing if there is one already.
pub fn insert_record(conn: &mut Conn, new: &NewRecord, now: Timestamp) -> Result<Option<RecordId>> {
    let row = (
        study_records::code.eq(&new.code),
        study_records::enrolment_id.eq(new.enrolment),
        study_records::person_id.eq(new.person),
        study_records::course_id.eq(new.course),
        study_records::version.eq(new.version),
        study_records::number.eq(new.number),
        study_records::title.eq(&new.title),
        study_records::quarters.eq(new.quarters),
        study_records::finished_on.eq(new.finished_on),
        study_records::made_at.eq(now),
    );
    let made: Option<RecordId> = either!(conn, c => diesel::insert_into(study_records::table)
        .values(row)
        .on_conflict_do_nothing()
        .returning(study_records::id)
        .get_result(c)
        .optional())?;
    if let Some(id) = made {
        let names = (
            study_record_names::record_id.eq(id),
            study_record_names::name.eq(&new.name),
            study_record_names::branch.eq(&new.branch),
        );
        either!(conn, c => diesel::insert_into(study_record_names::table).values(names).execute(c))?;
    }
    Ok(made)
}

/// `false` if it was taken back before.
pub fn insert_withdrawal(
    conn: &mut Conn,
    id: RecordId,
    reason: &str,
    by: AccountId,
    now: Timestamp,
) -> Result<bool> {
    let row = (
        study_record_withdrawals::record_id.eq(id),
        study_record_withdrawals::withdrawn_by.eq(by),
        study_record_withdrawals::withdrawn_at.eq(now),
        study_record_withdrawals::reason.eq(reason),
    );
    let n = either!(conn, c => diesel::insert_into(study_record_withdrawals::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(n == 1)
}

pub fn insert_read(
    conn: &mut Conn,
    person: PersonId,
    (booklet, chapter): (BookletId, i32),
    acted_by: Option<AccountId>,
    now: Timestamp,
) -> Result<()> {
    let row = (
        chapter_reads::person_id.eq(person),
        chapter_reads::booklet_id.eq(booklet),
        chapter_reads::chapter.eq(chapter),
        chapter_reads::read_at.eq(now),
        chapter_reads::acted_by.eq(acted_by),
    );
    either!(conn, c => diesel::insert_into(chapter_reads::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}

/// The enrolments in courses that this person has a place in and has not finished.
pub fn unfinished_of(conn: &mut Conn, person: PersonId) -> Result<Vec<(Enrolment, CourseId)>> {
    let seated = [State::Confirmed, State::Attended, State::NoShow, State::Excused];
    Ok(either!(conn, c => enrolments::table
        .inner_join(offerings::table)
        .filter(enrolments::person_id.eq(person).and(enrolments::state.eq_any(seated)))
        .filter(enrolments::finished_at.is_null().and(offerings::course_id.is_not_null()))
        .order(enrolments::id)
        .select((Enrolment::as_select(), offerings::course_id.assume_not_null()))
        .load(c))?)
}
