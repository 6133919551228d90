//! Lecture competitions (赛课): from the announcement to the final result. domain.md §4.3.
//!
//! `method` is what a round is judged by, `result` computes a round from it and from its sheets (both pure). `way` is the life of
//! a contest and its rounds, `entries` that of an entry, `judges` who judges what, `recusals` whom entrants ask not to be judged by,
//! `sheets` what judges hand in, `outcome` from the lock to the published ranking, `objections` who answers one, `corrections` what
//! follows from it. Each action locks the row of its contest first, so that what happens to a contest happens one after the other
//! on both databases.
pub mod corrections;
pub mod entries;
mod forms;
pub mod judges;
mod method;
pub mod objections;
pub mod outcome;
pub mod pages;
pub mod recusals;
pub mod result;
pub mod sheets;
mod store;
pub mod way;

use crate::clock::Timestamp;
use crate::error::Error;
use crate::ids::{
    AccountId, AllianceId, AssignmentId, ContestId, EntryId, JudgeId, LectureId, OrgId, PersonId, RoundId,
    SchoolId,
};
use crate::lang::Message;
use crate::{msg, text_enum};
use chrono::NaiveDate;
pub use method::{
    Audience, AudienceForm, Boundary, Breaker, Criterion, Method, Panels, Promote, Scores, Time, Trim,
};
pub use outcome::SUBJECT;
pub use store::{
    ContestDraft, EntryDraft, RoundDraft, assignments, contest, entries_of, judge_as, lock, places, rounds,
};

text_enum! {
    pub enum State {
        Draft = "draft",
        Announced = "announced",
        /// Entries are taken.
        Open = "open",
        Screening = "screening",
        Judging = "judging",
        /// The last round's sheets are locked.
        Locked = "locked",
        /// The last round's result is published and open to objections (公示).
        Provisional = "provisional",
        Final = "final",
        Archived = "archived",
    }
}

impl State {
    pub fn words(self) -> Message {
        match self {
            State::Draft => msg!("草稿"),
            State::Announced => msg!("已公布"),
            State::Open => msg!("正在报名"),
            State::Screening => msg!("资格审核"),
            State::Judging => msg!("评委评分"),
            State::Locked => msg!("评分已锁定"),
            State::Provisional => msg!("公示中"),
            State::Final => msg!("已确定"),
            State::Archived => msg!("已归档"),
        }
    }
    /// Visitors see it.
    pub fn is_public(self) -> bool {
        self != State::Draft
    }
}

text_enum! {
    pub enum RoundKind {
        VideoPrelim = "video_prelim",
        LiveHeat = "live_heat",
        Final = "final",
    }
}

impl RoundKind {
    pub fn words(self) -> Message {
        match self {
            RoundKind::VideoPrelim => msg!("录像初评"),
            RoundKind::LiveHeat => msg!("现场初赛"),
            RoundKind::Final => msg!("决赛"),
        }
    }
}

text_enum! {
    pub enum RoundState {
        Waiting = "waiting",
        /// Lots are drawn, judges are assigned; no sheet is open yet.
        Drawn = "drawn",
        Judging = "judging",
        Locked = "locked",
        Provisional = "provisional",
        Final = "final",
    }
}

impl RoundState {
    pub fn words(self) -> Message {
        match self {
            RoundState::Waiting => msg!("未开始"),
            RoundState::Drawn => msg!("已抽签"),
            RoundState::Judging => msg!("评分中"),
            RoundState::Locked => msg!("已锁定"),
            RoundState::Provisional => msg!("公示中"),
            RoundState::Final => msg!("已确定"),
        }
    }
}

text_enum! {
    pub enum EntryState {
        Draft = "draft",
        Submitted = "submitted",
        BranchEndorsed = "branch_endorsed",
        Screened = "screened",
        Returned = "returned",
        Refused = "refused",
        Competing = "competing",
        Scored = "scored",
        Promoted = "promoted",
        Eliminated = "eliminated",
        Awarded = "awarded",
        Withdrawn = "withdrawn",
        Disqualified = "disqualified",
    }
}

