//! One connection between two servers, once they know each other: frames in both directions.
//!
//! Source: `SendWorker` and `RecvWorker`. A frame is its length in four bytes, 1 to 524,288, and
//! the payload. Anything else ends the connection. Either direction's end is the end of both. So
//! does an other end that is gone, or takes in nothing, within seconds
//! ([`Network::watch_closely`]).

use super::frame::{LENGTH, LONGEST_PAYLOAD};
use super::network::Network;
use super::queues::{Inbox, Outbox};
use crate::id::Sid;
use bytes::{Bytes, BytesMut};
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_util::codec::{Decoder, LengthDelimitedCodec};

/// A connection whose other end has said who it is, with what arrived after that.
pub(super) struct Introduced<S> {
    pub(super) stream: S,
    pub(super) rest: BytesMut,
}

/// Carries messages until the connection ends; why it did, and whether anything arrived on it.
pub(super) async fn run<N: Network>(
    sid: Sid,
    connection: Introduced<N::Stream>,
    outbox: &Outbox,
    inbox: &Inbox,
) -> (io::Error, bool) {
    if let Err(error) = N::watch_closely(&connection.stream) {
        return (error, false);
    }
    let (reader, writer) = tokio::io::split(connection.stream);
    let mut heard = false;
    let push = |payload| {
        heard = true;
        inbox.push(sid, payload);
    };
    // Sending comes first and starves nothing: it has one message at a time.
    let error = tokio::select! {
        biased;
        error = send(writer, outbox) => error,
        error = receive(reader, connection.rest, push) => error,
    };
    (error, heard)
}

async fn send(mut writer: impl AsyncWrite + Unpin, outbox: &Outbox) -> io::Error {
    let mut exit = outbox.exit();
    loop {
        let frame = exit.take().await;
        if let Err(error) = writer.write_all_buf(&mut frame.bytes()).await {
            return error;
        }
    }
}

async fn receive(
    mut reader: impl AsyncRead + Unpin,
    mut bytes: BytesMut,
    mut push: impl FnMut(Bytes),
) -> io::Error {
    let mut frames = LengthDelimitedCodec::builder()
        .length_field_length(LENGTH)
        .max_frame_length(LONGEST_PAYLOAD)
        .new_codec();
    loop {
        match frames.decode(&mut bytes) {
            Ok(Some(payload)) if payload.is_empty() => {
                return io::Error::new(io::ErrorKind::InvalidData, "a frame of length 0");
            }
            Ok(Some(payload)) => push(payload.freeze()),
            Ok(None) => match reader.read_buf(&mut bytes).await {
                Ok(0) => return io::ErrorKind::UnexpectedEof.into(),
                Ok(_) => {}
                Err(error) => return error,
            },
            Err(error) => return error,
        }
    }
}
