//! The name of a record in an address.
use serde::Deserialize;

/// 1 to 80 of `a-z`, `0-9` and `-`. Nothing else reaches a query; in a path, anything else is a page that does not exist.
#[derive(Deserialize, Debug, Clone, PartialEq, Eq)]
#[serde(try_from = "String")]
pub struct Slug(String);

/// Not the name of anything.
#[derive(Debug, thiserror::Error)]
#[error("no slug")]
pub struct NoSlug;

impl TryFrom<String> for Slug {
    type Error = NoSlug;
    fn try_from(text: String) -> Result<Slug, NoSlug> {
        let fits = (1..=80).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fits { Ok(Slug(text)) } else { Err(NoSlug) }
    }
}

impl Slug {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_small_letters_digits_and_hyphens_name_a_record() {
        for good in ["a", "fifty-questions", "2026"] {
            assert!(Slug::try_from(good.to_owned()).is_ok(), "{good}");
        }
        for bad in ["", "A", "a b", "a/b", "读本", "a\0", "a%", &"a".repeat(81)] {
            assert!(Slug::try_from(bad.to_owned()).is_err(), "{bad:?}");
        }
    }
}
