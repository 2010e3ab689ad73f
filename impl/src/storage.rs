//! Where a server keeps its epochs, so that a promise outlives its process and its machine's power.
//!
//! Source: `QuorumPeer.writeLongToFile` with `AtomicFileOutputStream`, and `loadDataBase`. The files are ZooKeeper's: `version-2/acceptedEpoch` and
//! `version-2/currentEpoch` in the data directory, each a decimal number. Invariant: when a method returns, what it stored
//! survives; until then the old value does.
//!
//! Deliberately absent: any default for a file that cannot be read or is missing. ZooKeeper takes the epoch of its last transaction
//! for a file that is missing; here only a server that has neither file is new, and it makes both before anything else.

use crate::id::PeerEpoch;
use crate::leadership::{Epochs, Knowledge, Stored};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What a server writes before it answers.
///
/// An error means that nothing is known to be stored: the server stops relying on what it had in memory, and begins
/// again with what [`Storage::load`] says.
pub trait Storage: Send + 'static {
    /// The epochs stored last; both 0 for a server that has stored none.
    ///
    /// # Errors
    /// When they cannot be read, or cannot be true.
    fn load(&mut self) -> impl Future<Output = Result<Stored, StorageError>> + Send;

    /// Stores the accepted epoch, durably.
    ///
    /// # Errors
    /// When that is not certain.
    fn store_accepted(
        &mut self,
        epoch: PeerEpoch,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Stores the current epoch, durably.
    ///
    /// # Errors
    /// When that is not certain.
    fn store_current(
        &mut self,
        epoch: PeerEpoch,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Stores how long this server's promises are from now on, durably.
    ///
    /// # Errors
    /// When that is not certain.
    fn store_promise(
        &mut self,
        length: Duration,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Stores, durably, that what is stored is all that this server has promised.
    ///
    /// # Errors
    /// When that is not certain.
    fn store_known(&mut self) -> impl Future<Output = Result<(), StorageError>> + Send;
}

/// Why epochs cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The file system says no.
    #[error(
        "{path}: cannot {doing}: {source}; the disk may be full or the directory not this user's"
    )]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// The file does not hold an epoch.
    #[error(
        "{path}: {text:?} is not an epoch; restore the file from a backup, or, if the server's data is gone, remove the whole directory"
    )]
    NotAnEpoch {
        /// The file.
        path: PathBuf,
        /// What it begins with.
        text: String,
    },
    /// One file is there and the other is not.
    #[error(
        "{path} is missing, and the other epoch file is there; restore both from the same backup, or, if the server's data is gone, remove the whole directory"
    )]
    Missing {
        /// The file that is not there.
        path: PathBuf,
    },
    /// The current epoch was never accepted: one file is older than the other.
    #[error(
        "{directory}: the current epoch {current} is greater than the accepted epoch {accepted}, so one of them is from another time; restore both from the same backup"
    )]
    Contradiction {
        /// The directory of both files.
        directory: PathBuf,
        /// What `currentEpoch` says.
        current: PeerEpoch,
        /// What `acceptedEpoch` says.
        accepted: PeerEpoch,
    },
}

/// Epochs in memory, which outlive a member and not its process: for tests, simulations and demonstrations. Clones share them.
#[derive(Clone, Debug)]
pub struct InMemory(Arc<Mutex<Stored>>);

impl Default for InMemory {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Stored::BLANK)))
    }
}

impl From<Epochs> for InMemory {
    fn from(epochs: Epochs) -> Self {
        Self(Arc::new(Mutex::new(Stored::complete(epochs))))
    }
}

impl InMemory {
    fn stored(&self) -> MutexGuard<'_, Stored> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Storage for InMemory {
    async fn load(&mut self) -> Result<Stored, StorageError> {
        Ok(*self.stored())
    }

    async fn store_promise(&mut self, length: Duration) -> Result<(), StorageError> {
        self.stored().promise = Some(length);
        Ok(())
    }

    async fn store_known(&mut self) -> Result<(), StorageError> {
        self.stored().knowledge = Knowledge::Complete;
        Ok(())
    }

    async fn store_accepted(&mut self, epoch: PeerEpoch) -> Result<(), StorageError> {
        self.stored().epochs.accepted = epoch;
        Ok(())
    }

    async fn store_current(&mut self, epoch: PeerEpoch) -> Result<(), StorageError> {
        self.stored().epochs.current = epoch;
        Ok(())
    }
}

/// The epochs in a data directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EpochFiles {
    directory: PathBuf,
}

const ACCEPTED: &str = "acceptedEpoch";
const CURRENT: &str = "currentEpoch";

