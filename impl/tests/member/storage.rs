//! Disks that fail at any write.

use crate::support::{Ensemble, until, until_it_follows, until_it_leads};
use fle::PeerEpoch;
use fle::leadership::{Epochs, Stored};
use fle::member::Standing;
use fle::storage::{InMemory, Storage, StorageError};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// A disk whose writes fail from one on, for a while. A write that fails may have reached it all the same.
#[derive(Clone)]
struct Failing {
    disk: InMemory,
    written: Arc<AtomicU32>,
    fails: std::ops::Range<u32>,
    reaches: bool,
}

impl Failing {
    fn new(disk: &InMemory, fails: std::ops::Range<u32>, reaches: bool) -> Self {
        Self {
            disk: disk.clone(),
            written: Arc::default(),
            fails,
            reaches,
        }
    }

    /// Whether this write is to fail.
    fn fails_now(&self) -> bool {
        self.fails
            .contains(&self.written.fetch_add(1, Ordering::SeqCst))
    }
}

fn full() -> StorageError {
    StorageError::Io {
        path: "acceptedEpoch.tmp".into(),
        doing: "write",
        source: io::ErrorKind::StorageFull.into(),
    }
}

impl Storage for Failing {
    async fn load(&mut self) -> Result<Stored, StorageError> {
        self.disk.load().await
    }

    async fn store_accepted(&mut self, epoch: PeerEpoch) -> Result<(), StorageError> {
        let fails = self.fails_now();
        if !fails || self.reaches {
            self.disk.store_accepted(epoch).await?;
        }
        if fails { Err(full()) } else { Ok(()) }
    }

    async fn store_current(&mut self, epoch: PeerEpoch) -> Result<(), StorageError> {
        let fails = self.fails_now();
        if !fails || self.reaches {
            self.disk.store_current(epoch).await?;
        }
        if fails { Err(full()) } else { Ok(()) }
    }

    async fn store_promise(&mut self, length: Duration) -> Result<(), StorageError> {
        self.disk.store_promise(length).await
    }

    async fn store_known(&mut self) -> Result<(), StorageError> {
        self.disk.store_known().await
    }
}

/// Whichever of its writes fail, the leader to be is established in the end, and in an epoch that is on the disks of a quorum.
#[tokio::test]
async fn a_server_whose_disk_fails_leads_when_it_works_again() {
    for first in 0..2 {
        for reaches in [false, true] {
            let ensemble = Ensemble::new(3);
            let failing = Failing::new(&ensemble.disks[&3], first..first + 2, reaches);
            let three = ensemble.start_with(3, failing.clone()).await;
            let (one, two) = (ensemble.start(1).await, ensemble.start(2).await);
            // While its disk is broken another may lead; with it gone, nobody else can.
            let led = until(&three, |now| now.epoch().is_some()).await;
            drop(one);
            drop(two);
            assert!(failing.written.load(Ordering::SeqCst) > first);
            let stored = failing.disk.stored().epochs;
            assert!(stored.current <= stored.accepted);
            assert_eq!(led.epoch(), Some(stored.current), "{first} {reaches}");
        }
    }
}

/// A follower that cannot store its promise makes none: without it there is no quorum.
#[tokio::test]
async fn a_follower_with_a_full_disk_establishes_nobody() {
    let ensemble = Ensemble::new(3);
    let failing = Failing::new(&ensemble.disks[&1], 0..u32::MAX, false);
    let one = ensemble.start_with(1, failing.clone()).await;
    let three = ensemble.start(3).await;
    while failing.written.load(Ordering::SeqCst) < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(*three.leadership().borrow(), Standing::Looking);
    assert_eq!(*one.leadership().borrow(), Standing::Looking);
    assert_eq!(failing.disk.stored().epochs, Epochs::default());
    // One that can store is all that was missing.
    let two = ensemble.start(2).await;
    until_it_leads(&three).await;
    until_it_follows(&two, 3).await;
}

/// A disk that cannot be read says so at the start; one that fails later is asked again until it answers.
#[tokio::test]
async fn a_disk_that_cannot_be_read_stops_nobody_from_stopping() {
    let ensemble = Ensemble::new(1);
    let failing = Failing::new(&ensemble.disks[&1], 0..u32::MAX, false);
    let member = ensemble.start_with(1, failing.clone()).await;
    while failing.written.load(Ordering::SeqCst) < 1 {
        tokio::task::yield_now().await;
    }
    member.shutdown().await;
}
