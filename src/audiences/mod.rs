//! Audiences: saved rules over the roster that say who is meant, and who that is on a day. product.md system 12, domain.md §4.1.
//! Pages and plans ask here; nothing is kept of the persons themselves, so whoever comes to fit a rule belongs to it at once.
mod forms;
pub mod pages;
mod rule;
mod store;

use crate::audit::{Action, Doer};
use crate::clock::{self, Timestamp};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{AccountId, AudienceId, OrgId};
use crate::msg;
use crate::organization::Tree;
use chrono::NaiveDate;
pub use forms::RuleForm;
pub use rule::{Fits, Rule};
pub use store::{Audience, Member, alliances, audience, audience_ever, audiences_for, members, within};

/// The members below `org` who fit the rule on `day`, in the order of the tree; with the tree of that day.
///
/// # Errors
/// [`Error::NotFound`] where there was no such organisation on that day.
pub fn fitting(conn: &mut Conn, rule: &Rule, org: OrgId, day: NaiveDate) -> Result<(Vec<Member>, Tree)> {
    let tree = Tree::on(conn, day)?;
    let top = tree.place(org).ok_or(Error::NotFound)?;
    let members = store::members(conn, rule, &tree, top, day)?;
    Ok((members, tree))
}

/// Makes an audience.
///
/// # Errors
/// Those of the database.
pub fn make(
    conn: &mut Conn,
    (org, name, rule): (OrgId, &str, &Rule),
    key: &str,
    by: (AccountId, &Doer),
    now: Timestamp,
) -> Result<AudienceId> {
    let (id, is_new) = store::insert(conn, (org, name, &rule.json()), key, by.0, now)?;
    if is_new {
        by.1.did(conn, Action::AudienceSaved, ("audience", id.0), now)?;
    }
    Ok(id)
}

/// Saves another name and rule. Plans keep the rule that they were published with.
///
/// # Errors
/// Refused if somebody saved it since revision `from`.
pub fn save(
    conn: &mut Conn,
    id: AudienceId,
    from: i32,
    (name, rule): (&str, &Rule),
    by: (AccountId, &Doer),
    now: Timestamp,
) -> Result<()> {
    if !store::update(conn, id, from, (name, &rule.json()), by.0, now)? {
        return Err(Error::Refused(msg!("您打开这一页以后，别人改过这个对象。请重新打开，在新的内容上再改")));
    }
    by.1.did(conn, Action::AudienceSaved, ("audience", id.0), now)
}

/// Takes it off the lists; plans that have its rule go on.
///
/// # Errors
/// Those of the database.
pub fn archive(conn: &mut Conn, id: AudienceId, doer: &Doer, now: Timestamp) -> Result<()> {
    if store::archive(conn, id, now)? {
        doer.did(conn, Action::AudienceArchived, ("audience", id.0), now)?;
    }
    Ok(())
}

/// Today in the city.
fn today() -> NaiveDate {
    clock::day(clock::now())
}
