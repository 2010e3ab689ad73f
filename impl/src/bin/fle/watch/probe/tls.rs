//! Whether a port speaks TLS. Nothing is asked through it.

use super::exchange::{Miss, exchange};
use crate::watch::answer::{Answer, Nothing};
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

/// The first message of a client of TLS 1.2: a handshake record with a ClientHello, of no random
/// numbers, no session, two ciphers that every server knows and no extensions.
const HELLO: &[u8] = b"\x16\x03\x01\x00\x2f\x01\x00\x00\x2b\x03\x03\
    \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
    \x00\x00\x04\xc0\x2f\x00\x9c\x01\x00";

/// A handshake or an alert, of version 3.something.
const ANSWERS: [[u8; 2]; 2] = [[0x16, 3], [0x15, 3]];

/// The header of a record, which says what it is.
const HEADER: usize = 5;

pub(super) async fn ask(socket: SocketAddr, deadline: Instant) -> Result<Answer, Miss> {
    let connected = timeout_at(deadline, TcpStream::connect(socket)).await;
    let stream = connected.map_err(|_| Miss::Nothing(Nothing::Silent))??;
    let reply = exchange(stream, HELLO, HEADER, deadline).await?;
    if ANSWERS.iter().any(|answer| reply.starts_with(answer)) {
        Ok(Answer::Tls)
    } else {
        Err(Miss::Nothing(Nothing::Silent))
    }
}
