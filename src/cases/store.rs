//! Rows of cases, their steps and what was written to them.
use super::{Case, Filing, Kind, Level, State, Step, Which};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::ids::{AccountId, CaseId, PersonId};
use crate::organization::after;
use crate::schema::{accounts, case_steps, case_texts, cases, persons};
use chrono::NaiveDate;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

diesel::alias! {
    const APPEALED: Alias<Appealed> = cases as appealed;
}

const OPEN: [State; 2] = [State::Filed, State::InReview];
const ANSWERED: [State; 3] = [State::Upheld, State::Partly, State::Dismissed];

/// A case with the person's name, and who answered the one that it appeals.
macro_rules! rows {
    () => {
        cases::table
            .inner_join(persons::table.on(persons::id.eq(cases::person_id)))
            .left_join(APPEALED.on(APPEALED.field(cases::id).nullable().eq(cases::appealed_id)))
            .select((
                (
                    cases::id,
                    cases::kind,
                    cases::level,
                    cases::subject_kind,
                    cases::subject_id,
                    cases::person_id,
                    persons::name,
                    cases::path,
                ),
                (
                    cases::made_by,
                    cases::filed_by,
                    cases::filed_at,
                    cases::due_on,
                    cases::state,
                    cases::decided_at,
                    cases::appealed_id,
                    APPEALED.field(cases::decided_by).nullable(),
                ),
            ))
    };
}

type About = (CaseId, Kind, i32, String, i64, PersonId, String, String);
type Course = (
    Option<AccountId>,
    AccountId,
    Timestamp,
    NaiveDate,
    State,
    Option<Timestamp>,
    Option<CaseId>,
    Option<AccountId>,
);

fn case((about, course): (About, Course)) -> Case {
    let (id, kind, level, subject_kind, subject_id, person, person_name, path) = about;
    let (made_by, filed_by, filed_at, due_on, state, decided_at, appealed, answered_by) = course;
    let level = if level == Level::First.number() { Level::First } else { Level::Second };
    Case {
        id,
        kind,
        level,
        subject_kind,
        subject_id,
        person,
        person_name,
        path,
        made_by,
        filed_by,
        filed_at,
        due_on,
        state,
        decided_at,
        appealed,
        answered_by,
    }
}

/// A new case; `None` where the key is used, the record has an open case of the person, or the answer has its appeal.
pub(super) fn insert(
    conn: &mut Conn,
    filing: &Filing,
    due_on: NaiveDate,
    appealed: Option<CaseId>,
    now: Timestamp,
) -> Result<Option<CaseId>> {
    let row = (
        cases::kind.eq(filing.kind),
        cases::level.eq(filing.level.number()),
        cases::subject_kind.eq(filing.subject.0),
        cases::subject_id.eq(filing.subject.1),
        cases::person_id.eq(filing.person),
        cases::path.eq(&filing.path),
        cases::made_by.eq(filing.made_by),
        cases::filed_by.eq(filing.by),
        cases::filed_at.eq(now),
        cases::due_on.eq(due_on),
        cases::state.eq(State::Filed),
        cases::appealed_id.eq(appealed),
        cases::key.eq(&filing.key),
    );
    Ok(either!(conn, c => diesel::insert_into(cases::table)
        .values(row)
        .on_conflict_do_nothing()
        .returning(cases::id)
        .get_result(c)
        .optional())?)
}

/// The case that this very post made.
pub(super) fn by_key(conn: &mut Conn, filing: &Filing) -> Result<Option<CaseId>> {
    let is_it = cases::key
        .eq(&filing.key)
        .and(cases::person_id.eq(filing.person))
        .and(cases::subject_kind.eq(filing.subject.0))
        .and(cases::subject_id.eq(filing.subject.1));
    Ok(either!(conn, c => cases::table.filter(is_it).select(cases::id).first(c).optional())?)
}

pub(super) fn is_key_free(conn: &mut Conn, key: &str) -> Result<bool> {
    let used = diesel::dsl::exists(cases::table.filter(cases::key.eq(key)));
    let is_used: bool = either!(conn, c => diesel::select(used).get_result(c))?;
    Ok(!is_used)
}

/// Whether an earlier case of the person about this record was answered as to its substance.
pub(super) fn is_answered(conn: &mut Conn, filing: &Filing) -> Result<bool> {
    let is_it = cases::person_id
        .eq(filing.person)
        .and(cases::subject_kind.eq(filing.subject.0))
        .and(cases::subject_id.eq(filing.subject.1))
        .and(cases::state.eq_any(ANSWERED));
    Ok(either!(conn, c => diesel::select(diesel::dsl::exists(cases::table.filter(is_it))).get_result(c))?)
}

