//! Why epochs cannot be read or written, and what is right to do then.

use crate::id::{PeerEpoch, Sid};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Why epochs cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The file system says no.
    #[error("{path}: cannot {doing}: {source}{remedy}", remedy = remedy(source))]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// The disk does not answer.
    #[error("the disk has not answered in {limit:?} (initLimit ticks); see what keeps it from it")]
    Hangs {
        /// How long it was waited for.
        limit: std::time::Duration,
    },
    /// The file does not hold an epoch.
    #[error("{path}: {text:?} is not an epoch; {begin_again}", begin_again = begin_again(path))]
    NotAnEpoch {
        /// The file.
        path: PathBuf,
        /// What it begins with.
        text: String,
    },
    /// One file is there and the other is not.
    #[error("{path} is missing, and the other epoch file is there; {begin_again}", begin_again = begin_again(path))]
    Missing {
        /// The file that is not there.
        path: PathBuf,
    },
    /// The current epoch was never accepted: one file is older than the other.
    #[error(
        "{path}: the current epoch {current} is greater than the accepted epoch {accepted}, so one of the files is from another time; {begin_again}",
        begin_again = begin_again(path)
    )]
    Contradiction {
        /// The file of the accepted epoch.
        path: PathBuf,
        /// What `currentEpoch` says.
        current: PeerEpoch,
        /// What `acceptedEpoch` says.
        accepted: PeerEpoch,
    },
    /// The epochs are to be vouched for, and are known to be old.
    #[error(
        "{path}: epoch {promised} was promised, and what is there says {found}, so it is not the latest; {begin_again}",
        begin_again = begin_again(path)
    )]
    NotTheLatest {
        /// The file of the accepted epoch.
        path: PathBuf,
        /// The accepted epoch that is there; 0 where there is none.
        found: PeerEpoch,
        /// What has been accepted according to `fle.server`.
        promised: PeerEpoch,
    },
    /// The file `fle.server` is not one.
    #[error(
        "{path}: {text:?}… is not what fle wrote; remove it together with version-2: the server then stands aside until a leader takes it in, or until all other voters have said that it has promised nothing"
    )]
    NotAMarker {
        /// The file.
        path: PathBuf,
        /// What it begins with.
        text: String,
    },
    /// The data directory is another server's.
    #[error(
        "{path}: this is the data directory of server {theirs}, and this is server {own}; let dataDir name that of server {own}, or correct myid. If the directory is to be server {own}'s from now on, remove {path} and version-2"
    )]
    AnotherServer {
        /// The file that says so.
        path: PathBuf,
        /// Whose it is.
        theirs: Sid,
        /// Who asks.
        own: Sid,
    },
    /// The data directory is that of a server of this id in another ensemble.
    #[error(
        "{path}: this is the data directory of a server in an ensemble with the voters {}, and the configuration has {}; correct dataDir or the server lines. If the server is to join another ensemble, remove {path} and version-2",
        list(theirs),
        list(own)
    )]
    AnotherEnsemble {
        /// The file that says so.
        path: PathBuf,
        /// Its voters.
        theirs: Vec<Sid>,
        /// The voters of the configuration.
        own: Vec<Sid>,
    },
    /// Another process uses the data directory, or this one does so already.
    #[error(
        "{path}: {holder} uses this data directory; stop it, or give this server a dataDir of its own. Removing its fle.lock does not help"
    )]
    Locked {
        /// The lock.
        path: PathBuf,
        /// Who holds it, in words.
        holder: String,
    },
    /// The file system has no locks.
    #[error(
        "{path}: cannot lock: {source}; without a lock two processes could lead in one epoch. Keep dataDir on a local disk"
    )]
    CannotLock {
        /// The lock.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// What is right where epoch files cannot be relied on. A backup is not: it has forgotten what was
/// promised after it was made.
fn begin_again(file: &Path) -> String {
    let directory = file.parent().unwrap_or(file).display();
    format!(
        "remove {directory}, and nothing beside it: the server then stands aside until a leader takes it in, which is safe while the other voters keep their disks. Do not restore a backup: it has forgotten promises"
    )
}

fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "; make room on the disk",
        ErrorKind::PermissionDenied => "; make it readable and writable for this user",
        ErrorKind::ReadOnlyFilesystem => "; mount it writable",
        _ => "",
    }
}

pub(super) fn list<'a>(sids: impl IntoIterator<Item = &'a Sid>) -> String {
    let sids: Vec<String> = sids.into_iter().map(Sid::to_string).collect();
    sids.join(", ")
}
