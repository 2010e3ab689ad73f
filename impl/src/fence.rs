//! A file that several servers share, and that only the leader of the latest epoch writes, whatever
//! goes wrong.
//!
//! A lease alone cannot prevent a write by a leader that is past: its process may be stopped after
//! it has looked at the lease. So the file itself keeps whose it is. Its first line is the epoch
//! and the sid of the leader that has claimed it, and the rest its content. A leader first claims
//! the file. From then on only a leader of a later epoch can take it away, so what the holder of
//! the claim reads stays true until it writes.
//!
//! # Invariants
//! - The epoch never falls, and two servers never hold claims of one epoch.
//! - Whoever is killed at any moment leaves the old file or the new one, whole: a draft is synced
//!   and then takes the file's name, all under a lock on a file beside it, since a lock on the file
//!   itself would go with the name to another file.
//!
//! # What it needs
//! A file system, local or shared, on which `rename` is atomic and `flock` excludes all processes
//! that open the file, for as long as their holders live. A process that is stopped with the lock
//! in its hands delays the others until it goes on or is killed. NFS takes the lock from a client
//! that is cut off for longer than its server's lease time (90 s by default), and what that client
//! was about to write may then undo what has been written since.
//!
//! Deliberately absent: making the file where it is missing. A share that is not mounted would pass
//! for a new one, and a leader of the past would find nothing that refuses it.
//!
//! ```
//! use fle::fence::{FenceError, FencedFile};
//! use fle::{PeerEpoch, Sid};
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # runtime.block_on(async {
//! let directory = tempfile::tempdir()?;
//! let file = FencedFile::at(directory.path().join("counter"));
//! file.create("0").await?;
//! let mut past = file.claim(PeerEpoch(1), Sid(3)).await?;
//! past.write("1").await?;
//!
//! let mut present = file.claim(PeerEpoch(2), Sid(1)).await?;
//! assert_eq!(present.read().await?, b"1");
//! assert!(matches!(past.write("2").await, Err(FenceError::Refused { .. })));
//! present.write("2").await?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::id::{PeerEpoch, Sid};
use crate::small_file;
use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How much a fenced file may hold, in bytes: it is read and written as a whole.
pub const MAX_CONTENT: usize = 1 << 20;

/// The longest first line: two numbers of up to 20 characters.
const MAX_CLAIM_LINE: usize = 42;

/// The wait before a lock that another process holds is asked for again.
const LOCK_RETRY_DELAY: Duration = Duration::from_millis(10);

/// A file that several servers share, and that only the leader of the latest epoch writes.
///
/// Its methods work on threads for blocking work, and wait for the lock without one. Dropping a
/// future gives up waiting; what has begun by then is still done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FencedFile {
    path: PathBuf,
}

/// A leader's right to write the file, until a later leader claims it.
///
/// A server that claims the file twice in one epoch has two handles on one claim, and takes care
/// that only one of them writes.
#[derive(PartialEq, Eq, Debug)]
pub struct Claim {
    file: FencedFile,
    holder: Holder,
}

/// Who has claimed a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Holder {
    /// In which epoch; 0, in which nobody leads, for a file that is new.
    pub epoch: PeerEpoch,
    /// The server that led in it.
    pub sid: Sid,
}

/// Why a fenced file is not read or written.
#[derive(Debug, thiserror::Error)]
pub enum FenceError {
    /// A leader of this epoch or a later one has claimed the file.
    #[error(
        "{path}: {asker} is refused, since the file belongs to {holder}; if no server of this \
         ensemble has led in epoch {}, the file is another ensemble's, or the ensemble was set up \
         anew and needs a new file",
        holder.epoch
    )]
    Refused {
        /// The file.
        path: PathBuf,
        /// Who was refused.
        asker: Holder,
        /// Whose it is.
        holder: Holder,
    },
    /// The file was not made by [`FencedFile::create`].
    #[error("{path} is no fenced file: it begins with {text:?} instead of an epoch and a sid")]
    NotFenced {
        /// The file.
        path: PathBuf,
        /// What it begins with.
        text: String,
    },
    /// The content is longer than [`MAX_CONTENT`]. Nothing was written.
    #[error("{path}: {length} bytes are more than a fenced file may hold, {MAX_CONTENT}")]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The length of the content, in bytes.
        length: usize,
    },
    /// The file system says no, or something else than a file of that size is there. What was being
    /// written may be there or not.
    #[error("{path}: cannot {doing}: {source}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "server {} in epoch {}", self.sid, self.epoch)
    }
}

