//! The file `fle.server` in a data directory: whose directory it is, and whether the epochs in it
//! are all that was promised.
//!
//! It is beside the directory of the epoch files, not in it, so that it is still there when that
//! one is removed or replaced. It tells four kinds of loss:
//! - The directory is gone.
//! - The directory is another one: copied, restored. That is told by the time at which the file
//!   system made it, which nobody can set, or, where the file system keeps no such time, by its
//!   inode.
//! - The marker itself is another file: the whole data directory was restored over the one that was
//!   there.
//! - The files in it are older than what was promised: the marker names the epoch that was accepted
//!   last, and is written after the epoch file, so that it never names one that is not there.

use super::StorageError;
use crate::id::{PeerEpoch, Sid};
use std::collections::BTreeSet;
use std::fmt;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

pub(super) const FILE: &str = "fle.server";

/// More than a thousand voters take.
pub(super) const MAX_BYTES: u64 = 32 << 10;

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Marker {
    pub(super) sid: Sid,
    /// The voters of the configurations in force.
    pub(super) voters: BTreeSet<Sid>,
    /// The directory of the epoch files, if they are all that the server has promised; `None` while
    /// a leader takes it in.
    pub(super) known: Option<Identity>,
    /// The file that this was written to; `None` before it is written.
    pub(super) file: Option<Identity>,
    /// The greatest epoch that is known to have been accepted.
    pub(super) accepted: PeerEpoch,
    /// How long the server's promises have been, as it was stored last.
    pub(super) promise: Option<Duration>,
}

/// What tells a directory or a file from one that was put in its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Identity {
    inode: u64,
    /// Nanoseconds since 1970.
    born: Option<u128>,
}

impl Identity {
    pub(super) fn of(found: &Metadata) -> Self {
        let born = found.created().ok();
        let born = born.and_then(|born| born.duration_since(SystemTime::UNIX_EPOCH).ok());
        Self {
            inode: found.ino(),
            born: born.map(|born| born.as_nanos()),
        }
    }

    /// An inode is used again for the next directory, and some file systems number them anew when
    /// they are mounted.
    pub(super) fn is(self, other: Self) -> bool {
        match (self.born, other.born) {
            (Some(born), Some(other)) => born == other,
            _ => self.inode == other.inode,
        }
    }
}

impl Marker {
    /// Reads a marker's text. What a later version added to it is left out.
    pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<Self, StorageError> {
        let text = String::from_utf8_lossy(bytes);
        Self::read(&text).ok_or_else(|| StorageError::NotAMarker {
            path: path.to_owned(),
            text: text.chars().take(40).collect(),
        })
    }

    fn read(text: &str) -> Option<Self> {
        let value = |key: &str| {
            let lines = text.lines().filter_map(|line| line.split_once('='));
            let mut found = lines.filter(|(name, _)| *name == key);
            found.next().map(|(_, value)| value)
        };
        let sid = |text: &str| text.parse().map(Sid).ok();
        let voters = value("voters")?;
        let mut voters = voters.split(',').filter(|it| !it.is_empty());
        let known = match value("epochs")? {
            "known" => Some(value("directory")?.parse().ok()?),
            "unknown" => None,
            _ => return None,
        };
        let promise = match value("promise_us") {
            Some(length) => Some(Duration::from_micros(length.parse().ok()?)),
            None => None,
        };
        Some(Self {
            sid: sid(value("sid")?)?,
            voters: voters.try_fold(BTreeSet::new(), |mut all, it| {
                all.insert(sid(it)?);
                Some(all)
            })?,
            known,
            file: Some(value("file")?.parse().ok()?),
            accepted: epoch(value("accepted")?)?,
            promise,
        })
    }
}

