//! Who the servers of a scenario are to one another: which of them vote, what a quorum is, who speaks an older format.
//!
//! What a quorum is and what a server weighs is asked of the shared [`fle::quorum`] once, for every set of servers, and kept.

use crate::terms::set::ServerSet;
use crate::terms::vote::{Notification, Proposal, Vote, sid};
use fle::Generation;
use fle::quorum::{Group, QuorumVerifier, QuorumView};
use serde::Serialize;
use std::collections::BTreeMap;

/// What kind of ensemble the servers form.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Composition {
    /// Voters of equal weight.
    Majority,
    /// The last server observes.
    Observer,
    /// The last server votes and weighs nothing.
    ZeroWeight,
    /// An oracle may stand in for a missing majority: each server starts either with its grant or without, at most one with.
    Oracle,
    /// A proposed configuration, in which the last server no longer votes, is to follow the committed one.
    Joint,
    /// The last server speaks the format that has neither peer epoch nor version.
    OldPeer,
    /// One server has heard of a newer configuration, in which the same servers vote.
    Gossip,
}

/// The ensemble of `N` servers.
#[derive(Clone, Debug)]
pub struct Ensemble<const N: usize> {
    composition: Composition,
    view: QuorumView,
    voters: ServerSet,
    quorums: Quorums,
    quorums_with_grant: Quorums,
}

/// Which sets of servers are quorums: one bit for each set of up to seven.
#[derive(Clone, Copy, Debug)]
struct Quorums(u128);

impl Composition {
    /// Whether any two servers can change places, with everything that is on their disks.
    #[must_use]
    pub fn is_symmetric(self) -> bool {
        matches!(self, Self::Majority | Self::Gossip)
    }
}

impl<const N: usize> Ensemble<N> {
    /// The ensemble of this kind.
    ///
    /// # Panics
    /// With more than seven servers.
    #[must_use]
    pub fn new(composition: Composition) -> Self {
        let all = || (0..N).map(sid);
        let all_but_last = || (0..N - 1).map(sid);
        let view = match composition {
            Composition::Observer => QuorumView::new(QuorumVerifier::majority(all_but_last())),
            Composition::ZeroWeight => QuorumView::new(one_without_weight(N)),
            Composition::Joint => QuorumView::joint(
                QuorumVerifier::majority(all()),
                QuorumVerifier::majority(all_but_last()),
            ),
            Composition::Majority
            | Composition::Oracle
            | Composition::OldPeer
            | Composition::Gossip => QuorumView::new(QuorumVerifier::majority(all())),
        };
        Self {
            composition,
            voters: (0..N)
                .filter(|&server| view.slot(sid(server)).is_some())
                .collect(),
            quorums: Quorums::of::<N>(&view, false),
            quorums_with_grant: Quorums::of::<N>(&view, true),
            view,
        }
    }

    /// What kind it is.
    #[must_use]
    pub fn composition(&self) -> Composition {
        self.composition
    }

    /// Everybody who votes in a configuration in force.
    #[doc(alias = "getCurrentAndNextConfigVoters")]
    #[must_use]
    pub fn voters(&self) -> ServerSet {
        self.voters
    }

    /// Whether these servers are a quorum in every configuration in force; `granted` by the oracle, a majority may be missing.
    #[doc(alias = "hasAllQuorums")]
    #[must_use]
    pub fn is_quorum(&self, servers: ServerSet, granted: bool) -> bool {
        let quorums = if granted && self.has_oracle() {
            self.quorums_with_grant
        } else {
            self.quorums
        };
        quorums.contain(servers)
    }

    /// Whether an oracle stands beside the ensemble.
    #[must_use]
    pub fn has_oracle(&self) -> bool {
        self.composition == Composition::Oracle
    }

    /// Whether the server can be elected: it votes and has weight.
    #[must_use]
    pub fn has_weight(&self, server: usize) -> bool {
        self.voters.contains(server) && self.view.weight(sid(server)) > 0
    }

    /// What the server is, in a few words, where it is something else than the others.
    #[must_use]
    pub fn role(&self, server: usize) -> Option<&'static str> {
        let role = match self.composition {
            Composition::Observer => "observer",
            Composition::ZeroWeight => "voter without weight",
            Composition::Joint => "no voter in the next",
            Composition::OldPeer => "old wire format",
            Composition::Majority | Composition::Oracle | Composition::Gossip => return None,
        };
        (server == N - 1).then_some(role)
    }

    /// In which generation of the wire format two servers talk.
    #[must_use]
    pub fn generation(&self, a: usize, b: usize) -> Generation {
        if self.composition == Composition::OldPeer && (a == N - 1 || b == N - 1) {
            Generation::Unversioned
        } else {
            Generation::Versioned
        }
    }

    /// A notification as the receiver reads it: between servers of which one speaks the old format the peer epoch is lost.
    #[must_use]
    pub fn as_written(&self, src: usize, dst: usize, notification: Notification) -> Notification {
        match self.generation(src, dst) {
            Generation::Versioned => notification,
            Generation::Unversioned => Notification {
                vote: Vote {
                    proposal: notification.vote.proposal.without_epoch(),
                    ..notification.vote
                },
                ..notification
            },
        }
    }

    /// Whether `new` is better than `current`, and its candidate has weight.
    #[doc(alias = "totalOrderPredicate")]
    #[must_use]
    pub fn supersedes(&self, new: Proposal, current: Proposal) -> bool {
        new.unpack().supersedes(&current.unpack(), &self.view)
    }
}

/// One group, in which every server but the last weighs the same.
fn one_without_weight(servers: usize) -> QuorumVerifier {
    let sids = || (0..servers).map(sid);
    let group = Group {
        id: 1,
        members: sids().collect(),
    };
    let weights = BTreeMap::from([(sid(servers - 1), 0)]);
    QuorumVerifier::hierarchical(sids(), &[group], &weights).expect("every server is in the group")
}

impl Quorums {
    fn of<const N: usize>(view: &QuorumView, granted: bool) -> Self {
        assert!(N <= 7, "a bit for each set of {N} servers does not fit");
        let sets = (0..1_u8 << N).map(|set| {
            let members = (0..N).filter(move |server| set >> server & 1 == 1);
            members.collect::<ServerSet>()
        });
        let quorums = sets.filter(|set| {
            let tally = view.tally(set.iter().map(sid));
            view.has_quorum(&tally, granted.then_some(&true))
        });
        Self(quorums.fold(0, |known, set| known | 1 << set.bits()))
    }

    fn contain(self, set: ServerSet) -> bool {
        self.0 >> set.bits() & 1 == 1
    }
}
