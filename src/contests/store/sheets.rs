//! Rows of sheets: drafts, what was handed in, what was typed from paper, and what else a result follows from.
use super::super::way::By;
use super::super::{Assignment, AssignmentState, PlaceState, Refusal, RoundState, RulingKind, Scores};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::ids::{AccountId, AssignmentId, CaseId, EntryId, JudgeId, LectureId, MediaId, RoundId};
use crate::schema::{
    contest_assignment_steps, contest_assignments, contest_comments, contest_drafts, contest_entries,
    contest_judges, contest_papers, contest_places, contest_rounds, contest_rulings, contest_sheets,
    contest_timings, lectures,
};
use diesel::prelude::*;

fn text(scores: &Scores) -> Result<String> {
    serde_json::to_string(scores).map_err(Error::internal)
}

fn read(scores: &str) -> Result<Scores> {
    serde_json::from_str(scores).map_err(Error::internal)
}

/// From one state into the next, with its line; a version on where a sheet is returned.
///
/// # Errors
/// [`Refusal::NotNow`] if somebody was faster.
pub fn move_assignment(
    conn: &mut Conn,
    of: &Assignment,
    (from, to): (AssignmentState, AssignmentState),
    reason: &str,
    by: &By,
) -> Result<()> {
    let is_returned = from == AssignmentState::Submitted && to == AssignmentState::Assigned;
    let version = of.version + i32::from(is_returned);
    let is_it = contest_assignments::id
        .eq(of.id)
        .and(contest_assignments::state.eq(from))
        .and(contest_assignments::version.eq(of.version));
    let set = (contest_assignments::state.eq(to), contest_assignments::version.eq(version));
    let n = either!(conn, c => diesel::update(contest_assignments::table.filter(is_it)).set(set).execute(c))?;
    if n == 0 {
        return Err(Refusal::NotNow.into());
    }
    let row = (
        contest_assignment_steps::assignment_id.eq(of.id),
        contest_assignment_steps::state.eq(to.as_str()),
        contest_assignment_steps::version.eq(version),
        contest_assignment_steps::by_id.eq(by.account),
        contest_assignment_steps::at.eq(by.now),
        contest_assignment_steps::reason.eq(reason),
    );
    either!(conn, c => diesel::insert_into(contest_assignment_steps::table).values(row).execute(c))?;
    Ok(())
}

/// Remembers that the judge is asked to look again at this version of the sheet; false if that was asked before.
pub fn ask_far(conn: &mut Conn, of: &Assignment) -> Result<bool> {
    let is_first = contest_assignments::id
        .eq(of.id)
        .and(contest_assignments::version.eq(of.version))
        .and(contest_assignments::asked_far_in.lt(of.version));
    let row = contest_assignments::table.filter(is_first);
    let set = contest_assignments::asked_far_in.eq(of.version);
    Ok(either!(conn, c => diesel::update(row).set(set).execute(c))? == 1)
}

/// Why the newest step of an assignment was made.
pub fn newest_reason(conn: &mut Conn, id: AssignmentId) -> Result<Option<String>> {
    Ok(either!(conn, c => contest_assignment_steps::table
        .filter(contest_assignment_steps::assignment_id.eq(id))
        .order(contest_assignment_steps::id.desc())
        .select(contest_assignment_steps::reason)
        .first(c)
        .optional())?)
}

/// What a judge has on a sheet, and the stamp of the device that sent it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    pub scores: Scores,
    pub comment: String,
    pub stamp: i64,
}

pub fn draft(conn: &mut Conn, id: AssignmentId) -> Result<Draft> {
    let row: Option<(String, String, i64)> = either!(conn, c => contest_drafts::table
        .find(id)
        .select((contest_drafts::scores, contest_drafts::comment, contest_drafts::stamp))
        .first(c)
        .optional())?;
    match row {
        None => Ok(Draft::default()),
        Some((scores, comment, stamp)) => Ok(Draft { scores: read(&scores)?, comment, stamp }),
    }
}

