//! Copies for safety. `backup` writes into an empty folder: the SQLite file as it was at one moment, while it is served;
//! the media of the folder; and last `manifest.json` with the digest of each file. Without a manifest a folder is no backup. `restore`
//! checks everything before it writes anything, and never writes over anything.
use super::store;
use crate::audit::{Action, Doer};
use crate::clock::{self, Timestamp};
use crate::config::Config;
use crate::db::{Address, Db, migration_of, newest_migration};
use crate::error::{Error, Result};
use crate::ids::hex;
use crate::media::{self, Key};
use crate::msg;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

const MANIFEST: &str = "manifest.json";
const DATABASE: &str = "weixiao.db";
const MEDIA: &str = "media";
/// Folders in folders, before links that lead in a circle are given up.
const DEEPEST: usize = 8;
/// The form of the manifest; another one is not read.
const FORM: u32 = 1;

/// What a backup holds.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    form: u32,
    /// Of the program that made it.
    pub program: String,
    /// The newest migration of its database.
    pub schema: String,
    /// UTC.
    pub made_at: String,
    /// By path below the folder, with `/` between folders.
    pub files: BTreeMap<String, Entry>,
    /// What belongs to the installation and is not here: `uploads`, what has not arrived whole; and the S3 store that keeps
    /// the recordings, `s3://…`.
    #[serde(default)]
    pub left_out: Vec<String>,
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub bytes: u64,
    pub sha256: String,
}

impl Manifest {
    pub fn bytes(&self) -> u64 {
        self.files.values().map(|entry| entry.bytes).sum()
    }
    pub fn has_database(&self) -> bool {
        self.files.contains_key(DATABASE)
    }
}

/// Makes a backup in the folder `to`, which must be new or empty.
///
/// # Errors
/// Refused if the folder is not empty; otherwise those of the database and of the disk. An interrupted backup has no
/// manifest.
pub fn make(db: &Db, config: &Config, to: &Path, now: Timestamp) -> Result<Manifest> {
    match fs::read_dir(to) {
        Ok(mut entries) => {
            if entries.next().is_some() {
                return Err(Error::Refused(msg!("文件夹 {} 不是空的。请给一个新的文件夹。", to.display())));
            }
        }
        Err(error) if error.kind() == ErrorKind::NotFound => fs::create_dir_all(to).map_err(disk(to))?,
        Err(error) => return Err(disk(to)(error)),
    }
    let mut left_out = vec!["uploads".to_owned()];
    if let Some(url) = &config.media_url {
        left_out.push(media::shown(url).map_err(|error| Error::Refused(error.words()))?);
    }
    let schema = db.read_now(migration_of)?;
    let mut files = BTreeMap::new();
    if db.address().is_sqlite() {
        let path = to.join(DATABASE);
        let mut conn = db.address().reach(false).map_err(|problem| Error::Refused(problem.0))?;
        store::copy_file(&mut conn, &path.to_string_lossy())?;
        let file = File::open(&path).map_err(disk(&path))?;
        file.sync_all().map_err(disk(&path))?;
        files.insert(DATABASE.to_owned(), digest_of(&path)?);
    }
    let earlier = Earlier::find(to);
    // After the database: whatever it names is there by now.
    for name in files_below(&config.media, Path::new(""))? {
        let (from, into) = (config.media.join(&name), to.join(MEDIA).join(&name));
        let (slashed, place) = (slashed(&name), format!("{MEDIA}/{}", slashed(&name)));
        let is_of_recording = matches!(Key::of(&slashed), Ok(Key::Of(..)));
        let known = earlier.as_ref().filter(|_| is_of_recording);
        let linked = known.map(|earlier| earlier.link(&place, &from, &into)).transpose()?.flatten();
        let entry = match linked.map_or_else(|| copy_digested(&from, &into), Ok) {
            Ok(entry) => entry,
            // Removed meanwhile, so the database of this backup does not need it: an original after its days.
            Err(_) if is_of_recording && is_gone(&from) => {
                if !is_gone(&into) {
                    fs::remove_file(&into).map_err(disk(&into))?;
                }
                continue;
            }
            Err(error) => return Err(error),
        };
        files.insert(place, entry);
    }
    let manifest = Manifest {
        form: FORM,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: now.format("%FT%TZ").to_string(),
        files,
        left_out,
        schema: schema.clone(),
    };
    let unfinished = to.join("manifest.unfinished");
    let json = serde_json::to_vec_pretty(&manifest).map_err(Error::internal)?;
    write_synced(&unfinished, &json)?;
    fs::rename(&unfinished, to.join(MANIFEST)).map_err(disk(to))?;
    // The doctor asks how old the last backup is. A program newer than the tables leaves them alone.
    if schema == newest_migration() {
        let doer = Doer { request: "command".into(), ..Doer::default() };
        db.write_now(|conn| doer.did(conn, Action::BackupMade, ("backup", 0), now))?;
    }
    Ok(manifest)
}

