//! What the benchmarks measure: ensembles, servers in a given state, messages, and an election in
//! memory.

pub mod cluster;
pub mod java;
#[cfg(feature = "peers")]
pub mod peers;
pub mod scene;

use fle::config::{DynamicConfig, LearnerType, Rules};
use fle::election::{Credentials, Election, Settings, Timing};
use fle::quorum::QuorumView;
use fle::{
    ElectionEpoch, Ensemble, Notification, PeerEpoch, Proposal, ServerState, Sid, Zxid, codec,
};
use std::fmt::Write;
use std::sync::Arc;

/// How many voters the ensembles have.
pub const VOTERS: [i64; 6] = [3, 5, 7, 21, 101, 1001];

/// The history of a server that nobody surpasses.
pub const BEST: Credentials = Credentials {
    zxid: Zxid(9),
    peer_epoch: PeerEpoch(1),
};

/// The text of a configuration with servers 1 to `voters`, all of one weight.
#[must_use]
pub fn configuration(voters: i64) -> String {
    let mut text = String::new();
    for sid in 1..=voters {
        let host = format!("10.0.{}.{}", sid / 250, sid % 250);
        let _ = writeln!(
            text,
            "server.{sid}={host}:2888:3888:participant;0.0.0.0:2181"
        );
    }
    text.push_str("version=100000000");
    text
}

/// The ensemble of [`configuration`].
///
/// # Panics
/// Never.
#[must_use]
pub fn ensemble(voters: i64) -> Arc<Ensemble> {
    let config = DynamicConfig::parse(&configuration(voters), Rules::default());
    let config = config.expect("a valid configuration");
    Arc::new(Ensemble::new(config, None, Rules::default()))
}

/// The three quorum rules, over the same servers.
///
/// # Panics
/// Never.
#[must_use]
pub fn views(voters: i64) -> [(&'static str, QuorumView); 3] {
    let majority = configuration(voters);
    let mut groups = majority.clone();
    for group in 0..3 {
        let members: Vec<String> = (1..=voters)
            .filter(|sid| sid % 3 == group)
            .map(|sid| sid.to_string())
            .collect();
        let _ = write!(groups, "\ngroup.{}={}", group + 1, members.join(":"));
    }
    let newer = majority.replace("version=1", "version=2");
    let parse = |text: &str| DynamicConfig::parse(text, Rules::default()).expect("it is valid");
    let view = |committed: &str, seen: Option<&str>| {
        let ensemble = Ensemble::new(parse(committed), seen.map(parse), Rules::default());
        ensemble.view().clone()
    };
    [
        ("majority", view(&majority, None)),
        ("hierarchical", view(&groups, None)),
        ("joint", view(&majority, Some(&newer))),
    ]
}

/// A server of this ensemble that has not looked for a leader yet.
#[must_use]
pub fn server(ensemble: &Arc<Ensemble>, sid: Sid) -> Election {
    let settings = Settings {
        sid,
        learner_type: LearnerType::Participant,
        timing: Timing::default(),
        reconfig_enabled: false,
    };
    Election::new(settings, Arc::clone(ensemble), BEST)
}

/// Server 1, looking in round 1 with the [`BEST`] credentials.
#[must_use]
pub fn looking(ensemble: &Arc<Ensemble>) -> Election {
    let mut election = server(ensemble, Sid(1));
    let _ = election.look_for_leader(BEST);
    election
}

/// A vote in round 1.
#[must_use]
pub fn vote(state: ServerState, leader: i64, zxid: i64) -> Notification {
    Notification {
        state,
        proposal: Proposal {
            peer_epoch: PeerEpoch(1),
            zxid: Zxid(zxid),
            leader: Sid(leader),
        },
        election_epoch: ElectionEpoch(1),
    }
}

/// A message of the newest generation, with the ensemble's configuration as servers send it.
#[must_use]
pub fn payload(ensemble: &Ensemble, notification: &Notification) -> Vec<u8> {
    let config = ensemble.text().as_bytes();
    [&codec::header(notification, config)[..], config].concat()
}
