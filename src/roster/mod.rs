//! The roster as it is kept: changes of members, transfers between branches, organisations, schools and alliances. Nothing is
//! overwritten: a change ends a row and begins the next, with its day and who recorded it. domain.md §4.1.
mod forms;
pub mod history;
mod members;
pub mod pages;
mod places_forms;
pub mod plain;
mod reorganize;
mod schooling;
mod store;
mod transfers;

use crate::audit::{Action, Doer};
use crate::clock::{self, Timestamp};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{AccountId, OrgId, PersonId};
use crate::inbox::{self, NewNotice};
use crate::lang::Message;
use crate::{msg, text_enum};
use chrono::NaiveDate;
pub use transfers::State as TransferState;

text_enum! {
    /// What a change is about.
    pub enum Kind {
        Name = "name",
        Phone = "phone",
        BirthYear = "birth_year",
        Stage = "stage",
        CategoryBegun = "category_begun",
        CategoryEnded = "category_ended",
        OfficeBegun = "office_begun",
        OfficeEnded = "office_ended",
        StayBegun = "stay_begun",
        StayEnded = "stay_ended",
        /// The person came from outside.
        Joined = "joined",
        /// From one branch to another: a transfer, a split, a merge.
        Moved = "moved",
        MembershipEnded = "membership_ended",
        OrgAdded = "org_added",
        OrgRenamed = "org_renamed",
        OrgKind = "org_kind",
        OrgMoved = "org_moved",
        OrgClosed = "org_closed",
        /// A list that had closed it was taken back.
        OrgReopened = "org_reopened",
        OrgSplit = "org_split",
        OrgMerged = "org_merged",
    }
}

impl Kind {
    /// The kind in words.
    pub fn words(self) -> Message {
        match self {
            Kind::Name => msg!("更正姓名"),
            Kind::Phone => msg!("更正电话"),
            Kind::BirthYear => msg!("更正出生年份"),
            Kind::Stage => msg!("发展阶段"),
            Kind::CategoryBegun => msg!("加入类别"),
            Kind::CategoryEnded => msg!("退出类别"),
            Kind::OfficeBegun => msg!("任职"),
            Kind::OfficeEnded => msg!("免职"),
            Kind::StayBegun => msg!("流动登记"),
            Kind::StayEnded => msg!("流动结束"),
            Kind::Joined => msg!("市外转入"),
            Kind::Moved => msg!("转到别的支部"),
            Kind::MembershipEnded => msg!("组织关系终止"),
            Kind::OrgAdded => msg!("建立组织"),
            Kind::OrgRenamed => msg!("改名称"),
            Kind::OrgKind => msg!("改类型"),
            Kind::OrgMoved => msg!("换上级"),
            Kind::OrgClosed => msg!("撤销组织"),
            Kind::OrgReopened => msg!("恢复组织"),
            Kind::OrgSplit => msg!("拆分组织"),
            Kind::OrgMerged => msg!("合并组织"),
        }
    }
    /// What the member is told, where the change is about one.
    fn told(self) -> Message {
        match self {
            Kind::Name | Kind::Phone | Kind::BirthYear => msg!("名册里您的个人信息已更正"),
            Kind::Stage => msg!("名册里您的发展阶段有变动"),
            Kind::CategoryBegun | Kind::CategoryEnded => msg!("名册里您的类别有变动"),
            Kind::OfficeBegun | Kind::OfficeEnded => msg!("名册里您的职务有变动"),
            Kind::StayBegun | Kind::StayEnded => msg!("名册里您的流动登记有变动"),
            _ => msg!("您的组织关系有变动"),
        }
    }
}

text_enum! {
    /// Why a membership ended.
    pub enum EndReason {
        Died = "died",
        Left = "left",
        StruckOff = "struck_off",
        Expelled = "expelled",
        /// By a transfer to a place outside the city.
        MovedAway = "moved_away",
    }
}

impl EndReason {
    /// Those that somebody enters; moving away is a transfer.
    pub const ENTERED: [EndReason; 4] =
        [EndReason::Died, EndReason::Left, EndReason::StruckOff, EndReason::Expelled];
    /// The reason in words.
    pub fn words(self) -> Message {
        match self {
            EndReason::Died => msg!("去世"),
            EndReason::Left => msg!("退党"),
            EndReason::StruckOff => msg!("除名"),
            EndReason::Expelled => msg!("开除党籍"),
            EndReason::MovedAway => msg!("转出市外"),
        }
    }
}

/// Who changes something, when, and by which form: the same key is the same change.
#[derive(Clone)]
pub struct Hand {
    pub account: AccountId,
    pub person: PersonId,
    pub acted_by: Option<AccountId>,
    pub doer: Doer,
    pub now: Timestamp,
    pub key: String,
}

impl Hand {
    /// The day in the city.
    fn today(&self) -> NaiveDate {
        clock::day(self.now)
    }
    /// The same for many rows at once.
    fn by(&self) -> history::By<'_> {
        history::By {
            account: self.account,
            acted_by: self.acted_by,
            key: &self.key,
            note: "",
            now: self.now,
        }
    }
    /// The first day on which a row that began on this one may end: only one that began today was never in force and goes.
    fn first_end(&self, from: NaiveDate) -> NaiveDate {
        if from < self.today() { from.succ_opt().unwrap_or(from) } else { from }
    }
    /// That a day is not in the future.
    fn check_day(&self, day: NaiveDate) -> Result<()> {
        if day > self.today() { Err(Refusal::Future.into()) } else { Ok(()) }
    }
}

