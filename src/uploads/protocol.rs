//! What tus 1.0 writes in headers: read into values, and written.
use crate::clock::Timestamp;
use crate::lang::Message;
use crate::msg;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::Digest;

/// The one version that is spoken.
pub const VERSION: &str = "1.0.0";
/// What is spoken beside the core.
pub const EXTENSIONS: &str =
    "creation,creation-with-upload,creation-defer-length,termination,checksum,expiration";
/// How a piece may be checked.
pub const ALGORITHMS: &str = "sha1,sha256";
/// The type of a piece.
pub const PIECE: &str = "application/offset+octet-stream";
/// The longest `Upload-Metadata`, in bytes.
const LONGEST_METADATA: usize = 4_096;

/// What a client says of a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The file's own name, without folders; empty if it was not told.
    pub name: String,
    pub fingerprint: String,
    /// The lecture that the file is for; one that cannot be is -1.
    pub lecture: Option<i64>,
}

/// Reads `Upload-Metadata`: pairs of a key and a value in base64. Empty is well, tuspy sends it so.
///
/// # Errors
/// A sentence, if it is not written like that.
pub fn metadata(sent: &str) -> Result<Metadata, Message> {
    let wrong = || msg!("请求头 {} 写得不对。", "Upload-Metadata");
    if sent.len() > LONGEST_METADATA {
        return Err(wrong());
    }
    let mut found = Metadata::default();
    for pair in sent.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
        let value = STANDARD.decode(value.trim()).map_err(|_| wrong())?;
        let value = String::from_utf8_lossy(&value);
        match key {
            "filename" => found.name = file_name(&value),
            "name" if found.name.is_empty() => found.name = file_name(&value),
            "fingerprint" => found.fingerprint = value.chars().take(300).collect(),
            "lecture" => found.lecture = Some(value.parse().unwrap_or(-1)),
            _ => {}
        }
    }
    Ok(found)
}

/// `Upload-Metadata` as this portal's own pages would send it.
pub fn written(name: &str, fingerprint: &str) -> String {
    let pair = |key: &str, value: &str| format!("{key} {}", STANDARD.encode(value));
    match fingerprint {
        "" => pair("filename", name),
        fingerprint => format!("{},{}", pair("filename", name), pair("fingerprint", fingerprint)),
    }
}

/// The name of a file as it is kept and shown: no folders, nothing that cannot be printed, 200 characters.
pub fn file_name(sent: &str) -> String {
    let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    // Marks that turn the direction of writing could hide the true ending of a name.
    let is_shown = |c: &char| {
        !c.is_control()
            && !matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    last.trim().chars().filter(is_shown).take(200).collect()
}

/// A count of bytes: digits and nothing else, as far as the database counts.
pub fn bytes(sent: &str) -> Option<u64> {
    let is_plain = !sent.is_empty() && sent.len() <= 18 && sent.bytes().all(|b| b.is_ascii_digit());
    if is_plain { sent.parse().ok() } else { None }
}

/// A moment as HTTP writes it.
pub fn http_date(at: Timestamp) -> String {
    at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// `Content-Disposition` for a file of this name: in ASCII for old clients, whole for the others.
pub fn disposition(name: &str) -> String {
    let is_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ' | '(' | ')');
    let plain: String = name.chars().map(|c| if is_token(c) { c } else { '_' }).collect();
    let whole: String = name
        .bytes()
        .map(|b| match b {
            b'.' | b'-' | b'_' | b'~' => char::from(b).to_string(),
            b if b.is_ascii_alphanumeric() => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}")
}

/// A digest that is being made.
pub enum Running {
    Sha1(sha1::Sha1),
    Sha256(sha2::Sha256),
}

impl Running {
    pub fn take(&mut self, bytes: &[u8]) {
        match self {
            Running::Sha1(digest) => digest.update(bytes),
            Running::Sha256(digest) => digest.update(bytes),
        }
    }
    pub fn end(self) -> Vec<u8> {
        match self {
            Running::Sha1(digest) => digest.finalize().to_vec(),
            Running::Sha256(digest) => digest.finalize().to_vec(),
        }
    }
}

/// Reads `Upload-Checksum`: the digest to make, and what it must be.
///
/// # Errors
/// A sentence, if the digest is none that is made here, or not well written.
pub fn checksum(sent: &str) -> Result<(Running, Vec<u8>), Message> {
    let (name, value) = sent.trim().split_once(' ').unwrap_or((sent, ""));
    let digest = match name {
        "sha1" => Running::Sha1(sha1::Sha1::new()),
        "sha256" => Running::Sha256(sha2::Sha256::new()),
        _ => return Err(msg!("校验只支持 {}。", ALGORITHMS)),
    };
    let value = STANDARD.decode(value.trim()).map_err(|_| msg!("请求头 {} 写得不对。", "Upload-Checksum"))?;
    Ok((digest, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_read_and_written() {
        let all = "filename 5rig6aaWLm1wNA==, lecture MTc=,fingerprint YWJj,is_ok";
        let read = metadata(all).unwrap();
        assert_eq!(read, Metadata { name: "渠首.mp4".into(), fingerprint: "abc".into(), lecture: Some(17) });
        assert_eq!(metadata(""), Ok(Metadata::default()));
        assert_eq!(metadata("lecture eA==").unwrap().lecture, Some(-1));
        assert!(metadata("filename ***").is_err());
        assert!(metadata(&"a".repeat(5_000)).is_err());
        assert_eq!(metadata(&written("渠首.mp4", "abc")).unwrap().name, "渠首.mp4");
    }

    #[test]
    fn a_name_has_no_folders_and_no_tricks() {
        assert_eq!(file_name("../../etc/passwd"), "passwd");
        assert_eq!(file_name("C:\\film\\a\u{202e}4pm.exe\r\n"), "a4pm.exe");
        assert_eq!(
            disposition("讲座 \"1\".mp4"),
            "attachment; filename=\"__ _1_.mp4\"; filename*=UTF-8''%E8%AE%B2%E5%BA%A7%20%221%22.mp4"
        );
    }

    #[test]
    fn counts_are_digits() {
        assert_eq!(bytes("0"), Some(0));
        assert_eq!(bytes("8589934592"), Some(8_589_934_592));
        for bad in ["", "-1", "+1", "1.5", " 1", "9999999999999999999", "0x10"] {
            assert_eq!(bytes(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_date_is_written_as_http_does() {
        let at = "2026-11-25T08:09:07.5".parse().unwrap();
        assert_eq!(http_date(at), "Wed, 25 Nov 2026 08:09:07 GMT");
    }

    #[test]
    fn digests_are_the_known_ones() {
        let (mut running, expected) = checksum("sha1 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=").unwrap();
        running.take(b"a");
        running.take(b"bc");
        assert_eq!(running.end(), expected);
        assert!(checksum("md5 AAAA").is_err() && checksum("sha1 ***").is_err());
    }
}
