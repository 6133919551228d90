//! What the robots of the three services take, sign and answer, as their makers document it: no network here.
//!
//! * WeCom, «群机器人配置说明» (developer.work.weixin.qq.com/document/path/91770): POST to
//!   `https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…`, `markdown.content` of at most 4,096 bytes in UTF-8; 20 messages
//!   a minute; `errcode` 0 or a reason, 45009 when it was too much, 93000 for an address that is none.
//! * DingTalk, «自定义机器人接入» (open.dingtalk.com): POST to `https://oapi.dingtalk.com/robot/send?access_token=…`, with
//!   `timestamp` in milliseconds and `sign`, base64 of HMAC-SHA256 over `timestamp\nsecret` with the secret as its key,
//!   percent-encoded; 20 messages a minute, and ten minutes of silence for whoever sends more (130101); 310000 for a signature,
//!   keyword or address that does not fit, 300001 for a token that is none.
//! * Feishu, «自定义机器人使用指南» (open.feishu.cn): POST to `https://open.feishu.cn/open-apis/bot/v2/hook/…` with `timestamp` in
//!   seconds and `sign` in the body: base64 of HMAC-SHA256 over nothing, with `timestamp\nsecret` as its key; 100 messages a
//!   minute, 5 a second; at most 20 KB; `code` 0, in older answers `StatusCode` 0; 19021 for a wrong signature, 19022 for an
//!   address, 19024 for a keyword, 19001 for an address that is none, 11232 when it was too much.
use super::Kind;
use crate::clock::Timestamp;
use crate::lang::Message;
use crate::msg;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Url;
use serde_json::{Value, json};
use sha2::Sha256;

/// Messages that one robot takes within a minute: WeCom's and DingTalk's limit, and well within Feishu's.
pub const A_MINUTE: i64 = 20;
/// The longest title and text that are sent, in bytes: WeCom takes 4,096 of both with the link.
const TITLE_BYTES: usize = 300;
const TEXT_BYTES: usize = 2_800;

/// What is posted, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct Post {
    pub url: Url,
    pub body: Value,
}

/// What a robot made of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Taken,
    /// Not now; it may be better later.
    Later(Message),
    /// It has had enough for so many minutes.
    Enough(i64, Message),
    /// It will never take it as it is set up.
    Refused(Message),
}

/// Whether a robot of this kind may have this address: the maker's own host and path, over TLS; or an origin that the
/// installation allows (`scheme://host:port`), such as a service within the office's own network.
pub fn fits(kind: Kind, address: &str, allowed: &[String]) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return false;
    }
    if is_allowed(&url, allowed) {
        return matches!(url.scheme(), "http" | "https");
    }
    let has = |name: &str| url.query_pairs().any(|(key, value)| key == name && !value.is_empty());
    let is_there = match kind {
        Kind::Wecom => {
            url.host_str() == Some("qyapi.weixin.qq.com")
                && url.path() == "/cgi-bin/webhook/send"
                && has("key")
        }
        Kind::Dingtalk => {
            url.host_str() == Some("oapi.dingtalk.com") && url.path() == "/robot/send" && has("access_token")
        }
        Kind::Feishu => {
            matches!(url.host_str(), Some("open.feishu.cn" | "open.larksuite.com"))
                && url.path().strip_prefix("/open-apis/bot/v2/hook/").is_some_and(|rest| !rest.is_empty())
        }
    };
    is_there && url.scheme() == "https" && url.port().is_none()
}

/// Whether the installation allows this origin.
pub fn is_allowed(url: &Url, allowed: &[String]) -> bool {
    let origin = url.origin().ascii_serialization();
    allowed.iter().any(|one| one.trim_end_matches('/') == origin)
}

/// An address as it may be shown: who knows all of it can write to the group.
pub fn shown(address: &str) -> String {
    match Url::parse(address) {
        Ok(url) => {
            let end: String = address.chars().rev().take(4).collect();
            let end: String = end.chars().rev().collect();
            format!("{}…{end}", url.host_str().unwrap_or_default())
        }
        Err(_) => "…".into(),
    }
}

