//! Lists of those who are enrolled, wait or ask.
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::enrolments::{Channel, State};
use crate::error::Result;
use crate::ids::{EnrolmentId, OfferingId, PersonId};
use crate::organization::after;
use crate::schema::{enrolments, memberships, orgs, persons};
use diesel::prelude::*;

/// Whom a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub state: Option<State>,
    /// Below this node of the tree.
    pub path: Option<String>,
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

macro_rules! filtered {
    ($query:ident, $filter:ident) => {
        if let Some(state) = $filter.state {
            $query = $query.filter(enrolments::state.eq(state));
        }
        if let Some(path) = &$filter.path {
            $query = $query.filter(enrolments::path.ge(path.clone()).and(enrolments::path.lt(after(path))));
        }
        if !$filter.text.is_empty() {
            let text = $filter.text.clone();
            let end = format!("{text}\u{10FFFF}");
            $query = $query.filter(
                persons::name
                    .ge(text.clone())
                    .and(persons::name.lt(end))
                    .or(memberships::member_no.nullable().eq(Some(text)).assume_not_null()),
            );
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
            .inner_join(persons::table)
            .left_join(memberships::table.on(home))
            .left_join(orgs::table.on(orgs::id.eq(memberships::branch_id)))
            .filter(enrolments::offering_id.eq(offering))
            .order(enrolments::seq)
            .offset(skip)
            .limit(count)
            .select((
                enrolments::id, enrolments::seq, persons::id, persons::name, memberships::member_no.nullable(),
                orgs::name.nullable(), enrolments::state, enrolments::channel, enrolments::created_at,
                enrolments::changed_at, enrolments::finished_at,
            ))
            .into_boxed();
        filtered!(query, filter);
        query.load(c)
    })?)
}

/// How many the filter lets through.
pub fn participant_count(conn: &mut Conn, offering: OfferingId, filter: &Filter) -> Result<i64> {
    let home = memberships::person_id.eq(persons::id).and(memberships::valid_to.is_null());
    Ok(either!(conn, c => {
        let mut query = enrolments::table
            .inner_join(persons::table)
            .left_join(memberships::table.on(home))
            .filter(enrolments::offering_id.eq(offering))
            .count()
            .into_boxed();
        filtered!(query, filter);
        query.get_result(c)
    })?)
}
