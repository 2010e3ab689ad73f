//! Reading small files within bounds, and replacing them durably.
//!
//! A process that is short of descriptors can still do both: some are held for nothing but to be
//! given up then.

use super::StorageError;
use crate::small_file;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// What is needed at once is one. Whoever else is short of them may be faster.
const RESERVE: usize = 4;

/// The file system, as a storage uses it.
#[derive(Debug)]
pub(super) struct Disk {
    reserve: Vec<File>,
}

impl Disk {
    pub(super) fn new() -> Self {
        let mut disk = Self { reserve: vec![] };
        disk.refill();
        disk
    }

    /// What is in a file of at most so many bytes; `None` if it is not there.
    pub(super) fn read(
        &mut self,
        path: &Path,
        at_most: u64,
    ) -> Result<Option<Vec<u8>>, StorageError> {
        let read = self.opens(|| small_file::read(path, at_most));
        self.refill();
        match read {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(path, "read")(error)),
        }
    }

    /// A temporary file is written and takes the other's name; both the file and its name are on
    /// the disk then.
    pub(super) fn replace(&mut self, path: &Path, text: &str) -> Result<(), StorageError> {
        self.replace_with(path, |_| text.to_owned())
    }

    /// The same, with a text that names the file that it is written to.
    pub(super) fn replace_with(
        &mut self,
        path: &Path,
        text: impl FnOnce(&Metadata) -> String,
    ) -> Result<(), StorageError> {
        let replaced = self.replace_now(path, text);
        self.refill();
        replaced
    }

    fn replace_now(
        &mut self,
        path: &Path,
        text: impl FnOnce(&Metadata) -> String,
    ) -> Result<(), StorageError> {
        let draft = draft(path);
        let file = self.opens(|| {
            let mut options = File::options();
            // Whoever only writes waits for a reader where there is a pipe.
            options.read(true).write(true).create(true).truncate(true);
            options.open(&draft)
        });
        let mut file = file.map_err(failed(&draft, "create"))?;
        let text = text(&file.metadata().map_err(failed(&draft, "read"))?);
        file.write_all(text.as_bytes())
            .map_err(failed(&draft, "write"))?;
        file.sync_all().map_err(failed(&draft, "sync"))?;
        // One descriptor at a time.
        drop(file);
        fs::rename(&draft, path).map_err(failed(path, "replace"))?;
        self.sync_parent(path)
    }

    /// Makes a directory that is not there; its name is on the disk then.
    pub(super) fn make_directory(&mut self, path: &Path) -> Result<(), StorageError> {
        if path.is_dir() {
            return Ok(());
        }
        fs::create_dir_all(path).map_err(failed(path, "make the directory"))?;
        self.sync_parent(path)
    }

    fn sync_parent(&mut self, path: &Path) -> Result<(), StorageError> {
        // Of a relative path of one component, that is the empty one.
        let parent = path.parent().filter(|it| !it.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        let synced = self
            .opens(|| File::open(parent))
            .and_then(|directory| directory.sync_all());
        synced.map_err(failed(parent, "sync"))
    }

    /// Does what needs a descriptor. While there is none, another of the reserve is given up for
    /// it.
    pub(super) fn opens<T>(&mut self, mut open: impl FnMut() -> io::Result<T>) -> io::Result<T> {
        loop {
            match open() {
                Err(error) if is_short_of_descriptors(&error) && self.reserve.pop().is_some() => {}
                opened => return opened,
            }
        }
    }

    /// As far as that can be done now.
    fn refill(&mut self) {
        while self.reserve.len() < RESERVE {
            let Ok(spare) = File::open("/dev/null") else {
                return;
            };
            self.reserve.push(spare);
        }
    }
}

/// The temporary file, which ZooKeeper calls so, too.
fn draft(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    name.into()
}

/// `EMFILE` and `ENFILE`, which have no kind; the numbers are the same on every Unix.
fn is_short_of_descriptors(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(23 | 24))
}

pub(super) fn failed(path: &Path, doing: &'static str) -> impl FnOnce(io::Error) -> StorageError {
    let path = path.to_owned();
    move |source| StorageError::Io {
        path,
        doing,
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserve_is_given_up_as_far_as_needed_and_taken_back() {
        for errno in [23, 24] {
            let mut disk = Disk::new();
            let mut refused = 0;
            let opened = disk.opens(|| {
                if refused < 2 {
                    refused += 1;
                    return Err(io::Error::from_raw_os_error(errno));
                }
                Ok(())
            });
            assert!(opened.is_ok());
            assert_eq!(disk.reserve.len(), RESERVE - 2);
            disk.refill();
            assert_eq!(disk.reserve.len(), RESERVE);
        }
    }

    #[test]
    fn without_a_reserve_left_the_error_stays() {
        let mut disk = Disk::new();
        let opened: io::Result<()> = disk.opens(|| Err(io::Error::from_raw_os_error(24)));
        assert_eq!(opened.unwrap_err().raw_os_error(), Some(24));
        assert!(disk.reserve.is_empty());
    }

    #[test]
    fn any_other_error_costs_nothing() {
        let mut disk = Disk::new();
        let opened: io::Result<()> = disk.opens(|| Err(ErrorKind::PermissionDenied.into()));
        assert!(opened.is_err());
        assert_eq!(disk.reserve.len(), RESERVE);
    }
}
