//! A peer made by hand: a server's id, a port, and at most one connection with the node.

use fle::Sid;
use fle::codec::initial::{ElectionAddress, InitialMessage, LONGEST};
use fle::config::Host;
use std::io;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(super) struct Peer {
    sid: Sid,
    listener: TcpListener,
    stream: Option<TcpStream>,
}

/// The node as its peers know it.
#[derive(Clone, Copy)]
pub(super) struct Other {
    pub(super) sid: Sid,
    pub(super) address: SocketAddr,
}

impl Peer {
    pub(super) async fn new(sid: i64) -> io::Result<Self> {
        Ok(Self {
            sid: Sid(sid),
            listener: TcpListener::bind("127.0.0.1:0").await?,
            stream: None,
        })
    }

    pub(super) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    pub(super) fn is_connected(&self) -> bool {
        self.stream.is_some()
    }

    /// The node has something for this peer and dials; the connection is made by the greater of the
    /// two.
    pub(super) async fn be_dialled(&mut self, node: Other) -> io::Result<()> {
        let mut stream = self.accept(node).await?;
        if self.sid > node.sid {
            if stream.read(&mut [0]).await? != 0 {
                return Err(io::Error::other("more than an introduction"));
            }
            stream = self.introduced(node).await?;
        }
        self.stream = Some(stream);
        Ok(())
    }

    /// The peer has something for the node and dials; the connection is made by the greater of the
    /// two.
    pub(super) async fn dial(&mut self, node: Other) -> io::Result<()> {
        let mut stream = self.introduced(node).await?;
        if self.sid < node.sid {
            stream = self.accept(node).await?;
        }
        self.stream = Some(stream);
        Ok(())
    }

    async fn introduced(&self, node: Other) -> io::Result<TcpStream> {
        let own = self.address()?;
        let message = InitialMessage {
            sid: self.sid,
            addresses: vec![ElectionAddress {
                host: Host::Ip(own.ip()),
                port: own.port(),
            }],
        };
        let mut bytes = Vec::new();
        message.encode(false, &mut bytes);
        let mut stream = TcpStream::connect(node.address).await?;
        stream.set_nodelay(true)?;
        stream.write_all(&bytes).await?;
        Ok(stream)
    }

    /// Takes a connection in and reads how the other end introduces itself, and no byte more.
    async fn accept(&self, node: Other) -> io::Result<TcpStream> {
        let (mut stream, _) = self.listener.accept().await?;
        stream.set_nodelay(true)?;
        let mut bytes = Vec::with_capacity(LONGEST);
        loop {
            bytes.push(stream.read_u8().await?);
            match InitialMessage::decode(&bytes).map_err(io::Error::other)? {
                Some((message, _)) if message.sid == node.sid => return Ok(stream),
                Some(_) => return Err(io::Error::other("the node under another id")),
                None => {}
            }
        }
    }

    /// Sends a frame.
    pub(super) async fn tell(&mut self, payload: &[u8]) -> io::Result<()> {
        let length = u32::try_from(payload.len()).map_err(io::Error::other)?;
        let frame = [&length.to_be_bytes(), payload].concat();
        self.stream()?.write_all(&frame).await
    }

    /// The payload of the next frame.
    pub(super) async fn told(&mut self) -> io::Result<Vec<u8>> {
        let stream = self.stream()?;
        let length = stream.read_u32().await?;
        let mut payload = Vec::new();
        let length = u64::from(length);
        stream.take(length).read_to_end(&mut payload).await?;
        Ok(payload)
    }

    /// Ends the connection.
    pub(super) fn part(&mut self) {
        self.stream = None;
    }

    fn stream(&mut self) -> io::Result<&mut TcpStream> {
        self.stream
            .as_mut()
            .ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}
