//! What the forms of accounts send.
use crate::ids::SettingChangeId;
use crate::lang::Message;
use crate::msg;
use crate::web::form::{Errors, text};
use serde::Deserialize;

/// Signing in. `kept` is what the reader was sending when the session turned out to be over: the path and the form.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct SignInForm {
    pub name: String,
    pub password: String,
    pub next: String,
    pub kept: String,
}

impl SignInForm {
    pub fn check(&self) -> Result<(), Errors> {
        let mut errors = Errors::default();
        errors.take("name", text(&self.name, 80));
        let password = match self.password.chars().count() {
            0 => Err(msg!("请填写")),
            201.. => Err(msg!("不超过 {} 字", 200)),
            _ => Ok(()),
        };
        errors.take("password", password);
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

/// Using a one-time code.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct ActivateForm {
    pub name: String,
    pub code: String,
    pub password: String,
    pub again: String,
    /// The number of the consent text that was shown, from its box.
    pub consent: String,
}

impl ActivateForm {
    /// `asked` is the consent text that holds, if there is one.
    pub fn check(&self, asked: Option<SettingChangeId>) -> Result<(), Errors> {
        let mut errors = Errors::default();
        errors.take("name", text(&self.name, 80));
        errors.take("code", text(&self.code, 40));
        if asked.is_some_and(|asked| asked.0.to_string() != self.consent) {
            errors.take::<()>("consent", Err(msg!("请读一读同意书，同意后打勾")));
        }
        new_password(&mut errors, &self.password, &self.again, &self.name);
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

/// Changing the password.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct PasswordForm {
    pub current: String,
    pub password: String,
    pub again: String,
}

impl PasswordForm {
    pub fn check(&self, username: &str) -> Result<(), Errors> {
        let mut errors = Errors::default();
        errors.take("current", text(&self.current, 200));
        new_password(&mut errors, &self.password, &self.again, username);
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

fn new_password(errors: &mut Errors, password: &str, again: &str, name: &str) {
    errors.take("password", super::check_password(password, name));
    errors.take("again", super::passwords::same(password, again));
}

/// Agreeing to the consent text: the number of the text that was shown.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct ConsentForm {
    pub consent: String,
}

/// A code of the second factor. `secret` while it is set up; `next` and `kept` as in [`SignInForm`].
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct FactorForm {
    pub code: String,
    pub secret: String,
    pub next: String,
    pub kept: String,
}

/// Ending a sign-in on another device.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct DeviceForm {
    pub device: String,
}

/// The fields of a kept form, to show and to send again. At most fifty.
pub fn kept_fields(kept: &str) -> Option<(String, Vec<(String, String)>)> {
    let (path, body) = kept.split_once(' ')?;
    let fields = serde_urlencoded::from_str::<Vec<(String, String)>>(body).ok()?;
    (path == crate::web::form::local_path(path) && fields.len() <= 50).then(|| (path.to_owned(), fields))
}

/// What is wrong when name and password do not belong together: the same sentence whatever it is.
pub fn wrong() -> Message {
    msg!("账号或密码不对")
}
