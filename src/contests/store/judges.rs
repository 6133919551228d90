//! Rows of judges, their conflicts, and what they are assigned.
use super::super::{Assignment, AssignmentState, ConflictKind, Judge, JudgeState, PlaceState};
use crate::access::Role;
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{
    AccountId, AllianceId, AssignmentId, ContestId, EntryId, JudgeId, OrgId, PersonId, RoundId,
};
use crate::schema::{
    accounts, alliance_schools, contest_assignment_steps, contest_assignments, contest_companions,
    contest_conflicts, contest_entries, contest_judges, contest_places, grants, memberships, orgs, persons,
    school_branches,
};
use diesel::prelude::*;

type JudgeRow = (JudgeId, ContestId, PersonId, String, String, String, i32, Option<i32>, JudgeState);

macro_rules! judge_rows {
    () => {
        contest_judges::table.inner_join(persons::table).select((
            contest_judges::id,
            contest_judges::contest_id,
            contest_judges::person_id,
            persons::name,
            contest_judges::unit,
            contest_judges::expertise,
            contest_judges::number,
            contest_judges::panel,
            contest_judges::state,
        ))
    };
}

fn judge_of(row: JudgeRow) -> Judge {
    let (id, contest, person, name, unit, expertise, number, panel, state) = row;
    Judge { id, contest, person, name, unit, expertise, number, panel, state }
}

pub fn judge(conn: &mut Conn, id: JudgeId) -> Result<Judge> {
    Ok(judge_of(either!(conn, c => judge_rows!().filter(contest_judges::id.eq(id)).first(c))?))
}

/// The judges of a contest, in the order in which they were invited.
pub fn judges(conn: &mut Conn, contest: ContestId) -> Result<Vec<Judge>> {
    let rows: Vec<JudgeRow> = either!(conn, c => judge_rows!()
        .filter(contest_judges::contest_id.eq(contest))
        .order(contest_judges::id)
        .load(c))?;
    Ok(rows.into_iter().map(judge_of).collect())
}

/// The person as a judge of the contest, if they are one.
pub fn judge_as(conn: &mut Conn, contest: ContestId, person: PersonId) -> Result<Option<Judge>> {
    let is_it = contest_judges::contest_id.eq(contest).and(contest_judges::person_id.eq(person));
    let row: Option<JudgeRow> = either!(conn, c => judge_rows!().filter(is_it).first(c).optional())?;
    Ok(row.map(judge_of))
}

/// The holder of an account as a judge of the contest, if they are one.
pub fn judge_with(conn: &mut Conn, contest: ContestId, account: AccountId) -> Result<Option<Judge>> {
    let row = accounts::table.find(account).select(accounts::person_id);
    let person: PersonId = either!(conn, c => row.first(c))?;
    judge_as(conn, contest, person)
}

/// The contests in which a person is a judge, the newest first.
pub fn judged_by(conn: &mut Conn, person: PersonId, count: i64) -> Result<Vec<Judge>> {
    let rows: Vec<JudgeRow> = either!(conn, c => judge_rows!()
        .filter(contest_judges::person_id.eq(person))
        .order(contest_judges::id.desc())
        .limit(count)
        .load(c))?;
    Ok(rows.into_iter().map(judge_of).collect())
}

/// How many judges of a contest are in a state.
pub fn count_judges(conn: &mut Conn, contest: ContestId, state: JudgeState) -> Result<i64> {
    let is_it = contest_judges::contest_id.eq(contest).and(contest_judges::state.eq(state));
    Ok(either!(conn, c => contest_judges::table.filter(is_it).count().get_result(c))?)
}

/// Who may be invited: whoever was given the role of a judge, with their account's name; by name.
pub fn candidates(conn: &mut Conn, contest: ContestId) -> Result<Vec<(PersonId, String, String)>> {
    let invited = contest_judges::table
        .filter(contest_judges::contest_id.eq(contest))
        .select(contest_judges::person_id);
    Ok(either!(conn, c => grants::table
        .inner_join(accounts::table.on(accounts::id.eq(grants::account_id)))
        .inner_join(persons::table.on(persons::id.eq(accounts::person_id)))
        .filter(grants::role.eq(Role::Judge).and(grants::ended_at.is_null()))
        .filter(persons::id.ne_all(invited))
        .order((persons::name, persons::id))
        .select((persons::id, persons::name, accounts::username))
        .distinct()
        .limit(500)
        .load(c))?)
}

