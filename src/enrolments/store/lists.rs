//! Lists of those who are enrolled, wait or ask. First the page of the queue alone, from its index, then what is shown of each.
use super::seats::{Moved, TOGETHER};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::enrolments::{Channel, State};
use crate::error::Result;
use crate::ids::{EnrolmentId, OfferingId, OrgId, PersonId};
use crate::organization::after;
use crate::schema::{enrolments, memberships, orgs, persons};
use diesel::prelude::*;

/// Whom a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub state: Option<State>,
    /// Only those that stand: neither cancelled nor declined.
    pub is_standing: bool,
    /// Below one of these nodes of the tree; `None`: wherever.
    pub paths: Option<Vec<String>>,
    /// The beginning of a name, or a member number.
    pub text: String,
    pub is_finished: Option<bool>,
    /// Those behind this number of the queue: how an export goes on.
    pub after: i32,
}

/// A line of the list.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub id: EnrolmentId,
    pub seq: i32,
    pub person: PersonId,
    pub name: String,
    pub member_no: Option<String>,
    pub branch: Option<String>,
    pub state: State,
    pub channel: Channel,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

/// The rows of `enrolments` alone that the filter lets through; other tables are asked only where the filter names them.
macro_rules! filtered {
    ($query:ident, $filter:ident) => {
        if let Some(state) = $filter.state {
            $query = $query.filter(enrolments::state.eq(state));
        } else if $filter.is_standing {
            $query = $query
                .filter(enrolments::state.ne(State::Cancelled).and(enrolments::state.ne(State::Declined)));
        }
        if let Some(paths) = &$filter.paths {
            use diesel::sql_types::Bool;
            let mut any: Box<dyn BoxableExpression<enrolments::table, _, SqlType = Bool>> =
                Box::new(enrolments::id.lt(EnrolmentId(0)));
            for path in paths {
                let is_below = enrolments::path.ge(path.clone()).and(enrolments::path.lt(after(path)));
                any = Box::new(any.or(is_below));
            }
            $query = $query.filter(any);
        }
        // One index each: a number is a member's, anything else begins a name.
        if $filter.text.bytes().any(|b| b.is_ascii_digit()) {
            let it = memberships::table
                .filter(memberships::member_no.eq($filter.text.clone()).and(memberships::valid_to.is_null()))
                .select(memberships::person_id);
            $query = $query.filter(enrolments::person_id.eq_any(it));
        } else if !$filter.text.is_empty() {
            let text = $filter.text.clone();
            let end = format!("{text}\u{10FFFF}");
            let them =
                persons::table.filter(persons::name.ge(text).and(persons::name.lt(end))).select(persons::id);
            $query = $query.filter(enrolments::person_id.eq_any(them));
        }
        if let Some(is_finished) = $filter.is_finished {
            $query = match is_finished {
                true => $query.filter(enrolments::finished_at.is_not_null()),
                false => $query.filter(enrolments::finished_at.is_null()),
            };
        }
        if $filter.after > 0 {
            $query = $query.filter(enrolments::seq.gt($filter.after));
        }
    };
}

/// Those whom the filter lets through, in the order of the queue.
pub fn participants(
    conn: &mut Conn,
    offering: OfferingId,
    filter: &Filter,
    skip: i64,
    count: i64,
) -> Result<Vec<Row>> {
    let home = memberships::person_id.eq(persons::id).and(memberships::valid_to.is_null());
    Ok(either!(conn, c => {
        let mut query = enrolments::table
            .filter(enrolments::offering_id.eq(offering))
            .order(enrolments::seq)
            .offset(skip)
            .limit(count)
            .select(enrolments::id)
            .into_boxed();
        filtered!(query, filter);
        enrolments::table
            .inner_join(persons::table)
            .left_join(memberships::table.on(home))
            .left_join(orgs::table.on(orgs::id.eq(memberships::branch_id)))
            .filter(enrolments::id.eq_any(query))
            .order(enrolments::seq)
            .select((
                enrolments::id, enrolments::seq, persons::id, persons::name, memberships::member_no.nullable(),
                orgs::name.nullable(), enrolments::state, enrolments::channel, enrolments::created_at,
                enrolments::changed_at, enrolments::finished_at,
            ))
            .load(c)
    })?)
}

/// All whom the filter lets through, in the order of the queue: those that something is done to.
pub fn chosen(conn: &mut Conn, offering: OfferingId, filter: &Filter) -> Result<Moved> {
    Ok(either!(conn, c => {
        let mut query = enrolments::table
            .filter(enrolments::offering_id.eq(offering))
            .order(enrolments::seq)
            .select((enrolments::id, enrolments::person_id))
            .into_boxed();
        filtered!(query, filter);
        query.load(c)
    })?)
}

