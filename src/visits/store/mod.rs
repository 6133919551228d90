//! Rows of visits: what was recorded, who signed, what each member said. `lists` has what is asked about many, `sheets` the lists
//! that were printed, `hands` who printed the codes of accounts.
mod hands;
mod lists;
mod sheets;

use super::{Deed, Standing, State, Way};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::events::Status;
use crate::ids::{AccountId, CompletionId, EventId, MediaId, OrgId, PersonId};
use crate::schema::{
    accounts, attendance_heads, attendances, completion_reversals, completions, home_visit_codes,
    home_visit_members, home_visit_photos, home_visit_steps, home_visit_tries, home_visits, host_stays,
    memberships, orgs, persons,
};
use crate::visits::photo;
use chrono::NaiveDate;
use diesel::prelude::*;
pub use hands::{account_of, printers};
pub use lists::{Missed, Row, about, missed_of, missed_within, of_person, visited, within};
pub use sheets::{
    Entered, Sheet, Written, add_entry, add_sheet, by_number, entries, sheet, sheet_of_code, sheet_of_key,
    sheets, written,
};
use std::collections::HashMap;

/// What a visit has besides its event.
#[derive(Queryable, Selectable, Debug, Clone, PartialEq, Eq)]
#[diesel(table_name = home_visits)]
pub struct Visit {
    #[diesel(column_name = event_id)]
    pub event: EventId,
    #[diesel(column_name = deliverer_id)]
    pub deliverer: PersonId,
    #[diesel(column_name = second_id)]
    pub second: PersonId,
    /// The recording of the lecture that was taught.
    #[diesel(column_name = media_id)]
    pub media: Option<MediaId>,
    pub length_s: i32,
    /// The event that it makes up for.
    #[diesel(column_name = missed_id)]
    pub missed: Option<EventId>,
    pub minutes: i32,
    pub state: State,
    pub recorded_by: AccountId,
    pub seconded_by: Option<AccountId>,
    pub seconded_at: Option<Timestamp>,
}

/// Somebody who was visited, and what became of the record.
#[derive(Queryable, Selectable, Debug, Clone, PartialEq, Eq)]
#[diesel(table_name = home_visit_members)]
pub struct Member {
    #[diesel(column_name = person_id)]
    pub person: PersonId,
    pub agreed_photo: bool,
    pub state: Standing,
    pub way: Option<Way>,
    pub confirmed_by: Option<AccountId>,
    pub confirmed_at: Option<Timestamp>,
    /// It is in the records of study.
    pub is_counted: bool,
    /// How often it was put there or taken back.
    pub turns: i32,
}

pub fn find(conn: &mut Conn, id: EventId) -> Result<Visit> {
    Ok(either!(conn, c => home_visits::table.find(id).select(Visit::as_select()).first(c))?)
}

pub fn members(conn: &mut Conn, id: EventId) -> Result<Vec<Member>> {
    Ok(either!(conn, c => home_visit_members::table
        .filter(home_visit_members::event_id.eq(id))
        .order(home_visit_members::person_id)
        .select(Member::as_select())
        .load(c))?)
}

/// # Errors
/// Not found for whom this visit was not to.
pub fn member(conn: &mut Conn, id: EventId, person: PersonId) -> Result<Member> {
    Ok(either!(conn, c => home_visit_members::table.find((id, person)).select(Member::as_select()).first(c))?)
}