impl EpochFiles {
    /// Those of a server with this data directory (`dataDir`). The directory of the files is made if it is not there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(data_dir: &Path) -> Result<Self, StorageError> {
        let directory = data_dir.join("version-2");
        fs::create_dir_all(&directory).map_err(|source| StorageError::Io {
            path: directory.clone(),
            doing: "make the directory",
            source,
        })?;
        Ok(Self { directory })
    }

    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let files = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&files)).await;
        done.unwrap_or_else(|error| {
            Err(StorageError::Io {
                path: self.directory.clone(),
                doing: "work in the directory",
                source: io::Error::other(error),
            })
        })
    }

    fn load_both(&self) -> Result<Epochs, StorageError> {
        let missing = |name| {
            let path = self.directory.join(name);
            Err(StorageError::Missing { path })
        };
        match (self.read(ACCEPTED)?, self.read(CURRENT)?) {
            (Some(accepted), Some(current)) if current > accepted => {
                let directory = self.directory.clone();
                Err(StorageError::Contradiction {
                    directory,
                    current,
                    accepted,
                })
            }
            (Some(accepted), Some(current)) => Ok(Epochs { accepted, current }),
            // New, or dead between these writes: no current epoch is lost where none was accepted.
            (None | Some(PeerEpoch(0)), None) => {
                self.write(ACCEPTED, PeerEpoch(0))?;
                self.write(CURRENT, PeerEpoch(0))?;
                Ok(Epochs::default())
            }
            (Some(_), None) => missing(CURRENT),
            (None, Some(_)) => missing(ACCEPTED),
        }
    }

    fn read(&self, name: &str) -> Result<Option<PeerEpoch>, StorageError> {
        let path = self.directory.join(name);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                let doing = "read";
                return Err(StorageError::Io {
                    path,
                    doing,
                    source,
                });
            }
        };
        let text = String::from_utf8_lossy(&bytes);
        match text.trim().parse() {
            Ok(epoch) if (0..=PeerEpoch::LAST.0).contains(&epoch) => Ok(Some(PeerEpoch(epoch))),
            _ => {
                let text = text.chars().take(40).collect();
                Err(StorageError::NotAnEpoch { path, text })
            }
        }
    }

    /// A temporary file is written and takes the other's name; both the file and its name are on the disk then.
    fn write(&self, name: &str, epoch: PeerEpoch) -> Result<(), StorageError> {
        let path = self.directory.join(name);
        let draft = self.directory.join(format!("{name}.tmp"));
        let failed = |path: &Path, doing| {
            let path = path.to_owned();
            move |source| StorageError::Io {
                path,
                doing,
                source,
            }
        };
        let mut file = File::create(&draft).map_err(failed(&draft, "create"))?;
        write!(file, "{epoch}").map_err(failed(&draft, "write"))?;
        file.sync_all().map_err(failed(&draft, "sync"))?;
        fs::rename(&draft, &path).map_err(failed(&path, "replace"))?;
        let directory = File::open(&self.directory).and_then(|directory| directory.sync_all());
        directory.map_err(failed(&self.directory, "sync"))
    }
}

/// Disks are slow, and other tasks run on this thread.
impl Storage for EpochFiles {
    async fn load(&mut self) -> Result<Stored, StorageError> {
        Ok(Stored::complete(self.aside(Self::load_both).await?))
    }

    async fn store_promise(&mut self, _length: Duration) -> Result<(), StorageError> {
        Ok(())
    }

    async fn store_known(&mut self) -> Result<(), StorageError> {
        Ok(())
    }

    async fn store_accepted(&mut self, epoch: PeerEpoch) -> Result<(), StorageError> {
        self.aside(move |files| files.write(ACCEPTED, epoch)).await
    }

