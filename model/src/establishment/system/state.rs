//! Everything at a moment: servers, connections, what may still go wrong, and what properties know of
//! the past.

use super::super::network::Network;
use super::super::properties::Broken;
use super::super::server::{Epoch, Server};
use crate::set::ServerSet;

/// Everything at a moment.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct State<const N: usize> {
    /// The servers.
    pub servers: [Server<N>; N],
    /// The connections.
    pub network: Network<N>,
    /// What may still go wrong.
    pub faults: Faults,
    /// How much of the prelude is over.
    pub begun: usize,
    /// What no server knows, for properties.
    pub past: Past<N>,
}

/// How often each fault may still happen.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, serde::Serialize)]
pub struct Faults {
    /// A server crashes, and is started again.
    pub crashes: u8,
    /// A leader loses the connection with a learner, which has yet to see that.
    pub breaks: u8,
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

/// What properties need to know of the past.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Past<const N: usize> {
    /// The epochs of established leaders, a bit for each.
    pub established: u8,
    /// The greatest epoch that each server has promised to another.
    pub promised: [Epoch; N],
    /// For each leader the greatest epoch that was established before it proposed its own.
    pub floor: [Epoch; N],
    /// For each leader those that have promised to help no other, where that is not over by time.
    pub kept: [ServerSet; N],
    /// The rules that a step has broken.
    pub broken: Broken,
}

impl Faults {
    /// None.
    pub const NONE: Self = Self {
        crashes: 0,
        breaks: 0,
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
            begun: 0,
            past: Past {
                established: 0,
                promised: servers.map(|server| server.disk.accepted),
                floor: [Epoch(0); N],
                kept: [ServerSet::NONE; N],
                broken: Broken::default(),
            },
        }
    }
}

impl<const N: usize> Past<N> {
    /// Whether a leader of this epoch was ever established.
    #[must_use]
    pub fn was_established(&self, epoch: Epoch) -> bool {
        self.established >> epoch.0 & 1 == 1
    }

    /// The greatest epoch of an established leader; 0 if there was none.
    #[must_use]
    pub fn latest(&self) -> Epoch {
        let established = (1..8)
            .rev()
            .find(|&epoch| self.was_established(Epoch(epoch)));
        Epoch(established.unwrap_or(0))
    }
}