/// Adds a visit that was recorded, to these members.
pub fn insert(conn: &mut Conn, visit: &Visit, members: &[PersonId], agreed_photo: bool) -> Result<()> {
    let row = (
        home_visits::event_id.eq(visit.event),
        home_visits::deliverer_id.eq(visit.deliverer),
        home_visits::second_id.eq(visit.second),
        home_visits::media_id.eq(visit.media),
        home_visits::length_s.eq(visit.length_s),
        home_visits::missed_id.eq(visit.missed),
        home_visits::minutes.eq(visit.minutes),
        home_visits::state.eq(visit.state),
        home_visits::recorded_by.eq(visit.recorded_by),
    );
    either!(conn, c => diesel::insert_into(home_visits::table).values(row).execute(c))?;
    for person in members {
        let row = (
            home_visit_members::event_id.eq(visit.event),
            home_visit_members::person_id.eq(person),
            home_visit_members::agreed_photo.eq(agreed_photo),
            home_visit_members::state.eq(Standing::Waiting),
            home_visit_members::is_counted.eq(false),
            home_visit_members::turns.eq(0),
        );
        either!(conn, c => diesel::insert_into(home_visit_members::table).values(row).execute(c))?;
    }
    Ok(())
}

/// The second person signs; `false` if the visit waits for nobody's signature.
pub fn second(conn: &mut Conn, id: EventId, by: AccountId, now: Timestamp) -> Result<bool> {
    let open = home_visits::table.find(id).filter(home_visits::state.eq(State::Recorded));
    let set = (
        home_visits::state.eq(State::Seconded),
        home_visits::seconded_by.eq(by),
        home_visits::seconded_at.eq(now),
    );
    Ok(either!(conn, c => diesel::update(open).set(set).execute(c))? == 1)
}

/// Takes a visit back to which nobody has said anything yet; `false` if somebody has, or it is taken back.
pub fn void(conn: &mut Conn, id: EventId) -> Result<bool> {
    let open = home_visits::table.find(id).filter(home_visits::state.ne(State::Void));
    let visits = either!(conn, c => diesel::update(open).set(home_visits::state.eq(State::Void)).execute(c))?;
    let waiting = home_visit_members::table
        .filter(home_visit_members::event_id.eq(id).and(home_visit_members::state.eq(Standing::Waiting)));
    let set = home_visit_members::state.eq(Standing::Void);
    either!(conn, c => diesel::update(waiting).set(set).execute(c))?;
    let others = home_visit_members::table
        .filter(home_visit_members::event_id.eq(id).and(home_visit_members::state.ne(Standing::Void)));
    let others: i64 = either!(conn, c => others.count().get_result(c))?;
    Ok(visits == 1 && others == 0)
}

/// The member says that it is so; `false` if nothing waits for that.
pub fn confirm(
    conn: &mut Conn,
    id: EventId,
    person: PersonId,
    (way, by): (Way, Option<AccountId>),
    now: Timestamp,
) -> Result<bool> {
    let waits =
        home_visit_members::table.find((id, person)).filter(home_visit_members::state.eq(Standing::Waiting));
    let set = (
        home_visit_members::state.eq(Standing::Confirmed),
        home_visit_members::way.eq(way),
        home_visit_members::confirmed_by.eq(by),
        home_visit_members::confirmed_at.eq(now),
    );
    Ok(either!(conn, c => diesel::update(waits).set(set).execute(c))? == 1)
}

/// Puts what a member said into a state from one of others; `false` if it is in none of `from`.
pub fn put_state(
    conn: &mut Conn,
    (id, person): (EventId, PersonId),
    from: &[Standing],
    to: Standing,
) -> Result<bool> {
    let is_it = home_visit_members::table.find((id, person)).filter(home_visit_members::state.eq_any(from));
    Ok(either!(conn, c => diesel::update(is_it).set(home_visit_members::state.eq(to)).execute(c))? == 1)
}

/// Says whether it is in the records of study now; the number of this turn.
pub fn turn(conn: &mut Conn, id: EventId, person: PersonId, is_counted: bool) -> Result<i32> {
    let set = (
        home_visit_members::is_counted.eq(is_counted),
        home_visit_members::turns.eq(home_visit_members::turns + 1),
    );
    Ok(either!(conn, c => diesel::update(home_visit_members::table.find((id, person)))
        .set(set)
        .returning(home_visit_members::turns)
        .get_result(c))?)
}

