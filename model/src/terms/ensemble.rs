//! Who the servers of a scenario are to one another: which of them vote, what a quorum is, who
//! speaks an older format.
//!
//! What a quorum is is asked of the shared [`fle::quorum`] once, for every set of servers, and
//! kept; so is what is counted by hand ([`Configuration`]), by which claims go.

mod configuration;

pub use configuration::Configuration;

use crate::terms::set::ServerSet;
use crate::terms::vote::{ConfigVersion, Notification, Proposal, Vote, sid};
use borsh::{BorshDeserialize, BorshSerialize};
use fle::Generation;
use fle::quorum::QuorumView;
use serde::Serialize;

/// What kind of ensemble the servers form.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Composition {
    /// Voters of equal weight.
    Majority,
    /// The last server observes.
    Observer,
    /// The last server votes, weighs nothing, and is a group by itself.
    ZeroWeight,
    /// The first server, of weight two, and the second, of weight one, are one group; each other
    /// server is one by itself.
    Groups,
    /// Each server is a group by itself.
    GroupsOfOne,
    /// An oracle may stand in for a missing majority: each server starts either with its grant or
    /// without, at most one with.
    Oracle,
    /// A proposed configuration, in which the last server no longer votes, is to follow the
    /// committed one.
    Joint,
    /// A proposed configuration, in which the last server votes for the first time, is to follow
    /// the committed one.
    Growing,
    /// A proposed configuration, a majority, is to follow the committed one, in which the last
    /// server weighs nothing.
    Reweighing,
    /// The last server speaks the format that has neither peer epoch nor version.
    OldPeer,
    /// A newer configuration, in which the same servers vote, follows the one that all but one
    /// server know.
    Gossip,
}

/// What a server knows of the two configurations of a scenario.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    Serialize,
    BorshSerialize,
    BorshDeserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Known {
    /// The first is committed.
    First,
    /// The first is committed, and the second proposed: both must give a quorum.
    Joint,
    /// The second is committed.
    Second,
}

/// The ensemble of `N` servers, as a server sees it that knows these configurations.
#[derive(Clone, Debug)]
pub struct Ensemble<const N: usize> {
    composition: Composition,
    committed: Configuration,
    proposed: Option<Configuration>,
    view: QuorumView,
    voters: ServerSet,
    quorums: Quorums,
    quorums_with_grant: Quorums,
    counted_quorums: Quorums,
    counted_quorums_with_grant: Quorums,
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

    /// Whether a second configuration is proposed.
    #[must_use]
    pub fn is_joint(self) -> bool {
        self.begins() == Known::Joint
    }

    /// What servers know that know no more than the others.
    #[must_use]
    pub fn begins(self) -> Known {
        match self {
            Self::Joint | Self::Growing | Self::Reweighing => Known::Joint,
            Self::Majority
            | Self::Observer
            | Self::ZeroWeight
            | Self::Groups
            | Self::GroupsOfOne
            | Self::Oracle
            | Self::OldPeer
            | Self::Gossip => Known::First,
        }
    }

    /// One of its two configurations, of so many servers.
    #[must_use]
    pub fn configuration(self, servers: usize, version: ConfigVersion) -> Configuration {
        let all = Configuration::majority(0..servers);
        let all_but_last = Configuration::majority(0..servers - 1);
        let without_weight = vec![
            (0..servers - 1).map(|server| (server, 1)).collect(),
            vec![(servers - 1, 0)],
        ];
        match (self, version) {
            (Self::Observer, _) | (Self::Joint, SECOND) | (Self::Growing, FIRST) => all_but_last,
            (Self::ZeroWeight, _) | (Self::Reweighing, FIRST) => {
                Configuration::hierarchical(without_weight)
            }
            (Self::Groups, _) => {
                let pair = vec![(0, 2), (1, 1)];
                let others = (2..servers).map(|server| vec![(server, 1)]);
                Configuration::hierarchical([pair].into_iter().chain(others).collect())
            }
            (Self::GroupsOfOne, _) => {
                let alone = (0..servers).map(|server| vec![(server, 1)]);
                Configuration::hierarchical(alone.collect())
            }
            (
                Self::Majority
                | Self::Oracle
                | Self::Joint
                | Self::Growing
                | Self::Reweighing
                | Self::OldPeer
                | Self::Gossip,
                _,
            ) => all,
        }
    }
}

/// The version of the configuration that comes first.
pub const FIRST: ConfigVersion = ConfigVersion(1);
/// The version of the one that follows it.
pub const SECOND: ConfigVersion = ConfigVersion(2);

