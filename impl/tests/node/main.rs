//! Nodes over real sockets: elections, the wire, and peers that mean harm.
#![cfg(feature = "net")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod eager;
mod elections;
mod ensembles;
mod guarded;
mod hostile;
mod links;
mod peer;
mod support;
mod wire;