/// Adds what became of a visit.
pub fn step(
    conn: &mut Conn,
    (id, person): (EventId, Option<PersonId>),
    what: Deed,
    by: Option<AccountId>,
    now: Timestamp,
) -> Result<()> {
    let row = (
        home_visit_steps::event_id.eq(id),
        home_visit_steps::person_id.eq(person),
        home_visit_steps::what.eq(what),
        home_visit_steps::by_id.eq(by),
        home_visit_steps::at.eq(now),
    );
    either!(conn, c => diesel::insert_into(home_visit_steps::table).values(row).execute(c))?;
    Ok(())
}

/// What, about whom, by which account, when.
type Step = (Deed, Option<PersonId>, Option<AccountId>, Timestamp);

/// What became of a visit, in its order.
pub fn steps(conn: &mut Conn, id: EventId) -> Result<Vec<Step>> {
    Ok(either!(conn, c => home_visit_steps::table
        .filter(home_visit_steps::event_id.eq(id))
        .order(home_visit_steps::id)
        .limit(200)
        .select((
            home_visit_steps::what,
            home_visit_steps::person_id,
            home_visit_steps::by_id,
            home_visit_steps::at,
        ))
        .load(c))?)
}

/// Whether this account printed a slip of the visit to this person: it has seen the code that says the person's word.
pub fn has_printed(conn: &mut Conn, (id, person): (EventId, PersonId), by: AccountId) -> Result<bool> {
    let of = home_visit_steps::event_id.eq(id).and(home_visit_steps::person_id.eq(person));
    let printed = home_visit_steps::what.eq(Deed::Printed).and(home_visit_steps::by_id.eq(by));
    let found = home_visit_steps::table.filter(of.and(printed));
    Ok(either!(conn, c => diesel::select(diesel::dsl::exists(found)).get_result(c))?)
}

/// Keeps the digest of a printed code in the place of an earlier one.
pub fn put_code(
    conn: &mut Conn,
    (id, person): (EventId, PersonId),
    digest: &str,
    expires_at: Timestamp,
) -> Result<()> {
    let set = (home_visit_codes::digest.eq(digest), home_visit_codes::expires_at.eq(expires_at));
    let key = (home_visit_codes::event_id.eq(id), home_visit_codes::person_id.eq(person));
    either!(conn, c => diesel::insert_into(home_visit_codes::table)
        .values((key, set))
        .on_conflict((home_visit_codes::event_id, home_visit_codes::person_id))
        .do_update()
        .set(set)
        .execute(c))?;
    Ok(())
}

/// Whose code this is, if it still holds.
pub fn code_of(conn: &mut Conn, id: EventId, digest: &str, now: Timestamp) -> Result<Option<PersonId>> {
    let is_it = home_visit_codes::event_id
        .eq(id)
        .and(home_visit_codes::digest.eq(digest))
        .and(home_visit_codes::expires_at.gt(now));
    Ok(either!(conn, c => home_visit_codes::table
        .filter(is_it)
        .select(home_visit_codes::person_id)
        .first(c)
        .optional())?)
}

