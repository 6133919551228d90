//! What happened to enrolments, step by step; never changed.
use super::seats::{Moved, TOGETHER};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::enrolments::State;
use crate::error::Result;
use crate::ids::{AccountId, EnrolmentId, PersonId};
use crate::schema::{enrolment_steps, enrolment_texts, enrolments};
use diesel::dsl::max;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp as Moment};

/// Who did it, and for whom if not for oneself. Nobody: the portal itself, in the order of the queue.
#[derive(Clone, Copy, Default)]
pub struct By {
    pub account: Option<AccountId>,
    pub for_person: Option<PersonId>,
}

/// Appends a step to each; with what was written to it. One statement for some hundreds.
pub fn step(conn: &mut Conn, moved: &Moved, state: State, by: By, text: &str, now: Timestamp) -> Result<()> {
    for some in moved.chunks(TOGETHER) {
        let ids: Vec<EnrolmentId> = some.iter().map(|one| one.0).collect();
        let before: Option<i64> = match text {
            "" => None,
            _ => either!(conn, c => enrolment_steps::table.select(max(enrolment_steps::id)).first(c))?,
        };
        either!(conn, c => enrolments::table
            .filter(enrolments::id.eq_any(&ids))
            .order(enrolments::seq)
            .select((
                enrolments::id,
                state.into_sql::<Text>(),
                now.into_sql::<Moment>(),
                by.account.into_sql::<Nullable<BigInt>>(),
                by.for_person.into_sql::<Nullable<BigInt>>(),
            ))
            .insert_into(enrolment_steps::table)
            .into_columns((
                enrolment_steps::enrolment_id, enrolment_steps::state, enrolment_steps::at, enrolment_steps::by_id,
                enrolment_steps::for_id,
            ))
            .execute(c))?;
        if text.is_empty() {
            continue;
        }
        // Others may append steps at the same time, but not to these: their offering is locked.
        either!(conn, c => enrolment_steps::table
            .filter(enrolment_steps::enrolment_id.eq_any(&ids).and(enrolment_steps::id.gt(before.unwrap_or(0))))
            .select((enrolment_steps::id, text.into_sql::<Text>()))
            .insert_into(enrolment_texts::table)
            .into_columns((enrolment_texts::step_id, enrolment_texts::text))
            .execute(c))?;
    }
    Ok(())
}

/// What was written to the last step of an enrolment; empty if nothing was.
pub fn last_text(conn: &mut Conn, id: EnrolmentId) -> Result<String> {
    let text: Option<Option<String>> = either!(conn, c => enrolment_steps::table
        .left_join(enrolment_texts::table)
        .filter(enrolment_steps::enrolment_id.eq(id))
        .order(enrolment_steps::id.desc())
        .select(enrolment_texts::text.nullable())
        .first(c)
        .optional())?;
    Ok(text.flatten().unwrap_or_default())
}
