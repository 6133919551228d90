//! Which feature keeps each kind of fact, in which tables; and which tables with a key of a person are not shown, and why. A test
//! holds both against the database, so that a new table cannot be forgotten.
use super::{Group, Kind};
use crate::lang::Message;
use crate::msg;

/// Tables with a key of a person or an account that the page does not list, and why.
pub const EXCLUDED: &[(&str, &str)] = &[
    ("audit_entries", "shown on a page of its own: who looked, who did what"),
    ("attendance_heads", "which of the attendances holds: the same fact once more"),
    ("code_tries", "counts wrong codes of one minute"),
    ("copy_holdings", "which of the hand-outs holds: the same fact once more"),
    ("watch_clocks", "the budget of the play that is open; nothing after it"),
    ("recovery_codes", "digests of codes that only their owner has; counted with the second factor"),
    ("calendar_years", "made in office: who proposed and approved a calendar"),
    ("lectures", "made in office: shown at the studio"),
    ("lecture_reviews", "made in office: shown to lecturers and reviewers"),
    ("booklets", "made in office: shown at the studio"),
    ("booklet_reviews", "made in office"),
    ("booklet_verdicts", "made in office"),
    ("booklet_drafts", "made in office"),
    ("chapter_drafts", "made in office"),
    ("chapter_saves", "made in office"),
    ("attachments", "made in office"),
    ("courses", "made in office"),
    ("course_reviews", "made in office"),
    ("banks", "made in office"),
    ("bank_questions", "made in office"),
    ("tests", "made in office"),
    ("events", "made in office"),
    ("viewings", "made in office: who hosted a group viewing"),
    ("recordings", "made in office: shown at the studio; what was sent is among the uploads"),
    ("editions", "made in office"),
    ("withdrawals", "made in office"),
    ("caption_saves", "made in office"),
    ("setting_changes", "made in office: shown at the settings"),
    ("study_record_withdrawals", "part of the record of completion"),
    ("rating_flags", "made in office"),
    ("rating_exclusions", "made in office"),
    ("rating_liftings", "made in office"),
    ("rating_texts", "anonymous by design: one's own are found on the page of ratings by the key made anew"),
    ("rating_text_decisions", "made in office"),
    ("rating_replies", "made in office: shown under the lecture"),
    ("rating_unmasks", "made in office"),
    ("rankings", "made in office"),
    ("ranking_snapshots", "made in office: stands in the published record"),
    ("ranking_redactions", "made in office"),
    ("contests", "made in office"),
    ("contest_rounds", "made in office"),
    ("contest_steps", "made in office: stands in the public record of the contest"),
    ("contest_entry_steps", "part of the entry, shown with it"),
    ("contest_screenings", "made in office"),
    ("contest_conflicts", "made in office"),
    ("recusal_requests", "part of the entry, shown with it"),
    ("contest_timings", "made in office"),
    ("contest_assignment_steps", "made in office"),
    ("contest_sheets", "made in office: sealed until the lock"),
    ("contest_papers", "made in office"),
    ("contest_rulings", "made in office"),
    ("webhooks", "made in office"),
    ("broadcast_plans", "made in office"),
    ("screenings", "made in office"),
    ("screening_confirmations", "made in office"),
    ("channel_records", "made in office"),
    ("kiosks", "made in office"),
    ("gold_steps", "made in office: stands in the record of the appointment"),
    ("print_editions", "made in office"),
    ("audiences", "made in office"),
    ("audience_saves", "made in office"),
    ("study_plans", "made in office"),
    ("plan_versions", "made in office"),
    ("plan_events", "made in office"),
    ("imports", "made in office: what a list changed of somebody is in the roster"),
    ("import_exports", "made in office"),
    ("school_changes", "made in office: stands at the school"),
    ("home_visit_steps", "part of the visit, shown with it"),
    ("home_visit_codes", "digest of a code that stands on a slip; it ends with the confirmation"),
    ("home_visit_photos", "part of the visit, shown with it to whoever agreed"),
    ("paper_sheets", "made in office"),
    ("paper_sheet_rows", "the list of an event as it was printed; who came is among the attendances"),
    ("paper_sheet_entries", "made in office"),
    ("guidance_groups", "made in office"),
    ("guidance_assignments", "made in office"),
    ("guidance_plans", "made in office"),
    ("guidance_slots", "made in office"),
    ("guidance_visits", "made in office"),
    ("guidance_visit_revisions", "made in office"),
    ("guidance_visit_people", "made in office: who of the group was there"),
    ("guidance_steps", "made in office"),
];

