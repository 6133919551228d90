//! The tree of organisations: city → committee → general branch → branch → group, valid in time. domain.md §4.1.
mod store;

use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::OrgId;
use crate::lang::Message;
use crate::{clock, msg, text_enum};
use chrono::NaiveDate;
pub(crate) use store::after;
pub use store::{Org, find, within};

text_enum! {
    pub enum Level {
        City = "city",
        Committee = "committee",
        GeneralBranch = "general_branch",
        Branch = "branch",
        Group = "group",
    }
}

impl Level {
    /// 0 for the root, larger further down.
    pub fn depth(self) -> usize {
        Level::ALL.iter().position(|level| *level == self).unwrap_or_default()
    }
}

text_enum! {
    pub enum OrgKind {
        Rural = "rural",
        Community = "community",
        Agency = "agency",
        StateOwned = "soe",
        Institution = "institution",
        TwoNew = "two_new",
        School = "school",
        Mobile = "mobile",
        Retired = "retired",
    }
}

impl OrgKind {
    pub fn words(self) -> Message {
        match self {
            OrgKind::Rural => msg!("农村"),
            OrgKind::Community => msg!("社区"),
            OrgKind::Agency => msg!("机关"),
            OrgKind::StateOwned => msg!("国有企业"),
            OrgKind::Institution => msg!("事业单位"),
            OrgKind::TwoNew => msg!("“两新”组织"),
            OrgKind::School => msg!("学校"),
            OrgKind::Mobile => msg!("流动党员"),
            OrgKind::Retired => msg!("离退休"),
        }
    }
}

/// Adds an organisation below `parent`; the city has none.
///
/// # Errors
/// Refused if the parent's level is not above the new one's: that, and ids that only grow, is why the tree has no
/// cycles (INV-O1).
pub fn add(
    conn: &mut Conn,
    parent: Option<OrgId>,
    level: Level,
    kind: OrgKind,
    name: &str,
    from: NaiveDate,
) -> Result<OrgId> {
    let above = match parent {
        Some(parent) => Some(store::find(conn, parent)?),
        None => None,
    };
    check_levels(above.as_ref(), level)?;
    let path = above.as_ref().map_or("/", |org| org.path.as_str());
    let id = store::insert(conn, level, kind, name, path, from)?;
    if let Some(parent) = parent {
        store::place(conn, id, parent, from)?;
    }
    Ok(id)
}

/// Puts `org` and all below it under another parent from today: the old placement ends, a new one begins.
///
/// # Errors
/// Refused as in [`add`], and under a node of its own.
pub fn relocate(conn: &mut Conn, org: OrgId, parent: OrgId, now: Timestamp) -> Result<()> {
    let (moved, above) = (store::find(conn, org)?, store::find(conn, parent)?);
    check_levels(Some(&above), moved.level)?;
    if above.path.starts_with(&moved.path) {
        return Err(Error::Refused(msg!("不能把组织放到它自己的下级里")));
    }
    let today = clock::day(now);
    store::end_placement(conn, org, today)?;
    store::place(conn, org, parent, today)?;
    store::rebase(conn, &moved.path, &format!("{}{}/", above.path, org))
}

fn check_levels(above: Option<&Org>, level: Level) -> Result<()> {
    let fits = match above {
        // INV-O2: whatever is below the city is below a committee
        Some(above) if above.level == Level::City => level == Level::Committee,
        Some(above) => above.level.depth() < level.depth(),
        None => level == Level::City,
    };
    if fits { Ok(()) } else { Err(Error::Refused(msg!("上级组织的层级必须高于下级"))) }
}
