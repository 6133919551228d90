//! Rows of entries, their scripts, their record, and their places in rounds.
use super::super::way::By;
use super::super::{Entry, EntryState, PlaceState, Refusal, RoundState};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, AllianceId, ContestId, EntryId, LectureId, OrgId, PersonId, RoundId, SchoolId};
use crate::schema::{
    accounts, contest_companions, contest_entries, contest_entry_steps, contest_places, contest_rounds,
    contest_scripts, contest_steps, memberships, orgs, persons, schools,
};
use diesel::prelude::*;

type Whose = (EntryId, ContestId, PersonId, String, OrgId, String, SchoolId, String, Option<AllianceId>);
type What = (String, Option<LectureId>, bool, bool, bool, EntryState, i32, Option<String>);
type When = (AccountId, Option<Timestamp>, Option<AccountId>);

/// Entries with the names of their entrant, branch and school.
macro_rules! entry_rows {
    () => {
        contest_entries::table
            .inner_join(persons::table)
            .inner_join(orgs::table)
            .inner_join(schools::table)
            .select((
                (
                    contest_entries::id,
                    contest_entries::contest_id,
                    contest_entries::entrant_id,
                    persons::name,
                    contest_entries::branch_id,
                    orgs::name,
                    contest_entries::school_id,
                    schools::name,
                    contest_entries::alliance_id,
                ),
                (
                    contest_entries::title,
                    contest_entries::lecture_id,
                    contest_entries::is_original,
                    contest_entries::may_broadcast,
                    contest_entries::may_name,
                    contest_entries::state,
                    contest_entries::version,
                    contest_entries::code,
                ),
                (contest_entries::made_by, contest_entries::submitted_at, contest_entries::endorsed_by),
            ))
    };
}
pub(crate) use entry_rows;

pub(super) fn entry_of((whose, what, when): (Whose, What, When)) -> Entry {
    let (id, contest, entrant, entrant_name, branch, branch_name, school, school_name, alliance) = whose;
    let (title, lecture, is_original, may_broadcast, may_name, state, version, code) = what;
    let (made_by, submitted_at, endorsed_by) = when;
    Entry {
        id,
        contest,
        entrant,
        entrant_name,
        branch,
        branch_name,
        school,
        school_name,
        alliance,
        title,
        lecture,
        is_original,
        may_broadcast,
        may_name,
        state,
        version,
        code,
        made_by,
        submitted_at,
        endorsed_by,
    }
}

/// An entry, for those who hold, examine or judge the contest: whoever asks has been let in already.
pub fn entry(conn: &mut Conn, id: EntryId) -> Result<Entry> {
    Ok(entry_of(either!(conn, c => entry_rows!().filter(contest_entries::id.eq(id)).first(c))?))
}

/// How many entries of a contest are in a state.
pub fn count_entries(conn: &mut Conn, contest: ContestId, state: EntryState) -> Result<i64> {
    let is_it = contest_entries::contest_id.eq(contest).and(contest_entries::state.eq(state));
    Ok(either!(conn, c => contest_entries::table.filter(is_it).count().get_result(c))?)
}

/// Entries of a contest in a state, with their codes, in order of these.
pub fn entries_in(conn: &mut Conn, contest: ContestId, state: EntryState) -> Result<Vec<(EntryId, String)>> {
    let is_it = contest_entries::contest_id
        .eq(contest)
        .and(contest_entries::state.eq(state))
        .and(contest_entries::code.is_not_null());
    Ok(either!(conn, c => contest_entries::table
        .filter(is_it)
        .order(contest_entries::code)
        .select((contest_entries::id, contest_entries::code.assume_not_null()))
        .load(c))?)
}

/// Gives each screened entry its code, in the order of submission: E001, E002 where there are many.
pub fn give_codes(conn: &mut Conn, contest: ContestId) -> Result<()> {
    let is_it = contest_entries::contest_id
        .eq(contest)
        .and(contest_entries::state.eq(EntryState::Screened))
        .and(contest_entries::code.is_null());
    let ids: Vec<EntryId> = either!(conn, c => contest_entries::table
        .filter(is_it)
        .order((contest_entries::submitted_at, contest_entries::id))
        .select(contest_entries::id)
        .load(c))?;
    let width = ids.len().to_string().len().max(2);
    for (number, id) in (1..).zip(ids) {
        let row = contest_entries::table.find(id);
        let code = format!("E{number:0width$}");
        either!(conn, c => diesel::update(row).set(contest_entries::code.eq(code)).execute(c))?;
    }
    Ok(())
}

