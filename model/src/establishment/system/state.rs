//! Everything at a moment: servers, connections, what may still go wrong.

use crate::establishment::network::Network;
use crate::establishment::server::Server;
use crate::establishment::terms::{Epoch, Zxid};
use crate::terms::set::ServerSet;
use borsh::{BorshDeserialize, BorshSerialize};

/// Everything at a moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, BorshSerialize, BorshDeserialize)]
pub struct State<const N: usize> {
    /// The servers.
    pub servers: [Server<N>; N],
    /// The connections.
    pub network: Network<N>,
    /// What may still go wrong.
    pub faults: Faults,
    /// For each server those that may have voted for it; nobody, where the election has no sense.
    pub votes: [ServerSet; N],
    /// The best that each server has said of itself while it looked: its current epoch and its last
    /// transaction. Nothing, where the election has no sense.
    pub said: [Option<(Epoch, Zxid)>; N],
    /// How much of the prelude is over.
    pub begun: u8,
}

/// How often each fault may still happen.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, BorshSerialize, BorshDeserialize,
)]
pub struct Faults {
    /// A server crashes, and is started again.
    pub crashes: u8,
    /// A leader loses the connection with a learner, which has yet to see that.
    pub breaks: u8,
    /// A leader is to add a transaction.
    pub appends: u8,
    /// A leader is to hand over.
    pub transfers: u8,
    /// A server crashes, or is down, and its disk is empty.
    pub losses: u8,
    /// A server crashes, or is down, and its disk is an older one. That is noticed.
    pub rollbacks: u8,
    /// A server loses patience, or sees the end of a connection that its leader has not ended;
    /// `None` for as often as it likes.
    pub resets: Option<u8>,
}

impl Faults {
    /// None.
    pub const NONE: Self = Self {
        crashes: 0,
        breaks: 0,
        appends: 0,
        transfers: 0,
        losses: 0,
        rollbacks: 0,
        resets: None,
    };
}

impl<const N: usize> State<N> {
    /// All servers running, nothing under way.
    #[must_use]
    pub fn new(servers: [Server<N>; N], faults: Faults) -> Self {
        Self {
            servers,
            network: Network::default(),
            faults,
            votes: [ServerSet::NONE; N],
            said: [None; N],
            begun: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::establishment::leader::{Leader, LearnerStage, Stage};
    use crate::establishment::learner::{self, Learner};
    use crate::establishment::network::Packet;
    use crate::establishment::server::Role;
    use crate::establishment::terms::{Bond, History, Introduction, Knowledge, Stored};
    use crate::frame::system::{Change, assert_fingerprints_differ};

    const INTRODUCTION: Introduction = Introduction {
        accepted: Epoch(0),
        remembers: true,
    };

    fn leads(state: &mut State<2>) -> &mut Leader<2> {
        state.servers[0].role = Role::Leading(Leader::new(Epoch(0)));
        match &mut state.servers[0].role {
            Role::Leading(leader) => leader,
            Role::Down | Role::Looking(_) | Role::Learning(_) => panic!("it leads"),
        }
    }

    fn learns(state: &mut State<2>, leader: usize, stage: learner::Stage) {
        state.servers[0].role = Role::Learning(Learner {
            leader: leader.into(),
            stage,
        });
    }

    const CHANGES: &[Change<State<2>>] = &[
        ("nothing", |_| {}),
        ("accepted", |it| it.servers[0].disk.accepted = Epoch(1)),
        ("current", |it| it.servers[0].disk.current = Epoch(1)),
        ("knowledge", |it| {
            it.servers[0].disk.knowledge = Knowledge::Lost;
        }),
        ("memory", |it| it.servers[0].memory.accepted = Epoch(1)),
        ("history", |it| it.servers[0].history = History::NONE),
        ("a longer one", |it| {
            it.servers[0].history = History::of(2);
        }),
        ("of an epoch", |it| {
            it.servers[0].history = History::NONE.and(Epoch(1));
        }),
        ("votes", |it| it.votes[0] = ServerSet::first(1)),
        ("votes for another", |it| it.votes[1] = ServerSet::first(1)),
        ("said", |it| it.said[0] = Some((Epoch(0), Zxid::default()))),
        ("of an epoch", |it| {
            it.said[0] = Some((Epoch(1), Zxid::default()));
        }),
        ("said by another", |it| {
            it.said[1] = Some((Epoch(0), Zxid::default()));
        }),
        ("bond", |it| it.servers[0].bond = Bond::To(0.into())),
        ("its leader", |it| it.servers[0].bond = Bond::To(1.into())),
        ("forgotten", |it| it.servers[0].bond = Bond::Forgotten),
        ("without_past", |it| {
            it.servers[0].without_past = ServerSet::first(1);
        }),
        ("of another", |it| {
            it.servers[1].without_past = ServerSet::first(1);
        }),
        ("down", |it| it.servers[0].role = Role::Down),
        ("came early", |it| {
            it.servers[0].role = Role::Looking([Some(INTRODUCTION), None]);
        }),
        ("leads", |it| _ = leads(it)),
        ("elected_in", |it| leads(it).elected_in = Epoch(1)),
        ("stage", |it| leads(it).stage = Stage::Promising(Epoch(0))),
        ("its epoch", |it| {
            leads(it).stage = Stage::Promising(Epoch(1));
        }),
        ("learners", |it| {
            leads(it).learners[1] = Some(LearnerStage::Asked);
        }),
        ("unanswered", |it| leads(it).unanswered[1] = 1),
        ("owed", |it| leads(it).owed[1] = Some([None; 2])),
        ("owed to it", |it| leads(it).owed[1] = Some([None, Some(0)])),
        ("learns", |it| learns(it, 0, learner::Stage::Introduced)),
        ("of whom", |it| learns(it, 1, learner::Stage::Introduced)),
        ("how far", |it| {
            learns(it, 1, learner::Stage::Promised(Epoch(1)));
        }),
        ("in which", |it| {
            learns(it, 1, learner::Stage::Promised(Epoch(2)));
        }),
        ("connection", |it| it.network.connect(0, 1)),
        ("the other way", |it| it.network.connect(1, 0)),
        ("up", |it| {
            it.network.connect(0, 1);
            it.network.send(0, 1, Packet::Ping);
        }),
        ("another packet", |it| {
            it.network.connect(0, 1);
            it.network.send(0, 1, Packet::Release);
        }),
        ("leader_end", |it| {
            it.network.connect(0, 1);
            it.network.send(0, 1, Packet::Ping);
            it.network.receive(1, 0);
        }),
        ("down", |it| {
            it.network.connect(0, 1);
            it.network.send(0, 1, Packet::Ping);
            it.network.receive(1, 0);
            it.network.send(1, 0, Packet::Ping);
        }),
        ("crashes", |it| it.faults.crashes += 1),
        ("breaks", |it| it.faults.breaks += 1),
        ("appends", |it| it.faults.appends += 1),
        ("transfers", |it| it.faults.transfers += 1),
        ("losses", |it| it.faults.losses += 1),
        ("rollbacks", |it| it.faults.rollbacks += 1),
        ("resets", |it| it.faults.resets = Some(0)),
        ("begun", |it| it.begun += 1),
    ];

    #[test]
    fn each_field_of_a_state_has_a_part_in_its_fingerprint() {
        let start = State::new([Server::new(Stored::NONE, History::of(1)); 2], Faults::NONE);
        assert_fingerprints_differ(start, CHANGES);
    }
}
