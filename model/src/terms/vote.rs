//! Votes, as small as a state that is stored by the million must have them.
//!
//! A scenario uses a handful of epochs, zxids and rounds, so each fits a byte or half of one.
//! Comparing is not done here: a packed value is unpacked into the production crate's and compared
//! by the rules that both share, [`fle::Proposal::supersedes`] and [`fle::Vote::agrees_with`].

use super::packed::{pack_state, unpack_state};
use fle::{ElectionEpoch, Generation, PeerEpoch, ServerState, Sid, Zxid};
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use std::fmt;
use std::hash::{Hash, Hasher};

/// The sid of the server in this place of the arrays: they count from 0, sids from 1.
#[must_use]
pub fn sid(server: usize) -> Sid {
    Sid(i64::try_from(server).map_or(i64::MAX, |index| index + 1))
}

/// What a server has on disk when it starts to look: its current epoch, 0 to 15, and its last zxid.
/// The order is the election's: epoch first.
///
/// A zxid is four bits too: two for the epoch in which the transaction was made, and two for its
/// number in that epoch. Zero stands for no data at all ([`Zxid::NO_DATA`]).
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    borsh::BorshSerialize,
    borsh::BorshDeserialize,
)]
pub struct Credentials(u8);

/// A candidate with its credentials: [`fle::Proposal`] in two bytes.
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, Serialize, borsh::BorshSerialize, borsh::BorshDeserialize,
)]
#[repr(C)]
pub struct Proposal {
    /// The candidate's credentials, as the proposer knows them.
    #[serde(flatten)]
    pub credentials: Credentials,
    #[serde(serialize_with = "serialize_place")]
    leader: u8,
}

/// A round of the election, [`fle::ElectionEpoch`] in a byte.
#[doc(alias = "logicalclock")]
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    Serialize,
    borsh::BorshSerialize,
    borsh::BorshDeserialize,
)]
pub struct Round(pub u8);

/// What a server announces, and what others keep of it: proposal, round and the announcer's state,
/// in four bytes.
///
/// An entry of `recv_set` and `out_of_election` is exactly this, and so is the vote that a server
/// settles on. Its bytes lie in the order in which `Vote::bits` takes them, so that it is read,
/// compared and hashed as one word.
#[derive(Clone, Copy, Serialize, borsh::BorshSerialize, borsh::BorshDeserialize)]
#[repr(C)]
pub struct Vote {
    /// Who is proposed, or was settled on.
    #[serde(flatten)]
    pub proposal: Proposal,
    /// The round: the one under way if the announcer looks, the one of its settled vote otherwise.
    pub round: Round,
    /// The announcer's state.
    #[serde(serialize_with = "serialize_state")]
    #[borsh(serialize_with = "pack_state", deserialize_with = "unpack_state")]
    pub state: ServerState,
}

/// A notification: a vote, and which configuration its sender knows.
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, Serialize, borsh::BorshSerialize, borsh::BorshDeserialize,
)]
pub struct Notification {
    /// The vote.
    #[serde(flatten)]
    pub vote: Vote,
    /// The version of the sender's configuration.
    pub config: ConfigVersion,
}

/// The version of a configuration, from 1.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    Serialize,
    borsh::BorshSerialize,
    borsh::BorshDeserialize,
)]
pub struct ConfigVersion(pub u8);

impl Credentials {
    /// Of a server that lost its disk.
    pub const NO_DATA: Self = Self(0);

    /// Both numbers must be below 16.
    #[must_use]
    pub const fn new(peer_epoch: u8, zxid: u8) -> Self {
        assert!(
            peer_epoch < 16 && zxid < 16,
            "epochs and zxids are packed into four bits each"
        );
        Self(peer_epoch << 4 | zxid)
    }

    /// The current epoch.
    #[must_use]
    pub fn peer_epoch(self) -> PeerEpoch {
        PeerEpoch(i64::from(self.epoch()))
    }

    pub(crate) fn bits(self) -> u8 {
        self.0
    }

    /// The current epoch, as it is packed.
    #[must_use]
    pub fn epoch(self) -> u8 {
        self.0 >> 4
    }

    /// The last zxid.
    #[must_use]
    pub fn zxid(self) -> Zxid {
        match self.0 & 0xf {
            0 => Zxid::NO_DATA,
            zxid => Zxid(i64::from(zxid >> 2) << 32 | i64::from(zxid & 0b11)),
        }
    }

    /// Whether there is any data.
    #[must_use]
    pub fn has_data(self) -> bool {
        self.0 & 0xf != 0
    }

    /// The same history in another epoch.
    #[must_use]
    pub fn in_epoch(self, peer_epoch: u8) -> Self {
        Self::new(peer_epoch, self.0 & 0xf)
    }

    /// What is left of them in the format without a peer epoch: the receiver takes it from the
    /// zxid.
    fn without_epoch(self) -> Self {
        self.in_epoch((self.0 & 0xf) >> 2)
    }
}

impl Proposal {
    /// What a server without a vote proposes: nobody, with nothing.
    pub const NOBODY: Self = Self {
        credentials: Credentials::NO_DATA,
        leader: u8::MAX,
    };

    /// The proposal of this server (by its place), with its credentials.
    #[must_use]
    pub fn of(server: usize, credentials: Credentials) -> Self {
        Self {
            credentials,
            leader: u8::try_from(server).unwrap_or(u8::MAX),
        }
    }

