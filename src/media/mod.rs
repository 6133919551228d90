//! Recordings as files: the store that keeps them (a folder, or an S3 store beside it), the signed addresses under which
//! they are played, and their delivery. A recording's files stand together under a random word and never change, so whoever
//! has one may keep it for ever; media.md §5.
mod address;
mod folder;
pub mod pages;
mod s3;

use crate::config::Config;
use crate::error::Error;
use crate::ids::random_hex;
use crate::lang::Message;
use crate::msg;
pub use address::{Sight, Signer};
use folder::Folder;
use s3::S3;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is read into memory at once has at most so many bytes: playlists and pictures.
pub const SMALL: u64 = 8 * 1024 * 1024;

/// The files that readers may ask for, by what they are. `original`, what was uploaded, is not among them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Names other files of the same folder, and is the one that may be written again.
    Playlist,
    Video,
    Sound,
    Picture,
}

impl Kind {
    /// Of a file of a recording; `None` for every name that readers may not ask for.
    pub fn of(file: &str) -> Option<Kind> {
        // 720p, 360p: whatever height the ladder has
        let is_step = |name: &str| {
            name.strip_suffix('p').is_some_and(|height| {
                (3..=4).contains(&height.len()) && height.bytes().all(|b| b.is_ascii_digit())
            })
        };
        match file.split_once('.')? {
            ("master" | "audio", "m3u8") => Some(Kind::Playlist),
            (name, "m3u8") if is_step(name) => Some(Kind::Playlist),
            ("video", "mp4") => Some(Kind::Video),
            (name, "mp4") if is_step(name) => Some(Kind::Video),
            ("audio", "mp4" | "m4a") => Some(Kind::Sound),
            ("poster" | "poster-2" | "poster-3" | "story", "jpg") => Some(Kind::Picture),
            _ => None,
        }
    }
    pub const fn mime(self) -> &'static str {
        match self {
            Kind::Playlist => "application/vnd.apple.mpegurl",
            Kind::Video => "video/mp4",
            Kind::Sound => "audio/mp4",
            Kind::Picture => "image/jpeg",
        }
    }
    /// How long the reader's own browser may keep it.
    pub const fn keeping(self) -> &'static str {
        match self {
            Kind::Playlist => "private, max-age=60",
            _ => "private, max-age=31536000, immutable",
        }
    }
}

/// Why a file could not be kept or found.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The settings are wrong, or the S3 store refuses: a sentence for the operator.
    #[error("{0}")]
    Said(Message),
    /// There is no such file.
    #[error("not in the store")]
    Missing,
    /// A name that the portal does not make.
    #[error("{0:?} is no name of a media file")]
    Name(String),
    #[error("{0}: {1}")]
    Disk(String, #[source] io::Error),
}

