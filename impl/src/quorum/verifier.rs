//! One configuration's quorum rule.

use crate::id::Sid;
use std::collections::{BTreeMap, BTreeSet};

/// What makes a quorum in one configuration: who votes, with which weight, in which group.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct QuorumVerifier {
    /// Ascending by sid.
    voters: Vec<Voter>,
    /// The weight that each group holds in all. A member that is no voter adds to it and can never
    /// bring it in.
    group_weights: Vec<u64>,
    rule: Rule,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Rule {
    Majority,
    Hierarchical {
        /// Servers that have a weight and no vote.
        non_voters: BTreeMap<Sid, u64>,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Voter {
    pub(super) sid: Sid,
    pub(super) group: usize,
    pub(super) weight: u64,
}

/// A line `group.G=1:2:3` of a hierarchical configuration.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Group {
    /// The group's number.
    pub id: i64,
    /// The servers in it.
    pub members: Vec<Sid>,
}

/// Why groups and weights do not make a quorum rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum QuorumError {
    /// A server stands in more than one group, or twice in one.
    #[error("server {0} is in more than one group")]
    InTwoGroups(Sid),
    /// A voter stands in no group.
    #[error("server {0} is a participant and is in no group")]
    InNoGroup(Sid),
    /// A group names a server that is no voter and has no weight.
    #[error("group {group} names server {sid}, which is no participant and has no weight")]
    WithoutWeight {
        /// The group.
        group: i64,
        /// The server.
        sid: Sid,
    },
    /// The weights of one group do not fit 63 bits.
    #[error("the weights of group {0} add up to more than {max}", max = i64::MAX)]
    TooHeavy(i64),
}

impl Group {
    /// The weights of all members together.
    fn weight(&self, weights: &BTreeMap<Sid, u64>) -> Result<u64, QuorumError> {
        let group = self.id;
        let mut total = 0_u64;
        for &sid in &self.members {
            let weight = weights.get(&sid);
            let weight = weight.ok_or(QuorumError::WithoutWeight { group, sid })?;
            total = total
                .checked_add(*weight)
                .filter(|&total| i64::try_from(total).is_ok())
                .ok_or(QuorumError::TooHeavy(group))?;
        }
        Ok(total)
    }
}

impl QuorumVerifier {
    /// More than half of the voters.
    #[must_use]
    pub fn majority(voters: impl IntoIterator<Item = Sid>) -> Self {
        let sids: BTreeSet<Sid> = voters.into_iter().collect();
        Self {
            group_weights: vec![sids.len() as u64],
            voters: sids
                .into_iter()
                .map(|sid| Voter {
                    sid,
                    group: 0,
                    weight: 1,
                })
                .collect(),
            rule: Rule::Majority,
        }
    }

    /// More than half of the weight in more than half of the groups, groups without weight left
    /// out. A voter without an entry in `weights` has weight 1.
    ///
    /// # Errors
    /// When a voter stands in no group or in two, or a group's weight cannot be known.
    pub fn hierarchical(
        voters: impl IntoIterator<Item = Sid>,
        groups: &[Group],
        weights: &BTreeMap<Sid, u64>,
    ) -> Result<Self, QuorumError> {
        let is_voter: BTreeSet<Sid> = voters.into_iter().collect();
        let mut all_weights = weights.clone();
        for &voter in &is_voter {
            all_weights.entry(voter).or_insert(1);
        }
        let mut seats = BTreeMap::new();
        let mut group_weights = Vec::with_capacity(groups.len());
        for (index, group) in groups.iter().enumerate() {
            group_weights.push(group.weight(&all_weights)?);
            for &sid in &group.members {
                if seats.insert(sid, index).is_some() {
                    return Err(QuorumError::InTwoGroups(sid));
                }
            }
        }
        let seated = |&sid| {
            let &group = seats.get(&sid).ok_or(QuorumError::InNoGroup(sid))?;
            let weight = all_weights[&sid];
            Ok(Voter { sid, group, weight })
        };
        let voters = is_voter.iter().map(seated).collect::<Result<_, _>>()?;
        all_weights.retain(|sid, _| !is_voter.contains(sid));
        Ok(Self {
            voters,
            group_weights,
            rule: Rule::Hierarchical {
                non_voters: all_weights,
            },
        })
    }

    /// The servers whose votes count, ascending.
    pub fn voters(&self) -> impl ExactSizeIterator<Item = Sid> + '_ {
        self.voters.iter().map(|voter| voter.sid)
    }

    /// Whether the server votes in this configuration.
    #[must_use]
    pub fn is_voter(&self, sid: Sid) -> bool {
        self.voter(sid).is_some()
    }

    /// The weight with which this configuration judges a candidate that votes in one of those in
    /// force. `None` where it says nothing of the candidate.
    pub(super) fn candidate_weight(&self, sid: Sid) -> Option<u64> {
        match &self.rule {
            Rule::Majority => Some(1),
            Rule::Hierarchical { non_voters } => {
                let voter = self.voter(sid).map(|voter| voter.weight);
                voter.or_else(|| non_voters.get(&sid).copied())
            }
        }
    }

    pub(super) fn voter(&self, sid: Sid) -> Option<&Voter> {
        let index = self
            .voters
            .binary_search_by_key(&sid, |voter| voter.sid)
            .ok()?;
        self.voters.get(index)
    }

    pub(super) fn group_count(&self) -> usize {
        self.group_weights.len()
    }

    /// Whether these weights, one for each group, are a quorum; with an oracle, a majority of two
    /// voters or fewer that is missed is the oracle's to grant.
    pub(super) fn has_quorum(&self, acked: &[u64], oracle: Option<&dyn super::Oracle>) -> bool {
        let groups = self.group_weights.iter().zip(acked);
        let won = groups.filter(|&(total, acked)| *acked > total / 2).count();
        let counted = self
            .group_weights
            .iter()
            .filter(|&&total| total > 0)
            .count();
        won > counted / 2
            || (self.rule == Rule::Majority
                && self.voters.len() <= 2
                && oracle.is_some_and(super::Oracle::grants))
    }
}
