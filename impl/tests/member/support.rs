//! Ensembles of members on loopback.

use fle::config::{DynamicConfig, Rules};
use fle::leadership::Epochs;
use fle::member::{Limits, Member, MemberConfig, Standing};
use fle::storage::{InMemory, Storage};
use fle::transport::Tcp;
use fle::{PeerEpoch, Sid};
use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

/// Nothing in these tests takes so long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Ensemble {
    network: Tcp,
    config: DynamicConfig,
    pub(crate) disks: BTreeMap<i64, InMemory>,
    quorum_ports: BTreeMap<i64, SocketAddr>,
}

impl Ensemble {
    pub(crate) fn new(servers: i64) -> Self {
        let network = Tcp::default();
        let mut text = String::new();
        let mut quorum_ports = BTreeMap::new();
        for sid in 1..=servers {
            let port = || {
                network
                    .reserve(TcpListener::bind("127.0.0.1:0").unwrap())
                    .unwrap()
            };
            let (quorum, election) = (port(), port());
            text += &format!(
                "server.{sid}=127.0.0.1:{}:{}\n",
                quorum.port(),
                election.port()
            );
            quorum_ports.insert(sid, quorum);
        }
        Self {
            config: DynamicConfig::parse(&text, Rules::default()).unwrap(),
            network,
            disks: (1..=servers)
                .map(|sid| (sid, Epochs::default().into()))
                .collect(),
            quorum_ports,
        }
    }

    /// The same servers, one of them with another quorum port, in a later version.
    pub(crate) fn moved(&mut self, sid: i64) -> Arc<fle::Ensemble> {
        let port = self
            .network
            .reserve(TcpListener::bind("127.0.0.1:0").unwrap())
            .unwrap();
        let before = format!("127.0.0.1:{}:", self.quorum_port(sid).port());
        let text = self.config.to_string();
        assert!(text.contains(&before), "{text}");
        let text = text.replace(&before, &format!("127.0.0.1:{}:", port.port()));
        let text = text.replace("version=0", "version=1");
        self.config = DynamicConfig::parse(&text, Rules::default()).unwrap();
        self.quorum_ports.insert(sid, port);
        Arc::new(fle::Ensemble::new(
            self.config.clone(),
            None,
            Rules::default(),
        ))
    }

    pub(crate) fn quorum_port(&self, sid: i64) -> SocketAddr {
        self.quorum_ports[&sid]
    }

    pub(crate) async fn start(&self, sid: i64) -> Member {
        self.start_with(sid, self.disks[&sid].clone()).await
    }

    pub(crate) async fn start_with(&self, sid: i64, storage: impl Storage) -> Member {
        let limits = Limits {
            tick_time: Duration::from_millis(100),
            init_limit: 100,
            sync_limit: 10,
            ..Limits::default()
        };
        self.start_limited(sid, storage, limits).await
    }

    pub(crate) async fn start_limited(
        &self,
        sid: i64,
        storage: impl Storage,
        limits: Limits,
    ) -> Member {
        let mut config = MemberConfig::new(Sid(sid), self.config.clone()).unwrap();
        config.limits = limits;
        let network = self.network.clone();
        let member = Member::start_on(network, config, storage, PeerEpoch::first_zxid).await;
        member.unwrap()
    }

    pub(crate) async fn start_all(&self) -> BTreeMap<i64, Member> {
        let mut members = BTreeMap::new();
        for &sid in self.disks.keys() {
            members.insert(sid, self.start(sid).await);
        }
        members
    }
}

/// Waits until the member is at something.
pub(crate) async fn until(member: &Member, is_so: impl FnMut(&Standing) -> bool) -> Standing {
    let mut leadership = member.leadership();
    let awaited = tokio::time::timeout(PATIENCE, leadership.wait_for(is_so)).await;
    awaited.expect("it does not come to that").unwrap().clone()
}

pub(crate) async fn until_it_leads(member: &Member) -> Standing {
    until(member, |now| matches!(now, Standing::Leading { .. })).await
}

/// Waits until the member follows this leader; in which epoch.
pub(crate) async fn until_it_follows(member: &Member, whom: i64) -> PeerEpoch {
    let follows =
        |now: &Standing| matches!(now, Standing::Following { leader, .. } if leader.0 == whom);
    until(member, follows).await.epoch().unwrap()
}