impl FencedFile {
    /// The file at this path. Nothing is made or opened.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Makes the file, with this content, for any leader to claim. This is done once, when the
    /// ensemble is set up.
    ///
    /// # Errors
    /// When the file is there already ([`FenceError::Io`] with [`io::ErrorKind::AlreadyExists`]),
    /// or cannot be made.
    pub async fn create(&self, content: impl Into<Vec<u8>>) -> Result<(), FenceError> {
        let content = content.into();
        let nobody = Holder {
            epoch: PeerEpoch(0),
            sid: Sid(0),
        };
        self.locked(move |file| {
            if file.path.symlink_metadata().is_ok() {
                let exists = io::ErrorKind::AlreadyExists.into();
                return Err(failed(&file.path, "create")(exists));
            }
            file.replace(nobody, &content)
        })
        .await
    }

    /// Claims the file for the server `sid`, which leads in `epoch`: no claim of an earlier epoch
    /// is good any more.
    ///
    /// # Errors
    /// [`FenceError::Refused`] when the file was claimed in a later epoch, or in the same by
    /// another server; when it is missing, is no fenced file, or cannot be read or written.
    pub async fn claim(&self, epoch: PeerEpoch, sid: Sid) -> Result<Claim, FenceError> {
        let asker = Holder { epoch, sid };
        self.locked(move |file| {
            let (holder, content) = file.load()?;
            match holder {
                _ if holder == asker => Ok(()),
                _ if holder.epoch < epoch => file.replace(asker, &content),
                _ => Err(file.refused(asker, holder)),
            }
        })
        .await?;
        let file = self.clone();
        Ok(Claim {
            file,
            holder: asker,
        })
    }

    /// Whose the file is, and what it holds. Anybody may read it, at any time.
    ///
    /// # Errors
    /// When it is missing, is no fenced file, or cannot be read.
    pub async fn read(&self) -> Result<(Holder, Vec<u8>), FenceError> {
        self.aside(Self::load).await
    }

    /// Does this while no other process does. Whoever holds the lock is a piece of blocking work,
    /// or a future that drops it.
    async fn locked(
        &self,
        work: impl FnOnce(&Self) -> Result<(), FenceError> + Send + 'static,
    ) -> Result<(), FenceError> {
        let lock = loop {
            if let Some(lock) = self.aside(Self::try_lock).await? {
                break lock;
            }
            tokio::time::sleep(LOCK_RETRY_DELAY).await;
        };
        self.aside(move |file| {
            let _held = lock;
            work(file)
        })
        .await
    }

    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, FenceError> + Send + 'static,
    ) -> Result<T, FenceError> {
        let file = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&file)).await;
        done.unwrap_or_else(|error| Err(failed(&self.path, "work on")(io::Error::other(error))))
    }

    /// The lock, which ends with the file returned; `None` while another process has it. Its file
    /// is never removed: a process that has it open would lock what nobody else sees.
    fn try_lock(&self) -> Result<Option<File>, FenceError> {
        let path = self.path.with_added_extension("lock");
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        let lock = options.open(&path).map_err(failed(&path, "open"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(lock)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(failed(&path, "lock")(source)),
        }
    }

    fn load(&self) -> Result<(Holder, Vec<u8>), FenceError> {
        let limit = (MAX_CLAIM_LINE + MAX_CONTENT) as u64;
        let bytes = small_file::read(&self.path, limit).map_err(failed(&self.path, "read"))?;
        match split(&bytes) {
            Some((holder, content)) => Ok((holder, content.to_vec())),
            None => Err(FenceError::NotFenced {
                path: self.path.clone(),
                text: String::from_utf8_lossy(&bytes).chars().take(40).collect(),
            }),
        }
    }

    /// A draft is written and takes the file's name; both the file and its name are on the disk
    /// then.
    fn replace(&self, holder: Holder, content: &[u8]) -> Result<(), FenceError> {
        if content.len() > MAX_CONTENT {
            return Err(FenceError::TooLong {
                path: self.path.clone(),
                length: content.len(),
            });
        }
        let draft = self.path.with_added_extension("tmp");
        let mut options = File::options();
        // Whoever only writes waits for a reader where there is a pipe.
        options.read(true).write(true).create(true).truncate(true);
        let mut file = options.open(&draft).map_err(failed(&draft, "create"))?;
        let mut bytes = format!("{} {}\n", holder.epoch, holder.sid).into_bytes();
        bytes.extend(content);
        file.write_all(&bytes).map_err(failed(&draft, "write"))?;
        file.sync_all().map_err(failed(&draft, "sync"))?;
        fs::rename(&draft, &self.path).map_err(failed(&self.path, "replace"))?;
        let directory = match self.path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        let synced = File::open(directory).and_then(|it| it.sync_all());
        synced.map_err(failed(directory, "sync"))
    }

    fn refused(&self, asker: Holder, holder: Holder) -> FenceError {
        FenceError::Refused {
            path: self.path.clone(),
            asker,
            holder,
        }
    }
}

