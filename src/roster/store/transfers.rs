//! Rows of transfers.
use crate::access::{Permission, Role, ScopeKind};
use crate::db::{Conn, Timestamp};
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, OrgId, PersonId, TransferId};
use crate::organization::after;
use crate::roster::Hand;
use crate::roster::transfers::{Arrival, Goal, State};
use crate::schema::{accounts, grants, orgs, persons, transfer_reasons, transfers};
use diesel::prelude::*;

/// A transfer with the member's name.
#[derive(Queryable, Debug, Clone)]
pub struct Transfer {
    pub id: TransferId,
    pub person: PersonId,
    pub name: String,
    pub from: Option<OrgId>,
    pub to: Option<OrgId>,
    /// The place outside the city, where one of them is.
    pub place: String,
    pub state: State,
    pub proposed_by: AccountId,
    pub proposed_at: Timestamp,
    pub decided_at: Option<Timestamp>,
    /// Why it was refused.
    pub reason: Option<String>,
}

type Columns = (
    transfers::id,
    transfers::person_id,
    persons::name,
    transfers::from_branch_id,
    transfers::to_branch_id,
    transfers::place,
    transfers::state,
    transfers::proposed_by,
    transfers::proposed_at,
    transfers::decided_at,
    diesel::helper_types::Nullable<transfer_reasons::text>,
);

fn columns() -> Columns {
    (
        transfers::id,
        transfers::person_id,
        persons::name,
        transfers::from_branch_id,
        transfers::to_branch_id,
        transfers::place,
        transfers::state,
        transfers::proposed_by,
        transfers::proposed_at,
        transfers::decided_at,
        transfer_reasons::text.nullable(),
    )
}

/// This transfer.
pub(in crate::roster) fn transfer(conn: &mut Conn, id: TransferId) -> Result<Transfer> {
    Ok(either!(conn, c => transfers::table
        .inner_join(persons::table)
        .left_join(transfer_reasons::table)
        .filter(transfers::id.eq(id))
        .select(columns())
        .first(c))?)
}

