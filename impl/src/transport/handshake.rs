//! How a connection begins: who dials says who it is. Both sides, with the bounds on strangers that
//! connect and say nothing.
//!
//! Source: `QuorumCnxManager.Listener`, `handleConnection`, `initiateConnection`. Unlike there,
//! nothing here waits for anything else: each connection has its own task, so a silent one holds up
//! nobody.

use super::dialling::{Dialler, Targets};
use super::limited::Limited;
use super::link::Introduced;
use super::network::Network;
use super::settings::Settings;
use crate::codec::initial::{self, ElectionAddress, InitialMessage};
use crate::config::Host;
use crate::id::Sid;
use bytes::BytesMut;
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, timeout};

/// The wait after a failed accept, such as for want of file descriptors.
const AFTER_FAILED_ACCEPT: Duration = Duration::from_millis(100);
/// How often is said that connections are refused, or cannot be accepted.
const REFUSALS_TOLD_EVERY: Duration = Duration::from_secs(10);

/// What a connection to a port begins with, which says who has connected.
pub(super) trait Greeting: Sized + Send + 'static {
    /// How many bytes it may have.
    const LONGEST: usize;

    /// Reads it from the start of what has arrived, and says how long it is; `None` while it is
    /// incomplete.
    fn decode(bytes: &[u8]) -> io::Result<Option<(Self, usize)>>;
}

impl Greeting for InitialMessage {
    const LONGEST: usize = initial::LONGEST;

    fn decode(bytes: &[u8]) -> io::Result<Option<(Self, usize)>> {
        Self::decode(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }
}

/// Somebody connected and said who it is.
pub(super) struct Visitor<S, G> {
    /// When the connection was accepted.
    pub(super) since: Instant,
    /// Where it comes from.
    pub(super) from: SocketAddr,
    pub(super) greeting: G,
    pub(super) connection: Introduced<S>,
}

/// Takes connections in until it is stopped. At most so many are in their first moments; for one
/// more the oldest is closed of those from where most of them come.
pub(super) async fn listen<N: Network, G: Greeting>(
    network: N,
    mut listener: N::Listener,
    wait: Duration,
    at_most: usize,
    visitors: mpsc::Sender<Visitor<N::Stream, G>>,
) {
    let mut half_open = HalfOpen::default();
    let mut failures = Limited::every(REFUSALS_TOLD_EVERY);
    let refusals = Arc::new(Mutex::new(Limited::every(REFUSALS_TOLD_EVERY)));
    loop {
        let (stream, from) = match network.accept(&mut listener).await {
            Ok(accepted) => accepted,
            Err(error) => {
                if let Some(left_out) = failures.admit(error.to_string()) {
                    tracing::warn!(target: "fle", "cannot accept a connection: {error}{left_out}");
                }
                tokio::time::sleep(AFTER_FAILED_ACCEPT).await;
                continue;
            }
        };
        let (visitors, refusals) = (visitors.clone(), Arc::clone(&refusals));
        half_open.spawn(at_most, from.ip(), async move {
            let since = Instant::now();
            let read = timeout(wait, read_greeting(stream)).await;
            let why = match read.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
                Ok(Some((greeting, connection))) => {
                    let visitor = Visitor {
                        since,
                        from,
                        greeting,
                        connection,
                    };
                    return drop(visitors.send(visitor).await);
                }
                // Somebody has looked whether the port is open, or has tried two addresses.
                Ok(None) => return,
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                    "it does not say who it is".to_owned()
                }
                Err(error) => error.to_string(),
            };
            let mut refusals = refusals.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(left_out) = refusals.admit(()) {
                tracing::warn!(target: "fle", %from, "refused a connection: {why}{left_out}");
            }
        });
    }
}

/// The connections that have not said who they are. All are closed when this is dropped.
#[derive(Default)]
struct HalfOpen {
    tasks: JoinSet<()>,
    oldest_first: VecDeque<(IpAddr, AbortHandle)>,
}

impl HalfOpen {
    fn spawn(
        &mut self,
        at_most: usize,
        from: IpAddr,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        while self.tasks.try_join_next().is_some() {}
        self.oldest_first.retain(|(_, task)| !task.is_finished());
        if self.oldest_first.len() >= at_most
            && let Some((_, task)) = self
                .oldest_of_most()
                .and_then(|at| self.oldest_first.remove(at))
        {
            task.abort();
        }
        let task = self.tasks.spawn(task);
        self.oldest_first.push_back((neighbourhood(from), task));
    }

