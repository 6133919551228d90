//! The second factor: codes that a telephone makes every thirty seconds (RFC 6238) and printed recovery codes, each of which
//! works once. Asked for after the password of whoever has a role for the whole city, and of whoever set it up.
use super::store::{self, Account, factors};
use crate::access::ScopeKind;
use crate::audit::{Action, Doer};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{AccountId, digest, random_code};
use crate::msg;
use qrcode::QrCode;
use qrcode::render::svg;
use totp_rs::{Builder, Secret, Totp};

/// Seconds of a step, RFC 6238 §5.2.
const STEP: i64 = 30;
/// Recovery codes on a sheet.
const CODES: usize = 10;
const CODE_LENGTH: usize = 10;

/// What is still to be done after the right password.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// Nothing: signed in.
    Enough,
    /// A code of the second factor.
    Code,
    /// The second factor has to be set up first.
    SetUp,
}

/// What this account has to show after its password. `is_required` is the setting for roles with city scope.
pub fn after_password(conn: &mut Conn, account: AccountId, is_required: bool) -> Result<Next> {
    if factors::secret(conn, account)?.is_some() {
        return Ok(Next::Code);
    }
    let is_of_city = store::grants(conn, account)?.iter().any(|grant| grant.scope == ScopeKind::City);
    Ok(if is_required && is_of_city { Next::SetUp } else { Next::Enough })
}

/// A fresh secret, as it is kept and shown: 160 bits in base32.
pub fn fresh_secret() -> String {
    let mut bytes = [0; 20];
    getrandom::fill(&mut bytes).expect("the operating system gives random numbers");
    Secret::new_stack(bytes).to_base32()
}

/// The generator of codes for a secret that came back from a form or the database; `None` for what is no such secret.
fn generator(secret: &str) -> Option<Totp> {
    let secret = Secret::try_from_base32(secret).ok().filter(|secret| secret.as_bytes().len() == 20)?;
    Builder::new().with_secret(secret).build().ok()
}

/// What the telephone reads, RFC 6238's usual `otpauth` address.
pub fn address(secret: &str, issuer: &str, username: &str) -> String {
    let part = |text: &str| {
        text.bytes()
            .map(|b| match b {
                b if b.is_ascii_alphanumeric() => char::from(b).to_string(),
                b => format!("%{b:02X}"),
            })
            .collect::<String>()
    };
    format!("otpauth://totp/{0}:{1}?secret={secret}&issuer={0}", part(issuer), part(username))
}

/// The address as a picture, in SVG without scripts or styles.
pub fn picture(address: &str) -> Result<String> {
    let code = QrCode::new(address).map_err(Error::internal)?;
    let svg = code
        .render()
        .min_dimensions(220, 220)
        .dark_color(svg::Color("#000"))
        .light_color(svg::Color("#fff"))
        .build();
    // Inside a page it is no document of its own.
    Ok(svg.split_once("?>").map_or(svg.clone(), |(_, svg)| svg.to_owned()))
}

fn step_of(secret: &str, typed: &str, now: Timestamp) -> Option<i64> {
    let digits: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let seconds = u64::try_from(now.and_utc().timestamp()).ok()?;
    generator(secret)?.check(&digits, seconds).and_then(|step| i64::try_from(step).ok())
}

/// Sets up the second factor with the first code that the telephone made, and returns the recovery codes to print; `None`
/// if the code is wrong.
///
/// # Errors
/// Malformed if the secret is none of ours.
pub fn set_up(
    conn: &mut Conn,
    account: &Account,
    secret: &str,
    typed: &str,
    doer: &Doer,
    now: Timestamp,
) -> Result<Option<Vec<String>>> {
    if generator(secret).is_none() {
        return Err(Error::Malformed(msg!("这张表单不完整，请重新打开这一页再填")));
    }
    // Who has one shows it and takes it away first; of two at once the second fails.
    if factors::secret(conn, account.id)?.is_some() {
        return Err(Error::Refused(msg!("这个账号已经设好第二重验证")));
    }
    let Some(step) = step_of(secret, typed, now) else { return Ok(None) };
    factors::set(conn, account.id, secret, step, now)?;
    doer.did_to(conn, Action::FactorSet, account.person, now)?;
    fresh_recovery_codes(conn, account.id).map(Some)
}

/// New recovery codes in place of the old ones.
pub fn fresh_recovery_codes(conn: &mut Conn, account: AccountId) -> Result<Vec<String>> {
    let codes: Vec<String> = (0..CODES).map(|_| random_code(CODE_LENGTH)).collect();
    let hashes: Vec<String> = codes.iter().map(|code| digest(code)).collect();
    factors::set_recovery_codes(conn, account, &hashes)?;
    Ok(codes.into_iter().map(|code| format!("{}-{}", &code[..5], &code[5..])).collect())
}

/// Whether what was typed is a code of this account that was not used: of the telephone, or a recovery code. Uses it.
pub fn check(conn: &mut Conn, account: &Account, typed: &str, doer: &Doer, now: Timestamp) -> Result<bool> {
    let Some(secret) = factors::secret(conn, account.id)? else { return Ok(false) };
    if let Some(step) = step_of(&secret, typed, now) {
        let newest = now.and_utc().timestamp() / STEP + 1;
        return factors::use_step(conn, account.id, step, newest);
    }
    let plain = super::plain_code(typed);
    if plain.len() != CODE_LENGTH || !factors::use_recovery_code(conn, account.id, &digest(&plain), now)? {
        return Ok(false);
    }
    doer.did_to(conn, Action::RecoveryCodeUsed, account.person, now)?;
    Ok(true)
}

/// Takes the second factor of the account away.
///
/// # Errors
/// Not found if it has none.
pub fn forget(conn: &mut Conn, account: &Account, doer: &Doer, now: Timestamp) -> Result<()> {
    if !factors::forget(conn, account.id)? {
        return Err(Error::NotFound);
    }
    doer.did_to(conn, Action::FactorForgotten, account.person, now)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, SHA-1: the last six of its eight digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = Secret::new_stack(*b"12345678901234567890").to_base32();
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")] {
            let now = chrono::DateTime::from_timestamp(seconds, 0).unwrap().naive_utc();
            assert_eq!(step_of(&secret, code, now), Some(seconds / STEP), "{seconds}");
            assert_eq!(
                step_of(&secret, &format!("{} {}", &code[..3], &code[3..]), now),
                Some(seconds / STEP)
            );
            let later = now + chrono::Duration::seconds(90);
            assert_eq!(step_of(&secret, code, later), None, "three steps later");
        }
        for wrong in ["", "28708", "2870822", "+87082", "abcdef"] {
            let now = chrono::DateTime::from_timestamp(59, 0).unwrap().naive_utc();
            assert_eq!(step_of(&secret, wrong, now), None, "{wrong}");
        }
    }

    #[test]
    fn a_secret_is_160_bits_and_its_picture_has_no_script() {
        let secret = fresh_secret();
        assert!(generator(&secret).is_some());
        for bad in ["", "AAAA", "1", "not base32!"] {
            assert!(generator(bad).is_none(), "{bad}");
        }
        let address = address(&secret, "微党校", "li:ming");
        assert!(address.starts_with("otpauth://totp/%E5%BE%AE%E5%85%9A%E6%A0%A1:li%3Aming?secret="));
        let svg = picture(&address).unwrap();
        assert!(svg.trim_start().starts_with("<svg") && !svg.contains("style=") && !svg.contains("<script"));
    }
}