/// The open case of this person about a record.
///
/// # Errors
/// Those of the database.
pub fn open_about(conn: &mut Conn, person: PersonId, kind: &str, id: i64) -> Result<Option<CaseId>> {
    let is_it = cases::subject_kind
        .eq(kind)
        .and(cases::subject_id.eq(id))
        .and(cases::person_id.eq(person))
        .and(cases::state.eq_any(OPEN));
    Ok(either!(conn, c => cases::table.filter(is_it).select(cases::id).first(c).optional())?)
}

/// Whether anybody's case about a record is open.
///
/// # Errors
/// Those of the database.
pub fn are_open_about(conn: &mut Conn, kind: &str, id: i64) -> Result<bool> {
    let is_it = cases::subject_kind.eq(kind).and(cases::subject_id.eq(id)).and(cases::state.eq_any(OPEN));
    Ok(either!(conn, c => diesel::select(diesel::dsl::exists(cases::table.filter(is_it))).get_result(c))?)
}

/// An objection.
///
/// # Errors
/// Not found if it is another kind of case.
pub fn find_objection(conn: &mut Conn, id: CaseId) -> Result<Case> {
    let is_it = cases::id.eq(id).and(cases::kind.eq(Kind::Objection));
    Ok(case(either!(conn, c => rows!().filter(is_it).first(c))?))
}

/// The objections against these records of a kind, in the order in which they came.
///
/// # Errors
/// Those of the database.
pub fn objections_about(conn: &mut Conn, kind: &str, ids: &[i64], count: i64) -> Result<Vec<Case>> {
    let is_it = cases::kind
        .eq(Kind::Objection)
        .and(cases::subject_kind.eq(kind))
        .and(cases::subject_id.eq_any(ids.to_vec()));
    let rows: Vec<(About, Course)> =
        either!(conn, c => rows!().filter(is_it).order(cases::id).limit(count).load(c))?;
    Ok(rows.into_iter().map(case).collect())
}

/// Appends a step with its text.
pub(super) fn append(
    conn: &mut Conn,
    id: CaseId,
    state: State,
    by: AccountId,
    text: &str,
    now: Timestamp,
) -> Result<()> {
    let row = (
        case_steps::case_id.eq(id),
        case_steps::state.eq(state),
        case_steps::at.eq(now),
        case_steps::by_id.eq(by),
    );
    let step: i64 = either!(conn, c => diesel::insert_into(case_steps::table)
        .values(row)
        .returning(case_steps::id)
        .get_result(c))?;
    if !text.is_empty() {
        let row = (case_texts::step_id.eq(step), case_texts::text.eq(text));
        either!(conn, c => diesel::insert_into(case_texts::table).values(row).execute(c))?;
    }
    Ok(())
}

/// One statement, so that the first word stays; `false` if the case is not open any more.
pub(super) fn close(
    conn: &mut Conn,
    id: CaseId,
    state: State,
    decided: Option<(AccountId, Timestamp)>,
) -> Result<bool> {
    let open = cases::table.find(id).filter(cases::state.eq_any(OPEN));
    let values = (
        cases::state.eq(state),
        cases::decided_by.eq(decided.map(|(by, _)| by)),
        cases::decided_at.eq(decided.map(|(_, at)| at)),
    );
    Ok(either!(conn, c => diesel::update(open).set(values).execute(c))? == 1)
}

/// A case of this person; anybody else's is not found.
///
/// # Errors
/// Not found.
pub fn find_own(conn: &mut Conn, person: PersonId, id: CaseId) -> Result<Case> {
    let is_it = cases::id.eq(id).and(cases::person_id.eq(person));
    let row = either!(conn, c => rows!().filter(is_it).first(c))?;
    Ok(case(row))
}

/// The cases of this person, newest first, `count` after the first `skip`.
///
/// # Errors
/// Those of the database.
pub fn mine(conn: &mut Conn, person: PersonId, skip: i64, count: i64) -> Result<Vec<Case>> {
    let rows: Vec<(About, Course)> = either!(conn, c => rows!()
        .filter(cases::person_id.eq(person))
        .order(cases::id.desc())
        .offset(skip)
        .limit(count)
        .load(c))?;
    Ok(rows.into_iter().map(case).collect())
}

