//! Disks that fail at any write.

use crate::support::{Ensemble, until, until_it_follows, until_it_leads};
use fle::PeerEpoch;
use fle::leadership::{Epochs, Knowledge, Stored};
use fle::member::{Limits, Standing};
use fle::storage::{InMemory, Storage, StorageError};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// A disk whose writes fail from one on, for a while. A write that fails may have reached it all
/// the same.
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
        let fails = self.fails_now();
        if !fails || self.reaches {
            self.disk.store_promise(length).await?;
        }
        if fails { Err(full()) } else { Ok(()) }
    }

    async fn store_known(&mut self) -> Result<(), StorageError> {
        let fails = self.fails_now();
        if !fails || self.reaches {
            self.disk.store_known().await?;
        }
        if fails { Err(full()) } else { Ok(()) }
    }
}

/// Whichever of its writes fail, the leader to be is established in the end, and in an epoch that
/// is on the disks of a quorum.
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

/// A disk that never answers.
struct Hanging(InMemory);

impl Storage for Hanging {
    async fn load(&mut self) -> Result<Stored, StorageError> {
        self.0.load().await
    }

    async fn store_accepted(&mut self, _: PeerEpoch) -> Result<(), StorageError> {
        std::future::pending().await
    }

    async fn store_current(&mut self, _: PeerEpoch) -> Result<(), StorageError> {
        std::future::pending().await
    }

    async fn store_promise(&mut self, _: Duration) -> Result<(), StorageError> {
        std::future::pending().await
    }

    async fn store_known(&mut self) -> Result<(), StorageError> {
        std::future::pending().await
    }
}

/// It is elected, stores its epoch, and is heard of no more: the others lead without it.
#[tokio::test]
async fn a_leader_whose_disk_hangs_gives_way() {
    let ensemble = Ensemble::new(3);
    let (tick_time, init_limit) = (Duration::from_millis(100), 10);
    let limits = Limits {
        tick_time,
        init_limit,
        ..Limits::default()
    };
    let hanging = Hanging(ensemble.disks[&3].clone());
    let three = ensemble.start_limited(3, hanging, limits).await;
    let start = |sid: i64| ensemble.start_limited(sid, ensemble.disks[&sid].clone(), limits);
    let (one, two) = (start(1).await, start(2).await);
    until_it_leads(&two).await;
    until_it_follows(&one, 2).await;
    assert_eq!(*three.leadership().borrow(), Standing::Looking);
}

/// A disk that cannot be read says so at the start; one that fails later is asked again until it
/// answers.
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

/// Nobody votes before the last has said that it is new, too; then all of them know that they are.
#[tokio::test]
async fn a_new_ensemble_elects_when_all_of_its_voters_have_come() {
    let ensemble = Ensemble::new(3);
    let disks = [1, 2, 3].map(|sid| (sid, InMemory::default()));
    let start = |(sid, disk): &(i64, InMemory)| ensemble.start_with(*sid, disk.clone());
    let (one, two) = (start(&disks[0]).await, start(&disks[1]).await);
    for member in [&one, &two] {
        // They have told each other their votes more often than an election takes.
        let mut status = member.status();
        status.wait_for(|now| now.notifications > 6).await.unwrap();
        assert_eq!(*member.leadership().borrow(), Standing::Looking);
    }
    assert!(disks.iter().all(|(_, disk)| disk.stored() == Stored::BLANK));
    let three = start(&disks[2]).await;
    for (member, (sid, disk)) in [one, two, three].iter().zip(&disks) {
        until(member, |now| now.epoch().is_some()).await;
        assert_eq!(disk.stored().knowledge, Knowledge::Complete, "server {sid}");
    }
}

/// Its disk fails when it has found out that it is new: it finds out again.
#[tokio::test]
async fn a_new_server_that_cannot_store_that_it_is_new_tries_again() {
    for reaches in [false, true] {
        let ensemble = Ensemble::new(2);
        let failing = Failing::new(&InMemory::default(), 0..1, reaches);
        let one = ensemble.start_with(1, failing.clone()).await;
        let two = ensemble.start_with(2, InMemory::default()).await;
        for member in [&one, &two] {
            until(member, |now| now.epoch().is_some()).await;
        }
        assert_eq!(failing.disk.stored().knowledge, Knowledge::Complete);
    }
}