    /// The candidate's place among the servers; past the last if nobody is proposed.
    #[must_use]
    pub fn leader(self) -> usize {
        usize::from(self.leader)
    }

    /// Whether it is the proposal of a server that lost its data.
    #[must_use]
    pub fn has_no_data(self) -> bool {
        self != Self::NOBODY && !self.credentials.has_data()
    }

    pub(crate) fn bits(self) -> u16 {
        let Self {
            credentials,
            leader,
        } = self;
        u16::from_le_bytes([credentials.bits(), leader])
    }

    /// The same candidate and history in another epoch.
    #[must_use]
    pub fn in_epoch(self, peer_epoch: u8) -> Self {
        Self {
            credentials: self.credentials.in_epoch(peer_epoch),
            ..self
        }
    }

    /// The proposal as the format without a peer epoch brings it.
    #[must_use]
    pub fn without_epoch(self) -> Self {
        Self {
            credentials: self.credentials.without_epoch(),
            ..self
        }
    }

    /// The proposal in the shared vocabulary.
    #[must_use]
    pub fn unpack(self) -> fle::Proposal {
        if self == Self::NOBODY {
            return fle::Proposal::NONE;
        }
        fle::Proposal {
            peer_epoch: self.credentials.peer_epoch(),
            zxid: self.credentials.zxid(),
            leader: sid(self.leader()),
        }
    }
}

impl Round {
    /// The last round that is looked at.
    pub const BOUND: Self = Self(10);

    /// The next round.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.checked_add(1).expect("a scenario has few rounds"))
    }
}

impl Vote {
    /// What a looking server announces.
    #[must_use]
    pub fn looking(proposal: Proposal, round: Round) -> Self {
        Self {
            proposal,
            round,
            state: ServerState::Looking,
        }
    }

    /// The candidate's place among the servers.
    #[must_use]
    pub fn leader(self) -> usize {
        self.proposal.leader()
    }

    /// Never zero, and below 2²⁸.
    pub(crate) fn bits(self) -> u32 {
        let Self {
            proposal,
            round,
            state,
        } = self;
        let Proposal {
            credentials,
            leader,
        } = proposal;
        u32::from_le_bytes([credentials.bits(), leader, round.0, state as u8]) + (1 << 24)
    }

    /// The vote that has these bits, if one has.
    pub(crate) fn of_bits(bits: u32) -> Option<Self> {
        let [credentials, leader, round, state] = bits.to_le_bytes();
        let state = match state {
            1 => ServerState::Looking,
            2 => ServerState::Following,
            3 => ServerState::Leading,
            4 => ServerState::Observing,
            _ => return None,
        };
        Some(Self {
            proposal: Proposal {
                credentials: Credentials(credentials),
                leader,
            },
            round: Round(round),
            state,
        })
    }

    /// The vote in the shared vocabulary, as announced in this generation of the wire format.
    #[must_use]
    pub fn unpack(self, generation: Generation) -> fle::Vote {
        fle::Vote {
            proposal: self.proposal.unpack(),
            election_epoch: ElectionEpoch(i64::from(self.round.0)),
            state: self.state,
            generation,
        }
    }
}

impl PartialEq for Vote {
    fn eq(&self, other: &Self) -> bool {
        self.bits() == other.bits()
    }
}

impl Eq for Vote {}

impl Hash for Vote {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_u32(self.bits());
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.has_data() {
            return write!(f, "epoch {}, no data", self.peer_epoch());
        }
        write!(f, "epoch {}, zxid {}", self.peer_epoch(), self.zxid())
    }
}

impl fmt::Debug for Proposal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::NOBODY {
            return f.write_str("nobody");
        }
        write!(f, "{} ({:?})", sid(self.leader()), self.credentials)
    }
}

impl fmt::Debug for Vote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            proposal,
            round,
            state,
        } = self;
        let verb = match state {
            ServerState::Looking => "proposes",
            _ => "settled on",
        };
        let state = state_name(*state);
        write!(f, "{state}, {verb} {proposal:?} in round {}", round.0)
    }
}

impl fmt::Debug for Notification {
    /// The configuration is told where it is not the first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { vote, config } = self;
        write!(f, "{vote:?}")?;
        match config {
            ConfigVersion(1) => Ok(()),
            ConfigVersion(version) => write!(f, ", with configuration {version}"),
        }
    }
}

/// The state's name in ZooKeeper.
#[must_use]
pub fn state_name(state: ServerState) -> &'static str {
    match state {
        ServerState::Looking => "LOOKING",
        ServerState::Following => "FOLLOWING",
        ServerState::Leading => "LEADING",
        ServerState::Observing => "OBSERVING",
    }
}

impl Serialize for Credentials {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Credentials", 2)?;
        fields.serialize_field("epoch", &self.peer_epoch().0)?;
        fields.serialize_field("zxid", &self.zxid().0)?;
        fields.end()
    }
}

/// Writes the sid of the server in this place: places are the model's own and mean nothing outside.
pub(crate) fn serialize_place<S: Serializer>(
    place: &(impl Copy + Into<usize>),
    serializer: S,
) -> Result<S::Ok, S::Error> {
    sid((*place).into()).0.serialize(serializer)
}

fn serialize_state<S: Serializer>(state: &ServerState, serializer: S) -> Result<S::Ok, S::Error> {
    state_name(*state).serialize(serializer)
}