/// Reads the manifest of a backup and checks every file against it.
///
/// # Errors
/// Refused if it is no backup, broken, or newer than this program.
pub fn check(from: &Path) -> Result<Manifest> {
    let path = from.join(MANIFEST);
    let json = fs::read(&path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            Error::Refused(msg!("{} 里没有 manifest.json：不是备份，或者备份没有做完。", from.display()))
        }
        _ => disk(&path)(error),
    })?;
    let broken = |what: &str| Error::Refused(msg!("备份坏了：{}。什么都没有改动，请用另一份备份。", what));
    let manifest: Manifest = serde_json::from_slice(&json).map_err(|_| broken(MANIFEST))?;
    if manifest.form != FORM || manifest.schema > newest_migration() {
        return Err(Error::Refused(msg!(
            "这份备份（结构 {}，程序 {}）比这个程序新。请换用新版本的程序，什么都没有改动。",
            manifest.schema,
            manifest.program
        )));
    }
    for (name, entry) in &manifest.files {
        let is_inside = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
        if !is_inside || !(name == DATABASE || name.starts_with("media/")) {
            return Err(broken(name));
        }
        match digest_of(&from.join(name)) {
            Ok(found) if found == *entry => {}
            _ => return Err(broken(name)),
        }
    }
    Ok(manifest)
}

/// Puts a backup back. The database file must not exist, and no file of the media folder may differ from the backup's.
///
/// # Errors
/// As [`check`]; refused if something is in the way. Nothing is written then.
pub fn restore(from: &Path, address: &Address, media: &Path) -> Result<Manifest> {
    let manifest = check(from)?;
    let mut wanted = vec![];
    for (name, entry) in &manifest.files {
        let Some(name) = name.strip_prefix("media/") else { continue };
        let into = media.join(name);
        match digest_of(&into) {
            Ok(found) if found == *entry => {}
            Ok(_) => {
                return Err(Error::Refused(msg!(
                    "{} 已经存在，而且和备份里的不一样。请先把它移走，什么都没有改动。",
                    into.display()
                )));
            }
            // Only what is not there is written; what cannot be read is in the way.
            Err(_) if fs::symlink_metadata(&into).is_err_and(|error| error.kind() == ErrorKind::NotFound) => {
                wanted.push((from.join(MEDIA).join(name), into));
            }
            Err(error) => return Err(error),
        }
    }
    if let Address::Sqlite(path) = address {
        if !manifest.has_database() {
            return Err(Error::Refused(msg!("这份备份里没有 SQLite 数据库：它是从 PostgreSQL 做的。")));
        }
        for ending in ["", "-wal", "-shm", "-journal"] {
            let there = PathBuf::from(format!("{path}{ending}"));
            if there.exists() {
                return Err(Error::Refused(msg!(
                    "{} 已经存在。恢复不会覆盖数据：请先把它移走，再试一次。",
                    there.display()
                )));
            }
        }
    }
    fs::create_dir_all(media).map_err(disk(media))?;
    for (from, into) in wanted {
        let unfinished = into.with_extension("restoring");
        copy_digested(&from, &unfinished)?;
        fs::rename(&unfinished, &into).map_err(disk(&into))?;
    }
    // Last, under its name only when it is whole: a server started meanwhile finds nothing or everything.
    if let Address::Sqlite(path) = address {
        let (path, unfinished) = (Path::new(path), PathBuf::from(format!("{path}.restoring")));
        copy_digested(&from.join(DATABASE), &unfinished)?;
        let copy = Address::Sqlite(unfinished.to_string_lossy().into_owned());
        let mut conn = copy.reach(false).map_err(|problem| Error::Refused(problem.0))?;
        if let Some(damage) = store::damage(&mut conn)? {
            drop(conn);
            fs::remove_file(&unfinished).map_err(disk(&unfinished))?;
            return Err(Error::Refused(msg!("备份坏了：{}。什么都没有改动，请用另一份备份。", damage)));
        }
        drop(conn);
        for ending in ["-wal", "-shm"] {
            let left = PathBuf::from(format!("{}{ending}", unfinished.display()));
            match fs::remove_file(&left) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(disk(&left)(error)),
                _ => {}
            }
        }
        // A link does not replace what somebody made meanwhile, as a rename would.
        fs::hard_link(&unfinished, path).map_err(disk(path))?;
        fs::remove_file(&unfinished).map_err(disk(&unfinished))?;
    }
    Ok(manifest)
}

/// The line that copies a PostgreSQL database into the backup's folder; it asks for the password itself.
pub fn pg_dump_line(address: &Address, to: &Path) -> String {
    format!("pg_dump --format=custom --file='{}' '{}'", to.join("weixiao.dump").display(), address.shown())
}

/// The line that puts it back into an empty database.
pub fn pg_restore_line(address: &Address, from: &Path) -> String {
    format!(
        "pg_restore --no-owner --exit-on-error --dbname='{}' '{}'",
        address.shown(),
        from.join("weixiao.dump").display()
    )
}

fn disk(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let shown = path.display().to_string();
    move |error| Error::Refused(msg!("{}：{}", shown, error))
}

