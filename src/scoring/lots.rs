//! The order of the lots, which everybody can draw again: the digest of a seed is shown when entries close, the seed when lots are
//! drawn. domain.md §5.5.
use crate::ids::hex;
use sha2::{Digest, Sha256};

/// What is shown of the seed beforehand, in hexadecimal.
pub fn commitment(seed: &str) -> String {
    hex(&Sha256::digest(seed))
}

/// Whether this is the seed of that commitment.
pub fn keeps(seed: &str, commitment_shown: &str) -> bool {
    commitment(seed) == commitment_shown
}

/// The entries in the order of their lots: by the digest of seed, a bar and entry.
pub fn drawn<'a>(seed: &str, entries: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut order: Vec<&str> = entries.into_iter().collect();
    order.sort_by_cached_key(|entry| Sha256::digest(format!("{seed}|{entry}")).to_vec());
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v_lot() {
        let seed = "2019-10-16|final|4711";
        assert!(commitment(seed).starts_with("2fa2233f9190ba93"));
        assert!(keeps(seed, &commitment(seed)) && !keeps("2019-10-16|final|4712", &commitment(seed)));
        let order = drawn(seed, ["E01", "E02", "E03", "E04", "E05", "E06", "E07"]);
        assert_eq!(order, ["E07", "E01", "E06", "E02", "E03", "E04", "E05"]);
    }
}
