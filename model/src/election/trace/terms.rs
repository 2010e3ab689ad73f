//! How the model's terms read in `fle-trace/1`: the one table of it. Places become sids, packed
//! votes become numbers and bytes, and the ensemble becomes configurations.
//!
//! [`crate::terms::vote`] unpacks; [`super::format`](mod@super::format) says how the shared
//! vocabulary reads in the format. The bytes are written down here a second time, so that the codec
//! is held against them and not against itself.
//!
//! What the model has no counterpart of is fixed here. A server that has waited for votes is always
//! told that some were delivered (`haveDelivered`): without it the election asks for new
//! connections and sends nothing, and the model always sends. Servers have addresses that nobody
//! dials. The second version of a configuration differs from the first in that the last server
//! observes, where it is proposed to follow, and in one more observer, which is never started,
//! where only some servers know it. The longest wait is short, so that walks reach it.

use super::acts::Seen;
use super::format::{
    self, Decided, Format, Input, LearnerType, Output, Phase, Quorum, Send, Standing, Step,
};
use super::life::Life;
use crate::election::server::{Server, Wait};
use crate::terms::ensemble::{Composition, Ensemble, FIRST, Known, SECOND};
use crate::terms::vote::{ConfigVersion, Credentials, Notification, Vote, sid};
use fle::{Generation, ServerState};

/// The first wait for votes (`minNotificationInterval`).
pub const FIRST_INTERVAL_MS: u64 = 250;
/// The longest (`maxNotificationInterval`).
pub const LONGEST_INTERVAL_MS: u64 = 1_000;
/// The wait for a better proposal (`finalizeWait`).
pub const FINALIZE_WAIT_MS: u64 = 200;

/// The table for one ensemble.
#[derive(Clone, Debug)]
pub struct Terms {
    composition: Composition,
    servers: usize,
    /// Of each server, by place, in which format it writes.
    generations: Vec<Generation>,
    /// The two versions of the configuration, as texts: one of them is part of every notification.
    configs: [String; 2],
}

/// The wait for votes that follows one that ran out.
#[must_use]
pub fn longer(interval_ms: u64) -> u64 {
    (2 * interval_ms).min(LONGEST_INTERVAL_MS)
}

impl Terms {
    /// The terms of this ensemble.
    #[must_use]
    pub fn new<const N: usize>(ensemble: &Ensemble<N>) -> Self {
        let composition = ensemble.composition();
        Self {
            composition,
            servers: N,
            generations: (0..N).map(|id| ensemble.generation(id, id)).collect(),
            configs: [FIRST, SECOND].map(|version| config(composition, N, version)),
        }
    }

    fn config(&self, version: ConfigVersion) -> &str {
        &self.configs[usize::from(version.0) - 1]
    }

    /// The configuration that is committed for who knows this, and the one that is proposed to
    /// follow it.
    #[must_use]
    pub fn configurations(&self, known: Known) -> (&str, Option<&str>) {
        let proposed = known.proposed().map(|version| self.config(version));
        (self.config(known.committed()), proposed)
    }

    /// Whether a server votes in the configuration that is committed for who knows this.
    #[must_use]
    pub fn learner_type(&self, id: usize, known: Known) -> LearnerType {
        let version = known.committed();
        let committed = self.composition.configuration(self.servers, version);
        match committed.voters.contains(id) {
            true => LearnerType::Participant,
            false => LearnerType::Observer,
        }
    }

    /// The first line of a server's trace.
    #[must_use]
    pub fn server<const N: usize>(&self, id: usize, server: &Server<N>) -> format::Server {
        let oracle = self.composition == Composition::Oracle;
        let (committed, proposed) = self.configurations(server.known);
        let version = server.known.committed();
        let configuration = self.composition.configuration(N, version);
        format::Server {
            format: Format::FleTrace1,
            sid: sid(id).0,
            learner_type: self.learner_type(id, server.known),
            quorum: match configuration.is_hierarchical() {
                true => Quorum::Hierarchical,
                false if oracle => Quorum::Oracle,
                false => Quorum::Majority,
            },
            config: committed.to_owned(),
            last_seen_config: proposed.map(str::to_owned),
            oracle: oracle.then_some(server.granted),
            init: on_disk(server.credentials),
            min_notification_interval_ms: FIRST_INTERVAL_MS,
            max_notification_interval_ms: LONGEST_INTERVAL_MS,
            finalize_wait_ms: FINALIZE_WAIT_MS,
        }
    }

