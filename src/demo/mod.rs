//! The demonstration city of product.md: the real outline, invented people, useful topics. Deterministic: the same
//! numbers on every machine, with dates counted back from the day it is made.
//!
//! `content` reads the texts, `people` and `lessons` make the rows, `store` writes them. Unlike every other feature the
//! demonstration writes all tables: it stands for years of use of all of them.
mod accounts;
mod broadcast;
mod calendar;
mod content;
mod contests;
mod copies;
mod courses;
mod guidance;
mod lessons;
mod people;
mod plans;
mod random;
mod ratings;
mod store;
mod study;
mod visits;

use crate::access::{Role, ScopeKind};
use crate::clock::{self, Timestamp};
use crate::db::{Conn, reseat_ids};
use crate::error::Result;
use crate::{search, site};
use chrono::{Duration, NaiveTime};
use content::Content;
use std::path::Path;

/// The password of every demo account.
pub const PASSWORD: &str = "weixiao-demo";

/// How large a city.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    pub members: usize,
    pub branches: usize,
    pub lectures: usize,
    pub schools: usize,
    /// Lines of the record, beside those of the demo accounts.
    pub record: usize,
    /// With courses, questions, and a calendar of working days.
    pub has_courses: bool,
    /// Those who sign in as members have studied already.
    pub has_study: bool,
    /// Rows of attendance of past years, beside those of the demonstration itself.
    pub attendances: usize,
}

impl Scale {
    /// The city of the source article.
    pub const CITY: Scale = Scale {
        members: 36_000,
        branches: 1_700,
        lectures: 2_000,
        schools: 369,
        record: 300,
        has_courses: true,
        has_study: true,
        attendances: 0,
    };
    /// Ten cities, with the records of years: for measurements.
    pub const BENCH: Scale = Scale {
        members: 360_000,
        branches: 17_000,
        lectures: 20_000,
        schools: 3_690,
        record: 200_000,
        has_courses: true,
        has_study: true,
        attendances: 2_000_000,
    };
    /// The city with two million rows of attendance: for measurements.
    pub const FULL: Scale = Scale { attendances: 2_000_000, ..Scale::CITY };
    /// One town, whose members have done nothing yet: for tests.
    pub const TOWN: Scale = Scale {
        members: 600,
        branches: 40,
        lectures: 120,
        schools: 50,
        record: 20,
        has_courses: true,
        has_study: false,
        attendances: 0,
    };
    /// The town before anybody made a course: for tests that count what they make themselves.
    pub const BARE: Scale = Scale { has_courses: false, ..Scale::TOWN };
}

/// An account that the demonstration hands out.
pub struct DemoAccount {
    pub name: &'static str,
    pub role: Option<(Role, ScopeKind)>,
    /// What one sees with it.
    pub about: &'static str,
}

const fn plain(name: &'static str, about: &'static str) -> DemoAccount {
    DemoAccount { name, role: None, about }
}
const fn with(name: &'static str, role: Role, scope: ScopeKind, about: &'static str) -> DemoAccount {
    DemoAccount { name, role: Some((role, scope)), about }
}

