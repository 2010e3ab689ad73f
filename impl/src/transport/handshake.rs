//! How a connection begins: who dials says who it is. Both sides, with the bounds on strangers that connect and say nothing.
//!
//! Source: `QuorumCnxManager.Listener`, `handleConnection`, `initiateConnection`. Unlike there, nothing here waits for anything
//! else: each connection has its own task, so a silent one holds up nobody.

use super::Settings;
use super::link::Introduced;
use super::network::Network;
use crate::codec::initial::{self, ElectionAddress, InitialMessage};
use crate::config::Host;
use crate::id::Sid;
use bytes::BytesMut;
use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, timeout};

/// The wait after a failed accept, such as for want of file descriptors.
const AFTER_FAILED_ACCEPT: Duration = Duration::from_millis(100);

/// What a connection to a port begins with, which says who has connected.
pub(super) trait Greeting: Sized + Send + 'static {
    /// How many bytes it may have.
    const LONGEST: usize;

    /// Reads it from the start of what has arrived, and says how long it is; `None` while it is incomplete.
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
    pub(super) greeting: G,
    pub(super) connection: Introduced<S>,
}

/// Takes connections in until it is stopped. At most so many are in their first moments; one more and the oldest is closed.
pub(super) async fn listen<N: Network, G: Greeting>(
    network: N,
    mut listener: N::Listener,
    wait: Duration,
    at_most: usize,
    visitors: mpsc::Sender<Visitor<N::Stream, G>>,
) {
    let mut half_open = HalfOpen::default();
    loop {
        let (stream, from) = match network.accept(&mut listener).await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(target: "fle", %error, "cannot accept a connection");
                tokio::time::sleep(AFTER_FAILED_ACCEPT).await;
                continue;
            }
        };
        let (visitors, since) = (visitors.clone(), Instant::now());
        half_open.spawn(at_most, async move {
            match timeout(wait, read_greeting(stream, since)).await {
                Ok(Ok(visitor)) => drop(visitors.send(visitor).await),
                Ok(Err(error)) => {
                    tracing::warn!(target: "fle", %from, %error, "refused a connection");
                }
                Err(_) => {
                    tracing::warn!(target: "fle", %from, "refused a connection that did not say who it is");
                }
            }
        });
    }
}

/// The connections that have not said who they are. All are closed when this is dropped.
#[derive(Default)]
struct HalfOpen {
    tasks: JoinSet<()>,
    oldest_first: VecDeque<AbortHandle>,
}

impl HalfOpen {
    fn spawn(&mut self, at_most: usize, task: impl Future<Output = ()> + Send + 'static) {
        while self.tasks.try_join_next().is_some() {}
        self.oldest_first.retain(|task| !task.is_finished());
        if self.oldest_first.len() >= at_most
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            oldest.abort();
        }
        self.oldest_first.push_back(self.tasks.spawn(task));
    }
}

async fn read_greeting<S, G>(mut stream: S, since: Instant) -> io::Result<Visitor<S, G>>
where
    S: AsyncRead + Unpin,
    G: Greeting,
{
    let mut rest = BytesMut::with_capacity(G::LONGEST);
    loop {
        if let Some((greeting, used)) = G::decode(&rest)? {
            drop(rest.split_to(used));
            let connection = Introduced { stream, rest };
            return Ok(Visitor {
                since,
                greeting,
                connection,
            });
        }
        if stream.read_buf(&mut rest).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// What came of dialling.
pub(super) enum Dialled<S> {
    /// A connection to keep.
    Kept(Introduced<S>),
    /// The peer has the greater sid, and will dial back. This connection is only there for it to be closed.
    HandedOver(S),
}

/// Dials a server at the first of these groups of addresses at which one answers, and says who we are.
pub(super) async fn dial<N: Network>(
    network: N,
    settings: Settings,
    sid: Sid,
    groups: Vec<Vec<ElectionAddress>>,
) -> io::Result<Dialled<N::Stream>> {
    let stream = connect_to_first(&network, groups, settings.connect_timeout).await?;
    introduce::<N>(stream, &settings, sid).await
}

/// Connects to a server at the first of these groups of addresses at which one answers.
pub(super) async fn connect_to_first<N: Network>(
    network: &N,
    groups: Vec<Vec<ElectionAddress>>,
    wait: Duration,
) -> io::Result<N::Stream> {
    let mut failure = io::Error::other("the server has no address in the configuration");
    for group in groups {
        match connect_to_any(network, group, wait).await {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// Tries all addresses at once: the first that answers wins, so that a dead one costs nothing.
async fn connect_to_any<N: Network>(
    network: &N,
    group: Vec<ElectionAddress>,
    wait: Duration,
) -> io::Result<N::Stream> {
    let mut attempts = JoinSet::new();
    for address in group {
        let network = network.clone();
        attempts.spawn(async move {
            let attempt = connect(&network, &address);
            let connected = timeout(wait, attempt).await;
            let connected = connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
            connected.map_err(|error| io::Error::new(error.kind(), format!("{address}: {error}")))
        });
    }
    let mut failure = io::Error::other("no address to dial");
    while let Some(attempt) = attempts.join_next().await {
        match attempt {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => failure = error,
            Err(error) => failure = io::Error::other(error),
        }
    }
    Err(failure)
}

/// Names are resolved at each attempt: a server may have moved.
async fn connect<N: Network>(network: &N, address: &ElectionAddress) -> io::Result<N::Stream> {
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in resolve(network, address).await? {
        match network.connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// The socket addresses that an election address stands for now.
pub(super) async fn resolve<N: Network>(
    network: &N,
    address: &ElectionAddress,
) -> io::Result<Vec<SocketAddr>> {
    match &address.host {
        Host::Ip(ip) => Ok(vec![SocketAddr::new(*ip, address.port)]),
        Host::Name(name) => network.resolve(name, address.port).await,
    }
}

async fn introduce<N: Network>(
    mut stream: N::Stream,
    settings: &Settings,
    sid: Sid,
) -> io::Result<Dialled<N::Stream>> {
    let local = N::local_addr(&stream)?.ip();
    let message = InitialMessage {
        sid: settings.sid,
        addresses: advertised(settings, local),
    };
    let mut bytes = Vec::new();
    message.encode(settings.multi_address, &mut bytes);
    let exchange = async move {
        stream.write_all(&bytes).await?;
        if sid < settings.sid {
            let rest = BytesMut::new();
            return Ok(Dialled::Kept(Introduced { stream, rest }));
        }
        stream.shutdown().await?;
        Ok(Dialled::HandedOver(stream))
    };
    let sent = timeout(settings.handshake_timeout, exchange).await;
    sent.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// Ends if a connection that was handed over is reset instead of closed, as happens to those that a process had not taken in when
/// it died.
pub(super) async fn reset<S: AsyncRead + Unpin>(mut stream: S) -> io::Error {
    loop {
        match stream.read(&mut [0; 64]).await {
            Ok(0) => std::future::pending().await,
            Ok(_) => {}
            Err(error) => return error,
        }
    }
}

/// Our addresses without wildcards, which nobody can dial; if nothing is left, the one that this connection has on our side.
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
