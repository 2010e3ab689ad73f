//! The servers, which of them are down, and how soon the others have a leader again.

use super::picture::{Picture, Server};
use crate::Failure;
use fle::config::{DynamicConfig, Rules};
use fle::leadership::Epochs;
use fle::member::{Limits, Member, MemberConfig, Standing};
use fle::storage::InMemory;
use fle::transport::Tcp;
use fle::{PeerEpoch, Sid};
use std::fmt;
use std::net::TcpListener;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Loopback is fast, and a server that comes back need not wait for long.
const TICK: Duration = Duration::from_millis(200);

pub(super) struct Ensemble {
    network: Tcp,
    seats: Vec<Seat>,
}

/// One server's place, which outlives its process.
struct Seat {
    config: MemberConfig,
    storage: InMemory,
    member: Option<Member>,
}

impl Ensemble {
    /// Servers 1, 2, …, each on ports of the system's choice.
    pub(super) async fn start(servers: u16) -> Result<Self, Failure> {
        let network = Tcp::default();
        let port = || {
            let listener = TcpListener::bind("127.0.0.1:0")?;
            Ok::<_, std::io::Error>(network.reserve(listener)?.port())
        };
        let mut text = String::new();
        for sid in 1..=servers {
            text += &format!("server.{sid}=127.0.0.1:{}:{}\n", port()?, port()?);
        }
        let config = DynamicConfig::parse(&text, Rules::default())?;
        let mut ensemble = Self {
            seats: (1..=servers)
                .filter_map(|sid| Seat::of(Sid(sid.into()), &config))
                .collect(),
            network,
        };
        ensemble.revive().await?;
        Ok(ensemble)
    }

    /// Starts every server that is down.
    pub(super) async fn revive(&mut self) -> Result<(), Failure> {
        for seat in &mut self.seats {
            if seat.member.is_none() {
                let (network, storage) = (self.network.clone(), seat.storage.clone());
                let config = seat.config.clone();
                let member =
                    Member::start_on(network, config, storage, PeerEpoch::first_zxid).await?;
                seat.member = Some(member);
            }
        }
        Ok(())
    }

    /// Ends the leader without a word to the others, and says who might lead after it and in what
    /// epoch it led; `None` if nobody leads.
    pub(super) async fn kill_leader(
        &mut self,
    ) -> Option<(PeerEpoch, Vec<watch::Receiver<Standing>>)> {
        let leads = |seat: &Seat| match &*seat.member.as_ref()?.leadership().borrow() {
            Standing::Leading { epoch, .. } => Some(*epoch),
            _ => None,
        };
        let epoch = self.seats.iter().filter_map(leads).max()?;
        let leader = self
            .seats
            .iter_mut()
            .find(|seat| leads(seat) == Some(epoch))?;
        if let Some(member) = leader.member.take() {
            member.shutdown().await;
        }
        let others = self.seats.iter().filter_map(|seat| seat.member.as_ref());
        Some((epoch, others.map(Member::leadership).collect()))
    }

    pub(super) fn picture(&self) -> Picture {
        let servers = self.seats.iter().map(|seat| {
            let sid = seat.config.node.transport.sid;
            let standing = seat.member.as_ref().map(Member::leadership);
            let status = seat.member.as_ref().map(Member::status);
            Server::of(sid, status.zip(standing))
        });
        Picture::new(servers.collect())
    }

    pub(super) async fn shutdown(self) {
        let members = self.seats.into_iter().filter_map(|seat| seat.member);
        let ends: JoinSet<()> = members.map(Member::shutdown).collect();
        ends.join_all().await;
    }
}

impl Seat {
    fn of(sid: Sid, config: &DynamicConfig) -> Option<Self> {
        let mut config = MemberConfig::new(sid, config.clone())?;
        config.limits = Limits {
            tick_time: TICK,
            init_limit: 50,
            ..Limits::default()
        };
        Some(Self {
            config,
            storage: Epochs::default().into(),
            member: None,
        })
    }
}

/// How long the ensemble was without an established leader, each time one was killed.
#[derive(Default)]
pub(super) struct Recovery {
    under_way: JoinSet<Duration>,
    took: Vec<Duration>,
    /// How often there was nobody to kill.
    failed: usize,
}

impl Recovery {
    /// The leader of this epoch was killed just now; one of these may follow it.
    pub(super) fn begin(&mut self, killed: Option<(PeerEpoch, Vec<watch::Receiver<Standing>>)>) {
        let Some((killed, others)) = killed else {
            self.failed += 1;
            return;
        };
        let since = Instant::now();
        let mut succeed = JoinSet::new();
        for mut standing in others {
            succeed.spawn(async move {
                let leads = move |now: &Standing| matches!(now, Standing::Leading { epoch, .. } if *epoch > killed);
                if standing.wait_for(leads).await.is_err() {
                    std::future::pending::<()>().await;
                }
            });
        }
        self.under_way.spawn(async move {
            succeed.join_next().await;
            since.elapsed()
        });
    }

    /// Waits for the next leader to be established; for ever when none is missing.
    pub(super) async fn watch(&mut self) {
        match self.under_way.join_next().await {
            Some(took) => self.took.extend(took.ok()),
            None => std::future::pending().await,
        }
    }

    /// # Errors
    /// When a leader was missing at a time when one should have been killed.
    pub(super) fn judge(&self) -> Result<(), Failure> {
        if self.failed == 0 {
            return Ok(());
        }
        let times = if self.failed == 1 {
            "once"
        } else {
            "several times"
        };
        Err(Failure::Check(format!(
            "nobody led {times} ({}) when a leader was to be killed; give the servers more time between",
            self.failed
        )))
    }
}

impl fmt::Display for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut took = self.took.clone();
        took.sort_unstable();
        let (Some(median), Some(longest)) = (took.get(took.len() / 2), took.last()) else {
            return Ok(());
        };
        writeln!(
            f,
            "{} leaders were killed and replaced; the next was established after {median:.0?}, at most {longest:.0?}",
            took.len()
        )
    }
}