/// The accounts, in the order in which they are printed.
pub const ACCOUNTS: &[DemoAccount] = &[
    plain("member", "党员"),
    plain("member2", "另一个支部的党员"),
    plain("elder", "离退休党员"),
    plain("mobile", "流动党员"),
    with("instructor", Role::Instructor, ScopeKind::City, "讲师，有自己的课和提问"),
    with("reviewer1", Role::Reviewer, ScopeKind::City, "审课人"),
    with("reviewer2", Role::Reviewer, ScopeKind::City, "审课人"),
    with("judge1", Role::Judge, ScopeKind::City, "评委"),
    with("judge2", Role::Judge, ScopeKind::City, "评委"),
    with("judge3", Role::Judge, ScopeKind::City, "评委"),
    with("judge4", Role::Judge, ScopeKind::City, "评委"),
    with("judge5", Role::Judge, ScopeKind::City, "评委"),
    with("judge6", Role::Judge, ScopeKind::City, "评委"),
    with("judge7", Role::Judge, ScopeKind::City, "评委"),
    with("organizer", Role::Organizer, ScopeKind::City, "组织者"),
    with("checker", Role::Checker, ScopeKind::City, "复核人（第二签名）"),
    with("scorer", Role::Scorer, ScopeKind::City, "计分员"),
    with("supervisor", Role::Supervisor, ScopeKind::City, "监督员"),
    with("secretary", Role::Secretary, ScopeKind::Branch, "支部书记（member 的支部）"),
    with("secretary2", Role::Secretary, ScopeKind::Branch, "支部书记（member2 的支部）"),
    with("committee", Role::Committee, ScopeKind::Committee, "基层党委工作人员"),
    with("clerk", Role::Clerk, ScopeKind::Branch, "代办员（member 的支部）"),
    with("town", Role::TownStaff, ScopeKind::Committee, "镇街工作人员"),
    with("alliance", Role::AllianceStaff, ScopeKind::Alliance, "联盟工作人员"),
    with("guide", Role::Guide, ScopeKind::City, "巡回指导组成员"),
    with("auditor", Role::Auditor, ScopeKind::City, "审计员"),
    with("admin", Role::Admin, ScopeKind::City, "系统管理员"),
];

/// Makes the city in an empty database, and its recordings in the folder `media`. `said` hears what is being made and
/// how much of it all is done, in per cent.
///
/// # Errors
/// Those of the database and of the folder.
pub fn make(
    conn: &mut Conn,
    media: &Path,
    scale: Scale,
    now: Timestamp,
    said: &mut dyn FnMut(&str, u8),
) -> Result<()> {
    said("读入内容", 0);
    let content = Content::read()?;
    content::write_files(media, &content).map_err(crate::error::Error::internal)?;
    for (name, value) in [
        ("city", content.city.city.as_str()),
        ("help_phone", "028-0000-0000"),
        ("help_hours", "9:00–17:00"),
        ("organizer", "市委组织部党员教育中心（演示）"),
        ("filing_number", "备案号 蜀ICP备00000000号（演示）"),
        ("second_factor", site::OFFERED),
        ("held_words", ratings::HELD),
        ("is_demo", "yes"),
    ] {
        site::put(conn, name, value, now)?;
    }
    let people = people::make(conn, &content, scale, now, said)?;
    lessons::make(conn, &content, &people, scale, now, said)?;
    said("系列课程", 96);
    if scale.has_courses {
        calendar::make(conn, &people, now)?;
        // The rules make these themselves: their numbers go on behind those that were written.
        reseat_ids(conn)?;
        courses::make(conn, &content, &people, scale, now)?;
    }
    if scale.has_study {
        reseat_ids(conn)?;
        study::make(conn, &people, now)?;
        visits::make(conn, &people, now)?;
        reseat_ids(conn)?;
        ratings::make(conn, &people, now)?;
        said("赛课", 97);
        reseat_ids(conn)?;
        contests::make(conn, &people, now)?;
        broadcast::make(conn, &people, now)?;
        said("学习计划", 97);
        reseat_ids(conn)?;
        plans::make(conn, &people, scale, now)?;
        guidance::make(conn, &people, now)?;
        copies::make(conn, &people, now)?;
    }
    said("搜索", 97);
    search::catch_up(conn)?;
    said("收尾", 98);
    reseat_ids(conn)?;
    store::analyze(conn)?;
    said("完成", 100);
    Ok(())
}

/// A moment so many days from now, back if negative, at this time of the day in the city.
fn at(now: Timestamp, days: i64, hour: i64) -> Timestamp {
    (clock::day(now) + Duration::days(days)).and_time(NaiveTime::MIN) + Duration::hours(hour - 8)
}
