//! What the installation is called, how people reach it and what it promises them: settings of the county office, never
//! constants. Each value holds from a day on; a value that touches people's rights is proposed by one person and approved
//! by another (domain.md §6). Nothing is overwritten: yesterday's wording can be read today.
mod numbers;
mod retention;
mod store;

use crate::access::Viewer;
use crate::audit::{Action, Doer};
use crate::clock::{self, Timestamp};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{SettingChangeId, digest, hex};
use crate::lang::Message;
use crate::{msg, text_enum};
use chrono::NaiveDate;
pub use numbers::{Number, number};
pub use retention::RETENTION;
use std::sync::{Arc, RwLock};
pub use store::{Change, awaiting, history, secret, secret_of, set_secret};

text_enum! {
    /// What can be set.
    pub enum Setting {
        City = "city",
        Organizer = "organizer",
        HelpPhone = "help_phone",
        HelpHours = "help_hours",
        FilingNumber = "filing_number",
        PoliceNumber = "police_number",
        Logo = "logo",
        PrivacyNotice = "privacy_notice",
        ConsentText = "consent_text",
        SecondFactor = "second_factor",
        HeldWords = "held_words",
        RatingPrior = "rating_prior",
        RatingVoices = "rating_voices",
        RatingBranches = "rating_branches",
        RatingEditDays = "rating_edit_days",
        FlagVoices = "flag_voices",
        FlagChance = "flag_chance",
        FlagMoved = "flag_moved",
        FlagBurst = "flag_burst",
        FlagRun = "flag_run",
        WatchedShare = "watched_share",
        RetentionViews = "retention_views",
        RetentionRatingKeys = "retention_rating_keys",
        RetentionCaseTexts = "retention_case_texts",
        RetentionEnrolmentTexts = "retention_enrolment_texts",
        RetentionSignIns = "retention_sign_ins",
        RetentionNotices = "retention_notices",
        RetentionCopyReasons = "retention_copy_reasons",
        RetentionContacts = "retention_contacts",
        RetentionUploads = "retention_uploads",
    }
}

text_enum! {
    /// What a second person said of a proposal; `Withdrawn` is the word of whoever proposed it.
    pub enum Verdict {
        Approved = "approved",
        Refused = "refused",
        Withdrawn = "withdrawn",
    }
}

