//! The tree of organisations: city → committee → general branch → branch → group, valid in time. domain.md §4.1.
mod store;
mod tree;

use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::OrgId;
use crate::lang::Message;
use crate::{clock, msg, text_enum};
use chrono::NaiveDate;
pub(crate) use store::after;
pub use store::{
    Org, children, find, find_within, lock, meant, names_of, places_of, topmost, validity, within,
};
pub use tree::{Node, Tree};

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
    /// The level in words.
    pub fn words(self) -> Message {
        match self {
            Level::City => msg!("全市"),
            Level::Committee => msg!("基层党委"),
            Level::GeneralBranch => msg!("党总支"),
            Level::Branch => msg!("党支部"),
            Level::Group => msg!("党小组"),
        }
    }
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
    if let Some(parent) = parent
        && store::validity(conn, parent)?.1.is_some()
    {
        return Err(Error::Refused(msg!("上级组织已经撤销")));
    }
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
    relocate_on(conn, org, parent, clock::day(now))
}

/// As [`relocate`], from a day that is today or earlier.
///
/// # Errors
/// Refused as there, and before the present placement began.
pub fn relocate_on(conn: &mut Conn, org: OrgId, parent: OrgId, day: NaiveDate) -> Result<()> {
    let (moved, above) = (store::find(conn, org)?, store::find(conn, parent)?);
    check_levels(Some(&above), moved.level)?;
    if above.path.starts_with(&moved.path) {
        return Err(Error::Refused(msg!("不能把组织放到它自己的下级里")));
    }
    if let Some((_, from)) = store::placement(conn, org)?
        && day < from
    {
        return Err(Error::Refused(before(from)));
    }
    store::end_placement(conn, org, day)?;
    store::place(conn, org, parent, day)?;
    store::rebase(conn, &moved.path, &format!("{}{}/", above.path, org))
}

/// What is said where a change would come before what it changes.
pub fn before(from: NaiveDate) -> Message {
    msg!("原来的一条从 {} 开始，日期不能比它早。", from)
}

/// Renames an organisation from `day` on; the old name stays on record. A name that began that day was never in force.
///
/// # Errors
/// Refused before the present name began.
pub fn rename(conn: &mut Conn, org: OrgId, name: &str, day: NaiveDate) -> Result<()> {
    let old = store::find(conn, org)?.name;
    let from = match store::names_of(conn, org)?.first() {
        Some((_, _, to)) => *to,
        None => store::validity(conn, org)?.0,
    };
    if day < from {
        return Err(Error::Refused(before(from)));
    }
    if day > from {
        store::keep_name(conn, org, &old, (from, day))?;
    }
    store::set_name(conn, org, name)
}

/// Changes what kind of organisation it is, from `day` on.
///
/// # Errors
/// Refused before the present kind began.
pub fn change_kind(conn: &mut Conn, org: OrgId, kind: OrgKind, day: NaiveDate) -> Result<()> {
    let from = match store::kind_since(conn, org)? {
        Some(day) => day,
        None => store::validity(conn, org)?.0,
    };
    if day < from {
        return Err(Error::Refused(before(from)));
    }
    store::set_kind(conn, org, kind, day)
}

/// Closes an organisation that has no open one below it, and ends its place in the tree. Whether it is empty of members the caller
/// has seen, who holds it locked.
///
/// # Errors
/// Refused with open organisations below it, for the city, and unless it began before that day.
pub fn close(conn: &mut Conn, org: OrgId, day: NaiveDate) -> Result<()> {
    if !store::children(conn, org, 0, 1)?.is_empty() {
        return Err(Error::Refused(msg!("下面还有组织，先撤销或移走它们。")));
    }
    let Some((_, placed)) = store::placement(conn, org)? else {
        return Err(Error::Refused(msg!("最上级的组织不能撤销。")));
    };
    let from = store::validity(conn, org)?.0;
    if day < placed {
        return Err(Error::Refused(before(placed)));
    }
    if day <= from {
        return Err(Error::Refused(msg!("它从 {} 才建立，要在这一天以后才能撤销。", from)));
    }
    store::end_placement(conn, org, day)?;
    store::close(conn, org, day)
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
