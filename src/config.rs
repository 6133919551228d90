//! Every setting of the process, its default and reason, read once and passed on. What a county office changes while
//! running (names, telephones, texts) is in the `settings` table, see `site`.
use std::net::SocketAddr;
use std::path::PathBuf;

/// How one server process runs.
#[derive(Clone, Debug)]
pub struct Config {
    /// `sqlite:PATH` or `postgres://…`
    pub database_url: String,
    /// Loopback unless told otherwise: a portal is published through a proxy that speaks TLS.
    pub listen: SocketAddr,
    /// Videos, recordings and hand-outs.
    pub media: PathBuf,
    /// Whether browsers reach the portal over TLS; cookies are then sent over TLS only.
    pub is_tls: bool,
    /// The demonstration city, which says so on every page.
    pub is_demo: bool,
}

/// A session ends after a week without a visit: members come weekly, and their phones are their own.
pub const SESSION_IDLE_DAYS: i64 = 7;
/// A session ends after a month whatever happens.
pub const SESSION_LONGEST_DAYS: i64 = 30;
/// A printed code is used within two weeks: time for a visit to a village.
pub const CODE_VALID_DAYS: i64 = 14;
/// Password hashes computed at a time. One leaves the second core to pages.
pub const HASHES_AT_ONCE: usize = 1;
/// Sign-ins that wait for a hash; the next one is told to come back. 100 × 20 ms is a wait of two seconds.
pub const HASHES_WAITING: usize = 100;
/// The largest form, in bytes. The longest text field takes 2,000 characters.
pub const LARGEST_FORM: usize = 64 * 1024;
