//! Guidance groups (巡回指导组), two tiers: ten groups of the city guide committees, groups of the committees guide the branches
//! below them, so that every branch has somebody. domain.md §4.10 (INV-T1, INV-T2), §5.10.
//!
//! `groups` has who is in them and whom they guide, `plan` the rule of a fair half-year and `plans` what is made by it, `visits` what
//! was found at a place, `findings` what becomes of it, `coverage` the figures.
pub mod coverage;
mod findings;
mod forms;
mod groups;
pub mod pages;
mod plan;
mod plans;
mod store;
mod visits;

use crate::access::Permission::{AnswerFindings, PlanGuidance, SeeGuidance, VisitBranches};
use crate::access::{Role, Viewer};
use crate::audit::Doer;
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{AccountId, FindingId, GuidanceGroupId, GuidanceVisitId, OrgId, PersonId};
use crate::lang::Message;
use crate::organization::Level;
use crate::{msg, text_enum};
use chrono::{Datelike, Duration, NaiveDate};
pub use coverage::{Coverage, coverage};
pub use findings::{Step, due_of, overdue_until, remind, step};
pub use groups::{
    NewGroup, NewMember, add_member, assign, assign_below, close, end_member, make, rename, unassign,
};
pub use plans::{NewPlan, make as make_plan, make_from as make_plan_from};
pub use store::groups::Group;
pub use visits::{NewFinding, NewVisit, correct, record};

text_enum! {
    /// Whose group it is: the city's guide committees, a committee's guide branches.
    pub enum Tier {
        City = "city",
        Committee = "committee",
    }
}

impl Tier {
    pub fn words(self) -> Message {
        match self {
            Tier::City => msg!("市委巡回指导组"),
            Tier::Committee => msg!("党委巡回指导组"),
        }
    }
    /// What groups of this tier guide.
    pub fn guides(self) -> Level {
        match self {
            Tier::City => Level::Committee,
            Tier::Committee => Level::Branch,
        }
    }
}

text_enum! {
    /// What a finding is about.
    pub enum Category {
        Meetings = "meetings",
        Study = "study",
        Records = "records",
        Members = "members",
        Premises = "premises",
        Other = "other",
    }
}

impl Category {
    pub fn words(self) -> Message {
        match self {
            Category::Meetings => msg!("会议和活动"),
            Category::Study => msg!("学习安排"),
            Category::Records => msg!("记录和台账"),
            Category::Members => msg!("联系和关心党员"),
            Category::Premises => msg!("场地和设备"),
            Category::Other => msg!("其他"),
        }
    }
}

text_enum! {
    /// How pressing a finding is.
    pub enum Severity {
        Hint = "hint",
        Mend = "mend",
        Urgent = "urgent",
    }
}

impl Severity {
    pub fn words(self) -> Message {
        match self {
            Severity::Hint => msg!("建议"),
            Severity::Mend => msg!("需要整改"),
            Severity::Urgent => msg!("尽快整改"),
        }
    }
}

text_enum! {
    /// Where a finding is. Whether it is overdue follows from the day that was promised.
    pub enum State {
        Open = "open",
        Promised = "promised",
        Fixed = "fixed",
        Verified = "verified",
        Reopened = "reopened",
    }
}

impl State {
    pub fn words(self) -> Message {
        match self {
            State::Open => msg!("等支部答复"),
            State::Promised => msg!("已定整改日期"),
            State::Fixed => msg!("已整改，等核实"),
            State::Verified => msg!("已核实"),
            State::Reopened => msg!("没有改好，重新整改"),
        }
    }
    /// Whether the branch has to do something.
    pub fn waits_for_branch(self) -> bool {
        matches!(self, State::Open | State::Promised | State::Reopened)
    }
}

impl Group {
    pub fn is_open(&self) -> bool {
        self.valid_to.is_none()
    }
}

/// A finding, with where it was made.
#[derive(Debug, Clone)]
pub struct Finding {
    pub id: FindingId,
    pub visit: GuidanceVisitId,
    pub group: GuidanceGroupId,
    pub org: OrgId,
    pub org_name: String,
    pub org_path: String,
    pub org_level: Level,
    pub category: Category,
    pub severity: Severity,
    pub state: State,
    pub promised_for: Option<NaiveDate>,
    /// How many steps it has made.
    pub steps: i32,
    pub found_on: NaiveDate,
    /// `None` once retention has erased it.
    pub text: Option<String>,
}

impl Finding {
    /// Whether the promised day has passed; `until` is the newest day whose promises are late, see [`overdue_until`].
    pub fn is_overdue(&self, until: NaiveDate) -> bool {
        self.state.waits_for_branch() && self.promised_for.is_some_and(|day| day <= until)
    }
}

/// A half of a year: January to June, July to December.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Half {
    pub year: i32,
    pub is_second: bool,
}

