//! What surrounds every page: who is looking, in which language and mode, and the notice to show.
use crate::access::{Permission, Viewer};
use crate::audit::Doer;
use crate::clock::{self, Timestamp};
use crate::config::Config;
use crate::error::Error;
use crate::lang::{self, Lang, Message};
use crate::site::{Present, Site};
use crate::web::{kept, text};
use crate::{assets, msg};
use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use chrono::{Datelike, Timelike};
use std::convert::Infallible;
use std::fmt::Display;
use std::future::{Ready, ready};
use std::sync::Arc;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Light, dark, or what the device prefers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Theme {
    #[default]
    Device,
    Light,
    Dark,
}

/// How this reader wants pages, from cookies.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manner {
    pub lang: Lang,
    /// 长辈版: larger type and targets, fewer things.
    pub is_elder: bool,
    pub theme: Theme,
}

impl Theme {
    /// One letter for each.
    pub const fn letter(self) -> char {
        match self {
            Theme::Device => 'v',
            Theme::Light => 'l',
            Theme::Dark => 'd',
        }
    }
}

impl Manner {
    /// From the cookies that `cookie` finds by name.
    pub fn of_cookies<'a>(cookie: impl Fn(&str) -> Option<&'a str>) -> Manner {
        Manner {
            lang: Lang::of(cookie("lang").unwrap_or_default()),
            is_elder: cookie("mode") == Some("elder"),
            theme: match cookie("theme") {
                Some("light") => Theme::Light,
                Some("dark") => Theme::Dark,
                _ => Theme::Device,
            },
        }
    }
    pub fn of(request: &HttpRequest) -> Manner {
        Manner::of_cookies(|name| kept::cookie(request.headers(), name))
    }
}

/// The name under which a request is found in the log, short enough for the telephone.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

#[derive(Clone)]
pub struct Page {
    pub viewer: Option<Viewer>,
    pub manner: Manner,
    pub site: Arc<Site>,
    /// The address with its query, to come back to.
    pub path: String,
    pub request_id: String,
    pub notice: Option<Message>,
    config: Option<Data<Config>>,
}