/// The condition that a case lies in one of these sub-trees: on the first level the branch or anything above it, on the
/// second something above it.
macro_rules! in_scope {
    ($query:expr, $paths:expr) => {{
        let mut query = $query.into_boxed();
        for path in $paths {
            let lies_in = cases::path.ge(path.clone()).and(cases::path.lt(after(path)));
            let is_above = cases::path.ne(path.clone()).or(cases::path.eq("/"));
            query = query.or_filter(lies_in.and(cases::level.eq(Level::First.number()).or(is_above)));
        }
        // Objections are answered by whoever supervises the result.
        query.filter(cases::kind.ne(Kind::Objection))
    }};
}

pub(super) fn find_within(conn: &mut Conn, paths: &[String], id: CaseId) -> Result<Case> {
    if paths.is_empty() {
        return Err(Error::NotFound);
    }
    let row = either!(conn, c => in_scope!(rows!(), paths).filter(cases::id.eq(id)).first(c))?;
    Ok(case(row))
}

/// The cases of these sub-trees, `count` after the first `skip`: open ones by their last day, answered ones the newest first.
///
/// # Errors
/// Those of the database.
pub fn listed_within(
    conn: &mut Conn,
    paths: &[String],
    (which, today): (Which, NaiveDate),
    (skip, count): (i64, i64),
) -> Result<Vec<Case>> {
    if paths.is_empty() {
        return Ok(vec![]);
    }
    let is_open = cases::state.eq_any(OPEN);
    let rows: Vec<(About, Course)> = either!(conn, c => {
        let query = in_scope!(rows!(), paths).offset(skip).limit(count);
        match which {
            Which::Open => query.filter(is_open).order((cases::due_on, cases::id)).load(c),
            Which::Overdue => query
                .filter(is_open.and(cases::due_on.lt(today)))
                .order((cases::due_on, cases::id))
                .load(c),
            Which::Answered => query
                .filter(cases::decided_at.is_not_null())
                .order((cases::decided_at.desc(), cases::id.desc()))
                .load(c),
        }
    })?;
    Ok(rows.into_iter().map(case).collect())
}

/// How many cases of these sub-trees are open after their last day.
///
/// # Errors
/// Those of the database.
pub fn overdue_within(conn: &mut Conn, paths: &[String], today: NaiveDate) -> Result<i64> {
    if paths.is_empty() {
        return Ok(0);
    }
    Ok(either!(conn, c => in_scope!(cases::table, paths)
        .filter(cases::state.eq_any(OPEN).and(cases::due_on.lt(today)))
        .count()
        .get_result(c))?)
}

/// Cases that are open after their last day and whose person was not told so (`late::key`), those that wait longest first.
pub(super) fn overdue(conn: &mut Conn, today: NaiveDate, count: i64) -> Result<Vec<Case>> {
    let is_untold =
        sql::<Bool>("NOT EXISTS (SELECT 1 FROM notices WHERE notices.key = 'case-' || cases.id || '-late')");
    let rows: Vec<(About, Course)> = either!(conn, c => rows!()
        // A late objection holds up its result by itself, and is not theirs to answer who are told of late cases.
        .filter(cases::kind.ne(Kind::Objection))
        .filter(cases::state.eq_any(OPEN).and(cases::due_on.lt(today)).and(is_untold))
        .order((cases::due_on, cases::id))
        .limit(count)
        .load(c))?;
    Ok(rows.into_iter().map(case).collect())
}

pub(super) fn appeal_of(conn: &mut Conn, id: CaseId) -> Result<Option<CaseId>> {
    let is_it = cases::appealed_id.eq(id);
    Ok(either!(conn, c => cases::table.filter(is_it).select(cases::id).first(c).optional())?)
}

/// What became of a case, in order.
///
/// # Errors
/// Those of the database.
pub fn steps(conn: &mut Conn, id: CaseId) -> Result<Vec<Step>> {
    let rows: Vec<(State, Timestamp, Option<String>, Option<String>)> = either!(conn, c => case_steps::table
        .left_join(accounts::table.inner_join(persons::table))
        .left_join(case_texts::table)
        .filter(case_steps::case_id.eq(id))
        .order(case_steps::id)
        .select((case_steps::state, case_steps::at, persons::name.nullable(), case_texts::text.nullable()))
        .load(c))?;
    Ok(rows.into_iter().map(|(state, at, by, text)| Step { state, at, by, text }).collect())
}
