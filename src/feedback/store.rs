//! Rows of complaints and suggestions.
use super::{Draft, Kind};
use crate::audit::Doer;
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, FeedbackId, PersonId};
use crate::schema::{accounts, feedback, persons};
use diesel::prelude::*;

/// An entry, with the name of who sent it signed in.
#[derive(Queryable, Debug, Clone)]
pub struct Entry {
    pub id: FeedbackId,
    pub kind: Kind,
    pub text: String,
    pub contact: String,
    pub about_path: String,
    pub sent_at: Timestamp,
    pub handled_at: Option<Timestamp>,
    /// `None` for visitors.
    pub sender: Option<String>,
    pub for_person_id: Option<PersonId>,
}

/// The names of the members for whom clerks wrote these entries down.
pub fn names(conn: &mut Conn, entries: &[Entry]) -> Result<Vec<(PersonId, String)>> {
    let ids: Vec<_> = entries.iter().filter_map(|entry| entry.for_person_id).collect();
    Ok(either!(conn, c => persons::table
        .filter(persons::id.eq_any(ids))
        .select((persons::id, persons::name))
        .load(c))?)
}

/// `false` if an entry with this key is there already.
pub(super) fn insert(conn: &mut Conn, draft: &Draft, doer: &Doer, now: Timestamp) -> Result<bool> {
    let row = (
        feedback::kind.eq(draft.kind),
        feedback::text.eq(&draft.text),
        feedback::contact.eq(&draft.contact),
        feedback::about_path.eq(&draft.about),
        feedback::account_id.eq(doer.account),
        feedback::for_person_id.eq(doer.for_person),
        feedback::sent_at.eq(now),
        feedback::idem_key.eq(&draft.key),
    );
    Ok(either!(conn, c => diesel::insert_into(feedback::table)
        .values(row)
        .on_conflict(feedback::idem_key)
        .do_nothing()
        .execute(c))?
        == 1)
}

/// How many entries of visitors came since then and wait.
pub(super) fn waiting_of_visitors(conn: &mut Conn, since: Timestamp) -> Result<i64> {
    let waiting =
        feedback::handled_at.is_null().and(feedback::account_id.is_null()).and(feedback::sent_at.gt(since));
    Ok(either!(conn, c => feedback::table.filter(waiting).count().get_result(c))?)
}

/// `false` if it was dealt with before, or is not there.
pub(super) fn handle(conn: &mut Conn, id: FeedbackId, by: Option<AccountId>, now: Timestamp) -> Result<bool> {
    let is_open = feedback::id.eq(id).and(feedback::handled_at.is_null());
    let values = (feedback::handled_by.eq(by), feedback::handled_at.eq(now));
    Ok(either!(conn, c => diesel::update(feedback::table.filter(is_open)).set(values).execute(c))? == 1)
}

pub(super) fn must_exist(conn: &mut Conn, id: FeedbackId) -> Result<()> {
    let _: FeedbackId = either!(conn, c => feedback::table.find(id).select(feedback::id).first(c))?;
    Ok(())
}

/// The entries, those that wait first, the newest first among them; `count` after the first `skip`.
pub fn listed(conn: &mut Conn, skip: i64, count: i64) -> Result<Vec<Entry>> {
    Ok(either!(conn, c => feedback::table
        .left_join(accounts::table.inner_join(persons::table).on(feedback::account_id.eq(accounts::id.nullable())))
        .order((feedback::handled_at.is_not_null(), feedback::id.desc()))
        .offset(skip)
        .limit(count)
        .select((
            feedback::id,
            feedback::kind,
            feedback::text,
            feedback::contact,
            feedback::about_path,
            feedback::sent_at,
            feedback::handled_at,
            persons::name.nullable(),
            feedback::for_person_id,
        ))
        .load(c))?)
}
