//! Rows of completions, and of those that a decided dispute took back: what is taken back counts nowhere, and may be earned
//! again.
use super::{ClockRow, TOGETHER, Watch, clocks};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{CaseId, CompletionId, LectureId, MediaId, PersonId};
use crate::ratings;
use crate::schema::{completion_reversals, completions, watches};
use crate::watching::credit::{RULE, Seen};
use crate::watching::{Viewed, threshold};
use diesel::prelude::*;

/// The proof that somebody has watched a recording alone.
pub(super) fn complete(conn: &mut Conn, clock: &ClockRow, watch: &Watch, now: Timestamp) -> Result<()> {
    let same = completions::person_id
        .eq(watch.row.person_id)
        .and(completions::lecture_id.eq(watch.row.lecture_id))
        .and(completions::media_id.eq(watch.row.media_id))
        .and(completions::kind.eq("online"));
    let reversed: i64 = either!(conn, c => completions::table
        .inner_join(completion_reversals::table)
        .filter(same)
        .count()
        .get_result(c))?;
    let row = (
        completions::person_id.eq(watch.row.person_id),
        completions::lecture_id.eq(watch.row.lecture_id),
        completions::media_id.eq(watch.row.media_id),
        completions::kind.eq("online"),
        completions::acted_by.eq(clock.is_acted.then_some(clock.account_id)),
        completions::completed_at.eq(watch.row.completed_at.unwrap_or(now)),
        completions::seconds.eq(watch.seen.seconds),
        completions::length_s.eq(watch.seen.length_s),
        completions::threshold.eq(watch.threshold),
        completions::rule.eq(RULE),
        completions::number.eq(i32::try_from(reversed + 1).unwrap_or(i32::MAX)),
    );
    either!(conn, c => diesel::insert_into(completions::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}

/// Those of these persons who have completed the lecture, alone or in a group.
pub fn completed(conn: &mut Conn, persons: &[PersonId], lecture: LectureId) -> Result<Vec<PersonId>> {
    let mut found: Vec<PersonId> = vec![];
    for some in persons.chunks(TOGETHER) {
        let holds = completions::lecture_id
            .eq(lecture)
            .and(completions::person_id.eq_any(some))
            .and(completion_reversals::completion_id.is_null());
        let rows: Vec<PersonId> = either!(conn, c => completions::table
            .left_join(completion_reversals::table)
            .filter(holds)
            .select(completions::person_id)
            .distinct()
            .load(c))?;
        found.extend(rows);
    }
    Ok(found)
}

#[derive(Insertable)]
#[diesel(table_name = completions)]
struct Row {
    person_id: PersonId,
    lecture_id: LectureId,
    media_id: MediaId,
    kind: &'static str,
    event_id: crate::ids::EventId,
    completed_at: Timestamp,
    seconds: i32,
    length_s: i32,
    threshold: i32,
    rule: &'static str,
    number: i32,
}

/// The proofs that these persons have watched a lecture together, where they have seen enough of it; how many were new.
/// Whoever has completed the lecture already gets none.
pub fn prove(conn: &mut Conn, persons: &[PersonId], viewed: &Viewed, now: Timestamp) -> Result<usize> {
    prove_by(conn, "group", (persons, viewed), now)
}

/// The proof that this person was taught a lecture at the own door, as [`prove`]. domain.md §4.4 (ViewerProof).
pub fn prove_visit(conn: &mut Conn, person: PersonId, viewed: &Viewed, now: Timestamp) -> Result<usize> {
    prove_by(conn, "visit", (&[person], viewed), now)
}

fn prove_by(
    conn: &mut Conn,
    kind: &'static str,
    (persons, viewed): (&[PersonId], &Viewed),
    now: Timestamp,
) -> Result<usize> {
    let threshold = threshold(conn, now)?;
    if !Seen::is_enough(viewed.seconds, viewed.length_s, threshold) {
        return Ok(0);
    }
    let has = completed(conn, persons, viewed.lecture)?;
    let lacking: Vec<PersonId> = persons.iter().copied().filter(|person| !has.contains(person)).collect();
    let mut new = 0;
    for some in lacking.chunks(TOGETHER) {
        // All that they have of this kind was taken back.
        let same = completions::lecture_id
            .eq(viewed.lecture)
            .and(completions::media_id.eq(viewed.media))
            .and(completions::kind.eq(kind))
            .and(completions::person_id.eq_any(some));
        let before: Vec<(PersonId, i32)> = either!(conn, c => completions::table
            .filter(same)
            .select((completions::person_id, completions::number))
            .load(c))?;
        let number = |person| {
            before.iter().filter(|one| one.0 == person).map(|one| one.1).max().unwrap_or_default() + 1
        };
        let rows: Vec<Row> = some
            .iter()
            .map(|person| Row {
                person_id: *person,
                lecture_id: viewed.lecture,
                media_id: viewed.media,
                kind,
                event_id: viewed.event,
                completed_at: now,
                seconds: viewed.seconds,
                length_s: viewed.length_s,
                threshold,
                rule: RULE,
                number: number(*person),
            })
            .collect();
        match conn {
            Conn::Sqlite(c) => {
                for row in &rows {
                    let insert = diesel::insert_into(completions::table).values(row);
                    new += insert.on_conflict_do_nothing().execute(c)?;
                }
            }
            Conn::Postgres(c) => {
                let insert = diesel::insert_into(completions::table).values(&rows);
                new += insert.on_conflict_do_nothing().execute(c)?;
            }
        }
    }
    Ok(new)
}

/// Takes a proof back, by a decided case. What was credited alone for it begins anew, so that it can be earned. Once more
/// changes nothing.
pub fn reverse(conn: &mut Conn, id: CompletionId, case: CaseId, now: Timestamp) -> Result<()> {
    type Key = (PersonId, LectureId, MediaId, String, i32);
    let columns = (
        completions::person_id,
        completions::lecture_id,
        completions::media_id,
        completions::kind,
        completions::length_s,
    );
    let (person, lecture, media, kind, length_s): Key =
        either!(conn, c => completions::table.find(id).select(columns).first(c))?;
    // Beats of this person wait until it is done.
    clocks(conn, &[person])?;
    let row = (
        completion_reversals::completion_id.eq(id),
        completion_reversals::case_id.eq(case),
        completion_reversals::reversed_at.eq(now),
    );
    let new = either!(conn, c => diesel::insert_into(completion_reversals::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    if new == 1 && kind == "online" {
        let none = Seen::none(length_s);
        let set = (
            watches::seen.eq(none.bits()),
            watches::seconds.eq(0),
            watches::completed_at.eq(None::<Timestamp>),
        );
        either!(conn, c => diesel::update(watches::table.find((person, lecture, media))).set(set).execute(c))?;
    }
    if new == 1 {
        ratings::lose_proof(conn, person, lecture, now)?;
    }
    Ok(())
}
