//! The links between the servers.
//!
//! A link keeps order and holds at most two notifications: one written to the wire, and one in the sender's slot (its send queue of
//! one, in which a newer notification replaces an older). Whether the older of two had already been written when the newer one
//! came need not be decided then. If it had, it is delivered; if it had not, it never left the slot and is gone. Nobody can
//! see which until it is delivered or something behind it is, so the choice is made then: [`Link::deliver`] takes it,
//! [`Link::supersede`] drops it. Every history of slot and wire with at most one notification on the wire is one of these.
//!
//! Left out by the bound: a receiver that lags behind by more than one written notification. TCP buffers hold many; here a third
//! notification replaces the second.

use crate::vote::Vote;

/// All links, by sender and receiver. The diagonal is the loop-back by which a server hears its own vote.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Network<const N: usize> {
    links: [[Link; N]; N],
}

/// What is under way from one server to another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Link {
    head: Option<Vote>,
    /// Empty while the head is.
    newest: Option<Vote>,
}

impl<const N: usize> Network<N> {
    /// Nothing under way.
    #[must_use]
    pub fn silent() -> Self {
        Self {
            links: [[Link::default(); N]; N],
        }
    }

    /// Whether nothing is under way.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        !(0..N).any(|dst| self.leads_to(dst))
    }

    /// Whether something is under way to `dst`.
    #[must_use]
    pub fn leads_to(&self, dst: usize) -> bool {
        self.links.iter().any(|links| links[dst].head.is_some())
    }

    /// The link from `src` to `dst`.
    #[must_use]
    pub fn link(&self, src: usize, dst: usize) -> &Link {
        &self.links[src][dst]
    }

    /// Puts a notification on the link from `src` to `dst`; the loop-back holds one, the newest.
    pub fn send(&mut self, src: usize, dst: usize, vote: Vote) {
        let link = self.link_mut(src, dst);
        if src == dst {
            link.clear();
        }
        link.send(vote);
    }

    /// The same link, to change it.
    pub fn link_mut(&mut self, src: usize, dst: usize) -> &mut Link {
        &mut self.links[src][dst]
    }
}

impl Link {
    /// What arrives next, unless it is superseded.
    #[must_use]
    pub fn head(&self) -> Option<Vote> {
        self.head
    }

    /// Whether something newer stands behind the head.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.newest.is_some()
    }

    /// Everything under way, in order.
    pub fn notifications(&self) -> impl Iterator<Item = Vote> {
        self.head.into_iter().chain(self.newest)
    }

    /// Puts a notification behind what is under way, or in the place of the second; a copy of the newest is not put.
    fn send(&mut self, vote: Vote) {
        if self.head.is_none() {
            self.head = Some(vote);
        } else if self.newest.or(self.head) != Some(vote) {
            self.newest = Some(vote);
        }
    }

    /// Takes the oldest notification.
    pub fn deliver(&mut self) -> Option<Vote> {
        let head = self.head.take();
        self.head = self.newest.take();
        head
    }

    /// Drops the head of a full link: it had not left the slot when the newer one replaced it.
    pub fn supersede(&mut self) {
        if self.is_full() {
            self.head = self.newest.take();
        }
    }

    /// Drops everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}