/// Keeps a draft in the place of one that its writer knows. Any other one stays: it is another device's, or came after what a bad
/// line delayed. Clocks of devices differ, so they decide nothing. The same draft sent again is the same draft.
///
/// # Errors
/// [`Refusal::NewerDraft`] if another one is there.
pub fn keep_draft(
    conn: &mut Conn,
    id: AssignmentId,
    (new, known): (&Draft, &[i64]),
    now: Timestamp,
) -> Result<()> {
    let stamp = known.iter().fold(new.stamp, |stamp, known| stamp.max(known + 1));
    let values = (
        contest_drafts::scores.eq(text(&new.scores)?),
        contest_drafts::comment.eq(&new.comment),
        contest_drafts::stamp.eq(stamp),
        contest_drafts::saved_at.eq(now),
    );
    let row = (contest_drafts::assignment_id.eq(id), values.clone());
    let n = either!(conn, c => diesel::insert_into(contest_drafts::table)
        .values(row)
        .on_conflict(contest_drafts::assignment_id)
        .do_nothing()
        .execute(c))?;
    if n == 1 {
        return Ok(());
    }
    let is_known = contest_drafts::assignment_id.eq(id).and(contest_drafts::stamp.eq_any(known.to_vec()));
    let row = contest_drafts::table.filter(is_known);
    if either!(conn, c => diesel::update(row).set(values).execute(c))? == 1
        || draft(conn, id)? == (Draft { stamp, ..new.clone() })
    {
        return Ok(());
    }
    Err(Refusal::NewerDraft.into())
}

/// A sheet as it was handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    pub scores: Scores,
    pub comment: String,
    pub version: i32,
    pub is_paper: bool,
    pub at: Timestamp,
}

/// What judges wrote for those who entered, once the result is final: nobody's words, so in an order that says nothing.
pub fn comments(conn: &mut Conn, entry: EntryId) -> Result<Vec<String>> {
    let is_final = contest_rounds::state.eq(RoundState::Final);
    let is_it = contest_assignments::entry_id
        .eq(entry)
        .and(contest_assignments::state.eq(AssignmentState::Submitted))
        .and(contest_sheets::version.eq(contest_assignments::version));
    Ok(either!(conn, c => contest_assignments::table
        .inner_join(contest_rounds::table.on(contest_rounds::id.eq(contest_assignments::round_id)))
        .inner_join(contest_sheets::table.on(contest_sheets::assignment_id.eq(contest_assignments::id)))
        .inner_join(contest_comments::table.on(contest_comments::sheet_id.eq(contest_sheets::id)))
        .filter(is_it.and(is_final))
        .order(contest_comments::text)
        .select(contest_comments::text)
        .load(c))?)
}

/// The newest sheet of an assignment.
pub fn sheet(conn: &mut Conn, id: AssignmentId) -> Result<Option<Sheet>> {
    type Row = (String, Option<String>, i32, bool, Timestamp);
    let row: Option<Row> = either!(conn, c => contest_sheets::table
        .left_join(contest_comments::table)
        .filter(contest_sheets::assignment_id.eq(id))
        .order(contest_sheets::version.desc())
        .select((
            contest_sheets::scores,
            contest_comments::text.nullable(),
            contest_sheets::version,
            contest_sheets::is_paper,
            contest_sheets::at,
        ))
        .first(c)
        .optional())?;
    let Some((scores, comment, version, is_paper, at)) = row else { return Ok(None) };
    Ok(Some(Sheet {
        scores: read(&scores)?,
        comment: Option::unwrap_or_default(comment),
        version,
        is_paper,
        at,
    }))
}