/// Invites a judge under the next number; `None` if the person is one already.
pub fn insert_judge(
    conn: &mut Conn,
    (contest, person): (ContestId, PersonId),
    (unit, expertise, panel): (&str, &str, Option<i32>),
    by: AccountId,
    now: Timestamp,
) -> Result<Option<JudgeId>> {
    let last: Option<i32> = either!(conn, c => contest_judges::table
        .filter(contest_judges::contest_id.eq(contest))
        .select(diesel::dsl::max(contest_judges::number))
        .first(c))?;
    let row = (
        contest_judges::contest_id.eq(contest),
        contest_judges::person_id.eq(person),
        contest_judges::unit.eq(unit),
        contest_judges::expertise.eq(expertise),
        contest_judges::panel.eq(panel),
        contest_judges::number.eq(last.unwrap_or(0) + 1),
        contest_judges::state.eq(JudgeState::Invited),
        contest_judges::invited_by.eq(by),
        contest_judges::invited_at.eq(now),
    );
    Ok(either!(conn, c => diesel::insert_into(contest_judges::table)
        .values(row)
        .on_conflict((contest_judges::contest_id, contest_judges::person_id))
        .do_nothing()
        .returning(contest_judges::id)
        .get_result(c)
        .optional())?)
}

/// Gives the judges these numbers instead of those of their invitations, which say who is who.
pub fn renumber(conn: &mut Conn, numbers: &[(JudgeId, i32)]) -> Result<()> {
    // Far away first: no two ever have the same one.
    for far in [1_000_000, 0] {
        for (judge, number) in numbers {
            let row = contest_judges::table.find(*judge);
            let set = contest_judges::number.eq(number + far);
            either!(conn, c => diesel::update(row).set(set).execute(c))?;
        }
    }
    Ok(())
}

/// From one of these states into the next; false if the judge was in none of them.
pub fn move_judge(
    conn: &mut Conn,
    id: JudgeId,
    from: JudgeState,
    to: JudgeState,
    now: Timestamp,
) -> Result<bool> {
    let row = contest_judges::table.filter(contest_judges::id.eq(id).and(contest_judges::state.eq(from)));
    let n = if to == JudgeState::Accepted {
        let set = (contest_judges::state.eq(to), contest_judges::accepted_at.eq(now));
        either!(conn, c => diesel::update(row).set(set).execute(c))
    } else {
        either!(conn, c => diesel::update(row).set(contest_judges::state.eq(to)).execute(c))
    }?;
    Ok(n == 1)
}

pub fn set_panel(conn: &mut Conn, id: JudgeId, panel: Option<i32>) -> Result<()> {
    let row = contest_judges::table.find(id);
    either!(conn, c => diesel::update(row).set(contest_judges::panel.eq(panel)).execute(c))?;
    Ok(())
}

/// Whether somebody teaches an entry of the contest that has not been withdrawn or refused.
pub fn is_entrant(conn: &mut Conn, contest: ContestId, person: PersonId) -> Result<bool> {
    use super::super::EntryState::{Refused, Withdrawn};
    let is_live = contest_entries::contest_id
        .eq(contest)
        .and(contest_entries::state.ne(Refused))
        .and(contest_entries::state.ne(Withdrawn));
    let own = diesel::dsl::exists(
        contest_entries::table.filter(is_live.and(contest_entries::entrant_id.eq(person))),
    );
    let with = diesel::dsl::exists(
        contest_companions::table
            .inner_join(contest_entries::table)
            .filter(is_live.and(contest_companions::person_id.eq(person))),
    );
    let own: bool = either!(conn, c => diesel::select(own).get_result(c))?;
    Ok(own || either!(conn, c => diesel::select(with).get_result(c))?)
}