/// Entries that nobody agreed to when the examination ends are refused, with their line in the record. Those that were.
pub fn end_open_entries(
    conn: &mut Conn,
    contest: ContestId,
    by: AccountId,
    now: Timestamp,
) -> Result<Vec<EntryId>> {
    let mut ended = vec![];
    for state in [EntryState::Draft, EntryState::Submitted, EntryState::Returned] {
        let is_it = contest_entries::contest_id.eq(contest).and(contest_entries::state.eq(state));
        let ids: Vec<EntryId> =
            either!(conn, c => contest_entries::table.filter(is_it).select(contest_entries::id).load(c))?;
        for id in ids {
            let row = contest_entries::table.find(id);
            let set = contest_entries::state.eq(EntryState::Refused);
            either!(conn, c => diesel::update(row).set(set).execute(c))?;
            append(conn, id, EntryState::Refused, "late", by, now)?;
            ended.push(id);
        }
    }
    Ok(ended)
}

/// From one state into the next, with a line in the entry's record.
///
/// # Errors
/// [`Refusal::NotNow`] if it was not in that state.
pub fn move_entry(
    conn: &mut Conn,
    id: EntryId,
    (from, to): (EntryState, EntryState),
    by: &By,
    reason: &str,
) -> Result<()> {
    let row = contest_entries::table.filter(contest_entries::id.eq(id).and(contest_entries::state.eq(from)));
    let n = either!(conn, c => diesel::update(row).set(contest_entries::state.eq(to)).execute(c))?;
    if n == 0 {
        return Err(Refusal::NotNow.into());
    }
    append(conn, id, to, reason, by.account, by.now)
}

/// Adds a line to an entry's record.
pub fn append(
    conn: &mut Conn,
    id: EntryId,
    state: EntryState,
    reason: &str,
    by: AccountId,
    now: Timestamp,
) -> Result<()> {
    append_line(conn, id, (state.as_str(), reason), by, now)
}

/// Adds a line that is not a state: what one of two screeners said.
pub fn append_line(
    conn: &mut Conn,
    id: EntryId,
    (what, reason): (&str, &str),
    by: AccountId,
    now: Timestamp,
) -> Result<()> {
    let row = (
        contest_entry_steps::entry_id.eq(id),
        contest_entry_steps::state.eq(what),
        contest_entry_steps::by_id.eq(by),
        contest_entry_steps::at.eq(now),
        contest_entry_steps::reason.eq(reason),
    );
    either!(conn, c => diesel::insert_into(contest_entry_steps::table).values(row).execute(c))?;
    Ok(())
}

/// Whether the contest's record says something of this round.
pub fn has_record(conn: &mut Conn, round: RoundId) -> Result<bool> {
    let is_named = diesel::dsl::exists(contest_steps::table.filter(contest_steps::round_id.eq(round)));
    Ok(either!(conn, c => diesel::select(is_named).get_result(c))?)
}

/// An entry's place in a round: its lot and its panel.
pub fn insert_place(conn: &mut Conn, round: RoundId, entry: EntryId, (lot, panel): (i32, i32)) -> Result<()> {
    let row = (
        contest_places::round_id.eq(round),
        contest_places::entry_id.eq(entry),
        contest_places::lot.eq(lot),
        contest_places::panel.eq(panel),
        contest_places::state.eq(PlaceState::Competing),
    );
    either!(conn, c => diesel::insert_into(contest_places::table).values(row).execute(c))?;
    Ok(())
}

/// What the form of an entry says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryDraft {
    pub title: String,
    pub summary: String,
    pub script: String,
    pub school: SchoolId,
    pub lecture: Option<LectureId>,
    pub companions: Vec<PersonId>,
    pub is_original: bool,
    pub may_broadcast: bool,
    pub may_name: bool,
}

/// Whose a new entry is, and who writes it down.
#[derive(Debug, Clone)]
pub struct NewEntry<'a> {
    pub contest: ContestId,
    pub entrant: PersonId,
    pub branch: OrgId,
    pub by: AccountId,
    pub acted_by: Option<AccountId>,
    pub key: &'a str,
}

/// A script as it was saved.
#[derive(Queryable, Debug, Clone, Default, PartialEq, Eq)]
pub struct Script {
    pub version: i32,
    pub summary: String,
    pub script: String,
}