    async fn store_current(&mut self, epoch: PeerEpoch) -> Result<(), StorageError> {
        self.aside(move |files| files.write(CURRENT, epoch)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> (tempfile::TempDir, EpochFiles) {
        let directory = tempfile::tempdir().unwrap();
        let files = EpochFiles::open(directory.path()).unwrap();
        assert_eq!(files.load_both().unwrap(), Epochs::default());
        (directory, files)
    }

    fn put(files: &EpochFiles, name: &str, text: &[u8]) {
        fs::write(files.directory.join(name), text).unwrap();
    }

    #[test]
    fn what_is_stored_is_there_for_the_next_process() {
        let (directory, files) = files();
        files.write(ACCEPTED, PeerEpoch(7)).unwrap();
        files.write(CURRENT, PeerEpoch(6)).unwrap();
        let again = EpochFiles::open(directory.path()).unwrap();
        assert_eq!(
            again.load_both().unwrap(),
            Epochs {
                accepted: PeerEpoch(7),
                current: PeerEpoch(6)
            }
        );
        let names: Vec<_> = fs::read_dir(&files.directory).unwrap().collect();
        assert_eq!(names.len(), 2, "no temporary file stays");
    }

    #[test]
    fn the_files_are_those_of_zookeeper() {
        let (directory, files) = files();
        files.write(ACCEPTED, PeerEpoch(12)).unwrap();
        let text = fs::read(directory.path().join("version-2/acceptedEpoch")).unwrap();
        assert_eq!(text, b"12");
        put(&files, CURRENT, b"12\n");
        assert_eq!(files.load_both().unwrap().current, PeerEpoch(12));
    }

    #[test]
    fn a_file_that_cannot_be_true_is_an_error() {
        for text in [
            "",
            "x",
            "-1",
            "1.5",
            "2147483648",
            "\u{0}7",
            "99999999999999999999",
        ] {
            let (_directory, files) = files();
            put(&files, ACCEPTED, text.as_bytes());
            let error = files.load_both().unwrap_err();
            assert!(
                matches!(error, StorageError::NotAnEpoch { .. }),
                "{text:?}: {error}"
            );
            assert!(error.to_string().contains("acceptedEpoch"));
        }
        let (_directory, files) = files();
        put(&files, ACCEPTED, b"\xff\xfe");
        assert!(matches!(
            files.load_both(),
            Err(StorageError::NotAnEpoch { .. })
        ));
    }

    #[test]
    fn a_current_epoch_that_was_not_accepted_is_an_error() {
        let (_directory, files) = files();
        put(&files, CURRENT, b"3");
        put(&files, ACCEPTED, b"2");
        assert!(matches!(
            files.load_both(),
            Err(StorageError::Contradiction { .. })
        ));
        put(&files, ACCEPTED, b"3");
        assert!(files.load_both().is_ok());
    }

    #[test]
    fn one_file_without_the_other_is_an_error() {
        for lost in [ACCEPTED, CURRENT] {
            let (_directory, files) = files();
            put(&files, ACCEPTED, b"3");
            put(&files, CURRENT, b"0");
            let lost = files.directory.join(lost);
            fs::remove_file(&lost).unwrap();
            let error = files.load_both().unwrap_err();
            assert!(
                matches!(&error, StorageError::Missing { path } if *path == lost),
                "{error}"
            );
            assert!(!lost.exists(), "nothing is made in its place");
        }
    }

    #[test]
    fn a_new_server_that_died_between_its_first_files_is_still_new() {
        let (_directory, files) = files();
        fs::remove_file(files.directory.join(CURRENT)).unwrap();
        assert_eq!(files.load_both().unwrap(), Epochs::default());
        assert!(files.directory.join(CURRENT).exists());
    }

    #[test]
    fn a_file_that_cannot_be_read_or_written_is_an_error() {
        let (_directory, files) = files();
        fs::remove_file(files.directory.join(ACCEPTED)).unwrap();
        fs::create_dir(files.directory.join(ACCEPTED)).unwrap();
        assert!(matches!(
            files.load_both(),
            Err(StorageError::Io { doing: "read", .. })
        ));
        let error = files.write(ACCEPTED, PeerEpoch(1)).unwrap_err();
        assert!(
            matches!(
                error,
                StorageError::Io {
                    doing: "replace",
                    ..
                }
            ),
            "{error}"
        );
        fs::create_dir(files.directory.join("currentEpoch.tmp")).unwrap();
        let error = files.write(CURRENT, PeerEpoch(1)).unwrap_err();
        assert!(
            matches!(
                error,
                StorageError::Io {
                    doing: "create",
                    ..
                }
            ),
            "{error}"
        );
        assert!(error.to_string().contains("currentEpoch.tmp"));
    }

    #[test]
    fn a_full_disk_keeps_what_was_stored() {
        // Every write to it fails for want of space.
        if !Path::new("/dev/full").exists() {
            return;
        }
        let (_directory, files) = files();
        files.write(ACCEPTED, PeerEpoch(4)).unwrap();
        std::os::unix::fs::symlink("/dev/full", files.directory.join("acceptedEpoch.tmp")).unwrap();
        let error = files.write(ACCEPTED, PeerEpoch(5)).unwrap_err();
        assert!(
            matches!(&error, StorageError::Io { source, .. } if source.kind() == ErrorKind::StorageFull),
            "{error}"
        );
        assert_eq!(files.load_both().unwrap().accepted, PeerEpoch(4));
    }
}