/// Hands a sheet in: the row of the version is there once, whoever is fastest.
///
/// # Errors
/// [`Refusal::NotNow`] if the assignment is not open under this version any more.
pub fn insert_sheet(
    conn: &mut Conn,
    of: &Assignment,
    (scores, comment): (&Scores, &str),
    is_paper: bool,
    by: &By,
) -> Result<()> {
    move_assignment(conn, of, (AssignmentState::Assigned, AssignmentState::Submitted), "", by)?;
    let row = (
        contest_sheets::assignment_id.eq(of.id),
        contest_sheets::version.eq(of.version),
        contest_sheets::scores.eq(text(scores)?),
        contest_sheets::by_id.eq(by.account),
        contest_sheets::is_paper.eq(is_paper),
        contest_sheets::at.eq(by.now),
    );
    let id: i64 = either!(conn, c => diesel::insert_into(contest_sheets::table)
        .values(row)
        .returning(contest_sheets::id)
        .get_result(c))?;
    if !comment.is_empty() {
        let row = (contest_comments::sheet_id.eq(id), contest_comments::text.eq(comment));
        either!(conn, c => diesel::insert_into(contest_comments::table).values(row).execute(c))?;
    }
    Ok(())
}

/// What one of two typed from paper; typed again until both agree.
pub fn keep_paper(
    conn: &mut Conn,
    of: &Assignment,
    scores: &Scores,
    typist: AccountId,
    now: Timestamp,
) -> Result<()> {
    let row = (
        contest_papers::assignment_id.eq(of.id),
        contest_papers::version.eq(of.version),
        contest_papers::typist_id.eq(typist),
        contest_papers::scores.eq(text(scores)?),
        contest_papers::at.eq(now),
    );
    let set = (contest_papers::scores.eq(text(scores)?), contest_papers::at.eq(now));
    either!(conn, c => diesel::insert_into(contest_papers::table)
        .values(row)
        .on_conflict((contest_papers::assignment_id, contest_papers::version, contest_papers::typist_id))
        .do_update()
        .set(set)
        .execute(c))?;
    Ok(())
}

/// What others have typed of this sheet.
pub fn papers_of_others(conn: &mut Conn, of: &Assignment, typist: AccountId) -> Result<Vec<Scores>> {
    let is_it = contest_papers::assignment_id
        .eq(of.id)
        .and(contest_papers::version.eq(of.version))
        .and(contest_papers::typist_id.ne(typist));
    let rows: Vec<String> =
        either!(conn, c => contest_papers::table.filter(is_it).select(contest_papers::scores).load(c))?;
    rows.iter().map(|scores| read(scores)).collect()
}

/// Sheets of a round that somebody has typed once: they wait for a second one.
pub fn half_typed(conn: &mut Conn, round: RoundId) -> Result<Vec<AssignmentId>> {
    let is_it = contest_assignments::round_id
        .eq(round)
        .and(contest_assignments::state.eq(AssignmentState::Assigned))
        .and(contest_papers::version.eq(contest_assignments::version));
    Ok(either!(conn, c => contest_papers::table
        .inner_join(contest_assignments::table)
        .filter(is_it)
        .select(contest_papers::assignment_id)
        .distinct()
        .load(c))?)
}

/// The time of an entry, as the newest line says; in order of the lots, in seconds.
pub fn times(conn: &mut Conn, round: RoundId) -> Result<Vec<(i64, i32)>> {
    let rows: Vec<(i64, i32)> = either!(conn, c => contest_timings::table
        .inner_join(contest_places::table)
        .filter(contest_places::round_id.eq(round))
        .order(contest_timings::id)
        .select((contest_timings::place_id, contest_timings::seconds))
        .load(c))?;
    let newest: std::collections::BTreeMap<i64, i32> = rows.into_iter().collect();
    Ok(newest.into_iter().collect())
}

pub fn add_time(conn: &mut Conn, place: i64, seconds: i32, by: &By) -> Result<()> {
    let row = (
        contest_timings::place_id.eq(place),
        contest_timings::seconds.eq(seconds),
        contest_timings::by_id.eq(by.account),
        contest_timings::at.eq(by.now),
    );
    either!(conn, c => diesel::insert_into(contest_timings::table).values(row).execute(c))?;
    Ok(())
}