impl Page {
    pub fn new(request: &HttpRequest) -> Page {
        let manner = Manner::of(request);
        let extensions = request.extensions();
        Page {
            viewer: extensions.get::<Viewer>().cloned(),
            manner,
            site: request.app_data::<Data<Present>>().map(|site| site.get()).unwrap_or_default(),
            path: request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            request_id: extensions.get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default(),
            notice: notice(request.query_string()),
            config: request.app_data::<Data<Config>>().cloned(),
        }
    }
    /// Who does what this request asks for, for the record.
    pub fn doer(&self) -> Doer {
        let viewer = self.viewer.as_ref();
        Doer {
            account: viewer.map(|viewer| viewer.account),
            for_person: viewer.filter(|viewer| viewer.is_acting()).map(|viewer| viewer.person),
            request: self.request_id.clone(),
        }
    }
    pub fn is_elder(&self) -> bool {
        self.manner.is_elder
    }
    pub fn is_en(&self) -> bool {
        self.manner.lang.is_en()
    }
    pub fn is_dark(&self) -> bool {
        self.manner.theme == Theme::Dark
    }
    pub fn is_light(&self) -> bool {
        self.manner.theme == Theme::Light
    }
    pub fn may(&self, permission: Permission) -> bool {
        self.viewer.as_ref().is_some_and(|viewer| viewer.may(permission))
    }
    pub fn may_see_people(&self) -> bool {
        self.may(Permission::SeePeople)
    }
    pub fn may_see_admin(&self) -> bool {
        self.may(Permission::SeeAdmin)
    }
    pub fn may_teach(&self) -> bool {
        self.may(Permission::TeachLectures)
    }
    pub fn may_review(&self) -> bool {
        self.may(Permission::ReviewLectures)
    }
    pub fn may_answer(&self) -> bool {
        self.may(Permission::AnswerQuestions)
    }
    pub fn may_make_courses(&self) -> bool {
        self.may(Permission::MakeCourses)
    }
    pub fn may_review_courses(&self) -> bool {
        self.may(Permission::ReviewCourses)
    }
    pub fn may_enrol_members(&self) -> bool {
        self.may(Permission::EnrolMembers)
    }
    pub fn may_hold_events(&self) -> bool {
        self.may(Permission::HoldEvents)
    }
    pub fn may_plan_broadcast(&self) -> bool {
        self.may(Permission::PlanBroadcast)
    }
    pub fn may_decide_cases(&self) -> bool {
        self.may(Permission::DecideCases)
    }
    pub fn may_check_rankings(&self) -> bool {
        self.may(Permission::CheckRankings)
    }
    pub fn may_moderate_ratings(&self) -> bool {
        self.may(Permission::ModerateRatings)
    }
    pub fn may_judge_ratings(&self) -> bool {
        self.may(Permission::JudgeRatings)
    }
    /// Whether the reader has a duty in competitions besides judging.
    pub fn may_hold_contests(&self) -> bool {
        use Permission::*;
        [RunContests, ApproveContests, ScreenEntries, KeepScores, SuperviseContests]
            .into_iter()
            .any(|duty| self.may(duty))
    }
    pub fn may_judge(&self) -> bool {
        self.may(Permission::JudgeEntries)
    }
    pub fn may_watch_contests(&self) -> bool {
        self.may(Permission::WatchContests)
    }
    pub fn may_endorse_entries(&self) -> bool {
        self.may(Permission::EndorseEntries)
    }
    /// Whether the desk of gold lecturers opens, wherever there is a duty.
    pub fn may_hold_honours(&self) -> bool {
        use Permission::*;
        [RunContests, ApproveContests, SuperviseContests].into_iter().any(|permission| self.may(permission))
    }
    /// Whether there is anything but a member's own pages, as `shell::desks` lists it.
    pub fn has_desk(&self) -> bool {
        use Permission::*;
        const DESKS: &[Permission] = &[
            TeachLectures,
            ReviewLectures,
            AnswerQuestions,
            MakeCourses,
            ReviewCourses,
            HoldEvents,
            PlanBroadcast,
            EnrolMembers,
            DecideCases,
            CheckRankings,
            ModerateRatings,
            JudgeRatings,
            CheckRankings,
            WatchContests,
            JudgeEntries,
            ScreenEntries,
            EndorseEntries,
            SeePeople,
            SeeAdmin,
        ];
        DESKS.iter().any(|permission| self.may(*permission))
    }
    /// Something in the reader's inbox is unread.
    pub fn has_news(&self) -> bool {
        self.viewer.as_ref().is_some_and(|viewer| viewer.has_news)
    }
    /// Whether a clerk looks at this for a member.
    pub fn is_acting(&self) -> bool {
        self.viewer.as_ref().is_some_and(Viewer::is_acting)
    }
    /// The text in the reader's language.
    pub fn t(&self, text: &'static str) -> &'static str {
        self.manner.lang.t(text)
    }
    /// The text with one value in it.
    pub fn tf(&self, text: &'static str, value: impl Display) -> String {
        lang::fill(self.t(text), [value].iter())
    }
    /// The text with two values in it.
    pub fn tf2(&self, text: &'static str, first: impl Display, second: impl Display) -> String {
        lang::fill(self.t(text), [first.to_string(), second.to_string()].iter())
    }
    pub fn say(&self, message: &Message) -> String {
        message.in_lang(self.manner.lang)
    }
    /// Marks content that is Chinese on a page that is not, for screen readers.
    pub fn zh(&self) -> &'static str {
        if self.is_en() { " lang=\"zh-CN\"" } else { "" }
    }
    /// A sentence in the reader's language as HTML; in an English one, the names and titles in it say that they are Chinese.
    pub fn marked(&self, text: &str) -> String {
        if self.is_en() { text::chinese_marked(text) } else { text::escape(text) }
    }
    /// Whether the portal knows the address that people type.
    pub fn is_known_outside(&self) -> bool {
        self.config.as_ref().is_some_and(|config| config.public_url.is_some())
    }
    /// A path as a whole address, for what leaves the portal: messengers fetch pictures by it. Only of an address that the
    /// installation names: what a request says of its host may be kept for others.
    pub fn whole(&self, path: impl Display) -> String {
        let known = self.config.as_ref().and_then(|config| config.public_url.as_deref());
        format!("{}{path}", known.unwrap_or_default().trim_end_matches('/'))
    }
    /// The address of a static file.
    pub fn asset(&self, name: &str) -> &'static str {
        assets::url(name)
    }
    pub fn cover(&self, name: &str) -> &'static str {
        assets::url(&format!("covers/{name}.svg"))
    }
    /// An icon of the sprite.
    pub fn icon(&self, name: &str) -> String {
        let sprite = assets::url("icons.svg");
        format!(
            r##"<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><use href="{sprite}#i-{name}"/></svg>"##
        )
    }
    /// ` aria-current="page"` in the part of the portal that begins with `prefix`.
    pub fn current(&self, prefix: &str) -> &'static str {
        let path = self.path.split('?').next().unwrap_or_default();
        let is_here = path == prefix
            || (prefix != "/" && path.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/')));
        if is_here { " aria-current=\"page\"" } else { "" }
    }
    pub fn is_home(&self) -> bool {
        self.path.split('?').next() == Some("/")
    }
    pub fn date(&self, at: &Timestamp) -> String {
        self.day(&clock::day(*at))
    }
    pub fn day(&self, day: &chrono::NaiveDate) -> String {
        // Lists say this fifty times: a pattern that is read each time costs more than the row's query.
        let (year, month, number) = (day.year(), day.month0() as usize, day.day());
        if self.is_en() {
            format!("{number} {} {year}", MONTHS[month])
        } else {
            format!("{year} 年 {} 月 {number} 日", month + 1)
        }
    }
    pub fn moment(&self, at: &Timestamp) -> String {
        let at = clock::local(*at);
        format!("{} {:02}:{:02}", self.day(&at.date()), at.hour(), at.minute())
    }
    /// Markdown as HTML.
    pub fn markdown(&self, markdown: &str) -> String {
        text::markdown(markdown)
    }
    /// Markdown as HTML, with all its headings at this level: below the heading of the page that it stands under.
    pub fn markdown_below(&self, markdown: &str, level: u8) -> String {
        text::markdown_below(markdown, level)
    }
    /// As on a player: `4:05`.
    pub fn clock(&self, ms: &i32) -> String {
        text::clock(*ms)
    }
    /// In words: `4 分 5 秒`.
    pub fn length(&self, ms: &i32) -> String {
        text::length(self.manner.lang, *ms)
    }
    /// With a comma between thousands.
    pub fn number(&self, n: &i64) -> String {
        let digits = n.to_string();
        let groups: Vec<_> =
            digits.as_bytes().rchunks(3).rev().map(|group| String::from_utf8_lossy(group)).collect();
        groups.join(",")
    }
    /// The help telephone as a link takes it.
    pub fn phone_link(&self) -> String {
        self.site.help_phone.chars().filter(char::is_ascii_digit).collect()
    }
}

