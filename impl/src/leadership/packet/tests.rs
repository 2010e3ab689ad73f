use super::*;
use proptest::prelude::*;

const SHORTEST: usize = 20;

fn bytes(packet: &Packet) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(packet, &mut bytes);
    bytes
}

fn any_packet() -> impl Strategy<Value = Packet> {
    let epoch = || (0..=i64::from(i32::MAX)).prop_map(PeerEpoch);
    let learner_type = prop_oneof![Just(LearnerType::Participant), Just(LearnerType::Observer)];
    let info = (
        any::<i64>(),
        learner_type,
        epoch(),
        any::<i32>(),
        any::<i64>(),
        [0..i64::MAX as u64, 0..i64::MAX as u64, 0..i64::MAX as u64],
        any::<bool>(),
    );
    let info = info.prop_map(
        |(sid, learner_type, accepted, protocol, version, durations, remembers)| {
            let [promise, patience, unsettled] = durations.map(Duration::from_micros);
            Packet::LearnerInfo(LearnerInfo {
                sid: Sid(sid),
                learner_type,
                accepted,
                protocol,
                config_version: ConfigVersion(version),
                promise,
                patience,
                unsettled,
                remembers,
            })
        },
    );
    let ack = (proptest::option::of(epoch()), any::<i64>());
    prop_oneof![
        info,
        (epoch(), any::<i32>())
            .prop_map(|(epoch, protocol)| Packet::LeaderInfo { epoch, protocol }),
        ack.prop_map(|(current, zxid)| Packet::AckEpoch {
            current,
            last_zxid: Zxid(zxid)
        }),
        epoch().prop_map(|epoch| Packet::NewLeader { epoch }),
        epoch().prop_map(|epoch| Packet::Ack { epoch }),
        Just(Packet::UpToDate),
        Just(Packet::Ping),
        any::<i64>().prop_map(|to| Packet::HandOver { to: Sid(to) }),
        any::<i64>().prop_map(|sid| Packet::Question { sid: Sid(sid) }),
        epoch().prop_map(|epoch| Packet::Answer(Past::Accepted(epoch))),
        Just(Packet::Answer(Past::Lost)),
        Just(Packet::Release),
    ]
}

proptest! {
    #[test]
    fn what_is_written_reads_the_same(packet in any_packet(), next in any::<[u8; 3]>()) {
        let mut stream = bytes(&packet);
        let length = stream.len();
        for end in 0..length {
            prop_assert_eq!(decode(&stream[..end]), Ok(None));
        }
        stream.extend(next);
        prop_assert_eq!(decode(&stream), Ok(Some((packet, length))));
    }

    #[test]
    fn any_bytes_are_a_packet_an_error_or_incomplete(
        kind in 0..20_i32,
        rest in proptest::collection::vec(any::<u8>(), 0..64),
    ) {
        let stream = [&kind.to_be_bytes()[..], &rest].concat();
        if let Ok(Some((_, length))) = decode(&stream) {
            prop_assert!((SHORTEST..=stream.len()).contains(&length));
        }
    }
}

/// What the reference's own classes write, byte for byte: `QuorumPacket` with `LearnerInfo` as its
/// data, through `BinaryOutputArchive`. An introduction is longer than theirs, which read twenty
/// bytes.
#[test]
fn the_bytes_are_those_of_the_reference() {
    let theirs = [
        0, 0, 0, 11, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 3, 0, 1, 0, 0, 0, 0,
        0, 1, 0, 0, 0, 0, 255, 255, 255, 255,
    ];
    let info = LearnerInfo::of_the_reference(
        Sid(3),
        LearnerType::Participant,
        PeerEpoch(5),
        0x1_0000,
        ConfigVersion(0x1_0000_0000),
    );
    let read = decode(&theirs).unwrap();
    assert_eq!(read, Some((Packet::LearnerInfo(info), theirs.len())));
    let ours = bytes(&Packet::LearnerInfo(info));
    assert_eq!(ours[..12], theirs[..12]);
    assert_eq!(ours[12..16], INFO.to_be_bytes());
    assert_eq!(ours[16..36], theirs[16..36]);
    let no_promise = Packet::AckEpoch {
        current: None,
        last_zxid: Zxid(0x5_0000_0001),
    };
    assert_eq!(
        bytes(&no_promise),
        [
            0, 0, 0, 18, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0, 4, 255, 255, 255, 255, 255, 255, 255, 255
        ]
    );
    assert_eq!(
        bytes(&Packet::UpToDate),
        [
            0, 0, 0, 12, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
            255
        ]
    );
}

#[test]
fn what_cannot_be_read_is_refused_before_it_has_arrived() {
    let header =
        |kind: i32, length: i32| [&kind.to_be_bytes()[..], &[0; 8], &length.to_be_bytes()].concat();
    for declared in [-2, i32::MIN, 512 * 1024 + 1, i32::MAX] {
        let error = PacketError::DataLength {
            kind: PING,
            declared,
        };
        assert_eq!(decode(&header(PING, declared)), Err(error));
    }
    assert_eq!(decode(&header(PING, 512 * 1024)), Ok(None));
    let with_entries = [header(PING, -1), 1_i32.to_be_bytes().to_vec()].concat();
    let error = PacketError::Authentication {
        kind: PING,
        declared: 1,
    };
    assert_eq!(decode(&with_entries), Err(error));
    let proposal = [header(2, -1), NOTHING.to_be_bytes().to_vec()].concat();
    assert_eq!(decode(&proposal), Err(PacketError::Type(2)));
    let silent = [header(LEADER_INFO, -1), NOTHING.to_be_bytes().to_vec()].concat();
    let error = PacketError::TooShort {
        kind: LEADER_INFO,
        needed: 4,
        length: 0,
    };
    assert_eq!(decode(&silent), Err(error));
}
