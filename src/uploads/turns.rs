//! One at a time on an upload, and the newest first: whoever comes asks the one before to stop, so that a connection that
//! hangs holds nobody up. Inside a process through a lock, between processes through `flock` and a file that asks.
use super::disk::{self, Hold};
use crate::error::{Error, Result};
use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedMutexGuard, watch};
use tokio::time::{Instant, sleep, timeout, timeout_at};

/// How often another process's question is looked for.
const LOOK: Duration = Duration::from_millis(500);

struct Seat {
    busy: Arc<tokio::sync::Mutex<()>>,
    /// How many have come for it.
    comers: watch::Sender<u64>,
}

/// The uploads that somebody of this process is at.
#[derive(Default)]
pub struct Turns(Mutex<HashMap<String, Arc<Seat>>>);

/// The right to touch an upload until it is dropped.
pub struct Turn {
    turns: Arc<Turns>,
    id: String,
    seat: Option<Arc<Seat>>,
    guard: Option<OwnedMutexGuard<()>>,
    /// `None` if the upload has no file here (any more).
    pub file: Option<File>,
}

/// Knows when somebody newer has come.
pub struct Asked {
    folder: PathBuf,
    id: String,
    comers: watch::Receiver<u64>,
    own: u64,
}

impl Turns {
    /// Waits for the upload, after asking whoever is at it to stop. `None` if they did not within this time.
    ///
    /// # Errors
    /// Those of the file system.
    pub async fn take(
        self: &Arc<Self>,
        folder: &Path,
        id: &str,
        patience: Duration,
    ) -> Result<Option<(Turn, Asked)>> {
        let until = Instant::now() + patience;
        let seat = {
            let mut seats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            seats
                .entry(id.to_owned())
                .or_insert_with(|| Arc::new(Seat { busy: Arc::default(), comers: watch::channel(0).0 }))
                .clone()
        };
        let comers = seat.comers.subscribe();
        let mut own = 0;
        seat.comers.send_modify(|count| {
            *count += 1;
            own = *count;
        });
        // From here on the seat is taken out of the list again, whatever happens.
        let busy = seat.busy.clone();
        let mut turn =
            Turn { turns: self.clone(), id: id.to_owned(), seat: Some(seat), guard: None, file: None };
        match timeout_at(until, busy.lock_owned()).await {
            Ok(guard) => turn.guard = Some(guard),
            Err(_) => return Ok(None),
        }
        let mut has_asked = false;
        loop {
            match disk::hold(folder, id).map_err(Error::internal)? {
                Hold::Held(file) => turn.file = Some(file),
                Hold::Missing => {}
                Hold::Taken if Instant::now() < until => {
                    if !has_asked {
                        disk::ask(folder, id).map_err(Error::internal)?;
                        has_asked = true;
                    }
                    sleep(Duration::from_millis(50)).await;
                    continue;
                }
                Hold::Taken => {
                    disk::unask(folder, id).map_err(Error::internal)?;
                    return Ok(None);
                }
            }
            break;
        }
        // Also a question that a process asked which then died.
        disk::unask(folder, id).map_err(Error::internal)?;
        let asked = Asked { folder: folder.into(), id: id.to_owned(), comers, own };
        Ok(Some((turn, asked)))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.file = None;
        self.guard = None;
        let mut seats = self.turns.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The list's own and this one: nobody else waits.
        if self.seat.take().is_some_and(|seat| Arc::strong_count(&seat) <= 2) {
            seats.remove(&self.id);
        }
    }
}

impl Asked {
    /// Until somebody newer comes, in this process or in another one.
    pub async fn wait(mut self) {
        loop {
            let own = self.own;
            match timeout(LOOK, self.comers.wait_for(|count| *count > own)).await {
                Ok(_) => return,
                Err(_) if disk::is_asked(&self.folder, &self.id) => return,
                Err(_) => {}
            }
        }
    }
}