/// Where a person stands: branch, its path, and the primary alliances of the schools that its branch belongs to.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    pub branch: Option<OrgId>,
    pub path: String,
    pub alliances: Vec<AllianceId>,
}

pub fn origin(conn: &mut Conn, person: PersonId) -> Result<Origin> {
    let found: Option<(OrgId, String)> = either!(conn, c => memberships::table
        .inner_join(orgs::table)
        .filter(memberships::person_id.eq(person).and(memberships::valid_to.is_null()))
        .select((orgs::id, orgs::path))
        .first(c)
        .optional())?;
    let Some((branch, path)) = found else { return Ok(Origin::default()) };
    let alliances = either!(conn, c => school_branches::table
        .inner_join(alliance_schools::table.on(alliance_schools::school_id.eq(school_branches::school_id)))
        .filter(school_branches::branch_id.eq(branch).and(school_branches::valid_to.is_null()))
        .filter(alliance_schools::is_primary.and(alliance_schools::valid_to.is_null()))
        .select(alliance_schools::alliance_id)
        .load(c))?;
    Ok(Origin { branch: Some(branch), path, alliances })
}

/// The entries that compete or may: each with the persons who teach it, and its alliance.
pub fn taught_by(
    conn: &mut Conn,
    contest: ContestId,
) -> Result<Vec<(EntryId, PersonId, Option<AllianceId>)>> {
    use super::super::EntryState::{Refused, Withdrawn};
    let is_live = contest_entries::contest_id
        .eq(contest)
        .and(contest_entries::state.ne(Refused))
        .and(contest_entries::state.ne(Withdrawn));
    let mut all: Vec<(EntryId, PersonId, Option<AllianceId>)> = either!(conn, c => contest_entries::table
        .filter(is_live)
        .order(contest_entries::id)
        .select((contest_entries::id, contest_entries::entrant_id, contest_entries::alliance_id))
        .load(c))?;
    let with: Vec<(EntryId, PersonId, Option<AllianceId>)> = either!(conn, c => contest_companions::table
        .inner_join(contest_entries::table)
        .filter(is_live)
        .order((contest_companions::entry_id, contest_companions::person_id))
        .select((contest_companions::entry_id, contest_companions::person_id, contest_entries::alliance_id))
        .load(c))?;
    all.extend(with);
    Ok(all)
}

/// A reason why a judge should not judge an entry, as it is listed.
#[derive(Debug, Clone)]
pub struct Conflict {
    pub id: i64,
    pub judge: JudgeId,
    pub entry: EntryId,
    pub kind: ConflictKind,
    pub is_hard: bool,
    /// `None`: found by the portal.
    pub declared_by: Option<AccountId>,
    pub reason: String,
    pub removed_at: Option<Timestamp>,
}

type ConflictRow = (i64, JudgeId, EntryId, ConflictKind, bool, Option<AccountId>, String, Option<Timestamp>);

/// Adds a conflict, unless that kind is there already.
pub fn insert_conflict(
    conn: &mut Conn,
    contest: ContestId,
    (judge, entry, kind): (JudgeId, EntryId, ConflictKind),
    (declared_by, reason): (Option<AccountId>, &str),
    now: Timestamp,
) -> Result<bool> {
    let row = (
        contest_conflicts::contest_id.eq(contest),
        contest_conflicts::judge_id.eq(judge),
        contest_conflicts::entry_id.eq(entry),
        contest_conflicts::kind.eq(kind),
        contest_conflicts::is_hard.eq(kind.is_hard()),
        contest_conflicts::declared_by.eq(declared_by),
        contest_conflicts::reason.eq(reason),
        contest_conflicts::at.eq(now),
    );
    let n = either!(conn, c => diesel::insert_into(contest_conflicts::table)
        .values(row)
        .on_conflict((contest_conflicts::judge_id, contest_conflicts::entry_id, contest_conflicts::kind))
        .do_nothing()
        .execute(c))?;
    Ok(n == 1)
}

