//! The network that a transport runs on: sockets and names. TCP as the system has it, or a simulation of it.

use socket2::{SockRef, TcpKeepalive};
use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

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

    /// The address that the other end sees this end under, unless something between them translates.
    ///
    /// # Errors
    /// When the connection has ended.
    fn local_addr(stream: &Self::Stream) -> io::Result<SocketAddr>;
}

/// TCP. Connections send at once (`TCP_NODELAY`) and are probed while they are idle, so that one whose other end vanished is found.
#[derive(Clone, Debug, Default)]
pub struct Tcp {
    reserved: Arc<Mutex<HashMap<SocketAddr, std::net::TcpListener>>>,
}

/// How long a connection may be idle before it is probed, and how far apart probes are.
const PROBE_AFTER: Duration = Duration::from_secs(15);
const PROBE_EVERY: Duration = Duration::from_secs(5);

impl Tcp {
    /// Whoever binds to the address of `listener` gets that listener, once. So a port that the system chose is nobody else's in
    /// between.
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
    let keepalive = TcpKeepalive::new()
        .with_time(PROBE_AFTER)
        .with_interval(PROBE_EVERY);
    SockRef::from(&stream).set_tcp_keepalive(&keepalive)?;
    Ok(stream)
}

impl Network for Tcp {
    type Stream = TcpStream;
    type Listener = TcpListener;

    async fn bind(&self, address: SocketAddr) -> io::Result<TcpListener> {
        if let Some(listener) = self.reserved().remove(&address) {
            return TcpListener::from_std(listener);
        }
        let socket = if address.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(1024)
    }

    async fn accept(&self, listener: &mut TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, from) = listener.accept().await?;
        Ok((prepare(stream)?, from))
    }

    async fn connect(&self, address: SocketAddr) -> io::Result<TcpStream> {
        prepare(TcpStream::connect(address).await?)
    }

    async fn resolve(&self, name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((name, port)).await?.collect())
    }

    fn local_addr(stream: &TcpStream) -> io::Result<SocketAddr> {
        stream.local_addr()
    }
}
