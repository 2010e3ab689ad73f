//! Processes that die at one of their stores: before it is on the disk, or after that and before
//! anything that it permits.

use crate::support::{Ensemble, until, until_it_follows};
use fle::leadership::{Epochs, Stored};
use fle::member::{Member, Standing};
use fle::storage::{InMemory, Storage, StorageError};
use fle::transport::LinkState;
use fle::{PeerEpoch, Sid};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// Nothing takes so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// The store at which a process dies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Store {
    Accepted,
    Current,
}

#[derive(Clone, Copy, Debug)]
struct Death {
    at: Store,
    /// Whether what was to be stored is on the disk.
    stored: bool,
}

/// A disk that keeps what was on it, and may be the last that a process sees: it goes no further
/// than a fatal store.
#[derive(Clone)]
struct Disk {
    disk: InMemory,
    death: Option<Death>,
    dies: mpsc::Sender<()>,
    history: Arc<Mutex<Vec<Epochs>>>,
}

impl Disk {
    async fn store(&mut self, store: Store, epoch: PeerEpoch) -> Result<(), StorageError> {
        let death = self.death.filter(|death| death.at == store);
        if death.is_none_or(|death| death.stored) {
            match store {
                Store::Accepted => self.disk.store_accepted(epoch).await?,
                Store::Current => self.disk.store_current(epoch).await?,
            }
            let epochs = self.disk.stored().epochs;
            self.history.lock().unwrap().push(epochs);
        }
        if death.is_some() {
            self.dies.send(()).unwrap();
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

impl Storage for Disk {
    async fn load(&mut self) -> Result<Stored, StorageError> {
        self.disk.load().await
    }

    async fn store_accepted(&mut self, epoch: PeerEpoch) -> Result<(), StorageError> {
        self.store(Store::Accepted, epoch).await
    }

    async fn store_current(&mut self, epoch: PeerEpoch) -> Result<(), StorageError> {
        self.store(Store::Current, epoch).await
    }

    async fn store_promise(&mut self, length: Duration) -> Result<(), StorageError> {
        self.disk.store_promise(length).await
    }

    async fn store_known(&mut self) -> Result<(), StorageError> {
        self.disk.store_known().await
    }
}

/// A member with a runtime of its own. Dropped, it dies: nothing of it goes on, and its connections
/// end.
struct Process {
    runtime: Runtime,
    member: Member,
}

impl Process {
    fn start(ensemble: &Ensemble, sid: i64, disk: &Disk) -> Self {
        let mut builder = Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).enable_all().build().unwrap();
        let member = runtime.block_on(ensemble.start_with(sid, disk.clone()));
        Self { runtime, member }
    }

    fn until(&self, is_so: impl FnMut(&Standing) -> bool) -> Standing {
        self.runtime.block_on(until(&self.member, is_so))
    }

    /// Waits until the election's connection with this server is gone.
    fn misses(&self, sid: i64) {
        let mut status = self.member.status();
        let is_gone = |now: &fle::node::Status| {
            matches!(now.links.get(&Sid(sid)), Some(LinkState::Unreachable(_)))
        };
        let gone = async {
            tokio::time::timeout(PATIENCE, status.wait_for(is_gone))
                .await
                .map(|it| it.is_ok())
        };
        assert!(self.runtime.block_on(gone).unwrap());
    }
}

const fn epochs(accepted: i64, current: i64) -> Epochs {
    Epochs {
        accepted: PeerEpoch(accepted),
        current: PeerEpoch(current),
    }
}

/// What two of three servers have on their disks when one of them has died, before any leader was
/// established.
struct Left {
    death: Death,
    dead: Epochs,
    partner: Epochs,
    /// The first epoch in which a leader may be established now.
    next: i64,
}

const fn left(at: Store, stored: bool, dead: Epochs, partner: Epochs, next: i64) -> Left {
    let death = Death { at, stored };
    Left {
        death,
        dead,
        partner,
        next,
    }
}

/// One that has not stored an epoch has not proposed it, and without its own current one it
/// activates nobody's.
#[test]
fn a_leader_that_dies_at_a_store_comes_back_and_a_later_epoch_is_led() {
    let cases = [
        left(Store::Accepted, false, epochs(0, 0), epochs(0, 0), 1),
        left(Store::Accepted, true, epochs(1, 0), epochs(0, 0), 2),
        left(Store::Current, false, epochs(1, 0), epochs(1, 0), 2),
        left(Store::Current, true, epochs(1, 1), epochs(1, 0), 2),
    ];
    at_once(&cases, |left| die_and_come_back(3, 1, 2, left));
}

/// One that has not stored an epoch has not promised it, and does not help to establish anybody
/// before it is its current one. A leader that has its promise and lives may go on with it.
#[test]
fn a_follower_that_dies_at_a_store_comes_back_and_no_earlier_epoch_is_led() {
    let cases = [
        left(Store::Accepted, false, epochs(0, 0), epochs(1, 0), 1),
        left(Store::Accepted, true, epochs(1, 0), epochs(1, 0), 2),
        left(Store::Current, false, epochs(1, 0), epochs(1, 1), 1),
        left(Store::Current, true, epochs(1, 1), epochs(1, 1), 1),
    ];
    at_once(&cases, |left| die_and_come_back(1, 2, 3, left));
}

/// Most of the time is spent waiting.
fn at_once(cases: &[Left], case: impl Fn(&Left) + Copy + Send) {
    std::thread::scope(|scope| {
        for left in cases {
            scope.spawn(move || case(left));
        }
    });
}

/// Two servers are a quorum, so each is part of whatever is established, before the third comes.
fn die_and_come_back(victim: i64, partner: i64, third: i64, left: &Left) {
    let ensemble = Ensemble::new(3);
    let (dies, death) = mpsc::channel();
    let disk = |sid: i64| Disk {
        disk: ensemble.disks[&sid].clone(),
        death: None,
        dies: dies.clone(),
        history: Arc::default(),
    };
    let disks = [disk(victim), disk(partner), disk(third)];
    let fatal = Disk {
        death: Some(left.death),
        ..disks[0].clone()
    };
    let dying = Process::start(&ensemble, victim, &fatal);
    let stays = Process::start(&ensemble, partner, &disks[1]);
    death.recv_timeout(PATIENCE).unwrap();
    drop(dying);
    stays.misses(victim);
    assert_eq!(*stays.member.leadership().borrow(), Standing::Looking);
    for (disk, epochs) in disks.iter().zip([left.dead, left.partner]) {
        assert_eq!(disk.disk.stored().epochs, epochs, "{:?}", left.death);
    }

    let back = Process::start(&ensemble, victim, &disks[0]);
    let led = back.until(|now| now.epoch().is_some());
    let epoch = led.epoch().unwrap();
    let other = stays.until(|now| now.epoch() == Some(epoch));
    let leads = |it: &Standing| matches!(it, Standing::Leading { .. });
    assert_ne!(leads(&led), leads(&other), "{led:?} {other:?}");
    let leader = if leads(&led) { victim } else { partner };
    assert!(
        epoch >= PeerEpoch(left.next),
        "{epoch} after {:?}",
        left.death
    );
    let new = Process::start(&ensemble, third, &disks[2]);
    let follows = until_it_follows(&new.member, leader);
    assert_eq!(new.runtime.block_on(follows), epoch);
    for disk in disks {
        never_falls(&disk.history.lock().unwrap());
    }
}

fn never_falls(history: &[Epochs]) {
    assert!(
        history.iter().all(|it| it.current <= it.accepted),
        "{history:?}"
    );
    let falls = |it: &[Epochs]| it[0].accepted > it[1].accepted || it[0].current > it[1].current;
    assert!(!history.windows(2).any(falls), "{history:?}");
}
