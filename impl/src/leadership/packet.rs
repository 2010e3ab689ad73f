//! The packets between a leader and its learners, and their bytes on the leader's quorum port.
//!
//! Source: `QuorumPacket` as jute writes it, and what `Leader`, `LearnerHandler` and `Learner` put
//! into its fields. All integers are big-endian, and no length stands before a packet:
//!
//! | bytes | field |
//! |---|---|
//! | 4 | type |
//! | 8 | zxid; where the packet speaks of an epoch, that is the upper half |
//! | 4 | length of the data, −1 for none |
//! | … | data |
//! | 4 | number of authentication entries, −1 for none; always −1 or 0 here |
//!
//! What the reference does not know is added where its servers do not look, behind the twenty bytes
//! of an introduction, or has a type of its own, which they refuse: QUESTION, ANSWER and RELEASE.
//!
//! Deliberately absent: everything that carries transactions. What a packet means for a server is
//! [`super`]'s business.

use crate::config::ConfigVersion;
use crate::id::{PeerEpoch, Sid, Zxid};
use crate::learner_type::LearnerType;
use std::time::Duration;

/// The longest data that a packet may have. The longest known has 52 bytes, save for the
/// configuration that ZooKeeper's NEWLEADER carries, which is as long as one in a notification may
/// be.
pub const MAX_DATA: usize = 512 * 1024;

/// The protocol of servers that keep no transactions. ZooKeeper's is one less, and its servers
/// treat every greater one like their own.
pub const PROTOCOL: i32 = 0x1_0001;

/// What a leader and a learner tell one another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Packet {
    /// A learner introduces itself: FOLLOWERINFO, or OBSERVERINFO for one without a vote.
    LearnerInfo(LearnerInfo),
    /// LEADERINFO: the epoch that the leader proposes.
    LeaderInfo {
        /// The new epoch.
        epoch: PeerEpoch,
        /// Whether transactions may follow: [`PROTOCOL`], or ZooKeeper's.
        protocol: i32,
    },
    /// ACKEPOCH: the learner will not accept that epoch from anybody again.
    AckEpoch {
        /// Its current epoch; `None` where it has accepted the proposed one before, so that this is
        /// no promise.
        current: Option<PeerEpoch>,
        /// The last transaction that it has logged.
        last_zxid: Zxid,
    },
    /// NEWLEADER: a quorum has promised; the epoch is the learner's current one from now on.
    NewLeader {
        /// The epoch.
        epoch: PeerEpoch,
    },
    /// ACK: the epoch of NEWLEADER is the learner's current one, durably. Also its answer to
    /// UPTODATE.
    Ack {
        /// The epoch.
        epoch: PeerEpoch,
    },
    /// UPTODATE: the leader is established.
    UpToDate,
    /// PING: a sign of life, echoed by the learner.
    Ping,
    /// QUESTION: a server that has nothing on its disk asks what another has accepted. The first
    /// and only packet on its connection.
    Question {
        /// Who asks.
        sid: Sid,
    },
    /// ANSWER to it.
    Answer(Past),
    /// RELEASE: the leader gives up, and its lease is over; its learners owe it nothing any more.
    Release,
    /// COMMITANDACTIVATE, of which only the designated leader is left: the leader hands over to one
    /// of its learners, which echoes it.
    HandOver {
        /// The heir.
        to: Sid,
    },
}

/// What a server has accepted, as it answers one that asks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Past {
    /// No epoch after this one; epoch 0 if none at all, whether its disk is empty or says so.
    Accepted(PeerEpoch),
    /// It was in some epoch, and has lost what it knew of that.
    Lost,
}

