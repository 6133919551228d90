//! Rows of the record.
use super::{Action, Doer};
use crate::db::{Conn, Timestamp};
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, PersonId};
use crate::schema::{accounts, audit_entries, persons};
use diesel::prelude::*;

/// One line of the record, with the names of today.
#[derive(Queryable, Debug, Clone)]
pub struct Entry {
    pub id: i64,
    pub at: Timestamp,
    pub request: String,
    pub action: Action,
    pub subject_kind: String,
    pub subject_id: Option<i64>,
    /// `None` for what the command line or the portal itself did.
    pub actor: Option<String>,
    pub for_person: Option<PersonId>,
}

/// Which lines to show; `None` is any.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub action: Option<Action>,
    pub actor: Option<AccountId>,
    pub for_person: Option<PersonId>,
    pub request: Option<String>,
    /// `[from, to)`, UTC.
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

pub(super) fn insert(
    conn: &mut Conn,
    doer: &Doer,
    action: Action,
    person: Option<PersonId>,
    (kind, id): (&str, i64),
    now: Timestamp,
) -> Result<()> {
    let row = (
        audit_entries::at.eq(now),
        audit_entries::request_id.eq(&doer.request),
        audit_entries::actor_id.eq(doer.account),
        audit_entries::for_person_id.eq(person),
        audit_entries::action.eq(action),
        audit_entries::subject_kind.eq(kind),
        audit_entries::subject_id.eq(Some(id)),
    );
    either!(conn, c => diesel::insert_into(audit_entries::table).values(row).execute(c))?;
    Ok(())
}

/// The newest lines that pass the filter, `count` of them after the first `skip`.
pub fn latest(conn: &mut Conn, filter: &Filter, skip: i64, count: i64) -> Result<Vec<Entry>> {
    Ok(either!(conn, c => {
        let mut query = audit_entries::table
            .left_join(accounts::table.inner_join(persons::table).on(audit_entries::actor_id.eq(accounts::id.nullable())))
            .select((
                audit_entries::id,
                audit_entries::at,
                audit_entries::request_id,
                audit_entries::action,
                audit_entries::subject_kind,
                audit_entries::subject_id,
                persons::name.nullable(),
                audit_entries::for_person_id,
            ))
            .order(audit_entries::id.desc())
            .offset(skip)
            .limit(count)
            .into_boxed();
        if let Some(action) = filter.action {
            query = query.filter(audit_entries::action.eq(action));
        }
        if let Some(actor) = filter.actor {
            query = query.filter(audit_entries::actor_id.eq(actor));
        }
        if let Some(person) = filter.for_person {
            query = query.filter(audit_entries::for_person_id.eq(person));
        }
        if let Some(request) = &filter.request {
            query = query.filter(audit_entries::request_id.eq(request));
        }
        if let Some(from) = filter.from {
            query = query.filter(audit_entries::at.ge(from));
        }
        if let Some(to) = filter.to {
            query = query.filter(audit_entries::at.lt(to));
        }
        query.load(c)
    })?)
}

/// What was done to or for this person, newest first: what the person may see of the record.
pub fn about(conn: &mut Conn, person: PersonId, skip: i64, count: i64) -> Result<Vec<Entry>> {
    latest(conn, &Filter { for_person: Some(person), ..Filter::default() }, skip, count)
}

/// Whether this account did this to this record after `since`.
pub fn has_done_since(
    conn: &mut Conn,
    account: AccountId,
    action: Action,
    (kind, id): (&str, i64),
    since: Option<Timestamp>,
) -> Result<bool> {
    let it = audit_entries::actor_id
        .eq(account)
        .and(audit_entries::action.eq(action))
        .and(audit_entries::subject_kind.eq(kind))
        .and(audit_entries::subject_id.eq(id));
    Ok(either!(conn, c => {
        let mut query = audit_entries::table.filter(it).into_boxed();
        if let Some(since) = since {
            query = query.filter(audit_entries::at.gt(since));
        }
        query.select(audit_entries::id).first::<i64>(c).optional()
    })?
    .is_some())
}

/// Whether this account did this to this subject.
pub fn has_done(conn: &mut Conn, account: AccountId, action: Action, subject: i64) -> Result<bool> {
    let it = audit_entries::actor_id
        .eq(account)
        .and(audit_entries::action.eq(action))
        .and(audit_entries::subject_id.eq(subject));
    Ok(
        either!(conn, c => diesel::select(diesel::dsl::exists(audit_entries::table.filter(it))).get_result(c))?,
    )
}
