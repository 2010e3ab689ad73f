//! The ensemble: its servers, its quorum rule, and the version of both. This text also rides in
//! notifications.
//!
//! Source: `QuorumMaj`, `QuorumHierarchical` and `QuorumPeerConfig.parseDynamicConfig`. Unlike
//! there, no text ends a thread: what ZooKeeper throws unchecked is a
//! [`ConfigErrors`](super::ConfigErrors) here.

use super::java_order::hash_map_order;
use super::server::ServerSpec;
use crate::id::Sid;
use crate::learner_type::LearnerType;
use crate::quorum::{Group, QuorumError, QuorumVerifier};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// An ensemble. Displays as ZooKeeper prints it, byte for byte, and what it displays parses to an
/// equal value.
///
/// ```
/// use fle::config::{DynamicConfig, Rules};
///
/// let text = "server.2=b:2888:3888\nserver.1=[::1]:2888:3888;2181\nversion=1a";
/// let config = DynamicConfig::parse(text, Rules::default())?;
/// assert_eq!(
///     config.to_string(),
///     "server.1=[0:0:0:0:0:0:0:1]:2888:3888:participant;0.0.0.0:2181\n\
///      server.2=b:2888:3888:participant\n\
///      version=1a",
/// );
/// # Ok::<(), fle::config::ConfigErrors>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct DynamicConfig {
    // All three lists are in the order of Java's hash maps, which is that of printing.
    servers: Vec<ServerSpec>,
    /// Empty for a majority.
    groups: Vec<Group>,
    /// Of every participant and of whoever else a line gives one; empty for a majority.
    weights: Vec<(Sid, u64)>,
    version: ConfigVersion,
    verifier: QuorumVerifier,
}

/// How recent a configuration is: the zxid of the reconfiguration that made it. Displays as
/// ZooKeeper prints it, in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct ConfigVersion(pub i64);

impl DynamicConfig {
    /// How recent the configuration is.
    #[must_use]
    pub fn version(&self) -> ConfigVersion {
        self.version
    }

    /// The servers, in the order in which they are printed.
    pub fn servers(&self) -> impl ExactSizeIterator<Item = &ServerSpec> {
        self.servers.iter()
    }

    /// The server with this id.
    #[must_use]
    pub fn server(&self, sid: Sid) -> Option<&ServerSpec> {
        self.servers.iter().find(|server| server.sid() == sid)
    }

    /// What makes a quorum: more than half of the participants, or, when there are groups, of the
    /// weight in more than half of the groups.
    #[must_use]
    pub fn verifier(&self) -> &QuorumVerifier {
        &self.verifier
    }

    /// Whether the ensemble has groups.
    #[must_use]
    pub fn is_hierarchical(&self) -> bool {
        !self.groups.is_empty()
    }

    /// Whether both describe the same ensemble, whatever their versions: the same servers with the
    /// same roles and addresses, and the same groups and weights. Host names are compared as text
    /// without case, address literals by value.
    #[doc(alias = "equals")]
    #[must_use]
    pub fn has_same_members(&self, other: &Self) -> bool {
        let servers = |config: &Self| -> BTreeMap<Sid, usize> {
            let servers = config.servers.iter().enumerate();
            servers
                .map(|(index, server)| (server.sid(), index))
                .collect()
        };
        let same_servers = self.servers.len() == other.servers.len()
            && servers(self)
                .into_iter()
                .zip(servers(other))
                .all(|(mine, theirs)| self.servers[mine.1].is_same_as(&other.servers[theirs.1]));
        same_servers && self.seats() == other.seats() && self.weights() == other.weights()
    }

    /// Everybody's group.
    fn seats(&self) -> BTreeSet<(i64, Sid)> {
        let groups = self.groups.iter();
        groups
            .flat_map(|group| group.members.iter().map(|&sid| (group.id, sid)))
            .collect()
    }

    fn weights(&self) -> BTreeMap<Sid, u64> {
        self.weights.iter().copied().collect()
    }

    /// Puts a configuration together; all lists in the order of the text, and ids in each distinct.
    pub(super) fn assemble(
        servers: Vec<ServerSpec>,
        groups: &[Group],
        weights: Vec<(Sid, u64)>,
        version: ConfigVersion,
    ) -> Result<Self, QuorumError> {
        let servers = hash_map_order(servers, |server| server.sid().0);
        let participants = || participants(&servers);
        if groups.is_empty() && weights.is_empty() {
            return Ok(Self {
                verifier: QuorumVerifier::majority(participants()),
                servers,
                groups: Vec::new(),
                weights,
                version,
            });
        }
        let mut weights = weights;
        let explicit: BTreeSet<Sid> = weights.iter().map(|&(sid, _)| sid).collect();
        let others = participants().filter(|sid| !explicit.contains(sid));
        weights.extend(others.map(|sid| (sid, 1)));
        // In one order whatever that of the text, so that equal ensembles have equal verifiers.
        let mut by_id = groups.to_vec();
        by_id.sort_by_key(|group| group.id);
        let all = weights.iter().copied().collect();
        Ok(Self {
            verifier: QuorumVerifier::hierarchical(participants(), &by_id, &all)?,
            groups: printed_groups(groups),
            servers,
            weights: hash_map_order(weights, |&(sid, _)| sid.0),
            version,
        })
    }
}

/// Who votes.
fn participants(servers: &[ServerSpec]) -> impl Iterator<Item = Sid> {
    let servers = servers.iter();
    servers
        .filter(|server| server.learner_type() == LearnerType::Participant)
        .map(ServerSpec::sid)
}

/// ZooKeeper keeps a map from server to group, and prints the groups in the order of a second map
/// that it fills from the first.
fn printed_groups(groups: &[Group]) -> Vec<Group> {
    let seats = groups
        .iter()
        .flat_map(|group| group.members.iter().map(|&sid| (sid, group.id)));
    let mut printed: Vec<Group> = Vec::with_capacity(groups.len());
    let mut places = BTreeMap::new();
    for (sid, id) in hash_map_order(seats.collect(), |&(sid, _)| sid.0) {
        let place = *places.entry(id).or_insert_with(|| {
            printed.push(Group {
                id,
                members: Vec::new(),
            });
            printed.len() - 1
        });
        printed[place].members.push(sid);
    }
    hash_map_order(printed, |group| group.id)
}

impl fmt::Display for ConfigVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::LowerHex::fmt(&self.0, f)
    }
}

impl fmt::Display for DynamicConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for server in &self.servers {
            writeln!(f, "server.{}={server}", server.sid())?;
        }
        for group in &self.groups {
            let members: Vec<String> = group.members.iter().map(Sid::to_string).collect();
            writeln!(f, "group.{}={}", group.id, members.join(":"))?;
        }
        for (sid, weight) in &self.weights {
            writeln!(f, "weight.{sid}={weight}")?;
        }
        write!(f, "version={}", self.version)
    }
}
