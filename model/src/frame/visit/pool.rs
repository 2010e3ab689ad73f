//! How the threads of a search share what there is to do.
//!
//! Each has a pile of its own. A thread without work waits here, and one that has more than it does
//! at the moment gives half of it away.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What is given away, and who waits for it.
pub(super) struct Pool<J> {
    threads: usize,
    given: Mutex<Vec<VecDeque<J>>>,
    changed: Condvar,
    /// How many threads wait. It changes under the lock only.
    waiting: AtomicUsize,
    is_over: AtomicBool,
}

/// Ends the work of all threads when one leaves, by a panic as well.
pub(super) struct Worker<'a, J>(pub(super) &'a Pool<J>);

impl<J> Drop for Worker<'_, J> {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl<J> Pool<J> {
    /// For so many threads, and with this to begin with.
    pub(super) fn new(threads: usize, first: VecDeque<J>) -> Self {
        Self {
            threads,
            given: Mutex::new(vec![first]),
            changed: Condvar::new(),
            waiting: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
        }
    }

    /// Work for a thread that has none; `None` when there is none any more.
    pub(super) fn take(&self) -> Option<VecDeque<J>> {
        let mut given = self.lock();
        self.waiting.fetch_add(1, Ordering::Relaxed);
        loop {
            if self.is_over() {
                return None;
            }
            if let Some(work) = given.pop() {
                self.waiting.fetch_sub(1, Ordering::Relaxed);
                return Some(work);
            }
            if self.waiting.load(Ordering::Relaxed) == self.threads {
                self.is_over.store(true, Ordering::Relaxed);
                self.changed.notify_all();
                return None;
            }
            let woken = self.changed.wait(given);
            given = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Gives half of the work away, the older half, if somebody waits for it.
    pub(super) fn share(&self, work: &mut VecDeque<J>) {
        if work.len() > 1 && self.waiting.load(Ordering::Relaxed) > 0 {
            let half = work.len() / 2;
            self.lock().push(work.drain(..half).collect());
            self.changed.notify_one();
        }
    }

    /// Nobody works on.
    fn end(&self) {
        // Under the lock, so that nobody begins to wait without having seen it.
        let given = self.lock();
        self.is_over.store(true, Ordering::Relaxed);
        drop(given);
        self.changed.notify_all();
    }

    /// Whether the work is done, or given up.
    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<VecDeque<J>>> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