/// Counts a guess at the codes of a visit; `false` if that many were made in this minute.
pub fn count_try(conn: &mut Conn, id: EventId, minute: i64, most: i32) -> Result<bool> {
    let row = (
        home_visit_tries::event_id.eq(id),
        home_visit_tries::minute.eq(minute),
        home_visit_tries::tries.eq(1),
    );
    let first = either!(conn, c => diesel::insert_into(home_visit_tries::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    if first == 1 {
        return Ok(true);
    }
    let of = || home_visit_tries::table.find(id);
    let next = of().filter(home_visit_tries::minute.eq(minute).and(home_visit_tries::tries.lt(most)));
    let set = home_visit_tries::tries.eq(home_visit_tries::tries + 1);
    if either!(conn, c => diesel::update(next).set(set).execute(c))? == 1 {
        return Ok(true);
    }
    let set = (home_visit_tries::minute.eq(minute), home_visit_tries::tries.eq(1));
    let earlier = of().filter(home_visit_tries::minute.lt(minute));
    Ok(either!(conn, c => diesel::update(earlier).set(set).execute(c))? == 1)
}

/// Keeps a photo in the place of an earlier one.
pub fn put_photo(
    conn: &mut Conn,
    id: EventId,
    (kind, bytes): (photo::Kind, &[u8]),
    by: AccountId,
    now: Timestamp,
) -> Result<()> {
    let set = (
        home_visit_photos::kind.eq(kind),
        home_visit_photos::bytes.eq(bytes),
        home_visit_photos::sent_by.eq(by),
        home_visit_photos::sent_at.eq(now),
    );
    either!(conn, c => diesel::insert_into(home_visit_photos::table)
        .values((home_visit_photos::event_id.eq(id), set))
        .on_conflict(home_visit_photos::event_id)
        .do_update()
        .set(set)
        .execute(c))?;
    Ok(())
}

pub fn photo(conn: &mut Conn, id: EventId) -> Result<(photo::Kind, Vec<u8>)> {
    let row = home_visit_photos::table.find(id).select((home_visit_photos::kind, home_visit_photos::bytes));
    Ok(either!(conn, c => row.first(c))?)
}

pub fn has_photo(conn: &mut Conn, id: EventId) -> Result<bool> {
    let n: i64 = either!(conn, c => home_visit_photos::table.find(id).count().get_result(c))?;
    Ok(n > 0)
}

pub fn remove_photo(conn: &mut Conn, id: EventId) -> Result<bool> {
    Ok(either!(conn, c => diesel::delete(home_visit_photos::table.find(id)).execute(c))? == 1)
}

/// A member takes the consent to a photo back.
pub fn disagree(conn: &mut Conn, id: EventId, person: PersonId) -> Result<()> {
    let set = home_visit_members::agreed_photo.eq(false);
    either!(conn, c => diesel::update(home_visit_members::table.find((id, person))).set(set).execute(c))?;
    Ok(())
}

/// Erases photos that are older than this; how many.
pub fn erase_photos(conn: &mut Conn, before: Timestamp) -> Result<usize> {
    let old = home_visit_photos::table.filter(home_visit_photos::sent_at.lt(before));
    Ok(either!(conn, c => diesel::delete(old).execute(c))?)
}

/// The names of these people.
pub fn names(conn: &mut Conn, ids: &[PersonId]) -> Result<HashMap<PersonId, String>> {
    let rows: Vec<(PersonId, String)> = either!(conn, c => persons::table
        .filter(persons::id.eq_any(ids))
        .select((persons::id, persons::name))
        .load(c))?;
    Ok(rows.into_iter().collect())
}

/// Whose accounts these are: account and name.
pub fn account_names(conn: &mut Conn, ids: &[AccountId]) -> Result<HashMap<AccountId, String>> {
    let rows: Vec<(AccountId, String)> = either!(conn, c => accounts::table
        .inner_join(persons::table)
        .filter(accounts::id.eq_any(ids))
        .select((accounts::id, persons::name))
        .load(c))?;
    Ok(rows.into_iter().collect())
}

/// The organisation below one of these paths to which somebody belonged on that day: the own branch, or that of a stay.
pub fn place_of(
    conn: &mut Conn,
    paths: &[String],
    person: PersonId,
    day: NaiveDate,
) -> Result<Option<OrgId>> {
    let then = memberships::person_id
        .eq(person)
        .and(memberships::valid_from.le(day))
        .and(memberships::valid_to.is_null().or(memberships::valid_to.gt(day)));
    let mut found: Vec<(OrgId, String)> = either!(conn, c => memberships::table
        .inner_join(orgs::table)
        .filter(then)
        .select((orgs::id, orgs::path))
        .load(c))?;
    let then = host_stays::person_id
        .eq(person)
        .and(host_stays::valid_from.le(day))
        .and(host_stays::valid_to.is_null().or(host_stays::valid_to.gt(day)));
    let stays: Vec<(OrgId, String)> = either!(conn, c => host_stays::table
        .inner_join(orgs::table)
        .filter(then)
        .select((orgs::id, orgs::path))
        .load(c))?;
    found.extend(stays);
    let is_within = |path: &str| paths.iter().any(|own| path.starts_with(own.as_str()));
    Ok(found.into_iter().find(|(_, path)| is_within(path)).map(|(org, _)| org))
}

/// People below these paths that are meant by a name or a member number, also those who stay there: person, name, number.
pub fn meant(
    conn: &mut Conn,
    paths: &[String],
    text: &str,
    day: NaiveDate,
) -> Result<Vec<(PersonId, String, String)>> {
    // One index each: what has a digit in it is a number.
    let columns = (persons::id, persons::name, memberships::member_no);
    let all = memberships::valid_to.is_null();
    let rows: Vec<(PersonId, String, String)> = if text.bytes().any(|b| b.is_ascii_digit()) {
        let is_it = all.and(memberships::member_no.eq(text));
        either!(conn, c => memberships::table
            .inner_join(persons::table)
            .filter(is_it)
            .select(columns)
            .load(c))?
    } else {
        let is_it = all.and(persons::name.eq(text));
        either!(conn, c => memberships::table
            .inner_join(persons::table)
            .filter(is_it)
            .order(persons::id)
            .limit(200)
            .select(columns)
            .load(c))?
    };
    let mut meant = vec![];
    for row in rows {
        if place_of(conn, paths, row.0, day)?.is_some() {
            meant.push(row);
        }
    }
    Ok(meant)
}

/// The path of an organisation.
pub fn path_of(conn: &mut Conn, org: OrgId) -> Result<String> {
    Ok(either!(conn, c => orgs::table.find(org).select(orgs::path).first(c))?)
}

/// What was said of somebody in an event before this visit made up for it; `None` where something else holds there.
pub fn before_makeup(
    conn: &mut Conn,
    missed: EventId,
    person: PersonId,
    visit: EventId,
) -> Result<Option<Status>> {
    let holds = attendances::event_id
        .eq(missed)
        .and(attendances::person_id.eq(person))
        .and(attendances::status.eq(Status::Makeup))
        .and(attendances::via_event_id.eq(visit));
    let held: i64 = either!(conn, c => attendance_heads::table
        .inner_join(attendances::table)
        .filter(holds)
        .count()
        .get_result(c))?;
    if held == 0 {
        return Ok(None);
    }
    let earlier = attendances::event_id
        .eq(missed)
        .and(attendances::person_id.eq(person))
        .and(attendances::status.eq_any(super::MISSED));
    Ok(either!(conn, c => attendances::table
        .filter(earlier)
        .order(attendances::revision.desc())
        .select(attendances::status)
        .first(c)
        .optional())?)
}

/// The proof of viewing that came from this visit and holds.
pub fn proof(conn: &mut Conn, visit: EventId, person: PersonId) -> Result<Option<CompletionId>> {
    let holds = completions::event_id
        .eq(visit)
        .and(completions::person_id.eq(person))
        .and(completions::kind.eq("visit"))
        .and(completion_reversals::completion_id.is_null());
    Ok(either!(conn, c => completions::table
        .left_join(completion_reversals::table)
        .filter(holds)
        .select(completions::id)
        .first(c)
        .optional())?)
}

/// The sub-trees as conditions of a query over organisations.
macro_rules! below {
    ($query:expr, $paths:expr) => {{
        let mut query = $query;
        if !$paths.iter().any(|path| path == "/") {
            for path in $paths {
                query = query.or_filter(orgs::path.ge(path.clone()).and(orgs::path.lt(after(path))));
            }
        }
        query
    }};
}
pub(super) use below;
