//! A server over all its lives: what outlives a crash, and what it is at between them.

use crate::disk::Disk;
use crate::ensemble::Ensemble;
use crate::network::Simulated;
use fastrand::Rng;
use fle::member::{Limits, Member, Standing};
use fle::{Sid, Zxid};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

/// What of a server outlives its crashes, and what of its present life is seen from outside.
pub(crate) struct Home {
    pub(crate) sid: i64,
    pub(crate) ensemble: Arc<Ensemble>,
    /// What it goes by in its present or next life.
    pub(crate) limits: Mutex<Limits>,
    pub(crate) network: Simulated,
    pub(crate) disk: Disk,
    /// The last transaction that it has logged, and how that goes on.
    pub(crate) history: Mutex<(Zxid, Rng)>,
    /// What its owner is to do next.
    pub(crate) orders: Orders,
    pub(crate) life: Mutex<Option<Life>>,
}

/// What a server's owner does unasked.
#[derive(Clone, Copy)]
pub(crate) enum Order {
    /// Has it look for a leader again.
    Doubt,
    /// Has it hand over to this one.
    Transfer(i64),
}

/// The last order that has not been carried out.
#[derive(Default)]
pub(crate) struct Orders {
    last: Mutex<Option<Order>>,
    given: Notify,
}

impl Orders {
    pub(crate) fn give(&self, order: Order) {
        *self.last.lock().unwrap() = Some(order);
        self.given.notify_one();
    }

    async fn next(&self) -> Order {
        loop {
            self.given.notified().await;
            if let Some(order) = self.last.lock().unwrap().take() {
                return order;
            }
        }
    }
}

/// For so long an owner waits for what comes of a transfer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The wait before a server is started again that could not start.
const AFTER_FAILED_START: Duration = Duration::from_millis(200);

/// A server that runs.
pub(crate) struct Life {
    leadership: watch::Receiver<Standing>,
    /// The same moment on its own clock and on the simulation's.
    began: (Instant, Duration),
}

impl Home {
    /// Runs the server until it crashes.
    pub(crate) async fn live(self: Arc<Self>) -> turmoil::Result {
        let late = self.history.lock().unwrap().1.u64(0..500);
        tokio::time::sleep(Duration::from_millis(late)).await;
        let member = self.start().await;
        *self.life.lock().unwrap() = Some(Life {
            leadership: member.leadership(),
            began: (Instant::now(), turmoil::sim_elapsed().unwrap_or_default()),
        });
        loop {
            match self.orders.next().await {
                Order::Doubt => member.step_down().await?,
                Order::Transfer(heir) => {
                    let outcome = member.transfer(Sid(heir));
                    // It may be refused, fail, or wait for a quorum: all of them may happen here.
                    let _ = tokio::time::timeout(PATIENCE, outcome).await;
                }
            }
        }
    }

    /// Starts the server, as often as it takes.
    async fn start(self: &Arc<Self>) -> Member {
        loop {
            let home = Arc::clone(self);
            let last_zxid = move |_| home.last_zxid();
            let (network, disk) = (self.network.clone(), self.disk.clone());
            let limits = *self.limits.lock().unwrap();
            let config = self.ensemble.config(self.sid, limits);
            match Member::start_on(network, config, disk, last_zxid).await {
                Ok(member) => return member,
                // Its disk or its name is in trouble.
                Err(_) => tokio::time::sleep(AFTER_FAILED_START).await,
            }
        }
    }

    /// What has been logged since the last election, which is mostly nothing.
    fn last_zxid(&self) -> Zxid {
        let (zxid, rng) = &mut *self.history.lock().unwrap();
        if *zxid != Zxid::NO_DATA && rng.u8(0..4) == 0 {
            zxid.0 += 1;
        }
        *zxid
    }

    pub(crate) fn crashes(&self) {
        *self.life.lock().unwrap() = None;
    }

    /// What the server's owner is told of its leadership.
    pub(crate) fn standing(&self) -> Standing {
        let life = self.life.lock().unwrap();
        let standing = life.as_ref().map(|life| life.leadership.borrow().clone());
        standing.unwrap_or(Standing::Looking)
    }

    /// The epoch that the server leads in with a lease that is not over at this moment.
    pub(crate) fn leases(&self, now: Duration) -> Option<i64> {
        let life = self.life.lock().unwrap();
        let life = life.as_ref()?;
        let Standing::Leading { epoch, lease } = &*life.leadership.borrow() else {
            return None;
        };
        let (own, elapsed) = life.began;
        let expires = elapsed + lease.expires_at()?.saturating_duration_since(own);
        (expires > now).then_some(epoch.0)
    }
}