impl Known {
    /// Each.
    pub const ALL: [Self; 3] = [Self::First, Self::Joint, Self::Second];

    /// What a server knows that has committed this version.
    #[must_use]
    pub fn of(version: ConfigVersion) -> Self {
        match version {
            FIRST => Self::First,
            _ => Self::Second,
        }
    }

    /// The version that is committed, which notifications tell.
    #[must_use]
    pub fn committed(self) -> ConfigVersion {
        match self {
            Self::First | Self::Joint => FIRST,
            Self::Second => SECOND,
        }
    }

    /// What is known of the second configuration, in a word.
    #[must_use]
    pub fn told(self) -> &'static str {
        match self {
            Self::First => "unknown",
            Self::Joint => "proposed",
            Self::Second => "committed",
        }
    }

    /// The newest version that is known at all.
    #[must_use]
    pub fn newest(self) -> ConfigVersion {
        self.proposed().unwrap_or(self.committed())
    }

    /// The version that is proposed.
    #[must_use]
    pub fn proposed(self) -> Option<ConfigVersion> {
        (self == Self::Joint).then_some(SECOND)
    }
}

impl<const N: usize> Ensemble<N> {
    /// The ensemble of this kind, as its servers see it at first.
    ///
    /// # Panics
    /// With more than seven servers.
    #[must_use]
    pub fn new(composition: Composition) -> Self {
        Self::known(composition, composition.begins())
    }

    /// The ensemble of this kind, for who knows these configurations.
    ///
    /// # Panics
    /// With more than seven servers.
    #[must_use]
    pub fn known(composition: Composition, known: Known) -> Self {
        let committed = composition.configuration(N, known.committed());
        let proposed = known.proposed();
        let proposed = proposed.map(|version| composition.configuration(N, version));
        let view = match &proposed {
            Some(proposed) => QuorumView::joint(committed.verifier(), proposed.verifier()),
            None => QuorumView::new(committed.verifier()),
        };
        let shared = |granted: bool| {
            Quorums::of::<N>(|set| {
                let tally = view.tally(set.iter().map(sid));
                view.has_quorum(&tally, granted.then_some(&true))
            })
        };
        let counted = |granted: bool| {
            let in_force = || [&committed].into_iter().chain(&proposed);
            Quorums::of::<N>(|set| in_force().all(|it| it.has_quorum(set, granted)))
        };
        Self {
            composition,
            voters: (0..N)
                .filter(|&server| view.slot(sid(server)).is_some())
                .collect(),
            quorums: shared(false),
            quorums_with_grant: shared(true),
            counted_quorums: counted(false),
            counted_quorums_with_grant: counted(true),
            committed,
            proposed,
            view,
        }
    }

    /// What kind it is.
    #[must_use]
    pub fn composition(&self) -> Composition {
        self.composition
    }

    /// The committed configuration.
    #[must_use]
    pub fn committed(&self) -> &Configuration {
        &self.committed
    }

    /// Everybody who votes in a configuration in force.
    #[doc(alias = "getCurrentAndNextConfigVoters")]
    #[must_use]
    pub fn voters(&self) -> ServerSet {
        self.voters
    }

    /// Whether these servers are a quorum in every configuration in force; `granted` by the oracle,
    /// a majority may be missing. By the shared rule: for what servers do.
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

    /// Whether these servers are a quorum in every configuration in force, counted by hand: for
    /// what is claimed.
    #[must_use]
    pub fn has_quorum(&self, servers: ServerSet, granted: bool) -> bool {
        let quorums = if granted && self.has_oracle() {
            self.counted_quorums_with_grant
        } else {
            self.counted_quorums
        };
        quorums.contain(servers)
    }

    /// Whether an oracle stands beside the ensemble.
    #[must_use]
    pub fn has_oracle(&self) -> bool {
        self.composition == Composition::Oracle
    }

    /// Whether the server can be elected: it votes in a configuration in force, and has weight in
    /// the committed one, or, where that one says nothing of it, in the one proposed. By hand, for
    /// what is claimed; servers ask [`Self::supersedes`].
    #[must_use]
    pub fn has_weight(&self, server: usize) -> bool {
        let mut in_force = [&self.committed].into_iter().chain(&self.proposed);
        let votes = in_force.any(|it| it.voters.contains(server));
        let proposed = || self.proposed.as_ref()?.weight(server);
        votes && self.committed.weight(server).or_else(proposed) > Some(0)
    }

