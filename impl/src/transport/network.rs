//! The network that a transport runs on: sockets and names. TCP as the system has it, or a
//! simulation of it.

use super::resolver::Resolver;
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// Sockets and names.
pub trait Network: Clone + Send + Sync + 'static {
    /// A connection.
    type Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static;
    /// A port that is listened on.
    type Listener: Send + 'static;

    /// Listens on an address.
    fn bind(&self, address: SocketAddr) -> impl Future<Output = io::Result<Self::Listener>> + Send;

    /// The next connection that somebody makes. May be given up at any time without losing one.
    fn accept(
        &self,
        listener: &mut Self::Listener,
    ) -> impl Future<Output = io::Result<(Self::Stream, SocketAddr)>> + Send;

    /// Connects to an address.
    fn connect(&self, address: SocketAddr)
    -> impl Future<Output = io::Result<Self::Stream>> + Send;

    /// The addresses that a name stands for at this moment.
    fn resolve(
        &self,
        name: &str,
        port: u16,
    ) -> impl Future<Output = io::Result<Vec<SocketAddr>>> + Send;

    /// The address that the other end sees this end under, unless something between them
    /// translates.
    ///
    /// # Errors
    /// When the connection has ended.
    fn local_addr(stream: &Self::Stream) -> io::Result<SocketAddr>;

    /// Has a connection end within seconds once its other end is gone or takes in nothing, for
    /// those on which nothing may be said for long. Does nothing unless implemented.
    ///
    /// # Errors
    /// When the connection has ended.
    fn watch_closely(stream: &Self::Stream) -> io::Result<()> {
        let _ = stream;
        Ok(())
    }
}

/// TCP. Connections send at once (`TCP_NODELAY`) and are probed while they are idle, so that one
/// whose other end vanished is found. Names are looked up on threads that nothing waits for, and of
/// all clones together at most 256 connections are being made.
#[derive(Clone)]
pub struct Tcp {
    reserved: Arc<Mutex<HashMap<SocketAddr, std::net::TcpListener>>>,
    resolver: Resolver,
    connecting: Arc<Semaphore>,
}

/// How many connections are being made at once: enough for all that the largest ensembles dial, and
/// far from all descriptors that a process may have.
const CONNECTING: usize = 256;
/// How many connections the system takes in before a server does.
const BACKLOG: i32 = 1024;
/// How long a connection may be idle before it is probed, how far apart probes are, and how many of
/// them may be lost.
const PROBES: (Duration, Duration, u32) = (Duration::from_secs(15), Duration::from_secs(5), 9);
const CLOSE_PROBES: (Duration, Duration, u32) = (Duration::from_secs(1), Duration::from_secs(1), 3);
/// How long what was sent may be on its way on a connection that is watched closely.
const TAKEN_IN_WITHIN: Duration = Duration::from_secs(5);

impl Default for Tcp {
    fn default() -> Self {
        Self {
            reserved: Arc::default(),
            resolver: Resolver::default(),
            connecting: Arc::new(Semaphore::new(CONNECTING)),
        }
    }
}

impl fmt::Debug for Tcp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tcp").finish_non_exhaustive()
    }
}

impl Tcp {
    /// Whoever binds to the address of `listener` gets that listener, once. So a port that the
    /// system chose is nobody else's in between.
    ///
    /// # Errors
    /// When the listener has no address or cannot be made non-blocking.
    pub fn reserve(&self, listener: std::net::TcpListener) -> io::Result<SocketAddr> {
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        self.reserved().insert(address, listener);
        Ok(address)
    }

