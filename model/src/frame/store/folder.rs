//! The folder of a store: who may use it, what is in it, what is removed from it.
//!
//! One process at a time uses it, which holds a lock on a file of it. The lock goes with the
//! process, however that ends. Removed is only what bears a name that the store gives, and that the
//! manifest does not name: what a process left that was killed. Other files in it stay untouched.

use super::file::Stored;
use super::manifest::{self, Manifest};
use super::problem::Problem;
use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// The name of the file that is locked.
const LOCK: &str = "lock";

/// Where the next manifest is written.
const NEW_MANIFEST: &str = "fle-model-store.json.new";

/// A folder that nobody else uses.
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// The folder, made if it is missing.
    pub(super) fn open(path: &Path) -> Result<Self, Problem> {
        if path.exists() && !path.is_dir() {
            return Err(Problem::NotAFolder(path.to_owned()));
        }
        let unusable = |error| Problem::Unusable {
            path: path.to_owned(),
            error,
        };
        fs::create_dir_all(path).map_err(unusable)?;
        let is_own = |name: &str| [LOCK, NEW_MANIFEST].contains(&name);
        if !path.join(manifest::NAME).exists() {
            let others = names(path).map_err(unusable)?;
            if !others.iter().all(|name| is_own(name)) {
                return Err(Problem::Foreign(path.to_owned()));
            }
        }
        let mut options = File::options();
        let lock = options.create(true).truncate(false).write(true);
        let lock = lock.open(path.join(LOCK)).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(Problem::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => Err(unusable(error)),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What was done, if anything was, every file of it as long as it was.
    pub(super) fn load(&self) -> Result<Option<Manifest>, Problem> {
        let path = self.path.join(manifest::NAME);
        let text = match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            text => text.map_err(|error| Problem::reading(&path, error))?,
        };
        let manifest = Manifest::read(&self.path, &text)?;
        manifest.files().try_for_each(|file| self.check(file))?;
        Ok(Some(manifest))
    }

    fn check(&self, file: &Stored) -> Result<(), Problem> {
        let path = self.path.join(&file.name);
        match fs::metadata(&path) {
            Ok(metadata) if metadata.len() == file.bytes => Ok(()),
            Ok(metadata) => {
                let (now, was) = (metadata.len(), file.bytes);
                Err(Problem::damaged(
                    &path,
                    format!("it has {now} bytes, and had {was}"),
                ))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(Problem::damaged(&path, "it is missing"))
            }
            Err(error) => Err(Problem::reading(&path, error)),
        }
    }

    /// From now on this is what was done.
    pub(super) fn save(&self, manifest: &Manifest) -> Result<(), Problem> {
        let (new, path) = (self.path.join(NEW_MANIFEST), self.path.join(manifest::NAME));
        let replace = || {
            let mut file = File::create(&new)?;
            file.write_all(manifest.write().as_bytes())?;
            file.sync_all()?;
            fs::rename(&new, &path)?;
            File::open(&self.path)?.sync_all()
        };
        replace().map_err(|error| Problem::writing(&path, error))
    }

    /// Removes a file that the manifest named, and does not name any more.
    pub(super) fn remove(&self, file: &Stored) -> Result<(), Problem> {
        self.remove_named(&file.name)
    }

    /// Removes what the manifest does not name.
    pub(super) fn remove_leftovers(&self, manifest: &Manifest) -> Result<(), Problem> {
        let named: BTreeSet<_> = manifest.files().map(|file| &*file.name).collect();
        let names = names(&self.path).map_err(|error| Problem::reading(&self.path, error))?;
        let mut leftovers = names
            .iter()
            .filter(|name| is_given_by_a_store(name) && !named.contains(&***name));
        leftovers.try_for_each(|name| self.remove_named(name))
    }

    fn remove_named(&self, name: &str) -> Result<(), Problem> {
        let path = self.path.join(name);
        fs::remove_file(&path).map_err(|error| Problem::writing(&path, error))
    }
}

/// How the files of a layer are called.
pub(super) fn name(layer: usize, what: &str) -> String {
    format!("layer-{layer}-{what}.lz4")
}

/// `layer-12-fingerprints.lz4`, `layer-12-parents.lz4`, `layer-12-states-3.lz4`,
/// `layer-12-candidates-7.lz4`.
fn is_given_by_a_store(name: &str) -> bool {
    let parts = name
        .strip_prefix("layer-")
        .and_then(|rest| rest.strip_suffix(".lz4"));
    let parts: Vec<_> = parts.into_iter().flat_map(|it| it.split('-')).collect();
    let is_number = |text: &str| text.parse::<usize>().is_ok();
    match parts[..] {
        [layer, "fingerprints" | "parents"] => is_number(layer),
        [layer, "states" | "candidates", number] => is_number(layer) && is_number(number),
        _ => false,
    }
}

fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = fs::read_dir(folder)?;
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_a_store_gives_are_its_own() {
        for own in [
            name(12, "fingerprints"),
            name(0, "parents"),
            name(3, "states-0"),
            name(3, "candidates-12"),
        ] {
            assert!(is_given_by_a_store(&own), "{own}");
        }
        for other in [
            "layer-12-fingerprints",
            "layer-12-fingerprints.lz4.old",
            "layer-x-parents.lz4",
            "layer-3-states.lz4",
            "layer-3-notes-1.lz4",
            "my-layer-3-parents.lz4",
            "fle-model-store.json",
        ] {
            assert!(!is_given_by_a_store(other), "{other}");
        }
    }
}
