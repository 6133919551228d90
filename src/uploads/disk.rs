//! The files of unfinished uploads: `{id}.bin`, whose length is how much has come, and beside it for a moment `{id}.sum` (a
//! piece that is not yet checked) and `{id}.ask` (another server process wants to go on with it).
use super::protocol::Running;
use crate::ids::random_hex;
use rustix::fs::{FlockOperation, flock};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// After so many bytes what came is written to the disk itself.
const SYNC_EVERY: u64 = 8 * 1024 * 1024;

/// Where the bytes of this upload are.
pub fn path_of(folder: &Path, id: &str) -> PathBuf {
    folder.join(format!("{id}.bin"))
}
fn side(folder: &Path, id: &str) -> PathBuf {
    folder.join(format!("{id}.sum"))
}
fn ask_path(folder: &Path, id: &str) -> PathBuf {
    folder.join(format!("{id}.ask"))
}

/// The name of the folder itself: made once, and the same for all processes that share it.
///
/// # Errors
/// Those of the file system.
pub fn place(folder: &Path) -> io::Result<String> {
    let path = folder.join(".place");
    match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        other => return other,
    }
    std::fs::create_dir_all(folder)?;
    let word = random_hex(16);
    let fresh = folder.join(format!(".place-{word}"));
    std::fs::write(&fresh, &word)?;
    File::open(&fresh)?.sync_all()?;
    // A link is made or it is there: of two processes one makes it, and both read the same.
    let linked = std::fs::hard_link(&fresh, &path);
    std::fs::remove_file(&fresh)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    File::open(folder)?.sync_all()?;
    std::fs::read_to_string(&path)
}

/// Makes the empty file of a new upload, so that it is there after a crash.
///
/// # Errors
/// Those of the file system.
pub fn make(folder: &Path, id: &str) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(path_of(folder, id))?.sync_all()?;
    File::open(folder)?.sync_all()
}