impl EntryState {
    pub fn words(self) -> Message {
        match self {
            EntryState::Draft => msg!("草稿"),
            EntryState::Submitted => msg!("等支部审核"),
            EntryState::BranchEndorsed => msg!("支部已同意，等资格审核"),
            EntryState::Screened => msg!("资格审核通过"),
            EntryState::Returned => msg!("退回修改"),
            EntryState::Refused => msg!("未通过资格审核"),
            EntryState::Competing => msg!("参评"),
            EntryState::Scored => msg!("已评分"),
            EntryState::Promoted => msg!("晋级"),
            EntryState::Eliminated => msg!("未晋级"),
            EntryState::Awarded => msg!("入选"),
            EntryState::Withdrawn => msg!("已撤回"),
            EntryState::Disqualified => msg!("已取消资格"),
        }
    }
    /// The entrant may still change it.
    pub fn is_open(self) -> bool {
        matches!(self, EntryState::Draft | EntryState::Returned)
    }
}

text_enum! {
    /// What a screener says of an entry.
    pub enum Verdict {
        Passed = "passed",
        Returned = "returned",
        Refused = "refused",
    }
}

text_enum! {
    pub enum JudgeState {
        Invited = "invited",
        /// Has accepted the rules for judges.
        Accepted = "accepted",
        Declined = "declined",
        Withdrawn = "withdrawn",
    }
}

text_enum! {
    /// Why a judge should not judge an entry.
    pub enum ConflictKind {
        SameBranch = "same_branch",
        SameUnit = "same_unit",
        SameAlliance = "same_alliance",
        Kin = "kin",
        /// 培养联系人、入党介绍人.
        Mentor = "mentor",
        Coached = "coached",
        Competitor = "competitor",
        Other = "other",
        Administrative = "administrative",
    }
}

impl ConflictKind {
    pub fn words(self) -> Message {
        match self {
            ConflictKind::SameBranch => msg!("同一支部"),
            ConflictKind::SameUnit => msg!("同一单位"),
            ConflictKind::SameAlliance => msg!("同一联盟"),
            ConflictKind::Kin => msg!("亲属"),
            ConflictKind::Mentor => msg!("培养联系人或入党介绍人"),
            ConflictKind::Coached => msg!("指导过或参与过制作"),
            ConflictKind::Competitor => msg!("竞争关系"),
            ConflictKind::Other => msg!("其他"),
            ConflictKind::Administrative => msg!("管理上的回避"),
        }
    }
    /// A hard one cannot be removed: the judge never judges this entry. An alliance is soft: 47 of them meet in a final.
    pub fn is_hard(self) -> bool {
        !matches!(self, ConflictKind::SameAlliance | ConflictKind::Competitor | ConflictKind::Administrative)
    }
}

text_enum! {
    pub enum PlaceState {
        Competing = "competing",
        Withdrawn = "withdrawn",
        Disqualified = "disqualified",
    }
}

text_enum! {
    pub enum AssignmentState {
        Assigned = "assigned",
        Recused = "recused",
        Submitted = "submitted",
        /// Declared by the scorer, with a reason.
        Missing = "missing",
        /// By the decision about an objection.
        Excluded = "excluded",
    }
}

impl AssignmentState {
    pub fn words(self) -> Message {
        match self {
            AssignmentState::Assigned => msg!("未交"),
            AssignmentState::Recused => msg!("已回避"),
            AssignmentState::Submitted => msg!("已交"),
            AssignmentState::Missing => msg!("缺评"),
            AssignmentState::Excluded => msg!("不计入"),
        }
    }
}

text_enum! {
    /// What the decision about an objection brings about.
    pub enum RulingKind {
        Nothing = "none",
        ArithmeticFix = "arithmetic_fix",
        SheetExcluded = "sheet_excluded",
        EntryDisqualified = "entry_disqualified",
        ReJudge = "re_judge",
    }
}

impl RulingKind {
    pub fn words(self) -> Message {
        match self {
            RulingKind::Nothing => msg!("结果不变"),
            RulingKind::ArithmeticFix => msg!("更正计时或计算，重新计算"),
            RulingKind::SheetExcluded => msg!("一份评分表不计入，重新计算"),
            RulingKind::EntryDisqualified => msg!("取消一件作品的资格，重新计算"),
            RulingKind::ReJudge => msg!("一件作品由别的评委重评"),
        }
    }
}