/// Those of these that are of this offering.
pub fn of_these(conn: &mut Conn, offering: OfferingId, ids: &[EnrolmentId]) -> Result<Moved> {
    let mut found = vec![];
    for some in ids.chunks(TOGETHER) {
        let them = enrolments::table
            .filter(enrolments::id.eq_any(some).and(enrolments::offering_id.eq(offering)))
            .select((enrolments::id, enrolments::person_id));
        found.append(&mut either!(conn, c => them.load::<(EnrolmentId, PersonId)>(c))?);
    }
    Ok(found)
}

/// How many the filter lets through. Joins nothing; what the columns of the offering say is not asked for here.
pub fn participant_count(conn: &mut Conn, offering: OfferingId, filter: &Filter) -> Result<i64> {
    Ok(either!(conn, c => {
        let mut query =
            enrolments::table.filter(enrolments::offering_id.eq(offering)).count().into_boxed();
        filtered!(query, filter);
        query.get_result(c)
    })?)
}

/// The places in the queue of those who wait between two numbers of it, from 1.
pub fn places(conn: &mut Conn, offering: OfferingId, from: i32, to: i32) -> Result<Vec<(i32, i64)>> {
    let waiting = || {
        enrolments::table
            .filter(enrolments::offering_id.eq(offering).and(enrolments::state.eq(State::Waitlisted)))
    };
    let before: i64 = either!(conn, c => waiting().filter(enrolments::seq.lt(from)).count().get_result(c))?;
    let them: Vec<i32> = either!(conn, c => waiting()
        .filter(enrolments::seq.between(from, to))
        .order(enrolments::seq)
        .select(enrolments::seq)
        .load(c))?;
    Ok(them.into_iter().zip(before + 1..).collect())
}

/// What these persons are to an offering, where they are something that stands.
pub fn standings(
    conn: &mut Conn,
    offering: OfferingId,
    people: &[PersonId],
) -> Result<Vec<(PersonId, EnrolmentId, State)>> {
    let mut found = vec![];
    for some in people.chunks(TOGETHER) {
        let them = enrolments::table
            .filter(enrolments::offering_id.eq(offering).and(enrolments::person_id.eq_any(some)))
            .filter(enrolments::state.ne_all([State::Cancelled, State::Declined]))
            .select((enrolments::person_id, enrolments::id, enrolments::state));
        found.append(&mut either!(conn, c => them.load::<(PersonId, EnrolmentId, State)>(c))?);
    }
    Ok(found)
}

/// A member as a list of names finds them: number, name, person, and where the branch is in the tree.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub number: String,
    pub name: String,
    pub person: PersonId,
    pub path: String,
}

/// The members with these numbers, wherever they are.
pub fn numbered(conn: &mut Conn, numbers: &[String]) -> Result<Vec<Found>> {
    let mut found = vec![];
    for some in numbers.chunks(TOGETHER) {
        found.append(&mut either!(conn, c => memberships::table
            .inner_join(persons::table)
            .inner_join(orgs::table)
            .filter(memberships::valid_to.is_null().and(memberships::member_no.eq_any(some)))
            .select((memberships::member_no, persons::name, persons::id, orgs::path))
            .load::<Found>(c))?);
    }
    Ok(found)
}

/// The members with exactly these names, wherever they are.
pub fn named(conn: &mut Conn, names: &[String]) -> Result<Vec<Found>> {
    let mut found = vec![];
    for some in names.chunks(TOGETHER) {
        found.append(&mut either!(conn, c => memberships::table
            .inner_join(persons::table)
            .inner_join(orgs::table)
            .filter(memberships::valid_to.is_null().and(persons::name.eq_any(some)))
            .select((memberships::member_no, persons::name, persons::id, orgs::path))
            .load::<Found>(c))?);
    }
    Ok(found)
}

/// Organisations whose name has this text in it, in the order of the tree.
pub fn orgs_named(conn: &mut Conn, text: &str, count: i64) -> Result<Vec<(OrgId, String, String)>> {
    let pattern = format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
    Ok(either!(conn, c => orgs::table
        .filter(orgs::name.like(pattern).escape('\\').and(orgs::valid_to.is_null()))
        .order(orgs::path)
        .limit(count)
        .select((orgs::id, orgs::name, orgs::path))
        .load(c))?)
}

/// These organisations, in the order of the tree.
pub fn orgs_of(conn: &mut Conn, ids: &[OrgId]) -> Result<Vec<(OrgId, String, String)>> {
    Ok(either!(conn, c => orgs::table
        .filter(orgs::id.eq_any(ids))
        .order(orgs::path)
        .select((orgs::id, orgs::name, orgs::path))
        .load(c))?)
}
