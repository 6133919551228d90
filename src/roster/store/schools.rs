//! Rows of what was changed of schools and alliances.
use crate::db::{Conn, Timestamp};
use crate::either;
use crate::error::Result;
use crate::ids::{AllianceId, SchoolId};
use crate::roster::Hand;
use crate::roster::schooling::Field;
use crate::schema::{accounts, persons, school_changes};
use diesel::prelude::*;

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

/// Keeps what a value was and is.
pub(in crate::roster) fn write_edit(
    conn: &mut Conn,
    place: Place,
    (field, old, new): (Field, &str, &str),
    part: usize,
    hand: &Hand,
) -> Result<()> {
    let (school, alliance) = match place {
        Place::School(id) => (Some(id), None),
        Place::Alliance(id) => (None, Some(id)),
    };
    let row = (
        school_changes::school_id.eq(school),
        school_changes::alliance_id.eq(alliance),
        school_changes::field.eq(field),
        school_changes::old_value.eq(old),
        school_changes::new_value.eq(new),
        school_changes::by_id.eq(hand.account),
        school_changes::acted_by.eq(hand.acted_by),
        school_changes::at.eq(hand.now),
        school_changes::idem_key.eq(format!("{}-{part}", hand.key)),
    );
    either!(conn, c => diesel::insert_into(school_changes::table).values(row).execute(c))?;
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
