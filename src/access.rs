//! Who may do what. The only place where a role is turned into a permission. product.md and domain.md §3 settle it.
use crate::ids::{AccountId, PersonId};
use crate::lang::Message;
use crate::{msg, text_enum};
use Permission::*;

text_enum! {
    /// What a person is to the portal, by a grant with a scope. Every member with an account studies without any grant.
    pub enum Role {
        Admin = "admin",
        Auditor = "auditor",
        Organizer = "organizer",
        Checker = "checker",
        Supervisor = "supervisor",
        Scorer = "scorer",
        Judge = "judge",
        Reviewer = "reviewer",
        Instructor = "instructor",
        Guide = "guide",
        AllianceStaff = "alliance",
        TownStaff = "town",
        Committee = "committee",
        Secretary = "secretary",
        Clerk = "clerk",
    }
}

text_enum! {
    /// Where a grant holds.
    pub enum ScopeKind {
        City = "city",
        Committee = "committee",
        Branch = "branch",
        Alliance = "alliance",
        School = "school",
        Contest = "contest",
    }
}

/// Something that a door or a page asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Permission {
    /// See the persons of one's scope: name, member number, branch, whether they have an account.
    SeePeople,
    /// Print a one-time code for a person of one's scope.
    IssueCodes,
    /// Do something in the portal for a person of one's scope who asked for it.
    ActForMembers,
    /// Read the record of what was done, by whom and for whom.
    ReadAudit,
    /// Read complaints and suggestions.
    ReadFeedback,
    /// Say that a complaint or suggestion has been dealt with.
    HandleFeedback,
    /// Open the desk of administrators.
    SeeAdmin,
    /// Propose what the installation is called and promises.
    ChangeSettings,
    /// See the settings, and approve or refuse what somebody else proposed.
    DecideSettings,
    /// Answer questions under the lectures that one gave.
    AnswerQuestions,
    /// Send recordings, and make lectures of them.
    TeachLectures,
    /// Pass or return lectures that somebody else made, and take published ones off the public pages.
    ReviewLectures,
    /// Make courses and booklets at the desk.
    MakeCourses,
    /// Pass or return courses and booklets that somebody else made.
    ReviewCourses,
    /// Manage everybody's courses, their dates and their lists.
    OrganizeCourses,
    /// Enrol persons of one's scope who asked for it, one by one or a list.
    EnrolMembers,
    /// Hold events for one's scope: discussions, group viewing; and record who was there.
    HoldEvents,
    /// Decide disputes and corrections of one's scope that concern what somebody else recorded.
    DecideCases,
    /// See how far a competition is, and its record.
    WatchContests,
    /// Hold competitions: announce them, invite judges, assign entries.
    RunContests,
    /// Approve what somebody else set for a competition: the methods of its rounds.
    ApproveContests,
    /// Say for one's branch that an entry may take part.
    EndorseEntries,
    /// Examine whether entries may compete.
    ScreenEntries,
    /// Score the entries that one was assigned.
    JudgeEntries,
    /// Keep time and sheets of a competition, lock a round, compute its result.
    KeepScores,
    /// Watch over a competition: conflicts, the second hand of a lock, objections.
    SuperviseContests,
    /// Show comments of ratings, or hide them with a reason.
    ModerateRatings,
    /// Judge flags of ratings; two of those who may decide an exclusion, or that an author has to be known.
    JudgeRatings,
    /// Compute rankings and publish those that somebody else checked.
    PublishRankings,
    /// Check rankings that somebody else computed.
    CheckRankings,
    /// Name the robots of groups to which announcements go.
    ManageChannels,
    /// Plan the broadcast: which lectures are shown where and when.
    PlanBroadcast,
    /// Say for one's scope who is to study what by when: audiences and study plans.
    MakePlans,
    /// See for one's scope who has been reached, and who has not.
    SeeCoverage,
    /// Propose that a member of one's scope need not study something, and arrange who brings it to whom.
    ArrangeStudy,
    /// Decide exemptions of one's scope that somebody else proposed; read their reasons.
    DecideExemptions,
    /// Keep the roster of one's scope: members, their offices and memberships, organisations.
    EditRoster,
    /// Move members of one's scope and take others in; their stages, categories and stays elsewhere.
    MoveMembers,
    /// Keep schools whose hosts are in one's scope, and, for the whole city, alliances.
    EditSchools,
    /// Bring lists of members, organisations, schools and alliances of one's scope in and out as files.
    ImportRoster,
    /// Make guidance groups, say whom they guide, and draw the plans of their visits.
    PlanGuidance,
    /// Visit for one's own guidance groups, and verify what was found.
    VisitBranches,
    /// Answer what guidance groups found.
    AnswerFindings,
    /// See what guidance groups do in one's scope.
    SeeGuidance,
    /// Keep the ledger of printed copies of one's scope: receive, issue, hand out.
    KeepCopies,
    /// Name printed editions, order copies and say that they have come.
    OrderCopies,
}

