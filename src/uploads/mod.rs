//! Files that arrive piece by piece over lines that break: a server of tus 1.0 at `/uploads`. Here are the rules: who may
//! send how much, when an upload is complete, when it ends. `protocol` reads headers, `disk` has the files, `turns` lets one
//! at a time write, `pages` speaks HTTP.
//!
//! The length of the file is the truth of how much has come; the row says everything else.
pub mod disk;
pub mod pages;
mod protocol;
mod store;
mod turns;

use crate::access::Viewer;
use crate::clock::Timestamp;
use crate::config::{
    DISK_RESERVE, LARGEST_PLAIN_UPLOAD, LARGEST_UPLOAD, ORIGINAL_DAYS, STALL_SECONDS, UPLOAD_DAYS,
    UPLOADS_OF_ONE,
};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{AccountId, LectureId, RecordingId, random_hex};
use crate::lang::Message;
use crate::msg;
use crate::recordings::{self, NewRecording};
use chrono::Duration;
pub use disk::{free, path_of, place};
pub use pages::take_plain;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use store::State;
pub use store::Upload;

/// How much is taken, and how long is waited.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The largest file, in bytes.
    pub largest: u64,
    /// The largest file in a plain form, in bytes.
    pub largest_plain: u64,
    /// What one person's unfinished and unprocessed uploads may take, in bytes.
    pub of_one: u64,
    /// How many unfinished ones.
    pub open: usize,
    /// What stays free on the disk, in bytes.
    pub reserve: u64,
    /// A piece that does not come within this time is given up.
    pub stall: std::time::Duration,
    /// Whoever is at an upload gets so long to let go of it.
    pub patience: std::time::Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            largest: LARGEST_UPLOAD,
            largest_plain: LARGEST_PLAIN_UPLOAD as u64,
            of_one: UPLOADS_OF_ONE,
            open: 20,
            reserve: DISK_RESERVE,
            stall: std::time::Duration::from_secs(STALL_SECONDS),
            patience: std::time::Duration::from_millis(2_500),
        }
    }
}

/// Where a process receives files.
pub struct Uploads {
    pub folder: PathBuf,
    pub limits: Limits,
    turns: Arc<turns::Turns>,
    place: OnceLock<String>,
    /// Threads that write files at the same time: the others are for the database.
    files: tokio::sync::Semaphore,
}

/// Why something is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Larger than so many bytes.
    TooLarge(u64),
    /// A file in a plain form that is larger than so many bytes.
    TooLargeForForm(u64),
    /// The person's other uploads leave so many bytes.
    NoQuota(u64),
    /// So many unfinished ones are there.
    TooMany(usize),
    DiskFull,
    /// No lecture of this person's.
    NoLecture,
    /// The form had no file.
    NoFile,
    /// The line was cut, or too slow.
    Cut,
}

impl Refusal {
    /// The HTTP status that says so.
    pub const fn status(self) -> u16 {
        match self {
            Refusal::TooLarge(_) | Refusal::TooLargeForForm(_) | Refusal::NoQuota(_) => 413,
            Refusal::TooMany(_) => 429,
            Refusal::DiskFull => 507,
            Refusal::NoLecture => 404,
            Refusal::NoFile => 422,
            Refusal::Cut => 408,
        }
    }
    pub fn words(self) -> Message {
        match self {
            Refusal::TooLarge(most) => msg!("文件太大，一个文件最大 {}。", shown(most)),
            Refusal::TooLargeForForm(most) => {
                msg!(
                    "文件太大，在这里一次最多传 {}。更大的文件请换一个较新的浏览器，打开脚本后再传。",
                    shown(most)
                )
            }
            Refusal::NoQuota(left) => {
                msg!("您没传完和没处理完的文件太多，现在还能传 {}。请先传完或删去一些。", shown(left))
            }
            Refusal::TooMany(count) => msg!("您有 {} 个文件没传完，请先传完或删去一些。", count),
            Refusal::DiskFull => msg!("服务器的磁盘快满了，现在收不下这个文件。请联系管理员，过些时候再传。"),
            Refusal::NoLecture => msg!("没有找到这门课。"),
            Refusal::NoFile => msg!("请选一个视频文件。"),
            Refusal::Cut => msg!("没有收完，请换个网络好的地方再传。"),
        }
    }
}

