//! Loopback as a node's network: its peers' configured addresses lead to their sockets, and nothing
//! is written while a valve is shut.
//!
//! The valve stands for peers that do not read: a real one would do nothing else, once the system's
//! buffers are full.

use fle::codec::initial::ElectionAddress;
use fle::config::Host;
use fle::transport::{Network, Tcp};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

#[derive(Clone)]
pub(super) struct Loopback {
    tcp: Tcp,
    routes: Arc<BTreeMap<ElectionAddress, SocketAddr>>,
    valve: Arc<Valve>,
}

#[derive(Default)]
struct Valve(Mutex<Gauge>);

#[derive(Default)]
struct Gauge {
    shut: bool,
    /// The connections that have something to write and may not.
    held: BTreeMap<u64, Waker>,
    connections: u64,
    written: usize,
}

/// A connection behind the valve.
pub(super) struct Valved {
    stream: TcpStream,
    number: u64,
    valve: Arc<Valve>,
}

impl Valve {
    fn gauge(&self) -> MutexGuard<'_, Gauge> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Loopback {
    /// Where addresses lead to; others lead to themselves.
    pub(super) fn new(routes: BTreeMap<ElectionAddress, SocketAddr>) -> Self {
        Self {
            tcp: Tcp::default(),
            routes: Arc::new(routes),
            valve: Arc::default(),
        }
    }

    /// A free port for the node.
    pub(super) fn reserve(&self) -> io::Result<SocketAddr> {
        self.tcp
            .reserve(std::net::TcpListener::bind("127.0.0.1:0")?)
    }

    pub(super) fn shut(&self) {
        self.valve.gauge().shut = true;
    }

    pub(super) fn open(&self) {
        let mut gauge = self.valve.gauge();
        gauge.shut = false;
        for waker in std::mem::take(&mut gauge.held).into_values() {
            waker.wake();
        }
    }

    /// How many connections are held up by the valve.
    pub(super) fn held(&self) -> usize {
        self.valve.gauge().held.len()
    }

    /// How many bytes the node has written so far.
    pub(super) fn written(&self) -> usize {
        self.valve.gauge().written
    }

    fn behind_the_valve(&self, stream: TcpStream) -> Valved {
        let mut gauge = self.valve.gauge();
        gauge.connections += 1;
        Valved {
            stream,
            number: gauge.connections,
            valve: Arc::clone(&self.valve),
        }
    }

    fn route(&self, host: Host, port: u16) -> Option<SocketAddr> {
        self.routes.get(&ElectionAddress { host, port }).copied()
    }
}

impl Network for Loopback {
    type Stream = Valved;
    type Listener = TcpListener;

    async fn bind(&self, address: SocketAddr) -> io::Result<TcpListener> {
        self.tcp.bind(address).await
    }

    async fn accept(&self, listener: &mut TcpListener) -> io::Result<(Valved, SocketAddr)> {
        let (stream, from) = self.tcp.accept(listener).await?;
        Ok((self.behind_the_valve(stream), from))
    }

    async fn connect(&self, address: SocketAddr) -> io::Result<Valved> {
        let route = self.route(Host::Ip(address.ip()), address.port());
        let stream = self.tcp.connect(route.unwrap_or(address)).await?;
        Ok(self.behind_the_valve(stream))
    }

    async fn resolve(&self, name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let route = self.route(Host::Name(name.to_owned()), port);
        route
            .map(|address| vec![address])
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn local_addr(stream: &Valved) -> io::Result<SocketAddr> {
        Tcp::local_addr(&stream.stream)
    }
}

impl AsyncRead for Valved {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, bytes)
    }
}

impl AsyncWrite for Valved {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let valve = Arc::clone(&self.valve);
        let mut gauge = valve.gauge();
        if gauge.shut {
            gauge.held.insert(self.number, cx.waker().clone());
            return Poll::Pending;
        }
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if let Poll::Ready(Ok(count)) = written {
            gauge.written += count;
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
