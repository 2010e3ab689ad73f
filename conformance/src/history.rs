//! Logs of real runs, held against the algorithm: is this a history that it allows?
//!
//! [`log`] reads the logs of the servers, this project's own ([`own`]) or ZooKeeper's
//! ([`zookeeper`]), into the same [`event`]s: `text` makes lines of bytes, `layout` finds what
//! stands around a message. [`judge`] takes the production engine through what each server says
//! that it heard, and points at the first line that no run of the engine explains; then it holds
//! against one another what the servers say of each other. [`rebuild`] makes elections of the
//! events and [`steps`] walks through one, [`oddities`] points at what is allowed and yet worth a
//! look. [`outage`] answers what an operator asks first: when there was no leader and why, from the
//! events and from what servers say is wrong ([`complaint`]). [`findings`] is all of it, computed
//! once; [`account`] says the verdict, [`timeline`] and [`drawing`] show what happened, [`page`] is
//! everything in one.
//!
//! # What may be given
//! Plain files or such that gzip packed, in UTF-8 or UTF-16, with colours or without; ZooKeeper's
//! from 3.4 to 3.9 as log4j, logback, slf4j-simple, JSON encoders and those who pack ZooKeeper lay
//! lines out, passed on by compose, Kubernetes, journald or syslog. Several servers may share a
//! file if each line, or what passed it on, names its own. What is given twice counts once.
//!
//! # Three verdicts
//! A log tells only part of what happened. A history is *allowed* if some order of what is not told
//! (when a notification was taken from its queue, when a vote was announced again, when a message
//! arrived) leads to every line that is told, each server's lines in their order. It is *not
//! allowed* if lines that are there contradict one another, the configuration or the algorithm,
//! whatever else was said. Everything between is *not judged*: a line is missing, or what it says
//! did not happen; the judge says which line would explain it. No absence accuses, because nothing
//! in a log tells that it is whole. Somebody who knows that it is, as the tests here do, asks for
//! [`judge::Verdict::against_whole_logs`]. Where no election starts there is *nothing to judge*.
//!
//! This project's own logs leave nothing open but lines that were lost. ZooKeeper's do: its
//! receiver and its election are two threads, and neither says when a notification passes between
//! them (`judge/lagging.rs`).
//!
//! # Times
//! Of one server's clock this is used: what it received 200 ms before it decided was heard, and it
//! waited so long for a better vote; times without parts of a second say neither. Clocks of
//! different servers are never compared in judging; from the messages between them it is estimated
//! how far they are apart, said, and put right in what is shown.
//!
//! # What it rests on
//! The rules are the production engine's, which the lockstep with the model and the replay of the
//! reference's traces check. A history of this project's own node is therefore a test of everything
//! around the engine, not of the engine itself.

pub mod account;
pub mod complaint;
pub mod drawing;
pub mod event;
pub mod findings;
pub mod judge;
mod layout;
pub mod log;
pub mod oddities;
pub mod outage;
pub mod own;
pub mod page;
pub mod rebuild;
pub mod steps;
mod text;
pub mod timeline;
pub mod zookeeper;