/// A new entry; the same key is the same entry.
///
/// # Errors
/// [`Refusal::EntryExists`]: the unique index settles it (INV-C1).
pub fn insert_entry(
    conn: &mut Conn,
    new: &NewEntry<'_>,
    draft: &EntryDraft,
    now: Timestamp,
) -> Result<EntryId> {
    let row = (
        (
            contest_entries::contest_id.eq(new.contest),
            contest_entries::entrant_id.eq(new.entrant),
            contest_entries::branch_id.eq(new.branch),
            contest_entries::state.eq(EntryState::Draft),
            contest_entries::version.eq(0),
            contest_entries::made_by.eq(new.by),
            contest_entries::acted_by.eq(new.acted_by),
            contest_entries::created_at.eq(now),
            contest_entries::key.eq(new.key),
        ),
        said(draft),
    );
    let made: Option<EntryId> = either!(conn, c => diesel::insert_into(contest_entries::table)
        .values(row)
        .on_conflict_do_nothing()
        .returning(contest_entries::id)
        .get_result(c)
        .optional())?;
    if let Some(id) = made {
        return Ok(id);
    }
    let is_same = contest_entries::key.eq(new.key).and(contest_entries::entrant_id.eq(new.entrant));
    let same: Option<EntryId> = either!(conn, c => contest_entries::table
        .filter(is_same)
        .select(contest_entries::id)
        .first(c)
        .optional())?;
    same.ok_or_else(|| Refusal::EntryExists.into())
}

type Said<'a> = (
    diesel::dsl::Eq<contest_entries::title, &'a str>,
    diesel::dsl::Eq<contest_entries::school_id, SchoolId>,
    diesel::dsl::Eq<contest_entries::lecture_id, Option<LectureId>>,
    diesel::dsl::Eq<contest_entries::is_original, bool>,
    diesel::dsl::Eq<contest_entries::may_broadcast, bool>,
    diesel::dsl::Eq<contest_entries::may_name, bool>,
);

fn said(draft: &EntryDraft) -> Said<'_> {
    (
        contest_entries::title.eq(draft.title.as_str()),
        contest_entries::school_id.eq(draft.school),
        contest_entries::lecture_id.eq(draft.lecture),
        contest_entries::is_original.eq(draft.is_original),
        contest_entries::may_broadcast.eq(draft.may_broadcast),
        contest_entries::may_name.eq(draft.may_name),
    )
}

/// Saves an entry that its entrant still writes: the script as the next version.
///
/// # Errors
/// [`Refusal::NotNow`] for one that was handed in: it is frozen (INV-C2).
pub fn update_entry(conn: &mut Conn, entry: &Entry, draft: &EntryDraft, now: Timestamp) -> Result<()> {
    let is_open = contest_entries::id.eq(entry.id).and(contest_entries::state.eq(entry.state));
    if !entry.state.is_open() {
        return Err(Refusal::NotNow.into());
    }
    let rows = contest_entries::table.filter(is_open);
    if either!(conn, c => diesel::update(rows).set(said(draft)).execute(c))? == 0 {
        return Err(Refusal::NotNow.into());
    }
    put_script(conn, (entry.id, entry.version + 1), draft, now)
}

/// The script of a version that nobody has handed in yet.
pub fn put_script(
    conn: &mut Conn,
    (entry, version): (EntryId, i32),
    draft: &EntryDraft,
    now: Timestamp,
) -> Result<()> {
    let set = (
        contest_scripts::summary.eq(&draft.summary),
        contest_scripts::script.eq(&draft.script),
        contest_scripts::saved_at.eq(now),
    );
    let row = (contest_scripts::entry_id.eq(entry), contest_scripts::version.eq(version), set);
    either!(conn, c => diesel::insert_into(contest_scripts::table)
        .values(row)
        .on_conflict((contest_scripts::entry_id, contest_scripts::version))
        .do_update()
        .set(set)
        .execute(c))?;
    let had = contest_companions::table.filter(contest_companions::entry_id.eq(entry));
    either!(conn, c => diesel::delete(had).execute(c))?;
    for person in &draft.companions {
        let row = (contest_companions::entry_id.eq(entry), contest_companions::person_id.eq(*person));
        either!(conn, c => diesel::insert_into(contest_companions::table).values(row).execute(c))?;
    }
    Ok(())
}

/// What was handed in before, as the script of another version.
pub fn copy_script(conn: &mut Conn, entry: EntryId, (from, to): (i32, i32), now: Timestamp) -> Result<()> {
    let kept = script_up_to(conn, entry, from)?;
    let row = (
        contest_scripts::entry_id.eq(entry),
        contest_scripts::version.eq(to),
        contest_scripts::summary.eq(kept.summary),
        contest_scripts::script.eq(kept.script),
        contest_scripts::saved_at.eq(now),
    );
    either!(conn, c => diesel::insert_into(contest_scripts::table).values(row).execute(c))?;
    Ok(())
}

