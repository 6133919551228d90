//! The record of every consequential action: who, for whom, what, when, in which request. domain.md §4.11.
//! Rows hold keys only and are never changed; the database refuses it.
mod store;

use crate::db::{Conn, Timestamp};
use crate::error::Result;
use crate::ids::{AccountId, PersonId};
use crate::lang::Message;
use crate::{msg, text_enum};
pub use store::{Entry, Filter, about, has_done, has_done_since, latest};

text_enum! {
    /// What was done.
    pub enum Action {
        SignedIn = "signed_in",
        SignedOut = "signed_out",
        AccountMade = "account_made",
        AccountActivated = "account_activated",
        CodeIssued = "code_issued",
        PasswordChanged = "password_changed",
        DeviceEnded = "device_ended",
        DevicesEnded = "devices_ended",
        GrantGiven = "grant_given",
        GrantEnded = "grant_ended",
        PersonSeen = "person_seen",
        ActingStarted = "acting_started",
        ActingEnded = "acting_ended",
        QuestionAsked = "question_asked",
        QuestionAnswered = "question_answered",
        LectureMade = "lecture_made",
        LectureChanged = "lecture_changed",
        CaptionsSaved = "captions_saved",
        ChaptersSaved = "chapters_saved",
        RecordingSent = "recording_sent",
        RecordingCancelled = "recording_cancelled",
        RecordingRetried = "recording_retried",
        LectureSubmitted = "lecture_submitted",
        LectureTakenBack = "lecture_taken_back",
        LectureReviewed = "lecture_reviewed",
        LecturePublished = "lecture_published",
        LectureWithdrawn = "lecture_withdrawn",
        LectureReopened = "lecture_reopened",
        BookletReviewed = "booklet_reviewed",
        BookletPublished = "booklet_published",
        FeedbackHandled = "feedback_handled",
        SettingProposed = "setting_proposed",
        SettingApproved = "setting_approved",
        SettingRefused = "setting_refused",
        SettingWithdrawn = "setting_withdrawn",
        ConsentGiven = "consent_given",
        FactorSet = "factor_set",
        FactorForgotten = "factor_forgotten",
        RecoveryCodeUsed = "recovery_code_used",
        BackupMade = "backup_made",
        CourseMade = "course_made",
        CourseChanged = "course_changed",
        CourseSubmitted = "course_submitted",
        CourseReviewed = "course_reviewed",
        CoursePublished = "course_published",
        CourseWithdrawn = "course_withdrawn",
        CourseArchived = "course_archived",
        Enrolled = "enrolled",
        EnrolmentCancelled = "enrolment_cancelled",
        EnrolmentDecided = "enrolment_decided",
        OfferingChanged = "offering_changed",
        ListExported = "list_exported",
        MessageSent = "message_sent",
        EventMade = "event_made",
        EventChanged = "event_changed",
        EventCancelled = "event_cancelled",
        AttendanceRecorded = "attendance_recorded",
        FeedRenewed = "feed_renewed",
        ViewingStarted = "viewing_started",
        ViewingEnded = "viewing_ended",
        CaseFiled = "case_filed",
        CaseWithdrawn = "case_withdrawn",
        CaseDecided = "case_decided",
        CalendarProposed = "calendar_proposed",
        CalendarDecided = "calendar_decided",
        BankChanged = "bank_changed",
        TestChanged = "test_changed",
        BookletMade = "booklet_made",
        BookletChanged = "booklet_changed",
        BookletSubmitted = "booklet_submitted",
        BookletReopened = "booklet_reopened",
        BookletWithdrawn = "booklet_withdrawn",
        BookletArchived = "booklet_archived",
        RecordMade = "record_made",
        RecordWithdrawn = "record_withdrawn",
        MailAddressSet = "mail_address_set",
        OwnDataExported = "own_data_exported",
        TestStarted = "test_started",
        ContestStep = "contest_step",
    }
}