/// Declares a list of transfers by one of their two branches.
macro_rules! by_branch {
    ($($(#[$about:meta])* $name:ident by $branch:ident;)*) => {$(
        $(#[$about])*
        pub(in crate::roster) fn $name(
            conn: &mut Conn,
            paths: &[String],
            skip: i64,
            count: i64,
        ) -> Result<Vec<Transfer>> {
            if paths.is_empty() {
                return Ok(vec![]);
            }
            Ok(either!(conn, c => {
                let mut query = transfers::table
                    .inner_join(orgs::table.on(transfers::$branch.eq(orgs::id.nullable())))
                    .inner_join(persons::table.on(persons::id.eq(transfers::person_id)))
                    .left_join(transfer_reasons::table.on(transfer_reasons::transfer_id.eq(transfers::id)))
                    .order((transfers::state.eq(State::Proposed).desc(), transfers::id.desc()))
                    .offset(skip)
                    .limit(count)
                    .select(columns())
                    .into_boxed();
                for path in paths {
                    query = query.or_filter(orgs::path.ge(path.clone()).and(orgs::path.lt(after(path))));
                }
                query.load(c)
            })?)
        }
    )*};
}

by_branch! {
    /// Transfers into branches of these sub-trees, those that wait first, the newest first among them; `count` after the first
    /// `skip`.
    transfers_in by to_branch_id;
    /// Transfers out of branches of these sub-trees, likewise.
    transfers_out by from_branch_id;
}

/// The transfer that this form made.
pub(in crate::roster) fn transfer_of_key(conn: &mut Conn, key: &str) -> Result<Option<TransferId>> {
    let is_it = transfers::idem_key.eq(key);
    Ok(either!(conn, c => transfers::table.filter(is_it).select(transfers::id).first(c).optional())?)
}

/// Adds a proposal; `None` if one of the person's is open.
pub(in crate::roster) fn insert_transfer(
    conn: &mut Conn,
    person: PersonId,
    from: OrgId,
    goal: &Goal,
    hand: &Hand,
) -> Result<Option<TransferId>> {
    let (to, place) = match goal {
        Goal::Branch(to) => (Some(*to), ""),
        Goal::Outside(place) => (None, place.as_str()),
    };
    let row = (
        transfers::person_id.eq(person),
        transfers::from_branch_id.eq(from),
        transfers::to_branch_id.eq(to),
        transfers::place.eq(place),
        transfers::state.eq(State::Proposed),
        transfers::proposed_by.eq(hand.account),
        transfers::proposed_at.eq(hand.now),
        transfers::idem_key.eq(&hand.key),
    );
    Ok(either!(conn, c => diesel::insert_into(transfers::table)
        .values(row)
        .on_conflict_do_nothing()
        .returning(transfers::id)
        .get_result(c)
        .optional())?)
}

/// Keeps where somebody came from.
pub(in crate::roster) fn insert_arrival(
    conn: &mut Conn,
    person: PersonId,
    new: &Arrival,
    hand: &Hand,
) -> Result<()> {
    let row = (
        transfers::person_id.eq(person),
        transfers::to_branch_id.eq(new.branch),
        transfers::place.eq(&new.place),
        transfers::state.eq(State::Arrived),
        transfers::proposed_by.eq(hand.account),
        transfers::proposed_at.eq(hand.now),
        transfers::idem_key.eq(&hand.key),
    );
    either!(conn, c => diesel::insert_into(transfers::table).values(row).execute(c))?;
    Ok(())
}

/// Decides an open transfer; `false` if it is not open any more.
pub(in crate::roster) fn decide(conn: &mut Conn, id: TransferId, state: State, hand: &Hand) -> Result<bool> {
    let open = transfers::table.filter(transfers::id.eq(id).and(transfers::state.eq(State::Proposed)));
    let values = (
        transfers::state.eq(state),
        transfers::decided_by.eq(hand.account),
        transfers::decided_at.eq(hand.now),
    );
    Ok(either!(conn, c => diesel::update(open).set(values).execute(c))? == 1)
}

/// Keeps why a transfer was refused.
pub(in crate::roster) fn write_reason(conn: &mut Conn, id: TransferId, text: &str) -> Result<()> {
    let row = (transfer_reasons::transfer_id.eq(id), transfer_reasons::text.eq(text));
    either!(conn, c => diesel::insert_into(transfer_reasons::table).values(row).execute(c))?;
    Ok(())
}

/// Whether a transfer of this person is open.
pub(in crate::roster) fn has_open_transfer(conn: &mut Conn, person: PersonId) -> Result<bool> {
    Ok(open_transfer(conn, person)?.is_some())
}

/// The open transfer of this person.
pub(in crate::roster) fn open_transfer(conn: &mut Conn, person: PersonId) -> Result<Option<TransferId>> {
    let open = transfers::person_id.eq(person).and(transfers::state.eq(State::Proposed));
    Ok(either!(conn, c => transfers::table.filter(open).select(transfers::id).first(c).optional())?)
}

/// Whether a transfer into or out of this branch is open.
pub(in crate::roster) fn has_transfers(conn: &mut Conn, org: OrgId) -> Result<bool> {
    let open = transfers::state.eq(State::Proposed);
    let is_here = transfers::from_branch_id.eq(org).or(transfers::to_branch_id.eq(org));
    let count: i64 = either!(conn, c => transfers::table.filter(open).filter(is_here).count().get_result(c))?;
    Ok(count > 0)
}

/// Ends open roles of a person: all, or those at these organisations; how many there were.
pub(in crate::roster) fn end_grants(
    conn: &mut Conn,
    person: PersonId,
    at: Option<&[OrgId]>,
    (by, now): (Option<AccountId>, Timestamp),
) -> Result<usize> {
    let open: Vec<(i64, ScopeKind, Option<i64>)> = either!(conn, c => grants::table
        .inner_join(accounts::table.on(accounts::id.eq(grants::account_id)))
        .filter(accounts::person_id.eq(person).and(grants::ended_at.is_null()))
        .select((grants::id, grants::scope_kind, grants::scope_id))
        .load(c))?;
    let goes = |kind: ScopeKind, scope: Option<i64>| match at {
        None => true,
        Some(orgs) => {
            matches!(kind, ScopeKind::Committee | ScopeKind::Branch)
                && orgs.iter().any(|org| Some(org.0) == scope)
        }
    };
    let ids: Vec<i64> =
        open.into_iter().filter(|(_, kind, scope)| goes(*kind, *scope)).map(|(id, ..)| id).collect();
    end_these(conn, &ids, (by, now))
}

/// Ends all open roles at an organisation; whose they were.
pub(in crate::roster) fn end_grants_at(
    conn: &mut Conn,
    org: OrgId,
    (by, now): (Option<AccountId>, Timestamp),
) -> Result<Vec<PersonId>> {
    let open: Vec<(i64, ScopeKind, PersonId)> = either!(conn, c => grants::table
        .inner_join(accounts::table.on(accounts::id.eq(grants::account_id)))
        .filter(grants::scope_id.eq(org.0).and(grants::ended_at.is_null()))
        .order(grants::id)
        .select((grants::id, grants::scope_kind, accounts::person_id))
        .load(c))?;
    let (mut ids, mut persons) = (vec![], vec![]);
    for (id, kind, person) in open {
        // A scope of another kind is the number of something else.
        if matches!(kind, ScopeKind::Committee | ScopeKind::Branch) {
            ids.push(id);
            persons.push(person);
        }
    }
    end_these(conn, &ids, (by, now))?;
    persons.sort_unstable();
    persons.dedup();
    Ok(persons)
}

fn end_these(conn: &mut Conn, ids: &[i64], (by, now): (Option<AccountId>, Timestamp)) -> Result<usize> {
    let mut ended = 0;
    for id in ids {
        let open = grants::table.filter(grants::id.eq(*id).and(grants::ended_at.is_null()));
        let values = (grants::ended_at.eq(now), grants::ended_by.eq(by));
        ended += either!(conn, c => diesel::update(open).set(values).execute(c))?;
    }
    Ok(ended)
}

/// The persons who move members of the organisation at this path by a role at just this place.
pub(in crate::roster) fn holders_at(conn: &mut Conn, path: &str) -> Result<Vec<PersonId>> {
    let roles: Vec<Role> = Role::ALL
        .iter()
        .copied()
        .filter(|role| role.permissions().contains(&Permission::MoveMembers))
        .collect();
    let holds = grants::ended_at.is_null().and(grants::role.eq_any(roles)).and(accounts::closed_at.is_null());
    Ok(either!(conn, c => grants::table
        .inner_join(accounts::table.on(accounts::id.eq(grants::account_id)))
        .inner_join(orgs::table.on(grants::scope_id.eq(orgs::id.nullable())))
        .filter(holds)
        .filter(grants::scope_kind.eq_any([ScopeKind::Committee, ScopeKind::Branch]))
        .filter(orgs::path.eq(path))
        .order(accounts::person_id)
        .select(accounts::person_id)
        .distinct()
        .load(c))?)
}
