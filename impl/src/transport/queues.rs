//! What waits to be sent, and what waits to be handled.
//!
//! Source: `QuorumCnxManager`'s `queueSendMap`, `lastMessageSent` and `recvQueue`. Both queues keep what is newest: an old
//! notification is worth nothing once there is a newer one. Neither grows, whatever the network does.

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
    waiting: Option<Bytes>,
    last: Option<Bytes>,
}

impl Outbox {
    pub(super) fn put(&self, frame: Bytes) {
        self.slot().waiting = Some(frame);
        self.filled.notify_one();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slot().waiting.is_none()
    }

    /// The message that was taken last, if none waits: a new connection begins with it, since the old one may have lost it.
    pub(super) fn repeat(&self) -> Option<Bytes> {
        let slot = self.slot();
        slot.last.clone().filter(|_| slot.waiting.is_none())
    }

    /// Waits for a message and takes it.
    pub(super) async fn take(&self) -> Bytes {
        loop {
            let filled = self.filled.notified();
            {
                let mut slot = self.slot();
                if let Some(frame) = slot.waiting.take() {
                    slot.last = Some(frame.clone());
                    return frame;
                }
            }
            filled.await;
        }
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What has arrived and is not handled yet. When it is full, whoever has most messages in it loses its oldest: a peer that floods
/// drowns itself, not the others.
#[derive(Default)]
pub(super) struct Inbox {
    messages: Mutex<VecDeque<(Sid, Bytes)>>,
    filled: Notify,
}

impl Inbox {
    /// The reference's `RECV_CAPACITY`. Also bounds the memory: 50 MiB if all of them are as long as a frame may be.
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

    fn bytes(text: &'static str) -> Bytes {
        Bytes::from_static(text.as_bytes())
    }

    #[tokio::test]
    async fn the_slot_keeps_the_newest_and_repeats_the_last_only_when_nothing_waits() {
        let outbox = Outbox::default();
        assert_eq!(outbox.repeat(), None);
        outbox.put(bytes("old"));
        outbox.put(bytes("new"));
        assert!(!outbox.is_empty());
        assert_eq!(outbox.take().await, "new");
        assert!(outbox.is_empty());
        assert_eq!(outbox.repeat(), Some(bytes("new")));
        outbox.put(bytes("newer"));
        assert_eq!(outbox.repeat(), None);
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