    /// What the server is, in a few words, where it is something else than the others.
    #[must_use]
    pub fn role(&self, server: usize) -> Option<&'static str> {
        let is_last = server == N - 1;
        match self.composition {
            Composition::Groups if server == 0 => Some("weight 2"),
            Composition::Groups if server > 1 => Some("its own group"),
            Composition::Observer if is_last => Some("observer"),
            Composition::ZeroWeight if is_last => Some("voter without weight"),
            Composition::Joint if is_last => Some("no voter in the next"),
            Composition::Growing if is_last => Some("voter in the next"),
            Composition::Reweighing if is_last => Some("weight only in the next"),
            Composition::OldPeer if is_last => Some("old wire format"),
            Composition::Majority
            | Composition::Observer
            | Composition::ZeroWeight
            | Composition::Groups
            | Composition::GroupsOfOne
            | Composition::Oracle
            | Composition::Joint
            | Composition::Growing
            | Composition::Reweighing
            | Composition::OldPeer
            | Composition::Gossip => None,
        }
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

    /// A notification as the receiver reads it: between servers of which one speaks the old format
    /// the peer epoch is lost.
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

impl Quorums {
    fn of<const N: usize>(is_quorum: impl Fn(ServerSet) -> bool) -> Self {
        assert!(N <= 7, "a bit for each set of {N} servers does not fit");
        let sets = (0..1_u8 << N).map(|set| {
            let members = (0..N).filter(move |server| set >> server & 1 == 1);
            members.collect::<ServerSet>()
        });
        let quorums = sets.filter(|&set| is_quorum(set));
        Self(quorums.fold(0, |known, set| known | 1 << set.bits()))
    }

    fn contain(self, set: ServerSet) -> bool {
        self.0 >> set.bits() & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::vote::Credentials;

    const ALL: [Composition; 11] = [
        Composition::Majority,
        Composition::Observer,
        Composition::ZeroWeight,
        Composition::Groups,
        Composition::GroupsOfOne,
        Composition::Oracle,
        Composition::Joint,
        Composition::Growing,
        Composition::Reweighing,
        Composition::OldPeer,
        Composition::Gossip,
    ];

    fn ensembles<const N: usize>() -> impl Iterator<Item = Ensemble<N>> {
        let all = ALL.into_iter();
        all.flat_map(|it| Known::ALL.map(|known| Ensemble::known(it, known)))
    }

    fn counts_as_by_hand<const N: usize>() {
        for ensemble in ensembles::<N>() {
            let (kind, known) = (ensemble.composition, ensemble.proposed.is_some());
            for set in 0..1_u8 << N {
                let servers: ServerSet = (0..N).filter(|server| set >> server & 1 == 1).collect();
                for granted in [false, true] {
                    let shared = ensemble.is_quorum(servers, granted);
                    let by_hand = ensemble.has_quorum(servers, granted);
                    assert_eq!(shared, by_hand, "{kind:?} {known} {servers:?} {granted}");
                }
            }
            for server in 0..N {
                let candidate = Proposal::of(server, Credentials::new(1, 1));
                let can_win = ensemble.supersedes(candidate, Proposal::NOBODY);
                let weight = ensemble.has_weight(server);
                assert_eq!(can_win, weight, "{kind:?} {known} {server}");
            }
        }
    }

    #[test]
    fn the_shared_rules_say_what_is_counted_by_hand() {
        counts_as_by_hand::<2>();
        counts_as_by_hand::<3>();
        counts_as_by_hand::<4>();
        counts_as_by_hand::<5>();
    }

    /// What "one established leader" rests on.
    #[test]
    fn quorums_of_what_servers_know_at_once_meet() {
        for composition in ALL {
            let known = Known::ALL.map(|known| Ensemble::<4>::known(composition, known));
            let sets = || (0..16_u8).map(|set| (0..4).filter(|it| set >> it & 1 == 1).collect());
            let meets = |one: ServerSet, other: ServerSet| one.iter().any(|it| other.contains(it));
            for (a, b) in [(0, 0), (0, 1), (1, 1), (1, 2), (2, 2)] {
                let quorums = |at: &Ensemble<4>| -> Vec<ServerSet> {
                    sets().filter(|&it| at.has_quorum(it, false)).collect()
                };
                for one in quorums(&known[a]) {
                    let mut others = quorums(&known[b]).into_iter();
                    assert!(others.all(|other| meets(one, other)), "{composition:?}");
                }
            }
        }
    }
}
