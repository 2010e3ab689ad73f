//! Members over real sockets: who leads in which epoch, and what becomes of it when servers, disks
//! and peers fail.
#![cfg(feature = "net")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod crashes;
mod hostile;
mod leading;
mod running;
mod storage;
mod support;
mod transfer;
