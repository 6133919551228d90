//! Methods, records and phases in words.
use super::super::forms::clock_text;
use super::super::store::Step;
use super::super::{
    Audience, AudienceForm, Boundary, ConflictKind, Contest, Method, Panels, Round, RoundState, RulingKind,
    State,
};
use crate::lang::Message;
use crate::msg;
use crate::scoring::exact;
use crate::web::page::Page;

/// A method in sentences: what each is about, and what it says.
pub fn method_facts(page: &Page, round: &Round) -> Vec<(String, Vec<String>)> {
    let method = &round.method;
    let mut facts = vec![(msg!("评委"), judges(round)), (msg!("取平均"), trimming(method))];
    if let Some(time) = &method.time {
        let limit = clock_text(time.limit);
        facts.push((
            msg!("超时"),
            vec![
                msg!("时长不超过 {}，再宽限 {} 秒。", limit, time.grace),
                msg!("超过以后每 {} 秒扣 {} 分，最多扣 {} 分。", time.step, time.each, time.most),
            ],
        ));
    }
    if let Some(audience) = &method.audience {
        facts.push((msg!("观众评议"), audience_words(audience)));
    }
    let mut ties: Vec<Message> = method.breakers.iter().map(|one| one.words()).collect();
    ties.push(msg!("还分不出的，名次相同"));
    facts.push((msg!("分数相同时，依次看"), ties));
    facts.push((msg!("名额"), quota(method)));
    facts.push((
        msg!("小数"),
        vec![msg!(
            "按没有舍入的分数排名，显示 {} 位小数；看上去相同、其实不同的，多显示几位。",
            method.places
        )],
    ));
    facts
        .into_iter()
        .map(|(about, says)| (page.say(&about), says.iter().map(|one| page.say(one)).collect()))
        .collect()
}

fn judges(round: &Round) -> Vec<Message> {
    let mut says = vec![round.method.panels.words()];
    if round.panels > 1 {
        says.push(msg!("分 {} 个评委组，按签号轮流分到各组。", round.panels));
    }
    if round.sheets_each > 0 {
        says.push(msg!("每件作品由 {} 位评委评。", round.sheets_each));
    }
    if let Some(places) = round.method.coefficient_places {
        says.push(msg!("换算系数取 {} 位小数。", places));
    }
    if round.method.panels == Panels::LeastSquares && round.method.pull != "0" {
        says.push(msg!("λ = {}", round.method.pull));
    }
    says.push(msg!("没有交的评分表不按 0 分算。"));
    says
}

fn trimming(method: &Method) -> Vec<Message> {
    let trim = &method.trim;
    if method.panels == Panels::LeastSquares {
        return vec![msg!("不去掉最高、最低：每件作品只由一部分评委评。")];
    }
    if trim.low + trim.high == 0 {
        return vec![msg!("全部评分表取平均。")];
    }
    vec![
        msg!(
            "收到 {} 份以上评分表的，去掉 {} 份最低、{} 份最高的（整份），其余取平均。",
            trim.least,
            trim.low,
            trim.high
        ),
        msg!("不到 {} 份的全部取平均，并在结果里注明。", trim.least),
    ]
}

fn audience_words(audience: &Audience) -> Vec<Message> {
    let percent = exact::read(&audience.share).map(|share| exact::shown(&(share * exact::whole(100)), 0));
    let mut says = vec![msg!("按观众投票的名次折算，占 {}%，其余是评委分。", percent.unwrap_or_default())];
    says.push(match &audience.form {
        AudienceForm::Spread { of } => msg!("第 1 名得 100 分，以后每低一名少 100/{} 分。", of),
        AudienceForm::Steps { each } => msg!("从 100 分起，每低一名少 {} 分。", each),
    });
    says
}

