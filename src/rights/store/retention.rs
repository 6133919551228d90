//! What each rule of retention touches, and the log of what was erased.
use crate::clock;
use crate::db::{Conn, Timestamp};
use crate::either;
use crate::error::Result;
use crate::rights::Run;
use crate::schema::{retention_runs, watches};
use crate::site::Setting;
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Timestamp as Moment};

/// Watching that still says which seconds were seen.
macro_rules! old_views {
    ($before:expr) => {
        watches::table.filter(
            watches::last_at
                .lt($before)
                .and(watches::last_ms.ne(0).or(watches::first_at.ne(watches::last_at))),
        )
    };
}

/// A line of the log to be written.
pub struct RunRow {
    pub rule: &'static str,
    pub day: NaiveDate,
    pub part: i32,
    pub before: NaiveDate,
    pub erased: i32,
    pub is_last: bool,
}

/// Writes the line; `false` if that piece of the day was done by somebody else.
pub fn note(conn: &mut Conn, row: &RunRow, now: Timestamp) -> Result<bool> {
    let values = (
        retention_runs::rule.eq(row.rule),
        retention_runs::day.eq(row.day),
        retention_runs::part.eq(row.part),
        retention_runs::before_day.eq(row.before),
        retention_runs::erased.eq(row.erased),
        retention_runs::is_last.eq(row.is_last),
        retention_runs::ran_at.eq(now),
    );
    let rows = either!(conn, c => diesel::insert_into(retention_runs::table)
        .values(values)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(rows == 1)
}

/// How many pieces were done on this day, and whether the last one left nothing.
pub fn parts_today(conn: &mut Conn, setting: Setting, day: NaiveDate) -> Result<(i32, bool)> {
    let is_it = retention_runs::rule.eq(setting.as_str()).and(retention_runs::day.eq(day));
    let last: Option<(i32, bool)> = either!(conn, c => retention_runs::table
        .filter(is_it)
        .order(retention_runs::part.desc())
        .select((retention_runs::part, retention_runs::is_last))
        .first(c)
        .optional())?;
    Ok(last.unwrap_or_default())
}

type Line = (String, Timestamp, NaiveDate, i32);

fn run((rule, at, before, erased): Line) -> Run {
    Run { rule, at, before, erased }
}

/// The last piece of each rule.
pub fn last_runs(conn: &mut Conn) -> Result<Vec<Run>> {
    let mut found = vec![];
    for setting in crate::site::RETENTION {
        let line: Option<Line> = either!(conn, c => retention_runs::table
            .filter(retention_runs::rule.eq(setting.as_str()))
            .order(retention_runs::id.desc())
            .select((
                retention_runs::rule, retention_runs::ran_at, retention_runs::before_day, retention_runs::erased,
            ))
            .first(c)
            .optional())?;
        found.extend(line.map(run));
    }
    Ok(found)
}

/// The log, the newest first; pieces that found nothing are left out.
pub fn history(conn: &mut Conn, skip: i64, count: i64) -> Result<Vec<Run>> {
    let lines: Vec<Line> = either!(conn, c => retention_runs::table
        .filter(retention_runs::erased.gt(0))
        .order(retention_runs::id.desc())
        .offset(skip)
        .limit(count)
        .select((
            retention_runs::rule, retention_runs::ran_at, retention_runs::before_day, retention_runs::erased,
        ))
        .load(c))?;
    Ok(lines.into_iter().map(run).collect())
}

/// What a rule touches.
struct Rule {
    /// A table, which of its rows are due (`$1` is the moment or day before which everything is), and what is set; nothing is set
    /// where the row goes.
    parts: &'static [(&'static str, &'static str, &'static str)],
    /// `$1` is a day.
    is_by_day: bool,
}

