//! How the model's terms read in the engine's: the one table of it. What is done about an event is in [`super::variants`].
//!
//! What the model has no counterpart of is fixed here: servers without transactions, of one version of the configuration.

use super::engine::{Follows, PATIENCE, PROMISE, Shown, Waits};
use crate::engine::ensemble_of;
use fle::config::LearnerType;
use fle::leadership::packet::{LearnerInfo, PROTOCOL, Packet};
use fle::leadership::{self, Settings};
use fle::{Ensemble, PeerEpoch, Zxid};
use fle_model::ensemble;
use fle_model::establishment::leader;
use fle_model::establishment::learner::Stage;
use fle_model::establishment::network;
use fle_model::establishment::server::{Effect, Epoch, Epochs, Role, Server};
use fle_model::trace;
use fle_model::vote::sid;
use std::sync::Arc;

/// The table for one ensemble.
pub(super) struct Terms<const N: usize> {
    pub(super) ensemble: Arc<Ensemble>,
    learner_types: [LearnerType; N],
}

pub(super) fn epoch(epoch: Epoch) -> PeerEpoch {
    PeerEpoch(epoch.0.into())
}

pub(super) fn epochs(epochs: Epochs) -> leadership::Epochs {
    leadership::Epochs {
        accepted: epoch(epochs.accepted),
        current: epoch(epochs.current),
    }
}

pub(super) fn zxid(zxid: u8) -> Zxid {
    Zxid(zxid.into())
}

impl<const N: usize> Terms<N> {
    pub(super) fn new(ensemble: &ensemble::Ensemble<N>) -> Self {
        let terms = trace::terms::Terms::new(ensemble);
        let (committed, proposed) = terms.configurations();
        let ensemble = ensemble_of(committed, proposed);
        Self {
            ensemble: ensemble.expect("the model writes configurations that can be read"),
            learner_types: std::array::from_fn(|place| terms.learner_type(place).into()),
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

    /// A packet as this server sends it.
    pub(super) fn packet(&self, from: usize, packet: network::Packet) -> Packet {
        match packet {
            network::Packet::LearnerInfo(accepted) => {
                Packet::LearnerInfo(LearnerInfo::of_the_reference(
                    sid(from),
                    self.learner_types[from],
                    epoch(accepted),
                    PROTOCOL,
                    self.ensemble.committed().version(),
                ))
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
            network::Packet::NewLeader(new) => Packet::NewLeader { epoch: epoch(new) },
            network::Packet::Ack(new) => Packet::Ack { epoch: epoch(new) },
            network::Packet::UpToDate => Packet::UpToDate,
            network::Packet::HandOver(to) => Packet::HandOver { to: sid(to) },
        }
    }

    /// Whether what the model says of this server is what the engine does. Of reasons the model knows nothing.
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
                sid(told) == *to && self.packet(me, packet) == *done
            }
            (Effect::Quit, leadership::Effect::Quit(_)) => true,
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
                    let leader = sid(learner.leader);
                    match self.learner_types[me] {
                        LearnerType::Participant => Follows::Another(leader, epoch),
                        LearnerType::Observer => Follows::AnotherWithoutVote(leader, epoch),
                    }
                }
                _ => Follows::Nobody,
            },
            memory: epochs(server.memory),
            disk: epochs(server.disk),
            waits: match server.role {
                Role::Down | Role::Looking(_) => Waits::NotAtAll,
                Role::Leading(leader) => match leader.stage {
                    leader::Stage::Promising(_) if server.is_bound => Waits::ForPromise,
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
