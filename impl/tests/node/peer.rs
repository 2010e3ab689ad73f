//! A peer made by hand: bytes on a socket.

use crate::support::PATIENCE;
use fle::codec;
use fle::codec::initial::{InitialMessage, ONE_ADDRESS};
use fle::{ElectionEpoch, Notification, PeerEpoch, Proposal, ServerState, Sid, Zxid};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

pub(crate) struct Peer(pub(crate) TcpStream);

impl Peer {
    pub(crate) async fn connect(to: SocketAddr) -> Self {
        Self(TcpStream::connect(to).await.unwrap())
    }

    /// Connects and introduces itself.
    pub(crate) async fn introduced(to: SocketAddr, sid: i64, address: &str) -> Self {
        let mut peer = Self::connect(to).await;
        let length = i32::try_from(address.len()).unwrap();
        peer.write(&ONE_ADDRESS.to_be_bytes()).await;
        peer.write(&sid.to_be_bytes()).await;
        peer.write(&length.to_be_bytes()).await;
        peer.write(address.as_bytes()).await;
        peer
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    pub(crate) async fn tell(&mut self, notification: &Notification) {
        self.tell_with(notification, "").await;
    }

    /// Tells a notification that carries this configuration.
    pub(crate) async fn tell_with(&mut self, notification: &Notification, text: &str) {
        let text = text.as_bytes();
        let payload = [&codec::header(notification, text)[..], text].concat();
        self.write(&u32::try_from(payload.len()).unwrap().to_be_bytes())
            .await;
        self.write(&payload).await;
    }

    /// The next notification that it is told.
    pub(crate) async fn told(&mut self) -> Notification {
        let frame = async {
            let length = self.0.read_u32().await.unwrap();
            let mut payload = vec![0; usize::try_from(length).unwrap()];
            self.0.read_exact(&mut payload).await.unwrap();
            payload
        };
        let payload = timeout(PATIENCE, frame).await.expect("a frame comes");
        codec::decode(&payload).unwrap().notification.unwrap()
    }

    /// What the other end sends until it closes.
    pub(crate) async fn rest(mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        // A reset is a way to close, too.
        let _ = timeout(PATIENCE, self.0.read_to_end(&mut rest))
            .await
            .expect("the other end closes");
        rest
    }

    /// Ends the connection as the system does for a process that dies.
    pub(crate) fn reset(self) {
        let socket = socket2::SockRef::from(&self.0);
        socket.set_linger(Some(Duration::ZERO)).unwrap();
    }

    /// How the other end introduces itself.
    pub(crate) async fn introduction(&mut self) -> InitialMessage {
        let mut bytes = vec![0; 20];
        self.0.read_exact(&mut bytes).await.unwrap();
        let length = i32::from_be_bytes(*bytes[16..].first_chunk().unwrap());
        bytes.resize(20 + usize::try_from(length).unwrap(), 0);
        self.0.read_exact(&mut bytes[20..]).await.unwrap();
        InitialMessage::decode(&bytes).unwrap().unwrap().0
    }
}

/// A looking server's announcement of itself.
pub(crate) fn looking(leader: i64, round: i64) -> Notification {
    Notification {
        state: ServerState::Looking,
        proposal: Proposal {
            peer_epoch: PeerEpoch(0),
            zxid: Zxid(0),
            leader: Sid(leader),
        },
        election_epoch: ElectionEpoch(round),
    }
}