/// How a learner introduces itself.
///
/// The last four fields are unknown to the reference. One that does not send them promises
/// nothing: [`LearnerInfo::of_the_reference`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct LearnerInfo {
    /// Who it is.
    pub sid: Sid,
    /// Whether it votes, as it believes itself.
    pub learner_type: LearnerType,
    /// The greatest epoch it has accepted.
    pub accepted: PeerEpoch,
    /// [`PROTOCOL`], or ZooKeeper's.
    pub protocol: i32,
    /// The version of its committed configuration.
    pub config_version: ConfigVersion,
    /// How long its promises are, by its own settings (`syncLimit` ticks). To the microsecond.
    pub promise: Duration,
    /// How long it waits for a leader to be established (`initLimit` ticks). What it has answered
    /// counts no longer than that before there is one. To the microsecond.
    pub patience: Duration,
    /// For how long another leader may still count on an answer that this learner has given or has
    /// forgotten. To the microsecond.
    pub unsettled: Duration,
    /// Whether it knows all that it has promised. One that does not makes no promise before a
    /// leader has activated it.
    pub remembers: bool,
}

impl LearnerInfo {
    /// The introduction of a server that knows only the reference's fields.
    #[must_use]
    pub fn of_the_reference(
        sid: Sid,
        learner_type: LearnerType,
        accepted: PeerEpoch,
        protocol: i32,
        config_version: ConfigVersion,
    ) -> Self {
        Self {
            sid,
            learner_type,
            accepted,
            protocol,
            config_version,
            promise: Duration::ZERO,
            patience: Duration::MAX,
            unsettled: Duration::ZERO,
            remembers: true,
        }
    }
}

/// Why bytes are no packet. The connection is of no use any more, since nothing tells where the
/// next packet begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PacketError {
    /// The data is longer than any packet's.
    #[error(
        "a packet of type {kind} declares {declared} bytes of data; at most {MAX_DATA} are read"
    )]
    DataLength {
        /// The packet's type.
        kind: i32,
        /// The length that it gives.
        declared: i32,
    },
    /// The packet has authentication entries, which no packet of this protocol has.
    #[error(
        "a packet of type {kind} declares {declared} authentication entries; there are none here"
    )]
    Authentication {
        /// The packet's type.
        kind: i32,
        /// The number that it gives.
        declared: i32,
    },
    /// The data is too short for what the type needs.
    #[error("a packet of type {kind} has {length} bytes of data and needs {needed}")]
    TooShort {
        /// The packet's type.
        kind: i32,
        /// How many bytes it needs.
        needed: usize,
        /// How many it has.
        length: usize,
    },
    /// A type that has no place in this protocol, such as one that carries transactions.
    #[error("a packet of type {0} has no place between servers without transactions")]
    Type(i32),
}

/// The length of data, and of a list, that is not there.
const NOTHING: i32 = -1;

const ACK: i32 = 3;
const PING: i32 = 5;
const COMMIT_AND_ACTIVATE: i32 = 9;
const NEW_LEADER: i32 = 10;
const FOLLOWER_INFO: i32 = 11;
const UP_TO_DATE: i32 = 12;
const OBSERVER_INFO: i32 = 16;
const LEADER_INFO: i32 = 17;
const ACK_EPOCH: i32 = 18;
// Far above the reference's types.
const QUESTION: i32 = 101;
const ANSWER: i32 = 102;
const RELEASE: i32 = 103;

/// The length of an introduction's data: the reference's, and with what is added to it.
const REFERENCE_INFO: i32 = 20;
const INFO: i32 = REFERENCE_INFO + 3 * 8 + 4;

