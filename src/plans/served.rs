//! What an event can count for: items of the plans in force where it is held, and of plans of the members from elsewhere whom the
//! branch hosts. What a mobile member attends at the host counts at home, once. domain.md §4.1 (HostStay).
use super::{Item, Plan, store};
use crate::audiences::{self, Rule};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::events::Event;
use crate::ids::{OrgId, PersonId};
use crate::organization::{self, Tree};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// A plan whose items an event can serve.
#[derive(Debug, Clone)]
pub struct Offer {
    pub plan: Plan,
    pub items: Vec<Item>,
    /// It is for members of elsewhere who stay here, not for those who belong here.
    pub is_of_guests: bool,
}

/// The plans in force on `today` where the event is held; behind them those that are not, and mean somebody who stays there on
/// the day of the event.
///
/// # Errors
/// Those of the database.
pub fn offers(conn: &mut Conn, event: &Event, today: NaiveDate) -> Result<Vec<Offer>> {
    let path = organization::find(conn, event.org)?.path;
    let mut offers = vec![];
    for plan in store::in_force(conn, &path, today)? {
        let items = store::items(conn, plan.id, plan.version)?;
        offers.push(Offer { plan, items, is_of_guests: false });
    }
    // Whoever comes to anything else has enrolled for it.
    if !event.kind.is_of_branch() {
        return Ok(offers);
    }
    let mut homes: BTreeMap<OrgId, (String, Vec<PersonId>)> = BTreeMap::new();
    for (guest, home, path) in store::guests(conn, &path, event.day())? {
        homes.entry(home).or_insert_with(|| (path, vec![])).1.push(guest);
    }
    for (home, (path, guests)) in homes {
        let tree = Tree::around(conn, home, today)?;
        let Some(top) = tree.place(home) else { continue };
        for plan in store::in_force(conn, &path, today)? {
            if offers.iter().any(|one| one.plan.id == plan.id) {
                continue;
            }
            let version = store::version(conn, plan.id, plan.version)?;
            let rule = Rule::of(&version.rule).map_err(Error::internal)?;
            let meant = audiences::members(conn, &rule, &tree, top, today)?;
            if meant.iter().any(|member| guests.contains(&member.person)) {
                let items = store::items(conn, plan.id, plan.version)?;
                offers.push(Offer { plan, items, is_of_guests: true });
            }
        }
    }
    Ok(offers)
}
