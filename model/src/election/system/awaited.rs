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

    /// What it hashes as. Where delays are counted, a server has a word if and only if it
    /// finalizes, which its own words tell.
    pub(crate) fn words(&self) -> impl Iterator<Item = u64> {
        let Self { delays, senders } = self;
        let word = senders.iter().fold(u64::from(*delays), |word, senders| {
            word << 8 | u64::from(senders.bits())
        });
        (*self != Self::NOTHING).then_some(word).into_iter()
    }

    pub(super) fn is_over(&self) -> bool {
        self.senders == [ServerSet::NONE; N]
    }
}
