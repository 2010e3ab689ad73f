//! What the files of a data directory say, and in which order they are written.
//!
//! # Invariants
//! - Before an epoch file is written, the marker is there; while the epochs are not all that was
//!   promised, it says so.
//! - An epoch file is written before the marker names its epoch.
//! - The marker says that the epochs are known only when both files are there.
//! - Where nothing is known, nothing is written before something is to be stored: a file system
//!   that was not mounted stays empty.
//!
//! So a process that dies between any two writes leaves epochs that are complete, or a server that
//! knows that it does not know.

use super::StorageError;
use super::disk::{Disk, failed};
use super::error::list;
use super::lock::Lock;
use super::marker::{self, Identity, Marker};
use crate::id::{PeerEpoch, Sid};
use crate::leadership::{Epochs, Knowledge, Stored};
use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(super) const ACCEPTED: &str = "acceptedEpoch";
pub(super) const CURRENT: &str = "currentEpoch";

/// More than any epoch takes, with spaces around it.
const MAX_EPOCH_BYTES: u64 = 256;

#[derive(Debug)]
pub(super) struct DataDir {
    path: PathBuf,
    sid: Sid,
    /// The voters of the configurations in force.
    voters: BTreeSet<Sid>,
    disk: Disk,
    /// Whether what is stored is all that the server has promised, as it was found or stored last.
    is_known: bool,
}

/// What is in the epoch files.
#[derive(Clone, Copy)]
struct Found {
    accepted: Option<PeerEpoch>,
    current: Option<PeerEpoch>,
}

/// What the directory of the epoch files says of them.
enum Verdict {
    Complete,
    Blank,
    /// Something is lost, as a sentence says.
    Lost(String),
}

impl DataDir {
    pub(super) fn new(path: &Path, sid: Sid, voters: BTreeSet<Sid>) -> Self {
        Self {
            path: path.to_owned(),
            sid,
            voters,
            disk: Disk::new(),
            is_known: false,
        }
    }

    pub(super) fn lock(&mut self) -> Result<Lock, StorageError> {
        self.disk.make_directory(&self.path)?;
        Lock::take(&mut self.disk, &self.path)
    }

    pub(super) fn load(&mut self) -> Result<Stored, StorageError> {
        let marker = self.marker()?;
        if let Some(marker) = &marker {
            self.is_of_this_ensemble(marker)?;
        }
        let found = self.epochs()?;
        let verdict = self.judge(marker.as_ref(), found)?;
        self.is_known = matches!(verdict, Verdict::Complete);
        let knowledge = match verdict {
            Verdict::Complete => Knowledge::Complete,
            Verdict::Blank => Knowledge::Blank,
            Verdict::Lost(reason) => {
                self.tell_loss(&reason);
                Knowledge::Lost
            }
        };
        if let Some(marker) = &marker {
            self.keep_up(marker, found)?;
        }
        let accepted = found.accepted.unwrap_or_default();
        let floor = marker.as_ref().map(|marker| marker.accepted);
        Ok(Stored {
            epochs: Epochs {
                accepted: accepted.max(floor.unwrap_or_default()),
                current: found.current.unwrap_or_default(),
            },
            knowledge,
            promise: marker.and_then(|marker| marker.promise),
        })
    }

    fn judge(&self, marker: Option<&Marker>, found: Found) -> Result<Verdict, StorageError> {
        let Some(marker) = marker else {
            return match (found.accepted, found.current) {
                // Nothing was promised yet.
                (None | Some(PeerEpoch(0)), None) | (Some(PeerEpoch(0)), Some(_)) => {
                    Ok(Verdict::Blank)
                }
                // ZooKeeper's, or from a backup without the marker: nothing says how old they are.
                (Some(_), Some(_)) => {
                    let path = self.path.display();
                    Ok(Verdict::Lost(format!(
                        "the epochs in {path} have no {} beside them that says that they are the latest",
                        marker::FILE
                    )))
                }
                _ => Err(self.missing(found)),
            };
        };
        match (marker.known, found.accepted, found.current) {
            (None, None, Some(_)) => Err(self.missing(found)),
            (None, accepted, _) => {
                let last = accepted.unwrap_or_default().max(marker.accepted);
                Ok(if last == PeerEpoch(0) {
                    Verdict::Blank
                } else {
                    Verdict::Lost("it ended while a leader took it in".to_owned())
                })
            }
            (Some(directory), Some(accepted), Some(_)) => Ok(if !self.is_own(marker)? {
                let path = self.path.join(marker::FILE);
                let reason = "is not the file that this server wrote, but was copied or restored";
                Verdict::Lost(format!("{} {reason}", path.display()))
            } else if !self.identity()?.is_some_and(|it| it.is(directory)) {
                let path = self.epoch_dir();
                let reason = "is not the directory that it wrote, but was moved or restored";
                Verdict::Lost(format!("{} {reason}", path.display()))
            } else if accepted < marker.accepted {
                let (path, last) = (self.file(ACCEPTED), marker.accepted);
                let reason = format!("says {accepted}, and epoch {last} was promised");
                Verdict::Lost(format!("{} {reason}", path.display()))
            } else {
                Verdict::Complete
            }),
            (Some(_), None, None) => {
                let path = self.epoch_dir();
                Ok(Verdict::Lost(format!(
                    "the epochs in {} are gone",
                    path.display()
                )))
            }
            (Some(_), ..) => Err(self.missing(found)),
        }
    }