/// Appends the packet's bytes.
///
/// ```
/// use fle::PeerEpoch;
/// use fle::leadership::packet::{self, Packet};
///
/// let packet = Packet::NewLeader { epoch: PeerEpoch(7) };
/// let mut bytes = Vec::new();
/// packet::encode(&packet, &mut bytes);
/// assert_eq!(packet::decode(&bytes)?, Some((packet, bytes.len())));
/// assert_eq!(packet::decode(&bytes[1..])?, None);
/// # Ok::<(), fle::leadership::packet::PacketError>(())
/// ```
pub fn encode(packet: &Packet, bytes: &mut Vec<u8>) {
    let (kind, zxid) = match packet {
        Packet::LearnerInfo(info) => {
            let kind = match info.learner_type {
                LearnerType::Participant => FOLLOWER_INFO,
                LearnerType::Observer => OBSERVER_INFO,
            };
            (kind, info.accepted.first_zxid())
        }
        Packet::LeaderInfo { epoch, .. } => (LEADER_INFO, epoch.first_zxid()),
        Packet::AckEpoch { last_zxid, .. } => (ACK_EPOCH, *last_zxid),
        Packet::NewLeader { epoch } => (NEW_LEADER, epoch.first_zxid()),
        Packet::Ack { epoch } => (ACK, epoch.first_zxid()),
        Packet::UpToDate => (UP_TO_DATE, Zxid(-1)),
        Packet::Ping => (PING, Zxid(0)),
        Packet::HandOver { .. } => (COMMIT_AND_ACTIVATE, Zxid(0)),
        Packet::Question { .. } => (QUESTION, Zxid(0)),
        Packet::Answer(Past::Accepted(epoch)) => (ANSWER, epoch.first_zxid()),
        Packet::Answer(Past::Lost) => (ANSWER, Zxid(-1)),
        Packet::Release => (RELEASE, Zxid(0)),
    };
    bytes.extend_from_slice(&kind.to_be_bytes());
    bytes.extend_from_slice(&zxid.0.to_be_bytes());
    match packet {
        Packet::LearnerInfo(info) => {
            bytes.extend_from_slice(&INFO.to_be_bytes());
            bytes.extend_from_slice(&info.sid.0.to_be_bytes());
            bytes.extend_from_slice(&info.protocol.to_be_bytes());
            bytes.extend_from_slice(&info.config_version.0.to_be_bytes());
            for duration in [info.promise, info.patience, info.unsettled] {
                let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
                bytes.extend_from_slice(&micros.to_be_bytes());
            }
            bytes.extend_from_slice(&i32::from(info.remembers).to_be_bytes());
        }
        Packet::LeaderInfo { protocol, .. } => {
            bytes.extend_from_slice(&4_i32.to_be_bytes());
            bytes.extend_from_slice(&protocol.to_be_bytes());
        }
        Packet::AckEpoch { current, .. } => {
            bytes.extend_from_slice(&4_i32.to_be_bytes());
            let current = current.unwrap_or(PeerEpoch(-1));
            bytes.extend_from_slice(&current.0.to_be_bytes()[4..]);
        }
        Packet::HandOver { to } => {
            bytes.extend_from_slice(&8_i32.to_be_bytes());
            bytes.extend_from_slice(&to.0.to_be_bytes());
        }
        Packet::Question { sid } => {
            bytes.extend_from_slice(&8_i32.to_be_bytes());
            bytes.extend_from_slice(&sid.0.to_be_bytes());
        }
        Packet::NewLeader { .. }
        | Packet::Ack { .. }
        | Packet::UpToDate
        | Packet::Ping
        | Packet::Answer(_)
        | Packet::Release => bytes.extend_from_slice(&NOTHING.to_be_bytes()),
    }
    bytes.extend_from_slice(&NOTHING.to_be_bytes());
}

/// Reads one packet from the start of what has arrived, and says how long it is; `None` while it is
/// incomplete.
///
/// # Errors
/// When these bytes begin no packet of this protocol.
pub fn decode(bytes: &[u8]) -> Result<Option<(Packet, usize)>, PacketError> {
    let Some((kind, rest)) = int(bytes) else {
        return Ok(None);
    };
    let Some((zxid, rest)) = long(rest) else {
        return Ok(None);
    };
    let Some((declared, rest)) = int(rest) else {
        return Ok(None);
    };
    let length = usize::try_from(declared.max(0)).unwrap_or(usize::MAX);
    if declared < NOTHING || length > MAX_DATA {
        return Err(PacketError::DataLength { kind, declared });
    }
    let Some((data, rest)) = rest.split_at_checked(length) else {
        return Ok(None);
    };
    let Some((declared, rest)) = int(rest) else {
        return Ok(None);
    };
    if !(NOTHING..=0).contains(&declared) {
        return Err(PacketError::Authentication { kind, declared });
    }
    let packet = packet(kind, Zxid(zxid), data)?;
    Ok(Some((packet, bytes.len() - rest.len())))
}