fn quota(method: &Method) -> Vec<Message> {
    let promote = &method.promote;
    let mut says = vec![match (method.panels, promote.per_panel) {
        (Panels::TopOfEach, Some(n)) => msg!("每组前 {} 名。", n),
        _ => msg!("前 {} 名。", promote.n),
    }];
    says.push(match promote.boundary {
        Boundary::Strict => msg!("最后一个名额有并列的，由评委书面表决。"),
        Boundary::IncludeTies => msg!("最后一个名额有并列的，并列的都算。"),
    });
    if let Some(most) = promote.per_alliance {
        says.push(msg!("同一联盟最多 {} 名，多出的往后顺延。", most));
    }
    says
}

/// Who did a step, as a role, and what it was.
pub fn step_words(what: &str) -> (Message, Message) {
    let organizer = || msg!("组织者");
    match what {
        "made" => (organizer(), msg!("建立赛课")),
        "saved" => (organizer(), msg!("修改赛课信息")),
        "round_added" => (organizer(), msg!("添加一轮")),
        "round_saved" => (organizer(), msg!("修改一轮的评分办法")),
        "round_removed" => (organizer(), msg!("去掉一轮")),
        "frozen" => (organizer(), msg!("冻结评分办法")),
        "approved" => (msg!("复核人"), msg!("批准评分办法")),
        "thawed" => (organizer(), msg!("解冻评分办法")),
        "announced" => (organizer(), msg!("公布赛课")),
        "opened" => (organizer(), msg!("开放报名")),
        "closed" => (organizer(), msg!("截止报名，公布抽签种子的指纹")),
        "suspended" => (organizer(), msg!("暂停")),
        "resumed" => (organizer(), msg!("恢复")),
        "archived" => (organizer(), msg!("归档")),
        "drawn" => (organizer(), msg!("抽签")),
        "started" => (organizer(), msg!("开始评分")),
        "judging" => (organizer(), msg!("进入评分阶段")),
        "judge_invited" => (organizer(), msg!("邀请一位评委")),
        "judge_accepted" => (msg!("评委"), msg!("接受邀请和评委守则")),
        "judge_declined" => (msg!("评委"), msg!("谢绝邀请")),
        "judge_withdrawn" => (organizer(), msg!("一位评委退出")),
        "panel_set" => (organizer(), msg!("给评委分组")),
        "conflict_declared" => (msg!("评委、参评人或监督员"), msg!("申报一项回避")),
        "conflict_removed" => (msg!("监督员"), msg!("撤销一项可以撤销的回避")),
        "assigned" => (organizer(), msg!("把作品分给评委")),
        "assigned_one" => (organizer(), msg!("改派一份评分表")),
        "recused" => (msg!("评委"), msg!("回避一件作品")),
        "sheet_returned" => (msg!("计分员"), msg!("退回一份评分表")),
        "timed" => (msg!("计时员"), msg!("记下时长（编号、秒）")),
        "voted" => (msg!("计分员"), msg!("记下评委书面表决的票数（编号、票）")),
        "lock_asked" => (msg!("计分员"), msg!("提出锁定评分")),
        "lock_cancelled" => (msg!("计分员"), msg!("取消锁定的提议")),
        "round_locked" => (msg!("另一位计分员或监督员"), msg!("锁定评分")),
        "computed" => (msg!("计分员"), msg!("计算结果")),
        "round_published" => (organizer(), msg!("公布结果并公示")),
        "round_final" => (organizer(), msg!("公示期满，确定结果")),
        "reopened" => (msg!("监督员"), msg!("一轮重新打开评分")),
        "result_reopened" => (msg!("监督员"), msg!("重新打开正式结果")),
        "ruling" => (msg!("办理复核的人"), msg!("复核的处理")),
        _ => (msg!("工作人员"), msg!("其他")),
    }
}

/// A line of the record as pages show it.
pub struct Line {
    pub role: String,
    pub what: String,
    pub step: Step,
}

