//! Order and agreement a second time, as the reference's source says them, over every combination
//! of a small domain.

use super::*;
use crate::quorum::{Group, QuorumVerifier};
use std::collections::BTreeMap;

fn proposals() -> Vec<Proposal> {
    let mut all = Vec::new();
    for peer_epoch in [-1, 1, 2] {
        for zxid in [-1, 0, 7] {
            for leader in [1, 2, 3, 4] {
                all.push(Proposal {
                    peer_epoch: PeerEpoch(peer_epoch),
                    zxid: Zxid(zxid),
                    leader: Sid(leader),
                });
            }
        }
    }
    all
}

/// Servers 1 and 2 have weight, 3 has none, 4 does not vote.
fn view() -> QuorumView {
    let group = Group {
        id: 1,
        members: vec![Sid(1), Sid(2), Sid(3)],
    };
    let weights = BTreeMap::from([(Sid(3), 0)]);
    let voters = [Sid(1), Sid(2), Sid(3)];
    QuorumView::new(QuorumVerifier::hierarchical(voters, &[group], &weights).unwrap())
}

/// `totalOrderPredicate`, condition by condition.
fn wins(new: &Proposal, old: &Proposal) -> bool {
    if new.leader.0 == 3 || new.leader.0 == 4 {
        return false;
    }
    new.peer_epoch > old.peer_epoch
        || (new.peer_epoch == old.peer_epoch
            && (new.zxid > old.zxid || (new.zxid == old.zxid && new.leader > old.leader)))
}

#[test]
fn a_proposal_supersedes_as_the_reference_says() {
    let view = view();
    for new in proposals() {
        for old in proposals() {
            assert_eq!(
                new.supersedes(&old, &view),
                wins(&new, &old),
                "{new:?} over {old:?}"
            );
        }
    }
}

#[test]
fn among_candidates_with_weight_the_order_is_strict_and_total() {
    let view = view();
    let all: Vec<_> = proposals()
        .into_iter()
        .filter(|it| view.weight(it.leader) > 0)
        .collect();
    for a in &all {
        assert!(!a.supersedes(a, &view));
        for b in all.iter().filter(|b| *b != a) {
            assert_ne!(
                a.supersedes(b, &view),
                b.supersedes(a, &view),
                "{a:?} and {b:?}"
            );
            for c in &all {
                if a.supersedes(b, &view) && b.supersedes(c, &view) {
                    assert!(a.supersedes(c, &view), "{a:?}, {b:?}, {c:?}");
                }
            }
        }
    }
}

fn votes() -> Vec<Vote> {
    let states = [
        ServerState::Looking,
        ServerState::Following,
        ServerState::Leading,
    ];
    let mut all = Vec::new();
    for state in states {
        for generation in [Generation::Unversioned, Generation::Versioned] {
            for bits in 0..16 {
                let bit = |n: i64| (bits >> n) & 1;
                all.push(Vote {
                    proposal: Proposal {
                        peer_epoch: PeerEpoch(bit(0)),
                        zxid: Zxid(bit(1)),
                        leader: Sid(bit(2)),
                    },
                    election_epoch: ElectionEpoch(bit(3)),
                    state,
                    generation,
                });
            }
        }
    }
    all
}

/// `Vote.equals`, field by field.
fn equals(a: &Vote, b: &Vote) -> bool {
    let id = a.proposal.leader == b.proposal.leader;
    let zxid = a.proposal.zxid == b.proposal.zxid;
    let election_epoch = a.election_epoch == b.election_epoch;
    let peer_epoch = a.proposal.peer_epoch == b.proposal.peer_epoch;
    if a.state == ServerState::Looking || b.state == ServerState::Looking {
        id && zxid && election_epoch && peer_epoch
    } else if (a.generation == Generation::Versioned) ^ (b.generation == Generation::Versioned) {
        id
    } else {
        id && peer_epoch
    }
}

#[test]
fn votes_agree_as_the_reference_says() {
    for a in votes() {
        for b in votes() {
            assert_eq!(a.agrees_with(&b), equals(&a, &b), "{a:?} and {b:?}");
            assert_eq!(
                a.agrees_with(&b),
                b.agrees_with(&a),
                "symmetric: {a:?} and {b:?}"
            );
        }
        assert!(a.agrees_with(&a));
    }
}

#[test]
fn agreement_is_not_transitive() {
    let settled = |epoch, generation| Vote {
        proposal: Proposal {
            peer_epoch: PeerEpoch(epoch),
            zxid: Zxid(0),
            leader: Sid(1),
        },
        election_epoch: ElectionEpoch(1),
        state: ServerState::Following,
        generation,
    };
    let one = settled(1, Generation::Versioned);
    let between = settled(3, Generation::Unversioned);
    let other = settled(2, Generation::Versioned);
    assert!(one.agrees_with(&between) && between.agrees_with(&other));
    assert!(!one.agrees_with(&other));
}
