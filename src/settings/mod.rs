//! Where the county office says what its installation is called and promises: the first-run page, the settings with their
//! history and the second person's word, the privacy notice and the logo. The values themselves are `site`'s.
mod forms;
pub mod pages;

use crate::access::{Role, ScopeKind};
use crate::accounts;
use crate::audit::Doer;
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::msg;
use crate::people::{self, NewPerson};
use crate::site::{self, Setting};
pub use forms::SetupForm;

/// Makes the first administrator and the first settings, once.
///
/// # Errors
/// Refused without the set-up code; not found once there is an administrator.
pub fn set_up(conn: &mut Conn, form: &SetupForm, hash: &str, doer: &Doer, now: Timestamp) -> Result<()> {
    if site::has_administrator(conn)? {
        return Err(Error::NotFound);
    }
    if !site::use_setup_code(conn, &form.code)? {
        return Err(Error::Refused(msg!(
            "安装码不对。它印在运行 weixiao serve 的窗口或日志里，每次启动都会换。"
        )));
    }
    let person = people::add(conn, &NewPerson { name: form.name.trim(), phone: None, now })?;
    let account = accounts::open_with_password(conn, person, form.username.trim(), hash, doer, now)?;
    accounts::grant(conn, &account, Role::Admin, ScopeKind::City, None, doer, now)?;
    for (setting, value) in [
        (Setting::City, &form.city),
        (Setting::Organizer, &form.organizer),
        (Setting::HelpPhone, &form.help_phone),
        (Setting::HelpHours, &form.help_hours),
        (Setting::FilingNumber, &form.filing_number),
        (Setting::PoliceNumber, &form.police_number),
    ] {
        if !value.trim().is_empty() {
            site::put(conn, setting.as_str(), value.trim(), now)?;
        }
    }
    Ok(())
}