impl Line {
    pub fn of(page: &Page, mut step: Step) -> Line {
        let (role, what) = step_words(&step.what);
        // Of a conflict its kind is public, not what somebody wrote about it; of a ruling what follows.
        let (first, last) = step.reason.split_once(' ').unwrap_or((&step.reason, ""));
        if let Some(ruling) = RulingKind::of(first) {
            step.reason = format!("{last} {}", page.say(&ruling.words())).trim().to_owned();
        } else if let Some(kind) = ConflictKind::of(if last.is_empty() { first } else { last }) {
            let code = if last.is_empty() { "" } else { first };
            step.reason = format!("{code} {}", page.say(&kind.words())).trim().to_owned();
        }
        Line { role: page.say(&role), what: page.say(&what), step }
    }
    /// Whether what was noted beside it is a digest or the words at a draw, not a sentence.
    pub fn is_code(&self) -> bool {
        matches!(
            self.step.what.as_str(),
            "frozen" | "approved" | "drawn" | "timed" | "voted" | "assigned_one"
        )
    }
}

/// What stands in an entry's record, for its entrant and for those who examine it.
pub fn entry_step_words(what: &str) -> Message {
    match super::super::EntryState::of(what) {
        Some(super::super::EntryState::Draft) => msg!("开始写"),
        Some(super::super::EntryState::Submitted) => msg!("提交"),
        Some(super::super::EntryState::BranchEndorsed) => msg!("支部同意"),
        Some(super::super::EntryState::Competing) => msg!("抽签参评"),
        Some(state) => state.words(),
        None if what == "screen_passed" => msg!("一位审核人通过"),
        None if what == "screen_refused" => msg!("一位审核人认为不能参赛"),
        None => msg!("其他"),
    }
}

/// A phase on the way of a contest.
pub struct Phase {
    pub name: String,
    pub about: String,
    pub is_done: bool,
    pub is_now: bool,
}

/// The way of a contest: what is over, what is now, what comes, with dates and counts. `counts` are entries that were handed in,
/// and those that were screened.
pub fn phases(page: &Page, contest: &Contest, rounds: &[Round], counts: (i64, i64)) -> Vec<Phase> {
    let at = match contest.state {
        State::Draft | State::Announced | State::Open => 0,
        State::Screening => 1,
        State::Judging | State::Locked => 2,
        State::Provisional => 3,
        State::Final | State::Archived => 5,
    };
    let join =
        |parts: Vec<String>| parts.into_iter().filter(|one| !one.is_empty()).collect::<Vec<_>>().join(" · ");
    let counted = |n: i64| if n > 0 { page.tf("{} 件", page.number(&n)) } else { String::new() };
    let days = format!("{}–{}", page.day(&contest.opens_on), page.day(&contest.closes_on));
    let judging = rounds.iter().find(|round| round.state == RoundState::Judging);
    let judged = rounds.iter().filter(|round| round.locked_at.is_some()).count();
    let round = match judging {
        Some(round) => match round.due_at {
            Some(due) => page.tf2("{}，{} 截止", &round.title, page.moment(&due)),
            None => round.title.clone(),
        },
        None if judged > 0 => page.tf2("已评 {} 轮，共 {} 轮", judged, rounds.len()),
        None => page.tf("共 {} 轮", rounds.len()),
    };
    let named = [
        (page.t("报名"), join(vec![days, counted(counts.0)])),
        (
            page.t("资格审核"),
            join(vec![contest.closed_at.map(|at| page.date(&at)).unwrap_or_default(), counted(counts.1)]),
        ),
        (page.t("评委评分"), round),
        (page.t("公示"), page.tf("{} 个工作日，可以提出复核", contest.notice_days)),
        (
            page.t("确定结果"),
            if contest.gold_count > 0 {
                page.tf("评出 {} 名金牌讲师", contest.gold_count)
            } else {
                String::new()
            },
        ),
    ];
    named
        .into_iter()
        .enumerate()
        .map(|(place, (name, about))| Phase {
            name: name.to_owned(),
            about,
            is_done: place < at,
            is_now: place == at,
        })
        .collect()
}
