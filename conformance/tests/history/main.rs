//! Logs of real runs, of walks through the model, and of neither.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod beside;
mod command;
mod falsified;
mod follow;
mod layouts;
mod live;
mod losses;
mod mixed;
mod node;
mod outage;
mod own;
mod page;
mod pointed;
mod spoken;
mod support;
mod times;
mod troubles;
mod voters;
mod zookeeper;
