//! A whole election in memory by what else a Rust user could pick: `raft` and omnipaxos' ballot
//! leader election.
//!
//! All servers live in one thread, a message is handed over as the value that it is, and nobody
//! waits: the time is what the servers compute. Neither crate elects without its log, which is
//! empty here.

use omnipaxos::messages::Message as PaxosMessage;
use omnipaxos::messages::ballot_leader_election::BLEMessage;
use omnipaxos::storage::{Entry, NoSnapshot};
use omnipaxos::{ClusterConfig, OmniPaxos, OmniPaxosConfig, ServerConfig};
use omnipaxos_storage::memory_storage::MemoryStorage;
use protobuf::Message as _;
use raft::eraftpb::{ConfState, Message};
use raft::storage::MemStorage;
use raft::{Config, RawNode, Ready};
use std::collections::VecDeque;

/// What an election took on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Traffic {
    /// How many messages were handed over.
    pub messages: usize,
    /// Their size: encoded for `raft`, in memory for omnipaxos, which leaves the encoding to its
    /// user.
    pub bytes: usize,
}

/// Servers 1 to n of `raft`, none of which has heard of another.
pub struct Raft {
    servers: Vec<RawNode<MemStorage>>,
    network: VecDeque<Message>,
}

impl Raft {
    /// The servers, with the crate's usual settings.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn new(voters: u64) -> Self {
        let logger = slog::Logger::root(slog::Discard, slog::o!());
        let server = |sid| {
            let voters = ConfState::from(((1..=voters).collect::<Vec<_>>(), vec![]));
            let storage = MemStorage::new_with_conf_state(voters);
            RawNode::new(&Config::new(sid), storage, &logger).expect("valid settings")
        };
        Self {
            servers: (1..=voters).map(server).collect(),
            network: VecDeque::new(),
        }
    }

    /// Server 1 campaigns, as if its time had run out first, until all know the leader. `weigh`
    /// measures a message.
    ///
    /// # Panics
    /// When they do not agree.
    pub fn elect(&mut self, weigh: impl Fn(&Message) -> usize) -> Traffic {
        let mut traffic = Traffic::default();
        self.servers[0].campaign().expect("it may campaign");
        self.carry_out(0);
        let mut unaware = self.servers.len();
        let mut aware = vec![false; self.servers.len()];
        while unaware > 0 {
            let message = self.network.pop_front().expect("the election goes on");
            traffic.messages += 1;
            traffic.bytes += weigh(&message);
            let to = index(message.to);
            self.servers[to].step(message).expect("a valid message");
            self.carry_out(to);
            if self.leader(to) != 0 && !aware[to] {
                aware[to] = true;
                unaware -= 1;
            }
        }
        assert!((0..self.servers.len()).all(|it| self.leader(it) == 1));
        traffic
    }

    fn leader(&self, server: usize) -> u64 {
        self.servers[server].raft.leader_id
    }

    /// Persists and sends, as the crate's documentation asks for.
    fn carry_out(&mut self, server: usize) {
        let node = &mut self.servers[server];
        while node.has_ready() {
            let mut ready: Ready = node.ready();
            self.network.extend(ready.take_messages());
            if let Some(state) = ready.hs() {
                node.mut_store().wl().set_hardstate(state.clone());
            }
            let appended = node.mut_store().wl().append(ready.entries());
            appended.expect("entries follow on each other");
            self.network.extend(ready.take_persisted_messages());
            let mut light = node.advance(ready);
            self.network.extend(light.take_messages());
            node.advance_apply();
        }
    }
}

/// The size of the message as `raft` writes it.
#[must_use]
pub fn encoded(message: &Message) -> usize {
    message.compute_size() as usize
}

/// An entry of a log that stays empty.
#[derive(Clone, Debug)]
pub struct Nothing;

impl Entry for Nothing {
    type Snapshot = NoSnapshot;
}

/// Servers 1 to n of omnipaxos, whose time runs out together.
pub struct Ballots {
    servers: Vec<OmniPaxos<Nothing, MemoryStorage<Nothing>>>,
    network: Vec<PaxosMessage<Nothing>>,
}

impl Ballots {
    /// The servers, with the crate's usual settings; an election tick is one call of `tick`.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn new(voters: u64) -> Self {
        let server = |pid| {
            let config = OmniPaxosConfig {
                cluster_config: ClusterConfig {
                    configuration_id: 1,
                    nodes: (1..=voters).collect(),
                    ..ClusterConfig::default()
                },
                server_config: ServerConfig {
                    pid,
                    election_tick_timeout: 1,
                    // The default is a hundred thousand messages, which a thousand servers have no
                    // memory for.
                    buffer_size: 16,
                    ..ServerConfig::default()
                },
            };
            let built = config.build(MemoryStorage::default());
            built.expect("valid settings")
        };
        Self {
            servers: (1..=voters).map(server).collect(),
            network: Vec::new(),
        }
    }

    /// Rounds of heartbeats until all have promised the same leader.
    ///
    /// # Panics
    /// When they do not agree within 10 rounds.
    pub fn elect(&mut self) -> Traffic {
        let mut traffic = Traffic::default();
        for _ in 0..10 {
            self.servers.iter_mut().for_each(OmniPaxos::tick);
            while self.collect() {
                for message in std::mem::take(&mut self.network) {
                    traffic.messages += 1;
                    traffic.bytes += match &message {
                        PaxosMessage::BLE(_) => size_of::<BLEMessage>(),
                        PaxosMessage::SequencePaxos(_) => size_of::<PaxosMessage<Nothing>>(),
                    };
                    self.servers[index(message.get_receiver())].handle_incoming(message);
                }
                if self.agreed() {
                    return traffic;
                }
            }
        }
        panic!("no leader within 10 rounds");
    }

    fn collect(&mut self) -> bool {
        for server in &mut self.servers {
            server.take_outgoing_messages(&mut self.network);
        }
        !self.network.is_empty()
    }

    fn agreed(&self) -> bool {
        let leader = |server: &OmniPaxos<_, _>| server.get_current_leader().map(|(pid, _)| pid);
        let first = leader(&self.servers[0]);
        first.is_some() && self.servers.iter().all(|server| leader(server) == first)
    }
}

fn index(sid: u64) -> usize {
    usize::try_from(sid).expect("few servers") - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raft_sends_requests_votes_and_the_leaders_first_entry() {
        for voters in [3, 5, 21] {
            let mut raft = Raft::new(voters);
            let traffic = raft.elect(encoded);
            let others = index(voters);
            let least = others + others / 2 + others;
            assert!(traffic.messages >= least && traffic.messages <= 4 * others);
            assert!(traffic.bytes > traffic.messages);
        }
    }

    #[test]
    fn omnipaxos_agrees_after_two_rounds_of_heartbeats() {
        for voters in [3, 5, 21] {
            let mut ballots = Ballots::new(voters);
            let traffic = ballots.elect();
            let others = index(voters);
            assert!(traffic.messages >= 2 * others * (others + 1), "{traffic:?}");
            assert!(ballots.agreed());
        }
    }
}
