//! What the protocol speaks of: epochs, what is on a disk, promises.

use serde::Serialize;
use std::fmt;

/// An epoch, [`fle::PeerEpoch`] in a byte.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
pub struct Epoch(pub u8);

/// What a server keeps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize)]
pub struct Stored {
    /// The greatest epoch that it has promised (`acceptedEpoch`).
    pub accepted: Epoch,
    /// That of the last leader which it has helped to establish, or joined (`currentEpoch`).
    pub current: Epoch,
    /// Whether that is all that it has promised.
    pub knowledge: Knowledge,
}

/// Whether a server knows what it has promised.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize)]
pub enum Knowledge {
    /// It knows all of it.
    #[default]
    Complete,
    /// There is nothing on its disk: it is new, or has lost everything.
    Blank,
    /// It has made promises, and what the disk says of them is older, or lost.
    Lost,
}

/// To whom a server has promised to help no other leader, where that is not over.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Bond {
    /// To nobody.
    Free,
    /// To this leader.
    To(usize),
    /// In an earlier life, to a leader that it has forgotten.
    Forgotten,
}

/// How a server introduces itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Introduction {
    /// The greatest epoch that it has accepted.
    pub accepted: Epoch,
    /// Whether it knows all that it has promised.
    pub remembers: bool,
}

/// What a server says that it has accepted, to one that asks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Answer {
    /// No epoch after this one.
    Accepted(Epoch),
    /// It has lost that.
    Lost,
}

impl Epoch {
    /// The one after it.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Debug for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Stored {
    /// Nothing was ever promised, and that is known.
    pub const NONE: Self = Self {
        accepted: Epoch(0),
        current: Epoch(0),
        knowledge: Knowledge::Complete,
    };

    /// An empty disk.
    pub const BLANK: Self = Self {
        knowledge: Knowledge::Blank,
        ..Self::NONE
    };

    /// Whether it knows all that it has promised.
    #[must_use]
    pub fn remembers(self) -> bool {
        self.knowledge == Knowledge::Complete
    }

    /// If the server was ever in an epoch it may have made a promise that it has forgotten.
    pub(super) fn bond(self) -> Bond {
        match self.current > Epoch(0) {
            true => Bond::Forgotten,
            false => Bond::Free,
        }
    }
}
