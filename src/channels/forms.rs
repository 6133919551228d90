//! What the form of a robot sends.
use super::{Kind, NewWebhook, send};
use crate::msg;
use crate::web::form::{Errors, key, optional, text};
use serde::Deserialize;

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct WebhookForm {
    pub kind: String,
    pub name: String,
    pub address: String,
    pub secret: String,
    pub key: String,
}

impl WebhookForm {
    /// The robot that it describes. `allowed`: origins beside the makers' own.
    ///
    /// # Errors
    /// What is wrong with it, by field.
    pub fn check(&self, allowed: &[String]) -> Result<NewWebhook, Errors> {
        let mut errors = Errors::default();
        let kind = errors.take("kind", Kind::of(&self.kind).ok_or_else(|| msg!("请选一项")));
        let name = errors.take("name", text(&self.name.replace('\n', " "), 40));
        let address = text(&self.address, 500).and_then(|address| match kind {
            Some(kind) if !send::may_have(kind, &address, allowed) => Err(msg!(
                "这不是所选的机器人的地址：请从群里机器人的设置页把 https:// 开头的地址整段复制过来"
            )),
            _ => Ok(address),
        });
        let address = errors.take("address", address);
        let secret = errors.take("secret", optional(&self.secret, 200));
        let key = errors.take("name", key(&self.key));
        match (kind, name, address, secret, key) {
            (Some(kind), Some(name), Some(address), Some(secret), Some(key)) => {
                // WeCom signs nothing.
                let secret = if kind == Kind::Wecom { String::new() } else { secret };
                Ok(NewWebhook { kind, name, address, secret, key })
            }
            _ => Err(errors),
        }
    }
    pub fn is(&self, kind: &Kind) -> bool {
        self.kind == kind.as_str()
    }
}

#[derive(Deserialize)]
pub struct KeyForm {
    #[serde(default)]
    pub key: String,
}

#[derive(Deserialize)]
pub struct SwitchForm {
    #[serde(default)]
    pub on: String,
}
