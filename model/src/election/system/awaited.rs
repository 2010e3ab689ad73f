//! What a wait for a better proposal still has to see, where it is counted in message delays.

use crate::terms::set::ServerSet;
use borsh::{BorshDeserialize, BorshSerialize};

/// What must still happen before a server's wait can run out:
/// [`Length::Delays`](crate::election::finalizing::Length::Delays).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, BorshSerialize, BorshDeserialize)]
pub struct Awaited<const N: usize> {
    /// How many delays are left, this one included.
    pub(super) delays: u8,
    /// For each receiver, the senders whose notifications were under way when this delay began and
    /// still are.
    pub(super) senders: [ServerSet; N],
}

impl<const N: usize> Awaited<N> {
    /// Nothing.
    pub const NOTHING: Self = Self {
        delays: 0,
        senders: [ServerSet::NONE; N],
    };

    /// What it hashes as; zero if and only if nothing is awaited. Where delays are counted, that is
    /// so if and only if the server does not finalize, which its own words tell.
    pub(super) fn word(&self) -> u64 {
        let Self { delays, senders } = self;
        senders.iter().fold(u64::from(*delays), |word, senders| {
            word << 8 | u64::from(senders.bits())
        })
    }

    pub(super) fn is_over(&self) -> bool {
        self.senders == [ServerSet::NONE; N]
    }
}
