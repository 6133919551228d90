//! Hashing passwords: argon2id behind a bounded queue, so that a crowd signing in does not starve the pages.
use crate::config::HASHES_WAITING;
use crate::error::{Error, Result};
use crate::msg;
use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, LazyLock};
use tokio::sync::oneshot;

type Work = Box<dyn FnOnce() + Send>;

/// One thread that hashes, and the queue in front of it: `HASHES_WAITING` wait, the next is told to come back. A thread of
/// its own, because a hash takes 19 MiB: on the threads of pages each of them would keep that much.
#[derive(Clone)]
pub struct Passwords {
    queue: Sender<Work>,
    waiting: Arc<AtomicUsize>,
    longest: usize,
}

impl Default for Passwords {
    fn default() -> Passwords {
        Passwords::with_queue(HASHES_WAITING)
    }
}

/// Somebody who waits or is served; leaves when dropped, also if the browser went away.
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
        let (queue, works) = channel::<Work>();
        // Ends when the last queue is dropped.
        std::thread::spawn(move || {
            // Pages go first: whoever signs in waits anyway. Where the system does not let us, they share.
            if let Err(error) = rustix::process::setpriority_process(None, 10) {
                tracing::debug!(%error, "the priority of hashing stays as it is");
            }
            works.iter().for_each(|work| work());
        });
        Passwords { queue, waiting: Arc::default(), longest }
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
        // One is served, the others wait.
        if before > self.longest {
            return Err(Error::Busy);
        }
        let (answer, outcome) = oneshot::channel();
        let hash = move || {
            let _place = waiting;
            // Whoever went away meanwhile needs no hash.
            if !answer.is_closed() {
                drop(answer.send(work()));
            }
        };
        let stopped = |_| Error::Internal("the thread that hashes is gone".into());
        self.queue.send(Box::new(hash)).map_err(stopped)?;
        outcome.await.map_err(Error::internal)
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
