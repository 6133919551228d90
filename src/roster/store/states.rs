//! Organisations as they are, many at once, and rows of what became of them.
use crate::db::{Conn, Timestamp};
use crate::either;
use crate::error::Result;
use crate::ids::OrgId;
use crate::organization::OrgKind;
use crate::roster::history::By;
use crate::roster::{Change, Kind};
use crate::schema::{org_placements, orgs, roster_changes, roster_notes};
use chrono::NaiveDate;
use diesel::prelude::*;

/// Rows in one statement.
const CHUNK: usize = 500;

/// An organisation, open or not.
#[derive(Queryable, Debug, Clone)]
pub(in crate::roster) struct OrgState {
    pub id: OrgId,
    pub name: String,
    pub kind: OrgKind,
    pub until: Option<NaiveDate>,
    pub parent: Option<OrgId>,
}

/// These organisations as they are today.
pub(in crate::roster) fn org_states(conn: &mut Conn, ids: &[i64]) -> Result<Vec<OrgState>> {
    let mut all: Vec<OrgState> = vec![];
    for some in ids.chunks(CHUNK) {
        let placed = org_placements::org_id.eq(orgs::id).and(org_placements::valid_to.is_null());
        all.extend(either!(conn, c => orgs::table
            .left_join(org_placements::table.on(placed))
            .filter(orgs::id.eq_any(some))
            .order(orgs::id)
            .select((orgs::id, orgs::name, orgs::kind, orgs::valid_to, org_placements::parent_id.nullable()))
            .load::<OrgState>(c))?);
    }
    Ok(all)
}

#[derive(Insertable)]
#[diesel(table_name = roster_changes, treat_none_as_default_value = false)]
struct ChangeRow<'a> {
    person_id: Option<i64>,
    org_id: Option<i64>,
    kind: Kind,
    old_key: Option<&'a str>,
    new_key: Option<&'a str>,
    day: NaiveDate,
    ended_id: Option<i64>,
    begun_id: Option<i64>,
    by_id: i64,
    acted_by: Option<i64>,
    at: Timestamp,
    idem_key: &'a str,
}

/// Writes many changes down at once, each with the note, if there is one.
pub(in crate::roster) fn record_many(conn: &mut Conn, changes: &[Change], by: &By<'_>) -> Result<()> {
    let keys: Vec<String> = (0..changes.len()).map(|part| format!("{}-{part}", by.key)).collect();
    for (some, keys) in changes.chunks(CHUNK).zip(keys.chunks(CHUNK)) {
        let rows: Vec<ChangeRow<'_>> = some
            .iter()
            .zip(keys)
            .map(|(change, key)| ChangeRow {
                person_id: change.person.map(|id| id.0),
                org_id: change.org.map(|id| id.0),
                kind: change.kind,
                old_key: change.old.as_deref(),
                new_key: change.new.as_deref(),
                day: change.day,
                ended_id: change.ended,
                begun_id: change.begun,
                by_id: by.account.0,
                acted_by: by.acted_by.map(|id| id.0),
                at: by.now,
                idem_key: key,
            })
            .collect();
        either!(conn, c => diesel::insert_into(roster_changes::table).values(&rows).execute(c))?;
        if by.note.is_empty() {
            continue;
        }
        let made = roster_changes::table.filter(roster_changes::idem_key.eq_any(keys));
        let ids: Vec<i64> = either!(conn, c => made.select(roster_changes::id).load(c))?;
        let notes: Vec<_> = ids
            .into_iter()
            .map(|id| (roster_notes::change_id.eq(id), roster_notes::text.eq(by.note.to_owned())))
            .collect();
        either!(conn, c => diesel::insert_into(roster_notes::table).values(&notes).execute(c))?;
    }
    Ok(())
}
