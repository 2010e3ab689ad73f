//! The four numbers that an election compares, each a type of its own so that one cannot stand
//! where another is meant.
//!
//! All are signed 64-bit integers, as on the wire and in the reference, which compares them signed
//! and puts −1 and the smallest value in some of them. There is no arithmetic here beyond what the
//! algorithm does.

use std::fmt;

/// A server's id: `myid`, the `N` of `server.N`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Sid(pub i64);

/// A transaction id: how much history a server has logged. The upper 32 bits are the epoch in which
/// it was assigned.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Zxid(pub i64);

/// The epoch of a leader's reign that a server last accepted (the reference's `currentEpoch`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct PeerEpoch(pub i64);

/// A round of the election (the reference's `logicalclock`). It lives in memory only: a restarted
/// server counts from 0 again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ElectionEpoch(pub i64);

impl Sid {
    /// The leader that a server without a vote of its own proposes: nobody.
    pub const NONE: Self = Self(i64::MIN);
}

impl Zxid {
    /// The zxid of a server that does not vote.
    pub const NONE: Self = Self(i64::MIN);
    /// The zxid of a server that lost its data and must not help to elect anybody (ZOOKEEPER-261).
    pub const NO_DATA: Self = Self(-1);

    /// The epoch in which this transaction was proposed: its upper 32 bits, with their sign.
    #[must_use]
    pub const fn peer_epoch(self) -> PeerEpoch {
        PeerEpoch(self.0 >> 32)
    }
}

impl PeerEpoch {
    /// The peer epoch of a server that does not vote.
    pub const NONE: Self = Self(i64::MIN);
    /// The last epoch: the number takes the upper half of a zxid, and a negative one is none.
    pub const LAST: Self = Self(i32::MAX as i64);

    /// The zxid with which the epoch begins: a server whose current epoch it is has at least that
    /// history.
    #[must_use]
    pub const fn first_zxid(self) -> Zxid {
        Zxid(self.0 << 32)
    }

    /// The epoch after this one; `None` after the last.
    #[must_use]
    pub const fn next(self) -> Option<Self> {
        if self.0 < Self::LAST.0 {
            Some(Self(self.0 + 1))
        } else {
            None
        }
    }
}

impl ElectionEpoch {
    /// The round of a server that has not looked for a leader since it started.
    pub const START: Self = Self(0);

    /// The round that a server enters when it starts to look for a leader. Wraps like the
    /// reference's counter.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Zxid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl fmt::Display for PeerEpoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for ElectionEpoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peer_epoch_is_the_signed_upper_half_of_a_zxid() {
        assert_eq!(Zxid(0x2_0000_0005).peer_epoch(), PeerEpoch(2));
        assert_eq!(Zxid(0xffff_ffff).peer_epoch(), PeerEpoch(0));
        assert_eq!(Zxid::NO_DATA.peer_epoch(), PeerEpoch(-1));
    }

    #[test]
    fn ids_print_as_the_reference_logs_them() {
        assert_eq!(Sid(-3).to_string(), "-3");
        assert_eq!(Zxid(0x2_0000_0005).to_string(), "0x200000005");
        assert_eq!(PeerEpoch(2).to_string(), "2");
        assert_eq!(ElectionEpoch(7).to_string(), "7");
    }
}
