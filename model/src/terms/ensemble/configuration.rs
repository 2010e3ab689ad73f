//! One configuration, as data: who votes, and with which weight in which group.
//!
//! What a quorum is follows from it twice. [`Configuration::verifier`] makes the production crate's
//! quorum rule, by which the servers go; [`Configuration::has_quorum`] counts by hand, which is
//! what claims are judged by. So a mistake in the shared rule is a server that settles without a
//! quorum, or an election that does not end.

use crate::terms::set::ServerSet;
use crate::terms::vote::sid;
use fle::quorum::{Group, QuorumVerifier};

/// A configuration of servers in the first places.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// Who votes.
    pub voters: ServerSet,
    /// Hierarchical: of each group the members with their weights. A majority has no groups.
    pub groups: Vec<Vec<(usize, u64)>>,
}

impl Configuration {
    /// More than half of the voters.
    pub(super) fn majority(voters: impl IntoIterator<Item = usize>) -> Self {
        Self {
            voters: voters.into_iter().collect(),
            groups: Vec::new(),
        }
    }

    /// More than half of the weight in more than half of the groups.
    pub(super) fn hierarchical(groups: Vec<Vec<(usize, u64)>>) -> Self {
        let members = groups.iter().flatten();
        Self {
            voters: members.map(|&(server, _)| server).collect(),
            groups,
        }
    }

    /// Whether groups and weights decide, and not the number of voters.
    #[must_use]
    pub fn is_hierarchical(&self) -> bool {
        !self.groups.is_empty()
    }

    /// The shared rule.
    pub(super) fn verifier(&self) -> QuorumVerifier {
        let voters = self.voters.iter().map(sid);
        if !self.is_hierarchical() {
            return QuorumVerifier::majority(voters);
        }
        let group = |(members, id): (&Vec<(usize, u64)>, i64)| Group {
            id,
            members: members.iter().map(|&(server, _)| sid(server)).collect(),
        };
        let groups: Vec<_> = self.groups.iter().zip(1..).map(group).collect();
        let weights = self.groups.iter().flatten();
        let weights = weights.map(|&(server, weight)| (sid(server), weight));
        QuorumVerifier::hierarchical(voters, &groups, &weights.collect())
            .expect("every voter is in one group")
    }

    /// Whether these servers are a quorum, counted by hand; `granted` by the oracle, a majority of
    /// two may be missing.
    #[doc(alias = "containsQuorum")]
    pub(super) fn has_quorum(&self, servers: ServerSet, granted: bool) -> bool {
        if !self.is_hierarchical() {
            let voters = self.voters.iter().count();
            let votes = self.voters.iter().filter(|&it| servers.contains(it));
            return 2 * votes.count() > voters || granted && voters <= 2;
        }
        let groups = self.weighed(servers).into_iter();
        let groups: Vec<_> = groups.filter(|&(_, all)| all > 0).collect();
        let won = groups.iter().filter(|(votes, all)| 2 * votes > *all);
        2 * won.count() > groups.len()
    }

    /// Of each group, what these servers weigh and what all do.
    pub(crate) fn weighed(&self, servers: ServerSet) -> Vec<(u64, u64)> {
        let weighed = |group: &Vec<(usize, u64)>| {
            let votes = group.iter().filter(|(it, _)| servers.contains(*it));
            let votes = votes.map(|(_, weight)| weight).sum();
            (votes, group.iter().map(|(_, weight)| weight).sum())
        };
        self.groups.iter().map(weighed).collect()
    }

    /// What a candidate weighs here; `None` where the configuration says nothing of it.
    pub(super) fn weight(&self, server: usize) -> Option<u64> {
        if !self.is_hierarchical() {
            return Some(1);
        }
        let mut members = self.groups.iter().flatten();
        let found = members.find(|&&(member, _)| member == server);
        found.map(|&(_, weight)| weight)
    }
}
