//! Fast Leader Election.

pub mod config;
pub mod id;
pub mod quorum;
mod vote;

pub use id::{ElectionEpoch, PeerEpoch, Sid, Zxid};
pub use vote::{Generation, Proposal, ServerState, Vote};