/// Why a change is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    Future,
    OwnPerson,
    NotNow,
    Same,
    NotMember,
    AlreadyIn,
    OwnBranch,
    HasTransfer,
    NumberTaken,
    /// Whoever sent a member does not also receive.
    SamePerson,
    NotProposer,
    HasMembers(i64),
    HasSchools,
    HasTransfers,
    NotSameLevel,
    NobodyChosen,
    EverybodyChosen,
    /// Somebody's row began later than the day: who, when.
    Later(String, NaiveDate),
    NameTaken,
}

impl Refusal {
    /// The reason in words.
    pub fn words(&self) -> Message {
        match self {
            Refusal::Future => msg!("日期不能在今天以后。"),
            Refusal::OwnPerson => msg!("这是您自己的信息，要由别人登记。"),
            Refusal::NotNow => msg!("别人刚刚改过这一条，请看现在的情况再办。"),
            Refusal::Same => msg!("和现在的一样，没有要改的。"),
            Refusal::NotMember => msg!("这个人现在没有组织关系，不能登记这一项。"),
            Refusal::AlreadyIn => msg!("已经登记着这一项了。"),
            Refusal::OwnBranch => msg!("这就是本人所在的支部。"),
            Refusal::HasTransfer => msg!("这个人的组织关系正在转接，先办完或撤回。"),
            Refusal::NumberTaken => msg!("这个党员编号已经有人在用。"),
            Refusal::SamePerson => msg!("转出和接收要由两个人办。"),
            Refusal::NotProposer => msg!("由提出的人撤回。"),
            Refusal::HasMembers(count) => msg!("还有 {} 名党员，先转走。", count),
            Refusal::HasSchools => msg!("还有微党校由它主办，先换主办单位。"),
            Refusal::HasTransfers => msg!("有人的组织关系正在转进或转出，先办完。"),
            Refusal::NotSameLevel => msg!("只能是两个支部，或两个总支。"),
            Refusal::NobodyChosen => msg!("请至少选一个。"),
            Refusal::EverybodyChosen => msg!("至少要留下一个；全部都走的，改名称就行。"),
            Refusal::Later(name, from) => msg!("{} 的一条从 {} 开始，日期不能比它早。", name, from),
            Refusal::NameTaken => msg!("已经有同名的了。"),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        Error::Refused(refusal.words())
    }
}

/// A change to be recorded.
struct Change {
    kind: Kind,
    person: Option<PersonId>,
    org: Option<OrgId>,
    old: Option<String>,
    new: Option<String>,
    day: NaiveDate,
    ended: Option<i64>,
    begun: Option<i64>,
}

impl Change {
    /// About a person, still without keys.
    fn of(kind: Kind, person: PersonId, day: NaiveDate) -> Change {
        Change { kind, person: Some(person), org: None, old: None, new: None, day, ended: None, begun: None }
    }
    /// About an organisation.
    fn of_org(kind: Kind, org: OrgId, day: NaiveDate) -> Change {
        Change { person: None, org: Some(org), ..Change::of(kind, PersonId(0), day) }
    }
}

/// Records a change: the row, the audit, and the member's inbox. `part` tells the changes of one form apart.
fn note(conn: &mut Conn, change: &Change, part: usize, hand: &Hand) -> Result<i64> {
    let id = store::record(conn, change, part, hand)?;
    match (change.person, change.org) {
        (Some(person), _) => hand.doer.did_to(conn, Action::RosterChanged, person, hand.now)?,
        (None, Some(org)) => hand.doer.did(conn, Action::OrgChanged, ("org", org.0), hand.now)?,
        (None, None) => {}
    }
    let is_told = change.new.as_deref() != Some(EndReason::Died.as_str());
    if let Some(person) = change.person.filter(|_| is_told) {
        tell(conn, person, (change.kind.told(), "/account"), format!("roster-{id}"), hand)?;
    }
    Ok(id)
}

/// Ends the roles that go with a membership: those at this branch and its groups, or all of a person who is no member any more.
/// Undoing an import does not give them back: roles are given by somebody who knows it.
///
/// # Errors
/// Those of the database.
pub fn end_roles(
    conn: &mut Conn,
    person: PersonId,
    branch: Option<OrgId>,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    let at = match branch {
        Some(branch) => Some([vec![branch], transfers::ids_below(conn, branch)?].concat()),
        None => None,
    };
    end_roles_at(conn, person, at.as_deref(), doer, now)
}

/// Ends a person's roles at these organisations, or all.
fn end_roles_at(
    conn: &mut Conn,
    person: PersonId,
    at: Option<&[OrgId]>,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    if store::end_grants(conn, person, at, (doer.account, now))? > 0 {
        doer.did_to(conn, Action::GrantEnded, person, now)?;
    }
    Ok(())
}

/// Ends all roles at an organisation that closes.
///
/// # Errors
/// Those of the database.
pub fn end_roles_of(conn: &mut Conn, org: OrgId, doer: &Doer, now: Timestamp) -> Result<()> {
    for person in store::end_grants_at(conn, org, (doer.account, now))? {
        doer.did_to(conn, Action::GrantEnded, person, now)?;
    }
    Ok(())
}

/// Tells somebody once.
fn tell(
    conn: &mut Conn,
    person: PersonId,
    (title, link): (Message, &str),
    key: String,
    hand: &Hand,
) -> Result<()> {
    let notice = NewNotice {
        person,
        kind: inbox::Kind::Message,
        title,
        body: String::new(),
        link: link.to_owned(),
        sent_by: None,
        key,
    };
    inbox::tell(conn, &[notice], hand.now)?;
    Ok(())
}