impl Permission {
    pub const ALL: [Permission; 46] = [
        SeePeople,
        IssueCodes,
        ActForMembers,
        ReadAudit,
        ReadFeedback,
        HandleFeedback,
        SeeAdmin,
        ChangeSettings,
        DecideSettings,
        AnswerQuestions,
        TeachLectures,
        ReviewLectures,
        MakeCourses,
        ReviewCourses,
        OrganizeCourses,
        EnrolMembers,
        HoldEvents,
        DecideCases,
        WatchContests,
        RunContests,
        ApproveContests,
        EndorseEntries,
        ScreenEntries,
        JudgeEntries,
        KeepScores,
        SuperviseContests,
        ModerateRatings,
        JudgeRatings,
        PublishRankings,
        CheckRankings,
        ManageChannels,
        PlanBroadcast,
        MakePlans,
        SeeCoverage,
        ArrangeStudy,
        DecideExemptions,
        EditRoster,
        MoveMembers,
        EditSchools,
        ImportRoster,
        PlanGuidance,
        VisitBranches,
        AnswerFindings,
        SeeGuidance,
        KeepCopies,
        OrderCopies,
    ];

    /// The permission in words.
    pub fn words(self) -> Message {
        match self {
            SeePeople => msg!("查看范围内的人员"),
            IssueCodes => msg!("为范围内的人员打印一次性登录码"),
            ActForMembers => msg!("受委托代范围内的党员操作"),
            ReadAudit => msg!("查看操作记录"),
            ReadFeedback => msg!("查看投诉和建议"),
            HandleFeedback => msg!("办理投诉和建议"),
            SeeAdmin => msg!("打开管理台"),
            ChangeSettings => msg!("修改设置"),
            DecideSettings => msg!("批准别人提出的设置修改"),
            AnswerQuestions => msg!("回答自己课程下的提问"),
            TeachLectures => msg!("上传录像，做自己的课"),
            ReviewLectures => msg!("审别人的课，下架已发布的课"),
            MakeCourses => msg!("做系列课程和读本"),
            ReviewCourses => msg!("审别人做的系列课程和读本"),
            OrganizeCourses => msg!("管理所有系列课程的安排和名单"),
            EnrolMembers => msg!("为范围内的党员报名"),
            HoldEvents => msg!("举办活动、登记到场"),
            DecideCases => msg!("办理范围内的异议和更正"),
            WatchContests => msg!("查看赛课的进度和记录"),
            RunContests => msg!("举办赛课"),
            ApproveContests => msg!("批准别人定的评分办法"),
            EndorseEntries => msg!("代表支部同意作品参赛"),
            ScreenEntries => msg!("审核参赛资格"),
            JudgeEntries => msg!("给分到的作品打分"),
            KeepScores => msg!("计时、收评分表、锁定和计算"),
            SuperviseContests => msg!("监督赛课：回避、锁定、异议"),
            ModerateRatings => msg!("审核评价文字"),
            JudgeRatings => msg!("核查评价；两个人一起决定剔除评价或查明作者"),
            PublishRankings => msg!("计算榜单，发布别人复核过的榜单"),
            CheckRankings => msg!("复核别人计算的榜单"),
            ManageChannels => msg!("管理群公告的机器人"),
            PlanBroadcast => msg!("安排展播"),
            MakePlans => msg!("制定学习计划，发布别人提交的计划"),
            SeeCoverage => msg!("查看范围内的学习覆盖情况"),
            ArrangeStudy => msg!("安排范围内的送学和补学，提出免学"),
            DecideExemptions => msg!("审定别人提出的免学"),
            EditRoster => msg!("管理范围内的名册和组织"),
            MoveMembers => msg!("转接组织关系，登记阶段、类别和流动"),
            EditSchools => msg!("管理微党校；权限是全市的，还管理联盟"),
            ImportRoster => msg!("导入和导出范围内的名册"),
            PlanGuidance => msg!("设立巡回指导组、分配组织、排走访计划"),
            VisitBranches => msg!("为自己的指导组走访、记录和核实"),
            AnswerFindings => msg!("答复指导组提出的问题"),
            SeeGuidance => msg!("查看范围内的巡回指导"),
            KeepCopies => msg!("登记范围内纸质读本的收发"),
            OrderCopies => msg!("征订纸质读本、登记到货"),
        }
    }
}

