//! What the codes of facts mean, in words.
use super::{Fact, Kind};
use crate::access::Role;
use crate::lang::{Lang, Message};
use crate::people::{Category, Office, Stage};
use crate::{cases, copies, coverage, enrolments, events, inbox, lang, msg, roster, visits};
use chrono::NaiveDate;

impl Kind {
    /// What happened at the moment that such a fact has.
    pub fn began(self) -> Message {
        match self {
            Kind::HomeVisit | Kind::Attempt | Kind::Watch => msg!("开始于"),
            Kind::Completion | Kind::ChapterRead => msg!("完成于"),
            Kind::Case
            | Kind::CaseStep
            | Kind::Exemption
            | Kind::Transfer
            | Kind::Question
            | Kind::Feedback
            | Kind::Gold => msg!("提出于"),
            Kind::Notice | Kind::Letter => msg!("发出于"),
            _ => msg!("记录于"),
        }
    }
}

impl Fact {
    /// The state in words; `None` where there is none.
    pub fn state(&self) -> Option<Message> {
        let code = self.code.as_deref()?;
        let known = match self.kind {
            Kind::Stage => Stage::of(code).map(Stage::words),
            Kind::Category => Category::of(code).map(Category::words),
            Kind::Office => Office::of(code).map(Office::words),
            Kind::Grant => Role::of(code).map(Role::words),
            Kind::Enrolment | Kind::EnrolmentStep => {
                enrolments::State::of(code).map(enrolments::State::words)
            }
            Kind::Attendance => events::Status::of(code).map(events::Status::words),
            Kind::Copy if code == "signed" => Some(msg!("代别人签领")),
            Kind::Copy => copies::Kind::of(code).map(copies::Kind::words),
            Kind::RosterChange => roster::Kind::of(code).map(roster::Kind::words),
            Kind::Transfer => roster::TransferState::of(code).map(roster::TransferState::words),
            Kind::Exemption => exemption(code),
            Kind::Errand => coverage::ErrandWay::of(code).map(coverage::ErrandWay::words),
            Kind::HomeVisit => visits::Standing::of(code).map(visits::Standing::words),
            Kind::Case | Kind::CaseStep => cases::State::of(code).map(cases::State::words),
            Kind::Notice => inbox::Kind::of(code).map(inbox::Kind::words),
            Kind::Entry | Kind::Companion | Kind::Judge | Kind::Gold | Kind::Letter | Kind::Upload => None,
            _ => plain(code),
        };
        Some(known.unwrap_or_else(|| msg!("{}", code)))
    }
    /// The title in a language: what the portal itself wrote is kept so that it can be translated.
    pub fn named(&self, lang: Lang) -> Option<String> {
        self.title.as_ref().map(|title| match self.kind {
            Kind::Notice => lang::kept(title, lang),
            _ => title.clone(),
        })
    }
    /// What the days of it are, and which: from one to another, both among them, or one alone.
    pub fn days(&self) -> Option<(Message, NaiveDate, Option<NaiveDate>)> {
        let is_of_a_day = matches!(
            self.kind,
            Kind::Attendance | Kind::Copy | Kind::Record | Kind::RatingKey | Kind::RosterChange
        );
        match (self.since, self.until) {
            (Some(since), Some(until)) => {
                let last = until.pred_opt().unwrap_or(until).max(since);
                Some((msg!("有效期"), since, Some(last)))
            }
            (Some(day), None) if is_of_a_day => Some((msg!("日期"), day, None)),
            (Some(since), None) => Some((msg!("自"), since, None)),
            (None, Some(due)) => Some((msg!("期限"), due, None)),
            (None, None) => None,
        }
    }
    /// How much, in words.
    pub fn amount(&self) -> Option<Message> {
        let n = self.n?;
        Some(match (self.kind, self.of) {
            (Kind::Person, _) => msg!("{} 年出生", n),
            (Kind::Watch | Kind::Completion, Some(of)) => msg!("{} / {} 秒", n, of),
            (Kind::Attempt, Some(of)) => msg!("{} / {} 题", n, of),
            (Kind::Attendance, Some(revision)) => msg!("{} 分钟，第 {} 次登记", n, revision),
            (Kind::Record | Kind::HomeVisit, _) => msg!("{} 分钟", n),
            (Kind::ChapterRead | Kind::ReadingPlace, _) => msg!("第 {} 章", n),
            (Kind::WrongAnswer, _) => msg!("答错 {} 次", n),
            (Kind::Factor, _) => msg!("还有 {} 个备用码", n),
            (Kind::Letter, _) => msg!("{} 条消息", n),
            (Kind::Instructor, _) => msg!("{} 课", n),
            (Kind::Upload, _) => msg!("{} 字节", n),
            _ => msg!("{}", n),
        })
    }
}

fn exemption(code: &str) -> Option<Message> {
    Some(match code {
        "open" => msg!("等审定"),
        "approved" => msg!("同意"),
        "refused" => msg!("未同意"),
        "withdrawn" => msg!("已收回"),
        _ => return None,
    })
}

/// Codes that are the same word for every kind.
fn plain(code: &str) -> Option<Message> {
    Some(match code {
        "f" => msg!("女"),
        "m" => msg!("男"),
        "open" => msg!("在用"),
        "closed" => msg!("已停用"),
        "used" => msg!("用过"),
        "unused" => msg!("没有用过"),
        "set" => msg!("已设"),
        "confirmed" => msg!("已确认"),
        "unconfirmed" => msg!("还没有确认"),
        "begun" => msg!("看过一部分"),
        "completed" => msg!("已看完"),
        "online" => msg!("自己看完"),
        "group" => msg!("集体收看"),
        "visit" => msg!("送学上门"),
        "reversed" => msg!("已撤销"),
        "stated" => msg!("本人声明已读"),
        "passed" => msg!("已通过"),
        "not_passed" => msg!("没有通过"),
        "valid" => msg!("有效"),
        "withdrawn" => msg!("已收回"),
        "answered" => msg!("已回答"),
        "complaint" => msg!("投诉"),
        "suggestion" => msg!("建议"),
        "gold_lecturer" => msg!("金牌讲师"),
        _ => return None,
    })
}