    fn missing(&self, found: Found) -> StorageError {
        let name = if found.accepted.is_none() {
            ACCEPTED
        } else {
            CURRENT
        };
        let path = self.file(name);
        StorageError::Missing { path }
    }

    fn tell_loss(&self, reason: &str) {
        let sid = self.sid;
        if self.voters.contains(&sid) {
            tracing::warn!(target: "fle", %sid, "cannot know what it has promised: {reason}. It stands aside until a leader takes it in; while the other voters keep their disks, nothing is to be done. If its directory was moved while it stood still, and nothing is missing, stop it and run `fle vouch`");
        }
    }

    /// The marker is behind where the configuration was changed by hand, and where the process died
    /// before it was written.
    fn keep_up(&mut self, marker: &Marker, found: Found) -> Result<(), StorageError> {
        if marker.voters != self.voters {
            let (before, now) = (list(&marker.voters), list(&self.voters));
            tracing::info!(target: "fle", sid = %self.sid, "the voters are {now} now, and were {before} before");
        }
        let accepted = match (self.is_known, found.accepted) {
            (true, Some(accepted)) => accepted,
            _ => marker.accepted,
        };
        if marker.voters != self.voters || marker.accepted != accepted {
            self.put(&Marker {
                accepted,
                ..marker.clone()
            })?;
        }
        Ok(())
    }

    pub(super) fn store_accepted(&mut self, epoch: PeerEpoch) -> Result<(), StorageError> {
        let mut marker = self.begin_write()?;
        self.write(ACCEPTED, epoch)?;
        marker.accepted = marker.accepted.max(epoch);
        self.put(&marker)
    }

    pub(super) fn store_current(&mut self, epoch: PeerEpoch) -> Result<(), StorageError> {
        self.begin_write()?;
        self.write(CURRENT, epoch)
    }

    pub(super) fn store_promise(&mut self, length: Duration) -> Result<(), StorageError> {
        let mut marker = self.begin_write()?;
        marker.promise = Some(length);
        self.put(&marker)
    }

    pub(super) fn store_known(&mut self) -> Result<(), StorageError> {
        let marker = self.begin_write()?;
        for name in [ACCEPTED, CURRENT] {
            if self.read(name)?.is_none() {
                self.write(name, PeerEpoch(0))?;
            }
        }
        self.put_known(Some(marker))?;
        self.is_known = true;
        Ok(())
    }

    pub(super) fn store_voters(&mut self, voters: BTreeSet<Sid>) -> Result<(), StorageError> {
        self.voters = voters;
        // What has no marker yet gets one with these.
        match self.marker()? {
            Some(marker) if marker.voters != self.voters => self.put(&marker),
            _ => Ok(()),
        }
    }

    /// The operator says that the epochs are all that the server has promised. Which.
    pub(super) fn vouch(&mut self) -> Result<Epochs, StorageError> {
        let marker = self.marker()?;
        let found = self.epochs()?;
        if found.accepted.is_none() != found.current.is_none() {
            return Err(self.missing(found));
        }
        let epochs = Epochs {
            accepted: found.accepted.unwrap_or_default(),
            current: found.current.unwrap_or_default(),
        };
        let promised = marker.map_or(PeerEpoch(0), |marker| marker.accepted);
        if epochs.accepted < promised {
            return Err(StorageError::NotTheLatest {
                path: self.file(ACCEPTED),
                found: epochs.accepted,
                promised,
            });
        }
        self.store_known()?;
        Ok(epochs)
    }

    /// Makes the marker what it has to be before an epoch is written, and of what was lost that
    /// which it knows good.
    fn begin_write(&mut self) -> Result<Marker, StorageError> {
        let found = self.marker()?;
        if self.is_known
            && let Some(marker) = found
        {
            return Ok(marker);
        }
        let is_right = found.as_ref().is_some_and(|it| it.known.is_none());
        let marker = Marker {
            known: None,
            ..found.unwrap_or_else(|| self.new_marker())
        };
        if !is_right {
            self.put(&marker)?;
        }
        // Whoever follows in an epoch that was accepted before it was lost does not store it again.
        if self.read(ACCEPTED)?.unwrap_or_default() < marker.accepted {
            self.write(ACCEPTED, marker.accepted)?;
        }
        Ok(marker)
    }

