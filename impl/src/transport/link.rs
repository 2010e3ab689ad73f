//! One connection between two servers, once they know each other: frames in both directions.
//!
//! Source: `SendWorker` and `RecvWorker`. A frame is its length in four bytes, 1 to 524,288, and
//! the payload. Anything else ends the connection. Either direction's end is the end of both. So
//! does an other end that is gone, or takes in nothing, within seconds
//! ([`Network::watch_closely`]).

use super::network::Network;
use super::queues::{Inbox, Outbox};
use crate::codec;
use crate::id::Sid;
use crate::notification::Notification;
use bytes::{Buf, Bytes, BytesMut};
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_util::codec::{Decoder, LengthDelimitedCodec};

/// The longest payload (the reference's `PACKETMAXSIZE`).
pub const LONGEST_PAYLOAD: usize = 512 * 1024;
const LENGTH: usize = 4;

/// A notification ready to be sent, with its length before it. The configuration's text is shared
/// by all of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    head: [u8; LENGTH + codec::HEADER_LEN],
    config: Arc<str>,
}

impl Frame {
    /// A notification with the sender's committed configuration; `None` if that makes it longer
    /// than a frame may be.
    #[must_use]
    pub fn new(notification: &Notification, config: &Arc<str>) -> Option<Self> {
        let length = codec::HEADER_LEN + config.len();
        let declared = u32::try_from(length)
            .ok()
            .filter(|_| length <= LONGEST_PAYLOAD)?;
        let mut head = [0; LENGTH + codec::HEADER_LEN];
        let (before, header) = head.split_at_mut(LENGTH);
        before.copy_from_slice(&declared.to_be_bytes());
        header.copy_from_slice(&codec::header(notification, config.as_bytes()));
        Some(Self {
            head,
            config: Arc::clone(config),
        })
    }

    pub(super) fn payload(&self) -> Bytes {
        [&self.head[LENGTH..], self.config.as_bytes()]
            .concat()
            .into()
    }

    /// All that goes over the connection.
    pub(super) fn bytes(&self) -> impl Buf {
        Buf::chain(&self.head[..], self.config.as_bytes())
    }
}

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