/// Ballots of the audience, or of the judges about a tie.
pub fn set_ballots(conn: &mut Conn, place: i64, (audience, votes): (Option<i32>, Option<i32>)) -> Result<()> {
    let row = contest_places::table.find(place);
    if let Some(audience) = audience {
        let set = contest_places::audience.eq(audience);
        either!(conn, c => diesel::update(row).set(set).execute(c))?;
    }
    if let Some(votes) = votes {
        either!(conn, c => diesel::update(row).set(contest_places::votes.eq(votes)).execute(c))?;
    }
    Ok(())
}

pub fn set_place(conn: &mut Conn, round: RoundId, entry: EntryId, state: PlaceState) -> Result<bool> {
    let row = contest_places::table
        .filter(contest_places::round_id.eq(round).and(contest_places::entry_id.eq(entry)));
    Ok(either!(conn, c => diesel::update(row).set(contest_places::state.eq(state)).execute(c))? == 1)
}

/// Sheets of a round that are neither handed in, recused nor missing; those of entries that compete no more are not waited for.
pub fn open_sheets(conn: &mut Conn, round: RoundId) -> Result<i64> {
    let is_it = contest_assignments::round_id
        .eq(round)
        .and(contest_assignments::state.eq(AssignmentState::Assigned))
        .and(contest_places::state.eq(PlaceState::Competing));
    Ok(either!(conn, c => contest_assignments::table
        .inner_join(contest_places::table.on(contest_places::entry_id
            .eq(contest_assignments::entry_id)
            .and(contest_places::round_id.eq(contest_assignments::round_id))))
        .filter(is_it)
        .count()
        .get_result(c))?)
}

/// Whether an entry still competes in a round.
pub fn competes(conn: &mut Conn, round: RoundId, entry: EntryId) -> Result<bool> {
    let is_it = contest_places::round_id
        .eq(round)
        .and(contest_places::entry_id.eq(entry))
        .and(contest_places::state.eq(PlaceState::Competing));
    let competes = diesel::dsl::exists(contest_places::table.filter(is_it));
    Ok(either!(conn, c => diesel::select(competes).get_result(c))?)
}

/// Marks the sheets of a round as locked.
pub fn lock_sheets(conn: &mut Conn, round: RoundId, now: Timestamp) -> Result<()> {
    let rows = contest_assignments::table
        .filter(contest_assignments::round_id.eq(round).and(contest_assignments::locked_at.is_null()));
    either!(conn, c => diesel::update(rows).set(contest_assignments::locked_at.eq(now)).execute(c))?;
    Ok(())
}

/// A sheet with what names it: entry code, judge's number, state, scores of the newest version.
pub type Line = (String, EntryId, i32, JudgeId, AssignmentState, Option<Scores>);

/// Every assignment of a round, with the sheet that was handed in under its version. Only after the lock, and for what a judge
/// compares an own sheet with.
pub fn lines(conn: &mut Conn, round: RoundId) -> Result<Vec<Line>> {
    type Row = (Option<String>, EntryId, i32, JudgeId, AssignmentState, Option<String>);
    let rows: Vec<Row> = either!(conn, c => contest_assignments::table
        .inner_join(contest_entries::table)
        .inner_join(contest_judges::table)
        .left_join(contest_sheets::table.on(contest_sheets::assignment_id
            .eq(contest_assignments::id)
            .and(contest_sheets::version.eq(contest_assignments::version))))
        .filter(contest_assignments::round_id.eq(round))
        .order((contest_entries::code, contest_judges::number))
        .select((
            contest_entries::code,
            contest_assignments::entry_id,
            contest_judges::number,
            contest_assignments::judge_id,
            contest_assignments::state,
            contest_sheets::scores.nullable(),
        ))
        .load(c))?;
    rows.into_iter()
        .map(|(code, entry, number, judge, state, scores)| {
            let scores = scores.map(|scores| read(&scores)).transpose()?;
            Ok((Option::unwrap_or_default(code), entry, number, judge, state, scores))
        })
        .collect()
}

