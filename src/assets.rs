//! The static files: in the program, compressed once, under names that change with their content.
use flate2::{Compression, write::GzEncoder};
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::LazyLock;

/// A static file as it is sent.
pub struct Asset {
    /// `/static/<name>-<digest>.<ending>`
    pub url: String,
    pub mime: &'static str,
    pub plain: &'static [u8],
    /// What a service worker may look after, where the file is one.
    pub scope: Option<&'static str>,
    /// The same, gzipped: SVG and text shrink to a third. Photographs and screenshots do not.
    pub gzipped: Option<Vec<u8>>,
}

macro_rules! files {
    ($($name:literal),* $(,)?) => { [$(($name, include_bytes!(concat!("../static/", $name)).as_slice())),*] };
}

static FILES: LazyLock<BTreeMap<&'static str, Asset>> = LazyLock::new(|| {
    files![
        "tokens.css",
        "portal.css",
        "icons.svg",
        "mark.svg",
        "app.js",
        "player.js",
        "watch.js",
        "hls.light.min.js",
        "transcript.js",
        "captions.css",
        "captions.js",
        "work.css",
        "coverage.css",
        "audience.js",
        "rankings.css",
        "honours.css",
        "visits.css",
        "studio.js",
        "manuscript.js",
        "board.js",
        "selftest.js",
        "sheet.js",
        "codes.js",
        "group.js",
        "kiosk.js",
        "kiosk-worker.js",
        "visit.js",
        "visit-worker.js",
        "kiosk.css",
        "broadcast.css",
        "share.jpg",
        "upload.js",
        "tus.min.js",
        "covers/bamboo.svg",
        "covers/bridge.svg",
        "covers/contour.svg",
        "covers/forest.svg",
        "covers/habitat.svg",
        "covers/ledger.svg",
        "covers/lift.svg",
        "covers/online.svg",
        "covers/orchard.svg",
        "covers/ridge.svg",
        "covers/roofs.svg",
        "covers/seats.svg",
        "covers/terrace.svg",
        "covers/weir.svg",
        "help/my-study.zh.jpg",
        "help/my-study.en.jpg",
        "help/course.zh.jpg",
        "help/course.en.jpg",
        "help/participants.zh.jpg",
        "help/participants.en.jpg",
        "help/roll.zh.jpg",
        "help/roll.en.jpg",
        "help/sign-in.zh.jpg",
        "help/sign-in.en.jpg",
        "help/activate.zh.jpg",
        "help/activate.en.jpg",
        "help/second-factor.zh.jpg",
        "help/second-factor.en.jpg",
        "help/recovery-codes.zh.jpg",
        "help/recovery-codes.en.jpg",
        "help/home-phone.zh.jpg",
        "help/home-phone.en.jpg",
        "help/elder-home.zh.jpg",
        "help/elder-home.en.jpg",
        "help/lecture.zh.jpg",
        "help/lecture.en.jpg",
        "help/search.zh.jpg",
        "help/search.en.jpg",
        "help/chapter.zh.jpg",
        "help/chapter.en.jpg",
        "help/account.zh.jpg",
        "help/account.en.jpg",
        "help/people.zh.jpg",
        "help/people.en.jpg",
        "help/person.zh.jpg",
        "help/person.en.jpg",
        "help/code-slip.zh.jpg",
        "help/code-slip.en.jpg",
        "help/acting.zh.jpg",
        "help/acting.en.jpg",
        "help/questions.zh.jpg",
        "help/questions.en.jpg",
        "help/audit.zh.jpg",
        "help/audit.en.jpg",
        "help/feedback.zh.jpg",
        "help/feedback.en.jpg",
        "help/settings.zh.jpg",
        "help/settings.en.jpg",
        "help/approval.zh.jpg",
        "help/approval.en.jpg",
        "help/setup.zh.jpg",
        "help/setup.en.jpg",
        "help/admin.zh.jpg",
        "help/admin.en.jpg",
    ]
    .into_iter()
    .map(|(name, plain)| (name, asset(name, plain)))
    .collect()
});

fn asset(name: &str, plain: &'static [u8]) -> Asset {
    use sha2::Digest;
    let digest = crate::ids::hex(&sha2::Sha256::digest(plain)[..6]);
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let mime = match ending {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "jpg" => "image/jpeg",
        _ => "image/svg+xml",
    };
    Asset {
        url: format!("/static/{stem}-{digest}.{ending}"),
        mime,
        plain,
        scope: match name {
            "kiosk-worker.js" => Some("/broadcast/kiosk/"),
            "visit-worker.js" => Some("/guidance/visit/"),
            _ => None,
        },
        // Only those who read the source read the comments of a script; a vendored one is sent as it is.
        gzipped: (mime != "image/jpeg").then(|| match std::str::from_utf8(plain) {
            Ok(script) if ending == "js" && !name.contains(".min.") => gzip(slim(script).as_bytes()),
            _ => gzip(plain),
        }),
    }
}

/// A script without its comment lines and indentation: a sixth fewer bytes to send. Lines are kept apart, so nothing else
/// changes; our own scripts have no text that runs over several lines.
fn slim(script: &str) -> String {
    let is_comment =
        |line: &str| line.is_empty() || ["//", "/*", "* ", "*/"].iter().any(|mark| line.starts_with(mark));
    let lines = script.lines().map(str::trim).filter(|line| !is_comment(line));
    lines.fold(String::new(), |out, line| out + line + "\n")
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    // Writing into memory cannot fail.
    gzip.write_all(plain).expect("memory takes bytes");
    gzip.finish().expect("memory takes bytes")
}

/// The address of the file `name` below `static/`. A name that does not exist gives an address that is not found;
/// `tests/portal/templates.rs` looks for such names.
pub fn url(name: &str) -> &'static str {
    FILES.get(name).map_or("/static/missing", |asset| asset.url.as_str())
}

/// The file at this address.
pub fn find(url: &str) -> Option<&'static Asset> {
    FILES.values().find(|asset| asset.url == url)
}

/// The names of the drawn covers.
pub fn covers() -> impl Iterator<Item = &'static str> {
    FILES.keys().filter_map(|name| name.strip_prefix("covers/")?.strip_suffix(".svg"))
}

/// Every file by name.
pub fn all() -> impl Iterator<Item = (&'static str, &'static Asset)> {
    FILES.iter().map(|(name, asset)| (*name, asset))
}