/// A number of bytes for a person, rounded down.
pub fn shown(bytes: u64) -> String {
    const MB: u64 = 1024 * 1024;
    match bytes {
        0..MB => format!("{} KB", bytes / 1024),
        MB..1_073_741_824 => format!("{} MB", bytes / MB),
        _ if bytes.is_multiple_of(1024 * MB) => format!("{} GB", bytes / (1024 * MB)),
        _ => format!("{}.{} GB", bytes / (1024 * MB), bytes % (1024 * MB) * 10 / (1024 * MB)),
    }
}

/// An upload that somebody wants to begin.
#[derive(Debug, Clone, Default)]
pub struct New {
    pub lecture: Option<LectureId>,
    /// In bytes; `None`: will be said later.
    pub length: Option<u64>,
    /// The file's own name.
    pub name: String,
    /// By which a browser knows the file again.
    pub fingerprint: String,
    /// As a client of tus sent it; empty: made from name and fingerprint.
    pub metadata: String,
}

/// An upload whose bytes are not all there, or that nobody has taken yet.
#[derive(Debug, Clone)]
pub struct Unfinished {
    pub id: String,
    pub name: String,
    pub length: Option<i64>,
    /// How many bytes have come.
    pub offset: i64,
    pub expires_at: Timestamp,
    pub fingerprint: String,
}

impl Unfinished {
    /// In whole hundredths, for a bar.
    pub fn percent(&self) -> i64 {
        self.length.filter(|length| *length > 0).map_or(0, |length| self.offset * 100 / length)
    }
    pub fn url(&self) -> String {
        url(&self.id)
    }
}

/// The address of an upload.
pub fn url(id: &str) -> String {
    format!("/uploads/{id}")
}

