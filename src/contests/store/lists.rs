//! What desks and pages list of entries; what branches and screeners said of them; lots.
use super::super::{Entry, EntryState, JudgeState, Verdict};
use super::entries::{entry_of, entry_rows};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::ids::{AccountId, ContestId, EntryId, LectureId, PersonId, RoundId, SchoolId};
use crate::organization::after;
use crate::schema::{
    accounts, contest_entries, contest_entry_steps, contest_judges, contest_places, contest_screenings,
    contests, instructors, lecture_instructors, lectures, orgs, persons, schools,
};
use diesel::prelude::*;

/// An entry that waits, with the contest that it is in.
#[derive(Debug, Clone)]
pub struct Waiting {
    pub entry: Entry,
    pub contest: String,
}

/// Entries of these sub-trees that wait for their branch, the oldest first; or this one, wherever it stands.
fn within(
    conn: &mut Conn,
    paths: &[String],
    id: Option<EntryId>,
    skip: i64,
    count: i64,
) -> Result<Vec<Entry>> {
    if paths.is_empty() {
        return Ok(vec![]);
    }
    let rows = either!(conn, c => {
        let mut query = entry_rows!().order(contest_entries::id).offset(skip).limit(count).into_boxed();
        if !paths.iter().any(|path| path == "/") {
            for path in paths {
                query = query.or_filter(orgs::path.ge(path.clone()).and(orgs::path.lt(after(path))));
            }
        }
        query = match id {
            Some(id) => query.filter(contest_entries::id.eq(id).and(contest_entries::state.ne(EntryState::Draft))),
            None => query.filter(contest_entries::state.eq(EntryState::Submitted)),
        };
        query.load(c)
    })?;
    Ok(rows.into_iter().map(entry_of).collect())
}

/// Entries that wait for a branch of these sub-trees, the oldest first.
pub fn waiting_within(conn: &mut Conn, paths: &[String], skip: i64, count: i64) -> Result<Vec<Waiting>> {
    let entries = within(conn, paths, None, skip, count)?;
    let of: Vec<ContestId> = entries.iter().map(|one| one.contest).collect();
    let titles: Vec<(ContestId, String)> = either!(conn, c => contests::table
        .filter(contests::id.eq_any(of))
        .select((contests::id, contests::title))
        .load(c))?;
    let title = |id| titles.iter().find(|one| one.0 == id).map(|one| one.1.clone()).unwrap_or_default();
    Ok(entries.into_iter().map(|entry| Waiting { contest: title(entry.contest), entry }).collect())
}

/// An entry that was handed in, if its branch lies in these sub-trees; not found otherwise.
pub fn entry_within(conn: &mut Conn, paths: &[String], id: EntryId) -> Result<Entry> {
    within(conn, paths, Some(id), 0, 1)?.pop().ok_or(Error::NotFound)
}

/// Entries of a contest in a state, in order of submission.
pub fn entries_of(
    conn: &mut Conn,
    contest: ContestId,
    state: EntryState,
    (skip, count): (i64, i64),
) -> Result<Vec<Entry>> {
    let is_it = contest_entries::contest_id.eq(contest).and(contest_entries::state.eq(state));
    let rows = either!(conn, c => entry_rows!()
        .filter(is_it)
        .order(contest_entries::id)
        .offset(skip)
        .limit(count)
        .load(c))?;
    Ok(rows.into_iter().map(entry_of).collect())
}

/// How many entries of a contest are in each state that has any.
pub fn entry_counts(conn: &mut Conn, contest: ContestId) -> Result<Vec<(EntryState, i64)>> {
    Ok(either!(conn, c => contest_entries::table
        .filter(contest_entries::contest_id.eq(contest))
        .group_by(contest_entries::state)
        .select((contest_entries::state, diesel::dsl::count_star()))
        .load(c))?)
}

/// What everybody sees of an entry.
#[derive(Queryable, Debug, Clone)]
pub struct PublicEntry {
    pub code: Option<String>,
    pub title: String,
    pub state: EntryState,
    pub may_name: bool,
    pub entrant: String,
    pub school: String,
}

/// The states of entries that were screened: everybody sees those.
const PUBLIC: [EntryState; 6] = [
    EntryState::Screened,
    EntryState::Competing,
    EntryState::Scored,
    EntryState::Promoted,
    EntryState::Eliminated,
    EntryState::Awarded,
];

/// Entries that were screened, and those that have a code and went out later; in order of the codes.
pub fn public_entries(
    conn: &mut Conn,
    contest: ContestId,
    skip: i64,
    count: i64,
) -> Result<Vec<PublicEntry>> {
    let is_shown = contest_entries::state.eq_any(PUBLIC).or(contest_entries::code.is_not_null());
    Ok(either!(conn, c => contest_entries::table
        .inner_join(persons::table)
        .inner_join(schools::table)
        .filter(contest_entries::contest_id.eq(contest).and(is_shown))
        .order((contest_entries::code, contest_entries::id))
        .select((
            contest_entries::code,
            contest_entries::title,
            contest_entries::state,
            contest_entries::may_name,
            persons::name,
            schools::name,
        ))
        .offset(skip)
        .limit(count)
        .load(c))?)
}

