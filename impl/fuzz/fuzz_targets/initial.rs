//! Any bytes as the introduction on an election connection.
//! - Reading never panics, nor does printing why it failed, and it never asks for more than the
//!   longest message.
//! - A message is read the same however many bytes follow it, and not before its last byte is
//!   there.
//! - What is read, and whatever else a server can say of itself, reads the same once it is written.

#![no_main]

use arbitrary::{Arbitrary, Result, Unstructured};
use fle::Sid;
use fle::codec::initial::{ElectionAddress, InitialMessage, LONGEST};
use fle::config::Host;
use libfuzzer_sys::fuzz_target;
use std::net::IpAddr;

fn read(bytes: &[u8]) {
    match InitialMessage::decode(bytes) {
        Ok(Some((message, used))) => {
            assert!(used <= LONGEST.min(bytes.len()));
            // Each address takes four bytes with its bar, "a:1|".
            assert!(4 * message.addresses.len() <= used);
            assert!(!message.addresses.iter().any(|it| it.host.is_wildcard()));
            for end in 0..used {
                assert_eq!(InitialMessage::decode(&bytes[..end]), Ok(None), "{end}");
            }
            write_and_read(&message);
        }
        Ok(None) => assert!(bytes.len() < LONGEST),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// With all addresses, then with the first alone. A text that comes out longer than a message may
/// be is refused.
fn write_and_read(message: &InitialMessage) {
    if message.addresses.is_empty() {
        return;
    }
    for several in [true, false] {
        let mut bytes = Vec::new();
        message.encode(several, &mut bytes);
        let mut written = message.clone();
        if !several {
            written.addresses.truncate(1);
        }
        let used = bytes.len();
        bytes.push(0);
        match InitialMessage::decode(&bytes) {
            Ok(again) => assert_eq!(again, Some((written, used))),
            Err(error) => assert!(used > LONGEST, "{error}"),
        }
    }
}

/// A message as a server would make it from its configuration, without the wildcards, which are not
/// read.
fn message(u: &mut Unstructured) -> Result<InitialMessage> {
    let sid = Sid(i64::arbitrary(u)?);
    let addresses = u.arbitrary_iter::<(HostText, u16)>()?;
    let addresses = addresses.map(|address| {
        let (HostText(host), port) = address?;
        Ok(ElectionAddress { host, port })
    });
    let addresses: Vec<_> = addresses.collect::<Result<_>>()?;
    let dialled = addresses.into_iter().filter(|it| !it.host.is_wildcard());
    Ok(InitialMessage {
        sid,
        addresses: dialled.collect(),
    })
}

struct HostText(Host);

impl<'a> Arbitrary<'a> for HostText {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Self(match u.int_in_range(0..=2)? {
            0 => Host::Ip(IpAddr::arbitrary(u)?.to_canonical()),
            1 => Host::Name(format!("h{}", name(u)?)),
            _ => Host::Name(format!("fe80::1%{}", name(u)?)),
        }))
    }
}

/// What may stand in a name. A single bar ends an address, and a colon the host unless it is in
/// brackets.
fn name(u: &mut Unstructured) -> Result<String> {
    const LETTERS: [char; 8] = ['0', 'z', 'Z', '.', '-', '_', 'é', '\u{fffd}'];
    let length = u.int_in_range(1..=9)?;
    (0..length).map(|_| u.choose(&LETTERS).copied()).collect()
}

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    if let Ok(message) = message(&mut Unstructured::new(bytes)) {
        write_and_read(&message);
    }
});
