//! The links between the servers.
//!
//! A link keeps order. What a server sends goes into its slot for the receiver, a send queue of
//! one, in which a newer notification replaces an older; from there it is written to the wire.
//! [`Links`] says how much of that a scenario follows.
//!
//! - [`Links::Slot`]: a link holds one notification, in the slot or on the wire; a newer one
//!   replaces it. Left out: a receiver that gets an older notification after the sender has sent a
//!   newer one. A server's own vote is counted in the step that sends it.
//! - [`Links::WireAndSlot`]: a link holds two, one written and one in the slot. Whether the older
//!   of two had already been written when the newer one came need not be decided then. If it had,
//!   it is delivered; if it had not, it never left the slot and is gone. Nobody can see which until
//!   it is delivered or something behind it is, so the choice is made then: [`Link::deliver`] takes
//!   it, [`Link::supersede`] drops it. Every history of slot and wire with at most one notification
//!   on the wire is one of these. Left out: a receiver that lags behind by more than one written
//!   notification. TCP buffers hold many; here a third replaces the second. A server's own vote
//!   waits on a loop-back, which holds one.
//!
//! A connection that breaks, whether the link breaks or the receiver crashes, loses what was
//! written; when it stands again the last message sent is sent again, unless a newer one waits in
//! the slot. Either way the next to arrive is the newest that was sent: the link is left with that
//! one ([`Network::break_connection`]). It arrives once the connection stands: after the receiver's
//! restart, or when one of the two next sends something, which is what makes ZooKeeper's servers
//! dial.

mod held;

use crate::terms::set::ServerSet;
use crate::terms::vote::{Notification, Proposal};
use borsh::{BorshDeserialize, BorshSerialize};
use held::Held;
use serde::Serialize;
use std::mem;

/// How much of a link a scenario follows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Links {
    /// One notification, the newest.
    Slot,
    /// Two, the older of which may have been replaced by the newer.
    WireAndSlot,
}

/// All links, by sender and receiver. The diagonal is the loop-back by which a server hears its own
/// vote.
#[derive(Clone, Copy, PartialEq, Eq, Debug, BorshSerialize, BorshDeserialize)]
pub struct Network<const N: usize> {
    links: [[Link; N]; N],
    /// For each server, those to which its connection is broken; the same in both directions.
    broken: [ServerSet; N],
}

/// What is under way from one server to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, BorshSerialize, BorshDeserialize)]
pub struct Link {
    head: Held,
    /// Empty while the head is.
    newest: Held,
    /// The last one sent, under way or not; not kept where no connection can break any more.
    #[doc(alias = "lastMessageSent")]
    last: Held,
}

impl Links {
    /// In a word or two.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Slot => "links of one",
            Self::WireAndSlot => "links of two",
        }
    }
}

impl<const N: usize> Network<N> {
    /// Nothing under way.
    #[must_use]
    pub fn silent() -> Self {
        Self {
            links: [[Link::default(); N]; N],
            broken: [ServerSet::NONE; N],
        }
    }

    /// Whether the connection between two servers is broken.
    #[must_use]
    pub fn is_broken(&self, a: usize, b: usize) -> bool {
        self.broken[a].contains(b)
    }

    /// All that it holds: the links, by sender and receiver, and for each server those to which its
    /// connection is broken.
    pub(crate) fn all(&self) -> (&[[Link; N]; N], &[ServerSet; N]) {
        let Self { links, broken } = self;
        (links, broken)
    }

    /// What arrives next from `src` at `dst`, if the connection stands.
    #[must_use]
    pub fn next(&self, src: usize, dst: usize) -> Option<Notification> {
        let head = self.links[src][dst].head();
        head.filter(|_| !self.is_broken(src, dst))
    }

    /// The link from `src` to `dst`.
    #[must_use]
    pub fn link(&self, src: usize, dst: usize) -> &Link {
        &self.links[src][dst]
    }

    /// The same link, to change it.
    pub fn link_mut(&mut self, src: usize, dst: usize) -> &mut Link {
        &mut self.links[src][dst]
    }

    /// Puts a notification on the link from `src` to `dst`, and mends the connection.
    pub fn send(&mut self, src: usize, dst: usize, notification: Notification, links: Links) {
        let broken = self.is_broken(src, dst);
        let link = &mut self.links[src][dst];
        if broken || src == dst {
            link.clear();
        }
        link.send(notification, links);
        if broken {
            self.broken[src] = self.broken[src].without(dst);
            self.broken[dst] = self.broken[dst].without(src);
        }
    }