/// The newest script of an entry, up to this version.
pub fn script_up_to(conn: &mut Conn, entry: EntryId, up_to: i32) -> Result<Script> {
    let rows = contest_scripts::table
        .filter(contest_scripts::entry_id.eq(entry).and(contest_scripts::version.le(up_to)));
    let found: Option<Script> = either!(conn, c => rows
        .order(contest_scripts::version.desc())
        .select((contest_scripts::version, contest_scripts::summary, contest_scripts::script))
        .first(c)
        .optional())?;
    Ok(found.unwrap_or_default())
}

/// Who teaches beside the entrant: the person, the name, the member number.
pub fn companions(conn: &mut Conn, entry: EntryId) -> Result<Vec<(PersonId, String, String)>> {
    Ok(either!(conn, c => contest_companions::table
        .inner_join(persons::table)
        .inner_join(memberships::table.on(memberships::person_id.eq(contest_companions::person_id)))
        .filter(contest_companions::entry_id.eq(entry).and(memberships::valid_to.is_null()))
        .order(persons::id)
        .select((persons::id, persons::name, memberships::member_no))
        .load(c))?)
}

/// The member of this number, with the name.
pub fn member(conn: &mut Conn, number: &str) -> Result<Option<(PersonId, String)>> {
    Ok(either!(conn, c => memberships::table
        .inner_join(persons::table)
        .filter(memberships::member_no.eq(number).and(memberships::valid_to.is_null()))
        .select((persons::id, persons::name))
        .first(c)
        .optional())?)
}

/// The entry of a person: the one that is not withdrawn, or the last one.
pub fn entry_of_person(conn: &mut Conn, contest: ContestId, person: PersonId) -> Result<Option<Entry>> {
    let is_it = contest_entries::contest_id.eq(contest).and(contest_entries::entrant_id.eq(person));
    let rows: Vec<(Whose, What, When)> = either!(conn, c => entry_rows!()
        .filter(is_it)
        .order(contest_entries::id.desc())
        .limit(20)
        .load(c))?;
    let mut rows: Vec<Entry> = rows.into_iter().map(entry_of).collect();
    match rows.iter().position(|one| one.state != EntryState::Withdrawn) {
        Some(at) => Ok(Some(rows.swap_remove(at))),
        None => Ok(rows.into_iter().next()),
    }
}

/// Handed in: from a draft or what was returned, as the next version.
pub fn set_submitted(
    conn: &mut Conn,
    entry: &Entry,
    (branch, alliance): (OrgId, Option<AllianceId>),
    now: Timestamp,
) -> Result<bool> {
    let is_it = contest_entries::id
        .eq(entry.id)
        .and(contest_entries::state.eq(entry.state))
        .and(contest_entries::version.eq(entry.version));
    let set = (
        contest_entries::state.eq(EntryState::Submitted),
        contest_entries::version.eq(entry.version + 1),
        contest_entries::branch_id.eq(branch),
        contest_entries::alliance_id.eq(alliance),
        contest_entries::submitted_at.eq(now),
        contest_entries::endorsed_by.eq(None::<AccountId>),
    );
    Ok(either!(conn, c => diesel::update(contest_entries::table.filter(is_it)).set(set).execute(c))? == 1)
}

/// The branch agrees.
pub fn set_endorsed(conn: &mut Conn, entry: EntryId, by: AccountId) -> Result<()> {
    let row = contest_entries::table.find(entry);
    either!(conn, c => diesel::update(row).set(contest_entries::endorsed_by.eq(by)).execute(c))?;
    Ok(())
}

/// Takes an entry out of the rounds that are not locked; false if it is in one that is.
pub fn withdraw_places(conn: &mut Conn, entry: EntryId) -> Result<bool> {
    let places: Vec<(i64, RoundState)> = either!(conn, c => contest_places::table
        .inner_join(contest_rounds::table)
        .filter(contest_places::entry_id.eq(entry).and(contest_places::state.eq(PlaceState::Competing)))
        .select((contest_places::id, contest_rounds::state))
        .load(c))?;
    let is_open = |state| matches!(state, RoundState::Waiting | RoundState::Drawn | RoundState::Judging);
    if places.iter().any(|(_, state)| !is_open(*state)) {
        return Ok(false);
    }
    for (id, _) in places {
        let row = contest_places::table.find(id);
        let set = contest_places::state.eq(PlaceState::Withdrawn);
        either!(conn, c => diesel::update(row).set(set).execute(c))?;
    }
    Ok(true)
}

/// The open account of a person.
pub fn account_of(conn: &mut Conn, person: PersonId) -> Result<Option<AccountId>> {
    Ok(either!(conn, c => accounts::table
        .filter(accounts::person_id.eq(person))
        .select(accounts::id)
        .first(c)
        .optional())?)
}
