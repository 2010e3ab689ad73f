//! ZooKeeper's four-letter words: a connection for each, which the server ends after its reply.
//!
//! Source: `NIOServerCnxn.checkFourLetterWord`, `ServerCnxn` and `FourLetterCommands` of 3.8.0.

use super::exchange::{LONGEST, Miss, exchange};
use crate::watch::answer::{Answer, Words};
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

/// How the replies of a ZooKeeper server to `srvr` begin or end.
const BEGINNINGS: [&str; 2] = ["Zookeeper version: ", "This ZooKeeper instance is not "];
const REFUSAL: &str = "is not executed because it is not in the whitelist.";

/// Asks `srvr` on this connection and, if that is answered, the other words on their own.
pub(super) async fn ask(
    stream: TcpStream,
    socket: SocketAddr,
    deadline: Instant,
) -> Result<Answer, Miss> {
    let srvr = text(&exchange(stream, b"srvr", LONGEST, deadline).await?);
    let is_known = BEGINNINGS.iter().any(|it| srvr.starts_with(it));
    if !is_known && !srvr.trim_end().ends_with(REFUSAL) {
        return Err(Miss::Said(srvr));
    }
    let (mntr, conf) = tokio::join!(
        word(socket, b"mntr", deadline),
        word(socket, b"conf", deadline)
    );
    Ok(Answer::Words(Words { srvr, mntr, conf }))
}

async fn word(socket: SocketAddr, word: &[u8], deadline: Instant) -> String {
    let Ok(Ok(stream)) = timeout_at(deadline, TcpStream::connect(socket)).await else {
        return String::new();
    };
    let reply = exchange(stream, word, LONGEST, deadline).await;
    text(&reply.unwrap_or_default())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