impl Claim {
    /// Who may write with this claim.
    #[must_use]
    pub fn holder(&self) -> Holder {
        self.holder
    }

    /// What the file holds, which stays so until this claim is used to write, or a later leader
    /// claims the file.
    ///
    /// # Errors
    /// [`FenceError::Refused`] when another leader has claimed the file; when it is missing, is no
    /// fenced file, or cannot be read.
    pub async fn read(&self) -> Result<Vec<u8>, FenceError> {
        let (holder, content) = self.file.read().await?;
        self.check(holder)?;
        Ok(content)
    }

    /// Replaces what the file holds, durably. If the future is dropped, or says that the file
    /// system failed, the old content is there or the new one: [`Claim::read`] tells.
    ///
    /// # Errors
    /// [`FenceError::Refused`] when another leader has claimed the file, which is then as that
    /// leader left it; when the content is longer than [`MAX_CONTENT`]; when the file is missing,
    /// is no fenced file, or cannot be read or written.
    pub async fn write(&mut self, content: impl Into<Vec<u8>>) -> Result<(), FenceError> {
        let content = content.into();
        let claim = Self {
            file: self.file.clone(),
            holder: self.holder,
        };
        self.file
            .locked(move |file| {
                claim.check(file.load()?.0)?;
                file.replace(claim.holder, &content)
            })
            .await
    }

    fn check(&self, holder: Holder) -> Result<(), FenceError> {
        if holder == self.holder {
            Ok(())
        } else {
            Err(self.file.refused(self.holder, holder))
        }
    }
}

/// A file's first line, and the rest.
fn split(bytes: &[u8]) -> Option<(Holder, &[u8])> {
    let end = bytes
        .iter()
        .take(MAX_CLAIM_LINE)
        .position(|it| *it == b'\n')?;
    let (epoch, sid) = std::str::from_utf8(&bytes[..end]).ok()?.split_once(' ')?;
    let epoch = PeerEpoch(epoch.parse().ok()?);
    let sid = Sid(sid.parse().ok()?);
    let is_epoch = PeerEpoch(0) <= epoch && epoch <= PeerEpoch::LAST;
    is_epoch.then(|| (Holder { epoch, sid }, &bytes[end + 1..]))
}

