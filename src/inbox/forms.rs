//! What the page about reminders sends.
use crate::lang::Message;
use crate::msg;
use crate::web::form::Errors;
use lettre::Address;
use serde::Deserialize;

/// The longest address that mail knows (RFC 5321).
const LONGEST: usize = 254;

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct AddressForm {
    pub address: String,
}

impl AddressForm {
    pub fn check(&self) -> Result<String, Errors> {
        let mut errors = Errors::default();
        errors.take("address", address(&self.address)).ok_or(errors)
    }
}

/// An address as any mail server takes it: no names, no quotation marks, no bare numbers of a network.
fn address(sent: &str) -> Result<String, Message> {
    let text = sent.trim();
    if text.is_empty() {
        return Err(msg!("请填写"));
    }
    if text.len() > LONGEST {
        return Err(msg!("不超过 {} 字", LONGEST));
    }
    let is_plain = text.is_ascii() && !text.contains(['"', '\\', '[', ']', ',', ';', '<', '>', '(', ')']);
    let is_named = |one: &Address| {
        // The last part of a domain has a letter: 127.0.0.1 has none.
        one.domain()
            .rsplit_once('.')
            .is_some_and(|(_, last)| last.contains(|c: char| c.is_ascii_alphabetic()))
    };
    match text.parse::<Address>() {
        Ok(one) if is_plain && is_named(&one) => Ok(text.to_owned()),
        _ => Err(msg!("这不像一个邮箱地址，请检查，如 name@example.com")),
    }
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct MannerForm {
    /// `yes` where reminders are on.
    pub on: String,
    pub quiet_from: String,
    pub quiet_to: String,
}

impl MannerForm {
    /// Whether reminders are on, and the quiet hours.
    pub fn check(&self) -> Result<(bool, (i32, i32)), Errors> {
        let mut errors = Errors::default();
        let from = errors.take("quiet_from", hour(&self.quiet_from));
        let to = errors.take("quiet_to", hour(&self.quiet_to));
        match (from, to) {
            (Some(from), Some(to)) => Ok((self.on == "yes", (from, to))),
            _ => Err(errors),
        }
    }
}

/// An hour of the day.
fn hour(sent: &str) -> Result<i32, Message> {
    sent.parse().ok().filter(|hour| (0..24).contains(hour)).ok_or_else(|| msg!("请选一个钟点"))
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct CodeForm {
    pub code: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_that_any_server_takes() {
        for good in ["a@b.cn", "zhang.san+weixiao@mail.example.gov.cn", " a_b@x-y.example ", "1@163.com"] {
            assert_eq!(address(good), Ok(good.trim().to_owned()));
        }
        let long = format!("{}@{}.cn", "a".repeat(60), "b".repeat(200));
        for bad in [
            "",
            "a",
            "a@",
            "@b.cn",
            "a@b",
            "a@@b.cn",
            "a b@c.cn",
            "a@b.cn, c@d.cn",
            "a@b.cn\r\nBcc: c@d.cn",
            "a@b.cn\nc",
            "a@b.cn\0",
            "A <a@b.cn>",
            "\"a\"@b.cn",
            "张三@b.cn",
            "a@例子.cn",
            "a@127.0.0.1",
            "a@[127.0.0.1]",
            "a@[IPv6:::1]",
            "a@b..cn",
            ".a@b.cn",
            &long,
        ] {
            assert!(address(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn quiet_hours_are_hours() {
        let form = |from: &str, to: &str| MannerForm {
            on: "yes".into(),
            quiet_from: from.into(),
            quiet_to: to.into(),
        };
        assert_eq!(form("21", "8").check(), Ok((true, (21, 8))));
        for (from, to) in [("24", "8"), ("21", "-1"), ("", "8"), ("x", "8"), ("21", "8.5")] {
            assert!(form(from, to).check().is_err(), "{from} {to}");
        }
    }
}