/// All conflicts of a contest, those that were removed too.
pub fn conflicts(conn: &mut Conn, contest: ContestId) -> Result<Vec<Conflict>> {
    let rows: Vec<ConflictRow> = either!(conn, c => contest_conflicts::table
        .filter(contest_conflicts::contest_id.eq(contest))
        .order(contest_conflicts::id)
        .select((
            contest_conflicts::id,
            contest_conflicts::judge_id,
            contest_conflicts::entry_id,
            contest_conflicts::kind,
            contest_conflicts::is_hard,
            contest_conflicts::declared_by,
            contest_conflicts::reason,
            contest_conflicts::removed_at,
        ))
        .load(c))?;
    let conflict = |(id, judge, entry, kind, is_hard, declared_by, reason, removed_at)| Conflict {
        id,
        judge,
        entry,
        kind,
        is_hard,
        declared_by,
        reason,
        removed_at,
    };
    Ok(rows.into_iter().map(conflict).collect())
}

/// Whether a hard conflict stands between the two (INV-C3).
pub fn is_barred(conn: &mut Conn, judge: JudgeId, entry: EntryId) -> Result<bool> {
    let is_it = contest_conflicts::judge_id
        .eq(judge)
        .and(contest_conflicts::entry_id.eq(entry))
        .and(contest_conflicts::is_hard)
        .and(contest_conflicts::removed_at.is_null());
    let is_barred = diesel::dsl::exists(contest_conflicts::table.filter(is_it));
    Ok(either!(conn, c => diesel::select(is_barred).get_result(c))?)
}

/// Removes a soft conflict of the contest.
pub fn remove_conflict(
    conn: &mut Conn,
    (contest, id): (ContestId, i64),
    by: AccountId,
    now: Timestamp,
) -> Result<bool> {
    let is_it = contest_conflicts::id
        .eq(id)
        .and(contest_conflicts::contest_id.eq(contest))
        .and(contest_conflicts::is_hard.eq(false))
        .and(contest_conflicts::removed_at.is_null());
    let set = (contest_conflicts::removed_by.eq(by), contest_conflicts::removed_at.eq(now));
    Ok(either!(conn, c => diesel::update(contest_conflicts::table.filter(is_it)).set(set).execute(c))? == 1)
}

/// An entry in a round: its lot, panel, state.
#[derive(Debug, Clone)]
pub struct Place {
    pub id: i64,
    pub entry: EntryId,
    pub code: String,
    pub title: String,
    pub alliance: Option<AllianceId>,
    pub lot: i32,
    pub panel: i32,
    pub state: PlaceState,
    pub audience: Option<i32>,
    pub votes: Option<i32>,
}

type PlaceRow = (
    (i64, EntryId, Option<String>, String, Option<AllianceId>),
    (i32, i32, PlaceState, Option<i32>, Option<i32>),
);

/// The entries of a round, in the order of their lots.
pub fn places(conn: &mut Conn, round: RoundId) -> Result<Vec<Place>> {
    let rows: Vec<PlaceRow> = either!(conn, c => contest_places::table
        .inner_join(contest_entries::table)
        .filter(contest_places::round_id.eq(round))
        .order(contest_places::lot)
        .select((
            (
                contest_places::id,
                contest_places::entry_id,
                contest_entries::code,
                contest_entries::title,
                contest_entries::alliance_id,
            ),
            (
                contest_places::lot,
                contest_places::panel,
                contest_places::state,
                contest_places::audience,
                contest_places::votes,
            ),
        ))
        .load(c))?;
    let place = |((id, entry, code, title, alliance), (lot, panel, state, audience, votes))| Place {
        id,
        entry,
        code: Option::unwrap_or_default(code),
        title,
        alliance,
        lot,
        panel,
        state,
        audience,
        votes,
    };
    Ok(rows.into_iter().map(place).collect())
}

type AssignmentRow = (AssignmentId, RoundId, JudgeId, EntryId, AssignmentState, i32, Option<Timestamp>);

macro_rules! assignment_rows {
    () => {
        contest_assignments::table.select((
            contest_assignments::id,
            contest_assignments::round_id,
            contest_assignments::judge_id,
            contest_assignments::entry_id,
            contest_assignments::state,
            contest_assignments::version,
            contest_assignments::locked_at,
        ))
    };
}

