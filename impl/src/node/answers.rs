//! The last answers to servers that do not vote.
//!
//! Two looking servers of which one does not vote answer each other's answers without end (ZOOKEEPER-1807), so the same answer is
//! given once in a while only; whoever missed it asks again later.

use crate::id::Sid;
use crate::notification::Notification;
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

pub(super) struct Answers {
    interval: Duration,
    last: HashMap<Sid, (Notification, Instant)>,
}

impl Answers {
    pub(super) fn every(interval: Duration) -> Self {
        let last = HashMap::new();
        Self { interval, last }
    }

    pub(super) fn forget(&mut self) {
        self.last.clear();
    }

    pub(super) fn repeats(&mut self, to: Sid, answer: &Notification) -> bool {
        let now = Instant::now();
        self.last.retain(|_, (_, at)| now < *at + self.interval);
        if self.last.get(&to).is_some_and(|(last, _)| last == answer) {
            return true;
        }
        self.last.insert(to, (*answer, now));
        false
    }
}
