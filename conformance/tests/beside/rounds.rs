//! Rounds that differ widely: who is behind adopts the greater one, whichever side it is on.

use crate::ensemble::{Ensemble, FLE, ZOOKEEPER};
use crate::peer::Peer;
use fle::{ElectionEpoch, Notification, PeerEpoch, Proposal, ServerState, Sid, Zxid};

/// More elections than any ensemble has had.
const FAR: i64 = 1 << 40;

/// A looking server in that round, with a vote that no server takes.
fn far_ahead(sid: i64) -> Notification {
    Notification {
        state: ServerState::Looking,
        proposal: Proposal {
            peer_epoch: PeerEpoch(-1),
            zxid: Zxid(-2),
            leader: Sid(sid),
        },
        election_epoch: ElectionEpoch(FAR),
    }
}

fn tell(ensemble: &Ensemble, sid: i64, stand_in: i64) {
    let (own, to) = (ensemble.addresses(stand_in), ensemble.addresses(sid));
    Peer::introduced(stand_in, own.election, to.election).tell(&far_ahead(stand_in));
    ensemble.tell(&format!("{} hears of round {FAR}", ensemble.server(sid)));
}

#[test]
fn a_fle_server_adopts_the_round_of_a_zookeeper_server_and_the_other_way_round() {
    let Some(mut ensemble) = Ensemble::new(
        "A ZooKeeper server is far ahead of a fle server that starts; then a fle server is, of ZooKeeper servers that start.",
        &[FLE, ZOOKEEPER, ZOOKEEPER],
        "",
    ) else {
        return;
    };
    ensemble.start(&[2]);
    ensemble.looks_in_vain(2);
    tell(&ensemble, 2, 3);
    ensemble.says(2, &format!("n.sid:2, n.state:LOOKING, n.leader:2, n.round:{FAR:#x}"));
    ensemble.start(&[1]);
    assert_eq!(ensemble.settles_on(2), FAR);

    ensemble.kill(2);
    ensemble.looks_in_vain(1);
    ensemble.start(&[2]);
    assert_eq!(ensemble.settles_on(2), FAR + 1);
    ensemble.start(&[3]);
    assert_eq!(ensemble.settles_on(2), FAR + 1);
    ensemble.serves_under(2);
    ensemble.is_allowed();
}
