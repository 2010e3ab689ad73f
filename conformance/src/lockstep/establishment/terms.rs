//! How the model's terms read in the engine's: the one table of it. What is done about an event is
//! in [`super::variants`].
//!
//! What the model has no counterpart of is fixed here: servers without transactions, of one version
//! of the configuration.

use super::shown::{Follows, Shown, Waits};
use super::times::{PATIENCE, PROMISE, UNSETTLED};
use crate::engine::ensemble_of;
use fle::config::LearnerType;
use fle::leadership::packet::{LearnerInfo, PROTOCOL, Packet, Past};
use fle::leadership::{self, Settings};
use fle::{Ensemble, PeerEpoch, Zxid};
use fle_model::election::trace;
use fle_model::establishment::leader;
use fle_model::establishment::learner::Stage;
use fle_model::establishment::network;
use fle_model::establishment::protocol::Effect;
use fle_model::establishment::server::{Role, Server};
use fle_model::establishment::terms::{self, Answer, Bond, Epoch, Introduction, Knowledge, Stored};
use fle_model::terms::ensemble;
use fle_model::terms::vote::sid;
use std::sync::Arc;
use std::time::Duration;

/// The table for one ensemble.
pub(super) struct Terms<const N: usize> {
    pub(super) ensemble: Arc<Ensemble>,
    learner_types: [LearnerType; N],
}

pub(super) fn epoch(epoch: Epoch) -> PeerEpoch {
    PeerEpoch(epoch.0.into())
}

fn epochs(stored: Stored) -> leadership::Epochs {
    leadership::Epochs {
        accepted: epoch(stored.accepted),
        current: epoch(stored.current),
    }
}

/// Promises have always been as long as they are.
pub(super) fn stored(stored: Stored) -> leadership::Stored {
    leadership::Stored {
        epochs: epochs(stored),
        knowledge: match stored.knowledge {
            Knowledge::Complete => leadership::Knowledge::Complete,
            Knowledge::Blank => leadership::Knowledge::Blank,
            Knowledge::Lost => leadership::Knowledge::Lost,
        },
        promise: Some(PROMISE),
    }
}

pub(super) fn past(answer: Answer) -> Past {
    match answer {
        Answer::Accepted(accepted) => Past::Accepted(epoch(accepted)),
        Answer::Lost => Past::Lost,
    }
}

pub(super) fn zxid(zxid: terms::Zxid) -> Zxid {
    Zxid(i64::from(zxid.epoch.0) << 32 | i64::from(zxid.number))
}

impl<const N: usize> Terms<N> {
    pub(super) fn new(ensemble: &ensemble::Ensemble<N>) -> Self {
        let terms = trace::terms::Terms::new(ensemble);
        let known = ensemble.composition().begins();
        let (committed, proposed) = terms.configurations(known);
        let ensemble = ensemble_of(committed, proposed);
        Self {
            ensemble: ensemble.expect("the model writes configurations that can be read"),
            learner_types: std::array::from_fn(|place| terms.learner_type(place, known).into()),
        }
    }

    /// Nothing ends but promises.
    pub(super) fn settings(&self, place: usize) -> Settings {
        Settings {
            sid: sid(place),
            learner_type: self.learner_types[place],
            tick: 2 * PATIENCE,
            init_limit: PATIENCE,
            sync_limit: PROMISE,
            clock_drift_ppm: 0,
            epoch_timeout: None,
            promise_ends_with_connection: false,
        }
    }

    /// How this server introduces itself, with answers that may be counted on for so long.
    pub(super) fn introduction(
        &self,
        from: usize,
        info: Introduction,
        unsettled: Duration,
    ) -> LearnerInfo {
        LearnerInfo {
            sid: sid(from),
            learner_type: self.learner_types[from],
            accepted: epoch(info.accepted),
            protocol: PROTOCOL,
            config_version: self.ensemble.committed().version(),
            promise: PROMISE,
            patience: PATIENCE,
            unsettled,
            remembers: info.remembers,
        }
    }

