//! What stands around a node: the peer's main loop, and the doubts that let it look again.
//!
//! Nothing yet finds out that a leader is gone, so somebody who sees everything stands in for it here, with a server's patience: a
//! follower gives up a leader that does not lead, that it does not reach, or that has led anew since; a leader gives up when no
//! quorum follows it. Without that, elections need not end in agreement (the model's liveness properties say when).

use crate::ensemble::Ensemble;
use crate::faults::Faults;
use crate::network::Simulated;
use crate::properties::{Picture, Standing};
use fastrand::Rng;
use fle::Zxid;
use fle::election::Credentials;
use fle::node::{Node, NodeConfig};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

/// What of a server outlives its crashes.
pub(crate) struct Home {
    pub(crate) config: NodeConfig,
    pub(crate) network: Simulated,
    /// What is on its disk.
    pub(crate) disk: Mutex<(Credentials, Rng)>,
    /// Tells it to look for a leader again.
    pub(crate) doubt: Notify,
}

impl Home {
    /// Runs the server until it crashes.
    pub(crate) async fn live(self: Arc<Self>) -> turmoil::Result {
        let late = self.disk.lock().unwrap().1.u64(0..500);
        tokio::time::sleep(Duration::from_millis(late)).await;
        let node = Node::start_on(self.network.clone(), self.config.clone()).await?;
        loop {
            let credentials = self.history();
            node.look_for_leader(credentials).await?;
            self.doubt.notified().await;
        }
    }

    /// What has been logged since the last election, which is mostly nothing.
    fn history(&self) -> Credentials {
        let (credentials, rng) = &mut *self.disk.lock().unwrap();
        if credentials.zxid != Zxid::NO_DATA && rng.u8(0..4) == 0 {
            credentials.zxid.0 += 1;
        }
        *credentials
    }
}

/// Whose leader is in doubt.
pub(crate) struct Doubts {
    rng: Rng,
    ensemble: Arc<Ensemble>,
    watches: BTreeMap<i64, Watch>,
}

/// How one server has fared since it settled.
#[derive(Default)]
struct Watch {
    settlings: usize,
    /// The leadership that it follows, its own included: whose, and the how manyth settling of that one.
    serves: Option<(i64, usize)>,
    /// It has lost the leader that it followed.
    lost: bool,
    unhappy_until: Option<Duration>,
}

impl Doubts {
    pub(crate) fn new(rng: Rng, ensemble: Arc<Ensemble>) -> Self {
        let watches = ensemble.servers.iter().map(|it| (it.sid, Watch::default()));
        Self {
            rng,
            watches: watches.collect(),
            ensemble,
        }
    }

    /// The leader that all servers follow.
    pub(crate) fn agreed(&self) -> Option<i64> {
        let mut served = self.watches.values().map(|watch| watch.serves);
        let first = served.next()??;
        served.all(|it| it == Some(first)).then_some(first.0)
    }

    /// Who has lost patience.
    pub(crate) fn step(&mut self, now: Duration, picture: &Picture, faults: &Faults) -> Vec<i64> {
        for (&sid, watch) in &mut self.watches {
            watch.follow(sid, picture, faults);
        }
        let servers: Vec<i64> = self.watches.keys().copied().collect();
        servers
            .into_iter()
            .filter(|&sid| self.loses_patience(sid, now, picture))
            .collect()
    }

    fn loses_patience(&mut self, sid: i64, now: Duration, picture: &Picture) -> bool {
        let is_settled = matches!(picture.server(sid).standing, Standing::Settled(..));
        let is_happy = !is_settled || self.is_happy(sid, picture);
        // Longer than an election takes where messages arrive in time, so that nobody is given up for being slower to settle.
        let patience = Duration::from_millis(self.rng.u64(1000..4000));
        let watch = self.watches.get_mut(&sid).expect("everybody is watched");
        if is_happy {
            watch.unhappy_until = None;
            return false;
        }
        let until = *watch.unhappy_until.get_or_insert(now + patience);
        if now < until {
            return false;
        }
        watch.unhappy_until = None;
        true
    }

    fn is_happy(&self, sid: i64, picture: &Picture) -> bool {
        let serves = self.watches[&sid].serves;
        if !picture.server(sid).leads() {
            return serves.is_some();
        }
        let with_it = self
            .watches
            .iter()
            .filter(|(_, watch)| watch.serves == serves);
        let with_it: BTreeSet<i64> = with_it.map(|(sid, _)| *sid).collect();
        self.ensemble.is_quorum(&with_it)
    }
}

impl Watch {
    /// A server attaches to the leadership that it finds, and to no later one.
    fn follow(&mut self, sid: i64, picture: &Picture, faults: &Faults) {
        let server = picture.server(sid);
        if self.settlings != server.settlings {
            *self = Self {
                settlings: server.settlings,
                ..Self::default()
            };
        }
        let found = server.leader().filter(|&leader| {
            let reached = faults.reaches(sid, leader) && faults.reaches(leader, sid);
            picture.server(leader).leads() && (leader == sid || reached)
        });
        let found = found.map(|leader| (leader, picture.server(leader).settlings));
        self.lost |= self.serves.is_some() && self.serves != found;
        self.serves = found.filter(|_| !self.lost);
    }
}
