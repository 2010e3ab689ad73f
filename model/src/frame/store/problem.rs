//! What can be wrong with a store, each in one line: what, where, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// What is wrong.
#[derive(Debug, Error)]
pub enum Problem {
    /// The system does not let a file be written or read. A full disk is the likely reason.
    #[error(
        "cannot {attempt} {}: {error}; what was done is kept: the same command goes on with it \
         when that is put right", path.display()
    )]
    Io {
        /// What was tried.
        attempt: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The system does not let the folder be used.
    #[error("cannot use {} for a store: {error}", path.display())]
    Unusable {
        /// Which folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// It is no folder.
    #[error("{} is no folder: name a new one, or an empty one, for the store", .0.display())]
    NotAFolder(PathBuf),
    /// The folder has other things in it.
    #[error(
        "{} is not empty, and holds no store: name a new folder, or an empty one", .0.display()
    )]
    Foreign(PathBuf),
    /// Another search uses it.
    #[error(
        "{} is in use by another process: wait until that ends, or name another folder",
        .0.display()
    )]
    InUse(PathBuf),
    /// It has a format that this program does not know.
    #[error(
        "{} is a store of format {found}, and this program writes format {ours}: go on with the \
         program that wrote it, or name another folder", path.display()
    )]
    Format {
        /// Which store.
        path: PathBuf,
        /// Its format.
        found: u64,
        /// This program's.
        ours: u64,
    },
    /// It holds another search.
    #[error(
        "{} holds a search of {theirs}, and this is one of {ours}: name another folder",
        path.display()
    )]
    OtherSearch {
        /// Which store.
        path: PathBuf,
        /// What is searched there.
        theirs: String,
        /// What was to be searched.
        ours: String,
    },
    /// It holds states of a model with other rules.
    #[error(
        "{} holds a search by other rules: the model, or how its states are hashed, has changed \
         since; name another folder, or go on with the program that wrote it", .0.display()
    )]
    OtherRules(PathBuf),
    /// A file is not as it was written.
    #[error("{} is damaged ({why}): begin anew, in another folder", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// How that is known.
        why: String,
    },
}

impl Problem {
    pub(super) fn damaged(path: &Path, why: impl Into<String>) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            why: why.into(),
        }
    }

    pub(super) fn writing(path: &Path, error: io::Error) -> Self {
        Self::Io {
            attempt: "write",
            path: path.to_owned(),
            error,
        }
    }

    /// What the system did not do is its to say; what else is wrong with what was read is that it
    /// is not what was written.
    pub(super) fn reading(path: &Path, error: io::Error) -> Self {
        match error.raw_os_error() {
            Some(_) => Self::Io {
                attempt: "read",
                path: path.to_owned(),
                error,
            },
            None if error.kind() == io::ErrorKind::UnexpectedEof => {
                Self::damaged(path, "it ends too early")
            }
            None => Self::damaged(path, error.to_string()),
        }
    }
}