fn failed(path: &Path, doing: &'static str) -> impl FnOnce(io::Error) -> FenceError {
    let path = path.to_owned();
    move |source| FenceError::Io {
        path,
        doing,
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    const A: Sid = Sid(1);
    const B: Sid = Sid(2);

    async fn file() -> (TempDir, FencedFile) {
        let directory = tempfile::tempdir().unwrap();
        let file = FencedFile::at(directory.path().join("shared"));
        file.create("old").await.unwrap();
        (directory, file)
    }

    fn is_refused<T>(result: &Result<T, FenceError>) -> bool {
        matches!(result, Err(FenceError::Refused { .. }))
    }

    #[tokio::test]
    async fn a_claim_is_good_until_a_later_leader_claims_the_file() {
        let (_directory, file) = file().await;
        let mut past = file.claim(PeerEpoch(1), A).await.unwrap();
        assert_eq!(past.read().await.unwrap(), b"old");
        past.write("1").await.unwrap();
        assert_eq!(past.read().await.unwrap(), b"1");

        let mut present = file.claim(PeerEpoch(2), B).await.unwrap();
        assert!(is_refused(&past.read().await));
        assert!(is_refused(&past.write("2").await));
        assert!(is_refused(&file.claim(PeerEpoch(1), A).await));
        assert_eq!(present.read().await.unwrap(), b"1");
        present.write("").await.unwrap();
        assert_eq!(file.read().await.unwrap(), (present.holder(), Vec::new()));
    }

    #[tokio::test]
    async fn an_epoch_is_one_servers() {
        let (_directory, file) = file().await;
        let mut claim = file.claim(PeerEpoch(5), A).await.unwrap();
        let refused = file.claim(PeerEpoch(5), B).await.unwrap_err().to_string();
        let said = "server 2 in epoch 5 is refused, since the file belongs to server 1 in epoch 5";
        assert!(refused.contains(said), "{refused}");
        assert_eq!(file.claim(PeerEpoch(5), A).await.unwrap(), claim);
        claim.write("new").await.unwrap();
    }

    #[tokio::test]
    async fn a_file_is_made_once_and_never_by_a_claim() {
        let (directory, file) = file().await;
        let kind = |it| match it {
            Err(FenceError::Io { source, .. }) => Some(source.kind()),
            _ => None,
        };
        let exists = Some(io::ErrorKind::AlreadyExists);
        assert_eq!(kind(file.create("new").await), exists);
        assert_eq!(file.read().await.unwrap().1, b"old");

        let missing = FencedFile::at(directory.path().join("missing"));
        let claim = missing.claim(PeerEpoch(1), A).await.map(drop);
        assert_eq!(kind(claim), Some(io::ErrorKind::NotFound));
    }

    #[tokio::test]
    async fn a_file_that_is_no_fenced_file_is_left_alone() {
        let texts = [
            "",
            "1",
            "1 1",
            "1\n",
            "x 1\n",
            "-1 1\n",
            "1 x\nrest",
            "2147483648 1\n",
        ];
        for text in texts {
            let (_directory, file) = file().await;
            fs::write(&file.path, text).unwrap();
            let error = file.claim(PeerEpoch(1), A).await.unwrap_err();
            assert!(
                matches!(error, FenceError::NotFenced { .. }),
                "{text:?}: {error}"
            );
            assert_eq!(fs::read(&file.path).unwrap(), text.as_bytes());
        }
        let (directory, _) = file().await;
        let folder = FencedFile::at(directory.path());
        assert!(matches!(folder.read().await, Err(FenceError::Io { .. })));
    }

    #[tokio::test]
    async fn a_file_holds_as_much_as_it_may_and_no_more() {
        let (_directory, file) = file().await;
        let mut claim = file.claim(PeerEpoch::LAST, Sid(i64::MIN)).await.unwrap();
        claim.write(vec![0; MAX_CONTENT]).await.unwrap();
        assert_eq!(claim.read().await.unwrap().len(), MAX_CONTENT);
        let too_long = claim.write(vec![0; MAX_CONTENT + 1]).await;
        assert!(matches!(too_long, Err(FenceError::TooLong { .. })));
        let sparse = File::create(&file.path).unwrap();
        sparse.set_len(1 << 30).unwrap();
        assert!(matches!(file.read().await, Err(FenceError::Io { .. })));
    }

    #[tokio::test]
    async fn nothing_is_written_while_another_has_the_lock() {
        let (_directory, file) = file().await;
        let mut claim = file.claim(PeerEpoch(1), A).await.unwrap();
        let lock = file.try_lock().unwrap().unwrap();
        let write = tokio::time::timeout(LOCK_RETRY_DELAY * 5, claim.write("new"));
        assert!(write.await.is_err());
        assert_eq!(claim.read().await.unwrap(), b"old");
        drop(lock);
        claim.write("new").await.unwrap();
    }

    #[tokio::test]
    async fn a_full_disk_keeps_what_was_written() {
        // Every write to it fails for want of space.
        if !Path::new("/dev/full").exists() {
            return;
        }
        let (_directory, file) = file().await;
        let mut claim = file.claim(PeerEpoch(1), A).await.unwrap();
        let draft = file.path.with_added_extension("tmp");
        std::os::unix::fs::symlink("/dev/full", draft).unwrap();
        assert!(matches!(
            claim.write("new").await,
            Err(FenceError::Io { .. })
        ));
        assert_eq!(claim.read().await.unwrap(), b"old");
    }
}
