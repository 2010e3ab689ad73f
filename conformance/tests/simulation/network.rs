//! The network of a simulation: turmoil's sockets and names, with connections that can be cut.
//!
//! turmoil repeats nothing: one lost segment silences a connection for good, in the one direction,
//! and neither end hears of it. TCP repeats what was lost, and gives the connection up if that does
//! not help. So whoever makes messages disappear also has to cut the connections that they belonged
//! to, each end when it would notice: see [`crate::faults`]. An end whose system has given it up,
//! or was told that the other is gone, says nothing any more when its server closes it.

use crate::trouble::Trouble;
use fle::transport::Network;
use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use turmoil::net::{TcpListener, TcpStream};

/// The network as one server uses it.
#[derive(Clone, Default)]
pub(crate) struct Simulated {
    ends: Arc<Mutex<Vec<Entry>>>,
    /// Ends that are gone without a word: this one's address, and the other's.
    gone: Arc<Mutex<BTreeSet<(SocketAddr, SocketAddr)>>>,
    pub(crate) names: Trouble,
}

/// On which host an end is, where the other is, and that end.
type Entry = (IpAddr, IpAddr, Weak<End>);

/// One end of a connection.
pub(crate) struct End {
    /// Its address and the other's.
    pair: (SocketAddr, SocketAddr),
    cut: Mutex<Cut>,
}

/// How a connection ends, as one end sees it.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Ending {
    /// The other end's system says that it is gone, or somebody in between says so.
    Reset,
    /// This end's system gives it up.
    TimeOut,
    /// The other end closes it in order, or somebody in between does.
    Closed,
}

#[derive(Default)]
struct Cut {
    ending: Option<Ending>,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// A connection as one of its ends sees it.
pub(crate) struct Stream {
    /// There until it is dropped.
    stream: Option<TcpStream>,
    end: Arc<End>,
}

impl Simulated {
    /// Both ends of every connection between two servers, each with the host that it is on.
    pub(crate) fn between(&self, a: IpAddr, b: IpAddr) -> Vec<(IpAddr, Weak<End>)> {
        let mut ends = self.ends.lock().unwrap();
        ends.retain(|(.., end)| end.strong_count() > 0);
        let theirs = ends
            .iter()
            .filter(|(local, remote, _)| [(a, b), (b, a)].contains(&(*local, *remote)));
        theirs
            .map(|(local, _, end)| (*local, Weak::clone(end)))
            .collect()
    }

    /// A connection ends, for this end.
    pub(crate) fn end(&self, end: &End, how: Ending) {
        if how != Ending::Closed {
            self.gone.lock().unwrap().insert(end.pair);
        }
        end.end(how);
    }

    fn stream(&self, stream: TcpStream) -> io::Result<Stream> {
        let (local, remote) = (stream.local_addr()?, stream.peer_addr()?);
        let end = Arc::new(End {
            pair: (local, remote),
            cut: Mutex::default(),
        });
        let entry = (local.ip(), remote.ip(), Arc::downgrade(&end));
        self.ends.lock().unwrap().push(entry);
        if self.gone.lock().unwrap().contains(&(remote, local)) {
            // The other end was there first, and is gone already.
            end.end(Ending::Reset);
        }
        let stream = Some(stream);
        Ok(Stream { stream, end })
    }
}

impl End {
    /// The first ending counts.
    fn end(&self, how: Ending) {
        let mut cut = self.cut.lock().unwrap();
        cut.ending.get_or_insert(how);
        let waiting = [cut.reader.take(), cut.writer.take()];
        waiting.into_iter().flatten().for_each(Waker::wake);
    }

    fn check(&self, waits: impl FnOnce(&mut Cut)) -> io::Result<()> {
        let mut cut = self.cut.lock().unwrap();
        waits(&mut cut);
        match cut.ending {
            Some(Ending::Reset) => Err(io::ErrorKind::ConnectionReset.into()),
            Some(Ending::TimeOut) => Err(io::ErrorKind::TimedOut.into()),
            Some(Ending::Closed) => Err(io::ErrorKind::BrokenPipe.into()),
            None => Ok(()),
        }
    }

    fn writes(&self, cx: &Context<'_>) -> io::Result<()> {
        self.check(|cut| cut.writer = Some(cx.waker().clone()))
    }

    fn has(&self, ending: Ending) -> bool {
        self.cut.lock().unwrap().ending == Some(ending)
    }
}

impl Stream {
    fn inner(&mut self) -> Pin<&mut TcpStream> {
        Pin::new(self.stream.as_mut().expect("it is not dropped"))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if self.end.has(Ending::Reset) || self.end.has(Ending::TimeOut) {
            // Dropped, it would tell the other end.
            std::mem::forget(self.stream.take());
        }
    }
}

impl Network for Simulated {
    type Stream = Stream;
    type Listener = TcpListener;

    /// A simulated server listens at all its addresses.
    async fn bind(&self, address: SocketAddr) -> io::Result<TcpListener> {
        TcpListener::bind((Ipv4Addr::UNSPECIFIED, address.port())).await
    }

    async fn accept(&self, listener: &mut TcpListener) -> io::Result<(Stream, SocketAddr)> {
        let (stream, from) = listener.accept().await?;
        Ok((self.stream(stream)?, from))
    }

    async fn connect(&self, address: SocketAddr) -> io::Result<Stream> {
        self.stream(TcpStream::connect(address).await?)
    }

    async fn resolve(&self, name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        self.names.pass().await?;
        Ok(vec![SocketAddr::new(turmoil::lookup(name), port)])
    }

    fn local_addr(stream: &Stream) -> io::Result<SocketAddr> {
        let stream = stream.stream.as_ref();
        stream.expect("it is not dropped").local_addr()
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let checked = self.end.check(|cut| cut.reader = Some(cx.waker().clone()));
        if self.end.has(Ending::Closed) {
            return Poll::Ready(Ok(()));
        }
        checked?;
        self.inner().poll_read(cx, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.end.writes(cx)?;
        self.inner().poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.end.writes(cx)?;
        self.inner().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.end.writes(cx)?;
        self.inner().poll_shutdown(cx)
    }
}
