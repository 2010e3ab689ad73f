//! The servers, and which of them are down.

use super::picture::{Picture, Server};
use crate::failure::Failure;
use fle::config::{DynamicConfig, Rules};
use fle::leadership::Epochs;
use fle::member::{Limits, Member, MemberConfig, Standing};
use fle::storage::InMemory;
use fle::transport::Tcp;
use fle::{PeerEpoch, Sid};
use std::net::TcpListener;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

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