#[derive(Debug, Clone)]
pub struct Contest {
    pub id: ContestId,
    pub slug: String,
    pub title: String,
    pub summary: String,
    /// Markdown.
    pub rules: String,
    pub opens_on: NaiveDate,
    pub closes_on: NaiveDate,
    pub needs_video: bool,
    pub notice_days: i32,
    pub gold_count: i32,
    pub gold_years: i32,
    pub state: State,
    pub is_suspended: bool,
    pub revision: i32,
    pub made_by: AccountId,
    pub announced_at: Option<Timestamp>,
    pub closed_at: Option<Timestamp>,
}

#[derive(Debug, Clone)]
pub struct Round {
    pub id: RoundId,
    pub contest: ContestId,
    pub position: i32,
    pub kind: RoundKind,
    pub title: String,
    pub state: RoundState,
    pub panels: i32,
    pub sheets_each: i32,
    pub judge_load: i32,
    pub method: Method,
    pub method_sha256: String,
    pub frozen_by: Option<AccountId>,
    pub approved_by: Option<AccountId>,
    pub approved_at: Option<Timestamp>,
    /// The digest of the portal's part of the seed; empty before entries close.
    pub seed_commit: String,
    /// The whole seed, once lots are drawn; empty before.
    pub seed: String,
    pub drawn_at: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    pub due_at: Option<Timestamp>,
    /// Who asked for the lock, and who made it.
    pub lock_by: Option<AccountId>,
    pub locked_by: Option<AccountId>,
    pub locked_at: Option<Timestamp>,
}

impl Round {
    /// The method holds: frozen by one, approved by another.
    pub fn is_frozen(&self) -> bool {
        self.approved_at.is_some()
    }
}

#[derive(Debug, Clone)]
pub struct Entry {
    pub id: EntryId,
    pub contest: ContestId,
    pub entrant: PersonId,
    pub entrant_name: String,
    pub branch: OrgId,
    pub branch_name: String,
    pub school: SchoolId,
    pub school_name: String,
    pub alliance: Option<AllianceId>,
    pub title: String,
    pub lecture: Option<LectureId>,
    pub is_original: bool,
    pub may_broadcast: bool,
    pub may_name: bool,
    pub state: EntryState,
    pub version: i32,
    /// E01 and so on; `None` until entries close.
    pub code: Option<String>,
    pub made_by: AccountId,
    pub submitted_at: Option<Timestamp>,
    pub endorsed_by: Option<AccountId>,
}

#[derive(Debug, Clone)]
pub struct Judge {
    pub id: JudgeId,
    pub contest: ContestId,
    pub person: PersonId,
    pub name: String,
    pub unit: String,
    pub expertise: String,
    /// What published sheets call the judge.
    pub number: i32,
    pub panel: Option<i32>,
    pub state: JudgeState,
}

/// A judge and an entry in a round.
#[derive(Debug, Clone)]
pub struct Assignment {
    pub id: AssignmentId,
    pub round: RoundId,
    pub judge: JudgeId,
    pub entry: EntryId,
    pub state: AssignmentState,
    pub version: i32,
    pub locked_at: Option<Timestamp>,
}

/// Why something about a contest is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    SlugTaken,
    Suspended,
    /// Not a step of the state in which it is.
    NotNow,
    NoRounds,
    NotFrozen,
    Frozen,
    BadMethod,
    SamePerson,
    Overtaken,
    TooEarly,
    TooLate,
    EntryExists,
    NotEligible,
    OwnEntry,
    AlreadySaid,
    EntriesWait(i64),
    NoEntries,
    FewJudges,
    JudgesWait(i64),
    PanelsEmpty,
    Conflicted,
    NotAssigned,
    Incomplete,
    Far,
    SubmittedAlready,
    Locked,
    SheetsOpen(i64),
    LockTwice,
    HardConflict,
    PapersDiffer,
    Involved,
    KeyUsed,
    ManyRecusals,
    RecusalKnown,
    /// Another device, or another window, saved a draft that this page does not know.
    NewerDraft,
    /// Who judges does nothing about the sheets of others.
    JudgesToo,
    /// Least squares: so many judges have too few sheets for their mildness to be told.
    ThinJudges(usize),
    /// What an answer would change is final.
    ResultFinal,
    OwnResult,
    NextRound,
    TitlesHeld,
}