impl Uploads {
    pub fn new(folder: PathBuf, limits: Limits) -> Uploads {
        Uploads {
            folder,
            limits,
            turns: Arc::default(),
            place: OnceLock::new(),
            files: tokio::sync::Semaphore::new(4),
        }
    }
    /// The name of the folder in the database.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn place(&self) -> Result<&str> {
        match self.place.get() {
            Some(place) => Ok(place),
            None => {
                let place = disk::place(&self.folder).map_err(Error::internal)?;
                Ok(self.place.get_or_init(|| place))
            }
        }
    }
    /// Begins an upload: its id, or why it is refused before anything is sent.
    ///
    /// # Errors
    /// Those of the database and of the file system.
    pub fn create(
        &self,
        conn: &mut Conn,
        viewer: &Viewer,
        new: &New,
        now: Timestamp,
    ) -> Result<Result<String, Refusal>> {
        let place = self.place()?.to_owned();
        if let Some(lecture) = new.lecture
            && !store::is_own(conn, lecture, viewer.account, viewer.person)?
        {
            return Ok(Err(Refusal::NoLecture));
        }
        store::hold_account(conn, viewer.account)?;
        let left = match self.room(conn, viewer.account, None)? {
            Ok(left) => left,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if let Err(refusal) = self.fits(new.length.unwrap_or_default(), left) {
            return Ok(Err(refusal));
        }
        // Both come from a browser: what no file and no digest of one is called is cut off.
        let name = protocol::file_name(&new.name);
        let fingerprint: String = new.fingerprint.chars().filter(|c| !c.is_control()).take(300).collect();
        let id = random_hex(16);
        disk::make(&self.folder, &id).map_err(Error::internal)?;
        let metadata = match new.metadata.as_str() {
            "" if !name.is_empty() => protocol::written(&name, &fingerprint),
            as_sent => as_sent.to_owned(),
        };
        let upload = Upload {
            id: id.clone(),
            account: viewer.account,
            lecture: new.lecture,
            length: new.length.map(|length| length as i64),
            metadata,
            name,
            fingerprint,
            place,
            state: State::Open,
            expires_at: now + Duration::days(UPLOAD_DAYS),
        };
        store::insert(conn, &upload, now)?;
        if new.length == Some(0) {
            complete(conn, &upload, now)?;
        }
        Ok(Ok(id))
    }
    /// Whether so many bytes may come: not too large, within what is left of the quota, and the disk has room.
    fn fits(&self, length: u64, left: u64) -> Result<(), Refusal> {
        if length > self.limits.largest {
            return Err(Refusal::TooLarge(self.limits.largest));
        }
        if length > left {
            return Err(Refusal::NoQuota(left));
        }
        self.has_room(length)
    }
    fn has_room(&self, bytes: u64) -> Result<(), Refusal> {
        // Where the disk does not say, writing will.
        match disk::free(&self.folder) {
            Ok(free) if free < bytes.saturating_add(self.limits.reserve) => Err(Refusal::DiskFull),
            _ => Ok(()),
        }
    }
    /// What is left of the account's quota, in bytes, without `except`.
    fn room(
        &self,
        conn: &mut Conn,
        account: AccountId,
        except: Option<&str>,
    ) -> Result<Result<u64, Refusal>> {
        let held = store::held_by(conn, account)?;
        let open = held.iter().filter(|upload| upload.state == State::Open).count();
        if open >= self.limits.open && except.is_none() {
            return Ok(Err(Refusal::TooMany(open)));
        }
        let mut left = self.limits.of_one;
        for upload in held.iter().filter(|upload| Some(upload.id.as_str()) != except) {
            let takes = match upload.length {
                Some(length) => length as u64,
                None => disk::size(&self.folder, &upload.id).map_err(Error::internal)?.unwrap_or_default(),
            };
            left = left.saturating_sub(takes);
        }
        Ok(Ok(left))
    }
    /// Says how long a file will be that was begun without. `Ok(false)`: that was said before.
    fn set_length(
        &self,
        conn: &mut Conn,
        upload: &Upload,
        length: u64,
        come: u64,
    ) -> Result<Result<bool, Refusal>> {
        store::hold_account(conn, upload.account)?;
        let left = match self.room(conn, upload.account, Some(&upload.id))? {
            Ok(left) => left,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let fits = self.fits(length, left).and_then(|()| self.has_room(length.saturating_sub(come)));
        match fits {
            Ok(()) => Ok(Ok(store::set_length(conn, &upload.id, length as i64)?)),
            Err(refusal) => Ok(Err(refusal)),
        }
    }
}

/// All bytes are there: a recording begins, if the upload is for a lecture. Happens once, whoever comes with the last byte.
/// A lecture that takes none at the moment leaves the upload to be attached later.
///
/// # Errors
/// Those of the database and of `recordings::begin` that are no refusal.
fn complete(conn: &mut Conn, upload: &Upload, now: Timestamp) -> Result<()> {
    let until = now + Duration::days(if upload.lecture.is_some() { ORIGINAL_DAYS } else { UPLOAD_DAYS });
    if !store::change_state(conn, &upload.id, State::Open, State::Complete, until)? {
        return Ok(());
    }
    let Some(lecture) = upload.lecture else { return Ok(()) };
    match begin(conn, upload, lecture, now) {
        Ok(_) => Ok(()),
        Err(Error::Refused(why)) => {
            tracing::info!(upload = upload.id, %why, "an upload waits for its lecture");
            store::set_lecture(conn, &upload.id, None)?;
            store::keep_until(conn, &upload.id, now + Duration::days(UPLOAD_DAYS))
        }
        Err(other) => Err(other),
    }
}

fn begin(conn: &mut Conn, upload: &Upload, lecture: LectureId, now: Timestamp) -> Result<RecordingId> {
    // The row of an upload of unknown length has it by now.
    let bytes = match store::find(conn, &upload.id)? {
        Some((row, _)) => row.length.unwrap_or_default(),
        None => return Err(Error::NotFound),
    };
    let new = NewRecording {
        lecture,
        upload: &upload.id,
        name: &upload.name,
        bytes,
        sent_by: upload.account,
        place: &upload.place,
    };
    recordings::begin(conn, &new, now)
}

/// Makes a recording of a lecture from a complete upload that has none yet.
///
/// # Errors
/// Not found unless both are this viewer's; what `recordings::begin` refuses.
pub fn attach(
    conn: &mut Conn,
    id: &str,
    lecture: LectureId,
    viewer: &Viewer,
    now: Timestamp,
) -> Result<RecordingId> {
    let found = store::find(conn, id)?.map(|(upload, _)| upload).filter(|upload| {
        upload.account == viewer.account && upload.state == State::Complete && upload.lecture.is_none()
    });
    let upload = found.ok_or(Error::NotFound)?;
    if !store::is_own(conn, lecture, viewer.account, viewer.person)? {
        return Err(Error::NotFound);
    }
    store::set_lecture(conn, id, Some(lecture))?;
    store::keep_until(conn, id, now + Duration::days(ORIGINAL_DAYS))?;
    begin(conn, &upload, lecture, now)
}

/// The recording has taken its file over: the upload is gone. Its file is whoever's took it to remove or move.
///
/// # Errors
/// Those of the database.
pub fn taken(conn: &mut Conn, id: &str, now: Timestamp) -> Result<()> {
    store::change_state(conn, id, State::Complete, State::Gone, now)?;
    Ok(())
}

/// What this account has not finished sending for this lecture, oldest first.
///
/// # Errors
/// Those of the database and of the file system.
pub fn unfinished(
    conn: &mut Conn,
    folder: &Path,
    lecture: LectureId,
    account: AccountId,
    now: Timestamp,
) -> Result<Vec<Unfinished>> {
    listed(conn, folder, account, |upload| {
        upload.state == State::Open && upload.lecture == Some(lecture) && upload.expires_at > now
    })
}

/// The account's complete uploads of which no recording is being made: to be attached to a lecture, or ended.
///
/// # Errors
/// Those of the database and of the file system.
pub fn unattached(conn: &mut Conn, folder: &Path, account: AccountId) -> Result<Vec<Unfinished>> {
    listed(conn, folder, account, |upload| upload.state == State::Complete && upload.lecture.is_none())
}

fn listed(
    conn: &mut Conn,
    folder: &Path,
    account: AccountId,
    is_wanted: impl Fn(&Upload) -> bool,
) -> Result<Vec<Unfinished>> {
    let held = store::held_by(conn, account)?;
    held.into_iter()
        .filter(is_wanted)
        .map(|upload| {
            let come = disk::size(folder, &upload.id).map_err(Error::internal)?.unwrap_or_default();
            Ok(Unfinished {
                offset: come as i64,
                id: upload.id,
                name: upload.name,
                length: upload.length,
                expires_at: upload.expires_at,
                fingerprint: upload.fingerprint,
            })
        })
        .collect()
}

/// Ends what has expired in this folder, completes what a crash left whole but not complete, and removes files that belong
/// to no upload. Files of uploads that somebody is at are left alone.
///
/// # Errors
/// Those of the database and of the file system.
pub fn sweep(conn: &mut Conn, folder: &Path, now: Timestamp) -> Result<()> {
    let place = disk::place(folder).map_err(Error::internal)?;
    for upload in store::held_at(conn, &place)? {
        let held = disk::hold(folder, &upload.id).map_err(Error::internal)?;
        if matches!(held, disk::Hold::Taken) {
            continue;
        }
        let come = disk::size(folder, &upload.id).map_err(Error::internal)?;
        let is_whole = come.is_some() && come.map(|come| come as i64) == upload.length;
        if upload.expires_at <= now {
            store::change_state(conn, &upload.id, upload.state, State::Gone, now)?;
        } else if upload.state == State::Open && is_whole {
            complete(conn, &upload, now)?;
        }
    }
    // A file is made a moment before its row.
    let before = std::time::SystemTime::from(now.and_utc()) - std::time::Duration::from_secs(3_600);
    let old = disk::untouched(folder, before).map_err(Error::internal)?;
    // A database takes so many values in a question.
    for ids in old.chunks(500) {
        let held = store::held_of(conn, ids)?;
        for id in ids.iter().filter(|id| !held.contains(id)) {
            disk::remove(folder, id).map_err(Error::internal)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn sizes_are_for_people() {
        for (bytes, words) in [
            (0, "0 KB"),
            (200 * 1024 * 1024, "200 MB"),
            (8 * 1024 * 1024 * 1024, "8 GB"),
            (1_610_612_736, "1.5 GB"),
        ] {
            assert_eq!(shown(bytes), words);
        }
    }
}
