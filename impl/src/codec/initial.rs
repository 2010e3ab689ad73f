//! The first bytes on an election connection: who dials, and where it can be dialled back.
//!
//! Source: `QuorumCnxManager.startConnection` and `InitialMessage.parse`. All integers are
//! big-endian:
//!
//! | generation | bytes | since |
//! |---|---|---|
//! | bare | the sid, not negative | |
//! | one address | −65536, sid, length (1 to 2048), `host:port` in UTF-8 | 3.5.0 |
//! | several addresses | −65535, sid, length, addresses joined by `\|` | 3.6.0 |
//!
//! Both ways of naming addresses are read alike, as in the reference. Wildcards are left out:
//! nobody can dial them. What is read takes memory in proportion to the bytes, of which there are
//! 2,068 at most. Names are not resolved here.

use crate::config::{Host, java_split, split_host};
use crate::id::Sid;
use std::fmt;

/// Begins a message with one address (3.5.0 and later).
pub const ONE_ADDRESS: i64 = -65536;
/// Begins a message with several addresses (3.6.0 and later, `multiAddress.enabled`).
pub const SEVERAL_ADDRESSES: i64 = -65535;

const LONGEST_TEXT: usize = 2048;
/// The longest message.
pub const LONGEST: usize = 8 + 8 + 4 + LONGEST_TEXT;

/// Where a server's election port can be dialled. Displays as `host:port`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ElectionAddress {
    /// The host.
    pub host: Host,
    /// The port.
    pub port: u16,
}

/// How a server introduces itself.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct InitialMessage {
    /// The server that dials.
    pub sid: Sid,
    /// Where it says it can be dialled; empty where it does not say, or only wildcards.
    pub addresses: Vec<ElectionAddress>,
}

/// Why bytes are no initial message. The connection is closed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InitialError {
    /// The first number is negative and none that is known.
    #[error(
        "protocol version {0} is unknown; {ONE_ADDRESS}, {SEVERAL_ADDRESSES} and plain server ids are known"
    )]
    Version(i64),
    /// The length of the addresses is out of range.
    #[error("server {sid} announces {length} bytes of addresses; 1 to {LONGEST_TEXT} are allowed")]
    Length {
        /// Who.
        sid: Sid,
        /// How many.
        length: i32,
    },
    /// An address is none.
    #[error("server {sid} gives {text:?} as its address; host:port is expected")]
    Address {
        /// Who.
        sid: Sid,
        /// What it gives.
        text: String,
    },
}

impl InitialMessage {
    /// Appends the message: with the first address, or, if `several`, with all of them.
    ///
    /// ```
    /// use fle::Sid;
    /// use fle::codec::initial::{ElectionAddress, InitialMessage};
    /// use fle::config::Host;
    ///
    /// let address = ElectionAddress { host: Host::Name("zoo1".to_owned()), port: 3888 };
    /// let message = InitialMessage { sid: Sid(1), addresses: vec![address] };
    /// let mut bytes = Vec::new();
    /// message.encode(false, &mut bytes);
    /// assert_eq!(&bytes[20..], b"zoo1:3888");
    /// let used = bytes.len();
    /// assert_eq!(InitialMessage::decode(&bytes)?, Some((message, used)));
    /// # Ok::<(), fle::codec::initial::InitialError>(())
    /// ```
    ///
    /// # Panics
    /// If there is no address: no generation that is still written can leave it out.
    pub fn encode(&self, several: bool, bytes: &mut Vec<u8>) {
        let (version, count) = if several {
            (SEVERAL_ADDRESSES, self.addresses.len())
        } else {
            (ONE_ADDRESS, 1)
        };
        let addresses = self.addresses[..count].iter();
        let text = addresses
            .map(ElectionAddress::to_string)
            .collect::<Vec<_>>();
        let text = text.join("|");
        let length = i32::try_from(text.len()).expect("addresses are far below 2 GiB");
        bytes.extend_from_slice(&version.to_be_bytes());
        bytes.extend_from_slice(&self.sid.0.to_be_bytes());
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }

    /// Reads the message at the start of `bytes`, and how long it is; `None` if it goes on after
    /// them.
    ///
    /// # Errors
    /// As soon as the bytes cannot become a message any more.
    pub fn decode(bytes: &[u8]) -> Result<Option<(Self, usize)>, InitialError> {
        let Some((first, rest)) = bytes.split_first_chunk() else {
            return Ok(None);
        };
        let first = i64::from_be_bytes(*first);
        if first >= 0 {
            let (sid, addresses) = (Sid(first), Vec::new());
            return Ok(Some((Self { sid, addresses }, 8)));
        }
        if first != ONE_ADDRESS && first != SEVERAL_ADDRESSES {
            return Err(InitialError::Version(first));
        }
        let Some((sid, rest)) = rest.split_first_chunk() else {
            return Ok(None);
        };
        let sid = Sid(i64::from_be_bytes(*sid));
        let Some((length, rest)) = rest.split_first_chunk() else {
            return Ok(None);
        };
        let declared = i32::from_be_bytes(*length);
        let length = usize::try_from(declared).unwrap_or_default();
        if !(1..=LONGEST_TEXT).contains(&length) {
            let length = declared;
            return Err(InitialError::Length { sid, length });
        }
        let Some(text) = rest.get(..length) else {
            return Ok(None);
        };
        let addresses = parse_addresses(sid, &String::from_utf8_lossy(text))?;
        Ok(Some((Self { sid, addresses }, 20 + length)))
    }
}