/// An epoch as a file holds it.
pub(super) fn epoch(text: &str) -> Option<PeerEpoch> {
    let epoch = text.trim().parse().ok()?;
    (0..=PeerEpoch::LAST.0)
        .contains(&epoch)
        .then_some(PeerEpoch(epoch))
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "# Whose data directory this is. Written by fle: do not edit, copy or restore it."
        )?;
        writeln!(f, "sid={}", self.sid)?;
        let voters: Vec<String> = self.voters.iter().map(Sid::to_string).collect();
        writeln!(f, "voters={}", voters.join(","))?;
        match self.known {
            Some(directory) => writeln!(f, "epochs=known\ndirectory={directory}")?,
            None => writeln!(f, "epochs=unknown")?,
        }
        if let Some(file) = self.file {
            writeln!(f, "file={file}")?;
        }
        writeln!(f, "accepted={}", self.accepted)?;
        if let Some(length) = self.promise {
            let length = u64::try_from(length.as_micros()).unwrap_or(u64::MAX);
            writeln!(f, "promise_us={length}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.born {
            Some(born) => write!(f, "{} {born}", self.inode),
            None => write!(f, "{} -", self.inode),
        }
    }
}

impl FromStr for Identity {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (inode, born) = text.split_once(' ').ok_or(())?;
        let born = match born {
            "-" => None,
            born => Some(born.parse().map_err(|_| ())?),
        };
        let inode = inode.parse().map_err(|_| ())?;
        Ok(Self { inode, born })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marker() -> Marker {
        Marker {
            sid: Sid(2),
            voters: BTreeSet::from([Sid(1), Sid(2), Sid(3)]),
            known: Some(Identity {
                inode: 7,
                born: Some(1_700_000_000_123_456_789),
            }),
            file: Some(Identity {
                inode: 8,
                born: None,
            }),
            accepted: PeerEpoch(12),
            promise: Some(Duration::from_millis(1500)),
        }
    }

    #[test]
    fn a_marker_is_read_as_it_was_written() {
        let unknown = Marker {
            known: None,
            promise: None,
            voters: BTreeSet::new(),
            ..marker()
        };
        let timeless = Marker {
            known: Some(Identity {
                inode: u64::MAX,
                born: None,
            }),
            promise: Some(Duration::ZERO),
            ..marker()
        };
        for marker in [marker(), unknown, timeless] {
            assert_eq!(Marker::read(&marker.to_string()), Some(marker));
        }
    }

    #[test]
    fn a_later_versions_keys_are_left_out() {
        let text = format!("{}more=1\n", marker());
        assert_eq!(Marker::read(&text), Some(marker()));
    }

    #[test]
    fn a_text_that_lacks_something_is_no_marker() {
        let text = marker().to_string();
        let lines: Vec<&str> = text.lines().collect();
        for at in 1..lines.len() - 1 {
            let mut fewer = lines.clone();
            let missing = fewer.remove(at);
            assert_eq!(Marker::read(&fewer.join("\n")), None, "{missing}");
        }
        for (from, to) in [
            ("known", "perhaps"),
            ("sid=2", "sid=two"),
            ("1,2,3", "1,b"),
            ("=7 1", "=7"),
            ("accepted=12", "accepted=-1"),
            ("promise_us=1", "promise_us=-1"),
        ] {
            assert_eq!(Marker::read(&text.replace(from, to)), None, "{to}");
        }
    }

    #[test]
    fn a_directory_is_told_by_its_birth_and_without_one_by_its_inode() {
        let is = |(inode, born), (other, later)| {
            let other = Identity {
                inode: other,
                born: later,
            };
            Identity { inode, born }.is(other)
        };
        assert!(is((1, Some(5)), (1, Some(5))));
        assert!(is((1, Some(5)), (2, Some(5))), "numbered anew");
        assert!(!is((1, Some(5)), (1, Some(6))), "used again");
        assert!(is((1, None), (1, Some(5))));
        assert!(is((1, Some(5)), (1, None)));
        assert!(is((1, None), (1, None)));
        assert!(!is((1, None), (2, None)));
    }
}
