//! What a link may hold, in four bytes: each link of a state has three of these, copied, compared
//! and hashed with every step.

use crate::terms::vote::{ConfigVersion, Notification, Vote};
use borsh::{BorshDeserialize, BorshSerialize};
use std::{fmt, io};

/// A notification or none: the vote's bits, of which the uppermost four are free, and the
/// configuration in those. No vote's bits are zero.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Held(u32);

const CONFIG: u32 = 28;

impl Held {
    pub(super) const NOTHING: Self = Self(0);

    pub(super) fn of(Notification { vote, config }: Notification) -> Self {
        assert!(config.0 < 16, "a scenario has two configurations");
        Self(vote.bits() | u32::from(config.0) << CONFIG)
    }

    pub(super) fn get(self) -> Option<Notification> {
        let [.., config] = (self.0 >> CONFIG).to_be_bytes();
        Some(Notification {
            vote: Vote::of_bits(self.0 & !(u32::MAX << CONFIG))?,
            config: ConfigVersion(config),
        })
    }

    /// Itself, or the other if it holds nothing.
    pub(super) fn or(self, other: Self) -> Self {
        if self == Self::NOTHING { other } else { self }
    }

    /// Zero if and only if it holds nothing.
    pub(super) fn word(&self) -> u32 {
        self.0
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

/// In a file what holds nothing, as most do, takes one byte.
impl BorshSerialize for Held {
    fn serialize<W: io::Write>(&self, writer: &mut W) -> io::Result<()> {
        self.get().serialize(writer)
    }
}

impl BorshDeserialize for Held {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let notification = Option::<Notification>::deserialize_reader(reader)?;
        Ok(notification.map_or(Self::NOTHING, Self::of))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::vote::{Credentials, Proposal, Round};
    use fle::ServerState;

    #[test]
    fn a_notification_that_is_held_is_the_same_afterwards() {
        let states = [
            ServerState::Looking,
            ServerState::Following,
            ServerState::Leading,
            ServerState::Observing,
        ];
        for state in states {
            for (proposal, round) in [
                (Proposal::NOBODY, Round(0)),
                (Proposal::of(6, Credentials::new(15, 15)), Round(255)),
            ] {
                for config in [0, 1, 15].map(ConfigVersion) {
                    let vote = Vote {
                        state,
                        ..Vote::looking(proposal, round)
                    };
                    let notification = Notification { vote, config };
                    assert_eq!(Held::of(notification).get(), Some(notification));
                }
            }
        }
        assert_eq!(Held::NOTHING.get(), None);
    }
}
