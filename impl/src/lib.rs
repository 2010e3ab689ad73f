//! Fast Leader Election.

pub mod codec;
pub mod config;
pub mod election;
mod ensemble;
mod id;
mod notification;
pub mod quorum;
mod vote;

pub use ensemble::Ensemble;
pub use id::{ElectionEpoch, PeerEpoch, Sid, Zxid};
pub use notification::{Notification, Received};
pub use vote::{Generation, Proposal, ServerState, Vote};
