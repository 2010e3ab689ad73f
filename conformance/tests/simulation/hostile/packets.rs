//! What it says on quorum ports.

use super::{Hostile, QUORUM_PORT, Speech};
use fle::config::{ConfigVersion, LearnerType};
use fle::leadership::packet::{LearnerInfo, PROTOCOL, Packet, Past, encode};
use fle::{PeerEpoch, Sid, Zxid};
use std::time::Duration;

impl Hostile {
    pub(super) fn asks(&self, sid: i64) -> Speech {
        of_packets([Packet::Question { sid: Sid(sid) }])
    }

    /// An introduction, and whatever a learner, or somebody else, may say after it.
    pub(super) fn learns(&self, sid: i64, may_promise: bool) -> Speech {
        let last = self.history.lock().unwrap().picture.last_epoch();
        let heir = Sid(self.member());
        let mut packets = vec![Packet::LearnerInfo(self.introduction(sid, last))];
        let rng = &mut *self.rng();
        let epoch = PeerEpoch(last + rng.i64(0..3));
        let promises = [
            Packet::AckEpoch {
                current: Some(PeerEpoch(0)),
                last_zxid: Zxid(0),
            },
            Packet::Ack { epoch },
        ];
        let others = [
            Packet::AckEpoch {
                current: None,
                last_zxid: Zxid(0),
            },
            Packet::Ping,
            Packet::Release,
            Packet::HandOver { to: heir },
            Packet::LeaderInfo {
                epoch,
                protocol: PROTOCOL,
            },
            Packet::NewLeader { epoch },
            Packet::UpToDate,
            Packet::Question { sid: heir },
            Packet::Answer(Past::Accepted(epoch)),
            Packet::Answer(Past::Lost),
        ];
        if may_promise && rng.bool() {
            packets.extend(promises);
        }
        for _ in 0..rng.usize(0..4) {
            packets.push(*rng.choice(&others).unwrap());
        }
        of_packets(packets)
    }

    fn introduction(&self, sid: i64, last: i64) -> LearnerInfo {
        let rng = &mut *self.rng();
        let epochs = [
            0,
            last,
            last + 1,
            last + 5,
            1 << 19,
            1 << 21,
            i64::from(i32::MAX),
        ];
        let types = [LearnerType::Participant, LearnerType::Observer];
        let times = [Duration::ZERO, Duration::from_secs(2), Duration::MAX];
        let protocols = [PROTOCOL, PROTOCOL, PROTOCOL, 0x10000];
        LearnerInfo {
            sid: Sid(sid),
            learner_type: *rng.choice(&types).unwrap(),
            accepted: PeerEpoch(*rng.choice(&epochs).unwrap()),
            protocol: *rng.choice(&protocols).unwrap(),
            config_version: ConfigVersion(rng.i64(0..2)),
            promise: *rng.choice(&times).unwrap(),
            patience: *rng.choice(&times).unwrap(),
            unsettled: *rng.choice(&times).unwrap(),
            remembers: rng.bool(),
        }
    }
}

fn of_packets(packets: impl IntoIterator<Item = Packet>) -> Speech {
    let mut bytes = Vec::new();
    for packet in packets {
        encode(&packet, &mut bytes);
    }
    let port = QUORUM_PORT;
    Speech { port, bytes }
}
