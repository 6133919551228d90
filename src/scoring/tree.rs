//! One digest for many rows: a tree of RFC 6962 over rows in the one form of RFC 8785. domain.md §5.7.
use crate::ids::hex;
use sha2::{Digest, Sha256};

type Hash = [u8; 32];

fn leaf(bytes: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(bytes).finalize().into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root over these leaves (RFC 6962 §2.1).
pub fn root<L: AsRef<[u8]>>(leaves: &[L]) -> Hash {
    match leaves.len() {
        0 => Sha256::digest([]).into(),
        1 => leaf(leaves[0].as_ref()),
        count => {
            let (left, right) = leaves.split_at(halved(count));
            node(&root(left), &root(right))
        }
    }
}

/// The largest power of two below `count`, which is two or more.
fn halved(count: usize) -> usize {
    1 << (usize::BITS - 1 - (count - 1).leading_zeros())
}

/// The root in hexadecimal.
pub fn root_hex<L: AsRef<[u8]>>(leaves: &[L]) -> String {
    hex(&root(leaves))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v_merkle() {
        let leaves: [&[u8]; 8] = [
            b"",
            &[0x00],
            &[0x10],
            &[0x20, 0x21],
            &[0x30, 0x31],
            &[0x40, 0x41, 0x42, 0x43],
            &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
            &[0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
        ];
        let roots: Vec<String> = (0..=8).map(|count| root_hex(&leaves[..count])[..8].to_owned()).collect();
        let known = "e3b0c442 6e340b9c fac54203 aeb6bcfe d37ee418 4e3bbb1f 76e67dad ddb89be4 5dc9da79";
        assert_eq!(roots.join(" "), known);
    }

    #[test]
    fn v_snap() {
        let rows =
            [r#"{"entry":"E07","rank":1,"score":"91.78"}"#, r#"{"entry":"E02","rank":2,"score":"90.60"}"#];
        assert_eq!(root_hex(&rows), "47096fa31d452cd036f3b9577f7c75ce75926286ba0f70d03370a1aa6f05afee");
    }
}
