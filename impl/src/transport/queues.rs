//! What waits to be sent, and what waits to be handled.
//!
//! Source: `QuorumCnxManager`'s `queueSendMap`, `lastMessageSent` and `recvQueue`. Both queues keep
//! what is newest: an old notification is worth nothing once there is a newer one. Neither grows,
//! whatever the network does.

use super::frame::Frame;
use crate::id::Sid;
use bytes::Bytes;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// What is to be sent to one peer: one message, the newest. Outlives connections.
#[derive(Default)]
pub(super) struct Outbox {
    slot: Mutex<Slot>,
    filled: Notify,
}

#[derive(Default)]
struct Slot {
    waiting: Option<Frame>,
    last: Option<Frame>,
    /// The number of the connection that messages are for.
    connection: u64,
}

/// A connection's end of the outbox.
pub(super) struct Exit<'a> {
    outbox: &'a Outbox,
    connection: u64,
    /// What the connection begins with.
    first: Option<Frame>,
}

impl Outbox {
    pub(super) fn put(&self, frame: Frame) {
        self.slot().waiting = Some(frame);
        self.filled.notify_one();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slot().waiting.is_none()
    }

    /// What waits is for a new connection from now on. It begins with the message that was taken
    /// last, if none waits, since the old one may have lost it.
    pub(super) fn exit(&self) -> Exit<'_> {
        let mut slot = self.slot();
        slot.connection += 1;
        Exit {
            outbox: self,
            connection: slot.connection,
            first: slot.last.clone().filter(|_| slot.waiting.is_none()),
        }
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Exit<'_> {
    /// Waits for a message and takes it; for ever, if another connection has taken this one's
    /// place.
    pub(super) async fn take(&mut self) -> Frame {
        if let Some(frame) = self.first.take() {
            return frame;
        }
        loop {
            let filled = self.outbox.filled.notified();
            {
                let mut slot = self.outbox.slot();
                if slot.connection != self.connection {
                    break;
                }
                if let Some(frame) = slot.waiting.take() {
                    slot.last = Some(frame.clone());
                    return frame;
                }
            }
            filled.await;
        }
        // What woke this one was meant for its successor.
        self.outbox.filled.notify_one();
        std::future::pending().await
    }
}

/// What has arrived and is not handled yet. When it is full, whoever has most messages in it loses
/// its oldest: a peer that floods drowns itself, not the others.
#[derive(Default)]
pub(super) struct Inbox {
    messages: Mutex<VecDeque<(Sid, Bytes)>>,
    filled: Notify,
}

impl Inbox {
    /// The reference's `RECV_CAPACITY`. Also bounds the memory: 50 MiB if all of them are as long
    /// as a frame may be.
    pub(super) const CAPACITY: usize = 100;

    pub(super) fn push(&self, from: Sid, payload: Bytes) {
        let mut messages = self.messages();
        if messages.len() >= Self::CAPACITY {
            let loudest = loudest(&messages);
            if let Some(oldest) = messages.iter().position(|(sid, _)| *sid == loudest) {
                messages.remove(oldest);
            }
        }
        messages.push_back((from, payload));
        self.filled.notify_one();
    }

    /// Waits for a message and takes it. May be given up at any time without losing one.
    pub(super) async fn pop(&self) -> (Sid, Bytes) {
        loop {
            let filled = self.filled.notified();
            if let Some(message) = self.messages().pop_front() {
                return message;
            }
            filled.await;
        }
    }

    pub(super) fn clear(&self) {
        self.messages().clear();
    }

    fn messages(&self) -> MutexGuard<'_, VecDeque<(Sid, Bytes)>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who has most messages in the queue; of several, the one whose message is older.
fn loudest(messages: &VecDeque<(Sid, Bytes)>) -> Sid {
    let mut counts: HashMap<Sid, usize> = HashMap::new();
    for (sid, _) in messages {
        *counts.entry(*sid).or_default() += 1;
    }
    let (mut loudest, mut most) = (Sid::NONE, 0);
    for (sid, _) in messages {
        if counts[sid] > most {
            (loudest, most) = (*sid, counts[sid]);
        }
    }
    loudest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ElectionEpoch, Notification, Proposal, ServerState};
    use std::time::Duration;

    async fn patiently<F: Future>(future: F) -> F::Output {
        let patience = Duration::from_secs(60);
        let output = tokio::time::timeout(patience, future).await;
        output.expect("it comes to that")
    }

    fn bytes(text: &'static str) -> Bytes {
        Bytes::from_static(text.as_bytes())
    }

    fn frame(text: &str) -> Frame {
        let notification = Notification {
            state: ServerState::Looking,
            proposal: Proposal::NONE,
            election_epoch: ElectionEpoch::START,
        };
        Frame::new(&notification, &text.into()).unwrap()
    }

    #[tokio::test]
    async fn the_slot_keeps_the_newest_and_repeats_the_last_only_when_nothing_waits() {
        let outbox = Outbox::default();
        let mut exit = outbox.exit();
        outbox.put(frame("old"));
        outbox.put(frame("new"));
        assert!(!outbox.is_empty());
        assert_eq!(exit.take().await, frame("new"));
        assert!(outbox.is_empty());
        let mut exit = outbox.exit();
        assert_eq!(exit.take().await, frame("new"));
        outbox.put(frame("newer"));
        assert_eq!(outbox.exit().take().await, frame("newer"));
    }

    /// The old connection waited first, and is woken first.
    #[tokio::test]
    async fn a_connection_that_was_replaced_takes_nothing() {
        let outbox = Outbox::default();
        let mut old = outbox.exit();
        let waiting = async {
            tokio::select! {
                biased;
                _ = old.take() => panic!("it was replaced"),
                taken = async {
                    let mut new = outbox.exit();
                    tokio::join!(new.take(), async { outbox.put(frame("one")) }).0
                } => taken,
            }
        };
        assert_eq!(patiently(waiting).await, frame("one"));
    }

    #[tokio::test]
    async fn a_full_inbox_drops_the_oldest_of_the_loudest() {
        let inbox = Inbox::default();
        inbox.push(Sid(1), bytes("quiet"));
        for _ in 0..Inbox::CAPACITY - 2 {
            inbox.push(Sid(2), bytes("flood"));
        }
        inbox.push(Sid(3), bytes("quiet"));
        for _ in 0..1000 {
            inbox.push(Sid(2), bytes("more"));
        }
        let mut senders = Vec::new();
        for _ in 0..Inbox::CAPACITY {
            senders.push(inbox.pop().await.0);
        }
        assert!(inbox.messages().is_empty());
        assert_eq!(senders.iter().filter(|sid| **sid != Sid(2)).count(), 2);
    }
}