    fn new_marker(&self) -> Marker {
        Marker {
            sid: self.sid,
            voters: self.voters.clone(),
            known: None,
            file: None,
            accepted: PeerEpoch(0),
            promise: None,
        }
    }

    /// Writes the marker of a directory whose epochs are known.
    fn put_known(&mut self, marker: Option<Marker>) -> Result<(), StorageError> {
        let accepted = self.epochs()?.accepted.unwrap_or_default();
        self.put(&Marker {
            known: self.identity()?,
            accepted,
            ..marker.unwrap_or_else(|| self.new_marker())
        })
    }

    fn put(&mut self, marker: &Marker) -> Result<(), StorageError> {
        let voters = self.voters.clone();
        let marker = Marker {
            voters,
            ..marker.clone()
        };
        self.disk
            .replace_with(&self.path.join(marker::FILE), |file| {
                let file = Some(Identity::of(file));
                Marker { file, ..marker }.to_string()
            })
    }

    /// Whether the marker is the file that it was written to.
    fn is_own(&self, marker: &Marker) -> Result<bool, StorageError> {
        let path = self.path.join(marker::FILE);
        let metadata = fs::metadata(&path).map_err(failed(&path, "read"))?;
        Ok(marker.file.is_some_and(|it| it.is(Identity::of(&metadata))))
    }

    /// The marker, if there is one; it is this server's.
    fn marker(&mut self) -> Result<Option<Marker>, StorageError> {
        let path = self.path.join(marker::FILE);
        let Some(bytes) = self.disk.read(&path, marker::MAX_BYTES)? else {
            return Ok(None);
        };
        let marker = Marker::parse(&path, &bytes)?;
        if marker.sid != self.sid {
            let (theirs, own) = (marker.sid, self.sid);
            return Err(StorageError::AnotherServer { path, theirs, own });
        }
        Ok(Some(marker))
    }

    /// Voters come and go, but not all of them at once.
    fn is_of_this_ensemble(&self, marker: &Marker) -> Result<(), StorageError> {
        let others = |voters: &BTreeSet<Sid>| {
            let others = voters.iter().filter(|sid| **sid != self.sid);
            others.copied().collect::<BTreeSet<Sid>>()
        };
        let (theirs, own) = (others(&marker.voters), others(&self.voters));
        // A server that was alone may have been joined by others.
        if theirs.is_empty() || !theirs.is_disjoint(&own) {
            return Ok(());
        }
        Err(StorageError::AnotherEnsemble {
            path: self.path.join(marker::FILE),
            theirs: marker.voters.iter().copied().collect(),
            own: self.voters.iter().copied().collect(),
        })
    }

    fn epochs(&mut self) -> Result<Found, StorageError> {
        let (accepted, current) = (self.read(ACCEPTED)?, self.read(CURRENT)?);
        match (accepted, current) {
            (Some(accepted), Some(current)) if current > accepted => {
                Err(StorageError::Contradiction {
                    path: self.file(ACCEPTED),
                    current,
                    accepted,
                })
            }
            _ => Ok(Found { accepted, current }),
        }
    }

    fn read(&mut self, name: &str) -> Result<Option<PeerEpoch>, StorageError> {
        let path = self.file(name);
        let Some(bytes) = self.disk.read(&path, MAX_EPOCH_BYTES)? else {
            return Ok(None);
        };
        let text = String::from_utf8_lossy(&bytes);
        let epoch = marker::epoch(&text);
        let text = text.chars().take(40).collect();
        epoch
            .map(Some)
            .ok_or(StorageError::NotAnEpoch { path, text })
    }

    fn write(&mut self, name: &str, epoch: PeerEpoch) -> Result<(), StorageError> {
        self.disk.make_directory(&self.epoch_dir())?;
        self.disk.replace(&self.file(name), &epoch.to_string())
    }

    /// `None` while there is no directory of epoch files.
    fn identity(&self) -> Result<Option<Identity>, StorageError> {
        let path = self.epoch_dir();
        match fs::metadata(&path) {
            Ok(metadata) => Ok(Some(Identity::of(&metadata))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(&path, "read")(error)),
        }
    }

    fn epoch_dir(&self) -> PathBuf {
        self.path.join("version-2")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.epoch_dir().join(name)
    }
}

#[cfg(test)]
mod tests;
