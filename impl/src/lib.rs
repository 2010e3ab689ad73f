//! Fast Leader Election: the algorithm by which the servers of an Apache ZooKeeper ensemble choose
//! their leader (`FastLeaderElection` of ZooKeeper 3.8.0), as a state machine that one can embed,
//! test and reason about.
//!
//! # The algorithm in a minute
//! A server that has no leader enters a new *round* and proposes itself with its credentials, the
//! epoch and the last transaction of its history. It announces that to all voters. Whoever hears of
//! a better proposal in the same round takes it over and announces it in turn; whoever hears of a
//! later round enters it. When a *quorum* of voters proposes the same leader, a server waits a
//! moment for something better and then settles: it leads if it is the one proposed, and follows
//! otherwise. A server that comes late hears from those that have settled, and joins them when a
//! quorum of them names a leader that says itself that it leads.
//!
//! # What is where
//! | module | what it knows |
//! |---|---|
//! | [`election`] | one server's election: events in, effects out |
//! | [`quorum`] | when enough voters agree: majorities, groups with weights, an oracle, two configurations at once |
//! | [`codec`] | the bytes of a notification and of the introduction before it, in every wire generation |
//! | [`config`] | ZooKeeper's configuration files and the configuration text in notifications |
//! | [`leadership`] | from a decided election to a leader that may act, in an epoch of its own: events in, effects out |
//! | `transport` | the connections between servers (feature `net`) |
//! | `node` | the one task that owns an election and its connections (feature `net`) |
//! | `storage` | where epochs are kept (feature `net`) |
//! | `member` | the one task that owns a node and its leadership: what an embedding system lives by (feature `net`) |
//! | `fence` | a shared file that only the leader of the latest epoch writes (feature `net`) |
//! | this one | the terms that all of them use: [`Proposal`], [`Vote`], [`Notification`], the ids |
//!
//! Begin with the example in [`election`], or, to run servers, with that of `member`.
//!
//! # Features
//! Without any, the crate is the pure core: nothing in it has a clock, a socket, a lock, a thread
//! or randomness. `net` adds the transport and the node; it is what a library wants: `fle = {
//! version = "0.1", default-features = false, features = ["net"] }`. The default, `cli`, adds the
//! program `fle`.
//!
//! # What an election does not give
//! A leader elected here is not yet one that may act: two servers can believe that they lead at the
//! same time, even in the same round, and the round starts from 0 when a server restarts. What
//! makes a leader safe is the protocol that follows, in which a quorum promises it a new epoch,
//! durably ([`leadership`]). That epoch is a fencing token; no number of the election is one.
//!
//! # What is deliberately absent
//! Transactions and how they are replicated; TLS and SASL between servers. Where fle differs from
//! the reference, `DEVIATIONS.md` beside this crate's manifest says why.

pub mod codec;
pub mod config;
pub mod election;
mod ensemble;
#[cfg(feature = "net")]
pub mod fence;
mod finalize;
mod id;
pub mod leadership;
mod learner_type;
#[cfg(feature = "net")]
pub mod member;
#[cfg(feature = "net")]
pub mod node;
mod notification;
pub mod quorum;
/// For this crate and its programs, and no part of what others may rely on.
#[doc(hidden)]
pub mod small_file;
#[cfg(feature = "net")]
pub mod storage;
#[cfg(feature = "net")]
mod timer;
#[cfg(feature = "net")]
pub mod transport;
mod vote;

pub use ensemble::Ensemble;
pub use id::{ElectionEpoch, PeerEpoch, Sid, Zxid};
pub use notification::{Notification, Received};
pub use vote::{Generation, Proposal, ServerState, Vote};
