//! The bytes of a notification: the payload of one frame of the election's TCP protocol, without
//! the frame's length.
//!
//! Source: `buildMsg` and `WorkerReceiver.run`. All integers are big-endian:
//!
//! | offset | bytes | field | since |
//! |---|---|---|---|
//! | 0 | 4 | state of the sender: 0 looking, 1 following, 2 leading, 3 observing | |
//! | 4 | 8 | proposed leader | |
//! | 12 | 8 | its zxid | |
//! | 20 | 8 | round | |
//! | 28 | 8 | peer epoch of the proposed leader | 3.4.0 |
//! | 36 | 4 | version | 3.4.6 |
//! | 40 | 4 | length of the configuration text | version 2 |
//! | 44 | … | configuration text, UTF-8 | version 2 |
//!
//! A payload of 28 bytes has no peer epoch (it is the upper half of the zxid), one of 40 bytes
//! counts as unversioned whatever it says, and bytes after the last field are ignored. Decoding
//! borrows and never allocates; what the text means is [`crate::config`]'s business.

pub mod initial;

use crate::id::{ElectionEpoch, PeerEpoch, Sid, Zxid};
use crate::notification::{Notification, Received};
use crate::vote::{Generation, Proposal, ServerState};

const CURRENT_VERSION: i32 = 2;
const SHORTEST: usize = 28;
const WITHOUT_VERSION: usize = 40;

/// The bytes before the configuration text in the current format.
pub const HEADER_LEN: usize = 44;

/// Why a payload is no notification. The message is dropped and nothing else changes; offsets count
/// from the payload's start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DecodeError {
    /// Shorter than every format.
    #[error("{length} bytes are no notification: the shortest format has {SHORTEST}")]
    TooShort {
        /// The payload's length.
        length: usize,
    },
    /// Ends inside a field.
    #[error(
        "the {field} at offset {offset} needs {needed} bytes, but the payload ends at {length}"
    )]
    Truncated {
        /// The field's name.
        field: &'static str,
        /// Where the field starts.
        offset: usize,
        /// How many bytes it has.
        needed: usize,
        /// The payload's length.
        length: usize,
    },
    /// The configuration's length is negative or reaches beyond the payload.
    #[error(
        "the configuration at offset {offset} says it has {declared} bytes; {available} are there"
    )]
    ConfigLength {
        /// Where the text starts.
        offset: usize,
        /// The length that the payload gives.
        declared: i32,
        /// The bytes that follow.
        available: usize,
    },
}

/// Writes what stands before the sender's committed configuration in the current format: header and
/// text together are the payload. The text is the same in every message, and long in a large
/// ensemble; whoever sends many shares it.
///
/// ```
/// use fle::{codec, ElectionEpoch, Notification, PeerEpoch, Proposal, ServerState, Sid, Zxid};
///
/// let notification = Notification {
///     state: ServerState::Looking,
///     proposal: Proposal { peer_epoch: PeerEpoch(1), zxid: Zxid(0x1_0000_0007), leader: Sid(3) },
///     election_epoch: ElectionEpoch(1),
/// };
/// let config = b"version=0";
/// let payload = [&codec::header(&notification, config)[..], config].concat();
/// let received = codec::decode(&payload)?;
/// assert_eq!(received.notification, Some(notification));
/// assert_eq!(received.config, Some(&b"version=0"[..]));
/// # Ok::<(), codec::DecodeError>(())
/// ```
///
/// # Panics
/// If the configuration does not fit 2 GiB. The frame limit is half a mebibyte, so such a text is
/// refused long before.
#[inline]
#[must_use]
pub fn header(notification: &Notification, config: &[u8]) -> [u8; HEADER_LEN] {
    let config_len = i32::try_from(config.len()).expect("a configuration is far below 2 GiB");
    let Proposal {
        leader,
        zxid,
        peer_epoch,
    } = notification.proposal;
    let mut header = [0; HEADER_LEN];
    header[0..4].copy_from_slice(&state_number(notification.state).to_be_bytes());
    header[4..12].copy_from_slice(&leader.0.to_be_bytes());
    header[12..20].copy_from_slice(&zxid.0.to_be_bytes());
    header[20..28].copy_from_slice(&notification.election_epoch.0.to_be_bytes());
    header[28..36].copy_from_slice(&peer_epoch.0.to_be_bytes());
    header[36..40].copy_from_slice(&CURRENT_VERSION.to_be_bytes());
    header[40..44].copy_from_slice(&config_len.to_be_bytes());
    header
}

/// Reads a notification in any format that the reference reads.
///
/// # Errors
/// When the payload is in none of the formats; the error says what is wrong and where.
#[inline]
pub fn decode(payload: &[u8]) -> Result<Received<'_>, DecodeError> {
    if payload.len() < SHORTEST {
        return Err(DecodeError::TooShort {
            length: payload.len(),
        });
    }
    let mut reader = Reader { payload, offset: 0 };
    let state = reader.int("state")?;
    let leader = Sid(reader.long("proposed leader")?);
    let zxid = Zxid(reader.long("zxid")?);
    let election_epoch = ElectionEpoch(reader.long("round")?);
    let peer_epoch = match payload.len() {
        SHORTEST => zxid.peer_epoch(),
        _ => PeerEpoch(reader.long("peer epoch")?),
    };
    let version = match payload.len() {
        SHORTEST | WITHOUT_VERSION => 0,
        _ => reader.int("version")?,
    };
    let config = (version > 1).then(|| reader.config()).transpose()?;
    Ok(Received {
        notification: state_of(state).map(|state| Notification {
            state,
            proposal: Proposal {
                peer_epoch,
                zxid,
                leader,
            },
            election_epoch,
        }),
        generation: match version {
            ..=0 => Generation::Unversioned,
            _ => Generation::Versioned,
        },
        config,
    })
}

const fn state_number(state: ServerState) -> i32 {
    match state {
        ServerState::Looking => 0,
        ServerState::Following => 1,
        ServerState::Leading => 2,
        ServerState::Observing => 3,
    }
}

const fn state_of(number: i32) -> Option<ServerState> {
    match number {
        0 => Some(ServerState::Looking),
        1 => Some(ServerState::Following),
        2 => Some(ServerState::Leading),
        3 => Some(ServerState::Observing),
        _ => None,
    }
}

struct Reader<'a> {
    payload: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    #[inline]
    fn int(&mut self, field: &'static str) -> Result<i32, DecodeError> {
        self.take(field).map(i32::from_be_bytes)
    }

    #[inline]
    fn long(&mut self, field: &'static str) -> Result<i64, DecodeError> {
        self.take(field).map(i64::from_be_bytes)
    }

    #[inline]
    fn take<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], DecodeError> {
        let rest = self.payload.get(self.offset..).unwrap_or_default();
        let bytes = rest.first_chunk().ok_or(DecodeError::Truncated {
            field,
            offset: self.offset,
            needed: N,
            length: self.payload.len(),
        })?;
        self.offset += N;
        Ok(*bytes)
    }

    #[inline]
    fn config(&mut self) -> Result<&'a [u8], DecodeError> {
        let declared = self.int("configuration length")?;
        let rest = self.payload.get(self.offset..).unwrap_or_default();
        usize::try_from(declared)
            .ok()
            .and_then(|length| rest.get(..length))
            .ok_or(DecodeError::ConfigLength {
                offset: self.offset,
                declared,
                available: rest.len(),
            })
    }
}

#[cfg(test)]
mod tests;