impl Action {
    /// The action in words.
    pub fn words(self) -> Message {
        match self {
            Action::SignedIn => msg!("登录"),
            Action::SignedOut => msg!("退出登录"),
            Action::AccountMade => msg!("建立账号"),
            Action::AccountActivated => msg!("用一次性登录码设密码"),
            Action::CodeIssued => msg!("打印一次性登录码"),
            Action::PasswordChanged => msg!("修改密码"),
            Action::DeviceEnded => msg!("退出一台设备"),
            Action::DevicesEnded => msg!("退出其他设备"),
            Action::GrantGiven => msg!("授予权限"),
            Action::GrantEnded => msg!("收回权限"),
            Action::PersonSeen => msg!("查看人员信息"),
            Action::ActingStarted => msg!("开始代办"),
            Action::ActingEnded => msg!("结束代办"),
            Action::QuestionAsked => msg!("向讲师提问"),
            Action::QuestionAnswered => msg!("回答提问"),
            Action::LectureMade => msg!("新建课程"),
            Action::LectureChanged => msg!("修改课程信息"),
            Action::CaptionsSaved => msg!("保存字幕"),
            Action::ChaptersSaved => msg!("保存章节"),
            Action::RecordingSent => msg!("上传录像"),
            Action::RecordingCancelled => msg!("取消录像的处理"),
            Action::RecordingRetried => msg!("重新处理录像"),
            Action::LectureSubmitted => msg!("送审课程"),
            Action::LectureTakenBack => msg!("撤回送审"),
            Action::LectureReviewed => msg!("审课"),
            Action::LecturePublished => msg!("发布课程"),
            Action::LectureWithdrawn => msg!("下架课程"),
            Action::LectureReopened => msg!("重新编辑下架的课程"),
            Action::BookletReviewed => msg!("审读本"),
            Action::BookletPublished => msg!("发布读本"),
            Action::FeedbackHandled => msg!("办理投诉或建议"),
            Action::SettingProposed => msg!("修改设置"),
            Action::SettingApproved => msg!("批准设置的修改"),
            Action::SettingRefused => msg!("不批准设置的修改"),
            Action::SettingWithdrawn => msg!("撤回设置的修改"),
            Action::ConsentGiven => msg!("同意同意书"),
            Action::FactorSet => msg!("设好第二重验证"),
            Action::FactorForgotten => msg!("取消第二重验证"),
            Action::RecoveryCodeUsed => msg!("用备用码登录"),
            Action::BackupMade => msg!("备份"),
            Action::CourseMade => msg!("建立系列课程"),
            Action::CourseChanged => msg!("修改系列课程"),
            Action::CourseSubmitted => msg!("送审系列课程"),
            Action::CourseReviewed => msg!("审过系列课程"),
            Action::CoursePublished => msg!("发布系列课程"),
            Action::CourseWithdrawn => msg!("下架系列课程"),
            Action::CourseArchived => msg!("归档系列课程"),
            Action::Enrolled => msg!("报名登记"),
            Action::EnrolmentCancelled => msg!("取消报名"),
            Action::EnrolmentDecided => msg!("办理报名"),
            Action::OfferingChanged => msg!("修改报名设置"),
            Action::ListExported => msg!("导出名单"),
            Action::MessageSent => msg!("给名单上的人发消息"),
            Action::EventMade => msg!("安排活动"),
            Action::EventChanged => msg!("修改活动"),
            Action::EventCancelled => msg!("取消活动"),
            Action::AttendanceRecorded => msg!("登记到场"),
            Action::FeedRenewed => msg!("更换日历地址"),
            Action::ViewingStarted => msg!("开始集体收看"),
            Action::ViewingEnded => msg!("结束集体收看"),
            Action::CaseFiled => msg!("提出异议或更正"),
            Action::CaseWithdrawn => msg!("撤回异议或更正"),
            Action::CaseDecided => msg!("办理异议或更正"),
            Action::CalendarProposed => msg!("提出工作日历"),
            Action::CalendarDecided => msg!("审批工作日历"),
            Action::BankChanged => msg!("修改题库"),
            Action::TestChanged => msg!("修改自测"),
            Action::BookletMade => msg!("新建读本"),
            Action::BookletChanged => msg!("修改读本"),
            Action::BookletSubmitted => msg!("送审读本"),
            Action::BookletReopened => msg!("让读本可以再改"),
            Action::BookletWithdrawn => msg!("下架读本"),
            Action::BookletArchived => msg!("归档读本"),
            Action::RecordMade => msg!("发给结业记录"),
            Action::RecordWithdrawn => msg!("收回结业记录"),
            Action::MailAddressSet => msg!("修改提醒邮箱"),
            Action::OwnDataExported => msg!("导出自己的学习记录"),
            Action::TestStarted => msg!("开始自测"),
            Action::ContestStep => msg!("办理赛课"),
        }
    }
}

/// Who does something: the account, in which request, and for whom if not for oneself.
#[derive(Clone, Debug, Default)]
pub struct Doer {
    pub account: Option<AccountId>,
    /// The member, while a clerk acts.
    pub for_person: Option<PersonId>,
    pub request: String,
}

impl Doer {
    /// Records that this was done to the record `subject`.
    pub fn did(
        &self,
        conn: &mut Conn,
        action: Action,
        subject: (&'static str, i64),
        now: Timestamp,
    ) -> Result<()> {
        store::insert(conn, self, action, self.for_person, subject, now)
    }
    /// Records something done to or for this person, so that the person sees it.
    pub fn did_to(&self, conn: &mut Conn, action: Action, person: PersonId, now: Timestamp) -> Result<()> {
        store::insert(conn, self, action, Some(person), ("person", person.0), now)
    }
}
