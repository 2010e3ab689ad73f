//! A request and its reply over a connection of their own, bounded in bytes and time.

use crate::watch::answer::Nothing;
use std::io::{self, ErrorKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

/// How many bytes of a reply are read; ZooKeeper's longest has some twenty thousand.
pub(super) const LONGEST: usize = 1 << 18;

/// Why a way of asking has led nowhere.
pub(super) enum Miss {
    Said(String),
    Nothing(Nothing),
}

impl From<io::Error> for Miss {
    fn from(error: io::Error) -> Self {
        Self::Nothing(match error.kind() {
            ErrorKind::ConnectionRefused => Nothing::Refused,
            ErrorKind::TimedOut => Nothing::Unconnected,
            ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof => {
                Nothing::Closed
            }
            _ => Nothing::Failed(error.to_string()),
        })
    }
}

/// Sends a request, and reads until the peer ends the connection, the reply is as long as it may be
/// or the time is over: then what has come until then is the reply, if anything has.
pub(super) async fn exchange(
    mut stream: TcpStream,
    request: &[u8],
    longest: usize,
    deadline: Instant,
) -> Result<Vec<u8>, Miss> {
    let mut reply = Vec::new();
    let talk = async {
        stream.write_all(request).await?;
        let mut reader = stream.take(longest as u64);
        reader.read_to_end(&mut reply).await
    };
    let ended = timeout_at(deadline, talk).await;
    match ended {
        _ if !reply.is_empty() => Ok(reply),
        Ok(Ok(_)) => Err(Miss::Nothing(Nothing::Closed)),
        Ok(Err(error)) => Err(error.into()),
        Err(_) => Err(Miss::Nothing(Nothing::Silent)),
    }
}