    fn reserved(&self) -> std::sync::MutexGuard<'_, HashMap<SocketAddr, std::net::TcpListener>> {
        self.reserved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn prepare(stream: TcpStream) -> io::Result<TcpStream> {
    stream.set_nodelay(true)?;
    probe(&stream, PROBES)?;
    Ok(stream)
}

fn probe(stream: &TcpStream, probes: (Duration, Duration, u32)) -> io::Result<()> {
    let (after, every, lost) = probes;
    let keepalive = TcpKeepalive::new()
        .with_time(after)
        .with_interval(every)
        .with_retries(lost);
    SockRef::from(stream).set_tcp_keepalive(&keepalive)
}

/// A socket for this address. `[::]` stands for all addresses of both families, whatever the
/// system's default (`bindv6only`) is, and for those of IPv4 where the system has no IPv6.
fn listening_socket(address: SocketAddr) -> io::Result<Socket> {
    let socket = match bound_socket(address) {
        Err(Unbound::NoFamily(_) | Unbound::NoAddress(_))
            if address.is_ipv6() && address.ip().is_unspecified() =>
        {
            let ipv4 = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), address.port());
            tracing::info!(target: "fle", "listens on {ipv4}: this machine has no IPv6");
            bound_socket(ipv4)
        }
        bound => bound,
    };
    match socket {
        Ok(socket) => Ok(socket),
        Err(Unbound::NoFamily(error) | Unbound::NoAddress(error) | Unbound::Other(error)) => {
            Err(error)
        }
    }
}

/// Why a socket is bound to no address.
enum Unbound {
    /// There are no sockets of the family.
    NoFamily(io::Error),
    /// The address is not the machine's.
    NoAddress(io::Error),
    Other(io::Error),
}

fn bound_socket(address: SocketAddr) -> Result<Socket, Unbound> {
    let domain = Domain::for_address(address);
    let socket = Socket::new(domain, Type::STREAM.nonblocking(), Some(Protocol::TCP))
        .map_err(Unbound::NoFamily)?;
    if address.is_ipv6() && address.ip().is_unspecified() {
        socket.set_only_v6(false).map_err(Unbound::Other)?;
    }
    socket.set_reuse_address(true).map_err(Unbound::Other)?;
    socket
        .bind(&address.into())
        .map_err(|error| match error.kind() {
            io::ErrorKind::AddrNotAvailable => Unbound::NoAddress(error),
            _ => Unbound::Other(error),
        })?;
    Ok(socket)
}

impl Network for Tcp {
    type Stream = TcpStream;
    type Listener = TcpListener;

    async fn bind(&self, address: SocketAddr) -> io::Result<TcpListener> {
        if let Some(listener) = self.reserved().remove(&address) {
            return TcpListener::from_std(listener);
        }
        let socket = listening_socket(address)?;
        socket.listen(BACKLOG)?;
        TcpListener::from_std(socket.into())
    }

    async fn accept(&self, listener: &mut TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
        loop {
            let (stream, from) = listener.accept().await?;
            // One that has ended before it was taken in is nobody's trouble.
            if let Ok(stream) = prepare(stream) {
                return Ok((stream, from));
            }
        }
    }

    async fn connect(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let permit = self.connecting.acquire().await;
        let _permit = permit.map_err(io::Error::other)?;
        prepare(TcpStream::connect(address).await?)
    }

    async fn resolve(&self, name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        self.resolver.resolve(name, port).await
    }

    fn local_addr(stream: &TcpStream) -> io::Result<SocketAddr> {
        stream.local_addr()
    }

    fn watch_closely(stream: &TcpStream) -> io::Result<()> {
        probe(stream, CLOSE_PROBES)?;
        #[cfg(any(target_os = "linux", target_os = "android"))]
        SockRef::from(stream).set_tcp_user_timeout(Some(TAKEN_IN_WITHIN))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn port_of(address: &str) -> u16 {
        let listener = Tcp::default().bind(address.parse().unwrap()).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        // Accepts as long as the test lasts.
        tokio::spawn(async move { while listener.accept().await.is_ok() {} });
        port
    }

    /// Whatever `net.ipv6.bindv6only` is, and where there is no IPv6 at all.
    #[tokio::test]
    async fn all_addresses_are_those_of_both_families() {
        let port = port_of("[::]:0").await;
        TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    }

    #[tokio::test]
    async fn a_port_that_is_taken_is_not_replaced_by_another_familys() {
        let taken = std::net::TcpListener::bind("[::]:0").unwrap();
        let error = Tcp::default().bind(taken.local_addr().unwrap()).await;
        assert_eq!(error.unwrap_err().kind(), io::ErrorKind::AddrInUse);
    }
}