impl Half {
    /// The half in which a day lies.
    pub fn of(day: NaiveDate) -> Half {
        Half { year: day.year(), is_second: day.month() > 6 }
    }
    pub fn first_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.year, if self.is_second { 7 } else { 1 }, 1).unwrap_or_default()
    }
    /// The first day after it.
    pub fn end(self) -> NaiveDate {
        self.next().first_day()
    }
    pub fn next(self) -> Half {
        Half { year: self.year + i32::from(self.is_second), is_second: !self.is_second }
    }
    pub fn previous(self) -> Half {
        Half { year: self.year - i32::from(!self.is_second), is_second: !self.is_second }
    }
    /// The day whose end its figures tell of: its last one, or today.
    pub fn as_of(self, today: NaiveDate) -> NaiveDate {
        today.min(self.end() - Duration::days(1))
    }
    /// As addresses and programs name it: `2026-2`.
    pub fn key(self) -> String {
        format!("{}-{}", self.year, if self.is_second { 2 } else { 1 })
    }
    /// What such a name means.
    pub fn of_key(key: &str) -> Option<Half> {
        let (year, half) = key.split_once('-')?;
        let year: i32 = year.parse().ok().filter(|year| (1900..3000).contains(year))?;
        match half {
            "1" => Some(Half { year, is_second: false }),
            "2" => Some(Half { year, is_second: true }),
            _ => None,
        }
    }
    pub fn words(self) -> Message {
        match self.is_second {
            false => msg!("{} 年上半年", self.year),
            true => msg!("{} 年下半年", self.year),
        }
    }
}

/// Who does it, and when.
#[derive(Clone, Debug)]
pub struct Hand {
    pub account: AccountId,
    pub person: PersonId,
    pub doer: Doer,
    pub now: Timestamp,
}

/// Why something about guidance is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    NoGroupsHere,
    Closed,
    HasOrgs(i64),
    IsMember,
    NobodyOfNumber,
    /// INV-T2: names of members, names of organisations.
    AtHome(String, String),
    /// In another group's list.
    Taken(String),
    NotGuided(String),
    ChangedMeanwhile,
    NoOrg,
    NoDay,
    NoPair(String),
    HalfOver,
    TooEarly,
    FutureDay,
    LongAgo,
    TooFewPresent,
    NotInGroup,
    NotAssigned,
    NotItsEvent,
    PromiseBefore,
    KeyUsed,
    NotNow,
    OwnFix,
    OwnBranch,
    /// What was kept on a phone belongs to whoever typed it.
    OtherAccount,
}

impl Refusal {
    pub fn words(&self) -> Message {
        match self {
            Refusal::NoGroupsHere => msg!("指导组由市委或基层党委设立，请选其中一个"),
            Refusal::Closed => msg!("这个指导组已经撤销，不能再改"),
            Refusal::HasOrgs(count) => msg!("还有 {} 个组织由这个组联系，请先交给别的组", count),
            Refusal::IsMember => msg!("这个人已经是组员"),
            Refusal::NobodyOfNumber => msg!("没有这个党员编号，请核对"),
            Refusal::AtHome(who, org) => {
                msg!("{} 的组织关系在 {}：不能指导自己所在的支部，请交给别的组", who, org)
            }
            Refusal::Taken(names) => msg!("已经由别的组联系：{}。要换组，请先从原来的组移出", names),
            Refusal::NotGuided(names) => msg!("不归这个组指导：{}", names),
            Refusal::ChangedMeanwhile => msg!("您打开这一页以后有了变化，请看过现在的情况再办"),
            Refusal::NoOrg => msg!("没有要走访的组织：还没有分配，或者这个半年都走访过了"),
            Refusal::NoDay => msg!("这个半年剩下的日子里没有工作日了"),
            Refusal::NoPair(org) => msg!("{} 派不出两个人：组员不能去自己所在的支部，请先增加组员", org),
            Refusal::HalfOver => msg!("这个半年已经过去，不能再排"),
            Refusal::TooEarly => msg!("只能排这个半年和下一个半年"),
            Refusal::FutureDay => msg!("走访的日期还没有到"),
            Refusal::LongAgo => msg!("只能补记 {} 天以内的走访", visits::LATE_DAYS),
            Refusal::TooFewPresent => msg!("走访至少要有两名组员在场"),
            Refusal::NotInGroup => msg!("在场的人要是当天的组员"),
            Refusal::NotAssigned => msg!("这个组织当天不由这个组联系"),
            Refusal::NotItsEvent => msg!("列席的活动不是这个组织的"),
            Refusal::PromiseBefore => msg!("整改日期不能早于走访或今天"),
            Refusal::KeyUsed => msg!("这张表已经用过。请重新打开这一页再填"),
            Refusal::NotNow => msg!("现在不能办这一步，可能别人刚刚办过。请看现在的情况"),
            Refusal::OwnFix => msg!("说改好了的人不能自己核实，请另一名组员核实"),
            Refusal::OtherAccount => msg!("这份记录是另一个账号填的，请用那个账号登录后再发"),
            Refusal::OwnBranch => msg!("这是您自己所在的支部，请别的组员核实"),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        Error::Refused(refusal.words())
    }
}

/// What a viewer may do with a group that they may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct May {
    pub plan: bool,
    /// Is a member of it, and so visits for it.
    pub visit: bool,
}