/// Removes all files of an upload; that some are not there is well.
///
/// # Errors
/// Those of the file system.
pub fn remove(folder: &Path, id: &str) -> io::Result<()> {
    for path in [path_of(folder, id), side(folder, id), ask_path(folder, id)] {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// How many bytes have come; `None` if there is no file.
///
/// # Errors
/// Those of the file system.
pub fn size(folder: &Path, id: &str) -> io::Result<Option<u64>> {
    match std::fs::metadata(path_of(folder, id)) {
        Ok(about) => Ok(Some(about.len())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The bytes that may still be written here.
///
/// # Errors
/// Those of the file system.
pub fn free(folder: &Path) -> io::Result<u64> {
    let about = rustix::fs::statvfs(folder)?;
    Ok(about.f_bavail.saturating_mul(about.f_frsize))
}

/// What came of opening a file for this process alone.
pub enum Hold {
    Held(File),
    /// Another process has it.
    Taken,
    /// There is no file.
    Missing,
}

/// Opens the file for this process alone; other processes keep away until it is closed.
///
/// # Errors
/// Those of the file system.
pub fn hold(folder: &Path, id: &str) -> io::Result<Hold> {
    let file = match OpenOptions::new().read(true).write(true).open(path_of(folder, id)) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Hold::Missing),
        Err(error) => return Err(error),
    };
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Hold::Held(file)),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(Hold::Taken),
        Err(error) => Err(error.into()),
    }
}

/// Asks the process that has the file to let go of it.
///
/// # Errors
/// Those of the file system.
pub fn ask(folder: &Path, id: &str) -> io::Result<()> {
    std::fs::write(ask_path(folder, id), "")
}
/// Whether another process asks for the file.
pub fn is_asked(folder: &Path, id: &str) -> bool {
    ask_path(folder, id).exists()
}
/// Takes the question away.
///
/// # Errors
/// Those of the file system.
pub fn unask(folder: &Path, id: &str) -> io::Result<()> {
    match std::fs::remove_file(ask_path(folder, id)) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Writes pieces behind what is there.
pub struct Pen {
    file: File,
    folder: PathBuf,
    id: String,
    /// Where the next byte goes.
    at: u64,
    /// What is on the disk for certain.
    synced: u64,
    /// What must stay free on the disk, in bytes.
    reserve: u64,
    /// The digest of a piece that goes into a file of its own until it is checked.
    digest: Option<Running>,
    is_aside: bool,
}

impl Pen {
    /// Goes on behind what is there. A `digest` means: aside, until [`Pen::join`] takes it over.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn new(
        file: &File,
        folder: &Path,
        id: &str,
        reserve: u64,
        digest: Option<Running>,
    ) -> io::Result<Pen> {
        let is_aside = digest.is_some();
        let (file, at) = match digest {
            None => (file.try_clone()?, file.metadata()?.len()),
            Some(_) => {
                let aside = side(folder, id);
                (OpenOptions::new().read(true).write(true).create(true).truncate(true).open(aside)?, 0)
            }
        };
        Ok(Pen { file, folder: folder.into(), id: id.into(), at, synced: at, reserve, digest, is_aside })
    }
    /// Writes these pieces, and to the disk itself now and then.
    ///
    /// # Errors
    /// Those of the file system; `StorageFull` also if the rest is needed for others.
    pub fn write<B: AsRef<[u8]>>(&mut self, pieces: &[B]) -> io::Result<()> {
        for piece in pieces {
            let piece = piece.as_ref();
            self.file.write_all_at(piece, self.at)?;
            self.at += piece.len() as u64;
            if let Some(digest) = &mut self.digest {
                digest.take(piece);
            }
        }
        if !self.is_aside && self.at - self.synced >= SYNC_EVERY {
            self.sync()?;
            if free(&self.folder)? < self.reserve {
                return Err(ErrorKind::StorageFull.into());
            }
        }
        Ok(())
    }
    fn sync(&mut self) -> io::Result<()> {
        // A write that failed may have left bytes behind the last whole piece: they came too.
        let end = self.file.metadata()?.len();
        if let Err(error) = self.file.sync_data() {
            // The kernel forgets what it could not write. What is not on the disk for certain never came.
            self.file.set_len(self.synced)?;
            return Err(error);
        }
        (self.at, self.synced) = (end, end);
        Ok(())
    }
    /// How much is there now, on the disk itself.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn finish(&mut self) -> io::Result<u64> {
        if !self.is_aside {
            self.sync()?;
        }
        Ok(self.at)
    }
    /// Takes a piece over from aside, if its digest is this one. Whether it was.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn join(&mut self, file: &File, expected: &[u8]) -> io::Result<bool> {
        let Some(digest) = self.digest.take() else { return Ok(false) };
        if digest.end() != expected {
            return Ok(false);
        }
        let start = file.metadata()?.len();
        let (mut buffer, mut from) = (vec![0; 256 * 1024], 0);
        while from < self.at {
            let n = self.file.read_at(&mut buffer, from)?;
            if n == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            file.write_all_at(&buffer[..n], start + from)?;
            from += n as u64;
        }
        if let Err(error) = file.sync_data() {
            file.set_len(start)?;
            return Err(error);
        }
        Ok(true)
    }
}

impl Drop for Pen {
    fn drop(&mut self) {
        if self.is_aside {
            // The next one overwrites it, if it cannot be removed.
            drop(std::fs::remove_file(side(&self.folder, &self.id)));
        }
    }
}

/// The uploads that have files here which nobody touched since `before`.
///
/// # Errors
/// Those of the file system.
pub fn untouched(folder: &Path, before: SystemTime) -> io::Result<Vec<String>> {
    let mut found = vec![];
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(found),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let Some((id, ending)) = name.to_str().and_then(|name| name.rsplit_once('.')) else { continue };
        if !["bin", "sum", "ask"].contains(&ending) || !is_id(id) {
            continue;
        }
        match entry.metadata().and_then(|about| about.modified()) {
            Ok(at) if at < before => found.push(id.to_owned()),
            Ok(_) => {}
            // Gone meanwhile.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Whether this could be the unguessable part of an upload's address.
pub fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether an error of the file system means that there is no room.
pub fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge)
}