impl Setting {
    /// The setting in words.
    pub fn words(self) -> Message {
        match self {
            Setting::City => msg!("城市名称"),
            Setting::Organizer => msg!("主办单位"),
            Setting::HelpPhone => msg!("帮助电话"),
            Setting::HelpHours => msg!("接听时间"),
            Setting::FilingNumber => msg!("ICP 备案号"),
            Setting::PoliceNumber => msg!("公安备案号"),
            Setting::Logo => msg!("标志图片"),
            Setting::PrivacyNotice => msg!("隐私说明"),
            Setting::ConsentText => msg!("同意书"),
            Setting::SecondFactor => msg!("第二重验证"),
            Setting::HeldWords => msg!("评价文字的暂扣词"),
            Setting::RatingPrior => msg!("评价均值里全市均值算几票"),
            Setting::RatingVoices => msg!("多少人评价以后才显示分数"),
            Setting::RatingBranches => msg!("来自多少个支部以后才显示分数"),
            Setting::RatingEditDays => msg!("评价可以修改的天数"),
            Setting::FlagVoices => msg!("多少条评价以后才查有没有抱团打分"),
            Setting::FlagChance => msg!("同一个支部的评价多到多难碰巧才提示"),
            Setting::FlagMoved => msg!("把平均星数带偏多少才提示"),
            Setting::FlagBurst => msg!("十分钟内超过多少条评价就提示"),
            Setting::FlagRun => msg!("连续多少条同样的星数才提示"),
            Setting::WatchedShare => msg!("看到百分之几算学完"),
            Setting::RetentionViews => msg!("看课细节保留的天数"),
            Setting::RetentionRatingKeys => msg!("评价人记号保留的天数"),
            Setting::RetentionCaseTexts => msg!("异议和更正的文字保留的天数"),
            Setting::RetentionEnrolmentTexts => msg!("报名理由保留的天数"),
            Setting::RetentionSignIns => msg!("登录设备记录保留的天数"),
            Setting::RetentionNotices => msg!("消息正文保留的天数"),
            Setting::RetentionCopyReasons => msg!("纸质读本收发的原因保留的天数"),
            Setting::RetentionContacts => msg!("投诉和建议的联系方式保留的天数"),
            Setting::RetentionUploads => msg!("上传的原始文件保留的天数"),
        }
    }
    /// Where it is shown and what depends on it.
    pub fn about(self) -> Message {
        match self {
            Setting::City => msg!("每页左上角和标题里的城市名，例如：都江堰市。"),
            Setting::Organizer => msg!("每页最下面的主办单位。"),
            Setting::HelpPhone => msg!("每页最下面和出错页上的电话。"),
            Setting::HelpHours => msg!("写在电话旁边，例如：工作日 9:00–17:00。"),
            Setting::FilingNumber => msg!("每页最下面的网站备案号。"),
            Setting::PoliceNumber => msg!("每页最下面的公安联网备案号。"),
            Setting::Logo => msg!("代替每页左上角的图形。PNG、JPEG 或 WebP，不超过 128 KB，最好是正方形。"),
            Setting::PrivacyNotice => {
                msg!("收集哪些信息、用来做什么、存多久、怎样查看和更正。可以用 Markdown 分段和列表。")
            }
            Setting::ConsentText => {
                msg!("用一次性登录码设密码时要同意的文字。改了以后，登录的人会再看到一次。")
            }
            Setting::SecondFactor => msg!("全市范围的角色登录时，除了密码是否还要动态验证码。"),
            Setting::HeldWords => {
                msg!(
                    "评价文字里有这些词的，排在审核页最前面。一行一个，也可以用逗号隔开。只是提醒，不会自动隐藏。"
                )
            }
            Setting::RatingPrior => {
                msg!("评价少的课往全市均值靠，免得忽高忽低。改了以后下一次计算起用；已发布的榜单不变。")
            }
            Setting::RatingVoices | Setting::RatingBranches => {
                msg!("不够就不显示分数，也不上榜。改了以后下一次计算起用；已发布的榜单不变。")
            }
            Setting::RatingEditDays => msg!("从第一次提交算起。过了以后只能撤回。"),
            Setting::FlagVoices => msg!("只是提示，由两个人决定要不要剔除。改了以后，下一次核查起用。"),
            Setting::FlagChance => msg!("写零的个数：6 就是碰巧这样的可能不到一百万分之一。越大，提示越少。"),
            Setting::FlagMoved => msg!("按百分之一星写：30 就是 0.3 颗星。"),
            Setting::FlagBurst => msg!("一起在微党校看的不算在内。"),
            Setting::FlagRun => msg!("还要是别人很少打的星数，并且带偏了平均星数。"),
            Setting::WatchedShare => msg!("自己看、集体收看和送学上门都按它算。已经学完的不变。"),
            _ => msg!("写天数。到期以后每天自动删去，删了多少在“保留期限”里看得到。"),
        }
    }
    /// Whether a second person has to approve a value.
    pub fn needs_approval(self) -> bool {
        matches!(
            self,
            Setting::PrivacyNotice | Setting::ConsentText | Setting::SecondFactor | Setting::HeldWords
        ) || self.number().is_some()
    }
    /// The longest value, in characters.
    pub fn longest(self) -> usize {
        match self {
            Setting::PrivacyNotice | Setting::ConsentText => 20_000,
            Setting::HeldWords => 4_000,
            _ => 80,
        }
    }
    pub fn is_long(self) -> bool {
        self.longest() > 80
    }
}

/// What a second factor may be required of: words of the setting.
pub const REQUIRED: &str = "required";
pub const OFFERED: &str = "offered";

/// The largest logo, in bytes.
pub const LARGEST_LOGO: usize = 128 * 1024;

/// A picture in place of the mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logo {
    pub mime: &'static str,
    pub bytes: Vec<u8>,
    /// Changes with the picture.
    pub digest: String,
}

impl Logo {
    /// A picture from a file that somebody sent, told by its first bytes; nothing else is a picture.
    pub fn of(bytes: &[u8]) -> Result<Logo, Message> {
        let mime = match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => "image/png",
            [0xFF, 0xD8, 0xFF, ..] => "image/jpeg",
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
            [] => return Err(msg!("请选一个图片文件")),
            _ => return Err(msg!("这不是 PNG、JPEG 或 WebP 图片")),
        };
        if bytes.len() > LARGEST_LOGO {
            return Err(msg!("图片超过 {} KB，请缩小后再传", LARGEST_LOGO / 1024));
        }
        let digest = digest_of(bytes);
        Ok(Logo { mime, bytes: bytes.to_vec(), digest })
    }
    /// As it is kept among the settings.
    pub fn to_value(&self) -> String {
        hex(&self.bytes)
    }
    /// `None` for the empty value, which takes a logo away, and for what is no picture.
    fn of_value(value: &str) -> Option<Logo> {
        let pairs = value.as_bytes().chunks(2);
        let bytes: Option<Vec<u8>> =
            pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
        Logo::of(&bytes?).ok()
    }
}

