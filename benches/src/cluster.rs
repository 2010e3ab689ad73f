//! An election of a whole ensemble in memory, from the first announcement to the last decision.
//!
//! Between two servers lies what the transport has there: one message to be sent, the newest. In
//! each turn every server hears what waits for it, in the order of ids. When nothing is under way
//! any more the finalizing wait of every server is over; it takes no time here. Deliberately
//! absent: bytes. What encoding and decoding cost is measured by itself.

use crate::{BEST, server};
use fle::election::{Effect, Effects, Election};
use fle::{Ensemble, Generation, Notification, Received, Sid};
use std::sync::Arc;

/// An ensemble whose servers have the same credentials, so that the one with the greatest id wins.
pub struct Cluster {
    sids: Vec<Sid>,
    servers: Vec<Election>,
    /// All that was said in this election.
    said: Vec<Notification>,
    /// What waits for one server (row) from another, by its place in `said`.
    slots: Vec<Option<u32>>,
    waiting: usize,
    decided: usize,
}

impl Cluster {
    /// The servers, not looking yet.
    #[must_use]
    pub fn new(ensemble: &Arc<Ensemble>) -> Self {
        let sids: Vec<Sid> = ensemble.view().voters().collect();
        Self {
            servers: sids.iter().map(|&sid| server(ensemble, sid)).collect(),
            said: Vec::new(),
            slots: vec![None; sids.len() * sids.len()],
            sids,
            waiting: 0,
            decided: 0,
        }
    }

    /// All servers look for a leader, at once; how many notifications they hear until all have
    /// decided.
    ///
    /// # Panics
    /// When an election ends without a decision: a fault of `fle`.
    pub fn elect(&mut self) -> usize {
        self.decided = 0;
        self.said.clear();
        for from in 0..self.servers.len() {
            let effects = self.servers[from].look_for_leader(BEST);
            self.carry_out(from, &effects);
        }
        let mut heard = 0;
        while self.waiting > 0 {
            for to in 0..self.servers.len() {
                heard += self.hear(to);
            }
        }
        for server in 0..self.servers.len() {
            let effects = self.servers[server].handle_finalize_timeout();
            self.carry_out(server, &effects);
        }
        assert_eq!(self.decided, self.servers.len(), "all have decided");
        heard
    }

    /// The server hears all that waits for it.
    fn hear(&mut self, to: usize) -> usize {
        let count = self.sids.len();
        let mut heard = 0;
        for from in 0..count {
            let Some(place) = self.slots[to * count + from].take() else {
                continue;
            };
            let received = Received {
                notification: Some(self.said[place as usize]),
                generation: Generation::Versioned,
                config: None,
            };
            let effects = self.servers[to].handle_notification(self.sids[from], &received, None);
            self.waiting -= 1;
            heard += 1;
            self.carry_out(to, &effects);
        }
        heard
    }

    fn carry_out(&mut self, from: usize, effects: &Effects) {
        for effect in &**effects {
            match effect {
                Effect::Broadcast(notification) => {
                    let place = self.say(*notification);
                    for to in 0..self.sids.len() {
                        self.put(from, to, place);
                    }
                }
                Effect::Send { to, notification } => {
                    if let Ok(to) = self.sids.binary_search(to) {
                        let place = self.say(*notification);
                        self.put(from, to, place);
                    }
                }
                Effect::Decide(_) => self.decided += 1,
                _ => {}
            }
        }
    }

    fn say(&mut self, notification: Notification) -> u32 {
        self.said.push(notification);
        u32::try_from(self.said.len() - 1).expect("less is said in an election")
    }

    fn put(&mut self, from: usize, to: usize, place: u32) {
        let slot = &mut self.slots[to * self.sids.len() + from];
        self.waiting += usize::from(slot.replace(place).is_none());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ensemble;
    use fle::ServerState;

    #[test]
    fn every_election_has_one_leader() {
        for voters in [3, 5, 21] {
            let mut cluster = Cluster::new(&ensemble(voters));
            for _ in 0..2 {
                let heard = cluster.elect();
                assert!(heard >= 2 * cluster.sids.len(), "{heard}");
                let leads = |server: &&Election| server.state() == ServerState::Leading;
                assert_eq!(cluster.servers.iter().filter(leads).count(), 1);
                assert!(leads(&&cluster.servers[cluster.servers.len() - 1]));
            }
        }
    }
}