/// Whether there is nothing at all, not even a link that leads nowhere.
fn is_gone(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

/// The files below `folder`, as paths from it. Nothing, if there is no such folder.
fn files_below(folder: &Path, below: &Path) -> Result<Vec<PathBuf>> {
    let here = folder.join(below);
    let entries = match fs::read_dir(&here) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(vec![]),
        Err(error) => return Err(disk(&here)(error)),
    };
    let mut files = vec![];
    for entry in entries {
        let entry = entry.map_err(disk(&here))?;
        // Files on their way into the store have such names.
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let name = below.join(entry.file_name());
        // Links are followed: the portal shows what is behind them, so a copy without it would not be whole.
        let path = folder.join(&name);
        let about = match fs::metadata(&path) {
            Ok(about) => about,
            Err(_) if is_gone(&path) => continue,
            Err(error) => return Err(disk(&path)(error)),
        };
        if about.is_dir() && name.components().count() <= DEEPEST {
            files.extend(files_below(folder, &name)?);
        } else if about.is_file() {
            files.push(name);
        } else {
            return Err(Error::Refused(msg!(
                "{} 不是普通的文件，或者文件夹套得太深，没有备份。",
                path.display()
            )));
        }
    }
    files.sort();
    Ok(files)
}

fn slashed(path: &Path) -> String {
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn digest_of(path: &Path) -> Result<Entry> {
    read_through(path, &mut |_| Ok(()))
}

/// The newest backup beside the one that is made. Recordings never change, so those that it has are not copied again.
struct Earlier {
    folder: PathBuf,
    /// When it was begun, in Unix seconds.
    made: i64,
    files: BTreeMap<String, Entry>,
}

impl Earlier {
    /// Looks beside `to`; what cannot be read there is of no use, and no harm.
    fn find(to: &Path) -> Option<Earlier> {
        let beside = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let read = |folder: PathBuf| {
            let manifest: Manifest = serde_json::from_slice(&fs::read(folder.join(MANIFEST)).ok()?).ok()?;
            let made = chrono::NaiveDateTime::parse_from_str(&manifest.made_at, "%FT%TZ").ok()?;
            let made = made.and_utc().timestamp();
            (manifest.form == FORM).then_some(Earlier { folder, made, files: manifest.files })
        };
        let folders = fs::read_dir(beside).ok()?.flatten().map(|entry| entry.path());
        folders.filter_map(read).max_by_key(|one| one.made)
    }
    /// Makes `into` the same file as this backup's, if that is what `from` is: as large, and not touched since. It is read
    /// once more, so that a damaged one is not taken for good.
    fn link(&self, name: &str, from: &Path, into: &Path) -> Result<Option<Entry>> {
        let (Some(entry), Ok(about)) = (self.files.get(name), fs::symlink_metadata(from)) else {
            return Ok(None);
        };
        let theirs = self.folder.join(name);
        let is_same = about.is_file() && about.len() == entry.bytes && about.ctime() < self.made;
        if !is_same || !fs::symlink_metadata(&theirs).is_ok_and(|about| about.is_file()) {
            return Ok(None);
        }
        if let Some(folder) = into.parent() {
            fs::create_dir_all(folder).map_err(disk(folder))?;
        }
        // A file system without links: then it is copied.
        if fs::hard_link(&theirs, into).is_err() {
            return Ok(None);
        }
        if digest_of(into)? == *entry {
            return Ok(Some(entry.clone()));
        }
        // Before anything is written there: it is also the other backup's.
        fs::remove_file(into).map_err(disk(into))?;
        Ok(None)
    }
}

/// Copies a file, made durable, and says what it was.
fn copy_digested(from: &Path, into: &Path) -> Result<Entry> {
    if let Some(folder) = into.parent() {
        fs::create_dir_all(folder).map_err(disk(folder))?;
    }
    let mut out = File::create(into).map_err(disk(into))?;
    let entry = read_through(from, &mut |piece| out.write_all(piece))?;
    out.sync_all().map_err(disk(into))?;
    Ok(entry)
}

fn read_through(path: &Path, take: &mut dyn FnMut(&[u8]) -> std::io::Result<()>) -> Result<Entry> {
    use sha2::Digest;
    let mut file = File::open(path).map_err(disk(path))?;
    let (mut hash, mut bytes, mut piece) = (sha2::Sha256::new(), 0, vec![0; 256 * 1024]);
    loop {
        let length = file.read(&mut piece).map_err(disk(path))?;
        if length == 0 {
            break;
        }
        hash.update(&piece[..length]);
        take(&piece[..length]).map_err(disk(path))?;
        bytes += length as u64;
    }
    Ok(Entry { bytes, sha256: hex(&hash.finalize()) })
}

fn write_synced(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = File::create(path).map_err(disk(path))?;
    file.write_all(bytes).map_err(disk(path))?;
    file.sync_all().map_err(disk(path))
}

/// The moment of a backup, for a person.
pub fn made_at(manifest: &Manifest) -> String {
    let moment = chrono::NaiveDateTime::parse_from_str(&manifest.made_at, "%FT%TZ");
    moment.map_or_else(|_| manifest.made_at.clone(), |at| clock::local(at).format("%F %H:%M").to_string())
}
