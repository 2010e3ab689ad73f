//! `fle serve` beside ZooKeeper 3.8.0: processes of both in one ensemble, on loopback.
//!
//! In every scenario both sides are asked: a fle server by `GET /status`, a ZooKeeper server by its
//! log and, where it serves, by the four-letter word `srvr`. They have to be settled on the same
//! leader in the same round. At the end `fle-conformance validate` judges the logs of all of them
//! together.
//!
//! A fle server keeps no transactions: no ZooKeeper server can be synchronized with one that leads,
//! and none that leads counts one that follows. So an ensemble serves where a quorum of it are
//! ZooKeeper servers; elsewhere the decision is what is compared, which `initLimit` has all of them
//! stand by for half a minute.
//!
//! Needs Debian's `libzookeeper-java` and `java`; without them the tests pass with a line that says
//! so, unless `FLE_REQUIRE_ZOOKEEPER` is set. `conformance/beside-zookeeper.sh` prints what they
//! see.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod alone;
mod ensemble;
mod faults;
mod leading;
mod observers;
mod peer;
mod quorums;
mod rounds;
mod server;
mod voting;
mod watched;
