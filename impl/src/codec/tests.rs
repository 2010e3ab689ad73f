use super::*;
use proptest::prelude::*;

fn notification() -> impl Strategy<Value = Notification> {
    let states = [
        ServerState::Looking,
        ServerState::Following,
        ServerState::Leading,
        ServerState::Observing,
    ];
    (prop::sample::select(states.to_vec()), any::<[i64; 4]>()).prop_map(
        |(state, [leader, zxid, round, peer_epoch])| Notification {
            state,
            proposal: Proposal {
                peer_epoch: PeerEpoch(peer_epoch),
                zxid: Zxid(zxid),
                leader: Sid(leader),
            },
            election_epoch: ElectionEpoch(round),
        },
    )
}

/// State 1, leader 2, zxid 0x3_0000_0004, round 5, peer epoch 6, the given version, nine bytes of
/// text and one byte after.
fn bytes(version: i32) -> Vec<u8> {
    let mut bytes = 1_i32.to_be_bytes().to_vec();
    for field in [2, 0x3_0000_0004, 5, 6_i64] {
        bytes.extend(field.to_be_bytes());
    }
    bytes.extend(version.to_be_bytes());
    bytes.extend(9_i32.to_be_bytes());
    bytes.extend(b"version=0!");
    bytes
}

fn received(
    peer_epoch: i64,
    generation: Generation,
    config: Option<&'static [u8]>,
) -> Result<Received<'static>, DecodeError> {
    let notification = Notification {
        state: ServerState::Following,
        proposal: Proposal {
            peer_epoch: PeerEpoch(peer_epoch),
            zxid: Zxid(0x3_0000_0004),
            leader: Sid(2),
        },
        election_epoch: ElectionEpoch(5),
    };
    Ok(Received {
        notification: Some(notification),
        generation,
        config,
    })
}

#[test]
fn every_generation_is_read_as_the_reference_reads_it() {
    use Generation::{Unversioned, Versioned};
    let text = Some(&b"version=0"[..]);
    assert_eq!(decode(&bytes(2)), received(6, Versioned, text));
    assert_eq!(decode(&bytes(3)), received(6, Versioned, text));
    assert_eq!(
        decode(&bytes(1)),
        received(6, Versioned, None),
        "no text before version 2"
    );
    assert_eq!(decode(&bytes(0)), received(6, Unversioned, None));
    assert_eq!(decode(&bytes(-1)), received(6, Unversioned, None));
    assert_eq!(decode(&bytes(1)[..44]), received(6, Versioned, None));
    assert_eq!(decode(&bytes(1)[..41]), received(6, Versioned, None));
    assert_eq!(
        decode(&bytes(2)[..40]),
        received(6, Unversioned, None),
        "whatever it says"
    );
    assert_eq!(
        decode(&bytes(2)[..28]),
        received(3, Unversioned, None),
        "the zxid's epoch"
    );
}

#[test]
fn a_message_cut_anywhere_else_says_where() {
    let whole = bytes(2);
    let truncated = |field, offset, needed, length| {
        Err(DecodeError::Truncated {
            field,
            offset,
            needed,
            length,
        })
    };
    for length in 0..53 {
        let expected = match length {
            0..28 => Err(DecodeError::TooShort { length }),
            29..36 => truncated("peer epoch", 28, 8, length),
            36..40 => truncated("version", 36, 4, length),
            41..44 => truncated("configuration length", 40, 4, length),
            44.. => Err(DecodeError::ConfigLength {
                offset: 44,
                declared: 9,
                available: length - 44,
            }),
            28 | 40 => continue,
        };
        assert_eq!(decode(&whole[..length]), expected);
    }
}

#[test]
fn an_unknown_state_is_not_an_error() {
    for state in [-1, 4, i32::MAX, i32::MIN] {
        let mut bytes = bytes(2);
        bytes[..4].copy_from_slice(&state.to_be_bytes());
        let received = decode(&bytes).unwrap();
        assert_eq!(received.notification, None);
        assert_eq!(received.config, Some(&b"version=0"[..]));
    }
}

#[test]
fn errors_say_what_is_wrong_and_where() {
    let said = |bytes: &[u8]| decode(bytes).unwrap_err().to_string();
    assert_eq!(
        said(&[0; 5]),
        "5 bytes are no notification: the shortest format has 28"
    );
    assert_eq!(
        said(&[0; 30]),
        "the peer epoch at offset 28 needs 8 bytes, but the payload ends at 30"
    );
    assert_eq!(
        said(&bytes(2)[..50]),
        "the configuration at offset 44 says it has 9 bytes; 6 are there"
    );
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        notification in notification(),
        config in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let payload = [&header(&notification, &config)[..], &config].concat();
        let received = Received {
            notification: Some(notification),
            generation: Generation::Versioned,
            config: Some(&config),
        };
        prop_assert_eq!(decode(&payload), Ok(received));
    }

    #[test]
    fn any_bytes_are_read_or_refused(payload in prop::collection::vec(any::<u8>(), 0..80)) {
        if let Ok(received) = decode(&payload) {
            prop_assert!(payload.len() >= SHORTEST);
            prop_assert!(received.config.is_none_or(|text| text.len() <= payload.len() - HEADER_LEN));
        }
    }

    #[test]
    fn a_flipped_byte_is_read_or_refused(index in 0..54_usize, byte: u8) {
        let mut bytes = bytes(2);
        bytes[index] = byte;
        let outcome = decode(&bytes);
        prop_assert!((40..44).contains(&index) || outcome.is_ok(), "{outcome:?}");
    }
}
