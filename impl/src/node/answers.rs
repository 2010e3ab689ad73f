//! The last answers to servers that do not vote.
//!
//! Two looking servers of which one does not vote answer each other's answers without end
//! (ZOOKEEPER-1807), so the same answer is given once in a while only; whoever missed it asks again
//! later. Of more servers than are expected the oldest answers are forgotten.

use crate::id::Sid;
use crate::notification::Notification;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

pub(super) struct Answers {
    interval: Duration,
    most: usize,
    last: BTreeMap<Sid, (Notification, Instant)>,
}

impl Answers {
    /// The same answer once in an interval, to at most so many servers.
    pub(super) fn new(interval: Duration, most: usize) -> Self {
        let last = BTreeMap::new();
        Self {
            interval,
            most,
            last,
        }
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
        if self.last.len() > self.most {
            let oldest = self.last.iter().min_by_key(|(_, (_, at))| *at);
            let oldest = oldest.map(|(sid, _)| *sid);
            oldest.and_then(|sid| self.last.remove(&sid));
        }
        false
    }
}