impl Refusal {
    pub fn words(&self) -> Message {
        match self {
            Refusal::SlugTaken => msg!("这个地址名已经有人用了，请换一个"),
            Refusal::Suspended => msg!("赛课已暂停，恢复以后才能继续。"),
            Refusal::NotNow => msg!("现在的阶段不能办这一步，可能别人刚刚办过。请看这一页现在的状态。"),
            Refusal::NoRounds => msg!("至少要有一轮评分。"),
            Refusal::NotFrozen => msg!("每一轮的评分办法都要先由一个人冻结、另一个人批准。"),
            Refusal::Frozen => msg!("评分办法已经冻结，不能再改。"),
            Refusal::BadMethod => msg!("评分办法还有写得不对的地方，不能冻结。"),
            Refusal::SamePerson => msg!("这一步要由另一个人办理。"),
            Refusal::Overtaken => crate::web::form::overtaken(),
            Refusal::TooEarly => msg!("还没有到这一天。"),
            Refusal::TooLate => msg!("已经过了截止的日子。"),
            Refusal::EntryExists => msg!("每人在一次赛课里只能有一件作品，您已经有一件。"),
            Refusal::NotEligible => msg!("还没有写全，或没有声明原创，不能提交。"),
            Refusal::OwnEntry => msg!("这是您自己的作品，要由别人办理。"),
            Refusal::AlreadySaid => msg!("这一稿您已经办理过，要由另一个人办理。"),
            Refusal::EntriesWait(n) => msg!("还有 {} 件作品没有审核完。", n),
            Refusal::NoEntries => msg!("没有可以参评的作品。"),
            Refusal::FewJudges => msg!("接受邀请的评委太少，达不到评分办法要求的份数。"),
            Refusal::JudgesWait(n) => msg!("还有 {} 位评委没有答复邀请。", n),
            Refusal::PanelsEmpty => msg!("有的评委组没有评委，请先分组。"),
            Refusal::Conflicted => msg!("评委与这件作品有必须回避的关系，不能评。"),
            Refusal::NotAssigned => msg!("这件作品没有分给您，或已经改派。"),
            Refusal::Incomplete => msg!("还有项目没有打分，或分数超出范围。"),
            Refusal::Far => {
                msg!(
                    "这份总分与其他评委的总分相差较大。请再看一遍；确认无误，勾选“我已复看，分数无误”，再提交。"
                )
            }
            Refusal::SubmittedAlready => msg!("这份评分表已经提交，提交后不能改。需要改，请计分员退回。"),
            Refusal::Locked => msg!("这一轮的评分已经锁定。"),
            Refusal::SheetsOpen(n) => msg!("还有 {} 份评分表没有交，也没有登记回避或缺评。", n),
            Refusal::LockTwice => msg!("锁定要由两个人办理：您已经提出，请另一个人确认。"),
            Refusal::HardConflict => msg!("必须回避的关系不能撤销。"),
            Refusal::PapersDiffer => msg!("两个人录入的分数不一样，请核对纸质评分表。"),
            Refusal::Involved => msg!("评委、计分员、监督员和参评人不能是同一个人。"),
            Refusal::ManyRecusals => msg!("写的人已经够多，不能再加。"),
            Refusal::RecusalKnown => msg!("这个人您已经写过。"),
            Refusal::NewerDraft => {
                msg!(
                    "另一台设备或另一个窗口存过更新的草稿，这里填的还没有存上。要看那一份，请重新打开这一页；要以这里填的为准，请点“存草稿”。"
                )
            }
            Refusal::JudgesToo => {
                msg!("您是这次赛课的评委，评分表、缺评和锁定要由别的计分员或监督员办理。")
            }
            Refusal::KeyUsed => msg!("这张表单不完整，请重新打开这一页再填"),
            Refusal::ThinJudges(n) => msg!("有 {} 位评委分到的评分表太少，扣除不了宽严。", n),
            Refusal::ResultFinal => msg!("结果已经确定，不能按异议更正。要先在结果页重新打开它。"),
            Refusal::OwnResult => msg!("计算、复核、公布过这个结果的人不能重新打开它。"),
            Refusal::NextRound => msg!("下一轮已经抽签，这一轮的结果不能再打开。"),
            Refusal::TitlesHeld => msg!("金牌讲师已经按这个结果聘任，请先暂停或终止他们的称号。"),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        Error::Refused(refusal.words())
    }
}