    /// Keeps a notification for a server that is down until it is back.
    pub fn keep(&mut self, src: usize, dst: usize, notification: Notification) {
        let link = &mut self.links[src][dst];
        link.clear();
        link.send(notification, Links::Slot);
    }

    /// Breaks the connection between two servers.
    pub fn break_connection(&mut self, a: usize, b: usize) {
        self.broken[a] = self.broken[a].with(b);
        self.broken[b] = self.broken[b].with(a);
        self.links[a][b].disconnect();
        self.links[b][a].disconnect();
    }

    /// Nothing that was sent between the two will be received.
    pub(crate) fn lose_all(&mut self, a: usize, b: usize) {
        self.links[a][b] = Link::default();
        self.links[b][a] = Link::default();
    }

    /// The server's end of every connection is gone. What it sent may still arrive; what it had not
    /// received is lost, and comes again when it is back. If it had only its connections torn down,
    /// and not its memory, it is back at once.
    pub fn lose_end(&mut self, server: usize) {
        for peer in 0..N {
            self.links[peer][server].disconnect();
            let sent = &mut self.links[server][peer];
            if self.broken[server].contains(peer) {
                sent.clear();
            }
            sent.last = Held::NOTHING;
            self.broken[server] = self.broken[server].without(peer);
            self.broken[peer] = self.broken[peer].without(server);
        }
        self.links[server][server].clear();
    }

    /// Nothing will ever be received by the server.
    pub fn abandon(&mut self, server: usize) {
        for links in &mut self.links {
            links[server] = Link::default();
        }
    }

    /// No connection can break any more.
    pub fn forget_last(&mut self) {
        for link in self.links.as_flattened_mut() {
            link.last = Held::NOTHING;
        }
    }
}

impl Link {
    /// The newest that was sent, under way or not, as far as that is kept.
    pub(crate) fn newest_sent(&self) -> Option<Notification> {
        self.newest.or(self.head).or(self.last).get()
    }

    /// What arrives next, unless it is superseded.
    #[must_use]
    pub fn head(&self) -> Option<Notification> {
        self.head.get()
    }

    /// Whether something newer stands behind the head.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.newest != Held::NOTHING
    }

    /// Everything under way, in order.
    pub fn notifications(&self) -> impl Iterator<Item = Notification> {
        [self.head, self.newest].into_iter().filter_map(Held::get)
    }

    /// All that it holds, a word for each: the next, the one behind it, the last sent. What it does
    /// not hold is zero.
    pub(crate) fn words(&self) -> [u32; 3] {
        let Self { head, newest, last } = self;
        [head, newest, last].map(Held::word)
    }

    /// Puts a notification behind what is under way, or in the place of the newest; a copy of the
    /// newest is not put.
    fn send(&mut self, notification: Notification, links: Links) {
        let sent = Held::of(notification);
        self.last = sent;
        if self.head == Held::NOTHING || links == Links::Slot {
            self.head = sent;
        } else if self.newest.or(self.head) != sent {
            self.newest = sent;
        }
    }

    /// Takes the oldest notification.
    pub fn deliver(&mut self) -> Option<Notification> {
        let head = self.head();
        self.supersede();
        head
    }

    /// Drops the head: it had not left the slot when a newer one replaced it, or when its sender
    /// crashed.
    pub fn supersede(&mut self) {
        self.head = mem::take(&mut self.newest);
    }

    /// Drops what stands behind the head.
    pub(crate) fn drop_newest(&mut self) {
        self.newest = Held::NOTHING;
    }

    /// What arrives next proposes this instead of what it proposes.
    pub(crate) fn propose_instead(&mut self, proposal: Proposal) {
        if let Some(mut head) = self.head() {
            head.vote.proposal = proposal;
            self.head = Held::of(head);
        }
    }

    /// Drops everything under way.
    pub fn clear(&mut self) {
        (self.head, self.newest) = (Held::NOTHING, Held::NOTHING);
    }

    /// What was written is lost, and the newest that was sent will be sent again.
    fn disconnect(&mut self) {
        self.head = mem::take(&mut self.newest).or(self.head).or(self.last);
    }
}
