//! Signed addresses of recordings: `/m/{exp}/{sig}/{folder}`. The signature stands before the folder, so that what a playlist
//! names beside it is covered too, without a word in the playlist about it. It holds for one folder and until one moment.
use crate::config::ADDRESS_SECONDS;
use crate::ids::hex;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Addresses end on the hour: made twice in an hour, one is the same, and a browser keeps what it got under it.
const STEP: i64 = 3_600;
/// Half of the 32 bytes, as media.md says: 2^128 tries for one guess.
const BYTES: usize = 16;

/// What an address turns out to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sight {
    /// It holds for so many seconds more.
    Holds(i64),
    /// It was one once.
    Over,
    /// Nobody here made it.
    Forged,
}

/// Makes and checks signed addresses.
pub struct Signer(Hmac<Sha256>);

impl Signer {
    pub fn new(secret: &str) -> Signer {
        // HMAC takes keys of every length: the error that its trait allows for does not occur.
        let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
        Signer(mac.unwrap_or_else(|_| unreachable!("HMAC takes every key")))
    }
    fn mac(&self, folder: &str, exp: i64) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(format!("{folder}|{exp}").as_bytes());
        mac
    }
    /// The address of a recording's folder, `/m/{exp}/{sig}/{folder}`, made at `now` (Unix seconds). It holds for at least
    /// [`ADDRESS_SECONDS`] and at most an hour more.
    pub fn folder(&self, folder: &str, now: i64) -> String {
        let exp = (now + ADDRESS_SECONDS + STEP - 1).div_euclid(STEP) * STEP;
        let sig = hex(&self.mac(folder, exp).finalize().into_bytes()[..BYTES]);
        format!("/m/{exp:x}/{sig}/{folder}")
    }
    /// What an address is worth at `now`. The time that this takes says nothing of the right signature.
    pub fn check(&self, exp: &str, sig: &str, folder: &str, now: i64) -> Sight {
        // Only the form in which they are made: an address has one spelling.
        let Some(until) = i64::from_str_radix(exp, 16).ok().filter(|until| format!("{until:x}") == exp)
        else {
            return Sight::Forged;
        };
        let Some(sig) = bytes_of(sig) else { return Sight::Forged };
        if self.mac(folder, until).verify_truncated_left(&sig).is_err() {
            return Sight::Forged;
        }
        if now < until { Sight::Holds(until - now) } else { Sight::Over }
    }
}

/// Lower-case hexadecimal of exactly [`BYTES`] bytes.
fn bytes_of(sig: &str) -> Option<[u8; BYTES]> {
    let digits = sig.as_bytes();
    let is_hex = digits.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if digits.len() != 2 * BYTES || !is_hex {
        return None;
    }
    let mut bytes = [0; BYTES];
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&sig[2 * place..2 * place + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOLDER: &str = "0123456789abcdef0123456789abcdef";

    fn parts(address: &str) -> (String, String, String) {
        let parts: Vec<_> = address.split('/').collect();
        assert_eq!((parts.len(), parts[0], parts[1]), (5, "", "m"));
        (parts[2].into(), parts[3].into(), parts[4].into())
    }

    #[test]
    fn an_address_holds_six_to_seven_hours_and_repeats_within_an_hour() {
        let signer = Signer::new("a secret");
        for now in [0, 1, 1_790_000_000, 1_790_003_599, 1_790_002_800, 1_790_002_801] {
            let (exp, sig, folder) = parts(&signer.folder(FOLDER, now));
            let until = i64::from_str_radix(&exp, 16).unwrap();
            assert!((ADDRESS_SECONDS..ADDRESS_SECONDS + STEP).contains(&(until - now)), "{now} {until}");
            assert_eq!(signer.check(&exp, &sig, &folder, now), Sight::Holds(until - now));
            assert_eq!(signer.check(&exp, &sig, &folder, until - 1), Sight::Holds(1));
            assert_eq!(signer.check(&exp, &sig, &folder, until), Sight::Over);
        }
        assert_eq!(signer.folder(FOLDER, 1_790_002_801), signer.folder(FOLDER, 1_790_006_400));
        assert_ne!(signer.folder(FOLDER, 1_790_002_800), signer.folder(FOLDER, 1_790_006_401));
    }

    #[test]
    fn nothing_of_an_address_can_be_changed() {
        let (signer, now) = (Signer::new("a secret"), 1_790_000_000);
        let (exp, sig, folder) = parts(&signer.folder(FOLDER, now));
        assert!(matches!(signer.check(&exp, &sig, &folder, now), Sight::Holds(_)));
        let forged = |exp: &str, sig: &str, folder: &str| {
            assert_eq!(signer.check(exp, sig, folder, now), Sight::Forged, "{exp} {sig} {folder}");
        };
        for place in 0..sig.len() {
            let mut other = sig.clone().into_bytes();
            other[place] = if other[place] == b'0' { b'1' } else { b'0' };
            forged(&exp, std::str::from_utf8(&other).unwrap(), &folder);
        }
        forged(&exp, &sig, "0123456789abcdef0123456789abcde0");
        forged(&format!("{:x}", i64::from_str_radix(&exp, 16).unwrap() + STEP), &sig, &folder);
        // Another spelling of the same, parts of it, more than it, nothing.
        forged(&exp.to_uppercase(), &sig.to_uppercase(), &folder);
        forged(&exp, &sig.to_uppercase(), &folder);
        forged(&format!("0{exp}"), &sig, &folder);
        forged(&format!("+{exp}"), &sig, &folder);
        forged(&exp, &sig[..30], &folder);
        forged(&exp, &format!("{sig}00"), &folder);
        forged(&exp, "", &folder);
        forged("", &sig, &folder);
        forged(&"f".repeat(40), &sig, &folder);
        forged(&exp, &"é".repeat(16), &folder);
        // Nobody else's key makes it.
        assert_eq!(Signer::new("another").check(&exp, &sig, &folder, now), Sight::Forged);
    }

    #[test]
    fn the_signature_is_hmac_sha_256_as_rfc_4231_has_it() {
        let mut mac = Hmac::<Sha256>::new_from_slice(b"Jefe").unwrap();
        mac.update(b"what do ya want for nothing?");
        let wanted = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(hex(&mac.finalize().into_bytes()), wanted);
    }
}