    /// The place of the oldest of those from where most come; of several such, of the oldest.
    fn oldest_of_most(&self) -> Option<usize> {
        let mut counts: BTreeMap<IpAddr, usize> = BTreeMap::new();
        for (from, _) in &self.oldest_first {
            *counts.entry(*from).or_default() += 1;
        }
        let most = *counts.values().max()?;
        self.oldest_first
            .iter()
            .position(|(from, _)| counts[from] == most)
    }
}

/// What one host may choose its address from: it has one of IPv4, and 2^64 of IPv6.
fn neighbourhood(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.into(),
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into(),
    }
}

/// Who has connected; `None` if it has gone without a word.
async fn read_greeting<S, G>(mut stream: S) -> io::Result<Option<(G, Introduced<S>)>>
where
    S: AsyncRead + Unpin,
    G: Greeting,
{
    let mut rest = BytesMut::with_capacity(G::LONGEST);
    loop {
        if let Some((greeting, used)) = G::decode(&rest)? {
            drop(rest.split_to(used));
            return Ok(Some((greeting, Introduced { stream, rest })));
        }
        match stream.read_buf(&mut rest).await {
            Ok(0) if rest.is_empty() => return Ok(None),
            Ok(0) => {
                return Err(io::Error::other(
                    "it ends in the middle of its introduction",
                ));
            }
            Ok(_) => {}
            Err(_) if rest.is_empty() => return Ok(None),
            Err(error) => return Err(error),
        }
    }
}

/// What came of dialling.
pub(super) enum Dialled<S> {
    /// A connection to keep, and where it leads.
    Kept(Introduced<S>, SocketAddr),
    /// The peer has the greater sid, and will dial back. This connection is only there for it to be
    /// closed.
    HandedOver(S),
}

/// Dials a server where it may be, and says who we are.
pub(super) async fn dial<N: Network>(
    dialler: Dialler<N>,
    settings: Settings,
    sid: Sid,
    targets: Targets,
) -> io::Result<Dialled<N::Stream>> {
    let (stream, at) = dialler.connect(targets).await?;
    let introduced = introduce::<N>(stream, &settings, sid).await?;
    Ok(if sid < settings.sid {
        let (stream, rest) = (introduced, BytesMut::new());
        Dialled::Kept(Introduced { stream, rest }, at)
    } else {
        Dialled::HandedOver(introduced)
    })
}

async fn introduce<N: Network>(
    mut stream: N::Stream,
    settings: &Settings,
    sid: Sid,
) -> io::Result<N::Stream> {
    let local = N::local_addr(&stream)?.ip();
    let message = InitialMessage {
        sid: settings.sid,
        addresses: advertised(settings, local),
    };
    let mut bytes = Vec::new();
    message.encode(settings.multi_address, &mut bytes);
    let exchange = async move {
        stream.write_all(&bytes).await?;
        if sid > settings.sid {
            stream.shutdown().await?;
        }
        Ok(stream)
    };
    let sent = timeout(settings.handshake_timeout, exchange).await;
    sent.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// Ends if a connection that was handed over is reset instead of closed, as happens to those that a
/// process had not taken in when it died.
pub(super) async fn reset<S: AsyncRead + Unpin>(mut stream: S) -> io::Error {
    loop {
        match stream.read(&mut [0; 64]).await {
            Ok(0) => std::future::pending().await,
            Ok(_) => {}
            Err(error) => return error,
        }
    }
}

/// Our addresses without wildcards, which nobody can dial; if nothing is left, the one that this
/// connection has on our side.
fn advertised(settings: &Settings, local: IpAddr) -> Vec<ElectionAddress> {
    let all = &settings.advertised;
    let mut dialable: Vec<_> = all
        .iter()
        .filter(|it| !it.host.is_wildcard())
        .cloned()
        .collect();
    if dialable.is_empty() {
        let port = all.first().map_or(0, |it| it.port);
        let host = Host::Ip(local);
        dialable.push(ElectionAddress { host, port });
    }
    dialable
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who floods loses his own oldest; one that comes from elsewhere stays, also if it is older.
    #[tokio::test]
    async fn who_floods_with_silent_connections_closes_his_own() {
        let ip = |last| IpAddr::from([10, 0, 0, last]);
        let flood = |i: u128| IpAddr::from(Ipv6Addr::from_bits((0x2001_0db8 << 96) + i));
        let mut half_open = HalfOpen::default();
        half_open.spawn(8, ip(1), std::future::pending());
        half_open.spawn(8, ip(2), std::future::pending());
        for i in 0..100 {
            half_open.spawn(8, flood(i), std::future::pending());
        }
        let honest = &half_open.oldest_first;
        let honest = honest
            .iter()
            .filter(|(from, _)| [ip(1), ip(2)].contains(from));
        assert_eq!(honest.filter(|(_, task)| !task.is_finished()).count(), 2);
        assert_eq!(half_open.oldest_first.len(), 8);
    }
}