/// Base64 of HMAC-SHA256 of `text` with this key.
fn hmac(key: &str, text: &str) -> String {
    // HMAC takes keys of every length.
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes());
    let mut mac = mac.unwrap_or_else(|_| unreachable!("HMAC takes every key"));
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// At most so many bytes, cut between two characters.
fn cut(text: &str, bytes: usize) -> String {
    if text.len() <= bytes {
        return text.to_owned();
    }
    let mut end = bytes - '…'.len_utf8();
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", &text[..end])
}

/// Words as Markdown: nothing in them is a mark, a link or a call of somebody by name.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '<' => '＜',
            '>' => '＞',
            '[' => '［',
            ']' => '］',
            '*' => '＊',
            '`' => '｀',
            '#' => '＃',
            '@' => '＠',
            c => c,
        })
        .collect()
}

/// The message for a robot. `link` is a whole address.
///
/// # Errors
/// A sentence, for an address that cannot be read.
pub fn post(
    kind: Kind,
    (address, secret): (&str, &str),
    (title, text, link): (&str, &str, &str),
    now: Timestamp,
) -> Result<Post, Message> {
    let mut url = Url::parse(address).map_err(|_| msg!("机器人的地址写得不对"))?;
    let (title, text) = (cut(title.trim(), TITLE_BYTES), cut(text.trim(), TEXT_BYTES));
    let body = match kind {
        Kind::Wecom => {
            let mut content = format!("**{}**\n", plain(&title));
            if !text.is_empty() {
                content += &format!("{}\n", plain(&text));
            }
            content += &format!("[查看详情]({link})");
            json!({ "msgtype": "markdown", "markdown": { "content": content } })
        }
        Kind::Dingtalk => {
            let mut content = format!("#### {}\n\n", plain(&title));
            if !text.is_empty() {
                // A line ends only where an empty one follows.
                content += &format!("{}\n\n", plain(&text).replace('\n', "\n\n"));
            }
            content += &format!("[查看详情]({link})");
            if !secret.is_empty() {
                let at = now.and_utc().timestamp_millis().to_string();
                let sign = hmac(secret, &format!("{at}\n{secret}"));
                url.query_pairs_mut().append_pair("timestamp", &at).append_pair("sign", &sign);
            }
            json!({ "msgtype": "markdown", "markdown": { "title": plain(&title), "text": content } })
        }
        Kind::Feishu => {
            let mut lines: Vec<Value> = vec![];
            if !text.is_empty() {
                lines.push(json!([{ "tag": "text", "text": text }]));
            }
            lines.push(json!([{ "tag": "a", "text": "查看详情", "href": link }]));
            let content = json!({ "post": { "zh_cn": { "title": title, "content": lines } } });
            let mut body = json!({ "msg_type": "post", "content": content });
            if !secret.is_empty() {
                let at = now.and_utc().timestamp().to_string();
                body["sign"] = hmac(&format!("{at}\n{secret}"), "").into();
                body["timestamp"] = at.into();
            }
            body
        }
    };
    Ok(Post { url, body })
}

/// How many characters of an answer are kept.
const ANSWER_CHARS: usize = 160;