fn rule(setting: Setting) -> Option<Rule> {
    let parts: &[(&str, &str, &str)] = match setting {
        Setting::RetentionRatingKeys => &[("rating_keys", "made_on < $1", "")],
        Setting::RetentionCaseTexts => &[
            (
                "case_texts",
                "step_id IN (SELECT s.id FROM case_steps s JOIN cases k ON k.id = s.case_id \
                 WHERE k.state NOT IN ('filed', 'in_review') AND s.at < $1 AND NOT EXISTS \
                 (SELECT 1 FROM cases o WHERE o.appealed_id = k.id AND o.state IN ('filed', 'in_review')))",
                "",
            ),
            ("person_corrections", "change_id IN (SELECT c.id FROM roster_changes c WHERE c.at < $1)", ""),
            (
                "import_touches",
                "detail NOT IN ('', '—') AND import_id IN (SELECT i.id FROM imports i WHERE i.applied_at < $1)",
                "detail = '—'",
            ),
            ("roster_notes", "change_id IN (SELECT c.id FROM roster_changes c WHERE c.at < $1)", ""),
            ("transfer_reasons", "transfer_id IN (SELECT t.id FROM transfers t WHERE t.decided_at < $1)", ""),
            (
                "guidance_visit_texts",
                "revision_id IN (SELECT r.id FROM guidance_visit_revisions r WHERE r.recorded_at < $1)",
                "",
            ),
            // What is still to be mended keeps its words.
            (
                "guidance_step_texts",
                "step_id IN (SELECT s.id FROM guidance_steps s JOIN guidance_findings f ON f.id = s.finding_id \
                 WHERE f.state = 'verified' AND s.at < $1)",
                "",
            ),
            (
                "guidance_finding_texts",
                "finding_id IN (SELECT f.id FROM guidance_findings f WHERE f.state = 'verified' AND NOT EXISTS \
                 (SELECT 1 FROM guidance_steps s WHERE s.finding_id = f.id AND s.at >= $1))",
                "",
            ),
            // An exemption that still holds keeps its reason; one that nobody decided counts from its proposal.
            (
                "exemption_reasons",
                "exemption_id IN (SELECT e.id FROM exemptions e \
                 WHERE COALESCE(e.decided_at, e.proposed_at) < $1 AND e.valid_to < $1)",
                "",
            ),
        ],
        Setting::RetentionEnrolmentTexts => {
            &[("enrolment_texts", "step_id IN (SELECT s.id FROM enrolment_steps s WHERE s.at < $1)", "")]
        }
        Setting::RetentionSignIns => {
            &[("sessions", "seen_at < $1", ""), ("one_time_codes", "expires_at < $1 AND issued_at < $1", "")]
        }
        Setting::RetentionNotices => {
            &[("notices", "at < $1 AND body <> ''", "body = ''"), ("mail_sendings", "at < $1", "")]
        }
        Setting::RetentionCopyReasons => {
            &[("copy_reasons", "move_id IN (SELECT m.id FROM copy_moves m WHERE m.recorded_at < $1)", "")]
        }
        Setting::RetentionContacts => &[("feedback", "handled_at < $1 AND contact <> ''", "contact = ''")],
        _ => return None,
    };
    Some(Rule { parts, is_by_day: setting == Setting::RetentionRatingKeys })
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// How many rows are due; `None` for what is no row.
pub fn count_due(conn: &mut Conn, setting: Setting, before: NaiveDate) -> Result<Option<i64>> {
    let moment = clock::midnight(before);
    if setting == Setting::RetentionViews {
        let n: i64 = either!(conn, c => old_views!(moment).count().get_result(c))?;
        return Ok(Some(n));
    }
    let Some(rule) = rule(setting) else { return Ok(None) };
    let mut sum = 0;
    for (table, condition, _) in rule.parts {
        let sql = format!("SELECT COUNT(*) AS n FROM {table} WHERE {condition}");
        let row: Number = if rule.is_by_day {
            either!(conn, c => diesel::sql_query(&sql).bind::<Date, _>(before).get_result(c))?
        } else {
            either!(conn, c => diesel::sql_query(&sql).bind::<Moment, _>(moment).get_result(c))?
        };
        sum += row.n;
    }
    Ok(Some(sum))
}

/// Erases at most so many rows that are due; how many.
pub fn erase(conn: &mut Conn, setting: Setting, before: NaiveDate, most: i64) -> Result<usize> {
    let moment = clock::midnight(before);
    if setting == Setting::RetentionViews {
        return blur_views(conn, moment, most);
    }
    let Some(rule) = rule(setting) else { return Ok(0) };
    let mut erased = 0;
    // Every table has a row number of its own that a piece is chosen by.
    let row = if conn.is_postgres() { "ctid" } else { "rowid" };
    for (table, condition, change) in rule.parts {
        let chosen = format!("{row} IN (SELECT {row} FROM {table} WHERE {condition} LIMIT $2)");
        let sql = match *change {
            "" => format!("DELETE FROM {table} WHERE {chosen}"),
            change => format!("UPDATE {table} SET {change} WHERE {chosen}"),
        };
        let left = most - erased as i64;
        erased += if rule.is_by_day {
            either!(conn, c => diesel::sql_query(&sql).bind::<Date, _>(before).bind::<BigInt, _>(left).execute(c))?
        } else {
            either!(conn, c => diesel::sql_query(&sql).bind::<Moment, _>(moment).bind::<BigInt, _>(left).execute(c))?
        };
    }
    Ok(erased)
}

/// Keeps how many seconds were credited and forgets which: as if they had been the first ones. Progress and completion rest on the
/// number alone.
fn blur_views(conn: &mut Conn, before: Timestamp, most: i64) -> Result<usize> {
    let rows: Vec<(i64, i64, i64, i32, i32, Timestamp)> = either!(conn, c => old_views!(before)
        .limit(most)
        .select((
            watches::person_id, watches::lecture_id, watches::media_id, watches::seconds, watches::length_s,
            watches::last_at,
        ))
        .load(c))?;
    for (person, lecture, media, seconds, length_s, last_at) in &rows {
        let it = watches::table.find((person, lecture, media));
        let set = (
            watches::seen.eq(first_seconds(*seconds, *length_s)),
            watches::last_ms.eq(0),
            watches::first_at.eq(last_at),
        );
        either!(conn, c => diesel::update(it).set(set).execute(c))?;
    }
    Ok(rows.len())
}

/// A bit for each second, the first so many set: as `watching::credit` keeps them.
fn first_seconds(seconds: i32, length_s: i32) -> Vec<u8> {
    let count = |n: i32| usize::try_from(n).unwrap_or_default();
    let mut bits = vec![0_u8; count(length_s).div_ceil(8)];
    for second in 0..count(seconds).min(count(length_s)) {
        bits[second / 8] |= 1 << (second % 8);
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::first_seconds;
    use crate::watching::credit::Seen;

    #[test]
    fn as_many_seconds_stay_and_which_they_were_is_forgotten() {
        for (seconds, length) in [(0, 10), (1, 10), (8, 10), (9, 10), (10, 10), (3_599, 3_600), (0, 0)] {
            let seen = Seen::of(first_seconds(seconds, length), length);
            assert_eq!((seen.seconds, seen.length_s), (seconds, length));
        }
    }
}
