//! Who looked at a person's record: lines of the access log that name the person, files of lists that had them, and who opens such
//! lists at all.
use crate::access::{Permission, Role, ScopeKind};
use crate::audit;
use crate::clock;
use crate::db::{Conn, Timestamp};
use crate::either;
use crate::error::Result;
use crate::ids::PersonId;
use crate::schema::{accounts, grants, memberships, orgs, persons};
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp as Moment};

pub type Look = audit::Entry;

/// Lines of the access log about this person, the newest first.
pub fn looks(conn: &mut Conn, person: PersonId, skip: i64, count: i64) -> Result<Vec<Look>> {
    audit::about(conn, person, skip, count)
}

#[derive(QueryableByName)]
struct Exported {
    #[diesel(sql_type = Moment)]
    at: Timestamp,
    #[diesel(sql_type = Nullable<Text>)]
    name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    title: Option<String>,
}

/// A file of a list: when, who took it, of what.
pub type Export = (Timestamp, String, String);

/// A branch to which somebody belonged: its path, from when, and until when.
type Belonged = (String, Timestamp, Timestamp);

/// To which branches this person belonged when. Paths are those of today: where a branch was moved, it keeps its people.
fn belonged(conn: &mut Conn, person: PersonId) -> Result<Vec<Belonged>> {
    let rows: Vec<(String, NaiveDate, Option<NaiveDate>)> = either!(conn, c => memberships::table
        .inner_join(orgs::table)
        .filter(memberships::person_id.eq(person))
        .order(memberships::id)
        .select((orgs::path, memberships::valid_from, memberships::valid_to))
        .load(c))?;
    let for_ever = NaiveDate::from_ymd_opt(9_999, 1, 1).unwrap_or_default();
    let moments = |(path, from, to): (String, NaiveDate, Option<NaiveDate>)| {
        (path, clock::midnight(from), clock::midnight(to.unwrap_or(for_ever)))
    };
    Ok(rows.into_iter().map(moments).collect())
}

