//! What becomes of many schools, alliances or organisations at once, by a list, its undoing, or a merge: they are read before and
//! after, and what differs is recorded as the forms record it. What is new has no row: undoing a list removes it altogether.
use super::schooling::{self, Field, Texts};
use super::store::{self, OrgState, Place};
use super::{Change, Kind};
use crate::clock::{self, Timestamp};
use crate::db::Conn;
use crate::error::Result;
use crate::ids::{AccountId, AllianceId, OrgId, SchoolId};
use crate::schools;
use std::collections::BTreeMap;

/// Whose changes are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    Schools,
    Alliances,
    Organizations,
}

/// Who does it, and when. The key is that of this doing and of no other; a note says by which file.
pub struct By<'a> {
    pub account: AccountId,
    pub acted_by: Option<AccountId>,
    pub key: &'a str,
    pub note: &'a str,
    pub now: Timestamp,
}

/// A school or an alliance.
struct PlaceState {
    place: Place,
    name: String,
    is_open: bool,
    texts: Texts,
}

/// What some records were.
pub struct Before {
    sort: Sort,
    ids: Vec<i64>,
    places: BTreeMap<i64, PlaceState>,
    orgs: BTreeMap<i64, OrgState>,
}

impl Before {
    /// As they are now.
    ///
    /// # Errors
    /// Those of the database.
    pub fn of(conn: &mut Conn, sort: Sort, ids: &[i64]) -> Result<Before> {
        let mut before = Before { sort, ids: ids.to_vec(), places: BTreeMap::new(), orgs: BTreeMap::new() };
        match sort {
            Sort::Schools => {
                let ids: Vec<SchoolId> = ids.iter().copied().map(SchoolId).collect();
                for shown in schools::shown(conn, &ids)? {
                    let id = shown.school.id;
                    let state = PlaceState {
                        place: Place::School(id),
                        texts: schooling::texts(&shown),
                        name: shown.school.name,
                        is_open: shown.is_open,
                    };
                    before.places.insert(id.0, state);
                }
            }
            Sort::Alliances => {
                let ids: Vec<AllianceId> = ids.iter().copied().map(AllianceId).collect();
                for alliance in schools::alliances_shown(conn, &ids)? {
                    let id = alliance.id;
                    let state = PlaceState {
                        place: Place::Alliance(id),
                        texts: schooling::alliance_texts(&alliance),
                        name: alliance.name,
                        is_open: true,
                    };
                    before.places.insert(id.0, state);
                }
            }
            Sort::Organizations => {
                let states = store::org_states(conn, ids)?;
                before.orgs = states.into_iter().map(|state| (state.id.0, state)).collect();
            }
        }
        Ok(before)
    }
    /// Records what is another thing now; in few statements, however many there are.
    ///
    /// # Errors
    /// Those of the database.
    pub fn keep(&self, conn: &mut Conn, by: &By<'_>) -> Result<()> {
        let now = Before::of(conn, self.sort, &self.ids)?;
        let edits: Vec<_> = self
            .places
            .iter()
            .filter_map(|(id, old)| Some((old, now.places.get(id)?)))
            .flat_map(|(old, new)| edits(old, new))
            .collect();
        store::write_edits(conn, &edits, by)?;
        let changes: Vec<Change> = self
            .orgs
            .iter()
            .filter_map(|(id, old)| Some((old, now.orgs.get(id)?)))
            .flat_map(|(old, new)| changes(old, new, by))
            .collect();
        store::record_many(conn, &changes, by)
    }
}

fn edits(old: &PlaceState, new: &PlaceState) -> Vec<(Place, Field, String, String)> {
    match (old.is_open, new.is_open) {
        // Whatever goes with it is not told one by one, as in the form.
        (true, false) => vec![(old.place, Field::Closed, old.name.clone(), String::new())],
        (false, true) => vec![(old.place, Field::Reopened, String::new(), new.name.clone())],
        _ => schooling::differing(old.place, &old.texts, &new.texts),
    }
}

fn changes(old: &OrgState, new: &OrgState, by: &By<'_>) -> Vec<Change> {
    let of = |kind| Change::of_org(kind, old.id, clock::day(by.now));
    let mut all = vec![];
    // The names themselves are on record beside the organisation.
    if old.name != new.name {
        all.push(of(Kind::OrgRenamed));
    }
    if old.kind != new.kind {
        let (old, new) = (Some(old.kind.as_str().to_owned()), Some(new.kind.as_str().to_owned()));
        all.push(Change { old, new, ..of(Kind::OrgKind) });
    }
    match (old.until.is_none(), new.until.is_none()) {
        (true, false) => all.push(of(Kind::OrgClosed)),
        (false, true) => all.push(of(Kind::OrgReopened)),
        _ if old.parent != new.parent => {
            let key = |parent: Option<OrgId>| parent.map(|id| id.to_string());
            all.push(Change { old: key(old.parent), new: key(new.parent), ..of(Kind::OrgMoved) });
        }
        _ => {}
    }
    all
}
