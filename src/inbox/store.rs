//! Rows of notices, addresses and of what was sent to them.
use super::{Kind, NewNotice};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::Result;
use crate::ids::{AccountId, PersonId};
use crate::schema::notices;
use diesel::prelude::*;

/// Rows in one statement on PostgreSQL, which takes 65,535 values.
const TOGETHER: usize = 5_000;

#[derive(Insertable)]
#[diesel(table_name = notices)]
struct Row<'a> {
    person_id: PersonId,
    kind: Kind,
    title: String,
    body: &'a str,
    link: &'a str,
    sent_by: Option<AccountId>,
    at: Timestamp,
    key: &'a str,
}

pub(super) fn insert(conn: &mut Conn, new: &[NewNotice], now: Timestamp) -> Result<usize> {
    let rows: Vec<Row> = new
        .iter()
        .map(|one| Row {
            person_id: one.person,
            kind: one.kind,
            title: one.title.to_kept(),
            body: &one.body,
            link: &one.link,
            sent_by: one.sent_by,
            at: now,
            key: &one.key,
        })
        .collect();
    let mut count = 0;
    match conn {
        Conn::Sqlite(c) => {
            for row in &rows {
                count +=
                    diesel::insert_into(notices::table).values(row).on_conflict_do_nothing().execute(c)?;
            }
        }
        Conn::Postgres(c) => {
            for some in rows.chunks(TOGETHER) {
                count +=
                    diesel::insert_into(notices::table).values(some).on_conflict_do_nothing().execute(c)?;
            }
        }
    }
    Ok(count)
}