/// Files of lists in which this person may stand. Nobody is written beside each export: the lists say who was on them, and of
/// lists of branches the memberships on the day of the file do.
pub fn exports(conn: &mut Conn, person: PersonId, count: i64) -> Result<Vec<Export>> {
    const OF_OFFERINGS: &str = "\
        SELECT x.at AS at, p.name AS name, COALESCE(c.title, e.title) AS title \
        FROM enrolments n JOIN offerings f ON f.id = n.offering_id \
        JOIN audit_entries x ON x.action = 'list_exported' AND x.subject_kind = 'offering' AND x.subject_id = f.id \
        LEFT JOIN courses c ON c.id = f.course_id LEFT JOIN events e ON e.id = f.event_id \
        LEFT JOIN accounts a ON a.id = x.actor_id LEFT JOIN persons p ON p.id = a.person_id \
        WHERE n.person_id = $1 AND x.at >= n.created_at ORDER BY x.id DESC LIMIT $2";
    // Whoever had no copy then stood on it, if the scope of that day held the branch.
    const OF_COPIES: &str = "\
        SELECT x.at AS at, p.name AS name, d.title AS title \
        FROM audit_entries x JOIN print_editions d ON d.id = x.subject_id \
        JOIN accounts a ON a.id = x.actor_id JOIN persons p ON p.id = a.person_id \
        WHERE x.action = 'list_exported' AND x.subject_kind = 'print_edition' \
        AND EXISTS (SELECT 1 FROM grants g \
          LEFT JOIN orgs s ON s.id = g.scope_id AND g.scope_kind IN ('committee', 'branch') \
          WHERE g.account_id = a.id AND g.role IN ('admin', 'organizer', 'committee', 'town', 'secretary', 'clerk') \
          AND g.granted_at <= x.at AND (g.ended_at IS NULL OR g.ended_at > x.at) \
          AND (g.scope_kind = 'city' OR SUBSTR($1, 1, LENGTH(s.path)) = s.path)) \
        AND x.at >= $2 AND x.at < $3 ORDER BY x.id DESC LIMIT $4";
    // The roster has everybody below the scope that whoever took it had then.
    const OF_ROSTER: &str = "\
        SELECT x.made_at AS at, p.name AS name, CAST('党员名册' AS TEXT) AS title \
        FROM import_exports x JOIN accounts a ON a.id = x.made_by JOIN persons p ON p.id = a.person_id \
        WHERE x.kind = 'members' \
        AND EXISTS (SELECT 1 FROM grants g \
          LEFT JOIN orgs s ON s.id = g.scope_id AND g.scope_kind IN ('committee', 'branch') \
          WHERE g.account_id = a.id AND g.role IN ('admin', 'committee', 'town') \
          AND g.granted_at <= x.made_at AND (g.ended_at IS NULL OR g.ended_at > x.made_at) \
          AND (g.scope_kind = 'city' OR SUBSTR($1, 1, LENGTH(s.path)) = s.path)) \
        AND x.made_at >= $2 AND x.made_at < $3 ORDER BY x.id DESC LIMIT $4";
    // Members with what they study: everybody below the organisation that was taken.
    const OF_STUDY: &str = "\
        SELECT x.at AS at, p.name AS name, CAST('党员学习情况' AS TEXT) AS title \
        FROM audit_entries x JOIN orgs s ON s.id = x.subject_id \
        JOIN accounts a ON a.id = x.actor_id JOIN persons p ON p.id = a.person_id \
        WHERE x.action = 'coverage_exported' AND x.subject_kind = 'org' AND SUBSTR($1, 1, LENGTH(s.path)) = s.path \
        AND x.at >= $2 AND x.at < $3 ORDER BY x.id DESC LIMIT $4";
    let mut rows: Vec<Exported> = either!(conn, c => diesel::sql_query(OF_OFFERINGS)
        .bind::<BigInt, _>(person.0)
        .bind::<BigInt, _>(count)
        .load(c))?;
    for (path, from, to) in belonged(conn, person)? {
        for sql in [OF_COPIES, OF_ROSTER, OF_STUDY] {
            let some: Vec<Exported> = either!(conn, c => diesel::sql_query(sql)
                .bind::<Text, _>(&path)
                .bind::<Moment, _>(from)
                .bind::<Moment, _>(to)
                .bind::<BigInt, _>(count)
                .load(c))?;
            rows.extend(some);
        }
    }
    let export = |row: Exported| (row.at, row.name.unwrap_or_default(), row.title.unwrap_or_default());
    let mut all: Vec<Export> = rows.into_iter().map(export).collect();
    all.sort_by_key(|one| std::cmp::Reverse(one.0));
    all.truncate(usize::try_from(count).unwrap_or_default());
    Ok(all)
}

/// Somebody whose lists have this person.
#[derive(Debug, Clone)]
pub struct Seer {
    pub name: String,
    pub role: Role,
}

/// Who opens lists of members that have this person: the roles of today whose scope holds the branch.
pub fn seers(conn: &mut Conn, person: PersonId, count: i64) -> Result<Vec<Seer>> {
    let path: Option<String> = either!(conn, c => memberships::table
        .inner_join(orgs::table)
        .filter(memberships::person_id.eq(person).and(memberships::valid_to.is_null()))
        .select(orgs::path)
        .first(c)
        .optional())?;
    let rows: Vec<(String, Role, ScopeKind, Option<String>)> = either!(conn, c => grants::table
        .inner_join(accounts::table.on(accounts::id.eq(grants::account_id)))
        .inner_join(persons::table.on(persons::id.eq(accounts::person_id)))
        .left_join(orgs::table.on(orgs::id.nullable().eq(grants::scope_id)))
        .filter(grants::ended_at.is_null())
        .order((grants::role, grants::id))
        .select((persons::name, grants::role, grants::scope_kind, orgs::path.nullable()))
        .load(c))?;
    let path = path.unwrap_or_default();
    let sees = |(_, role, scope, of): &(String, Role, ScopeKind, Option<String>)| {
        let may = role.permissions().contains(&Permission::SeePeople);
        let holds = match scope {
            ScopeKind::City => true,
            ScopeKind::Committee | ScopeKind::Branch => {
                of.as_ref().is_some_and(|of| path.starts_with(of.as_str()))
            }
            _ => false,
        };
        may && holds
    };
    let seers = rows.into_iter().filter(sees).map(|(name, role, ..)| Seer { name, role });
    Ok(seers.take(usize::try_from(count).unwrap_or_default()).collect())
}