fn assignment_of(row: AssignmentRow) -> Assignment {
    let (id, round, judge, entry, state, version, locked_at) = row;
    Assignment { id, round, judge, entry, state, version, locked_at }
}

pub fn assignment(conn: &mut Conn, id: AssignmentId) -> Result<Assignment> {
    let is_it = contest_assignments::id.eq(id);
    Ok(assignment_of(either!(conn, c => assignment_rows!().filter(is_it).first(c))?))
}

/// Everything that is assigned in a round, by judge and entry.
pub fn assignments(conn: &mut Conn, round: RoundId) -> Result<Vec<Assignment>> {
    let rows: Vec<AssignmentRow> = either!(conn, c => assignment_rows!()
        .filter(contest_assignments::round_id.eq(round))
        .order((contest_assignments::judge_id, contest_assignments::entry_id))
        .load(c))?;
    Ok(rows.into_iter().map(assignment_of).collect())
}

/// Assigns; false if the judge has this entry already (INV-C4).
pub fn assign(conn: &mut Conn, round: RoundId, judge: JudgeId, entry: EntryId) -> Result<bool> {
    let row = (
        contest_assignments::round_id.eq(round),
        contest_assignments::judge_id.eq(judge),
        contest_assignments::entry_id.eq(entry),
        contest_assignments::state.eq(AssignmentState::Assigned),
        contest_assignments::version.eq(1),
    );
    let n = either!(conn, c => diesel::insert_into(contest_assignments::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(n == 1)
}

/// Takes all assignments of a round away of which nothing has become yet.
pub fn clear_assignments(conn: &mut Conn, round: RoundId) -> Result<()> {
    let told = contest_assignment_steps::table.select(contest_assignment_steps::assignment_id);
    let rows = contest_assignments::table
        .filter(contest_assignments::round_id.eq(round).and(contest_assignments::id.ne_all(told)));
    either!(conn, c => diesel::delete(rows).execute(c))?;
    Ok(())
}

/// The fewest sheets that an entry that competes in a round was assigned.
pub fn fewest_assigned(conn: &mut Conn, round: RoundId) -> Result<i64> {
    let entries: Vec<EntryId> = either!(conn, c => contest_places::table
        .filter(contest_places::round_id.eq(round).and(contest_places::state.eq(PlaceState::Competing)))
        .select(contest_places::entry_id)
        .load(c))?;
    let of: Vec<EntryId> = either!(conn, c => contest_assignments::table
        .filter(contest_assignments::round_id.eq(round))
        .filter(contest_assignments::state.eq(AssignmentState::Assigned))
        .select(contest_assignments::entry_id)
        .load(c))?;
    let count = |entry: &EntryId| of.iter().filter(|one| *one == entry).count() as i64;
    Ok(entries.iter().map(count).min().unwrap_or(0))
}

/// The live entries of a contest for lists to choose from: code, where there is one, and title.
pub fn named_entries(conn: &mut Conn, contest: ContestId) -> Result<Vec<(EntryId, String)>> {
    use super::super::EntryState::{Refused, Withdrawn};
    let is_live = contest_entries::contest_id
        .eq(contest)
        .and(contest_entries::state.ne(Refused))
        .and(contest_entries::state.ne(Withdrawn));
    let rows: Vec<(EntryId, Option<String>, String)> = either!(conn, c => contest_entries::table
        .filter(is_live)
        .order((contest_entries::code, contest_entries::id))
        .select((contest_entries::id, contest_entries::code, contest_entries::title))
        .load(c))?;
    let named = |(id, code, title): (EntryId, Option<String>, String)| match code {
        Some(code) => (id, format!("{code} {title}")),
        None => (id, title),
    };
    Ok(rows.into_iter().map(named).collect())
}

/// Whose account it is.
pub fn name_of_account(conn: &mut Conn, account: AccountId) -> Result<Option<String>> {
    Ok(either!(conn, c => accounts::table
        .inner_join(persons::table)
        .filter(accounts::id.eq(account))
        .select(persons::name)
        .first(c)
        .optional())?)
}