/// What an answer means. HTTP's own status says little: all three refuse with 200.
pub fn read(kind: Kind, status: u16, body: &str) -> Outcome {
    let answer: Value = serde_json::from_str(body).unwrap_or(Value::Null);
    let number = |name: &str| answer.get(name).and_then(Value::as_i64);
    let code = match kind {
        Kind::Wecom | Kind::Dingtalk => number("errcode"),
        Kind::Feishu => number("code").or_else(|| number("StatusCode")),
    };
    let words = ["errmsg", "msg", "StatusMessage"].iter().find_map(|name| answer.get(*name)?.as_str());
    let words: String =
        words.unwrap_or_default().chars().filter(|c| !c.is_control()).take(ANSWER_CHARS).collect();
    match (kind, code) {
        (_, Some(0)) => Outcome::Taken,
        (Kind::Wecom, Some(45009)) | (Kind::Feishu, Some(11232)) => Outcome::Enough(1, said(code, &words)),
        (Kind::Dingtalk, Some(130_101 | 410_100)) => Outcome::Enough(10, said(code, &words)),
        (_, None) if status == 429 => Outcome::Enough(1, said(None, "429")),
        // Its own trouble, as it says: -1 «系统繁忙» of WeCom and DingTalk, whatever came with 5xx.
        (Kind::Wecom | Kind::Dingtalk, Some(-1)) => Outcome::Later(said(code, &words)),
        (_, Some(_)) if status >= 500 => Outcome::Later(said(code, &words)),
        (_, Some(_)) => Outcome::Refused(said(code, &words)),
        (_, None) if (200..300).contains(&status) || status >= 500 || status == 408 => {
            Outcome::Later(msg!("对方的回答看不懂（HTTP {}）", status))
        }
        // Redirections lead elsewhere, and are not followed.
        (_, None) => Outcome::Refused(msg!("对方不接收（HTTP {}）", status)),
    }
}