fn parse_addresses(sid: Sid, text: &str) -> Result<Vec<ElectionAddress>, InitialError> {
    let mut addresses = Vec::new();
    for text in java_split(text, '|') {
        let address = parse_address(text).ok_or_else(|| InitialError::Address {
            sid,
            text: text.to_owned(),
        })?;
        if !address.host.is_wildcard() {
            addresses.push(address);
        }
    }
    Ok(addresses)
}

fn parse_address(text: &str) -> Option<ElectionAddress> {
    let (host, rest) = split_host(text).ok()?;
    let [port] = *rest else {
        return None;
    };
    Some(ElectionAddress {
        host: Host::parse(host).ok()?,
        port: port.parse().ok()?,
    })
}

impl fmt::Display for ElectionAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versioned(version: i64, sid: i64, text: &[u8]) -> Vec<u8> {
        let length = i32::try_from(text.len()).unwrap();
        let mut bytes = version.to_be_bytes().to_vec();
        bytes.extend(sid.to_be_bytes());
        bytes.extend(length.to_be_bytes());
        bytes.extend(text);
        bytes
    }

    fn addresses(text: &str) -> Result<Vec<String>, InitialError> {
        let bytes = versioned(SEVERAL_ADDRESSES, 7, text.as_bytes());
        let decoded = InitialMessage::decode(&bytes)?;
        let (message, used) = decoded.expect("the message is whole");
        assert_eq!((message.sid, used), (Sid(7), bytes.len()));
        let addresses = message.addresses.iter();
        Ok(addresses.map(ElectionAddress::to_string).collect())
    }

    #[test]
    fn every_generation_is_read() {
        let bare = InitialMessage {
            sid: Sid(5),
            addresses: Vec::new(),
        };
        let bytes = [0, 0, 0, 0, 0, 0, 0, 5, 0xff];
        assert_eq!(InitialMessage::decode(&bytes), Ok(Some((bare, 8))));
        for version in [ONE_ADDRESS, SEVERAL_ADDRESSES] {
            let mut bytes = versioned(version, 1, b"a:1|[::1]:2");
            bytes.push(0xff);
            let (message, used) = InitialMessage::decode(&bytes).unwrap().unwrap();
            assert_eq!((message.addresses.len(), used), (2, bytes.len() - 1));
            let mut again = Vec::new();
            message.encode(true, &mut again);
            assert_eq!(InitialMessage::decode(&again).unwrap().unwrap().0, message);
        }
        let unknown = (-1_i64).to_be_bytes();
        assert_eq!(
            InitialMessage::decode(&unknown),
            Err(InitialError::Version(-1))
        );
    }

    #[test]
    fn an_unfinished_message_waits_for_its_end() {
        let bytes = versioned(ONE_ADDRESS, 3, b"zoo3:3888");
        for end in 0..bytes.len() {
            assert_eq!(InitialMessage::decode(&bytes[..end]), Ok(None), "{end}");
        }
    }

    #[test]
    fn a_length_out_of_range_is_refused_before_the_text_is_there() {
        for length in [-1, 0, 2049, i32::MAX, i32::MIN] {
            let mut bytes = versioned(ONE_ADDRESS, 3, b"");
            bytes[16..].copy_from_slice(&i32::to_be_bytes(length));
            let sid = Sid(3);
            assert_eq!(
                InitialMessage::decode(&bytes),
                Err(InitialError::Length { sid, length })
            );
        }
        let longest = format!("{}:1", "a".repeat(2046));
        let message = versioned(ONE_ADDRESS, 7, longest.as_bytes());
        assert_eq!(message.len(), LONGEST);
        assert_eq!(addresses(&longest), Ok(vec![longest]));
    }

    /// The cases of `InitialMessageTest`, and what makes the reference throw unchecked.
    #[test]
    fn addresses_are_host_and_port() {
        let ok = |text: &str| addresses(text).unwrap();
        assert_eq!(ok("10.0.0.1:3888"), ["10.0.0.1:3888"]);
        assert_eq!(ok("a:1|b:2|c:3"), ["a:1", "b:2", "c:3"]);
        assert_eq!(ok("0.0.0.0:3888|[::]:1|a:1"), ["a:1"]);
        assert_eq!(ok("[2001:db8::1]:3888"), ["[2001:db8:0:0:0:0:0:1]:3888"]);
        for text in [
            "a", "a:", ":1", "a:b", "a:1:2", "a:70000", "a:-1", "[::1]", "[::1:1", "a:1||b:2",
            "\u{fffd}",
        ] {
            assert!(addresses(text).is_err(), "{text}");
        }
    }
}