    /// What a server saw, and how it stands after it.
    #[must_use]
    pub fn step<const N: usize>(
        &self,
        seen: Seen,
        after: &Server<N>,
        life: &Life,
        sends: impl Iterator<Item = (usize, Notification)>,
    ) -> Step {
        let sends = sends.map(|(to, notification)| Send {
            to: sid(to).0,
            hex: self.payload(Generation::Versioned, notification),
        });
        Step {
            input: self.input(seen, after),
            output: Output::Standing(Standing {
                sends: sends.collect(),
                connect_all: false,
                state: state(after).into(),
                logical_clock: i64::from(after.round.0),
                proposal: life.proposal.unpack().into(),
                wait: after.looking().map(|looking| wait(looking.wait, life)),
                decided: life.decided.map(decided),
            }),
        }
    }

    /// What a server heard that made it begin anew, in another life.
    #[must_use]
    pub fn restart(&self, from: usize, notification: Notification) -> Step {
        Step {
            input: self.hears(from, notification),
            output: Output::Restart {
                restart_election: true,
            },
        }
    }

    fn input<const N: usize>(&self, seen: Seen, after: &Server<N>) -> Input {
        match seen {
            Seen::Looks => Input::Look(on_disk(after.credentials)),
            Seen::Hears { from, notification } => self.hears(from, notification),
            Seen::Waited(Wait::Collecting) => Input::Timeout { delivered: true },
            Seen::Waited(Wait::Finalizing) => Input::FinalizeTimeout {},
            Seen::Activated => Input::UpdateEpoch {
                peer_epoch: after.credentials.peer_epoch().0,
            },
        }
    }

    fn hears(&self, from: usize, notification: Notification) -> Input {
        Input::Recv {
            from: sid(from).0,
            hex: self.payload(self.generations[from], notification),
        }
    }

    /// A notification's bytes (`buildMsg`): state, leader, zxid, round; since the second format
    /// peer epoch, version, length of the configuration, and that.
    fn payload(&self, generation: Generation, notification: Notification) -> Vec<u8> {
        let vote = notification.vote.unpack(generation);
        let state: u32 = match vote.state {
            ServerState::Looking => 0,
            ServerState::Following => 1,
            ServerState::Leading => 2,
            ServerState::Observing => 3,
        };
        let oldest = [
            &state.to_be_bytes()[..],
            &vote.proposal.leader.0.to_be_bytes(),
            &vote.proposal.zxid.0.to_be_bytes(),
            &vote.election_epoch.0.to_be_bytes(),
        ];
        if generation == Generation::Unversioned {
            return oldest.concat();
        }
        let config = self.config(notification.config);
        let config_len = u32::try_from(config.len()).expect("a few lines");
        let since = [
            &vote.proposal.peer_epoch.0.to_be_bytes()[..],
            &2_u32.to_be_bytes(),
            &config_len.to_be_bytes(),
            config.as_bytes(),
        ];
        [oldest, since].as_flattened().concat()
    }
}

/// The text of a configuration: members, groups and weights, version.
fn config(composition: Composition, servers: usize, version: ConfigVersion) -> String {
    let configuration = composition.configuration(servers, version);
    let member = |id: usize| {
        let votes = configuration.voters.contains(id);
        let role = if votes { "participant" } else { "observer" };
        let sid = sid(id).0;
        let (quorum_port, election_port) = (20_000 + sid, 30_000 + sid);
        format!("server.{sid}=127.0.0.1:{quorum_port}:{election_port}:{role}")
    };
    let another = composition == Composition::Gossip && version == SECOND;
    let mut lines: Vec<_> = (0..servers + usize::from(another)).map(member).collect();
    for (group, number) in configuration.groups.iter().zip(1..) {
        let sids: Vec<_> = group.iter().map(|(id, _)| sid(*id).to_string()).collect();
        lines.push(format!("group.{number}={}", sids.join(":")));
    }
    let mut weights: Vec<_> = configuration.groups.iter().flatten().collect();
    weights.sort();
    let weights = weights.into_iter();
    lines.extend(weights.map(|(id, weight)| format!("weight.{}={weight}", sid(*id))));
    lines.push(format!("version={}", version.0));
    lines.join("\n")
}

fn on_disk(credentials: Credentials) -> format::Credentials {
    format::Credentials {
        zxid: credentials.zxid().0,
        peer_epoch: credentials.peer_epoch().0,
    }
}

fn wait(wait: Wait, life: &Life) -> format::Wait {
    match wait {
        Wait::Collecting => format::Wait {
            phase: Phase::Collecting,
            ms: life.interval_ms,
        },
        Wait::Finalizing => format::Wait {
            phase: Phase::Finalizing,
            ms: FINALIZE_WAIT_MS,
        },
    }
}

fn decided(vote: Vote) -> Decided {
    let vote = vote.unpack(Generation::Versioned);
    Decided::new(vote.proposal, vote.election_epoch)
}

fn state<const N: usize>(server: &Server<N>) -> ServerState {
    server
        .settled()
        .map_or(ServerState::Looking, |vote| vote.state)
}
