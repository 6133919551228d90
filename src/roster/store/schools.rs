//! Rows of what was changed of schools and alliances.
use crate::db::{Conn, Timestamp};
use crate::either;
use crate::error::Result;
use crate::ids::{AllianceId, SchoolId};
use crate::roster::history::By;
use crate::roster::schooling::Field;
use crate::schema::{accounts, persons, school_changes};
use diesel::prelude::*;

/// Changes in one statement.
const CHUNK: usize = 500;

/// A changed value with the name of who changed it.
#[derive(Queryable, Debug, Clone)]
pub struct Edit {
    pub field: Field,
    pub old: String,
    pub new: String,
    pub at: Timestamp,
    pub by: String,
}

/// What is changed: a school or an alliance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::roster) enum Place {
    School(SchoolId),
    Alliance(AllianceId),
}

#[derive(Insertable)]
#[diesel(table_name = school_changes, treat_none_as_default_value = false)]
struct EditRow<'a> {
    school_id: Option<i64>,
    alliance_id: Option<i64>,
    field: Field,
    old_value: &'a str,
    new_value: &'a str,
    by_id: i64,
    acted_by: Option<i64>,
    at: Timestamp,
    idem_key: String,
}

/// Keeps what values were and are: of which place, which field, old and new. The number of each stands behind the key.
pub(in crate::roster) fn write_edits(
    conn: &mut Conn,
    edits: &[(Place, Field, String, String)],
    by: &By<'_>,
) -> Result<()> {
    let rows: Vec<EditRow<'_>> = (0..)
        .zip(edits)
        .map(|(part, (place, field, old, new))| EditRow {
            school_id: if let Place::School(id) = place { Some(id.0) } else { None },
            alliance_id: if let Place::Alliance(id) = place { Some(id.0) } else { None },
            field: *field,
            old_value: old,
            new_value: new,
            by_id: by.account.0,
            acted_by: by.acted_by.map(|id| id.0),
            at: by.now,
            idem_key: format!("{}-{part}", by.key),
        })
        .collect();
    for some in rows.chunks(CHUNK) {
        either!(conn, c => diesel::insert_into(school_changes::table).values(some).execute(c))?;
    }
    Ok(())
}

/// The school or alliance that this form changed or made before.
pub(in crate::roster) fn place_of_key(conn: &mut Conn, key: &str) -> Result<Option<Place>> {
    let is_it = school_changes::idem_key.eq(format!("{key}-0"));
    let found: Option<(Option<SchoolId>, Option<AllianceId>)> = either!(conn, c => school_changes::table
        .filter(is_it)
        .select((school_changes::school_id, school_changes::alliance_id))
        .first(c)
        .optional())?;
    Ok(found
        .and_then(|(school, alliance)| school.map(Place::School).or_else(|| alliance.map(Place::Alliance))))
}

/// What was changed of a place, the newest first; `count` at most.
pub(in crate::roster) fn edits(conn: &mut Conn, place: Place, count: i64) -> Result<Vec<Edit>> {
    Ok(either!(conn, c => {
        let query = school_changes::table
            .inner_join(accounts::table.on(accounts::id.eq(school_changes::by_id)))
            .inner_join(persons::table.on(persons::id.eq(accounts::person_id)))
            .order(school_changes::id.desc())
            .limit(count)
            .select((
                school_changes::field,
                school_changes::old_value,
                school_changes::new_value,
                school_changes::at,
                persons::name,
            ));
        match place {
            Place::School(id) => query.filter(school_changes::school_id.eq(id)).load(c),
            Place::Alliance(id) => query.filter(school_changes::alliance_id.eq(id)).load(c),
        }
    })?)
}
