//! What is written in letters: the confirmation of an address, and the digest. Text only.
use super::mail::{Mailer, unwritten};
use super::store::mail::News;
use crate::clock::Timestamp;
use crate::config::{DIGEST_LINES, MAIL_CODE_HOURS};
use crate::error::{Error, Result};
use crate::ids::random_hex;
use crate::lang::{self, Lang};
use crate::msg;
use crate::web::form::local_path;
use lettre::message::header::{ContentType, HeaderName, HeaderValue, MIME_VERSION_1_0};
use lettre::message::{Mailbox, Message};

impl Mailer {
    fn letter(&self, to: &str, subject: String, lines: &[String], now: Timestamp) -> Result<Message> {
        let to = to.parse().map_err(Error::internal)?;
        let header = |name, value: String| HeaderValue::new(HeaderName::new_from_ascii_str(name), value);
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(subject)
            .date(now.and_utc().into())
            .message_id(Some(format!("<{}@{}>", random_hex(16), self.domain())))
            .raw_header(header("Auto-Submitted", "auto-generated".to_owned()))
            .raw_header(header("List-Unsubscribe", format!("<{}/me/mail>", self.public_url)))
            // lettre writes it for letters of several parts only; without it base64 is not read.
            .header(MIME_VERSION_1_0)
            .header(ContentType::TEXT_PLAIN)
            .body(lines.join("\r\n") + "\r\n")
            .map_err(unwritten)
    }
    /// The link that confirms an address. It says nothing about whoever asked for it: the address may be a stranger's.
    pub(super) fn code_letter(&self, to: &str, lang: Lang, code: &str, now: Timestamp) -> Result<Message> {
        let lines = [
            msg!("您好：").in_lang(lang),
            String::new(),
            msg!(
                "有人在微党校里填了这个邮箱，想用它接收提醒。如果是您，请在 {} 小时内打开下面的链接，登录后点“确认”：",
                MAIL_CODE_HOURS
            )
            .in_lang(lang),
            String::new(),
            format!("{}/me/mail/confirm?code={code}", self.public_url),
            String::new(),
            msg!("如果不是您，不用理会：不确认，就不会收到提醒。").in_lang(lang),
            String::new(),
            self.ending(lang),
        ];
        self.letter(to, msg!("请确认接收提醒的邮箱").in_lang(lang), &lines, now)
    }
    /// Titles and links. What people wrote is not sent by mail, only that they did.
    pub(super) fn digest_letter(
        &self,
        to: &str,
        lang: Lang,
        news: &[News],
        now: Timestamp,
    ) -> Result<Message> {
        let mut lines = vec![msg!("您在微党校有 {} 条没有读的通知：", news.len()).in_lang(lang)];
        for (place, one) in news.iter().take(DIGEST_LINES).enumerate() {
            lines.push(String::new());
            // A title is one line, whatever names are in it.
            let title = lang::kept(&one.title, lang).replace(char::is_control, " ");
            lines.push(format!("{}. {title}", place + 1));
            if !one.body.is_empty() {
                lines.push(format!("   {}", msg!("有人写了几句话，登录后在收件箱里看。").in_lang(lang)));
            }
            lines.push(format!("   {}{}", self.public_url, local_path(&one.link)));
        }
        if let Some(more) = news.len().checked_sub(DIGEST_LINES).filter(|more| *more > 0) {
            lines.push(String::new());
            lines.push(msg!("还有 {} 条。", more).in_lang(lang));
        }
        lines.extend([
            String::new(),
            msg!("收件箱：{}/me/inbox", self.public_url).in_lang(lang),
            msg!("不想再收，或者换个时间：{}/me/mail", self.public_url).in_lang(lang),
            String::new(),
            self.ending(lang),
        ]);
        self.letter(to, msg!("微党校：{} 条没有读的通知", news.len()).in_lang(lang), &lines, now)
    }
    fn ending(&self, lang: Lang) -> String {
        msg!("这封邮件由系统自动发出，每天最多一封提醒，请不要回复。").in_lang(lang)
    }
}
