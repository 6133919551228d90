//! What surrounds every page: who is looking, in which language and mode, and the notice to show.
use crate::access::{Permission, Viewer};
use crate::assets;
use crate::audit::Doer;
use crate::clock::{self, Timestamp};
use crate::config::Config;
use crate::error::Error;
use crate::lang::{self, Lang, Message};
use crate::site::{Present, Setting, Site};
use crate::web::notice::notice;
use crate::web::{kept, text};
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
    pub fn may_edit_roster(&self) -> bool {
        self.may(Permission::EditRoster)
    }
    pub fn may_edit_schools(&self) -> bool {
        self.may(Permission::EditSchools)
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
    pub fn may_make_plans(&self) -> bool {
        self.may(Permission::MakePlans)
    }
    pub fn may_see_coverage(&self) -> bool {
        self.may(Permission::SeeCoverage)
    }
    pub fn may_arrange_study(&self) -> bool {
        self.may(Permission::ArrangeStudy)
    }
    pub fn may_plan_broadcast(&self) -> bool {
        self.may(Permission::PlanBroadcast)
    }
    pub fn may_import_roster(&self) -> bool {
        self.may(Permission::ImportRoster)
    }
    pub fn may_decide_cases(&self) -> bool {
        self.may(Permission::DecideCases)
    }
    pub fn may_guide(&self) -> bool {
        self.may(Permission::VisitBranches) || self.may(Permission::SeeGuidance)
    }
    pub fn may_answer_findings(&self) -> bool {
        self.may(Permission::AnswerFindings)
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
            MakePlans,
            SeeCoverage,
            PlanBroadcast,
            EnrolMembers,
            DecideCases,
            CheckRankings,
            ModerateRatings,
            JudgeRatings,
            WatchContests,
            JudgeEntries,
            ScreenEntries,
            EndorseEntries,
            ImportRoster,
            SeePeople,
            EditRoster,
            EditSchools,
            SeeAdmin,
            VisitBranches,
        ];
        DESKS.iter().any(|permission| self.may(*permission))
    }
    /// What ratings are shown and changed by, as the office has set it.
    pub fn least_voices(&self) -> i64 {
        self.site.number(Setting::RatingVoices)
    }
    pub fn least_branches(&self) -> i64 {
        self.site.number(Setting::RatingBranches)
    }
    pub fn rating_prior(&self) -> i64 {
        self.site.number(Setting::RatingPrior)
    }
    pub fn rating_edit_days(&self) -> i64 {
        self.site.number(Setting::RatingEditDays)
    }
    /// The share of a recording from which it counts as watched, in per cent.
    pub fn watched_share(&self) -> i64 {
        self.site.number(Setting::WatchedShare)
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
