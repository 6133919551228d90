//! Every setting of the process, its default and reason, read once and passed on. What a county office changes while
//! running (names, telephones, texts) is in the `settings` table, see `site`.
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// How one server process runs. Holds secrets: it is never printed, and has no `Debug`.
#[derive(Clone)]
pub struct Config {
    /// `sqlite:PATH` or `postgres://…`, perhaps with a password.
    pub database_url: String,
    /// Loopback unless told otherwise: a portal is published through a proxy that speaks TLS.
    pub listen: SocketAddr,
    /// Videos, recordings and hand-outs.
    pub media: PathBuf,
    /// `s3://BUCKET/PREFIX?endpoint=…`: new recordings are kept there instead of in the folder. The keys to it are read
    /// from the environment where the store is opened.
    pub media_url: Option<String>,
    /// Where files arrive piece by piece; on this server's own disk. What is complete moves on to the media.
    pub uploads: PathBuf,
    /// The head of the log of publications as it was last published from here: a file outside the database, so that a restored
    /// backup is told from the log that was published. `None`: nobody watches.
    pub witness: Option<PathBuf>,
    /// The internal address under which nginx sends files of `media` (`X-Accel-Redirect`), with a slash at both ends.
    pub accel: Option<String>,
    /// The address that people type, without a slash at its end. With https, cookies are sent over TLS only.
    pub public_url: Option<String>,
    /// The proxies whose `X-Forwarded-For` is believed. Whoever else sends it may have made it up.
    pub trusted_proxies: Vec<IpAddr>,
    /// Whoever shows it may read `/metrics` from another machine.
    pub metrics_token: Option<String>,
    /// Where reminders by e-mail are handed in; without it, or without `public_url`, none are sent.
    pub smtp: Option<Smtp>,
    /// The demonstration city, which says so on every page.
    pub is_demo: bool,
}

/// A server that takes mail. `inbox::mail` reads it.
#[derive(Clone)]
pub struct Smtp {
    /// `smtp://…` or `smtps://…`, perhaps with a password.
    pub url: String,
    /// The sender: an address, or a name and an address in angle brackets. It must be there.
    pub from: String,
    /// Certificates (PEM) of authorities that are trusted beside the public ones: of an office's own.
    pub authorities: Option<PathBuf>,
}

impl Config {
    /// Whether browsers reach the portal over TLS.
    pub fn is_tls(&self) -> bool {
        self.public_url.as_ref().is_some_and(|url| url.starts_with("https://"))
    }
}

/// A session ends after a week without a visit: members come weekly, and their phones are their own.
pub const SESSION_IDLE_DAYS: i64 = 7;
/// A session ends after a month whatever happens.
pub const SESSION_LONGEST_DAYS: i64 = 30;
/// A printed code is used within two weeks: time for a visit to a village.
pub const CODE_VALID_DAYS: i64 = 14;
/// Sign-ins that wait for a hash; the next one is told to come back. 100 × 20 ms is a wait of two seconds.
pub const HASHES_WAITING: usize = 100;
/// The largest form, in bytes. The longest text field takes 2,000 characters.
pub const LARGEST_FORM: usize = 64 * 1024;
/// How long a browser may take for the head of a request, in seconds. A slow village line takes two.
pub const HEAD_SECONDS: u64 = 10;
/// How long a form may take to arrive and be dealt with, in seconds.
pub const FORM_SECONDS: u64 = 30;
/// How long an idle connection is kept, in seconds: longer than a proxy keeps its own, so that it closes first.
pub const KEEP_ALIVE_SECONDS: u64 = 75;
/// How long requests under way may take after SIGTERM, in seconds.
pub const STOP_SECONDS: u64 = 20;
/// Threads of one worker that wait for the database. More than there are connections would only hold memory: 64 readers at
/// once on PostgreSQL took 330 MB with the server's own 256.
pub const BLOCKING_THREADS: usize = 8;
/// The largest file that may be uploaded, in bytes: an hour of 4K from a telephone.
pub const LARGEST_UPLOAD: u64 = 8 * 1024 * 1024 * 1024;
/// What one person's unfinished and unprocessed uploads may take, in bytes.
pub const UPLOADS_OF_ONE: u64 = 4 * LARGEST_UPLOAD;
/// Space that uploads leave free on the disk, in bytes: the database must be able to go on.
pub const DISK_RESERVE: u64 = 1024 * 1024 * 1024;
/// An upload is kept so long after its last byte: somebody who films on Friday goes on the next week.
pub const UPLOAD_DAYS: i64 = 7;
/// A file in a plain form, without JavaScript: more would not arrive over a village line in one piece.
pub const LARGEST_PLAIN_UPLOAD: usize = 200 * 1024 * 1024;
/// A piece of an upload that does not come within this time is given up, in seconds; what came is kept.
pub const STALL_SECONDS: u64 = 30;
/// How long the signed address of a recording holds at least, in seconds: the longest lecture with a pause.
pub const ADDRESS_SECONDS: i64 = 6 * 3_600;
/// How long what was uploaded is kept after it was processed.
pub const ORIGINAL_DAYS: i64 = 30;
/// The link in a confirmation of an address holds so long.
pub const MAIL_CODE_HOURS: i64 = 24;
/// Confirmations that a person may have sent within a day: nobody is flooded by somebody else's typing.
pub const MAIL_CODES_A_DAY: i64 = 5;
/// How old a notice may be that a digest still tells of.
pub const DIGEST_DAYS: i64 = 7;
/// Lines of a digest.
pub const DIGEST_LINES: usize = 20;
