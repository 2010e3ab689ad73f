//! Logs of real runs, held against the algorithm: is this a history that it allows?
//!
//! [`log`] reads the logs of the servers, this project's own ([`own`]) or ZooKeeper's ([`zookeeper`]), into the same
//! [`event`]s. [`judge`] takes the production engine through what each server says that it heard, and objects at the first line
//! that no run of the engine explains; then it holds against one another what the servers say of each other. [`rebuild`] makes
//! elections of the events and [`steps`] walks through one, [`oddities`] points at what is allowed and yet worth a look,
//! [`timeline`] and [`drawing`] show it all.
//!
//! # What "allowed" means
//! A log tells only part of what happened. A history is allowed if some order of what is not told (when a notification was
//! taken from its queue, when a vote was announced again, when a message arrived) leads to every line that is told, each server's
//! lines in their order. This project's own logs leave nothing of that open. ZooKeeper's do: its receiver and its election are two
//! threads, and neither says when a notification passes between them (`judge/lagging.rs`). Clocks of different servers are never
//! compared; that of one server only in this, that what it received 200 ms before it decided was heard.
//!
//! # What it rests on
//! The rules are the production engine's, which the lockstep with the model and the replay of the reference's traces check. A
//! history of this project's own node is therefore a test of everything around the engine, not of the engine itself.

pub mod drawing;
pub mod event;
pub mod judge;
mod layout;
pub mod log;
pub mod oddities;
pub mod own;
pub mod rebuild;
pub mod steps;
mod text;
pub mod timeline;
pub mod zookeeper;