/// Keeps a screener's verdict about a submission; false if this one has spoken about it.
pub fn insert_screening(
    conn: &mut Conn,
    (entry, version): (EntryId, i32),
    verdict: Verdict,
    by: AccountId,
    now: Timestamp,
) -> Result<bool> {
    let row = (
        contest_screenings::entry_id.eq(entry),
        contest_screenings::version.eq(version),
        contest_screenings::screener_id.eq(by),
        contest_screenings::verdict.eq(verdict),
        contest_screenings::at.eq(now),
    );
    Ok(either!(conn, c => diesel::insert_into(contest_screenings::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?
        == 1)
}

/// What was said about a submission: by whom, with the name, what, when.
pub fn screenings(
    conn: &mut Conn,
    entry: EntryId,
    version: i32,
) -> Result<Vec<(AccountId, String, Verdict, Timestamp)>> {
    let is_it = contest_screenings::entry_id.eq(entry).and(contest_screenings::version.eq(version));
    Ok(either!(conn, c => contest_screenings::table
        .inner_join(accounts::table.inner_join(persons::table))
        .filter(is_it)
        .order(contest_screenings::id)
        .select((accounts::id, persons::name, contest_screenings::verdict, contest_screenings::at))
        .load(c))?)
}

/// Of the entries that wait for their screening, those about which this screener has spoken.
pub fn screened_by(conn: &mut Conn, contest: ContestId, by: AccountId) -> Result<Vec<EntryId>> {
    let is_it = contest_entries::contest_id
        .eq(contest)
        .and(contest_entries::state.eq(EntryState::BranchEndorsed))
        .and(contest_screenings::screener_id.eq(by))
        .and(contest_screenings::version.eq(contest_entries::version));
    Ok(either!(conn, c => contest_screenings::table
        .inner_join(contest_entries::table)
        .filter(is_it)
        .select(contest_entries::id)
        .load(c))?)
}

/// A line of an entry's record.
#[derive(Queryable, Debug, Clone)]
pub struct EntryStep {
    /// A state, or `screen_passed` and `screen_refused` for what one of two said.
    pub what: String,
    pub by: Option<String>,
    pub at: Timestamp,
    pub reason: String,
}

/// The record of an entry, the newest first; a hundred lines at most.
pub fn entry_steps(conn: &mut Conn, entry: EntryId) -> Result<Vec<EntryStep>> {
    Ok(either!(conn, c => contest_entry_steps::table
        .left_join(accounts::table.on(accounts::id.nullable().eq(contest_entry_steps::by_id)))
        .left_join(persons::table.on(persons::id.nullable().eq(accounts::person_id.nullable())))
        .filter(contest_entry_steps::entry_id.eq(entry))
        .order(contest_entry_steps::id.desc())
        .limit(100)
        .select((contest_entry_steps::state, persons::name.nullable(), contest_entry_steps::at, contest_entry_steps::reason))
        .load(c))?)
}

/// The lots of a round: lot, code and panel, in order of the lots.
pub fn lots(conn: &mut Conn, round: RoundId) -> Result<Vec<(i32, String, i32)>> {
    Ok(either!(conn, c => contest_places::table
        .inner_join(contest_entries::table)
        .filter(contest_places::round_id.eq(round).and(contest_entries::code.is_not_null()))
        .order(contest_places::lot)
        .select((contest_places::lot, contest_entries::code.assume_not_null(), contest_places::panel))
        .load(c))?)
}

/// Whether one of these persons judges the contest, or was asked to and has not declined.
pub fn is_judge(conn: &mut Conn, contest: ContestId, persons: &[PersonId]) -> Result<bool> {
    for person in persons {
        let is_it = contest_judges::contest_id.eq(contest).and(contest_judges::person_id.eq(*person)).and(
            contest_judges::state.eq(JudgeState::Invited).or(contest_judges::state.eq(JudgeState::Accepted)),
        );
        let judges = diesel::dsl::exists(contest_judges::table.filter(is_it));
        if either!(conn, c => diesel::select(judges).get_result::<bool>(c))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The lectures with a recording that this person gives or has sent, the newest first; fifty at most.
pub fn recorded_lectures(conn: &mut Conn, person: PersonId) -> Result<Vec<(LectureId, String)>> {
    let given = lecture_instructors::table
        .inner_join(instructors::table)
        .filter(instructors::person_id.eq(person))
        .select(lecture_instructors::lecture_id);
    let sent = accounts::table.filter(accounts::person_id.eq(person)).select(accounts::id);
    let is_own = lectures::id.eq_any(given).or(lectures::uploaded_by.eq_any(sent));
    Ok(either!(conn, c => lectures::table
        .filter(lectures::media_id.is_not_null().and(is_own))
        .order(lectures::id.desc())
        .limit(50)
        .select((lectures::id, lectures::title))
        .load(c))?)
}

/// Schools whose name holds these words; twenty at most.
pub fn schools_named(conn: &mut Conn, words: &str) -> Result<Vec<(SchoolId, String)>> {
    let kept: String = words.chars().filter(|c| !matches!(c, '%' | '_' | '\\')).collect();
    if kept.trim().is_empty() {
        return Ok(vec![]);
    }
    Ok(either!(conn, c => schools::table
        .filter(schools::name.like(format!("%{}%", kept.trim())).and(schools::valid_to.is_null()))
        .order(schools::id)
        .limit(20)
        .select((schools::id, schools::name))
        .load(c))?)
}
