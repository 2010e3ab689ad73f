//! Logs of real runs, of walks through the model, and of neither.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod command;
mod falsified;
mod layouts;
mod live;
mod losses;
mod mixed;
mod node;
mod own;
mod pointed;
mod spoken;
mod support;
mod zookeeper;
