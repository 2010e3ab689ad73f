//! A peer made by hand, which says what no server would.

use fle::codec::initial::{ElectionAddress, InitialMessage};
use fle::config::Host;
use fle::{Notification, Sid, codec};
use std::io::Write;
use std::net::{SocketAddr, TcpStream};

pub(crate) struct Peer(TcpStream);

impl Peer {
    /// Connects under this id, which has to be greater than the other server's: that one dials back
    /// otherwise.
    pub(crate) fn introduced(sid: i64, own: SocketAddr, to: SocketAddr) -> Self {
        let mut stream = TcpStream::connect(to).unwrap();
        let address = ElectionAddress {
            host: Host::Ip(own.ip()),
            port: own.port(),
        };
        let message = InitialMessage {
            sid: Sid(sid),
            addresses: vec![address],
        };
        let mut bytes = Vec::new();
        message.encode(false, &mut bytes);
        stream.write_all(&bytes).unwrap();
        Self(stream)
    }

    pub(crate) fn tell(&mut self, notification: &Notification, config: &str) {
        let config = config.as_bytes();
        let payload = [&codec::header(notification, config)[..], config].concat();
        let length = u32::try_from(payload.len()).unwrap();
        self.0.write_all(&length.to_be_bytes()).unwrap();
        self.0.write_all(&payload).unwrap();
    }
}