impl Kind {
    pub fn group(self) -> Group {
        match self {
            Kind::Person => Group::Person,
            Kind::Membership
            | Kind::Stage
            | Kind::Category
            | Kind::Office
            | Kind::HostStay
            | Kind::RosterChange
            | Kind::ListedChange
            | Kind::Transfer
            | Kind::GuidanceMember
            | Kind::Title => Group::Membership,
            Kind::Account | Kind::Grant | Kind::SignIn | Kind::Code | Kind::Factor | Kind::Calendar => {
                Group::Account
            }
            Kind::Enrolment | Kind::EnrolmentStep => Group::Enrolment,
            Kind::Watch
            | Kind::Completion
            | Kind::ChapterRead
            | Kind::ReadingPlace
            | Kind::Exemption
            | Kind::Errand => Group::Study,
            Kind::Attempt | Kind::WrongAnswer => Group::Test,
            Kind::Attendance | Kind::Seat | Kind::HomeVisit => Group::Attendance,
            Kind::Record => Group::Record,
            Kind::Copy => Group::Copy,
            Kind::Case | Kind::CaseStep => Group::Case,
            Kind::Notice | Kind::MailAddress | Kind::Letter => Group::Notice,
            Kind::RatingKey | Kind::Question | Kind::Feedback => Group::Voice,
            Kind::Upload | Kind::Entry | Kind::Companion | Kind::Judge | Kind::Gold | Kind::Instructor => {
                Group::Contest
            }
        }
    }
    /// What the kind is called.
    pub fn words(self) -> Message {
        match self {
            Kind::Person => msg!("姓名、性别、出生年、电话"),
            Kind::Membership => msg!("所在支部"),
            Kind::Stage => msg!("发展阶段"),
            Kind::Category => msg!("类别"),
            Kind::Office => msg!("职务"),
            Kind::HostStay => msg!("流动党员接收支部"),
            Kind::RosterChange => msg!("名册的改动"),
            Kind::ListedChange => msg!("名单导入的改动"),
            Kind::Transfer => msg!("组织关系转接"),
            Kind::GuidanceMember => msg!("在指导组"),
            Kind::Title => msg!("称号"),
            Kind::Account => msg!("账号"),
            Kind::Grant => msg!("权限"),
            Kind::SignIn => msg!("登录过的设备"),
            Kind::Code => msg!("一次性登录码"),
            Kind::Factor => msg!("第二重验证"),
            Kind::Calendar => msg!("日历地址"),
            Kind::Enrolment => msg!("报名"),
            Kind::EnrolmentStep => msg!("报名的经过"),
            Kind::Watch => msg!("看过的录像"),
            Kind::Completion => msg!("看完的微党课"),
            Kind::ChapterRead => msg!("读过的章节"),
            Kind::ReadingPlace => msg!("读到哪里"),
            Kind::Exemption => msg!("免学"),
            Kind::Errand => msg!("送学的安排"),
            Kind::Attempt => msg!("自测"),
            Kind::WrongAnswer => msg!("错题本"),
            Kind::Attendance => msg!("到场记录"),
            Kind::Seat => msg!("集体收看的名单"),
            Kind::HomeVisit => msg!("送学上门"),
            Kind::Record => msg!("结业记录"),
            Kind::Copy => msg!("纸质读本"),
            Kind::Case => msg!("异议和更正"),
            Kind::CaseStep => msg!("异议和更正的经过"),
            Kind::Notice => msg!("收到的消息"),
            Kind::MailAddress => msg!("提醒邮箱"),
            Kind::Letter => msg!("发出的邮件"),
            Kind::RatingKey => msg!("评价过课程的记号"),
            Kind::Question => msg!("向讲师的提问"),
            Kind::Feedback => msg!("投诉和建议"),
            Kind::Upload => msg!("上传的文件"),
            Kind::Entry => msg!("参赛作品"),
            Kind::Companion => msg!("参与的参赛作品"),
            Kind::Judge => msg!("担任评委"),
            Kind::Gold => msg!("金牌讲师"),
            Kind::Instructor => msg!("讲师介绍"),
        }
    }
    /// Where it comes from, and who records it where a row does not say so.
    pub fn source(self) -> Message {
        match self {
            Kind::Person
            | Kind::Membership
            | Kind::Stage
            | Kind::Category
            | Kind::Office
            | Kind::HostStay
            | Kind::RosterChange
            | Kind::ListedChange
            | Kind::Transfer => {
                msg!("党员名册，由组织部门和支部登记")
            }
            Kind::GuidanceMember => msg!("巡回指导，由党委登记"),
            Kind::Exemption => msg!("学习计划，一人提出、另一人审定"),
            Kind::Errand => msg!("送学清单，由支部安排"),
            Kind::HomeVisit => msg!("送学上门，由两人签名、本人确认"),
            Kind::Title | Kind::Gold => msg!("赛课和聘任，由组织者登记"),
            Kind::Account | Kind::Grant | Kind::Code => msg!("账号管理，由管理员、支部书记或代办员登记"),
            Kind::SignIn | Kind::Factor | Kind::Calendar => msg!("登录时自动记录"),
            Kind::Enrolment | Kind::EnrolmentStep => msg!("系列课程和活动的报名"),
            Kind::Watch | Kind::Completion => msg!("看课时按服务器的时钟自动记录"),
            Kind::ChapterRead | Kind::ReadingPlace => msg!("读本，本人点“读完了”或翻到时记录"),
            Kind::Attempt | Kind::WrongAnswer => msg!("自测，交卷时自动记录"),
            Kind::Attendance | Kind::Seat => msg!("活动签到和登记"),
            Kind::Record => msg!("学完系列课程时自动生成"),
            Kind::Copy => msg!("纸质读本收发，由支部登记"),
            Kind::Case | Kind::CaseStep => msg!("本人提出，由登记人以外的人答复"),
            Kind::Notice | Kind::Letter => msg!("本站发给您的"),
            Kind::MailAddress => msg!("本人填写"),
            Kind::RatingKey => {
                msg!("评价不记名：只有这个记号能连到您，到期就删，打了几星要到“我的评价”里看")
            }
            Kind::Question | Kind::Feedback => msg!("本人提交"),
            Kind::Upload => msg!("本人上传，处理完一段时间后删去原文件"),
            Kind::Entry | Kind::Companion | Kind::Judge => msg!("赛课报名和邀请"),
            Kind::Instructor => msg!("讲师名录"),
        }
    }
    /// The name under which somebody says that such a fact is wrong.
    pub fn subject(self) -> Option<&'static str> {
        match self {
            Kind::SignIn
            | Kind::Code
            | Kind::Factor
            | Kind::Calendar
            | Kind::EnrolmentStep
            | Kind::ReadingPlace
            | Kind::WrongAnswer
            | Kind::Seat
            | Kind::GuidanceMember
            | Kind::HomeVisit
            | Kind::Case
            | Kind::CaseStep
            | Kind::Notice
            | Kind::MailAddress
            | Kind::Letter
            | Kind::RatingKey
            | Kind::Question
            | Kind::Feedback
            | Kind::Upload => None,
            other => Some(other.as_str()),
        }
    }
    /// The tables in which it is kept.
    pub fn tables(self) -> &'static [&'static str] {
        match self {
            Kind::Person => &["persons"],
            Kind::Membership => &["memberships"],
            Kind::Stage => &["membership_stages"],
            Kind::Category => &["member_categories"],
            Kind::Office => &["office_terms"],
            Kind::HostStay => &["host_stays"],
            Kind::RosterChange => &["roster_changes", "roster_notes", "person_corrections"],
            Kind::ListedChange => &["import_touches"],
            Kind::Transfer => &["transfers", "transfer_reasons"],
            Kind::GuidanceMember => &["guidance_members"],
            Kind::Exemption => &["exemptions"],
            Kind::Errand => &["errands"],
            Kind::HomeVisit => &["home_visit_members", "home_visits"],
            Kind::Title => &["titles"],
            Kind::Account => &["accounts"],
            Kind::Grant => &["grants"],
            Kind::SignIn => &["sessions"],
            Kind::Code => &["one_time_codes"],
            Kind::Factor => &["second_factors"],
            Kind::Calendar => &["calendar_feeds"],
            Kind::Enrolment => &["enrolments"],
            Kind::EnrolmentStep => &["enrolment_steps", "enrolment_texts"],
            Kind::Watch => &["watches"],
            Kind::Completion => &["completions", "completion_reversals"],
            Kind::ChapterRead => &["chapter_reads"],
            Kind::ReadingPlace => &["reading_positions"],
            Kind::Attempt => &["attempts"],
            Kind::WrongAnswer => &["wrong_answers"],
            Kind::Attendance => &["attendances"],
            Kind::Seat => &["viewers"],
            Kind::Record => &["study_records", "study_record_names"],
            Kind::Copy => &["copy_moves", "copy_reasons"],
            Kind::Case => &["cases"],
            Kind::CaseStep => &["case_steps", "case_texts"],
            Kind::Notice => &["notices"],
            Kind::MailAddress => &["mail_addresses"],
            Kind::Letter => &["mail_sendings"],
            Kind::RatingKey => &["rating_keys"],
            Kind::Question => &["questions"],
            Kind::Feedback => &["feedback"],
            Kind::Upload => &["uploads"],
            Kind::Entry => &["contest_entries"],
            Kind::Companion => &["contest_companions"],
            Kind::Judge => &["contest_judges"],
            Kind::Gold => &["gold_lecturers"],
            Kind::Instructor => &["instructors"],
        }
    }
}