impl Role {
    /// The table of roles and permissions.
    pub const fn permissions(self) -> &'static [Permission] {
        match self {
            Role::Admin => &[
                SeePeople,
                IssueCodes,
                ActForMembers,
                ReadAudit,
                ReadFeedback,
                HandleFeedback,
                SeeAdmin,
                ChangeSettings,
                DecideSettings,
                ManageChannels,
                EditRoster,
                MoveMembers,
                ImportRoster,
                PlanGuidance,
                SeeGuidance,
                KeepCopies,
                OrderCopies,
            ],
            Role::Checker => &[
                SeeAdmin,
                DecideSettings,
                ReviewCourses,
                WatchContests,
                ApproveContests,
                ScreenEntries,
                JudgeRatings,
                CheckRankings,
                MakePlans,
                SeeCoverage,
            ],
            Role::Auditor => &[SeePeople, SeeAdmin, ReadAudit, ReadFeedback, SeeCoverage, SeeGuidance],
            Role::Secretary => &[
                SeePeople,
                IssueCodes,
                ActForMembers,
                EnrolMembers,
                HoldEvents,
                DecideCases,
                EndorseEntries,
                SeeCoverage,
                ArrangeStudy,
                DecideExemptions,
                MoveMembers,
                AnswerFindings,
                KeepCopies,
            ],
            Role::Clerk => &[
                SeePeople,
                IssueCodes,
                ActForMembers,
                EnrolMembers,
                HoldEvents,
                SeeCoverage,
                ArrangeStudy,
                MoveMembers,
                AnswerFindings,
                KeepCopies,
            ],
            // What was found at the committee itself is the committee's to answer.
            Role::Committee => &[
                SeePeople,
                DecideCases,
                MakePlans,
                SeeCoverage,
                ArrangeStudy,
                DecideExemptions,
                EditRoster,
                MoveMembers,
                EditSchools,
                ImportRoster,
                PlanGuidance,
                AnswerFindings,
                SeeGuidance,
                KeepCopies,
            ],
            Role::TownStaff => &[
                SeePeople,
                DecideCases,
                MakePlans,
                SeeCoverage,
                ArrangeStudy,
                DecideExemptions,
                EditRoster,
                MoveMembers,
                EditSchools,
                ImportRoster,
                SeeGuidance,
                KeepCopies,
            ],
            Role::Instructor => &[AnswerQuestions, TeachLectures, MakeCourses],
            Role::Reviewer => &[ReviewLectures, ReviewCourses, ScreenEntries, ModerateRatings],
            Role::Organizer => &[
                MakeCourses,
                ReviewCourses,
                OrganizeCourses,
                EnrolMembers,
                HoldEvents,
                DecideCases,
                WatchContests,
                RunContests,
                ScreenEntries,
                PublishRankings,
                CheckRankings,
                PlanBroadcast,
                MakePlans,
                SeeCoverage,
                EditSchools,
                PlanGuidance,
                SeeGuidance,
                KeepCopies,
                OrderCopies,
            ],
            Role::Judge => &[JudgeEntries],
            Role::Scorer => &[WatchContests, KeepScores],
            Role::Supervisor => &[WatchContests, SuperviseContests, JudgeRatings],
            Role::AllianceStaff => &[SeeCoverage],
            Role::Guide => &[VisitBranches],
        }
    }
    /// The role in words.
    pub fn words(self) -> Message {
        match self {
            Role::Admin => msg!("系统管理员"),
            Role::Auditor => msg!("审计员"),
            Role::Organizer => msg!("组织者"),
            Role::Checker => msg!("复核人"),
            Role::Supervisor => msg!("监督员"),
            Role::Scorer => msg!("计分员"),
            Role::Judge => msg!("评委"),
            Role::Reviewer => msg!("审课人"),
            Role::Instructor => msg!("讲师"),
            Role::Guide => msg!("巡回指导组成员"),
            Role::AllianceStaff => msg!("联盟工作人员"),
            Role::TownStaff => msg!("镇街工作人员"),
            Role::Committee => msg!("基层党委工作人员"),
            Role::Secretary => msg!("支部书记"),
            Role::Clerk => msg!("代办员"),
        }
    }
}

