//! The store in a folder. A file is written beside its place under a name of its own, made durable, and then renamed: under
//! its name it is whole or not there, also after the power failed.
use super::{Result, SMALL, StoreError, disk};
use crate::ids::random_hex;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

pub(super) struct Folder {
    pub root: PathBuf,
    /// Whether a file that is on the same disk may be taken as it is.
    pub may_link: bool,
}

impl Folder {
    pub fn put_file(&self, path: &Path, from: &Path) -> Result<()> {
        self.put(path, |unfinished| bring(from, unfinished, self.may_link))
    }
    pub fn put_bytes(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        self.put(path, |unfinished| File::create_new(unfinished)?.write_all(bytes))
    }
    fn put(&self, path: &Path, write: impl FnOnce(&Path) -> io::Result<()>) -> Result<()> {
        let folder = path.parent().unwrap_or(&self.root);
        if !folder.is_dir() {
            fs::create_dir_all(folder).map_err(disk(folder))?;
            sync(&self.root)?;
        }
        // The dot keeps it out of backups.
        let unfinished = folder.join(format!(".{}", random_hex(16)));
        let written = write(&unfinished)
            .and_then(|()| File::open(&unfinished)?.sync_all())
            .and_then(|()| fs::rename(&unfinished, path))
            .map_err(disk(path));
        // It is still there after a failure, and after a rename onto a link of itself, which does nothing.
        match fs::remove_file(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(path = %unfinished.display(), %error, "an unfinished file stays");
            }
            _ => {}
        }
        written?;
        sync(folder)
    }
    pub fn get_to(&self, path: &Path, to: &Path) -> Result<()> {
        bring(path, to, self.may_link).map_err(disk(path))
    }
    pub fn get_bytes(&self, path: &Path) -> Result<Vec<u8>> {
        let mut bytes = vec![];
        File::open(path).and_then(|file| file.take(SMALL + 1).read_to_end(&mut bytes)).map_err(disk(path))?;
        if bytes.len() as u64 > SMALL {
            return Err(StoreError::Disk(path.display().to_string(), io::ErrorKind::FileTooLarge.into()));
        }
        Ok(bytes)
    }
    pub fn size(&self, path: &Path) -> Result<u64> {
        let about = fs::metadata(path).map_err(disk(path))?;
        if about.is_file() { Ok(about.len()) } else { Err(StoreError::Missing) }
    }
    pub fn delete(&self, path: &Path) -> Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(disk(path)(error)),
            _ => Ok(()),
        }
    }
    pub fn delete_folder(&self, folder: &str) -> Result<()> {
        let path = self.root.join(folder);
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(disk(&path)(error)),
            _ => Ok(()),
        }
    }
}

/// Makes `to` a file with the content of `from`: the same file where that may be and can be, else a copy. Nothing may be at
/// `to`.
fn bring(from: &Path, to: &Path, may_link: bool) -> io::Result<()> {
    if !fs::metadata(from)?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let is_link = fs::symlink_metadata(from)?.is_symlink();
    // Another disk, a file system without links, somebody else's file: there is more than one reason for a copy.
    if may_link && !is_link && fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    // Not fs::copy, which gives the copy the rights of `from`: the folder says who may read.
    let mut copy = File::create_new(to)?;
    let copied = File::open(from).and_then(|mut from| io::copy(&mut from, &mut copy));
    if let Err(error) = copied {
        fs::remove_file(to)?;
        return Err(error);
    }
    Ok(())
}

/// Makes the names in a folder durable.
fn sync(folder: &Path) -> Result<()> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(disk(folder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    fn folder(name: &str, may_link: bool) -> (Folder, PathBuf) {
        let root = std::env::temp_dir().join(format!("weixiao-folder-{}-{name}", std::process::id()));
        fs::create_dir_all(&root).unwrap();
        (Folder { root: root.join("media"), may_link }, root)
    }
    fn names(path: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(path).unwrap().map(|one| one.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_taken_as_it_is_or_copied_and_replaced_as_a_whole() {
        for may_link in [true, false] {
            let (store, root) = folder(if may_link { "link" } else { "copy" }, may_link);
            let (from, key) = (root.join("from"), store.root.join("word/video.mp4"));
            fs::write(&from, b"one").unwrap();
            // The second time onto itself.
            for _ in 0..2 {
                store.put_file(&key, &from).unwrap();
                assert_eq!(store.get_bytes(&key).unwrap(), b"one");
                let is_same = fs::metadata(&key).unwrap().ino() == fs::metadata(&from).unwrap().ino();
                assert_eq!(is_same, may_link);
                assert_eq!(names(&store.root.join("word")), ["video.mp4"]);
            }
            store.put_bytes(&key, b"two").unwrap();
            assert_eq!((store.size(&key).unwrap(), fs::read(&from).unwrap()), (3, b"one".to_vec()));
            assert!(matches!(store.put_file(&key, &root.join("no-such")), Err(StoreError::Missing)));
            assert!(store.put_file(&key, &root).is_err(), "a folder is no file");
            assert_eq!(store.get_bytes(&key).unwrap(), b"two");
            assert_eq!(names(&store.root.join("word")), ["video.mp4"]);
            let to = root.join("to");
            store.get_to(&key, &to).unwrap();
            assert_eq!(fs::read(&to).unwrap(), b"two");
            assert!(store.get_to(&key, &to).is_err(), "what is there stays");
            store.delete_folder("word").unwrap();
            store.delete_folder("word").unwrap();
            assert!(matches!(store.size(&key), Err(StoreError::Missing)));
            fs::remove_dir_all(&root).unwrap();
        }
    }

    #[test]
    fn what_is_read_at_once_is_bounded() {
        let (store, root) = folder("bounded", true);
        let path = store.root.join("large");
        fs::create_dir_all(&store.root).unwrap();
        File::create(&path).unwrap().set_len(SMALL + 1).unwrap();
        assert!(matches!(store.get_bytes(&path), Err(StoreError::Disk(..))));
        File::create(&path).unwrap().set_len(SMALL).unwrap();
        assert_eq!(store.get_bytes(&path).unwrap().len() as u64, SMALL);
        fs::remove_dir_all(&root).unwrap();
    }
}