impl StoreError {
    /// For the operator.
    pub fn words(&self) -> Message {
        match self {
            StoreError::Said(message) => message.clone(),
            StoreError::Missing => msg!("文件不在媒体库里"),
            StoreError::Name(name) => msg!("{} 不是媒体文件的名字", name),
            StoreError::Disk(path, error) => msg!("{}：{}", path, error),
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Error {
        match error {
            StoreError::Missing => Error::NotFound,
            StoreError::Said(message) => Error::Unavailable(message.to_string()),
            other => Error::internal(other),
        }
    }
}

pub type Result<T> = std::result::Result<T, StoreError>;

/// The name of a file in the store, checked: nothing can leave the folder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Key<'a> {
    /// `{folder}/{file}`: of a recording.
    Of(&'a str, &'a str),
    /// A flat name, of the recordings and hand-outs that came with the demonstration.
    Flat(&'a str),
}

impl Key<'_> {
    /// Reads a key.
    ///
    /// # Errors
    /// For every name that the portal does not make.
    pub fn of(key: &str) -> Result<Key<'_>> {
        let wrong = || StoreError::Name(key.to_owned());
        let is_plain = |name: &str, longest: usize, may: fn(u8) -> bool| {
            (1..=longest).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(may)
        };
        match key.split_once('/') {
            Some((folder, file)) => {
                let is_file = is_plain(file, 40, |b| {
                    b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-')
                });
                if is_folder(folder) && is_file { Ok(Key::Of(folder, file)) } else { Err(wrong()) }
            }
            None => {
                let is_flat =
                    is_plain(key, 100, |b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
                if is_flat { Ok(Key::Flat(key)) } else { Err(wrong()) }
            }
        }
    }
}

/// Whether this can be the folder of a recording.
fn is_folder(word: &str) -> bool {
    word.len() == 32 && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

/// The S3 store that an address of the configuration names, for people: without what follows the question mark.
///
/// # Errors
/// A sentence about what is wrong with the address.
pub fn shown(media_url: &str) -> Result<String> {
    s3::shown(media_url)
}

/// A fresh folder for a recording: its name cannot be guessed.
pub fn fresh_folder() -> String {
    random_hex(16)
}

/// Where the media are kept. Its face waits: it is for threads that may wait, jobs and `db`'s, never for those of pages.
#[derive(Clone)]
pub struct Store(Arc<Places>);

struct Places {
    folder: Folder,
    s3: Option<S3>,
}

enum Place<'a> {
    Here(PathBuf),
    There(&'a S3),
}

impl Store {
    /// Opens what the configuration names; nothing is asked of an S3 store yet. Its keys come from the environment.
    ///
    /// # Errors
    /// A sentence about what is wrong with the settings.
    pub fn open(config: &Config) -> Result<Store> {
        let s3 = config.media_url.as_deref().map(S3::open).transpose()?;
        // A file that nginx is to read is written anew in the folder, whose ACL then holds for it. A link would bring the
        // rights that the file had where it was made.
        let folder = Folder { root: config.media.clone(), may_link: config.accel.is_none() };
        Ok(Store(Arc::new(Places { folder, s3 })))
    }
    /// Recordings made before an S3 store was named stay in the folder: what has a folder here is here.
    fn place(&self, key: &str) -> Result<Place<'_>> {
        let path = self.0.folder.root.join(key);
        Ok(match (Key::of(key)?, &self.0.s3) {
            (Key::Of(folder, _), Some(s3)) if !self.0.folder.root.join(folder).is_dir() => Place::There(s3),
            _ => Place::Here(path),
        })
    }
    /// Keeps the file `from` under this key, whole or not at all; one that was there is replaced. `from` must not be written
    /// to afterwards: on the same disk it is the same file.
    ///
    /// # Errors
    /// Those of the disk and of the S3 store.
    pub fn put_file(&self, key: &str, from: &Path) -> Result<()> {
        match self.place(key)? {
            Place::Here(path) => self.0.folder.put_file(&path, from),
            Place::There(s3) => s3.put_file(key, from),
        }
    }
    /// As [`put_file`](Store::put_file), and `from` is gone afterwards.
    ///
    /// # Errors
    /// As there.
    pub fn move_file(&self, key: &str, from: &Path) -> Result<()> {
        self.put_file(key, from)?;
        std::fs::remove_file(from).map_err(disk(from))
    }
    /// Keeps these bytes under this key, whole or not at all.
    ///
    /// # Errors
    /// As [`put_file`](Store::put_file).
    pub fn put_bytes(&self, key: &str, bytes: &[u8]) -> Result<()> {
        match self.place(key)? {
            Place::Here(path) => self.0.folder.put_bytes(&path, bytes),
            Place::There(s3) => s3.put_bytes(key, bytes),
        }
    }
    /// Brings a file to the path `to`, where nothing may be yet. It is for reading: it may be the store's own.
    ///
    /// # Errors
    /// [`StoreError::Missing`], and those of the disk and of the S3 store; nothing is at `to` then.
    pub fn get_to(&self, key: &str, to: &Path) -> Result<()> {
        match self.place(key)? {
            Place::Here(path) => self.0.folder.get_to(&path, to),
            Place::There(s3) => s3.get_to(key, to),
        }
    }
    /// A small file, at most [`SMALL`] bytes.
    ///
    /// # Errors
    /// As [`get_to`](Store::get_to), and for a larger one.
    pub fn get_bytes(&self, key: &str) -> Result<Vec<u8>> {
        match self.place(key)? {
            Place::Here(path) => self.0.folder.get_bytes(&path),
            Place::There(s3) => s3.get_bytes(key),
        }
    }
    /// How many bytes a file has.
    ///
    /// # Errors
    /// As [`get_to`](Store::get_to).
    pub fn size(&self, key: &str) -> Result<u64> {
        match self.place(key)? {
            Place::Here(path) => self.0.folder.size(&path),
            Place::There(s3) => s3.size(key),
        }
    }
    /// Removes one file; it need not be there.
    ///
    /// # Errors
    /// Those of the disk and of the S3 store.
    pub fn delete(&self, key: &str) -> Result<()> {
        match self.place(key)? {
            Place::Here(path) => self.0.folder.delete(&path),
            Place::There(s3) => s3.delete(key),
        }
    }
    /// Removes a recording's folder and all in it; it need not be there.
    ///
    /// # Errors
    /// Those of the disk and of the S3 store.
    pub fn delete_folder(&self, folder: &str) -> Result<()> {
        if !is_folder(folder) {
            return Err(StoreError::Name(folder.to_owned()));
        }
        self.0.folder.delete_folder(folder)?;
        self.0.s3.as_ref().map_or(Ok(()), |s3| s3.delete_folder(folder))
    }
    /// The path of a file that is kept in the folder; `None` where it is in the S3 store, and for a name that is none.
    pub fn local_path(&self, key: &str) -> Option<PathBuf> {
        match self.place(key) {
            Ok(Place::Here(path)) => Some(path),
            Ok(Place::There(_)) | Err(_) => None,
        }
    }
    /// An address at the S3 store under which the file can be read for so many seconds; `None` for one in the folder.
    pub fn presigned(&self, key: &str, seconds: i64) -> Option<String> {
        match self.place(key) {
            Ok(Place::There(s3)) => s3.presigned_waiting(key, seconds).ok(),
            Ok(Place::Here(_)) | Err(_) => None,
        }
    }
    /// The S3 store as browsers reach it, `https://host`, for the policy of pages.
    pub fn origin(&self) -> Option<&str> {
        self.0.s3.as_ref().map(|s3| s3.origin.as_str())
    }
    /// The S3 store for people, `s3://bucket/prefix`; `None` where all is in the folder.
    pub fn shown(&self) -> Option<&str> {
        self.0.s3.as_ref().map(|s3| s3.shown.as_str())
    }
    /// Writes, reads and removes a small file in the S3 store, then asks for it as a browser on pages of `public_url` would;
    /// whether the store lets such pages read it. `None` where all is in the folder.
    ///
    /// # Errors
    /// What is wrong.
    pub fn probe(&self, public_url: &str) -> Option<Result<bool>> {
        let s3 = self.0.s3.as_ref()?;
        let (folder, text) = (fresh_folder(), b"probe");
        let key = format!("{folder}/probe.txt");
        let outcome = s3.put_bytes(&key, text).and_then(|()| {
            if s3.get_bytes(&key)? != text {
                return Err(StoreError::Said(msg!("对象存储里读到的和写进去的不一样")));
            }
            s3.ask_as_browser(&key, public_url)
        });
        let removed = s3.delete_folder(&folder);
        Some(outcome.and_then(|admits| removed.map(|()| admits)))
    }
}

fn disk(path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let shown = path.display().to_string();
    move |error| match error.kind() {
        io::ErrorKind::NotFound => StoreError::Missing,
        _ => StoreError::Disk(shown, error),
    }
}

/// What serving recordings takes: the store, the signer of addresses, and nginx's internal address if it sends the files.
pub struct Media {
    pub store: Store,
    pub signer: Signer,
    accel: Option<String>,
    playlists: pages::Ready,
}

impl Media {
    /// `secret` is shared by all servers of the installation: addresses that one made hold on the others.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn new(config: &Config, secret: &str) -> Result<Media> {
        Ok(Media {
            store: Store::open(config)?,
            signer: Signer::new(secret),
            accel: config.accel.clone(),
            playlists: pages::Ready::default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_what_the_portal_makes_and_nothing_else() {
        let folder = "0123456789abcdef0123456789abcdef";
        for file in ["original", "720p.mp4", "poster-2.jpg", "a..b"] {
            assert_eq!(Key::of(&format!("{folder}/{file}")).unwrap(), Key::Of(folder, file));
        }
        assert_eq!(Key::of("irrigation-1.mp4").unwrap(), Key::Flat("irrigation-1.mp4"));
        for key in [
            "",
            ".",
            "..",
            ".probe",
            "a b",
            "a\\b",
            "/etc/passwd",
            "../x",
            "0123456789abcdef0123456789abcdef/",
            "0123456789abcdef0123456789abcdef/..",
            "0123456789abcdef0123456789abcdef/.x",
            "0123456789abcdef0123456789abcdef/a/b",
            "0123456789abcdef0123456789abcdef/A.mp4",
            "0123456789ABCDEF0123456789ABCDEF/a.mp4",
            "0123456789abcdef0123456789abcde/a.mp4",
            "0123456789abcdef0123456789abcdef0/a.mp4",
        ] {
            assert!(Key::of(key).is_err(), "{key}");
        }
    }

    #[test]
    fn readers_may_ask_for_what_is_played_and_for_nothing_else() {
        for (file, kind) in [
            ("master.m3u8", Kind::Playlist),
            ("360p.m3u8", Kind::Playlist),
            ("audio.m3u8", Kind::Playlist),
            ("1080p.mp4", Kind::Video),
            ("video.mp4", Kind::Video),
            ("audio.mp4", Kind::Sound),
            ("audio.m4a", Kind::Sound),
            ("poster-3.jpg", Kind::Picture),
            ("story.jpg", Kind::Picture),
        ] {
            assert_eq!(Kind::of(file), Some(kind), "{file}");
        }
        for file in
            ["original", "original.mp4", "", ".", "p.mp4", "12p.mp4", "master.m3u8.mp4", "xp.mp4", "key.m3u8"]
        {
            assert_eq!(Kind::of(file), None, "{file}");
        }
    }
}