    /// A packet as this server sends it.
    pub(super) fn packet(&self, from: usize, packet: network::Packet) -> Packet {
        match packet {
            network::Packet::LearnerInfo(info) => {
                Packet::LearnerInfo(self.introduction(from, info, UNSETTLED))
            }
            network::Packet::LeaderInfo(proposed) => Packet::LeaderInfo {
                epoch: epoch(proposed),
                protocol: PROTOCOL,
            },
            network::Packet::AckEpoch {
                current,
                zxid: last,
            } => Packet::AckEpoch {
                current: current.map(epoch),
                last_zxid: zxid(last),
            },
            network::Packet::NewLeader {
                epoch: new,
                history: _,
            } => Packet::NewLeader { epoch: epoch(new) },
            network::Packet::Proposal(_) => unreachable!("the engine has no transactions"),
            network::Packet::Ack(new) => Packet::Ack { epoch: epoch(new) },
            network::Packet::UpToDate => Packet::UpToDate,
            network::Packet::Ping => Packet::Ping,
            network::Packet::Release => Packet::Release,
            network::Packet::HandOver(to) => Packet::HandOver {
                to: sid(to.index()),
            },
        }
    }

    /// Whether what the model says of this server is what the engine does. Of reasons the model
    /// knows nothing.
    pub(super) fn is_same(&self, me: usize, told: &Effect, done: &leadership::Effect) -> bool {
        match (*told, done) {
            (Effect::StoreAccepted(told), leadership::Effect::StoreAccepted(done))
            | (Effect::StoreCurrent(told), leadership::Effect::StoreCurrent(done))
            | (Effect::Established(told), leadership::Effect::Established(done)) => {
                epoch(told) == *done
            }
            (Effect::Connect(told), leadership::Effect::Connect(done))
            | (Effect::Close(told), leadership::Effect::Close { peer: done, .. }) => {
                sid(told) == *done
            }
            (Effect::Send { to: told, packet }, leadership::Effect::Send { to, packet: done }) => {
                sid(told) == *to && self.packet(me, packet) == timeless(*done)
            }
            (Effect::Quit, leadership::Effect::Quit(_))
            | (Effect::StoreKnown, leadership::Effect::StoreKnown) => true,
            _ => false,
        }
    }

    /// What the model says can be seen of a server.
    pub(super) fn shown(&self, me: usize, server: &Server<N>) -> Shown {
        let established = server.established().map(epoch);
        Shown {
            follows: match (server.role, established) {
                (Role::Leading(_), Some(epoch)) => Follows::Itself(epoch),
                (Role::Learning(learner), Some(epoch)) => {
                    let leader = sid(learner.leader.index());
                    match self.learner_types[me] {
                        LearnerType::Participant => Follows::Another(leader, epoch),
                        LearnerType::Observer => Follows::AnotherWithoutVote(leader, epoch),
                    }
                }
                _ => Follows::Nobody,
            },
            memory: epochs(server.memory),
            remembers: server.memory.remembers(),
            past: past(server.answer()),
            disk: stored(server.disk),
            waits: match server.role {
                // It will ask again.
                Role::Looking(_) if server.memory.knowledge == Knowledge::Blank => Waits::Patiently,
                Role::Down | Role::Looking(_) => Waits::NotAtAll,
                Role::Leading(leader) => match leader.stage {
                    leader::Stage::Promising(_) if server.bond != Bond::Free => Waits::ForPromise,
                    leader::Stage::Established(_) => Waits::ForPromise,
                    _ => Waits::Patiently,
                },
                Role::Learning(learner) => match learner.stage {
                    Stage::HeldBack(_) | Stage::Following(_) => Waits::ForPromise,
                    _ => Waits::Patiently,
                },
            },
        }
    }
}

/// For how long a leader that is not established may count on what a learner has answered elsewhere
/// is time, which the model does not know.
fn timeless(packet: Packet) -> Packet {
    match packet {
        Packet::LearnerInfo(info) => Packet::LearnerInfo(LearnerInfo {
            unsettled: UNSETTLED,
            ..info
        }),
        _ => packet,
    }
}
