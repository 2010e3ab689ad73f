//! What the protocol speaks of: epochs, what is on a disk, promises.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::Serialize;
use std::fmt;
use std::iter::successors;

/// An epoch, [`fle::PeerEpoch`] in a byte.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    BorshSerialize,
    BorshDeserialize,
)]
pub struct Epoch(pub u8);

/// A server by its place among all of them, in a byte: a state has many.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct Place(u8);

/// What a server keeps.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    Default,
    Serialize,
    BorshSerialize,
    BorshDeserialize,
)]
pub struct Stored {
    /// The greatest epoch that it has promised (`acceptedEpoch`).
    pub accepted: Epoch,
    /// That of the last leader which it has helped to establish, or joined (`currentEpoch`).
    pub current: Epoch,
    /// Whether that is all that it has promised.
    pub knowledge: Knowledge,
}

/// Whether a server knows what it has promised.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    Default,
    Serialize,
    BorshSerialize,
    BorshDeserialize,
)]
pub enum Knowledge {
    /// It knows all of it.
    #[default]
    Complete,
    /// There is nothing on its disk: it is new, or has lost everything.
    Blank,
    /// It has made promises, and what the disk says of them is older, or lost.
    Lost,
}

/// By what servers are elected.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Elections {
    /// By chance: anybody may be told that it is.
    Senseless,
    /// By the votes of a quorum, which may be outdated.
    ByVotes,
}

/// The transactions that a server has, each told by the epoch in which it was made: the oldest
/// first, four at most.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, BorshSerialize, BorshDeserialize,
)]
pub struct History(u16);

/// The last transaction of a history: the epoch in which it was made, and its number there. Of
/// histories in one epoch the better one has the greater.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    BorshSerialize,
    BorshDeserialize,
)]
#[serde(into = "u8")]
pub struct Zxid {
    /// The epoch.
    pub epoch: Epoch,
    /// The number, from 1; 0 where there is none.
    pub number: u8,
}

/// To whom a server has promised to help no other leader, where that is not over.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, BorshSerialize, BorshDeserialize,
)]
pub enum Bond {
    /// To nobody.
    Free,
    /// To this leader.
    To(Place),
    /// In an earlier life, to a leader that it has forgotten.
    Forgotten,
}

/// How a server introduces itself.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, BorshSerialize, BorshDeserialize,
)]
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

impl Place {
    /// The same, for arrays.
    #[must_use]
    pub fn index(self) -> usize {
        self.0.into()
    }
}

impl From<usize> for Place {
    fn from(index: usize) -> Self {
        Self(u8::try_from(index).expect("a scenario has few servers"))
    }
}

impl PartialEq<usize> for Place {
    fn eq(&self, index: &usize) -> bool {
        self.index() == *index
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
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

impl History {
    /// No transaction.
    pub const NONE: Self = Self(0);

    /// This many transactions from before the first epoch.
    #[must_use]
    pub fn of(count: u8) -> Self {
        (0..count).fold(Self::NONE, |history, _| history.and(Epoch(0)))
    }

    /// With one more.
    ///
    /// # Panics
    /// With more than four.
    #[must_use]
    pub fn and(self, epoch: Epoch) -> Self {
        assert!(self.0 >> 12 == 0, "a history holds four transactions");
        Self(self.0 << 4 | u16::from(epoch.0 + 1))
    }

    /// All that it has been: itself, and what it was before each of its transactions.
    pub fn beginnings(self) -> impl Iterator<Item = Self> {
        let before = |history: &Self| (*history != Self::NONE).then_some(Self(history.0 >> 4));
        successors(Some(self), before)
    }

    pub(super) fn bits(self) -> u16 {
        self.0
    }

    /// Whether it begins with all of the other.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.beginnings().any(|beginning| beginning == other)
    }

    /// Its last transaction.
    #[must_use]
    pub fn last(self) -> Zxid {
        let epochs = self.epochs();
        let epoch = epochs.clone().next().unwrap_or_default();
        let number = epochs.take_while(|&it| it == epoch).count();
        Zxid {
            epoch,
            number: u8::try_from(number).expect("four at most"),
        }
    }

    /// The epochs of its transactions, the newest first.
    fn epochs(self) -> impl Iterator<Item = Epoch> + Clone {
        let nibbles = (0..4).map(move |place| self.0 >> (4 * place) & 0xf);
        let nibbles = nibbles.take_while(|&nibble| nibble > 0);
        nibbles.map(|nibble| Epoch(u8::try_from(nibble - 1).expect("four bits")))
    }
}

impl From<Zxid> for u8 {
    /// A number, in which the epoch comes first.
    fn from(zxid: Zxid) -> Self {
        zxid.epoch.0 << 4 | zxid.number
    }
}

impl fmt::Debug for Zxid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.epoch {
            Epoch(0) => self.number.fmt(f),
            epoch => write!(f, "{epoch:?}:{}", self.number),
        }
    }
}

impl fmt::Debug for History {
    /// `0 0 1`: two transactions from before, and one of epoch 1.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut epochs: Vec<_> = self.epochs().map(|epoch| epoch.0.to_string()).collect();
        epochs.reverse();
        f.write_str(&epochs.join(" "))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_contains_what_it_was_and_nothing_else() {
        let before = History::of(2);
        let (one, other) = (before.and(Epoch(1)), before.and(Epoch(2)));
        let was = [one, before, History::of(1), History::NONE];
        assert_eq!(one.beginnings().collect::<Vec<_>>(), was);
        assert!(was.iter().all(|&it| one.contains(it)));
        assert!(!before.contains(one) && !one.contains(other));
    }

    /// By the last transaction: its epoch, then its number there.
    #[test]
    fn a_later_history_is_a_better_one() {
        let histories = [
            History::NONE,
            History::of(1),
            History::of(3),
            History::of(1).and(Epoch(1)),
            History::NONE.and(Epoch(1)).and(Epoch(1)),
            History::NONE.and(Epoch(2)),
        ];
        assert!(histories.is_sorted_by(|a, b| a.last() < b.last()));
        assert_eq!(u8::from(History::of(3).last()), 3);
        assert_eq!(format!("{:?}", histories[3].last()), "1:1");
    }
}
