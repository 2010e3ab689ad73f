//! Any bytes as a payload of the election's protocol.
//! - Reading never panics, nor does printing why it failed; the configuration is a part of the
//!   payload.
//! - What is read in any format means the same once it is written in the current one.
//! - What follows the last field changes nothing, and nothing before it can be left out.

#![no_main]

use fle::Generation;
use fle::codec::{HEADER_LEN, decode, header};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|payload: &[u8]| {
    let received = match decode(payload) {
        Ok(received) => received,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let config = received.config.unwrap_or_default();
    if received.config.is_some() {
        assert_eq!(received.generation, Generation::Versioned);
        assert!(payload[HEADER_LEN..].starts_with(config));
    }
    let Some(notification) = received.notification else {
        return;
    };
    let mut written = [&header(&notification, config)[..], config].concat();
    for end in HEADER_LEN - 1..written.len() {
        assert!(decode(&written[..end]).is_err(), "{end}");
    }
    written.push(0);
    let again = decode(&written).unwrap();
    assert_eq!(again.notification, received.notification);
    assert_eq!(again.generation, Generation::Versioned);
    assert_eq!(again.config, Some(config));
});