fn packet(kind: i32, zxid: Zxid, data: &[u8]) -> Result<Packet, PacketError> {
    let epoch = zxid.peer_epoch();
    let too_short = |needed| PacketError::TooShort {
        kind,
        needed,
        length: data.len(),
    };
    Ok(match kind {
        FOLLOWER_INFO | OBSERVER_INFO => {
            let info = learner_info(kind, epoch, data).ok_or_else(|| too_short(20))?;
            Packet::LearnerInfo(info)
        }
        LEADER_INFO => {
            let (protocol, _) = int(data).ok_or_else(|| too_short(4))?;
            Packet::LeaderInfo { epoch, protocol }
        }
        ACK_EPOCH => {
            let (current, _) = int(data).ok_or_else(|| too_short(4))?;
            Packet::AckEpoch {
                current: (current != -1).then_some(PeerEpoch(current.into())),
                last_zxid: zxid,
            }
        }
        NEW_LEADER => Packet::NewLeader { epoch },
        ACK => Packet::Ack { epoch },
        UP_TO_DATE => Packet::UpToDate,
        PING => Packet::Ping,
        COMMIT_AND_ACTIVATE => {
            let (to, _) = long(data).ok_or_else(|| too_short(8))?;
            Packet::HandOver { to: Sid(to) }
        }
        QUESTION => {
            let (sid, _) = long(data).ok_or_else(|| too_short(8))?;
            Packet::Question { sid: Sid(sid) }
        }
        ANSWER if epoch.0 < 0 => Packet::Answer(Past::Lost),
        ANSWER => Packet::Answer(Past::Accepted(epoch)),
        RELEASE => Packet::Release,
        other => return Err(PacketError::Type(other)),
    })
}

fn learner_info(kind: i32, accepted: PeerEpoch, data: &[u8]) -> Option<LearnerInfo> {
    let (sid, data) = long(data)?;
    let (protocol, data) = int(data)?;
    let (config_version, data) = long(data)?;
    let learner_type = match kind {
        OBSERVER_INFO => LearnerType::Observer,
        _ => LearnerType::Participant,
    };
    let version = ConfigVersion(config_version);
    let info = LearnerInfo::of_the_reference(Sid(sid), learner_type, accepted, protocol, version);
    Some(with_addition(info, data).unwrap_or(info))
}

/// What a server of this crate says beside, if it is there.
fn with_addition(info: LearnerInfo, data: &[u8]) -> Option<LearnerInfo> {
    let (promise, data) = duration(data)?;
    let (patience, data) = duration(data)?;
    let (unsettled, data) = duration(data)?;
    let (remembers, _) = int(data)?;
    Some(LearnerInfo {
        promise,
        patience,
        unsettled,
        remembers: remembers != 0,
        ..info
    })
}

/// A duration that cannot be is none.
fn duration(bytes: &[u8]) -> Option<(Duration, &[u8])> {
    let (micros, rest) = long(bytes)?;
    let micros = u64::try_from(micros).unwrap_or(0);
    Some((Duration::from_micros(micros), rest))
}

fn int(bytes: &[u8]) -> Option<(i32, &[u8])> {
    let (field, rest) = bytes.split_first_chunk()?;
    Some((i32::from_be_bytes(*field), rest))
}

fn long(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let (field, rest) = bytes.split_first_chunk()?;
    Some((i64::from_be_bytes(*field), rest))
}

#[cfg(test)]
mod tests;
