//! Hashing passwords: argon2id behind a bounded queue, so that a crowd signing in does not starve the pages.
use crate::config::{HASHES_AT_ONCE, HASHES_WAITING};
use crate::error::{Error, Result};
use crate::msg;
use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, LazyLock};
use tokio::sync::Semaphore;

/// The queue in front of hashing: `HASHES_AT_ONCE` work, `HASHES_WAITING` wait, the next is told to come back.
#[derive(Clone)]
pub struct Passwords {
    places: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    longest: usize,
}

impl Default for Passwords {
    fn default() -> Passwords {
        Passwords::with_queue(HASHES_WAITING)
    }
}

/// Somebody in the queue; leaves it when dropped, also if the browser went away.
struct Waiting(Arc<AtomicUsize>);
impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// The hash of a password that nobody has: what an unknown name is measured against.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now(&crate::ids::random_hex(16)));

impl Passwords {
    /// A queue of at most `longest` waiting.
    pub fn with_queue(longest: usize) -> Passwords {
        LazyLock::force(&NOBODY);
        Passwords { places: Arc::new(Semaphore::new(HASHES_AT_ONCE)), waiting: Arc::default(), longest }
    }
    /// The hash to keep for this password.
    ///
    /// # Errors
    /// [`Error::Busy`] if the queue is full.
    pub async fn hash(&self, password: String) -> Result<String> {
        self.queue(move || hash_now(&password)).await
    }
    /// Whether the password is the one behind `kept`. Without one it takes as long and is `false`.
    ///
    /// # Errors
    /// [`Error::Busy`] if the queue is full.
    pub async fn verify(&self, password: String, kept: Option<String>) -> Result<bool> {
        self.queue(move || {
            let is_known = kept.is_some();
            let kept = kept.unwrap_or_else(|| NOBODY.clone());
            let is_right = PasswordHash::new(&kept)
                .is_ok_and(|kept| Argon2::default().verify_password(password.as_bytes(), &kept).is_ok());
            is_right && is_known
        })
        .await
    }
    async fn queue<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let before = self.waiting.fetch_add(1, SeqCst);
        let waiting = Waiting(self.waiting.clone());
        if before >= self.longest {
            return Err(Error::Busy);
        }
        let place = self.places.clone().acquire_owned().await.map_err(Error::internal)?;
        drop(waiting);
        actix_web::web::block(move || {
            // A hash that has begun goes on when the browser leaves: its place stays taken until it is done.
            let _place = place;
            work()
        })
        .await
        .map_err(Error::internal)
    }
}

/// The hash of `password` with a fresh salt; 19 MiB, two passes, about 20 ms.
///
/// # Panics
/// If the operating system has no random numbers.
pub fn hash_now(password: &str) -> String {
    Argon2::default()
        .hash_password(password.as_bytes())
        .expect("argon2 with its default parameters hashes any text")
        .to_string()
}

/// Both copies of a new password, compared.
pub fn same(first: &str, second: &str) -> Result<(), crate::lang::Message> {
    if first == second { Ok(()) } else { Err(msg!("两次填写的密码不一样")) }
}
