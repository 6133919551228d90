//! Accounts of persons: signing in, one-time codes, passwords, devices, roles, and acting for a member.
//!
//! Nothing here tells whether an account exists: an unknown name costs the same hash and gets the same sentence.
pub mod factor;
mod forms;
pub mod pages;
pub mod passwords;
pub mod recognise;
pub mod sessions;
mod store;
pub mod throttle;

use crate::access::{Role, ScopeKind, Viewer};
use crate::audit::{Action, Doer};
use crate::clock::Timestamp;
use crate::config::CODE_VALID_DAYS;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{AccountId, PersonId, SettingChangeId, digest, random_code};
use crate::lang::Message;
use crate::{msg, people};
use chrono::Duration;
pub use store::{Account, by_username, grants, holders_above, id_of_name, viewer_for};

/// A printed code, shown once; only its digest is kept.
#[derive(Clone)]
pub struct OneTimeCode {
    /// Twelve characters in groups of four, as it is printed.
    pub text: String,
    pub username: String,
    pub expires_at: Timestamp,
}

/// Why something about an account is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    NameTaken,
    AlreadyHasAccount,
    WrongCode,
    GrantedAlready,
    BadScope,
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        Error::Refused(match refusal {
            Refusal::NameTaken => msg!("这个账号名已经有人使用"),
            Refusal::AlreadyHasAccount => msg!("这个人已经有账号"),
            Refusal::WrongCode => msg!("登录码不对、已用过或已过期"),
            Refusal::GrantedAlready => msg!("这个账号已经有这项权限"),
            Refusal::BadScope => msg!("权限的范围写得不对"),
        })
    }
}

/// Makes an account that waits for its first one-time code.
pub fn open(
    conn: &mut Conn,
    person: PersonId,
    username: &str,
    doer: &Doer,
    now: Timestamp,
) -> Result<AccountId> {
    let id = store::insert(conn, person, &username.to_lowercase(), now)?;
    doer.did_to(conn, Action::AccountMade, person, now)?;
    Ok(id)
}

/// Makes an account that has its password already: the first administrator's.
pub fn open_with_password(
    conn: &mut Conn,
    person: PersonId,
    username: &str,
    password_hash: &str,
    doer: &Doer,
    now: Timestamp,
) -> Result<Account> {
    let id = open(conn, person, username, doer, now)?;
    store::set_password(conn, id, password_hash, now)?;
    store::find(conn, id)
}

/// Prints a code for the account; a code printed earlier no longer works.
pub fn issue_code(conn: &mut Conn, account: &Account, doer: &Doer, now: Timestamp) -> Result<OneTimeCode> {
    let code = random_code(12);
    let expires_at = now + Duration::days(CODE_VALID_DAYS);
    store::replace_code(conn, account.id, &digest(&code), doer.account, now, expires_at)?;
    doer.did_to(conn, Action::CodeIssued, account.person, now)?;
    let text = [&code[..4], &code[4..8], &code[8..]].join(" ");
    Ok(OneTimeCode { text, username: account.username.clone(), expires_at })
}

/// The account of this member, made now if there is none: a secretary hands out a code, the account comes with it.
/// Its name is the printed member number.
pub fn account_of(conn: &mut Conn, card: &people::Card, doer: &Doer, now: Timestamp) -> Result<Account> {
    match card.account {
        Some(id) => store::find(conn, id),
        None => {
            let id = open(conn, card.id, &card.member_no, doer, now)?;
            store::find(conn, id)
        }
    }
}

/// Uses a one-time code: sets the password and ends every sign-in of the account. Returns the account.
///
/// # Errors
/// [`Refusal::WrongCode`] whatever is wrong, so that nobody learns which names exist.
pub fn activate(
    conn: &mut Conn,
    name: &str,
    code: &str,
    password_hash: &str,
    request: &str,
    now: Timestamp,
) -> Result<Account> {
    let account = store::named(conn, name)?.ok_or(Refusal::WrongCode)?;
    if !store::use_code(conn, account.id, &digest(&plain_code(code)), now)? {
        return Err(Refusal::WrongCode.into());
    }
    store::set_password(conn, account.id, password_hash, now)?;
    sessions::end_all(conn, account.id)?;
    let doer = Doer { account: Some(account.id), for_person: None, request: request.to_owned() };
    doer.did_to(conn, Action::AccountActivated, account.person, now)?;
    Ok(account)
}

