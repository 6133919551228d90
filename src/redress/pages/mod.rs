//! The pages of redress: `mine` are the person's own, `desk` those of whoever answers.
mod desk;
mod mine;

use super::{About, What};
use crate::access::Access::SignedIn;
use crate::access::Permission::DecideCases;
use crate::events::Status;
use crate::web::page::Page;
use crate::web::route::{Route, get, post};

pub fn routes() -> Vec<Route> {
    vec![
        get("/me/cases", SignedIn, mine::index),
        get("/me/cases/new", SignedIn, mine::new),
        post("/me/cases/new", SignedIn, mine::file),
        get("/me/cases/{case}", SignedIn, mine::show),
        post("/me/cases/{case}/withdraw", SignedIn, mine::withdraw),
        post("/me/cases/{case}/appeal", SignedIn, mine::appeal),
        get("/cases", DecideCases, desk::index),
        get("/cases/{case}", DecideCases, desk::show),
        post("/cases/{case}", DecideCases, desk::decide),
    ]
}

/// Cases on a page of a list.
const LINES: i64 = 20;

/// A line about a record: what it is, its value, and whether the value is content.
struct Fact {
    label: &'static str,
    value: String,
    is_content: bool,
}

/// What a record says, line by line. Whoever answers does not see why somebody was on leave.
fn facts(page: &Page, about: &About, is_own: bool) -> Vec<Fact> {
    let words = |status: Status| if is_own { status.words() } else { status.public_words() };
    let (label, kind) = match &about.what {
        What::Attendance { status, .. } => (page.t("活动"), page.say(&words(*status))),
        What::Completion { event: Some(_) } => (page.t("课名"), page.t("集体收看，已学完").to_owned()),
        What::Completion { event: None } => (page.t("课名"), page.t("在线观看，已学完").to_owned()),
        What::Record => (page.t("系列课程"), page.t("已学完，有结业记录").to_owned()),
        What::Visit(minutes) => (page.t("送学上门"), page.tf("{} 分钟", minutes)),
        What::Fact(kind, state) => (
            page.t("我的信息"),
            [Some(kind), state.as_ref()]
                .into_iter()
                .flatten()
                .map(|words| page.say(words))
                .collect::<Vec<_>>()
                .join(" · "),
        ),
        What::Copy(None) => (page.t("纸质读本"), page.t("本人已领").to_owned()),
        What::Copy(Some(name)) => (page.t("纸质读本"), page.tf("{} 代签", name)),
        What::Result(revision) => (page.t("赛课"), page.tf("公布的结果，第 {} 版", revision)),
    };
    let fact = |label, value, is_content| Fact { label, value, is_content };
    let by = match &about.made_by {
        Some((_, name)) => fact(page.t("登记人"), name.clone(), true),
        None => fact(page.t("登记人"), page.t("系统按记录自动生成").to_owned(), false),
    };
    vec![
        fact(label, about.title.clone(), true),
        fact(page.t("日期"), page.day(&about.on), false),
        fact(page.t("记录"), kind, false),
        by,
    ]
}
