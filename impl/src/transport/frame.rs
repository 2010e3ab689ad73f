//! A notification as it goes over a connection: its length in four bytes, 1 to 524,288, and the
//! payload.

use crate::codec;
use crate::notification::Notification;
use bytes::{Buf, Bytes};
use std::sync::Arc;

/// The longest payload (the reference's `PACKETMAXSIZE`).
pub const LONGEST_PAYLOAD: usize = 512 * 1024;
/// How many bytes say how long it is.
pub(super) const LENGTH: usize = 4;

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
