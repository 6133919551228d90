//! Changes in words: what their keys say.
use super::super::store::{self, Line};
use super::super::{EndReason, Kind};
use crate::db::Conn;
use crate::error::Result;
use crate::ids::OrgId;
use crate::lang::Message;
use crate::organization::OrgKind;
use crate::people::{Category, Office, Stage};
use crate::web::page::Page;
use std::collections::BTreeMap;

/// The names of organisations that changes speak of.
pub(super) struct Names(BTreeMap<OrgId, String>);

/// The organisation that a key names.
fn org_of(key: &str) -> Option<OrgId> {
    key.rsplit('@').next()?.parse().ok().map(OrgId)
}

impl Names {
    /// Those of these changes.
    pub fn of(conn: &mut Conn, lines: &[Line]) -> Result<Names> {
        let keys = lines.iter().flat_map(|line| [&line.old, &line.new]).flatten();
        let mut ids: Vec<OrgId> = keys.filter_map(|key| org_of(key)).collect();
        ids.sort_unstable();
        ids.dedup();
        Ok(Names(store::org_names(conn, &ids)?.into_iter().collect()))
    }
    /// The name of an organisation.
    pub fn name(&self, id: OrgId) -> String {
        self.0.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }
    /// Those of these organisations.
    pub fn some(conn: &mut Conn, ids: &[OrgId]) -> Result<Names> {
        Ok(Names(store::org_names(conn, ids)?.into_iter().collect()))
    }
    fn org(&self, key: &str) -> String {
        org_of(key).map_or_else(|| key.to_owned(), |id| self.name(id))
    }
    /// A key in words.
    fn words(&self, page: &Page, kind: Kind, key: &str) -> String {
        let say = |words: Option<Message>| words.map(|words| page.say(&words));
        let known = match kind {
            Kind::Stage => say(Stage::of(key).map(Stage::words)),
            Kind::CategoryBegun | Kind::CategoryEnded => say(Category::of(key).map(Category::words)),
            Kind::OfficeBegun | Kind::OfficeEnded => {
                let office = key.split('@').next().and_then(Office::of).map(Office::words);
                Some([say(office).unwrap_or_default(), self.org(key)].join(" ").trim().to_owned())
            }
            Kind::MembershipEnded => say(EndReason::of(key).map(EndReason::words)),
            Kind::OrgKind => say(OrgKind::of(key).map(OrgKind::words)),
            _ => None,
        };
        known.unwrap_or_else(|| self.org(key))
    }
    /// What was before a change, and after it.
    pub fn both(&self, page: &Page, line: &Line) -> (String, String) {
        let side = |key: &Option<String>| {
            key.as_deref().map(|key| self.words(page, line.kind, key)).unwrap_or_default()
        };
        match &line.old_value {
            Some(old) => (old.clone(), side(&line.new)),
            None => (side(&line.old), side(&line.new)),
        }
    }
}
