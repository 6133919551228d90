//! Rows of changes, with what belongs beside them; `transfers` has the rows of transfers, `schools` those of changed schools,
//! `states` many organisations at once.
mod schools;
mod states;
mod transfers;

use super::{Change, Hand, Kind};
use crate::db::{Conn, Timestamp};
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, OrgId, PersonId};
use crate::schema::{
    accounts, import_touches, imports, orgs, person_corrections, persons, roster_changes, roster_notes,
};
use chrono::NaiveDate;
use diesel::prelude::*;

pub(super) use schools::*;
pub(super) use states::*;
pub(super) use transfers::*;

/// A change with the name of who recorded it.
#[derive(Queryable, Debug, Clone)]
pub struct Line {
    pub kind: Kind,
    pub old: Option<String>,
    pub new: Option<String>,
    pub day: NaiveDate,
    pub ended: Option<i64>,
    pub begun: Option<i64>,
    pub at: Timestamp,
    pub by: String,
    /// What a corrected value was before.
    pub old_value: Option<String>,
    pub note: Option<String>,
}

/// Writes a change down; `part` tells the changes of one form apart. Its key.
pub(super) fn record(conn: &mut Conn, change: &Change, part: usize, hand: &Hand) -> Result<i64> {
    let key = if part == 0 { hand.key.clone() } else { format!("{}-{part}", hand.key) };
    let row = (
        roster_changes::person_id.eq(change.person),
        roster_changes::org_id.eq(change.org),
        roster_changes::kind.eq(change.kind),
        roster_changes::old_key.eq(&change.old),
        roster_changes::new_key.eq(&change.new),
        roster_changes::day.eq(change.day),
        roster_changes::ended_id.eq(change.ended),
        roster_changes::begun_id.eq(change.begun),
        roster_changes::by_id.eq(hand.account),
        roster_changes::acted_by.eq(hand.acted_by),
        roster_changes::at.eq(hand.now),
        roster_changes::idem_key.eq(key),
    );
    Ok(either!(conn, c => diesel::insert_into(roster_changes::table)
        .values(row)
        .returning(roster_changes::id)
        .get_result(c))?)
}

/// Whether this form was done before.
pub(super) fn is_known(conn: &mut Conn, key: &str) -> Result<bool> {
    let is_it = roster_changes::idem_key.eq(key);
    let count: i64 = either!(conn, c => roster_changes::table.filter(is_it).count().get_result(c))?;
    Ok(count > 0)
}

/// Keeps what a corrected value was.
pub(super) fn keep_value(conn: &mut Conn, change: i64, old: &str) -> Result<()> {
    let row = (person_corrections::change_id.eq(change), person_corrections::old_value.eq(old));
    either!(conn, c => diesel::insert_into(person_corrections::table).values(row).execute(c))?;
    Ok(())
}

/// Keeps what somebody wrote beside a change, if anything.
pub(super) fn write_note(conn: &mut Conn, change: i64, text: &str) -> Result<()> {
    if !text.is_empty() {
        let row = (roster_notes::change_id.eq(change), roster_notes::text.eq(text));
        either!(conn, c => diesel::insert_into(roster_notes::table).values(row).execute(c))?;
    }
    Ok(())
}

/// Name, telephone and year of birth of today.
pub(super) fn particulars(
    conn: &mut Conn,
    person: PersonId,
) -> Result<(String, Option<String>, Option<i32>)> {
    Ok(either!(conn, c => persons::table
        .find(person)
        .select((persons::name, persons::phone, persons::birth_year))
        .first(c))?)
}

/// The changes of a person, or of an organisation, the newest first; `count` after the first `skip`.
pub(super) fn lines(
    conn: &mut Conn,
    (person, org): (Option<PersonId>, Option<OrgId>),
    skip: i64,
    count: i64,
) -> Result<Vec<Line>> {
    Ok(either!(conn, c => {
        let query = roster_changes::table
            .inner_join(accounts::table.on(accounts::id.eq(roster_changes::by_id)))
            .inner_join(persons::table.on(persons::id.eq(accounts::person_id)))
            .left_join(person_corrections::table.on(person_corrections::change_id.eq(roster_changes::id)))
            .left_join(roster_notes::table.on(roster_notes::change_id.eq(roster_changes::id)))
            .order(roster_changes::id.desc())
            .offset(skip)
            .limit(count)
            .select((
                roster_changes::kind,
                roster_changes::old_key,
                roster_changes::new_key,
                roster_changes::day,
                roster_changes::ended_id,
                roster_changes::begun_id,
                roster_changes::at,
                persons::name,
                person_corrections::old_value.nullable(),
                roster_notes::text.nullable(),
            ));
        match (person, org) {
            (Some(person), _) => query.filter(roster_changes::person_id.eq(person)).load(c),
            (None, org) => query.filter(roster_changes::org_id.eq(org)).load(c),
        }
    })?)
}

/// What a list changed of a member.
#[derive(Queryable)]
pub struct Listed {
    pub at: Option<Timestamp>,
    /// `None`: whoever runs the portal, by its command.
    pub by: Option<String>,
    pub file_name: String,
    /// Empty: the list brought the member.
    pub detail: String,
}

/// The newest lists that changed a member.
pub(super) fn listed(conn: &mut Conn, person: PersonId, count: i64) -> Result<Vec<Listed>> {
    Ok(either!(conn, c => import_touches::table
        .inner_join(imports::table.on(imports::id.eq(import_touches::import_id)))
        .left_join(accounts::table.on(imports::applied_by.eq(accounts::id.nullable())))
        .left_join(persons::table.on(persons::id.nullable().eq(accounts::person_id.nullable())))
        .filter(import_touches::person_id.eq(person))
        .order(import_touches::id.desc())
        .limit(count)
        .select((imports::applied_at, persons::name.nullable(), imports::file_name, import_touches::detail))
        .load(c))?)
}

/// The names of today of these organisations.
pub(super) fn org_names(conn: &mut Conn, ids: &[OrgId]) -> Result<Vec<(OrgId, String)>> {
    Ok(either!(conn, c => orgs::table.filter(orgs::id.eq_any(ids)).select((orgs::id, orgs::name)).load(c))?)
}

/// The person of an account.
pub(super) fn person_of(conn: &mut Conn, account: AccountId) -> Result<PersonId> {
    Ok(either!(conn, c => accounts::table.find(account).select(accounts::person_id).first(c))?)
}