fn digest_of(bytes: &[u8]) -> String {
    use sha2::Digest;
    hex(&sha2::Sha256::digest(bytes)[..8])
}

/// The words of this installation, as they are on one day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Site {
    pub city: String,
    pub help_phone: String,
    pub help_hours: String,
    pub organizer: String,
    /// The filing number (ICP 备案号); empty where there is none yet.
    pub filing_number: String,
    /// The number of the filing with the police (公安备案号).
    pub police_number: String,
    pub logo: Option<Logo>,
    /// Markdown.
    pub privacy_notice: String,
    /// The text to agree to, and the change that brought it.
    pub consent: Option<(SettingChangeId, String)>,
    /// Words that hold a comment of a rating until somebody has looked at it.
    pub held_words: String,
    /// Whether roles with city scope need a second factor to sign in.
    pub is_factor_required: bool,
    /// Numbers that were set.
    pub numbers: Vec<(Setting, String)>,
    /// Made-up data, said on every page.
    pub is_demo: bool,
    /// Whether anybody has set up this installation.
    pub is_set_up: bool,
}

impl Site {
    /// The settings that hold on `day`; what is not set is empty and its place on the page is left out.
    pub fn load(conn: &mut Conn, day: NaiveDate) -> Result<Site> {
        let mut site = Site { is_factor_required: true, ..Site::default() };
        for (id, name, value) in store::holding(conn, day)? {
            match Setting::of(&name) {
                Some(Setting::City) => site.city = value,
                Some(Setting::HelpPhone) => site.help_phone = value,
                Some(Setting::HelpHours) => site.help_hours = value,
                Some(Setting::Organizer) => site.organizer = value,
                Some(Setting::FilingNumber) => site.filing_number = value,
                Some(Setting::PoliceNumber) => site.police_number = value,
                Some(Setting::Logo) => site.logo = Logo::of_value(&value),
                Some(Setting::PrivacyNotice) => site.privacy_notice = value,
                Some(Setting::ConsentText) => site.consent = (!value.is_empty()).then_some((id, value)),
                Some(Setting::HeldWords) => site.held_words = value,
                Some(Setting::SecondFactor) => site.is_factor_required = value != OFFERED,
                Some(setting) => site.numbers.push((setting, value)),
                None if name == "is_demo" => site.is_demo = value == "yes",
                None => {}
            }
        }
        site.is_set_up = store::has_administrator(conn)?;
        Ok(site)
    }
    /// The value of a setting as the form of its page shows it. A logo is not text.
    pub fn value(&self, setting: Setting) -> String {
        match setting {
            Setting::City => self.city.clone(),
            Setting::Organizer => self.organizer.clone(),
            Setting::HelpPhone => self.help_phone.clone(),
            Setting::HelpHours => self.help_hours.clone(),
            Setting::FilingNumber => self.filing_number.clone(),
            Setting::PoliceNumber => self.police_number.clone(),
            Setting::Logo => String::new(),
            Setting::PrivacyNotice => self.privacy_notice.clone(),
            Setting::ConsentText => self.consent.as_ref().map(|(_, text)| text.clone()).unwrap_or_default(),
            Setting::HeldWords => self.held_words.clone(),
            Setting::SecondFactor => if self.is_factor_required { REQUIRED } else { OFFERED }.to_owned(),
            other => {
                let set = self.numbers.iter().find(|(setting, _)| *setting == other);
                let default = || other.number().map(|number| number.default.to_string()).unwrap_or_default();
                set.map_or_else(default, |(_, value)| value.clone())
            }
        }
    }
    /// A setting that is a number, as [`number`] reads it.
    pub fn number(&self, setting: Setting) -> i64 {
        let kept = self.numbers.iter().find(|(known, _)| *known == setting).map(|(_, value)| value.as_str());
        numbers::read(setting, kept)
    }
    /// What people look for first and is not set yet.
    pub fn missing(&self) -> Vec<Setting> {
        [
            Setting::City,
            Setting::Organizer,
            Setting::HelpPhone,
            Setting::FilingNumber,
            Setting::PrivacyNotice,
            Setting::ConsentText,
        ]
        .into_iter()
        .filter(|setting| self.value(*setting).is_empty())
        .collect()
    }
}

/// The settings as this process knows them. `web::kept` brings it up to date before a page is made.
#[derive(Default)]
pub struct Present(RwLock<Arc<Site>>);