/// A group that the viewer may see, and what they may do with it: one of their scope, or their own.
///
/// # Errors
/// Not found otherwise.
pub fn seen(conn: &mut Conn, viewer: &Viewer, id: GuidanceGroupId) -> Result<(Group, May)> {
    let group = store::groups::find(conn, id)?;
    let covers = |paths: Vec<String>| paths.iter().any(|path| group.org_path.starts_with(path.as_str()));
    let visit = group.is_open()
        && viewer.may(VisitBranches)
        && !viewer.is_acting()
        && store::groups::is_member(conn, id, viewer.person)?;
    let plan = covers(viewer.paths(PlanGuidance));
    if visit || plan || covers(viewer.paths(SeeGuidance)) {
        Ok((group, May { plan, visit }))
    } else {
        Err(Error::NotFound)
    }
}

/// A group that the viewer may change.
///
/// # Errors
/// Not found outside their scope.
pub fn planned(conn: &mut Conn, viewer: &Viewer, id: GuidanceGroupId) -> Result<Group> {
    match seen(conn, viewer, id)? {
        (group, may) if may.plan => Ok(group),
        _ => Err(Error::NotFound),
    }
}

/// A group of which the viewer is a member, whatever their grant says of scope.
///
/// # Errors
/// Not found otherwise.
pub fn own(conn: &mut Conn, viewer: &Viewer, id: GuidanceGroupId) -> Result<Group> {
    match seen(conn, viewer, id)? {
        (group, may) if may.visit => Ok(group),
        _ => Err(Error::NotFound),
    }
}

/// For which organisations the viewer answers findings: paths, and whether only the organisation itself is meant. A committee
/// answers what was found at the committee; what was found at a branch is the branch's to answer.
pub fn answered(viewer: &Viewer) -> Vec<(String, bool)> {
    let answers = viewer.grants.iter().filter(|grant| grant.role.permissions().contains(&AnswerFindings));
    answers.filter_map(|grant| Some((grant.path.clone()?, grant.role == Role::Committee))).collect()
}

/// A finding that the viewer answers.
///
/// # Errors
/// Not found otherwise.
pub fn answerable(conn: &mut Conn, viewer: &Viewer, id: FindingId) -> Result<Finding> {
    let finding = store::findings::find(conn, id)?;
    let is_theirs = answered(viewer).iter().any(|(path, is_exact)| match is_exact {
        true => finding.org_path == *path,
        false => finding.org_path.starts_with(path.as_str()),
    });
    if is_theirs { Ok(finding) } else { Err(Error::NotFound) }
}

/// A group by its number: for whoever has been let in, or made it.
///
/// # Errors
/// Not found.
pub fn group(conn: &mut Conn, id: GuidanceGroupId) -> Result<Group> {
    store::groups::find(conn, id)
}

/// A finding by its number: for whoever has been let in.
///
/// # Errors
/// Not found.
pub fn finding(conn: &mut Conn, id: FindingId) -> Result<Finding> {
    store::findings::find(conn, id)
}

/// What was found at an organisation, the oldest first; two hundred at most.
///
/// # Errors
/// Those of the database.
pub fn findings_of(conn: &mut Conn, org: OrgId) -> Result<Vec<Finding>> {
    store::findings::of_org(conn, org)
}

/// Who is a member on a day or later, leaders first.
///
/// # Errors
/// Those of the database.
pub fn members(conn: &mut Conn, group: &Group, day: NaiveDate) -> Result<Vec<PersonId>> {
    Ok(store::groups::members(conn, group.id, day)?.into_iter().map(|one| one.person).collect())
}

/// Where the newest plan of a group leads, and when.
///
/// # Errors
/// Those of the database.
pub fn planned_days(conn: &mut Conn, group: &Group) -> Result<Vec<(i64, NaiveDate)>> {
    let Some(plan) = store::plans::versions(conn, group.id)?.into_iter().next() else { return Ok(vec![]) };
    Ok(store::plans::slots(conn, plan.id)?.into_iter().map(|slot| (slot.org, slot.day)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_follow_one_another() {
        let of = |text: &str| Half::of(text.parse().unwrap());
        assert_eq!(of("2026-06-30"), Half { year: 2026, is_second: false });
        assert_eq!(of("2026-07-01"), of("2026-12-31"));
        assert_eq!(of("2026-12-31").end().to_string(), "2027-01-01");
        assert_eq!(of("2026-01-01").end(), of("2026-08-01").first_day());
        for day in ["2026-01-01", "2026-06-30", "2026-12-31"] {
            let half = of(day);
            assert_eq!((half.next().previous(), Half::of_key(&half.key())), (half, Some(half)));
            assert_eq!(half.as_of(half.first_day()), half.first_day());
            assert_eq!(half.as_of(half.end()).succ_opt(), Some(half.end()));
        }
        assert_eq!(of("2026-07-01").key(), "2026-2");
        for bad in ["", "2026", "2026-3", "-1", "99999999999-1", "0-1"] {
            assert_eq!(Half::of_key(bad), None, "{bad}");
        }
    }
}