/// What an action says on the page that it sends the reader to: `?done=…`, from this list only.
fn notice(query: &str) -> Option<Message> {
    let done = query.split('&').find_map(|pair| pair.strip_prefix("done="))?;
    Some(match done {
        "signed-out" => msg!("已退出登录。"),
        "signed-in" => msg!("已登录。"),
        "activated" => msg!("密码已设好，已登录。"),
        "password" => msg!("密码已修改，其他设备上的登录已全部退出。"),
        "device-ended" => msg!("已退出那台设备上的登录。"),
        "devices-ended" => msg!("其他设备上的登录已全部退出。"),
        "asked" => msg!("提问已发给讲师，回答后会显示在这一页。"),
        "answered" => msg!("回答已保存。"),
        "acting" => msg!("代办已开始，您做的每一步都会记录并让本人看到。"),
        "acting-ended" => msg!("代办已结束。"),
        "sent" => msg!("已收到，谢谢。"),
        "handled" => msg!("已记为办结。"),
        "consented" => msg!("已记下您的同意。"),
        "factor-off" => msg!("第二重验证已关闭。"),
        "setting" => msg!("设置已保存。"),
        "setting-proposed" => msg!("修改已提出，等另一个人批准后生效。"),
        "setting-decided" => msg!("已办理。"),
        "watch-started" => msg!("开始时间已记下。看完后点“看完了”。"),
        "watch-counted" => msg!("已按这段时间记下。"),
        "watch-completed" => msg!("已学完。"),
        "lecture-made" => msg!("课程已建好，现在可以上传录像。"),
        "lecture-saved" => msg!("课程信息已保存。"),
        "recording-sent" => msg!("录像已收到，正在排队处理。可以离开这一页。"),
        "recording-cancelled" => msg!("已取消处理。上传的文件还留着，可以重新处理。"),
        "recording-retried" => msg!("已重新排队处理。"),
        "poster" => msg!("封面图已换好。"),
        "captions" => msg!("字幕已保存。"),
        "captions-copied" => msg!("上一版的字幕和章节已抄过来，请对一遍时间。"),
        "chapters" => msg!("章节已保存。"),
        "submitted" => msg!("已送审。两位审课人都通过后自动发布。"),
        "taken-back" => msg!("已撤回送审。"),
        "withdrawn" => msg!("已下架。原来的地址会说明原因。"),
        "reopened" => msg!("已改回草稿，改好后重新送审。"),
        "passed" => msg!("已记下：通过。"),
        "published" => msg!("已记下：通过。两位都通过了，这堂课已发布。"),
        "returned" => msg!("已退回，讲师会看到您的意见。"),
        "set-up" => msg!("安装完成。接下来请把还空着的设置填好。"),
        "saved" => msg!("已保存。"),
        "added" => msg!("已添加。"),
        "removed" => msg!("已移除。"),
        "moved" => msg!("顺序已调整。"),
        "restored" => msg!("已恢复到那一版，恢复前的内容也留着。"),
        "course-made" => msg!("系列课程已建好，接下来添加学习内容。"),
        "course-submitted" => msg!("已送审。另一个人通过后发布。"),
        "course-taken-back" => msg!("已撤回送审。"),
        "course-published" => msg!("已记下：通过，已发布。"),
        "course-returned" => msg!("已退回，作者会看到您的意见。"),
        "course-withdrawn" => msg!("已下架。"),
        "course-archived" => msg!("已归档。"),
        "course-copied" => msg!("已复制成一份新的草稿。"),
        "enrolled" => msg!("报名成功。"),
        "waitlisted" => msg!("名额已满，已排入候补。有人退出时按先后自动补上，并告诉您。"),
        "requested" => msg!("已提交，等组织者审核。"),
        "enrolment-cancelled" => msg!("已退出报名。"),
        "decided" => msg!("已办理。"),
        "messages-sent" => msg!("消息已发出。"),
        "event-made" => msg!("活动已安排。"),
        "event-changed" => msg!("活动已修改，报名的人会收到通知。"),
        "event-cancelled" => msg!("活动已取消，报名的人会收到通知。"),
        "attendance" => msg!("到场情况已登记。"),
        "checked-in" => msg!("签到成功。"),
        "feed-renewed" => msg!("日历地址已更换，旧地址不再有效。"),
        "viewing-ended" => msg!("集体收看已结束。"),
        "case-filed" => msg!("已收到，会在期限前答复。"),
        "case-withdrawn" => msg!("已撤回。"),
        "case-decided" => msg!("已办理，本人会收到答复。"),
        "calendar-proposed" => msg!("已提出，等另一个人批准后生效。"),
        "chapter-read" => msg!("已记下：这一章读完了。"),
        "record-made" => msg!("已学完，结业记录已生成。"),
        "imported" => msg!("已导入。"),
        "mail-code" => msg!("已记下，确认邮件马上发出。"),
        "mail-confirmed" => msg!("邮箱已确认。"),
        "booklet-made" => msg!("读本已建好，接下来写章节。"),
        "course-begun" => msg!("新的一版已开始，内容抄自公开的那一版。通过审核后才换上。"),
        "course-dropped" => msg!("新的一版已放弃，公开的那一版没有变。"),
        "course-reopened" => msg!("已改回草稿，改好后重新送审。"),
        "chapter-deleted" => msg!("这一章已删去，可以在“删去的章节”里取回。"),
        "chapter-revived" => msg!("这一章已取回，放在最后。"),
        "booklet-begun" => msg!("已把读者看到的文字抄成修改稿。改好、审过以后，读者才会看到新的。"),
        "booklet-archived" => msg!("已归档。在“已归档”里还找得到。"),
        "all-read" => msg!("已全部标为已读。"),
        "sheet-submitted" => msg!("已提交。提交后不能改；在锁定以前，只有您能看到这份评分。"),
        "recused" => msg!("已记下回避，由组织者改派。"),
        "lock-asked" => msg!("已提出锁定，等另一个人确认。"),
        "locked" => msg!("已锁定。"),
        "paper-once" => msg!("已记下。另一个人录入同样的分数后，这份评分表算提交。"),
        "paper-done" => msg!("两个人录入一致，这份评分表已提交。"),
        "sheet-returned" => msg!("已退回给评委。"),
        "computed" => msg!("已算出结果，请复核人核对。"),
        "checked" => msg!("独立程序重算一致，可以公布了。"),
        "result-published" => msg!("已公布，进入公示期。"),
        "result-final" => msg!("已定为正式结果。"),
        "ruled" => msg!("已答复。请重新计算，公布新的一版。"),
        "contest-made" => msg!("赛课已建好，接下来定每一轮的评分办法。"),
        "contest-announced" => msg!("赛课已公布。"),
        "contest-opened" => msg!("报名已开放。"),
        "contest-closed" => msg!("报名已截止，抽签种子的指纹已公布。"),
        "contest-archived" => msg!("赛课已归档。"),
        "contest-suspended" => msg!("赛课已暂停。"),
        "contest-resumed" => msg!("赛课已恢复。"),
        "method-frozen" => msg!("评分办法已冻结，等另一个人批准。"),
        "method-approved" => msg!("评分办法已批准。"),
        "method-thawed" => msg!("评分办法已解冻，可以再改。"),
        "lots-drawn" => msg!("抽签完成。"),
        "round-started" => msg!("评分已开始。"),
        "entry-saved" => msg!("草稿已保存，还没有提交。"),
        "entry-submitted" => msg!("作品已提交，等支部审核。"),
        "entry-withdrawn" => msg!("作品已撤回。"),
        "entry-endorsed" => msg!("已记下：同意参赛。"),
        "entry-returned" => msg!("已退回，本人会看到原因。"),
        "entry-screened" => msg!("已记下您的结论。"),
        "rated" => msg!("评价已保存。分数几分钟后更新；写的文字审核后公开。"),
        "rating-withdrawn" => msg!("评价已撤回。"),
        "asked-again" => msg!("已请审核人再看一次。"),
        "reply-sent" => msg!("回复已保存，审核后公开。"),
        "exclusion-proposed" => msg!("已提出，等另一个人决定。"),
        "ranking-asked" => msg!("已开始计算，算好以后在“待复核”里。"),
        "ranking-checked" => msg!("重算结果一致，复核通过。"),
        "ranking-published" => msg!("已发布。"),
        "ranking-final" => msg!("已定为正式结果。"),
        "ranking-withdrawn" => msg!("已撤回，原来的地址会说明原因。"),
        "name-redacted" => msg!("姓名已隐去。"),
        "broadcast-published" => msg!("已发布。各群的公告随后发出。"),
        "broadcast-closed" => msg!("已结束。还没有开始的放映都取消了。"),
        "screenings" => msg!("放映已排好。"),
        "screening-confirmed" => msg!("放映已确认。"),
        "kiosk" => msg!("放映屏的地址已做好。以前的地址不再有效。"),
        "kiosk-closed" => msg!("放映屏的地址已停用。"),
        "announced" => msg!("已排上，一会儿发出。"),
        "gold-nominated" => msg!("已提名，接下来公示。"),
        "gold-noticed" => msg!("公示已开始，被提名的人会收到消息。"),
        "gold-appointed" => msg!("已聘任，本人会收到消息，证书可以打印。"),
        "gold-refused" => msg!("已记下：不聘任。本人会收到原因。"),
        "gold-proposed" => msg!("已提出，等另一个人确认。"),
        "gold-confirmed" => msg!("已确认，本人会收到消息。"),
        "gold-dropped" => msg!("这项提议已撤销，什么都没有变。"),
        "test-over" => msg!("时间到了，已按之前答的交卷。"),
        _ => return None,
    })
}

impl FromRequest for Page {
    type Error = Infallible;
    type Future = Ready<Result<Page, Infallible>>;
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Page::new(request)))
    }
}

impl FromRequest for Viewer {
    type Error = Error;
    type Future = Ready<Result<Viewer, Error>>;
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(request.extensions().get::<Viewer>().cloned().ok_or_else(|| {
            Error::Internal("a route let in a visitor whose handler needs somebody signed in".into())
        }))
    }
}

impl FromRequest for RequestId {
    type Error = Infallible;
    type Future = Ready<Result<RequestId, Infallible>>;
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(request.extensions().get::<RequestId>().cloned().unwrap_or(RequestId(String::new()))))
    }
}