impl Present {
    pub fn get(&self) -> Arc<Site> {
        // A thread that panicked while it held the lock had at most swapped a pointer.
        self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
    pub fn set(&self, site: Site) {
        *self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(site);
    }
}

/// Why a change of a setting is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    OwnProposal,
    NotOwnProposal,
    OpenAlready,
    DecidedAlready,
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        Error::Refused(match refusal {
            Refusal::OwnProposal => msg!("自己提出的修改要请另一个人批准"),
            Refusal::NotOwnProposal => msg!("只有提出的人可以撤回"),
            Refusal::OpenAlready => msg!("这一项已有修改在等批准，请先办完那一件"),
            Refusal::DecidedAlready => msg!("这件修改已经办过"),
        })
    }
}

/// Sets a value from today on: for the first-run page and the command line, where there is nobody yet who could approve.
pub fn put(conn: &mut Conn, name: &str, value: &str, now: Timestamp) -> Result<()> {
    let day = clock::day(now);
    store::insert(conn, name, value, day, None, now, Some(Verdict::Approved))?;
    Ok(())
}

/// Proposes a value that holds from `day` on. Where nobody has to approve it, it holds.
///
/// # Errors
/// Refused while another proposal for this setting waits.
pub fn propose(
    conn: &mut Conn,
    setting: Setting,
    value: &str,
    day: NaiveDate,
    viewer: &Viewer,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    let verdict = (!setting.needs_approval()).then_some(Verdict::Approved);
    let id = store::insert(conn, setting.as_str(), value, day, Some(viewer.account), now, verdict)?;
    doer.did(conn, Action::SettingProposed, ("setting", id.0), now)
}

/// Approves, refuses or withdraws a proposal. Whoever proposed it may only withdraw it, and nobody else may.
///
/// # Errors
/// Refused for the wrong person, and when somebody was faster.
pub fn decide(
    conn: &mut Conn,
    id: SettingChangeId,
    verdict: Verdict,
    viewer: &Viewer,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    let change = store::find(conn, id)?;
    let is_own = change.proposed_by_id == Some(viewer.account);
    match (verdict, is_own) {
        (Verdict::Withdrawn, false) => return Err(Refusal::NotOwnProposal.into()),
        (Verdict::Approved | Verdict::Refused, true) => return Err(Refusal::OwnProposal.into()),
        _ => {}
    }
    if !store::decide(conn, id, verdict, viewer.account, now)? {
        return Err(Refusal::DecidedAlready.into());
    }
    let action = match verdict {
        Verdict::Approved => Action::SettingApproved,
        Verdict::Refused => Action::SettingRefused,
        Verdict::Withdrawn => Action::SettingWithdrawn,
    };
    doer.did(conn, action, ("setting", id.0), now)
}

/// The code that the first-run page asks for, made anew: only whoever started the server reads it. `None` once there is
/// an administrator.
pub fn new_setup_code(conn: &mut Conn) -> Result<Option<String>> {
    if store::has_administrator(conn)? {
        // An old code opens nothing when some day there is no administrator again.
        store::forget_secret(conn, "setup_code", None)?;
        return Ok(None);
    }
    let code = crate::ids::random_code(8);
    store::set_secret(conn, "setup_code", &digest(&code))?;
    Ok(Some(format!("{}-{}", &code[..4], &code[4..])))
}

fn setup_digest(typed: &str) -> String {
    let plain: String =
        typed.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    digest(&plain)
}

/// Uses the code: `false` if it is another one or was used. One statement, so that of two at once one gets it.
pub fn use_setup_code(conn: &mut Conn, typed: &str) -> Result<bool> {
    store::forget_secret(conn, "setup_code", Some(&setup_digest(typed)))
}

/// Whether this is the code printed last, on an installation without an administrator.
pub fn is_setup_code(conn: &mut Conn, typed: &str) -> Result<bool> {
    let kept = store::secret_of(conn, "setup_code")?;
    Ok(!store::has_administrator(conn)? && kept.is_some_and(|kept| kept == setup_digest(typed)))
}

/// Whether somebody can give roles here.
pub fn has_administrator(conn: &mut Conn) -> Result<bool> {
    store::has_administrator(conn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logo_is_told_by_its_first_bytes() {
        let png = b"\x89PNG\r\n\x1A\n....";
        let logo = Logo::of(png).unwrap();
        assert_eq!(logo.mime, "image/png");
        assert_eq!(Logo::of_value(&logo.to_value()), Some(logo));
        assert!(Logo::of(b"<svg onload=alert(1)>").is_err());
        assert!(Logo::of(b"").is_err() && Logo::of_value("").is_none() && Logo::of_value("zz").is_none());
        let mut large = png.to_vec();
        large.resize(LARGEST_LOGO + 1, 0);
        assert!(Logo::of(&large).is_err());
    }
}
