//! In the steady state a notification is decoded, handled and answered without an allocation, in
//! ensembles of any size and with every quorum rule.

use allocation_counter::measure;
use fle::config::{DynamicConfig, LearnerType, Rules};
use fle::election::{Credentials, Effect, Election, Settings, Timing};
use fle::{
    ElectionEpoch, Ensemble, Notification, PeerEpoch, Proposal, ServerState, Sid, Zxid, codec,
};
use std::fmt::Write;
use std::hint::black_box;
use std::sync::Arc;

const OWN: Credentials = Credentials {
    zxid: Zxid(9),
    peer_epoch: PeerEpoch(1),
};

fn text(voters: i64, groups: i64) -> String {
    let mut text = String::new();
    for sid in 1..=voters {
        let host = format!("10.0.{}.{}", sid / 250, sid % 250);
        let _ = writeln!(text, "server.{sid}={host}:2888:3888:participant");
    }
    for group in 0..groups {
        let members = (1..=voters).filter(|sid| sid % groups == group);
        let members: Vec<String> = members.map(|sid| sid.to_string()).collect();
        let _ = writeln!(text, "group.{group}={}", members.join(":"));
    }
    text + "version=5"
}

fn payload(ensemble: &Ensemble, state: ServerState, leader: i64, round: i64) -> Vec<u8> {
    let notification = Notification {
        state,
        proposal: Proposal {
            peer_epoch: PeerEpoch(1),
            zxid: Zxid(9 - i64::from(leader > 1)),
            leader: Sid(leader),
        },
        election_epoch: ElectionEpoch(round),
    };
    let text = ensemble.text().as_bytes();
    [&codec::header(&notification, text)[..], text].concat()
}

/// Bytes in, effects, bytes out: how many effects.
fn pass(election: &mut Election, from: i64, bytes: &[u8]) -> usize {
    let received = codec::decode(bytes).expect("a valid message");
    let effects = election.handle_notification(Sid(from), &received, None);
    for effect in &*effects {
        if let Effect::Send { notification, .. } = effect {
            black_box(codec::header(
                notification,
                election.ensemble().text().as_bytes(),
            ));
        }
    }
    effects.len()
}

/// Server 1 looks in round 2.
fn looking(text: &str) -> Election {
    let config = DynamicConfig::parse(text, Rules::default()).expect("a valid configuration");
    let ensemble = Arc::new(Ensemble::new(config, None, Rules::default()));
    let settings = Settings {
        sid: Sid(1),
        learner_type: LearnerType::Participant,
        timing: Timing::default(),
        reconfig_enabled: false,
    };
    let mut election = Election::new(settings, ensemble, OWN);
    let _ = election.look_for_leader(OWN);
    let _ = election.look_for_leader(OWN);
    election
}

/// Everybody says the same thing once, then again, counted.
fn allocations(text: &str, state: ServerState, leaders: &[i64], round: i64) -> u64 {
    let mut election = looking(text);
    let ensemble = Arc::clone(election.ensemble());
    let voters: Vec<Sid> = ensemble.view().voters().skip(1).collect();
    let mut everybody = |payloads: &[Vec<u8>]| {
        for payload in payloads {
            for voter in &voters {
                assert!(pass(&mut election, voter.0, payload) > 0);
            }
        }
    };
    let payloads: Vec<_> = leaders
        .iter()
        .map(|&leader| payload(&ensemble, state, leader, round))
        .collect();
    everybody(&payloads);
    measure(|| everybody(&payloads)).count_total
}

#[test]
fn the_steady_state_allocates_nothing() {
    for text in [text(3, 0), text(1001, 0), text(9, 3), text(1001, 3)] {
        let none = |state, leaders: &[i64], round| {
            let counted = allocations(&text, state, leaders, round);
            assert_eq!(
                counted, 0,
                "{state:?} {leaders:?} in round {round}:\n{text}"
            );
        };
        none(ServerState::Looking, &[2], 2);
        none(ServerState::Looking, &[2, 3], 2);
        none(ServerState::Looking, &[2], 1);
        none(ServerState::Following, &[2], 2);
        none(ServerState::Following, &[2, 3], 1);
        none(ServerState::Observing, &[2], 1);
    }
}

#[test]
fn a_newer_round_allocates_nothing() {
    for text in [text(3, 0), text(9, 3), text(1001, 0)] {
        let mut election = looking(&text);
        let ensemble = Arc::clone(election.ensemble());
        let payloads: Vec<_> = (3..50)
            .map(|round| payload(&ensemble, ServerState::Looking, 2, round))
            .collect();
        let (first, others) = payloads.split_at(2);
        for payload in first {
            pass(&mut election, 2, payload);
        }
        let rounds = measure(|| {
            for payload in others {
                assert_eq!(pass(&mut election, 2, payload), 2);
            }
        });
        assert_eq!(rounds.count_total, 0, "{text}");
    }
}

#[test]
fn the_counter_counts() {
    assert_eq!(measure(|| drop(Box::new(1))).count_total, 1);
}
