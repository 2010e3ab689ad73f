//! How a state is hashed: in a few words, since every transition has one hashed.
//!
//! States that are equal have equal words; different ones differ in some word, because each field
//! has bits of its own, and a word that is left out is told by one that is not. Every structure is
//! taken apart by all its fields, so that one that is added is not forgotten here.

use super::state::{Faults, State};
use crate::establishment::leader::{Leader, LearnerStage, Stage};
use crate::establishment::learner::{self, Learner};
use crate::establishment::network::{Connection, LeaderEnd, Network, Packet};
use crate::establishment::server::{Role, Server};
use crate::establishment::terms::{Bond, Introduction, Knowledge, Stored};
use std::hash::{Hash, Hasher};

impl<const N: usize> Hash for State<N> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let Self {
            servers,
            network,
            faults,
            votes,
            said,
            begun,
        } = self;
        for server in servers {
            server.hash(hasher);
        }
        hash_network(network, hasher);
        let Faults {
            crashes,
            breaks,
            appends,
            transfers,
            losses,
            rollbacks,
            resets,
        } = *faults;
        let rest = [
            crashes, breaks, appends, transfers, losses, rollbacks, *begun,
        ];
        let rest = rest.iter().fold(0, |word, &byte| and(word, byte, 8));
        let rest = and(rest, optional(resets, 8), 9);
        hasher.write_u128(
            votes
                .iter()
                .fold(rest, |word, set| and(word, set.bits(), 8)),
        );
        let said = said.iter().map(|said| {
            let said = said.map(|(epoch, zxid)| and(epoch.0.into(), u8::from(zxid), 8));
            optional(said, 16)
        });
        hasher.write_u128(said.fold(0, |word, said| and(word, said, 17)));
    }
}

/// The word with this value in as many bits behind it.
fn and(word: u128, value: impl Into<u128>, bits: u32) -> u128 {
    word << bits | value.into()
}

/// Never zero if there is a value, in one bit more than that has.
fn optional(value: Option<impl Into<u128>>, bits: u32) -> u128 {
    value.map_or(0, |value| and(1, value, bits))
}

impl<const N: usize> Hash for Server<N> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let Self {
            disk,
            memory,
            history,
            bond,
            without_past,
            role,
        } = self;
        let word = and(stored(*disk), stored(*memory), 18);
        let word = and(word, history.bits(), 16);
        let bond = match bond {
            Bond::Free => 0,
            Bond::Forgotten => 1,
            Bond::To(leader) => 2 + leader.index() as u128,
        };
        let word = and(and(word, bond, 8), without_past.bits(), 8);
        let (kind, owes) = match role {
            Role::Down => (0_u8, false),
            Role::Looking(_) => (1, false),
            Role::Learning(_) => (2, false),
            Role::Leading(leader) => (3, leader.owed != [None; N]),
        };
        hasher.write_u128(and(and(word, kind, 2), owes, 1));
        match role {
            Role::Down => {}
            Role::Looking(early) => {
                let came = early.iter().map(|it| optional(it.map(introduction), 9));
                hasher.write_u128(came.fold(0, |word, it| and(word, it, 10)));
            }
            Role::Learning(learner) => hasher.write_u128(learns(learner)),
            Role::Leading(leader) => hash_leader(leader, owes, hasher),
        }
    }
}

/// In 18 bits.
fn stored(stored: Stored) -> u128 {
    let Stored {
        accepted,
        current,
        knowledge,
    } = stored;
    let knowledge = match knowledge {
        Knowledge::Complete => 0_u8,
        Knowledge::Blank => 1,
        Knowledge::Lost => 2,
    };
    and(and(accepted.0.into(), current.0, 8), knowledge, 2)
}

/// In nine bits.
fn introduction(introduction: Introduction) -> u128 {
    let Introduction {
        accepted,
        remembers,
    } = introduction;
    and(accepted.0.into(), remembers, 1)
}

fn learns(learner: &Learner) -> u128 {
    let Learner { leader, stage } = learner;
    let (stage, epoch) = match stage {
        learner::Stage::Introduced => (0_u8, 0),
        learner::Stage::HeldBack(epoch) => (1, epoch.0),
        learner::Stage::Promised(epoch) => (2, epoch.0),
        learner::Stage::Activated(epoch) => (3, epoch.0),
        learner::Stage::Following(epoch) => (4, epoch.0),
    };
    and(and(leader.index() as u128, stage, 3), epoch, 8)
}