/// The door in front of a route.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    Anyone,
    SignedIn,
    /// Signed in for oneself: not while acting for somebody else.
    Oneself,
    May(Permission),
}

impl From<Permission> for Access {
    fn from(p: Permission) -> Access {
        Access::May(p)
    }
}

/// A role somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    pub role: Role,
    pub scope: ScopeKind,
    pub scope_id: Option<i64>,
    /// The path in the tree of organisations, where the scope is a node of it; `/` for the whole city.
    pub path: Option<String>,
}

/// Who is looking. While a clerk acts for a member, the viewer is the member, without the clerk's rights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// Who signed in: the clerk, while acting.
    pub account: AccountId,
    /// In whose name things are done: the member, while acting.
    pub person: PersonId,
    pub name: String,
    /// Empty while acting.
    pub grants: Vec<Grant>,
    /// The clerk's name, while acting.
    pub actor_name: Option<String>,
    /// Something in the inbox is unread. Never while acting: the inbox is the member's own.
    pub has_news: bool,
}

impl Viewer {
    pub fn is_acting(&self) -> bool {
        self.actor_name.is_some()
    }
    /// The account to record beside a fact that was entered for somebody else.
    pub fn acted_by(&self) -> Option<AccountId> {
        self.is_acting().then_some(self.account)
    }
    pub fn may(&self, permission: Permission) -> bool {
        self.grants.iter().any(|grant| grant.role.permissions().contains(&permission))
    }
    /// The sub-trees of organisations in which the viewer may do this.
    pub fn paths(&self, permission: Permission) -> Vec<String> {
        self.grants
            .iter()
            .filter(|grant| grant.role.permissions().contains(&permission))
            .filter_map(|grant| grant.path.clone())
            .collect()
    }
}

impl Access {
    pub fn admits(self, visitor: Option<&Viewer>) -> bool {
        match self {
            Access::Anyone => true,
            Access::SignedIn => visitor.is_some(),
            Access::Oneself => visitor.is_some_and(|viewer| !viewer.is_acting()),
            Access::May(permission) => visitor.is_some_and(|viewer| viewer.may(permission)),
        }
    }
}