/// A judge's own row of work in a round.
#[derive(Debug, Clone)]
pub struct Task {
    pub id: AssignmentId,
    pub code: String,
    pub title: String,
    pub lot: i32,
    pub state: AssignmentState,
}

/// What a judge is to do in a round, in the order of the lots.
pub fn tasks(conn: &mut Conn, round: RoundId, judge: JudgeId) -> Result<Vec<Task>> {
    type Row = (AssignmentId, Option<String>, String, i32, AssignmentState);
    let rows: Vec<Row> = either!(conn, c => contest_assignments::table
        .inner_join(contest_entries::table)
        .inner_join(contest_places::table.on(contest_places::entry_id
            .eq(contest_assignments::entry_id)
            .and(contest_places::round_id.eq(contest_assignments::round_id))))
        .filter(contest_assignments::round_id.eq(round).and(contest_assignments::judge_id.eq(judge)))
        .order(contest_places::lot)
        .select((
            contest_assignments::id,
            contest_entries::code,
            contest_entries::title,
            contest_places::lot,
            contest_assignments::state,
        ))
        .load(c))?;
    let task =
        |(id, code, title, lot, state)| Task { id, code: Option::unwrap_or_default(code), title, lot, state };
    Ok(rows.into_iter().map(task).collect())
}

/// The recording of a lecture that an entry shows, if it is ready.
pub fn recording(conn: &mut Conn, lecture: LectureId) -> Result<Option<MediaId>> {
    Ok(either!(conn, c => lectures::table.find(lecture).select(lectures::media_id).first(c))?)
}

/// A ruling that followed from an objection.
#[derive(Debug, Clone)]
pub struct Ruling {
    pub kind: RulingKind,
    pub at: Timestamp,
}

/// What followed from objections against a round, in order.
pub fn rulings(conn: &mut Conn, round: RoundId) -> Result<Vec<Ruling>> {
    let rows: Vec<(RulingKind, Timestamp)> = either!(conn, c => contest_rulings::table
        .filter(contest_rulings::round_id.eq(round))
        .order(contest_rulings::id)
        .select((contest_rulings::kind, contest_rulings::at))
        .load(c))?;
    Ok(rows.into_iter().map(|(kind, at)| Ruling { kind, at }).collect())
}

/// Writes a ruling down; one for each case.
pub fn insert_ruling(
    conn: &mut Conn,
    (case, round): (CaseId, RoundId),
    (kind, entry, judge): (RulingKind, Option<EntryId>, Option<JudgeId>),
    by: &By,
) -> Result<()> {
    let row = (
        contest_rulings::case_id.eq(case),
        contest_rulings::round_id.eq(round),
        contest_rulings::kind.eq(kind),
        contest_rulings::entry_id.eq(entry),
        contest_rulings::judge_id.eq(judge),
        contest_rulings::by_id.eq(by.account),
        contest_rulings::at.eq(by.now),
    );
    either!(conn, c => diesel::insert_into(contest_rulings::table).values(row).execute(c))?;
    Ok(())
}

/// The lecture of an entry, where visitors can see it.
pub fn public_lecture(conn: &mut Conn, entry: EntryId) -> Result<Option<LectureId>> {
    use crate::lectures::{Stage, Visibility};
    let is_public = lectures::stage.eq(Stage::Published).and(lectures::visibility.eq(Visibility::Public));
    Ok(either!(conn, c => contest_entries::table
        .inner_join(lectures::table)
        .filter(contest_entries::id.eq(entry).and(is_public))
        .select(lectures::id)
        .first(c)
        .optional())?)
}
