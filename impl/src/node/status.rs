//! What a node is at, as its owner sees it.

use crate::ensemble::Ensemble;
use crate::id::Sid;
use crate::notification::Notification;
use crate::transport::LinkState;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// What a node is at, as its owner sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Status {
    /// What it tells others: state, vote and round.
    pub announcement: Notification,
    /// The configurations in force.
    pub ensemble: Arc<Ensemble>,
    /// Its connections with members of the configurations in force.
    pub links: BTreeMap<Sid, LinkState>,
    /// How many servers are connected that no configuration in force names.
    pub strangers: usize,
    /// The voters that kept this server from agreeing with others in the last election, and how
    /// many of their votes it has not counted for that: whoever speaks in their name is broken or
    /// means harm.
    pub disturbers: BTreeMap<Sid, u64>,
    /// The voters that elected this leader, itself among them, or all if one before it has handed
    /// over; empty unless it leads.
    pub electors: Vec<Sid>,
    /// The voters that elected this leader and look for another since, in another round; empty
    /// unless it leads.
    pub looking_voters: BTreeSet<Sid>,
    /// Whether the leader may not lead any more: since this server settled, the connection with it
    /// has ended, or it has said in another round that it looks for a leader itself.
    pub leader_in_doubt: bool,
    /// How many notifications have arrived since the start, the server's own among them.
    pub notifications: u64,
    /// How long the last election took, from the call to the decision.
    pub last_election: Option<Duration>,
}
