//! One connection between a leader and a learner: packets in both directions.
//!
//! Source: `LearnerHandler` and `Learner`, as far as they read and write. Either direction's end is
//! the end of both.

use super::handshake::Greeting;
use super::link::Introduced;
use super::network::Network;
use crate::id::Sid;
use crate::leadership::End;
use crate::leadership::packet::{self, LearnerInfo, Packet, Past};
use bytes::{Buf, BytesMut};
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;

/// How many packets may wait to be sent. A learner owes an answer to each, and one that does not
/// answer is dropped long before.
pub(super) const OUTGOING: usize = 64;

/// What a connection to the quorum port begins with.
pub(super) enum Opening {
    /// A learner introduces itself.
    Learner(LearnerInfo),
    /// A server asks what this one has accepted.
    Question(Sid),
}

impl Greeting for Opening {
    const LONGEST: usize = 128;

    fn decode(bytes: &[u8]) -> io::Result<Option<(Self, usize)>> {
        let invalid = |error| io::Error::new(io::ErrorKind::InvalidData, error);
        match packet::decode(bytes).map_err(|error| invalid(error.to_string()))? {
            None if bytes.len() > Self::LONGEST => {
                Err(invalid("an introduction that is too long".to_owned()))
            }
            None => Ok(None),
            Some((Packet::LearnerInfo(info), used)) => Ok(Some((Self::Learner(info), used))),
            Some((Packet::Question { sid }, used)) => Ok(Some((Self::Question(sid), used))),
            Some(_) => Err(invalid("the first packet introduces nobody".to_owned())),
        }
    }
}

/// Carries packets until the connection ends; how it did. What has arrived is handed over before
/// that is known.
pub(super) async fn run<N: Network>(
    connection: Introduced<N::Stream>,
    outgoing: mpsc::Receiver<Packet>,
    incoming: impl AsyncFnMut(Packet),
) -> (End, io::Error) {
    let (reader, writer) = tokio::io::split(connection.stream);
    let error = tokio::select! {
        biased;
        // What arrived before the end counts, so a write that fails does not end the reading.
        error = receive(reader, connection.rest, incoming) => error,
        never = send(writer, outgoing) => never,
    };
    (how_it_ended(&error), error)
}

/// What the error that a connection ended with says of the other end.
fn how_it_ended(error: &io::Error) -> End {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => End::Closed,
        _ => End::Lost,
    }
}

/// Asks the other end of a new connection what it has accepted.
pub(super) async fn ask(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    own: Sid,
) -> io::Result<Past> {
    write(&mut stream, &Packet::Question { sid: own }).await?;
    let mut bytes = BytesMut::new();
    loop {
        match packet::decode(&bytes).map_err(io::Error::other)? {
            Some((Packet::Answer(past), _)) => return Ok(past),
            Some(_) => return Err(io::Error::other("it answers something else")),
            None if bytes.len() > Opening::LONGEST => {
                return Err(io::Error::other("its answer is too long"));
            }
            None => {}
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// Answers such a question, and ends the connection.
pub(super) async fn answer(mut stream: impl AsyncWrite + Unpin, past: Past) -> io::Result<()> {
    write(&mut stream, &Packet::Answer(past)).await?;
    stream.shutdown().await
}

async fn write(stream: &mut (impl AsyncWrite + Unpin), packet: &Packet) -> io::Result<()> {
    let mut bytes = Vec::new();
    packet::encode(packet, &mut bytes);
    stream.write_all(&bytes).await
}

/// Writes until that fails or nothing more is to be sent, and then leaves it to the reader to say
/// why the connection ended.
async fn send(
    mut writer: impl AsyncWrite + Unpin,
    mut outgoing: mpsc::Receiver<Packet>,
) -> io::Error {
    while let Some(packet) = outgoing.recv().await {
        if write(&mut writer, &packet).await.is_err() {
            break;
        }
    }
    // The other end answers by closing its own.
    let _ = writer.shutdown().await;
    std::future::pending().await
}

async fn receive(
    mut reader: impl AsyncRead + Unpin,
    mut bytes: BytesMut,
    mut incoming: impl AsyncFnMut(Packet),
) -> io::Error {
    loop {
        match packet::decode(&bytes) {
            Ok(Some((packet, used))) => {
                bytes.advance(used);
                incoming(packet).await;
            }
            Ok(None) => match reader.read_buf(&mut bytes).await {
                Ok(0) => return io::ErrorKind::UnexpectedEof.into(),
                Ok(_) => {}
                Err(error) => return error,
            },
            Err(error) => return io::Error::new(io::ErrorKind::InvalidData, error),
        }
    }
}