fn said(code: Option<i64>, words: &str) -> Message {
    match code {
        Some(code) => msg!("对方没有接收：{} {}", code, words),
        None => msg!("对方没有接收：{}", words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DINGTALK_SIGN: &str = "drq9sIk32rxknMOeG8dJkmi/lkhvhJLvXyjG47E2NsA=";
    const FEISHU_SIGN: &str = "KWw9HbI/+Sr4HM9qQKc4QJkCTcSfM3Tt7RV4vAq190c=";
    const AT: &str = "2026-10-21T01:02:03.456";

    fn made(kind: Kind, address: &str, secret: &str) -> Post {
        let words = ("展播开始", "第一行\n第二行 <@all>", "https://dx.example/broadcast");
        post(kind, (address, secret), words, AT.parse().unwrap()).unwrap()
    }

    #[test]
    fn wecom_gets_markdown_without_calls_and_marks_of_others() {
        let made = made(Kind::Wecom, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k", "");
        assert_eq!(made.url.as_str(), "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k");
        assert_eq!(
            made.body,
            json!({ "msgtype": "markdown", "markdown": { "content":
                "**展播开始**\n第一行\n第二行 ＜＠all＞\n[查看详情](https://dx.example/broadcast)" } })
        );
        let long = "字".repeat(5_000);
        let words = (long.as_str(), long.as_str(), "https://dx.example/broadcast");
        let post = post(Kind::Wecom, ("https://a.example/", ""), words, AT.parse().unwrap()).unwrap();
        assert!(post.body["markdown"]["content"].as_str().unwrap().len() <= 4_096);
    }

    // Both made with Python's hmac and base64 by the makers' samples: secret "this is secret", 1792544523(456).
    #[test]
    fn dingtalk_is_signed_in_its_address() {
        let made =
            made(Kind::Dingtalk, "https://oapi.dingtalk.com/robot/send?access_token=t", "this is secret");
        let pairs: Vec<(String, String)> = made.url.query_pairs().into_owned().collect();
        assert_eq!(pairs[0], ("access_token".into(), "t".into()));
        assert_eq!(pairs[1], ("timestamp".into(), "1792544523456".into()));
        assert_eq!(pairs[2], ("sign".into(), DINGTALK_SIGN.into()));
        assert!(!made.url.query().unwrap().split("sign=").nth(1).unwrap().contains(['+', '/', '=']));
        assert_eq!(made.body["markdown"]["title"], "展播开始");
        assert!(made.body["markdown"]["text"].as_str().unwrap().contains("第一行\n\n第二行"));
    }

    #[test]
    fn feishu_is_signed_in_its_body_by_its_own_rule() {
        let made = made(Kind::Feishu, "https://open.feishu.cn/open-apis/bot/v2/hook/h", "this is secret");
        assert_eq!(made.body["timestamp"], "1792544523");
        assert_eq!(made.body["sign"], FEISHU_SIGN);
        assert_eq!(made.body["msg_type"], "post");
        let post = &made.body["content"]["post"]["zh_cn"];
        assert_eq!(post["title"], "展播开始");
        assert_eq!(post["content"][0][0]["text"], "第一行\n第二行 <@all>");
        assert_eq!(
            post["content"][1][0],
            json!({"tag": "a", "text": "查看详情", "href": "https://dx.example/broadcast"})
        );
    }

    #[test]
    fn an_answer_is_what_its_body_says() {
        let is = |kind, status, body: &str| match read(kind, status, body) {
            Outcome::Taken => "taken".to_owned(),
            Outcome::Later(_) => "later".to_owned(),
            Outcome::Enough(minutes, _) => format!("enough {minutes}"),
            Outcome::Refused(_) => "refused".to_owned(),
        };
        for (kind, status, body, wanted) in [
            (Kind::Wecom, 200, r#"{"errcode":0,"errmsg":"ok"}"#, "taken"),
            (Kind::Wecom, 200, r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#, "refused"),
            (Kind::Wecom, 200, r#"{"errcode":45009,"errmsg":"api freq out of limit"}"#, "enough 1"),
            (Kind::Wecom, 200, r#"{"errcode":-1,"errmsg":"system busy"}"#, "later"),
            (Kind::Wecom, 200, "<html>", "later"),
            (Kind::Wecom, 502, "<html>", "later"),
            (Kind::Wecom, 302, "", "refused"),
            (Kind::Dingtalk, 200, r#"{"errcode":310000,"errmsg":"sign not match"}"#, "refused"),
            (Kind::Dingtalk, 200, r#"{"errcode":130101,"errmsg":"send too fast"}"#, "enough 10"),
            (Kind::Feishu, 200, r#"{"StatusCode":0,"StatusMessage":"success"}"#, "taken"),
            (Kind::Feishu, 200, r#"{"code":0,"data":{},"msg":"success"}"#, "taken"),
            (Kind::Feishu, 200, r#"{"code":19021,"msg":"sign match fail"}"#, "refused"),
            (Kind::Feishu, 400, r#"{"code":9499,"msg":"Bad Request"}"#, "refused"),
            (Kind::Feishu, 200, r#"{"code":11232,"msg":"frequency limited"}"#, "enough 1"),
            (Kind::Feishu, 429, "", "enough 1"),
            // A success of somebody else's kind is none.
            (Kind::Feishu, 200, r#"{"errcode":0}"#, "later"),
        ] {
            assert_eq!(is(kind, status, body), wanted, "{status} {body}");
        }
    }

    #[test]
    fn only_the_makers_own_addresses_fit_or_what_the_installation_allows() {
        let wecom = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1";
        let none: &[String] = &[];
        assert!(fits(Kind::Wecom, wecom, none));
        assert!(fits(Kind::Dingtalk, "https://oapi.dingtalk.com/robot/send?access_token=1", none));
        assert!(fits(Kind::Feishu, "https://open.feishu.cn/open-apis/bot/v2/hook/1", none));
        for bad in [
            "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1",
            "https://qyapi.weixin.qq.com:8443/cgi-bin/webhook/send?key=1",
            "https://qyapi.weixin.qq.com.example/cgi-bin/webhook/send?key=1",
            "https://user@qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1",
            "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=",
            "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1#x",
            "https://qyapi.weixin.qq.com/other?key=1",
            "https://127.0.0.1/cgi-bin/webhook/send?key=1",
            "https://[::1]/cgi-bin/webhook/send?key=1",
            "file:///etc/passwd",
            "",
        ] {
            assert!(!fits(Kind::Wecom, bad, none), "{bad}");
        }
        assert!(!fits(Kind::Dingtalk, wecom, none), "somebody else's robot");
        let own = ["http://10.0.0.5:8080".to_owned()];
        assert!(fits(Kind::Wecom, "http://10.0.0.5:8080/hook?key=1", &own));
        assert!(!fits(Kind::Wecom, "http://10.0.0.5:8081/hook?key=1", &own));
        assert!(!shown(wecom).contains("key=1") || shown(wecom).ends_with("ey=1"));
    }
}