/// The code as it is kept: without the spaces and hyphens that people type, in capitals.
fn plain_code(typed: &str) -> String {
    typed.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

/// Sets a new password and ends the sign-ins on other devices than `device`.
pub fn change_password(
    conn: &mut Conn,
    viewer: &Viewer,
    password_hash: &str,
    device: &str,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    store::set_password(conn, viewer.account, password_hash, now)?;
    sessions::end_others(conn, viewer.account, device)?;
    doer.did_to(conn, Action::PasswordChanged, viewer.person, now)
}

/// Gives a role. `scope_id` names the organisation, alliance, school or contest; the city has none.
pub fn grant(
    conn: &mut Conn,
    account: &Account,
    role: Role,
    scope: ScopeKind,
    scope_id: Option<i64>,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    if (scope == ScopeKind::City) != scope_id.is_none() {
        return Err(Refusal::BadScope.into());
    }
    store::insert_grant(conn, account.id, role, scope, scope_id, doer.account, now)?;
    // Who may now see the whole city shows at the next sign-in what that asks for.
    if scope == ScopeKind::City {
        sessions::end_all(conn, account.id)?;
    }
    doer.did_to(conn, Action::GrantGiven, account.person, now)
}

/// Takes a role back: the grant ends, its row stays.
pub fn end_grant(conn: &mut Conn, account: &Account, role: Role, doer: &Doer, now: Timestamp) -> Result<()> {
    if store::end_grants(conn, account.id, role, doer.account, now)? == 0 {
        return Err(Error::NotFound);
    }
    doer.did_to(conn, Action::GrantEnded, account.person, now)
}

/// Whether the account has a second factor.
pub fn has_factor(conn: &mut Conn, account: AccountId) -> Result<bool> {
    Ok(store::factors::secret(conn, account)?.is_some())
}

/// Takes a lost second factor away; the next sign-in sets up another one. The account's other sign-ins end.
///
/// # Errors
/// Not found if there is none.
pub fn forget_factor(conn: &mut Conn, account: &Account, doer: &Doer, now: Timestamp) -> Result<()> {
    factor::forget(conn, account, doer, now)?;
    sessions::end_all(conn, account.id)
}

/// Records that somebody agreed to the consent text that this change brought.
pub fn consent(conn: &mut Conn, account: &Account, to: SettingChangeId, now: Timestamp) -> Result<()> {
    let doer = Doer { account: Some(account.id), ..Doer::default() };
    doer.did(conn, Action::ConsentGiven, ("setting", to.0), now)
}

/// The rules for a password: length, and not what everybody tries first.
pub fn check_password(password: &str, name: &str) -> Result<(), Message> {
    const TRIED_FIRST: [&str; 10] = [
        "12345678",
        "123456789",
        "1234567890",
        "password",
        "88888888",
        "11111111",
        "00000000",
        "66666666",
        "87654321",
        "qwertyui",
    ];
    match password.chars().count() {
        0..8 => Err(msg!("密码至少 8 位")),
        201.. => Err(msg!("不超过 {} 字", 200)),
        _ if TRIED_FIRST.contains(&password) || password.eq_ignore_ascii_case(name) => {
            Err(msg!("这个密码太容易被猜到，请换一个"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_has_eight_characters_and_is_not_the_first_guess() {
        assert!(check_password("weixiao-demo", "member").is_ok());
        assert!(check_password("党课学习记录十个字", "x").is_ok());
        for bad in ["", "1234567", "12345678", "Li-Ming-88"] {
            assert!(check_password(bad, "li-ming-88").is_err(), "{bad}");
        }
    }

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        assert_eq!(plain_code(" ab2c-DE3F gh4j "), "AB2CDE3FGH4J");
    }
}