fn hash_leader<const N: usize, H: Hasher>(leader: &Leader<N>, owes: bool, hasher: &mut H) {
    const { assert!(N <= 5, "the words have no room for more") }
    let Leader {
        elected_in,
        stage,
        learners,
        unanswered,
        owed,
    } = leader;
    let (stage, epoch) = match stage {
        Stage::Discovery => (0_u8, 0),
        Stage::Promising(epoch) => (1, epoch.0),
        Stage::Activating(epoch) => (2, epoch.0),
        Stage::Established(epoch) => (3, epoch.0),
    };
    let word = and(and(elected_in.0.into(), stage, 2), epoch, 8);
    let learners = learners.iter().zip(unanswered);
    hasher.write_u128(learners.fold(word, |word, (learner, unanswered)| {
        and(
            and(word, optional(learner.map(came), 12), 13),
            *unanswered,
            8,
        )
    }));
    if owes {
        for owed in owed {
            let by = |owed: [Option<u8>; N]| {
                let answers = owed.iter().map(|answers| optional(*answers, 8));
                answers.fold(0, |word, answers| and(word, answers, 9))
            };
            hasher.write_u128(optional(owed.map(by), 120));
        }
    }
}

/// In twelve bits.
fn came(stage: LearnerStage) -> u128 {
    let (stage, more) = match stage {
        LearnerStage::Aside { remembers, settled } => {
            (0, u8::from(remembers) << 1 | u8::from(settled))
        }
        LearnerStage::Introduced(epoch) => (1, epoch.0),
        LearnerStage::Asked => (2, 0),
        LearnerStage::Known => (3, 0),
        LearnerStage::Promised => (4, 0),
        LearnerStage::Activating => (5, 0),
        LearnerStage::Synced => (6, 0),
        LearnerStage::Heir => (7, 0),
    };
    and(stage, more, 8)
}

/// A word tells which connections there are: most never were.
fn hash_network<const N: usize, H: Hasher>(network: &Network<N>, hasher: &mut H) {
    let connections = network.all().as_flattened();
    let there = connections.iter().map(Connection::is_there);
    hasher.write_u64(there.fold(0, |word, is_there| word << 1 | u64::from(is_there)));
    for connection in connections.iter().filter(|it| it.is_there()) {
        hash_connection(connection, hasher);
    }
}

fn hash_connection<H: Hasher>(connection: &Connection, hasher: &mut H) {
    let Connection {
        learner_end,
        leader_end,
        up,
        down,
    } = connection;
    let leader_end = match leader_end {
        LeaderEnd::Closed => 0_u8,
        LeaderEnd::Unread => 1,
        LeaderEnd::Open => 2,
    };
    let ends = and(u128::from(*learner_end), leader_end, 2);
    let word = [up, down].iter().fold(ends, |word, queue| {
        let first = queue.head().map_or(0, packet);
        and(and(word, queue.packets().count() as u128, 3), first, 32)
    });
    hasher.write_u128(word);
    for more in [up, down].into_iter().flat_map(|it| it.packets().skip(1)) {
        hasher.write_u64(packet(more).into());
    }
}

fn packet(packet: Packet) -> u32 {
    let (kind, what): (u8, u128) = match packet {
        Packet::LearnerInfo(it) => (0, introduction(it)),
        Packet::LeaderInfo(epoch) => (1, epoch.0.into()),
        Packet::AckEpoch { current, zxid } => {
            let current = optional(current.map(|epoch| epoch.0), 8);
            (2, and(current, u8::from(zxid), 8))
        }
        Packet::NewLeader { epoch, history } => {
            let history = optional(history.map(|it| it.bits()), 16);
            (3, and(history, epoch.0, 8))
        }
        Packet::Proposal(history) => (4, history.bits().into()),
        Packet::Ack(epoch) => (5, epoch.0.into()),
        Packet::UpToDate => (6, 0),
        Packet::Ping => (7, 0),
        Packet::Release => (8, 0),
        Packet::HandOver(to) => (9, to.index() as u128),
    };
    u32::try_from(and(what, kind, 4)).expect("25 bits and four")
}
