//! Rounds that differ widely: who is behind adopts the greater one, whichever side it is on.

use crate::ensemble::Ensemble;
use crate::peer::Peer;
use crate::server::{FLE, ZOOKEEPER};
use fle::{ElectionEpoch, Notification, PeerEpoch, Proposal, ServerState, Sid, Zxid};
use fle_conformance::history::judge::configuration;

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

/// Tells a server so, under the id of one that does not run. The connection lasts as long as what
/// is returned.
fn tell(ensemble: &Ensemble, sid: i64, stand_in: i64) -> Peer {
    let (own, to) = (
        ensemble.server(stand_in).process.addresses,
        ensemble.server(sid).process.addresses,
    );
    let config = configuration(&ensemble.server(sid).config()).unwrap();
    let mut peer = Peer::introduced(stand_in, own.election, to.election);
    peer.tell(&far_ahead(stand_in), &config.to_string());
    ensemble.tell(&format!("{} hears of round {FAR}", ensemble.server(sid)));
    peer
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
    let peer = tell(&ensemble, 2, 3);
    ensemble.says(
        2,
        &format!("n.sid:2, n.state:LOOKING, n.leader:2, n.round:{FAR:#x}"),
    );
    drop(peer);
    ensemble.start(&[1]);
    assert_eq!(ensemble.settles_on(2), FAR);

    ensemble.kill(2);
    ensemble.looks_in_vain(1);
    ensemble.start(&[2]);
    assert_eq!(ensemble.settles_on(2), FAR + 1);
    // Once server 3 has a log, it tells that server 3 never said what was said in its name.
    ensemble.is_allowed();
    ensemble.start(&[3]);
    assert_eq!(ensemble.settles_on(2), FAR + 1);
    ensemble.serves_under(2);
}
